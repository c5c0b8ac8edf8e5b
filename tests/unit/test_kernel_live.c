/* SPDX-License-Identifier: Apache-2.0 */
/* The programs where they belong: on a goose0 and a network interface, both of them TAPs in a network namespace of their own.
 * What is read from the latter's descriptor went to the network, what is written to it comes from there.
 */
#include "test_kernel_programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <goose-bridge/clock.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>

#include "namespace.h"

#define TCX_INGRESS 46 /* enum bpf_attach_type of Linux 6.6; older headers have no names for them */
#define TCX_EGRESS  47
#define MTU	    9400 /* more than a frame may have */
#define WAIT_MS	    5000

enum way { BY_TCX, BY_CLSACT };

static struct live {
	bool works;
	int goose0, net0;
	unsigned goose0_index, net0_index;
	int packets; /* AF_PACKET on goose0 */
	int datagrams; /* UDP to the group */
	enum way way;
	int links[2]; /* tcx; -1: none */
} live;

/* ---- attaching ---- */

static bool attach_by_clsact(enum gb_kernel_direction direction, int fd)
{
	LIBBPF_OPTS(bpf_tc_hook, hook,
		    .ifindex = (int)(direction == GB_KERNEL_TO_NETWORK ? live.goose0_index : live.net0_index),
		    .attach_point = direction == GB_KERNEL_TO_NETWORK ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = fd, .handle = 1, .priority = 1, .flags = BPF_TC_F_REPLACE);
	int error = bpf_tc_hook_create(&hook);

	return (error == 0 || error == -EEXIST) && bpf_tc_attach(&hook, &options) == 0;
}

/* In place of what may be there. */
static bool attach(enum gb_kernel_direction direction, int fd)
{
	if (live.way == BY_CLSACT)
		return attach_by_clsact(direction, fd);
	if (live.links[direction] >= 0)
		return bpf_link_update(live.links[direction], fd, NULL) == 0;
	bool out = direction == GB_KERNEL_TO_NETWORK;

	live.links[direction] = bpf_link_create(fd, (int)(out ? live.goose0_index : live.net0_index),
						(enum bpf_attach_type)(out ? TCX_EGRESS : TCX_INGRESS), NULL);
	return live.links[direction] >= 0;
}

static int packet_socket(void)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				 .sll_ifindex = (int)live.goose0_index};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	assert_int_equal(setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static int group_socket(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(GROUP)};
	struct ip_mreqn group = {.imr_multiaddr.s_addr = htonl(GROUP), .imr_ifindex = (int)live.net0_index};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)), 0); /* so that packets get their time */
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), 0);
	return fd;
}

static int set_up_live(void **way)
{
	live = (struct live){.way = *(enum way *)*way, .links = {-1, -1}};
	programs_reset(NULL);
	if (!own_namespace())
		return 0;
	live.goose0 = open_tun_device("goose0", IFF_TAP | IFF_NO_PI);
	live.net0 = open_tun_device("net0", IFF_TAP | IFF_NO_PI);
	live.goose0_index = if_nametoindex("goose0");
	live.net0_index = if_nametoindex("net0");
	(*programs_config)->goose0_index = live.goose0_index;
	(*programs_config)->network_index = live.net0_index;
	set_mtu("goose0", MTU);
	set_mtu("net0", MTU);
	set_up("goose0", true);
	set_up("net0", true);
	set_address("net0", "192.168.0.1");
	live.packets = packet_socket();
	live.datagrams = group_socket();
	live.works = attach(GB_KERNEL_TO_NETWORK, program_fd(GB_KERNEL_TO_NETWORK)) &&
		     attach(GB_KERNEL_TO_GOOSE0, program_fd(GB_KERNEL_TO_GOOSE0));
	if (!live.works)
		printf("skipped: this kernel does not attach by %s\n", live.way == BY_TCX ? "tcx" : "clsact");
	return 0;
}

static int tear_down_live(void **unused)
{
	(void)unused;
	for (int d = 0; d < GB_KERNEL_DIRECTIONS; d++)
		if (live.links[d] >= 0)
			close(live.links[d]);
	if (live.datagrams) {
		close(live.datagrams);
		close(live.packets);
		close(live.net0);
		close(live.goose0);
	}
	return 0;
}

/* ---- sending and receiving ---- */

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, WAIT_MS) == 1;
}

static void publish(const struct packet *frame)
{
	assert_int_equal(send(live.packets, frame->at, frame->length, 0), frame->length);
}

/* What went to the network and is no talk of the kernel. */
static void read_network(struct packet *packet)
{
	do {
		assert_true(readable(live.net0));
		ssize_t n = read(live.net0, packet->at, sizeof(packet->at));

		assert_true(n > 0);
		packet->length = (size_t)n;
	} while (packet->length < WIRE_FRAME || get16(packet, 12) != ETH_P_IP || packet->at[23] != 17);
}

static void from_network(const struct packet *packet)
{
	assert_int_equal(write(live.net0, packet->at, packet->length), packet->length);
}

/* What a subscriber gets of goose0, its tag where the kernel has it: in AUX. */
static void read_goose0(struct packet *frame, struct tpacket_auxdata *aux, struct sockaddr_ll *from)
{
	union {
		char octets[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;

	do {
		struct iovec part = {frame->at, sizeof(frame->at)};
		struct msghdr message = {.msg_name = from, .msg_namelen = sizeof(*from), .msg_iov = &part, .msg_iovlen = 1,
					 .msg_control = &control, .msg_controllen = sizeof(control)};

		assert_true(readable(live.packets));
		ssize_t n = recvmsg(live.packets, &message, 0);

		assert_true(n > 0);
		frame->length = (size_t)n;
		assert_non_null(CMSG_FIRSTHDR(&message));
		memcpy(aux, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(*aux));
	} while (from->sll_pkttype == PACKET_OUTGOING);
}

/* FRAME, as it was sent, out of what read_goose0 gave. */
static void assert_received(const struct packet *frame, unsigned tags)
{
	struct tpacket_auxdata aux;
	struct sockaddr_ll from;
	struct packet got;

	read_goose0(&got, &aux, &from);
	assert_int_equal(from.sll_pkttype, PACKET_MULTICAST);
	assert_int_equal(from.sll_ifindex, live.goose0_index);
	assert_int_equal(aux.tp_status & TP_STATUS_CSUMNOTREADY, 0);
	assert_int_equal(!!(aux.tp_status & TP_STATUS_VLAN_VALID), tags > 0);
	if (tags > 0) {
		assert_int_equal(aux.tp_vlan_tpid, get16(frame, 12));
		assert_int_equal(aux.tp_vlan_tci, get16(frame, 14));
		memmove(got.at + 16, got.at + 12, got.length - 12);
		put16(&got, 12, aux.tp_vlan_tpid);
		put16(&got, 14, aux.tp_vlan_tci);
		got.length += 4;
	}
	assert_int_equal(ntohs(from.sll_protocol), get16(frame, tags > 1 ? 16 : 12 + 4 * tags));
	assert_int_equal(got.length, frame->length);
	assert_memory_equal(got.at, frame->at, frame->length);
}

/* ---- tests ---- */

static const size_t sizes[] = {60, 160, 1400, 4200, 9000};

static void test_to_the_network(void **unused)
{
	struct packet frame, packet, expected;

	(void)unused;
	if (!live.works)
		skip();
	(*programs_config)->path_mtu = MTU;
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (unsigned tags = 0; tags <= 2; tags++) {
			uint64_t sequence = (*programs_state)->kernel_sequence;

			make_frame(&frame, sizes[i], tags);
			publish(&frame);
			read_network(&packet);
			expect_datagram(&expected, &frame, sequence, send_time_of(&packet));
			assert_int_equal(packet.length, expected.length);
			assert_memory_equal(packet.at, expected.at, expected.length);
		}
	assert_int_equal(counted(GB_KERNEL_TO_NETWORK).frames, 3 * COUNT(sizes));
}

/* Its tag is in the metadata when it comes, as from a VLAN interface on goose0; none is there when it goes. */
static void test_metadata_tag(void **unused)
{
	struct packet in, frame, packet, expected;

	(void)unused;
	if (!live.works)
		skip();
	int tagging = tagging_program_fd(GB_KERNEL_TO_NETWORK, GB_ETHERTYPE_S_VLAN, 0xF005);

	assert_true(attach(GB_KERNEL_TO_NETWORK, tagging));
	close(tagging);
	make_frame(&in, 160, 0);
	frame = in;
	memmove(frame.at + 16, frame.at + 12, 148);
	put16(&frame, 12, GB_ETHERTYPE_S_VLAN);
	put16(&frame, 14, 0xF005);
	frame.length += 4;
	publish(&in);
	read_network(&packet);
	expect_datagram(&expected, &frame, 0, send_time_of(&packet));
	assert_int_equal(packet.length, expected.length);
	assert_memory_equal(packet.at, expected.at, expected.length);
}

static void test_to_subscribers(void **unused)
{
	struct packet frame, packet;
	static struct record record[RECORDS_MAX];

	(void)unused;
	if (!live.works)
		skip();
	for (size_t i = 0; i < COUNT(sizes); i++)
		for (unsigned tags = 0; tags <= 2; tags++) {
			make_frame(&frame, sizes[i], tags);
			make_datagram(&packet, &frame);
			from_network(&packet);
			assert_received(&frame, tags);
			assert_int_equal(take_records(GB_KERNEL_TO_GOOSE0, record), 1);
			assert_int_equal(record->said.frame_length, sizes[i]);
			uint64_t utc = gb_clock_utc_ns();

			if (record->said.received_ns) /* a kernel that has just been asked for times may not have it yet */
				assert_in_range(record->said.received_ns, utc - 60 * GB_NS_PER_S, utc);
		}
	assert_int_equal(counted(GB_KERNEL_TO_GOOSE0).frames, 3 * COUNT(sizes));
}

/* However large the path's packets may be. */
static void test_largest(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	if (!live.works)
		skip();
	(*programs_config)->path_mtu = 65535;
	make_frame(&frame, GB_TUNNEL_FRAME_MAX, 2);
	publish(&frame);
	read_network(&packet);
	assert_int_equal(udp_sum(&packet), 0);
	assert_memory_equal(packet.at + WIRE_FRAME, frame.at, frame.length);
	make_frame(&frame, GB_TUNNEL_FRAME_MAX + 1, 2);
	publish(&frame);
	assert_int_equal(counted(GB_KERNEL_TO_NETWORK).frames, 1);
	assert_int_equal(counted(GB_KERNEL_TO_NETWORK).passed, 1);
}

/* What the programs do not carry gets to where the user engine reads, in its place among the others. */
static void test_passed(void **unused)
{
	struct packet frame, packet, got;
	ssize_t n;

	(void)unused;
	if (!live.works)
		skip();
	make_frame(&frame, 160, 1);
	make_datagram(&packet, &frame);
	from_network(&packet);
	assert_received(&frame, 1);
	put16(&packet, 44, 0x0102);
	make_sums(&packet);
	from_network(&packet);
	assert_true(readable(live.datagrams));
	n = recv(live.datagrams, got.at, sizeof(got.at), 0); /* the first one is not there */
	assert_int_equal(n, packet.length - 42);
	assert_memory_equal(got.at, packet.at + 42, packet.length - 42);
	make_frame(&frame, 1460, 1);
	publish(&frame);
	do {
		assert_true(readable(live.goose0));
		n = read(live.goose0, got.at, sizeof(got.at));
		assert_true(n > 18);
	} while (get16(&got, 16) != GB_ETHERTYPE_GOOSE);
	assert_int_equal(n, frame.length);
	assert_memory_equal(got.at, frame.at, frame.length);
}

/* Two hosts in one: what one program sends, the other takes. */
static void test_there_and_back(void **unused)
{
	struct packet frame, packet;

	(void)unused;
	if (!live.works)
		skip();
	for (unsigned tags = 0; tags <= 2; tags++) {
		make_frame(&frame, 161, tags);
		publish(&frame);
		read_network(&packet);
		(*programs_config)->local = htonl(HOST + 9); /* another host, with another sender id */
		(*programs_config)->sender_id = SENDER + 1;
		from_network(&packet);
		assert_received(&frame, tags);
		(*programs_config)->local = htonl(HOST);
		(*programs_config)->sender_id = SENDER;
	}
}

#define BOTH_WAYS(test)                                                                          \
	cmocka_unit_test_prestate_setup_teardown(test, set_up_live, tear_down_live, &ways[0]), \
	cmocka_unit_test_prestate_setup_teardown(test, set_up_live, tear_down_live, &ways[1])

int test_live(void)
{
	static enum way ways[] = {BY_TCX, BY_CLSACT};
	const struct CMUnitTest tests[] = {
		BOTH_WAYS(test_to_the_network),
		BOTH_WAYS(test_metadata_tag),
		BOTH_WAYS(test_to_subscribers),
		BOTH_WAYS(test_passed),
		BOTH_WAYS(test_there_and_back),
		BOTH_WAYS(test_largest),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
