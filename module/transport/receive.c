/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of received datagrams, with what the kernel says of each. With UDP_GRO it hands over datagrams of one sender that
 * came one behind the other, of one length but for a shorter last one, as one run.
 */
#include <goose-bridge/transport.h>

#include "transport_private.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* One datagram's control messages: IP_PKTINFO, SO_TIMESTAMPNS, SO_RXQ_OVFL, UDP_GRO. */
#define CONTROL_SIZE                                                                                 \
	(CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)) + \
	 CMSG_SPACE(sizeof(int)))

/* Buffers would otherwise begin at addresses that are the same in the bits by which processors choose a cache set. */
#define SPREAD (33 * 64)

union control {
	char octets[CONTROL_SIZE];
	struct cmsghdr align;
};

struct gb_transport_inbox {
	unsigned batch;
	uint32_t overflow; /* the socket's count as of the last datagram */
	uint8_t *octets;
	struct mmsghdr *message;
	struct iovec *part;
	struct sockaddr_in *source;
	union control *control;
	const struct gb_transport *transport; /* that the last batch came from */
	unsigned received; /* messages in it */
	/* where gb_transport_next stands */
	unsigned next; /* message */
	size_t left;	/* octets of the run under way */
	size_t segment; /* octets of each of its datagrams */
	struct gb_received datagram;
};

struct gb_transport_inbox *gb_transport_inbox_create(unsigned batch, size_t buffer)
{
	struct gb_transport_inbox *inbox = calloc(1, sizeof(*inbox));
	size_t stride = buffer + SPREAD;

	if (!inbox)
		return NULL;
	inbox->batch = batch;
	inbox->octets = malloc(batch * stride);
	inbox->message = calloc(batch, sizeof(*inbox->message));
	inbox->part = calloc(batch, sizeof(*inbox->part));
	inbox->source = calloc(batch, sizeof(*inbox->source));
	inbox->control = calloc(batch, sizeof(*inbox->control));
	if (!inbox->octets || !inbox->message || !inbox->part || !inbox->source || !inbox->control) {
		gb_transport_inbox_destroy(inbox);
		return NULL;
	}
	for (unsigned i = 0; i < batch; i++) {
		inbox->part[i] = (struct iovec){inbox->octets + i * stride, buffer};
		inbox->message[i].msg_hdr.msg_iov = &inbox->part[i];
		inbox->message[i].msg_hdr.msg_iovlen = 1;
		inbox->message[i].msg_hdr.msg_name = &inbox->source[i];
	}
	return inbox;
}

void gb_transport_inbox_destroy(struct gb_transport_inbox *inbox)
{
	if (!inbox)
		return;
	free(inbox->octets);
	free(inbox->message);
	free(inbox->part);
	free(inbox->source);
	free(inbox->control);
	free(inbox);
}

static void read_control(struct gb_transport_inbox *inbox, struct msghdr *message, struct gb_received *received)
{
	const struct gb_transport_settings *settings = &inbox->transport->settings;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			received->for_us = info.ipi_ifindex == settings->interface &&
					   info.ipi_addr.s_addr == settings->group.s_addr;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			struct timespec time;

			memcpy(&time, CMSG_DATA(c), sizeof(time));
			received->time_ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&inbox->overflow, CMSG_DATA(c), sizeof(inbox->overflow));
		} else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
			int size;

			memcpy(&size, CMSG_DATA(c), sizeof(size));
			inbox->segment = size > 0 ? (size_t)size : 0;
		}
	}
}

int gb_transport_receive(struct gb_transport *transport, struct gb_transport_inbox *inbox, unsigned most)
{
	if (most > inbox->batch)
		most = inbox->batch;
	for (unsigned i = 0; i < most; i++) {
		struct msghdr *m = &inbox->message[i].msg_hdr;

		m->msg_namelen = sizeof(inbox->source[i]);
		m->msg_control = &inbox->control[i];
		m->msg_controllen = sizeof(inbox->control[i]);
	}
	inbox->overflow = transport->overflow_seen; /* the inbox may have served another transport before */
	inbox->transport = transport;
	inbox->received = inbox->next = 0;
	inbox->left = 0;
	int n = recvmmsg(transport->receive_fd, inbox->message, most, MSG_DONTWAIT, NULL);

	if (n < 0)
		return -errno;
	inbox->received = (unsigned)n;
	return n;
}

/* Begins with message NEXT: its first datagram is what the whole would be, as far as it goes. */
static void begin_message(struct gb_transport_inbox *inbox)
{
	struct mmsghdr *m = &inbox->message[inbox->next];

	inbox->datagram = (struct gb_received){
		.octets = inbox->part[inbox->next].iov_base,
		.source = inbox->source[inbox->next].sin_addr,
	};
	inbox->left = m->msg_len;
	inbox->segment = 0;
	read_control(inbox, &m->msg_hdr, &inbox->datagram);
	if (inbox->segment == 0) /* no run */
		inbox->segment = inbox->left;
	inbox->next++;
}

const struct gb_received *gb_transport_next(struct gb_transport_inbox *inbox)
{
	struct gb_received *datagram = &inbox->datagram;

	if (inbox->left > 0) {
		datagram->octets += datagram->length;
	} else {
		if (inbox->next == inbox->received)
			return NULL;
		begin_message(inbox);
	}
	datagram->length = inbox->left < inbox->segment ? inbox->left : inbox->segment;
	inbox->left -= datagram->length;
	datagram->truncated = inbox->left == 0 && (inbox->message[inbox->next - 1].msg_hdr.msg_flags & MSG_TRUNC);
	return datagram;
}

uint32_t gb_transport_overflowed(struct gb_transport *transport, struct gb_transport_inbox *inbox)
{
	uint32_t dropped = inbox->overflow - transport->overflow_seen;

	transport->overflow_seen = inbox->overflow;
	return dropped;
}
