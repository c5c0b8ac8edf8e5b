/* SPDX-License-Identifier: Apache-2.0 */
#include "nearest.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t gb_config_distance(const char *a, const char *b)
{
	/* Row i: distances between the first i octets of A and each beginning of B. A swap looks two rows back. */
	size_t rows[3][GB_CONFIG_WORD_MAX + 1];
	size_t *older = rows[0], *old = rows[1], *row = rows[2], *spare;
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > GB_CONFIG_WORD_MAX || b_length > GB_CONFIG_WORD_MAX)
		return SIZE_MAX;
	for (size_t k = 0; k <= b_length; k++)
		row[k] = k;
	for (size_t i = 1; i <= a_length; i++) {
		spare = older;
		older = old;
		old = row;
		row = spare;
		row[0] = i;
		for (size_t k = 1; k <= b_length; k++) {
			row[k] = old[k - 1] + (a[i - 1] != b[k - 1]);
			row[k] = least(row[k], least(old[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				row[k] = least(row[k], older[k - 2] + 1);
		}
	}
	return row[b_length];
}
