/* SPDX-License-Identifier: Apache-2.0 */
/* Acknowledgements. */
#include "lib_silence.h"

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

START_TEST(of_a_group)
{
	struct fake_world w;
	struct ack_result r;
	const struct silence *s;
	struct arena *a = arena_new();
	struct alert_status st;

	world_begin_plain(&w);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_post(&w, "A{i=y.z}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	r = ack(&w, (struct ack_request){ .group = only_group(&w), .comment = STR("disk ordered") });
	ck_assert_uint_eq(r.alerts, 2);
	s = world_get(&w, r.id);
	ck_assert(silence_is_ack(s) && silence_ends_with_alert(s));
	ck_assert_str_eq(s->comment->bytes, "ACK! disk ordered");
	ck_assert_str_eq(s->created_by->bytes, "jo");
	ck_assert_uint_eq(s->sets[0].n, 2);
	ck_assert_str_eq(s->sets[0].m[0].value->bytes, "A");
	ck_assert_str_eq(s->sets[0].m[1].value->bytes, "x|y\\.z");
	view_alert_status(w.engine, view_alert(w.engine, world_fingerprint("A{i=x}")), w.now, a, &st);
	ck_assert(st.acked_by == s);
	ck_assert_uint_eq(st.silenced_by_n, 1);
	/* Nothing is repeated; what is new in the group is told. */
	world_run(&w, 20 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 1);
	world_post(&w, "A{i=new}", w.now.wall, world_in(&w, SPAN_MIN * 10));
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

	world_begin_plain(&w);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, 20 * SPAN_MIN));
	world_post(&w, "A{i=y}", w.now.wall, world_in(&w, 40 * SPAN_MIN));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w) });
	ck_assert_str_eq(world_get(&w, r.id)->comment->bytes, "ACK!");
	world_run(&w, 39 * SPAN_MIN);
	ck_assert(world_is_active(&w, r.id));
	/* It stays until the group has dropped what ended: nobody is told of ends. */
	world_run(&w, 40 * SPAN_MIN + SPAN_S);
	ck_assert(world_is_active(&w, r.id));
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 0);
	world_run(&w, 42 * SPAN_MIN);
	ck_assert(!world_is_active(&w, r.id));
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 1);
	ck_assert_uint_eq(w.sent.n, 1);
	/* And the next time it fires, it is told. */
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, 20 * SPAN_MIN));
	world_run(&w, 43 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	world_fini(&w);
}
END_TEST

START_TEST(tells_ends_if_asked)
{
	struct fake_world w;
	struct ack_result r;

	world_begin_plain(&w);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w), .notify_resolved = true });
	world_run(&w, 10 * SPAN_MIN);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_run(&w, 12 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " resolved [A{i=x}] all alerts resolved");
	ck_assert(world_is_active(&w, r.id));
	world_post(&w, "A{i=y}", w.now.wall, w.now.wall);
	world_settle(&w);
	ck_assert(!world_is_active(&w, r.id));
	world_fini(&w);
}
END_TEST

/* The log would have forgotten twice over that the receiver was told. */
START_TEST(tells_ends_after_long)
{
	struct fake_world w;
	struct ack_result r;

	world_begin_plain(&w);
	w.durable = true;
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, 10 * SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w), .notify_resolved = true });
	world_run(&w, 45 * SPAN_MIN);
	world_restart(&w);
	world_settle(&w);
	world_run(&w, 50 * SPAN_MIN);
	ck_assert(world_is_active(&w, r.id));
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
	uint64_t x = world_fingerprint("A{i=x}");

	world_begin_plain(&w);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, 10 * SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, world_in(&w, 10 * SPAN_HOUR));
	world_post(&w, "A{i=z}", w.now.wall, world_in(&w, 10 * SPAN_HOUR));
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
	uint64_t x = world_fingerprint("A{i=x}");
	struct ack_result r;
	struct err e = { 0 };

	world_begin_plain(&w);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, 10 * SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, world_in(&w, 10 * SPAN_HOUR));
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
	uint64_t both[] = { world_fingerprint("A{i=x}"), world_fingerprint("A{i=y}") };
	struct ack_request max = { .fingerprints = both, .fingerprints_n = 1, .owner = STR("max"), .longest = SPAN_HOUR };
	struct ack_request jo = { .fingerprints = both, .fingerprints_n = 2, .owner = STR("jo"), .longest = SPAN_HOUR };
	struct matchers ms = must_matchers("{i=\"x\"}");
	struct ack_request by_matchers = { .matchers = &ms, .owner = STR("jo"), .longest = SPAN_HOUR };
	struct ack_result first, r, again;
	struct err e = { 0 };

	world_begin_plain(&w);
	ck_assert(!engine_ack(w.engine, &max, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_NOT_FOUND);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_post(&w, "A{i=y}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	first = ack(&w, max);
	ck_assert(!engine_ack(w.engine, &jo, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_CONFLICT);
	ck_assert_str_eq(e.text, "already acknowledged by max");
	ck_assert(r.held == world_get(&w, first.id));
	ck_assert(!engine_ack(w.engine, &by_matchers, w.now, &r, &e));
	ck_assert_int_eq(e.kind, ERR_CONFLICT);
	jo.take_over = true;
	world_run(&w, 16 * SPAN_S);
	r = ack(&w, jo);
	world_run(&w, 17 * SPAN_S);
	ck_assert(!world_is_active(&w, first.id) && world_is_active(&w, r.id));
	/* Once more: the old one is a part of the new one. */
	again = ack(&w, jo);
	world_run(&w, 18 * SPAN_S);
	ck_assert(!world_is_active(&w, r.id) && world_is_active(&w, again.id));
	/* A part of it leaves the rest to it. */
	jo.fingerprints_n = 1;
	r = ack(&w, jo);
	world_run(&w, 19 * SPAN_S);
	ck_assert(world_is_active(&w, r.id) && world_is_active(&w, again.id));
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

	world_begin_plain(&w);
	for (int i = 0; i < N; i++) {
		snprintf(text, sizeof(text), "A{i=%d,j=%d}", i % 50, i);
		world_post(&w, text, w.now.wall, world_in(&w, SPAN_HOUR));
		all[i] = world_fingerprint(text);
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
		ck_assert_int_eq(world_is_active(&w, ids[i]), i == N - 1);
	ck_assert(world_is_active(&w, r.id));
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

	world_begin_plain(&w);
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .group = only_group(&w) });
	ck_assert(world_silence(&w, r.id, "{alertname=\"A\",i=\"x\"}", world_get(&w, r.id)->starts, world_in(&w, 2 * SPAN_HOUR), id, &e));
	ck_assert_str_eq(id, r.id);
	s = world_get(&w, id);
	ck_assert(silence_is_ack(s) && s->covered && s->extra->fingerprints_n == 1);
	/* Other matchers are another silence, of all that they match. */
	ck_assert(world_silence(&w, r.id, "{alertname=\"A\"}", WALL_ZERO, world_in(&w, 2 * SPAN_HOUR), id, &e));
	ck_assert_str_ne(id, r.id);
	s = world_get(&w, id);
	ck_assert(silence_is_ack(s) && silence_ends_with_alert(s) && s->extra->fingerprints_n == 0);
	world_settle(&w);
	ck_assert(world_get(&w, id)->covered);
	/* An empty extra takes it away. */
	ck_assert(world_set(&w, id, "{alertname=\"A\"}", silence_extra_new(), SPAN_HOUR, id, &e));
	ck_assert_ptr_null(world_get(&w, id)->extra);
	world_fini(&w);
}
END_TEST

START_TEST(survives_a_restart)
{
	struct fake_world w;
	struct ack_result r;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	world_begin_plain(&w);
	w.durable = true;
	world_post(&w, "A{i=x}", w.now.wall, world_in(&w, SPAN_HOUR));
	world_post(&w, "B", w.now.wall, world_in(&w, SPAN_HOUR));
	world_run(&w, 15 * SPAN_S);
	r = ack(&w, (struct ack_request){ .fingerprints = (uint64_t[]){ world_fingerprint("A{i=x}") }, .fingerprints_n = 1 });
	ck_assert(world_set(&w, "", "{alertname=\"B\"}", extra_with_alert(false), 10 * SPAN_HOUR, id, &e));
	world_restart(&w);
	world_settle(&w);
	ck_assert(world_is_active(&w, r.id) && silence_is_ack(world_get(&w, r.id)));
	ck_assert(world_is_active(&w, id) && world_get(&w, id)->covered);
	world_post(&w, "A{i=x}", w.now.wall, w.now.wall);
	world_post(&w, "B", w.now.wall, w.now.wall);
	world_run(&w, 5 * SPAN_MIN);
	ck_assert(!world_is_active(&w, r.id) && !world_is_active(&w, id));
	ck_assert_uint_eq(w.sent.n, 2);
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

	world_begin_plain(&w);
	for (int i = 0; i < 101; i++) {
		snprintf(text, sizeof(text), "A%d", i);
		world_post(&w, text, w.now.wall, world_in(&w, SPAN_HOUR));
		all[i] = world_fingerprint(text);
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

	world_begin_plain(&w);
	sbuf_puts(&text, "A{");
	for (int i = 0; i < 1500; i++)
		sbuf_printf(&text, "%sl%d=v", i > 0 ? "," : "", i);
	sbuf_puts(&text, "}");
	world_post(&w, sbuf_cstr(&text), w.now.wall, world_in(&w, SPAN_HOUR));
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		all[i] = world_fingerprint("A");
	all[0] = world_fingerprint(sbuf_cstr(&text));
	world_post(&w, "A", w.now.wall, world_in(&w, SPAN_HOUR));
	r.fingerprints = all;
	r.fingerprints_n = ARRAY_LEN(all);
	ck_assert_msg(engine_ack(w.engine, &r, w.now, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.alerts, 2);
	ck_assert_uint_eq(world_get(&w, out.id)->sets[0].n, 1);
	r.fingerprints_n = 1;
	r.owner = STR("max");
	r.take_over = true;
	ck_assert_msg(engine_ack(w.engine, &r, w.now, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.alerts, 1);
	ck_assert_uint_eq(world_get(&w, out.id)->sets[0].n, 100);
	sbuf_fini(&text);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("acks", of_a_group, ends_with_its_alerts, tells_ends_if_asked, tells_ends_after_long,
	    tells_ends_after_those_of_others, plain_ones_forget, of_whom_it_is, takes_the_place_of_many,
	    edits_keep_what_it_is, survives_a_restart, what_cannot_be_named, one_that_is_fat);
}
