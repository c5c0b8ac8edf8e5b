/* SPDX-License-Identifier: Apache-2.0 */
/* config/table: the one list of all keys. A new key is a field of struct gb_config, a row here, and a paragraph in
 * goose-bridge.conf(5), which a unit test compares with this table.
 */
#ifndef GOOSE_BRIDGE_CONFIG_TABLE_H
#define GOOSE_BRIDGE_CONFIG_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <goose-bridge/config.h>
#include "types.h"

#define GB_CONFIG_KEYS_MAX 128 /* one bit each in gb_config.given */

extern const struct gb_config_entry gb_config_table[];
extern const size_t gb_config_table_length;

/* The row of the key called NAME in lower case, or NULL. */
const struct gb_config_entry *gb_config_table_find(const char *name);

/* The number of ENTRY in the table, or that of the field called FIELD of struct gb_config. */
size_t gb_config_table_index(const struct gb_config_entry *entry);

/* The name that NAME may have been meant to be, or NULL if none is near. */
const char *gb_config_table_nearest(const char *name);

static inline const void *gb_config_field(const struct gb_config_entry *entry, const struct gb_config *config)
{
	return (const char *)config + entry->offset;
}

static inline void *gb_config_field_of(const struct gb_config_entry *entry, struct gb_config *config)
{
	return (char *)config + entry->offset;
}

#endif
