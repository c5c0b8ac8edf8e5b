/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of processes are made with: a service manager's socket, and one thread held still. */
#include "commands.h"
#include "tool.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* notify-capture: what comes to NOTIFY_SOCKET (sd_notify(3)), a line for each assignment behind the time in ms and the
 * sender's process id.
 */
static void print_message(char *text, long pid)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("%" PRIu64 " %ld %s\n", tool_mono_ns() / 1000000, pid, line);
	fflush(stdout);
}

static void take_message(int fd)
{
	union {
		struct cmsghdr aligned;
		char octets[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[4096];
	struct iovec vector = {.iov_base = text, .iov_len = sizeof(text) - 1};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct ucred from = {0};
	ssize_t length = recvmsg(fd, &message, 0);

	if (length < 0)
		return;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			memcpy(&from, CMSG_DATA(c), sizeof(from));
	text[length] = '\0';
	print_message(text, (long)from.pid);
}

int command_notify_capture(int argc, char **argv)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const char *ready = NULL;
	int fd, on = 1;
	const struct tool_option options[] = {{"ready", TOOL_TEXT, &ready, "FILE", "create FILE when listening"}, {0}};

	tool_parse(argc, argv, "SOCKET [options]   ends on SIGTERM and SIGINT", options, 1, 1);
	if (strlen(argv[0]) >= sizeof(at.sun_path))
		tool_fail_usage("%s is too long for a socket", argv[0]);
	strcpy(at.sun_path, argv[0]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unlink(argv[0]);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		tool_fail_errno("%s", argv[0]);
	tool_catch_signals();
	tool_ready(ready);
	while (tool_readable(fd, 0))
		take_message(fd);
	close(fd);
	return TOOL_OK;
}

/* hold: a thread stands still while its process goes on, as one that hangs does. */
int command_hold(int argc, char **argv)
{
	const char *ready = NULL;
	int status;
	const struct tool_option options[] = {{"ready", TOOL_TEXT, &ready, "FILE", "create FILE when it stands still"}, {0}};

	tool_parse(argc, argv,
		   "THREAD [options]   a thread's id; ends with it, or on SIGTERM and SIGINT: then it goes on", options, 1, 1);
	pid_t thread = (pid_t)strtol(argv[0], NULL, 10);

	if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 ||
	    waitpid(thread, &status, __WALL) < 0 || !WIFSTOPPED(status))
		tool_fail_errno("thread %s", argv[0]);
	tool_catch_signals();
	tool_ready(ready);
	while (!tool_stopped())
		/* whoever holds a thread has to see it end, or its process cannot */
		if (waitpid(thread, &status, __WALL) == thread && !WIFSTOPPED(status))
			return TOOL_OK;
	if (ptrace(PTRACE_DETACH, thread, NULL, NULL) < 0)
		tool_fail_errno("thread %s", argv[0]);
	return TOOL_OK;
}
