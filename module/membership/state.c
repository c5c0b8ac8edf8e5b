/* SPDX-License-Identifier: Apache-2.0 */
#include "state.h"

#include <goose-bridge/clock.h>

#define DEFAULT_INTERVAL_NS (125 * GB_NS_PER_S) /* RFC 2236, 8.2 */
#define INTERVALS_TO_LOSE   3
#define GAPS_TO_TRUST	    3
#define SAME_QUERY_NS	    (GB_NS_PER_S / 2) /* closer ones are copies, or of several queriers: no interval */

const char *gb_membership_state_name(enum gb_membership_state state)
{
	static const char *const names[] = {"joining", "member", "suspect", "lost"};

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

const char *gb_querier_state_name(enum gb_querier_state state)
{
	static const char *const names[] = {"never_seen", "present", "lost"};

	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

/* ---- the membership ------------------------------------------------------------------------------------------------- */

enum verdict { SAYS_NOTHING, GOOD, FAILS };

static enum verdict judge(enum state_kernel kernel, enum gb_registry_evidence registry)
{
	if (kernel == STATE_KERNEL_MISSING || registry == GB_REGISTRY_ABSENT)
		return FAILS;
	if (kernel == STATE_KERNEL_HELD || registry == GB_REGISTRY_MEMBER)
		return GOOD;
	return SAYS_NOTHING;
}

static struct state_outcome fail(struct state *s, unsigned threshold)
{
	struct state_outcome outcome = {0};

	if (++s->failures < threshold) {
		if (s->now == GB_MEMBERSHIP_MEMBER)
			s->now = GB_MEMBERSHIP_SUSPECT;
		return outcome;
	}
	outcome.join_anew = true;
	outcome.lost = s->now != GB_MEMBERSHIP_LOST && !s->told_lost;
	s->told_lost = true;
	s->now = GB_MEMBERSHIP_LOST;
	s->failures = 0;
	return outcome;
}

struct state_outcome state_check(struct state *s, enum state_kernel kernel, enum gb_registry_evidence registry,
				 unsigned threshold)
{
	struct state_outcome outcome = {0};

	switch (judge(kernel, registry)) {
	case FAILS:
		return fail(s, threshold);
	case GOOD:
		outcome.restored = s->told_lost;
		s->told_lost = false;
		s->failures = 0;
		s->now = GB_MEMBERSHIP_MEMBER;
		break;
	case SAYS_NOTHING:
		break;
	}
	return outcome;
}

void state_begin(struct state *s)
{
	s->now = GB_MEMBERSHIP_JOINING;
	s->failures = 0;
}

/* ---- the querier ---------------------------------------------------------------------------------------------------- */

bool querier_heard(struct querier *q, uint64_t now_ns, struct in_addr address, unsigned version, unsigned response_ms)
{
	bool found = q->now != GB_QUERIER_PRESENT;

	/* the silence of a lost querier is no interval of one that is there */
	if (!found && now_ns >= q->last_ns + SAME_QUERY_NS)
		q->gap_ns[q->gaps++ % QUERIER_GAPS] = now_ns - q->last_ns;
	q->now = GB_QUERIER_PRESENT;
	q->address = address;
	q->version = version;
	q->last_ns = now_ns;
	q->response_ns = response_ms * GB_NS_PER_MS;
	return found;
}

uint64_t querier_interval_ns(const struct querier *q)
{
	uint64_t longest = 0;

	for (unsigned i = 0; i < QUERIER_GAPS && i < q->gaps; i++)
		if (q->gap_ns[i] > longest)
			longest = q->gap_ns[i];
	return longest;
}

uint64_t querier_deadline_ns(const struct querier *q)
{
	uint64_t interval = querier_interval_ns(q);

	if (q->now != GB_QUERIER_PRESENT)
		return 0;
	if (q->gaps < GAPS_TO_TRUST && interval < DEFAULT_INTERVAL_NS)
		interval = DEFAULT_INTERVAL_NS;
	return q->last_ns + INTERVALS_TO_LOSE * interval + q->response_ns;
}

bool querier_expire(struct querier *q, uint64_t now_ns)
{
	uint64_t deadline = querier_deadline_ns(q);

	if (deadline == 0 || now_ns < deadline)
		return false;
	q->now = GB_QUERIER_LOST;
	return true;
}

void querier_resume(struct querier *q, uint64_t now_ns)
{
	if (q->now == GB_QUERIER_PRESENT)
		q->last_ns = now_ns;
}
