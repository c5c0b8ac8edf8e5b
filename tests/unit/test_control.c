/* SPDX-License-Identifier: Apache-2.0 */
/* control: requests and answers as text. */
#include <goose-bridge/control.h>

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

struct service {
	unsigned calls;
	size_t size; /* octets of padding in "stats" */
	int reload;
	const char *reload_error;
};

static char *numbered(void *arg)
{
	struct service *service = arg;
	char *line = NULL;

	assert_true(asprintf(&line, "{\"call\":%u}", service->calls++) > 0);
	return line;
}

static char *padded(void *arg)
{
	struct service *service = arg;
	char *line = malloc(service->size + 20);

	service->calls++;
	strcpy(line, "{\"x\":\"");
	memset(line + 6, 'x', service->size);
	strcpy(line + 6 + service->size, "\"}");
	return line;
}

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

static const struct gb_control_ops ops = {
	.stats = padded, .status = numbered, .peers = nothing, .version = "1.2.3", .reload = reload,
	.igmp_leave = reload};

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
			    "unknown command; known are stats, status, peers, events, igmp, version, reload, igmp leave");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_requests),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(commands_that_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
