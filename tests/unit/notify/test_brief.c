/* SPDX-License-Identifier: Apache-2.0 */
/* The brief of a notification, and the mail that shows it: all that matters, once, within 90 KB. */
#include <string.h>

#include "lib_notify.h"
#include "render.h"
#include "suite.h"

#define MAIL_MAX ((size_t)90 << 10)

static const char head[] =
    "config: |\n  global: {smtp_smarthost: 'mail:25', smtp_from: 'am@example.org', smtp_extras: true}\n"
    "  route: {receiver: m}\n  receivers: [{name: m, email_configs: [{to: a@example.org}]}]\n"
    "group_labels: {team: db}\nalerts:\n";

static struct bench *bench;
static struct arena *scratch;

static void
setup(void)
{
	scratch = arena_new();
}

static void
teardown(void)
{
	bench_free(bench);
	arena_free(&scratch);
}

static void
assert_text(const char *source, const char *want)
{
	struct err e = { 0 };
	struct str got;

	ck_assert_msg(notify_text(&bench->attempt, str_from(source), &got, &e), "%s: %s", source, e.text);
	ck_assert_msg(str_is(got, want), "%s: \"%.*s\", not \"%s\"", source, STR_ARG(got), want);
}

/* A mail of these alerts, which lines of YAML describe. */
static struct str
mail_of(struct str alerts)
{
	struct request req = { 0 };
	struct err e = { 0 };

	bench = bench_new(arena_printf(scratch, "%s%.*s", head, STR_ARG(alerts)), NULL);
	ck_assert_msg(bench_start(bench, &req, &e) == STEP_SEND, "%s", e.text);
	return req.mail.message;
}

static size_t
count(struct str s, const char *what)
{
	size_t n = 0, at;

	for (; (at = str_find(s, str_from(what))) < s.n; n++)
		s = str_sub(s, at + strlen(what), s.n);
	return n;
}

static struct str
html_of(const char *language)
{
	struct err e = { 0 };
	struct str out;

	ck_assert_msg(notify_html(&bench->attempt, arena_printf(scratch, "{{ template \"email.%s.html\" . }}", language), &out, &e),
	    "%s", e.text);
	return out;
}

/* Elements are closed in the order in which they were opened, but for those that have no end. */
static void
assert_balanced(struct str html)
{
	static const char *const lone[] = { "!DOCTYPE", "meta", "br" };
	struct str open[64];
	size_t depth = 0;

	for (size_t at = str_chr(html, '<'); at < html.n; at = str_chr(html, '<')) {
		bool end = at + 1 < html.n && html.p[at + 1] == '/', is_lone = false;
		struct str name = str_sub(html, at + 1 + end, html.n);
		size_t n = 0;

		while (n < name.n && name.p[n] != ' ' && name.p[n] != '>')
			n++;
		name = str_sub(name, 0, n);
		for (size_t i = 0; i < ARRAY_LEN(lone); i++)
			is_lone |= str_is(name, lone[i]);
		html = str_sub(html, at + 1, html.n);
		if (end) {
			ck_assert_msg(depth > 0 && str_eq(open[depth - 1], name), "</%.*s> closes nothing", STR_ARG(name));
			depth--;
		} else if (!is_lone) {
			ck_assert_uint_lt(depth, ARRAY_LEN(open));
			open[depth++] = name;
		}
	}
	ck_assert_uint_eq(depth, 0);
}

START_TEST(the_head_says_what_is_worst)
{
	mail_of(STR("  - {labels: {alertname: Disk, team: db, severity: warning, i: a}, annotations: {summary: full}}\n"
	    "  - {labels: {alertname: Down, team: db, severity: page, i: b}, annotations: {summary: 'db is down'}, starts: '2026-11-22T03:00:00Z'}\n"
	    "  - {labels: {alertname: Old, team: db, severity: critical, i: c}, ends: '2026-11-22T04:03:50Z'}\n"));
	assert_text("{{ with .Brief }}{{ .Severity }}/{{ .Word }}: {{ .Headline }} +{{ .Others }}, {{ .Firing }} {{ .Resolved }}{{ end }}",
	    "critical/page: db is down +1, 2 1");
	assert_text("{{ .Brief.StartsAt.UTC.Format \"15:04\" }}{{ range .Brief.Common }} {{ .Name }}={{ .Value }}{{ end }}", "03:00 team=db");
	assert_text("{{ range .Brief.Sections }}[{{ .Word }} {{ .Count }}]{{ range .Rows }} {{ .Name }}{{ range .Labels }} {{ .Name }}={{ .Value }}"
	    "{{ end }}{{ end }}{{ end }}|{{ range .Brief.Ended }}{{ range .Rows }}{{ .Name }} {{ .Firing }}{{ end }}{{ end }}",
	    "[page 1] Down i=b[warning 1] Disk i=a|Old false");
	assert_text("{{ .Brief.URL }} {{ .Brief.SilenceURL }}",
	    "http://am:9093/#/group/ce4e3d8355d3b89e http://am:9093/#/silences/new?filter=%7Bteam%3D%22db%22%7D");
}
END_TEST

START_TEST(one_alert_is_all_in_the_head)
{
	mail_of(STR("  - {labels: {alertname: Disk, team: db}, annotations: {description: \"first\\nsecond\\n\\nthird\", note: \"a\\nb\", "
	    "runbook_url: 'https://wiki/x', bad_url: 'javascript:alert(1)'}, url: 'http://prom/g'}\n"));
	assert_text("{{ with .Brief }}{{ .Headline }}{{ range .Description }}/{{ . }}{{ end }}{{ range .Notes }} {{ .Name }}{{ range .Lines }}:{{ . }}{{ end }}"
	    "{{ end }}{{ range .Links }} {{ .Kind }} {{ .Title }} {{ .URL }}{{ end }} {{ len .Sections }}{{ end }}",
	    "first/second//third bad_url:javascript:alert(1) note:a:b runbook Runbook https://wiki/x source Source http://prom/g 0");
	ck_assert(str_find(html_of("default"), STR("second<br><br>third")) < html_of("default").n);
	ck_assert_uint_eq(count(html_of("default"), "href=\"javascript"), 0);
}
END_TEST

START_TEST(sections_are_no_more_than_help)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	/* Each has a resource of its own: by service and severity, then. */
	for (int i = 0; i < 40; i++)
		sbuf_printf(&b, "  - {labels: {alertname: A, team: db, service: s%d, severity: %s, resource: r%d}}\n", i % 2,
		    i % 4 < 2 ? "critical" : "info", i);
	mail_of(sbuf_get(&b));
	sbuf_fini(&b);
	assert_text("{{ range .Brief.Sections }}{{ .Severity }}{{ range .Labels }} {{ .Name }}={{ .Value }}{{ end }} {{ .Count }};{{ end }}",
	    "critical service=s0 10;critical service=s1 10;info service=s0 10;info service=s1 10;");
	assert_text("{{ with index .Brief.Sections 0 }}{{ with index .Rows 1 }}{{ range .Labels }}{{ .Name }}={{ .Value }}{{ end }}{{ end }}{{ end }}",
	    "resource=r12");
}
END_TEST

/* Where there is no room for the alerts of a section, it is named and counted all the same. */
START_TEST(sections_without_room_are_named)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (int i = 0; i < 400; i++)
		sbuf_printf(&b, "  - {labels: {alertname: A, team: db, service: s%d, i: '%d'}, annotations: {summary: '%0200d'}}\n", i % 4, i, i);
	mail_of(sbuf_get(&b));
	sbuf_fini(&b);
	assert_text("{{ range .Brief.Sections }}{{ range .Labels }}{{ .Value }}{{ end }}:{{ .Count }}{{ if not .Rows }}-{{ end }} {{ end }}",
	    "s0:100 s1:100- s2:100- s3:100- ");
	assert_text("{{ with index .Brief.Sections 0 }}{{ len .Rows | gt 100 }}{{ len .Rows | lt 20 }}{{ end }}", "truetrue");
}
END_TEST

/* 500 alerts of 1 KB each, whose description is one letter again and again. */
static struct str
many_alerts(const char *letter, size_t letters)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	for (int i = 0; i < 500; i++) {
		sbuf_printf(&b, "  - {labels: {alertname: A, team: db, severity: critical, instance: 'host-%03d'}, url: 'http://prom/g?%d', "
		    "annotations: {summary: 'host-%03d is down', description: 'begin-%03d ", i, i, i, i);
		for (size_t k = 0; k < letters; k++)
			sbuf_puts(&b, letter);
		sbuf_printf(&b, " end-%03d'}%s}\n", i, i % 5 == 4 ? ", ends: '2026-11-22T04:03:50Z'" : "");
	}
	out = arena_str(scratch, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

START_TEST(five_hundred_alerts_fit_into_ninety_kilobytes)
{
	struct str message = mail_of(many_alerts("x", 850)), html = html_of("default");
	size_t listed = count(html, "class=\"row\"");

	ck_assert_uint_le(message.n, MAIL_MAX);
	/* … and it is made use of. */
	ck_assert_uint_gt(message.n, MAIL_MAX / 2);
	ck_assert_uint_ge(listed, 15);
	assert_balanced(html);
	/* Those that are listed are there from the beginning to the end, and the others are counted. */
	ck_assert_uint_eq(count(html, "begin-"), listed);
	ck_assert_uint_eq(count(html, " end-"), listed);
	ck_assert_uint_eq(count(html, "class=\"row\" style"), listed);
	assert_text("{{ with .Brief }}{{ .Firing }} {{ .Resolved }}{{ end }}", "400 100");
	ck_assert(str_find(html, STR("400 firing · 100 resolved")) < html.n);
	ck_assert(str_find(html, STR("Firing (400)")) < html.n && str_find(html, STR("Resolved (100)")) < html.n);
	assert_text("{{ range .Brief.Sections }}{{ len .Rows | lt 10 }}{{ end }}{{ range .Brief.Ended }}{{ len .Rows | lt 3 }}{{ end }}", "truetrue");
	ck_assert_uint_eq(count(html, ">and "), 2);
	ck_assert_uint_eq(count(message, "multipart/alternative"), 1);
	ck_assert_uint_eq(count(message, "text/plain"), 1);
}
END_TEST

/* Texts that grow threefold and sixfold on their way; also where all alerts have them in common. */
START_TEST(no_text_makes_it_longer)
{
	static const char *const letters[] = { "\"", "<", "=", "é", "서" };

	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

		ck_assert_uint_le(mail_of(many_alerts(letters[i], 400)).n, MAIL_MAX);
		assert_balanced(html_of("ko"));
		bench_free(bench);
		for (int k = 0; k < 3; k++) {
			sbuf_printf(&b, "  - {labels: {alertname: A, i: '%d'}, annotations: {summary: '", k);
			for (int n = 0; n < 2000; n++)
				sbuf_puts(&b, letters[i]);
			sbuf_puts(&b, "'");
			for (int n = 0; n < 40; n++) {
				sbuf_printf(&b, ", note%d: '", n);
				for (int m = 0; m < 500; m++)
					sbuf_puts(&b, letters[i]);
				sbuf_puts(&b, "'");
			}
			sbuf_puts(&b, "}}\n");
		}
		ck_assert_uint_le(mail_of(sbuf_get(&b)).n, MAIL_MAX);
		assert_balanced(html_of("tr"));
		sbuf_fini(&b);
		if (i + 1 < ARRAY_LEN(letters))
			bench_free(bench);
	}
}
END_TEST

START_TEST(a_language_has_its_words)
{
	static const struct {
		const char *language, *starts, *when, *word;
	} cases[] = {
		{ "default", "2026-11-20T01:02:03Z", "(2d 3h)", "FIRING" },
		{ "tr", "2026-11-20T01:02:03Z", "tarihinden beri (2g 3sa)", "AKTİF" },
		{ "tr", "2026-11-22T01:02:03Z", "(3sa 1dk)", "AKTİF" },
		{ "tr", "2026-11-22T04:03:20Z", "(40sn)", "AKTİF" },
		{ "ko", "2026-11-22T01:02:03Z", "부터 (3시간 1분)", "발생" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str source = arena_printf(scratch, "{{ template \"email.%s.text\" . }}", cases[i].language), out;
		struct err e = { 0 };

		mail_of(arena_printf(scratch, "  - {labels: {alertname: A, team: db}, starts: '%s'}\n", cases[i].starts));
		ck_assert_msg(notify_text(&bench->attempt, source, &out, &e), "%s", e.text);
		ck_assert_msg(str_find(out, str_from(cases[i].when)) < out.n, "%s: %.*s", cases[i].when, STR_ARG(out));
		assert_text(arena_printf(scratch, "{{ template \"email.%s.subject\" . }}", cases[i].language).p,
		    arena_printf(scratch, "[%s:1] db (A)", cases[i].word).p);
		if (i + 1 < ARRAY_LEN(cases))
			bench_free(bench);
	}
}
END_TEST

/* Without the extras a mail has the parts and headers that Alertmanager's has. */
START_TEST(extras_are_asked_for)
{
	struct str message = mail_of(STR("  - {labels: {alertname: A, team: db}}\n")), alone;
	struct request req = { 0 };

	ck_assert_uint_eq(count(message, "\r\nAuto-Submitted: auto-generated\r\n"), 1);
	ck_assert_uint_eq(count(message, "\r\nList-Id: <m.alerts.example.org>\r\n"), 1);
	ck_assert_uint_eq(count(message, "\r\nReferences: <"), 1);
	ck_assert_uint_eq(count(message, "text/plain"), 1);
	bench_free(bench);
	bench = bench_new(STR("config: |\n  route: {receiver: m}\n  receivers: [{name: m, email_configs: [{to: a@b.c, from: d@e, smarthost: 'h:25'}]}]\n"
	    "group_labels: {}\nalerts: [{labels: {alertname: A}}]\n"), NULL);
	ck_assert_int_eq(bench_start(bench, &req, NULL), STEP_SEND);
	alone = req.mail.message;
	ck_assert_uint_eq(count(alone, "Auto-Submitted") + count(alone, "List-Id") + count(alone, "References") + count(alone, "text/plain"), 0);
	ck_assert_uint_eq(count(alone, "text/html"), 1);
}
END_TEST

START_TEST(zones_and_languages_are_checked)
{
	static const char *const wrong[][2] = {
		{ "time_zone: Mars/Olympus", "unknown time zone" }, { "language: 'tr\" }}'", "unknown language" },
	};
	struct err e = { 0 };

	mail_of(STR("  - {labels: {alertname: A}}\n"));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct str text = arena_printf(scratch, "route: {receiver: m}\nreceivers: [{name: m, email_configs: [{to: a@b.c, from: d@e, "
		    "smarthost: 'h:25', %s}]}]\n", wrong[i][0]);

		config_unref(bench->config);
		bench->config = NULL;
		ck_assert(!bench_config(bench, text, &e));
		ck_assert_msg(strstr(e.text, wrong[i][1]) != NULL, "%s", e.text);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_head_says_what_is_worst);
	tcase_add_test(tc, one_alert_is_all_in_the_head);
	tcase_add_test(tc, sections_are_no_more_than_help);
	tcase_add_test(tc, sections_without_room_are_named);
	tcase_add_test(tc, five_hundred_alerts_fit_into_ninety_kilobytes);
	tcase_add_test(tc, no_text_makes_it_longer);
	tcase_add_test(tc, a_language_has_its_words);
	tcase_add_test(tc, extras_are_asked_for);
	tcase_add_test(tc, zones_and_languages_are_checked);
}

int
main(void)
{
	return run_suite("notify brief", add);
}
