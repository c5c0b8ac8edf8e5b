/* SPDX-License-Identifier: Apache-2.0 */
/* client: the tools' end of the control socket. */
#ifndef GOOSE_BRIDGE_CLIENT_H
#define GOOSE_BRIDGE_CLIENT_H

#include <stddef.h>

#define GB_CLIENT_SOCKET "/run/goose-bridge/control.sock"

struct json_object;

/* Asks the service at SOCKET_PATH and waits at most TIMEOUT_MS for the whole answer (bounded in size, too).
 * Returns 0 with *RESULT (json_object_put when done); -ECONNREFUSED or -ENOENT if no service listens; -ETIMEDOUT; -EPROTO for
 * an answer that is none; -EREMOTEIO if the service refused, with its words in ERROR; or negative errno.
 * ERROR (SIZE octets) always gets a sentence for a person on failure.
 */
int gb_client_ask(const char *socket_path, const char *command, int timeout_ms, struct json_object **result,
		  char *error, size_t size);

/* The same for a command that takes an argument. NULL = none. */
int gb_client_ask_about(const char *socket_path, const char *command, const char *argument, int timeout_ms,
			struct json_object **result, char *error, size_t size);

#endif
