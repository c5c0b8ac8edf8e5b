/* SPDX-License-Identifier: Apache-2.0 */
/* stats: counters per worker from one list, summed on read; and the named reasons for which a frame is dropped. */
#ifndef GOOSE_BRIDGE_STATS_H
#define GOOSE_BRIDGE_STATS_H

#include <goose-bridge/cache.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* X(name, what it counts). The first seven keep the Python service's names and meaning. */
#define GB_COUNTERS(X)                                                                                    \
	X(raw_frames, "frames read from goose0")                                                          \
	X(goose_received, "untagged GOOSE frames read from goose0")                                       \
	X(vlan_goose_received, "tagged GOOSE frames read from goose0")                                    \
	X(goose_to_ip, "datagrams with frames or pieces sent to the network")                             \
	X(ip_to_goose, "frames written to goose0")                                                        \
	X(errors, "failed sends, reads and writes")                                                       \
	X(frames_to_ip, "frames sent to the network")                                                     \
	X(raw_octets, "octets read from goose0")                                                          \
	X(octets_to_ip, "octets of UDP payload sent")                                                     \
	X(pieces_to_ip, "datagrams that carried a piece of a split frame, sent")                          \
	X(datagrams_from_ip, "datagrams received")                                                        \
	X(octets_from_ip, "octets of UDP payload received")                                               \
	X(pieces_from_ip, "datagrams that carried a piece of a split frame, received")                    \
	X(octets_to_goose, "octets written to goose0")                                                    \
	X(undecodable_headers, "frames carried whose GOOSE header is not whole")                          \
	X(legacy_from_ip, "legacy datagrams received")                                                    \
	X(hellos_sent, "hello datagrams sent")                                                            \
	X(hellos_received, "hello datagrams received")                                                    \
	X(echo_requests_received, "echo requests received")                                               \
	X(echo_replies_sent, "echo replies sent")                                                         \
	X(echo_replies_received, "echo replies received")                                                 \
	X(sender_id_conflicts, "datagrams with this bridge's sender id from another address")             \
	X(send_times_wrong, "native datagrams sent, by synchronised clocks, after their receipt or 10 s before") \
	X(events_refused, "events not told: too many at once")                                            \
	X(unsupervised, "frames carried that supervision did not see: the kernel engine's ring was full")

/* X(name, number, what was dropped and why). Frames, unless it says datagrams. The number is the row of gbDropTable in
 * GOOSE-BRIDGE-MIB: it stays with its reason for ever, and a new reason takes the next one.
 */
#define GB_DROP_REASONS(X)                                                                                \
	X(short_frame, 1, "from goose0, or in a datagram: no whole Ethernet header")                      \
	X(not_goose, 2, "from goose0, or in a datagram: another EtherType")                               \
	X(group_source, 3, "from goose0, or in a datagram: source address with the group bit")            \
	X(stale, 4, "older than max_frame_age_ms, or queued while the service did not read")              \
	X(legacy_destination, 5, "legacy cannot express the destination address")                         \
	X(legacy_second_tag, 6, "legacy cannot express a second VLAN tag")                                \
	X(legacy_tpid, 7, "legacy cannot express a tag other than 0x8100")                                \
	X(legacy_dei, 8, "legacy cannot express DEI")                                                     \
	X(legacy_pcp, 9, "legacy cannot express a priority other than 4")                                 \
	X(too_large, 10, "does not fit path_mtu (legacy), or is over the largest frame")                  \
	X(network_down, 11, "no usable network interface, address or route")                              \
	X(send_buffer_full, 12, "the network took no datagram for longer than max_frame_age_ms")          \
	X(send_failed, 13, "the network refused the datagram")                                            \
	X(goose0_queue_full, 14, "the kernel's queue from goose0 was full, or nobody read it")            \
	X(goose0_down, 15, "goose0 is missing or down")                                                   \
	X(goose0_failed, 16, "goose0 refused the frame")                                                  \
	X(receive_buffer_full, 17, "datagrams: the socket's receive buffer was full")                     \
	X(truncated, 18, "datagrams: larger than the receive buffer")                                     \
	X(not_for_us, 19, "datagrams: for another group or from another interface")                       \
	X(source_not_allowed, 20, "datagrams: source not in allow_sources")                               \
	X(own, 21, "datagrams: sent by this bridge itself")                                               \
	X(malformed, 22, "datagrams: neither format, or lengths that do not fit")                         \
	X(unknown_version, 23, "datagrams: native format of an unknown version")                          \
	X(unknown_type, 24, "datagrams: native format, unknown type")                                     \
	X(unknown_key, 25, "datagrams: authenticated, and this bridge has no key")                        \
	X(echo_refused, 26, "echo requests: more than 50 in a second, or legacy is sent here")            \
	X(piece_duplicate, 27, "datagrams: a piece that was there already")                               \
	X(piece_conflict, 28, "datagrams: a piece that contradicts the frame's others")                   \
	X(piece_incomplete, 29, "split frames of which a piece did not come in time")

enum gb_counter {
#define X(name, help) GB_COUNT_##name,
	GB_COUNTERS(X)
#undef X
	GB_COUNTER_COUNT
};

enum gb_drop_reason {
#define X(name, number, help) GB_DROP_##name,
	GB_DROP_REASONS(X)
#undef X
	GB_DROP_REASON_COUNT
};

const char *gb_counter_name(enum gb_counter counter);
const char *gb_counter_help(enum gb_counter counter);
const char *gb_drop_reason_name(enum gb_drop_reason reason);
unsigned gb_drop_reason_number(enum gb_drop_reason reason);
const char *gb_drop_reason_help(enum gb_drop_reason reason);

/* One writer's counters. Only that thread adds; any thread reads. Own cache lines, so that workers do not slow each other. */
struct gb_stats {
	_Alignas(GB_CACHE_LINE) _Atomic uint64_t counter[GB_COUNTER_COUNT];
	_Atomic uint64_t drop[GB_DROP_REASON_COUNT];
	_Atomic uint64_t consecutive_errors; /* since the last success */
};

/* Plain sums, by value. */
struct gb_totals {
	uint64_t counter[GB_COUNTER_COUNT];
	uint64_t drop[GB_DROP_REASON_COUNT];
	uint64_t consecutive_errors; /* the largest of all writers */
};

/* No locked instruction: there is one writer. */
static inline void gb_stats_bump(_Atomic uint64_t *value, uint64_t by)
{
	atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + by, memory_order_relaxed);
}

static inline void gb_count(struct gb_stats *stats, enum gb_counter counter, uint64_t by)
{
	gb_stats_bump(&stats->counter[counter], by);
}

static inline void gb_drop(struct gb_stats *stats, enum gb_drop_reason reason, uint64_t by)
{
	gb_stats_bump(&stats->drop[reason], by);
}

/* Adds STATS to *TOTALS. */
void gb_stats_add(struct gb_totals *totals, const struct gb_stats *stats);

/* All drops together. */
uint64_t gb_totals_drops(const struct gb_totals *totals);

#endif
