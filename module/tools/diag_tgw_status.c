/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag tgw status: what kernel, service and AWS know of the membership. */
#include "diag_kernel.h"
#include "diag_registry.h"
#include "diag_service.h"
#include "result.h"

#include <goose-bridge/clock.h>
#include <string.h>

#define ANSWER_NS (20 * GB_NS_PER_S) /* AWS is waited for as long */

struct question {
	struct diag *d;
	struct gb_registry_answer answer;
	bool answered;
};

static void on_answer(void *arg, const struct gb_registry_answer *answer)
{
	struct question *q = arg;

	q->answer = *answer;
	q->answered = true;
	diag_stop(q->d);
}

/* Fills Q in. Returns 0, or an exit status. *ASKED: there was something to ask. */
static int ask(struct question *q, bool *asked)
{
	struct gb_registry *registry;
	int status = diag_registry_begin(&registry, q->d, q->d->config.igmp_monitor_interval, on_answer, q);

	*asked = registry != NULL;
	if (*asked)
		diag_run(q->d, ANSWER_NS);
	gb_registry_destroy(registry);
	return status;
}

static struct json_object *show_registry(const struct question *q, bool asked)
{
	const struct diag *d = q->d;
	struct json_object *object = NULL;
	char text[400];

	if (!asked) {
		diag_line(&d->out, "registry: not asked, as no multicast domain of one's own is configured "
				   "(tgw_multicast_domain_id)");
		return NULL;
	}
	if (q->answered) {
		object = diag_registry_fields(&q->answer, text, sizeof(text));
		diag_line(&d->out, "registry: %s", text);
	} else {
		diag_line(&d->out, "registry: no answer");
	}
	return object;
}

static struct json_object *show_kernel(const struct diag *d, unsigned users)
{
	struct json_object *object = json_object_new_object();
	char group[INET_ADDRSTRLEN];
	bool own = gb_netif_has_joined(d->netif, d->link.index, d->group);

	put_bool(object, "held", users > 0);
	put_count(object, "users", users);
	put_bool(object, "interface_holds_it", own);
	if (users)
		diag_line(&d->out, "kernel:   %s is a member of %s, held by %u%s", d->link.name, diag_address(d->group, group),
			  users, own ? ", the interface itself among them" : "");
	else
		diag_line(&d->out, "kernel:   %s is no member of %s", d->link.name, diag_address(d->group, group));
	return object;
}

static struct json_object *show_service(const struct diag *d, bool *lost)
{
	char text[400];
	struct json_object *answer = diag_service_igmp(d, text, sizeof(text));
	struct json_object *membership = json_object_get(result_get(answer, "membership"));
	const char *state = result_text(membership, "state", "unknown");

	*lost = answer && strcmp(state, "lost") == 0;
	if (answer)
		diag_service_describe(answer, text, sizeof(text));
	diag_line(&d->out, "service:  %s", text);
	json_object_put(answer);
	return membership;
}

int diag_tgw_status(struct diag *d)
{
	struct question q = {.d = d};
	struct json_object *object;
	int status = diag_use_interface(d);
	bool asked, lost, fine;
	unsigned users;

	if (status)
		return status;
	status = ask(&q, &asked);
	if (status)
		return status;
	users = diag_kernel_users(d->link.index, d->group);
	object = json_object_new_object();
	put_text(object, "interface", d->link.name);
	diag_put_address(object, "group", d->group);
	put_value(object, "kernel", show_kernel(d, users));
	put_value(object, "service", show_service(d, &lost));
	put_bool(object, "registry_asked", asked);
	put_value(object, "registry", show_registry(&q, asked));
	fine = users > 0 && !lost && q.answer.says != GB_REGISTRY_SAYS_ABSENT;
	put_bool(object, "fine", fine);
	if (!fine)
		diag_line(&d->out, "bad news: datagrams of the group do not get here, or soon will not");
	else if (q.answer.says == GB_REGISTRY_SAYS_MEMBER)
		diag_line(&d->out, "fine: kernel and AWS say that it is a member");
	else
		diag_line(&d->out, "fine as far as is known");
	diag_object(&d->out, object);
	return fine ? DIAG_FINE : DIAG_BAD_NEWS;
}
