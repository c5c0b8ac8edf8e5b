/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark: its frames. They are GOOSE messages that any decoder reads (IEC 61850-8-1, Annex A and C), marked as
 * simulation in Reserved1 and in the PDU, of control blocks that no device has. Pure.
 *
 * Their data set has two octet strings. The first, of BENCHMARK_HEADER octets, big-endian: "GBB1", kind, flags (bit 0: the
 * sender's clock is synchronised), number of the stream, 0, number of the run (8 octets), number of the frame (8), check (8).
 * The second is what the kind needs, and then octets that depend on the number, up to the size that was asked for. The check
 * covers the whole frame from its destination address to its end, tag included, as if the check's own octets were not there.
 */
#ifndef TOOLS_BENCHMARK_FRAME_H
#define TOOLS_BENCHMARK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCHMARK_FRAME_MAX 1518 /* octets with a tag, without FCS; IEEE 802.3 with 1500 octets behind the tag */
#define BENCHMARK_HEADER    32
#define BENCHMARK_HOST_NAME 65 /* octets of a host's name with its end */
#define BENCHMARK_STREAMS   17 /* of one publisher: 0 is for what is said, the others are load */
#define BENCHMARK_SLOTS	    10 /* runs at a time on one host, each with control blocks of its own */
#define BENCHMARK_REFERENCE "GBBench/LLN0$GO$"

enum benchmark_kind {
	BENCHMARK_CALL = 1, /* who answers? */
	BENCHMARK_HERE,	    /* answers it */
	BENCHMARK_LOAD,	    /* is counted */
	BENCHMARK_PING,	    /* is sent back at once as */
	BENCHMARK_PONG,
	BENCHMARK_ASK,	  /* what has come of this run? */
	BENCHMARK_REPORT, /* answers it */
};

/* What has come of a run. */
struct benchmark_counts {
	uint64_t received; /* each number once, and as it was sent */
	uint64_t duplicates;
	uint64_t reordered;		    /* came behind one with a higher number */
	uint64_t altered;		    /* came with other octets than were sent; not among those received */
	uint64_t unread;		    /* lost in the socket of the program that counts, whatever run they were of */
	uint64_t first_utc_ns, last_utc_ns; /* when they came, by the kernel's clock there; 0 = none */
};

struct benchmark_message {
	enum benchmark_kind kind;
	uint64_t run;
	uint64_t number;   /* of LOAD and PING from 0 in their run; what answers has that of what it answers */
	unsigned stream;   /* below BENCHMARK_STREAMS */
	bool synchronised; /* the clock of who sent it */
	uint64_t received_utc_ns, answered_utc_ns; /* PONG: when the PING came there, and when this went */
	struct benchmark_counts counts;		   /* REPORT */
	char host[BENCHMARK_HOST_NAME];		   /* HERE: printable ASCII */
};

/* Where a frame goes, and from where. */
struct benchmark_address {
	uint8_t destination[6], source[6];
	bool tagged;
	uint16_t tci; /* priority and VLAN id of the tag, whose TPID is 0x8100 */
	uint16_t appid;
};

/* A group address that no device listens to: locally administered, so in nobody's range (IEEE 802, 8.4); and the only one that
 * the legacy format can express.
 */
extern const uint8_t benchmark_own_destination[6], benchmark_common_destination[6];

bool benchmark_is_common(const uint8_t destination[6]);

/* Control blocks of one run at one host: each stream goes on with the next sqNum, to either destination. */
struct benchmark_publisher {
	char role;			       /* 's' sends, 'a' answers */
	unsigned slot;			       /* below BENCHMARK_SLOTS */
	uint64_t t_utc_ns;		       /* of its only state: when it began */
	uint32_t sq_num[2][BENCHMARK_STREAMS]; /* [1]: to the common destination */
};

/* How many octets a frame of KIND has at least. For HERE that is one whose name is empty. */
size_t benchmark_frame_least(enum benchmark_kind kind, bool tagged);

/* Writes a frame of SIZE octets, 0 = as few as there can be, to OCTETS, which has BENCHMARK_FRAME_MAX, and counts PUBLISHER's
 * stream on. Returns its length, which is SIZE if that lies between the least and BENCHMARK_FRAME_MAX; 0 if it does not.
 */
size_t benchmark_frame_make(uint8_t *octets, const struct benchmark_address *address, struct benchmark_publisher *publisher,
			    const struct benchmark_message *message, size_t size);

enum benchmark_frame_verdict {
	BENCHMARK_FRAME_OURS,
	BENCHMARK_FRAME_ALTERED, /* it is, or was, one of this tool's: of *MESSAGE only the run may be right */
	BENCHMARK_FRAME_FOREIGN,
};

/* Takes LENGTH octets of a frame, its tag in place, apart. */
enum benchmark_frame_verdict benchmark_frame_read(const uint8_t *octets, size_t length, struct benchmark_message *message,
						  struct benchmark_address *address);

#endif
