/* SPDX-License-Identifier: Apache-2.0 */
/* One client of the control socket: reads its requests one by one and writes each answer before it reads on. */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include <goose-bridge/control.h>
#include <stdint.h>
#include <sys/types.h>

struct session;

/* Told when the session has ended by itself: because of the client, a time-out or an error. The session is destroyed next. */
typedef void session_ended(void *arg, struct session *session);

/* How much of the loop's time those who may not change anything take together. */
struct session_share {
	uint64_t free_ns; /* monotonic: none of them is answered before */
};

struct session_settings {
	struct event_base *base;
	struct session_share *share;
	const struct gb_control_ops *ops;
	void *ops_arg;
	session_ended *ended;
	void *ended_arg;
};

/* Who connected, as the kernel saw it then. */
struct session_user {
	uid_t uid;
	bool may_change; /* root, or the service's own user */
};

/* Of FD, a connected socket. Nobody in particular if that cannot be known. */
struct session_user session_user_of(int fd);

/* Takes FD, which is non-blocking. SETTINGS have to live as long as the session. NULL if memory is short: FD stays open. */
struct session *session_create(const struct session_settings *settings, int fd, struct session_user user);
void session_destroy(struct session *session);

struct session_user session_user(const struct session *session);

/* Since when nothing was asked by it (monotonic ns): when its last request came, else when it connected. */
uint64_t session_quiet_since(const struct session *session);

#endif
