/* SPDX-License-Identifier: Apache-2.0 */
/* Where what outlives the process is found again: BPF_DIR/INSTANCE on a bpffs, with a pin for each map, named by its layout,
 * and for each link. A bpffs takes no dots in names; an interface's name has no colon, so that stands for one.
 */
#include "kernel.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define BPF_FS	    0xCAFE4A11 /* BPF_FS_MAGIC, linux/magic.h */
#define ABANDONED_NS (5 * GB_NS_PER_S) /* a process that lives says so each second */
#define REMOVED_NS   (GB_NS_PER_S / 2)	/* what is left over is removed in such a time */
#define REMOVED_TRIES 50

static uint64_t own_namespace(void)
{
	struct stat s;

	return stat("/proc/self/ns/net", &s) == 0 ? s.st_ino : 0;
}

static void swap_character(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

int kernel_pins_instance(const char *interface, char *instance, size_t size)
{
	uint64_t namespace = own_namespace();
	int length = snprintf(instance, size, "%s-%llu", interface, (unsigned long long)namespace);

	swap_character(instance, '.', ':');
	return namespace == 0 || length < 0 || (size_t)length >= size ? -ENOENT : 0;
}

/* INSTANCE taken apart again. */
static bool parse_instance(const char *instance, char interface[IFNAMSIZ], uint64_t *namespace)
{
	const char *dash = strrchr(instance, '-');
	char *end;

	if (!dash || dash == instance || dash - instance >= IFNAMSIZ || dash[1] < '0' || dash[1] > '9')
		return false;
	memcpy(interface, instance, (size_t)(dash - instance));
	interface[dash - instance] = '\0';
	swap_character(interface, ':', '.');
	*namespace = strtoull(dash + 1, &end, 10);
	return *end == '\0';
}

static bool on_bpffs(int fd)
{
	struct statfs s;

	return fstatfs(fd, &s) == 0 && (uint32_t)s.f_type == BPF_FS;
}

/* BPF_DIR, on a bpffs. Returns a descriptor or negative errno. */
static int open_parent(const char *bpf_dir)
{
	int fd = open(bpf_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (on_bpffs(fd))
		return fd;
	close(fd);
	return -EOPNOTSUPP;
}

/* The same; it is made if what it is to be in is one. */
static int make_parent(const char *bpf_dir)
{
	char above[GB_CONFIG_PATH_MAX + 1];
	int fd = open_parent(bpf_dir);

	if (fd != -ENOENT)
		return fd;
	snprintf(above, sizeof(above), "%s", bpf_dir);
	char *slash = strrchr(above, '/');

	if (!slash || slash == above)
		return -EOPNOTSUPP;
	*slash = '\0';
	fd = open_parent(above);
	if (fd < 0)
		return fd;
	int error = mkdirat(fd, slash + 1, 0755) < 0 ? -errno : 0;

	close(fd);
	return error && error != -EEXIST ? error : open_parent(bpf_dir);
}

static int open_instance(int parent, const char *instance)
{
	int fd = openat(parent, instance, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

/* The instance's directory, made if it is not there, and locked together with others that work with it: whoever takes away what
 * is left over locks it alone, and finds that it is not. Returns a descriptor; -EAGAIN if it is being taken away; or negative
 * errno.
 */
static int make_instance(int parent, const char *instance)
{
	struct stat s;

	if (mkdirat(parent, instance, 0700) < 0 && errno != EEXIST)
		return -errno;
	int fd = open_instance(parent, instance);

	if (fd < 0)
		return fd == -ENOENT ? -EAGAIN : fd;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0 && fstat(fd, &s) == 0 && s.st_nlink > 0)
		return fd;
	close(fd);
	return -EAGAIN;
}

/* What takes milliseconds is waited for; who has locked it for good keeps no service from starting. */
static int await_instance(int parent, const char *instance)
{
	const struct timespec wait = {.tv_nsec = REMOVED_NS / REMOVED_TRIES};

	for (unsigned i = 0; i < REMOVED_TRIES; i++) {
		int fd = make_instance(parent, instance);

		if (fd != -EAGAIN)
			return fd;
		nanosleep(&wait, NULL);
	}
	return -EBUSY;
}

int kernel_pins_open(struct kernel_pins *pins, const char *bpf_dir, const char *interface, const char *user)
{
	int error = kernel_pins_instance(interface, pins->instance, sizeof(pins->instance));

	pins->fd = pins->parent = -1;
	if (error)
		return error;
	pins->parent = make_parent(bpf_dir);
	if (pins->parent < 0) {
		error = pins->parent;
		goto out;
	}
	pins->fd = await_instance(pins->parent, pins->instance);
	if (pins->fd < 0) {
		error = pins->fd;
		goto out;
	}
	const struct passwd *pw = *user ? getpwnam(user) : NULL;

	if (pw && fchown(pins->fd, pw->pw_uid, pw->pw_gid) < 0)
		error = -errno;
out:
	if (error)
		kernel_pins_close(pins);
	return error;
}

int kernel_pins_find(struct kernel_pins *pins, const char *bpf_dir, const char *interface)
{
	int error = kernel_pins_instance(interface, pins->instance, sizeof(pins->instance));

	pins->fd = pins->parent = -1;
	if (error)
		return error;
	pins->parent = open_parent(bpf_dir);
	if (pins->parent < 0)
		return pins->parent;
	pins->fd = open_instance(pins->parent, pins->instance);
	if (pins->fd >= 0)
		return 0;
	error = pins->fd;
	kernel_pins_close(pins);
	return error;
}

void kernel_pins_close(struct kernel_pins *pins)
{
	if (pins->fd >= 0)
		close(pins->fd);
	if (pins->parent >= 0)
		close(pins->parent);
	pins->fd = pins->parent = -1;
}

/* By the descriptor: once the service is another user it may not look into /sys/fs/bpf any more. */
char *kernel_pins_path(const struct kernel_pins *pins, const char *name, char path[KERNEL_PATH])
{
	snprintf(path, KERNEL_PATH, "/proc/self/fd/%d/%s", pins->fd, name);
	return path;
}

/* Never what a symbolic link stands for: the directory is the service's user's, who must not have root open, take over or
 * detach what is another's. The first descriptor is the name itself, and what is got through it is just that.
 */
int kernel_pins_get(const struct kernel_pins *pins, const char *name)
{
	char path[KERNEL_PATH];
	int at = openat(pins->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (at < 0)
		return -errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", at);
	int fd = bpf_obj_get(path), error = errno;

	close(at);
	return fd < 0 ? -error : fd;
}

int kernel_pins_remove(const struct kernel_pins *pins, const char *name)
{
	return unlinkat(pins->fd, name, 0) < 0 ? -errno : 0;
}

/* Calls CALL for each name in the directory FD. */
static void each_name(int fd, void (*call)(void *arg, const char *name), void *arg)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *entry;

	if (!directory) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.')
			call(arg, entry->d_name);
	closedir(directory);
}

struct sweep {
	const struct kernel_pins *pins;
	char keep[16];
	int removed;
	bool links; /* too, detached */
};

static void detach_pinned(const struct kernel_pins *pins, const char *name)
{
	int fd = kernel_pins_get(pins, name);

	if (fd < 0)
		return;
	bpf_link_detach(fd); /* whoever else holds it open holds an empty thing */
	close(fd);
}

static void sweep_name(void *arg, const char *name)
{
	struct sweep *sweep = arg;
	bool map = name[0] >= '0' && name[0] <= '9';

	if (map ? *sweep->keep && strncmp(name, sweep->keep, strlen(sweep->keep)) == 0 : !sweep->links)
		return;
	if (!map)
		detach_pinned(sweep->pins, name);
	sweep->removed += kernel_pins_remove(sweep->pins, name) == 0;
}

void kernel_pins_sweep(const struct kernel_pins *pins, unsigned keep)
{
	struct sweep sweep = {.pins = pins};

	snprintf(sweep.keep, sizeof(sweep.keep), "%u_", keep);
	if (pins->fd >= 0)
		each_name(pins->fd, sweep_name, &sweep);
}

int kernel_pins_destroy(struct kernel_pins *pins)
{
	struct sweep sweep = {.pins = pins, .links = true};

	if (pins->fd < 0)
		return 0;
	each_name(pins->fd, sweep_name, &sweep);
	unlinkat(pins->parent, pins->instance, AT_REMOVEDIR);
	kernel_pins_close(pins);
	return sweep.removed;
}

/* ---- of others ---- */

/* Whether anything of an instance still is on an interface, or a process has spoken for it lately. */
static bool is_abandoned(const struct kernel_pins *pins)
{
	static const char *const links[] = {KERNEL_PIN_TO_NETWORK, KERNEL_PIN_TO_GOOSE0};
	char name[KERNEL_PIN];
	struct gb_kernel_state state;
	uint32_t key = 0;

	int fd = kernel_pins_get(pins, kernel_map_pin(MAP_STATE, name));

	if (fd < 0 && fd != -ENOENT)
		return false; /* it is not for this process to know */
	if (fd >= 0) {
		uint64_t now = gb_clock_mono_ns();
		bool known = kernel_map_is(fd, sizeof(key), sizeof(state)) && bpf_map_lookup_elem(fd, &key, &state) == 0;

		close(fd);
		if (known && now - state.heartbeat_ns < ABANDONED_NS)
			return false;
		/* filters of clsact leave no pin; who knows whether they are still there */
		if (known && now - state.heartbeat_ns < GB_KERNEL_UNATTENDED_MAX_S * GB_NS_PER_S &&
		    faccessat(pins->fd, links[0], F_OK, 0) < 0 && faccessat(pins->fd, links[1], F_OK, 0) < 0)
			return false;
	}
	/* without goose0 it carries nothing, whatever is left on the network's interface */
	return kernel_link_interface(pins, links[0]) == 0;
}

struct stale {
	int parent;
	int removed;
};

static void look_at_instance(void *arg, const char *name)
{
	struct stale *stale = arg;
	char interface[IFNAMSIZ];
	uint64_t namespace;
	struct kernel_pins pins = {.parent = dup(stale->parent)};

	if (strlen(name) < sizeof(pins.instance)) /* else it is nobody's, and not opened */
		memcpy(pins.instance, name, strlen(name) + 1);
	pins.fd = open_instance(pins.parent, pins.instance);
	/* locked by nobody, until it is closed */
	if (pins.fd >= 0 && parse_instance(name, interface, &namespace) && flock(pins.fd, LOCK_EX | LOCK_NB) == 0 &&
	    is_abandoned(&pins) && !(namespace == own_namespace() && if_nametoindex(interface) != 0))
		stale->removed += kernel_pins_destroy(&pins);
	kernel_pins_close(&pins);
}

int kernel_pins_remove_stale(const char *bpf_dir)
{
	struct stale stale = {.parent = open_parent(bpf_dir)};

	if (stale.parent < 0)
		return 0;
	each_name(stale.parent, look_at_instance, &stale);
	close(stale.parent);
	return stale.removed;
}
