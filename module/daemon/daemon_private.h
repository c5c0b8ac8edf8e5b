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
#include <goose-bridge/kernel_engine.h>
#include <goose-bridge/log.h>
#include <goose-bridge/membership.h>
#include <goose-bridge/netif.h>
#include <goose-bridge/registry.h>
#include <goose-bridge/report.h>

/* What AWS says of the membership. */
struct tgw {
	struct gb_registry *registry;	  /* NULL: not yet, or no more */
	struct gb_registry_answer answer; /* the latest, or what is known without one */
	char asked_domain[GB_REGISTRY_DOMAIN]; /* what the answer is about */
	char asked_interface[IFNAMSIZ];
	uint64_t last_answer_ns; /* UTC, of the last that said something; 0 = none */
	bool unknown_told;	 /* that there is no answer */
	bool absent_told;
	bool sample_told;
};

enum engine_told { ENGINE_UNTOLD, ENGINE_USER, ENGINE_KERNEL };

/* goose0 on one side, a group on a network interface on the other, and between them workers of its own; kept usable by
 * path_evaluate. What happens to one path touches no other: they share the control thread, the configuration and the log.
 */
struct path {
	struct daemon *daemon;
	const struct gb_config *config; /* the daemon's */
	struct gb_netif *netif;		/* likewise */
	struct gb_config_path own;	/* what the configuration says of this path alone */
	struct gb_datapath *datapath;
	struct gb_kernel_engine *kernel; /* NULL: the user engine carries everything */
	bool engine_left; /* goose0 could not be had at start: an engine of before may be there, until it can */
	char engine_why[GB_KERNEL_ENGINE_TEXT]; /* that the user engine does; "" = it need not */
	char engine_told_why[GB_KERNEL_ENGINE_TEXT];
	enum engine_told engine_told;
	struct gb_membership *membership;
	struct tgw tgw;
	/* goose0 */
	struct gb_link *link; /* NULL: not open */
	bool goose0_up;
	uint64_t goose0_opened_ns; /* monotonic */
	char goose0_told_detail[128];
	unsigned goose0_queue; /* frames that its queue can hold */
	char goose0_detail[128]; /* why it is not, and what to do */
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
	struct gb_transport_granted granted;
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
	uint64_t conflict_ns; /* monotonic; when a sender id conflict was last told; 0 = never */
	struct in_addr conflict_address;
	uint64_t refused_ns; /* monotonic; when a source that is not allowed was last told; 0 = never */
	struct in_addr refused_address;
	struct gb_log_limit limits[GB_EVENT_KIND_COUNT];
	struct gb_cpus cpus; /* by worker; none if one of them could not be had */
};

/* The error budget: more than max_errors within error_reset_interval is degraded, and never a reason to stop. */
struct health {
	uint64_t window_start_ns; /* monotonic */
	uint64_t window_start_utc_ns;
	uint64_t errors_before; /* totals when the window began */
	uint64_t handled_before;
	bool degraded;
};

/* metrics_listen */
struct metrics {
	struct evhttp *http; /* NULL = not served */
	struct evconnlistener *listener; /* HTTP's */
	struct event *again; /* the listener goes on */
	unsigned answers;    /* under way */
	unsigned accepted;   /* connections, in this window */
	uint64_t window_ns;  /* monotonic; when it began */
	bool failing;	     /* said once */
};

/* How workers are scheduled. */
struct scheduling {
	unsigned priority; /* of SCHED_FIFO, as they have it; 0 = none */
	bool busy_poll;	   /* they do */
	struct event *overrun; /* a worker has used RLIMIT_RTTIME up */
	struct event *again;   /* it gets its priority back */
	struct gb_log_limit limit;
};

#define NOTIFY_SENTENCE (GB_REPORT_WARNING_TEXT + 64)

/* What the service manager was told. */
struct notify {
	struct event *soon; /* its sentence may be another now; NULL: no manager listens */
	struct event *watchdog;
	bool starved; /* not fed, and said once */
	char said[NOTIFY_SENTENCE];
};

struct daemon {
	struct options options;
	char *config_path; /* options.config_file made absolute; NULL = it was */
	struct gb_config config;
	struct event_base *base;
	struct event *signals[3];
	struct event *hello;
	struct event *hello_soon; /* one more, for a peer that has just been heard */
	struct event *beat; /* kernel engines are told that this process lives */
	bool removes_engines; /* they are not to outlive it */
	uint64_t hello_ns; /* monotonic; the last one */
	struct event *health_check;
	struct event *stats_export;
	struct gb_netif *netif;
	struct gb_control *control;
	struct gb_event_log *event_log;
	struct gb_log_limit limits[GB_EVENT_KIND_COUNT];
	struct gb_snmp *snmp; /* NULL: none */
	struct event *snmp_wanted;
	unsigned rejoins;
	struct gb_report_rejoin rejoin[GB_REPORT_REJOINS_MAX]; /* the latest, oldest first */
	unsigned paths;
	struct path path[GB_CONFIG_PATHS_MAX];
	struct health health;
	struct metrics metrics;
	struct notify notify;
	struct scheduling scheduling;
	char *streams_saved; /* what is in streams_file; NULL = not written yet */
	bool streams_failing; /* to be written: said once */
	bool streams_unread;  /* the file is there and could not be read: it is left alone */
	struct gb_peer_view *peers; /* max_peers of each path: the last view */
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

/* events.c: what happened, to the service as a whole or to a path, goes to the log and to the event log. TEXT may be NULL. */
void daemon_note(struct daemon *d, enum gb_event_kind kind, int64_t value, const char *text);
void path_note(struct path *p, enum gb_event_kind kind, int64_t value, const char *text);
void path_on_event(void *path, const struct gb_event *event);

/* notify.c: the service manager. After start() and before the loop: ready. Whenever something happened: changed. Around a
 * reload, whether it is taken or not: reloading, reloaded. notify_create returns 0, or -1 if memory is short.
 */
int notify_create(struct daemon *d);
void notify_destroy(struct daemon *d);
void notify_ready(struct daemon *d);
void notify_changed(struct daemon *d);
void notify_reloading(struct daemon *d);
void notify_reloaded(struct daemon *d);
void notify_stopping(struct daemon *d);

/* path.c, path_goose0.c, path_network.c */
#define PATH_SOON_NS (UINT64_C(100) * 1000000) /* a look that is not to wait for reconnect_delay */

/* The paths that the configuration has: with workers that do not run yet, and nothing open. Returns 0 or negative errno; what
 * could be had until then is in place, and paths_destroy releases it.
 */
int paths_create(struct daemon *d);
/* Opens goose0 of each path for the first time. Returns 0, or negative errno if no path has one (logged). */
int paths_open_goose0(struct daemon *d);
/* Looks at everything for the first time, and workers run. Returns 0 or negative errno. */
int paths_start(struct daemon *d);
/* No frame is moved any more, and what was counted stays. */
void paths_stop(struct daemon *d);
/* LEAVE: also the groups, and for good. */
void paths_destroy(struct daemon *d, bool leave);
/* The configuration has been read again. */
void paths_configure(struct daemon *d);
void paths_on_netif_change(void *daemon);
/* Compares what is with what should be and mends it. Called on every change that rtnetlink tells of, and on retries. */
void path_evaluate(struct path *p);
/* Does so in a moment. */
void path_look_soon(struct path *p);
/* Datagrams are sent again, though no frame was there to show it. */
void path_sending_works(struct path *p);
/* Hands workers what they are to use now. */
void path_apply(struct path *p);
/* goose0 broke under a worker. */
void path_goose0_broke(struct path *p, int error);
/* Whether ERROR only says what rtnetlink tells, too. */
bool path_goose0_error_is_known(int error);
/* Opens goose0 for the first time. Returns 0 or negative errno (logged). */
int path_open_goose0(struct path *p);
bool path_mend_goose0(struct path *p);
bool path_mend_network(struct path *p);
/* multicast_ttl, dscp and interface_mtu are others now. */
void path_mark(struct path *p);
void path_set_mtu(struct path *p);
void path_set_tun_ip(struct path *p);
/* goose0 is not usable for the reason in goose0_detail: said at once, also if it is mended in the next moment. */
void path_tell_goose0_down(struct path *p);
/* Frames that the kernel dropped for want of room in goose0's queue, or of a reader. */
uint64_t path_queue_dropped(struct path *p);

/* engine.c: the kernel engine, where there is to be one. What is wrong with it is said, and never a reason not to run. */
/* Once goose0 is open, and before the change of user. Returns 0, or -ENOMEM. */
int engines_create(struct daemon *d);
/* After each look at the path. */
void engine_follow(struct path *p);
/* Whether it carries the path's frames. */
bool engine_is_kernel(const struct path *p);
/* Whether it should, and cannot: for what engine_why says. */
bool engine_is_missed(const struct path *p);
/* REMOVE: nothing carries frames from here on; else its programs go on. Once workers have ended. */
void engine_destroy(struct path *p, bool remove);

/* member.c: the room membership's place in the daemon. */
int member_create(struct path *p);
/* After each look at the path: where the group is used now. */
void member_follow(struct path *p);
void member_configure(struct path *p);
/* For good, at the operator's wish. Returns 0 or negative errno. */
int member_leave(struct path *p);
bool member_has_left(const struct path *p);
/* The group was joined anew, so says EVENT with this number. */
void member_note_rejoin(struct path *p, const struct gb_event *event, uint64_t number);

/* streams.c */
/* Whether expect_stream is right: 0, or -EINVAL, reported for FILE. */
int streams_check(const struct gb_config *config, const char *file, gb_config_report *report, void *arg);
/* Lists the expected streams, before workers run. */
void streams_begin(struct daemon *d);
/* expect_stream has changed from BEFORE. */
void streams_reconfigure(struct daemon *d, const char *before);
/* Learns the streams that have been there for long enough, and writes streams_file if what is in it has changed. */
void streams_save(struct daemon *d);
/* All streams of both directions by their index, *COUNT of them, as an array that the caller frees, whatever is returned: 0, or
 * negative errno if these are not all.
 */
int streams_collect(struct daemon *d, struct gb_stream_view **views, size_t *count);
/* For the control socket: SAID (SIZE octets) gets how it went, or what is wrong. Return 0 or negative errno; a line of JSON
 * or NULL.
 */
int streams_expect(struct daemon *d, const char *text, char *said, size_t size);
int streams_forget(struct daemon *d, const char *which, char *said, size_t size);
char *streams_show(struct daemon *d, const char *which, char *said, size_t size);

/* echo.c. For the control socket: a line of JSON, or NULL with what is wrong in SAID (SIZE octets). */
char *echo_send(struct daemon *d, char *said, size_t size);
/* Who answered the request with this nonce, in hexadecimal digits. */
char *echo_show(struct daemon *d, const char *nonce, char *said, size_t size);

/* tgw.c: AWS's registry of members, asked by a process of its own. */
int tgw_create(struct path *p);
void tgw_destroy(struct path *p);
/* The configuration or the network interface may be another now. */
void tgw_follow(struct path *p);
void tgw_report(const struct path *p, struct gb_report_tgw *tgw);

/* health.c */
void health_check(struct daemon *d);
double health_error_rate(const struct daemon *d, const struct gb_totals *totals);

/* reporting.c: of all paths together. */
void reporting_totals(struct daemon *d, struct gb_totals *totals);
void reporting_fill(struct daemon *d, struct gb_report *report);
void reporting_export(struct daemon *d);
/* State, and what is wrong first of all, in a sentence. */
void reporting_sentence(struct daemon *d, char *text, size_t size);
char *reporting_json(struct daemon *d, enum gb_report_part part);
char *reporting_openmetrics(struct daemon *d, size_t *length);

/* metrics.c: before the change of user. That it cannot listen is said, and no reason not to start. */
void metrics_open(struct daemon *d);
void metrics_close(struct daemon *d);

/* scheduling.c: busy_poll_us, realtime_priority and cpu_affinity. What cannot be had is said, with what to do, and is no reason
 * not to run.
 */
/* busy_poll_us, or 0 where there is no processor for it. */
uint64_t scheduling_busy_poll_ns(struct daemon *d, unsigned paths);
/* Limits, which want privileges: before the change of user. */
void scheduling_prepare(struct daemon *d);
/* Once the workers of all paths run. Returns 0 or negative errno. */
int scheduling_create(struct daemon *d);
void scheduling_destroy(struct daemon *d);

/* snmp.c: the SNMP agent, if there is to be one. What is wrong with it is said, and never a reason not to run. */
void snmp_create(struct daemon *d);
void snmp_destroy(struct daemon *d);
/* Something has happened, to PATH if it is not NULL, that somebody may want to be notified of. */
void snmp_notify(struct daemon *d, const struct path *path, const struct gb_event *event, uint64_t number);
void snmp_fill(const struct daemon *d, struct gb_report_snmp *out);

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
