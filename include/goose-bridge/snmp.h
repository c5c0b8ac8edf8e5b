/* SPDX-License-Identifier: Apache-2.0 */
/* snmp: GOOSE-BRIDGE-MIB, and the AgentX subagent (RFC 2741) that serves it through the host's snmpd.
 *
 * The tables take all they show from one plain value, a gb_snmp_snapshot; whoever can fill one can serve the MIB. net-snmp may
 * block for seconds or for good when snmpd does, so the subagent has a thread of its own, which alone calls net-snmp. The
 * control thread never waits for it, and it never touches what belongs to the control thread: snapshots and events cross as
 * values.
 */
#ifndef GOOSE_BRIDGE_SNMP_H
#define GOOSE_BRIDGE_SNMP_H

#include <goose-bridge/event.h>
#include <goose-bridge/report.h>
#include <goose-bridge/stream.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GB_SNMP_TEXT	    256 /* octets of an SnmpAdminString with its end (RFC 3411) */
#define GB_SNMP_KIND	    32
#define GB_SNMP_MAX_AGE_NS  UINT64_C(1000000000) /* requests within this time are answered from one snapshot */
#define GB_SNMP_BURST	    10 /* notifications of a kind ... */
#define GB_SNMP_INTERVAL_NS (UINT64_C(60) * 1000000000) /* ... in this time; no more of it wait, either */

/* ---- what the tables show ---- */

/* A row of gbEventTable. */
struct gb_snmp_event {
	uint32_t number;
	uint64_t utc_ns;
	int severity; /* RFC 5424 */
	char kind[GB_SNMP_KIND];
	char text[GB_SNMP_TEXT]; /* the sentence */
};

/* Plain data that belongs to whoever holds it: nothing in it points outside but to literals. Rows may come in any order and
 * texts be any octets until gb_snmp_snapshot_ready. `report.version', `.log_file', `.peer', `.stream', `.events' and `.rejoin'
 * are NULL: what stands below is what counts.
 */
struct gb_snmp_snapshot {
	/* The service does not answer: of all objects there are only gbService's, which say so. What was counted is not 0. */
	bool absent;
	uint64_t taken_ns;   /* monotonic */
	uint64_t started_ns; /* monotonic; of the service */
	struct gb_report report;
	char version[GB_PEER_VERSION];
	size_t peers;
	struct gb_peer_view *peer;
	size_t streams;
	struct gb_stream_view *stream;
	struct gb_streams_counts stream_counts; /* both directions */
	size_t events;
	struct gb_snmp_event *event;
	size_t rejoins;
	struct gb_report_rejoin rejoin[GB_REPORT_REJOINS_MAX];
	uint64_t notifications_sent;
	uint64_t notifications_suppressed;
	/* monotonic; when sysUpTime was 0. Set by who serves it; another host's may be before our 0. */
	int64_t agent_started_ns;
};

/* Room for so many rows, all 0. NULL if memory is short. */
struct gb_snmp_snapshot *gb_snmp_snapshot_create(size_t peers, size_t streams, size_t events);
void gb_snmp_snapshot_destroy(struct gb_snmp_snapshot *snapshot);

/* Adds up the streams of both directions, sorts the rows, and makes UTF-8 of at most 255 octets of all texts. Before it is
 * served.
 */
void gb_snmp_snapshot_ready(struct gb_snmp_snapshot *snapshot);

/* A copy of all that REPORT holds, ready to be served, but for the streams: STREAM, an array from malloc with report->streams
 * views, becomes the snapshot's, or is freed; NULL: there are none. NOW_NS is monotonic. NULL if memory is short.
 */
struct gb_snmp_snapshot *gb_snmp_snapshot_of(const struct gb_report *report, struct gb_stream_view *stream, uint64_t now_ns);

/* ---- notifications ---- */

/* The numbers are those under gbNotifications. */
enum gb_snmp_notification {
	GB_SNMP_STARTED = 1,
	GB_SNMP_STOPPING,
	GB_SNMP_REREGISTERED,
	GB_SNMP_MEMBERSHIP_LOST,
	GB_SNMP_MEMBERSHIP_RESTORED,
	GB_SNMP_QUERIER_LOST,
	GB_SNMP_QUERIER_FOUND,
	GB_SNMP_STREAM_EXPIRED,
	GB_SNMP_STREAM_RESTORED,
};

/* The values a notification bears: those of the moment of the event, not of the moment of sending. */
struct gb_snmp_notice {
	enum gb_snmp_notification notification;
	uint32_t number; /* of the event; the row of gbEventTable */
	uint64_t utc_ns;
	char text[GB_SNMP_TEXT];
	char version[GB_PEER_VERSION]; /* STARTED, STOPPING */
	/* REREGISTERED, MEMBERSHIP_..., QUERIER_... */
	unsigned path_id;
	struct in_addr group;
	char interface[IFNAMSIZ];
	enum gb_membership_state membership_state;
	enum gb_querier_state querier_state;
	char reason[GB_MEMBERSHIP_REASON];
	/* STREAM_... */
	uint32_t stream_index;
	char gocb_ref[GB_STREAM_REF];
	uint8_t source[6];
	uint16_t appid;
	enum gb_stream_state stream_state;
};

/* ---- the subagent ---- */

struct gb_snmp;

struct gb_snmp_settings {
	const char *agentx_socket; /* a path, or tcp:HOST:PORT */
	unsigned ping_interval_s;  /* how often snmpd is pinged, and how soon it is reached again */
};

/* Called in the control thread, from gb_snmp_serve. */
struct gb_snmp_ops {
	struct gb_snmp_snapshot *(*fill)(void *arg); /* a new one, which the room frees; NULL if memory is short */
	void (*changed)(void *arg, bool up);	     /* snmpd was reached, or is gone */
};

/* A plain value. */
struct gb_snmp_status {
	bool up;	   /* connected to snmpd */
	uint64_t since_ns; /* UTC; when that was so first */
	uint64_t connects;
	uint64_t requests; /* varbinds asked for */
	uint64_t sent;
	uint64_t suppressed;
};

/* Starts the thread. Strings and OPS are copied; ARG has to live until gb_snmp_destroy. Changes the process's environment
 * (net-snmp reads it), and net-snmp has one agent a process: there is one gb_snmp at a time. Does not wait for snmpd. Returns 0
 * or negative errno.
 */
int gb_snmp_create(struct gb_snmp **snmp, const struct gb_snmp_settings *settings, const struct gb_snmp_ops *ops, void *arg);

/* A descriptor that becomes readable when gb_snmp_serve is to be called in the control thread. */
int gb_snmp_fd(const struct gb_snmp *snmp);
void gb_snmp_serve(struct gb_snmp *snmp);

/* Hands over a notification; one thread. It waits until snmpd is reached; with GB_SNMP_BURST of its kind waiting already it is
 * not taken, and counted as suppressed: no kind takes room from another.
 */
void gb_snmp_notify(struct gb_snmp *snmp, const struct gb_snmp_notice *notice);

void gb_snmp_status(const struct gb_snmp *snmp, struct gb_snmp_status *status);

/* Sends what waits, takes leave of snmpd and ends the thread, within a second. If net-snmp hangs for longer, the thread and its
 * memory are left behind, and nothing of ARG is used any more; then the process has to end. Returns whether it ended. NULL is
 * fine.
 */
bool gb_snmp_destroy(struct gb_snmp *snmp);

#endif
