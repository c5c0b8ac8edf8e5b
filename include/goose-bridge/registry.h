/* SPDX-License-Identifier: Apache-2.0 */
/* registry: the service's end of goose-bridge-aws(8), the process that asks AWS who is a member of the group.
 *
 * TLS, XML and credentials stay in that process, which has no capabilities and no descriptor but its pipes. What comes from
 * it is not trusted: lines of JSON, bounded in size and number. It is started again, with growing delays, when it ends; and
 * killed when it is silent for longer than it announced, or says what is none. Control thread only; nothing here waits.
 *
 * A line, at most GB_REGISTRY_LINE octets:
 *   {"version": 1, "state": "member" | "absent" | "unknown", "detail": TEXT, "interface_id": TEXT, "next_s": SECONDS}
 * detail and interface_id may be missing or null; next_s says when the next line comes at the latest.
 */
#ifndef GOOSE_BRIDGE_REGISTRY_H
#define GOOSE_BRIDGE_REGISTRY_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct gb_registry;

#define GB_REGISTRY_LINE    4096
#define GB_REGISTRY_DOMAIN  64
#define GB_REGISTRY_PATH    256
#define GB_REGISTRY_VERSION 1

/* The multicast domain of the Python service's sample file: no proof that anybody meant it. */
#define GB_REGISTRY_SAMPLE_DOMAIN "tgw-mcast-domain-01d79015018690cef"

enum gb_registry_says {
	GB_REGISTRY_SAYS_UNKNOWN, /* no answer yet, or none that says anything: never counted against the membership */
	GB_REGISTRY_SAYS_MEMBER,
	GB_REGISTRY_SAYS_ABSENT, /* a whole answer, and this host's own interface is not in it */
};

const char *gb_registry_says_name(enum gb_registry_says says); /* "unknown", "member", "absent" */

/* Whether DOMAIN_ID is one to ask about: neither empty nor the sample. */
bool gb_registry_is_wanted(const char *domain_id);

struct gb_registry_answer {
	enum gb_registry_says says;
	uint64_t utc_ns;       /* when it came */
	char detail[200];      /* a sentence for people; "" = nothing to add. UTF-8, no control characters */
	char interface_id[32]; /* this host's network interface in AWS; "" = not known */
};

/* A plain value. */
struct gb_registry_settings {
	char helper[GB_REGISTRY_PATH]; /* the program */
	char domain_id[GB_REGISTRY_DOMAIN]; /* not one to ask about (gb_registry_is_wanted): no process is started */
	struct in_addr group;
	char interface[IFNAMSIZ]; /* whose address tells which network interface of AWS this is; "" = no process is started */
	unsigned interval_s;	  /* between questions */
	unsigned first_after_s;	  /* before the first */
};

/* Called for each answer of the process, and with UNKNOWN when it failed. It may call gb_registry_configure, not _destroy. */
typedef void gb_registry_answered(void *arg, const struct gb_registry_answer *answer);

/* SETTINGS is copied. Starts the process if there is something to ask. Returns 0 or -ENOMEM; a process that cannot be started
 * is tried again, and said by ANSWERED.
 */
int gb_registry_create(struct gb_registry **registry, struct event_base *base, const struct gb_registry_settings *settings,
		       gb_registry_answered *answered, void *arg);

/* Other settings: another process, if they differ from those in force. */
void gb_registry_configure(struct gb_registry *registry, const struct gb_registry_settings *settings);

/* Whether there is something to ask: a process runs, or is to be started again. */
bool gb_registry_is_running(const struct gb_registry *registry);

/* The process is killed, and not waited for for longer than 100 ms. NULL is fine. */
void gb_registry_destroy(struct gb_registry *registry);

/* One line of the process (LENGTH octets, without its end) as *ANSWER, without utc_ns, and *NEXT_S. Pure but for the JSON
 * library's memory. Returns 0, or -EPROTO if it is none.
 */
int gb_registry_parse(const char *line, size_t length, struct gb_registry_answer *answer, unsigned *next_s);

#endif
