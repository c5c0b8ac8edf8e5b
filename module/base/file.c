/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
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

static int write_file(int fd, const char *octets, size_t length, bool durable)
{
	int error = write_whole(fd, octets, length);

	if (!error && fchmod(fd, 0644) != 0)
		error = -errno;
	if (!error && durable && fdatasync(fd) != 0)
		error = -errno;
	if (close(fd) != 0 && !error)
		error = -errno;
	return error;
}

int gb_file_replace(const char *path, const char *octets, size_t length, bool durable)
{
	char *beside = NULL;
	int fd, error;

	if (asprintf(&beside, "%s.XXXXXX", path) < 0)
		return -ENOMEM;
	fd = mkostemp(beside, O_CLOEXEC);
	if (fd < 0) {
		error = -errno;
		goto out;
	}
	error = write_file(fd, octets, length, durable);
	if (!error && rename(beside, path) != 0)
		error = -errno;
	if (error)
		unlink(beside);
out:
	free(beside);
	return error;
}
