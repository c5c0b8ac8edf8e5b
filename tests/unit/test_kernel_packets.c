/* SPDX-License-Identifier: Apache-2.0 */
/* Packets for the programs of the kernel engine, made by what the user engine sends with, and by hand. */
#include "test_kernel_programs.h"

#include <goose-bridge/octets.h>

void put16(struct packet *packet, size_t at, uint16_t value)
{
	packet->at[at] = (uint8_t)(value >> 8);
	packet->at[at + 1] = (uint8_t)value;
}

uint16_t get16(const struct packet *packet, size_t at)
{
	return (uint16_t)(packet->at[at] << 8 | packet->at[at + 1]);
}

static void put32(struct packet *packet, size_t at, uint32_t value)
{
	put16(packet, at, (uint16_t)(value >> 16));
	put16(packet, at + 2, (uint16_t)value);
}

void make_frame(struct packet *frame, size_t length, unsigned tags)
{
	static const uint8_t addresses[12] = {0x01, 0x0C, 0xCD, 0x01, 0x00, 0x05, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
	size_t at = sizeof(addresses);
	uint64_t random = 0x1234567 + length;

	assert_true(length <= sizeof(frame->at));
	for (size_t i = 0; i < length; i++)
		frame->at[i] = (uint8_t)next_random(&random);
	frame->length = length;
	memcpy(frame->at, addresses, sizeof(addresses));
	for (unsigned i = 0; i < tags; i++, at += 4) {
		put16(frame, at, i == 0 && tags == 2 ? GB_ETHERTYPE_S_VLAN : GB_ETHERTYPE_C_VLAN);
		put16(frame, at + 2, (uint16_t)(0x9000 + 5 + i)); /* PCP 4, DEI 1, VID 5 and 6 */
	}
	put16(frame, at, GB_ETHERTYPE_GOOSE);
	put16(frame, at + 2, 0x1001);
	put16(frame, at + 4, (uint16_t)(length - at - 2));
}

/* RFC 1071. */
static uint32_t sum_of(const uint8_t *octets, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
	return sum;
}

static uint16_t folded(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t ip_sum(const struct packet *packet)
{
	return folded(sum_of(packet->at + 14, 20));
}

uint16_t udp_sum(const struct packet *packet)
{
	uint16_t length = get16(packet, 38);

	if (length > packet->length - 34) /* none can be right */
		return 1;
	return folded(sum_of(packet->at + 26, 8) + 17 + length + sum_of(packet->at + 34, length));
}

void make_sums(struct packet *packet)
{
	put16(packet, 24, 0);
	put16(packet, 24, ip_sum(packet));
	put16(packet, 40, 0);
	uint16_t sum = udp_sum(packet);

	put16(packet, 40, sum ? sum : 0xFFFF);
}

static void put_datagram(struct packet *packet, const struct packet *frame, uint32_t source,
			 const struct gb_native_header *header)
{
	static const uint8_t ethernet[14] = {0x01, 0x00, 0x5E, 0x00, 0x01, 0x64, 2, 0, 0, 0, 0, 1, 0x08, 0x00};

	memset(packet->at, 0, WIRE_FRAME);
	memcpy(packet->at, ethernet, sizeof(ethernet));
	packet->length = WIRE_FRAME + frame->length;
	packet->at[14] = 0x45;
	packet->at[15] = 46 << 2;
	put16(packet, 16, (uint16_t)(packet->length - 14));
	put16(packet, 20, 0x4000);
	packet->at[22] = 10;
	packet->at[23] = 17;
	put32(packet, 26, source);
	put32(packet, 30, GROUP);
	put16(packet, 34, PORT);
	put16(packet, 36, PORT);
	put16(packet, 38, (uint16_t)(packet->length - 34));
	gb_native_put_header(packet->at + 42, header);
	gb_native_put_frame_prefix(packet->at + 90, frame->length);
	memcpy(packet->at + WIRE_FRAME, frame->at, frame->length);
	make_sums(packet);
}

void make_datagram(struct packet *packet, const struct packet *frame)
{
	struct gb_native_header header = {.type = GB_NATIVE_FRAMES, .flags = GB_NATIVE_FLAG_CLOCK_UNSYNCHRONISED, .path_id = 1,
					  .lane = 5, .sender_id = PEER, .epoch = 99, .sequence = 1000, .send_time_ns = 4711};

	put_datagram(packet, frame, PEER_HOST, &header);
}

void expect_datagram(struct packet *packet, const struct packet *frame, uint64_t sequence, uint64_t send_time_ns)
{
	struct gb_native_header header = {.type = GB_NATIVE_FRAMES, .path_id = 1, .lane = GB_KERNEL_LANE, .sender_id = SENDER,
					  .epoch = 7654321, .sequence = sequence, .send_time_ns = send_time_ns};

	put_datagram(packet, frame, HOST, &header);
}

uint64_t send_time_of(const struct packet *packet)
{
	struct gb_reader r = gb_reader(packet->at + 82, 8);

	assert_true(packet->length >= WIRE_FRAME);
	return gb_read_u64(&r);
}
