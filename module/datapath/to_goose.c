/* SPDX-License-Identifier: Apache-2.0 */
/* network -> goose0: receive a batch of datagrams, check each, write the frames in it to goose0. */
#include "datapath_private.h"
#include "echo.h"
#include "gate.h"
#include "hearing.h"
#include "watch.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/octets.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES		 8  /* received in one go before other events get their turn */
#define BATCH_MIN	 16 /* datagrams, or runs of them, received together, though batch_size is less */
#define RUNS_MIN	 2
#define CACHED		 (128 * 1024) /* octets: so much is still in the processor's cache when it is written */
#define CARRIED_MAX	 64 /* frames written, and watched, together */
#define REASSEMBLY_SLOTS 32 /* split frames under way at a time, of all senders */
#define ECHO_PER_SECOND	 50 /* answered at most: an echo request must be no lever to flood the group with */

struct to_goose {
	struct worker *worker;
	struct event *readable;
	bool reading;
	bool failing; /* goose0 refused the last frame: said once per episode */
	unsigned batch; /* datagrams, or runs, that the inbox has room for */
	unsigned most;	/* that are received together: fewer the longer they are */
	struct gb_transport_inbox *inbox;
	struct gb_reassembly *reassembly;
	struct hearing hearing;
	struct gate echo;
	struct echo *asked;
	struct watch watch;
	struct gb_link_burst *burst;
	/* frames on their way: what they are, what is to be written, when the kernel had received them (UTC ns; 0 = unknown) */
	struct gb_frame carried[CARRIED_MAX];
	struct gb_link_frame out[CARRIED_MAX];
	uint64_t received_ns[CARRIED_MAX];
	unsigned carried_count;
	uint64_t datagram_ns; /* of the datagram under way */
	unsigned taken;	      /* frames of it */
	/* the batch's times */
	uint64_t now_ns;
	uint64_t utc_ns;
};

static const struct in_addr no_address;

/* ---- to goose0 ---- */

static void goose0_works(struct to_goose *t)
{
	worker_success(t->worker);
	if (!t->failing)
		return;
	t->failing = false;
	worker_tell(t->worker, GB_EVENT_GOOSE0_RESTORED, no_address, 0, 0);
}

static void goose0_fails(struct to_goose *t, int error)
{
	bool down = error == -EIO || error == -ENODEV || error == -EBADFD || error == -ENETDOWN;

	gb_drop(t->worker->stats, down ? GB_DROP_goose0_down : GB_DROP_goose0_failed, 1);
	worker_error(t->worker);
	if (t->failing)
		return;
	t->failing = true;
	worker_tell(t->worker, GB_EVENT_GOOSE0_FAILING, no_address, 0, -error);
}

/* What was written, and how long it was in this bridge: from the kernel's receipt to goose0. */
static void judge_written(struct to_goose *t)
{
	uint64_t utc = gb_clock_utc_ns(), frames = 0, octets = 0;

	for (unsigned i = 0; i < t->carried_count; i++) {
		if (t->out[i].result != 0) {
			goose0_fails(t, t->out[i].result);
			continue;
		}
		goose0_works(t);
		frames++;
		octets += t->out[i].length;
		if (t->received_ns[i] != 0 && utc > t->received_ns[i])
			gb_histogram_add(&t->watch.residence, utc - t->received_ns[i], 1);
	}
	gb_count(t->worker->stats, GB_COUNT_ip_to_goose, frames);
	gb_count(t->worker->stats, GB_COUNT_octets_to_goose, octets);
}

/* Writes what is on its way, before its octets go away. */
static void flush(struct to_goose *t)
{
	struct gb_link *link = t->worker->runtime->use.link;

	if (t->carried_count == 0)
		return;
	if (link)
		gb_link_write_burst(link, t->burst, t->out, t->carried_count);
	else
		for (unsigned i = 0; i < t->carried_count; i++)
			t->out[i].result = -ENODEV;
	judge_written(t);
	watch_frames(&t->watch, t->carried, t->carried_count, t->now_ns, t->utc_ns);
	t->carried_count = 0;
}

static void deliver(struct to_goose *t, const uint8_t *octets, size_t length)
{
	unsigned i = t->carried_count;

	if (!worker_check_frame(t->worker, octets, length, &t->carried[i]))
		return;
	t->out[i] = (struct gb_link_frame){.octets = (uint8_t *)(uintptr_t)octets, .length = length};
	t->received_ns[i] = t->datagram_ns;
	t->taken++;
	if (++t->carried_count == CARRIED_MAX)
		flush(t);
}

/* ---- datagrams ---- */

static void handle_frames(struct to_goose *t, struct gb_peer *peer, const struct gb_datagram *d)
{
	struct gb_reader body = gb_reader(d->body, d->body_length);
	unsigned frames = 0;

	/* a datagram is believed as a whole or not at all */
	if (!gb_native_frames_whole(d->body, d->body_length)) {
		gb_drop(t->worker->stats, GB_DROP_malformed, 1);
		return;
	}
	while (gb_reader_left(&body) > 0) {
		size_t length;
		const uint8_t *octets = gb_native_next_frame(&body, &length);

		deliver(t, octets, length);
		frames++;
	}
	gb_peer_add_frames(peer, frames);
}

static void handle_piece(struct to_goose *t, struct gb_peer *peer, const struct gb_received *in,
			 const struct gb_datagram *d)
{
	struct gb_stats *stats = t->worker->stats;
	struct gb_reassembly_key key = {in->source.s_addr, d->native.path_id, d->native.lane, d->native.sender_id,
					d->native.epoch};
	struct gb_piece piece;
	const uint8_t *octets;
	size_t length;

	gb_count(stats, GB_COUNT_pieces_from_ip, 1);
	if (!gb_native_get_piece(d->body, d->body_length, &piece)) {
		gb_drop(stats, GB_DROP_malformed, 1);
		return;
	}
	switch (gb_reassembly_add(t->reassembly, &key, &piece, t->now_ns, t->worker->runtime->use.max_frame_age_ns,
				  &octets, &length)) {
	case GB_REASSEMBLY_PENDING:
		break;
	case GB_REASSEMBLY_DUPLICATE:
		gb_drop(stats, GB_DROP_piece_duplicate, 1);
		break;
	case GB_REASSEMBLY_CONFLICT:
		gb_drop(stats, GB_DROP_piece_conflict, 1);
		break;
	case GB_REASSEMBLY_WHOLE:
		deliver(t, octets, length);
		flush(t);
		gb_peer_add_frames(peer, 1);
		break;
	}
}

static void handle_hello(struct to_goose *t, struct gb_peer *peer, const struct gb_datagram *d)
{
	struct gb_peer_lane_report lane[GB_NATIVE_LANES_MAX];
	struct gb_hello hello;

	if (!gb_native_get_hello(d->body, d->body_length, &hello)) {
		gb_drop(t->worker->stats, GB_DROP_malformed, 1);
		return;
	}
	for (unsigned i = 0; i < hello.lanes; i++)
		lane[i] = (struct gb_peer_lane_report){hello.lane[i].lane, hello.lane[i].next_sequence};

	struct gb_peer_hello report = {.epoch = d->native.epoch, .version = hello.version, .path_mtu = hello.path_mtu,
				       .interval_s = hello.interval_s, .lanes = hello.lanes, .lane = lane};

	gb_count(t->worker->stats, GB_COUNT_hellos_received, 1);
	gb_peer_hello(peer, d->native.path_id, &report, t->utc_ns);
}

/* Answered by this worker, on a lane of its own: what is measured is the way that frames take. Not where legacy is sent: old
 * peers would take the answer for a frame.
 */
static void answer_echo(struct to_goose *t, const struct gb_received *in, const struct gb_datagram *d,
			const struct gb_echo *request)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;
	uint8_t octets[GB_NATIVE_CONTROL_MAX];

	if (use->wire_format != GB_WIRE_NATIVE || !gate_pass(&t->echo, t->now_ns, ECHO_PER_SECOND)) {
		gb_drop(t->worker->stats, GB_DROP_echo_refused, 1);
		return;
	}
	uint64_t utc = gb_clock_utc_ns();
	struct gb_native_header header =
		datapath_header(t->worker->datapath, use, GB_NATIVE_ECHO_REPLY, LANE_ECHO, utc);
	struct gb_echo reply = {.nonce = request->nonce, .target = d->native.sender_id,
				.request_time_ns = d->native.send_time_ns,
				.held_ns = in->time_ns != 0 && utc > in->time_ns ? utc - in->time_ns : 0};

	if (gb_transport_send_one(use->transport, octets, gb_native_put_echo(octets, &header, &reply)) == 0)
		gb_count(t->worker->stats, GB_COUNT_echo_replies_sent, 1);
	else
		worker_error(t->worker);
}

static void handle_echo(struct to_goose *t, const struct gb_received *in, const struct gb_datagram *d)
{
	uint64_t self = t->worker->runtime->use.sender_id;
	struct gb_echo echo;

	if (!gb_native_get_echo(d->native.type, d->body, d->body_length, &echo)) {
		gb_drop(t->worker->stats, GB_DROP_malformed, 1);
	} else if (d->native.type == GB_NATIVE_ECHO_REPLY) {
		gb_count(t->worker->stats, GB_COUNT_echo_replies_received, 1);
		if (echo.target == self)
			echo_answered(t->asked, &echo, d->native.sender_id, in->source, in->time_ns, gb_clock_mono_ns());
	} else {
		gb_count(t->worker->stats, GB_COUNT_echo_requests_received, 1);
		if (echo.target == 0 || echo.target == self)
			answer_echo(t, in, d, &echo);
	}
}

/* By the kernel's time of receipt. One that lies in the future is from before the clock was set back: nobody can say how old
 * that datagram is.
 */
static bool is_stale(const struct to_goose *t, const struct gb_received *in)
{
	uint64_t apart = t->utc_ns > in->time_ns ? t->utc_ns - in->time_ns : in->time_ns - t->utc_ns;

	return in->time_ns != 0 && apart > t->worker->runtime->use.max_frame_age_ns;
}

/* How long it took through the network: from SENT_NS to RECEIVED_NS. */
static void measure_one_way(struct to_goose *t, uint64_t received_ns, uint8_t flags, uint64_t sent_ns)
{
	bool synchronised = !(flags & GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED) &&
			    atomic_load_explicit(&t->worker->datapath->clock_synchronised, memory_order_relaxed);
	uint64_t ns;
	bool wrong;

	if (watch_one_way(synchronised, sent_ns, received_ns, &ns, &wrong))
		gb_histogram_add(&t->worker->datapath->one_way, ns, 1);
	else if (wrong)
		gb_count(t->worker->stats, GB_COUNT_send_times_wrong, 1);
}

static void measure_taken(struct to_goose *t, const struct gb_received *in, const struct gb_native_header *native)
{
	if (t->taken > 0) /* what is no frame says nothing of the network */
		measure_one_way(t, in->time_ns, native->flags, native->send_time_ns);
}

/* What is lost with a datagram, for the counters: control datagrams count as one. */
static unsigned frames_in(const struct gb_datagram *d)
{
	struct gb_reader body = gb_reader(d->body, d->body_length);
	unsigned frames = 0;
	size_t length;

	if (d->native.type != GB_NATIVE_FRAMES || !gb_native_frames_whole(d->body, d->body_length))
		return 1;
	for (; gb_reader_left(&body) > 0; frames++)
		gb_native_next_frame(&body, &length);
	return frames;
}

static bool is_own_address(const struct gb_datapath_runtime *use, struct in_addr address)
{
	return address.s_addr == gb_transport_settings(use->transport)->local.s_addr ||
	       address.s_addr == use->previous_local.s_addr;
}

static void handle_native(struct to_goose *t, const struct gb_received *in, const struct gb_datagram *d)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;
	struct gb_stats *stats = t->worker->stats;

	if (d->native.sender_id == use->sender_id) {
		if (is_own_address(use, in->source)) {
			gb_drop(stats, GB_DROP_own, 1);
			return;
		}
		hearing_conflict(&t->hearing, in->source, d->native.sender_id, t->now_ns);
	}
	struct gb_peer_datagram said = {in->source, d->native.sender_id, d->native.epoch, d->native.path_id,
					d->native.lane, d->native.sequence};
	struct gb_peer *peer = hearing_native(&t->hearing, &said, t->now_ns, t->utc_ns);

	if (is_stale(t, in)) {
		gb_drop(stats, GB_DROP_stale, frames_in(d));
		return;
	}
	switch (d->native.type) {
	case GB_NATIVE_FRAMES:
		handle_frames(t, peer, d);
		measure_taken(t, in, &d->native);
		break;
	case GB_NATIVE_PIECE:
		handle_piece(t, peer, in, d);
		measure_taken(t, in, &d->native);
		break;
	case GB_NATIVE_HELLO:
		handle_hello(t, peer, d);
		break;
	case GB_NATIVE_ECHO_REQUEST:
	case GB_NATIVE_ECHO_REPLY:
		handle_echo(t, in, d);
		break;
	default:
		gb_drop(stats, GB_DROP_unknown_type, 1);
	}
}

static void handle_legacy(struct to_goose *t, const struct gb_received *in, const struct gb_legacy_frame *legacy)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;

	gb_count(t->worker->stats, GB_COUNT_legacy_from_ip, 1);
	if (is_own_address(use, in->source)) {
		gb_drop(t->worker->stats, GB_DROP_own, 1);
		return;
	}
	struct gb_peer *peer = hearing_legacy(&t->hearing, in->source, t->now_ns, t->utc_ns);

	if (is_stale(t, in)) {
		gb_drop(t->worker->stats, GB_DROP_stale, 1);
		return;
	}
	/* The Ethernet header is at most as long as the legacy header in whose place it is put. */
	uint8_t *frame = in->octets + GB_LEGACY_HEADER - legacy->ethernet_length;

	memcpy(frame, legacy->ethernet, legacy->ethernet_length);
	deliver(t, frame, legacy->ethernet_length + legacy->payload_length);
	gb_peer_add_frames(peer, 1);
}

static void handle(struct to_goose *t, const struct gb_received *in)
{
	struct gb_stats *stats = t->worker->stats;
	struct gb_datagram datagram;

	gb_count(stats, GB_COUNT_datagrams_from_ip, 1);
	gb_count(stats, GB_COUNT_octets_from_ip, in->length);
	if (!in->for_us) {
		gb_drop(stats, GB_DROP_not_for_us, 1);
		return;
	}
	if (!gb_sources_allow(&t->worker->runtime->use.allow_sources, in->source)) {
		gb_drop(stats, GB_DROP_source_not_allowed, 1);
		hearing_refused(&t->hearing, in->source, t->now_ns);
		return;
	}
	if (in->truncated) {
		gb_drop(stats, GB_DROP_truncated, 1);
		return;
	}
	switch (gb_tunnel_parse(in->octets, in->length, &datagram)) {
	case GB_TUNNEL_NATIVE:
		handle_native(t, in, &datagram);
		break;
	case GB_TUNNEL_LEGACY:
		handle_legacy(t, in, &datagram.legacy);
		break;
	case GB_TUNNEL_MALFORMED:
		gb_drop(stats, GB_DROP_malformed, 1);
		break;
	case GB_TUNNEL_UNKNOWN_VERSION:
		gb_drop(stats, GB_DROP_unknown_version, 1);
		break;
	case GB_TUNNEL_UNKNOWN_KEY:
		gb_drop(stats, GB_DROP_unknown_key, 1);
		break;
	}
}

/* ---- what the kernel engine has carried ---- */

static void look_at_record(void *arg, const struct gb_kernel_record *record, const struct gb_frame *frame, uint64_t now_ns,
			   uint64_t utc_ns)
{
	struct to_goose *t = arg;

	(void)frame;
	if (!record) {
		gb_peers_missed(t->hearing.peers);
		return;
	}
	struct gb_peer_datagram said = {{record->address}, record->sender_id, record->epoch, record->path_id, record->lane,
					record->sequence};

	gb_peer_add_frames(hearing_native(&t->hearing, &said, now_ns, utc_ns), 1);
	measure_one_way(t, record->received_ns, record->flags, record->send_time_ns);
	if (record->received_ns != 0 && utc_ns > record->received_ns)
		gb_histogram_add(&t->watch.residence, utc_ns - record->received_ns, 1);
}

/* All that came in one batch. */
static void handle_batch(struct to_goose *t, struct gb_transport *transport)
{
	const struct gb_received *in;
	size_t octets = 0;

	t->now_ns = gb_clock_mono_ns();
	t->utc_ns = gb_clock_utc_ns();
	while ((in = gb_transport_next(t->inbox)) != NULL) {
		octets += in->length;
		t->datagram_ns = in->time_ns;
		t->taken = 0;
		/* those of a lane come by both ways: their numbers are looked at in the order in which the kernel got them */
		records_read(t->watch.records, in->time_ns ? in->time_ns : RECORDS_ALL);
		handle(t, in);
	}
	flush(t);
	if (octets > CACHED && t->most > RUNS_MIN)
		t->most /= 2;
	else if (octets < CACHED / 2 && t->most < t->batch)
		t->most *= 2;
	uint32_t overflowed = gb_transport_overflowed(transport, t->inbox);

	if (overflowed)
		gb_drop(t->worker->stats, GB_DROP_receive_buffer_full, overflowed);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct to_goose *t = arg;
	struct gb_transport *transport = t->worker->runtime->use.transport;
	int n = 0;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < BATCHES; i++) {
		uint64_t before_ns = gb_clock_mono_ns();
		unsigned most = t->most;

		n = gb_transport_receive(transport, t->inbox, most);
		if (n > 0)
			handle_batch(t, transport);
		if (n == -EAGAIN || (n > 0 && (unsigned)n < most))
			datapath_drained(t->worker->datapath, GB_KERNEL_TO_GOOSE0, before_ns);
		if (n <= 0 || (unsigned)n < most)
			break;
	}
	watch_rearm(&t->watch, t->now_ns);
	if (n < 0 && n != -EAGAIN && n != -EINTR)
		worker_error(t->worker); /* the socket's pending error; asking has cleared it */
}

void to_goose_tick(struct to_goose *t, uint64_t now_ns)
{
	unsigned given_up =
		gb_reassembly_expire(t->reassembly, now_ns, t->worker->runtime->use.max_frame_age_ns);

	if (given_up)
		gb_drop(t->worker->stats, GB_DROP_piece_incomplete, given_up);
	if (t->worker->datapath->kernel && t->reading) /* the programs want to know that nothing is there */
		on_readable(-1, 0, t);
}

int to_goose_take(struct to_goose *t, const struct gb_datapath_runtime *before)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;

	if (use->link != before->link)
		t->failing = false; /* a failure from here on is news again */
	if (use->wire_format != before->wire_format)
		t->hearing.format_stamp++;
	if (use->transport == before->transport)
		return 0;
	if (t->reading)
		event_del(t->readable);
	t->reading = false;
	if (!use->transport)
		return 0;
	if (event_assign(t->readable, t->worker->base, gb_transport_receive_fd(use->transport), EV_READ | EV_PERSIST,
			 on_readable, t) < 0 ||
	    event_add(t->readable, NULL) < 0)
		return -EBADF;
	t->reading = true;
	return 0;
}

struct echo *to_goose_echo(struct to_goose *t)
{
	return t->asked;
}

int to_goose_use_kernel(struct to_goose *t, struct gb_kernel_engine *engine)
{
	return watch_kernel(&t->watch, engine, GB_KERNEL_TO_GOOSE0, look_at_record, t);
}

struct watch *to_goose_watch(struct to_goose *t)
{
	return &t->watch;
}

size_t to_goose_peers(const struct to_goose *t, struct gb_peer_view *view, size_t max)
{
	return gb_peers_view(t->hearing.peers, view, max);
}

struct to_goose *to_goose_create(struct worker *worker)
{
	const struct gb_datapath_settings *s = &worker->datapath->settings;
	size_t buffer = s->buffer_size > GB_TRANSPORT_RUN_MAX ? s->buffer_size : GB_TRANSPORT_RUN_MAX;
	struct to_goose *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->worker = worker;
	t->batch = s->batch_size < BATCH_MIN ? BATCH_MIN : s->batch_size;
	t->most = t->batch;
	t->inbox = gb_transport_inbox_create(t->batch, buffer);
	t->burst = gb_link_burst_create(CARRIED_MAX, s->plain_link);
	t->reassembly = gb_reassembly_create(REASSEMBLY_SLOTS);
	t->asked = echo_create();
	t->readable = event_new(worker->base, -1, EV_READ, on_readable, t);
	if (!t->inbox || !t->burst || !t->reassembly || !t->asked || !t->readable || hearing_init(&t->hearing, worker) < 0 ||
	    watch_init(&t->watch, worker, GB_STREAM_TO_GOOSE0) < 0) {
		to_goose_destroy(t);
		return NULL;
	}
	return t;
}

void to_goose_destroy(struct to_goose *t)
{
	if (!t)
		return;
	if (t->readable)
		event_free(t->readable);
	gb_transport_inbox_destroy(t->inbox);
	gb_link_burst_destroy(t->burst);
	gb_reassembly_destroy(t->reassembly);
	hearing_release(&t->hearing);
	echo_destroy(t->asked);
	watch_release(&t->watch);
	free(t);
}
