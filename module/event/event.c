/* SPDX-License-Identifier: Apache-2.0 */
#include <goose-bridge/event.h>

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int severity;
} kinds[] = {
#define X(kind, name, severity) {name, severity},
	GB_EVENTS(X)
#undef X
};

const char *gb_event_name(enum gb_event_kind kind)
{
	return (unsigned)kind < GB_EVENT_KIND_COUNT ? kinds[kind].name : "unknown";
}

int gb_event_severity(enum gb_event_kind kind)
{
	return (unsigned)kind < GB_EVENT_KIND_COUNT ? kinds[kind].severity : 4;
}

/* ---- sentences ------------------------------------------------------------------------------------------------------ */

/* The parts that sentences are made of, each ready to be put in. */
struct words {
	const struct gb_event *event;
	char *text;
	size_t size;
	char address[INET_ADDRSTRLEN];
	char sender[40]; /* " (sender id ...)" or " (legacy)" */
	char detail[GB_EVENT_TEXT + 4]; /* ": ..." or "" */
	char why[GB_EVENT_TEXT + 4]; /* the same, or value as an errno: " (No buffer space available)" or "" */
};

static void collect(struct words *w, const struct gb_event *event)
{
	int64_t error = event->value < 0 && event->value > -4096 ? -event->value : event->value;

	w->event = event;
	if (event->address.s_addr == 0 || !inet_ntop(AF_INET, &event->address, w->address, sizeof(w->address)))
		snprintf(w->address, sizeof(w->address), "somebody");
	if (event->sender_id != 0)
		snprintf(w->sender, sizeof(w->sender), " (sender id %016" PRIx64 ")", event->sender_id);
	else
		snprintf(w->sender, sizeof(w->sender), " (legacy)");
	size_t length = strnlen(event->text, GB_EVENT_TEXT - 1);

	while (length > 0 && event->text[length - 1] == '.') /* the sentence has its own full stop */
		length--;
	w->detail[0] = '\0';
	w->why[0] = '\0';
	if (length > 0) {
		snprintf(w->detail, sizeof(w->detail), ": %.*s", (int)length, event->text);
		snprintf(w->why, sizeof(w->why), " (%.*s)", (int)length, event->text);
	} else if (error > 0 && error < 4096) { /* the kernel has none above (MAX_ERRNO) */
		snprintf(w->why, sizeof(w->why), " (%s)", strerror((int)error));
	}
}

static void say_service(const struct words *w)
{
	const char *detail = w->detail;

	switch (w->event->kind) {
	case GB_EVENT_STARTED:
		snprintf(w->text, w->size, "The service has started%s.", detail);
		break;
	case GB_EVENT_STOPPING:
		snprintf(w->text, w->size, "The service is stopping%s.", detail);
		break;
	case GB_EVENT_RELOADED:
		snprintf(w->text, w->size, "The configuration was read again%s.", detail);
		break;
	case GB_EVENT_RELOAD_REFUSED:
		snprintf(w->text, w->size, "The new configuration is wrong and was not taken%s.", detail);
		break;
	case GB_EVENT_DEGRADED:
		if (w->event->value > 0 && !*detail)
			snprintf(w->text, w->size, "The service is degraded, and goes on: %" PRId64 " errors.",
				 w->event->value);
		else
			snprintf(w->text, w->size, "The service is degraded, and goes on%s.", detail);
		break;
	default:
		snprintf(w->text, w->size, "The service works as it should again%s.", detail);
		break;
	}
}

static void say_network(const struct words *w)
{
	switch (w->event->kind) {
	case GB_EVENT_NETWORK_UP:
		snprintf(w->text, w->size, "The network side is up%s.", w->detail);
		break;
	case GB_EVENT_NETWORK_DOWN:
		snprintf(w->text, w->size,
			 "The network side is down%s, so frames from goose0 are dropped; check the interface, its "
			 "address and the route to the group.",
			 w->why);
		break;
	case GB_EVENT_SEND_FAILING:
		snprintf(w->text, w->size,
			 "Datagrams cannot be sent%s, so frames are dropped; check link, route and path_mtu.", w->why);
		break;
	default:
		snprintf(w->text, w->size, "Datagrams are sent again%s.", w->detail);
		break;
	}
}

static void say_goose0(const struct words *w)
{
	switch (w->event->kind) {
	case GB_EVENT_GOOSE0_UP:
		snprintf(w->text, w->size, "The GOOSE interface is up%s.", w->detail);
		break;
	case GB_EVENT_GOOSE0_DOWN:
		snprintf(w->text, w->size,
			 "The GOOSE interface is missing or down%s; the service sets it up again within "
			 "reconnect_delay.",
			 w->why);
		break;
	case GB_EVENT_GOOSE0_FAILING:
		snprintf(w->text, w->size,
			 "The GOOSE interface cannot be read or written%s; see whether somebody deleted it or set it "
			 "down.",
			 w->why);
		break;
	case GB_EVENT_GOOSE0_RESTORED:
		snprintf(w->text, w->size, "The GOOSE interface takes frames again%s.", w->detail);
		break;
	case GB_EVENT_GOOSE0_BROKEN:
		snprintf(w->text, w->size, "The GOOSE interface cannot be read any more%s; it is opened again.", w->why);
		break;
	default:
		snprintf(w->text, w->size,
			 "Frames waited on the GOOSE interface for up to %" PRId64 " ms%s and were dropped as stale. "
			 "See whether the service was stopped, the host is overloaded, or the network too slow.",
			 w->event->value, w->detail[0] ? w->why : "");
		break;
	}
}

static void say_peer(const struct words *w)
{
	switch (w->event->kind) {
	case GB_EVENT_PEER_NEW:
		snprintf(w->text, w->size, "A bridge was heard for the first time: %s%s%s.", w->address, w->sender,
			 w->detail);
		break;
	case GB_EVENT_PEER_RESTARTED:
		snprintf(w->text, w->size, "The bridge at %s%s has restarted%s.", w->address, w->sender, w->detail);
		break;
	case GB_EVENT_FORMAT_MISMATCH:
		if (w->event->sender_id == 0)
			snprintf(w->text, w->size,
				 "%s sends the legacy format and this bridge the native one, which an old peer turns "
				 "into garbage; set wire_format = legacy here until all of the group speak native%s.",
				 w->address, w->detail);
		else
			snprintf(w->text, w->size,
				 "%s%s sends the native format and this bridge the legacy one; set wire_format = native "
				 "here once no old peer is left in the group%s.",
				 w->address, w->sender, w->detail);
		break;
	case GB_EVENT_SOURCE_REFUSED:
		snprintf(w->text, w->size,
			 "Datagrams of %s are dropped: it is not in allow_sources%s. Add it there if it is one of the bridges.",
			 w->address, w->detail);
		break;
	default:
		snprintf(w->text, w->size,
			 "%s sends with this bridge's own sender id %016" PRIx64 "; set sender_id to different values "
			 "on the two%s.",
			 w->address, w->event->sender_id, w->detail);
		break;
	}
}

static void say_membership(const struct words *w)
{
	switch (w->event->kind) {
	case GB_EVENT_REREGISTERED:
		snprintf(w->text, w->size, "The group was joined anew%s.", w->detail);
		break;
	case GB_EVENT_MEMBERSHIP_LOST:
		snprintf(w->text, w->size,
			 "This host is no member of the group any more%s, so frames from other hosts do not arrive; see "
			 "`goose-bridge-ctl igmp`.",
			 w->why);
		break;
	case GB_EVENT_MEMBERSHIP_RESTORED:
		snprintf(w->text, w->size, "This host is a member of the group again%s.", w->detail);
		break;
	case GB_EVENT_TGW_ABSENT:
		snprintf(w->text, w->size,
			 "AWS does not have this host as a member of the group%s, so the transit gateway sends it nothing; see "
			 "`goose-bridge-ctl igmp`.",
			 w->why);
		break;
	case GB_EVENT_TGW_MEMBER:
		snprintf(w->text, w->size, "AWS has this host as a member of the group again%s.", w->detail);
		break;
	case GB_EVENT_QUERIER_LOST:
		snprintf(w->text, w->size,
			 "No IGMP queries come any more%s. Where the network relies on them, check the querier, and that "
			 "security groups and firewalls let IP protocol 2 in.",
			 w->why);
		break;
	default:
		snprintf(w->text, w->size, "IGMP queries are heard%s.", w->detail);
		break;
	}
}

/* "REF (APPID 0x1000 of 01:02:03:04:05:06, from the network)" */
static void name_stream(const struct gb_event_stream *stream, char *text, size_t size)
{
	const uint8_t *mac = stream->source;

	if (stream->index == 0)
		snprintf(text, size, "of unknown name");
	else
		snprintf(text, size, "%.*s (APPID 0x%04X of %02x:%02x:%02x:%02x:%02x:%02x, %s)", GB_EVENT_REF - 1,
			 stream->gocb_ref, stream->appid, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
			 stream->from_network ? "from the network" : "published on goose0");
}

static void say_stream(const struct words *w)
{
	int64_t value = w->event->value;
	char stream[GB_EVENT_REF + 80];

	name_stream(&w->event->stream, stream, sizeof(stream));
	switch (w->event->kind) {
	case GB_EVENT_STREAM_EXPIRED:
		if (value < 0)
			snprintf(w->text, w->size,
				 "The expected GOOSE stream %s was not heard within %" PRIu64 " ms%s. Check its publisher and "
				 "the way here; if it is gone for good, `goose-bridge-ctl streams forget` ends this.",
				 stream, -(uint64_t)value, w->detail);
		else
			snprintf(w->text, w->size,
				 "The GOOSE stream %s is silent: nothing new within its timeAllowedtoLive of %" PRId64
				 " ms%s. Check its publisher and the way here.",
				 stream, value, w->detail);
		break;
	case GB_EVENT_STREAM_CONF_REV:
		snprintf(w->text, w->size,
			 "The GOOSE stream %s has changed its confRev from %" PRIu32 " to %" PRIu32
			 "%s. See whether its subscribers have the same configuration.",
			 stream, gb_event_first(value), gb_event_second(value), w->detail);
		break;
	case GB_EVENT_STREAM_REPLAY:
		snprintf(w->text, w->size,
			 "A message of the GOOSE stream %s does not fit the ones before: stNum %" PRIu32 ", sqNum %" PRIu32
			 "%s. It was carried; see whether somebody repeats or forges messages, or two devices publish the "
			 "same.",
			 stream, gb_event_first(value), gb_event_second(value), w->detail);
		break;
	case GB_EVENT_STREAM_STORM:
		snprintf(w->text, w->size,
			 "The GOOSE stream %s sends more than %" PRId64 " frames a second%s. Check its publisher, and the "
			 "network for a loop.",
			 stream, value, w->detail);
		break;
	default:
		if (value > 0)
			snprintf(w->text, w->size, "The GOOSE stream %s is heard again, after %" PRId64 " ms%s.", stream,
				 value, w->detail);
		else
			snprintf(w->text, w->size, "The GOOSE stream %s is heard%s.", stream, w->detail);
		break;
	}
}

char *gb_event_describe(const struct gb_event *event, char *text, size_t size)
{
	size_t prefix = *event->path ? (size_t)snprintf(text, size, "%s: ", event->path) : 0;
	struct words w = {.text = text + prefix, .size = size - prefix};

	collect(&w, event);
	switch (event->kind) {
	case GB_EVENT_STARTED:
	case GB_EVENT_STOPPING:
	case GB_EVENT_RELOADED:
	case GB_EVENT_RELOAD_REFUSED:
	case GB_EVENT_DEGRADED:
	case GB_EVENT_RECOVERED:
		say_service(&w);
		break;
	case GB_EVENT_NETWORK_UP:
	case GB_EVENT_NETWORK_DOWN:
	case GB_EVENT_SEND_FAILING:
	case GB_EVENT_SEND_RESTORED:
		say_network(&w);
		break;
	case GB_EVENT_GOOSE0_UP:
	case GB_EVENT_GOOSE0_DOWN:
	case GB_EVENT_GOOSE0_FAILING:
	case GB_EVENT_GOOSE0_RESTORED:
	case GB_EVENT_GOOSE0_BROKEN:
	case GB_EVENT_STALLED:
		say_goose0(&w);
		break;
	case GB_EVENT_PEER_NEW:
	case GB_EVENT_PEER_RESTARTED:
	case GB_EVENT_FORMAT_MISMATCH:
	case GB_EVENT_SENDER_ID_CONFLICT:
	case GB_EVENT_SOURCE_REFUSED:
		say_peer(&w);
		break;
	case GB_EVENT_REREGISTERED:
	case GB_EVENT_MEMBERSHIP_LOST:
	case GB_EVENT_MEMBERSHIP_RESTORED:
	case GB_EVENT_QUERIER_LOST:
	case GB_EVENT_QUERIER_FOUND:
	case GB_EVENT_TGW_ABSENT:
	case GB_EVENT_TGW_MEMBER:
		say_membership(&w);
		break;
	case GB_EVENT_STREAM_EXPIRED:
	case GB_EVENT_STREAM_RESTORED:
	case GB_EVENT_STREAM_CONF_REV:
	case GB_EVENT_STREAM_REPLAY:
	case GB_EVENT_STREAM_STORM:
		say_stream(&w);
		break;
	default:
		snprintf(w.text, w.size, "Something of an unknown kind happened%s.", w.detail);
		break;
	}
	return text;
}
