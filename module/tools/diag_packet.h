/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: datagrams as a packet socket gives them. Pure. */
#ifndef TOOLS_DIAG_PACKET_H
#define TOOLS_DIAG_PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* LENGTH octets from the IP header on (RFC 791, 3.1; RFC 768): whether they are a whole UDP datagram to GROUP and PORT, and if
 * so, its source, TTL and what is in it, in OCTETS. A fragment is none. Checksums are
 * not looked at: what is in it says of itself whether it is ours.
 */
bool diag_packet_parse(const uint8_t *octets, size_t length, struct in_addr group, uint16_t port, struct in_addr *source,
		       unsigned *ttl, const uint8_t **payload, size_t *payload_length);

#endif
