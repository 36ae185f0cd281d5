/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/route_labels.h"

#include "notify/data.h"
#include "tmpl/tmpl.h"

enum label_state { LABEL_OPEN, LABEL_RENDERING, LABEL_DONE, LABEL_FAILED };

/* One rendering of all labels of a group; each label is rendered once, on first use. */
struct route_rendering {
	const struct route *route;
	struct tmpl_set *set;
	struct arena *arena;
	struct tmpl_env env;
	struct value data;
	enum label_state *states;
	struct str *rendered;
	struct err *errors;	/* of the labels that failed */
};

static bool
render_label(struct route_rendering *r, size_t i, struct err *e)
{
	if (r->states[i] == LABEL_DONE)
		return true;
	if (r->states[i] == LABEL_RENDERING)
		return err_set(e, ERR_INVALID, "route label \"%.*s\" refers to itself",
		    STR_ARG(r->route->labels.v[i].key));
	if (r->states[i] == LABEL_FAILED) {
		*e = r->errors[i];
		return false;
	}
	r->states[i] = LABEL_RENDERING;
	if (tmpl_text(r->set, r->route->labels.v[i].value, r->data, r->arena, &r->env, &r->rendered[i],
		&r->errors[i])) {
		r->states[i] = LABEL_DONE;
		return true;
	}
	r->states[i] = LABEL_FAILED;
	*e = r->errors[i];
	return false;
}

/* The template function routeLabels: unknown names are empty. */
static bool
other_label(void *arg, struct str name, struct str *out, struct err *e)
{
	struct route_rendering *r = arg;

	*out = STR("");
	for (size_t i = 0; i < r->route->labels.n; i++)
		if (str_eq(r->route->labels.v[i].key, name)) {
			if (!render_label(r, i, e))
				return false;
			*out = r->rendered[i];
		}
	return true;
}

static struct labels *
collect(struct route_rendering *r, const struct notify_env *env, const struct notification *n)
{
	struct label_pair *pairs = ARENA_ARRAY(r->arena, r->route->labels.n, struct label_pair);
	size_t kept = 0;

	for (size_t i = 0; i < r->route->labels.n; i++) {
		struct err e = { 0 };

		if (render_label(r, i, &e))
			pairs[kept++] = (struct label_pair){ r->route->labels.v[i].key, r->rendered[i] };
		else if (env->route_label_failed != NULL)
			env->route_label_failed(env->arg, n, r->route->labels.v[i].key, str_from(e.text));
	}
	return labels_new(pairs, kept);
}

struct labels *
notify_route_labels(const struct notify_env *env, const struct config *c, const struct route *r,
    struct labels *group_labels, struct noted_alert *alerts, size_t alerts_n, struct moment now)
{
	size_t count = r->labels.n;
	struct arena *a;
	struct labels *none, *out;

	if (count == 0)
		return labels_empty();
	a = arena_new();
	none = labels_empty();
	struct notification n = {
		.route = r,
		.receiver = r->receiver,
		.group_key = STR(""),
		.group_labels = group_labels,
		.route_labels = none,
		.alerts = alerts,
		.alerts_n = alerts_n,
		.reason = REASON_UNKNOWN,
		.flushed = now.wall,
		.arena = a,
	};
	struct route_rendering rendering = {
		.route = r,
		.set = c->tmpl,
		.arena = a,
		.env = { .now = now.wall, .local = zone_local() },
		.data = notify_data(&n, 0, env, a),
		.states = ARENA_ARRAY(a, count, enum label_state),
		.rendered = ARENA_ARRAY(a, count, struct str),
		.errors = ARENA_ARRAY(a, count, struct err),
	};
	rendering.env.route_label = other_label;
	rendering.env.route_label_arg = &rendering;
	out = collect(&rendering, env, &n);
	labels_unref(none);
	arena_free(&a);
	return out;
}
