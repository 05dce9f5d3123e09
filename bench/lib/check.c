#include "bench/lib/check.h"

#include <string.h>

void
check_init(struct check *c, const struct ts_stream *stream)
{
	memset(c, 0, sizeof(*c));
	c->stream = stream;
}

/* The packet is number `seq`; only a discontinuity may have been marked in it. */
static _Bool
check_same(const struct check *c, const uint8_t *p, uint64_t seq, uint64_t time_ns)
{
	uint8_t want[TS_PACKET];

	ts_make(c->stream, seq, time_ns, want);
	if (!c->running && (p[3] & 0x20))
		want[5] |= p[5] & 0x80;
	return memcmp(p, want, TS_PACKET) == 0;
}

/* The table that belongs at this place of a start, made anew or a copy. */
static _Bool
check_is_table(const struct check *c, const uint8_t *p)
{
	return c->place < 2 && ts_pid(p) == (c->place == 0 ? TS_PID_PAT : TS_PID_PMT) &&
	    ts_section_ok(p);
}

static void
check_goes_on(struct check *c, uint64_t seq, uint64_t time_ns)
{
	c->next = seq + 1;
	c->last_ns = time_ns;
	if (c->first_rap_ns == 0 && ts_role(c->stream, seq) == TS_RAP)
		c->first_rap_ns = time_ns;
}

static void
check_start(struct check *c, const uint8_t *p, _Bool stamped, uint64_t seq, uint64_t time_ns)
{
	unsigned pid = ts_pid(p);

	if (pid == TS_PID_PAT || pid == TS_PID_PMT) {
		c->bad_starts += !check_is_table(c, p);
		c->place++;
		return;
	}
	c->bad_starts += c->place != 2 || !stamped || ts_role(c->stream, seq) != TS_RAP;
	if (!stamped || (c->seen && seq < c->next) || !check_same(c, p, seq, time_ns))
		c->corrupt++;
	c->running = 1;
	if (!stamped)
		return;
	if (c->seen)
		c->lost += seq - c->next;
	c->seen = 1;
	check_goes_on(c, seq, time_ns);
}

static void
check_packet(struct check *c, const uint8_t *p)
{
	uint64_t seq = 0, time_ns = 0;
	_Bool stamped = ts_stamp(p, &seq, &time_ns), sync = p[0] == 0x47;

	c->packets++;
	if (c->running && stamped && seq == c->next) {
		c->corrupt += !check_same(c, p, seq, time_ns);
		check_goes_on(c, seq, time_ns);
		return;
	}
	/* Only a table may begin a new start. */
	if (c->running && sync && ts_pid(p) == TS_PID_PAT && ts_section_ok(p)) {
		c->running = 0;
		c->place = 0;
		c->jumps++;
	}
	if (!c->running) {
		if (sync)
			check_start(c, p, stamped, seq, time_ns);
		else
			c->corrupt++;
		return;
	}
	c->corrupt++;
	if (stamped && seq > c->next)
		check_goes_on(c, seq, time_ns);
}

void
check_feed(struct check *c, const uint8_t *data, size_t len)
{
	if (c->part_len > 0) {
		size_t n = TS_PACKET - c->part_len;

		if (n > len)
			n = len;
		memcpy(c->part + c->part_len, data, n);
		c->part_len += (unsigned)n;
		data += n;
		len -= n;
		if (c->part_len < TS_PACKET)
			return;
		c->part_len = 0;
		check_packet(c, c->part);
	}
	for (; len >= TS_PACKET; data += TS_PACKET, len -= TS_PACKET)
		check_packet(c, data);
	memcpy(c->part, data, len);
	c->part_len = (unsigned)len;
}
