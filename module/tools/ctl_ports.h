/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-ctl ports: what of the host's sockets is the service's, as the kernel lists them. Pure. */
#ifndef TOOLS_CTL_PORTS_H
#define TOOLS_CTL_PORTS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct ports_socket {
	bool found;
	uint64_t waiting; /* octets of memory that wait to be read */
	uint64_t drops;   /* datagrams dropped for want of room, as long as the socket is open */
};

/* From a list such as /proc/net/udp or /proc/net/raw (proc(5)): the socket bound to ADDRESS and PORT. For a raw socket PORT is
 * the protocol. Sockets that are bound alike are one: waiting and dropped octets are added up.
 */
void ports_find_socket(FILE *list, struct in_addr address, uint16_t port, struct ports_socket *found);

/* Whether /proc/net/tcp, LIST, has one that listens at ADDRESS and PORT; at all addresses if that is 0. */
bool ports_find_listener(FILE *list, struct in_addr address, uint16_t port);

#endif
