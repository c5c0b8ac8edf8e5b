/* SPDX-License-Identifier: Apache-2.0 */
/* What bounds a client: it has one request line in memory, and one answer. While an answer is unread nothing more is read
 * from it; a turn of the loop answers one request; and each wait has an end.
 */
#include "session.h"

#include <errno.h>
#include <event2/event.h>
#include <goose-bridge/clock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#ifndef GB_CONTROL_IDLE_MS
#define GB_CONTROL_IDLE_MS 30000 /* from one answer to the next whole request */
#endif
#ifndef GB_CONTROL_UNREAD_MS
#define GB_CONTROL_UNREAD_MS 10000 /* for an answer to be read */
#endif

struct session {
	const struct session_settings *settings;
	int fd;
	struct session_user user;
	uint64_t asked_ns; /* monotonic: the last request, else the connection */
	bool no_more_input; /* the client closed its sending side */
	bool last_answer;   /* close when it is out */
	struct event *readable;
	struct event *writable;
	struct event *next_turn;
	struct event *deadline;
	size_t have; /* octets in input */
	char input[GB_CONTROL_LINE_MAX + 1];
	char *answer; /* with line end; NULL = none under way */
	size_t answer_length;
	size_t answer_sent;
};

static void end(struct session *s)
{
	s->settings->ended(s->settings->ended_arg, s);
	session_destroy(s);
}

static void set_deadline(struct session *s, unsigned ms)
{
	struct timeval time = gb_clock_timeval(ms * GB_NS_PER_MS);

	evtimer_add(s->deadline, &time);
}

/* Writes what the client takes. False if the client is gone. */
static bool push_answer(struct session *s)
{
	while (s->answer_sent < s->answer_length) {
		ssize_t sent = send(s->fd, s->answer + s->answer_sent, s->answer_length - s->answer_sent,
				    MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN;
		s->answer_sent += (size_t)sent;
	}
	free(s->answer);
	s->answer = NULL;
	set_deadline(s, GB_CONTROL_IDLE_MS);
	return true;
}

/* Whoever may not change anything is answered again only after as long as the last answer to any of them took: together they
 * have at most half of the loop's time, and those who look after the service find the other half free.
 */
static bool has_to_wait(const struct session *s, uint64_t now_ns)
{
	return !s->user.may_change && now_ns < s->settings->share->free_ns;
}

/* Answers a line of LENGTH octets. False if memory is short. */
static bool answer(struct session *s, size_t length)
{
	uint64_t before_ns = gb_clock_mono_ns(), now_ns;
	char *line = gb_control_answer(s->settings->ops, s->settings->ops_arg, s->input, length, s->user.may_change);
	size_t line_length = line ? strlen(line) : 0;
	char *with_end = line ? realloc(line, line_length + 1) : NULL;

	if (!with_end) {
		free(line);
		return false;
	}
	with_end[line_length] = '\n'; /* where the NUL was */
	s->answer = with_end;
	s->answer_length = line_length + 1;
	s->answer_sent = 0;
	now_ns = gb_clock_mono_ns();
	s->asked_ns = now_ns;
	if (!s->user.may_change)
		s->settings->share->free_ns = now_ns + (now_ns - before_ns);
	set_deadline(s, GB_CONTROL_UNREAD_MS);
	return true;
}

static bool whole_line(const struct session *s, size_t *length)
{
	const char *line_end = memchr(s->input, '\n', s->have);

	*length = line_end ? (size_t)(line_end - s->input) : s->have;
	return line_end != NULL;
}

/* Whether what has come is answered next: a line, or one that is too long, or ends without its end. */
static bool has_request(const struct session *s)
{
	size_t length;

	return whole_line(s, &length) || s->have == sizeof(s->input) || (s->no_more_input && s->have > 0);
}

/* Answers at most one request. False if the session is over. */
static bool serve(struct session *s)
{
	size_t length;
	bool whole = whole_line(s, &length);

	if (!has_request(s))
		return !s->no_more_input;
	if (!answer(s, length)) /* too long a line is answered with an error there */
		return false;
	if (!whole) {
		s->last_answer = true;
		s->have = 0;
		return true;
	}
	s->have -= length + 1;
	memmove(s->input, s->input + length + 1, s->have);
	return true;
}

/* The next turn: after the events that wait now, and when it may be answered. */
static void wait_for_turn(struct session *s)
{
	uint64_t now_ns = gb_clock_mono_ns();
	struct timeval wait = {0};

	if (has_to_wait(s, now_ns))
		wait = gb_clock_timeval(s->settings->share->free_ns - now_ns + 999); /* rounded up to us */
	event_del(s->readable);
	evtimer_add(s->next_turn, &wait);
}

/* Waits for what has to come next. */
static void wait_for_next(struct session *s)
{
	size_t length;

	if (s->answer) {
		event_del(s->readable);
		event_add(s->writable, NULL);
		return;
	}
	event_del(s->writable);
	if (whole_line(s, &length) || s->no_more_input)
		wait_for_turn(s);
	else
		event_add(s->readable, NULL);
}

/* Goes on as far as that is possible without waiting. */
static void advance(struct session *s)
{
	if (!s->answer && has_to_wait(s, gb_clock_mono_ns()) && has_request(s)) {
		wait_for_turn(s);
		return;
	}
	if (!s->answer && !serve(s)) {
		end(s);
		return;
	}
	if (s->answer && !push_answer(s)) {
		end(s);
		return;
	}
	if (!s->answer && s->last_answer)
		end(s);
	else
		wait_for_next(s);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct session *s = arg;
	ssize_t got = recv(fd, s->input + s->have, sizeof(s->input) - s->have, MSG_DONTWAIT);

	(void)what;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got < 0) {
		end(s);
		return;
	}
	if (got == 0)
		s->no_more_input = true;
	s->have += (size_t)got;
	advance(s);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	advance(arg);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	end(arg);
}

struct session_user session_user_of(int fd)
{
	struct session_user user = {.uid = (uid_t)-1};
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0)
		user = (struct session_user){.uid = peer.uid, .may_change = peer.uid == 0 || peer.uid == geteuid()};
	return user;
}

struct session_user session_user(const struct session *s)
{
	return s->user;
}

uint64_t session_quiet_since(const struct session *s)
{
	return s->asked_ns;
}

struct session *session_create(const struct session_settings *settings, int fd, struct session_user user)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->settings = settings;
	s->fd = -1;
	s->user = user;
	s->asked_ns = gb_clock_mono_ns();
	s->readable = event_new(settings->base, fd, EV_READ | EV_PERSIST, on_readable, s);
	s->writable = event_new(settings->base, fd, EV_WRITE | EV_PERSIST, on_ready, s);
	s->next_turn = evtimer_new(settings->base, on_ready, s);
	s->deadline = evtimer_new(settings->base, on_deadline, s);
	if (!s->readable || !s->writable || !s->next_turn || !s->deadline || event_add(s->readable, NULL) != 0) {
		session_destroy(s);
		return NULL;
	}
	s->fd = fd;
	set_deadline(s, GB_CONTROL_IDLE_MS);
	return s;
}

void session_destroy(struct session *s)
{
	if (!s)
		return;
	struct event *events[] = {s->readable, s->writable, s->next_turn, s->deadline};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (events[i])
			event_free(events[i]);
	free(s->answer);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}
