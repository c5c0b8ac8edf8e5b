/* SPDX-License-Identifier: Apache-2.0 */
/* stream: what is known of each GOOSE stream of one direction: is it alive, did a message get lost, was that a replay?
 *
 * A stream is what one control block publishes: direction, source and destination address, VLAN id, APPID, gocbRef. Messages
 * marked as simulation (the S bit of Reserved1, or field 87 of the PDU) are a stream of their own beside the real one (IEC
 * 61850-7-2 ed. 2: they come from a test set while the device goes on publishing), so neither disturbs the other's numbers,
 * and a test set cannot stand in for a device that has fallen silent.
 *
 * Nothing here drops, delays or changes a frame. Pure: time is a parameter, NOW_NS monotonic and UTC_NS wall time. A table
 * belongs to one thread, the worker of its direction; others get views by value. A frame costs the same however many streams
 * there are, and allocates nothing.
 *
 * Alive. A message that is new (it follows the latest one) keeps its stream alive for the timeAllowedtoLive that it bears (IEC
 * 61850-8-1, 18.1.2: so long the subscriber waits for the next one). If none comes in that time the stream has expired. A copy
 * of a message that came before, a late one, one that does not fit behind the latest (see sequence.h) and one whose PDU cannot
 * be read as far as stNum and sqNum do not: whoever repeats recorded messages keeps no dead stream alive. A timeAllowedtoLive
 * of 0, which the standard does not allow, counts as GB_STREAM_DEFAULT_TAL_MS, one above GB_STREAM_TAL_MAX_MS as that.
 *
 * Room. Beyond SETTINGS.max streams the entry of the one that expired first is used again, if it is not listed; if there is
 * none, the new stream is refused and counted. So invented streams push out neither living nor listed ones.
 *
 * Expected. A listed stream has an entry from the start, and expires if it is not heard in the first place. Messages marked as
 * simulation do not count as heard.
 */
#ifndef GOOSE_BRIDGE_STREAM_H
#define GOOSE_BRIDGE_STREAM_H

#include <goose-bridge/event.h>
#include <goose-bridge/goose.h>
#include <goose-bridge/pdu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gb_streams;

enum gb_stream_direction {
	GB_STREAM_TO_NETWORK, /* published on this host's goose0 */
	GB_STREAM_TO_GOOSE0,  /* came from another host */
};

enum gb_stream_state {
	GB_STREAM_EXPECTED, /* known from before the start, or from expect_stream; not heard since */
	GB_STREAM_NEW,	    /* one message so far */
	GB_STREAM_ACTIVE,
	GB_STREAM_TEST,	   /* alive; its messages are marked as simulation (or test) */
	GB_STREAM_EXPIRED, /* nothing new came within timeAllowedtoLive */
};

const char *gb_stream_direction_name(enum gb_stream_direction direction); /* "to_network", "to_goose0" */
const char *gb_stream_state_name(enum gb_stream_state state);		  /* "expected", "new", "active", "test", "expired" */

#define GB_STREAM_REF		 (GB_PDU_TEXT_MAX + 1) /* octets of a reference with its end */
#define GB_STREAM_DEFAULT_TAL_MS 20000		       /* where nothing says how long to wait */
#define GB_STREAM_TAL_MAX_MS	 3600000
#define GB_STREAM_DATA_MAX	 288 /* octets of allData that are kept */

/* Which stream. As text: gb_stream_expected_format. */
struct gb_stream_key {
	enum gb_stream_direction direction;
	uint8_t source[6];
	uint8_t destination[6];
	uint16_t vlan_id; /* of the outermost tag; 0 = priority tag or untagged */
	uint16_t appid;
	char gocb_ref[GB_STREAM_REF];
	/* For what is expected: false = any; then the first stream that fits takes its place. */
	bool has_source, has_destination, has_vlan_id, has_appid;
};

/* Whether KEY is one of those that PATTERN means: same direction and reference, and the same in all that PATTERN has. */
bool gb_stream_key_fits(const struct gb_stream_key *pattern, const struct gb_stream_key *key);

/* A snapshot of one stream. Times are UTC ns, 0 = never. */
struct gb_stream_view {
	unsigned path_id; /* set by who has several tables */
	uint32_t index; /* 1.. ; stays with the stream as long as it is known, over restarts too; odd = to_network */
	struct gb_stream_key key;
	uint8_t vlan_priority; /* PCP */
	bool tagged;
	enum gb_stream_state state;
	bool listed;  /* expected: by configuration, by request, or learned before the start */
	bool learned; /* listed because it was learned before the start, not by configuration or request */
	bool storm;   /* above storm_per_second just now */
	char dat_set[GB_STREAM_REF];
	char go_id[GB_STREAM_REF];
	uint32_t conf_rev;
	uint32_t st_num;
	uint32_t sq_num;
	uint32_t time_allowed_to_live_ms;
	uint32_t longest_allowed_ms; /* that it could ever be silent, within bounds: it is short while a state is new */
	uint32_t num_dat_set_entries;
	bool nds_com;
	bool simulation;
	uint64_t t_ns; /* of the latest state change, as the publisher says */
	uint64_t frames;
	uint64_t octets;
	uint64_t state_changes;
	uint64_t lost;	       /* messages that sqNum and stNum say were sent and never came */
	uint64_t recovered;    /* of these, those that came late after all */
	uint64_t out_of_order; /* came after a later one */
	uint64_t duplicates;
	uint64_t expirations;
	uint64_t conf_rev_changes;
	uint64_t decode_errors;
	enum gb_pdu_error last_error; /* of the latest message that had one */
	uint64_t restarts;	      /* publisher began anew */
	uint64_t replays_suspected;
	uint64_t storms;
	uint64_t interval_ns; /* between the latest two new messages */
	uint64_t first_seen_ns;
	uint64_t last_seen_ns; /* the latest frame of any kind */
	uint64_t expired_ns; /* when it was found silent last */
};

/* One stream in full. */
struct gb_stream_detail {
	struct gb_stream_view view;
	uint8_t all_data[GB_STREAM_DATA_MAX]; /* of the latest new message whose PDU has no error: gb_values() */
	size_t all_data_length;
	bool all_data_cut; /* there was more */
};

/* Told of expired, restored, confRev changed, replay suspected, storm. Called in the owner's thread, seldom: at most
 * GB_STREAM_EVENTS_PER_SECOND of a kind; what would come more often is counted instead (gb_streams_counts). A restored one is
 * told only if it was told that it had expired, and the end of a simulation is none. Event.stream says which; event.value: see
 * event.h.
 */
typedef void gb_stream_event(void *arg, const struct gb_event *event);

#define GB_STREAM_EVENTS_PER_SECOND 32

struct gb_streams_settings {
	enum gb_stream_direction direction;
	unsigned max;		   /* entries; all memory is reserved at the start, and used as streams come */
	uint64_t storm_per_second; /* frames of one stream in a second that are a storm; 0 = never */
	uint32_t index_base;	   /* indices are from this + 1 on, GB_STREAM_INDEX_SPAN - 1 of them; even */
};

#define GB_STREAM_INDEX_SPAN UINT32_C(1000000000) /* two of them are within SNMP's Integer32 */

/* What belongs to no single stream. */
struct gb_streams_counts {
	uint64_t streams; /* entries in use */
	uint64_t by_state[GB_STREAM_EXPIRED + 1];
	uint64_t silent; /* expired, without simulations that have ended: what somebody should look after */
	uint64_t listed;	 /* entries that are expected */
	uint64_t refused;	 /* frames whose stream found no room in the table */
	uint64_t reused;	 /* entries of expired streams that another stream was given */
	uint64_t undecodable;	 /* frames of which not even the stream is known */
	uint64_t decode_errors;	 /* frames with any error in their PDU, those included */
	uint64_t events_refused; /* too many at once */
};

/* Adds COUNTS, of another table, to SUM. */
static inline void gb_streams_counts_add(struct gb_streams_counts *sum, const struct gb_streams_counts *counts)
{
	for (size_t i = 0; i < sizeof(sum->by_state) / sizeof(sum->by_state[0]); i++)
		sum->by_state[i] += counts->by_state[i];
	sum->streams += counts->streams;
	sum->silent += counts->silent;
	sum->listed += counts->listed;
	sum->refused += counts->refused;
	sum->reused += counts->reused;
	sum->undecodable += counts->undecodable;
	sum->decode_errors += counts->decode_errors;
	sum->events_refused += counts->events_refused;
}

/* NULL with errno set: ENOMEM, EINVAL (max is 0 or above GB_STREAMS_MAX), or what getrandom(2) says. */
struct gb_streams *gb_streams_create(const struct gb_streams_settings *settings, gb_stream_event *event, void *arg);
void gb_streams_destroy(struct gb_streams *streams);

#define GB_STREAMS_MAX 65536

/* After a reload: another limit; 0 = never a storm. */
void gb_streams_set_storm(struct gb_streams *streams, uint64_t storm_per_second);

/* Takes COUNT carried frames into account, in this order. Many at once cost less each than one by one. */
void gb_streams_frames(struct gb_streams *streams, const struct gb_frame *frames, unsigned count, uint64_t now_ns,
		       uint64_t utc_ns);

/* Frames were carried that nobody saw, of whichever streams, by NOW_NS at the latest. So none of them counts as lost, and a
 * stream that lives is given its timeAllowedtoLive anew from then on. One that has expired stays so until it is heard.
 */
void gb_streams_missed(struct gb_streams *streams, uint64_t now_ns);

/* Finds what has expired by NOW_NS. Returns when to call again at the latest, monotonic ns; 0 = nothing is waited for. A new
 * frame can bring an earlier time: gb_streams_deadline. An expiry is found within 9 ms if it is called then. A call looks at a
 * bounded number of streams, so that frames do not wait while thousands expire: if there are more, it returns NOW_NS.
 */
uint64_t gb_streams_expire(struct gb_streams *streams, uint64_t now_ns, uint64_t utc_ns);
uint64_t gb_streams_deadline(const struct gb_streams *streams);

/* Copies at most MAX views, from *BEFORE (SIZE_MAX to begin) on, and moves *BEFORE. Returns how many; 0 at the end. What is
 * known all the time between the first and the last call is copied at least once, also if others are added or removed
 * meanwhile; then it may be copied twice.
 */
size_t gb_streams_view(const struct gb_streams *streams, size_t *before, struct gb_stream_view *view, size_t max);
void gb_streams_counts(const struct gb_streams *streams, struct gb_streams_counts *counts);

/* The stream with this index in full. Returns 0, or -ENOENT. */
int gb_streams_detail(const struct gb_streams *streams, uint32_t index, struct gb_stream_detail *detail);

/* ---- expected streams ---- */

/* One that is to be listed: a line of the state file, of expect_stream, or of `streams expect`. */
struct gb_stream_expected {
	struct gb_stream_key key;
	unsigned path_id; /* for who has several tables; 0 = the first */
	uint32_t time_allowed_to_live_ms; /* how long to wait for the first message; 0 = GB_STREAM_DEFAULT_TAL_MS */
	uint32_t index;			  /* that it had before the start; 0 = none */
	bool learned;			  /* from the state file; else by configuration or request. Not in the text. */
};

/* Lists a stream of this table's direction, waiting for it from NOW_NS on. One that is known already is listed as it is, and
 * its time is not begun anew; what says the same as, or less than, an entry that is listed already adds none. Of a key that
 * leaves something open, the first stream that fits takes the place; if that one expires, another that fits may. The index is
 * taken if it is free and of the direction. Learned ones take at most three quarters of the table, so list configured ones
 * first and the learned ones by ascending index. Returns 0; -EINVAL (another direction, no reference); -ENOSPC (no room).
 */
int gb_streams_expect(struct gb_streams *streams, const struct gb_stream_expected *expected, uint64_t now_ns);

/* Takes the stream with this index off the list, and away if it is not alive. Returns how many were listed, or went: 0 or 1. */
unsigned gb_streams_forget_index(struct gb_streams *streams, uint32_t index);

/* Takes all that PATTERN means off the list, and away if they are not alive. Returns how many it found so. */
unsigned gb_streams_forget(struct gb_streams *streams, const struct gb_stream_key *pattern);

#define GB_STREAM_LEARN_NS UINT64_C(60000000000)

/* Whether to remember this stream over a restart: listed, or heard for LEARN_NS at least (GB_STREAM_LEARN_NS by default), so
 * that a short-lived invented one is not. Never a simulation.
 */
bool gb_stream_worth_saving(const struct gb_stream_view *view, uint64_t learn_ns);

#define GB_STREAM_LINE 768 /* octets that the longest text needs, with its end */
#define GB_STREAM_WHY  160

/* One line: REF [direction=to_goose0|to_network] [source=MAC] [destination=MAC] [vlan=N] [appid=0xHHHH] [path=N] [ttl=MS]
 * [index=N], in any order behind REF. Without direction it is to_goose0, without path the first, 0. A space or backslash in
 * REF is written \x20, \x5c. Returns 0, or -EINVAL with WHY of SIZE octets filled in: what is wrong and how it should be.
 */
int gb_stream_expected_parse(const char *text, struct gb_stream_expected *expected, char *why, size_t size);

/* The same as a line without its end, into TEXT of SIZE octets, GB_STREAM_LINE are enough. Returns TEXT. */
char *gb_stream_expected_format(const struct gb_stream_expected *expected, char *text, size_t size);

#endif
