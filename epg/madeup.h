/*
 * A guide for channels that have none, so that media servers show them at all: blocks of a
 * fixed length named after the channel; and for event channels, whose name holds a time
 * ("PPV 3: A v B 21:00", "UFC 300 | Sat 13 Apr 10:00 PM ET"), the event at that time.
 */
#ifndef EPG_MADEUP_H
#define EPG_MADEUP_H

#include <stddef.h>
#include <stdint.h>

struct madeup_settings {
	uint32_t block_s; /* 0: none are made */
	_Bool events;
};

/* Each programme in order; body is its children, a line each. Negative stops. */
typedef int madeup_cb(void *arg, int64_t start, int64_t stop, const char *body, size_t len);

/*
 * Programmes that fill [from, to) without a gap for a channel of that name. Blocks begin at
 * multiples of block_s since 1970, so that they are the same whenever they are made. `today`
 * is the day that a bare time in a name belongs to; times without a zone are in the process's.
 */
int madeup_channel(const struct madeup_settings *settings, const char *name, int64_t from,
    int64_t to, int64_t today, madeup_cb *out, void *arg);

#endif
