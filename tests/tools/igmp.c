/* SPDX-License-Identifier: Apache-2.0 */
/* igmp-capture: the IGMP packets that come in by an interface, a line of JSON each, read independently of the service. */
#include "commands.h"
#include "frames.h"
#include "packet.h"
#include "tool.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <stdio.h>
#include <string.h>

#define IP_HEADER    20
#define PROTOCOL_IGMP 2

static unsigned at16(const uint8_t *octets)
{
	return (unsigned)octets[0] << 8 | octets[1];
}

/* Whether the ones' complement sum over the octets, which contain their checksum, is right (RFC 1071). */
static bool sum_is_right(const uint8_t *octets, size_t length)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < length; i += 2)
		sum += at16(octets + i);
	if (length & 1)
		sum += (unsigned)octets[length - 1] << 8;
	while (sum > 0xFFFF)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return sum == 0xFFFF;
}

static const char *type_name(unsigned type)
{
	switch (type) {
	case 0x11:
		return "query";
	case 0x12:
	case 0x16:
	case 0x22:
		return "report";
	case 0x17:
		return "leave";
	default:
		return "other";
	}
}

static unsigned version_of(unsigned type, unsigned code, size_t length)
{
	if (type == 0x11)
		return length >= 12 ? 3 : code ? 2 : 1;
	return type == 0x12 ? 1 : type == 0x22 ? 3 : 2;
}

/* Options stand between the fixed header and the end of the header. Those of IGMP are one: Router Alert. */
static bool has_router_alert(const uint8_t *ip, size_t header)
{
	static const uint8_t alert[] = {0x94, 0x04, 0x00, 0x00};

	return header >= IP_HEADER + sizeof(alert) && memcmp(ip + IP_HEADER, alert, sizeof(alert)) == 0;
}

static void print_packet(uint64_t utc_ns, const uint8_t *ip, size_t header, size_t total)
{
	const uint8_t *igmp = ip + header;
	size_t length = total - header;
	char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN], group[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, ip + 12, source, sizeof(source));
	inet_ntop(AF_INET, ip + 16, destination, sizeof(destination));
	inet_ntop(AF_INET, igmp + 4, group, sizeof(group));
	printf("{\"time\":%" PRIu64 ".%09" PRIu64 ",\"type\":\"%s\",\"version\":%u,\"group\":\"%s\",\"source\":\"%s\","
	       "\"destination\":\"%s\",\"ttl\":%u,\"router_alert\":%s,\"length\":%zu,\"checksum_ok\":%s,"
	       "\"ip_checksum_ok\":%s}\n",
	       utc_ns / TOOL_NS_PER_S, utc_ns % TOOL_NS_PER_S, type_name(igmp[0]), version_of(igmp[0], igmp[1], length), group,
	       source, destination, ip[8], has_router_alert(ip, header) ? "true" : "false", length,
	       sum_is_right(igmp, length) ? "true" : "false", sum_is_right(ip, header) ? "true" : "false");
	fflush(stdout);
}

/* True if it was an IGMP packet. */
static bool take(const struct packet_frame *frame)
{
	size_t at, header, total;

	if (frame->outgoing || packet_ethertype(frame->octets, frame->length, &at) != ETH_P_IP ||
	    frame->length < at + IP_HEADER)
		return false;
	const uint8_t *ip = frame->octets + at;

	header = (ip[0] & 0xFU) * 4U;
	total = at16(ip + 2);
	if (ip[9] != PROTOCOL_IGMP || header < IP_HEADER || total < header + 8 || frame->length < at + total)
		return false;
	print_packet(frame->utc_ns, ip, header, total);
	return true;
}

int command_igmp_capture(int argc, char **argv)
{
	uint64_t timeout = 0, started = tool_mono_ns();
	const char *ready = NULL, *pcap = NULL;
	const struct packet_frame *frames;
	size_t count;
	const struct tool_option options[] = {
		{"timeout", TOOL_SECONDS, &timeout, "S", "end after S seconds"},
		{"ready", TOOL_TEXT, &ready, "FILE", "create FILE when listening"},
		{"pcap", TOOL_TEXT, &pcap, "FILE", "write the packets to FILE as well"},
		{0},
	};

	tool_parse(argc, argv, "IF [options]   ends also on SIGTERM and SIGINT; packets that IF sends are left out", options, 1,
		   1);
	tool_catch_signals();
	struct packet_receiver *receiver = packet_open_receiver(argv[0], ETH_P_ALL, true, 32, 2048);
	FILE *file = pcap ? frames_create_pcap(pcap) : NULL;

	tool_ready(ready);
	do {
		count = packet_receive(receiver, &frames);
		for (size_t i = 0; i < count; i++)
			if (take(&frames[i]) && file)
				frames_write_pcap(file, frames[i].utc_ns, frames[i].octets, frames[i].length);
	} while (count > 0 || tool_readable(packet_fd(receiver), timeout ? started + timeout : 0));
	if (file)
		frames_close(file, pcap);
	packet_close_receiver(receiver);
	return TOOL_OK;
}
