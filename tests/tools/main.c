/* SPDX-License-Identifier: Apache-2.0 */
/* goose-test: sends, captures and compares frames and datagrams for the tests and the demonstration. */
#include "commands.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"replay", command_replay, "send the frames of pcap files from an interface"},
	{"publish", command_publish, "publish GOOSE messages of chosen streams"},
	{"capture", command_capture, "write the GOOSE frames that an interface receives to a pcap file"},
	{"compare", command_compare, "compare frames that were sent with frames that were received"},
	{"make-pcap", command_make_pcap, "make a pcap file from hex"},
	{"select", command_select, "copy the frames that a legacy datagram can (or cannot) express"},
	{"verify", command_verify, "check that pcap files hold what may come out of a bridge"},
	{"ip-check", command_ip_check, "count IP packets, fragments and packets without DF in pcap files"},
	{"pdu", command_pdu, "print what the PDU decoder makes of the frames of pcap files"},
	{"subscribe", command_subscribe, "receive as a GOOSE subscriber does"},
	{"udp-send", command_udp_send, "send datagrams, also mutated ones"},
	{"udp-capture", command_udp_capture, "record the datagrams of a multicast group"},
	{"igmp-capture", command_igmp_capture, "print the IGMP packets that an interface receives"},
	{"leave", command_leave, "take a membership away from another process's sockets"},
	{"control-ask", command_control_ask, "send one request to a bridge's control socket, and print the answer"},
	{"control-hostile", command_control_hostile, "be clients of a control socket that mean no good"},
	{"control-send", command_control_send, "send requests to a bridge's control socket at a rate"},
	{"load-send", command_load_send, "send numbered GOOSE frames at a rate"},
	{"load-receive", command_load_receive, "receive them: loss, order, latency"},
	{"notify-capture", command_notify_capture, "print what a service tells its manager"},
	{"hold", command_hold, "hold one thread of a process still"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_help(FILE *file)
{
	fputs("usage: goose-test COMMAND ... (COMMAND --help says more; all times are in seconds)\n", file);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(file, "  %-14s %s\n", commands[i].name, commands[i].help);
}

int main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return TOOL_OK;
	}
	for (size_t i = 0; argc >= 2 && i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	print_help(stderr);
	return TOOL_USAGE;
}
