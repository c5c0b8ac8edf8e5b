/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the room stream share: a table with a clock of its own, messages that are written octet by octet, and what
 * was told.
 */
#ifndef TEST_STREAM_H
#define TEST_STREAM_H

#include "test_pure.h"

#include <goose-bridge/stream.h>

#define MS	UINT64_C(1000000)
#define SECOND	(1000 * MS)
#define BOOTED	(1000 * SECOND)		     /* monotonic, when a test begins */
#define TO_UTC	(UINT64_C(1700000000) * SECOND) /* what UTC is ahead of it */
#define MAX	64
#define REF	"IED1LD0/LLN0$GO$gcb1"
#define DAT_SET "IED1LD0/LLN0$dataset1"

/* A message as it is to be written. */
struct message {
	uint8_t source, destination; /* last octets */
	bool tagged;
	uint16_t tci;
	uint16_t appid;
	uint16_t reserved1;
	const char *ref, *dat_set, *go_id;
	uint32_t ttl, st, sq, conf_rev;
	uint32_t t; /* seconds */
	bool simulation, nds_com;
	bool bad_data; /* numDatSetEntries is not what allData has */
	bool bad_sq; /* sqNum is empty */
	bool bad_ref;
	uint8_t value;
	unsigned values; /* 0 = one */
};

/* MAX views from the one at place FROM on, in the order of the table. Returns how many. */
static inline size_t views_from(const struct gb_streams *streams, size_t from, struct gb_stream_view *views, size_t max)
{
	struct gb_streams_counts counts;
	size_t n = 0;

	gb_streams_counts(streams, &counts);
	for (; n < max && from < counts.streams && from + n < counts.streams; n++) {
		size_t before = from + n + 1;

		assert_int_equal(gb_streams_view(streams, &before, &views[n], 1), 1);
	}
	return n;
}

static const struct message usual = {.source = 1, .destination = 1, .appid = 0x1000, .ref = REF, .dat_set = DAT_SET,
				     .go_id = "gcb1", .ttl = 500, .st = 1, .conf_rev = 7, .t = 1600000000};

struct built {
	uint8_t octets[2048];
	size_t length;
};

static inline void put(struct built *b, const void *octets, size_t length)
{
	assert_true(length <= sizeof(b->octets) - b->length);
	if (length)
		memcpy(b->octets + b->length, octets, length);
	b->length += length;
}

static inline void put_octet(struct built *b, unsigned octet)
{
	put(b, &(uint8_t){(uint8_t)octet}, 1);
}

static inline void put16(struct built *b, unsigned value)
{
	put_octet(b, value >> 8);
	put_octet(b, value & 0xFF);
}

static inline void put_field(struct built *b, unsigned tag, const void *octets, size_t length)
{
	put_octet(b, tag);
	if (length >= 0x80)
		put_octet(b, 0x82);
	if (length >= 0x80)
		put16(b, (unsigned)length);
	else
		put_octet(b, (unsigned)length);
	put(b, octets, length);
}

static inline void put_text(struct built *b, unsigned tag, const char *text)
{
	if (text)
		put_field(b, tag, text, strlen(text));
}

/* Five octets each, as fixed-length encoding has it (IEC 61850-8-1 ed. 2.1, A.3). */
static inline void put_number(struct built *b, unsigned tag, uint32_t value)
{
	uint8_t octets[] = {0, (uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value};

	put_field(b, tag, octets, sizeof(octets));
}

static inline struct built build_pdu(const struct message *m)
{
	struct built b = {0}, data = {0}, pdu = {0};
	uint8_t t[8] = {(uint8_t)(m->t >> 24), (uint8_t)(m->t >> 16), (uint8_t)(m->t >> 8), (uint8_t)m->t};
	unsigned values = m->values ? m->values : 1;

	for (unsigned i = 0; i < values; i++)
		put_field(&data, 0x86, &(uint8_t){m->value}, 1);
	put_text(&b, 0x80, m->bad_ref ? "\xC3\xA4" : m->ref);
	put_number(&b, 0x81, m->ttl);
	put_text(&b, 0x82, m->dat_set);
	put_text(&b, 0x83, m->go_id);
	put_field(&b, 0x84, t, sizeof(t));
	put_number(&b, 0x85, m->st);
	if (m->bad_sq)
		put_field(&b, 0x86, NULL, 0);
	else
		put_number(&b, 0x86, m->sq);
	put_field(&b, 0x87, &(uint8_t){m->simulation}, 1);
	put_number(&b, 0x88, m->conf_rev);
	put_field(&b, 0x89, &(uint8_t){m->nds_com}, 1);
	put_number(&b, 0x8A, values + m->bad_data);
	put_field(&b, 0xAB, data.octets, data.length);
	put_field(&pdu, 0x61, b.octets, b.length);
	return pdu;
}

static inline struct built build(const struct message *m)
{
	struct built pdu = build_pdu(m), b = {0};
	uint8_t addresses[] = {0x01, 0x0C, 0xCD, 0x01, 0x00, m->destination, 0x02, 0, 0, 0, 0, m->source};

	put(&b, addresses, sizeof(addresses));
	if (m->tagged) {
		put16(&b, GB_ETHERTYPE_C_VLAN);
		put16(&b, m->tci);
	}
	put16(&b, GB_ETHERTYPE_GOOSE);
	put16(&b, m->appid);
	put16(&b, (unsigned)(GB_GOOSE_HEADER + pdu.length));
	put16(&b, m->reserved1);
	put16(&b, 0);
	put(&b, pdu.octets, pdu.length);
	return b;
}

struct fixture {
	struct gb_streams *streams;
	uint64_t now;
	unsigned told[GB_EVENT_KIND_COUNT];
	struct gb_event last; /* that was told */
};

static inline void on_event(void *fixture, const struct gb_event *event)
{
	struct fixture *f = fixture;

	f->told[event->kind]++;
	f->last = *event;
}

/* The same with other settings. */
static inline void renew(struct fixture *f, enum gb_stream_direction direction, unsigned max, uint64_t storm)
{
	struct gb_streams_settings settings = {.direction = direction, .max = max, .storm_per_second = storm};

	gb_streams_destroy(f->streams);
	f->streams = gb_streams_create(&settings, on_event, f);
	assert_non_null(f->streams);
	f->now = BOOTED;
	memset(f->told, 0, sizeof(f->told));
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	gb_streams_destroy(f->streams);
	free(f);
	return 0;
}

/* Octets as they come from the interface, in memory that ends where they do. */
static inline void hear_octets(struct fixture *f, const uint8_t *octets, size_t length)
{
	uint8_t *copy = exact(octets, length);
	struct gb_frame frame;

	assert_int_equal(gb_frame_parse(copy, length, &frame), GB_FRAME_GOOSE);
	gb_streams_frames(f->streams, &frame, 1, f->now, f->now + TO_UTC);
	free(copy);
}

static inline void hear(struct fixture *f, const struct message *m)
{
	struct built b = build(m);

	hear_octets(f, b.octets, b.length);
}

/* The usual stream's message with these numbers, and a t that grows with stNum. */
static inline void hear_numbers(struct fixture *f, uint32_t st, uint32_t sq)
{
	struct message m = usual;

	m.st = st;
	m.sq = sq;
	m.t += st;
	hear(f, &m);
}

static inline void expire(struct fixture *f)
{
	while (gb_streams_expire(f->streams, f->now, f->now + TO_UTC) == f->now)
		;
}

/* Time goes on, and the table is asked to look whenever it wants to be. */
static inline void pass(struct fixture *f, uint64_t ns)
{
	uint64_t end = f->now + ns, next;

	while ((next = gb_streams_deadline(f->streams)) != 0 && next <= end) {
		if (next > f->now)
			f->now = next;
		gb_streams_expire(f->streams, f->now, f->now + TO_UTC);
	}
	f->now = end;
}

static inline struct gb_stream_view view_at(struct fixture *f, size_t number)
{
	struct gb_stream_view view;

	memset(&view, 0xA5, sizeof(view));
	assert_int_equal(views_from(f->streams, number, &view, 1), 1);
	return view;
}

/* The one stream that there is. */
static inline struct gb_stream_view only(struct fixture *f)
{
	struct gb_stream_view views[2];

	assert_int_equal(views_from(f->streams, 0, views, 2), 1);
	return views[0];
}

static inline struct gb_streams_counts counts_of(struct fixture *f)
{
	struct gb_streams_counts counts;
	uint64_t sum = 0;

	gb_streams_counts(f->streams, &counts);
	for (unsigned i = 0; i <= GB_STREAM_EXPIRED; i++)
		sum += counts.by_state[i];
	assert_int_equal(sum, counts.streams);
	return counts;
}

static inline unsigned told_in_all(const struct fixture *f)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < GB_EVENT_KIND_COUNT; i++)
		sum += f->told[i];
	return sum;
}

#endif
