/* SPDX-License-Identifier: Apache-2.0 */
/* A run's result as text. */
#include "benchmark_result.h"

#include "words.h"

#include <goose-bridge/clock.h>
#include <inttypes.h>
#include <string.h>

#define ROWS	   24
#define MERGE_BITS 2 /* four rows to a power of two, unless that makes too many */
#define BAR	   40

static void print_times(FILE *out, const char *what, const struct benchmark_times *times, unsigned part)
{
	const struct benchmark_figures f = benchmark_times_read(times);
	const uint64_t figures[] = {f.least_ns, f.p50_ns, f.p90_ns, f.p99_ns, f.p999_ns, f.max_ns, f.mean_ns};
	char text[24];

	fprintf(out, "  %-24s", what);
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		fprintf(out, " %9s", benchmark_times_text(figures[i] / part, text, sizeof(text)));
	putc('\n', out);
}

static void print_histogram(FILE *out, const struct benchmark_times *times)
{
	struct benchmark_row rows[ROWS];
	size_t count = benchmark_times_rows(times, MERGE_BITS, rows, ROWS);
	uint64_t most = 0;
	char from[24], to[24];

	for (size_t i = 0; i < count; i++)
		if (rows[i].count > most)
			most = rows[i].count;
	if (count > 0)
		fputs("\n  round trip\n", out);
	for (size_t i = 0; i < count; i++) {
		int bar = (int)((rows[i].count * BAR + most - 1) / most);

		fprintf(out, "  %8s to %8s %9" PRIu64 " %6.2f %% %.*s\n",
			benchmark_times_text(rows[i].from_ns, from, sizeof(from)),
			benchmark_times_text(rows[i].to_ns + 1, to, sizeof(to)), rows[i].count,
			100.0 * (double)rows[i].count / (double)times->count, bar, "########################################");
	}
}

static void print_latency(FILE *out, const struct benchmark_result *r, const struct benchmark_host *host)
{
	if (host->round_trip.count == 0)
		return;
	fprintf(out, "  %-24s %9s %9s %9s %9s %9s %9s %9s\n", "", "least", "p50", "p90", "p99", "p99.9", "max", "mean");
	print_times(out, "round trip", &host->round_trip, 1);
	print_times(out, "one way (half, estimate)", &host->round_trip, 2);
	print_times(out, "answering there", &host->answering, 1);
	if (host->there.count > 0)
		print_times(out, "one way there", &host->there, 1);
	if (host->back.count > 0)
		print_times(out, "one way back", &host->back, 1);
	if (!r->synchronised || !host->synchronised)
		fprintf(out, "  one way: not measured, as %s not synchronised\n",
			r->synchronised	   ? "the other host's clock is" :
			host->synchronised ? "this host's clock is" :
					     "the clocks of both hosts are");
	if (host->negative > 0)
		fprintf(out,
			"  %" PRIu64
			" one-way times were negative: the clocks differ by more than that, so do not rely on them\n",
			host->negative);
	if (host->odd > 0)
		fprintf(out, "  %" PRIu64 " were not measured, as a clock was set meanwhile\n", host->odd);
	print_histogram(out, &host->round_trip);
}

static void print_host(FILE *out, const struct benchmark_result *r, const struct benchmark_host *host)
{
	const struct benchmark_counts *c = benchmark_result_counts(r, host);
	bool latency = r->options.verb == BENCHMARK_LATENCY;
	uint64_t lost = benchmark_lost(c, r->sent);
	double rate = benchmark_rate(c);
	char text[BENCHMARK_HOST_NAME + 24];

	fprintf(out, "\n%s\n", benchmark_host_text(host->name, host->address, text, sizeof(text)));
	if (!latency && !host->reported) {
		fputs("  has not reported\n", out);
		return;
	}
	fprintf(out, "  %-10s %10" PRIu64 "   %.1f frames/s, %.3f Mbit/s\n", latency ? "came back" : "received", c->received,
		rate, rate * (double)r->options.size * 8 / 1e6);
	fprintf(out, "  %-10s %10" PRIu64 "   %.3f %%", "lost", lost, r->sent ? 100.0 * (double)lost / (double)r->sent : 0.0);
	if (latency && lost > 0 && host->reported)
		fprintf(out, ", %" PRIu64 " of them on the way there", benchmark_lost(&host->report, r->sent));
	putc('\n', out);
	fprintf(out, "  duplicated %10" PRIu64 "\n  reordered  %10" PRIu64 "\n  altered    %10" PRIu64 "\n", c->duplicates,
		c->reordered, c->altered);
	if (c->unread + r->unread > 0)
		fprintf(out,
			"  not read in time by goose-bridge-benchmark itself: %" PRIu64
			"; these were carried, and count as lost here\n",
			c->unread + r->unread);
	if (latency)
		print_latency(out, r, host);
}

static void print_bridge(FILE *out, const struct benchmark_bridge *bridge)
{
	bool any = false;

	if (!bridge->asked) {
		fputs("\nWhat this host's bridge dropped meanwhile is not known: ", out);
		words_print_clean(out, bridge->error, strlen(bridge->error));
		putc('\n', out);
		return;
	}
	for (int i = 0; i < GB_DROP_REASON_COUNT; i++) {
		if (bridge->drops[i] == 0)
			continue;
		if (!any)
			fputs("\nThis host's bridge dropped meanwhile\n", out);
		any = true;
		fprintf(out, "  %-22s %10" PRIu64 "  %s\n", gb_drop_reason_name((enum gb_drop_reason)i), bridge->drops[i],
			gb_drop_reason_help((enum gb_drop_reason)i));
	}
	if (!any)
		fputs("\nThis host's bridge dropped nothing meanwhile.\n", out);
}

void benchmark_result_print(FILE *out, const struct benchmark_result *r)
{
	double seconds = (double)r->elapsed_ns / (double)GB_NS_PER_S;
	double rate = seconds > 0 ? (double)r->sent / seconds : 0;
	char sentence[640];

	if (r->hosts > 0) {
		fprintf(out, "%s%" PRIu64 " of %" PRIu64 " frames of %zu octets sent in %.1f s: %.1f frames/s, %.3f Mbit/s\n",
			r->interrupted ? "interrupted; " : "", r->sent, r->options.count, r->options.size, seconds, rate,
			rate * (double)r->options.size * 8 / 1e6);
		if (r->refused > 0)
			fprintf(out, "%s was full %" PRIu64 " times; these frames were sent later\n", r->interface, r->refused);
		for (unsigned i = 0; i < r->hosts; i++)
			print_host(out, r, &r->host[i]);
		print_bridge(out, &r->bridge);
		putc('\n', out);
	}
	benchmark_result_verdict(r, sentence, sizeof(sentence));
	fprintf(out, "%s\n", sentence);
}
