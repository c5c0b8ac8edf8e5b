/* SPDX-License-Identifier: Apache-2.0 */
/* base/clock: time as text, with and without a zone. */
#include "test_pure.h"

#include <time.h>

#include <goose-bridge/clock.h>

static const char *text_of(uint64_t utc_ns, bool zone)
{
	static char text[33]; /* as much as the header says is enough */

	assert_ptr_equal(gb_clock_iso8601(utc_ns, zone, text, sizeof(text)), text);
	return text;
}

static void test_utc(void **state)
{
	(void)state;
	assert_string_equal(text_of(0, true), "1970-01-01T00:00:00.000000+00:00");
	assert_string_equal(text_of(999, true), "1970-01-01T00:00:00.000000+00:00");
	assert_string_equal(text_of(UINT64_C(951782400123456789), true), "2000-02-29T00:00:00.123456+00:00");
	assert_string_equal(text_of(UINT64_C(4102444799999999999), true), "2099-12-31T23:59:59.999999+00:00");
	assert_string_equal(text_of(UINT64_MAX, true), "2554-07-21T23:34:33.709551+00:00");
}

static void test_local(void **state)
{
	(void)state;
	setenv("TZ", "XXX-05:30", 1); /* POSIX: east of Greenwich is negative */
	tzset();
	assert_string_equal(text_of(UINT64_C(951782400123456789), false), "2000-02-29T05:30:00.123456");
	assert_string_equal(text_of(UINT64_C(951782400123456789), true), "2000-02-29T00:00:00.123456+00:00");
	unsetenv("TZ");
	tzset();
}

static void test_too_little_room(void **state)
{
	char text[8];

	(void)state;
	gb_clock_iso8601(0, true, text, sizeof(text));
	assert_string_equal(text, "1970-01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utc),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_too_little_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
