/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include "answers.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

void snmp_source_forget(struct snmp_source *source)
{
	gb_snmp_snapshot_destroy(source->snapshot);
	source->snapshot = NULL;
	source->answered_ns = 0;
	source->next_ns = 0;
	source->failures = 0;
}

/* Asks for all that makes a snapshot, in SNMP_SOURCE_ANSWER_MS together. A service that is older than this may not know each
 * question. Returns 0 or negative errno, with a sentence in ERROR.
 */
static int ask_all(const struct snmp_source *source, struct snmp_answers *answers, char *error, size_t size)
{
	const struct {
		const char *command;
		struct json_object **result;
		bool needed;
	} questions[] = {
		{"stats", &answers->stats, true},
		{"igmp", &answers->igmp, false},
		{"events", &answers->events, false},
		{"snmp", &answers->snmp, false},
	};
	uint64_t begin = gb_clock_mono_ns();

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		int left = SNMP_SOURCE_ANSWER_MS - (int)((gb_clock_mono_ns() - begin) / GB_NS_PER_MS);
		int code = source->ask(source->path, questions[i].command, left > 0 ? left : 0, questions[i].result, error,
				       size);

		if (code && (questions[i].needed || code != -EREMOTEIO))
			return code;
	}
	return 0;
}

/* Takes the place of a snapshot while there is none; ERROR says why. What version the service had last is known. */
static struct gb_snmp_snapshot *absent(const struct gb_snmp_snapshot *last, uint64_t now_ns, uint64_t utc_ns, const char *error)
{
	struct gb_snmp_snapshot *s = gb_snmp_snapshot_create(0, 0, 0);

	if (!s)
		return NULL;
	s->absent = true;
	s->taken_ns = now_ns;
	s->report.now_ns = utc_ns;
	s->report.state = GB_REPORT_DOWN;
	s->report.warnings = 1;
	snprintf(s->report.warning[0], sizeof(s->report.warning[0]), "%s", error);
	if (last)
		memcpy(s->version, last->version, sizeof(s->version));
	gb_snmp_snapshot_ready(s);
	return s;
}

static void replace(struct snmp_source *source, struct gb_snmp_snapshot *fresh)
{
	gb_snmp_snapshot_destroy(source->snapshot);
	source->snapshot = fresh;
}

/* A service that is not there costs no time; any other failure may have cost all that there is. */
static void on_failure(struct snmp_source *source, int code, uint64_t now_ns, uint64_t utc_ns, const char *error)
{
	bool gone = code == -ENOENT || code == -ECONNREFUSED;
	bool keep = !gone && source->answered_ns && now_ns - source->answered_ns < SNMP_SOURCE_KEEP_NS;
	uint64_t pause_ns = GB_SNMP_MAX_AGE_NS;

	source->failures = gone ? 0 : source->failures + 1;
	for (unsigned i = 1; i < source->failures && pause_ns < SNMP_SOURCE_PAUSE_MAX_NS; i++)
		pause_ns *= 2;
	source->next_ns = now_ns + pause_ns + (gone ? 0 : SNMP_SOURCE_ANSWER_MS * GB_NS_PER_MS);
	if (!keep) {
		replace(source, absent(source->snapshot, now_ns, utc_ns, error));
		source->answered_ns = 0;
	}
}

/* With thousands of streams an answer takes a while: then it serves for longer. */
static uint64_t pause_after(uint64_t took_ns)
{
	uint64_t pause_ns = SNMP_SOURCE_SHARE * took_ns;

	return pause_ns > GB_SNMP_MAX_AGE_NS ? pause_ns : GB_SNMP_MAX_AGE_NS;
}

struct gb_snmp_snapshot *snmp_source_current(struct snmp_source *source, uint64_t now_ns, uint64_t utc_ns)
{
	struct snmp_answers answers = {0};
	char error[GB_REPORT_WARNING_TEXT];
	uint64_t begin = gb_clock_mono_ns();
	int code;

	if (now_ns < source->next_ns)
		return source->snapshot;
	code = ask_all(source, &answers, error, sizeof(error));
	if (code) {
		on_failure(source, code, now_ns, utc_ns, error);
	} else {
		replace(source, snmp_answers_snapshot(&answers, now_ns, utc_ns));
		source->answered_ns = now_ns;
		source->next_ns = now_ns + pause_after(gb_clock_mono_ns() - begin);
		source->failures = 0;
	}
	json_object_put(answers.stats);
	json_object_put(answers.igmp);
	json_object_put(answers.events);
	json_object_put(answers.snmp);
	return source->snapshot;
}
