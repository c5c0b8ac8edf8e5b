/* SPDX-License-Identifier: Apache-2.0 */
/* Any frames and any lines of expected streams, in any order and at any time, in a table with little room. The input is a run
 * of pieces, each behind its kind and length (2 octets: 2 bits and 14) and the time that has passed since the one before (1
 * octet, in units of 16 ms); the last one takes what is left. Whatever comes, the table adds up, what is listed stays, what is
 * silent is found, and a line that was understood says the same when it is written and read again.
 */
#include <goose-bridge/octets.h>
#include <goose-bridge/stream.h>

#include <stdlib.h>
#include <string.h>

#define ENTRIES 6
#define UNIT_NS UINT64_C(16000000)
#define TO_UTC	UINT64_C(1700000000000000000)
#define HOUR_NS UINT64_C(3600000000000)

enum { PIECE_FRAME, PIECE_FRAME_TOO, PIECE_EXPECT, PIECE_FORGET };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct run {
	struct gb_streams *streams;
	uint64_t now_ns;
	uint64_t listed;
	uint64_t frames; /* that are of a stream, if it found room */
	unsigned events; /* within one call */
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void on_event(void *arg, const struct gb_event *event)
{
	struct run *run = arg;
	char sentence[GB_EVENT_SENTENCE];

	run->events++;
	require(event->kind >= GB_EVENT_STREAM_EXPIRED && event->kind <= GB_EVENT_STREAM_STORM);
	require(event->stream.index > 0 && event->stream.from_network);
	require(strnlen(event->stream.gocb_ref, GB_EVENT_REF) < GB_EVENT_REF);
	gb_event_describe(event, sentence, sizeof(sentence));
	require(strlen(sentence) < sizeof(sentence) - 1);
}

static void check_view(const struct run *run, const struct gb_stream_view *v)
{
	struct gb_stream_detail detail;

	require(v->index > 0 && v->index % 2 == 0 && v->index <= INT32_MAX);
	require(v->key.gocb_ref[0] != '\0' && strnlen(v->key.gocb_ref, GB_STREAM_REF) < GB_STREAM_REF);
	require(v->duplicates + v->out_of_order + v->state_changes + v->restarts <= v->frames && v->decode_errors <= v->frames);
	require(v->conf_rev_changes < v->frames || v->conf_rev_changes == 0);
	require((v->frames == 0) == (v->first_seen_ns == 0) && v->first_seen_ns <= v->last_seen_ns);
	require(v->longest_allowed_ms <= GB_STREAM_TAL_MAX_MS);
	require(!v->learned || v->listed);
	require(v->state != GB_STREAM_EXPECTED || v->listed);
	require((v->expirations == 0) == (v->expired_ns == 0));
	if (v->simulation)
		require(!v->listed && (v->state == GB_STREAM_TEST || v->state == GB_STREAM_EXPIRED));
	else
		require(v->state != GB_STREAM_TEST);
	require(gb_streams_detail(run->streams, v->index, &detail) == 0 && detail.view.index == v->index);
	require(detail.all_data_length <= GB_STREAM_DATA_MAX);
}

static void check_table(const struct run *run)
{
	struct gb_stream_view views[ENTRIES + 1];
	struct gb_streams_counts counts;
	uint64_t sum = 0, listed = 0, frames = 0, states[GB_STREAM_EXPIRED + 1] = {0};
	size_t before = SIZE_MAX, n = gb_streams_view(run->streams, &before, views, ENTRIES + 1);

	gb_streams_counts(run->streams, &counts);
	require(n <= ENTRIES && counts.streams == n);
	for (size_t i = 0; i < n; i++) {
		check_view(run, &views[i]);
		for (size_t k = 0; k < i; k++)
			require(views[k].index != views[i].index);
		listed += views[i].listed;
		frames += views[i].frames;
		states[views[i].state]++;
	}
	for (unsigned i = 0; i <= GB_STREAM_EXPIRED; i++) {
		require(counts.by_state[i] == states[i]);
		sum += states[i];
	}
	require(sum == n && listed == counts.listed && listed == run->listed);
	require(frames <= run->frames);
	/* who is alive is watched, and nobody else */
	require((gb_streams_deadline(run->streams) == 0) == (states[GB_STREAM_EXPIRED] == n));
}

static void expire(struct run *run)
{
	uint64_t next;

	do
		next = gb_streams_expire(run->streams, run->now_ns, run->now_ns + TO_UTC);
	while (next == run->now_ns);
	require(next == 0 || next > run->now_ns);
	require(next == gb_streams_deadline(run->streams));
}

static void take_frame(struct run *run, const uint8_t *octets, size_t length)
{
	struct gb_frame frame;

	if (gb_frame_parse(octets, length, &frame) != GB_FRAME_GOOSE)
		return;
	run->events = 0;
	run->frames++;
	gb_streams_frames(run->streams, &frame, 1, run->now_ns, run->now_ns + TO_UTC);
	require(run->events <= 5); /* one of each kind */
}

static void take_line(struct run *run, bool forget, const uint8_t *octets, size_t length)
{
	char text[1024], line[GB_STREAM_LINE], again[GB_STREAM_LINE], why[GB_STREAM_WHY] = "";
	struct gb_stream_expected expected, other;
	struct gb_streams_counts counts;

	if (length >= sizeof(text))
		length = sizeof(text) - 1;
	if (length)
		memcpy(text, octets, length);
	text[length] = '\0';
	if (gb_stream_expected_parse(text, &expected, why, sizeof(why)) < 0) {
		require(why[0] != '\0' && strnlen(why, sizeof(why)) < sizeof(why));
		return;
	}
	gb_stream_expected_format(&expected, line, sizeof(line));
	require(strlen(line) < sizeof(line) - 1);
	require(gb_stream_expected_parse(line, &other, why, sizeof(why)) == 0);
	require(strcmp(gb_stream_expected_format(&other, again, sizeof(again)), line) == 0);
	require(gb_stream_key_fits(&expected.key, &other.key) && gb_stream_key_fits(&other.key, &expected.key));
	expected.learned = length % 2;
	if (forget) {
		gb_streams_forget(run->streams, &expected.key);
	} else {
		int error = gb_streams_expect(run->streams, &expected, run->now_ns);

		/* once it is listed, to say it again changes nothing */
		if (error == 0 && !expected.learned)
			require(gb_streams_expect(run->streams, &expected, run->now_ns) == 0);
	}
	gb_streams_counts(run->streams, &counts);
	require(forget ? counts.listed <= run->listed : counts.listed == run->listed || counts.listed == run->listed + 1);
	run->listed = counts.listed;
}

static void take(struct run *run, unsigned kind, const uint8_t *octets, size_t length)
{
	/* memory that ends where the piece does: a read beyond it must not hit the next one */
	uint8_t *copy = malloc(length ? length : 1);

	if (!copy)
		return;
	if (length)
		memcpy(copy, octets, length);
	if (kind >= PIECE_EXPECT)
		take_line(run, kind == PIECE_FORGET, copy, length);
	else
		take_frame(run, copy, length);
	free(copy);
	check_table(run);
}

static void check_end(struct run *run)
{
	struct gb_streams_counts counts;

	run->now_ns += HOUR_NS + UNIT_NS;
	expire(run);
	gb_streams_counts(run->streams, &counts);
	require(counts.by_state[GB_STREAM_EXPIRED] == counts.streams);
	check_table(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gb_streams_settings settings = {.direction = GB_STREAM_TO_GOOSE0, .max = ENTRIES, .storm_per_second = 8};
	struct gb_reader r = gb_reader(data, size);
	struct run run = {.now_ns = 1000 * UNIT_NS};

	run.streams = gb_streams_create(&settings, on_event, &run);
	while (run.streams && gb_reader_left(&r) > 3) {
		unsigned head = gb_read_u16(&r);
		size_t length = head & 0x3FFF;

		run.now_ns += gb_read_u8(&r) * UNIT_NS;
		if (head & 1) /* as often as not somebody looks in time */
			expire(&run);
		if (length > gb_reader_left(&r))
			length = gb_reader_left(&r);
		take(&run, head >> 14, gb_read_octets(&r, length), length);
	}
	if (run.streams)
		check_end(&run);
	gb_streams_destroy(run.streams);
	return 0;
}
