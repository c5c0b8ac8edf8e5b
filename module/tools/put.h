/* SPDX-License-Identifier: Apache-2.0 */
/* tools: JSON that they print. Each adds KEY to OBJECT, which may be NULL where memory was short. */
#ifndef TOOLS_PUT_H
#define TOOLS_PUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_object;

void put_value(struct json_object *object, const char *key, struct json_object *value); /* takes VALUE */
void put_text(struct json_object *object, const char *key, const char *text);	   /* NULL and "": null */
void put_count(struct json_object *object, const char *key, uint64_t value);
void put_bool(struct json_object *object, const char *key, bool value);

/* OBJECT as a line of OUT, at once. OBJECT is given up. */
void put_line(FILE *out, struct json_object *object);

#endif
