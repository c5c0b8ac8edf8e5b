/* SPDX-License-Identifier: Apache-2.0 */
/* datapath/kernel, as far as it is memory alone: the ring's reader, what the programs work with and have counted, and how what
 * they carried gets into the streams. What the kernel would map is made here; time and the kernel's grace periods are as they
 * are.
 */
#include "test_pure.h"

#include "module/datapath/kernel_records.h"
#include "module/datapath/watch.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <linux/bpf.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RING  4096u
#define RECORD_MAX (sizeof(struct gb_kernel_record) + GB_KERNEL_HEAD_MAX)

/* ---- a ring, as a program sees it ----------------------------------------------------------------------------------- */

struct memory {
	uint64_t consumer, producer;
	_Alignas(8) uint8_t data[2 * RING];
	struct kernel_ring ring;
};

static void open_ring(struct memory *m)
{
	memset(m, 0, sizeof(*m));
	m->ring = (struct kernel_ring){.fd = eventfd(0, EFD_NONBLOCK), .size = RING, .consumer = &m->consumer,
				       .producer = &m->producer, .data = m->data};
}

/* Both places at which the kernel maps an octet. */
static void write_at(struct memory *m, uint64_t position, const void *octets, size_t length)
{
	for (size_t i = 0; i < length; i++)
		m->data[(position + i) % RING] = m->data[(position + i) % RING + RING] = ((const uint8_t *)octets)[i];
}

/* Returns where the record's header stands. */
static uint64_t put_record(struct memory *m, const void *octets, size_t length, uint32_t bits)
{
	uint32_t header[2] = {(uint32_t)length | bits, 0};
	uint64_t at = m->producer;
	size_t room = (length + sizeof(header) + 7) / 8 * 8;

	assert_true(at + room - m->consumer <= RING); /* a program would find no room */
	write_at(m, at, header, sizeof(header));
	write_at(m, at + sizeof(header), octets, length);
	m->producer += room;
	return at;
}

static void expect_text(struct memory *m, const char *text)
{
	size_t length = 99;
	const char *got = kernel_ring_next(&m->ring, &length);

	assert_non_null(got);
	assert_int_equal(length, strlen(text));
	assert_memory_equal(got, text, length);
}

static void test_ring_in_order(void **state)
{
	static struct memory m;
	size_t length;

	(void)state;
	open_ring(&m);
	assert_null(kernel_ring_next(&m.ring, &length));
	put_record(&m, "one", 3, 0);
	put_record(&m, "thrown away", 11, BPF_RINGBUF_DISCARD_BIT);
	put_record(&m, "three", 5, 0);
	expect_text(&m, "one");
	assert_int_equal(m.consumer, 0); /* it still is the reader's */
	expect_text(&m, "three");
	kernel_ring_release_but_last(&m.ring);
	assert_int_equal(m.consumer, 16 + 24);
	assert_null(kernel_ring_next(&m.ring, &length));
	kernel_ring_release(&m.ring);
	assert_int_equal(m.consumer, m.producer);
	close(m.ring.fd);
}

/* What a program still writes holds up what is behind it. */
static void test_ring_waits_for_a_writer(void **state)
{
	static struct memory m;
	uint32_t header = 5;
	size_t length;

	(void)state;
	open_ring(&m);
	uint64_t at = put_record(&m, "later", 5, BPF_RINGBUF_BUSY_BIT);

	put_record(&m, "behind", 6, 0);
	assert_null(kernel_ring_next(&m.ring, &length));
	kernel_ring_release(&m.ring);
	assert_int_equal(m.consumer, 0);
	write_at(&m, at, &header, sizeof(header));
	expect_text(&m, "later");
	expect_text(&m, "behind");
	close(m.ring.fd);
}

static void test_ring_goes_round(void **state)
{
	static struct memory m;
	char text[64];

	(void)state;
	open_ring(&m);
	for (unsigned i = 0; i < 10 * RING / 16; i++) {
		snprintf(text, sizeof(text), "record %u, of another length: %.*s", i, (int)(i % 23), "......................");
		put_record(&m, text, strlen(text), 0);
		expect_text(&m, text);
		kernel_ring_release(&m.ring);
	}
	assert_true(m.producer > 10 * RING);
	put_record(&m, "old", 3, 0);
	put_record(&m, "old, too", 8, 0);
	kernel_ring_skip(&m.ring);
	assert_int_equal(m.consumer, m.producer);
	put_record(&m, "new", 3, 0);
	expect_text(&m, "new");
	close(m.ring.fd);
}

/* ---- an engine in plain memory -------------------------------------------------------------------------------------- */

struct fixture {
	struct gb_kernel_engine engine;
	struct gb_kernel_state state;
	struct gb_kernel_config config[2];
	struct gb_kernel_counters counters[3];
	struct memory memory;
	struct gb_datapath datapath;
	struct worker worker;
	struct runtime runtime;
	struct watch watch;
	/* what the direction was shown */
	unsigned looks, misses;
	struct gb_kernel_record last;
};

static int setup(void **state)
{
	struct fixture *f = aligned_alloc(64, (sizeof(*f) + 63) / 64 * 64);

	if (!f)
		return -1;
	memset(f, 0, sizeof(*f));
	open_ring(&f->memory);
	f->engine.state = &f->state;
	f->engine.config = f->config;
	f->engine.counters = f->counters;
	f->engine.cpus = 3;
	f->engine.ring[GB_KERNEL_TO_GOOSE0] = f->memory.ring;
	f->datapath.settings.max_streams = 16;
	f->worker.datapath = &f->datapath;
	f->worker.base = event_base_new();
	f->worker.stats = &f->datapath.worker_stats[0];
	f->worker.events = gb_ring_create(sizeof(struct gb_event), 16);
	f->datapath.told_fd = eventfd(0, EFD_NONBLOCK);
	f->worker.runtime = &f->runtime;
	*state = f;
	return f->worker.base && f->worker.events ? watch_init(&f->watch, &f->worker, GB_STREAM_TO_GOOSE0) : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	watch_release(&f->watch);
	event_base_free(f->worker.base);
	gb_ring_destroy(f->worker.events);
	close(f->datapath.told_fd);
	close(f->memory.ring.fd);
	free(f);
	return 0;
}

/* ---- what the programs work with ------------------------------------------------------------------------------------ */

static struct gb_kernel_engine_use usual_use(void)
{
	static const struct gb_sources none;
	struct gb_kernel_engine_use use = {
		.goose0 = 7, .goose0_up = true, .goose0_mtu = 1504, .network = 3, .network_up = true, .native = true,
		.member = true,
		.source_mac = {2, 0, 0, 0, 0, 9}, .has_mac = true, .port = 61850, .ttl = 10, .dscp = 46, .path_id = 1,
		.path_mtu = 1500, .sender_id = UINT64_C(0x0123456789ABCDEF), .allow_sources = &none,
		.clock_synchronised = true, .max_frame_age_ns = 200000000, .unattended_ns = UINT64_C(300000000000),
	};

	inet_pton(AF_INET, "10.61.0.1", &use.local);
	inet_pton(AF_INET, "239.129.1.100", &use.group);
	return use;
}

static void test_config_says_what_is_used(void **state)
{
	struct fixture *f = *state;
	static const uint8_t mac[6] = {0x01, 0x00, 0x5E, 0x01, 0x01, 0x64}; /* 23 bits of the group: RFC 1112, 6.4 */

	f->engine.use = usual_use();
	f->engine.sources.count = 1;
	inet_pton(AF_INET, "10.0.0.0", &f->engine.sources.prefix[0].address);
	inet_pton(AF_INET, "255.0.0.0", &f->engine.sources.prefix[0].mask);
	f->engine.wanted[GB_KERNEL_TO_NETWORK] = f->engine.wanted[GB_KERNEL_TO_GOOSE0] = true;
	f->engine.attachment[GB_KERNEL_TO_NETWORK] = (struct kernel_attachment){.interface = 7, .begun = true};
	f->engine.attachment[GB_KERNEL_TO_GOOSE0] = (struct kernel_attachment){.interface = 3};
	struct gb_kernel_config c = kernel_config_of(&f->engine, 37000000000);

	assert_int_equal(c.forward[GB_KERNEL_TO_NETWORK], 1);
	assert_int_equal(c.forward[GB_KERNEL_TO_GOOSE0], 0); /* something from before may still wait */
	assert_memory_equal(c.group_mac, mac, 6);
	assert_int_equal(c.port, htons(61850));
	assert_int_equal(c.tos, 46 << 2);
	assert_int_equal(c.goose0_index, 7);
	assert_int_equal(c.network_index, 3);
	assert_int_equal(c.sources, 1);
	assert_int_equal(c.goose0_longest, 1522);
	assert_int_equal(c.source[0].address, f->engine.sources.prefix[0].address.s_addr);
	assert_int_equal(c.source[0].mask, f->engine.sources.prefix[0].mask.s_addr);
	assert_int_equal(c.clock_unsynchronised, 0);
	assert_int_equal(c.tai_offset_ns, 37000000000);
	assert_int_equal(c.hold_ns, 200000000);
	f->engine.attachment[GB_KERNEL_TO_GOOSE0].begun = true;
	assert_int_equal(kernel_config_of(&f->engine, 0).forward[GB_KERNEL_TO_GOOSE0], 1);
	f->engine.wanted[GB_KERNEL_TO_NETWORK] = false;
	assert_int_equal(kernel_config_of(&f->engine, 0).forward[GB_KERNEL_TO_NETWORK], 0);
}

/* Whoever works with one of them goes on doing so undisturbed while the other is written. */
static void test_config_slots(void **state)
{
	struct fixture *f = *state;
	struct gb_kernel_config one = {.ttl = 1}, two = {.ttl = 2}, three = {.ttl = 3};

	kernel_config_write(&f->engine, &one);
	assert_int_equal(f->state.active, 1);
	assert_int_equal(f->config[0].ttl, 0);
	assert_int_equal(f->config[1].ttl, 1);
	kernel_config_write(&f->engine, &one); /* nothing new: nothing is touched */
	assert_int_equal(f->state.active, 1);
	kernel_config_write(&f->engine, &two);
	assert_int_equal(f->state.active, 0);
	assert_int_equal(f->config[1].ttl, 1);
	kernel_config_write(&f->engine, &three);
	assert_int_equal(f->state.active, 1);
	assert_int_equal(f->config[0].ttl, 2);
	assert_int_equal(kernel_config_active(&f->engine)->ttl, 3);
}

static void test_tai_offset_is_whole_seconds(void **state)
{
	int64_t offset = kernel_tai_offset_ns();

	(void)state;
	assert_int_equal(offset % (int64_t)GB_NS_PER_S, 0);
	assert_in_range(offset / (int64_t)GB_NS_PER_S, 0, 60);
}

/* ---- counters ------------------------------------------------------------------------------------------------------- */

static void test_counters_are_the_sum_since_then(void **state)
{
	struct fixture *f = *state;
	struct gb_totals t = {0};

	for (unsigned i = 0; i < 3; i++) {
		f->counters[i].direction[GB_KERNEL_TO_NETWORK] = (struct gb_kernel_direction_counters){
			.frames = 10, .frame_octets = 1000, .tagged = 4, .undecodable = 1, .datagram_octets = 1500,
			.unsupervised = 2, .refused = 1};
		f->counters[i].direction[GB_KERNEL_TO_GOOSE0] = (struct gb_kernel_direction_counters){
			.frames = 20, .frame_octets = 2000, .tagged = 5, .datagram_octets = 3000, .refused = 2};
	}
	f->engine.before[GB_KERNEL_TO_NETWORK] =
		(struct gb_kernel_direction_counters){.frames = 6, .tagged = 3, .frame_octets = 600, .datagram_octets = 900};
	t.counter[GB_COUNT_raw_frames] = 5; /* of the user engine */
	kernel_counters_add(&f->engine, &t);
	assert_int_equal(t.counter[GB_COUNT_raw_frames], 5 + 24 + 3);
	assert_int_equal(t.counter[GB_COUNT_raw_octets], 2400);
	assert_int_equal(t.counter[GB_COUNT_vlan_goose_received], 9);
	assert_int_equal(t.counter[GB_COUNT_goose_received], 15);
	assert_int_equal(t.counter[GB_COUNT_goose_to_ip], 24);
	assert_int_equal(t.counter[GB_COUNT_frames_to_ip], 24);
	assert_int_equal(t.counter[GB_COUNT_octets_to_ip], 3600);
	assert_int_equal(t.counter[GB_COUNT_datagrams_from_ip], 66);
	assert_int_equal(t.counter[GB_COUNT_octets_from_ip], 9000);
	assert_int_equal(t.counter[GB_COUNT_ip_to_goose], 60);
	assert_int_equal(t.counter[GB_COUNT_octets_to_goose], 6000);
	assert_int_equal(t.counter[GB_COUNT_undecodable_headers], 3);
	assert_int_equal(t.counter[GB_COUNT_unsupervised], 6);
	assert_int_equal(t.counter[GB_COUNT_errors], 9);
	assert_int_equal(t.drop[GB_DROP_send_failed], 3);
	assert_int_equal(t.drop[GB_DROP_goose0_failed], 6);
}

/* A program has counted the tag of a frame that it has not counted yet. */
static void test_no_counter_goes_back(void **state)
{
	struct fixture *f = *state;
	struct gb_totals first = {0}, second = {0};

	f->counters[0].direction[GB_KERNEL_TO_NETWORK].frames = 10;
	kernel_counters_add(&f->engine, &first);
	f->counters[0].direction[GB_KERNEL_TO_NETWORK].tagged = 1;
	kernel_counters_add(&f->engine, &second);
	assert_int_equal(second.counter[GB_COUNT_goose_received], first.counter[GB_COUNT_goose_received]);
}

/* ---- what they carried ---------------------------------------------------------------------------------------------- */

static void look(void *arg, const struct gb_kernel_record *record, const struct gb_frame *frame, uint64_t now_ns,
		 uint64_t utc_ns)
{
	struct fixture *f = arg;

	if (!record) {
		f->misses++;
		return;
	}
	assert_int_equal(frame->length, record->frame_length);
	assert_int_equal(now_ns, record->time_ns);
	assert_true(utc_ns > now_ns);
	f->looks++;
	f->last = *record;
}

static void use_records(struct fixture *f)
{
	assert_int_equal(watch_kernel(&f->watch, &f->engine, GB_KERNEL_TO_GOOSE0, look, f), 0);
}

/* A message of one stream, with SQ_NUM; LENGTH octets long if that is more than it needs. */
static size_t put_message(uint8_t *octets, uint8_t sq_num, size_t length)
{
	static const uint8_t begin[] = {0x01, 0x0C, 0xCD, 1, 0, 1, 2, 0, 0, 0, 0, 7, 0x88, 0xB8, 0x10, 0x00, 0, 0, 0, 0, 0, 0};
	static const uint8_t pdu[] = {0x61, 0x2C, 0x80, 1, 'r', 0x81, 2, 0x07, 0xD0, 0x82, 1, 'd', 0x84, 8, 0x5F, 0, 0, 0, 0, 0,
				      0, 0, 0x85, 1, 1, 0x86, 1, 0, 0x88, 1, 1, 0x8A, 1, 1, 0xAB, 0x0A, 0x89, 8, 0, 0, 0, 0, 0,
				      0, 0, 0};
	size_t size = sizeof(begin) + sizeof(pdu);

	memset(octets, 0, length);
	memcpy(octets, begin, sizeof(begin));
	memcpy(octets + sizeof(begin), pdu, sizeof(pdu));
	octets[17] = (uint8_t)(8 + sizeof(pdu));
	octets[sizeof(begin) + 27] = sq_num;
	return length > size ? length : size;
}

struct carried {
	uint8_t sq_num;
	uint64_t time_ns;
	uint64_t received_ns;
	uint64_t missed;
	size_t length;
};

static void put_carried(struct fixture *f, struct carried c)
{
	_Alignas(8) uint8_t octets[RECORD_MAX];
	uint8_t frame[2048];
	size_t length = put_message(frame, c.sq_num, c.length);
	size_t head = length < GB_KERNEL_HEAD_MAX ? length : GB_KERNEL_HEAD_MAX;
	struct gb_kernel_record record = {.time_ns = c.time_ns, .missed = c.missed, .received_ns = c.received_ns,
					  .sequence = c.sq_num, .frame_length = (uint16_t)length,
					  .head_length = (uint16_t)head};

	memcpy(octets, &record, sizeof(record));
	memcpy(octets + sizeof(record), frame, head);
	put_record(&f->memory, octets, sizeof(record) + head, 0);
}

static struct gb_stream_view stream_of(struct fixture *f)
{
	struct gb_stream_view view;
	size_t before = SIZE_MAX;

	assert_int_equal(gb_streams_view(f->watch.streams, &before, &view, 1), 1);
	return view;
}

static void test_records_become_streams(void **state)
{
	struct fixture *f = *state;
	uint64_t now = gb_clock_mono_ns();

	use_records(f);
	for (unsigned i = 0; i < 10; i++) /* some together, some apart */
		put_carried(f, (struct carried){.sq_num = (uint8_t)i, .time_ns = now - 10000000 + i / 3 * 1000000});
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(f->looks, 10);
	assert_int_equal(f->misses, 0);
	assert_int_equal(stream_of(f).frames, 10);
	assert_int_equal(stream_of(f).sq_num, 9);
	assert_int_equal(stream_of(f).lost + stream_of(f).decode_errors, 0);
	assert_int_equal(f->memory.consumer, f->memory.producer);
	/* times are those of the frames, not of the reading */
	assert_true(stream_of(f).last_seen_ns < gb_clock_utc_ns() - 5000000);
}

static void test_a_head_is_a_frame(void **state)
{
	struct fixture *f = *state;

	use_records(f);
	put_carried(f, (struct carried){.time_ns = gb_clock_mono_ns(), .length = 1400});
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(stream_of(f).octets, 1400);
	assert_int_equal(stream_of(f).decode_errors, 0);
}

/* Datagrams that went to the user engine are looked at between them, by the kernel's time of receipt. */
static void test_records_up_to_a_time(void **state)
{
	struct fixture *f = *state;
	uint64_t now = gb_clock_mono_ns(), utc = gb_clock_utc_ns();

	use_records(f);
	for (unsigned i = 0; i < 5; i++)
		put_carried(f, (struct carried){.sq_num = (uint8_t)i, .time_ns = now, .received_ns = utc + i * 1000});
	records_read(f->watch.records, utc - 1);
	assert_int_equal(f->looks, 0);
	records_read(f->watch.records, utc + 2000);
	assert_int_equal(f->looks, 3);
	records_read(f->watch.records, utc + 2999);
	assert_int_equal(f->looks, 3);
	assert_true(f->memory.consumer < f->memory.producer);
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(f->looks, 5);
	assert_int_equal(stream_of(f).frames, 5);
	assert_int_equal(stream_of(f).lost, 0);
	assert_int_equal(f->memory.consumer, f->memory.producer);
}

/* The ring was full: the streams are told where something is missing, once. */
static void test_overflow(void **state)
{
	struct fixture *f = *state;
	uint64_t now = gb_clock_mono_ns();

	use_records(f);
	put_carried(f, (struct carried){.sq_num = 1, .time_ns = now});
	put_carried(f, (struct carried){.sq_num = 50, .time_ns = now + 1, .missed = 48});
	put_carried(f, (struct carried){.sq_num = 53, .time_ns = now + 2, .missed = 48});
	f->state.missed[GB_KERNEL_TO_GOOSE0] = 48;
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(f->misses, 1);
	assert_int_equal(stream_of(f).lost, 2); /* of what was seen on both sides of it */
	f->state.missed[GB_KERNEL_TO_GOOSE0] = 50; /* and nothing came behind it */
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(f->misses, 2);
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(f->misses, 2);
}

/* Maps may be written by whoever has the right; a record that says what cannot be is no reason to read beyond it. */
static void test_records_that_cannot_be(void **state)
{
	struct fixture *f = *state;
	_Alignas(8) uint8_t octets[RECORD_MAX] = {0};
	struct gb_kernel_record record = {.frame_length = 100, .head_length = 100};

	use_records(f);
	put_record(&f->memory, "short", 5, 0);
	memcpy(octets, &record, sizeof(record));
	put_record(&f->memory, octets, sizeof(record) + 99, 0);
	record.frame_length = 99;
	memcpy(octets, &record, sizeof(record));
	put_record(&f->memory, octets, sizeof(record) + 100, 0);
	put_carried(f, (struct carried){.sq_num = 1, .time_ns = gb_clock_mono_ns()});
	records_read(f->watch.records, RECORDS_ALL);
	assert_int_equal(f->looks, 1);
	assert_int_equal(stream_of(f).frames, 1);
}

/* ---- when ----------------------------------------------------------------------------------------------------------- */

static void wake(struct fixture *f)
{
	eventfd_write(f->memory.ring.fd, 1);
}

static void test_reads_when_woken_and_then_waits(void **state)
{
	struct fixture *f = *state;

	use_records(f);
	assert_int_equal(f->state.waiting[GB_KERNEL_TO_GOOSE0], 1);
	put_carried(f, (struct carried){.time_ns = gb_clock_mono_ns()});
	f->state.waiting[GB_KERNEL_TO_GOOSE0] = 0; /* as the program does */
	wake(f);
	event_base_loop(f->worker.base, EVLOOP_ONCE);
	assert_int_equal(f->looks, 1);
	assert_int_equal(f->state.waiting[GB_KERNEL_TO_GOOSE0], 0);
	put_carried(f, (struct carried){.sq_num = 1, .time_ns = gb_clock_mono_ns()}); /* nobody is woken for it */
	event_base_loop(f->worker.base, EVLOOP_ONCE);
	assert_int_equal(f->looks, 2);
	while (f->state.waiting[GB_KERNEL_TO_GOOSE0] == 0) /* turns without a record */
		event_base_loop(f->worker.base, EVLOOP_ONCE);
	put_carried(f, (struct carried){.sq_num = 2, .time_ns = gb_clock_mono_ns()}); /* by one that had not seen it */
	event_base_loop(f->worker.base, EVLOOP_ONCE);
	assert_int_equal(f->looks, 3);
}

/* Records may be there before the worker knows what it works with. */
static void test_a_worker_that_has_just_begun(void **state)
{
	struct fixture *f = *state;

	f->worker.runtime = NULL;
	use_records(f);
	put_carried(f, (struct carried){.time_ns = gb_clock_mono_ns()});
	wake(f);
	event_base_loop(f->worker.base, EVLOOP_ONCE);
	assert_int_equal(f->looks, 0);
	f->worker.runtime = &f->runtime;
	event_base_loop(f->worker.base, EVLOOP_ONCE);
	assert_int_equal(f->looks, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring_in_order),
		cmocka_unit_test(test_ring_waits_for_a_writer),
		cmocka_unit_test(test_ring_goes_round),
		TEST(test_config_says_what_is_used),
		TEST(test_config_slots),
		cmocka_unit_test(test_tai_offset_is_whole_seconds),
		TEST(test_counters_are_the_sum_since_then),
		TEST(test_no_counter_goes_back),
		TEST(test_records_become_streams),
		TEST(test_a_head_is_a_frame),
		TEST(test_records_up_to_a_time),
		TEST(test_overflow),
		TEST(test_records_that_cannot_be),
		TEST(test_reads_when_woken_and_then_waits),
		TEST(test_a_worker_that_has_just_begun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
