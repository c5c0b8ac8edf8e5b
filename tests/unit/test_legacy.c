/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel/legacy: the Python service's layout, octet by octet, what it can express and what it cannot. */
#include "test_pure.h"

#include <goose-bridge/tunnel.h>

#define SOURCE	    0x02, 0x00, 0xAC, 0x11, 0x00, 0x05
#define DESTINATION 0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01
#define TIME	    0x00, 0x06, 0x18, 0xD3, 0xA8, 0x19, 0x4F, 0x47 /* below, in microseconds since 1970 */
#define TIME_US	    UINT64_C(0x000618D3A8194F47)

static const uint8_t addresses[12] = {DESTINATION, SOURCE};
static const uint8_t payload[] = {0x10, 0x00, 0x00, 0x0A, 0x00, 0x00, 0x00, 0x00, 0x61, 0x00};

/* Source MAC, microseconds, VLAN flag, VID, then the frame from APPID on. */
static const uint8_t untagged[] = {SOURCE, TIME, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00,
				   0x00,   0x0A, 0x00, 0x00, 0x00, 0x00, 0x61, 0x00};
static const uint8_t tagged[] = {SOURCE, TIME, 0x00, 0x01, 0x00, 0x64, 0x10, 0x00,
				 0x00,	 0x0A, 0x00, 0x00, 0x00, 0x00, 0x61, 0x00};
static const uint8_t untagged_ethernet[] = {DESTINATION, SOURCE, 0x88, 0xB8};
static const uint8_t tagged_ethernet[] = {DESTINATION, SOURCE, 0x81, 0x00, 0x80, 0x64, 0x88, 0xB8};

static struct gb_legacy_source source_of(unsigned tags, uint16_t tpid, uint16_t tci)
{
	return (struct gb_legacy_source){.addresses = addresses, .tags = tags, .tpid = tpid, .tci = tci};
}

static void test_put(void **state)
{
	struct gb_legacy_source plain = source_of(0, 0, 0), vlan = source_of(1, 0x8100, 0x8064);
	uint8_t *at = exact(untagged, GB_LEGACY_HEADER);

	(void)state;
	memset(at, 0xEE, GB_LEGACY_HEADER);
	gb_legacy_put_header(at, &plain, TIME_US);
	assert_memory_equal(at, untagged, GB_LEGACY_HEADER);
	memset(at, 0xEE, GB_LEGACY_HEADER);
	gb_legacy_put_header(at, &vlan, TIME_US);
	assert_memory_equal(at, tagged, GB_LEGACY_HEADER);
	free(at);
}

static void expect_legacy(const uint8_t *octets, size_t length, const uint8_t *ethernet, size_t ethernet_length)
{
	uint8_t *copy = exact(octets, length);
	struct gb_datagram d;

	assert_int_equal(gb_tunnel_parse(copy, length, &d), GB_TUNNEL_LEGACY);
	assert_int_equal(d.legacy.ethernet_length, ethernet_length);
	assert_memory_equal(d.legacy.ethernet, ethernet, ethernet_length);
	assert_ptr_equal(d.legacy.payload, copy + GB_LEGACY_HEADER);
	assert_int_equal(d.legacy.payload_length, length - GB_LEGACY_HEADER);
	assert_true(d.legacy.time_us == TIME_US);
	free(copy);
}

static void test_get(void **state)
{
	(void)state;
	expect_legacy(untagged, sizeof(untagged), untagged_ethernet, sizeof(untagged_ethernet));
	expect_legacy(tagged, sizeof(tagged), tagged_ethernet, sizeof(tagged_ethernet));
	/* nothing behind the header is a frame without a GOOSE header: that is for others to judge */
	expect_legacy(tagged, GB_LEGACY_HEADER, tagged_ethernet, sizeof(tagged_ethernet));
}

static enum gb_tunnel_verdict verdict_of(const uint8_t *octets, size_t length)
{
	uint8_t *copy = exact(octets, length);
	struct gb_datagram d;
	enum gb_tunnel_verdict verdict = gb_tunnel_parse(copy, length, &d);

	free(copy);
	return verdict;
}

static void test_every_length(void **state)
{
	(void)state;
	for (size_t length = 0; length <= sizeof(tagged); length++)
		assert_int_equal(verdict_of(tagged, length),
				 length < GB_LEGACY_HEADER ? GB_TUNNEL_MALFORMED : GB_TUNNEL_LEGACY);
}

/* What the layout cannot mean. */
static void test_refused(void **state)
{
	uint8_t octets[sizeof(tagged)];

	(void)state;
	for (unsigned first = 0; first < 256; first++) { /* a source address with the group bit */
		memcpy(octets, tagged, sizeof(octets));
		octets[0] = (uint8_t)first;
		assert_int_equal(verdict_of(octets, sizeof(octets)),
				 first & 1 ? GB_TUNNEL_MALFORMED : GB_TUNNEL_LEGACY);
	}
	for (unsigned flag = 0; flag <= 0xFFFF; flag++) {
		memcpy(octets, tagged, sizeof(octets));
		octets[14] = (uint8_t)(flag >> 8);
		octets[15] = (uint8_t)flag;
		assert_int_equal(verdict_of(octets, sizeof(octets)), flag > 1 ? GB_TUNNEL_MALFORMED : GB_TUNNEL_LEGACY);
	}
	for (unsigned vid = 0; vid <= 0xFFFF; vid++) {
		memcpy(octets, tagged, sizeof(octets));
		octets[16] = (uint8_t)(vid >> 8);
		octets[17] = (uint8_t)vid;
		assert_int_equal(verdict_of(octets, sizeof(octets)),
				 vid > 4095 ? GB_TUNNEL_MALFORMED : GB_TUNNEL_LEGACY);
	}
}

/* 'G' 'B' is native; one letter of it is an address like any other. */
static void test_not_native(void **state)
{
	uint8_t octets[sizeof(untagged)];

	(void)state;
	memcpy(octets, untagged, sizeof(octets));
	octets[0] = 0x46;
	octets[1] = 0x42;
	assert_int_equal(verdict_of(octets, sizeof(octets)), GB_TUNNEL_LEGACY);
	octets[0] = 0x47; /* the group bit is set, so nothing is lost by giving it to native */
	octets[1] = 0x41;
	assert_int_equal(verdict_of(octets, sizeof(octets)), GB_TUNNEL_MALFORMED);
	octets[1] = 0x42;
	octets[2] = 1;
	assert_int_equal(verdict_of(octets, sizeof(octets)), GB_TUNNEL_MALFORMED);
	octets[2] = 0;
	assert_int_equal(verdict_of(octets, sizeof(octets)), GB_TUNNEL_UNKNOWN_VERSION);
}

/* The largest frame that is rebuilt, with and without the four octets of a tag. */
static void test_largest(void **state)
{
	uint8_t *octets = calloc(1, GB_TUNNEL_FRAME_MAX + 64);
	size_t most = GB_LEGACY_HEADER + GB_TUNNEL_FRAME_MAX - 14;

	(void)state;
	assert_non_null(octets);
	memcpy(octets, untagged, sizeof(untagged));
	assert_int_equal(verdict_of(octets, most), GB_TUNNEL_LEGACY);
	assert_int_equal(verdict_of(octets, most + 1), GB_TUNNEL_MALFORMED);
	octets[15] = 1;
	assert_int_equal(verdict_of(octets, most - 4), GB_TUNNEL_LEGACY);
	assert_int_equal(verdict_of(octets, most - 3), GB_TUNNEL_MALFORMED);
	free(octets);
}

static enum gb_legacy_verdict express(unsigned tags, uint16_t tpid, uint16_t tci)
{
	struct gb_legacy_source source = source_of(tags, tpid, tci);

	return gb_legacy_can_express(&source);
}

static void test_can_express(void **state)
{
	(void)state;
	assert_int_equal(express(0, 0, 0), GB_LEGACY_FITS);
	/* no tag: what stands in its place says nothing */
	assert_int_equal(express(0, 0x88A8, 0xFFFF), GB_LEGACY_FITS);
	assert_int_equal(express(1, 0x8100, 0x8000), GB_LEGACY_FITS);
	assert_int_equal(express(1, 0x8100, 0x8FFF), GB_LEGACY_FITS);
	assert_int_equal(express(2, 0x8100, 0x8001), GB_LEGACY_SECOND_TAG);
	assert_int_equal(express(1, 0x88A8, 0x8001), GB_LEGACY_TPID);
	assert_int_equal(express(1, 0x8100, 0x9001), GB_LEGACY_DEI);
	for (unsigned pcp = 0; pcp < 8; pcp++)
		assert_int_equal(express(1, 0x8100, (uint16_t)(pcp << 13)), pcp == 4 ? GB_LEGACY_FITS : GB_LEGACY_PCP);
}

static void test_destination(void **state)
{
	(void)state;
	for (unsigned octet = 0; octet < 6; octet++)
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t other[12];
			struct gb_legacy_source source = {.addresses = other};

			memcpy(other, addresses, sizeof(other));
			other[octet] ^= (uint8_t)(1 << bit);
			assert_int_equal(gb_legacy_can_express(&source), GB_LEGACY_DESTINATION);
		}
}

/* legacy_lossy: what the old service would have sent, it having known one tag and one destination. */
static void test_rewritable(void **state)
{
	(void)state;
	assert_true(gb_legacy_rewritable(GB_LEGACY_TPID));
	assert_true(gb_legacy_rewritable(GB_LEGACY_DEI));
	assert_true(gb_legacy_rewritable(GB_LEGACY_PCP));
	assert_false(gb_legacy_rewritable(GB_LEGACY_DESTINATION));
	assert_false(gb_legacy_rewritable(GB_LEGACY_SECOND_TAG));
	assert_false(gb_legacy_rewritable(GB_LEGACY_FITS)); /* nothing to rewrite */
}

/* Puts a header of SOURCE before the payload and takes it apart again. */
static void through(const struct gb_legacy_source *source, uint8_t *ethernet, size_t *length)
{
	uint8_t octets[GB_LEGACY_HEADER + sizeof(payload)];
	struct gb_datagram d;

	gb_legacy_put_header(octets, source, TIME_US);
	memcpy(octets + GB_LEGACY_HEADER, payload, sizeof(payload));
	assert_int_equal(gb_tunnel_parse(octets, sizeof(octets), &d), GB_TUNNEL_LEGACY);
	assert_int_equal(d.legacy.payload_length, sizeof(payload));
	assert_memory_equal(d.legacy.payload, payload, sizeof(payload));
	memcpy(ethernet, d.legacy.ethernet, d.legacy.ethernet_length);
	*length = d.legacy.ethernet_length;
}

/* What it says it can express comes out octet for octet; what is rewritten comes out with PCP 4, DEI 0 and its VID. */
static void test_round_trip(void **state)
{
	(void)state;
	for (unsigned tci = 0; tci <= 0xFFFF; tci++) {
		struct gb_legacy_source source = source_of(1, 0x8100, (uint16_t)tci);
		uint16_t expected = (uint16_t)(0x8000 | (tci & 0x0FFF));
		uint8_t ethernet[GB_LEGACY_ETHERNET_MAX];
		size_t length;

		through(&source, ethernet, &length);
		assert_int_equal(length, 18);
		assert_int_equal(ethernet[14] << 8 | ethernet[15], expected);
		assert_int_equal(gb_legacy_can_express(&source) == GB_LEGACY_FITS, tci == expected);
	}
	struct gb_legacy_source plain = source_of(0, 0x8100, 0x8064);
	uint8_t ethernet[GB_LEGACY_ETHERNET_MAX];
	size_t length;

	through(&plain, ethernet, &length);
	assert_int_equal(length, sizeof(untagged_ethernet));
	assert_memory_equal(ethernet, untagged_ethernet, length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),	     cmocka_unit_test(test_get),
		cmocka_unit_test(test_every_length), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_not_native),   cmocka_unit_test(test_largest),
		cmocka_unit_test(test_can_express),  cmocka_unit_test(test_destination),
		cmocka_unit_test(test_rewritable),   cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
