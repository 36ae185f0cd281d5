/* SPDX-License-Identifier: Apache-2.0 */
#include "core/view.h"

#include <stdlib.h>
#include <string.h>

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

struct config *
view_config(const struct engine *e)
{
	return e->routing != NULL ? e->routing->config : NULL;
}

void
view_alerts(const struct engine *e, bool (*visit)(void *arg, struct alert *a), void *arg)
{
	HMAP_EACH(&e->alerts.records, node) {
		struct record *r = CONTAINER_OF(node, struct record, node);

		if (r->stored && !visit(arg, r->alert))
			return;
	}
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

/* As the last flush rendered them, or as a flush now would. */
static struct labels *
route_labels(struct engine *e, struct group *g, struct moment now, struct arena *arena)
{
	struct noted_alert *alerts;
	struct order_cursor at;
	size_t n = 0;

	if (g->route_labels != NULL)
		return g->route_labels;
	if (g->route->labels.n == 0 || e->port->route_labels == NULL) {
		g->route_labels = labels_empty();
		return g->route_labels;
	}
	alerts = ARENA_ARRAY(arena, g->members.n, struct noted_alert);
	for (struct member *m = order_first(&g->members, &at); m != NULL; m = order_next(&g->members, &at)) {
		struct alert *a = m->record->alert;

		alerts[n++] = (struct noted_alert){ a, alert_resolved_at(a, now.wall) };
	}
	g->route_labels = e->port->route_labels(e->port, e->routing->config, g->route, g->labels, alerts, n, now);
	return g->route_labels;
}

static void
show_group(struct engine *e, struct group *g, struct moment now, struct arena *arena, struct group_view *out)
{
	struct str *muted = ARENA_ARRAY(arena, g->muted_n, struct str);
	struct order_cursor at;

	out->route = g->route;
	out->receiver = g->route->receiver;
	out->labels = g->labels;
	out->route_labels = route_labels(e, g, now, arena);
	out->key = g->key;
	out->alerts = ARENA_ARRAY(arena, g->members.n, struct alert *);
	out->alerts_n = 0;
	for (struct member *m = order_first(&g->members, &at); m != NULL; m = order_next(&g->members, &at))
		out->alerts[out->alerts_n++] = m->record->alert;
	for (uint32_t i = 0; i < g->muted_n; i++)
		muted[i] = istr_str(g->muted_by[i]);
	out->muted_by = muted;
	out->muted_by_n = g->muted_n;
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

static void
count_alert(const struct record *r, struct view_gauges *out)
{
	enum mark worst = MARK_UNPROCESSED;

	for (const struct member *m = r->members; m != NULL; m = m->next)
		if (m->mark > worst)
			worst = m->mark;
	switch (worst) {
	case MARK_UNPROCESSED:
		out->alerts_unprocessed++;
		break;
	case MARK_ACTIVE:
		out->alerts_active++;
		break;
	case MARK_SUPPRESSED:
		out->alerts_suppressed++;
		break;
	}
}

static void
count_silences(const struct engine *e, struct wall now, struct view_gauges *out)
{
	HMAP_EACH(&e->silences.by_id, node) {
		const struct silence_entry *entry = CONTAINER_OF(node, struct silence_entry, node);

		out->silences_bytes += silence_wire_size(entry->silence, entry->expires);
		switch (silence_state_at(entry->silence, now)) {
		case SILENCE_ACTIVE:
			out->silences_active++;
			break;
		case SILENCE_PENDING:
			out->silences_pending++;
			break;
		case SILENCE_EXPIRED:
			out->silences_expired++;
			break;
		}
	}
}

void
view_gauges(struct engine *e, struct moment now, struct view_gauges *out)
{
	*out = (struct view_gauges){
		.groups = e->groups.n + groups_count_ended(e, now),
		.log_entries = nflog_count(e->nflog),
		.log_bytes = nflog_bytes(e->nflog),
		.silence_keys = e->silences.index.keys.n,
	};
	HMAP_EACH(&e->alerts.records, node) {
		const struct record *r = CONTAINER_OF(node, struct record, node);

		if (r->members != NULL && !alert_resolved_at(r->alert, now.wall))
			count_alert(r, out);
	}
	count_silences(e, now.wall, out);
}

static void
mark_group(const struct group *g, struct wall now, struct group_marks *out)
{
	struct order_cursor at;

	*out = (struct group_marks){ .key = g->key };
	for (struct member *m = order_first(&g->members, &at); m != NULL; m = order_next(&g->members, &at)) {
		if (alert_resolved_at(m->record->alert, now))
			continue;
		switch ((enum mark)m->mark) {
		case MARK_UNPROCESSED:
			out->unprocessed++;
			break;
		case MARK_ACTIVE:
			out->active++;
			break;
		case MARK_SUPPRESSED:
			out->suppressed++;
			break;
		}
	}
}

void
view_group_marks(const struct engine *e, struct moment now, struct arena *arena, struct group_marks **out,
    size_t *n_out)
{
	size_t n = 0;

	*out = ARENA_ARRAY(arena, e->groups.n, struct group_marks);
	HMAP_EACH(&e->groups, node)
		mark_group(CONTAINER_OF(node, struct group, node), now.wall, &(*out)[n++]);
	*n_out = n;
}
