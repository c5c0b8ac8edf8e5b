/* SPDX-License-Identifier: Apache-2.0 */
/* publish: a GOOSE publisher as a relay is one, whose every number can be chosen. */
#include "commands.h"
#include "packet.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REF_MAX	  129
#define FRAME_MAX 1024

struct message {
	const char *ref;
	uint64_t source; /* 48 bits */
	uint64_t appid;
	uint64_t vlan; /* VID; more than 4095 = untagged */
	uint64_t ttl_ms;
	uint64_t st_num;
	uint64_t sq_num;
	uint64_t conf_rev;
	uint64_t t_s; /* seconds of t */
	bool simulation;
	uint64_t value; /* what allData has */
};

struct cursor {
	uint8_t *at;
};

static void put(struct cursor *c, uint64_t value, size_t size)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		c->at[i] = (uint8_t)value;
	c->at += size;
}

/* An unsigned number in as few octets as BER asks for: a leading 00 keeps it from being negative. */
static void put_number(struct cursor *c, uint8_t tag, uint64_t value)
{
	size_t size = 1;

	while (size < 8 && value >> (8 * size - 1))
		size++;
	put(c, tag, 1);
	put(c, size, 1);
	put(c, value, size);
}

static void put_text(struct cursor *c, uint8_t tag, const char *text)
{
	size_t length = strlen(text);

	put(c, tag, 1);
	if (length > 127)
		put(c, 0x81, 1);
	put(c, length, 1);
	memcpy(c->at, text, length);
	c->at += length;
}

/* What is inside the PDU's tag. */
static size_t build_fields(const struct message *m, uint8_t *octets)
{
	struct cursor c = {octets};

	put_text(&c, 0x80, m->ref);
	put_number(&c, 0x81, m->ttl_ms);
	put_text(&c, 0x82, "TESTLD0/LLN0$ds");
	put(&c, 0x8408, 2);
	put(&c, m->t_s, 4);
	put(&c, 0, 4);
	put_number(&c, 0x85, m->st_num);
	put_number(&c, 0x86, m->sq_num);
	put(&c, 0x870100 | m->simulation, 3);
	put_number(&c, 0x88, m->conf_rev);
	put(&c, 0x890100, 3);
	put_number(&c, 0x8A, 2);
	put(&c, 0xAB07, 2);
	put(&c, 0x830100 | (m->value & 1), 3);
	put(&c, 0x8602, 2);
	put(&c, m->value & 0x7FFF, 2);
	return (size_t)(c.at - octets);
}

static size_t build(const struct message *m, uint8_t *octets)
{
	uint8_t fields[FRAME_MAX / 2];
	size_t length = build_fields(m, fields);
	size_t pdu = length + (length > 255 ? 4 : length > 127 ? 3 : 2);
	struct cursor c = {octets};

	put(&c, 0x010CCD010000 | (m->appid & 0x1FF), 6);
	put(&c, m->source, 6);
	if (m->vlan <= 0xFFF)
		put(&c, 0x81008000 | m->vlan, 4); /* PCP 4 */
	put(&c, ETHERTYPE_GOOSE, 2);
	put(&c, m->appid, 2);
	put(&c, 8 + pdu, 2);
	put(&c, 0, 4);
	put(&c, 0x61, 1);
	if (length > 255)
		put(&c, 0x82, 1);
	else if (length > 127)
		put(&c, 0x81, 1);
	put(&c, length, length > 255 ? 2 : 1);
	memcpy(c.at, fields, length);
	return (size_t)(c.at + length - octets);
}

int command_publish(int argc, char **argv)
{
	struct message m = {.source = 0x024742000001, .appid = 0x1000, .vlan = 0x1000, .ttl_ms = 1000, .st_num = 1,
			    .conf_rev = 1, .t_s = (uint64_t)time(NULL)};
	uint64_t count = 1, every = 100000000, streams = 1, sent = 0;
	uint8_t octets[FRAME_MAX];
	const struct tool_option options[] = {
		{"appid", TOOL_NUMBER, &m.appid, "N", "APPID (0x1000)"},
		{"vlan", TOOL_NUMBER, &m.vlan, "VID", "VLAN id (default: no tag)"},
		{"source", TOOL_NUMBER, &m.source, "N", "source address as a number (0x024742000001)"},
		{"ttl-ms", TOOL_NUMBER, &m.ttl_ms, "MS", "timeAllowedtoLive (1000)"},
		{"st-num", TOOL_NUMBER, &m.st_num, "N", "stNum (1)"},
		{"sq-num", TOOL_NUMBER, &m.sq_num, "N", "sqNum of the first message (0)"},
		{"conf-rev", TOOL_NUMBER, &m.conf_rev, "N", "confRev (1)"},
		{"t", TOOL_NUMBER, &m.t_s, "S", "seconds of t (now)"},
		{"simulation", TOOL_FLAG, &m.simulation, NULL, "mark messages as simulation"},
		{"count", TOOL_NUMBER, &count, "N", "messages of each stream (1; 0 = until stopped)"},
		{"every", TOOL_SECONDS, &every, "S", "between two messages of a stream (0.1)"},
		{"streams", TOOL_NUMBER, &streams, "N", "as many streams, with REF0000 and on, and appid and on (1)"},
		{0},
	};

	tool_parse(argc, argv, "IF REF [options]", options, 2, 2);
	if (strlen(argv[1]) + 4 > REF_MAX)
		tool_fail_usage("a reference has at most %d octets", REF_MAX - 4);
	int fd = packet_open_sender(argv[0], false);

	tool_catch_signals();
	uint64_t start = tool_mono_ns(), first_appid = m.appid;
	for (uint64_t round = 0; (count == 0 || round < count) && !tool_stopped(); round++, m.sq_num++) {
		tool_wait_until(start + round * every, false);
		for (uint64_t i = 0; i < streams && !tool_stopped(); i++) {
			char ref[REF_MAX + 1];

			if (streams > 1)
				snprintf(ref, sizeof(ref), "%.125s%04u", argv[1], (unsigned)(i % 10000));
			else
				snprintf(ref, sizeof(ref), "%s", argv[1]);
			m.ref = ref;
			m.appid = first_appid + i;
			if (send(fd, octets, build(&m, octets), 0) < 0)
				tool_fail_errno("sending on %s", argv[0]);
			sent++;
		}
	}
	printf("{\"sent\":%" PRIu64 ",\"next_sq_num\":%" PRIu64 "}\n", sent, m.sq_num);
	close(fd);
	return TOOL_OK;
}
