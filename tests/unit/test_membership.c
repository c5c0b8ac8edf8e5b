/* SPDX-License-Identifier: Apache-2.0 */
/* The room as a whole on a TAP in a namespace of its own, with sockets that say what the test wants. */
#include "test_pure.h"

#include "namespace.h"

#include <event2/event.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/membership.h>
#include <goose-bridge/netif.h>

#define NOTES 32

struct fixture {
	struct event_base *base;
	struct gb_netif *netif;
	struct gb_membership *membership;
	struct gb_membership_place place;
	int tap;
	int held;
	bool join_helps;
	unsigned joins, leaves, notes;
	enum gb_event_kind note[NOTES];
};

static int is_held(void *arg)
{
	return ((struct fixture *)arg)->held;
}

static int join_group(void *arg)
{
	struct fixture *f = arg;

	f->joins++;
	if (f->join_helps)
		f->held = 1;
	return 0;
}

static int leave_group(void *arg)
{
	struct fixture *f = arg;

	f->leaves++;
	f->held = 0;
	return 0;
}

static void take_note(void *arg, enum gb_event_kind kind, const char *text)
{
	struct fixture *f = arg;

	assert_true(strlen(text) > 0);
	assert_true(f->notes < NOTES);
	f->note[f->notes++] = kind;
}

static struct gb_membership_settings settings_of(bool keepalive, unsigned threshold)
{
	struct gb_membership_settings settings = {.keepalive = keepalive, .keepalive_interval_s = 1, .monitor_interval_s = 1,
						  .threshold = threshold};

	inet_pton(AF_INET, "224.0.1.100", &settings.group);
	return settings;
}

static int setup(void **state)
{
	static const struct gb_membership_ops ops = {.held = is_held, .join = join_group, .leave = leave_group,
						     .note = take_note};
	struct gb_membership_settings settings = settings_of(true, 2);
	struct fixture *f = calloc(1, sizeof(*f));

	f->tap = open_tun_device("t0", IFF_TAP | IFF_NO_PI);
	f->base = event_base_new();
	f->held = 1;
	set_address("t0", "192.0.2.1");
	set_up("t0", true);
	assert_int_equal(gb_netif_create(&f->netif, f->base, NULL, NULL), 0);
	assert_int_equal(gb_membership_create(&f->membership, f->base, f->netif, &settings, &ops, f), 0);
	f->place = (struct gb_membership_place){.index = (int)if_nametoindex("t0"), .name = "t0"};
	inet_pton(AF_INET, "192.0.2.1", &f->place.local);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	gb_membership_destroy(f->membership);
	gb_netif_destroy(f->netif);
	event_base_free(f->base);
	close(f->tap);
	free(f);
	return 0;
}

static void run(struct fixture *f, unsigned ms)
{
	struct timeval time = gb_clock_timeval(ms * GB_NS_PER_MS);

	event_base_loopexit(f->base, &time);
	event_base_dispatch(f->base);
}

static struct gb_membership_status status_of(const struct fixture *f)
{
	struct gb_membership_status status;

	gb_membership_status(f->membership, &status);
	return status;
}

/* Runs until COUNT notes are there, at most 5 s. */
static void run_to_notes(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < 50 && f->notes < count; i++)
		run(f, 100);
	assert_int_equal(f->notes, count);
}

static void what_the_kernel_lost_is_joined_anew(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_JOINING);
	gb_membership_follow(f->membership, &f->place);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_MEMBER);
	assert_int_equal(status_of(f).reports_sent, 1); /* of a burst */
	assert_int_equal(f->notes, 0);
	assert_int_equal(f->joins, 0);

	f->held = 0;
	run_to_notes(f, 2);
	assert_int_equal(f->note[0], GB_EVENT_MEMBERSHIP_LOST);
	assert_int_equal(f->note[1], GB_EVENT_REREGISTERED);
	assert_int_equal(f->joins, 1);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_LOST);
	assert_int_equal(status_of(f).local_missing_count, 2);
	assert_int_equal(status_of(f).reregister_count, 1);
	assert_true(status_of(f).last_reregister_ns > 0);
	f->held = 1;
	run_to_notes(f, 3);
	assert_int_equal(f->note[2], GB_EVENT_MEMBERSHIP_RESTORED);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_MEMBER);
	assert_true(status_of(f).keepalive_count > 0);
	assert_true(status_of(f).reports_sent >= status_of(f).keepalive_count + 3);
}

static void joining_that_helps_is_seen_at_once(void **state)
{
	struct fixture *f = *state;

	gb_membership_follow(f->membership, &f->place);
	f->held = 0;
	f->join_helps = true;
	run_to_notes(f, 3);
	assert_int_equal(f->note[2], GB_EVENT_MEMBERSHIP_RESTORED);
	assert_int_equal(status_of(f).reregister_count, 1);
}

static void one_answer_of_the_registry_is_one_failure(void **state)
{
	struct fixture *f = *state;

	gb_membership_follow(f->membership, &f->place);
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run(f, 3500);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_SUSPECT);
	assert_int_equal(f->notes, 0);
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run_to_notes(f, 2);
	assert_int_equal(f->note[0], GB_EVENT_MEMBERSHIP_LOST);
	assert_int_equal(status_of(f).registry_missing_count, 2);
	assert_int_equal(status_of(f).reregister_count, 1);
	assert_string_equal(status_of(f).last_reregister_reason, "the registry says that this host is no member");

	/* that it cannot be reached takes nothing back at first; then the kernel decides */
	for (unsigned i = 0; i < 2; i++) {
		gb_membership_registry(f->membership, GB_REGISTRY_UNKNOWN);
		run(f, 1500);
		assert_int_equal(status_of(f).state, GB_MEMBERSHIP_LOST);
	}
	assert_int_equal(f->notes, 2);
	gb_membership_registry(f->membership, GB_REGISTRY_UNKNOWN);
	run_to_notes(f, 3);
	assert_int_equal(f->note[2], GB_EVENT_MEMBERSHIP_RESTORED);
	assert_int_equal(status_of(f).registry_missing_count, 2);
}

static void unknown_answers_count_for_nothing(void **state)
{
	struct fixture *f = *state;

	gb_membership_follow(f->membership, &f->place);
	for (unsigned i = 0; i < 4; i++) {
		gb_membership_registry(f->membership, GB_REGISTRY_UNKNOWN);
		run(f, 1100);
	}
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_MEMBER);
	assert_int_equal(f->notes, 0);

	/* absent, unknown, absent are two failures in a row: the unknown is none, and ends none */
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run(f, 1100);
	gb_membership_registry(f->membership, GB_REGISTRY_UNKNOWN);
	run(f, 1100);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_SUSPECT);
	assert_int_equal(status_of(f).reregister_count, 0);
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run_to_notes(f, 2);
	assert_int_equal(status_of(f).reregister_count, 1);

	/* it is turned off: its word counts no more, and the kernel's does */
	gb_membership_registry(f->membership, GB_REGISTRY_OFF);
	run_to_notes(f, 3);
	assert_int_equal(f->note[2], GB_EVENT_MEMBERSHIP_RESTORED);
}

static void a_member_in_the_registry_ends_a_loss(void **state)
{
	struct fixture *f = *state;

	gb_membership_follow(f->membership, &f->place);
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run(f, 1100);
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run_to_notes(f, 2);
	gb_membership_registry(f->membership, GB_REGISTRY_MEMBER);
	run_to_notes(f, 3);
	assert_int_equal(f->note[2], GB_EVENT_MEMBERSHIP_RESTORED);
	assert_int_equal(status_of(f).reregister_count, 1);

	/* two that are not in a row are no loss */
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run(f, 1100);
	gb_membership_registry(f->membership, GB_REGISTRY_MEMBER);
	run(f, 1100);
	gb_membership_registry(f->membership, GB_REGISTRY_ABSENT);
	run(f, 1100);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_SUSPECT);
	assert_int_equal(status_of(f).reregister_count, 1);
	assert_int_equal(status_of(f).registry_missing_count, 4);
}

static void changes_in_a_row_make_no_storm(void **state)
{
	struct fixture *f = *state;
	struct gb_membership_place other = f->place;

	inet_pton(AF_INET, "192.0.2.2", &other.local);
	gb_membership_follow(f->membership, &f->place);
	for (unsigned i = 0; i < 100; i++) {
		gb_membership_follow(f->membership, i % 2 ? &f->place : &other);
		gb_membership_follow(f->membership, i % 2 ? &f->place : &other); /* no change */
	}
	assert_int_equal(status_of(f).reregister_count, 1);
	run(f, 2500);
	assert_int_equal(status_of(f).reregister_count, 2);
	assert_int_equal(f->notes, 2);
	gb_membership_follow(f->membership, NULL);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_JOINING);
	gb_membership_follow(f->membership, &f->place);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_MEMBER);
	assert_int_equal(status_of(f).reregister_count, 3);
	assert_string_equal(status_of(f).last_reregister_reason, "t0 is up again");
}

static void left_is_left_until_told_otherwise(void **state)
{
	struct fixture *f = *state;
	struct gb_membership_settings settings = settings_of(true, 2);

	gb_membership_follow(f->membership, &f->place);
	assert_true(gb_netif_has_joined(f->netif, f->place.index, settings.group));
	assert_int_equal(gb_membership_leave(f->membership), 0);
	assert_false(gb_netif_has_joined(f->netif, f->place.index, settings.group));
	assert_int_equal(f->leaves, 1);
	uint64_t sent = status_of(f).reports_sent;

	gb_membership_prepare(f->membership, f->place.index, "t0");
	gb_membership_follow(f->membership, NULL);
	gb_membership_follow(f->membership, &f->place);
	run(f, 2500);
	assert_false(gb_netif_has_joined(f->netif, f->place.index, settings.group));
	assert_int_equal(status_of(f).reports_sent, sent);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_LOST);
	assert_true(status_of(f).left);
	assert_int_equal(gb_membership_leave(f->membership), 0); /* twice is no fault */

	f->join_helps = true;
	gb_membership_configure(f->membership, &settings);
	assert_int_equal(f->joins, 1);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_MEMBER);
	assert_int_equal(f->note[f->notes - 1], GB_EVENT_MEMBERSHIP_RESTORED);
	assert_true(gb_netif_has_joined(f->netif, f->place.index, settings.group));
}

static void without_keepalive_nothing_is_sent(void **state)
{
	struct fixture *f = *state;
	struct gb_membership_settings settings = settings_of(false, 2);

	gb_membership_configure(f->membership, &settings);
	gb_membership_follow(f->membership, &f->place);
	run(f, 1500);
	assert_int_equal(status_of(f).reports_sent, 0);
	assert_int_equal(status_of(f).state, GB_MEMBERSHIP_MEMBER);
	assert_true(status_of(f).monitor_checks > 0);
	settings.keepalive = true;
	gb_membership_configure(f->membership, &settings);
	assert_int_equal(status_of(f).reports_sent, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_the_kernel_lost_is_joined_anew),
		TEST(joining_that_helps_is_seen_at_once),
		TEST(one_answer_of_the_registry_is_one_failure),
		TEST(unknown_answers_count_for_nothing),
		TEST(a_member_in_the_registry_ends_a_loss),
		TEST(changes_in_a_row_make_no_storm),
		TEST(left_is_left_until_told_otherwise),
		TEST(without_keepalive_nothing_is_sent),
	};

	if (!own_namespace())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
