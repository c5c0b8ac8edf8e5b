/* SPDX-License-Identifier: Apache-2.0 */
/* link: io_uring where it does not do what it mostly does. The link is a pipe of octets, each a frame. */
#include "config.h"

#include "test_pure.h"

#ifdef HAVE_LIBURING

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <unistd.h>

static unsigned interruptions; /* of the next waits */
static unsigned submissions;   /* until the kernel has no memory for one */

static int wait_cqe(struct io_uring *ring, struct io_uring_cqe **cqe)
{
	if (interruptions > 0) {
		interruptions--;
		return -EINTR;
	}
	return io_uring_wait_cqe(ring, cqe);
}

static int submit_and_wait(struct io_uring *ring, unsigned count)
{
	if (submissions == 0)
		return -EAGAIN;
	submissions--;
	return io_uring_submit_and_wait(ring, count);
}

#define io_uring_wait_cqe	 wait_cqe
#define io_uring_submit_and_wait submit_and_wait

#include "module/link/burst.c"

#define BURST 8

static int ends[2];

static ssize_t read_octet(struct gb_link *link, uint8_t *octets, size_t capacity)
{
	ssize_t n = read(link->fd, octets, capacity);

	return n < 0 ? -errno : n;
}

static int write_octet(struct gb_link *link, const uint8_t *octets, size_t length)
{
	(void)link;
	return write(ends[1], octets, length) < 0 ? -errno : 0;
}

static const struct gb_link_ops ops = {.read = read_octet, .write = write_octet};
static struct gb_link a_link = {.ops = &ops};

struct burst {
	struct gb_link_burst *means;
	uint8_t octets[BURST];
	struct gb_link_frame frame[BURST];
};

static int setup(void **state)
{
	struct burst *b = calloc(1, sizeof(*b));

	interruptions = 0;
	submissions = 100;
	if (!b || pipe2(ends, O_NONBLOCK) < 0 || !(b->means = gb_link_burst_create(BURST, false)))
		return -1;
	a_link.fd = ends[0];
	for (unsigned i = 0; i < BURST; i++)
		b->frame[i] = (struct gb_link_frame){.octets = &b->octets[i], .length = 1};
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct burst *b = *state;

	gb_link_burst_destroy(b->means);
	free(b);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void expect_read(struct burst *b, const char *expected)
{
	size_t length = strlen(expected);

	gb_link_read_burst(&a_link, b->means, b->frame, BURST);
	for (size_t i = 0; i < BURST; i++)
		assert_int_equal(b->frame[i].result, i < length ? 1 : -EAGAIN);
	assert_memory_equal(b->octets, expected, length);
}

/* A process that was stopped and goes on has its calls interrupted. */
static void test_interrupted(void **state)
{
	struct burst *b = *state;

	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(write(ends[1], "abcdefghijk", 11), 11);
		interruptions = i;
		expect_read(b, "abcdefgh");
		interruptions = i;
		expect_read(b, "ijk");
	}
	assert_false(gb_link_burst_is_plain(b->means));
}

/* The kernel refuses: what was asked for is done one by one, each once. */
static void test_refused(void **state)
{
	struct burst *b = *state;

	assert_int_equal(write(ends[1], "abcdefghijk", 11), 11);
	submissions = 0;
	expect_read(b, "abcdefgh");
	assert_true(gb_link_burst_is_plain(b->means));
	expect_read(b, "ijk");

	memcpy(b->octets, "12345678", BURST);
	gb_link_write_burst(&a_link, b->means, b->frame, BURST);
	for (unsigned i = 0; i < BURST; i++)
		assert_int_equal(b->frame[i].result, 0);
	expect_read(b, "12345678");
}

static void test_refused_writes(void **state)
{
	struct burst *b = *state;

	memcpy(b->octets, "12345678", BURST);
	submissions = 0;
	a_link.fd = ends[1];
	gb_link_write_burst(&a_link, b->means, b->frame, BURST);
	a_link.fd = ends[0];
	expect_read(b, "12345678");
	expect_read(b, "");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_interrupted), TEST(test_refused), TEST(test_refused_writes)};

	submissions = 1;
	struct gb_link_burst *burst = gb_link_burst_create(2, false);
	bool plain = gb_link_burst_is_plain(burst);

	gb_link_burst_destroy(burst);
	if (plain) {
		puts("SKIP: no io_uring for a TAP here, or no /dev/net/tun");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
	puts("SKIP: built without liburing");
	return 77;
}

#endif
