/* SPDX-License-Identifier: Apache-2.0 */
#include "packet.h"

#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TAG		4
#define RECEIVE_BUFFER	(256 * 1024 * 1024)
#define CONTROL_OCTETS	(CMSG_SPACE(sizeof(struct tpacket_auxdata)) + CMSG_SPACE(sizeof(struct timespec)))

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

struct packet_receiver {
	int fd;
	size_t batch;
	size_t slot; /* octets a slot: room for a tag, then the frame */
	bool leave_tags;
	uint64_t dropped;
	uint8_t *slots;
	uint8_t *controls;
	struct mmsghdr *messages;
	struct iovec *vectors;
	struct sockaddr_ll *sources;
	struct packet_frame *frames;
};

int packet_interface(const char *name)
{
	unsigned index = if_nametoindex(name);

	if (!index)
		tool_fail_errno("%s", name);
	return (int)index;
}

static void bind_to(int fd, int index, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = index};

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		tool_fail_errno("bind");
}

int packet_open_sender(const char *name, bool bypass)
{
	int one = 1, buffer = 8 * 1024 * 1024;
	/* Protocol 0 receives nothing: otherwise each frame sent would be queued here as well. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		tool_fail_errno("socket(AF_PACKET)");
	if (bypass && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		tool_fail_errno("PACKET_QDISC_BYPASS");
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	bind_to(fd, packet_interface(name), 0);
	return fd;
}

static void set_receive_options(int fd, int index, bool promiscuous)
{
	int one = 1, buffer = RECEIVE_BUFFER;
	struct packet_mreq request = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};

	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		tool_fail_errno("PACKET_AUXDATA");
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)))
		tool_fail_errno("SO_TIMESTAMPNS");
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	/* Since Linux 4.20; where it is missing, sll_pkttype tells. */
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (promiscuous && setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)))
		tool_fail_errno("PACKET_MR_PROMISC");
}

static void set_messages(struct packet_receiver *r)
{
	for (size_t i = 0; i < r->batch; i++) {
		r->vectors[i] = (struct iovec){r->slots + i * r->slot + TAG, r->slot - TAG};
		r->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &r->sources[i],
			.msg_namelen = sizeof(r->sources[i]),
			.msg_iov = &r->vectors[i],
			.msg_iovlen = 1,
			.msg_control = r->controls + i * CONTROL_OCTETS,
			.msg_controllen = CONTROL_OCTETS,
		};
	}
}

struct packet_receiver *packet_open_receiver(const char *name, uint16_t protocol, bool promiscuous, size_t batch,
					     size_t frame_max)
{
	struct packet_receiver *r = tool_alloc(sizeof(*r));
	int index = packet_interface(name);

	/* No protocol until it is bound: nothing of other interfaces gets in. */
	r->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (r->fd < 0)
		tool_fail_errno("socket(AF_PACKET)");
	r->batch = batch;
	r->slot = (frame_max + TAG + 63) & ~(size_t)63;
	r->slots = tool_alloc(batch * r->slot);
	r->controls = tool_alloc(batch * CONTROL_OCTETS);
	r->messages = tool_alloc(batch * sizeof(*r->messages));
	r->vectors = tool_alloc(batch * sizeof(*r->vectors));
	r->sources = tool_alloc(batch * sizeof(*r->sources));
	r->frames = tool_alloc(batch * sizeof(*r->frames));
	set_receive_options(r->fd, index, promiscuous);
	bind_to(r->fd, index, protocol);
	return r;
}

void packet_close_receiver(struct packet_receiver *r)
{
	close(r->fd);
	free(r->slots);
	free(r->controls);
	free(r->messages);
	free(r->vectors);
	free(r->sources);
	free(r->frames);
	free(r);
}

int packet_fd(const struct packet_receiver *r)
{
	return r->fd;
}

void packet_leave_tags(struct packet_receiver *r)
{
	r->leave_tags = true;
}

/* Makes room behind the addresses and writes the tag there. The slot begins TAG octets before the frame. */
static void put_tag_back(struct packet_frame *frame, uint8_t *slot, uint16_t tpid, uint16_t tci)
{
	memmove(slot, slot + TAG, 12);
	slot[12] = (uint8_t)(tpid >> 8);
	slot[13] = (uint8_t)tpid;
	slot[14] = (uint8_t)(tci >> 8);
	slot[15] = (uint8_t)tci;
	frame->octets = slot;
	frame->length += TAG;
}

static void take_control(struct packet_receiver *r, size_t i, struct packet_frame *frame)
{
	struct msghdr *message = &r->messages[i].msg_hdr;
	struct tpacket_auxdata auxiliary;
	struct timespec time;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&time, CMSG_DATA(c), sizeof(time));
			frame->utc_ns = (uint64_t)time.tv_sec * TOOL_NS_PER_S + (uint64_t)time.tv_nsec;
		} else if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA) {
			memcpy(&auxiliary, CMSG_DATA(c), sizeof(auxiliary));
			if (!(auxiliary.tp_status & TP_STATUS_VLAN_VALID) || r->leave_tags)
				continue;
			put_tag_back(frame, r->slots + i * r->slot,
				     auxiliary.tp_status & TP_STATUS_VLAN_TPID_VALID ? auxiliary.tp_vlan_tpid : ETH_P_8021Q,
				     auxiliary.tp_vlan_tci);
		}
	}
}

size_t packet_receive(struct packet_receiver *r, const struct packet_frame **frames)
{
	*frames = r->frames;
	set_messages(r);
	int count = recvmmsg(r->fd, r->messages, (unsigned)r->batch, MSG_DONTWAIT, NULL);
	if (count < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return 0;
		if (errno == ENETDOWN) /* told once that the interface went down; it may come back */
			return 0;
		tool_fail_errno("recvmmsg");
	}
	for (size_t i = 0; i < (size_t)count; i++) {
		struct packet_frame *frame = &r->frames[i];

		*frame = (struct packet_frame){
			.octets = r->slots + i * r->slot + TAG,
			.length = r->messages[i].msg_len,
			.outgoing = r->sources[i].sll_pkttype == PACKET_OUTGOING,
		};
		take_control(r, i, frame);
	}
	return (size_t)count;
}

uint64_t packet_dropped(struct packet_receiver *r)
{
	struct tpacket_stats statistics;
	socklen_t size = sizeof(statistics);

	/* Reading sets the kernel's counter back to 0. */
	if (getsockopt(r->fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0)
		r->dropped += statistics.tp_drops;
	return r->dropped;
}

uint16_t packet_ethertype(const uint8_t *octets, size_t length, size_t *payload)
{
	size_t at = 12;

	for (unsigned tags = 0; length >= at + 2; tags++) {
		uint16_t type = (uint16_t)(octets[at] << 8 | octets[at + 1]);

		if (tags == 2 || (type != ETH_P_8021Q && type != ETH_P_8021AD)) {
			*payload = at + 2;
			return type;
		}
		at += TAG;
	}
	return 0;
}
