/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor.h"

#include "config.h"
#include "ctl.h"
#include "monitor_page.h"
#include "put.h"
#include "result.h"
#include "words.h"

#include <errno.h>
#include <getopt.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STATUS_TIMEOUT_MS 10000
#define INTERVAL_S	  1
#define INTERVAL_LEAST	  0.1
#define INTERVAL_MOST	  3600
#define LINES		  20
#define LINES_MOST	  1000000

static void usage(FILE *out)
{
	fputs("usage: goose-bridge-monitor [-s SOCKET] [-j] [monitor] [--interval S] [--plain] [--count N] [--lines N]\n"
	      "       goose-bridge-monitor [-s SOCKET] [-j] status\n"
	      "       goose-bridge-monitor [-s SOCKET | -c FILE] [-j] logs [-f] [--lines N]\n"
	      "\n"
	      "Watches the running goose-bridge service.\n"
	      "\n"
	      "  monitor  a live view of paths, membership, rates, drops and streams, alarms first; on a\n"
	      "           terminal the whole screen (? shows its keys), else a block of lines at each interval\n"
	      "  status   state, warnings, paths, frames and drops, once\n"
	      "  logs     the end of the service's log file\n"
	      "\n"
	      "  -s, --socket SOCKET  control socket (" GB_CLIENT_SOCKET ")\n"
	      "  -j, --json           a line of JSON for each look, or each line of the log\n"
	      "  -i, --interval S     seconds between two questions (1)\n"
	      "  -p, --plain          lines of text, also on a terminal\n"
	      "  -n, --count N        end after N blocks of lines\n"
	      "  -l, --lines N        lines of the log, or streams in a block (20)\n"
	      "  -f, --follow         go on with what is added to the log\n"
	      "  -c, --config FILE    take the log's name from this configuration, and do not ask the service\n"
	      "  -h, --help           this text\n"
	      "  -V, --version        version of this program\n"
	      "\n"
	      "Exit status: 0 done, 1 bad news (service down or degraded, no log), 2 wrong usage.\n",
	      out);
}

/* ---- status, and monitor without a screen --------------------------------------------------------------------------- */

void monitor_json_error(const char *error)
{
	struct json_object *object = json_object_new_object();
	char now[40];

	gb_clock_iso8601(gb_clock_utc_ns(), true, now, sizeof(now));
	put_text(object, "asked_at", now);
	put_text(object, "error", error);
	put_line(stdout, object);
}

static int status(const struct monitor_settings *settings)
{
	struct json_object *result;
	char error[1024];
	int verdict;

	if (gb_client_ask(settings->socket_path, "status", STATUS_TIMEOUT_MS, &result, error, sizeof(error)) != 0) {
		fputs("goose-bridge-monitor: ", stderr);
		words_print_clean(stderr, error, strlen(error));
		fputs("\n", stderr);
		if (settings->json)
			monitor_json_error(error);
		return MONITOR_BAD_NEWS;
	}
	if (settings->json)
		put_line(stdout, json_object_get(result));
	else
		ctl_print(stdout, ctl_render_status, result);
	verdict = result_running(result) ? MONITOR_DONE : MONITOR_BAD_NEWS;
	json_object_put(result);
	return verdict;
}

/* Asks and prints the answer as a line. False if there was none. */
static bool print_json(const struct monitor_settings *settings)
{
	struct json_object *answer;
	char error[512];

	if (monitor_ask(settings->socket_path, &answer, error, sizeof(error)) != 0) {
		monitor_json_error(error);
		return false;
	}
	put_line(stdout, answer);
	return true;
}

/* Asks and prints a block. *MODEL goes on to what was answered. False if there was no answer. */
static bool print_block(const struct monitor_settings *settings, struct monitor_page *page, struct monitor_model **model)
{
	struct monitor_link link = {.interval_s = settings->interval_s};
	struct monitor_model *next = NULL;
	struct json_object *answer;
	char error[512];

	if (monitor_ask(settings->socket_path, &answer, error, sizeof(error)) != 0)
		link.error = error;
	link.utc_ns = gb_clock_utc_ns();
	if (answer)
		next = monitor_model_create(*model, answer, gb_clock_mono_ns(), link.utc_ns);
	json_object_put(answer);
	if (!next && !link.error)
		link.error = "memory is short";
	monitor_page_block(page, next, &link, settings->lines);
	for (size_t i = 0; i < page->lines; i++)
		puts(page->line[i].text);
	if (next) {
		monitor_model_destroy(*model);
		*model = next;
	}
	return next != NULL;
}

int monitor_plain(const struct monitor_settings *settings)
{
	uint64_t next_ns = gb_clock_mono_ns(), interval_ns = (uint64_t)(settings->interval_s * (double)GB_NS_PER_S);
	struct monitor_model *model = NULL;
	struct monitor_page page = {0};
	bool answered = false, written = true;

	for (unsigned n = 1; written; n++) {
		struct timespec until;

		if (n > 1 && !settings->json)
			putchar('\n');
		answered = settings->json ? print_json(settings) : print_block(settings, &page, &model);
		written = fflush(stdout) == 0 && !ferror(stdout);
		if (n == settings->count)
			break;
		next_ns += interval_ns;
		if (next_ns < gb_clock_mono_ns()) /* what was missed is not made up for */
			next_ns = gb_clock_mono_ns();
		until = (struct timespec){.tv_sec = (time_t)(next_ns / GB_NS_PER_S), .tv_nsec = (long)(next_ns % GB_NS_PER_S)};
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
			;
	}
	if (!written)
		fprintf(stderr, "goose-bridge-monitor: writing failed: %s\n", strerror(errno));
	monitor_model_destroy(model);
	monitor_page_free(&page);
	return answered && written ? MONITOR_DONE : MONITOR_BAD_NEWS;
}

static int monitor(const struct monitor_settings *settings)
{
	if (settings->json)
		return monitor_plain(settings);
#ifdef HAVE_NCURSES
	const char *why = NULL;

	if (!settings->plain && settings->count == 0) {
		if (monitor_screen_open(&why))
			return monitor_screen(settings);
		if (why)
			fprintf(stderr, "goose-bridge-monitor: %s\n", why);
	}
#else
	if (!settings->plain && settings->count == 0 && isatty(STDOUT_FILENO))
		fputs("goose-bridge-monitor: built without ncurses, so here is plain text\n", stderr);
#endif
	return monitor_plain(settings);
}

/* ---- arguments ------------------------------------------------------------------------------------------------------ */

static bool take_number(const char *option, const char *text, unsigned least, unsigned long most, unsigned *number)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);

	if (*text < '0' || *text > '9' || *rest || value < least || value > most) {
		fprintf(stderr, "goose-bridge-monitor: %s takes a number from %u to %lu\n", option, least, most);
		return false;
	}
	*number = (unsigned)value;
	return true;
}

static bool take_interval(const char *text, double *interval_s)
{
	char *rest;
	double value = strtod(text, &rest);

	if (rest == text || *rest || !isfinite(value) || value < INTERVAL_LEAST || value > INTERVAL_MOST) {
		fprintf(stderr, "goose-bridge-monitor: --interval takes %g to %d seconds\n", INTERVAL_LEAST, INTERVAL_MOST);
		return false;
	}
	*interval_s = value;
	return true;
}

/* Returns -1, or the exit status if there is nothing more to do. */
static int take_options(int argc, char **argv, struct monitor_settings *settings)
{
	static const struct option options[] = {
		{"socket", required_argument, NULL, 's'},   {"interval", required_argument, NULL, 'i'},
		{"plain", no_argument, NULL, 'p'},	    {"count", required_argument, NULL, 'n'},
		{"lines", required_argument, NULL, 'l'},    {"follow", no_argument, NULL, 'f'},
		{"config", required_argument, NULL, 'c'},   {"help", no_argument, NULL, 'h'},
		{"json", no_argument, NULL, 'j'},	    {"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	bool right = true;
	int option;

	while (right && (option = getopt_long(argc, argv, "s:i:pn:l:fc:jhV", options, NULL)) != -1) {
		switch (option) {
		case 's':
			settings->socket_path = optarg;
			break;
		case 'i':
			right = take_interval(optarg, &settings->interval_s);
			break;
		case 'p':
			settings->plain = true;
			break;
		case 'n':
			right = take_number("--count", optarg, 1, UINT32_MAX, &settings->count);
			break;
		case 'l':
			right = take_number("--lines", optarg, 0, LINES_MOST, &settings->lines);
			break;
		case 'f':
			settings->follow = true;
			break;
		case 'c':
			settings->config_path = optarg;
			break;
		case 'j':
			settings->json = true;
			break;
		case 'h':
			usage(stdout);
			return MONITOR_DONE;
		case 'V':
			puts("goose-bridge-monitor " PACKAGE_VERSION);
			return MONITOR_DONE;
		default:
			usage(stderr);
			return MONITOR_USAGE;
		}
	}
	return right ? -1 : MONITOR_USAGE;
}

int main(int argc, char **argv)
{
	struct monitor_settings settings = {.socket_path = GB_CLIENT_SOCKET, .interval_s = INTERVAL_S, .lines = LINES};
	int verdict = take_options(argc, argv, &settings);
	const char *command = optind < argc ? argv[optind] : "monitor";

	if (verdict >= 0)
		return verdict;
	if (argc - optind > 1) {
		usage(stderr);
		return MONITOR_USAGE;
	}
	if (strcmp(command, "monitor") == 0)
		return monitor(&settings);
	if (strcmp(command, "status") == 0)
		return status(&settings);
	if (strcmp(command, "logs") == 0)
		return monitor_logs(&settings);
	fprintf(stderr, "goose-bridge-monitor: there is no command %s; there is monitor, status, logs\n", command);
	return MONITOR_USAGE;
}
