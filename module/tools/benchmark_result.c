/* SPDX-License-Identifier: Apache-2.0 */
#include "benchmark_result.h"

#include <inttypes.h>
#include <string.h>

struct benchmark_host *benchmark_result_host(struct benchmark_result *result, const uint8_t address[6])
{
	struct benchmark_host *host;

	for (unsigned i = 0; i < result->hosts; i++)
		if (memcmp(result->host[i].address, address, sizeof(result->host[i].address)) == 0)
			return &result->host[i];
	if (result->hosts == BENCHMARK_HOSTS)
		return NULL;
	host = &result->host[result->hosts++];
	memset(host, 0, sizeof(*host));
	memcpy(host->address, address, sizeof(host->address));
	return host;
}

const struct benchmark_counts *benchmark_result_counts(const struct benchmark_result *result, const struct benchmark_host *host)
{
	return result->options.verb == BENCHMARK_LATENCY ? &host->tally.counts : &host->report;
}

/* Of two times by the clocks of two hosts. */
static void take_one_way(struct benchmark_host *host, struct benchmark_times *times, uint64_t from_ns, uint64_t to_ns)
{
	if (to_ns < from_ns)
		host->negative++;
	else
		benchmark_times_add(times, to_ns - from_ns);
}

void benchmark_result_pong(struct benchmark_host *host, const struct benchmark_message *pong, bool synchronised,
			   uint64_t sent_utc_ns, uint64_t sent_mono_ns, uint64_t utc_ns, uint64_t mono_ns)
{
	uint64_t whole = mono_ns - sent_mono_ns, answering = pong->answered_utc_ns - pong->received_utc_ns;

	if (!benchmark_tally_take(&host->tally, pong->number, utc_ns))
		return;
	host->synchronised = pong->synchronised;
	if (mono_ns < sent_mono_ns || pong->answered_utc_ns < pong->received_utc_ns || answering > whole) {
		host->odd++;
		return;
	}
	benchmark_times_add(&host->round_trip, whole - answering);
	benchmark_times_add(&host->answering, answering);
	if (!synchronised || !pong->synchronised)
		return;
	take_one_way(host, &host->there, sent_utc_ns, pong->received_utc_ns);
	take_one_way(host, &host->back, pong->answered_utc_ns, utc_ns);
}

const char *benchmark_host_text(const char *name, const uint8_t a[6], char *text, size_t size)
{
	snprintf(text, size, "%s%s%02x:%02x:%02x:%02x:%02x:%02x%s", name, *name ? " (" : "", a[0], a[1], a[2], a[3], a[4], a[5],
		 *name ? ")" : "");
	return text;
}

/* ---- the verdict ---------------------------------------------------------------------------------------------------- */

static void say_nobody(const struct benchmark_result *r, char *sentence, size_t size)
{
	bool down = !r->carrier;

	snprintf(sentence, size,
		 "no host answers on %s: run `goose-bridge-benchmark answer' on another host that has a bridge%s%s; "
		 "goose-bridge-ctl status, here and there, says whether frames can pass",
		 r->interface, down ? "; and no bridge has this host's " : "", down ? r->interface : "");
}

/* The drop reason that grew most while the run lasted; -1 if none did. */
static int worst_drop(const struct benchmark_bridge *bridge)
{
	int worst = -1;

	for (int i = 0; i < GB_DROP_REASON_COUNT; i++)
		if (bridge->drops[i] > (worst < 0 ? 0 : bridge->drops[worst]))
			worst = i;
	return worst;
}

static void say_lost(const struct benchmark_result *r, const struct benchmark_host *host, char *sentence, size_t size)
{
	const struct benchmark_counts *c = benchmark_result_counts(r, host);
	uint64_t lost = benchmark_lost(c, r->sent), unread = c->unread + r->unread;
	int drop = r->bridge.asked ? worst_drop(&r->bridge) : -1;
	char name[BENCHMARK_HOST_NAME + 24];
	size_t length;

	benchmark_host_text(host->name, host->address, name, sizeof(name));
	snprintf(sentence, size, "%" PRIu64 " of %" PRIu64 " frames were lost on the way to %s%s", lost, r->sent, name,
		 r->options.verb == BENCHMARK_LATENCY ? " and back" : "");
	length = strlen(sentence);
	if (unread > 0)
		snprintf(sentence + length, size - length,
			 "; goose-bridge-benchmark itself did not read %" PRIu64 " in time: try a lower --rate", unread);
	else if (drop >= 0)
		snprintf(sentence + length, size - length, "; this host's bridge dropped %" PRIu64 ": %s, %s",
			 r->bridge.drops[drop], gb_drop_reason_name((enum gb_drop_reason)drop),
			 gb_drop_reason_help((enum gb_drop_reason)drop));
	else
		snprintf(sentence + length, size - length,
			 "; goose-bridge-ctl stats there says what that bridge dropped, and peers what the network lost");
}

/* What is wrong at HOST; false if nothing is. */
static bool say_wrong(const struct benchmark_result *r, const struct benchmark_host *host, char *sentence, size_t size)
{
	const struct benchmark_counts *c = benchmark_result_counts(r, host);
	char name[BENCHMARK_HOST_NAME + 24];

	benchmark_host_text(host->name, host->address, name, sizeof(name));
	if (r->options.verb == BENCHMARK_THROUGHPUT && !host->reported)
		snprintf(sentence, size, "%s no longer answers, so nobody knows what arrived there: does it still run there?",
			 name);
	else if (benchmark_lost(c, r->sent) > 0)
		say_lost(r, host, sentence, size);
	else if (c->altered > 0 || c->duplicates > 0 || c->reordered > 0)
		snprintf(sentence, size,
			 "nothing was lost on the way to %s, but %" PRIu64 " frames came altered, %" PRIu64
			 " twice, and %" PRIu64 " out of order",
			 name, c->altered, c->duplicates, c->reordered);
	else
		return false;
	return true;
}

bool benchmark_result_verdict(const struct benchmark_result *r, char *sentence, size_t size)
{
	bool latency = r->options.verb == BENCHMARK_LATENCY;

	if (r->trouble[0]) {
		snprintf(sentence, size, "%s", r->trouble);
		return false;
	}
	if (r->interrupted && r->sent == 0) {
		snprintf(sentence, size, "interrupted before anything was sent");
		return false;
	}
	if (r->hosts == 0) {
		say_nobody(r, sentence, size);
		return false;
	}
	for (unsigned i = 0; i < r->hosts; i++)
		if (say_wrong(r, &r->host[i], sentence, size))
			return false;
	snprintf(sentence, size, "fine: all %" PRIu64 " frames came to %s%s, once, in order and as they were sent", r->sent,
		 r->hosts > 1 ? "each host" : "the other host", latency ? " and back" : "");
	return true;
}
