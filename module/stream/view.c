/* SPDX-License-Identifier: Apache-2.0 */
/* What others are told of the streams, by value. */
#include "stream_private.h"

#include <errno.h>
#include <string.h>

static uint16_t get_u16(const uint8_t *octets)
{
	return (uint16_t)(octets[0] << 8 | octets[1]);
}

static void copy_text(char to[GB_STREAM_REF], const void *from, size_t length)
{
	if (length)
		memcpy(to, from, length);
	memset(to + length, 0, GB_STREAM_REF - length);
}

void view_key(const struct gb_streams *streams, const struct stream *s, struct gb_stream_key *key)
{
	uint8_t said = s->bound ? SAID_ALL : s->said;

	key->direction = streams->settings.direction;
	memcpy(key->source, s->id + ID_SOURCE, sizeof(key->source));
	memcpy(key->destination, s->id + ID_DESTINATION, sizeof(key->destination));
	key->vlan_id = get_u16(s->id + ID_VLAN);
	key->appid = get_u16(s->id + ID_APPID);
	copy_text(key->gocb_ref, s->id + ID_REF, s->id[ID_REF_LENGTH]);
	key->has_source = said & SAID_SOURCE;
	key->has_destination = said & SAID_DESTINATION;
	key->has_vlan_id = said & SAID_VLAN;
	key->has_appid = said & SAID_APPID;
}

static void view_counters(const struct stream *s, struct gb_stream_view *view)
{
	const struct stream_counters *c = &s->counters;

	view->frames = s->frames;
	view->octets = s->octets;
	view->state_changes = c->state_changes;
	view->lost = c->lost;
	view->recovered = c->recovered;
	view->out_of_order = c->out_of_order;
	view->duplicates = c->duplicates;
	view->expirations = c->expirations;
	view->conf_rev_changes = c->conf_rev_changes;
	view->decode_errors = c->decode_errors;
	view->restarts = c->restarts;
	view->replays_suspected = c->replays_suspected;
	view->storms = c->storms;
}

static void view_of(const struct gb_streams *streams, const struct stream *s, const struct kept *kept,
		    struct gb_stream_view *view)
{
	view->index = s->index;
	view_key(streams, s, &view->key);
	view->vlan_priority = s->vlan_priority;
	view->tagged = s->tagged;
	view->state = s->state;
	view->listed = s->listed;
	view->learned = s->learned;
	view->storm = s->storm;
	copy_text(view->dat_set, kept->dat_set.octets, kept->dat_set.length);
	copy_text(view->go_id, kept->go_id.octets, kept->go_id.length);
	view->conf_rev = s->conf_rev;
	view->st_num = s->sequence.now.st_num;
	view->sq_num = s->sequence.now.highest;
	view->time_allowed_to_live_ms = s->time_allowed_to_live_ms;
	view->longest_allowed_ms = s->longest_allowed_ms;
	view->num_dat_set_entries = s->num_dat_set_entries;
	view->nds_com = s->nds_com;
	view->simulation = is_simulation(s);
	view->t_ns = s->t_ns;
	view->last_error = s->last_error;
	view->interval_ns = s->interval_ns;
	view->first_seen_ns = s->first_seen_ns;
	view->last_seen_ns = s->last_seen_ns;
	view->expired_ns = s->expired_ns;
	view_counters(s, view);
}

/* Backwards: one that is taken away leaves its place to the last, which was copied before. */
size_t gb_streams_view(const struct gb_streams *streams, size_t *before, struct gb_stream_view *view, size_t max)
{
	size_t n = 0;

	if (*before > streams->count)
		*before = streams->count;
	for (; n < max && *before > 0; n++) {
		const struct stream *s = stream_at(streams, streams->order[--*before]);
		struct kept kept = memo_kept(s);

		view_of(streams, s, &kept, &view[n]);
	}
	return n;
}

int gb_streams_detail(const struct gb_streams *streams, uint32_t index, struct gb_stream_detail *detail)
{
	const struct stream *s = index ? table_find_index(streams, index) : NULL;

	if (!s)
		return -ENOENT;
	struct kept kept = memo_kept(s);
	size_t length = kept.all_data.length < GB_STREAM_DATA_MAX ? kept.all_data.length : GB_STREAM_DATA_MAX;

	view_of(streams, s, &kept, &detail->view);
	memset(detail->all_data, 0, sizeof(detail->all_data));
	if (length)
		memcpy(detail->all_data, kept.all_data.octets, length);
	detail->all_data_length = (uint16_t)length;
	detail->all_data_cut = s->cut;
	return 0;
}

void gb_streams_counts(const struct gb_streams *streams, struct gb_streams_counts *counts)
{
	*counts = streams->counts;
	counts->streams = streams->count;
	counts->silent = streams->counts.by_state[GB_STREAM_EXPIRED] - streams->ended_simulations;
}
