/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and answers as text, and the table of commands. */
#include <goose-bridge/control.h>

#include <errno.h>
#include <goose-bridge/report.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  4 /* of a request: an object with room for arguments of later versions */
#define ERROR_TEXT 512

/* A command's outcome: a line of JSON, or NULL with a sentence in ERROR. ARGUMENT is "" for commands that take none. */
typedef char *handler(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size);

static char *run(char *(*op)(void *arg), void *arg, char *error, size_t size)
{
	char *result = op ? op(arg) : NULL;

	if (!result)
		snprintf(error, size, op ? "the service is short of memory" : "this service does not offer that");
	return result;
}

static char *do_stats(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->stats, arg, error, size);
}

static char *do_status(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->status, arg, error, size);
}

static char *do_peers(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->peers, arg, error, size);
}

static char *do_events(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->events, arg, error, size);
}

static char *do_igmp(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->igmp, arg, error, size);
}

static char *do_snmp(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->snmp, arg, error, size);
}

/* One line of JSON of an object that is given up. */
static char *object_line(struct json_object *object)
{
	const char *text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
										    JSON_C_TO_STRING_NOSLASHESCAPE)
				  : NULL;
	char *line = text ? strdup(text) : NULL;

	json_object_put(object);
	return line;
}

static char *do_version(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	struct json_object *object = json_object_new_object();
	char *line;

	(void)arg;
	(void)argument;
	if (object)
		json_object_object_add(object, "version", json_object_new_string(ops->version ? ops->version : ""));
	line = object_line(object);
	if (!line)
		snprintf(error, size, "the service is short of memory");
	return line;
}

static char *do_reload(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	if (!ops->reload)
		return run(NULL, arg, error, size);

	int refused = ops->reload(arg, error, size);

	if (refused) {
		if (!*error)
			snprintf(error, size, "the configuration was not reloaded: %s", strerror(-refused));
		return NULL;
	}
	struct json_object *object = json_object_new_object();

	if (object) {
		json_object_object_add(object, "reloaded", json_object_new_boolean(true));
		json_object_object_add(object, "detail", json_object_new_string(error));
	}
	return object_line(object);
}

static char *do_igmp_leave(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	if (!ops->igmp_leave)
		return run(NULL, arg, error, size);

	int refused = ops->igmp_leave(arg, error, size);

	if (refused && !*error)
		snprintf(error, size, "the group was not left: %s", strerror(-refused));
	return refused ? NULL : strdup("{\"left\":true}");
}

static char *do_streams(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return run(ops->streams, arg, error, size);
}

static char *do_stream(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	return ops->stream ? ops->stream(arg, argument, error, size) : run(NULL, arg, error, size);
}

/* CHANGE says in ERROR how it went, also if all is well. */
static char *change_streams(int (*change)(void *arg, const char *text, char *said, size_t size), void *arg,
			    const char *argument, char *error, size_t size)
{
	struct json_object *object;

	if (!change)
		return run(NULL, arg, error, size);
	if (change(arg, argument, error, size) < 0)
		return NULL;
	object = json_object_new_object();
	if (object)
		json_object_object_add(object, "detail", json_object_new_string(error));
	return object_line(object);
}

static char *do_expect(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	return change_streams(ops->expect, arg, argument, error, size);
}

static char *do_forget(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	return change_streams(ops->forget, arg, argument, error, size);
}

static char *do_echo(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	return ops->echo ? ops->echo(arg, argument, error, size) : run(NULL, arg, error, size);
}

static char *do_echo_send(const struct gb_control_ops *ops, void *arg, const char *argument, char *error, size_t size)
{
	(void)argument;
	return ops->echo_send ? ops->echo_send(arg, error, size) : run(NULL, arg, error, size);
}

static const struct command {
	const char *name;
	bool changes; /* more than what is reported */
	const char *argument; /* what it is; NULL = the command takes none */
	handler *handler;
} commands[] = {
	{"stats", false, NULL, do_stats},
	{"status", false, NULL, do_status},
	{"streams", false, NULL, do_streams},
	{"stream", false, "a gocbRef, or an index", do_stream},
	{"peers", false, NULL, do_peers},
	{"events", false, NULL, do_events},
	{"igmp", false, NULL, do_igmp},
	{"snmp", false, NULL, do_snmp},
	{"version", false, NULL, do_version},
	{"echo", false, "the nonce that echo send gave", do_echo},
	{"echo send", true, NULL, do_echo_send},
	{"reload", true, NULL, do_reload},
	{"igmp leave", true, NULL, do_igmp_leave},
	{"streams expect", true, "a stream", do_expect},
	{"streams forget", true, "a gocbRef, or an index", do_forget},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name, size_t length)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strlen(commands[i].name) == length && memcmp(commands[i].name, name, length) == 0)
			return &commands[i];
	return NULL;
}

static void say_commands(char *error, size_t size)
{
	size_t used = (size_t)snprintf(error, size, "unknown command; known are");

	for (size_t i = 0; i < COMMANDS && used < size; i++)
		used += (size_t)snprintf(error + used, size - used, "%s %s", i ? "," : "", commands[i].name);
}

/* How many members the outermost object of valid JSON has as written: the parser keeps only the last of a key. */
static int members_written(const char *line, size_t length)
{
	int depth = 0, members = 0;
	bool in_string = false;

	for (size_t i = 0; i < length; i++) {
		char c = line[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		else if (c == ':' && depth == 1)
			members++;
	}
	return members;
}

/* The request as an object, or NULL with what is wrong in ERROR. What the client sent is never repeated there: it may be
 * anything, and ends up on terminals.
 */
static struct json_object *parse(const char *line, size_t length, char *error, size_t size)
{
	struct json_tokener *tokener;
	struct json_object *object;
	enum json_tokener_error verdict;

	if (length > GB_CONTROL_LINE_MAX) {
		snprintf(error, size, "the request is longer than %d octets", GB_CONTROL_LINE_MAX);
		return NULL;
	}
	if (memchr(line, '\0', length)) { /* the parser would take it for the end */
		snprintf(error, size, "the request has a NUL in it");
		return NULL;
	}
	tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!tokener) {
		snprintf(error, size, "the service is short of memory");
		return NULL;
	}
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, line, (int)length);
	verdict = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (verdict != json_tokener_success || !json_object_is_type(object, json_type_object)) {
		snprintf(error, size, "the request is no JSON object (%s); send {\"version\": %d, \"command\": \"status\"}",
			 verdict != json_tokener_success ? json_tokener_error_desc(verdict) : "something else",
			 GB_CONTROL_VERSION);
		json_object_put(object);
		return NULL;
	}
	if (members_written(line, length) != json_object_object_length(object)) {
		snprintf(error, size, "the request has a key twice");
		json_object_put(object);
		return NULL;
	}
	return object;
}

/* COMMAND's argument in REQUEST, "" if it takes none; NULL with a sentence in ERROR if that does not fit. */
static const char *argument_of(struct json_object *request, const struct command *command, char *error, size_t size)
{
	struct json_object *argument;

	if (!json_object_object_get_ex(request, "argument", &argument)) {
		if (!command->argument)
			return "";
		snprintf(error, size, "%s needs an \"argument\": %s", command->name, command->argument);
		return NULL;
	}
	if (!command->argument)
		snprintf(error, size, "%s takes no \"argument\"", command->name);
	else if (!json_object_is_type(argument, json_type_string) || json_object_get_string_len(argument) == 0 ||
		 strlen(json_object_get_string(argument)) != (size_t)json_object_get_string_len(argument))
		snprintf(error, size, "the \"argument\" of %s is text: %s", command->name, command->argument);
	else
		return json_object_get_string(argument);
	return NULL;
}

/* Does what REQUEST asks for. NULL with a sentence in ERROR if that is not to be. */
static char *obey(const struct gb_control_ops *ops, void *arg, struct json_object *request, bool may_change, char *error,
		  size_t size)
{
	struct json_object *version, *name;
	const struct command *command;

	if (!json_object_object_get_ex(request, "version", &version) ||
	    !json_object_is_type(version, json_type_int) || json_object_get_int64(version) != GB_CONTROL_VERSION) {
		snprintf(error, size, "the request has to say \"version\": %d", GB_CONTROL_VERSION);
		return NULL;
	}
	if (!json_object_object_get_ex(request, "command", &name) || !json_object_is_type(name, json_type_string)) {
		snprintf(error, size, "the request has to name a \"command\"");
		return NULL;
	}
	command = find_command(json_object_get_string(name), (size_t)json_object_get_string_len(name));
	if (!command) {
		say_commands(error, size);
		return NULL;
	}
	if (command->changes && !may_change) {
		snprintf(error, size, "%s is for root and the service's own user", command->name);
		return NULL;
	}
	const char *argument = argument_of(request, command, error, size);

	return argument ? command->handler(ops, arg, argument, error, size) : NULL;
}

/* ERROR may quote a configuration file, and so be anything. */
static char *refusal(char *error)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	gb_report_utf8(error);
	json_object_object_add(object, "version", json_object_new_int(GB_CONTROL_VERSION));
	json_object_object_add(object, "ok", json_object_new_boolean(0));
	json_object_object_add(object, "error", json_object_new_string(error));
	return object_line(object);
}

/* RESULT is JSON already, and large: it is put in as text, not parsed again. */
static char *acceptance(const char *result)
{
	static const char format[] = "{\"version\":%d,\"ok\":true,\"result\":%s}";
	size_t size = sizeof(format) + 12 + strlen(result);
	char *line = malloc(size);

	if (line)
		snprintf(line, size, format, GB_CONTROL_VERSION, result);
	return line;
}

char *gb_control_answer(const struct gb_control_ops *ops, void *arg, const char *line, size_t length, bool may_change)
{
	char error[ERROR_TEXT] = "";
	struct json_object *request = parse(line, length, error, sizeof(error));
	char *result = request ? obey(ops, arg, request, may_change, error, sizeof(error)) : NULL;
	char *answer = result ? acceptance(result) : refusal(error);

	free(result);
	json_object_put(request);
	return answer;
}
