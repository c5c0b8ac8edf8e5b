/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/event.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct in_addr address(uint32_t host_order)
{
	return (struct in_addr){.s_addr = htonl(host_order)};
}

static void every_kind_is_a_sentence(void **state)
{
	char sentence[GB_EVENT_SENTENCE], full[GB_EVENT_SENTENCE];

	(void)state;
	for (unsigned kind = 0; kind < GB_EVENT_KIND_COUNT; kind++) {
		struct gb_event event = {.kind = (enum gb_event_kind)kind};

		gb_event_describe(&event, sentence, sizeof(sentence));
		assert_true(strlen(sentence) > 10);
		assert_int_equal(sentence[strlen(sentence) - 1], '.');
		assert_true(strlen(gb_event_name(event.kind)) > 0);
		assert_in_range(gb_event_severity(event.kind), 2, 7);

		/* the longest that can be put in still fits */
		memset(event.text, 'x', sizeof(event.text));
		event.address = address(0xDFFFFFFF);
		event.sender_id = UINT64_MAX;
		event.value = INT64_MIN;
		event.stream = (struct gb_event_stream){.index = UINT32_MAX, .appid = 0xFFFF};
		memset(event.stream.gocb_ref, 'x', sizeof(event.stream.gocb_ref)); /* without its end, too */
		gb_event_describe(&event, full, sizeof(full));
		assert_true(strlen(full) < sizeof(full) - 1);
		assert_int_equal(full[strlen(full) - 1], '.');
	}
}

static void what_is_known_is_said(void **state)
{
	char sentence[GB_EVENT_SENTENCE];
	struct gb_event event = {.kind = GB_EVENT_SEND_FAILING, .value = ENOBUFS};

	(void)state;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "No buffer space available"));
	event.value = -ENOBUFS;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "No buffer space available"));

	event = (struct gb_event){.kind = GB_EVENT_STALLED, .value = 5012};
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "5012 ms"));

	event = (struct gb_event){.kind = GB_EVENT_PEER_NEW, .address = address(0x0A000102), .sender_id = 0xABC};
	assert_string_equal(gb_event_describe(&event, sentence, sizeof(sentence)),
			    "A bridge was heard for the first time: 10.0.1.2 (sender id 0000000000000abc).");
	event.sender_id = 0;
	assert_string_equal(gb_event_describe(&event, sentence, sizeof(sentence)),
			    "A bridge was heard for the first time: 10.0.1.2 (legacy).");

	event = (struct gb_event){.kind = GB_EVENT_RELOAD_REFUSED, .text = "goose-bridge.conf:3: no such key."};
	assert_string_equal(gb_event_describe(&event, sentence, sizeof(sentence)),
			    "The new configuration is wrong and was not taken: "
			    "goose-bridge.conf:3: no such key.");
}

static void the_two_mismatches_differ(void **state)
{
	char sentence[GB_EVENT_SENTENCE];
	struct gb_event event = {.kind = GB_EVENT_FORMAT_MISMATCH, .address = address(0x0A000102)};

	(void)state;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "10.0.1.2 sends the legacy format"));
	event.sender_id = 1;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "sends the native format"));
}

static void a_stream_is_named(void **state)
{
	char sentence[GB_EVENT_SENTENCE];
	struct gb_event event = {.kind = GB_EVENT_STREAM_EXPIRED,
				 .value = 500,
				 .stream = {.index = 2, .from_network = true, .appid = 0x3FF,
					    .source = {0x16, 0x39, 0x34, 0x54, 0x4F, 0x5D},
					    .gocb_ref = "IED1LD0/LLN0$GO$gcb1"}};

	(void)state;
	assert_string_equal(gb_event_describe(&event, sentence, sizeof(sentence)),
			    "The GOOSE stream IED1LD0/LLN0$GO$gcb1 (APPID 0x03FF of 16:39:34:54:4f:5d, from the network) is "
			    "silent: nothing new within its timeAllowedtoLive of 500 ms. Check its publisher and the way "
			    "here.");
	event.value = -20000;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "was not heard within 20000 ms"));
	event.stream.from_network = false;
	event.kind = GB_EVENT_STREAM_RESTORED;
	event.value = 0;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "published on goose0) is heard."));
	event.value = 1500;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "heard again, after 1500 ms."));

	event.kind = GB_EVENT_STREAM_CONF_REV;
	event.value = gb_event_pair(UINT32_MAX, 7);
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "from 4294967295 to 7."));
	event.kind = GB_EVENT_STREAM_REPLAY;
	event.value = gb_event_pair(0, UINT32_MAX);
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "stNum 0, sqNum 4294967295."));
	event.kind = GB_EVENT_STREAM_STORM;
	event.value = 1000;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "more than 1000 frames a second."));
	event.stream.index = 0;
	assert_non_null(strstr(gb_event_describe(&event, sentence, sizeof(sentence)), "of unknown name"));
}

static void an_unknown_kind_is_survived(void **state)
{
	char sentence[20];
	struct gb_event event = {.kind = (enum gb_event_kind)1000};

	(void)state;
	assert_string_equal(gb_event_name(event.kind), "unknown");
	assert_int_equal(strlen(gb_event_describe(&event, sentence, sizeof(sentence))), sizeof(sentence) - 1);
}

static void the_log_keeps_the_latest(void **state)
{
	struct gb_event_log *log = gb_event_log_create(3);

	(void)state;
	assert_non_null(log);
	assert_int_equal(gb_event_log_count(log), 0);
	assert_null(gb_event_log_at(log, 0));
	for (uint64_t i = 1; i <= 10; i++) {
		struct gb_event event = {.kind = GB_EVENT_STALLED, .utc_ns = i};

		gb_event_log_add(log, &event);
		assert_int_equal(gb_event_log_count(log), i < 3 ? i : 3);
		assert_int_equal(gb_event_log_at(log, gb_event_log_count(log) - 1)->utc_ns, i);
	}
	assert_int_equal(gb_event_log_at(log, 0)->utc_ns, 8);
	assert_int_equal(gb_event_log_at(log, 1)->utc_ns, 9);
	assert_int_equal(gb_event_log_number(log, 0), 8); /* the eighth that was added */
	assert_int_equal(gb_event_log_number(log, 1), 9);
	assert_null(gb_event_log_at(log, 3));
	assert_int_equal(gb_event_log_number(log, 3), 0);
	gb_event_log_destroy(log);
	gb_event_log_destroy(NULL);
	assert_null(gb_event_log_create(0));
	assert_null(gb_event_log_create(SIZE_MAX));
}

static size_t count_kind(const struct gb_event_log *log, enum gb_event_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < gb_event_log_count(log); i++)
		count += gb_event_log_at(log, i)->kind == kind;
	return count;
}

static void add_kind(struct gb_event_log *log, enum gb_event_kind kind, size_t count)
{
	struct gb_event event = {.kind = kind};

	for (size_t i = 0; i < count; i++)
		gb_event_log_add(log, &event);
}

static void assert_ascending(const struct gb_event_log *log)
{
	for (size_t i = 1; i < gb_event_log_count(log); i++)
		assert_true(gb_event_log_number(log, i) > gb_event_log_number(log, i - 1));
}

/* What an operator looks for first is still there after an hour of streams that come and go. */
static void a_flood_takes_its_own_room(void **state)
{
	struct gb_event_log *log = gb_event_log_create(256);

	(void)state;
	add_kind(log, GB_EVENT_STARTED, 1);
	add_kind(log, GB_EVENT_MEMBERSHIP_LOST, 3);
	add_kind(log, GB_EVENT_REREGISTERED, 10);
	for (unsigned i = 0; i < 100000; i++)
		add_kind(log, i % 2 ? GB_EVENT_STREAM_EXPIRED : GB_EVENT_STREAM_RESTORED, 1);
	add_kind(log, GB_EVENT_MEMBERSHIP_RESTORED, 1);
	assert_int_equal(gb_event_log_count(log), 256);
	assert_int_equal(gb_event_log_at(log, 0)->kind, GB_EVENT_STARTED);
	assert_int_equal(gb_event_log_number(log, 0), 1);
	assert_int_equal(count_kind(log, GB_EVENT_MEMBERSHIP_LOST), 3);
	assert_int_equal(count_kind(log, GB_EVENT_REREGISTERED), 10);
	assert_int_equal(gb_event_log_number(log, 13), 14); /* the last of them: all as it was */
	assert_in_range(count_kind(log, GB_EVENT_STREAM_EXPIRED), 120, 121);
	assert_in_range(count_kind(log, GB_EVENT_STREAM_RESTORED), 120, 121);
	assert_int_equal(gb_event_log_number(log, 14), 100014 - 240); /* of the flood, the latest */
	assert_int_equal(gb_event_log_number(log, 255), 100015);
	assert_ascending(log);
	gb_event_log_destroy(log);
}

/* However many kinds there are, and whichever of them is many: each has its share. */
static void each_kind_has_its_share(void **state)
{
	struct gb_event_log *log = gb_event_log_create(256);

	(void)state;
	for (unsigned round = 0; round < 3; round++)
		for (unsigned kind = 0; kind < GB_EVENT_KIND_COUNT; kind++)
			add_kind(log, (enum gb_event_kind)kind, 1 + kind * 20);
	for (unsigned kind = 1; kind < GB_EVENT_KIND_COUNT; kind++)
		assert_true(count_kind(log, (enum gb_event_kind)kind) >= 256 / GB_EVENT_KIND_COUNT);
	assert_int_equal(count_kind(log, 0), 3); /* all that there were */
	assert_int_equal(gb_event_log_count(log), 256);
	assert_ascending(log);
	add_kind(log, (enum gb_event_kind)1000, 300);
	add_kind(log, (enum gb_event_kind)UINT32_MAX, 300);
	for (unsigned kind = 1; kind < GB_EVENT_KIND_COUNT; kind++)
		assert_true(count_kind(log, (enum gb_event_kind)kind) >= 256 / (GB_EVENT_KIND_COUNT + 1));
	assert_ascending(log);
	gb_event_log_destroy(log);
}

/* Of two kinds that have as many, the one that comes makes room itself. */
static void a_kind_does_not_push_out_its_equal(void **state)
{
	struct gb_event_log *log = gb_event_log_create(4);

	(void)state;
	add_kind(log, GB_EVENT_MEMBERSHIP_LOST, 2);
	add_kind(log, GB_EVENT_STREAM_EXPIRED, 50);
	assert_int_equal(count_kind(log, GB_EVENT_MEMBERSHIP_LOST), 2);
	assert_int_equal(count_kind(log, GB_EVENT_STREAM_EXPIRED), 2);
	add_kind(log, GB_EVENT_STREAM_RESTORED, 1);
	assert_int_equal(count_kind(log, GB_EVENT_MEMBERSHIP_LOST), 1); /* the oldest of those that have most */
	gb_event_log_destroy(log);
}

static void text_without_end_is_cut(void **state)
{
	struct gb_event_log *log = gb_event_log_create(1);
	struct gb_event event = {.kind = GB_EVENT_STARTED};

	(void)state;
	memset(event.text, 'x', sizeof(event.text));
	gb_event_log_add(log, &event);
	assert_int_equal(strlen(gb_event_log_at(log, 0)->text), GB_EVENT_TEXT - 1);
	gb_event_log_destroy(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_a_sentence),
		cmocka_unit_test(what_is_known_is_said),
		cmocka_unit_test(the_two_mismatches_differ),
		cmocka_unit_test(a_stream_is_named),
		cmocka_unit_test(an_unknown_kind_is_survived),
		cmocka_unit_test(the_log_keeps_the_latest),
		cmocka_unit_test(a_flood_takes_its_own_room),
		cmocka_unit_test(each_kind_has_its_share),
		cmocka_unit_test(a_kind_does_not_push_out_its_equal),
		cmocka_unit_test(text_without_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
