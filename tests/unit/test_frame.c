/* SPDX-License-Identifier: Apache-2.0 */
/* goose: what is a GOOSE frame, and when its header is whole. */
#include "test_captures.h"
#include "test_pure.h"

#include <goose-bridge/goose.h>

#define ADDRESSES 0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x07

static const uint8_t addresses[12] = {ADDRESSES};

/* A frame under construction. */
struct built {
	uint8_t octets[2048];
	size_t length;
};

static void put16(struct built *b, unsigned value)
{
	b->octets[b->length++] = (uint8_t)(value >> 8);
	b->octets[b->length++] = (uint8_t)value;
}

static struct built start(void)
{
	struct built b = {.length = sizeof(addresses)};

	memcpy(b.octets, addresses, sizeof(addresses));
	return b;
}

static void put_goose(struct built *b, unsigned appid, unsigned length, size_t pdu)
{
	put16(b, GB_ETHERTYPE_GOOSE);
	put16(b, appid);
	put16(b, length);
	put16(b, 0x8000);
	put16(b, 0x1234);
	for (size_t i = 0; i < pdu; i++)
		b->octets[b->length++] = 0x61;
}

/* Parses a copy that ends where the frame ends. */
static enum gb_frame_verdict parse(const struct built *b, struct gb_frame *frame)
{
	uint8_t *octets = exact(b->octets, b->length);
	enum gb_frame_verdict verdict = gb_frame_parse(octets, b->length, frame);

	assert_ptr_equal(frame->octets, octets);
	assert_int_equal(frame->length, b->length);
	free(octets);
	return verdict;
}

static void test_untagged(void **state)
{
	struct built b = start();
	struct gb_frame f;

	(void)state;
	put_goose(&b, 0x3FFF, 18, 10);
	assert_int_equal(parse(&b, &f), GB_FRAME_GOOSE);
	assert_int_equal(f.tags, 0);
	assert_int_equal(f.ethertype, 0x88B8);
	assert_int_equal(f.payload, 14);
	assert_true(f.header_whole);
	assert_int_equal(f.appid, 0x3FFF);
	assert_int_equal(f.goose_length, 18);
	assert_int_equal(f.reserved1, 0x8000);
	assert_int_equal(f.reserved2, 0x1234);
}

/* Up to two tags of either kind in any order, each with every bit of its TCI. */
static void test_every_tag_mix(void **state)
{
	static const uint16_t tpids[] = {GB_ETHERTYPE_C_VLAN, GB_ETHERTYPE_S_VLAN};
	static const uint16_t tcis[] = {0x0000, 0x8000, 0x1000, 0x0FFF, 0xFFFF, 0xC064};

	(void)state;
	for (unsigned tags = 0; tags <= 2; tags++)
		for (unsigned mix = 0; mix < 4; mix++)
			for (size_t t = 0; t < COUNT(tcis); t++) {
				uint16_t tci[2] = {tcis[t], (uint16_t)~tcis[t]};
				struct built b = start();
				struct gb_frame f;

				for (unsigned i = 0; i < tags; i++) {
					put16(&b, tpids[mix >> i & 1]);
					put16(&b, tci[i]);
				}
				put_goose(&b, 1, 8, 0);
				assert_int_equal(parse(&b, &f), GB_FRAME_GOOSE);
				assert_int_equal(f.tags, tags);
				assert_int_equal(f.payload, 14 + 4 * tags);
				assert_true(f.header_whole);
				for (unsigned i = 0; i < tags; i++) {
					assert_int_equal(f.tag[i].tpid, tpids[mix >> i & 1]);
					assert_int_equal(f.tag[i].tci, tci[i]);
				}
			}
}

static void test_tci(void **state)
{
	(void)state;
	assert_int_equal(gb_tci_pcp(0xE000), 7);
	assert_int_equal(gb_tci_pcp(0x1FFF), 0);
	assert_true(gb_tci_dei(0x1000));
	assert_false(gb_tci_dei(0xEFFF));
	assert_int_equal(gb_tci_vid(0xF064), 100);
	assert_int_equal(gb_tci_vid(0xFFFF), 4095);
}

static void test_three_tags(void **state)
{
	struct built b = start();
	struct gb_frame f;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		put16(&b, GB_ETHERTYPE_C_VLAN);
		put16(&b, 1);
	}
	put_goose(&b, 1, 8, 0);
	assert_int_equal(parse(&b, &f), GB_FRAME_NOT_GOOSE);
	assert_int_equal(f.tags, 2);
	assert_int_equal(f.ethertype, GB_ETHERTYPE_C_VLAN);
}

/* Every length of a frame with TAGS tags: short up to the EtherType, then GOOSE; header whole only at its end. */
static void check_every_length(unsigned tags)
{
	struct built whole = start();
	size_t header = 14 + 4 * tags;

	for (unsigned i = 0; i < tags; i++) {
		put16(&whole, GB_ETHERTYPE_C_VLAN);
		put16(&whole, 0x8001);
	}
	put_goose(&whole, 0x1111, 8, 0);
	assert_int_equal(whole.length, header + 8);
	for (size_t length = 0; length <= whole.length; length++) {
		struct built b = whole;
		struct gb_frame f;

		b.length = length;
		assert_int_equal(parse(&b, &f), length < header ? GB_FRAME_SHORT : GB_FRAME_GOOSE);
		assert_int_equal(f.header_whole, length == header + 8);
		if (length < header)
			continue;
		assert_int_equal(f.payload, header);
		/* the fields that are there are read, the others are 0 */
		assert_int_equal(f.appid, length >= header + 2 ? 0x1111 : 0);
		assert_int_equal(f.goose_length, length >= header + 4 ? 8 : 0);
		assert_int_equal(f.reserved1, length >= header + 6 ? 0x8000 : 0);
		assert_int_equal(f.reserved2, length == header + 8 ? 0x1234 : 0);
	}
}

static void test_every_length(void **state)
{
	(void)state;
	check_every_length(0);
	check_every_length(1);
	check_every_length(2);
}

static void test_group_source(void **state)
{
	struct built b = start();
	struct gb_frame f;

	(void)state;
	put_goose(&b, 1, 8, 0);
	for (unsigned first = 0; first < 256; first++) {
		b.octets[6] = (uint8_t)first;
		assert_int_equal(parse(&b, &f), first & 1 ? GB_FRAME_GROUP_SOURCE : GB_FRAME_GOOSE);
	}
	/* only the bit of the first octet is the group bit, and the destination has it by right */
	b.octets[6] = 0x02;
	memset(b.octets + 7, 0xFF, 5);
	assert_int_equal(parse(&b, &f), GB_FRAME_GOOSE);
	/* where the header is not whole there is nothing to look at */
	b.octets[6] = 0x01;
	b.length = 13;
	assert_int_equal(parse(&b, &f), GB_FRAME_SHORT);
}

static void test_destinations(void **state)
{
	static const uint8_t destinations[][6] = {{0x01, 0x0C, 0xCD, 0x01, 0x01, 0xFF},
						  {0x01, 0xA0, 0xF4, 0x01, 0x02, 0x03},
						  {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},
						  {0x00, 0x11, 0x22, 0x33, 0x44, 0x55},
						  {0x00, 0x00, 0x00, 0x00, 0x00, 0x00}};
	struct built b = start();
	struct gb_frame f;

	(void)state;
	put_goose(&b, 1, 8, 0);
	for (size_t i = 0; i < COUNT(destinations); i++) {
		memcpy(b.octets, destinations[i], 6);
		assert_int_equal(parse(&b, &f), GB_FRAME_GOOSE);
	}
}

static void test_other_ethertypes(void **state)
{
	static const uint16_t others[] = {0x88B9, 0x88BA, 0x88B7, 0x0800, 0x86DD, 0x0806,
					  0x9100, 0x88F7, 0xB888, 0x0000, 0x0100};

	(void)state;
	for (unsigned tags = 0; tags <= 2; tags++)
		for (size_t i = 0; i < COUNT(others); i++) {
			struct built b = start();
			struct gb_frame f;

			for (unsigned t = 0; t < tags; t++) {
				put16(&b, GB_ETHERTYPE_S_VLAN);
				put16(&b, 5);
			}
			put16(&b, others[i]);
			put16(&b, GB_ETHERTYPE_GOOSE); /* too late */
			put16(&b, 0);
			assert_int_equal(parse(&b, &f), GB_FRAME_NOT_GOOSE);
			assert_int_equal(f.ethertype, others[i]);
			assert_int_equal(f.tags, tags);
			assert_false(f.header_whole);
		}
}

/* Length counts from APPID: at least its own header, at most what is there. Behind it come padding and trailers. */
static void test_header_whole(void **state)
{
	static const size_t pdus[] = {0, 1, 2, 38, 1492};

	(void)state;
	for (size_t p = 0; p < COUNT(pdus); p++) {
		size_t there = 8 + pdus[p];

		for (unsigned length = 0; length <= 0xFFFF; length += length < 1600 ? 1 : 997) {
			struct built b = start();
			struct gb_frame f;

			put_goose(&b, 0xFFFF, length, pdus[p]);
			assert_int_equal(parse(&b, &f), GB_FRAME_GOOSE);
			assert_int_equal(f.header_whole, length >= 8 && length <= there);
			assert_int_equal(f.goose_length, length);
			assert_int_equal(f.appid, 0xFFFF);
		}
	}
}

/* The Ethernet minimum pads short frames; some switches add trailers. Both stay in the frame. */
static void test_padding(void **state)
{
	struct built b = start();
	struct gb_frame f;

	(void)state;
	put_goose(&b, 0, 10, 2);
	memset(b.octets + b.length, 0, 60 - b.length);
	b.length = 60;
	assert_int_equal(parse(&b, &f), GB_FRAME_GOOSE);
	assert_true(f.header_whole);
	assert_int_equal(f.length, 60);
	assert_int_equal(f.goose_length, 10);
}

static void check_captured(const char *where, const uint8_t *octets, size_t length)
{
	struct built b = {.length = length};
	struct gb_frame f;

	assert_true(length <= sizeof(b.octets));
	memcpy(b.octets, octets, length);
	if (parse(&b, &f) != GB_FRAME_GOOSE || !f.header_whole)
		fail_msg("%s", where);
	assert_int_equal(b.octets[f.payload + 8], 0x61); /* the PDU's tag */
}

static void test_captures(void **state)
{
	(void)state;
	use_captures(check_captured);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untagged),
		cmocka_unit_test(test_every_tag_mix),
		cmocka_unit_test(test_tci),
		cmocka_unit_test(test_three_tags),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_group_source),
		cmocka_unit_test(test_destinations),
		cmocka_unit_test(test_other_ethertypes),
		cmocka_unit_test(test_header_whole),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_captures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
