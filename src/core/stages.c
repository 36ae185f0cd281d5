/* SPDX-License-Identifier: Apache-2.0 */
#include "stages.h"

#include "ahead.h"
#include "engine_state.h"

static bool
is_ahead(const struct stage_facts *facts)
{
	return wall_after(facts->ahead, facts->now);
}

static bool
judge_inhibition(const struct stage_facts *facts, const struct alert_entry *entry, struct stage_run *run,
    struct work *w, struct verdict *out)
{
	struct inhibitor *in = facts->engine->inhibitor;
	struct inhibition by = { 0 };

	if (in != NULL && !inhibit_source_some(in, entry, facts->now, &run->inhibit, w, &by))
		return false;
	if (by.source == NULL)
		return true;
	out->cause = MUTE_INHIBITION;
	out->by.inhibition.source = by.source->alert;
	out->by.inhibition.rule = by.rule;
	return true;
}

static bool
judge_silences(const struct stage_facts *facts, const struct alert_entry *entry, struct stage_run *run,
    struct work *w, struct verdict *out)
{
	const struct silence **v;
	size_t active;
	bool resolved = alert_resolved_at(entry->alert, facts->seen);

	if (!silences_match_some(&facts->engine->silences, entry, facts->now, &run->silences, w, &active))
		return false;
	/* Those that will be active are among those that have not ended. */
	if (is_ahead(facts))
		active = entry->silences_n;
	if (active == 0)
		return true;
	v = ARENA_ARRAY(facts->arena, active, const struct silence *);
	active = silences_active(entry, is_ahead(facts) ? facts->ahead : facts->now, resolved, v);
	if (active == 0)
		return true;
	out->cause = MUTE_SILENCE;
	out->by.silences.n = active;
	out->by.silences.v = v;
	return true;
}

/* Appends the name once for each of its intervals that t lies in. */
static size_t
names_containing(const struct time_interval *ti, struct wall t, struct str *names, size_t n)
{
	for (size_t i = 0; i < ti->n; i++) {
		struct time_interval one = { .name = ti->name, .intervals = &ti->intervals[i], .n = 1 };

		if (!time_interval_contains(&one, t))
			continue;
		if (names != NULL)
			names[n] = ti->name;
		n++;
	}
	return n;
}

static size_t
matching(const struct time_interval *const *list, size_t list_n, struct wall t, struct str *names)
{
	size_t n = 0;

	for (size_t i = 0; i < list_n; i++)
		n = names_containing(list[i], t, names, n);
	return n;
}

/* The whole group, at the flight's tick. */
static bool
judge_intervals(const struct stage_facts *facts, const struct alert_entry *entry, struct stage_run *run,
    struct work *w, struct verdict *out)
{
	const struct route *r = facts->route;
	struct str *names;
	size_t n = 0;

	(void)entry;
	(void)run;
	(void)w;
	if (r->active_n > 0 && matching(r->active, r->active_n, facts->tick, NULL) == 0) {
		names = ARENA_ARRAY(facts->arena, r->active_n, struct str);
		for (; n < r->active_n; n++)
			names[n] = r->active[n]->name;
		out->cause = MUTE_ACTIVE_TIME_INTERVAL;
	} else {
		n = matching(r->mute, r->mute_n, facts->tick, NULL);
		if (n == 0)
			return true;
		names = ARENA_ARRAY(facts->arena, n, struct str);
		matching(r->mute, r->mute_n, facts->tick, names);
		out->cause = MUTE_TIME_INTERVAL;
	}
	out->by.intervals.names = names;
	out->by.intervals.n = n;
	return true;
}

const struct stage_row stages[STAGE_N] = {
#define STAGE(id, scope, judge) [STAGE_##id] = { STAGE_##scope, judge },
#include "core/stages.def"
#undef STAGE
};

void
stage_run_reset(struct stage_run *run)
{
	inhibit_run_reset(&run->inhibit);
	silences_run_reset(&run->silences);
}

void
passage_begin(struct passage *p, struct alert_entry **entries, size_t n, struct arena *a)
{
	*p = (struct passage){ .entries = entries, .left = ARENA_ARRAY(a, n, uint32_t), .left_n = n };
	for (size_t i = 0; i < n; i++)
		p->left[i] = (uint32_t)i;
}

/* Looking at an alert of which nothing is in the cache: its entry, and its place in the group. */
#define ALERT_UNITS 60

static void
fetch_ahead(const struct passage *p)
{
	if (p->left_n - p->at > ENTRY_AHEAD)
		fetch_object(p->entries[p->left[p->at + ENTRY_AHEAD]]);
}

static bool
judge_alerts(struct passage *p, const struct stage_facts *facts, struct work *w, stage_listener *tell, void *arg)
{
	stage_judge *judge = stages[p->stage].judge;

	for (; p->at < p->left_n; p->at++) {
		struct verdict v = { .stage = p->stage };
		uint32_t place = p->left[p->at];

		fetch_ahead(p);
		if (work_used_up(w) || !judge(facts, p->entries[place], &p->run, w, &v))
			return false;
		tell(arg, place, &v);
		if (v.cause == MUTE_NONE)
			p->left[p->kept++] = place;
		work_spend(w, ALERT_UNITS);
	}
	p->left_n = p->kept;
	return true;
}

static bool
judge_group(struct passage *p, const struct stage_facts *facts, struct work *w, stage_listener *tell, void *arg)
{
	struct verdict v = { .stage = p->stage };

	if (!stages[p->stage].judge(facts, NULL, &p->run, w, &v))
		return false;
	tell(arg, 0, &v);
	if (v.cause != MUTE_NONE)
		p->left_n = 0;
	return true;
}

bool
passage_step(struct passage *p, const struct stage_facts *facts, struct work *w, stage_listener *tell, void *arg)
{
	for (; p->stage < STAGE_N && p->left_n > 0; p->stage++) {
		if (!(stages[p->stage].scope == STAGE_GROUP ? judge_group : judge_alerts)(p, facts, w, tell, arg))
			return false;
		p->at = p->kept = 0;
	}
	return true;
}
