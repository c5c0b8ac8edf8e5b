/* SPDX-License-Identifier: Apache-2.0 */
/* goose0 -> network with a clock, a goose0 and a network of the test's own: what becomes of frames when the network takes some
 * of them, or nobody was there to read.
 */
#include "test_pure.h"

#include "module/datapath/datapath_private.h"
#include "module/link/link_private.h"
#include "module/transport/transport_private.h"

#include <errno.h>
#include <goose-bridge/clock.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS	 UINT64_C(1000000)
#define AGE	 (200 * MS)
#define QUEUE	 1000
#define SENT_MAX 1000
#define HEADER	 GB_NATIVE_HEADER

static uint64_t mono;

/* goose0: frames by number, their lengths; 0 = a read finds nothing, though another stands behind it. */
static struct {
	unsigned next, count;
	uint16_t length[QUEUE];
} queue;

/* The network: what it says to the next calls (datagrams that it takes, or an error; none left = it takes all), and what it
 * took.
 */
static struct {
	int answer[16];
	unsigned next, answers;
	unsigned frame[SENT_MAX]; /* numbers */
	unsigned frames, datagrams;
} network;

static uint64_t fake_clock(void)
{
	return mono;
}

static void fake_read(struct gb_link *link, struct gb_link_burst *burst, struct gb_link_frame *frames, unsigned count)
{
	static const uint8_t head[] = {0x01, 0x0C, 0xCD, 0x01, 0, 1, 2, 0, 0, 0, 0, 1, 0x88, 0xB8};

	(void)link;
	(void)burst;
	for (unsigned i = 0; i < count; i++) {
		frames[i].result = -EAGAIN;
		if (queue.next == queue.count)
			continue;
		unsigned number = queue.next++;

		if (queue.length[number] == 0)
			continue;
		memset(frames[i].octets, 0, queue.length[number]);
		memcpy(frames[i].octets, head, sizeof(head));
		frames[i].octets[22] = (uint8_t)(number >> 8);
		frames[i].octets[23] = (uint8_t)number;
		frames[i].result = queue.length[number];
	}
}

static void note_frame(const uint8_t *octets)
{
	network.frame[network.frames++] = (unsigned)octets[22] << 8 | octets[23];
}

/* Of pieces the first has the frame's number. */
static void note_datagram(const struct gb_outgoing *datagram)
{
	const uint8_t *body = datagram->part[1].iov_base;
	size_t left = datagram->part[1].iov_len;

	network.datagrams++;
	if (datagram->part[0].iov_len != HEADER) {
		struct gb_piece piece;
		uint8_t whole[2048];

		memcpy(whole, (const uint8_t *)datagram->part[0].iov_base + HEADER, GB_NATIVE_PIECE_HEADER);
		memcpy(whole + GB_NATIVE_PIECE_HEADER, body, left);
		assert_true(gb_native_get_piece(whole, GB_NATIVE_PIECE_HEADER + left, &piece));
		if (piece.offset == 0)
			note_frame(body);
		return;
	}
	while (left > 0) {
		size_t length = (size_t)body[0] << 8 | body[1];

		note_frame(body + 2);
		body += 2 + length;
		left -= 2 + length;
	}
}

static int fake_send(struct gb_transport *transport, struct gb_transport_outbox *outbox, const struct gb_outgoing *datagrams,
		     unsigned count)
{
	int n = (int)count;

	(void)transport;
	(void)outbox;
	if (network.next < network.answers)
		n = network.answer[network.next++];
	for (int i = 0; i < n; i++)
		note_datagram(&datagrams[i]);
	return n;
}

#define gb_clock_mono_ns   fake_clock
#define gb_link_read_burst fake_read
#define gb_transport_send  fake_send

#include "module/datapath/to_network.c"

/* ---- a worker that has this direction alone ------------------------------------- */

static struct gb_datapath datapath;
static struct worker worker;
static struct runtime runtime;
static struct gb_link goose0;
static struct gb_transport transport;

static int setup(void **state)
{
	struct gb_datapath_runtime none = {0};

	memset(&queue, 0, sizeof(queue));
	memset(&network, 0, sizeof(network));
	memset(&datapath, 0, sizeof(datapath));
	mono = 1000 * GB_NS_PER_S;
	datapath.settings = (struct gb_datapath_settings){.batch_size = 10, .plain_link = true};
	datapath.frame_capacity = GB_TUNNEL_FRAME_MAX + 1;
	datapath.told_fd = eventfd(0, EFD_NONBLOCK);
	worker = (struct worker){.datapath = &datapath, .base = event_base_new(), .stats = &datapath.worker_stats[0],
				 .events = gb_ring_create(sizeof(struct gb_event), 256), .runtime = &runtime};
	goose0.fd = eventfd(0, EFD_NONBLOCK);
	transport.send_fd = eventfd(0, EFD_NONBLOCK);
	runtime.use = (struct gb_datapath_runtime){.link = &goose0, .goose0_queue = QUEUE, .goose0_opened_ns = mono,
						   .transport = &transport, .wire_format = GB_WIRE_NATIVE, .path_mtu = 1500,
						   .max_frames_per_datagram = 16, .max_frame_age_ns = AGE};
	worker.to_network = to_network_create(&worker);
	*state = worker.to_network;
	return *state && to_network_take(*state, &none) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
	to_network_destroy(*state);
	event_base_free(worker.base);
	gb_ring_destroy(worker.events);
	close(datapath.told_fd);
	close(goose0.fd);
	close(transport.send_fd);
	return 0;
}

static uint64_t dropped(enum gb_drop_reason reason)
{
	return datapath.worker_stats[0].drop[reason];
}

static uint64_t counted(enum gb_counter counter)
{
	return datapath.worker_stats[0].counter[counter];
}

static void put(unsigned count, uint16_t length)
{
	for (unsigned i = 0; i < count; i++)
		queue.length[queue.count++] = length;
}

/* What the event loop does while goose0 is readable. */
static void turn(struct to_network *t)
{
	for (unsigned i = 0; i < 100 && t->reading && queue.next < queue.count; i++)
		on_readable(-1, 0, t);
}

/* All frames from FIRST to LAST, once each, in order, and no other. */
static void expect_sent(unsigned first, unsigned last)
{
	assert_int_equal(network.frames, last - first + 1);
	for (unsigned i = 0; i < network.frames; i++)
		assert_int_equal(network.frame[i], first + i);
}

/* ---- tests ------------------------------------------------------------------------ */

/* Datagrams of one, several and pieces of frames; the network takes some, none, and the rest. */
static void test_partly_sent(void **state)
{
	static const int answers[] = {1, 3, -EAGAIN, -ENOBUFS, 2, -EINTR, -EAGAIN, 1};
	struct to_network *t = *state;

	memcpy(network.answer, answers, sizeof(answers));
	network.answers = COUNT(answers);
	for (unsigned i = 0; i < 20; i++) {
		put(7, (uint16_t)(60 + i * 53 % 400));
		put(1, 3000);
		put(2, 100);
	}
	turn(t);
	for (unsigned i = 0; i < 20; i++, mono += MS) {
		if (t->blocked)
			on_room(-1, 0, t);
		turn(t);
	}
	expect_sent(0, 199);
	assert_int_equal(counted(GB_COUNT_frames_to_ip), 200);
	assert_int_equal(counted(GB_COUNT_raw_frames), 200);
	assert_int_equal(counted(GB_COUNT_goose_to_ip), network.datagrams);
	assert_int_equal(counted(GB_COUNT_pieces_to_ip), 20 * 3);
}

/* One datagram is refused: its frames are dropped and counted, and those around it are sent. */
static void test_one_refused(void **state)
{
	static const int answers[] = {1, 1, -EMSGSIZE};
	struct to_network *t = *state;

	memcpy(network.answer, answers, sizeof(answers));
	network.answers = COUNT(answers);
	mono += MS / 100;
	put(41, 60);
	turn(t);
	assert_int_equal(counted(GB_COUNT_frames_to_ip) + dropped(GB_DROP_too_large), 41);
	assert_int_equal(network.frames, counted(GB_COUNT_frames_to_ip));
	assert_true(dropped(GB_DROP_too_large) >= 1 && dropped(GB_DROP_too_large) <= 16);
}

/* The process is stopped while a datagram waits for room. When it goes on there is room, and the frame is ages old. */
static void test_stopped_while_waiting(void **state)
{
	struct to_network *t = *state;

	network.answer[0] = -EAGAIN;
	network.answers = 1;
	put(1, 60);
	turn(t);
	assert_true(t->blocked);
	mono += 10 * GB_NS_PER_S;
	on_room(-1, 0, t);
	assert_false(t->blocked);
	assert_int_equal(network.frames, 0);
	assert_int_equal(dropped(GB_DROP_send_buffer_full), 1);
	put(1, 60);
	turn(t);
	expect_sent(1, 1);
}

/* What comes while old frames are thrown away is new. */
static void test_new_behind_old(void **state)
{
	struct to_network *t = *state;

	mono += 10 * GB_NS_PER_S;
	put(200, 60);
	put(1, 0);
	put(2, 60);
	turn(t);
	assert_int_equal(dropped(GB_DROP_stale), 200);
	expect_sent(201, 202);
	assert_int_equal(counted(GB_COUNT_raw_frames), 202);
}

/* And if the network has no room for that, what waits is not read over. */
static void test_new_behind_old_waits(void **state)
{
	struct to_network *t = *state;

	network.answer[0] = -EAGAIN;
	network.answers = 1;
	mono += 10 * GB_NS_PER_S;
	put(3, 60);
	put(1, 0);
	put(2, 60);
	put(1, 0);
	put(5, 60);
	turn(t);
	assert_true(t->blocked);
	on_room(-1, 0, t);
	turn(t);
	assert_int_equal(dropped(GB_DROP_stale), 3);
	assert_int_equal(network.frames, 7);
	assert_int_equal(counted(GB_COUNT_raw_frames), 10);
}

/* Of two frames that came together the first is sent by itself. That says nothing of the age of the second. */
static void test_the_second_is_as_old(void **state)
{
	struct to_network *t = *state;

	put(2, 60);
	mono += 150 * MS;
	on_readable(-1, 0, t);
	expect_sent(0, 0);
	mono += 150 * MS;
	on_readable(-1, 0, t);
	expect_sent(0, 0);
	assert_int_equal(dropped(GB_DROP_stale), 1);
}

/* Frames that come one by one are never taken for old ones, for however long that goes on. */
static void test_one_by_one(void **state)
{
	struct to_network *t = *state;
	unsigned ticks = 0;

	for (unsigned i = 0; i < QUEUE; i++) {
		mono += 2 * MS;
		put(1, 60);
		on_readable(-1, 0, t);
		if (++ticks % 25 == 0)
			to_network_tick(t, mono);
	}
	expect_sent(0, QUEUE - 1);
	assert_int_equal(dropped(GB_DROP_stale), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_partly_sent),		TEST(test_one_refused),		 TEST(test_stopped_while_waiting),
		TEST(test_new_behind_old),	TEST(test_new_behind_old_waits), TEST(test_the_second_is_as_old),
		TEST(test_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
