/* SPDX-License-Identifier: Apache-2.0 */
#include "core/view.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "engine_state.h"

static void
show_verdict(const struct verdict *v, struct arena *arena, struct alert_status *out)
{
	const char **ids;

	if (v->cause == MUTE_INHIBITION) {
		out->inhibited = true;
		out->inhibited_by = labels_fingerprint(v->by.inhibition.source->labels);
		out->rule = v->by.inhibition.rule;
	} else if (v->cause == MUTE_SILENCE) {
		ids = ARENA_ARRAY(arena, v->by.silences.n, const char *);
		for (size_t i = 0; i < v->by.silences.n; i++) {
			ids[i] = v->by.silences.v[i]->id;
			if (silence_is_ack(v->by.silences.v[i]))
				out->acked_by = v->by.silences.v[i];
		}
		out->silenced_by = ids;
		out->silences = v->by.silences.v;
		out->silenced_by_n = v->by.silences.n;
	}
}

/* The cost of a status that is known already. */
#define STATUS_UNITS 30

/* A run that was put off depends on the label set and the configuration: both stay until it is done with. */
struct status_run {
	struct labels *labels;	/* owned references; NULL: nothing was put off */
	struct config *config;
	const struct inhibitor *inhibitor;
	struct stage_run stages;
};

static void
forget_run(struct status_run *run)
{
	stage_run_reset(&run->stages);
	labels_unref(run->labels);
	config_unref(run->config);
	*run = (struct status_run){ 0 };
}

struct status_run *
status_run_new(void)
{
	return NEW(struct status_run);
}

void
status_run_free(struct status_run **run)
{
	if (*run == NULL)
		return;
	forget_run(*run);
	mem_free(*run);
	*run = NULL;
}

/*
 * All stages that judge alerts, whatever those before them say; what was found by the
 * call before is remembered by the entry. False: w is used up.
 */
static bool
find_status(const struct stage_facts *facts, const struct alert_entry *r, struct stage_run *run, struct work *w,
    struct alert_status *out)
{
	*out = (struct alert_status){ 0 };
	for (enum stage at = 0; at < STAGE_N; at++) {
		struct verdict v = { .stage = at };

		if (stages[at].scope == STAGE_GROUP)
			continue;
		if (work_used_up(w) || !stages[at].judge(facts, r, run, w, &v))
			return false;
		show_verdict(&v, facts->arena, out);
	}
	return true;
}

void
view_alert_status(const struct engine *e, const struct alert *a, struct moment now, struct arena *arena,
    struct alert_status *out)
{
	const struct stage_facts facts = { .engine = e, .now = now.wall, .seen = now.wall, .arena = arena };
	struct alert_entry spare = { .alert = (struct alert *)(uintptr_t)a };
	const struct alert_entry *r = alerts_find(&e->alerts, a->labels);
	struct stage_run run = { 0 };
	struct work all = { INT64_MAX };
	bool done = find_status(&facts, r != NULL ? r : &spare, &run, &all, out);

	assert(done);
	(void)done;
	if (e->inhibitor != NULL)
		inhibit_forget(e->inhibitor, &spare);
	silences_forget(&spare);
}

bool
view_entry_status_some(const struct engine *e, const struct alert_entry *r, struct moment now, struct status_run *run,
    struct work *w, struct arena *arena, struct alert_status *out)
{
	const struct stage_facts facts = { .engine = e, .now = now.wall, .seen = now.wall, .arena = arena };
	struct labels *labels = r->alert->labels;

	if (work_used_up(w))
		return false;
	if (run->labels != NULL &&
	    (run->labels != labels || run->config != view_config(e) || run->inhibitor != e->inhibitor))
		forget_run(run);
	if (!find_status(&facts, r, &run->stages, w, out)) {
		if (run->labels == NULL) {
			run->labels = labels_ref(labels);
			run->config = e->routing != NULL ? config_ref(e->routing->config) : NULL;
			run->inhibitor = e->inhibitor;
		}
		return false;
	}
	forget_run(run);
	work_spend(w, STATUS_UNITS);
	return true;
}

struct config *
view_config(const struct engine *e)
{
	return e->routing != NULL ? e->routing->config : NULL;
}

size_t
view_alerts_count(const struct engine *e)
{
	return e->alerts.stored;
}

struct alert *
view_alert(const struct engine *e, uint64_t fingerprint)
{
	struct alert_entry *r = alerts_find_fingerprint(&e->alerts, fingerprint);

	return r != NULL && r->stored ? r->alert : NULL;
}

void
view_match_config(struct config *c, const struct labels *l, struct arena *arena, const struct route ***out,
    size_t *n_out)
{
	struct routing *r = routing_new(c);
	const struct route_list *list = routing_match(r, l);

	*out = ARENA_ARRAY(arena, list->n, const struct route *);
	*n_out = list->n;
	memcpy(*out, list->routes, list->n * sizeof(list->routes[0]));
	routing_free(&r);
}

static void
show_group(const struct group *g, struct moment now, struct arena *arena, struct group_view *out)
{
	struct order_cursor at;

	out->route = g->route;
	out->receiver = g->route->receiver;
	out->labels = g->labels;
	out->key = istr_str(g->key);
	out->alerts = ARENA_ARRAY(arena, g->members.n, struct alert *);
	out->alerts_n = 0;
	for (struct member *m = order_first(&g->members, &at); m != NULL; m = order_next(&g->members, &at))
		out->alerts[out->alerts_n++] = m->entry->alert;
	view_group_muted(g, arena, &out->muted_by, &out->muted_by_n);
	out->flushed = g->flushed;
	out->next_flush = wall_add(now.wall, mono_sub(g->due, now.mono));
}

void
view_groups(const struct engine *e, struct moment now, struct arena *arena, struct group_view **out, size_t *n_out)
{
	struct order_cursor at;
	size_t n = 0;

	*out = ARENA_ARRAY(arena, e->groups.n, struct group_view);
	for (struct group *g = order_first(&e->groups_order, &at); g != NULL; g = order_next(&e->groups_order, &at))
		show_group(g, now, arena, &(*out)[n++]);
	*n_out = n;
}

struct silence *
view_silence(const struct engine *e, struct str id)
{
	const struct silence_entry *entry = silences_find(&e->silences, id);

	return entry != NULL ? entry->silence : NULL;
}

struct wall
view_silence_held(const struct engine *e, struct str id)
{
	const struct silence_entry *entry = silences_find(&e->silences, id);

	return entry != NULL ? wall_utc(entry->held) : WALL_ZERO;
}

void
view_silences(const struct engine *e, struct arena *arena, struct silence ***out, size_t *n_out)
{
	size_t n = 0;

	*out = ARENA_ARRAY(arena, e->silences.by_id.n, struct silence *);
	HMAP_EACH(&e->silences.by_id, node)
		(*out)[n++] = CONTAINER_OF(node, struct silence_entry, node)->silence;
	*n_out = n;
}

const struct counters *
view_counters(const struct engine *e)
{
	return &e->counters;
}
