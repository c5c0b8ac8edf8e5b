/* SPDX-License-Identifier: Apache-2.0 */
/* The paths from start to stop. Each has a goose0, a group, sockets, a membership and workers of its own, so that nothing that
 * happens to one can be felt on another; and no frame has a way from one to the other.
 */
#include "daemon_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <string.h>

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	path_evaluate(arg);
}

static int create_datapath(struct path *p, uint64_t busy_poll_ns)
{
	const struct gb_config *c = p->config;
	struct gb_datapath_settings settings = {
		.batch_size = c->batch_size,
		.busy_poll_ns = busy_poll_ns,
		.plain_link = !c->io_uring,
		.workers = c->worker_threads,
		.buffer_size = c->buffer_size,
		.max_peers = c->max_peers,
		.max_streams = c->max_streams,
		.storm_per_second = c->storm_threshold,
		.stream_index_base = p->own.id * GB_STREAM_INDEX_SPAN,
		.epoch = p->daemon->start_utc_ns,
	};

	return gb_datapath_create(&p->datapath, p->daemon->base, &settings, path_on_event, p);
}

static int create(struct path *p, struct daemon *d, const struct gb_config_path *own)
{
	p->daemon = d;
	p->config = &d->config;
	p->netif = d->netif;
	p->own = *own;
	p->goose0_told = p->network_told = -1;
	p->retry = evtimer_new(d->base, on_retry, p);
	return p->retry ? member_create(p) : -ENOMEM;
}

int paths_create(struct daemon *d)
{
	struct gb_config_path own[GB_CONFIG_PATHS_MAX];
	unsigned paths = gb_config_paths(&d->config, own);
	uint64_t busy_poll_ns = scheduling_busy_poll_ns(d, paths);
	int error = 0;

	if (d->config.worker_threads > 2)
		gb_info("worker_threads = %u: one thread a direction is what helps, so two are run",
			d->config.worker_threads);
	while (!error && d->paths < paths) {
		struct path *p = &d->path[d->paths++];

		error = create(p, d, &own[d->paths - 1]);
		if (!error)
			error = create_datapath(p, busy_poll_ns);
	}
	return error;
}

int paths_open_goose0(struct daemon *d)
{
	unsigned open = 0;
	int error = 0;

	for (unsigned i = 0; i < d->paths; i++) {
		int result = path_open_goose0(&d->path[i]);

		open += result == 0;
		error = error ? error : result;
	}
	return open ? 0 : error;
}

int paths_start(struct daemon *d)
{
	int error = 0;

	for (unsigned i = 0; i < d->paths; i++) {
		gb_datapath_set_clock(d->path[i].datapath, gb_clock_synchronised());
		path_evaluate(&d->path[i]); /* a network that is not there yet is no reason not to start */
		path_apply(&d->path[i]);
	}
	streams_begin(d);
	for (unsigned i = 0; !error && i < d->paths; i++)
		error = gb_datapath_start(d->path[i].datapath);
	return error;
}

void paths_stop(struct daemon *d)
{
	for (unsigned i = 0; i < d->paths; i++)
		gb_datapath_stop(d->path[i].datapath);
}

static void leave_group(struct path *p)
{
	int error = member_leave(p);

	if (error)
		gb_warn("cannot leave the group as leave_on_exit asks for: %s", strerror(-error));
}

static void destroy(struct path *p, bool leave)
{
	tgw_destroy(p);
	gb_datapath_destroy(p->datapath);
	engine_destroy(p, p->daemon->removes_engines);
	if (leave)
		leave_group(p);
	if (p->retry)
		event_free(p->retry);
	gb_link_unref(p->link);
	gb_transport_unref(p->transport);
	gb_membership_destroy(p->membership);
}

void paths_destroy(struct daemon *d, bool leave)
{
	while (d->paths > 0)
		destroy(&d->path[--d->paths], leave);
}

void paths_configure(struct daemon *d)
{
	struct gb_config_path own[GB_CONFIG_PATHS_MAX];

	gb_config_paths(&d->config, own); /* as many as there are: what makes them another number wants a restart */
	for (unsigned i = 0; i < d->paths; i++) {
		struct path *p = &d->path[i];

		p->own = own[i];
		path_mark(p);
		path_set_mtu(p);
		member_configure(p);
		path_evaluate(p);
		path_apply(p);
		gb_datapath_set_storm(p->datapath, d->config.storm_threshold);
	}
}

void paths_on_netif_change(void *daemon)
{
	struct daemon *d = daemon;

	for (unsigned i = 0; i < d->paths; i++)
		path_evaluate(&d->path[i]);
}
