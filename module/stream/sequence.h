/* SPDX-License-Identifier: Apache-2.0 */
/* What stNum and sqNum of a message say beside those of the messages before it. Pure.
 *
 * IEC 61850-8-1, 18.1.2.5 (SendGOOSEMessage) and IEC 61850-7-2, 18.2.3 (GOOSE message): stNum counts states of the data set,
 * sqNum the messages of a state: 0 with the change itself, then one more with each retransmission. Both run over from
 * 0xFFFFFFFF to 1; stNum begins with 1. "Silent" = nothing new came within timeAllowedtoLive, so a subscriber has given up
 * what it knew.
 *
 *   stNum                          sqNum                        verdict     lost          what else
 *   any, nothing came before       any                          first       0
 *   same                           next                         next        0
 *   same                           ahead by n <= 2^20           ahead       n - 1
 *   next                           k <= 2^20                    state       k             those before the first that came
 *   ahead by n <= 2^20             k <= 2^20                    state       n - 1 + k     at least one of each state between
 *   0 or 1, not ahead              0 or 1, not ahead; t newer   restart     0
 *   same                           one of 64 that has come      duplicate   0
 *   same                           one of 64 that has not       late        1 less        if it is one that was counted as lost
 *   same                           further behind               late        0
 *   a state left within a second   likewise                     likewise    likewise      the 3 latest; one ahead there: n - 1
 *   0 or 1                         0 or 1; t not older          restart     0
 *   any other                      any                          replay      0
 *
 * After silence what is late, or replay, is a restart: the publisher began anew with other numbers, or the numbers before were
 * a forger's. It is suspect, too, if its t is older than the newest and its numbers are no beginning. Only what is known to
 * have come before stays what it is, a duplicate, or a replay if it is of an earlier state.
 *
 * A number that is further ahead than 2^20 is no loss that anybody could count, and taken as a replay. One forged ahead by less
 * makes the real messages look old; that ends with the silence that follows.
 */
#ifndef STREAM_SEQUENCE_H
#define STREAM_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_WINDOW	  64
#define SEQUENCE_PAST	  3
#define SEQUENCE_JUMP_MAX (UINT32_C(1) << 20)
#define SEQUENCE_LATE_NS  UINT64_C(1000000000)

/* The messages of one state. Bit n of seen: the one n before the highest has come. */
struct sequence_state {
	uint32_t st_num;
	uint32_t first; /* what came before it was never counted as lost */
	uint32_t highest;
	uint64_t seen;
	uint64_t left_ns; /* monotonic; when the next state came */
};

/* All zero = nothing has come. */
struct sequence {
	bool begun;
	bool missed; /* messages may have come unseen: what is ahead of the latest is taken up there, and nothing is lost */
	uint8_t pasts;
	uint64_t newest_t_ns;
	struct sequence_state now;
	struct sequence_state past[SEQUENCE_PAST]; /* the latest first */
};

struct sequence_message {
	uint32_t st_num;
	uint32_t sq_num;
	uint64_t t_ns; /* UTC, of the state's change, as the publisher says; 0 = not known */
};

enum sequence_verdict {
	/* new: the stream goes on with it */
	SEQUENCE_FIRST,
	SEQUENCE_NEXT,
	SEQUENCE_AHEAD,
	SEQUENCE_STATE,
	SEQUENCE_RESTART,
	/* not new */
	SEQUENCE_DUPLICATE,
	SEQUENCE_LATE,
	SEQUENCE_REPLAY,
};

struct sequence_outcome {
	enum sequence_verdict verdict;
	uint32_t lost; /* more */
	bool found;    /* one that was counted as lost has come after all */
	bool suspect;  /* a restart with an older t */
	unsigned past; /* LATE: of past[past - 1]; 0 = of now */
};

static inline bool sequence_is_new(enum sequence_verdict verdict)
{
	return verdict <= SEQUENCE_RESTART;
}

/* What MESSAGE is at NOW_NS (monotonic), by the table above. */
struct sequence_outcome sequence_judge(const struct sequence *sequence, const struct sequence_message *message, bool silent,
				       uint64_t now_ns);

/* Takes it into account. */
void sequence_follow(struct sequence *sequence, const struct sequence_message *message, const struct sequence_outcome *outcome,
		     uint64_t now_ns);

#endif
