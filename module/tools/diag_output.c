/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_output.h"

#include "words.h"

#include <arpa/inet.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define SENTENCE 1024

struct diag_output diag_output_begin(bool json)
{
	return (struct diag_output){
		.out = stdout, .json = json, .terminal = isatty(STDOUT_FILENO) == 1, .start_ns = gb_clock_mono_ns()};
}

bool diag_output_works(const struct diag_output *o)
{
	return !ferror(o->out);
}

double diag_seconds(uint64_t ns)
{
	return (double)ns / (double)GB_NS_PER_S;
}

const char *diag_address(struct in_addr address, char text[INET_ADDRSTRLEN])
{
	inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
	return text;
}

/* ---- JSON ----------------------------------------------------------------------------------------------------------- */

void diag_put_seconds(struct json_object *object, const char *key, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ns / GB_NS_PER_S, (unsigned)(ns % GB_NS_PER_S / GB_NS_PER_MS));
	put_value(object, key, json_object_new_double_s(diag_seconds(ns), text));
}

void diag_put_address(struct json_object *object, const char *key, struct in_addr address)
{
	char text[INET_ADDRSTRLEN];

	put_text(object, key, diag_address(address, text));
}

void diag_object(const struct diag_output *o, struct json_object *object)
{
	if (o->json)
		put_line(o->out, object);
	else
		json_object_put(object);
}

static void tell_json(const struct diag_output *o, uint64_t now_ns, const char *event, struct json_object *fields,
		      const char *sentence)
{
	uint64_t ago = gb_clock_mono_ns() - now_ns;
	struct json_object *object = json_object_new_object();
	char time[40];

	put_text(object, "event", event);
	diag_put_seconds(object, "time_s", now_ns > o->start_ns ? now_ns - o->start_ns : 0);
	put_text(object, "time", gb_clock_iso8601(gb_clock_utc_ns() - ago, true, time, sizeof(time)));
	if (fields) {
		json_object_object_foreach(fields, key, value)
		{
			put_value(object, key, json_object_get(value));
		}
	}
	put_text(object, "text", sentence);
	json_object_put(fields);
	diag_object(o, object);
}

/* ---- text ----------------------------------------------------------------------------------------------------------- */

static void print_line(FILE *out, const char *sentence)
{
	words_print_clean(out, sentence, strlen(sentence));
	putc('\n', out);
	fflush(out);
}

static void tell(const struct diag_output *o, uint64_t now_ns, const char *event, struct json_object *fields,
		 const char *sentence)
{
	if (o->json) {
		tell_json(o, now_ns, event, fields, sentence);
		return;
	}
	json_object_put(fields);
	fprintf(o->out, "%9.3f  ", now_ns > o->start_ns ? diag_seconds(now_ns - o->start_ns) : 0.0);
	print_line(o->out, sentence);
}

void diag_tell(const struct diag_output *o, uint64_t now_ns, const char *event, struct json_object *fields, const char *format,
	       ...)
{
	char sentence[SENTENCE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	tell(o, now_ns, event, fields, sentence);
}

void diag_progress(const struct diag_output *o, struct json_object *fields, const char *format, ...)
{
	char sentence[SENTENCE];
	va_list arguments;

	if (!o->json && !o->terminal) {
		json_object_put(fields);
		return;
	}
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	tell(o, gb_clock_mono_ns(), "progress", fields, sentence);
}

void diag_line(const struct diag_output *o, const char *format, ...)
{
	char sentence[SENTENCE];
	va_list arguments;

	if (o->json)
		return;
	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	print_line(o->out, sentence);
}

void diag_gap(const struct diag_output *o)
{
	if (!o->json)
		print_line(o->out, "");
}

void diag_complain(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	words_complain("goose-bridge-diag", format, arguments);
	va_end(arguments);
}
