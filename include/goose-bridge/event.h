/* SPDX-License-Identifier: Apache-2.0 */
/* event: the kinds of things that happen, as values; how they are said; and the log of the latest ones.
 *
 * A value is small and has no pointers, so that it can cross threads in a ring (ring.h). Who emits and who reads is not
 * known here.
 */
#ifndef GOOSE_BRIDGE_EVENT_H
#define GOOSE_BRIDGE_EVENT_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(KIND, name in JSON, severity of enum gb_log_level) */
#define GB_EVENTS(X)                                              \
	X(STARTED, "started", 6)                                  \
	X(STOPPING, "stopping", 6)                                \
	X(RELOADED, "reloaded", 6)                                \
	X(RELOAD_REFUSED, "reload_refused", 3)                    \
	X(NETWORK_UP, "network_up", 6)                            \
	X(NETWORK_DOWN, "network_down", 4)                        \
	X(GOOSE0_UP, "goose0_up", 6)                              \
	X(GOOSE0_DOWN, "goose0_down", 4)                          \
	X(SEND_FAILING, "send_failing", 4)                        \
	X(SEND_RESTORED, "send_restored", 6)                      \
	X(GOOSE0_FAILING, "goose0_failing", 4)                    \
	X(GOOSE0_RESTORED, "goose0_restored", 6)                  \
	X(GOOSE0_BROKEN, "goose0_broken", 4)                      \
	X(STALLED, "stalled", 4)                                  \
	X(PEER_NEW, "peer_new", 6)                                \
	X(PEER_RESTARTED, "peer_restarted", 6)                    \
	X(FORMAT_MISMATCH, "format_mismatch", 4)                  \
	X(SENDER_ID_CONFLICT, "sender_id_conflict", 4)            \
	X(SOURCE_REFUSED, "source_refused", 4)                    \
	X(REREGISTERED, "reregistered", 4)                        \
	X(MEMBERSHIP_LOST, "membership_lost", 3)                  \
	X(MEMBERSHIP_RESTORED, "membership_restored", 6)          \
	X(QUERIER_LOST, "querier_lost", 4)                        \
	X(QUERIER_FOUND, "querier_found", 6)                      \
	X(STREAM_EXPIRED, "stream_expired", 4)                    \
	X(STREAM_RESTORED, "stream_restored", 6)                  \
	X(STREAM_CONF_REV, "stream_conf_rev", 4)                  \
	X(STREAM_REPLAY, "stream_replay", 4)                      \
	X(STREAM_STORM, "stream_storm", 4)                        \
	X(TGW_ABSENT, "tgw_absent", 4)                            \
	X(TGW_MEMBER, "tgw_member", 6)                            \
	X(DEGRADED, "degraded", 4)                                \
	X(RECOVERED, "recovered", 6)

enum gb_event_kind {
#define X(kind, name, severity) GB_EVENT_##kind,
	GB_EVENTS(X)
#undef X
	GB_EVENT_KIND_COUNT
};

#define GB_EVENT_TEXT 96

/* value of SEND_RESTORED: the network is back, but nothing was sent yet. */
#define GB_EVENT_NOT_TRIED 1

#define GB_EVENT_REF 130 /* octets of a reference with its end (IEC 61850-7-2: VISIBLE STRING129) */

/* The GOOSE stream that an event is about. index 0 = none. */
struct gb_event_stream {
	uint32_t index;
	bool from_network; /* else published on this host's goose0 */
	uint16_t appid;
	uint8_t source[6];
	char gocb_ref[GB_EVENT_REF];
};

struct gb_event {
	enum gb_event_kind kind;
	uint64_t utc_ns;
	struct in_addr address; /* of the peer it is about; 0 = none */
	uint64_t sender_id; /* 0 = none or legacy */
	/* NETWORK_DOWN, SEND_FAILING, GOOSE0_DOWN, GOOSE0_FAILING: errno; STALLED: ms; DEGRADED: errors; else not looked at.
	 * STREAM_EXPIRED: ms that it could be silent, negative if it was never heard; STREAM_RESTORED: ms that it was silent,
	 * 0 if it was never heard before; STREAM_CONF_REV: gb_event_pair(confRev before, now); STREAM_REPLAY:
	 * gb_event_pair(stNum, sqNum) of the message; STREAM_STORM: frames a second that are allowed.
	 */
	int64_t value;
	struct gb_event_stream stream;
	char path[IFNAMSIZ]; /* GOOSE interface of the path it is about; "" = the service as a whole, or its only path */
	char text[GB_EVENT_TEXT]; /* detail in words; "" = none. Workers leave it empty. */
};

const char *gb_event_name(enum gb_event_kind kind);
int gb_event_severity(enum gb_event_kind kind);

/* Two numbers as one value, and back. */
static inline int64_t gb_event_pair(uint32_t first, uint32_t second) { return (int64_t)((uint64_t)first << 32 | second); }
static inline uint32_t gb_event_first(int64_t pair) { return (uint32_t)((uint64_t)pair >> 32); }
static inline uint32_t gb_event_second(int64_t pair) { return (uint32_t)pair; }

#define GB_EVENT_SENTENCE 600 /* octets that the longest sentence needs */

/* The event as a sentence for a person: what happened, and what to do about it; before it the path, if it names one. Into TEXT
 * of SIZE octets, at least 32. Returns TEXT.
 */
char *gb_event_describe(const struct gb_event *event, char *text, size_t size);

/* The latest CAPACITY events. When it is full, a new one takes the place of the oldest of that kind which has most of them, so
 * that a thousand streams that fall silent do not take with them when the group was joined anew: each kind keeps at least the
 * latest CAPACITY / GB_EVENT_KIND_COUNT of its own, and any kind may have all the room that others leave. One thread. NULL if
 * memory is short, or CAPACITY is 0.
 */
struct gb_event_log;

struct gb_event_log *gb_event_log_create(size_t capacity);
void gb_event_log_destroy(struct gb_event_log *log);
void gb_event_log_add(struct gb_event_log *log, const struct gb_event *event);
size_t gb_event_log_count(const struct gb_event_log *log);
/* INDEX 0 is the oldest that is kept. NULL past the last. */
const struct gb_event *gb_event_log_at(const struct gb_event_log *log, size_t index);
/* The number of the event at INDEX: 1 is the first that was ever added. It stays with the event, and grows with INDEX, though
 * not by 1 once events are gone. 0 past the last.
 */
uint64_t gb_event_log_number(const struct gb_event_log *log, size_t index);

#endif
