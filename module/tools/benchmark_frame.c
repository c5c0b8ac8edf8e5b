/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_frame.h"

#include <goose-bridge/clock.h>
#include <goose-bridge/goose.h>
#include <goose-bridge/octets.h>
#include <goose-bridge/pdu.h>
#include <stdio.h>

#define MAGIC		 0x47424231 /* "GBB1" */
#define CHECK_AT	 24	    /* in the header */
#define CHECK_OCTETS	 8
#define SYNCHRONISED	 0x01
#define SIMULATION	 0x8000 /* S of Reserved1 (IEC 61850-8-1 ed. 2, C.2.6) */
#define ALLOWED_TO_LIVE	 10000	/* ms; above the time between two frames of the slowest run */
#define DATA_SET	 "GBBench/LLN0$t"
#define PONG_OCTETS	 16
#define REPORT_OCTETS	 56
#define REFERENCE_OCTETS (sizeof(BENCHMARK_REFERENCE) - 1 + 5) /* "s0-00" behind it */
#define NAME_MORE_MAX	 3 /* octets by which the data set's name may be longer: see fit() */

const uint8_t benchmark_own_destination[6] = {0x03, 0x47, 0x42, 0x42, 0x4D, 0x00};
const uint8_t benchmark_common_destination[6] = {0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01};

bool benchmark_is_common(const uint8_t destination[6])
{
	return memcmp(destination, benchmark_common_destination, sizeof(benchmark_common_destination)) == 0;
}

/* ---- sizes (BER, ISO/IEC 8825-1, 8.1.3: a length below 128 takes one octet, below 256 two, then three) ---------------- */

static size_t tlv(size_t content)
{
	return 1 + (content < 0x80 ? 1U : content < 0x100 ? 2U : 3U) + content;
}

/* What makes a frame as long as it is to be. */
struct shape {
	size_t body; /* octets of the second octet string */
	size_t more; /* octets by which the data set's name is longer */
	bool wide;   /* the PDU's length takes an octet more than it has to, which BER allows */
};

static size_t data_octets(const struct shape *shape)
{
	return tlv(BENCHMARK_HEADER) + tlv(shape->body);
}

static size_t pdu_octets(const struct shape *shape)
{
	const size_t more = shape->more;

	return tlv(REFERENCE_OCTETS) + tlv(2) + tlv(sizeof(DATA_SET) - 1 + more) + tlv(8) + tlv(1) + tlv(5) + tlv(1) + tlv(1) +
	       tlv(1) + tlv(data_octets(shape));
}

static size_t frame_octets(bool tagged, const struct shape *shape)
{
	return GB_ETHERNET_HEADER + (tagged ? GB_VLAN_TAG : 0) + GB_GOOSE_HEADER + tlv(pdu_octets(shape)) + shape->wide;
}

/* PING has room for what answers it, so that both take the same time. */
static size_t least_body(enum benchmark_kind kind, size_t name)
{
	switch (kind) {
	case BENCHMARK_PING:
	case BENCHMARK_PONG:
		return PONG_OCTETS;
	case BENCHMARK_REPORT:
		return REPORT_OCTETS;
	case BENCHMARK_HERE:
		return 1 + name;
	default:
		return 0;
	}
}

size_t benchmark_frame_least(enum benchmark_kind kind, bool tagged)
{
	return frame_octets(tagged, &(struct shape){.body = least_body(kind, 0)});
}

/* Makes *SHAPE, whose body is the least, as long as SIZE with what else it has. False if that cannot be had. */
static bool stretch(bool tagged, size_t size, struct shape *shape)
{
	size_t smallest = frame_octets(tagged, shape), least = shape->body;

	if (size < smallest)
		return false;
	shape->body += size - smallest;
	while (shape->body > least && frame_octets(tagged, shape) > size)
		shape->body--;
	/* put_header_of knows lengths of three octets at most */
	return frame_octets(tagged, shape) == size && !(shape->wide && pdu_octets(shape) >= 0x100);
}

/* Lengths of lengths make some sizes unreachable by the second octet string alone: an octet more in it may take two or three
 * more in the frame. A longer name of the data set, or in two cases a longer length of the PDU, fills that up.
 */
static bool fit(bool tagged, size_t size, struct shape *shape)
{
	for (unsigned wide = 0; wide < 2; wide++)
		for (size_t more = 0; more <= NAME_MORE_MAX; more++) {
			struct shape tried = {.body = shape->body, .more = more, .wide = wide};

			if (stretch(tagged, size, &tried)) {
				*shape = tried;
				return true;
			}
		}
	return false;
}

/* ---- the check ------------------------------------------------------------------------------------------------------ */

/* Each step is one-to-one, so that two frames of which a single group of 8 octets differs never have the same check. */
static uint64_t mix(uint64_t check, uint64_t word)
{
	check = (check ^ word) * UINT64_C(0x9E3779B97F4A7C15);
	return check ^ check >> 32;
}

static uint64_t mix_octets(uint64_t check, const uint8_t *octets, size_t length)
{
	struct gb_reader r = gb_reader(octets, length);
	uint64_t rest = 0;

	while (gb_reader_left(&r) >= sizeof(uint64_t))
		check = mix(check, gb_read_u64(&r));
	while (gb_reader_left(&r) > 0)
		rest = rest << 8 | gb_read_u8(&r);
	return mix(mix(check, rest), length);
}

/* Of a frame whose check is at offset AT. */
static uint64_t check_of(const uint8_t *octets, size_t length, size_t at)
{
	uint64_t check = mix_octets(MAGIC, octets, at);

	return mix_octets(check, octets + at + CHECK_OCTETS, length - at - CHECK_OCTETS);
}

/* ---- writing -------------------------------------------------------------------------------------------------------- */

/* The length takes at least LEAST octets: 1 to 3. */
static void put_header_of(struct gb_writer *w, uint8_t tag, size_t content, unsigned least)
{
	gb_write_u8(w, tag);
	if (content >= 0x100 || least == 3) {
		gb_write_u8(w, 0x82);
		gb_write_u16(w, (uint16_t)content);
		return;
	}
	if (content >= 0x80 || least == 2)
		gb_write_u8(w, 0x81);
	gb_write_u8(w, (uint8_t)content);
}

static void put_header(struct gb_writer *w, uint8_t tag, size_t content)
{
	put_header_of(w, tag, content, 1);
}

static void put_small(struct gb_writer *w, uint8_t tag, uint8_t value)
{
	put_header(w, tag, 1);
	gb_write_u8(w, value);
}

/* UtcTime (IEC 61850-8-1, TimeStamp): seconds, a fraction of 24 bits, quality: 10 bits of the fraction mean something. */
static void put_time(struct gb_writer *w, uint8_t tag, uint64_t utc_ns)
{
	uint64_t fraction = (utc_ns % GB_NS_PER_S << 24) / GB_NS_PER_S;

	put_header(w, tag, 8);
	gb_write_u32(w, (uint32_t)(utc_ns / GB_NS_PER_S));
	gb_write_u32(w, (uint32_t)(fraction << 8 | 10));
}

static uint32_t take_sq_num(uint32_t *next)
{
	uint32_t number = *next;

	*next = number == UINT32_MAX ? 1 : number + 1;
	return number;
}

static void put_fields(struct gb_writer *w, struct benchmark_publisher *publisher, bool common, unsigned stream, size_t more)
{
	char reference[REFERENCE_OCTETS + 1];

	snprintf(reference, sizeof(reference), BENCHMARK_REFERENCE "%c%u-%02u", publisher->role,
		 publisher->slot % BENCHMARK_SLOTS, stream % BENCHMARK_STREAMS);
	put_header(w, 0x80, REFERENCE_OCTETS);
	gb_write_octets(w, reference, REFERENCE_OCTETS);
	put_header(w, 0x81, 2);
	gb_write_u16(w, ALLOWED_TO_LIVE);
	put_header(w, 0x82, sizeof(DATA_SET) - 1 + more);
	gb_write_octets(w, DATA_SET, sizeof(DATA_SET) - 1);
	gb_write_octets(w, "...", more);
	put_time(w, 0x84, publisher->t_utc_ns);
	put_small(w, 0x85, 1);
	put_header(w, 0x86, 5); /* of one length, as edition 2.1 has it */
	gb_write_u8(w, 0);
	gb_write_u32(w, take_sq_num(&publisher->sq_num[common][stream]));
	put_small(w, 0x87, 0xFF);
	put_small(w, 0x88, 1);
	put_small(w, 0x8A, 2);
}

static void put_body(struct gb_writer *w, const struct benchmark_message *m, size_t body)
{
	size_t name = strnlen(m->host, BENCHMARK_HOST_NAME - 1), end = w->length + body;
	const struct benchmark_counts *c = &m->counts;

	switch (m->kind) {
	case BENCHMARK_HERE:
		gb_write_u8(w, (uint8_t)name);
		gb_write_octets(w, m->host, name);
		break;
	case BENCHMARK_PONG:
		gb_write_u64(w, m->received_utc_ns);
		gb_write_u64(w, m->answered_utc_ns);
		break;
	case BENCHMARK_REPORT:
		gb_write_u64(w, c->received);
		gb_write_u64(w, c->duplicates);
		gb_write_u64(w, c->reordered);
		gb_write_u64(w, c->altered);
		gb_write_u64(w, c->unread);
		gb_write_u64(w, c->first_utc_ns);
		gb_write_u64(w, c->last_utc_ns);
		break;
	default:
		break;
	}
	for (uint8_t octet = (uint8_t)(m->number * 31); w->length < end && !w->bad; octet = (uint8_t)(octet + 7))
		gb_write_u8(w, octet);
}

static void put_ethernet(struct gb_writer *w, const struct benchmark_address *address)
{
	gb_write_octets(w, address->destination, sizeof(address->destination));
	gb_write_octets(w, address->source, sizeof(address->source));
	if (address->tagged) {
		gb_write_u16(w, GB_ETHERTYPE_C_VLAN);
		gb_write_u16(w, address->tci);
	}
	gb_write_u16(w, GB_ETHERTYPE_GOOSE);
}

size_t benchmark_frame_make(uint8_t *octets, const struct benchmark_address *address, struct benchmark_publisher *publisher,
			    const struct benchmark_message *message, size_t size)
{
	struct gb_writer w = gb_writer(octets, BENCHMARK_FRAME_MAX), check;
	struct shape shape = {.body = least_body(message->kind, strnlen(message->host, BENCHMARK_HOST_NAME - 1))};
	size_t header, pdu;

	if (size && !fit(address->tagged, size, &shape))
		return 0;
	pdu = pdu_octets(&shape);
	put_ethernet(&w, address);
	gb_write_u16(&w, address->appid);
	gb_write_u16(&w, (uint16_t)(GB_GOOSE_HEADER + tlv(pdu) + shape.wide));
	gb_write_u16(&w, SIMULATION);
	gb_write_u16(&w, 0);
	put_header_of(&w, 0x61, pdu, (unsigned)(tlv(pdu) - pdu - 1) + shape.wide);
	put_fields(&w, publisher, benchmark_is_common(address->destination), message->stream, shape.more);
	put_header(&w, 0xAB, data_octets(&shape));
	put_header(&w, 0x89, BENCHMARK_HEADER);
	header = w.length;
	gb_write_u32(&w, MAGIC);
	gb_write_u8(&w, (uint8_t)message->kind);
	gb_write_u8(&w, message->synchronised ? SYNCHRONISED : 0);
	gb_write_u8(&w, (uint8_t)message->stream);
	gb_write_u8(&w, 0);
	gb_write_u64(&w, message->run);
	gb_write_u64(&w, message->number);
	gb_write_u64(&w, 0);
	put_header(&w, 0x89, shape.body);
	put_body(&w, message, shape.body);
	if (w.bad)
		return 0;
	check = gb_writer(octets + header + CHECK_AT, CHECK_OCTETS);
	gb_write_u64(&check, check_of(octets, w.length, header + CHECK_AT));
	return w.length;
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

static bool has_our_reference(const struct gb_pdu *pdu)
{
	return pdu->gocb_ref.length == REFERENCE_OCTETS &&
	       memcmp(pdu->gocb_ref.octets, BENCHMARK_REFERENCE, sizeof(BENCHMARK_REFERENCE) - 1) == 0;
}

/* The content of the two octet strings. */
static bool find_strings(const struct gb_pdu *pdu, struct gb_octets string[2])
{
	struct gb_values walk = gb_values(pdu->all_data);
	enum gb_pdu_error error;
	struct gb_value value;

	for (unsigned i = 0; i < 2; i++) {
		if (!gb_values_next(&walk, &value, &error) || value.type != GB_VALUE_OCTET_STRING)
			return false;
		string[i] = value.content;
	}
	return string[0].length == BENCHMARK_HEADER;
}

static bool read_body(struct gb_octets octets, struct benchmark_message *m)
{
	struct gb_reader r = gb_reader(octets.octets, octets.length);
	size_t name;

	switch (m->kind) {
	case BENCHMARK_HERE:
		name = gb_read_u8(&r);
		if (name >= BENCHMARK_HOST_NAME || name > gb_reader_left(&r))
			return false;
		for (size_t i = 0; i < name; i++) {
			uint8_t octet = gb_read_u8(&r);

			m->host[i] = (char)(octet > ' ' && octet < 0x7F ? octet : '?'); /* it gets onto terminals */
		}
		break;
	case BENCHMARK_PONG:
		m->received_utc_ns = gb_read_u64(&r);
		m->answered_utc_ns = gb_read_u64(&r);
		break;
	case BENCHMARK_REPORT:
		m->counts.received = gb_read_u64(&r);
		m->counts.duplicates = gb_read_u64(&r);
		m->counts.reordered = gb_read_u64(&r);
		m->counts.altered = gb_read_u64(&r);
		m->counts.unread = gb_read_u64(&r);
		m->counts.first_utc_ns = gb_read_u64(&r);
		m->counts.last_utc_ns = gb_read_u64(&r);
		break;
	default:
		break;
	}
	return !r.bad;
}

static void read_address(const struct gb_frame *frame, struct benchmark_address *address)
{
	struct gb_reader r = gb_reader(frame->octets, frame->length);
	const uint8_t *addresses = gb_read_octets(&r, sizeof(address->destination) + sizeof(address->source));

	*address = (struct benchmark_address){
		.tagged = frame->tags > 0, .tci = frame->tags ? frame->tag[0].tci : 0, .appid = frame->appid};
	if (!addresses)
		return;
	memcpy(address->destination, addresses, sizeof(address->destination));
	memcpy(address->source, addresses + sizeof(address->destination), sizeof(address->source));
}

enum benchmark_frame_verdict benchmark_frame_read(const uint8_t *octets, size_t length, struct benchmark_message *message,
						  struct benchmark_address *address)
{
	struct gb_octets string[2];
	struct gb_frame frame;
	struct gb_pdu pdu;
	struct gb_reader r;
	size_t at;

	*message = (struct benchmark_message){0};
	if (gb_frame_parse(octets, length, &frame) != GB_FRAME_GOOSE)
		return BENCHMARK_FRAME_FOREIGN;
	read_address(&frame, address);
	if (gb_pdu_of_frame(&frame, &pdu) != GB_PDU_OK)
		return has_our_reference(&pdu) ? BENCHMARK_FRAME_ALTERED : BENCHMARK_FRAME_FOREIGN;
	if (!has_our_reference(&pdu))
		return BENCHMARK_FRAME_FOREIGN;
	if (!find_strings(&pdu, string))
		return BENCHMARK_FRAME_ALTERED;
	r = gb_reader(string[0].octets, string[0].length);
	if (gb_read_u32(&r) != MAGIC)
		return BENCHMARK_FRAME_ALTERED;
	message->kind = (enum benchmark_kind)gb_read_u8(&r);
	message->synchronised = gb_read_u8(&r) & SYNCHRONISED;
	message->stream = gb_read_u8(&r);
	gb_read_u8(&r);
	message->run = gb_read_u64(&r);
	message->number = gb_read_u64(&r);
	at = (size_t)(string[0].octets - octets) + CHECK_AT;
	if (gb_read_u64(&r) != check_of(octets, length, at) || message->stream >= BENCHMARK_STREAMS ||
	    !read_body(string[1], message))
		return BENCHMARK_FRAME_ALTERED;
	return message->kind >= BENCHMARK_CALL && message->kind <= BENCHMARK_REPORT ? BENCHMARK_FRAME_OURS :
										      BENCHMARK_FRAME_FOREIGN;
}
