/* SPDX-License-Identifier: Apache-2.0 */
/* Programs onto interfaces: by tcx where the kernel has it (6.6), whose links can be pinned and given another program while
 * frames flow; by a filter of clsact below. Such a filter needs no pin: it is found again by its priority and handle, and
 * replaced in one go.
 */
#include "kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* linux/bpf.h of 6.6. The headers of older systems do not have them; the running kernel may. */
#define TCX_INGRESS   46 /* BPF_TCX_INGRESS */
#define TCX_EGRESS    47 /* BPF_TCX_EGRESS */
#define LINK_TYPE_TCX 11 /* BPF_LINK_TYPE_TCX */

#define FILTER 0x6762 /* "gb": the priority of our filters, and the lower half of their handle */

static const char *const pin_name[] = {
	[GB_KERNEL_TO_NETWORK] = KERNEL_PIN_TO_NETWORK, [GB_KERNEL_TO_GOOSE0] = KERNEL_PIN_TO_GOOSE0};

/* ---- tcx ---- */

static enum bpf_attach_type tcx_type(enum gb_kernel_direction direction)
{
	return direction == GB_KERNEL_TO_NETWORK ? TCX_EGRESS : TCX_INGRESS;
}

/* struct bpf_link_info as of 6.6, as far as it is the same for all links, and then of tcx. */
struct link_info {
	uint32_t type, id, program;
	_Alignas(8) uint32_t interface; /* 0: it is gone */
	uint32_t attach_type;
	uint64_t room[12]; /* of other kinds */
};

static bool read_link(int fd, struct link_info *info)
{
	uint32_t length = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &length) == 0 && info->type == LINK_TYPE_TCX;
}

int kernel_link_interface(const struct kernel_pins *pins, const char *name)
{
	struct link_info info;
	int fd = kernel_pins_get(pins, name);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	int interface = read_link(fd, &info) ? (int)info.interface : -EINVAL;

	close(fd);
	return interface;
}

/* What is pinned goes on; only that it can be found is ended. */
static void pin(struct gb_kernel_engine *engine, enum gb_kernel_direction direction)
{
	char path[KERNEL_PATH];

	if (engine->pins.fd < 0)
		return;
	kernel_pins_remove(&engine->pins, pin_name[direction]);
	bpf_obj_pin(engine->attachment[direction].link, kernel_pins_path(&engine->pins, pin_name[direction], path));
}

static int attach_tcx(struct gb_kernel_engine *engine, enum gb_kernel_direction direction, int interface)
{
	struct kernel_attachment *a = &engine->attachment[direction];
	int link = bpf_link_create(a->program, interface, tcx_type(direction), NULL);

	if (link < 0)
		return -errno;
	a->link = link;
	pin(engine, direction);
	return 0;
}

void kernel_attach_adopt(struct gb_kernel_engine *engine)
{
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS && engine->pins.fd >= 0; i++) {
		struct kernel_attachment *a = &engine->attachment[i];
		struct link_info info;
		int link = kernel_pins_get(&engine->pins, pin_name[i]);

		if (link < 0)
			continue;
		if (read_link(link, &info) && info.interface != 0 &&
		    info.attach_type == (uint32_t)tcx_type((enum gb_kernel_direction)i)) {
			a->link = link;
			a->interface = (int)info.interface;
			a->old_program = true;
			/* what it gave to the process before is nobody's any more */
			a->begun = engine->adopted;
			a->since_ns = gb_clock_mono_ns();
		} else {
			close(link);
			kernel_pins_remove(&engine->pins, pin_name[i]);
		}
	}
}

/* ---- clsact ---- */

/* Two instances may have a filter on the same interface: FNV-1a of goose0's name tells them apart. */
static uint32_t handle_of(const char *interface)
{
	uint32_t hash = UINT32_C(0x811C9DC5);

	for (; *interface; interface++)
		hash = (hash ^ (uint8_t)*interface) * UINT32_C(0x01000193);
	return ((hash ^ hash << 16) & UINT32_C(0xFFFF0000)) | FILTER;
}

static struct bpf_tc_hook hook_of(enum gb_kernel_direction direction, int interface)
{
	return (struct bpf_tc_hook){.sz = sizeof(struct bpf_tc_hook), .ifindex = interface,
				    .attach_point = direction == GB_KERNEL_TO_NETWORK ? BPF_TC_EGRESS : BPF_TC_INGRESS};
}

static struct bpf_tc_opts filter_of(const char *interface)
{
	return (struct bpf_tc_opts){.sz = sizeof(struct bpf_tc_opts), .handle = handle_of(interface), .priority = FILTER};
}

/* Only where one is: of a filter that is not there nothing is to be said by libbpf or the kernel. */
static bool has_filter(const char *goose0, enum gb_kernel_direction direction, int interface)
{
	struct bpf_tc_hook hook = hook_of(direction, interface);
	struct bpf_tc_opts filter = filter_of(goose0);

	return bpf_tc_query(&hook, &filter) == 0;
}

static bool remove_filter(const char *goose0, enum gb_kernel_direction direction, int interface)
{
	struct bpf_tc_hook hook = hook_of(direction, interface);
	struct bpf_tc_opts filter = filter_of(goose0);

	return bpf_tc_detach(&hook, &filter) == 0;
}

/* The process before may have had another interface: its filter there, which leaves no pin, would work with our maps. */
static void remove_filters_elsewhere(const char *goose0, enum gb_kernel_direction direction, int interface)
{
	struct if_nameindex *all = if_nameindex();

	for (const struct if_nameindex *at = all; at && at->if_index != 0; at++)
		if ((int)at->if_index != interface && has_filter(goose0, direction, (int)at->if_index))
			remove_filter(goose0, direction, (int)at->if_index);
	if (all)
		if_freenameindex(all);
}

static int attach_clsact(struct gb_kernel_engine *engine, enum gb_kernel_direction direction, int interface)
{
	struct bpf_tc_hook hook = hook_of(direction, interface);
	struct bpf_tc_opts filter = filter_of(engine->interface);
	struct kernel_attachment *a = &engine->attachment[direction];
	int error = bpf_tc_hook_create(&hook);

	if (error && error != -EEXIST)
		return error;
	bool replaces = has_filter(engine->interface, direction, interface);

	filter.prog_fd = a->program;
	filter.flags = BPF_TC_F_REPLACE;
	error = bpf_tc_attach(&hook, &filter);
	a->clsact = error == 0;
	/* one that the process before left has carried all the time: nothing waits for the user engine */
	a->begun = !error && replaces && engine->adopted;
	if (!error)
		remove_filters_elsewhere(engine->interface, direction, interface);
	return error;
}

int kernel_attach_remove_filters(const char *interface)
{
	struct if_nameindex *all = if_nameindex();
	int removed = 0, error = 0;

	if (!all)
		return -errno;
	for (const struct if_nameindex *at = all; at->if_index != 0; at++)
		for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++) {
			enum gb_kernel_direction direction = (enum gb_kernel_direction)i;

			if (!has_filter(interface, direction, (int)at->if_index))
				continue;
			if (remove_filter(interface, direction, (int)at->if_index))
				removed++;
			else
				error = -EPERM;
		}
	if_freenameindex(all);
	return error && !removed ? error : removed;
}

/* ---- either ---- */

/* What says that a kernel has no tcx, or none for this process. */
static bool is_unknown(int error)
{
	return error == -EINVAL || error == -EOPNOTSUPP || error == -ENOSYS;
}

/* The program of the process before gives its place to the new one; no frame falls between them. */
static int exchange(struct kernel_attachment *a)
{
	if (bpf_link_update(a->link, a->program, NULL) < 0)
		return -errno;
	a->old_program = false;
	return 0;
}

bool kernel_attach_holds(const struct gb_kernel_engine *engine, enum gb_kernel_direction direction)
{
	const struct kernel_attachment *a = &engine->attachment[direction];
	struct link_info info;

	if (a->clsact)
		return has_filter(engine->interface, direction, a->interface);
	return a->link >= 0 && read_link(a->link, &info) && (int)info.interface == a->interface;
}

int kernel_attach(struct gb_kernel_engine *engine, enum gb_kernel_direction direction, int interface)
{
	struct kernel_attachment *a = &engine->attachment[direction];
	int error;

	if (a->interface == interface && !a->old_program)
		return 0;
	if (a->interface == interface && exchange(a) == 0)
		return 0;
	kernel_detach(engine, direction);
	if (interface == 0)
		return 0;
	error = attach_tcx(engine, direction, interface);
	if (is_unknown(error))
		error = attach_clsact(engine, direction, interface);
	if (error)
		return error;
	a->interface = interface;
	a->since_ns = gb_clock_mono_ns();
	return 0;
}

void kernel_detach(struct gb_kernel_engine *engine, enum gb_kernel_direction direction)
{
	struct kernel_attachment *a = &engine->attachment[direction];

	if (a->link >= 0) {
		bpf_link_detach(a->link);
		close(a->link);
		if (engine->pins.fd >= 0)
			kernel_pins_remove(&engine->pins, pin_name[direction]);
	}
	if (a->clsact && a->interface)
		remove_filter(engine->interface, direction, a->interface);
	*a = (struct kernel_attachment){.program = a->program, .link = -1};
}

void kernel_attach_release(struct gb_kernel_engine *engine)
{
	for (unsigned i = 0; i < GB_KERNEL_DIRECTIONS; i++) {
		struct kernel_attachment *a = &engine->attachment[i];

		/* a filter would stay, and nobody could find the maps it goes on with */
		if (engine->pins.fd < 0)
			kernel_detach(engine, (enum gb_kernel_direction)i);
		else if (a->link >= 0)
			close(a->link);
		if (a->program >= 0)
			close(a->program);
		*a = (struct kernel_attachment){.program = -1, .link = -1};
	}
}
