/* SPDX-License-Identifier: Apache-2.0 */
/* /api/ext/v1: pages of alerts and groups. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_ask.h"
#include "suite.h"
#include "text/json_tree.h"

#define ALERTS "/api/ext/v1/alerts"
#define GROUPS "/api/ext/v1/groups"

static void
post(const char *labels, int minute)
{
	struct str body = arena_printf(arena, "[{\"labels\":{%s},\"annotations\":{\"summary\":\"it is %d\\nmore\",\"runbook\":\"r\"},"
	    "\"startsAt\":\"2026-01-04T00:%02d:00Z\",\"endsAt\":\"2026-01-06T00:00:00Z\"}]", labels, minute, minute);

	expect("POST", "/api/v2/alerts", JSON_TYPE, body.p, 200, "");
}

/* Eight alerts in three groups of ops and one of page. */
static void
post_some(void)
{
	static const char *const severities[] = { "info", "P1", "warning", "odd" };

	for (int i = 0; i < 6; i++)
		post(arena_printf(arena, "\"alertname\":\"%s\",\"n\":\"%d\",\"severity\":\"%s\"", i % 2 ? "Lag" : "Disk", i,
		    severities[i % 4]).p, i);
	post("\"alertname\":\"Zoo\",\"n\":\"6\"", 6);
	post("\"alertname\":\"Disk\",\"n\":\"7\",\"sev\":\"page\"", 7);
	world_settle(&world);
}

static const struct json *
get(const char *target)
{
	struct answer a = ask("GET", target, "", "");
	struct err e = { 0 };
	struct json *v;

	ck_assert_msg(a.r.status == 200, "%s: %d %s", target, a.r.status, sbuf_cstr(&a.r.body));
	v = json_parse(arena, arena_str(arena, sbuf_get(&a.r.body)), JSON_DOCUMENT, &e);
	ck_assert_msg(v != NULL, "%s", e.text);
	sbuf_fini(&a.r.body);
	return v;
}

/* The values of label n of all items, in their order, over all pages of `limit`. */
static struct str
walk(const char *query, int limit)
{
	struct str out = STR(""), cursor = STR("");

	do {
		const struct json *v = get(arena_printf(arena, ALERTS "?limit=%d&%s&cursor=%.*s", limit, query, STR_ARG(cursor)).p);
		const struct json *items = json_get(v, "items");

		ck_assert_uint_le(items->n, (size_t)limit);
		for (size_t i = 0; i < items->n; i++)
			out = arena_printf(arena, "%.*s%.*s", STR_ARG(out),
			    STR_ARG(json_get_str(json_get(&items->v[i], "labels"), "n", STR("?"))));
		cursor = json_get_str(v, "next", STR(""));
	} while (cursor.n > 0);
	return out;
}

static void
same_at_any_length(const char *query, const char *wanted)
{
	for (int limit = 1; limit < 10; limit++) {
		struct str got = walk(query, limit);

		ck_assert_msg(str_is(got, wanted), "%s by %d: %.*s", query, limit, STR_ARG(got));
	}
}

START_TEST(alerts_in_order)
{
	start("/");
	post_some();
	same_at_any_length("sort=oldest", "01234567");
	same_at_any_length("sort=newest", "76543210");
	same_at_any_length("sort=newest&filter=alertname%3DDisk", "7420");
	same_at_any_length("sort=oldest&q=IT%20IS%203", "3");
	same_at_any_length("sort=oldest&receiver=pa.e", "7");
	same_at_any_length("sort=oldest&age_min=86220", "0123");
	/* Severities: 1 and 5 critical, 2 warning, 0 and 4 info, 3 a word of its own, the others none. */
	ck_assert_uint_eq(walk("sort=severity", 100).n, 8);
	ck_assert_int_eq(walk("sort=severity", 3).p[2], '2');
	stop();
}
END_TEST

/* Those that begin in one second have an order, too. */
START_TEST(order_by_milliseconds)
{
	start("/");
	for (int i = 0; i < 5; i++) {
		struct str body = arena_printf(arena, "[{\"labels\":{\"alertname\":\"A%d\",\"n\":\"%d\"},"
		    "\"startsAt\":\"2026-01-04T00:00:00.%d00Z\",\"endsAt\":\"2026-01-06T00:00:00Z\"}]", i, i, (i * 2) % 5);

		expect("POST", "/api/v2/alerts", JSON_TYPE, body.p, 200, "");
	}
	world_settle(&world);
	same_at_any_length("sort=oldest", "03142");
	same_at_any_length("sort=newest", "24130");
	expect("GET", GROUPS "?sort=oldest&limit=1", "", "", 200, "\"alertname\":\"A0\"");
	expect("GET", GROUPS "?sort=newest&limit=1", "", "", 200, "\"alertname\":\"A2\"");
	stop();
}
END_TEST

START_TEST(states)
{
	start("/");
	post_some();
	expect("POST", "/api/v2/silences", JSON_TYPE,
	    "{\"matchers\":[{\"name\":\"n\",\"value\":\"2\",\"isRegex\":false}],\"createdBy\":\"jo\",\"comment\":\"c\","
	    "\"startsAt\":\"2026-01-05T00:00:00Z\",\"endsAt\":\"2026-01-05T09:00:00Z\"}",
	    200, "silenceID");
	same_at_any_length("sort=oldest&active=false", "2");
	same_at_any_length("sort=oldest&silenced=false", "0134567");
	/* Counts are of all states, whatever is left out; of what passes else. */
	expect("GET", ALERTS "?active=false&limit=1", "", "", 200,
	    "\"total\":1,\"counts\":{\"acked\":0,\"silenced\":1,\"inhibited\":0,\"muted\":0,\"active\":7},");
	expect("GET", ALERTS "?silenced=false&filter=alertname%3DDisk", "", "", 200,
	    "\"total\":3,\"counts\":{\"acked\":0,\"silenced\":1,\"inhibited\":0,\"muted\":0,\"active\":3},");
	expect("GET", GROUPS "?silenced=false&filter=alertname%3DDisk", "", "", 200,
	    "\"total_alerts\":3,\"counts\":{\"acked\":0,\"silenced\":1,\"inhibited\":0,\"muted\":0,\"active\":3},");
	expect("GET", GROUPS "?group_by=alertname&silenced=false&filter=alertname%3DDisk", "", "", 200,
	    "\"total_alerts\":3,\"counts\":{\"acked\":0,\"silenced\":1,\"inhibited\":0,\"muted\":0,\"active\":3},");
	expect("GET", ALERTS "?active=false", "", "", 200, "\"state\":\"silenced\"");
	expect("GET", ALERTS "?filter=n%3D7", "", "", 200,
	    "\"summary\":\"it is 7\",\"starts\":\"2026-01-04T00:07:00.000Z\",\"state\":\"active\",\"silenced_by\":[],\"inhibited_by\":[],"
	    "\"ack\":null,");
	expect("GET", ALERTS "?filter=n%3D7", "", "", 200, "\"receivers\":[\"page\"]");
	stop();
}
END_TEST

START_TEST(groups)
{
	const struct json *v, *items;

	start("/");
	post_some();
	v = get(GROUPS "?sort=count&alerts=1");
	items = json_get(v, "items");
	ck_assert_uint_eq(items->n, 4);
	ck_assert_int_eq(json_get_int(v, "total", 0), 4);
	ck_assert_int_eq(json_get_int(v, "total_alerts", 0), 8);
	ck_assert_uint_eq(json_get(&items->v[0], "alerts")->n, 1);
	ck_assert(json_get_bool(&items->v[0], "more", false));
	expect("GET", GROUPS "?receiver=page", "", "", 200, "\"shared\":{\"labels\":{\"n\":\"7\",\"sev\":\"page\"},\"annotations\":{");
	expect("GET", GROUPS "?filter=alertname%3DLag", "", "", 200,
	    "\"severity\":\"critical\",\"counts\":{\"acked\":0,\"silenced\":0,\"inhibited\":0,\"muted\":0,\"active\":3},"
	    "\"oldest\":\"2026-01-04T00:01:00.000Z\",\"newest\":\"2026-01-04T00:05:00.000Z\",\"next_flush\":\"2026-01-05T00:05:00.000Z\","
	    "\"next_repeat\":\"2026-01-05T04:00:00.000Z\",\"muted_by\":[],\"ack\":null,\"last\":{\"at\":\"2026-01-05T00:00:00.000Z\",\"outcome\":\"sent\",\"ms\":0,\"error\":null},\"alerts\":[");
	stop();
}
END_TEST

static void
make_silence(const char *alertname, const char *by, const char *comment)
{
	expect("POST", "/api/v2/silences", JSON_TYPE,
	    arena_printf(arena, "{\"matchers\":[{\"name\":\"alertname\",\"value\":\"%s\",\"isRegex\":false}],\"createdBy\":\"%s\",\"comment\":\"%s\","
		"\"startsAt\":\"2026-01-05T00:00:00Z\",\"endsAt\":\"2026-01-05T09:00:00Z\"}", alertname, by, comment).p,
	    200, "silenceID");
}

START_TEST(groups_by_labels)
{
	const struct json *v, *items;

	start("/");
	post_some();
	/* Those without the labels are a group as well. */
	v = get(GROUPS "?group_by=severity&sort=count&alerts=1");
	items = json_get(v, "items");
	ck_assert_uint_eq(items->n, 5);
	ck_assert_int_eq(json_get_int(v, "total", 0), 5);
	ck_assert_int_eq(json_get_int(v, "total_alerts", 0), 8);
	ck_assert(!json_get_bool(v, "cut", true));
	ck_assert_uint_eq(json_get(&items->v[0], "alerts")->n, 1);
	ck_assert(json_get_bool(&items->v[0], "more", false));
	ck_assert_int_eq(json_get(&items->v[0], "receiver")->kind, JSON_NULL);
	expect("GET", GROUPS "?group_by=alertname,sev&filter=alertname%3DLag", "", "", 200,
	    "\"receiver\":null,\"labels\":{\"alertname\":\"Lag\"},\"route_labels\":{},\"shared\":{\"labels\":{},\"annotations\":{\"runbook\":\"r\"}},"
	    "\"severity\":\"critical\",\"counts\":{\"acked\":0,\"silenced\":0,\"inhibited\":0,\"muted\":0,\"active\":3},");
	/* Over pages, and the same as of old. */
	v = get(GROUPS "?group_by=n&sort=oldest&limit=3");
	v = get(arena_printf(arena, GROUPS "?group_by=n&sort=oldest&limit=3&cursor=%.*s", STR_ARG(json_get_str(v, "next", STR("")))).p);
	ck_assert(str_is(json_get_str(json_get(&json_get(v, "items")->v[0], "labels"), "n", STR("")), "3"));
	ck_assert_int_eq(json_get_int(get(GROUPS "?group_by=route"), "total", 0), 4);
	expect("GET", GROUPS "?group_by=a,,b", "", "", 400, "\"field\":\"group_by\"");
	expect("GET", GROUPS "?group_by=a,b,c,d,e,f,g,h,i,j,k", "", "", 400, "up to 10 names");
	stop();
}
END_TEST

START_TEST(files)
{
	struct answer a;

	start("/");
	post_some();
	post("\"alertname\":\"=cmd()\",\"n\":\"8\",\"say\":\"\\\"a, b\\\"\",\"severity\":\"@x\"", 8);
	a = ask("GET", ALERTS "?format=csv&sort=oldest&filter=n%3D~%5B78%5D", "", "");
	ck_assert_int_eq(a.r.status, 200);
	ck_assert(str_is(header(&a, "Content-Type"), "text/csv; charset=utf-8; header=present"));
	ck_assert(str_is(header(&a, "Content-Disposition"), "attachment; filename=\"alerts.csv\""));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&a.r.body),
	    "fingerprint,severity,state,starts,summary,labels,receivers,groups,silenced_by,inhibited_by,muted_by,acked_by,ack_comment\r\n"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&a.r.body),
	    "\"'@x\",\"active\",\"2026-01-04T00:08:00.000Z\",\"it is 8\",\"{alertname=\"\"=cmd()\"\", n=\"\"8\"\", "
	    "say=\"\"\\\"\"a, b\\\"\"\"\", severity=\"\"@x\"\"}\",\"ops\","));
	sbuf_fini(&a.r.body);
	a = ask("GET", ALERTS "?format=json&limit=2", "", "");
	ck_assert(str_is(header(&a, "Content-Disposition"), "attachment; filename=\"alerts.json\""));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&a.r.body), "],\"next\":null,\"total\":9,\"counts\":{\"acked\":"));
	sbuf_fini(&a.r.body);
	expect("GET", GROUPS "?format=csv&receiver=page", "", "", 200,
	    "\"page\",\"{alertname=\"\"Disk\"\"}\",\"\",\"0\",\"0\",\"0\",\"0\",\"1\",\"2026-01-04T00:07:00.000Z\",");
	expect("GET", GROUPS "?format=csv&group_by=n&filter=n%3D7", "", "", 200, "\"\",\"{n=\"\"7\"\"}\",\"\",\"0\",");
	expect("GET", ALERTS "?format=xml", "", "", 400, "one of json, csv");
	/* Others are no files. */
	expect("GET", "/api/ext/v1/receivers?format=csv", "", "", 400, "there is no parameter \\\"format\\\"");
	stop();
}
END_TEST

START_TEST(silences_by_what_they_cover)
{
	struct str first;

	start("/");
	post_some();
	make_silence("Nothing", "ann", "a");
	make_silence("Lag", "bob", "b");
	make_silence("Disk", "=eve", "c\\\"d");
	first = json_get_str(&json_get(get("/api/ext/v1/silences?sort=alerts"), "items")->v[0], "createdBy", STR(""));
	ck_assert(str_is(first, "=eve"));
	expect("GET", "/api/ext/v1/silences?matching=0", "", "", 200, "\"alerts\":0,\"last_matched\":null}],\"next\":null,\"total\":1,");
	expect("GET", "/api/ext/v1/silences?matching=1&sort=alerts", "", "", 200, "\"total\":2,");
	expect("GET", "/api/ext/v1/silences?matching=2", "", "", 400, "\"field\":\"matching\"");
	expect("GET", "/api/ext/v1/silences?format=csv&matching=1", "", "", 200,
	    "\"active\",\"silence\",\"{alertname=\"\"Disk\"\"}\",\"2026-01-05T00:00:00.000Z\",");
	expect("GET", "/api/ext/v1/silences?format=csv&matching=1", "", "", 200, "\"'=eve\",\"c\"\"d\",\"\",\"4\"\r\n");
	/* To look at a comment may take all of a slice. */
	make_silence("Zoo", "zed", "0123456789012345678901234567890123456789012345678901234567890123456789");
	expect("GET", "/api/ext/v1/silences?created_by=zed&sort=alerts&matching=1", "", "", 200, "\"alerts\":1,");
	/* One that has not begun is counted by itself. */
	expect("POST", "/api/v2/silences", JSON_TYPE,
	    "{\"matchers\":[{\"name\":\"n\",\"value\":\"[1-4]\",\"isRegex\":true}],\"createdBy\":\"jo\",\"comment\":\"c\","
	    "\"startsAt\":\"2026-01-05T08:00:00Z\",\"endsAt\":\"2026-01-05T09:00:00Z\"}",
	    200, "silenceID");
	expect("GET", "/api/ext/v1/silences?state=pending&matching=1", "", "", 200, "\"alerts\":4,\"last_matched\":null}");
	/* Its time is that of the last flush that it held something back in, also when it covers nothing any more. */
	world_run(&world, 5 * SPAN_MIN);
	expect("GET", "/api/ext/v1/silences?created_by=bob", "", "", 200, "\"alerts\":3,\"last_matched\":\"2026-01-05T00:05:00.000Z\"}");
	expect("GET", "/api/ext/v1/silences?created_by=ann", "", "", 200, "\"alerts\":0,\"last_matched\":null}");
	stop();
}
END_TEST

START_TEST(one_group_and_one_alert)
{
	const struct json *v, *alert;
	struct str id, fp;

	start("/");
	post_some();
	v = get(GROUPS "?filter=alertname%3DLag");
	id = json_get_str(&json_get(v, "items")->v[0], "id", STR(""));
	ck_assert_uint_eq(id.n, 16);
	v = get(arena_printf(arena, GROUPS "/%.*s/alerts?limit=2", STR_ARG(id)).p);
	ck_assert_int_eq(json_get_int(v, "total", 0), 3);
	ck_assert_uint_eq(json_get(v, "items")->n, 2);
	alert = &json_get(v, "items")->v[0];
	ck_assert(str_is(json_get_str(json_get(alert, "labels"), "n", STR("")), "1"));
	ck_assert(str_eq(json_get(alert, "group_ids")->v[0].s, id));
	fp = json_get_str(alert, "fp", STR(""));
	v = get(arena_printf(arena, ALERTS "/%.*s", STR_ARG(fp)).p);
	ck_assert(str_eq(json_get_str(json_get(v, "alert"), "fingerprint", STR("")), fp));
	ck_assert(str_is(json_get_str(v, "severity", STR("")), "critical"));
	ck_assert(str_eq(json_get_str(&json_get(v, "groups")->v[0], "id", STR("")), id));
	v = get(arena_printf(arena, GROUPS "/%.*s?alerts=1", STR_ARG(id)).p);
	ck_assert(str_eq(json_get_str(v, "id", STR("")), id));
	ck_assert_uint_eq(json_get(v, "alerts")->n, 1);
	ck_assert(json_get_bool(v, "more", false));
	ck_assert_int_eq(json_get_int(json_get(v, "counts"), "active", 0), 3);
	ck_assert(str_is(json_get_str(v, "next_flush", STR("")), "2026-01-05T00:05:00.000Z"));
	/* A flush that has nothing to tell moves it all the same; and one is shown of which nothing is asked for. */
	world_run(&world, 6 * SPAN_MIN);
	v = get(arena_printf(arena, GROUPS "/%.*s?filter=n%%3D9", STR_ARG(id)).p);
	ck_assert(str_is(json_get_str(v, "next_flush", STR("")), "2026-01-05T00:10:00.000Z"));
	ck_assert_int_eq(json_get_int(json_get(v, "counts"), "active", -1), 0);
	ck_assert_uint_eq(json_get(v, "alerts")->n, 0);
	expect("GET", GROUPS "/0", "", "", 404, "\"code\":\"not_found\"");
	expect("GET", arena_printf(arena, GROUPS "/%.*s?alerts=x", STR_ARG(id)).p, "", "", 400, "\"field\":\"alerts\"");
	expect("GET", GROUPS "/0/alerts", "", "", 404, "\"code\":\"not_found\"");
	expect("GET", GROUPS "/zz/alerts", "", "", 404, "is no id of a group");
	expect("GET", ALERTS "/0", "", "", 404, "\"code\":\"not_found\"");
	stop();
}
END_TEST

START_TEST(labels)
{
	start("/");
	post_some();
	expect("GET", "/api/ext/v1/labels?filter=alertname%3DLag", "", "", 200,
	    "{\"items\":[{\"name\":\"alertname\",\"alerts\":3,\"values\":1,\"top\":[{\"value\":\"Lag\",\"alerts\":3}]},"
	    "{\"name\":\"n\",\"alerts\":3,\"values\":3,\"top\":[{\"value\":\"1\",\"alerts\":1},");
	expect("GET", "/api/ext/v1/labels/severity/values?limit=2", "", "", 200,
	    "{\"items\":[{\"value\":\"P1\",\"alerts\":2},{\"value\":\"info\",\"alerts\":2}],\"total\":4,\"alerts\":8,\"cut\":false}");
	expect("GET", "/api/ext/v1/labels/severity/values?prefix=w", "", "", 200,
	    "{\"items\":[{\"value\":\"warning\",\"alerts\":1}],\"total\":1");
	expect("GET", "/api/ext/v1/labels/none/values", "", "", 200, "{\"items\":[],\"total\":0");
	/* Receivers are counted like a label. */
	expect("GET", "/api/ext/v1/labels?filter=alertname%3DDisk", "", "", 200, "],\"receivers\":[{\"value\":\"ops\",\"alerts\":3},{\"value\":\"page\",\"alerts\":1}],\"alerts\":4,");
	stop();
}
END_TEST

START_TEST(whose_they_are)
{
	start("/");
	post_some();
	expect("GET", ALERTS "?owner=jo", "", "", 200, "\"total\":0,");
	expect("POST", "/api/ext/v1/ack", JSON_TYPE,
	    "{\"matchers\":[{\"name\":\"alertname\",\"value\":\"Lag\",\"isRegex\":false,\"isEqual\":true}],\"owner\":\"jo\"}", 200, "\"alerts\":3");
	expect("GET", ALERTS "?owner=jo", "", "", 200, "\"total\":3,");
	expect("GET", ALERTS "?owner=Jo", "", "", 200, "\"total\":0,");
	expect("GET", GROUPS "?owner=jo&alerts=0", "", "", 200, "\"total\":1,");
	expect("GET", "/api/ext/v1/labels?owner=jo", "", "", 200, "\"alerts\":3,\"cut\"");
	stop();
}
END_TEST

/* The next piece of an answer, with as much work as is wanted. */
static enum http_more
piece(struct http_response *r)
{
	enum http_more more;
	struct err e = { 0 };

	do {
		struct work w = { 1 };

		more = r->stream->next(r->stream, &r->body, &w, world.now, &e);
	} while (more == HTTP_LATER || more == HTTP_MORE);
	return more;
}

static unsigned readied;

static void
on_ready(void *arg)
{
	(void)arg;
	readied++;
}

static struct http_response
wait_for_changes(struct str since)
{
	struct http_request q = { .method = STR("GET"), .path = STR("/api/ext/v1/changes"), .arena = arena, .principal = asker };
	struct http_response r = { 0 };

	q.query = arena_printf(arena, "wait=20&since=%.*s", STR_ARG(since));
	api_handle(api, &q, world.now, &r);
	ck_assert_int_eq(r.status, 200);
	r.stream->ready = on_ready;
	return r;
}

static struct str
revision_of(const struct json *overview)
{
	const struct json *r = json_get(overview, "revision");

	return arena_printf(arena, "%.*s.%lld.%lld.%lld.%lld", STR_ARG(json_get_str(overview, "instance", STR(""))),
	    (long long)json_get_int(r, "alerts", -1), (long long)json_get_int(r, "silences", -1),
	    (long long)json_get_int(r, "config", -1), (long long)json_get_int(r, "history", -1));
}

static void
finish(struct http_response *r)
{
	http_stream_free(r->stream);
	sbuf_fini(&r->body);
}

START_TEST(changes)
{
	struct http_response r;
	struct str since;

	start("/");
	post_some();
	expect("GET", "/api/ext/v1/overview", "", "", 200,
	    "\"alerts\":{\"total\":8,\"acked\":0,\"silenced\":0,\"inhibited\":0,\"muted\":0,\"active\":8,"
	    "\"severity\":{\"critical\":2,\"warning\":1,\"info\":2,\"other\":3},\"last_received\":\"2026-01-05T00:00:00.000Z\"},"
	    "\"silences\":{\"active\":0,\"pending\":0,\"ending_soon\":0}");
	since = revision_of(get("/api/ext/v1/overview"));
	/* Nothing moves: posted again, they are no news. */
	readied = 0;
	r = wait_for_changes(since);
	ck_assert_int_eq(piece(&r), HTTP_WAIT);
	post_some();
	world_run(&world, 5 * SPAN_S);
	ck_assert(api_pulse(api, world.now));
	ck_assert_uint_eq(readied, 0);
	/* An alert more. */
	post("\"alertname\":\"New\"", 9);
	ck_assert(!api_pulse(api, world.now));
	ck_assert_uint_eq(readied, 1);
	ck_assert_int_eq(piece(&r), HTTP_END);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.body), "{\"changed\":[\"alerts\"],\"overview\":{"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.body), "\"total\":9"));
	finish(&r);
	/* Old news come at once, those of another process too. */
	r = wait_for_changes(since);
	ck_assert_int_eq(piece(&r), HTTP_END);
	finish(&r);
	r = wait_for_changes(STR("00000000.1.2.3.4"));
	ck_assert_int_eq(piece(&r), HTTP_END);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.body), "[\"alerts\",\"silences\",\"config\",\"history\"]"));
	finish(&r);
	/* Without news it ends when the time is over; who hangs up waits no more. */
	since = revision_of(get("/api/ext/v1/overview"));
	r = wait_for_changes(since);
	ck_assert_int_eq(piece(&r), HTTP_WAIT);
	finish(&r);
	ck_assert(!api_pulse(api, world.now));
	expect("GET", "/api/ext/v1/changes?since=x", "", "", 400, "\"field\":\"since\"");
	expect("GET", "/api/ext/v1/changes?since=1.2.3.4.5x", "", "", 400, "\"field\":\"since\"");
	stop();
}
END_TEST

/* A change by the clock alone is told as well. */
/* An answer waits for the overview to be made anew when only that has the news. */
START_TEST(changes_at_most_once_a_second)
{
	struct http_response r;
	struct str since;

	start("/");
	post_some();
	world_run(&world, 5 * SPAN_S);
	since = revision_of(get("/api/ext/v1/overview"));
	readied = 0;
	post("\"alertname\":\"New\"", 9);
	r = wait_for_changes(since);
	ck_assert_int_eq(piece(&r), HTTP_WAIT);
	world_run(&world, 5 * SPAN_S + 300 * SPAN_MS);
	ck_assert(api_pulse(api, world.now));
	ck_assert_uint_eq(readied, 0);
	world_run(&world, 6 * SPAN_S);
	ck_assert(!api_pulse(api, world.now));
	ck_assert_uint_eq(readied, 1);
	ck_assert_int_eq(piece(&r), HTTP_END);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.body), "{\"changed\":[\"alerts\"],\"overview\":{"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.body), "\"total\":9"));
	finish(&r);
	stop();
}
END_TEST

/* Hundreds are not called in one turn; each is called once all the same, and who has come again since waits for its time. */
START_TEST(changes_for_many)
{
	enum { MANY = 400 };
	struct http_response all[MANY], again;
	struct str since;

	start("/");
	post_some();
	world_run(&world, 5 * SPAN_S);
	since = revision_of(get("/api/ext/v1/overview"));
	for (size_t i = 0; i < MANY; i++) {
		all[i] = wait_for_changes(since);
		ck_assert_int_eq(piece(&all[i]), HTTP_WAIT);
	}
	readied = 0;
	world_run(&world, 7 * SPAN_S);
	post("\"alertname\":\"New\"", 9);
	ck_assert(api_pulse(api, world.now) && api_pulse_goes_on(api));
	ck_assert_uint_lt(readied, MANY);
	/* One of them is told, asks again, and there are other news already. */
	ck_assert_int_eq(piece(&all[0]), HTTP_END);
	world_run(&world, 7 * SPAN_S + SPAN_MS);
	again = wait_for_changes(revision_of(get("/api/ext/v1/overview")));
	ck_assert_int_eq(piece(&again), HTTP_WAIT);
	post("\"alertname\":\"Newer\"", 9);
	while (api_pulse_goes_on(api))
		ck_assert(api_pulse(api, world.now));
	ck_assert_uint_eq(readied, MANY);
	world_run(&world, 8 * SPAN_S);
	ck_assert(!api_pulse(api, world.now));
	ck_assert_uint_eq(readied, MANY + 1);
	for (size_t i = 0; i < MANY; i++)
		finish(&all[i]);
	finish(&again);
	stop();
}
END_TEST

START_TEST(changes_by_the_clock)
{
	struct http_response r;

	start("/");
	post_some();
	expect("POST", "/api/v2/silences", JSON_TYPE,
	    "{\"matchers\":[{\"name\":\"n\",\"value\":\"2\",\"isRegex\":false}],\"createdBy\":\"jo\",\"comment\":\"c\","
	    "\"startsAt\":\"2026-01-05T00:00:10Z\",\"endsAt\":\"2026-01-05T00:00:20Z\"}",
	    200, "silenceID");
	r = wait_for_changes(revision_of(get("/api/ext/v1/overview")));
	readied = 0;
	ck_assert_int_eq(piece(&r), HTTP_WAIT);
	world_run(&world, 9 * SPAN_S);
	ck_assert(api_pulse(api, world.now));
	world_run(&world, 10 * SPAN_S);
	ck_assert(!api_pulse(api, world.now));
	ck_assert_uint_eq(readied, 1);
	ck_assert_int_eq(piece(&r), HTTP_END);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.body), "\"silenced\":1"));
	finish(&r);
	stop();
}
END_TEST

START_TEST(silences)
{
	static const char *const names[] = { "jo", "ann" };

	start("/");
	post_some();
	for (int i = 0; i < 4; i++)
		expect("POST", "/api/v2/silences", JSON_TYPE,
		    arena_printf(arena, "{\"matchers\":[{\"name\":\"alertname\",\"value\":\"%s\",\"isRegex\":false}],\"createdBy\":\"%s\",\"comment\":\"Deploy %d\","
			"\"startsAt\":\"2026-01-05T00:00:00Z\",\"endsAt\":\"2026-01-05T0%d:00:00Z\"}", i % 2 ? "Lag" : "None", names[i % 2], i, 9 - i).p,
		    200, "silenceID");
	expect("GET", "/api/ext/v1/silences?q=DEPLOY%203", "", "", 200,
	    "\"createdBy\":\"ann\",\"comment\":\"Deploy 3\",\"annotations\":{},\"kind\":\"silence\",\"source\":null,"
	    "\"read_only\":false,\"ends_with\":null,\"notify_resolved\":false,\"schedule\":null,\"alerts\":3,\"last_matched\":null}],\"next\":null,\"total\":1,"
	    "\"counts\":{\"active\":4,\"pending\":0,\"expired\":0},\"revision\":4}");
	expect("GET", "/api/ext/v1/silences?limit=1", "", "", 200, "\"comment\":\"Deploy 3\"");
	expect("GET", "/api/ext/v1/silences?limit=1&sort=created_by", "", "", 200, "\"createdBy\":\"ann\"");
	expect("GET", "/api/ext/v1/silences?created_by=jo", "", "", 200, "\"total\":2");
	expect("GET", "/api/ext/v1/silences?filter=alertname%3DLag", "", "", 200, "\"total\":2");
	expect("GET", "/api/ext/v1/silences?state=expired", "", "", 200, "{\"items\":[],");
	expect("GET", "/api/ext/v1/silences?kind=ack", "", "", 200, "{\"items\":[],");
	expect("GET", "/api/ext/v1/silences?kind=odd", "", "", 400, "one of silence, ack, recurring");
	expect("GET", "/api/ext/v1/silences?state=odd", "", "", 400, "active, pending or expired");
	stop();
}
END_TEST

START_TEST(receivers_routes_and_status)
{
	static const struct fake_answer answers[] = {
		{ .outcome = { .retry = true, .error = { "no", 2 } } },
		{ .outcome = { .ok = true } },
	};

	start("/");
	world_script(&world, "page/hook[0]", answers, 2);
	post_some();
	expect("GET", "/api/ext/v1/receivers", "", "", 200,
	    "{\"name\":\"page\",\"labels\":{\"name\":\"page\"},\"routes\":1,\"integrations\":[{\"id\":\"hook[0]\",\"type\":\"hook\","
	    "\"last_success\":null,\"last_error\":{\"at\":\"2026-01-05T00:00:00.000Z\",\"text\":\"no\",\"attempts\":1},"
	    "\"retrying\":1,\"day\":{\"sent\":0,\"failed\":0}}]}");
	world_run(&world, 10 * SPAN_S);
	expect("GET", "/api/ext/v1/receivers", "", "", 200, "\"retrying\":0,\"day\":{\"sent\":1,\"failed\":0}");
	expect("GET", "/api/ext/v1/routes", "", "", 200,
	    "{\"path\":\"0/0\",\"receiver\":\"page\",\"matchers\":[{\"isEqual\":true,\"isRegex\":false,\"name\":\"sev\",\"value\":\"page\"}],"
	    "\"continue\":false,\"group_by\":[\"alertname\"],\"wait\":30,\"interval\":300,\"repeat\":14400,\"mute\":[],\"active\":[],"
	    "\"inherited\":[\"group_by\",\"wait\",\"interval\",\"repeat\"],\"groups\":1,\"alerts\":1,");
	expect("GET", "/api/ext/v1/status", "", "", 200, "\"features\":[\"alerts\",\"silences\"");
	expect("GET", "/api/ext/v1/status", "", "", 200, "\"agent\":\"\",\"last\":\"2026-01-05T00:00:00.000Z\",\"alerts\":8,");
	stop();
}
END_TEST

/* A client that has the answer gets 304 until something changes. */
START_TEST(entity_tags)
{
	struct answer a;
	struct str tag;

	start("/");
	post_some();
	a = ask("GET", ALERTS "?limit=3", "", "");
	ck_assert_uint_eq(header(&a, "ETag").n, 0);
	sbuf_fini(&a.r.body);
	expect("GET", "/api/ext/v1/overview", "", "", 200, "");
	a = ask("GET", ALERTS "?limit=3", "", "");
	tag = arena_str(arena, header(&a, "ETag"));
	ck_assert_uint_gt(tag.n, 0);
	sbuf_fini(&a.r.body);
	expect("GET", ALERTS "?limit=3", arena_printf(arena, "If-None-Match: \"x\", W/%.*s", STR_ARG(tag)).p, "", 304, "");
	a = ask("GET", "/api/ext/v1/labels", "", "");
	ck_assert(header(&a, "ETag").n > 0);
	expect("GET", "/api/ext/v1/labels", arena_printf(arena, "If-None-Match: %.*s", STR_ARG(header(&a, "ETag"))).p, "", 304, "");
	sbuf_fini(&a.r.body);
	expect("GET", ALERTS "?limit=4", arena_printf(arena, "If-None-Match: %.*s", STR_ARG(tag)).p, "", 200, "items");
	expect("GET", ALERTS "?limit=3&age_min=1", arena_printf(arena, "If-None-Match: %.*s", STR_ARG(tag)).p, "", 200, "items");
	post("\"alertname\":\"New\"", 9);
	expect("GET", ALERTS "?limit=3", arena_printf(arena, "If-None-Match: %.*s", STR_ARG(tag)).p, "", 200, "items");
	stop();
}
END_TEST

/* A misspelt condition would be none, and its answer all there is. */
START_TEST(unknown_parameters)
{
	static const char *const paths[] = { "alerts", "alerts/1", "groups", "groups/1", "groups/1/alerts", "labels", "labels/a/values",
		"silences", "receivers", "routes", "overview", "changes", "status", "cluster", "history", "stats" };

	start("/");
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		expect("GET", arena_printf(arena, "/api/ext/v1/%s?fliter=a%%3Db", paths[i]).p, "", "", 400, "\"field\":\"fliter\"");
		expect("GET", arena_printf(arena, "/api/ext/v1/%s?filter=%%zz", paths[i]).p, "", "", 400, "not encoded");
	}
	stop();
}
END_TEST

START_TEST(refused)
{
	struct answer a;
	struct json *v;
	struct err e = { 0 };
	struct str next;

	start("/");
	post_some();
	expect("GET", ALERTS "?filter=%7B", "", "", 400, "\"code\":\"bad_matcher\"");
	expect("GET", ALERTS "?filter=a%3Db&filter=c%3D~%5B", "", "", 400, "\"field\":\"filter\",\"index\":1");
	expect("GET", ALERTS "?limit=1001", "", "", 400, "\"field\":\"limit\"");
	expect("GET", ALERTS "?limit=0", "", "", 400, "\"field\":\"limit\"");
	expect("GET", ALERTS "?limit=-1", "", "", 400, "a number from 1 to 1000");
	expect("GET", ALERTS "?limit=99999999999999999999999", "", "", 400, "\"field\":\"limit\"");
	expect("GET", ALERTS "?sort=best", "", "", 400, "one of severity, newest, oldest, name");
	expect("GET", ALERTS "?active=maybe", "", "", 400, "true or false");
	expect("GET", ALERTS "?receiver=%5B", "", "", 400, "\"code\":\"bad_receiver\"");
	expect("GET", ALERTS "?cursor=AAAA", "", "", 400, "\"code\":\"bad_cursor\"");
	expect("GET", ALERTS "?cursor=!", "", "", 400, "\"code\":\"bad_cursor\"");
	expect("GET", "/api/ext/v1/nothing", "", "", 404, "\"code\":\"not_found\"");
	expect("DELETE", ALERTS, "", "", 405, "\"code\":\"bad_method\"");
	/* Cursors of another query, and of another process. */
	a = ask("GET", ALERTS "?limit=1", "", "");
	v = json_parse(arena, arena_str(arena, sbuf_get(&a.r.body)), JSON_DOCUMENT, &e);
	next = json_get_str(v, "next", STR(""));
	ck_assert_uint_gt(next.n, 0);
	expect("GET", arena_printf(arena, ALERTS "?q=x&cursor=%.*s", STR_ARG(next)).p, "", "", 400, "\"code\":\"bad_cursor\"");
	*(char *)(uintptr_t)next.p ^= 1;
	expect("GET", arena_printf(arena, ALERTS "?cursor=%.*s", STR_ARG(next)).p, "", "", 410, "\"code\":\"cursor_expired\"");
	sbuf_fini(&a.r.body);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, alerts_in_order);
	tcase_add_test(tc, order_by_milliseconds);
	tcase_add_test(tc, states);
	tcase_add_test(tc, groups);
	tcase_add_test(tc, groups_by_labels);
	tcase_add_test(tc, files);
	tcase_add_test(tc, silences_by_what_they_cover);
	tcase_add_test(tc, one_group_and_one_alert);
	tcase_add_test(tc, labels);
	tcase_add_test(tc, whose_they_are);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, changes_at_most_once_a_second);
	tcase_add_test(tc, changes_by_the_clock);
	tcase_add_test(tc, changes_for_many);
	tcase_add_test(tc, silences);
	tcase_add_test(tc, receivers_routes_and_status);
	tcase_add_test(tc, entity_tags);
	tcase_add_test(tc, unknown_parameters);
	tcase_add_test(tc, refused);
}

int
main(void)
{
	return run_suite("api/ext_pages", add);
}
