/*
 * Program specific information: sections out of the packets of one PID, the
 * PAT and the PMT out of sections, and sections back into packets; by ISO/IEC
 * 13818-1 §2.4.4. The input is hostile.
 */
#ifndef GATEWAY_RELAY_PSI_H
#define GATEWAY_RELAY_PSI_H

#include <stddef.h>
#include <stdint.h>

#define PSI_SECTION_MAX    1024 /* of a PAT or PMT; longer (private) sections are passed over */
#define PSI_PACKETS_MAX    6    /* that a section of that size takes */
#define PSI_PROGRAMMES_MAX 64   /* of a PAT that we look at */
#define PSI_STREAMS_MAX    32 /* elementary streams that we look at; others are passed on unseen */

/* A section in the making, or a finished one. A zeroed struct is ready. */
struct psi_section {
	uint16_t have; /* bytes so far; 0: waiting for a start */
	uint16_t want; /* bytes in all; 0: not known yet */
	uint8_t data[PSI_SECTION_MAX];
};

/* CRC-32/MPEG-2 (§2.4.4.10 and Annex A): 0 over a section that ends in its own. */
uint32_t psi_crc(const uint8_t *data, size_t len);

/*
 * Takes a packet of the section's PID, in order. `cb` is called for each
 * section that it completes and whose CRC holds; `data` is valid inside the call.
 */
typedef void psi_section_cb(void *arg, const uint8_t *data, size_t len);
void psi_feed(struct psi_section *section, const uint8_t *packet, psi_section_cb *cb, void *arg);
/* A packet was lost: what is in the making cannot be finished. */
void psi_break(struct psi_section *section);

struct psi_programme {
	uint16_t number, pmt_pid;
};
struct psi_pat {
	size_t count;
	struct psi_programme programmes[PSI_PROGRAMMES_MAX];
};
/* False: not a PAT that is in force, or it lists no programme. */
_Bool psi_read_pat(const uint8_t *data, size_t len, struct psi_pat *ret);

struct psi_stream {
	uint8_t type; /* stream_type, table 2-34 */
	uint16_t pid;
};
struct psi_pmt {
	uint16_t programme, pcr_pid;
	size_t stream_count;
	struct psi_stream streams[PSI_STREAMS_MAX];
};
/* False: not a PMT that is in force. */
_Bool psi_read_pmt(const uint8_t *data, size_t len, struct psi_pmt *ret);

/*
 * Writes a section as packets of `pid`, the last of which has the continuity
 * counter `last`. `out` has room for PSI_PACKETS_MAX packets. Returns the bytes.
 */
size_t psi_packets(const uint8_t *data, size_t len, unsigned pid, unsigned last, uint8_t *out);

#endif
