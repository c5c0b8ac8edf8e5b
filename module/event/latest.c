/* SPDX-License-Identifier: Apache-2.0 */
/* The log of the latest events. */
#include <goose-bridge/event.h>

#include <stdlib.h>
#include <string.h>

struct entry {
	uint64_t number;
	struct gb_event event;
};

struct gb_event_log {
	size_t capacity;
	size_t count;
	uint64_t added;
	size_t of_kind[GB_EVENT_KIND_COUNT + 1]; /* how many there are of each; the last: of kinds that are none */
	struct entry **by_age; /* the oldest first */
	struct entry entry[];
};

struct gb_event_log *gb_event_log_create(size_t capacity)
{
	struct gb_event_log *log;

	if (capacity == 0 || capacity > (SIZE_MAX - sizeof(*log)) / sizeof(log->entry[0]))
		return NULL;
	log = calloc(1, sizeof(*log) + capacity * sizeof(log->entry[0]));
	if (!log)
		return NULL;
	log->capacity = capacity;
	log->by_age = calloc(capacity, sizeof(*log->by_age));
	if (log->by_age)
		return log;
	free(log);
	return NULL;
}

void gb_event_log_destroy(struct gb_event_log *log)
{
	if (!log)
		return;
	free(log->by_age);
	free(log);
}

static size_t *count_of(struct gb_event_log *log, const struct gb_event *event)
{
	return &log->of_kind[(unsigned)event->kind < GB_EVENT_KIND_COUNT ? event->kind : GB_EVENT_KIND_COUNT];
}

/* Where in by_age the one stands that has to go: the oldest of those kinds that have most. */
static size_t superfluous(struct gb_event_log *log)
{
	size_t most = 0, at = 0;

	for (size_t i = 0; i <= GB_EVENT_KIND_COUNT; i++)
		most = log->of_kind[i] > most ? log->of_kind[i] : most;
	while (at + 1 < log->count && *count_of(log, &log->by_age[at]->event) < most)
		at++;
	return at;
}

/* A place that is free, or becomes so. */
static struct entry *make_room(struct gb_event_log *log)
{
	struct entry *entry;
	size_t at;

	if (log->count < log->capacity)
		return &log->entry[log->count];
	at = superfluous(log);
	entry = log->by_age[at];
	--*count_of(log, &entry->event);
	log->count--;
	memmove(&log->by_age[at], &log->by_age[at + 1], (log->count - at) * sizeof(log->by_age[0]));
	return entry;
}

void gb_event_log_add(struct gb_event_log *log, const struct gb_event *event)
{
	struct entry *entry;

	++*count_of(log, event); /* before room is made: a kind that has most already makes it itself */
	entry = make_room(log);
	entry->number = ++log->added;
	entry->event = *event;
	entry->event.text[GB_EVENT_TEXT - 1] = '\0';
	log->by_age[log->count++] = entry;
}

size_t gb_event_log_count(const struct gb_event_log *log)
{
	return log->count;
}

const struct gb_event *gb_event_log_at(const struct gb_event_log *log, size_t index)
{
	return index < log->count ? &log->by_age[index]->event : NULL;
}

uint64_t gb_event_log_number(const struct gb_event_log *log, size_t index)
{
	return index < log->count ? log->by_age[index]->number : 0;
}
