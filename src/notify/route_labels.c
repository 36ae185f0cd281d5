/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/route_labels.h"

#include "notify/data.h"

enum label_state { LABEL_OPEN, LABEL_RENDERING, LABEL_DONE, LABEL_FAILED };

/* One rendering of all labels of a group; each label is rendered once, on first use. */
struct route_rendering {
	struct str_pairs labels;
	bool html;
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
		    STR_ARG(r->labels.v[i].key));
	if (r->states[i] == LABEL_FAILED) {
		*e = r->errors[i];
		return false;
	}
	r->states[i] = LABEL_RENDERING;
	if ((r->html ? tmpl_html : tmpl_text)(r->set, r->labels.v[i].value, r->data, r->arena, &r->env, &r->rendered[i],
		&r->errors[i])) {
		r->states[i] = LABEL_DONE;
		return true;
	}
	r->states[i] = LABEL_FAILED;
	*e = r->errors[i];
	return false;
}

bool
notify_route_label(void *arg, struct str name, struct str *out, struct err *e)
{
	struct route_rendering *r = arg;

	*out = STR("");
	for (size_t i = 0; i < r->labels.n; i++)
		if (str_eq(r->labels.v[i].key, name)) {
			if (!render_label(r, i, e))
				return false;
			*out = r->rendered[i];
		}
	return true;
}

struct route_rendering *
notify_route_rendering(struct tmpl_set *set, const struct str_pairs *labels, bool html, struct value data,
    const struct tmpl_env *env, struct arena *a)
{
	struct route_rendering *r = ARENA_NEW(a, struct route_rendering);

	*r = (struct route_rendering){
		.labels = *labels,
		.html = html,
		.set = set,
		.arena = a,
		.env = *env,
		.data = data,
		.states = ARENA_ARRAY(a, labels->n, enum label_state),
		.rendered = ARENA_ARRAY(a, labels->n, struct str),
		.errors = ARENA_ARRAY(a, labels->n, struct err),
	};
	r->env.route_label = notify_route_label;
	r->env.route_label_arg = r;
	return r;
}

static struct labels *
collect(struct route_rendering *r, const struct notify_env *env, const struct notification *n)
{
	struct label_pair *pairs = ARENA_ARRAY(r->arena, r->labels.n, struct label_pair);
	size_t kept = 0;

	for (size_t i = 0; i < r->labels.n; i++) {
		struct err e = { 0 };

		if (render_label(r, i, &e))
			pairs[kept++] = (struct label_pair){ r->labels.v[i].key, r->rendered[i] };
		else if (env->route_label_failed != NULL)
			env->route_label_failed(env->arg, n, r->labels.v[i].key, str_from(e.text));
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
		.config = (struct config *)(uintptr_t)c,
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
	struct tmpl_env now_and_here = { .now = now.wall, .local = zone_local() };
	struct route_rendering *rendering = notify_route_rendering(c->tmpl, &r->labels, false,
	    notify_data(&n, 0, 0, env, a), &now_and_here, a);

	out = collect(rendering, env, &n);
	labels_unref(none);
	arena_free(&a);
	return out;
}
