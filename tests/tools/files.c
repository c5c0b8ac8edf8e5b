/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands that work on pcap files only: make-pcap, select, verify, ip-check. */
#include "commands.h"
#include "frames.h"
#include "packet.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int command_make_pcap(int argc, char **argv)
{
	static uint8_t octets[PACKET_FRAME_MAX];
	const char *list = NULL;
	char *line = NULL;
	size_t capacity = 0, frames = 0;
	const struct tool_option options[] = {
		{"frames", TOOL_TEXT, &list, "FILE", "a frame a line in hex; XX*N repeats an octet; # starts a comment"},
		{0},
	};

	tool_parse(argc, argv, "OUT.pcap --frames FILE", options, 1, 1);
	FILE *in = list ? fopen(list, "re") : NULL;
	if (!in)
		tool_fail_usage("make-pcap: cannot read --frames %s", list ? list : "");
	FILE *out = frames_create_pcap(argv[0]);
	while (getline(&line, &capacity, in) >= 0) {
		line[strcspn(line, "#\n")] = '\0';
		size_t length = tool_hex(line, octets, sizeof(octets));
		if (!length)
			continue;
		frames_write_pcap(out, frames++ * 1000000, octets, length);
	}
	free(line);
	fclose(in);
	frames_close(out, argv[0]);
	printf("{\"frames\":%zu}\n", frames);
	return TOOL_OK;
}

/* What the Python bridge's datagram can say: one destination; no tag, or one of TPID 0x8100 with PCP 4 and DEI 0. */
static bool legacy_expresses(const struct frame *frame)
{
	static const uint8_t destination[6] = {0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01};
	size_t payload;

	if (packet_ethertype(frame->octets, frame->length, &payload) != ETHERTYPE_GOOSE)
		return false;
	if (memcmp(frame->octets, destination, sizeof(destination)) != 0)
		return false;
	if (payload == 14)
		return true;
	return payload == 18 && frame->octets[12] == 0x81 && frame->octets[13] == 0 && frame->octets[14] >> 4 == 8;
}

int command_select(int argc, char **argv)
{
	struct frames frames = {0};
	bool others = false;
	size_t kept = 0;
	const struct tool_option options[] = {
		{"not-legacy", TOOL_FLAG, &others, NULL, "keep those that a legacy datagram cannot express"},
		{0},
	};
	size_t operands = tool_parse(argc, argv, "IN.pcap... OUT.pcap   keeps the frames that a legacy datagram can express",
				     options, 2, SIZE_MAX);

	for (size_t i = 0; i + 1 < operands; i++)
		frames_read_pcap(&frames, argv[i]);
	FILE *out = frames_create_pcap(argv[operands - 1]);
	for (size_t i = 0; i < frames.count; i++) {
		if (legacy_expresses(&frames.at[i]) == others)
			continue;
		frames_write_pcap(out, i * 1000000, frames.at[i].octets, frames.at[i].length);
		kept++;
	}
	frames_close(out, argv[operands - 1]);
	printf("{\"frames\":%zu,\"of\":%zu}\n", kept, frames.count);
	frames_free(&frames);
	return TOOL_OK;
}

int command_verify(int argc, char **argv)
{
	struct frames frames = {0};
	uint64_t not_goose = 0, group_source = 0;
	const struct tool_option options[] = {{0}};
	size_t operands = tool_parse(argc, argv, "FILE.pcap...   exit 0 if nothing but GOOSE of single stations is there",
				     options, 1, SIZE_MAX);

	for (size_t i = 0; i < operands; i++)
		frames_read_pcap(&frames, argv[i]);
	for (size_t i = 0; i < frames.count; i++) {
		const struct frame *frame = &frames.at[i];
		size_t payload;

		not_goose += packet_ethertype(frame->octets, frame->length, &payload) != ETHERTYPE_GOOSE;
		group_source += frame->length > 6 && (frame->octets[6] & 1);
	}
	printf("{\"frames\":%zu,\"not_goose\":%" PRIu64 ",\"group_source\":%" PRIu64 "}\n", frames.count, not_goose,
	       group_source);
	frames_free(&frames);
	return not_goose || group_source ? TOOL_FAILED : TOOL_OK;
}

int command_ip_check(int argc, char **argv)
{
	struct frames frames = {0};
	uint64_t packets = 0, udp = 0, fragments = 0, without_df = 0, longest = 0;
	const struct tool_option options[] = {{0}};
	size_t operands = tool_parse(argc, argv, "FILE.pcap...   of capture --all; DF is looked for in UDP only", options, 1,
				     SIZE_MAX);

	for (size_t i = 0; i < operands; i++)
		frames_read_pcap(&frames, argv[i]);
	for (size_t i = 0; i < frames.count; i++) {
		const struct frame *frame = &frames.at[i];
		size_t ip;

		if (packet_ethertype(frame->octets, frame->length, &ip) != 0x0800 || frame->length < ip + 20)
			continue;
		unsigned flags = (unsigned)frame->octets[ip + 6] << 8 | frame->octets[ip + 7];
		unsigned total = (unsigned)frame->octets[ip + 2] << 8 | frame->octets[ip + 3];
		packets++;
		fragments += (flags & 0x3FFF) != 0; /* MF, or an offset (RFC 791) */
		if (total > longest)
			longest = total;
		if (frame->octets[ip + 9] != 17)
			continue;
		udp++;
		without_df += !(flags & 0x4000);
	}
	printf("{\"packets\":%" PRIu64 ",\"udp\":%" PRIu64 ",\"fragments\":%" PRIu64 ",\"without_df\":%" PRIu64
	       ",\"longest\":%" PRIu64 "}\n", packets, udp, fragments, without_df, longest);
	frames_free(&frames);
	return TOOL_OK;
}
