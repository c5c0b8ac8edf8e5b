/* SPDX-License-Identifier: Apache-2.0 */
/* config/nearest: how far a misspelt word is from a known one. */
#ifndef GOOSE_BRIDGE_CONFIG_NEAREST_H
#define GOOSE_BRIDGE_CONFIG_NEAREST_H

#include <stddef.h>

#define GB_CONFIG_WORD_MAX 63 /* octets of a word that is compared at all */

/* How many octets have to be put in, taken out, changed, or swapped with their neighbour to make A into B.
 * SIZE_MAX if either is longer than GB_CONFIG_WORD_MAX.
 */
size_t gb_config_distance(const char *a, const char *b);

#endif
