/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-monitor: its commands, and how it gets answers. */
#ifndef TOOLS_MONITOR_H
#define TOOLS_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

enum { MONITOR_DONE = 0, MONITOR_BAD_NEWS = 1, MONITOR_USAGE = 2 };

struct monitor_settings {
	const char *socket_path;
	const char *config_path; /* for logs; NULL = the default one, if it is there */
	double interval_s;
	unsigned count; /* blocks to print; 0 = no end */
	unsigned lines; /* of the log, or streams in a block */
	bool plain;
	bool json;
	bool follow;
};

/* The object of the command "stats", with the service's "streams" in it if it has any. Returns as gb_client_ask does. */
int monitor_ask(const char *socket_path, struct json_object **answer, char *error, size_t size);

/* ---- answers at regular times, asked for by a thread of its own, so that no service can keep the keys waiting -------- */

struct monitor_source;

struct monitor_answer {
	struct json_object *object; /* NULL: there was none */
	char error[512];	    /* why */
	uint64_t at_ns;		    /* monotonic */
	uint64_t utc_ns;
};

/* NULL if memory or a thread is short. SOCKET_PATH has to live as long. */
struct monitor_source *monitor_source_create(const char *socket_path, double interval_s);

/* Waits for a question that is under way: as long as one may take, at most. */
void monitor_source_destroy(struct monitor_source *source);

/* Readable when there is an answer. */
int monitor_source_fd(const struct monitor_source *source);

/* Takes the latest answer, or that there was none. False if nothing is new. The caller puts the object. */
bool monitor_source_take(struct monitor_source *source, struct monitor_answer *answer);

/* A line of JSON that says what went wrong, and when. */
void monitor_json_error(const char *error);

/* ---- commands: each returns an exit status -------------------------------------------------------------------------- */

int monitor_logs(const struct monitor_settings *settings);
int monitor_plain(const struct monitor_settings *settings);

/* Whether there is a terminal that a screen can be drawn on. If not, WHY (may be NULL) gets a sentence, or NULL if there is
 * nothing to be said of it.
 */
bool monitor_screen_open(const char **why);
int monitor_screen(const struct monitor_settings *settings); /* after monitor_screen_open: closes it */

#endif
