/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_datagram.h"

#include <goose-bridge/octets.h>

#define MAGIC 0x49474244 /* "IGBD" */

void diag_datagram_put(uint8_t octets[DIAG_DATAGRAM_OCTETS], const struct diag_datagram *datagram)
{
	struct gb_writer w = gb_writer(octets, DIAG_DATAGRAM_OCTETS);

	gb_write_u32(&w, MAGIC);
	gb_write_u32(&w, datagram->run);
	gb_write_u32(&w, datagram->sequence);
	gb_write_u32(&w, datagram->total);
}

bool diag_datagram_get(const uint8_t *octets, size_t length, struct diag_datagram *datagram)
{
	struct gb_reader r = gb_reader(octets, length);

	if (length != DIAG_DATAGRAM_OCTETS || gb_read_u32(&r) != MAGIC)
		return false;
	datagram->run = gb_read_u32(&r);
	datagram->sequence = gb_read_u32(&r);
	datagram->total = gb_read_u32(&r);
	return datagram->total == 0 || datagram->total == datagram->sequence;
}
