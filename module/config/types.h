/* SPDX-License-Identifier: Apache-2.0 */
/* config/types: what the value of a key can be: how text becomes a field of struct gb_config, and when two are
 * equal.
 */
#ifndef GOOSE_BRIDGE_CONFIG_TYPES_H
#define GOOSE_BRIDGE_CONFIG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a value is refused: goes on after "KEY = VALUE: ". */
struct gb_config_why {
	char text[256];
};

/* One word of those that a key may have. */
struct gb_config_choice {
	const char *name; /* NULL ends a list */
	int value;
};

struct gb_config_entry;

struct gb_config_type {
	/* Sets FIELD from TEXT. Returns 0, or -EINVAL with WHY filled in and FIELD untouched. */
	int (*parse)(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why);
	/* Whether two fields mean the same. NULL if that is so exactly when their octets are the same. */
	bool (*equal)(const void *a, const void *b);
};

enum gb_config_flags {
	GB_CONFIG_RELOAD = 1 << 0,   /* a reload applies it; else it takes a restart */
	GB_CONFIG_EMPTY = 1 << 1,    /* may be empty */
	GB_CONFIG_FILE = 1 << 2,     /* a file that this service writes or listens at: no two keys may name the same */
	GB_CONFIG_INSTANCE = 1 << 3, /* if not set, carries the interface's name where that is not the default one */
};

/* A row of the table. */
struct gb_config_entry {
	const char *name;
	const char *help;
	const char *type_name;
	const char *default_text;
	const char *range_text;
	const struct gb_config_type *type;
	const struct gb_config_choice *choices; /* word types */
	size_t offset;				/* of the field in struct gb_config */
	size_t size;
	uint64_t min; /* numbers: their range; text: octets */
	uint64_t max;
	unsigned flags; /* enum gb_config_flags */
};

extern const struct gb_config_type gb_config_type_boolean;
extern const struct gb_config_type gb_config_type_number;
extern const struct gb_config_type gb_config_type_path_mtu;
extern const struct gb_config_type gb_config_type_identifier;
extern const struct gb_config_type gb_config_type_word;
extern const struct gb_config_type gb_config_type_text;
extern const struct gb_config_type gb_config_type_line; /* white space and all */
extern const struct gb_config_type gb_config_type_path;
extern const struct gb_config_type gb_config_type_interface;
extern const struct gb_config_type gb_config_type_group;
extern const struct gb_config_type gb_config_type_path_mode;
extern const struct gb_config_type gb_config_type_sources;
extern const struct gb_config_type gb_config_type_cpus;
extern const struct gb_config_type gb_config_type_tun_ip;
extern const struct gb_config_type gb_config_type_listen;
extern const struct gb_config_type gb_config_type_agentx;

/* Sets FIELD of ENTRY from TEXT, which is well-formed UTF-8.
 * Returns 0, or -EINVAL with WHY filled in and FIELD untouched.
 */
int gb_config_type_parse(const struct gb_config_entry *entry, const char *text, void *field, struct gb_config_why *why);

bool gb_config_type_equal(const struct gb_config_entry *entry, const void *a, const void *b);

/* A boolean as Python's getboolean() takes it. False if TEXT is none. */
bool gb_config_parse_boolean(const char *text, bool *value);

/* TEXT as a report can show it: cut between characters if it is long, without control characters. Returns BUFFER. */
const char *gb_config_show(char *buffer, size_t size, const char *text);

#endif
