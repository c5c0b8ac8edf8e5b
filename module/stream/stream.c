/* SPDX-License-Identifier: Apache-2.0 */
/* A frame taken into account: which stream it is of, what it says beside the ones before, and whether that is worth an event.
 */
#include "stream_private.h"

#include <goose-bridge/clock.h>
#include <stddef.h>
#include <string.h>

#define SIMULATION_BIT 0x8000 /* S of Reserved1 (IEC 61850-8-1 ed. 2, C.2.6) */

_Static_assert((unsigned)GB_EVENT_REF >= (unsigned)GB_STREAM_REF, "a reference fits into an event");
_Static_assert(sizeof(struct stream) <= 1152, "4,096 streams take 4.5 MiB");
_Static_assert(offsetof(struct stream, sequence.past) <= STREAM_HOT, "what each frame needs stands together");

#define AHEAD 16 /* frames whose streams are fetched from memory before the first of them is looked at */

/* ---- events --------------------------------------------------------------------------------------------------------- */

static bool may_tell(struct gb_streams *streams, enum gb_event_kind kind, uint64_t now_ns)
{
	struct event_limit *limit = &streams->limit[kind - GB_EVENT_STREAM_EXPIRED];

	if (now_ns - limit->second_ns >= GB_NS_PER_S) {
		limit->second_ns = now_ns;
		limit->told = 0;
	}
	if (limit->told >= GB_STREAM_EVENTS_PER_SECOND) {
		streams->counts.events_refused++;
		return false;
	}
	limit->told++;
	return true;
}

static bool tell(struct gb_streams *streams, const struct stream *s, enum gb_event_kind kind, int64_t value, uint64_t now_ns,
		 uint64_t utc_ns)
{
	struct gb_event event = {.kind = kind, .utc_ns = utc_ns, .value = value};
	struct gb_stream_key key;

	if (!may_tell(streams, kind, now_ns))
		return false;
	view_key(streams, s, &key);
	event.stream.index = s->index;
	event.stream.from_network = key.direction == GB_STREAM_TO_GOOSE0;
	event.stream.appid = key.appid;
	memcpy(event.stream.source, key.source, sizeof(event.stream.source));
	memcpy(event.stream.gocb_ref, key.gocb_ref, sizeof(key.gocb_ref));
	streams->event(streams->arg, &event);
	return true;
}

/* ---- silence -------------------------------------------------------------------------------------------------------- */

static uint32_t allowed_ms(uint32_t time_allowed_to_live_ms)
{
	if (time_allowed_to_live_ms == 0)
		return GB_STREAM_DEFAULT_TAL_MS;
	return time_allowed_to_live_ms < GB_STREAM_TAL_MAX_MS ? time_allowed_to_live_ms : GB_STREAM_TAL_MAX_MS;
}

void stream_expire(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns)
{
	int64_t allowed = allowed_ms(s->time_allowed_to_live_ms);

	wheel_remove(streams, s);
	table_set_state(streams, s, GB_STREAM_EXPIRED);
	s->counters.expirations++;
	s->expired_ns = utc_ns;
	s->storm = false;
	/* that a test is over is no alarm */
	if (!is_simulation(s))
		s->told = tell(streams, s, GB_EVENT_STREAM_EXPIRED, s->heard ? allowed : -allowed, now_ns, utc_ns);
}

/* One that lives is given its time once more: it may have been heard. */
void stream_notice_missed(struct gb_streams *streams, struct stream *s, uint64_t now_ns)
{
	uint64_t deadline = streams->missed_ns + allowed_ms(s->time_allowed_to_live_ms) * GB_NS_PER_MS;

	if (s->missed == streams->missed)
		return;
	s->missed = streams->missed;
	s->sequence.missed = s->sequence.begun;
	if (s->state != GB_STREAM_EXPIRED && deadline > s->deadline_ns)
		wheel_set(streams, s, deadline, now_ns);
}

void gb_streams_missed(struct gb_streams *streams, uint64_t now_ns)
{
	if (++streams->missed == 0)
		streams->missed = 1; /* 0 is never */
	streams->missed_ns = now_ns;
}

/* A new message has come, and no other before it in time. */
static void restore(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns)
{
	int64_t silent_ms = s->heard ? (int64_t)((now_ns - s->new_ns) / GB_NS_PER_MS) : 0;

	if (s->told)
		tell(streams, s, GB_EVENT_STREAM_RESTORED, silent_ms, now_ns, utc_ns);
	else if (!is_simulation(s))
		streams->counts.events_refused++; /* nobody was told of its beginning */
	s->told = false;
}

/* ---- what a message says -------------------------------------------------------------------------------------------- */

static void compare_conf_rev(struct gb_streams *streams, struct stream *s, uint32_t conf_rev, uint64_t now_ns, uint64_t utc_ns)
{
	if (s->knows_conf_rev && s->conf_rev != conf_rev) {
		s->counters.conf_rev_changes++;
		tell(streams, s, GB_EVENT_STREAM_CONF_REV, gb_event_pair(s->conf_rev, conf_rev), now_ns, utc_ns);
	}
	s->conf_rev = conf_rev;
	s->knows_conf_rev = true;
}

static enum gb_stream_state living_state(const struct stream *s)
{
	if (is_simulation(s))
		return GB_STREAM_TEST;
	return s->heard ? GB_STREAM_ACTIVE : GB_STREAM_NEW;
}

/* A new message has come; timeAllowedtoLive is what it says. */
static void live_on(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns)
{
	enum gb_stream_state state;

	if (s->state == GB_STREAM_EXPIRED)
		restore(streams, s, now_ns, utc_ns);
	state = living_state(s);
	if (s->state != state)
		table_set_state(streams, s, state);
	if (s->heard)
		s->interval_ns = now_ns - s->new_ns;
	s->new_ns = now_ns;
	s->heard = true;
	wheel_set(streams, s, now_ns + allowed_ms(s->time_allowed_to_live_ms) * GB_NS_PER_MS, now_ns);
}

/* What it says beside its numbers. */
static void take_fields(struct gb_streams *streams, struct stream *s, const struct gb_pdu *pdu, uint64_t now_ns,
			uint64_t utc_ns)
{
	if (pdu->fields & GB_PDU_HAS_CONF_REV)
		compare_conf_rev(streams, s, pdu->conf_rev, now_ns, utc_ns);
	s->num_dat_set_entries = pdu->num_dat_set_entries;
	s->nds_com = pdu->nds_com;
}

static void count_outcome(struct stream *s, const struct sequence_outcome *outcome)
{
	struct stream_counters *c = &s->counters;

	if (outcome->verdict == SEQUENCE_NEXT) /* as nearly always; nothing else is said then */
		return;
	c->lost += outcome->lost; /* counters never go back: who reads them takes differences */
	c->recovered += outcome->found;
	c->replays_suspected += outcome->suspect;
	switch (outcome->verdict) {
	case SEQUENCE_FIRST:
	case SEQUENCE_NEXT:
	case SEQUENCE_AHEAD:
		break;
	case SEQUENCE_STATE:
		c->state_changes++;
		break;
	case SEQUENCE_RESTART:
		c->restarts++;
		break;
	case SEQUENCE_DUPLICATE:
		c->duplicates++;
		break;
	case SEQUENCE_LATE:
		c->out_of_order++;
		break;
	case SEQUENCE_REPLAY:
		c->replays_suspected++;
		break;
	}
}

/* Judges a message by its numbers. Returns whether it is a new one. */
static bool follow(struct gb_streams *streams, struct stream *s, const struct sequence_message *message, uint64_t now_ns,
		   uint64_t utc_ns)
{
	struct sequence_outcome outcome = sequence_judge(&s->sequence, message, s->state == GB_STREAM_EXPIRED, now_ns);

	sequence_follow(&s->sequence, message, &outcome, now_ns);
	count_outcome(s, &outcome);
	if (outcome.verdict == SEQUENCE_REPLAY || outcome.suspect)
		tell(streams, s, GB_EVENT_STREAM_REPLAY, gb_event_pair(message->st_num, message->sq_num), now_ns, utc_ns);
	return sequence_is_new(outcome.verdict);
}

/* ---- the frame ------------------------------------------------------------------------------------------------------ */

static void put_u16(uint8_t *octets, unsigned value)
{
	octets[0] = (uint8_t)(value >> 8);
	octets[1] = (uint8_t)value;
}

static void identify(const struct gb_frame *frame, const struct gb_pdu *pdu, uint8_t id[ID_MAX])
{
	memcpy(id, frame->octets, ID_VLAN);
	put_u16(id + ID_VLAN, frame->tags ? gb_tci_vid(frame->tag[0].tci) : 0);
	put_u16(id + ID_APPID, frame->appid);
	id[ID_SIMULATION] = pdu->simulation || (frame->reserved1 & SIMULATION_BIT);
	id[ID_REF_LENGTH] = keep_text((char *)id + ID_REF, pdu->gocb_ref);
}

/* A stream that is not known: it takes the place of an expected one that it fits, or gets a new entry. NULL = no room. */
static struct stream *admit(struct gb_streams *streams, const uint8_t *id, uint64_t hash, uint64_t now_ns)
{
	struct stream *s = id[ID_SIMULATION] ? NULL : table_find_open(streams, id);

	if (s) {
		if (!table_bind(streams, s, id, hash))
			return NULL;
		memset(&s->sequence, 0, sizeof(s->sequence)); /* of another publisher */
		return s;
	}
	s = table_add(streams);
	if (!s)
		return NULL;
	if (!table_bind(streams, s, id, hash)) {
		table_remove(streams, s);
		return NULL;
	}
	table_set_state(streams, s, living_state(s));
	wheel_set(streams, s, now_ns + GB_STREAM_DEFAULT_TAL_MS * GB_NS_PER_MS, now_ns);
	return s;
}

static void watch_for_storm(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns)
{
	uint64_t limit = streams->settings.storm_per_second;

	if (now_ns - s->second_ns >= GB_NS_PER_S) {
		s->storm = s->storm && limit > 0 && s->second_frames > limit && now_ns - s->second_ns < 2 * GB_NS_PER_S;
		s->second_ns = now_ns;
		s->second_frames = 0;
	}
	s->second_frames++;
	if (limit == 0 || s->second_frames <= limit || s->storm)
		return;
	s->storm = true;
	s->counters.storms++;
	tell(streams, s, GB_EVENT_STREAM_STORM, (int64_t)limit, now_ns, utc_ns);
}

static void count_frame(struct stream *s, const struct gb_frame *frame, uint64_t utc_ns)
{
	s->frames++;
	s->octets += frame->length;
	s->tagged = frame->tags > 0;
	s->vlan_priority = frame->tags ? (uint8_t)gb_tci_pcp(frame->tag[0].tci) : 0;
	if (s->first_seen_ns == 0)
		s->first_seen_ns = utc_ns;
	s->last_seen_ns = utc_ns;
}

/* It may have expired a moment ago, and nobody has looked yet. */
static void look_at_deadline(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns)
{
	if (streams->missed)
		stream_notice_missed(streams, s, now_ns);
	if (s->state != GB_STREAM_EXPIRED && now_ns > s->deadline_ns)
		stream_expire(streams, s, now_ns, utc_ns);
}

/* The latest message of S again, with another sqNum, or the same. */
static void repeat(struct gb_streams *streams, struct stream *s, const struct gb_frame *frame, const struct repetition *again,
		   uint64_t now_ns, uint64_t utc_ns)
{
	struct sequence_message message = {.st_num = s->sequence.now.st_num, .sq_num = again->sq_num, .t_ns = s->t_ns};

	look_at_deadline(streams, s, now_ns, utc_ns);
	count_frame(s, frame, utc_ns);
	if (follow(streams, s, &message, now_ns, utc_ns)) {
		live_on(streams, s, now_ns, utc_ns);
		if (again->values)
			memo_keep_values(s, frame);
	}
	watch_for_storm(streams, s, now_ns, utc_ns);
}

/* The numbers of a message, and if it is new, all that it says. */
static void hear(struct gb_streams *streams, struct stream *s, const struct gb_frame *frame, const struct gb_pdu *pdu,
		 enum gb_pdu_error error, uint32_t *memo, uint64_t now_ns, uint64_t utc_ns)
{
	struct sequence_message message = {.st_num = pdu->st_num, .sq_num = pdu->sq_num};

	if (pdu->fields & GB_PDU_HAS_T)
		message.t_ns = gb_utc_time_ns(pdu->t.octets);
	if (!follow(streams, s, &message, now_ns, utc_ns))
		return;
	s->t_ns = message.t_ns;
	s->time_allowed_to_live_ms = pdu->time_allowed_to_live_ms;
	if (allowed_ms(s->time_allowed_to_live_ms) > s->longest_allowed_ms)
		s->longest_allowed_ms = allowed_ms(s->time_allowed_to_live_ms);
	live_on(streams, s, now_ns, utc_ns);
	take_fields(streams, s, pdu, now_ns, utc_ns);
	memo_keep(streams, memo, s, frame, pdu, error);
}

static void account(struct gb_streams *streams, const struct gb_frame *frame, uint32_t *memo, uint64_t now_ns, uint64_t utc_ns)
{
	const uint32_t numbers = GB_PDU_HAS_ST_NUM | GB_PDU_HAS_SQ_NUM;
	struct gb_pdu pdu;
	enum gb_pdu_error error = gb_pdu_of_frame(frame, &pdu);
	uint8_t id[ID_MAX];

	streams->counts.decode_errors += error != GB_PDU_OK;
	if (!(pdu.fields & GB_PDU_HAS_GOCB_REF)) {
		streams->counts.undecodable++;
		return;
	}
	identify(frame, &pdu, id);
	uint64_t hash = table_hash(streams, id);
	struct stream *s = table_find(streams, id, hash);

	if (!s)
		s = admit(streams, id, hash, now_ns);
	if (!s) {
		streams->counts.refused++;
		return;
	}
	look_at_deadline(streams, s, now_ns, utc_ns);
	count_frame(s, frame, utc_ns);
	if (error) {
		s->counters.decode_errors++;
		s->last_error = error;
	}
	if ((pdu.fields & numbers) == numbers)
		hear(streams, s, frame, &pdu, error, memo, now_ns, utc_ns);
	watch_for_storm(streams, s, now_ns, utc_ns);
}

void gb_streams_frames(struct gb_streams *streams, const struct gb_frame *frames, unsigned count, uint64_t now_ns,
		       uint64_t utc_ns)
{
	struct repetition again;
	uint32_t *memo[AHEAD];

	for (unsigned from = 0; from < count; from += AHEAD, frames += AHEAD) {
		unsigned n = count - from < AHEAD ? count - from : AHEAD;

		for (unsigned i = 0; i < n; i++) {
			memo[i] = memo_of(streams, &frames[i]);
			gb_prefetch(memo[i], sizeof(*memo[i]));
		}
		for (unsigned i = 0; i < n; i++)
			memo_prefetch(streams, memo[i], &frames[i]);
		for (unsigned i = 0; i < n; i++) {
			struct stream *s = memo_find(streams, memo[i], &frames[i], &again);

			if (s)
				repeat(streams, s, &frames[i], &again, now_ns, utc_ns);
			else
				account(streams, &frames[i], memo[i], now_ns, utc_ns);
		}
	}
}

void gb_streams_set_storm(struct gb_streams *streams, uint64_t storm_per_second)
{
	streams->settings.storm_per_second = storm_per_second;
}
