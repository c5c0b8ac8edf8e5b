/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_records.h"

#include "watch.h"

#include <goose-bridge/clock.h>
#include <stdlib.h>

#define TOGETHER	16	/* frames that the streams are shown in one go */
#define TOGETHER_NS	(100 * UINT64_C(1000)) /* if they came within so long: for the streams they came at once */
#define TURN_MAX	2048 /* records in one turn, then others have theirs */
#define TURNS_MAX	4    /* in one go for who reads what came before: more than a ring holds */
#define ASK_AFTER	2 /* turns without a record; then the programs are asked to wake this worker, */
#define WAIT_AFTER	3 /* and a turn later it waits: a program that had not seen the request is through by then */

struct records {
	struct worker *worker;
	struct watch *watch;
	struct gb_kernel_engine *engine;
	enum gb_kernel_direction direction;
	records_look *look;
	void *arg;
	struct event *woken;
	struct event *turn;
	unsigned idle;	 /* turns without a record */
	uint64_t missed; /* that the streams were told of */
	/* a record that was looked at and is not due yet */
	const struct gb_kernel_record *ahead;
	/* frames that the streams are still to be shown */
	struct gb_frame frame[TOGETHER];
	unsigned frames;
	uint64_t frames_ns; /* of the first of them, monotonic */
	/* now, by both clocks */
	uint64_t now_ns;
	uint64_t utc_ns;
};

/* In UTC what was at MONO_NS. */
static uint64_t to_utc(const struct records *r, uint64_t mono_ns)
{
	return r->utc_ns - (r->now_ns - mono_ns);
}

static void show(struct records *r)
{
	if (r->frames > 0)
		watch_frames(r->watch, r->frame, r->frames, r->frames_ns, to_utc(r, r->frames_ns));
	r->frames = 0;
}

static void notice_missed(struct records *r, uint64_t missed)
{
	if (missed <= r->missed)
		return;
	show(r);
	r->missed = missed;
	if (r->watch->streams)
		gb_streams_missed(r->watch->streams, r->now_ns);
	if (r->look)
		r->look(r->arg, NULL, NULL, r->now_ns, r->utc_ns);
}

/* One that a program has written; what it says is believed as the program is, but never beyond its own length. */
static bool is_whole(const struct gb_kernel_record *record, size_t length)
{
	return length >= sizeof(*record) && record->head_length <= length - sizeof(*record) &&
	       record->head_length <= record->frame_length &&
	       (record->head_length == record->frame_length || record->head_length >= GB_FRAME_HEAD_MIN);
}

static void take(struct records *r, const struct gb_kernel_record *record)
{
	const uint8_t *head = (const uint8_t *)(record + 1);
	struct gb_frame *frame;

	notice_missed(r, record->missed);
	frame = &r->frame[r->frames];
	if (gb_frame_parse_head(head, record->head_length, record->frame_length, frame) != GB_FRAME_GOOSE)
		return;
	if (r->look)
		r->look(r->arg, record, frame, record->time_ns, to_utc(r, record->time_ns));
	if (r->frames == 0)
		r->frames_ns = record->time_ns;
	r->frames++;
}

/* The next record, if it was received by UNTIL_NS. Those of another processor may stand a moment too late: that is how they are
 * read, too.
 */
static const struct gb_kernel_record *next(struct records *r, uint64_t until_ns)
{
	struct kernel_ring *ring = &r->engine->ring[r->direction];
	const struct gb_kernel_record *record = r->ahead;
	size_t length;

	while (!record && (record = kernel_ring_next(ring, &length)) != NULL)
		if (!is_whole(record, length))
			record = NULL;
	r->ahead = record;
	if (!record)
		return NULL;
	uint64_t at = record->received_ns ? record->received_ns : to_utc(r, record->time_ns);

	if (until_ns != RECORDS_ALL && at > until_ns)
		return NULL;
	r->ahead = NULL;
	return record;
}

static bool belongs(const struct records *r, const struct gb_kernel_record *record)
{
	return r->frames == 0 || (r->frames < TOGETHER && record->time_ns - r->frames_ns < TOGETHER_NS);
}

/* Reads at most MOST records. Returns how many. */
static unsigned read_some(struct records *r, uint64_t until_ns, unsigned most)
{
	const struct gb_kernel_record *record;
	unsigned n;

	r->now_ns = gb_clock_mono_ns();
	r->utc_ns = gb_clock_utc_ns();
	for (n = 0; n < most && (record = next(r, until_ns)) != NULL; n++) {
		if (!belongs(r, record)) {
			show(r);
			kernel_ring_release_but_last(&r->engine->ring[r->direction]);
		}
		take(r, record);
	}
	show(r);
	if (r->ahead)
		kernel_ring_release_but_last(&r->engine->ring[r->direction]);
	else
		kernel_ring_release(&r->engine->ring[r->direction]);
	if (!r->ahead && n < most)
		notice_missed(r, __atomic_load_n(&r->engine->state->missed[r->direction], __ATOMIC_ACQUIRE));
	return n;
}

void records_read(struct records *records, uint64_t until_ns)
{
	for (unsigned i = 0; records && i < TURNS_MAX; i++)
		if (read_some(records, until_ns, TURN_MAX) < TURN_MAX)
			break;
}

/* ---- when ---- */

static void ask_to_be_woken(struct records *r)
{
	__atomic_store_n(&r->engine->state->waiting[r->direction], 1, __ATOMIC_SEQ_CST);
}

/* A worker that has just begun, and does not know yet what it works with, reads a turn later. */
static void turn(struct records *r)
{
	unsigned n = r->worker->runtime ? read_some(r, RECORDS_ALL, TURN_MAX) : 0;
	struct timeval wait = gb_clock_timeval(n == TURN_MAX ? 0 : RECORDS_TURN_MS * GB_NS_PER_MS);

	if (n > 0) {
		watch_rearm(r->watch, r->now_ns);
		worker_success(r->worker);
	}
	r->idle = n > 0 ? 0 : r->idle + 1;
	if (r->idle == ASK_AFTER)
		ask_to_be_woken(r);
	if (r->idle < WAIT_AFTER)
		evtimer_add(r->turn, &wait);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	turn(arg);
}

struct records *records_create(struct worker *worker, struct watch *watch, struct gb_kernel_engine *engine,
			       enum gb_kernel_direction direction, records_look *look, void *arg)
{
	struct records *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	*r = (struct records){.worker = worker, .watch = watch, .engine = engine, .direction = direction, .look = look,
			      .arg = arg, .missed = engine->state->missed[direction]};
	/* a program's wake-up, once; that there are records says nothing */
	r->woken = event_new(worker->base, engine->ring[direction].fd, EV_READ | EV_ET | EV_PERSIST, on_turn, r);
	r->turn = evtimer_new(worker->base, on_turn, r);
	if (!r->woken || !r->turn || event_add(r->woken, NULL) < 0) {
		records_destroy(r);
		return NULL;
	}
	ask_to_be_woken(r);
	return r;
}

void records_destroy(struct records *records)
{
	if (!records)
		return;
	if (records->woken)
		event_free(records->woken);
	if (records->turn)
		event_free(records->turn);
	free(records);
}
