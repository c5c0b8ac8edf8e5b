/* SPDX-License-Identifier: Apache-2.0 */
/* netif: interfaces, IPv4 addresses and routes by rtnetlink, and a call when any of them changes.
 *
 * Keeps a copy of the kernel's tables, fed by notifications, so that reading costs nothing. Requests that change something
 * or look up a route go over a second socket and wait for the kernel's answer (which it gives at once). Control thread only.
 */
#ifndef GOOSE_BRIDGE_NETIF_H
#define GOOSE_BRIDGE_NETIF_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct gb_netif;

struct gb_netif_link {
	int index;
	char name[IFNAMSIZ];
	unsigned flags; /* IFF_UP, IFF_RUNNING (operational), IFF_LOOPBACK, IFF_MULTICAST, ... */
	unsigned mtu;
	unsigned tx_queue_length;
	uint8_t mac[6];
	bool has_mac; /* 6 octets of hardware address */
	bool ipv6_no_address_generation; /* IFLA_INET6_ADDR_GEN_MODE is NONE */
};

struct gb_netif_route {
	int index; /* interface */
	struct in_addr source; /* the source address the kernel would choose; 0 if it names none */
};

/* Called after a change has been taken over; several changes that come together make one call. */
typedef void gb_netif_changed(void *arg);

/* Opens both sockets, reads the tables and adds the event to BASE. The caller destroys it before BASE.
 * Returns 0 or negative errno.
 */
int gb_netif_create(struct gb_netif **netif, struct event_base *base, gb_netif_changed *changed, void *arg);
void gb_netif_destroy(struct gb_netif *netif);

/* Reads what the kernel has sent meanwhile, without waiting for the event loop. CHANGED is not called. */
void gb_netif_poll(struct gb_netif *netif);

/* From the copy. False if there is no such interface. */
bool gb_netif_link_by_name(const struct gb_netif *netif, const char *name, struct gb_netif_link *link);
bool gb_netif_link_by_index(const struct gb_netif *netif, int index, struct gb_netif_link *link);

/* The interface's first global-scope primary IPv4 address (else its first of any scope); 224.0.0.0/4 never counts.
 * False if it has none.
 */
bool gb_netif_address(const struct gb_netif *netif, int index, struct in_addr *address);

/* Whether ADDRESS is the host's own, on any interface. */
bool gb_netif_address_is_own(const struct gb_netif *netif, struct in_addr address);

/* Whether interface INDEX has ADDRESS with this prefix length. */
bool gb_netif_has_address(const struct gb_netif *netif, int index, struct in_addr address, uint8_t prefix_length);

/* Which way the kernel would send to DESTINATION now. Returns 0, -ENETUNREACH without a route (a group's route to this host
 * itself is none: see gb_netif_delete_group_route), or negative errno.
 */
int gb_netif_route(struct gb_netif *netif, struct in_addr destination, struct gb_netif_route *route);

/* Sets an interface up or down; its MTU; its transmit queue length (packets). Return 0 or negative errno. */
int gb_netif_set_up(struct gb_netif *netif, int index, bool up);
int gb_netif_set_mtu(struct gb_netif *netif, int index, unsigned mtu);
int gb_netif_set_tx_queue_length(struct gb_netif *netif, int index, unsigned packets);

/* Lets the kernel generate no IPv6 address for the interface (IFLA_INET6_ADDR_GEN_MODE none): it then sends no router
 * solicitations and no MLD reports of its own. -EAFNOSUPPORT or -EOPNOTSUPP where the kernel has no IPv6: not a fault.
 */
int gb_netif_set_no_ipv6_address(struct gb_netif *netif, int index);

/* The IGMP version that the interface is forced to speak, read now: 0 = not forced; and forcing one. It is what
 * net.ipv4.conf.IF.force_igmp_version is, but by rtnetlink (IFLA_INET_CONF): a service whose /proc/sys is read-only may set it
 * as well. CAP_NET_ADMIN. Return 0 or negative errno; -ENODATA where the kernel says nothing of IPv4 for the interface.
 */
int gb_netif_igmp_version(struct gb_netif *netif, int index, unsigned *version);
int gb_netif_force_igmp_version(struct gb_netif *netif, int index, unsigned version);

/* Adds or removes an IPv4 address. -EEXIST / -EADDRNOTAVAIL as the kernel says. */
int gb_netif_add_address(struct gb_netif *netif, int index, struct in_addr address, uint8_t prefix_length);
int gb_netif_delete_address(struct gb_netif *netif, int index, struct in_addr address, uint8_t prefix_length);

/* ---- groups that belong to an interface ----
 *
 * An address GROUP/32 with IFA_F_MCAUTOJOIN makes the kernel itself a member: the membership outlives every process, the
 * kernel goes on answering queries, and no LEAVE is sent until the address is removed.
 */

struct gb_netif_group {
	int index;
	struct in_addr group;
};

/* Gives interface INDEX the address, with scope host, so that the kernel takes it as nobody's source. Returns 0 (also if it
 * has it already), -EEXIST if it has GROUP/32 without the flag, or negative errno (-EPERM).
 */
int gb_netif_join(struct gb_netif *netif, int index, struct in_addr group);

/* Takes the address away; the kernel sends the LEAVE once no socket holds the group either. 0 or negative errno. */
int gb_netif_leave(struct gb_netif *netif, int index, struct in_addr group);

/* Whether interface INDEX has the address with the flag. From the copy. */
bool gb_netif_has_joined(const struct gb_netif *netif, int index, struct in_addr group);

/* Number AT (from 0) of all interfaces' groups. From the copy. False past the last. */
bool gb_netif_group_at(const struct gb_netif *netif, size_t at, struct gb_netif_group *group);

/* With the address comes a route in the table local that turns what this host sends to the group back to itself; it comes
 * again each time the interface is set up. Removing it restores sending, and keeps the membership. Returns 0, also if there is
 * none, or negative errno.
 */
int gb_netif_delete_group_route(struct gb_netif *netif, int index, struct in_addr group);

/* The kernel's count of packets it dropped for want of room in the interface's transmit queue, or for want of a reader
 * (IFLA_STATS64 tx_dropped), read now. Returns 0 or negative errno.
 */
int gb_netif_tx_dropped(struct gb_netif *netif, int index, uint64_t *dropped);

/* Removes the interface. Returns 0 or negative errno. */
int gb_netif_delete_link(struct gb_netif *netif, int index);

#endif
