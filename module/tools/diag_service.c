/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_service.h"

#include "result.h"
#include "words.h"

#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <json-c/json.h>

#define TIMEOUT_MS 1000

struct json_object *diag_service_igmp(const struct diag *d, char *error, size_t size)
{
	struct json_object *answer = NULL, *paths, *path = NULL;

	if (gb_client_ask(d->socket_path, "igmp", TIMEOUT_MS, &answer, error, size) != 0)
		return NULL;
	paths = result_get(answer, "paths");
	if (result_length(paths) > 1 && d->path < result_length(paths))
		path = json_object_get(json_object_array_get_idx(paths, d->path));
	if (!path) /* one alone: all of the answer is of it */
		return answer;
	json_object_put(answer);
	return path;
}

const char *diag_service_describe(struct json_object *answer, char *text, size_t size)
{
	struct json_object *m = result_get(answer, "membership");
	char words[WORDS_MAX];

	snprintf(text, size, "%s on %s: %s", result_text(m, "group", "-"), result_text(m, "interface", "no interface"),
		 words_membership(m, gb_clock_utc_ns(), words, sizeof(words)));
	return text;
}
