/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "load_frame.h"
#include "packet.h"
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH	  64
#define SPIN_FROM 5000 /* frames/s: above, sleeping is not exact enough */

struct load {
	int fd;
	uint64_t rate; /* frames/s; 0 = as fast as they go */
	uint64_t duration, count, size, streams, vlan;
	uint64_t number; /* of the next frame */
	uint64_t refused; /* by the interface's queue: their numbers are missing on the wire */
	uint8_t octets[BATCH][LOAD_FRAME_MAX];
	struct iovec vectors[BATCH];
	struct mmsghdr messages[BATCH];
};

/* Sends COUNT frames; they bear the time at which the first is handed over. */
static void send_batch(struct load *load, size_t count)
{
	uint64_t now = tool_mono_ns();

	for (size_t i = 0; i < count; i++) {
		struct load_frame frame = {
			.number = load->number++,
			.sent_ns = now,
			.streams = (uint16_t)load->streams,
			.vlan = (uint16_t)load->vlan,
			.size = (uint16_t)load->size,
		};

		frame.stream = (uint16_t)(frame.number % load->streams);
		load_frame_build(&frame, load->octets[i]);
	}
	for (size_t done = 0; done < count;) {
		int sent = sendmmsg(load->fd, load->messages + done, (unsigned)(count - done), 0);

		if (sent > 0) {
			done += (size_t)sent;
		} else if (errno == ENOBUFS) {
			load->refused++;
			done++;
		} else if (errno != EINTR) {
			tool_fail_errno("sendmmsg");
		}
	}
}

static void run(struct load *load)
{
	uint64_t start = tool_mono_ns();
	uint64_t end = load->duration ? start + load->duration : UINT64_MAX;
	uint64_t count = load->count ? load->count : UINT64_MAX;

	while (load->number < count && !tool_stopped()) {
		uint64_t due = BATCH, now = tool_mono_ns();

		if (now >= end)
			break;
		if (load->rate) {
			/* Frame n is due n/rate seconds after the start; whoever was held up sends what is overdue at once. */
			unsigned __int128 elapsed = now - start;

			due = (uint64_t)(elapsed * load->rate / TOOL_NS_PER_S) + 1;
			due = due > load->number ? due - load->number : 0;
			if (due == 0) {
				unsigned __int128 next = load->number;

				tool_wait_until(start + (uint64_t)((next * TOOL_NS_PER_S + load->rate - 1) / load->rate),
						load->rate > SPIN_FROM);
				continue;
			}
		}
		if (due > BATCH)
			due = BATCH;
		send_batch(load, (size_t)(due < count - load->number ? due : count - load->number));
	}
	double seconds = (double)(tool_mono_ns() - start) / 1e9;
	printf("{\"sent\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"seconds\":%.3f,\"rate\":%.0f}\n",
	       load->number - load->refused, load->refused, seconds, (double)load->number / seconds);
}

static void check(struct load *load, const char *rate)
{
	char *end;

	if (strcmp(rate, "max") != 0) {
		load->rate = strtoull(rate, &end, 10);
		if (*end || !load->rate || load->rate > 10000000)
			tool_fail_usage("load-send: --rate %s is neither a rate nor max", rate);
	}
	if (load->size < LOAD_FRAME_MIN || load->size > LOAD_FRAME_MAX)
		tool_fail_usage("load-send: --size is not within %d..%d", LOAD_FRAME_MIN, LOAD_FRAME_MAX);
	if (load->streams < 1 || load->streams > LOAD_STREAMS_MAX)
		tool_fail_usage("load-send: --streams is not within 1..%d", LOAD_STREAMS_MAX);
	if (load->vlan > 4095 && load->vlan != LOAD_UNTAGGED)
		tool_fail_usage("load-send: --vlan is not within 0..4095");
	if (!load->duration && !load->count)
		tool_fail_usage("load-send: --duration or --count is needed");
}

int command_load_send(int argc, char **argv)
{
	struct load *load = tool_alloc(sizeof(*load));
	const char *rate = "1000";
	bool bypass = false;
	const struct tool_option options[] = {
		{"rate", TOOL_TEXT, &rate, "FPS|max", "frames a second (1000)"},
		{"duration", TOOL_SECONDS, &load->duration, "S", "end after S seconds"},
		{"count", TOOL_NUMBER, &load->count, "N", "end after N frames"},
		{"size", TOOL_NUMBER, &load->size, "OCTETS", "of a frame with its tag, without FCS (160)"},
		{"streams", TOOL_NUMBER, &load->streams, "N", "publishers that take turns (1)"},
		{"vlan", TOOL_NUMBER, &load->vlan, "VID", "send with a tag: 0x8100, PCP 4, this VID"},
		{"bypass", TOOL_FLAG, &bypass, NULL, "past the queueing discipline"},
		{0},
	};

	load->size = 160;
	load->streams = 1;
	load->vlan = LOAD_UNTAGGED;
	tool_parse(argc, argv, "IF [options]", options, 1, 1);
	check(load, rate);
	load->fd = packet_open_sender(argv[0], bypass);
	for (size_t i = 0; i < BATCH; i++) {
		load->vectors[i] = (struct iovec){load->octets[i], load->size};
		load->messages[i].msg_hdr = (struct msghdr){.msg_iov = &load->vectors[i], .msg_iovlen = 1};
	}
	tool_catch_signals();
	run(load);
	bool all = !load->refused && !tool_stopped();
	close(load->fd);
	free(load);
	return all ? TOOL_OK : TOOL_FAILED;
}
