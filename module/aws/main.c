/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-aws: asks at intervals, and writes each answer as a line of JSON. Ends with its standard input. */
#include "question.h"

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define INTERVAL_S  120
#define SECONDS_MAX 86400
#define BACK_OFF_S  900 /* throttled questions have this distance at most, or the interval's */

enum { EXIT_MEMBER = 0, EXIT_BAD_NEWS = 1, EXIT_USAGE = 2 };

struct options {
	struct question question;
	bool has_group;
	unsigned interval_s;
	unsigned delay_s;
	bool once;
};

static void usage(FILE *out)
{
	fputs("usage: goose-bridge-aws --domain ID --group ADDRESS --interface IF [--interval S] [--delay S] [--once]\n"
	      "\n"
	      "Asks AWS whether this host's network interface is a member of a multicast group. A part of goose-bridge.\n"
	      "\n"
	      "  -d, --domain ID       multicast domain of the transit gateway\n"
	      "  -g, --group ADDRESS   multicast group\n"
	      "  -i, --interface IF    network interface of this host\n"
	      "  -t, --interval S      seconds between questions (120)\n"
	      "      --delay S         seconds before the first (0)\n"
	      "  -1, --once            ask once, and exit\n"
	      "  -h, --help            this text\n"
	      "  -V, --version         version of this program\n"
	      "\n"
	      "Each answer is a line of JSON. It ends when its standard input does. Exit status of --once: 0 member, 1 not a\n"
	      "member or not known, 2 wrong usage.\n",
	      out);
}

static int complain(const char *option, const char *value, const char *wanted)
{
	fprintf(stderr, "goose-bridge-aws: --%s %s: %s is wanted\n", option, value, wanted);
	return EXIT_USAGE;
}

/* -1 or the exit status. */
static int take_seconds(const char *option, const char *value, unsigned least, unsigned *seconds)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || end == value || *end || *value < '0' || *value > '9' || number < least || number > SECONDS_MAX)
		return complain(option, value, least ? "a number from 1 to 86400" : "a number from 0 to 86400");
	*seconds = (unsigned)number;
	return -1;
}

static int take_domain(const char *value, struct options *options)
{
	size_t length = strlen(value);

	if (length == 0 || length >= GB_REGISTRY_DOMAIN ||
	    strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return complain("domain", value, "an id such as tgw-mcast-domain-0123456789abcdef0");
	options->question.domain_id = value;
	return -1;
}

static int take_option(int option, struct options *o)
{
	switch (option) {
	case 'd':
		return take_domain(optarg, o);
	case 'g':
		o->has_group = inet_pton(AF_INET, optarg, &o->question.group) == 1 &&
			       IN_MULTICAST(ntohl(o->question.group.s_addr));
		return o->has_group ? -1 : complain("group", optarg, "an IPv4 multicast address");
	case 'i':
		o->question.interface = optarg;
		return *optarg && strlen(optarg) < IFNAMSIZ ? -1 : complain("interface", optarg, "an interface's name");
	case 't':
		return take_seconds("interval", optarg, 1, &o->interval_s);
	case 'D':
		return take_seconds("delay", optarg, 0, &o->delay_s);
	case '1':
		o->once = true;
		return -1;
	case 'h':
		usage(stdout);
		return 0;
	case 'V':
		puts("goose-bridge-aws " PACKAGE_VERSION);
		return 0;
	default:
		usage(stderr);
		return EXIT_USAGE;
	}
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{"domain", required_argument, NULL, 'd'},   {"group", required_argument, NULL, 'g'},
		{"interface", required_argument, NULL, 'i'}, {"interval", required_argument, NULL, 't'},
		{"delay", required_argument, NULL, 'D'},     {"once", no_argument, NULL, '1'},
		{"help", no_argument, NULL, 'h'},	     {"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "d:g:i:t:1hV", options, NULL)) != -1) {
		int status = take_option(option, o);

		if (status >= 0)
			return status;
	}
	if (optind == argc && o->question.domain_id && o->has_group && o->question.interface)
		return -1;
	usage(stderr);
	return EXIT_USAGE;
}

/* ---- answers -------------------------------------------------------------------------------------------------------- */

static bool print_answer(const struct gb_registry_answer *answer, enum gb_aws_result result, unsigned next_s)
{
	struct json_object *object = json_object_new_object();
	const char *text;

	if (!object)
		return false;
	json_object_object_add(object, "version", json_object_new_int(GB_REGISTRY_VERSION));
	json_object_object_add(object, "state", json_object_new_string(gb_registry_says_name(answer->says)));
	json_object_object_add(object, "result", json_object_new_string(gb_aws_result_name(result)));
	json_object_object_add(object, "detail", json_object_new_string(answer->detail));
	json_object_object_add(object, "interface_id",
			       answer->interface_id[0] ? json_object_new_string(answer->interface_id) : NULL);
	json_object_object_add(object, "next_s", json_object_new_int((int)next_s));
	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		puts(text);
	json_object_put(object);
	return text && fflush(stdout) == 0;
}

/* Seconds to the next question: the interval, and twice as long with each in a row that was throttled, less up to half by
 * chance, so that hosts that were throttled together do not come back together.
 */
static unsigned next_delay(unsigned interval_s, unsigned throttled)
{
	unsigned most = interval_s > BACK_OFF_S ? interval_s : BACK_OFF_S;
	uint64_t delay = interval_s;
	uint16_t chance = 0;

	if (throttled == 0)
		return interval_s;
	while (throttled-- > 0 && delay < most)
		delay *= 2;
	if (delay > most)
		delay = most;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint16_t)gb_clock_mono_ns();
	delay -= delay / 2 * chance / UINT16_MAX;
	return delay < interval_s ? interval_s : (unsigned)delay;
}

/* Waits SECONDS. False if standard input has ended meanwhile: then nobody reads any more. */
static bool wait_for(unsigned seconds)
{
	uint64_t until = gb_clock_mono_ns() + seconds * GB_NS_PER_S;
	uint64_t now;

	while ((now = gb_clock_mono_ns()) < until) {
		struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
		char octets[64];
		ssize_t n;

		if (poll(&in, 1, (int)((until - now) / GB_NS_PER_MS) + 1) <= 0)
			continue;
		n = read(STDIN_FILENO, octets, sizeof(octets));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			return false;
	}
	return true;
}

static int run(struct gb_aws *aws, struct options *o)
{
	struct gb_registry_answer answer;
	unsigned throttled = 0;

	if (o->once) {
		enum gb_aws_result result = question_ask(aws, &o->question, &answer);

		return print_answer(&answer, result, 0) && answer.says == GB_REGISTRY_SAYS_MEMBER ? EXIT_MEMBER : EXIT_BAD_NEWS;
	}
	for (unsigned delay = o->delay_s; wait_for(delay);) {
		enum gb_aws_result result = question_ask(aws, &o->question, &answer);

		throttled = result == GB_AWS_THROTTLED ? throttled + 1 : 0;
		delay = next_delay(o->interval_s, throttled);
		if (!print_answer(&answer, result, delay))
			return EXIT_BAD_NEWS;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.interval_s = INTERVAL_S};
	struct gb_aws_settings settings = {0};
	struct gb_aws *aws;
	int status = parse(&options, argc, argv);

	if (status >= 0)
		return status;
	if (gb_aws_create(&aws, &settings) < 0) {
		fputs("goose-bridge-aws: out of memory\n", stderr);
		return EXIT_BAD_NEWS;
	}
	status = run(aws, &options);
	gb_aws_destroy(aws);
	return status;
}
