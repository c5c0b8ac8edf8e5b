/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_tally.h"

#include <string.h>

static struct diag_source *find(struct diag_tally *tally, struct in_addr address, uint32_t run)
{
	for (unsigned i = 0; i < tally->sources; i++)
		if (tally->source[i].address.s_addr == address.s_addr && tally->source[i].run == run)
			return &tally->source[i];
	return NULL;
}

static uint64_t bit_of(uint32_t sequence)
{
	return UINT64_C(1) << (sequence % 64);
}

static uint64_t *word_of(struct diag_source *s, uint32_t sequence)
{
	return &s->seen[sequence % DIAG_WINDOW / 64];
}

/* The window moves on: what comes into it was not seen yet. */
static void advance(struct diag_source *s, uint32_t sequence)
{
	if (sequence - s->highest >= DIAG_WINDOW)
		memset(s->seen, 0, sizeof(s->seen));
	else
		for (uint32_t i = s->highest + 1; i < sequence; i++)
			*word_of(s, i) &= ~bit_of(i);
	s->highest = sequence;
}

static void take_number(struct diag_source *s, uint32_t sequence)
{
	bool late = sequence <= s->highest;

	if (late && (s->highest - sequence >= DIAG_WINDOW || (*word_of(s, sequence) & bit_of(sequence)))) {
		s->duplicates++;
		return;
	}
	if (late)
		s->reordered++;
	else
		advance(s, sequence);
	if (sequence < s->first)
		s->first = sequence;
	*word_of(s, sequence) |= bit_of(sequence);
	s->received++;
}

const struct diag_source *diag_tally_take(struct diag_tally *tally, struct in_addr address, unsigned ttl,
					  const struct diag_datagram *datagram, bool *is_new)
{
	struct diag_source *s = find(tally, address, datagram->run);

	*is_new = false;
	if (datagram->total) { /* nothing is known of a run whose end is all that was heard */
		if (s)
			s->total = datagram->total;
		return s;
	}
	tally->datagrams++;
	if (!s && tally->sources == DIAG_SOURCES) {
		tally->refused++;
		return NULL;
	}
	if (s) {
		take_number(s, datagram->sequence);
	} else {
		s = &tally->source[tally->sources++];
		*s = (struct diag_source){.address = address,
					  .run = datagram->run,
					  .received = 1,
					  .first = datagram->sequence,
					  .highest = datagram->sequence,
					  .ttl_least = ttl,
					  .ttl_most = ttl};
		*word_of(s, datagram->sequence) |= bit_of(datagram->sequence);
		*is_new = true;
	}
	if (ttl < s->ttl_least)
		s->ttl_least = ttl;
	if (ttl > s->ttl_most)
		s->ttl_most = ttl;
	return s;
}

uint64_t diag_source_lost(const struct diag_source *source)
{
	uint64_t end = (uint64_t)source->highest + 1;

	if (source->total > end)
		end = source->total;
	return end - source->first - source->received;
}
