/* SPDX-License-Identifier: Apache-2.0 */
/* tunnel: the wire formats, legacy and native, and the rebuilding of split frames. goose-bridge-wire(5) has every octet.
 *
 * Pure: octets in, values out. What is inside a frame is not looked at here.
 */
#ifndef GOOSE_BRIDGE_TUNNEL_H
#define GOOSE_BRIDGE_TUNNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest frame that either format carries here: the largest interface_mtu, an Ethernet header and two tags. */
#define GB_TUNNEL_FRAME_MAX (9216 + 14 + 8)
#define GB_TUNNEL_FRAME_MIN 14 /* a whole Ethernet header */

/* The smallest path_mtu: what every IPv4 host has to accept (RFC 791, 3.1). The largest frame then makes 19 pieces. */
#define GB_TUNNEL_PATH_MTU_MIN 576

/* ---- native --------------------------------------------------------------------------------------------------------- */

#define GB_NATIVE_VERSION	1
#define GB_NATIVE_HEADER	48 /* octets, without extensions */
#define GB_NATIVE_FRAME_PREFIX	2  /* length before each frame */
#define GB_NATIVE_PIECE_HEADER	8  /* behind the header */
#define GB_NATIVE_PIECE_UNIT	8  /* pieces start, and all but the last end, at multiples of this within the frame */
#define GB_NATIVE_CONTROL_MAX	512 /* the largest hello or echo that is written here */
#define GB_NATIVE_LANES_MAX	8  /* lanes that a hello tells of */
#define GB_NATIVE_VERSION_TEXT	31 /* octets of version text that are kept */

enum gb_native_type {
	GB_NATIVE_FRAMES = 0,
	GB_NATIVE_PIECE = 1,
	GB_NATIVE_HELLO = 2,
	GB_NATIVE_ECHO_REQUEST = 3,
	GB_NATIVE_ECHO_REPLY = 4,
};

#define GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED 0x01 /* send_time_ns is not to be compared with another host's clock */

struct gb_native_header {
	uint8_t type; /* enum gb_native_type, or a later version's */
	uint8_t flags;
	uint8_t tag_length; /* octets of authentication tag at the datagram's end */
	uint16_t path_id;
	uint32_t key_id; /* 0 = unauthenticated */
	uint16_t lane;
	uint64_t sender_id;
	uint64_t epoch; /* UTC ns when the sender's sequences began */
	uint64_t sequence; /* datagrams of (sender id, epoch, path id, lane), from 0 */
	uint64_t send_time_ns; /* UTC; 0 = unknown */
};

/* Writes the GB_NATIVE_HEADER octets of HEADER to AT. */
void gb_native_put_header(uint8_t *at, const struct gb_native_header *header);

/* Writes the length before a frame of LENGTH octets (at most 65535) to AT. */
void gb_native_put_frame_prefix(uint8_t *at, size_t length);

struct gb_piece {
	uint32_t frame_id; /* the same in all pieces of a frame; counts up within a lane */
	uint16_t frame_length; /* octets of the whole frame */
	uint16_t offset; /* of this piece in the frame; a multiple of GB_NATIVE_PIECE_UNIT */
	const uint8_t *octets; /* on reading: into the datagram */
	size_t length;
};

/* Writes the GB_NATIVE_PIECE_HEADER octets that stand between header and piece to AT. */
void gb_native_put_piece_header(uint8_t *at, const struct gb_piece *piece);

struct gb_hello_lane {
	uint16_t lane;
	uint64_t next_sequence; /* how many datagrams were numbered on it, whether or not the network took them */
	uint64_t frames; /* how many frames were sent on it */
};

struct gb_hello {
	uint16_t path_mtu;
	uint16_t interval_s;
	unsigned lanes;
	struct gb_hello_lane lane[GB_NATIVE_LANES_MAX];
	char version[GB_NATIVE_VERSION_TEXT + 1]; /* printable ASCII; what is not is read as '?' */
};

struct gb_echo {
	uint64_t nonce; /* the asker's, returned as it came */
	uint64_t target; /* request: sender id of who is to answer, 0 = everybody; reply: who asked */
	uint64_t request_time_ns; /* reply only: send time of the request */
	uint64_t held_ns; /* reply only: how long the request lay at the answering bridge */
};

/* Whole datagrams of the control types (HEADER's type says which). AT has GB_NATIVE_CONTROL_MAX octets.
 * Return the datagram's length.
 */
size_t gb_native_put_hello(uint8_t *at, const struct gb_native_header *header, const struct gb_hello *hello);
size_t gb_native_put_echo(uint8_t *at, const struct gb_native_header *header, const struct gb_echo *echo);

/* Take the body of a control datagram apart. False if it is malformed. */
bool gb_native_get_hello(const uint8_t *body, size_t length, struct gb_hello *hello);
bool gb_native_get_echo(uint8_t type, const uint8_t *body, size_t length, struct gb_echo *echo);

/* Takes the body of a piece apart. False if it is malformed, alone the whole frame, or of a frame over GB_TUNNEL_FRAME_MAX. */
bool gb_native_get_piece(const uint8_t *body, size_t length, struct gb_piece *piece);

/* Whether BODY is a run of one or more frames, each with its length, that ends where the body ends. */
bool gb_native_frames_whole(const uint8_t *body, size_t length);

struct gb_reader;

/* The next frame of a body that gb_native_frames_whole said yes to. NULL at its end. */
const uint8_t *gb_native_next_frame(struct gb_reader *body, size_t *length);

/* ---- legacy: the Python service's layout ---------------------------------------------------------------------------- */

#define GB_LEGACY_HEADER       18 /* source MAC, microseconds, VLAN flag, VID */
#define GB_LEGACY_ETHERNET_MAX 18 /* the Ethernet header that the receiver puts in its place: 14, or 18 with a tag */

enum gb_legacy_verdict {
	GB_LEGACY_FITS,
	GB_LEGACY_DESTINATION, /* not 01:0C:CD:01:00:01 */
	GB_LEGACY_SECOND_TAG,
	GB_LEGACY_TPID, /* a tag that is not 0x8100 */
	GB_LEGACY_DEI,
	GB_LEGACY_PCP, /* not 4 */
};

/* What of a frame the legacy header is made from. */
struct gb_legacy_source {
	const uint8_t *addresses; /* destination and source MAC, 12 octets */
	unsigned tags;
	uint16_t tpid; /* of the outer tag */
	uint16_t tci;
};

/* Whether the format can express such a frame so that it comes out octet for octet. */
enum gb_legacy_verdict gb_legacy_can_express(const struct gb_legacy_source *source);

/* Whether the old service would have sent it, with its tag rewritten to 0x8100, PCP 4, DEI 0 (legacy_lossy). */
bool gb_legacy_rewritable(enum gb_legacy_verdict verdict);

/* Writes GB_LEGACY_HEADER octets to AT. What follows them in the datagram is the frame from APPID on. */
void gb_legacy_put_header(uint8_t *at, const struct gb_legacy_source *source, uint64_t time_us);

struct gb_legacy_frame {
	uint8_t ethernet[GB_LEGACY_ETHERNET_MAX]; /* the rebuilt Ethernet header, EtherType included */
	size_t ethernet_length;
	const uint8_t *payload; /* from APPID on, in the datagram */
	size_t payload_length;
	uint64_t time_us;
};

/* ---- receipt -------------------------------------------------------------------------------------------------------- */

enum gb_tunnel_verdict {
	GB_TUNNEL_NATIVE, /* a native datagram of this version, header whole, unauthenticated */
	GB_TUNNEL_LEGACY,
	GB_TUNNEL_MALFORMED, /* too short, header length or tag length wrong, impossible legacy fields */
	GB_TUNNEL_UNKNOWN_VERSION,
	GB_TUNNEL_UNKNOWN_KEY, /* authenticated: this version has no keys, and does not take what it cannot check */
};

struct gb_datagram {
	struct gb_native_header native; /* NATIVE */
	const uint8_t *body; /* NATIVE: behind header and extensions, up to the authentication tag */
	size_t body_length;
	struct gb_legacy_frame legacy; /* LEGACY */
};

/* Takes a received datagram of LENGTH octets apart. Native datagrams start with 'G' 'B' (0x47 0x42): 0x47 has the group bit,
 * which no source MAC has, so no legacy datagram of a real station starts so. An unknown type is not an error here.
 */
enum gb_tunnel_verdict gb_tunnel_parse(const uint8_t *octets, size_t length, struct gb_datagram *datagram);

/* ---- rebuilding split frames ---------------------------------------------------------------------------------------- */

/* Bounded in memory (SLOTS frames of at most GB_TUNNEL_FRAME_MAX octets, of these at most 4 from one address) and in time. */
struct gb_reassembly;

struct gb_reassembly_key {
	uint32_t address; /* of the datagram's source, any fixed byte order */
	uint16_t path_id;
	uint16_t lane;
	uint64_t sender_id;
	uint64_t epoch;
};

enum gb_reassembly_verdict {
	GB_REASSEMBLY_PENDING, /* taken */
	GB_REASSEMBLY_WHOLE, /* *FRAME is whole; valid until the next call */
	GB_REASSEMBLY_DUPLICATE, /* octets that are there already, or of a frame that was whole a moment ago */
	GB_REASSEMBLY_CONFLICT, /* contradicts what is there, or the frame's length: the frame is given up */
};

struct gb_reassembly *gb_reassembly_create(unsigned slots);
void gb_reassembly_destroy(struct gb_reassembly *reassembly);

/* Takes a piece at NOW_NS (monotonic). Frames whose first piece came more than TIMEOUT_NS ago are given up. */
enum gb_reassembly_verdict gb_reassembly_add(struct gb_reassembly *reassembly, const struct gb_reassembly_key *key,
					     const struct gb_piece *piece, uint64_t now_ns, uint64_t timeout_ns,
					     const uint8_t **frame, size_t *length);

/* Gives up what is older than TIMEOUT_NS. Returns how many frames were given up since the last call because a piece was
 * missing: for time or for want of room.
 */
unsigned gb_reassembly_expire(struct gb_reassembly *reassembly, uint64_t now_ns, uint64_t timeout_ns);

#endif
