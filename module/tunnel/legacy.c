/* SPDX-License-Identifier: Apache-2.0 */
/* The Python service's layout: source MAC(6), microseconds since the epoch(8), VLAN flag(2: 0 or 1), VID(2), then the frame
 * from APPID on. Destination, TPID, PCP and DEI are not in it: the receiver puts constants in their place.
 */
#include <goose-bridge/tunnel.h>

#include <goose-bridge/octets.h>
#include <string.h>

#include "tunnel_private.h"

#define LEGACY_TPID 0x8100
#define LEGACY_PCP  4
#define ETHERTYPE   0x88B8
#define VID_MAX	    0x0FFF

static const uint8_t legacy_destination[6] = {0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01};

enum gb_legacy_verdict gb_legacy_can_express(const struct gb_legacy_source *source)
{
	if (memcmp(source->addresses, legacy_destination, sizeof(legacy_destination)) != 0)
		return GB_LEGACY_DESTINATION;
	if (source->tags == 0)
		return GB_LEGACY_FITS;
	if (source->tags > 1)
		return GB_LEGACY_SECOND_TAG;
	if (source->tpid != LEGACY_TPID)
		return GB_LEGACY_TPID;
	if (source->tci & 0x1000)
		return GB_LEGACY_DEI;
	if (source->tci >> 13 != LEGACY_PCP)
		return GB_LEGACY_PCP;
	return GB_LEGACY_FITS;
}

/* The old service knew one tag, and only frames to the one destination. */
bool gb_legacy_rewritable(enum gb_legacy_verdict verdict)
{
	return verdict == GB_LEGACY_TPID || verdict == GB_LEGACY_DEI || verdict == GB_LEGACY_PCP;
}

void gb_legacy_put_header(uint8_t *at, const struct gb_legacy_source *source, uint64_t time_us)
{
	struct gb_writer w = gb_writer(at, GB_LEGACY_HEADER);

	gb_write_octets(&w, source->addresses + 6, 6);
	gb_write_u64(&w, time_us);
	gb_write_u16(&w, source->tags ? 1 : 0);
	gb_write_u16(&w, source->tags ? source->tci & VID_MAX : 0);
}

enum gb_tunnel_verdict gb_legacy_parse(const uint8_t *octets, size_t length, struct gb_legacy_frame *frame)
{
	struct gb_reader r = gb_reader(octets, length);
	const uint8_t *source = gb_read_octets(&r, 6);

	frame->time_us = gb_read_u64(&r);
	uint16_t tagged = gb_read_u16(&r);
	uint16_t vid = gb_read_u16(&r);

	/* The layout has no mark of its own: what cannot be one is at least refused. */
	if (r.bad || tagged > 1 || vid > VID_MAX || (source[0] & 0x01))
		return GB_TUNNEL_MALFORMED;

	struct gb_writer w = gb_writer(frame->ethernet, sizeof(frame->ethernet));

	gb_write_octets(&w, legacy_destination, sizeof(legacy_destination));
	gb_write_octets(&w, source, 6);
	if (tagged) {
		gb_write_u16(&w, LEGACY_TPID);
		gb_write_u16(&w, (uint16_t)(LEGACY_PCP << 13 | vid));
	}
	gb_write_u16(&w, ETHERTYPE);
	frame->ethernet_length = w.length;
	frame->payload_length = gb_reader_left(&r);
	frame->payload = gb_read_octets(&r, frame->payload_length);
	if (frame->ethernet_length + frame->payload_length > GB_TUNNEL_FRAME_MAX)
		return GB_TUNNEL_MALFORMED;
	return GB_TUNNEL_LEGACY;
}
