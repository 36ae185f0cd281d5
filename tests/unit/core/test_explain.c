/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of an explanation, one by one; that it agrees with what then happens shows the simulator. */
#include "base/mem.h"
#include "core/explain.h"
#include "core/view.h"

#include "lib_core.h"

static struct fake_world w;

static void
begin(const char *config)
{
	struct config *c = must_config(config);

	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	world_settle(&w);
}

static struct wall
in(span s)
{
	return wall_add(w.now.wall, s);
}

/* In slices of so many units. */
static struct explain_run *
finish(struct explain_run *run, int64_t units)
{
	struct work work;
	int slices = 0;

	do {
		work.left = units;
		ck_assert_int_lt(++slices, 100000);
	} while (!explain_some(w.engine, run, w.now, &work));
	return run;
}

static struct explain_run *
posted(const char *alert)
{
	struct labels *l = world_labels(alert);
	struct label_pair pairs[8];
	struct alert_draft draft = { .labels = pairs, .labels_n = labels_n(l), .starts = WALL_ZERO, .ends = WALL_ZERO };
	struct explain_run *run;
	struct err e = { 0 };
	struct alert *a;
	bool firing;

	for (uint32_t i = 0; i < labels_n(l); i++)
		pairs[i] = (struct label_pair){ istr_str(labels_name(l, i)), istr_str(labels_value(l, i)) };
	a = alert_make(&draft, 1000 * SPAN_HOUR, NAMING_UTF8, w.now.wall, &firing, &e);
	ck_assert_ptr_nonnull(a);
	run = explain_posted(a);
	alert_unref(a);
	labels_unref(l);
	return finish(run, 1);
}

static struct explain_run *
stored(const char *alert)
{
	struct labels *l = world_labels(alert);
	struct explain_run *run = explain_stored(w.engine, labels_fingerprint(l));

	labels_unref(l);
	ck_assert_ptr_nonnull(run);
	return finish(run, 1);
}

static const struct explained_group *
only_group(const struct explain_run *run)
{
	size_t n, all;
	const struct explained_group *g = explain_groups(run, &n, &all);

	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(all, 1);
	return g;
}

/* "+ops -page(a="2") …" of the routes that were looked at. */
static struct str
tree(struct explain_run *run, struct arena *a)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct work work = { 1 };
	struct explained_route r;
	struct str out;
	enum match m;

	while ((m = explain_next_route(run, &work, &r)) != MATCH_NO) {
		work.left = 1;
		if (m == MATCH_LATER)
			continue;
		sbuf_printf(&b, "%s%c%.*s", b.n > 0 ? " " : "", r.matched ? r.takes ? '*' : '+' : '-',
		    STR_ARG(r.route->receiver->name));
		if (!r.matched)
			matcher_format(r.refused_by, &b);
	}
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

START_TEST(routes_and_who_refused)
{
	struct arena *a = arena_new();
	struct explain_run *run;
	size_t n, all;

	begin("receiver ops hook\nreceiver web hook\nreceiver db hook\nreceiver last hook\n"
	      "route receiver=ops by=[alertname]\n"
	      "  route match=a=\"1\",b=\"1\" receiver=web\n"
	      "  route match=a=\"1\" receiver=db continue\n"
	      "    route match=c=\"1\" receiver=web\n"
	      "  route match=a=~\"1|2\" receiver=last\n"
	      "  route match=a=\"1\" receiver=ops\n");
	run = posted("X{a=1,b=2}");
	ck_assert_str_eq(tree(run, a).p, "+ops -webb=\"1\" *db -webc=\"1\" *last");
	explain_groups(run, &n, &all);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_NOTIFIED);
	ck_assert(explain_exact(run));
	explain_free(&run);
	run = posted("X{a=3}");
	ck_assert_str_eq(tree(run, a).p, "*ops -weba=\"1\" -dba=\"1\" -lasta=~\"1|2\" -opsa=\"1\"");
	explain_free(&run);
	arena_free(&a);
	world_fini(&w);
}
END_TEST

/* A new group, one that waits, one that was told, and what is told no more. */
START_TEST(group_and_decision)
{
	struct explain_run *run;
	const struct explained_group *g;

	begin("receiver ops hook mail!\nroute receiver=ops by=[alertname] wait=30s interval=5m repeat=1h\n");
	run = posted("X{a=1}");
	g = only_group(run);
	ck_assert(!g->exists);
	ck_assert_int_eq(wall_cmp(g->flush, in(30 * SPAN_S)), 0);
	ck_assert_str_eq(g->key.p, "{}:{alertname=\"X\"}");
	ck_assert_uint_eq(g->legs_n, 2);
	ck_assert_int_eq(g->legs[0].reason, REASON_FIRST);
	ck_assert(g->legs[0].tells_alert);
	/* Nothing is left of what was asked. */
	ck_assert_uint_eq(view_alerts_count(w.engine), 0);
	explain_free(&run);

	world_post(&w, "X{a=1}", WALL_ZERO, in(3 * SPAN_HOUR));
	world_run(&w, SPAN_MIN);
	run = stored("X{a=1}");
	g = only_group(run);
	ck_assert(g->exists && g->member && !g->flushing);
	ck_assert_int_eq(g->verdict, EXPLAIN_DEDUPLICATED);
	ck_assert_int_eq(g->legs[0].reason, REASON_NONE);
	ck_assert_int_eq(wall_cmp(g->flush, in(4 * SPAN_MIN + 30 * SPAN_S)), 0);
	/* Told at 30 s, every 5 minutes from there on. */
	ck_assert_int_eq(wall_cmp(g->legs[0].last, in(-30 * SPAN_S)), 0);
	ck_assert_int_eq(wall_cmp(g->legs[0].again, in(59 * SPAN_MIN + 30 * SPAN_S)), 0);
	ck_assert_uint_eq(w.sent.n, 2);
	explain_free(&run);
	/* And so it is. */
	world_run(&w, SPAN_HOUR + 20 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	world_run(&w, SPAN_HOUR + 40 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 4);

	/* Another one of the group. */
	run = posted("X{a=2}");
	g = only_group(run);
	ck_assert(g->exists && !g->member);
	ck_assert_uint_eq(g->firing, 2);
	ck_assert_int_eq(g->legs[1].reason, REASON_NEW_ALERTS);
	ck_assert_uint_eq(g->alerts_n, 2);
	explain_free(&run);

	/* It ends: mail does not hear of that. */
	world_post(&w, "X{a=1}", WALL_ZERO, w.now.wall);
	run = stored("X{a=1}");
	g = only_group(run);
	ck_assert(g->resolved && g->legs[0].tells_alert);
	ck_assert_int_eq(g->legs[1].reason, REASON_ALL_RESOLVED);
	ck_assert(!g->legs[1].told && !g->legs[1].tells_alert);
	explain_free(&run);
	world_run(&w, SPAN_HOUR + 6 * SPAN_MIN);
	run = stored("X{a=1}");
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_OVER);
	explain_free(&run);
	world_fini(&w);
}
END_TEST

/* Silences and intervals as they will be at the flush. */
START_TEST(silences_and_intervals_ahead)
{
	char id[SILENCE_ID_MAX], later[SILENCE_ID_MAX];
	struct explain_run *run;
	const struct explained_group *g;
	struct err e = { 0 };

	begin("interval early 00:05-00:30\nreceiver ops hook\nroute receiver=ops by=[alertname] wait=10m\n"
	      "  route match=m=\"1\" receiver=ops mute=[early]\n");
	ck_assert(world_silence(&w, "", "a=\"1\"", WALL_ZERO, in(5 * SPAN_MIN), id, &e));
	ck_assert(world_silence(&w, "", "a=\"2\"", in(5 * SPAN_MIN), in(SPAN_HOUR), later, &e));
	run = posted("X{a=1}");
	g = only_group(run);
	ck_assert_int_eq(g->held_by, STAGE_N);
	ck_assert_uint_eq(g->silences_n, 1);
	ck_assert_int_eq(g->silences[0].now, SILENCE_ACTIVE);
	ck_assert_int_eq(g->silences[0].then, SILENCE_EXPIRED);
	explain_free(&run);

	run = posted("X{a=2}");
	g = only_group(run);
	ck_assert_int_eq(g->held_by, STAGE_SILENCES);
	ck_assert_int_eq(g->verdict, EXPLAIN_SUPPRESSED);
	ck_assert_int_eq(g->silences[0].now, SILENCE_PENDING);
	ck_assert_int_eq(g->silences[0].then, SILENCE_ACTIVE);
	ck_assert_uint_eq(g->legs_n, 0);
	explain_free(&run);

	run = posted("X{a=2,m=1}");
	g = only_group(run);
	ck_assert_int_eq(g->held_by, STAGE_INTERVALS);
	ck_assert_uint_eq(g->stages[STAGE_INTERVALS].intervals_n, 1);
	/* The next stages are told, too. */
	ck_assert_int_eq(g->stages[STAGE_SILENCES].cause, MUTE_SILENCE);
	explain_free(&run);

	/* Until then it is silenced all the same. */
	world_post(&w, "X{a=1}", WALL_ZERO, in(SPAN_HOUR));
	run = stored("X{a=1}");
	ck_assert_int_eq(only_group(run)->held_by, STAGE_N);
	explain_free(&run);
	ck_assert_int_eq(strncmp(world_status(&w, "X{a=1}"), "silenced", 8), 0);
	world_fini(&w);
}
END_TEST

static enum explain_rule_state
rule_state(const struct explain_run *run, size_t i)
{
	size_t n;
	const struct explained_rule *rules = explain_rules(run, &n);

	ck_assert_uint_lt(i, n);
	return rules[i].state;
}

/* A silence of all of A that ends with its alerts. */
static void
silence_with_alert(bool notify, char id[SILENCE_ID_MAX])
{
	struct silence *s = silence_new();
	struct err e = { 0 };

	silence_add_set(s);
	s->sets[0] = must_matchers("alertname=\"A\"");
	s->ends = in(SPAN_HOUR);
	s->extra = silence_extra_new();
	s->extra->ends_with_alert = true;
	s->extra->notify_resolved = notify;
	ck_assert_msg(engine_silence_set(w.engine, s, w.now, id, &e), "%s", e.text);
	silence_unref(s);
	world_settle(&w);
}

/* Alerts that it holds back keep such a silence until they are told of no more, in each of their groups. */
START_TEST(silences_that_end_with_their_alerts)
{
	struct explain_run *run;
	const struct explained_group *g;
	char id[SILENCE_ID_MAX];
	size_t n, all;

	begin("receiver ops hook\nreceiver page hook\nroute receiver=ops by=[alertname] wait=10s interval=1m repeat=4h\n"
	      "  route match=alertname=\"A\" receiver=page interval=1m continue\n"
	      "  route match=alertname=\"A\" receiver=ops interval=5m\n");
	world_post(&w, "A{i=x}", w.now.wall, in(20 * SPAN_MIN));
	world_post(&w, "A{i=y}", w.now.wall, in(20 * SPAN_MIN));
	world_run(&w, 15 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	silence_with_alert(false, id);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_post(&w, "A{i=y}", w.now.wall, w.now.wall);
	world_settle(&w);
	run = stored("A{i=x}");
	g = explain_groups(run, &n, &all);
	ck_assert_uint_eq(n, 2);
	for (size_t i = 0; i < n; i++) {
		ck_assert_int_eq(g[i].verdict, EXPLAIN_SUPPRESSED);
		ck_assert_int_eq(g[i].silences[0].then, SILENCE_ACTIVE);
	}
	ck_assert(explain_exact(run));
	explain_free(&run);
	world_run(&w, 2 * SPAN_MIN);
	/* One group is through with them; the other is told of no end either. */
	run = stored("A{i=x}");
	g = explain_groups(run, &n, &all);
	ck_assert_int_eq(g[0].verdict, EXPLAIN_OVER);
	ck_assert_int_eq(g[1].verdict, EXPLAIN_SUPPRESSED);
	explain_free(&run);
	world_run(&w, 6 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_int_eq(silence_state_at(view_silence(w.engine, str_from(id)), w.now.wall), SILENCE_EXPIRED);

	/* One that lets ends pass has ended when the last of them has, and holds nothing of that back. */
	world_post(&w, "A{i=z}", w.now.wall, in(20 * SPAN_MIN));
	world_run(&w, 7 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 4);
	silence_with_alert(true, id);
	run = stored("A{i=z}");
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_SUPPRESSED);
	explain_free(&run);
	world_post(&w, "A{i=z}", w.now.wall, w.now.wall);
	run = stored("A{i=z}");
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_NOTIFIED);
	explain_free(&run);
	world_run(&w, 13 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 6);
	world_fini(&w);
}
END_TEST

START_TEST(rules_and_why_not)
{
	struct explain_run *run;
	const struct explained_group *g;

	begin("receiver ops hook\nroute receiver=ops by=[alertname] wait=1m\n"
	      "inhibit source=s=\"0\" target=t=\"0\"\n"
	      "inhibit source=s=\"9\" target=t=\"1\"\n"
	      "inhibit source=s=\"1\" target=t=\"1\" equal=[c]\n"
	      "inhibit source=s=\"2\" target=t=\"1\"\n"
	      "inhibit source=s=\"3\" target=t=\"1\"\n");
	world_post(&w, "S1{s=1,c=a}", WALL_ZERO, in(SPAN_HOUR));
	world_post(&w, "S2{s=2}", WALL_ZERO, in(10 * SPAN_S));
	world_settle(&w);
	run = posted("T{t=1,c=b}");
	ck_assert_int_eq(rule_state(run, 3), RULE_ACTS);
	explain_free(&run);
	world_run(&w, 20 * SPAN_S);
	run = posted("T{t=1,c=b}");
	ck_assert_int_eq(rule_state(run, 0), RULE_NO_TARGET);
	ck_assert_int_eq(rule_state(run, 1), RULE_NO_SOURCE);
	ck_assert_int_eq(rule_state(run, 2), RULE_UNEQUAL);
	ck_assert_int_eq(rule_state(run, 3), RULE_ENDED);
	ck_assert_int_eq(rule_state(run, 4), RULE_NO_SOURCE);
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_NOTIFIED);
	explain_free(&run);
	run = posted("T{t=1,c=a}");
	g = only_group(run);
	ck_assert_int_eq(g->held_by, STAGE_INHIBITION);
	ck_assert_int_eq(rule_state(run, 2), RULE_ACTS);
	ck_assert_ptr_eq(g->stages[STAGE_INHIBITION].rule, &explain_config(run)->inhibit_rules[2]);
	ck_assert_str_eq(labels_get(g->stages[STAGE_INHIBITION].source->labels, STR("alertname")).p, "S1");
	explain_free(&run);

	/* On both sides, as its only source. */
	world_post(&w, "S3{s=3,t=1}", WALL_ZERO, in(SPAN_HOUR));
	world_settle(&w);
	run = posted("T{t=1,c=b,s=3}");
	ck_assert_int_eq(rule_state(run, 4), RULE_BOTH_SIDES);
	explain_free(&run);
	world_fini(&w);
}
END_TEST

/* A new source may hold back what is in its group; nobody has asked those. */
START_TEST(not_exact_when_it_would_inhibit)
{
	struct explain_run *run;

	begin("receiver ops hook\nroute receiver=ops\ninhibit source=s=\"1\" target=t=\"1\"\n");
	run = posted("S{s=1}");
	ck_assert(explain_exact(run));
	explain_free(&run);
	world_post(&w, "T{t=1}", WALL_ZERO, in(SPAN_HOUR));
	world_settle(&w);
	run = posted("S{s=1}");
	ck_assert(!explain_exact(run));
	explain_free(&run);
	run = stored("T{t=1}");
	ck_assert(explain_exact(run));
	explain_free(&run);
	world_fini(&w);
}
END_TEST

START_TEST(refused_and_nobody)
{
	struct config *c = must_config("receiver none\nroute receiver=none\n");
	struct explain_run *run;

	world_init(&w);
	w.options.alerts_per_name = 1;
	world_start(&w, c);
	config_unref(c);
	world_settle(&w);
	run = posted("X{a=1}");
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_NO_RECEIVER);
	explain_free(&run);
	world_post(&w, "X{a=1}", WALL_ZERO, in(SPAN_HOUR));
	run = posted("X{a=2}");
	ck_assert_int_eq(explain_verdict(run), EXPLAIN_REFUSED);
	explain_free(&run);
	ck_assert_ptr_null(explain_stored(w.engine, 1));
	world_fini(&w);
}
END_TEST

/* Between two slices the configuration is another one, the group is flushed, and the alert comes: it begins anew. */
START_TEST(things_change_meanwhile)
{
	struct config *other;
	struct explain_run *run;
	struct work work = { 1 };
	struct labels *l;

	begin("receiver ops hook\nroute receiver=ops\ninhibit source=s=\"1\" target=t=\"1\"\n");
	world_post(&w, "T{t=1}", WALL_ZERO, in(SPAN_HOUR));
	world_settle(&w);
	l = world_labels("T{t=1}");
	run = explain_stored(w.engine, labels_fingerprint(l));
	labels_unref(l);
	for (int i = 0; i < 3; i++) {
		work.left = 1;
		ck_assert(!explain_some(w.engine, run, w.now, &work));
	}
	world_run(&w, SPAN_MIN);
	other = must_config("receiver other hook\nroute receiver=other\ninhibit source=s=\"2\" target=t=\"1\"\n");
	engine_apply(w.engine, other, w.now);
	config_unref(other);
	world_settle(&w);
	finish(run, 1);
	ck_assert(str_is(only_group(run)->route->receiver->name, "other"));
	explain_free(&run);
	/* And one that nobody finishes is given up before the configuration and after it. */
	l = world_labels("T{t=1}");
	run = explain_stored(w.engine, labels_fingerprint(l));
	labels_unref(l);
	work.left = 1;
	ck_assert(!explain_some(w.engine, run, w.now, &work));
	explain_free(&run);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("explain", routes_and_who_refused, group_and_decision, silences_and_intervals_ahead,
	    silences_that_end_with_their_alerts, rules_and_why_not, not_exact_when_it_would_inhibit, refused_and_nobody, things_change_meanwhile);
}
