/* SPDX-License-Identifier: Apache-2.0 */
/* control: who gets a place, and how much of the loop's time. What takes several users is only tested as root. */
#include "test_control_server.h"

/* As user UID: a client that has asked and got its answer. */
static int join_as(struct bench *b, uid_t uid)
{
	int fd;

	assert_int_equal(seteuid(uid), 0);
	fd = join(b);
	assert_int_equal(seteuid(0), 0);
	return fd;
}

static bool is_there(struct bench *b, int fd)
{
	char octet;

	pump_for(b, 5);
	return recv(fd, &octet, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

static void ask_status(struct bench *b, int fd)
{
	say_text(b, fd, STATUS);
	assert_hears(b, fd, "\"ok\":true");
}

static void one_client_too_many_takes_the_place_of_the_quietest(void **state)
{
	struct bench *b = *state;
	int fd[CLIENTS], extra;

	for (unsigned i = 0; i < CLIENTS; i++) {
		fd[i] = join(b);
		ask_status(b, fd[i]);
	}
	ask_status(b, fd[0]); /* so that it is another's turn */
	extra = join(b);
	ask_status(b, extra);
	assert_closed(b, fd[1]);
	assert_true(is_there(b, fd[0]));
	close(fd[3]);
	pump_for(b, 20);
	fd[1] = join(b);
	ask_status(b, fd[1]);
	for (unsigned i = 0; i < CLIENTS; i++)
		if (i != 3) {
			assert_true(is_there(b, fd[i]));
			close(fd[i]);
		}
	close(extra);
}

static void who_holds_places_keeps_away_nobody_else(void **state)
{
	enum { OF_ONE = 8, OTHERS = 12 };
	struct bench *b = *state;
	int fd[OTHERS], extra, own;

	if (geteuid() != 0)
		return;
	own = join(b);
	ask_status(b, own);
	for (unsigned i = 0; i < OTHERS; i++) {
		fd[i] = join_as(b, i < OF_ONE ? 65534 : 65533);
		ask_status(b, fd[i]);
	}
	extra = join_as(b, 65534); /* one more of them: in place of its own */
	ask_status(b, extra);
	assert_closed(b, fd[0]);
	fd[0] = extra;
	extra = join_as(b, 65532); /* a third user: there is no place */
	assert_hears(b, extra, "too many clients");
	assert_closed(b, extra);
	extra = join(b); /* those who look after the service always have some */
	ask_status(b, extra);
	for (unsigned i = 0; i < OTHERS; i++) {
		assert_true(is_there(b, fd[i]));
		close(fd[i]);
	}
	assert_true(is_there(b, own));
	close(own);
	close(extra);
}

static void others_have_half_of_the_time(void **state)
{
	struct bench *b = *state;
	uint64_t start, taken;
	unsigned calls;
	int fd, own;

	if (geteuid() != 0)
		return;
	b->service.slow_us = 4000;
	fd = join_as(b, 65534);
	own = join(b);
	for (unsigned i = 0; i < 200; i++)
		say_text(b, fd, STATUS);
	calls = b->service.calls;
	start = gb_clock_mono_ns();
	pump_for(b, 400);
	taken = gb_clock_mono_ns() - start;
	calls = b->service.calls - calls;
	assert_in_range(calls, 2, taken / (2 * b->service.slow_us * 1000) + 2);
	ask_status(b, own); /* though the others are not through */
	close(fd);
	close(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(one_client_too_many_takes_the_place_of_the_quietest),
		SERVER_TEST(who_holds_places_keeps_away_nobody_else),
		SERVER_TEST(others_have_half_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
