/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: loss, order and copies in numbers that count from 0, and when which number is due. Pure. */
#ifndef TOOLS_BENCHMARK_TALLY_H
#define TOOLS_BENCHMARK_TALLY_H

#include "benchmark_frame.h"

#define BENCHMARK_WINDOW 65536 /* numbers; one that is later than this counts as a copy */

struct benchmark_tally {
	struct benchmark_counts counts;
	uint64_t next; /* one above the highest number that came; 0 = none came */
	uint64_t seen[BENCHMARK_WINDOW / 64];
};

/* NUMBER came at UTC_NS. Whether it came for the first time. */
bool benchmark_tally_take(struct benchmark_tally *tally, uint64_t number, uint64_t utc_ns);

/* How many of SENT have not come. */
uint64_t benchmark_lost(const struct benchmark_counts *counts, uint64_t sent);

/* Frames a second between the first and the last that came; 0 where fewer than two came. */
double benchmark_rate(const struct benchmark_counts *counts);

/* How many are due ELAPSED_NS after the start at RATE a second, the first at once; and when that many are. */
uint64_t benchmark_due(uint64_t rate, uint64_t elapsed_ns);
uint64_t benchmark_due_ns(uint64_t rate, uint64_t count);

#endif
