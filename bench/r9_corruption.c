/*
 * R9: viewers on this machine that stop reading while the window wraps several
 * times, over loopback and over a veth pair, by send and by sendfile. What they
 * had been sent must be what they then read: 0 bytes changed.
 *
 * The reference overwrites pages that sendfile has passed on, to show that the
 * check sees what it is there for.
 */
#include <stdio.h>

#include "base/list.h"
#include "bench/lib/child.h"
#include "bench/lib/measure.h"
#include "bench/lib/net.h"
#include "bench/lib/origin.h"
#include "bench/lib/report.h"
#include "bench/lib/sink.h"

#define CLIENTS    8
#define STALLED    4 /* of them; every cycle the other half */
#define WINDOW_MIB 4
#define WINDOW     ((uint64_t)WINDOW_MIB << 20)
#define WRAPS      4 /* windows that go by in a stall; the claim is 3 */
#define GOP        5 /* the window holds a random access point at any time */
#define RATE       100000000u

struct network {
	const char *name;
	struct subject_options options;
	struct place place; /* of the viewers */
};

static void
hold(struct sink *sink, unsigned cycle, _Bool on)
{
	for (unsigned i = 0; i < STALLED; i++)
		sink->shared->client[(i * 2 + cycle) % CLIENTS].hold = on;
}

/* Waits until the origin has sent so much more. */
static void
let_pass(const struct origin *origin, uint64_t bytes)
{
	uint64_t until = origin->stats->bytes + bytes;

	for (int ms = 0; origin->stats->bytes < until; ms += 5) {
		if (ms > 60000)
			bench_die("the origin does not send");
		bench_sleep_ms(5);
	}
}

/* Corrupt bytes that all viewers together saw. */
static double
corrupt_bytes(enum subject_kind kind, const struct network *network, unsigned cycles)
{
	uint64_t corrupt = 0, bad_starts = 0;
	struct subject subject;
	struct sink sink;

	(void)subject_start(&subject, kind, &network->options);
	sink_start(&sink, &network->place, &subject, subject.path, CLIENTS,
	    &network->options.streams[0].ts);
	if (!sink_wait(&sink, 1 << 20, 15000))
		bench_die("%s: not all clients received anything", subject.name);
	for (unsigned cycle = 0; cycle < cycles; cycle++) {
		hold(&sink, cycle, 1);
		let_pass(network->options.origin, WRAPS * WINDOW);
		hold(&sink, cycle, 0);
		let_pass(network->options.origin, WINDOW);
	}
	for (unsigned i = 0; i < CLIENTS; i++) {
		if (sink.shared->client[i].packets == 0)
			bench_die("%s: client %u checked nothing", subject.name, i);
		corrupt += sink.shared->client[i].corrupt;
		bad_starts += sink.shared->client[i].bad_starts;
	}
	sink_stop(&sink);
	subject_stop(&subject);
	return (double)((corrupt + bad_starts) * TS_PACKET);
}

static void
run(struct network *network, unsigned cycles)
{
	static const char *const mode_name[] = { "send", "sendfile" };
	double inplace = corrupt_bytes(SUBJECT_BARE_INPLACE, network, 1);
	char what[64];

	if (inplace == 0)
		bench_die("%s: the check does not see pages that are overwritten", network->name);
	for (unsigned mode = 0; mode < ARRAY_LEN(mode_name); mode++) {
		network->options.sendfile_from = mode;
		network->options.never_sendfile = mode == 0;
		(void)snprintf(what, sizeof(what), "stalled viewers, %s, %s", network->name,
		    mode_name[mode]);
		report_row(&(struct report_row){ "R9", what, "B corrupt",
		    corrupt_bytes(SUBJECT_MASTHEAD, network, cycles),
		    subject_name(SUBJECT_BARE_INPLACE), inplace, GOAL_AT_MOST, 0, 1 });
	}
}

int
main(int argc, char **argv)
{
	static struct net_veth veth;
	struct origin local, far;
	struct origin_stream stream = { 0 };
	struct network network = { .name = "loopback",
		.options = { .origin = &local,
		    .streams = &stream,
		    .stream_count = 1,
		    .window_mib = WINDOW_MIB } };
	unsigned cycles;

	report_init(argc, argv);
	cycles = report_pick(2, 6);
	ts_stream_init(&stream.ts, TS_H264, RATE);
	stream.ts.gop = GOP;
	measure_origin(&local);
	run(&network, cycles);
	if (!net_veth_new(&veth)) {
		report_skip("R9", "stalled viewers, veth", "needs root: network namespaces");
		return report_status();
	}
	network.name = "veth";
	network.options.origin = &far;
	network.options.host = veth.near_addr;
	network.options.netns = veth.near;
	network.place.netns = veth.far;
	origin_start(&far, &(struct place){ .netns = veth.near }, NET_LOOPBACK);
	run(&network, cycles);
	return report_status();
}
