/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
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
		"      --interface IF  use this GOOSE interface instead of the configured one\n"
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

int options_load(struct options *options, struct gb_config *config, gb_config_report *report, void *arg)
{
	int error;

	if (!options->config_file_given && !options->config_file_used && access(options->config_file, F_OK) < 0 &&
	    errno == ENOENT) {
		gb_config_defaults(config);
		report(arg, GB_CONFIG_WARNING, options->config_file, 0, "no such file; the built-in defaults hold");
		error = 0;
	} else {
		error = gb_config_load(options->config_file, config, report, arg);
		options->config_file_used |= !error;
	}
	if (!error && options->interface)
		error = gb_config_set(config, "interface", options->interface, report, arg);
	if (!error && options->debug)
		error = gb_config_set(config, "debug", "true", report, arg);
	return error;
}
