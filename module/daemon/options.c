/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "config.h"
#include "daemon_private.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG GB_SYSCONFDIR "/goose-bridge/goose-bridge.conf"

static void usage(FILE *to)
{
	fprintf(to,
		"Usage: goose-bridge [-c FILE] [-d] [-t] [--interface IF] [--debug] [-V] [-h]\n"
		"Carries IEC 61850 GOOSE between hosts: frames sent on goose0 here come out of goose0 there.\n\n"
		"  -c, --config FILE   configuration (%s)\n"
		"  -d, --daemon        run in the background\n"
		"  -t, --test          check the configuration and exit: 0, or 1 with FILE:LINE: and what is wrong\n"
		"      --interface IF  use this GOOSE interface instead of the configured one (of two paths: the first)\n"
		"      --debug         log everything\n"
		"  -V, --version       print the version\n"
		"  -h, --help          print this\n",
		DEFAULT_CONFIG);
}

int options_parse(struct options *options, int argc, char **argv)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'}, {"daemon", no_argument, NULL, 'd'},
		{"test", no_argument, NULL, 't'},	  {"interface", required_argument, NULL, 'i'},
		{"debug", no_argument, NULL, 'D'},	  {"version", no_argument, NULL, 'V'},
		{"help", no_argument, NULL, 'h'},	  {NULL, 0, NULL, 0},
	};
	int option;

	*options = (struct options){.config_file = DEFAULT_CONFIG};
	while ((option = getopt_long(argc, argv, "c:dtVh", known, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->config_file = optarg;
			options->config_file_given = true;
			break;
		case 'd':
			options->daemonise = true;
			break;
		case 't':
			options->check_only = true;
			break;
		case 'i':
			options->interface = optarg;
			break;
		case 'D':
			options->debug = true;
			break;
		case 'V':
			printf("goose-bridge %s\n", PACKAGE_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "goose-bridge: '%s' is not an option\n", argv[optind]);
		usage(stderr);
		return 2;
	}
	return -1;
}

/* A service manager that gives a directory for logs (LOGS_DIRECTORY, systemd.exec(5)) leaves what is beside it read-only. So a
 * log_file that lies beside it lies in it: /var/log/goose-bridge.log in /var/log/goose-bridge/, where the installed link of
 * that name leads, too.
 */
static void place_log(struct gb_config *config)
{
	const char *directory = getenv("LOGS_DIRECTORY"), *name = strrchr(config->log_file, '/');
	const char *last = directory ? strrchr(directory, '/') : NULL;
	char file[sizeof(config->log_file)];

	if (!last || !name || strchr(directory, ':') || name - config->log_file != last - directory ||
	    memcmp(config->log_file, directory, (size_t)(last - directory)) != 0)
		return;
	int length = snprintf(file, sizeof(file), "%s%s", directory, name);

	if (length > 0 && (size_t)length < sizeof(file))
		memcpy(config->log_file, file, (size_t)length + 1);
}

int options_load(struct options *options, struct gb_config *config, gb_config_report *report, void *arg)
{
	struct gb_config fresh;
	int error;

	if (!options->config_file_given && !options->config_file_used && access(options->config_file, F_OK) < 0 &&
	    errno == ENOENT) {
		gb_config_defaults(&fresh);
		report(arg, GB_CONFIG_WARNING, options->config_file, 0, "no such file; the built-in defaults hold");
		error = 0;
	} else {
		error = gb_config_load(options->config_file, &fresh, report, arg);
		options->config_file_used |= !error;
	}
	if (!error && options->interface)
		error = gb_config_set(&fresh, fresh.enable_dual_path ? "primary_interface" : "interface", options->interface,
				      report, arg);
	if (!error && options->debug)
		error = gb_config_set(&fresh, "debug", "true", report, arg);
	if (!error)
		error = streams_check(&fresh, options->config_file, report, arg);
	if (error)
		return error;
	place_log(&fresh);
	*config = fresh;
	return 0;
}
