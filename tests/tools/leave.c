/* SPDX-License-Identifier: Apache-2.0 */
/* leave: takes a group's membership away from another process's sockets behind its back, as nobody in the field should. */
#include "commands.h"
#include "packet.h"
#include "tool.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS 256 /* looked at: a bridge has a few dozen */

int command_leave(int argc, char **argv)
{
	static const struct tool_option options[] = {{0}};
	struct ip_mreqn group = {0};
	unsigned left = 0;

	tool_parse(argc, argv, "PID GROUP IF", options, 3, 3);
	if (inet_pton(AF_INET, argv[1], &group.imr_multiaddr) != 1)
		tool_fail_usage("%s is no IPv4 address", argv[1]);
	group.imr_ifindex = packet_interface(argv[2]);
	int process = (int)syscall(SYS_pidfd_open, atoi(argv[0]), 0);

	if (process < 0)
		tool_fail_errno("process %s", argv[0]);
	for (int there = 0; there < DESCRIPTORS; there++) {
		int fd = (int)syscall(SYS_pidfd_getfd, process, there, 0);

		if (fd < 0)
			continue;
		left += setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &group, sizeof(group)) == 0;
		close(fd);
	}
	close(process);
	printf("{\"left\":%u}\n", left);
	return left ? TOOL_OK : TOOL_FAILED;
}
