/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of receivers, to every kind: the first byte chooses the kind, the
 * next the status, the rest is the body. A conversation goes on with the same
 * answer for a few rounds.
 */
#include <stdlib.h>

#include "base/embedded.h"
#include "base/rand.h"
#include "notify/notifier.h"

static const char yaml[] =
    "route: {receiver: r}\n"
    "receivers:\n"
    "  - name: r\n"
    "    webhook_configs: [{url: 'http://x/'}]\n"
    "    email_configs: [{to: 'a@b', from: 'c@d', smarthost: 'h:25', html: x}]\n"
    "    pagerduty_configs: [{routing_key: k}, {service_key: k}]\n"
    "    opsgenie_configs: [{api_key: k, update_alerts: true}]\n"
    "    wechat_configs: [{api_secret: s, corp_id: c}]\n"
    "    slack_configs: [{api_url: 'http://x/'}]\n"
    "    sns_configs: [{sigv4: {region: r, access_key: a, secret_key: s, role_arn: x}, topic_arn: t}]\n"
    "    telegram_configs: [{bot_token: t, chat_id: 1, parse_mode: ''}]\n"
    "    jira_configs: [{api_url: 'http://x/', project: p, issue_type: t, reopen_transition: r}]\n"
    "    incidentio_configs: [{url: 'http://x/', alert_source_token: t}]\n"
    "    rocketchat_configs: [{token: t, token_id: i}]\n"
    "    sms_configs: [{url: 'http://x/', to: ['1', '2'], body: '{}', success_body: ok, retry_body: a+b},"
    " {provider: kannel, url: 'http://x/', username: u, password: p, to: ['1', '2']},"
    " {gateways: [twilio, vonage, messagebird, plivo, infobip, sinch, clickatell, smseagle], to: ['+12345678']},"
    " {gateways: [sns, gatewayapi, elks, teltonika, http], to: ['+12345678', '9']}]\n"
    "gateways:\n"
    "  - {name: twilio, preset: twilio, account: a, password: p, from: f}\n"
    "  - {name: vonage, preset: vonage, username: u, password: p}\n"
    "  - {name: messagebird, preset: messagebird, token: t}\n"
    "  - {name: plivo, preset: plivo, username: u, password: p}\n"
    "  - {name: infobip, preset: infobip, token: t, url: 'http://x'}\n"
    "  - {name: sinch, preset: sinch, token: t, account: a}\n"
    "  - {name: clickatell, preset: clickatell, token: t}\n"
    "  - {name: smseagle, preset: smseagle, token: t, url: 'http://x'}\n"
    "  - {name: sns, preset: sns, region: r, username: u, password: p}\n"
    "  - {name: gatewayapi, preset: gatewayapi, token: t}\n"
    "  - {name: elks, preset: 46elks, username: u, password: p}\n"
    "  - {name: teltonika, preset: teltonika, username: u, password: p, url: 'http://x'}\n"
    "  - {name: http, preset: http, url: 'http://x', hear: {reports: true, secret: t, id: a.0.b, status: s, delivered: ['1']}}\n";

static struct config *config;
static struct alert *alert;

static bool
no_file(void *arg, const char *path, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	(void)a;
	(void)out;
	return err_set(e, ERR_IO, "open %s", path);
}

static void
set_up(void)
{
	struct config_env env = { .kinds = notifier_kinds(), .builtin_templates = embedded_templates };
	struct label_pair label = { STR("alertname"), STR("A") };
	struct alert_draft draft = { .labels = &label, .labels_n = 1 };
	struct wall now = { .s = 1795320000 };
	bool firing;

	if (!config_load(str_from(yaml), "x.yml", &env, &config, NULL))
		abort();
	alert = alert_make(&draft, SPAN_HOUR, NAMING_UTF8, now, &firing, NULL);
}

static void
converse(const struct integration *in, int status, struct str body)
{
	struct notify_env env = { .read_file = no_file, .user_agent = STR("a"), .external_url = STR("http://a") };
	struct noted_alert noted = { .alert = alert };
	struct notification n = {
		.config = config,
		.route = config->route,
		.receiver = config->route->receiver,
		.integration = in,
		.alerts = &noted,
		.alerts_n = 1,
		.group_labels = labels_empty(),
		.arena = arena_new(),
	};
	struct rand rand;
	struct attempt a = { .env = &env, .n = &n, .settings = in->settings, .arena = arena_new(), .rand = &rand };
	struct response r = { .status = status, .body = body, .content_type = STR("application/json"),
		.smtp_code = status };
	struct request req;
	struct err e = { 0 };
	enum step step;

	rand_seed(&rand, 1);
	step = notify_start(&a, &req, &e);
	for (int i = 0; step == STEP_SEND && i < 6; i++) {
		r.kind = req.kind;
		r.about = req.about;
		step = notify_resume(&a, &r, &req, &e);
	}
	arena_free(&a.arena);
	arena_free(&n.arena);
	labels_unref(n.group_labels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 200, 202, 400, 403, 429, 500 };
	const struct receiver *receiver;

	if (config == NULL)
		set_up();
	receiver = config->route->receiver;
	if (size < 2)
		return 0;
	converse(&receiver->integrations[data[0] % receiver->n], statuses[data[1] % ARRAY_LEN(statuses)],
	    (struct str){ (const char *)data + 2, size - 2 });
	return 0;
}
