/* SPDX-License-Identifier: Apache-2.0 */
/* The service from start to stop. start() reads as the list of what needs what; stop() is the same list backwards. */
#include <goose-bridge/daemon.h>

#include "daemon_private.h"
#include "process.h"

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_KEPT	256
#define FIRST_FREE_PORT 1024 /* those below want CAP_NET_BIND_SERVICE */

/* ---- configuration problems, before there is a log ---- */

static void print_problem(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	const char *kind = severity == GB_CONFIG_WARNING ? "warning: " : "";

	(void)arg;
	if (line)
		fprintf(stderr, "%s:%u: %s%s\n", file, line, kind, text);
	else
		fprintf(stderr, "%s: %s%s\n", file, kind, text);
}

/* ---- control socket ---- */

static char *answer_stats(void *arg)
{
	return reporting_json(arg, GB_REPORT_STATS);
}

static char *answer_status(void *arg)
{
	return reporting_json(arg, GB_REPORT_STATUS);
}

static char *answer_peers(void *arg)
{
	return reporting_json(arg, GB_REPORT_PEERS);
}

static char *answer_events(void *arg)
{
	return reporting_json(arg, GB_REPORT_EVENTS);
}

static char *answer_igmp(void *arg)
{
	return reporting_json(arg, GB_REPORT_IGMP);
}

static char *answer_streams(void *arg)
{
	return reporting_json(arg, GB_REPORT_STREAMS);
}

static char *answer_stream(void *arg, const char *which, char *said, size_t size)
{
	return streams_show(arg, which, said, size);
}

static int answer_expect(void *arg, const char *stream, char *said, size_t size)
{
	return streams_expect(arg, stream, said, size);
}

static int answer_forget(void *arg, const char *which, char *said, size_t size)
{
	return streams_forget(arg, which, said, size);
}

static char *answer_echo_send(void *arg, char *said, size_t size)
{
	return echo_send(arg, said, size);
}

static char *answer_echo(void *arg, const char *nonce, char *said, size_t size)
{
	return echo_show(arg, nonce, said, size);
}

static char *answer_snmp(void *arg)
{
	return reporting_json(arg, GB_REPORT_SNMP);
}

static int answer_reload(void *arg, char *error, size_t size)
{
	return daemon_reload(arg, error, size);
}

static int answer_igmp_leave(void *arg, char *error, size_t size)
{
	(void)error; /* the reason alone says enough */
	(void)size;
	struct daemon *d = arg;
	int result = 0;

	for (unsigned i = 0; i < d->paths; i++) {
		int left = member_leave(&d->path[i]);

		if (!left)
			path_note(&d->path[i], GB_EVENT_MEMBERSHIP_LOST, 0, "left by `goose-bridge-ctl igmp leave`");
		engine_follow(&d->path[i]);
		result = result ? result : left;
	}
	return result;
}

static const struct gb_control_ops control_ops = {
	.stats = answer_stats,
	.status = answer_status,
	.peers = answer_peers,
	.events = answer_events,
	.igmp = answer_igmp,
	.streams = answer_streams,
	.stream = answer_stream,
	.expect = answer_expect,
	.forget = answer_forget,
	.echo_send = answer_echo_send,
	.echo = answer_echo,
	.snmp = answer_snmp,
	.reload = answer_reload,
	.igmp_leave = answer_igmp_leave,
	.version = PACKAGE_VERSION,
};

/* Without it frames flow all the same: only a socket that another living service owns is a reason not to start. */
static int open_control(struct daemon *d)
{
	const char *path = d->config.control_socket;
	int error = gb_control_create(&d->control, d->base, path, &control_ops, d);

	if (error == -EADDRINUSE) {
		gb_error("control_socket %s belongs to a running goose-bridge: stop it, or give this one its own", path);
		return error;
	}
	if (error)
		gb_warn("cannot open control_socket %s: %s; goose-bridge-ctl will not work", path, strerror(-error));
	return 0;
}

/* ---- signals and timers ---- */

static void on_signal(evutil_socket_t signal_number, short what, void *arg)
{
	struct daemon *d = arg;
	char error[256];

	(void)what;
	if (signal_number == SIGHUP) {
		daemon_reload(d, error, sizeof(error));
		return;
	}
	/* A person has had enough. A service manager, whose signal is the other, may be about to start the next process. */
	d->removes_engines = signal_number == SIGINT;
	event_base_loopbreak(d->base);
}

static void on_hello(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;

	(void)fd;
	(void)what;
	d->hello_ns = gb_clock_mono_ns();
	/* old peers would take a hello for a frame; and a hello that fails tells nothing that frames do not */
	if (d->config.wire_format != GB_WIRE_NATIVE)
		return;
	for (unsigned i = 0; i < d->paths; i++) {
		struct path *p = &d->path[i];
		int error = gb_datapath_hello(p->datapath, (uint16_t)d->config.hello_interval, PACKAGE_VERSION);

		if (!error && p->sending_fails)
			path_sending_works(p);
	}
}

void daemon_greet(struct daemon *d)
{
	uint64_t since = gb_clock_mono_ns() - d->hello_ns;
	uint64_t wait = since < GB_NS_PER_S ? GB_NS_PER_S - since : 0;
	struct timeval delay = gb_clock_timeval(wait);

	if (!event_pending(d->hello_soon, EV_TIMEOUT, NULL))
		event_add(d->hello_soon, &delay);
}

static void on_health_check(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	health_check(arg);
}

static void on_stats_export(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	reporting_export(arg);
}

void daemon_set_timers(struct daemon *d)
{
	struct timeval hello = {.tv_sec = d->config.hello_interval};
	struct timeval check = {.tv_sec = d->config.health_check_interval};
	struct timeval export = {.tv_sec = d->config.stats_export_interval};

	event_add(d->hello, &hello);
	event_add(d->health_check, &check);
	event_add(d->stats_export, &export);
}

static int create_events(struct daemon *d)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		d->signals[i] = evsignal_new(d->base, numbers[i], on_signal, d);
		if (!d->signals[i] || evsignal_add(d->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	d->hello = event_new(d->base, -1, EV_PERSIST, on_hello, d);
	d->hello_soon = evtimer_new(d->base, on_hello, d);
	d->health_check = event_new(d->base, -1, EV_PERSIST, on_health_check, d);
	d->stats_export = event_new(d->base, -1, EV_PERSIST, on_stats_export, d);
	return d->hello && d->hello_soon && d->health_check && d->stats_export ? 0 : -ENOMEM;
}

/* ---- start ---- */

static int failed(const char *what, int error)
{
	gb_error("cannot start: %s: %s", what, strerror(-error));
	return error;
}

void daemon_warn_of_open_sources(const struct daemon *d)
{
	if (d->config.allow_sources.count == 0)
		gb_warn("allow_sources is open: datagrams are taken from any host that can send to the group; set it to the "
			"other bridges' addresses");
}

static int take_pid_file(struct daemon *d)
{
	pid_t other = 0;

	process_make_directory(d->config.pid_file, d->config.user);
	d->pid_fd = process_write_pid(d->config.pid_file, &other);
	if (d->pid_fd == -EAGAIN) {
		gb_error("cannot start: goose-bridge runs already as process %ld (pid_file %s)", (long)other,
			 d->config.pid_file);
		return -EAGAIN;
	}
	/* a service manager knows the process, and may have left the service no right to write there */
	if (d->pid_fd < 0 && !process_is_managed())
		gb_warn("cannot write pid_file %s: %s", d->config.pid_file, strerror(-d->pid_fd));
	return 0;
}

/* Before the change of user: the directories that the user then writes to. */
static int become_user(struct daemon *d)
{
	struct process_needs needs = {.low_port = d->config.multicast_port < FIRST_FREE_PORT,
				      .bpf = d->config.datapath != GB_DATAPATH_USER && gb_kernel_engine_is_built()};
	const char *step = "";
	int error;

	process_make_directory(d->config.stats_file, d->config.user);
	process_make_directory(d->config.streams_file, d->config.user);
	process_make_directory(d->config.control_socket, d->config.user);
	if (geteuid() != 0 && (!*d->config.user || process_is_user(d->config.user))) {
		error = process_keep_capabilities(&needs);
		return error ? failed("capabilities", error) : 0;
	}
	if (!*d->config.user)
		return 0;
	process_make_directory(d->config.log_file, d->config.user);
	process_give_file(d->config.log_file, d->config.user);
	error = process_become(d->config.user, &needs, &step);
	if (error == -ENOENT)
		gb_error("cannot start: user = %s: there is no such user on this host", d->config.user);
	else if (error == -EPERM && geteuid() != 0)
		gb_error("cannot start: user = %s: only root may become another user, and this is user %u: leave user empty, "
			 "and let whoever starts the service choose the user (User= in the unit of systemd)",
			 d->config.user, (unsigned)geteuid());
	else if (error)
		gb_error("cannot start: user = %s: %s: %s", d->config.user, step, strerror(-error));
	else if (access("/dev/net/tun", R_OK | W_OK) < 0)
		gb_warn("user = %s may not open /dev/net/tun: %s could not be made again if it is deleted", d->config.user,
			d->config.interface);
	return error;
}

static int start(struct daemon *d)
{
	int error;

	d->base = event_base_new();
	d->event_log = gb_event_log_create(EVENTS_KEPT);
	d->peers = calloc(GB_CONFIG_PATHS_MAX * (size_t)d->config.max_peers, sizeof(*d->peers));
	if (!d->base || !d->event_log || !d->peers)
		return failed("event loop", -ENOMEM);
	if ((error = create_events(d)) < 0)
		return failed("signals and timers", error);
	if (notify_create(d) < 0)
		return failed("service manager", -ENOMEM);
	if ((error = take_pid_file(d)) < 0)
		return error;
	if ((error = gb_netif_create(&d->netif, d->base, paths_on_netif_change, d)) < 0)
		return failed("rtnetlink", error);
	if ((error = paths_create(d)) < 0)
		return failed("workers", error);
	if ((error = paths_open_goose0(d)) < 0)
		return error;
	if ((error = engines_create(d)) < 0)
		return failed("engines", error);
	metrics_open(d); /* its port may be one that only root can have */
	scheduling_prepare(d);
	if ((error = become_user(d)) < 0)
		return error;
	if (!gb_clock_may_ask())
		gb_info("the service may not ask whether this host's clock is synchronised, so it tells others that it is "
			"not, and latency between hosts is not measured: clock.conf.example lets it");
	if ((error = paths_start(d)) < 0)
		return failed("worker threads", error);
	if ((error = scheduling_create(d)) < 0)
		return failed("scheduling", error);
	if ((error = open_control(d)) < 0)
		return error;
	for (unsigned i = 0; i < d->paths; i++)
		if ((error = tgw_create(&d->path[i])) < 0)
			return failed("AWS registry", error);
	snmp_create(d);
	d->running = true;
	daemon_set_timers(d);
	health_check(d);
	on_hello(-1, 0, d);
	reporting_export(d);
	return 0;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

static void stop(struct daemon *d)
{
	bool was_running = d->running;

	notify_stopping(d);
	d->running = false;
	metrics_close(d);
	gb_control_destroy(d->control);
	snmp_destroy(d); /* frames flow as long as that takes */
	if (was_running) {
		paths_stop(d); /* what is written last has all that was carried */
		reporting_export(d);
	}
	paths_destroy(d, was_running && d->config.leave_on_exit);
	scheduling_destroy(d);
	if (d->netif)
		gb_netif_destroy(d->netif);
	process_remove_pid(d->pid_fd, d->config.pid_file);
	for (size_t i = 0; i < sizeof(d->signals) / sizeof(d->signals[0]); i++)
		free_event(d->signals[i]);
	free_event(d->hello);
	free_event(d->hello_soon);
	free_event(d->beat);
	free_event(d->health_check);
	free_event(d->stats_export);
	notify_destroy(d);
	if (d->base)
		event_base_free(d->base);
	gb_event_log_destroy(d->event_log);
	free(d->peers);
	free(d->streams_saved);
}

static int run(struct daemon *d)
{
	int error = start(d);

	if (!error) {
		daemon_note(d, GB_EVENT_STARTED, 0, PACKAGE_VERSION);
		daemon_warn_of_open_sources(d);
		notify_ready(d);
		process_ready(d->ready_fd);
		d->ready_fd = -1;
		if (d->options.daemonise)
			daemon_open_log(d, false);
		event_base_loop(d->base, 0);
		daemon_note(d, GB_EVENT_STOPPING, 0, NULL);
	}
	stop(d);
	return error ? 1 : 0;
}

/* Into the background, and with the log open. Returns 0 or negative errno (said). */
static int prepare(struct daemon *d)
{
	/* in the background a reload happens in another working directory */
	if (d->options.config_file[0] != '/') {
		char directory[PATH_MAX];

		if (!getcwd(directory, sizeof(directory)) ||
		    asprintf(&d->config_path, "%s/%s", directory, d->options.config_file) < 0) {
			d->config_path = NULL;
			fprintf(stderr, "goose-bridge: working directory: %s\n", strerror(errno));
			return -1;
		}
		d->options.config_file = d->config_path;
	}
	if (d->options.daemonise && (d->ready_fd = process_background()) < 0) {
		fprintf(stderr, "goose-bridge: cannot go into the background: %s\n", strerror(-d->ready_fd));
		return d->ready_fd;
	}
	d->start_ns = gb_clock_mono_ns();
	d->start_utc_ns = gb_clock_utc_ns();
	int error = daemon_open_log(d, true);

	if (error)
		gb_warn("cannot open log_file %s: %s; the log goes elsewhere only", d->config.log_file, strerror(-error));
	return 0;
}

/* Whoever asks for two paths is told what that means. */
static void print_paths(const struct gb_config *config)
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned paths = gb_config_paths(config, path);

	if (paths < 2)
		return;
	puts("dual_path_mode = independent: two paths side by side. What is sent on a GOOSE interface goes its own path, and\n"
	     "no other; nothing is sent twice, and nothing is dropped as a copy. Applications that want both send on both.");
	for (unsigned i = 0; i < paths; i++) {
		char group[INET_ADDRSTRLEN] = "";

		inet_ntop(AF_INET, &path[i].multicast_ip, group, sizeof(group));
		printf("path %u: %s <-> %s:%u on %s\n", path[i].id, path[i].interface, group, config->multicast_port,
		       *path[i].multicast_interface ? path[i].multicast_interface : "the interface of the route");
	}
}

/* Checks the configuration and runs. */
static int serve(struct daemon *d)
{
	int status;

	if (options_load(&d->options, &d->config, print_problem, NULL) < 0)
		return 1;
	if (d->options.check_only) {
		printf("%s: good\n", d->options.config_file);
		print_paths(&d->config);
		return 0;
	}
#ifdef GB_FUZZING
	fprintf(stderr, "goose-bridge: this is a fuzz build; it does not run as a service\n");
	return 1;
#endif
	signal(SIGPIPE, SIG_IGN);
	if (prepare(d) < 0)
		return 1;
	status = run(d);
	gb_log_close();
	return status;
}

int gb_daemon_main(int argc, char **argv)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int status;

	if (!d || process_fill_standard_files() < 0)
		return 1;
	process_give_memory_back();
	d->pid_fd = d->ready_fd = -1;
	status = options_parse(&d->options, argc, argv);
	if (status < 0)
		status = serve(d);
	free(d->config_path);
	free(d);
	return status;
}
