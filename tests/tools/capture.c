/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "frames.h"
#include "packet.h"
#include "tool.h"

#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>

struct capture {
	uint64_t count, timeout, idle;
	bool all;
	uint64_t frames;
	uint64_t started, last; /* CLOCK_MONOTONIC, ns */
};

static uint64_t deadline(const struct capture *c)
{
	uint64_t at = c->timeout ? c->started + c->timeout : 0;

	if (c->idle && c->frames && (!at || c->last + c->idle < at))
		at = c->last + c->idle;
	return at;
}

static void take(struct capture *c, FILE *file, const struct packet_frame *frame)
{
	size_t payload;

	if (frame->outgoing || (c->count && c->frames == c->count))
		return;
	if (!c->all && packet_ethertype(frame->octets, frame->length, &payload) != ETHERTYPE_GOOSE)
		return;
	frames_write_pcap(file, frame->utc_ns, frame->octets, frame->length);
	c->frames++;
	c->last = tool_mono_ns();
}

static size_t take_all(struct capture *c, FILE *file, struct packet_receiver *receiver)
{
	const struct packet_frame *frames;
	size_t count = packet_receive(receiver, &frames);

	for (size_t i = 0; i < count; i++)
		take(c, file, &frames[i]);
	return count;
}

int command_capture(int argc, char **argv)
{
	struct capture c = {0};
	const char *ready = NULL;
	const struct tool_option options[] = {
		{"count", TOOL_NUMBER, &c.count, "N", "end after N frames"},
		{"timeout", TOOL_SECONDS, &c.timeout, "S", "end after S seconds"},
		{"idle", TOOL_SECONDS, &c.idle, "S", "end when none has come for S seconds after the first"},
		{"ready", TOOL_TEXT, &ready, "FILE", "create FILE when listening"},
		{"all", TOOL_FLAG, &c.all, NULL, "keep frames of every EtherType"},
		{0},
	};

	tool_parse(argc, argv, "IF OUT.pcap [options]   ends also on SIGTERM and SIGINT; frames that IF sends are left out",
		   options, 2, 2);
	tool_catch_signals();
	struct packet_receiver *receiver = packet_open_receiver(argv[0], ETH_P_ALL, true, 32, PACKET_FRAME_MAX);
	FILE *file = frames_create_pcap(argv[1]);
	c.started = tool_mono_ns();
	tool_ready(ready);
	while ((!c.count || c.frames < c.count) && tool_readable(packet_fd(receiver), deadline(&c)))
		take_all(&c, file, receiver);
	/* What had come before the end stands in the socket's queue. */
	for (uint64_t end = tool_mono_ns() + TOOL_NS_PER_S; take_all(&c, file, receiver) && tool_mono_ns() < end;)
		;
	uint64_t dropped = packet_dropped(receiver);
	frames_close(file, argv[1]);
	packet_close_receiver(receiver);
	printf("{\"frames\":%" PRIu64 ",\"dropped\":%" PRIu64 "}\n", c.frames, dropped);
	return dropped ? TOOL_FAILED : TOOL_OK;
}
