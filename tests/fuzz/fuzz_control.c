/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on the control socket: any octets have to be answered by one line of JSON, and only whole, right requests from
 * who may change something reach the service.
 */
#include <goose-bridge/control.h>

#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

static char *small(void *arg)
{
	(void)arg;
	return strdup("{}");
}

static int reload(void *arg, char *error, size_t size)
{
	if (!*(bool *)arg) /* the client may not change anything */
		abort();
	if (size > 0)
		error[0] = '\0';
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length)
{
	static const struct gb_control_ops ops = {
		.stats = small, .status = small, .peers = small, .events = small, .igmp = small, .snmp = small,
		.version = "1.0.0", .reload = reload, .igmp_leave = reload};
	bool may_change = length % 2;
	struct json_object *answer;
	char *copy = malloc(length ? length : 1), *line;

	if (!copy)
		return 0;
	if (length > 0)
		memcpy(copy, octets, length);
	line = gb_control_answer(&ops, &may_change, copy, length, may_change);
	if (!line || strchr(line, '\n'))
		abort();
	answer = json_tokener_parse(line);
	if (!json_object_is_type(answer, json_type_object))
		abort();
	json_object_put(answer);
	free(line);
	free(copy);
	return 0;
}
