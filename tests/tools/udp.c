/* SPDX-License-Identifier: Apache-2.0 */
/* Subcommands udp-send and udp-capture. */
#include "commands.h"
#include "frames.h"
#include "mutate.h"
#include "packet.h"
#include "tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct udp_options {
	const char *group, *to, *interface, *hex, *file, *mutate, *ready;
	uint64_t port, source_port, ttl, seed, count, rate, size, timeout;
};

static struct sockaddr_in address(const char *text, uint64_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	if (!text || inet_pton(AF_INET, text, &to.sin_addr) != 1)
		tool_fail_usage("not an IPv4 address: %s", text ? text : "(none)");
	if (port == 0 || port > 65535)
		tool_fail_usage("--port is missing or out of range");
	return to;
}

static int open_sender(const struct udp_options *o)
{
	int one = 1, ttl = (int)o->ttl;
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons((uint16_t)o->source_port)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		tool_fail_errno("socket");
	if (o->source_port) {
		/* The bridge under test may hold the port. */
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (bind(fd, (struct sockaddr *)&from, sizeof(from)))
			tool_fail_errno("bind to port %" PRIu64, o->source_port);
	}
	if (o->interface) {
		struct ip_mreqn request = {.imr_ifindex = packet_interface(o->interface)};

		if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof(request)))
			tool_fail_errno("IP_MULTICAST_IF");
	}
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof(ttl)))
		tool_fail_errno("IP_MULTICAST_TTL");
	return fd;
}

/* The datagrams to send in turn: those of a file, one from hex, or one of --size octets. */
static void load_datagrams(const struct udp_options *o, struct frames *datagrams)
{
	static uint8_t octets[65507];
	size_t length = 0;

	if (o->file || o->mutate) {
		frames_read_raw(datagrams, o->file ? o->file : o->mutate);
		if (!datagrams->count)
			tool_fail("%s: no datagram in it", o->file ? o->file : o->mutate);
		return;
	}
	if (o->hex) {
		length = tool_hex(o->hex, octets, sizeof(octets));
	} else {
		length = o->size < sizeof(octets) ? o->size : sizeof(octets);
		for (size_t i = 0; i < length; i++)
			octets[i] = (uint8_t)i;
	}
	frames_add(datagrams, octets, length);
}

static bool send_datagram(int fd, const struct sockaddr_in *to, const uint8_t *octets, size_t length)
{
	uint64_t deadline = tool_mono_ns() + 2 * TOOL_NS_PER_S;

	while (sendto(fd, octets, length, 0, (const struct sockaddr *)to, sizeof(*to)) < 0) {
		if ((errno != ENOBUFS && errno != EINTR) || tool_mono_ns() > deadline || tool_stopped()) {
			fprintf(stderr, "goose-test: a datagram of %zu octets: %m\n", length);
			return false;
		}
		tool_wait_until(tool_mono_ns() + 200000, false);
	}
	return true;
}

static uint64_t send_all(const struct udp_options *o, int fd, const struct sockaddr_in *to,
			 const struct frames *datagrams)
{
	static uint8_t mutant[MUTANT_MAX];
	uint64_t state = o->seed, sent = 0, start = tool_mono_ns();

	for (uint64_t i = 0; i < o->count && !tool_stopped(); i++) {
		const struct frame *datagram = &datagrams->at[i % datagrams->count];

		if (o->rate)
			tool_wait_until(start + i * TOOL_NS_PER_S / o->rate, o->rate > 5000);
		if (o->mutate)
			sent += send_datagram(fd, to, mutant, mutate(datagrams, &state, mutant));
		else
			sent += send_datagram(fd, to, datagram->octets, datagram->length);
	}
	return sent;
}

int command_udp_send(int argc, char **argv)
{
	struct udp_options o = {.ttl = 10};
	struct frames datagrams = {0};
	const struct tool_option options[] = {
		{"group", TOOL_TEXT, &o.group, "G", "multicast group to send to"},
		{"to", TOOL_TEXT, &o.to, "ADDR", "or a unicast address"},
		{"port", TOOL_NUMBER, &o.port, "P", "UDP port to send to"},
		{"interface", TOOL_TEXT, &o.interface, "IF", "send multicast from this interface"},
		{"source-port", TOOL_NUMBER, &o.source_port, "P", "UDP port to send from"},
		{"ttl", TOOL_NUMBER, &o.ttl, "N", "TTL of multicast (10)"},
		{"hex", TOOL_TEXT, &o.hex, "STRING", "send these octets"},
		{"file", TOOL_TEXT, &o.file, "F", "send the datagrams of F in turn (as udp-capture writes them)"},
		{"mutate", TOOL_TEXT, &o.mutate, "FILE", "send damaged copies of the datagrams of FILE"},
		{"seed", TOOL_NUMBER, &o.seed, "N", "of the damage: the same seed, the same datagrams"},
		{"size", TOOL_NUMBER, &o.size, "N", "without the above: send N octets 00 01 02 ..."},
		{"count", TOOL_NUMBER, &o.count, "N", "how many (default: each once)"},
		{"rate", TOOL_NUMBER, &o.rate, "R", "a second (default: as fast as they go)"},
		{0},
	};

	tool_parse(argc, argv, "--group G | --to ADDR  --port P [options]", options, 0, 0);
	struct sockaddr_in to = address(o.to ? o.to : o.group, o.port);
	load_datagrams(&o, &datagrams);
	if (!o.count)
		o.count = datagrams.count;
	tool_catch_signals();
	int fd = open_sender(&o);
	uint64_t sent = send_all(&o, fd, &to, &datagrams);
	printf("{\"sent\":%" PRIu64 "}\n", sent);
	close(fd);
	frames_free(&datagrams);
	return sent == o.count ? TOOL_OK : TOOL_FAILED;
}

static int open_receiver(const struct udp_options *o)
{
	int one = 1, zero = 0, buffer = 64 * 1024 * 1024;
	struct sockaddr_in group = address(o->group, o->port);
	struct ip_mreqn request = {.imr_multiaddr = group.sin_addr};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		tool_fail_errno("socket");
	if (o->interface)
		request.imr_ifindex = packet_interface(o->interface);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero, sizeof(zero));
	if (bind(fd, (struct sockaddr *)&group, sizeof(group)))
		tool_fail_errno("bind");
	if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof(request)))
		tool_fail_errno("IP_ADD_MEMBERSHIP");
	return fd;
}

int command_udp_capture(int argc, char **argv)
{
	static uint8_t octets[65536];
	struct udp_options o = {0};
	uint64_t datagrams = 0;
	const struct tool_option options[] = {
		{"group", TOOL_TEXT, &o.group, "G", "multicast group to join"},
		{"port", TOOL_NUMBER, &o.port, "P", "UDP port"},
		{"interface", TOOL_TEXT, &o.interface, "IF", "join on this interface"},
		{"count", TOOL_NUMBER, &o.count, "N", "end after N datagrams"},
		{"timeout", TOOL_SECONDS, &o.timeout, "S", "end after S seconds"},
		{"ready", TOOL_TEXT, &o.ready, "FILE", "create FILE when listening"},
		{0},
	};

	tool_parse(argc, argv, "OUT --group G --port P [options]   writes each with its length before it", options, 1, 1);
	tool_catch_signals();
	int fd = open_receiver(&o);
	FILE *file = frames_create(argv[0]);
	tool_ready(o.ready);
	uint64_t deadline = o.timeout ? tool_mono_ns() + o.timeout : 0;
	while ((!o.count || datagrams < o.count) && tool_readable(fd, deadline)) {
		ssize_t length = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);

		if (length < 0)
			continue;
		frames_write_raw(file, octets, (size_t)length);
		datagrams++;
	}
	frames_close(file, argv[0]);
	close(fd);
	printf("{\"datagrams\":%" PRIu64 "}\n", datagrams);
	return TOOL_OK;
}
