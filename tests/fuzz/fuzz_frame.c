/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as an Ethernet frame: what is found lies within them, and says again what stands there. */
#include <goose-bridge/goose.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static unsigned at16(const struct gb_frame *frame, size_t offset)
{
	require(offset + 2 <= frame->length);
	return (unsigned)frame->octets[offset] << 8 | frame->octets[offset + 1];
}

static void check_ethernet(const struct gb_frame *frame)
{
	require(frame->tags <= GB_TAGS_MAX);
	require(frame->payload == GB_ETHERNET_HEADER + GB_VLAN_TAG * (size_t)frame->tags);
	require(frame->payload <= frame->length);
	for (unsigned i = 0; i < frame->tags; i++) {
		require(frame->tag[i].tpid == GB_ETHERTYPE_C_VLAN || frame->tag[i].tpid == GB_ETHERTYPE_S_VLAN);
		require(frame->tag[i].tpid == at16(frame, 12 + 4 * i));
		require(frame->tag[i].tci == at16(frame, 14 + 4 * i));
		require((gb_tci_pcp(frame->tag[i].tci) << 13 | (unsigned)gb_tci_dei(frame->tag[i].tci) << 12 |
			 gb_tci_vid(frame->tag[i].tci)) == frame->tag[i].tci);
	}
	require(frame->ethertype == at16(frame, frame->payload - 2));
}

static void check_goose(const struct gb_frame *frame)
{
	size_t there = frame->length - frame->payload;

	require(frame->ethertype == GB_ETHERTYPE_GOOSE);
	require(!(frame->octets[6] & 1));
	if (there < GB_GOOSE_HEADER) {
		require(!frame->header_whole);
		return;
	}
	require(frame->appid == at16(frame, frame->payload));
	require(frame->goose_length == at16(frame, frame->payload + 2));
	require(frame->reserved1 == at16(frame, frame->payload + 4));
	require(frame->reserved2 == at16(frame, frame->payload + 6));
	require(frame->header_whole == (frame->goose_length >= GB_GOOSE_HEADER && frame->goose_length <= there));
}

/* One octet less never makes more of a frame. */
static void check_shorter(const struct gb_frame *whole, enum gb_frame_verdict verdict)
{
	struct gb_frame cut;
	enum gb_frame_verdict less = gb_frame_parse(whole->octets, whole->length - 1, &cut);

	require(less == verdict || less == GB_FRAME_SHORT);
	require(whole->header_whole || !cut.header_whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_frame frame;

	memset(&frame, 0xA5, sizeof(frame));
	enum gb_frame_verdict verdict = gb_frame_parse(data, size, &frame);

	require(frame.octets == data && frame.length == size);
	switch (verdict) {
	case GB_FRAME_SHORT:
		require(size < GB_ETHERNET_HEADER + GB_VLAN_TAG * GB_TAGS_MAX);
		require(!frame.header_whole);
		break;
	case GB_FRAME_GROUP_SOURCE:
		check_ethernet(&frame);
		require(data[6] & 1);
		break;
	case GB_FRAME_NOT_GOOSE:
		check_ethernet(&frame);
		require(frame.ethertype != GB_ETHERTYPE_GOOSE && !frame.header_whole);
		break;
	case GB_FRAME_GOOSE:
		check_ethernet(&frame);
		check_goose(&frame);
		break;
	}
	if (size > 0)
		check_shorter(&frame, verdict);
	return 0;
}
