/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"
#include "frames.h"
#include "packet.h"
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sends one frame. A full queue is waited for, up to 2 s: the frame has not gone out then. */
static bool send_frame(int fd, const struct frame *frame)
{
	uint64_t deadline = tool_mono_ns() + 2 * TOOL_NS_PER_S;

	while (send(fd, frame->octets, frame->length, 0) < 0) {
		if ((errno != ENOBUFS && errno != EINTR) || tool_mono_ns() > deadline || tool_stopped()) {
			fprintf(stderr, "goose-test: a frame of %zu octets: %m\n", frame->length);
			return false;
		}
		tool_wait_until(tool_mono_ns() + 200000, false);
	}
	return true;
}

int command_replay(int argc, char **argv)
{
	uint64_t rate = 0, times = 1, sent = 0, number = 0;
	struct frames frames = {0};
	const struct tool_option options[] = {
		{"rate", TOOL_NUMBER, &rate, "FPS", "frames a second (default: as fast as they go)"},
		{"times", TOOL_NUMBER, &times, "N", "send everything N times"},
		{0},
	};
	size_t operands = tool_parse(argc, argv, "IF FILE.pcap... [--rate FPS] [--times N]", options, 2, SIZE_MAX);

	for (size_t i = 1; i < operands; i++)
		frames_read_pcap(&frames, argv[i]);
	int fd = packet_open_sender(argv[0], false);
	tool_catch_signals();
	uint64_t start = tool_mono_ns();
	for (uint64_t round = 0; round < times && !tool_stopped(); round++) {
		for (size_t i = 0; i < frames.count && !tool_stopped(); i++, number++) {
			if (rate)
				tool_wait_until(start + number * TOOL_NS_PER_S / rate, rate > 5000);
			sent += send_frame(fd, &frames.at[i]);
		}
	}
	printf("{\"sent\":%" PRIu64 "}\n", sent);
	close(fd);
	frames_free(&frames);
	return sent == number && !tool_stopped() ? TOOL_OK : TOOL_FAILED;
}
