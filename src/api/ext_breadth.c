/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_breadth.h"

#include "base/mem.h"

/* To compare a matcher with one of a route. */
#define COMPARE_UNITS 2
#define ROUTE_UNITS 5

/*
 * Does it leave out no alert that is likely to come? An expression is not read but tried, with values that have nothing in
 * common. Alerts have an alertname; any other label may be missing.
 */
static bool
takes_all(const struct matcher *m)
{
	static const char *const tries[] = { "a", "Z-9_x", "0", "/ :\xc3\xa9" };

	if (!str_is(istr_str(m->name), "alertname") && !matcher_matches_value(m, STR("")))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(tries); i++)
		if (!matcher_matches_value(m, str_from(tries[i])))
			return false;
	return true;
}

static bool
excludes(const struct matcher *m)
{
	return (m->op == MATCH_NE || m->op == MATCH_NRE) && m->value->n > 0;
}

static void
collect(struct breadth *b, const struct route *r)
{
	VEC_PUSH(&b->routes, r);
	for (size_t i = 0; i < r->routes_n; i++)
		collect(b, r->routes[i]);
}

void
breadth_begin(struct breadth *b, const struct matchers *ms, const struct config *c)
{
	*b = (struct breadth){ .chosen.m = mem_calloc(ms->n + 1, sizeof(ms->m[0])) };
	for (size_t i = 0; i < ms->n; i++)
		if (!takes_all(&ms->m[i]))
			b->chosen.m[b->chosen.n++] = ms->m[i];
		else if (excludes(&ms->m[i]))
			b->excludes = true;
	b->reached = mem_calloc(c->receivers_n + 1, sizeof(bool));
	b->spared = mem_calloc(c->receivers_n + 1, sizeof(bool));
	collect(b, c->route);
}

void
breadth_fini(struct breadth *b)
{
	mem_free(b->chosen.m);
	mem_free(b->reached);
	mem_free(b->spared);
	VEC_FINI(&b->routes);
	*b = (struct breadth){ 0 };
}

static bool
stands_on_way(const struct matcher *m, const struct route *r, struct work *w)
{
	for (; r != NULL; r = r->parent) {
		work_spend(w, (int64_t)r->matchers.n * COMPARE_UNITS + ROUTE_UNITS);
		for (size_t i = 0; i < r->matchers.n; i++)
			if (matcher_eq(m, &r->matchers.m[i]))
				return true;
	}
	return false;
}

bool
breadth_some(struct breadth *b, struct work *w)
{
	for (; b->at < b->routes.n; b->at++) {
		const struct route *r = b->routes.v[b->at];
		bool whole = true;

		if (work_used_up(w))
			return false;
		work_spend(w, ROUTE_UNITS);
		for (size_t i = 0; whole && i < b->chosen.n; i++)
			whole = stands_on_way(&b->chosen.m[i], r, w);
		b->reached[r->receiver->index] = true;
		b->spared[r->receiver->index] |= !whole;
	}
	return true;
}

bool
breadth_is_everything(const struct breadth *b)
{
	return b->chosen.n == 0;
}

bool
breadth_is_whole(const struct breadth *b, size_t receiver)
{
	return b->reached[receiver] && !b->spared[receiver];
}
