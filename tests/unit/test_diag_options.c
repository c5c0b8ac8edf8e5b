/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: its command line, and that its page has what it takes. */
#include "test_pure.h"

#include "../../module/tools/diag_options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <stdlib.h>

#define WORDS_MAX 24

static struct diag_options o;
static char error[256];

/* LINE in words, without the program's name. */
static int parse(const char *line)
{
	static char words[256];
	char *argv[WORDS_MAX + 1] = {(char[]){"goose-bridge-diag"}};
	int argc = 1;

	assert_true(strlen(line) < sizeof(words));
	strcpy(words, line);
	for (char *word = strtok(words, " "); word && argc < WORDS_MAX; word = strtok(NULL, " "))
		argv[argc++] = word;
	error[0] = '\0';
	return diag_options_parse(argc, argv, &o, error, sizeof(error));
}

static void refused(const char *line, const char *part)
{
	assert_int_equal(parse(line), -EINVAL);
	if (!strstr(error, part))
		fail_msg("%s: '%s' is not in '%s'", line, part, error);
}

static void a_command_has_its_defaults(void **state)
{
	(void)state;
	assert_int_equal(parse("multicast send"), 0);
	assert_int_equal(o.command->verb, DIAG_MULTICAST_SEND);
	assert_int_equal(o.count, 10);
	assert_int_equal(o.duration_ns, 0);
	assert_int_equal(o.rate, 1);
	assert_int_equal(parse("multicast recv"), 0);
	assert_int_equal(o.count, 0);
	assert_int_equal(o.duration_ns, 30 * GB_NS_PER_S);
	assert_int_equal(parse("tgw keepalive"), 0);
	assert_int_equal(o.interval_ns, 90 * GB_NS_PER_S);
	assert_int_equal(o.silence_ns, 5 * GB_NS_PER_S);
	assert_int_equal(o.given, 0);
	assert_false(o.json || o.leave || o.send);
}

/* Whatever a command waits for: it ends by itself. */
static void each_command_is_bounded(void **state)
{
	(void)state;
	for (int verb = 0; verb < DIAG_VERBS; verb++) {
		const struct diag_command *command = diag_command_of((enum diag_verb)verb);
		char line[64];

		assert_int_equal(command->verb, verb);
		snprintf(line, sizeof(line), "%s %s", command->area, command->name);
		assert_int_equal(parse(line), 0);
		if (command->takes & (DIAG_DURATION | DIAG_COUNT))
			assert_true(o.count > 0 || o.duration_ns > 0);
		if (command->takes & DIAG_RATE)
			assert_true(o.rate > 0);
		if (command->takes & DIAG_INTERVAL)
			assert_true(o.interval_ns > 0);
	}
}

static void options_are_taken(void **state)
{
	(void)state;
	assert_int_equal(parse("-j -c a.conf -s b.sock multicast both --group 239.1.2.3 --port 5000 --interface eth7 --count 3 "
			       "--ttl 2"), 0);
	assert_true(o.json);
	assert_string_equal(o.config_file, "a.conf");
	assert_string_equal(o.socket_path, "b.sock");
	assert_int_equal(ntohl(o.group.s_addr), 0xEF010203);
	assert_int_equal(o.port, 5000);
	assert_string_equal(o.interface, "eth7");
	assert_int_equal(o.count, 3);
	assert_int_equal(o.ttl, 2);
	assert_int_equal(o.given, DIAG_GROUP | DIAG_PORT | DIAG_INTERFACE | DIAG_COUNT | DIAG_TTL);
	assert_int_equal(parse("tgw keepalive --interval 0.25 --duration 10 --silence 1.5 --rate 20 --from eth1 -j"), 0);
	assert_int_equal(o.interval_ns, GB_NS_PER_S / 4);
	assert_int_equal(o.silence_ns, 3 * GB_NS_PER_S / 2);
	assert_int_equal(o.rate, 20);
	assert_string_equal(o.from, "eth1");
	assert_int_equal(parse("multicast send --duration 5"), 0);
	assert_int_equal(o.count, 0); /* as many as there is time for */
	assert_int_equal(parse("multicast recv --leave"), 0);
	assert_true(o.leave);
	assert_int_equal(parse("tgw timeout --send"), 0);
	assert_true(o.send);
	assert_int_equal(parse("-h nonsense"), 0);
	assert_true(o.help);
	assert_int_equal(parse("-V"), 0);
	assert_true(o.version);
}

static void what_is_wrong_is_said(void **state)
{
	(void)state;
	refused("", "two words");
	refused("multicast", "two words");
	refused("multicast listen", "no command 'multicast listen'");
	refused("igmp send", "no command 'igmp send'");
	refused("igmp watch now", "'now' is too much");
	refused("igmp watch --nonsense", "no option --nonsense");
	refused("igmp watch -x", "no option -x");
	refused("igmp watch --duration", "needs a value");
	refused("igmp watch --count 5", "'igmp watch' takes no --count");
	refused("igmp status --leave", "takes no --leave");
	refused("tgw timeout --interval 5", "takes no --interval");
	refused("multicast recv --group 10.0.0.1", "no multicast group");
	refused("multicast recv --group 224.0.1", "no multicast group");
	refused("multicast recv --group 224.0.0.251", "never leave the link");
	refused("multicast recv --port 0", "--port: '0'");
	refused("multicast recv --port 65536", "1 to 65535");
	refused("multicast recv --port +5", "--port: '+5'");
	refused("multicast recv --port 5x", "--port: '5x'");
	refused("multicast recv --count 0", "--count");
	refused("multicast recv --count 99999999999999999999", "--count");
	refused("multicast recv --duration 0", "--duration: '0'");
	refused("multicast recv --duration inf", "--duration: 'inf'");
	refused("multicast recv --duration -5", "--duration: '-5'");
	refused("multicast recv --duration 1.2.3", "--duration");
	refused("multicast recv --duration .", "--duration");
	refused("multicast recv --duration 9999999", "--duration");
	refused("multicast recv --interface abcdefghijklmnop", "--interface");
	refused("multicast send --rate 1001", "--rate");
	refused("multicast send --ttl 256", "--ttl");
	refused("tgw timeout --send --from eth1", "--send only sends");
	refused("tgw timeout --interface eth0 --from eth0", "second one");
}

/* The manual page names each command and option. */
static void the_page_has_them(void **state)
{
	static char page[65536];
	char word[64];
	FILE *file = fopen(GB_TOP_SRCDIR "/man/goose-bridge-diag.8", "r");

	(void)state;
	assert_non_null(file);
	page[fread(page, 1, sizeof(page) - 1, file)] = '\0';
	fclose(file);
	for (int verb = 0; verb < DIAG_VERBS; verb++) {
		const struct diag_command *command = diag_command_of((enum diag_verb)verb);

		snprintf(word, sizeof(word), ".It Cm %s %s", command->area, command->name);
		if (!strstr(page, word))
			fail_msg("goose-bridge-diag.8 has no '%s'", word);
	}
	static const char *const names[] = {"group", "port", "interface", "count", "duration", "interval",
					    "rate", "ttl", "leave", "send", "from", "silence"};

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(word, sizeof(word), "Fl -%s", names[i]);
		if (!strstr(page, word))
			fail_msg("goose-bridge-diag.8 has no '%s'", word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_has_its_defaults),
		cmocka_unit_test(each_command_is_bounded),
		cmocka_unit_test(options_are_taken),
		cmocka_unit_test(what_is_wrong_is_said),
		cmocka_unit_test(the_page_has_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
