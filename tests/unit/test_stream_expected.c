/* SPDX-License-Identifier: Apache-2.0 */
/* stream: expected streams: silent ones are found, the right ones take their places, and nothing pushes them out. */
#include "test_stream.h"

#include <errno.h>

#define USUAL REF " source=02:00:00:00:00:01 destination=01:0c:cd:01:00:01 vlan=0 appid=0x1000"

static struct gb_stream_expected parsed(const char *text)
{
	struct gb_stream_expected e;
	char why[GB_STREAM_WHY] = "";

	if (gb_stream_expected_parse(text, &e, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	return e;
}

static int list(struct fixture *f, const char *text)
{
	struct gb_stream_expected e = parsed(text);

	return gb_streams_expect(f->streams, &e, f->now);
}

static int learn(struct fixture *f, const char *text)
{
	struct gb_stream_expected e = parsed(text);

	e.learned = true;
	return gb_streams_expect(f->streams, &e, f->now);
}

static unsigned forget(struct fixture *f, const char *text)
{
	struct gb_stream_expected e = parsed(text);

	return gb_streams_forget(f->streams, &e.key);
}

/* The bridge has restarted, and the stream does not come back. */
static void test_silent_since_the_start(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(learn(f, USUAL " ttl=4000 index=46"), 0);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.state, GB_STREAM_EXPECTED);
	assert_true(v.listed && v.learned);
	assert_int_equal(v.index, 46);
	assert_int_equal(v.time_allowed_to_live_ms, 4000);
	assert_int_equal(v.frames, 0);
	assert_int_equal(v.first_seen_ns, 0);
	pass(f, 4000 * MS);
	assert_int_equal(only(f).state, GB_STREAM_EXPECTED);
	pass(f, 20 * MS);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_EXPIRED);
	assert_int_equal(v.expirations, 1);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	assert_int_equal(f->last.value, -4000); /* never heard */
	assert_int_equal(f->last.stream.index, 46);
	assert_int_equal(f->last.stream.appid, 0x1000);
	assert_string_equal(f->last.stream.gocb_ref, REF);
	/* at last */
	hear_numbers(f, 5, 5);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_NEW);
	assert_int_equal(v.index, 46);
	assert_int_equal(v.lost, 0);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 1);
	assert_int_equal(f->last.value, 0);
}

static void test_comes_back_in_time(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(list(f, REF), 0);
	assert_int_equal(only(f).time_allowed_to_live_ms, GB_STREAM_DEFAULT_TAL_MS);
	pass(f, (GB_STREAM_DEFAULT_TAL_MS - 1) * MS);
	hear_numbers(f, 5, 5);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	hear_numbers(f, 5, 6);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_true(v.listed);
	assert_false(v.learned);
	assert_int_equal(v.frames, 2);
	assert_int_equal(told_in_all(f), 0);
	pass(f, SECOND); /* from then on its own timeAllowedtoLive counts */
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	assert_int_equal(f->last.value, 500);
}

static void test_only_what_fits_takes_the_place(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	assert_int_equal(list(f, REF " appid=0x1000 vlan=100"), 0);
	hear(f, &m);
	m.tagged = true;
	m.tci = 0x8064;
	m.appid = 0x1001;
	hear(f, &m);
	m.appid = 0x1000;
	m.ref = REF "x";
	hear(f, &m);
	m.ref = REF;
	m.simulation = true; /* a test set does not stand in for the device */
	hear(f, &m);
	assert_int_equal(counts_of(f).streams, 5);
	assert_int_equal(view_at(f, 0).state, GB_STREAM_EXPECTED);
	assert_false(view_at(f, 0).key.has_source);
	assert_true(view_at(f, 0).key.has_vlan_id);
	m.simulation = false;
	hear(f, &m);
	struct gb_stream_view v = view_at(f, 0);

	assert_int_equal(counts_of(f).streams, 5);
	assert_int_equal(v.state, GB_STREAM_NEW);
	assert_true(v.key.has_source && v.key.has_destination);
	assert_int_equal(v.key.source[5], 1);
	assert_int_equal(v.key.vlan_id, 100);
	/* the place is taken */
	m.source = 7;
	hear(f, &m);
	assert_int_equal(counts_of(f).streams, 6);
	assert_false(view_at(f, 5).listed);
	m.sq++;
	m.source = 1;
	hear(f, &m);
	assert_int_equal(view_at(f, 0).state, GB_STREAM_ACTIVE);
	assert_int_equal(counts_of(f).streams, 6);
}

/* The device was replaced: where its address was left open, the new one takes the place of the silent one. */
static void test_another_takes_the_place_of_a_silent_one(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	assert_int_equal(list(f, REF), 0);
	hear(f, &m);
	pass(f, SECOND);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	m.source = 2;
	m.st = 3;
	hear(f, &m);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.key.source[5], 2);
	assert_int_equal(v.frames, 2);
	assert_int_equal(v.lost, 0);
	assert_int_equal(v.st_num, 3);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 1);
	/* the old one is another stream now, and of the old listed one nothing is left where it was found */
	m.source = 1;
	hear(f, &m);
	assert_int_equal(counts_of(f).streams, 2);
	assert_int_equal(view_at(f, 0).frames, 2);
	/* back and forth */
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	assert_int_equal(list(f, REF), 0);
	for (unsigned i = 0; i < 10; i++) {
		m.source = (uint8_t)(1 + i % 2);
		hear(f, &m);
		assert_int_equal(only(f).frames, i + 1);
		pass(f, SECOND);
	}
	/* what was learned of another publisher is another stream */
	assert_int_equal(learn(f, USUAL), 0);
	assert_int_equal(counts_of(f).streams, 2);
	/* one whose address was said does not change its */
	m.source = 1;
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	assert_int_equal(list(f, REF " source=02:00:00:00:00:01"), 0);
	hear(f, &m);
	pass(f, SECOND);
	m.source = 2;
	hear(f, &m);
	assert_int_equal(counts_of(f).streams, 2);
}

/* The same stream said twice, in configuration and state file, in either order, is one. */
static void test_said_twice(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(list(f, REF), 0);
	assert_int_equal(learn(f, USUAL " ttl=500 index=80"), 0);
	struct gb_stream_view v = only(f);

	assert_true(v.listed && !v.learned);
	assert_int_equal(v.index, 80);
	assert_true(v.key.has_source);
	pass(f, 19 * SECOND); /* what was said first counts */
	assert_int_equal(only(f).state, GB_STREAM_EXPECTED);
	hear_numbers(f, 1, 0);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	pass(f, SECOND);
	struct message other = usual; /* the configuration leaves open which publisher it is */

	other.source = 9;
	hear(f, &other);
	assert_int_equal(only(f).key.source[5], 9);

	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	assert_int_equal(learn(f, USUAL " ttl=500"), 0);
	assert_int_equal(list(f, REF " appid=0x1000"), 0);
	assert_int_equal(list(f, REF), 0);
	assert_int_equal(list(f, REF), 0);
	v = only(f);
	assert_true(v.listed && !v.learned);
	assert_int_equal(counts_of(f).listed, 1);
	/* what says more is another */
	assert_int_equal(list(f, REF " appid=0x2000"), 0);
	assert_int_equal(counts_of(f).streams, 2);
}

static void test_a_living_one_is_listed(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 1, 0);
	hear_numbers(f, 1, 1);
	assert_int_equal(list(f, REF " index=90"), 0);
	struct gb_stream_view v = only(f);

	assert_true(v.listed);
	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_int_equal(v.index, 2); /* it stays */
	assert_int_equal(v.frames, 2);
	assert_int_equal(v.time_allowed_to_live_ms, 500);
}

static void test_a_simulation_is_not_listed(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	m.simulation = true;
	hear(f, &m);
	assert_int_equal(list(f, REF), 0);
	assert_int_equal(counts_of(f).streams, 2);
	assert_int_equal(view_at(f, 1).state, GB_STREAM_EXPECTED);
}

static void test_forget_in_any_order(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(list(f, (const char *[]){"a", "b", "c", "d"}[i]), 0);
	assert_int_equal(forget(f, "a"), 1);
	assert_int_equal(forget(f, "d"), 1);
	assert_int_equal(forget(f, "c"), 1);
	assert_string_equal(only(f).key.gocb_ref, "b");
}

static void test_forget(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	assert_int_equal(list(f, REF), 0);
	assert_int_equal(list(f, "other appid=0x1"), 0);
	assert_int_equal(list(f, "other appid=0x2"), 0);
	hear(f, &m);
	assert_int_equal(forget(f, "nobody"), 0);
	assert_int_equal(forget(f, REF " direction=to_network"), 0);
	assert_int_equal(forget(f, "other appid=0x2 vlan=0"), 0);
	assert_int_equal(forget(f, REF), 1); /* alive: it stays as any other does */
	assert_int_equal(counts_of(f).streams, 3);
	assert_int_equal(counts_of(f).listed, 2);
	assert_int_equal(forget(f, REF), 0);
	assert_int_equal(forget(f, "other appid=0x2"), 1);
	assert_int_equal(counts_of(f).streams, 2);
	assert_int_equal(forget(f, "other"), 1);
	pass(f, 60 * SECOND);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1); /* of the one that lived */
	assert_int_equal(forget(f, REF), 1); /* one that has expired goes, listed or not */
	assert_int_equal(counts_of(f).streams, 0);
	assert_int_equal(gb_streams_deadline(f->streams), 0);
	/* and all of it can be used again */
	for (unsigned i = 0; i < MAX; i++) {
		m.appid = (uint16_t)i;
		hear(f, &m);
	}
	assert_int_equal(counts_of(f).streams, MAX);
	assert_int_equal(counts_of(f).reused, 0);
}

/* Listed ones are pushed out by nobody, alive, expected or expired. */
static void test_listed_stay(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	char text[64];

	for (unsigned i = 0; i < MAX / 2; i++) {
		snprintf(text, sizeof(text), "listed%u ttl=%u", i, i % 2 ? 1 : 60000);
		assert_int_equal(list(f, text), 0);
	}
	pass(f, SECOND);
	for (unsigned i = 0; i < 1000; i++) {
		m.appid = (uint16_t)i;
		m.ttl = 1;
		hear(f, &m);
		pass(f, 12 * MS); /* found within 9 */
	}
	assert_int_equal(counts_of(f).listed, MAX / 2);
	assert_int_equal(counts_of(f).streams, MAX);
	assert_int_equal(counts_of(f).refused, 0);
	for (unsigned i = 0; i < MAX / 2; i++) {
		snprintf(text, sizeof(text), "listed%u", i);
		m.ref = text;
		m.ttl = 60000;
		hear(f, &m);
	}
	assert_int_equal(counts_of(f).by_state[GB_STREAM_NEW], MAX / 2);
	assert_int_equal(counts_of(f).streams, MAX);
	/* once it is off the list, an expired one can go */
	pass(f, 100 * SECOND);
	assert_int_equal(forget(f, "listed0"), 1);
}

static void test_no_room(void **state)
{
	struct fixture *f = *state;
	char text[128];

	assert_int_equal(list(f, REF " direction=to_network"), -EINVAL);
	struct gb_stream_expected nobody = {.key.direction = GB_STREAM_TO_GOOSE0};

	assert_int_equal(gb_streams_expect(f->streams, &nobody, f->now), -EINVAL);
	/* learned ones take three quarters at most */
	for (unsigned i = 0; i < MAX; i++) {
		snprintf(text, sizeof(text),
			 "learned%u source=02:00:00:00:00:01 destination=01:00:00:00:00:01 vlan=0 appid=0x1", i);
		assert_int_equal(learn(f, text), i < MAX * 3 / 4 ? 0 : -ENOSPC);
	}
	assert_int_equal(counts_of(f).listed, MAX * 3 / 4);
	assert_int_equal(forget(f, "learned7"), 1);
	assert_int_equal(learn(f, "learned99"), 0);
	for (unsigned i = 0; i < MAX; i++) {
		snprintf(text, sizeof(text), "configured%u", i);
		assert_int_equal(list(f, text), i < MAX / 4 ? 0 : -ENOSPC);
	}
	assert_int_equal(list(f, "configured0"), 0); /* is there already */
	/* one learned is confirmed, so there is room for one more learned, if there were any */
	assert_int_equal(list(f, "learned0"), 0);
	assert_false(view_at(f, 0).learned);
	assert_int_equal(learn(f, "learned98"), -ENOSPC);
	assert_int_equal(counts_of(f).streams, MAX);
	/* many with one reference, told apart by what else they say, do not make a new stream's way long */
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	for (unsigned i = 0; i < MAX; i++) {
		snprintf(text, sizeof(text), "same appid=0x%x", i);
		assert_int_equal(list(f, text), i < 32 ? 0 : -ENOSPC);
	}
	assert_int_equal(counts_of(f).streams, 32);
	assert_int_equal(counts_of(f).listed, 32);
}

static void test_indices(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	assert_int_equal(list(f, "a index=10"), 0);
	assert_int_equal(list(f, "b index=10"), 0); /* is not free */
	assert_int_equal(list(f, "c index=11"), 0); /* of the other direction */
	assert_int_equal(list(f, "d"), 0);
	hear(f, &m);
	assert_int_equal(view_at(f, 0).index, 10);
	assert_int_equal(view_at(f, 1).index, 12);
	assert_int_equal(view_at(f, 2).index, 14);
	assert_int_equal(view_at(f, 3).index, 16);
	assert_int_equal(view_at(f, 4).index, 18);
	/* after the last one it begins again, and skips those that are there */
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	assert_int_equal(list(f, "a index=2"), 0);
	assert_int_equal(list(f, "b index=999999998"), 0);
	hear(f, &m);
	assert_int_equal(view_at(f, 2).index, 4);
	renew(f, GB_STREAM_TO_NETWORK, MAX, 0);
	assert_int_equal(list(f, "a direction=to_network index=999999999"), 0);
	assert_int_equal(view_at(f, 0).index, 999999999);
	hear(f, &m);
	assert_int_equal(view_at(f, 1).index, 1);
}

/* The streams of a second path have numbers of their own. */
static void test_index_base(void **state)
{
	static const char *const lines[] = {"a direction=to_network index=3", "b direction=to_network index=1000000007",
					    "c direction=to_network", "d direction=to_network index=1000000000"};
	static const uint32_t wanted[] = {1000000001, 1000000007, 1000000009, 1000000011};
	struct gb_streams_settings settings = {
		.direction = GB_STREAM_TO_NETWORK, .max = 4, .index_base = GB_STREAM_INDEX_SPAN};
	struct gb_streams *streams = gb_streams_create(&settings, NULL, NULL);
	struct gb_stream_expected expected;
	struct gb_stream_detail detail;
	char why[GB_STREAM_WHY];

	(void)state;
	assert_non_null(streams);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(gb_stream_expected_parse(lines[i], &expected, why, sizeof(why)), 0);
		assert_int_equal(gb_streams_expect(streams, &expected, SECOND), 0);
		assert_int_equal(gb_streams_detail(streams, wanted[i], &detail), 0);
		assert_string_equal(detail.view.key.gocb_ref, expected.key.gocb_ref);
	}
	gb_streams_destroy(streams);
}

static void test_worth_saving(void **state)
{
	struct gb_stream_view v = {.state = GB_STREAM_ACTIVE, .first_seen_ns = SECOND, .last_seen_ns = 61 * SECOND};

	(void)state;
	assert_true(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	v.state = GB_STREAM_EXPIRED;
	assert_true(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	v.last_seen_ns--;
	assert_false(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	assert_true(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS - 1));
	v.last_seen_ns = 0; /* the clock was set back */
	assert_false(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	v.listed = true;
	assert_true(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	v.simulation = true;
	assert_false(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	v = (struct gb_stream_view){.state = GB_STREAM_NEW, .first_seen_ns = SECOND, .last_seen_ns = 61 * SECOND};
	assert_false(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
}

/* What is saved is what comes back. */
static void test_over_a_restart(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	struct gb_stream_expected e = {.learned = true};
	char line[GB_STREAM_LINE];

	m.tagged = true;
	m.tci = 0x8064;
	m.ttl = 30000;
	m.ref = "a b\\c";
	hear_numbers(f, 1, 0);
	hear(f, &m);
	pass(f, 70 * SECOND);
	m.sq++;
	hear(f, &m);
	struct gb_stream_view v = view_at(f, 1);

	assert_true(gb_stream_worth_saving(&v, GB_STREAM_LEARN_NS));
	e.key = v.key;
	e.time_allowed_to_live_ms = v.time_allowed_to_live_ms;
	e.index = v.index;
	gb_stream_expected_format(&e, line, sizeof(line));
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	assert_int_equal(learn(f, line), 0);
	m.sq = 777;
	hear(f, &m);
	assert_int_equal(only(f).index, v.index);
	assert_int_equal(only(f).lost, 0);
	assert_true(only(f).learned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_silent_since_the_start, setup, teardown),
		cmocka_unit_test_setup_teardown(test_comes_back_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_only_what_fits_takes_the_place, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_takes_the_place_of_a_silent_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_said_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_living_one_is_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_simulation_is_not_listed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forget_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
		cmocka_unit_test_setup_teardown(test_listed_stay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_indices, setup, teardown),
		cmocka_unit_test(test_index_base),
		cmocka_unit_test(test_worth_saving),
		cmocka_unit_test_setup_teardown(test_over_a_restart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
