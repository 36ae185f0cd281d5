/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts on their way to the disk: what is written, folded, lost and found again. */
#include "lib_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rand.h"
#include "base/rfc3339.h"
#include "lib_row_disk.h"

#define T0 INT64_C(1767571200)

static struct wall
at(int64_t s)
{
	return (struct wall){ T0 + s, 0, 0 };
}

static struct alert *
make(int number, const char *note, int64_t starts, int64_t ends, int64_t updated)
{
	char value[32], url[64];
	struct label_pair labels[] = { { STR("alertname"), STR("Down") }, { STR("i"), STR("") } };
	struct label_pair notes[] = { { STR("summary"), str_from(note) } };
	struct alert *a = NEW(struct alert);

	snprintf(value, sizeof(value), "%d", number);
	labels[1].value = str_from(value);
	snprintf(url, sizeof(url), "http://p/%d", number % 3);
	a->refs = 1;
	a->labels = labels_new(labels, 2);
	a->annotations = labels_new_unhashed(notes, 1);
	a->generator_url = istr_get(str_from(url));
	alert_set_starts(a, at(starts));
	alert_set_ends(a, at(ends));
	alert_set_updated(a, at(updated));
	return a;
}

/* Beside the alerts and groups, where the engine would keep them. */
static void *places[10000], *group_places[100];

static void
begin(struct row_log *k)
{
	memset(places, 0, sizeof(places));
	memset(group_places, 0, sizeof(group_places));
	row_log_init(k);
}

/* Posts one; is it written? */
static bool
post(struct row_log *k, int number, const char *note, int64_t starts, int64_t ends, int64_t updated, uint64_t no)
{
	struct alert *a = make(number, note, starts, ends, updated);
	bool news = row_log_set(k, a, no, &places[number]);

	alert_unref(a);
	return news;
}

struct search {
	const struct labels *labels;
	struct alert *found;
};

static void
visit_alert(void *arg, struct row_log *k, struct kept_alert *ka)
{
	struct search *s = arg;

	(void)k;
	if (row_log_alert(ka)->labels == s->labels)
		s->found = row_log_alert(ka);
}

static struct alert *
find(struct row_log *k, int number)
{
	struct alert *probe = make(number, "", 0, 0, 0);
	struct search s = { .labels = probe->labels };

	row_log_each_alert(k, visit_alert, &s);
	alert_unref(probe);
	return s.found;
}

/* A group with members `number` to number + n - 1 that is due at `due`. */
static void
put_group(struct row_log *k, int number, int64_t due, size_t n, uint64_t no)
{
	uint64_t members[300];
	char value[32];
	struct label_pair pair = { STR("g"), STR("") };
	struct group_state g = { .route_id = STR("{}/0"), .receiver = STR("ops"), .next_flush = at(due),
		.group_wait = 30 * SPAN_S, .group_interval = 5 * SPAN_MIN, .flushed = due > 100, .alerts = members, .alerts_n = n };

	snprintf(value, sizeof(value), "%d", number);
	pair.value = str_from(value);
	g.labels = labels_new(&pair, 1);
	for (size_t i = 0; i < n; i++)
		members[i] = (uint64_t)number + i;
	row_log_set_group(k, &g, no, &group_places[number]);
	labels_unref((struct labels *)(uintptr_t)g.labels);
}

struct groups {
	struct stored_group v[100];	/* by number; labels NULL: none */
	size_t n;
};

static void
visit_group(void *arg, const struct stored_group *g, void *place)
{
	struct groups *to = arg;

	(void)place;
	to->v[atoi(labels_get(g->labels, STR("g")).p)] = *g;
	to->n++;
}

static struct groups
groups_of(struct row_log *k)
{
	struct groups all = { 0 };

	row_log_each_group(k, visit_group, &all);
	ck_assert_uint_eq(all.n, k->groups_n);
	return all;
}

/* The alerts that came back are those that were kept. */
static void
compare_groups(struct row_log *k, struct row_log *again)
{
	struct groups want = groups_of(k), got = groups_of(again);

	ck_assert_uint_eq(got.n, want.n);
	for (size_t i = 0; i < ARRAY_LEN(want.v); i++) {
		const struct stored_group *a = &want.v[i], *b = &got.v[i];

		ck_assert_ptr_eq(a->labels, b->labels);
		if (a->labels == NULL)
			continue;
		ck_assert(a->number == b->number && a->route_id == b->route_id && a->receiver == b->receiver);
		ck_assert(wall_cmp(a->next_flush, b->next_flush) == 0 && a->flushed == b->flushed);
		ck_assert(a->group_wait == b->group_wait && a->group_interval == b->group_interval);
		ck_assert_uint_eq(a->alerts_n, b->alerts_n);
		if (a->alerts_n > 0)
			ck_assert_int_eq(memcmp(a->alerts, b->alerts, a->alerts_n * sizeof(a->alerts[0])), 0);
	}
}

START_TEST(comes_back)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct alert *a;

	begin(&k);
	ck_assert(post(&k, 1, "one", 0, 300, 0, 1));
	ck_assert(post(&k, 2, "two", 5, 305, 5, 2));
	ck_assert(row_disk_commit(&k, &d, true));
	ck_assert_uint_eq(k.news_n, 0);
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, 2);
	a = find(&again, 2);
	ck_assert(wall_cmp(alert_starts(a), at(5)) == 0 && wall_cmp(alert_ends(a), at(305)) == 0 && wall_cmp(alert_updated(a), at(5)) == 0);
	ck_assert(str_is(labels_get(a->annotations, STR("summary")), "two"));
	ck_assert(str_is(istr_str(a->generator_url), "http://p/2"));
	row_log_fini(&k);
	row_log_fini(&again);
	row_disk_clear(&d);
}
END_TEST

/* Times are whatever a client can state; one that did not come back would take all of its row along. */
START_TEST(all_times_come_back)
{
	static const char *const texts[] = { "0000-01-01T00:00:00+24:60", "0000-01-01T00:00:00.000000001-24:60", "9999-12-31T23:59:59+24:60",
		"9999-12-31T23:59:59.999999999-24:60", "2026-01-05T00:00:00+24:01", "1969-12-31T23:59:59.5-00:01" };
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct wall t[ARRAY_LEN(texts)];
	struct err e = { 0 };

	begin(&k);
	for (int i = 0; i < (int)ARRAY_LEN(texts); i++) {
		struct alert *a = make(i, "n", 0, 0, 0);

		ck_assert(strfmt_time_parse(str_from(texts[i]), &t[i], &e));
		alert_set_starts(a, t[i]);
		alert_set_ends(a, t[i]);
		row_log_set(&k, a, 1, &places[i]);
		alert_unref(a);
	}
	ck_assert(row_disk_commit(&k, &d, true));
	row_disk_load(&again, &d);
	for (int i = 0; i < (int)ARRAY_LEN(texts); i++) {
		const struct alert *a = find(&again, i);
		struct wall starts, ends;

		ck_assert_msg(a != NULL, "%s", texts[i]);
		starts = alert_starts(a);
		ends = alert_ends(a);
		ck_assert(wall_cmp(starts, t[i]) == 0 && starts.offset == t[i].offset);
		ck_assert(wall_cmp(ends, t[i]) == 0 && ends.offset == t[i].offset);
	}
	row_log_fini(&k);
	row_log_fini(&again);
	row_disk_clear(&d);
}
END_TEST

/* An end four minutes ahead, renewed every minute: written when less than two minutes are left on disk. */
START_TEST(posted_again_is_written_rarely)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	int written = 0;

	begin(&k);
	ck_assert(post(&k, 1, "n", 0, 240, 0, 1));
	row_disk_commit(&k, &d, true);
	for (int64_t t = 60; t <= 3600; t += 60) {
		if (post(&k, 1, "n", 0, t + 240, t, 2)) {
			written++;
			row_disk_commit(&k, &d, true);
		}
		row_disk_load(&again, &d);
		ck_assert(wall_sub(alert_ends(find(&again, 1)), at(t)) >= 120 * SPAN_S);
		row_log_fini(&again);
	}
	ck_assert_int_eq(written, 20);
	/* Changes that matter at once. */
	ck_assert(post(&k, 1, "other", 0, 3841, 3601, 3));
	row_disk_commit(&k, &d, true);
	ck_assert(post(&k, 1, "other", 1, 3842, 3602, 4));
	row_disk_commit(&k, &d, true);
	ck_assert(post(&k, 1, "other", 1, 3603, 3603, 5));	/* ended */
	row_disk_commit(&k, &d, true);
	ck_assert(!post(&k, 1, "other", 1, 3603, 3660, 6));	/* told again that it ended */
	row_disk_load(&again, &d);
	ck_assert(wall_cmp(alert_ends(find(&again, 1)), at(3603)) == 0);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

START_TEST(settles_at_the_end)
{
	struct row_log k, again;
	struct row_disk d = { 0 };

	begin(&k);
	post(&k, 1, "n", 0, 240, 0, 1);
	row_disk_commit(&k, &d, true);
	ck_assert(!post(&k, 1, "n", 0, 300, 60, 2));
	row_log_settle(&k, 3);
	row_disk_commit(&k, &d, true);
	row_disk_load(&again, &d);
	ck_assert(wall_cmp(alert_ends(find(&again, 1)), at(300)) == 0);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

START_TEST(drops)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct alert *a = make(1, "n", 0, 10, 0);

	begin(&k);
	row_log_set(&k, a, 1, &places[1]);
	/* The disk has never heard of it. */
	ck_assert(!row_log_drop(&k, &places[1]));
	ck_assert(!row_log_drop(&k, &places[1]));
	ck_assert(row_disk_commit(&k, &d, true));
	ck_assert_uint_eq(d.rows.ops.n, 0);
	row_log_set(&k, a, 2, &places[1]);
	row_disk_commit(&k, &d, true);
	ck_assert(row_log_drop(&k, &places[1]));
	row_disk_commit(&k, &d, true);
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, 0);
	row_log_fini(&again);
	/* Gone and there again within one transaction. */
	row_log_set(&k, a, 3, &places[1]);
	row_disk_commit(&k, &d, true);
	row_log_drop(&k, &places[1]);
	row_log_set(&k, a, 4, &places[1]);
	row_disk_commit(&k, &d, true);
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, 1);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
	alert_unref(a);
}
END_TEST

START_TEST(groups_come_back)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	void *first;

	begin(&k);
	put_group(&k, 1, 30, 1, 1);
	put_group(&k, 2, 40, 200, 2);
	put_group(&k, 3, 50, 0, 3);
	row_disk_commit(&k, &d, true);
	put_group(&k, 2, 340, 3, 4);
	row_disk_commit(&k, &d, false);
	row_disk_commit(&k, &d, true);
	ck_assert(row_log_drop(&k, &group_places[1]));
	ck_assert_ptr_null(group_places[1]);
	ck_assert(!row_log_drop(&k, &group_places[1]));
	/* Made anew at once, it is another one. */
	first = group_places[3];
	ck_assert_ptr_nonnull(first);
	row_log_drop(&k, &group_places[3]);
	put_group(&k, 3, 60, 2, 5);
	row_disk_commit(&k, &d, true);
	row_disk_load(&again, &d);
	compare_groups(&k, &again);
	ck_assert_uint_eq(again.groups_n, 2);
	ck_assert_uint_eq(again.last_group, k.last_group);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

/* A transaction is bounded; what is left out knows its number. */
START_TEST(is_bounded)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct batch b = { 0 };
	uint64_t left_out = 0;

	begin(&k);
	for (int i = 0; i < 3000; i++)
		post(&k, i, "n", 0, 300, 0, (uint64_t)i + 1);
	ck_assert(!row_disk_prepare(&k, &b, &left_out));
	ck_assert_uint_eq(left_out, 2049);
	row_disk_apply(&d, &b);
	row_log_written(&k);
	batch_clear(&b);
	ck_assert(row_disk_commit(&k, &d, true));
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, 3000);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

/* Its bytes, too: few alerts may have much in them. */
START_TEST(is_bounded_in_bytes)
{
	enum { NOTE = 512 << 10, ALERTS = 40 };
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct batch b = { 0 };
	uint64_t left_out = 0;
	char *note = mem_alloc(NOTE);

	memset(note, 'n', NOTE);
	begin(&k);
	for (int i = 0; i < ALERTS; i++) {
		snprintf(note + NOTE - 8, 8, "%d", i);
		post(&k, i, note, 0, 300, 0, (uint64_t)i + 1);
	}
	ck_assert(!row_disk_prepare(&k, &b, &left_out));
	ck_assert_uint_lt(left_out, 8);
	row_disk_apply(&d, &b);
	row_log_written(&k);
	batch_clear(&b);
	while (!row_disk_commit(&k, &d, true))
		;
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, ALERTS);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
	mem_free(note);
}
END_TEST

/* Anew, all of it: block by block, each of which is the batch's; and once more when that has failed. */
START_TEST(much_is_handed_over_in_blocks)
{
	enum { NOTE = 512 << 10, ALERTS = 40 };
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct batch b = { 0 };
	uint64_t left_out = 0;
	char *note = mem_alloc(NOTE);

	memset(note, 'n', NOTE);
	begin(&k);
	for (int i = 0; i < ALERTS; i++) {
		snprintf(note + NOTE - 8, 8, "%d", i);
		post(&k, i, note, 0, 300, 0, 1);
	}
	row_disk_forget(&k);
	ck_assert(row_disk_prepare(&k, &b, &left_out));
	ck_assert_uint_ge(b.lent.n, 2);
	row_log_lost(&k, &b, 1);
	batch_keep(&d.kept_back, &b);
	ck_assert_uint_eq(b.lent.n, 0);
	ck_assert(row_disk_commit(&k, &d, true));
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, ALERTS);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
	mem_free(note);
}
END_TEST

/* The room that a large transaction took is there while there is more to write, and goes with the last. */
START_TEST(a_burst_leaves_no_room_behind)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	char note[128];

	begin(&k);
	for (int i = 0; i < 3000; i++) {
		snprintf(note, sizeof(note), "note %d of some length, so that rows of a burst are large ones, as those of real alerts are", i);
		post(&k, i, note, 0, 300, 0, 1);
	}
	ck_assert(!row_disk_commit(&k, &d, true));
	ck_assert_uint_gt(k.row.b.cap, (size_t)64 << 10);
	ck_assert(row_disk_commit(&k, &d, true));
	ck_assert_uint_le(k.row.b.cap, (size_t)128 << 10);
	for (int i = 0; i < 2990; i++)
		ck_assert(row_log_drop(&k, &places[i]));
	/* A transaction that fails takes nothing along. */
	row_disk_commit(&k, &d, false);
	ck_assert_uint_eq(k.drops.n, 2990);
	ck_assert(row_disk_commit(&k, &d, true));
	ck_assert_uint_eq(k.drops.cap + k.writing_drops.cap, 0);
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, 10);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

/* Those of the first n that are there, and as they were within the rules. */
static void
compare_alerts(struct row_log *k, struct row_log *again, int n)
{
	ck_assert_uint_eq(again->alerts_n, k->alerts_n);
	for (int i = 0; i < n; i++) {
		struct alert *a = find(k, i), *found = find(again, i);

		ck_assert_int_eq(a != NULL, found != NULL);
		if (a == NULL)
			continue;
		ck_assert(found->annotations == a->annotations && found->generator_url == a->generator_url);
		ck_assert(wall_cmp(alert_starts(found), alert_starts(a)) == 0);
		ck_assert(!wall_after(alert_ends(found), alert_ends(a)));
		if (!wall_after(alert_ends(a), alert_updated(a)))
			ck_assert(wall_cmp(alert_ends(found), alert_ends(a)) == 0);
		else
			ck_assert(wall_sub(alert_ends(found), alert_updated(a)) >= wall_sub(alert_ends(a), alert_updated(a)) / 2);
	}
}

/* A transaction that is given up before it is put together. */
static void
begin_in_vain(struct row_log *k, struct row_disk *d)
{
	struct work w = { 300 };
	uint64_t left_out;

	(void)row_log_prepare_some(k, &d->kept_back, &w, &left_out);
	row_log_lost(k, &d->kept_back, 1);
}

/* Random days: what is on disk is what was committed, within the rules; the log stays small. */
static void
live(uint64_t seed)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct rand r;
	int64_t now = 0;

	rand_seed(&r, seed);
	begin(&k);
	for (int turn = 0; turn < 400; turn++) {
		for (uint64_t i = rand_below(&r, 300); i > 0; i--) {
			int number = (int)rand_below(&r, 500);

			if (rand_below(&r, 10) == 0) {
				row_log_drop(&k, &places[number]);
				continue;
			}
			if (rand_below(&r, 20) == 0)
				row_log_drop(&k, &group_places[number % 100]);
			else if (rand_below(&r, 5) == 0)
				put_group(&k, number % 100, now, rand_below(&r, 6) == 0 ? rand_below(&r, 300) : 1, 1);
			else
				post(&k, number, rand_below(&r, 4) == 0 ? "new" : "note", number,
				    rand_below(&r, 8) == 0 ? now : now + 240, now, 1);
		}
		now += (int64_t)rand_below(&r, 30);
		if (rand_below(&r, 40) == 0) {
			row_disk_clear(&d);
			row_disk_forget(&k);
		} else if (rand_below(&r, 10) == 0)
			begin_in_vain(&k, &d);
		if (!row_disk_commit(&k, &d, rand_below(&r, 5) != 0))
			ck_abort_msg("all must fit");
	}
	row_disk_commit(&k, &d, true);
	row_disk_load(&again, &d);
	compare_groups(&k, &again);
	compare_alerts(&k, &again, 500);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}

START_TEST(random_days)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		live(seed);
}
END_TEST

/* Many transactions over the same alerts: the log does not grow without end. */
START_TEST(is_folded)
{
	struct row_log k, again;
	struct row_disk d = { 0 };
	char note[256];

	memset(note, 'x', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	begin(&k);
	for (int64_t turn = 0; turn < 600; turn++) {
		note[0] = (char)('a' + turn % 26);
		for (int i = 0; i < 100; i++)
			post(&k, i, note, 0, turn * 10 + 240, turn * 10, 1);
		for (int i = 0; i < 100; i++) {
			note[1] = (char)('a' + i % 26);
			post(&k, 1000 + i, note, 0, turn * 10 + 240, turn * 10, 1);
		}
		for (int i = 0; i < 100; i++)
			put_group(&k, i, turn * 10, 20, 1);
		ck_assert(row_disk_commit(&k, &d, true));
		ck_assert_uint_lt(k.bytes, (8u << 20));
	}
	ck_assert_uint_gt(k.folded, 0);
	ck_assert_uint_eq(k.rows.n, d.rows.ops.n);
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, 200);
	compare_groups(&k, &again);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

static void
visit_place(void *arg, struct row_log *k, struct kept_alert *ka)
{
	(void)arg, (void)k;
	places[atoi(labels_get(row_log_alert(ka)->labels, STR("i")).p)] = row_log_alert_place(ka);
}

enum { OLD = 1000 };

/* Each third, some of which go: a transaction fails. Some become news before it is their turn, and some of those go. */
static void
fail_once(struct row_log *k, struct row_disk *d, int turn, const char *note)
{
	for (int i = turn % 3; i < OLD; i += 3)
		post(k, i, i % 2 == 0 ? note : "first", 0, 300 + turn, turn, 1);
	for (int i = turn; i < OLD; i += 50)
		row_log_drop(k, &places[i]);
	row_disk_commit(k, d, false);
	ck_assert_uint_ge(row_log_waiting(k), OLD / 8);
	for (int i = 0; i < OLD; i += 10)
		post(k, i, "in between", 0, 300, 0, 1);
	row_log_drop(k, &places[10 * turn]);
}

/* Rows of an older version go from the table where they are, and transactions that fail for long leave nothing behind. */
START_TEST(older_rows_and_a_disk_that_fails)
{
	struct row_log first, k, again;
	struct row_disk d = { 0 };
	char note[256];
	int turn = 0;

	begin(&first);
	for (int i = 0; i < OLD; i++)
		post(&first, i, "old", 0, 240, 0, 1);
	ck_assert(row_disk_commit(&first, &d, true));
	row_log_fini(&first);
	row_disk_age(&d);
	row_disk_load(&k, &d);
	row_log_each_alert(&k, visit_place, NULL);
	for (; turn < 30; turn++)
		fail_once(&k, &d, turn, turn % 2 == 0 ? "even" : "odd");
	ck_assert(row_disk_commit(&k, &d, true));
	ck_assert_uint_eq(row_log_waiting(&k), 0);
	for (; row_disk_rows(&d, TABLE_ALERTS) > 0; turn++) {
		for (int i = 0; i < OLD; i++) {
			snprintf(note, sizeof(note), "%d %0200d", turn + i % 26, 0);
			post(&k, i, note, 0, 240, 0, 1);
		}
		row_disk_commit(&k, &d, turn % 3 != 0);
	}
	ck_assert(row_disk_commit(&k, &d, true));
	ck_assert_uint_eq(row_disk_rows(&d, TABLE_LOG_ROWS), k.rows.n);
	row_disk_load(&again, &d);
	compare_alerts(&k, &again, OLD);
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

/* All of it is put together anew in slices, while alerts and groups come, go and change. */
START_TEST(changes_between_slices_are_part_of_it)
{
	enum { ALERTS = 3000 };
	struct row_log k, again;
	struct row_disk d = { 0 };
	struct batch b = { 0 };
	struct work w = { 1000 };
	uint64_t left_out;
	size_t slices = 0;

	begin(&k);
	for (int i = 0; i < ALERTS; i++)
		post(&k, i, "n", 0, 300, 0, 1);
	while (!row_disk_commit(&k, &d, true))
		;
	row_disk_clear(&d);
	row_log_forget_disk(&k);
	for (int i = 0; !row_log_forget_some(&k, 1, &w); i++, w.left = 1000) {
		row_log_drop(&k, &places[i]);
		post(&k, ALERTS + i, "n", 0, 300, 0, 1);
		post(&k, 1000 + i, "n", 0, 900, 800, 1);
	}
	ck_assert_uint_eq(k.drops.n, 0);
	/* Gone, and some of them back; the first ones have been written by then. */
	for (w.left = 1000; !row_log_prepare_some(&k, &b, &w, &left_out); w.left = 1000, slices++) {
		int i = 1500 + (int)slices;

		row_log_drop(&k, &places[i]);
		if (i % 2 == 0)
			post(&k, i, "back", 0, 300, 0, 1);
		put_group(&k, (int)slices % 50, 10, 2, 1);
	}
	ck_assert_uint_gt(slices, ALERTS * 60 / 1000 - 10);
	/* Strings may be freed between two slices: no row is written in both. */
	ck_assert_uint_gt(b.ops.n, slices);
	row_disk_apply(&d, &b);
	row_log_written(&k);
	batch_clear(&b);
	while (!row_disk_commit(&k, &d, true))
		;
	row_disk_load(&again, &d);
	ck_assert_uint_eq(again.alerts_n, k.alerts_n);
	ck_assert_uint_eq(again.groups_n, k.groups_n);
	ck_assert_ptr_null(find(&again, 0));
	ck_assert_ptr_nonnull(find(&again, ALERTS));
	ck_assert_int_eq(wall_to_ns(alert_ends(find(&again, 1000))), wall_to_ns(at(900)));
	ck_assert_ptr_null(find(&again, 1501));
	ck_assert_ptr_nonnull(find(&again, 1502));
	row_log_fini(&again);
	row_log_fini(&k);
	row_disk_clear(&d);
}
END_TEST

int
main(void)
{
	return RUN("kept", comes_back, changes_between_slices_are_part_of_it, all_times_come_back, posted_again_is_written_rarely,
	    settles_at_the_end, drops, groups_come_back, is_bounded, is_bounded_in_bytes, much_is_handed_over_in_blocks,
	    a_burst_leaves_no_room_behind, random_days, is_folded, older_rows_and_a_disk_that_fails);
}
