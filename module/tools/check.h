/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-security-check: its checks, and what came out of them.
 *
 * Facts are gathered (check_gather.c, check_aws_gather.c) apart from being judged (check_local.c, check_aws.c, ...): judging
 * asks nobody, so that tests hand in facts.
 */
#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CHECK_PATHS_MAX 2 /* GB_CONFIG_PATHS_MAX */

enum check_area { CHECK_LOCAL, CHECK_AWS };

/* Unknown is never a pass: what could not be judged is said to be so, with the reason. */
enum check_result { CHECK_PASS, CHECK_FAIL, CHECK_UNKNOWN };

/* X(NAME, "id", area). In the order of the output. goose-bridge-security-check(8) has an item for each id. */
#define CHECK_KINDS(X)                                               \
	X(CONFIG, "config", CHECK_LOCAL)                             \
	X(SERVICE, "service", CHECK_LOCAL)                           \
	X(MEMBERSHIP, "membership", CHECK_LOCAL)                     \
	X(GOOSE0, "goose0", CHECK_LOCAL)                             \
	X(INTERFACE, "interface", CHECK_LOCAL)                       \
	X(MTU, "mtu", CHECK_LOCAL)                                   \
	X(IGMP_VERSION, "igmp_version", CHECK_LOCAL)                 \
	X(IGMP_MAX_MEMBERSHIPS, "igmp_max_memberships", CHECK_LOCAL) \
	X(RP_FILTER, "rp_filter", CHECK_LOCAL)                       \
	X(RMEM_MAX, "rmem_max", CHECK_LOCAL)                         \
	X(WMEM_MAX, "wmem_max", CHECK_LOCAL)                         \
	X(ALLOW_SOURCES, "allow_sources", CHECK_LOCAL)               \
	X(KERNEL_ENGINE, "kernel_engine", CHECK_LOCAL)               \
	X(FIREWALL_IGMP_IN, "firewall_igmp_in", CHECK_LOCAL)         \
	X(FIREWALL_UDP_IN, "firewall_udp_in", CHECK_LOCAL)           \
	X(FIREWALL_IGMP_OUT, "firewall_igmp_out", CHECK_LOCAL)       \
	X(FIREWALL_UDP_OUT, "firewall_udp_out", CHECK_LOCAL)         \
	X(AWS_INTERFACE, "aws_interface", CHECK_AWS)                 \
	X(INSTANCE_TYPE, "instance_type", CHECK_AWS)                 \
	X(SOURCE_DEST_CHECK, "source_dest_check", CHECK_AWS)         \
	X(SG_IGMP_IN, "security_group_igmp_in", CHECK_AWS)           \
	X(SG_UDP_IN, "security_group_udp_in", CHECK_AWS)             \
	X(SG_IGMP_OUT, "security_group_igmp_out", CHECK_AWS)         \
	X(SG_UDP_OUT, "security_group_udp_out", CHECK_AWS)           \
	X(ACL_IGMP_IN, "network_acl_igmp_in", CHECK_AWS)             \
	X(ACL_UDP_IN, "network_acl_udp_in", CHECK_AWS)               \
	X(ACL_IGMP_OUT, "network_acl_igmp_out", CHECK_AWS)           \
	X(ACL_UDP_OUT, "network_acl_udp_out", CHECK_AWS)             \
	X(MULTICAST_DOMAIN, "multicast_domain", CHECK_AWS)           \
	X(IGMPV2_SUPPORT, "igmpv2_support", CHECK_AWS)               \
	X(STATIC_SOURCES, "static_sources", CHECK_AWS)               \
	X(SUBNET_ASSOCIATION, "subnet_association", CHECK_AWS)       \
	X(REGISTERED_MEMBER, "registered_member", CHECK_AWS)         \
	X(MEMBER_QUOTA, "member_quota", CHECK_AWS)

enum check_kind {
#define CHECK_ENUM(name, id, area) CHECK_##name,
	CHECK_KINDS(CHECK_ENUM)
#undef CHECK_ENUM
		CHECK_KIND_COUNT
};

/* What --fix may do: a setting of the kernel, or a call to EC2. A name and a value each: the file under /proc/sys and what is
 * written to it; or a parameter of the call.
 */
enum check_mend { CHECK_MEND_NONE, CHECK_MEND_SYSCTL, CHECK_MEND_EC2 };

struct check_parameter {
	char name[96];
	char value[160];
};

struct check {
	enum check_kind kind;
	enum check_result result;
	char path[IFNAMSIZ]; /* the GOOSE interface of the path that it is about; "" = there is one path, or it is about all */
	char *text; /* a sentence */
	char *fix;  /* the command that mends it, to be pasted into a shell; NULL = none */
	enum check_mend mend;
	const char *action; /* EC2: the action, a literal */
	unsigned parameters;
	struct check_parameter *parameter; /* owned */
};

struct check_list {
	unsigned count;
	struct check check[CHECK_KIND_COUNT * CHECK_PATHS_MAX];
	char path[IFNAMSIZ]; /* what is added is about this one */
	bool aws;	/* the AWS part has been done */
	char note[320]; /* one line on how the AWS part fared if it was not done; "" */
};

const char *check_id(enum check_kind kind);
enum check_area check_area(enum check_kind kind);

/* Adds a check with its sentence, without a period at the end. The list owns it; it stays where it is. Each kind is added
 * once at most, or once for each path.
 */
struct check *check_add(struct check_list *list, enum check_kind kind, enum check_result result, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets, or appends to, the command that mends CHECK. */
void check_fix(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a parameter to what --fix does. Nothing is done for a check without one. */
void check_mend(struct check *check, enum check_mend mend, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The check of this kind, or NULL. */
const struct check *check_find(const struct check_list *list, enum check_kind kind);

unsigned check_count(const struct check_list *list, enum check_result result);

/* What the checks of one path say in the same words as those of another is said once, of all. Moves checks. */
void check_say_once(struct check_list *list);

/* Frees what the list owns and makes it empty. */
void check_clear(struct check_list *list);

/* Writes LIST for a person: a line a check, and the command under it where one mends it; or as one line of JSON. */
void check_print(FILE *out, const struct check_list *list);
int check_print_json(FILE *out, const struct check_list *list); /* 0 or -ENOMEM */

#endif
