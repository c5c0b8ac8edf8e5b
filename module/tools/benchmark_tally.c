/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_tally.h"

#include <goose-bridge/clock.h>
#include <string.h>

static uint64_t *word_of(struct benchmark_tally *tally, uint64_t number)
{
	return &tally->seen[number % BENCHMARK_WINDOW / 64];
}

static uint64_t bit_of(uint64_t number)
{
	return UINT64_C(1) << number % 64;
}

/* NUMBER is the highest so far: what it leaves out has not come. */
static void advance(struct benchmark_tally *tally, uint64_t number)
{
	if (number - tally->next >= BENCHMARK_WINDOW)
		memset(tally->seen, 0, sizeof(tally->seen));
	else
		for (uint64_t between = tally->next; between < number; between++)
			*word_of(tally, between) &= ~bit_of(between);
	tally->next = number + 1;
}

bool benchmark_tally_take(struct benchmark_tally *tally, uint64_t number, uint64_t utc_ns)
{
	bool late = number < tally->next;

	if (late && (tally->next - number > BENCHMARK_WINDOW || *word_of(tally, number) & bit_of(number))) {
		tally->counts.duplicates++;
		return false;
	}
	if (late)
		tally->counts.reordered++;
	else
		advance(tally, number);
	*word_of(tally, number) |= bit_of(number);
	if (tally->counts.received++ == 0)
		tally->counts.first_utc_ns = utc_ns;
	tally->counts.last_utc_ns = utc_ns;
	return true;
}

uint64_t benchmark_lost(const struct benchmark_counts *counts, uint64_t sent)
{
	return sent > counts->received ? sent - counts->received : 0;
}

double benchmark_rate(const struct benchmark_counts *counts)
{
	if (counts->received < 2 || counts->last_utc_ns <= counts->first_utc_ns)
		return 0;
	return (double)(counts->received - 1) * (double)GB_NS_PER_S / (double)(counts->last_utc_ns - counts->first_utc_ns);
}

/* Whole seconds apart, so that nothing overflows in 500 years of 10^9 a second. */
uint64_t benchmark_due(uint64_t rate, uint64_t elapsed_ns)
{
	return elapsed_ns / GB_NS_PER_S * rate + elapsed_ns % GB_NS_PER_S * rate / GB_NS_PER_S + 1;
}

uint64_t benchmark_due_ns(uint64_t rate, uint64_t count)
{
	uint64_t before = count ? count - 1 : 0;

	return before / rate * GB_NS_PER_S + (before % rate * GB_NS_PER_S + rate - 1) / rate;
}
