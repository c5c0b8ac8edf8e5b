/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: its command line, and that its page has what it takes. */
#include "test_pure.h"

#include "../../module/tools/benchmark_frame.h"
#include "../../module/tools/benchmark_options.h"

#include <errno.h>
#include <goose-bridge/clock.h>

#define WORDS_MAX 24

static struct benchmark_options o;
static char error[256];

/* LINE in words, without the program's name. */
static int parse(const char *line)
{
	static char words[256];
	char *argv[WORDS_MAX + 1] = {(char[]){"goose-bridge-benchmark"}};
	int argc = 1;

	assert_true(strlen(line) < sizeof(words));
	strcpy(words, line);
	for (char *word = strtok(words, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	error[0] = '\0';
	return benchmark_options_parse(argc, argv, &o, error, sizeof(error));
}

static void refused(const char *line, const char *part)
{
	assert_int_equal(parse(line), -EINVAL);
	if (!strstr(error, part))
		fail_msg("%s: '%s' is not in '%s'", line, part, error);
}

/* Nothing has to be given, and what is then done harms nobody. */
static void all_has_defaults(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(parse(i ? "" : "throughput"), 0);
		assert_int_equal(o.verb, BENCHMARK_THROUGHPUT);
		assert_int_equal(o.rate, 1000);
		assert_int_equal(o.duration_ns, 10 * GB_NS_PER_S);
		assert_int_equal(o.count, 10000);
		assert_int_equal(o.size, 160);
		assert_true(o.tagged);
		assert_int_equal(o.priority, 4);
		assert_int_equal(o.vlan_id, 0);
		assert_int_equal(o.appid, 0x3FFB);
		assert_false(o.json || o.has_destination);
		assert_string_equal(o.interface, "");
	}
	assert_int_equal(parse("latency"), 0);
	assert_int_equal(o.count, 1000);
	assert_int_equal(o.rate, 100);
	assert_int_equal(parse("answer"), 0);
	assert_int_equal(o.duration_ns, 0);
}

/* Of the Python service's tool. */
static void the_old_options(void **state)
{
	(void)state;
	assert_int_equal(parse("throughput --rate 500 --duration 2.5 --packet-size 300"), 0);
	assert_int_equal(o.rate, 500);
	assert_int_equal(o.duration_ns, 2500 * GB_NS_PER_MS);
	assert_int_equal(o.count, 1250);
	assert_int_equal(o.size, 300);
	assert_int_equal(parse("latency --count 7"), 0);
	assert_int_equal(o.count, 7);
}

static void options_are_taken(void **state)
{
	static const uint8_t destination[6] = {0x01, 0x0C, 0xCD, 0x01, 0x01, 0xfe};

	(void)state;
	assert_int_equal(
		parse("-s /a/socket -j latency --interface goose1 --rate 5 --destination 01-0C-cd-01-01-FE --appid 0x8001 "
		      "--vlan 4094 --priority 7"),
		0);
	assert_string_equal(o.socket_path, "/a/socket");
	assert_true(o.json);
	assert_string_equal(o.interface, "goose1");
	assert_true(o.has_destination);
	assert_memory_equal(o.destination, destination, sizeof(destination));
	assert_int_equal(o.appid, 0x8001);
	assert_int_equal(o.vlan_id, 4094);
	assert_int_equal(o.priority, 7);
	assert_int_equal(parse("throughput --appid 10 --vlan none"), 0);
	assert_int_equal(o.appid, 10);
	assert_false(o.tagged);
	assert_int_equal(parse("-h"), 0);
	assert_true(o.help);
	assert_int_equal(parse("-V"), 0);
	assert_true(o.version);
}

static void sizes_have_limits(void **state)
{
	char line[60], least[20];
	size_t load = benchmark_frame_least(BENCHMARK_LOAD, true), ping = benchmark_frame_least(BENCHMARK_PING, true);

	(void)state;
	assert_int_equal(parse("throughput --packet-size 1518"), 0);
	refused("throughput --packet-size 1519", "1518");
	assert_int_equal(parse("throughput --vlan none --packet-size 1514"), 0);
	refused("throughput --vlan none --packet-size 1515", "1514");
	snprintf(line, sizeof(line), "throughput --packet-size %zu", load);
	assert_int_equal(parse(line), 0);
	snprintf(line, sizeof(line), "latency --packet-size %zu", load);
	snprintf(least, sizeof(least), "%zu octets", ping);
	refused(line, least);
	refused("throughput --packet-size 60", "60 is too few");
	refused("throughput --packet-size 0", "--packet-size");
}

static void wrong_ones_are_named(void **state)
{
	(void)state;
	refused("throughout", "throughout");
	refused("throughput latency", "latency");
	refused("throughput --rate 0", "--rate: '0'");
	refused("throughput --rate 1000001", "1000000");
	refused("throughput --rate -5", "'-5'");
	refused("throughput --rate 1e3", "'1e3'");
	refused("latency --rate 10001", "10000");
	refused("throughput --duration inf", "'inf'");
	refused("throughput --duration 0", "0.1");
	refused("throughput --duration 86401", "86400");
	refused("latency --count 0", "--count");
	refused("latency --duration 5", "latency takes no --duration");
	refused("throughput --count 5", "throughput takes no --count");
	refused("answer --rate 5", "answer takes no --rate");
	refused("throughput --destination 00:0c:cd:01:00:01", "group address");
	refused("throughput --destination 01:0c:cd:01:00", "no address");
	refused("throughput --destination 01:0c:cd:01:00:0g", "no address");
	refused("throughput --destination 01:0c-cd:01:00:01", "no address");
	refused("throughput --vlan 4095", "4094");
	refused("throughput --vlan", "--vlan needs a value");
	refused("throughput --priority 8", "7");
	refused("throughput --vlan none --priority 4", "--priority");
	refused("throughput --appid 65536", "0xffff");
	refused("throughput --interface abcdefghijklmnop", "abcdefghijklmnop");
	refused("throughput --nonsense", "--nonsense");
}

/* The manual page and the text of -h name each option. */
static void the_page_has_them(void **state)
{
	static const char *const options[] = {"interface",   "rate",  "duration", "count",   "packet-size",
					      "destination", "appid", "vlan",	  "priority"};
	static char page[40000], usage[8000];
	FILE *in = fopen(GB_TOP_SRCDIR "/man/goose-bridge-benchmark.8", "r"), *out = fmemopen(usage, sizeof(usage), "w");

	(void)state;
	assert_non_null(in);
	assert_non_null(out);
	page[fread(page, 1, sizeof(page) - 1, in)] = '\0';
	fclose(in);
	benchmark_options_usage(out);
	fclose(out);
	for (size_t i = 0; i < COUNT(options); i++) {
		char item[40], option[40];

		snprintf(item, sizeof(item), "\n.It Fl -%s", options[i]);
		snprintf(option, sizeof(option), "--%s ", options[i]);
		if (!strstr(page, item) || !strstr(usage, option))
			fail_msg("--%s is missing", options[i]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_has_defaults),	cmocka_unit_test(the_old_options),
		cmocka_unit_test(options_are_taken),	cmocka_unit_test(sizes_have_limits),
		cmocka_unit_test(wrong_ones_are_named), cmocka_unit_test(the_page_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
