/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/goose.h>

#include <goose-bridge/octets.h>

static bool is_tag(uint16_t ethertype)
{
	return ethertype == GB_ETHERTYPE_C_VLAN || ethertype == GB_ETHERTYPE_S_VLAN;
}

/* Length counts from APPID on: 8 octets of header, the PDU, and a security extension (IEC 61850-8-1, C.2.1; IEC 62351-6).
 * A frame may be longer (padding to the Ethernet minimum, trailers), never shorter.
 */
static void parse_goose_header(struct gb_reader *r, struct gb_frame *frame)
{
	size_t there = gb_reader_left(r) + frame->missing;

	frame->appid = gb_read_u16(r);
	frame->goose_length = gb_read_u16(r);
	frame->reserved1 = gb_read_u16(r);
	frame->reserved2 = gb_read_u16(r);
	frame->header_whole = !r->bad && frame->goose_length >= GB_GOOSE_HEADER && frame->goose_length <= there;
}

enum gb_frame_verdict gb_frame_parse_head(const uint8_t *octets, size_t kept, size_t length, struct gb_frame *frame)
{
	struct gb_reader r = gb_reader(octets, kept);

	*frame = (struct gb_frame){.octets = octets, .length = length, .missing = length - kept};
	const uint8_t *addresses = gb_read_octets(&r, 12);

	frame->ethertype = gb_read_u16(&r);
	while (frame->tags < GB_TAGS_MAX && is_tag(frame->ethertype)) {
		frame->tag[frame->tags].tpid = frame->ethertype;
		frame->tag[frame->tags++].tci = gb_read_u16(&r);
		frame->ethertype = gb_read_u16(&r);
	}
	if (r.bad)
		return GB_FRAME_SHORT;
	frame->payload = r.offset;
	if (addresses[6] & 0x01)
		return GB_FRAME_GROUP_SOURCE;
	if (frame->ethertype != GB_ETHERTYPE_GOOSE)
		return GB_FRAME_NOT_GOOSE;
	parse_goose_header(&r, frame);
	return GB_FRAME_GOOSE;
}

enum gb_frame_verdict gb_frame_parse(const uint8_t *octets, size_t length, struct gb_frame *frame)
{
	return gb_frame_parse_head(octets, length, length, frame);
}
