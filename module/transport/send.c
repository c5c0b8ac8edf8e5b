/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of datagrams to the group.
 *
 * A send can fail for an ICMP message that somebody sent about an earlier datagram, true or not. The error is told once, and
 * asking has cleared it: a second attempt shows whether this datagram can be sent.
 */
#include <goose-bridge/transport.h>

#include "transport_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct gb_transport_outbox {
	unsigned batch;
	struct mmsghdr message[];
};

struct gb_transport_outbox *gb_transport_outbox_create(unsigned batch)
{
	struct gb_transport_outbox *outbox = calloc(1, sizeof(*outbox) + batch * sizeof(outbox->message[0]));

	if (outbox)
		outbox->batch = batch;
	return outbox;
}

void gb_transport_outbox_destroy(struct gb_transport_outbox *outbox)
{
	free(outbox);
}

/* Also empties the queue of ICMP errors, which would otherwise hold memory. */
static bool is_about_an_earlier_one(const struct gb_transport *transport, int error)
{
	struct msghdr none = {0};

	if (error == EAGAIN || error == ENOBUFS || error == EMSGSIZE || error == EINTR)
		return false;
	while (recvmsg(transport->send_fd, &none, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		;
	return true;
}

int gb_transport_send(struct gb_transport *transport, struct gb_transport_outbox *outbox,
		      const struct gb_outgoing *datagrams, unsigned count)
{
	if (count > outbox->batch)
		count = outbox->batch;
	for (unsigned i = 0; i < count; i++) {
		outbox->message[i].msg_hdr.msg_iov = (struct iovec *)(uintptr_t)datagrams[i].part;
		outbox->message[i].msg_hdr.msg_iovlen = datagrams[i].parts;
	}
	int n = sendmmsg(transport->send_fd, outbox->message, count, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && is_about_an_earlier_one(transport, errno))
		n = sendmmsg(transport->send_fd, outbox->message, count, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

int gb_transport_send_one(struct gb_transport *transport, const void *octets, size_t length)
{
	ssize_t n = send(transport->send_fd, octets, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && is_about_an_earlier_one(transport, errno))
		n = send(transport->send_fd, octets, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : 0;
}
