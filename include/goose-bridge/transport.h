/* SPDX-License-Identifier: Apache-2.0 */
/* transport: the network side. Datagrams to and from a multicast group, in batches.
 *
 * Two sockets: one bound to the group and joined on one interface, which takes nothing but datagrams to that group; and one
 * connected to the group for sending, whose source port is the bridge's port. Opened by the control thread, used by workers;
 * the last reference closes both.
 */
#ifndef GOOSE_BRIDGE_TRANSPORT_H
#define GOOSE_BRIDGE_TRANSPORT_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct gb_transport;

struct gb_transport_settings {
	struct in_addr group;
	uint16_t port; /* host byte order */
	int interface; /* index */
	struct in_addr local; /* the interface's address: source of what is sent */
	unsigned ttl;
	unsigned dscp; /* RFC 2474; also sets SO_PRIORITY so that qdiscs see it */
	int receive_buffer; /* octets wanted */
	int send_buffer;
	bool stay_out; /* do not join: gb_transport_join does */
	bool plain;    /* no UDP_SEGMENT, no UDP_GRO, though the kernel may have them */
};

/* What the kernel gave. */
struct gb_transport_granted {
	int receive_buffer; /* octets; less than wanted where net.core.rmem_max caps it */
	int send_buffer;
	bool segment; /* UDP_SEGMENT (Linux 4.18): many datagrams go through its layers as one */
	bool gro;     /* UDP_GRO (Linux 5.0): and come as one */
};

/* Opens and joins. *TRANSPORT has one reference. Returns 0 or negative errno; *FAILED (may be NULL) then names the step. */
int gb_transport_open(struct gb_transport **transport, const struct gb_transport_settings *settings,
		      struct gb_transport_granted *granted, const char **failed);

struct gb_transport *gb_transport_ref(struct gb_transport *transport);
void gb_transport_unref(struct gb_transport *transport); /* NULL is fine */

const struct gb_transport_settings *gb_transport_settings(const struct gb_transport *transport);

/* Changes TTL and DSCP of what is sent from now on. Returns 0 or negative errno. */
int gb_transport_mark(struct gb_transport *transport, unsigned ttl, unsigned dscp);

/* Whether the kernel holds the membership for the group on the interface right now (/proc/net/igmp). -errno if unknown. */
int gb_transport_is_member(const struct gb_transport *transport);

/* Joins the group again where the kernel has forgotten it, or for the first time after stay_out; leaves it. Control thread.
 * Return 0 or negative errno.
 */
int gb_transport_join(struct gb_transport *transport);
int gb_transport_leave(struct gb_transport *transport);

/* The descriptors, for waiting on. They belong to TRANSPORT. */
int gb_transport_receive_fd(const struct gb_transport *transport);
int gb_transport_send_fd(const struct gb_transport *transport);

/* ---- receiving ---- */

/* Buffers for a batch, allocated once. */
struct gb_transport_inbox;

struct gb_received {
	uint8_t *octets; /* in the inbox; may be overwritten, but not what lies around them */
	size_t length;
	struct in_addr source;
	uint64_t time_ns; /* UTC, when the kernel received it; 0 = unknown */
	bool truncated;
	bool for_us; /* came to the group, on the interface */
};

/* A datagram as the kernel hands it over, or a run of them that it put together, has to fit into BUFFER octets. */
struct gb_transport_inbox *gb_transport_inbox_create(unsigned batch, size_t buffer);
void gb_transport_inbox_destroy(struct gb_transport_inbox *inbox);

#define GB_TRANSPORT_RUN_MAX 65536 /* octets of a run at most */

/* Receives what waits, at most MOST datagrams or runs of them, and at most a batch. Returns how many, or negative errno
 * (-EAGAIN: nothing waits).
 */
int gb_transport_receive(struct gb_transport *transport, struct gb_transport_inbox *inbox, unsigned most);

/* The next datagram of the last batch, in the order in which they came; NULL at its end. Itself valid until the next call, its
 * octets until the next batch.
 */
const struct gb_received *gb_transport_next(struct gb_transport_inbox *inbox);

/* How many datagrams the kernel dropped at this socket since the last call, as of the last one that gb_transport_next gave
 * (SO_RXQ_OVFL).
 */
uint32_t gb_transport_overflowed(struct gb_transport *transport, struct gb_transport_inbox *inbox);

/* ---- sending ---- */

#define GB_TRANSPORT_PARTS 2

/* A datagram to send, gathered from parts. The caller's; plain value. */
struct gb_outgoing {
	struct iovec part[GB_TRANSPORT_PARTS];
	unsigned parts;
};

struct gb_transport_outbox;

struct gb_transport_outbox *gb_transport_outbox_create(unsigned batch);
void gb_transport_outbox_destroy(struct gb_transport_outbox *outbox);

/* Sends COUNT datagrams (at most the outbox's batch) in order; runs of them that have the same length, and a shorter one
 * behind, go through the kernel as one where it can do that. Returns how many the kernel took, counted from the first; if it
 * took none, negative errno: -EAGAIN (no room in the socket's buffer now), -ENOBUFS (a queue below it is full), -EMSGSIZE,
 * -ENETUNREACH, ...
 */
int gb_transport_send(struct gb_transport *transport, struct gb_transport_outbox *outbox,
		      const struct gb_outgoing *datagrams, unsigned count);

/* One datagram from one buffer. Any thread. Returns 0 or negative errno. */
int gb_transport_send_one(struct gb_transport *transport, const void *octets, size_t length);

#endif
