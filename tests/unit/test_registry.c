/* SPDX-License-Identifier: Apache-2.0 */
/* The service's end of goose-bridge-aws, with scripts in its place that do what it should never do. The room's times are short
 * here: see the build rule.
 */
#include "test_pure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/registry.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWERS 200
#define MEMBER	"{\"version\":1,\"state\":\"member\",\"detail\":\"it is\",\"interface_id\":\"eni-1\",\"next_s\":0}"
#define ABSENT	"{\"version\":1,\"state\":\"absent\",\"detail\":\"it is not\",\"next_s\":0}"

struct fixture {
	struct event_base *base;
	struct gb_registry *registry;
	struct gb_registry_settings settings;
	char directory[64];
	unsigned answers;
	struct gb_registry_answer answer[ANSWERS];
	bool stop_at_first; /* the first answer turns it off */
};

static void on_answer(void *arg, const struct gb_registry_answer *answer)
{
	struct fixture *f = arg;
	struct gb_registry_settings off = f->settings;

	if (f->answers < ANSWERS)
		f->answer[f->answers++] = *answer;
	off.domain_id[0] = '\0';
	if (f->stop_at_first)
		gb_registry_configure(f->registry, &off);
}

static void run(struct fixture *f, unsigned ms)
{
	struct timeval time = gb_clock_timeval(ms * GB_NS_PER_MS);

	event_base_loopexit(f->base, &time);
	event_base_dispatch(f->base);
}

/* Runs until COUNT answers are there, at most 10 s. */
static void run_to(struct fixture *f, unsigned count)
{
	for (unsigned i = 0; i < 500 && f->answers < count; i++)
		run(f, 20);
	assert_true(f->answers >= count);
}

static void begin(struct fixture *f, const char *script)
{
	FILE *file = fopen(f->settings.helper, "w");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\n%s\n", script);
	fchmod(fileno(file), 0755);
	fclose(file);
	assert_int_equal(gb_registry_create(&f->registry, f->base, &f->settings, on_answer, f), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->directory, "/tmp/gb-registry.XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->settings.helper, sizeof(f->settings.helper), "%s/helper", f->directory);
	strcpy(f->settings.domain_id, "tgw-mcast-domain-0123456789abcdef0");
	strcpy(f->settings.interface, "eth0");
	inet_pton(AF_INET, "224.0.1.100", &f->settings.group);
	f->settings.interval_s = 120;
	f->settings.first_after_s = 0;
	f->base = event_base_new();
	*state = f;
	return 0;
}

/* Also one that has ended, and is not waited for: that would be a zombie. */
static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

static void run_to_no_children(struct fixture *f)
{
	for (unsigned i = 0; i < 500 && has_children(); i++)
		run(f, 20);
	assert_false(has_children());
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[100];

	gb_registry_destroy(f->registry);
	/* killed it is, though on a busy machine it may not have ended within the time that it is waited for */
	for (unsigned i = 0; i < 500 && has_children(); i++) {
		waitpid(-1, NULL, WNOHANG);
		usleep(20000);
	}
	assert_false(has_children());
	event_base_free(f->base);
	snprintf(command, sizeof(command), "rm -rf %s", f->directory);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static const char *read_file(const struct fixture *f, const char *name, char *text, size_t size)
{
	char path[128];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", f->directory, name);
	file = fopen(path, "r");
	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

static void answers_come_through(void **state)
{
	struct fixture *f = *state;
	char text[300];

	begin(f, "echo \"$@\" >$(dirname $0)/arguments; echo '" MEMBER "'; echo '" ABSENT "'; exec sleep 100");
	run_to(f, 2);
	assert_int_equal(f->answer[0].says, GB_REGISTRY_SAYS_MEMBER);
	assert_string_equal(f->answer[0].interface_id, "eni-1");
	assert_true(f->answer[0].utc_ns > 0);
	assert_int_equal(f->answer[1].says, GB_REGISTRY_SAYS_ABSENT);
	assert_string_equal(read_file(f, "arguments", text, sizeof(text)),
			    "--domain tgw-mcast-domain-0123456789abcdef0 --group 224.0.1.100 --interface eth0 --interval 120 "
			    "--delay 0\n");
}

/* A descriptor that is not closed by exec, and a capability: neither gets there. */
static void the_child_has_nothing(void **state)
{
	struct fixture *f = *state;
	char text[4096];
	int fd = dup(STDERR_FILENO);

	assert_true(fd > STDERR_FILENO);
	signal(SIGUSR1, SIG_IGN);
	/* The shell's own words read its status: while it waits for a program it may have signals blocked itself. */
	begin(f, "ls /proc/$$/fd >$(dirname $0)/fds; while read -r l; do echo \"$l\"; done </proc/$$/status "
		 ">$(dirname $0)/status; echo '" MEMBER "'; exec sleep 100");
	run_to(f, 1);
	signal(SIGUSR1, SIG_DFL);
	close(fd);
	/* the shell itself has its script open, as 10 or 255 */
	read_file(f, "fds", text, sizeof(text));
	assert_true(strncmp(text, "0\n1\n", 4) == 0 && strstr(text, "\n2\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(atoi(line) <= 2 || atoi(line) >= 10);
	read_file(f, "status", text, sizeof(text));
	assert_non_null(strstr(text, "NoNewPrivs:\t1"));
	assert_non_null(strstr(text, "CapEff:\t0000000000000000"));
	assert_non_null(strstr(text, "CapPrm:\t0000000000000000"));
	/* 32 and 33 are the C library's own, and whoever started this test may have had them ignored */
	assert_non_null(strstr(text, "SigIgn:\t"));
	assert_true((strtoull(strstr(text, "SigIgn:\t") + 8, NULL, 16) & ~UINT64_C(0x180000000)) == 0);
	assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
}

static void expect_failure(struct fixture *f, unsigned at, const char *words)
{
	run_to(f, at + 1);
	assert_int_equal(f->answer[at].says, GB_REGISTRY_SAYS_UNKNOWN);
	if (!strstr(f->answer[at].detail, words))
		fail_msg("'%s' wanted, not '%s'", words, f->answer[at].detail);
}

static void death_is_survived_with_growing_delays(void **state)
{
	struct fixture *f = *state;
	uint64_t times[4];

	begin(f, "exit 3");
	for (unsigned i = 0; i < 4; i++) {
		expect_failure(f, i, "ended with status 3");
		times[i] = f->answer[i].utc_ns;
	}
	/* After 50, 100, 200 ms by the loop's own time, which on a busy machine is some milliseconds behind when it is asked
	 * for a delay: the last one shows that they grow.
	 */
	assert_true(times[3] - times[2] >= 100 * GB_NS_PER_MS);
	assert_true(gb_registry_is_running(f->registry));
}

static void a_signal_is_said(void **state)
{
	struct fixture *f = *state;

	begin(f, "kill -9 $$");
	expect_failure(f, 0, "signal 9");
}

static void it_is_no_program(void **state)
{
	struct fixture *f = *state;

	begin(f, "");
	unlink(f->settings.helper);
	expect_failure(f, 0, "No such file");
	expect_failure(f, 1, "cannot be started");
}

static void last_words_before_an_end_count(void **state)
{
	struct fixture *f = *state;

	begin(f, "echo '" ABSENT "'; exit 0");
	run_to(f, 2);
	assert_int_equal(f->answer[0].says, GB_REGISTRY_SAYS_ABSENT);
	expect_failure(f, 1, "ended with status 0");
}

static void half_a_line_is_none(void **state)
{
	struct fixture *f = *state;

	begin(f, "if [ -e $0.again ]; then echo '}'; exec sleep 100; fi; >$0.again; "
		 "printf '%s' '{\"version\":1,\"state\":\"absent\",\"next_s\":1'; exit 1");
	expect_failure(f, 0, "ended with status 1");
	/* and what the next one says does not complete it */
	expect_failure(f, 1, "no answer");
}

static void a_line_in_pieces_is_one(void **state)
{
	struct fixture *f = *state;

	begin(f, "printf '%s' '{\"version\":1,\"state\":\"absent\"'; sleep 0.1; echo ',\"next_s\":5}'; exec sleep 100");
	run_to(f, 1);
	assert_int_equal(f->answer[0].says, GB_REGISTRY_SAYS_ABSENT);
}

static void garbage_is_the_end_of_it(void **state)
{
	struct fixture *f = *state;

	begin(f, "echo '" MEMBER "'; echo Traceback; echo '" ABSENT "'; exec sleep 100");
	run_to(f, 2);
	assert_int_equal(f->answer[0].says, GB_REGISTRY_SAYS_MEMBER);
	expect_failure(f, 1, "no answer");
}

static void another_version_is_garbage(void **state)
{
	struct fixture *f = *state;

	begin(f, "echo '{\"version\":2,\"state\":\"absent\",\"next_s\":1}'; exec sleep 100");
	expect_failure(f, 0, "no answer");
}

static void a_line_without_end_is_garbage(void **state)
{
	struct fixture *f = *state;

	begin(f, "exec tr '\\0' x </dev/zero");
	expect_failure(f, 0, "without an end");
}

static void a_flood_is_stopped(void **state)
{
	struct fixture *f = *state;

	begin(f, "exec yes '" MEMBER "'");
	run_to(f, 1);
	for (unsigned i = 0; i < 500 && f->answer[f->answers - 1].says == GB_REGISTRY_SAYS_MEMBER; i++)
		run(f, 10);
	expect_failure(f, f->answers - 1, "too much");
	assert_true(f->answers <= 21);
}

static void silence_is_its_end(void **state)
{
	struct fixture *f = *state;
	uint64_t began = gb_clock_mono_ns();

	begin(f, "exec sleep 100");
	expect_failure(f, 0, "did not answer in time");
	assert_true(gb_clock_mono_ns() - began >= 2 * GB_NS_PER_S);
}

static void silence_after_an_answer_as_well(void **state)
{
	struct fixture *f = *state;

	begin(f, "echo '" MEMBER "'; kill -STOP $$");
	run_to(f, 1);
	expect_failure(f, 1, "did not answer in time");
}

static void what_is_announced_may_take_its_time(void **state)
{
	struct fixture *f = *state;

	begin(f, "echo '{\"version\":1,\"state\":\"member\",\"next_s\":3}'; sleep 2.5; echo '" ABSENT "'; exec sleep 100");
	run_to(f, 2);
	assert_int_equal(f->answer[1].says, GB_REGISTRY_SAYS_ABSENT);
}

static void a_closed_pipe_is_its_end(void **state)
{
	struct fixture *f = *state;

	begin(f, "exec >&-; exec sleep 100");
	expect_failure(f, 0, "signal 9");
}

static void other_settings_make_another_process(void **state)
{
	struct fixture *f = *state;
	struct gb_registry_settings other = f->settings;

	begin(f, "echo \"{\\\"version\\\":1,\\\"state\\\":\\\"unknown\\\",\\\"detail\\\":\\\"$2\\\","
		 "\\\"next_s\\\":60}\"; exec sleep 100");
	run_to(f, 1);
	assert_string_equal(f->answer[0].detail, "tgw-mcast-domain-0123456789abcdef0");
	gb_registry_configure(f->registry, &f->settings); /* no change */
	run(f, 200);
	assert_int_equal(f->answers, 1);
	strcpy(other.domain_id, "tgw-mcast-domain-2");
	gb_registry_configure(f->registry, &other);
	run_to(f, 2);
	assert_string_equal(f->answer[1].detail, "tgw-mcast-domain-2");
	/* off: no process, and no word */
	strcpy(other.domain_id, GB_REGISTRY_SAMPLE_DOMAIN);
	gb_registry_configure(f->registry, &other);
	run_to_no_children(f);
	assert_false(gb_registry_is_running(f->registry));
	assert_int_equal(f->answers, 2);
	/* on again, quickly in turns */
	gb_registry_configure(f->registry, &f->settings);
	gb_registry_configure(f->registry, &other);
	gb_registry_configure(f->registry, &f->settings);
	run_to(f, 3);
	assert_string_equal(f->answer[2].detail, "tgw-mcast-domain-0123456789abcdef0");
}

static void nothing_to_ask_starts_nothing(void **state)
{
	struct fixture *f = *state;

	f->settings.interface[0] = '\0';
	begin(f, "echo '" MEMBER "'");
	run(f, 200);
	assert_int_equal(f->answers, 0);
	assert_false(gb_registry_is_running(f->registry));
	assert_false(has_children());
}

static void it_may_be_turned_off_by_an_answer(void **state)
{
	struct fixture *f = *state;

	f->stop_at_first = true;
	begin(f, "echo '" MEMBER "'; echo '" MEMBER "'; echo '" MEMBER "'; exec sleep 100");
	run_to(f, 1);
	run_to_no_children(f);
	run(f, 100);
	assert_int_equal(f->answers, 1);
}

static void an_end_takes_no_time(void **state)
{
	struct fixture *f = *state;
	uint64_t began;

	begin(f, "trap '' TERM INT HUP; echo '" MEMBER "'; exec sleep 100");
	run_to(f, 1);
	began = gb_clock_mono_ns();
	gb_registry_destroy(f->registry);
	assert_true(gb_clock_mono_ns() - began < GB_NS_PER_S);
	f->registry = NULL;
}

/* It gets the end of its standard input when this process goes. */
static void standard_input_stays_open(void **state)
{
	struct fixture *f = *state;

	begin(f, "echo '" MEMBER "'; cat; echo '" ABSENT "'");
	run_to(f, 1);
	run(f, 300);
	assert_int_equal(f->answers, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(answers_come_through),
		TEST(the_child_has_nothing),
		TEST(death_is_survived_with_growing_delays),
		TEST(a_signal_is_said),
		TEST(it_is_no_program),
		TEST(last_words_before_an_end_count),
		TEST(half_a_line_is_none),
		TEST(a_line_in_pieces_is_one),
		TEST(garbage_is_the_end_of_it),
		TEST(another_version_is_garbage),
		TEST(a_line_without_end_is_garbage),
		TEST(a_flood_is_stopped),
		TEST(silence_is_its_end),
		TEST(silence_after_an_answer_as_well),
		TEST(what_is_announced_may_take_its_time),
		TEST(a_closed_pipe_is_its_end),
		TEST(other_settings_make_another_process),
		TEST(nothing_to_ask_starts_nothing),
		TEST(it_may_be_turned_off_by_an_answer),
		TEST(an_end_takes_no_time),
		TEST(standard_input_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
