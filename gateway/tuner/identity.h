/*
 * HDHomeRun device ids: 32 bits, shown as eight upper-case hex digits, with a
 * checksum in the last (protocols.md §1.4). An id is made once and never
 * changes; media servers hang their whole channel mapping on it.
 */
#ifndef GATEWAY_TUNER_IDENTITY_H
#define GATEWAY_TUNER_IDENTITY_H

#include <stdint.h>

/* Does the checksum hold? */
_Bool identity_is_valid(uint32_t id);
/* A valid id of the 0x10A..... range, which no client takes for a legacy device, from any bits. */
uint32_t identity_make(uint32_t bits);
/* Eight hex digits with a valid checksum; false for anything else. */
_Bool identity_parse(const char *text, uint32_t *ret);
/* `out` holds 9 bytes. */
void identity_text(uint32_t id, char out[9]);
/* The UPnP UUID of a device, a fixed function of its id; `out` holds 37 bytes. */
void identity_uuid(uint32_t id, char out[37]);

#endif
