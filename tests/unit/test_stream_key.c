/* SPDX-License-Identifier: Apache-2.0 */
/* stream: an expected stream as a line of text, and which key fits which. */
#include "test_pure.h"

#include <errno.h>
#include <goose-bridge/stream.h>

static struct gb_stream_expected parsed(const char *text)
{
	struct gb_stream_expected e;
	char why[GB_STREAM_WHY] = "";

	if (gb_stream_expected_parse(text, &e, why, sizeof(why)) != 0)
		fail_msg("%s: %s", text, why);
	return e;
}

static void expect_same(const struct gb_stream_expected *a, const struct gb_stream_expected *b)
{
	assert_int_equal(a->key.direction, b->key.direction);
	assert_string_equal(a->key.gocb_ref, b->key.gocb_ref);
	assert_memory_equal(a->key.source, b->key.source, sizeof(a->key.source));
	assert_memory_equal(a->key.destination, b->key.destination, sizeof(a->key.destination));
	assert_int_equal(a->key.vlan_id, b->key.vlan_id);
	assert_int_equal(a->key.appid, b->key.appid);
	assert_int_equal(a->key.has_source, b->key.has_source);
	assert_int_equal(a->key.has_destination, b->key.has_destination);
	assert_int_equal(a->key.has_vlan_id, b->key.has_vlan_id);
	assert_int_equal(a->key.has_appid, b->key.has_appid);
	assert_int_equal(a->time_allowed_to_live_ms, b->time_allowed_to_live_ms);
	assert_int_equal(a->index, b->index);
}

static void expect_round_trip(const struct gb_stream_expected *e)
{
	char line[GB_STREAM_LINE], again[GB_STREAM_LINE];

	gb_stream_expected_format(e, line, sizeof(line));
	assert_true(strlen(line) < sizeof(line) - 1);
	struct gb_stream_expected other = parsed(line);

	expect_same(&other, e);
	assert_string_equal(gb_stream_expected_format(&other, again, sizeof(again)), line);
}

static void test_reference_alone(void **state)
{
	struct gb_stream_expected e = parsed("IED1LD0/LLN0$GO$gcb1");
	char line[GB_STREAM_LINE];

	(void)state;
	assert_string_equal(e.key.gocb_ref, "IED1LD0/LLN0$GO$gcb1");
	assert_int_equal(e.key.direction, GB_STREAM_TO_GOOSE0);
	assert_false(e.key.has_source || e.key.has_destination || e.key.has_vlan_id || e.key.has_appid || e.learned);
	assert_int_equal(e.time_allowed_to_live_ms, 0);
	assert_int_equal(e.index, 0);
	assert_string_equal(gb_stream_expected_format(&e, line, sizeof(line)), "IED1LD0/LLN0$GO$gcb1 direction=to_goose0");
	expect_round_trip(&e);
}

static void test_everything(void **state)
{
	static const char text[] = "a/b$GO$c direction=to_network source=02:00:5e:10:00:ff destination=01:0c:cd:01:00:01 "
				   "vlan=4095 appid=0xbeef ttl=3600000 index=2147483647";
	char line[GB_STREAM_LINE];

	(void)state;
	struct gb_stream_expected e = parsed(text);

	assert_int_equal(e.key.direction, GB_STREAM_TO_NETWORK);
	assert_memory_equal(e.key.source, ((uint8_t[]){2, 0, 0x5E, 0x10, 0, 0xFF}), 6);
	assert_memory_equal(e.key.destination, ((uint8_t[]){1, 0x0C, 0xCD, 1, 0, 1}), 6);
	assert_int_equal(e.key.vlan_id, 4095);
	assert_int_equal(e.key.appid, 0xBEEF);
	assert_true(e.key.has_source && e.key.has_destination && e.key.has_vlan_id && e.key.has_appid);
	assert_int_equal(e.time_allowed_to_live_ms, 3600000);
	assert_int_equal(e.index, INT32_MAX);
	assert_string_equal(gb_stream_expected_format(&e, line, sizeof(line)), text);
	/* in any order, with any blanks, in capitals, with dashes */
	struct gb_stream_expected same = parsed("\t a/b$GO$c  index=2147483647 appid=0xBEEF ttl=3600000\tvlan=4095 "
						"destination=01-0C-CD-01-00-01 source=02-00-5E-10-00-FF direction=to_network ");

	expect_same(&same, &e);
	expect_round_trip(&e);
}

static void test_zeros_are_not_any(void **state)
{
	struct gb_stream_expected e = parsed("a vlan=0 appid=0x0 source=00:00:00:00:00:00");

	(void)state;
	assert_true(e.key.has_vlan_id && e.key.has_appid && e.key.has_source);
	assert_false(e.key.has_destination);
	expect_round_trip(&e);
}

/* Every character that a reference can have, and the longest one. */
static void test_odd_references(void **state)
{
	struct gb_stream_expected e = {.key.direction = GB_STREAM_TO_NETWORK};

	(void)state;
	for (int c = ' '; c <= '~'; c++)
		e.key.gocb_ref[c - ' '] = (char)c;
	expect_round_trip(&e);
	memset(e.key.gocb_ref, '\\', GB_PDU_TEXT_MAX);
	e.key.has_source = e.key.has_destination = e.key.has_vlan_id = e.key.has_appid = true;
	memset(e.key.source, 0xFF, 6);
	memset(e.key.destination, 0xFF, 6);
	e.key.vlan_id = 4095;
	e.key.appid = UINT16_MAX;
	e.time_allowed_to_live_ms = GB_STREAM_TAL_MAX_MS;
	e.index = INT32_MAX;
	expect_round_trip(&e);
	e.time_allowed_to_live_ms = UINT32_MAX; /* more than can be read is not written */
	char line[GB_STREAM_LINE];

	e = parsed(gb_stream_expected_format(&e, line, sizeof(line)));
	assert_int_equal(e.time_allowed_to_live_ms, GB_STREAM_TAL_MAX_MS);
	e = parsed("a\\x20b\\x5Cc");
	assert_string_equal(e.key.gocb_ref, "a b\\c");
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *why; /* a part of it */
	} cases[] = {
		{"", "reference of a GOOSE control block is missing"},
		{" \t", "is missing"},
		{"a\xC3\xA4", "printable ASCII"},
		{"a\\x7f", "printable ASCII"},
		{"a\\x1f", "printable ASCII"},
		{"a\\", "two hexadecimal digits"},
		{"a\\x", "two hexadecimal digits"},
		{"a\\x2", "two hexadecimal digits"},
		{"a\\x2 0", "two hexadecimal digits"},
		{"a\\y20", "two hexadecimal digits"},
		{"a b", "behind the reference"},
		{"a vlan", "behind the reference"},
		{"a colour=red", "colour=red: behind the reference"},
		{"a Vlan=1", "behind the reference"},
		{"a vlan=", "from 0 to 4095"},
		{"a vlan=4096", "vlan=4096: must be a number from 0 to 4095"},
		{"a vlan=-1", "from 0 to 4095"},
		{"a vlan=1x", "from 0 to 4095"},
		{"a vlan=99999999999999999999999999999999", "from 0 to 4095"},
		{"a vlan=1 vlan=1", "vlan is there twice"},
		{"a appid=1000", "hexadecimal behind 0x"},
		{"a appid=0x", "hexadecimal behind 0x"},
		{"a appid=0x10000", "hexadecimal behind 0x"},
		{"a appid=0xgg", "hexadecimal behind 0x"},
		{"a ttl=0", "from 1 to 3600000"},
		{"a ttl=3600001", "from 1 to 3600000"},
		{"a index=0", "from 1 to 2147483647"},
		{"a index=2147483648", "from 1 to 2147483647"},
		{"a source=", "Ethernet address"},
		{"a source=02:00:00:00:00", "Ethernet address"},
		{"a source=02:00:00:00:00:0", "Ethernet address"},
		{"a source=02:00:00:00:00:00:", "Ethernet address"},
		{"a source=02.00.00.00.00.00", "Ethernet address"},
		{"a destination=02:00:00:00:00:0g", "Ethernet address"},
		{"a direction=both", "to_goose0 (from other hosts)"},
		{"a \x1b[2J=1", "?[2J=1: behind"},
	};
	struct gb_stream_expected e;
	char why[GB_STREAM_WHY], small[8], text[GB_PDU_TEXT_MAX + 2];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		why[0] = '\0';
		if (gb_stream_expected_parse(cases[i].text, &e, why, sizeof(why)) != -EINVAL || !strstr(why, cases[i].why))
			fail_msg("\"%s\": \"%s\"", cases[i].text, why);
	}
	memset(text, 'a', sizeof(text));
	text[GB_PDU_TEXT_MAX + 1] = '\0';
	assert_int_equal(gb_stream_expected_parse(text, &e, why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "...: a reference has at most 129 characters"));
	text[GB_PDU_TEXT_MAX] = '\0';
	assert_int_equal(gb_stream_expected_parse(text, &e, why, sizeof(why)), 0);
	assert_int_equal(gb_stream_expected_parse("", &e, small, sizeof(small)), -EINVAL);
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

static void test_short_room(void **state)
{
	struct gb_stream_expected e = parsed("abc vlan=1");
	char line[6];

	(void)state;
	assert_string_equal(gb_stream_expected_format(&e, line, sizeof(line)), "abc d");
}

static bool fits(const char *pattern, const char *key)
{
	struct gb_stream_expected a = parsed(pattern), b = parsed(key);

	return gb_stream_key_fits(&a.key, &b.key);
}

static void test_fits(void **state)
{
	static const char stream[] = "r source=02:00:00:00:00:01 destination=01:00:00:00:00:01 vlan=7 appid=0x10";
	static const char *const fit[] = {"r", "r vlan=7", "r appid=0x10 vlan=7", "r source=02:00:00:00:00:01",
					  "r source=02:00:00:00:00:01 destination=01:00:00:00:00:01 vlan=7 appid=0x0010"};
	static const char *const differ[] = {"s", "rr", "r direction=to_network", "r vlan=8", "r appid=0x11 vlan=7",
					     "r source=02:00:00:00:00:02", "r destination=02:00:00:00:00:01"};

	(void)state;
	for (size_t i = 0; i < COUNT(fit); i++)
		assert_true(fits(fit[i], stream));
	for (size_t i = 0; i < COUNT(differ); i++)
		assert_false(fits(differ[i], stream));
	/* what the pattern says and the other leaves open is not known to be the same */
	assert_false(fits("r vlan=0", "r"));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(gb_stream_direction_name(GB_STREAM_TO_NETWORK), "to_network");
	assert_string_equal(gb_stream_direction_name(GB_STREAM_TO_GOOSE0), "to_goose0");
	assert_string_equal(gb_stream_direction_name((enum gb_stream_direction)2), "unknown");
	assert_string_equal(gb_stream_state_name(GB_STREAM_EXPECTED), "expected");
	assert_string_equal(gb_stream_state_name(GB_STREAM_NEW), "new");
	assert_string_equal(gb_stream_state_name(GB_STREAM_ACTIVE), "active");
	assert_string_equal(gb_stream_state_name(GB_STREAM_TEST), "test");
	assert_string_equal(gb_stream_state_name(GB_STREAM_EXPIRED), "expired");
	assert_string_equal(gb_stream_state_name((enum gb_stream_state)9), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reference_alone),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_zeros_are_not_any),
		cmocka_unit_test(test_odd_references),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_short_room),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
