/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_options.h"

#include "arguments.h"
#include "benchmark_frame.h"
#include "benchmark_tally.h"

#include <getopt.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MIN    0.1
#define SECONDS_MAX    86400
#define SIZE_DEFAULT   160
#define APPID_DEFAULT  0x3FFB
#define THROUGHPUT_MAX 1000000 /* frames/s */
#define LATENCY_MAX    10000
#define COUNT_MAX      10000000

/* Bits of options, and which command takes which. */
enum {
	INTERFACE = 1 << 0,
	RATE = 1 << 1,
	DURATION = 1 << 2,
	COUNT = 1 << 3,
	SIZE = 1 << 4,
	DESTINATION = 1 << 5,
	APPID = 1 << 6,
	VLAN = 1 << 7,
	PRIORITY = 1 << 8,
};

#define FRAMES (INTERFACE | RATE | SIZE | DESTINATION | APPID | VLAN | PRIORITY)

static const struct {
	const char *name;
	unsigned takes;
	uint64_t rate, rate_max;
	const char *help;
} commands[BENCHMARK_VERBS] = {
	[BENCHMARK_THROUGHPUT] = {"throughput", FRAMES | DURATION, 1000, THROUGHPUT_MAX,
				  "send numbered frames, and say what arrived at each answering host"},
	[BENCHMARK_LATENCY] = {"latency", FRAMES | COUNT, 100, LATENCY_MAX,
			       "send frames that come back, and say how long that took"},
	[BENCHMARK_ANSWER] = {"answer", INTERFACE | DURATION, 0, 0, "answer both, on each other host, until Ctrl-C"},
};

static const struct {
	unsigned bit;
	const char *name;
	const char *argument;
	const char *help;
} specific[] = {
	{INTERFACE, "interface", "IF", "the bridge's interface (that of the service, else goose0)"},
	{RATE, "rate", "N", "frames a second (throughput 1000, latency 100)"},
	{DURATION, "duration", "S", "seconds (throughput 10, answer without end)"},
	{COUNT, "count", "N", "frames (1000)"},
	{SIZE, "packet-size", "OCTETS", "octets of a frame, with its tag and without FCS (160)"},
	{DESTINATION, "destination", "MAC", "group address (one of the tool's own; 01:0c:cd:01:00:01 where only that passes)"},
	{APPID, "appid", "N", "APPID (0x3ffb)"},
	{VLAN, "vlan", "VID|none", "VLAN id of the tag; none = no tag (0)"},
	{PRIORITY, "priority", "N", "priority in the tag (4)"},
};

#define SPECIFIC (sizeof(specific) / sizeof(specific[0]))

const char *benchmark_verb_name(enum benchmark_verb verb)
{
	return commands[verb].name;
}

void benchmark_options_usage(FILE *out)
{
	fputs("usage: goose-bridge-benchmark [-s SOCKET] [-j] [COMMAND] [OPTION...]\n"
	      "\n"
	      "Measures an installation that runs, with GOOSE frames of its own through goose0. One other host or\n"
	      "more have to answer.\n"
	      "\n"
	      "  -s, --socket SOCKET   the service's control socket (" GB_CLIENT_SOCKET ")\n"
	      "  -j, --json            an object of JSON; with answer a line of it for each event\n"
	      "  -h, --help            this text\n"
	      "  -V, --version         version\n"
	      "\n"
	      "Commands (throughput if none is given):\n",
	      out);
	for (size_t i = 0; i < BENCHMARK_VERBS; i++)
		fprintf(out, "  %-20s  %s\n", commands[i].name, commands[i].help);
	fputs("\nOptions of commands:\n", out);
	for (size_t i = 0; i < SPECIFIC; i++) {
		char name[40];

		snprintf(name, sizeof(name), "--%s %s", specific[i].name, specific[i].argument);
		fprintf(out, "  %-20s  %s\n", name, specific[i].help);
	}
	fputs("\nExit status: 0 done and nothing lost, 1 bad news, 2 wrong usage.\n", out);
}

/* ---- values --------------------------------------------------------------------------------------------------------- */

static int take_destination(const char *text, struct benchmark_options *o, const struct arguments_error *error)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t length = strlen(text);
	bool good = length == 17;

	for (size_t i = 0; good && i < 17; i++)
		good = i % 3 == 2 ? text[i] == text[2] && (text[i] == ':' || text[i] == '-') : strchr(digits, text[i]) != NULL;
	for (size_t i = 0; good && i < 6; i++)
		o->destination[i] = (uint8_t)strtoul(text + 3 * i, NULL, 16);
	o->has_destination = true;
	if (!good)
		return arguments_refuse(error, "--destination: '%s' is no address; it takes one such as 01:0c:cd:01:00:01",
					text);
	if (!(o->destination[0] & 1))
		return arguments_refuse(error, "--destination: %s is no group address; its first octet has to be odd", text);
	return 0;
}

static int take_vlan(const char *text, struct benchmark_options *o, const struct arguments_error *error)
{
	uint64_t number;

	o->tagged = strcmp(text, "none") != 0;
	if (!o->tagged)
		return 0;
	if (!arguments_read_number(text, 10, 0, 4094, &number))
		return arguments_refuse(error, "--vlan: '%s' is none; it takes a number from 0 to 4094, or the word none",
					text);
	o->vlan_id = (uint16_t)number;
	return 0;
}

static int take_appid(const char *text, struct benchmark_options *o, const struct arguments_error *error)
{
	uint64_t number;

	if (!arguments_read_number(text, strncmp(text, "0x", 2) == 0 ? 16 : 10, 0, UINT16_MAX, &number))
		return arguments_refuse(error, "--appid: '%s' is none; it takes a number from 0 to 0xffff", text);
	o->appid = (uint16_t)number;
	return 0;
}

static int take(struct benchmark_options *o, size_t at, const char *text, const struct arguments_error *error)
{
	const char *name = specific[at].name;
	uint64_t number = 0;
	int bad;

	switch (specific[at].bit) {
	case INTERFACE:
		return arguments_interface(name, text, o->interface, error);
	case RATE:
		return arguments_number(name, text, 1, THROUGHPUT_MAX, &o->rate, error);
	case DURATION:
		return arguments_seconds(name, text, SECONDS_MIN, SECONDS_MAX, &o->duration_ns, error);
	case COUNT:
		return arguments_number(name, text, 1, COUNT_MAX, &o->count, error);
	case SIZE:
		bad = arguments_number(name, text, 1, BENCHMARK_FRAME_MAX, &number, error);
		o->size = (size_t)number;
		return bad;
	case DESTINATION:
		return take_destination(text, o, error);
	case APPID:
		return take_appid(text, o, error);
	case VLAN:
		return take_vlan(text, o, error);
	default:
		bad = arguments_number(name, text, 0, 7, &number, error);
		o->priority = (unsigned)number;
		return bad;
	}
}

/* ---- the command line ----------------------------------------------------------------------------------------------- */

#define GENERAL	   4
#define FIRST_LONG 0x100 /* what getopt_long returns for specific[0] */

static int find_command(struct benchmark_options *o, char **words, int count, const struct arguments_error *error)
{
	if (count == 0)
		return 0;
	if (count > 1)
		return arguments_refuse(error, "'%s' is too much behind '%s'", words[1], words[0]);
	for (size_t i = 0; i < BENCHMARK_VERBS; i++)
		if (strcmp(commands[i].name, words[0]) == 0) {
			o->verb = (enum benchmark_verb)i;
			return 0;
		}
	return arguments_refuse(error, "there is no command '%s'; there is throughput, latency and answer", words[0]);
}

/* Options that the command does not take, and what does not go together. */
static int check(struct benchmark_options *o, unsigned given, const struct arguments_error *error)
{
	enum benchmark_kind kind = o->verb == BENCHMARK_LATENCY ? BENCHMARK_PING : BENCHMARK_LOAD;
	const size_t least = benchmark_frame_least(kind, o->tagged), most = BENCHMARK_FRAME_MAX - (o->tagged ? 0 : 4);

	for (size_t i = 0; i < SPECIFIC; i++)
		if (given & specific[i].bit & ~commands[o->verb].takes)
			return arguments_refuse(error, "%s takes no --%s; goose-bridge-benchmark -h has what there is",
						commands[o->verb].name, specific[i].name);
	if (o->verb == BENCHMARK_ANSWER)
		return 0;
	if (o->rate > commands[o->verb].rate_max)
		return arguments_refuse(error, "--rate: %" PRIu64 " is too much for %s; it takes a number from 1 to %" PRIu64,
					o->rate, commands[o->verb].name, commands[o->verb].rate_max);
	if (!o->tagged && given & PRIORITY)
		return arguments_refuse(error, "--priority: it is in the tag, and --vlan none leaves that out");
	if (o->size < least || o->size > most)
		return arguments_refuse(error,
					"--packet-size: %zu is too %s; what %s measures takes a GOOSE frame of %zu octets, and "
					"one %s has at most %zu",
					o->size, o->size < least ? "few" : "many", commands[o->verb].name, least,
					o->tagged ? "with a tag" : "without a tag", most);
	return 0;
}

static void fill_in(struct benchmark_options *o, unsigned given)
{
	if (!(given & RATE))
		o->rate = commands[o->verb].rate;
	if (!(given & SIZE))
		o->size = SIZE_DEFAULT;
	if (!(given & APPID))
		o->appid = APPID_DEFAULT;
	if (!(given & VLAN))
		o->tagged = true;
	if (!(given & PRIORITY))
		o->priority = 4; /* of GOOSE (IEC 61850-8-1, table C.1), and the only one that legacy can express */
	if (!(given & DURATION) && o->verb == BENCHMARK_THROUGHPUT)
		o->duration_ns = 10 * GB_NS_PER_S;
	if (!(given & COUNT))
		o->count = 1000;
	if (o->verb == BENCHMARK_THROUGHPUT) /* the first is due at once, the last just before the end */
		o->count = benchmark_due(o->rate, o->duration_ns - 1);
}

static int take_option(struct benchmark_options *o, int option, char **argv, const struct arguments_error *error)
{
	switch (option) {
	case 's':
		o->socket_path = optarg;
		return 0;
	case 'j':
		o->json = true;
		return 0;
	case 'h':
		o->help = true;
		return 0;
	case 'V':
		o->version = true;
		return 0;
	case ':':
	case '?':
		return arguments_refuse_option(option, argv[optind - 1], "goose-bridge-benchmark", error);
	default:
		return take(o, (size_t)(option - FIRST_LONG), optarg, error);
	}
}

int benchmark_options_parse(int argc, char **argv, struct benchmark_options *options, char *error, size_t size)
{
	struct option known[GENERAL + SPECIFIC + 1] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
	};
	const struct arguments_error words = {error, size};
	unsigned given = 0;
	int option, bad = 0;

	for (size_t i = 0; i < SPECIFIC; i++)
		known[GENERAL + i] = (struct option){specific[i].name, required_argument, NULL, FIRST_LONG + (int)i};
	*options = (struct benchmark_options){0};
	optind = 0; /* begins anew, whoever used getopt before */
	opterr = 0;
	while (!bad && (option = getopt_long(argc, argv, ":s:jhV", known, NULL)) != -1) {
		bad = take_option(options, option, argv, &words);
		if (option >= FIRST_LONG)
			given |= specific[option - FIRST_LONG].bit;
	}
	if (bad || options->help || options->version)
		return bad;
	bad = find_command(options, argv + optind, argc - optind, &words);
	if (bad)
		return bad;
	fill_in(options, given);
	return check(options, given, &words);
}
