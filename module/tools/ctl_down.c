/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl status of a service that does not answer: what systemd, the process table and stats.json know. */
#include "ctl_process.h"

#include "put.h"
#include "result.h"
#include "words.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS 80
#define LABEL	10

struct down {
	const char *error; /* of the control socket */
	struct ctl_unit unit;
	pid_t pid;
	struct json_object *last; /* stats.json; NULL = it is not there, or may not be read */
	char left_out[400];	  /* what could not be looked at; "" */
	char to_do[700];
};

static void read_last(const struct ctl_settings *settings, struct down *down)
{
	const char *file = settings->config.stats_file;

	down->last = access(file, R_OK) == 0 ? json_object_from_file(file) : NULL;
	if (down->last)
		return;
	if (*settings->config_problem)
		snprintf(down->left_out, sizeof(down->left_out), "%s", settings->config_problem);
	else
		snprintf(down->left_out, sizeof(down->left_out), "what it did last: %s %s", file,
			 errno == ENOENT ? "is not there" : "cannot be read");
}

/* One step after the other. */
static void advise(const struct ctl_settings *settings, struct down *down)
{
	const char *which = settings->config_given ? " -c " : "";
	const char *file = settings->config_given ? settings->config_file : "";

	if (down->pid != 0)
		snprintf(down->to_do, sizeof(down->to_do),
			 "see whether it is stopped (SIGSTOP) or the host overloaded; `goose-bridge-ctl%s%s restart` "
			 "(root) starts it anew, and goose0 stays",
			 which, file);
	else if (*settings->config_problem)
		snprintf(down->to_do, sizeof(down->to_do), "mend the configuration: %s", settings->config_problem);
	else if (strcmp(down->unit.active, "failed") == 0)
		snprintf(down->to_do, sizeof(down->to_do),
			 "`goose-bridge-ctl%s%s logs` or `logs --journal` shows why it ended; then `goose-bridge-ctl%s%s "
			 "start` (root)",
			 which, file, which, file);
	else
		snprintf(down->to_do, sizeof(down->to_do),
			 "`goose-bridge-ctl%s%s start` (root); if it ended by itself, `goose-bridge-ctl%s%s logs` shows why",
			 which, file, which, file);
}

static void print_wrapped(FILE *out, const char *label, const char *words)
{
	do {
		size_t length = words_fitting(words, COLUMNS - LABEL);

		fprintf(out, "%-*s%.*s\n", LABEL, label, (int)length, words);
		words += length;
		while (*words == ' ')
			words++;
		label = "";
	} while (*words);
}

static void print_unit(FILE *out, const struct ctl_unit *unit)
{
	char text[900];

	if (!unit->loaded)
		return;
	snprintf(text, sizeof(text), "%s is %s (%s)%s%s, restarted %u times%s%s", unit->name, unit->active, unit->sub,
		 strcmp(unit->result, "success") != 0 && *unit->result ? ", it ended with " : "",
		 strcmp(unit->result, "success") != 0 ? unit->result : "", unit->restarts, *unit->status ? ": " : "",
		 unit->status);
	print_wrapped(out, "systemd", text);
}

static void print_last(FILE *out, struct json_object *last)
{
	struct json_object *statistics = result_get(last, "statistics");
	char text[300], ago[40];

	if (!last)
		return;
	snprintf(text, sizeof(text), "%s ago: %" PRIu64 " GOOSE from goose0, %" PRIu64 " to goose0, %" PRIu64 " errors",
		 words_ago(result_text(last, "timestamp", ""), gb_clock_utc_ns(), ago, sizeof(ago)),
		 result_count(statistics, "goose_received") + result_count(statistics, "vlan_goose_received"),
		 result_count(statistics, "ip_to_goose"), result_count(statistics, "errors"));
	print_wrapped(out, "Last", text);
}

static void write_text(FILE *page, const void *what)
{
	const struct down *down = what;

	if (down->pid != 0)
		fprintf(page, "goose-bridge runs as process %ld, but does not answer\n", (long)down->pid);
	else
		fputs("goose-bridge does not run: no frames pass\n", page);
	print_wrapped(page, "Why", down->error);
	print_wrapped(page, "To do", down->to_do);
	print_unit(page, &down->unit);
	print_last(page, down->last);
	if (*down->left_out)
		print_wrapped(page, "Left out", down->left_out);
}

static struct json_object *unit_json(const struct ctl_unit *unit)
{
	struct json_object *object = unit->loaded ? json_object_new_object() : NULL;

	if (!object)
		return NULL;
	put_text(object, "unit", unit->name);
	put_text(object, "active_state", unit->active);
	put_text(object, "sub_state", unit->sub);
	put_text(object, "result", unit->result);
	put_text(object, "status_text", unit->status);
	put_count(object, "restarts", unit->restarts);
	return object;
}

static void print_json(const struct down *down)
{
	struct json_object *object = json_object_new_object(), *left_out = json_object_new_array();

	put_text(object, "state", down->pid != 0 ? "unknown" : "down");
	put_text(object, "error", down->error);
	put_text(object, "to_do", down->to_do);
	put_value(object, "pid", down->pid != 0 ? json_object_new_int((int)down->pid) : NULL);
	put_value(object, "systemd", unit_json(&down->unit));
	put_value(object, "last", json_object_get(down->last));
	if (*down->left_out)
		json_object_array_add(left_out, json_object_new_string(down->left_out));
	put_value(object, "left_out", left_out);
	put_line(stdout, object);
}

int ctl_status_down(const struct ctl_settings *settings, const char *error)
{
	struct down down = {.error = error};

	ctl_unit_look(settings, &down.unit);
	down.pid = ctl_process_find(settings);
	read_last(settings, &down);
	advise(settings, &down);
	if (settings->json)
		print_json(&down);
	else
		words_print_page(stdout, write_text, &down);
	json_object_put(down.last);
	return CTL_BAD_NEWS;
}
