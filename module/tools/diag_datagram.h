/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: its numbered datagrams, as octets. Pure.
 *
 * All are 16 octets, big-endian: "IGBD", run (4; a number of its own for each sender's start), sequence (4; from 0), total (4;
 * 0 while the run goes on. A run ends with some whose total is how many were sent before, and sequence the same).
 *
 * No bridge takes one for a frame. The native format begins with "GB". The legacy format begins with a source MAC, and in 'I'
 * the group bit is set, which no source has; its header is 18 octets, and the Python service ignores anything shorter.
 */
#ifndef TOOLS_DIAG_DATAGRAM_H
#define TOOLS_DIAG_DATAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIAG_DATAGRAM_OCTETS 16

struct diag_datagram {
	uint32_t run;
	uint32_t sequence;
	uint32_t total; /* 0 = the run goes on */
};

void diag_datagram_put(uint8_t octets[DIAG_DATAGRAM_OCTETS], const struct diag_datagram *datagram);

/* False if the octets are none. */
bool diag_datagram_get(const uint8_t *octets, size_t length, struct diag_datagram *datagram);

#endif
