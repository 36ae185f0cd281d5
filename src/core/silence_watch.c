/* SPDX-License-Identifier: Apache-2.0 */
#include "silence_watch.h"

#include <assert.h>

#include "base/mem.h"
#include "engine_state.h"
#include "model/schedule.h"

/* Looking at an alert; an end or another window, with what is written of it. */
#define LOOK_UNITS 5
#define NAME_UNITS 60
#define CHANGE_UNITS 3000
/* Clocks drift: what is further away is looked at again meanwhile. */
#define LOOK_AHEAD SPAN_HOUR

static bool
keeps(const struct silence_watch *w, const struct alert_entry *r, struct wall now)
{
	const struct silence *s = w->entry->silence;

	if (!alert_resolved_at(r->alert, now))
		return r->stored || r->members_n > 0;
	return r->members_n > 0 && s->covered && !s->extra->notify_resolved;
}

/* At the next tick. */
static void
arm_now(struct silences *ss, struct silence_watch *w)
{
	sched_arm(ss->sched, &w->timer, (struct mono){ 0 });
}

static void
arm(struct engine *e, struct silence_watch *w, struct moment now)
{
	const struct silence *s = w->entry->silence;
	span left = wall_sub(s->ends, now.wall), other = LOOK_AHEAD;

	/* At its end it is still active. One without an end is as far away as a span goes. */
	left = left < LOOK_AHEAD ? left + 1 : LOOK_AHEAD;
	if (silence_state_at(s, now.wall) == SILENCE_PENDING)
		other = wall_sub(s->starts, now.wall);
	else if (w->witness != NULL && !alert_resolved_at(w->witness->alert, now.wall))
		other = wall_sub(alert_ends(w->witness->alert), now.wall);
	left = left < other ? left : other;
	sched_arm(&e->sched, &w->timer, mono_add(now.mono, left > 0 ? left : 0));
}

static struct silence_watch *
watch_at(struct hmap_node *n, const struct alert_entry *r)
{
	for (; n != NULL; n = hmap_next(n)) {
		struct silence_watch *w = CONTAINER_OF(n, struct silence_watch, by_witness);

		if (w->witness == r)
			return w;
	}
	return NULL;
}

/* The watches whose witness r is: the first and the next; NULL at the end. */
static struct silence_watch *
first_watch(const struct silences *ss, const struct alert_entry *r)
{
	return r->is_witness ? watch_at(hmap_first(&ss->witnesses, labels_key(r->alert->labels)), r) : NULL;
}

static struct silence_watch *
next_watch(const struct silence_watch *w)
{
	return watch_at(hmap_next(&w->by_witness), w->witness);
}

static void
leave_witness(struct silences *ss, struct silence_watch *w)
{
	struct alert_entry *r = w->witness;

	if (r == NULL)
		return;
	hmap_remove(&ss->witnesses, &w->by_witness);
	w->witness = NULL;
	r->is_witness = first_watch(ss, r) != NULL;
}

static void
want_not(struct silences *ss, struct silence_watch *w)
{
	if (!w->wants)
		return;
	w->wants = w->asked = false;
	list_remove(&ss->wanting, &w->want);
}

static void
want(struct silences *ss, struct silence_watch *w)
{
	leave_witness(ss, w);
	if (!w->wants)
		list_append(&ss->wanting, &w->want);
	w->wants = w->asked = true;
	w->walk = 0;
	w->at = 0;
}

static void
take_witness(struct engine *e, struct silence_watch *w, struct alert_entry *r, struct moment now)
{
	want_not(&e->silences, w);
	w->witness = r;
	r->is_witness = true;
	hmap_insert(&e->silences.witnesses, &w->by_witness, labels_key(r->alert->labels));
	if (!w->entry->silence->covered) {
		silences_note_covered(&e->silences, w->entry);
		save_silence(e, w->entry, CHANGE_SILENCE);
	}
	arm(e, w, now);
}

void
silence_watch(struct engine *e, struct silence_entry *entry)
{
	const struct silence *s = entry->silence;
	struct silence_watch *w = entry->watch;

	if (!silence_ends_with_alert(s) && silence_schedule(s) == NULL) {
		silence_watch_end(&e->silences, entry);
		return;
	}
	if (w == NULL) {
		w = entry->watch = NEW(struct silence_watch);
		w->entry = entry;
		w->timer.item.mark = DUE_SILENCE;
		list_append(&e->silences.watches, &w->place);
	}
	if (!silence_ends_with_alert(s)) {
		want_not(&e->silences, w);
		leave_witness(&e->silences, w);
	}
	/* Before there is a configuration, groups are not yet as they were. */
	if (e->inhibitor != NULL)
		arm_now(&e->silences, w);
}

void
silence_watch_begin_all(struct engine *e)
{
	LIST_EACH(&e->silences.watches, node)
		arm_now(&e->silences, CONTAINER_OF(node, struct silence_watch, place));
}

void
silence_watch_end(struct silences *ss, struct silence_entry *entry)
{
	struct silence_watch *w = entry->watch;

	if (w == NULL)
		return;
	sched_disarm(ss->sched, &w->timer);
	want_not(ss, w);
	leave_witness(ss, w);
	list_remove(&ss->watches, &w->place);
	mem_free(w);
	entry->watch = NULL;
}

static void
end_silence(struct engine *e, struct silence_entry *entry, struct moment now)
{
	work_spend(&e->work, CHANGE_UNITS);
	silences_end(&e->silences, entry, wall_utc(now.wall));
	tell_silence(e, entry, EVENT_SILENCE_EXPIRED, SILENCE_BY_ITSELF, now);
}

/* To the window that now is in, or to the next one. */
static void
go_on(struct engine *e, struct silence_entry *entry, struct moment now)
{
	struct silences *ss = &e->silences;
	struct silence *s = silence_copy(entry->silence);
	struct wall starts, ends;
	bool any = schedule_at(s->extra->schedule, now.wall, &starts, &ends);

	work_spend(&e->work, CHANGE_UNITS * (int64_t)(1 + s->extra->schedule->n));
	if (!any) {
		silence_watch_end(ss, entry);
		tell_silence(e, entry, EVENT_SILENCE_EXPIRED, SILENCE_BY_ITSELF, now);
	} else if (wall_cmp(ends, s->ends) == 0) {
		entry->watch->stepped = false;
		arm(e, entry->watch, now);
	} else {
		/* The same at all members of a cluster: as of the end of the window before. */
		s->updated = wall_add(wall_after(s->ends, s->updated) ? s->ends : s->updated, 1);
		s->starts = starts;
		s->ends = ends;
		/* Alerts have forgotten it when its time was over: it is as new to them. */
		entry = silences_put(ss, s, wall_add(ends, ss->retention));
		silence_watch(e, entry);
		tell_silence(e, entry, EVENT_SILENCE_UPDATED, SILENCE_BY_ITSELF, now);
	}
	silence_unref(s);
}

static void
begin_walk(struct engine *e, struct moment now)
{
	struct witness_walk *walk = &e->witness_walk;

	if (!walk->chore.waits)
		chore_begin(e, &walk->chore, now);
}

void
silence_watch_due(struct engine *e, struct silence_watch *w, struct moment now)
{
	struct silence_entry *entry = w->entry;
	const struct silence *s = entry->silence;
	enum silence_state state = silence_state_at(s, now.wall);
	/* A clock that went back makes alerts fire again that nobody posts: those who found none look again. */
	bool again = w->stepped && w->wants;

	if (silence_schedule(s) != NULL && (state == SILENCE_EXPIRED || w->stepped)) {
		go_on(e, entry, now);
		return;
	}
	if (state == SILENCE_EXPIRED) {
		silence_watch_end(&e->silences, entry);
		return;
	}
	w->stepped = false;
	/* Nobody is a witness before it begins, so that it looks when it does: a clock that went back may put its start ahead again. */
	if (state == SILENCE_PENDING)
		want_not(&e->silences, w);
	if (silence_ends_with_alert(s) && state == SILENCE_ACTIVE &&
	    (again || (!w->wants && (w->witness == NULL || !keeps(w, w->witness, now.wall))))) {
		want(&e->silences, w);
		arm(e, w, now);
		begin_walk(e, now);	/* may end the silence, and w with it */
		return;
	}
	arm(e, w, now);
}

/* There is no witness. */
static void
search_over(struct engine *e, struct silence_watch *w, struct moment now)
{
	w->asked = false;
	if (w->entry->silence->covered && silence_state_at(w->entry->silence, now.wall) == SILENCE_ACTIVE)
		end_silence(e, w->entry, now);
}

/* Among the alerts that the silence names. False: there is more to be looked at. */
static bool
search_names(struct engine *e, struct silence_watch *w, struct moment now)
{
	const struct silence *s = w->entry->silence;

	for (; w->at < s->extra->fingerprints_n; w->at++) {
		struct alert_entry *r;

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, NAME_UNITS);
		r = alerts_find_fingerprint(&e->alerts, s->extra->fingerprints[w->at]);
		if (r != NULL && keeps(w, r, now.wall) && silence_matches(s, r->alert->labels)) {
			take_witness(e, w, r, now);
			return true;
		}
	}
	search_over(e, w, now);
	return true;
}

static bool
search_all_names(struct engine *e, struct moment now)
{
	LIST_EACH(&e->silences.wanting, node) {
		struct silence_watch *w = CONTAINER_OF(node, struct silence_watch, want);

		if (w->asked && w->entry->silence->extra->fingerprints_n > 0 && !search_names(e, w, now))
			return false;
	}
	return true;
}

/* False: nobody asks for one. */
static bool
walk_from_start(struct engine *e)
{
	struct witness_walk *walk = &e->witness_walk;
	bool any = false;

	LIST_EACH(&e->silences.wanting, node) {
		struct silence_watch *w = CONTAINER_OF(node, struct silence_watch, want);

		if (!w->asked)
			continue;
		any = true;
		w->walk = walk->number + 1;
	}
	if (!any)
		return false;
	walk->number++;
	walk->under_way = true;
	silences_run_reset(&walk->run);
	alerts_end(&e->alerts, &walk->at);
	alerts_begin(&e->alerts, &walk->at);
	return true;
}

/* Those whose search it was have none. */
static void
walk_over(struct engine *e, struct moment now)
{
	struct witness_walk *walk = &e->witness_walk;

	walk->under_way = false;
	LIST_EACH(&e->silences.wanting, node) {
		struct silence_watch *w = CONTAINER_OF(node, struct silence_watch, want);

		if (w->asked && w->walk == walk->number)
			search_over(e, w, now);
	}
}

/* r is a witness for those that it holds and that have none. */
static void
offer(struct engine *e, struct alert_entry *r, struct moment now)
{
	for (uint32_t i = 0; i < r->silences_n; i++) {
		struct silence_watch *w = r->silences[i]->watch;

		if (w != NULL && w->wants && keeps(w, r, now.wall) &&
		    silence_state_at(w->entry->silence, now.wall) == SILENCE_ACTIVE)
			take_witness(e, w, r, now);
	}
}

bool
witness_walk_step(struct engine *e, struct moment now)
{
	struct witness_walk *walk = &e->witness_walk;
	struct silences *ss = &e->silences;
	size_t active;

	if (!search_all_names(e, now))
		return false;
	while (ss->wanting.first != NULL) {
		struct alert_entry *r = walk->at.entry;

		if (!walk->under_way && walk_from_start(e))
			continue;
		if (r == NULL && !walk->under_way)
			break;
		if (r == NULL) {
			walk_over(e, now);
			continue;
		}
		if (work_used_up(&e->work))
			return false;
		if (r->members_n > 0 || (r->stored && !alert_resolved_at(r->alert, now.wall))) {
			if (!silences_match_some(ss, r, now.wall, &walk->run, &e->work, &active))
				return false;
			offer(e, r, now);
		}
		work_spend(&e->work, LOOK_UNITS);
		alerts_advance(&walk->at);
	}
	if (ss->wanting.first == NULL)
		walk->under_way = false;
	return true;
}

void
witness_walk_fini(struct engine *e)
{
	silences_run_reset(&e->witness_walk.run);
	alerts_end(&e->alerts, &e->witness_walk.at);
}

void
silence_watch_clock_stepped(struct silences *ss)
{
	LIST_EACH(&ss->watches, node) {
		struct silence_watch *w = CONTAINER_OF(node, struct silence_watch, place);

		w->stepped = true;
		if (deadline_armed(&w->timer))
			arm_now(ss, w);
	}
}

void
silence_watch_posted(struct engine *e, struct alert_entry *r, struct wall before, struct moment now)
{
	bool fired = wall_after(before, now.wall), fires = !alert_resolved_at(r->alert, now.wall);

	if (fired && wall_before(alert_ends(r->alert), before))
		silence_watch_told(e, r);
	if (fired || !fires || e->silences.wanting.first == NULL)
		return;
	/* Those that wait for an alert come to it. */
	alerts_renew(&e->alerts, r);
	if (e->inhibitor != NULL)
		begin_walk(e, now);
}

void
silence_watch_told(struct engine *e, struct alert_entry *r)
{
	for (struct silence_watch *w = first_watch(&e->silences, r); w != NULL; w = next_watch(w))
		arm_now(&e->silences, w);
}

void
silence_watch_lost(struct engine *e, struct alert_entry *r)
{
	if (e->witness_walk.at.entry == r)
		silences_run_reset(&e->witness_walk.run);
	for (struct silence_watch *w; (w = first_watch(&e->silences, r)) != NULL;) {
		leave_witness(&e->silences, w);
		arm_now(&e->silences, w);
	}
}
