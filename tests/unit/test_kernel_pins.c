/* SPDX-License-Identifier: Apache-2.0 */
/* datapath/kernel_pins: an instance's directory, while somebody has it open and while somebody else takes it away. On a bpffs
 * of its own.
 */
#include "test_pure.h"

#include "module/datapath/kernel.h"
#include "namespace.h"
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char directory[] = "/tmp/gb-pins.XXXXXX"; /* a bpffs is mounted there */
static char bpf_dir[sizeof(directory) + 16];

static struct kernel_pins open_pins(void)
{
	struct kernel_pins pins;

	assert_int_equal(kernel_pins_open(&pins, bpf_dir, "goose9", ""), 0);
	return pins;
}

static bool is_there(const struct kernel_pins *pins)
{
	char path[sizeof(bpf_dir) + sizeof(pins->instance) + 1];

	snprintf(path, sizeof(path), "%s/%s", bpf_dir, pins->instance);
	return access(path, F_OK) == 0;
}

/* It makes its pins only when its programs are loaded, and another service that begins sweeps meanwhile. There is no goose9, so
 * all else says that it is left over.
 */
static void test_is_nobody_elses_while_open(void **state)
{
	struct kernel_pins pins = open_pins(), successor = open_pins();

	(void)state;
	kernel_pins_remove_stale(bpf_dir);
	assert_true(is_there(&pins));
	kernel_pins_close(&pins);
	kernel_pins_remove_stale(bpf_dir);
	assert_true(is_there(&successor));
	kernel_pins_close(&successor);
	kernel_pins_remove_stale(bpf_dir);
	assert_false(is_there(&successor));
}

/* A process that has the directory for itself, as one that sweeps. */
static pid_t sweeper(const struct kernel_pins *pins, bool removes)
{
	int ends[2];
	char octet;

	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();

	assert_true(child >= 0);
	if (child > 0) {
		close(ends[1]);
		assert_int_equal(read(ends[0], &octet, 1), 1); /* it has it */
		close(ends[0]);
		return child;
	}
	int parent = open(bpf_dir, O_RDONLY | O_DIRECTORY);
	int fd = openat(parent, pins->instance, O_RDONLY | O_DIRECTORY);

	if (flock(fd, LOCK_EX) == 0 && write(ends[1], "", 1) == 1)
		usleep(removes ? 100000 : 60000000);
	_exit(removes ? unlinkat(parent, pins->instance, AT_REMOVEDIR) < 0 : 1);
}

static void test_is_made_anew_when_it_is_swept(void **state)
{
	struct kernel_pins pins = open_pins();
	struct stat s;
	int status;

	(void)state;
	kernel_pins_close(&pins);
	pid_t child = sweeper(&pins, true);

	pins = open_pins();
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(is_there(&pins));
	assert_int_equal(fstat(pins.fd, &s), 0);
	assert_true(s.st_nlink > 0); /* not the one that is gone */
	kernel_pins_destroy(&pins);
}

/* Whoever keeps it for itself keeps nobody from starting. */
static void test_does_not_wait_for_ever(void **state)
{
	struct kernel_pins pins = open_pins();
	int status;

	(void)state;
	kernel_pins_close(&pins);
	pid_t child = sweeper(&pins, false);

	assert_int_equal(kernel_pins_open(&pins, bpf_dir, "goose9", ""), -EBUSY);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	pins = open_pins();
	kernel_pins_destroy(&pins);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_nobody_elses_while_open),
		cmocka_unit_test(test_is_made_anew_when_it_is_swept),
		cmocka_unit_test(test_does_not_wait_for_ever),
	};

	if (!own_namespace() || unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    !mkdtemp(directory))
		return 77;
	snprintf(bpf_dir, sizeof(bpf_dir), "%s/goose-bridge", directory);
	int status = 77;

	if (mount("none", directory, "bpf", 0, NULL) < 0)
		printf("skipped: a bpffs: %s\n", strerror(errno));
	else
		status = cmocka_run_group_tests(tests, NULL, NULL);
	umount2(directory, MNT_DETACH);
	rmdir(directory);
	return status;
}
