/* SPDX-License-Identifier: Apache-2.0 */
/* control: the server on a real socket, among clients that mean no good. Built with time-outs of TIMEOUT_MS. */
#include "test_control_server.h"

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct bench *b = *state;
	int fd = join(b);

	for (unsigned i = 0; i < 200; i++)
		say_text(b, fd, STATUS);
	for (unsigned i = 0; i < 200; i++) {
		char expected[40];

		snprintf(expected, sizeof(expected), "{\"call\":%u}", i);
		assert_hears(b, fd, expected);
	}
	close(fd);
}

static void a_flood_gets_one_answer_a_turn(void **state)
{
	struct bench *b = *state;
	int flood = join(b), other;

	pump(b);
	for (unsigned i = 0; i < 500; i++)
		say_text(b, flood, STATUS);
	for (unsigned i = 0; i < 100; i++) {
		unsigned before = b->service.calls;

		pump(b);
		assert_in_range(b->service.calls - before, 0, 1);
	}
	other = join(b);
	say_text(b, other, "{\"version\":1,\"command\":\"version\"}\n");
	assert_hears(b, other, "1.2.3");
	assert_true(b->service.calls < 500);
	close(other);
	close(flood);
}

static void half_closed_clients_get_their_answers(void **state)
{
	struct bench *b = *state;
	int fd = join(b);

	say_text(b, fd, STATUS STATUS "{\"version\":1,\"command\":\"status\"}");
	shutdown(fd, SHUT_WR);
	assert_hears(b, fd, "{\"call\":0}");
	assert_hears(b, fd, "{\"call\":1}");
	assert_hears(b, fd, "{\"call\":2}");
	assert_closed(b, fd);
	fd = join(b);
	shutdown(fd, SHUT_WR);
	assert_closed(b, fd);
	assert_int_equal(b->service.calls, 3);
}

static void lines_have_a_largest_length(void **state)
{
	struct bench *b = *state;
	char line[GB_CONTROL_LINE_MAX + 2];
	int fd = join(b);

	memset(line, ' ', sizeof(line));
	memcpy(line, STATUS, sizeof(STATUS) - 2);
	line[GB_CONTROL_LINE_MAX] = '\n';
	say(b, fd, line, GB_CONTROL_LINE_MAX + 1);
	assert_hears(b, fd, "{\"call\":0}");
	line[GB_CONTROL_LINE_MAX] = ' ';
	line[GB_CONTROL_LINE_MAX + 1] = '\n';
	say(b, fd, line, GB_CONTROL_LINE_MAX + 2);
	assert_hears(b, fd, "longer than 4096");
	while (recv(fd, line, 1, 0) < 0 && errno == EAGAIN)
		pump(b); /* closed or reset: what it sent was not read to the end */
	close(fd);
	assert_int_equal(b->service.calls, 1);
}

static void slow_writers_are_served_until_their_time_is_over(void **state)
{
	struct bench *b = *state;
	uint64_t begin;
	int fd = join(b);

	for (const char *c = STATUS; *c; c++) {
		say(b, fd, c, 1);
		pump(b);
	}
	assert_hears(b, fd, "{\"call\":0}");
	begin = gb_clock_mono_ns();
	for (;;) { /* an octet now and then does not lengthen it */
		char octet;

		if (send(fd, " ", 1, MSG_NOSIGNAL) < 0)
			break;
		pump_for(b, TIMEOUT_MS / 10);
		if (recv(fd, &octet, 1, 0) == 0)
			break;
		assert_true(gb_clock_mono_ns() - begin < PATIENCE_S * GB_NS_PER_S);
	}
	assert_true(gb_clock_mono_ns() - begin > TIMEOUT_MS * GB_NS_PER_MS / 2);
	close(fd);
}

static void who_does_not_read_is_dropped_and_holds_nobody(void **state)
{
	struct bench *b = *state;
	int deaf[CLIENTS - 1], other;
	unsigned calls;

	b->service.size = 2 * 1024 * 1024;
	for (unsigned i = 0; i < CLIENTS - 1; i++) {
		deaf[i] = join(b);
		say_text(b, deaf[i], STATS STATS STATS STATS);
	}
	other = join(b);
	for (unsigned i = 0; i < 20; i++) {
		say_text(b, other, STATUS);
		assert_hears(b, other, "\"ok\":true");
	}
	calls = b->service.calls;
	assert_int_equal(calls, 20 + CLIENTS - 1); /* one answer each, no more in memory */
	pump_for(b, TIMEOUT_MS * 2);
	for (unsigned i = 0; i < CLIENTS - 1; i++)
		assert_int_equal(send(deaf[i], STATUS, sizeof(STATUS) - 1, MSG_NOSIGNAL), -1);
	for (unsigned i = 0; i < CLIENTS - 1; i++)
		close(deaf[i]);
	close(other);
}

static void large_answers_arrive_whole(void **state)
{
	struct bench *b = *state;
	int fd = join(b);

	b->service.size = 8 * 1024 * 1024;
	say_text(b, fd, STATS STATUS);
	char *line = hear(b, fd);

	assert_non_null(line);
	assert_true(strlen(line) > b->service.size);
	free(line);
	assert_hears(b, fd, "{\"call\":1}");
	close(fd);
}

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void vanishing_clients_leave_nothing(void **state)
{
	struct bench *b = *state;
	unsigned before = open_files();

	b->service.size = 500000;
	for (unsigned i = 0; i < 300; i++) {
		int fd = join(b);

		if (i % 3 != 0)
			say_text(b, fd, i % 3 == 1 ? STATS STATS : "{\"versi");
		if (i % 2)
			pump(b);
		close(fd);
	}
	pump_for(b, 300);
	assert_int_equal(open_files(), before);
	int fd = join(b);

	say_text(b, fd, STATUS);
	assert_hears(b, fd, "\"ok\":true");
	close(fd);
}

static void garbage_is_answered(void **state)
{
	struct bench *b = *state;
	uint32_t random = 12345;

	for (unsigned i = 0; i < 300; i++) {
		char octets[200];
		size_t length = 0;
		int fd = join(b);

		while (length < sizeof(octets) - 1) {
			random = random * 1664525 + 1013904223;
			octets[length++] = i % 2 ? "{}[]\":,\\1n \n"[(random >> 16) % 12] : (char)(random >> 16);
		}
		octets[length++] = '\n';
		say(b, fd, octets, length);
		shutdown(fd, SHUT_WR);
		for (char *line; (line = hear(b, fd)); free(line))
			assert_non_null(strstr(line, "\"ok\":false"));
		close(fd);
	}
	assert_int_equal(b->service.calls, 0);
}

static void running_out_of_descriptors_passes(void **state)
{
	struct bench *b = *state;
	struct rlimit before, low;
	uint64_t until;
	unsigned turns = 0;
	int first = join(b), fd = join(b);

	pump(b); /* takes one of them in */
	say_text(b, fd, STATUS);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 3;
	setrlimit(RLIMIT_NOFILE, &low);
	gb_log_open(&(struct gb_log_settings){.level = GB_LOG_CRITICAL, .to_stderr = true});
	for (until = gb_clock_mono_ns() + 300 * GB_NS_PER_MS; gb_clock_mono_ns() < until; turns++) {
		struct timeval turn = {.tv_usec = 50000};

		event_base_loopexit(b->base, &turn);
		event_base_loop(b->base, EVLOOP_ONCE);
	}
	setrlimit(RLIMIT_NOFILE, &before);
	gb_log_open(&(struct gb_log_settings){.level = GB_LOG_INFO, .to_stderr = true});
	assert_true(turns < 50); /* a spinning loop makes thousands */
	assert_hears(b, fd, "\"ok\":true");
	close(first);
	close(fd);
}

static void changes_are_for_root_and_the_own_user(void **state)
{
	struct bench *b = *state;
	int fd = join(b);

	say_text(b, fd, "{\"version\":1,\"command\":\"reload\"}\n");
	assert_hears(b, fd, "\"ok\":true");
	close(fd);
	if (geteuid() != 0)
		return;
	assert_int_equal(seteuid(65534), 0);
	fd = join(b);
	assert_int_equal(seteuid(0), 0);
	say_text(b, fd, "{\"version\":1,\"command\":\"reload\"}\n" STATUS);
	assert_hears(b, fd, "for root");
	assert_hears(b, fd, "\"ok\":true"); /* reading is for everyone */
	close(fd);
}

static void the_socket_file_is_looked_after(void **state)
{
	struct bench *b = *state;
	struct gb_control *second = NULL;
	struct stat st, again;
	char other[120], long_path[200];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	assert_int_equal(stat(b->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_int_equal(gb_control_create(&second, b->base, b->path, &ops, &b->service), -EADDRINUSE);
	pump(b);
	assert_int_equal(stat(b->path, &again), 0);
	assert_int_equal(st.st_ino, again.st_ino);

	/* one that nobody listens on any more */
	snprintf(other, sizeof(other), "%s/stale", b->directory);
	strcpy(address.sun_path, other);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(gb_control_create(&second, b->base, other, &ops, &b->service), 0);

	/* somebody else's in its place is left alone */
	assert_int_equal(unlink(other), 0);
	fd = open(other, O_CREAT | O_WRONLY, 0600);
	close(fd);
	gb_control_destroy(second);
	assert_int_equal(access(other, F_OK), 0);

	/* a file that is no socket is no stale one */
	assert_int_equal(gb_control_create(&second, b->base, other, &ops, &b->service), -EEXIST);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink("/nowhere", other), 0);
	assert_int_equal(gb_control_create(&second, b->base, other, &ops, &b->service), -EEXIST);
	assert_int_equal(unlink(other), 0);

	memset(long_path, '/', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(gb_control_create(&second, b->base, long_path, &ops, &b->service), -ENAMETOOLONG);
	assert_int_equal(gb_control_create(&second, b->base, "", &ops, &b->service), -EINVAL);
	gb_control_destroy(NULL);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		SERVER_TEST(pipelined_requests_are_answered_in_order),
		SERVER_TEST(a_flood_gets_one_answer_a_turn),
		SERVER_TEST(half_closed_clients_get_their_answers),
		SERVER_TEST(lines_have_a_largest_length),
		SERVER_TEST(slow_writers_are_served_until_their_time_is_over),
		SERVER_TEST(who_does_not_read_is_dropped_and_holds_nobody),
		SERVER_TEST(large_answers_arrive_whole),
		SERVER_TEST(vanishing_clients_leave_nothing),
		SERVER_TEST(garbage_is_answered),
		SERVER_TEST(running_out_of_descriptors_passes),
		SERVER_TEST(changes_are_for_root_and_the_own_user),
		SERVER_TEST(the_socket_file_is_looked_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
