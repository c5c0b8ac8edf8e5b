/* SPDX-License-Identifier: Apache-2.0 */
#include "check_span.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span span_of_address(struct in_addr address)
{
	return (struct span){ntohl(address.s_addr), ntohl(address.s_addr)};
}

struct span span_of_prefix(const struct gb_prefix *prefix)
{
	uint32_t first = ntohl(prefix->address.s_addr & prefix->mask.s_addr);

	return (struct span){first, first | ~ntohl(prefix->mask.s_addr)};
}

bool span_parse(const char *text, struct span *span)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	unsigned long bits = 32;
	char *rest = NULL;
	struct in_addr in;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = 0;
	if (inet_pton(AF_INET, address, &in) != 1)
		return false;
	if (slash) {
		if (slash[1] < '0' || slash[1] > '9')
			return false;
		bits = strtoul(slash + 1, &rest, 10);
		if (*rest || bits > 32)
			return false;
	}
	uint32_t host_bits = bits == 0 ? UINT32_MAX : (uint32_t)((UINT64_C(1) << (32 - bits)) - 1);

	span->first = ntohl(in.s_addr) & ~host_bits;
	span->last = span->first | host_bits;
	return true;
}

enum share span_share(struct span part, struct span whole)
{
	if (part.first > whole.last || part.last < whole.first)
		return SHARE_NONE;
	return part.first >= whole.first && part.last <= whole.last ? SHARE_ALL : SHARE_SOME;
}

enum share span_share_of_all(struct span part, const struct span *spans, size_t count)
{
	uint64_t next = part.first; /* the first address that is not known to be covered; one past the last address, too */
	bool some = false, further = true;

	for (size_t i = 0; i < count; i++)
		some |= span_share(part, spans[i]) != SHARE_NONE;
	while (further && next <= part.last) {
		further = false;
		for (size_t i = 0; i < count; i++)
			if (spans[i].first <= next && spans[i].last >= next) {
				next = (uint64_t)spans[i].last + 1;
				further = true;
			}
	}
	return next > part.last ? SHARE_ALL : some ? SHARE_SOME : SHARE_NONE;
}

const char *span_text(struct span span, char *out)
{
	struct in_addr first = {.s_addr = htonl(span.first)}, last = {.s_addr = htonl(span.last)};
	uint32_t host_bits = span.first ^ span.last;
	char a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];
	bool is_prefix = (host_bits & (host_bits + 1)) == 0 && (span.first & host_bits) == 0;

	inet_ntop(AF_INET, &first, a, sizeof(a));
	inet_ntop(AF_INET, &last, b, sizeof(b));
	if (is_prefix)
		snprintf(out, SPAN_TEXT, "%s/%d", a, host_bits ? __builtin_clz(host_bits) : 32);
	else
		snprintf(out, SPAN_TEXT, "%s-%s", a, b);
	return out;
}
