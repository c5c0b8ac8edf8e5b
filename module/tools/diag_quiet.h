/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: receives a group's datagrams without the kernel being a member.
 *
 * A packet socket lets the group's MAC address through the interface's filter (PACKET_MR_MULTICAST), and the kernel's IGMP
 * knows nothing of it: it answers no query, sends no LEAVE, and nothing of any other membership on this host changes.
 */
#ifndef TOOLS_DIAG_QUIET_H
#define TOOLS_DIAG_QUIET_H

#include "diag.h"

/* A datagram to the group and port came. PAYLOAD lives during the call. */
typedef void diag_quiet_received(void *arg, struct in_addr source, unsigned ttl, const uint8_t *payload, size_t length);

struct diag_quiet {
	struct diag *d;
	int fd; /* -1 = not begun */
	diag_quiet_received *received;
	void *arg;
	struct event *readable;
};

/* On D's interface. Returns 0, or an exit status, having said why: it needs CAP_NET_RAW. diag_quiet_end either way. */
int diag_quiet_begin(struct diag_quiet *quiet, struct diag *d, diag_quiet_received *received, void *arg);
void diag_quiet_end(struct diag_quiet *quiet);

#endif
