/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_core.h"

#include "base/mem.h"
#include "engine_state.h"

static const char plain[] = "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=1m\n";

static void
begin(struct fake_world *w, const char *config)
{
	struct config *c = must_config(config);

	world_init(w);
	world_start(w, c);
	config_unref(c);
}

static struct wall
in(const struct fake_world *w, span d)
{
	return wall_add(w->now.wall, d);
}

START_TEST(answers_to_nobody_are_ignored)
{
	struct fake_answer hang = { .hang = true };
	struct outcome ok = { .ok = true };
	struct fake_world w;

	begin(&w, plain);
	world_script(&w, "*", &hang, 1);
	engine_delivered(w.engine, 17, &ok, w.now);
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	world_run(&w, 70 * SPAN_S - 1);
	ck_assert(!w.sent.v[0].canceled);
	world_run(&w, 70 * SPAN_S);
	ck_assert(w.sent.v[0].canceled);
	ck_assert_uint_eq(w.sent.n, 2);
	engine_delivered(w.engine, w.sent.v[0].attempt, &ok, w.now);
	ck_assert_uint_eq(view_counters(w.engine)->integrations[0].requests, 2);
	ck_assert_uint_eq(view_counters(w.engine)->integrations[0].requests_failed, 1);
	ck_assert_uint_eq(view_counters(w.engine)->integrations[0].failed[FAILURE_CONTEXT_DEADLINE], 1);
	world_fini(&w);
}
END_TEST

START_TEST(intents_have_an_end)
{
	struct fake_answer answers[] = {
		{ .outcome = { .retry = true, .error = STR("a") } },
		{ .outcome = { .retry = true, .error = STR("a") } },
		{ .outcome = { .retry = true, .error = STR("b") } },
		{ .outcome = { .ok = true } },
	};
	struct fake_world w;

	begin(&w, plain);
	world_script(&w, "*", answers, 4);
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_uint_eq(w.stored_intents.n, 1);
	world_run(&w, 20 * SPAN_S);
	ck_assert_uint_eq(w.stored_intents.n, 0);
	ck_assert_uint_eq(w.changes[CHANGE_INTENT], 4);
	ck_assert_uint_eq(w.sent.n, 4);
	ck_assert_uint_eq(w.events[EVENT_ATTEMPT_FAILED], 3);
	ck_assert_uint_eq(w.warned, 2);
	ck_assert_uint_eq(w.events[EVENT_NOTIFIED], 1);
	ck_assert_uint_eq(w.changes[CHANGE_LOG_ENTRY], 1);
	world_fini(&w);
}
END_TEST

/* Pauses are 0.5 s times 1.5 to the n, plus or minus half, never based on more than a minute. */
START_TEST(backoff)
{
	struct fake_answer never = { .outcome = { .retry = true, .error = STR("no") } };
	double base = 0.5;
	struct fake_world w;

	begin(&w, "receiver ops hook\nroute receiver=ops wait=0s interval=1h\n");
	world_script(&w, "*", &never, 1);
	world_post(&w, "A", w.now.wall, in(&w, 5 * SPAN_HOUR));
	world_run(&w, SPAN_HOUR - 1);
	ck_assert_uint_gt(w.sent.n, 60);
	for (size_t i = 1; i < w.sent.n; i++) {
		double pause = (double)mono_sub(w.sent.v[i].at.mono, w.sent.v[i - 1].at.mono) / 1e9;

		ck_assert_double_ge_tol(pause, base * 0.5, 1e-6);
		ck_assert_double_le_tol(pause, base * 1.5, 1e-6);
		base = base * 1.5 < 60 ? base * 1.5 : 60;
	}
	ck_assert_uint_eq(w.warned, 1);
	world_fini(&w);
}
END_TEST

/* Data that a receiver wants remembered comes back until the next first notification. */
static void
remembering_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct fake_world *w = CONTAINER_OF(p, struct fake_world, port);
	struct fake_sent sent = { .at = now, .attempt = attempt, .data_n = n->data.n };

	(void)deadline;
	if (n->data.n > 0)
		ck_assert(str_is(n->data.v[0].s, "1.5"));
	sent.to = mem_strdup("x");
	sent.text = mem_strdup(reason_text(n->reason));
	VEC_PUSH(&w->sent, sent);
}

START_TEST(receiver_data)
{
	struct receiver_value v = { .key = STR("ts"), .s = STR("1.5") };
	struct outcome remember = { .ok = true, .data = { &v, 1 }, .data_set = true }, ok = { .ok = true };
	struct fake_world w;
	struct wall end;

	begin(&w, plain);
	end = in(&w, SPAN_HOUR);
	w.port.send = remembering_send;
	world_post(&w, "A", w.now.wall, end);
	world_run(&w, 10 * SPAN_S);
	engine_delivered(w.engine, w.sent.v[0].attempt, &remember, w.now);
	world_post(&w, "A{i=1}", w.now.wall, end);
	world_run(&w, 70 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_uint_eq(w.sent.v[1].data_n, 1);
	engine_delivered(w.engine, w.sent.v[1].attempt, &ok, w.now);
	world_post(&w, "A{i=2}", w.now.wall, end);
	world_run(&w, 130 * SPAN_S);
	ck_assert_uint_eq(w.sent.v[2].data_n, 1);
	engine_delivered(w.engine, w.sent.v[2].attempt, &ok, w.now);
	world_run(&w, SPAN_HOUR + 10 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 4);
	ck_assert_str_eq(w.sent.v[3].text, "all alerts resolved");
	engine_delivered(w.engine, w.sent.v[3].attempt, &ok, w.now);
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, SPAN_HOUR + 20 * SPAN_S);
	ck_assert_str_eq(w.sent.v[4].text, "first notification");
	ck_assert_uint_eq(w.sent.v[4].data_n, 0);
	engine_delivered(w.engine, w.sent.v[4].attempt, &ok, w.now);
	world_fini(&w);
}
END_TEST

static struct {
	char kept[8];
	unsigned n, held, forgotten;
} keeping;

/* Things that the attempt before has left come back with the next one, and are left again. */
static void
keeping_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	(void)p;
	(void)deadline;
	(void)now;
	keeping.held += n->kept == NULL;
	keeping.n = (unsigned)attempt;
	n->kept = keeping.kept;
}

static void
keeping_forget(struct port *p, struct notification *n)
{
	(void)p;
	ck_assert_ptr_eq(n->kept, keeping.kept);
	keeping.forgotten++;
}

static void
keeping_cancel(struct port *p, uint64_t attempt)
{
	(void)p;
	ck_assert_uint_eq(attempt, keeping.n);
}

/* Things kept between attempts are given up when there are no more of them, whatever ends them, and once. */
START_TEST(kept_for_attempts)
{
	struct outcome retry = { .retry = true, .error = STR("no") }, later = { .retry = true, .retry_after = 5 * SPAN_MIN };
	struct fake_world w;

	memset(&keeping, 0, sizeof(keeping));
	begin(&w, plain);
	w.port.send = keeping_send;
	w.port.cancel = keeping_cancel;
	w.port.forget = keeping_forget;
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_uint_eq(keeping.n, 1);
	engine_delivered(w.engine, keeping.n, &retry, w.now);
	world_run(&w, 12 * SPAN_S);
	ck_assert_uint_eq(keeping.n, 2);
	ck_assert(keeping.held == 1 && keeping.forgotten == 0);
	engine_delivered(w.engine, keeping.n, &(struct outcome){ .ok = true }, w.now);
	ck_assert_uint_eq(keeping.forgotten, 1);
	/* Refused: the next flush makes another notification. */
	world_post(&w, "A{i=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 70 * SPAN_S);
	ck_assert_uint_eq(keeping.held, 2);
	engine_delivered(w.engine, keeping.n, &(struct outcome){ .error = STR("bad") }, w.now);
	ck_assert_uint_eq(keeping.forgotten, 2);
	/* Their time is over between attempts, and then while one is out. */
	world_run(&w, 130 * SPAN_S);
	ck_assert_uint_eq(keeping.held, 3);
	engine_delivered(w.engine, keeping.n, &later, w.now);
	world_run(&w, 190 * SPAN_S);
	ck_assert(keeping.held == 4 && keeping.forgotten == 3);
	world_run(&w, 250 * SPAN_S);
	ck_assert(keeping.held == 5 && keeping.forgotten == 4);
	/* A stop. */
	engine_delivered(w.engine, keeping.n, &later, w.now);
	world_fini(&w);
	ck_assert_uint_eq(keeping.forgotten, 5);
}
END_TEST

/* An alert posted again is a change to keep, and nothing else. */
START_TEST(posted_again)
{
	struct fake_world w;
	size_t groups;

	begin(&w, plain);
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 5 * SPAN_S);
	groups = w.changes[CHANGE_GROUP];
	for (int i = 0; i < 10; i++)
		world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 9 * SPAN_S);
	ck_assert_uint_eq(w.changes[CHANGE_ALERT], 11);
	ck_assert_uint_eq(w.changes[CHANGE_GROUP], groups);
	ck_assert_uint_eq(w.events[EVENT_ALERT_RECEIVED], 11);
	ck_assert_uint_eq(view_counters(w.engine)->processed, 11);
	world_fini(&w);
}
END_TEST

START_TEST(a_tick_is_bounded)
{
	struct fake_world w;
	size_t calls = 0;
	struct mono next;

	begin(&w, "receiver ops hook\nroute receiver=ops by=[...] wait=10s interval=1m\n");
	for (int i = 0; i < 200; i++) {
		char alert[32];

		snprintf(alert, sizeof(alert), "A{i=%d}", i);
		world_post(&w, alert, w.now.wall, in(&w, SPAN_HOUR));
	}
	/* Posted in one moment, the last of them wait for their turn. */
	world_settle(&w);
	w.now = world_at(&w, 10 * SPAN_S);
	while (engine_next(w.engine, &next) && next.ns <= w.now.mono.ns) {
		size_t before = w.sent.n;

		engine_tick(w.engine, w.now);
		ck_assert_uint_le(w.sent.n - before, 64);
		calls++;
	}
	ck_assert_uint_eq(w.sent.n, 200);
	ck_assert_uint_ge(calls, 4);
	world_settle(&w);
	world_fini(&w);
}
END_TEST

/* A loop that comes late to each of them does not move the ticks. */
START_TEST(ticks_do_not_drift)
{
	struct fake_world w;
	struct mono next;

	begin(&w, "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=1m repeat=10m\n");
	world_post(&w, "A", w.now.wall, in(&w, 5 * SPAN_HOUR));
	for (int i = 0; i < 101; i++) {
		span tick = 10 * SPAN_S + i * SPAN_MIN;

		world_run(&w, tick - 1);
		ck_assert(engine_next(w.engine, &next));
		ck_assert_int_eq(next.ns, world_at(&w, tick).mono.ns);
		w.now = world_at(&w, tick + 3 * SPAN_MS + i % 7 * SPAN_MS);
		engine_tick(w.engine, w.now);
		world_settle(&w);
	}
	/* The first, and one each ten minutes. */
	ck_assert_uint_eq(w.sent.n, 11);
	world_fini(&w);
}
END_TEST

START_TEST(view)
{
	struct arena *a = arena_new();
	struct group_view *groups;
	struct view_gauges g;
	struct alert_status st;
	const struct route **routes;
	struct labels *l;
	struct fake_world w;
	struct err e = { 0 };
	char id[2][SILENCE_ID_MAX];
	size_t n;

	begin(&w,
	    "receiver ops hook\nreceiver night hook\ninterval early 00:00-02:00\n"
	    "inhibit source=s=\"1\" target=t=\"1\"\n"
	    "route receiver=ops by=[alertname,job] wait=10s interval=1m\n  route match=n=\"1\" receiver=night mute=[early]\n");
	world_post(&w, "B{job=x}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{job=x,s=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{job=x,t=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "N{n=1}", w.now.wall, in(&w, SPAN_HOUR));
	ck_assert(world_silence(&w, "", "job=\"x\",s=\"1\"", WALL_ZERO, in(&w, SPAN_HOUR), id[0], &e));
	ck_assert(world_silence(&w, "", "alertname=~\"A|C\",s!=\"\"", WALL_ZERO, in(&w, SPAN_HOUR), id[1], &e));
	view_gauges(w.engine, w.now, &g);
	ck_assert_uint_eq(g.alerts_unprocessed, 4);
	ck_assert_uint_eq(g.silences_active, 2);
	world_run(&w, 10 * SPAN_S);
	view_gauges(w.engine, w.now, &g);
	ck_assert_uint_eq(g.alerts_unprocessed, 0);
	ck_assert_uint_eq(g.alerts_active, 2);
	ck_assert_uint_eq(g.alerts_suppressed, 2);
	ck_assert_uint_eq(g.groups, 3);
	ck_assert_uint_eq(g.log_entries, 1);
	view_groups(w.engine, w.now, a, &groups, &n);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(groups[0].key.p, "{}/{n=\"1\"}:{alertname=\"N\"}");
	ck_assert_uint_eq(groups[0].muted_by_n, 1);
	ck_assert(str_is(groups[0].muted_by[0], "early"));
	ck_assert_str_eq(groups[1].key.p, "{}:{alertname=\"A\", job=\"x\"}");
	ck_assert_uint_eq(groups[1].alerts_n, 2);
	ck_assert(groups[1].flushed);
	ck_assert_int_eq(wall_sub(groups[1].next_flush, w.now.wall), SPAN_MIN);
	view_alert_status(w.engine, groups[1].alerts[1], w.now, a, &st);
	ck_assert_uint_eq(st.silenced_by_n, 2);
	ck_assert_int_lt(strcmp(st.silenced_by[0], st.silenced_by[1]), 0);
	ck_assert(!st.inhibited);
	view_alert_status(w.engine, groups[1].alerts[0], w.now, a, &st);
	ck_assert(st.inhibited);
	ck_assert_uint_eq(st.inhibited_by, labels_fingerprint(groups[1].alerts[1]->labels));
	ck_assert_uint_eq(view_counters(w.engine)->suppressed[MUTE_SILENCE], 1);
	ck_assert_uint_eq(view_counters(w.engine)->suppressed[MUTE_INHIBITION], 1);
	ck_assert_uint_eq(view_counters(w.engine)->suppressed[MUTE_TIME_INTERVAL], 1);
	l = world_labels("Z{n=1}");
	view_match_config(w.config, l, a, &routes, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert(str_is(routes[0]->receiver->name, "night"));
	ck_assert_ptr_null(view_alert(w.engine, labels_fingerprint(l)));
	labels_unref(l);
	ck_assert_uint_eq(view_alerts_count(w.engine), 4);
	ck_assert_ptr_nonnull(view_silence(w.engine, str_from(id[0])));
	arena_free(&a);
	world_fini(&w);
}
END_TEST

/* That time passes is no event: what ends, or begins, counts otherwise from then on, also when the clock is set back. */
START_TEST(gauges_over_time)
{
	struct view_gauges g;
	struct fake_world w;
	struct moment then;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];

	begin(&w, "receiver ops hook\nroute receiver=ops wait=10s interval=1h\n");
	world_post(&w, "A{n=1}", w.now.wall, in(&w, 10 * SPAN_MIN));
	world_post(&w, "A{n=2}", w.now.wall, in(&w, 20 * SPAN_MIN));
	world_post(&w, "A{n=3}", w.now.wall, in(&w, 20 * SPAN_MIN));
	ck_assert(world_silence(&w, "", "n=\"4\"", in(&w, 15 * SPAN_MIN), in(&w, 25 * SPAN_MIN), id, &e));
	world_run(&w, SPAN_MIN);
	then = w.now;
	view_gauges(w.engine, then, &g);
	ck_assert_uint_eq(g.alerts_active, 3);
	ck_assert_uint_eq(g.silences_pending, 1);
	then.wall = wall_add(w.now.wall, 9 * SPAN_MIN);
	view_gauges(w.engine, then, &g);
	ck_assert_uint_eq(g.alerts_active, 2);
	then.wall = wall_add(w.now.wall, 24 * SPAN_MIN);
	view_gauges(w.engine, then, &g);
	ck_assert_uint_eq(g.alerts_active, 0);
	ck_assert_uint_eq(g.silences_active, 1);
	then.wall = wall_add(then.wall, 1);
	view_gauges(w.engine, then, &g);
	ck_assert_uint_eq(g.silences_expired, 1);
	view_gauges(w.engine, w.now, &g);
	ck_assert_uint_eq(g.alerts_active, 3);
	ck_assert_uint_eq(g.silences_pending, 1);
	/* Posted again, they end later. */
	world_post(&w, "A{n=1}", w.now.wall, in(&w, SPAN_HOUR));
	then.wall = wall_add(w.now.wall, 30 * SPAN_MIN);
	view_gauges(w.engine, then, &g);
	ck_assert_uint_eq(g.alerts_active, 1);
	world_fini(&w);
}
END_TEST

/* An alert that nobody stored is judged all the same. */
START_TEST(view_of_a_stranger)
{
	struct arena *a = arena_new();
	struct alert_status st;
	struct fake_world w;
	struct alert *alert;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];

	begin(&w, "receiver ops hook\ninhibit source=s=\"1\" target=t=\"1\"\nroute receiver=ops\n");
	world_post(&w, "S{s=1}", w.now.wall, in(&w, SPAN_HOUR));
	ck_assert(world_silence(&w, "", "t=\"1\"", WALL_ZERO, in(&w, SPAN_HOUR), id, &e));
	alert = must_alert("T{t=1}", w.now.wall);
	view_alert_status(w.engine, alert, w.now, a, &st);
	ck_assert(st.inhibited);
	ck_assert_uint_eq(st.silenced_by_n, 1);
	ck_assert_str_eq(st.silenced_by[0], id);
	alert_unref(alert);
	arena_free(&a);
	world_fini(&w);
}
END_TEST

START_TEST(maintenance_forgets)
{
	struct view_gauges g;
	struct fake_world w;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];

	world_init(&w);
	w.options.retention = SPAN_HOUR;
	{
		struct config *c = must_config(plain);

		world_start(&w, c);
		config_unref(c);
	}
	ck_assert(world_silence(&w, "", "a=\"1\"", WALL_ZERO, in(&w, SPAN_MIN), id, &e));
	world_post(&w, "A", w.now.wall, in(&w, SPAN_MIN));
	world_run(&w, 59 * SPAN_MIN);
	view_gauges(w.engine, w.now, &g);
	ck_assert_uint_eq(g.silences_expired, 1);
	ck_assert_uint_eq(g.log_entries, 1);
	ck_assert_uint_eq(view_alerts_count(w.engine), 0);
	world_run(&w, 2 * SPAN_HOUR);
	view_gauges(w.engine, w.now, &g);
	ck_assert_uint_eq(g.silences_expired, 0);
	ck_assert_uint_eq(g.log_entries, 0);
	ck_assert_uint_eq(w.changes[CHANGE_SILENCE_DROPPED], 1);
	ck_assert_uint_eq(w.changes[CHANGE_LOG_ENTRY_DROPPED], 1);
	ck_assert_uint_eq(w.changes[CHANGE_ALERT_DROPPED], 1);
	ck_assert_uint_eq(w.changes[CHANGE_GROUP_DROPPED], 1);
	ck_assert_uint_eq(w.stored_alerts.n + w.stored_groups.n + w.stored_silences.n + w.stored_entries.n, 0);
	world_fini(&w);
}
END_TEST

struct ear {
	struct event_listener listener;
	unsigned received, others;
};

static void
hear(void *arg, const struct event *ev)
{
	struct ear *ear = arg;

	ear->received += ev->kind == EVENT_ALERT_RECEIVED && ev->alert_received.fresh;
	ear->others += ev->kind != EVENT_ALERT_RECEIVED;
}

START_TEST(listeners_hear_what_their_mask_names)
{
	struct ear a = { .listener = { 0, hear, &a } }, b = { .listener = { EVENT_BIT(EVENT_ALERT_RECEIVED), hear, &b } };
	struct fake_world w;
	struct config *c = must_config(plain);

	world_init(&w);
	port_unlisten(&w.port, &w.listener);
	world_start(&w, c);
	ck_assert_uint_eq(w.port.heard, 0);
	port_listen(&w.port, &a.listener);
	port_listen(&w.port, &b.listener);
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	ck_assert_uint_eq(a.received, 0);
	ck_assert_uint_eq(b.received, 1);
	/* As a reload does. */
	port_listen_for(&w.port, &a.listener, EVENTS_ALL & ~EVENT_BIT(EVENT_ALERT_RECEIVED));
	port_listen_for(&w.port, &b.listener, 0);
	world_post(&w, "B", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, SPAN_HOUR);
	ck_assert_uint_eq(a.received + b.received, 1);
	ck_assert_uint_gt(a.others, 0);
	ck_assert_uint_eq(b.others, 0);
	port_unlisten(&w.port, &a.listener);
	ck_assert_uint_eq(w.port.heard, 0);
	port_unlisten(&w.port, &a.listener);
	ck_assert_uint_eq(w.port.listeners_n, 1);
	config_unref(c);
	world_fini(&w);
}
END_TEST

START_TEST(without_a_world)
{
	struct fake_world w;
	struct config *c = must_config(plain);

	world_init(&w);
	w.port.persist = NULL;
	port_unlisten(&w.port, &w.listener);
	w.port.share = NULL;
	world_start(&w, c);
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 3 * SPAN_HOUR);
	ck_assert_uint_eq(w.sent.n, 2);
	engine_apply(w.engine, c, w.now);
	config_unref(c);
	world_fini(&w);
}
END_TEST

/* Groups with equal labels and receiver: routes count children first, as in Alertmanager. */
START_TEST(equal_groups)
{
	static const char *const keys[] = {
		"{}/{a=\"1\"}/{b=\"1\"}:{alertname=\"A\"}",
		"{}/{a=\"1\"}:{alertname=\"A\"}",
		"{}/{c=\"1\"}:{alertname=\"A\"}",
		"{}:{alertname=\"A\"}",
	};
	struct arena *a = arena_new();
	struct group_view *groups;
	struct fake_world w;
	size_t n;

	begin(&w,
	    "receiver ops hook\nroute receiver=ops by=[alertname]\n"
	    "  route match=a=\"1\"\n    route match=b=\"1\"\n  route match=c=\"1\"\n");
	world_post(&w, "A{n=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{c=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{a=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{a=1,b=1}", w.now.wall, in(&w, SPAN_HOUR));
	view_groups(w.engine, w.now, a, &groups, &n);
	ck_assert_uint_eq(n, ARRAY_LEN(keys));
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(groups[i].key.p, keys[i]);
	arena_free(&a);
	world_fini(&w);
}
END_TEST

static void
restore_another(struct fake_world *w)
{
	struct labels *l = world_labels("A{}");
	struct group_state g = { .route_id = w->config->route->id, .receiver = STR("ops"), .labels = l, .next_flush = in(w, SPAN_S),
		.group_wait = 10 * SPAN_S, .group_interval = SPAN_MIN };

	engine_restore_group(w->engine, &g, NULL, w->now);
	labels_unref(l);
}

/* A store that was damaged, or read by a version that could not read all of it, may hold a group twice: one goes on. */
START_TEST(a_group_that_is_stored_twice_goes_on_once)
{
	struct fake_world w;

	begin(&w, plain);
	w.durable = true;
	world_post(&w, "A{i=1}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{i=2}", w.now.wall, in(&w, SPAN_HOUR));
	w.on_engine = restore_another;
	world_restart(&w);
	ck_assert_uint_eq(w.engine->groups.n, 1);
	ck_assert_uint_eq(w.changes[CHANGE_GROUP_DROPPED], 1);
	world_run(&w, 20 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_ptr_nonnull(strstr(w.sent.v[0].text, "A{i=1} A{i=2}"));
	world_fini(&w);
}
END_TEST

/* A pattern that takes for ever where one backtracks: the answer is the true one, for =~ and for !~. */
START_TEST(dear_patterns_are_right)
{
	struct fake_world w;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];
	struct sbuf many = SBUF_INIT(SBUF_UNLIMITED);

	begin(&w, plain);
	ck_assert(world_silence(&w, "", "a=~\"(x+x+)+(x+x+)+[yz]\"", WALL_ZERO, in(&w, SPAN_HOUR), id, &e));
	ck_assert(world_silence(&w, "", "a!~\"(x|xx)+\",a!=\"\"", WALL_ZERO, in(&w, SPAN_HOUR), id, &e));
	sbuf_puts(&many, "A{a=");
	for (int i = 0; i < 2000; i++)
		sbuf_putc(&many, 'x');
	sbuf_putc(&many, '}');
	world_post(&w, sbuf_cstr(&many), w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	sbuf_fini(&many);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("engine", answers_to_nobody_are_ignored, intents_have_an_end, backoff, receiver_data, kept_for_attempts, posted_again,
	    a_tick_is_bounded, ticks_do_not_drift, view, gauges_over_time, equal_groups, view_of_a_stranger,
	    a_group_that_is_stored_twice_goes_on_once, dear_patterns_are_right, maintenance_forgets, listeners_hear_what_their_mask_names, without_a_world);
}
