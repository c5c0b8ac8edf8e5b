/* SPDX-License-Identifier: Apache-2.0 */
/* membership/igmp_socket: a raw socket, IGMP out of and into one interface. */
#ifndef GOOSE_BRIDGE_IGMP_SOCKET_H
#define GOOSE_BRIDGE_IGMP_SOCKET_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens a socket that is bound to the interface called NAME, sends with TTL 1 and the Router Alert option, and does not hear
 * itself. The caller closes it. Returns the descriptor or negative errno: -EPERM without CAP_NET_RAW.
 */
int gb_igmp_socket_open(const char *name);

/* Sends a Membership Report for GROUP from LOCAL, out of interface INDEX, to the group (RFC 2236, 9). 0 or negative errno. */
int gb_igmp_socket_report(int fd, int index, struct in_addr local, struct in_addr group);

/* The next packet that came in by interface INDEX, from its IP header on. Returns its length, 0 if it came by another one,
 * or negative errno (-EAGAIN: none waits).
 */
ssize_t gb_igmp_socket_receive(int fd, int index, uint8_t *octets, size_t size);

#endif
