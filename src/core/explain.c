/* SPDX-License-Identifier: Apache-2.0 */
#include "core/explain.h"

#include <assert.h>

#include "base/mem.h"
#include "explain_state.h"

/* So often an explanation begins anew before it goes on with what it has. */
#define TRIES_MAX 5

static struct explain_run *
run_new(struct labels *l, struct alert *asked)
{
	struct explain_run *r = NEW(struct explain_run);

	r->labels = labels_ref(l);
	r->asked = asked != NULL ? alert_ref(asked) : NULL;
	r->arena = arena_new();
	r->scratch = arena_new();
	return r;
}

struct explain_run *
explain_stored(const struct engine *e, uint64_t fingerprint)
{
	const struct alert_entry *entry = alerts_find_fingerprint(&e->alerts, fingerprint);
	struct explain_run *r;

	if (entry == NULL)
		return NULL;
	r = run_new(entry->alert->labels, NULL);
	r->alert = alert_ref(entry->alert);
	return r;
}

struct explain_run *
explain_posted(struct alert *a)
{
	return run_new(a->labels, a);
}

/* All of this try but the alert. */
static void
reset(struct explain_run *r)
{
	for (size_t i = 0; i < r->groups_n; i++)
		explain_group_fini(&r->groups[i]);
	for (size_t i = 0; i < r->rules_n; i++)
		alert_unref(r->rules[i].source);
	for (size_t i = 0; i < r->alerts.n; i++)
		alert_unref(r->alerts.v[i].alert);
	r->groups = NULL;
	r->groups_n = r->groups_all = r->at = r->rules_n = r->hit = 0;
	mem_free(r->rules);
	r->rules = NULL;
	r->alerts.n = r->firing.n = r->resolved.n = 0;
	stage_run_reset(&r->passage.run);
	r->inside = false;
	labels_unref(r->member);
	r->member = NULL;
	routing_run_reset(&r->routing);
	explain_routes_fini(r);
	inhibit_guest_end(&r->guest);
	silences_forget(&r->guest.entry);
	config_unref(r->config);
	r->config = NULL;
	arena_reset(r->arena);
	r->phase = EXPLAIN_BEGIN;
}

void
explain_free(struct explain_run **rp)
{
	struct explain_run *r = *rp;

	if (r == NULL)
		return;
	reset(r);
	routing_run_fini(&r->routing);
	VEC_FINI(&r->firing);
	VEC_FINI(&r->resolved);
	VEC_FINI(&r->alerts);
	alert_unref(r->alert);
	alert_unref(r->asked);
	labels_unref(r->labels);
	arena_free(&r->scratch);
	arena_free(&r->arena);
	mem_free(r);
	*rp = NULL;
}

static void
take_alert(struct explain_run *r, struct alert *a)
{
	alert_ref(a);
	alert_unref(r->alert);
	r->alert = a;
}

static void
begin(const struct engine *e, struct explain_run *r, struct moment now)
{
	struct alert_entry *entry = alerts_find(&e->alerts, r->labels);
	bool fires = entry != NULL && entry->stored && !alert_resolved_at(entry->alert, now.wall);

	r->now = now;
	r->config = config_ref(e->routing->config);
	r->inhibitor = e->inhibitor;
	r->stored = r->asked != NULL ? fires : entry != NULL && entry->stored;
	r->known = entry != NULL;
	/* One that went meanwhile is as it was last. */
	if (r->stored || (r->asked == NULL && entry != NULL))
		take_alert(r, entry->alert);
	else if (r->asked != NULL)
		take_alert(r, r->asked);
	r->refused = r->asked != NULL && !r->stored && !limits_would_admit(&e->limits, r->labels, now.wall);
	r->as_guest = entry == NULL || entry->alert != r->alert;
	if (r->as_guest) {
		r->guest = (struct inhibit_guest){ .entry = { .alert = r->alert } };
		inhibit_guest_begin(e->inhibitor, &r->guest);
	}
	r->phase = EXPLAIN_ROUTES;
}

static void
take_groups(struct explain_run *r)
{
	size_t n = r->routing.found_n < EXPLAIN_GROUPS_MAX ? r->routing.found_n : EXPLAIN_GROUPS_MAX;

	explain_routes_note(r);
	r->groups_all = r->routing.found_n;
	r->groups = ARENA_ARRAY(r->arena, n, struct explained_group);
	r->groups_n = r->refused ? 0 : n;
	for (size_t i = 0; i < r->groups_n; i++)
		r->groups[i].route = r->routing.found[i];
	routing_run_reset(&r->routing);
}

/* The first group that is not over; NULL: there is none, and nobody judged the alert. */
static const struct explained_group *
judged(const struct explain_run *r)
{
	for (size_t i = 0; i < r->groups_n; i++)
		if (r->groups[i].verdict != EXPLAIN_OVER)
			return &r->groups[i];
	return NULL;
}

#define RULE_UNITS 10

static bool
find_rules(struct explain_run *r, struct work *w)
{
	static const enum explain_rule_state states[] = {
		[INHIBIT_NO_TARGET] = RULE_NO_TARGET,
		[INHIBIT_NO_SOURCE] = RULE_NO_SOURCE,
		[INHIBIT_UNEQUAL] = RULE_UNEQUAL,
		[INHIBIT_ENDED] = RULE_ENDED,
		[INHIBIT_BOTH_SIDES] = RULE_BOTH_SIDES,
		[INHIBIT_ACTS] = RULE_ACTS,
	};
	struct inhibit_finding f;

	if (judged(r) == NULL || r->config->inhibit_rules_n == 0)
		return true;
	if (r->rules == NULL) {
		r->rules_n = r->config->inhibit_rules_n;
		r->rules = mem_calloc(r->rules_n, sizeof(r->rules[0]));
	}
	while (!work_used_up(w)) {
		enum match m = inhibit_finding_some(r->inhibitor, r->entry, r->hit, r->now.wall, w, &f);
		struct explained_rule *rule;

		if (m != MATCH_YES)
			return m == MATCH_NO;
		work_spend(w, RULE_UNITS);
		rule = &r->rules[f.rule - r->config->inhibit_rules];
		rule->state = states[f.why];
		if (f.source != NULL)
			rule->source = alert_ref(f.source->alert);
		r->hit++;
	}
	return false;
}

/* The steps of the phases: true, and the phase is the next one; false: w is used up. */

static bool
walk_routes(const struct engine *e, struct explain_run *r, struct work *w)
{
	if (!routing_walk_some(e->routing, r->labels, &r->routing, w))
		return false;
	take_groups(r);
	r->phase = EXPLAIN_GROUP;
	return true;
}

static bool
begin_group(const struct engine *e, struct explain_run *r, struct work *w)
{
	(void)w;
	if (r->at == r->groups_n) {
		r->phase = EXPLAIN_RULES;
		return true;
	}
	explain_group_begin(e, r);
	if (r->groups[r->at].verdict == EXPLAIN_OVER)
		r->at++;
	else
		r->phase = EXPLAIN_SELF;
	return true;
}

static bool
judge_self(const struct engine *e, struct explain_run *r, struct work *w)
{
	if (!explain_group_self(e, r, w))
		return false;
	r->phase = EXPLAIN_MEMBERS;
	return true;
}

static bool
judge_members(const struct engine *e, struct explain_run *r, struct work *w)
{
	if (!explain_group_members(e, r, w))
		return false;
	r->phase = EXPLAIN_LEGS;
	return true;
}

static bool
judge_legs(const struct engine *e, struct explain_run *r, struct work *w)
{
	explain_group_legs(e, r, w);
	r->at++;
	r->phase = EXPLAIN_GROUP;
	return true;
}

static bool
judge_rules(const struct engine *e, struct explain_run *r, struct work *w)
{
	(void)e;
	if (!find_rules(r, w))
		return false;
	r->phase = EXPLAIN_DONE;
	return true;
}

typedef bool phase_step(const struct engine *e, struct explain_run *r, struct work *w);
static phase_step *const phases[] = {
	[EXPLAIN_ROUTES] = walk_routes,
	[EXPLAIN_GROUP] = begin_group,
	[EXPLAIN_SELF] = judge_self,
	[EXPLAIN_MEMBERS] = judge_members,
	[EXPLAIN_LEGS] = judge_legs,
	[EXPLAIN_RULES] = judge_rules,
};

/* Beside what a phase counts itself. */
#define PHASE_UNITS 200

/* Has the engine changed in what this try goes by? */
static bool
is_outdated(const struct engine *e, const struct explain_run *r)
{
	bool known = alerts_find(&e->alerts, r->labels) != NULL;

	if (r->config != e->routing->config || r->inhibitor != e->inhibitor || known != r->known)
		return true;
	if (r->hasty || (r->phase != EXPLAIN_SELF && r->phase != EXPLAIN_MEMBERS && r->phase != EXPLAIN_LEGS))
		return false;
	return !explain_group_same(e, r);
}

bool
explain_some(const struct engine *e, struct explain_run *r, struct moment now, struct work *w)
{
	if (r->phase == EXPLAIN_DONE)
		return true;
	if (settling(e) || e->inhibitor == NULL)
		return false;
	if (r->phase != EXPLAIN_BEGIN && is_outdated(e, r)) {
		reset(r);
		r->hasty = ++r->tries >= TRIES_MAX;
	}
	if (r->phase == EXPLAIN_BEGIN)
		begin(e, r, now);
	r->real = alerts_find(&e->alerts, r->labels);
	r->entry = r->as_guest ? &r->guest.entry : r->real;
	while (r->phase != EXPLAIN_DONE) {
		if (work_used_up(w) || !phases[r->phase](e, r, w))
			return false;
		work_spend(w, PHASE_UNITS);
	}
	/* Nothing of the engine's is needed any more. */
	inhibit_guest_end(&r->guest);
	silences_forget(&r->guest.entry);
	return true;
}

const struct alert *
explain_alert(const struct explain_run *r, bool *stored_out)
{
	*stored_out = r->stored;
	return r->alert;
}

struct config *
explain_config(const struct explain_run *r)
{
	return r->config;
}

struct moment
explain_moment(const struct explain_run *r)
{
	return r->now;
}

enum explain_verdict
explain_verdict(const struct explain_run *r)
{
	enum explain_verdict most = r->refused ? EXPLAIN_REFUSED : EXPLAIN_NO_RECEIVER;

	for (size_t i = 0; i < r->groups_n; i++)
		if (r->groups[i].verdict > most)
			most = r->groups[i].verdict;
	return most;
}

bool
explain_exact(const struct explain_run *r)
{
	if (r->hasty || r->groups_all > EXPLAIN_GROUPS_MAX)
		return false;
	for (size_t i = 0; i < r->groups_n; i++)
		if (r->groups[i].verdict != EXPLAIN_OVER && !r->groups[i].exact)
			return false;
	return true;
}

const struct explained_group *
explain_groups(const struct explain_run *r, size_t *n_out, size_t *all_out)
{
	*n_out = r->groups_n;
	*all_out = r->groups_all;
	return r->groups;
}

void
explain_notification(const struct explain_run *r, const struct explained_group *g, const struct explained_leg *leg,
    struct arena *a, struct notification *out)
{
	const struct integration_common *common = leg->integration->settings;

	*out = (struct notification){
		.config = r->config,
		.route = g->route,
		.receiver = g->route->receiver,
		.integration = leg->integration,
		.group_key = g->key,
		.group_labels = g->labels,
		.route_labels = labels_empty(),
		.alerts = ARENA_ARRAY(a, g->alerts_n, struct noted_alert),
		.reason = leg->reason,
		.flushed = g->tick,
		.arena = a,
	};
	for (size_t i = 0; i < g->alerts_n; i++)
		if (common->send_resolved || !g->alerts[i].resolved)
			out->alerts[out->alerts_n++] = g->alerts[i];
}

const struct explained_rule *
explain_rules(const struct explain_run *r, size_t *n_out)
{
	*n_out = r->rules_n;
	return r->rules;
}
