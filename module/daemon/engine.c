/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine carries a path's frames. The kernel engine's programs and maps belong to the control thread here; workers see
 * its memory. It may outlive this process, so it is opened before the change of user, and closed without being taken away.
 */
#include "daemon_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

#define BEAT_NS	 GB_NS_PER_S
#define BEATS	 4 /* at least, in the time after which programs stop by themselves */
#define BEGIN_NS (10 * GB_NS_PER_MS) /* between looks whether programs may begin */

/* Programs of an earlier run would go on carrying beside the user engine, by what they were told then: to a goose0 that is
 * gone, or from a source that is not allowed any more.
 */
static void remove_left(const struct path *p)
{
	char said[GB_KERNEL_ENGINE_TEXT];

	if (gb_kernel_engine_remove(p->config->bpf_dir, p->own.interface, said) > 0)
		gb_info("%s: the kernel engine that an earlier run left was taken away", p->own.interface);
}

static void open_engine(struct path *p)
{
	const struct gb_config *c = p->config;
	char said[GB_KERNEL_ENGINE_TEXT];
	int error;

	if (!p->link) { /* it may be another service's, with its engine; if not, it will be had */
		p->engine_left = true;
		snprintf(p->engine_why, sizeof(p->engine_why), "the GOOSE interface could not be had when the service started");
		return;
	}
	if (c->datapath == GB_DATAPATH_USER) {
		remove_left(p);
		snprintf(p->engine_why, sizeof(p->engine_why), "datapath = user");
		return;
	}
	error = gb_kernel_engine_open(&p->kernel, c->bpf_dir, p->own.interface, c->user, p->daemon->start_utc_ns, said);
	if (!error)
		error = gb_datapath_use_kernel(p->datapath, p->kernel);
	if (error && p->kernel) {
		snprintf(said, sizeof(said), "%s", strerror(-error));
		gb_kernel_engine_close(p->kernel, false);
		p->kernel = NULL;
	}
	if (error) {
		snprintf(p->engine_why, sizeof(p->engine_why), "%s", said);
		remove_left(p);
	} else if (*said) {
		gb_warn("%s: %s", p->own.interface, said);
	}
}

/* ---- which it is ---- */

/* Said when it is another than it was, once the network is there to tell. */
static void tell_engine(struct path *p)
{
	enum engine_told now = p->kernel && gb_kernel_engine_carries(p->kernel) ? ENGINE_KERNEL : ENGINE_USER;

	if (!p->goose0_up || !p->network_up || (now == ENGINE_USER && !*p->engine_why))
		return; /* nothing is carried, or the programs are to begin in a moment */
	if (now == p->engine_told && (now == ENGINE_KERNEL || strcmp(p->engine_why, p->engine_told_why) == 0))
		return;
	p->engine_told = now;
	memcpy(p->engine_told_why, p->engine_why, sizeof(p->engine_told_why));
	if (now == ENGINE_KERNEL)
		gb_info("%s: the kernel engine carries frames (by %s%s)", p->own.interface,
			gb_kernel_engine_attachment(p->kernel),
			gb_kernel_engine_is_adopted(p->kernel) ? ", taken over from the process before" : "");
	else if (p->config->datapath == GB_DATAPATH_KERNEL)
		gb_error("%s: datapath = kernel cannot be had, and the user engine carries frames: %s", p->own.interface,
			 p->engine_why);
	else
		gb_info("%s: the user engine carries frames: %s", p->own.interface, p->engine_why);
}

bool engine_is_kernel(const struct path *p)
{
	return p->kernel && gb_kernel_engine_carries(p->kernel);
}

bool engine_is_missed(const struct path *p)
{
	return p->config->datapath == GB_DATAPATH_KERNEL && *p->engine_why && !engine_is_kernel(p);
}

/* ---- what it has to do ---- */

static struct gb_kernel_engine_use use_of(const struct path *p)
{
	const struct gb_config *c = p->config;
	struct gb_kernel_engine_use use = {
		.goose0 = p->link ? gb_link_index(p->link) : 0,
		.goose0_up = p->goose0_up,
		.network_up = p->network_up,
		.native = c->wire_format == GB_WIRE_NATIVE,
		.member = !member_has_left(p),
		.previous_local = p->previous_local,
		.group = p->own.multicast_ip,
		.port = (uint16_t)c->multicast_port,
		.ttl = (uint8_t)c->multicast_ttl,
		.dscp = (uint8_t)c->dscp,
		.path_id = (uint16_t)p->own.id,
		.path_mtu = p->path_mtu,
		.sender_id = p->sender_id,
		.allow_sources = &c->allow_sources,
		.clock_synchronised = gb_clock_synchronised(),
		.max_frame_age_ns = c->max_frame_age_ms * GB_NS_PER_MS,
		.unattended_ns = c->kernel_unattended_s * GB_NS_PER_S,
	};
	struct gb_netif_link goose0, network;

	if (use.goose0 && gb_netif_link_by_index(p->netif, use.goose0, &goose0))
		use.goose0_mtu = goose0.mtu;
	if (!p->transport)
		return use;
	use.local = gb_transport_settings(p->transport)->local;
	if (gb_netif_link_by_index(p->netif, gb_transport_settings(p->transport)->interface, &network)) {
		use.network = network.index;
		use.has_mac = network.has_mac && !(network.flags & IFF_LOOPBACK);
		memcpy(use.source_mac, network.mac, sizeof(use.source_mac));
	}
	return use;
}

static void beat_in(struct daemon *d, uint64_t ns)
{
	struct timeval delay = gb_clock_timeval(ns);

	event_add(d->beat, &delay);
}

void engine_follow(struct path *p)
{
	if (p->kernel) {
		struct gb_kernel_engine_use use = use_of(p);

		gb_kernel_engine_follow(p->kernel, &use, p->engine_why);
		beat_in(p->daemon, BEGIN_NS);
	} else if (p->engine_left && p->link) {
		remove_left(p);
		p->engine_left = false;
	}
	tell_engine(p);
}

static uint64_t beat_ns(const struct daemon *d)
{
	uint64_t often_ns = d->config.kernel_unattended_s * GB_NS_PER_S / BEATS;

	return often_ns < BEAT_NS ? often_ns : BEAT_NS;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct daemon *d = arg;
	bool synchronised = gb_clock_synchronised(), soon = false, any = false;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < d->paths; i++) {
		struct path *p = &d->path[i];

		if (!p->kernel)
			continue;
		any = true;
		soon |= gb_kernel_engine_beat(p->kernel, synchronised);
		tell_engine(p);
	}
	if (any)
		beat_in(d, soon ? BEGIN_NS : beat_ns(d));
}

/* ---- from start to stop ---- */

int engines_create(struct daemon *d)
{
	d->beat = evtimer_new(d->base, on_beat, d);
	if (!d->beat)
		return -ENOMEM;
	for (unsigned i = 0; i < d->paths; i++)
		open_engine(&d->path[i]);
	return 0;
}

void engine_destroy(struct path *p, bool remove)
{
	gb_kernel_engine_close(p->kernel, remove);
	p->kernel = NULL;
}
