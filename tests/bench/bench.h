/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmarks' load generator: numbered GOOSE frames, what has become of them, and the two ends that move them.
 * Frames and tally are pure; only they judge. */
#ifndef GB_TESTS_BENCH_H
#define GB_TESTS_BENCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define BENCH_NS_PER_S	  UINT64_C(1000000000)
#define BENCH_OCTETS_MIN  160
#define BENCH_OCTETS_MAX  1518
#define BENCH_STREAMS_MAX 10000
#define BENCH_RATE_MAX	  2000000 /* frames/s, also when sent flat out: bounds what is remembered of them */

/* ---- the frame: bench_frame.c ---- */

/* A frame with its tag, and where in it the numbers are. All of them are big-endian. */
struct bench_frame {
	uint8_t octets[BENCH_OCTETS_MAX];
	size_t size;
	uint64_t streams;
	size_t stream;	 /* its number in gocbRef: decimal digits */
	size_t sequence; /* sqNum, 4 octets */
	size_t number;	 /* 8 octets, then their complement, then the send time (UTC, ns) */
	size_t pattern;	 /* from here to the end: the same in every frame */
};

/* Makes FRAME: SIZE octets with the tag, BENCH_OCTETS_MIN..MAX; frames of STREAMS streams take turns, 1..BENCH_STREAMS_MAX. */
void bench_frame_make(struct bench_frame *frame, size_t size, uint64_t streams);

/* Writes a frame's numbers and send time into OCTETS, a copy of the frame's. */
void bench_frame_number(const struct bench_frame *frame, uint8_t *octets, uint64_t number, uint64_t utc_ns);

/* Whether OCTETS are GOOSE at all: what else is on the interface is none of ours. SIZE and OCTETS are without the tag. */
bool bench_frame_is_goose(const uint8_t *octets, size_t size);

/* Whether a received frame is, octet for octet, one that was sent. The kernel hands the tag over beside the frame: OCTETS and
 * SIZE are without it, TCI is its control information, -1 if there was none. Sets NUMBER and SENT_NS (UTC) if so. */
bool bench_frame_read(const struct bench_frame *frame, const uint8_t *octets, size_t size, int tci, uint64_t *number,
		      uint64_t *sent_ns);

/* ---- what came: bench_tally.c ---- */

#define BENCH_BUCKETS 3328 /* of the latency histogram: 128 to an octave, so within 0.8 %, up to 4.3 s */

struct bench_tally {
	uint64_t capacity; /* numbers 0 to CAPACITY - 1 can come */
	uint64_t received; /* each number once */
	uint64_t duplicates, reordered, altered, foreign;
	uint64_t next; /* the highest number that came, and one */
	uint64_t latency_max_ns;
	uint8_t *seen; /* a bit a number; the tally's own */
	uint64_t latency[BENCH_BUCKETS];
};

/* 0 or -ENOMEM. bench_tally_free frees what TALLY owns. */
int bench_tally_make(struct bench_tally *tally, uint64_t capacity);
void bench_tally_free(struct bench_tally *tally);

/* Counts a received frame as one of the five. Arguments are those of bench_frame_read; AT_NS is when the kernel had it (UTC).
 */
void bench_tally_take(struct bench_tally *tally, const struct bench_frame *frame, const uint8_t *octets, size_t size, int tci,
		      uint64_t at_ns);

/* Counts one that came, NS after it was sent, whatever it was. */
void bench_tally_latency(struct bench_tally *tally, uint64_t ns);

/* The latency that PART (0 to 1) of the frames had at most, in us; 0 if none came. */
double bench_tally_latency_us(const struct bench_tally *tally, double part);

/* ---- the ends: bench_send.c and bench_receive.c; a fault ends the program ---- */

struct bench_place {
	const char *space; /* the file of a network namespace */
	const char *interface;
};

struct bench_run {
	struct bench_place from, to;
	uint64_t rate;	      /* frames/s; 0: as fast as they go */
	uint64_t duration_ns;
	bool queue;	      /* through the interface's queueing discipline and tc's egress hook */
	bool wakes;	      /* no frames, but bench_wake_all */
	struct bench_frame frame;
	struct bench_tally tally; /* the receiver's */
	int send_fd, receive_fd;
	uint8_t *ring;
	/* the sender's */
	uint64_t refused; /* by the interface */
	uint64_t sending_ns;
	_Atomic uint64_t offered;
	atomic_bool sent; /* OFFERED and SENDING_NS are final */
};

/* Opens the run's socket in its namespace; it stays there. */
void bench_send_open(struct bench_run *run);
void bench_receive_open(struct bench_run *run);

/* Sends all frames; for a thread of its own, ARG is the run. */
void *bench_send_all(void *arg);

/* Takes frames until all have come, or none any more after the last was sent. */
void bench_receive_all(struct bench_run *run);

/* Frames that the receiver's own ring had no room for. */
unsigned bench_receive_dropped(const struct bench_run *run);

/* ---- no frames at all: bench_wake.c ---- */

/* Wakes a thread that wakes another, at the run's rate: the tally has what both took together. */
void bench_wake_all(struct bench_run *run);

/* ---- what they use: bench_load.c ---- */

uint64_t bench_clock_ns(clockid_t clock);
void bench_sleep_until(uint64_t mono_ns);

void bench_die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A packet socket on a place's interface, and that interface's index. */
int bench_open(const struct bench_place *place, int *index);

#endif
