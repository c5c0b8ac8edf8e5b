/* SPDX-License-Identifier: Apache-2.0 */
/* Running another program for what it says. */
#include "check_local.h"

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_FOUND 127 /* exit status, as a shell has it */

static void become(const char *const argv[], int out)
{
	static const char *const directories[] = {"/usr/sbin/", "/sbin/"};
	char path[128], **arguments = (char **)(uintptr_t)argv; /* exec takes them const in all but name */
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(argv[0], arguments);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s", directories[i], argv[0]);
		execv(path, arguments);
	}
	_exit(NOT_FOUND);
}

/* Reads until the end. 0, or negative errno. */
static int read_all(int fd, uint64_t deadline_ns, size_t limit, char **text)
{
	size_t length = 0, room = 0;

	for (;;) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		uint64_t now = gb_clock_mono_ns();
		ssize_t got;

		if (length + 1 >= room) {
			char *more = realloc(*text, room ? room * 2 : 65536);

			if (!more || room > limit)
				return more ? (*text = more, -EFBIG) : -ENOMEM;
			*text = more;
			room = room ? room * 2 : 65536;
		}
		if (now >= deadline_ns || poll(&ready, 1, (int)((deadline_ns - now) / GB_NS_PER_MS) + 1) == 0)
			return -ETIMEDOUT;
		got = read(fd, *text + length, room - length - 1);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		length += got > 0 ? (size_t)got : 0;
	}
	(*text)[length] = 0;
	return 0;
}

int check_run(const char *const argv[], unsigned timeout_ms, size_t limit, char **text)
{
	uint64_t deadline_ns = gb_clock_mono_ns() + timeout_ms * GB_NS_PER_MS;
	int ends[2], status = 0, error;
	pid_t child;

	*text = NULL;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		become(argv, ends[1]);
	error = child < 0 ? -errno : 0;
	close(ends[1]);
	if (!error)
		error = read_all(ends[0], deadline_ns, limit, text);
	close(ends[0]);
	if (child > 0) {
		if (error)
			kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (!error)
		error = WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
	if (error == NOT_FOUND)
		error = -ENOENT;
	if (error) {
		free(*text);
		*text = NULL;
	}
	return error;
}
