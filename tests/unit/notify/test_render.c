/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "lib_notify.h"
#include "mail_message.h"
#include "message.h"
#include "recipients.h"
#include "render.h"
#include "suite.h"

static struct bench *bench;

static void
setup(void)
{
	struct request req;

	bench = bench_new(STR("config: |\n  route: {receiver: 'team.x+y'}\n  receivers: [{name: 'team.x+y', "
	    "webhook_configs: [{url: 'http://x/'}]}]\n"
	    "group_labels: {alertname: A}\nroute_labels: {team: '{{x}}'}\n"
	    "alerts:\n"
	    "  - {labels: {alertname: A, b: '1', c: '1'}, annotations: {s: same, t: x}, starts: '2026-11-22T06:00:00+02:00', url: u}\n"
	    "  - {labels: {alertname: A, b: '2', c: '1'}, annotations: {s: same}, ends: '2026-11-22T04:03:50Z'}\n"
	    "  - {labels: {alertname: A, b: '3', c: '1'}, annotations: {s: same}, ends: '2026-11-22T04:03:50Z'}\n"),
	    NULL);
	(void)!bench_start(bench, &req, NULL);
}

static void
teardown(void)
{
	bench_free(bench);
}

static void
assert_text(const char *source, const char *want)
{
	struct err e = { 0 };
	struct str got;

	ck_assert_msg(notify_text(&bench->attempt, str_from(source), &got, &e), "%s: %s", source, e.text);
	ck_assert_msg(str_is(got, want), "%s: \"%.*s\", not \"%s\"", source, STR_ARG(got), want);
}

START_TEST(data_has_what_templates_need)
{
	assert_text("{{ .Receiver }} {{ .Status }} {{ .NotificationReason }} {{ .ExternalURL }}",
	    "team\\.x\\+y firing first notification http://am:9093");
	assert_text("{{ len .Alerts }} {{ len .Alerts.Firing }} {{ len .Alerts.Resolved }}", "3 1 2");
	assert_text("{{ .GroupLabels }}|{{ .CommonLabels }}|{{ .CommonAnnotations }}|{{ .RouteLabels }}",
	    "alertname=A|alertname=A, c=1|s=same|team={{x}}");
	assert_text("{{ routeLabels \"team\" }}{{ routeLabels \"none\" }}", "{{x}}");
	assert_text("{{ range .Alerts.Resolved }}{{ .Labels.b }}{{ .Status }} {{ end }}", "2resolved 3resolved ");
	assert_text("{{ with index .Alerts 0 }}{{ .StartsAt }} {{ .EndsAt.IsZero }} {{ .GeneratorURL }} {{ .Fingerprint }}"
	    "{{ end }}", "2026-11-22 06:00:00 +0200 +0200 true u 98101bf9c3ae2c86");
	assert_text("{{ (index .Alerts 1).EndsAt.Format \"15:04:05\" }}", "04:03:50");
	assert_text("{{ .CommonLabels.nothing }}{{ .Alerts.Firing | len }}", "1");
	assert_text("{{ (.CommonLabels.Remove .GroupLabels.Names).SortedPairs }}", "c=1");
	assert_text("{{ printf \"%T %T %T\" . .Alerts .Alerts.Firing }}",
	    "*template.Data template.Alerts []template.Alert");
}
END_TEST

START_TEST(limits_come_before_everything)
{
	bench->attempt.max_alerts = 1;
	assert_text("{{ len .Alerts }}{{ .Status }}{{ .CommonLabels }}", "1firingalertname=A, b=1, c=1");
	ck_assert(render_firing(&bench->attempt));
	bench->attempt.max_alerts = 0;
	assert_text("{{ len .Alerts }}", "3");
}
END_TEST

START_TEST(unknown_fields_are_errors)
{
	struct err e = { 0 };
	struct str out;

	ck_assert(!notify_text(&bench->attempt, STR("{{ .Nope }}"), &out, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "can't evaluate field Nope in type *template.Data"));
	ck_assert(!notify_text(&bench->attempt, STR("{{ (index .Alerts 0).Nope }}"), &out, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "can't evaluate field Nope in type template.Alert"));
}
END_TEST

START_TEST(texts_are_cut_at_characters)
{
	struct render r = { .a = &bench->attempt };
	static const struct {
		const char *in;
		size_t max;
		const char *runes, *bytes;
	} cases[] = {
		{ "abcdef", 6, "abcdef", "abcdef" },
		{ "abcdefg", 6, "abcde…", "abc…" },
		{ "ééééé", 5, "ééééé", "é…" },
		{ "éééééé", 5, "éééé…", "é…" },
		{ "abcd", 3, "abc", "…" },
		{ "abcd", 2, "ab", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str in = str_from(cases[i].in);

		ck_assert_msg(str_is(render_cut_runes(&r, in, cases[i].max, "x"), cases[i].runes), "runes %zu", i);
		ck_assert_msg(str_is(render_cut_bytes(&r, in, cases[i].max, "x"), cases[i].bytes), "bytes %zu: %.*s", i,
		    STR_ARG(render_cut_bytes(&r, in, cases[i].max, "x")));
	}
}
END_TEST

START_TEST(a_header_is_one_header)
{
	struct sbuf b = SBUF_INIT(1 << 20);

	mail_put_header(&b, STR("Subject"), STR("a\r\nBcc: x@y"));
	mail_put_header(&b, STR("To"), STR("\"J\xc3\xbcrgen\" <j@x.org>, b@y.org"));
	mail_put_header(&b, STR("X\r\nBcc"), STR("v"));
	ck_assert_str_eq(sbuf_cstr(&b), "Subject: =?utf-8?q?a=0D=0ABcc:_x@y?=\r\n"
	    "To: =?utf-8?q?J=C3=BCrgen?= <j@x.org>, <b@y.org>\r\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(recipients_decide_the_verdict)
{
	struct notification *n = &bench->n;
	struct err e = { 0 };

	ck_assert(recipients_add(n, STR("1"), &e));
	ck_assert(recipients_add(n, STR("2"), &e));
	ck_assert(recipients_add(n, STR("1"), &e));
	ck_assert_uint_eq(n->recipients.n, 2);
	ck_assert_int_eq(recipients_verdict(&bench->attempt, STR("why"), &e), STEP_RETRY);
	recipients_done(n, recipients_pending(n, 0), STR("id"));
	ck_assert_int_eq(recipients_verdict(&bench->attempt, STR("why"), &e), STEP_RETRY);
	ck_assert_str_eq(e.text, "1 of 2 recipients not served: why");
	recipients_failed(&bench->attempt, recipients_pending(n, 0), STR("no"));
	ck_assert_int_eq(recipients_verdict(&bench->attempt, STR("why"), &e), STEP_DONE);
	n->recipients.v[0].state = RECIPIENT_FAILED;
	ck_assert_int_eq(recipients_verdict(&bench->attempt, STR("why"), &e), STEP_FAIL);
	ck_assert_ptr_null(recipients_pending(n, 0));
}
END_TEST

START_TEST(ids_have_a_bound)
{
	struct notification *n = &bench->n;
	struct str id = arena_printf(n->arena, "%0*d", PROVIDER_ID_MAX, 1);
	struct err e = { 0 };

	ck_assert(recipients_add(n, STR("1"), &e));
	recipients_done(n, &n->recipients.v[0], arena_printf(n->arena, "%.*s1", STR_ARG(id)));
	ck_assert_int_eq(n->recipients.v[0].state, RECIPIENT_DONE);
	ck_assert_uint_eq(n->recipients.v[0].provider_id.n, 0);
	recipients_done(n, &n->recipients.v[0], id);
	ck_assert(str_eq(n->recipients.v[0].provider_id, id));
}
END_TEST

/* Half a message is none. */
START_TEST(messages_have_a_bound)
{
	struct alert *alert = bench->n.alerts[0].alert;
	struct sbuf large = SBUF_INIT(SBUF_UNLIMITED);
	struct label_pair pair = { .name = STR("s") };
	struct err e = { 0 };
	struct str out;

	for (size_t i = 0; i < RENDER_MAX / 6; i++)
		sbuf_putc(&large, '\1');	/* \u0001 */
	bench->attempt.kept = NULL;
	pair.value = sbuf_get(&large);
	labels_unref(alert->annotations);
	alert->annotations = labels_new(&pair, 1);
	bench->attempt.rendering = NULL;
	ck_assert(!message_json(&bench->attempt, "4", &out, &e));
	ck_assert_str_eq(e.text, "request is larger than 16777216 bytes");
	sbuf_fini(&large);
}
END_TEST

START_TEST(recipients_have_a_bound)
{
	struct notification *n = &bench->n;
	struct err e = { 0 };
	const struct recipient *before;
	size_t copies = 0;
	char number[16];

	for (int i = 0; i < RECIPIENTS_MAX; i++) {
		snprintf(number, sizeof(number), "%d", i);
		before = n->recipients.v;
		ck_assert(recipients_add(n, str_from(number), &e));
		copies += n->recipients.v != before;
	}
	ck_assert_uint_le(copies, 13);
	ck_assert(recipients_add(n, STR("7"), &e));
	ck_assert(!recipients_add(n, STR("another"), &e));
	ck_assert_str_eq(e.text, "more than 1000 recipients");
	ck_assert_uint_eq(n->recipients.n, RECIPIENTS_MAX);
}
END_TEST

/* Many are found by their hashes: each once, and done where an earlier notification served it. */
START_TEST(recipients_that_are_many)
{
	enum { SERVED = 300, ALL = 600 };
	struct notification *n = &bench->n;
	struct str *served = ARENA_ARRAY(n->arena, SERVED, struct str);
	struct err e = { 0 };

	for (int i = 0; i < SERVED; i++)
		served[i] = arena_printf(n->arena, "r%d", 2 * i);
	n->served = served;
	n->served_n = SERVED;
	for (int i = 0; i < 2 * ALL; i++)
		ck_assert(recipients_add(n, arena_printf(n->arena, "r%d", i * 7 % ALL), &e));
	ck_assert_uint_eq(n->recipients.n, ALL);
	for (int i = 0; i < ALL; i++) {
		const struct recipient *r = &n->recipients.v[i];

		ck_assert(str_eq(r->to, arena_printf(n->arena, "r%d", i * 7 % ALL)));
		ck_assert_int_eq(r->state, i * 7 % ALL % 2 == 0 ? RECIPIENT_DONE : RECIPIENT_PENDING);
	}
	n->served_n = 0;
}
END_TEST

/* A reason does not change between attempts, but here, to see which texts are made anew. */
START_TEST(a_further_attempt_finds_what_was_rendered)
{
	const char *reason = "{{ .NotificationReason }}", *late = "{{ .NotificationReason }}{{ $x := since (index .Alerts 0).StartsAt }}";
	struct request req;
	struct str before;
	uint64_t steps;

	ck_assert_int_eq(bench_start(bench, &req, NULL), STEP_SEND);
	before = arena_str(bench->arena, req.http.body);
	assert_text(reason, "first notification");
	assert_text(late, "first notification");
	steps = bench->attempt.steps;
	bench->n.reason = REASON_REPEAT;
	ck_assert_int_eq(bench_start(bench, &req, NULL), STEP_SEND);
	ck_assert(str_eq(req.http.body, before));
	assert_text(reason, "first notification");
	/* It looked at the clock, which goes on. */
	assert_text(late, reason_text(REASON_REPEAT));
	ck_assert_uint_eq(bench->attempt.steps, steps);
	/* Fewer alerts are another text. */
	bench->attempt.max_alerts = 1;
	assert_text(reason, reason_text(REASON_REPEAT));
	kept_fini(&bench->kept);
	ck_assert_uint_eq(bench->kept.bytes, 0);
	ck_assert_int_eq(bench_start(bench, &req, NULL), STEP_SEND);
	ck_assert(!str_eq(req.http.body, before));
	assert_text(reason, reason_text(REASON_REPEAT));
}
END_TEST

/* One alert, n times. */
static void
multiply(struct bench *b, const struct noted_alert *one, struct noted_alert *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		all[i] = *one;
	b->n.alerts = all;
	b->n.alerts_n = n;
}

/* Better to tell of the first alerts than of none. */
START_TEST(what_is_too_much_is_shortened)
{
	static struct noted_alert all[40000];
	static const char *const kinds[] = {
		"email_configs: [{to: a@b, from: c@d, smarthost: 'h:25', html: '{{ range .Alerts }}{{ .Labels }}{{ .Annotations }}{{ end }}'}]",
		"webhook_configs: [{url: 'http://x/', payload: {t: '{{ range .Alerts }}{{ .Labels }}{{ .Annotations }}{{ end }}'}}]",
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		struct arena *a = arena_new();
		struct str yaml = arena_printf(a, "config: |\n  route: {receiver: r}\n  receivers:\n    - name: r\n"
		    "      %s\ngroup_labels: {alertname: A}\nalerts:\n"
		    "  - {labels: {alertname: A, b: '1'}, annotations: {s: '%0600d'}}\n", kinds[i], 0);
		struct bench *b = bench_new(yaml, NULL);
		struct noted_alert *own = b->n.alerts;
		struct request req;
		struct err e = { 0 };
		uint64_t steps;

		multiply(b, own, all, 100);
		ck_assert_int_eq(bench_start(b, &req, &e), STEP_SEND);
		ck_assert(!b->attempt.shortened);
		multiply(b, own, all, ARRAY_LEN(all));
		kept_fini(&b->kept);
		ck_assert_msg(bench_start(b, &req, &e) == STEP_SEND, "%s", e.text);
		ck_assert(b->attempt.shortened && !b->attempt.too_much);
		ck_assert(str_find(sbuf_get(&b->log), STR("truncated")) < b->log.n);
		/* The next attempt does not try all of them again. */
		sbuf_reset(&b->log);
		steps = b->attempt.steps;
		ck_assert_msg(bench_start(b, &req, &e) == STEP_SEND, "%s", e.text);
		ck_assert(b->attempt.shortened && b->attempt.steps == steps);
		ck_assert_uint_eq(str_find(sbuf_get(&b->log), STR("truncated")), b->log.n);
		b->n.alerts = own;
		b->n.alerts_n = 1;
		bench_free(b);
		arena_free(&a);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, data_has_what_templates_need);
	tcase_add_test(tc, a_further_attempt_finds_what_was_rendered);
	tcase_add_test(tc, limits_come_before_everything);
	tcase_add_test(tc, unknown_fields_are_errors);
	tcase_add_test(tc, texts_are_cut_at_characters);
	tcase_add_test(tc, a_header_is_one_header);
	tcase_add_test(tc, recipients_decide_the_verdict);
	tcase_add_test(tc, ids_have_a_bound);
	tcase_add_test(tc, recipients_have_a_bound);
	tcase_add_test(tc, recipients_that_are_many);
	tcase_add_test(tc, messages_have_a_bound);
	tcase_add_test(tc, what_is_too_much_is_shortened);
}

int
main(void)
{
	return run_suite("notify render", add);
}
