/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: takes the command line apart, and asks the service. */
#include "ctl_command.h"

#include "config.h"
#include "exec.h"
#include "put.h"
#include "words.h"

#include <errno.h>
#include <getopt.h>
#include <goose-bridge/client.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS  10000
#define OPTIONS_MAX 32
#define OPTION_BASE 256 /* above all letters: numbers of the table's options */
#define COMPLETION  255

static const struct ctl_command one_stream = {"stream", "REF|INDEX", .render = ctl_render_stream};

int ctl_complain(const struct ctl_settings *settings, const char *format, ...)
{
	struct json_object *object;
	char sentence[1000];
	va_list arguments;

	va_start(arguments, format);
	words_complain("goose-bridge-ctl", format, arguments);
	va_end(arguments);
	if (!settings || !settings->json)
		return CTL_BAD_NEWS;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	object = json_object_new_object();
	put_text(object, "error", sentence);
	put_line(stdout, object);
	return CTL_BAD_NEWS;
}

/* COUNT words with a space between them. The caller frees it. */
static char *join(char **words, int count)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for (int i = 0; i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
	fclose(out);
	return text;
}

static void complain_command(char **words, int count)
{
	fprintf(stderr, "goose-bridge-ctl: there is no command %s%s%s; there is", words[0], count > 1 ? " " : "",
		count > 1 ? words[1] : "");
	for (size_t i = 0; i < ctl_commands(); i++) {
		const struct ctl_command *command = ctl_command_at(i);

		fprintf(stderr, "%s %s%s%s", i ? "," : "", command->name, command->argument ? " " : "",
			command->argument ? command->argument : "");
	}
	fputs("\n", stderr);
}

/* Becomes COMMAND's program, with the COUNT WORDS as its arguments, and before them socket, configuration and -j as they were
 * given. Returns only if it cannot be run: the exit status.
 */
static int become_program(const struct ctl_command *command, char **words, int count, const struct ctl_settings *settings)
{
	const char **arguments = calloc((size_t)count + 8, sizeof(*arguments));
	size_t used = 1; /* behind the program's name, which exec_tool sets */
	int error;

	if (!arguments)
		return ctl_complain(settings, "memory is short");
	if (settings->socket_given || settings->config_given) {
		arguments[used++] = "-s";
		arguments[used++] = settings->socket_path;
	}
	if (settings->config_given && command->config) {
		arguments[used++] = "-c";
		arguments[used++] = settings->config_file;
	}
	if (settings->json)
		arguments[used++] = "-j";
	if (command->named)
		arguments[used++] = command->name;
	for (int i = 0; i < count; i++)
		arguments[used++] = words[i];
	error = -exec_tool(command->program, arguments);
	free(arguments);
	return ctl_complain(settings, "cannot run %s: %s", command->program, strerror(error));
}

/* ---- asking --------------------------------------------------------------------------------------------------------- */

/* Asks once and shows the answer. Returns the exit status. */
static int ask(const struct ctl_command *command, const char *argument, const struct ctl_settings *settings)
{
	struct json_object *result;
	char error[1024];
	int status = CTL_DONE, code;

	code = gb_client_ask_about(settings->socket_path, command->name, argument, TIMEOUT_MS, &result, error, sizeof(error));
	if (code && command->render == ctl_render_status && code != -EREMOTEIO)
		return ctl_status_down(settings, error);
	if (code) {
		if (!settings->json && command->render == ctl_render_version)
			puts("goose-bridge-ctl " PACKAGE_VERSION);
		return ctl_complain(settings, "%s", error);
	}
	if (command->render == ctl_render_version)
		put_text(result, "ctl", PACKAGE_VERSION);
	if (settings->json)
		puts(json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		ctl_print(stdout, command->render, result);
	if (command->bad_news && command->bad_news(result))
		status = CTL_BAD_NEWS;
	json_object_put(result);
	return status;
}

/* Until Ctrl-C, or until nobody reads any more. A service that is away for a moment is waited for. */
static int ask_on(const struct ctl_command *command, const char *argument, const struct ctl_settings *settings)
{
	bool watch = settings->value[CTL_OPTION_WATCH] != NULL;
	bool screen = watch && !settings->json && isatty(STDOUT_FILENO);
	int status;

	for (;;) {
		if (screen)
			fputs("\033[H\033[2J", stdout);
		status = ask(command, argument, settings);
		if (fflush(stdout) != 0 || ferror(stdout))
			return ctl_complain(NULL, "writing failed: %s", strerror(errno));
		if (!watch)
			return status;
		sleep(1);
	}
}

/* ---- the command line ----------------------------------------------------------------------------------------------- */

static void note_problem(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	struct ctl_settings *settings = arg;

	gb_config_first_error(settings->config_problem, sizeof(settings->config_problem), severity, file, line, text);
}

/* The service that is meant: the one of a configuration file, or behind a socket. */
static int find_service(struct ctl_settings *settings)
{
	gb_config_defaults(&settings->config);
	if (access(settings->config_file, R_OK) == 0)
		gb_config_load(settings->config_file, &settings->config, note_problem, settings);
	else if (errno != ENOENT || settings->config_given) /* without the default file the built-in defaults hold */
		snprintf(settings->config_problem, sizeof(settings->config_problem), "%s cannot be read: %s",
			 settings->config_file, strerror(errno));
	if (*settings->config_problem)
		gb_config_defaults(&settings->config);
	if (settings->socket_given)
		return 0;
	if (settings->config_given && *settings->config_problem)
		return -EINVAL;
	settings->socket_path = *settings->config.control_socket ? settings->config.control_socket : GB_CLIENT_SOCKET;
	return 0;
}

/* Options that all commands have, and those of the table. */
static void list_options(struct option *known, char *letters, size_t size)
{
	static const struct option common[] = {
		{"config", required_argument, NULL, 'c'}, {"socket", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},	  {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},	  {"completion", no_argument, NULL, COMPLETION},
	};
	size_t used = sizeof(common) / sizeof(common[0]), length;

	memcpy(known, common, sizeof(common));
	length = (size_t)snprintf(letters, size, "+c:s:jhV");
	for (size_t i = 0; i < ctl_options() && used + 1 < OPTIONS_MAX; i++) {
		const struct ctl_option_row *row = ctl_option_at(i);

		known[used++] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
						OPTION_BASE + (int)i};
		if (row->letter && length < size)
			length += (size_t)snprintf(letters + length, size - length, "%c%s", row->letter,
						   row->argument ? ":" : "");
	}
	known[used] = (struct option){0};
}

static const struct ctl_option_row *row_of(int option)
{
	if (option >= OPTION_BASE)
		return ctl_option_at((size_t)(option - OPTION_BASE));
	for (size_t i = 0; i < ctl_options(); i++)
		if (ctl_option_at(i)->letter == option)
			return ctl_option_at(i);
	return NULL;
}

/* Returns -1, or the exit status if there is nothing more to do. */
static int take_option(int option, struct ctl_settings *settings)
{
	const struct ctl_option_row *row = row_of(option);

	switch (option) {
	case 'c':
		settings->config_file = optarg;
		settings->config_given = true;
		return -1;
	case 's':
		settings->socket_path = optarg;
		settings->socket_given = true;
		return -1;
	case 'j':
		settings->json = true;
		return -1;
	case 'h':
		ctl_usage(stdout);
		return CTL_DONE;
	case 'V':
		puts("goose-bridge-ctl " PACKAGE_VERSION);
		return CTL_DONE;
	case COMPLETION:
		ctl_print_completion(stdout);
		return CTL_DONE;
	default:
		if (!row) {
			ctl_usage(stderr);
			return CTL_USAGE;
		}
		settings->value[row->option] = optarg ? optarg : "";
		return -1;
	}
}

/* A word of ARGV names a program: what follows is its own. */
static const struct ctl_command *program_named(const char *word)
{
	for (size_t i = 0; i < ctl_commands(); i++)
		if (ctl_command_at(i)->program && strcmp(ctl_command_at(i)->name, word) == 0)
			return ctl_command_at(i);
	return NULL;
}

/* Takes the options before and behind the command's words, which it moves to the front of ARGV, behind its first; *WORDS of
 * them. Behind the name of a program all is words. Returns -1, or the exit status if there is nothing more to do.
 */
static int take_options(int argc, char **argv, struct ctl_settings *settings, int *words)
{
	struct option known[OPTIONS_MAX];
	char letters[64];
	int option, status;

	list_options(known, letters, sizeof(letters));
	while ((option = getopt_long(argc, argv, letters, known, NULL)) != -1 || optind < argc) {
		if (option == -1) {
			bool program = *words == 0 && program_named(argv[optind]);

			do
				argv[++*words] = argv[optind++];
			while (program && optind < argc);
			continue;
		}
		status = take_option(option, settings);
		if (status >= 0)
			return status;
	}
	if (*words == 0) {
		ctl_usage(stderr);
		return CTL_USAGE;
	}
	return -1;
}

/* Returns 0, or says which option COMMAND does not take. */
static int check_options(const struct ctl_command *command, const struct ctl_settings *settings)
{
	for (size_t i = 0; i < ctl_options(); i++) {
		const struct ctl_option_row *row = ctl_option_at(i);

		if (!settings->value[row->option] || command->takes & 1U << row->option)
			continue;
		fprintf(stderr, "goose-bridge-ctl: %s takes no --%s\n", command->name, row->name);
		return -EINVAL;
	}
	if (settings->json && command->program && !command->json) {
		fprintf(stderr, "goose-bridge-ctl: %s has no JSON; see goose-bridge-ctl -j stats\n", command->name);
		return -EINVAL;
	}
	return 0;
}

static int run(const struct ctl_command *command, const struct ctl_settings *settings, char **words, int count)
{
	char *argument = NULL;
	int status;

	if (command->program)
		return become_program(command, words, count, settings);
	if (command->run) {
		status = command->run(settings, count, words);
		if (fflush(stdout) != 0 || ferror(stdout))
			return ctl_complain(NULL, "writing failed: %s", strerror(errno));
		return status;
	}
	if (settings->value[CTL_OPTION_STREAM])
		return ask_on(&one_stream, settings->value[CTL_OPTION_STREAM], settings);
	if (command->argument && !(argument = join(words, count)))
		return ctl_complain(settings, "memory is short");
	status = ask_on(command, argument, settings);
	free(argument);
	return status;
}

int main(int argc, char **argv)
{
	struct ctl_settings settings = {.config_file = CTL_DEFAULT_CONFIG};
	const struct ctl_command *command;
	int words = 0, status = take_options(argc, argv, &settings, &words), used;

	if (status >= 0)
		return status;
	command = ctl_command_find(argv + 1, words, &used);
	if (!command) {
		complain_command(argv + 1, words);
		return CTL_USAGE;
	}
	if (check_options(command, &settings) != 0)
		return CTL_USAGE;
	if (find_service(&settings) != 0)
		return ctl_complain(&settings, "%s", settings.config_problem);
	return run(command, &settings, argv + 1 + used, words - used);
}
