/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/duration.h"
#include "base/utf8.h"
#include "ext_explain.h"

/* Bounds on names of others in a sentence, in runes. */
#define NAME_MAX_RUNES 60
#define LABELS_MAX_RUNES 200

static void
put_name(struct sbuf *b, struct str s, size_t max)
{
	uint32_t rune;

	for (size_t n = 0; s.n > 0; n++) {
		size_t bytes = utf8_decode(s, &rune);

		if (n == max) {
			sbuf_puts(b, "…");
			return;
		}
		if (rune_is_print(rune))
			sbuf_str(b, str_sub(s, 0, bytes));
		else
			sbuf_putc(b, ' ');
		s = str_sub(s, bytes, s.n);
	}
}

void
say_name(struct sbuf *b, struct str name)
{
	put_name(b, name, NAME_MAX_RUNES);
}

static void
put_time(struct sbuf *b, struct wall t, struct wall now)
{
	struct civil c = wall_civil(wall_utc(t)), today = wall_civil(wall_utc(now));

	if (c.year != today.year || c.yearday != today.yearday)
		sbuf_printf(b, "%04" PRId64 "-%02d-%02d ", c.year, c.month, c.day);
	sbuf_printf(b, "%02d:%02d:%02d UTC", c.hour, c.minute, c.second);
}

static void
put_span(struct sbuf *b, span s)
{
	char text[DURATION_MAX];

	sbuf_str(b, (struct str){ text, duration_format(s, text) });
}

static void
put_labels(struct sbuf *b, const struct labels *l)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	labels_format(l, &text);
	put_name(b, sbuf_get(&text), LABELS_MAX_RUNES);
	sbuf_fini(&text);
}

static void
put_matcher(struct sbuf *b, const struct matcher *m)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	matcher_format(m, &text);
	put_name(b, sbuf_get(&text), LABELS_MAX_RUNES);
	sbuf_fini(&text);
}

static void
put_receiver(struct sbuf *b, const struct explained_group *g)
{
	put_name(b, g->route->receiver->name, NAME_MAX_RUNES);
}

const char *
reason_word(enum reason r)
{
	switch (r) {
	case REASON_NONE:
		return "none";
	case REASON_FIRST:
		return "first";
	case REASON_NEW_ALERTS:
		return "new_alerts";
	case REASON_SOME_RESOLVED:
		return "some_resolved";
	case REASON_ALL_RESOLVED:
		return "all_resolved";
	case REASON_REPEAT:
		return "repeat";
	case REASON_UNKNOWN:
		break;
	}
	return "unknown";
}

static struct wall
now_of(const struct explain_run *run)
{
	return explain_moment(run).wall;
}

/* "silenced by jo until 06:00:00 UTC, 'disk ordered'" */
static void
put_silence(struct sbuf *b, const struct silence *s, struct wall now)
{
	sbuf_puts(b, "silenced by ");
	put_name(b, istr_str(s->created_by), NAME_MAX_RUNES);
	sbuf_puts(b, " until ");
	put_time(b, s->ends, now);
	if (istr_str(s->comment).n > 0) {
		sbuf_puts(b, ", '");
		put_name(b, istr_str(s->comment), NAME_MAX_RUNES);
		sbuf_putc(b, '\'');
	}
}

static void
put_silences(struct sbuf *b, const struct explained_group *g, struct wall now)
{
	const struct silence *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < g->silences_n; i++) {
		if (g->silences[i].then != SILENCE_ACTIVE)
			continue;
		if (first == NULL)
			first = g->silences[i].silence;
		n++;
	}
	if (first != NULL)
		put_silence(b, first, now);
	if (n > 1)
		sbuf_printf(b, ", and by %zu more", n - 1);
}

static void
put_rule(struct sbuf *b, const struct inhibit_rule *r)
{
	if (r->name.n > 0) {
		sbuf_puts(b, "rule '");
		put_name(b, r->name, NAME_MAX_RUNES);
		sbuf_putc(b, '\'');
	} else {
		sbuf_printf(b, "the rule in line %d", r->line);
	}
}

static void
put_intervals(struct sbuf *b, const struct explained_stage *s)
{
	for (size_t i = 0; i < s->intervals_n; i++) {
		sbuf_puts(b, i == 0 ? "'" : ", '");
		put_name(b, s->intervals[i], NAME_MAX_RUNES);
		sbuf_putc(b, '\'');
	}
}

/* Puts the reason why a stage holds the alert back: "inhibited by {…}". */
static void
put_cause(struct sbuf *b, const struct explain_run *run, const struct explained_group *g, enum stage stage)
{
	const struct explained_stage *s = &g->stages[stage];

	switch (s->cause) {
	case MUTE_INHIBITION:
		sbuf_puts(b, "inhibited by ");
		put_labels(b, s->source->labels);
		sbuf_puts(b, ", as ");
		put_rule(b, s->rule);
		sbuf_puts(b, " says");
		break;
	case MUTE_SILENCE:
		put_silences(b, g, now_of(run));
		break;
	case MUTE_TIME_INTERVAL:
		sbuf_puts(b, "muted by the time interval ");
		put_intervals(b, s);
		break;
	case MUTE_ACTIVE_TIME_INTERVAL:
		sbuf_puts(b, "outside of the active time interval ");
		put_intervals(b, s);
		break;
	case MUTE_NONE:
	case MUTE_N:
		sbuf_puts(b, "not held back");
		break;
	}
}

void
say_route(struct sbuf *b, const struct explained_route *r)
{
	if (!r->matched && r->refused_by != NULL) {
		sbuf_puts(b, "Refused by ");
		put_matcher(b, r->refused_by);
		sbuf_putc(b, '.');
	} else if (r->takes) {
		sbuf_puts(b, "Goes to ");
		put_name(b, r->route->receiver->name, NAME_MAX_RUNES);
		sbuf_puts(b, r->route->continue_ ? ", and on to the routes behind this one." : ".");
	} else {
		sbuf_puts(b, "Matches.");
	}
}

static void
put_turn(struct sbuf *b, const struct cluster_state *c)
{
	if (!c->settled)
		sbuf_puts(b, " Nothing is told before the cluster has settled.");
	if (cluster_wait(c) == 0)
		return;
	sbuf_puts(b, " Then it waits ");
	put_span(b, cluster_wait(c));
	sbuf_printf(b, ": number %u of %u members, which tell before it.", c->position + 1, c->members);
}

static void
put_rank(struct sbuf *b, const struct explained_claims *c)
{
	if (!c->settled)
		sbuf_puts(b, " Nothing is told before it is known what others have told.");
	if (!c->leased)
		sbuf_puts(b, " etcd cannot be asked: what is told may be told twice.");
	else if (c->wait == 0)
		sbuf_puts(b, " It is the first to tell of this group, if no other member has claimed it.");
	else {
		sbuf_puts(b, " Then it waits ");
		put_span(b, c->wait);
		sbuf_printf(b, ": number %u of %u members for this group. It tells what no other has claimed.", c->rank + 1, c->members);
	}
}

void
say_group(struct sbuf *b, const struct explain_run *run, const struct explained_group *g)
{
	bool stored;

	if (g->verdict == EXPLAIN_OVER) {
		sbuf_puts(b, "The alert has ended and left the group.");
		return;
	}
	if (!g->exists)
		sbuf_puts(b, "A new group, flushed first at ");
	else if (g->flushing)
		sbuf_puts(b, "A flush of the group is under way; the next one is at ");
	else
		sbuf_puts(b, "The group is flushed next at ");
	put_time(b, g->flush, now_of(run));
	sbuf_puts(b, !g->exists ? " (group wait " : " (group interval ");
	put_span(b, !g->exists ? g->route->group_wait : g->route->group_interval);
	sbuf_puts(b, ").");
	if (g->resolved) {
		sbuf_puts(b, " The alert has ended.");
	} else if (alert_resolved_at(explain_alert(run, &stored), g->flush)) {
		sbuf_puts(b, " The alert ends at ");
		put_time(b, alert_ends(explain_alert(run, &stored)), now_of(run));
		sbuf_puts(b, " unless it is posted again.");
	}
	if (g->cluster.on && !(g->claims.on && g->claims.leased))
		put_turn(b, &g->cluster);
	if (g->claims.on)
		put_rank(b, &g->claims);
}

void
say_stage(struct sbuf *b, const struct explain_run *run, const struct explained_group *g, enum stage stage)
{
	static const char *const passes[STAGE_N] = {
		[STAGE_INHIBITION] = "No alert inhibits it.",
		[STAGE_INTERVALS] = "No time interval mutes it.",
		[STAGE_SILENCES] = "No silence covers it.",
	};

	if (g->stages[stage].cause == MUTE_NONE) {
		sbuf_puts(b, passes[stage]);
		return;
	}
	sbuf_puts(b, "It is ");
	put_cause(b, run, g, stage);
	sbuf_putc(b, '.');
}

static void
put_names(struct sbuf *b, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sbuf_puts(b, ", ");
		put_name(b, names[i], NAME_MAX_RUNES);
	}
}

void
say_rule(struct sbuf *b, const struct inhibit_rule *conf, const struct explained_rule *rule)
{
	switch (rule->state) {
	case RULE_NO_TARGET:
		sbuf_puts(b, "Its target side does not match.");
		break;
	case RULE_NO_SOURCE:
		sbuf_puts(b, "It matches, but no alert is there that could inhibit it.");
		break;
	case RULE_UNEQUAL:
		sbuf_puts(b, "It matches, but no alert of its source side has the same ");
		put_names(b, conf->equal, conf->equal_n);
		sbuf_putc(b, '.');
		break;
	case RULE_ENDED:
		sbuf_puts(b, "It matches, but the alerts of its source side have ended.");
		break;
	case RULE_BOTH_SIDES:
		sbuf_puts(b, "It matches, but this alert and its sources are on both sides of it, and do not inhibit each other.");
		break;
	case RULE_ACTS:
		sbuf_puts(b, "Inhibited by ");
		put_labels(b, rule->source->labels);
		sbuf_putc(b, '.');
		break;
	}
}

static void
put_reason(struct sbuf *b, const struct explained_leg *leg)
{
	sbuf_puts(b, reason_text(leg->reason));
}

void
say_leg(struct sbuf *b, const struct explain_run *run, const struct explained_group *g, const struct explained_leg *leg)
{
	struct wall now = now_of(run);

	if (leg->told) {
		sbuf_puts(b, "Told at ");
		put_time(b, g->flush, now);
		sbuf_puts(b, ": ");
		put_reason(b, leg);
		sbuf_puts(b, leg->tells_alert ? "." : "; this alert is not in it.");
	} else if (leg->reason != REASON_NONE) {
		sbuf_puts(b, "Not told: it does not hear of ends.");
	} else if (wall_is_zero(leg->last)) {
		sbuf_puts(b, "Not told: what ended was never told to fire.");
	} else {
		sbuf_puts(b, "Not told: it knows this since ");
		put_time(b, leg->last, now);
		sbuf_putc(b, '.');
	}
	if (leg->claimed_by.n > 0) {
		sbuf_puts(b, " Now another member, ");
		put_name(b, leg->claimed_by, NAME_MAX_RUNES);
		sbuf_puts(b, ", has claimed it: this one waits for the result.");
	}
	if (!wall_is_zero(leg->again)) {
		sbuf_puts(b, leg->told ? " If it goes on, told again at " : " Told again at ");
		put_time(b, leg->again, now);
		sbuf_putc(b, '.');
	}
}

/* The first group of this verdict. */
static const struct explained_group *
first_of(const struct explain_run *run, enum explain_verdict v)
{
	size_t n, all;
	const struct explained_group *g = explain_groups(run, &n, &all);

	for (size_t i = 0; i < n; i++)
		if (g[i].verdict == v)
			return &g[i];
	return NULL;
}

static void
say_told(struct sbuf *b, const struct explain_run *run)
{
	size_t n, all, told = 0;
	const struct explained_group *g = explain_groups(run, &n, &all), *first = first_of(run, EXPLAIN_NOTIFIED);

	for (size_t i = 0; i < n; i++)
		told += g[i].verdict == EXPLAIN_NOTIFIED;
	put_receiver(b, first);
	sbuf_puts(b, " will be told at ");
	put_time(b, first->flush, now_of(run));
	if (first->resolved)
		sbuf_puts(b, " that it has ended");
	sbuf_puts(b, first->exists ? " (group interval " : " (group wait ");
	put_span(b, first->exists ? first->route->group_interval : first->route->group_wait);
	sbuf_putc(b, ')');
	for (size_t i = 0; i < n && i < 10; i++) {
		if (g[i].verdict != EXPLAIN_NOTIFIED || &g[i] == first)
			continue;
		sbuf_puts(b, ", ");
		put_receiver(b, &g[i]);
		sbuf_puts(b, " at ");
		put_time(b, g[i].flush, now_of(run));
	}
	sbuf_putc(b, '.');
	if (told > 10)
		sbuf_printf(b, " In all %zu groups tell of it.", told);
}

static void
say_known(struct sbuf *b, const struct explain_run *run, const struct explained_group *g)
{
	const struct explained_leg *leg = g->legs_n > 0 ? &g->legs[0] : NULL;

	sbuf_puts(b, "Nobody is told: ");
	put_receiver(b, g);
	if (leg == NULL || leg->reason != REASON_NONE) {
		sbuf_puts(b, " does not hear of ends.");
		return;
	}
	if (wall_is_zero(leg->last)) {
		sbuf_puts(b, " was not told that it fired.");
		return;
	}
	sbuf_puts(b, " knows of it since ");
	put_time(b, leg->last, now_of(run));
	if (!wall_is_zero(leg->again)) {
		sbuf_puts(b, " and will be told again at ");
		put_time(b, leg->again, now_of(run));
	}
	sbuf_putc(b, '.');
}

static void
say_suppressed(struct sbuf *b, const struct explain_run *run, const struct explained_group *g)
{
	const struct explained_silence *only = g->silences_n == 1 ? &g->silences[0] : NULL;

	if (g->held_by == STAGE_SILENCES && only != NULL && silence_is_ack(only->silence)) {
		sbuf_puts(b, "Nobody is told again: acknowledged by ");
		put_name(b, istr_str(only->silence->created_by), NAME_MAX_RUNES);
		sbuf_putc(b, '.');
		return;
	}
	sbuf_puts(b, "Nobody is told: ");
	put_cause(b, run, g, g->held_by);
	sbuf_putc(b, '.');
}

void
say_verdict(struct sbuf *b, const struct explain_run *run)
{
	enum explain_verdict v = explain_verdict(run);
	const struct explained_group *g = first_of(run, v);
	bool stored;

	switch (v) {
	case EXPLAIN_NOTIFIED:
		say_told(b, run);
		break;
	case EXPLAIN_DEDUPLICATED:
		say_known(b, run, g);
		break;
	case EXPLAIN_SUPPRESSED:
		say_suppressed(b, run, g);
		break;
	case EXPLAIN_REFUSED:
		sbuf_puts(b, "It would be refused: there are as many alerts of its name as are allowed "
			     "(--alerts.per-alertname-limit).");
		break;
	case EXPLAIN_OVER:
		sbuf_puts(b, "Nobody is told any more: it ended at ");
		put_time(b, alert_ends(explain_alert(run, &stored)), now_of(run));
		sbuf_putc(b, '.');
		break;
	case EXPLAIN_NO_RECEIVER:
		sbuf_puts(b, "Nobody is told: the receiver ");
		put_receiver(b, g);
		sbuf_puts(b, " has no integration.");
		break;
	}
}
