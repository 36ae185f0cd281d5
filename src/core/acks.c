/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Acknowledgements: silences of certain alerts, that have an owner (core/engine.h).
 *
 * Alertmanager and the programs around it see matchers, so those are as narrow as a few of them can be. The
 * fingerprints keep out alerts that match and are not meant.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/view.h"
#include "model/label_find.h"
#include "engine_state.h"
#include "silence_edit.h"

/* Bounds on one label, in one matcher. */
#define VALUES_MAX 100
#define PATTERN_MAX 4096
/* Matchers of one acknowledgement, the cost that making them may have, and that of one alert's value of one label. */
#define NAMES_MAX 100
#define NAMING_UNITS (2 * WORK_TURN)
#define VALUE_UNITS 4
/* The cost that looking for others' acknowledgements may have. */
#define CONFLICT_UNITS (4 * WORK_TURN)
#define LOOK_UNITS 40
/* Others that one may take the place of: so many end in a turn of the loop. */
#define ENDS_MAX 1000

struct acking {
	struct engine *engine;
	const struct ack_request *request;
	struct moment now;
	VEC(struct alert_entry *) entries;	/* that are named */
	VEC(struct silence_entry *) ends;	/* acknowledgements that this one takes the place of */
	struct silence *draft;
	struct work work;
};

static bool
fires(const struct alert_entry *r, struct wall now)
{
	return r->stored && !alert_resolved_at(r->alert, now);
}

static bool
take_entry(struct acking *a, struct alert_entry *r, struct err *err)
{
	if (r == NULL || !fires(r, a->now.wall))
		return true;
	if (a->entries.n == SILENCE_ALERTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d alerts: acknowledge them by matchers", SILENCE_ALERTS_MAX);
	VEC_PUSH(&a->entries, r);
	return true;
}

static int
by_fingerprint(const void *a, const void *b)
{
	const struct alert_entry *const *x = a, *const *y = b;
	uint64_t p = labels_fingerprint((*x)->alert->labels), q = labels_fingerprint((*y)->alert->labels);

	return (p > q) - (p < q);
}

/* One that is named twice is one. */
static void
drop_doubles(struct acking *a)
{
	size_t n = 0;

	if (a->entries.n < 2)
		return;
	qsort(a->entries.v, a->entries.n, sizeof(a->entries.v[0]), by_fingerprint);
	for (size_t i = 0; i < a->entries.n; i++)
		if (n == 0 || a->entries.v[i] != a->entries.v[n - 1])
			a->entries.v[n++] = a->entries.v[i];
	a->entries.n = n;
}

static bool
collect(struct acking *a, struct err *err)
{
	const struct ack_request *rq = a->request;
	struct order_cursor at;

	if (rq->group != NULL)
		for (struct member *m = order_first(&rq->group->members, &at); m != NULL; m = order_next(&rq->group->members, &at))
			if (!take_entry(a, m->entry, err))
				return false;
	for (size_t i = 0; i < rq->fingerprints_n; i++)
		if (!take_entry(a, alerts_find_fingerprint(&a->engine->alerts, rq->fingerprints[i]), err))
			return false;
	if (rq->fingerprints != NULL)
		drop_doubles(a);
	return a->entries.n > 0 || rq->matchers != NULL || err_set(err, ERR_NOT_FOUND, "none of these alerts fires");
}

/* As regexp.QuoteMeta. */
static void
put_literal(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\0' && strchr("\\.+*?()|[]{}^$", s.p[i]) != NULL)
			sbuf_putc(b, '\\');
		sbuf_putc(b, s.p[i]);
	}
}

static int
by_text(const void *a, const void *b)
{
	const struct istr *const *x = a, *const *y = b;

	return str_cmp(istr_str(*x), istr_str(*y));
}

/* The values that the alerts have of that label; 0: too many, not all have one, or there is no time to look. */
static size_t
values_of(struct acking *a, const struct istr *name, const struct istr *out[VALUES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < a->entries.n; i++) {
		const struct labels *l = a->entries.v[i]->alert->labels;
		uint32_t at = label_find(l, name);
		const struct istr *value = at < labels_n(l) ? labels_value(l, at) : NULL;
		size_t k = 0;

		work_spend(&a->work, VALUE_UNITS);
		while (value != NULL && k < n && out[k] != value)
			k++;
		if (value == NULL || k == VALUES_MAX || work_used_up(&a->work))
			return 0;
		out[k] = value;
		n = k == n ? n + 1 : n;
	}
	qsort(out, n, sizeof(out[0]), by_text);
	return n;
}

static void
add_matcher(struct acking *a, struct matchers *ms, const struct istr *name)
{
	const struct istr *values[VALUES_MAX];
	size_t n = values_of(a, name, values);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct matcher m;

	if (n == 1)
		sbuf_str(&b, istr_str(values[0]));
	for (size_t i = 0; n > 1 && i < n; i++) {
		if (i > 0)
			sbuf_putc(&b, '|');
		put_literal(&b, istr_str(values[i]));
	}
	if (n == 1 || (n > 1 && b.n <= PATTERN_MAX)) {
		/* A pattern that is too large for an expression is left out as well. */
		if (matcher_init(&m, n == 1 ? MATCH_EQ : MATCH_RE, istr_str(name), sbuf_get(&b), NULL))
			matchers_append(ms, &m);
	}
	sbuf_fini(&b);
}

/*
 * Makes matchers of the labels that all of them have in common: of as many as there is time for. The fingerprints say which
 * alerts are meant; matchers only have to be narrow enough for who knows no fingerprints.
 */
static bool
find_matchers(struct acking *a, struct matchers *ms, struct err *err)
{
	const struct labels *l = a->entries.v[0]->alert->labels;

	a->work.left = NAMING_UNITS;
	for (uint32_t i = 0; i < labels_n(l) && ms->n < NAMES_MAX && !work_used_up(&a->work); i++)
		add_matcher(a, ms, labels_name(l, i));
	return ms->n > 0 || err_set(err, ERR_LIMIT,
	    "these alerts have no label in common with at most %d values: acknowledge fewer of them at once", VALUES_MAX);
}

static void
set_text(struct istr **at, struct str s)
{
	istr_unref(*at);
	*at = istr_get(s);
}

static void
put_comment(struct silence *s, struct str comment)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (!str_starts(comment, STR("ACK!")))
		sbuf_puts(&b, comment.n > 0 ? "ACK! " : "ACK!");
	sbuf_str(&b, comment);
	set_text(&s->comment, sbuf_get(&b));
	sbuf_fini(&b);
}

static bool
make_draft(struct acking *a, struct err *err)
{
	const struct ack_request *rq = a->request;
	struct silence *s = a->draft = silence_new();
	VEC(uint64_t) fingerprints = { 0 };

	set_text(&s->created_by, rq->owner);
	put_comment(s, rq->comment);
	if (rq->annotations != NULL) {
		labels_unref(s->annotations);
		s->annotations = labels_ref(rq->annotations);
	}
	s->starts = wall_utc(a->now.wall);
	s->ends = wall_add(s->starts, rq->longest);
	s->extra = silence_extra_new();
	s->extra->ack = s->extra->ends_with_alert = true;
	s->extra->notify_resolved = rq->notify_resolved;
	silence_add_set(s);
	if (rq->matchers != NULL) {
		matchers_copy(&s->sets[0], rq->matchers);
		return true;
	}
	s->covered = true;
	for (size_t i = 0; i < a->entries.n; i++)
		VEC_PUSH(&fingerprints, labels_fingerprint(a->entries.v[i]->alert->labels));
	silence_extra_set_fingerprints(s->extra, fingerprints.v, fingerprints.n);
	VEC_FINI(&fingerprints);
	return find_matchers(a, &s->sets[0], err);
}

/* How much of what another acknowledgement has is in this one. */
enum part { PART_NONE, PART_SOME, PART_ALL };

/* Both lists are sorted. If there is no time for them it is some: their alert is in both. */
static enum part
part_by_names(struct acking *a, const struct silence *of)
{
	const struct silence_extra *x = of->extra, *draft = a->draft->extra;
	size_t n = 0, k = 0;

	if (work_used_up(&a->work))
		return PART_SOME;
	work_spend(&a->work, (int64_t)(x->fingerprints_n + draft->fingerprints_n));
	for (size_t i = 0; i < x->fingerprints_n; i++) {
		while (k < draft->fingerprints_n && draft->fingerprints[k] < x->fingerprints[i])
			k++;
		n += k < draft->fingerprints_n && draft->fingerprints[k] == x->fingerprints[i];
	}
	return n == 0 ? PART_NONE : n == x->fingerprints_n ? PART_ALL : PART_SOME;
}

static enum part
part_by_matchers(struct acking *a, const struct silence *of)
{
	size_t fire = 0, n = 0;

	if (of->extra->fingerprints_n == 0)
		return silence_same_cover(of, a->draft) ? PART_ALL : PART_NONE;
	for (size_t i = 0; i < of->extra->fingerprints_n && !work_used_up(&a->work); i++) {
		const struct alert_entry *r = alerts_find_fingerprint(&a->engine->alerts, of->extra->fingerprints[i]);
		struct match_run run = { 0 };

		work_spend(&a->work, LOOK_UNITS);
		if (r == NULL || !fires(r, a->now.wall))
			continue;
		fire++;
		n += matchers_match_some(&a->draft->sets[0], r->alert->labels, &run, &a->work) == MATCH_YES;
		match_run_reset(&run);
	}
	return n == 0 ? PART_NONE : n == fire ? PART_ALL : PART_SOME;
}

/* False: it is another's, and stays so. */
static bool
yield(struct acking *a, struct silence_entry *entry, enum part part, struct err *err)
{
	const struct silence *s = entry->silence;
	bool own = s->created_by == a->draft->created_by;

	if (part == PART_NONE || (own && part != PART_ALL))
		return true;
	if (!own && !a->request->take_over)
		return err_set(err, ERR_CONFLICT, "already acknowledged by %.*s", STR_ARG(istr_str(s->created_by)));
	if (a->ends.n == ENDS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d acknowledgements would end: acknowledge fewer alerts at once", ENDS_MAX);
	VEC_PUSH(&a->ends, entry);
	return true;
}

/* Many of the alerts may be held by the same one: it is judged once. */
static bool
was_judged(struct acking *a, struct silence_entry *entry)
{
	uint64_t now = a->engine->silences.ackings;

	if (entry->watch == NULL)
		return false;
	if (entry->watch->judged == now)
		return true;
	entry->watch->judged = now;
	return false;
}

static bool
find_held_by(struct acking *a, const struct alert_entry *r, struct ack_result *out, struct err *err)
{
	struct silences_run run = { 0 };
	size_t active;

	/* If there is no time for new silences, those that are known count. */
	if (!silences_match_some(&a->engine->silences, r, a->now.wall, &run, &a->work, &active))
		silences_run_reset(&run);
	for (uint32_t i = 0; i < r->silences_n; i++) {
		struct silence_entry *entry = r->silences[i];
		const struct silence *s = entry->silence;

		if (!silence_is_ack(s) || entry->gone || silence_state_at(s, a->now.wall) != SILENCE_ACTIVE || was_judged(a, entry))
			continue;
		if (yield(a, entry, s->extra->fingerprints_n > 0 ? part_by_names(a, s) : PART_SOME, err))
			continue;
		out->held = err->kind == ERR_CONFLICT ? s : NULL;
		return false;
	}
	return true;
}

static bool
find_held(struct acking *a, struct ack_result *out, struct err *err)
{
	a->work.left = CONFLICT_UNITS;
	a->engine->silences.ackings++;
	for (size_t i = 0; i < a->entries.n; i++)
		if (!find_held_by(a, a->entries.v[i], out, err))
			return false;
	if (a->request->matchers == NULL)
		return true;
	LIST_EACH(&a->engine->silences.watches, node) {
		struct silence_entry *entry = CONTAINER_OF(node, struct silence_watch, place)->entry;

		if (work_used_up(&a->work))
			break;
		work_spend(&a->work, 1);
		if (!silence_is_ack(entry->silence) || silence_state_at(entry->silence, a->now.wall) != SILENCE_ACTIVE)
			continue;
		if (was_judged(a, entry) || yield(a, entry, part_by_matchers(a, entry->silence), err))
			continue;
		out->held = err->kind == ERR_CONFLICT ? entry->silence : NULL;
		return false;
	}
	return true;
}

/* The new one comes before the others go, so that what both cover is covered all the while. */
static bool
put_in_place(struct acking *a, struct ack_result *out, struct err *err)
{
	struct engine *e = a->engine;
	struct silence_change c;

	if (!silences_set(&e->silences, a->draft, &e->port->rand, a->now.wall, &c, err))
		return false;
	memcpy(out->id, c.set->silence->id, sizeof(out->id));
	out->alerts = a->entries.n;
	silence_watch(e, c.set);
	tell_silence(e, c.set, EVENT_SILENCE_CREATED, SILENCE_BY_REQUEST, a->now);
	for (size_t i = 0; i < a->ends.n; i++) {
		struct silence_entry *ended;
		bool ok = silences_expire(&e->silences, str_from(a->ends.v[i]->silence->id), a->now.wall, &ended, err);

		assert(ok);
		if (ok && ended != NULL)
			tell_silence(e, ended, EVENT_SILENCE_EXPIRED, SILENCE_BY_REQUEST, a->now);
	}
	return true;
}

bool
engine_ack(struct engine *e, const struct ack_request *r, struct moment now, struct ack_result *out, struct err *err)
{
	struct acking a = { .engine = e, .request = r, .now = now };
	bool ok;

	*out = (struct ack_result){ 0 };
	if (r->owner.n == 0)
		return err_set(err, ERR_INVALID, "an acknowledgement needs an owner");
	if (r->longest <= 0)
		return err_set(err, ERR_INVALID, "an acknowledgement has to last for some time");
	engine_enter(e, now);
	ok = collect(&a, err) && make_draft(&a, err) && find_held(&a, out, err) && put_in_place(&a, out, err);
	silence_unref(a.draft);
	VEC_FINI(&a.entries);
	VEC_FINI(&a.ends);
	engine_leave(e, now);
	return ok;
}
