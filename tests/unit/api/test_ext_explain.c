/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/ext/v1/explain: what is asked, and how the answer says it. */
#include <string.h>

#include "lib_ask.h"
#include "suite.h"
#include "text/json_tree.h"

#define EXPLAIN "/api/ext/v1/explain"

static void
post(const char *labels)
{
	struct str body = arena_printf(arena, "[{\"labels\":{%s},\"startsAt\":\"2026-01-04T00:00:00Z\","
	    "\"endsAt\":\"2026-01-06T00:00:00Z\"}]", labels);

	expect("POST", "/api/v2/alerts", JSON_TYPE, body.p, 200, "");
	world_settle(&world);
}

static const struct json *
explain(const char *question)
{
	struct answer a = ask("POST", EXPLAIN, JSON_TYPE, question);
	struct err e = { 0 };
	struct json *v;

	ck_assert_msg(a.r.status == 200, "%s: %d %s", question, a.r.status, sbuf_cstr(&a.r.body));
	v = json_parse(arena, arena_str(arena, sbuf_get(&a.r.body)), JSON_DOCUMENT, &e);
	ck_assert_msg(v != NULL, "%s", e.text);
	sbuf_fini(&a.r.body);
	return v;
}

static const char *
text(const struct json *j, const char *key)
{
	return arena_str(arena, json_get_str(j, key, STR("(none)"))).p;
}

/* The first step of that stage. */
static const struct json *
step(const struct json *answer, const char *stage)
{
	const struct json *steps = json_get(answer, "steps");

	for (size_t i = 0; i < steps->n; i++)
		if (str_is(json_get_str(&steps->v[i], "stage", STR("")), stage))
			return &steps->v[i];
	ck_abort_msg("no step %s", stage);
	return NULL;
}

START_TEST(what_will_be_told)
{
	const struct json *v, *tree;

	start("/");
	v = explain("{\"labels\":{\"alertname\":\"Disk\",\"b\":\"\",\"a\":\"1\"}}");
	ck_assert_str_eq(text(v, "verdict"), "notified");
	ck_assert_str_eq(text(v, "say"), "ops will be told at 00:00:30 UTC (group wait 30s).");
	ck_assert(json_get_bool(v, "exact", false));
	ck_assert(!json_get_bool(json_get(v, "alert"), "stored", true));
	ck_assert_uint_eq(json_get(json_get(v, "alert"), "labels")->n, 2);
	tree = json_get(step(v, "route"), "tree");
	ck_assert_uint_eq(tree->n, 2);
	ck_assert_str_eq(text(&tree->v[0], "say"), "Goes to ops.");
	ck_assert_str_eq(text(&tree->v[1], "path"), "0/0");
	ck_assert_str_eq(text(&tree->v[1], "refused_by"), "sev=\"page\"");
	ck_assert_str_eq(text(step(v, "group"), "key"), "{}:{alertname=\"Disk\"}");
	ck_assert_str_eq(text(&json_get(step(v, "inhibit"), "rules")->v[0], "why"), "no_target");
	ck_assert_str_eq(text(step(v, "mute"), "say"), "No time interval mutes it.");
	ck_assert_str_eq(text(step(v, "dedup"), "reason"), "first");
	stop();
}
END_TEST

/* One of several waits for those before it, and says so. */
START_TEST(what_waits_for_its_turn)
{
	const struct json *v, *turn;

	start("/");
	world_wait(&world, 15 * SPAN_S);
	v = explain("{\"labels\":{\"alertname\":\"Disk\"}}");
	turn = json_get(step(v, "group"), "cluster");
	ck_assert_ptr_nonnull(turn);
	ck_assert(json_get_bool(turn, "settled", false));
	ck_assert_ptr_nonnull(strstr(text(step(v, "group"), "say"), " Then it waits 15s: number 2 of 2 members, which tell before it."));
	world_wait(&world, -1);
	v = explain("{\"labels\":{\"alertname\":\"Disk\"}}");
	ck_assert_ptr_nonnull(strstr(text(step(v, "group"), "say"), " Nothing is told before the cluster has settled."));
	stop();
}
END_TEST

START_TEST(what_is_held_back)
{
	const struct json *v;

	start("/");
	post("\"alertname\":\"Src\",\"sev\":\"page\",\"job\":\"a\"");
	v = explain("{\"labels\":{\"alertname\":\"T\",\"sev\":\"warn\",\"job\":\"a\"}}");
	ck_assert_str_eq(text(v, "verdict"), "suppressed");
	ck_assert_str_eq(text(v, "say"), "Nobody is told: inhibited by {alertname=\"Src\", job=\"a\", sev=\"page\"}, as the rule in line 0 says.");
	v = explain("{\"labels\":{\"alertname\":\"T\",\"sev\":\"warn\",\"job\":\"b\"}}");
	ck_assert_str_eq(text(&json_get(step(v, "inhibit"), "rules")->v[0], "say"),
	    "It matches, but no alert of its source side has the same job.");
	expect("POST", "/api/v2/silences", JSON_TYPE, "{\"matchers\":[{\"name\":\"alertname\",\"value\":\"Disk\",\"isRegex\":false}],"
	    "\"startsAt\":\"2026-01-05T00:00:00Z\",\"endsAt\":\"2026-01-05T06:00:00Z\",\"createdBy\":\"j\\u001bo\","
	    "\"comment\":\"disk ordered\"}", 200, "silenceID");
	v = explain("{\"labels\":{\"alertname\":\"Disk\"}}");
	/* Control characters do not get to a terminal. */
	ck_assert_str_eq(text(v, "say"), "Nobody is told: silenced by j o until 06:00:00 UTC, 'disk ordered'.");
	ck_assert(json_get_bool(step(v, "silence"), "decides", false));
	ck_assert_uint_eq(json_get(step(v, "silence"), "silences")->n, 1);
	stop();
}
END_TEST

START_TEST(what_is_known_already)
{
	const struct json *v;
	const char *fp;

	start("/");
	post("\"alertname\":\"Disk\"");
	world_run(&world, SPAN_MIN);
	v = explain("{\"labels\":{\"alertname\":\"Disk\"}}");
	ck_assert_str_eq(text(v, "verdict"), "deduplicated");
	ck_assert_str_eq(text(v, "say"), "Nobody is told: ops knows of it since 00:00:00 UTC and will be told again at 04:00:00 UTC.");
	ck_assert(json_get_bool(json_get(v, "alert"), "stored", false));
	fp = text(json_get(v, "alert"), "fp");
	v = explain(arena_printf(arena, "{\"fingerprint\":\"%s\"}", fp).p);
	ck_assert_str_eq(text(v, "verdict"), "deduplicated");
	stop();
}
END_TEST

START_TEST(bad_questions)
{
	start("/");
	expect("POST", EXPLAIN, JSON_TYPE, "{}", 400, "one of labels and fingerprint");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"labels\":{},\"fingerprint\":\"1\"}", 400, "one of labels and fingerprint");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"labels\":{}}", 400, "bad_labels");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"labels\":{\"a\":\"\"}}", 400, "bad_labels");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"labels\":{\"a\":1}}", 400, "an object of strings");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"fingerprint\":\"xyz\"}", 400, "hexadecimal");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"fingerprint\":\"12\"}", 404, "not_found");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"fingerprint\":\"12\",\"at\":\"2026-01-06T00:00:00Z\"}", 400, "past");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"fingerprint\":\"12\",\"at\":\"2026-01-04T00:00:00Z\"}", 501, "no_history");
	expect("POST", EXPLAIN, JSON_TYPE, "{\"label\":{}}", 400, "unknown_member");
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, what_will_be_told);
	tcase_add_test(tc, what_waits_for_its_turn);
	tcase_add_test(tc, what_is_held_back);
	tcase_add_test(tc, what_is_known_already);
	tcase_add_test(tc, bad_questions);
}

int
main(void)
{
	return run_suite("ext_explain", add);
}
