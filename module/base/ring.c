/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/ring.h>

#include <goose-bridge/cache.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* head counts what was written, tail what was read; both only grow. The writer alone stores head, the reader alone tail. */
struct gb_ring {
	size_t size;
	size_t mask;
	_Alignas(GB_CACHE_LINE) _Atomic size_t head;
	_Alignas(GB_CACHE_LINE) _Atomic size_t tail;
	_Atomic uint64_t refused;
	_Alignas(GB_CACHE_LINE) unsigned char values[];
};

struct gb_ring *gb_ring_create(size_t size, size_t capacity)
{
	size_t slots = 1;

	while (slots < capacity)
		slots *= 2;
	size_t octets = sizeof(struct gb_ring) + slots * size;
	struct gb_ring *ring = aligned_alloc(GB_CACHE_LINE, GB_CACHE_LINES(octets));

	if (!ring)
		return NULL;
	memset(ring, 0, sizeof(*ring));
	ring->size = size;
	ring->mask = slots - 1;
	return ring;
}

void gb_ring_destroy(struct gb_ring *ring)
{
	free(ring);
}

bool gb_ring_push(struct gb_ring *ring, const void *value)
{
	size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

	if (head - atomic_load_explicit(&ring->tail, memory_order_acquire) > ring->mask) {
		atomic_fetch_add_explicit(&ring->refused, 1, memory_order_relaxed);
		return false;
	}
	memcpy(ring->values + (head & ring->mask) * ring->size, value, ring->size);
	atomic_store_explicit(&ring->head, head + 1, memory_order_release);
	return true;
}

bool gb_ring_pop(struct gb_ring *ring, void *value)
{
	size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	if (tail == atomic_load_explicit(&ring->head, memory_order_acquire))
		return false;
	memcpy(value, ring->values + (tail & ring->mask) * ring->size, ring->size);
	atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
	return true;
}

uint64_t gb_ring_refused(const struct gb_ring *ring)
{
	return atomic_load_explicit(&ring->refused, memory_order_relaxed);
}
