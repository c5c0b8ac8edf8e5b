/* SPDX-License-Identifier: Apache-2.0 */
/* The list of streams that are expected. Changes to it are seldom, so what they cost may grow with the table. */
#include "stream_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <string.h>

bool expected_fits(const uint8_t *id, uint8_t said, const uint8_t *other)
{
	if (memcmp(id + ID_REF_LENGTH, other + ID_REF_LENGTH, 1U + id[ID_REF_LENGTH]) != 0)
		return false;
	if (said & SAID_SOURCE && memcmp(id + ID_SOURCE, other + ID_SOURCE, 6) != 0)
		return false;
	if (said & SAID_DESTINATION && memcmp(id + ID_DESTINATION, other + ID_DESTINATION, 6) != 0)
		return false;
	if (said & SAID_VLAN && memcmp(id + ID_VLAN, other + ID_VLAN, 2) != 0)
		return false;
	return !(said & SAID_APPID) || memcmp(id + ID_APPID, other + ID_APPID, 2) == 0;
}

/* KEY as octets, what it leaves open as zeros. Returns what it says. */
static uint8_t id_of_key(const struct gb_stream_key *key, uint8_t id[ID_MAX])
{
	size_t length = strnlen(key->gocb_ref, GB_PDU_TEXT_MAX);
	uint8_t said = 0;

	memset(id, 0, ID_MAX);
	if (key->has_source) {
		memcpy(id + ID_SOURCE, key->source, sizeof(key->source));
		said |= SAID_SOURCE;
	}
	if (key->has_destination) {
		memcpy(id + ID_DESTINATION, key->destination, sizeof(key->destination));
		said |= SAID_DESTINATION;
	}
	if (key->has_vlan_id) {
		id[ID_VLAN] = (uint8_t)(key->vlan_id >> 8);
		id[ID_VLAN + 1] = (uint8_t)key->vlan_id;
		said |= SAID_VLAN;
	}
	if (key->has_appid) {
		id[ID_APPID] = (uint8_t)(key->appid >> 8);
		id[ID_APPID + 1] = (uint8_t)key->appid;
		said |= SAID_APPID;
	}
	id[ID_REF_LENGTH] = (uint8_t)length;
	memcpy(id + ID_REF, key->gocb_ref, length);
	return said;
}

bool gb_stream_key_fits(const struct gb_stream_key *pattern, const struct gb_stream_key *key)
{
	uint8_t id[ID_MAX], other[ID_MAX];
	uint8_t said = id_of_key(pattern, id), other_said = id_of_key(key, other);

	return pattern->direction == key->direction && !(said & ~other_said) && expected_fits(id, said, other);
}

/* Whether S is one of those that the pattern means: what it says, S has, and has the same. */
static bool is_meant(const struct stream *s, const uint8_t *id, uint8_t said)
{
	uint8_t has = s->bound ? SAID_ALL : s->said;

	return !(said & ~has) && expected_fits(id, said, s->id);
}

/* One that stands for what is expected already: the stream itself, or an expected one that says at least as much. */
static struct stream *find_meant(const struct gb_streams *streams, const uint8_t *id, uint8_t said)
{
	for (uint32_t i = 0; i < streams->count; i++) {
		struct stream *s = stream_at(streams, streams->order[i]);

		if (!is_simulation(s) && is_meant(s, id, said))
			return s;
	}
	return NULL;
}

/* An entry for a stream that was not heard yet. NULL = no room. */
static struct stream *add_expected(struct gb_streams *streams, const uint8_t *id, uint8_t said, uint32_t allowed_ms,
				   uint64_t now_ns)
{
	struct stream *s = table_add(streams);

	if (!s)
		return NULL;
	s->time_allowed_to_live_ms = s->longest_allowed_ms = allowed_ms;
	memcpy(s->id, id, id_length(id));
	if (said == SAID_ALL && !table_bind(streams, s, id, table_hash(streams, id))) {
		table_remove(streams, s);
		return NULL;
	}
	table_set_state(streams, s, GB_STREAM_EXPECTED);
	wheel_set(streams, s, now_ns + allowed_ms * GB_NS_PER_MS, now_ns);
	return s;
}

/* The entry that is to be listed. NULL = no room. */
static struct stream *find_or_add(struct gb_streams *streams, const uint8_t *id, uint8_t said, uint32_t allowed_ms,
				  uint64_t now_ns)
{
	struct stream *s;
	uint64_t hash;

	if (said != SAID_ALL) {
		s = find_meant(streams, id, said);
		return s ? s : add_expected(streams, id, said, allowed_ms, now_ns);
	}
	hash = table_hash(streams, id);
	s = table_find(streams, id, hash);
	if (s)
		return s;
	s = table_find_open(streams, id);
	if (s && !s->bound)
		return table_bind(streams, s, id, hash) ? s : NULL;
	return add_expected(streams, id, said, allowed_ms, now_ns);
}

static uint32_t allowed_ms_of(const struct gb_stream_expected *expected)
{
	uint32_t ms = expected->time_allowed_to_live_ms;

	if (ms == 0)
		return GB_STREAM_DEFAULT_TAL_MS;
	return ms < GB_STREAM_TAL_MAX_MS ? ms : GB_STREAM_TAL_MAX_MS;
}

int gb_streams_expect(struct gb_streams *streams, const struct gb_stream_expected *expected, uint64_t now_ns)
{
	uint8_t id[ID_MAX];
	uint8_t said = id_of_key(&expected->key, id);
	uint32_t entries = streams->count;

	if (expected->key.direction != streams->settings.direction || id[ID_REF_LENGTH] == 0)
		return -EINVAL;
	if (expected->learned && streams->learned >= streams->settings.max - streams->settings.max / 4)
		return -ENOSPC;
	struct stream *s = find_or_add(streams, id, said, allowed_ms_of(expected), now_ns);

	if (!s)
		return -ENOSPC;
	if (!table_set_said(streams, s, s->listed ? s->said & said : said)) {
		if (streams->count > entries)
			table_remove(streams, s);
		return -ENOSPC;
	}
	if (!s->listed || !expected->learned)
		table_set_listed(streams, s, true, expected->learned);
	if (s->state == GB_STREAM_EXPECTED && expected->index)
		table_set_index(streams, s, expected->index);
	return 0;
}

static bool is_alive(const struct stream *s)
{
	return s->state != GB_STREAM_EXPECTED && s->state != GB_STREAM_EXPIRED;
}

/* Whether there was anything to forget. */
static bool forget(struct gb_streams *streams, struct stream *s)
{
	if (is_alive(s) && !s->listed)
		return false;
	if (is_alive(s))
		table_set_listed(streams, s, false, false);
	else
		table_remove(streams, s);
	return true;
}

unsigned gb_streams_forget(struct gb_streams *streams, const struct gb_stream_key *pattern)
{
	uint8_t id[ID_MAX];
	uint8_t said = id_of_key(pattern, id);
	unsigned changed = 0;

	if (pattern->direction != streams->settings.direction)
		return 0;
	/* backwards: one that is taken away leaves its place to the last */
	for (uint32_t i = streams->count; i-- > 0;) {
		struct stream *s = stream_at(streams, streams->order[i]);

		changed += is_meant(s, id, said) && forget(streams, s);
	}
	return changed;
}

unsigned gb_streams_forget_index(struct gb_streams *streams, uint32_t index)
{
	struct stream *s = index ? table_find_index(streams, index) : NULL;

	return s && forget(streams, s);
}

bool gb_stream_worth_saving(const struct gb_stream_view *view, uint64_t learn_ns)
{
	if (view->simulation)
		return false;
	/* the clock may have been set back in between */
	return view->listed || (view->state != GB_STREAM_NEW && view->last_seen_ns > view->first_seen_ns &&
				view->last_seen_ns - view->first_seen_ns >= learn_ns);
}
