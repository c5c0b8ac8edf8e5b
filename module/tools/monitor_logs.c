/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the service's log file, and what is added to it. */
#include "monitor.h"

#include "result.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/client.h>
#include <goose-bridge/config.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_CONFIG GB_SYSCONFDIR "/goose-bridge/goose-bridge.conf"
#define TIMEOUT_MS     2000
#define LOOK_MS	       250 /* how often what was added is looked for */
#define PIECE	       8192

/* ---- where it is ---------------------------------------------------------------------------------------------------- */

static void complain(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (severity == GB_CONFIG_ERROR && line > 0)
		fprintf(stderr, "goose-bridge-monitor: %s:%u: %s\n", file, line, text);
	else if (severity == GB_CONFIG_ERROR)
		fprintf(stderr, "goose-bridge-monitor: %s: %s\n", file, text);
}

/* As the service says, which knows it best; else as its configuration says. False if the configuration is wrong. */
static bool find_log(const struct monitor_settings *settings, char *path, size_t size)
{
	const char *config_path = settings->config_path ? settings->config_path : DEFAULT_CONFIG;
	struct json_object *status = NULL;
	struct gb_config config;
	char error[512];

	*path = '\0';
	if (!settings->config_path &&
	    gb_client_ask(settings->socket_path, "status", TIMEOUT_MS, &status, error, sizeof(error)) == 0)
		snprintf(path, size, "%s", result_text(status, "log_file", ""));
	json_object_put(status);
	if (*path)
		return true;
	gb_config_defaults(&config);
	if ((settings->config_path || access(config_path, F_OK) == 0) &&
	    gb_config_load(config_path, &config, complain, NULL) != 0)
		return false;
	snprintf(path, size, "%s", config.log_file);
	return true;
}

/* ---- reading it ----------------------------------------------------------------------------------------------------- */

struct log {
	const char *path;
	int fd; /* -1: it is not there at the moment */
	off_t at;
};

/* Opens the file that has the name now. Negative errno on failure. */
static int open_log(struct log *log)
{
	struct stat is;
	int fd = open(log->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* O_NONBLOCK: not to wait on what is no file */

	if (fd < 0)
		return -errno;
	if (fstat(fd, &is) != 0 || !S_ISREG(is.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	log->fd = fd;
	log->at = 0;
	return 0;
}

/* Where the last LINES lines begin in a file of SIZE octets. */
static off_t last_lines(int fd, off_t size, unsigned lines)
{
	char piece[PIECE];
	off_t end = size;

	if (lines == 0)
		return size;
	while (end > 0) {
		off_t start = end > PIECE ? end - PIECE : 0;
		ssize_t got = pread(fd, piece, (size_t)(end - start), start);

		if (got != end - start)
			return start;
		for (off_t i = got; i-- > 0;)
			if (piece[i] == '\n' && start + i + 1 != size && --lines == 0)
				return start + i + 1;
		end = start;
	}
	return 0;
}

/* Prints what there is from log->at on. Negative errno if the output is gone. */
static int print_rest(struct log *log)
{
	char piece[PIECE];
	ssize_t got;

	while ((got = pread(log->fd, piece, sizeof(piece), log->at)) > 0) {
		size_t length = (size_t)got;

		/* the first half of a character may be of a control one: it waits for its second, unless there is none */
		if (length > 1 && (unsigned char)piece[length - 1] == 0xC2)
			length--;
		words_print_clean(stdout, piece, length);
		log->at += (off_t)length;
	}
	return fflush(stdout) != 0 || ferror(stdout) ? -EIO : 0;
}

/* Whether the name is another file's now (rotated), or no one's. */
static bool is_another(const struct log *log)
{
	struct stat here, there;

	return stat(log->path, &there) != 0 || fstat(log->fd, &here) != 0 || here.st_dev != there.st_dev ||
	       here.st_ino != there.st_ino;
}

static int follow(struct log *log)
{
	for (;;) {
		struct stat is;

		if (log->fd >= 0) {
			bool another = is_another(log); /* before the rest is read: nothing comes after it */

			if (fstat(log->fd, &is) == 0 && is.st_size < log->at) /* emptied in its place */
				log->at = 0;
			if (print_rest(log) != 0)
				return -EIO;
			if (another) {
				close(log->fd);
				log->fd = -1;
			}
		}
		if (log->fd >= 0 || open_log(log) != 0)
			poll(NULL, 0, LOOK_MS);
	}
}

int monitor_logs(const struct monitor_settings *settings)
{
	char path[GB_CONFIG_PATH_MAX];
	struct log log = {.path = path, .fd = -1};
	struct stat is;
	int error;

	if (!find_log(settings, path, sizeof(path)))
		return MONITOR_BAD_NEWS;
	if (!*path) {
		fputs("goose-bridge-monitor: the service writes no log file; see journalctl -u goose-bridge\n", stderr);
		return MONITOR_BAD_NEWS;
	}
	error = open_log(&log);
	if (error && !(settings->follow && error == -ENOENT)) {
		fputs("goose-bridge-monitor: cannot read the log ", stderr);
		words_print_clean(stderr, path, strlen(path));
		fprintf(stderr, ": %s\n", error == -EINVAL ? "it is no regular file" : strerror(-error));
		return MONITOR_BAD_NEWS;
	}
	if (log.fd >= 0 && fstat(log.fd, &is) == 0)
		log.at = last_lines(log.fd, is.st_size, settings->lines);
	if (log.fd >= 0)
		error = print_rest(&log);
	if (!error || log.fd < 0)
		error = settings->follow ? follow(&log) : 0;
	if (error)
		fprintf(stderr, "goose-bridge-monitor: writing failed: %s\n", strerror(-error));
	if (log.fd >= 0)
		close(log.fd);
	return error ? MONITOR_BAD_NEWS : MONITOR_DONE;
}
