/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *id;
	enum check_area area;
} kinds[] = {
#define CHECK_ENTRY(name, id, area) {id, area},
	CHECK_KINDS(CHECK_ENTRY)
#undef CHECK_ENTRY
};

const char *check_id(enum check_kind kind)
{
	return kinds[kind].id;
}

enum check_area check_area(enum check_kind kind)
{
	return kinds[kind].area;
}

struct check *check_add(struct check_list *list, enum check_kind kind, enum check_result result, const char *format, ...)
{
	struct check *check = &list->check[list->count++];
	va_list arguments;

	*check = (struct check){.kind = kind, .result = result};
	if (kind != CHECK_CONFIG && kind != CHECK_SERVICE && kind != CHECK_ALLOW_SOURCES) /* which are of no path */
		memcpy(check->path, list->path, sizeof(check->path));
	va_start(arguments, format);
	if (vasprintf(&check->text, format, arguments) < 0) {
		check->text = NULL;
		check->result = CHECK_UNKNOWN;
	}
	va_end(arguments);
	return check;
}

void check_fix(struct check *check, const char *format, ...)
{
	char *more = NULL, *whole = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&more, format, arguments) < 0)
		more = NULL;
	va_end(arguments);
	if (more && asprintf(&whole, "%s%s", check->fix ? check->fix : "", more) < 0)
		whole = NULL;
	free(more);
	free(check->fix); /* half a command is worse than none */
	check->fix = whole;
}

void check_mend(struct check *check, enum check_mend mend, const char *name, const char *format, ...)
{
	size_t room = (check->parameters + 1) * sizeof(*check->parameter);
	struct check_parameter *parameter = realloc(check->parameter, room);
	va_list arguments;

	if (!parameter) {
		check->mend = CHECK_MEND_NONE; /* nothing is done by halves */
		return;
	}
	if (check->parameters == 0)
		check->mend = mend;
	check->parameter = parameter;
	parameter += check->parameters++;
	snprintf(parameter->name, sizeof(parameter->name), "%s", name);
	va_start(arguments, format);
	vsnprintf(parameter->value, sizeof(parameter->value), format, arguments);
	va_end(arguments);
}

const struct check *check_find(const struct check_list *list, enum check_kind kind)
{
	for (unsigned i = 0; i < list->count; i++)
		if (list->check[i].kind == kind)
			return &list->check[i];
	return NULL;
}

unsigned check_count(const struct check_list *list, enum check_result result)
{
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++)
		count += list->check[i].result == result;
	return count;
}

static void free_check(struct check *check)
{
	free(check->text);
	free(check->fix);
	free(check->parameter);
}

static bool say_the_same(const struct check *a, const struct check *b)
{
	return a->kind == b->kind && a->result == b->result && a->text && b->text && strcmp(a->text, b->text) == 0;
}

void check_say_once(struct check_list *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < list->count; i++) {
		unsigned same = 0;

		while (same < kept && !say_the_same(&list->check[same], &list->check[i]))
			same++;
		if (same == kept) {
			list->check[kept++] = list->check[i];
			continue;
		}
		list->check[same].path[0] = 0;
		free_check(&list->check[i]);
	}
	list->count = kept;
}

void check_clear(struct check_list *list)
{
	for (unsigned i = 0; i < list->count; i++)
		free_check(&list->check[i]);
	*list = (struct check_list){0};
}

/* ---- output --------------------------------------------------------------------------------------------------------- */

static const char *result_name(enum check_result result)
{
	return result == CHECK_PASS ? "pass" : result == CHECK_FAIL ? "fail" : "unknown";
}

/* What comes from files, the service or AWS must not steer the terminal: C0, DEL, and C1 as UTF-8 has it. */
static void print_clean(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text, next = (unsigned char)text[1];

		if (c < ' ' || c == 0x7F || (c == 0xC2 && next >= 0x80 && next < 0xA0))
			putc('?', out);
		else
			putc(c, out);
	}
}

void check_print(FILE *out, const struct check_list *list)
{
	for (unsigned i = 0; i < list->count; i++) {
		const struct check *check = &list->check[i];

		fprintf(out, "%-8s %-24s ", result_name(check->result), check_id(check->kind));
		if (*check->path) {
			print_clean(out, check->path);
			fputs(": ", out);
		}
		print_clean(out, check->text ? check->text : "memory is short");
		putc('\n', out);
		if (check->fix && check->result != CHECK_PASS) {
			fputs("         ", out);
			print_clean(out, check->fix);
			putc('\n', out);
		}
	}
	if (*list->note) {
		print_clean(out, list->note);
		putc('\n', out);
	}
	fprintf(out, "%u passed, %u failed, %u unknown\n", check_count(list, CHECK_PASS), check_count(list, CHECK_FAIL),
		check_count(list, CHECK_UNKNOWN));
}

static struct json_object *text_or_null(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

static struct json_object *check_object(const struct check *check)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	json_object_object_add(object, "id", json_object_new_string(check_id(check->kind)));
	json_object_object_add(object, "area", json_object_new_string(check_area(check->kind) == CHECK_AWS ? "aws" : "local"));
	json_object_object_add(object, "path", text_or_null(*check->path ? check->path : NULL));
	json_object_object_add(object, "result", json_object_new_string(result_name(check->result)));
	json_object_object_add(object, "text", json_object_new_string(check->text ? check->text : "memory is short"));
	json_object_object_add(object, "fix", text_or_null(check->result == CHECK_PASS ? NULL : check->fix));
	return object;
}

int check_print_json(FILE *out, const struct check_list *list)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();
	const char *line;

	if (!object || !array) {
		json_object_put(object);
		json_object_put(array);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < list->count; i++)
		json_object_array_add(array, check_object(&list->check[i]));
	json_object_object_add(object, "checks", array);
	json_object_object_add(object, "passed", json_object_new_int((int)check_count(list, CHECK_PASS)));
	json_object_object_add(object, "failed", json_object_new_int((int)check_count(list, CHECK_FAIL)));
	json_object_object_add(object, "unknown", json_object_new_int((int)check_count(list, CHECK_UNKNOWN)));
	json_object_object_add(object, "aws", json_object_new_boolean(list->aws));
	json_object_object_add(object, "note", text_or_null(*list->note ? list->note : NULL));
	line = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (line)
		fprintf(out, "%s\n", line);
	json_object_put(object);
	return line ? 0 : -ENOMEM;
}
