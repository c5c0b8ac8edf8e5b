/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel/native: every octet of the wire format. The golden vectors were written by hand from goose-bridge-wire(5):
 * where one of them fails, bridges in the field no longer understand each other.
 */
#include "test_pure.h"

#include <goose-bridge/octets.h>
#include <goose-bridge/tunnel.h>

#define TAIL_OF_HEADER                                                                            \
	0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,	/* sender id */                          \
	0x18, 0x8F, 0xC3, 0x5A, 0x01, 0x02, 0x03, 0x04,	/* epoch */                              \
	0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x2A,	/* sequence */                           \
	0x18, 0x8F, 0xC3, 0x5B, 0xAA, 0xBB, 0xCC, 0xDD	/* send time */

/* version 1, no extensions, path 7, key 0, lane 3, no tag */
#define HEADER(type, flags) \
	0x47, 0x42, 0x01, type, flags, 48, 0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, TAIL_OF_HEADER

#define FRAME_1 0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x07, 0x88, 0xB8, 0x10, 0x00
#define FRAME_2 0x01, 0x0C, 0xCD, 0x01, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x08, 0x88, 0xB8

static const uint8_t frame_1[] = {FRAME_1};
static const uint8_t frame_2[] = {FRAME_2};

static const uint8_t frames_datagram[] = {HEADER(0, 1), 0x00, 16, FRAME_1, 0x00, 14, FRAME_2};
static const uint8_t piece_datagram[] = {
	HEADER(1, 0),
	0xDE, 0xAD, 0xBE, 0xEF, /* frame id */
	0x05, 0xEE,		/* the frame has 1518 octets */
	0x05, 0xE8,		/* this is from 1512 on: the last 6 */
	0xA0, 0xA1, 0xA2, 0xA3, 0xA4, 0xA5};
static const uint8_t hello_datagram[] = {
	HEADER(2, 0),
	0x05, 0xDC, /* path MTU 1500 */
	0x00, 0x0A, /* every 10 s */
	2,	    /* lanes */
	5,	    /* octets of version */
	0x00, 0x00,
	/* lane 0: 100000 datagrams, 200000 frames */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x86, 0xA0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x0D, 0x40,
	/* lane 1: 5 datagrams, no frames */
	0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	'1', '.', '0', '.', '0'};
static const uint8_t request_datagram[] = {
	HEADER(3, 0),
	0xCA, 0xFE, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, /* nonce */
	0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11	/* who is to answer */};
static const uint8_t reply_datagram[] = {
	HEADER(4, 0),
	0xCA, 0xFE, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, /* nonce */
	0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, /* who asked */
	0x18, 0x8F, 0xC3, 0x5B, 0x00, 0x00, 0x00, 0x01, /* when it asked */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x30, 0x39	/* held 12345 ns */};

static const struct {
	const uint8_t *octets;
	size_t length;
	uint8_t type;
} golden[] = {
	{frames_datagram, sizeof(frames_datagram), GB_NATIVE_FRAMES},
	{piece_datagram, sizeof(piece_datagram), GB_NATIVE_PIECE},
	{hello_datagram, sizeof(hello_datagram), GB_NATIVE_HELLO},
	{request_datagram, sizeof(request_datagram), GB_NATIVE_ECHO_REQUEST},
	{reply_datagram, sizeof(reply_datagram), GB_NATIVE_ECHO_REPLY},
};

static struct gb_native_header header_of(uint8_t type, uint8_t flags)
{
	return (struct gb_native_header){.type = type,
					 .flags = flags,
					 .path_id = 7,
					 .lane = 3,
					 .sender_id = UINT64_C(0x1122334455667788),
					 .epoch = UINT64_C(0x188FC35A01020304),
					 .sequence = UINT64_C(0x10000002A),
					 .send_time_ns = UINT64_C(0x188FC35BAABBCCDD)};
}

static const struct gb_hello hello = {
	.path_mtu = 1500, .interval_s = 10, .lanes = 2, .lane = {{0, 100000, 200000}, {1, 5, 0}}, .version = "1.0.0"};

static enum gb_tunnel_verdict parse(const uint8_t *octets, size_t length, struct gb_datagram *d)
{
	*d = (struct gb_datagram){0};
	return gb_tunnel_parse(octets, length, d);
}

/* ---- writing --------------------------------------------------------------------- */

static void test_put_frames(void **state)
{
	struct gb_native_header header = header_of(GB_NATIVE_FRAMES, GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED);
	uint8_t octets[sizeof(frames_datagram)];
	size_t at = GB_NATIVE_HEADER;

	(void)state;
	gb_native_put_header(octets, &header);
	gb_native_put_frame_prefix(octets + at, sizeof(frame_1));
	memcpy(octets + at + 2, frame_1, sizeof(frame_1));
	at += 2 + sizeof(frame_1);
	gb_native_put_frame_prefix(octets + at, sizeof(frame_2));
	memcpy(octets + at + 2, frame_2, sizeof(frame_2));
	assert_memory_equal(octets, frames_datagram, sizeof(octets));
	gb_native_put_frame_prefix(octets, 65535);
	assert_int_equal(octets[0] << 8 | octets[1], 65535);
}

static void test_put_piece(void **state)
{
	struct gb_native_header header = header_of(GB_NATIVE_PIECE, 0);
	struct gb_piece piece = {.frame_id = 0xDEADBEEF, .frame_length = 1518, .offset = 1512};
	uint8_t octets[GB_NATIVE_HEADER + GB_NATIVE_PIECE_HEADER];

	(void)state;
	gb_native_put_header(octets, &header);
	gb_native_put_piece_header(octets + GB_NATIVE_HEADER, &piece);
	assert_memory_equal(octets, piece_datagram, sizeof(octets));
}

static void test_put_control(void **state)
{
	struct gb_native_header header = header_of(GB_NATIVE_HELLO, 0);
	struct gb_echo echo = {.nonce = UINT64_C(0xCAFE000000000001), .target = UINT64_C(0x8877665544332211),
			       .request_time_ns = UINT64_C(0x188FC35B00000001), .held_ns = 12345};
	uint8_t octets[GB_NATIVE_CONTROL_MAX];

	(void)state;
	assert_int_equal(gb_native_put_hello(octets, &header, &hello), sizeof(hello_datagram));
	assert_memory_equal(octets, hello_datagram, sizeof(hello_datagram));
	header.type = GB_NATIVE_ECHO_REQUEST;
	assert_int_equal(gb_native_put_echo(octets, &header, &echo), sizeof(request_datagram));
	assert_memory_equal(octets, request_datagram, sizeof(request_datagram));
	header.type = GB_NATIVE_ECHO_REPLY;
	assert_int_equal(gb_native_put_echo(octets, &header, &echo), sizeof(reply_datagram));
	assert_memory_equal(octets, reply_datagram, sizeof(reply_datagram));
}

/* The key and the tag have their places, too, though this version never fills them. */
static void test_put_key(void **state)
{
	struct gb_native_header header = header_of(GB_NATIVE_FRAMES, 0);
	uint8_t octets[GB_NATIVE_HEADER], expected[GB_NATIVE_HEADER] = {HEADER(0, 0)};

	(void)state;
	header.key_id = 0x01020304;
	header.tag_length = 16;
	memcpy(expected + 8, "\1\2\3\4", 4);
	expected[14] = 16;
	gb_native_put_header(octets, &header);
	assert_memory_equal(octets, expected, sizeof(octets));
}

static void test_largest_hello_fits(void **state)
{
	struct gb_native_header header = header_of(GB_NATIVE_HELLO, 0);
	struct gb_hello large = {.lanes = GB_NATIVE_LANES_MAX}, got;
	uint8_t *octets = malloc(GB_NATIVE_CONTROL_MAX);

	(void)state;
	assert_non_null(octets);
	memset(large.version, 'v', GB_NATIVE_VERSION_TEXT);
	for (unsigned i = 0; i < large.lanes; i++)
		large.lane[i] = (struct gb_hello_lane){(uint16_t)(0xFFFF - i), UINT64_MAX - i, UINT64_MAX / 2 - i};
	size_t length = gb_native_put_hello(octets, &header, &large);

	assert_int_equal(length, 48 + 8 + 8 * 24 + 31);
	assert_true(gb_native_get_hello(octets + 48, length - 48, &got));
	assert_int_equal(got.lanes, large.lanes);
	assert_memory_equal(got.lane, large.lane, sizeof(got.lane));
	assert_string_equal(got.version, large.version);
	free(octets);
}

/* ---- reading --------------------------------------------------------------------- */

static void expect_header(const struct gb_native_header *h, uint8_t type, uint8_t flags)
{
	assert_int_equal(h->type, type);
	assert_int_equal(h->flags, flags);
	assert_int_equal(h->tag_length, 0);
	assert_int_equal(h->path_id, 7);
	assert_int_equal(h->key_id, 0);
	assert_int_equal(h->lane, 3);
	assert_true(h->sender_id == UINT64_C(0x1122334455667788));
	assert_true(h->epoch == UINT64_C(0x188FC35A01020304));
	assert_true(h->sequence == UINT64_C(0x10000002A));
	assert_true(h->send_time_ns == UINT64_C(0x188FC35BAABBCCDD));
}

static void test_get_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(golden); i++) {
		uint8_t *octets = exact(golden[i].octets, golden[i].length);
		struct gb_datagram d;

		assert_int_equal(parse(octets, golden[i].length, &d), GB_TUNNEL_NATIVE);
		expect_header(&d.native, golden[i].type, i == 0);
		assert_ptr_equal(d.body, octets + 48);
		assert_int_equal(d.body_length, golden[i].length - 48);
		free(octets);
	}
}

static void test_get_frames(void **state)
{
	struct gb_datagram d;
	size_t length;

	(void)state;
	assert_int_equal(parse(frames_datagram, sizeof(frames_datagram), &d), GB_TUNNEL_NATIVE);
	assert_true(gb_native_frames_whole(d.body, d.body_length));
	struct gb_reader body = gb_reader(d.body, d.body_length);

	assert_ptr_equal(gb_native_next_frame(&body, &length), frames_datagram + 50);
	assert_int_equal(length, sizeof(frame_1));
	assert_ptr_equal(gb_native_next_frame(&body, &length), frames_datagram + 50 + sizeof(frame_1) + 2);
	assert_int_equal(length, sizeof(frame_2));
	assert_null(gb_native_next_frame(&body, &length));
}

static void test_get_piece(void **state)
{
	struct gb_datagram d;
	struct gb_piece piece;

	(void)state;
	assert_int_equal(parse(piece_datagram, sizeof(piece_datagram), &d), GB_TUNNEL_NATIVE);
	assert_true(gb_native_get_piece(d.body, d.body_length, &piece));
	assert_true(piece.frame_id == 0xDEADBEEF);
	assert_int_equal(piece.frame_length, 1518);
	assert_int_equal(piece.offset, 1512);
	assert_int_equal(piece.length, 6);
	assert_ptr_equal(piece.octets, piece_datagram + 56);
}

static void test_get_control(void **state)
{
	struct gb_hello got;
	struct gb_echo echo;

	(void)state;
	assert_true(gb_native_get_hello(hello_datagram + 48, sizeof(hello_datagram) - 48, &got));
	assert_int_equal(got.path_mtu, 1500);
	assert_int_equal(got.interval_s, 10);
	assert_int_equal(got.lanes, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(got.lane[i].lane, hello.lane[i].lane);
		assert_int_equal(got.lane[i].next_sequence, hello.lane[i].next_sequence);
		assert_int_equal(got.lane[i].frames, hello.lane[i].frames);
	}
	assert_string_equal(got.version, "1.0.0");

	assert_true(gb_native_get_echo(GB_NATIVE_ECHO_REQUEST, request_datagram + 48, sizeof(request_datagram) - 48,
				       &echo));
	assert_true(echo.nonce == UINT64_C(0xCAFE000000000001));
	assert_true(echo.target == UINT64_C(0x8877665544332211));
	assert_int_equal(echo.request_time_ns, 0);
	assert_int_equal(echo.held_ns, 0);
	assert_true(gb_native_get_echo(GB_NATIVE_ECHO_REPLY, reply_datagram + 48, sizeof(reply_datagram) - 48, &echo));
	assert_true(echo.nonce == UINT64_C(0xCAFE000000000001));
	assert_true(echo.target == UINT64_C(0x8877665544332211));
	assert_true(echo.request_time_ns == UINT64_C(0x188FC35B00000001));
	assert_int_equal(echo.held_ns, 12345);
	/* a request is no reply */
	assert_false(
		gb_native_get_echo(GB_NATIVE_ECHO_REPLY, request_datagram + 48, sizeof(request_datagram) - 48, &echo));
}

/* Whether the body of a whole header means something. */
static bool body_is_good(const struct gb_datagram *d)
{
	struct gb_piece piece;
	struct gb_hello got;
	struct gb_echo echo;

	switch (d->native.type) {
	case GB_NATIVE_FRAMES:
		return gb_native_frames_whole(d->body, d->body_length);
	case GB_NATIVE_PIECE:
		return gb_native_get_piece(d->body, d->body_length, &piece);
	case GB_NATIVE_HELLO:
		return gb_native_get_hello(d->body, d->body_length, &got);
	default:
		return gb_native_get_echo(d->native.type, d->body, d->body_length, &echo);
	}
}

/* Cut anywhere, a datagram is refused; but frames that end where the cut is are still frames. */
static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(golden); i++)
		for (size_t length = 0; length <= golden[i].length; length++) {
			uint8_t *octets = exact(golden[i].octets, length);
			struct gb_datagram d;
			enum gb_tunnel_verdict verdict = parse(octets, length, &d);
			bool good = length == golden[i].length ||
				    (golden[i].type == GB_NATIVE_FRAMES && length == 50 + sizeof(frame_1));

			assert_int_equal(verdict, length < 48 ? GB_TUNNEL_MALFORMED : GB_TUNNEL_NATIVE);
			if (verdict == GB_TUNNEL_NATIVE)
				assert_int_equal(body_is_good(&d), good);
			free(octets);
		}
}

/* A later version's octets behind what is known here are skipped, in headers as well as in hellos and echoes. */
static void test_extensions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(golden); i++)
		for (size_t header = 0; header < 256; header++) {
			size_t more = header > 48 ? header - 48 : 0, length = golden[i].length + more;
			uint8_t *octets = malloc(length);
			struct gb_datagram d;

			assert_non_null(octets);
			memcpy(octets, golden[i].octets, 48);
			memset(octets + 48, 0xEE, more);
			memcpy(octets + 48 + more, golden[i].octets + 48, golden[i].length - 48);
			octets[5] = (uint8_t)header;
			bool good = header >= 48 && header % 8 == 0;

			assert_int_equal(parse(octets, length, &d), good ? GB_TUNNEL_NATIVE : GB_TUNNEL_MALFORMED);
			if (good) {
				assert_ptr_equal(d.body, octets + header);
				assert_int_equal(d.body_length, golden[i].length - 48);
				assert_true(body_is_good(&d));
				/* extensions that are not all there */
				assert_int_equal(parse(octets, header - 1, &d), GB_TUNNEL_MALFORMED);
			}
			free(octets);
		}
}

static void test_longer_control(void **state)
{
	uint8_t octets[sizeof(hello_datagram) + 9];
	struct gb_hello got;
	struct gb_echo echo;

	(void)state;
	memcpy(octets, hello_datagram, sizeof(hello_datagram));
	memset(octets + sizeof(hello_datagram), 0xEE, 9);
	assert_true(gb_native_get_hello(octets + 48, sizeof(octets) - 48, &got));
	assert_string_equal(got.version, "1.0.0");
	memcpy(octets, request_datagram, sizeof(request_datagram));
	assert_true(gb_native_get_echo(GB_NATIVE_ECHO_REQUEST, octets + 48, sizeof(request_datagram) - 48 + 5, &echo));
	assert_true(echo.nonce == UINT64_C(0xCAFE000000000001));
}

static void test_version(void **state)
{
	uint8_t octets[sizeof(frames_datagram)];
	struct gb_datagram d;

	(void)state;
	memcpy(octets, frames_datagram, sizeof(octets));
	for (unsigned version = 0; version < 256; version++) {
		octets[2] = (uint8_t)version;
		assert_int_equal(parse(octets, sizeof(octets), &d),
				 version == 1 ? GB_TUNNEL_NATIVE : GB_TUNNEL_UNKNOWN_VERSION);
		/* where the version stands is all that is known of another one */
		assert_int_equal(parse(octets, 3, &d), version == 1 ? GB_TUNNEL_MALFORMED : GB_TUNNEL_UNKNOWN_VERSION);
	}
	octets[2] = 2;
	memset(octets + 3, 0xFF, sizeof(octets) - 3);
	assert_int_equal(parse(octets, sizeof(octets), &d), GB_TUNNEL_UNKNOWN_VERSION);
}

static void test_reserved_is_ignored(void **state)
{
	uint8_t octets[sizeof(hello_datagram)];
	struct gb_datagram d;
	struct gb_hello got;

	(void)state;
	memcpy(octets, hello_datagram, sizeof(octets));
	octets[4] = 0xFE; /* flags of later versions come through as they are */
	octets[15] = 0xFF;
	memset(octets + 48 + 6, 0xFF, 2);
	memset(octets + 48 + 8 + 2, 0xFF, 6);
	assert_int_equal(parse(octets, sizeof(octets), &d), GB_TUNNEL_NATIVE);
	expect_header(&d.native, GB_NATIVE_HELLO, 0xFE);
	assert_true(gb_native_get_hello(d.body, d.body_length, &got));
	assert_int_equal(got.lane[0].lane, 0);
	assert_int_equal(got.lane[0].next_sequence, 100000);
}

static void test_unknown_type(void **state)
{
	uint8_t octets[sizeof(frames_datagram)];
	struct gb_datagram d;

	(void)state;
	memcpy(octets, frames_datagram, sizeof(octets));
	for (unsigned type = 5; type < 256; type++) {
		octets[3] = (uint8_t)type;
		assert_int_equal(parse(octets, sizeof(octets), &d), GB_TUNNEL_NATIVE);
		assert_int_equal(d.native.type, type);
	}
}

/* Without keys, whatever claims to be authenticated is not taken; a tag without a key is nonsense. */
static void test_key_and_tag(void **state)
{
	uint8_t octets[sizeof(frames_datagram)];
	size_t body = sizeof(octets) - 48;
	struct gb_datagram d;

	(void)state;
	for (unsigned tag = 0; tag < 256; tag++) {
		memcpy(octets, frames_datagram, sizeof(octets));
		octets[14] = (uint8_t)tag;
		assert_int_equal(parse(octets, sizeof(octets), &d), tag ? GB_TUNNEL_MALFORMED : GB_TUNNEL_NATIVE);
		for (unsigned octet = 8; octet < 12; octet++) {
			memset(octets + 8, 0, 4);
			octets[octet] = 1;
			assert_int_equal(parse(octets, sizeof(octets), &d),
					 tag <= body ? GB_TUNNEL_UNKNOWN_KEY : GB_TUNNEL_MALFORMED);
		}
	}
}

static void test_sender_id_0(void **state)
{
	uint8_t octets[sizeof(frames_datagram)];
	struct gb_datagram d;

	(void)state;
	memcpy(octets, frames_datagram, sizeof(octets));
	memset(octets + 16, 0, 8);
	/* it is how legacy peers are told apart */
	assert_int_equal(parse(octets, sizeof(octets), &d), GB_TUNNEL_MALFORMED);
	octets[23] = 1;
	assert_int_equal(parse(octets, sizeof(octets), &d), GB_TUNNEL_NATIVE);
}

static void test_frames_whole(void **state)
{
	static const struct {
		const char *octets;
		size_t length;
		bool whole;
	} cases[] = {
		{"", 0, false},
		{"\0", 1, false},
		{"\0\0", 2, false},
		{"\0\1", 2, false},
		{"\0\1x", 3, true},
		{"\0\1xy", 4, false},	      /* one octet is left */
		{"\0\1x\0\0", 5, false},      /* an empty frame */
		{"\0\0\0\1x", 5, false},
		{"\0\1x\0\2yz", 7, true},
		{"\0\1x\0\3yz", 7, false},    /* the second is cut */
		{"\xFF\xFF" "abcdef", 8, false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint8_t *octets = exact(cases[i].octets, cases[i].length);

		if (gb_native_frames_whole(octets, cases[i].length) != cases[i].whole)
			fail_msg("case %zu", i);
		free(octets);
	}
}

/* ---- pieces ---------------------------------------------------------------------- */

static bool piece_is_good(unsigned frame_length, unsigned offset, size_t length)
{
	uint8_t *octets = calloc(1, 8 + length);
	struct gb_piece made = {.frame_id = 1, .frame_length = (uint16_t)frame_length, .offset = (uint16_t)offset}, got;

	assert_non_null(octets);
	gb_native_put_piece_header(octets, &made);
	bool good = gb_native_get_piece(octets, 8 + length, &got);

	if (good) {
		assert_int_equal(got.frame_length, frame_length);
		assert_int_equal(got.offset, offset);
		assert_int_equal(got.length, length);
		assert_ptr_equal(got.octets, octets + 8);
	}
	free(octets);
	return good;
}

static void test_piece_rules(void **state)
{
	(void)state;
	assert_true(piece_is_good(100, 0, 8));
	assert_true(piece_is_good(100, 0, 96));
	assert_true(piece_is_good(100, 96, 4)); /* the last one ends where the frame does */
	assert_true(piece_is_good(100, 8, 92));
	assert_false(piece_is_good(100, 0, 0));
	assert_false(piece_is_good(100, 96, 0));
	assert_false(piece_is_good(100, 0, 100)); /* alone the whole frame: that is no piece */
	assert_false(piece_is_good(100, 0, 101));
	assert_false(piece_is_good(100, 96, 5)); /* beyond the frame */
	assert_false(piece_is_good(100, 104, 8));
	assert_false(piece_is_good(100, 0, 7)); /* not the last, and no multiple of 8 */
	assert_false(piece_is_good(100, 0, 99));
	assert_false(piece_is_good(100, 4, 8)); /* starts at no multiple of 8 */
	assert_false(piece_is_good(100, 99, 1));
	assert_false(piece_is_good(0, 0, 8));
	assert_false(piece_is_good(13, 8, 5)); /* a frame without a whole Ethernet header */
	assert_true(piece_is_good(14, 8, 6));
	assert_true(piece_is_good(GB_TUNNEL_FRAME_MAX, GB_TUNNEL_FRAME_MAX / 8 * 8, GB_TUNNEL_FRAME_MAX % 8));
	assert_true(piece_is_good(GB_TUNNEL_FRAME_MAX, 0, GB_TUNNEL_FRAME_MAX / 8 * 8));
	assert_false(piece_is_good(GB_TUNNEL_FRAME_MAX + 1, 0, 8));
	assert_false(piece_is_good(65535, 65528, 7));
	assert_false(piece_is_good(100, 65528, 8)); /* an end that wraps 16 bits */
	assert_false(piece_is_good(100, 65528, 16));
}

/* ---- hello ----------------------------------------------------------------------- */

static void test_more_lanes_than_kept(void **state)
{
	uint8_t octets[8 + 255 * 24 + 3] = {0};
	struct gb_hello got;

	(void)state;
	octets[4] = 255;
	octets[5] = 3;
	for (size_t i = 0; i < 255; i++) {
		octets[8 + i * 24 + 1] = (uint8_t)i;
		octets[8 + i * 24 + 15] = (uint8_t)(i + 1);
	}
	memcpy(octets + 8 + 255 * 24, "9.9", 3);
	assert_true(gb_native_get_hello(octets, sizeof(octets), &got));
	assert_int_equal(got.lanes, GB_NATIVE_LANES_MAX);
	for (unsigned i = 0; i < GB_NATIVE_LANES_MAX; i++) {
		assert_int_equal(got.lane[i].lane, i);
		assert_int_equal(got.lane[i].next_sequence, i + 1);
	}
	assert_string_equal(got.version, "9.9"); /* what is behind the lanes is found all the same */
	assert_false(gb_native_get_hello(octets, sizeof(octets) - 1, &got));
	octets[4] = 0;
	octets[5] = 0;
	assert_true(gb_native_get_hello(octets, 8, &got));
	assert_int_equal(got.lanes, 0);
	assert_string_equal(got.version, "");
	assert_false(gb_native_get_hello(octets, 7, &got));
}

static void test_version_text(void **state)
{
	uint8_t octets[8 + 255] = {0};
	struct gb_hello got;

	(void)state;
	octets[5] = 255;
	for (unsigned first = 0; first < 256; first++) {
		memset(octets + 8, 'v', 255);
		octets[8] = (uint8_t)first;
		assert_true(gb_native_get_hello(octets, sizeof(octets), &got));
		assert_int_equal(strlen(got.version), GB_NATIVE_VERSION_TEXT);
		assert_int_equal(got.version[0], first >= ' ' && first < 0x7F ? first : '?');
		assert_int_equal(got.version[1], 'v');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_frames),	    cmocka_unit_test(test_put_piece),
		cmocka_unit_test(test_put_control),	    cmocka_unit_test(test_put_key),
		cmocka_unit_test(test_largest_hello_fits),  cmocka_unit_test(test_get_headers),
		cmocka_unit_test(test_get_frames),	    cmocka_unit_test(test_get_piece),
		cmocka_unit_test(test_get_control),	    cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_extensions),	    cmocka_unit_test(test_longer_control),
		cmocka_unit_test(test_version),		    cmocka_unit_test(test_reserved_is_ignored),
		cmocka_unit_test(test_unknown_type),	    cmocka_unit_test(test_key_and_tag),
		cmocka_unit_test(test_sender_id_0),	    cmocka_unit_test(test_frames_whole),
		cmocka_unit_test(test_piece_rules),	    cmocka_unit_test(test_more_lanes_than_kept),
		cmocka_unit_test(test_version_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
