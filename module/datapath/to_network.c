/* SPDX-License-Identifier: Apache-2.0 */
/* goose0 -> network: read a batch of frames, put the tunnel header before each in its own buffer, send the batch. */
#include "datapath_private.h"
#include "queue_age.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdlib.h>
#include <string.h>

#define HEADROOM      64 /* before each frame: the native header and a frame's length, or the legacy header */
#define BATCHES	      8	 /* read in one go before other events get their turn */
#define CALM_NS	      (50 * UINT64_C(1000)) /* frames that come further apart are sent one by one */
#define AGAIN_NS      GB_NS_PER_MS /* between attempts while a queue below the socket is full */
#define PIECES_MAX    20 /* of the largest frame at GB_TUNNEL_PATH_MTU_MIN */

/* What a datagram in the batch carries, for the counters. */
struct load {
	unsigned frame; /* number of the frame within the batch */
	bool piece;
	bool ends_frame; /* its last piece, or all of it */
	uint16_t length; /* octets of UDP payload */
};

struct to_network {
	struct worker *worker;
	struct event *readable; /* goose0 */
	struct event *writable; /* the socket has room again */
	struct event *again;	/* a queue below the socket may have: nothing tells, so it is tried */
	bool reading;
	bool blocked;		   /* datagrams from SENT on wait for room */
	uint64_t blocked_since_ns; /* monotonic */
	bool failing;	     /* the last send failed: said once per episode */
	uint64_t read_ns; /* when goose0 was last read; monotonic */
	struct queue_age age;
	uint32_t frame_id; /* of split frames */
	unsigned batch_size;
	unsigned capacity; /* datagrams */
	unsigned count;
	unsigned sent;
	struct gb_transport_outbox *outbox;
	struct gb_outgoing *datagram;
	struct load *load;
	uint8_t (*piece_header)[GB_NATIVE_HEADER + GB_NATIVE_PIECE_HEADER]; /* one a datagram */
	size_t stride;
	uint8_t *buffers; /* batch_size of STRIDE octets each: HEADROOM and a frame */
};

static const struct in_addr no_address;

/* ---- encoding ---- */

static struct gb_outgoing *next_datagram(struct to_network *t, unsigned frame, size_t length, bool piece, bool ends_frame)
{
	t->load[t->count] = (struct load){frame, piece, ends_frame, (uint16_t)length};
	return &t->datagram[t->count++];
}

static size_t payload_max(const struct to_network *t)
{
	return t->worker->runtime->use.path_mtu - IP_UDP_HEADERS;
}

static struct gb_native_header next_header(struct to_network *t, enum gb_native_type type, uint64_t utc_ns)
{
	return datapath_header(t->worker->datapath, &t->worker->runtime->use, type, LANE_FRAMES, utc_ns);
}

static void encode_pieces(struct to_network *t, unsigned number, const struct gb_frame *frame, uint64_t utc_ns)
{
	size_t room = (payload_max(t) - GB_NATIVE_HEADER - GB_NATIVE_PIECE_HEADER) / GB_NATIVE_PIECE_UNIT *
		      GB_NATIVE_PIECE_UNIT;
	struct gb_piece piece = {.frame_id = t->frame_id++, .frame_length = (uint16_t)frame->length};

	for (size_t offset = 0; offset < frame->length; offset += piece.length) {
		uint8_t *header = t->piece_header[t->count];
		struct gb_native_header native = next_header(t, GB_NATIVE_PIECE, utc_ns);

		piece.offset = (uint16_t)offset;
		piece.length = frame->length - offset < room ? frame->length - offset : room;
		gb_native_put_header(header, &native);
		gb_native_put_piece_header(header + GB_NATIVE_HEADER, &piece);

		struct gb_outgoing *out =
			next_datagram(t, number, sizeof(t->piece_header[0]) + piece.length, true,
				      offset + piece.length == frame->length);

		out->part[0] = (struct iovec){header, sizeof(t->piece_header[0])};
		out->part[1] = (struct iovec){(uint8_t *)(uintptr_t)frame->octets + offset, piece.length};
		out->parts = 2;
	}
}

static void encode_native(struct to_network *t, unsigned number, const struct gb_frame *frame, uint8_t *octets,
			  uint64_t utc_ns)
{
	size_t length = GB_NATIVE_HEADER + GB_NATIVE_FRAME_PREFIX + frame->length;

	if (length > payload_max(t)) {
		encode_pieces(t, number, frame, utc_ns);
		return;
	}
	struct gb_native_header native = next_header(t, GB_NATIVE_FRAMES, utc_ns);
	uint8_t *start = octets - GB_NATIVE_FRAME_PREFIX - GB_NATIVE_HEADER;

	gb_native_put_header(start, &native);
	gb_native_put_frame_prefix(octets - GB_NATIVE_FRAME_PREFIX, frame->length);
	struct gb_outgoing *out = next_datagram(t, number, length, false, true);

	out->part[0] = (struct iovec){start, length};
	out->parts = 1;
}

static enum gb_drop_reason legacy_drop(enum gb_legacy_verdict verdict)
{
	static const enum gb_drop_reason reason[] = {
		[GB_LEGACY_DESTINATION] = GB_DROP_legacy_destination,
		[GB_LEGACY_SECOND_TAG] = GB_DROP_legacy_second_tag,
		[GB_LEGACY_TPID] = GB_DROP_legacy_tpid,
		[GB_LEGACY_DEI] = GB_DROP_legacy_dei,
		[GB_LEGACY_PCP] = GB_DROP_legacy_pcp,
	};

	return reason[verdict];
}

static void encode_legacy(struct to_network *t, unsigned number, const struct gb_frame *frame, uint8_t *octets,
			  uint64_t utc_ns)
{
	struct gb_legacy_source source = {
		.addresses = frame->octets, .tags = frame->tags, .tpid = frame->tag[0].tpid, .tci = frame->tag[0].tci};
	enum gb_legacy_verdict verdict = gb_legacy_can_express(&source);
	size_t length = GB_LEGACY_HEADER + frame->length - frame->payload;
	uint8_t header[GB_LEGACY_HEADER];

	if (verdict != GB_LEGACY_FITS && !(t->worker->runtime->use.legacy_lossy && gb_legacy_rewritable(verdict))) {
		gb_drop(t->worker->stats, legacy_drop(verdict), 1);
		return;
	}
	if (length > payload_max(t)) { /* the format has no pieces, and IP must not fragment */
		gb_drop(t->worker->stats, GB_DROP_too_large, 1);
		return;
	}
	gb_legacy_put_header(header, &source, utc_ns / 1000);
	uint8_t *start = octets + frame->payload - GB_LEGACY_HEADER;

	memcpy(start, header, sizeof(header)); /* over the Ethernet header, from which it was made */
	struct gb_outgoing *out = next_datagram(t, number, length, false, true);

	out->part[0] = (struct iovec){start, length};
	out->parts = 1;
}

/* Classifies a frame and adds what carries it to the batch. */
static void encode(struct to_network *t, unsigned number, uint8_t *octets, size_t length, uint64_t utc_ns)
{
	const struct gb_datapath_runtime *use = &t->worker->runtime->use;
	struct gb_stats *stats = t->worker->stats;
	struct gb_frame frame;

	gb_count(stats, GB_COUNT_raw_frames, 1);
	gb_count(stats, GB_COUNT_raw_octets, length);
	if (!worker_check_frame(t->worker, octets, length, &frame))
		return;
	gb_count(stats, frame.tags ? GB_COUNT_vlan_goose_received : GB_COUNT_goose_received, 1);
	if (!use->transport) {
		gb_drop(stats, GB_DROP_network_down, 1);
		worker_error(t->worker);
	} else if (use->wire_format == GB_WIRE_NATIVE) {
		encode_native(t, number, &frame, octets, utc_ns);
	} else {
		encode_legacy(t, number, &frame, octets, utc_ns);
	}
}

/* ---- sending ---- */

static void count_sent(struct to_network *t, unsigned from, unsigned to)
{
	struct gb_stats *stats = t->worker->stats;
	uint64_t octets = 0, pieces = 0, frames = 0;

	for (unsigned i = from; i < to; i++) {
		octets += t->load[i].length;
		pieces += t->load[i].piece;
		frames += t->load[i].ends_frame;
	}
	gb_count(stats, GB_COUNT_goose_to_ip, to - from);
	gb_count(stats, GB_COUNT_octets_to_ip, octets);
	gb_count(stats, GB_COUNT_frames_to_ip, frames);
	if (pieces)
		gb_count(stats, GB_COUNT_pieces_to_ip, pieces);
	if (t->worker->runtime->use.wire_format == GB_WIRE_NATIVE)
		gb_stats_bump(&t->worker->datapath->frames_sent, frames);
	worker_success(t->worker);
	if (t->failing) {
		t->failing = false;
		worker_tell(t->worker, GB_EVENT_SEND_RESTORED, no_address, 0, 0);
	}
}

/* Gives up the frame that datagram SENT belongs to, with all that is left of it. */
static void drop_frame(struct to_network *t, enum gb_drop_reason reason, int error)
{
	unsigned frame = t->load[t->sent].frame;

	while (t->sent < t->count && t->load[t->sent].frame == frame)
		t->sent++;
	gb_drop(t->worker->stats, reason, 1);
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

/* No room for the next datagram (ERROR: EAGAIN in the socket's buffer, ENOBUFS below it). goose0's queue holds what comes
 * meanwhile, until what waits here is too old to be sent: then false.
 */
static bool wait_for_room(struct to_network *t, int error)
{
	uint64_t age = t->worker->runtime->use.max_frame_age_ns;
	uint64_t now = gb_clock_mono_ns();

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

/* Sends what is in the batch from SENT on. Afterwards the batch is empty, or blocked. */
static void send_batch(struct to_network *t)
{
	struct gb_transport *transport = t->worker->runtime->use.transport;

	while (t->sent < t->count) {
		int n = transport ? gb_transport_send(transport, t->outbox, t->datagram + t->sent, t->count - t->sent)
				  : -ENETDOWN;

		if (n > 0) {
			count_sent(t, t->sent, t->sent + (unsigned)n);
			t->sent += (unsigned)n;
		} else if (n == -EAGAIN || n == -ENOBUFS) {
			if (wait_for_room(t, -n))
				return;
			while (t->sent < t->count) /* all of the batch is as old */
				drop_frame(t, GB_DROP_send_buffer_full, -n);
		} else if (n != -EINTR) {
			drop_frame(t, send_drop(-n), -n);
		}
	}
	t->count = t->sent = 0;
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

static ssize_t read_frame(struct to_network *t, unsigned number)
{
	return gb_link_read(t->worker->runtime->use.link, t->buffers + number * t->stride + HEADROOM,
			    t->stride - HEADROOM);
}

/* Throws away what may be too old: all that the queue can have held when this began. One read a frame: the kernel offers
 * nothing faster for a TAP.
 */
static void drop_stale(struct to_network *t, uint64_t now_ns, uint64_t age_ns)
{
	unsigned dropped = 0;

	while (dropped < t->worker->runtime->use.goose0_queue && read_frame(t, 0) >= 0)
		dropped++;
	queue_age_empty(&t->age, now_ns);
	if (dropped == 0)
		return;
	gb_count(t->worker->stats, GB_COUNT_raw_frames, dropped);
	gb_drop(t->worker->stats, GB_DROP_stale, dropped);
	worker_tell(t->worker, GB_EVENT_STALLED, no_address, 0, (int64_t)(age_ns / GB_NS_PER_MS));
}

/* Called before goose0 is read. What waits there is too old if the process was stopped or starved meanwhile, or if the network
 * takes frames more slowly than they come.
 */
static void attend(struct to_network *t, uint64_t now_ns)
{
	uint64_t age = queue_age_oldest(&t->age, now_ns);

	if (age > t->worker->runtime->use.max_frame_age_ns && t->worker->runtime->use.link)
		drop_stale(t, now_ns, age);
}

/* Reads a batch of at most MOST frames and sends it. Returns whether there may be more. */
static bool move_batch(struct to_network *t, uint64_t now_ns, unsigned most)
{
	uint64_t utc = gb_clock_utc_ns();

	for (unsigned i = 0; i < most && t->capacity - t->count >= PIECES_MAX; i++) {
		ssize_t length = read_frame(t, i);

		if (length == -EAGAIN) {
			queue_age_empty(&t->age, now_ns);
			break;
		}
		if (length < 0) {
			if (length != -EINTR)
				lose_link(t, (int)-length);
			break;
		}
		queue_age_read(&t->age, now_ns, t->worker->runtime->use.goose0_queue);
		encode(t, i, t->buffers + i * t->stride + HEADROOM, (size_t)length, utc);
	}
	send_batch(t);
	return t->reading && !t->age.drained;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct to_network *t = arg;
	uint64_t now = gb_clock_mono_ns();
	bool calm = t->age.drained && now - t->read_ns > CALM_NS;

	(void)fd;
	(void)what;
	t->read_ns = now;
	attend(t, now);
	/* The first one does not wait until it is known whether others stand behind it. Mostly none does, and if one does,
	 * this is called again at once.
	 */
	bool more = move_batch(t, now, 1);

	if (more && calm)
		queue_age_empty(&t->age, now);
	for (unsigned i = 0; i < BATCHES && more && !calm; i++) {
		now = gb_clock_mono_ns();
		attend(t, now);
		more = move_batch(t, now, t->batch_size);
	}
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
	if (t->blocked)
		return;
	attend(t, now_ns);
	if (t->reading)
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

struct to_network *to_network_create(struct worker *worker)
{
	struct to_network *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->worker = worker;
	t->batch_size = worker->datapath->settings.batch_size;
	t->capacity = t->batch_size + PIECES_MAX;
	t->stride = HEADROOM + worker->datapath->frame_capacity;
	t->outbox = gb_transport_outbox_create(t->capacity);
	t->datagram = calloc(t->capacity, sizeof(*t->datagram));
	t->load = calloc(t->capacity, sizeof(*t->load));
	t->piece_header = calloc(t->capacity, sizeof(*t->piece_header));
	t->buffers = malloc(t->batch_size * t->stride);
	t->readable = event_new(worker->base, -1, EV_READ, on_readable, t);
	t->writable = event_new(worker->base, -1, EV_WRITE, on_room, t);
	t->again = evtimer_new(worker->base, on_room, t);
	if (!t->outbox || !t->datagram || !t->load || !t->piece_header || !t->buffers || !t->readable ||
	    !t->writable || !t->again) {
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
	gb_transport_outbox_destroy(t->outbox);
	free(t->datagram);
	free(t->load);
	free(t->piece_header);
	free(t->buffers);
	free(t);
}
