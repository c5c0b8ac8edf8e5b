/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor_model.h"

#include "monitor_values.h"
#include "result.h"
#include "words.h"

#include <goose-bridge/clock.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

/* ---- the service ---------------------------------------------------------------------------------------------------- */

struct making {
	struct monitor_model *model;
	const struct monitor_model *before; /* NULL: none of the same run of the service */
	uint64_t elapsed_ns;
	uint64_t utc_ns;
};

static bool take_warnings(struct monitor_model *model, struct json_object *warnings)
{
	size_t count = result_length(warnings);

	if (count == 0)
		return true;
	model->warning = calloc(count, sizeof(*model->warning));
	if (!model->warning)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(warnings, i));

		monitor_clean(model->warning[model->warnings++], MONITOR_LINE, text ? text : "");
	}
	return true;
}

static void take_membership(struct monitor_path *path, struct json_object *membership, uint64_t utc_ns)
{
	char words[WORDS_MAX];

	if (!membership)
		return;
	monitor_clean(path->membership, sizeof(path->membership), words_membership(membership, utc_ns, words, sizeof(words)));
	path->not_member = strcmp(result_text(membership, "state", "member"), "member") != 0 ||
			   strcmp(result_text(membership, "querier_state", ""), "lost") == 0;
}

static void take_paths(struct monitor_model *model, struct json_object *answer, uint64_t utc_ns)
{
	struct json_object *paths = result_get(answer, "paths");

	for (size_t i = 0; i < result_length(paths) && model->paths < MONITOR_PATHS; i++) {
		struct json_object *object = json_object_array_get_idx(paths, i), *own = result_get(object, "membership");
		struct monitor_path *path = &model->path[model->paths++];
		char words[WORDS_MAX];

		monitor_clean(path->ends, sizeof(path->ends), words_path_ends(object, words, sizeof(words)));
		monitor_clean(path->kind, sizeof(path->kind), words_path_kind(object, words, sizeof(words)));
		monitor_clean_key(path->detail, sizeof(path->detail), object, "detail", "");
		path->broken = !result_yes(object, "goose0_up") || !result_yes(object, "network_up") ||
			       !result_yes(object, "member");
		/* that of the first path stands above them all, too */
		take_membership(path, own || i > 0 ? own : result_get(answer, "membership"), utc_ns);
	}
}

/* GOOSE frames that were read from goose0 are counted apart by whether they had a tag. */
static struct monitor_count sum(struct monitor_count a, struct monitor_count b)
{
	return (struct monitor_count){
		.value = a.value + b.value,
		.known = a.known && b.known,
		.grown = a.grown + b.grown,
		.grown_ns = a.grown_ns > b.grown_ns ? a.grown_ns : b.grown_ns,
		.rate = a.rate < 0 || b.rate < 0 ? -1 : a.rate + b.rate,
	};
}

static void take_rates(const struct making *making, struct json_object *answer)
{
	struct json_object *statistics = result_get(answer, "statistics"), *counters = result_get(answer, "counters");
	struct monitor_model *model = making->model;
	const struct monitor_model *before = making->before;
	uint64_t elapsed_ns = making->elapsed_ns, now_ns = model->at_ns;

#define TAKE(field, object, key) \
	model->field = monitor_count_of(object, key, before ? &before->field : NULL, elapsed_ns, now_ns)
	TAKE(untagged_out, statistics, "goose_received");
	TAKE(tagged_out, statistics, "vlan_goose_received");
	TAKE(datagrams_out, statistics, "goose_to_ip");
	TAKE(datagrams_in, counters, "datagrams_from_ip");
	TAKE(frames_in, statistics, "ip_to_goose");
	TAKE(errors, statistics, "errors");
#undef TAKE
	model->frames_out = sum(model->untagged_out, model->tagged_out);
}

/* ---- drops and peers ------------------------------------------------------------------------------------------------ */

static const struct monitor_count *drop_before(const struct monitor_model *before, const char *reason)
{
	for (size_t i = 0; before && i < before->drops; i++)
		if (strcmp(before->drop[i].reason, reason) == 0)
			return &before->drop[i].count;
	return NULL;
}

/* What grows first, each half in the service's order. */
static void growing_first(struct monitor_model *model)
{
	struct monitor_drop sorted[MONITOR_DROPS];
	size_t used = 0;

	for (int growing = 1; growing >= 0; growing--)
		for (size_t i = 0; i < model->drops; i++)
			if (monitor_grows(&model->drop[i].count, model->at_ns) == growing)
				sorted[used++] = model->drop[i];
	memcpy(model->drop, sorted, used * sizeof(sorted[0]));
}

static void take_drops(const struct making *making, struct json_object *drops)
{
	/* a reason that is first needed now was 0 before */
	static const struct monitor_count none = {.known = true};
	struct monitor_model *model = making->model;

	if (!json_object_is_type(drops, json_type_object))
		return;
	json_object_object_foreach(drops, reason, value) {
		struct monitor_drop *drop = &model->drop[model->drops];
		const struct monitor_count *before;

		if (json_object_get_uint64(value) == 0 || model->drops == MONITOR_DROPS)
			continue;
		monitor_clean(drop->reason, sizeof(drop->reason), reason);
		before = drop_before(making->before, drop->reason);
		if (!before && making->before)
			before = &none;
		drop->count = monitor_count_of(drops, reason, before, making->elapsed_ns, model->at_ns);
		model->drops++;
	}
	growing_first(model);
}

static const struct monitor_peer *peer_before(const struct monitor_model *before, const struct monitor_peer *peer)
{
	for (size_t i = 0; before && i < before->peers; i++)
		if (strcmp(before->peer[i].address, peer->address) == 0 &&
		    strcmp(before->peer[i].sender_id, peer->sender_id) == 0)
			return &before->peer[i];
	return NULL;
}

static bool take_peers(const struct making *making, struct json_object *peers)
{
	struct monitor_model *model = making->model;
	size_t count = result_length(peers);

	if (count == 0)
		return true;
	model->peer = calloc(count, sizeof(*model->peer));
	if (!model->peer)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct json_object *object = json_object_array_get_idx(peers, i);
		struct monitor_peer *peer = &model->peer[model->peers++];

		monitor_clean_key(peer->address, sizeof(peer->address), object, "address", "-");
		monitor_clean_key(peer->sender_id, sizeof(peer->sender_id), object, "sender_id", "legacy");
		monitor_clean_key(peer->version, sizeof(peer->version), object, "version", "");
		peer->age_s = monitor_age_of(object, "last_seen", making->utc_ns);

		const struct monitor_peer *before = peer_before(making->before, peer);

		peer->lost = monitor_count_of(object, "lost", before ? &before->lost : NULL, making->elapsed_ns, model->at_ns);
	}
	return true;
}

/* ---- all of it ------------------------------------------------------------------------------------------------------ */

static bool says_null(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	return json_object_is_type(object, json_type_object) && json_object_object_get_ex(object, key, &value) && !value;
}

static void take_service(struct monitor_model *model, struct json_object *answer)
{
	struct json_object *statistics = result_get(answer, "statistics");

	monitor_clean_key(model->version, sizeof(model->version), answer, "version", "");
	monitor_clean_key(model->state, sizeof(model->state), answer, "state", "unknown");
	monitor_clean_key(model->started, sizeof(model->started), statistics, "start_time", "");
	model->uptime_s = json_object_get_double(result_get(statistics, "uptime"));
}

struct monitor_model *monitor_model_create(const struct monitor_model *before, struct json_object *answer, uint64_t now_ns,
					   uint64_t utc_ns)
{
	struct monitor_model *model = calloc(1, sizeof(*model));
	struct making making = {.model = model, .before = before, .utc_ns = utc_ns};

	if (!model)
		return NULL;
	model->at_ns = now_ns;
	take_service(model, answer);
	if (before) {
		model->restarted = strcmp(model->started, before->started) != 0 || model->uptime_s < before->uptime_s;
		making.elapsed_ns = now_ns - before->at_ns;
	}
	if (model->restarted)
		making.before = NULL; /* all counts began anew */
	take_paths(model, answer, utc_ns);
	model->unsupervised = says_null(answer, "stream_counts");
	take_rates(&making, answer);
	take_drops(&making, result_get(answer, "drops"));
	if (!take_warnings(model, result_get(answer, "warnings")) || !take_peers(&making, result_get(answer, "peers")) ||
	    !monitor_streams_take(model, making.before, result_get(answer, "streams"), utc_ns)) {
		monitor_model_destroy(model);
		return NULL;
	}
	return model;
}

void monitor_model_destroy(struct monitor_model *model)
{
	if (!model)
		return;
	free(model->warning);
	free(model->peer);
	free(model->stream);
	free(model);
}
