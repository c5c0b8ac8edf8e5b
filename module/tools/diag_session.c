/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG GB_SYSCONFDIR "/goose-bridge/goose-bridge.conf"

/* ---- configuration -------------------------------------------------------------------------------------------------- */

static void on_report(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (severity == GB_CONFIG_ERROR) /* warnings are the service's to give */
		diag_complain("%s:%u: %s", file, line, text);
}

static int load_config(struct diag *d)
{
	const char *file = d->options.config_file ? d->options.config_file : DEFAULT_CONFIG;

	gb_config_defaults(&d->config);
	if (!d->options.config_file && access(file, F_OK) != 0)
		return 0;
	return gb_config_load(file, &d->config, on_report, NULL) ? DIAG_USAGE : 0;
}

/* A membership of one's own must not be that of the bridge: these commands take the next group. */
static bool wants_another_group(const struct diag_command *command)
{
	return command->verb == DIAG_TGW_TIMEOUT || command->verb == DIAG_TGW_KEEPALIVE;
}

static bool is_path_of(const struct gb_config_path *path, unsigned paths, struct in_addr group)
{
	for (unsigned i = 0; i < paths; i++)
		if (path[i].multicast_ip.s_addr == group.s_addr)
			return true;
	return false;
}

static void choose_path(struct diag *d)
{
	struct gb_config_path path[GB_CONFIG_PATHS_MAX];
	unsigned paths = gb_config_paths(&d->config, path);
	const struct gb_config_path *own;

	for (unsigned i = 0; i < paths && d->options.given & DIAG_GROUP; i++)
		if (path[i].multicast_ip.s_addr == d->options.group.s_addr)
			d->path = i;
	own = &path[d->path];
	memcpy(d->config.interface, own->interface, sizeof(own->interface));
	memcpy(d->config.multicast_interface, own->multicast_interface, sizeof(own->multicast_interface));
	memcpy(d->config.tgw_multicast_domain_id, own->tgw_multicast_domain_id, sizeof(own->tgw_multicast_domain_id));
	d->config.multicast_ip = own->multicast_ip;
	d->group = own->multicast_ip;
	while (wants_another_group(d->options.command) && is_path_of(path, paths, d->group))
		d->group.s_addr = htonl(ntohl(d->group.s_addr) + 1);
}

static void choose(struct diag *d)
{
	const struct diag_options *o = &d->options;

	d->socket_path = o->socket_path ? o->socket_path : d->config.control_socket;
	d->ttl = o->given & DIAG_TTL ? o->ttl : d->config.multicast_ttl;
	d->port = o->given & DIAG_PORT ? o->port : DIAG_PORT_DEFAULT;
	choose_path(d);
	if (o->given & DIAG_GROUP)
		d->group = o->group;
}

/* ---- the loop ------------------------------------------------------------------------------------------------------- */

void diag_stop(struct diag *d)
{
	event_base_loopbreak(d->base);
}

static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct diag *d = arg;

	(void)number;
	(void)what;
	d->interrupted = true;
	diag_stop(d);
}

static void on_reader(evutil_socket_t fd, short what, void *arg)
{
	struct diag *d = arg;

	(void)fd;
	(void)what;
	if (!diag_output_works(&d->out))
		diag_stop(d);
}

struct event *diag_every(struct diag *d, uint64_t ns, event_callback_fn call, void *arg)
{
	struct timeval interval = gb_clock_timeval(ns);
	struct event *timer = event_new(d->base, -1, EV_PERSIST, call, arg);

	if (timer)
		event_add(timer, &interval);
	return timer;
}

struct event *diag_on_readable(struct diag *d, int fd, event_callback_fn call, void *arg)
{
	struct event *readable = event_new(d->base, fd, EV_READ | EV_PERSIST, call, arg);

	if (readable)
		event_add(readable, NULL);
	return readable;
}

void diag_run(struct diag *d, uint64_t duration_ns)
{
	struct timeval duration = gb_clock_timeval(duration_ns);

	if (duration_ns)
		event_base_loopexit(d->base, &duration);
	event_base_dispatch(d->base);
}

/* From the start to the end: a process that a signal kills while it is the last member sends a LEAVE. */
static void catch_signals(struct diag *d)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};

	signal(SIGPIPE, SIG_IGN); /* likewise when the reader has gone */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		d->signals[i] = evsignal_new(d->base, numbers[i], on_signal, d);
		if (d->signals[i])
			event_add(d->signals[i], NULL);
	}
	d->reader = diag_every(d, GB_NS_PER_S, on_reader, d);
}

/* ---- begin and end -------------------------------------------------------------------------------------------------- */

int diag_begin(struct diag *d)
{
	int status = load_config(d), error;

	if (status)
		return status;
	choose(d);
	d->out = diag_output_begin(d->options.json);
	d->base = event_base_new();
	if (!d->base) {
		diag_complain("there is no event loop to be had");
		return DIAG_BAD_NEWS;
	}
	catch_signals(d);
	error = gb_netif_create(&d->netif, d->base, NULL, NULL);
	if (error) {
		diag_complain("cannot read the network interfaces: %s", strerror(-error));
		return DIAG_BAD_NEWS;
	}
	return 0;
}

void diag_end(struct diag *d)
{
	for (size_t i = 0; i < sizeof(d->signals) / sizeof(d->signals[0]); i++)
		if (d->signals[i])
			event_free(d->signals[i]);
	if (d->reader)
		event_free(d->reader);
	gb_netif_destroy(d->netif);
	if (d->base)
		event_base_free(d->base);
}

/* ---- the interface -------------------------------------------------------------------------------------------------- */

int diag_find_interface(struct diag *d, const char *name, struct gb_netif_link *link, struct in_addr *local)
{
	if (!gb_netif_link_by_name(d->netif, name, link)) {
		diag_complain("there is no interface %s; `ip link` lists them", name);
		return DIAG_USAGE;
	}
	if (!(link->flags & IFF_UP)) {
		diag_complain("%s is down: ip link set %s up", name, name);
		return DIAG_BAD_NEWS;
	}
	if (!gb_netif_address(d->netif, link->index, local)) {
		diag_complain("%s has no IPv4 address to send from: ip addr add ADDRESS/PREFIX dev %s", name, name);
		return DIAG_BAD_NEWS;
	}
	return 0;
}

int diag_use_interface(struct diag *d)
{
	const char *name = d->options.interface[0] ? d->options.interface : d->config.multicast_interface;
	struct gb_netif_link link;
	struct gb_netif_route route;
	char group[INET_ADDRSTRLEN];
	int error;

	if (!*name) {
		error = gb_netif_route(d->netif, d->group, &route);
		if (error || !gb_netif_link_by_index(d->netif, route.index, &link)) {
			diag_complain("there is no route to %s (%s): name an interface with --interface, or "
				      "ip route add 224.0.0.0/4 dev IF",
				      diag_address(d->group, group), strerror(error ? -error : ENODEV));
			return DIAG_BAD_NEWS;
		}
		name = link.name;
	}
	return diag_find_interface(d, name, &d->link, &d->local);
}
