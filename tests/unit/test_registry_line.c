/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of goose-bridge-aws: good ones, and all kinds of others. */
#include "test_pure.h"

#include <errno.h>
#include <goose-bridge/registry.h>

static struct gb_registry_answer answer;
static unsigned next_s;

static int parse(const char *line)
{
	return gb_registry_parse(line, strlen(line), &answer, &next_s);
}

static void good_lines(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"version\":1,\"state\":\"member\",\"result\":\"ok\",\"detail\":\"it is\",\"interface_id\":"
			       "\"eni-0123456789abcdef0\",\"next_s\":120}"),
			 0);
	assert_int_equal(answer.says, GB_REGISTRY_SAYS_MEMBER);
	assert_string_equal(answer.detail, "it is");
	assert_string_equal(answer.interface_id, "eni-0123456789abcdef0");
	assert_int_equal(next_s, 120);
	assert_int_equal(parse(" {\"next_s\": 0, \"state\": \"absent\", \"version\": 1, \"detail\": null} "), 0);
	assert_int_equal(answer.says, GB_REGISTRY_SAYS_ABSENT);
	assert_string_equal(answer.detail, "");
	assert_string_equal(answer.interface_id, "");
	assert_int_equal(parse("{\"version\":1,\"state\":\"unknown\",\"next_s\":86400,\"more\":{\"a\":[1]}}"), 0);
	assert_int_equal(answer.says, GB_REGISTRY_SAYS_UNKNOWN);
}

static void bad_lines(void **state)
{
	static const char *const lines[] = {
		"", "x", "null", "1", "\"member\"", "[]", "{}", "{\"version\":1}", "{\"version\":1,\"state\":\"member\"}",
		"{\"version\":1,\"next_s\":1}", "{\"version\":2,\"state\":\"member\",\"next_s\":1}",
		"{\"version\":\"1\",\"state\":\"member\",\"next_s\":1}", "{\"version\":1,\"state\":1,\"next_s\":1}",
		"{\"version\":1,\"state\":\"MEMBER\",\"next_s\":1}", "{\"version\":1,\"state\":\"off\",\"next_s\":1}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":-1}", "{\"version\":1,\"state\":\"member\",\"next_s\":86401}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":1.5}", "{\"version\":1,\"state\":\"member\",\"next_s\":\"1\"}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":99999999999999999999}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":1", "{\"version\":1,\"state\":\"member\",\"next_s\":1}}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":1} {\"version\":1,\"state\":\"absent\",\"next_s\":1}",
		"{'version':1,'state':'member','next_s':1}", "{\"version\":1,\"state\":\"member\",\"next_s\":1,}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":1,\"deep\":[[[[[[[[[]]]]]]]]]}",
		"{\"version\":1,\"state\":\"member\",\"next_s\":1,\"detail\":\"\xFF\xFE\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (parse(lines[i]) != -EPROTO)
			fail_msg("taken: %s", lines[i]);
	assert_int_equal(gb_registry_parse("{\"version\":1,\"state\":\"member\",\"next_s\":1}\0 {", 43, &answer, &next_s),
			 -EPROTO);
}

static void too_long_is_refused(void **state)
{
	char line[GB_REGISTRY_LINE + 100];
	size_t length;

	(void)state;
	memset(line, ' ', sizeof(line));
	length = (size_t)snprintf(line, sizeof(line), "{\"version\":1,\"state\":\"member\",\"next_s\":1}");
	line[length] = ' ';
	assert_int_equal(gb_registry_parse(line, GB_REGISTRY_LINE, &answer, &next_s), 0);
	assert_int_equal(gb_registry_parse(line, GB_REGISTRY_LINE + 1, &answer, &next_s), -EPROTO);
}

/* What it says stands in logs, JSON and on terminals. */
static void texts_are_made_harmless(void **state)
{
	char line[1024], detail[600];

	(void)state;
	assert_int_equal(parse("{\"version\":1,\"state\":\"unknown\",\"next_s\":1,"
			       "\"detail\":\"a\\u001b[2Jb\\n\\u009bc\\u007f\xC3\xA4\","
			       "\"interface_id\":[1]}"),
			 0);
	assert_string_equal(answer.detail, "a?[2Jb???c?\xC3\xA4");
	assert_string_equal(answer.interface_id, "");
	/* cut before a character, not in it: 198 octets and one of two */
	memset(detail, 'a', 198);
	strcpy(detail + 198, "\xC3\xA4\xC3\xA4");
	snprintf(line, sizeof(line), "{\"version\":1,\"state\":\"unknown\",\"next_s\":1,\"detail\":\"%s\"}", detail);
	assert_int_equal(parse(line), 0);
	assert_int_equal(strlen(answer.detail), 198);
}

static void domains_to_ask_about(void **state)
{
	(void)state;
	assert_true(gb_registry_is_wanted("tgw-mcast-domain-0123456789abcdef0"));
	assert_false(gb_registry_is_wanted(""));
	assert_false(gb_registry_is_wanted("tgw-mcast-domain-01d79015018690cef"));
	assert_string_equal(gb_registry_says_name(GB_REGISTRY_SAYS_MEMBER), "member");
	assert_string_equal(gb_registry_says_name((enum gb_registry_says)9), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(too_long_is_refused),
		cmocka_unit_test(texts_are_made_harmless),
		cmocka_unit_test(domains_to_ask_about),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
