/* SPDX-License-Identifier: Apache-2.0 */
/* A TPACKET_V3 ring wakes its reader for a block, not for a frame, and the kernel stamps each frame when it comes: latency does
 * not depend on when this process gets to read, and reading takes little from what is measured. */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#define BLOCK	  (1 << 18)
#define BLOCKS	  512 /* 128 MiB: a third of a second at any rate */
#define BLOCK_MS  20
#define LINGER_MS 250 /* nothing for so long after the last frame was sent: the rest is lost */

void bench_receive_open(struct bench_run *r)
{
	struct tpacket_req3 ring = {.tp_block_size = BLOCK, .tp_block_nr = BLOCKS, .tp_frame_size = 2048,
				    .tp_frame_nr = BLOCK / 2048 * BLOCKS, .tp_retire_blk_tov = BLOCK_MS};
	/* A socket for GOOSE alone would be given frames without their tag. */
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	int version = TPACKET_V3, one = 1;

	r->receive_fd = bench_open(&r->to, &address.sll_ifindex);
	struct packet_mreq everything = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};

	if (setsockopt(r->receive_fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) ||
	    setsockopt(r->receive_fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)) ||
	    setsockopt(r->receive_fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof(everything)) ||
	    setsockopt(r->receive_fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		bench_die("the receiving ring: %s", strerror(errno));
	r->ring = mmap(NULL, (size_t)BLOCK * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->receive_fd, 0);
	if (r->ring == MAP_FAILED)
		bench_die("the receiving ring: %s", strerror(errno));
	if (bind(r->receive_fd, (struct sockaddr *)&address, sizeof(address)))
		bench_die("bind: %s", strerror(errno));
}

static bool take_block(struct bench_run *r, unsigned block)
{
	struct tpacket_block_desc *b = (void *)(r->ring + (size_t)block * BLOCK);
	volatile uint32_t *status = &b->hdr.bh1.block_status;

	if (!(*status & TP_STATUS_USER))
		return false;
	atomic_thread_fence(memory_order_acquire);
	const uint8_t *at = (const uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;

	for (uint32_t i = 0; i < b->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *h = (const void *)at;
		int tci = h->tp_status & TP_STATUS_VLAN_VALID ? (int)h->hv1.tp_vlan_tci : -1;

		/* the ring's frames have room for any of ours: what is longer was not sent, and is altered */
		bench_tally_take(&r->tally, &r->frame, at + h->tp_mac, h->tp_snaplen, h->tp_snaplen == h->tp_len ? tci : -1,
				 (uint64_t)h->tp_sec * BENCH_NS_PER_S + h->tp_nsec);
		at += h->tp_next_offset;
	}
	atomic_thread_fence(memory_order_release);
	*status = TP_STATUS_KERNEL;
	return true;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void bench_receive_all(struct bench_run *r)
{
	uint64_t last_ms = 0, last_received = 0;

	for (unsigned block = 0;;) {
		struct pollfd readable = {.fd = r->receive_fd, .events = POLLIN};

		if (take_block(r, block)) {
			block = (block + 1) % BLOCKS;
			continue;
		}
		poll(&readable, 1, BLOCK_MS);
		if (!atomic_load(&r->sent))
			continue;
		/* other traffic is no reason to go on waiting */
		if (!last_ms || r->tally.received != last_received) {
			last_ms = now_ms();
			last_received = r->tally.received;
		}
		if (now_ms() - last_ms > LINGER_MS || r->tally.received == r->offered)
			break;
	}
}

unsigned bench_receive_dropped(const struct bench_run *r)
{
	struct tpacket_stats_v3 kernel = {0};
	socklen_t size = sizeof(kernel);

	getsockopt(r->receive_fd, SOL_PACKET, PACKET_STATISTICS, &kernel, &size);
	return kernel.tp_drops;
}
