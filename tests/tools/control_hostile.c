/* SPDX-License-Identifier: Apache-2.0 */
/* Clients of a control socket that mean no good: they hold connections, send halves, never read, flood, send garbage, come and
 * go. One that is closed comes again.
 */
#include "commands.h"
#include "tool.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX 64
#define PIECE	    8192

enum manner { STALL, HALF, UNREAD, FLOOD, GARBAGE, CHURN, MANNERS };

static const char *const names[MANNERS] = {"stall", "half", "unread", "flood", "garbage", "churn"};

struct hostile {
	struct sockaddr_un to;
	enum manner manner;
	uint64_t random;
	int fd[CLIENTS_MAX];
	uint64_t clients;
	/* what came of it */
	uint64_t connections, closed, sent, got;
};

static void enter(struct hostile *h, int *fd)
{
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*fd < 0)
		tool_fail_errno("control-hostile: socket");
	if (connect(*fd, (struct sockaddr *)&h->to, sizeof(h->to)) == 0) {
		h->connections++;
		return;
	}
	if (errno != EAGAIN) /* a full backlog */
		tool_fail_errno("control-hostile: %s", h->to.sun_path);
	close(*fd);
	*fd = -1;
}

static void leave(struct hostile *h, int *fd)
{
	close(*fd);
	*fd = -1;
	h->closed++;
}

/* What one sends next: whole requests, halves of one, or anything. */
static size_t words(struct hostile *h, char piece[PIECE])
{
	static const char request[] = "{\"version\":1,\"command\":\"stats\"}\n";
	size_t length = 0;

	switch (h->manner) {
	case STALL:
		return 0;
	case HALF:
		piece[0] = ' ';
		return 1;
	case GARBAGE:
		for (; length < PIECE; length++)
			piece[length] = (char)(tool_random(&h->random) % 97 == 0 ? '\n' : tool_random(&h->random));
		return length;
	default:
		for (; length + sizeof(request) <= PIECE; length += sizeof(request) - 1)
			memcpy(piece + length, request, sizeof(request) - 1);
		return length;
	}
}

/* One turn of one client. */
static void act(struct hostile *h, int *fd)
{
	char piece[PIECE];
	size_t length;
	ssize_t done;

	if (*fd < 0)
		enter(h, fd);
	if (*fd < 0)
		return;
	length = words(h, piece);
	done = length ? send(*fd, piece, length, MSG_NOSIGNAL) : 0;
	if (done > 0)
		h->sent += (uint64_t)done;
	if (done < 0 && errno != EAGAIN) {
		leave(h, fd);
		return;
	}
	if (h->manner == UNREAD || h->manner == CHURN) {
		if (h->manner == CHURN)
			leave(h, fd);
		return;
	}
	done = recv(*fd, piece, sizeof(piece), 0);
	if (done > 0)
		h->got += (uint64_t)done;
	else if (done == 0 || errno != EAGAIN)
		leave(h, fd);
}

int command_control_hostile(int argc, char **argv)
{
	static struct hostile h;
	const char *manner = "flood", *ready = NULL;
	uint64_t seconds = 5 * TOOL_NS_PER_S, end;
	const struct tool_option options[] = {
		{"manner", TOOL_TEXT, &manner, "NAME", "stall, half, unread, flood, garbage or churn (flood)"},
		{"clients", TOOL_NUMBER, &h.clients, "N", "so many at a time (1)"},
		{"seconds", TOOL_SECONDS, &seconds, "S", "for so long (5)"},
		{"ready", TOOL_TEXT, &ready, "FILE", "is made when it begins"},
		{0},
	};

	h.clients = 1;
	tool_parse(argc, argv, "SOCKET [options]", options, 1, 1);
	while (h.manner < MANNERS && strcmp(names[h.manner], manner) != 0)
		h.manner++;
	if (h.manner == MANNERS || h.clients < 1 || h.clients > CLIENTS_MAX || strlen(argv[0]) >= sizeof(h.to.sun_path))
		tool_fail_usage("control-hostile: no such manner, or not 1 to %d clients, or too long a path", CLIENTS_MAX);
	h.to.sun_family = AF_UNIX;
	strcpy(h.to.sun_path, argv[0]);
	for (uint64_t i = 0; i < h.clients; i++)
		h.fd[i] = -1;
	tool_catch_signals();
	tool_ready(ready);
	end = tool_mono_ns() + seconds;
	while (tool_mono_ns() < end && !tool_stopped()) {
		for (uint64_t i = 0; i < h.clients; i++)
			act(&h, &h.fd[i]);
		poll(NULL, 0, h.manner == HALF || h.manner == STALL ? 50 : 1);
	}
	printf("{\"connections\":%" PRIu64 ",\"closed\":%" PRIu64 ",\"sent\":%" PRIu64 ",\"got\":%" PRIu64 "}\n", h.connections,
	       h.closed, h.sent, h.got);
	return TOOL_OK;
}
