/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Budgets: how many messages leave by a gateway in a second, to one recipient in an hour, and in a day. The last two are counted
 * from deliveries: each counts once, when its first request by that gateway leaves.
 */
#include "config/ui_conf.h"
#include "engine_state.h"

#define HOUR (60 * SPAN_MIN)
#define DAY (24 * HOUR)

/* An alert of a suppressed message is looked at for how bad it is, up to so many. */
#define WORST_OF 1000

static const struct budget *
budget_of(const struct engine *e, struct str gateway)
{
	const struct gateway *g = e->routing != NULL ? config_gateway(e->routing->config, gateway) : NULL;

	return g != NULL ? &g->budget : NULL;
}

/* By time; newer ones are behind. */
static void
insert_hour(struct person *p, struct held *h)
{
	struct list_node *at = p->hour.last;

	while (at != NULL && wall_after(CONTAINER_OF(at, struct held, hour_place)->d.charged, h->d.charged))
		at = at->prev;
	list_insert_behind(&p->hour, at, &h->hour_place);
	h->in_hour = true;
	p->hour_n++;
}

static void
insert_day(struct gate *g, struct held *h)
{
	struct list_node *at = g->day.last;

	while (at != NULL && wall_after(CONTAINER_OF(at, struct held, day_place)->d.charged, h->d.charged))
		at = at->prev;
	list_insert_behind(&g->day, at, &h->day_place);
	h->in_day = true;
	g->day_n++;
}

static void
leave_hour(struct held *h)
{
	if (!h->in_hour)
		return;
	list_remove(&h->person->hour, &h->hour_place);
	h->in_hour = false;
	h->person->hour_n--;
}

static void
leave_day(struct held *h)
{
	struct gate *g = h->person->gate;

	if (!h->in_day)
		return;
	list_remove(&g->day, &h->day_place);
	h->in_day = false;
	g->day_n--;
}

void
budget_uncharge(struct held *h)
{
	leave_hour(h);
	leave_day(h);
}

void
budget_charge(struct held *h, struct moment now)
{
	budget_uncharge(h);
	h->d.charged = wall_utc(now.wall);
	insert_hour(h->person, h);
	insert_day(h->person->gate, h);
}

/* How long ago; a time that is still to come, as the clock was set back, is now. */
static span
age(struct wall t, struct moment now)
{
	span passed = wall_sub(now.wall, t);

	return passed > 0 ? passed : 0;
}

void
budget_restored(struct engine *e, struct held *h, struct moment now)
{
	if (!wall_is_zero(h->d.charged) && age(h->d.charged, now) < HOUR)
		insert_hour(h->person, h);
	if (!wall_is_zero(h->d.charged) && age(h->d.charged, now) < DAY)
		insert_day(h->person->gate, h);
	if (h->d.state == DELIVERY_SUPPRESSED && !h->d.digested)
		digest_owe(e, h, now);
}

static void
forget_old(struct person *p, struct moment now)
{
	struct held *h;

	while ((h = LIST_ITEM(p->hour.first, struct held, hour_place)) != NULL && age(h->d.charged, now) >= HOUR)
		leave_hour(h);
	while ((h = LIST_ITEM(p->gate->day.first, struct held, day_place)) != NULL && age(h->d.charged, now) >= DAY)
		leave_day(h);
}

static struct mono
later(struct mono a, struct mono b)
{
	return a.ns > b.ns ? a : b;
}

/* That charge does not count any more. */
static struct mono
over_at(const struct held *h, span window, struct moment now)
{
	return mono_add(now.mono, window - age(h->d.charged, now));
}

/* The charge that has to go before a budget has room: of n in order the limit-th from the end, found from the nearer one. */
static struct list_node *
in_the_way(const struct list *charges, size_t n, size_t limit)
{
	struct list_node *at = limit < n / 2 ? charges->last : charges->first;

	if (limit < n / 2)
		for (size_t i = 1; i < limit; i++)
			at = at->prev;
	else
		for (size_t i = n - limit; i > 0; i--)
			at = at->next;
	return at;
}

struct mono
budget_opens(struct engine *e, struct person *p, struct moment now)
{
	const struct budget *b = budget_of(e, istr_str(p->gate->name));
	struct mono at = now.mono;
	struct list_node *n;

	forget_old(p, now);
	if (b == NULL)
		return at;
	if (b->per_person_hour > 0 && p->hour_n >= b->per_person_hour) {
		n = in_the_way(&p->hour, p->hour_n, b->per_person_hour);
		at = later(at, over_at(CONTAINER_OF(n, struct held, hour_place), HOUR, now));
	}
	if (b->per_day > 0 && p->gate->day_n >= b->per_day) {
		n = in_the_way(&p->gate->day, p->gate->day_n, b->per_day);
		at = later(at, over_at(CONTAINER_OF(n, struct held, day_place), DAY, now));
	}
	return at;
}

static bool
is_exempt(const struct budget *b, const struct notification *n)
{
	for (size_t i = 0; i < n->alerts_n; i++)
		for (size_t k = 0; k < b->exempt_n; k++)
			if (!n->alerts[i].resolved && matchers_match(&b->exempt[k], n->alerts[i].alert->labels))
				return true;
	return false;
}

static struct str
name_of(const struct notification *n, const struct labels *worst)
{
	struct str name = worst != NULL ? labels_get(worst, STR("alertname")) : STR_NONE;

	return name.n > 0 ? name : labels_get(n->group_labels, STR("alertname"));
}

/* The words of a digest for what h would have told. */
static void
note_worst(struct held *h, const struct notification *n)
{
	const struct ui_severity *s = &config_ui(n->config)->severity;
	const struct labels *worst = NULL;
	size_t least = SIZE_MAX;

	h->d.alerts = 0;
	for (size_t i = 0; i < n->alerts_n; i++) {
		const struct labels *l = n->alerts[i].alert->labels;
		size_t rank;

		if (n->alerts[i].resolved)
			continue;
		if (h->d.alerts++ >= WORST_OF)
			continue;
		rank = ui_severity_rank(s, labels_get(l, s->label));
		if (rank < least) {
			least = rank;
			worst = l;
		}
	}
	delivery_name(h, NAME_SEVERITY, worst != NULL ? labels_get(worst, s->label) : STR_NONE);
	delivery_name(h, NAME_WORST, name_of(n, worst));
}

static bool
suppresses(struct engine *e, struct held *h, const struct notification *n, struct moment now)
{
	const struct budget *b = budget_of(e, h->d.gateway);

	return b != NULL && n->digest == NULL && (b->per_person_hour > 0 || b->per_day > 0) &&
	    budget_opens(e, h->person, now).ns > now.mono.ns && !is_exempt(b, n);
}

static void
suppress(struct engine *e, struct held *h, const struct notification *n, struct moment now)
{
	note_worst(h, n);
	delivery_set(e, h, DELIVERY_SUPPRESSED, false, now);
	digest_owe(e, h, now);
}

/* Each request has a time of its own, one behind the other. One behind its attempt's end is nobody's: it never leaves. */
static enum admission
pace(const struct budget *b, struct gate *g, struct mono deadline, struct moment now, struct mono *at)
{
	if (b == NULL || b->per_second == 0)
		return ADMIT_GO;
	*at = later(g->next, now.mono);
	if (at->ns > deadline.ns) {
		*at = mono_add(deadline, SPAN_S);
		return ADMIT_LATER;
	}
	g->next = mono_add(*at, SPAN_S / (span)b->per_second);
	return at->ns > now.mono.ns ? ADMIT_LATER : ADMIT_GO;
}

static enum admission
admit(struct engine *e, const struct notification *n, struct mono deadline, struct str gateway, struct str recipient,
    struct moment now, struct mono *at)
{
	struct held *h = delivery_of(e, n, recipient, gateway, now);

	/* Told by a digest, or about to be. */
	if (h->d.digested || h->owed == OWED_COVERED)
		return ADMIT_SUPPRESS;
	/* It may have been charged for a gateway that was asked before. */
	if (h->owed == OWED_NOT)
		delivery_by(e, h, gateway);
	if (wall_is_zero(h->d.charged)) {
		if (suppresses(e, h, n, now)) {
			if (h->owed == OWED_NOT)
				suppress(e, h, n, now);
			return ADMIT_SUPPRESS;
		}
		digest_owe_not(e, h);
		delivery_by(e, h, gateway);
		budget_charge(h, now);
		if (h->d.state == DELIVERY_SUPPRESSED)
			delivery_set(e, h, DELIVERY_PENDING, false, now);
		else
			delivery_save(e, h);
	}
	return pace(budget_of(e, gateway), h->person->gate, deadline, now, at);
}

enum admission
engine_admit(struct engine *e, uint64_t attempt, struct str gateway, struct str recipient, struct moment now, struct mono *at)
{
	const struct notification *n = NULL;
	struct mono deadline = mono_add(now.mono, DIGEST_ATTEMPT_TIME);
	enum admission out = ADMIT_GO;
	const struct digesting *g;
	const struct leg *leg;

	engine_enter(e, now);
	if ((leg = leg_find(e, attempt)) != NULL) {
		n = &leg->note;
		deadline = leg->flight->deadline;
	} else if ((g = digest_find(e, attempt)) != NULL) {
		n = &g->note;
	}
	if (n != NULL)
		out = admit(e, n, deadline, gateway, recipient, now, at);
	engine_leave(e, now);
	return out;
}
