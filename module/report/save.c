/* SPDX-License-Identifier: Apache-2.0 */
/* stats.json: replaced as a whole. After a power cut the numbers begin again anyway. */
#include <goose-bridge/report.h>

#include <errno.h>
#include <goose-bridge/file.h>
#include <stdlib.h>
#include <string.h>

int gb_report_save(const struct gb_report *report, const char *path)
{
	char *line = gb_report_json(report, GB_REPORT_STATS);
	int error = -ENOMEM;

	if (line) {
		size_t length = strlen(line);

		line[length] = '\n'; /* in the place of the NUL, which no one needs any more */
		error = gb_file_replace(path, line, length + 1, false);
	}
	free(line);
	return error;
}
