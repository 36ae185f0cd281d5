/* SPDX-License-Identifier: Apache-2.0 */
/* An explanation as JSON, piece by piece. */
#include "ext_explain.h"
#include "ext_groups.h"

/* The sentence in x->text. */
static void
put_say(struct explaining *x)
{
	json_put_str(&x->w, "say", sbuf_get(&x->text));
	sbuf_reset(&x->text);
}

static const struct explained_group *
group_at(const struct explaining *x)
{
	size_t n, all;
	const struct explained_group *g = explain_groups(x->run, &n, &all);

	return x->group < n ? &g[x->group] : NULL;
}

static const char *
verdict_word(enum explain_verdict v)
{
	switch (v) {
	case EXPLAIN_NOTIFIED:
		return "notified";
	case EXPLAIN_DEDUPLICATED:
		return "deduplicated";
	case EXPLAIN_SUPPRESSED:
		return "suppressed";
	case EXPLAIN_REFUSED:
		return "refused";
	case EXPLAIN_OVER:
		return "over";
	case EXPLAIN_NO_RECEIVER:
		break;
	}
	return "no_receiver";
}

static void
write_alert_head(struct explaining *x)
{
	bool stored;
	const struct alert *a = explain_alert(x->run, &stored);

	json_key(&x->w, STR("alert"));
	json_object_begin(&x->w);
	ext_put_fingerprint(&x->w, "fp", labels_fingerprint(a->labels));
	ext_put_labels(&x->w, "labels", a->labels);
	json_put_bool(&x->w, "stored", stored);
	if (stored) {
		ext_put_time(&x->w, "starts", alert_starts(a));
		ext_put_time(&x->w, "ends", alert_ends(a));
	}
	json_object_end(&x->w);
}

static void
write_head(struct explaining *x)
{
	size_t n, all;

	(void)explain_groups(x->run, &n, &all);
	json_writer_init(&x->w, &x->body.plain, JSON_HTML_ESCAPED);
	json_object_begin(&x->w);
	json_put_str(&x->w, "verdict", str_from(verdict_word(explain_verdict(x->run))));
	say_verdict(&x->text, x->run);
	put_say(x);
	json_put_bool(&x->w, "exact", explain_exact(x->run));
	ext_put_time(&x->w, "at", explain_moment(x->run).wall);
	write_alert_head(x);
	if (all > n)
		json_put_uint(&x->w, "groups_left_out", all - n);
	json_key(&x->w, STR("steps"));
	json_array_begin(&x->w);
	json_object_begin(&x->w);
	json_put_str(&x->w, "stage", STR("route"));
	json_put_bool(&x->w, "ok", true);
	sbuf_printf(&x->text, all == 1 ? "%zu route takes it." : "%zu routes take it.", all);
	put_say(x);
	json_key(&x->w, STR("tree"));
	json_array_begin(&x->w);
}

/* 0/3/1: the places among the siblings, from the root. */
static void
write_path(struct explaining *x, const struct explained_route *r)
{
	while (x->path.n <= r->depth)
		VEC_PUSH(&x->path, 0);
	x->path.v[r->depth] = r->place;
	for (size_t i = 0; i <= r->depth; i++)
		sbuf_printf(&x->text, i == 0 ? "%zu" : "/%zu", x->path.v[i]);
	json_put_str(&x->w, "path", sbuf_get(&x->text));
	sbuf_reset(&x->text);
}

static void
write_route(struct explaining *x, const struct explained_route *r)
{
	json_object_begin(&x->w);
	json_put_str(&x->w, "id", r->route->id);
	write_path(x, r);
	json_put_str(&x->w, "receiver", r->route->receiver->name);
	json_put_bool(&x->w, "matched", r->matched);
	if (r->matched) {
		json_put_bool(&x->w, "takes", r->takes);
		json_put_bool(&x->w, "continue", r->route->continue_);
	} else if (r->refused_by != NULL) {
		matcher_format(r->refused_by, &x->text);
		json_put_str(&x->w, "refused_by", sbuf_get(&x->text));
		sbuf_reset(&x->text);
	}
	say_route(&x->text, r);
	put_say(x);
	json_object_end(&x->w);
}

/* Writing one item of a list. */
#define ITEM_UNITS 200

static enum http_more
write_routes(struct explaining *x, struct work *w)
{
	struct explained_route r;
	enum match m = explain_next_route(x->run, w, &r);

	if (m == MATCH_LATER)
		return HTTP_LATER;
	if (m == MATCH_YES) {
		work_spend(w, ITEM_UNITS + (int64_t)r.depth);
		write_route(x, &r);
		return HTTP_MORE;
	}
	json_array_end(&x->w);
	json_object_end(&x->w);
	x->part = group_at(x) != NULL ? PART_GROUP : PART_END;
	return HTTP_MORE;
}

static void
begin_step(struct explaining *x, const char *stage)
{
	const struct explained_group *g = group_at(x);
	const struct group_item item = { .route = g->route, .labels = g->labels, .key = g->key };

	json_object_begin(&x->w);
	json_put_str(&x->w, "stage", str_from(stage));
	ext_put_fingerprint(&x->w, "group", group_id(&item));
	json_put_str(&x->w, "receiver", g->route->receiver->name);
}

/* The turn of this instance among its peers. */
static void
write_turn(struct json_writer *w, const struct cluster_state *c)
{
	json_key(w, STR("cluster"));
	json_object_begin(w);
	json_put_bool(w, "settled", c->settled);
	json_put_uint(w, "position", c->position);
	json_put_uint(w, "members", c->members);
	ext_put_seconds(w, "wait", cluster_wait(c));
	json_object_end(w);
}

static void
write_claims(struct json_writer *w, const struct explained_claims *c)
{
	json_key(w, STR("claims"));
	json_object_begin(w);
	json_put_bool(w, "settled", c->settled);
	json_put_bool(w, "leased", c->leased);
	json_put_uint(w, "rank", c->rank);
	json_put_uint(w, "members", c->members);
	ext_put_seconds(w, "wait", c->wait);
	json_object_end(w);
}

static void
write_group(struct explaining *x)
{
	const struct explained_group *g = group_at(x);

	begin_step(x, "group");
	json_put_bool(&x->w, "ok", g->verdict != EXPLAIN_OVER);
	json_put_str(&x->w, "key", g->key);
	ext_put_labels(&x->w, "labels", g->labels);
	json_put_bool(&x->w, "exists", g->exists);
	json_put_bool(&x->w, "flushing", g->flushing);
	ext_put_seconds(&x->w, "wait", g->route->group_wait);
	ext_put_seconds(&x->w, "interval", g->route->group_interval);
	ext_put_seconds(&x->w, "repeat", g->route->repeat_interval);
	if (g->verdict != EXPLAIN_OVER) {
		ext_put_time(&x->w, "next_flush", g->flush);
		json_put_bool(&x->w, "resolved", g->resolved);
		json_put_uint(&x->w, "firing", g->firing);
		json_put_uint(&x->w, "resolved_alerts", g->resolved_n);
	}
	if (g->cluster.on)
		write_turn(&x->w, &g->cluster);
	if (g->claims.on)
		write_claims(&x->w, &g->claims);
	say_group(&x->text, x->run, g);
	put_say(x);
	json_object_end(&x->w);
}

/* The head of a stage's step, which the caller ends. */
static void
begin_stage(struct explaining *x, const char *name, enum stage stage)
{
	const struct explained_group *g = group_at(x);

	begin_step(x, name);
	json_put_bool(&x->w, "ok", g->stages[stage].cause == MUTE_NONE);
	json_put_bool(&x->w, "decides", g->held_by == stage);
	say_stage(&x->text, x->run, g, stage);
	put_say(x);
}

static void
put_alert(struct explaining *x, const char *key, const struct alert *a)
{
	json_key(&x->w, str_from(key));
	json_object_begin(&x->w);
	ext_put_fingerprint(&x->w, "fp", labels_fingerprint(a->labels));
	ext_put_labels(&x->w, "labels", a->labels);
	json_object_end(&x->w);
}

static void
begin_inhibit(struct explaining *x)
{
	const struct explained_stage *s = &group_at(x)->stages[STAGE_INHIBITION];
	const struct config *c = explain_config(x->run);

	begin_stage(x, "inhibit", STAGE_INHIBITION);
	if (s->cause == MUTE_INHIBITION) {
		json_put_uint(&x->w, "rule", (uint64_t)(s->rule - c->inhibit_rules));
		put_alert(x, "source", s->source);
	}
	if (x->rules_shown)
		return;
	json_key(&x->w, STR("rules"));
	json_array_begin(&x->w);
}

static const char *
rule_word(enum explain_rule_state s)
{
	static const char *const words[] = {
		[RULE_NO_TARGET] = "no_target",
		[RULE_NO_SOURCE] = "no_source",
		[RULE_UNEQUAL] = "unequal",
		[RULE_ENDED] = "ended",
		[RULE_BOTH_SIDES] = "both_sides",
		[RULE_ACTS] = "acts",
	};

	return words[s];
}

static enum http_more
write_rules(struct explaining *x, struct work *w)
{
	size_t n;
	const struct explained_rule *rules = explain_rules(x->run, &n), *rule = &rules[x->rule];
	const struct inhibit_rule *conf;

	if (x->rules_shown || x->rule == n) {
		if (!x->rules_shown)
			json_array_end(&x->w);
		x->rules_shown = true;
		json_object_end(&x->w);
		x->part = PART_REST;
		return HTTP_MORE;
	}
	work_spend(w, ITEM_UNITS);
	conf = &explain_config(x->run)->inhibit_rules[x->rule];
	json_object_begin(&x->w);
	json_put_uint(&x->w, "index", x->rule);
	if (conf->name.n > 0)
		json_put_str(&x->w, "name", conf->name);
	json_put_bool(&x->w, "acted", rule->state == RULE_ACTS);
	json_put_str(&x->w, "why", str_from(rule_word(rule->state)));
	if (rule->source != NULL)
		put_alert(x, "source", rule->source);
	say_rule(&x->text, conf, rule);
	put_say(x);
	json_object_end(&x->w);
	x->rule++;
	return HTTP_MORE;
}

static void
write_mute(struct explaining *x)
{
	const struct explained_stage *s = &group_at(x)->stages[STAGE_INTERVALS];

	begin_stage(x, "mute", STAGE_INTERVALS);
	json_key(&x->w, STR("intervals"));
	json_array_begin(&x->w);
	for (size_t i = 0; i < s->intervals_n; i++)
		json_str(&x->w, s->intervals[i]);
	json_array_end(&x->w);
	json_object_end(&x->w);
}

/* So many silences are shown of those that match, the oldest first. */
#define SILENCES_SHOWN 1000

static void
write_silences(struct explaining *x)
{
	const struct explained_group *g = group_at(x);
	size_t n = g->silences_n < SILENCES_SHOWN ? g->silences_n : SILENCES_SHOWN;

	begin_stage(x, "silence", STAGE_SILENCES);
	json_key(&x->w, STR("silences"));
	json_array_begin(&x->w);
	for (size_t i = 0; i < n; i++)
		if (g->silences[i].then == SILENCE_ACTIVE)
			json_str(&x->w, str_from(g->silences[i].silence->id));
	json_array_end(&x->w);
	json_key(&x->w, STR("matching"));
	json_array_begin(&x->w);
	for (size_t i = 0; i < n; i++) {
		const struct silence *s = g->silences[i].silence;

		json_object_begin(&x->w);
		json_put_str(&x->w, "id", str_from(s->id));
		json_put_str(&x->w, "by", istr_str(s->created_by));
		json_put_str(&x->w, "comment", istr_str(s->comment));
		ext_put_time(&x->w, "starts", s->starts);
		ext_put_time(&x->w, "ends", s->ends);
		json_put_str(&x->w, "state", str_from(silence_state_text(g->silences[i].now)));
		json_put_str(&x->w, "state_then", str_from(silence_state_text(g->silences[i].then)));
		json_object_end(&x->w);
	}
	json_array_end(&x->w);
	json_put_uint(&x->w, "total", g->silences_n);
	json_object_end(&x->w);
}

static void
write_leg(struct explaining *x, const struct explained_leg *leg)
{
	json_object_begin(&x->w);
	sbuf_printf(&x->text, "%s[%zu]", leg->integration->kind->name, leg->integration->index);
	json_put_str(&x->w, "integration", sbuf_get(&x->text));
	sbuf_reset(&x->text);
	json_put_bool(&x->w, "told", leg->told);
	json_put_bool(&x->w, "tells_alert", leg->tells_alert);
	json_put_str(&x->w, "reason", str_from(reason_word(leg->reason)));
	ext_put_time(&x->w, "last", leg->last);
	ext_put_time(&x->w, "again", leg->again);
	if (leg->claimed_by.n > 0)
		json_put_str(&x->w, "claimed_by", leg->claimed_by);
	say_leg(&x->text, x->run, group_at(x), leg);
	put_say(x);
	json_object_end(&x->w);
}

static void
write_dedup(struct explaining *x)
{
	const struct explained_group *g = group_at(x);
	enum reason reason = REASON_NONE;

	for (size_t i = 0; i < g->legs_n && reason == REASON_NONE; i++)
		reason = g->legs[i].reason;
	begin_step(x, "dedup");
	json_put_bool(&x->w, "ok", g->verdict == EXPLAIN_NOTIFIED);
	json_put_str(&x->w, "reason", str_from(reason_word(reason)));
	json_key(&x->w, STR("integrations"));
	json_array_begin(&x->w);
	for (size_t i = 0; i < g->legs_n; i++)
		write_leg(x, &g->legs[i]);
	json_array_end(&x->w);
	json_object_end(&x->w);
}

static void
begin_group(struct explaining *x)
{
	write_group(x);
	if (group_at(x)->verdict == EXPLAIN_OVER) {
		x->group++;
		x->part = group_at(x) != NULL ? PART_GROUP : PART_END;
		return;
	}
	begin_inhibit(x);
	x->part = PART_RULES;
}

/* Messages are rendered for so many groups. */
#define MESSAGE_GROUPS 10

static bool
shows_messages(const struct explaining *x)
{
	return x->api->env.rendered != NULL && x->group < MESSAGE_GROUPS && group_at(x)->legs_n > 0;
}

static void
next_group(struct explaining *x)
{
	x->group++;
	x->part = group_at(x) != NULL ? PART_GROUP : PART_END;
}

static void
end_group(struct explaining *x)
{
	write_mute(x);
	write_silences(x);
	write_dedup(x);
	if (!shows_messages(x)) {
		next_group(x);
		return;
	}
	begin_step(x, "render");
	json_put_bool(&x->w, "ok", group_at(x)->verdict == EXPLAIN_NOTIFIED);
	json_key(&x->w, STR("integrations"));
	json_array_begin(&x->w);
	x->leg = 0;
	x->part = PART_MESSAGES;
}

static void
put_text(struct explaining *x, const struct rendered_text *t)
{
	json_object_begin(&x->w);
	json_put_str(&x->w, "key", t->key);
	if (t->error.n > 0)
		json_put_str(&x->w, "error", t->error);
	else
		json_put_str(&x->w, "text", t->text);
	if (t->cut)
		json_put_bool(&x->w, "cut", true);
	json_object_end(&x->w);
}

static void
write_message(struct explaining *x, const struct explained_leg *leg, struct moment now)
{
	const struct explained_group *g = group_at(x);
	struct arena *a = arena_new();
	struct notification n;
	struct rendered r;

	explain_notification(x->run, g, leg, a, &n);
	x->api->env.rendered(x->api->env.arg, &n, now, a, &r);
	json_object_begin(&x->w);
	sbuf_printf(&x->text, "%s[%zu]", leg->integration->kind->name, leg->integration->index);
	json_put_str(&x->w, "integration", sbuf_get(&x->text));
	sbuf_reset(&x->text);
	json_put_str(&x->w, "type", str_from(leg->integration->kind->name));
	json_put_uint(&x->w, "alerts", n.alerts_n);
	json_key(&x->w, STR("texts"));
	json_array_begin(&x->w);
	for (size_t i = 0; i < r.n; i++)
		put_text(x, &r.texts[i]);
	json_array_end(&x->w);
	json_put_bool(&x->w, "too_much", r.too_much);
	json_object_end(&x->w);
	labels_unref(n.route_labels);
	arena_free(&a);
}

static void
write_messages(struct explaining *x, struct work *w, struct moment now)
{
	const struct explained_group *g = group_at(x);

	while (x->leg < g->legs_n && !g->legs[x->leg].told)
		x->leg++;
	if (x->leg < g->legs_n) {
		/* Nobody knows what a template takes. */
		work_spend(w, WORK_TURN);
		write_message(x, &g->legs[x->leg++], now);
		return;
	}
	json_array_end(&x->w);
	json_object_end(&x->w);
	next_group(x);
}

/* The cost of one group's steps, but for lists. */
#define GROUP_UNITS 20000

enum http_more
explain_write(struct explaining *x, struct work *w, struct moment now)
{
	switch (x->part) {
	case PART_EXPLAIN:
	case PART_HEAD:
		write_head(x);
		x->part = PART_ROUTES;
		return HTTP_MORE;
	case PART_ROUTES:
		return write_routes(x, w);
	case PART_GROUP:
		work_spend(w, GROUP_UNITS);
		begin_group(x);
		return HTTP_MORE;
	case PART_RULES:
		return write_rules(x, w);
	case PART_REST:
		work_spend(w, GROUP_UNITS);
		end_group(x);
		return HTTP_MORE;
	case PART_MESSAGES:
		write_messages(x, w, now);
		return HTTP_MORE;
	case PART_END:
		break;
	}
	json_array_end(&x->w);
	json_object_end(&x->w);
	sbuf_putc(&x->body.plain, '\n');
	return HTTP_END;
}
