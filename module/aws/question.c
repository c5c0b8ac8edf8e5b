/* SPDX-License-Identifier: Apache-2.0 */
#include "question.h"

#include <arpa/inet.h>
#include <errno.h>
#include <goose-bridge/clock.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAGES_NS (30 * GB_NS_PER_S) /* no further page is asked for after that */

/* The address of the interface. 0 or negative errno. */
static int find_mac(const char *interface, uint8_t mac[6])
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : 0;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (!error && ioctl(fd, SIOCGIFHWADDR, &request) < 0)
		error = -errno;
	if (!error)
		memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	if (fd >= 0)
		close(fd);
	return error;
}

/* The interface's id in AWS, which stays the same as long as the address does. */
static enum gb_aws_result identify(struct gb_aws *aws, struct question *q, char *error, size_t size)
{
	uint8_t mac[6];
	int failed = find_mac(q->interface, mac);
	enum gb_aws_result result;

	if (failed) {
		snprintf(error, size, "the address of %s is not known: %s", q->interface, strerror(-failed));
		return GB_AWS_FAILED;
	}
	if (q->interface_id[0] && memcmp(mac, q->mac, sizeof(mac)) == 0)
		return GB_AWS_OK;
	q->interface_id[0] = '\0';
	memcpy(q->mac, mac, sizeof(mac));
	result = gb_aws_own_interface(aws, mac, q->interface_id, error, size);
	if (result != GB_AWS_OK)
		q->interface_id[0] = '\0';
	return result;
}

void question_take_page(struct question_count *count, const struct gb_aws_node *root)
{
	const struct gb_aws_node *item = gb_aws_child(root, "multicastGroups/item");

	if (!gb_aws_child(root, "multicastGroups"))
		count->malformed = true;
	for (; item; item = gb_aws_next(item)) {
		if (!gb_aws_is_true(item, "groupMember") ||
		    strcmp(gb_aws_text(item, "groupIpAddress", ""), count->group) != 0)
			continue;
		count->members++;
		if (strcmp(gb_aws_text(item, "networkInterfaceId", ""), count->interface_id) == 0)
			count->found = true;
	}
}

struct search {
	struct question_count count;
	uint64_t until_ns;
	bool too_slow;
};

static bool on_page(void *arg, const struct gb_aws_node *root)
{
	struct search *search = arg;

	question_take_page(&search->count, root);
	search->too_slow = gb_clock_mono_ns() >= search->until_ns;
	return !search->count.found && !search->count.malformed && !search->too_slow;
}

/* All pages were read, or the one that has the interface. */
static enum gb_aws_result conclude(const struct search *search, const struct question *q, struct gb_registry_answer *answer)
{
	const struct question_count *count = &search->count;

	if (count->found) {
		answer->says = GB_REGISTRY_SAYS_MEMBER;
		snprintf(answer->detail, sizeof(answer->detail), "AWS has %s as a member of %s", q->interface_id, count->group);
		return GB_AWS_OK;
	}
	if (count->malformed || search->too_slow) {
		snprintf(answer->detail, sizeof(answer->detail), "%s",
			 count->malformed ? "EC2's list of members is none" : "EC2 gives its list of members too slowly");
		return count->malformed ? GB_AWS_MALFORMED : GB_AWS_UNREACHABLE;
	}
	answer->says = GB_REGISTRY_SAYS_ABSENT;
	snprintf(answer->detail, sizeof(answer->detail), "AWS has %u members of %s in %s, and %s of this host is none of them",
		 count->members, count->group, q->domain_id, q->interface_id);
	return GB_AWS_OK;
}

enum gb_aws_result question_ask(struct gb_aws *aws, struct question *q, struct gb_registry_answer *answer)
{
	char group[INET_ADDRSTRLEN];
	const struct gb_aws_parameter parameters[] = {
		{"TransitGatewayMulticastDomainId", q->domain_id},
		{"Filter.1.Name", "group-ip-address"},
		{"Filter.1.Value.1", group},
		{"MaxResults", "1000"},
	};
	struct search search = {.count = {.interface_id = q->interface_id, .group = group}};
	enum gb_aws_result result;

	*answer = (struct gb_registry_answer){0};
	search.until_ns = gb_clock_mono_ns() + PAGES_NS;
	inet_ntop(AF_INET, &q->group, group, sizeof(group));
	result = identify(aws, q, answer->detail, sizeof(answer->detail));
	if (result != GB_AWS_OK)
		return result;
	snprintf(answer->interface_id, sizeof(answer->interface_id), "%s", q->interface_id);
	result = gb_aws_ec2_pages(aws, "SearchTransitGatewayMulticastGroups", parameters,
				  sizeof(parameters) / sizeof(parameters[0]), on_page, &search, answer->detail,
				  sizeof(answer->detail));
	return result == GB_AWS_OK ? conclude(&search, q, answer) : result;
}
