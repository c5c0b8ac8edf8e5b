/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl migrate: what was done, or would be, as a person reads it. */
#include "ctl.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "result.h"
#include "words.h"

#define COLUMNS 79
#define INDENT  7

/* TEXT in lines, each INDENT columns in. */
static void print_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t length = words_fitting(text, COLUMNS - INDENT);

		fprintf(out, "%*s%.*s\n", INDENT, "", (int)length, text);
		text += length;
		text += *text == ' ';
	}
}

static bool is(struct json_object *key, const char *what)
{
	return strcmp(result_text(key, "what", ""), what) == 0;
}

static void print_key(FILE *out, struct json_object *key)
{
	uint64_t line = result_count(key, "line");
	const char *installed = result_text(key, "installed", NULL);

	fputs("  ", out);
	if (line)
		fprintf(out, "line %" PRIu64 ": ", line);
	fprintf(out, "%s = %s", result_text(key, "key", "-"), result_text(key, is(key, "bounded") ? "was" : "now", ""));
	if (is(key, "bounded"))
		fprintf(out, " becomes %s", result_text(key, "now", ""));
	if (installed)
		fprintf(out, " (%s in the file that is installed anew)", installed);
	fputs("\n", out);
	print_lines(out, result_text(key, "note", ""));
}

/* The keys with which WHAT happened, under TITLE, if there are any. */
static void print_keys(FILE *out, struct json_object *result, const char *what, const char *title)
{
	struct json_object *keys = result_get(result, "keys");
	bool any = false;

	for (size_t i = 0; i < result_length(keys); i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);

		if (!is(key, what))
			continue;
		if (!any)
			fprintf(out, "\n%s\n", title);
		any = true;
		print_key(out, key);
	}
}

/* Those of which there is nothing to say but their names. */
static void print_kept(FILE *out, struct json_object *result)
{
	struct json_object *keys = result_get(result, "keys");
	size_t column = 0;

	for (size_t i = 0; i < result_length(keys); i++) {
		struct json_object *key = json_object_array_get_idx(keys, i);
		const char *name = result_text(key, "key", "-");

		if (!is(key, "kept"))
			continue;
		if (!column)
			fputs("\nKept as they are:\n ", out);
		if (column + strlen(name) > COLUMNS - 4) {
			fputs("\n ", out);
			column = 0;
		}
		column += 1 + strlen(name);
		fprintf(out, " %s", name);
	}
	if (column)
		fputs("\n", out);
}

static void print_problems(FILE *out, struct json_object *result)
{
	struct json_object *problems = result_get(result, "problems");

	for (size_t i = 0; i < result_length(problems); i++) {
		struct json_object *problem = json_object_array_get_idx(problems, i);
		uint64_t line = result_count(problem, "line");

		if (!i && result_yes(result, "ok"))
			fputs("\n", out);
		fprintf(out, "%s:", result_text(problem, "file", "-"));
		if (line)
			fprintf(out, "%" PRIu64 ":", line);
		if (strcmp(result_text(problem, "severity", "error"), "warning") == 0)
			fputs(" warning:", out);
		fprintf(out, " %s\n", result_text(problem, "text", "-"));
	}
}

static void print_end(FILE *out, struct json_object *result)
{
	const char *file = result_text(result, "file", "-"), *output = result_text(result, "output", file);
	const char *kept_as = result_text(result, "kept_as", NULL);

	if (!result_yes(result, "ok"))
		fprintf(out, "Nothing was written.\n");
	else if (result_yes(result, "up_to_date"))
		fprintf(out, "\nNothing to change%s%s.\n", result_yes(result, "same_file") ? "" : ": it is in ",
			result_yes(result, "same_file") ? "" : output);
	else if (!result_yes(result, "written"))
		fprintf(out, "\nNothing was written, as this was a check. It would go to\n  %s\n", output);
	else
		fprintf(out, "\nWritten to\n  %s\n", output);
	if (result_yes(result, "written") && kept_as)
		fprintf(out, "What was there before is kept as\n  %s\n", kept_as);
	if (result_yes(result, "written"))
		fputs("Next: stop the Python service on this host, and start this one: docs/migration.md.\n", out);
}

void ctl_render_migrate(FILE *out, struct json_object *result, uint64_t now_ns)
{
	bool changed = !(result_yes(result, "up_to_date") && result_yes(result, "same_file"));

	(void)now_ns;
	if (result_yes(result, "ok") && changed)
		fprintf(out, "%s\nis a file of the Python service, with %s.\n", result_text(result, "file", "-"),
			strcmp(result_text(result, "variant", ""), "dual") == 0 ? "two paths" : "one path");
	else if (result_yes(result, "ok"))
		fprintf(out, "%s\nis a file of this service already.\n", result_text(result, "file", "-"));
	if (result_yes(result, "ok") && changed) {
		print_keys(out, result, "bounded", "Changed:");
		print_keys(out, result, "added", "Added:");
		print_keys(out, result, "noted", "Kept, with something to know:");
		print_keys(out, result, "new", "Kept, and known only now:");
		print_kept(out, result);
		print_keys(out, result, "unknown", "Kept, without any effect:");
		print_keys(out, result, "absent", "Not in the file, and not what the Python service did:");
	}
	print_problems(out, result);
	print_end(out, result);
}
