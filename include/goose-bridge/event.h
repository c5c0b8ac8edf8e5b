/* SPDX-License-Identifier: Apache-2.0 */
/* event: the kinds of things that happen, as values; how they are said; and the log of the latest ones.
 *
 * A value is small and has no pointers, so that it can cross threads in a ring (ring.h). Who emits and who reads is not
 * known here.
 */
#ifndef GOOSE_BRIDGE_EVENT_H
#define GOOSE_BRIDGE_EVENT_H

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

struct gb_event {
	enum gb_event_kind kind;
	uint64_t utc_ns;
	struct in_addr address; /* of the peer it is about; 0 = none */
	uint64_t sender_id; /* 0 = none or legacy */
	/* NETWORK_DOWN, SEND_FAILING, GOOSE0_DOWN, GOOSE0_FAILING: errno; STALLED: ms; DEGRADED: errors; else not looked at */
	int64_t value;
	char text[GB_EVENT_TEXT]; /* detail in words; "" = none. Workers leave it empty. */
};

const char *gb_event_name(enum gb_event_kind kind);
int gb_event_severity(enum gb_event_kind kind);

#define GB_EVENT_SENTENCE 320 /* octets that the longest sentence needs */

/* The event as a sentence for a person: what happened, and what to do about it. Into TEXT of SIZE octets. Returns TEXT. */
char *gb_event_describe(const struct gb_event *event, char *text, size_t size);

/* The latest CAPACITY events, oldest overwritten. One thread. NULL if memory is short, or CAPACITY is 0. */
struct gb_event_log;

struct gb_event_log *gb_event_log_create(size_t capacity);
void gb_event_log_destroy(struct gb_event_log *log);
void gb_event_log_add(struct gb_event_log *log, const struct gb_event *event);
size_t gb_event_log_count(const struct gb_event_log *log);
/* INDEX 0 is the oldest that is kept. NULL past the last. */
const struct gb_event *gb_event_log_at(const struct gb_event_log *log, size_t index);

#endif
