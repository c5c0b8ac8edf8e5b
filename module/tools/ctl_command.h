/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl: its commands. One table has them all: usage, completion and what is run come from it. */
#ifndef TOOLS_CTL_COMMAND_H
#define TOOLS_CTL_COMMAND_H

#include "ctl.h"

#include <goose-bridge/config.h>
#include <stddef.h>

#define CTL_DEFAULT_CONFIG GB_SYSCONFDIR "/goose-bridge/goose-bridge.conf"

enum { CTL_DONE = 0, CTL_BAD_NEWS = 1, CTL_USAGE = 2 };

/* Options of single commands. */
enum ctl_option {
	CTL_OPTION_WATCH,
	CTL_OPTION_STREAM,
	CTL_OPTION_NUMBER, /* of lines, or of requests */
	CTL_OPTION_FOLLOW,
	CTL_OPTION_JOURNAL,
	CTL_OPTION_THROUGH_GOOSE0,
	CTL_OPTION_ANSWER,
	CTL_OPTION_FORCE,
	CTL_OPTION_OUTPUT,
	CTL_OPTION_CHECK,
	CTL_OPTION_COUNT
};

/* What stands on the command line, and in the configuration file that it is about. */
struct ctl_settings {
	const char *socket_path; /* where the service is asked: as given, else as configured */
	bool socket_given;
	const char *config_file;
	bool config_given;
	bool json;
	const char *value[CTL_OPTION_COUNT]; /* NULL = not given; "" where an option has no value */
	struct gb_config config;	     /* the defaults, if config_problem is not "" */
	char config_problem[400];	     /* why the file was not read, in a sentence; "" */
};

/* Whether the service's RESULT is bad news though it gave one. */
typedef bool ctl_bad_news(struct json_object *result);

/* Does what the command says with the COUNT words behind its name. Returns the exit status. */
typedef int ctl_run(const struct ctl_settings *settings, int count, char **words);

/* One of render, run and program is set: the service is asked and its answer shown, or run is called, or that program is
 * become, with all that stands behind the name as its arguments.
 */
struct ctl_command {
	const char *name;     /* one word, or two */
	const char *argument; /* what has to stand behind the name, or may if it is in brackets; NULL = nothing */
	const char *help;
	unsigned takes; /* options: bits 1 << enum ctl_option */
	ctl_render *render;
	ctl_bad_news *bad_news; /* NULL: never */
	ctl_run *run;
	const char *program;
	bool named;  /* the name is the program's first argument */
	bool json;   /* the program knows -j */
	bool config; /* the program knows -c */
};

size_t ctl_commands(void);
const struct ctl_command *ctl_command_at(size_t index);

/* The command that WORDS begin with, the longest name first. *USED words are its name; what is behind them fits it. */
const struct ctl_command *ctl_command_find(char **words, int count, int *used);

/* How an option is written. One may have several names. */
struct ctl_option_row {
	char letter; /* 0 = none */
	const char *name;
	const char *argument; /* NULL = it has no value */
	enum ctl_option option;
	const char *help;
};

size_t ctl_options(void);
const struct ctl_option_row *ctl_option_at(size_t index);

void ctl_usage(FILE *out);

/* Completion for bash, from the table. */
void ctl_print_completion(FILE *out);

/* ---- the commands that are more than a question ---- */

ctl_run ctl_start; /* ctl_service.c */
ctl_run ctl_stop;
ctl_run ctl_detach;
ctl_run ctl_restart;
ctl_run ctl_reload;
ctl_run ctl_ports; /* ctl_ports.c */
ctl_run ctl_logs;  /* ctl_logs.c */
ctl_run ctl_test;  /* ctl_test.c */
ctl_run ctl_migrate; /* ctl_migrate.c */

/* What can be said of a service that does not answer, for the reason ERROR (a sentence): ctl_down.c. Returns the exit
 * status.
 */
int ctl_status_down(const struct ctl_settings *settings, const char *error);

/* Says the sentence on standard error, without what could steer a terminal, and with -j as {"error": sentence} on standard
 * output as well, so that whoever reads that finds one line of JSON there whatever came of the command. SETTINGS may be
 * NULL: no JSON. Returns CTL_BAD_NEWS.
 */
int ctl_complain(const struct ctl_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
