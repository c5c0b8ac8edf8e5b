/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl logs: the service's log file, or what systemd keeps of it. */
#include "ctl_process.h"

#include "arguments.h"
#include "exec.h"

#include <inttypes.h>
#include <string.h>

#define LINES_MAX 1000000

/* Becomes a program that prints its end. Returns only on failure. */
static int become(const struct ctl_settings *settings, const char *program, const char **arguments)
{
	return ctl_complain(settings, "cannot run %s: %s", program, strerror(-exec_tool(program, arguments)));
}

static int print_journal(const struct ctl_settings *settings, const char *unit, const char *lines)
{
	const char *arguments[12] = {NULL, "--no-pager", "-n", lines, "-u", unit};
	size_t used = 6;

	if (settings->json) {
		arguments[used++] = "-o";
		arguments[used++] = "json";
	}
	if (settings->value[CTL_OPTION_FOLLOW])
		arguments[used++] = "-f";
	return become(settings, "journalctl", arguments);
}

static int print_file(const struct ctl_settings *settings, const char *lines)
{
	const char *arguments[12] = {NULL, "-s", settings->socket_path, "-l", lines};
	size_t used = 5;

	if (settings->config_given) {
		arguments[used++] = "-c";
		arguments[used++] = settings->config_file;
	}
	if (settings->json)
		arguments[used++] = "-j";
	if (settings->value[CTL_OPTION_FOLLOW])
		arguments[used++] = "-f";
	arguments[used++] = "logs";
	return become(settings, "goose-bridge-monitor", arguments);
}

int ctl_logs(const struct ctl_settings *settings, int count, char **words)
{
	const char *given = settings->value[CTL_OPTION_NUMBER];
	char lines[24] = "20";
	struct ctl_unit unit = {0};
	uint64_t number;

	(void)count;
	(void)words;
	if (given && !arguments_read_number(given, 10, 0, LINES_MAX, &number)) {
		fprintf(stderr, "goose-bridge-ctl: --lines takes a number from 0 to %d\n", LINES_MAX);
		return CTL_USAGE;
	}
	if (given)
		snprintf(lines, sizeof(lines), "%" PRIu64, number);
	if (settings->value[CTL_OPTION_JOURNAL] || !*settings->config.log_file)
		ctl_unit_look(settings, &unit);
	if (*unit.name)
		return print_journal(settings, unit.name, lines);
	if (settings->value[CTL_OPTION_JOURNAL])
		return ctl_complain(settings, "systemd does not look after the service of %s", settings->config_file);
	return print_file(settings, lines);
}
