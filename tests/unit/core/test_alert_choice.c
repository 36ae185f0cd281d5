/* SPDX-License-Identifier: Apache-2.0 */
/* Walks that pass over what a label's value rules out find what a walk through all does. */
#include <stdio.h>

#include "alert_columns.h"
#include "base/rand.h"
#include "core/view.h"
#include "engine_state.h"
#include "lib_core.h"

#define ALERTS 2000

static struct fake_world w;
static span elapsed;

static void
start(void)
{
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[alertname] wait=1s interval=30m repeat=40h\n");

	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	elapsed = 0;
}

static void
pass(span time)
{
	elapsed += time;
	world_run(&w, elapsed);
}

static void
post(unsigned i, span ends_in)
{
	char alert[128], zone[24] = "";

	/* Every third has no zone. */
	if (i % 3 != 0)
		snprintf(zone, sizeof(zone), ",zone=z%u", i % 7);
	snprintf(alert, sizeof(alert), "A%u{team=t%u,n=%u%s}", i % 5, i % 20, i, zone);
	world_post(&w, alert, wall_add(w.now.wall, -SPAN_MIN), wall_add(w.now.wall, ends_in));
}

static void
post_all(void)
{
	for (unsigned i = 0; i < ALERTS; i++)
		post(i, SPAN_HOUR);
}

struct seen {
	const struct matchers *ms;
	struct match_run run;
	struct work *w;
	size_t hits, visited;
	uint64_t sum, last;
	bool sorted;
};

static bool
see(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct seen *s = arg;
	enum match m = matchers_match_some(s->ms, a->labels, &s->run, s->w);

	(void)entry;
	if (m == MATCH_LATER)
		return false;
	s->visited++;
	s->sorted = s->sorted && labels_fingerprint(a->labels) >= s->last;
	s->last = labels_fingerprint(a->labels);
	if (m == MATCH_YES) {
		s->hits++;
		s->sum = s->sum * 31 + labels_fingerprint(a->labels);
	}
	return true;
}

/* units: of each slice */
static struct seen
walk(const char *filter, bool chosen, int64_t units, void (*between)(void))
{
	struct alert_choice *choice = alert_choice_new();
	struct matchers ms = { 0 };
	struct labels *at = NULL;
	struct err e = { 0 };
	struct work slice = { 0 };
	struct seen s = { .ms = &ms, .w = &slice, .sorted = true };
	bool over = false;

	ck_assert_msg(matchers_parse(str_from(filter), MATCHER_FALLBACK, NULL, &ms, &e), "%s", e.text);
	for (size_t i = 0; !over; i++) {
		slice.left = units;
		over = chosen ? view_chosen_some(w.engine, &ms, choice, &at, &slice, see, &s)
			      : view_alerts_some(w.engine, &at, &slice, see, &s);
		if (between != NULL && !over)
			between();
		ck_assert_uint_lt(i, 100 * ALERTS);
	}
	ck_assert(s.sorted);
	labels_unref(at);
	alert_choice_free(&choice);
	matchers_fini(&ms);
	return s;
}

/* As often as it takes until columns are worth their making. */
static void
walk_often(const char *filter)
{
	for (int i = 0; i <= COLUMN_ASKS; i++)
		(void)walk(filter, true, INT64_MAX, NULL);
}

static const char *const filters[] = {
	"team=\"t3\"", "team=\"nobody\"", "n=\"77\"", "team=\"t3\",zone=\"\"", "zone=\"\"", "team=~\"t1|t2|t19\"", "team=~\"t1[0-2]\"",
	"n=~\"1.7\"", "team!~\"t.*\"", "zone!~\"z[1-6]\"", "zone=~\"z[12]|\"", "alertname!=\"A1\"", "team=\"t3\",n=~\"1.*\"", "",
	"none=\"\"", "none=\"x\"", "none=~\".+\"", "alertname=\"A1\",zone=\"z1\",team=\"t6\"", "n!=\"5\"", "team=~\"nobody|none\"",
};

START_TEST(same_as_all)
{
	static const int64_t units[] = { INT64_MAX, 1, 500 };

	start();
	post_all();
	/* Without columns, and with them. */
	for (size_t round = 0; round < 2 * ARRAY_LEN(units); round++)
		for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
			if (round == ARRAY_LEN(units))
				walk_often(filters[i]);
			struct seen all = walk(filters[i], false, INT64_MAX, NULL), chosen = 
				     walk(filters[i], true, units[round % ARRAY_LEN(units)], NULL);

			ck_assert_msg(all.hits == chosen.hits && all.sum == chosen.sum, "%s: %zu of %zu", filters[i], chosen.hits, all.hits);
		}
	world_fini(&w);
}
END_TEST

/* A walk costs by the alerts that it looks at. */
START_TEST(by_hits)
{
	static const struct {
		const char *filter;
		size_t most;
	} costs[] = {
		{ "team=\"t3\"", ALERTS / 20 }, { "team=\"nobody\"", 0 }, { "n=\"77\"", 1 }, { "team=~\"t1[0-2]\"", 3 * ALERTS / 20 },
		{ "team!~\"t1?[0-8]\"", ALERTS / 10 }, { "alertname=\"A1\",n=\"6\"", 1 }, { "zone=\"z3\",alertname!=\"A1\"", ALERTS / 7 },
	};

	start();
	post_all();
	for (size_t i = 0; i < 2 * ARRAY_LEN(costs); i++) {
		size_t k = i % ARRAY_LEN(costs);

		if (i >= ARRAY_LEN(costs))
			walk_often(costs[k].filter);
		struct seen s = walk(costs[k].filter, true, INT64_MAX, NULL);

		ck_assert_msg(s.visited <= costs[k].most, "%s: %zu", costs[k].filter, s.visited);
	}
	world_fini(&w);
}
END_TEST

static struct rand rand_of_test;
static unsigned next_new;

static void
change(void)
{
	unsigned i = (unsigned)rand_below(&rand_of_test, ALERTS);

	if (i % 2 == 0)
		post(ALERTS + next_new++, SPAN_HOUR);
	else if (i % 5 == 0)
		pass(SPAN_S);
	else
		post(i, SPAN_S);
}

/* Alerts come and go within and between walks: those that stay are found, once. */
START_TEST(while_alerts_change)
{
	rand_seed(&rand_of_test, 1);
	start();
	post_all();
	for (size_t i = 0; i < 2 * ARRAY_LEN(filters); i++) {
		const char *filter = filters[i % ARRAY_LEN(filters)];

		if (i >= ARRAY_LEN(filters))
			walk_often(filter);
		(void)walk(filter, true, 2000, change);
		struct seen all = walk(filter, false, INT64_MAX, NULL), chosen = walk(filter, true, INT64_MAX, NULL);

		ck_assert_msg(all.hits == chosen.hits && all.sum == chosen.sum, "%s", filter);
		pass(40 * SPAN_MIN);
	}
	world_fini(&w);
}
END_TEST

static size_t
columns_of(const struct engine *e)
{
	size_t n = e->columns.leaving != NULL;

	for (size_t i = 0; i < ALERT_COLUMNS; i++)
		n += e->columns.v[i] != NULL;
	return n;
}

/* There are never more columns than their number, and those that nobody asks for end. */
START_TEST(columns_end)
{
	size_t count, bytes, before;

	start();
	post_all();
	istr_usage(&before, &bytes);
	for (int i = 0; i < 40; i++) {
		char filter[32];

		snprintf(filter, sizeof(filter), "n%d=\"x\"", i);
		walk_often(i % 4 == 0 ? "team=\"t1\"" : filter);
		(void)walk(filter, true, 700, NULL);
		ck_assert_uint_le(columns_of(w.engine), ALERT_COLUMNS + 1);
	}
	ck_assert_uint_gt(columns_of(w.engine), 1);
	pass(3 * SPAN_HOUR);
	ck_assert_uint_eq(columns_of(w.engine), 0);
	istr_usage(&count, &bytes);
	ck_assert_uint_le(count, before);
	world_fini(&w);
}
END_TEST

/* A label that lists ask for now and then has no column, and costs no memory. */
START_TEST(now_and_then)
{
	start();
	for (unsigned i = 0; i < 600; i++)
		post(i, 1000 * SPAN_HOUR);
	for (int i = 0; i < 2 * COLUMN_ASKS; i++) {
		ck_assert_uint_eq(walk("n=\"77\"", true, 1, NULL).hits, 1);
		ck_assert_uint_eq(columns_of(w.engine), 0);
		pass(2 * SPAN_HOUR);
	}
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("alert_choice", same_as_all, by_hits, while_alerts_change, columns_end, now_and_then);
}
