/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on a bridge's control socket at a rate: more of them than processes could be started for. */
#include "commands.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int open_socket(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(to.sun_path))
		tool_fail_usage("control-send: the path is too long");
	strcpy(to.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		tool_fail_errno("%s", path);
	return fd;
}

int command_control_ask(int argc, char **argv)
{
	const struct tool_option options[] = {{0}};
	static char line[1024 * 1024];
	FILE *stream;

	tool_parse(argc, argv, "SOCKET REQUEST", options, 2, 2);
	stream = fdopen(open_socket(argv[0]), "r+");
	if (!stream || fprintf(stream, "%s\n", argv[1]) < 0 || fflush(stream) != 0)
		tool_fail_errno("control-ask");
	if (!fgets(line, sizeof(line), stream))
		tool_fail("control-ask: no answer");
	fputs(line, stdout);
	fclose(stream);
	return TOOL_OK;
}

/* Whether the answer, a line, says that the request was obeyed. */
static bool obeyed(FILE *from)
{
	char line[65536];

	if (!fgets(line, sizeof(line), from))
		tool_fail("control-send: no answer");
	return strstr(line, "\"ok\":true") != NULL;
}

int command_control_send(int argc, char **argv)
{
	uint64_t rate = 100, count = 1, good = 0;
	const struct tool_option options[] = {
		{"rate", TOOL_NUMBER, &rate, "N", "requests a second (100)"},
		{"count", TOOL_NUMBER, &count, "N", "how many (1)"},
		{0},
	};

	tool_parse(argc, argv, "SOCKET REQUEST [options]", options, 2, 2);
	int fd = open_socket(argv[0]);
	FILE *stream = fdopen(fd, "r");
	uint64_t start = tool_mono_ns();

	if (!stream || rate == 0)
		tool_fail_usage("control-send: --rate is not above 0");
	for (uint64_t i = 0; i < count; i++) {
		tool_wait_until(start + i * TOOL_NS_PER_S / rate, false);
		if (dprintf(fd, "%s\n", argv[1]) < 0)
			tool_fail_errno("control-send");
		good += obeyed(stream);
	}
	printf("{\"sent\":%" PRIu64 ",\"obeyed\":%" PRIu64 ",\"seconds\":%.3f}\n", count, good,
	       (double)(tool_mono_ns() - start) / 1e9);
	fclose(stream);
	return good == count ? TOOL_OK : TOOL_FAILED;
}
