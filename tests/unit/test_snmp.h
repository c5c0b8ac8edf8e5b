/* SPDX-License-Identifier: Apache-2.0 */
/* A snapshot with rows in every table, none of them in order. */
#ifndef TEST_SNMP_H
#define TEST_SNMP_H

#include "test_pure.h"

#include <arpa/inet.h>
#include <goose-bridge/snmp.h>

#define TEST_S UINT64_C(1000000000)

static inline void made_up_peers(struct gb_snmp_snapshot *s)
{
	static const struct {
		uint64_t sender_id;
		uint32_t address;
		bool legacy;
	} peers[] = {
		{UINT64_C(0x6b67f384a294c301), 0x0A3D0002, false}, {0, 0x0A3D0003, true}, {1, 0x0A3D0002, false},
		{UINT64_C(0x6b67f384a294c301), 0x0A3D0001, false}, {UINT64_MAX, 0xFFFFFFFE, false}, {0, 0x0A3D0002, true},
	};

	for (size_t i = 0; i < COUNT(peers); i++)
		s->peer[i] = (struct gb_peer_view){
			.sender_id = peers[i].sender_id, .address.s_addr = htonl(peers[i].address),
			.legacy = peers[i].legacy, .frames = UINT64_C(0x123456789A) + i, .last_seen_ns = 90 * TEST_S};
}

static inline void made_up_streams(struct gb_snmp_snapshot *s, size_t streams)
{
	uint64_t random = 7;

	for (size_t i = 0; i < streams; i++) {
		struct gb_stream_view *v = &s->stream[i];

		v->index = (uint32_t)(2 * i + 1);
		snprintf(v->key.gocb_ref, sizeof(v->key.gocb_ref), "IED%zu/LLN0$GO$gcb", i);
		v->frames = (UINT64_C(1) << 32) + i;
		v->state = GB_STREAM_ACTIVE;
		v->key.source[5] = (uint8_t)i;
	}
	for (size_t i = streams; i > 1; i--) { /* Fisher and Yates */
		size_t j = next_random(&random) % i;
		struct gb_stream_view one = s->stream[i - 1];

		s->stream[i - 1] = s->stream[j];
		s->stream[j] = one;
	}
}

static inline struct gb_snmp_snapshot *made_up(size_t streams)
{
	struct gb_snmp_snapshot *s = gb_snmp_snapshot_create(6, streams, 3);

	assert_non_null(s);
	s->taken_ns = 100 * TEST_S;
	s->started_ns = 40 * TEST_S;
	s->report.now_ns = 100 * TEST_S;
	s->report.state = GB_REPORT_RUNNING;
	s->report.paths = 2;
	s->report.path[0] = (struct gb_report_path){.id = 7, .interface = "goose0", .port = 61850, .wire_format = "native",
						    .engine = "user", .group.s_addr = htonl(0xE0000164)};
	s->report.path[1] = (struct gb_report_path){.id = 0, .interface = "goose1", .wire_format = "legacy",
							    .engine = "kernel"};
	for (size_t i = 0; i < GB_COUNTER_COUNT; i++)
		s->report.totals.counter[i] = UINT64_MAX - i;
	snprintf(s->version, sizeof(s->version), "1.0.0");
	made_up_peers(s);
	made_up_streams(s, streams);
	s->event[0] = (struct gb_snmp_event){.number = 300, .severity = 6, .kind = "started", .text = "b"};
	s->event[1] = (struct gb_snmp_event){.number = 2, .severity = 4, .kind = "stalled", .text = "a"};
	s->event[2] = (struct gb_snmp_event){.number = UINT32_MAX, .severity = 3, .kind = "network_down", .text = "c"};
	s->rejoins = 2;
	s->rejoin[0] = (struct gb_report_rejoin){.number = 9, .reason = "late"};
	s->rejoin[1] = (struct gb_report_rejoin){.number = 4, .reason = "early"};
	gb_snmp_snapshot_ready(s);
	return s;
}

#endif
