/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations of receivers that are refused, and in which words; settings that they inherit. */
#include <stdio.h>
#include <stdlib.h>

#include "lib_notify.h"
#include "suite.h"

static const struct {
	/* phrase NULL: accepted; "-": accepted, but its dump is not (nor is Alertmanager's) */
	const char *kind, *settings, *phrase, *global;
} cases[] = {
	{ "webhook", "{}", "one of url or url_file must be configured", "" },
	{ "webhook", "{url: 'http://x', url_file: f}", "at most one of url & url_file must be configured", "" },
	{ "webhook", "{url: 'ftp://x'}", "unsupported scheme \"ftp\" for URL", "" },
	{ "webhook", "{url: 'http://'}", "missing host for URL", "" },
	{ "webhook", "{url: '{{ toUpper .Status }}'}", "function \"toUpper\" not defined", "" },
	{ "webhook", "{url: '{{ .Status }}', nope: 1}", "nope", "" },
	{ "webhook", "{url: <secret>}", NULL, "" },
	{ "webhook", "null", "missing webhook config", "" },
	{ "email", "{}", "missing to address in email config", "" },
	{ "email", "{to: a}", "no global SMTP smarthost set", "" },
	{ "email", "{to: a, smarthost: 'h:25'}", "no global SMTP from set", "" },
	{ "email", "{to: a, smarthost: h}", "missing port in address", "" },
	{ "email", "{to: a, headers: {subject: a, Subject: b}}", "duplicate header \"Subject\" in email config", "" },
	{ "email", "{to: a, headers: {'a b': a}}", NULL, "smtp_smarthost: 'h:25', smtp_from: a" },
	{ "email", "{to: a, threading: {enabled: true}}", "threading.thread_by_date must be either 'none' or 'daily'", "" },
	{ "email", "{to: a, threading: {enabled: true, thread_by_date: none}, headers: {references: x}}",
	  "conflicting configuration: threading.enabled conflicts with custom References header", "" },
	{ "email", "{to: a}", NULL, "smtp_smarthost: 'h:25', smtp_from: a" },
	{ "slack", "{}", "no Slack API URL nor App token set either inline or in a file", "" },
	{ "slack", "{api_url: 'http://x', api_url_file: f}", "at most one of api_url & api_url_file must be configured", "" },
	{ "slack", "{app_token: 'http://x', app_token_file: f}",
	  "at most one of app_token & app_token_file must be configured", "" },
	{ "slack", "{api_url: 'http://x', app_token: t}",
	  "at most one of api_url/api_url_file & app_token/app_token_file must be configured", "" },
	{ "slack", "{api_url: 'http://x', fields: [{value: v}]}", "missing title in Slack field configuration", "" },
	{ "slack", "{api_url: 'http://x', fields: [{title: v}]}", "missing value in Slack field configuration", "" },
	{ "slack", "{api_url: 'http://x', actions: [{text: v}]}", "missing type in Slack action configuration", "" },
	{ "slack", "{api_url: 'http://x', actions: [{type: v}]}", "missing text in Slack action configuration", "" },
	{ "slack", "{api_url: 'http://x', actions: [{type: v, text: t}]}",
	  "missing name or url in Slack action configuration", "" },
	{ "slack", "{api_url: 'http://x', actions: [{type: v, text: t, name: n, confirm: {title: x}}]}",
	  "missing text in Slack confirmation configuration", "" },
	{ "slack", "{app_token: t, http_config: {authorization: {credentials: c}}}",
	  "http authorization can't be set when using Slack App tokens", "" },
	{ "slack", "{update_message: true}", "update_message can only be used with bot tokens", "slack_api_url: 'http://x'" },
	{ "slack", "null", "missing slack config", "slack_api_url: 'http://x'" },
	{ "slack", "{channel: c}", NULL, "slack_app_token: t" },
	{ "pagerduty", "{}", "missing service or routing key in PagerDuty config", "" },
	{ "pagerduty", "{routing_key: a, routing_key_file: b}",
	  "at most one of routing_key & routing_key_file must be configured", "" },
	{ "pagerduty", "{routing_key: a, details: [x]}", "", "" },
	{ "opsgenie", "{}", "no global OpsGenie API Key set either inline or in a file", "" },
	{ "opsgenie", "{api_key: k, responders: [{type: team}]}", "has to have at least one of id, username or name", "" },
	{ "opsgenie", "{api_key: k, responders: [{name: n, type: x}]}", "type does not match valid options", "" },
	{ "opsgenie", "{api_key: k, responders: [{name: n, type: TEAM}]}", NULL, "" },
	{ "opsgenie", "{api_key: k, responders: [{name: n, type: '{{ nope }}'}]}", "invalid template syntax", "" },
	{ "victorops", "{api_key: k}", "missing Routing key in VictorOps config", "" },
	{ "victorops", "{routing_key: k}", "no global VictorOps API Key set", "" },
	{ "victorops", "{api_key: k, routing_key: r, custom_fields: {entity_id: x}}",
	  "victorOps config contains custom field entity_id which cannot be used", "" },
	{ "pushover", "{token: t}", "one of user_key or user_key_file must be configured", "" },
	{ "pushover", "{user_key: t}", "one of token or token_file must be configured", "" },
	{ "pushover", "{user_key: t, token: t, html: true, monospace: true}",
	  "at most one of monospace & html must be configured", "" },
	{ "pushover", "{user_key: t, token: t, retry: 5}", "", "" },
	{ "sns", "{sigv4: {access_key: a}, topic_arn: t}", "must provide a AWS SigV4 Access key and Secret Key", "" },
	{ "sns", "{}", "must provide either a Target ARN, Topic ARN, or Phone Number for SNS config", "" },
	{ "sns", "{topic_arn: a, target_arn: b}", "must provide either a Target ARN", "" },
	{ "sns", "{topic_arn: a, target_arn: b, phone_number: c}", NULL, "" },
	{ "telegram", "{bot_token: t}", "missing chat_id or chat_id_file on telegram_config", "" },
	{ "telegram", "{chat_id: 1}", "missing bot_token or bot_token_file on telegram_config", "" },
	{ "telegram", "{bot_token: t, chat_id: 1, chat_id_file: f}", "at most one of chat_id & chat_id_file", "" },
	{ "telegram", "{bot_token: t, chat_id: 1, parse_mode: html}", "unknown parse_mode on telegram_config", "" },
	{ "telegram", "{bot_token: t, chat_id: 1, parse_mode: ''}", NULL, "" },
	{ "discord", "{}", "one of webhook_url or webhook_url_file must be configured", "" },
	{ "webex", "{http_config: {authorization: {credentials: c}}}", "missing room_id on webex_config", "" },
	{ "webex", "{room_id: r}", "missing webex_configs.http_config.authorization", "" },
	{ "msteams", "{webhook_url: 'http://x', webhook_url_file: f}",
	  "at most one of webhook_url & webhook_url_file must be configured", "" },
	{ "msteamsv2", "{}", "one of webhook_url or webhook_url_file must be configured", "" },
	{ "jira", "{issue_type: t}", "missing project in jira_config", "" },
	{ "jira", "{project: p}", "missing issue_type in jira_config", "" },
	{ "jira", "{project: p, issue_type: t}", "no global Jira Cloud URL set", "" },
	{ "jira", "{project: p, issue_type: t, api_type: x}", "unknown api_type on jira_config", "" },
	{ "rocketchat", "{}", "no global Rocketchat TokenID set either inline or in a file", "" },
	{ "rocketchat", "{token_id: i}", "no global Rocketchat Token set either inline or in a file", "" },
	{ "mattermost", "{}", "missing webhook_url or webhook_url_file on mattermost_config", "" },
	{ "mattermost", "{webhook_url: 'http://x', fields: [{title: t}]}", "missing value in Mattermost field", "" },
	{ "incidentio", "{url: 'http://x', http_config: {}}", "at least one of alert_source_token", "" },
	{ "incidentio", "{url: 'http://x'}", "-", "" },
	{ "incidentio", "{url: 'http://x', alert_source_token: t}", NULL, "" },
	{ "incidentio", "{url: 'http://x', alert_source_token: t, http_config: {authorization: {credentials: c}}}",
	  "cannot specify alert_source_token or alert_source_token_file when using http_config.authorization", "" },
	{ "wechat", "{api_secret: s}", "no global Wechat CorpID set", "" },
	{ "wechat", "{corp_id: s}", "no global Wechat Api Secret set either inline or in a file", "" },
	{ "wechat", "{api_secret: s, corp_id: c, message_type: html}", "weChat message type \"html\" does not match", "" },
	{ "sms", "{url: 'http://x'}", "missing to in sms_config", "" },
	{ "sms", "{to: ['1']}", "one of url or url_file must be configured", "" },
	{ "sms", "{provider: x, url: 'http://x', to: ['1']}", "unknown provider \"x\" in sms_config", "" },
	{ "sms", "{provider: kannel, url: 'http://x', to: ['1']}", "missing username in sms_config", "" },
	{ "sms", "{provider: kannel, url: 'http://x', to: ['1'], username: u}", "missing password or password_file", "" },
	{ "sms", "{url: 'http://x', to: ['1'], max_segments: 0}", "max_segments must be between 1 and 10", "" },
	{ "sms", "{url: 'http://x', to: ['1'], body: b, form: {a: b}}", "at most one of form & body", "" },
	{ "sms", "{url: 'http://x', to: ['1'], method: GET, body: b}", "a GET has no form or body", "" },
	{ "sms", "{url: 'http://x', to: ['1'], success_statuses: [20]}", "\"20\" is no HTTP status", "" },
	{ "sms", "{gateways: [g], to: ['1']}", "undefined gateway \"g\" used in receiver", "" },
	{ "sms", "{gateways: [g], url: 'http://x', to: ['1']}", "at most one of gateways & url must be configured", "" },
	{ "sms", "{provider: twilio, to: ['1']}", "missing password or password_file in sms_config, for preset twilio", "" },
	{ "sms", "{provider: twilio, account: a, password: p, region: r, to: ['1']}", "region has no meaning for a gateway of preset twilio", "" },
	{ "sms", "{provider: twilio, account: a, password: p, service: s, to: ['1']}", NULL, "" },
	{ "sms", "{provider: kannel, url: 'http://x', username: u, password: p, body: b, to: ['1']}", "are for provider http", "" },
	{ "sms", "{url: 'http://x', to: ['1'], sign: {key: k}}", "missing hmac in sign", "" },
	{ "sms", "{url: 'http://x', to: ['1'], sign: {hmac: md5, key: k, template: t}}", "unknown hmac \"md5\" in sign", "" },
	{ "sms", "{url: 'http://x', to: ['1'], sign: {hmac: sha1, template: t}}", "one of key or key_file must be configured", "" },
	{ "sms", "{provider: smstools, to: ['1']}", "missing spool in sms_config, for preset smstools", "" },
	{ "sms", "{url: 'http://x', to: ['1'], on_unknown: x}", "unknown on_unknown \"x\"", "" },
	{ "sms", "{url: 'http://x', to: ['1'], budget_exempt: ['=']}", "in matcher =", "" },
	{ "sms", "{url: 'http://x', to: ['1'], success_body: '('}", "missing closing )", "" },
	{ "ntfy", "{topic: t, token: a, tags: 'a,b', markdown: true}", NULL, "" },
	{ "matrix", "{homeserver: 'http://x', room_id: '!r', access_token_file: f, html: ''}", NULL, "" },
	{ "gotify", "{url: 'http://x', token: t, markdown: true}", NULL, "" },
	{ "signal", "{url: 'http://x', number: n, recipients: [a, b], text_mode: styled}", NULL, "" },
	{ "googlechat", "{webhook_url: 'http://x', threading: false}", NULL, "" },
	{ "zulip", "{url: 'http://x', email: b, api_key: k, to: [p, q]}", NULL, "" },
	{ "ntfy", "{topic: t, priority: loud}", "priority \"loud\" is not a number from 1 to 5", "" },
	{ "gotify", "{url: 'http://x', token: t, priority: 11}", "", "" },
	{ "ntfy", "{}", "missing topic in ntfy_config", "" },
	{ "ntfy", "{topic: t, token: a, token_file: b}", "at most one of token & token_file must be configured", "" },
	{ "matrix", "{room_id: r, access_token: t}", "missing homeserver in matrix_config", "" },
	{ "matrix", "{homeserver: 'http://x', access_token: t}", "missing room_id in matrix_config", "" },
	{ "matrix", "{homeserver: 'http://x', room_id: r}", "one of access_token or access_token_file must be configured", "" },
	{ "matrix", "{homeserver: 'http://x', room_id: r, access_token: t, msgtype: x}", "unknown msgtype in matrix_config", "" },
	{ "gotify", "{token: t}", "missing url in gotify_config", "" },
	{ "gotify", "{url: 'http://x'}", "one of token or token_file must be configured", "" },
	{ "signal", "{number: n, recipients: [r]}", "missing url in signal_config", "" },
	{ "signal", "{url: 'http://x', recipients: [r]}", "missing number in signal_config", "" },
	{ "signal", "{url: 'http://x', number: n}", "missing recipients in signal_config", "" },
	{ "signal", "{url: 'http://x', number: n, recipients: [r], text_mode: x}", "unknown text_mode in signal_config", "" },
	{ "googlechat", "{}", "one of webhook_url or webhook_url_file must be configured", "" },
	{ "zulip", "{email: b, api_key: k, channel: c}", "missing url in zulip_config", "" },
	{ "zulip", "{url: 'http://x', api_key: k, channel: c}", "missing email in zulip_config", "" },
	{ "zulip", "{url: 'http://x', email: b, api_key: k}", "one of channel or to must be configured", "" },
	{ "zulip", "{url: 'http://x', email: b, api_key: k, channel: c, to: [p]}", "one of channel or to must be configured", "" },
	{ "zulip", "{url: 'http://x', email: b, channel: c}", "one of api_key or api_key_file must be configured", "" },
};

static struct bench *
new_bench(void)
{
	return bench_new(STR("config: |\n  route: {receiver: r}\n  receivers: [{name: r, webhook_configs: "
	    "[{url: 'http://x/'}]}]\nalerts:\n  - {labels: {alertname: A}}\n"), NULL);
}

static bool
load(struct bench *b, const char *kind, const char *settings, const char *global, struct err *e)
{
	struct str yaml = arena_printf(b->arena, "global: {%s}\nroute: {receiver: r}\nreceivers:\n"
	    "  - {name: r, %s_configs: [%s]}\n", global, kind, settings);

	config_unref(b->config);
	b->config = NULL;
	return bench_config(b, yaml, e);
}

START_TEST(mistakes_are_refused_in_the_usual_words)
{
	struct bench *b = new_bench();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		bool ok = load(b, cases[i].kind, cases[i].settings, cases[i].global, &e);

		if (cases[i].phrase == NULL || str_is(str_from(cases[i].phrase), "-"))
			ck_assert_msg(ok, "%s %s: %s", cases[i].kind, cases[i].settings, e.text);
		else
			ck_assert_msg(!ok && strstr(e.text, cases[i].phrase) != NULL, "%s %s: %s", cases[i].kind,
			    cases[i].settings, ok ? "accepted" : e.text);
	}
	bench_free(b);
}
END_TEST

/* Users begin with them. */
START_TEST(examples_load)
{
	static const char *const files[] = { "/contrib/messengers.yml", "/contrib/gateways.yml" };
	struct bench *b = new_bench();
	FILE *f = fopen(arena_printf(b->arena, TEST_SOURCE_DIR "%s", files[_i]).p, "re");
	struct err e = { 0 };
	char text[10000];
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	config_unref(b->config);
	b->config = NULL;
	ck_assert_msg(bench_config(b, (struct str){ text, n }, &e), "%s", e.text);
	bench_free(b);
}
END_TEST

/* The dump of a configuration is one again: the API shows it and amtool reads it. */
START_TEST(dumps_can_be_loaded)
{
	struct bench *b = new_bench();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e = { 0 };
		struct str dump;

		if (cases[i].phrase != NULL)
			continue;
		ck_assert(load(b, cases[i].kind, cases[i].settings, cases[i].global, &e));
		dump = arena_str(b->arena, b->config->original);
		config_unref(b->config);
		b->config = NULL;
		ck_assert_msg(bench_config(b, dump, &e), "%s\n%.*s", e.text, STR_ARG(dump));
	}
	bench_free(b);
}
END_TEST

/* Sections and values that are pointers in Alertmanager are dumped when they were written, also when empty; empty maps are not. */
START_TEST(empty_sections_are_dumped_as_in_alertmanager)
{
	static const struct {
		const char *kind, *settings, *there, *absent;
	} dumps[] = {
		{ "mattermost", "{webhook_url: 'http://x', props: {}, priority: {}}", "    props: {}\n    priority: {}\n", "-" },
		{ "mattermost", "{webhook_url: 'http://x', props: null}", "webhook_url", "props" },
		{ "jira", "{api_url: 'http://x', project: p, issue_type: t, fields: {}}", "issue_type", "fields" },
		{ "rocketchat", "{token: '', token_id: i}", "    token_id: <secret>\n    token: null\n", "-" },
	};
	struct bench *b = new_bench();

	for (size_t i = 0; i < ARRAY_LEN(dumps); i++) {
		struct str dump, own;
		struct err e = { 0 };

		ck_assert_msg(load(b, dumps[i].kind, dumps[i].settings, "", &e), "%s", e.text);
		dump = b->config->original;
		own = str_sub(dump, str_find(dump, STR("_configs:")), str_find(dump, STR("templates:")));
		ck_assert_msg(str_find(own, str_from(dumps[i].there)) < own.n, "%.*s", STR_ARG(dump));
		ck_assert_msg(dumps[i].absent[0] == '-' || str_find(own, str_from(dumps[i].absent)) == own.n, "%.*s",
		    STR_ARG(dump));
		config_unref(b->config);
		b->config = NULL;
	}
	bench_free(b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, mistakes_are_refused_in_the_usual_words);
	tcase_add_loop_test(tc, examples_load, 0, 2);
	tcase_add_test(tc, dumps_can_be_loaded);
	tcase_add_test(tc, empty_sections_are_dumped_as_in_alertmanager);
}

int
main(void)
{
	return run_suite("notify settings", add);
}
