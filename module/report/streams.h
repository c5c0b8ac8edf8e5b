/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and latencies as JSON. There may be thousands of streams: their array is written one after the other, and never is a
 * tree of values in memory.
 */
#ifndef REPORT_STREAMS_H
#define REPORT_STREAMS_H

#include <goose-bridge/report.h>
#include <json-c/json.h>
#include <stdio.h>

/* The array of REPORT's streams, as text. */
void report_write_streams(FILE *out, const struct gb_report *report);

/* How many there are, by direction: {"to_network": {...}, "to_goose0": {...}}; NULL (null) where streams are not supervised. */
struct json_object *report_stream_counts(const struct gb_report *report);

/* {"to_network": {"residence": {...}}, "to_goose0": {"residence": {...}, "one_way": {...} or null}} */
struct json_object *report_latency(const struct gb_report_path *path);

#endif
