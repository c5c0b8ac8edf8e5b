/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel engine from start to end, and what it carries at the moment. */
#include "kernel.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 2, 3))) static void say(char *said, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(said, GB_KERNEL_ENGINE_TEXT, format, arguments);
	va_end(arguments);
}

bool gb_kernel_engine_is_built(void)
{
	return true;
}

static struct gb_kernel_engine *create(const char *interface)
{
	struct gb_kernel_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	snprintf(engine->interface, sizeof(engine->interface), "%s", interface);
	engine->pins.fd = engine->pins.parent = -1;
	for (unsigned i = 0; i < MAP_COUNT; i++)
		engine->map[i] = -1;
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++)
		engine->attachment[i].program = engine->attachment[i].link = -1;
	return engine;
}

static void say_why_not(char *said, int error)
{
	if (error == -EPERM || error == -EACCES)
		say(said, "no permission to load BPF programs: run as root, or give CAP_BPF and CAP_NET_ADMIN");
	else if (error == -ENOSYS || error == -EOPNOTSUPP)
		say(said, "this kernel has no BPF");
	else
		say(said, "the kernel does not take the BPF programs: %s", strerror(-error));
}

int gb_kernel_engine_open(struct gb_kernel_engine **engine, const char *bpf_dir, const char *interface, const char *user,
			  uint64_t epoch, char *said)
{
	struct gb_kernel_engine *e = create(interface);
	int error, unpinned;

	*said = '\0';
	if (!e)
		return -ENOMEM;
	kernel_pins_remove_stale(bpf_dir);
	unpinned = kernel_pins_open(&e->pins, bpf_dir, interface, user);
	error = kernel_maps_load(e, epoch);
	if (error) {
		say_why_not(said, error);
		gb_kernel_engine_close(e, false);
		return error;
	}
	if (e->pins.fd < 0)
		say(said,
		    "frames stop while the service restarts, as bpf_dir %.100s cannot be used (%s): it has to be on a bpffs, "
		    "and writable",
		    bpf_dir, unpinned == -EOPNOTSUPP ? "no bpffs" : strerror(unpinned ? -unpinned : EIO));
	kernel_attach_adopt(e);
	*engine = e;
	return 0;
}

void gb_kernel_engine_close(struct gb_kernel_engine *engine, bool remove)
{
	if (!engine)
		return;
	for (unsigned i = 0; remove && i < GB_KERNEL_DIRECTIONS; i++)
		kernel_detach(engine, (enum gb_kernel_direction)i);
	kernel_attach_release(engine);
	if (remove)
		kernel_pins_destroy(&engine->pins);
	kernel_pins_close(&engine->pins);
	kernel_maps_release(engine);
	free(engine);
}

/* ---- what it carries ---- */

/* What programs do is what they are told last: so before one is attached anew, they are told that nothing is to be carried
 * there yet. A frame of before waits for the user engine, and must not be overtaken.
 */
static void tell_programs(struct gb_kernel_engine *engine)
{
	struct gb_kernel_config config = kernel_config_of(engine, kernel_tai_offset_ns());

	kernel_config_write(engine, &config);
}

static int follow_direction(struct gb_kernel_engine *engine, enum gb_kernel_direction direction, int interface)
{
	struct kernel_attachment *a = &engine->attachment[direction];
	bool lost = a->interface != 0 && !kernel_attach_holds(engine, direction);
	int error;

	if ((lost || a->interface != interface) && a->begun) {
		a->begun = false;
		tell_programs(engine);
	}
	if (lost)
		kernel_detach(engine, direction);
	error = kernel_attach(engine, direction, interface);
	if (error)
		engine->wanted[direction] = false;
	return error;
}

/* Why it cannot carry what USE says; NULL: it can. */
static const char *why_not(const struct gb_kernel_engine_use *use)
{
	if (!use->native)
		return "wire_format is legacy, which the user engine alone knows";
	if (use->network && !use->has_mac)
		return "the network interface has no Ethernet address";
	return NULL;
}

int gb_kernel_engine_follow(struct gb_kernel_engine *engine, const struct gb_kernel_engine_use *use, char *said)
{
	const char *reason = why_not(use);
	bool usable = !reason && use->goose0 && use->network;
	int error;

	*said = '\0';
	engine->use = *use;
	engine->sources = *use->allow_sources;
	engine->use.allow_sources = &engine->sources;
	engine->used = true;
	engine->wanted[GB_KERNEL_TO_NETWORK] = usable && use->network_up;
	engine->wanted[GB_KERNEL_TO_GOOSE0] = usable && use->goose0_up && use->member;
	error = follow_direction(engine, GB_KERNEL_TO_NETWORK, usable ? use->goose0 : 0);
	if (!error)
		error = follow_direction(engine, GB_KERNEL_TO_GOOSE0, usable ? use->network : 0);
	if (error) {
		engine->wanted[GB_KERNEL_TO_NETWORK] = engine->wanted[GB_KERNEL_TO_GOOSE0] = false;
		say(said, "the programs cannot be attached: %s", strerror(-error));
	} else if (reason) {
		say(said, "%s", reason);
	}
	tell_programs(engine);
	if (!error && !engine->swept && !engine->attachment[GB_KERNEL_TO_NETWORK].old_program &&
	    !engine->attachment[GB_KERNEL_TO_GOOSE0].old_program) {
		kernel_pins_sweep(&engine->pins, GB_KERNEL_LAYOUT);
		engine->swept = true;
	}
	return error;
}

bool gb_kernel_engine_beat(struct gb_kernel_engine *engine, bool clock_synchronised)
{
	bool waits = false;

	__atomic_store_n(&engine->state->heartbeat_ns, gb_clock_mono_ns(), __ATOMIC_RELEASE);
	if (!engine->used)
		return false;
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++) {
		struct kernel_attachment *a = &engine->attachment[i];

		if (!engine->wanted[i] || a->interface == 0 || a->begun)
			continue;
		a->begun = __atomic_load_n(&engine->state->drained_ns[i], __ATOMIC_ACQUIRE) > a->since_ns;
		waits |= !a->begun;
	}
	engine->use.clock_synchronised = clock_synchronised;
	tell_programs(engine);
	return waits;
}

bool gb_kernel_engine_carries(const struct gb_kernel_engine *engine)
{
	const struct gb_kernel_config *config = kernel_config_active(engine);

	return engine->used && config->forward[GB_KERNEL_TO_NETWORK] && config->forward[GB_KERNEL_TO_GOOSE0];
}

const char *gb_kernel_engine_attachment(const struct gb_kernel_engine *engine)
{
	const struct kernel_attachment *a = &engine->attachment[GB_KERNEL_TO_NETWORK];

	return a->interface == 0 ? "" : a->clsact ? "clsact" : "tcx";
}

bool gb_kernel_engine_is_adopted(const struct gb_kernel_engine *engine)
{
	return engine->adopted;
}

/* ---- without a service ---- */

int gb_kernel_engine_remove(const char *bpf_dir, const char *interface, char *said)
{
	struct kernel_pins pins;
	int filters, removed;

	*said = '\0';
	kernel_quieten_libbpf();
	filters = kernel_attach_remove_filters(interface);
	removed = filters > 0 ? filters : 0;
	if (kernel_pins_find(&pins, bpf_dir, interface) == 0)
		removed += kernel_pins_destroy(&pins);
	removed += kernel_pins_remove_stale(bpf_dir);
	if (filters < 0 && removed == 0) {
		say_why_not(said, filters);
		return filters;
	}
	return removed;
}
