/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <errno.h>
#include <stdlib.h>

#define OCTAVE_BITS 7

int bench_tally_make(struct bench_tally *t, uint64_t capacity)
{
	*t = (struct bench_tally){.capacity = capacity, .seen = calloc(capacity / 8 + 1, 1)};
	return t->seen ? 0 : -ENOMEM;
}

void bench_tally_free(struct bench_tally *t)
{
	free(t->seen);
	t->seen = NULL;
}

/* Values below 128 have a bucket each, those of every octave above share 128. */
static unsigned bucket_of(uint32_t ns)
{
	if (ns >> OCTAVE_BITS == 0)
		return ns;
	unsigned shift = 31 - OCTAVE_BITS - (unsigned)__builtin_clz(ns);

	return (shift << OCTAVE_BITS) + (ns >> shift);
}

/* The middle of a bucket. */
static double ns_of(unsigned bucket)
{
	if (bucket >> OCTAVE_BITS == 0)
		return bucket;
	unsigned shift = (bucket >> OCTAVE_BITS) - 1;
	uint64_t width = UINT64_C(1) << shift;

	return (double)((bucket - ((uint64_t)shift << OCTAVE_BITS)) * width) + (double)(width - 1) / 2;
}

void bench_tally_latency(struct bench_tally *t, uint64_t ns)
{
	t->received++;
	if (ns > t->latency_max_ns)
		t->latency_max_ns = ns;
	t->latency[bucket_of(ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX)]++;
}

void bench_tally_take(struct bench_tally *t, const struct bench_frame *frame, const uint8_t *octets, size_t size, int tci,
		      uint64_t at_ns)
{
	uint64_t number, sent_ns;

	if (!bench_frame_is_goose(octets, size)) {
		t->foreign++;
	} else if (!bench_frame_read(frame, octets, size, tci, &number, &sent_ns) || number >= t->capacity) {
		t->altered++;
	} else if (t->seen[number / 8] & 1 << number % 8) {
		t->duplicates++;
	} else {
		t->seen[number / 8] |= (uint8_t)(1 << number % 8);
		if (number < t->next)
			t->reordered++;
		else
			t->next = number + 1;
		bench_tally_latency(t, at_ns > sent_ns ? at_ns - sent_ns : 0);
	}
}

double bench_tally_latency_us(const struct bench_tally *t, double part)
{
	if (t->received == 0)
		return 0;
	uint64_t before = (uint64_t)(part * (double)(t->received - 1)), count = 0;

	if (part >= 1)
		return (double)t->latency_max_ns / 1e3;
	for (unsigned i = 0; i < BENCH_BUCKETS; i++) {
		count += t->latency[i];
		if (count > before)
			return ns_of(i) / 1e3;
	}
	return (double)t->latency_max_ns / 1e3;
}
