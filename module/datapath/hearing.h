/* SPDX-License-Identifier: Apache-2.0 */
/* Whom the worker towards goose0 hears, by either engine, and what it tells of them. Owned by that worker. */
#ifndef DATAPATH_HEARING_H
#define DATAPATH_HEARING_H

#include "datapath_private.h"
#include "gate.h"

struct hearing {
	struct worker *worker;
	struct gb_peers *peers;
	struct gate news;
	uint64_t conflict_told_ns; /* of sender ids; 0 = never */
	uint64_t refused_told_ns;  /* of allow_sources; 0 = never */
	unsigned format_stamp;	   /* counts changes of wire_format: whom it was told of is told of again */
};

/* Returns 0 or -ENOMEM. */
int hearing_init(struct hearing *hearing, struct worker *worker);
void hearing_release(struct hearing *hearing);

/* A datagram has come at NOW_NS (monotonic). Return the peer, as gb_peers_native and gb_peers_legacy do. */
struct gb_peer *hearing_native(struct hearing *hearing, const struct gb_peer_datagram *said, uint64_t now_ns, uint64_t utc_ns);
struct gb_peer *hearing_legacy(struct hearing *hearing, struct in_addr source, uint64_t now_ns, uint64_t utc_ns);

/* Another bridge, or somebody, uses this bridge's sender id. Nothing is proved by an id that is not authenticated, so its
 * frames are delivered; but somebody has to sort it out.
 */
void hearing_conflict(struct hearing *hearing, struct in_addr source, uint64_t sender_id, uint64_t now_ns);

/* allow_sources is easily wrong, and what it refuses is then missed on goose0: each minute one such source is named. */
void hearing_refused(struct hearing *hearing, struct in_addr source, uint64_t now_ns);

#endif
