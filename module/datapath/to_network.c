/* SPDX-License-Identifier: Apache-2.0 */
/* goose0 -> network: read a batch of frames, have datagrams made of them, send these. */
#include "batch.h"
#include "queue_age.h"
#include "watch.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdlib.h>

#define BATCHES	   8   /* read in one go before other events get their turn */
#define EXPECTED_MIN 8
#define FRAMES_MIN 128 /* read together under backlog, though batch_size is less: fewer cost more each, and gain nothing */
#define CALM_NS	   (50 * UINT64_C(1000)) /* frames that come further apart are sent one by one */
#define AGAIN_NS   GB_NS_PER_MS /* between attempts while a queue below the socket is full */

struct to_network {
	struct worker *worker;
	struct event *readable; /* goose0 */
	struct event *writable; /* the socket has room again */
	struct event *again;	/* a queue below the socket may have: nothing tells, so it is tried */
	bool reading;
	bool blocked;		   /* datagrams from SENT on wait for room */
	int blocked_error;	   /* that they wait for that */
	uint64_t blocked_since_ns; /* monotonic */
	bool failing;	     /* the last send failed: said once per episode */
	uint64_t read_ns; /* when goose0 was last read; monotonic */
	bool unasked;	  /* one frame was read then, and whether others are behind it is not known */
	struct queue_age age;
	struct batch batch;
	uint64_t batch_ns; /* when reading it began; monotonic */
	struct gb_link_burst *burst;
	unsigned expected; /* frames that are asked for together: as many as were there last time, and some more */
	struct gb_transport_outbox *outbox;
	struct watch watch;
};

static const struct in_addr no_address;

/* ---- encoding ---- */

/* Adds what carries the frame that was kept last to the batch. */
static void encode(struct to_network *t, uint64_t utc_ns)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;
	enum gb_drop_reason reason;

	if (!use->transport) {
		gb_drop(t->worker->stats, GB_DROP_network_down, 1);
		worker_error(t->worker);
	} else if (use->wire_format == GB_WIRE_NATIVE) {
		batch_native(&t->batch, t->worker, utc_ns);
	} else if (!batch_legacy(&t->batch, t->worker, utc_ns, &reason)) {
		gb_drop(t->worker->stats, reason, 1);
	}
}

/* ---- sending ---- */

static void count_sent(struct to_network *t, unsigned from, unsigned to)
{
	struct gb_stats *stats = t->worker->stats;
	uint64_t octets = 0, pieces = 0, frames = 0;

	for (unsigned i = from; i < to; i++) {
		octets += t->batch.load[i].length;
		pieces += t->batch.load[i].piece;
		frames += t->batch.load[i].ends;
	}
	gb_count(stats, GB_COUNT_goose_to_ip, to - from);
	gb_count(stats, GB_COUNT_octets_to_ip, octets);
	gb_count(stats, GB_COUNT_frames_to_ip, frames);
	gb_histogram_add(&t->watch.residence, gb_clock_mono_ns() - t->batch_ns, frames);
	if (pieces)
		gb_count(stats, GB_COUNT_pieces_to_ip, pieces);
	if (t->worker->runtime->use.wire_format == GB_WIRE_NATIVE)
		gb_stats_bump(datapath_frames_sent(t->worker->datapath), frames);
	worker_success(t->worker);
	if (t->failing) {
		t->failing = false;
		worker_tell(t->worker, GB_EVENT_SEND_RESTORED, no_address, 0, 0);
	}
}

/* Gives up the frames in datagram SENT, with all that is left of them. */
static void drop_datagram(struct to_network *t, enum gb_drop_reason reason, int error)
{
	struct batch *b = &t->batch;
	unsigned frame = b->load[b->sent].frame, frames = 0;

	for (; b->sent < b->count && b->load[b->sent].frame == frame; b->sent++)
		frames += b->load[b->sent].ends;
	gb_drop(t->worker->stats, reason, frames);
	worker_error(t->worker);
	if (!t->failing) {
		t->failing = true;
		worker_tell(t->worker, GB_EVENT_SEND_FAILING, no_address, 0, error);
	}
}

static enum gb_drop_reason send_drop(int error)
{
	switch (error) {
	case ENETUNREACH:
	case ENETDOWN:
	case EHOSTUNREACH:
	case ENODEV:
	case ENXIO:
	case EADDRNOTAVAIL:
		return GB_DROP_network_down;
	case EMSGSIZE:
		return GB_DROP_too_large;
	default:
		return GB_DROP_send_failed;
	}
}

static void stop_reading(struct to_network *t)
{
	if (t->reading)
		event_del(t->readable);
	t->reading = false;
}

static void start_reading(struct to_network *t)
{
	if (!t->reading && t->worker->runtime->use.link)
		t->reading = event_add(t->readable, NULL) == 0;
}

static bool waited_too_long(const struct to_network *t)
{
	return t->blocked && gb_clock_mono_ns() - t->blocked_since_ns >= t->worker->runtime->use.max_frame_age_ns;
}

/* No room for the next datagram (ERROR: EAGAIN in the socket's buffer, ENOBUFS below it). goose0's queue holds what comes
 * meanwhile, until what waits here is too old to be sent: then false.
 */
static bool wait_for_room(struct to_network *t, int error)
{
	uint64_t age = t->worker->runtime->use.max_frame_age_ns;
	uint64_t now = gb_clock_mono_ns();

	t->blocked_error = error;
	if (!t->blocked) {
		t->blocked = true;
		t->blocked_since_ns = now;
		stop_reading(t);
	} else if (now - t->blocked_since_ns >= age) {
		return false;
	}
	struct timeval limit = gb_clock_timeval(error == EAGAIN ? age - (now - t->blocked_since_ns) : AGAIN_NS);

	return event_add(error == EAGAIN ? t->writable : t->again, &limit) == 0;
}

/* All of the batch is as old. */
static void give_up_waiting(struct to_network *t)
{
	while (t->batch.sent < t->batch.count)
		drop_datagram(t, GB_DROP_send_buffer_full, t->blocked_error);
}

/* Sends what is in the batch from SENT on. Afterwards nothing is left to send, or it is blocked. */
static void send_batch(struct to_network *t)
{
	struct gb_transport *transport = t->worker->runtime->use.transport;
	struct batch *b = &t->batch;

	if (waited_too_long(t)) /* though there may be room by now: the process may have been stopped */
		give_up_waiting(t);
	while (b->sent < b->count) {
		int n = transport ? gb_transport_send(transport, t->outbox, b->datagram + b->sent, b->count - b->sent)
				  : -ENETDOWN;

		if (n > 0) {
			count_sent(t, b->sent, b->sent + (unsigned)n);
			b->sent += (unsigned)n;
		} else if (n == -EAGAIN || n == -ENOBUFS) {
			if (wait_for_room(t, -n))
				return;
			give_up_waiting(t);
		} else if (n != -EINTR) {
			drop_datagram(t, send_drop(-n), -n);
		}
	}
	batch_done(b);
	t->blocked = false;
}

/* ---- reading ---- */

/* The interface is gone or broken: the control thread opens it again and hands it over. */
static void lose_link(struct to_network *t, int error)
{
	stop_reading(t);
	worker_error(t->worker);
	worker_tell(t->worker, GB_EVENT_GOOSE0_BROKEN, no_address, 0, error);
}

/* What was published lives, whether it could be sent or not. */
static void watch_batch(struct to_network *t, uint64_t utc_ns)
{
	/* what the kernel engine carried of these streams was before: it leaves them here until goose0 was seen empty */
	records_read(t->watch.records, RECORDS_ALL);
	watch_frames(&t->watch, t->batch.frame, t->batch.frames, t->batch_ns, utc_ns);
	watch_rearm(&t->watch, t->batch_ns);
}

/* What was read into a batch, for the counters. */
struct reading {
	unsigned frames, tagged, untagged;
	uint64_t octets;
};

static void count_reading(struct to_network *t, const struct reading *r)
{
	struct gb_stats *stats = t->worker->stats;

	gb_count(stats, GB_COUNT_raw_frames, r->frames);
	gb_count(stats, GB_COUNT_raw_octets, r->octets);
	gb_count(stats, GB_COUNT_vlan_goose_received, r->tagged);
	gb_count(stats, GB_COUNT_goose_received, r->untagged);
}

static void take_frame(struct to_network *t, const uint8_t *octets, size_t length, struct reading *reading, uint64_t utc_ns)
{
	struct gb_frame frame;

	queue_age_read(&t->age, t->batch_ns, t->worker->runtime->use.goose0_queue);
	reading->frames++;
	reading->octets += length;
	if (!worker_check_frame(t->worker, octets, length, &frame))
		return;
	reading->tagged += frame.tags > 0;
	reading->untagged += frame.tags == 0;
	batch_keep(&t->batch, &frame);
	encode(t, utc_ns);
}

/* Has datagrams made of the frames that were read into the slots FROM to END - 1. Returns how many there were; *LOST is what is
 * wrong with goose0, or 0.
 */
static unsigned take_slots(struct to_network *t, unsigned from, unsigned end, uint64_t utc_ns, int *lost)
{
	const struct gb_link_frame *slot = t->batch.slot;
	struct reading reading = {0};

	*lost = 0;
	batch_clear(&t->batch);
	for (unsigned i = from; i < end; i++) {
		if (slot[i].result >= 0)
			take_frame(t, slot[i].octets, (size_t)slot[i].result, &reading, utc_ns);
		else if (slot[i].result == -EAGAIN)
			queue_age_empty(&t->age, t->batch_ns);
		else if (slot[i].result != -EINTR)
			*lost = -slot[i].result;
	}
	count_reading(t, &reading);
	return reading.frames;
}

/* Reads at most MOST frames, and has datagrams made of them. */
static void read_batch(struct to_network *t, unsigned most, uint64_t utc_ns)
{
	int lost;

	gb_link_read_burst(t->worker->runtime->use.link, t->burst, t->batch.slot, most);
	t->expected = take_slots(t, 0, most, utc_ns, &lost) * 2;
	if (t->expected < EXPECTED_MIN)
		t->expected = EXPECTED_MIN;
	if (t->expected > t->batch.frames_max)
		t->expected = t->batch.frames_max;
	if (lost)
		lose_link(t, lost);
}

/* Reads a batch of at most MOST frames and sends it. Returns whether there may be more. */
static bool move_batch(struct to_network *t, uint64_t now_ns, unsigned most)
{
	uint64_t utc = gb_clock_utc_ns();

	t->batch_ns = now_ns;
	read_batch(t, most, utc);
	send_batch(t);
	watch_batch(t, utc);
	if (t->age.drained && !t->blocked)
		datapath_drained(t->worker->datapath, GB_KERNEL_TO_NETWORK, now_ns);
	return t->reading && !t->age.drained;
}

/* Throws away what may be too old: all that the queue can have held when this began. Returns how many frames. What stands in
 * the slots from *NEXT on was read later than that: the queue was seen empty before.
 */
static unsigned read_stale(struct to_network *t, unsigned *next)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;
	struct batch *b = &t->batch;
	unsigned dropped = 0;

	do {
		gb_link_read_burst(use->link, t->burst, b->slot, b->frames_max);
		for (*next = 0; *next < b->frames_max && b->slot[*next].result >= 0; ++*next)
			dropped++;
	} while (*next == b->frames_max && dropped < use->goose0_queue);
	return dropped;
}

static void drop_stale(struct to_network *t, uint64_t now_ns, uint64_t age_ns)
{
	unsigned next, dropped = read_stale(t, &next);
	uint64_t utc = gb_clock_utc_ns();
	int lost; /* whoever reads next finds it, too */

	queue_age_empty(&t->age, now_ns);
	if (dropped > 0) {
		gb_count(t->worker->stats, GB_COUNT_raw_frames, dropped);
		gb_drop(t->worker->stats, GB_DROP_stale, dropped);
		worker_tell(t->worker, GB_EVENT_STALLED, no_address, 0, (int64_t)(age_ns / GB_NS_PER_MS));
	}
	t->batch_ns = now_ns;
	take_slots(t, next, t->batch.frames_max, utc, &lost);
	send_batch(t);
	watch_batch(t, utc);
}

/* Called before goose0 is read. What waits there is too old if the process was stopped or starved meanwhile, or if the network
 * takes frames more slowly than they come. Returns whether goose0 is to be read on.
 */
static bool attend(struct to_network *t, uint64_t now_ns)
{
	uint64_t age = queue_age_oldest(&t->age, now_ns);

	if (age > t->worker->runtime->use.max_frame_age_ns && t->worker->runtime->use.link)
		drop_stale(t, now_ns, age);
	return t->reading;
}

/* CALM: nothing came shortly before. Then the first frame does not wait until it is known whether others stand behind it.
 * Mostly none does, and if one does, this is called again at once; until somebody has asked, nothing more is known of the
 * queue's age.
 */
static void read_on(struct to_network *t, uint64_t now_ns, bool calm)
{
	t->read_ns = now_ns;
	t->unasked = false;
	if (!attend(t, now_ns))
		return;
	bool more = move_batch(t, now_ns, 1);

	t->unasked = more && calm;
	for (unsigned i = 0; i < BATCHES && more && !calm; i++) {
		now_ns = gb_clock_mono_ns();
		more = attend(t, now_ns) && move_batch(t, now_ns, t->expected);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct to_network *t = arg;
	uint64_t now = gb_clock_mono_ns();

	(void)fd;
	(void)what;
	read_on(t, now, (t->age.drained || t->unasked) && now - t->read_ns > CALM_NS);
}

/* Whatever waited for room is gone: what came to goose0 meanwhile is read at once, so that its age is known. */
static void resume(struct to_network *t)
{
	if (t->blocked)
		return;
	start_reading(t);
	if (t->reading)
		on_readable(-1, 0, t);
}

/* There may be room again, or what waits has become too old. */
static void on_room(evutil_socket_t fd, short what, void *arg)
{
	struct to_network *t = arg;

	(void)fd;
	(void)what;
	send_batch(t);
	resume(t);
}

/* A drained queue stays known to be empty as long as the loop turns: what comes is read at once. While a batch waits for room
 * its buffers are not to be read into; what is too old then is found when reading goes on.
 */
void to_network_tick(struct to_network *t, uint64_t now_ns)
{
	if (t->blocked || !attend(t, now_ns))
		return;
	if (t->unasked || t->worker->datapath->kernel) /* the programs want to know that it is empty, not that it should be */
		read_on(t, now_ns, false);
	else
		queue_age_idle(&t->age, now_ns);
}

int to_network_take(struct to_network *t, const struct gb_datapath_runtime *before)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;
	int error = 0;

	if (t->failing && use->network_episode != before->network_episode) {
		t->failing = false; /* the cause is gone, though nothing was sent since: a failure from here on is news again */
		worker_tell(t->worker, GB_EVENT_SEND_RESTORED, no_address, 0, GB_EVENT_NOT_TRIED);
	}
	if (use->transport != before->transport) {
		event_del(t->writable);
		if (use->transport)
			error = event_assign(t->writable, t->worker->base, gb_transport_send_fd(use->transport), EV_WRITE,
					     on_room, t);
	}
	if (use->link != before->link) {
		stop_reading(t);
		if (use->link)
			error |= event_assign(t->readable, t->worker->base, gb_link_fd(use->link), EV_READ | EV_PERSIST,
					      on_readable, t);
		queue_age_empty(&t->age, use->goose0_opened_ns); /* the kernel empties it when a process attaches */
	}
	if (t->blocked)
		send_batch(t); /* on the new transport, or dropped for want of one */
	resume(t);
	return error;
}

int to_network_use_kernel(struct to_network *t, struct gb_kernel_engine *engine)
{
	return watch_kernel(&t->watch, engine, GB_KERNEL_TO_NETWORK, NULL, NULL);
}

struct watch *to_network_watch(struct to_network *t)
{
	return &t->watch;
}

struct to_network *to_network_create(struct worker *worker)
{
	struct to_network *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->worker = worker;
	unsigned frames = worker->datapath->settings.batch_size;
	int error = batch_init(&t->batch, frames < FRAMES_MIN ? FRAMES_MIN : frames, worker->datapath->frame_capacity);

	t->expected = EXPECTED_MIN;
	t->burst = gb_link_burst_create(t->batch.frames_max, worker->datapath->settings.plain_link);
	t->outbox = gb_transport_outbox_create(t->batch.frames_max);
	t->readable = event_new(worker->base, -1, EV_READ, on_readable, t);
	t->writable = event_new(worker->base, -1, EV_WRITE, on_room, t);
	t->again = evtimer_new(worker->base, on_room, t);
	if (error || !t->burst || !t->outbox || !t->readable || !t->writable || !t->again ||
	    watch_init(&t->watch, worker, GB_STREAM_TO_NETWORK) < 0) {
		to_network_destroy(t);
		return NULL;
	}
	return t;
}

void to_network_destroy(struct to_network *t)
{
	if (!t)
		return;
	if (t->readable)
		event_free(t->readable);
	if (t->writable)
		event_free(t->writable);
	if (t->again)
		event_free(t->again);
	gb_link_burst_destroy(t->burst);
	gb_transport_outbox_destroy(t->outbox);
	batch_release(&t->batch);
	watch_release(&t->watch);
	free(t);
}
