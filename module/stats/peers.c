/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/peers.h>

#include <stdlib.h>
#include <string.h>

#define WINDOW	 64 /* sequence numbers behind the highest one that are still told apart */
#define JUMP_MAX (UINT64_C(1) << 20) /* more at once is no loss that anybody could count: the lane begins again */
#define NOBODY	 (-1)
#define LATE_NS	 UINT64_C(1000000000) /* datagrams of the epoch before may still come for this long */

/* One lane's sequence numbers. Bit n of seen: highest - n has come. */
struct lane {
	bool used;
	uint16_t path_id;
	uint16_t lane;
	uint64_t highest;
	uint64_t first; /* the first that was heard: what came before it was never expected */
	uint64_t seen;
	uint64_t announced; /* next_sequence of the last hello; 0 = none */
	uint64_t last_ns;
	bool missed; /* datagrams since the highest may have come unseen: what is ahead is taken up there */
};

struct gb_peer {
	struct gb_peer_view view;
	uint64_t last_ns; /* monotonic */
	bool stamped;
	unsigned stamp;
	uint32_t missed; /* the table's, when this peer was last told */
	struct lane lane[GB_PEER_LANES];
	int next; /* in the bucket */
};

struct gb_peers {
	unsigned max;
	unsigned count;
	unsigned bucket_mask;
	uint32_t missed; /* how often datagrams came unseen */
	int *bucket; /* index of the first peer, or NOBODY */
	struct gb_peer peer[];
};

struct gb_peers *gb_peers_create(unsigned max)
{
	unsigned buckets = 1;

	while (buckets < max * 2)
		buckets *= 2;
	struct gb_peers *peers = calloc(1, sizeof(*peers) + max * sizeof(peers->peer[0]));
	int *bucket = malloc(buckets * sizeof(*bucket));

	if (!peers || !bucket) {
		free(peers);
		free(bucket);
		return NULL;
	}
	for (unsigned i = 0; i < buckets; i++)
		bucket[i] = NOBODY;
	peers->max = max;
	peers->bucket_mask = buckets - 1;
	peers->bucket = bucket;
	return peers;
}

void gb_peers_destroy(struct gb_peers *peers)
{
	if (!peers)
		return;
	free(peers->bucket);
	free(peers);
}

static int *bucket_of(struct gb_peers *peers, uint64_t sender_id, struct in_addr address)
{
	uint64_t h = (sender_id ^ (uint64_t)address.s_addr << 32 ^ address.s_addr) * UINT64_C(0x9E3779B97F4A7C15);

	return &peers->bucket[h >> 32 & peers->bucket_mask];
}

static bool is_peer(const struct gb_peer *peer, uint64_t sender_id, struct in_addr address)
{
	return peer->view.sender_id == sender_id && peer->view.address.s_addr == address.s_addr;
}

/* The entry to use for a peer not known yet: a new one, or the quietest taken out of its bucket. */
static int vacate(struct gb_peers *peers)
{
	if (peers->count < peers->max)
		return (int)peers->count++;

	unsigned quietest = 0;

	for (unsigned i = 1; i < peers->count; i++)
		if (peers->peer[i].last_ns < peers->peer[quietest].last_ns)
			quietest = i;
	struct gb_peer *old = &peers->peer[quietest];
	int *link = bucket_of(peers, old->view.sender_id, old->view.address);

	while (*link != (int)quietest)
		link = &peers->peer[*link].next;
	*link = old->next;
	return (int)quietest;
}

static struct gb_peer *find(struct gb_peers *peers, uint64_t sender_id, struct in_addr address)
{
	for (int i = *bucket_of(peers, sender_id, address); i != NOBODY; i = peers->peer[i].next)
		if (is_peer(&peers->peer[i], sender_id, address))
			return &peers->peer[i];
	return NULL;
}

static struct gb_peer *add(struct gb_peers *peers, uint64_t sender_id, struct in_addr address, uint64_t utc_ns)
{
	int index = vacate(peers);
	int *bucket = bucket_of(peers, sender_id, address);
	struct gb_peer *peer = &peers->peer[index];

	*peer = (struct gb_peer){
		.view = {.sender_id = sender_id, .address = address, .legacy = sender_id == 0, .first_seen_ns = utc_ns},
		.next = *bucket,
	};
	*bucket = index;
	return peer;
}

/* The peer, added if it is new, with this datagram counted. *SILENT_NS is how long nothing came before it. */
static struct gb_peer *hear(struct gb_peers *peers, uint64_t sender_id, struct in_addr address, uint64_t now_ns,
			    uint64_t utc_ns, enum gb_peer_news *news, uint64_t *silent_ns)
{
	struct gb_peer *peer = find(peers, sender_id, address);

	if (peer) {
		/* by the kernel engine one may have come before another that was looked at first */
		*silent_ns = now_ns > peer->last_ns ? now_ns - peer->last_ns : 0;
		*news = *silent_ns > GB_PEER_SILENT_NS ? GB_PEER_BACK : GB_PEER_KNOWN;
	} else {
		peer = add(peers, sender_id, address, utc_ns);
		*silent_ns = 0;
		*news = GB_PEER_NEW;
	}
	if (now_ns >= peer->last_ns) {
		peer->last_ns = now_ns;
		peer->view.last_seen_ns = utc_ns;
	}
	peer->view.datagrams++;
	return peer;
}

static struct lane *find_lane(struct gb_peer *peer, uint16_t path_id, uint16_t lane)
{
	for (unsigned i = 0; i < GB_PEER_LANES; i++)
		if (peer->lane[i].used && peer->lane[i].lane == lane && peer->lane[i].path_id == path_id)
			return &peer->lane[i];
	return NULL;
}

static struct lane *add_lane(struct gb_peer *peer, const struct gb_peer_datagram *d)
{
	struct lane *quietest = &peer->lane[0];

	for (unsigned i = 0; i < GB_PEER_LANES; i++) {
		if (!peer->lane[i].used) {
			quietest = &peer->lane[i];
			break;
		}
		if (peer->lane[i].last_ns < quietest->last_ns)
			quietest = &peer->lane[i];
	}
	*quietest = (struct lane){.used = true, .path_id = d->path_id, .lane = d->lane, .highest = d->sequence,
				  .first = d->sequence, .seen = 1};
	return quietest;
}

/* What is skipped counts as lost at once; what comes late after all counts as recovered. */
static void advance(struct gb_peer *peer, struct lane *lane, uint64_t sequence)
{
	uint64_t ahead = sequence - lane->highest;

	if (ahead > JUMP_MAX) {
		lane->first = lane->highest = sequence;
		lane->seen = 1;
		return;
	}
	peer->view.lost += ahead - 1;
	lane->seen = ahead >= WINDOW ? 0 : lane->seen << ahead;
	lane->seen |= 1;
	lane->highest = sequence;
}

static void follow(struct gb_peer *peer, struct lane *lane, uint64_t sequence)
{
	if (sequence > lane->highest) {
		advance(peer, lane, sequence);
		return;
	}
	uint64_t behind = lane->highest - sequence;

	if (behind >= WINDOW || sequence < lane->first) {
		peer->view.reordered++; /* too old to say whether it came before */
		return;
	}
	if (lane->seen >> behind & 1) {
		peer->view.duplicates++;
		return;
	}
	lane->seen |= UINT64_C(1) << behind;
	peer->view.reordered++;
	peer->view.recovered++;
}

static void notice_missed(struct gb_peer *peer, uint32_t missed)
{
	if (peer->missed == missed)
		return;
	peer->missed = missed;
	for (unsigned i = 0; i < GB_PEER_LANES; i++) {
		peer->lane[i].missed = peer->lane[i].used;
		peer->lane[i].announced = 0;
	}
}

/* A lane's next datagram. */
static void go_on(struct gb_peer *peer, struct lane *lane, uint64_t sequence)
{
	if (!lane->missed || sequence <= lane->highest) {
		follow(peer, lane, sequence);
		return;
	}
	lane->missed = false;
	lane->first = lane->highest = sequence;
	lane->seen = 1;
}

void gb_peers_missed(struct gb_peers *peers)
{
	peers->missed++;
}

/* Whether the sender's sequences began again. A datagram of the epoch before may still be under way when the first of the new
 * one has come; but a sender whose clock was set back starts with a smaller epoch, too, and then the larger one falls silent.
 */
static bool restarted(const struct gb_peer *peer, uint64_t epoch, uint64_t silent_ns)
{
	return epoch > peer->view.epoch || (epoch < peer->view.epoch && silent_ns > LATE_NS);
}

struct gb_peer *gb_peers_native(struct gb_peers *peers, const struct gb_peer_datagram *datagram, uint64_t now_ns,
				uint64_t utc_ns, enum gb_peer_news *news)
{
	enum gb_peer_news local;
	uint64_t silent_ns;

	news = news ? news : &local;
	struct gb_peer *peer =
		hear(peers, datagram->sender_id, datagram->address, now_ns, utc_ns, news, &silent_ns);

	notice_missed(peer, peers->missed);
	if (*news == GB_PEER_NEW) {
		peer->view.epoch = datagram->epoch;
	} else if (restarted(peer, datagram->epoch, silent_ns)) {
		memset(peer->lane, 0, sizeof(peer->lane));
		peer->view.epoch = datagram->epoch;
		peer->view.restarts++;
		*news = GB_PEER_RESTARTED;
	} else if (datagram->epoch != peer->view.epoch) {
		peer->view.reordered++;
		return peer;
	}
	struct lane *lane = find_lane(peer, datagram->path_id, datagram->lane);

	if (lane)
		go_on(peer, lane, datagram->sequence);
	else
		lane = add_lane(peer, datagram);
	lane->last_ns = now_ns;
	return peer;
}

struct gb_peer *gb_peers_legacy(struct gb_peers *peers, struct in_addr address, uint64_t now_ns, uint64_t utc_ns,
				enum gb_peer_news *news)
{
	enum gb_peer_news local;
	uint64_t silent_ns;

	return hear(peers, 0, address, now_ns, utc_ns, news ? news : &local, &silent_ns);
}

bool gb_peer_stamp(struct gb_peer *peer, unsigned stamp)
{
	bool fresh = !peer->stamped || peer->stamp != stamp;

	peer->stamped = true;
	peer->stamp = stamp;
	return fresh;
}

void gb_peer_add_frames(struct gb_peer *peer, unsigned frames)
{
	peer->view.frames += frames;
}

void gb_peer_hello(struct gb_peer *peer, uint16_t path_id, const struct gb_peer_hello *hello, uint64_t utc_ns)
{
	if (hello->epoch != peer->view.epoch)
		return;
	for (unsigned i = 0; i < hello->lanes; i++) {
		struct lane *lane = find_lane(peer, path_id, hello->lane[i].lane);

		if (!lane || lane->missed)
			continue;
		/* the last one that the hello before told of; after it nothing has come */
		if (lane->announced > 0 && lane->announced - 1 > lane->highest &&
		    lane->announced - lane->highest <= JUMP_MAX) {
			advance(peer, lane, lane->announced - 1);
			lane->seen &= ~UINT64_C(1); /* it did not come either */
			peer->view.lost++;
		}
		lane->announced = hello->lane[i].next_sequence;
	}
	peer->view.last_hello_ns = utc_ns;
	peer->view.path_mtu = hello->path_mtu;
	peer->view.hello_interval_s = hello->interval_s;
	strncpy(peer->view.version, hello->version, sizeof(peer->view.version) - 1);
}

size_t gb_peers_view(const struct gb_peers *peers, struct gb_peer_view *view, size_t max)
{
	size_t n = peers->count < max ? peers->count : max;

	for (size_t i = 0; i < n; i++)
		view[i] = peers->peer[i].view;
	return n;
}
