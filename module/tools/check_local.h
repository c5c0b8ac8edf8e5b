/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of this host and of the service on it, and how it is judged. */
#ifndef TOOLS_CHECK_LOCAL_H
#define TOOLS_CHECK_LOCAL_H

#include "check.h"
#include "check_span.h"

#include <goose-bridge/config.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>

#define CHECK_SENDERS_MAX 192

/* What the daemon asks its sockets to have (module/daemon/path_network.c), octets. */
#define CHECK_RECEIVE_BUFFER (8 * 1024 * 1024)
#define CHECK_SEND_BUFFER    (128 * 1024)

/* A bridge that sends to the group, or a range that has some in it. */
struct sender {
	struct span addresses;
	int route; /* index of the interface that packets to it go out of; 0 = not known, -1 = no route */
};

struct service_facts {
	enum { SERVICE_UNKNOWN, SERVICE_RUNNING, SERVICE_ABSENT } state;
	char why[200];		  /* not RUNNING: a sentence */
	char membership[16];	  /* "member", "joining", "suspect", "lost"; "" = not said */
	bool left;		  /* the group was left on purpose */
	char detail[128];	  /* why the path is not up; "" */
	char interface[IFNAMSIZ]; /* network interface in use; "" */
	char engine[8];		  /* "kernel" if that carries frames on any path, else "user"; "" = not said */
	int64_t receive_buffer;	  /* octets granted; 0 = no socket */
	int64_t send_buffer;
	unsigned peer_mtu; /* the largest path MTU that a peer told of; 0 = none */
	struct in_addr peer_mtu_address;
	unsigned peers;
	struct in_addr peer[CHECK_SENDERS_MAX]; /* of all paths */
	unsigned peer_paths[CHECK_SENDERS_MAX]; /* which: bits 1 << number */
};

/* -1: could not be read. */
struct sysctl_facts {
	int force_igmp_all;
	int force_igmp;
	int rp_filter_all;
	int rp_filter;
	int64_t rmem_max;
	int64_t wmem_max;
	int64_t max_memberships;
};

struct link_facts {
	char name[IFNAMSIZ]; /* "" = there is none */
	int index;
	bool exists;
	bool up;
	bool has_address;
	unsigned mtu;
	uint8_t mac[6];
	bool has_mac;
	struct in_addr address;
};

struct local_facts {
	const struct gb_config *config; /* of two paths, as if this one were the only */
	unsigned path;			/* its number */
	char other_interface[IFNAMSIZ]; /* the GOOSE interface of the other path; "" = there is none */
	int other_network;		/* index of that one's network interface; 0 = there is none, or it is not known */
	char domain_id[64];		/* multicast domain that AWS is asked about; "" = none */
	const char *config_file;
	const char *socket;
	char config_error[400]; /* "" = the file is fine */
	bool config_unreadable; /* this user may not read it: nothing is known, and nothing wrong */
	bool config_missing;	/* the built-in defaults hold */
	bool systemd;		/* it starts the service that this configuration is for */
	struct service_facts service;
	bool kernel_known; /* what follows was asked for */
	struct sysctl_facts sysctl;
	struct link_facts goose0;
	struct link_facts network;
	unsigned other_links;	  /* other interfaces that are up and have addresses, but for lo and goose0 */
	char candidate[IFNAMSIZ]; /* the one interface a route to the group could lead to; "" = none, or several */
	bool kernel_member;	  /* the interface itself is a member of the group, whatever the service does */
	unsigned joined_groups;	  /* groups that interfaces themselves are members of */
	bool aws;		  /* this host is in AWS */
	unsigned senders;
	struct sender sender[CHECK_SENDERS_MAX];
};

/* Asks the service and the kernel, once for all PATHS of FACTS. Waits 3 s for the service at most. */
void check_gather(struct local_facts *facts, unsigned paths);

/* Fills in the service's part of *FACTS for path number PATH from its answers to "status" and "peers"; either may be NULL. */
struct json_object;
void check_read_service(struct service_facts *facts, unsigned path, struct json_object *status, struct json_object *peers);

/* Who sends on this path: allow_sources, and the peers that were heard; if there is neither, nobody is known. */
void check_find_senders(struct local_facts *facts);

/* All that needs nobody else. What is of the service as a whole is judged with its first path. */
void check_judge_local(struct check_list *list, const struct local_facts *facts);

/* ---- the firewall ---- */

struct firewall_facts {
	char why[200];		 /* why nothing is known; "" = the rest holds */
	struct json_object *nft; /* NULL = nftables is not here */
	char *iptables;		 /* rules of iptables-nft where nft cannot show them; NULL */
	char *legacy;		 /* rules of iptables-legacy; NULL = it is not in use */
	const char *iptables_command;
	const char *legacy_command;
};

void check_gather_firewall(struct firewall_facts *facts);
void check_free_firewall(struct firewall_facts *facts);
void check_judge_firewall(struct check_list *list, const struct local_facts *facts, const struct firewall_facts *firewall);

/* Runs ARGV (searched for in PATH, /usr/sbin and /sbin) and takes what it writes to stdout, at most LIMIT octets; the caller
 * frees *TEXT. Returns its exit status, -ENOENT if there is no such program, -ETIMEDOUT, -EFBIG, or negative errno.
 */
int check_run(const char *const argv[], unsigned timeout_ms, size_t limit, char **text);

/* NAME as sysctl(8) writes it: dots as slashes. Returns OUT (IFNAMSIZ octets). */
const char *check_sysctl_name(const char *name, char *out);

#endif
