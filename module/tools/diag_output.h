/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: what it says, as text for people or a line of JSON for each event. */
#ifndef TOOLS_DIAG_OUTPUT_H
#define TOOLS_DIAG_OUTPUT_H

#include "put.h"

#include <json-c/json.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct diag_output {
	FILE *out;
	bool json;
	bool terminal;	   /* OUT is one: progress is shown */
	uint64_t start_ns; /* monotonic: what times are relative to */
};

/* JSON to standard output, or text. Time begins now. */
struct diag_output diag_output_begin(bool json);

/* Whether all went out so far: a reader may have gone. */
bool diag_output_works(const struct diag_output *o);

/* Something happened at NOW_NS (monotonic). As text: the seconds since the start, and the sentence. As JSON: FIELDS with event,
 * time_s (since the start), time (UTC) and text. FIELDS is given up; NULL = none.
 */
void diag_tell(const struct diag_output *o, uint64_t now_ns, const char *event, struct json_object *fields, const char *format,
	       ...) __attribute__((format(printf, 5, 6)));

/* The same for how far it has come: as text on terminals only. */
void diag_progress(const struct diag_output *o, struct json_object *fields, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A line of text, and nothing as JSON. */
void diag_line(const struct diag_output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An empty line of text. */
void diag_gap(const struct diag_output *o);

/* A whole object, and nothing as text. OBJECT is given up. */
void diag_object(const struct diag_output *o, struct json_object *object);

/* Something is wrong: to standard error, with the program's name. */
void diag_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As put.h, which has the rest. */
void diag_put_seconds(struct json_object *object, const char *key, uint64_t ns); /* with milliseconds */
void diag_put_address(struct json_object *object, const char *key, struct in_addr address);

/* A.B.C.D of ADDRESS in TEXT. Returns TEXT. */
const char *diag_address(struct in_addr address, char text[INET_ADDRSTRLEN]);

/* NS as seconds. */
double diag_seconds(uint64_t ns);

#endif
