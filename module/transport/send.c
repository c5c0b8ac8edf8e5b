/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of datagrams to the group.
 *
 * A run of datagrams of the same length goes as one message with UDP_SEGMENT: the kernel takes it through its layers once, and
 * it is cut into datagrams as late as can be, by the network interface if that can (udp(7)).
 *
 * A send can fail for an ICMP message that somebody sent about an earlier datagram, true or not. The error is told once, and
 * asking has cleared it: a second attempt shows whether this datagram can be sent.
 */
#include <goose-bridge/transport.h>

#include "transport_private.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RUN_DATAGRAMS 64 /* UDP_MAX_SEGMENTS of Linux before 6.9 */
#define RUN_OCTETS    (65535 - 20 - 8) /* of payload: of one IP packet, as which it travels */

union run_control {
	char octets[CMSG_SPACE(sizeof(uint16_t))];
	struct cmsghdr align;
};

struct gb_transport_outbox {
	unsigned batch;
	struct mmsghdr *message;
	unsigned *datagrams; /* in each message */
	union run_control *control;
	struct iovec *part;
};

struct gb_transport_outbox *gb_transport_outbox_create(unsigned batch)
{
	struct gb_transport_outbox *outbox = calloc(1, sizeof(*outbox));

	if (!outbox)
		return NULL;
	outbox->batch = batch;
	outbox->message = calloc(batch, sizeof(*outbox->message));
	outbox->datagrams = calloc(batch, sizeof(*outbox->datagrams));
	outbox->control = calloc(batch, sizeof(*outbox->control));
	outbox->part = calloc((size_t)batch * GB_TRANSPORT_PARTS, sizeof(*outbox->part));
	if (!outbox->message || !outbox->datagrams || !outbox->control || !outbox->part) {
		gb_transport_outbox_destroy(outbox);
		return NULL;
	}
	return outbox;
}

void gb_transport_outbox_destroy(struct gb_transport_outbox *outbox)
{
	if (!outbox)
		return;
	free(outbox->message);
	free(outbox->datagrams);
	free(outbox->control);
	free(outbox->part);
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

/* ---- runs ---- */

static size_t length_of(const struct gb_outgoing *datagram)
{
	size_t length = 0;

	for (unsigned i = 0; i < datagram->parts; i++)
		length += datagram->part[i].iov_len;
	return length;
}

/* How many of the COUNT datagrams can go as one: those of the first one's length, and one shorter behind them. */
static unsigned run_of(const struct gb_outgoing *datagrams, unsigned count)
{
	size_t first = length_of(datagrams), total = first;
	unsigned n = 1;

	if (first == 0)
		return 1;
	while (n < count && n < RUN_DATAGRAMS) {
		size_t length = length_of(&datagrams[n]);

		if (length > first || length == 0 || total + length > RUN_OCTETS)
			break;
		total += length;
		n++;
		if (length < first)
			break;
	}
	return n;
}

static void say_segment(struct msghdr *header, union run_control *control, uint16_t length)
{
	struct cmsghdr *c = &control->align;

	header->msg_control = control;
	header->msg_controllen = sizeof(*control);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(length));
	memcpy(CMSG_DATA(c), &length, sizeof(length));
}

/* Makes messages of the datagrams, runs of them or each for itself. Returns how many messages. */
static unsigned gather(struct gb_transport_outbox *outbox, const struct gb_outgoing *datagrams, unsigned count, bool runs)
{
	struct iovec *part = outbox->part;
	unsigned messages = 0;

	for (unsigned from = 0; from < count; messages++) {
		struct msghdr *header = &outbox->message[messages].msg_hdr;
		unsigned n = runs ? run_of(datagrams + from, count - from) : 1;

		*header = (struct msghdr){.msg_iov = part};
		if (n > 1)
			say_segment(header, &outbox->control[messages], (uint16_t)length_of(&datagrams[from]));
		for (unsigned i = from; i < from + n; i++)
			for (unsigned p = 0; p < datagrams[i].parts; p++)
				*part++ = datagrams[i].part[p];
		header->msg_iovlen = (size_t)(part - header->msg_iov);
		outbox->datagrams[messages] = n;
		from += n;
	}
	return messages;
}

/* ---- sending ---- */

/* Returns how many datagrams the kernel took, or negative errno. */
static int send_messages(const struct gb_transport *transport, struct gb_transport_outbox *outbox, unsigned messages)
{
	int n = sendmmsg(transport->send_fd, outbox->message, messages, MSG_DONTWAIT | MSG_NOSIGNAL), datagrams = 0;

	if (n < 0 && is_about_an_earlier_one(transport, errno))
		n = sendmmsg(transport->send_fd, outbox->message, messages, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++)
		datagrams += (int)outbox->datagrams[i];
	return datagrams;
}

/* What the kernel says where an interface or a rule on the way cannot do with runs (udp_send_skb), though each of the datagrams
 * might be fine.
 */
static bool is_about_runs(int error)
{
	return error == -EIO || error == -EINVAL || error == -EOPNOTSUPP;
}

int gb_transport_send(struct gb_transport *transport, struct gb_transport_outbox *outbox,
		      const struct gb_outgoing *datagrams, unsigned count)
{
	if (count > outbox->batch)
		count = outbox->batch;
	int n = send_messages(transport, outbox, gather(outbox, datagrams, count, transport->segment));

	if (n >= 0 || outbox->datagrams[0] == 1 || (!is_about_runs(n) && n != -EMSGSIZE))
		return n;
	/* Of those that are too long the first ones may be none. */
	int singly = send_messages(transport, outbox, gather(outbox, datagrams, count, false));

	/* Only what goes by itself shows that it was about runs: of one whose datagrams are too long many kernels say EINVAL,
	 * too.
	 */
	if (singly > 0 && is_about_runs(n))
		transport->segment = false;
	return singly;
}

int gb_transport_send_one(struct gb_transport *transport, const void *octets, size_t length)
{
	ssize_t n = send(transport->send_fd, octets, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && is_about_an_earlier_one(transport, errno))
		n = send(transport->send_fd, octets, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	return n < 0 ? -errno : 0;
}
