/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a configuration has references to what is interned, so that they can be
 * taken over and given back in slices.
 */
#include "base/mem.h"
#include "conf.h"
#include "config/gateways.h"
#include "config/ui_conf.h"

/* Units (base/work.h). */
#define STRING_COST 20
#define SET_COST 60
/* With its matchers, to free. */
#define SILENCE_COST 500

struct holdings {
	/* The silences' are the last: those are shared, and go with their last reference. */
	struct istr ***strings;
	struct labels ***sets;
	size_t strings_n, sets_n;
	size_t own_strings_n, own_sets_n;
	size_t at;	/* how many of all were adopted, or released */
};

/* Without the lists it only counts. */
static void
hold_string(struct holdings *h, struct istr **at)
{
	if (h->strings != NULL)
		h->strings[h->strings_n] = at;
	h->strings_n++;
}

static void
hold_set(struct holdings *h, struct labels **at)
{
	if (h->sets != NULL)
		h->sets[h->sets_n] = at;
	h->sets_n++;
}

static void
hold_matchers(struct holdings *h, struct matchers *ms)
{
	for (size_t i = 0; i < ms->n; i++) {
		hold_string(h, &ms->m[i].name);
		hold_string(h, &ms->m[i].value);
	}
}

static void
hold_route(struct holdings *h, struct route *rt)
{
	hold_matchers(h, &rt->matchers);
	for (size_t i = 0; i < rt->routes_n; i++)
		hold_route(h, rt->routes[i]);
}

static void
hold_silence(struct holdings *h, struct silence *s)
{
	for (size_t i = 0; i < s->sets_n; i++)
		hold_matchers(h, &s->sets[i]);
	hold_string(h, &s->created_by);
	hold_string(h, &s->comment);
	hold_string(h, &s->source);
	hold_set(h, &s->annotations);
}

static void
hold_all(struct holdings *h, struct config *c)
{
	h->strings_n = h->sets_n = 0;
	hold_route(h, c->route);
	for (size_t i = 0; i < c->inhibit_rules_n; i++) {
		hold_matchers(h, &c->inhibit_rules[i].source);
		hold_matchers(h, &c->inhibit_rules[i].target);
	}
	for (size_t i = 0; c->ui != NULL && i < c->ui->heartbeats_n; i++)
		hold_matchers(h, &c->ui->heartbeats[i].compiled);
	for (size_t i = 0; i < c->gateways_n; i++)
		for (size_t k = 0; k < c->gateways[i].budget.exempt_n; k++)
			hold_matchers(h, &c->gateways[i].budget.exempt[k]);
	for (size_t i = 0; i < c->receivers_n; i++)
		hold_set(h, &c->receivers[i].labels);
	h->own_strings_n = h->strings_n;
	h->own_sets_n = h->sets_n;
	for (size_t i = 0; i < c->silences_n; i++)
		hold_silence(h, c->silences[i]);
}

void
holdings_list(struct config *c)
{
	struct holdings *h = ARENA_NEW(c->arena, struct holdings);

	hold_all(h, c);
	h->strings = ARENA_ARRAY(c->arena, h->strings_n + 1, struct istr **);
	h->sets = ARENA_ARRAY(c->arena, h->sets_n + 1, struct labels **);
	hold_all(h, c);
	c->holdings = h;
}

bool
config_adopt(struct config *c, struct work *w)
{
	struct holdings *h = c->holdings;

	for (; h->at < h->strings_n && !work_used_up(w); h->at++) {
		struct istr **at = h->strings[h->at];

		*at = istr_adopt(*at);
		work_spend(w, STRING_COST);
	}
	for (; h->at >= h->strings_n && h->at < h->strings_n + h->sets_n && !work_used_up(w); h->at++) {
		struct labels **at = h->sets[h->at - h->strings_n];

		*at = labels_adopt(*at);
		work_spend(w, SET_COST);
	}
	if (h->at < h->strings_n + h->sets_n)
		return false;
	h->at = 0;
	return true;
}

bool
config_release(struct config *c, struct work *w)
{
	struct holdings *h = c->holdings;

	for (; h->at < h->own_strings_n && !work_used_up(w); h->at++) {
		struct istr **at = h->strings[h->at];

		istr_unref(*at);
		*at = NULL;
		work_spend(w, STRING_COST);
	}
	for (; h->at >= h->own_strings_n && h->at < h->own_strings_n + h->own_sets_n && !work_used_up(w); h->at++) {
		struct labels **at = h->sets[h->at - h->own_strings_n];

		labels_unref(*at);
		*at = NULL;
		work_spend(w, SET_COST);
	}
	if (h->at < h->own_strings_n + h->own_sets_n)
		return false;
	for (; c->silences_n > 0 && !work_used_up(w); c->silences_n--) {
		silence_unref(c->silences[c->silences_n - 1]);
		work_spend(w, SILENCE_COST);
	}
	return c->silences_n == 0;
}
