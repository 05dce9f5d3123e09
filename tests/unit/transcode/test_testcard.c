#include "transcode/testcard.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/file.h"
#include "base/sandbox.h"
#include "base/wire.h"
#include "tests/unit/transcode/ts_check.h"
#include "unit.h"

/* x265 3.5 leaks its parameters and tables each time that it is closed. */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libx265";
}
const char *__lsan_default_options(void);
const char *
__lsan_default_options(void)
{
	return "print_suppressions=0";
}

static struct ts_check seen;

/*
 * A memory file with what `url` gives. False when this machine lacks the encoder:
 * a build of libavcodec may be without x264 and x265, never without the others.
 */
static _Bool
run(const char *url, struct testcard_spec *spec, int *ret_fd)
{
	struct err err = ERR_INIT;
	int rc;

	ck_assert_msg(testcard_parse(spec, url, &err) == 0, "%s", err.text);
	*ret_fd = memfd_create("testcard", 0);
	ck_assert_int_ge(*ret_fd, 0);
	rc = testcard_run(spec, *ret_fd, &err);
	if (rc == -ENOSYS && spec->codec != TESTCARD_MPEG2) {
		close(*ret_fd);
		return 0;
	}
	ck_assert_msg(rc == 0, "%s", err.text);
	return 1;
}

static const char *const runs[] = {
	"testcard:?frames=60&pace=0&gop=12",
	"testcard:?frames=60&pace=0&gop=12&codec=h264",
	"testcard:?frames=60&pace=0&gop=12&codec=hevc",
	"testcard:?frames=4&pace=0&gop=2&fps=1",
	"testcard:?frames=4&pace=0&gop=2&fps=1&codec=h264",
	"testcard:?frames=20&pace=0&gop=1&fps=24",
	"testcard:?frames=120&pace=0&gop=500&fps=60&rate=20M",
	"testcard:?frames=60&pace=0&gop=7&fps=59&codec=h264&rate=100k",
	"testcard:?frames=10&pace=0&gop=3&size=160x120&rate=50M",
	"testcard:?frames=10&pace=0&gop=3&size=1920x1080&rate=100k&n=9999",
	"testcard:?frames=10&pace=0&gop=3&size=1918x1078&codec=hevc&fps=13",
};

START_TEST(is_a_stream_as_its_header_promises)
{
	struct file_map map = FILE_MAP_INIT;
	struct err err = ERR_INIT;
	struct testcard_spec spec;
	int fd;

	if (!run(runs[_i], &spec, &fd))
		return;
	ck_assert_msg(file_map_fd(&map, fd, &err) == 0, "%s", err.text);
	ts_check(&seen, map.data, map.len);
	ck_assert_uint_eq(seen.video_units, spec.frames);
	for (size_t k = 0; k < seen.video_units; k++) {
		const struct ts_unit *unit = &seen.video[k];

		ck_assert_uint_eq(unit->pts, TESTCARD_PTS_FIRST + 90000 * k / spec.fps);
		ck_assert_uint_eq(((unit->pts - TESTCARD_PTS_FIRST) * spec.fps + 45000) / 90000, k);
		ck_assert_int_eq(unit->random_access, k % spec.gop == 0);
		ck_assert(!unit->random_access || unit->after_tables);
	}
	ck_assert_uint_le(seen.pcr_gap, MUX_CLOCK / 25);
	ck_assert_uint_le(seen.table_gap, MUX_CLOCK / 10);
	/* Sound goes on to the end of the last frame, a frame of its own more at most. */
	ck_assert_uint_ge(seen.audio_units, spec.frames * 48000 / spec.fps / 1152);
	ck_assert_uint_le(seen.audio_units, spec.frames * 48000 / spec.fps / 1024 + 2);
	file_map_close(&map);
	close(fd);
}
END_TEST

START_TEST(keeps_its_rate)
{
	struct testcard_spec spec;
	struct stat st;
	uint64_t want;
	int fd;

	ck_assert(run("testcard:?frames=250&pace=0&rate=4M", &spec, &fd));
	ck_assert_int_eq(fstat(fd, &st), 0);
	/* Ten seconds of video, and about 307 kbit/s of sound and tables. */
	want = 10 * 4000000 / 8;
	ck_assert_uint_ge((uint64_t)st.st_size, want + 10 * 290000 / 8);
	ck_assert_uint_le((uint64_t)st.st_size, want + 10 * 320000 / 8);
	close(fd);
}
END_TEST

START_TEST(the_same_card_is_the_same_stream)
{
	struct file_map map[2] = { FILE_MAP_INIT, FILE_MAP_INIT };
	struct testcard_spec spec;
	int fd[2];

	/* Its clock is the one thing that differs; ten frames are made in less than a second. */
	for (int tries = 0, same = 0; !same; tries++) {
		ck_assert_int_lt(tries, 5);
		for (int i = 0; i < 2; i++) {
			ck_assert(run("testcard:?frames=10&pace=0&size=160x120", &spec, &fd[i]));
			ck_assert_int_eq(file_map_fd(&map[i], fd[i], NULL), 0);
		}
		same = map[0].len == map[1].len &&
		    memcmp(map[0].data, map[1].data, map[0].len) == 0;
		for (int i = 0; i < 2; i++) {
			file_map_close(&map[i]);
			close(fd[i]);
		}
	}
}
END_TEST

/* -- as a decoder sees it ---------------------------------------------------- */

static const struct {
	const char *url, *video, *audio;
	unsigned frames, keys;
} decoded[] = {
	{ "testcard:?pace=0&frames=60&gop=12", "mpeg2video", "mp2", 60, 5 },
	{ "testcard:?pace=0&frames=60&gop=12&codec=h264", "h264", "aac", 60, 5 },
	{ "testcard:?pace=0&frames=60&gop=12&codec=hevc", "hevc", "aac", 60, 5 },
};

/*
 * What ffprobe says about the file, one value a line; NULL where there is no
 * ffprobe. Its stdin is the file.
 */
static const char *
probe(int fd, const char *entries, const char *const *options)
{
	const char *argv[16] = { "ffprobe", "-v", "error", "-of", "default=nk=1:nw=1",
		"-show_entries", entries };
	static char answer[256];
	posix_spawn_file_actions_t actions;
	int out[2], argc = 7, rc, status;
	size_t have = 0;
	ssize_t n;
	pid_t pid;

	while (*options != NULL)
		argv[argc++] = *options++;
	argv[argc++] = "-";
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (rc == ENOENT) {
		close(out[0]);
		return NULL;
	}
	ck_assert_int_eq(rc, 0);
	while ((n = read(out[0], answer + have, sizeof(answer) - 1 - have)) > 0)
		have += (size_t)n;
	answer[have] = '\0';
	close(out[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	return answer;
}

#define OPTIONS(...)              \
	(const char *const[])     \
	{                         \
		__VA_ARGS__, NULL \
	}

START_TEST(a_decoder_finds_every_frame)
{
	struct testcard_spec spec;
	char want[64];
	const char *p;
	unsigned keys = 0;
	int fd;

	if (!run(decoded[_i].url, &spec, &fd))
		return;
	p = probe(fd, "stream=codec_name,nb_read_frames",
	    OPTIONS("-count_frames", "-select_streams", "v"));
	if (p == NULL)
		return;
	snprintf(want, sizeof(want), "%s\n%u\n", decoded[_i].video, decoded[_i].frames);
	ck_assert_msg(strncmp(p, want, strlen(want)) == 0, "%s", p);
	p = probe(fd, "stream=codec_name", OPTIONS("-select_streams", "a"));
	snprintf(want, sizeof(want), "%s\n", decoded[_i].audio);
	ck_assert_msg(strncmp(p, want, strlen(want)) == 0, "%s", p);
	p = probe(fd, "frame=pict_type", OPTIONS("-select_streams", "v", "-skip_frame", "nokey"));
	for (; *p != '\0'; p++)
		keys += *p == 'I';
	ck_assert_uint_eq(keys, decoded[_i].keys);
	close(fd);
}
END_TEST

/* -- the worker -------------------------------------------------------------- */

struct worker {
	pid_t pid;
	int wire, stream;
};

static void
worker_begin(struct worker *w, char *url)
{
	char name[] = "testcard";
	char *argv[] = { name, url, NULL };
	int wire[2], stream[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, wire), 0);
	ck_assert_int_eq(pipe(stream), 0);
	w->pid = fork();
	ck_assert_int_ge(w->pid, 0);
	if (w->pid == 0) {
		const int fds[] = { wire[1], stream[1] };

		if (sandbox_keep_fds(fds, 2, WIRE_FD) < 0)
			_exit(99);
		_exit(testcard_worker(2, argv));
	}
	close(wire[1]);
	close(stream[1]);
	w->wire = wire[0];
	w->stream = stream[0];
}

static int
on_hello(struct wire_msg *msg, void *arg, struct err *err)
{
	(void)arg;
	(void)err;
	ck_assert_uint_ne(wire_get_u8(msg) & SANDBOX_HAS_FLOOR, 0);
	return 0;
}

static int
on_fail(struct wire_msg *msg, void *arg, struct err *err)
{
	(void)err;
	wire_get_u32(msg);
	wire_get_str(msg, arg, WIRE_TEXT_MAX);
	return 0;
}

/* What it says until it ends; `text` is what it failed with, "" if it did not. */
static int
worker_end(struct worker *w, char text[WIRE_TEXT_MAX])
{
	static const struct wire_rule rules[] = {
		{ WIRE_HELLO, 1 << WIRE_PHASE_HELLO, 1, WIRE_PHASE_WORK, on_hello },
		{ WIRE_DONE, 1 << WIRE_PHASE_WORK, 0, WIRE_PHASE_END, NULL },
		{ WIRE_FAIL, 1 << WIRE_PHASE_WORK, WIRE_PAYLOAD_MAX, WIRE_PHASE_END, on_fail },
	};
	struct err err = ERR_INIT;
	struct wire_reader reader;
	char data[1024];
	ssize_t n;
	int status;

	text[0] = '\0';
	wire_reader_init(&reader, rules, ARRAY_LEN(rules), text);
	while ((n = read(w->wire, data, sizeof(data))) > 0)
		ck_assert_msg(wire_feed(&reader, data, (size_t)n, &err) == 0, "%s", err.text);
	ck_assert_int_eq(reader.phase, WIRE_PHASE_END);
	ck_assert_int_eq(waitpid(w->pid, &status, 0), w->pid);
	ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	close(w->wire);
	return WEXITSTATUS(status);
}

static const char *const jailed[] = {
	"testcard:?codec=mpeg2&pace=0",
	"testcard:?codec=h264&pace=0",
	"testcard:?codec=hevc&pace=0",
	"testcard:?codec=hevc&pace=0&size=1920x1080",
};

START_TEST(works_in_its_jail_until_nobody_reads)
{
	char url[64], text[WIRE_TEXT_MAX];
	static char data[40 * MUX_PACKET];
	struct worker w;
	size_t have = 0;
	ssize_t n;

	snprintf(url, sizeof(url), "%s", jailed[_i]);
	worker_begin(&w, url);
	while (have < sizeof(data) && (n = read(w.stream, data + have, sizeof(data) - have)) > 0)
		have += (size_t)n;
	close(w.stream);
	if (have > 0) {
		ts_check(&seen, data, sizeof(data));
		ck_assert(seen.video[0].random_access && seen.video[0].after_tables);
		ck_assert_int_eq(worker_end(&w, text), 0);
		ck_assert_str_eq(text, "");
	} else {
		ck_assert_int_eq(worker_end(&w, text), 1);
		ck_assert_ptr_nonnull(strstr(text, "has no libx26"));
	}
}
END_TEST

START_TEST(ends_after_its_frames_in_real_time)
{
	char url[] = "testcard:?frames=5&size=160x120", text[WIRE_TEXT_MAX];
	static char data[1 << 20];
	struct timespec begin, end;
	struct worker w;
	size_t have = 0;
	ssize_t n;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	worker_begin(&w, url);
	while ((n = read(w.stream, data + have, sizeof(data) - have)) > 0)
		have += (size_t)n;
	clock_gettime(CLOCK_MONOTONIC, &end);
	ts_check(&seen, data, have);
	ck_assert_uint_eq(seen.video_units, 5);
	ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
	ck_assert_int_ge(ms, 160); /* the fifth frame is due four frames after the first */
	ck_assert_int_eq(worker_end(&w, text), 0);
	close(w.stream);
}
END_TEST

START_TEST(says_what_is_wrong_with_its_url)
{
	char url[] = "testcard:?gop=0", text[WIRE_TEXT_MAX];
	struct worker w;

	worker_begin(&w, url);
	ck_assert_int_eq(worker_end(&w, text), 1);
	ck_assert_str_eq(text, "testcard: gop: '0' is not a number from 1 to 500");
	close(w.stream);
}
END_TEST

UNIT_MAIN("testcard", UNIT_ROWS(is_a_stream_as_its_header_promises, ARRAY_LEN(runs)),
    UNIT_TEST(keeps_its_rate), UNIT_TEST(the_same_card_is_the_same_stream),
    UNIT_ROWS(a_decoder_finds_every_frame, ARRAY_LEN(decoded)),
    UNIT_ROWS(works_in_its_jail_until_nobody_reads, ARRAY_LEN(jailed)),
    UNIT_TEST(ends_after_its_frames_in_real_time), UNIT_TEST(says_what_is_wrong_with_its_url))
