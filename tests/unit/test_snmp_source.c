/* SPDX-License-Identifier: Apache-2.0 */
/* How often a service is asked, how long its last answer serves, and what is to be seen without one. */
#include "../../module/snmp/source.h"

#include "../../module/snmp/tree.h"
#include "test_pure.h"

#include <errno.h>
#include <json-c/json.h>
#include <unistd.h>

#define S  UINT64_C(1000000000)
#define MS UINT64_C(1000000)

/* What the service does: the code of the answer to each command. */
static int code_of[4];
static unsigned asked[4];
static uint64_t raw_frames;
static unsigned delay_ms;

static int ask(const char *path, const char *command, int timeout_ms, struct json_object **result, char *error, size_t size)
{
	static const char *const commands[] = {"stats", "igmp", "events", "snmp"};
	unsigned i = 0;

	while (strcmp(commands[i], command) != 0)
		assert_true(++i < COUNT(commands));
	assert_string_equal(path, "/run/x");
	assert_in_range(timeout_ms, 1, SNMP_SOURCE_ANSWER_MS);
	asked[i]++;
	*result = NULL;
	if (code_of[i]) {
		snprintf(error, size, "code %d", code_of[i]);
		return code_of[i];
	}
	*result = json_object_new_object();
	if (i == 0) {
		usleep(delay_ms * 1000);
		struct json_object *counters = json_object_new_object();

		json_object_object_add(counters, "raw_frames", json_object_new_uint64(raw_frames));
		json_object_object_add(*result, "counters", counters);
		json_object_object_add(*result, "state", json_object_new_string("running"));
		json_object_object_add(*result, "version", json_object_new_string("7.7"));
	}
	return 0;
}

static struct snmp_source source;

static int begin(void **state)
{
	(void)state;
	memset(code_of, 0, sizeof(code_of));
	memset(asked, 0, sizeof(asked));
	raw_frames = 5;
	delay_ms = 0;
	source = (struct snmp_source){.path = "/run/x", .ask = ask};
	return 0;
}

static int end(void **state)
{
	(void)state;
	snmp_source_forget(&source);
	return 0;
}

static const struct gb_snmp_snapshot *at(uint64_t now_ns)
{
	const struct gb_snmp_snapshot *s = snmp_source_current(&source, now_ns, 1);

	assert_non_null(s);
	return s;
}

static bool has(const struct gb_snmp_snapshot *s, uint32_t group, uint32_t object, struct snmp_value *value)
{
	return snmp_tree_get(s, &(struct snmp_oid){.length = 3, .arc = {group, object, 0}}, value);
}

static size_t instances(const struct gb_snmp_snapshot *s)
{
	struct snmp_oid oid = {0};
	struct snmp_value value;
	size_t count = 0;

	while (snmp_tree_next(s, &oid, &value))
		count++;
	return count;
}

static void asks_once_a_second(void **state)
{
	(void)state;
	for (uint64_t now = 100 * S; now < 110 * S; now += 50 * MS) {
		raw_frames = now;
		assert_in_range(at(now)->report.totals.counter[GB_COUNT_raw_frames], now - S + 1, now);
	}
	for (size_t i = 0; i < COUNT(asked); i++)
		assert_int_equal(asked[i], 10);
}

/* Waiting is a small part of snmpd's time. */
static void seldom_where_answers_are_slow(void **state)
{
	(void)state;
	delay_ms = 400;
	at(100 * S);
	at(101 * S + 550 * MS);
	assert_int_equal(asked[0], 1);
	at(140 * S);
	assert_int_equal(asked[0], 2);
}

/* Until it has been silent for KEEP, its last answer serves; each question may cost ANSWER_MS, and they become rare. */
static void a_silent_service(void **state)
{
	uint64_t last = 0, now = 100 * S;
	unsigned before;

	(void)state;
	assert_false(at(now)->absent);
	code_of[0] = -ETIMEDOUT;
	for (now += S; now < 160 * S; now += 10 * MS) {
		bool absent;

		before = asked[0];
		absent = at(now)->absent;
		assert_true(absent || now < 100 * S + SNMP_SOURCE_KEEP_NS + SNMP_SOURCE_PAUSE_MAX_NS + S);
		assert_true(!absent || now >= 100 * S + SNMP_SOURCE_KEEP_NS);
		if (asked[0] == before)
			continue;
		assert_true(last == 0 || now - last >= S + SNMP_SOURCE_ANSWER_MS * MS);
		assert_true(last == 0 || now - last <= SNMP_SOURCE_PAUSE_MAX_NS + S);
		last = now;
	}
	assert_in_range(asked[0], 6, 12);
	code_of[0] = 0;
	for (now = last; at(now)->absent; now += 10 * MS)
		assert_true(now - last <= SNMP_SOURCE_PAUSE_MAX_NS + S);
	before = asked[0];
	at(now + S); /* as often as ever */
	assert_int_equal(asked[0], before + 1);
}

static void a_service_that_is_gone(void **state)
{
	struct snmp_value value;
	const struct gb_snmp_snapshot *s = at(100 * S);

	(void)state;
	assert_true(has(s, 2, 1, &value));
	assert_int_equal(value.number, 5);
	code_of[0] = -ECONNREFUSED;
	s = at(101 * S);
	assert_true(s->absent);
	/* what was counted is not 0; that it is down can be seen, and why, and what it was */
	assert_int_equal(instances(s), 7);
	assert_false(has(s, 2, 1, &value));
	assert_true(has(s, 1, 2, &value));
	assert_int_equal(value.number, 3);
	assert_true(has(s, 1, 1, &value));
	assert_memory_equal(value.octets, "7.7", 3);
	assert_true(has(s, 1, 6, &value));
	assert_memory_equal(value.octets, "code -111", 9);
	assert_true(has(s, 1, 3, &value));
	assert_int_equal(value.number, 0);
	at(101 * S + 500 * MS);
	assert_int_equal(asked[0], 2);
	code_of[0] = 0;
	assert_false(at(102 * S)->absent); /* no time was lost with it: no pause */
}

static void never_there(void **state)
{
	(void)state;
	code_of[0] = -ENOENT;
	assert_true(at(1)->absent);
	assert_string_equal(at(2 * S)->version, "");
	code_of[0] = -ETIMEDOUT; /* and silent from the start: there is no answer to keep */
	assert_true(at(4 * S)->absent);
	assert_string_equal(at(4 * S)->report.warning[0], "code -110");
}

/* A service that is older than the plug-in may not know each question. */
static void some_questions_refused(void **state)
{
	(void)state;
	code_of[1] = code_of[2] = code_of[3] = -EREMOTEIO;
	assert_false(at(100 * S)->absent);
	code_of[2] = -ETIMEDOUT;
	assert_int_equal(at(101 * S)->taken_ns, 100 * S); /* the last one serves */
	code_of[0] = -EREMOTEIO;
	assert_true(at(150 * S)->absent);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(asks_once_a_second, begin, end),
		cmocka_unit_test_setup_teardown(seldom_where_answers_are_slow, begin, end),
		cmocka_unit_test_setup_teardown(a_silent_service, begin, end),
		cmocka_unit_test_setup_teardown(a_service_that_is_gone, begin, end),
		cmocka_unit_test_setup_teardown(never_there, begin, end),
		cmocka_unit_test_setup_teardown(some_questions_refused, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
