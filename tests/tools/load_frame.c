/* SPDX-License-Identifier: Apache-2.0 */
#include "load_frame.h"

#include "packet.h"

#include <stdio.h>
#include <string.h>

/* The octet string in allData: magic(4) stream(2) streams(2) vlan(2) size(2) number(8) sent_ns(8), then the pattern. */
#define DATA_HEADER 28
static const uint8_t magic[4] = {'l', 'O', 'a', 'D'};

struct cursor {
	uint8_t *at;
};

static void put(struct cursor *c, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		c->at[i] = (uint8_t)value;
	c->at += size;
}

static void put_octets(struct cursor *c, const void *octets, size_t length)
{
	memcpy(c->at, octets, length);
	c->at += length;
}

static uint64_t get(const uint8_t *octets, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | octets[i];
	return value;
}

/* A BER tag and a number in the fixed length of edition 2.1. */
static void put_field(struct cursor *c, uint8_t tag, uint64_t value, uint8_t size)
{
	put(c, tag, 1);
	put(c, size, 1);
	put(c, value, size);
}

/* A BER tag whose content ends with the frame. LENGTH has the long form whatever its value: places stay fixed. */
static void put_to_end(struct cursor *c, uint8_t tag, const uint8_t *end)
{
	put(c, tag, 1);
	put(c, 0x82, 1);
	put(c, (uint64_t)(end - (c->at + 2)), 2);
}

static void put_name(struct cursor *c, uint8_t tag, const char *name, uint16_t stream)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t length = strlen(name);

	put(c, tag, 1);
	put(c, length + 4, 1);
	put_octets(c, name, length);
	for (int shift = 12; shift >= 0; shift -= 4)
		put(c, (uint8_t)digits[stream >> shift & 15], 1);
}

void load_frame_build(const struct load_frame *frame, uint8_t *octets)
{
	struct cursor c = {octets};
	const uint8_t *end = octets + frame->size;

	put(&c, 0x010CCD010000 | (frame->stream & 0x1FF), 6);
	put(&c, UINT64_C(0x024C6F610000) | frame->stream, 6); /* a locally administered address */
	if (frame->vlan != LOAD_UNTAGGED) {
		put(&c, 0x8100, 2);
		put(&c, 0x8000 | (frame->vlan & 0x0FFF), 2); /* PCP 4 */
	}
	put(&c, ETHERTYPE_GOOSE, 2);
	uint8_t *appid = c.at;
	put(&c, 0x1000 | frame->stream, 2);
	put(&c, (uint64_t)(end - appid), 2);
	put(&c, 0, 4);
	put_to_end(&c, 0x61, end);
	put_name(&c, 0x80, "LOAD/LLN0$GO$", frame->stream);
	put_field(&c, 0x81, 20000, 5); /* timeAllowedtoLive, ms */
	put_name(&c, 0x82, "LOAD/LLN0$", frame->stream);
	put_field(&c, 0x84, 0, 8);
	put_field(&c, 0x85, 1, 5);
	/* As many messages of this stream have gone before. */
	put_field(&c, 0x86, (uint32_t)(frame->number / frame->streams), 5);
	put_field(&c, 0x88, 1, 1);
	put_field(&c, 0x8A, 1, 1);
	put_to_end(&c, 0xAB, end);
	put_to_end(&c, 0x89, end);
	put_octets(&c, magic, sizeof(magic));
	put(&c, frame->stream, 2);
	put(&c, frame->streams, 2);
	put(&c, frame->vlan, 2);
	put(&c, frame->size, 2);
	put(&c, frame->number, 8);
	put(&c, frame->sent_ns, 8);
	for (uint8_t pattern = (uint8_t)(frame->number * 31); c.at < end; pattern += 7)
		*c.at++ = pattern;
}

/* Octets from the EtherType's end to the magic; the same for every frame. */
#define TO_DATA (8 + 4 + (2 + 13 + 4) + 7 + (2 + 10 + 4) + 10 + 7 + 7 + 3 + 3 + 4 + 4)
_Static_assert(18 + TO_DATA + DATA_HEADER <= LOAD_FRAME_MIN, "the least frame holds the fields");

bool load_frame_parse(const uint8_t *octets, size_t length, struct load_frame *frame)
{
	size_t at;

	if (packet_ethertype(octets, length, &at) != ETHERTYPE_GOOSE || length < at + TO_DATA + DATA_HEADER)
		return false;
	const uint8_t *data = octets + at + TO_DATA;
	if (memcmp(data, magic, sizeof(magic)) != 0)
		return false;
	*frame = (struct load_frame){
		.stream = (uint16_t)get(data + 4, 2),
		.streams = (uint16_t)get(data + 6, 2),
		.vlan = (uint16_t)get(data + 8, 2),
		.size = (uint16_t)get(data + 10, 2),
		.number = get(data + 12, 8),
		.sent_ns = get(data + 20, 8),
	};
	return frame->streams > 0 && frame->streams <= LOAD_STREAMS_MAX && frame->stream < frame->streams &&
	       frame->size >= LOAD_FRAME_MIN && frame->size <= LOAD_FRAME_MAX;
}
