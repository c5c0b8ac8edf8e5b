/* SPDX-License-Identifier: Apache-2.0 */
/* transport: what is sent, as it is on the wire. */
#include "test_transport.h"

#include "../../module/transport/transport_private.h"

#include <sys/syscall.h>

/* Of a run whose datagrams are too long newer kernels say EMSGSIZE, others EINVAL: then this is set. */
static bool says_einval;

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	int n = (int)syscall(SYS_sendmmsg, fd, messages, count, flags);

	if (n < 0 && errno == EMSGSIZE && says_einval && messages[0].msg_hdr.msg_controllen > 0)
		errno = EINVAL;
	return n;
}

static void test_send_one(void **state)
{
	struct fixture *f = *state;
	uint8_t octets[2048];

	assert_int_equal(gb_transport_send_one(f->t, "goose", 5), 0);
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 5);
	assert_memory_equal(octets, "\x01\x00\x5E\x01\x02\x03", 6);
	assert_int_equal(octets[15], 46 << 2);
	assert_int_equal(octets[20] & 0x60, 0x40); /* DF and no MF */
	assert_int_equal(octets[22], 10);	   /* TTL */
	assert_memory_equal(octets + 26, &(struct in_addr){ip(LOCAL).s_addr}, 4);
	assert_memory_equal(octets + 30, &(struct in_addr){ip(GROUP).s_addr}, 4);
	assert_int_equal(octets[34] << 8 | octets[35], PORT);
	assert_int_equal(octets[36] << 8 | octets[37], PORT);
	assert_memory_equal(octets + HEADERS, "goose", 5);
	assert_int_equal(sent(octets, sizeof(octets)), 0);
	assert_int_equal(receive(f), -EAGAIN); /* not looped back */
}

static void test_send_batch(void **state)
{
	struct fixture *f = *state;
	struct gb_outgoing out[BATCH + 2];
	char text[BATCH + 2][8];
	uint8_t octets[2048];

	for (unsigned i = 0; i < COUNT(out); i++) {
		snprintf(text[i], sizeof(text[i]), "%u", i);
		out[i] = (struct gb_outgoing){.part = {{text[i], 1}, {text[i], 2}}, .parts = i % 2 ? 2 : 1};
	}
	assert_int_equal(gb_transport_send(f->t, f->outbox, out, COUNT(out)), BATCH); /* as many as the outbox holds */
	for (unsigned i = 0; i < BATCH; i++) {
		assert_int_equal(sent(octets, sizeof(octets)), HEADERS + (i % 2 ? 3 : 1));
		assert_memory_equal(octets + HEADERS, text[i], 1);
		if (i % 2)
			assert_memory_equal(octets + HEADERS + 1, text[i], 2);
	}
	assert_int_equal(sent(octets, sizeof(octets)), 0);
}

/* Datagrams of one length, a shorter and a longer one, in this order and as they are, whether they go as runs or not. */
static void expect_sent(struct fixture *f, struct gb_transport *t)
{
	static const size_t lengths[] = {100, 100, 100, 40, 100, 120, 120, 7};
	uint8_t octets[2048], text[COUNT(lengths)][120];
	struct gb_outgoing out[COUNT(lengths)];

	for (unsigned i = 0; i < COUNT(lengths); i++) {
		memset(text[i], (int)i + 1, sizeof(text[i]));
		out[i] = (struct gb_outgoing){.part = {{text[i], 5}, {text[i] + 5, lengths[i] - 5}}, .parts = 2};
	}
	assert_int_equal(gb_transport_send(t, f->outbox, out, COUNT(out)), COUNT(out));
	for (unsigned i = 0; i < COUNT(lengths); i++) {
		assert_int_equal(sent(octets, sizeof(octets)), HEADERS + lengths[i]);
		assert_memory_equal(octets + HEADERS, text[i], lengths[i]);
		assert_int_equal(octets[38] << 8 | octets[39], 8 + lengths[i]);
	}
	assert_int_equal(sent(octets, sizeof(octets)), 0);
}

static void test_send_runs(void **state)
{
	struct fixture *f = *state;
	struct gb_transport_settings s = settings_of();
	struct gb_transport *plain;

	assert_true(f->granted.segment);
	expect_sent(f, f->t);
	s.plain = true;
	assert_int_equal(gb_transport_open(&plain, &s, &f->granted, NULL), 0);
	expect_sent(f, plain);
	gb_transport_unref(plain);
}

/* What does not fit the interface is refused here, and never leaves in fragments. */
static void test_too_large(void **state)
{
	static char large[1473];
	struct fixture *f = *state;
	struct gb_outgoing out[3] = {{.part = {{large, 1472}}, .parts = 1}, {.part = {{large, 1473}}, .parts = 1},
				     {.part = {{large, 5}}, .parts = 1}};
	uint8_t octets[2048];

	assert_int_equal(gb_transport_send_one(f->t, large, 1473), -EMSGSIZE);
	assert_int_equal(sent(octets, sizeof(octets)), 0);
	assert_int_equal(gb_transport_send(f->t, f->outbox, out + 1, 2), -EMSGSIZE);
	out[2].part[0].iov_len = 1473; /* two that could go as one, if they were not too long */
	assert_int_equal(gb_transport_send(f->t, f->outbox, out + 1, 2), -EMSGSIZE);
	says_einval = true;
	assert_int_equal(gb_transport_send(f->t, f->outbox, out + 1, 2), -EMSGSIZE);
	says_einval = false;
	assert_true(f->t->segment); /* that is nothing against runs */
	out[2].part[0].iov_len = 5;
	assert_int_equal(gb_transport_send(f->t, f->outbox, out, 3), 1); /* what goes before it goes out */
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 1472);
	assert_int_equal(sent(octets, sizeof(octets)), 0);
	set_mtu("net0", 1000);
	assert_int_equal(gb_transport_send_one(f->t, large, 1472), -EMSGSIZE);
	assert_int_equal(gb_transport_send_one(f->t, large, 972), 0);
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 972);
	set_mtu("net0", 1500);
}

static void test_network_down(void **state)
{
	struct fixture *f = *state;
	struct gb_outgoing out = {.part = {{(char[]){"x"}, 1}}, .parts = 1};
	uint8_t octets[2048];

	set_up("net0", false);
	assert_true(gb_transport_send_one(f->t, "x", 1) < 0);
	assert_true(gb_transport_send(f->t, f->outbox, &out, 1) < 0);
	set_up("net0", true);
	assert_int_equal(gb_transport_send_one(f->t, "x", 1), 0);
	assert_int_equal(sent(octets, sizeof(octets)), HEADERS + 1);
	assert_int_equal(sent(octets, sizeof(octets)), 0); /* what was refused does not come later */
	assert_int_equal(gb_transport_is_member(f->t), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_send_one),  TEST(test_send_batch),   TEST(test_send_runs),
		TEST(test_too_large), TEST(test_network_down),
	};

	return run_in_namespace(tests, COUNT(tests));
}
