/*
 * What is kept may take so much of the disk. Which files those are is in no table: the
 * folder is walked when there is need, twice, in slices. The first walk counts bytes by the
 * hour in which they were last used (a file's access time, which we set ourselves), the
 * second deletes what is older than fits.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "gateway/images_parts.h"

#define SLICE   256 /* files looked at in one turn of the loop */
#define KEY_LEN 16
#define HOUR    3600
#define TURN_MS 1 /* between two turns */
#define KEEP_10 9 /* tenths of the space that are left full, so that it is not swept each time */

void
images_sweep_end(struct images *im)
{
	if (im->sweep.dir != NULL)
		(void)closedir(im->sweep.dir);
	im->sweep.dir = NULL;
	if (im->sweep_turn != NULL)
		event_del(im->sweep_turn);
}

static unsigned
hours_of(const struct images_sweep *s, const struct stat *st)
{
	time_t used = st->st_atim.tv_sec;

	if (used >= s->now)
		return 0;
	return (s->now - used) / HOUR < SWEEP_HOURS ? (unsigned)((s->now - used) / HOUR)
						    : SWEEP_HOURS - 1;
}

static void
count(struct images_sweep *s, const struct stat *st)
{
	s->bytes += (uint64_t)st->st_size;
	s->files++;
	s->hours[hours_of(s, st)] += (uint64_t)st->st_size;
}

static void delete (struct images *im, const char *name, const struct stat *st)
{
	struct images_sweep *s = &im->sweep;
	uint64_t size = (uint64_t)st->st_size;
	unsigned hours = hours_of(s, st);

	if (hours < s->oldest || (hours == s->oldest && s->excess == 0))
		return;
	if (unlinkat(dirfd(s->dir), name, 0) == -1)
		return;
	if (hours == s->oldest)
		s->excess -= s->excess < size ? s->excess : size;
	im->info.bytes -= im->info.bytes < size ? im->info.bytes : size;
	im->info.files -= im->info.files > 0;
}

/* All is counted. True: some has to go. */
static _Bool
settle(struct images *im)
{
	struct images_sweep *s = &im->sweep;
	uint64_t room = im->settings.space_bytes / 10 * KEEP_10;

	im->info.bytes = s->bytes + s->came;
	im->info.files = s->files;
	if (im->info.bytes <= im->settings.space_bytes)
		return 0;
	/* From the newest on: what still fits stays. */
	for (s->oldest = 0; s->oldest < SWEEP_HOURS - 1 && room >= s->hours[s->oldest]; s->oldest++)
		room -= s->hours[s->oldest];
	s->excess = s->hours[s->oldest] > room ? s->hours[s->oldest] - room : 0;
	return 1;
}

static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct images *im = arg;
	struct images_sweep *s = &im->sweep;
	struct dirent *entry = NULL;
	struct stat st;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < SLICE && (entry = readdir(s->dir)) != NULL; i++) {
		if (strlen(entry->d_name) != KEY_LEN ||
		    fstatat(dirfd(s->dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (s->deleting)
			delete (im, entry->d_name, &st);
		else
			count(s, &st);
	}
	if (entry == NULL && !s->deleting && settle(im)) {
		rewinddir(s->dir);
		s->deleting = 1;
	} else if (entry == NULL) {
		images_sweep_end(im);
		return;
	}
	(void)loop_after(im->sweep_turn, TURN_MS);
}

void
images_sweep_begin(struct images *im)
{
	if (im->sweep.dir != NULL)
		return;
	if (im->sweep_turn == NULL)
		im->sweep_turn = evtimer_new(im->deps.base, on_turn, im);
	im->sweep = (struct images_sweep){ .now = clock_wall(im->deps.clock) };
	if (im->sweep_turn != NULL)
		im->sweep.dir = opendir(im->folder);
	if (im->sweep.dir == NULL || loop_after(im->sweep_turn, TURN_MS) < 0) {
		log_warn(NULL, "images: the pictures in '%s' cannot be counted", im->folder);
		images_sweep_end(im);
	}
}
