/* SPDX-License-Identifier: Apache-2.0 */
/* A line of goose-bridge-aws, as the service reads it. */
#include <goose-bridge/registry.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_registry_answer answer;
	unsigned next_s;

	if (gb_registry_parse((const char *)data, size, &answer, &next_s) < 0)
		return 0;
	if (next_s > 86400 || answer.says > GB_REGISTRY_SAYS_ABSENT || strlen(answer.detail) >= sizeof(answer.detail) ||
	    strlen(answer.interface_id) >= sizeof(answer.interface_id))
		abort();
	for (const char *at = answer.detail; *at; at++)
		if ((unsigned char)*at < ' ' || *at == '\x7F')
			abort();
	return 0;
}
