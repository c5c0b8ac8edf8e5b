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

/* Where a frame is summed up that is longer than its head, or that the ring has no room for. */
struct scratch {
	uint32_t taken;
	uint8_t octets[CHUNK];
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
	word_t zero = 0, processor = AS_KEY(bpf_get_smp_processor_id());

	e->direction = direction;
	e->state = bpf_map_lookup_elem(&state, &zero);
	if (!e->state)
		return false;
	word_t active = AS_KEY(READ_ONCE(e->state->active) & 1);
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
	word_t key = AS_KEY(direction);
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
	struct {
		uint32_t saddr, daddr; /* as in struct bpf_sock_tuple, which is longer */
		uint16_t sport, dport;
	} tuple KEY;

	WRITE_ONCE(tuple.dport, c->port); /* the first of a word is written last: see LASTING */
	WRITE_ONCE(tuple.sport, c->port);
	WRITE_ONCE(tuple.daddr, c->group);
	WRITE_ONCE(tuple.saddr, c->local);
	struct bpf_sock *socket =
		bpf_sk_lookup_udp(skb, (struct bpf_sock_tuple *)&tuple, sizeof(tuple), BPF_F_CURRENT_NETNS, 0);
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

/* Reads LENGTH octets of the packet, from AT on, to INTO, which has ROOM for so many. Returns 0 or negative errno. */
static __always_inline long load_octets(struct __sk_buff *skb, word_t at, uint8_t *into, word_t length, word_t room)
{
	length--; /* one test for both ends: of "not 0" alone Linux before 6.8 learns nothing */
	OPAQUE(length);
	if (length >= room)
		return -1;
	length++;
	return bpf_skb_load_bytes(skb, (uint32_t)at, into, (uint32_t)length);
}

/* Adds LENGTH octets of the packet, from AT on, to *SUM. They were read to OCTETS, which has ROOM for so many; but for a last
 * word that is not whole: the verifier allows no place in memory that depends on a length, unless with CAP_PERFMON, which the
 * service does not have. Returns 0 or negative errno.
 */
static __always_inline long sum_octets(struct __sk_buff *skb, word_t at, uint8_t *octets, word_t length, word_t room,
				       word_t *sum)
{
	word_t rest = length % WORD, last = 0;

	OPAQUE(length);
	if (length > room)
		return -1;
	length &= ~(word_t)(WORD - 1);
	*sum += LASTING((uint32_t)bpf_csum_diff(NULL, 0, (void *)octets, (uint32_t)length, 0));
	rest--;
	OPAQUE(rest);
	if (rest >= WORD - 1)
		return 0;
	OPAQUE(rest);
	rest = (rest & (WORD - 1)) + 1; /* also where the verifier goes the other way: see reserve */
	long error = bpf_skb_load_bytes(skb, (uint32_t)(at + length), &last, (uint32_t)rest);

	*sum += last;
	return error;
}

/* What of a frame is behind its head. */
struct rest {
	struct __sk_buff *skb;
	struct scratch *scratch;
	word_t at, end; /* octets of the packet */
	word_t sum;
	long error;
};

/* One chunk of it, for bpf_loop. Returns 1 at the end. */
static long sum_chunk(uint32_t unused, void *arg)
{
	struct rest *r = arg;

	(void)unused;
	if (r->at >= r->end)
		return 1;
	word_t at = r->at, length = r->end - at < CHUNK ? r->end - at : CHUNK;

	r->error = load_octets(r->skb, at, r->scratch->octets, length, CHUNK);
	if (!r->error)
		r->error = sum_octets(r->skb, at, r->scratch->octets, length, CHUNK, &r->sum);
	r->at += CHUNK;
	return r->error != 0;
}

/* Adds the packet's octets from AT to its END, which are what of a frame is behind its head, to *SUM. Returns 0 or negative
 * errno.
 */
static __always_inline long sum_rest(struct __sk_buff *skb, struct scratch *s, word_t at, word_t end, word_t *sum)
{
	if (at >= end)
		return 0;
	if (!s)
		return -1;
	struct rest rest = {.skb = skb, .scratch = s, .at = at, .end = end, .sum = *sum};

	bpf_loop(CHUNKS, sum_chunk, &rest, 0); /* which the verifier goes through once */
	*sum = rest.sum;
	return rest.error;
}

/* ---- a frame's head, and supervision ---- */

/* Where a frame's head is copied to and summed up. */
struct head {
	uint8_t *octets;
	word_t room;		 /* for so many octets */
	word_t length;		 /* octets of frame there */
	struct scratch *scratch; /* for what is behind it; NULL: there is nothing */
};

#define RESERVE(ring, room) bpf_ringbuf_reserve(ring, sizeof(struct gb_kernel_record) + (room), 0)

/* A record with room for all of a frame of LENGTH octets, which are at most GB_KERNEL_HEAD_MAX: that room is then the head's,
 * and what is written there early is in its place when the record is handed over. NULL: the ring is full.
 *
 * Whoever calls this has two ways from there, and no test later of whether there is a record: without CAP_PERFMON the verifier
 * follows each test that it knows the outcome of the other way as well, as a processor might that guesses, and finds there that
 * NULL is handed over.
 */
static __always_inline struct gb_kernel_record *reserve(void *ring, word_t length, struct head *h)
{
	h->length = length;
	h->scratch = NULL;
	if (length <= 128) {
		h->room = LASTING(128);
		return RESERVE(ring, 128);
	}
	if (length <= 256) {
		h->room = LASTING(256);
		return RESERVE(ring, 256);
	}
	h->room = LASTING(GB_KERNEL_HEAD_MAX);
	return RESERVE(ring, GB_KERNEL_HEAD_MAX);
}

/* A reader that waits is woken by the ring itself where it is half full. */
static __always_inline uint64_t wakes(const struct engine *e, void *ring)
{
	return e->counters->frames % RING_TURN == 0 &&
	       bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > GB_KERNEL_RING_OCTETS / 2 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

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

/* The frame was carried all the same. */
static __always_inline void count_unsupervised(const struct engine *e)
{
	e->counters->unsupervised++;
	__sync_fetch_and_add(&e->state->missed[e->direction], 1);
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
