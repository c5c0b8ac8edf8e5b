/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include "config.h"
#include "result.h"
#include "words.h"

#include <goose-bridge/clock.h>
#include <goose-bridge/stats.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS	      80
#define LINES	      23 /* of 24: the prompt comes after them */
#define HEADLINES     2
#define WARNING_LINES 5 /* that status keeps free: the longest warning, and a line that says how many there are besides */

/* ---- a screen ------------------------------------------------------------------------------------------------------- */

struct screen {
	unsigned lines;
	unsigned limit; /* at most LINES; for further lines "..." stands at the end of the last */
	char line[LINES][COLUMNS + 1];
};

static void add(struct screen *screen, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct screen *screen, const char *format, ...)
{
	va_list arguments;

	if (screen->lines >= screen->limit) {
		char *last = screen->line[screen->limit - 1];

		strcpy(last + strnlen(last, COLUMNS - 3), "...");
		return;
	}
	va_start(arguments, format);
	vsnprintf(screen->line[screen->lines++], COLUMNS + 1, format, arguments);
	va_end(arguments);
}

/* WORDS over as many lines as they need, the first behind LABEL, the others indented as far. */
static void add_wrapped(struct screen *screen, const char *label, const char *words)
{
	size_t indent = strlen(label);

	do {
		size_t length = words_fitting(words, COLUMNS - indent);

		add(screen, "%-*s%.*s", (int)indent, label, (int)length, words);
		words += length;
		while (*words == ' ')
			words++;
		label = "";
	} while (*words);
}

static void print_screen(FILE *out, const struct screen *screen)
{
	for (unsigned i = 0; i < screen->lines; i++)
		fprintf(out, "%s\n", screen->line[i]);
}

/* ---- status --------------------------------------------------------------------------------------------------------- */

/* ALONE: there is no other, and so room for more of it. */
static void add_path(struct screen *screen, struct json_object *path, bool alone)
{
	char words[WORDS_MAX];

	add_wrapped(screen, "Path      ", words_path_ends(path, words, sizeof(words)));
	if (alone)
		add_wrapped(screen, "          ", words_path_kind(path, words, sizeof(words)));
	else if (!result_yes(path, "member"))
		add(screen, "          NOT a member of the group");
	if (*result_text(path, "detail", ""))
		add_wrapped(screen, "          ", result_text(path, "detail", ""));
}

/* In one line what tells whether datagrams of the group get here. */
static void add_membership(struct screen *screen, struct json_object *membership, uint64_t now_ns)
{
	char words[WORDS_MAX];

	if (membership)
		add_wrapped(screen, "Group     ", words_membership(membership, now_ns, words, sizeof(words)));
}

static void add_drops(struct screen *screen, struct json_object *drops)
{
	char *words = NULL;
	size_t length = 0, shown = 0;
	FILE *memory = open_memstream(&words, &length);

	if (!memory)
		return;
	if (json_object_is_type(drops, json_type_object)) {
		json_object_object_foreach(drops, reason, value) {
			if (json_object_get_uint64(value) > 0)
				fprintf(memory, "%s%s %" PRIu64, shown++ ? ", " : "", reason, json_object_get_uint64(value));
		}
	}
	if (!shown)
		fputs("nothing", memory);
	if (fclose(memory) == 0)
		add_wrapped(screen, "Dropped   ", words);
	free(words);
}

static void add_peers(struct screen *screen, struct json_object *result, uint64_t now_ns)
{
	struct json_object *latest = result_get(result, "latest_peer");
	char heard[40];

	if (!latest) {
		add(screen, "Peers     none heard yet");
		return;
	}
	add(screen, "Peers     %" PRIu64 " heard, the latest %s (%s) %s ago", result_count(result, "peer_count"),
	    result_text(latest, "address", "-"), result_text(latest, "wire_format", "unknown"),
	    words_ago(result_text(latest, "last_seen", ""), now_ns, heard, sizeof(heard)));
}

/* All but headline and warnings. */
static void fill_body(struct screen *screen, struct json_object *result, uint64_t now_ns)
{
	struct json_object *statistics = result_get(result, "statistics"), *paths = result_get(result, "paths");

	bool alone = result_length(paths) < 2;

	for (size_t i = 0; i < result_length(paths); i++) {
		struct json_object *path = json_object_array_get_idx(paths, i);

		add_path(screen, path, alone);
		if (!alone)
			add_membership(screen, result_get(path, "membership"), now_ns);
	}
	if (alone)
		add_membership(screen, result_get(result, "membership"), now_ns);
	add(screen, "Frames    %" PRIu64 " GOOSE from goose0, in %" PRIu64 " datagrams to the network",
	    result_count(statistics, "goose_received") + result_count(statistics, "vlan_goose_received"),
	    result_count(statistics, "goose_to_ip"));
	add(screen, "          %" PRIu64 " GOOSE from the network to goose0", result_count(statistics, "ip_to_goose"));
	add(screen, "Errors    %" PRIu64, result_count(statistics, "errors"));
	add_peers(screen, result, now_ns);
	add_drops(screen, result_get(result, "drops"));
}

static void add_warning(struct screen *screen, const char *warning)
{
	add_wrapped(screen, "Warning   ", warning);
}

/* The warnings that fit as a whole; then how many do not. */
static void fill_warnings(struct screen *screen, struct json_object *warnings)
{
	size_t total = result_length(warnings);

	for (size_t i = 0; i < total; i++) {
		const char *warning = json_object_get_string(json_object_array_get_idx(warnings, i));
		struct screen trial = {.limit = LINES};
		bool last = i + 1 == total;

		add_warning(&trial, warning ? warning : "");
		if (trial.lines + (last ? 0 : 1) > screen->limit - screen->lines) {
			add(screen, "Warning   and %zu more: goose-bridge-ctl -j status", total - i);
			return;
		}
		add_warning(screen, warning ? warning : "");
	}
}

void ctl_render_status(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *uptime = result_get(result_get(result, "statistics"), "uptime");
	struct screen body = {.limit = LINES - HEADLINES - WARNING_LINES};
	struct screen warnings = {0};
	char up[40];

	fill_body(&body, result, now_ns);
	warnings.limit = LINES - HEADLINES - body.lines;
	fill_warnings(&warnings, result_get(result, "warnings"));
	fprintf(out, "goose-bridge %.20s is %.40s\nUp        %s\n", result_text(result, "version", ""),
		words_state(result_text(result, "state", "in an unknown state")),
		words_duration(json_object_get_double(uptime), up, sizeof(up)));
	print_screen(out, &warnings);
	print_screen(out, &body);
}

/* ---- the other commands --------------------------------------------------------------------------------------------- */

static const char *counter_help(const char *name)
{
	for (unsigned i = 0; i < GB_COUNTER_COUNT; i++)
		if (strcmp(gb_counter_name((enum gb_counter)i), name) == 0)
			return gb_counter_help((enum gb_counter)i);
	return "";
}

static const char *drop_help(const char *name)
{
	for (unsigned i = 0; i < GB_DROP_REASON_COUNT; i++)
		if (strcmp(gb_drop_reason_name((enum gb_drop_reason)i), name) == 0)
			return gb_drop_reason_help((enum gb_drop_reason)i);
	return "";
}

static void print_counters(FILE *out, const char *title, struct json_object *counters,
			   const char *(*help)(const char *name))
{
	if (!json_object_is_type(counters, json_type_object))
		return;
	fprintf(out, "%s\n", title);
	json_object_object_foreach(counters, name, value) {
		fprintf(out, "  %-22s %16" PRIu64 "  %s\n", name, json_object_get_uint64(value), help(name));
	}
}

void ctl_render_stats(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *statistics = result_get(result, "statistics"), *health = result_get(result, "health");
	char up[40];

	(void)now_ns;
	fprintf(out, "Up %s; last export interval: %s frames/s from goose0, %s datagrams/s to the network\n",
		words_duration(json_object_get_double(result_get(statistics, "uptime")), up, sizeof(up)),
		result_text(statistics, "throughput_goose_per_sec", "0"),
		result_text(statistics, "throughput_multicast_per_sec", "0"));
	fprintf(out, "Errors: rate %s, %" PRIu64 " in a row\n\n", result_text(health, "error_rate", "0"),
		result_count(health, "consecutive_errors"));
	print_counters(out, "Counters", result_get(result, "counters"), counter_help);
	print_counters(out, "\nDropped", result_get(result, "drops"), drop_help);
}

void ctl_render_peers(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *peers = result_get(result, "peers");

	if (result_length(peers) == 0) {
		fputs("No other bridge was heard yet.\n", out);
		return;
	}
	fprintf(out, "%-15s %-16s %-6s %10s %6s %5s %6s %s\n", "ADDRESS", "SENDER ID", "FORMAT", "FRAMES", "LOST", "TWICE",
		"HEARD", "VERSION");
	for (size_t i = 0; i < result_length(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i);
		char heard[40];

		fprintf(out, "%-15s %-16s %-6s %10" PRIu64 " %6" PRIu64 " %5" PRIu64 " %6s %s\n",
			result_text(peer, "address", "-"), result_text(peer, "sender_id", "-"),
			result_text(peer, "wire_format", "-"),
			result_count(peer, "frames"), result_count(peer, "lost"), result_count(peer, "duplicates"),
			words_ago(result_text(peer, "last_seen", ""), now_ns, heard, sizeof(heard)),
			result_text(peer, "version", "-"));
	}
	fputs("HEARD: how long ago the last datagram came. More: goose-bridge-ctl -j peers\n", out);
}

void ctl_render_events(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *events = result_get(result, "events");

	(void)now_ns;
	if (result_length(events) == 0)
		fputs("Nothing has happened yet.\n", out);
	for (size_t i = 0; i < result_length(events); i++) {
		struct json_object *event = json_object_array_get_idx(events, i);
		char time[40];

		fprintf(out, "%s  %s\n", words_short_time(result_text(event, "time", ""), time, sizeof(time)),
			result_text(event, "text", result_text(event, "kind", "?")));
	}
}

static void print_interface_groups(FILE *out, struct json_object *groups)
{
	for (size_t i = 0; i < result_length(groups); i++) {
		struct json_object *group = json_object_array_get_idx(groups, i);

		if (i == 0)
			fputs("\nHeld by the interface itself, whether or not a service runs; what takes it away:\n", out);
		fprintf(out, "  %-15s on %-15s ip addr del %s/32 dev %s\n", result_text(group, "group", "-"),
			result_text(group, "interface", "-"),
			result_text(group, "group", "-"), result_text(group, "interface", "-"));
	}
}

static void print_tgw(FILE *out, struct json_object *m, uint64_t now_ns)
{
	char when[40];

	if (!*result_text(m, "tgw_domain_id", ""))
		return;
	fprintf(out, "AWS        %s in %s", result_text(m, "tgw_state", "unknown"), result_text(m, "tgw_domain_id", ""));
	if (*result_text(m, "tgw_last_answer", ""))
		fprintf(out, ", last answer %s ago",
			words_ago(result_text(m, "tgw_last_answer", ""), now_ns, when, sizeof(when)));
	if (*result_text(m, "tgw_detail", ""))
		fprintf(out, "\n           %s", result_text(m, "tgw_detail", ""));
	fputs("\n", out);
}

/* OF: the answer of a service with one path, or what it says of one of several. */
static void print_igmp_path(FILE *out, struct json_object *of, uint64_t now_ns)
{
	struct json_object *m = result_get(of, "membership"), *querier = result_get(of, "querier");
	const char *state = result_text(m, "querier_state", "unknown");
	char when[40];

	fprintf(out, "State      %s%s, group %s on %s\n", result_text(m, "state", "unknown"),
		result_yes(of, "left") ? " (left on purpose)" : "", result_text(m, "group", "-"),
		result_text(m, "interface", "no interface"));
	fprintf(out, "Querier    %s", strcmp(state, "never_seen") == 0 ? "none was heard yet" : state);
	if (*result_text(m, "querier", ""))
		fprintf(out, ": %s, IGMP version %s, every %s s, last %s ago, %" PRIu64 " queries",
			result_text(m, "querier", ""), result_text(querier, "version", "-"),
			result_text(querier, "interval_s", "-"),
			words_ago(result_text(m, "last_query", ""), now_ns, when, sizeof(when)),
			result_count(m, "queries_received"));
	fprintf(out, "\nReports    %" PRIu64 " sent, the last %s ago, %" PRIu64 " of them by the keepalive\n",
		result_count(m, "reports_sent"), words_ago(result_text(m, "last_report", ""), now_ns, when, sizeof(when)),
		result_count(m, "keepalive_count"));
	fprintf(out, "           %" PRIu64 " heard from other members\n", result_count(of, "other_reports"));
	fprintf(out, "Checks     %" PRIu64 ", %" PRIu64 " found no membership in the kernel, %" PRIu64 " in the registry\n",
		result_count(m, "monitor_checks"), result_count(m, "local_missing_count"),
		result_count(m, "tgw_missing_count"));
	print_tgw(out, m, now_ns);
	fprintf(out, "Anew       joined anew %" PRIu64 " times", result_count(m, "reregister_count"));
	if (*result_text(m, "last_reregister", ""))
		fprintf(out, ", last %s ago: %s", words_ago(result_text(m, "last_reregister", ""), now_ns, when, sizeof(when)),
			result_text(m, "last_reregister_reason", "-"));
	fputs("\n", out);
}

void ctl_render_igmp(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *paths = result_get(result, "paths");
	size_t count = result_length(paths);

	if (count < 2)
		print_igmp_path(out, result, now_ns);
	for (size_t i = 0; count > 1 && i < count; i++) {
		struct json_object *path = json_object_array_get_idx(paths, i);

		fprintf(out, "%sPath       %s\n", i ? "\n" : "", result_text(path, "interface", "-"));
		print_igmp_path(out, path, now_ns);
	}
	print_interface_groups(out, result_get(result, "interface_groups"));
}

void ctl_render_igmp_leave(FILE *out, struct json_object *result, uint64_t now_ns)
{
	(void)result;
	(void)now_ns;
	fputs("The group was left. goose-bridge-ctl reload, or a restart, joins it again.\n", out);
}

void ctl_render_version(FILE *out, struct json_object *result, uint64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "goose-bridge-ctl " PACKAGE_VERSION "\nservice          %s\n", result_text(result, "version", "unknown"));
}

void ctl_render_reload(FILE *out, struct json_object *result, uint64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "The configuration was read again: %s.\n", result_text(result, "detail", ""));
}

struct rendering {
	ctl_render *render;
	struct json_object *result;
};

static void write_rendering(FILE *page, const void *what)
{
	const struct rendering *rendering = what;

	rendering->render(page, rendering->result, gb_clock_utc_ns());
}

void ctl_print(FILE *out, ctl_render *render, struct json_object *result)
{
	struct rendering rendering = {render, result};

	words_print_page(out, write_rendering, &rendering);
}
