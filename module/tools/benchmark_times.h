/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: how long things took, in figures and as rows of a histogram. Pure. */
#ifndef TOOLS_BENCHMARK_TIMES_H
#define TOOLS_BENCHMARK_TIMES_H

#include <goose-bridge/histogram.h>
#include <stddef.h>
#include <stdint.h>

/* Begin with all zero. */
struct benchmark_times {
	struct gb_histogram histogram;
	uint64_t count;
	uint64_t sum_ns;
	uint64_t least_ns;
};

/* All 0 if nothing was measured. Percentiles are at most 1/16 above the truth; the others are exact. */
struct benchmark_figures {
	uint64_t count;
	uint64_t least_ns, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns;
};

struct benchmark_row {
	uint64_t from_ns, to_ns; /* both included */
	uint64_t count;
};

void benchmark_times_add(struct benchmark_times *times, uint64_t ns);
struct benchmark_figures benchmark_times_read(const struct benchmark_times *times);

/* The steps from the first to the last in which something lies, 2^n of them in a row, n as small as at least MERGE_BITS lets
 * and MAX rows take. Returns how many there are.
 */
size_t benchmark_times_rows(const struct benchmark_times *times, unsigned merge_bits, struct benchmark_row *rows, size_t max);

/* NS with three digits and a unit: "950 ns", "34.8 us", "1.25 ms", "12.0 s". Returns TEXT, for which 24 octets are enough. */
const char *benchmark_times_text(uint64_t ns, char *text, size_t size);

#endif
