/* SPDX-License-Identifier: Apache-2.0 */
/* snmp/tree: the objects of GOOSE-BRIDGE-MIB in the order of their OIDs, as a view of a snapshot.
 *
 * Pure: a snapshot and an OID in, a value out. Rows are read where they stand in the snapshot and found by halving, so that a
 * walk of thousands of streams copies and builds nothing. OIDs here begin behind gbObjects.
 */
#ifndef ROOM_SNMP_TREE_H
#define ROOM_SNMP_TREE_H

#include <goose-bridge/snmp.h>

#define SNMP_OID_MAX 24 /* arcs behind gbObjects: gbPeerTable has most, 3 and 13 of its index */

struct snmp_oid {
	size_t length;
	uint32_t arc[SNMP_OID_MAX];
};

enum snmp_type { SNMP_INTEGER, SNMP_UNSIGNED, SNMP_COUNTER64, SNMP_TICKS, SNMP_OCTETS };

struct snmp_value {
	enum snmp_type type;
	uint64_t number;
	size_t length; /* OCTETS */
	uint8_t octets[GB_SNMP_TEXT];
};

/* How a column's value is made of a field, see values.c. */
enum snmp_field {
	SNMP_FIELD_COUNT,     /* uint64_t: Counter64 */
	SNMP_FIELD_GAUGE64,   /* uint64_t: Gauge32, which stays at its largest value (RFC 2578, 7.1.7) */
	SNMP_FIELD_NUMBER,    /* uint8_t, uint16_t, unsigned or uint32_t: Unsigned32 */
	SNMP_FIELD_SIZE,      /* int, never negative: Unsigned32 */
	SNMP_FIELD_ENUM,      /* enum that counts from 0: INTEGER that counts from 1 */
	SNMP_FIELD_INT,	      /* int: INTEGER */
	SNMP_FIELD_BOOL,      /* bool: TruthValue */
	SNMP_FIELD_UP,	      /* bool: up(1), down(2) */
	SNMP_FIELD_TIME,      /* uint64_t of UTC ns: DateAndTime */
	SNMP_FIELD_MS,	      /* uint64_t of ns: ms */
	SNMP_FIELD_SECONDS,   /* uint64_t of ns: s */
	SNMP_FIELD_TEXT,      /* char[] */
	SNMP_FIELD_MAC,	      /* uint8_t[6] */
	SNMP_FIELD_ID,	      /* uint64_t: 8 octets */
	SNMP_FIELD_ADDRESS,   /* struct in_addr: InetAddress; 0.0.0.0 is none */
	SNMP_FIELD_ADDR_TYPE, /* likewise, its InetAddressType */
	SNMP_FIELD_ASK,	      /* what the column's function says */
};

typedef void snmp_getter(const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value);

struct snmp_column {
	uint8_t arc;
	uint8_t field; /* enum snmp_field */
	uint16_t offset;
	uint16_t size;
	snmp_getter *ask;
};

#define SNMP_COLUMN(arc, kind, type, name) \
	{arc, SNMP_FIELD_##kind, offsetof(type, name), sizeof(((type *)NULL)->name), NULL}
#define SNMP_ASK(arc, function) {arc, SNMP_FIELD_ASK, 0, 0, function}

/* A table, or a group of scalars: that is one row with the index 0. */
struct snmp_table {
	uint8_t prefix_length;
	uint8_t prefix[2]; /* group; or table and entry */
	const struct snmp_column *column; /* by ascending arc */
	size_t columns;
	size_t (*rows)(const struct gb_snmp_snapshot *snapshot);
	const void *(*row)(const struct gb_snmp_snapshot *snapshot, size_t row); /* what the columns' offsets are into */
	size_t (*index)(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc); /* ascending; returns its length */
};

/* All of them by ascending OID. tables.c, streams.c */
extern const struct snmp_table *const snmp_tables[];
extern const size_t snmp_table_count;
extern const struct snmp_table snmp_stream_table;
extern const struct snmp_table snmp_stream_scalars;

void snmp_field_value(const struct snmp_column *column, const void *row, struct snmp_value *value);
void snmp_value_text(struct snmp_value *value, const char *text);
void snmp_value_number(struct snmp_value *value, enum snmp_type type, uint64_t number);
void snmp_value_time(struct snmp_value *value, uint64_t utc_ns);
void snmp_value_address(struct snmp_value *value, struct in_addr address, bool known);
void snmp_value_addr_type(struct snmp_value *value, bool known);

/* The value of exactly OID. False if there is no such instance. */
bool snmp_tree_get(const struct gb_snmp_snapshot *snapshot, const struct snmp_oid *oid, struct snmp_value *value);

/* Whether OID begins with the name of an object, whatever instances that has: it tells noSuchInstance from noSuchObject (RFC
 * 3416, 4.2.1).
 */
bool snmp_tree_has_object(const struct snmp_oid *oid);

/* The first instance behind OID, which becomes its name. False at the end. */
bool snmp_tree_next(const struct gb_snmp_snapshot *snapshot, struct snmp_oid *oid, struct snmp_value *value);

#endif
