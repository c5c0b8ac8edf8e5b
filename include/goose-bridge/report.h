/* SPDX-License-Identifier: Apache-2.0 */
/* report: what the service knows of itself, as values, and as JSON.
 *
 * The daemon fills in a gb_report; this room only writes it down. stats.json, `goose-bridge-ctl stats`, `status` and `peers`
 * come from the same value. Field names and meaning: goose-bridge.8, STATISTICS.
 */
#ifndef GOOSE_BRIDGE_REPORT_H
#define GOOSE_BRIDGE_REPORT_H

#include <goose-bridge/event.h>
#include <goose-bridge/membership.h>
#include <goose-bridge/peers.h>
#include <goose-bridge/stats.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_REPORT_WARNINGS_MAX 16
#define GB_REPORT_WARNING_TEXT 240
#define GB_REPORT_PATHS_MAX    2
#define GB_REPORT_GROUPS_MAX   16

/* The state of the service as a whole, worst first. */
enum gb_report_state { GB_REPORT_DOWN, GB_REPORT_DEGRADED, GB_REPORT_RUNNING };

/* One way through the network: goose0, a group and a network interface. */
struct gb_report_path {
	unsigned id;
	char interface[IFNAMSIZ]; /* GOOSE side */
	char network_interface[IFNAMSIZ]; /* "" = none usable */
	struct in_addr group;
	uint16_t port;
	struct in_addr local; /* 0 = none */
	bool goose0_up;
	bool network_up;
	bool member; /* the kernel holds the membership */
	char detail[128]; /* why it is not up, in words; "" */
	uint64_t since_ns; /* UTC ns of the last change of goose0_up or network_up */
	const char *wire_format; /* "legacy" or "native" */
	const char *engine; /* "user" */
	unsigned path_mtu;
	unsigned ttl;
	unsigned dscp;
	int receive_buffer; /* octets */
	int send_buffer;
	uint64_t sender_id;
	uint64_t epoch;
};

/* A group that an interface itself is a member of, which no process has to be there for. */
struct gb_report_group {
	char interface[IFNAMSIZ];
	struct in_addr group;
};

struct gb_report {
	const char *version;
	uint64_t now_ns; /* UTC */
	uint64_t start_ns; /* UTC */
	uint64_t uptime_ns; /* monotonic */
	enum gb_report_state state;
	unsigned warnings;
	char warning[GB_REPORT_WARNINGS_MAX][GB_REPORT_WARNING_TEXT]; /* what is wrong and what to do, a sentence each */

	/* service_info */
	char tun_ip[20]; /* A.B.C.D/P or "" */

	/* statistics */
	struct gb_totals totals;
	double goose_per_second; /* frames read from goose0, over the last export interval */
	double multicast_per_second; /* datagrams sent, over the last export interval */
	uint64_t last_error_reset_ns; /* UTC */

	/* health */
	bool running;
	double error_rate; /* errors per frame and datagram handled in the current error_reset_interval */

	struct gb_membership_status membership;
	unsigned groups;
	struct gb_report_group group[GB_REPORT_GROUPS_MAX];

	unsigned paths;
	struct gb_report_path path[GB_REPORT_PATHS_MAX];
	size_t peers;
	const struct gb_peer_view *peer; /* belongs to who fills the report in */
	const struct gb_event_log *events; /* likewise */
};

enum gb_report_part {
	GB_REPORT_STATS, /* everything: the object of stats.json */
	/* version, state, warnings, service_info, statistics, health, drops, membership, paths, peer_count, latest_peer */
	GB_REPORT_STATUS,
	GB_REPORT_PEERS, /* {"peers": [...]} */
	GB_REPORT_EVENTS, /* {"events": [...]} */
	GB_REPORT_IGMP, /* {"membership": {...}, "querier": {...}, "other_reports", "malformed", "left", "interface_groups": [...]} */
};

/* PART of REPORT as one line of JSON, without line end. The caller frees it. NULL if memory is short. Strings of REPORT that
 * are not valid UTF-8 (an interface's name may be any octets) come out with '?' for what is not. What is not known is null.
 */
char *gb_report_json(const struct gb_report *report, enum gb_report_part part);

/* Writes GB_REPORT_STATS to PATH, atomically: a new file beside it, written whole, then renamed over it. Missing directories
 * are not made. The file gets mode 0644. Returns 0 or negative errno; then what was at PATH is untouched.
 */
int gb_report_save(const struct gb_report *report, const char *path);

/* Puts '?' in the place of each octet of TEXT that is not part of valid UTF-8: what else stands in JSON by way of files and
 * interface names.
 */
void gb_report_utf8(char *text);

#endif
