/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: goose-bridge [-c FILE] [-d] [-t] [--interface IF] [--debug] [-V] [-h] */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <goose-bridge/config.h>
#include <stdbool.h>

struct options {
	const char *config_file;
	bool config_file_given;
	bool config_file_used; /* it was there: a reload that does not find it is an error */
	bool daemonise;
	bool check_only;
	const char *interface; /* NULL = as configured */
	bool debug;
};

/* Returns -1 to go on, or the exit status (help, version, usage error: already printed). */
int options_parse(struct options *options, int argc, char **argv);

/* Loads the file and puts what the command line says over it. A missing file is an error, unless it is the default one and was
 * never there nor asked for: then the built-in defaults hold, and REPORT is told so. Returns 0 or negative errno.
 */
int options_load(struct options *options, struct gb_config *config, gb_config_report *report, void *arg);

#endif
