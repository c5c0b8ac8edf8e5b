/* SPDX-License-Identifier: Apache-2.0 */
/* stream: what tells streams apart, and who gets room in a table that is full. */
#include "test_stream.h"

#include <errno.h>

static void hear_appid(struct fixture *f, uint16_t appid, uint32_t ttl)
{
	struct message m = usual;

	m.appid = appid;
	m.ttl = ttl;
	hear(f, &m);
}

static struct gb_stream_view *find_appid(struct fixture *f, uint16_t appid)
{
	static struct gb_stream_view views[MAX];
	size_t n = views_from(f->streams, 0, views, MAX);

	for (size_t i = 0; i < n; i++)
		if (views[i].key.appid == appid)
			return &views[i];
	return NULL;
}

static void test_create(void **state)
{
	struct gb_streams_settings settings = {.max = 0};
	struct fixture *f = *state;

	assert_null(gb_streams_create(&settings, on_event, f));
	assert_int_equal(errno, EINVAL);
	settings.max = GB_STREAMS_MAX + 1;
	assert_null(gb_streams_create(&settings, on_event, f));
	for (settings.max = 1; settings.max <= GB_STREAMS_MAX; settings.max *= 4) {
		struct gb_streams *streams = gb_streams_create(&settings, on_event, f);
		struct gb_stream_view view;

		assert_non_null(streams);
		assert_int_equal(gb_streams_deadline(streams), 0);
		assert_int_equal(gb_streams_expire(streams, 1, 1), 0);
		assert_int_equal(views_from(streams, 0, &view, 1), 0);
		gb_streams_destroy(streams);
	}
	gb_streams_destroy(NULL);
}

/* Each of what names a stream makes another one; nothing else does. */
static void test_identity(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;
	unsigned streams = 0;

	hear(f, &m);
	m.source = 9;
	hear(f, &m);
	m = usual, m.destination = 9;
	hear(f, &m);
	m = usual, m.appid++;
	hear(f, &m);
	m = usual, m.tagged = true, m.tci = 0x8001;
	hear(f, &m);
	m = usual, m.ref = REF "x";
	hear(f, &m);
	m = usual, m.ref = "IED1LD0/LLN0$GO$gcb";
	hear(f, &m);
	m = usual, m.simulation = true;
	hear(f, &m);
	streams = (unsigned)counts_of(f).streams;
	assert_int_equal(streams, 8);
	/* the same stream: a priority tag, another priority, another data set */
	m = usual, m.tagged = true, m.tci = 0x8000, m.sq = 1;
	hear(f, &m);
	m = usual, m.tagged = true, m.tci = 0x2000, m.sq = 2;
	hear(f, &m);
	m = usual, m.dat_set = "d", m.go_id = "g", m.sq = 3;
	hear(f, &m);
	assert_int_equal(counts_of(f).streams, streams);
	assert_int_equal(view_at(f, 0).frames, 4);
	assert_int_equal(view_at(f, 0).vlan_priority, 0);
	assert_int_equal(view_at(f, 0).lost, 0);
}

static void test_full(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 0; i < MAX; i++)
		hear_appid(f, (uint16_t)i, 500 + 10 * i);
	assert_int_equal(counts_of(f).streams, MAX);
	hear_appid(f, 1000, 500);
	hear_appid(f, 1000, 500);
	assert_int_equal(counts_of(f).streams, MAX);
	assert_int_equal(counts_of(f).refused, 2);
	assert_int_equal(counts_of(f).reused, 0);
	assert_null(find_appid(f, 1000));
	/* three expire, and give their places, the first first; living ones do not */
	pass(f, 529 * MS);
	assert_int_equal(counts_of(f).by_state[GB_STREAM_EXPIRED], 3);
	uint32_t index = find_appid(f, 0)->index;

	for (unsigned i = 0; i < 3; i++) {
		hear_appid(f, (uint16_t)(1000 + i), 60000);
		assert_null(find_appid(f, (uint16_t)i));
		assert_non_null(find_appid(f, (uint16_t)(1000 + i)));
		assert_int_equal(find_appid(f, (uint16_t)(1000 + i))->frames, 1);
	}
	assert_int_not_equal(find_appid(f, 1000)->index, index); /* it is not given to another stream so soon */
	assert_int_equal(counts_of(f).reused, 3);
	hear_appid(f, 2000, 500);
	assert_int_equal(counts_of(f).refused, 3);
	for (unsigned i = 3; i < MAX; i++)
		assert_non_null(find_appid(f, (uint16_t)i));
}

/* One that has come back is not the next to go. */
static void test_recovered_stays(void **state)
{
	struct fixture *f = *state;
	struct message m = usual;

	renew(f, GB_STREAM_TO_GOOSE0, 2, 0);
	hear_appid(f, 1, 500);
	hear_appid(f, 2, 500);
	pass(f, SECOND);
	m.appid = 1;
	m.sq = 1;
	m.ttl = 60000;
	hear(f, &m);
	hear_appid(f, 3, 60000);
	assert_non_null(find_appid(f, 1));
	assert_null(find_appid(f, 2));
	hear_appid(f, 4, 500);
	assert_null(find_appid(f, 4));
	assert_int_equal(counts_of(f).refused, 1);
}

/* Tens of thousands of invented streams: those that live and those that are listed stay, and all entries are sound. */
static void test_flood(void **state)
{
	struct fixture *f = *state;
	struct gb_stream_expected expected = {.key.direction = GB_STREAM_TO_GOOSE0, .key.gocb_ref = "listed"};
	uint64_t random = 88172645463325252;
	struct message m = usual;
	char ref[32];

	assert_int_equal(gb_streams_expect(f->streams, &expected, f->now), 0);
	for (unsigned i = 1; i <= 8; i++)
		hear_appid(f, (uint16_t)i, 1000);
	for (unsigned i = 1; i <= 100000; i++) {
		snprintf(ref, sizeof(ref), "%llx", (unsigned long long)next_random(&random));
		m.ref = ref;
		m.ttl = (uint32_t)(next_random(&random) % 5 + 1);
		m.appid = (uint16_t)(next_random(&random) | 0x8000);
		hear(f, &m);
		pass(f, 100000);
		if (i % 5000 == 0) {
			for (unsigned k = 1; k <= 8; k++) {
				struct message living = usual;

				living.appid = (uint16_t)k;
				living.ttl = 1000;
				living.sq = i / 5000;
				hear(f, &living);
			}
		}
	}
	for (unsigned k = 1; k <= 8; k++) {
		assert_int_equal(find_appid(f, (uint16_t)k)->frames, 21);
		assert_int_equal(find_appid(f, (uint16_t)k)->lost, 0);
	}
	assert_string_equal(view_at(f, 0).key.gocb_ref, "listed");
	assert_int_equal(counts_of(f).streams, MAX);
	assert_int_equal(counts_of(f).listed, 1);
	assert_true(counts_of(f).reused > 50000);
	assert_true(told_in_all(f) < 11 * 2 * GB_STREAM_EVENTS_PER_SECOND);
	/* no two have the same index */
	struct gb_stream_view views[MAX];
	struct gb_stream_detail detail;

	assert_int_equal(views_from(f->streams, 0, views, MAX), MAX);
	for (unsigned i = 0; i < MAX; i++) {
		assert_int_equal(views[i].index % 2, 0);
		assert_int_equal(gb_streams_detail(f->streams, views[i].index, &detail), 0);
		assert_string_equal(detail.view.key.gocb_ref, views[i].key.gocb_ref);
		assert_int_equal(detail.view.key.appid, views[i].key.appid);
	}
}

static void test_view_in_parts(void **state)
{
	struct fixture *f = *state;
	struct gb_stream_view views[10];
	bool seen[30] = {false};
	size_t n;

	for (unsigned i = 0; i < COUNT(seen); i++)
		hear_appid(f, (uint16_t)i, 500);
	for (size_t from = 0; (n = views_from(f->streams, from, views, 7)) > 0; from += n)
		for (size_t i = 0; i < n; i++) {
			assert_false(seen[views[i].key.appid]);
			seen[views[i].key.appid] = true;
		}
	for (unsigned i = 0; i < COUNT(seen); i++)
		assert_true(seen[i]);
	assert_int_equal(views_from(f->streams, 30, views, 7), 0);
	assert_int_equal(views_from(f->streams, SIZE_MAX, views, 7), 0);
}

static void test_indices(void **state)
{
	struct fixture *f = *state;

	renew(f, GB_STREAM_TO_NETWORK, MAX, 0);
	for (unsigned i = 0; i < 3; i++)
		hear_appid(f, (uint16_t)i, 500);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(find_appid(f, (uint16_t)i)->index, 2 * i + 1);
	renew(f, GB_STREAM_TO_GOOSE0, MAX, 0);
	for (unsigned i = 0; i < 3; i++)
		hear_appid(f, (uint16_t)i, 500);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(find_appid(f, (uint16_t)i)->index, 2 * i + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_identity, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recovered_stays, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flood, setup, teardown),
		cmocka_unit_test_setup_teardown(test_view_in_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_indices, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
