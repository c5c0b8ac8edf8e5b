/* SPDX-License-Identifier: Apache-2.0 */
/* stats/histogram: how long things took, log-linear: 16 steps to each power of two, so that a percentile is at most 1/16 (6 %)
 * above what was measured, from 16 ns to 17 s; shorter is exact, longer is counted in the last step. One writer, any reader,
 * no lock.
 */
#ifndef GOOSE_BRIDGE_HISTOGRAM_H
#define GOOSE_BRIDGE_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#define GB_HISTOGRAM_STEP_BITS 4  /* 16 steps to a power of two */
#define GB_HISTOGRAM_TOP_BITS  34 /* 2^34 ns = 17 s */
#define GB_HISTOGRAM_STEPS     ((GB_HISTOGRAM_TOP_BITS - GB_HISTOGRAM_STEP_BITS + 1) << GB_HISTOGRAM_STEP_BITS)

struct gb_histogram {
	_Atomic uint64_t count[GB_HISTOGRAM_STEPS];
	_Atomic uint64_t max_ns;
};

/* By value. All 0 if nothing was measured. A percentile is the upper end of the step that it falls into, or MAX_NS. */
struct gb_latency {
	uint64_t count;
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t p999_ns;
	uint64_t max_ns;
};

/* The step that NS falls into, and the longest time that falls into STEP. */
static inline unsigned gb_histogram_step(uint64_t ns)
{
	if (ns >> GB_HISTOGRAM_STEP_BITS == 0)
		return (unsigned)ns;
	if (ns >> GB_HISTOGRAM_TOP_BITS != 0)
		return GB_HISTOGRAM_STEPS - 1;

	unsigned exponent = 63U - (unsigned)__builtin_clzll(ns) - GB_HISTOGRAM_STEP_BITS;

	return (exponent << GB_HISTOGRAM_STEP_BITS) + (unsigned)(ns >> exponent);
}

uint64_t gb_histogram_step_end_ns(unsigned step);

/* TIMES things took NS each. */
static inline void gb_histogram_add(struct gb_histogram *histogram, uint64_t ns, uint64_t times)
{
	_Atomic uint64_t *count = &histogram->count[gb_histogram_step(ns)];

	if (times == 0)
		return;
	atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + times, memory_order_relaxed);
	if (ns > atomic_load_explicit(&histogram->max_ns, memory_order_relaxed))
		atomic_store_explicit(&histogram->max_ns, ns, memory_order_relaxed);
}

struct gb_latency gb_histogram_read(const struct gb_histogram *histogram);

/* How long the PER_MILLE (1 to 1000) thousandth parts that took least took at most, likewise. 0 if nothing was measured. */
uint64_t gb_histogram_percentile_ns(const struct gb_histogram *histogram, unsigned per_mille);

#endif
