/* SPDX-License-Identifier: Apache-2.0 */
/* /api/ext/v1: silences that are made, tried and changed, and acknowledgements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_config.h"
#include "lib_ask.h"
#include "suite.h"
#include "text/json_tree.h"

#define SILENCES "/api/ext/v1/silences"
#define PREVIEW SILENCES "/preview"
#define BULK SILENCES "/bulk"
#define ACK "/api/ext/v1/ack"
#define DISK "{\"name\":\"alertname\",\"value\":\"Disk\"}"

/* It is Monday, 2026-01-05T00:00:00Z, and later for each settling. */
static void
post(const char *labels)
{
	expect("POST", "/api/v2/alerts", JSON_TYPE,
	    arena_printf(arena, "[{\"labels\":{%s},\"startsAt\":\"2026-01-04T00:00:00Z\",\"endsAt\":\"2026-01-06T00:00:00Z\"}]", labels).p,
	    200, "");
}

static void
post_many(const char *name, int from, int to, const char *more)
{
	for (int i = from; i < to; i++)
		post(arena_printf(arena, "\"alertname\":\"%s\",\"n\":\"%d\"%s", name, i, more).p);
	world_settle(&world);
}

static const struct json *
answer_of(const char *method, const char *target, const char *body, int status)
{
	struct answer a = ask(method, target, body[0] != '\0' ? JSON_TYPE : "", body);
	struct err e = { 0 };
	struct json *v;

	ck_assert_msg(a.r.status == status, "%s %s: %d %s", target, body, a.r.status, sbuf_cstr(&a.r.body));
	v = json_parse(arena, arena_str(arena, sbuf_get(&a.r.body)), JSON_DOCUMENT, &e);
	ck_assert_msg(v != NULL, "%s", e.text);
	sbuf_fini(&a.r.body);
	return v;
}

static struct str
make_silence(const char *members)
{
	const struct json *v = answer_of("POST", SILENCES, arena_printf(arena, "{\"matchers\":[" DISK "],%s}", members).p, 200);

	return json_get_str(v, "silenceID", STR(""));
}

static const struct json *
silence(struct str id)
{
	const struct json *items = json_get(answer_of("GET", SILENCES "?state=active&state=pending&state=expired", "", 200), "items");

	for (size_t i = 0; i < items->n; i++)
		if (str_eq(json_get_str(&items->v[i], "id", STR("")), id))
			return &items->v[i];
	ck_abort_msg("no silence %.*s", STR_ARG(id));
	return NULL;
}

/* A moment later: an end is within what ends. */
static struct str
state_of(struct str id)
{
	world.now.wall.s++;
	return json_get_str(json_get(silence(id), "status"), "state", STR(""));
}

static void
is_text(const struct json *o, const char *key, const char *wanted)
{
	struct str got = json_get_str(o, key, STR("(none)"));

	ck_assert_msg(str_is(got, wanted), "%s: %.*s, not %s", key, STR_ARG(got), wanted);
}

static size_t
silences_n(void)
{
	return (size_t)json_get_int(answer_of("GET", SILENCES "?state=active&state=pending&state=expired", "", 200), "total", -1);
}

static void
refused(const char *target, const char *body, int status, const char *piece)
{
	size_t before = silences_n();

	expect("POST", target, JSON_TYPE, body, status, piece);
	ck_assert_uint_eq(silences_n(), before);
}

START_TEST(silence_made)
{
	const struct json *s;
	struct str id;

	start("/");
	id = make_silence("\"createdBy\":\"jo\",\"comment\":\"c\",\"duration\":7200,\"ends_with\":\"alert\",\"notify_resolved\":true,"
			  "\"annotations\":{\"ticket\":\"7\"}");
	s = silence(id);
	is_text(s, "startsAt", "2026-01-05T00:00:00.000Z");
	is_text(s, "endsAt", "2026-01-05T02:00:00.000Z");
	is_text(s, "createdBy", "jo");
	is_text(s, "ends_with", "alert");
	is_text(s, "kind", "silence");
	is_text(json_get(s, "annotations"), "ticket", "7");
	ck_assert(json_get_bool(s, "notify_resolved", false));
	/* Nothing of it in API v2 but an ordinary silence. */
	expect("GET", arena_printf(arena, "/api/v2/silence/%.*s", STR_ARG(id)).p, "", "", 200,
	    "\"comment\":\"c\",\"createdBy\":\"jo\",\"endsAt\":\"2026-01-05T02:00:00.000Z\"");
	id = make_silence("\"createdBy\":\"jo\",\"startsAt\":\"2026-01-05T01:00:00Z\",\"duration\":60");
	is_text(silence(id), "endsAt", "2026-01-05T01:01:00.000Z");
	ck_assert(str_is(state_of(id), "pending"));
	stop();
}
END_TEST

START_TEST(silence_that_comes_again)
{
	const struct json *s, *window;
	struct str id;

	start("/");
	id = make_silence("\"createdBy\":\"jo\",\"schedule\":{\"location\":\"Europe/Istanbul\",\"until\":\"2027-01-01T00:00:00Z\","
			  "\"windows\":[{\"weekdays\":[\"mon\",\"Friday\"],\"from\":\"22:00\",\"to\":\"06:00\"}]}");
	s = silence(id);
	is_text(s, "kind", "recurring");
	/* Monday at ten in the evening, three hours ahead. */
	is_text(s, "startsAt", "2026-01-05T19:00:00.000Z");
	is_text(s, "endsAt", "2026-01-06T03:00:00.000Z");
	is_text(json_get(s, "schedule"), "location", "Europe/Istanbul");
	is_text(json_get(s, "schedule"), "until", "2027-01-01T00:00:00.000Z");
	window = &json_get(json_get(s, "schedule"), "windows")->v[0];
	ck_assert_uint_eq(json_get(window, "weekdays")->n, 2);
	is_text(window, "from", "22:00");
	is_text(window, "to", "06:00");
	stop();
}
END_TEST

START_TEST(silence_changed)
{
	struct str id, again;

	start("/");
	id = make_silence("\"createdBy\":\"jo\",\"duration\":7200,\"ends_with\":\"alert\"");
	world.now.wall.s += 600;
	/* It began when it began, lasts from now on, and keeps what is not spoken of. */
	again = make_silence(
	    arena_printf(arena, "\"id\":\"%.*s\",\"createdBy\":\"max\",\"comment\":\"more\",\"duration\":7200", STR_ARG(id)).p);
	ck_assert(str_eq(id, again));
	is_text(silence(id), "startsAt", "2026-01-05T00:00:00.000Z");
	is_text(silence(id), "endsAt", "2026-01-05T02:10:00.000Z");
	is_text(silence(id), "createdBy", "max");
	is_text(silence(id), "ends_with", "alert");
	again = make_silence(
	    arena_printf(arena, "\"id\":\"%.*s\",\"createdBy\":\"max\",\"duration\":60,\"ends_with\":null", STR_ARG(id)).p);
	ck_assert(str_eq(id, again));
	ck_assert_int_eq(json_get(silence(id), "ends_with")->kind, JSON_NULL);
	refused(SILENCES, "{\"id\":\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"matchers\":[" DISK "],\"createdBy\":\"x\",\"duration\":1}",
	    404, "\"code\":\"not_found\"");
	stop();
}
END_TEST

#define WITH(members) "{\"matchers\":[" DISK "],\"createdBy\":\"jo\"," members "}"
#define AGAIN(windows) WITH("\"schedule\":{\"windows\":" windows "}")

START_TEST(silences_refused)
{
	start("/");
	refused(SILENCES, "[]", 400, "must be an object");
	refused(SILENCES, "{\"matchers\":[" DISK "],\"duration\":1}", 400, "\"field\":\"createdBy\"");
	refused(SILENCES, WITH("\"comment\":\"\""), 400, "either endsAt or duration");
	refused(SILENCES, WITH("\"duration\":0"), 400, "\"field\":\"duration\"");
	refused(SILENCES, WITH("\"duration\":1e300"), 400, "\"field\":\"duration\"");
	refused(SILENCES, WITH("\"duration\":1,\"endsAt\":\"2026-01-06T00:00:00Z\""), 400, "either endsAt or duration");
	refused(SILENCES, WITH("\"endsAt\":\"2026-01-04T00:00:00Z\""), 400, "after the start");
	/* Nobody could read it, here or at another member of a cluster. */
	refused(SILENCES, WITH("\"startsAt\":\"9999-12-31T23:59:59Z\",\"duration\":1"), 400, "after the year 9999");
	refused(SILENCES, WITH("\"startsAt\":\"9999-12-31T00:00:00Z\",\"schedule\":{\"windows\":[{\"weekdays\":[\"fri\"],\"from\":\"12:00\",\"to\":\"24:00\"}]}"), 400, "no window any more");
	refused(SILENCES, WITH("\"startsAt\":\"2026-01-01T00:00:00Z\",\"endsAt\":\"2026-01-04T00:00:00Z\""), 400, "in the past");
	refused(SILENCES, WITH("\"duration\":1,\"ends_with\":\"group\""), 400, "\"field\":\"ends_with\"");
	refused(SILENCES, WITH("\"duration\":1,\"repeats\":true"), 400, "unknown member \\\"repeats\\\"");
	refused(SILENCES, WITH("\"duration\":1,\"annotations\":{\"a\":1}"), 400, "\"field\":\"annotations\"");
	refused(SILENCES, "{\"matchers\":[],\"createdBy\":\"jo\",\"duration\":1}", 400, "at least one matcher");
	refused(SILENCES, "{\"matchers\":[" DISK ",{\"name\":\"a\",\"value\":\"(\",\"isRegex\":true}],\"createdBy\":\"jo\",\"duration\":1}", 400,
	    "\"field\":\"matchers\",\"index\":1");
	refused(SILENCES, "{\"matchers\":[{\"name\":\"a\",\"value\":\"b\",\"isregex\":true}],\"createdBy\":\"jo\",\"duration\":1}", 400,
	    "unknown member \\\"isregex\\\"");
	refused(SILENCES, "{\"matchers\":[{\"name\":\"a\",\"value\":\"b\",\"isRegex\":\"no\"}],\"createdBy\":\"jo\",\"duration\":1}", 400,
	    "isRegex must be true or false");
	refused(SILENCES, "{\"matchers\":[{\"name\":\"a\",\"value\":\".*\",\"isRegex\":true}],\"createdBy\":\"jo\",\"duration\":1}", 400,
	    "must not match the empty string");
	refused(SILENCES, AGAIN("[]"), 400, "at least one window");
	refused(SILENCES, AGAIN("[7]"), 400, "\"field\":\"windows\",\"index\":0");
	refused(SILENCES, AGAIN("[{\"weekdays\":[\"today\"],\"from\":\"22:00\",\"to\":\"06:00\"}]"), 400, "is no weekday");
	refused(SILENCES, AGAIN("[{\"weekdays\":[],\"from\":\"22:00\",\"to\":\"06:00\"}]"), 400, "at least one weekday");
	refused(SILENCES, AGAIN("[{\"weekdays\":[\"mon\"],\"from\":\"22\",\"to\":\"06:00\"}]"), 400, "no time of the day");
	refused(SILENCES, AGAIN("[{\"weekdays\":[\"mon\"],\"from\":\"22:00\",\"to\":\"06:00\",\"at\":1}]"), 400, "unknown member \\\"at\\\"");
	refused(SILENCES, WITH("\"schedule\":{\"location\":\"../../etc/passwd\",\"windows\":[]}"), 400, "\"field\":\"location\"");
	refused(SILENCES, WITH("\"duration\":5,\"schedule\":{\"windows\":[]}"), 400, "ends by its until");
	refused(SILENCES, WITH("\"ends_with\":\"alert\",\"schedule\":{\"windows\":[{\"weekdays\":[\"mon\"],\"from\":\"22:00\",\"to\":\"06:00\"}]}"),
	    400, "cannot end with its alerts");
	refused(SILENCES,
	    WITH("\"schedule\":{\"until\":\"2026-01-01T00:00:00Z\",\"windows\":[{\"weekdays\":[\"mon\"],\"from\":\"22:00\",\"to\":\"06:00\"}]}"),
	    400, "no window any more");
	stop();
}
END_TEST

/* The one who is known is the creator, whatever the body says; who may only look changes nothing. */
START_TEST(principals)
{
	start("/");
	post_many("Disk", 0, 1, "");
	asker.name = STR("ann");
	is_text(silence(make_silence("\"createdBy\":\"jo\",\"duration\":7200")), "createdBy", "ann");
	is_text(answer_of("POST", ACK, "{\"matchers\":[" DISK "],\"owner\":\"jo\"}", 200), "owner", "ann");
	asker.scopes = SCOPE_READ;
	refused(SILENCES, WITH("\"duration\":7200"), 403, "lacks the scope \\\"write\\\"");
	refused(BULK, "{\"action\":\"expire\",\"ids\":[\"a\"]}", 403, "\"code\":\"forbidden\"");
	refused(ACK, "{\"matchers\":[" DISK "]}", 403, "\"code\":\"forbidden\"");
	expect("DELETE", ACK "/6ba7b810-9dad-11d1-80b4-00c04fd430c8", "", "", 403, "\"code\":\"forbidden\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[" DISK "]}", 200, "\"alerts\":1,");
	asker = (struct principal){ .name = STR(""), .scopes = SCOPE_ALL };
	expect("POST", SILENCES, "Content-Type: text/plain", WITH("\"duration\":7200"), 415, "\"code\":\"bad_content_type\"");
	stop();
}
END_TEST

static void
external_url(struct api_env *env)
{
	env->external_url = STR("https://alerts.example/am");
}

/* A browser that is signed in sends what pages of other sites ask it to send: only our own page may. */
START_TEST(pages_of_other_sites)
{
	static const char *const ours[] = { "", "Host: am:9093\nOrigin: http://am:9093", "Host: AM\nOrigin: https://am",
		"Host: am:443\nOrigin: https://am", "Host: am:80\nOrigin: http://am", "Host: inner:9093\nOrigin: https://alerts.example",
		"Host: am\nOrigin: https://ALERTS.example:443\nSec-Fetch-Site: same-origin", "Sec-Fetch-Site: none" };
	static const char *const theirs[] = { "Host: am:9093\nOrigin: http://am:9094", "Host: am\nOrigin: null",
		"Host: am\nOrigin: https://am.evil.example", "Host: am\nOrigin: https://alerts.example.evil", "Host: am\nOrigin: evil",
		"Origin: https://evil.example", "Host: am\nOrigin: http://am\nSec-Fetch-Site: cross-site", "Sec-Fetch-Site: cross-site" };
	const char *path;
	struct str id;

	more_env = external_url;
	start("/");
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		expect("POST", PREVIEW, arena_printf(arena, JSON_TYPE "\n%s", ours[i]).p, "{\"matchers\":[" DISK "]}", 200, "\"alerts\":0,");
	id = make_silence("\"createdBy\":\"jo\",\"duration\":7200");
	path = arena_printf(arena, ACK "/%.*s", STR_ARG(id)).p;
	for (size_t i = 0; i < ARRAY_LEN(theirs); i++) {
		const char *headers = arena_printf(arena, JSON_TYPE "\n%s", theirs[i]).p;

		expect("POST", SILENCES, headers, WITH("\"duration\":7200"), 403, "\"code\":\"cross_origin\"");
		expect("DELETE", path, theirs[i], "", 403, "\"code\":\"cross_origin\"");
		/* Looking is allowed: the browser keeps the answer from the page. */
		expect("GET", SILENCES, theirs[i], "", 200, "\"total\":1,");
	}
	expect("DELETE", path, "Content-Type: text/plain", "x", 415, "\"code\":\"bad_content_type\"");
	stop();
	more_env = NULL;
}
END_TEST

START_TEST(preview)
{
	const struct json *v;

	start("/");
	post_many("Disk", 0, 3, ",\"severity\":\"critical\"");
	post_many("Lag", 0, 12, ",\"severity\":\"info\"");
	post_many("Disk", 3, 4, ",\"sev\":\"page\"");
	v = answer_of("POST", PREVIEW,
	    "{\"matchers\":[" DISK ",\"severity=critical\",{\"name\":\"n\",\"value\":\"[01]\",\"isRegex\":true}],\"limit\":1}", 200);
	ck_assert_int_eq(json_get_int(v, "alerts", -1), 2);
	ck_assert_int_eq(json_get_int(v, "groups", -1), 1);
	ck_assert_int_eq(json_get_int(v, "total_alerts", -1), 16);
	ck_assert_int_eq(json_get_int(json_get(v, "severity"), "critical", -1), 2);
	ck_assert_uint_eq(json_get(v, "receivers")->n, 1);
	ck_assert(str_is(json_get(v, "receivers")->v[0].s, "ops"));
	ck_assert_uint_eq(json_get(v, "sample")->n, 1);
	is_text(json_get(&json_get(v, "sample")->v[0], "labels"), "alertname", "Disk");
	is_text(v, "breadth", "normal");
	ck_assert_uint_eq(json_get(v, "warnings")->n, 0);
	ck_assert_uint_eq(json_get(v, "errors")->n, 0);
	expect("POST", PREVIEW, JSON_TYPE,
	    "{\"matchers\":[" DISK ",\"severity=critical\",{\"name\":\"n\",\"value\":\"[01]\",\"isRegex\":true}],\"limit\":0}", 200,
	    "\"per_matcher\":[4,3,4],\"warnings\":[],\"breadth\":\"normal\",\"errors\":[],\"sample\":[]}");
	/* The worst is the sample. */
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"n=~[0-2]\"],\"limit\":1}", 200, "\"severity\":\"critical\",\"summary\"");
	stop();
}
END_TEST

START_TEST(breadth)
{
	start("/");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"alertname=~.+\"]}", 200, "\"code\":\"matches_everything\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"alertname=~.+\"]}", 200, "\"breadth\":\"everything\"");
	/* All that the route to page takes, even while nothing fires. */
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"sev=page\",\"job=~.*\"]}", 200,
	    "\"warnings\":[{\"code\":\"matches_receiver\",\"text\":\"it covers whatever receiver \\\"page\\\" would be told\",\"receiver\":\"page\"},"
	    "{\"code\":\"matches_nothing\",\"text\":\"it covers no alert that there is now\"}],\"breadth\":\"receiver\"");
	post_many("Disk", 0, 12, "");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[" DISK "]}", 200, "it covers all 12 alerts that there are now");
	post_many("Lag", 0, 2, ",\"sev\":\"page\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[" DISK "]}", 200,
	    "it covers all 12 alerts that receiver \\\"ops\\\" has now\",\"receiver\":\"ops\"},{\"code\":\"matches_many\",\"text\":\"it covers 12 of 14 alerts\"}]");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"sev=page\",\"n=1\"]}", 200, "\"warnings\":[],\"breadth\":\"normal\"");
	/* The names that are excluded belong to no alert, or to some. */
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"sev!=x\"]}", 200,
	    "\"text\":\"it covers every alert but those that its matchers exclude\"}],\"breadth\":\"everything\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"sev!=page\"]}", 200, "it covers 12 of 14 alerts\"}],\"breadth\":\"receiver\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"sev=page\",\"n!~[1]\"]}", 200, "\"warnings\":[],\"breadth\":\"normal\"");
	stop();
}
END_TEST

START_TEST(preview_of_what_is_half_written)
{
	start("/");
	post_many("Disk", 0, 2, "");
	expect("POST", PREVIEW, JSON_TYPE,
	    "{\"matchers\":[" DISK ",{\"name\":\"n\",\"value\":\"(\",\"isRegex\":true},\"n=1\",7]}", 200,
	    "\"per_matcher\":[2,null,1,null],\"warnings\":[],\"breadth\":\"normal\",\"errors\":[{\"matcher\":1,\"message\":\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[]}", 200,
	    "\"errors\":[{\"matcher\":null,\"message\":\"a silence needs at least one matcher\"}]");
	expect("POST", PREVIEW, JSON_TYPE, "{}", 200, "{\"alerts\":0,\"groups\":0,\"total_alerts\":2,");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[\"a=~.*\"]}", 200, "must not match the empty string");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":[" DISK "],\"limit\":101}", 400, "\"field\":\"limit\"");
	expect("POST", PREVIEW, JSON_TYPE, "{\"matchers\":\"all\"}", 400, "\"field\":\"matchers\"");
	stop();
}
END_TEST

/* As many alerts as are silenced then. */
START_TEST(preview_tells_what_comes)
{
	static const char *const tries[] = { "\"n=~[0-4]\"", "\"n!=3\",\"alertname=Disk\"", "\"n=~.*1\"", "\"x=\",\"n=7\"", "\"a=b\"" };

	start("/");
	post_many("Disk", 0, 9, "");
	post_many("Lag", 5, 15, ",\"sev\":\"page\"");
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		const struct json *v = answer_of("POST", PREVIEW, arena_printf(arena, "{\"matchers\":[%s]}", tries[i]).p, 200);
		struct str id = json_get_str(answer_of("POST", SILENCES,
		    arena_printf(arena, "{\"matchers\":[%s],\"createdBy\":\"jo\",\"duration\":60}", tries[i]).p, 200), "silenceID", STR(""));

		ck_assert_int_eq(json_get_int(v, "alerts", -1), json_get_int(silence(id), "alerts", -2));
	}
	stop();
}
END_TEST

/* Another configuration, with fewer receivers, comes into force between two slices. */
START_TEST(preview_over_a_reload)
{
	struct http_request q = { .method = STR("POST"), .path = STR(PREVIEW), .principal = asker,
		.body = STR("{\"matchers\":[\"sev=page\"]}") };
	struct http_header type = { STR("Content-Type"), STR("application/json") };
	struct http_response r = { 0 };
	struct err e = { 0 };
	struct config *other;

	start("/");
	post_many("Lag", 0, 15, ",\"sev\":\"page\"");
	other = fake_config(STR("receiver all hook\nroute receiver=all\n"), world.now.wall, &e);
	q.arena = arena;
	q.headers = &type;
	q.headers_n = 1;
	api_handle(api, &q, world.now, &r);
	for (int i = 0; i < 3; i++) {
		struct work w = { 1 };

		ck_assert_int_eq(r.stream->next(r.stream, &r.body, &w, world.now, &e), HTTP_LATER);
	}
	engine_apply(world.engine, other, world.now);
	config_unref(other);
	world_settle(&world);
	read_all(&r);
	ck_assert_msg(strstr(sbuf_cstr(&r.body), "{\"alerts\":15,\"groups\":1,\"total_alerts\":15,") != NULL, "%s", sbuf_cstr(&r.body));
	ck_assert(strstr(sbuf_cstr(&r.body), "\"receivers\":[\"all\"]") != NULL);
	sbuf_fini(&r.body);
	stop();
}
END_TEST

static struct str
many_matchers(int n)
{
	struct str list = STR("");

	for (int i = 0; i < n; i++)
		list = arena_printf(arena, "%.*s%s\"n!=x%d\"", STR_ARG(list), i > 0 ? "," : "", i);
	return list;
}

START_TEST(many_matchers_are_not_counted_alone)
{
	start("/");
	post_many("Disk", 0, 2, "");
	expect("POST", PREVIEW, JSON_TYPE, arena_printf(arena, "{\"matchers\":[%.*s]}", STR_ARG(many_matchers(60))).p, 200,
	    "\"per_matcher\":[],");
	expect("POST", PREVIEW, JSON_TYPE, arena_printf(arena, "{\"matchers\":[%.*s]}", STR_ARG(many_matchers(1001))).p, 400,
	    "more than 1000 matchers");
	stop();
}
END_TEST

static const struct json *
bulk(const char *what, const char *ids)
{
	return json_get(answer_of("POST", BULK, arena_printf(arena, "{%s,\"ids\":[%s]}", what, ids).p, 200), "results");
}

START_TEST(many_at_once)
{
	struct str a, b, ids;
	const struct json *r;

	start("/");
	a = make_silence("\"createdBy\":\"jo\",\"duration\":7200");
	b = make_silence("\"createdBy\":\"jo\",\"schedule\":{\"windows\":[{\"weekdays\":[\"mon\"],\"from\":\"00:00\",\"to\":\"24:00\"}]}");
	ids = arena_printf(arena, "\"%.*s\",\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\",\"%.*s\"", STR_ARG(a), STR_ARG(b));
	r = bulk("\"action\":\"extend\",\"seconds\":3600", ids.p);
	ck_assert_uint_eq(r->n, 3);
	ck_assert(json_get_bool(&r->v[0], "ok", false));
	ck_assert(str_eq(json_get_str(&r->v[0], "new_id", STR("")), a));
	is_text(silence(a), "endsAt", "2026-01-05T03:00:00.000Z");
	ck_assert(!json_get_bool(&r->v[1], "ok", true));
	is_text(json_get(&r->v[1], "error"), "code", "not_found");
	is_text(json_get(&r->v[2], "error"), "code", "recurring");
	world.now.wall.s += 60;
	r = bulk("\"action\":\"expire\"", ids.p);
	ck_assert(json_get_bool(&r->v[0], "ok", false) && json_get_bool(&r->v[2], "ok", false));
	ck_assert(str_is(state_of(a), "expired"));
	ck_assert(str_is(state_of(b), "expired"));
	r = bulk("\"action\":\"extend\",\"seconds\":3600", arena_printf(arena, "\"%.*s\"", STR_ARG(a)).p);
	is_text(json_get(&r->v[0], "error"), "code", "expired");
	stop();
}
END_TEST

START_TEST(bulk_refused)
{
	struct str ids = STR("");

	start("/");
	refused(BULK, "{\"action\":\"expire\"}", 400, "1 to 1000 ids");
	refused(BULK, "{\"action\":\"expire\",\"ids\":[]}", 400, "1 to 1000 ids");
	refused(BULK, "{\"action\":\"delete\",\"ids\":[\"a\"]}", 400, "\"field\":\"action\"");
	refused(BULK, "{\"action\":\"extend\",\"ids\":[\"a\"]}", 400, "with seconds");
	refused(BULK, "{\"action\":\"expire\",\"seconds\":5,\"ids\":[\"a\"]}", 400, "\"field\":\"action\"");
	refused(BULK, "{\"action\":\"expire\",\"ids\":[\"a\",7]}", 400, "\"field\":\"ids\",\"index\":1");
	refused(BULK, "{\"action\":\"expire\",\"ids\":[\"a\",\"b\",\"a\"]}", 400, "a is named twice");
	for (int i = 0; i < 1001; i++)
		ids = arena_printf(arena, "%.*s%s\"%d\"", STR_ARG(ids), i > 0 ? "," : "", i);
	refused(BULK, arena_printf(arena, "{\"action\":\"expire\",\"ids\":[%.*s]}", STR_ARG(ids)).p, 400, "1 to 1000 ids");
	ids = make_silence("\"createdBy\":\"jo\",\"endsAt\":\"9999-12-31T23:59:59Z\"");
	expect("POST", BULK, JSON_TYPE, arena_printf(arena, "{\"action\":\"extend\",\"seconds\":1,\"ids\":[\"%.*s\"]}", STR_ARG(ids)).p, 200,
	    "after the year 9999");
	stop();
}
END_TEST

static struct str
group_of(const char *alertname)
{
	const struct json *v = answer_of("GET", arena_printf(arena, "/api/ext/v1/groups?filter=alertname%%3D%s", alertname).p, "", 200);

	return json_get_str(&json_get(v, "items")->v[0], "id", STR(""));
}

START_TEST(ack_of_a_group)
{
	const struct json *v;
	struct str id;

	start("/");
	post_many("Disk", 0, 3, "");
	post_many("Lag", 0, 2, "");
	v = answer_of("POST", ACK,
	    arena_printf(arena, "{\"group\":\"%.*s\",\"owner\":\"jo\",\"comment\":\"looking\",\"max_seconds\":600}", STR_ARG(group_of("Disk"))).p,
	    200);
	is_text(v, "owner", "jo");
	ck_assert_int_eq(json_get_int(v, "alerts", 0), 3);
	id = json_get_str(v, "silence_id", STR(""));
	ck_assert(str_eq(json_get_str(v, "id", STR("")), id));
	expect("GET", arena_printf(arena, "/api/v2/silence/%.*s", STR_ARG(id)).p, "", "", 200,
	    "\"comment\":\"ACK! looking\",\"createdBy\":\"jo\",\"endsAt\":\"2026-01-05T00:10:00.000Z\"");
	is_text(silence(id), "kind", "ack");
	expect("GET", "/api/ext/v1/alerts?filter=alertname%3DDisk", "", "", 200, "\"state\":\"acked\",\"silenced_by\":[]");
	expect("GET", "/api/ext/v1/alerts?filter=alertname%3DLag", "", "", 200, "\"state\":\"active\"");
	/* An acknowledgement ends as a silence does. */
	world.now.wall.s += 1;
	expect("DELETE", arena_printf(arena, ACK "/%.*s", STR_ARG(id)).p, "", "", 200, "\"id\":\"");
	ck_assert(str_is(state_of(id), "expired"));
	expect("POST", ACK, JSON_TYPE, "{\"group\":\"1\",\"owner\":\"jo\"}", 404, "\"code\":\"not_found\"");
	stop();
}
END_TEST

START_TEST(ack_of_another)
{
	struct str fp, body, id;

	start("/");
	post_many("Disk", 0, 2, "");
	fp = json_get_str(&json_get(answer_of("GET", "/api/ext/v1/alerts?filter=n%3D1", "", 200), "items")->v[0], "fp", STR(""));
	body = arena_printf(arena, "{\"fingerprints\":[\"%.*s\"],\"owner\":\"max\"", STR_ARG(fp));
	id = json_get_str(answer_of("POST", ACK, arena_printf(arena, "%.*s}", STR_ARG(body)).p, 200), "id", STR(""));
	refused(ACK, "{\"matchers\":[" DISK "],\"owner\":\"jo\"}", 409, "{\"error\":{\"code\":\"already_acked\",\"message\":\"");
	refused(ACK, "{\"matchers\":[" DISK "],\"owner\":\"jo\"}", 409,
	    arena_printf(arena, "\"owner\":\"max\",\"id\":\"%.*s\"", STR_ARG(id)).p);
	world.now.wall.s += 1;
	expect("POST", ACK, JSON_TYPE, "{\"matchers\":[" DISK "],\"owner\":\"jo\",\"take_over\":true,\"notify_resolved\":true}", 200,
	    "\"owner\":\"jo\",\"alerts\":2}");
	ck_assert(str_is(state_of(id), "expired"));
	stop();
}
END_TEST

START_TEST(acks_refused)
{
	struct str id;

	start("/");
	post_many("Disk", 0, 1, "");
	refused(ACK, "{\"matchers\":[" DISK "]}", 400, "\"field\":\"owner\"");
	refused(ACK, "{\"owner\":\"jo\"}", 400, "one of group, fingerprints and matchers");
	refused(ACK, "{\"owner\":\"jo\",\"group\":\"1\",\"matchers\":[" DISK "]}", 400, "one of group, fingerprints and matchers");
	refused(ACK, "{\"owner\":\"jo\",\"matchers\":[]}", 400, "at least one matcher");
	refused(ACK, "{\"owner\":\"jo\",\"matchers\":[\"a=~(\"]}", 400, "\"index\":0");
	refused(ACK, "{\"owner\":\"jo\",\"matchers\":[\"a=~.*\"]}", 400, "empty string");
	refused(ACK, "{\"owner\":\"jo\",\"group\":\"xyz\"}", 400, "\"field\":\"group\"");
	refused(ACK, "{\"owner\":\"jo\",\"fingerprints\":[]}", 400, arena_printf(arena, "a list of 1 to %d", SILENCE_ALERTS_MAX).p);
	refused(ACK, "{\"owner\":\"jo\",\"fingerprints\":[\"1\",\"g\"]}", 400, "\"field\":\"fingerprints\",\"index\":1");
	refused(ACK, "{\"owner\":\"jo\",\"fingerprints\":[\"1\"]}", 404, "none of these alerts fires");
	refused(ACK, "{\"owner\":\"jo\",\"matchers\":[" DISK "],\"max_seconds\":0}", 400, "\"field\":\"max_seconds\"");
	refused(ACK, "{\"owner\":\"jo\",\"matchers\":[" DISK "],\"force\":true}", 400, "unknown member");
	/* An ordinary silence is no acknowledgement, nor can its like be made of one. */
	id = make_silence("\"createdBy\":\"jo\",\"duration\":7200");
	expect("DELETE", arena_printf(arena, ACK "/%.*s", STR_ARG(id)).p, "", "", 404, "no acknowledgement");
	ck_assert(str_is(state_of(id), "active"));
	expect("DELETE", ACK "/6ba7b810-9dad-11d1-80b4-00c04fd430c8", "", "", 404, "\"code\":\"not_found\"");
	expect("DELETE", ACK "/7", "", "", 404, "is no uuid");
	id = json_get_str(answer_of("POST", ACK, "{\"matchers\":[" DISK "],\"owner\":\"jo\"}", 200), "id", STR(""));
	refused(SILENCES,
	    arena_printf(arena, WITH("\"id\":\"%.*s\",\"duration\":60,\"ends_with\":null"), STR_ARG(id)).p, 400, "this is an acknowledgement");
	stop();
}
END_TEST

/* Each expression is allowed; to read them all would hold everybody up. */
START_TEST(expressions_are_bounded_together)
{
	struct sbuf list = SBUF_INIT(1 << 23);

	start("/");
	for (int i = 0; i < 10; i++) {
		sbuf_puts(&list, i > 0 ? ",\"a=~" : "\"a=~");
		for (int k = 0; k < 4000; k++)
			sbuf_puts(&list, "x+");
		sbuf_puts(&list, "\"");
	}
	refused(SILENCES, arena_printf(arena, "{\"createdBy\":\"jo\",\"duration\":1,\"matchers\":[%s]}", sbuf_cstr(&list)).p, 400,
	    "too large together");
	refused(ACK, arena_printf(arena, "{\"owner\":\"jo\",\"matchers\":[%s]}", sbuf_cstr(&list)).p, 400, "too large together");
	expect("POST", PREVIEW, JSON_TYPE, arena_printf(arena, "{\"matchers\":[%s]}", sbuf_cstr(&list)).p, 200, "too large together");
	sbuf_fini(&list);
	stop();
}
END_TEST

/* A rule file is the only place to change its silences. */
START_TEST(declared_silences)
{
	struct err e = { 0 };
	struct config *c;
	const struct json *r;
	struct str id;

	start("/");
	c = fake_config(STR("receiver ops hook\nroute receiver=ops\nsilence 6ba7b810-9dad-11d1-80b4-00c04fd430c8 job=\"a\" for 1h\n"),
	    world.now.wall, &e);
	ck_assert_msg(c != NULL, "%s", e.text);
	engine_apply(world.engine, c, world.now);
	config_unref(c);
	world_settle(&world);
	id = json_get_str(&json_get(answer_of("GET", SILENCES, "", 200), "items")->v[0], "id", STR(""));
	r = bulk("\"action\":\"expire\"", arena_printf(arena, "\"%.*s\"", STR_ARG(id)).p);
	is_text(json_get(&r->v[0], "error"), "code", "read_only");
	r = bulk("\"action\":\"extend\",\"seconds\":1", arena_printf(arena, "\"%.*s\"", STR_ARG(id)).p);
	is_text(json_get(&r->v[0], "error"), "code", "read_only");
	ck_assert(str_is(state_of(id), "active"));
	refused(SILENCES, arena_printf(arena, WITH("\"id\":\"%.*s\",\"duration\":60"), STR_ARG(id)).p, 400, "can only be changed there");
	stop();
}
END_TEST

static bool
waits(const char *method, const char *target, const char *body)
{
	struct answer a = ask(method, target, JSON_TYPE, body);

	ck_assert_int_eq(a.r.status, 200);
	sbuf_fini(&a.r.body);
	return a.r.wait_durable;
}

/* An answer is a promise once the change is on disk. */
START_TEST(answers_wait_for_the_disk)
{
	struct str id;

	start("/");
	post_many("Disk", 0, 2, "");
	ck_assert(waits("POST", SILENCES, WITH("\"duration\":60")));
	ck_assert(waits("POST", ACK, "{\"matchers\":[" DISK "],\"owner\":\"jo\"}"));
	ck_assert(waits("POST", ACK, arena_printf(arena, "{\"group\":\"%.*s\",\"owner\":\"jo\"}", STR_ARG(group_of("Disk"))).p));
	ck_assert(waits("POST", BULK, "{\"action\":\"expire\",\"ids\":[\"a\"]}"));
	id = json_get_str(&json_get(answer_of("GET", SILENCES "?kind=ack", "", 200), "items")->v[0], "id", STR(""));
	ck_assert(waits("DELETE", arena_printf(arena, ACK "/%.*s", STR_ARG(id)).p, ""));
	ck_assert(!waits("POST", PREVIEW, "{\"matchers\":[" DISK "]}"));
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, silence_made);
	tcase_add_test(tc, silence_that_comes_again);
	tcase_add_test(tc, silence_changed);
	tcase_add_test(tc, silences_refused);
	tcase_add_test(tc, principals);
	tcase_add_test(tc, pages_of_other_sites);
	tcase_add_test(tc, preview);
	tcase_add_test(tc, breadth);
	tcase_add_test(tc, preview_of_what_is_half_written);
	tcase_add_test(tc, preview_tells_what_comes);
	tcase_add_test(tc, preview_over_a_reload);
	tcase_add_test(tc, many_matchers_are_not_counted_alone);
	tcase_add_test(tc, many_at_once);
	tcase_add_test(tc, bulk_refused);
	tcase_add_test(tc, ack_of_a_group);
	tcase_add_test(tc, ack_of_another);
	tcase_add_test(tc, acks_refused);
	tcase_add_test(tc, expressions_are_bounded_together);
	tcase_add_test(tc, declared_silences);
	tcase_add_test(tc, answers_wait_for_the_disk);
}

int
main(void)
{
	return run_suite("api/ext_silences", add);
}
