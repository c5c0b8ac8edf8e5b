/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the room stream share: the table, its entries, and who calls whom.
 *
 * table.c finds entries, gives them out and takes them back; wheel.c knows when to look at which; stream.c takes a frame into
 * account; expected.c edits the list; view.c copies out. Entries are named by their slot, 1..max; 0 is none, so that memory
 * that was never touched (and so costs nothing) is a table without entries.
 */
#ifndef STREAM_PRIVATE_H
#define STREAM_PRIVATE_H

#include <goose-bridge/cache.h>
#include <goose-bridge/stream.h>
#include <string.h>

#include "sequence.h"

#define NONE 0

/* ---- which stream ---- */

/* Octets that tell streams apart: those of the frame, in its order, then the reference. */
enum {
	ID_DESTINATION = 0,
	ID_SOURCE = 6,
	ID_VLAN = 12,
	ID_APPID = 14,
	ID_SIMULATION = 16,
	ID_REF_LENGTH = 17,
	ID_REF = 18,
	ID_MAX = ID_REF + GB_PDU_TEXT_MAX,
};

/* What of an expected stream was said; what was not is any. */
enum {
	SAID_SOURCE = 1 << 0,
	SAID_DESTINATION = 1 << 1,
	SAID_VLAN = 1 << 2,
	SAID_APPID = 1 << 3,
	SAID_ALL = (1 << 4) - 1,
};

static inline size_t id_length(const uint8_t *id)
{
	return (size_t)ID_REF + id[ID_REF_LENGTH];
}

/* ---- an entry ---- */

struct stream_counters {
	uint64_t state_changes, lost, recovered, out_of_order, duplicates, expirations, conf_rev_changes, decode_errors,
		restarts, replays_suspected, storms;
};

/* Octets of the latest message that are kept: most frames whole, and of longer ones references and values. */
#define KEPT_MAX (GB_PDU_TEXT_MAX + GB_PDU_TEXT_MAX + GB_STREAM_DATA_MAX)

/* With a thousand streams hardly any entry is in the processor's cache when its next frame comes, and waiting for memory is
 * most of what a frame costs. So what a repeated message needs stands together at the beginning and is fetched ahead (memo.c):
 * numbers in STREAM_HOT octets, and behind them the frame as it came last.
 */
struct stream {
	_Alignas(GB_CACHE_LINE) uint64_t deadline_ns; /* monotonic, as all up to interval_ns */
	uint64_t tick; /* it is in that slot of the wheel; 0 = in none */
	uint64_t second_ns; /* storm: the second that is counted */
	uint64_t new_ns; /* the latest new message */
	uint64_t interval_ns;
	uint64_t first_seen_ns, last_seen_ns; /* UTC */
	uint64_t t_ns; /* UTC */
	uint64_t frames, octets;
	uint32_t second_frames;
	uint32_t time_allowed_to_live_ms; /* as it says */
	enum gb_stream_state state : 8;
	enum gb_pdu_error last_error : 8;
	bool bound : 1; /* id is that of a real stream: it is found by it */
	bool listed : 1;
	bool learned : 1;
	bool told : 1; /* that it expired was told, and its end not yet */
	bool storm : 1;
	bool tagged : 1;
	bool nds_com : 1;
	bool heard : 1; /* a new message came */
	bool knows_conf_rev : 1;
	bool cut : 1; /* all_data */
	uint16_t frame_length; /* 0 = no whole frame is kept */
	uint16_t sq_num_at;    /* in it */
	uint8_t sq_num_length;
	uint8_t vlan_priority;
	uint16_t values_at; /* allData's content */
	uint16_t values_length;
	uint32_t num_dat_set_entries;
	struct sequence sequence; /* of its past states little is looked at */
	union {
		uint8_t frame[KEPT_MAX]; /* whole, with frame_length */
		struct {
			char dat_set[GB_PDU_TEXT_MAX];
			char go_id[GB_PDU_TEXT_MAX];
			uint8_t all_data[GB_STREAM_DATA_MAX];
		} part; /* of a longer one */
	} kept;
	uint8_t dat_set_length; /* these three: in kept.part */
	uint8_t go_id_length;
	uint16_t all_data_length;
	uint32_t longest_allowed_ms; /* it ever could be silent, within bounds */
	uint32_t conf_rev;
	uint64_t hash; /* of id */
	uint32_t next; /* in the bucket of its id */
	/* chains and lists, by slot */
	uint32_t next_open;  /* in the bucket of its reference: expected, and something was left open */
	uint32_t next_index; /* in the bucket of its index */
	uint32_t before, after; /* in a slot of the wheel, or among those that may be used again; never both */
	uint32_t position;	/* in order[] */
	uint32_t index;
	uint8_t said; /* listed ones */
	uint8_t id[ID_MAX];
	uint64_t expired_ns; /* UTC */
	struct stream_counters counters;
	uint32_t missed; /* the table's, when this stream was last told */
};

#define STREAM_HOT (3 * GB_CACHE_LINE)

/* ---- the table ---- */

#define WHEEL_SLOTS	 1024
#define WHEEL_TICK_SHIFT 23 /* a tick is 8.4 ms, a turn 8.6 s */
#define EXPIRE_BATCH	 256 /* streams looked at in one call */
#define EVENT_KINDS	 5

struct stream_list {
	uint32_t first, last;
};

struct event_limit {
	uint64_t second_ns;
	unsigned told;
};

struct gb_streams {
	struct gb_streams_settings settings;
	gb_stream_event *event;
	void *arg;
	uint64_t key[2];
	uint32_t used;	     /* slots that were ever given out */
	uint32_t count;	     /* entries */
	uint32_t learned;
	uint32_t ended_simulations; /* that expired */
	uint32_t open;	     /* entries in open_bucket */
	uint32_t last_index;
	uint32_t mask;	     /* of the buckets */
	uint32_t *bucket;
	uint32_t *memo; /* slots; memo_of says which */
	uint32_t *open_bucket;
	uint32_t *index_bucket;
	uint32_t *order; /* slots of the entries, without gaps */
	struct stream_list free;
	struct stream_list expired; /* not listed; who expired first is first */
	struct gb_streams_counts counts;
	struct event_limit limit[EVENT_KINDS];
	uint32_t missed; /* how often frames were carried unseen; 0 = never, and then no stream is asked */
	uint64_t missed_ns; /* monotonic; the last time */
	/* the wheel */
	uint64_t tick; /* the first that has not been gone through */
	uint64_t wake_ns; /* no earlier than this is anything due; 0 = nothing is in the wheel */
	uint32_t waiting; /* entries in the wheel */
	uint32_t slot[WHEEL_SLOTS];
	uint64_t filled[WHEEL_SLOTS / 64]; /* a bit a slot */
	struct stream *stream; /* [0] is not used */
	void *memory;	       /* that it stands in */
};

static inline struct stream *stream_at(const struct gb_streams *streams, uint32_t slot)
{
	return &streams->stream[slot];
}

static inline uint32_t slot_of(const struct gb_streams *streams, const struct stream *s)
{
	return (uint32_t)(s - streams->stream);
}

static inline bool is_simulation(const struct stream *s)
{
	return s->id[ID_SIMULATION] != 0;
}

/* The octets of a reference into TO, which has room for GB_PDU_TEXT_MAX. Returns how many. */
static inline uint8_t keep_text(char *to, struct gb_octets from)
{
	size_t length = from.length < GB_PDU_TEXT_MAX ? from.length : GB_PDU_TEXT_MAX;

	if (length)
		memcpy(to, from.octets, length);
	return (uint8_t)length;
}

/* ---- table.c ---- */

uint64_t table_hash(const struct gb_streams *streams, const uint8_t *id);
/* The entry of a real stream, or NULL. HASH is that of ID. */
struct stream *table_find(const struct gb_streams *streams, const uint8_t *id, uint64_t hash);
struct stream *table_find_index(const struct gb_streams *streams, uint32_t index);
/* An expected one that ID fits, and that waits for one. Or NULL. */
struct stream *table_find_open(const struct gb_streams *streams, const uint8_t *id);
/* A new entry without identity, in no list; the one that expired first if there is no other. NULL = no room. */
struct stream *table_add(struct gb_streams *streams);
/* Makes it found by ID, instead of what it was found by. False if too many share its bucket. */
bool table_bind(struct gb_streams *streams, struct stream *s, const uint8_t *id, uint64_t hash);
void table_remove(struct gb_streams *streams, struct stream *s);
void table_set_state(struct gb_streams *streams, struct stream *s, enum gb_stream_state state);
/* LEARNED is not looked at where LISTED is false. */
void table_set_listed(struct gb_streams *streams, struct stream *s, bool listed, bool learned);
/* What was said of a listed one; its id has the reference. False if too many with something open share its bucket. */
bool table_set_said(struct gb_streams *streams, struct stream *s, uint8_t said);
/* Gives it INDEX if that can be and is nobody's. */
void table_set_index(struct gb_streams *streams, struct stream *s, uint32_t index);

/* ---- memo.c ---- */

/* Where a frame's stream may be remembered. */
uint32_t *memo_of(const struct gb_streams *streams, const struct gb_frame *frame);
/* Have what it says fetched to the processor's cache, while other frames are looked at: first the memo itself. */
void memo_prefetch(const struct gb_streams *streams, const uint32_t *memo, const struct gb_frame *frame);
/* What a message says that may be new in one that repeats another. */
struct repetition {
	uint32_t sq_num;
	bool values; /* others, and they make sense */
};

/* The stream whose latest message FRAME repeats, octet for octet but for what *AGAIN says. Or NULL. */
struct stream *memo_find(const struct gb_streams *streams, const uint32_t *memo, const struct gb_frame *frame,
			 struct repetition *again);
/* FRAME, of which that was found, is the latest message of S from now on. */
void memo_keep_values(struct stream *s, const struct gb_frame *frame);
/* FRAME, which says PDU, is the latest message of S from now on; ERROR is what is wrong with it. */
void memo_keep(struct gb_streams *streams, uint32_t *memo, struct stream *s, const struct gb_frame *frame,
	       const struct gb_pdu *pdu, enum gb_pdu_error error);
/* What S has kept is of another stream, or of nobody. */
static inline void memo_forget(struct stream *s)
{
	s->frame_length = 0;
}
/* What was kept, wherever it stands. */
struct kept {
	struct gb_octets dat_set, go_id, all_data;
};
struct kept memo_kept(const struct stream *s);

/* ---- wheel.c ---- */

/* From now on DEADLINE_NS is when S has to be looked at. A later one than before costs nothing. */
void wheel_set(struct gb_streams *streams, struct stream *s, uint64_t deadline_ns, uint64_t now_ns);
void wheel_remove(struct gb_streams *streams, struct stream *s);

/* ---- stream.c ---- */

void stream_expire(struct gb_streams *streams, struct stream *s, uint64_t now_ns, uint64_t utc_ns);
/* Before its deadline or a message is looked at: frames may have been carried unseen since, its own among them. */
void stream_notice_missed(struct gb_streams *streams, struct stream *s, uint64_t now_ns);

/* ---- expected.c ---- */

/* Whether all that was said of an expected stream, ID with SAID, is the same in OTHER. */
bool expected_fits(const uint8_t *id, uint8_t said, const uint8_t *other);

/* ---- view.c ---- */

void view_key(const struct gb_streams *streams, const struct stream *s, struct gb_stream_key *key);

#endif
