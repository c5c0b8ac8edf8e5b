/* SPDX-License-Identifier: Apache-2.0 */
/* config/migrate_keys: the keys of the Python service, and what there is to know of each when its file moves here. */
#ifndef GOOSE_BRIDGE_CONFIG_MIGRATE_KEYS_H
#define GOOSE_BRIDGE_CONFIG_MIGRATE_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include <goose-bridge/config.h>

/* When a note on a key matters. */
enum migrate_when {
	MIGRATE_NEVER,
	MIGRATE_ALWAYS,
	MIGRATE_TRUE,
	MIGRATE_UNLIKE, /* the value is not the one in than */
	MIGRATE_ABOVE,	/* it is a number above that in than */
	MIGRATE_DOMAIN, /* a domain of AWS: one note for the sample of the Python service's file, and one for any other */
	MIGRATE_OUTSIDE, /* a path where the service may not write under its systemd unit */
};

struct migrate_key {
	const char *name;
	bool dual; /* of the dual-path variant alone */
	enum migrate_when when;
	const char *than;
	const char *note;
};

extern const struct migrate_key migrate_keys[];
extern const size_t migrate_keys_length;

/* What there is to know of KEY with VALUE, or NULL. */
const char *migrate_key_note(const struct migrate_key *key, const char *value, const struct gb_config *config);

/* A key that the Python service did not have, or did not need to be told. */
struct migrate_absent {
	const char *name;
	const char *now; /* its default */
	bool single;	 /* a dual-path file has keys of its own for that */
	bool legacy;	 /* only while legacy is sent */
	const char *note;
};

extern const struct migrate_absent migrate_absent[];
extern const size_t migrate_absent_length;

bool migrate_absent_matters(const struct migrate_absent *absent, bool dual, const struct gb_config *config);

#endif
