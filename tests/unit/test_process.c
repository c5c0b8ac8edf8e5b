/* SPDX-License-Identifier: Apache-2.0 */
/* The process: rights that it keeps, and where its log lies under a service manager. */
#include "test_pure.h"

#include "../../module/daemon/options.h"
#include "../../module/daemon/process.h"

#include <errno.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534
#define BIT(capability) (1U << (capability))

/* ---- rights ---- */

static void become_nobody_with(uint32_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = capabilities, .permitted = capabilities, .inheritable = capabilities}};

	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0 || syscall(SYS_capset, &header, data) < 0)
		_exit(100);
	for (unsigned long i = 0; i < 32; i++)
		if ((capabilities & BIT(i)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			_exit(101);
}

/* 1 if the process has these permitted and effective, and nothing that a program it runs would get. */
static bool has_just(uint32_t capabilities)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	for (unsigned long i = 0; i < 32; i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) == 1)
			return false;
	return data[0].effective == capabilities && data[0].permitted == capabilities && data[0].inheritable == 0 &&
	       data[1].permitted == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static void expect_kept(uint32_t given, bool low_port, uint32_t kept)
{
	struct process_needs needs = {.low_port = low_port};
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		become_nobody_with(given);
		if (process_keep_capabilities(&needs) < 0)
			_exit(102);
		_exit(has_just(kept) ? 0 : 103);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void it_keeps_what_it_needs_again(void **state)
{
	const uint32_t net = BIT(CAP_NET_ADMIN) | BIT(CAP_NET_RAW), bind = BIT(CAP_NET_BIND_SERVICE);

	(void)state;
	if (geteuid() != 0) {
		print_message("skipped: needs root\n");
		skip();
	}
	expect_kept(net | bind | BIT(CAP_CHOWN) | BIT(CAP_KILL), false, net);
	expect_kept(net | bind | BIT(CAP_CHOWN), true, net | bind);
	expect_kept(BIT(CAP_NET_ADMIN), true, BIT(CAP_NET_ADMIN)); /* what it was not given is no reason to fail */
	expect_kept(0, false, 0);
}

static void it_knows_its_user(void **state)
{
	struct passwd *pw = getpwuid(geteuid());

	(void)state;
	assert_non_null(pw);
	assert_true(process_is_user(pw->pw_name));
	assert_false(process_is_user("no-such-user-here"));
	assert_false(process_is_user(geteuid() == 0 ? "daemon" : "root"));
}

/* ---- where the log lies ---- */

static void no_report(void *arg, enum gb_config_severity severity, const char *file, unsigned line, const char *text)
{
	(void)arg;
	if (severity == GB_CONFIG_ERROR)
		print_message("%s:%u: %s\n", file, line, text);
}

/* The log_file of a configuration with TEXT in it, when the manager's directory for logs is DIRECTORY (NULL: none). */
static void expect_log_file(const char *directory, const char *text, const char *expected)
{
	char name[] = "/tmp/gb-test-process.XXXXXX";
	struct options options = {.config_file = name, .config_file_given = true};
	struct gb_config config;
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	if (directory)
		setenv("LOGS_DIRECTORY", directory, 1);
	else
		unsetenv("LOGS_DIRECTORY");
	int error = options_load(&options, &config, no_report, NULL);

	unlink(name);
	assert_int_equal(error, 0);
	assert_string_equal(config.log_file, expected);
}

static void the_log_lies_in_the_managers_directory(void **state)
{
	const char *directory = "/var/log/goose-bridge";
	char longest[256 + 16];

	(void)state;
	expect_log_file(NULL, "", "/var/log/goose-bridge.log");
	expect_log_file(directory, "", "/var/log/goose-bridge/goose-bridge.log");
	expect_log_file(directory, "log_file = /var/log/goose-bridge.log\n", "/var/log/goose-bridge/goose-bridge.log");
	expect_log_file(directory, "interface = goose1\n", "/var/log/goose-bridge/goose-bridge-goose1.log");
	expect_log_file(directory, "log_file = /var/log/goose-bridge/x.log\n", "/var/log/goose-bridge/x.log");
	expect_log_file(directory, "log_file = /srv/log/x.log\n", "/srv/log/x.log");
	expect_log_file(directory, "log_file = /var/lag/x.log\n", "/var/lag/x.log");
	expect_log_file(directory, "log_file =\n", "");
	expect_log_file("/var/log/a:/var/log/b", "", "/var/log/goose-bridge.log");
	expect_log_file("", "", "/var/log/goose-bridge.log");
	/* one that would not fit stays what it was */
	snprintf(longest, sizeof(longest), "log_file = /var/log/%0240d\n", 0);
	expect_log_file(directory, longest, strndupa(longest + strlen("log_file = "), strlen(longest) - 12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_keeps_what_it_needs_again),
		cmocka_unit_test(it_knows_its_user),
		cmocka_unit_test(the_log_lies_in_the_managers_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
