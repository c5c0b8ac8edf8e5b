/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/log.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <malloc.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define LARGE (64 * 1024) /* octets of a block that goes back to the kernel when it is free */

int process_background(void)
{
	int ready[2];

	if (pipe2(ready, O_CLOEXEC) < 0)
		return -errno;
	pid_t child = fork();

	if (child < 0)
		return -errno;
	if (child > 0) {
		unsigned char status = 1;

		close(ready[1]);
		if (read(ready[0], &status, 1) != 1)
			status = 1;
		_exit(status);
	}
	close(ready[0]);
	setsid();
	if (chdir("/") < 0)
		return -errno;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		/* stderr stays until the service is ready: why a start fails has to be seen */
		close(null);
	}
	return ready[1];
}

bool process_is_managed(void)
{
	const char *path = getenv("NOTIFY_SOCKET");

	return path && *path;
}

void process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, strlen(path));
	if (path[0] == '@')
		to.sun_path[0] = '\0'; /* the abstract name space, unix(7) */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&to,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}

void process_ready(int fd)
{
	if (fd < 0)
		return;
	ssize_t written = write(fd, "", 1);

	(void)written; /* a parent that was killed meanwhile is no reason to stop */
	close(fd);
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDERR_FILENO);
		close(null);
	}
}

/* Whether the file at PATH is the one that FD is open on: whoever held its lock may have removed it just before it was ours. */
static bool is_at(int fd, const char *path)
{
	struct stat opened, there;

	return fstat(fd, &opened) == 0 && lstat(path, &there) == 0 && opened.st_dev == there.st_dev &&
	       opened.st_ino == there.st_ino;
}

/* The file, locked. Negative errno: -EAGAIN if a living process has it, whose id is then in *OTHER. */
static int open_locked(const char *path, pid_t *other)
{
	for (;;) {
		char text[32] = "";
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
			if (is_at(fd, path))
				return fd;
			close(fd);
			continue;
		}
		int error = -errno;
		ssize_t n = read(fd, text, sizeof(text) - 1);

		*other = n > 0 ? (pid_t)atol(text) : 0;
		close(fd);
		return error == -EWOULDBLOCK ? -EAGAIN : error;
	}
}

int process_write_pid(const char *path, pid_t *other)
{
	char text[32];
	int fd = open_locked(path, other);

	if (fd < 0)
		return fd;
	int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || write(fd, text, (size_t)length) != length) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

void process_remove_pid(int fd, const char *path)
{
	if (fd < 0)
		return;
	unlink(path); /* fails after a change of user; the lock goes all the same, and the next start takes the file over */
	close(fd);
}

int process_keep_capabilities(const struct process_needs *needs)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	uint32_t wanted = 1U << CAP_NET_ADMIN | 1U << CAP_NET_RAW | (needs->low_port ? 1U << CAP_NET_BIND_SERVICE : 0);
	uint32_t wanted_high = needs->bpf ? 1U << (CAP_BPF - 32) : 0;
	uint32_t kept, kept_high;
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	kept = wanted & data[0].permitted;
	data[0] = (struct __user_cap_data_struct){.effective = kept, .permitted = kept};
	kept_high = wanted_high & data[1].permitted;
	data[1] = (struct __user_cap_data_struct){.effective = kept_high, .permitted = kept_high};
	/* with the inheritable ones the ambient ones go, capabilities(7) */
	if (syscall(SYS_capset, &header, data) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

bool process_is_user(const char *user)
{
	struct passwd *pw = getpwnam(user);

	return pw && pw->pw_uid == geteuid();
}

int process_become(const char *user, const struct process_needs *needs, const char **failed)
{
	errno = 0;
	struct passwd *pw = getpwnam(user);

	*failed = "user";
	if (!pw)
		return errno ? -errno : -ENOENT;
	*failed = "initgroups";
	if (initgroups(user, pw->pw_gid) < 0)
		return -errno;
	*failed = "setgid";
	if (setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0)
		return -errno;
	*failed = "PR_SET_KEEPCAPS";
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return -errno;
	*failed = "setuid";
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		return -errno;
	*failed = "capset";
	int error = process_keep_capabilities(needs);

	if (!error)
		prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	return error;
}

void process_give_file(const char *file, const char *user)
{
	struct passwd *pw = getpwnam(user);
	int fd = *file ? open(file, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;

	if (fd >= 0 && pw && fchown(fd, pw->pw_uid, pw->pw_gid) < 0)
		gb_warn("cannot give %s to %s: %s", file, user, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void process_give_memory_back(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE);
	mallopt(M_TRIM_THRESHOLD, 2 * LARGE);
}

int process_fill_standard_files(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

void process_make_directory(const char *file, const char *user)
{
	char copy[PATH_MAX];

	if (strlen(file) >= sizeof(copy))
		return;
	strcpy(copy, file);
	const char *directory = dirname(copy);

	/* one that is there already is only given to the user if it is the service's own */
	if (mkdir(directory, 0755) < 0 && (errno != EEXIST || strcmp(basename(strdupa(directory)), "goose-bridge") != 0))
		return;
	if (!*user)
		return;
	struct passwd *pw = getpwnam(user);

	if (pw && chown(directory, pw->pw_uid, pw->pw_gid) < 0)
		return; /* what is then not writable says so itself */
}
