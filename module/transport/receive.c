/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of received datagrams, with what the kernel says of each. */
#include <goose-bridge/transport.h>

#include "transport_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* One datagram's control messages: IP_PKTINFO, SO_TIMESTAMPNS, SO_RXQ_OVFL. */
#define CONTROL_SIZE                                                                                 \
	(CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(uint32_t)))

union control {
	char octets[CONTROL_SIZE];
	struct cmsghdr align;
};

struct gb_transport_inbox {
	unsigned batch;
	size_t datagram_max;
	uint32_t overflow; /* the socket's count as of the last datagram */
	uint8_t *octets;
	struct mmsghdr *message;
	struct iovec *part;
	struct sockaddr_in *source;
	union control *control;
	struct gb_received *received;
};

struct gb_transport_inbox *gb_transport_inbox_create(unsigned batch, size_t datagram_max)
{
	struct gb_transport_inbox *inbox = calloc(1, sizeof(*inbox));

	if (!inbox)
		return NULL;
	inbox->batch = batch;
	inbox->datagram_max = datagram_max;
	inbox->octets = malloc(batch * datagram_max);
	inbox->message = calloc(batch, sizeof(*inbox->message));
	inbox->part = calloc(batch, sizeof(*inbox->part));
	inbox->source = calloc(batch, sizeof(*inbox->source));
	inbox->control = calloc(batch, sizeof(*inbox->control));
	inbox->received = calloc(batch, sizeof(*inbox->received));
	if (!inbox->octets || !inbox->message || !inbox->part || !inbox->source || !inbox->control || !inbox->received) {
		gb_transport_inbox_destroy(inbox);
		return NULL;
	}
	for (unsigned i = 0; i < batch; i++) {
		inbox->part[i] = (struct iovec){inbox->octets + i * datagram_max, datagram_max};
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
	free(inbox->received);
	free(inbox);
}

static void read_control(struct gb_transport_inbox *inbox, const struct gb_transport *t, struct msghdr *message,
			 struct gb_received *received)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			received->for_us = info.ipi_ifindex == t->settings.interface &&
					   info.ipi_addr.s_addr == t->settings.group.s_addr;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			struct timespec time;

			memcpy(&time, CMSG_DATA(c), sizeof(time));
			received->time_ns = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&inbox->overflow, CMSG_DATA(c), sizeof(inbox->overflow));
		}
	}
}

int gb_transport_receive(struct gb_transport *transport, struct gb_transport_inbox *inbox)
{
	for (unsigned i = 0; i < inbox->batch; i++) {
		struct msghdr *m = &inbox->message[i].msg_hdr;

		m->msg_namelen = sizeof(inbox->source[i]);
		m->msg_control = &inbox->control[i];
		m->msg_controllen = sizeof(inbox->control[i]);
	}
	inbox->overflow = transport->overflow_seen; /* the inbox may have served another transport before */
	int n = recvmmsg(transport->receive_fd, inbox->message, inbox->batch, MSG_DONTWAIT, NULL);

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct msghdr *m = &inbox->message[i].msg_hdr;

		inbox->received[i] = (struct gb_received){
			.octets = inbox->part[i].iov_base,
			.length = inbox->message[i].msg_len,
			.source = inbox->source[i].sin_addr,
			.truncated = m->msg_flags & MSG_TRUNC,
		};
		read_control(inbox, transport, m, &inbox->received[i]);
	}
	return n;
}

const struct gb_received *gb_transport_received(const struct gb_transport_inbox *inbox, unsigned index)
{
	return &inbox->received[index];
}

uint32_t gb_transport_overflowed(struct gb_transport *transport, struct gb_transport_inbox *inbox)
{
	uint32_t dropped = inbox->overflow - transport->overflow_seen;

	transport->overflow_seen = inbox->overflow;
	return dropped;
}
