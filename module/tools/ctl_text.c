/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl.h"

#include "config.h"

#include <goose-bridge/clock.h>
#include <goose-bridge/stats.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLUMNS	      80
#define LINES	      23 /* of 24: the prompt comes after them */
#define HEADLINES     2
#define WARNING_LINES 5 /* that status keeps free: the longest warning, and a line that says how many there are besides */

/* ---- reading the result --------------------------------------------------------------------------------------------- */

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

/* KEY as text; OTHERWISE if it is missing, null or empty. */
static const char *text(struct json_object *object, const char *key, const char *otherwise)
{
	struct json_object *value = get(object, key);
	const char *string = value ? json_object_get_string(value) : NULL;

	return string && *string ? string : otherwise;
}

static uint64_t count(struct json_object *object, const char *key)
{
	return json_object_get_uint64(get(object, key));
}

static bool yes(struct json_object *object, const char *key)
{
	return json_object_get_boolean(get(object, key));
}

static size_t length_of(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* ---- time ----------------------------------------------------------------------------------------------------------- */

/* An ISO 8601 time in UTC as seconds since 1970. False if it is none. */
static bool parse_time(const char *iso, int64_t *seconds)
{
	struct tm tm = {0};

	if (sscanf(iso, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		   &tm.tm_sec) != 6)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*seconds = timegm(&tm);
	return true;
}

/* Without what nobody reads in a list: the fraction and the zone, which is always UTC. */
static const char *short_time(const char *iso, char *out, size_t size)
{
	int64_t seconds;

	if (!parse_time(iso, &seconds))
		return "-";
	snprintf(out, size, "%.10s %.8sZ", iso, iso + 11);
	return out;
}

static const char *ago(const char *iso, uint64_t now_ns, char *out, size_t size)
{
	int64_t then, seconds;

	if (!parse_time(iso, &then))
		return "-";
	seconds = (int64_t)(now_ns / GB_NS_PER_S) - then;
	if (seconds < 0) /* the clock was set back */
		seconds = 0;
	if (seconds < 100)
		snprintf(out, size, "%d s", (int)seconds);
	else if (seconds < 100 * 60)
		snprintf(out, size, "%d min", (int)(seconds / 60));
	else if (seconds < 48 * 3600)
		snprintf(out, size, "%d h", (int)(seconds / 3600));
	else
		snprintf(out, size, "%" PRId64 " d", seconds / 86400);
	return out;
}

static const char *duration(double uptime, char *out, size_t size)
{
	uint64_t s = uptime > 0 && uptime < 1e15 ? (uint64_t)uptime : 0;

	if (s >= 86400)
		snprintf(out, size, "%" PRIu64 " d %02u:%02u:%02u", s / 86400, (unsigned)(s / 3600 % 24),
			 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		snprintf(out, size, "%02u:%02u:%02u", (unsigned)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	return out;
}

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

/* Octets of WORDS that go on a line with WIDTH columns: up to the last space that fits, or all that fits of a long word. */
static size_t fitting(const char *words, size_t width)
{
	size_t length = strlen(words);

	if (length <= width)
		return length;
	for (size_t i = width; i > 0; i--)
		if (words[i] == ' ')
			return i;
	return width;
}

/* WORDS over as many lines as they need, the first behind LABEL, the others indented as far. */
static void add_wrapped(struct screen *screen, const char *label, const char *words)
{
	size_t indent = strlen(label);

	do {
		size_t length = fitting(words, COLUMNS - indent);

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

static const char *state_in_words(const char *state)
{
	if (strcmp(state, "running") == 0)
		return "running";
	if (strcmp(state, "degraded") == 0)
		return "running, but degraded";
	if (strcmp(state, "down") == 0)
		return "down: it carries no frames";
	return state;
}

static void add_path(struct screen *screen, struct json_object *path)
{
	char since[40], words[400];

	snprintf(words, sizeof(words), "%s (%s) <-> %s:%" PRIu64 " on %s (%s), address %s", text(path, "interface", "-"),
		 yes(path, "goose0_up") ? "up" : "DOWN", text(path, "group", "-"), count(path, "port"),
		 text(path, "network_interface", "no interface"), yes(path, "network_up") ? "up" : "DOWN",
		 text(path, "local_address", "none"));
	add_wrapped(screen, "Path      ", words);
	snprintf(words, sizeof(words), "%s format, %s engine, path MTU %s, %s of the group, unchanged since %s",
		 text(path, "wire_format", "unknown"), text(path, "engine", "unknown"), text(path, "path_mtu", "unknown"),
		 yes(path, "member") ? "member" : "NOT a member",
		 short_time(text(path, "since", ""), since, sizeof(since)));
	add_wrapped(screen, "          ", words);
	if (*text(path, "detail", ""))
		add_wrapped(screen, "          ", text(path, "detail", ""));
}

/* In one line what tells whether datagrams of the group get here. */
static void add_membership(struct screen *screen, struct json_object *m, uint64_t now_ns)
{
	const char *querier = text(m, "querier_state", "unknown");
	char heard[40], words[300];

	if (!m)
		return;
	if (strcmp(querier, "never_seen") == 0)
		snprintf(words, sizeof(words), "%s, no querier seen, %" PRIu64 " reports sent", text(m, "state", "unknown"),
			 count(m, "reports_sent"));
	else
		snprintf(words, sizeof(words), "%s, querier %s %s (last query %s ago), %" PRIu64 " reports sent",
			 text(m, "state", "unknown"), text(m, "querier", "-"), querier,
			 ago(text(m, "last_query", ""), now_ns, heard, sizeof(heard)), count(m, "reports_sent"));
	add_wrapped(screen, "Group     ", words);
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
	struct json_object *latest = get(result, "latest_peer");
	char heard[40];

	if (!latest) {
		add(screen, "Peers     none heard yet");
		return;
	}
	add(screen, "Peers     %" PRIu64 " heard, the latest %s (%s) %s ago", count(result, "peer_count"),
	    text(latest, "address", "-"), text(latest, "wire_format", "unknown"),
	    ago(text(latest, "last_seen", ""), now_ns, heard, sizeof(heard)));
}

/* All but headline and warnings. */
static void fill_body(struct screen *screen, struct json_object *result, uint64_t now_ns)
{
	struct json_object *statistics = get(result, "statistics"), *paths = get(result, "paths");

	for (size_t i = 0; i < length_of(paths); i++)
		add_path(screen, json_object_array_get_idx(paths, i));
	add_membership(screen, get(result, "membership"), now_ns);
	add(screen, "Frames    %" PRIu64 " GOOSE from goose0, in %" PRIu64 " datagrams to the network",
	    count(statistics, "goose_received") + count(statistics, "vlan_goose_received"),
	    count(statistics, "goose_to_ip"));
	add(screen, "          %" PRIu64 " GOOSE from the network to goose0", count(statistics, "ip_to_goose"));
	add(screen, "Errors    %" PRIu64, count(statistics, "errors"));
	add_peers(screen, result, now_ns);
	add_drops(screen, get(result, "drops"));
}

static void add_warning(struct screen *screen, const char *warning)
{
	add_wrapped(screen, "Warning   ", warning);
}

/* The warnings that fit as a whole; then how many do not. */
static void fill_warnings(struct screen *screen, struct json_object *warnings)
{
	size_t total = length_of(warnings);

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
	struct json_object *uptime = get(get(result, "statistics"), "uptime");
	struct screen body = {.limit = LINES - HEADLINES - WARNING_LINES};
	struct screen warnings = {0};
	char up[40];

	fill_body(&body, result, now_ns);
	warnings.limit = LINES - HEADLINES - body.lines;
	fill_warnings(&warnings, get(result, "warnings"));
	fprintf(out, "goose-bridge %.20s is %.40s\nUp        %s\n", text(result, "version", ""),
		state_in_words(text(result, "state", "in an unknown state")),
		duration(json_object_get_double(uptime), up, sizeof(up)));
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
	struct json_object *statistics = get(result, "statistics"), *health = get(result, "health");
	char up[40];

	(void)now_ns;
	fprintf(out, "Up %s; last export interval: %s frames/s from goose0, %s datagrams/s to the network\n",
		duration(json_object_get_double(get(statistics, "uptime")), up, sizeof(up)),
		text(statistics, "throughput_goose_per_sec", "0"), text(statistics, "throughput_multicast_per_sec", "0"));
	fprintf(out, "Errors: rate %s, %" PRIu64 " in a row\n\n", text(health, "error_rate", "0"),
		count(health, "consecutive_errors"));
	print_counters(out, "Counters", get(result, "counters"), counter_help);
	print_counters(out, "\nDropped", get(result, "drops"), drop_help);
}

void ctl_render_peers(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *peers = get(result, "peers");

	if (length_of(peers) == 0) {
		fputs("No other bridge was heard yet.\n", out);
		return;
	}
	fprintf(out, "%-15s %-16s %-6s %10s %6s %5s %6s %s\n", "ADDRESS", "SENDER ID", "FORMAT", "FRAMES", "LOST", "TWICE",
		"HEARD", "VERSION");
	for (size_t i = 0; i < length_of(peers); i++) {
		struct json_object *peer = json_object_array_get_idx(peers, i);
		char heard[40];

		fprintf(out, "%-15s %-16s %-6s %10" PRIu64 " %6" PRIu64 " %5" PRIu64 " %6s %s\n",
			text(peer, "address", "-"), text(peer, "sender_id", "-"), text(peer, "wire_format", "-"),
			count(peer, "frames"), count(peer, "lost"), count(peer, "duplicates"),
			ago(text(peer, "last_seen", ""), now_ns, heard, sizeof(heard)), text(peer, "version", "-"));
	}
	fputs("HEARD: how long ago the last datagram came. More: goose-bridge-ctl -j peers\n", out);
}

void ctl_render_events(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *events = get(result, "events");

	(void)now_ns;
	if (length_of(events) == 0)
		fputs("Nothing has happened yet.\n", out);
	for (size_t i = 0; i < length_of(events); i++) {
		struct json_object *event = json_object_array_get_idx(events, i);
		char time[40];

		fprintf(out, "%s  %s\n", short_time(text(event, "time", ""), time, sizeof(time)),
			text(event, "text", text(event, "kind", "?")));
	}
}

static void print_interface_groups(FILE *out, struct json_object *groups)
{
	for (size_t i = 0; i < length_of(groups); i++) {
		struct json_object *group = json_object_array_get_idx(groups, i);

		if (i == 0)
			fputs("\nHeld by the interface itself, whether or not a service runs; what takes it away:\n", out);
		fprintf(out, "  %-15s on %-15s ip addr del %s/32 dev %s\n", text(group, "group", "-"),
			text(group, "interface", "-"), text(group, "group", "-"), text(group, "interface", "-"));
	}
}

void ctl_render_igmp(FILE *out, struct json_object *result, uint64_t now_ns)
{
	struct json_object *m = get(result, "membership"), *querier = get(result, "querier");
	char when[40];

	fprintf(out, "State      %s%s, group %s on %s\n", text(m, "state", "unknown"), yes(result, "left") ? " (left on purpose)" : "",
		text(m, "group", "-"), text(m, "interface", "no interface"));
	fprintf(out, "Querier    %s", text(m, "querier_state", "unknown"));
	if (*text(m, "querier", ""))
		fprintf(out, ": %s, IGMP version %s, every %s s, last %s ago, %" PRIu64 " queries", text(m, "querier", ""),
			text(querier, "version", "-"), text(querier, "interval_s", "-"),
			ago(text(m, "last_query", ""), now_ns, when, sizeof(when)), count(m, "queries_received"));
	fprintf(out, "\nReports    %" PRIu64 " sent, the last %s ago, %" PRIu64 " of them by the keepalive\n",
		count(m, "reports_sent"), ago(text(m, "last_report", ""), now_ns, when, sizeof(when)),
		count(m, "keepalive_count"));
	fprintf(out, "           %" PRIu64 " heard from other members\n", count(result, "other_reports"));
	fprintf(out, "Checks     %" PRIu64 ", %" PRIu64 " found no membership in the kernel, %" PRIu64 " in the registry\n",
		count(m, "monitor_checks"), count(m, "local_missing_count"), count(m, "tgw_missing_count"));
	fprintf(out, "Anew       joined anew %" PRIu64 " times", count(m, "reregister_count"));
	if (*text(m, "last_reregister", ""))
		fprintf(out, ", last %s ago: %s", ago(text(m, "last_reregister", ""), now_ns, when, sizeof(when)),
			text(m, "last_reregister_reason", "-"));
	fputs("\n", out);
	print_interface_groups(out, get(result, "interface_groups"));
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
	fprintf(out, "goose-bridge-ctl " PACKAGE_VERSION "\nservice          %s\n", text(result, "version", "unknown"));
}

void ctl_render_reload(FILE *out, struct json_object *result, uint64_t now_ns)
{
	(void)now_ns;
	fprintf(out, "The configuration was read again: %s.\n", text(result, "detail", ""));
}
