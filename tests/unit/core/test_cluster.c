/* SPDX-License-Identifier: Apache-2.0 */
/* One member among others, which are played here. */
#include "base/mem.h"
#include "lib_peer_tells.h"
#include "model/schedule.h"

#define ID "11111111-2222-3333-4444-555555555555"

static struct fake_world w;
static struct work spent;

static void
begin(span wait)
{
	world_member_start(&w, wait);
	spent = (struct work){ 0 };
}

static struct wall
in(span d)
{
	return wall_add(w.now.wall, d);
}

/* A silence as another member has it. */
static struct silence *
theirs(const char *matchers, struct wall starts, struct wall ends, struct wall updated)
{
	struct silence *s = silence_new();

	memcpy(s->id, ID, sizeof(ID));
	*silence_add_set(s) = must_matchers(matchers);
	s->starts = starts;
	s->ends = ends;
	s->updated = updated;
	return s;
}

static enum merged
merge(struct silence *s, struct wall expires)
{
	struct err e = { 0 };
	enum merged m = engine_merge_silence(w.engine, &(struct change){ .kind = CHANGE_SILENCE, .silence = s, .expires = expires },
	    &spent, w.now, &e);

	ck_assert_int_eq(m == MERGED_REFUSED, e.text[0] != '\0');
	silence_unref(s);
	return m;
}

static enum merged
merge_plain(const char *matchers, struct wall ends, struct wall updated)
{
	return merge(theirs(matchers, in(-SPAN_MIN), ends, updated), wall_add(ends, SPAN_HOUR));
}

static const struct silence *
held(void)
{
	return view_silence(w.engine, STR(ID));
}

START_TEST(the_silence_that_was_changed_last_wins)
{
	struct wall ends;

	begin(0);
	ends = in(SPAN_HOUR);
	world_post(&w, "A", w.now.wall, in(2 * SPAN_HOUR));
	ck_assert_int_eq(merge_plain("alertname=\"A\"", ends, w.now.wall), MERGED_TAKEN);
	ck_assert_int_gt(-spent.left, 0);
	ck_assert_int_eq(merge_plain("alertname=\"B\"", ends, w.now.wall), MERGED_KNOWN);
	ck_assert_int_eq(merge_plain("alertname=\"B\"", ends, in(-1)), MERGED_KNOWN);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_CREATED], 1);
	world_run(&w, 20 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	/* Nobody is told what others told; it is stored as our own. */
	ck_assert_uint_eq(w.shared[CHANGE_SILENCE], 0);
	ck_assert_uint_eq(w.stored_silences.n, 1);
	world_restart(&w);
	ck_assert_ptr_nonnull(held());
	/* Another cover, later: what the first one silenced fires. */
	ck_assert_int_eq(merge_plain("alertname=\"B\"", ends, w.now.wall), MERGED_TAKEN);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_UPDATED], 1);
	world_run(&w, 2 * SPAN_MIN);
	ck_assert_uint_eq(w.sent.n, 1);
	world_fini(&w);
}
END_TEST

START_TEST(what_ended_stays_so)
{
	begin(0);
	ck_assert_int_eq(merge_plain("a=\"1\"", in(SPAN_HOUR), w.now.wall), MERGED_TAKEN);
	world_run(&w, SPAN_MIN);
	/* It ends; word of how it was before comes late. */
	ck_assert_int_eq(merge_plain("a=\"1\"", w.now.wall, w.now.wall), MERGED_TAKEN);
	ck_assert_uint_eq(w.events[EVENT_SILENCE_EXPIRED], 0);
	world_run(&w, SPAN_MIN + 1);
	ck_assert_int_eq(silence_state_at(held(), w.now.wall), SILENCE_EXPIRED);
	ck_assert_int_eq(merge_plain("a=\"1\"", in(SPAN_HOUR), in(-SPAN_MIN)), MERGED_KNOWN);
	/* Forgotten already by whoever has it: it does not come back. */
	ck_assert_int_eq(merge(theirs("a=\"1\"", in(-SPAN_HOUR), in(-SPAN_MIN), in(SPAN_HOUR)), in(-1)), MERGED_EXPIRED);
	ck_assert_int_eq(silence_state_at(held(), w.now.wall), SILENCE_EXPIRED);
	world_fini(&w);
}
END_TEST

/* Each is wrong in one way. */
static void
spoil_id(struct silence *s)
{
	memcpy(s->id, "<b>", 4);
}
static void
spoil_times(struct silence *s)
{
	s->ends = wall_add(s->starts, -SPAN_S);
}
static void
spoil_update(struct silence *s)
{
	s->updated.s = INT64_MAX;
}
static void
spoil_cover(struct silence *s)
{
	matchers_fini(&s->sets[0]);
	s->sets[0] = must_matchers("a=~\".*\"");
}
static void
spoil_comment(struct silence *s)
{
	istr_unref(s->comment);
	s->comment = istr_get(STR("\xff"));
}
static void
spoil_size(struct silence *s)
{
	struct matchers more = must_matchers("b=\"1\"");

	while (s->sets[0].n <= MERGE_MATCHERS_MAX) {
		struct matcher m = more.m[0];

		istr_ref(m.name);
		istr_ref(m.value);
		matchers_append(&s->sets[0], &m);
	}
	matchers_fini(&more);
}

START_TEST(invalid_ones_are_refused)
{
	void (*const spoil[])(struct silence *s) = { spoil_id, spoil_times, spoil_update, spoil_cover, spoil_comment, spoil_size };
	const struct counters *n;

	begin(0);
	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		struct silence *s = theirs("a=\"1\"", w.now.wall, in(SPAN_HOUR), w.now.wall);

		spoil[i](s);
		ck_assert_int_eq(merge(s, in(SPAN_HOUR)), MERGED_REFUSED);
	}
	n = view_counters(w.engine);
	ck_assert_uint_eq(n->merged_silences[MERGED_REFUSED], 6);
	ck_assert_uint_eq(n->merged_silences[MERGED_TAKEN], 0);
	ck_assert_uint_eq(w.stored_silences.n, 0);
	world_fini(&w);
}
END_TEST

/* Other members are told what is done here, and it is newer than what it changes, however their clocks go. */
START_TEST(changes_are_shared_and_newer)
{
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	begin(0);
	ck_assert_int_eq(merge_plain("a=\"1\"", in(SPAN_HOUR), in(10 * SPAN_MIN)), MERGED_TAKEN);
	ck_assert(world_silence(&w, ID, "a=\"1\"", in(-SPAN_MIN), in(2 * SPAN_HOUR), id, &e));
	ck_assert_str_eq(id, ID);
	ck_assert_uint_eq(w.shared[CHANGE_SILENCE], 1);
	ck_assert_int_eq(wall_sub(held()->updated, in(10 * SPAN_MIN)), 1);
	ck_assert(engine_silence_expire(w.engine, STR(ID), w.now, &e));
	ck_assert_uint_eq(w.shared[CHANGE_SILENCE], 2);
	ck_assert_int_eq(wall_sub(held()->updated, in(10 * SPAN_MIN)), 2);
	world_fini(&w);
}
END_TEST

/* An end of a recurring silence that is written as Alertmanager does ends all of it. */
START_TEST(windows_end_with_an_ordinary_end)
{
	struct silence *s, *end;
	struct schedule_window every = { .weekdays = 127, .from = 0, .to = 60 };
	struct err e = { 0 };

	begin(0);
	s = theirs("a=\"1\"", w.now.wall, in(SPAN_HOUR), w.now.wall);
	s->extra = silence_extra_new();
	s->extra->schedule = NEW(struct schedule);
	ck_assert(schedule_add(s->extra->schedule, every, &e));
	s->extra->schedule->until = WALL_ZERO;
	ck_assert(schedule_set_location(s->extra->schedule, STR("UTC"), &e));
	silence_ref(s);
	ck_assert_int_eq(merge(s, in(2 * SPAN_HOUR)), MERGED_TAKEN);
	world_run(&w, 23 * SPAN_HOUR);
	ck_assert_int_eq(silence_state_at(held(), w.now.wall), SILENCE_PENDING);
	end = silence_copy(s);
	silence_unref(s);
	end->starts = end->ends = end->updated = w.now.wall;
	ck_assert_int_eq(merge(end, in(SPAN_HOUR * 100)), MERGED_TAKEN);
	world_run(&w, 30 * SPAN_HOUR);
	ck_assert_int_eq(silence_state_at(held(), w.now.wall), SILENCE_EXPIRED);
	world_fini(&w);
}
END_TEST

/* Another member told the group of A at `at`; of `firing` or, negated, of its end. */
static enum merged
told(const char *firing, const char *resolved, struct wall at)
{
	struct peer_tells t = { .firing = firing, .resolved = resolved, .at = at, .lasts = 2 * SPAN_HOUR };

	return world_peer_tells(&w, &t, &spent);
}

START_TEST(the_first_tells)
{
	begin(15 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_WAITS], 1);
	world_run(&w, 11 * SPAN_S);
	ck_assert_int_eq(told("A", NULL, in(-900 * SPAN_MS)), MERGED_TAKEN);
	ck_assert_int_eq(told("A", NULL, in(-900 * SPAN_MS)), MERGED_KNOWN);
	world_run(&w, 40 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(view_counters(w.engine)->told_by_peer, 1);
	/* It tells no more: then this one does, when it is its turn. */
	world_post(&w, "A{n=2}", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 85 * SPAN_S - 1);
	ck_assert_uint_eq(w.sent.n, 0);
	world_run(&w, 85 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_str_eq(w.sent.v[0].text, " firing [A A{n=2}] new alerts added");
	ck_assert_uint_eq(w.shared[CHANGE_LOG_ENTRY], 1);
	world_fini(&w);
}
END_TEST

START_TEST(nothing_is_told_before_it_has_settled)
{
	begin(-1);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 18 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	world_wait(&w, 0);
	world_run(&w, 19 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	world_fini(&w);
}
END_TEST

/* prometheus/alertmanager#3865: the receiver was away for both, and is back. */
START_TEST(the_log_is_read_before_a_retry)
{
	struct fake_answer away = { .outcome = { .retry = true, .error = STR("503") } };

	begin(15 * SPAN_S);
	world_script(&w, "*", &away, 1);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 26 * SPAN_S);
	ck_assert_uint_ge(w.sent.n, 1);
	ck_assert_int_eq(told("A", NULL, in(-SPAN_S)), MERGED_TAKEN);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_OVERTAKEN], 0);
	world_run(&w, 40 * SPAN_S);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_OVERTAKEN], 1);
	ck_assert_uint_eq(w.events[EVENT_FLUSH_FAILED], 0);
	ck_assert_uint_eq(w.stored_intents.n, 0);
	ck_assert_uint_eq(view_counters(w.engine)->told_by_peer, 1);
	world_fini(&w);
}
END_TEST

/* prometheus/alertmanager#4179: this one still would tell that A has ended, and another told that it fires again. */
START_TEST(an_old_decision_is_not_told)
{
	begin(15 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_int_eq(told("A", NULL, w.now.wall), MERGED_TAKEN);
	world_run(&w, 30 * SPAN_S);
	world_post(&w, "A", in(-20 * SPAN_S), in(-1));
	world_run(&w, 75 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	ck_assert_int_eq(told("A", NULL, w.now.wall), MERGED_TAKEN);
	world_run(&w, 119 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_OVERTAKEN], 1);
	ck_assert_uint_eq(view_counters(w.engine)->overtaken, 1);
	/* The group was looked at anew: nothing to tell. */
	ck_assert_uint_eq(w.events[EVENT_GROUP_FLUSHED], 3);
	world_fini(&w);
}
END_TEST

/* A peer that tells all the time, or whose clock is ahead, keeps nobody from telling. */
START_TEST(overtaken_once_and_no_more)
{
	begin(15 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 12 * SPAN_S);
	ck_assert_int_eq(told("A{n=9}", NULL, in(SPAN_MIN)), MERGED_TAKEN);
	world_run(&w, 26 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_eq(w.events[EVENT_NOTIFY_OVERTAKEN], 1);
	ck_assert_int_eq(told("A{n=9}", NULL, in(2 * SPAN_MIN)), MERGED_TAKEN);
	world_run(&w, 41 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	/* The entry is newer than what it knew, so all take it. */
	ck_assert_uint_eq(w.shared[CHANGE_LOG_ENTRY], 1);
	ck_assert_int_eq(told("A{n=9}", NULL, in(2 * SPAN_MIN - 15 * SPAN_S)), MERGED_KNOWN);
	world_fini(&w);
}
END_TEST

/* But nobody tells the contrary of what a peer told since. */
START_TEST(the_contrary_is_never_told)
{
	begin(15 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	ck_assert_int_eq(told("A", NULL, w.now.wall), MERGED_TAKEN);
	world_run(&w, 30 * SPAN_S);
	world_post(&w, "A", in(-20 * SPAN_S), in(-1));
	for (int i = 0; i < 3; i++) {
		world_run(&w, (75 + 15 * i) * SPAN_S);
		ck_assert_int_eq(told("A", NULL, w.now.wall), MERGED_TAKEN);
	}
	world_run(&w, 115 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 0);
	ck_assert_uint_ge(w.events[EVENT_NOTIFY_OVERTAKEN], 2);
	world_fini(&w);
}
END_TEST

START_TEST(what_was_under_way_waits_too)
{
	struct fake_answer hang = { .hang = true };

	begin(15 * SPAN_S);
	world_script(&w, "*", &hang, 1);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 30 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	w.wait = -1;
	world_restart(&w);
	world_run(&w, 35 * SPAN_S);
	world_wait(&w, 15 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_int_eq(told("A", NULL, w.now.wall), MERGED_TAKEN);
	world_run(&w, 60 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_uint_eq(w.stored_intents.n, 0);
	world_fini(&w);
}
END_TEST

/* An end that a peer tells while this member tries in vain is owed no more. */
START_TEST(an_end_that_a_peer_told_is_not_owed)
{
	static const struct fake_answer hang = { .hang = true }, ok = { .outcome = { .ok = true } };

	for (int told_by_peer = 0; told_by_peer < 2; told_by_peer++) {
		begin(15 * SPAN_S);
		world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
		world_post(&w, "A{n=2}", w.now.wall, in(SPAN_HOUR));
		world_run(&w, 26 * SPAN_S);
		ck_assert_uint_eq(w.sent.n, 1);
		world_post(&w, "A", in(-SPAN_S), w.now.wall);
		world_script(&w, "*", &hang, 1);
		world_run(&w, 90 * SPAN_S);
		ck_assert_uint_eq(w.sent.n, 2);
		ck_assert_int_eq(told("A{n=2}", told_by_peer ? "A" : NULL, w.now.wall), MERGED_TAKEN);
		world_script(&w, "*", &ok, 1);
		world_run(&w, 280 * SPAN_S);
		ck_assert_uint_eq(w.sent.n, told_by_peer ? 2 : 3);
		if (!told_by_peer)
			ck_assert_str_eq(w.sent.v[2].text, " firing [A{n=2}] resolved [A] some alerts resolved");
		world_fini(&w);
	}
}
END_TEST

/* The clock that was ahead when A was told is right again: peers take its end for the newer one. Not when it was off by days: repeats would not come. */
START_TEST(what_is_told_is_newer_than_what_was_told)
{
	static const struct {
		span ahead;
		enum merged merged;
	} table[] = { { 30 * SPAN_S, MERGED_KNOWN }, { 48 * SPAN_HOUR, MERGED_TAKEN } };

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct wall first;

		begin(5 * SPAN_S);
		world_step_wall(&w, table[i].ahead);
		world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
		world_run(&w, 16 * SPAN_S);
		ck_assert_uint_eq(w.sent.n, 1);
		first = w.now.wall;
		world_step_wall(&w, -table[i].ahead);
		world_post(&w, "A", in(-SPAN_S), w.now.wall);
		world_run(&w, 80 * SPAN_S);
		ck_assert_uint_eq(w.sent.n, 2);
		ck_assert_int_eq(told("A", NULL, first), table[i].merged);
		world_fini(&w);
	}
}
END_TEST

/* A peer that waited long tells to fire what had ended, and was forgotten here: its end is told when it is posted again, whatever is told before. */
START_TEST(an_end_that_was_told_too_early_is_told_again)
{
	begin(5 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 16 * SPAN_S);
	world_post(&w, "A", in(-SPAN_S), w.now.wall);
	world_run(&w, 80 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_int_eq(told("A", NULL, in(1)), MERGED_TAKEN);
	world_post(&w, "A{n=2}", in(-SPAN_S), w.now.wall);
	world_run(&w, 160 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 3);
	ck_assert_str_eq(w.sent.v[2].text, " resolved [A{n=2}] all alerts resolved");
	world_post(&w, "A", in(-SPAN_S), w.now.wall);
	world_run(&w, 240 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 4);
	ck_assert_str_eq(w.sent.v[3].text, " resolved [A] all alerts resolved");
	world_fini(&w);
}
END_TEST

/* Nobody knows which of them the receiver heard last. */
START_TEST(what_two_told_together_is_told_once_more)
{
	begin(15 * SPAN_S);
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 26 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	ck_assert_int_eq(told(NULL, "A", in(-1300 * SPAN_MS)), MERGED_KNOWN);
	world_run(&w, 86 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_str_eq(w.sent.v[1].text, " firing [A] new alerts added");
	/* The other one is the newer by the clocks. */
	ck_assert_int_eq(told(NULL, "A", in(-800 * SPAN_MS)), MERGED_TAKEN);
	world_post(&w, "A", in(-SPAN_S), w.now.wall);
	world_run(&w, 146 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 3);
	ck_assert_str_eq(w.sent.v[2].text, " resolved [A] all alerts resolved");
	/* Notifications of long before or after are no doubt. */
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 172 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 4);
	ck_assert_int_eq(told(NULL, "A", in(-5 * SPAN_S)), MERGED_KNOWN);
	world_run(&w, 400 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 4);
	world_fini(&w);
}
END_TEST

static void
count_shared(void *arg, const struct change *c)
{
	size_t *n = arg;

	n[c->kind]++;
}

START_TEST(all_is_shared_with_who_joins)
{
	struct share_cursor at = { 0 };
	size_t n[CHANGE_N] = { 0 };
	struct work unit;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	int slices = 0;

	begin(0);
	for (int i = 0; i < 100; i++) {
		id[0] = '\0';
		ck_assert(world_silence(&w, "", "a=\"1\"", w.now.wall, in(SPAN_HOUR), id, &e));
	}
	world_post(&w, "A", w.now.wall, in(SPAN_HOUR));
	world_run(&w, 10 * SPAN_S);
	do {
		unit.left = 1000;
		slices++;
	} while (!view_shared_some(w.engine, &at, &unit, count_shared, n));
	ck_assert_int_gt(slices, 10);
	ck_assert_uint_eq(n[CHANGE_SILENCE], 100);
	ck_assert_uint_eq(n[CHANGE_LOG_ENTRY], 1);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("cluster", the_silence_that_was_changed_last_wins, what_ended_stays_so, invalid_ones_are_refused,
	    changes_are_shared_and_newer, windows_end_with_an_ordinary_end, the_first_tells,
	    nothing_is_told_before_it_has_settled, the_log_is_read_before_a_retry, an_old_decision_is_not_told,
	    overtaken_once_and_no_more, the_contrary_is_never_told, what_was_under_way_waits_too,
	    an_end_that_a_peer_told_is_not_owed, what_is_told_is_newer_than_what_was_told,
	    an_end_that_was_told_too_early_is_told_again, what_two_told_together_is_told_once_more,
	    all_is_shared_with_who_joins);
}
