/*
 * The least that a relay can be: the loops that ours is measured against. A ring
 * of 4 MiB and, for each viewer, a position in it; nothing is parsed, nobody is
 * looked after, a viewer that the ring overtakes is dropped.
 */
#ifndef BENCH_LIB_BARE_H
#define BENCH_LIB_BARE_H

enum bare_kind {
	BARE_RELAY,   /* one upstream (SO_RCVLOWAT 64 KiB) into the ring, send to all */
	BARE_INPLACE, /* the same with sendfile from a memfd that is overwritten in place */
	BARE_SEND,    /* no upstream: sends the same 4 MiB for ever, as fast as it is taken */
	BARE_SENDFILE /* the same with sendfile */
};

struct bare_options {
	enum bare_kind kind;
	int listener;
	const char *origin_host, *origin_path; /* of the upstream, opened for the first viewer */
	unsigned origin_port;
};

_Noreturn void bare_run(const struct bare_options *options);

#endif
