/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_columns.h"

#include "alerts.h"
#include "base/mem.h"
#include "base/slab.h"

/* Taking an entry in; taking it out. */
#define ENTER_UNITS 60
#define FORGET_UNITS 40
/* Freeing a part, and so many of its entries for a unit. */
#define FREE_UNITS 20
#define FREE_ENTRIES 64

struct alert_column {
	struct istr *name;		/* owned reference */
	struct order parts;		/* struct alert_part, owned, by the hash of the value */
	struct labels *at;		/* all alerts are taken in up to here, if there are more; owned reference */
	bool made;			/* they all are */
	bool crowded;			/* it was given up: too many values */
	bool idle;			/* not used since the last sweep */
	uint64_t used;			/* the latest was greater */
	struct alerts_cursor latest;	/* those that came since it was begun */
	struct alert_column *next;	/* that is leaving */
};

static uint64_t
rank_of(const struct istr *value)
{
	return value != NULL ? value->hash : 0;
}

/* Equal values are the same string; what is not has an order that stays, for as long as both are here. */
static int
by_value(const void *value, const void *part)
{
	const struct istr *other = ((const struct alert_part *)part)->value;

	if (value == other)
		return 0;
	return (uintptr_t)value < (uintptr_t)other ? -1 : 1;
}

static struct istr *
value_in(const struct labels *l, const struct istr *name)
{
	struct istr *value = labels_value_of(l, name);

	return value != NULL && value->n > 0 ? value : NULL;
}

static struct alert_part *
find_part(const struct alert_column *c, const struct istr *value)
{
	return order_find(&c->parts, rank_of(value), value, by_value);
}

const struct alert_part *
alert_column_part(const struct alert_column *c, const struct istr *value)
{
	return find_part(c, value);
}

const struct alert_part *
alert_column_after(const struct alert_column *c, const struct istr *value, bool first)
{
	struct order_cursor at;

	return first ? order_first(&c->parts, &at) : order_after(&c->parts, rank_of(value), value, by_value);
}

/* The part of that value, a new one if there was none. */
static struct alert_part *
get_part(struct alert_column *c, struct istr *value)
{
	struct alert_part *p = find_part(c, value);

	if (p != NULL)
		return p;
	p = SLAB_NEW(struct alert_part);
	p->value = value != NULL ? istr_ref(value) : NULL;
	order_insert(&c->parts, rank_of(value), value, p, by_value);
	return p;
}

/* known: it may be in already. */
static void
take_in(struct alert_column *c, struct alert_entry *r, bool known)
{
	struct labels *l = r->alert->labels;
	struct alert_part *p = get_part(c, value_in(l, c->name));

	if (!known || order_find(&p->entries, labels_fingerprint(l), l, alert_order) == NULL)
		order_insert(&p->entries, labels_fingerprint(l), l, r, alert_order);
}

static void
take_out_part(struct alert_column *c, struct alert_part *p)
{
	order_remove(&c->parts, rank_of(p->value), p->value, by_value);
	order_fini(&p->entries);
	istr_unref(p->value);
	slab_free(p);
}

void
alert_columns_forget(struct alert_columns *cs, const struct alert_entry *r)
{
	const struct labels *l = r->alert->labels;

	for (size_t i = 0; i < ALERT_COLUMNS; i++) {
		struct alert_column *c = cs->v[i];
		struct alert_part *p = c != NULL ? find_part(c, value_in(l, c->name)) : NULL;

		if (p == NULL || order_find(&p->entries, labels_fingerprint(l), l, alert_order) != r)
			continue;
		order_remove(&p->entries, labels_fingerprint(l), l, alert_order);
		if (p->entries.n == 0)
			take_out_part(c, p);
	}
}

int64_t
alert_columns_units(const struct alert_columns *cs)
{
	int64_t units = 0;

	for (size_t i = 0; i < ALERT_COLUMNS; i++)
		units += cs->v[i] != NULL ? FORGET_UNITS : 0;
	return units;
}

/* It takes in nothing more, and will be freed. */
static void
leave(struct alert_columns *cs, struct alerts *as, size_t i)
{
	struct alert_column *c = cs->v[i];

	alerts_end(as, &c->latest);
	labels_unref(c->at);
	c->at = NULL;
	c->next = cs->leaving;
	cs->leaving = c;
	cs->v[i] = NULL;
}

bool
alert_columns_free_some(struct alert_columns *cs, struct work *w)
{
	struct alert_column *c;
	struct order_cursor at;

	while ((c = cs->leaving) != NULL) {
		for (struct alert_part *p; (p = order_first(&c->parts, &at)) != NULL;) {
			if (work_used_up(w))
				return false;
			work_spend(w, FREE_UNITS + (int64_t)(p->entries.n / FREE_ENTRIES));
			take_out_part(c, p);
		}
		cs->leaving = c->next;
		istr_unref(c->name);
		mem_free(c);
	}
	return true;
}

static struct alert_column *
find(const struct alert_columns *cs, const struct istr *name)
{
	for (size_t i = 0; i < ALERT_COLUMNS; i++)
		if (cs->v[i] != NULL && cs->v[i]->name == name)
			return cs->v[i];
	return NULL;
}

static void
forget_asked(struct column_asked *a)
{
	istr_unref(a->name);
	*a = (struct column_asked){ 0 };
}

bool
alert_columns_worth(struct alert_columns *cs, struct istr *name)
{
	struct column_asked *a = NULL;

	if (find(cs, name) != NULL)
		return true;
	for (size_t i = 0; i < COLUMN_ASKED && a == NULL; i++)
		if (cs->asked[i].name == name)
			a = &cs->asked[i];
	if (a == NULL) {
		a = &cs->asked[cs->asked_next];
		cs->asked_next = (cs->asked_next + 1) % COLUMN_ASKED;
		forget_asked(a);
		a->name = istr_ref(name);
	}
	a->idle = false;
	if (++a->times <= COLUMN_ASKS)
		return false;
	forget_asked(a);
	return true;
}

void
alert_columns_sweep(struct alert_columns *cs, struct alerts *as)
{
	for (size_t i = 0; i < ALERT_COLUMNS; i++) {
		struct alert_column *c = cs->v[i];

		if (c != NULL && c->idle)
			leave(cs, as, i);
		else if (c != NULL)
			c->idle = true;
	}
	for (size_t i = 0; i < COLUMN_ASKED; i++) {
		if (cs->asked[i].idle)
			forget_asked(&cs->asked[i]);
		cs->asked[i].idle = true;
	}
}

void
alert_columns_fini(struct alert_columns *cs, struct alerts *as)
{
	struct work all = { INT64_MAX };

	for (size_t i = 0; i < ALERT_COLUMNS; i++)
		if (cs->v[i] != NULL)
			leave(cs, as, i);
	for (size_t i = 0; i < COLUMN_ASKED; i++)
		forget_asked(&cs->asked[i]);
	(void)alert_columns_free_some(cs, &all);
}

bool
alert_columns_have(const struct alert_columns *cs, const struct istr *name)
{
	const struct alert_column *c = find(cs, name);

	return c != NULL && c->made;
}

/* So many uses of others after its last one, a column that is being made was forsaken. */
#define FORSAKEN 1000

static bool
may_leave(const struct alert_columns *cs, const struct alert_column *c)
{
	return c->made || c->crowded || cs->uses - c->used > FORSAKEN;
}

/* NULL: there is no place. */
static struct alert_column *
begin(struct alert_columns *cs, struct alerts *as, struct istr *name)
{
	struct alert_column *c;
	size_t place = ALERT_COLUMNS;

	for (size_t i = 0; i < ALERT_COLUMNS; i++) {
		if (cs->v[i] == NULL) {
			place = i;
			break;
		}
		if (may_leave(cs, cs->v[i]) && (place == ALERT_COLUMNS || cs->v[i]->used < cs->v[place]->used))
			place = i;
	}
	if (place == ALERT_COLUMNS)
		return NULL;
	if (cs->v[place] != NULL)
		leave(cs, as, place);
	c = NEW(struct alert_column);
	c->name = istr_ref(name);
	alerts_begin_behind(as, &c->latest);
	cs->v[place] = c;
	return c;
}

/* The walk through all that are there. */
static bool
make_some(struct alerts *as, struct alert_column *c, size_t most, struct work *w)
{
	struct alert_entry *last = NULL;
	struct order_cursor at;
	struct alert_entry *r = alerts_after_at(as, c->at, &at);

	for (; r != NULL && !work_used_up(w) && c->parts.n <= most; r = order_next(&as->order, &at)) {
		alerts_fetch_ahead(&as->order, &at);
		take_in(c, r, false);
		work_spend(w, ENTER_UNITS + (int64_t)(labels_n(r->alert->labels) / 8));
		last = r;
	}
	c->made = r == NULL;
	if (last != NULL) {
		labels_unref(c->at);
		c->at = c->made ? NULL : labels_ref(last->alert->labels);
	}
	return c->made;
}

static bool
take_in_latest(struct alert_column *c, struct work *w)
{
	for (struct alert_entry *r; (r = c->latest.entry) != NULL; alerts_advance(&c->latest)) {
		if (work_used_up(w))
			return false;
		work_spend(w, ENTER_UNITS + (int64_t)(labels_n(r->alert->labels) / 8));
		take_in(c, r, true);
	}
	return true;
}

/* The column keeps nothing but that there were too many. */
static void
give_up(struct alert_columns *cs, struct alerts *as, struct alert_column *c)
{
	struct alert_column *shell = NEW(struct alert_column);

	*shell = (struct alert_column){ .name = istr_ref(c->name), .crowded = true, .used = c->used };
	for (size_t i = 0; i < ALERT_COLUMNS; i++)
		if (cs->v[i] == c) {
			leave(cs, as, i);
			cs->v[i] = shell;
		}
}

bool
alert_columns_get(struct alert_columns *cs, struct alerts *as, struct istr *name, bool few, struct work *w,
    struct alert_column **out)
{
	struct alert_column *c = find(cs, name);

	*out = NULL;
	if (!alert_columns_free_some(cs, w))
		return false;
	if (c == NULL)
		c = begin(cs, as, name);
	if (c == NULL)
		return true;
	c->used = ++cs->uses;
	c->idle = false;
	if (c->crowded && few)
		return true;
	if (c->crowded) {
		c->crowded = false;
		alerts_begin_behind(as, &c->latest);
	}
	if ((c->made || make_some(as, c, few ? COLUMN_FEW : SIZE_MAX, w)) && take_in_latest(c, w)) {
		*out = few && c->parts.n > COLUMN_FEW ? NULL : c;
		return true;
	}
	if (!few || c->made || c->parts.n <= COLUMN_FEW)
		return false;
	give_up(cs, as, c);
	return true;
}
