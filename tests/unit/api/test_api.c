/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as values against an engine in a fake world. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_ask.h"
#include "text/json_write.h"

START_TEST(paths_and_methods)
{
	static const struct {
		const char *method, *target;
		int status;
		const char *piece;
	} table[] = {
		{ "GET", "/-/healthy", 200, "OK" },
		{ "HEAD", "/-/ready", 200, "" },
		{ "POST", "/-/ready", 405, "Method Not Allowed\n" },
		{ "GET", "/-/reload", 405, "Method Not Allowed\n" },
		{ "GET", "/nope", 404, "404 page not found\n" },
		{ "GET", "/METRICS", 301, "" },
		{ "GET", "//metrics", 301, "" },
		{ "OPTIONS", "/metrics", 200, "" },
		{ "GET", "/api/v1/alerts", 410, "\"status\":\"deprecated\"" },
		{ "DELETE", "/api/v1/silence/x", 410, "deprecated" },
		{ "GET", "/api/v1/nope", 404, "404 page not found\n" },
		{ "PUT", "/api/v1/alerts", 405, "Method Not Allowed\n" },
		{ "OPTIONS", "/api/v1/silence/x", 200, "" },
		{ "GET", "/api/v1/Alerts", 301, "" },
		{ "POST", "/api/v1/Alerts", 307, "" },
		{ "PUT", "/api/v1/Alerts", 404, "404 page not found\n" },
		{ "GET", "/api/v1/alerts/", 301, "" },
		{ "GET", "/api/v3/alerts", 404, "404 page not found\n" },
		{ "GET", "/api/v2", 301, "" },
		{ "GET", "/api/v2/nope", 404, "{\"code\":404,\"message\":\"path /api/v2/nope was not found\"}" },
		{ "GET", "/api/v2/alerts/", 200, "[]\n" },
		{ "PUT", "/api/v2/alerts", 405, "method PUT is not allowed, but [GET,POST] are" },
		{ "HEAD", "/api/v2/alerts", 405, "method HEAD is not allowed" },
		{ "POST", "/api/v2/silence/11111111-2222-3333-4444-555555555555", 405, "but [DELETE,GET] are" },
		{ "GET", "/api/v2/silence/abc", 422,
		    "{\"code\":601,\"message\":\"silenceID in path must be of type uuid: \\\"abc\\\"\"}" },
		{ "GET", "/api/v2/silence/11111111-2222-3333-4444-555555555555", 404, "" },
		{ "DELETE", "/api/v2/silence/11111111-2222-3333-4444-555555555555", 404, "" },
		{ "GET", "/api/v2/receivers", 200, "[{\"labels\":{\"name\":\"ops\"},\"name\":\"ops\"}" },
		{ "GET", "/api/v2/receivers?receiver_matchers=name%3Dpage", 200, "[{\"labels\":{\"name\":\"page\"}" },
		{ "GET", "/api/v2/alerts?filter=a", 400, "\"bad matcher format: a\"\n" },
		{ "GET", "/api/v2/alerts?filter=a%00b", 400, "\"bad matcher format: a\\u0000b\"\n" },
		{ "GET", "/api/v2/alerts/groups?receiver_matchers=%00", 400,
		    "\"failed to parse receiver_matchers param: bad matcher format: \\u0000\"\n" },
		{ "GET", "/api/v2/alerts?receiver=a%00(", 400,
		    "\"failed to parse receiver param: error parsing regexp: missing closing ): `^(?:a\\u0000()$`\"\n" },
		{ "GET", "/api/v2/silences?filter=a%00", 400, "\"bad matcher format: a\\u0000\"\n" },
		{ "GET", "/api/v2/alerts?receiver=(", 400, "failed to parse receiver param: error parsing regexp" },
		{ "GET", "/api/v2/alerts/groups?receiver_matchers=%7B", 400, "failed to parse receiver_matchers param" },
		{ "GET", "/metrics", 200, "alertmanager_alerts{state=\"active\"} 0\n" },
		{ "GET", "/", 200, "<!DOCTYPE html>" },
	};

	start("/");
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		expect(table[i].method, table[i].target, "", "", table[i].status, table[i].piece);
	stop();
}
END_TEST

START_TEST(below_a_prefix)
{
	struct answer a;

	start("/am");
	expect("GET", "/am/-/healthy", "", "", 200, "OK");
	expect("GET", "/-/healthy", "", "", 404, "");
	expect("GET", "/am/api/v2/alerts", "", "", 200, "[]");
	a = ask("GET", "/", "", "");
	ck_assert_int_eq(a.r.status, 302);
	ck_assert(str_is(header(&a, "Location"), "/am"));
	ck_assert_str_eq(sbuf_cstr(&a.r.body), "<a href=\"/am\">Found</a>.\n\n");
	sbuf_fini(&a.r.body);
	a = ask("GET", "/am", "", "");
	ck_assert_int_eq(a.r.status, 301);
	ck_assert(str_is(header(&a, "Location"), "/am/"));
	sbuf_fini(&a.r.body);
	a = ask("GET", "/am//api/./v2/x/../alerts?a=b", "", "");
	ck_assert_int_eq(a.r.status, 301);
	ck_assert(str_is(header(&a, "Location"), "/am/api/v2/alerts?a=b"));
	sbuf_fini(&a.r.body);
	expect("GET", "/amx/-/healthy", "", "", 404, "");
	stop();
}
END_TEST

START_TEST(content_types_and_origins)
{
	struct answer a;

	start("/");
	expect("POST", "/api/v2/alerts", "Content-Type: text/plain", "[]", 415,
	    "unsupported media type \\\"text/plain\\\", only [application/json] are allowed");
	expect("POST", "/api/v2/alerts", "", "[]", 415, "application/octet-stream");
	expect("POST", "/api/v2/alerts", "Content-Type: application/json; charset=utf-8", "[]", 200, "");
	expect("GET", "/api/v2/alerts", "Accept: text/html", "", 406, "");
	expect("GET", "/api/v2/alerts", "Accept: text/html, */*;q=0.1", "", 200, "[]");
	expect("GET", "/api/v2/alerts", "Accept:", "", 406, "");
	expect("GET", "/api/v2/alerts", "Accept: ,", "", 406, "");
	expect("GET", "/api/v2/alerts", "Accept: application/json;q=0", "", 406, "");
	expect("GET", "/api/v2/alerts", "Accept: application/json ; v=1; q=0.00, text/plain", "", 406, "");
	expect("GET", "/api/v2/alerts", "Accept: application/json;q=0, */*", "", 200, "[]");
	expect("GET", "/api/v2/alerts", "Accept: text/html\nAccept: application/json", "", 200, "[]");
	expect("DELETE", "/api/v2/silence/8b3f1b52-0000-4000-8000-000000000000", "Accept: text/plain", "", 406, "");
	/* Alerts must not be lost because of what the client wants to hear. */
	expect("POST", "/api/v2/alerts", "Content-Type: application/json\nAccept: text/plain",
	    "[{\"labels\":{\"alertname\":\"A\"}}]", 200, "");
	ck_assert_uint_eq(view_alerts_count(world.engine), 1);
	a = ask("GET", "/api/v2/alerts", "Origin: http://x", "");
	ck_assert(str_is(header(&a, "Access-Control-Allow-Origin"), "*"));
	ck_assert(str_is(header(&a, "Cache-Control"), "no-store"));
	sbuf_fini(&a.r.body);
	a = ask("OPTIONS", "/api/v2/alerts", "Origin: http://x\nAccess-Control-Request-Method: POST", "");
	ck_assert_int_eq(a.r.status, 204);
	ck_assert(str_is(header(&a, "Access-Control-Allow-Methods"), "POST"));
	a = ask("OPTIONS", "/api/v2/silence/x", "Origin: http://x\nAccess-Control-Request-Method: DELETE", "");
	ck_assert_int_eq(a.r.status, 204);
	ck_assert(header(&a, "Access-Control-Allow-Methods").p == NULL);
	a = ask("OPTIONS", "/api/v2/alerts", "Origin: http://x", "");
	ck_assert_int_eq(a.r.status, 405);
	ck_assert(str_is(header(&a, "Access-Control-Allow-Origin"), "*"));
	sbuf_fini(&a.r.body);
	stop();
}
END_TEST

START_TEST(alerts_that_are_refused)
{
	static const struct {
		const char *body;
		int status;
		const char *piece;
	} table[] = {
		{ "", 422, "alerts in body is required" },
		{ "[{", 400, "parsing alerts body from \\\"\\\" failed, because unexpected EOF" },
		{ "{}", 400, "json: cannot unmarshal object into Go value" },
		{ "[{\"annotations\":{}}]", 422, "{\"code\":602,\"message\":\"0.labels in body is required\"}" },
		{ "[null]", 422, "0.labels in body is required" },
		{ "[{\"labels\":{\"a\":\"b\"}},{},null,{\"labels\":{\"a\":\"b\"}}]", 422, "1.labels in body is required" },
		{ "[{},{\"labels\":{\"a\":1}}]", 400, "json: cannot unmarshal number" },
		{ "[{\"labels\":{\"a\":1}}]", 400, "json: cannot unmarshal number" },
		{ "[{\"labels\":{\"a\":\"b\"}},{\"labels\":{\"c\":\"d\"},\"generatorURL\":\"x\"}]", 422,
		    "1.generatorURL in body must be of type uri" },
		{ "[{\"labels\":{}}]", 400, "\"at least one label pair required\"\n" },
		{ "[{\"labels\":{\"a\":\"\"}}]", 400, "at least one label pair required" },
		{ "[{\"labels\":{\"\":\"b\"}}]", 400, "invalid label set: invalid name" },
		{ "[{\"labels\":{\"a\":\"b\"},\"startsAt\":\"x\"}]", 400, "parsing alerts body" },
		{ "[{\"labels\":{\"a\":\"b\"},\"startsAt\":\"2026-01-05T02:00:00Z\",\"endsAt\":\"2026-01-05T01:00:00Z\"}]",
		    400, "start time must be before end time" },
	};

	start("/");
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		expect("POST", "/api/v2/alerts", JSON_TYPE, table[i].body, table[i].status, table[i].piece);
	ck_assert_uint_eq(view_alerts_count(world.engine), 0);
	expect("POST", "/api/v2/alerts", JSON_TYPE, "null", 200, "");
	stop();
}
END_TEST

START_TEST(alerts_in_and_out)
{
	struct answer a;

	start("/");
	/* One bad, two good; names in any case; unknown fields; escapes; what follows the list. */
	expect("POST", "/api/v2/alerts", JSON_TYPE,
	    "[{\"Labels\":{\"alertname\":\"A\\u00e9<\",\"sev\":\"warn\",\"job\":\"j\",\"gone\":\"\"},\"more\":[{}],"
	    "\"annotations\":{\"e\":\"\"},\"generatorURL\":\"http://g/\"},{\"labels\":{}},"
	    "{\"labels\":{\"alertname\":\"B\",\"sev\":\"page\",\"job\":\"j\"}}] junk",
	    400, "at least one label pair required");
	expect("GET", "/api/v2/alerts?filter=alertname%3DB", "", "",
	    200, "\"receivers\":[{\"name\":\"page\"}],\"startsAt\":\"2026-01-05T00:00:00.000Z\",\"status\":"
		 "{\"inhibitedBy\":[],\"mutedBy\":[],\"silencedBy\":[],\"state\":\"active\"}");
	expect("GET", "/api/v2/alerts?filter=sev%3Dwarn", "", "", 200, "\"state\":\"suppressed\"");
	expect("GET", "/api/v2/alerts?filter=sev%3Dwarn", "", "", 200,
	    "{\"annotations\":{\"e\":\"\"},\"endsAt\":\"2026-01-05T00:05:00.000Z\"");
	expect("GET", "/api/v2/alerts?filter=sev%3Dwarn", "", "", 200,
	    "\"labels\":{\"alertname\":\"A\xc3\xa9\\u003c\",\"job\":\"j\",\"sev\":\"warn\"}}]\n");
	expect("GET", "/api/v2/alerts?inhibited=false&filter=sev%3Dwarn", "", "", 200, "[]\n");
	expect("GET", "/api/v2/alerts?active=no&filter=sev%3Dpage", "", "", 200, "[]\n");
	expect("GET", "/api/v2/alerts?receiver=pa.*&filter=sev%3Dwarn", "", "", 200, "[]\n");
	expect("GET", "/api/v2/alerts?receiver_matchers=name%3Dpage", "", "", 200, "\"alertname\":\"B\"");
	expect("GET", "/api/v2/alerts/groups", "", "", 200,
	    "\"labels\":{\"alertname\":\"A\xc3\xa9\\u003c\"},\"receiver\":{\"name\":\"ops\"},\"routeLabels\":{}}");
	expect("GET", "/metrics", "", "", 200, "alertmanager_alerts_received_total{status=\"firing\",version=\"v2\"} ");
	expect("GET", "/metrics", "", "", 200, "alertmanager_alerts_invalid_total{version=\"v2\"} 1\n");
	a = ask("POST", "/api/v2/alerts", JSON_TYPE, "[{\"labels\":{\"a\":\"b\"}}]");
	ck_assert(a.r.wait_durable);
	stop();
}
END_TEST

static void
alone_in_its_cluster(void *arg, struct arena *a, struct api_cluster *out)
{
	(void)arg;
	(void)a;
	*out = (struct api_cluster){ .name = STR("one"), .settled = true };
}

static void
with_cluster(struct api_env *env)
{
	env->cluster = alone_in_its_cluster;
}

/* Each row of core/counters.def is shown, with one exception: what was never held back has no family. */
START_TEST(all_counters_are_shown)
{
#define FAMILY(name) expect("GET", "/metrics", "", "", 200, "# TYPE " name " ");
#define COUNTER(section, member, name, help) FAMILY(name)
#define SUMMARY(section, member, name, help) FAMILY(name)
#define HISTOGRAM(section, member, name, help) FAMILY(name)
#define ABSENT(section, name, help) FAMILY(name)
#define LABELLED(member, dim, name, help) if (!str_is(STR(#member), "suppressed")) FAMILY(name)
#define INTEGRATION_COUNTER(member, name, help) FAMILY(name)
#define INTEGRATION_FAILURES(member, name, help) FAMILY(name)
#define INTEGRATION_LATENCY(member, name, help) FAMILY(name)
	more_env = with_cluster;
	start("/");
#include "core/counters.def"
	stop();
	more_env = NULL;
}
END_TEST

#define SILENCE(members) "{\"createdBy\":\"me\",\"comment\":\"c\"," members "}"
#define TIMES "\"startsAt\":\"2026-01-05T00:00:00Z\",\"endsAt\":\"2026-01-05T01:00:00Z\""
#define MATCHER "\"matchers\":[{\"name\":\"alertname\",\"value\":\"B\",\"isRegex\":false}]"

START_TEST(silences_that_are_refused)
{
	static const struct {
		const char *body;
		int status;
		const char *piece;
	} table[] = {
		{ "", 422, "silence in body is required" },
		{ "null", 422, "{\"code\":602,\"message\":\"comment in body is required\"}" },
		{ "{", 400, "parsing silence body from" },
		{ "{\"comment\":\"c\"}", 422, "createdBy in body is required" },
		{ SILENCE("\"x\":1"), 422, "endsAt in body is required" },
		{ SILENCE("\"endsAt\":\"2026-01-05T01:00:00Z\""), 422, "matchers in body is required" },
		{ SILENCE(TIMES ",\"matchers\":[]"), 422,
		    "{\"code\":612,\"message\":\"matchers in body should have at least 1 items\"}" },
		{ SILENCE(TIMES ",\"matchers\":[{\"name\":\"a\"}]"), 422, "matchers.0.isRegex in body is required" },
		{ SILENCE(TIMES ",\"matchers\":[{\"name\":\"a\",\"isRegex\":true}]"), 422,
		    "matchers.0.value in body is required" },
		{ SILENCE(TIMES ",\"matchers\":[{\"name\":\"a\",\"isRegex\":true,\"value\":\"[\"}]"), 400,
		    "invalid silence: invalid label matcher 0 in set 0: invalid regular expression \\\"[\\\": error parsing "
		    "regexp: missing closing ]: `[`" },
		{ SILENCE(TIMES ",\"matchers\":[{\"name\":\"\",\"isRegex\":true,\"value\":\"[\"}]"), 400,
		    "invalid label name" },
		{ SILENCE(TIMES ",\"matchers\":[{\"name\":\"a\",\"isRegex\":true,\"value\":\".*\"}]"), 400,
		    "matcher set 0: at least one matcher must not match the empty string" },
		{ SILENCE(MATCHER ",\"startsAt\":\"2026-01-05T01:00:00Z\",\"endsAt\":\"2026-01-05T01:00:00Z\""), 400,
		    "Failed to create silence: start time must be before end time" },
		{ SILENCE(MATCHER ",\"startsAt\":\"2026-01-04T01:00:00Z\",\"endsAt\":\"2026-01-04T02:00:00Z\""), 400,
		    "Failed to create silence: end time can't be in the past" },
		{ SILENCE(TIMES "," MATCHER ",\"id\":\"11111111-2222-3333-4444-555555555555\""), 404,
		    "\"silence not found\"" },
	};

	start("/");
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		expect("POST", "/api/v2/silences", JSON_TYPE, table[i].body, table[i].status, table[i].piece);
	expect("GET", "/api/v2/silences", "", "", 200, "[]\n");
	stop();
}
END_TEST

START_TEST(silences_have_a_bound)
{
	struct sbuf b = SBUF_INIT(1 << 23);

	start("/");
	for (int more = 0; more < 2; more++) {
		sbuf_reset(&b);
		sbuf_puts(&b, "{\"createdBy\":\"me\",\"comment\":\"c\"," TIMES ",\"matchers\":[");
		for (int i = 0; i < 1000 + more; i++)
			sbuf_printf(&b, "%s{\"name\":\"a\",\"value\":\"x\",\"isRegex\":false}", i > 0 ? "," : "");
		sbuf_puts(&b, "]}");
		expect("POST", "/api/v2/silences", JSON_TYPE, sbuf_cstr(&b), more ? 400 : 200,
		    more ? "matchers are more than 1000" : "silenceID");
	}
	sbuf_reset(&b);
	sbuf_puts(&b, "{\"createdBy\":\"me\",\"comment\":\"c\"," TIMES
	    ",\"matchers\":[{\"name\":\"a\",\"isRegex\":true,\"value\":\"");
	for (int i = 0; i < 1 << 20; i++)
		sbuf_putc(&b, 'x');
	sbuf_puts(&b, "\"}]}");
	expect("POST", "/api/v2/silences", JSON_TYPE, sbuf_cstr(&b), 400, "longer than 1048576 bytes");
	sbuf_fini(&b);
	stop();
}
END_TEST

START_TEST(a_silence_lives_and_ends)
{
	struct answer a;
	char path[64], id[37] = "", other[1000];

	start("/");
	expect("POST", "/api/v2/alerts", JSON_TYPE, "[{\"labels\":{\"alertname\":\"B\"}}]", 200, "");
	a = ask("POST", "/api/v2/silences", JSON_TYPE, SILENCE(TIMES "," MATCHER));
	ck_assert_int_eq(a.r.status, 200);
	ck_assert(a.r.wait_durable);
	ck_assert_int_eq(sscanf(sbuf_cstr(&a.r.body), "{\"silenceID\":\"%36s\"}", id), 1);
	sbuf_fini(&a.r.body);
	snprintf(path, sizeof(path), "/api/v2/silence/%s", id);
	expect("GET", path, "", "", 200, "\"status\":{\"state\":\"active\"}");
	/* It is not the one whose id has something behind that. */
	snprintf(other, sizeof(other), "{\"id\":\"%s\\u0000\",%s", id, SILENCE(TIMES "," MATCHER) + 1);
	expect("POST", "/api/v2/silences", JSON_TYPE, other, 404, "not found");
	expect("GET", "/api/v2/alerts", "", "", 200, id);
	expect("GET", "/api/v2/alerts?silenced=false", "", "", 200, "[]\n");
	expect("GET", "/api/v2/silences?filter=alertname%3DB", "", "", 200, id);
	expect("GET", "/api/v2/silences?filter=alertname%3DC", "", "", 200, "[]\n");
	expect("GET", "/api/v2/silences?active=false", "", "", 200, "[]\n");
	expect("DELETE", path, "", "", 200, "");
	world_run(&world, 2 * SPAN_S);
	expect("DELETE", path, "", "", 200, "");
	expect("GET", path, "", "", 200, "\"state\":\"expired\"");
	expect("GET", "/api/v2/alerts", "", "", 200, "\"silencedBy\":[]");
	stop();
}
END_TEST

/* Each of them is allowed; to read them all would hold everybody up. */
START_TEST(expressions_are_bounded_together)
{
	struct sbuf b = SBUF_INIT(1 << 23), q = SBUF_INIT(1 << 23);

	start("/");
	sbuf_puts(&b, "{\"createdBy\":\"me\",\"comment\":\"c\"," TIMES ",\"matchers\":[");
	sbuf_puts(&q, "/api/v2/alerts?");
	for (int i = 0; i < 10; i++) {
		sbuf_printf(&b, "%s{\"name\":\"a\",\"isRegex\":true,\"value\":\"", i > 0 ? "," : "");
		sbuf_puts(&q, "filter=a%3D~%22");
		for (int k = 0; k < 4000; k++) {
			sbuf_puts(&b, "x+");
			sbuf_puts(&q, "x%2B");
		}
		sbuf_puts(&b, "\"}");
		sbuf_puts(&q, "%22&");
		if (i == 0) {
			expect("GET", sbuf_cstr(&q), "", "", 200, "[]");
		}
	}
	sbuf_puts(&b, "]}");
	expect("POST", "/api/v2/silences", JSON_TYPE, sbuf_cstr(&b), 400, "too large together");
	expect("GET", sbuf_cstr(&q), "", "", 400, "too large together");
	sbuf_fini(&b);
	sbuf_fini(&q);
	stop();
}
END_TEST

START_TEST(filters_are_bounded)
{
	struct sbuf q = SBUF_INIT(1 << 20);

	start("/");
	sbuf_puts(&q, "/api/v2/silences?");
	for (int i = 0; i < 1000; i++)
		sbuf_puts(&q, "filter=a%3D1&");
	expect("GET", sbuf_cstr(&q), "", "", 200, "[]");
	sbuf_puts(&q, "filter=a%3D1");
	expect("GET", sbuf_cstr(&q), "", "", 400, "more than 1000 matchers");
	sbuf_fini(&q);
	stop();
}
END_TEST

static void
observe(const char *method, const char *path)
{
	struct http_request r = { .method = str_from(method), .path = str_from(path), .arena = arena, .principal = asker };
	struct http_response out = { 0 };

	api_handle(api, &r, world.now, &out);
	read_all(&out);
	api_observe(api, &r, &out, SPAN_MS);
	sbuf_fini(&out.body);
}

/* Paths that nobody knows become labels, but neither garbage nor at the cost of the known ones. */
START_TEST(guessed_paths_in_metrics)
{
	struct answer a;
	char path[64];

	start("/");
	observe("GET", "/api/v2/\xff\xfe");
	for (int i = 0; i < 2000; i++) {
		snprintf(path, sizeof(path), "/api/v2/guess%d", i);
		observe("GET", path);
	}
	observe("GET", "/api/v2/receivers");
	a = ask("GET", "/metrics", "", "");
	ck_assert(strstr(sbuf_cstr(&a.r.body), "handler=\"/api/v2/guess1\"") != NULL);
	ck_assert(strstr(sbuf_cstr(&a.r.body), "handler=\"/api/v2/guess1999\"") == NULL);
	ck_assert(strstr(sbuf_cstr(&a.r.body), "duration_seconds_count{code=\"200\",handler=\"/api/v2/receivers\"") != NULL);
	ck_assert(strchr(sbuf_cstr(&a.r.body), '\xff') == NULL);
	sbuf_fini(&a.r.body);
	stop();
}
END_TEST

/* Labels are in lower case: two series of the same labels would be refused by whoever reads them. */
START_TEST(verbs_in_metrics)
{
	struct answer a;
	const char *found;

	start("/");
	observe("GET", "/api/v2/nothing");
	observe("get", "/api/v2/nothing");
	a = ask("GET", "/metrics", "", "");
	found = strstr(sbuf_cstr(&a.r.body), "duration_seconds_count{code=\"404\",handler=\"/api/v2/nothing\",method=\"get\"} 2\n");
	ck_assert_ptr_nonnull(found);
	ck_assert_ptr_null(strstr(found + 1, "duration_seconds_count{code=\"404\""));
	sbuf_fini(&a.r.body);
	stop();
}
END_TEST

/* Which is an answer that ends, or fails, when it is done. */
START_TEST(reload_answers_when_it_is_done)
{
	start("/");
	/* A failure is the server's to tell: tests/e2e/test_reload.py. */
	expect("POST", "/-/reload", "", "", 200, "");
	ck_assert_uint_eq(reloads, 1);
	stop();
}
END_TEST

START_TEST(webhooks_of_others)
{
	static const struct {
		const char *headers, *target, *body;
		int status;
		const char *piece;
	} table[] = {
		{ "", "", "{}", 415, "unsupported media type" },
		{ JSON_TYPE, "", "", 422, "{\"code\":422,\"message\":\"a webhook payload in body is required\"}" },
		{ JSON_TYPE, "", "{", 400, "body is no JSON: " },
		{ JSON_TYPE, "", "[]", 422, "a list \\\"alerts\\\"" },
		{ JSON_TYPE, "", "{\"alerts\": {}}", 422, "a list" },
		{ JSON_TYPE, "", "{\"alerts\": [null]}", 400, "alerts[0]: must be an object, is a null" },
		{ JSON_TYPE, "", "{\"alerts\": [{}]}", 400, "alerts[0]: has no labels" },
		{ JSON_TYPE, "", "{\"alerts\": [{\"labels\": []}]}", 400, "labels must be an object, is a array" },
		{ JSON_TYPE, "", "{\"alerts\": [{\"labels\": {\"a\": {}}}]}", 400, "labels.a must be a string, is a object" },
		{ JSON_TYPE, "", "{\"alerts\": [{\"labels\": {\"a\": \"b\"}, \"status\": \"on\"}]}", 400,
		    "status must be firing or resolved, is \\\"on\\\"" },
		{ JSON_TYPE, "", "{\"alerts\": [{\"labels\": {\"a\": \"b\"}, \"startsAt\": \"x\"}]}", 400, "startsAt: " },
		{ JSON_TYPE, "", "{\"alerts\": [{\"labels\": {\"a\": \"b\"}, \"endsAt\": 5}]}", 400, "endsAt must be a time" },
		{ JSON_TYPE, "?timeout=soon", "{\"alerts\": []}", 400, "timeout must be a duration like 12h" },
		{ JSON_TYPE, "?timeout=0s", "{\"alerts\": []}", 400, "timeout must be a duration" },
		{ JSON_TYPE, "", "{\"alerts\": []}", 200, "{\"alerts\":0}" },
		{ JSON_TYPE, "", "{\"version\": \"4\", \"status\": \"firing\", \"alerts\": [{\"status\": \"firing\", "
		    "\"labels\": {\"alertname\": \"A\", \"n\": 1.50, \"t\": true}, \"annotations\": null, "
		    "\"startsAt\": \"2020-01-01T00:00:00Z\", \"endsAt\": \"0001-01-01T00:00:00Z\"}]}", 200, "{\"alerts\":1}" },
		/* The good one of two is taken. */
		{ JSON_TYPE, "", "{\"alerts\": [{}, {\"labels\": {\"alertname\": \"B\"}, \"values\": {\"B\": 22, \"C\": 1}, "
		    "\"panelURL\": \"http://p\"}]}", 400, "alerts[0]: has no labels" },
	};

	start("/");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char target[64];

		snprintf(target, sizeof(target), "/api/ext/v1/webhook%s", table[i].target);
		expect("POST", target, table[i].headers, table[i].body, table[i].status, table[i].piece);
	}
	expect("GET", "/api/ext/v1/webhook", "", "", 405, "Method Not Allowed");
	expect("GET", "/api/v2/alerts?filter=alertname%3DA", "", "", 200,
	    "\"labels\":{\"alertname\":\"A\",\"n\":\"1.50\",\"t\":\"true\"}");
	expect("GET", "/api/v2/alerts?filter=alertname%3DB", "", "", 200,
	    "\"annotations\":{\"panel_url\":\"http://p\",\"values\":\"B=22 C=1\"}");
	/* Held for a day, and gone as soon as it is told. */
	world_run(&world, 23 * SPAN_HOUR);
	expect("GET", "/api/v2/alerts?filter=alertname%3DA", "", "", 200, "\"alertname\":\"A\"");
	expect("POST", "/api/ext/v1/webhook", JSON_TYPE,
	    "{\"alerts\": [{\"status\": \"resolved\", \"labels\": {\"alertname\": \"A\", \"n\": \"1.50\", \"t\": \"true\"}, "
	    "\"startsAt\": \"2020-01-01T00:00:00Z\", \"endsAt\": \"9999-01-01T00:00:00Z\"}]}", 200, "{\"alerts\":1}");
	world_run(&world, 23 * SPAN_HOUR + SPAN_S);
	expect("GET", "/api/v2/alerts?filter=alertname%3DA", "", "", 200, "[]");
	stop();
}
END_TEST

/* However large the configuration, a turn quotes a piece of it. */
START_TEST(status_in_pieces)
{
	struct http_request r = { .method = STR("GET"), .path = STR("/api/v2/status"), .principal = asker };
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED), wanted = SBUF_INIT(SBUF_UNLIMITED);
	struct config *c;
	struct str before, got;
	struct http_response out = { 0 };
	enum http_more more;
	size_t pieces = 0;

	start("/");
	r.arena = arena;
	c = view_config(world.engine);
	before = c->original;
	for (int i = 0; i < 100000; i++)
		sbuf_printf(&text, "- \"%d\": a<b ü\xff 漢字\n", i);
	c->original = sbuf_get(&text);
	json_quote(&wanted, c->original, JSON_HTML_ESCAPED);
	api_handle(api, &r, world.now, &out);
	do {
		size_t was = out.body.n;
		struct work w = { 1 };
		struct err e;

		more = out.stream->next(out.stream, &out.body, &w, world.now, &e);
		ck_assert_uint_le(out.body.n - was, 8 * HTTP_PIECE);
		ck_assert(work_used_up(&w));
		pieces++;
	} while (more == HTTP_MORE);
	ck_assert_int_eq(more, HTTP_END);
	ck_assert_uint_gt(pieces, 10);
	got = sbuf_get(&out.body);
	ck_assert(str_starts(got, STR("{\"cluster\":{\"peers\":[],\"status\":\"disabled\"},\"config\":{\"original\":\"")));
	got = str_sub(got, str_find(got, STR("\"original\":")) + 11, got.n);
	ck_assert(str_starts(got, sbuf_get(&wanted)));
	got = str_sub(got, wanted.n, got.n);
	ck_assert(str_starts(got, STR("},\"uptime\":\"")));
	ck_assert(str_ends(got, STR("\"}}\n")));
	http_stream_free(out.stream);
	c->original = before;
	sbuf_fini(&out.body);
	sbuf_fini(&text);
	sbuf_fini(&wanted);
	stop();
}
END_TEST

static void
in_slices(void)
{
	sliced = true;
}

static void
at_once(void)
{
	sliced = false;
}

int
main(void)
{
	Suite *s = suite_create("api");
	TCase *t = tcase_create("api");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_test(t, status_in_pieces);
	tcase_add_test(t, all_counters_are_shown);
	tcase_add_test(t, paths_and_methods);
	tcase_add_test(t, below_a_prefix);
	tcase_add_test(t, content_types_and_origins);
	tcase_add_test(t, alerts_that_are_refused);
	tcase_add_test(t, alerts_in_and_out);
	tcase_add_test(t, silences_that_are_refused);
	tcase_add_test(t, silences_have_a_bound);
	tcase_add_test(t, a_silence_lives_and_ends);
	tcase_add_test(t, expressions_are_bounded_together);
	tcase_add_test(t, filters_are_bounded);
	tcase_add_test(t, guessed_paths_in_metrics);
	tcase_add_test(t, verbs_in_metrics);
	tcase_add_test(t, reload_answers_when_it_is_done);
	tcase_add_test(t, webhooks_of_others);
	suite_add_tcase(s, t);
	t = tcase_create("posts in slices");
	tcase_add_checked_fixture(t, in_slices, at_once);
	tcase_add_test(t, content_types_and_origins);
	tcase_add_test(t, alerts_that_are_refused);
	tcase_add_test(t, alerts_in_and_out);
	tcase_add_test(t, webhooks_of_others);
	suite_add_tcase(s, t);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
