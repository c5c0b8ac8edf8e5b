/* SPDX-License-Identifier: Apache-2.0 */
/* control: the service's end of the control socket (unix, JSON lines) and its table of commands.
 *
 * One request a line: {"version": 1, "command": "stats"}, for some commands with an "argument", which is text; one answer a
 * line: {"version": 1, "ok": true, "result": {...}} or {"version": 1, "ok": false, "error": "..."}. No client can make the
 * loop wait: everything is bounded (line, clients, unread output, idle time) and non-blocking. Reading is for everyone the
 * socket's mode lets in; what changes something is for root and for the service's own user (SO_PEERCRED). Control thread
 * only.
 */
#ifndef GOOSE_BRIDGE_CONTROL_H
#define GOOSE_BRIDGE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#define GB_CONTROL_VERSION  1
#define GB_CONTROL_LINE_MAX 4096 /* octets of a request */

struct event_base;
struct gb_control;

/* What the daemon does for a command. The first seven return a line of JSON that the server frees, or NULL if memory is short.
 * None may destroy the server: it is about to answer.
 */
struct gb_control_ops {
	char *(*stats)(void *arg);
	char *(*status)(void *arg);
	char *(*peers)(void *arg);
	char *(*events)(void *arg);
	char *(*igmp)(void *arg);
	char *(*streams)(void *arg);
	char *(*snmp)(void *arg);
	const char *version; /* of the service */
	/* Reads the configuration again. Returns 0, or -EINVAL. SAID (SIZE octets, one line) gets how it went, or what is
	 * wrong.
	 */
	int (*reload)(void *arg, char *said, size_t size);
	/* Leaves the group until the next reload or start. Returns 0, or negative errno with what is wrong in SAID. */
	int (*igmp_leave)(void *arg, char *said, size_t size);
	/* One stream in full, by its gocbRef or its index: a line of JSON, or NULL with what is wrong in SAID. */
	char *(*stream)(void *arg, const char *which, char *said, size_t size);
	/* Expect a stream (as in goose-bridge.conf(5), expect_stream); forget one, by gocbRef or index. Return 0, or negative
	 * errno; SAID gets how it went, or what is wrong.
	 */
	int (*expect)(void *arg, const char *stream, char *said, size_t size);
	int (*forget)(void *arg, const char *which, char *said, size_t size);
	/* Asks all bridges of the group to answer: a line of JSON with the request's nonce; and who answered the request with
	 * that nonce: a line of JSON. NULL with what is wrong in SAID.
	 */
	char *(*echo_send)(void *arg, char *said, size_t size);
	char *(*echo)(void *arg, const char *nonce, char *said, size_t size);
};

/* Listens at PATH (directories above it are made, mode 0755; the socket gets mode 0666: reading needs no root). A socket file
 * that nobody listens on is replaced; one with a living server is -EADDRINUSE, and what is no socket is -EEXIST.
 * OPS and ARG have to live as long as the server. Returns 0 or negative errno.
 */
int gb_control_create(struct gb_control **control, struct event_base *base, const char *path,
		      const struct gb_control_ops *ops, void *arg);

/* Closes all clients and removes the socket file, if it is still this server's. */
void gb_control_destroy(struct gb_control *control);

/* The answer to one request LINE of LENGTH octets, without its line end, from a client that MAY_CHANGE things or not. Never
 * NULL unless memory is short; the caller frees it; without line end. Pure but for OPS: what the fuzz target calls.
 */
char *gb_control_answer(const struct gb_control_ops *ops, void *arg, const char *line, size_t length, bool may_change);

#endif
