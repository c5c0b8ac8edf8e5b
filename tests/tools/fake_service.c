/* SPDX-License-Identifier: Apache-2.0 */
/* fake-service SOCKET FILE: a control socket that answers "stats" and "status" with what is in FILE at that time, one line of
 * JSON: for tests of the tools without a service, a network or root. SIGTERM ends it.
 */
#include <event2/event.h>
#include <goose-bridge/control.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NULL, which is an error for whoever asks, if there is none. */
static char *contents(void *arg)
{
	FILE *file = fopen(arg, "r");
	char *line = NULL;
	size_t room = 0;

	if (!file)
		return NULL;
	if (getdelim(&line, &room, '\n', file) < 0) {
		free(line);
		line = NULL;
	}
	fclose(file);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line;
}

static void on_term(evutil_socket_t number, short what, void *base)
{
	(void)number;
	(void)what;
	event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
	static const struct gb_control_ops ops = {.stats = contents, .status = contents, .version = "fake"};
	struct event_base *base = event_base_new();
	struct event *term = base ? evsignal_new(base, SIGTERM, on_term, base) : NULL;
	struct gb_control *control;
	int error;

	if (argc != 3 || !term || event_add(term, NULL) != 0) {
		fputs("usage: fake-service SOCKET FILE\n", stderr);
		return 2;
	}
	error = gb_control_create(&control, base, argv[1], &ops, argv[2]);
	if (error) {
		fprintf(stderr, "fake-service: %s: %s\n", argv[1], strerror(-error));
		return 1;
	}
	event_base_dispatch(base);
	gb_control_destroy(control);
	event_free(term);
	event_base_free(base);
	return 0;
}
