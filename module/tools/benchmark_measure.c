/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark throughput, latency: the host that sends. */
#include "benchmark.h"

#include "benchmark_service.h"
#include "put.h"

#include <errno.h>
#include <goose-bridge/client.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CALL_EVERY_NS	 (250 * GB_NS_PER_MS)
#define CALL_AT_MOST_NS	 (3 * GB_NS_PER_S)
#define CALL_MORE_NS	 (600 * GB_NS_PER_MS) /* after the first answer: there may be further hosts */
#define COLLECT_EVERY_NS (200 * GB_NS_PER_MS)
#define COLLECT_NS	 (2 * GB_NS_PER_S) /* at most: what comes later is as good as lost */
#define REFUSED_PAUSE_NS 200000
#define BEHIND_NS	 (5 * GB_NS_PER_S)    /* so much longer than it should a run of latency takes at most, */
#define LATE_NS		 (100 * GB_NS_PER_MS) /* and one of throughput */
#define PER_STREAM	 800		      /* frames/s; a bridge tells of a storm above 1000 by default */
#define PINGS		 65536		      /* whose time of leaving is known */

enum { BY_OWN = 1 << 0, BY_COMMON = 1 << 1 };

struct ping {
	uint64_t utc_ns, mono_ns;
};

struct measurement {
	struct benchmark *b;
	struct benchmark_result result;
	struct benchmark_publisher publisher;
	struct benchmark_address address;
	uint64_t start_ns;
	unsigned streams;
	unsigned built, gone; /* frames in the batch, and how many of them have been sent */
	struct ping ping[PINGS];
	uint8_t batch[BENCHMARK_BATCH][BENCHMARK_FRAME_MAX];
};

static bool is_latency(const struct measurement *m)
{
	return m->b->options.verb == BENCHMARK_LATENCY;
}

/* Ends the run. */
static void trouble(struct measurement *m, int error)
{
	const char *name = m->b->interface;

	if (error == -ENODEV || error == -ENXIO)
		snprintf(m->result.trouble, sizeof(m->result.trouble),
			 "%s is gone: goose-bridge-ctl status says what became of the bridge", name);
	else if (error == -ENETDOWN)
		snprintf(m->result.trouble, sizeof(m->result.trouble), "%s went down: ip link set %s up", name, name);
	else
		snprintf(m->result.trouble, sizeof(m->result.trouble), "%s takes no frames: %s", name, strerror(-error));
}

/* Whether the run goes on. */
static bool goes_on(const struct measurement *m)
{
	return m->b->interrupts == 0 && !m->result.trouble[0];
}

/* ---- what comes ----------------------------------------------------------------------------------------------------- */

static void take_here(const struct benchmark_message *message, const struct benchmark_address *from,
		      struct benchmark_host *host)
{
	memcpy(host->name, message->host, sizeof(host->name));
	host->synchronised = message->synchronised;
	host->by |= benchmark_is_common(from->destination) ? BY_COMMON : BY_OWN;
}

static void take_pong(struct measurement *m, const struct benchmark_message *message, struct benchmark_host *host,
		      const struct benchmark_received *frame)
{
	const struct ping *ping = &m->ping[message->number % PINGS];

	if (message->number < m->result.sent && m->result.sent - message->number <= PINGS)
		benchmark_result_pong(host, message, m->result.synchronised, ping->utc_ns, ping->mono_ns, frame->utc_ns,
				      frame->mono_ns);
}

static void take_report(struct measurement *m, const struct benchmark_message *message, struct benchmark_host *host)
{
	if (message->number < host->asked || message->number > m->result.sent)
		return;
	host->reported = true;
	host->asked = message->number;
	host->report = message->counts;
}

static void take_frame(struct measurement *m, const struct benchmark_received *frame)
{
	struct benchmark_message message;
	struct benchmark_address from;
	struct benchmark_host *host;
	enum benchmark_frame_verdict verdict = benchmark_frame_read(frame->octets, frame->length, &message, &from);
	bool answers = message.kind == BENCHMARK_HERE || message.kind == BENCHMARK_PONG || message.kind == BENCHMARK_REPORT;

	if (verdict == BENCHMARK_FRAME_FOREIGN || message.run != m->result.run || !answers)
		return;
	host = benchmark_result_host(&m->result, from.source);
	if (!host)
		return;
	if (verdict == BENCHMARK_FRAME_ALTERED)
		host->tally.counts.altered++; /* what was altered on the way there the host itself reports */
	else if (message.kind == BENCHMARK_HERE)
		take_here(&message, &from, host);
	else if (message.kind == BENCHMARK_PONG)
		take_pong(m, &message, host, frame);
	else
		take_report(m, &message, host);
}

static void take_all(struct measurement *m)
{
	const struct benchmark_received *received;
	int count;

	while ((count = benchmark_socket_receive(m->b->socket, &received)) > 0)
		for (int i = 0; i < count; i++)
			take_frame(m, &received[i]);
	if (count < 0)
		trouble(m, count);
}

/* What comes until UNTIL_NS, or a signal does. */
static void listen_until(struct measurement *m, uint64_t until_ns)
{
	unsigned interrupts = m->b->interrupts;

	for (uint64_t now_ns = gb_clock_mono_ns(); now_ns < until_ns; now_ns = gb_clock_mono_ns()) {
		take_all(m);
		if (m->result.trouble[0] || m->b->interrupts != interrupts)
			return;
		benchmark_wait(m->b, until_ns - now_ns);
	}
	take_all(m);
}

/* ---- what goes ------------------------------------------------------------------------------------------------------ */

static void say(struct measurement *m, enum benchmark_kind kind, uint64_t number)
{
	const struct benchmark_message message = {
		.kind = kind, .run = m->result.run, .number = number, .synchronised = m->result.synchronised};
	uint8_t octets[BENCHMARK_FRAME_MAX];
	size_t length = benchmark_frame_make(octets, &m->address, &m->publisher, &message, 0);
	int sent = benchmark_socket_send(m->b->socket, octets, sizeof(octets), length, 1);

	if (sent < 0)
		trouble(m, sent);
}

static void call_by(struct measurement *m, const uint8_t destination[6], uint64_t number)
{
	memcpy(m->address.destination, destination, sizeof(m->address.destination));
	say(m, BENCHMARK_CALL, number);
}

/* Which destination reaches most of those who answer; the tool's own if it is as good as the other. */
static const uint8_t *choose_destination(const struct measurement *m)
{
	unsigned own = 0, common = 0;

	if (m->b->options.has_destination)
		return m->b->options.destination;
	for (unsigned i = 0; i < m->result.hosts; i++) {
		own += (m->result.host[i].by & BY_OWN) != 0;
		common += (m->result.host[i].by & BY_COMMON) != 0;
	}
	return common > own ? benchmark_common_destination : benchmark_own_destination;
}

/* Finds the hosts that answer, and the destination that gets to them: which one does depends on each bridge's wire format. */
static void call(struct measurement *m)
{
	const struct benchmark_options *o = &m->b->options;
	bool legacy = strcmp(m->b->bridge.wire_format, "legacy") == 0;
	uint64_t begun_ns = gb_clock_mono_ns(), found_ns = 0, number = 0;

	while (goes_on(m)) {
		uint64_t now_ns = gb_clock_mono_ns();

		if (!found_ns && m->result.hosts > 0)
			found_ns = now_ns;
		if (now_ns - begun_ns >= CALL_AT_MOST_NS || (found_ns && now_ns - found_ns >= CALL_MORE_NS))
			break;
		if (o->has_destination)
			call_by(m, o->destination, number);
		else if (!legacy)
			call_by(m, benchmark_own_destination, number);
		if (!o->has_destination)
			call_by(m, benchmark_common_destination, number);
		number++;
		listen_until(m, now_ns + CALL_EVERY_NS);
	}
	memcpy(m->result.destination, choose_destination(m), sizeof(m->result.destination));
	memcpy(m->address.destination, m->result.destination, sizeof(m->address.destination));
}

/* The next frames, COUNT of them at most. */
static void build(struct measurement *m, uint64_t count)
{
	struct benchmark_message message = {.kind = is_latency(m) ? BENCHMARK_PING : BENCHMARK_LOAD,
					    .run = m->result.run,
					    .synchronised = m->result.synchronised};

	m->gone = 0;
	m->built = is_latency(m) ? 1 : count < BENCHMARK_BATCH ? (unsigned)count : BENCHMARK_BATCH;
	for (unsigned i = 0; i < m->built; i++) {
		message.number = m->result.sent + i;
		message.stream = 1 + (unsigned)(message.number % m->streams);
		benchmark_frame_make(m->batch[i], &m->address, &m->publisher, &message, m->b->options.size);
	}
}

/* Sends what is due, COUNT frames in all. False if the interface takes no more just now, or at all. */
static bool send_due(struct measurement *m, uint64_t count)
{
	while (m->result.sent < count) {
		int sent;

		if (m->gone == m->built)
			build(m, count - m->result.sent);
		m->ping[m->result.sent % PINGS] = (struct ping){gb_clock_utc_ns(), gb_clock_mono_ns()};
		sent = benchmark_socket_send(m->b->socket, m->batch[m->gone], sizeof(m->batch[0]), m->b->options.size,
					     m->built - m->gone);
		if (sent < 0)
			trouble(m, sent);
		else if (sent == 0)
			m->result.refused++;
		if (sent <= 0)
			return false;
		m->gone += (unsigned)sent;
		m->result.sent += (uint64_t)sent;
		take_all(m);
	}
	return true;
}

/* ---- progress ------------------------------------------------------------------------------------------------------- */

static void show_progress(const struct measurement *m, uint64_t now_ns)
{
	const struct benchmark_result *r = &m->result;

	if (!m->b->terminal || m->b->options.json)
		return;
	printf("%4u s  %" PRIu64 " sent", (unsigned)((now_ns - m->start_ns) / GB_NS_PER_S), r->sent);
	for (unsigned i = 0; i < r->hosts && i < 3; i++) {
		const struct benchmark_host *host = &r->host[i];
		char text[BENCHMARK_HOST_NAME + 24], time[24];

		printf("; %s %" PRIu64, host->name[0] ? host->name : benchmark_host_text("", host->address, text, sizeof(text)),
		       benchmark_result_counts(r, host)->received);
		if (host->round_trip.count > 0)
			printf(", p50 %s",
			       benchmark_times_text(benchmark_times_read(&host->round_trip).p50_ns, time, sizeof(time)));
	}
	puts(r->hosts > 3 ? "; and others" : "");
	fflush(stdout);
}

/* Once a second. */
static void look(struct measurement *m, uint64_t now_ns)
{
	int error = benchmark_socket_check(m->b->socket);

	if (error)
		trouble(m, error);
	else
		say(m, BENCHMARK_ASK, m->result.sent);
	show_progress(m, now_ns);
}

/* ---- the run -------------------------------------------------------------------------------------------------------- */

static void load(struct measurement *m)
{
	const struct benchmark_options *o = &m->b->options;
	uint64_t limit_ns = is_latency(m) ? benchmark_due_ns(o->rate, o->count) + BEHIND_NS : o->duration_ns + LATE_NS;
	uint64_t look_ns, now_ns;

	m->start_ns = now_ns = gb_clock_mono_ns();
	look_ns = now_ns + GB_NS_PER_S;
	while (goes_on(m) && m->result.sent < o->count && now_ns - m->start_ns < limit_ns) {
		uint64_t due = benchmark_due(o->rate, now_ns - m->start_ns), next_ns;
		bool taken = send_due(m, due < o->count ? due : o->count);

		take_all(m);
		now_ns = gb_clock_mono_ns();
		if (now_ns >= look_ns) {
			look(m, now_ns);
			look_ns += GB_NS_PER_S;
		}
		next_ns = taken ? m->start_ns + benchmark_due_ns(o->rate, m->result.sent + 1) : now_ns + REFUSED_PAUSE_NS;
		if (look_ns < next_ns)
			next_ns = look_ns;
		benchmark_wait(m->b, next_ns > now_ns && m->result.sent < o->count ? next_ns - now_ns : 0);
		now_ns = gb_clock_mono_ns();
	}
	m->result.elapsed_ns = now_ns - m->start_ns;
	if (m->result.sent == o->count && m->result.elapsed_ns < benchmark_due_ns(o->rate, m->result.sent + 1))
		m->result.elapsed_ns = benchmark_due_ns(o->rate, m->result.sent + 1); /* the last one has its time, too */
}

/* Whether nothing more is to be waited for. */
static bool all_is_known(const struct measurement *m)
{
	for (unsigned i = 0; i < m->result.hosts; i++) {
		const struct benchmark_host *host = &m->result.host[i];

		if (!host->reported || host->asked < m->result.sent ||
		    benchmark_lost(benchmark_result_counts(&m->result, host), m->result.sent) > 0)
			return false;
	}
	return true;
}

/* Asks what has come until that is all, or nothing more can come. A second signal ends it. */
static void collect(struct measurement *m)
{
	uint64_t begun_ns = gb_clock_mono_ns(), now_ns = begun_ns;
	unsigned interrupts = m->b->interrupts;

	for (; now_ns - begun_ns < COLLECT_NS && m->b->interrupts == interrupts && !m->result.trouble[0];
	     now_ns = gb_clock_mono_ns()) {
		say(m, BENCHMARK_ASK, m->result.sent);
		for (uint64_t until_ns = now_ns + COLLECT_EVERY_NS; now_ns < until_ns; now_ns = gb_clock_mono_ns()) {
			take_all(m);
			if (all_is_known(m))
				return;
			listen_until(m, now_ns + 10 * GB_NS_PER_MS);
			if (m->result.trouble[0] || m->b->interrupts != interrupts)
				break;
		}
	}
	for (unsigned i = 0; i < m->result.hosts; i++) /* an older report is none of this run's end */
		m->result.host[i].reported = m->result.host[i].reported && m->result.host[i].asked == m->result.sent;
}

static int begin(struct measurement *m)
{
	struct benchmark *b = m->b;
	int slot = benchmark_socket_slot(b->socket, "send", BENCHMARK_SLOTS);

	if (slot < 0) {
		benchmark_complain(slot == -EADDRINUSE ? "%d runs on %s are enough: wait until one has ended" :
							 "cannot tell whether %d runs use %s",
				   BENCHMARK_SLOTS, b->interface);
		return BENCHMARK_BAD_NEWS;
	}
	if (getrandom(&m->result.run, sizeof(m->result.run), 0) != (ssize_t)sizeof(m->result.run)) {
		benchmark_complain("there are no random numbers to be had: %s", strerror(errno));
		return BENCHMARK_BAD_NEWS;
	}
	m->publisher = (struct benchmark_publisher){.role = 's', .slot = (unsigned)slot, .t_utc_ns = gb_clock_utc_ns()};
	m->address = (struct benchmark_address){.tagged = b->options.tagged,
						.tci = (uint16_t)(b->options.priority << 13 | b->options.vlan_id),
						.appid = b->options.appid};
	memcpy(m->address.source, benchmark_socket_address(b->socket), sizeof(m->address.source));
	m->streams = (unsigned)((b->options.rate + PER_STREAM - 1) / PER_STREAM);
	if (m->streams >= BENCHMARK_STREAMS) /* one storm to tell of, and not sixteen */
		m->streams = 1;
	m->result.options = b->options;
	m->result.carrier = benchmark_socket_carrier(b->socket);
	m->result.synchronised = gb_clock_synchronised();
	snprintf(m->result.interface, sizeof(m->result.interface), "%s", b->interface);
	return BENCHMARK_FINE;
}

static void tell_begin(const struct measurement *m)
{
	const struct benchmark_options *o = &m->b->options;
	char text[24];

	if (o->rate > BENCHMARK_RATE_UNASKED)
		benchmark_complain("%" PRIu64 " frames/s may hold up what else the bridges carry", o->rate);
	if (o->json)
		return;
	printf("%s on %s: %" PRIu64 " frames of %zu octets, %" PRIu64 " a second, to %s, ", benchmark_verb_name(o->verb),
	       m->b->interface, o->count, o->size, o->rate, benchmark_host_text("", m->result.destination, text, sizeof(text)));
	if (o->tagged)
		printf("priority %u, VLAN %u, ", o->priority, o->vlan_id);
	else
		fputs("no tag, ", stdout);
	printf("APPID 0x%04x\n", o->appid);
	fflush(stdout);
}

static int tell_end(const struct measurement *m)
{
	const struct benchmark_result *r = &m->result;
	char sentence[640];

	if (r->options.json)
		put_line(stdout, benchmark_result_json(r));
	else if (r->hosts > 0)
		benchmark_result_print(stdout, r);
	if (benchmark_result_verdict(r, sentence, sizeof(sentence)))
		return BENCHMARK_FINE;
	if (r->hosts == 0)
		benchmark_complain("%s", sentence);
	return BENCHMARK_BAD_NEWS;
}

int benchmark_measure(struct benchmark *b)
{
	const char *socket_path = b->options.socket_path ? b->options.socket_path : GB_CLIENT_SOCKET;
	struct measurement *m = calloc(1, sizeof(*m));
	struct benchmark_bridge before;
	int status = BENCHMARK_BAD_NEWS;

	if (!m) {
		benchmark_complain("memory is short");
		return status;
	}
	m->b = b;
	status = begin(m);
	if (status)
		goto out;
	call(m);
	benchmark_service_ask(socket_path, &before); /* what the calls have cost is none of the run's */
	if (m->result.hosts > 0 && goes_on(m)) {
		tell_begin(m);
		load(m);
		collect(m);
	}
	m->result.interrupted = b->interrupts > 0;
	m->result.unread = benchmark_socket_unread(b->socket);
	benchmark_service_ask_again(socket_path, &before, &m->result.bridge);
	status = tell_end(m);
out:
	free(m);
	return status;
}
