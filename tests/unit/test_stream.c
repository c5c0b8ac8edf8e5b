/* SPDX-License-Identifier: Apache-2.0 */
/* stream: what frames make of a stream: its fields, its counters, its events. */
#include "test_stream.h"

/* ---- one stream ----------------------------------------------------------------------------------------------------- */

static void test_fields(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	struct gb_stream_detail detail;

	m.tagged = true;
	m.tci = 0xC064;
	m.st = 5;
	m.sq = 3;
	m.nds_com = true;
	m.values = 2;
	m.value = 9;
	struct built b = build(&m);

	hear(f, &m);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.index, 2);
	assert_int_equal(v.key.direction, GB_STREAM_TO_GOOSE0);
	assert_memory_equal(v.key.destination, b.octets, 6);
	assert_memory_equal(v.key.source, b.octets + 6, 6);
	assert_int_equal(v.key.vlan_id, 100);
	assert_int_equal(v.key.appid, 0x1000);
	assert_true(v.key.has_source && v.key.has_destination && v.key.has_vlan_id && v.key.has_appid);
	assert_string_equal(v.key.gocb_ref, REF);
	assert_int_equal(v.vlan_priority, 6);
	assert_true(v.tagged);
	assert_int_equal(v.state, GB_STREAM_NEW);
	assert_false(v.listed || v.learned || v.storm || v.simulation);
	assert_string_equal(v.dat_set, DAT_SET);
	assert_string_equal(v.go_id, "gcb1");
	assert_int_equal(v.conf_rev, 7);
	assert_int_equal(v.st_num, 5);
	assert_int_equal(v.sq_num, 3);
	assert_int_equal(v.time_allowed_to_live_ms, 500);
	assert_int_equal(v.num_dat_set_entries, 2);
	assert_true(v.nds_com);
	assert_true(v.t_ns == m.t * SECOND);
	assert_int_equal(v.frames, 1);
	assert_int_equal(v.octets, b.length);
	assert_int_equal(v.lost + v.out_of_order + v.duplicates + v.state_changes, 0);
	assert_true(v.first_seen_ns == BOOTED + TO_UTC && v.last_seen_ns == BOOTED + TO_UTC);
	assert_int_equal(v.interval_ns, 0);
	assert_int_equal(v.expired_ns, 0);
	f->now += 4 * MS;
	m.sq++;
	m.value = 10;
	hear(f, &m);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_int_equal(v.frames, 2);
	assert_int_equal(v.octets, 2 * b.length);
	assert_int_equal(v.interval_ns, 4 * MS);
	assert_true(v.first_seen_ns == BOOTED + TO_UTC && v.last_seen_ns == f->now + TO_UTC);
	/* in full, with the values of the latest */
	assert_int_equal(gb_streams_detail(f->streams, v.index, &detail), 0);
	assert_memory_equal(detail.all_data, "\x86\x01\x0A\x86\x01\x0A", 6);
	assert_int_equal(detail.all_data_length, 6);
	assert_false(detail.all_data_cut);
	assert_int_equal(detail.view.sq_num, 4);
	assert_int_equal(gb_streams_detail(f->streams, 3, &detail), -2);
	assert_int_equal(gb_streams_detail(f->streams, 0, &detail), -2);
	assert_int_equal(told_in_all(f), 0);
}

static void test_long_fields(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	char text[GB_PDU_TEXT_MAX + 1];
	struct gb_stream_detail detail;

	memset(text, 'x', GB_PDU_TEXT_MAX);
	text[GB_PDU_TEXT_MAX] = '\0';
	m.ref = m.dat_set = m.go_id = text;
	m.values = 99; /* of 3 octets */
	hear(f, &m);
	struct gb_stream_view v = only(f);

	assert_string_equal(v.key.gocb_ref, text);
	assert_string_equal(v.dat_set, text);
	assert_string_equal(v.go_id, text);
	assert_int_equal(gb_streams_detail(f->streams, v.index, &detail), 0);
	assert_true(detail.all_data_cut);
	assert_int_equal(detail.all_data_length, GB_STREAM_DATA_MAX);
	/* shorter ones leave nothing behind */
	m.dat_set = "d";
	m.go_id = NULL;
	m.values = 1;
	m.st++;
	hear(f, &m);
	v = only(f);
	assert_string_equal(v.dat_set, "d");
	assert_string_equal(v.go_id, "");
	assert_int_equal(gb_streams_detail(f->streams, v.index, &detail), 0);
	assert_false(detail.all_data_cut);
	assert_int_equal(detail.all_data_length, 3);
}

static void test_counters(void **state)
{
	struct fixture *f = *state;
	static const uint32_t numbers[][2] = {
		{4, 0}, {4, 1}, {4, 1}, /* duplicate */
		{4, 4},			/* 2 lost */
		{4, 3},			/* late: it is one of these */
		{5, 0},			/* state */
		{7, 1},			/* state, 2 lost */
	};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		f->now += MS;
		hear_numbers(f, numbers[i][0], numbers[i][1]);
	}
	struct gb_stream_view v = only(f);

	assert_int_equal(v.frames, COUNT(numbers));
	assert_int_equal(v.duplicates, 1);
	assert_int_equal(v.out_of_order, 1);
	assert_int_equal(v.state_changes, 2);
	assert_int_equal(v.lost, 4);
	assert_int_equal(v.recovered, 1);
	assert_int_equal(v.st_num, 7);
	assert_int_equal(v.sq_num, 1);
	assert_int_equal(v.restarts + v.replays_suspected, 0);
	assert_int_equal(told_in_all(f), 0);
}

/* A publisher begins anew: with stNum 1 and a newer t, at once; and after silence with any numbers. */
static void test_publisher_restarts(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	hear_numbers(f, 20, 5);
	f->now += 300 * MS;
	m.t += 100;
	hear(f, &m);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.restarts, 1);
	assert_int_equal(v.st_num, 1);
	assert_int_equal(v.lost, 0);
	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_int_equal(told_in_all(f), 0);
	pass(f, 10 * SECOND);
	assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
	m.t = 0; /* no clock yet */
	hear(f, &m);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_EXPIRED); /* it is a copy of what has come: (1, 0) */
	m.sq++;
	hear(f, &m);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_int_equal(v.replays_suspected, 0);
}

static void test_conf_rev(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	hear(f, &m);
	m.sq++;
	m.conf_rev = 9;
	m.dat_set = "other";
	hear(f, &m);
	hear(f, &m); /* a copy tells nothing new */
	struct gb_stream_view v = only(f);

	assert_int_equal(v.conf_rev_changes, 1);
	assert_int_equal(v.conf_rev, 9);
	assert_string_equal(v.dat_set, "other");
	assert_int_equal(f->told[GB_EVENT_STREAM_CONF_REV], 1);
	assert_int_equal(told_in_all(f), 1);
	assert_true(f->last.value == gb_event_pair(7, 9));
	assert_true(f->last.utc_ns == f->now + TO_UTC);
	assert_int_equal(f->last.stream.index, v.index);
	assert_true(f->last.stream.from_network);
	assert_int_equal(f->last.stream.appid, 0x1000);
	assert_memory_equal(f->last.stream.source, v.key.source, 6);
	assert_string_equal(f->last.stream.gocb_ref, REF);
}

static void test_replay(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 20, 5);
	f->now += 100 * MS;
	hear_numbers(f, 12, 3);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.replays_suspected, 1);
	assert_int_equal(v.st_num, 20);
	assert_int_equal(v.sq_num, 5);
	assert_int_equal(v.frames, 2);
	assert_int_equal(f->told[GB_EVENT_STREAM_REPLAY], 1);
	assert_true(f->last.value == gb_event_pair(12, 3));
	hear_numbers(f, 20, 6);
	assert_int_equal(only(f).lost, 0);
}

/* ---- simulation ----------------------------------------------------------------------------------------------------- */

static void test_simulation_beside_the_real_one(void **state)
{
	struct fixture *f = *state;
	struct message real = usual, pdu = usual, header = usual;
	struct gb_stream_view views[4];

	pdu.simulation = true;
	header.reserved1 = 0x8000;
	real.st = 100;
	for (unsigned i = 0; i < 100; i++, f->now += MS) {
		hear(f, &real);
		hear(f, i % 2 ? &pdu : &header);
		real.sq++;
		pdu.sq = header.sq = i + 1;
	}
	assert_int_equal(views_from(f->streams, 0, views, 4), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(views[i].simulation, i);
		assert_int_equal(views[i].state, i ? GB_STREAM_TEST : GB_STREAM_ACTIVE);
		assert_int_equal(views[i].frames, 100);
		assert_int_equal(views[i].lost + views[i].out_of_order + views[i].duplicates + views[i].replays_suspected, 0);
	}
	/* the real one falls silent, and no test set hides it */
	for (unsigned i = 0; i < 100; i++) {
		pass(f, 10 * MS);
		pdu.sq++;
		hear(f, &pdu);
	}
	views_from(f->streams, 0, views, 4);
	assert_int_equal(views[0].state, GB_STREAM_EXPIRED);
	assert_int_equal(views[1].state, GB_STREAM_TEST);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	/* that the test ends is no alarm, and that it goes on neither */
	pass(f, SECOND);
	views_from(f->streams, 0, views, 4);
	assert_int_equal(views[1].state, GB_STREAM_EXPIRED);
	assert_int_equal(views[1].expirations, 1);
	pdu.sq++;
	hear(f, &pdu);
	views_from(f->streams, 0, views, 4);
	assert_int_equal(views[1].state, GB_STREAM_TEST);
	assert_int_equal(told_in_all(f), 1);
	assert_int_equal(counts_of(f).events_refused, 0);
}

/* ---- what cannot be decoded ----------------------------------------------------------------------------------------- */

static void test_undecodable(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	struct built b = build(&m);

	b.octets[16] = 0xFF; /* Length */
	hear_octets(f, b.octets, b.length);
	hear_octets(f, b.octets, 14);
	m.bad_ref = true;
	hear(f, &m);
	struct gb_streams_counts c = counts_of(f);

	assert_int_equal(c.undecodable, 3);
	assert_int_equal(c.decode_errors, 3);
	assert_int_equal(c.streams, 0);
}

/* With its numbers it is a message like others, but its values are not kept. */
static void test_bad_data(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	struct gb_stream_detail detail;

	m.value = 1;
	hear(f, &m);
	pass(f, 400 * MS);
	m.sq++;
	m.bad_data = true;
	hear(f, &m);
	pass(f, 400 * MS);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.decode_errors, 1);
	assert_int_equal(v.last_error, GB_PDU_ENTRIES);
	assert_int_equal(v.sq_num, 1);
	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_int_equal(counts_of(f).decode_errors, 1);
	assert_int_equal(counts_of(f).undecodable, 0);
	assert_int_equal(gb_streams_detail(f->streams, v.index, &detail), 0);
	assert_int_equal(detail.all_data_length, 3);
}

/* Without them it is counted, and does nothing else; least of all keep the stream alive. */
static void test_bad_numbers(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	m.bad_sq = true;
	hear(f, &m);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	hear(f, &m);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.state, GB_STREAM_NEW);
	assert_int_equal(v.decode_errors, 2);
	assert_int_equal(v.last_error, GB_PDU_FIELD_SIZE);
	for (unsigned i = 0; i < 30; i++) {
		hear(f, &m);
		pass(f, SECOND);
	}
	assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
	m.bad_sq = false;
	hear(f, &m);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_NEW);
	assert_int_equal(v.st_num, 1);
	assert_int_equal(v.lost, 0);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 1);
	assert_int_equal(f->last.value, 0);
}

/* ---- captures ------------------------------------------------------------------------------------------------------- */

static uint32_t le32(const uint8_t *octets)
{
	return (uint32_t)octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16 | (uint32_t)octets[3] << 24;
}

/* A capture of libpcap's classic format, at the times that it says. Returns how many frames it has. */
static unsigned hear_capture(struct fixture *f, const char *name)
{
	static uint8_t octets[65536];
	char path[512];
	uint64_t first = 0;
	unsigned frames = 0;

	renew(f, GB_STREAM_TO_NETWORK, MAX, 0);
	snprintf(path, sizeof(path), GB_TOP_SRCDIR "/tests/data/pcap/%s.pcap", name);
	FILE *file = fopen(path, "rbe");

	assert_non_null(file);
	size_t length = fread(octets, 1, sizeof(octets), file);

	fclose(file);
	for (size_t at = 24; at < length; frames++) {
		uint64_t time = le32(octets + at) * SECOND + le32(octets + at + 4) * 1000;
		size_t size = le32(octets + at + 8);

		first = frames ? first : time;
		f->now = BOOTED + time - first;
		expire(f);
		hear_octets(f, octets + at + 16, size);
		at += 16 + size;
	}
	return frames;
}

static void expect_clean(const struct gb_stream_view *v)
{
	assert_int_equal(v->lost, 0);
	assert_int_equal(v->out_of_order, 0);
	assert_int_equal(v->duplicates, 0);
	assert_int_equal(v->restarts, 0);
	assert_int_equal(v->replays_suspected, 0);
	assert_int_equal(v->decode_errors, 0);
	assert_int_equal(v->expirations, 0);
}

static void test_captures_that_wrap(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hear_capture(f, "goose_sqnum_stnum_wrap"), 8);
	struct gb_stream_view v = only(f);

	expect_clean(&v);
	assert_int_equal(v.index, 1);
	assert_int_equal(v.key.direction, GB_STREAM_TO_NETWORK);
	assert_string_equal(v.key.gocb_ref, "simpleIOGenericIO/LLN0$GO$gcbAnalogValues");
	assert_int_equal(v.st_num, 1);
	assert_int_equal(v.sq_num, 1);
	assert_int_equal(v.state_changes, 1);
	assert_int_equal(v.frames, 8);
	assert_int_equal(hear_capture(f, "goose_stnum_wrap"), 8);
	v = only(f);
	expect_clean(&v);
	assert_int_equal(v.st_num, 2);
	assert_int_equal(v.state_changes, 3);
	assert_int_equal(told_in_all(f), 0);
}

static void test_other_captures(void **state)
{
	static const struct {
		const char *name;
		unsigned frames;
		uint16_t appid, vlan_id;
		uint8_t priority;
		bool tagged, simulation, nds_com;
	} captures[] = {
		{"goose_simulation", 4, 0x1000, 0, 4, true, true, false},
		{"goose_ndscom", 4, 0x1000, 0, 4, true, false, true},
		{"goose_tagged_prio0_vid4095", 3, 0x1000, 4095, 0, true, false, false},
		{"goose_tagged_vid100_prio6_mac0011", 6, 0x0011, 100, 6, true, false, false},
		{"goose_trip_appid_8001_mac01ff", 4, 0x8001, 0, 4, true, false, false},
		{"goose_untagged_alltypes_statechg", 12, 0x0001, 0, 0, false, false, false},
		{"goose_tagged_alltypes_statechg", 12, 0x1000, 0, 4, true, false, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT(captures); i++) {
		print_message("%s\n", captures[i].name);
		assert_int_equal(hear_capture(f, captures[i].name), captures[i].frames);
		struct gb_stream_view v = only(f);

		expect_clean(&v);
		assert_int_equal(v.frames, captures[i].frames);
		assert_int_equal(v.state, captures[i].simulation ? GB_STREAM_TEST : GB_STREAM_ACTIVE);
		assert_int_equal(v.key.appid, captures[i].appid);
		assert_int_equal(v.key.vlan_id, captures[i].vlan_id);
		assert_int_equal(v.vlan_priority, captures[i].priority);
		assert_int_equal(v.tagged, captures[i].tagged);
		assert_int_equal(v.simulation, captures[i].simulation);
		assert_int_equal(v.nds_com, captures[i].nds_com);
		assert_int_equal(v.time_allowed_to_live_ms, 500);
	}
	assert_int_equal(told_in_all(f), 0);
}

/* A publisher that lets more time pass than it says: each message comes after the stream has been given up. */
static void test_capture_of_an_impatient_publisher(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(hear_capture(f, "l2_example_libiec61850"), 4);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.time_allowed_to_live_ms, 500);
	assert_in_range(v.interval_ns, 999 * MS, 1001 * MS);
	assert_int_equal(v.expirations, 3);
	assert_int_equal(v.lost, 0);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 3);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_fields, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_publisher_restarts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_conf_rev, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_simulation_beside_the_real_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_undecodable, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_data, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_captures_that_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_captures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_capture_of_an_impatient_publisher, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
