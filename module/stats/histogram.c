/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/histogram.h>

#define STEPS_PER_POWER (1U << GB_HISTOGRAM_STEP_BITS)

uint64_t gb_histogram_step_end_ns(unsigned step)
{
	if (step < STEPS_PER_POWER)
		return step;

	unsigned exponent = (step >> GB_HISTOGRAM_STEP_BITS) - 1;
	uint64_t first = (uint64_t)(STEPS_PER_POWER + (step & (STEPS_PER_POWER - 1))) << exponent;

	return first + (UINT64_C(1) << exponent) - 1;
}

/* How long the PER_MILLE thousandth parts of COUNT that took least took at most. */
static uint64_t percentile(const uint64_t *counts, uint64_t count, unsigned per_mille, uint64_t max_ns)
{
	uint64_t wanted = count - count / 1000 * (1000 - per_mille) - count % 1000 * (1000 - per_mille) / 1000;
	uint64_t seen = 0;

	for (unsigned step = 0; step < GB_HISTOGRAM_STEPS; step++) {
		seen += counts[step];
		if (seen < wanted)
			continue;
		uint64_t end = gb_histogram_step_end_ns(step);

		return end < max_ns && step < GB_HISTOGRAM_STEPS - 1 ? end : max_ns;
	}
	return max_ns;
}

/* A copy, so that all percentiles are of the same measurements though the writer goes on. Returns how many there are. */
static uint64_t copy_counts(const struct gb_histogram *histogram, uint64_t counts[GB_HISTOGRAM_STEPS])
{
	uint64_t count = 0;

	for (unsigned step = 0; step < GB_HISTOGRAM_STEPS; step++) {
		counts[step] = atomic_load_explicit(&histogram->count[step], memory_order_relaxed);
		count += counts[step];
	}
	return count;
}

struct gb_latency gb_histogram_read(const struct gb_histogram *histogram)
{
	uint64_t counts[GB_HISTOGRAM_STEPS];
	struct gb_latency latency = {.count = copy_counts(histogram, counts)};

	if (latency.count == 0)
		return latency;
	latency.max_ns = atomic_load_explicit(&histogram->max_ns, memory_order_relaxed);
	latency.p50_ns = percentile(counts, latency.count, 500, latency.max_ns);
	latency.p99_ns = percentile(counts, latency.count, 990, latency.max_ns);
	latency.p999_ns = percentile(counts, latency.count, 999, latency.max_ns);
	return latency;
}

uint64_t gb_histogram_percentile_ns(const struct gb_histogram *histogram, unsigned per_mille)
{
	uint64_t counts[GB_HISTOGRAM_STEPS], count = copy_counts(histogram, counts);

	return count ? percentile(counts, count, per_mille, atomic_load_explicit(&histogram->max_ns, memory_order_relaxed)) : 0;
}
