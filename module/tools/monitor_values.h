/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-monitor: values of the model, as they are taken from an answer. */
#ifndef TOOLS_MONITOR_VALUES_H
#define TOOLS_MONITOR_VALUES_H

#include "monitor_model.h"

/* TEXT into OUT of SIZE octets with '?' for each character that is not printable ASCII. Controls would steer the terminal;
 * others may have no width, two columns or run from right to left, and so push columns about or hide what stands beside them.
 */
void monitor_clean(char *out, size_t size, const char *text);
void monitor_clean_key(char *out, size_t size, struct json_object *object, const char *key, const char *otherwise);

/* KEY of OBJECT, -1 if it is missing or no 16-bit number. */
int monitor_small_number(struct json_object *object, const char *key);

/* Seconds that the time at KEY of OBJECT is before UTC_NS; -1 if there is none. */
int64_t monitor_age_of(struct json_object *object, const char *key, uint64_t utc_ns);

/* KEY of OBJECT beside what it was in BEFORE (NULL: not known), ELAPSED_NS ago. */
struct monitor_count monitor_count_of(struct json_object *object, const char *key, const struct monitor_count *before,
				      uint64_t elapsed_ns, uint64_t now_ns);

/* Fills in what MODEL has of streams, from the array STREAMS (NULL: the service knows none). BEFORE is the model of an earlier
 * answer of the same run of the service, or NULL. False if memory is short.
 */
bool monitor_streams_take(struct monitor_model *model, const struct monitor_model *before, struct json_object *streams,
			  uint64_t utc_ns);

#endif
