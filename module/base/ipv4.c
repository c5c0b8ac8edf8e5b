/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/ipv4.h>

#include <string.h>

#define HEADER_OCTETS 20     /* without options */
#define FRAGMENTED    0x3FFF /* the flag that more follow, and the offset */

bool gb_ipv4_parse(const uint8_t *octets, size_t length, struct gb_ipv4 *packet)
{
	struct gb_reader r = gb_reader(octets, length);
	uint8_t first = gb_read_u8(&r);
	size_t header = (first & 0xFU) * 4U;

	gb_read_u8(&r); /* type of service */
	size_t total = gb_read_u16(&r);

	gb_read_u16(&r); /* identification */
	uint16_t fragment = gb_read_u16(&r);

	packet->ttl = gb_read_u8(&r);
	packet->protocol = gb_read_u8(&r);
	gb_read_u16(&r); /* checksum */
	packet->source.s_addr = htonl(gb_read_u32(&r));
	packet->destination.s_addr = htonl(gb_read_u32(&r));
	if (r.bad || first >> 4 != 4 || header < HEADER_OCTETS || total < header || total > length ||
	    (fragment & FRAGMENTED) != 0)
		return false;
	packet->options = gb_reader(octets + HEADER_OCTETS, header - HEADER_OCTETS);
	packet->body = gb_reader(octets + header, total - header);
	return true;
}

void gb_ipv4_group_mac(struct in_addr group, uint8_t mac[6])
{
	uint32_t low = ntohl(group.s_addr) & 0x7FFFFF;

	memcpy(mac, (uint8_t[]){0x01, 0x00, 0x5E, (uint8_t)(low >> 16), (uint8_t)(low >> 8), (uint8_t)low}, 6);
}
