/* SPDX-License-Identifier: Apache-2.0 */
/* One client of the control socket: reads its requests one by one and writes each answer before it reads on. */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include <goose-bridge/control.h>

struct session;

/* Told when the session has ended by itself: because of the client, a time-out or an error. The session is destroyed next. */
typedef void session_ended(void *arg, struct session *session);

struct session_settings {
	struct event_base *base;
	const struct gb_control_ops *ops;
	void *ops_arg;
	session_ended *ended;
	void *ended_arg;
};

/* Takes FD, which is non-blocking. SETTINGS have to live as long as the session. NULL if memory is short: FD stays open. */
struct session *session_create(const struct session_settings *settings, int fd);
void session_destroy(struct session *session);

#endif
