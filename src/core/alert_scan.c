/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_scan.h"

#include "ahead.h"

/* To go on to the next alert; to note one that was found. */
#define STEP_UNITS 3
#define FOUND_UNITS 30
/* A quarter of all is too many, and so is half of those that were looked at, once they are an eighth of all. */
#define TOO_MANY 4
#define TOO_MANY_SO_FAR 2
#define ENOUGH_LOOKED 8
/* So many alerts ahead an entry's alert is asked for, then its labels, then the value that an expression will read. */
#define SCAN_ALERT_AHEAD 12
#define SCAN_LABELS_AHEAD 8
#define SCAN_VALUE_AHEAD 4

/* Entries in front of the one that is looked at. */
struct heralds {
	const struct alert_entry *alert, *labels, *value;
	const struct istr *name;	/* of the label that an expression reads; NULL: there is none */
	uint32_t place;			/* where that was the last time: mostly the same */
};

static const struct alert_entry *
steps_from(const struct alert_entry *r, int n)
{
	for (int i = 0; r != NULL && i < n; i++)
		r = r->newer;
	return r;
}

static struct heralds
heralds_of(const struct alert_entry *r, const struct matchers *ms)
{
	struct heralds h = { steps_from(r, SCAN_ALERT_AHEAD), steps_from(r, SCAN_LABELS_AHEAD), steps_from(r, SCAN_VALUE_AHEAD), NULL, 0 };

	for (size_t i = 0; i < ms->n && h.name == NULL; i++)
		if (ms->m[i].re != NULL)
			h.name = ms->m[i].name;
	return h;
}

static void
fetch_value(struct heralds *h, const struct labels *l)
{
	if (h->place >= labels_n(l) || labels_name(l, h->place) != h->name)
		for (h->place = 0; h->place < labels_n(l) && labels_name(l, h->place) != h->name; h->place++)
			;
	if (h->place < labels_n(l))
		fetch_lines(labels_value(l, h->place), 1);
}

static void
heralds_go(struct heralds *h)
{
	if (h->alert != NULL && (h->alert = h->alert->newer) != NULL)
		fetch_lines(h->alert->alert, 1);
	if (h->labels != NULL && (h->labels = h->labels->newer) != NULL)
		fetch_labels(h->labels->alert->labels);
	if (h->name != NULL && h->value != NULL && (h->value = h->value->newer) != NULL)
		fetch_value(h, h->value->alert->labels);
}

static int
by_labels(const void *key, const void *item)
{
	return labels_cmp(key, item);
}

/* It may have come to the end of the row again, and be there already. */
static void
note(struct alert_scan *s, struct labels *l, struct work *w)
{
	work_spend(w, FOUND_UNITS);
	if (order_find(&s->found, labels_fingerprint(l), l, by_labels) == NULL)
		order_insert(&s->found, labels_fingerprint(l), l, labels_ref(l), by_labels);
}

/* A match that was put off is kept for its alert alone. */
static void
put_off(struct alert_scan *s, struct labels *l)
{
	struct labels *was = s->labels;

	s->labels = l != NULL ? labels_ref(l) : NULL;
	labels_unref(was);
}

static enum match
look(struct alert_scan *s, const struct matchers *ms, struct labels *l, struct work *w)
{
	enum match m;

	if (s->labels != NULL && s->labels != l) {
		match_run_reset(&s->run);
		put_off(s, NULL);
	}
	m = matchers_match_some(ms, l, &s->run, w);
	if (m == MATCH_LATER || s->labels != NULL)
		put_off(s, m == MATCH_LATER ? l : NULL);
	return m;
}

static bool
is_too_many(const struct alert_scan *s)
{
	size_t all = s->alerts->order.n;

	return s->found.n > all / TOO_MANY || (s->looked > all / ENOUGH_LOOKED && s->found.n > s->looked / TOO_MANY_SO_FAR);
}

static void
forget_found(struct alert_scan *s)
{
	struct order_cursor at;

	for (struct labels *l = order_first(&s->found, &at); l != NULL; l = order_next(&s->found, &at))
		labels_unref(l);
	order_fini(&s->found);
	s->next = NULL;
}

static bool
look_at_all(struct alert_scan *s, const struct matchers *ms, struct work *w)
{
	struct heralds h = heralds_of(s->at.entry, ms);

	for (struct alert_entry *r; (r = s->at.entry) != NULL; alerts_advance(&s->at)) {
		enum match m;

		if (work_used_up(w))
			return false;
		heralds_go(&h);
		m = look(s, ms, r->alert->labels, w);
		if (m == MATCH_LATER)
			return false;
		work_spend(w, STEP_UNITS);
		s->looked++;
		if (m == MATCH_YES)
			note(s, r->alert->labels, w);
		if (is_too_many(s)) {
			s->given_up = true;
			break;
		}
	}
	return true;
}

bool
alert_scan_some(struct alert_scan *s, struct alerts *as, const struct matchers *ms, struct work *w)
{
	if (s->alerts == NULL) {
		s->alerts = as;
		alerts_begin(as, &s->at);
	}
	if (!s->at.active)
		return true;
	if (!look_at_all(s, ms, w))
		return false;
	alerts_end(as, &s->at);
	if (s->given_up)
		forget_found(s);
	else
		s->next = order_first(&s->found, &s->shown);
	return true;
}

struct alert_entry *
alert_scan_top(struct alert_scan *s)
{
	struct alert_entry *r = NULL;

	while (s->next != NULL && (r = alerts_find(s->alerts, s->next)) == NULL)
		alert_scan_pop(s);
	return r;
}

void
alert_scan_pop(struct alert_scan *s)
{
	s->next = order_next(&s->found, &s->shown);
}

void
alert_scan_fini(struct alert_scan *s)
{
	if (s->alerts == NULL)
		return;
	alerts_end(s->alerts, &s->at);
	forget_found(s);
	put_off(s, NULL);
	match_run_reset(&s->run);
	*s = (struct alert_scan){ 0 };
}
