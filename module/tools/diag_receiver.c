/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_receiver.h"

#include "diag_kernel.h"
#include "diag_udp.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define READ_BUDGET 64 /* datagrams in one turn of the loop */

bool diag_receiver_is_own(const struct diag_receiver *r, const struct diag_source *source)
{
	return gb_netif_address_is_own(r->d->netif, source->address);
}

static void tell_new(const struct diag_receiver *r, const struct diag_source *source)
{
	struct json_object *fields = json_object_new_object();
	char address[INET_ADDRSTRLEN];

	diag_put_address(fields, "source", source->address);
	put_count(fields, "sequence", source->first);
	put_count(fields, "ttl", source->ttl_least);
	diag_tell(&r->d->out, gb_clock_mono_ns(), "source", fields, "first datagram of %s%s, number %" PRIu32 ", TTL %u",
		  diag_address(source->address, address), diag_receiver_is_own(r, source) ? " (this host)" : "", source->first,
		  source->ttl_least);
}

static void take(struct diag_receiver *r, const uint8_t *octets, size_t length, struct in_addr from, unsigned ttl)
{
	struct diag_datagram datagram;
	const struct diag_source *source;
	bool is_new;

	if (!diag_datagram_get(octets, length, &datagram)) {
		r->tally.foreign++;
		return;
	}
	source = diag_tally_take(&r->tally, from, ttl, &datagram, &is_new);
	if (datagram.run == r->own_run || datagram.total)
		return;
	r->from_others++;
	if (source && is_new)
		tell_new(r, source);
	if (r->limit && r->from_others >= r->limit)
		diag_stop(r->d);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct diag_receiver *r = arg;
	uint8_t octets[DIAG_DATAGRAM_OCTETS + 1]; /* a longer one is none, whatever stands there */
	struct in_addr from;
	unsigned ttl;

	(void)what;
	for (unsigned budget = READ_BUDGET; budget > 0; budget--) {
		ssize_t length = diag_udp_receive(fd, octets, sizeof(octets), &from, &ttl);

		if (length < 0)
			return;
		take(r, octets, (size_t)length, from, ttl);
	}
}

/* ---- membership ----------------------------------------------------------------------------------------------------- */

static int refuse(const struct diag *d)
{
	char group[INET_ADDRSTRLEN];

	diag_complain(
		"nobody else on this host is a member of %s on %s, so the end of this command would send a LEAVE, which a "
		"transit gateway takes as final. Start the bridge first, use its group, or say --leave",
		diag_address(d->group, group), d->link.name);
	return DIAG_USAGE;
}

int diag_receiver_begin(struct diag_receiver *r, struct diag *d)
{
	char group[INET_ADDRSTRLEN];
	int error = 0;

	*r = (struct diag_receiver){.d = d, .fd = -1};
	r->others = diag_kernel_users(d->link.index, d->group);
	if (r->others == 0 && !d->options.leave)
		return refuse(d);
	r->fd = diag_udp_open_receiver(d->group, d->port);
	if (r->fd < 0) {
		diag_complain("cannot listen at %s:%u: %s", diag_address(d->group, group), d->port, strerror(-r->fd));
		return DIAG_BAD_NEWS;
	}
	error = diag_udp_join(r->fd, d->group, d->link.index);
	if (error) {
		diag_complain("cannot join %s on %s: %s%s", diag_address(d->group, group), d->link.name, strerror(-error),
			      error == -ENOBUFS ? "; raise net.ipv4.igmp_max_memberships" : "");
		return DIAG_BAD_NEWS;
	}
	r->joined = true;
	r->readable = diag_on_readable(d, r->fd, on_readable, r);
	return 0;
}

static void tell_end(struct diag *d, const char *what, const char *sentence)
{
	struct json_object *fields = json_object_new_object();

	put_text(fields, "what", what);
	diag_tell(&d->out, gb_clock_mono_ns(), "end_of_membership", fields, "%s", sentence);
}

/* Nobody else holds the group any more: without the interface's own membership the end of ours is a LEAVE. */
static void hand_over(struct diag *d)
{
	char sentence[256], group[INET_ADDRSTRLEN];
	int error = gb_netif_join(d->netif, d->link.index, d->group);

	diag_address(d->group, group);
	if (error) {
		snprintf(sentence, sizeof(sentence), "everybody else on this host has left %s meanwhile: a LEAVE goes out (%s)",
			 group, strerror(-error));
		tell_end(d, "leave", sentence);
		return;
	}
	gb_netif_delete_group_route(d->netif, d->link.index, d->group);
	snprintf(sentence, sizeof(sentence),
		 "everybody else on this host has left %s meanwhile: %s itself stays a member, so that no LEAVE goes out; "
		 "ip addr del %s/32 dev %s ends that",
		 group, d->link.name, group, d->link.name);
	tell_end(d, "interface_holds_it", sentence);
}

void diag_receiver_end(struct diag_receiver *r)
{
	if (r->readable) {
		if (r->limit == 0 || r->from_others < r->limit)
			on_readable(r->fd, EV_READ, r); /* what a signal or the clock came before, such as a run's end */
		event_free(r->readable);
	}
	if (r->joined && diag_kernel_users(r->d->link.index, r->d->group) <= 1) {
		if (r->d->options.leave)
			tell_end(r->d, "leave", "nobody else on this host is a member: a LEAVE goes out, as --leave allows");
		else
			hand_over(r->d);
	}
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->joined = false;
}

/* ---- the summary ---------------------------------------------------------------------------------------------------- */

uint64_t diag_receiver_lost(const struct diag_receiver *r)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i < r->tally.sources; i++)
		if (r->own_run == 0 || r->tally.source[i].run != r->own_run)
			lost += diag_source_lost(&r->tally.source[i]);
	return lost;
}

static struct json_object *source_object(const struct diag_receiver *r, const struct diag_source *s)
{
	struct json_object *object = json_object_new_object();

	diag_put_address(object, "address", s->address);
	put_bool(object, "this_host", diag_receiver_is_own(r, s));
	put_count(object, "received", s->received);
	put_count(object, "lost", diag_source_lost(s));
	put_count(object, "reordered", s->reordered);
	put_count(object, "duplicates", s->duplicates);
	put_count(object, "first", s->first);
	put_value(object, "total", s->total ? json_object_new_uint64(s->total) : NULL);
	put_count(object, "ttl", s->ttl_least);
	return object;
}

static void print_source(const struct diag_receiver *r, const struct diag_source *s)
{
	char address[INET_ADDRSTRLEN], of[40] = "";

	if (s->total)
		snprintf(of, sizeof(of), " of %" PRIu32 " sent", s->total);
	diag_line(&r->d->out,
		  "%-15s %" PRIu64 " received%s (from number %" PRIu32 " on): %" PRIu64 " lost, %" PRIu64
		  " out of order, %" PRIu64 " twice; TTL %u%s",
		  diag_address(s->address, address), s->received, of, s->first, diag_source_lost(s), s->reordered,
		  s->duplicates, s->ttl_least, diag_receiver_is_own(r, s) ? "; this host" : "");
}

struct json_object *diag_receiver_report(const struct diag_receiver *r)
{
	struct json_object *array = json_object_new_array();

	for (unsigned i = 0; i < r->tally.sources; i++) {
		print_source(r, &r->tally.source[i]);
		if (array)
			json_object_array_add(array, source_object(r, &r->tally.source[i]));
	}
	if (r->tally.foreign)
		diag_line(&r->d->out, "%" PRIu64 " other datagrams, such as bridges send, were not looked at",
			  r->tally.foreign);
	if (r->tally.refused)
		diag_line(&r->d->out, "%" PRIu64 " datagrams of further sources were not looked at", r->tally.refused);
	return array;
}
