/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-monitor: rates, what grows, alarms, order, and what a screen of any size shows of them. */
#include "../../module/tools/monitor_page.h"

#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S	GB_NS_PER_S
#define NOON_NS (UINT64_C(1769860800) * S) /* 2026-01-31 12:00:00 UTC */

/* The model of TEXT, AT_S seconds after the first; BEFORE is given up. */
static struct monitor_model *after(struct monitor_model *before, const char *text, double at_s)
{
	struct json_object *answer = json_tokener_parse(text);
	uint64_t at_ns = (uint64_t)((100 + at_s) * (double)S);
	struct monitor_model *model;

	assert_non_null(answer);
	model = monitor_model_create(before, answer, at_ns, NOON_NS + at_ns - 100 * S);
	assert_non_null(model);
	monitor_model_destroy(before);
	json_object_put(answer);
	return model;
}

static char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* Lives until the next call. */
static char *format(const char *text, ...)
{
	static char out[4096];
	va_list arguments;

	va_start(arguments, text);
	assert_true((size_t)vsnprintf(out, sizeof(out), text, arguments) < sizeof(out));
	va_end(arguments);
	return out;
}

static const struct monitor_link fine_link = {.interval_s = 1, .utc_ns = NOON_NS + 83 * S};

#define NEAR(a, b) assert_true((a) > (b) - 0.001 && (a) < (b) + 0.001)

/* ---- the model ------------------------------------------------------------------------------------------------------ */

static const char totals[] =
	"{\"statistics\":{\"start_time\":%d.5,\"uptime\":%d,\"goose_received\":%d,\"vlan_goose_received\":%d,"
	"\"goose_to_ip\":%d,\"ip_to_goose\":7},\"counters\":{\"datagrams_from_ip\":%d},"
	"\"drops\":{\"stale\":%d,\"own\":4,\"malformed\":0}}";

static void rates_are_of_the_last_interval(void **state)
{
	struct monitor_model *m = after(NULL, format(totals, 1, 50, 100, 10, 90, 5, 0), 0);

	(void)state;
	assert_true(m->frames_out.rate < 0 && m->datagrams_out.rate < 0); /* one answer has no rate */
	assert_int_equal(m->frames_out.value, 110);
	m = after(m, format(totals, 1, 52, 140, 14, 100, 105, 0), 2);
	NEAR(m->frames_out.rate, 22.0);
	NEAR(m->datagrams_out.rate, 5.0);
	NEAR(m->datagrams_in.rate, 50.0);
	NEAR(m->frames_in.rate, 0.0);
	assert_false(m->errors.known); /* was left out */
	assert_true(m->errors.rate < 0);
	m = after(m, format(totals, 1, 53, 140, 14, 100, 105, 0), 3);
	NEAR(m->frames_out.rate, 0.0);
	assert_int_equal(m->frames_out.grown, 44);
	monitor_model_destroy(m);
}

static void a_restart_is_no_rate(void **state)
{
	struct monitor_model *m = after(NULL, format(totals, 1, 50, 100, 10, 90, 5, 3), 0);

	(void)state;
	m = after(m, format(totals, 2, 51, 400, 10, 990, 5, 9), 60); /* counts are higher: another run's all the same */
	assert_true(m->restarted);
	assert_true(m->frames_out.rate < 0 && m->datagrams_out.rate < 0);
	assert_false(monitor_grows(&m->drop[0].count, m->at_ns));
	m = after(m, format(totals, 2, 52, 500, 10, 980, 5, 9), 61); /* a counter alone that went down */
	assert_false(m->restarted);
	NEAR(m->frames_out.rate, 100.0);
	assert_true(m->datagrams_out.rate < 0);
	monitor_model_destroy(m);
}

static const char dropped[] =
	"{\"statistics\":{\"start_time\":1.5,\"uptime\":%d},\"drops\":{\"stale\":5,\"own\":4,\"malformed\":%d}}";

static void drops_that_grow_come_first_and_stay_marked(void **state)
{
	struct monitor_model *m = after(NULL, format(dropped, 50, 0), 0);

	(void)state;
	assert_int_equal(m->drops, 2); /* not those that were never needed */
	assert_string_equal(m->drop[0].reason, "stale");
	assert_false(monitor_grows(&m->drop[0].count, m->at_ns));
	m = after(m, format(dropped, 51, 6), 1);
	assert_string_equal(m->drop[0].reason, "malformed"); /* needed for the first time */
	NEAR(m->drop[0].count.rate, 6.0);
	assert_int_equal(m->drop[0].count.grown, 6);
	m = after(m, format(dropped, 60, 6), 10.9);
	assert_string_equal(m->drop[0].reason, "malformed");
	assert_true(monitor_grows(&m->drop[0].count, m->at_ns));
	m = after(m, format(dropped, 61, 6), 11.1);
	assert_string_equal(m->drop[0].reason, "stale");
	assert_false(monitor_grows(&m->drop[2].count, m->at_ns));
	monitor_model_destroy(m);
}

/* ---- streams -------------------------------------------------------------------------------------------------------- */

#define STREAM(name, more)                                                                                          \
	"{\"gocb_ref\":\"" name "\",\"appid\":12289,\"src_mac\":\"00:30:a7:00:00:01\",\"dst_mac\":\"01:0c:cd:01:00:01\"," \
	"\"vlan_id\":null,\"direction\":\"to_network\",\"last_seen\":\"2026-01-31T11:59:57.5+00:00\"," more "}"

static const char *names(const struct monitor_model *m, enum monitor_sort sort, const char *filter)
{
	static char out[400];
	size_t count;
	const struct monitor_stream **stream = monitor_model_select(m, sort, filter, &count);

	assert_non_null(stream);
	out[0] = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(strcat(out, i ? " " : ""), stream[i]->name);
	free(stream);
	return out;
}

static const char mixed[] = "{\"streams\":["
	STREAM("fine", "\"state\":\"active\",\"frames\":100,\"lost\":5") ","
	STREAM("test", "\"state\":\"test\",\"frames\":0") ","
	STREAM("losing", "\"state\":\"active\",\"frames\":10,\"lost\":%d") ","
	STREAM("twice", "\"state\":\"active\",\"duplicates\":%d") ","
	STREAM("replay", "\"state\":\"active\",\"replays_suspected\":%d") ","
	STREAM("silent", "\"state\":\"expected\"") ","
	STREAM("simulated", "\"state\":\"active\",\"simulation\":true") ","
	STREAM("expired", "\"state\":\"expired\",\"frames\":%d") "]}";

static void alarms_come_first_worst_first(void **state)
{
	struct monitor_model *m = after(NULL, format(mixed, 9, 9, 9, 9), 0);

	(void)state;
	assert_true(m->offers_streams);
	/* what was lost before is no alarm now */
	assert_string_equal(names(m, MONITOR_BY_ALARM, ""), "expired silent simulated test fine losing replay twice");
	m = after(m, format(mixed, 10, 10, 10, 9), 1);
	assert_string_equal(names(m, MONITOR_BY_ALARM, ""), "expired silent replay losing twice simulated test fine");
	assert_int_equal(m->in_alarm[MONITOR_TEST], 2);
	assert_int_equal(m->in_alarm[MONITOR_LOSING], 1);
	assert_int_equal(m->in_alarm[MONITOR_FINE], 1);
	m = after(m, format(mixed, 10, 10, 10, 9), 12);
	assert_string_equal(names(m, MONITOR_BY_ALARM, ""), "expired silent simulated test fine losing replay twice");
	monitor_model_destroy(m);
}

static void streams_are_sorted_and_filtered(void **state)
{
	struct monitor_model *m = after(NULL, format(mixed, 9, 9, 9, 0), 0);

	(void)state;
	m = after(m, format(mixed, 9, 9, 9, 50), 1);
	assert_string_equal(names(m, MONITOR_BY_NAME, ""), "expired fine losing replay silent simulated test twice");
	assert_memory_equal(names(m, MONITOR_BY_RATE, ""), "expired ", 8);
	assert_string_equal(names(m, MONITOR_BY_NAME, "SI"), "losing silent simulated"); /* name or alarm, in any case */
	assert_string_equal(names(m, MONITOR_BY_NAME, "expected"), "silent");
	assert_string_equal(names(m, MONITOR_BY_NAME, "0x3001"), names(m, MONITOR_BY_NAME, ""));
	assert_string_equal(names(m, MONITOR_BY_NAME, "a7:00"), names(m, MONITOR_BY_NAME, ""));
	assert_string_equal(names(m, MONITOR_BY_NAME, "nothing like it"), "");
	monitor_model_destroy(m);
}

static void a_stream_s_rate_is_over_seconds(void **state)
{
	static const char one[] = "{\"streams\":[" STREAM("s", "\"state\":\"active\",\"frames\":%d") "]}";
	struct monitor_model *m = after(NULL, format(one, 100), 0);

	(void)state;
	assert_true(m->stream[0].rate < 0);
	for (int s = 1; s <= 30; s++) { /* a frame every 2 s: the rate is no flicker of 0 and 1 */
		m = after(m, format(one, 100 + s / 2), s);
		if (s >= 10)
			assert_true(m->stream[0].rate > 0.4 && m->stream[0].rate < 0.62);
	}
	for (int s = 31; s <= 41; s++) /* and it is over when it is over */
		m = after(m, format(one, 115), s);
	NEAR(m->stream[0].rate, 0.0);
	m = after(m, format(one, 3), 42); /* counted anew */
	assert_true(m->stream[0].rate < 0);
	monitor_model_destroy(m);
}

static void streams_are_told_apart(void **state)
{
	static const char two[] = "{\"streams\":["
		"{\"gocb_ref\":\"s\",\"vlan_id\":1,\"direction\":\"to_network\",\"lost\":%d},"
		"{\"gocb_ref\":\"s\",\"vlan_id\":2,\"direction\":\"to_network\",\"lost\":%d},"
		"{\"gocb_ref\":\"s\",\"vlan_id\":1,\"direction\":\"to_goose0\",\"lost\":%d}]}";
	struct monitor_model *m = after(NULL, format(two, 1, 10, 100), 0);

	(void)state;
	m = after(m, format(two, 1, 12, 100), 1);
	assert_int_equal(m->in_alarm[MONITOR_LOSING], 1);
	assert_int_equal(m->stream[1].vlan_id, 2);
	assert_int_equal(m->stream[1].lost.grown, 2);
	assert_false(m->stream[2].to_network);
	assert_true(m->stream[0].age_s < 0); /* not said */
	monitor_model_destroy(m);
}

static void what_is_missing_or_odd_is_survived(void **state)
{
	static const char *const odd[] = {
		"{}", "{\"streams\":[]}", "{\"streams\":[null,7,{},\"x\",[]]}", "{\"streams\":{\"a\":1}}",
		"{\"drops\":[1],\"paths\":{},\"peers\":[null,{}],\"warnings\":[null,{}],\"statistics\":3,\"membership\":7}",
		"{\"streams\":[{\"gocb_ref\":{\"a\":[]},\"appid\":\"x\",\"vlan_id\":-7,\"last_seen\":\"99999999-1\"}]}",
		"{\"streams\":[{\"frames\":-1,\"lost\":1e300,\"state\":8}]}",
		"{\"statistics\":{\"uptime\":\"NaN\"},\"paths\":[{},{},{},{},{},{}]}",
	};
	struct monitor_page page = {0};
	struct monitor_model *m = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct monitor_link link = {.interval_s = 1, .utc_ns = NOON_NS};
		struct monitor_view view = {0};

		m = after(m, odd[i], (double)i);
		assert_int_equal(m->offers_streams, strstr(odd[i], "\"streams\":[") != NULL);
		monitor_page_screen(&page, m, &link, &view, 80, 24);
		monitor_page_block(&page, m, &link, 5);
	}
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void no_streams_is_told_from_no_supervision(void **state)
{
	static const struct {
		const char *answer;
		const char *said;
	} cases[] = {
		{"{}", "Streams   this service does not tell of streams"},
		{"{\"stream_counts\":null,\"streams\":[]}", "Streams   not supervised: max_streams = 0"},
		{"{\"stream_counts\":{},\"streams\":[]}", "Streams   0"},
	};
	struct monitor_page page = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct monitor_model *m = after(NULL, cases[i].answer, 0);

		monitor_page_block(&page, m, &fine_link, 5);
		assert_string_equal(page.line[page.lines - 1].text, cases[i].said);
		monitor_model_destroy(m);
	}
	monitor_page_free(&page);
}

/* ---- the page ------------------------------------------------------------------------------------------------------- */

static struct monitor_model *many(unsigned streams, const char *prefix)
{
	static const char one[] = STREAM("%s%04u", "\"state\":\"%s\",\"st_num\":4294967295");
	struct json_object *answer = json_object_new_object(), *array = json_object_new_array();
	struct monitor_model *m;

	for (unsigned i = 0; i < streams; i++)
		json_object_array_add(array, json_tokener_parse(
						     format(one, prefix, i, i == streams / 2 ? "expired" : "active")));
	json_object_object_add(answer, "streams", array);
	json_object_object_add(answer, "state", json_object_new_string("degraded"));
	json_object_object_add(answer, "warnings", json_tokener_parse("[\"first warning\",\"second\",\"third\",\"fourth\"]"));
	json_object_object_add(answer, "paths", json_tokener_parse("[{\"interface\":\"goose0\",\"detail\":\"it is down\"}]"));
	m = after(NULL, json_object_to_json_string(answer), 0);
	json_object_put(answer);
	return m;
}

/* The line with TEXT, or NULL. */
static const struct monitor_line *line_with(const struct monitor_page *page, const char *text)
{
	for (size_t i = 0; i < page->lines; i++)
		if (strstr(page->line[i].text, text))
			return &page->line[i];
	return NULL;
}

static void every_size_is_filled_and_none_overrun(void **state)
{
	static const unsigned amounts[] = {0, 1, 3, 500};
	struct monitor_page page = {0};

	(void)state;
	for (size_t a = 0; a < sizeof(amounts) / sizeof(amounts[0]); a++) {
		struct monitor_model *m = many(amounts[a], "AVeryLongNameOfADeviceInABayOfASubstationFarNorth/LLN0$GO$gcb");

		for (size_t columns = 1; columns <= 200; columns += columns < 100 ? 1 : 50)
			for (size_t rows = 1; rows <= 60; rows++) {
				struct monitor_view view = {.help = rows % 7 == 6};

				monitor_page_screen(&page, rows % 5 ? m : NULL, &fine_link, &view, columns, rows);
				assert_int_equal(page.lines, rows);
				for (size_t i = 0; i < page.lines; i++)
					assert_in_range(strlen(page.line[i].text), 0, columns);
				if (amounts[a] == 500 && rows >= 6 && rows % 5 && !view.help && columns >= 10)
					assert_non_null(line_with(&page, ">EXPIRED"));
			}
		monitor_model_destroy(m);
	}
	monitor_page_free(&page);
}

static void an_alarm_is_on_a_screen_of_80_by_24(void **state)
{
	struct monitor_model *m = many(500, "IED1CTRL/LLN0$GO$gcb");
	struct monitor_view view = {0};
	struct monitor_page page = {0};

	(void)state;
	monitor_page_screen(&page, m, &fine_link, &view, 80, 24);
	assert_non_null(line_with(&page, "running, but degraded"));
	assert_int_equal(page.line[0].style, MONITOR_BAD_TITLE);
	assert_non_null(line_with(&page, "12:01:23Z"));
	assert_non_null(line_with(&page, "Warning   first warning"));
	assert_non_null(line_with(&page, "it is down"));
	assert_non_null(line_with(&page, "Streams   500: 1 EXPIRED, 499 ok; by alarm"));
	assert_non_null(line_with(&page, ">EXPIRED  out IED1CTRL/LLN0$GO$gcb0250"));
	assert_true(line_with(&page, ">EXPIRED")->selected);
	assert_int_equal(line_with(&page, ">EXPIRED")->style, MONITOR_BAD);
	monitor_page_screen(&page, m, &fine_link, &view, 40, 10); /* small: streams before all that goes well */
	assert_non_null(line_with(&page, ">EXPIRED"));
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void keys_move_and_choose(void **state)
{
	struct monitor_model *m = many(500, "gcb");
	struct monitor_view view = {.sort = MONITOR_BY_NAME};
	struct monitor_page page = {0};

	(void)state;
#define PRESS(key) (monitor_view_key(&view, key), monitor_page_screen(&page, m, &fine_link, &view, 80, 24))
	PRESS('n');
	assert_string_equal(view.stream.name, "gcb0000");
	PRESS(MONITOR_KEY_DOWN);
	PRESS(MONITOR_KEY_UP);
	PRESS(MONITOR_KEY_UP);
	assert_int_equal(view.selected, 0);
	PRESS(MONITOR_KEY_END);
	assert_string_equal(view.stream.name, "gcb0499");
	assert_non_null(line_with(&page, ">active   out gcb0499"));
	PRESS(MONITOR_KEY_PAGE_UP);
	assert_int_equal(view.selected, 499 - view.visible);
	PRESS('a');
	assert_string_equal(view.stream.name, "gcb0250");
	PRESS('/');
	PRESS('9');
	PRESS('x');
	assert_int_equal(view.chosen, 0);
	PRESS(MONITOR_KEY_BACKSPACE);
	PRESS('8');
	PRESS('q'); /* is text here */
	PRESS(MONITOR_KEY_BACKSPACE);
	PRESS(MONITOR_KEY_ENTER);
	assert_false(view.quit);
	assert_int_equal(view.chosen, 5);
	assert_non_null(line_with(&page, "5 with \"98\" of 500"));
	PRESS(MONITOR_KEY_ESCAPE);
	assert_int_equal(view.chosen, 500);
	PRESS('?');
	assert_non_null(line_with(&page, "timeAllowedtoLive"));
	PRESS('x');
	assert_null(line_with(&page, "timeAllowedtoLive"));
	PRESS('q');
	assert_true(view.quit);
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void the_selection_stays_with_its_stream(void **state)
{
	struct monitor_model *m = after(NULL, format(mixed, 9, 9, 9, 9), 0);
	struct monitor_view view = {0};
	struct monitor_page page = {0};

	(void)state;
	PRESS('a');
	for (int i = 0; i < 6; i++)
		PRESS('j');
	assert_string_equal(view.stream.name, "replay");
	m = after(m, format(mixed, 9, 9, 10, 9), 1);
	monitor_page_screen(&page, m, &fine_link, &view, 80, 24);
	assert_string_equal(view.stream.name, "replay"); /* though it is the third now */
	assert_int_equal(view.selected, 2);
	PRESS(MONITOR_KEY_HOME); /* the first line is for what is worst, whatever that is */
	m = after(m, "{\"streams\":[" STREAM("aaa", "\"state\":\"expired\"") ","
		  STREAM("expired", "\"state\":\"expired\"") "]}", 2);
	monitor_page_screen(&page, m, &fine_link, &view, 80, 24);
	assert_string_equal(view.stream.name, "aaa");
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void no_answer_is_said_and_nothing_is_taken_for_new(void **state)
{
	struct monitor_link link = {.error = "No service listens at /x; is \x1b[31m it running?", .silent_s = 7.4,
				    .interval_s = 2, .utc_ns = NOON_NS + 7 * S, .answered_ns = NOON_NS};
	struct monitor_model *m = many(3, "gcb");
	struct monitor_view view = {0};
	struct monitor_page page = {0};

	(void)state;
	monitor_page_screen(&page, m, &link, &view, 80, 24);
	assert_non_null(line_with(&page, "NO ANSWER for 7 s"));
	assert_non_null(line_with(&page, "No service listens at /x; is ?[31m it running?"));
	assert_non_null(line_with(&page, "asked again every 2 s; all below is as it was at 12:00:00Z"));
	monitor_page_screen(&page, NULL, &link, &view, 80, 24);
	assert_non_null(line_with(&page, "NO ANSWER for 7 s"));
	monitor_page_block(&page, NULL, &link, 5);
	assert_int_equal(page.lines, 1);
	assert_non_null(line_with(&page, "2026-01-31 12:00:07Z  goose-bridge gives NO ANSWER: No service"));
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void nothing_steers_the_terminal(void **state)
{
	struct monitor_model *m = after(NULL,
		"{\"version\":\"\\u001b[2J\",\"state\":\"\\u0007\",\"warnings\":[\"a\\nb\\u009b31m\\u202eevil\"],"
		"\"drops\":{\"\\u001bc\":1},\"paths\":[{\"interface\":\"\\u001b]0;x\\u0007\",\"detail\":\"\\r\"}],"
		"\"membership\":{\"state\":\"\\u007f\"},\"peers\":[{\"address\":\"\\u001b\"}],"
		"\"streams\":[{\"gocb_ref\":\"\\u001b[31mX\\tgrün\",\"state\":\"\\u001b\",\"src_mac\":\"\\u001b\"}]}", 0);
	struct monitor_view view = {.filter = "x"};
	struct monitor_page page = {0};

	(void)state;
	assert_string_equal(m->stream[0].name, "?[31mX?gr?n");
	for (int block = 0; block < 2; block++) {
		if (block)
			monitor_page_block(&page, m, &fine_link, 5);
		else
			monitor_page_screen(&page, m, &fine_link, &view, 100, 40);
		assert_non_null(line_with(&page, "a?b?31m?evil"));
		assert_non_null(line_with(&page, "?[31mX?gr?n"));
		for (size_t i = 0; i < page.lines; i++)
			for (const char *c = page.line[i].text; *c; c++)
				assert_in_range(*c, ' ', '~');
	}
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void a_block_cuts_nothing_and_counts_what_it_leaves_out(void **state)
{
	struct monitor_model *m = many(50, "AVeryLongNameOfADeviceInABayOfASubstationFarNorth/LLN0$GO$gcb");
	struct monitor_page page = {0};

	(void)state;
	monitor_page_block(&page, m, &fine_link, 2);
	assert_non_null(line_with(&page, "AVeryLongNameOfADeviceInABayOfASubstationFarNorth/LLN0$GO$gcb0025"));
	assert_non_null(line_with(&page, "4294967295"));
	assert_non_null(line_with(&page, " and 48 more"));
	assert_memory_equal(page.line[page.lines - 4].text, " STATE ", 7); /* then the two, and how many more */
	assert_non_null(line_with(&page, "Warning   fourth"));
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

static void each_path_has_its_membership(void **state)
{
	struct monitor_model *m = after(NULL,
		"{\"state\":\"running\",\"membership\":{\"state\":\"member\",\"querier_state\":\"never_seen\"},\"paths\":["
		"{\"interface\":\"goose0\",\"goose0_up\":true,\"network_up\":true,\"member\":true,"
		"\"membership\":{\"state\":\"member\",\"querier_state\":\"never_seen\",\"reports_sent\":3}},"
		"{\"interface\":\"goose1\",\"goose0_up\":true,\"network_up\":true,\"member\":true,"
		"\"membership\":{\"state\":\"lost\",\"querier_state\":\"never_seen\",\"reports_sent\":4}}]}", 0);
	struct monitor_view view = {0};
	struct monitor_page page = {0};

	(void)state;
	assert_int_equal(m->paths, 2);
	assert_false(m->path[0].not_member);
	assert_true(m->path[1].not_member);
	for (int block = 0; block < 2; block++) {
		if (block)
			monitor_page_block(&page, m, &fine_link, 5);
		else
			monitor_page_screen(&page, m, &fine_link, &view, 80, 24);
		assert_non_null(line_with(&page, "Group     member, no querier seen, 3 reports sent"));
		assert_non_null(line_with(&page, "Group     lost, no querier seen, 4 reports sent"));
		assert_int_equal(line_with(&page, "Group     lost")->style, MONITOR_BAD);
		assert_ptr_equal(line_with(&page, "Group     member") + 3, line_with(&page, "Group     lost"));
	}
	monitor_model_destroy(m);
	/* a service that says it once says it of its one path */
	m = after(NULL, "{\"membership\":{\"state\":\"lost\"},\"paths\":[{\"interface\":\"goose0\"}]}", 0);
	assert_true(m->path[0].not_member);
	monitor_model_destroy(m);
	monitor_page_free(&page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_path_has_its_membership),
		cmocka_unit_test(rates_are_of_the_last_interval),
		cmocka_unit_test(a_restart_is_no_rate),
		cmocka_unit_test(drops_that_grow_come_first_and_stay_marked),
		cmocka_unit_test(alarms_come_first_worst_first),
		cmocka_unit_test(streams_are_sorted_and_filtered),
		cmocka_unit_test(a_stream_s_rate_is_over_seconds),
		cmocka_unit_test(streams_are_told_apart),
		cmocka_unit_test(what_is_missing_or_odd_is_survived),
		cmocka_unit_test(no_streams_is_told_from_no_supervision),
		cmocka_unit_test(every_size_is_filled_and_none_overrun),
		cmocka_unit_test(an_alarm_is_on_a_screen_of_80_by_24),
		cmocka_unit_test(keys_move_and_choose),
		cmocka_unit_test(the_selection_stays_with_its_stream),
		cmocka_unit_test(no_answer_is_said_and_nothing_is_taken_for_new),
		cmocka_unit_test(nothing_steers_the_terminal),
		cmocka_unit_test(a_block_cuts_nothing_and_counts_what_it_leaves_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
