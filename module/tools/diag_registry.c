/* SPDX-License-Identifier: Apache-2.0 */
#include "diag_registry.h"

#include <goose-bridge/clock.h>
#include <stdlib.h>

/* As the service finds it. */
static const char *find_helper(void)
{
	const char *set = getenv("GOOSE_BRIDGE_AWS");

	return set && *set ? set : GB_PKGLIBEXECDIR "/goose-bridge-aws";
}

int diag_registry_begin(struct gb_registry **registry, struct diag *d, unsigned interval_s, gb_registry_answered *answered,
			void *arg)
{
	struct gb_registry_settings settings = {.group = d->group, .interval_s = interval_s};

	*registry = NULL;
	if (!gb_registry_is_wanted(d->config.tgw_multicast_domain_id))
		return 0;
	snprintf(settings.helper, sizeof(settings.helper), "%s", find_helper());
	snprintf(settings.domain_id, sizeof(settings.domain_id), "%s", d->config.tgw_multicast_domain_id);
	snprintf(settings.interface, sizeof(settings.interface), "%s", d->link.name);
	if (gb_registry_create(registry, d->base, &settings, answered, arg) == 0)
		return 0;
	diag_complain("memory is short");
	return DIAG_BAD_NEWS;
}

struct json_object *diag_registry_fields(const struct gb_registry_answer *answer, char *text, size_t size)
{
	static const char *const words[] = {
		[GB_REGISTRY_SAYS_UNKNOWN] = "AWS does not say whether this host is a member",
		[GB_REGISTRY_SAYS_MEMBER] = "AWS says that this host is a member",
		[GB_REGISTRY_SAYS_ABSENT] = "AWS says that this host is no member",
	};
	struct json_object *object = json_object_new_object();

	snprintf(text, size, "%s%s%s%s%s%s", words[answer->says], answer->interface_id[0] ? " (" : "", answer->interface_id,
		 answer->interface_id[0] ? ")" : "", answer->detail[0] ? ": " : "", answer->detail);
	put_text(object, "state", gb_registry_says_name(answer->says));
	put_text(object, "interface_id", answer->interface_id);
	put_text(object, "detail", answer->detail);
	return object;
}

void diag_registry_tell(const struct diag *d, const struct gb_registry_answer *answer)
{
	char text[400];
	struct json_object *fields = diag_registry_fields(answer, text, sizeof(text));

	diag_tell(&d->out, gb_clock_mono_ns(), "registry", fields, "%s", text);
}
