/* SPDX-License-Identifier: Apache-2.0 */
/* base/log: levels, the file and its rotation, what a line can hold, and the limit. */
#include "test_pure.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <goose-bridge/log.h>

struct fixture {
	char folder[64];
	char file[96];
	char rotated[96];
	char text[8192];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	strcpy(f->folder, "/tmp/test_log.XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/log", f->folder);
	snprintf(f->rotated, sizeof(f->rotated), "%s/log.1", f->folder);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	/* with another file, or none, the sink is as in a new process */
	gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO});
	gb_log_close();
	unlink(f->file);
	unlink(f->rotated);
	rmdir(f->folder);
	free(f);
	return 0;
}

static int open_log(const struct fixture *f, enum gb_log_level level)
{
	return gb_log_open(&(struct gb_log_settings){.level = level, .file = f->file});
}

/* What is in the file at PATH; "" if it is not there. */
static const char *content(struct fixture *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = 0;

	if (fd >= 0) {
		length = read(fd, f->text, sizeof(f->text) - 1);
		close(fd);
	}
	assert_true(length >= 0);
	f->text[length] = '\0';
	return f->text;
}

static unsigned lines(const char *text)
{
	unsigned count = 0;

	for (; *text; text++)
		count += *text == '\n';
	return count;
}

static void test_level_names(void **state)
{
	static const struct {
		const char *name;
		enum gb_log_level level;
	} cases[] = {{"DEBUG", GB_LOG_DEBUG}, {"INFO", GB_LOG_INFO}, {"WARNING", GB_LOG_WARNING},
		     {"ERROR", GB_LOG_ERROR}, {"CRITICAL", GB_LOG_CRITICAL}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(gb_log_level_parse(cases[i].name), cases[i].level);
		assert_string_equal(gb_log_level_name(cases[i].level), cases[i].name);
	}
	assert_int_equal(gb_log_level_parse("Warning"), GB_LOG_WARNING);
	assert_int_equal(gb_log_level_parse("debug"), GB_LOG_DEBUG);
	assert_int_equal(gb_log_level_parse(""), -1);
	assert_int_equal(gb_log_level_parse("WARN"), -1);
	assert_int_equal(gb_log_level_parse("INFO "), -1);
}

static void test_levels(void **state)
{
	static const enum gb_log_level levels[] = {GB_LOG_CRITICAL, GB_LOG_ERROR, GB_LOG_WARNING, GB_LOG_INFO,
						   GB_LOG_DEBUG};
	struct fixture *f = *state;

	for (size_t set = 0; set < COUNT(levels); set++) {
		assert_int_equal(open_log(f, levels[set]), 0);
		assert_int_equal(truncate(f->file, 0), 0);
		for (size_t i = 0; i < COUNT(levels); i++)
			gb_log(levels[i], "a line of %s", gb_log_level_name(levels[i]));
		const char *text = content(f, f->file);

		assert_int_equal(lines(text), set + 1);
		for (size_t i = 0; i < COUNT(levels); i++) {
			char words[64];

			snprintf(words, sizeof(words), " %s a line of %s\n", gb_log_level_name(levels[i]),
				 gb_log_level_name(levels[i]));
			assert_int_equal(strstr(text, words) != NULL, i <= set);
		}
	}
}

/* "2026-01-31T12:00:00.000000+00:00 INFO text" */
static void test_line(void **state)
{
	static const char shape[] = "0000-00-00T00:00:00.000000+00:00 INFO goose0 is up, index ";
	struct fixture *f = *state;

	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	gb_info("goose0 is up, index %s", "seven");
	content(f, f->file);
	for (char *c = f->text; *c; c++)
		if (*c >= '0' && *c <= '9' && c - f->text < 26)
			*c = '0';
	assert_memory_equal(f->text, shape, sizeof(shape) - 1);
	assert_string_equal(f->text + sizeof(shape) - 1, "seven\n");
}

static void test_appends(void **state)
{
	struct fixture *f = *state;
	mode_t before = umask(0077); /* as the unit of systemd has it */
	struct stat st;

	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	umask(before);
	gb_info("one");
	gb_log_close();
	gb_info("nobody hears this");
	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	gb_info("two");
	assert_int_equal(lines(content(f, f->file)), 2);
	assert_non_null(strstr(f->text, " INFO one\n"));
	assert_non_null(strstr(f->text, " INFO two\n"));
	/* what a log says is not for everybody on the host, but for the group of whoever writes it */
	assert_int_equal(stat(f->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_reopen_after_rename(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	gb_info("one");
	assert_int_equal(rename(f->file, f->rotated), 0);
	gb_info("two");
	assert_int_equal(gb_log_reopen(), 0);
	gb_info("three");
	assert_int_equal(lines(content(f, f->rotated)), 2);
	assert_int_equal(lines(content(f, f->file)), 1);
	assert_non_null(strstr(f->text, " INFO three\n"));
}

static void test_reopen_fails(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	gb_info("one");
	assert_int_equal(rename(f->file, f->rotated), 0);
	assert_int_equal(mkdir(f->file, 0700), 0);
	assert_int_equal(gb_log_reopen(), -EISDIR);
	gb_info("two"); /* still into the old one */
	assert_int_equal(rmdir(f->file), 0);
	assert_int_equal(lines(content(f, f->rotated)), 2);
}

static void test_open_fails(void **state)
{
	struct fixture *f = *state;
	char missing[160], too_long[1024];

	snprintf(missing, sizeof(missing), "%s/no/such/folder", f->folder);
	assert_int_equal(gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO, .file = missing}), -ENOENT);
	gb_info("no harm is done");
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	assert_int_equal(gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO, .file = too_long}), -ENAMETOOLONG);
	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	gb_info("one");
	assert_int_equal(lines(content(f, f->file)), 1);
	/* none is one of the settings */
	assert_int_equal(gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO, .file = ""}), 0);
	gb_info("two");
	assert_int_equal(gb_log_reopen(), 0);
	assert_int_equal(lines(content(f, f->file)), 1);
}

/* A line is one line, and nothing in it moves a terminal's cursor. */
static void test_control_characters(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	for (int c = 1; c < 0x80; c++)
		if (c < ' ' || c == 0x7F) {
			assert_int_equal(truncate(f->file, 0), 0);
			gb_info("a%cb", c);
			assert_non_null(strstr(content(f, f->file), " INFO a b\n"));
			assert_int_equal(lines(f->text), 1);
		}
	assert_int_equal(truncate(f->file, 0), 0);
	gb_info("%s", "Umspannwerk S\xC3\xBC" "d"); /* UTF-8 stays */
	assert_non_null(strstr(content(f, f->file), " INFO Umspannwerk S\xC3\xBC" "d\n"));
}

static void test_long_line(void **state)
{
	struct fixture *f = *state;
	char text[4000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(open_log(f, GB_LOG_INFO), 0);
	gb_info("%s", text);
	gb_info("after");
	assert_int_equal(lines(content(f, f->file)), 2);
	assert_true(strchr(f->text, '\n') - f->text > 1000);
	assert_true(strchr(f->text, '\n') - f->text < 1200);
	assert_non_null(strstr(f->text, " INFO after\n"));
}

/* What LEVEL looks like on a stderr that is the file at f->file. */
static const char *on_stderr(struct fixture *f, bool journal)
{
	int saved = dup(STDERR_FILENO), fd = open(f->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char stream[64];
	struct stat st;

	assert_true(saved >= 0 && fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino + (journal ? 0 : 1));
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(fd, STDERR_FILENO);
	gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO, .to_stderr = true});
	gb_warn("careful");
	gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO});
	gb_warn("not said");
	dup2(saved, STDERR_FILENO);
	unsetenv("JOURNAL_STREAM");
	close(saved);
	close(fd);
	return content(f, f->file);
}

static void test_stderr(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(on_stderr(f, true), "<4>careful\n");
	/* a stream that is not this stderr: somebody put another one in its place, and it wants the time */
	assert_int_equal(strlen(on_stderr(f, false)), 32 + strlen(" WARNING careful\n"));
	assert_string_equal(f->text + 32, " WARNING careful\n");
}

static void test_limit(void **state)
{
	struct gb_log_limit limit = {.interval_ns = 1000, .burst = 2};
	unsigned suppressed = 99;

	(void)state;
	assert_true(gb_log_limit_pass(&limit, 5000, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_true(gb_log_limit_pass(&limit, 5001, &suppressed));
	assert_int_equal(suppressed, 0);
	suppressed = 99;
	for (uint64_t now = 5002; now < 6000; now++)
		assert_false(gb_log_limit_pass(&limit, now, &suppressed));
	assert_int_equal(suppressed, 99); /* only told with a line that is let through */
	assert_true(gb_log_limit_pass(&limit, 6000, &suppressed));
	assert_int_equal(suppressed, 998);
	assert_true(gb_log_limit_pass(&limit, 6001, &suppressed));
	assert_int_equal(suppressed, 0);
	assert_false(gb_log_limit_pass(&limit, 6002, NULL));
	/* a quiet time that is longer than the interval gives no credit */
	assert_true(gb_log_limit_pass(&limit, 60000, NULL));
	assert_true(gb_log_limit_pass(&limit, 60001, &suppressed));
	assert_int_equal(suppressed, 0); /* the one before has taken the count, though nobody asked */
	assert_false(gb_log_limit_pass(&limit, 60002, NULL));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_level_names), TEST(test_levels),		    TEST(test_line),
		TEST(test_appends),		    TEST(test_reopen_after_rename), TEST(test_reopen_fails),
		TEST(test_open_fails),		    TEST(test_control_characters),  TEST(test_long_line),
		TEST(test_stderr),		    cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
