/* SPDX-License-Identifier: Apache-2.0 */
/* base/cache: memory as processors share it, by lines. What different threads write lies in different ones, and what is about
 * to be needed is asked for early, so that it costs no waiting.
 */
#ifndef GOOSE_BRIDGE_CACHE_H
#define GOOSE_BRIDGE_CACHE_H

#include <stddef.h>

#define GB_CACHE_LINE 64 /* octets, on all that this runs on; another size costs time and nothing else */

/* OCTETS, or an address, rounded up to whole lines. */
#define GB_CACHE_LINES(octets) (((octets) + GB_CACHE_LINE - 1) / GB_CACHE_LINE * GB_CACHE_LINE)

/* Has LENGTH octets at MEMORY, which need not be readable, fetched into this processor's cache. Always inlined: gcc takes a
 * function that does nothing else for one without effect, and leaves calls of it out.
 */
static inline __attribute__((always_inline)) void gb_prefetch(const void *memory, size_t length)
{
	for (size_t at = 0; at < length; at += GB_CACHE_LINE)
		__builtin_prefetch((const char *)memory + at);
}

#endif
