/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of stats/peers share: a table with a clock of its own, and one peer that is heard in it. */
#ifndef TEST_PEERS_H
#define TEST_PEERS_H

#include "test_pure.h"

#include <arpa/inet.h>

#include <goose-bridge/peers.h>

#define SECOND UINT64_C(1000000000)
#define MAX    4

struct fixture {
	struct gb_peers *peers;
	uint64_t now; /* monotonic; UTC is ten times that */
	enum gb_peer_news news;
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->peers = gb_peers_create(MAX);
	f->now = 1000 * SECOND;
	*state = f;
	return f->peers ? 0 : -1;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	gb_peers_destroy(f->peers);
	free(f);
	return 0;
}

static inline struct in_addr address(unsigned last)
{
	return (struct in_addr){.s_addr = htonl(0x0A000000U | last)};
}

/* Sender 77 at 10.0.0.1, epoch 500, path 0, lane 0: what differs is written over it. */
static const struct gb_peer_datagram usual = {.sender_id = 77, .epoch = 500};

static inline struct gb_peer *hear_as(struct fixture *f, struct gb_peer_datagram datagram)
{
	if (datagram.address.s_addr == 0)
		datagram.address = address(1);
	return gb_peers_native(f->peers, &datagram, f->now, 10 * f->now, &f->news);
}

static inline struct gb_peer *hear(struct fixture *f, uint64_t sequence)
{
	struct gb_peer_datagram datagram = usual;

	datagram.sequence = sequence;
	return hear_as(f, datagram);
}

static inline struct gb_peer *hear_epoch(struct fixture *f, uint64_t epoch, uint64_t sequence)
{
	struct gb_peer_datagram datagram = usual;

	datagram.epoch = epoch;
	datagram.sequence = sequence;
	return hear_as(f, datagram);
}

static inline void hear_lane(struct fixture *f, uint16_t path_id, uint16_t lane, uint64_t sequence)
{
	struct gb_peer_datagram datagram = usual;

	datagram.path_id = path_id;
	datagram.lane = lane;
	datagram.sequence = sequence;
	hear_as(f, datagram);
}

/* The one peer there is. */
static inline struct gb_peer_view only(const struct fixture *f)
{
	struct gb_peer_view view[MAX];

	assert_int_equal(gb_peers_view(f->peers, view, MAX), 1);
	return view[0];
}

static inline void expect_counts(const struct fixture *f, uint64_t lost, uint64_t reordered, uint64_t duplicates)
{
	struct gb_peer_view view = only(f);

	assert_int_equal(view.lost, lost);
	assert_int_equal(view.reordered, reordered);
	assert_int_equal(view.duplicates, duplicates);
}

static inline void expect_recovered(const struct fixture *f, uint64_t recovered)
{
	assert_int_equal(only(f).recovered, recovered);
}

static inline void hello(struct fixture *f, uint64_t own_sequence, uint64_t next_of_lane_0)
{
	struct gb_peer_lane_report lane = {.lane = 0, .next_sequence = next_of_lane_0};
	struct gb_peer_hello said = {.epoch = usual.epoch, .version = "1.0.0", .path_mtu = 1500, .interval_s = 10,
				     .lanes = 1, .lane = &lane};
	struct gb_peer_datagram datagram = usual;

	datagram.lane = 1;
	datagram.sequence = own_sequence;
	gb_peer_hello(hear_as(f, datagram), 0, &said, 10 * f->now);
}

#endif
