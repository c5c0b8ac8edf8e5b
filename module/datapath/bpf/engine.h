/* SPDX-License-Identifier: Apache-2.0 */
/* What both programs have in common: their maps, which flows they leave alone, what they tell supervision. */
#ifndef DATAPATH_BPF_ENGINE_H
#define DATAPATH_BPF_ENGINE_H

#include "types.h"

#define CHUNK	   GB_KERNEL_HEAD_MAX /* octets that are summed together: as many as older kernels can (6.12 and before) */
#define CHUNKS	   18		      /* FRAME_MAX in chunks, without the head */
#define WORD	   ((uint32_t)sizeof(uint32_t))
#define SETTLED_NS 50000 /* what was passed on is in the queue of whoever reads it after such a time */
#define RING_TURN  32	 /* so many records pass until it is looked again how full the ring is; a power of two */
#define CAS_TRIES  8

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, uint32_t);
	__type(value, struct gb_kernel_config);
} config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* set to the number of possible processors before it is made */
	__type(key, uint32_t);
	__type(value, struct gb_kernel_counters);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct gb_kernel_state);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GB_KERNEL_HELD_MAX);
	__type(key, struct gb_kernel_flow);
	__type(value, uint64_t);
} held_to_network SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, GB_KERNEL_HELD_MAX);
	__type(key, uint32_t);
	__type(value, uint64_t);
} held_to_goose0 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GB_KERNEL_RING_OCTETS);
} ring_to_network SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, GB_KERNEL_RING_OCTETS);
} ring_to_goose0 SEC(".maps");

/* Where a frame is summed up, and its record made. */
struct scratch {
	uint32_t taken;
	uint32_t length; /* see any_length */
	struct gb_kernel_record record;
	uint8_t head[GB_KERNEL_HEAD_MAX + 8]; /* behind the record, as in the ring; its last word may reach over the end */
	uint8_t chunk[CHUNK + 8];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, GB_KERNEL_DIRECTIONS);
	__type(key, uint32_t);
	__type(value, struct scratch);
} scratch SEC(".maps");

/* What a program works with while it has a frame. */
struct engine {
	enum gb_kernel_direction direction;
	struct gb_kernel_state *state;
	const struct gb_kernel_config *config;
	struct gb_kernel_direction_counters *counters;
	uint64_t now_ns;
};

/* False only where a map is not what it should be. */
static __always_inline bool engine_get(struct engine *e, enum gb_kernel_direction direction)
{
	uint32_t zero = 0, processor = bpf_get_smp_processor_id();

	e->direction = direction;
	e->state = bpf_map_lookup_elem(&state, &zero);
	if (!e->state)
		return false;
	uint32_t active = READ_ONCE(e->state->active) & 1;
	struct gb_kernel_counters *own = bpf_map_lookup_elem(&counters, &processor);

	e->config = bpf_map_lookup_elem(&config, &active);
	if (!e->config || !own)
		return false;
	e->counters = &own->direction[direction];
	e->now_ns = bpf_ktime_get_ns();
	return true;
}

/* A kernel with preemption everywhere may interrupt a program by another one on the same processor: then NULL. */
static __always_inline struct scratch *scratch_take(enum gb_kernel_direction direction)
{
	uint32_t key = direction;
	struct scratch *s = bpf_map_lookup_elem(&scratch, &key);

	return s && __sync_lock_test_and_set(&s->taken, 1) == 0 ? s : NULL;
}

static __always_inline void scratch_give_back(struct scratch *s)
{
	*(volatile uint32_t *)&s->taken = 0;
}

/* ---- who carries ---- */

static __always_inline bool forwarding(const struct engine *e)
{
	int64_t silent = (int64_t)(e->now_ns - READ_ONCE(e->state->heartbeat_ns)); /* it may have come since NOW_NS */

	return e->config->forward[e->direction] && silent <= (int64_t)e->config->unattended_ns;
}

/* Whether nothing can be under way any more of what went to the user engine at LAST_NS. */
static __always_inline bool settled(const struct engine *e, uint64_t last_ns)
{
	return (int64_t)(e->now_ns - last_ns) > (int64_t)e->config->hold_ns ||
	       READ_ONCE(e->state->drained_ns[e->direction]) > last_ns + SETTLED_NS;
}

/* Whether the process is there to which frames go: its socket ends with it, however it ends. */
static __noinline bool attended(struct __sk_buff *skb, const struct gb_kernel_config *c)
{
	struct bpf_sock_tuple tuple = {.ipv4 = {.saddr = c->local, .daddr = c->group, .sport = c->port, .dport = c->port}};
	struct bpf_sock *socket = bpf_sk_lookup_udp(skb, &tuple, sizeof(tuple.ipv4), BPF_F_CURRENT_NETNS, 0);
	uint32_t there = 0;

	if (socket) {
		bpf_sk_release(socket);
		there = 1;
	}
	OPAQUE(there); /* not looked up in the pointer, which is gone */
	return there;
}

/* FLOW's frames go to the user engine, as one of them did a moment ago. Where nobody is, nothing can be overtaken: it would
 * only be lost with that one, for as long as it goes on.
 */
static __always_inline bool held(struct __sk_buff *skb, const struct engine *e, void *map, const void *flow)
{
	if (settled(e, READ_ONCE(e->state->held_ns[e->direction]))) /* whatever the flow is */
		return false;
	const uint64_t *last_ns = bpf_map_lookup_elem(map, flow);

	if (!last_ns)
		return false;
	if (!settled(e, READ_ONCE(*last_ns)))
		return attended(skb, e->config);
	bpf_map_delete_elem(map, flow);
	return false;
}

/* What follows of FLOW goes to the user engine, too. */
static __always_inline void hold(const struct engine *e, void *map, const void *flow)
{
	uint64_t *latest = &e->state->held_ns[e->direction], now = e->now_ns;

	bpf_map_update_elem(map, flow, &now, BPF_ANY);
	/* other processors do the same: it never goes back */
	for (int i = 0; i < CAS_TRIES; i++) {
		uint64_t seen = READ_ONCE(*latest);

		if (seen >= now || __sync_val_compare_and_swap(latest, seen, now) == seen)
			break;
	}
}

/* ---- octets ---- */

/* LENGTH, of which the verifier knows nothing any more. Without CAP_PERFMON it has a pointer moved by a constant on all ways to
 * an instruction, or on none of them; and it goes fewer ways.
 */
static __always_inline uint32_t any_length(struct scratch *s, uint32_t length)
{
	WRITE_ONCE(s->length, length);
	return READ_ONCE(s->length);
}

/* Reads LENGTH octets of the packet, from AT on, to INTO, which has ROOM for so many and 8 more. Behind them is 0 up to a
 * multiple of 4. Returns 0 or negative errno.
 */
static __always_inline long load_words(struct __sk_buff *skb, uint32_t at, uint8_t *into, uint32_t length, uint32_t room)
{
	OPAQUE(length);
	if (length == 0 || length > room)
		return -1;
	*(uint32_t *)(into + (length & ~(WORD - 1))) = 0;
	return bpf_skb_load_bytes(skb, at, into, length);
}

static __always_inline uint64_t sum_octets(uint8_t *octets, uint32_t length, uint32_t room)
{
	OPAQUE(length);
	if (length > room)
		return 0;
	return (uint32_t)bpf_csum_diff(NULL, 0, (void *)octets, (length + WORD - 1) & ~(WORD - 1), 0);
}

/* What of a frame is behind its head. */
struct rest {
	struct __sk_buff *skb;
	struct scratch *s;
	uint32_t at, end; /* octets of the packet */
	uint64_t sum;
	long error;
};

/* One chunk of it. Returns 1 to end the loop. */
static long sum_chunk(uint32_t i, void *arg)
{
	struct rest *r = arg;
	(void)i;

	if (r->at >= r->end)
		return 1;
	uint32_t length = any_length(r->s, r->end - r->at < CHUNK ? r->end - r->at : CHUNK);

	r->error = load_words(r->skb, r->at, r->s->chunk, length, CHUNK);
	if (r->error)
		return 1;
	r->sum += sum_octets(r->s->chunk, length, CHUNK);
	r->at += CHUNK;
	return 0;
}

/* Adds what of a frame is behind its head, the octets from AT to the packet's END, to *SUM. Returns 0 or negative errno. */
static __always_inline long sum_rest(struct __sk_buff *skb, struct scratch *s, uint32_t at, uint32_t end, uint64_t *sum)
{
	struct rest rest = {.skb = skb, .s = s, .at = at, .end = end, .sum = *sum};

	if (at < end)
		bpf_loop(CHUNKS, sum_chunk, &rest, 0);
	*sum = rest.sum;
	return rest.error;
}

/* ---- supervision ---- */

/* Wakes a reader that waits. It looked, after it had said so, before the record was there, or finds it. */
static __always_inline void wake(const struct engine *e, void *ring)
{
	uint32_t *waiting = &e->state->waiting[e->direction];

	if (!READ_ONCE(*waiting))
		return;
	void *none = bpf_ringbuf_reserve(ring, sizeof(uint64_t), 0);

	if (none)
		bpf_ringbuf_discard(none, __sync_lock_test_and_set(waiting, 0) ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

/* Hands the record in S over, with LENGTH octets of frame. The frame is carried, whether there is room for that or not. */
static __always_inline void tell(const struct engine *e, void *ring, struct scratch *s, uint32_t length)
{
	uint64_t flags = BPF_RB_NO_WAKEUP;

	if (e->counters->frames % RING_TURN == 0 && bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > GB_KERNEL_RING_OCTETS / 2)
		flags = BPF_RB_FORCE_WAKEUP;
	s->record.missed = READ_ONCE(e->state->missed[e->direction]);
	OPAQUE(length);
	if (length > GB_KERNEL_HEAD_MAX)
		return;
	if (bpf_ringbuf_output(ring, &s->record, sizeof(s->record) + length, flags) < 0) {
		e->counters->unsupervised++;
		__sync_fetch_and_add(&e->state->missed[e->direction], 1);
	}
	wake(e, ring);
}

static __always_inline void count_carried(const struct engine *e, uint32_t length, uint32_t overhead, bool tagged, bool whole)
{
	struct gb_kernel_direction_counters *c = e->counters;

	c->frames++;
	c->frame_octets += length;
	c->datagram_octets += length + overhead;
	c->tagged += tagged;
	c->undecodable += !whole;
}

#endif
