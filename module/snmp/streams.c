/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of GOOSE-BRIDGE-MIB that are of streams. */
#include "tree.h"

static size_t stream_rows(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->streams;
}

static const void *stream_row(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	return &snapshot->stream[row];
}

static size_t stream_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	arc[0] = snapshot->stream[row].index;
	return 1;
}

#define STREAM(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_stream_view, name)
static const struct snmp_column stream_columns[] = {
	STREAM(2, TEXT, key.gocb_ref),
	STREAM(3, TEXT, go_id),
	STREAM(4, TEXT, dat_set),
	STREAM(5, ENUM, key.direction),
	STREAM(6, ENUM, state),
	STREAM(7, BOOL, listed),
	STREAM(8, NUMBER, key.appid),
	STREAM(9, MAC, key.source),
	STREAM(10, MAC, key.destination),
	STREAM(11, BOOL, tagged),
	STREAM(12, NUMBER, key.vlan_id),
	STREAM(13, NUMBER, vlan_priority),
	STREAM(14, NUMBER, conf_rev),
	STREAM(15, NUMBER, st_num),
	STREAM(16, NUMBER, sq_num),
	STREAM(17, NUMBER, time_allowed_to_live_ms),
	STREAM(18, NUMBER, num_dat_set_entries),
	STREAM(19, BOOL, nds_com),
	STREAM(20, BOOL, simulation),
	STREAM(21, TIME, t_ns),
	STREAM(22, COUNT, frames),
	STREAM(23, COUNT, octets),
	STREAM(24, COUNT, state_changes),
	STREAM(25, COUNT, lost),
	STREAM(26, COUNT, out_of_order),
	STREAM(27, COUNT, duplicates),
	STREAM(28, COUNT, expirations),
	STREAM(29, COUNT, conf_rev_changes),
	STREAM(30, COUNT, decode_errors),
	STREAM(31, COUNT, restarts),
	STREAM(32, COUNT, replays_suspected),
	STREAM(33, MS, interval_ns),
	STREAM(34, TIME, first_seen_ns),
	STREAM(35, TIME, last_seen_ns),
	STREAM(36, TIME, expired_ns),
	STREAM(37, COUNT, storms),
	STREAM(38, BOOL, learned),
	STREAM(39, NUMBER, path_id),
};

const struct snmp_table snmp_stream_table = {
	.prefix_length = 2,
	.prefix = {8, 1},
	.column = stream_columns,
	.columns = sizeof(stream_columns) / sizeof(stream_columns[0]),
	.rows = stream_rows,
	.row = stream_row,
	.index = stream_index,
};

static size_t one_row(const struct gb_snmp_snapshot *snapshot)
{
	return snapshot->absent ? 0 : 1;
}

static const void *counts_row(const struct gb_snmp_snapshot *snapshot, size_t row)
{
	(void)row;
	return &snapshot->stream_counts;
}

static size_t scalar_index(const struct gb_snmp_snapshot *snapshot, size_t row, uint32_t *arc)
{
	(void)snapshot;
	(void)row;
	arc[0] = 0;
	return 1;
}

#define TOTAL(arc, kind, name) SNMP_COLUMN(arc, kind, struct gb_streams_counts, name)
static const struct snmp_column scalar_columns[] = {
	TOTAL(1, GAUGE64, streams),
	TOTAL(2, GAUGE64, by_state[GB_STREAM_EXPECTED]),
	TOTAL(3, GAUGE64, by_state[GB_STREAM_NEW]),
	TOTAL(4, GAUGE64, by_state[GB_STREAM_ACTIVE]),
	TOTAL(5, GAUGE64, by_state[GB_STREAM_TEST]),
	TOTAL(6, GAUGE64, by_state[GB_STREAM_EXPIRED]),
	TOTAL(7, COUNT, refused),
	TOTAL(8, COUNT, undecodable),
	TOTAL(9, COUNT, decode_errors),
	TOTAL(10, GAUGE64, listed),
	TOTAL(11, COUNT, reused),
};

const struct snmp_table snmp_stream_scalars = {
	.prefix_length = 1,
	.prefix = {9},
	.column = scalar_columns,
	.columns = sizeof(scalar_columns) / sizeof(scalar_columns[0]),
	.rows = one_row,
	.row = counts_row,
	.index = scalar_index,
};
