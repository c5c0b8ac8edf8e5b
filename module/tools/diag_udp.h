/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: UDP sockets for a group, apart from the bridge's. */
#ifndef TOOLS_DIAG_UDP_H
#define TOOLS_DIAG_UDP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Sends through interface INDEX from LOCAL, and is heard on this host, too. Returns the descriptor or negative errno. */
int diag_udp_open_sender(int index, struct in_addr local, unsigned ttl);
int diag_udp_send(int fd, struct in_addr group, uint16_t port, const uint8_t *octets, size_t length);

/* Takes datagrams to the group and port only; is no member yet. Likewise. */
int diag_udp_open_receiver(struct in_addr group, uint16_t port);
int diag_udp_join(int fd, struct in_addr group, int index);

/* The next datagram: its length, which may be more than SIZE, its source and TTL. Negative errno; -EAGAIN: none waits. */
ssize_t diag_udp_receive(int fd, uint8_t *octets, size_t size, struct in_addr *source, unsigned *ttl);

#endif
