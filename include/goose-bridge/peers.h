/* SPDX-License-Identifier: Apache-2.0 */
/* stats/peers: what is known of each remote bridge, from its datagrams' sequence numbers and its hellos.
 *
 * A remote bridge is a (sender id, source address); one that speaks legacy has no sender id (0). Nothing here drops anything:
 * datagrams are not authenticated, so what they say is counted and reported only. Pure: time is a parameter. Owned by the
 * worker that receives; others get views by value.
 */
#ifndef GOOSE_BRIDGE_PEERS_H
#define GOOSE_BRIDGE_PEERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_PEER_LANES	8 /* lanes followed per peer; the quietest is reused */
#define GB_PEER_VERSION 32

struct gb_peers;
struct gb_peer;

/* What a native datagram says of itself, as far as it matters here. */
struct gb_peer_datagram {
	struct in_addr address;
	uint64_t sender_id;
	uint64_t epoch;
	uint16_t path_id;
	uint16_t lane;
	uint64_t sequence;
};

/* What a hello says. */
struct gb_peer_lane_report {
	uint16_t lane;
	uint64_t next_sequence;
};

struct gb_peer_hello {
	uint64_t epoch; /* of its datagram: one that was under way when the sender restarted says nothing of now */
	const char *version;
	uint16_t path_mtu;
	uint16_t interval_s;
	unsigned lanes;
	const struct gb_peer_lane_report *lane;
};

/* A snapshot of one peer. Times are UTC ns, 0 = never. */
struct gb_peer_view {
	unsigned path_id; /* that it was heard on; set by who has several tables */
	uint64_t sender_id; /* 0 = legacy */
	struct in_addr address;
	bool legacy;
	uint64_t epoch;
	uint64_t first_seen_ns;
	uint64_t last_seen_ns;
	uint64_t last_hello_ns;
	uint64_t datagrams;
	uint64_t frames;
	uint64_t lost; /* datagrams that were missing when a later one came */
	uint64_t recovered; /* of these, those that came late after all */
	uint64_t reordered; /* came after a later one */
	uint64_t duplicates;
	uint64_t restarts; /* epoch changes */
	uint16_t path_mtu; /* from hello; 0 = unknown */
	uint16_t hello_interval_s;
	char version[GB_PEER_VERSION]; /* from hello; "" = unknown */
};

/* Who answered an echo request, and how fast. */
struct gb_echo_answer {
	uint64_t sender_id;
	struct in_addr address;
	uint64_t round_trip_ns; /* all of it */
	uint64_t held_ns;	/* of it, how long the other bridge says that it had the request */
};

#define GB_ECHO_ANSWERS_MAX 128 /* kept of a request */

struct gb_peers *gb_peers_create(unsigned max);
void gb_peers_destroy(struct gb_peers *peers);

enum gb_peer_news {
	GB_PEER_KNOWN,
	GB_PEER_NEW,
	GB_PEER_RESTARTED, /* its sequences began again */
	GB_PEER_BACK, /* first one after GB_PEER_SILENT_NS */
};

#define GB_PEER_SILENT_NS (UINT64_C(60) * 1000000000)

/* Takes a native datagram into account. The result stays valid until the next call that can reuse an entry.
 * NOW_NS is monotonic, UTC_NS wall time. NEWS may be NULL.
 */
struct gb_peer *gb_peers_native(struct gb_peers *peers, const struct gb_peer_datagram *datagram, uint64_t now_ns,
				uint64_t utc_ns, enum gb_peer_news *news);
struct gb_peer *gb_peers_legacy(struct gb_peers *peers, struct in_addr address, uint64_t now_ns, uint64_t utc_ns,
				enum gb_peer_news *news);

/* Datagrams came that nobody saw, of whichever peers: none of them counts as lost. */
void gb_peers_missed(struct gb_peers *peers);

/* Whether PEER does not bear STAMP yet; from now on it does. A new peer bears none. For what is to be said once of each. */
bool gb_peer_stamp(struct gb_peer *peer, unsigned stamp);

void gb_peer_add_frames(struct gb_peer *peer, unsigned frames);

/* Takes a hello into account. A lane's next_sequence is judged when the next hello comes: datagrams that were under way have
 * arrived by then, so what is still missing is lost. That finds a loss at the end of a burst, behind which nothing came.
 */
void gb_peer_hello(struct gb_peer *peer, uint16_t path_id, const struct gb_peer_hello *hello, uint64_t utc_ns);

/* Copies at most MAX views, in no order. Returns how many. */
size_t gb_peers_view(const struct gb_peers *peers, struct gb_peer_view *view, size_t max);

#endif
