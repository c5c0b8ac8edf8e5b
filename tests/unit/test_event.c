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
	assert_null(gb_event_log_at(log, 3));
	gb_event_log_destroy(log);
	gb_event_log_destroy(NULL);
	assert_null(gb_event_log_create(0));
	assert_null(gb_event_log_create(SIZE_MAX));
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
		cmocka_unit_test(an_unknown_kind_is_survived),
		cmocka_unit_test(the_log_keeps_the_latest),
		cmocka_unit_test(text_without_end_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
