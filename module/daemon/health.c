/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon_private.h"

#include <goose-bridge/clock.h>
#include <stdio.h>

/* What errors are compared with: everything that was handled, either way. */
static uint64_t handled(const struct gb_totals *totals)
{
	return totals->counter[GB_COUNT_raw_frames] + totals->counter[GB_COUNT_datagrams_from_ip];
}

void health_check(struct daemon *d)
{
	struct health *h = &d->health;
	struct gb_totals totals;
	uint64_t now = gb_clock_mono_ns();
	char text[GB_EVENT_TEXT];

	for (unsigned i = 0; i < d->paths; i++)
		gb_datapath_set_clock(d->path[i].datapath, gb_clock_synchronised());
	reporting_totals(d, &totals);
	uint64_t errors = totals.counter[GB_COUNT_errors] - h->errors_before;

	if (!h->degraded && errors > d->config.max_errors) {
		h->degraded = true;
		snprintf(text, sizeof(text), "%llu errors within %u s", (unsigned long long)errors,
			 d->config.error_reset_interval);
		daemon_note(d, GB_EVENT_DEGRADED, (int64_t)errors, text);
	}
	if (h->window_start_ns != 0 && now - h->window_start_ns < d->config.error_reset_interval * GB_NS_PER_S)
		return;
	/* A window that stayed within the budget ends the episode. */
	if (h->degraded && errors <= d->config.max_errors) {
		h->degraded = false;
		daemon_note(d, GB_EVENT_RECOVERED, (int64_t)errors, NULL);
	}
	h->window_start_ns = now;
	h->window_start_utc_ns = gb_clock_utc_ns();
	h->errors_before = totals.counter[GB_COUNT_errors];
	h->handled_before = handled(&totals);
}

double health_error_rate(const struct daemon *d, const struct gb_totals *totals)
{
	uint64_t errors = totals->counter[GB_COUNT_errors] - d->health.errors_before;
	uint64_t all = handled(totals) - d->health.handled_before;

	return errors == 0 ? 0.0 : (double)errors / (double)(all > errors ? all : errors);
}
