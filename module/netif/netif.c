/* SPDX-License-Identifier: Apache-2.0 */
#include "netif_private.h"

#include <goose-bridge/log.h>

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <linux/if_addr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Datagrams read in one go: what more there is waits for the next turn of the loop. */
#define READ_BUDGET 4096

/* A busy host can overtake a dump several times running. */
#define DUMP_TRIES 8

/* The default holds some two hundred changes: one address range moved, and everything has to be read again. */
#define NOTIFICATION_BUFFER (1 << 20)

static const struct timeval retry_delay = { .tv_sec = 1 };

/* --- Taking over ------------------------------------------------------------------ */

int gb_netif_take(struct gb_netif *netif, struct gb_netif_table *table, const struct nlmsghdr *message)
{
	bool link = message->nlmsg_type == RTM_NEWLINK;
	bool *warned = link ? &netif->warned_links : &netif->warned_addresses;
	int rc = gb_netif_table_apply(table, message);

	if (rc != -ENOSPC)
		return rc;
	if (!*warned)
		gb_warn("more than %d %s: the others are ignored", link ? GB_NETIF_MAX_LINKS : GB_NETIF_MAX_ADDRESSES,
			link ? "network interfaces" : "IPv4 addresses");
	*warned = true;
	return 0;
}

struct dump {
	struct gb_netif *netif;
	struct gb_netif_table *table;
};

static int take_dumped(const struct nlmsghdr *message, void *arg)
{
	struct dump *dump = arg;
	int rc = gb_netif_take(dump->netif, dump->table, message);

	return rc < 0 ? rc : 0;
}

/* All of one kind into TABLE. No RTEXT_FILTER_SKIP_STATS for links: with the counters it leaves out the mode of IPv6
 * address generation.
 */
static int dump_kind(struct dump *dump, uint16_t type)
{
	alignas(struct nlmsghdr) uint8_t octets[64];
	struct nlmsghdr *request = mnl_nlmsg_put_header(octets);

	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_DUMP;
	if (type == RTM_GETLINK) {
		mnl_nlmsg_put_extra_header(request, sizeof(struct ifinfomsg)); /* zeroes: AF_UNSPEC, all of them */
	} else {
		struct ifaddrmsg *info = mnl_nlmsg_put_extra_header(request, sizeof(*info));

		info->ifa_family = AF_INET;
	}
	return gb_netif_request(dump->netif, request, take_dumped, dump);
}

/* Returns -EINTR if each try was overtaken: TABLE then lacks an entry at worst. */
static int dump_all(struct gb_netif *netif, struct gb_netif_table *table)
{
	struct dump dump = { netif, table };
	int rc = -EINTR;

	for (int tries = 0; tries < DUMP_TRIES && rc == -EINTR; tries++) {
		gb_netif_table_clear(table);
		rc = dump_kind(&dump, RTM_GETLINK);
		if (rc == 0)
			rc = dump_kind(&dump, RTM_GETADDR);
	}
	return rc;
}

/* Reads both tables anew. Until that succeeds the old ones stand, and it is tried again after a while. */
static int rebuild(struct gb_netif *netif)
{
	struct gb_netif_table fresh = { 0 };
	int rc = dump_all(netif, &fresh);

	netif->lost = rc < 0;
	if (rc == 0 || (rc == -EINTR && !netif->table.n_links)) {
		gb_netif_table_clear(&netif->table);
		netif->table = fresh;
	} else {
		gb_netif_table_clear(&fresh);
	}
	if (rc < 0) {
		evtimer_add(netif->retry, &retry_delay);
		if (!netif->warned_rebuild)
			gb_warn("reading network interfaces and addresses: %s; trying again",
				rc == -EINTR ? "they change too fast" : strerror(-rc));
	} else if (netif->warned_rebuild) {
		gb_info("reading network interfaces and addresses works again");
	}
	netif->warned_rebuild = rc < 0;
	return rc;
}

static bool take_datagram(struct gb_netif *netif, int left)
{
	bool changed = false;

	for (const struct nlmsghdr *m = (const void *)netif->buffer; mnl_nlmsg_ok(m, left);
	     m = mnl_nlmsg_next(m, &left)) {
		int rc = gb_netif_take(netif, &netif->table, m);

		if (rc < 0)
			netif->lost = true;
		changed |= rc > 0;
	}
	return changed;
}

/* Reads the notifications that are there; true if anything has changed.
 *
 * After an overrun (ENOBUFS) the kernel sends nothing more until its queue is empty. What is in the queue is older than
 * what was lost, so it is thrown away first and the tables are read afterwards, never the other way round.
 */
static bool read_notifications(struct gb_netif *netif)
{
	bool changed = false;

	for (int budget = READ_BUDGET; budget; budget--) {
		ssize_t length = gb_netif_receive(netif->notifications, netif->buffer, sizeof(netif->buffer));

		if (length == -EAGAIN)
			return (netif->lost && rebuild(netif) == 0) || changed;
		if (length < 0) {
			if (!netif->lost)
				gb_debug("notifications of network changes: %s; reading all anew", strerror((int)-length));
			netif->lost = true;
		} else if (!netif->lost) {
			changed |= take_datagram(netif, (int)length);
		}
	}
	return changed;
}

void gb_netif_catch_up(struct gb_netif *netif)
{
	if (read_notifications(netif))
		netif->announce = true;
	/* The loop makes the call, not we: the caller is in the middle of something. */
	event_active(netif->readable, EV_READ, 0);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct gb_netif *netif = arg;
	bool changed = read_notifications(netif) || netif->announce;

	(void)fd;
	(void)what;
	netif->announce = false;
	if (changed && netif->changed)
		netif->changed(netif->arg); /* last: it may destroy NETIF */
}

void gb_netif_poll(struct gb_netif *netif)
{
	(void)read_notifications(netif);
}

/* --- Create, destroy ------------------------------------------------------------ */

static int open_notifications(struct gb_netif *netif)
{
	const unsigned groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
	const int size = NOTIFICATION_BUFFER;
	int fd;

	netif->notifications = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!netif->notifications)
		return -errno;
	fd = mnl_socket_get_fd(netif->notifications);
	/* A wish: less only means more overruns, and those heal. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return mnl_socket_bind(netif->notifications, groups, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

int gb_netif_create(struct gb_netif **netif, struct event_base *base, gb_netif_changed *changed, void *arg)
{
	struct gb_netif *n = calloc(1, sizeof(*n));
	int rc;

	*netif = NULL;
	if (!n)
		return -ENOMEM;
	n->changed = changed;
	n->arg = arg;
	/* The groups are joined before the tables are read, so that no change falls between. */
	rc = open_notifications(n);
	if (rc < 0)
		goto fail;
	rc = -ENOMEM;
	n->readable = event_new(base, mnl_socket_get_fd(n->notifications), EV_READ | EV_PERSIST, on_readable, n);
	n->retry = evtimer_new(base, on_readable, n);
	if (!n->readable || !n->retry || event_add(n->readable, NULL) < 0)
		goto fail;
	rc = rebuild(n);
	if (rc < 0 && rc != -EINTR) /* overtaken: read anew soon */
		goto fail;
	*netif = n;
	return 0;
fail:
	gb_netif_destroy(n);
	return rc;
}

void gb_netif_destroy(struct gb_netif *netif)
{
	if (!netif)
		return;
	if (netif->readable)
		event_free(netif->readable);
	if (netif->retry)
		event_free(netif->retry);
	if (netif->notifications)
		mnl_socket_close(netif->notifications);
	if (netif->requests)
		mnl_socket_close(netif->requests);
	gb_netif_table_clear(&netif->table);
	free(netif);
}

/* --- From the copy --------------------------------------------------------------- */

bool gb_netif_link_by_name(const struct gb_netif *netif, const char *name, struct gb_netif_link *link)
{
	for (size_t i = 0; i < netif->table.n_links; i++) {
		if (!strcmp(netif->table.links[i].name, name)) {
			*link = netif->table.links[i];
			return true;
		}
	}
	return false;
}

bool gb_netif_link_by_index(const struct gb_netif *netif, int index, struct gb_netif_link *link)
{
	struct gb_netif_link *known;

	if (!gb_netif_table_find(&netif->table, index, &known))
		return false;
	*link = *known;
	return true;
}

/* A group that the interface itself has joined (IFA_F_MCAUTOJOIN) stands among its addresses, but is nobody's. */
static bool is_group(struct in_addr address)
{
	return IN_MULTICAST(ntohl(address.s_addr));
}

bool gb_netif_address(const struct gb_netif *netif, int index, struct in_addr *address)
{
	const struct gb_netif_ipv4 *any = NULL;

	for (size_t i = 0; i < netif->table.n_addresses; i++) {
		const struct gb_netif_ipv4 *a = &netif->table.addresses[i];

		if (a->index != index || is_group(a->local) || (a->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
			continue;
		if (a->scope == RT_SCOPE_UNIVERSE && !(a->flags & IFA_F_SECONDARY)) {
			*address = a->local;
			return true;
		}
		if (!any)
			any = a;
	}
	if (any)
		*address = any->local;
	return any;
}

bool gb_netif_address_is_own(const struct gb_netif *netif, struct in_addr address)
{
	if (is_group(address))
		return false;
	for (size_t i = 0; i < netif->table.n_addresses; i++) {
		if (netif->table.addresses[i].local.s_addr == address.s_addr)
			return true;
	}
	return false;
}

bool gb_netif_has_address(const struct gb_netif *netif, int index, struct in_addr address, uint8_t prefix_length)
{
	for (size_t i = 0; i < netif->table.n_addresses; i++) {
		const struct gb_netif_ipv4 *a = &netif->table.addresses[i];

		if (a->index == index && a->local.s_addr == address.s_addr && a->prefix_length == prefix_length)
			return true;
	}
	return false;
}

bool gb_netif_has_joined(const struct gb_netif *netif, int index, struct in_addr group)
{
	struct gb_netif_group at;

	for (size_t i = 0; gb_netif_group_at(netif, i, &at); i++) {
		if (at.index == index && at.group.s_addr == group.s_addr)
			return true;
	}
	return false;
}

bool gb_netif_group_at(const struct gb_netif *netif, size_t at, struct gb_netif_group *group)
{
	for (size_t i = 0; i < netif->table.n_addresses; i++) {
		const struct gb_netif_ipv4 *a = &netif->table.addresses[i];

		if (!(a->flags & IFA_F_MCAUTOJOIN) || a->prefix_length != 32 || !is_group(a->local) || at-- > 0)
			continue;
		*group = (struct gb_netif_group){ .index = a->index, .group = a->local };
		return true;
	}
	return false;
}
