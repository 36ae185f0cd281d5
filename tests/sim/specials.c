/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Silences that end or come again by themselves, and acknowledgements: what is made of them, and what they do.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/tz.h"
#include "model/schedule.h"
#include "sim.h"

#define DAY (24 * SPAN_HOUR)
#define NEVER INT64_MAX

bool
quiet_window(const struct quiet *q, int64_t now, int64_t *starts, int64_t *ends)
{
	const struct special *x = &q->x;

	if (!x->recurs || now >= x->until)
		return false;
	for (int64_t day = now / DAY - 1; day <= now / DAY + 8; day++) {
		int weekday = (int)((day + 4) % 7);
		int64_t from = day * DAY + x->from * SPAN_MIN, to = day * DAY + x->to * SPAN_MIN + (x->to > x->from ? 0 : DAY);

		if ((x->weekdays >> weekday & 1) == 0 || to <= now)
			continue;
		*starts = from;
		*ends = to < x->until ? to : x->until;
		return from < x->until;
	}
	return false;
}

/* Does it keep a silence that covers it? */
static bool
keeps(const struct day *d, const struct quiet *q, int alert)
{
	bool member = false;

	for (size_t i = 0; i < d->groups.n; i++)
		member |= (d->groups.v[i]->members & bit(alert)) != 0;
	if (!is_resolved(d, alert, wall_now(d)))
		return d->alerts[alert].stored || member;
	return member && q->covered && !q->x.notify;
}

static void
end_with_alerts(struct day *d, struct quiet *q)
{
	bool any = false;

	for (int i = 0; i < d->alerts_n; i++)
		any |= (q->alerts & bit(i)) != 0 && keeps(d, q, i);
	if (any) {
		q->covered = true;
	} else if (q->covered) {
		q->ends = wall_now(d);
		q->expires = q->ends + d->eo.retention;
		q->over = true;
		d->upset++;
		sim_say(d, "%s ends with its alerts", q->id);
	}
}

static void
come_again(struct day *d, struct quiet *q)
{
	int64_t starts, ends;

	q->stepped = false;
	if (!quiet_window(q, wall_now(d), &starts, &ends)) {
		q->over = true;
		return;
	}
	if (ends == q->ends)
		return;
	q->starts = starts;
	q->ends = ends;
	q->expires = ends + d->eo.retention;
	d->upset++;
	sim_say(d, "%s comes again in %.0f s", q->id, (double)(starts - wall_now(d)) / 1e9);
}

void
model_quiets(struct day *d)
{
	int64_t now = wall_now(d);

	for (size_t i = 0; i < d->quiets.n; i++) {
		struct quiet *q = &d->quiets.v[i];

		q->may_cover = 0;
		if (q->over)
			continue;
		if (q->x.recurs && (now > q->ends || q->stepped))
			come_again(d, q);
		else if (now > q->ends)
			q->over = true;
		else if (q->x.ends_with && now >= q->starts)
			end_with_alerts(d, q);
	}
}

void
model_quiet_goes_on(struct day *d, const struct silence *s)
{
	for (size_t i = 0; i < d->quiets.n; i++) {
		struct quiet *q = &d->quiets.v[i];

		if (strcmp(s->id, q->id) != 0 || !q->x.recurs || q->over || !(wall_now(d) > q->ends || q->stepped))
			continue;
		come_again(d, q);
		if (q->starts <= wall_now(d) && wall_now(d) <= q->ends)
			model_stage_again(d);
	}
}

/* Whether it is seen to fire before it is posted again, in the same moment, the engine says as it saves the silence. */
void
quiets_posted(struct day *d, int alert)
{
	for (size_t i = 0; i < d->quiets.n; i++)
		if (!is_resolved(d, alert, wall_now(d)))
			d->quiets.v[i].may_cover |= d->quiets.v[i].alerts & bit(alert);
}

void
quiet_end(struct day *d, struct quiet *q)
{
	int64_t now = wall_now(d);

	if (now > q->ends)
		return;
	if (now < q->starts)
		q->starts = now;
	q->ends = now;
	q->expires = now + d->eo.retention;
	q->over = true;
	if (q->x.recurs)
		q->x.until = now;
}

/* An edit that says nothing of it leaves this: see engine_silence_set. */
struct special
special_inherited(const struct day *d, const struct quiet *old, bool same)
{
	struct special x = old->x;
	int64_t starts, ends;

	x.owner = -1;	/* nobody says who he is */
	if (x.recurs && !quiet_window(old, wall_now(d), &starts, &ends)) {
		x.recurs = false;
		x.named = 0;
	}
	if (!same)
		x.named = 0;
	return x;
}

struct special
special_random(struct day *d)
{
	struct special x = { .until = NEVER };

	if (chance(d, 1, 2)) {
		x.ends_with = true;
		x.notify = chance(d, 1, 2);
	} else {
		x.recurs = true;
		x.weekdays = (uint8_t)(chance(d, 1, 2) ? 127 : 1 + below(d, 127));
		x.from = 10 * below(d, 144);
		x.to = (x.from + 10 * (1 + below(d, 20))) % 1440;
		if (chance(d, 1, 4))
			x.until = wall_now(d) + (int64_t)(1 + below(d, 20)) * SPAN_HOUR;
	}
	return x;
}

struct silence_extra *
special_extra(const struct special *x)
{
	struct silence_extra *out = silence_extra_new();

	out->ends_with_alert = x->ends_with;
	out->notify_resolved = x->notify;
	if (!x->recurs)
		return out;
	out->schedule = NEW(struct schedule);
	out->schedule->location = zone_utc();
	out->schedule->until = x->until == NEVER ? WALL_ZERO : wall_from_ns(x->until);
	out->schedule->windows[out->schedule->n++] = (struct schedule_window){ x->weekdays, (uint16_t)x->from, (uint16_t)x->to };
	return out;
}

static const struct group *
engine_group(const struct day *d, const char *key)
{
	struct group_place at = { 0 };
	struct group_item item;
	const struct group *found = NULL;

	while (found == NULL && view_group_after(d->engine, &at, &item)) {
		if (str_is(item.key, key))
			found = item.group;
		group_place_set(&at, item.route, item.labels);
	}
	group_place_fini(&at);
	return found;
}

/* Those of others, or parts of this one: what has to end, and whether it may be. */
static bool
find_held(struct day *d, alerts_mask named, int owner, bool take_over, alerts_mask *ends)
{
	int64_t now = wall_now(d);

	*ends = 0;
	for (size_t i = 0; i < d->quiets.n; i++) {
		const struct quiet *q = &d->quiets.v[i];
		bool all = q->x.named != 0 && (q->x.named & ~named) == 0;

		if (!q->x.ack || now < q->starts || now > q->ends || (q->alerts & named) == 0)
			continue;
		if (q->x.owner == owner && !all)
			continue;
		if (q->x.owner != owner && !take_over)
			return false;
		*ends |= bit((int)i);
	}
	return true;
}

static void
note_ack(struct day *d, const char *id, const struct ack_request *r, alerts_mask ends)
{
	struct quiet q = { .x = d->draft_x, .alerts = d->draft_alerts, .covered = true, .starts = wall_now(d) };

	for (size_t i = 0; i < d->quiets.n; i++)
		if (i < 64 && (ends & bit((int)i)) != 0)
			quiet_end(d, &d->quiets.v[i]);
	q.sieve.n = -1;
	q.ends = wall_now(d) + r->longest;
	q.expires = q.ends + d->eo.retention;
	snprintf(q.id, sizeof(q.id), "%s", id);
	VEC_PUSH(&d->quiets, q);
}

void
act_acknowledge(struct day *d)
{
	static const char *const owners[] = { "jo", "max" };
	struct ack_request r = { .longest = (span)(1 + below(d, 300)) * SPAN_MIN, .notify_resolved = chance(d, 1, 2) };
	uint64_t names[MAX_ALERTS];
	int owner = below(d, 2);
	alerts_mask wanted = 0, named, ends;
	struct ack_result out;
	struct err e = { 0 };
	bool ok, held;

	/* The model does not know what is still on its way into groups. */
	if (d->groups.n == 0 || d->quiets.n > 60 || model_busy(d))
		return;
	if (chance(d, 1, 2)) {
		const struct m_group *g = d->groups.v[below(d, (int)d->groups.n)];

		wanted = g->members;
		r.group = engine_group(d, g->key);
	} else {
		for (int i = 0; i < d->alerts_n; i++)
			if (chance(d, 1, 4)) {
				wanted |= bit(i);
				names[r.fingerprints_n++] = labels_fingerprint(d->alerts[i].labels);
			}
		r.fingerprints = names;
	}
	named = wanted & ~resolved_among(d, wanted, wall_now(d));
	for (int i = 0; i < d->alerts_n; i++)
		if (!d->alerts[i].stored)
			named &= ~bit(i);
	r.owner = str_from(owners[owner]);
	r.take_over = chance(d, 1, 3);
	d->draft_x = (struct special){ .ack = true, .ends_with = true, .notify = r.notify_resolved, .owner = owner,
		.named = named, .until = NEVER };
	d->draft_alerts = named;
	d->draft.n = -1;
	held = !find_held(d, named, owner, r.take_over, &ends);
	d->call++;
	ok = engine_ack(d->engine, &r, d->now, &out, &e);
	sim_say(d, "ack %s %s by %s%s: %s", out.id, mask_text(d, named), owners[owner], r.notify_resolved ? ", tells ends" : "",
	    ok ? "ok" : e.text);
	if (ok != (named != 0 && !held))
		sim_fail(d, "2 silences", "an acknowledgement is %s: %s", ok ? "taken" : "refused", e.text);
	else if (!ok && e.kind != (named == 0 ? ERR_NOT_FOUND : ERR_CONFLICT))
		sim_fail(d, "2 silences", "an acknowledgement is refused for another reason: %s", e.text);
	else if (ok)
		note_ack(d, out.id, &r, ends);
}
