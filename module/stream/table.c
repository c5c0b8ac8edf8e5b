/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "hash.h"

/* With twice as many buckets as entries and a key that nobody knows, a chain of this length does not happen. */
#define CHAIN_MAX 32

/* ---- memory --------------------------------------------------------------------------------------------------------- */

static int random_key(uint64_t key[2])
{
	ssize_t got;

	do
		got = getrandom(key, 2 * sizeof(key[0]), 0);
	while (got < 0 && errno == EINTR);
	return got == (ssize_t)(2 * sizeof(key[0])) ? 0 : -1;
}

/* The first cache line that begins within MEMORY; there is an entry more than needed. */
static struct stream *aligned(void *memory)
{
	uintptr_t address = GB_CACHE_LINES((uintptr_t)memory);

	return (struct stream *)address;
}

static uint32_t first_index(const struct gb_streams *streams)
{
	return streams->settings.index_base + (streams->settings.direction == GB_STREAM_TO_NETWORK ? 1 : 2);
}

struct gb_streams *gb_streams_create(const struct gb_streams_settings *settings, gb_stream_event *event, void *arg)
{
	uint32_t buckets = 16;

	if (settings->max == 0 || settings->max > GB_STREAMS_MAX) {
		errno = EINVAL;
		return NULL;
	}
	while (buckets < settings->max * 2)
		buckets *= 2;
	struct gb_streams *streams = calloc(1, sizeof(*streams));

	if (!streams)
		return NULL;
	/* calloc takes this much as fresh pages from the kernel: what no stream has touched costs nothing */
	streams->memory = calloc(settings->max + 2, sizeof(streams->stream[0]));
	streams->stream = aligned(streams->memory);
	streams->bucket = calloc(buckets, sizeof(uint32_t));
	streams->memo = calloc(buckets, sizeof(uint32_t));
	streams->open_bucket = calloc(buckets, sizeof(uint32_t));
	streams->index_bucket = calloc(buckets, sizeof(uint32_t));
	streams->order = calloc(settings->max, sizeof(uint32_t));
	if (!streams->memory || !streams->memo || !streams->bucket || !streams->open_bucket || !streams->index_bucket ||
	    !streams->order || random_key(streams->key) < 0) {
		int error = errno;

		gb_streams_destroy(streams);
		errno = error;
		return NULL;
	}
	streams->settings = *settings;
	streams->event = event;
	streams->arg = arg;
	streams->mask = buckets - 1;
	/* odd ones are to_network, even ones to_goose0: no two streams of a service have the same */
	streams->last_index = first_index(streams) - 2;
	return streams;
}

void gb_streams_destroy(struct gb_streams *streams)
{
	if (!streams)
		return;
	free(streams->memory);
	free(streams->bucket);
	free(streams->memo);
	free(streams->open_bucket);
	free(streams->index_bucket);
	free(streams->order);
	free(streams);
}

/* ---- lists ---------------------------------------------------------------------------------------------------------- */

static void list_append(struct gb_streams *streams, struct stream_list *list, struct stream *s)
{
	uint32_t slot = slot_of(streams, s);

	s->before = list->last;
	s->after = NONE;
	if (list->last)
		stream_at(streams, list->last)->after = slot;
	else
		list->first = slot;
	list->last = slot;
}

static void list_remove(struct gb_streams *streams, struct stream_list *list, struct stream *s)
{
	if (s->before)
		stream_at(streams, s->before)->after = s->after;
	else
		list->first = s->after;
	if (s->after)
		stream_at(streams, s->after)->before = s->before;
	else
		list->last = s->before;
	s->before = s->after = NONE;
}

/* ---- by identity ---------------------------------------------------------------------------------------------------- */

uint64_t table_hash(const struct gb_streams *streams, const uint8_t *id)
{
	return hash_octets(streams->key, id, id_length(id), 1, 3);
}

static uint32_t *open_bucket_of(const struct gb_streams *streams, const uint8_t *id)
{
	uint64_t hash = hash_octets(streams->key, id + ID_REF_LENGTH, 1U + id[ID_REF_LENGTH], 1, 3);

	return &streams->open_bucket[hash & streams->mask];
}

struct stream *table_find(const struct gb_streams *streams, const uint8_t *id, uint64_t hash)
{
	for (uint32_t slot = streams->bucket[hash & streams->mask]; slot; slot = stream_at(streams, slot)->next) {
		struct stream *s = stream_at(streams, slot);

		/* the length is one of the octets */
		if (s->hash == hash && memcmp(s->id, id, id_length(id)) == 0)
			return s;
	}
	return NULL;
}

struct stream *table_find_open(const struct gb_streams *streams, const uint8_t *id)
{
	if (streams->open == 0)
		return NULL;
	for (uint32_t slot = *open_bucket_of(streams, id); slot; slot = stream_at(streams, slot)->next_open) {
		struct stream *s = stream_at(streams, slot);

		if ((!s->bound || s->state == GB_STREAM_EXPIRED) && expected_fits(s->id, s->said, id))
			return s;
	}
	return NULL;
}

static void unbind(struct gb_streams *streams, struct stream *s)
{
	uint32_t *link = &streams->bucket[s->hash & streams->mask];

	while (*link != slot_of(streams, s))
		link = &stream_at(streams, *link)->next;
	*link = s->next;
	s->bound = false;
}

bool table_bind(struct gb_streams *streams, struct stream *s, const uint8_t *id, uint64_t hash)
{
	uint32_t *bucket = &streams->bucket[hash & streams->mask];
	unsigned length = 0;

	for (uint32_t slot = *bucket; slot; slot = stream_at(streams, slot)->next)
		if (++length >= CHAIN_MAX)
			return false;
	if (s->bound)
		unbind(streams, s);
	memo_forget(s);
	memcpy(s->id, id, id_length(id));
	s->hash = hash;
	s->bound = true;
	s->next = *bucket;
	*bucket = slot_of(streams, s);
	return true;
}

static void close_up(struct gb_streams *streams, struct stream *s)
{
	uint32_t *link = open_bucket_of(streams, s->id);

	while (*link != slot_of(streams, s))
		link = &stream_at(streams, *link)->next_open;
	*link = s->next_open;
	streams->open--;
	s->said = SAID_ALL;
}

bool table_set_said(struct gb_streams *streams, struct stream *s, uint8_t said)
{
	uint32_t *bucket = open_bucket_of(streams, s->id);
	unsigned length = 0;

	if (s->said != SAID_ALL) {
		if (said == SAID_ALL)
			close_up(streams, s);
		s->said = said;
		return true;
	}
	if (said == SAID_ALL)
		return true;
	for (uint32_t slot = *bucket; slot; slot = stream_at(streams, slot)->next_open)
		if (++length >= CHAIN_MAX)
			return false;
	s->said = said;
	s->next_open = *bucket;
	*bucket = slot_of(streams, s);
	streams->open++;
	return true;
}

/* ---- by index ------------------------------------------------------------------------------------------------------- */

struct stream *table_find_index(const struct gb_streams *streams, uint32_t index)
{
	uint32_t slot = streams->index_bucket[index / 2 & streams->mask];

	while (slot && stream_at(streams, slot)->index != index)
		slot = stream_at(streams, slot)->next_index;
	return slot ? stream_at(streams, slot) : NULL;
}

static void drop_index(struct gb_streams *streams, struct stream *s)
{
	uint32_t *link = &streams->index_bucket[s->index / 2 & streams->mask];

	while (*link != slot_of(streams, s))
		link = &stream_at(streams, *link)->next_index;
	*link = s->next_index;
	s->index = 0;
}

static void put_index(struct gb_streams *streams, struct stream *s, uint32_t index)
{
	uint32_t *bucket = &streams->index_bucket[index / 2 & streams->mask];

	s->index = index;
	s->next_index = *bucket;
	*bucket = slot_of(streams, s);
}

/* Numbers are not used again before all of them were. */
static void give_index(struct gb_streams *streams, struct stream *s)
{
	do {
		streams->last_index += 2;
		if (streams->last_index - streams->settings.index_base >= GB_STREAM_INDEX_SPAN)
			streams->last_index = first_index(streams);
	} while (table_find_index(streams, streams->last_index));
	put_index(streams, s, streams->last_index);
}

void table_set_index(struct gb_streams *streams, struct stream *s, uint32_t index)
{
	bool odd = streams->settings.direction == GB_STREAM_TO_NETWORK;

	if (index <= streams->settings.index_base || index - streams->settings.index_base >= GB_STREAM_INDEX_SPAN ||
	    (index % 2 == 1) != odd || table_find_index(streams, index))
		return;
	drop_index(streams, s);
	put_index(streams, s, index);
	if (streams->last_index == first_index(streams) - 2 || streams->last_index < index)
		streams->last_index = index;
}

/* ---- entries -------------------------------------------------------------------------------------------------------- */

struct stream *table_add(struct gb_streams *streams)
{
	struct stream *s;

	if (!streams->free.first && streams->used == streams->settings.max) {
		if (!streams->expired.first)
			return NULL;
		table_remove(streams, stream_at(streams, streams->expired.first));
		streams->counts.reused++;
	}
	if (streams->free.first) {
		s = stream_at(streams, streams->free.first);
		list_remove(streams, &streams->free, s);
		memset(s, 0, sizeof(*s));
	} else {
		s = stream_at(streams, ++streams->used);
	}
	s->said = SAID_ALL;
	s->position = streams->count;
	streams->order[streams->count++] = slot_of(streams, s);
	streams->counts.by_state[s->state]++;
	give_index(streams, s);
	return s;
}

void table_remove(struct gb_streams *streams, struct stream *s)
{
	uint32_t last = streams->order[--streams->count];

	streams->ended_simulations -= is_simulation(s) && s->state == GB_STREAM_EXPIRED;
	table_set_listed(streams, s, false, false);
	if (s->state == GB_STREAM_EXPIRED)
		list_remove(streams, &streams->expired, s);
	wheel_remove(streams, s);
	if (s->bound)
		unbind(streams, s);
	drop_index(streams, s);
	memo_forget(s);
	streams->order[s->position] = last;
	stream_at(streams, last)->position = s->position;
	streams->counts.by_state[s->state]--;
	list_append(streams, &streams->free, s);
}

/* Those that are expired and not listed may be used again. */
static bool may_go(const struct stream *s)
{
	return s->state == GB_STREAM_EXPIRED && !s->listed;
}

static void settle(struct gb_streams *streams, struct stream *s, bool could_go)
{
	if (could_go && !may_go(s))
		list_remove(streams, &streams->expired, s);
	else if (!could_go && may_go(s))
		list_append(streams, &streams->expired, s);
}

void table_set_state(struct gb_streams *streams, struct stream *s, enum gb_stream_state state)
{
	bool could_go = may_go(s);

	if (is_simulation(s)) {
		streams->ended_simulations -= s->state == GB_STREAM_EXPIRED;
		streams->ended_simulations += state == GB_STREAM_EXPIRED;
	}
	streams->counts.by_state[s->state]--;
	s->state = state;
	streams->counts.by_state[state]++;
	settle(streams, s, could_go);
}

void table_set_listed(struct gb_streams *streams, struct stream *s, bool listed, bool learned)
{
	bool could_go = may_go(s);

	streams->counts.listed += listed;
	streams->counts.listed -= s->listed;
	streams->learned += listed && learned;
	streams->learned -= s->listed && s->learned;
	s->listed = listed;
	s->learned = listed && learned;
	if (!listed)
		table_set_said(streams, s, SAID_ALL);
	settle(streams, s, could_go);
}
