/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include "tool.h"

#include <string.h>

static size_t below(uint64_t *state, size_t limit)
{
	return limit ? (size_t)(tool_random(state) % limit) : 0;
}

static void flip_bits(uint8_t *octets, size_t length, uint64_t *state)
{
	for (size_t n = 1 + below(state, 8); n > 0 && length; n--)
		octets[below(state, length)] ^= (uint8_t)(1U << below(state, 8));
}

/* Length, type, count, offset: whatever field of 1, 2 or 4 octets stands there, it gets a value at or past an edge. */
static void set_field(uint8_t *octets, size_t length, uint64_t *state)
{
	static const uint32_t edges[] = {0, 1, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF,
					 0xFFFFFFFF};
	size_t size = (size_t)1 << below(state, 3);

	if (length < size)
		return;
	size_t at = below(state, length - size + 1);
	uint32_t value = edges[below(state, sizeof(edges) / sizeof(edges[0]))];
	if (below(state, 3) == 0) {
		value = 0;
		for (size_t i = 0; i < size; i++)
			value = value << 8 | octets[at + i];
		value += (uint32_t)below(state, 5) - 2;
	}
	for (size_t i = size; i-- > 0; value >>= 8)
		octets[at + i] = (uint8_t)value;
}

static size_t extend(uint8_t *octets, size_t length, uint64_t *state)
{
	size_t more = 1 + below(state, below(state, 4) ? 16 : MUTANT_MAX);

	if (more > MUTANT_MAX - length)
		more = MUTANT_MAX - length;
	for (size_t i = 0; i < more; i++)
		octets[length + i] = (uint8_t)tool_random(state);
	return length + more;
}

/* A stretch of another seed over this one. */
static void splice(uint8_t *octets, size_t length, const struct frames *seeds, uint64_t *state)
{
	const struct frame *other = &seeds->at[below(state, seeds->count)];
	size_t shorter = other->length < length ? other->length : length;
	size_t from = below(state, shorter);

	if (shorter)
		memcpy(octets + from, other->octets + from, below(state, shorter - from) + 1);
}

size_t mutate(const struct frames *seeds, uint64_t *state, uint8_t *octets)
{
	const struct frame *seed = &seeds->at[below(state, seeds->count)];
	size_t length = seed->length < MUTANT_MAX ? seed->length : MUTANT_MAX;

	memcpy(octets, seed->octets, length);
	for (size_t n = 1 + below(state, 3); n > 0; n--) {
		switch (below(state, 7)) {
		case 0:
		case 1:
			flip_bits(octets, length, state);
			break;
		case 6: /* versions, types and flags stand early and are small numbers */
			if (length)
				octets[below(state, length < 64 ? length : 64)] = (uint8_t)below(state, 8);
			break;
		case 2:
			set_field(octets, length, state);
			break;
		case 3:
			length = below(state, length + 1);
			break;
		case 4:
			length = extend(octets, length, state);
			break;
		default:
			splice(octets, length, seeds, state);
			break;
		}
	}
	return length;
}
