/* SPDX-License-Identifier: Apache-2.0 */
#include "../../module/snmp/tree.h"

#include "test_snmp.h"

/* As in tree.c, but written plainly. */
static int compare(const struct snmp_oid *a, const struct snmp_oid *b)
{
	for (size_t i = 0;; i++) {
		if (i == a->length || i == b->length)
			return (int)(a->length > i) - (int)(b->length > i);
		if (a->arc[i] != b->arc[i])
			return a->arc[i] < b->arc[i] ? -1 : 1;
	}
}

static struct snmp_oid oid(size_t length, const uint32_t *arc)
{
	struct snmp_oid made = {.length = length};

	memcpy(made.arc, arc, length * sizeof(*arc));
	return made;
}
#define OID(...) oid(sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t), (uint32_t[]){__VA_ARGS__})

static struct snmp_value value_of(const struct gb_snmp_snapshot *s, struct snmp_oid at)
{
	struct snmp_value value;

	assert_true(snmp_tree_get(s, &at, &value));
	return value;
}

/* All instances in the order of a walk. */
static struct snmp_oid *walk(const struct gb_snmp_snapshot *s, size_t *count)
{
	struct snmp_oid at = {0}, *all = NULL;
	struct snmp_value value;

	*count = 0;
	while (snmp_tree_next(s, &at, &value)) {
		if (*count % 4096 == 0)
			all = realloc(all, (*count + 4096) * sizeof(*all));
		assert_non_null(all);
		all[(*count)++] = at;
	}
	return all;
}

static size_t instances_of(const struct gb_snmp_snapshot *s)
{
	size_t count = 0;

	for (size_t t = 0; t < snmp_table_count; t++)
		count += snmp_tables[t]->columns * snmp_tables[t]->rows(s);
	return count;
}

static void a_walk_is_in_order_and_whole(void **state)
{
	struct gb_snmp_snapshot *s = made_up(50);
	size_t count;
	struct snmp_oid *all = walk(s, &count);

	(void)state;
	assert_int_equal(count, instances_of(s));
	for (size_t i = 0; i < count; i++) {
		struct snmp_value got, next;
		struct snmp_oid at = all[i], before = all[i];

		assert_true(i == 0 || compare(&all[i - 1], &all[i]) < 0);
		assert_true(snmp_tree_get(s, &at, &got));
		/* the same is found from just before it: its name less the last arc, or with a smaller last arc */
		before.length--;
		if (i == 0 || compare(&all[i - 1], &before) <= 0) {
			assert_true(snmp_tree_next(s, &before, &next));
			assert_int_equal(compare(&before, &at), 0);
			assert_int_equal(got.type, next.type);
			assert_int_equal(got.number, next.number);
		}
	}
	free(all);
	gb_snmp_snapshot_destroy(s);
}

/* From any OID at all, GETNEXT is the first instance behind it, and GET finds nothing but instances. */
static void next_is_next_from_anywhere(void **state)
{
	struct gb_snmp_snapshot *s = made_up(20);
	uint64_t random = 99;
	size_t count;
	struct snmp_oid *all = walk(s, &count);

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		struct snmp_oid at = all[next_random(&random) % count], next;
		struct snmp_value value;
		size_t i = 0;

		at.length = next_random(&random) % (at.length + 2);
		if (at.length && next_random(&random) % 2)
			at.arc[at.length - 1] += (uint32_t)(next_random(&random) % 5) - 2;
		while (i < count && compare(&all[i], &at) <= 0)
			i++;
		assert_int_equal(snmp_tree_get(s, &at, &value), i > 0 && compare(&all[i - 1], &at) == 0);
		next = at;
		assert_int_equal(snmp_tree_next(s, &next, &value), i < count);
		if (i < count)
			assert_int_equal(compare(&next, &all[i]), 0);
	}
	free(all);
	gb_snmp_snapshot_destroy(s);
}

static void no_rows_no_instances(void **state)
{
	struct gb_snmp_snapshot *s = gb_snmp_snapshot_create(0, 0, 0);
	struct snmp_oid at = OID(3);
	struct snmp_value value;
	size_t count;

	(void)state;
	gb_snmp_snapshot_ready(s);
	free(walk(s, &count));
	assert_int_equal(count, instances_of(s));
	assert_true(snmp_tree_next(s, &at, &value)); /* past the empty tables to the drops */
	assert_int_equal(at.arc[0], 5);
	at = OID(8, 1, 2, 1);
	assert_false(snmp_tree_get(s, &at, &value));
	gb_snmp_snapshot_destroy(s);
}

/* RFC 3416, 4.2.1: an object without this instance, or none at all. */
static void objects_are_told_from_instances(void **state)
{
	const struct snmp_oid objects[] = {OID(1, 1), OID(1, 1, 0), OID(1, 1, 7, 8), OID(8, 1, 2), OID(8, 1, 2, 1),
					   OID(11, 2, 0)};
	const struct snmp_oid none[] = {{0}, OID(1), OID(1, 0), OID(1, 99, 0), OID(8), OID(8, 1), OID(8, 1, 1, 1),
					OID(8, 2, 2, 1), OID(12, 1, 0), OID(99, 1)};

	(void)state;
	for (size_t i = 0; i < COUNT(objects); i++)
		assert_true(snmp_tree_has_object(&objects[i]));
	for (size_t i = 0; i < COUNT(none); i++)
		assert_false(snmp_tree_has_object(&none[i]));
}

static void values_are_those_of_the_snapshot(void **state)
{
	struct gb_snmp_snapshot *s = made_up(3);

	(void)state;
	assert_int_equal(value_of(s, OID(2, 1, 0)).number, UINT64_MAX); /* no bit of a Counter64 is lost */
	assert_int_equal(value_of(s, OID(2, 1, 0)).type, SNMP_COUNTER64);
	assert_int_equal(value_of(s, OID(2, 6, 0)).number, UINT64_MAX - GB_COUNT_errors);
	assert_int_equal(value_of(s, OID(8, 1, 22, 5)).number, (UINT64_C(1) << 32) + 2);
	assert_int_equal(value_of(s, OID(1, 2, 0)).number, 1);
	assert_int_equal(value_of(s, OID(1, 3, 0)).number, 6000);
	assert_int_equal(value_of(s, OID(3, 1, 14, 7)).number, 2); /* native(2) of path 7, legacy(1) of path 0 */
	assert_int_equal(value_of(s, OID(3, 1, 14, 0)).number, 1);
	assert_int_equal(value_of(s, OID(3, 1, 15, 0)).number, 2);
	assert_memory_equal(value_of(s, OID(3, 1, 5, 7)).octets, "\xE0\x00\x01\x64", 4);
	assert_int_equal(value_of(s, OID(3, 1, 4, 0)).number, 0); /* unknown(0) */
	assert_int_equal(value_of(s, OID(3, 1, 5, 0)).length, 0);
	struct snmp_value peer = value_of(s, OID(4, 1, 4, 0, 0, 0, 0, 0, 0, 0, 1, 1, 10, 61, 0, 2));

	assert_int_equal(peer.length, strlen("10.61.0.2 0000000000000001"));
	assert_memory_equal(peer.octets, "10.61.0.2 0000000000000001", peer.length);
	assert_int_equal(value_of(s, OID(4, 1, 10, 0, 0, 0, 0, 0, 0, 0, 1, 1, 10, 61, 0, 2)).number, 10);
	assert_memory_equal(value_of(s, OID(4, 1, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 10, 61, 0, 3)).octets, "10.61.0.3 legacy", 16);
	assert_memory_equal(value_of(s, OID(7, 1, 7, 4)).octets, "early", 5);
	assert_memory_equal(value_of(s, OID(10, 1, 5, 300)).octets, "b", 1);
	gb_snmp_snapshot_destroy(s);
}

/* 0 stands for "before sysUpTime began"; another start of the agent is another value. */
static void discontinuity_is_a_time_stamp(void **state)
{
	struct gb_snmp_snapshot *s = made_up(0);

	(void)state;
	s->agent_started_ns = 10 * (int64_t)TEST_S;
	assert_int_equal(value_of(s, OID(1, 4, 0)).number, 3000);
	assert_int_equal(value_of(s, OID(1, 4, 0)).type, SNMP_TICKS);
	s->agent_started_ns = 50 * (int64_t)TEST_S;
	assert_int_equal(value_of(s, OID(1, 4, 0)).number, 0);
	s->agent_started_ns = -10 * (int64_t)TEST_S; /* snmpd of a host that has run for longer */
	assert_int_equal(value_of(s, OID(1, 4, 0)).number, 5000);
	s->started_ns = 0;
	s->taken_ns = (UINT64_C(1) << 32) * 10000000 + 20000000; /* 497 days: TimeTicks begin again */
	assert_int_equal(value_of(s, OID(1, 3, 0)).number, 2);
	gb_snmp_snapshot_destroy(s);
}

static void times_and_gauges(void **state)
{
	/* 2026-11-24 23:12:11.7 UTC */
	static const uint8_t then[] = {0x07, 0xEA, 11, 24, 23, 12, 11, 7, '+', 0, 0};
	struct snmp_value value;

	(void)state;
	snmp_value_time(&value, UINT64_C(1795561931) * TEST_S + 790000000);
	assert_int_equal(value.length, sizeof(then));
	assert_memory_equal(value.octets, then, sizeof(then));
	snmp_value_time(&value, 0);
	assert_int_equal(value.length, 8);
	assert_memory_equal(value.octets, "\0\0\0\0\0\0\0\0", 8);
	snmp_value_number(&value, SNMP_UNSIGNED, UINT64_C(0x100000001));
	assert_int_equal(value.number, UINT32_MAX);
}

/* What came from the network is UTF-8, and no longer than an SnmpAdminString. */
static void texts_are_clean(void **state)
{
	struct gb_snmp_snapshot *s = gb_snmp_snapshot_create(0, 1, 1);

	(void)state;
	s->stream[0].index = 1;
	strcpy(s->stream[0].key.gocb_ref, "A\xFF\xC3");
	s->event[0].number = 1;
	memset(s->event[0].text, 'x', sizeof(s->event[0].text) - 2);
	s->event[0].text[sizeof(s->event[0].text) - 2] = '\xC3'; /* half a character */
	gb_snmp_snapshot_ready(s);
	assert_int_equal(value_of(s, OID(8, 1, 2, 1)).length, 3);
	assert_memory_equal(value_of(s, OID(8, 1, 2, 1)).octets, "A??", 3);
	assert_int_equal(value_of(s, OID(10, 1, 5, 1)).length, 255);
	assert_int_equal(value_of(s, OID(10, 1, 5, 1)).octets[254], '?');
	gb_snmp_snapshot_destroy(s);
}

static void a_report_becomes_a_snapshot(void **state)
{
	struct gb_event_log *log = gb_event_log_create(2);
	struct gb_peer_view peer = {.sender_id = 5, .frames = 11};
	struct gb_report_rejoin rejoin = {.number = 2, .reason = "why"};
	struct gb_report report = {.version = "9.9", .uptime_ns = 3 * TEST_S, .paths = 1, .peers = 1, .peer = &peer,
				   .events = log, .rejoins = 1, .rejoin = &rejoin};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct gb_event event = {.kind = GB_EVENT_STALLED, .utc_ns = (i + 1) * TEST_S, .value = i};

		gb_event_log_add(log, &event);
	}
	struct gb_stream_view *views = calloc(2, sizeof(*views));

	views[0].index = 4;
	views[1].index = 1;
	report.streams = 2;
	report.stream_counts[0].by_state[GB_STREAM_ACTIVE] = 1;
	report.stream_counts[1].by_state[GB_STREAM_ACTIVE] = 2;
	report.stream_counts[1].refused = UINT64_C(1) << 40;
	struct gb_snmp_snapshot *s = gb_snmp_snapshot_of(&report, views, 10 * TEST_S);

	peer.frames = 0; /* a copy */
	assert_non_null(s);
	assert_int_equal(s->started_ns, 7 * TEST_S);
	assert_int_equal(s->events, 2);
	assert_int_equal(s->event[0].number, 2); /* the first of three is forgotten, and the others keep their numbers */
	assert_int_equal(s->event[1].number, 3);
	assert_non_null(strstr(s->event[1].text, "2 ms"));
	assert_string_equal(s->event[1].kind, "stalled");
	assert_int_equal(s->peer[0].frames, 11);
	assert_memory_equal(value_of(s, OID(1, 1, 0)).octets, "9.9", 3);
	assert_memory_equal(value_of(s, OID(7, 1, 7, 2)).octets, "why", 3);
	assert_int_equal(s->stream[0].index, 1); /* by index now */
	assert_int_equal(value_of(s, OID(9, 4, 0)).number, 3); /* both directions */
	assert_int_equal(value_of(s, OID(9, 7, 0)).number, UINT64_C(1) << 40);
	gb_snmp_snapshot_destroy(s);
	gb_event_log_destroy(log);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_walk_is_in_order_and_whole),
		cmocka_unit_test(next_is_next_from_anywhere),
		cmocka_unit_test(no_rows_no_instances),
		cmocka_unit_test(objects_are_told_from_instances),
		cmocka_unit_test(values_are_those_of_the_snapshot),
		cmocka_unit_test(discontinuity_is_a_time_stamp),
		cmocka_unit_test(times_and_gauges),
		cmocka_unit_test(texts_are_clean),
		cmocka_unit_test(a_report_becomes_a_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
