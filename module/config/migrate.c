/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/migrate.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "migrate_keys.h"
#include "reader.h"
#include "table.h"
#include "types.h"

/* One file on its way. */
struct job {
	const char *name;
	const char *text;
	size_t length;
	struct gb_config config; /* what the new file means */
	bool given[GB_CONFIG_KEYS_MAX]; /* row I of the table has a line in the file */
	unsigned python; /* lines with a key of the Python service */
	bool dual_keys;
	bool dual_said; /* enable_dual_path is there ... */
	bool dual_on;	/* ... and true */
	gb_migrate_tell *tell;
	gb_config_report *report;
	void *arg;
};

static bool is_called(struct gb_config_span key, const char *name)
{
	return key.length == strlen(name) && strncasecmp(key.at, name, key.length) == 0;
}

static const struct gb_config_entry *entry_of(struct gb_config_span key)
{
	for (size_t i = 0; i < gb_config_table_length; i++)
		if (is_called(key, gb_config_table[i].name))
			return &gb_config_table[i];
	return NULL;
}

static const struct migrate_key *python_key_of(struct gb_config_span key)
{
	for (size_t i = 0; i < migrate_keys_length; i++)
		if (is_called(key, migrate_keys[i].name))
			return &migrate_keys[i];
	return NULL;
}

static void copy_span(char buffer[GB_CONFIG_LINE_MAX + 1], struct gb_config_span span)
{
	memcpy(buffer, span.at, span.length);
	buffer[span.length] = '\0';
}

static bool is_given(const struct job *job, const char *name)
{
	const struct gb_config_entry *entry = gb_config_table_find(name);

	return entry && job->given[gb_config_table_index(entry)];
}

/* Whether VALUE is a number that is out of KEY's range here, and then the nearest in it as BOUND. A port that does not exist is
 * no large or small one but a mistake, and so is whatever is no number: that is for the table to say.
 */
static bool bound(struct gb_config_span key, const char *value, char bound[24])
{
	const struct gb_config_entry *entry = python_key_of(key) ? entry_of(key) : NULL;
	size_t digits = strspn(value, "0123456789");
	uint64_t number;

	if (!entry || entry->type != &gb_config_type_number || is_called(key, "multicast_port") || !digits || value[digits])
		return false;
	number = strtoull(value, NULL, 10); /* the largest there is, if it is larger */
	if (number >= entry->min && number <= entry->max)
		return false;
	snprintf(bound, 24, "%" PRIu64, number < entry->min ? entry->min : entry->max);
	return true;
}

/* --- The new text ----------------------------------------------------------- */

/* The line end of the file, as its first line has it. */
static const char *line_end(const struct job *job)
{
	for (size_t i = 0; i < job->length; i++) {
		if (job->text[i] == '\n')
			return "\n";
		if (job->text[i] == '\r')
			return i + 1 < job->length && job->text[i + 1] == '\n' ? "\r\n" : "\r";
	}
	return "\n";
}

static void note_key(struct job *job, const struct gb_config_item *item, const char *value)
{
	const struct gb_config_entry *entry = entry_of(item->key);
	const struct migrate_key *key = python_key_of(item->key);

	if (entry)
		job->given[gb_config_table_index(entry)] = true;
	if (!key)
		return;
	job->python++;
	job->dual_keys |= key->dual;
	if (is_called(item->key, "enable_dual_path"))
		job->dual_said = gb_config_parse_boolean(value, &job->dual_on);
}

/* The lines of the file, with numbers that are out of range brought into it. Returns how many were. */
static unsigned write_lines(struct job *job, FILE *out)
{
	struct gb_config_reader reader = gb_config_reader(job->text, job->length);
	char value[GB_CONFIG_LINE_MAX + 1], number[24];
	size_t written = 0;
	struct gb_config_item item;
	unsigned bounded = 0;

	while (gb_config_read(&reader, &item)) {
		if (item.kind != GB_CONFIG_ITEM_KEY)
			continue;
		copy_span(value, item.value);
		note_key(job, &item, value);
		if (!bound(item.key, value, number))
			continue;
		fwrite(job->text + written, 1, (size_t)(item.value.at - job->text) - written, out);
		fputs(number, out);
		written = (size_t)(item.value.at - job->text) + item.value.length;
		bounded++;
	}
	fwrite(job->text + written, 1, job->length - written, out);
	return bounded;
}

/* What follows the lines of the file. Returns how many keys were added. */
static unsigned write_added(const struct job *job, const char *kept_as, FILE *out)
{
	static const char *const lines[] = {
		"# What the Python service speaks, and all that it understands: keep it as long as one is left on the group.",
		"# Then set native, on one host after the other: goose-bridge-ctl reload.", "wire_format = legacy"};
	const char *end = line_end(job);
	char shown[GB_CONFIG_PATH_MAX];

	if (is_given(job, "wire_format"))
		return 0;
	if (job->length && !strchr("\r\n", job->text[job->length - 1]))
		fputs(end, out);
	fprintf(out, "%s# --- Added by goose-bridge-ctl migrate ---%s", end, end);
	fprintf(out, "# What this file was before is in %s%s%s", gb_config_show(shown, sizeof(shown), kept_as), end, end);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(out, "%s%s", lines[i], end);
	return 1;
}

static int write_text(struct job *job, const char *kept_as, struct gb_migration *migration)
{
	FILE *out = open_memstream(&migration->text, &migration->length);
	bool failed;

	if (!out)
		return -ENOMEM;
	migration->changes = write_lines(job, out);
	migration->changes += write_added(job, kept_as, out);
	migration->dual = job->dual_said ? job->dual_on : job->dual_keys;
	failed = ferror(out);
	return fclose(out) || failed ? -ENOMEM : 0;
}

static int refuse(const struct job *job, const char *text)
{
	if (job->report)
		job->report(job->arg, GB_CONFIG_ERROR, job->name, 0, text);
	return -EINVAL;
}

/* --- What is said of it ----------------------------------------------------- */

static void say(const struct job *job, const struct gb_migrate_item *item)
{
	if (job->tell)
		job->tell(job->arg, item);
}

static void say_key(const struct job *job, const struct gb_config_item *item)
{
	const struct migrate_key *key = python_key_of(item->key);
	const struct gb_config_entry *entry = entry_of(item->key);
	char name[GB_CONFIG_LINE_MAX + 1], value[GB_CONFIG_LINE_MAX + 1], number[24], note[256];
	struct gb_migrate_item said = {.line = item->line, .key = name, .was = value, .now = value};

	copy_span(name, item->key);
	copy_span(value, item->value);
	if (key)
		said.key = key->name;
	if (bound(item->key, value, number)) {
		said.what = GB_MIGRATE_BOUNDED;
		said.now = number;
		snprintf(note, sizeof(note), "Its range here is %s (%s).", entry->range_text, entry->type_name);
		said.note = note;
	} else if (key) {
		said.note = migrate_key_note(key, value, &job->config);
		said.what = said.note ? GB_MIGRATE_NOTED : GB_MIGRATE_KEPT;
	} else if (entry) {
		said.key = entry->name;
		said.what = GB_MIGRATE_NEW;
		if (!is_given(job, "wire_format"))
			said.note = "The Python service did not know it. From now on it has an effect.";
	} else {
		said.what = GB_MIGRATE_UNKNOWN;
		said.note = "Neither the Python service nor this one knows it. It has no effect.";
	}
	say(job, &said);
}

static void say_stats_interval(const struct job *job)
{
	char now[24];
	struct gb_migrate_item said = {.what = GB_MIGRATE_ABSENT, .key = "stats_export_interval", .now = now};

	if (is_given(job, said.key))
		return;
	snprintf(now, sizeof(now), "%u", job->config.stats_export_interval);
	if (!is_given(job, "health_check_interval"))
		said.note = "How often stats_file is written. The Python service did so every 30 s.";
	else if (job->config.stats_export_interval == 10)
		return;
	else
		said.note = "How often stats_file is written follows health_check_interval, as it did.";
	if (job->config.stats_export_interval != 10)
		said.installed = "10";
	say(job, &said);
}

static void say_all(const struct job *job, const struct gb_migration *migration)
{
	struct gb_config_reader reader = gb_config_reader(job->text, job->length);
	struct gb_config_item item;

	while (gb_config_read(&reader, &item))
		if (item.kind == GB_CONFIG_ITEM_KEY)
			say_key(job, &item);
	if (!is_given(job, "wire_format"))
		say(job, &(struct gb_migrate_item){
				 .what = GB_MIGRATE_ADDED, .key = "wire_format", .now = "legacy", .installed = "native",
				 .note = "What the Python service speaks, and all that it understands. When none is left on "
					 "the group, set native on one host after the other and run goose-bridge-ctl reload "
					 "there. Never before: a Python service makes a frame of any datagram."});
	for (size_t i = 0; i < migrate_absent_length; i++) {
		const struct migrate_absent *absent = &migrate_absent[i];

		if (!is_given(job, absent->name) && migrate_absent_matters(absent, migration->dual, &job->config))
			say(job, &(struct gb_migrate_item){.what = GB_MIGRATE_ABSENT, .key = absent->name, .now = absent->now,
							   .note = absent->note});
	}
	say_stats_interval(job);
}

/* --- The whole -------------------------------------------------------------- */

const char *gb_migrate_word(enum gb_migrate_what what)
{
	static const char *const words[] = {"kept", "noted", "bounded", "new", "unknown", "added", "absent"};

	return words[what];
}

int gb_migrate(const char *name, const char *text, size_t length, const char *kept_as, struct gb_migration *migration,
	       gb_migrate_tell *tell, gb_config_report *report, void *arg)
{
	struct job job = {.name = name, .text = text, .length = length, .tell = tell, .report = report, .arg = arg};
	int err;

	*migration = (struct gb_migration){.text = NULL};
	err = write_text(&job, kept_as, migration);
	if (!err && migration->length > GB_CONFIG_FILE_MAX)
		err = refuse(&job, "would be larger than a configuration file may be");
	/* A line has the number that it had. */
	if (!err)
		err = gb_config_parse(name, migration->text, migration->length, &job.config, report, arg);
	if (!err && !job.python)
		err = refuse(&job, "has no key of the Python service: is it the right file?");
	if (err) {
		free(migration->text);
		*migration = (struct gb_migration){.text = NULL};
		return err;
	}
	say_all(&job, migration);
	return 0;
}
