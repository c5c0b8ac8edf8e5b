/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the kernel engine share, and what workers see of it: memory that the programs see, too. */
#ifndef DATAPATH_KERNEL_H
#define DATAPATH_KERNEL_H

#include <goose-bridge/kernel_engine.h>
#include <goose-bridge/stats.h>
#include <net/if.h>

#include "bpf/layout.h"
#include "kernel_ring.h"

/* Where a direction's program is attached. */
struct kernel_attachment {
	int program; /* descriptor */
	int link;    /* tcx; -1 = none */
	int interface; /* 0 = not attached */
	bool clsact;
	bool old_program; /* it still is the program of the process before */
	bool begun;	  /* no frame from before waits for the user engine any more */
	uint64_t since_ns; /* monotonic; then it was attached, and waits to begin */
};

/* The directory of an instance. */
struct kernel_pins {
	int fd; /* -1: nothing is pinned */
	int parent;
	char instance[IFNAMSIZ + 24];
};

enum kernel_map {
	MAP_CONFIG,
	MAP_COUNTERS,
	MAP_STATE,
	MAP_HELD_TO_NETWORK,
	MAP_HELD_TO_GOOSE0,
	MAP_RING_TO_NETWORK,
	MAP_RING_TO_GOOSE0,
	MAP_COUNT
};

struct gb_kernel_engine {
	/* the programs' memory */
	struct gb_kernel_config *config; /* two of them */
	struct gb_kernel_counters *counters; /* one a processor */
	struct gb_kernel_state *state;
	struct kernel_ring ring[GB_KERNEL_DIRECTIONS]; /* each of them its worker's */
	unsigned cpus;
	struct gb_kernel_direction_counters before[GB_KERNEL_DIRECTIONS]; /* what processes before have counted */
	uint64_t untagged; /* frames to the network, as they were last said to be */
	/* the control thread's */
	char interface[IFNAMSIZ]; /* goose0 */
	bool adopted;
	int map[MAP_COUNT]; /* descriptors */
	struct kernel_pins pins;
	struct kernel_attachment attachment[GB_KERNEL_DIRECTIONS];
	bool wanted[GB_KERNEL_DIRECTIONS]; /* to be carried, as soon as it may begin */
	struct gb_kernel_engine_use use;
	struct gb_sources sources; /* that use points to */
	bool used;		   /* use is set */
	bool swept;		   /* maps of other layouts are gone */
};

/* ---- kernel_config.c: what the programs work with ---- */

/* By how much CLOCK_TAI is ahead of UTC; no privilege is needed, unlike for adjtimex(2). */
int64_t kernel_tai_offset_ns(void);

struct gb_kernel_config kernel_config_of(const struct gb_kernel_engine *engine, int64_t tai_offset_ns);

/* Takes FRESH into use, if it is another than the one that is. */
void kernel_config_write(struct gb_kernel_engine *engine, const struct gb_kernel_config *fresh);

static inline const struct gb_kernel_config *kernel_config_active(const struct gb_kernel_engine *engine)
{
	return &engine->config[__atomic_load_n(&engine->state->active, __ATOMIC_RELAXED) & 1];
}

/* ---- kernel_counters.c ---- */

struct gb_kernel_direction_counters kernel_counters_sum(const struct gb_kernel_engine *engine,
							enum gb_kernel_direction direction);

/* Adds what the programs have done for this process to *TOTALS. */
void kernel_counters_add(struct gb_kernel_engine *engine, struct gb_totals *totals);

/* ---- for workers ---- */

/* What the user engine had got of DIRECTION before SEEN_NS (monotonic) is all carried. */
static inline void kernel_drained(struct gb_kernel_engine *engine, enum gb_kernel_direction direction, uint64_t seen_ns)
{
	__atomic_store_n(&engine->state->drained_ns[direction], seen_ns, __ATOMIC_RELEASE);
}

/* ---- kernel_maps.c, kernel_pins.c, kernel_attach.c: only where it is built ---- */

#define KERNEL_PATH 96 /* octets of a pin's path */
#define KERNEL_PIN  32 /* octets of a map's pin */

/* Pins of links. */
#define KERNEL_PIN_TO_NETWORK "to_network"
#define KERNEL_PIN_TO_GOOSE0  "to_goose0"

/* MAP's pin. The layout is part of the name: maps of another one are another process's, until it is gone. Returns NAME. */
char *kernel_map_pin(enum kernel_map map, char name[KERNEL_PIN]);

/* What fails is returned, and said once, by whoever asked: libbpf itself says nothing. */
void kernel_quieten_libbpf(void);

/* Whether FD is a map with keys and values of this size. */
bool kernel_map_is(int fd, size_t key_size, size_t value_size);

/* Directory of INTERFACE's instance, made if it is not there, and given to USER if that is not "". As long as PINS is open, no
 * kernel_pins_remove_stale of any process takes it for left over. Returns 0; or negative errno, -EOPNOTSUPP where BPF_DIR
 * cannot be had on a bpffs, -EBUSY where somebody keeps the directory locked.
 */
int kernel_pins_open(struct kernel_pins *pins, const char *bpf_dir, const char *interface, const char *user);
void kernel_pins_close(struct kernel_pins *pins);
/* The path of pin NAME, good as long as PINS is open, whoever may look into the directories above. */
char *kernel_pins_path(const struct kernel_pins *pins, const char *name, char path[KERNEL_PATH]);
/* What is pinned as NAME. Returns a descriptor or negative errno. */
int kernel_pins_get(const struct kernel_pins *pins, const char *name);
/* The interface of the link that is pinned as NAME: 0 if that is gone, or if there is no link; negative errno if it cannot be
 * known.
 */
int kernel_link_interface(const struct kernel_pins *pins, const char *name);
int kernel_pins_remove(const struct kernel_pins *pins, const char *name);
/* Removes the maps of other layouts than KEEP. */
void kernel_pins_sweep(const struct kernel_pins *pins, unsigned keep);
/* Detaches what is pinned there, and removes pins and directory. Returns how many. */
int kernel_pins_destroy(struct kernel_pins *pins);
/* Instances whose goose0 or namespace is gone, and that no process has open. Returns how many pins it removed. */
int kernel_pins_remove_stale(const char *bpf_dir);
/* The directory as it is; nothing is made. Returns 0 or negative errno. */
int kernel_pins_find(struct kernel_pins *pins, const char *bpf_dir, const char *interface);
/* The directory INSTANCE itself: so says the name of INTERFACE in this namespace. */
int kernel_pins_instance(const char *interface, char *instance, size_t size);

/* Loads programs and maps. Returns 0 or negative errno. */
int kernel_maps_load(struct gb_kernel_engine *engine, uint64_t epoch);
void kernel_maps_release(struct gb_kernel_engine *engine);

/* What an earlier process pinned. */
void kernel_attach_adopt(struct gb_kernel_engine *engine);
/* DIRECTION's program to INTERFACE; 0 = to none. Returns 0 or negative errno. */
int kernel_attach(struct gb_kernel_engine *engine, enum gb_kernel_direction direction, int interface);
/* Whether what was attached still is: another interface may have the index by now, or somebody has taken it away. */
bool kernel_attach_holds(const struct gb_kernel_engine *engine, enum gb_kernel_direction direction);
void kernel_detach(struct gb_kernel_engine *engine, enum gb_kernel_direction direction);
/* Lets go of what is attached; with pins it goes on. */
void kernel_attach_release(struct gb_kernel_engine *engine);
/* Filters of INTERFACE's instance on all interfaces of this namespace. Returns how many it took away, or negative errno. */
int kernel_attach_remove_filters(const char *interface);

#endif
