/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor_values.h"

#include "result.h"
#include "words.h"

#include <goose-bridge/clock.h>
#include <json-c/json.h>

void monitor_clean(char *out, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text && used + 1 < size; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c & 0xC0) == 0x80) /* goes on what a '?' stands for already */
			continue;
		out[used++] = c < ' ' || c > '~' ? '?' : (char)c;
	}
	out[used] = '\0';
}

void monitor_clean_key(char *out, size_t size, struct json_object *object, const char *key, const char *otherwise)
{
	monitor_clean(out, size, result_text(object, key, otherwise));
}

int monitor_small_number(struct json_object *object, const char *key)
{
	struct json_object *value = result_get(object, key);
	int64_t number = value && json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : -1;

	return number >= 0 && number <= UINT16_MAX ? (int)number : -1;
}

int64_t monitor_age_of(struct json_object *object, const char *key, uint64_t utc_ns)
{
	int64_t then, now = (int64_t)(utc_ns / GB_NS_PER_S);

	if (!words_parse_time(result_text(object, key, ""), &then))
		return -1;
	return now > then ? now - then : 0; /* not before 0: the clock may have been set back */
}

struct monitor_count monitor_count_of(struct json_object *object, const char *key, const struct monitor_count *before,
				     uint64_t elapsed_ns, uint64_t now_ns)
{
	struct monitor_count count = {.value = result_count(object, key), .known = result_get(object, key), .rate = -1};

	if (!before || !before->known || !count.known)
		return count;
	count.grown = before->grown;
	count.grown_ns = before->grown_ns;
	if (count.value < before->value) /* began anew */
		return count;
	if (count.value > before->value) {
		count.grown += count.value - before->value;
		count.grown_ns = now_ns;
	}
	if (elapsed_ns > 0)
		count.rate = (double)(count.value - before->value) * (double)GB_NS_PER_S / (double)elapsed_ns;
	return count;
}

bool monitor_grows(const struct monitor_count *count, uint64_t now_ns)
{
	return count->grown_ns != 0 && now_ns - count->grown_ns < MONITOR_HOLD_NS;
}
