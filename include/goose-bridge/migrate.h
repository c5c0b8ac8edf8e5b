/* SPDX-License-Identifier: Apache-2.0 */
/* config/migrate: what becomes of a configuration file of the Python service, whose keys keep their names here.
 *
 * Pure: text in, text out. A line stays a line with its comment, in its place and with its line end; what is added stands
 * behind them all. What comes out is a file that gb_config_load takes, and migrating it again changes nothing.
 */
#ifndef GOOSE_BRIDGE_MIGRATE_H
#define GOOSE_BRIDGE_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>

#include <goose-bridge/config.h>

enum gb_migrate_what {
	GB_MIGRATE_KEPT,    /* a key of the Python service that means here what it meant there */
	GB_MIGRATE_NOTED,   /* the same, but there is something to know of it */
	GB_MIGRATE_BOUNDED, /* its number is out of the range that it has here: now is the nearest in it */
	GB_MIGRATE_NEW,	    /* a key that the Python service did not know, and this one does: it has an effect now */
	GB_MIGRATE_UNKNOWN, /* a key of neither: it stays, and has no effect */
	GB_MIGRATE_ADDED,   /* a line that was added */
	GB_MIGRATE_ABSENT,  /* a key that is not in the file, whose default is not what the Python service did */
};

/* What is to be said of one key. Strings live only during the call. */
struct gb_migrate_item {
	enum gb_migrate_what what;
	unsigned line;	       /* of the old file, counted from 1; 0 = in none */
	const char *key;
	const char *was;       /* its value as it stood there; NULL = it did not */
	const char *now;       /* the value that holds from now on */
	const char *installed; /* the value in the goose-bridge.conf that is installed anew, where that is another; else NULL */
	const char *note;      /* a sentence or more for a person, in one line; NULL = there is nothing to know */
};

typedef void gb_migrate_tell(void *arg, const struct gb_migrate_item *item);

struct gb_migration {
	bool dual;	  /* of the dual-path variant, with the dual path on */
	unsigned changes; /* values that were bounded, and lines that were added. 0: the text is what it was */
	char *text;	  /* the new file, not terminated; the caller frees it */
	size_t length;
};

/* What is in a word, for JSON: "kept", "bounded". */
const char *gb_migrate_word(enum gb_migrate_what what);

/* Makes the new file of TEXT, LENGTH octets from the file called NAME. KEPT_AS is where the old file is to be found from now
 * on; a comment in the new one says so. TELL is called for each key: those of the file in its order, then the added ones, then
 * the absent ones. REPORT is told what is wrong, and what `goose-bridge -t' will warn of; lines are those of the old file.
 * ARG is given to both; each may be NULL.
 * Returns 0 with *MIGRATION filled in; -EINVAL if the file is wrong, or none of the Python service's, and -ENOMEM: then TELL
 * was not called, and *MIGRATION is empty.
 */
int gb_migrate(const char *name, const char *text, size_t length, const char *kept_as, struct gb_migration *migration,
	       gb_migrate_tell *tell, gb_config_report *report, void *arg);

#endif
