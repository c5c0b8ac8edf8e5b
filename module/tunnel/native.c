/* SPDX-License-Identifier: Apache-2.0 */
/* The native format. goose-bridge-wire(5) is the description; the two must agree. */
#include <goose-bridge/tunnel.h>

#include <goose-bridge/octets.h>

#include "tunnel_private.h"

#define MAGIC	    0x4742 /* "GB" */
#define HEADER_UNIT 8	   /* extensions keep what follows aligned */

void gb_native_put_header(uint8_t *at, const struct gb_native_header *header)
{
	struct gb_writer w = gb_writer(at, GB_NATIVE_HEADER);

	gb_write_u16(&w, MAGIC);
	gb_write_u8(&w, GB_NATIVE_VERSION);
	gb_write_u8(&w, header->type);
	gb_write_u8(&w, header->flags);
	gb_write_u8(&w, GB_NATIVE_HEADER);
	gb_write_u16(&w, header->path_id);
	gb_write_u32(&w, header->key_id);
	gb_write_u16(&w, header->lane);
	gb_write_u8(&w, header->tag_length);
	gb_write_u8(&w, 0);
	gb_write_u64(&w, header->sender_id);
	gb_write_u64(&w, header->epoch);
	gb_write_u64(&w, header->sequence);
	gb_write_u64(&w, header->send_time_ns);
}

void gb_native_put_frame_prefix(uint8_t *at, size_t length)
{
	struct gb_writer w = gb_writer(at, GB_NATIVE_FRAME_PREFIX);

	gb_write_u16(&w, (uint16_t)length);
}

void gb_native_put_piece_header(uint8_t *at, const struct gb_piece *piece)
{
	struct gb_writer w = gb_writer(at, GB_NATIVE_PIECE_HEADER);

	gb_write_u32(&w, piece->frame_id);
	gb_write_u16(&w, piece->frame_length);
	gb_write_u16(&w, piece->offset);
}

/* Goes on behind HEADER. */
static struct gb_writer control_writer(uint8_t *at, const struct gb_native_header *header)
{
	gb_native_put_header(at, header);
	return (struct gb_writer){.octets = at, .capacity = GB_NATIVE_CONTROL_MAX, .length = GB_NATIVE_HEADER};
}

size_t gb_native_put_hello(uint8_t *at, const struct gb_native_header *header, const struct gb_hello *hello)
{
	struct gb_writer w = control_writer(at, header);
	size_t text = strnlen(hello->version, GB_NATIVE_VERSION_TEXT);
	unsigned lanes = hello->lanes < GB_NATIVE_LANES_MAX ? hello->lanes : GB_NATIVE_LANES_MAX;

	gb_write_u16(&w, hello->path_mtu);
	gb_write_u16(&w, hello->interval_s);
	gb_write_u8(&w, (uint8_t)lanes);
	gb_write_u8(&w, (uint8_t)text);
	gb_write_u16(&w, 0);
	for (unsigned i = 0; i < lanes; i++) {
		gb_write_u16(&w, hello->lane[i].lane);
		gb_write_u16(&w, 0);
		gb_write_u32(&w, 0);
		gb_write_u64(&w, hello->lane[i].next_sequence);
		gb_write_u64(&w, hello->lane[i].frames);
	}
	gb_write_octets(&w, hello->version, text);
	return w.length;
}

bool gb_native_get_hello(const uint8_t *body, size_t length, struct gb_hello *hello)
{
	struct gb_reader r = gb_reader(body, length);

	*hello = (struct gb_hello){0};
	hello->path_mtu = gb_read_u16(&r);
	hello->interval_s = gb_read_u16(&r);
	unsigned lanes = gb_read_u8(&r);
	size_t text = gb_read_u8(&r);

	gb_read_u16(&r);
	for (unsigned i = 0; i < lanes && !r.bad; i++) {
		struct gb_hello_lane lane = {.lane = gb_read_u16(&r)};

		gb_read_u16(&r);
		gb_read_u32(&r);
		lane.next_sequence = gb_read_u64(&r);
		lane.frames = gb_read_u64(&r);
		if (hello->lanes < GB_NATIVE_LANES_MAX) /* more lanes are a later version's; ours are enough to judge by */
			hello->lane[hello->lanes++] = lane;
	}
	const uint8_t *version = gb_read_octets(&r, text);

	if (r.bad)
		return false;
	if (text > GB_NATIVE_VERSION_TEXT)
		text = GB_NATIVE_VERSION_TEXT;
	for (size_t i = 0; i < text; i++)
		hello->version[i] = version[i] >= ' ' && version[i] < 0x7F ? (char)version[i] : '?';
	return true; /* octets behind it are a later version's */
}

size_t gb_native_put_echo(uint8_t *at, const struct gb_native_header *header, const struct gb_echo *echo)
{
	struct gb_writer w = control_writer(at, header);

	gb_write_u64(&w, echo->nonce);
	gb_write_u64(&w, echo->target);
	if (header->type == GB_NATIVE_ECHO_REPLY) {
		gb_write_u64(&w, echo->request_time_ns);
		gb_write_u64(&w, echo->held_ns);
	}
	return w.length;
}

bool gb_native_get_echo(uint8_t type, const uint8_t *body, size_t length, struct gb_echo *echo)
{
	struct gb_reader r = gb_reader(body, length);

	*echo = (struct gb_echo){0};
	echo->nonce = gb_read_u64(&r);
	echo->target = gb_read_u64(&r);
	if (type == GB_NATIVE_ECHO_REPLY) {
		echo->request_time_ns = gb_read_u64(&r);
		echo->held_ns = gb_read_u64(&r);
	}
	return !r.bad;
}

bool gb_native_get_piece(const uint8_t *body, size_t length, struct gb_piece *piece)
{
	struct gb_reader r = gb_reader(body, length);

	*piece = (struct gb_piece){0};
	piece->frame_id = gb_read_u32(&r);
	piece->frame_length = gb_read_u16(&r);
	piece->offset = gb_read_u16(&r);
	piece->length = gb_reader_left(&r);
	piece->octets = gb_read_octets(&r, piece->length);
	if (r.bad || piece->length == 0 || piece->length >= piece->frame_length)
		return false;
	if (piece->frame_length < GB_TUNNEL_FRAME_MIN || piece->frame_length > GB_TUNNEL_FRAME_MAX)
		return false;
	size_t end = piece->offset + piece->length;

	return end <= piece->frame_length && piece->offset % GB_NATIVE_PIECE_UNIT == 0 &&
	       (end == piece->frame_length || piece->length % GB_NATIVE_PIECE_UNIT == 0);
}

const uint8_t *gb_native_next_frame(struct gb_reader *body, size_t *length)
{
	*length = gb_read_u16(body);
	return gb_read_octets(body, *length);
}

bool gb_native_frames_whole(const uint8_t *body, size_t length)
{
	struct gb_reader r = gb_reader(body, length);
	size_t frame;

	do {
		gb_native_next_frame(&r, &frame);
		if (frame == 0) /* also where nothing is left */
			return false;
	} while (gb_reader_left(&r) > 0);
	return !r.bad;
}

bool gb_native_is(const uint8_t *octets, size_t length)
{
	struct gb_reader r = gb_reader(octets, length);

	return gb_read_u16(&r) == MAGIC;
}

enum gb_tunnel_verdict gb_native_parse(const uint8_t *octets, size_t length, struct gb_datagram *datagram)
{
	struct gb_reader r = gb_reader(octets, length);
	struct gb_native_header *h = &datagram->native;

	gb_read_u16(&r); /* magic */
	uint8_t version = gb_read_u8(&r);

	h->type = gb_read_u8(&r);
	h->flags = gb_read_u8(&r);
	uint8_t header_length = gb_read_u8(&r);

	h->path_id = gb_read_u16(&r);
	h->key_id = gb_read_u32(&r);
	h->lane = gb_read_u16(&r);
	h->tag_length = gb_read_u8(&r);
	gb_read_u8(&r); /* reserved: ignored on receipt */
	h->sender_id = gb_read_u64(&r);
	h->epoch = gb_read_u64(&r);
	h->sequence = gb_read_u64(&r);
	h->send_time_ns = gb_read_u64(&r);

	/* The version stands where every version will have it; nothing behind it is believed before it is known. */
	if (length > 2 && version != GB_NATIVE_VERSION)
		return GB_TUNNEL_UNKNOWN_VERSION;
	if (r.bad || header_length < GB_NATIVE_HEADER || header_length % HEADER_UNIT != 0)
		return GB_TUNNEL_MALFORMED;
	gb_read_octets(&r, header_length - GB_NATIVE_HEADER); /* extensions this version does not know */
	if (r.bad || h->tag_length > gb_reader_left(&r) || (h->key_id == 0 && h->tag_length != 0) || h->sender_id == 0)
		return GB_TUNNEL_MALFORMED;
	if (h->key_id != 0)
		return GB_TUNNEL_UNKNOWN_KEY;
	datagram->body_length = gb_reader_left(&r);
	datagram->body = gb_read_octets(&r, datagram->body_length);
	return GB_TUNNEL_NATIVE;
}
