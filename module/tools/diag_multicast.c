/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag multicast: whether datagrams of the group get from host to host. */
#include "diag_checks.h"
#include "diag_receiver.h"
#include "diag_sender.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>

/* What runs; either may be missing. */
struct exchange {
	struct diag *d;
	struct diag_sender *sender;
	struct diag_receiver *receiver;
	struct event *progress;
};

int diag_multicast_check(struct diag *d)
{
	int status = diag_use_interface(d);

	if (status)
		return status;
	return diag_checks(d, true) ? DIAG_BAD_NEWS : DIAG_FINE;
}

static void on_progress(evutil_socket_t fd, short what, void *arg)
{
	struct exchange *x = arg;
	struct json_object *fields = json_object_new_object();
	char sent[40] = "", received[80] = "";

	(void)fd;
	(void)what;
	if (x->sender) {
		put_count(fields, "sent", x->sender->sent);
		snprintf(sent, sizeof(sent), "%" PRIu64 " sent%s", x->sender->sent, x->receiver ? ", " : "");
	}
	if (x->receiver) {
		uint64_t lost = diag_receiver_lost(x->receiver);

		put_count(fields, "received", x->receiver->from_others);
		put_count(fields, "lost", lost);
		snprintf(received, sizeof(received), "%" PRIu64 " received, %" PRIu64 " lost", x->receiver->from_others, lost);
	}
	diag_progress(&x->d->out, fields, "%s%s", sent, received);
}

static void tell_begin(struct diag *d, const char *what)
{
	struct json_object *fields = json_object_new_object();
	char group[INET_ADDRSTRLEN], local[INET_ADDRSTRLEN];

	diag_put_address(fields, "group", d->group);
	put_count(fields, "port", d->port);
	put_text(fields, "interface", d->link.name);
	diag_put_address(fields, "local_address", d->local);
	diag_tell(&d->out, gb_clock_mono_ns(), "begin", fields, "%s %s:%u on %s (%s)", what, diag_address(d->group, group),
		  d->port, d->link.name, diag_address(d->local, local));
}

/* Whether it went well, as a sentence. Who only sends cannot know whether it arrived. */
static bool judge(const struct exchange *x, char *sentence, size_t size)
{
	uint64_t lost = x->receiver ? diag_receiver_lost(x->receiver) : 0;
	bool refused = x->sender && x->sender->failed > 0;

	if (refused)
		snprintf(sentence, size, "this host refused to send %" PRIu64 " datagrams", x->sender->failed);
	else if (!x->receiver)
		snprintf(sentence, size, "sent; whether it arrives is seen on the other hosts (multicast recv)");
	else if (x->receiver->from_others == 0)
		snprintf(sentence, size,
			 "nobody was heard: nobody sends, or this host is no member for the network, or a rule drops "
			 "UDP port %u",
			 x->d->port);
	else if (lost > 0)
		snprintf(sentence, size, "%" PRIu64 " datagrams were lost", lost);
	else
		snprintf(sentence, size, "fine: all that was sent since the first was heard");
	return !refused && (!x->receiver || (x->receiver->from_others > 0 && lost == 0));
}

static int summarise(const struct exchange *x)
{
	struct json_object *object = json_object_new_object();
	const struct diag *d = x->d;
	char sentence[200];
	bool fine = judge(x, sentence, sizeof(sentence));

	diag_gap(&d->out);
	put_text(object, "event", "summary");
	diag_put_seconds(object, "time_s", gb_clock_mono_ns() - d->out.start_ns);
	put_bool(object, "interrupted", d->interrupted);
	if (x->sender) {
		put_count(object, "sent", x->sender->sent);
		put_count(object, "refused", x->sender->failed);
		diag_line(&d->out, "%" PRIu64 " sent, TTL %u", x->sender->sent, d->ttl);
	}
	if (x->receiver) {
		put_count(object, "received", x->receiver->from_others);
		put_count(object, "lost", diag_receiver_lost(x->receiver));
		put_count(object, "foreign", x->receiver->tally.foreign);
		put_value(object, "sources", diag_receiver_report(x->receiver));
	}
	put_bool(object, "fine", fine);
	put_text(object, "verdict", sentence);
	diag_line(&d->out, "%s", sentence);
	diag_object(&d->out, object);
	return fine ? DIAG_FINE : DIAG_BAD_NEWS;
}

static int run(struct diag *d, bool sends, bool receives, const char *what)
{
	struct diag_sender sender = {.fd = -1};
	struct diag_receiver receiver = {.fd = -1};
	struct exchange x = {.d = d, .sender = sends ? &sender : NULL, .receiver = receives ? &receiver : NULL};
	int status = diag_use_interface(d);
	bool ran = false;

	if (status)
		return status;
	diag_checks(d, false);
	if (receives)
		status = diag_receiver_begin(&receiver, d);
	if (!status && sends)
		status = diag_sender_begin(&sender, d, &d->link, d->local, !receives);
	if (status)
		goto out;
	tell_begin(d, what); /* once it listens: who reads this may send */
	receiver.own_run = sender.run;
	receiver.limit = sends ? 0 : d->options.count;
	x.progress = diag_every(d, GB_NS_PER_S, on_progress, &x);
	diag_run(d, d->options.duration_ns);
	ran = true;
out:
	if (x.progress)
		event_free(x.progress);
	if (sends)
		diag_sender_end(&sender);
	if (receives)
		diag_receiver_end(&receiver);
	return ran ? summarise(&x) : status;
}

int diag_multicast_send(struct diag *d)
{
	return run(d, true, false, "sending to");
}

int diag_multicast_receive(struct diag *d)
{
	return run(d, false, true, "receiving from");
}

int diag_multicast_both(struct diag *d)
{
	return run(d, true, true, "sending to and receiving from");
}
