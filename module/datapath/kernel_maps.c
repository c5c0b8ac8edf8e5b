/* SPDX-License-Identifier: Apache-2.0 */
/* The maps, adopted or new, and the programs loaded onto them. Afterwards only descriptors and mapped memory are left: nothing
 * is asked of the kernel for a frame or a counter.
 */
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "goose_bridge.skel.h"

static const char *const map_name[MAP_COUNT] = {
	[MAP_CONFIG] = "config",
	[MAP_COUNTERS] = "counters",
	[MAP_STATE] = "state",
	[MAP_HELD_TO_NETWORK] = "held_to_network",
	[MAP_HELD_TO_GOOSE0] = "held_to_goose0",
	[MAP_RING_TO_NETWORK] = "ring_to_network",
	[MAP_RING_TO_GOOSE0] = "ring_to_goose0",
};

static struct bpf_map *map_of(const struct goose_bridge *skeleton, enum kernel_map map)
{
	return bpf_object__find_map_by_name(skeleton->obj, map_name[map]);
}

char *kernel_map_pin(enum kernel_map map, char name[KERNEL_PIN])
{
	snprintf(name, KERNEL_PIN, "%u_%s", GB_KERNEL_LAYOUT, map_name[map]);
	return name;
}

bool kernel_map_is(int fd, size_t key_size, size_t value_size)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.key_size == key_size && info.value_size == value_size;
}

/* Whether the map FD is what the programs of this build want. */
static bool fits(int fd, const struct bpf_map *wanted)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && info.type == (uint32_t)bpf_map__type(wanted) &&
	       info.key_size == bpf_map__key_size(wanted) && info.value_size == bpf_map__value_size(wanted) &&
	       info.max_entries == bpf_map__max_entries(wanted) && info.map_flags == bpf_map__map_flags(wanted);
}

/* Octets that an array takes in memory (kernel, array_map_alloc). */
static size_t mapped_size(size_t entries, size_t value_size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (entries * ((value_size + 7) / 8 * 8) + page - 1) / page * page;
}

static int map_memory(int fd, size_t entries, size_t value_size, void *memory)
{
	void *mapped = mmap(NULL, mapped_size(entries, value_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (mapped == MAP_FAILED)
		return -errno;
	memcpy(memory, &mapped, sizeof(mapped));
	return 0;
}

static int map_all(struct gb_kernel_engine *engine)
{
	int error = map_memory(engine->map[MAP_STATE], 1, sizeof(*engine->state), &engine->state);

	if (!error)
		error = map_memory(engine->map[MAP_CONFIG], 2, sizeof(*engine->config), &engine->config);
	if (!error)
		error = map_memory(engine->map[MAP_COUNTERS], engine->cpus, sizeof(*engine->counters), &engine->counters);
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS && !error; i++)
		error = kernel_ring_open(&engine->ring[i], engine->map[MAP_RING_TO_NETWORK + (int)i], GB_KERNEL_RING_OCTETS);
	return error;
}

static void unmap_all(struct gb_kernel_engine *engine)
{
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++)
		kernel_ring_close(&engine->ring[i]);
	if (engine->counters)
		munmap(engine->counters, mapped_size(engine->cpus, sizeof(*engine->counters)));
	if (engine->config)
		munmap(engine->config, mapped_size(2, sizeof(*engine->config)));
	if (engine->state)
		munmap(engine->state, mapped_size(1, sizeof(*engine->state)));
	engine->counters = NULL;
	engine->config = NULL;
	engine->state = NULL;
}

/* ---- adopting ---- */

static bool is_our_layout(int fd)
{
	struct gb_kernel_state state;
	uint32_t key = 0;

	return bpf_map_lookup_elem(fd, &key, &state) == 0 && state.layout == GB_KERNEL_LAYOUT;
}

static void close_maps(struct gb_kernel_engine *engine)
{
	for (unsigned i = 0; i < MAP_COUNT; i++) {
		if (engine->map[i] >= 0)
			close(engine->map[i]);
		engine->map[i] = -1;
	}
}

/* All maps of the process before, if they are what is needed: then the programs will use them. */
static bool adopt(struct gb_kernel_engine *engine, const struct goose_bridge *skeleton)
{
	char name[KERNEL_PIN];
	bool good = engine->pins.fd >= 0;

	for (unsigned i = 0; i < MAP_COUNT && good; i++) {
		engine->map[i] = kernel_pins_get(&engine->pins, kernel_map_pin((enum kernel_map)i, name));
		good = engine->map[i] >= 0 && fits(engine->map[i], map_of(skeleton, (enum kernel_map)i));
	}
	good = good && is_our_layout(engine->map[MAP_STATE]);
	for (unsigned i = 0; i < MAP_COUNT && good; i++)
		good = bpf_map__reuse_fd(map_of(skeleton, (enum kernel_map)i), engine->map[i]) == 0;
	if (!good)
		close_maps(engine);
	return good;
}

/* Those that could not be adopted make room for the new ones. Programs that use them do so until they are exchanged. */
static int pin_maps(struct gb_kernel_engine *engine)
{
	char path[KERNEL_PATH], name[KERNEL_PIN];

	for (unsigned i = 0; i < MAP_COUNT; i++) {
		kernel_pins_remove(&engine->pins, kernel_map_pin((enum kernel_map)i, name));
		if (bpf_obj_pin(engine->map[i], kernel_pins_path(&engine->pins, name, path)) < 0)
			return -errno;
	}
	return 0;
}

static int take_new_maps(struct gb_kernel_engine *engine, const struct goose_bridge *skeleton)
{
	for (unsigned i = 0; i < MAP_COUNT; i++) {
		/* the skeleton's go with it */
		engine->map[i] = fcntl(bpf_map__fd(map_of(skeleton, (enum kernel_map)i)), F_DUPFD_CLOEXEC, 0);
		if (engine->map[i] < 0)
			return -errno;
	}
	return 0;
}

static void begin_state(struct gb_kernel_engine *engine, uint64_t epoch)
{
	struct gb_kernel_state *state = engine->state;

	state->epoch = epoch;
	__atomic_store_n(&state->layout, GB_KERNEL_LAYOUT, __ATOMIC_RELEASE);
}

/* What is in the rings was seen by the process before, or is as old as what it could not see. */
static void skip_past(struct gb_kernel_engine *engine)
{
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++) {
		kernel_ring_skip(&engine->ring[i]);
		engine->before[i] = kernel_counters_sum(engine, (enum gb_kernel_direction)i);
	}
}

/* ---- loading ---- */

static int take_programs(struct gb_kernel_engine *engine, const struct goose_bridge *skeleton)
{
	const struct bpf_program *program[] = {
		[GB_KERNEL_TO_NETWORK] = skeleton->progs.gb_to_network, [GB_KERNEL_TO_GOOSE0] = skeleton->progs.gb_to_goose0};

	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++) {
		engine->attachment[i].program = fcntl(bpf_program__fd(program[i]), F_DUPFD_CLOEXEC, 0);
		if (engine->attachment[i].program < 0)
			return -errno;
	}
	return 0;
}

static int load(struct gb_kernel_engine *engine, struct goose_bridge *skeleton, uint64_t epoch)
{
	int error;

	for (unsigned i = 0; i < MAP_COUNT; i++)
		if (!map_of(skeleton, (enum kernel_map)i))
			return -ENOENT;
	bpf_map__set_max_entries(map_of(skeleton, MAP_COUNTERS), engine->cpus);
	engine->adopted = adopt(engine, skeleton);
	error = goose_bridge__load(skeleton);
	if (!error && !engine->adopted)
		error = take_new_maps(engine, skeleton);
	if (!error)
		error = take_programs(engine, skeleton);
	if (!error)
		error = map_all(engine);
	if (error)
		return error;
	if (engine->adopted)
		skip_past(engine);
	else
		begin_state(engine, epoch);
	__atomic_store_n(&engine->state->heartbeat_ns, gb_clock_mono_ns(), __ATOMIC_RELEASE);
	if (!engine->adopted && engine->pins.fd >= 0 && pin_maps(engine) < 0) {
		kernel_pins_sweep(&engine->pins, 0); /* no half of them is left */
		kernel_pins_close(&engine->pins);    /* said by the caller, who sees that there are none */
	}
	return 0;
}

static int say_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	return 0;
}

void kernel_quieten_libbpf(void)
{
	libbpf_set_print(say_nothing);
}

int kernel_maps_load(struct gb_kernel_engine *engine, uint64_t epoch)
{
	int error, cpus = libbpf_num_possible_cpus();

	kernel_quieten_libbpf();
	if (cpus < 0)
		return cpus;
	engine->cpus = (unsigned)cpus;
	struct goose_bridge *skeleton = goose_bridge__open();

	if (!skeleton)
		return -errno;
	error = load(engine, skeleton, epoch);
	goose_bridge__destroy(skeleton);
	return error;
}

void kernel_maps_release(struct gb_kernel_engine *engine)
{
	unmap_all(engine);
	close_maps(engine);
}
