/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of IPv4 addresses, as runs from a first to a last one (host byte order): what rules and senders are compared in. */
#ifndef TOOLS_CHECK_SPAN_H
#define TOOLS_CHECK_SPAN_H

#include <goose-bridge/config.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	uint32_t first;
	uint32_t last;
};

/* How much of one set is in another. */
enum share { SHARE_NONE, SHARE_SOME, SHARE_ALL };

struct span span_of_address(struct in_addr address);
struct span span_of_prefix(const struct gb_prefix *prefix);

/* "A.B.C.D/P" or "A.B.C.D". False if TEXT is neither. Bits behind the prefix are ignored, as the kernel and AWS do. */
bool span_parse(const char *text, struct span *span);

/* How much of PART is in WHOLE. */
enum share span_share(struct span part, struct span whole);

/* How much of PART is in COUNT spans together, which may overlap and be in any order. */
enum share span_share_of_all(struct span part, const struct span *spans, size_t count);

#define SPAN_TEXT 32

/* SPAN as "A.B.C.D/P" (CIDR if it is one, else "A.B.C.D-E.F.G.H"); returns OUT, which has SPAN_TEXT octets. */
const char *span_text(struct span span, char *out);

#endif
