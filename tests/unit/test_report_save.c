/* SPDX-License-Identifier: Apache-2.0 */
/* report: the file that it is saved to is replaced as a whole, or left as it was. */
#include <goose-bridge/report.h>

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static unsigned files_in(const char *directory)
{
	DIR *listing = opendir(directory);
	unsigned n = 0;

	assert_non_null(listing);
	while (readdir(listing))
		n++;
	closedir(listing);
	return n - 2;
}

static void saving_replaces_the_file(void **state)
{
	char directory[] = "/tmp/test_report.XXXXXX", path[64];
	struct gb_report report = {.version = "1.0.0"};
	struct json_object *object;
	struct stat st;
	mode_t before = umask(077);

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/stats.json", directory);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(gb_report_save(&report, path), 0);
	umask(before);
	assert_int_equal(files_in(directory), 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	object = json_object_from_file(path);
	assert_string_equal(json_object_get_string(json_object_object_get(object, "version")), "1.0.0");
	json_object_put(object);
	unlink(path);
	rmdir(directory);
}

static void a_failed_save_leaves_no_litter(void **state)
{
	char directory[] = "/tmp/test_report.XXXXXX", path[64];
	struct gb_report report = {.version = "1.0.0"};

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/missing/stats.json", directory);
	assert_int_equal(gb_report_save(&report, path), -ENOENT);
	snprintf(path, sizeof(path), "%s/stats.json", directory);
	assert_int_equal(mkdir(path, 0755), 0); /* cannot be renamed over */
	assert_int_equal(gb_report_save(&report, path), -EISDIR);
	assert_int_equal(files_in(directory), 1);
	rmdir(path);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(saving_replaces_the_file),
		cmocka_unit_test(a_failed_save_leaves_no_litter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
