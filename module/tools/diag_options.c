/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_options.h"

#include "arguments.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <string.h>

#define SECONDS_MIN 0.01
#define SECONDS_MAX (7 * 86400)
#define RATE_MAX    1000
#define SILENCE_S   5

#define WHERE	   (DIAG_GROUP | DIAG_PORT | DIAG_INTERFACE)
#define TO_SEND	   (WHERE | DIAG_COUNT | DIAG_DURATION | DIAG_RATE | DIAG_TTL)
#define TO_RECEIVE (WHERE | DIAG_COUNT | DIAG_DURATION | DIAG_LEAVE)
#define TO_HOLD	   (WHERE | DIAG_DURATION | DIAG_RATE | DIAG_TTL | DIAG_SEND | DIAG_FROM | DIAG_SILENCE)

/* A transit gateway asks every 2 min and forgets who has not answered three times: timeout waits for that twice, and keepalive
 * has to outlast it three times.
 */
static const struct diag_command commands[DIAG_VERBS] = {
	{DIAG_MULTICAST_CHECK, "multicast", "check", WHERE, "what this host needs for multicast, and has", 0, 0, 0, 0},
	{DIAG_MULTICAST_SEND, "multicast", "send", TO_SEND, "send numbered datagrams to the group", 10, 0, 0, 1},
	{DIAG_MULTICAST_RECEIVE, "multicast", "recv", TO_RECEIVE, "receive them: loss, order, sources", 0, 30, 0, 0},
	{DIAG_MULTICAST_BOTH, "multicast", "both", TO_SEND | DIAG_LEAVE, "send, and tell whether others are heard", 0, 10, 0,
	 2},
	{DIAG_IGMP_STATUS, "igmp", "status", DIAG_GROUP | DIAG_INTERFACE, "memberships, versions and settings", 0, 0, 0, 0},
	{DIAG_IGMP_JOIN, "igmp", "join", TO_RECEIVE, "join, receive, and show IGMP on the wire", 0, 30, 0, 0},
	{DIAG_IGMP_WATCH, "igmp", "watch", DIAG_GROUP | DIAG_INTERFACE | DIAG_DURATION | DIAG_INTERVAL,
	 "a time line of queries, reports and membership", 0, 300, 10, 0},
	{DIAG_TGW_STATUS, "tgw", "status", DIAG_GROUP | DIAG_INTERFACE, "what kernel, service and AWS know of the membership",
	 0, 0, 0, 0},
	{DIAG_TGW_TIMEOUT, "tgw", "timeout", TO_HOLD, "how long a member that does not answer is served", 0, 900, 0, 5},
	{DIAG_TGW_KEEPALIVE, "tgw", "keepalive", TO_HOLD | DIAG_INTERVAL, "whether unsolicited reports alone hold it", 0, 1200,
	 90, 5},
};

static const struct {
	unsigned bit;
	const char *name;
	const char *argument; /* NULL = none */
	const char *help;
} specific[] = {
	{DIAG_GROUP, "group", "ADDR", "multicast group (that of the configuration; for tgw the next one)"},
	{DIAG_PORT, "port", "N", "UDP port (61849, which is not the bridges')"},
	{DIAG_INTERFACE, "interface", "IF", "network interface (as configured, else by route)"},
	{DIAG_COUNT, "count", "N", "end after N datagrams"},
	{DIAG_DURATION, "duration", "S", "end after S seconds"},
	{DIAG_INTERVAL, "interval", "S", "seconds between checks (watch), or reports (keepalive)"},
	{DIAG_RATE, "rate", "N", "datagrams sent per second"},
	{DIAG_TTL, "ttl", "N", "TTL of what is sent (as configured)"},
	{DIAG_LEAVE, "leave", NULL, "join, though the end then sends a LEAVE"},
	{DIAG_SEND, "send", NULL, "only send: the other host's part of a tgw command"},
	{DIAG_FROM, "from", "IF", "send as well, through this second interface"},
	{DIAG_SILENCE, "silence", "S", "so long without a datagram is silence (5)"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define SPECIFIC (sizeof(specific) / sizeof(specific[0]))

const struct diag_command *diag_command_of(enum diag_verb verb)
{
	return &commands[verb];
}

void diag_options_usage(FILE *out)
{
	fputs("usage: goose-bridge-diag [-c FILE] [-s SOCKET] [-j] COMMAND [OPTION...]\n"
	      "\n"
	      "Finds out why multicast does not arrive.\n"
	      "\n"
	      "  -c, --config FILE    configuration of the bridge (" GB_SYSCONFDIR "/goose-bridge/goose-bridge.conf)\n"
	      "  -s, --socket SOCKET  its control socket (as configured)\n"
	      "  -j, --json           a line of JSON for each event, and one for the summary\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        version\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-9s %-10s %s\n", commands[i].area, commands[i].name, commands[i].help);
	fputs("\nOptions of commands:\n", out);
	for (size_t i = 0; i < SPECIFIC; i++)
		fprintf(out, "  --%-9s %-5s %s\n", specific[i].name, specific[i].argument ? specific[i].argument : "",
			specific[i].help);
	fputs("\nExit status: 0 done and fine, 1 bad news, 2 wrong usage.\n", out);
}

/* ---- values --------------------------------------------------------------------------------------------------------- */

static int take_seconds(const char *name, const char *text, uint64_t *ns, const struct arguments_error *error)
{
	return arguments_seconds(name, text, SECONDS_MIN, SECONDS_MAX, ns, error);
}

static int take_group(const char *text, struct in_addr *group, const struct arguments_error *error)
{
	if (inet_pton(AF_INET, text, group) != 1 || !IN_MULTICAST(ntohl(group->s_addr)))
		return arguments_refuse(error,
					"--group: '%s' is no multicast group; it takes an address from 224.0.0.0 to "
					"239.255.255.255",
					text);
	if ((ntohl(group->s_addr) & 0xFFFFFF00) == INADDR_UNSPEC_GROUP)
		return arguments_refuse(error,
					"--group: %s is one of 224.0.0.0/24, which never leave the link and need no membership",
					text);
	return 0;
}

static int take(struct diag_options *o, size_t at, const char *text, const struct arguments_error *error)
{
	const char *name = specific[at].name;
	uint64_t number = 0;
	int bad = 0;

	o->given |= specific[at].bit;
	switch (specific[at].bit) {
	case DIAG_GROUP:
		return take_group(text, &o->group, error);
	case DIAG_PORT:
		bad = arguments_number(name, text, 1, UINT16_MAX, &number, error);
		o->port = (uint16_t)number;
		return bad;
	case DIAG_INTERFACE:
		return arguments_interface(name, text, o->interface, error);
	case DIAG_COUNT:
		return arguments_number(name, text, 1, UINT32_MAX - 1, &o->count, error);
	case DIAG_DURATION:
		return take_seconds(name, text, &o->duration_ns, error);
	case DIAG_INTERVAL:
		return take_seconds(name, text, &o->interval_ns, error);
	case DIAG_RATE:
		bad = arguments_number(name, text, 1, RATE_MAX, &number, error);
		o->rate = (unsigned)number;
		return bad;
	case DIAG_TTL:
		bad = arguments_number(name, text, 1, 255, &number, error);
		o->ttl = (unsigned)number;
		return bad;
	case DIAG_LEAVE:
		o->leave = true;
		return 0;
	case DIAG_SEND:
		o->send = true;
		return 0;
	case DIAG_FROM:
		return arguments_interface(name, text, o->from, error);
	default:
		return take_seconds(name, text, &o->silence_ns, error);
	}
}

/* ---- the command line ----------------------------------------------------------------------------------------------- */

#define GENERAL	   5
#define FIRST_LONG 0x100 /* what getopt_long returns for specific[0] */

static int find_command(struct diag_options *o, char **words, int count, const struct arguments_error *error)
{
	if (count < 2)
		return arguments_refuse(error,
					"a command has two words, such as 'multicast recv'; goose-bridge-diag -h lists them");
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].area, words[0]) == 0 && strcmp(commands[i].name, words[1]) == 0)
			o->command = &commands[i];
	if (!o->command)
		return arguments_refuse(error, "there is no command '%s %s'; goose-bridge-diag -h lists them", words[0],
					words[1]);
	if (count > 2)
		return arguments_refuse(error, "'%s' is too much behind '%s %s'", words[2], words[0], words[1]);
	return 0;
}

/* Options that the command does not take, and those that exclude each other. */
static int check_given(const struct diag_options *o, const struct arguments_error *error)
{
	const struct diag_command *command = o->command;

	for (size_t i = 0; i < SPECIFIC; i++)
		if (o->given & specific[i].bit & ~command->takes)
			return arguments_refuse(error, "'%s %s' takes no --%s; goose-bridge-diag(8) has what it takes",
						command->area, command->name, specific[i].name);
	if (o->send && (o->given & (DIAG_FROM | DIAG_SILENCE | DIAG_INTERVAL)))
		return arguments_refuse(error,
					"--send only sends: --from, --silence and --interval are for the host that receives");
	if (o->from[0] && strcmp(o->from, o->interface) == 0)
		return arguments_refuse(error,
					"--from and --interface name the same interface, and what this host sends there does "
					"not come back: name a second one");
	return 0;
}

static void fill_in(struct diag_options *o)
{
	const struct diag_command *command = o->command;

	if (!(o->given & DIAG_COUNT) && !(o->given & DIAG_DURATION))
		o->count = command->count;
	if (!(o->given & DIAG_DURATION))
		o->duration_ns = command->duration_s * GB_NS_PER_S;
	if (!(o->given & DIAG_INTERVAL))
		o->interval_ns = command->interval_s * GB_NS_PER_S;
	if (!(o->given & DIAG_RATE))
		o->rate = command->rate;
	if (!(o->given & DIAG_SILENCE))
		o->silence_ns = SILENCE_S * GB_NS_PER_S;
}

static int take_option(struct diag_options *o, int option, char **argv, const struct arguments_error *error)
{
	switch (option) {
	case 'c':
		o->config_file = optarg;
		return 0;
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
		return arguments_refuse_option(option, argv[optind - 1], "goose-bridge-diag", error);
	default:
		return take(o, (size_t)(option - FIRST_LONG), optarg, error);
	}
}

int diag_options_parse(int argc, char **argv, struct diag_options *options, char *error, size_t size)
{
	struct option known[GENERAL + SPECIFIC + 1] = {
		{"config", required_argument, NULL, 'c'}, {"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},	  {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
	};
	const struct arguments_error words = {error, size};
	int option, bad = 0;

	for (size_t i = 0; i < SPECIFIC; i++)
		known[GENERAL + i] = (struct option){specific[i].name, specific[i].argument ? required_argument : no_argument,
						     NULL, FIRST_LONG + (int)i};
	*options = (struct diag_options){0};
	optind = 0; /* begins anew, whoever used getopt before */
	opterr = 0;
	while (!bad && (option = getopt_long(argc, argv, ":c:s:jhV", known, NULL)) != -1)
		bad = take_option(options, option, argv, &words);
	if (bad || options->help || options->version)
		return bad;
	bad = find_command(options, argv + optind, argc - optind, &words);
	if (!bad)
		bad = check_given(options, &words);
	if (!bad)
		fill_in(options);
	return bad;
}
