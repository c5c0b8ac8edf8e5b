/* SPDX-License-Identifier: Apache-2.0 */
/* How frames are matched: both lists are walked together. Where the two next frames are equal, both are done with.
 * Where they differ, the next sent frame is looked for further on in what was received, and the next received one
 * further on in what was sent:
 * - neither is found: one became the other, `altered`;
 * - the nearer match decides: sent frames before it are `lost`, received ones before it are `extra`.
 * What is left at the end of a list is lost or extra. So a frame that changes its place counts as one lost and one
 * extra, and nothing that is out of order passes for equal. A duplicate is `extra`.
 */
#include "commands.h"
#include "frames.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AHEAD 8192 /* frames; bounds the time for hopeless input */

struct comparison {
	struct frames sent, got;
	uint64_t lost, altered, extra;
	uint64_t limit, shown;
};

static int order(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;
	int result = memcmp(x->octets, y->octets, x->length < y->length ? x->length : y->length);

	return result ? result : (x->length > y->length) - (x->length < y->length);
}

static bool equal(const struct frame *a, const struct frame *b)
{
	return a->length == b->length && memcmp(a->octets, b->octets, a->length) == 0;
}

static void show(struct comparison *c, const char *what, const struct frames *list, size_t at)
{
	if (c->shown >= c->limit)
		return;
	fprintf(stderr, "%s frame %zu, %zu octets: ", what, at + 1, list->at[at].length);
	for (size_t i = 0; i < list->at[at].length; i++)
		fprintf(stderr, "%02x", list->at[at].octets[i]);
	fputc('\n', stderr);
}

/* How far behind FROM the first frame of LIST equal to FRAME stands; LOOK_AHEAD if there is none near enough. */
static size_t distance(const struct frames *list, size_t from, const struct frame *frame)
{
	for (size_t i = 0; i < LOOK_AHEAD && from + i < list->count; i++)
		if (equal(&list->at[from + i], frame))
			return i;
	return LOOK_AHEAD;
}

static void walk(struct comparison *c)
{
	size_t i = 0, j = 0;

	while (i < c->sent.count || j < c->got.count) {
		if (i < c->sent.count && j < c->got.count && equal(&c->sent.at[i], &c->got.at[j])) {
			i++, j++;
			continue;
		}
		size_t to_got = i < c->sent.count ? distance(&c->got, j, &c->sent.at[i]) : LOOK_AHEAD;
		size_t to_sent = j < c->got.count ? distance(&c->sent, i, &c->got.at[j]) : LOOK_AHEAD;
		if (j == c->got.count || (i < c->sent.count && to_sent < LOOK_AHEAD && to_sent <= to_got)) {
			show(c, "lost: sent", &c->sent, i++);
			c->lost++;
		} else if (i == c->sent.count || to_got < LOOK_AHEAD) {
			show(c, "extra: received", &c->got, j++);
			c->extra++;
		} else {
			show(c, "altered: sent", &c->sent, i++);
			show(c, "    received", &c->got, j++);
			c->altered++;
		}
		c->shown++;
	}
}

/* Without order: what is in only one of the two sorted lists. `altered` cannot be told from lost and extra here. */
static void walk_sorted(struct comparison *c)
{
	size_t i = 0, j = 0;

	if (c->sent.count)
		qsort(c->sent.at, c->sent.count, sizeof(struct frame), order);
	if (c->got.count)
		qsort(c->got.at, c->got.count, sizeof(struct frame), order);
	while (i < c->sent.count || j < c->got.count) {
		int side = i == c->sent.count ? 1 : j == c->got.count ? -1 : order(&c->sent.at[i], &c->got.at[j]);

		if (side == 0) {
			i++, j++;
			continue;
		}
		if (side < 0) {
			show(c, "lost: sent", &c->sent, i++);
			c->lost++;
		} else {
			show(c, "extra: received", &c->got, j++);
			c->extra++;
		}
		c->shown++;
	}
}

int command_compare(int argc, char **argv)
{
	struct comparison c = {0};
	bool sort = false;
	const struct tool_option options[] = {
		{"sort", TOOL_FLAG, &sort, NULL, "the order does not matter"},
		{"limit", TOOL_NUMBER, &c.limit, "N", "show the first N differences as hex, on stderr"},
		{0},
	};
	size_t operands = tool_parse(argc, argv, "SENT.pcap... -- GOT.pcap... [--sort] [--limit N]   exit 0 if equal", options,
				     3, SIZE_MAX);
	struct frames *list = &c.sent;

	for (size_t i = 0; i < operands; i++) {
		if (strcmp(argv[i], "--") == 0)
			list = &c.got;
		else
			frames_read_pcap(list, argv[i]);
	}
	if (list != &c.got)
		tool_fail_usage("compare: no -- between what was sent and what was received");
	if (sort)
		walk_sorted(&c);
	else
		walk(&c);
	printf("{\"sent\":%zu,\"received\":%zu,\"lost\":%" PRIu64 ",\"altered\":%" PRIu64 ",\"extra\":%" PRIu64 "}\n",
	       c.sent.count, c.got.count, c.lost, c.altered, c.extra);
	frames_free(&c.sent);
	frames_free(&c.got);
	return c.lost || c.altered || c.extra ? TOOL_FAILED : TOOL_OK;
}
