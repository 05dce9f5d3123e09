#include "gateway/watch.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/list.h"
#include "base/loop.h"

#define EVENTS_ROOM (16 * (sizeof(struct inotify_event) + NAME_MAX + 1))

/* Whoever has written it has closed it, or has moved it there as a whole. */
#define WRITTEN (IN_CLOSE_WRITE | IN_MOVED_TO)

/* A folder and the name in it that counts. */
struct place {
	char *folder, *path;
	int wd; /* -1: not watched */
};

struct watch {
	watch_changed_cb *changed;
	void *arg;
	int fd;
	struct event *on_event, *still;
	/* The path as it was given and, if a link leads elsewhere, where it leads. */
	struct place places[2];
	size_t place_count;
	_Bool seen; /* `last` is what the file was a moment ago */
	struct stat last;
};

/* -- the file ---------------------------------------------------------------------- */

static _Bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Has it stood still since the last look? If not, it is looked at again. */
static void
on_still(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	struct stat now;

	(void)fd;
	(void)what;
	if (stat(w->places[0].path, &now) == -1) {
		w->seen = 0; /* it went away: its next coming will be told */
		return;
	}
	if (w->seen && is_same(&now, &w->last)) {
		w->seen = 0;
		w->changed(w->arg);
		return;
	}
	w->seen = 1;
	w->last = now;
	(void)loop_after(w->still, WATCH_STILL_MS);
}

static void
begin_waiting(struct watch *w)
{
	w->seen = stat(w->places[0].path, &w->last) == 0;
	(void)loop_after(w->still, WATCH_STILL_MS);
}

/* -- the folders --------------------------------------------------------------------- */

static const char *
name_of(const struct place *place)
{
	const char *slash;

	assert(place->path != NULL); /* add_place's */
	slash = strrchr(place->path, '/');
	return slash != NULL ? slash + 1 : place->path;
}

static void
take_event(struct watch *w, const struct inotify_event *event)
{
	/* Events were lost: anything may have happened. */
	if ((event->mask & IN_Q_OVERFLOW) != 0) {
		begin_waiting(w);
		return;
	}
	for (size_t i = 0; i < w->place_count; i++) {
		struct place *place = &w->places[i];

		if (place->wd != event->wd)
			continue;
		if ((event->mask & IN_IGNORED) != 0)
			place->wd = -1;
		if ((event->mask & WRITTEN) != 0 && event->len > 0 &&
		    strcmp(event->name, name_of(place)) == 0) {
			begin_waiting(w);
			return;
		}
	}
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	_Alignas(struct inotify_event) char data[EVENTS_ROOM];
	struct watch *w = arg;
	ssize_t n = read(fd, data, sizeof(data));

	(void)what;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *)(data + at);

		take_event(w, event);
		at += (ssize_t)(sizeof(*event) + event->len);
	}
}

/* A place for the path, which is given away. */
static int
add_place(struct watch *w, char *path)
{
	struct place *place = &w->places[w->place_count];
	char *slash = strrchr(path, '/');

	place->path = path;
	place->wd = -1;
	if (slash == NULL)
		place->folder = strdup(".");
	else
		place->folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (place->folder == NULL) {
		free(path);
		place->path = NULL;
		return -ENOMEM;
	}
	w->place_count++;
	return 0;
}

static void
drop_place(struct watch *w)
{
	struct place *place = &w->places[--w->place_count];

	if (place->wd != -1)
		(void)inotify_rm_watch(w->fd, place->wd);
	free(place->folder);
	free(place->path);
}

/* Where the path leads is looked up anew: a link may lead elsewhere now. */
static void
follow_link(struct watch *w)
{
	char *target = realpath(w->places[0].path, NULL);

	if (target != NULL && w->place_count == 2 && strcmp(target, w->places[1].path) == 0) {
		free(target);
		return;
	}
	if (w->place_count == 2)
		drop_place(w);
	if (target != NULL && strcmp(target, w->places[0].path) != 0)
		(void)add_place(w, target);
	else
		free(target);
}

void
watch_renew(struct watch *w)
{
	follow_link(w);
	for (size_t i = 0; i < w->place_count; i++) {
		/* The same number again when it is the folder that is watched already. */
		w->places[i].wd = inotify_add_watch(w->fd, w->places[i].folder,
		    WRITTEN | IN_ONLYDIR);
	}
}

/* -- making and ending --------------------------------------------------------------- */

struct watch *
watch_new(struct event_base *base, const char *path, watch_changed_cb *changed, void *arg,
    struct err *err)
{
	struct watch *w = calloc(1, sizeof(*w));
	char *copy = strdup(path);

	if (w == NULL || copy == NULL) {
		free(w);
		free(copy);
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	w->changed = changed;
	w->arg = arg;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (w->fd == -1) {
		err_sys(err, "watch '%s'", path);
		free(copy);
		watch_free(w);
		return NULL;
	}
	w->on_event = event_new(base, w->fd, EV_READ | EV_PERSIST, on_event, w);
	w->still = evtimer_new(base, on_still, w);
	if (add_place(w, copy) < 0 || w->on_event == NULL || w->still == NULL ||
	    event_add(w->on_event, NULL) == -1) {
		err_set(err, ENOMEM, "out of memory");
		watch_free(w);
		return NULL;
	}
	watch_renew(w);
	return w;
}

void
watch_free(struct watch *w)
{
	if (w == NULL)
		return;
	while (w->place_count > 0)
		drop_place(w);
	loop_event_free(w->on_event);
	loop_event_free(w->still);
	if (w->fd != -1)
		(void)close(w->fd);
	free(w);
}
