/* SPDX-License-Identifier: Apache-2.0 */
/* How values become JSON. Each adds KEY to OBJECT. What memory was too short for becomes null, or is left out of an OBJECT
 * that is NULL itself.
 */
#ifndef REPORT_VALUES_H
#define REPORT_VALUES_H

#include <json-c/json.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void report_put(struct json_object *object, const char *key, struct json_object *value); /* takes VALUE */
void report_append(struct json_object *array, struct json_object *value);		     /* likewise */
struct json_object *report_text(const char *text);

void report_put_text(struct json_object *object, const char *key, const char *text);
void report_put_text_or_null(struct json_object *object, const char *key, const char *text); /* "" and NULL: null */
void report_put_count(struct json_object *object, const char *key, uint64_t value);
void report_put_count_or_null(struct json_object *object, const char *key, uint64_t value); /* 0: null */
void report_put_bool(struct json_object *object, const char *key, bool value);

/* VALUE with DECIMALS places: the shortest text that is exact for binary fractions is no sight for people. */
void report_put_decimal(struct json_object *object, const char *key, double value, int decimals);

/* UTC_NS as seconds since 1970 with microseconds, exactly. */
void report_put_epoch_seconds(struct json_object *object, const char *key, uint64_t utc_ns);

/* UTC_NS as ISO 8601 with zone; 0 (never) is null. */
void report_put_time(struct json_object *object, const char *key, uint64_t utc_ns);

/* 64-bit values as strings: many readers of JSON lose what is above 2^53. 0 is null. */
void report_put_hex_id(struct json_object *object, const char *key, uint64_t value);
void report_put_wide(struct json_object *object, const char *key, uint64_t value);

/* A.B.C.D; 0 (none) is null. */
void report_put_address(struct json_object *object, const char *key, struct in_addr address);

#endif
