/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel engine: two programs that carry frames without a process in their way.
 *
 * gb_to_network is attached to the egress of goose0, gb_to_goose0 to the ingress of the network interface. What they do not
 * carry they pass on as it came: to the TAP, to the UDP socket, and so to the user engine, or to whomever else it is for. All
 * checks are made before the first octet is changed.
 */
#include "engine.h"
#include "frame.h"
#include "wire.h"

/* What bpf_skb_adjust_room leaves behind an Ethernet header at least: an IPv4 header, though there is none any more. */
#define FRAME_MIN (ETH_HLEN + IP_HEADER)

char LICENSE[] SEC("license") = "Apache-2.0";

/* ---- to the network ---- */

struct to_network {
	struct engine engine;
	struct frame frame;
	const struct top *top;
	word_t length; /* with the tag, wherever that is */
	word_t shift;  /* octets of tag that are not among the frame's */
	word_t tpid;   /* of that tag */
	word_t tci;
	word_t sequence;
	word_t send_time_ns;
};

static __always_inline word_t look_at_frame(struct __sk_buff *skb, struct to_network *t, struct top *top)
{
	if (load_octets(skb, 0, top->octets, skb->len < TOP ? skb->len : TOP, TOP))
		return NOT_FOR_US;
	word_t verdict = parse_frame(top, skb->len, &t->frame);

	t->top = top;
	t->shift = LASTING(skb->vlan_present ? TAG : 0);
	if (verdict == NOT_FOR_US || (t->shift && t->frame.tags == TAGS_MAX))
		return NOT_FOR_US;
	t->length = LASTING(skb->len + t->shift);
	if (verdict == CARRIED_HERE && t->shift) {
		t->tpid = LASTING(skb->vlan_proto);
		t->tci = LASTING(bpf_htons((uint16_t)skb->vlan_tci));
		if (!is_tag((uint16_t)t->tpid) || t->frame.tags++)
			verdict = USER_ENGINE;
	}
	return verdict;
}

static __always_inline bool fits(const struct __sk_buff *skb, const struct to_network *t)
{
	return skb->gso_size == 0 && t->length <= FRAME_MAX && t->length + PACKET_OVERHEAD <= t->engine.config->path_mtu;
}

/* What the frame's first octets become: its addresses, and the tag that was not among them. */
static __always_inline void write_tag(const struct to_network *t, uint8_t *octets)
{
	__builtin_memcpy(octets, t->top->octets, 2 * ETH_ALEN);
	*(uint16_t *)(octets + 2 * ETH_ALEN) = (uint16_t)t->tpid;
	*(uint16_t *)(octets + 2 * ETH_ALEN + sizeof(uint16_t)) = (uint16_t)t->tci;
}

/* Copies the frame's head and sums the frame up. Returns 0 or negative errno. */
static __always_inline long read_frame(struct __sk_buff *skb, const struct to_network *t, const struct head *h, word_t *sum)
{
	long error;

	if (t->shift) {
		error = load_octets(skb, 0, h->octets + TAG, h->length - TAG, h->room - TAG);
		write_tag(t, h->octets);
	} else {
		error = load_octets(skb, 0, h->octets, h->length, h->room);
	}
	if (!error)
		error = sum_octets(skb, 0 - t->shift, h->octets, h->length, h->room, sum);
	if (error)
		return error;
	return sum_rest(skb, h->scratch, h->length - t->shift, skb->len, sum);
}

static __always_inline void write_headers(struct to_network *t, struct wire *w, word_t frame_sum)
{
	const struct gb_kernel_config *c = t->engine.config;

	t->sequence = __sync_fetch_and_add(&t->engine.state->kernel_sequence, 1);
	t->send_time_ns = bpf_ktime_get_tai_ns() - (uint64_t)c->tai_offset_ns;
	__builtin_memcpy(w->ethernet.destination, c->group_mac, ETH_ALEN);
	__builtin_memcpy(w->ethernet.source, c->source_mac, ETH_ALEN);
	w->ethernet.ethertype = bpf_htons(ETH_P_IP);
	w->ip.version_ihl = IP_VERSION_IHL;
	w->ip.tos = c->tos;
	w->ip.total_length = bpf_htons((uint16_t)LASTING(t->length + PACKET_OVERHEAD));
	w->ip.id = 0;
	w->ip.fragment = IP_DF;
	w->ip.ttl = c->ttl;
	w->ip.protocol = IPPROTO_UDP;
	w->ip.check = 0;
	w->ip.source = c->local;
	w->ip.destination = c->group;
	w->ip.check = (uint16_t)~fold(sum_words(&w->ip, IP_HEADER / WORD));
	w->udp.source = w->udp.destination = c->port;
	w->udp.length = bpf_htons((uint16_t)LASTING(UDP_HEADER + DATAGRAM_OVERHEAD + t->length));
	w->udp.check = 0;
	w->native.magic = NATIVE_MAGIC;
	w->native.version = NATIVE_VERSION;
	w->native.type = NATIVE_FRAMES;
	w->native.flags = c->clock_unsynchronised; /* GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED is 1 */
	w->native.header_length = NATIVE_HEADER;
	w->native.path_id = bpf_htons(c->path_id);
	w->native.key_id = 0;
	w->native.lane = bpf_htons(GB_KERNEL_LANE);
	w->native.tag_length = w->native.reserved = 0;
	w->native.sender_id = bpf_cpu_to_be64(c->sender_id);
	w->native.epoch = bpf_cpu_to_be64(t->engine.state->epoch);
	w->native.sequence = bpf_cpu_to_be64(t->sequence);
	w->native.send_time_ns = bpf_cpu_to_be64(t->send_time_ns);
	w->frame_length = bpf_htons((uint16_t)LASTING(t->length));
	uint16_t sum = fold(pseudo_header_sum(w) + datagram_headers_sum(w) + frame_sum);

	w->udp.check = sum == 0xFFFF ? 0xFFFF : (uint16_t)~sum; /* 0 would mean that there is none */
}

/* Writes the headers, and the tag that was not among its octets, into the room before the frame. Not by way of the stack: see
 * engine.h. False: nothing can be sent any more.
 */
static __always_inline bool store_headers(struct __sk_buff *skb, struct to_network *t, word_t frame_sum)
{
	if (t->shift && bpf_skb_vlan_pop(skb)) /* it has no tag among its octets: nothing moves */
		return false;
	uint8_t *data = (uint8_t *)(long)skb->data, *end = (uint8_t *)(long)skb->data_end;

	if (data + WIRE_FRAME > end)
		return false;
	write_headers(t, (struct wire *)(data - WIRE_SHIFT), frame_sum);
	if (!t->shift)
		return true;
	if (data + WIRE_FRAME + 2 * ETH_ALEN + TAG > end)
		return false;
	write_tag(t, data + WIRE_FRAME);
	return true;
}

static __always_inline void record_sent(const struct to_network *t, struct gb_kernel_record *r, word_t head_length)
{
	r->time_ns = t->engine.now_ns;
	r->missed = READ_ONCE(t->engine.state->missed[GB_KERNEL_TO_NETWORK]);
	r->sender_id = t->engine.config->sender_id;
	r->epoch = t->engine.state->epoch;
	r->sequence = t->sequence;
	r->send_time_ns = t->send_time_ns;
	r->received_ns = 0;
	r->address = t->engine.config->local;
	r->path_id = t->engine.config->path_id;
	r->lane = GB_KERNEL_LANE;
	r->frame_length = (uint16_t)t->length;
	r->head_length = (uint16_t)head_length;
	r->flags = t->engine.config->clock_unsynchronised;
}

/* The socket of the user engine has the same (SO_PRIORITY: class selector, at most 6), and one flow for all that it sends: so
 * all datagrams take one queue of the interface. What the publisher's socket says of its frame ends here.
 */
static __always_inline void dress(struct __sk_buff *skb, const struct gb_kernel_config *c)
{
	WRITE_ONCE(skb->priority, c->tos >> 5 > 6 ? 6 : c->tos >> 5);
	WRITE_ONCE(skb->mark, 0);
	WRITE_ONCE(skb->tstamp, 0); /* no time before which it must not be sent */
	bpf_set_hash(skb, (uint32_t)c->sender_id);
}

/* USER_ENGINE: it is as it came. */
static __always_inline word_t send_frame(struct __sk_buff *skb, struct to_network *t, const struct head *h, word_t *action)
{
	word_t frame_sum = 0;

	if (read_frame(skb, t, h, &frame_sum) || bpf_skb_change_head(skb, WIRE_FRAME + t->shift, 0))
		return USER_ENGINE;
	if (!store_headers(skb, t, frame_sum)) {
		t->engine.counters->refused++;
		*action = TC_ACT_SHOT;
		return CARRIED_HERE;
	}
	dress(skb, t->engine.config);
	count_carried(&t->engine, t->length, DATAGRAM_OVERHEAD, t->frame.tags > 0, t->frame.header_whole);
	*action = (word_t)bpf_redirect(t->engine.config->network_index, 0);
	return CARRIED_HERE;
}

/* A frame that its record has room for. */
static __always_inline word_t send_whole(struct __sk_buff *skb, struct to_network *t, word_t *action)
{
	struct head head;

	if (t->length > GB_KERNEL_HEAD_MAX)
		return NO_RECORD;
	struct gb_kernel_record *record = reserve(&ring_to_network, t->length, &head);

	if (!record)
		return NO_RECORD;
	head.octets = (uint8_t *)(record + 1);
	word_t verdict = send_frame(skb, t, &head, action);

	if (*action == TC_ACT_REDIRECT) {
		record_sent(t, record, head.length);
		bpf_ringbuf_submit(record, wakes(&t->engine, &ring_to_network));
		wake(&t->engine, &ring_to_network);
	} else {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
	}
	return verdict;
}

/* What was carried, and is to be seen by supervision still. */
static __always_inline void record_sent_late(struct __sk_buff *skb, const struct to_network *t, word_t length)
{
	struct gb_kernel_record *record = RESERVE(&ring_to_network, GB_KERNEL_HEAD_MAX);

	if (!record) {
		count_unsupervised(&t->engine);
	} else if (load_octets(skb, WIRE_FRAME, (uint8_t *)(record + 1), length, GB_KERNEL_HEAD_MAX)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		count_unsupervised(&t->engine);
	} else {
		record_sent(t, record, length);
		bpf_ringbuf_submit(record, wakes(&t->engine, &ring_to_network));
	}
	wake(&t->engine, &ring_to_network);
}

/* A longer one, or one that there is no record for. */
static __always_inline word_t send_long(struct __sk_buff *skb, struct to_network *t, word_t *action)
{
	struct scratch *s = scratch_take(GB_KERNEL_TO_NETWORK);

	if (!s)
		return USER_ENGINE;
	struct head head = {.octets = s->octets, .room = LASTING(CHUNK), .scratch = s,
			    .length = LASTING(t->length < CHUNK ? t->length : CHUNK)};
	word_t verdict = send_frame(skb, t, &head, action);

	scratch_give_back(s);
	if (*action == TC_ACT_REDIRECT)
		record_sent_late(skb, t, head.length);
	return verdict;
}

SEC("tc")
int gb_to_network(struct __sk_buff *skb)
{
	struct to_network t = {0};
	struct top top = {0};
	struct gb_kernel_flow flow KEY;
	word_t verdict = look_at_frame(skb, &t, &top);
	word_t action = (word_t)PASS;

	if (verdict == NOT_FOR_US || !engine_get(&t.engine, GB_KERNEL_TO_NETWORK))
		return PASS;
	flow_of(&top, &t.frame, &flow);
	if (verdict == CARRIED_HERE &&
	    (!fits(skb, &t) || !forwarding(&t.engine) || held(skb, &t.engine, &held_to_network, &flow)))
		verdict = USER_ENGINE;
	if (verdict == CARRIED_HERE) {
		verdict = send_whole(skb, &t, &action);
		if (verdict == NO_RECORD)
			verdict = send_long(skb, &t, &action);
	}
	if (verdict == USER_ENGINE)
		hold(&t.engine, &held_to_network, &flow);
	if (verdict != CARRIED_HERE)
		t.engine.counters->passed++;
	OPAQUE(action);
	return (int)action;
}

/* ---- to goose0 ---- */

struct to_goose0 {
	struct engine engine;
	struct frame frame;
	struct wire *wire;
	struct top *top;
	word_t length; /* of the frame */
	word_t received_ns;
};

struct search {
	const struct gb_kernel_config *config;
	word_t source;
	word_t found;
};

/* One prefix, for bpf_loop. Returns 1 at the end. */
static long look_for_source(uint32_t index, void *arg)
{
	struct search *s = arg;
	word_t i = LASTING(index);

	if (i >= GB_KERNEL_SOURCES_MAX)
		return 1;
	const struct gb_kernel_prefix *prefix = &s->config->source[i];

	s->found = ((uint32_t)s->source & prefix->mask) == prefix->address;
	return (long)s->found;
}

static __always_inline bool allowed(const struct gb_kernel_config *c, uint32_t source)
{
	struct search search = {.config = c, .source = source};

	if (c->sources == 0)
		return true;
	bpf_loop(c->sources, look_for_source, &search, 0);
	return search.found;
}

static __always_inline bool is_own(const struct gb_kernel_config *c, uint32_t source)
{
	return source == c->local || (c->previous_local && source == c->previous_local);
}

/* From such addresses, and its own, the kernel takes no multicast (ip_mc_validate_source). */
static __always_inline bool can_send(const struct gb_kernel_config *c, uint32_t source)
{
	uint8_t first = (uint8_t)(bpf_ntohl(source) >> 24);

	return first != 0 && first != 127 && (first & 0xF0) != 0xE0 && source != 0xFFFFFFFF && !is_own(c, source);
}

/* A whole, unfragmented UDP datagram, and nothing else, in a packet? What the kernel puts right on its way to the socket is
 * left to it.
 */
static __always_inline word_t look_at_packet(const struct __sk_buff *skb, const struct wire *w)
{
	uint32_t there = skb->len - ETH_HLEN, packet = bpf_ntohs(w->ip.total_length), datagram = bpf_ntohs(w->udp.length);

	if (skb->gso_size != 0 || w->ip.version_ihl != IP_VERSION_IHL || (w->ip.fragment & IP_FRAGMENT))
		return USER_ENGINE;
	if (packet > there || packet < IP_HEADER + UDP_HEADER || datagram > packet - IP_HEADER || datagram < UDP_HEADER ||
	    fold(sum_words(&w->ip, IP_HEADER / WORD)) != 0xFFFF)
		return NOT_CARRIED;
	return packet == there && datagram == packet - IP_HEADER ? CARRIED_HERE : USER_ENGINE;
}

/* Is it to our group and port, of somebody who may send there? With options before it, or without it in all fragments but one,
 * the port cannot be seen.
 */
static __always_inline word_t look_at_outside(struct __sk_buff *skb, struct to_goose0 *t)
{
	const struct gb_kernel_config *c = t->engine.config;
	const struct wire *w = t->wire;

	if (bpf_skb_load_bytes(skb, 0, wire_octets(t->wire), WIRE_NATIVE) || w->ip.destination != c->group ||
	    w->ip.protocol != IPPROTO_UDP)
		return NOT_FOR_US;
	if (w->ip.version_ihl == IP_VERSION_IHL && !(w->ip.fragment & IP_FRAGMENT) && w->udp.destination != c->port)
		return NOT_FOR_US;
	FORGET();
	return allowed(c, w->ip.source) && can_send(c, w->ip.source) ? look_at_packet(skb, w) : NOT_CARRIED;
}

/* The native header (gb_native_parse), and that one frame follows it. */
static __always_inline word_t look_at_header(const struct to_goose0 *t, uint32_t body)
{
	const struct native *n = &t->wire->native;

	if (n->magic != NATIVE_MAGIC)
		return USER_ENGINE; /* legacy */
	if (n->version != NATIVE_VERSION || n->header_length < NATIVE_HEADER || n->header_length % NATIVE_UNIT || n->key_id ||
	    n->tag_length || n->sender_id == 0 || n->type > NATIVE_PIECE)
		return NOT_CARRIED; /* types above that are messages between bridges, or unknown */
	if (n->type == NATIVE_PIECE || n->header_length != NATIVE_HEADER ||
	    n->sender_id == bpf_cpu_to_be64(t->engine.config->sender_id))
		return USER_ENGINE;
	return bpf_ntohs(t->wire->frame_length) + sizeof(uint16_t) == body ? CARRIED_HERE : USER_ENGINE;
}

/* PACKET_OVERHEAD octets and a frame of FRAME_MIN are there? */
static __always_inline word_t look_at_inside(struct __sk_buff *skb, struct to_goose0 *t)
{
	uint32_t datagram = skb->len - WIRE_NATIVE;

	if (datagram < DATAGRAM_OVERHEAD || bpf_skb_load_bytes(skb, WIRE_NATIVE, &t->wire->native, DATAGRAM_OVERHEAD))
		return USER_ENGINE; /* too short for a frame, but not in the legacy format */
	word_t verdict = look_at_header(t, datagram - NATIVE_HEADER);

	if (verdict != CARRIED_HERE)
		return verdict;
	t->length = LASTING(datagram - DATAGRAM_OVERHEAD);
	if (t->length < FRAME_MIN || t->length > t->engine.config->goose0_longest ||
	    bpf_skb_load_bytes(skb, WIRE_FRAME, t->top, TOP))
		return USER_ENGINE;
	if (t->length > FRAME_MAX || parse_frame(t->top, t->length, &t->frame) != CARRIED_HERE)
		return NOT_CARRIED;
	return CARRIED_HERE;
}

/* Whether the datagram is as it was sent. The frame's head is copied in any case.
 *
 * One from this machine may never have been on a wire: then its checksum is still to be made, and the field holds the sum of
 * the pseudo header for that (CHECKSUM_PARTIAL). A damaged one passes for such as rarely as it passes for a good one: once in
 * 65536.
 */
static __always_inline word_t check_datagram(struct __sk_buff *skb, const struct to_goose0 *t, const struct head *h)
{
	const struct wire *w = t->wire;
	uint64_t pseudo = pseudo_header_sum(w);

	if (load_octets(skb, WIRE_FRAME, h->octets, h->length, h->room))
		return USER_ENGINE;
	if (w->udp.check == 0 || bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY) >= 0 || w->udp.check == fold(pseudo))
		return CARRIED_HERE;
	uint64_t sum = pseudo + datagram_headers_sum(w);

	if (sum_octets(skb, WIRE_FRAME, h->octets, h->length, h->room, &sum) ||
	    sum_rest(skb, h->scratch, WIRE_FRAME + h->length, skb->len, &sum))
		return USER_ENGINE;
	return fold(sum) == 0xFFFF ? CARRIED_HERE : NOT_CARRIED;
}

static __always_inline void record_received(const struct to_goose0 *t, struct gb_kernel_record *r, word_t head_length)
{
	const struct native *n = &t->wire->native;

	r->time_ns = t->engine.now_ns;
	r->missed = READ_ONCE(t->engine.state->missed[GB_KERNEL_TO_GOOSE0]);
	r->sender_id = bpf_be64_to_cpu(n->sender_id);
	r->epoch = bpf_be64_to_cpu(n->epoch);
	r->sequence = bpf_be64_to_cpu(n->sequence);
	r->send_time_ns = bpf_be64_to_cpu(n->send_time_ns);
	r->received_ns = t->received_ns;
	r->address = t->wire->ip.source;
	r->path_id = bpf_ntohs(n->path_id);
	r->lane = bpf_ntohs(n->lane);
	r->frame_length = (uint16_t)t->length;
	r->head_length = (uint16_t)head_length;
	r->flags = n->flags;
}

/* As if it had been written to the TAP. Its protocol, packet type and checksum state are set where it is received. */
static __always_inline void undress(struct __sk_buff *skb)
{
	WRITE_ONCE(skb->mark, 0);
	WRITE_ONCE(skb->priority, 0);
	WRITE_ONCE(skb->queue_mapping, 1); /* queue 0 */
	bpf_set_hash_invalid(skb);
}

/* USER_ENGINE, NOT_CARRIED: it is as it came. */
static __always_inline word_t deliver_frame(struct __sk_buff *skb, struct to_goose0 *t, const struct head *h, word_t *action)
{
	word_t verdict = check_datagram(skb, t, h);

	if (verdict != CARRIED_HERE)
		return verdict;
	if (!forwarding(&t->engine) || held(skb, &t->engine, &held_to_goose0, &t->wire->ip.source))
		return USER_ENGINE;
	/* out goes what is between the two Ethernet headers, and the inner one, which then takes the place of the outer one */
	if (bpf_skb_adjust_room(skb, -(int)WIRE_FRAME, BPF_ADJ_ROOM_MAC, 0))
		return USER_ENGINE;
	if (bpf_skb_store_bytes(skb, 0, t->top, ETH_HLEN, 0)) {
		t->engine.counters->refused++;
		*action = TC_ACT_SHOT;
		return CARRIED_HERE;
	}
	undress(skb);
	count_carried(&t->engine, t->length, DATAGRAM_OVERHEAD, t->frame.tags > 0, t->frame.header_whole);
	*action = (word_t)bpf_redirect(t->engine.config->goose0_index, BPF_F_INGRESS);
	return CARRIED_HERE;
}

/* A frame that its record has room for. */
static __always_inline word_t deliver_whole(struct __sk_buff *skb, struct to_goose0 *t, word_t *action)
{
	struct head head;

	if (t->length > GB_KERNEL_HEAD_MAX)
		return NO_RECORD;
	struct gb_kernel_record *record = reserve(&ring_to_goose0, t->length, &head);

	if (!record)
		return NO_RECORD;
	head.octets = (uint8_t *)(record + 1);
	word_t verdict = deliver_frame(skb, t, &head, action);

	if (*action == TC_ACT_REDIRECT) {
		record_received(t, record, head.length);
		bpf_ringbuf_submit(record, wakes(&t->engine, &ring_to_goose0));
		wake(&t->engine, &ring_to_goose0);
	} else {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
	}
	return verdict;
}

/* What was carried, and is to be seen by supervision still. */
static __always_inline void record_received_late(struct __sk_buff *skb, const struct to_goose0 *t, word_t length)
{
	struct gb_kernel_record *record = RESERVE(&ring_to_goose0, GB_KERNEL_HEAD_MAX);

	if (!record) {
		count_unsupervised(&t->engine);
	} else if (load_octets(skb, 0, (uint8_t *)(record + 1), length, GB_KERNEL_HEAD_MAX)) {
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
		count_unsupervised(&t->engine);
	} else {
		record_received(t, record, length);
		bpf_ringbuf_submit(record, wakes(&t->engine, &ring_to_goose0));
	}
	wake(&t->engine, &ring_to_goose0);
}

/* A longer one, or one that there is no record for. */
static __always_inline word_t deliver_long(struct __sk_buff *skb, struct to_goose0 *t, word_t *action)
{
	struct scratch *s = scratch_take(GB_KERNEL_TO_GOOSE0);

	if (!s)
		return USER_ENGINE;
	struct head head = {.octets = s->octets, .room = LASTING(CHUNK), .scratch = s,
			    .length = LASTING(t->length < CHUNK ? t->length : CHUNK)};
	word_t verdict = deliver_frame(skb, t, &head, action);

	scratch_give_back(s);
	if (*action == TC_ACT_REDIRECT)
		record_received_late(skb, t, head.length);
	return verdict;
}

SEC("tc")
int gb_to_goose0(struct __sk_buff *skb)
{
	word_t action = (word_t)PASS;

	if (skb->protocol != bpf_htons(ETH_P_IP) || skb->pkt_type != PACKET_MULTICAST || skb->vlan_present)
		return PASS;
	struct wire wire = {0};
	struct top top = {0};
	struct to_goose0 t = {.wire = &wire, .top = &top};

	if (!engine_get(&t.engine, GB_KERNEL_TO_GOOSE0))
		return PASS;
	word_t verdict = look_at_outside(skb, &t);

	if (verdict == NOT_FOR_US)
		return PASS;
	if (verdict == CARRIED_HERE)
		verdict = look_at_inside(skb, &t);
	if (verdict == CARRIED_HERE) {
		t.received_ns = skb->tstamp;
		verdict = deliver_whole(skb, &t, &action);
		if (verdict == NO_RECORD)
			verdict = deliver_long(skb, &t, &action);
	}
	if (verdict == USER_ENGINE)
		hold(&t.engine, &held_to_goose0, &wire.ip.source);
	if (verdict != CARRIED_HERE)
		t.engine.counters->passed++;
	OPAQUE(action);
	return (int)action;
}
