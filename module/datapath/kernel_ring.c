/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_ring.h"

#include <errno.h>
#include <goose-bridge/cache.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT 8 /* of records, headers included */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

int kernel_ring_open(struct kernel_ring *ring, int fd, size_t size)
{
	size_t page = page_size();
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (consumer == MAP_FAILED)
		return -errno;
	void *pages = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);

	if (pages == MAP_FAILED) {
		int error = -errno;

		munmap(consumer, page);
		return error;
	}
	*ring = (struct kernel_ring){.fd = fd, .size = size, .consumer = consumer, .producer = pages,
				     .data = (const uint8_t *)pages + page, .pages = pages};
	ring->last = ring->next = *ring->consumer;
	return 0;
}

void kernel_ring_close(struct kernel_ring *ring)
{
	if (!ring->consumer)
		return;
	munmap(ring->consumer, page_size());
	munmap(ring->pages, page_size() + 2 * ring->size);
	ring->consumer = NULL;
}

/* What stands before a record: its length with two bits, then where its page is. Acquired: the record was written before. */
static uint32_t header_at(const struct kernel_ring *ring, uint64_t position)
{
	return __atomic_load_n((const uint32_t *)(const void *)(ring->data + (position & (ring->size - 1))), __ATOMIC_ACQUIRE);
}

const void *kernel_ring_next(struct kernel_ring *ring, size_t *length)
{
	uint64_t written;

	while (ring->next < (written = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE))) {
		uint64_t position = ring->next;
		uint32_t header = header_at(ring, position);

		if (header & BPF_RINGBUF_BUSY_BIT) /* a program is writing it */
			return NULL;
		*length = header & ~BPF_RINGBUF_DISCARD_BIT;
		ring->last = position;
		ring->next += (*length + BPF_RINGBUF_HDR_SZ + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		/* the next, if it is as long: another processor has its lines, which one by one would be waited for */
		if (ring->next + *length <= written)
			gb_prefetch(ring->data + (ring->next & (ring->size - 1)), *length);
		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			return ring->data + (position & (ring->size - 1)) + BPF_RINGBUF_HDR_SZ;
	}
	return NULL;
}

void kernel_ring_release(struct kernel_ring *ring)
{
	__atomic_store_n(ring->consumer, ring->next, __ATOMIC_RELEASE);
}

void kernel_ring_release_but_last(struct kernel_ring *ring)
{
	__atomic_store_n(ring->consumer, ring->last, __ATOMIC_RELEASE);
}

void kernel_ring_skip(struct kernel_ring *ring)
{
	size_t length;

	while (kernel_ring_next(ring, &length))
		;
	kernel_ring_release(ring);
}
