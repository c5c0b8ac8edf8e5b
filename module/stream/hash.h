/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash (Aumasson and Bernstein, 2012): a keyed hash, so that nobody who does not know the key can choose streams that meet
 * in one bucket. C rounds a word and D at the end: 1 and 3 are enough for a table, 2 and 4 are what has published test values.
 */
#ifndef STREAM_HASH_H
#define STREAM_HASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct hash_state {
	uint64_t a, b, c, d;
};

static inline uint64_t hash_rotate(uint64_t word, unsigned bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void hash_round(struct hash_state *s)
{
	s->a += s->b;
	s->c += s->d;
	s->b = hash_rotate(s->b, 13) ^ s->a;
	s->d = hash_rotate(s->d, 16) ^ s->c;
	s->a = hash_rotate(s->a, 32);
	s->c += s->b;
	s->a += s->d;
	s->b = hash_rotate(s->b, 17) ^ s->c;
	s->d = hash_rotate(s->d, 21) ^ s->a;
	s->c = hash_rotate(s->c, 32);
}

static inline void hash_word(struct hash_state *s, uint64_t word, unsigned rounds)
{
	s->d ^= word;
	for (unsigned i = 0; i < rounds; i++)
		hash_round(s);
	s->a ^= word;
}

static inline uint64_t hash_octets(const uint64_t key[2], const uint8_t *octets, size_t length, unsigned c, unsigned d)
{
	struct hash_state s = {key[0] ^ UINT64_C(0x736F6D6570736575), key[1] ^ UINT64_C(0x646F72616E646F6D),
			       key[0] ^ UINT64_C(0x6C7967656E657261), key[1] ^ UINT64_C(0x7465646279746573)};
	uint64_t word;
	size_t at = 0;

	for (; length - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, octets + at, sizeof(word));
		hash_word(&s, le64toh(word), c);
	}
	word = 0;
	memcpy(&word, octets + at, length - at);
	hash_word(&s, le64toh(word) | (uint64_t)length << 56, c);
	s.c ^= 0xFF;
	for (unsigned i = 0; i < d; i++)
		hash_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

#endif
