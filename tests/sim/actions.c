/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The deeds of people, servers and fate during the day.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

void
act_post(struct day *d, int alert, struct wall starts, struct wall ends)
{
	struct m_alert *m = &d->alerts[alert];
	struct label_pair pairs[NAMES];
	struct alert_draft draft = { .labels = pairs, .labels_n = labels_n(m->labels), .starts = starts, .ends = ends };
	struct err e = { 0 };
	struct alert *a;
	bool firing;

	for (uint32_t i = 0; i < labels_n(m->labels); i++)
		pairs[i] = (struct label_pair){ istr_str(labels_name(m->labels, i)), istr_str(labels_value(m->labels, i)) };
	a = alert_make(&draft, 5 * SPAN_MIN, NAMING_UTF8, d->now.wall, &firing, &e);
	if (a == NULL)
		return;
	sim_say(d, "post %d from %+.1f s until %+.1f s%s", alert, (double)wall_sub(alert_starts(a), d->now.wall) / 1e9,
	    (double)wall_sub(alert_ends(a), d->now.wall) / 1e9, a->timeout ? " (timeout)" : "");
	d->posts++;
	model_post(d, alert, wall_to_ns(alert_starts(a)), wall_to_ns(alert_ends(a)), a->timeout);
	d->call++;
	engine_ingest(d->engine, &a, 1, d->now);
	alert_unref(a);
}

/* As a server of rules posts: some fire, some go on, some end. */
static void
post_some(struct day *d)
{
	for (int n = 1 + below(d, 4); n > 0 && !d->failed; n--) {
		int a = below(d, d->alerts_n);
		struct m_alert *m = &d->alerts[a];
		struct wall now = d->now.wall;
		bool fires = m->stored && !is_resolved(d, a, wall_now(d));

		switch (below(d, 8)) {
		case 0:
			act_post(d, a, WALL_ZERO, now);
			break;
		case 1:
			act_post(d, a, WALL_ZERO, WALL_ZERO);
			break;
		case 2:
			act_post(d, a, wall_add(now, -(span)below(d, 600) * SPAN_S), wall_add(now, (span)below(d, 120) * SPAN_S));
			break;
		case 3:
			if (fires)
				act_post(d, a, wall_from_ns(m->starts), now);
			break;
		case 4:
			act_post(d, a, now, wall_add(now, (span)(1 + below(d, 20)) * SPAN_MIN));
			break;
		default:
			act_post(d, a, fires ? wall_from_ns(m->starts) : wall_add(now, -(span)below(d, 90) * SPAN_S),
			    wall_add(now, (span)(4 + below(d, 90)) * SPAN_MIN));
			break;
		}
	}
}

void
act_post_all_resolved(struct day *d)
{
	for (int i = 0; i < d->alerts_n; i++)
		if ((known_alerts(d) & bit(i)) != 0 && !is_resolved(d, i, wall_now(d)))
			act_post(d, i, wall_from_ns(d->alerts[i].starts < wall_now(d) ? d->alerts[i].starts : wall_now(d)),
			    d->now.wall);
}

static struct silence *
draft_of(const struct sieve *s, const char *id, int64_t starts, int64_t ends)
{
	struct silence *out = silence_new();
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	bool ok;

	snprintf(out->id, sizeof(out->id), "%s", id);
	silence_add_set(out);
	out->starts = wall_from_ns(starts);
	out->ends = wall_from_ns(ends);
	sieve_text(s, &text);
	ok = matchers_parse(sbuf_get(&text), MATCHER_UTF8, NULL, &out->sets[0], &e);
	assert(ok);
	(void)ok;
	sbuf_fini(&text);
	return out;
}

/* Makes an edit or a new silence in the model's list. */
static void
note_silence(struct day *d, struct quiet *old, const char *id, int64_t starts, int64_t ends, bool keeps)
{
	struct quiet q = { .sieve = d->draft, .alerts = d->draft_alerts, .x = d->draft_x, .starts = starts, .ends = ends };
	int64_t now = wall_now(d);

	if (keeps) {
		old->starts = starts;
		old->ends = ends;
		old->expires = ends + d->eo.retention;
		old->over = false;
		/* It has times of the new clock. */
		old->stepped = false;
		return;
	}
	if (old != NULL)
		quiet_end(d, old);
	if (q.starts < now)
		q.starts = now;
	q.expires = ends + d->eo.retention;
	snprintf(q.id, sizeof(q.id), "%s", id);
	VEC_PUSH(&d->quiets, q);
}

/* With a schedule it says when. */
static bool
take_window(struct day *d, int64_t *starts, int64_t *ends)
{
	struct quiet q = { .x = d->draft_x };

	if (!q.x.recurs)
		return true;
	if (!quiet_window(&q, *starts > wall_now(d) ? *starts : wall_now(d), &q.starts, &q.ends))
		return false;
	*starts = q.starts > *starts ? q.starts : *starts;
	*ends = q.ends;
	return true;
}

static void
set_silence(struct day *d, struct quiet *old)
{
	int64_t now = wall_now(d), starts = now, ends;
	struct silence *s;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	bool keeps, ok;

	d->draft = old != NULL && old->sieve.n >= 0 && chance(d, 3, 4) ? old->sieve : sieve_random(d, true);
	if (old != NULL && chance(d, 2, 3))
		starts = old->starts;
	else if (chance(d, 1, 3))
		starts += (span)below(d, 30) * SPAN_MIN;
	ends = now + (span)(1 + below(d, chance(d, 1, 4) ? 300 : 40)) * SPAN_MIN;
	if (ends <= starts)
		return;
	d->draft_alerts = sieve_alerts(d, &d->draft);
	keeps = old != NULL && quiet_keeps_id(d, old, &d->draft, starts, ends);
	s = draft_of(&d->draft, old != NULL ? old->id : "", starts, ends);
	/* The core may have found the same matchers for an acknowledgement. */
	if (old != NULL && matchers_eq(&view_silence(d->engine, str_from(old->id))->sets[0], &s->sets[0]) !=
	    sieves_same(&old->sieve, &d->draft)) {
		silence_unref(s);
		return;
	}
	d->draft_x = (struct special){ .until = INT64_MAX };
	if (old != NULL) {
		d->draft_x = special_inherited(d, old, sieves_same(&old->sieve, &d->draft));
	} else if (chance(d, 1, 3)) {
		d->draft_x = special_random(d);
		s->extra = special_extra(&d->draft_x);
		if (!take_window(d, &starts, &ends)) {
			silence_unref(s);
			return;
		}
	}
	/* It is stored at once, as the edit leaves it. */
	if (keeps)
		old->x = d->draft_x;
	d->call++;
	ok = engine_silence_set(d->engine, s, d->now, id, &e);
	sim_say(d, "silence %s %s from %+.1f s until %+.1f s%s", id, mask_text(d, d->draft_alerts),
	    (double)(starts - now) / 1e9, (double)(ends - now) / 1e9, d->draft_x.recurs ? ", comes again" : "");
	if (!ok)
		sim_fail(d, "2 silences", "not taken: %s", e.text);
	else if (keeps != (old != NULL && strcmp(old->id, id) == 0))
		sim_fail(d, "2 silences", "an edit %s its id", keeps ? "changed" : "kept");
	else
		note_silence(d, old, id, starts, ends, keeps);
	silence_unref(s);
}

static void
expire_silence(struct day *d, struct quiet *q)
{
	struct err e = { 0 };

	sim_say(d, "expire %s", q->id);
	quiet_end(d, q);
	d->call++;
	if (!engine_silence_expire(d->engine, str_from(q->id), d->now, &e))
		sim_fail(d, "2 silences", "not expired: %s", e.text);
}

/* Only the configuration changes it. */
static void
touch_declared(struct day *d, const struct quiet *q)
{
	struct err e = { 0 };
	bool over = wall_now(d) > q->ends;

	d->call++;
	if (engine_silence_expire(d->engine, str_from(q->id), d->now, &e) != over)
		sim_fail(d, "2 silences", "a declared silence can be expired");
}

static void
silence(struct day *d)
{
	struct quiet *old = d->quiets.n > 0 ? &d->quiets.v[below(d, (int)d->quiets.n)] : NULL;

	if (old != NULL && old->declared) {
		touch_declared(d, old);
		return;
	}
	if (chance(d, 1, 4))
		act_acknowledge(d);
	else if (old != NULL && chance(d, 1, 3))
		expire_silence(d, old);
	else
		set_silence(d, old != NULL && chance(d, 1, 3) ? old : NULL);
}

static void
change_mode(struct day *d)
{
	int r = below(d, MAX_RECEIVERS), p = below(d, MAX_PARTS);

	d->modes[r][p] = chance(d, 1, 2) ? MODE_OK : (enum mode)below(d, MODES);
	sim_say(d, "receiver %d part %d: mode %d", r, p, d->modes[r][p]);
	watch_disturbed(d, r);
}

static void
reload(struct day *d)
{
	struct plan *fresh;

	if (d->plans_n == (int)ARRAY_LEN(d->plans))
		return;
	sim_say(d, "reload");
	d->reloads++;
	fresh = plan_change(d, d->plan);
	watch_disturbed(d, -1);
	d->next_plan = fresh;
	d->call++;
	engine_apply(d->engine, fresh->config, d->now);
	world_turned(d);
}

static void
restart(struct day *d, bool crash)
{
	span down = chance(d, 1, 2) ? (span)below(d, 5) * SPAN_S : (span)below(d, 900) * SPAN_S;

	world_stop(d, crash);
	d->now.mono.ns += down;
	d->now.wall = wall_add(d->now.wall, down);
	if (chance(d, 1, 4) && d->plans_n < (int)ARRAY_LEN(d->plans))
		d->plan = plan_change(d, d->plan);
	if (chance(d, 1, 6)) {
		d->wait_then = d->wait >= 0 ? d->wait : d->wait_then;
		d->wait = -1;
		d->settled_at = mono_now(d) + (span)below(d, 40) * SPAN_S;
	}
	world_start(d);
	/* After the engine's first step: what ended or comes again while it was down it does then. */
	d->next_deep = mono_now(d);
	/* It may well crash again before it has done anything. */
	if (crash && !d->failed && chance(d, 1, 6)) {
		world_stop(d, true);
		world_start(d);
	}
}

static void
step_clock(struct day *d)
{
	static const span steps[] = { 2 * SPAN_S, 90 * SPAN_S, 20 * SPAN_MIN, SPAN_HOUR, 5 * SPAN_HOUR };
	span by = steps[below(d, ARRAY_LEN(steps))];

	if (chance(d, 1, 2))
		by = -by;
	/* In the midst of work nobody can say which time it sees. */
	if (model_busy(d))
		return;
	sim_say(d, "clock %+.0f s", (double)by / 1e9);
	d->now.wall = wall_add(d->now.wall, by);
	d->stepped = mono_now(d);
	engine_see(d->engine, d->now);
	for (size_t i = 0; i < d->quiets.n; i++)
		d->quiets.v[i].stepped = true;
	model_quiets(d);
	watch_disturbed(d, -1);
	watch_clock(d);
}

static void
stop_disk(struct day *d)
{
	span length = (span)below(d, chance(d, 1, 5) ? 1200 : 20) * SPAN_S;

	sim_say(d, "the disk stands still for %.0f s", (double)length / 1e9);
	d->disk_fails_until = mono_now(d) + length;
	watch_disturbed(d, -1);
}

void
act(struct day *d)
{
	int what = below(d, 1000);

	d->upset++;
	if ((what < 3 && d->steps_clock) || (d->options.clock > 0 && below(d, 1000) < d->options.clock))
		step_clock(d);
	else if (what < 10)
		restart(d, chance(d, 2, 3));
	else if (what < 20)
		reload(d);
	else if (what < 30)
		stop_disk(d);
	else if (what < 90)
		change_mode(d);
	else if (what < 200)
		silence(d);
	else
		post_some(d);
	d->next_action = mono_now(d) + (span)rand_below(&d->r, (uint64_t)(chance(d, 1, 10) ? 20 * SPAN_MIN : 2 * SPAN_MIN));
}
