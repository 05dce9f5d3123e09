#include "gateway/relay/align.h"

#include <string.h>

#include "gateway/relay/ts.h"

void
align_reset(struct align *a)
{
	a->stride = a->skip = a->carried = 0;
	a->input = NULL;
	a->input_len = 0;
	a->hunted = a->replayed = 0;
	a->since_packet = 0;
}

void
align_feed(struct align *a, const uint8_t *data, size_t len)
{
	a->input = data;
	a->input_len = len;
}

/*
 * Which stride fits the sync byte at `p`, of which `len` bytes are there: 188,
 * 192 or 204, 0 for none, -1 when only more bytes can tell.
 */
static int
stride_at(const uint8_t *p, size_t len)
{
	static const unsigned strides[] = { TS_PACKET, 192, ALIGN_STRIDE_MAX };

	for (size_t i = 0; i < sizeof(strides) / sizeof(strides[0]); i++) {
		unsigned good = 1;

		while (good < ALIGN_SYNCS && good * strides[i] < len &&
		    p[good * strides[i]] == TS_SYNC)
			good++;
		if (good == ALIGN_SYNCS)
			return (int)strides[i];
		if (good * strides[i] >= len)
			return -1;
	}
	return 0;
}

/* Gathers input and searches it. True: in sync, the packets begin at hunt[replayed]. */
static _Bool
align_hunt(struct align *a)
{
	for (;;) {
		size_t room = ALIGN_HUNT - a->hunted, at = 0;
		size_t n = a->input_len < room ? a->input_len : room;
		int stride = 0;

		if (n > 0)
			memcpy(a->hunt + a->hunted, a->input, n);
		a->hunted += n;
		a->input += n;
		a->input_len -= n;
		for (; at < a->hunted; at++) {
			const uint8_t *sync = memchr(a->hunt + at, TS_SYNC, a->hunted - at);

			at = sync != NULL ? (size_t)(sync - a->hunt) : a->hunted;
			if (sync == NULL)
				break;
			stride = stride_at(sync, a->hunted - at);
			if (stride != 0)
				break;
		}
		a->garbage += at;
		a->since_packet += at;
		if (stride > 0) {
			a->stride = (unsigned)stride;
			a->replayed = at;
			return 1;
		}
		a->hunted -= at;
		memmove(a->hunt, a->hunt + at, a->hunted);
		if (a->input_len == 0)
			return 0;
	}
}

static void
align_consume(struct align *a, size_t n)
{
	if (a->replayed < a->hunted) {
		a->replayed += n;
	} else {
		a->input += n;
		a->input_len -= n;
	}
}

static void
align_lose(struct align *a)
{
	a->stride = 0;
	a->losses++;
	a->hunted -= a->replayed;
	memmove(a->hunt, a->hunt + a->replayed, a->hunted);
	a->replayed = 0;
}

/* Fills up the cut packet. True when it is whole. */
static _Bool
align_carry(struct align *a, const uint8_t *p, size_t len)
{
	size_t n = TS_PACKET - a->carried;

	if (n > len)
		n = len;
	memcpy(a->carry + a->carried, p, n);
	a->carried += (unsigned)n;
	align_consume(a, n);
	return a->carried == TS_PACKET;
}

/* How many packets of 188 bytes stand in a row at `p`. */
static size_t
count_packets(const uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n + TS_PACKET <= len && p[n] == TS_SYNC)
		n += TS_PACKET;
	return n / TS_PACKET;
}

/* The next run while in sync. 0: no input is left, or sync was lost. */
static size_t
align_run(struct align *a, const uint8_t **ret)
{
	for (;;) {
		_Bool again = a->replayed < a->hunted;
		const uint8_t *p = again ? a->hunt + a->replayed : a->input;
		size_t len = again ? a->hunted - a->replayed : a->input_len;
		size_t n;

		if (len == 0)
			return 0;
		if (a->skip > 0) {
			n = a->skip < len ? a->skip : len;
			a->skip -= (unsigned)n;
			align_consume(a, n);
			continue;
		}
		if (a->carried == 0 && p[0] != TS_SYNC) {
			align_lose(a);
			return 0;
		}
		if (a->carried > 0 || len < TS_PACKET) {
			if (!align_carry(a, p, len))
				continue;
			a->carried = 0;
			a->skip = a->stride - TS_PACKET;
			*ret = a->carry;
			return TS_PACKET;
		}
		n = a->stride == TS_PACKET ? count_packets(p, len) * TS_PACKET : TS_PACKET;
		a->skip = a->stride - TS_PACKET;
		align_consume(a, n);
		*ret = p;
		return n;
	}
}

size_t
align_next(struct align *a, const uint8_t **ret)
{
	size_t n;

	do {
		if (a->stride == 0 && !align_hunt(a))
			return 0;
		n = align_run(a, ret);
	} while (n == 0 && a->stride == 0);
	if (n > 0) {
		a->packets += n / TS_PACKET;
		a->since_packet = 0;
	}
	return n;
}
