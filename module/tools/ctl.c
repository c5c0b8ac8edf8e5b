/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000

enum { EXIT_DONE = 0, EXIT_BAD_NEWS = 1, EXIT_USAGE = 2 };

/* Whether the result is bad news though the service gave it. */
typedef bool bad_news(struct json_object *result);

static bool not_running(struct json_object *result)
{
	struct json_object *state;

	return !json_object_object_get_ex(result, "state", &state) || !json_object_is_type(state, json_type_string) ||
	       strcmp(json_object_get_string(state), "running") != 0;
}

static bool not_member(struct json_object *result)
{
	struct json_object *membership, *state;

	return !json_object_object_get_ex(result, "membership", &membership) ||
	       !json_object_object_get_ex(membership, "state", &state) || !json_object_is_type(state, json_type_string) ||
	       strcmp(json_object_get_string(state), "lost") == 0;
}

static const struct command {
	const char *name;
	const char *help;
	ctl_render *render;
	bad_news *bad_news; /* NULL: never */
} commands[] = {
	{"status", "state, warnings, paths, frames and drops on one screen", ctl_render_status, not_running},
	{"stats", "every counter and drop reason, with what it counts", ctl_render_stats, NULL},
	{"peers", "the other bridges that were heard", ctl_render_peers, NULL},
	{"events", "what happened lately", ctl_render_events, NULL},
	{"igmp", "the membership of the group: querier, reports, what is left behind", ctl_render_igmp, not_member},
	{"igmp leave", "leave the group until the next reload or start (root)", ctl_render_igmp_leave, NULL},
	{"version", "versions of this program and of the service", ctl_render_version, NULL},
	{"reload", "read the configuration again (root)", ctl_render_reload, NULL},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	fputs("usage: goose-bridge-ctl [-s SOCKET] [-j] COMMAND\n"
	      "\n"
	      "Asks the running goose-bridge service.\n"
	      "\n"
	      "  -s, --socket SOCKET  control socket (" GB_CLIENT_SOCKET ")\n"
	      "  -j, --json           the answer as one line of JSON\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        version of this program\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fputs("\nExit status: 0 done, 1 bad news (service down or degraded, request refused), 2 wrong usage.\n", out);
}

/* The command that COUNT words name together. */
static const struct command *find_command(char **words, int count)
{
	char name[32];

	snprintf(name, sizeof(name), "%s%s%s", words[0], count > 1 ? " " : "", count > 1 ? words[1] : "");
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static void complain_command(char **words, int count)
{
	fprintf(stderr, "goose-bridge-ctl: there is no command %s%s%s; there is", words[0], count > 1 ? " " : "",
		count > 1 ? words[1] : "");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stderr, "%s %s", i ? "," : "", commands[i].name);
	fputs("\n", stderr);
}

/* What came from the network or from files must not steer the terminal. */
static void print_clean(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		/* U+0080 to U+009F are controls, too: in UTF-8 C2 80 to C2 9F */
		bool control = (c < ' ' && c != '\n') || c == 0x7F ||
			       (c == 0xC2 && i + 1 < length && (unsigned char)text[i + 1] < 0xA0);

		putc(control ? '?' : c, out);
		if (control && c == 0xC2)
			i++;
	}
}

static void print_text(const struct command *command, struct json_object *result)
{
	char *text = NULL;
	size_t length = 0;
	FILE *memory = open_memstream(&text, &length);

	if (!memory)
		return;
	command->render(memory, result, gb_clock_utc_ns());
	if (fclose(memory) == 0)
		print_clean(stdout, text, length);
	free(text);
}

static int run(const struct command *command, const char *socket_path, bool json)
{
	struct json_object *result;
	char error[1024];
	int status = EXIT_DONE, code;

	code = gb_client_ask(socket_path, command->name, TIMEOUT_MS, &result, error, sizeof(error));
	if (code) {
		if (!json && command->render == ctl_render_version)
			puts("goose-bridge-ctl " PACKAGE_VERSION);
		fputs("goose-bridge-ctl: ", stderr);
		print_clean(stderr, error, strlen(error));
		fputs("\n", stderr);
		return EXIT_BAD_NEWS;
	}
	if (json)
		puts(json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print_text(command, result);
	if (command->bad_news && command->bad_news(result))
		status = EXIT_BAD_NEWS;
	json_object_put(result);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "goose-bridge-ctl: writing failed: %s\n", strerror(errno));
		status = EXIT_BAD_NEWS;
	}
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	const char *socket_path = GB_CLIENT_SOCKET;
	const struct command *command;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "s:jhV", options, NULL)) != -1) {
		switch (option) {
		case 's':
			socket_path = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_DONE;
		case 'V':
			puts("goose-bridge-ctl " PACKAGE_VERSION);
			return EXIT_DONE;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	int words = argc - optind;

	if (words < 1 || words > 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv + optind, words);
	if (!command) {
		complain_command(argv + optind, words);
		return EXIT_USAGE;
	}
	return run(command, socket_path, json);
}
