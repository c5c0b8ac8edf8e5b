/* SPDX-License-Identifier: Apache-2.0 */
/* Judges what is known of this host, but for its firewall. */
#include "check_local.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#define MTU_MIN		 576  /* what every IPv4 host has to accept (RFC 791, 3.1); the service uses no smaller one */
#define DEFAULT_PATH_MTU 1500 /* the service's, unless the configuration says otherwise */
#define TGW_MTU		 8500 /* what a transit gateway carries */

static const char no_kernel[] = "the kernel's tables of interfaces cannot be read (rtnetlink)";

const char *check_sysctl_name(const char *name, char *out)
{
	size_t i;

	for (i = 0; i < IFNAMSIZ - 1 && name[i]; i++)
		out[i] = (char)(name[i] == '.' ? '/' : name[i]);
	out[i] = 0;
	return out;
}

/* The command that sets a value, and what --fix writes where. FILE is below /proc/sys/net/, KEY what sysctl(8) calls it below
 * "net.".
 */
static void fix_sysctl(struct check *check, const char *key, const char *file, int64_t value)
{
	char name[96];

	check_fix(check, check->fix ? " net.%s=%" PRId64 : "sysctl -w net.%s=%" PRId64, key, value);
	snprintf(name, sizeof(name), "net/%s", file);
	check_mend(check, CHECK_MEND_SYSCTL, name, "%" PRId64, value);
}

/* The same for a value that each interface has. */
static void fix_interface_sysctl(struct check *check, const char *interface, const char *name, int64_t value)
{
	char key[80], file[80], slashed[IFNAMSIZ];

	snprintf(key, sizeof(key), "ipv4.conf.%s.%s", check_sysctl_name(interface, slashed), name);
	snprintf(file, sizeof(file), "ipv4/conf/%s/%s", interface, name);
	fix_sysctl(check, key, file, value);
}

/* ---- the service and what belongs to it ----------------------------------------------------------------------------- */

static void judge_config(struct check_list *list, const struct local_facts *f)
{
	if (*f->config_error && f->config_unreadable)
		check_add(list, CHECK_CONFIG, CHECK_UNKNOWN, "%s; the built-in defaults are taken below", f->config_error);
	else if (*f->config_error)
		check_fix(
			check_add(list, CHECK_CONFIG, CHECK_FAIL, "%s; the built-in defaults are taken below", f->config_error),
			"goose-bridge -t -c '%s'", f->config_file);
	else if (f->config_missing)
		check_add(list, CHECK_CONFIG, CHECK_PASS, "there is no %s: the built-in defaults hold", f->config_file);
	else
		check_add(list, CHECK_CONFIG, CHECK_PASS, "%s has no errors", f->config_file);
}

static void fix_start(struct check *check, const struct local_facts *f)
{
	if (f->systemd)
		check_fix(check, "systemctl start goose-bridge");
	else
		check_fix(check, "goose-bridge -d -c '%s'", f->config_file);
}

/* What is behind AND, or alone. */
static void fix_restart(struct check *check, const struct local_facts *f, const char *and)
{
	if (f->systemd)
		check_fix(check, "%ssystemctl restart goose-bridge", and);
	else
		check_fix(check, "%skill \"$(cat '%s')\" && sleep 2 && goose-bridge -d -c '%s'", and, f->config->pid_file,
			  f->config_file);
}

static void judge_service(struct check_list *list, const struct local_facts *f)
{
	if (f->service.state == SERVICE_RUNNING)
		check_add(list, CHECK_SERVICE, CHECK_PASS, "the service runs and answers at %s", f->socket);
	else if (f->service.state == SERVICE_ABSENT)
		fix_start(check_add(list, CHECK_SERVICE, CHECK_FAIL, "%s", f->service.why), f);
	else
		check_add(list, CHECK_SERVICE, CHECK_UNKNOWN, "%s", f->service.why);
}

static void judge_membership(struct check_list *list, const struct local_facts *f)
{
	const struct service_facts *s = &f->service;
	char group[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &f->config->multicast_ip, group, sizeof(group));
	if (s->state == SERVICE_ABSENT)
		fix_start(check_add(list, CHECK_MEMBERSHIP, CHECK_FAIL,
				    f->kernel_member ? "this host is a member of %s, but no service takes its datagrams"
						     : "this host is no member of %s: the service that joins it is down",
				    group),
			  f);
	else if (s->state == SERVICE_UNKNOWN || !*s->membership)
		check_add(list, CHECK_MEMBERSHIP, CHECK_UNKNOWN, "the service does not say whether it is a member of %s",
			  group);
	else if (s->left)
		check_fix(check_add(list, CHECK_MEMBERSHIP, CHECK_FAIL, "the group %s was left on purpose", group),
			  "goose-bridge-ctl -s '%s' reload", f->socket);
	else if (strcmp(s->membership, "member") == 0)
		check_add(list, CHECK_MEMBERSHIP, CHECK_PASS, "the service is a member of %s", group);
	else if (strcmp(s->membership, "joining") == 0)
		check_add(list, CHECK_MEMBERSHIP, CHECK_UNKNOWN, "the service is still joining %s%s%s", group,
			  *s->detail ? ": " : "", s->detail);
	else
		check_fix(check_add(list, CHECK_MEMBERSHIP, CHECK_FAIL, "the membership of %s is %s", group, s->membership),
			  "goose-bridge-ctl -s '%s' igmp leave && goose-bridge-ctl -s '%s' reload", f->socket, f->socket);
}

static void judge_goose0(struct check_list *list, const struct local_facts *f)
{
	const char *name = f->config->interface;

	if (!f->kernel_known)
		check_add(list, CHECK_GOOSE0, CHECK_UNKNOWN, "%s", no_kernel);
	else if (!f->goose0.exists)
		fix_start(check_add(list, CHECK_GOOSE0, CHECK_FAIL, "there is no interface %s, which the service makes", name),
			  f);
	else if (!f->goose0.up)
		check_fix(check_add(list, CHECK_GOOSE0, CHECK_FAIL, "%s is down, so applications cannot send on it", name),
			  "ip link set dev %s up", name);
	else
		check_add(list, CHECK_GOOSE0, CHECK_PASS, "%s is there and up", name);
}

static void judge_interface(struct check_list *list, const struct local_facts *f)
{
	const struct link_facts *n = &f->network;
	char group[INET_ADDRSTRLEN], address[INET_ADDRSTRLEN];
	struct check *check;

	inet_ntop(AF_INET, &f->config->multicast_ip, group, sizeof(group));
	inet_ntop(AF_INET, &n->address, address, sizeof(address));
	if (!f->kernel_known) {
		check_add(list, CHECK_INTERFACE, CHECK_UNKNOWN, "%s", no_kernel);
	} else if (!*n->name) {
		check = check_add(list, CHECK_INTERFACE, CHECK_FAIL,
				  "no route leads to %s, and multicast_interface is not set in %s", group, f->config_file);
		if (*f->candidate)
			check_fix(check, "ip route add %s/32 dev %s", group, f->candidate);
	} else if (!n->exists) {
		check_add(list, CHECK_INTERFACE, CHECK_FAIL, "there is no interface %s, which multicast_interface in %s names",
			  n->name, f->config_file);
	} else if (!n->up) {
		check_fix(check_add(list, CHECK_INTERFACE, CHECK_FAIL, "the network interface %s is down", n->name),
			  "ip link set dev %s up", n->name);
	} else if (!n->has_address) {
		check_add(list, CHECK_INTERFACE, CHECK_FAIL, "the network interface %s has no IPv4 address", n->name);
	} else {
		check_add(list, CHECK_INTERFACE, CHECK_PASS, "%s leads to %s, from the address %s", n->name, group, address);
	}
}

static bool allows_anybody(const struct gb_sources *allowed)
{
	bool open = allowed->count == 0;

	for (unsigned i = 0; i < allowed->count; i++)
		open |= allowed->prefix[i].mask.s_addr == 0;
	return open;
}

/* Allows the peers that were heard. */
static void fix_allow_sources(struct check *check, const struct local_facts *f)
{
	const char *file = f->config_file;
	char address[INET_ADDRSTRLEN];

	if (f->service.peers == 0) /* whom to allow, nobody but the administrator knows */
		return;
	check_fix(check, f->config_missing ? "printf '" : "sed -i -e '/^[[:space:]]*allow_sources[[:space:]]*[=:]/d' -e '$a ");
	check_fix(check, "allow_sources = ");
	for (unsigned i = 0; i < f->service.peers; i++) {
		inet_ntop(AF_INET, &f->service.peer[i], address, sizeof(address));
		check_fix(check, "%s%s", i ? ", " : "", address);
	}
	check_fix(check, f->config_missing ? "\\n' > '%s'" : "' '%s'", file);
	check_fix(check, " && goose-bridge-ctl -s '%s' reload", f->socket);
}

static void judge_allow_sources(struct check_list *list, const struct local_facts *f)
{
	const struct gb_sources *allowed = &f->config->allow_sources;

	if (*f->config_error)
		check_add(list, CHECK_ALLOW_SOURCES, CHECK_UNKNOWN, "what %s allows cannot be told", f->config_file);
	else if (!allows_anybody(allowed))
		check_add(list, CHECK_ALLOW_SOURCES, CHECK_PASS, "only %u source%s may place frames on %s%s%s", allowed->count,
			  allowed->count == 1 ? "" : "s", f->config->interface, *f->other_interface ? " and " : "",
			  f->other_interface);
	else
		fix_allow_sources(
			check_add(list, CHECK_ALLOW_SOURCES, CHECK_FAIL,
				  "allow_sources is open: whoever can send to the group can place trip commands on %s%s%s",
				  f->config->interface, *f->other_interface ? " and " : "", f->other_interface),
			f);
}

/* Programs at tc see a datagram before any hook of netfilter, and what they send on goes past those of output, too. */
static void judge_kernel_engine(struct check_list *list, const struct local_facts *f)
{
	if (f->config->datapath == GB_DATAPATH_USER || strcmp(f->service.engine, "user") == 0)
		check_add(list, CHECK_KERNEL_ENGINE, CHECK_PASS,
			  "the service itself carries all frames, so that this host's firewall sees their datagrams");
	else if (strcmp(f->service.engine, "kernel") != 0)
		check_add(list, CHECK_KERNEL_ENGINE, CHECK_UNKNOWN,
			  "the service does not say whether the kernel engine carries frames, past this host's firewall");
	else if (*f->config_error)
		check_add(list, CHECK_KERNEL_ENGINE, CHECK_UNKNOWN,
			  "the kernel engine carries frames past this host's firewall, and what %s allows cannot be told",
			  f->config_file);
	else if (allows_anybody(&f->config->allow_sources))
		fix_allow_sources(check_add(list, CHECK_KERNEL_ENGINE, CHECK_FAIL,
					    "the kernel engine carries frames past this host's firewall, and allow_sources is "
					    "open: nothing on this host keeps anybody out"),
				  f);
	else
		check_add(list, CHECK_KERNEL_ENGINE, CHECK_PASS,
			  "the kernel engine carries frames past this host's firewall; allow_sources says from whom");
}

/* ---- the kernel ----------------------------------------------------------------------------------------------------- */

static void judge_mtu(struct check_list *list, const struct local_facts *f)
{
	const struct link_facts *n = &f->network;
	unsigned wanted = f->config->path_mtu ? f->config->path_mtu : MTU_MIN;
	char peer[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &f->service.peer_mtu_address, peer, sizeof(peer));
	if (!n->exists)
		check_add(list, CHECK_MTU, CHECK_UNKNOWN, "nothing is known of the network interface");
	else if (f->aws && f->config->path_mtu > TGW_MTU)
		check_fix(check_add(list, CHECK_MTU, CHECK_FAIL,
				    "path_mtu = %u, but a transit gateway carries %d octets and drops what is larger",
				    f->config->path_mtu, TGW_MTU),
			  "sed -i 's/^[[:space:]]*path_mtu[[:space:]]*[=:].*/path_mtu = %d/' '%s' && goose-bridge-ctl -s '%s' "
			  "reload",
			  TGW_MTU, f->config_file, f->socket);
	else if (n->mtu < wanted)
		check_fix(check_add(list, CHECK_MTU, CHECK_FAIL,
				    f->config->path_mtu ? "the MTU of %s is %u, less than path_mtu = %u"
							: "the MTU of %s is %u; at least %u is needed",
				    n->name, n->mtu, wanted),
			  "ip link set dev %s mtu %u", n->name, f->config->path_mtu ? wanted : DEFAULT_PATH_MTU);
	else if (n->mtu < f->service.peer_mtu)
		check_fix(
			check_add(
				list, CHECK_MTU, CHECK_FAIL,
				"the MTU of %s is %u, but %s sends datagrams of up to %u octets, which are lost without a word",
				n->name, n->mtu, peer, f->service.peer_mtu),
			"ip link set dev %s mtu %u", n->name, f->service.peer_mtu);
	else
		check_add(list, CHECK_MTU, CHECK_PASS, "the MTU of %s is %u, and datagrams of %u octets at most are sent",
			  n->name, n->mtu,
			  f->config->path_mtu	      ? f->config->path_mtu
			  : n->mtu < DEFAULT_PATH_MTU ? n->mtu
						      : DEFAULT_PATH_MTU);
}

/* The version that the kernel speaks: 1 goes before 2, wherever it is set, and 0 means 3 until a query of version 2 is heard
 * (include/linux/igmp.h, IGMP_V1_SEEN and IGMP_V2_SEEN).
 */
static int effective_igmp(const struct sysctl_facts *s)
{
	if (s->force_igmp == 1 || s->force_igmp_all == 1)
		return 1;
	return s->force_igmp == 2 || s->force_igmp_all == 2 ? 2 : 3;
}

static void judge_igmp_version(struct check_list *list, const struct local_facts *f)
{
	const struct sysctl_facts *s = &f->sysctl;
	int wanted = f->aws ? 2 : (int)f->config->force_igmp_version, found = effective_igmp(s);
	struct check *check;

	if (s->force_igmp < 0 || s->force_igmp_all < 0) {
		check_add(list, CHECK_IGMP_VERSION, CHECK_UNKNOWN, "net.ipv4.conf.*.force_igmp_version could not be read");
	} else if (wanted == 0) {
		check_add(list, CHECK_IGMP_VERSION, found == 2 ? CHECK_PASS : CHECK_UNKNOWN,
			  "the configuration leaves the IGMP version alone (force_igmp_version = 0), and %s speaks version %d",
			  f->network.name, found);
	} else if (found == wanted) {
		check_add(list, CHECK_IGMP_VERSION, CHECK_PASS, "%s speaks IGMP version %d", f->network.name, found);
	} else {
		check = check_add(
			list, CHECK_IGMP_VERSION, CHECK_FAIL,
			"%s speaks IGMP version %d%s, and %s version %d (force_igmp_version is %d for all, %d for it)",
			f->network.name, found, found == 3 ? " until it hears an older query" : "",
			f->aws ? "a transit gateway speaks only" : "it should be", wanted, s->force_igmp_all, s->force_igmp);
		if (s->force_igmp_all != 0 && s->force_igmp_all != wanted)
			fix_interface_sysctl(check, "all", "force_igmp_version", 0);
		fix_interface_sysctl(check, f->network.name, "force_igmp_version", wanted);
	}
}

static void judge_memberships(struct check_list *list, const struct local_facts *f)
{
	int64_t most = f->sysctl.max_memberships;
	unsigned needed = f->joined_groups ? f->joined_groups : 1;

	/* the groups of interfaces hang on one socket of the kernel's, the service's on one of its own */
	if (most < 0)
		check_add(list, CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_UNKNOWN, "net.ipv4.igmp_max_memberships could not be read");
	else if (most < needed)
		fix_sysctl(check_add(list, CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_FAIL,
				     "igmp_max_memberships is %" PRId64 ", and %u group%s needed", most, needed,
				     needed == 1 ? " is" : "s are"),
			   "ipv4.igmp_max_memberships", "ipv4/igmp_max_memberships", needed < 20 ? 20 : needed * 2);
	else
		check_add(list, CHECK_IGMP_MAX_MEMBERSHIPS, CHECK_PASS, "a socket may be a member of %" PRId64 " groups", most);
}

/* The first sender whose packets the filter drops; NULL = none. One whose way is the other path's network is that one's. */
static const struct sender *filtered_sender(const struct local_facts *f, int filter)
{
	for (unsigned i = 0; i < f->senders; i++) {
		int route = f->sender[i].route;

		if (route > 0 && route != f->network.index && route == f->other_network)
			continue;
		if (route != 0 && (filter == 1 ? route != f->network.index : route == -1))
			return &f->sender[i];
	}
	return NULL;
}

/* What the reverse path filter does to datagrams of other bridges. Queries from 0.0.0.0 are exempt from it: the kernel asks for
 * no route to that address (net/ipv4/route.c, ip_mc_validate_source).
 */
static void judge_rp_filter(struct check_list *list, const struct local_facts *f)
{
	const struct sysctl_facts *s = &f->sysctl;
	int filter = s->rp_filter > s->rp_filter_all ? s->rp_filter : s->rp_filter_all;
	const struct sender *sender = filtered_sender(f, filter);
	char address[SPAN_TEXT];
	struct check *check;

	if (!f->network.exists || s->rp_filter < 0 || s->rp_filter_all < 0) {
		check_add(list, CHECK_RP_FILTER, CHECK_UNKNOWN,
			  "the reverse path filter of the network interface is not known");
	} else if (filter == 0) {
		check_add(list, CHECK_RP_FILTER, CHECK_PASS, "the reverse path filter of %s is off", f->network.name);
	} else if (sender && filter == 1) {
		check = check_add(
			list, CHECK_RP_FILTER, CHECK_FAIL,
			"the reverse path filter of %s is strict, and the way to %s is not through it: its datagrams are "
			"dropped",
			f->network.name, span_text(sender->addresses, address));
		fix_interface_sysctl(check, f->network.name, "rp_filter", 2); /* the larger of it and all's counts */
	} else if (sender) {
		check = check_add(list, CHECK_RP_FILTER, CHECK_FAIL,
				  "the reverse path filter of %s is loose, and no route leads to %s: its datagrams are dropped",
				  f->network.name, span_text(sender->addresses, address));
		if (s->rp_filter_all)
			fix_interface_sysctl(check, "all", "rp_filter", 0);
		fix_interface_sysctl(check, f->network.name, "rp_filter", 0);
	} else if (filter == 1 && f->senders == 0 && f->other_links > 0) {
		check_add(list, CHECK_RP_FILTER, CHECK_UNKNOWN,
			  "the reverse path filter of %s is strict, and there are other interfaces: it drops bridges whose way "
			  "leads through those; set allow_sources, and it can be told",
			  f->network.name);
	} else {
		check_add(list, CHECK_RP_FILTER, CHECK_PASS,
			  "the reverse path filter of %s is %s, and the way to every bridge that is known fits it",
			  f->network.name, filter == 1 ? "strict" : "loose");
	}
}

static void judge_buffer(struct check_list *list, const struct local_facts *f, enum check_kind kind, int64_t granted,
			 int64_t limit, int64_t wanted)
{
	const char *name = kind == CHECK_RMEM_MAX ? "rmem_max" : "wmem_max";
	const char *what = kind == CHECK_RMEM_MAX ? "receive" : "send";
	char key[32], file[32];
	struct check *check;

	snprintf(key, sizeof(key), "core.%s", name);
	snprintf(file, sizeof(file), "core/%s", name);
	if (granted >= wanted) {
		check_add(list, kind, CHECK_PASS, "the service has the %s buffer of %" PRId64 " octets that it wants", what,
			  wanted);
	} else if (limit < 0) {
		check_add(list, kind, CHECK_UNKNOWN, "net.core.%s cannot be read here", name);
	} else if (limit < wanted && granted > 0) {
		check = check_add(list, kind, CHECK_FAIL,
				  "net.core.%s is %" PRId64 ", and the service got a %s buffer of %" PRId64
				  " octets, where it wants %" PRId64 ": bursts are lost",
				  name, limit, what, granted, wanted);
		fix_sysctl(check, key, file, wanted);
		fix_restart(check, f, " && ");
	} else if (limit < wanted) {
		check = check_add(list, kind, CHECK_UNKNOWN,
				  "net.core.%s is %" PRId64 ", and the service wants %" PRId64
				  " octets; whether it may have more than "
				  "that is known when it runs",
				  name, limit, wanted);
		fix_sysctl(check, key, file, wanted);
	} else if (granted > 0) {
		check = check_add(list, kind, CHECK_FAIL,
				  "the service was started with a %s buffer of %" PRId64 " octets, and more are allowed now",
				  what, granted);
		fix_restart(check, f, "");
	} else {
		check_add(list, kind, CHECK_PASS, "net.core.%s is %" PRId64 " octets, and %" PRId64 " are wanted", name, limit,
			  wanted);
	}
}

void check_judge_local(struct check_list *list, const struct local_facts *facts)
{
	if (facts->path == 0) {
		judge_config(list, facts);
		judge_service(list, facts);
	}
	judge_membership(list, facts);
	judge_goose0(list, facts);
	judge_interface(list, facts);
	judge_mtu(list, facts);
	judge_igmp_version(list, facts);
	judge_memberships(list, facts);
	judge_rp_filter(list, facts);
	judge_buffer(list, facts, CHECK_RMEM_MAX, facts->service.receive_buffer, facts->sysctl.rmem_max, CHECK_RECEIVE_BUFFER);
	judge_buffer(list, facts, CHECK_WMEM_MAX, facts->service.send_buffer, facts->sysctl.wmem_max, CHECK_SEND_BUFFER);
	if (facts->path == 0)
		judge_allow_sources(list, facts);
	judge_kernel_engine(list, facts);
}
