/* SPDX-License-Identifier: Apache-2.0 */
#include "words.h"

#include "result.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool words_parse_time(const char *iso, int64_t *seconds)
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

const char *words_short_time(const char *iso, char *out, size_t size)
{
	int64_t seconds;

	if (!words_parse_time(iso, &seconds))
		return "-";
	snprintf(out, size, "%.10s %.8sZ", iso, iso + 11);
	return out;
}

const char *words_ago(const char *iso, uint64_t now_ns, char *out, size_t size)
{
	int64_t then, seconds;

	if (!words_parse_time(iso, &then))
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

const char *words_duration(double uptime, char *out, size_t size)
{
	uint64_t s = uptime > 0 && uptime < 1e15 ? (uint64_t)uptime : 0;

	if (s >= 86400)
		snprintf(out, size, "%" PRIu64 " d %02u:%02u:%02u", s / 86400, (unsigned)(s / 3600 % 24),
			 (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		snprintf(out, size, "%02u:%02u:%02u", (unsigned)(s / 3600), (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	return out;
}

const char *words_state(const char *state)
{
	if (strcmp(state, "running") == 0)
		return "running";
	if (strcmp(state, "degraded") == 0)
		return "running, but degraded";
	if (strcmp(state, "down") == 0)
		return "down: it carries no frames";
	return state;
}

const char *words_path_ends(struct json_object *path, char *out, size_t size)
{
	snprintf(out, size, "%s (%s) <-> %s:%" PRIu64 " on %s (%s), address %s", result_text(path, "interface", "-"),
		 result_yes(path, "goose0_up") ? "up" : "DOWN", result_text(path, "group", "-"),
		 result_count(path, "port"), result_text(path, "network_interface", "no interface"),
		 result_yes(path, "network_up") ? "up" : "DOWN", result_text(path, "local_address", "none"));
	return out;
}

const char *words_path_kind(struct json_object *path, char *out, size_t size)
{
	uint64_t priority = result_count(path, "realtime_priority");
	char since[40], scheduled[48] = "";

	if (priority)
		snprintf(scheduled, sizeof(scheduled), " (realtime priority %" PRIu64 ")", priority);
	snprintf(out, size, "%s format, %s engine%s, path MTU %s, %s of the group, unchanged since %s",
		 result_text(path, "wire_format", "unknown"), result_text(path, "engine", "unknown"), scheduled,
		 result_text(path, "path_mtu", "unknown"), result_yes(path, "member") ? "member" : "NOT a member",
		 words_short_time(result_text(path, "since", ""), since, sizeof(since)));
	return out;
}

const char *words_membership(struct json_object *membership, uint64_t now_ns, char *out, size_t size)
{
	const char *querier = result_text(membership, "querier_state", "unknown");
	const char *state = result_text(membership, "state", "unknown");
	bool asked = *result_text(membership, "tgw_domain_id", "");
	const char *tgw = asked ? result_text(membership, "tgw_state", "unknown") : "";
	char heard[40];

	if (strcmp(querier, "never_seen") == 0)
		snprintf(out, size, "%s, no querier seen, %" PRIu64 " reports sent%s%s", state,
			 result_count(membership, "reports_sent"), asked ? ", AWS: " : "", tgw);
	else
		snprintf(out, size, "%s, querier %s %s (last query %s ago), %" PRIu64 " reports sent%s%s", state,
			 result_text(membership, "querier", "-"), querier,
			 words_ago(result_text(membership, "last_query", ""), now_ns, heard, sizeof(heard)),
			 result_count(membership, "reports_sent"), asked ? ", AWS: " : "", tgw);
	return out;
}

void words_print_clean(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		/* U+0080 to U+009F are controls, too: in UTF-8 C2 80 to C2 9F */
		bool control = (c < ' ' && c != '\n') || c == 0x7F ||
			       (c == 0xC2 && i + 1 < length && (unsigned char)text[i + 1] < 0xA0);

		putc(control ? '?' : c, out);
		if (control && c == 0xC2)
			i++;
	}
}

void words_print_page(FILE *out, void (*write)(FILE *page, const void *what), const void *what)
{
	char *text = NULL;
	size_t length = 0;
	FILE *page = open_memstream(&text, &length);

	if (!page)
		return;
	write(page, what);
	if (fclose(page) == 0)
		words_print_clean(out, text, length);
	free(text);
}

void words_complain(const char *program, const char *format, va_list arguments)
{
	char sentence[1200];

	vsnprintf(sentence, sizeof(sentence), format, arguments);
	fprintf(stderr, "%s: ", program);
	words_print_clean(stderr, sentence, strlen(sentence));
	putc('\n', stderr);
}

size_t words_fitting(const char *words, size_t width)
{
	size_t length = strlen(words);

	if (length <= width)
		return length;
	for (size_t i = width; i > 0; i--)
		if (words[i] == ' ')
			return i;
	return width;
}
