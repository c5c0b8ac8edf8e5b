/* SPDX-License-Identifier: Apache-2.0 */
/* Any octets as what comes from the network. The input is a run of datagrams, each behind its length (2 octets) and the
 * milliseconds that have passed since the one before (1 octet); the last one takes what is left. They go the way that
 * the service's worker sends them: parse, then frames, piece, hello or echo; reassembly and peers keep their state from
 * one to the next.
 */
#include <goose-bridge/octets.h>
#include <goose-bridge/peers.h>
#include <goose-bridge/tunnel.h>

#include <stdlib.h>
#include <string.h>

#define SLOTS	   6
#define PEERS_MAX  3
#define NS_PER_MS  UINT64_C(1000000)
#define TIMEOUT_NS (200 * NS_PER_MS)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct gb_reassembly *reassembly;
	struct gb_peers *peers;
	uint64_t now_ns;
	uint64_t pieces; /* taken, that is neither duplicate nor conflict */
	uint64_t whole;
	uint64_t given_up;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static bool within(const uint8_t *inner, size_t inner_length, const uint8_t *outer, size_t outer_length)
{
	return inner >= outer && inner_length <= outer_length &&
	       inner - outer <= (ptrdiff_t)(outer_length - inner_length);
}

/* What is written is what was read, but for the length of extensions and the reserved octet. */
static void check_header(const uint8_t *octets, const struct gb_native_header *header)
{
	uint8_t again[GB_NATIVE_HEADER];

	gb_native_put_header(again, header);
	again[5] = octets[5];
	again[15] = octets[15];
	require(memcmp(again, octets, sizeof(again)) == 0);
}

static void take_frames(struct gb_peer *peer, const struct gb_datagram *d)
{
	struct gb_reader body = gb_reader(d->body, d->body_length);
	size_t length, sum = 0;
	unsigned frames = 0;

	if (!gb_native_frames_whole(d->body, d->body_length))
		return;
	while (gb_reader_left(&body) > 0) {
		const uint8_t *frame = gb_native_next_frame(&body, &length);
		uint8_t prefix[GB_NATIVE_FRAME_PREFIX];

		require(frame && length > 0 && within(frame, length, d->body, d->body_length));
		gb_native_put_frame_prefix(prefix, length);
		require(memcmp(prefix, frame - sizeof(prefix), sizeof(prefix)) == 0);
		sum += GB_NATIVE_FRAME_PREFIX + length;
		frames++;
	}
	require(frames > 0 && sum == d->body_length && !body.bad);
	require(!gb_native_next_frame(&body, &length));
	gb_peer_add_frames(peer, frames);
}

static void check_piece(const struct gb_datagram *d, const struct gb_piece *piece)
{
	uint8_t header[GB_NATIVE_PIECE_HEADER];
	size_t end = piece->offset + piece->length;

	require(within(piece->octets, piece->length, d->body, d->body_length));
	require(piece->frame_length >= GB_TUNNEL_FRAME_MIN && piece->frame_length <= GB_TUNNEL_FRAME_MAX);
	require(piece->length > 0 && piece->length < piece->frame_length && end <= piece->frame_length);
	require(piece->offset % GB_NATIVE_PIECE_UNIT == 0);
	require(end == piece->frame_length || end % GB_NATIVE_PIECE_UNIT == 0);
	gb_native_put_piece_header(header, piece);
	require(memcmp(header, d->body, sizeof(header)) == 0);
}

static void take_piece(struct run *run, struct in_addr source, const struct gb_datagram *d)
{
	struct gb_reassembly_key key = {source.s_addr, d->native.path_id, d->native.lane, d->native.sender_id,
					d->native.epoch};
	const uint8_t *frame = NULL;
	struct gb_piece piece;
	size_t length = 0;

	if (!gb_native_get_piece(d->body, d->body_length, &piece))
		return;
	check_piece(d, &piece);
	switch (gb_reassembly_add(run->reassembly, &key, &piece, run->now_ns, TIMEOUT_NS, &frame, &length)) {
	case GB_REASSEMBLY_PENDING:
		run->pieces++;
		/* the same again is known */
		require(gb_reassembly_add(run->reassembly, &key, &piece, run->now_ns, TIMEOUT_NS, &frame, &length) ==
			GB_REASSEMBLY_DUPLICATE);
		break;
	case GB_REASSEMBLY_WHOLE:
		run->pieces++;
		run->whole++;
		require(frame && length == piece.frame_length);
		require(memcmp(frame + piece.offset, piece.octets, piece.length) == 0);
		require(gb_reassembly_add(run->reassembly, &key, &piece, run->now_ns, TIMEOUT_NS, &frame, &length) ==
			GB_REASSEMBLY_DUPLICATE);
		break;
	case GB_REASSEMBLY_DUPLICATE:
	case GB_REASSEMBLY_CONFLICT:
		break;
	}
}

static void check_same_hello(const struct gb_hello *a, const struct gb_hello *b)
{
	require(a->path_mtu == b->path_mtu && a->interval_s == b->interval_s && a->lanes == b->lanes);
	for (unsigned i = 0; i < a->lanes; i++)
		require(a->lane[i].lane == b->lane[i].lane && a->lane[i].frames == b->lane[i].frames &&
			a->lane[i].next_sequence == b->lane[i].next_sequence);
	require(strcmp(a->version, b->version) == 0);
}

static void take_hello(struct run *run, struct gb_peer *peer, const struct gb_datagram *d)
{
	struct gb_peer_lane_report lane[GB_NATIVE_LANES_MAX];
	uint8_t written[GB_NATIVE_CONTROL_MAX];
	struct gb_hello hello, again;

	if (!gb_native_get_hello(d->body, d->body_length, &hello))
		return;
	require(hello.lanes <= GB_NATIVE_LANES_MAX);
	require(strnlen(hello.version, sizeof(hello.version)) < sizeof(hello.version));
	for (const char *c = hello.version; *c; c++)
		require(*c >= ' ' && *c < 0x7F);
	size_t length = gb_native_put_hello(written, &d->native, &hello);

	require(length <= sizeof(written));
	require(gb_native_get_hello(written + GB_NATIVE_HEADER, length - GB_NATIVE_HEADER, &again));
	check_same_hello(&hello, &again);
	for (unsigned i = 0; i < hello.lanes; i++)
		lane[i] = (struct gb_peer_lane_report){hello.lane[i].lane, hello.lane[i].next_sequence};
	gb_peer_hello(peer, d->native.path_id,
		      &(struct gb_peer_hello){d->native.epoch, hello.version, hello.path_mtu, hello.interval_s,
					      hello.lanes, lane},
		      run->now_ns);
}

static void take_echo(const struct gb_datagram *d)
{
	uint8_t written[GB_NATIVE_CONTROL_MAX];
	struct gb_echo echo;

	if (!gb_native_get_echo(d->native.type, d->body, d->body_length, &echo))
		return;
	size_t length = gb_native_put_echo(written, &d->native, &echo);

	require(length > GB_NATIVE_HEADER && length - GB_NATIVE_HEADER <= d->body_length);
	require(memcmp(written + GB_NATIVE_HEADER, d->body, length - GB_NATIVE_HEADER) == 0);
}

static void take_native(struct run *run, struct in_addr source, const struct gb_datagram *d)
{
	struct gb_peer_datagram said = {source, d->native.sender_id, d->native.epoch, d->native.path_id, d->native.lane,
					d->native.sequence};
	struct gb_peer *peer = gb_peers_native(run->peers, &said, run->now_ns, run->now_ns, NULL);

	require(peer && d->native.sender_id != 0 && d->native.key_id == 0 && d->native.tag_length == 0);
	switch (d->native.type) {
	case GB_NATIVE_FRAMES:
		take_frames(peer, d);
		break;
	case GB_NATIVE_PIECE:
		take_piece(run, source, d);
		break;
	case GB_NATIVE_HELLO:
		take_hello(run, peer, d);
		break;
	case GB_NATIVE_ECHO_REQUEST:
	case GB_NATIVE_ECHO_REPLY:
		take_echo(d);
		break;
	default:
		break;
	}
}

static void take_legacy(struct run *run, struct in_addr source, const uint8_t *octets,
			const struct gb_legacy_frame *legacy)
{
	bool tagged = legacy->ethernet_length == GB_LEGACY_ETHERNET_MAX;
	struct gb_legacy_source again = {.addresses = legacy->ethernet, .tags = tagged};
	uint8_t header[GB_LEGACY_HEADER];

	require(legacy->ethernet_length + legacy->payload_length <= GB_TUNNEL_FRAME_MAX);
	require(tagged || legacy->ethernet_length == 14);
	require(legacy->payload == octets + GB_LEGACY_HEADER);
	require(!(legacy->ethernet[6] & 1));
	require(memcmp(legacy->ethernet + legacy->ethernet_length - 2, "\x88\xB8", 2) == 0);
	if (tagged) {
		again.tpid = (uint16_t)(legacy->ethernet[12] << 8 | legacy->ethernet[13]);
		again.tci = (uint16_t)(legacy->ethernet[14] << 8 | legacy->ethernet[15]);
	}
	/* what it was made from can be made from it; but a VID without a tag is forgotten */
	require(gb_legacy_can_express(&again) == GB_LEGACY_FITS);
	gb_legacy_put_header(header, &again, legacy->time_us);
	require(memcmp(header, octets, tagged ? sizeof(header) : sizeof(header) - 2) == 0);
	gb_peer_add_frames(gb_peers_legacy(run->peers, source, run->now_ns, run->now_ns, NULL), 1);
}

static void take(struct run *run, const uint8_t *octets, size_t length)
{
	/* of three hosts, by what they are said to be: the group is open to all */
	struct in_addr source = {.s_addr = length > 16 ? octets[16] % 3U : 0};
	struct gb_datagram d;

	switch (gb_tunnel_parse(octets, length, &d)) {
	case GB_TUNNEL_NATIVE:
		require(length >= GB_NATIVE_HEADER && octets[0] == 'G' && octets[1] == 'B' &&
			octets[2] == GB_NATIVE_VERSION);
		require(d.body == octets + octets[5] && d.body + d.body_length == octets + length);
		check_header(octets, &d.native);
		take_native(run, source, &d);
		break;
	case GB_TUNNEL_LEGACY:
		require(length >= GB_LEGACY_HEADER && !(octets[0] & 1));
		require(d.legacy.payload_length == length - GB_LEGACY_HEADER);
		take_legacy(run, source, octets, &d.legacy);
		break;
	case GB_TUNNEL_UNKNOWN_VERSION:
		require(octets[2] != GB_NATIVE_VERSION);
		break;
	case GB_TUNNEL_UNKNOWN_KEY:
		require(length >= GB_NATIVE_HEADER && memcmp(octets + 8, "\0\0\0\0", 4) != 0);
		break;
	case GB_TUNNEL_MALFORMED:
		break;
	}
	run->given_up += gb_reassembly_expire(run->reassembly, run->now_ns, TIMEOUT_NS);
}

static void check_end(struct run *run)
{
	struct gb_peer_view view[PEERS_MAX + 1];
	size_t peers = gb_peers_view(run->peers, view, PEERS_MAX + 1);

	require(peers <= PEERS_MAX);
	for (size_t i = 0; i < peers; i++) {
		require(view[i].legacy == (view[i].sender_id == 0));
		require(view[i].duplicates + view[i].reordered + view[i].restarts < view[i].datagrams);
		require(strnlen(view[i].version, sizeof(view[i].version)) < sizeof(view[i].version));
	}
	/* nothing is under way for ever, and each frame takes two pieces at least */
	run->given_up += gb_reassembly_expire(run->reassembly, run->now_ns + TIMEOUT_NS + 1, TIMEOUT_NS);
	require(2 * run->whole + run->given_up <= run->pieces);
	require(gb_reassembly_expire(run->reassembly, run->now_ns + 2 * TIMEOUT_NS + 2, TIMEOUT_NS) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_reader r = gb_reader(data, size);
	struct run run = {.reassembly = gb_reassembly_create(SLOTS), .peers = gb_peers_create(PEERS_MAX),
			  .now_ns = 1000 * NS_PER_MS};

	while (run.reassembly && run.peers && gb_reader_left(&r) > 3) {
		size_t length = gb_read_u16(&r);

		run.now_ns += gb_read_u8(&r) * NS_PER_MS;
		if (length > gb_reader_left(&r))
			length = gb_reader_left(&r);
		/* memory that ends where the datagram does: a read beyond it must not hit the next one */
		uint8_t *octets = malloc(length);

		if (octets || length == 0) {
			if (length)
				memcpy(octets, gb_read_octets(&r, length), length);
			take(&run, octets, length);
		}
		free(octets);
	}
	if (run.reassembly && run.peers)
		check_end(&run);
	gb_reassembly_destroy(run.reassembly);
	gb_peers_destroy(run.peers);
	return 0;
}
