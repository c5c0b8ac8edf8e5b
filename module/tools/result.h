/* SPDX-License-Identifier: Apache-2.0 */
/* tools: reading what the service answers. Services of other versions may leave keys out, or have others in their places:
 * nothing here needs a key to be there, or to be of a type.
 */
#ifndef TOOLS_RESULT_H
#define TOOLS_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* KEY of OBJECT, which goes on owning it. NULL if it is missing or null, or OBJECT is none. */
struct json_object *result_get(struct json_object *object, const char *key);

/* KEY as text; OTHERWISE if it is missing, null or empty. Lives as long as OBJECT. */
const char *result_text(struct json_object *object, const char *key, const char *otherwise);

uint64_t result_count(struct json_object *object, const char *key); /* 0 if it is missing */
bool result_yes(struct json_object *object, const char *key);	    /* false if it is missing */
size_t result_length(struct json_object *array);		    /* 0 if it is no array */

/* Whether an answer to "status" or "stats" says that all is well with the service. */
bool result_running(struct json_object *result);

#endif
