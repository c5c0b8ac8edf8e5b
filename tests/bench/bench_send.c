/* SPDX-License-Identifier: Apache-2.0 */
/* PACKET_QDISC_BYPASS goes past the interface's queueing discipline and tc's egress hook: a design that takes frames there
 * needs --queue, as a publisher sends. Measured with and without it, medians of 5 or 6 loads flat out in turn: a veth pair 1.32
 * and 1.31 million frames/s, a TAP's bridge and VXLAN the same within the spread; latency, too. A TAP that is full refuses a
 * frame with the bypass (ENOBUFS, a system call each), and drops it in silence without, so that more is "offered".
 *
 * A PACKET_TX_RING would save system calls, but a veth pair and a TAP give a slot of it back while the frame in it has not been
 * read yet: the next frame's numbers would alter it. */
#include "bench.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#define BATCH	 64
#define SLICE_NS 100000 /* at higher rates, what is due in this time is sent together; nothing spins */

void bench_send_open(struct bench_run *r)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET};
	int octets = 8 << 20, one = 1;

	r->send_fd = bench_open(&r->from, &address.sll_ifindex);
	setsockopt(r->send_fd, SOL_SOCKET, SO_SNDBUFFORCE, &octets, sizeof(octets));
	if (!r->queue && setsockopt(r->send_fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		bench_die("PACKET_QDISC_BYPASS: %s", strerror(errno));
	if (bind(r->send_fd, (struct sockaddr *)&address, sizeof(address)))
		bench_die("bind: %s", strerror(errno));
}

static void send_batch(struct bench_run *r, struct mmsghdr *messages, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		int n = sendmmsg(r->send_fd, messages + done, count - done, 0);

		if (n > 0) {
			done += (unsigned)n;
		} else if (errno == ENOBUFS) {
			r->refused++;
			done++;
		} else if (errno != EINTR) {
			bench_die("send: %s", strerror(errno));
		}
	}
}

/* Sends numbers from 0 on until the time is up; how many there were. */
static uint64_t send_until_end(struct bench_run *r, uint8_t octets[][BENCH_OCTETS_MAX], struct mmsghdr *messages)
{
	uint64_t number = 0, start = bench_clock_ns(CLOCK_MONOTONIC), now;

	while ((now = bench_clock_ns(CLOCK_MONOTONIC)) - start < r->duration_ns && number < r->tally.capacity) {
		/* Frame n is due n/rate seconds after the start; whoever was held up sends what is overdue at once. */
		uint64_t due = r->rate ? (now - start) * r->rate / BENCH_NS_PER_S + 1 : UINT64_MAX;

		if (due <= number) {
			uint64_t next = start + (number * BENCH_NS_PER_S + r->rate - 1) / r->rate;

			bench_sleep_until(next - now < SLICE_NS && BENCH_NS_PER_S / r->rate < SLICE_NS ? now + SLICE_NS : next);
			continue;
		}
		uint64_t count = due - number < BATCH ? due - number : BATCH;

		if (count > r->tally.capacity - number)
			count = r->tally.capacity - number;
		uint64_t utc = bench_clock_ns(CLOCK_REALTIME);

		for (unsigned i = 0; i < count; i++)
			bench_frame_number(&r->frame, octets[i], number++, utc);
		send_batch(r, messages, (unsigned)count);
	}
	r->sending_ns = bench_clock_ns(CLOCK_MONOTONIC) - start;
	return number;
}

void *bench_send_all(void *arg)
{
	static uint8_t octets[BATCH][BENCH_OCTETS_MAX];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec parts[BATCH];
	struct bench_run *r = arg;

	/* A frame is made once, and only its numbers change. */
	for (unsigned i = 0; i < BATCH; i++) {
		memcpy(octets[i], r->frame.octets, r->frame.size);
		parts[i] = (struct iovec){octets[i], r->frame.size};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
	}
	prctl(PR_SET_TIMERSLACK, 1);
	atomic_store(&r->offered, send_until_end(r, octets, messages));
	atomic_store(&r->sent, true);
	return NULL;
}
