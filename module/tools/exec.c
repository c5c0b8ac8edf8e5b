/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BY_SIGNAL 128 /* as a shell has it */

/* PROGRAM beside this one. False if the path is not known, or too long. */
static bool path_beside(const char *program, char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *name;

	if (length <= 0 || (size_t)length >= size - 1)
		return false;
	path[length] = '\0';
	name = strrchr(path, '/');
	if (!name || strlen(program) >= size - (size_t)(name + 1 - path))
		return false;
	strcpy(name + 1, program);
	return true;
}

int exec_tool(const char *program, const char **arguments)
{
	char path[PATH_MAX], **argv = (char **)(uintptr_t)arguments; /* exec takes them const in all but name */

	arguments[0] = program;
	if (path_beside(program, path, sizeof(path)))
		execv(path, argv);
	execvp(program, argv);
	return -errno;
}

/* In the child: why it could not become PROGRAM goes through REPORT, which is closed if it could. */
static void become(const char *program, const char **arguments, int out, int report)
{
	int error;
	ssize_t written;

	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	error = exec_tool(program, arguments);
	written = write(report, &error, sizeof(error));
	_exit(written == (ssize_t)sizeof(error) ? 0 : 1);
}

/* What comes until the end. */
static void read_all(int fd, char *text, size_t size)
{
	size_t length = 0;
	char rest[512];

	for (;;) {
		bool room = length + 1 < size;
		ssize_t got = room ? read(fd, text + length, size - length - 1) : read(fd, rest, sizeof(rest));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += room ? (size_t)got : 0;
	}
	text[length] = '\0';
}

static int wait_for_end(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
}

int exec_run(const char *program, const char **arguments, char *text, size_t size)
{
	int out[2] = {-1, -1}, report[2], error = 0, status;
	pid_t child;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -errno;
	if (text && pipe2(out, O_CLOEXEC) < 0) {
		error = -errno;
		close(report[0]);
		close(report[1]);
		return error;
	}
	fflush(stdout);
	child = fork();
	if (child == 0)
		become(program, arguments, out[1], report[1]);
	if (child < 0)
		error = -errno;
	close(report[1]);
	if (text)
		close(out[1]);
	if (child > 0 && read(report[0], &error, sizeof(error)) != (ssize_t)sizeof(error))
		error = 0; /* nothing came: it runs */
	close(report[0]);
	if (text) {
		read_all(out[0], text, size);
		close(out[0]);
	}
	status = child > 0 ? wait_for_end(child) : 0;
	return error ? error : status;
}
