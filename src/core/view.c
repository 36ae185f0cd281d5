/* SPDX-License-Identifier: Apache-2.0 */
#include "core/view.h"

#include <string.h>

#include "base/mem.h"
#include "engine_state.h"

static void
silenced_by(struct engine *e, struct record *r, struct wall now, struct arena *arena, struct alert_status *out)
{
	const struct silence **active;
	const char **ids;
	size_t n = silences_match(&e->silences, r, now);

	if (n == 0)
		return;
	active = ARENA_ARRAY(arena, r->silences_n, const struct silence *);
	n = silences_active(r, now, active);
	ids = ARENA_ARRAY(arena, n, const char *);
	for (size_t i = 0; i < n; i++)
		ids[i] = active[i]->id;
	out->silenced_by = ids;
	out->silenced_by_n = n;
}

void
view_alert_status(struct engine *e, const struct alert *a, struct moment now, struct arena *arena,
    struct alert_status *out)
{
	struct record spare = { .alert = (struct alert *)(uintptr_t)a };
	struct record *r = alerts_find(&e->alerts, a->labels);
	const struct record *source;

	engine_see_clock(e, now);
	*out = (struct alert_status){ 0 };
	if (r == NULL)
		r = &spare;
	silenced_by(e, r, now.wall, arena, out);
	source = e->inhibitor != NULL ? inhibit_source(e->inhibitor, r, now.wall) : NULL;
	if (source != NULL) {
		out->inhibited = true;
		out->inhibited_by = source->alert->labels->fingerprint;
	}
	if (r == &spare) {
		if (e->inhibitor != NULL)
			inhibit_forget(e->inhibitor, r);
		silences_forget(r);
	}
}

/* What a status costs that is known already. */
#define STATUS_UNITS 30

struct status_run {
	char none;
};

struct status_run *
status_run_new(void)
{
	return NEW(struct status_run);
}

void
status_run_free(struct status_run **run)
{
	mem_free(*run);
	*run = NULL;
}

bool
view_alert_status_some(struct engine *e, const struct alert *a, struct moment now, struct status_run *run,
    struct work *w, struct arena *arena, struct alert_status *out)
{
	(void)run;
	work_spend(w, STATUS_UNITS);
	view_alert_status(e, a, now, arena, out);
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
	struct record *r = alerts_find_fingerprint(&e->alerts, fingerprint);

	return r != NULL && r->stored ? r->alert : NULL;
}

void
view_match_routes(const struct engine *e, const struct labels *l, struct arena *arena, const struct route ***out,
    size_t *n_out)
{
	const struct record *r = alerts_find(&e->alerts, l);
	const struct route_list *list = r != NULL ? r->routes : NULL;

	if (list == NULL)
		list = routing_match(e->routing, l);
	*out = ARENA_ARRAY(arena, list->n, const struct route *);
	*n_out = list->n;
	memcpy(*out, list->routes, list->n * sizeof(list->routes[0]));
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
show_group(struct engine *e, struct group *g, struct moment now, struct arena *arena, struct group_view *out)
{
	struct order_cursor at;

	out->route = g->route;
	out->receiver = g->route->receiver;
	out->labels = g->labels;
	/* The group keeps what was rendered. */
	labels_unref(view_route_labels(e, g, now, arena));
	out->route_labels = g->route_labels;
	out->key = g->key;
	out->alerts = ARENA_ARRAY(arena, g->members.n, struct alert *);
	out->alerts_n = 0;
	for (struct member *m = order_first(&g->members, &at); m != NULL; m = order_next(&g->members, &at))
		out->alerts[out->alerts_n++] = m->record->alert;
	view_group_muted(g, arena, &out->muted_by, &out->muted_by_n);
	out->flushed = g->flushed;
	out->next_flush = wall_add(now.wall, mono_sub(g->due, now.mono));
}

void
view_groups(struct engine *e, struct moment now, struct arena *arena, struct group_view **out, size_t *n_out)
{
	struct order_cursor at;
	size_t n = 0;

	*out = ARENA_ARRAY(arena, e->groups.n, struct group_view);
	for (struct group *g = order_first(&e->groups_order, &at); g != NULL; g = order_next(&e->groups_order, &at))
		show_group(e, g, now, arena, &(*out)[n++]);
	*n_out = n;
}

struct silence *
view_silence(const struct engine *e, struct str id)
{
	const struct silence_entry *entry = silences_find(&e->silences, id);

	return entry != NULL ? entry->silence : NULL;
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
