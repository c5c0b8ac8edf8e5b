/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the pure rooms share. */
#ifndef TEST_PURE_H
#define TEST_PURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A copy of LENGTH octets that ends where its memory ends, so that a sanitizer sees a read of one octet too many. */
static inline uint8_t *exact(const void *octets, size_t length)
{
	uint8_t *copy = malloc(length);

	assert_true(copy || length == 0);
	if (length)
		memcpy(copy, octets, length);
	return copy;
}

/* Numbers that are the same in every run (xorshift64). *STATE must not be 0. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
