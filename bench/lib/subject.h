/*
 * What is measured, ours and the others, behind one face: something that listens
 * and serves the streams of an origin.
 */
#ifndef BENCH_LIB_SUBJECT_H
#define BENCH_LIB_SUBJECT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct buf;
struct origin;
struct origin_stream;
struct place;

enum subject_kind {
	SUBJECT_MASTHEAD,
	SUBJECT_BARE_RELAY, /* lib/bare.h, and the next three */
	SUBJECT_BARE_INPLACE,
	SUBJECT_BARE_SEND,
	SUBJECT_BARE_SENDFILE,
	SUBJECT_NGINX,
	SUBJECT_HAPROXY,
	SUBJECT_ICECAST,
	SUBJECT_DIRECT /* nothing between: the origin itself */
};

struct subject_options {
	const struct origin *origin;
	const struct origin_stream
	    *streams; /* channel 1, 2, ... ; others than ours serve the first */
	size_t stream_count;
	const char *host;  /* where it listens; NULL: loopback */
	const char *netns; /* NULL: ours */
	/* Masthead's settings; 0: its default. */
	unsigned sendfile_from;
	_Bool never_sendfile;
	unsigned window_mib;
	unsigned linger_ms;
	const char *playlist;      /* a file in place of the streams; NULL: none */
	const char *const *guides; /* files, read at the start and when they change */
	size_t guide_count;
};

struct subject {
	enum subject_kind kind;
	const char *name;
	pid_t pid;
	const char *host;
	unsigned port;
	char path[96]; /* of the first stream */
};

/* Starts it and waits until it answers. False: not installed. */
_Bool subject_start(struct subject *s, enum subject_kind kind, const struct subject_options *o);
void subject_stop(struct subject *s);
const char *subject_name(enum subject_kind kind);

/* Our binary: $MASTHEAD, or what was built with the benchmark. The caller's to free(). */
char *subject_binary(void);

/* -- for the files that start one kind each --------------------------------- */

_Bool subject_start_masthead(struct subject *s, const struct subject_options *o);
_Bool subject_start_nginx(struct subject *s, const struct subject_options *o);
_Bool subject_start_haproxy(struct subject *s, const struct subject_options *o);
_Bool subject_start_icecast(struct subject *s, const struct subject_options *o);
/* Runs a program whose configuration lets it listen on s->port, and waits for that. */
void subject_exec(struct subject *s, const struct subject_options *o, const char *const *argv);
/* The text as a file of this run, whose path the caller owns; the buffer is released. */
char *subject_write(const char *name, struct buf *text);

#endif
