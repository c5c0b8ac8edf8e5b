/* SPDX-License-Identifier: Apache-2.0 */
/* The GOOSE side of the path: goose0 open, set up, and up. */
#include "daemon_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>

/* Frames that goose0 holds for a worker that is busy elsewhere: a burst of so many in 10 ms is not lost. */
#define QUEUE_LENGTH 20000

static const char *why_not(int error)
{
	switch (error) {
	case -EPERM:
		return "no permission: run as root, or give CAP_NET_ADMIN";
	case -EACCES:
		return "/dev/net/tun may not be opened: give the service's user read and write access to it";
	case -ENOTTY:
		return "/dev/net/tun is no TUN device: load the module tun";
	case -EBUSY:
		return "another process holds it: is a goose-bridge running already?";
	case -EINVAL:
		return "it exists and is no TAP: name one to be made, such as goose0; a network card belongs in "
		       "multicast_interface";
	case -ENOENT:
	case -ENODEV:
		return "/dev/net/tun is missing: load the module tun";
	default:
		return strerror(-error);
	}
}

/* MTU, queue, no IPv6 of its own, up. What fails is said and does not stop the rest: goose0 may still carry frames. */
static void set_up(struct path *p, int index)
{
	struct gb_netif_link now;
	int error;

	if (!gb_netif_link_by_index(p->netif, index, &now))
		return;
	if (!now.ipv6_no_address_generation && !(now.flags & IFF_UP))
		gb_netif_set_no_ipv6_address(p->netif, index); /* without IPv6 in the kernel there is nothing to do */
	if (now.mtu != p->config->interface_mtu &&
	    (error = gb_netif_set_mtu(p->netif, index, p->config->interface_mtu)) < 0)
		gb_warn("%s: cannot set MTU %u: %s", now.name, p->config->interface_mtu, strerror(-error));
	if (now.tx_queue_length < QUEUE_LENGTH && (error = gb_netif_set_tx_queue_length(p->netif, index, QUEUE_LENGTH)) < 0)
		gb_warn("%s: cannot set a queue length of %d: %s", now.name, QUEUE_LENGTH, strerror(-error));
	if (!(now.flags & IFF_UP) && (error = gb_netif_set_up(p->netif, index, true)) < 0)
		gb_warn("%s: cannot set it up: %s", now.name, strerror(-error));
	gb_netif_poll(p->netif);
}

/* goose0 outlives the service, and so does an address that an earlier run or somebody else gave it. */
static void warn_of_other_address(struct path *p)
{
	struct in_addr address;
	char text[INET_ADDRSTRLEN];

	if (p->own.tun_ip.kind != GB_TUN_IP_NONE ||
	    !gb_netif_address(p->netif, gb_link_index(p->link), &address))
		return;
	inet_ntop(AF_INET, &address, text, sizeof(text));
	gb_warn("%s has the address %s, which tun_ip does not ask for: `ip addr flush dev %s` removes it",
		p->own.interface, text, p->own.interface);
}

static int take(struct path *p)
{

	p->goose0_opened_ns = gb_clock_mono_ns();
	int error = gb_link_open_tap(&p->link, p->own.interface);

	if (error) {
		snprintf(p->goose0_detail, sizeof(p->goose0_detail), "%s: %s", p->own.interface, why_not(error));
		return error;
	}
	gb_netif_poll(p->netif);
	set_up(p, gb_link_index(p->link));
	p->tun_ip_set.kind = GB_TUN_IP_NONE;
	p->queue_dropped_base = 0;
	gb_netif_tx_dropped(p->netif, gb_link_index(p->link), &p->queue_dropped_base);
	warn_of_other_address(p);
	return 0;
}

int path_open_goose0(struct path *p)
{
	int error = take(p);

	if (error)
		gb_error("cannot open %s", p->goose0_detail);
	return error;
}

uint64_t path_queue_dropped(struct path *p)
{
	uint64_t now = 0;

	if (p->link && gb_netif_tx_dropped(p->netif, gb_link_index(p->link), &now) == 0 && now >= p->queue_dropped_base)
		p->queue_dropped_seen = now - p->queue_dropped_base;
	return p->queue_dropped_before + p->queue_dropped_seen;
}

static void let_go(struct path *p)
{
	gb_link_unref(p->link);
	p->link = NULL;
	p->goose0_up = false;
	p->seen_down_ns = 0;
	p->queue_dropped_before += p->queue_dropped_seen;
	p->queue_dropped_seen = 0;
}

/* The interface of the open link is gone, and its descriptor of no use; or, NOW is it under another name. */
static void forget_gone(struct path *p, const struct gb_netif_link *now)
{

	let_go(p);
	if (now)
		snprintf(p->goose0_detail, sizeof(p->goose0_detail), "%s was renamed %s, which stays; it is made again",
			 p->own.interface, now->name);
	else
		snprintf(p->goose0_detail, sizeof(p->goose0_detail), "%s was deleted; it is made again",
			 p->own.interface);
	path_tell_goose0_down(p);
}

/* Somebody set it down, or is just deleting it, which looks the same at first: so it is set up a moment later. */
static void mend_down(struct path *p, struct gb_netif_link *now)
{

	uint64_t time = gb_clock_mono_ns();

	p->goose0_up = false;
	if (p->seen_down_ns == 0)
		p->seen_down_ns = time;
	if (time - p->seen_down_ns < PATH_SOON_NS) {
		p->look_soon = true;
		return;
	}
	snprintf(p->goose0_detail, sizeof(p->goose0_detail), "%s was set down; it is set up again", now->name);
	path_tell_goose0_down(p);
	set_up(p, now->index);
	if (!gb_netif_link_by_index(p->netif, now->index, now))
		p->look_soon = true; /* deleted just now */
	else if (!(now->flags & IFF_UP))
		snprintf(p->goose0_detail, sizeof(p->goose0_detail), "%s is down and cannot be set up", now->name);
}

/* Returns whether workers have to be told. */
bool path_mend_goose0(struct path *p)
{
	struct gb_netif_link now;
	bool changed = false;

	bool there = p->link && gb_netif_link_by_index(p->netif, gb_link_index(p->link), &now);

	if (p->link && (!there || strcmp(now.name, p->own.interface) != 0)) {
		forget_gone(p, there ? &now : NULL);
		changed = true;
	}
	if (p->retaking) { /* its old descriptor is still with the workers: the next look finds it released */
		p->retaking = false;
		p->look_soon = true;
		return changed;
	}
	if (!p->link) {
		if (take(p) < 0)
			return changed;
		changed = true;
	}
	if (!gb_netif_link_by_index(p->netif, gb_link_index(p->link), &now)) {
		p->goose0_up = false;
		p->look_soon = true;
		return changed;
	}
	if (!(now.flags & IFF_UP))
		mend_down(p, &now);
	if (now.flags & IFF_UP) {
		changed |= p->goose0_queue != now.tx_queue_length;
		p->goose0_queue = now.tx_queue_length;
		p->goose0_up = true;
		p->seen_down_ns = 0;
	}
	return changed;
}

/* goose0 is down (EIO) or deleted (EBADFD, EFAULT while it goes): rtnetlink tells as well, and better. Anything else: the
 * descriptor is of no use any more.
 */
bool path_goose0_error_is_known(int error)
{
	return error == EIO || error == ENODEV || error == EBADFD || error == EFAULT;
}

void path_goose0_broke(struct path *p, int error)
{

	if (p->link && !path_goose0_error_is_known(error)) {
		path_queue_dropped(p);
		let_go(p);
		snprintf(p->goose0_detail, sizeof(p->goose0_detail), "%s failed: %s", p->own.interface, strerror(error));
		p->retaking = true;
		path_apply(p);
		path_evaluate(p);
	} else {
		p->unapplied = true; /* the worker has stopped reading, and goes on when it is told again */
		path_look_soon(p);
	}
}

void path_set_mtu(struct path *p)
{
	struct gb_netif_link now;
	int error;

	if (p->link && gb_netif_link_by_index(p->netif, gb_link_index(p->link), &now) && now.mtu != p->config->interface_mtu &&
	    (error = gb_netif_set_mtu(p->netif, now.index, p->config->interface_mtu)) < 0)
		gb_warn("%s: cannot set MTU %u: %s", now.name, p->config->interface_mtu, strerror(-error));
}

static bool same_tun_ip(const struct gb_tun_ip *a, const struct gb_tun_ip *b)
{
	return a->kind == b->kind &&
	       (a->kind == GB_TUN_IP_NONE ||
		(a->address.s_addr == b->address.s_addr && a->prefix_length == b->prefix_length));
}

/* What tun_ip means now. auto is the old service's: 192.168.100.<last octet of the host's address>/24; on the second path
 * 192.168.101.
 */
static struct gb_tun_ip wanted_tun_ip(const struct path *p)
{
	struct gb_tun_ip wanted = p->own.tun_ip;

	if (wanted.kind != GB_TUN_IP_AUTO)
		return wanted;
	if (!p->transport)
		return p->tun_ip_set; /* the host's address is not known: as it was */
	uint32_t host = ntohl(gb_transport_settings(p->transport)->local.s_addr);

	wanted.kind = GB_TUN_IP_FIXED;
	wanted.address.s_addr = htonl((UINT32_C(0xC0A86400) + (p->own.id << 8)) | (host & 0xFF));
	wanted.prefix_length = 24;
	return wanted;
}

void path_set_tun_ip(struct path *p)
{
	struct gb_tun_ip wanted = wanted_tun_ip(p);
	int error;

	if (!p->link || same_tun_ip(&wanted, &p->tun_ip_set))
		return;
	int index = gb_link_index(p->link);

	if (p->tun_ip_set.kind != GB_TUN_IP_NONE)
		gb_netif_delete_address(p->netif, index, p->tun_ip_set.address, p->tun_ip_set.prefix_length);
	p->tun_ip_set = wanted;
	if (wanted.kind == GB_TUN_IP_NONE)
		return;
	error = gb_netif_add_address(p->netif, index, wanted.address, wanted.prefix_length);
	if (error && error != -EEXIST)
		gb_warn("%s: cannot set the address of tun_ip: %s", p->own.interface, strerror(-error));
}
