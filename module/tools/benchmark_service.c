/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_service.h"

#include "result.h"

#include <goose-bridge/client.h>
#include <json-c/json.h>
#include <stdio.h>

#define TIMEOUT_MS 1000

void benchmark_service_ask(const char *socket_path, struct benchmark_bridge *bridge)
{
	struct json_object *answer = NULL, *paths, *path, *drops;

	*bridge = (struct benchmark_bridge){0};
	if (gb_client_ask(socket_path, "stats", TIMEOUT_MS, &answer, bridge->error, sizeof(bridge->error)))
		return;
	bridge->asked = true;
	paths = result_get(answer, "paths");
	path = result_length(paths) > 0 ? json_object_array_get_idx(paths, 0) : NULL;
	snprintf(bridge->interface, sizeof(bridge->interface), "%s", result_text(path, "interface", ""));
	snprintf(bridge->wire_format, sizeof(bridge->wire_format), "%s", result_text(path, "wire_format", ""));
	drops = result_get(answer, "drops");
	for (int i = 0; i < GB_DROP_REASON_COUNT; i++)
		bridge->drops[i] = result_count(drops, gb_drop_reason_name((enum gb_drop_reason)i));
	json_object_put(answer);
}

void benchmark_service_ask_again(const char *socket_path, const struct benchmark_bridge *before, struct benchmark_bridge *since)
{
	if (!before->asked) {
		*since = *before;
		return;
	}
	benchmark_service_ask(socket_path, since);
	for (int i = 0; since->asked && i < GB_DROP_REASON_COUNT; i++) /* fewer than before: it was restarted */
		since->drops[i] -= since->drops[i] >= before->drops[i] ? before->drops[i] : 0;
}
