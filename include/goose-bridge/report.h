/* SPDX-License-Identifier: Apache-2.0 */
/* report: what the service knows of itself, as values, and as JSON.
 *
 * The daemon fills in a gb_report; this room only writes it down. stats.json, `goose-bridge-ctl stats`, `status` and `peers`
 * come from the same value. Field names and meaning: goose-bridge.8, STATISTICS.
 */
#ifndef GOOSE_BRIDGE_REPORT_H
#define GOOSE_BRIDGE_REPORT_H

#include <goose-bridge/config.h>
#include <goose-bridge/event.h>
#include <goose-bridge/histogram.h>
#include <goose-bridge/membership.h>
#include <goose-bridge/peers.h>
#include <goose-bridge/stats.h>
#include <goose-bridge/stream.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_REPORT_WARNINGS_MAX 24
#define GB_REPORT_WARNING_TEXT 240
#define GB_REPORT_PATHS_MAX    GB_CONFIG_PATHS_MAX
#define GB_REPORT_GROUPS_MAX   16
#define GB_REPORT_REJOINS_MAX  64

/* The state of the service as a whole, worst first. */
enum gb_report_state { GB_REPORT_DOWN, GB_REPORT_DEGRADED, GB_REPORT_RUNNING };

const char *gb_report_state_name(enum gb_report_state state); /* "down", "degraded", "running" */

/* What AWS says of the membership. */
struct gb_report_tgw {
	const char *state;     /* "off", "unknown", "member", "absent" */
	char domain_id[64];    /* "" = none is asked about */
	char interface_id[32]; /* this host's network interface; "" = not known */
	char detail[200];      /* a sentence; "" */
	uint64_t last_answer_ns; /* UTC, of the last that said member or absent; 0 = never */
};

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
	const char *engine; /* "user" or "kernel": that carries what it can */
	unsigned path_mtu;
	unsigned ttl;
	unsigned dscp;
	bool udp_segment; /* runs of datagrams are handed to the kernel as one */
	bool udp_gro;	  /* and come from it as one */
	unsigned busy_poll_us; /* as workers have it; 0 = not */
	unsigned realtime_priority; /* likewise */
	struct gb_cpus cpus; /* of each worker; none = any */
	int receive_buffer; /* octets */
	int send_buffer;
	uint64_t sender_id;
	uint64_t epoch;
	char tun_ip[20]; /* A.B.C.D/P or "" */
	struct gb_membership_status membership;
	struct gb_report_tgw tgw;
	struct gb_totals totals;
	struct gb_latency residence[2]; /* how long frames were in this bridge, by enum gb_stream_direction */
	struct gb_latency one_way; /* how long datagrams were on their way here, where both clocks are synchronised */
};

/* A group that an interface itself is a member of, which no process has to be there for. */
struct gb_report_group {
	char interface[IFNAMSIZ];
	struct in_addr group;
};

/* One time at which the group was joined anew. */
struct gb_report_rejoin {
	uint32_t number; /* of the event, gb_event_log_number */
	unsigned path_id;
	uint64_t utc_ns;
	struct in_addr group;
	char interface[IFNAMSIZ];
	char reason[GB_MEMBERSHIP_REASON];
};

/* What became of the SNMP agent. */
struct gb_report_snmp {
	bool built; /* else made with --disable-snmp */
	bool enabled;
	bool up; /* connected to snmpd */
	uint64_t since_ns; /* UTC; 0 = not enabled */
	char agentx_socket[128];
	unsigned ping_interval_s;
	uint64_t connects;
	uint64_t requests;
	uint64_t notifications_sent;
	uint64_t notifications_suppressed;
	const char *mib_root; /* OID in digits */
	const char *mib_directory; /* where the module was to be installed */
	const char *base_directory; /* and what stands in for the IETF's modules where there are none */
};

struct gb_report {
	const char *version;
	const char *log_file; /* NULL or "" = none */
	uint64_t now_ns; /* UTC */
	uint64_t start_ns; /* UTC */
	uint64_t uptime_ns; /* monotonic */
	enum gb_report_state state;
	unsigned warnings;
	char warning[GB_REPORT_WARNINGS_MAX][GB_REPORT_WARNING_TEXT]; /* what is wrong and what to do, a sentence each */

	/* statistics, of all paths together */
	struct gb_totals totals;
	double goose_per_second; /* frames read from goose0, over the last export interval */
	double multicast_per_second; /* datagrams sent, over the last export interval */
	uint64_t last_error_reset_ns; /* UTC */

	/* health */
	bool running;
	double error_rate; /* errors per frame and datagram handled in the current error_reset_interval */

	unsigned groups;
	struct gb_report_group group[GB_REPORT_GROUPS_MAX];

	unsigned paths;
	struct gb_report_path path[GB_REPORT_PATHS_MAX];
	size_t peers;
	const struct gb_peer_view *peer; /* belongs to who fills the report in */
	const struct gb_event_log *events; /* likewise */
	bool supervised; /* streams are */
	struct gb_streams_counts stream_counts[2]; /* by enum gb_stream_direction, of all paths together */
	size_t streams; /* in GB_REPORT_STATS and GB_REPORT_STREAMS only */
	const struct gb_stream_view *stream; /* belongs to who fills the report in */
	unsigned rejoins; /* the latest, at most GB_REPORT_REJOINS_MAX, oldest first */
	const struct gb_report_rejoin *rejoin; /* likewise */
	struct gb_report_snmp snmp;
};

enum gb_report_part {
	GB_REPORT_STATS, /* everything: the object of stats.json */
	/* version, state, warnings, service_info, statistics, health, drops, membership, paths, peer_count, latest_peer,
	 * log_file
	 */
	GB_REPORT_STATUS,
	GB_REPORT_PEERS, /* {"peers": [...]} */
	GB_REPORT_EVENTS, /* {"events": [...]} */
	GB_REPORT_STREAMS, /* {"stream_counts": {...} or null, "streams": [...]} */
	/* {"membership": {...}, "querier": {...}, "other_reports", "malformed", "left", "interface_groups": [...],
	 * "rejoins": [...]}
	 */
	GB_REPORT_IGMP,
	GB_REPORT_SNMP, /* {"snmp": {...}} */
};

/* PART of REPORT as one line of JSON, without line end. The caller frees it. NULL if memory is short. Strings of REPORT that
 * are not valid UTF-8 (an interface's name may be any octets) come out with '?' for what is not. What is not known is null.
 */
char *gb_report_json(const struct gb_report *report, enum gb_report_part part);

/* One stream in full as one line of JSON: {"stream": {...}, "values": [{"depth", "type", "value"}], "values_cut"}; values as
 * they were in its latest good message, in order, structures and arrays before what is in them. The caller frees it. NULL if
 * memory is short.
 */
char *gb_report_stream_json(const struct gb_stream_detail *detail);

/* Who answered the echo request with NONCE, as one line of JSON: {"nonce", "answers": [{"sender_id", "address",
 * "round_trip_us", "held_us"}]}. The caller frees it. NULL if memory is short.
 */
char *gb_report_echo_json(uint64_t nonce, const struct gb_echo_answer *answer, size_t count);

/* REPORT as OpenMetrics text of *LENGTH octets (openmetrics.io, version 1.0.0), streams and peers included. The caller frees
 * it. NULL if memory is short.
 */
char *gb_report_openmetrics(const struct gb_report *report, size_t *length);

/* Writes GB_REPORT_STATS to PATH, atomically: a new file beside it, written whole, then renamed over it. Missing directories
 * are not made. The file gets mode 0644. Returns 0 or negative errno; then what was at PATH is untouched.
 */
int gb_report_save(const struct gb_report *report, const char *path);

/* Puts '?' in the place of each octet of TEXT that is not part of valid UTF-8: what else stands in JSON by way of files and
 * interface names.
 */
void gb_report_utf8(char *text);

#endif
