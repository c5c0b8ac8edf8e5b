/* SPDX-License-Identifier: Apache-2.0 */
/* Receives as subscribers of the libiec61850 kind do on Linux: a raw packet socket for every protocol, bound to the
 * interface with the EtherType as its filter, the multicast address added to the interface's list. They take the
 * EtherType from offset 12: the kernel has moved the tag to auxiliary data, which they do not ask for.
 */
#include "commands.h"
#include "packet.h"
#include "tool.h"

#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct subscriber {
	const char *destination_text;
	uint8_t destination[6];
	uint64_t appid; /* above 0xFFFF: any */
	uint64_t count;
	bool every_protocol;
	uint64_t frames, other, bad_length;
};

static void join(const struct subscriber *s, int fd, const char *interface)
{
	struct packet_mreq request = {
		.mr_ifindex = packet_interface(interface),
		.mr_type = s->destination_text ? PACKET_MR_MULTICAST : PACKET_MR_PROMISC,
		.mr_alen = s->destination_text ? 6 : 0,
	};

	if (s->destination_text)
		memcpy(request.mr_address, s->destination, sizeof(s->destination));
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)))
		tool_fail_errno("PACKET_ADD_MEMBERSHIP");
}

static bool is_wanted(const struct subscriber *s, const uint8_t *o, size_t length)
{
	if (length < 22 || o[12] != 0x88 || o[13] != 0xB8)
		return false;
	if (s->appid <= 0xFFFF && s->appid != ((uint64_t)o[14] << 8 | o[15]))
		return false;
	return !s->destination_text || memcmp(o, s->destination, sizeof(s->destination)) == 0;
}

static void take(struct subscriber *s, const struct packet_frame *frame)
{
	const uint8_t *o = frame->octets;

	if (frame->outgoing || (s->count && s->frames == s->count))
		return;
	if (!is_wanted(s, o, frame->length)) {
		s->other++;
		return;
	}
	size_t length = (size_t)o[16] << 8 | o[17];
	s->bad_length += length < 8 || length > frame->length - 14;
	s->frames++;
}

int command_subscribe(int argc, char **argv)
{
	struct subscriber s = {.appid = UINT64_MAX};
	const char *ready = NULL;
	uint64_t timeout = 0;
	const struct tool_option options[] = {
		{"dst", TOOL_TEXT, &s.destination_text, "MAC", "this destination only (default: promiscuous, all)"},
		{"appid", TOOL_NUMBER, &s.appid, "0xNNNN", "this APPID only"},
		{"count", TOOL_NUMBER, &s.count, "N", "end after N frames"},
		{"timeout", TOOL_SECONDS, &timeout, "S", "end after S seconds"},
		{"ready", TOOL_TEXT, &ready, "FILE", "create FILE when listening"},
		{"all", TOOL_FLAG, &s.every_protocol, NULL, "bind for every protocol instead of 0x88B8"},
		{0},
	};
	const struct packet_frame *frames;

	tool_parse(argc, argv, "IF [options]", options, 1, 1);
	if (s.destination_text && tool_hex(s.destination_text, s.destination, 6) != 6)
		tool_fail_usage("subscribe: not a MAC address: %s", s.destination_text);
	tool_catch_signals();
	struct packet_receiver *receiver =
		packet_open_receiver(argv[0], s.every_protocol ? ETH_P_ALL : ETHERTYPE_GOOSE, false, 16, 2048);
	packet_leave_tags(receiver);
	join(&s, packet_fd(receiver), argv[0]);
	tool_ready(ready);
	uint64_t deadline = timeout ? tool_mono_ns() + timeout : 0;
	while ((!s.count || s.frames < s.count) && tool_readable(packet_fd(receiver), deadline))
		for (size_t n = packet_receive(receiver, &frames), i = 0; i < n; i++)
			take(&s, &frames[i]);
	packet_close_receiver(receiver);
	printf("{\"frames\":%" PRIu64 ",\"other\":%" PRIu64 ",\"bad_length\":%" PRIu64 "}\n", s.frames, s.other, s.bad_length);
	return TOOL_OK;
}
