/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs work with, in two places of which one is in use: so no frame ever sees half of an old one and half of a new
 * one.
 */
#include "kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <goose-bridge/goose.h>
#include <goose-bridge/ipv4.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define GRACE_NS (20 * 1000000) /* in which every program that ran has ended, where the kernel cannot say it */

_Static_assert((unsigned)GB_KERNEL_SOURCES_MAX >= (unsigned)GB_CONFIG_SOURCES_MAX, "all of allow_sources fits");

int64_t kernel_tai_offset_ns(void)
{
	struct timespec tai, utc;
	int64_t apart;

	clock_gettime(CLOCK_REALTIME, &utc);
	clock_gettime(CLOCK_TAI, &tai);
	apart = (int64_t)(tai.tv_sec - utc.tv_sec) * (int64_t)GB_NS_PER_S + (tai.tv_nsec - utc.tv_nsec);
	/* whole seconds; what is more is the time between the two readings */
	return (apart + (int64_t)GB_NS_PER_S / 2) / (int64_t)GB_NS_PER_S * (int64_t)GB_NS_PER_S;
}

static bool forwards(const struct gb_kernel_engine *engine, enum gb_kernel_direction direction)
{
	const struct kernel_attachment *a = &engine->attachment[direction];

	return engine->wanted[direction] && a->interface != 0 && a->begun;
}

/* What the kernel receives on an interface when a program sends it there: a header and one tag more than the MTU, whatever tags
 * the frame has (is_skb_forwardable, net/core/dev.c). A process that writes to the TAP is not asked.
 */
static uint16_t longest(unsigned mtu)
{
	unsigned octets = mtu + GB_ETHERNET_HEADER + GB_VLAN_TAG;

	return octets < UINT16_MAX ? (uint16_t)octets : UINT16_MAX;
}

struct gb_kernel_config kernel_config_of(const struct gb_kernel_engine *engine, int64_t tai_offset_ns)
{
	const struct gb_kernel_engine_use *use = &engine->use;
	struct gb_kernel_config config;

	memset(&config, 0, sizeof(config)); /* padding, too: configs are compared octet for octet */
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++)
		config.forward[i] = forwards(engine, (enum gb_kernel_direction)i);
	config.clock_unsynchronised = !use->clock_synchronised;
	config.ttl = use->ttl;
	config.tos = (uint8_t)(use->dscp << 2);
	gb_ipv4_group_mac(use->group, config.group_mac);
	memcpy(config.source_mac, use->source_mac, sizeof(config.source_mac));
	config.port = htons(use->port);
	config.goose0_index = (uint32_t)use->goose0;
	config.network_index = (uint32_t)use->network;
	config.local = use->local.s_addr;
	config.previous_local = use->previous_local.s_addr;
	config.group = use->group.s_addr;
	config.path_mtu = (uint16_t)use->path_mtu;
	config.goose0_longest = longest(use->goose0_mtu);
	config.path_id = use->path_id;
	config.sender_id = use->sender_id;
	config.tai_offset_ns = tai_offset_ns;
	config.unattended_ns = use->unattended_ns;
	/* what waited for longer than that in the user engine is dropped as stale */
	config.hold_ns = use->max_frame_age_ns;
	config.sources = (uint16_t)engine->sources.count;
	for (unsigned i = 0; i < engine->sources.count; i++)
		config.source[i] = (struct gb_kernel_prefix){engine->sources.prefix[i].address.s_addr,
							     engine->sources.prefix[i].mask.s_addr};
	return config;
}

/* Returns when no program that runs now can have begun before the call: the slot that is not in use is nobody's. */
static void wait_for_programs(void)
{
	struct timespec grace = {.tv_nsec = GRACE_NS};

	/* programs run under RCU, and this waits for a grace period of it (membarrier(2), kernel/sched/membarrier.c) */
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		while (nanosleep(&grace, &grace) < 0 && errno == EINTR)
			;
}

void kernel_config_write(struct gb_kernel_engine *engine, const struct gb_kernel_config *fresh)
{
	uint32_t other = !(engine->state->active & 1);

	if (memcmp(&engine->config[!other], fresh, sizeof(*fresh)) == 0)
		return;
	wait_for_programs();
	memcpy(&engine->config[other], fresh, sizeof(*fresh));
	__atomic_store_n(&engine->state->active, other, __ATOMIC_RELEASE);
}
