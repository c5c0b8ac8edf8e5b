/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/stats.h>

static const struct {
	const char *name;
	const char *help;
	unsigned number; /* of a reason */
} counters[] = {
#define X(name, help) {#name, help, 0},
	GB_COUNTERS(X)
#undef X
}, reasons[] = {
#define X(name, number, help) {#name, help, number},
	GB_DROP_REASONS(X)
#undef X
};

const char *gb_counter_name(enum gb_counter counter)
{
	return counters[counter].name;
}

const char *gb_counter_help(enum gb_counter counter)
{
	return counters[counter].help;
}

const char *gb_drop_reason_name(enum gb_drop_reason reason)
{
	return reasons[reason].name;
}

unsigned gb_drop_reason_number(enum gb_drop_reason reason)
{
	return reasons[reason].number;
}

const char *gb_drop_reason_help(enum gb_drop_reason reason)
{
	return reasons[reason].help;
}

void gb_stats_add(struct gb_totals *totals, const struct gb_stats *stats)
{
	for (size_t i = 0; i < GB_COUNTER_COUNT; i++)
		totals->counter[i] += atomic_load_explicit(&stats->counter[i], memory_order_relaxed);
	for (size_t i = 0; i < GB_DROP_REASON_COUNT; i++)
		totals->drop[i] += atomic_load_explicit(&stats->drop[i], memory_order_relaxed);

	uint64_t consecutive = atomic_load_explicit(&stats->consecutive_errors, memory_order_relaxed);

	if (consecutive > totals->consecutive_errors)
		totals->consecutive_errors = consecutive;
}

uint64_t gb_totals_drops(const struct gb_totals *totals)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < GB_DROP_REASON_COUNT; i++)
		sum += totals->drop[i];
	return sum;
}
