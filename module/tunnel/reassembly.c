/* SPDX-License-Identifier: Apache-2.0 */
/* Rebuilding split frames. A slot keeps which 8-octet units of its frame have come; pieces never overlap, as a sender never
 * makes them so: one that does is an attack or a fault, and its frame is given up (cf. RFC 5722 for IPv6 fragments).
 */
#include <goose-bridge/tunnel.h>

#include <stdlib.h>
#include <string.h>

#define PER_SOURCE_MAX 4
#define UNITS_MAX      ((GB_TUNNEL_FRAME_MAX + GB_NATIVE_PIECE_UNIT - 1) / GB_NATIVE_PIECE_UNIT)

enum state {
	VACANT,
	FILLING,
	DONE, /* handed out: kept for a while so that a piece that comes twice starts no new frame */
};

struct slot {
	enum state state;
	struct gb_reassembly_key key;
	uint32_t frame_id;
	uint16_t frame_length;
	size_t missing; /* octets that have not come yet */
	uint64_t since_ns;
	uint8_t unit[(UNITS_MAX + 7) / 8]; /* a bit for each that is there */
	uint8_t frame[GB_TUNNEL_FRAME_MAX];
};

struct gb_reassembly {
	unsigned slots;
	unsigned in_use; /* not VACANT */
	unsigned given_up;
	struct slot slot[];
};

struct gb_reassembly *gb_reassembly_create(unsigned slots)
{
	struct gb_reassembly *r = calloc(1, sizeof(*r) + slots * sizeof(struct slot));

	if (r)
		r->slots = slots;
	return r;
}

void gb_reassembly_destroy(struct gb_reassembly *reassembly)
{
	free(reassembly);
}

/* Who has a share: an address. A sender id costs nothing to invent. */
static bool same_source(const struct gb_reassembly_key *a, const struct gb_reassembly_key *b)
{
	return a->address == b->address;
}

static bool same_frame(const struct slot *slot, const struct gb_reassembly_key *key, uint32_t frame_id)
{
	return slot->frame_id == frame_id && same_source(&slot->key, key) &&
	       slot->key.sender_id == key->sender_id && slot->key.epoch == key->epoch &&
	       slot->key.path_id == key->path_id && slot->key.lane == key->lane;
}

static void release(struct gb_reassembly *r, struct slot *slot)
{
	slot->state = VACANT;
	r->in_use--;
}

/* Its missing pieces will not come, or there is no room to wait for them. */
static void give_up(struct gb_reassembly *r, struct slot *slot)
{
	if (slot->state == FILLING)
		r->given_up++;
	release(r, slot);
}

static void expire(struct gb_reassembly *r, uint64_t now_ns, uint64_t timeout_ns)
{
	for (unsigned i = 0; i < r->slots && r->in_use > 0; i++)
		if (r->slot[i].state != VACANT && now_ns - r->slot[i].since_ns > timeout_ns)
			give_up(r, &r->slot[i]);
}

/* Whether A is rather given up than B: what is done before what is filling, and the older one. */
static bool rather(const struct slot *a, const struct slot *b)
{
	if (!b || a->state != b->state)
		return !b || a->state == DONE;
	return a->since_ns < b->since_ns;
}

/* A free slot. A source that already has its share gives up its own oldest frame, so that one source, true or invented,
 * cannot push out the others'; with all slots taken the oldest of all goes.
 */
static struct slot *claim(struct gb_reassembly *r, const struct gb_reassembly_key *key)
{
	struct slot *vacant = NULL, *any = NULL, *own = NULL;
	unsigned share = 0;

	for (unsigned i = 0; i < r->slots; i++) {
		struct slot *slot = &r->slot[i];

		if (slot->state == VACANT) {
			vacant = slot;
			continue;
		}
		if (rather(slot, any))
			any = slot;
		if (!same_source(&slot->key, key))
			continue;
		share++;
		if (rather(slot, own))
			own = slot;
	}
	if (share >= PER_SOURCE_MAX)
		vacant = own;
	else if (!vacant)
		vacant = any;
	if (vacant->state != VACANT)
		give_up(r, vacant);
	return vacant;
}

static struct slot *find_or_start(struct gb_reassembly *r, const struct gb_reassembly_key *key,
				  const struct gb_piece *piece, uint64_t now_ns)
{
	for (unsigned i = 0; i < r->slots; i++)
		if (r->slot[i].state != VACANT && same_frame(&r->slot[i], key, piece->frame_id))
			return &r->slot[i];

	struct slot *slot = claim(r, key);

	slot->state = FILLING;
	slot->key = *key;
	slot->frame_id = piece->frame_id;
	slot->frame_length = piece->frame_length;
	slot->missing = piece->frame_length;
	slot->since_ns = now_ns;
	memset(slot->unit, 0, sizeof(slot->unit));
	r->in_use++;
	return slot;
}

/* How many of the units FIRST to LAST are there. */
static unsigned units_there(const struct slot *slot, size_t first, size_t last)
{
	unsigned count = 0;

	for (size_t u = first; u <= last; u++)
		count += slot->unit[u / 8] >> (u % 8) & 1;
	return count;
}

enum gb_reassembly_verdict gb_reassembly_add(struct gb_reassembly *reassembly, const struct gb_reassembly_key *key,
					     const struct gb_piece *piece, uint64_t now_ns, uint64_t timeout_ns,
					     const uint8_t **frame, size_t *length)
{
	expire(reassembly, now_ns, timeout_ns);

	struct slot *slot = find_or_start(reassembly, key, piece, now_ns);
	size_t first = piece->offset / GB_NATIVE_PIECE_UNIT;
	size_t last = (piece->offset + piece->length - 1) / GB_NATIVE_PIECE_UNIT;
	unsigned there = units_there(slot, first, last);

	if (slot->frame_length != piece->frame_length || (there > 0 && there != last - first + 1) ||
	    (there > 0 && memcmp(slot->frame + piece->offset, piece->octets, piece->length) != 0)) {
		release(reassembly, slot); /* said by the verdict: not counted as given up as well */
		return GB_REASSEMBLY_CONFLICT;
	}
	if (there > 0)
		return GB_REASSEMBLY_DUPLICATE;
	memcpy(slot->frame + piece->offset, piece->octets, piece->length);
	for (size_t u = first; u <= last; u++)
		slot->unit[u / 8] |= (uint8_t)(1 << (u % 8));
	slot->missing -= piece->length;
	if (slot->missing > 0)
		return GB_REASSEMBLY_PENDING;
	*frame = slot->frame;
	*length = slot->frame_length;
	slot->state = DONE;
	return GB_REASSEMBLY_WHOLE;
}

unsigned gb_reassembly_expire(struct gb_reassembly *reassembly, uint64_t now_ns, uint64_t timeout_ns)
{
	expire(reassembly, now_ns, timeout_ns);
	unsigned given_up = reassembly->given_up;

	reassembly->given_up = 0;
	return given_up;
}
