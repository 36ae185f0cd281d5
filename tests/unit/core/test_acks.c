/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledgements, silences that end with their alerts, silences that come again. */
#include "lib_core.h"

#include "base/mem.h"
#include "model/schedule.h"

static const char plain[] = "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=1m repeat=5m\n";

static void
begin(struct fake_world *w)
{
	struct config *c = must_config(plain);

	world_init(w);
	world_start(w, c);
	config_unref(c);
}

static struct wall
in(const struct fake_world *w, span d)
{
	return wall_add(w->now.wall, d);
}

static uint64_t
fingerprint(const char *alert)
{
	struct labels *l = world_labels(alert);
	uint64_t f = l->fingerprint;

	labels_unref(l);
	return f;
}

static const struct silence *
get(const struct fake_world *w, const char *id)
{
	return view_silence(w->engine, str_from(id));
}

static bool
is_active(const struct fake_world *w, const char *id)
{
	return silence_state_at(get(w, id), wall_add(w->now.wall, 1)) == SILENCE_ACTIVE;
}

static const struct group *
only_group(const struct fake_world *w)
{
	struct group_place at = { 0 };
	struct group_item item;

	ck_assert(view_group_after(w->engine, &at, &item));
	return item.group;
}

static struct ack_result
ack(struct fake_world *w, struct ack_request r)
{
	struct ack_result out;
	struct err e = { 0 };

	r.longest = SPAN_HOUR;
	if (r.owner.n == 0)
		r.owner = STR("jo");
	ck_assert_msg(engine_ack(w->engine, &r, w->now, &out, &e), "%s", e.text);
	world_settle(w);
	return out;
}

/* A silence of these matchers, with what `x` says; x is taken. */
static bool
set(struct fake_world *w, const char *id, const char *matchers, struct silence_extra *x, span lasts,
    char id_out[SILENCE_ID_MAX], struct err *e)
{
	struct silence *s = silence_new();
	bool ok;

	snprintf(s->id, sizeof(s->id), "%s", id);
	s->sets = mem_calloc(1, sizeof(s->sets[0]));
	s->sets_n = 1;
	s->sets[0] = must_matchers(matchers);
	s->ends = in(w, lasts);
	s->extra = x;
	ok = engine_silence_set(w->engine, s, w->now, id_out, e);
	silence_unref(s);
	world_settle(w);
	return ok;
}

static struct silence_extra *
with_alert(bool notify)
{
	struct silence_extra *x = silence_extra_new();

	x->ends_with_alert = true;
	x->notify_resolved = notify;
	return x;
}

/* Every day, in UTC; the world begins on a Monday at midnight. */
static struct silence_extra *
daily(int from, int to)
{
	struct silence_extra *x = silence_extra_new();
	struct err e = { 0 };

	x->schedule = NEW(struct schedule);
	x->schedule->until = WALL_ZERO;
	ck_assert(schedule_set_location(x->schedule, STR("UTC"), &e));
	ck_assert(schedule_add(x->schedule, (struct schedule_window){ 127, (uint16_t)from, (uint16_t)to }, &e));
	return x;
}

START_TEST(of_a_group)
{
	struct fake_world w;
	struct ack_result r;
	const struct silence *s;
	struct arena *a = arena_new();
	struct alert_status st;

	begin(&w);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{i=y.z}", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	r = ack(&w, (struct ack_request){ .group = only_group(&w), .comment = STR("disk ordered") });
	ck_assert_uint_eq(r.alerts, 2);
	s = get(&w, r.id);
	ck_assert(silence_is_ack(s) && silence_ends_with_alert(s));
	ck_assert_str_eq(s->comment->bytes, "ACK! disk ordered");
	ck_assert_str_eq(s->created_by->bytes, "jo");
	ck_assert_uint_eq(s->sets[0].n, 2);
	ck_assert_str_eq(s->sets[0].m[0].value->bytes, "A");
	ck_assert_str_eq(s->sets[0].m[1].value->bytes, "x|y\\.z");
	view_alert_status(w.engine, view_alert(w.engine, fingerprint("A{i=x}")), w.now, a, &st);
	ck_assert(st.acked_by == s);
	ck_assert_uint_eq(st.silenced_by_n, 1);
	/* Nothing is repeated; what is new in the group is told. */
	world_run(&w, 20 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 1);
	world_post(&w, "A{i=new}", w.now.wall, in(&w, SPAN_MIN * 10));
	world_run(&w, 22 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A{i=new}] first notification");
	arena_free(&a);
	world_fini(&w);
}
END_TEST

START_TEST(ends_with_its_alerts)
{
	struct fake_world w;
	struct ack_result r;

	begin(&w);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, 20 * SPAN_MIN));
	world_post(&w, "A{i=y}", w.now.wall, in(&w, 40 * SPAN_MIN));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w) });
	ck_assert_str_eq(get(&w, r.id)->comment->bytes, "ACK!");
	world_run(&w, 39 * SPAN_MIN);
	ck_assert(is_active(&w, r.id));
	/* It stays until the group has dropped what ended: nobody is told of ends. */
	world_run(&w, 40 * SPAN_MIN + SPAN_S);
	ck_assert(is_active(&w, r.id));
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 0);
	world_run(&w, 42 * SPAN_MIN);
	ck_assert(!is_active(&w, r.id));
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 1);
	ck_assert_uint_eq(w.sent.n, 1);
	/* And the next time it fires, it is told. */
	world_post(&w, "A{i=x}", w.now.wall, in(&w, 20 * SPAN_MIN));
	world_run(&w, 43 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

START_TEST(lasts_for_ever)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(&w);
	world_post(&w, "A", w.now.wall, in(&w, 20 * SPAN_MIN));
	ck_assert_msg(set(&w, "", "alertname=A", with_alert(false), INT64_MAX, id, &e), "%s", e.text);
	world_run(&w, 22 * SPAN_MIN);
	ck_assert(!is_active(&w, id));
	world_fini(&w);
}
END_TEST

START_TEST(tells_ends_if_asked)
{
	struct fake_world w;
	struct ack_result r;

	begin(&w);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w), .notify_resolved = true });
	world_run(&w, 10 * SPAN_MIN);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_run(&w, 12 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A{i=x}] all alerts resolved");
	ck_assert(is_active(&w, r.id));
	world_post(&w, "A{i=y}", w.now.wall, w.now.wall);
	world_settle(&w);
	ck_assert(!is_active(&w, r.id));
	world_fini(&w);
}
END_TEST

/* The log would have forgotten twice over that the receiver was told. */
START_TEST(tells_ends_after_long)
{
	struct fake_world w;
	struct ack_result r;

	begin(&w);
	w.durable = true;
	world_post(&w, "A{i=x}", w.now.wall, in(&w, 10 * SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w), .notify_resolved = true });
	world_run(&w, 45 * SPAN_MIN);
	world_restart(&w);
	world_settle(&w);
	world_run(&w, 50 * SPAN_MIN);
	ck_assert(is_active(&w, r.id));
	ck_assert_uint_eq(w.sent.n, 1);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_run(&w, 52 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A{i=x}] all alerts resolved");
	/* Once. */
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_run(&w, 55 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

/* A notification about the others says nothing of it, and is not to make the log forget it. */
START_TEST(tells_ends_after_those_of_others)
{
	struct fake_world w;
	uint64_t x = fingerprint("A{i=x}");

	begin(&w);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, 10 * SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, in(&w, 10 * SPAN_HOUR));
	world_post(&w, "A{i=z}", w.now.wall, in(&w, 10 * SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ack(&w, (struct ack_request){ .fingerprints = &x, .fingerprints_n = 1, .notify_resolved = true });
	world_post(&w, "A{i=y}", w.now.wall, w.now.wall);
	world_run(&w, 2 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A{i=z}] resolved [A{i=y}] some alerts resolved");
	world_post(&w, "A{i=z}", w.now.wall, w.now.wall);
	world_run(&w, 4 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 3);
	ck_assert_str_eq(w.sent.v[2].text, " resolved [A{i=z}] all alerts resolved");
	world_run(&w, 40 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 3);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_run(&w, 42 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 4);
	ck_assert_str_eq(w.sent.v[3].text, " resolved [A{i=x}] all alerts resolved");
	world_fini(&w);
}
END_TEST

/* A silence that promises nothing is as Alertmanager's. */
START_TEST(plain_ones_forget)
{
	struct fake_world w;
	uint64_t x = fingerprint("A{i=x}");
	struct ack_result r;
	struct err e = { 0 };

	begin(&w);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, 10 * SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, in(&w, 10 * SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .fingerprints = &x, .fingerprints_n = 1 });
	world_post(&w, "A{i=y}", w.now.wall, w.now.wall);
	world_run(&w, 2 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert(engine_silence_expire(w.engine, str_from(r.id), w.now, &e));
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_run(&w, 4 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

START_TEST(of_whom_it_is)
{
	struct fake_world w;
	uint64_t both[] = { fingerprint("A{i=x}"), fingerprint("A{i=y}") };
	struct ack_request max = { .fingerprints = both, .fingerprints_n = 1, .owner = STR("max"), .longest = SPAN_HOUR };
	struct ack_request jo = { .fingerprints = both, .fingerprints_n = 2, .owner = STR("jo"), .longest = SPAN_HOUR };
	struct matchers ms = must_matchers("{i=\"x\"}");
	struct ack_request by_matchers = { .matchers = &ms, .owner = STR("jo"), .longest = SPAN_HOUR };
	struct ack_result first, r, again;
	struct err e = { 0 };

	begin(&w);
	ck_assert(!engine_ack(w.engine, &max, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_NOT_FOUND);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	first = ack(&w, max);
	ck_assert(!engine_ack(w.engine, &jo, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_CONFLICT);
	ck_assert_str_eq(e.text, "already acknowledged by max");
	ck_assert(r.held == get(&w, first.id));
	ck_assert(!engine_ack(w.engine, &by_matchers, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_CONFLICT);
	jo.take_over = true;
	world_run(&w, 16 * SPAN_S);
	r = ack(&w, jo);
	world_run(&w, 17 * SPAN_S);
	ck_assert(!is_active(&w, first.id) && is_active(&w, r.id));
	/* Once more: the old one is a part of the new one. */
	again = ack(&w, jo);
	world_run(&w, 18 * SPAN_S);
	ck_assert(!is_active(&w, r.id) && is_active(&w, again.id));
	/* A part of it leaves the rest to it. */
	jo.fingerprints_n = 1;
	r = ack(&w, jo);
	world_run(&w, 19 * SPAN_S);
	ck_assert(is_active(&w, r.id) && is_active(&w, again.id));
	jo.owner = STR("");
	ck_assert(!engine_ack(w.engine, &jo, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_INVALID);
	matchers_fini(&ms);
	world_fini(&w);
}
END_TEST

/* The number of those that end with one has a bound, and many may be judged in one turn. */
START_TEST(takes_the_place_of_many)
{
	enum { N = 1001 };
	struct fake_world w;
	struct err e = { 0 };
	uint64_t all[N];
	struct ack_request max = { .fingerprints_n = 1, .owner = STR("max"), .longest = SPAN_HOUR };
	struct ack_request jo = { .fingerprints = all, .owner = STR("jo"), .longest = SPAN_HOUR, .take_over = true };
	struct ack_result r;
	char text[64], ids[N][SILENCE_ID_MAX];

	begin(&w);
	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "A{i=%d,j=%d}", i % 50, i);
		world_post(&w, text, w.now.wall, in(&w, SPAN_HOUR));
		all[i] = fingerprint(text);
	}
	world_run(&w, 15 * SPAN_S);
	for (int i = 0; i < N; i++) {
		max.fingerprints = &all[i];
		ck_assert_msg(engine_ack(w.engine, &max, w.now, &r, &e), "%s", e.text);
		memcpy(ids[i], r.id, sizeof(ids[i]));
	}
	world_run(&w, 80 * SPAN_S);
	jo.fingerprints_n = N;
	ck_assert(!engine_ack(w.engine, &jo, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	ck_assert_ptr_null(r.held);
	jo.fingerprints_n = N - 1;
	r = ack(&w, jo);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(is_active(&w, ids[i]), i == N - 1);
	ck_assert(is_active(&w, r.id));
	world_fini(&w);
}
END_TEST

/* A client of Alertmanager that edits it knows nothing of what it is beside. */
START_TEST(edits_keep_what_it_is)
{
	struct fake_world w;
	struct ack_result r;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	const struct silence *s;

	begin(&w);
	world_post(&w, "A{i=x}", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w) });
	ck_assert(world_silence(&w, r.id, "{alertname=\"A\",i=\"x\"}", get(&w, r.id)->starts, in(&w, 2 * SPAN_HOUR), id, &e));
	ck_assert_str_eq(id, r.id);
	s = get(&w, id);
	ck_assert(silence_is_ack(s) && s->covered && s->extra->fingerprints_n == 1);
	/* Other matchers are another silence, of all that they match. */
	ck_assert(world_silence(&w, r.id, "{alertname=\"A\"}", WALL_ZERO, in(&w, 2 * SPAN_HOUR), id, &e));
	ck_assert_str_ne(id, r.id);
	s = get(&w, id);
	ck_assert(silence_is_ack(s) && silence_ends_with_alert(s) && s->extra->fingerprints_n == 0);
	world_settle(&w);
	ck_assert(get(&w, id)->covered);
	/* An empty extra takes it away. */
	ck_assert(set(&w, id, "{alertname=\"A\"}", silence_extra_new(), SPAN_HOUR, id, &e));
	ck_assert_ptr_null(get(&w, id)->extra);
	world_fini(&w);
}
END_TEST

/* Made before there is anything to silence. */
START_TEST(waits_for_its_alert)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(&w);
	world_post(&w, "Other", w.now.wall, in(&w, SPAN_HOUR));
	ck_assert(set(&w, "", "{alertname=\"A\"}", with_alert(true), 10 * SPAN_HOUR, id, &e));
	world_run(&w, SPAN_HOUR);
	ck_assert(is_active(&w, id));
	world_post(&w, "Other", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "A{i=x}", w.now.wall, in(&w, 5 * SPAN_MIN));
	world_settle(&w);
	ck_assert(get(&w, id)->covered);
	world_post(&w, "A{i=y}", w.now.wall, in(&w, 7 * SPAN_MIN));
	world_run(&w, SPAN_HOUR + 6 * SPAN_MIN);
	ck_assert(is_active(&w, id));
	world_run(&w, SPAN_HOUR + 7 * SPAN_MIN + SPAN_S);
	ck_assert(!is_active(&w, id));
	world_fini(&w);
}
END_TEST

START_TEST(survives_a_restart)
{
	struct fake_world w;
	struct ack_result r;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(&w);
	w.durable = true;
	world_post(&w, "A{i=x}", w.now.wall, in(&w, SPAN_HOUR));
	world_post(&w, "B", w.now.wall, in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .fingerprints = (uint64_t[]){ fingerprint("A{i=x}") }, .fingerprints_n = 1 });
	ck_assert(set(&w, "", "{alertname=\"B\"}", with_alert(false), 10 * SPAN_HOUR, id, &e));
	world_restart(&w);
	world_settle(&w);
	ck_assert(is_active(&w, r.id) && silence_is_ack(get(&w, r.id)));
	ck_assert(is_active(&w, id) && get(&w, id)->covered);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_post(&w, "B", w.now.wall, w.now.wall);
	world_run(&w, 5 * SPAN_MIN);
	ck_assert(!is_active(&w, r.id) && !is_active(&w, id));
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

START_TEST(comes_again)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	struct wall start, midnight;

	begin(&w);
	w.durable = true;
	midnight = w.now.wall;
	ck_assert(set(&w, "", "{alertname=\"A\"}", daily(60, 180), 0, id, &e));
	start = get(&w, id)->starts;
	ck_assert_int_eq(wall_sub(start, midnight), SPAN_HOUR);
	world_post(&w, "A", w.now.wall, in(&w, 40 * SPAN_HOUR));
	world_run(&w, 50 * SPAN_MIN);
	ck_assert_str_eq(world_status(&w, "A"), "active");
	world_run(&w, 90 * SPAN_MIN);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	world_run(&w, 181 * SPAN_MIN);
	ck_assert_str_eq(world_status(&w, "A"), "active");
	ck_assert_int_eq(wall_sub(get(&w, id)->starts, midnight), 25 * SPAN_HOUR);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_UPDATED], 1);
	world_run(&w, 26 * SPAN_HOUR);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	/* The clock was a day ahead. */
	world_step_wall(&w, 24 * SPAN_HOUR);
	world_post(&w, "A", w.now.wall, in(&w, 40 * SPAN_HOUR));
	world_run(&w, 26 * SPAN_HOUR + SPAN_S);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	world_step_wall(&w, -24 * SPAN_HOUR);
	world_post(&w, "A", w.now.wall, in(&w, 40 * SPAN_HOUR));
	world_run(&w, 26 * SPAN_HOUR + 2 * SPAN_S);
	ck_assert_int_eq(strncmp(world_status(&w, "A"), "silenced", 8), 0);
	world_fini(&w);
}
END_TEST

/* It had found nothing before the clock went back; what comes before its start then ends it all the same. */
START_TEST(looks_again_when_it_begins_anew)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(&w);
	world_run(&w, SPAN_HOUR);
	ck_assert(set(&w, "", "{alertname=\"A\"}", with_alert(true), 2 * SPAN_HOUR, id, &e));
	world_run(&w, SPAN_HOUR + SPAN_MIN);
	world_step_wall(&w, -20 * SPAN_MIN);
	world_settle(&w);
	ck_assert(!is_active(&w, id));
	world_post(&w, "A", w.now.wall, in(&w, 4 * SPAN_HOUR));
	world_run(&w, SPAN_HOUR + 30 * SPAN_MIN);
	ck_assert(is_active(&w, id));
	ck_assert(get(&w, id)->covered);
	world_post(&w, "A", in(&w, -SPAN_MIN), w.now.wall);
	world_run(&w, SPAN_HOUR + 31 * SPAN_MIN);
	ck_assert(!is_active(&w, id));
	world_fini(&w);
}
END_TEST

START_TEST(comes_again_after_downtime)
{
	struct fake_world w;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	struct wall midnight;

	begin(&w);
	w.durable = true;
	midnight = w.now.wall;
	ck_assert(set(&w, "", "{alertname=\"A\"}", daily(60, 180), 0, id, &e));
	/* Longer than what has ended is remembered. */
	w.now.mono = mono_add(w.now.mono, 300 * SPAN_HOUR);
	w.now.wall = wall_add(w.now.wall, 300 * SPAN_HOUR);
	world_restart(&w);
	world_settle(&w);
	ck_assert_ptr_nonnull(get(&w, id));
	ck_assert_int_eq(wall_sub(get(&w, id)->starts, midnight), 313 * SPAN_HOUR);
	/* Expired is over for good. */
	ck_assert(engine_silence_expire(w.engine, str_from(id), w.now, &e));
	world_settle(&w);
	ck_assert(silence_schedule(get(&w, id)) != NULL);
	world_restart(&w);
	world_settle(&w);
	ck_assert_int_eq(wall_cmp(get(&w, id)->ends, w.now.wall), 0);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 1);
	world_fini(&w);
}
END_TEST

START_TEST(comes_to_an_end)
{
	struct fake_world w;
	struct silence_extra *x = daily(60, 180);
	char id[SILENCE_ID_MAX], same[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(&w);
	x->schedule->until = in(&w, 2 * SPAN_HOUR);
	ck_assert(set(&w, "", "{alertname=\"A\"}", x, 0, id, &e));
	world_run(&w, 90 * SPAN_MIN);
	/* An edit of the present window keeps the id. */
	ck_assert(set(&w, id, "{alertname=\"A\"}", silence_extra_copy(get(&w, id)->extra), 0, same, &e));
	ck_assert_str_eq(id, same);
	world_run(&w, 3 * SPAN_HOUR);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 1);
	ck_assert(!is_active(&w, id));
	x = daily(60, 180);
	x->schedule->until = w.now.wall;
	ck_assert(!set(&w, "", "{alertname=\"A\"}", x, 0, same, &e));
	ck_assert_str_eq(e.text, "invalid silence: the schedule has no window any more");
	x = daily(60, 180);
	x->ends_with_alert = true;
	ck_assert(!set(&w, "", "{alertname=\"A\"}", x, 0, same, &e));
	ck_assert_str_eq(e.text, "invalid silence: a silence with a schedule cannot end with its alerts");
	world_fini(&w);
}
END_TEST

/* However many there are, a call does what it may. */
START_TEST(many_are_watched_in_turns)
{
	struct fake_world w;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX], text[64];
	size_t active = 0, n = 0;
	struct arena *a = arena_new();
	struct silence **all;

	world_init(&w);
	w.options.turn_work = 2000;
	{
		struct config *c = must_config(plain);

		world_start(&w, c);
		config_unref(c);
	}
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "A{i=%d}", i);
		world_post(&w, text, w.now.wall, in(&w, i % 2 == 0 ? 10 * SPAN_MIN : SPAN_HOUR));
	}
	world_run(&w, SPAN_MIN);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "{i=\"%d\"}", i);
		ck_assert(set(&w, "", text, with_alert(true), 10 * SPAN_HOUR, id, &e));
	}
	world_run(&w, 11 * SPAN_MIN);
	view_silences(w.engine, a, &all, &n);
	for (size_t i = 0; i < n; i++)
		active += silence_state_at(all[i], w.now.wall) == SILENCE_ACTIVE;
	ck_assert_uint_eq(n, 200);
	ck_assert_uint_eq(active, 100);
	arena_free(&a);
	world_fini(&w);
}
END_TEST

/* Too many to be named by what they have in common. */
START_TEST(what_cannot_be_named)
{
	struct fake_world w;
	struct ack_request r = { .owner = STR("jo"), .longest = SPAN_HOUR };
	uint64_t all[101];
	struct ack_result out;
	struct err e = { 0 };
	char text[64];

	begin(&w);
	for (int i = 0; i < 101; i++) {
		snprintf(text, sizeof(text), "A%d", i);
		world_post(&w, text, w.now.wall, in(&w, SPAN_HOUR));
		all[i] = fingerprint(text);
	}
	r.fingerprints = all;
	r.fingerprints_n = 101;
	ck_assert(!engine_ack(w.engine, &r, w.now, &out, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	r.fingerprints_n = 100;
	ck_assert(engine_ack(w.engine, &r, w.now, &out, &e));
	world_fini(&w);
}
END_TEST

/* Named over and over, and with more labels than anybody reads: neither may hold the loop. */
START_TEST(one_that_is_fat)
{
	struct fake_world w;
	struct ack_request r = { .owner = STR("jo"), .longest = SPAN_HOUR };
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	uint64_t all[SILENCE_ALERTS_MAX];
	struct ack_result out;
	struct err e = { 0 };

	begin(&w);
	sbuf_puts(&text, "A{");
	for (int i = 0; i < 1500; i++)
		sbuf_printf(&text, "%sl%d=v", i > 0 ? "," : "", i);
	sbuf_puts(&text, "}");
	world_post(&w, sbuf_cstr(&text), w.now.wall, in(&w, SPAN_HOUR));
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		all[i] = fingerprint("A");
	all[0] = fingerprint(sbuf_cstr(&text));
	world_post(&w, "A", w.now.wall, in(&w, SPAN_HOUR));
	r.fingerprints = all;
	r.fingerprints_n = ARRAY_LEN(all);
	ck_assert_msg(engine_ack(w.engine, &r, w.now, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.alerts, 2);
	ck_assert_uint_eq(get(&w, out.id)->sets[0].n, 1);
	r.fingerprints_n = 1;
	r.owner = STR("max");
	r.take_over = true;
	ck_assert_msg(engine_ack(w.engine, &r, w.now, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.alerts, 1);
	ck_assert_uint_eq(get(&w, out.id)->sets[0].n, 100);
	sbuf_fini(&text);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("acks", of_a_group, ends_with_its_alerts, lasts_for_ever, tells_ends_if_asked, tells_ends_after_long,
	    tells_ends_after_those_of_others, plain_ones_forget, of_whom_it_is, takes_the_place_of_many, edits_keep_what_it_is,
	    waits_for_its_alert, survives_a_restart, comes_again, looks_again_when_it_begins_anew,
	    comes_again_after_downtime, comes_to_an_end, many_are_watched_in_turns, what_cannot_be_named,
	    one_that_is_fat);
}
