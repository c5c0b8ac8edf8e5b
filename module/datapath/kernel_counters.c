/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs have counted, as the counters that the user engine keeps: who reads them need not know who carried a frame.
 */
#include "kernel.h"

static uint64_t read_now(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

struct gb_kernel_direction_counters kernel_counters_sum(const struct gb_kernel_engine *engine,
							enum gb_kernel_direction direction)
{
	struct gb_kernel_direction_counters sum = {0};

	for (unsigned i = 0; i < engine->cpus; i++) {
		const struct gb_kernel_direction_counters *c = &engine->counters[i].direction[direction];

		sum.frames += read_now(&c->frames);
		sum.frame_octets += read_now(&c->frame_octets);
		sum.tagged += read_now(&c->tagged);
		sum.undecodable += read_now(&c->undecodable);
		sum.datagram_octets += read_now(&c->datagram_octets);
		sum.passed += read_now(&c->passed);
		sum.unsupervised += read_now(&c->unsupervised);
		sum.refused += read_now(&c->refused);
	}
	return sum;
}

/* Since this process has the maps. */
static struct gb_kernel_direction_counters since_then(const struct gb_kernel_engine *engine, enum gb_kernel_direction direction)
{
	struct gb_kernel_direction_counters sum = kernel_counters_sum(engine, direction);
	const struct gb_kernel_direction_counters *before = &engine->before[direction];

	sum.frames -= before->frames;
	sum.frame_octets -= before->frame_octets;
	sum.tagged -= before->tagged;
	sum.undecodable -= before->undecodable;
	sum.datagram_octets -= before->datagram_octets;
	sum.passed -= before->passed;
	sum.unsupervised -= before->unsupervised;
	sum.refused -= before->refused;
	return sum;
}

/* FRAMES without TAGGED. Both are read while programs count, so this may be short of, or beyond, what is so by the frames of
 * that moment; but a counter never goes back.
 */
static uint64_t untagged(struct gb_kernel_engine *engine, uint64_t frames, uint64_t tagged)
{
	uint64_t now = frames > tagged ? frames - tagged : 0;

	if (now > engine->untagged)
		engine->untagged = now;
	return engine->untagged;
}

void kernel_counters_add(struct gb_kernel_engine *engine, struct gb_totals *totals)
{
	struct gb_kernel_direction_counters out = since_then(engine, GB_KERNEL_TO_NETWORK);
	struct gb_kernel_direction_counters in = since_then(engine, GB_KERNEL_TO_GOOSE0);
	uint64_t *counter = totals->counter;

	counter[GB_COUNT_raw_frames] += out.frames + out.refused;
	counter[GB_COUNT_raw_octets] += out.frame_octets;
	counter[GB_COUNT_vlan_goose_received] += out.tagged;
	counter[GB_COUNT_goose_received] += untagged(engine, out.frames, out.tagged);
	counter[GB_COUNT_goose_to_ip] += out.frames;
	counter[GB_COUNT_frames_to_ip] += out.frames;
	counter[GB_COUNT_octets_to_ip] += out.datagram_octets;
	counter[GB_COUNT_datagrams_from_ip] += in.frames + in.refused;
	counter[GB_COUNT_octets_from_ip] += in.datagram_octets;
	counter[GB_COUNT_ip_to_goose] += in.frames;
	counter[GB_COUNT_octets_to_goose] += in.frame_octets;
	counter[GB_COUNT_undecodable_headers] += out.undecodable + in.undecodable;
	counter[GB_COUNT_unsupervised] += out.unsupervised + in.unsupervised;
	counter[GB_COUNT_errors] += out.refused + in.refused;
	totals->drop[GB_DROP_send_failed] += out.refused;
	totals->drop[GB_DROP_goose0_failed] += in.refused;
}
