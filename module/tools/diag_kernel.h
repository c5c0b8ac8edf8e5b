/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: what this host's kernel knows of groups, and how it is set. */
#ifndef TOOLS_DIAG_KERNEL_H
#define TOOLS_DIAG_KERNEL_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define DIAG_GROUPS 256 /* in the table; further ones are left out */

/* A membership of an interface, as /proc/net/igmp has it. */
struct diag_kernel_group {
	int index; /* interface */
	char interface[IFNAMSIZ];
	unsigned version; /* of IGMP, that the kernel speaks there now */
	struct in_addr group;
	unsigned users;	    /* sockets, and the interface's own address */
	bool last_reporter; /* it is this host that the network heard last: its end sends a LEAVE */
};

struct diag_kernel_table {
	size_t count;
	struct diag_kernel_group group[DIAG_GROUPS];
};

/* TEXT as /proc/net/igmp is written. Pure. */
void diag_kernel_parse(const char *text, struct diag_kernel_table *table);

/* Reads it. Returns 0 or negative errno. */
int diag_kernel_read(struct diag_kernel_table *table);

/* How many on this host hold the group on interface INDEX. 0 if none, or if that cannot be read. */
unsigned diag_kernel_users(int index, struct in_addr group);

/* The number in /proc/sys/net/ipv4/conf/INTERFACE/KEY, or /proc/sys/net/ipv4/KEY if INTERFACE is NULL; or negative errno. */
int diag_kernel_setting(const char *interface, const char *key);

/* The reverse path filter that is in force on INTERFACE: 0 off, 1 strict, 2 loose (the larger of all's and its own). */
int diag_kernel_rp_filter(const char *interface);

/* The version that is forced on INTERFACE (all's before its own); 0 = none. */
int diag_kernel_forced_version(const char *interface);

#endif
