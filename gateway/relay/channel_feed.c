#include "base/clock.h"
#include "gateway/relay/channel.h"

static void
channel_on_bytes(void *arg, const uint8_t *data, size_t len)
{
	struct channel *c = arg;
	uint64_t now_ms = clock_ms(c->relay->clock);
	const uint8_t *packets;
	size_t n;

	c->bytes_in += len;
	c->relay->stats.bytes_in += len;
	rate_add(&c->rate, len, now_ms);
	c->fresh = 1;
	channel_wake(c);
	align_feed(&c->align, data, len);
	while (c->window_rc == 0 && (n = align_next(&c->align, &packets)) > 0) {
		if (c->first_ms == 0)
			c->first_ms = now_ms;
		c->packet_ms = now_ms;
		c->run_end = window_end(&c->window) + n;
		scan_run(&c->scan, packets, n, c->run_end - n, now_ms);
		c->window_rc = window_append(&c->window, packets, n, now_ms, &c->why);
	}
}

static void
channel_on_ended(void *arg, enum upstream_fault fault, const struct err *err)
{
	struct channel *c = arg;

	c->ended = 1;
	c->fault = fault;
	c->why = *err;
	channel_wake(c);
}

static uint64_t
channel_played_ms(void *arg)
{
	const struct channel *c = arg;

	return c->scan.has_clock ? c->scan.clock_ms + 1 : 0;
}

const struct upstream_events channel_upstream_events = {
	.bytes = channel_on_bytes,
	.ended = channel_on_ended,
	.played_ms = channel_played_ms,
};

/* Readers who still are before `tail` move on to the newest place where a decoder can start. */
static void
channel_on_leaving(void *arg, uint64_t tail)
{
	struct channel *c = arg;
	uint8_t psi[SCAN_PREFIX_MAX];
	const struct scan_mark *rap;
	struct scan_mark to;

	scan_forget(&c->scan, tail);
	rap = scan_join(&c->scan, 0, clock_ms(c->relay->clock));
	to = rap != NULL ? *rap : scan_here(&c->scan, c->run_end);
	reader_skip(&c->readers, tail, to.position, psi, scan_prefix(&c->scan, &to, psi));
}

int
channel_feed_init(struct channel *c, struct err *err)
{
	int rc = window_init(&c->window, c->settings.window_bytes, c->settings.window_ms, err);

	if (rc < 0)
		return rc;
	scan_init(&c->scan);
	c->window.leaving = channel_on_leaving;
	c->window.arg = c;
	return 0;
}

void
channel_feed_begin(struct channel *c)
{
	align_reset(&c->align);
	scan_reset(&c->scan);
	c->first_ms = 0;
	c->ready = c->fresh = c->ended = 0;
}

void
channel_feed_settle(struct channel *c)
{
	if (!c->fresh)
		return;
	c->fresh = 0;
	if (c->upstream != NULL)
		upstream_settle(c->upstream);
	if (c->window_rc == 0)
		c->window_rc = window_flush(&c->window, &c->why);
}

struct scan_mark
channel_start(const struct channel *c, uint8_t *psi, size_t *ret_psi_len)
{
	const struct scan_mark *rap = scan_join(&c->scan, c->settings.join_behind_ms,
	    clock_ms(c->relay->clock));
	struct scan_mark start = rap != NULL ? *rap : scan_here(&c->scan, window_end(&c->window));

	*ret_psi_len = scan_prefix(&c->scan, &start, psi);
	return start;
}
