/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-monitor: what one answer of the service means beside the ones before it: rates, what grows, alarms.
 *
 * Pure: no clock, no terminal, no socket. A model is made from an answer and the model before it, and owns all that it points
 * to. Every string in it is printable ASCII: names come from the network and would otherwise reach the terminal.
 */
#ifndef TOOLS_MONITOR_MODEL_H
#define TOOLS_MONITOR_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MONITOR_NAME  132 /* a reference has at most 129 octets (IEC 61850-8-1) */
#define MONITOR_WORD  40
#define MONITOR_LINE  400
#define MONITOR_DROPS 64 /* reasons that are shown */
#define MONITOR_PATHS 4

/* How long what grew stays marked: an eye that looks away for a moment shall not miss it. */
#define MONITOR_HOLD_NS (UINT64_C(10) * 1000000000)

/* A stream's rate is over the last one to two of these: most streams send less than a frame a second. */
#define MONITOR_SPAN_NS (UINT64_C(5) * 1000000000)

struct json_object;

/* What is wrong with a stream, worst first. */
enum monitor_alarm {
	MONITOR_EXPIRED,    /* nothing came within timeAllowedtoLive */
	MONITOR_SILENT,	    /* expected, and not heard since the service started */
	MONITOR_REPLAY,	    /* a message came again that is older than the latest state; within MONITOR_HOLD_NS */
	MONITOR_LOSING,	    /* messages were lost within MONITOR_HOLD_NS */
	MONITOR_DISORDERED, /* messages came twice or out of order within MONITOR_HOLD_NS */
	MONITOR_TEST,	    /* the latest message is marked as simulation or test */
	MONITOR_FINE,
	MONITOR_ALARMS
};

const char *monitor_alarm_word(enum monitor_alarm alarm); /* "EXPIRED", "SILENT", ...; "ok" */

/* A count of the service, and what became of it since the answers before. A count that went down began anew. */
struct monitor_count {
	uint64_t value;
	bool known;
	uint64_t grown;	   /* since it was first seen */
	uint64_t grown_ns; /* when it grew last, monotonic; 0 = never */
	double rate;	   /* 1/s over the last interval; negative: not known */
};

struct monitor_mark {
	uint64_t frames;
	uint64_t at_ns; /* monotonic */
};

struct monitor_stream {
	char name[MONITOR_NAME]; /* "(no name)" if the message could not be decoded */
	char source[20];
	char destination[20];
	bool to_network;
	int appid, vlan_id, vlan_priority; /* -1 = not known, or any */
	enum monitor_alarm alarm;
	char state[MONITOR_WORD]; /* the service's word */
	uint64_t conf_rev, st_num, sq_num, time_allowed_to_live_ms, frames, state_changes, expirations;
	struct monitor_count lost, out_of_order, duplicates, replays;
	bool simulation;
	double rate;   /* frames/s over the last MONITOR_SPAN_NS to twice that; negative: not known */
	int64_t age_s; /* since its last message; negative: none came */
	struct monitor_mark mark[2]; /* what the rate is judged by: the older one first */
};

struct monitor_drop {
	char reason[MONITOR_WORD];
	struct monitor_count count;
};

struct monitor_peer {
	char address[MONITOR_WORD];
	char sender_id[MONITOR_WORD];
	char version[MONITOR_WORD];
	int64_t age_s;
	struct monitor_count lost;
};

struct monitor_path {
	char ends[MONITOR_LINE];
	char kind[MONITOR_LINE];
	char detail[MONITOR_LINE]; /* why it does not work; "" */
	bool broken;
	char membership[MONITOR_LINE]; /* "" if the service does not tell */
	bool not_member;
};

struct monitor_model {
	uint64_t at_ns; /* monotonic: when the answer came */
	char version[MONITOR_WORD];
	char state[MONITOR_WORD];
	char started[MONITOR_WORD]; /* tells one run of the service from the next */
	double uptime_s;
	bool restarted; /* since the answer before */

	size_t warnings;
	char (*warning)[MONITOR_LINE];
	size_t paths;
	struct monitor_path path[MONITOR_PATHS];

	/* "out" is from goose0 to the network, "in" from the network to goose0 */
	struct monitor_count untagged_out, tagged_out; /* together: frames_out */
	struct monitor_count frames_out, datagrams_out, datagrams_in, frames_in, errors;

	size_t drops; /* reasons that were needed; what grew within MONITOR_HOLD_NS first */
	struct monitor_drop drop[MONITOR_DROPS];
	size_t peers;
	struct monitor_peer *peer;

	bool offers_streams; /* false: the service knows nothing of streams */
	bool unsupervised;   /* it would, but max_streams is 0 */
	size_t streams;	     /* in the order of direction, name, addresses, VLAN and APPID */
	struct monitor_stream *stream;
	size_t in_alarm[MONITOR_ALARMS];
};

/* The model of ANSWER, the object of the command "stats", with "streams" in it if there are any, that came at NOW_NS
 * (monotonic) and UTC_NS. BEFORE is the model of an earlier answer, or NULL; it stays as it is. NULL if memory is short.
 */
struct monitor_model *monitor_model_create(const struct monitor_model *before, struct json_object *answer, uint64_t now_ns,
					   uint64_t utc_ns);
void monitor_model_destroy(struct monitor_model *model);

/* Whether COUNT grew so lately that it is marked at NOW_NS. */
bool monitor_grows(const struct monitor_count *count, uint64_t now_ns);

/* ---- which streams are shown, and in what order --------------------------------------------------------------------- */

enum monitor_sort { MONITOR_BY_ALARM, MONITOR_BY_RATE, MONITOR_BY_NAME };

const char *monitor_sort_word(enum monitor_sort sort); /* "alarm", "rate", "name" */

/* Pointers to the streams of MODEL in which FILTER stands (in name, address, APPID as 0x1234, alarm or state; case does not
 * matter; "" = all), in the order SORT: worst alarm, highest rate or name first. *COUNT is how many. The caller frees the
 * array; NULL if memory is short. Streams that are equal to SORT stay in the order of the model, so that lines do not jump.
 */
const struct monitor_stream **monitor_model_select(const struct monitor_model *model, enum monitor_sort sort,
						   const char *filter, size_t *count);

/* Which comes first in the order of the model, as strcmp says it: 0 = the same stream, also in another model. */
int monitor_stream_compare(const struct monitor_stream *a, const struct monitor_stream *b);

#endif
