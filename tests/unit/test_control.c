/* SPDX-License-Identifier: Apache-2.0 */
/* control: requests and answers as text. */
#include "test_control_service.h"

#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- the service's side of it --------------------------------------------------------------------------------------- */

static char *nothing(void *arg)
{
	(void)arg;
	return NULL;
}

static int reload(void *arg, char *error, size_t size)
{
	struct service *service = arg;

	if (service->reload_error)
		snprintf(error, size, "%s", service->reload_error);
	return service->reload;
}

/* What was asked about, back as a result or in words. */
static char *about(void *arg, const char *which, char *said, size_t size)
{
	struct service *service = arg;
	char *line = NULL;

	service->calls++;
	snprintf(service->asked, sizeof(service->asked), "%s", which);
	if (strcmp(which, "none") == 0)
		snprintf(said, size, "there is no such stream");
	else
		assert_true(asprintf(&line, "{\"stream\":{}}") > 0);
	return line;
}

static int change(void *arg, const char *which, char *said, size_t size)
{
	struct service *service = arg;

	service->calls++;
	snprintf(service->asked, sizeof(service->asked), "%s", which);
	snprintf(said, size, "did it");
	return strcmp(which, "none") == 0 ? -ENOENT : 0;
}

static const struct gb_control_ops ops = {
	.stats = padded, .status = numbered, .peers = nothing, .version = "1.2.3", .reload = reload,
	.igmp_leave = reload, .stream = about, .expect = change};

/* ---- requests ------------------------------------------------------------------------------------------------------ */

/* The error in the answer to LINE; "" if there is none. Valid until the next call. */
static const char *ask(struct service *service, const char *line, size_t length, bool may_change)
{
	static char error[600];
	char *exact = malloc(length ? length : 1); /* so that a sanitizer sees an octet too far */
	struct json_object *object, *value;
	char *text;

	memcpy(exact, line, length);
	text = gb_control_answer(&ops, service, exact, length, may_change);
	free(exact);
	assert_non_null(text);
	assert_null(strchr(text, '\n'));
	object = json_tokener_parse(text);
	assert_true(json_object_is_type(object, json_type_object));
	assert_true(json_object_object_get_ex(object, "version", &value));
	assert_int_equal(json_object_get_int(value), GB_CONTROL_VERSION);
	assert_true(json_object_object_get_ex(object, "ok", &value));
	bool ok = json_object_get_boolean(value);

	assert_true(json_object_object_get_ex(object, ok ? "result" : "error", &value));
	assert_true(json_object_is_type(value, ok ? json_type_object : json_type_string));
	snprintf(error, sizeof(error), "%s", ok ? "" : json_object_get_string(value));
	assert_true(ok || *error);
	json_object_put(object);
	free(text);
	return error;
}

#define ASK(line) ask(&service, line, sizeof(line) - 1, true)

static void good_requests(void **state)
{
	struct service service = {.size = 100000};

	(void)state;
	assert_string_equal(ASK("{\"version\": 1, \"command\": \"status\"}"), "");
	assert_string_equal(ASK("{\"command\":\"stats\",\"version\":1}"), "");
	assert_string_equal(ASK("{\"version\":1,\"command\":\"version\"}"), "");
	assert_string_equal(ASK("{\"version\":1,\"command\":\"version\"}\r"), "");
	assert_string_equal(ASK(" {\"version\":1,\"command\":\"version\"} "), "");
	assert_string_equal(ASK("{\"version\":1,\"command\":\"reload\"}"), "");
	assert_string_equal(ASK("{\"version\":1,\"command\":\"status\",\"later\":{\"a\":[1,\":\"],\"b\\\"\":2}}"), "");
}

static void bad_requests(void **state)
{
	struct service service = {0};
	char deep[2001], longest[GB_CONTROL_LINE_MAX + 1];

	(void)state;
	assert_non_null(strstr(ASK(""), "no JSON object"));
	assert_non_null(strstr(ASK("status"), "no JSON object"));
	assert_non_null(strstr(ASK("[]"), "no JSON object"));
	assert_non_null(strstr(ASK("null"), "no JSON object"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"status\""), "no JSON object"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"status\"}}"), "no JSON object"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"status\"}{}"), "no JSON object"));
	assert_non_null(strstr(ASK("{'version':1,'command':'status'}"), "no JSON object"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"\xFF\"}"), "no JSON object"));
	assert_non_null(strstr(ASK("{\"version\":1,\0\"command\":\"status\"}"), "NUL"));
	assert_non_null(strstr(ASK("{}"), "\"version\": 1"));
	assert_non_null(strstr(ASK("{\"version\":2,\"command\":\"status\"}"), "\"version\": 1"));
	assert_non_null(strstr(ASK("{\"version\":\"1\",\"command\":\"status\"}"), "\"version\": 1"));
	assert_non_null(strstr(ASK("{\"version\":1.0,\"command\":\"status\"}"), "\"version\": 1"));
	assert_non_null(strstr(ASK("{\"version\":1}"), "\"command\""));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":1}"), "\"command\""));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"status\",\"command\":\"reload\"}"), "twice"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"status\\u0000\"}"), "unknown command"));
	assert_string_equal(ASK("{\"version\":1,\"command\":\"fly\"}"),
			    "unknown command; known are stats, status, streams, stream, peers, events, igmp, snmp, version, "
			    "echo, echo send, reload, igmp leave, streams expect, streams forget");
	memset(deep, '[', sizeof(deep) - 1);
	assert_non_null(strstr(ask(&service, deep, sizeof(deep) - 1, true), "no JSON object"));
	memset(longest, ' ', sizeof(longest));
	assert_non_null(strstr(ask(&service, longest, sizeof(longest), true), "longer than 4096"));
	assert_int_equal(service.calls, 0);
}

static void commands_that_cannot(void **state)
{
	struct service service = {0};
	static const char reload_request[] = "{\"version\":1,\"command\":\"reload\"}";
	static const char leave_request[] = "{\"version\":1,\"command\":\"igmp leave\"}";

	(void)state;
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"peers\"}"), "short of memory"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"events\"}"), "does not offer"));
	service.reload = -EINVAL;
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"reload\"}"), "not reloaded: Invalid argument"));
	service.reload_error = "line 3: \"\xFF\" is no number";
	assert_string_equal(ASK("{\"version\":1,\"command\":\"reload\"}"), "line 3: \"?\" is no number");
	service.reload = 0;
	assert_non_null(strstr(ask(&service, reload_request, strlen(reload_request), false), "for root"));
	assert_non_null(strstr(ask(&service, leave_request, strlen(leave_request), false), "igmp leave is for root"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"igmp\"}"), "does not offer"));
	service.reload_error = NULL;
	service.reload = -EPERM;
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"igmp leave\"}"), "the group was not left: Operation not"));
}

/* Some take one, and say what it is; the others take none. */
static void arguments(void **state)
{
	static const char expect_request[] = "{\"version\":1,\"command\":\"streams expect\",\"argument\":\"a b=1\"}";
	struct service service = {0};

	(void)state;
	assert_string_equal(ASK("{\"version\":1,\"command\":\"stream\",\"argument\":\"A/LLN0$GO$x\"}"), "");
	assert_string_equal(service.asked, "A/LLN0$GO$x");
	assert_string_equal(ASK("{\"version\":1,\"command\":\"stream\",\"argument\":\"none\"}"), "there is no such stream");
	assert_string_equal(ask(&service, expect_request, strlen(expect_request), true), "");
	assert_string_equal(service.asked, "a b=1");
	assert_string_equal(ASK("{\"version\":1,\"command\":\"streams expect\",\"argument\":\"none\"}"), "did it");
	assert_int_equal(service.calls, 4);

	assert_non_null(strstr(ask(&service, expect_request, strlen(expect_request), false), "for root"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"stream\"}"), "needs an \"argument\": a gocbRef"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"stream\",\"argument\":7}"), "is text"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"stream\",\"argument\":\"\"}"), "is text"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"stream\",\"argument\":\"a\\u0000b\"}"), "is text"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"status\",\"argument\":\"x\"}"), "takes no"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"streams forget\",\"argument\":\"x\"}"), "does not offer"));
	assert_non_null(strstr(ASK("{\"version\":1,\"command\":\"streams\"}"), "does not offer"));
	assert_int_equal(service.calls, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_requests),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(commands_that_cannot),
		cmocka_unit_test(arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
