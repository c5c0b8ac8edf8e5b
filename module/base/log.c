/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/log.h>

#include <errno.h>
#include <fcntl.h>
#include <goose-bridge/clock.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 1024
#define FILE_MODE	0640 /* of a new file: its group may read */

/* The process's sinks. Before gb_log_open everything of importance goes to stderr. */
static struct {
	enum gb_log_level level;
	char file[512];
	int fd;
	bool to_stderr;
	bool to_syslog;
	bool stderr_is_journal;
} sinks = {.level = GB_LOG_INFO, .fd = -1, .to_stderr = true};

static const struct {
	const char *name;
	enum gb_log_level level;
} levels[] = {
	{"DEBUG", GB_LOG_DEBUG},
	{"INFO", GB_LOG_INFO},
	{"WARNING", GB_LOG_WARNING},
	{"ERROR", GB_LOG_ERROR},
	{"CRITICAL", GB_LOG_CRITICAL},
};

int gb_log_level_parse(const char *text)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcasecmp(text, levels[i].name) == 0)
			return (int)levels[i].level;
	return -1;
}

const char *gb_log_level_name(enum gb_log_level level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "INFO";
}

/* systemd sets JOURNAL_STREAM to device:inode of the stream it gave; another stderr may have been put in its place. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

int gb_log_open(const struct gb_log_settings *settings)
{
	sinks.level = settings->level;
	sinks.to_stderr = settings->to_stderr;
	sinks.stderr_is_journal = settings->to_stderr && stderr_is_journal();
	if (settings->to_syslog && !sinks.to_syslog)
		openlog("goose-bridge", LOG_PID, LOG_DAEMON);
	else if (!settings->to_syslog && sinks.to_syslog)
		closelog();
	sinks.to_syslog = settings->to_syslog;

	const char *file = settings->file ? settings->file : "";

	if (strlen(file) >= sizeof(sinks.file))
		return -ENAMETOOLONG;
	if (strcmp(file, sinks.file) == 0 && (sinks.fd >= 0 || !*file))
		return 0;
	strcpy(sinks.file, file);
	if (!*file && sinks.fd >= 0) {
		close(sinks.fd);
		sinks.fd = -1;
	}
	return gb_log_reopen();
}

int gb_log_reopen(void)
{
	if (!*sinks.file)
		return 0;
	bool is_new = access(sinks.file, F_OK) < 0;
	int fd = open(sinks.file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, FILE_MODE);

	if (fd < 0)
		return -errno;
	if (is_new)
		fchmod(fd, FILE_MODE); /* whatever the umask; failing that its group cannot read, and that is all */
	if (sinks.fd >= 0)
		close(sinks.fd);
	sinks.fd = fd;
	return 0;
}

void gb_log_close(void)
{
	if (sinks.fd >= 0)
		close(sinks.fd);
	sinks.fd = -1;
	if (sinks.to_syslog)
		closelog();
	sinks.to_syslog = false;
}

/* A log that cannot be written to is nothing that a line could be logged about. */
static void put(int fd, const char *line, int length)
{
	ssize_t written = write(fd, line, (size_t)length);

	(void)written;
}

void gb_log(enum gb_log_level level, const char *format, ...)
{
	char text[LINE_MAX_OCTETS], line[LINE_MAX_OCTETS + 80], stamp[40];
	va_list arguments;

	if (level > sinks.level)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* what peers or files put into a line must not look like a second one */
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = ' ';

	if (sinks.to_syslog)
		syslog((int)level, "%s", text);
	if (sinks.to_stderr && sinks.stderr_is_journal)
		put(STDERR_FILENO, line, snprintf(line, sizeof(line), "<%d>%s\n", (int)level, text));
	gb_clock_iso8601(gb_clock_utc_ns(), true, stamp, sizeof(stamp));
	int length = snprintf(line, sizeof(line), "%s %s %s\n", stamp, gb_log_level_name(level), text);

	if (sinks.to_stderr && !sinks.stderr_is_journal)
		put(STDERR_FILENO, line, length);
	if (sinks.fd >= 0)
		put(sinks.fd, line, length);
}

bool gb_log_limit_pass(struct gb_log_limit *limit, uint64_t now_ns, unsigned *suppressed)
{
	if (limit->window_start_ns == 0 || now_ns - limit->window_start_ns >= limit->interval_ns) {
		limit->window_start_ns = now_ns;
		limit->in_window = 0;
	}
	if (limit->in_window >= limit->burst) {
		limit->suppressed++;
		return false;
	}
	limit->in_window++;
	if (suppressed)
		*suppressed = limit->suppressed;
	limit->suppressed = 0;
	return true;
}
