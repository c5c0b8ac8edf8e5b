/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the service's log file, and what is added to it. */
#include "monitor.h"

#include "put.h"
#include "result.h"
#include "words.h"

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/client.h>
#include <goose-bridge/config.h>
#include <goose-bridge/report.h>
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
#define PROBLEM_MAX    400
#define LINE_MOST      4095 /* octets of a line that JSON shows: what is longer is cut */

/* ---- where it is ---------------------------------------------------------------------------------------------------- */

/* FIRST gets the first of several. */
static void complain(void *first, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	char sentence[PROBLEM_MAX] = "";

	gb_config_first_error(first, PROBLEM_MAX, severity, file, line, text);
	gb_config_first_error(sentence, sizeof(sentence), severity, file, line, text);
	if (*sentence)
		fprintf(stderr, "goose-bridge-monitor: %s\n", sentence);
}

/* As the service says, which knows it best; else as its configuration says. False if the configuration is wrong. */
static bool find_log(const struct monitor_settings *settings, char *path, size_t size)
{
	const char *config_path = settings->config_path ? settings->config_path : DEFAULT_CONFIG;
	struct json_object *status = NULL;
	struct gb_config config;
	char error[512], problem[PROBLEM_MAX] = "";

	*path = '\0';
	if (!settings->config_path &&
	    gb_client_ask(settings->socket_path, "status", TIMEOUT_MS, &status, error, sizeof(error)) == 0)
		snprintf(path, size, "%s", result_text(status, "log_file", ""));
	json_object_put(status);
	if (*path)
		return true;
	gb_config_defaults(&config);
	if ((settings->config_path || access(config_path, F_OK) == 0) &&
	    gb_config_load(config_path, &config, complain, problem) != 0) {
		if (settings->json)
			monitor_json_error(problem);
		return false;
	}
	snprintf(path, size, "%s", config.log_file);
	return true;
}

/* ---- reading it ----------------------------------------------------------------------------------------------------- */

struct log {
	const char *path;
	int fd; /* -1: it is not there at the moment */
	off_t at;
	bool json;
	char line[LINE_MOST + 1]; /* json: what is known of a line whose end has not been read */
	size_t length;
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

/* A line as the service writes it: "TIME LEVEL TEXT". Another, such as what another program wrote there, is all text. */
static void print_json_line(struct log *log)
{
	struct json_object *object = json_object_new_object();
	char time[40], level[16];
	int text = 0;

	log->line[log->length] = '\0';
	log->length = 0;
	if (sscanf(log->line, "%39[-+:.0-9TZ] %15[A-Z] %n", time, level, &text) < 2 || text == 0 || !strchr(time, 'T')) {
		*time = *level = '\0';
		text = 0;
	}
	put_text(object, "time", time);
	put_text(object, "level", level);
	gb_report_utf8(log->line);
	put_value(object, "text", json_object_new_string(log->line + text));
	put_line(stdout, object);
}

static void print_json_lines(struct log *log, const char *piece, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (piece[i] == '\n')
			print_json_line(log);
		else if (log->length < LINE_MOST)
			log->line[log->length++] = piece[i] ? piece[i] : '?';
	}
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
		if (log->json)
			print_json_lines(log, piece, length);
		else
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

			if (fstat(log->fd, &is) == 0 && is.st_size < log->at) { /* emptied in its place */
				log->at = 0;
				log->length = 0;
			}
			if (print_rest(log) != 0)
				return -EIO;
			if (another) {
				if (log->length > 0) /* its last line has no end, and will get none */
					print_json_line(log);
				close(log->fd);
				log->fd = -1;
			}
		}
		if (log->fd >= 0 || open_log(log) != 0)
			poll(NULL, 0, LOOK_MS);
	}
}

static const char *why_not(int error)
{
	switch (error) {
	case -EINVAL:
		return "it is no regular file";
	case -EACCES:
		return "permission denied: it is for root and for the service's user and group (goose-bridge)";
	default:
		return strerror(-error);
	}
}

/* What is wrong, of which file, and why. */
static int complain_of_log(const struct monitor_settings *settings, const char *what, const char *path, const char *why)
{
	char sentence[GB_CONFIG_PATH_MAX + 200];

	snprintf(sentence, sizeof(sentence), "%s%s%s%s", what, path, *why ? ": " : "", why);
	fputs("goose-bridge-monitor: ", stderr);
	words_print_clean(stderr, sentence, strlen(sentence));
	fputs("\n", stderr);
	if (settings->json)
		monitor_json_error(sentence);
	return MONITOR_BAD_NEWS;
}

int monitor_logs(const struct monitor_settings *settings)
{
	char path[GB_CONFIG_PATH_MAX];
	struct log log = {.path = path, .fd = -1, .json = settings->json};
	struct stat is;
	int error;

	if (!find_log(settings, path, sizeof(path)))
		return MONITOR_BAD_NEWS;
	if (!*path)
		return complain_of_log(settings, "the service writes no log file; see journalctl -u goose-bridge", "", "");
	error = open_log(&log);
	if (error && !(settings->follow && error == -ENOENT))
		return complain_of_log(settings, "cannot read the log ", path, why_not(error));
	if (log.fd >= 0 && fstat(log.fd, &is) == 0)
		log.at = last_lines(log.fd, is.st_size, settings->lines);
	if (log.fd >= 0)
		error = print_rest(&log);
	if (!error || log.fd < 0)
		error = settings->follow ? follow(&log) : 0;
	if (log.length > 0)
		print_json_line(&log);
	if (error)
		fprintf(stderr, "goose-bridge-monitor: writing failed: %s\n", strerror(-error));
	if (log.fd >= 0)
		close(log.fd);
	return error ? MONITOR_BAD_NEWS : MONITOR_DONE;
}
