/* SPDX-License-Identifier: Apache-2.0 */
/* stats.json: replaced as a whole, so that a reader never sees half of one. */
#include <goose-bridge/report.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_whole(int fd, const char *octets, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, octets, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EIO;
		octets += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Not synced to disk: after a power cut the numbers begin again anyway, and a slow disk must not hold the caller. */
static int write_file(int fd, const char *octets, size_t length)
{
	int error = write_whole(fd, octets, length);

	if (!error && fchmod(fd, 0644) != 0)
		error = -errno;
	if (close(fd) != 0 && !error)
		error = -errno;
	return error;
}

int gb_report_save(const struct gb_report *report, const char *path)
{
	char *line = gb_report_json(report, GB_REPORT_STATS);
	char *beside = NULL;
	int fd, error = -ENOMEM;

	if (!line || asprintf(&beside, "%s.XXXXXX", path) < 0) {
		beside = NULL;
		goto out;
	}
	size_t length = strlen(line);

	line[length] = '\n'; /* in the place of the NUL, which no one needs any more */
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		goto out;
	}
	error = write_file(fd, line, length + 1);
	if (!error && rename(beside, path) != 0)
		error = -errno;
	if (error)
		unlink(beside);
out:
	free(beside);
	free(line);
	return error;
}
