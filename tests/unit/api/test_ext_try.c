/* SPDX-License-Identifier: Apache-2.0 */
/* /api/ext/v1: tests of receivers and previews of templates, with an outbox of this test's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_ask.h"
#include "suite.h"

#define TEST "/api/ext/v1/receivers/ops/test"
#define PREVIEW "/api/ext/v1/templates/preview"

static struct {
	struct rehearsal_result result;	/* of the next tests */
	bool hangs;			/* none is over */
	int begun, off;
	char told[2000];		/* of the last notification: receiver, group labels, alerts, text */
	struct str output;
	struct err e;			/* of the next previews; ERR_NONE: they are rendered */
	bool full;			/* too many wait */
} fake;

static void
note(const struct notification *n, struct str text)
{
	struct sbuf b = SBUF_INIT(sizeof(fake.told));

	sbuf_printf(&b, "%.*s|", STR_ARG(n->receiver->name));
	labels_format(n->group_labels, &b);
	for (size_t i = 0; i < n->alerts_n; i++) {
		sbuf_puts(&b, n->alerts[i].resolved ? "|resolved " : "|");
		labels_format(n->alerts[i].alert->labels, &b);
		sbuf_printf(&b, " %.*s", STR_ARG(labels_get(n->alerts[i].alert->annotations, STR("summary"))));
	}
	sbuf_printf(&b, "|%.*s", STR_ARG(text));
	snprintf(fake.told, sizeof(fake.told), "%s", sbuf_cstr(&b));
	sbuf_fini(&b);
}

static void
rehearse(void *arg, struct rehearsal *r, struct notification *n, struct mono deadline)
{
	(void)arg;
	ck_assert_int_eq(mono_sub(deadline, world.now.mono), 30 * SPAN_S);
	ck_assert_ptr_nonnull(n->integration);
	fake.begun++;
	note(n, STR(""));
	if (!fake.hangs)
		r->over(r, &fake.result);
}

static void
rehearse_off(void *arg, struct rehearsal *r)
{
	(void)arg;
	(void)r;
	fake.off++;
}

static bool
preview(void *arg, struct tmpl_preview *p, struct notification *n, struct str text, bool html, struct err *e)
{
	(void)arg;
	note(n, text);
	if (fake.full)
		return err_set(e, ERR_LIMIT, "too many");
	if (fake.hangs)
		notification_hold(n);
	else
		p->over(p, html ? STR("html") : fake.output, fake.e.kind != ERR_NONE ? &fake.e : NULL);
	return true;
}

static void
preview_off(void *arg, struct tmpl_preview *p)
{
	(void)arg;
	(void)p;
	fake.off++;
}

static void
with_outbox(struct api_env *env)
{
	env->rehearse = rehearse;
	env->rehearse_off = rehearse_off;
	env->preview = preview;
	env->preview_off = preview_off;
}

static void
begin(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.result = (struct rehearsal_result){ .ok = true, .status = 200, .answer = STR("ok"), .took = 210 * SPAN_MS };
	fake.output = STR("well");
	more_env = with_outbox;
	start("/");
}

static void
end(void)
{
	stop();
	more_env = NULL;
	asker = (struct principal){ .name = { "", 0 }, .scopes = SCOPE_ALL };
}

static void
told(const char *wanted)
{
	ck_assert_msg(strcmp(fake.told, wanted) == 0, "%s", fake.told);
}

START_TEST(a_test_is_marked_and_its_answer_shown)
{
	struct rehearsed_recipient to[] = { { STR("+90"), true, 202, STR("queued") }, { STR("+91"), false, 0, STR("") } };

	begin();
	asker.name = STR("jo");
	expect("POST", TEST, JSON_TYPE, "{}", 200,
	    "{\"results\":[{\"integration\":\"hook[0]\",\"ok\":true,\"status\":200,\"answer\":\"ok\",\"error\":null,\"retry\":false,"
	    "\"ms\":210,\"recipients\":[]}]}");
	told("ops|{alertname=\"TocsinTest\", tocsin_test=\"this is a test\"}|{alertname=\"TocsinTest\", tocsin_test=\"this is a test\"} "
	     "This is a test of receiver ops, sent by jo|");
	fake.result = (struct rehearsal_result){ .error = STR("refused"), .retry = true, .recipients = to, .recipients_n = 2 };
	expect("POST", TEST, JSON_TYPE,
	    "{\"integration\":0,\"alert\":{\"labels\":{\"alertname\":\"A\",\"tocsin_test\":\"no\"},\"annotations\":{\"summary\":\"s\"},"
	    "\"status\":\"resolved\"}}", 200,
	    "\"ok\":false,\"status\":null,\"answer\":\"refused\",\"error\":\"refused\",\"retry\":true,\"ms\":0,\"recipients\":["
	    "{\"to\":\"+90\",\"ok\":true,\"status\":202,\"answer\":\"queued\"},{\"to\":\"+91\",\"ok\":false,\"status\":null,\"answer\":\"\"}]");
	told("ops|{alertname=\"A\", tocsin_test=\"this is a test\"}|resolved {alertname=\"A\", tocsin_test=\"this is a test\"} "
	     "This is a test of receiver ops, sent by jo: s|");
	end();
}
END_TEST

START_TEST(who_may_only_read_sends_nothing)
{
	begin();
	asker = (struct principal){ .name = STR("jo"), .scopes = SCOPE_READ };
	expect("POST", TEST, JSON_TYPE, "{}", 403, "write");
	expect("POST", PREVIEW, JSON_TYPE, "{\"text\":\"x\"}", 403, "write");
	ck_assert_int_eq(fake.begun, 0);
	end();
}
END_TEST

START_TEST(a_client_that_goes_calls_the_test_off)
{
	begin();
	fake.hangs = true;
	for (int i = 1; i <= 6; i++) {
		expect("POST", TEST, JSON_TYPE, "{}", 200, "");
		ck_assert_int_eq(fake.off, i);
	}
	end();
}
END_TEST

START_TEST(ten_a_minute)
{
	struct answer a;

	begin();
	for (int i = 0; i < 10; i++) {
		expect("POST", TEST, JSON_TYPE, "{}", 200, "");
		world.now.mono = mono_add(world.now.mono, SPAN_S);
	}
	a = ask("POST", TEST, JSON_TYPE, "{}");
	ck_assert_int_eq(a.r.status, 429);
	ck_assert(str_is(header(&a, "Retry-After"), "50"));
	sbuf_fini(&a.r.body);
	expect("POST", "/api/ext/v1/receivers/page/test", JSON_TYPE, "{}", 200, "");
	world.now.mono = mono_add(world.now.mono, 50 * SPAN_S);
	expect("POST", TEST, JSON_TYPE, "{}", 200, "");
	expect("POST", TEST, JSON_TYPE, "{}", 429, "ten times a minute");
	ck_assert_int_eq(fake.begun, 12);
	end();
}
END_TEST

START_TEST(previews)
{
	begin();
	expect("POST", PREVIEW, JSON_TYPE, "{\"text\":\"x\"}", 200, "{\"output\":\"well\"}");
	told("ops|{alertname=\"DiskFull\"}|"
	     "{alertname=\"DiskFull\", instance=\"db1:9100\", job=\"node\", severity=\"critical\"} Disk /var of db1 is 97 % full|"
	     "resolved {alertname=\"DiskFull\", instance=\"db2:9100\", job=\"node\", severity=\"critical\"} Disk /var of db2 is 96 % full|x");
	expect("POST", PREVIEW, JSON_TYPE,
	    "{\"template\":\"a\\\"b\",\"type\":\"html\",\"receiver\":\"page\",\"alerts\":[{\"labels\":{\"alertname\":\"A\"}},{\"labels\":{\"n\":\"2\"}}]}",
	    200, "{\"output\":\"html\"}");
	told("page|{}|{alertname=\"A\"} |{n=\"2\"} |{{ template \"a\\\"b\" . }}");
	fake.full = true;
	expect("POST", PREVIEW, JSON_TYPE, "{\"text\":\"x\"}", 429, "too many");
	end();
}
END_TEST

static void
refused(const char *text, const char *answer)
{
	err_clear(&fake.e);
	err_set(&fake.e, ERR_INVALID, "%s", text);
	expect("POST", PREVIEW, JSON_TYPE, "{\"text\":\"x\"}", 400, answer);
}

START_TEST(mistakes_have_places)
{
	begin();
	refused("template: :2:10: executing", "\"code\":\"bad_template\",\"message\":\"template: :2:10: executing\",\"line\":2,\"column\":11}");
	refused("template: :3: unexpected", "unexpected\",\"line\":3}");
	refused("template: a.tmpl:3:0: no", "\"file\":\"a.tmpl\",\"line\":3,\"column\":1}");
	refused("template: it is too long", "too long\"}}");
	refused("odd: 1:2", "odd: 1:2\"}}");
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_test_is_marked_and_its_answer_shown);
	tcase_add_test(tc, who_may_only_read_sends_nothing);
	tcase_add_test(tc, a_client_that_goes_calls_the_test_off);
	tcase_add_test(tc, ten_a_minute);
	tcase_add_test(tc, previews);
	tcase_add_test(tc, mistakes_have_places);
}

int
main(void)
{
	return run_suite("api/ext_try", add);
}
