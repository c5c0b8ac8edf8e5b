/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_times.h"

#include <stdbool.h>
#include <stdio.h>

void benchmark_times_add(struct benchmark_times *times, uint64_t ns)
{
	if (times->count == 0 || ns < times->least_ns)
		times->least_ns = ns;
	times->count++;
	times->sum_ns += ns;
	gb_histogram_add(&times->histogram, ns, 1);
}

struct benchmark_figures benchmark_times_read(const struct benchmark_times *times)
{
	const struct gb_latency latency = gb_histogram_read(&times->histogram);

	return (struct benchmark_figures){
		.count = times->count,
		.least_ns = times->least_ns,
		.mean_ns = times->count ? times->sum_ns / times->count : 0,
		.p50_ns = latency.p50_ns,
		.p90_ns = gb_histogram_percentile_ns(&times->histogram, 900),
		.p99_ns = latency.p99_ns,
		.p999_ns = latency.p999_ns,
		.max_ns = latency.max_ns,
	};
}

static uint64_t count_of(const struct benchmark_times *times, unsigned step)
{
	return step < GB_HISTOGRAM_STEPS ? atomic_load_explicit(&times->histogram.count[step], memory_order_relaxed) : 0;
}

size_t benchmark_times_rows(const struct benchmark_times *times, unsigned merge_bits, struct benchmark_row *rows, size_t max)
{
	unsigned first = 0, last = GB_HISTOGRAM_STEPS - 1;
	size_t count;

	if (times->count == 0 || max == 0)
		return 0;
	while (count_of(times, first) == 0)
		first++;
	while (count_of(times, last) == 0)
		last--;
	while ((last >> merge_bits) - (first >> merge_bits) >= max)
		merge_bits++;
	count = (last >> merge_bits) - (first >> merge_bits) + 1;
	for (size_t i = 0; i < count; i++) {
		unsigned step = (unsigned)((first >> merge_bits) + i) << merge_bits, end = step + (1U << merge_bits);
		struct benchmark_row *row = &rows[i];

		if (end > GB_HISTOGRAM_STEPS)
			end = GB_HISTOGRAM_STEPS;
		*row = (struct benchmark_row){.from_ns = step ? gb_histogram_step_end_ns(step - 1) + 1 : 0,
					      .to_ns = gb_histogram_step_end_ns(end - 1)};
		for (; step < end; step++)
			row->count += count_of(times, step);
	}
	return count;
}

const char *benchmark_times_text(uint64_t ns, char *text, size_t size)
{
	static const char *const units[] = {"us", "ms", "s"};
	double value = (double)ns / 1000;
	size_t unit = 0;

	if (ns < 1000) {
		snprintf(text, size, "%u ns", (unsigned)ns);
		return text;
	}
	/* what would be rounded to 1000 has the next unit */
	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	snprintf(text, size, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
	return text;
}
