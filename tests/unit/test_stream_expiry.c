/* SPDX-License-Identifier: Apache-2.0 */
/* stream: timeAllowedtoLive. What keeps a stream alive and what does not, when its end is found, and how much of it is told. */
#include "test_stream.h"

#define MANY  4096
#define FOUND (20 * MS) /* after its deadline, at the latest */

/* ---- one stream ----------------------------------------------------------------------------------------------------- */

static void test_expires_and_recovers(void **state)
{
	struct fixture *f = *state;
	struct gb_stream_view v;

	assert_int_equal(gb_streams_deadline(f->streams), 0);
	hear_numbers(f, 1, 0);
	assert_true(gb_streams_deadline(f->streams) > f->now);
	assert_true(gb_streams_deadline(f->streams) <= f->now + 500 * MS + FOUND);
	pass(f, 500 * MS); /* exactly: it may still come */
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	hear_numbers(f, 1, 1);
	assert_int_equal(only(f).state, GB_STREAM_ACTIVE);
	pass(f, 500 * MS);
	assert_int_equal(only(f).state, GB_STREAM_ACTIVE);
	uint64_t deadline = f->now;

	pass(f, FOUND);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_EXPIRED);
	assert_int_equal(v.expirations, 1);
	assert_in_range(v.expired_ns - TO_UTC, deadline, deadline + FOUND);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	assert_int_equal(f->last.value, 500);
	assert_string_equal(f->last.stream.gocb_ref, REF);
	assert_int_equal(f->last.utc_ns, v.expired_ns);
	assert_int_equal(gb_streams_deadline(f->streams), 0);
	pass(f, 1000 * SECOND);
	assert_int_equal(only(f).expirations, 1);
	hear_numbers(f, 1, 2);
	v = only(f);
	assert_int_equal(v.state, GB_STREAM_ACTIVE);
	assert_int_equal(v.lost, 0);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 1);
	assert_int_equal(f->last.value, 1000000 + 500 + 20);
	pass(f, SECOND);
	assert_int_equal(only(f).expirations, 2);
	assert_int_equal(told_in_all(f), 3);
}

/* A message that comes after its time, before anybody has looked, has still come after its time. */
static void test_too_late_is_late_unlooked(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 1, 0);
	f->now += 500 * MS + 1;
	hear_numbers(f, 1, 1);
	assert_int_equal(only(f).state, GB_STREAM_ACTIVE);
	assert_int_equal(only(f).expirations, 1);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 1);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 1);
	pass(f, 500 * MS);
	assert_int_equal(only(f).expirations, 1);
	pass(f, FOUND);
	assert_int_equal(only(f).expirations, 2);
}

/* A shorter timeAllowedtoLive counts at once, a longer one as well; 0 and more than an hour are bounded. */
static void test_deadline_moves(void **state)
{
	static const struct {
		uint32_t ttl;
		uint64_t lives_ms;
	} cases[] = {
		{60000, 60000}, {100, 100},	  {3, 3},	     {5000, 5000}, {1, 1},
		{20000, 20000}, {0, GB_STREAM_DEFAULT_TAL_MS}, {UINT32_MAX, GB_STREAM_TAL_MAX_MS},
	};
	struct fixture *f = *state;
	struct message m = usual;

	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t before = i ? only(f).expirations : 0;

		m.ttl = 60000;
		m.sq++;
		hear(f, &m);
		m.ttl = cases[i].ttl;
		m.sq++;
		hear(f, &m);
		pass(f, cases[i].lives_ms * MS);
		assert_int_equal(only(f).expirations, before);
		pass(f, FOUND);
		assert_int_equal(only(f).expirations, before + 1);
		assert_int_equal(only(f).time_allowed_to_live_ms, cases[i].ttl);
		assert_in_range(only(f).longest_allowed_ms, 60000, GB_STREAM_TAL_MAX_MS);
	}
}

/* Nothing that was recorded keeps a dead stream alive, or wakes it. */
static void test_no_copy_keeps_it_alive(void **state)
{
	static const uint32_t copies[][2] = {{9, 5}, {9, 4}, {9, 2}, {8, 0}, {3, 1}, {1, 0}, {4000000000, 0}};

	for (size_t i = 0; i < COUNT(copies); i++) {
		struct fixture *f = *state;

		renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
		hear_numbers(f, 8, 0);
		hear_numbers(f, 9, 2);
		hear_numbers(f, 9, 4);
		hear_numbers(f, 9, 5);
		for (unsigned ms = 0; ms < 500; ms += 10) {
			pass(f, 10 * MS);
			hear_numbers(f, copies[i][0], copies[i][1]);
		}
		pass(f, FOUND);
		assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
		assert_int_equal(only(f).expirations, 1);
	}
}

/* What has come, and was repeated after the end, restores nothing. */
static void test_no_copy_wakes_it(void **state)
{
	struct fixture *f = *state;

	hear_numbers(f, 8, 0);
	hear_numbers(f, 9, 0);
	hear_numbers(f, 9, 1);
	pass(f, SECOND);
	for (unsigned i = 0; i < 10; i++) {
		hear_numbers(f, 9, 1);
		hear_numbers(f, 9, 0);
		hear_numbers(f, 8, 0);
		pass(f, 10 * MS);
	}
	assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], 0);
	hear_numbers(f, 9, 2);
	assert_int_equal(only(f).state, GB_STREAM_ACTIVE);
	/* older ones than are remembered do, and are suspect if their t is old */
	pass(f, SECOND);
	hear_numbers(f, 4, 9);
	assert_int_equal(only(f).state, GB_STREAM_ACTIVE);
	assert_int_equal(f->told[GB_EVENT_STREAM_REPLAY], 10 + 1); /* (8, 0), ten times */
	assert_int_equal(only(f).replays_suspected, 10 + 1);
}

/* ---- many ----------------------------------------------------------------------------------------------------------- */

static void many_message(struct message *m, char ref[32], unsigned number)
{
	*m = usual;
	snprintf(ref, 32, "IED%uLD0/LLN0$GO$gcb", number);
	m->ref = ref;
	m->appid = (uint16_t)number;
}

static unsigned of_state(struct fixture *f, enum gb_stream_state state)
{
	return (unsigned)counts_of(f).by_state[state];
}

/* Each with a deadline of its own: each is found in time, and none before. */
static void test_each_of_4096_in_time(void **state)
{
	static uint64_t deadline[MANY];
	struct fixture *f = *state;
	struct message m;
	char ref[32];
	uint64_t random = 88172645463325252, end = 0;

	renew(f, GB_STREAM_TO_GOOSE0, MANY, 0);
	for (unsigned i = 0; i < MANY; i++) {
		many_message(&m, ref, i);
		m.ttl = (uint32_t)(next_random(&random) % 30000 + 1);
		hear(f, &m);
		deadline[i] = f->now + m.ttl * MS;
		end = deadline[i] > end ? deadline[i] : end;
		f->now += 1 + next_random(&random) % (100 * 1000);
		expire(f);
	}
	pass(f, end + FOUND - f->now);
	assert_int_equal(of_state(f, GB_STREAM_EXPIRED), MANY);
	for (unsigned i = 0; i < MANY; i++) {
		struct gb_stream_view v = view_at(f, i);

		assert_in_range(v.expired_ns - TO_UTC, deadline[v.key.appid] + 1, deadline[v.key.appid] + FOUND);
		assert_int_equal(v.expirations, 1);
	}
	assert_int_equal(gb_streams_deadline(f->streams), 0);
}

/* All at once: found in time, some of them told and the others counted, and likewise when all come back. */
static void test_all_4096_at_once(void **state)
{
	struct fixture *f = *state;
	struct message m;
	char ref[32];

	renew(f, GB_STREAM_TO_GOOSE0, MANY, 0);
	for (unsigned i = 0; i < MANY; i++) {
		many_message(&m, ref, i);
		hear(f, &m);
	}
	pass(f, 500 * MS);
	assert_int_equal(of_state(f, GB_STREAM_NEW), MANY);
	pass(f, FOUND);
	assert_int_equal(of_state(f, GB_STREAM_EXPIRED), MANY);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], GB_STREAM_EVENTS_PER_SECOND);
	assert_int_equal(counts_of(f).events_refused, MANY - GB_STREAM_EVENTS_PER_SECOND);
	f->now += 2 * SECOND;
	for (unsigned i = 0; i < MANY; i++) {
		many_message(&m, ref, i);
		m.sq = 1;
		hear(f, &m);
	}
	assert_int_equal(of_state(f, GB_STREAM_ACTIVE), MANY);
	/* each whose end was told, and no other */
	assert_int_equal(f->told[GB_EVENT_STREAM_RESTORED], GB_STREAM_EVENTS_PER_SECOND);
	assert_int_equal(counts_of(f).events_refused, 2 * (MANY - GB_STREAM_EVENTS_PER_SECOND));
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(view_at(f, i).expirations, 1);
	/* the next time as many are told again */
	pass(f, 2 * SECOND);
	assert_int_equal(f->told[GB_EVENT_STREAM_EXPIRED], 2 * GB_STREAM_EVENTS_PER_SECOND);
}

/* One call does not look at them all, so that frames get their turn. */
static void test_a_call_is_bounded(void **state)
{
	struct fixture *f = *state;
	struct message m;
	char ref[32];
	unsigned calls = 0;

	renew(f, GB_STREAM_TO_GOOSE0, MANY, 0);
	for (unsigned i = 0; i < MANY; i++) {
		many_message(&m, ref, i);
		hear(f, &m);
	}
	f->now += SECOND;
	do {
		unsigned before = of_state(f, GB_STREAM_EXPIRED);

		gb_streams_expire(f->streams, f->now, f->now + TO_UTC);
		assert_in_range(of_state(f, GB_STREAM_EXPIRED) - before, 0, 256);
		calls++;
	} while (gb_streams_deadline(f->streams) == f->now);
	assert_int_equal(of_state(f, GB_STREAM_EXPIRED), MANY);
	assert_in_range(calls, MANY / 256, MANY / 256 + 1);
}

/* A heartbeat costs the wheel nothing but a look now and then. */
static void test_living_streams_are_seldom_looked_at(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	unsigned calls = 0;

	m.ttl = 2000;
	for (; f->now < BOOTED + 100 * SECOND; f->now += 10 * MS, m.sq++) {
		hear(f, &m);
		while (gb_streams_deadline(f->streams) <= f->now) {
			gb_streams_expire(f->streams, f->now, f->now + TO_UTC);
			calls++;
		}
	}
	assert_int_equal(only(f).expirations, 0);
	assert_in_range(calls, 1, 60); /* 100 s / 2 s, and some */
	/* one that may be silent for long is looked at once a turn of the wheel */
	m.ttl = 600000;
	hear(f, &m);
	uint64_t end = f->now + 600 * SECOND;

	for (calls = 0; gb_streams_deadline(f->streams) <= end; calls++) {
		f->now = gb_streams_deadline(f->streams);
		gb_streams_expire(f->streams, f->now, f->now + TO_UTC);
	}
	assert_in_range(calls, 1, 600 / 4);
	assert_int_equal(only(f).expirations, 0);
}

/* Nobody looked for longer than the wheel's turn. */
static void test_after_a_stall(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	hear(f, &m);
	m.appid = 2;
	m.ttl = 60000;
	hear(f, &m);
	f->now += 50 * SECOND;
	expire(f);
	assert_int_equal(of_state(f, GB_STREAM_EXPIRED), 1);
	pass(f, 10 * SECOND);
	assert_int_equal(of_state(f, GB_STREAM_EXPIRED), 1);
	pass(f, FOUND);
	assert_int_equal(of_state(f, GB_STREAM_EXPIRED), 2);
}

/* The clock stands near 0 just after boot. */
static void test_just_booted(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	f->now = 1;
	m.ttl = 1;
	hear(f, &m);
	pass(f, MS);
	assert_int_equal(only(f).state, GB_STREAM_NEW);
	pass(f, FOUND);
	assert_int_equal(only(f).state, GB_STREAM_EXPIRED);
}

/* ---- storms --------------------------------------------------------------------------------------------------------- */

static void hear_often(struct fixture *f, unsigned frames, uint64_t apart)
{
	static uint32_t sq;

	for (unsigned i = 0; i < frames; i++, f->now += apart)
		hear_numbers(f, 1, sq++);
}

static void test_storm(void **state)
{
	struct fixture *f = *state;

	renew(f, GB_STREAM_TO_GOOSE0, MAX, 100);
	hear_often(f, 200, 10 * MS); /* exactly as many as are allowed */
	assert_int_equal(only(f).storms, 0);
	assert_int_equal(f->told[GB_EVENT_STREAM_STORM], 0);
	hear_often(f, 3000, MS);
	struct gb_stream_view v = only(f);

	assert_int_equal(v.storms, 1);
	assert_true(v.storm);
	assert_int_equal(f->told[GB_EVENT_STREAM_STORM], 1); /* told at its beginning only */
	assert_int_equal(f->last.value, 100);
	hear_often(f, 30, 100 * MS);
	assert_false(only(f).storm);
	hear_often(f, 110, MS);
	hear_often(f, 1, 2 * SECOND);
	assert_int_equal(only(f).storms, 2);
	hear_often(f, 110, MS);
	assert_int_equal(only(f).storms, 3); /* there was calm in between */
	pass(f, 10 * SECOND);
	assert_false(only(f).storm);
	gb_streams_set_storm(f->streams, 0);
	hear_often(f, 3000, MS / 10);
	assert_int_equal(only(f).storms, 3);
}

/* A stream may be calm for longer than a second and still be alive. */
static void test_storm_after_calm(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	renew(f, GB_STREAM_TO_GOOSE0, MAX, 100);
	m.ttl = 60000;
	for (unsigned i = 0; i < 220; i++, m.sq++) {
		if (i == 110)
			f->now += 5 * SECOND;
		hear(f, &m);
	}
	assert_int_equal(only(f).storms, 2);
	assert_int_equal(only(f).expirations, 0);
}

static void test_copies_are_a_storm_as_well(void **state)
{
	struct fixture *f = *state;

	renew(f, GB_STREAM_TO_GOOSE0, MAX, 100);
	for (unsigned i = 0; i < 200; i++)
		hear_numbers(f, 1, 0);
	assert_int_equal(only(f).storms, 1);
	assert_int_equal(only(f).duplicates, 199);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_expires_and_recovers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_late_is_late_unlooked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline_moves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_copy_keeps_it_alive, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_copy_wakes_it, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each_of_4096_in_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_all_4096_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_call_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_living_streams_are_seldom_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(test_after_a_stall, setup, teardown),
		cmocka_unit_test_setup_teardown(test_just_booted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_storm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_storm_after_calm, setup, teardown),
		cmocka_unit_test_setup_teardown(test_copies_are_a_storm_as_well, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
