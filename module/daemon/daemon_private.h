/* SPDX-License-Identifier: Apache-2.0 */
/* The one context of the control thread, and which file does what with it. */
#ifndef DAEMON_PRIVATE_H
#define DAEMON_PRIVATE_H

#include "options.h"

#include <event2/event.h>
#include <goose-bridge/config.h>
#include <goose-bridge/control.h>
#include <goose-bridge/datapath.h>
#include <goose-bridge/event.h>
#include <goose-bridge/log.h>
#include <goose-bridge/membership.h>
#include <goose-bridge/netif.h>
#include <goose-bridge/report.h>

/* goose0 on one side, a group on a network interface on the other; kept usable by path_evaluate. */
struct path {
	/* goose0 */
	struct gb_link *link; /* NULL: not open */
	bool goose0_up;
	uint64_t goose0_opened_ns; /* monotonic */
	char goose0_told_detail[96];
	unsigned goose0_queue; /* frames that its queue can hold */
	char goose0_detail[96]; /* why it is not, and what to do */
	uint64_t queue_dropped_base; /* tx_dropped when it was opened */
	uint64_t queue_dropped_seen; /* since then, as last read */
	uint64_t queue_dropped_before; /* of interfaces that were deleted */
	struct gb_tun_ip tun_ip_set; /* the address that was put on it; NONE = none */
	bool retaking;		     /* it broke: opened again only after workers let go of it */
	uint64_t seen_down_ns;	     /* monotonic; 0 = it is not down */
	bool look_soon;		     /* the next look is not to wait for reconnect_delay */
	int goose0_told;	     /* what the last event said: 1 up, 0 down, -1 nothing yet */
	/* network */
	struct gb_transport *transport; /* NULL: not open */
	struct gb_transport_buffers buffers;
	bool network_up;
	bool network_kept; /* still used, for what network_detail says */
	unsigned network_episode;
	bool unapplied; /* workers could not be told of the last change */
	struct in_addr previous_local; /* source of what was sent before the address changed */
	char network_name[IFNAMSIZ];
	char network_detail[128];
	int network_told;
	unsigned path_mtu;
	uint64_t sender_id; /* 0 = not known yet */
	/* both */
	uint64_t since_ns; /* UTC of the last change */
	bool sending_fails; /* as workers told */
	struct event *retry;
};

/* The error budget: more than max_errors within error_reset_interval is degraded, and never a reason to stop. */
struct health {
	uint64_t window_start_ns; /* monotonic */
	uint64_t window_start_utc_ns;
	uint64_t errors_before; /* totals when the window began */
	uint64_t handled_before;
	bool degraded;
};

struct daemon {
	struct options options;
	char *config_path; /* options.config_file made absolute; NULL = it was */
	struct gb_config config;
	struct event_base *base;
	struct event *signals[3];
	struct event *hello;
	struct event *hello_soon; /* one more, for a peer that has just been heard */
	uint64_t hello_ns; /* monotonic; the last one */
	struct event *health_check;
	struct event *stats_export;
	struct gb_netif *netif;
	struct gb_membership *membership;
	struct gb_datapath *datapath;
	struct gb_control *control;
	struct gb_event_log *event_log;
	struct gb_log_limit limits[GB_EVENT_KIND_COUNT];
	struct path path;
	struct health health;
	struct gb_peer_view *peers; /* max_peers of them: the last view */
	uint64_t conflict_ns;	    /* monotonic; when a sender id conflict was last told; 0 = never */
	struct in_addr conflict_address;
	uint64_t refused_ns; /* monotonic; when a source that is not allowed was last told; 0 = never */
	struct in_addr refused_address;
	uint64_t start_ns; /* monotonic */
	uint64_t start_utc_ns;
	bool running;
	/* throughput over the last export interval */
	uint64_t sampled_ns; /* monotonic */
	uint64_t sampled_goose;
	uint64_t sampled_sent;
	double goose_per_second;
	double multicast_per_second;
	bool export_failing; /* said once */
	int pid_fd;
	int ready_fd;
};

/* events.c: what happened goes to the log and to the event log. TEXT may be NULL. */
void daemon_note(struct daemon *d, enum gb_event_kind kind, int64_t value, const char *text);
void daemon_on_event(void *daemon, const struct gb_event *event);

/* path.c, path_goose0.c, path_network.c */
#define PATH_SOON_NS (UINT64_C(100) * 1000000) /* a look that is not to wait for reconnect_delay */

int path_create(struct daemon *d);
void path_destroy(struct daemon *d);
/* Compares what is with what should be and mends it. Called on every change that rtnetlink tells of, and on retries. */
void path_evaluate(struct daemon *d);
/* Does so in a moment. */
void path_look_soon(struct daemon *d);
/* Datagrams are sent again, though no frame was there to show it. */
void path_sending_works(struct daemon *d);
/* Hands workers what they are to use now. */
void path_apply(struct daemon *d);
void path_on_netif_change(void *daemon);
/* goose0 broke under a worker. */
void path_goose0_broke(struct daemon *d, int error);
/* Whether ERROR only says what rtnetlink tells, too. */
bool path_goose0_error_is_known(int error);
/* Opens goose0 for the first time. Returns 0 or negative errno (logged). */
int path_open_goose0(struct daemon *d);
bool path_mend_goose0(struct daemon *d);
bool path_mend_network(struct daemon *d);
void path_set_tun_ip(struct daemon *d);
/* goose0 is not usable for the reason in goose0_detail: said at once, also if it is mended in the next moment. */
void path_tell_goose0_down(struct daemon *d);
/* Frames that the kernel dropped for want of room in goose0's queue, or of a reader. */
uint64_t path_queue_dropped(struct daemon *d);

/* member.c: the room membership's place in the daemon. */
int member_create(struct daemon *d);
/* After each look at the path: where the group is used now. */
void member_follow(struct daemon *d);
void member_configure(struct daemon *d);
/* For good, at the operator's wish. Returns 0 or negative errno. */
int member_leave(struct daemon *d);
bool member_has_left(const struct daemon *d);

/* health.c */
void health_check(struct daemon *d);
double health_error_rate(const struct daemon *d, const struct gb_totals *totals);

/* reporting.c */
void reporting_totals(struct daemon *d, struct gb_totals *totals);
void reporting_fill(struct daemon *d, struct gb_report *report);
void reporting_export(struct daemon *d);
char *reporting_json(struct daemon *d, enum gb_report_part part);

/* Warns if datagrams are taken from anybody. */
void daemon_warn_of_open_sources(const struct daemon *d);

/* reload.c: reads the file again. Returns 0, or -EINVAL. SAID (SIZE octets) gets how it went: what changed, or the first thing
 * that is wrong.
 */
int daemon_reload(struct daemon *d, char *said, size_t size);
int daemon_open_log(struct daemon *d, bool foreground);

/* daemon.c: timers run at the configured intervals from now on. */
void daemon_set_timers(struct daemon *d);
/* A new peer is there: it gets to know this bridge without waiting for hello_interval, at most once a second. */
void daemon_greet(struct daemon *d);

#endif
