/* SPDX-License-Identifier: Apache-2.0 */
/* When to look at which stream: a wheel of 1,024 slots of 8.4 ms. A stream stands in the slot of a deadline that it once had;
 * when its turn comes it moves on to that of the deadline it has by then, or has expired. So a message costs nothing here, but
 * where it brings an earlier deadline. One that is further off than a turn of the wheel is looked at once a turn.
 */
#include "stream_private.h"

static uint64_t tick_end_ns(uint64_t tick)
{
	return (tick + 1) << WHEEL_TICK_SHIFT;
}

void wheel_remove(struct gb_streams *streams, struct stream *s)
{
	unsigned slot = s->tick % WHEEL_SLOTS;

	if (s->tick == 0)
		return;
	if (s->before)
		stream_at(streams, s->before)->after = s->after;
	else
		streams->slot[slot] = s->after;
	if (s->after)
		stream_at(streams, s->after)->before = s->before;
	if (streams->slot[slot] == NONE)
		streams->filled[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	s->before = s->after = NONE;
	s->tick = 0;
	streams->waiting--;
}

static void insert(struct gb_streams *streams, struct stream *s, uint64_t tick)
{
	unsigned slot = tick % WHEEL_SLOTS;
	uint32_t first = streams->slot[slot];

	s->tick = tick;
	s->before = NONE;
	s->after = first;
	if (first)
		stream_at(streams, first)->before = slot_of(streams, s);
	streams->slot[slot] = slot_of(streams, s);
	streams->filled[slot / 64] |= UINT64_C(1) << slot % 64;
	if (streams->waiting++ == 0 || tick_end_ns(tick) < streams->wake_ns)
		streams->wake_ns = tick_end_ns(tick);
}

void wheel_set(struct gb_streams *streams, struct stream *s, uint64_t deadline_ns, uint64_t now_ns)
{
	uint64_t tick = deadline_ns >> WHEEL_TICK_SHIFT;

	s->deadline_ns = deadline_ns;
	if (s->tick != 0 && tick >= s->tick)
		return;
	wheel_remove(streams, s);
	if (streams->waiting == 0) /* nobody has turned it since; tick 0 is none */
		streams->tick = now_ns >> WHEEL_TICK_SHIFT ? now_ns >> WHEEL_TICK_SHIFT : 1;
	if (tick < streams->tick)
		tick = streams->tick;
	else if (tick - streams->tick >= WHEEL_SLOTS)
		tick = streams->tick + WHEEL_SLOTS - 1;
	insert(streams, s, tick);
}

/* The first tick from the present one on whose slot is not empty; something is in the wheel. */
static uint64_t next_filled(const struct gb_streams *streams)
{
	uint64_t tick = streams->tick;

	for (unsigned words = 0; words <= WHEEL_SLOTS / 64; words++) {
		unsigned slot = tick % WHEEL_SLOTS;
		uint64_t bits = streams->filled[slot / 64] >> slot % 64;

		if (bits)
			return tick + (unsigned)__builtin_ctzll(bits);
		tick += 64 - slot % 64;
	}
	return tick;
}

/* Looks at the first stream of the present tick, which is over. It has expired, or moves on. */
static void turn_one(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns)
{
	stream_notice_missed(streams, s, now_ns);
	wheel_remove(streams, s);
	if (s->deadline_ns >= now_ns)
		wheel_set(streams, s, s->deadline_ns, now_ns);
	else
		stream_expire(streams, s, now_ns, utc_ns);
}

uint64_t gb_streams_expire(struct gb_streams *streams, uint64_t now_ns, uint64_t utc_ns)
{
	for (unsigned looked = 0; streams->waiting > 0; looked++) {
		uint64_t tick = next_filled(streams);

		if (tick_end_ns(tick) > now_ns) {
			streams->wake_ns = tick_end_ns(tick);
			break;
		}
		streams->tick = tick;
		if (looked == EXPIRE_BATCH) {
			streams->wake_ns = now_ns;
			break;
		}
		turn_one(streams, stream_at(streams, streams->slot[tick % WHEEL_SLOTS]), now_ns, utc_ns);
	}
	return gb_streams_deadline(streams);
}

uint64_t gb_streams_deadline(const struct gb_streams *streams)
{
	return streams->waiting > 0 ? streams->wake_ns : 0;
}
