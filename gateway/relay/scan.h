/*
 * The scanner: what a channel must know about the packets that pass. It reads the
 * four header bytes of each, and goes deeper only where a unit starts, an
 * adaptation field stands, or a table is carried. It finds
 *
 *	PAT and PMT, as they are in force: of the first programme whose PMT comes, for
 *	providers cut one programme out of many and leave the PAT as it was
 *	random access points (RAP) of its video, or of its audio if it has none
 *	continuity errors (ISO/IEC 13818-1 §2.4.3.3) and the clock of its PCR
 *
 * A RAP is a packet with payload_unit_start of the video PID that has
 * random_access_indicator or whose content is one (sniff.h); of a radio, every
 * unit start. When nothing was found for SCAN_PSEUDO_AFTER_MS, a unit start every
 * SCAN_PSEUDO_EVERY_MS stands in.
 *
 * Packets are whole, begin with the sync byte, and are hostile otherwise.
 */
#ifndef GATEWAY_RELAY_SCAN_H
#define GATEWAY_RELAY_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "gateway/relay/psi.h"
#include "gateway/relay/sniff.h"
#include "gateway/relay/ts.h"

#define SCAN_RAPS            64
#define SCAN_PSEUDO_AFTER_MS 10000
#define SCAN_PSEUDO_EVERY_MS 2000
#define SCAN_PREFIX_MAX      (2 * PSI_PACKETS_MAX * TS_PACKET)

/* What the packets of the RAP PID are. */
enum scan_kind {
	SCAN_UNKNOWN, /* no PMT yet, or nothing in it that we know */
	SCAN_PRIVATE, /* DVB's type of AC-3, and of subtitles: a radio, when it stands alone */
	SCAN_AUDIO,
	SCAN_MPEG2,
	SCAN_H264,
	SCAN_HEVC,
	SCAN_OTHER_VIDEO
};

/* Where a decoder can start, and what it was told just before. */
struct scan_mark {
	uint64_t position;                /* of the packet, in the channel */
	uint64_t clock_ms;                /* the stream's clock there */
	uint64_t arrival_ms;              /* when it came */
	uint8_t pat_counter, pmt_counter; /* of the last PAT and PMT packets before it */
};

struct scan {
	/* -- what was found -- */
	enum scan_kind kind;
	_Bool scrambled;   /* the newest unit of the RAP PID was */
	_Bool has_clock;   /* clock_ms counts by PCR */
	uint64_t clock_ms; /* time in the stream; never back, not reset by jumps of the PCR */
	uint64_t cc_errors;
	uint64_t rap_count;               /* found in all, without pseudo ones */
	struct scan_mark raps[SCAN_RAPS]; /* oldest first */
	unsigned raps_held;

	/* -- where it stands -- */
	uint64_t now_ms;            /* of the run at hand */
	uint64_t rap_ms, pseudo_ms; /* when there last was one; 0: count from the next unit */
	uint64_t pcr;               /* the last one, 33 bits */
	uint64_t clock_90k;
	unsigned rap_pid, pcr_pid;      /* TS_PIDS: none */
	struct psi_pat programmes;      /* those of the PAT */
	struct psi_programme programme; /* the one that is followed; number 0: none yet */
	unsigned section_pid;           /* whose PMT section is in the making */
	uint16_t pat_len, pmt_len;      /* 0: not seen */
	_Bool sniffing;
	struct sniff sniff;
	struct scan_mark unit; /* the unit that is being sniffed */
	struct psi_section pat_section, pmt_section;
	uint8_t pat[PSI_SECTION_MAX], pmt[PSI_SECTION_MAX];
	uint8_t expect[TS_PIDS]; /* next continuity counter | SCAN_WATCH | SCAN_UNSEEN */
};

void scan_init(struct scan *s);
/* A new upstream begins: forgets PIDs, tables and RAPs, keeps the counters and the clock. */
void scan_reset(struct scan *s);
/* `len` bytes of packets that came at `now_ms` and stand at `position` of the channel. */
void scan_run(struct scan *s, const uint8_t *packets, size_t len, uint64_t position,
    uint64_t now_ms);

/* RAPs before `position` are no longer there. */
void scan_forget(struct scan *s, uint64_t position);
/* The newest RAP that is at least `behind_ms` old, else the oldest. NULL: there is none. */
const struct scan_mark *scan_join(const struct scan *s, uint64_t behind_ms, uint64_t now_ms);
/* A mark for a reader that starts with the next packet. */
struct scan_mark scan_here(const struct scan *s, uint64_t position);
/*
 * The PAT and PMT in force as packets whose continuity counters the stream goes
 * on with from `mark`. `out` has SCAN_PREFIX_MAX bytes. Returns the length; 0 when not known.
 */
size_t scan_prefix(const struct scan *s, const struct scan_mark *mark, uint8_t *out);
/* "mpeg2", "h264", "hevc", or "". */
const char *scan_video(const struct scan *s);

#endif
