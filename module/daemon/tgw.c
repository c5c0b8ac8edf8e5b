/* SPDX-License-Identifier: Apache-2.0 */
/* AWS's registry of members: what it is asked, what comes of its answers, and what is said of them. */
#include "daemon_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_AFTER_S 5 /* the joins of the start get that long to arrive */

/* Where the program is: configure's place, or the environment's GOOSE_BRIDGE_AWS, for a build tree. */
static const char *find_helper(void)
{
	const char *set = getenv("GOOSE_BRIDGE_AWS");

	return set && *set ? set : GB_PKGLIBEXECDIR "/goose-bridge-aws";
}

static struct gb_registry_settings settings_of(const struct path *p)
{
	const struct gb_config *c = p->config;
	struct gb_registry_settings settings = {
		.group = p->own.multicast_ip,
		.interval_s = c->igmp_monitor_interval,
		.first_after_s = c->igmp_monitor_interval < FIRST_AFTER_S ? c->igmp_monitor_interval : FIRST_AFTER_S,
	};

	snprintf(settings.helper, sizeof(settings.helper), "%s", find_helper());
	if (c->enable_tgw_monitoring && gb_registry_is_wanted(p->own.tgw_multicast_domain_id))
		snprintf(settings.domain_id, sizeof(settings.domain_id), "%s", p->own.tgw_multicast_domain_id);
	snprintf(settings.interface, sizeof(settings.interface), "%s", p->network_name);
	return settings;
}

/* ---- answers -------------------------------------------------------------------------------------------------------- */

/* The interface and the domain, for the text of an event. */
static void write_subject(const struct path *p, char *text, size_t size)
{
	snprintf(text, size, "%.31s in %.59s", p->tgw.answer.interface_id, p->own.tgw_multicast_domain_id);
}

/* Said once until there is an answer again. */
static void tell_unknown(struct path *p)
{
	if (!p->tgw.unknown_told)
		gb_warn("whether AWS has this host as a member is not known: %s (not said again until it is)",
			p->tgw.answer.detail);
	p->tgw.unknown_told = true;
}

static void tell(struct path *p)
{
	bool absent = p->tgw.answer.says == GB_REGISTRY_SAYS_ABSENT;
	char subject[GB_EVENT_TEXT];

	if (p->tgw.answer.says == GB_REGISTRY_SAYS_UNKNOWN) {
		tell_unknown(p);
		return;
	}
	if (p->tgw.unknown_told)
		gb_info("AWS answers again: %s", p->tgw.answer.detail);
	p->tgw.unknown_told = false;
	write_subject(p, subject, sizeof(subject));
	if (absent != p->tgw.absent_told)
		path_note(p, absent ? GB_EVENT_TGW_ABSENT : GB_EVENT_TGW_MEMBER, 0, subject);
	p->tgw.absent_told = absent;
}

static enum gb_registry_evidence evidence_of(enum gb_registry_says says)
{
	switch (says) {
	case GB_REGISTRY_SAYS_MEMBER:
		return GB_REGISTRY_MEMBER;
	case GB_REGISTRY_SAYS_ABSENT:
		return GB_REGISTRY_ABSENT;
	case GB_REGISTRY_SAYS_UNKNOWN:
		break;
	}
	return GB_REGISTRY_UNKNOWN;
}

static void on_answer(void *path, const struct gb_registry_answer *answer)
{
	struct path *p = path;

	if (answer->says != GB_REGISTRY_SAYS_UNKNOWN)
		p->tgw.last_answer_ns = answer->utc_ns;
	p->tgw.answer = *answer;
	/* a group that was left on purpose has to be missing there */
	if (answer->says == GB_REGISTRY_SAYS_ABSENT && member_has_left(p))
		return;
	tell(p);
	gb_membership_registry(p->membership, evidence_of(answer->says));
}

/* ---- what is asked -------------------------------------------------------------------------------------------------- */

/* Another question: what was answered was to the one before. */
static void begin_anew(struct path *p, const struct gb_registry_settings *settings)
{
	p->tgw.answer = (struct gb_registry_answer){.says = GB_REGISTRY_SAYS_UNKNOWN};
	p->tgw.last_answer_ns = 0;
	p->tgw.unknown_told = p->tgw.absent_told = false;
	memcpy(p->tgw.asked_domain, settings->domain_id, sizeof(p->tgw.asked_domain));
	memcpy(p->tgw.asked_interface, settings->interface, sizeof(p->tgw.asked_interface));
	gb_membership_registry(p->membership, GB_REGISTRY_OFF);
}

static void tell_sample(struct path *p)
{
	const struct gb_config *c = p->config;
	bool sample = c->enable_tgw_monitoring && p->own.tgw_domain_given &&
		      strcmp(p->own.tgw_multicast_domain_id, GB_REGISTRY_SAMPLE_DOMAIN) == 0;

	if (sample && !p->tgw.sample_told)
		gb_warn("tgw_multicast_domain_id = %s is the sample of the Python service's file, so AWS is not asked: set it "
			"to yours, or enable_tgw_monitoring = false",
			GB_REGISTRY_SAMPLE_DOMAIN);
	p->tgw.sample_told = sample;
}

void tgw_follow(struct path *p)
{
	struct gb_registry_settings settings = settings_of(p);

	if (!p->tgw.registry)
		return;
	tell_sample(p);
	if (strcmp(settings.domain_id, p->tgw.asked_domain) != 0 || strcmp(settings.interface, p->tgw.asked_interface) != 0)
		begin_anew(p, &settings);
	gb_registry_configure(p->tgw.registry, &settings);
}

int tgw_create(struct path *p)
{
	struct gb_registry_settings settings = settings_of(p);

	tell_sample(p);
	begin_anew(p, &settings);
	return gb_registry_create(&p->tgw.registry, p->daemon->base, &settings, on_answer, p);
}

void tgw_destroy(struct path *p)
{
	gb_registry_destroy(p->tgw.registry);
	p->tgw.registry = NULL;
}

/* Why there is no answer. */
static const char *silence(const struct path *p)
{
	const char *domain = p->own.tgw_multicast_domain_id;

	if (!domain[0])
		return "tgw_multicast_domain_id is empty, so AWS is not asked";
	if (!gb_registry_is_wanted(domain))
		return "tgw_multicast_domain_id is the sample of the Python service's file, so AWS is not asked";
	if (!p->network_name[0])
		return "there is no network interface yet";
	return "there is no answer yet";
}

void tgw_report(const struct path *p, struct gb_report_tgw *tgw)
{
	const struct gb_config *c = p->config;

	*tgw = (struct gb_report_tgw){.state = "off"};
	if (!c->enable_tgw_monitoring)
		return;
	tgw->state = gb_registry_says_name(p->tgw.answer.says);
	if (p->own.tgw_domain_given)
		memcpy(tgw->domain_id, p->own.tgw_multicast_domain_id, sizeof(tgw->domain_id));
	memcpy(tgw->interface_id, p->tgw.answer.interface_id, sizeof(tgw->interface_id));
	snprintf(tgw->detail, sizeof(tgw->detail), "%s", p->tgw.answer.detail[0] ? p->tgw.answer.detail : silence(p));
	tgw->last_answer_ns = p->tgw.last_answer_ns;
}
