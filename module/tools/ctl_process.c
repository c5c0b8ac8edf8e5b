/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl_process.h"

#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIT_DIRECTORY GB_SYSCONFDIR "/goose-bridge/"
#define UNIT_SUFFIX    ".conf"
#define UNIT_LETTERS   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-"

/* ---- systemd -------------------------------------------------------------------------------------------------------- */

/* The unit that starts the service with this configuration file, as goose-bridge.service and goose-bridge@.service do. */
static void name_unit(const char *file, char *name, size_t size)
{
	char path[PATH_MAX];
	size_t directory = strlen(UNIT_DIRECTORY), suffix = strlen(UNIT_SUFFIX), length;
	const char *base;

	*name = '\0';
	if (access("/run/systemd/system", F_OK) != 0)
		return;
	if (*file != '/' && realpath(file, path))
		file = path;
	length = strlen(file);
	if (length <= directory + suffix || strncmp(file, UNIT_DIRECTORY, directory) != 0 ||
	    strcmp(file + length - suffix, UNIT_SUFFIX) != 0)
		return;
	base = file + directory;
	length -= directory + suffix;
	if (strspn(base, UNIT_LETTERS) < length || length > 200)
		return;
	if (length == strlen("goose-bridge") && strncmp(base, "goose-bridge", length) == 0)
		snprintf(name, size, "goose-bridge.service");
	else
		snprintf(name, size, "goose-bridge@%.*s.service", (int)length, base);
}

static void take_property(struct ctl_unit *unit, const char *line)
{
	static const struct {
		const char *name;
		size_t offset, size;
	} texts[] = {
		{"ActiveState=", offsetof(struct ctl_unit, active), sizeof(unit->active)},
		{"SubState=", offsetof(struct ctl_unit, sub), sizeof(unit->sub)},
		{"Result=", offsetof(struct ctl_unit, result), sizeof(unit->result)},
		{"StatusText=", offsetof(struct ctl_unit, status), sizeof(unit->status)},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strncmp(line, texts[i].name, strlen(texts[i].name)) == 0)
			snprintf((char *)unit + texts[i].offset, texts[i].size, "%s", line + strlen(texts[i].name));
	if (strncmp(line, "MainPID=", 8) == 0)
		unit->pid = (pid_t)atol(line + 8);
	else if (strncmp(line, "NRestarts=", 10) == 0)
		unit->restarts = (unsigned)atol(line + 10);
	else if (strcmp(line, "LoadState=loaded") == 0)
		unit->loaded = true;
}

void ctl_unit_look(const struct ctl_settings *settings, struct ctl_unit *unit)
{
	static const char properties[] = "--property=LoadState,ActiveState,SubState,Result,StatusText,MainPID,NRestarts";
	const char *arguments[] = {NULL, "show", properties, "--", unit->name, NULL};
	char text[2048], *rest = NULL;

	*unit = (struct ctl_unit){0};
	name_unit(settings->config_file, unit->name, sizeof(unit->name));
	if (!*unit->name || exec_run("systemctl", arguments, text, sizeof(text)) != 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		take_property(unit, line);
}

bool ctl_unit_runs(const struct ctl_unit *unit)
{
	return unit->loaded && strcmp(unit->active, "inactive") != 0 && strcmp(unit->active, "failed") != 0;
}

/* ---- the process ---------------------------------------------------------------------------------------------------- */

/* Who listens at the control socket, as the kernel saw it then (unix(7), SO_PEERCRED). */
static pid_t find_server(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct ucred peer = {0};
	socklen_t length = sizeof(peer);
	int fd;

	if (!*path || strlen(path) >= sizeof(address.sun_path))
		return 0;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
		peer.pid = 0;
	close(fd);
	return peer.pid;
}

/* Whether process PID holds a lock (flock(2)) on a file with this inode. To try the lock itself could stop a service that is
 * about to start. A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 1234 00:19:5678 0 EOF" (proc(5)).
 */
static bool holds_lock(pid_t pid, uint64_t inode)
{
	FILE *locks = fopen("/proc/locks", "re");
	char line[256];
	bool found = false;

	while (locks && !found && fgets(line, sizeof(line), locks)) {
		unsigned long long at;
		long owner;

		found = sscanf(line, "%*s FLOCK %*s WRITE %ld %*[0-9a-fA-F]:%*[0-9a-fA-F]:%llu", &owner, &at) == 2 &&
			owner == pid && at == inode;
	}
	if (locks)
		fclose(locks);
	return found;
}

static pid_t find_owner(const char *pid_file)
{
	int fd = open(pid_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[32] = "";
	struct stat is;
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	if (fstat(fd, &is) == 0 && S_ISREG(is.st_mode) && read(fd, text, sizeof(text) - 1) > 0)
		pid = (pid_t)atol(text);
	close(fd);
	return pid > 0 && holds_lock(pid, is.st_ino) ? pid : 0;
}

pid_t ctl_process_find(const struct ctl_settings *settings)
{
	pid_t pid = find_server(settings->socket_path);

	return pid > 0 ? pid : find_owner(settings->config.pid_file);
}

/* Waits until FD, which stands for a process (pidfd_open(2)), is readable: it has ended. */
static int wait_for_end(int fd, unsigned wait_ms)
{
	uint64_t end_ns = gb_clock_mono_ns() + wait_ms * GB_NS_PER_MS;
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	for (;;) {
		uint64_t now_ns = gb_clock_mono_ns();
		int count = now_ns < end_ns ? poll(&ended, 1, (int)((end_ns - now_ns) / GB_NS_PER_MS) + 1) : 0;

		if (count > 0)
			return 0;
		if (count == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

int ctl_process_signal(pid_t pid, int signal, unsigned wait_ms)
{
	int error, fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return -errno;
	error = syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) == 0 ? 0 : -errno;
	if (!error && wait_ms)
		error = wait_for_end(fd, wait_ms);
	close(fd);
	return error;
}
