/* SPDX-License-Identifier: Apache-2.0 */
/* goose-bridge-diag: loss, order and copies of numbered datagrams, by source. Pure. */
#ifndef TOOLS_DIAG_TALLY_H
#define TOOLS_DIAG_TALLY_H

#include "diag_datagram.h"

#include <netinet/in.h>

#define DIAG_SOURCES 32	  /* runs that are kept apart; further ones are only counted */
#define DIAG_WINDOW  1024 /* datagrams; one that is later than this counts as a copy */

/* One run of one sender. */
struct diag_source {
	struct in_addr address;
	uint32_t run;
	uint64_t received; /* without copies */
	uint64_t duplicates;
	uint64_t reordered; /* came behind one with a higher number */
	uint32_t first;	    /* the lowest number that came: what was sent before does not count as lost */
	uint32_t highest;
	uint32_t total; /* how many the sender says it sent; 0 = its end was not heard */
	unsigned ttl_least, ttl_most;
	uint64_t seen[DIAG_WINDOW / 64];
};

struct diag_tally {
	unsigned sources;
	struct diag_source source[DIAG_SOURCES];
	uint64_t datagrams; /* all that were numbered, copies too, without the marks of a run's end */
	uint64_t refused;   /* of these, of sources for which there was no room */
	uint64_t foreign;   /* not of our layout */
};

/* One datagram came. *IS_NEW: it is the first of its source. Returns the source, or NULL if there was no room for it. */
const struct diag_source *diag_tally_take(struct diag_tally *tally, struct in_addr address, unsigned ttl,
					  const struct diag_datagram *datagram, bool *is_new);

/* How many of those from the first on have not come: up to the end that the sender told, else up to the highest number. */
uint64_t diag_source_lost(const struct diag_source *source);

#endif
