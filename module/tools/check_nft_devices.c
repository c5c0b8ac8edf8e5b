/* SPDX-License-Identifier: Apache-2.0 */
/* Which interfaces the ingress and egress chains of nftables are for: nft before 1.0.7 leaves that out of its JSON. */
#include "check_packet.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

static bool has_devices(struct json_object *chain)
{
	struct json_object *device;

	return json_object_object_get_ex(chain, "dev", &device);
}

static bool is_at_a_device(struct json_object *chain)
{
	return strcmp(text_of(chain, "hook"), "ingress") == 0 || strcmp(text_of(chain, "hook"), "egress") == 0;
}

static struct json_object *chain_at(struct json_object *items, size_t index)
{
	struct json_object *chain = NULL, *item = json_object_array_get_idx(items, index);

	if (json_object_is_type(item, json_type_object))
		json_object_object_get_ex(item, "chain", &chain);
	return chain;
}

bool firewall_nft_lacks_devices(struct json_object *ruleset)
{
	struct json_object *items = NULL, *chain;

	if (!json_object_object_get_ex(ruleset, "nftables", &items) || !json_object_is_type(items, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		chain = chain_at(items, i);
		if (chain && is_at_a_device(chain) && !has_devices(chain))
			return true;
	}
	return false;
}

/* The names in: device "eth0", or: devices = { eth0, "eth1" }. NULL if LINE has none. */
static struct json_object *devices_in(const char *line)
{
	const char *at = strstr(line, " device"), *end;
	struct json_object *names;

	if (!at)
		return NULL;
	at += strlen(" device");
	end = strstr(at, " priority");
	at += *at == 's';
	names = json_object_new_array();
	while (names && at && *at && (!end || at < end)) {
		size_t length;

		at += strspn(at, " ={},\"");
		length = strcspn(at, " ={},\"");
		if (length == 0 || (end && at >= end))
			break;
		json_object_array_add(names, json_object_new_string_len(at, (int)length));
		at += length;
	}
	return names;
}

static void set_devices(struct json_object *items, const char *family, const char *table, const char *name,
			struct json_object *devices)
{
	for (size_t i = 0; i < json_object_array_length(items); i++) {
		struct json_object *chain = chain_at(items, i);

		if (chain && !has_devices(chain) && strcmp(text_of(chain, "family"), family) == 0 &&
		    strcmp(text_of(chain, "table"), table) == 0 && strcmp(text_of(chain, "name"), name) == 0)
			json_object_object_add(chain, "dev", json_object_get(devices));
	}
}

void firewall_nft_add_devices(struct json_object *ruleset, const char *listing)
{
	char line[1024], family[16] = "", table[128] = "", chain[128] = "";
	struct json_object *items = NULL, *devices;

	if (!json_object_object_get_ex(ruleset, "nftables", &items) || !json_object_is_type(items, json_type_array))
		return;
	while (*listing) {
		size_t length = strcspn(listing, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)(length < sizeof(line) ? length : sizeof(line) - 1), listing);
		listing += length + (listing[length] == '\n');
		if (sscanf(line, "table %15s %127s", family, table) == 2 || sscanf(line, " chain %127s", chain) == 1)
			continue;
		devices = devices_in(line);
		if (devices)
			set_devices(items, family, table, chain, devices);
		json_object_put(devices);
	}
}
