/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of goose-bridge-security-check share: facts of a host where all is well, and looking at what came out. */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include "test_pure.h"

#include "../../module/tools/check.h"
#include "../../module/tools/check_local.h"

#include <arpa/inet.h>
#include <json-c/json.h>

static inline struct in_addr address(const char *text)
{
	struct in_addr in = {0};

	assert_int_equal(inet_pton(AF_INET, text, &in), 1);
	return in;
}

static inline struct span span(const char *text)
{
	struct span span = {0};

	assert_true(span_parse(text, &span));
	return span;
}

/* eth0 (index 2) at 10.61.0.1, the service running, 10.61.0.2 and 10.61.0.3 allowed. CONFIG outlives it. */
static inline struct local_facts host_where_all_is_well(struct gb_config *config)
{
	struct local_facts facts = {
		.config = config,
		.config_file = "/etc/goose-bridge/goose-bridge.conf",
		.socket = "/run/goose-bridge/control.sock",
		.kernel_known = true,
		.kernel_member = true,
		.joined_groups = 1,
		.service = {.state = SERVICE_RUNNING,
			    .membership = "member",
			    .interface = "eth0",
			    .engine = "user",
			    .receive_buffer = CHECK_RECEIVE_BUFFER,
			    .send_buffer = CHECK_SEND_BUFFER},
		.sysctl = {.force_igmp = 2, .rmem_max = 212992, .wmem_max = 212992, .max_memberships = 20},
		.goose0 = {.name = "goose0", .index = 3, .exists = true, .up = true, .mtu = 1504},
		.network = {.name = "eth0", .index = 2, .exists = true, .up = true, .has_address = true, .mtu = 9001},
	};

	gb_config_defaults(config);
	assert_int_equal(gb_config_set(config, "allow_sources", "10.61.0.2, 10.61.0.3", NULL, NULL), 0);
	facts.network.address = address("10.61.0.1");
	check_find_senders(&facts);
	facts.sender[0].route = facts.sender[1].route = 2;
	return facts;
}

/* Fails unless the check KIND came out as RESULT, with SAYS in its sentence and FIX in its command (NULL: none at all). */
static inline void expect(const struct check_list *list, enum check_kind kind, enum check_result result, const char *says,
			  const char *fix)
{
	const struct check *check = check_find(list, kind);

	if (!check)
		fail_msg("%s was not checked", check_id(kind));
	if (check->result != result || !check->text || !strstr(check->text, says))
		fail_msg("%s: %d instead of %d: %s", check_id(kind), (int)check->result, (int)result, check->text);
	if (fix && (!check->fix || !strstr(check->fix, fix)))
		fail_msg("%s: the command is %s", check_id(kind), check->fix ? check->fix : "missing");
	if (!fix && check->fix)
		fail_msg("%s: a command where none mends: %s", check_id(kind), check->fix);
}

#endif
