/*
 * Messages from a worker process to its parent, over a socketpair.
 *
 * Frame: u16 type, u16 reserved (0), u32 payload length, payload; all in host
 * order (both ends are the same binary). Strings are u16 length + bytes.
 *
 * The parent trusts nothing in them: each type is a row of a table that says in
 * which phases it may come and how large it may be. An unknown type, a wrong
 * phase, a payload that is too large, too short or has bytes left over is
 * -EPROTO, and the parent kills that worker.
 */
#ifndef BASE_WIRE_H
#define BASE_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* Descriptors of a worker. Others than these and 0, 1, 2 are closed before exec. */
#define WIRE_FD       3 /* this socket */
#define WIRE_FD_FIRST 4 /* the job's own descriptors, in the order its spec lists them */

enum wire_type {
	WIRE_HELLO = 1, /* u8 enum sandbox_level: the jail is closed, work begins */
	WIRE_PROGRESS,  /* u64 done, u64 total (0: unknown) */
	WIRE_NOTE,      /* u32 line, str text: a complaint about the input, for people */
	WIRE_RESULT,    /* str key, u64 value: a fact about the result */
	WIRE_DONE,      /* empty: the output is whole */
	WIRE_FAIL,      /* u32 errno, str text */
};

/* -- the worker's side: each returns 0 or -errno; blocks while the socket is full -- */

#define WIRE_TEXT_MAX 512 /* bytes; longer texts are cut, between characters */
#define WIRE_KEY_MAX  32  /* bytes of a result's key; ours, so never longer */
int wire_hello(int fd, unsigned level);
int wire_progress(int fd, uint64_t done, uint64_t total);
int wire_note(int fd, uint32_t line, const char *text);
int wire_result(int fd, const char *key, uint64_t value);
int wire_done(int fd);
/* Async-signal-safe, so that a child can use it between fork and exec. */
int wire_fail(int fd, const struct err *err);

/* -- the parent's side -- */

/* A cursor over a payload. Reads past the end return 0 or "" and set `bad`. */
struct wire_msg {
	const unsigned char *p, *end;
	_Bool bad;
};
uint8_t wire_get_u8(struct wire_msg *msg);
uint32_t wire_get_u32(struct wire_msg *msg);
uint64_t wire_get_u64(struct wire_msg *msg);
/* Copies a string, NUL-terminated; longer than size - 1, or with a NUL inside: bad. */
void wire_get_str(struct wire_msg *msg, char *out, size_t size);
/*
 * Whether all of it was read, and well: ask before acting on what was read. What
 * remains unread or bad after the handler is -EPROTO in any case.
 */
_Bool wire_get_end(const struct wire_msg *msg);

typedef int wire_handler(struct wire_msg *msg, void *arg, struct err *err);
struct wire_rule {
	enum wire_type type;
	unsigned phases;      /* bits: 1 << phase */
	uint32_t max;         /* payload bytes */
	unsigned next;        /* the phase after it */
	wire_handler *handle; /* NULL: the payload is empty */
};
enum wire_phase { WIRE_PHASE_HELLO, WIRE_PHASE_WORK, WIRE_PHASE_END };

#define WIRE_HEAD_MAX    8
#define WIRE_PAYLOAD_MAX (4 + 2 + WIRE_TEXT_MAX) /* the largest: WIRE_NOTE and WIRE_FAIL */

struct wire_reader {
	const struct wire_rule *rules;
	size_t rule_count;
	enum wire_phase phase;                                 /* WIRE_PHASE_HELLO at first */
	unsigned char frame[WIRE_HEAD_MAX + WIRE_PAYLOAD_MAX]; /* one frame in the making */
	size_t have;                                           /* bytes of it; 0 between frames */
	int error;                                             /* of an earlier wire_feed */
	void *arg;
};
/* `rules` must outlive the reader; no rule's max may be above WIRE_PAYLOAD_MAX. */
void wire_reader_init(struct wire_reader *r, const struct wire_rule *rules, size_t rule_count,
    void *arg);
/*
 * Takes bytes, cut anywhere. 0, -EPROTO, or what a handler returned; the reader
 * takes nothing more after an error.
 */
int wire_feed(struct wire_reader *r, const void *data, size_t len, struct err *err);

#endif
