/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl test: which other bridges answer echo requests of this one, and how fast; and, if that is wanted, whether
 * GOOSE frames come back from goose0 of other hosts.
 */
#include "ctl_command.h"

#include "arguments.h"
#include "exec.h"
#include "put.h"
#include "result.h"
#include "words.h"

#include <errno.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/peers.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS     5000
#define ROUNDS_DEFAULT 5
#define ROUNDS_MAX     1000
#define FRAMES_DEFAULT 20
#define FRAMES_RATE    "50"
#define ANSWER_NS      GB_NS_PER_S /* that an answer is waited for */
#define FORGOTTEN_NS   (3600 * GB_NS_PER_S)
#define LOOK_MS	       20
#define PAUSE_MS       100 /* between two requests; a bridge sends at most 16 a second */
#define OTHERS_MAX     GB_ECHO_ANSWERS_MAX
#define RESULT_MAX     (1024 * 1024) /* octets of what the benchmark says */

/* A bridge that answered, or was to. */
struct other {
	char address[48];
	char sender_id[24];
	char version[40];
	bool legacy;
	bool harmed;   /* it takes whatever is native for a frame, and is not known to be gone */
	bool expected; /* to answer */
	char silent[40]; /* since when */
	unsigned answered;
	double least_us, most_us, sum_us;
};

struct test {
	const struct ctl_settings *settings;
	unsigned rounds;
	unsigned others;
	struct other other[OTHERS_MAX];
	char error[600]; /* what hinders it; "" */
	bool sends_legacy; /* this bridge */
	struct json_object *frames; /* what goose-bridge-benchmark says; NULL = not asked */
	bool frames_wanted;
};

/* ---- who is there --------------------------------------------------------------------------------------------------- */

static struct other *find(struct test *test, const char *address, const char *sender_id)
{
	struct other *other;

	for (unsigned i = 0; i < test->others; i++)
		if (strcmp(test->other[i].address, address) == 0 && strcmp(test->other[i].sender_id, sender_id) == 0)
			return &test->other[i];
	if (test->others == OTHERS_MAX)
		return NULL;
	other = &test->other[test->others++];
	snprintf(other->address, sizeof(other->address), "%s", address);
	snprintf(other->sender_id, sizeof(other->sender_id), "%s", sender_id);
	return other;
}

/* Whether it is to answer: a bridge that said hello, and was heard within the time in which `status` misses it. */
static bool is_expected(struct json_object *peer, uint64_t now_ns)
{
	int64_t seen;

	return result_count(peer, "hello_interval_s") > 0 && words_parse_time(result_text(peer, "last_seen", ""), &seen) &&
	       now_ns < (uint64_t)seen * GB_NS_PER_S + FORGOTTEN_NS;
}

/* Whether PEER, one of PEERS, may be a Python bridge that still is there: it was heard within the hour, and nothing native came
 * from its address since, as it does when a host has been moved to this service.
 */
static bool is_harmed(struct json_object *peer, struct json_object *peers, uint64_t now_ns)
{
	int64_t seen, other_seen;

	if (strcmp(result_text(peer, "wire_format", ""), "legacy") != 0)
		return false;
	if (!words_parse_time(result_text(peer, "last_seen", ""), &seen))
		return true;
	if (now_ns >= (uint64_t)seen * GB_NS_PER_S + FORGOTTEN_NS)
		return false;
	for (size_t i = 0; i < result_length(peers); i++) {
		struct json_object *other = json_object_array_get_idx(peers, i);

		if (strcmp(result_text(other, "wire_format", ""), "legacy") != 0 &&
		    strcmp(result_text(other, "address", "-"), result_text(peer, "address", "")) == 0 &&
		    words_parse_time(result_text(other, "last_seen", ""), &other_seen) && other_seen > seen)
			return false;
	}
	return true;
}

static int ask(const struct test *test, const char *command, const char *argument, struct json_object **result, char *error,
	       size_t size)
{
	return gb_client_ask_about(test->settings->socket_path, command, argument, TIMEOUT_MS, result, error, size);
}

static int list_peers(struct test *test)
{
	uint64_t now_ns = gb_clock_utc_ns();
	struct json_object *result, *peers, *paths;

	if (ask(test, "status", NULL, &result, test->error, sizeof(test->error)) != 0)
		return -EIO;
	paths = result_get(result, "paths"); /* all have the same format */
	test->sends_legacy = result_length(paths) > 0 &&
			     strcmp(result_text(json_object_array_get_idx(paths, 0), "wire_format", ""), "legacy") == 0;
	json_object_put(result);
	if (ask(test, "peers", NULL, &result, test->error, sizeof(test->error)) != 0)
		return -EIO;
	peers = result_get(result, "peers");
	for (size_t i = 0; i < result_length(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i);
		struct other *other = find(test, result_text(peer, "address", "-"), result_text(peer, "sender_id", "-"));

		if (!other)
			break;
		other->legacy = strcmp(result_text(peer, "wire_format", ""), "legacy") == 0;
		other->harmed = is_harmed(peer, peers, now_ns);
		other->expected = is_expected(peer, now_ns);
		words_ago(result_text(peer, "last_seen", ""), now_ns, other->silent, sizeof(other->silent));
		snprintf(other->version, sizeof(other->version), "%s", result_text(peer, "version", "-"));
	}
	json_object_put(result);
	return 0;
}

/* Whether nothing native may be sent, for the sake of a bridge that would put it on its host's goose0; says which. A bridge
 * that itself sends legacy asks nobody, and its frames are what the old ones understand.
 */
static bool is_refused(struct test *test)
{
	if (test->settings->value[CTL_OPTION_FORCE] || test->sends_legacy)
		return false;
	for (unsigned i = 0; i < test->others && !*test->error; i++)
		if (test->other[i].harmed)
			snprintf(test->error, sizeof(test->error),
				 "%s sends legacy, as the Python service does, and that one makes a frame of whatever is "
				 "native and puts it on its host's interface: nothing was sent. Test when it has been moved "
				 "to this service, or with --force.",
				 test->other[i].address);
	return *test->error;
}

/* ---- echo ----------------------------------------------------------------------------------------------------------- */

static bool is_missed(const struct other *other, unsigned round)
{
	return other->expected && !other->legacy && other->answered < round;
}

static void take_answer(struct test *test, struct json_object *answer)
{
	double us = json_object_get_double(result_get(answer, "round_trip_us"));
	struct other *other = find(test, result_text(answer, "address", "-"), result_text(answer, "sender_id", "-"));

	if (!other)
		return;
	other->least_us = other->answered == 0 || us < other->least_us ? us : other->least_us;
	other->most_us = us > other->most_us ? us : other->most_us;
	other->sum_us += us;
	other->answered++;
}

/* Waits for the answers to the request with NONCE: until all that are expected have come, or for as long as one may take. */
static int collect(struct test *test, const char *nonce, unsigned expected)
{
	uint64_t end_ns = gb_clock_mono_ns() + ANSWER_NS;
	struct json_object *result, *answers;
	bool late;

	do {
		poll(NULL, 0, LOOK_MS);
		late = gb_clock_mono_ns() >= end_ns;
		if (ask(test, "echo", nonce, &result, test->error, sizeof(test->error)) != 0)
			return -EIO;
		answers = result_get(result, "answers");
		if (!late && (expected == 0 || result_length(answers) < expected)) {
			json_object_put(result);
			continue;
		}
		for (size_t i = 0; i < result_length(answers); i++)
			take_answer(test, json_object_array_get_idx(answers, i));
		json_object_put(result);
		return 0;
	} while (true);
}

static unsigned expected_answers(const struct test *test)
{
	unsigned expected = 0;

	for (unsigned i = 0; i < test->others; i++)
		expected += (test->other[i].expected && !test->other[i].legacy) || test->other[i].answered > 0;
	return expected;
}

static int send_requests(struct test *test)
{
	for (unsigned round = 0; round < test->rounds; round++) {
		struct json_object *result;
		char nonce[24];
		int error;

		if (round > 0)
			poll(NULL, 0, PAUSE_MS);
		if (ask(test, "echo send", NULL, &result, test->error, sizeof(test->error)) != 0)
			return -EIO;
		snprintf(nonce, sizeof(nonce), "%s", result_text(result, "nonce", ""));
		json_object_put(result);
		error = collect(test, nonce, expected_answers(test));
		if (error)
			return error;
	}
	return 0;
}

/* ---- frames through goose0 ------------------------------------------------------------------------------------------ */

/* Numbered GOOSE frames, marked as simulation, of a stream that no device has; each host where `test --answer` runs sends
 * every one back. That is what goose-bridge-benchmark measures the latency with.
 */
static void send_frames(struct test *test)
{
	const char *count = test->settings->value[CTL_OPTION_NUMBER];
	char number[24];
	const char *arguments[] = {NULL,   "-j",    "-s",     test->settings->socket_path, "latency", "--count",
				   number, "--rate", FRAMES_RATE, NULL};
	char *text = malloc(RESULT_MAX);
	int status;

	snprintf(number, sizeof(number), "%s", count ? count : "");
	if (!count)
		snprintf(number, sizeof(number), "%d", FRAMES_DEFAULT);
	status = text ? exec_run("goose-bridge-benchmark", arguments, text, RESULT_MAX) : -ENOMEM;
	test->frames = status >= 0 ? json_tokener_parse(text) : NULL;
	if (status < 0)
		ctl_complain(NULL, "cannot run goose-bridge-benchmark: %s", strerror(-status));
	free(text);
}

static int answer_frames(const struct ctl_settings *settings)
{
	const char *arguments[8] = {NULL, "-s", settings->socket_path, "answer"};

	if (settings->json) {
		arguments[3] = "-j";
		arguments[4] = "answer";
	}
	return ctl_complain(settings, "cannot run goose-bridge-benchmark: %s",
			    strerror(-exec_tool("goose-bridge-benchmark", arguments)));
}

/* ---- what came of it ------------------------------------------------------------------------------------------------ */

static bool all_answered(const struct test *test)
{
	unsigned answered = 0;

	if (*test->error)
		return false;
	for (unsigned i = 0; i < test->others; i++) {
		if (is_missed(&test->other[i], test->rounds) || test->other[i].answered > test->rounds)
			return false;
		answered += test->other[i].answered > 0;
	}
	return answered > 0;
}

static bool frames_came_back(const struct test *test)
{
	return !test->frames_wanted || result_yes(test->frames, "fine");
}

static void print_hint(FILE *out, const struct other *other)
{
	if (other->legacy)
		fputs(" sends legacy, and knows no echo", out);
	else if (other->answered)
		fputs(" answers were lost", out);
	else
		fprintf(out, " last heard %s ago", other->silent);
}

static void print_other(FILE *out, const struct other *other, unsigned rounds)
{
	fprintf(out, "%-15s %-16s %4u of %-4u", other->address, other->sender_id, other->answered, rounds);
	if (other->answered)
		fprintf(out, " %8.3f %8.3f %8.3f ms", other->least_us / 1000, other->sum_us / other->answered / 1000,
			other->most_us / 1000);
	if (other->answered < rounds)
		print_hint(out, other);
	fputs("\n", out);
}

static void print_verdict(FILE *out, const struct test *test)
{
	unsigned answering = 0, expected = expected_answers(test);

	for (unsigned i = 0; i < test->others; i++)
		answering += test->other[i].answered > 0;
	if (*test->error)
		fprintf(out, "%s\n", test->error);
	else if (test->others == 0)
		fputs("No other bridge was heard, and none answers: goose-bridge-ctl igmp, check and ports, on both hosts.\n",
		      out);
	else
		fprintf(out, "%u of %u bridges answered. No goose0 was touched.\n", answering, expected);
	if (!*test->error && answering < expected)
		fputs("One that was heard and does not answer may be stopped, or may let nothing in from here: see on its\n"
		      "host goose-bridge-ctl status, ports (security group, firewall), and allow_sources.\n",
		      out);
}

static void print_frames(FILE *out, const struct test *test)
{
	struct json_object *hosts = result_get(test->frames, "hosts");

	if (!test->frames_wanted)
		return;
	fprintf(out, "\nThrough goose0: %s\n", result_text(test->frames, "verdict", "nothing could be measured; see above"));
	for (size_t i = 0; i < result_length(hosts); i++) {
		struct json_object *host = json_object_array_get_idx(hosts, i), *trip = result_get(host, "round_trip");

		fprintf(out, "  %-24s %" PRIu64 " of %" PRIu64 " frames came back", result_text(host, "name", "-"),
			result_count(host, "received"), result_count(test->frames, "sent"));
		if (trip)
			fprintf(out, ", %.3f ms (median), %.3f ms at most", (double)result_count(trip, "p50_ns") / 1e6,
				(double)result_count(trip, "max_ns") / 1e6);
		fputs("\n", out);
	}
	if (result_length(hosts) == 0)
		fputs("  Run `goose-bridge-ctl test --answer` on the other hosts (root) meanwhile: it sends the frames back.\n",
		      out);
}

static void write_text(FILE *page, const void *what)
{
	const struct test *test = what;

	if (test->others)
		fprintf(page, "%-15s %-16s %-12s %8s %8s %8s\n", "BRIDGE", "SENDER ID", "ANSWERED", "LEAST", "MEAN", "MOST");
	for (unsigned i = 0; i < test->others; i++)
		print_other(page, &test->other[i], test->rounds);
	print_verdict(page, test);
	print_frames(page, test);
}

static struct json_object *milliseconds(double us)
{
	char text[32];

	snprintf(text, sizeof(text), "%.4f", us / 1000);
	return json_object_new_double_s(us / 1000, text);
}

static struct json_object *other_json(const struct other *other)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "address", other->address);
	put_text(object, "sender_id", other->sender_id);
	put_text(object, "wire_format", other->legacy ? "legacy" : "native");
	put_text(object, "version", strcmp(other->version, "-") == 0 ? NULL : other->version);
	put_bool(object, "expected", other->expected);
	put_count(object, "answered", other->answered);
	put_value(object, "round_trip_min_ms", other->answered ? milliseconds(other->least_us) : NULL);
	put_value(object, "round_trip_mean_ms", other->answered ? milliseconds(other->sum_us / other->answered) : NULL);
	put_value(object, "round_trip_max_ms", other->answered ? milliseconds(other->most_us) : NULL);
	return object;
}

static void print_json(const struct test *test)
{
	struct json_object *object = json_object_new_object(), *bridges = json_object_new_array();

	put_count(object, "requests", test->rounds);
	for (unsigned i = 0; i < test->others; i++)
		json_object_array_add(bridges, other_json(&test->other[i]));
	put_value(object, "bridges", bridges);
	put_text(object, "error", test->error);
	put_bool(object, "all_answered", all_answered(test));
	put_value(object, "through_goose0", json_object_get(test->frames));
	put_bool(object, "fine", all_answered(test) && frames_came_back(test));
	put_line(stdout, object);
}

int ctl_test(const struct ctl_settings *settings, int count, char **words)
{
	struct test *test;
	uint64_t rounds = ROUNDS_DEFAULT;
	bool fine;

	(void)count;
	(void)words;
	if (settings->value[CTL_OPTION_NUMBER] &&
	    !arguments_read_number(settings->value[CTL_OPTION_NUMBER], 10, 1, ROUNDS_MAX, &rounds)) {
		fprintf(stderr, "goose-bridge-ctl: --count takes a number from 1 to %d\n", ROUNDS_MAX);
		return CTL_USAGE;
	}
	if (settings->value[CTL_OPTION_ANSWER])
		return answer_frames(settings);
	test = calloc(1, sizeof(*test));
	if (!test)
		return ctl_complain(settings, "memory is short");
	test->settings = settings;
	test->rounds = (unsigned)rounds;
	test->frames_wanted = settings->value[CTL_OPTION_THROUGH_GOOSE0] != NULL;
	if (list_peers(test) == 0 && is_refused(test))
		test->frames_wanted = false;
	else if (!*test->error)
		send_requests(test);
	if (test->frames_wanted)
		send_frames(test);
	if (settings->json)
		print_json(test);
	else
		words_print_page(stdout, write_text, test);
	fine = all_answered(test) && frames_came_back(test);
	json_object_put(test->frames);
	free(test);
	return fine ? CTL_DONE : CTL_BAD_NEWS;
}
