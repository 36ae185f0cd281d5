/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts and groups as bodies of rows, and back. */
#include "lib_store.h"

#include <string.h>

#include "alert_row_format.h"
#include "base/mem.h"
#include "base/rand.h"
#include "base/vec.h"
#include "fake_world.h"

struct seen {
	struct alert *alerts[8];
	struct alert_times times[8];
	struct alert_id ids[8], drops[8];
	size_t alerts_n, times_n, drops_n, groups_n;
	uint64_t group_dropped, state_number;
	size_t state_members;
	struct wall next_flush, state_flush;
	uint64_t members[4];
	size_t members_n;
	char route[32];
};

static void
on_alert(void *arg, struct alert *take)
{
	struct seen *s = arg;

	s->alerts[s->alerts_n++] = take;
}

static void
on_times(void *arg, struct alert_id id, const struct alert_times *t)
{
	struct seen *s = arg;

	s->ids[s->times_n] = id;
	s->times[s->times_n++] = *t;
}

static void
on_drop(void *arg, struct alert_id id)
{
	struct seen *s = arg;

	s->drops[s->drops_n++] = id;
}

static void
on_group(void *arg, const struct stored_group *g)
{
	struct seen *s = arg;

	s->groups_n++;
	s->next_flush = g->next_flush;
	s->members_n = g->alerts_n;
	if (g->alerts_n <= ARRAY_LEN(s->members))
		for (size_t i = 0; i < g->alerts_n; i++)
			s->members[i] = g->alerts[i];
	snprintf(s->route, sizeof(s->route), "%s", g->route_id->bytes);
}

static void
on_group_state(void *arg, const struct stored_group *g)
{
	struct seen *s = arg;

	ck_assert(g->route_id == NULL && g->receiver == NULL && g->labels == NULL);
	s->state_number = g->number;
	s->state_members = g->alerts_n;
	s->state_flush = g->next_flush;
}

static void
on_group_drop(void *arg, uint64_t number)
{
	((struct seen *)arg)->group_dropped = number;
}

static void
on_record(void *arg, unsigned table, uint64_t number, struct str body)
{
	(void)arg;
	ck_abort_msg("a record: table %u, number %llu, %zu bytes", table, (unsigned long long)number, body.n);
}

static void
on_record_drop(void *arg, uint64_t number)
{
	on_record(arg, 0, number, STR_NONE);
}

static void
forget(struct seen *s)
{
	for (size_t i = 0; i < s->alerts_n; i++)
		alert_unref(s->alerts[i]);
	*s = (struct seen){ 0 };
}

static struct alert *
make(const char *labels, bool timeout)
{
	struct label_pair note = { STR("summary"), STR("") };
	struct alert *a = NEW(struct alert);

	a->refs = 1;
	a->labels = world_labels(labels);
	a->annotations = labels_new_unhashed(&note, 1);
	a->generator_url = istr_get(STR(""));
	alert_set_starts(a, (struct wall){ 1700000000, 123456789, 10800 });
	alert_set_ends(a, (struct wall){ -62135596800, 0, -3600 });
	alert_set_updated(a, (struct wall){ 1700000009, 0, 0 });
	a->timeout = timeout;
	return a;
}

static bool
same_time(struct wall a, struct wall b)
{
	return wall_cmp(a, b) == 0 && a.offset == b.offset;
}

/* An alert that waited to be read is stored as of when it was posted, as long as that matters. */
START_TEST(alerts_that_waited)
{
	struct alert *a = alert_with_wait(make("A", false), 2 * SPAN_S);
	struct alert_row row;
	struct seen s = { 0 };
	struct alert_row_reader reader = { on_alert, on_times, on_drop, on_group, on_group_state, on_group_drop, on_record, on_record_drop, &s, NULL };

	alert_row_init(&row);
	for (int ended = 0; ended < 2; ended++) {
		if (ended)
			alert_set_ends(a, wall_add(alert_updated(a), -SPAN_S));
		else
			alert_set_ends(a, wall_add(alert_updated(a), SPAN_S));
		sbuf_reset(&row.b);
		alert_row_begin(&row);
		alert_row_put(&row, a);
		ck_assert(alert_row_read(sbuf_get(&row.b), &reader, NULL));
		ck_assert_int_eq(wall_sub(alert_updated(a), alert_posted(s.alerts[0])), ended ? 0 : 2 * SPAN_S);
		forget(&s);
	}
	alert_row_fini(&row);
	alert_unref(a);
}
END_TEST

START_TEST(alert_rows)
{
	struct alert *a = make("A{x=1,y=1}", true), *b = make("A{x=1,y=2}", false);
	struct alert_row row;
	struct seen s = { 0 };
	struct alert_row_reader reader = { on_alert, on_times, on_drop, on_group, on_group_state, on_group_drop, on_record, on_record_drop, &s, NULL };
	static const uint64_t members[] = { 5, UINT64_MAX };
	struct stored_group g = { .number = 300, .route_id = istr_get(STR("{}/0")), .receiver = istr_get(STR("1")),
		.labels = a->labels, .next_flush = { 1700000001, 5, 0 }, .flushed = true, .group_wait = 30 * SPAN_S,
		.group_interval = SPAN_MAX, .alerts = members, .alerts_n = 2 };
	struct err e = { 0 };

	alert_row_init(&row);
	for (int turn = 0; turn < 3; turn++) {
		sbuf_reset(&row.b);
		alert_row_begin(&row);
		alert_row_put_drop(&row, alert_id_of(b->labels));
		alert_row_put(&row, a);
		alert_row_put(&row, b);
		alert_row_put_times(&row, a);
		alert_row_put_group(&row, &g);
		alert_row_put_group_state(&row, &g);
		alert_row_put_group_drop(&row, 299);
		ck_assert(alert_row_read(sbuf_get(&row.b), &reader, &e));
		ck_assert_uint_eq(s.alerts_n, 2);
		ck_assert(s.alerts[0]->labels == a->labels && s.alerts[1]->labels == b->labels);
		ck_assert(s.alerts[0]->annotations == a->annotations && s.alerts[0]->generator_url == a->generator_url);
		ck_assert(s.alerts[0]->timeout && !s.alerts[1]->timeout);
		ck_assert(same_time(alert_starts(s.alerts[0]), alert_starts(a)) && same_time(alert_ends(s.alerts[0]), alert_ends(a)) &&
		    same_time(alert_updated(s.alerts[0]), alert_updated(a)));
		ck_assert(s.times[0].timeout && same_time(s.times[0].starts, alert_starts(a)));
		ck_assert_uint_eq(s.ids[0].fingerprint, labels_fingerprint(a->labels));
		ck_assert_uint_eq(s.drops[0].hash, labels_hash(b->labels));
		ck_assert_uint_eq(s.groups_n, 1);
		ck_assert(s.members_n == 2 && s.members[0] == 5 && s.members[1] == UINT64_MAX);
		ck_assert_str_eq(s.route, "{}/0");
		ck_assert(wall_cmp(s.next_flush, g.next_flush) == 0);
		ck_assert_uint_eq(s.group_dropped, 299);
		ck_assert_uint_eq(s.state_number, 300);
		ck_assert_uint_eq(s.state_members, 2);
		ck_assert(wall_cmp(s.state_flush, g.next_flush) == 0);
		forget(&s);
	}
	for (size_t n = 0; n < row.b.n; n++) {
		(void)!alert_row_read((struct str){ row.b.p, n }, &reader, &e);
		forget(&s);
	}
	istr_unref(g.route_id);
	istr_unref(g.receiver);
	row.b.p[0] = 99;
	ck_assert(!alert_row_read(sbuf_get(&row.b), &reader, &e));
	alert_row_fini(&row);
	alert_unref(a);
	alert_unref(b);
}
END_TEST

/* An alert of n labels that has some things in common with others, by chance. */
static struct alert *
make_any(struct rand *r, uint64_t n, bool other_names)
{
	struct label_pair pairs[ALERT_ROW_ALIKE + 4], notes[2] = { { STR("summary"), STR("") }, { STR("runbook"), STR("") } };
	char text[ALERT_ROW_ALIKE + 4][2][16], note[16];
	struct alert *a = NEW(struct alert);

	for (size_t i = 0; i < n; i++) {
		snprintf(text[i][0], sizeof(text[i][0]), "%s%02u", other_names ? "o" : "n", (unsigned)i % 100);
		snprintf(text[i][1], sizeof(text[i][1]), "v%d", (int)rand_below(r, 3));
		pairs[i] = (struct label_pair){ str_from(text[i][0]), str_from(text[i][1]) };
	}
	snprintf(note, sizeof(note), "%d", (int)rand_below(r, 2));
	notes[0].value = notes[1].value = str_from(note);
	a->refs = 1;
	a->labels = labels_new(pairs, n);
	a->annotations = labels_new_unhashed(notes, rand_below(r, 4) == 0 ? 1 : 2);
	a->generator_url = istr_get(str_from(rand_below(r, 3) == 0 ? "http://other" : ""));
	alert_set_starts(a, (struct wall){ 1700000000 + (int64_t)rand_below(r, 2), (int32_t)rand_below(r, 2), 0 });
	alert_set_ends(a, (struct wall){ 1700000600, 0, (int32_t)rand_below(r, 2) * 3600 });
	alert_set_updated(a, (struct wall){ 1700000000, (int32_t)rand_below(r, 3), 0 });
	a->timeout = rand_below(r, 2) == 0;
	return a;
}

struct listed {
	VEC(struct alert *) alerts;
	size_t seen;
};

static void
compare_listed(void *arg, struct alert *take)
{
	struct listed *l = arg;
	const struct alert *want = l->alerts.v[l->seen++];

	ck_assert(take->labels == want->labels && take->annotations == want->annotations && take->generator_url == want->generator_url);
	ck_assert(same_time(alert_starts(take), alert_starts(want)) && same_time(alert_ends(take), alert_ends(want)) &&
	    same_time(alert_updated(take), alert_updated(want)) && take->timeout == want->timeout);
	alert_unref(take);
}

static void
unseen(void *arg, struct alert_id id)
{
	(void)arg;
	(void)id;
}

/* An alert is spelled out by what it has not in common with the one before it, whatever stands between them. */
START_TEST(alerts_like_those_before)
{
	struct listed l = { 0 };
	struct alert_row_reader reader = { .alert = compare_listed, .drop = unseen, .arg = &l };
	struct err e = { 0 };
	struct alert_row row;
	struct rand rand;
	size_t alike = 0;

	rand_seed(&rand, 7);
	alert_row_init(&row);
	alert_row_begin(&row);
	for (int i = 0; i < 500; i++) {
		uint64_t few = rand_below(&rand, 12) == 0 ? 1 + rand_below(&rand, ALERT_ROW_ALIKE + 3) : 9;
		struct alert *a = make_any(&rand, few, rand_below(&rand, 9) == 0);

		if (rand_below(&rand, 10) == 0)
			alert_row_put_drop(&row, alert_id_of(a->labels));
		alert_row_put(&row, a);
		VEC_PUSH(&l.alerts, a);
	}
	ck_assert_msg(alert_row_read(sbuf_get(&row.b), &reader, &e), "%s", e.text);
	ck_assert_uint_eq(l.seen, l.alerts.n);
	for (size_t i = 0; i < row.b.n; i++)
		alike += row.b.p[i] == ENTRY_ALIKE;
	ck_assert_uint_ge(alike, 300);
	/* Another row knows nothing of this one. */
	l.seen = l.alerts.n - 1;
	alert_row_begin(&row);
	alert_row_put(&row, l.alerts.v[l.seen]);
	ck_assert(alert_row_read(str_sub(sbuf_get(&row.b), row.start, row.b.n), &reader, &e));
	ck_assert_uint_eq(l.seen, l.alerts.n);
	for (size_t i = 0; i < l.alerts.n; i++)
		alert_unref(l.alerts.v[i]);
	VEC_FINI(&l.alerts);
	alert_row_fini(&row);
}
END_TEST

/* Nobody can post these; the row can be read all the same. */
START_TEST(alerts_of_no_labels)
{
	struct listed l = { 0 };
	struct alert_row_reader reader = { .alert = compare_listed, .arg = &l };
	struct err e = { 0 };
	struct alert_row row;

	alert_row_init(&row);
	alert_row_begin(&row);
	for (int i = 0; i < 3; i++) {
		struct alert *a = make("A", i == 0);

		labels_unref(a->labels);
		labels_unref(a->annotations);
		a->labels = labels_new(NULL, 0);
		a->annotations = labels_new_unhashed(NULL, 0);
		alert_row_put(&row, a);
		VEC_PUSH(&l.alerts, a);
	}
	ck_assert_msg(alert_row_read(sbuf_get(&row.b), &reader, &e), "%s", e.text);
	ck_assert_uint_eq(l.seen, 3);
	for (size_t i = 0; i < l.alerts.n; i++)
		alert_unref(l.alerts.v[i]);
	VEC_FINI(&l.alerts);
	alert_row_fini(&row);
}
END_TEST

/* Rows of schema 5 and before; and what no program of ours wrote. */
START_TEST(rows_of_other_formats)
{
	static const char lonely[] = { ALERT_ROW_FORMAT, ENTRY_ALIKE, 0, FLAG_SAME_STARTS | FLAG_SAME_ENDS | FLAG_SAME_UPDATED };
	struct listed l = { 0 };
	struct alert_row_reader reader = { .alert = compare_listed, .arg = &l };
	struct alert *a = make("A{x=1,y=1}", true);
	struct err e = { 0 };
	struct alert_row row;
	size_t n;

	VEC_PUSH(&l.alerts, a);
	VEC_PUSH(&l.alerts, a);
	alert_row_init(&row);
	alert_row_begin(&row);
	alert_row_put(&row, a);
	row.b.p[0] = ALERT_ROW_FORMAT_OLD;
	ck_assert(alert_row_read(sbuf_get(&row.b), &reader, &e));
	ck_assert_uint_eq(l.seen, 1);
	ck_assert(!alert_row_read((struct str){ lonely, sizeof(lonely) }, &reader, &e));
	ck_assert_uint_eq(l.seen, 1);
	/* A value that is none of its own: it has three labels, one annotation and a URL. */
	n = row.b.n;
	alert_row_put(&row, a);
	ck_assert_int_eq(row.b.p[n], ENTRY_ALIKE);
	ck_assert_int_eq(row.b.p[n + 1], 0);
	row.b.p[n + 1] = 1 << 5;
	l.seen = 0;
	ck_assert(!alert_row_read(sbuf_get(&row.b), &reader, &e));
	ck_assert_uint_eq(l.seen, 1);
	VEC_FINI(&l.alerts);
	alert_row_fini(&row);
	alert_unref(a);
}
END_TEST

/* More strings than the table begins with. */
START_TEST(many_strings)
{
	struct alert_row row;
	struct seen s = { 0 };
	struct alert_row_reader reader = { on_alert, on_times, on_drop, on_group, on_group_state, on_group_drop, on_record, on_record_drop, &s, NULL };
	struct label_pair *pairs = mem_calloc(5000, sizeof(*pairs));
	char *names = mem_calloc(5000, 16);
	struct alert *a = make("A", false);
	struct err e = { 0 };

	for (int i = 0; i < 5000; i++) {
		snprintf(names + i * 16, 16, "n%d", i);
		pairs[i] = (struct label_pair){ str_from(names + i * 16), str_from(names + (i / 2) * 16) };
	}
	labels_unref(a->annotations);
	a->annotations = labels_new_unhashed(pairs, 5000);
	alert_row_init(&row);
	alert_row_begin(&row);
	alert_row_put(&row, a);
	ck_assert(alert_row_read(sbuf_get(&row.b), &reader, &e));
	ck_assert(s.alerts[0]->annotations == a->annotations);
	forget(&s);
	alert_row_fini(&row);
	alert_unref(a);
	mem_free(pairs);
	mem_free(names);
}
END_TEST

int
main(void)
{
	return RUN("alert_row", alerts_that_waited, alert_rows, alerts_like_those_before, alerts_of_no_labels, rows_of_other_formats, many_strings);
}
