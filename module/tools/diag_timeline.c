/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_timeline.h"

#include <inttypes.h>
#include <stdio.h>

/* Closer ones are copies, or of several queriers, and no interval. */
#define SAME_QUERY_NS (GB_NS_PER_S / 2)

static void note_interval(struct diag_timeline *t, uint64_t now_ns)
{
	uint64_t interval = now_ns - t->last_query_ns;

	if (t->queries == 0 || interval < SAME_QUERY_NS)
		return;
	if (t->intervals == 0 || interval < t->interval_least_ns)
		t->interval_least_ns = interval;
	if (interval > t->interval_most_ns)
		t->interval_most_ns = interval;
	t->interval_sum_ns += interval;
	t->intervals++;
}

static void take_query(struct diag_timeline *t, const struct gb_igmp_message *query, uint64_t now_ns)
{
	bool general = query->group.s_addr == 0;

	if (!general && query->group.s_addr != t->group.s_addr)
		return;
	if (general) {
		note_interval(t, now_ns);
		t->queries++;
		t->querier = query->source;
		t->query_version = query->version;
		t->last_query_ns = now_ns;
	} else {
		t->group_queries++;
	}
	if (t->state == DIAG_ANSWER_WAITED_FOR)
		return;
	t->state = DIAG_ANSWER_WAITED_FOR;
	t->asked_ns = now_ns;
	t->deadline_ns = now_ns + query->max_response_ms * GB_NS_PER_MS + DIAG_ANSWER_SLACK_NS;
}

static void take_report(struct diag_timeline *t, bool own, uint64_t now_ns)
{
	if (own)
		t->own_reports++;
	else
		t->other_reports++;
	if (t->state != DIAG_ANSWER_WAITED_FOR)
		return;
	t->state = DIAG_ANSWER_NONE;
	if (!own) {
		t->suppressed++;
		return;
	}
	t->answered++;
	if (now_ns - t->asked_ns > t->answer_longest_ns)
		t->answer_longest_ns = now_ns - t->asked_ns;
}

void diag_timeline_heard(struct diag_timeline *t, const struct gb_igmp_message *message, bool own, uint64_t now_ns)
{
	diag_timeline_tick(t, now_ns);
	switch (message->kind) {
	case GB_IGMP_QUERY:
		if (!own) /* this host may be a querier itself */
			take_query(t, message, now_ns);
		break;
	case GB_IGMP_REPORT:
	case GB_IGMP_LEAVE:
		if (gb_igmp_reports(message, t->group))
			take_report(t, own, now_ns);
		if (!gb_igmp_leaves(message, t->group))
			break;
		if (own)
			t->own_leaves++;
		else
			t->other_leaves++;
		break;
	case GB_IGMP_OTHER:
		break;
	}
}

bool diag_timeline_tick(struct diag_timeline *t, uint64_t now_ns)
{
	if (t->state != DIAG_ANSWER_WAITED_FOR || now_ns < t->deadline_ns)
		return false;
	t->state = DIAG_ANSWER_MISSING;
	t->missing++;
	return true;
}

bool diag_timeline_kernel(struct diag_timeline *t, bool held)
{
	bool changed = t->looks == 0 || held != t->held;

	t->looks++;
	if (!held)
		t->absences++;
	t->held = held;
	return changed;
}

void diag_timeline_registry(struct diag_timeline *t, bool member)
{
	if (member)
		t->registry_member++;
	else
		t->registry_absent++;
	t->registry_says_absent = !member;
}

uint64_t diag_timeline_interval_ns(const struct diag_timeline *t)
{
	return t->intervals ? t->interval_sum_ns / t->intervals : 0;
}

static bool bad_news(const struct diag_timeline *t, char *text, size_t size)
{
	if (t->looks > 0 && !t->held)
		snprintf(text, size, "the kernel holds no membership: no datagram of the group gets in");
	else if (t->own_leaves > 0)
		snprintf(text, size, "this host has sent a LEAVE for the group, which a transit gateway takes as final");
	else if (t->registry_says_absent)
		snprintf(text, size, "the registry says that this host is no member: reports do not get to it");
	else if (t->missing > 0)
		snprintf(text, size, "%" PRIu64 " of %" PRIu64 " queries were not answered: look for rules that drop IGMP",
			 t->missing, t->missing + t->answered + t->suppressed);
	else if (t->absences > 0)
		snprintf(text, size, "the kernel's membership was missing for a while, and is back");
	else
		return false;
	return true;
}

bool diag_timeline_verdict(const struct diag_timeline *t, char *text, size_t size)
{
	if (bad_news(t, text, size))
		return false;
	if (t->answered + t->suppressed > 0)
		snprintf(text, size, "fine: each query was answered");
	else if (t->queries + t->group_queries > 0)
		snprintf(text, size, "fine as far as can be seen: the answer to the only query was still due");
	else if (t->own_reports > 0)
		snprintf(text, size, "fine as far as can be seen: reports went out, and nobody asked");
	else
		snprintf(text, size, "fine as far as can be seen: the kernel holds the membership, and nobody asked");
	return true;
}
