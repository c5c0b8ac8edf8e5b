/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, as the control thread sees them: each table belongs to a worker, which is asked. */
#include "watch.h"

#include <errno.h>

static struct worker *worker_of(struct gb_datapath *datapath, enum gb_stream_direction direction)
{
	return &datapath->worker[direction == GB_STREAM_TO_NETWORK ? 0 : datapath->workers - 1];
}

/* Of the stream with this index (stream.h). */
static enum gb_stream_direction direction_of(uint32_t index)
{
	return index % 2 ? GB_STREAM_TO_NETWORK : GB_STREAM_TO_GOOSE0;
}

static struct watch *watch_of(struct worker *worker, enum gb_stream_direction direction)
{
	return direction == GB_STREAM_TO_NETWORK ? to_network_watch(worker->to_network) : to_goose_watch(worker->to_goose);
}

/* ---- views ---- */

struct view_question {
	enum gb_stream_direction direction;
	size_t before;
	struct gb_stream_view *view;
	size_t max;
	size_t count;
};

static void copy_views(struct worker *worker, void *arg)
{
	struct view_question *q = arg;
	struct gb_streams *streams = watch_of(worker, q->direction)->streams;

	q->count = streams ? gb_streams_view(streams, &q->before, q->view, q->max) : 0;
}

int gb_datapath_streams(struct gb_datapath *datapath, enum gb_stream_direction direction, size_t *before,
			struct gb_stream_view *view)
{
	struct view_question q = {
		.direction = direction, .before = *before, .view = view, .max = GB_DATAPATH_STREAMS_AT_ONCE};
	int error = worker_ask(worker_of(datapath, direction), copy_views, &q);

	*before = q.before;
	return error ? error : (int)q.count;
}

struct counts_question {
	enum gb_stream_direction direction;
	struct gb_streams_counts *counts;
};

static void copy_counts(struct worker *worker, void *arg)
{
	struct counts_question *q = arg;
	struct gb_streams *streams = watch_of(worker, q->direction)->streams;

	if (streams)
		gb_streams_counts(streams, q->counts);
}

int gb_datapath_stream_counts(struct gb_datapath *datapath, enum gb_stream_direction direction,
			      struct gb_streams_counts *counts)
{
	struct counts_question q = {direction, counts};

	*counts = (struct gb_streams_counts){0};
	return worker_ask(worker_of(datapath, direction), copy_counts, &q);
}

/* ---- one stream ---- */

struct detail_question {
	enum gb_stream_direction direction;
	uint32_t index;
	struct gb_stream_detail *detail;
	int result;
};

static void copy_detail(struct worker *worker, void *arg)
{
	struct detail_question *q = arg;
	struct gb_streams *streams = watch_of(worker, q->direction)->streams;

	q->result = streams ? gb_streams_detail(streams, q->index, q->detail) : -ENOENT;
}

int gb_datapath_stream(struct gb_datapath *datapath, uint32_t index, struct gb_stream_detail *detail)
{
	struct detail_question q = {.direction = direction_of(index), .index = index, .detail = detail};
	int error = worker_ask(worker_of(datapath, q.direction), copy_detail, &q);

	return error ? error : q.result;
}

/* ---- the list of expected ones ---- */

struct expect_question {
	const struct gb_stream_expected *expected;
	uint64_t now_ns;
	int result;
};

static void expect(struct worker *worker, void *arg)
{
	struct expect_question *q = arg;
	struct watch *watch = watch_of(worker, q->expected->key.direction);

	q->result = watch->streams ? gb_streams_expect(watch->streams, q->expected, q->now_ns) : -EOPNOTSUPP;
	watch_rearm(watch, q->now_ns);
}

int gb_datapath_expect(struct gb_datapath *datapath, const struct gb_stream_expected *expected, uint64_t now_ns)
{
	struct expect_question q = {.expected = expected, .now_ns = now_ns};
	int error = worker_ask(worker_of(datapath, expected->key.direction), expect, &q);

	return error ? error : q.result;
}

struct forget_question {
	const struct gb_stream_key *pattern;
	unsigned forgotten;
};

static void forget(struct worker *worker, void *arg)
{
	struct forget_question *q = arg;
	struct gb_streams *streams = watch_of(worker, q->pattern->direction)->streams;

	q->forgotten = streams ? gb_streams_forget(streams, q->pattern) : 0;
}

struct forget_index_question {
	enum gb_stream_direction direction;
	uint32_t index;
	unsigned forgotten;
};

static void forget_index(struct worker *worker, void *arg)
{
	struct forget_index_question *q = arg;
	struct gb_streams *streams = watch_of(worker, q->direction)->streams;

	q->forgotten = streams ? gb_streams_forget_index(streams, q->index) : 0;
}

int gb_datapath_forget_index(struct gb_datapath *datapath, uint32_t index)
{
	struct forget_index_question q = {.direction = direction_of(index), .index = index};
	int error = worker_ask(worker_of(datapath, q.direction), forget_index, &q);

	return error ? error : (int)q.forgotten;
}

int gb_datapath_forget(struct gb_datapath *datapath, const struct gb_stream_key *pattern)
{
	struct forget_question q = {.pattern = pattern};
	int error = worker_ask(worker_of(datapath, pattern->direction), forget, &q);

	return error ? error : (int)q.forgotten;
}

/* ---- storms ---- */

struct storm_question {
	enum gb_stream_direction direction;
	unsigned per_second;
};

static void set_storm(struct worker *worker, void *arg)
{
	struct storm_question *q = arg;
	struct gb_streams *streams = watch_of(worker, q->direction)->streams;

	if (streams)
		gb_streams_set_storm(streams, q->per_second);
}

int gb_datapath_set_storm(struct gb_datapath *datapath, unsigned per_second)
{
	int error = 0;

	for (unsigned i = 0; i < 2; i++) {
		struct storm_question q = {(enum gb_stream_direction)i, per_second};
		int result = worker_ask(worker_of(datapath, q.direction), set_storm, &q);

		error = error ? error : result;
	}
	return error;
}

/* ---- latency ---- */

void gb_datapath_latencies(struct gb_datapath *datapath, struct gb_datapath_latencies *latencies)
{
	for (unsigned i = 0; i < 2; i++) {
		enum gb_stream_direction direction = (enum gb_stream_direction)i;

		latencies->residence[i] =
			gb_histogram_read(&watch_of(worker_of(datapath, direction), direction)->residence);
	}
	latencies->one_way = gb_histogram_read(&datapath->one_way);
}
