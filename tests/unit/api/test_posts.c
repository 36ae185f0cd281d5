/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that are taken in slices, and what is too large for one. */
#include <stdlib.h>
#include <string.h>

#include "lib_ask.h"
#include "model/label_texts.h"
#include "suite.h"

/* The world after a body was posted, and the answer. */
static char *
outcome(bool in_slices, const char *target, const char *body)
{
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	static const char *const seen[] = { "/api/v2/alerts", "/metrics" };
	struct answer a;
	char *text;

	sliced = in_slices;
	start("/");
	/* One that is there already is merged with. */
	expect("POST", "/api/v2/alerts", JSON_TYPE,
	    "[{\"labels\":{\"alertname\":\"A\",\"n\":\"2\"},\"startsAt\":\"2020-01-01T00:00:00Z\"}]", 200, "");
	world_run(&world, SPAN_S);
	a = ask("POST", target, JSON_TYPE, body);
	sbuf_printf(&out, "%d %d %s\n", a.r.status, a.r.wait_durable, sbuf_cstr(&a.r.body));
	for (size_t i = 0; i < a.r.headers_n; i++)
		sbuf_printf(&out, "%.*s: %.*s\n", STR_ARG(a.r.headers[i].name), STR_ARG(a.r.headers[i].value));
	sbuf_fini(&a.r.body);
	world_run(&world, SPAN_S);
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		a = ask("GET", seen[i], "", "");
		sbuf_str(&out, sbuf_get(&a.r.body));
		sbuf_fini(&a.r.body);
	}
	stop();
	sliced = false;
	text = strdup(sbuf_cstr(&out));
	ck_assert(text != NULL);
	sbuf_fini(&out);
	return text;
}

static void
same_in_slices(const char *target, const char *body)
{
	char *whole = outcome(false, target, body), *slices = outcome(true, target, body);

	ck_assert_msg(strcmp(whole, slices) == 0, "%.300s\nat once: %s\nin slices: %s", body, whole, slices);
	free(whole);
	free(slices);
}

#define L(n) "{\"labels\":{\"alertname\":\"A\",\"n\":\"" n "\"}"

START_TEST(slices_change_nothing)
{
	static const char *const bodies[] = {
		"null", "[]", "[ ] x", " [null]", "[{}]", "{}", "{\"a\":1}", "[", "[{", "[" L("1") "}", "[" L("1") "}}", "[1]", "tru", "12",
		"[" L("1") "}]", "[" L("1") "}," L("2") "}," L("3") "}]",
		/* The valid ones of some are taken. */
		"[" L("1") "},{\"labels\":{}}," L("2") ",\"startsAt\":\"2020-01-02T00:00:00Z\",\"endsAt\":\"2020-01-01T00:00:00Z\"}," L("3") "}]",
		"[" L("1") "},{\"labels\":{\"a\":\"\"}}," L("2") "},{\"labels\":{\"\":\"x\"}}]",
		/* Nothing is, where one cannot be decoded or lacks its labels. */
		"[" L("1") "}," L("2") "},{\"labels\":1}]", "[" L("1") "}," L("2") ",\"startsAt\":\"x\"}]",
		"[" L("1") "}," L("2") "}," L("3") "},{\"annotations\":{}}," L("4") "}]",
		"[" L("1") "},{\"annotations\":{}}," L("2") ",\"generatorURL\":\"a b\"}]",
		"[" L("1") "}," L("2") ",\"generatorURL\":\"a b\"},{\"annotations\":{}}," L("4") ",\"generatorURL\":\"c d\"}]",
		"[" L("1") "},{},{\"labels\":1}]", "[" L("1") "},{},{\"labels\":{}]",
		/* Escaped strings, URLs that stay or change. */
		"[" L("\\u00e4") ",\"generatorURL\":\"http://p/?a\\u0026b\"}," L("2") ",\"generatorURL\":\"http://p/?a\\u0026b\"},"
		L("\\u00e4\\u00e5") ",\"generatorURL\":\"http://p/?a\\u0026c\"}," L("4") ",\"generatorURL\":\"http://p/?a\\u0026b\"}]",
		/* The same alert several times, the last one resolved. */
		"[" L("1") ",\"annotations\":{\"s\":\"a\"}}," L("1") ",\"annotations\":{\"s\":\"b\"}}," L("2") "}," L("3") ",\"endsAt\":\"2020-01-01T00:00:00Z\"}]",
		"[{\"labels\":{\"b\":\"1\",\"a\":\"2\",\"b\":\"3\"},\"x\":[{\"y\":[1,2]}]}," L("2") ",\"labels\":{\"z\":\"1\"},\"endsAt\":null}]",
	};
	static const char *const hooks[] = {
		"null", "[]", "{", "{}", "{} x", "[{\"alerts\":[]}]", "{\"a\":{\"alerts\":[{}]}}", "{\"alerts\":{\"a\":1}}", "{\"alerts\":[",
		"{\"alerts\":[" L("1") "},{},7,[1]," L("2") "}],\"truncatedAlerts\":3}",
		"{\"alerts\":[" L("1") "}],\"alerts\":[" L("2") "}]}", "{\"alerts\":[" L("1") "}],\"alerts\":1}",
		"{\"alerts\":1, \"al\\u0065rts\" : [ " L("2") "} , " L("3") ",\"status\":\"resolved\"} ] }\n",
		"{\"alerts\":[" L("1") "}]}]", "{\"alerts\":[" L("1") "}],\"x\":tru}",
	};

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		same_in_slices("/api/v2/alerts", bodies[i]);
	for (size_t i = 0; i < ARRAY_LEN(hooks); i++)
		same_in_slices("/api/ext/v1/webhook", hooks[i]);
}
END_TEST

/* The body with so many blanks behind each object's brace, and with each brace one more: no text comes twice. */
static char *
spaced(const char *body, unsigned *blanks)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool inside = false;
	char *text;

	for (const char *p = body; *p != '\0'; p++) {
		sbuf_putc(&b, *p);
		if (inside && *p == '\\' && p[1] != '\0')
			sbuf_putc(&b, *++p);
		else if (*p == '"')
			inside = !inside;
		else if (*p == '{' && !inside)
			for (unsigned i = 0; i <= *blanks; i++)
				sbuf_putc(&b, i % 2 == 0 ? ' ' : '\n');
		*blanks += *p == '{';
	}
	text = strdup(sbuf_cstr(&b));
	ck_assert(text != NULL);
	sbuf_fini(&b);
	return text;
}

/* The world after the first body, and then the second, were posted three times; read anew each time, or not. */
static char *
repeated(const char *const bodies[2], bool anew)
{
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	unsigned blanks = 0;
	struct answer a;
	char *text;

	start("/");
	for (int i = 0; i < 6; i++) {
		char *body = anew ? spaced(bodies[i / 3], &blanks) : strdup(bodies[i / 3]);

		ck_assert(body != NULL);
		a = ask("POST", "/api/v2/alerts", JSON_TYPE, body);
		free(body);
		sbuf_printf(&out, "%d %s\n", a.r.status, sbuf_cstr(&a.r.body));
		sbuf_fini(&a.r.body);
		world_run(&world, SPAN_S);
		a = ask("GET", "/api/v2/alerts", "", "");
		sbuf_str(&out, sbuf_get(&a.r.body));
		sbuf_fini(&a.r.body);
	}
	stop();
	text = strdup(sbuf_cstr(&out));
	ck_assert(text != NULL);
	sbuf_fini(&out);
	return text;
}

#define WITH(labels, more) "{\"labels\":" labels more "}"

/* A set that is known by its text is the one that reading the text again would find. */
START_TEST(known_texts_are_as_if_read)
{
	static const char *const bodies[][2] = {
		{ "[" WITH("{\"a\":\"1\"}", ",\"endsAt\":\"2099-01-01T00:00:00Z\"") "]",
		    "[" WITH("{\"a\":\"1\"}", ",\"endsAt\":\"2099-01-02T00:00:00Z\"") "]" },
		/* The same text as labels and as annotations: without values, twice the same name. */
		{ "[" WITH("{\"a\":\"\",\"b\":\"1\"}", ",\"annotations\":{\"a\":\"\",\"b\":\"1\"}") "]",
		    "[" WITH("{\"a\":\"\",\"b\":\"1\"}", "") "]" },
		{ "[" WITH("{\"x\":\"1\"}", ",\"annotations\":{\"b\":\"\"}") "]",
		    "[" WITH("{\"b\":\"\"}", ",\"annotations\":{\"x\":\"1\"}") "]" },
		{ "[" WITH("{\"b\":\"1\",\"a\":\"2\",\"b\":\"3\"}", "") "]", "[" WITH("{\"a\":\"2\",\"b\":\"3\"}", "") "]" },
		/* Braces in strings, escapes, what is not ASCII, null. */
		{ "[" WITH("{\"a\":\"}\"}", "") "," WITH("{\"a\":\"{\"}", "") "]",
		    "[" WITH("{\"a\":\"}\",\"b\":\"1\"}", "") "," WITH("{\"a\":\"\\u007d\"}", "") "]" },
		{ "[" WITH("{\"\\u00e4\":\"\\n\"}", "") "," WITH("{\"\xc3\xa4\":\"\\n\"}", "") "]",
		    "[" WITH("{\"a\":null,\"b\":\"\xff\"}", "") "]" },
		/* A field twice: they add up; null takes labels away. */
		{ "[" WITH("{\"a\":\"1\"}", "") "," WITH("{\"a\":\"2\"}", "") "]",
		    "[" WITH("{\"a\":\"1\"}", ",\"labels\":{\"a\":\"2\"}") "]" },
		{ "[" WITH("{\"a\":\"1\"}", ",\"annotations\":{\"s\":\"t\"}") "]",
		    "[" WITH("{\"a\":\"1\"}", ",\"annotations\":{\"s\":\"t\"},\"annotations\":null") "]" },
		{ "[" WITH("{\"a\":\"1\"}", "") "]", "[" WITH("{\"a\":\"1\"}", ",\"labels\":null") "]" },
		/* Malformed behind what is known. */
		{ "[" WITH("{\"a\":\"1\"}", "") "]", "[" WITH("{\"a\":\"1\"}", ",") "]" },
		{ "[" WITH("{\"a\":\"1\"}", "") "]", "[" WITH("{\"a\":\"1\"}}", "") "]" },
		{ "[" WITH("{\"a\":\"1\"}", ",\"generatorURL\":\"http://a/\"") "]", "[" WITH("{\"a\":\"1\"}", ",\"generatorURL\":\"a b\"") "]" },
		{ "[" WITH("{\"a\":\"1\"}", "") "," WITH("{}", "") "]", "[" WITH("{}", ",\"annotations\":{}") "]" },
		{ "[" WITH("{\"a\":\"1\"}", "") "," WITH("{\"a\":{}}", "") "]", "[" WITH("{\"a\":\"1\",\"b\":[]}", "") "]" },
		/* Times that are the same text, and are not. */
		{ "[" WITH("{\"a\":\"1\"}", ",\"startsAt\":\"2020-01-01T00:00:00Z\",\"endsAt\":\"2020-01-01T00:00:00Z\"") ","
		    WITH("{\"a\":\"2\"}", ",\"startsAt\":\"2020-01-01T00:00:00Z\",\"endsAt\":\"\"") "]",
		    "[" WITH("{\"a\":\"1\"}", ",\"endsAt\":\"2020-01-0\\u0031T00:00:00Z\",\"endsAt\":\"x\"") "]" },
	};

	for (int slices = 0; slices < 2; slices++) {
		sliced = slices > 0;
		for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
			char *known = repeated(bodies[i], false), *anew = repeated(bodies[i], true);

			ck_assert_msg(strcmp(known, anew) == 0, "%s %s\nknown: %.1500s\nanew: %.1500s", bodies[i][0], bodies[i][1], known, anew);
			free(known);
			free(anew);
		}
	}
	sliced = false;
}
END_TEST

/* Pairs of one of two orders, of few names and few values: many are as in other sets. */
static void
put_random_set(struct sbuf *b, struct rand *r)
{
	static const char *const values[] = { "web", "web", "a value that is longer than others", "eu-west-1", "eu-west-2", "x", "", "\\u0061", "\xc3\xa4", "\"" };
	static const char *const names[] = { "b", "alertname", "instance", "a" };
	bool backwards = rand_below(r, 8) == 0, first = true;

	sbuf_putc(b, '{');
	for (int i = 0; i < 4; i++) {
		const char *value = values[rand_below(r, rand_below(r, 8) == 0 ? 9 : 5)];

		if (rand_below(r, 30) == 0)
			continue;
		sbuf_printf(b, "%s\"%s\":\"%s\"", first ? "" : ",", names[backwards ? 3 - i : i], value);
		first = false;
	}
	sbuf_putc(b, '}');
}

static void
put_random_alert(struct sbuf *b, struct rand *r)
{
	bool backwards = rand_below(r, 6) == 0;

	sbuf_putc(b, '{');
	for (int i = 0, n = 0; i < 6; i++) {
		int member = backwards ? 5 - i : i;

		if (rand_below(r, member == 0 ? 200 : 12) == 0 || (member == 5 && rand_below(r, 4) > 0))
			continue;
		sbuf_puts(b, n++ > 0 ? "," : "");
		switch (member) {
		case 0:
		case 1:
			sbuf_puts(b, member == 0 ? "\"labels\":" : "\"annotations\":");
			if (rand_below(r, member == 0 ? 200 : 20) == 0)
				sbuf_puts(b, "null");
			else
				put_random_set(b, r);
			break;
		case 2:
		case 3:
			sbuf_printf(b, "\"%s\":\"20%d0-01-01T00:00:0%dZ\"", member == 2 ? "startsAt" : rand_below(r, 9) == 0 ? "EndsAt" : "endsAt",
			    member == 2 ? 2 : 9, rand_below(r, 4) == 0);
			break;
		case 4:
			sbuf_printf(b, "\"generatorURL\":\"http://p/%s\"", rand_below(r, 4) == 0 ? "\\u0061" : rand_below(r, 4) == 0 ? "b" : "c");
			break;
		default:
			sbuf_puts(b, "\"status\":{\"state\":[\"x\"]}");
		}
	}
	sbuf_putc(b, '}');
}

/* Members and pairs that are expected, as they came before, are what reading them would find. */
START_TEST(alike_alerts_are_as_if_read)
{
	struct sbuf b[2] = { SBUF_INIT(SBUF_UNLIMITED), SBUF_INIT(SBUF_UNLIMITED) };
	struct rand r;

	rand_seed(&r, 1);
	for (int round = 0; round < 12; round++) {
		const char *bodies[2];
		char *guessed, *anew;

		sliced = round % 2 > 0;
		for (int i = 0; i < 2; i++) {
			sbuf_reset(&b[i]);
			for (int n = 0; n < 80; n++) {
				sbuf_putc(&b[i], n == 0 ? '[' : ',');
				put_random_alert(&b[i], &r);
			}
			sbuf_putc(&b[i], ']');
			bodies[i] = sbuf_cstr(&b[i]);
		}
		guessed = repeated(bodies, false);
		anew = repeated(bodies, true);
		ck_assert_msg(strcmp(guessed, anew) == 0, "%s\n%s\nguessed: %.3000s\nanew: %.3000s", bodies[0], bodies[1], guessed, anew);
		free(guessed);
		free(anew);
	}
	sliced = false;
	sbuf_fini(&b[0]);
	sbuf_fini(&b[1]);
}
END_TEST

static struct labels *
known(enum label_text_kind kind, const char *text)
{
	return label_text_find(label_text_hash(kind, str_from(text)));
}

/* As Go reads them: maps add up, null takes a map or a URL away, and does nothing to a time. */
START_TEST(members_given_twice)
{
	static const struct {
		const char *body, *wanted[3];
	} cases[] = {
		{ "[{\"labels\":{\"a\":\"1\",\"b\":\"1\"},\"annotations\":{\"s\":\"1\"},\"labels\":{\"c\":\"2\",\"a\":\"2\"},\"annotations\":{\"t\":\"2\"}}]",
		    { "\"labels\":{\"a\":\"2\",\"b\":\"1\",\"c\":\"2\"}", "\"annotations\":{\"s\":\"1\",\"t\":\"2\"}", "" } },
		{ "[{\"labels\":{\"d\":\"1\",\"e\":\"1\"}},{\"labels\":{\"d\":\"1\",\"e\":\"2\"},\"LABELS\":{\"e\":null,\"d\":\"3\"},\"labels\":{}},"
		  "{\"labels\":{\"d\":\"1\",\"e\":\"1\"},\"labels\":{\"h\":\"1\"}}]",
		    { "\"labels\":{\"d\":\"3\"}", "\"labels\":{\"d\":\"1\",\"e\":\"1\"}", "\"labels\":{\"d\":\"1\",\"e\":\"1\",\"h\":\"1\"}" } },
		{ "[{\"labels\":{\"f\":\"1\"},\"labels\":null,\"labels\":{\"g\":\"1\"},\"startsAt\":\"2001-01-01T00:00:00Z\",\"startsAt\":null,"
		  "\"generatorURL\":\"http://gone/\",\"generatorURL\":null}]",
		    { "\"labels\":{\"g\":\"1\"}", "\"startsAt\":\"2001-01-01T00:00:00.000Z\"", "" } },
	};
	struct answer a;

	start("/");
	/* Then they are known, or like others. */
	for (int i = 0; i < 4; i++) {
		for (size_t k = 0; k < ARRAY_LEN(cases); k++) {
			a = ask("POST", "/api/v2/alerts", JSON_TYPE, cases[k].body);
			ck_assert_int_eq(a.r.status, 200);
			sbuf_fini(&a.r.body);
			world_run(&world, SPAN_S);
			a = ask("GET", "/api/v2/alerts", "", "");
			for (size_t w = 0; w < ARRAY_LEN(cases[k].wanted); w++)
				ck_assert_msg(strstr(sbuf_cstr(&a.r.body), cases[k].wanted[w]) != NULL, "%s lacks %s", sbuf_cstr(&a.r.body),
				    cases[k].wanted[w]);
			ck_assert(strstr(sbuf_cstr(&a.r.body), "gone") == NULL && strstr(sbuf_cstr(&a.r.body), "\"f\"") == NULL);
			sbuf_fini(&a.r.body);
		}
	}
	stop();
}
END_TEST

/* Texts are known once they were taken, in the one form that they came in last, as long as the alert is there. */
START_TEST(texts_become_known)
{
	start("/");
	expect("POST", "/api/v2/alerts", JSON_TYPE, "[{\"labels\":1}, " WITH("{\"a\":\"1\"}", "") "]", 400, "");
	ck_assert_ptr_null(known(LABEL_TEXT_LABELS, "{\"a\":\"1\"}"));
	expect("POST", "/api/v2/alerts", JSON_TYPE, "[" WITH("{\"a\":\"1\",\"b\":\"\"}", ",\"annotations\":{\"s\":\"}\"}") "]", 200, "");
	ck_assert_ptr_null(known(LABEL_TEXT_LABELS, "{\"a\":\"1\",\"b\":\"\"}"));
	ck_assert_ptr_null(known(LABEL_TEXT_ANNOTATIONS, "{\"s\":\"}"));
	ck_assert_ptr_null(known(LABEL_TEXT_ANNOTATIONS, "{\"s\":\"}\"}"));
	expect("POST", "/api/v2/alerts", JSON_TYPE, "[" WITH("{\"a\":\"1\"}", ",\"annotations\":{\"s\":\"\"}") "]", 200, "");
	ck_assert_uint_eq(labels_n(known(LABEL_TEXT_LABELS, "{\"a\":\"1\"}")), 1);
	ck_assert_uint_eq(labels_n(known(LABEL_TEXT_ANNOTATIONS, "{\"s\":\"\"}")), 1);
	ck_assert_ptr_null(known(LABEL_TEXT_LABELS, "{\"s\":\"\"}"));
	expect("POST", "/api/v2/alerts", JSON_TYPE, "[" WITH("{ \"a\":\"1\"}", "") "]", 200, "");
	ck_assert_ptr_null(known(LABEL_TEXT_LABELS, "{\"a\":\"1\"}"));
	ck_assert_ptr_nonnull(known(LABEL_TEXT_LABELS, "{ \"a\":\"1\"}"));
	stop();
	ck_assert_ptr_null(known(LABEL_TEXT_LABELS, "{ \"a\":\"1\"}"));
}
END_TEST

/* A later post is later, though the larger one is not over then. */
START_TEST(posts_go_in_between)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct http_response out = { 0 };
	struct http_header json = { STR("Content-Type"), STR("application/json") };
	struct http_request r = { .method = STR("POST"), .path = STR("/api/v2/alerts"), .headers = &json, .headers_n = 1, .principal = asker };
	unsigned slices = 0;
	bool over = false;

	start("/");
	sbuf_putc(&b, '[');
	for (int i = 0; i < 10000; i++)
		sbuf_printf(&b, "%s{\"labels\":{\"alertname\":\"A\",\"n\":\"%d\"},\"annotations\":{\"from\":\"large\"}}",
		    i > 0 ? "," : "", i);
	sbuf_putc(&b, ']');
	r.body = sbuf_get(&b);
	r.arena = arena;
	api_handle(api, &r, world.now, &out);
	ck_assert_ptr_nonnull(out.later);
	ck_assert_uint_eq(view_alerts_count(world.engine), 0);
	world_run(&world, SPAN_S);
	expect("POST", "/api/v2/alerts", JSON_TYPE,
	    "[{\"labels\":{\"alertname\":\"A\",\"n\":\"9999\"},\"annotations\":{\"from\":\"small\"}}]", 200, "");
	ck_assert_uint_eq(view_alerts_count(world.engine), 1);
	while (!over) {
		struct work w = { WORK_TURN / 3 };

		over = out.later->step(out.later, &out, &w, world.now);
		slices++;
	}
	out.later->drop(out.later);
	ck_assert_int_eq(out.status, 200);
	ck_assert(out.wait_durable);
	/* None of them did much more than it was to. */
	ck_assert_uint_gt(slices, 100);
	ck_assert_uint_eq(view_alerts_count(world.engine), 10000);
	expect("GET", "/api/v2/alerts?filter=n%3D%229999%22", "", "", 200, "\"from\":\"small\"");
	expect("GET", "/api/v2/alerts?filter=n%3D%229998%22", "", "", 200, "\"from\":\"large\"");
	sbuf_fini(&b);
	stop();
}
END_TEST

/* The server ends before it is over. */
START_TEST(a_post_is_broken_off)
{
	struct http_response out = { 0 };
	struct http_header json = { STR("Content-Type"), STR("application/json") };
	struct http_request r = { .method = STR("POST"), .path = STR("/api/v2/alerts"), .headers = &json, .headers_n = 1, .principal = asker,
		.body = STR("[" L("1") "}," L("2") "},{\"labels\":{}}," L("3") "}]") };

	for (int steps = 0; steps < 8; steps++) {
		bool over = false;

		sliced = true;
		start("/");
		r.arena = arena;
		out = (struct http_response){ 0 };
		api_handle(api, &r, world.now, &out);
		for (int i = 0; i < steps && !over; i++) {
			struct work w = { 1 };

			over = out.later->step(out.later, &out, &w, world.now);
		}
		out.later->drop(out.later);
		sbuf_fini(&out.body);
		stop();
	}
	sliced = false;
}
END_TEST

/* An alert that takes long by itself is none. */
START_TEST(an_alert_has_a_bound)
{
	static const char *const targets[][2] = { { "/api/v2/alerts", "[" }, { "/api/ext/v1/webhook", "{\"alerts\":[" } };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	start("/");
	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		for (int kind = 0; kind < 3; kind++) {
			sbuf_reset(&b);
			sbuf_puts(&b, targets[i][1]);
			sbuf_puts(&b, "{\"labels\":{\"a\":\"b\"}},{\"labels\":{\"a\":\"");
			for (int n = 0; kind == 0 && n < 1 << 20; n++)
				sbuf_putc(&b, 'x');
			sbuf_puts(&b, "\"");
			for (int n = 0; kind == 1 && n < (i == 0 ? 10000 : 2000); n++)
				sbuf_printf(&b, ",\"n%d\":\"1\"", n);
			for (int n = 0; kind == 2 && n < 1 << 20; n++)
				sbuf_putc(&b, ' ');
			sbuf_puts(&b, i == 0 ? "}}]" : "}}]}");
			expect("POST", targets[i][0], JSON_TYPE, sbuf_cstr(&b), 400,
			    kind != 1 ? "longer than 1048576 bytes" : i == 0 ? "has more than 10000 labels"
			    : "has more than 2000 labels");
		}
	}
	/* Alerts of the webhook with too many labels are refused one by one. */
	ck_assert_uint_eq(view_alerts_count(world.engine), 1);
	sbuf_fini(&b);
	stop();
}
END_TEST

START_TEST(a_silence_body_has_a_bound)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	start("/");
	sbuf_putc(&b, '[');
	for (int n = 0; n < 10000; n++)
		sbuf_puts(&b, "0,");
	sbuf_puts(&b, "0]");
	expect("POST", "/api/v2/silences", JSON_TYPE, sbuf_cstr(&b), 400, "because more than 10000 values");
	while (b.n <= 2 << 20)
		sbuf_puts(&b, "          ");
	expect("POST", "/api/v2/silences", JSON_TYPE, sbuf_cstr(&b), 400, "because it is longer than 2097152 bytes");
	sbuf_fini(&b);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, slices_change_nothing);
	tcase_add_test(tc, known_texts_are_as_if_read);
	tcase_add_test(tc, alike_alerts_are_as_if_read);
	tcase_add_test(tc, members_given_twice);
	tcase_add_test(tc, texts_become_known);
	tcase_add_test(tc, posts_go_in_between);
	tcase_add_test(tc, a_post_is_broken_off);
	tcase_add_test(tc, an_alert_has_a_bound);
	tcase_add_test(tc, a_silence_body_has_a_bound);
}

int
main(void)
{
	return run_suite("posts", add);
}
