/* SPDX-License-Identifier: Apache-2.0 */
/* link: a TAP as goose0, made, found, held by others, deleted; frames in and out of it with their tags. Needs root. */
#include "test_pure.h"

#include "namespace.h"

#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <sys/uio.h>

#include <goose-bridge/link.h>

#define NAME "goose7"

/* Made with a second tag inside, so that the kernel can take off one and one is left to see. */
static const uint8_t frame[] = {0x01, 0x0C, 0xCD, 0x01, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x07,
				0x81, 0x00, 0xD0, 0x64, 0x81, 0x00, 0x00, 0x05, 0x88, 0xB8, 0x10, 0x00,
				0x00, 0x0A, 0x00, 0x00, 0x00, 0x00, 0x61, 0x00};

static int teardown(void **state)
{
	(void)state;
	if (if_nametoindex(NAME))
		assert_int_equal(gb_link_remove_tap(NAME), 0);
	return 0;
}

static struct gb_link *opened(void)
{
	struct gb_link *link = NULL;

	assert_int_equal(gb_link_open_tap(&link, NAME), 0);
	assert_non_null(link);
	return link;
}

static int flags_of(const struct gb_link *link)
{
	struct ifreq request = {0};

	assert_int_equal(ioctl(gb_link_fd(link), TUNGETIFF, &request), 0);
	return request.ifr_flags;
}

/* As an application on goose0 has it: everything that its interface receives and sends. */
static int open_packet(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)), on = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void delete_interface(const char *name)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} request = {
		.header = {.nlmsg_len = sizeof(request),
			   .nlmsg_type = RTM_DELLINK,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
		.info = {.ifi_index = (int)if_nametoindex(name)},
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
	} answer = {0};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	assert_true(fd >= 0);
	assert_int_equal(send(fd, &request, sizeof(request), 0), sizeof(request));
	assert_true(recv(fd, &answer, sizeof(answer), 0) >= (ssize_t)sizeof(answer));
	assert_int_equal(answer.error.error, 0);
	close(fd);
}

/* ---- opening --------------------------------------------------------------------- */

static void test_made(void **state)
{
	struct gb_link *link = opened();

	(void)state;
	assert_string_equal(gb_link_name(link), NAME);
	assert_int_equal(gb_link_index(link), if_nametoindex(NAME));
	assert_int_equal(flags_of(link) &
				 (IFF_TAP | IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR | IFF_PERSIST),
			 IFF_TAP | IFF_NO_PI | IFF_PERSIST);
	assert_true(fcntl(gb_link_fd(link), F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(gb_link_fd(link), F_GETFD) & FD_CLOEXEC);
	gb_link_unref(link);
}

/* It outlives its descriptor, as publishers are bound to it, and is taken again as it is. */
static void test_reopened(void **state)
{
	struct gb_link *link = opened();
	int index = gb_link_index(link);

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		gb_link_unref(link);
		assert_int_equal(if_nametoindex(NAME), index);
		link = opened();
		assert_int_equal(gb_link_index(link), index);
	}
	gb_link_unref(link);
}

static void test_references(void **state)
{
	struct gb_link *link = opened();
	int fd = gb_link_fd(link);

	(void)state;
	assert_ptr_equal(gb_link_ref(link), link);
	gb_link_unref(link);
	assert_true(fcntl(fd, F_GETFD) >= 0);
	gb_link_unref(link);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	gb_link_unref(NULL);
	assert_null(gb_link_ref(NULL));
}

/* One that somebody else made, with queues: it wants the flag again, and keeps it. */
static void test_multi_queue_is_taken(void **state)
{
	int fd = open_tun_device(NAME, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
	struct gb_link *link;

	(void)state;
	assert_int_equal(ioctl(fd, TUNSETPERSIST, 1), 0);
	close(fd);
	link = opened();
	assert_int_equal(flags_of(link) & (IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE),
			 IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
	gb_link_unref(link);
	link = opened();
	gb_link_unref(link);
}

/* What is no TAP is left alone. */
static void test_other_kinds_are_refused(void **state)
{
	int tun = open_tun_device(NAME, IFF_TUN | IFF_NO_PI);
	struct gb_link *link = NULL;

	(void)state;
	assert_int_equal(gb_link_open_tap(&link, NAME), -EINVAL);
	assert_int_equal(gb_link_remove_tap(NAME), -EINVAL);
	assert_int_equal(gb_link_open_tap(&link, "lo"), -EINVAL);
	assert_int_equal(gb_link_remove_tap("lo"), -EINVAL);
	assert_null(link);
	close(tun);
	assert_int_equal(if_nametoindex(NAME), 0);
}

static void test_held_by_another(void **state)
{
	struct gb_link *link = opened(), *second = NULL;

	(void)state;
	assert_int_equal(gb_link_open_tap(&second, NAME), -EBUSY);
	assert_int_equal(gb_link_remove_tap(NAME), -EBUSY);
	assert_null(second);
	assert_int_equal(if_nametoindex(NAME), gb_link_index(link));
	gb_link_unref(link);
}

static void test_names(void **state)
{
	struct gb_link *link = NULL;

	(void)state;
	assert_int_equal(gb_link_open_tap(&link, "a-name-of-16-oct"), -ENAMETOOLONG);
	assert_int_equal(gb_link_open_tap(&link, "a/b"), -EINVAL);
	assert_int_equal(gb_link_remove_tap("a-name-of-16-oct"), -ENODEV);
	assert_null(link);
	assert_int_equal(gb_link_open_tap(&link, "fifteen-octets1"), 0);
	assert_string_equal(gb_link_name(link), "fifteen-octets1");
	gb_link_unref(link);
	assert_int_equal(gb_link_remove_tap("fifteen-octets1"), 0);
}

static unsigned interfaces(void)
{
	struct if_nameindex *all = if_nameindex();
	unsigned count = 0;

	assert_non_null(all);
	while (all[count].if_index)
		count++;
	if_freenameindex(all);
	return count;
}

/* The kernel fills in "%d" or no name at all by itself: that is not what was asked for, and must not stay. */
static void test_templates_leave_nothing(void **state)
{
	struct gb_link *link = NULL;
	unsigned before = interfaces();

	(void)state;
	assert_int_equal(gb_link_open_tap(&link, "goose%d"), -ENODEV);
	assert_int_equal(gb_link_open_tap(&link, ""), -ENODEV);
	assert_null(link);
	assert_int_equal(interfaces(), before);
}

static void test_removed(void **state)
{
	(void)state;
	gb_link_unref(opened());
	assert_int_not_equal(if_nametoindex(NAME), 0);
	assert_int_equal(gb_link_remove_tap(NAME), 0);
	assert_int_equal(if_nametoindex(NAME), 0);
	assert_int_equal(gb_link_remove_tap(NAME), -ENODEV);
}

/* ---- frames ---------------------------------------------------------------------- */

/* The frame as an application sends it is what is read: the tags are in it. Neighbour discovery may come before it. */
static void test_read(void **state)
{
	struct gb_link *link = opened();
	uint8_t octets[2048];
	int packet;
	ssize_t length;

	(void)state;
	set_up(NAME, true);
	packet = open_packet(NAME);
	assert_int_equal(send(packet, frame, sizeof(frame), 0), sizeof(frame));
	do
		length = gb_link_read(link, octets, sizeof(octets));
	while (length > 13 && octets[12] == 0x86); /* IPv6 */
	assert_int_equal(length, sizeof(frame));
	assert_memory_equal(octets, frame, sizeof(frame));
	do
		length = gb_link_read(link, octets, sizeof(octets));
	while (length > 13 && octets[12] == 0x86);
	assert_int_equal(length, -EAGAIN);
	close(packet);
	gb_link_unref(link);
}

/* What is written reaches the application; the kernel hands the outer tag over beside the frame. */
static void test_write(void **state)
{
	struct gb_link *link = opened();
	union {
		char octets[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	uint8_t octets[2048];
	struct iovec into = {octets, sizeof(octets)};
	struct tpacket_auxdata aux;
	ssize_t length;
	int packet;

	(void)state;
	set_up(NAME, true);
	packet = open_packet(NAME);
	assert_int_equal(gb_link_write(link, frame, sizeof(frame)), 0);
	do {
		struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = &control,
					 .msg_controllen = sizeof(control)};

		length = recvmsg(packet, &message, 0);
		if (length > 0)
			memcpy(&aux, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(aux));
	} while (length > 13 && octets[12] == 0x86);
	assert_int_equal(length, sizeof(frame) - 4);
	assert_memory_equal(octets, frame, 12);
	assert_memory_equal(octets + 12, frame + 16, sizeof(frame) - 16);
	assert_true(aux.tp_status & TP_STATUS_VLAN_VALID);
	assert_int_equal(aux.tp_vlan_tci, 0xD064);
	assert_int_equal(aux.tp_vlan_tpid, 0x8100);
	close(packet);
	gb_link_unref(link);
}

static void test_interface_down(void **state)
{
	struct gb_link *link = opened();
	uint8_t octets[2048];

	(void)state;
	assert_int_equal(gb_link_write(link, frame, sizeof(frame)), -EIO);
	set_up(NAME, true);
	assert_int_equal(gb_link_write(link, frame, sizeof(frame)), 0);
	set_up(NAME, false);
	assert_int_equal(gb_link_write(link, frame, sizeof(frame)), -EIO);
	assert_true(gb_link_read(link, octets, sizeof(octets)) < 0);
	set_up(NAME, true);
	assert_int_equal(gb_link_write(link, frame, sizeof(frame)), 0);
	gb_link_unref(link);
}

static void test_too_short_to_be_written(void **state)
{
	struct gb_link *link = opened();

	(void)state;
	set_up(NAME, true);
	assert_int_equal(gb_link_write(link, frame, 13), -EINVAL);
	assert_int_equal(gb_link_write(link, frame, 14), 0);
	gb_link_unref(link);
}

/* Deleted under the one who holds it: an error each time, and the name can be had again. */
static void test_deleted(void **state)
{
	struct gb_link *link = opened(), *second;
	uint8_t octets[2048];

	(void)state;
	set_up(NAME, true);
	delete_interface(NAME);
	assert_int_equal(gb_link_read(link, octets, sizeof(octets)), -EBADFD);
	assert_int_equal(gb_link_write(link, frame, sizeof(frame)), -EBADFD);
	second = opened();
	assert_int_equal(gb_link_read(link, octets, sizeof(octets)), -EBADFD);
	assert_int_equal(gb_link_index(second), if_nametoindex(NAME));
	gb_link_unref(link);
	gb_link_unref(second);
}

/* ---- many at once ---------------------------------------------------------------- */

#define BURST 16

struct burst {
	struct gb_link_burst *means;
	uint8_t octets[BURST][2048];
	struct gb_link_frame frame[BURST];
};

static void burst_init(struct burst *b, bool plain)
{
	b->means = gb_link_burst_create(BURST, plain);
	assert_non_null(b->means);
	assert_int_equal(gb_link_burst_is_plain(b->means), plain);
	for (unsigned i = 0; i < BURST; i++)
		b->frame[i] = (struct gb_link_frame){.octets = b->octets[i], .length = sizeof(b->octets[i])};
}

/* Sends frames COUNT numbered from FIRST on, as an application does. */
static void send_numbered(int packet, unsigned first, unsigned count)
{
	uint8_t octets[sizeof(frame)];

	memcpy(octets, frame, sizeof(frame));
	for (unsigned i = first; i < first + count; i++) {
		octets[31] = (uint8_t)i;
		assert_int_equal(send(packet, octets, sizeof(octets), 0), sizeof(octets));
	}
}

static void read_bursts(bool plain)
{
	struct gb_link *link = opened();
	struct burst b;
	unsigned next = 0;

	burst_init(&b, plain);
	set_up(NAME, true);
	int packet = open_packet(NAME);

	send_numbered(packet, 0, BURST + 3);
	/* more than wait are asked for in the end, and nothing waits for more to come */
	for (unsigned round = 0; round < 4; round++) {
		gb_link_read_burst(link, b.means, b.frame, BURST);
		for (unsigned i = 0; i < BURST; i++) {
			if (b.frame[i].result < 0) {
				assert_int_equal(b.frame[i].result, -EAGAIN);
			} else if (b.octets[i][12] != 0x86) { /* IPv6 */
				assert_int_equal(b.frame[i].result, sizeof(frame));
				assert_int_equal(b.octets[i][31], next++);
			}
		}
	}
	assert_int_equal(next, BURST + 3);
	send_numbered(packet, 200, 1);
	gb_link_read_burst(link, b.means, b.frame, 1);
	assert_int_equal(b.frame[0].result, sizeof(frame));
	set_up(NAME, false);
	gb_link_read_burst(link, b.means, b.frame, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_true(b.frame[i].result < 0);
	close(packet);
	gb_link_burst_destroy(b.means);
	gb_link_unref(link);
}

static void write_bursts(bool plain)
{
	struct gb_link *link = opened();
	struct burst b;
	uint8_t octets[2048];
	ssize_t length;

	burst_init(&b, plain);
	set_up(NAME, true);
	int packet = open_packet(NAME);

	for (unsigned i = 0; i < BURST; i++) {
		memcpy(b.octets[i], frame, sizeof(frame));
		b.octets[i][31] = (uint8_t)i;
		b.frame[i].length = sizeof(frame);
	}
	b.frame[3].length = 13; /* one that the kernel refuses is its own failure alone */
	gb_link_write_burst(link, b.means, b.frame, BURST);
	for (unsigned i = 0; i < BURST; i++)
		assert_int_equal(b.frame[i].result, i == 3 ? -EINVAL : 0);
	for (unsigned i = 0; i < BURST; i++) {
		if (i == 3)
			continue;
		do
			length = recv(packet, octets, sizeof(octets), 0);
		while (length > 13 && octets[12] == 0x86);
		assert_int_equal(length, sizeof(frame) - 4);
		assert_int_equal(octets[27], i);
	}
	set_up(NAME, false);
	gb_link_write_burst(link, b.means, b.frame, 2);
	assert_true(b.frame[0].result == -EIO && b.frame[1].result == -EIO);
	close(packet);
	gb_link_burst_destroy(b.means);
	gb_link_unref(link);
}

/* Whether this kernel can do it. If not, what is plain is all that is there to be tested. */
static bool has_bursts(void)
{
	struct gb_link_burst *burst = gb_link_burst_create(2, false);
	bool plain = gb_link_burst_is_plain(burst);

	gb_link_burst_destroy(burst);
	return !plain;
}

static void test_read_bursts(void **state)
{
	(void)state;
	read_bursts(true);
	if (has_bursts())
		read_bursts(false);
	else
		print_message("no io_uring for a TAP here: done without\n");
}

static void test_write_bursts(void **state)
{
	(void)state;
	write_bursts(true);
	if (has_bursts())
		write_bursts(false);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_made),
		TEST(test_reopened),
		TEST(test_references),
		TEST(test_multi_queue_is_taken),
		TEST(test_other_kinds_are_refused),
		TEST(test_held_by_another),
		TEST(test_names),
		TEST(test_templates_leave_nothing),
		TEST(test_removed),
		TEST(test_read),
		TEST(test_write),
		TEST(test_interface_down),
		TEST(test_too_short_to_be_written),
		TEST(test_deleted),
		TEST(test_read_bursts),
		TEST(test_write_bursts),
	};

	if (!own_namespace())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
