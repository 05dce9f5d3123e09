/*
 * R8: the gateway when idle, and what one more channel takes once its window is
 * full: private memory and the pages of its memfd, by send and by sendfile.
 */
#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/measure.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define WINDOW_MIB 12
#define WINDOW     ((uint64_t)WINDOW_MIB << 20)
#define SAMPLES    50
#define SEGMENT    (188u << 10)
#define KIB        1024.0
#define MIB        1048576.0

static const struct place place;

/* The most that a subject takes with a viewer on `path`, once three windows went through. */
static double
memory_with(const struct subject *subject, const char *path, struct sink *sink)
{
	struct proc_memory memory;
	uint64_t most = 0;

	sink_start(sink, &place, subject, path, 1, NULL);
	if (!sink_wait(sink, 3 * WINDOW, 60000))
		bench_die("%s does not stream", path);
	/* Segments come and go. */
	for (int i = 0; i < SAMPLES; i++) {
		proc_memory(subject->pid, &memory);
		if (memory.anon + memory.memfd > most)
			most = memory.anon + memory.memfd;
		bench_sleep_ms(20);
	}
	return (double)most;
}

int
main(int argc, char **argv)
{
	static const char *const what[] = { "a channel, 12 MiB window, send",
		"a channel, 12 MiB window, sendfile" };
	struct origin origin;
	struct origin_stream streams[2] = { 0 };
	struct subject_options options = { .origin = &origin,
		.streams = streams,
		.stream_count = ARRAY_LEN(streams),
		.window_mib = WINDOW_MIB };
	struct proc_memory idle = { 0 };

	report_init(argc, argv);
	measure_origin(&origin);
	for (size_t i = 0; i < ARRAY_LEN(streams); i++)
		ts_stream_init(&streams[i].ts, TS_H264, 200000000);
	for (unsigned mode = 0; mode < ARRAY_LEN(what); mode++) {
		struct subject subject;
		struct sink first, second;
		double one, two;

		options.sendfile_from = mode;
		options.never_sendfile = mode == 0;
		(void)subject_start(&subject, SUBJECT_MASTHEAD, &options);
		proc_memory(subject.pid, &idle);
		one = memory_with(&subject, "/auto/v1", &first);
		two = memory_with(&subject, "/auto/v2", &second);
		sink_stop(&first);
		sink_stop(&second);
		subject_stop(&subject);
		report_row(&(struct report_row){ "R8", what[mode], "KiB", (two - one) / KIB, NULL,
		    0, GOAL_AT_MOST, (WINDOW + 2 * SEGMENT) / KIB, 1 });
	}
	report_row(&(struct report_row){ "R8", "idle gateway, all resident pages", "MiB",
	    (double)idle.rss / MIB, NULL, 0, GOAL_AT_MOST, 12, 1 });
	return report_status();
}
