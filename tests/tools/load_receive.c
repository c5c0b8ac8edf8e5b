/* SPDX-License-Identifier: Apache-2.0 */
/* Latency is from the send time in the frame (CLOCK_MONOTONIC) to the kernel's receive time stamp (CLOCK_REALTIME),
 * brought to CLOCK_MONOTONIC: so it does not matter how late this process gets to read.
 */
#include "commands.h"
#include "load_frame.h"
#include "packet.h"
#include "tool.h"

#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A histogram whose classes are 1/128 of their value wide: percentiles to better than 1 %. */
#define SUB	128
#define CLASSES (64 * SUB)

#define NUMBERS_MAX (UINT64_C(1) << 32) /* frames a run; 512 MiB of bits at most */

struct receiver {
	uint64_t expect, timeout, idle;
	uint64_t received, duplicates, reordered, altered, foreign;
	uint64_t highest; /* number + 1 */
	uint64_t first_ns, last_ns; /* receive times, CLOCK_REALTIME */
	uint64_t started, last_mono;
	uint64_t max_ns, negative;
	int64_t to_mono; /* CLOCK_MONOTONIC - CLOCK_REALTIME */
	uint64_t sampled;
	uint8_t *seen; /* a bit a number */
	size_t seen_octets;
	uint64_t next[LOAD_STREAMS_MAX]; /* a stream's highest number + 1 */
	uint64_t classes[CLASSES];
};

static unsigned class_of(uint64_t ns)
{
	if (ns < SUB)
		return (unsigned)ns;
	unsigned shift = 63 - (unsigned)__builtin_clzll(ns) - 7; /* leaves 128..255 */
	return (shift + 1) * SUB + (unsigned)(ns >> shift) - SUB;
}

static double class_middle(unsigned class)
{
	if (class < SUB)
		return class;
	unsigned shift = class / SUB - 1;
	return ((double)(class % SUB + SUB) + 0.5) * (double)(UINT64_C(1) << shift);
}

static double percentile_us(const struct receiver *r, double part)
{
	uint64_t total = 0, below = 0;

	for (unsigned i = 0; i < CLASSES; i++)
		total += r->classes[i];
	for (unsigned i = 0; i < CLASSES; i++) {
		below += r->classes[i];
		if (below && (double)below >= part * (double)total)
			return class_middle(i) / 1000;
	}
	return 0;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * (int64_t)TOOL_NS_PER_S + now.tv_nsec;
}

/* The offset between the clocks, by the tightest of a few samples. It changes when the clock is stepped. */
static void sample_clocks(struct receiver *r)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 8; i++) {
		int64_t before = clock_ns(CLOCK_MONOTONIC);
		int64_t utc = clock_ns(CLOCK_REALTIME);
		int64_t after = clock_ns(CLOCK_MONOTONIC);

		if (after - before >= best)
			continue;
		best = after - before;
		r->to_mono = before + best / 2 - utc;
	}
	r->sampled = tool_mono_ns();
}

/* Whether NUMBER is seen for the first time. */
static bool mark(struct receiver *r, uint64_t number)
{
	size_t octet = (size_t)(number / 8);
	uint8_t bit = (uint8_t)(1U << number % 8);

	if (octet >= r->seen_octets) {
		size_t octets = (octet + 1) * 2 + 65536;

		r->seen = tool_grow(r->seen, octets);
		memset(r->seen + r->seen_octets, 0, octets - r->seen_octets);
		r->seen_octets = octets;
	}
	bool first = !(r->seen[octet] & bit);
	r->seen[octet] |= bit;
	return first;
}

static void take_latency(struct receiver *r, uint64_t utc_ns, uint64_t sent_ns)
{
	int64_t latency = (int64_t)utc_ns + r->to_mono - (int64_t)sent_ns;

	if (latency < 0) { /* within what the clocks can be compared to */
		r->negative++;
		latency = 0;
	}
	if ((uint64_t)latency > r->max_ns)
		r->max_ns = (uint64_t)latency;
	r->classes[class_of((uint64_t)latency)]++;
}

static void take(struct receiver *r, const struct packet_frame *frame)
{
	uint8_t expected[LOAD_FRAME_MAX];
	struct load_frame is;

	if (frame->outgoing)
		return;
	if (!load_frame_parse(frame->octets, frame->length, &is) || is.number >= NUMBERS_MAX) {
		r->foreign++;
		return;
	}
	load_frame_build(&is, expected);
	if (is.size != frame->length || memcmp(expected, frame->octets, is.size) != 0) {
		r->altered++;
		return;
	}
	if (!mark(r, is.number)) {
		r->duplicates++;
		return;
	}
	if (is.number < r->next[is.stream])
		r->reordered++;
	else
		r->next[is.stream] = is.number + 1;
	if (is.number >= r->highest)
		r->highest = is.number + 1;
	if (!r->received++)
		r->first_ns = frame->utc_ns;
	r->last_ns = frame->utc_ns;
	take_latency(r, frame->utc_ns, is.sent_ns);
}

static size_t take_all(struct receiver *r, struct packet_receiver *receiver)
{
	const struct packet_frame *frames;
	size_t count = packet_receive(receiver, &frames);

	for (size_t i = 0; i < count; i++)
		take(r, &frames[i]);
	if (!count)
		return 0;
	r->last_mono = tool_mono_ns();
	if (r->last_mono - r->sampled > TOOL_NS_PER_S)
		sample_clocks(r);
	return count;
}

static uint64_t deadline(const struct receiver *r)
{
	uint64_t at = r->timeout ? r->started + r->timeout : 0;

	if (r->idle && r->received && (!at || r->last_mono + r->idle < at))
		at = r->last_mono + r->idle;
	return at;
}

static uint64_t report(const struct receiver *r, uint64_t dropped)
{
	uint64_t wanted = r->expect > r->highest ? r->expect : r->highest;
	double seconds = (double)(r->last_ns - r->first_ns) / 1e9;

	printf("{\"received\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"reordered\":%" PRIu64
	       ",\"altered\":%" PRIu64 ",\"foreign\":%" PRIu64 ",\"receiver_dropped\":%" PRIu64
	       ",\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"rate\":%.0f}\n",
	       r->received, wanted - r->received, r->duplicates, r->reordered, r->altered, r->foreign, dropped,
	       percentile_us(r, 0.5), percentile_us(r, 0.99), percentile_us(r, 0.999), (double)r->max_ns / 1000,
	       r->received > 1 && seconds > 0 ? (double)(r->received - 1) / seconds : 0.0);
	return wanted - r->received + r->duplicates + r->reordered + r->altered + dropped;
}

int command_load_receive(int argc, char **argv)
{
	struct receiver *r = tool_alloc(sizeof(*r));
	const char *ready = NULL;
	const struct tool_option options[] = {
		{"timeout", TOOL_SECONDS, &r->timeout, "S", "end after S seconds"},
		{"idle", TOOL_SECONDS, &r->idle, "S", "end when nothing has come for S seconds after the first frame"},
		{"ready", TOOL_TEXT, &ready, "FILE", "create FILE when listening"},
		{"expect", TOOL_NUMBER, &r->expect, "N", "end after N frames; fewer are a loss"},
		{0},
	};

	tool_parse(argc, argv, "IF [options]   exit 0 if each frame came once, whole and in its stream's order", options, 1,
		   1);
	tool_catch_signals();
	struct packet_receiver *receiver = packet_open_receiver(argv[0], ETH_P_ALL, true, 64, LOAD_FRAME_MAX + 32);
	sample_clocks(r);
	r->started = tool_mono_ns();
	tool_ready(ready);
	while ((!r->expect || r->received < r->expect) && tool_readable(packet_fd(receiver), deadline(r)))
		take_all(r, receiver);
	for (uint64_t end = tool_mono_ns() + 2 * TOOL_NS_PER_S; take_all(r, receiver) && tool_mono_ns() < end;)
		;
	uint64_t bad = report(r, packet_dropped(receiver));
	packet_close_receiver(receiver);
	free(r->seen);
	free(r);
	return bad ? TOOL_FAILED : TOOL_OK;
}
