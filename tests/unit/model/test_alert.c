/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>

#include "lib_model.h"
#include "model/alert.h"

#define TIMEOUT (300 * SPAN_S)
#define NONE INT64_MIN

static struct wall
when(int64_t s)
{
	return s == NONE ? WALL_ZERO : lib_at(s);
}

static struct alert *
make(int64_t starts, int64_t ends, int64_t now, bool *firing, struct err *e)
{
	struct label_pair labels[] = { { STR("alertname"), STR("A") } };
	struct alert_draft d = { .labels = labels, .labels_n = 1, .starts = when(starts), .ends = when(ends) };

	return alert_make(&d, TIMEOUT, NAMING_UTF8, lib_at(now), firing, e);
}

static const struct {
	int64_t starts, ends, now;
	int64_t starts_out, ends_out;
	bool timeout, firing;
	const char *error;
} times[] = {
	{ NONE, NONE, 100, 100, 400, true, true, NULL },
	{ 50, NONE, 100, 50, 400, true, true, NULL },
	{ NONE, 90, 100, 90, 90, false, false, NULL },
	{ NONE, 110, 100, 110, 110, false, true, NULL },
	{ 50, 60, 100, 50, 60, false, false, NULL },
	{ 50, 100, 100, 50, 100, false, false, NULL },
	{ 50, 101, 100, 50, 101, false, true, NULL },
	{ 50, 50, 100, 50, 50, false, false, NULL },
	{ 51, 50, 100, 0, 0, false, false, "start time must be before end time" },
	{ 500, NONE, 100, 0, 0, true, true, "start time must be before end time" },
};

START_TEST(times_are_completed)
{
	struct err e = { 0 };
	bool firing;
	struct alert *a = make(times[_i].starts, times[_i].ends, times[_i].now, &firing, &e);

	ck_assert_int_eq(firing, times[_i].firing);
	if (times[_i].error != NULL) {
		ck_assert_ptr_null(a);
		ck_assert_str_eq(e.text, times[_i].error);
		return;
	}
	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(wall_cmp(alert_starts(a), lib_at(times[_i].starts_out)), 0);
	ck_assert_int_eq(wall_cmp(alert_ends(a), lib_at(times[_i].ends_out)), 0);
	ck_assert_int_eq(wall_cmp(alert_updated(a), lib_at(times[_i].now)), 0);
	ck_assert_int_eq(a->timeout, times[_i].timeout);
	ck_assert_uint_eq(a->generator_url->n, 0);
	alert_unref(a);
}
END_TEST

static struct alert *
make_with(struct label_pair *labels, size_t n, struct label_pair *annotations, size_t annotations_n,
    enum naming naming, struct err *e)
{
	struct alert_draft d = { .labels = labels, .labels_n = n, .annotations = annotations, .annotations_n = annotations_n,
		.generator_url = STR("http://p/graph"), .starts = WALL_ZERO, .ends = WALL_ZERO };
	bool firing;

	return alert_make(&d, TIMEOUT, naming, lib_at(0), &firing, e);
}

START_TEST(empty_labels_go_empty_annotations_stay)
{
	struct label_pair labels[] = { { STR("b"), STR("") }, { STR("a"), STR("1") }, { STR("c"), STR("x") },
		{ STR("c"), STR("") } };
	struct label_pair annotations[] = { { STR("note"), STR("") } };
	struct err e = { 0 };
	struct alert *a = make_with(labels, 4, annotations, 1, NAMING_UTF8, &e);

	ck_assert_ptr_nonnull(a);
	lib_expect_labels(a->labels, "{a=\"1\"}");
	lib_expect_labels(a->annotations, "{note=\"\"}");
	ck_assert_str_eq(a->generator_url->bytes, "http://p/graph");
	alert_unref(a);
}
END_TEST

START_TEST(bad_labels_are_refused)
{
	struct label_pair empty[] = { { STR("a"), STR("") } };
	struct label_pair colon[] = { { STR("a:b"), STR("1") } };
	struct label_pair bytes[] = { { STR("a"), STR("\xff") } };
	struct label_pair nameless[] = { { STR(""), STR("1") } };
	struct label_pair good[] = { { STR("a"), STR("1") } };
	struct err e = { 0 };

	ck_assert_ptr_null(make_with(empty, 1, NULL, 0, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "at least one label pair required");
	ck_assert_ptr_null(make_with(nameless, 1, NULL, 0, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "invalid label set: invalid name \"\"");
	ck_assert_ptr_null(make_with(colon, 1, NULL, 0, NAMING_CLASSIC, &e));
	ck_assert_str_eq(e.text, "invalid label set: invalid name \"a:b\"");
	ck_assert_ptr_null(make_with(bytes, 1, NULL, 0, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "invalid label set: invalid value \"\\xff\"");
	ck_assert_ptr_null(make_with(good, 1, nameless, 1, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "invalid annotations: invalid name \"\"");
	ck_assert_ptr_null(make_with(good, 1, colon, 1, NAMING_CLASSIC, &e));
	ck_assert_str_eq(e.text, "invalid annotations: invalid name \"a:b\"");
}
END_TEST

START_TEST(resolved_at_its_end)
{
	struct err e = { 0 };
	bool firing;
	struct alert *a = make(0, 10, 5, &firing, &e);

	ck_assert(!alert_resolved_at(a, lib_at(9)));
	ck_assert(alert_resolved_at(a, lib_at(10)));
	ck_assert(alert_resolved_at(a, lib_at(11)));
	alert_unref(a);
}
END_TEST

/* Times of one post: starts, ends (NONE: not given), received. */
struct post {
	int64_t starts, ends, at;
};

static const struct {
	const char *what;
	struct post old, fresh;
	int64_t now;
	int64_t starts, ends;
	bool timeout;
} merges[] = {
	{ "refresh keeps the earliest start", { 0, NONE, 0 }, { 10, NONE, 60 }, 60, 0, 360, true },
	{ "refresh with an earlier start", { 10, NONE, 10 }, { 0, NONE, 60 }, 60, 0, 360, true },
	{ "timeout is shortened by a refresh with an end", { 0, NONE, 0 }, { 0, 200, 60 }, 60, 0, 200, false },
	{ "a stated later end outlives a refresh without", { 0, 900, 0 }, { 10, NONE, 60 }, 60, 0, 900, true },
	{ "a stated later end outlives a stated earlier one", { 0, 900, 0 }, { 10, 500, 60 }, 60, 0, 900, false },
	{ "a stated end is extended by the timeout", { 0, 100, 0 }, { 10, NONE, 60 }, 60, 0, 360, true },
	{ "resolve ends it", { 0, NONE, 0 }, { 0, 60, 60 }, 60, 0, 60, false },
	{ "resolve ends a stated later end", { 0, 900, 0 }, { 0, 60, 60 }, 60, 0, 60, false },
	{ "both resolved: the later end", { 0, 50, 0 }, { 10, 40, 60 }, 60, 0, 50, false },
	{ "both resolved: the later end, fresh", { 0, 50, 0 }, { 10, 55, 60 }, 60, 0, 55, false },
	{ "re-fire after the end replaces", { 0, 50, 0 }, { 60, NONE, 60 }, 60, 60, 360, true },
	{ "touching at the end replaces", { 0, 50, 0 }, { 50, NONE, 60 }, 60, 50, 360, true },
	{ "same start without other overlap replaces", { 0, 50, 0 }, { 0, NONE, 60 }, 60, 0, 360, true },
	{ "covering both ends replaces", { 10, 50, 10 }, { 0, NONE, 60 }, 60, 0, 360, true },
	{ "a resolve after the clock was set back ends it", { 0, NONE, 1000 }, { 0, 60, 60 }, 60, 0, 60, false },
	{ "an older post that comes late does not end it", { 0, NONE, 100 }, { 10, 20, 50 }, 100, 0, 400, true },
};

START_TEST(merge)
{
	struct err e = { 0 };
	bool firing;
	struct alert *old = make(merges[_i].old.starts, merges[_i].old.ends, merges[_i].old.at, &firing, &e);
	struct alert *fresh = make(merges[_i].fresh.starts, merges[_i].fresh.ends, merges[_i].fresh.at, &firing, &e);
	struct alert *a = alert_merge(old, fresh, lib_at(merges[_i].now));

	alert_unref(old);
	alert_unref(fresh);
	ck_assert_msg(wall_cmp(alert_starts(a), lib_at(merges[_i].starts)) == 0, "%s: starts %lld", merges[_i].what,
	    (long long)(alert_starts(a).s - lib_at(0).s));
	ck_assert_msg(wall_cmp(alert_ends(a), lib_at(merges[_i].ends)) == 0, "%s: ends %lld", merges[_i].what,
	    (long long)(alert_ends(a).s - lib_at(0).s));
	ck_assert_msg(a->timeout == merges[_i].timeout, "%s: timeout", merges[_i].what);
	alert_unref(a);
}
END_TEST

START_TEST(merge_remembers_the_end_that_was_stated_last)
{
	struct err e = { 0 };
	bool firing;
	struct alert *long_one = make(0, 900, 0, &firing, &e), *shorter = make(10, 500, 60, &firing, &e), *late = make(20, 70, 40, &firing, &e);
	struct alert *a = alert_merge(long_one, shorter, lib_at(60)), *b = alert_merge(a, late, lib_at(60));

	ck_assert_int_eq(wall_cmp(alert_stated_end(long_one), lib_at(900)), 0);
	ck_assert_int_eq(wall_cmp(alert_ends(a), lib_at(900)), 0);
	ck_assert_int_eq(wall_cmp(alert_stated_end(a), lib_at(500)), 0);
	/* A post of before that comes late was not the last. */
	ck_assert_int_eq(wall_cmp(alert_ends(b), lib_at(900)), 0);
	ck_assert_int_eq(wall_cmp(alert_stated_end(b), lib_at(500)), 0);
	alert_unref(long_one);
	alert_unref(shorter);
	alert_unref(late);
	alert_unref(a);
	alert_unref(b);
}
END_TEST

static const struct wall extremes[] = {
	{ INT64_C(-62167219200), 0, 0 },
	{ INT64_C(-62135596800), 999999999, -86400 },
	{ -1, 999999999, 86399 },
	{ 0, 0, 0 },
	{ WALL_LAST_S, 999999999, 86400 },
	{ WALL_LAST_S + SPAN_MAX / SPAN_S, 999999999, -1 },
};

static void
expect_time(struct wall got, struct wall expected)
{
	ck_assert_int_eq(wall_cmp(got, expected), 0);
	ck_assert_int_eq(got.offset, expected.offset);
}

START_TEST(times_are_kept_as_they_are)
{
	struct err e = { 0 };
	bool firing;
	struct alert *a = make(0, 900, 0, &firing, &e);
	size_t n = ARRAY_LEN(extremes);

	alert_set_starts(a, extremes[_i]);
	alert_set_ends(a, extremes[((size_t)_i + 1) % n]);
	alert_set_updated(a, extremes[((size_t)_i + 2) % n]);
	expect_time(alert_starts(a), extremes[_i]);
	expect_time(alert_ends(a), extremes[((size_t)_i + 1) % n]);
	expect_time(alert_updated(a), extremes[((size_t)_i + 2) % n]);
	ck_assert(!a->timeout && !a->has_more);
	alert_unref(a);
}
END_TEST

START_TEST(a_wait_and_a_later_end_stay_with_the_alert)
{
	struct err e = { 0 };
	bool firing;
	struct alert *old = make(0, 900, 0, &firing, &e), *fresh = make(10, 500, 60, &firing, &e);
	struct alert *late = alert_with_wait(alert_merge(old, fresh, lib_at(60)), 5 * SPAN_S + 1), *again;

	ck_assert_int_eq(wall_cmp(alert_posted(late), lib_at(55)), 0);
	ck_assert_int_eq(wall_cmp(alert_stated_end(late), lib_at(500)), 0);
	again = alert_with_wait(alert_ref(late), 0);
	ck_assert_int_eq(wall_cmp(alert_posted(again), lib_at(60)), 0);
	ck_assert_int_eq(wall_cmp(alert_stated_end(again), lib_at(500)), 0);
	ck_assert_int_eq(wall_cmp(alert_ends(again), lib_at(900)), 0);
	alert_unref(again);
	alert_unref(late);
	alert_unref(fresh);
	alert_unref(old);
}
END_TEST

START_TEST(merge_takes_the_youngest_texts)
{
	struct label_pair labels[] = { { STR("a"), STR("1") } };
	struct label_pair first[] = { { STR("n"), STR("old") } }, second[] = { { STR("n"), STR("new") } };
	struct alert_draft d = { .labels = labels, .labels_n = 1, .annotations = first, .annotations_n = 1,
		.generator_url = STR("/old"), .starts = WALL_ZERO, .ends = WALL_ZERO };
	struct err e = { 0 };
	bool firing;
	struct alert *old = alert_make(&d, TIMEOUT, NAMING_UTF8, lib_at(0), &firing, &e), *fresh, *a;

	d.annotations = second;
	d.generator_url = STR("/new");
	fresh = alert_make(&d, TIMEOUT, NAMING_UTF8, lib_at(0), &firing, &e);
	/* Received at the same moment: the new one counts. */
	alert_set_starts(fresh, lib_at(1));
	a = alert_merge(old, fresh, lib_at(2));
	ck_assert_ptr_ne(a, fresh);
	lib_expect_labels(a->annotations, "{n=\"new\"}");
	ck_assert_str_eq(a->generator_url->bytes, "/new");
	ck_assert_int_eq(wall_cmp(alert_starts(a), lib_at(0)), 0);
	alert_unref(a);
	alert_unref(old);
	alert_unref(fresh);
	alert_unref(NULL);
}
END_TEST

static const char *const sorted[] = {
	"a=9 job=1 instance=1",
	"b=1 instance=1 job=1",
	"a=1 instance=2 job=1",
	"job=1",
	"a=1 job=1",
	"instance=0 job=2",
	"instance=1",
	"b=1",
	"a=1",
	"a=2",
};

START_TEST(order_in_a_notification)
{
	struct alert *a[ARRAY_LEN(sorted)];

	for (size_t i = 0; i < ARRAY_LEN(sorted); i++) {
		struct err e = { 0 };
		bool firing;

		a[i] = make(0, NONE, 0, &firing, &e);
		labels_unref(a[i]->labels);
		a[i]->labels = lib_labels(sorted[i]);
	}
	/* The first two differ in the label after instance and job: lacking "a" comes first. */
	ck_assert_int_gt(alert_cmp(a[0], a[1]), 0);
	for (size_t i = 1; i < ARRAY_LEN(sorted); i++)
		for (size_t k = i; k < ARRAY_LEN(sorted); k++) {
			int d = alert_cmp(a[i], a[k]);

			ck_assert_msg(i == k ? d == 0 : d < 0, "%s and %s", sorted[i], sorted[k]);
			ck_assert(i == k || alert_cmp(a[k], a[i]) > 0);
		}
	for (size_t i = 0; i < ARRAY_LEN(sorted); i++)
		alert_unref(a[i]);
}
END_TEST

/* The one of two that comes later has no lower rank, whichever alert the ranks go by. */
START_TEST(ranks_never_fall)
{
	static const char *const jobs[] = { "", "a", "b" };
	static const char *const instances[] = { "", "w", "web-", "web-1", "web-10", "web-12", "web-19.x:91", "web-2", "web-2.x:9100", "web-2.x:91000001",
		"web-2.x:91000002", "x", "\xc3\xa4" };
	enum { N = ARRAY_LEN(jobs) * (ARRAY_LEN(instances) + 4) };
	static char many[5000];
	struct labels *sets[N];
	struct alert_place places[N];
	size_t n = 0, ties = 0;

	memset(many, 'y', sizeof(many) - 1);
	for (size_t j = 0; j < ARRAY_LEN(jobs); j++)
		for (size_t i = 0; i < ARRAY_LEN(instances) + 4; i++) {
			bool is_long = i >= ARRAY_LEN(instances);
			struct str instance = str_from(is_long ? many : instances[i]);
			struct label_pair pairs[] = { { STR("c"), STR("d") }, { STR("job"), str_from(jobs[j]) }, { STR("instance"), instance } };

			/* The first two differ where all of the prefix counts, the others behind that. */
			if (is_long)
				many[(size_t[]){ 100, 4000, 4200, 4900 }[i - ARRAY_LEN(instances)]] = 'z';
			sets[n++] = labels_new(pairs, ARRAY_LEN(pairs) - (instance.n == 0));
		}
	for (size_t i = 0; i < N; i++)
		alert_place(&places[i], sets[i]);
	for (size_t p = 0; p < N; p++)
		for (size_t a = 0; a < N; a++)
			for (size_t b = 0; b < N; b++) {
				uint64_t x = alert_place_rank(&places[a], places[p].job, places[p].instance);
				uint64_t y = alert_place_rank(&places[b], places[p].job, places[p].instance);

				ck_assert(alert_place_cmp(&places[a], sets[b]) >= 0 || x <= y);
				ties += a != b && x == y && places[a].job == places[b].job && places[a].job == places[p].job;
			}
	/* And most differ. */
	ck_assert_uint_lt(ties, (size_t)N * N);
	for (size_t i = 0; i < N; i++)
		labels_unref(sets[i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("alert");

	tcase_add_loop_test(tc, times_are_completed, 0, ARRAY_LEN(times));
	tcase_add_test(tc, empty_labels_go_empty_annotations_stay);
	tcase_add_test(tc, bad_labels_are_refused);
	tcase_add_test(tc, resolved_at_its_end);
	tcase_add_loop_test(tc, merge, 0, ARRAY_LEN(merges));
	tcase_add_loop_test(tc, times_are_kept_as_they_are, 0, ARRAY_LEN(extremes));
	tcase_add_test(tc, a_wait_and_a_later_end_stay_with_the_alert);
	tcase_add_test(tc, merge_takes_the_youngest_texts);
	tcase_add_test(tc, merge_remembers_the_end_that_was_stated_last);
	tcase_add_test(tc, order_in_a_notification);
	tcase_add_test(tc, ranks_never_fall);
	return lib_run("alert", tc);
}
