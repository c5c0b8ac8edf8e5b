/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_sender.h"

#include "diag_datagram.h"
#include "diag_udp.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define END_MARKS 3 /* one that is lost must not hide what was lost before it */

static int send_one(struct diag_sender *s, uint32_t total)
{
	const struct diag_datagram datagram = {.run = s->run, .sequence = (uint32_t)s->sent, .total = total};
	uint8_t octets[DIAG_DATAGRAM_OCTETS];

	diag_datagram_put(octets, &datagram);
	return diag_udp_send(s->fd, s->d->group, s->d->port, octets, sizeof(octets));
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct diag_sender *s = arg;
	uint64_t limit = s->d->options.count;
	int error;

	(void)fd;
	(void)what;
	if (limit && s->sent + s->failed >= limit)
		return;
	error = send_one(s, 0);
	if (error && s->failed++ == 0)
		diag_complain("a datagram could not be sent: %s", strerror(-error));
	if (!error)
		s->sent++;
	if (s->stops && limit && s->sent + s->failed >= limit)
		diag_stop(s->d);
}

int diag_sender_begin(struct diag_sender *s, struct diag *d, const struct gb_netif_link *link, struct in_addr local, bool stops)
{
	*s = (struct diag_sender){.d = d, .stops = stops};
	s->fd = diag_udp_open_sender(link->index, local, d->ttl);
	if (s->fd < 0 || getrandom(&s->run, sizeof(s->run), 0) != sizeof(s->run)) {
		diag_complain("cannot send through %s: %s", link->name, strerror(s->fd < 0 ? -s->fd : errno));
		return DIAG_BAD_NEWS;
	}
	s->timer = diag_every(d, GB_NS_PER_S / d->options.rate, on_time, s);
	if (s->timer)
		event_active(s->timer, EV_TIMEOUT, 0);
	return 0;
}

void diag_sender_end(struct diag_sender *s)
{
	if (s->timer)
		event_free(s->timer);
	for (unsigned i = 0; i < END_MARKS && s->fd >= 0 && s->sent > 0; i++)
		send_one(s, (uint32_t)s->sent);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
