/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree as the walk of the routes (routing.h) left it. Every route that was entered has led to one that was found:
 * those are the routes found and all above them. Siblings that were looked at before one of them were refused.
 */
#include "base/mem.h"
#include "explain_state.h"

void
explain_routes_note(struct explain_run *r)
{
	r->marks = mem_calloc(r->config->routes_n, 1);
	for (size_t i = 0; i < r->routing.found_n; i++) {
		const struct route *route = r->routing.found[i];

		r->marks[route->index] |= MARK_TAKES;
		for (; route != NULL && (r->marks[route->index] & MARK_ENTERED) == 0; route = route->parent)
			r->marks[route->index] |= MARK_ENTERED;
	}
}

void
explain_routes_fini(struct explain_run *r)
{
	match_run_reset(&r->match);
	mem_free(r->marks);
	r->marks = NULL;
	VEC_FINI(&r->steps);
	r->shown = false;
	r->matcher = 0;
}

static enum match
enter(struct explain_run *r, const struct route *route, struct explained_route *out)
{
	struct explain_step step = { .route = route };

	VEC_PUSH(&r->steps, step);
	out->route = route;
	out->matched = true;
	out->takes = (r->marks[route->index] & MARK_TAKES) != 0;
	return MATCH_YES;
}

/* Which of its matchers refuses the labels? */
static enum match
refuse(struct explain_run *r, const struct route *route, struct work *w, struct explained_route *out)
{
	for (; r->matcher < route->matchers.n; r->matcher++) {
		struct matchers one = { &route->matchers.m[r->matcher], 1 };
		enum match m = matchers_match_some(&one, r->labels, &r->match, w);

		if (m == MATCH_LATER)
			return MATCH_LATER;
		if (m == MATCH_NO)
			break;
	}
	out->route = route;
	out->refused_by = r->matcher < route->matchers.n ? &route->matchers.m[r->matcher] : NULL;
	r->matcher = 0;
	return MATCH_YES;
}

/* To look at a route. */
#define ROUTE_UNITS 20

enum match
explain_next_route(struct explain_run *r, struct work *w, struct explained_route *out)
{
	*out = (struct explained_route){ 0 };
	if (!r->shown) {
		r->shown = true;
		return enter(r, r->config->route, out);
	}
	for (; r->steps.n > 0; r->steps.n--) {
		struct explain_step *step = &r->steps.v[r->steps.n - 1];
		const struct route *child;
		enum match m;

		if (work_used_up(w))
			return MATCH_LATER;
		if (step->child == step->route->routes_n)
			continue;
		child = step->route->routes[step->child];
		out->depth = r->steps.n;
		out->place = step->child;
		if ((r->marks[child->index] & MARK_ENTERED) != 0) {
			/* Others are looked at only behind one that says so. */
			step->child = child->continue_ ? step->child + 1 : step->route->routes_n;
			return enter(r, child, out);
		}
		m = refuse(r, child, w, out);
		if (m != MATCH_LATER)
			step->child++;
		work_spend(w, ROUTE_UNITS);
		return m;
	}
	return MATCH_NO;
}
