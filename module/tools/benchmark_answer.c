/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-benchmark answer: the hosts that receive, and send back what they are asked for. */
#include "benchmark.h"

#include "put.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS	8		  /* at a time; at most BENCHMARK_SLOTS */
#define IDLE_NS (3 * GB_NS_PER_S) /* so long without a frame, and a run is over */

/* A run of another host. */
struct run {
	bool used;
	uint64_t run;
	uint8_t address[6];
	struct benchmark_publisher publisher; /* its own: runs may have other tags and APPIDs, which make other streams */
	bool latency;
	uint64_t told; /* how many the sender says that it has sent */
	uint64_t last_ns;
	uint64_t unread; /* of all, when it began */
	struct benchmark_tally tally;
};

struct answering {
	struct benchmark *b;
	char host[BENCHMARK_HOST_NAME];
	bool synchronised;
	bool down;
	uint64_t runs, refused_runs, unsent;
	struct run run[RUNS];
};

/* ---- what it says --------------------------------------------------------------------------------------------------- */

static void tell_begin(const struct answering *a)
{
	char text[BENCHMARK_HOST_NAME + 24];

	benchmark_host_text(a->host, benchmark_socket_address(a->b->socket), text, sizeof(text));
	if (a->b->options.json) {
		struct json_object *object = json_object_new_object();

		put_text(object, "event", "begin");
		put_text(object, "name", a->host);
		put_line(stdout, object);
		return;
	}
	printf("answering on %s as %s; on another host: goose-bridge-benchmark throughput, or latency\n", a->b->interface,
	       text);
	fflush(stdout);
}

/* A run is over. */
static void tell_run(const struct answering *a, const struct run *run)
{
	const struct benchmark_counts *c = &run->tally.counts;
	const char *what = benchmark_verb_name(run->latency ? BENCHMARK_LATENCY : BENCHMARK_THROUGHPUT);
	char number[20], address[24];

	snprintf(number, sizeof(number), "%016" PRIx64, run->run);
	benchmark_host_text("", run->address, address, sizeof(address));
	if (a->b->options.json) {
		struct json_object *object = json_object_new_object();

		put_text(object, "event", "run");
		put_text(object, "run", number);
		put_text(object, "command", what);
		put_text(object, "mac", address);
		put_count(object, "received", c->received);
		put_count(object, "duplicates", c->duplicates);
		put_count(object, "reordered", c->reordered);
		put_count(object, "altered", c->altered);
		put_count(object, "unread", c->unread);
		put_value(object, "lost", run->told ? json_object_new_uint64(benchmark_lost(c, run->told)) : NULL);
		put_line(stdout, object);
		return;
	}
	printf("%s %s of %s: %" PRIu64 " received, ", what, number, address, c->received);
	if (run->told)
		printf("%" PRIu64 " lost, ", benchmark_lost(c, run->told));
	printf("%" PRIu64 " duplicated, %" PRIu64 " reordered, %" PRIu64 " altered; %.1f frames/s\n", c->duplicates,
	       c->reordered, c->altered, benchmark_rate(c));
	fflush(stdout);
}

static void tell_end(const struct answering *a)
{
	if (a->b->options.json) {
		struct json_object *object = json_object_new_object();

		put_text(object, "event", "end");
		put_count(object, "runs", a->runs);
		put_count(object, "refused_runs", a->refused_runs);
		put_count(object, "unsent", a->unsent);
		put_line(stdout, object);
		return;
	}
	printf("%" PRIu64 " runs answered", a->runs);
	if (a->refused_runs)
		printf("; %" PRIu64 " frames of further ones were not, as %d at a time are", a->refused_runs, RUNS);
	if (a->unsent)
		printf("; %" PRIu64 " answers found %s full", a->unsent, a->b->interface);
	putchar('\n');
}

/* ---- runs ----------------------------------------------------------------------------------------------------------- */

static struct run *find_run(struct answering *a, uint64_t number)
{
	for (unsigned i = 0; i < RUNS; i++)
		if (a->run[i].used && a->run[i].run == number)
			return &a->run[i];
	return NULL;
}

/* The run that MESSAGE is of, a new one if it has to be. NULL if there are too many. */
static struct run *run_of(struct answering *a, const struct benchmark_message *message, const struct benchmark_address *from,
			  uint64_t now_ns)
{
	struct run *run = find_run(a, message->run);

	for (unsigned i = 0; !run && i < RUNS; i++) {
		if (a->run[i].used)
			continue;
		run = &a->run[i];
		*run = (struct run){.used = true,
				    .run = message->run,
				    .publisher = {.role = 'a', .slot = i, .t_utc_ns = gb_clock_utc_ns()},
				    .unread = benchmark_socket_unread(a->b->socket)};
		memcpy(run->address, from->source, sizeof(run->address));
		a->runs++;
	}
	if (run)
		run->last_ns = now_ns;
	else
		a->refused_runs++;
	return run;
}

static void end_runs(struct answering *a, uint64_t now_ns, bool all)
{
	for (unsigned i = 0; i < RUNS; i++) {
		struct run *run = &a->run[i];

		if (!run->used || (!all && now_ns - run->last_ns < IDLE_NS))
			continue;
		run->used = false;
		if (run->tally.counts.received + run->tally.counts.altered > 0 || run->told)
			tell_run(a, run);
	}
}

/* ---- frames --------------------------------------------------------------------------------------------------------- */

/* Answers MESSAGE, which came FROM there, the way it came: same destination, tag and APPID. */
static void answer(struct answering *a, struct run *run, const struct benchmark_message *message, struct benchmark_address from,
		   size_t size)
{
	uint8_t octets[BENCHMARK_FRAME_MAX];
	size_t length;

	memcpy(from.source, benchmark_socket_address(a->b->socket), sizeof(from.source));
	length = benchmark_frame_make(octets, &from, &run->publisher, message, size);
	if (length == 0 || benchmark_socket_send(a->b->socket, octets, sizeof(octets), length, 1) != 1)
		a->unsent++;
}

static void take_message(struct answering *a, const struct benchmark_message *in, const struct benchmark_address *from,
			 const struct benchmark_received *frame, struct run *run)
{
	struct benchmark_message out = {
		.run = in->run, .number = in->number, .stream = in->stream, .synchronised = a->synchronised};

	switch (in->kind) {
	case BENCHMARK_CALL:
		out.kind = BENCHMARK_HERE;
		memcpy(out.host, a->host, sizeof(out.host));
		answer(a, run, &out, *from, 0);
		break;
	case BENCHMARK_LOAD:
		benchmark_tally_take(&run->tally, in->number, frame->utc_ns);
		break;
	case BENCHMARK_PING:
		run->latency = true;
		out.kind = BENCHMARK_PONG;
		out.received_utc_ns = frame->utc_ns;
		out.answered_utc_ns = gb_clock_utc_ns();
		answer(a, run, &out, *from, frame->length);
		benchmark_tally_take(&run->tally, in->number, frame->utc_ns);
		break;
	default: /* ASK */
		run->told = in->number;
		run->tally.counts.unread = benchmark_socket_unread(a->b->socket) - run->unread;
		out.kind = BENCHMARK_REPORT;
		out.counts = run->tally.counts;
		answer(a, run, &out, *from, 0);
		break;
	}
}

static void take_frame(struct answering *a, const struct benchmark_received *frame, uint64_t now_ns)
{
	struct benchmark_message message;
	struct benchmark_address from;
	struct run *run;

	switch (benchmark_frame_read(frame->octets, frame->length, &message, &from)) {
	case BENCHMARK_FRAME_OURS:
		if (message.kind != BENCHMARK_CALL && message.kind != BENCHMARK_LOAD && message.kind != BENCHMARK_PING &&
		    message.kind != BENCHMARK_ASK)
			return;
		run = run_of(a, &message, &from, now_ns);
		if (run)
			take_message(a, &message, &from, frame, run);
		break;
	case BENCHMARK_FRAME_ALTERED:
		run = find_run(a, message.run);
		if (run)
			run->tally.counts.altered++;
		break;
	case BENCHMARK_FRAME_FOREIGN:
		break;
	}
}

/* ---- the loop ------------------------------------------------------------------------------------------------------- */

/* Once a second. False if the interface is gone. */
static bool look(struct answering *a)
{
	int error = benchmark_socket_check(a->b->socket);
	bool down = error == -ENETDOWN;

	if (down && !a->down)
		benchmark_complain("%s is down; waiting until it is up", a->b->interface);
	a->down = down;
	a->synchronised = gb_clock_synchronised();
	if (error && !down)
		benchmark_complain("%s is gone: start this again when the bridge has made a new one", a->b->interface);
	return !error || down;
}

static int run(struct answering *a)
{
	uint64_t now_ns = gb_clock_mono_ns(), look_ns = now_ns, end_ns = now_ns + a->b->options.duration_ns;
	const struct benchmark_received *received;
	int count = 0;

	while (a->b->interrupts == 0 && (a->b->options.duration_ns == 0 || now_ns < end_ns)) {
		while ((count = benchmark_socket_receive(a->b->socket, &received)) > 0)
			for (int i = 0; i < count; i++)
				take_frame(a, &received[i], now_ns);
		if (now_ns >= look_ns) {
			if (!look(a))
				return BENCHMARK_BAD_NEWS;
			end_runs(a, now_ns, false);
			look_ns = now_ns + GB_NS_PER_S;
		}
		benchmark_wait(a->b, look_ns > now_ns ? look_ns - now_ns : 0);
		now_ns = gb_clock_mono_ns();
	}
	return BENCHMARK_FINE;
}

int benchmark_answer(struct benchmark *b)
{
	struct answering *a = calloc(1, sizeof(*a));
	int status = BENCHMARK_BAD_NEWS;

	if (!a) {
		benchmark_complain("memory is short");
		return status;
	}
	a->b = b;
	if (benchmark_socket_slot(b->socket, "answer", 1) < 0) {
		benchmark_complain("somebody answers on %s already: one is enough for all runs", b->interface);
		goto out;
	}
	if (gethostname(a->host, sizeof(a->host)) < 0)
		snprintf(a->host, sizeof(a->host), "?");
	a->host[sizeof(a->host) - 1] = '\0';
	tell_begin(a);
	status = run(a);
	end_runs(a, gb_clock_mono_ns(), true);
	tell_end(a);
out:
	free(a);
	return status;
}
