/* SPDX-License-Identifier: Apache-2.0 */
#include "tree.h"

#include <string.h>

/* As RFC 3416, 4.2.2 orders names: below 0, 0, above 0. */
static int compare(const uint32_t *a, size_t a_length, const uint32_t *b, size_t b_length)
{
	for (size_t i = 0; i < a_length && i < b_length; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return a_length < b_length ? -1 : a_length > b_length;
}

/* The first row whose index is not below (INCLUSIVE), or is above, the LENGTH arcs. */
static size_t find_row(const struct snmp_table *table, const struct gb_snmp_snapshot *snapshot, const uint32_t *arc,
		       size_t length, bool inclusive)
{
	size_t low = 0, high = table->rows(snapshot);

	while (low < high) {
		uint32_t index[SNMP_OID_MAX];
		size_t middle = low + (high - low) / 2;
		int order = compare(index, table->index(snapshot, middle, index), arc, length);

		if (order > 0 || (order == 0 && inclusive))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void read_value(const struct snmp_table *table, const struct snmp_column *column,
		       const struct gb_snmp_snapshot *snapshot, size_t row, struct snmp_value *value)
{
	if (column->ask)
		column->ask(snapshot, row, value);
	else
		snmp_field_value(column, table->row(snapshot, row), value);
}

/* The arcs of COLUMN without an index. Returns how many. */
static size_t column_name(const struct snmp_table *table, const struct snmp_column *column, uint32_t *arc)
{
	for (size_t i = 0; i < table->prefix_length; i++)
		arc[i] = table->prefix[i];
	arc[table->prefix_length] = column->arc;
	return (size_t)table->prefix_length + 1;
}

bool snmp_tree_get(const struct gb_snmp_snapshot *snapshot, const struct snmp_oid *oid, struct snmp_value *value)
{
	for (size_t t = 0; t < snmp_table_count; t++) {
		const struct snmp_table *table = snmp_tables[t];

		for (size_t c = 0; c < table->columns; c++) {
			uint32_t name[SNMP_OID_MAX], index[SNMP_OID_MAX];
			size_t length = column_name(table, &table->column[c], name);

			if (oid->length <= length || compare(name, length, oid->arc, length) != 0)
				continue;
			size_t row = find_row(table, snapshot, oid->arc + length, oid->length - length, true);

			if (row == table->rows(snapshot) ||
			    compare(index, table->index(snapshot, row, index), oid->arc + length, oid->length - length) != 0)
				return false;
			read_value(table, &table->column[c], snapshot, row, value);
			return true;
		}
	}
	return false;
}

bool snmp_tree_has_object(const struct snmp_oid *oid)
{
	for (size_t t = 0; t < snmp_table_count; t++) {
		for (size_t c = 0; c < snmp_tables[t]->columns; c++) {
			uint32_t name[SNMP_OID_MAX];
			size_t length = column_name(snmp_tables[t], &snmp_tables[t]->column[c], name);

			if (oid->length >= length && compare(name, length, oid->arc, length) == 0)
				return true;
		}
	}
	return false;
}

bool snmp_tree_next(const struct gb_snmp_snapshot *snapshot, struct snmp_oid *oid, struct snmp_value *value)
{
	for (size_t t = 0; t < snmp_table_count; t++) {
		const struct snmp_table *table = snmp_tables[t];

		for (size_t c = 0; c < table->columns; c++) {
			uint32_t name[SNMP_OID_MAX];
			size_t length = column_name(table, &table->column[c], name);
			size_t shared = oid->length < length ? oid->length : length;
			int order = compare(name, shared, oid->arc, shared);
			size_t row = 0;

			if (order < 0)
				continue; /* the whole column stands before OID */
			if (order == 0 && oid->length > length)
				row = find_row(table, snapshot, oid->arc + length, oid->length - length, false);
			if (row == table->rows(snapshot))
				continue;
			oid->length = length + table->index(snapshot, row, name + length);
			memcpy(oid->arc, name, oid->length * sizeof(name[0]));
			read_value(table, &table->column[c], snapshot, row, value);
			return true;
		}
	}
	return false;
}
