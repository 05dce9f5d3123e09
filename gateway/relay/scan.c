#include "gateway/relay/scan.h"

#include <string.h>

#include "base/list.h"

/* Flags in `expect`. The fast path compares the whole byte, so each leads out of it. */
#define SCAN_UNSEEN 0x10 /* no packet of that PID yet */
#define SCAN_WATCH  0x20 /* every packet is looked into: tables, a unit being sniffed */
#define SCAN_AGAIN  0x40 /* the last packet repeated the one before */

#define NO_PID TS_PIDS

#define CLOCK_HZ     90000
#define PCR_MASK     ((UINT64_C(1) << 33) - 1)
#define PCR_STEP_MAX (UINT64_C(10) * CLOCK_HZ) /* a larger step is a jump, not time */

static const struct {
	uint8_t type;
	enum scan_kind kind;
} stream_types[] = {
	{ 0x01, SCAN_MPEG2 },
	{ 0x02, SCAN_MPEG2 },
	{ 0x1b, SCAN_H264 },
	{ 0x24, SCAN_HEVC },
	{ 0x10, SCAN_OTHER_VIDEO },
	{ 0x1e, SCAN_OTHER_VIDEO },
	{ 0x21, SCAN_OTHER_VIDEO },
	{ 0x33, SCAN_OTHER_VIDEO },
	{ 0x42, SCAN_OTHER_VIDEO },
	{ 0xd1, SCAN_OTHER_VIDEO },
	{ 0xd2, SCAN_OTHER_VIDEO },
	{ 0xea, SCAN_OTHER_VIDEO },
	{ 0x03, SCAN_AUDIO },
	{ 0x04, SCAN_AUDIO },
	{ 0x0f, SCAN_AUDIO },
	{ 0x11, SCAN_AUDIO },
	{ 0x1c, SCAN_AUDIO },
	{ 0x2d, SCAN_AUDIO },
	{ 0x81, SCAN_AUDIO },
	{ 0x87, SCAN_AUDIO },
	{ 0x06, SCAN_PRIVATE },
};

void
scan_reset(struct scan *s)
{
	memset(s->expect, SCAN_UNSEEN, sizeof(s->expect));
	s->expect[TS_PID_PAT] |= SCAN_WATCH;
	s->kind = SCAN_UNKNOWN;
	s->scrambled = s->has_clock = s->sniffing = 0;
	s->raps_held = 0;
	s->rap_ms = s->pseudo_ms = 0;
	s->rap_pid = s->pcr_pid = NO_PID;
	s->programme = (struct psi_programme){ 0, 0 };
	s->pat_len = s->pmt_len = 0;
	psi_break(&s->pat_section);
	psi_break(&s->pmt_section);
}

void
scan_init(struct scan *s)
{
	memset(s, 0, sizeof(*s));
	scan_reset(s);
}

/* Do packets of this PID carry a table that we read? */
static _Bool
is_table_pid(const struct scan *s, unsigned pid)
{
	if (pid == TS_PID_PAT || s->programme.number != 0)
		return pid == TS_PID_PAT || pid == s->programme.pmt_pid;
	for (size_t i = 0; i < s->programmes.count; i++) {
		if (s->programmes.programmes[i].pmt_pid == pid)
			return 1;
	}
	return 0;
}

static void
scan_stop_sniffing(struct scan *s)
{
	if (!s->sniffing)
		return;
	s->sniffing = 0;
	if (!is_table_pid(s, s->rap_pid))
		s->expect[s->rap_pid] &= (uint8_t)~SCAN_WATCH;
}

/* -- tables ------------------------------------------------------------------ */

/* Follows that programme, or (number 0) whichever of the PAT shows itself first. */
static void
scan_follow(struct scan *s, struct psi_programme programme)
{
	s->programme = programme;
	for (size_t i = 0; i < s->programmes.count; i++) {
		unsigned pid = s->programmes.programmes[i].pmt_pid;

		if (is_table_pid(s, pid))
			s->expect[pid] |= SCAN_WATCH;
		else
			s->expect[pid] &= (uint8_t)~SCAN_WATCH;
	}
}

static _Bool
is_listed(const struct psi_pat *pat, struct psi_programme programme)
{
	for (size_t i = 0; i < pat->count; i++) {
		if (pat->programmes[i].number == programme.number &&
		    pat->programmes[i].pmt_pid == programme.pmt_pid)
			return 1;
	}
	return 0;
}

static void
scan_on_pat(void *arg, const uint8_t *data, size_t len)
{
	struct scan *s = arg;
	struct psi_programme programme = s->programme;
	struct psi_pat pat;

	if (len == s->pat_len && memcmp(data, s->pat, len) == 0)
		return;
	/* Of several sections (data[6] is the number) the first counts, or the one with ours. */
	if (!psi_read_pat(data, len, &pat) ||
	    (s->pat_len > 0 && data[6] > s->pat[6] && !is_listed(&pat, programme)))
		return;
	memcpy(s->pat, data, len);
	s->pat_len = (uint16_t)len;
	s->raps_held = 0;
	if (!is_listed(&pat, programme)) {
		scan_stop_sniffing(s);
		programme.number = 0;
		s->pmt_len = 0;
		s->kind = SCAN_UNKNOWN;
		s->rap_pid = s->pcr_pid = NO_PID;
		psi_break(&s->pmt_section);
	}
	for (size_t i = 0; i < s->programmes.count; i++)
		s->expect[s->programmes.programmes[i].pmt_pid] &= (uint8_t)~SCAN_WATCH;
	s->programmes = pat;
	scan_follow(s, programme);
}

static enum scan_kind
kind_of(uint8_t type)
{
	for (size_t i = 0; i < ARRAY_LEN(stream_types); i++) {
		if (stream_types[i].type == type)
			return stream_types[i].kind;
	}
	return SCAN_UNKNOWN;
}

/* The stream by which viewers join: the first video, else the first audio. */
static void
scan_choose(struct scan *s, const struct psi_pmt *pmt)
{
	s->kind = SCAN_UNKNOWN;
	s->rap_pid = NO_PID;
	for (size_t i = 0; i < pmt->stream_count; i++) {
		enum scan_kind kind = kind_of(pmt->streams[i].type);

		/* The kinds stand in order of worth, but one video is as good as another. */
		if (kind <= s->kind || s->kind > SCAN_AUDIO)
			continue;
		s->kind = kind;
		s->rap_pid = pmt->streams[i].pid;
	}
}

static void
scan_on_pmt(void *arg, const uint8_t *data, size_t len)
{
	struct scan *s = arg;
	struct psi_pmt pmt;
	struct psi_programme programme;

	if (len == s->pmt_len && memcmp(data, s->pmt, len) == 0)
		return;
	if (!psi_read_pmt(data, len, &pmt))
		return;
	programme = (struct psi_programme){ pmt.programme, (uint16_t)s->section_pid };
	if (s->programme.number != 0 ? programme.number != s->programme.number
				     : !is_listed(&s->programmes, programme))
		return;
	scan_stop_sniffing(s);
	if (s->programme.number == 0)
		scan_follow(s, programme);
	memcpy(s->pmt, data, len);
	s->pmt_len = (uint16_t)len;
	s->raps_held = 0; /* they need the table that was */
	if (pmt.pcr_pid != s->pcr_pid)
		s->has_clock = 0;
	s->pcr_pid = pmt.pcr_pid;
	scan_choose(s, &pmt);
	s->rap_ms = s->pseudo_ms = 0;
}

/* Until a programme is chosen, the PMTs of several share one place to be put together. */
static void
scan_pmt_packet(struct scan *s, const uint8_t *packet, uint32_t header)
{
	if (ts_pid(header) != s->section_pid) {
		if (!(header & TS_START))
			return;
		psi_break(&s->pmt_section);
		s->section_pid = ts_pid(header);
	}
	psi_feed(&s->pmt_section, packet, scan_on_pmt, s);
}

/* -- random access points --------------------------------------------------- */

/* Room for one more: when all are in use, every second one goes. */
static void
scan_thin(struct scan *s)
{
	if (s->raps_held < SCAN_RAPS)
		return;
	for (unsigned i = 0; i < SCAN_RAPS / 2; i++)
		s->raps[i] = s->raps[2 * i + 1];
	s->raps_held = SCAN_RAPS / 2;
}

static void
scan_add_rap(struct scan *s, const struct scan_mark *mark)
{
	scan_thin(s);
	s->raps[s->raps_held++] = *mark;
}

static void
scan_found(struct scan *s)
{
	scan_add_rap(s, &s->unit);
	s->rap_count++;
	s->rap_ms = s->now_ms;
}

/* Nothing was found for long: a unit start is better than no start at all. */
static void
scan_pseudo(struct scan *s)
{
	if (s->rap_ms == 0)
		s->rap_ms = s->now_ms;
	if (s->now_ms - s->rap_ms < SCAN_PSEUDO_AFTER_MS ||
	    s->now_ms - s->pseudo_ms < SCAN_PSEUDO_EVERY_MS)
		return;
	s->pseudo_ms = s->now_ms;
	scan_add_rap(s, &s->unit);
}

static void
scan_sniff(struct scan *s, const uint8_t *packet)
{
	unsigned at = ts_payload(packet);
	enum sniff_result result = sniff_feed(&s->sniff, packet + at, TS_PACKET - at);

	if (result == SNIFF_MORE)
		return;
	scan_stop_sniffing(s);
	if (result == SNIFF_RAP)
		scan_found(s);
	else
		scan_pseudo(s);
}

static void
scan_unit(struct scan *s, const uint8_t *packet, uint32_t header, uint64_t position)
{
	if (s->sniffing) { /* the unit before ended without a word */
		scan_stop_sniffing(s);
		scan_pseudo(s);
	}
	s->unit = scan_here(s, position);
	s->scrambled = (header & TS_SCRAMBLE) != 0;
	if (s->kind <= SCAN_AUDIO || ts_af_flags(packet) & TS_AF_RANDOM_ACCESS) {
		scan_found(s);
		return;
	}
	if (s->scrambled || s->kind == SCAN_OTHER_VIDEO) {
		scan_pseudo(s);
		return;
	}
	sniff_begin(&s->sniff,
	    s->kind == SCAN_MPEG2      ? SNIFF_MPEG2
		: s->kind == SCAN_H264 ? SNIFF_H264
				       : SNIFF_HEVC);
	s->sniffing = 1;
	s->expect[s->rap_pid] |= SCAN_WATCH;
	scan_sniff(s, packet);
}

/* -- packets ----------------------------------------------------------------- */

/*
 * Takes the counter of a packet. False: the packet repeats the one before, as
 * §2.4.3.3 allows once, and is not to be read again.
 */
static _Bool
scan_counter(struct scan *s, const uint8_t *packet, uint32_t header, unsigned pid)
{
	uint8_t *expect = &s->expect[pid], keep = *expect & SCAN_WATCH;
	unsigned counter = ts_counter(header), wanted = *expect & 0x0f;
	_Bool free = *expect & SCAN_UNSEEN || ts_af_flags(packet) & TS_AF_DISCONTINUITY;

	if (!(header & TS_PAYLOAD)) {
		wanted = (wanted - 1) & 0x0f; /* such a packet does not count */
	} else if (!free && counter == ((wanted - 1) & 0x0f)) {
		if (!(*expect & SCAN_AGAIN)) {
			*expect |= SCAN_AGAIN;
			return 0;
		}
		keep |= SCAN_AGAIN; /* it stands still: broken, and read all the same */
	}
	if (!free && counter != wanted) {
		s->cc_errors++;
		if (pid == TS_PID_PAT)
			psi_break(&s->pat_section);
		else if (pid == s->section_pid)
			psi_break(&s->pmt_section);
		else if (pid == s->rap_pid)
			scan_stop_sniffing(s);
	}
	*expect = keep | ((counter + 1) & 0x0f);
	return 1;
}

static void
scan_clock(struct scan *s, const uint8_t *packet)
{
	uint64_t pcr, step;

	if (!ts_pcr(packet, &pcr))
		return;
	step = (pcr - s->pcr) & PCR_MASK;
	if (s->has_clock && step <= PCR_STEP_MAX)
		s->clock_90k += step;
	s->clock_ms = s->clock_90k / (CLOCK_HZ / 1000);
	s->has_clock = 1;
	s->pcr = pcr;
}

/* Whatever is not the plain next payload packet of a PID that is not watched. */
static void
scan_packet(struct scan *s, const uint8_t *packet, uint32_t header, uint64_t position)
{
	unsigned pid = ts_pid(header);

	if (pid == TS_PID_NULL || header & TS_ERROR || !(header & (TS_ADAPT | TS_PAYLOAD)) ||
	    !scan_counter(s, packet, header, pid))
		return;
	if (pid == s->pcr_pid)
		scan_clock(s, packet);
	if (pid == TS_PID_PAT)
		psi_feed(&s->pat_section, packet, scan_on_pat, s);
	else if (is_table_pid(s, pid))
		scan_pmt_packet(s, packet, header);
	else if (pid == s->rap_pid && header & TS_START)
		scan_unit(s, packet, header, position);
	else if (pid == s->rap_pid && s->sniffing)
		scan_sniff(s, packet);
}

void
scan_run(struct scan *s, const uint8_t *packets, size_t len, uint64_t position, uint64_t now_ms)
{
	const uint8_t *end = packets + len;

	s->now_ms = now_ms;
	for (const uint8_t *p = packets; p < end; p += TS_PACKET, position += TS_PACKET) {
		uint32_t header = ts_header(p);
		uint8_t *expect = &s->expect[ts_pid(header)];

		if ((header & (TS_ERROR | TS_START | TS_ADAPT | TS_PAYLOAD)) == TS_PAYLOAD &&
		    *expect == ts_counter(header)) {
			*expect = (uint8_t)((header + 1) & 0x0f);
			continue;
		}
		scan_packet(s, p, header, position);
	}
}

/* -- starting ---------------------------------------------------------------- */

void
scan_forget(struct scan *s, uint64_t position)
{
	unsigned gone = 0;

	while (gone < s->raps_held && s->raps[gone].position < position)
		gone++;
	if (gone == 0)
		return;
	s->raps_held -= gone;
	memmove(s->raps, s->raps + gone, s->raps_held * sizeof(s->raps[0]));
}

const struct scan_mark *
scan_join(const struct scan *s, uint64_t behind_ms, uint64_t now_ms)
{
	for (unsigned i = s->raps_held; i > 0; i--) {
		const struct scan_mark *rap = &s->raps[i - 1];
		uint64_t age = s->has_clock ? s->clock_ms - rap->clock_ms
					    : now_ms - rap->arrival_ms;

		if (age >= behind_ms)
			return rap;
	}
	return s->raps_held > 0 ? &s->raps[0] : NULL;
}

struct scan_mark
scan_here(const struct scan *s, uint64_t position)
{
	return (struct scan_mark){
		.position = position,
		.clock_ms = s->clock_ms,
		.arrival_ms = s->now_ms,
		.pat_counter = (uint8_t)((s->expect[TS_PID_PAT] - 1) & 0x0f),
		.pmt_counter = (uint8_t)((s->expect[s->programme.pmt_pid] - 1) & 0x0f),
	};
}

size_t
scan_prefix(const struct scan *s, const struct scan_mark *mark, uint8_t *out)
{
	size_t len;

	if (s->pat_len == 0 || s->pmt_len == 0)
		return 0;
	len = psi_packets(s->pat, s->pat_len, TS_PID_PAT, mark->pat_counter, out);
	return len +
	    psi_packets(s->pmt, s->pmt_len, s->programme.pmt_pid, mark->pmt_counter, out + len);
}

const char *
scan_video(const struct scan *s)
{
	switch (s->kind) {
	case SCAN_MPEG2: return "mpeg2";
	case SCAN_H264: return "h264";
	case SCAN_HEVC: return "hevc";
	case SCAN_UNKNOWN:
	case SCAN_PRIVATE:
	case SCAN_AUDIO:
	case SCAN_OTHER_VIDEO: break;
	}
	return "";
}
