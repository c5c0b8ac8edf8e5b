/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_service.h"

#include "result.h"
#include "words.h"

#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>

#define TIMEOUT_MS 1000

struct json_object *diag_service_igmp(const struct diag *d, char *error, size_t size)
{
	struct json_object *answer = NULL;

	return gb_client_ask(d->socket_path, "igmp", TIMEOUT_MS, &answer, error, size) == 0 ? answer : NULL;
}

const char *diag_service_describe(struct json_object *answer, char *text, size_t size)
{
	struct json_object *m = result_get(answer, "membership");
	char words[WORDS_MAX];

	snprintf(text, size, "%s on %s: %s", result_text(m, "group", "-"), result_text(m, "interface", "no interface"),
		 words_membership(m, gb_clock_utc_ns(), words, sizeof(words)));
	return text;
}
