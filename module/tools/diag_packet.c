/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_packet.h"

#include <goose-bridge/ipv4.h>

#define UDP_HEADER_OCTETS 8

bool diag_packet_parse(const uint8_t *octets, size_t length, struct in_addr group, uint16_t port, struct in_addr *source,
		       unsigned *ttl, const uint8_t **payload, size_t *payload_length)
{
	struct gb_ipv4 packet;

	if (!gb_ipv4_parse(octets, length, &packet) || packet.protocol != IPPROTO_UDP ||
	    packet.destination.s_addr != group.s_addr)
		return false;
	size_t there = gb_reader_left(&packet.body);

	gb_read_u16(&packet.body); /* source port */
	uint16_t to = gb_read_u16(&packet.body), udp = gb_read_u16(&packet.body);

	gb_read_u16(&packet.body); /* checksum */
	if (packet.body.bad || to != port || udp < UDP_HEADER_OCTETS || udp > there)
		return false;
	*source = packet.source;
	*ttl = packet.ttl;
	*payload_length = udp - UDP_HEADER_OCTETS;
	*payload = gb_read_octets(&packet.body, *payload_length);
	return *payload != NULL;
}
