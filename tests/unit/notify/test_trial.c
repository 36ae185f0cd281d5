/* SPDX-License-Identifier: Apache-2.0 */
/* Warnings about a configuration that loads, and would fail. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib_notify.h"
#include "notify/trial.h"
#include "suite.h"

static bool
readable(void *arg, const char *path, struct err *e)
{
	const struct bench *b = arg;

	return yaml_get(b->files, path) != NULL || err_set(e, ERR_NOT_FOUND, "open %s: no such file", path);
}

static void
tell(void *arg, const struct doubt *d)
{
	struct bench *b = arg;

	sbuf_printf(&b->log, "%.*s\n", STR_ARG(doubt_text(d, b->arena)));
}

/* The doubts of a case, a line each, in b->log. */
static struct bench *
try_case_within(struct str yaml, uint64_t max_steps)
{
	struct bench *b = bench_new(yaml, NULL);
	struct trial_env env = { .readable = readable, .tell = tell, .arg = b, .max_steps = max_steps };

	notify_trial(b->config, b->attempt.now.wall, &env);
	return b;
}

static struct bench *
try_case(struct str yaml)
{
	return try_case_within(yaml, 0);
}

#define CASE(config) "config: |\n" config "alerts: []\n"

static void
expect(const char *yaml, const char *doubts)
{
	struct bench *b = try_case(str_from(yaml));

	ck_assert_str_eq(sbuf_cstr(&b->log), doubts);
	bench_free(b);
}

START_TEST(gateways_are_tried_with_the_message_they_send)
{
	expect(CASE("  route: {receiver: r}\n"
		    "  receivers: [{name: r, sms_configs: [{gateways: [g], to: ['1']}]}]\n"
		    "  gateways:\n"
		    "  - {name: g, preset: http, url: 'http://x', body: '{{ .To }}{{ .Signature }}', headers: {A: '{{ .Foo }}'},\n"
		    "     sign: {hmac: sha1, key_file: k, template: '{{ .Date }}{{ .Bar }}'}}\n"),
	    "test.yml:4:3: gateways[g].headers.A: template: :1:3: executing \"\" at <.Foo>: can't evaluate field Foo in type sms.Message\n"
	    "test.yml:4:3: gateways[g].sign.key_file: open k: no such file\n"
	    "test.yml:4:3: gateways[g].sign.template: template: :1:14: executing \"\" at <.Bar>: can't evaluate field Bar in type sms.Message\n");
}
END_TEST

START_TEST(templates_are_told_with_their_place)
{
	expect(CASE("  route: {receiver: r}\n"
		    "  receivers:\n"
		    "  - name: r\n"
		    "    slack_configs:\n"
		    "    - api_url: http://x\n"
		    "      title: '{{ template \"nope\" . }}'\n"
		    "      text: '{{ if }}'\n"
		    "      fallback: '{{ nothing . }}'\n"
		    "      fields: [{title: a, value: '{{ .Foo }}'}]\n"
		    "  - name: unused\n"
		    "    pagerduty_configs: [{routing_key: k, details: {a: [1, {b: '{{ template \"nope\" }}'}]}}]\n"
		    "    opsgenie_configs: [{api_key: k, details: {c: '{{ .Foo }}'}}]\n"
		    "    jira_configs: [{api_url: 'http://x', project: p, issue_type: t, labels: [a, '{{ .Foo }}'], "
		    "summary: '{{ end }}', http_config: {authorization: {credentials: x}}}]\n"),
	    "test.yml:6:12: receiver \"r\": slack_configs[0].title: template: :1:12: template \"nope\" not defined\n"
	    "test.yml:7:11: receiver \"r\": slack_configs[0].text: template: :1: missing value for if\n"
	    "test.yml:9:32: receiver \"r\": slack_configs[0].fields[0].value: template: :1:3: executing \"\" at <.Foo>: "
	    "can't evaluate field Foo in type *template.Data\n"
	    "test.yml:8:15: receiver \"r\": slack_configs[0].fallback: template: :1: function \"nothing\" not defined\n"
	    "test.yml:11:61: receiver \"unused\": pagerduty_configs[0].details.a[1].b: template: :1:12: template \"nope\" "
	    "not defined\n"
	    "test.yml:12:48: receiver \"unused\": opsgenie_configs[0].details.c: template: :1:3: executing \"\" at <.Foo>: "
	    "can't evaluate field Foo in type *template.Data\n"
	    "test.yml:13:103: receiver \"unused\": jira_configs[0].summary.template: template: :1: unexpected {{end}}\n"
	    "test.yml:13:79: receiver \"unused\": jira_configs[0].labels[1]: template: :1:3: executing \"\" at <.Foo>: "
	    "can't evaluate field Foo in type *template.Data\n");
}
END_TEST

/* In a branch that is not taken, behind another template, and in what comes round to itself. */
START_TEST(names_are_looked_for_everywhere)
{
	expect(CASE("  route: {receiver: r}\n"
		    "  receivers:\n"
		    "  - name: r\n"
		    "    webhook_configs:\n"
		    "    - {url: http://x, payload: '{{ if eq .Status \"resolved\" }}{{ template \"a\" . }}{{ end }}'}\n"
		    "    - {url: http://x, payload: '{{ define \"b\" }}{{ with .X }}{{ else }}{{ template \"c\" . }}"
		    "{{ end }}{{ end }}{{ range .Alerts.Resolved }}{{ else }}{{ template \"b\" . }}{{ end }}'}\n"
		    "    - {url: http://x, payload: '{{ define \"b\" }}{{ if .Status | eq \"x\" }}{{ template \"b\" . }}"
		    "{{ end }}{{ end }}{{ template \"b\" . }}'}\n"),
	    "test.yml:5:30: receiver \"r\": webhook_configs[0].payload: template: :1:42: template \"a\" not defined\n"
	    "test.yml:6:30: receiver \"r\": webhook_configs[1].payload: template: :1:51: template \"c\" not defined\n");
}
END_TEST

START_TEST(files_are_told_once_a_place)
{
	expect("config: |\n"
	       "  global:\n"
	       "    http_config: {basic_auth: {username: u, password_file: /p}}\n"
	       "    slack_api_url_file: /global\n"
	       "  route: {receiver: r}\n"
	       "  templates: ['none/*']\n"
	       "  receivers:\n"
	       "  - name: r\n"
	       "    slack_configs:\n"
	       "    - channel: c\n"
	       "    - api_url_file: /there\n"
	       "      http_config:\n"
	       "        oauth2: {client_id: i, client_secret_file: /s, token_url: 'http://t', tls_config: {ca_file: /ca}}\n"
	       "        http_headers: {X-A: {files: [/h]}}\n"
	       "files: {/there: 'http://x'}\n"
	       "alerts: []\n",
	    "test.yml:5:13: templates[0]: no file fits none/*\n"
	    "test.yml:9:5: receiver \"r\": slack_configs[0].http_config.basic_auth.password_file: open /p: no such file\n"
	    "test.yml:9:5: receiver \"r\": slack_configs[0].api_url_file: open /global: no such file\n"
	    "test.yml:12:50: receiver \"r\": slack_configs[1].http_config.oauth2.client_secret_file: open /s: no such file\n"
	    "test.yml:12:99: receiver \"r\": slack_configs[1].http_config.oauth2.tls_config.ca_file: open /ca: no such "
	    "file\n"
	    "test.yml:13:21: receiver \"r\": slack_configs[1].http_config.http_headers: open /h: no such file\n");
}
END_TEST

/* A failure that depends on the alerts is no mistake of the configuration; a wrong pattern or type is. */
START_TEST(data_that_the_sample_lacks_is_no_mistake)
{
	expect(CASE("  route: {receiver: r}\n"
		    "  receivers:\n"
		    "  - name: r\n"
		    "    webhook_configs:\n"
		    "    - {url: http://x, payload: ['{{ .CommonLabels.team }}', '{{ .CommonLabels.for | humanizeDuration }}',"
		    " '{{ (index .Alerts 7).Labels.a }}', '{{ .GroupLabels.a | toUpper }}', '{{ slice .ExternalURL 90 }}',"
		    " '{{ (index .Alerts.Firing 0).Labels.job }}', '{{ routeLabels \"x\" }}']}\n"
		    "    - {url: http://x, payload: ['{{ reReplaceAll \"(\" \"\" .Status }}']}\n"
		    "    - {url: http://x, payload: ['{{ if gt (len .Alerts) \"2\" }}{{ end }}']}\n"),
	    "test.yml:6:31: receiver \"r\": webhook_configs[1].payload[0]: template: :1:3: executing \"\" at "
	    "<reReplaceAll \"(\" \"\" .Status>: error calling reReplaceAll: regexp: Compile(`(`): error parsing regexp: "
	    "missing closing ): `(`\n"
	    "test.yml:7:31: receiver \"r\": webhook_configs[2].payload[0]: template: :1:6: executing \"\" at "
	    "<gt (len .Alerts) \"2\">: error calling gt: incompatible types for comparison: int and string\n");
}
END_TEST

/* However dear the templates, and however many: what was not tried is told as such. */
START_TEST(a_receiver_of_the_extra_file_that_nobody_names)
{
	struct bench *b = bench_new(STR(CASE("  route: {receiver: a}\n  receivers:\n  - {name: a, webhook_configs: [{url: 'http://x'}]}\n"
					     "  - {name: mispelt}\n")), NULL);
	struct trial_env env = { .readable = readable, .tell = tell, .arg = b };

	b->config->receivers[0].extra = b->config->receivers[1].extra = true;
	notify_trial(b->config, b->attempt.now.wall, &env);
	ck_assert_str_eq(sbuf_cstr(&b->log),
	    "test.yml:4:3: receivers: \"mispelt\" is no receiver of the configuration, and no route names it\n");
	bench_free(b);
}
END_TEST

START_TEST(the_work_is_bounded)
{
	struct sbuf yaml = SBUF_INIT(SBUF_UNLIMITED);
	struct bench *b;

	sbuf_puts(&yaml, "config: |\n  route: {receiver: r}\n  receivers:\n  - name: r\n    webhook_configs:\n"
			 "    - {url: http://x, payload: '{{ template \"nope\" }}'}\n"
			 "    - {url: http://x, payload: '");
	for (int i = 0; i < 30; i++)
		sbuf_puts(&yaml, "{{ range $.Alerts }}");
	for (int i = 0; i < 30; i++)
		sbuf_puts(&yaml, "{{ end }}");
	sbuf_puts(&yaml, "'}\n    - {url: http://x, payload: '{{ template \"unseen\" }}'}\nalerts: []\n");
	b = try_case_within(sbuf_get(&yaml), 10000);
	ck_assert_str_eq(sbuf_cstr(&b->log),
	    "test.yml:5:30: receiver \"r\": webhook_configs[0].payload: template: :1:12: template \"nope\" not defined\n"
	    "too much to try at once: templates and files behind the others were left out\n");
	bench_free(b);
	sbuf_fini(&yaml);
}
END_TEST

/* The cases of notifications: those that are there for a failing template fail here as well, the others do not. */
static unsigned cases, doubtful;

static bool
is_meant(const char *path)
{
	static const char *const meant[] = { "template_error.yml", "bad_payload.yml", "bad_body.yml", "no_password_file.yml",
		"no_file.yml", "failover_broken.yml" };

	for (size_t i = 0; i < ARRAY_LEN(meant); i++)
		if (str_ends(str_from(path), str_from(meant[i])))
			return true;
	return false;
}

static void
run_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	char path[4096];

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && str_ends(str_from(path), STR(".yml"))) {
			struct arena *a = arena_new();
			struct bench *b = try_case(bench_read(a, path));

			ck_assert_msg((b->log.n > 0) == is_meant(path), "%s: %s", path, sbuf_cstr(&b->log));
			cases++;
			doubtful += is_meant(path);
			bench_free(b);
			arena_free(&a);
		} else if (names[i]->d_name[0] != '.' && names[i]->d_type == DT_DIR) {
			run_folder(path);
		}
		free(names[i]);
	}
	free(names);
}

START_TEST(what_works_is_not_doubted)
{
	run_folder(TEST_GOLDEN_DIR "/notify");
	ck_assert_uint_gt(cases, 60);
	ck_assert_uint_gt(doubtful, 5);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, gateways_are_tried_with_the_message_they_send);
	tcase_add_test(tc, templates_are_told_with_their_place);
	tcase_add_test(tc, names_are_looked_for_everywhere);
	tcase_add_test(tc, files_are_told_once_a_place);
	tcase_add_test(tc, data_that_the_sample_lacks_is_no_mistake);
	tcase_add_test(tc, a_receiver_of_the_extra_file_that_nobody_names);
	tcase_add_test(tc, the_work_is_bounded);
	tcase_add_test(tc, what_works_is_not_doubted);
}

int
main(void)
{
	return run_suite("trial", add);
}
