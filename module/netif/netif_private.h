/* SPDX-License-Identifier: Apache-2.0 */
/* netif, inside: the tables (netif_table.c), the questions to the kernel (netif_request.c), and what ties both to the
 * event loop (netif.c).
 */
#ifndef GOOSE_BRIDGE_NETIF_PRIVATE_H
#define GOOSE_BRIDGE_NETIF_PRIVATE_H

#include <goose-bridge/netif.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdalign.h>
#include <stddef.h>

struct event;

/* More than any gateway has; they bound what a runaway container host can make us hold. */
#define GB_NETIF_MAX_LINKS     4096
#define GB_NETIF_MAX_ADDRESSES 16384

/* The kernel packs a dump into at most 32 KiB a datagram, whatever the reader offers beyond that. */
#define GB_NETIF_BUFFER_SIZE 32768

struct gb_netif_ipv4 {
	int index;
	struct in_addr local; /* IFA_LOCAL: the host's end, also where the interface is point-to-point */
	uint8_t prefix_length;
	uint8_t scope;	/* RT_SCOPE_* */
	uint32_t flags; /* IFA_F_* */
};

/* Addresses stand in the kernel's order: of two equal ones it prefers the first. */
struct gb_netif_table {
	struct gb_netif_link *links;
	size_t n_links;
	size_t links_room;
	struct gb_netif_ipv4 *addresses;
	size_t n_addresses;
	size_t addresses_room;
};

struct gb_netif {
	struct mnl_socket *notifications;
	struct mnl_socket *requests; /* NULL until the next request opens it */
	struct event *readable;
	struct event *retry;
	gb_netif_changed *changed;
	void *arg;
	struct gb_netif_table table;
	uint32_t sequence;
	bool lost;	       /* notifications are missing: the table has to be read anew */
	bool announce;	       /* taken over outside the event's own reading; CHANGED is still to be called */
	bool warned_links;     /* GB_NETIF_MAX_LINKS */
	bool warned_addresses; /* GB_NETIF_MAX_ADDRESSES */
	bool warned_rebuild;
	alignas(struct nlmsghdr) uint8_t buffer[GB_NETIF_BUFFER_SIZE];
};

/* --- netif_table.c: pure, but for malloc ------------------------------------ */

void gb_netif_table_clear(struct gb_netif_table *table);

/* Takes over one link or address message. Returns 1 if the table is another one now or a route has changed, 0 if not,
 * -ENOSPC at the bound, -ENOMEM.
 */
int gb_netif_table_apply(struct gb_netif_table *table, const struct nlmsghdr *message);

/* Whether link INDEX is there; *LINK (may be NULL) points into the table. */
bool gb_netif_table_find(const struct gb_netif_table *table, int index, struct gb_netif_link **link);

/* --- netif_request.c --------------------------------------------------------- */

/* One datagram from the kernel (others' are skipped). Returns its length or negative errno, -EMSGSIZE if it was cut. */
ssize_t gb_netif_receive(const struct mnl_socket *socket, void *buffer, size_t size);

/* Gets each message of an answer. A negative errno becomes the request's result if the kernel reports none. */
typedef int gb_netif_answer(const struct nlmsghdr *message, void *arg);

/* Asks the kernel; REQUEST's type and payload are the caller's, flags beyond NLM_F_REQUEST and NLM_F_ACK too.
 * Returns 0, the kernel's negative errno, -ETIMEDOUT, or -EINTR if a dump was overtaken by changes.
 */
int gb_netif_request(struct gb_netif *netif, struct nlmsghdr *request, gb_netif_answer *answer, void *arg);

/* --- netif.c ------------------------------------------------------------------ */

/* Takes MESSAGE over into TABLE (NETIF's own or one that is being read). As gb_netif_table_apply, but the bound is only
 * warned of, once, and counts as no change.
 */
int gb_netif_take(struct gb_netif *netif, struct gb_netif_table *table, const struct nlmsghdr *message);

/* Takes over what the kernel has sent meanwhile, and has the loop call CHANGED if that was anything. */
void gb_netif_catch_up(struct gb_netif *netif);

#endif
