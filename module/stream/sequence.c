/* SPDX-License-Identifier: Apache-2.0 */
#include "sequence.h"

#include <stddef.h>

/* How far TO lies ahead of FROM in numbers that run 0, 1, .. 0xFFFFFFFF, 1, ..: 0 only begins. */
static uint32_t ahead(uint32_t from, uint32_t to)
{
	if (to >= from)
		return to - from;
	return to == 0 ? UINT32_MAX : to + (UINT32_MAX - from);
}

static uint32_t number_before(uint32_t number)
{
	return number <= 1 ? UINT32_MAX : number - 1;
}

static bool is_step(uint32_t distance)
{
	return distance > 0 && distance <= SEQUENCE_JUMP_MAX;
}

/* Numbers that a publisher begins with. */
static bool is_beginning(const struct sequence_message *m)
{
	return m->st_num <= 1 && m->sq_num <= 1;
}

static bool in_window(const struct sequence_state *state, uint32_t sq_num)
{
	return ahead(sq_num, state->highest) < SEQUENCE_WINDOW;
}

static bool has_come(const struct sequence_state *state, uint32_t sq_num)
{
	return in_window(state, sq_num) && (state->seen >> ahead(sq_num, state->highest) & 1);
}

/* Whether it was counted as lost, as far as the window tells. */
static bool is_missing(const struct sequence_state *state, uint32_t sq_num)
{
	return in_window(state, sq_num) && !has_come(state, sq_num) &&
	       ahead(sq_num, state->highest) <= ahead(state->first, state->highest);
}

/* One that may be late in the state that PAST says. */
static struct sequence_outcome judge_late(const struct sequence_state *state, uint32_t sq_num, unsigned past)
{
	struct sequence_outcome outcome = {.verdict = SEQUENCE_LATE, .past = past};
	uint32_t step = ahead(state->highest, sq_num);

	if (has_come(state, sq_num))
		outcome.verdict = SEQUENCE_DUPLICATE;
	else if (is_step(step))
		outcome.lost = step - 1;
	else
		outcome.found = is_missing(state, sq_num);
	return outcome;
}

static struct sequence_outcome judge_same_state(const struct sequence *s, const struct sequence_message *m, bool silent)
{
	uint32_t step = ahead(s->now.highest, m->sq_num);

	if (is_step(step))
		return (struct sequence_outcome){.verdict = step == 1 ? SEQUENCE_NEXT : SEQUENCE_AHEAD, .lost = step - 1};
	if (is_beginning(m) && m->t_ns > s->newest_t_ns)
		return (struct sequence_outcome){.verdict = SEQUENCE_RESTART};
	if (has_come(&s->now, m->sq_num))
		return (struct sequence_outcome){.verdict = SEQUENCE_DUPLICATE};
	if (silent)
		return (struct sequence_outcome){.verdict = SEQUENCE_RESTART,
						 .suspect = !is_beginning(m) && m->t_ns < s->newest_t_ns};
	if (ahead(m->sq_num, s->now.highest) > UINT32_MAX / 2) /* it is ahead, but too far */
		return (struct sequence_outcome){.verdict = SEQUENCE_REPLAY};
	return judge_late(&s->now, m->sq_num, 0);
}

/* Of the states that were left: which, counted from 1; 0 = none. */
static unsigned find_past(const struct sequence *s, uint32_t st_num)
{
	for (unsigned i = 0; i < s->pasts; i++)
		if (s->past[i].st_num == st_num)
			return i + 1;
	return 0;
}

static struct sequence_outcome judge_other_state(const struct sequence *s, const struct sequence_message *m, bool silent,
						 uint64_t now_ns)
{
	unsigned past = find_past(s, m->st_num);
	const struct sequence_state *state = past ? &s->past[past - 1] : NULL;

	if (is_beginning(m) && m->t_ns > s->newest_t_ns)
		return (struct sequence_outcome){.verdict = SEQUENCE_RESTART};
	if (state && !silent && now_ns - state->left_ns <= SEQUENCE_LATE_NS)
		return judge_late(state, m->sq_num, past);
	if (silent && !(state && has_come(state, m->sq_num)))
		return (struct sequence_outcome){.verdict = SEQUENCE_RESTART,
						 .suspect = !is_beginning(m) && m->t_ns < s->newest_t_ns};
	if (!silent && is_beginning(m) && m->t_ns >= s->newest_t_ns)
		return (struct sequence_outcome){.verdict = SEQUENCE_RESTART};
	return (struct sequence_outcome){.verdict = SEQUENCE_REPLAY};
}

static struct sequence_outcome judge(const struct sequence *sequence, const struct sequence_message *message, bool silent,
				     uint64_t now_ns)
{
	uint32_t step = ahead(sequence->now.st_num, message->st_num);

	if (!sequence->begun)
		return (struct sequence_outcome){.verdict = SEQUENCE_FIRST};
	if (step == 0)
		return judge_same_state(sequence, message, silent);
	if (step <= SEQUENCE_JUMP_MAX && message->sq_num <= SEQUENCE_JUMP_MAX)
		return (struct sequence_outcome){.verdict = SEQUENCE_STATE, .lost = step - 1 + message->sq_num};
	return judge_other_state(sequence, message, silent, now_ns);
}

struct sequence_outcome sequence_judge(const struct sequence *sequence, const struct sequence_message *message, bool silent,
				       uint64_t now_ns)
{
	struct sequence_outcome outcome = judge(sequence, message, silent, now_ns);

	if (sequence->missed) {
		outcome.lost = 0;
		outcome.found = false;
	}
	return outcome;
}

/* ---- following ------------------------------------------------------------------------------------------------------ */

static void advance(struct sequence_state *state, uint32_t sq_num)
{
	uint32_t step = ahead(state->highest, sq_num);

	state->seen = step >= SEQUENCE_WINDOW ? 0 : state->seen << step;
	state->seen |= 1;
	state->highest = sq_num;
}

static void push_past(struct sequence *s, const struct sequence_state *state)
{
	for (unsigned i = SEQUENCE_PAST - 1; i > 0; i--)
		s->past[i] = s->past[i - 1];
	s->past[0] = *state;
	if (s->pasts < SEQUENCE_PAST)
		s->pasts++;
}

/* The state is left for that of M. Of states between, the first message of each was counted as lost: it may yet come. */
static void change_state(struct sequence *s, const struct sequence_message *m, uint64_t now_ns)
{
	uint32_t between = s->missed ? 0 : ahead(s->now.st_num, m->st_num) - 1;
	uint32_t missing[SEQUENCE_PAST - 1], st_num = m->st_num;

	if (between > SEQUENCE_PAST - 1) /* room for the one that is left */
		between = SEQUENCE_PAST - 1;
	for (uint32_t i = 0; i < between; i++)
		missing[i] = st_num = number_before(st_num);
	s->now.left_ns = now_ns;
	push_past(s, &s->now);
	while (between > 0)
		push_past(s, &(struct sequence_state){.st_num = missing[--between], .left_ns = now_ns});
	s->now = (struct sequence_state){.st_num = m->st_num, .highest = m->sq_num, .seen = 1};
}

static void take_late(struct sequence_state *state, uint32_t sq_num)
{
	if (is_step(ahead(state->highest, sq_num)))
		advance(state, sq_num);
	else if (in_window(state, sq_num))
		state->seen |= UINT64_C(1) << ahead(sq_num, state->highest);
}

void sequence_follow(struct sequence *sequence, const struct sequence_message *message, const struct sequence_outcome *outcome,
		     uint64_t now_ns)
{
	struct sequence_state alone = {.st_num = message->st_num, .first = message->sq_num, .seen = 1};

	alone.highest = message->sq_num;
	switch (outcome->verdict) {
	case SEQUENCE_FIRST:
	case SEQUENCE_RESTART:
		*sequence = (struct sequence){.begun = true, .now = alone, .newest_t_ns = message->t_ns};
		return;
	case SEQUENCE_NEXT:
	case SEQUENCE_AHEAD:
		if (sequence->missed) {
			sequence->now.first = message->sq_num;
			sequence->now.seen = 0;
		}
		advance(&sequence->now, message->sq_num);
		break;
	case SEQUENCE_STATE:
		change_state(sequence, message, now_ns);
		if (sequence->missed)
			sequence->now.first = message->sq_num;
		break;
	case SEQUENCE_LATE:
		take_late(outcome->past ? &sequence->past[outcome->past - 1] : &sequence->now, message->sq_num);
		return;
	case SEQUENCE_DUPLICATE:
	case SEQUENCE_REPLAY:
		return;
	}
	sequence->missed = false;
	if (message->t_ns > sequence->newest_t_ns)
		sequence->newest_t_ns = message->t_ns;
}
