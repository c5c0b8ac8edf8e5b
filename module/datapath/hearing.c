/* SPDX-License-Identifier: Apache-2.0 */
#include "hearing.h"

#include <errno.h>

#define NEWS_PER_SECOND 10 /* of peers, told at most: invented sender ids must not drown other events */

static void tell_news(struct hearing *h, enum gb_peer_news news, struct gb_peer *peer, bool legacy, struct in_addr source,
		      uint64_t sender_id, uint64_t now_ns)
{
	bool mismatch = legacy != (h->worker->runtime->use.wire_format == GB_WIRE_LEGACY) &&
			(gb_peer_stamp(peer, h->format_stamp) || news == GB_PEER_BACK);

	if (news == GB_PEER_KNOWN && !mismatch)
		return;
	if (!gate_pass(&h->news, now_ns, NEWS_PER_SECOND)) {
		gb_count(h->worker->stats, GB_COUNT_events_refused, 1);
		return;
	}
	if (news == GB_PEER_NEW)
		worker_tell(h->worker, GB_EVENT_PEER_NEW, source, sender_id, legacy);
	else if (news == GB_PEER_RESTARTED)
		worker_tell(h->worker, GB_EVENT_PEER_RESTARTED, source, sender_id, 0);
	if (mismatch)
		worker_tell(h->worker, GB_EVENT_FORMAT_MISMATCH, source, sender_id, legacy);
}

struct gb_peer *hearing_native(struct hearing *hearing, const struct gb_peer_datagram *said, uint64_t now_ns, uint64_t utc_ns)
{
	enum gb_peer_news news;
	struct gb_peer *peer = gb_peers_native(hearing->peers, said, now_ns, utc_ns, &news);

	tell_news(hearing, news, peer, false, said->address, said->sender_id, now_ns);
	return peer;
}

struct gb_peer *hearing_legacy(struct hearing *hearing, struct in_addr source, uint64_t now_ns, uint64_t utc_ns)
{
	enum gb_peer_news news;
	struct gb_peer *peer = gb_peers_legacy(hearing->peers, source, now_ns, utc_ns, &news);

	tell_news(hearing, news, peer, true, source, 0, now_ns);
	return peer;
}

void hearing_conflict(struct hearing *hearing, struct in_addr source, uint64_t sender_id, uint64_t now_ns)
{
	gb_count(hearing->worker->stats, GB_COUNT_sender_id_conflicts, 1);
	if (hearing->conflict_told_ns != 0 && now_ns - hearing->conflict_told_ns < GB_PEER_SILENT_NS)
		return;
	hearing->conflict_told_ns = now_ns;
	worker_tell(hearing->worker, GB_EVENT_SENDER_ID_CONFLICT, source, sender_id, 0);
}

void hearing_refused(struct hearing *hearing, struct in_addr source, uint64_t now_ns)
{
	if (hearing->refused_told_ns != 0 && now_ns - hearing->refused_told_ns < GB_PEER_SILENT_NS)
		return;
	hearing->refused_told_ns = now_ns;
	worker_tell(hearing->worker, GB_EVENT_SOURCE_REFUSED, source, 0, 0);
}

int hearing_init(struct hearing *hearing, struct worker *worker)
{
	hearing->worker = worker;
	hearing->peers = gb_peers_create(worker->datapath->settings.max_peers);
	return hearing->peers ? 0 : -ENOMEM;
}

void hearing_release(struct hearing *hearing)
{
	gb_peers_destroy(hearing->peers);
}
