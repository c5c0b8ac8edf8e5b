/* SPDX-License-Identifier: Apache-2.0 */
#include "netif_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Room for a request: a header, one of the fixed structs, and a few small attributes. */
struct question {
	alignas(struct nlmsghdr) uint8_t octets[256];
};

ssize_t gb_netif_receive(const struct mnl_socket *socket, void *buffer, size_t size)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec vector = { .iov_base = buffer, .iov_len = size };
		struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &vector, .msg_iovlen = 1 };
		ssize_t length = recvmsg(mnl_socket_get_fd(socket), &message, 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		/* Port 0 is the kernel; libmnl does not look, and another process may write to our port. */
		if (message.msg_namelen != sizeof(from) || from.nl_pid != 0)
			continue;
		return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : length;
	}
}

static int open_requests(struct gb_netif *netif)
{
	struct timeval limit = { .tv_sec = 1 };
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int rc;

	if (!socket)
		return -errno;
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = -errno;
		mnl_socket_close(socket);
		return rc;
	}
	netif->requests = socket;
	return 0;
}

struct exchange {
	uint32_t sequence;
	unsigned port;
	gb_netif_answer *answer;
	void *arg;
	int result;
	bool interrupted;
	bool done;
};

/* The end of an answer: an acknowledgement, an error, or the end of a dump; each begins with an int, 0 if fine. */
static void finish(struct exchange *x, const struct nlmsghdr *message)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	else if (message->nlmsg_type == NLMSG_ERROR)
		error = -EBADMSG;
	if (error)
		x->result = error < 0 ? error : -error;
	x->done = true;
}

static void take_answers(struct exchange *x, const void *buffer, int left)
{
	for (const struct nlmsghdr *m = buffer; mnl_nlmsg_ok(m, left) && !x->done; m = mnl_nlmsg_next(m, &left)) {
		int rc;

		if (!mnl_nlmsg_seq_ok(m, x->sequence) || !mnl_nlmsg_portid_ok(m, x->port))
			continue;
		if (m->nlmsg_flags & NLM_F_DUMP_INTR)
			x->interrupted = true;
		if (m->nlmsg_type == NLMSG_ERROR || m->nlmsg_type == NLMSG_DONE) {
			finish(x, m);
			continue;
		}
		if (m->nlmsg_type < NLMSG_MIN_TYPE || !x->answer)
			continue;
		rc = x->answer(m, x->arg);
		if (rc < 0 && !x->result)
			x->result = rc;
	}
}

static int converse(struct gb_netif *netif, const struct nlmsghdr *request, struct exchange *x)
{
	if (mnl_socket_sendto(netif->requests, request, request->nlmsg_len) < 0)
		return -errno;
	while (!x->done) {
		ssize_t length = gb_netif_receive(netif->requests, netif->buffer, sizeof(netif->buffer));

		if (length < 0)
			return length == -EAGAIN ? -ETIMEDOUT : (int)length;
		take_answers(x, netif->buffer, (int)length);
	}
	return 0;
}

int gb_netif_request(struct gb_netif *netif, struct nlmsghdr *request, gb_netif_answer *answer, void *arg)
{
	struct exchange x = { .answer = answer, .arg = arg };
	int rc;

	if (!netif->requests) {
		rc = open_requests(netif);
		if (rc < 0)
			return rc;
	}
	if (++netif->sequence == 0) /* libmnl takes 0 for "any" */
		netif->sequence = 1;
	request->nlmsg_seq = netif->sequence;
	request->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	x.sequence = netif->sequence;
	x.port = mnl_socket_get_portid(netif->requests);
	rc = converse(netif, request, &x);
	if (rc < 0) {
		/* An answer broken off is still in this socket, and an unfinished dump refuses the next (-EBUSY). */
		mnl_socket_close(netif->requests);
		netif->requests = NULL;
		return rc;
	}
	return x.result ? x.result : x.interrupted ? -EINTR : 0;
}

/* --- Links -------------------------------------------------------------------- */

static struct nlmsghdr *ask_link(struct question *question, uint16_t type, int index)
{
	struct nlmsghdr *request = mnl_nlmsg_put_header(question->octets);
	struct ifinfomsg *info;

	request->nlmsg_type = type;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = index;
	return request;
}

int gb_netif_set_up(struct gb_netif *netif, int index, bool up)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_SETLINK, index);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(request);

	info->ifi_change = IFF_UP;
	info->ifi_flags = up ? IFF_UP : 0;
	return index > 0 ? gb_netif_request(netif, request, NULL, NULL) : -EINVAL;
}

static int set_number(struct gb_netif *netif, int index, uint16_t attribute, uint32_t value)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_SETLINK, index);

	mnl_attr_put_u32(request, attribute, value);
	return index > 0 ? gb_netif_request(netif, request, NULL, NULL) : -EINVAL;
}

int gb_netif_set_mtu(struct gb_netif *netif, int index, unsigned mtu)
{
	return set_number(netif, index, IFLA_MTU, mtu);
}

int gb_netif_set_tx_queue_length(struct gb_netif *netif, int index, unsigned packets)
{
	return set_number(netif, index, IFLA_TXQLEN, packets);
}

static int take_link(const struct nlmsghdr *message, void *arg)
{
	struct gb_netif *netif = arg;
	int rc = gb_netif_take(netif, &netif->table, message);

	if (rc > 0)
		netif->announce = true;
	return rc < 0 ? rc : 0;
}

/* Asks for link INDEX and takes over the answer, for a change the kernel does not tell of. */
static int refresh(struct gb_netif *netif, int index)
{
	struct question question;

	/* What was sent before the change must not be taken over after it. */
	gb_netif_catch_up(netif);
	return gb_netif_request(netif, ask_link(&question, RTM_GETLINK, index), take_link, netif);
}

int gb_netif_set_no_ipv6_address(struct gb_netif *netif, int index)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_SETLINK, index);
	struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(request, AF_INET6);
	int rc;

	mnl_attr_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(request, inet6);
	mnl_attr_nest_end(request, families);
	rc = index > 0 ? gb_netif_request(netif, request, NULL, NULL) : -EINVAL;
	if (rc < 0)
		return rc;
	/* The kernel tells of this change only while the interface is up. That the copy lags is no failure. */
	(void)refresh(netif, index);
	return 0;
}

int gb_netif_delete_link(struct gb_netif *netif, int index)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_DELLINK, index);

	return index > 0 ? gb_netif_request(netif, request, NULL, NULL) : -EINVAL;
}

static bool is_link(const struct nlmsghdr *message)
{
	return message->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(message) >= sizeof(struct ifinfomsg);
}

/* The attribute TYPE of a link; NULL if there is none. */
static const struct nlattr *link_attribute(const struct nlmsghdr *message, uint16_t type)
{
	struct nlattr *a; /* libmnl's macro casts to char * */

	mnl_attr_for_each(a, message, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

/* SIZE octets of what is in A from AT on: attributes are aligned to 4 octets, numbers may want 8. Returns 0, or -ENODATA if
 * they are not there; A may be NULL.
 */
static int copy_from(const struct nlattr *a, size_t at, void *to, size_t size)
{
	if (!a || mnl_attr_get_payload_len(a) < at + size)
		return -ENODATA;
	memcpy(to, (const uint8_t *)mnl_attr_get_payload(a) + at, size);
	return 0;
}

static int read_tx_dropped(const struct nlmsghdr *message, void *arg)
{
	if (!is_link(message))
		return 0;
	return copy_from(link_attribute(message, IFLA_STATS64), offsetof(struct rtnl_link_stats64, tx_dropped), arg,
			 sizeof(uint64_t));
}

int gb_netif_tx_dropped(struct gb_netif *netif, int index, uint64_t *dropped)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_GETLINK, index);

	*dropped = 0;
	return index > 0 ? gb_netif_request(netif, request, read_tx_dropped, dropped) : -EINVAL;
}

/* The attribute TYPE inside NEST, which may be NULL; NULL if there is none. */
static const struct nlattr *attribute_in(const struct nlattr *nest, uint16_t type)
{
	struct nlattr *a;

	if (!nest)
		return NULL;
	mnl_attr_for_each_nested(a, nest)
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

/* IFLA_AF_SPEC has a nest for each family; AF_INET's has all of net.ipv4.conf.IF as an array of 32-bit numbers, in which the
 * first, number 1 (linux/ip.h), stands at 0.
 */
static int read_igmp_version(const struct nlmsghdr *message, void *arg)
{
	const size_t at = (IPV4_DEVCONF_FORCE_IGMP_VERSION - 1) * sizeof(uint32_t);
	const struct nlattr *inet;
	uint32_t value;
	int error;

	if (!is_link(message))
		return 0;
	inet = attribute_in(link_attribute(message, IFLA_AF_SPEC), AF_INET);
	error = copy_from(attribute_in(inet, IFLA_INET_CONF), at, &value, sizeof(value));
	if (!error)
		*(unsigned *)arg = value;
	return error;
}

int gb_netif_igmp_version(struct gb_netif *netif, int index, unsigned *version)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_GETLINK, index);

	*version = 0;
	return index > 0 ? gb_netif_request(netif, request, read_igmp_version, version) : -EINVAL;
}

int gb_netif_force_igmp_version(struct gb_netif *netif, int index, unsigned version)
{
	struct question question;
	struct nlmsghdr *request = ask_link(&question, RTM_SETLINK, index);
	struct nlattr *families = mnl_attr_nest_start(request, IFLA_AF_SPEC);
	struct nlattr *inet = mnl_attr_nest_start(request, AF_INET);
	struct nlattr *conf = mnl_attr_nest_start(request, IFLA_INET_CONF);

	mnl_attr_put_u32(request, IPV4_DEVCONF_FORCE_IGMP_VERSION, version);
	mnl_attr_nest_end(request, conf);
	mnl_attr_nest_end(request, inet);
	mnl_attr_nest_end(request, families);
	return index > 0 ? gb_netif_request(netif, request, NULL, NULL) : -EINVAL;
}

/* --- Addresses and routes ------------------------------------------------------- */

static int change_address(struct gb_netif *netif, uint16_t type, uint16_t flags, const struct gb_netif_ipv4 *address)
{
	struct question question;
	struct nlmsghdr *request = mnl_nlmsg_put_header(question.octets);
	struct ifaddrmsg *info;

	if (address->index <= 0 || address->prefix_length > 32)
		return -EINVAL;
	request->nlmsg_type = type;
	request->nlmsg_flags = flags;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->ifa_family = AF_INET;
	info->ifa_prefixlen = address->prefix_length;
	info->ifa_scope = address->scope;
	info->ifa_index = (unsigned)address->index;
	mnl_attr_put(request, IFA_LOCAL, sizeof(address->local), &address->local);
	mnl_attr_put(request, IFA_ADDRESS, sizeof(address->local), &address->local);
	if (address->flags)
		mnl_attr_put_u32(request, IFA_FLAGS, address->flags);
	return gb_netif_request(netif, request, NULL, NULL);
}

int gb_netif_add_address(struct gb_netif *netif, int index, struct in_addr address, uint8_t prefix_length)
{
	bool loopback = ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
	struct gb_netif_ipv4 wanted = { .index = index, .local = address, .prefix_length = prefix_length,
		.scope = loopback ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE };

	return change_address(netif, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &wanted);
}

int gb_netif_delete_address(struct gb_netif *netif, int index, struct in_addr address, uint8_t prefix_length)
{
	struct gb_netif_ipv4 unwanted = { .index = index, .local = address, .prefix_length = prefix_length };

	return change_address(netif, RTM_DELADDR, 0, &unwanted);
}

static int read_route(const struct nlmsghdr *message, void *arg)
{
	struct gb_netif_route *route = arg;
	struct nlattr *a;

	if (message->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg))
		return 0;
	mnl_attr_for_each(a, message, sizeof(struct rtmsg)) {
		switch (mnl_attr_get_type(a)) {
		case RTA_OIF:
			if (mnl_attr_validate(a, MNL_TYPE_U32) == 0)
				route->index = (int)mnl_attr_get_u32(a);
			break;
		case RTA_PREFSRC:
			if (mnl_attr_validate2(a, MNL_TYPE_BINARY, sizeof(route->source)) == 0)
				memcpy(&route->source, mnl_attr_get_payload(a), sizeof(route->source));
			break;
		default:
			break;
		}
	}
	return 0;
}

int gb_netif_route(struct gb_netif *netif, struct in_addr destination, struct gb_netif_route *route)
{
	struct question question;
	struct nlmsghdr *request = mnl_nlmsg_put_header(question.octets);
	struct rtmsg *info;
	int rc;

	*route = (struct gb_netif_route){ 0 };
	request->nlmsg_type = RTM_GETROUTE;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->rtm_family = AF_INET;
	info->rtm_dst_len = 32;
	mnl_attr_put(request, RTA_DST, sizeof(destination), &destination);
	rc = gb_netif_request(netif, request, read_route, route);
	if (rc < 0)
		return rc;
	/* A group is nobody's source. The kernel names one where a group's own route leads back to this host. */
	if (IN_MULTICAST(ntohl(route->source.s_addr))) {
		struct gb_netif_link *link;

		route->source.s_addr = 0;
		if (gb_netif_table_find(&netif->table, route->index, &link) && (link->flags & IFF_LOOPBACK))
			route->index = 0;
	}
	return route->index ? 0 : -ENETUNREACH;
}

/* --- Groups ------------------------------------------------------------------------ */

int gb_netif_join(struct gb_netif *netif, int index, struct in_addr group)
{
	struct gb_netif_ipv4 wanted = { .index = index, .local = group, .prefix_length = 32, .scope = RT_SCOPE_HOST,
		.flags = IFA_F_MCAUTOJOIN };
	int rc;

	if (gb_netif_has_joined(netif, index, group))
		return 0;
	rc = change_address(netif, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &wanted);
	gb_netif_catch_up(netif);
	return rc == -EEXIST && gb_netif_has_joined(netif, index, group) ? 0 : rc;
}

int gb_netif_leave(struct gb_netif *netif, int index, struct in_addr group)
{
	int rc = gb_netif_delete_address(netif, index, group, 32);

	gb_netif_catch_up(netif);
	return rc;
}

int gb_netif_delete_group_route(struct gb_netif *netif, int index, struct in_addr group)
{
	struct question question;
	struct nlmsghdr *request = mnl_nlmsg_put_header(question.octets);
	struct rtmsg *info;
	int rc;

	if (index <= 0)
		return -EINVAL;
	request->nlmsg_type = RTM_DELROUTE;
	info = mnl_nlmsg_put_extra_header(request, sizeof(*info));
	info->rtm_family = AF_INET;
	info->rtm_dst_len = 32;
	info->rtm_table = RT_TABLE_LOCAL;
	info->rtm_type = RTN_LOCAL;
	info->rtm_scope = RT_SCOPE_HOST;
	mnl_attr_put(request, RTA_DST, sizeof(group), &group);
	mnl_attr_put_u32(request, RTA_OIF, (uint32_t)index);
	rc = gb_netif_request(netif, request, NULL, NULL);
	return rc == -ESRCH ? 0 : rc;
}
