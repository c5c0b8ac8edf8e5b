/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands, and what is made of it: usage, and completion for bash. */
#include "ctl_command.h"

#include "result.h"

#include <goose-bridge/client.h>
#include <json-c/json.h>
#include <string.h>

static bool not_running(struct json_object *result)
{
	return !result_running(result);
}

static bool not_member(struct json_object *result)
{
	return strcmp(result_text(result_get(result, "membership"), "state", "lost"), "lost") == 0;
}

static bool no_snmpd(struct json_object *result)
{
	return strcmp(result_text(result_get(result, "snmp"), "state", "down"), "down") == 0;
}

#define TAKES(option) (1U << CTL_OPTION_##option)

static const struct ctl_command commands[] = {
	{"start", .help = "start the service, and wait until frames are forwarded (root)", .run = ctl_start},
	{"stop", .help = "end it, and wait until it has ended; goose0 stays (root)", .run = ctl_stop},
	{"detach", "[UNIT RESULT]", "take away what a service that has ended left in the kernel (root); its unit does so",
	 .run = ctl_detach},
	{"restart", .help = "both; goose0 and the membership stay meanwhile (root)", .run = ctl_restart},
	{"reload", .help = "read the configuration again, without a pause (root)", .run = ctl_reload},
	{"status", .help = "state, warnings, paths, frames and drops on one screen", .takes = TAKES(WATCH),
	 .render = ctl_render_status, .bad_news = not_running},
	{"stats", .help = "every counter and drop reason, with what it counts", .takes = TAKES(WATCH),
	 .render = ctl_render_stats},
	{"streams", .help = "GOOSE streams: alive or silent, lost messages; -v REF one in full; --watch",
	 .takes = TAKES(WATCH) | TAKES(STREAM), .render = ctl_render_streams, .bad_news = ctl_streams_are_silent},
	{"streams expect", "STREAM", "miss a stream that is not there: goose-bridge.conf(5), expect_stream (root)",
	 .render = ctl_render_detail},
	{"streams forget", "REF|INDEX", "miss it no more (root)", .render = ctl_render_detail},
	{"peers", .help = "the other bridges that were heard", .takes = TAKES(WATCH), .render = ctl_render_peers},
	{"events", .help = "what happened lately", .takes = TAKES(WATCH), .render = ctl_render_events},
	{"igmp", .help = "the membership of the group: querier, reports, what is left behind", .takes = TAKES(WATCH),
	 .render = ctl_render_igmp, .bad_news = not_member},
	{"igmp leave", .help = "leave the group until the next reload or start (root)", .render = ctl_render_igmp_leave},
	{"ports", .help = "ports and sockets, and what security groups and firewalls have to let pass", .run = ctl_ports},
	{"logs", .help = "the end of the service's log; -n LINES, -f follows it", .run = ctl_logs,
	 .takes = TAKES(NUMBER) | TAKES(FOLLOW) | TAKES(JOURNAL)},
	{"monitor", "[ARG...]", "live view of paths, streams, alarms, drops: goose-bridge-monitor(8)",
	 .program = "goose-bridge-monitor", .named = true, .json = true, .config = true},
	{"benchmark", "[ARG...]", "loss, rates and round-trip times between hosts: goose-bridge-benchmark(8)",
	 .program = "goose-bridge-benchmark", .json = true},
	{"test", .help = "which other bridges answer, and how fast; --through-goose0 with frames, too (root)",
	 .run = ctl_test, .takes = TAKES(NUMBER) | TAKES(THROUGH_GOOSE0) | TAKES(ANSWER) | TAKES(FORCE)},
	{"check", "[ARG...]", "what makes multicast fail silently, here and in AWS: goose-bridge-security-check(8)",
	 .program = "goose-bridge-security-check", .json = true, .config = true},
	{"migrate", "[OLD-FILE]", "the Python service's configuration becomes one of this; --check only says how",
	 .run = ctl_migrate, .takes = TAKES(OUTPUT) | TAKES(CHECK)},
	{"snmp", .help = "whether snmpd is connected, and how to see objects by name", .takes = TAKES(WATCH),
	 .render = ctl_render_snmp, .bad_news = no_snmpd},
	{"version", .help = "versions of this program and of the service", .render = ctl_render_version},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct ctl_option_row options[] = {
	{'w', "watch", NULL, CTL_OPTION_WATCH, "ask again every second, until Ctrl-C"},
	{'v', "stream", "REF", CTL_OPTION_STREAM, "with streams: this one in full, by its gocbRef or index"},
	{'n', "count", "N", CTL_OPTION_NUMBER, "with test: so many requests (5), and frames (20)"},
	{'l', "lines", "N", CTL_OPTION_NUMBER, "with logs, as -n is: so many lines (20)"},
	{'f', "follow", NULL, CTL_OPTION_FOLLOW, "with logs: and what is added to it"},
	{0, "journal", NULL, CTL_OPTION_JOURNAL, "with logs: that of systemd"},
	{0, "through-goose0", NULL, CTL_OPTION_THROUGH_GOOSE0, "with test: numbered frames as well"},
	{0, "answer", NULL, CTL_OPTION_ANSWER, "with test: answer the frames of other hosts, until Ctrl-C"},
	{0, "force", NULL, CTL_OPTION_FORCE, "with test: though a Python bridge is heard, which makes frames of it"},
	{'o', "output", "FILE", CTL_OPTION_OUTPUT, "with migrate: the new file (the old one, which is kept beside it)"},
	{0, "check", NULL, CTL_OPTION_CHECK, "with migrate: write nothing"},
};

#define OPTIONS (sizeof(options) / sizeof(options[0]))

size_t ctl_commands(void)
{
	return COMMANDS;
}

const struct ctl_command *ctl_command_at(size_t index)
{
	return &commands[index];
}

size_t ctl_options(void)
{
	return OPTIONS;
}

const struct ctl_option_row *ctl_option_at(size_t index)
{
	return &options[index];
}

static bool fits(const struct ctl_command *command, bool more)
{
	return !command->argument ? !more : *command->argument == '[' || more;
}

const struct ctl_command *ctl_command_find(char **words, int count, int *used)
{
	char name[32];

	for (*used = count < 2 ? count : 2; *used > 0; --*used) {
		snprintf(name, sizeof(name), "%s%s%s", words[0], *used > 1 ? " " : "", *used > 1 ? words[1] : "");
		for (size_t i = 0; i < COMMANDS; i++)
			if (strcmp(commands[i].name, name) == 0 && fits(&commands[i], count > *used))
				return &commands[i];
	}
	return NULL;
}

static void print_options(FILE *out)
{
	char name[40];

	for (size_t i = 0; i < OPTIONS; i++) {
		const char *argument = options[i].argument;

		snprintf(name, sizeof(name), "--%s%s%s", options[i].name, argument ? " " : "", argument ? argument : "");
		fprintf(out, "  %c%c%c %-20s  %s\n", options[i].letter ? '-' : ' ', options[i].letter ? options[i].letter : ' ',
			options[i].letter ? ',' : ' ', name, options[i].help);
	}
}

void ctl_usage(FILE *out)
{
	char name[40];

	fputs("usage: goose-bridge-ctl [-c FILE] [-s SOCKET] [-j] [OPTION...] COMMAND\n"
	      "       goose-bridge-ctl [-c FILE] [-s SOCKET] [-j] monitor|benchmark|check [ARG...]\n"
	      "\n"
	      "Looks after the goose-bridge service.\n"
	      "\n"
	      "  -c, --config FILE         configuration of the service that is meant\n"
	      "                            (" CTL_DEFAULT_CONFIG ")\n"
	      "  -s, --socket SOCKET       its control socket (as configured, else " GB_CLIENT_SOCKET ")\n"
	      "  -j, --json                the answer as one line of JSON\n",
	      out);
	print_options(out);
	fputs("  -h, --help                this text\n"
	      "  -V, --version             version of this program\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++) {
		snprintf(name, sizeof(name), "%s%s%s", commands[i].name, commands[i].argument ? " " : "",
			 commands[i].argument ? commands[i].argument : "");
		fprintf(out, "  %-24s  %s\n", name, commands[i].help);
	}
	fputs("\nExit status: 0 done, 1 bad news (service down or degraded, request refused), 2 wrong usage.\n", out);
}

/* ---- completion ----------------------------------------------------------------------------------------------------- */

static void print_option_words(FILE *out, unsigned takes)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		if (!(takes & 1U << options[i].option))
			continue;
		if (options[i].letter)
			fprintf(out, " -%c", options[i].letter);
		fprintf(out, " --%s", options[i].name);
	}
}

/* Second words, such as "leave" behind "igmp". */
static void print_second_words(FILE *out, const char *first)
{
	size_t length = strlen(first);

	for (size_t i = 0; i < COMMANDS; i++)
		if (strncmp(commands[i].name, first, length) == 0 && commands[i].name[length] == ' ')
			fprintf(out, " %s", commands[i].name + length + 1);
}

static void print_cases(FILE *out)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strchr(commands[i].name, ' '))
			continue;
		fprintf(out, "\t%s) words=\"", commands[i].name);
		if (commands[i].program)
			fputs("-h --help", out);
		else
			fputs("-j --json", out);
		print_second_words(out, commands[i].name);
		print_option_words(out, commands[i].takes);
		fputs("\" ;;\n", out);
	}
}

void ctl_print_completion(FILE *out)
{
	fputs("# bash completion for goose-bridge-ctl: made from its table of commands by goose-bridge-ctl --completion\n"
	      "_goose_bridge_ctl() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= words i\n"
	      "\tCOMPREPLY=()\n"
	      "\tcase $before in\n"
	      "\t-c | --config | -s | --socket)\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	      "\t\tcompopt -o filenames 2>/dev/null\n"
	      "\t\treturn ;;\n",
	      out);
	for (size_t i = 0; i < OPTIONS; i++)
		if (options[i].argument)
			fprintf(out, options[i].letter ? "\t--%s | -%c) return ;;\n" : "\t--%s) return ;;\n", options[i].name,
				options[i].letter);
	fputs("\tesac\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t-c | --config | -s | --socket) i=$((i + 1)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*) command=${COMP_WORDS[i]} && break ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $command in\n"
	      "\t\"\") words=\"-c --config -s --socket -j --json -h --help -V --version",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strchr(commands[i].name, ' '))
			fprintf(out, " %s", commands[i].name);
	fputs("\" ;;\n", out);
	print_cases(out);
	fputs("\t*) return ;;\n"
	      "\tesac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	      "}\n"
	      "complete -F _goose_bridge_ctl goose-bridge-ctl\n",
	      out);
}
