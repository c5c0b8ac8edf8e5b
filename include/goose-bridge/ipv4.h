/* SPDX-License-Identifier: Apache-2.0 */
/* base/ipv4: the header of an IPv4 packet (RFC 791, 3.1), taken apart, and a group's address on Ethernet. Pure. */
#ifndef GOOSE_BRIDGE_IPV4_H
#define GOOSE_BRIDGE_IPV4_H

#include <goose-bridge/octets.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_ipv4 {
	struct in_addr source;
	struct in_addr destination;
	uint8_t protocol;
	uint8_t ttl;
	struct gb_reader options; /* none: nothing is left in it */
	struct gb_reader body;
};

/* Whether the LENGTH octets are a whole packet that is no fragment; then *PACKET is filled in, with readers of the octets,
 * which go on belonging to the caller. What stands behind the packet's own length (padding of a frame) is not in it. The
 * checksum is not looked at: the kernel has.
 */
bool gb_ipv4_parse(const uint8_t *octets, size_t length, struct gb_ipv4 *packet);

/* Writes the Ethernet address that datagrams to GROUP, an address of 224.0.0.0/4, are sent to: the lower 23 bits of the group
 * behind 01-00-5E (RFC 1112, 6.4).
 */
void gb_ipv4_group_mac(struct in_addr group, uint8_t mac[6]);

#endif
