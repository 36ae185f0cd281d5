/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_webhook.c - the notification as JSON, or a structure of the operator's, to any URL.
 */
#include "http.h"
#include "message.h"
#include "payload.h"
#include "settings.h"

struct webhook_settings {
	struct integration_common common;
	struct str url, url_file;
	uint64_t max_alerts;
	span timeout;
	const struct yaml_node *payload;
};

static const struct field webhook_fields[] = {
	COMMON_FIELDS(struct webhook_settings, "true"),
	URL_FIELD(struct webhook_settings, url, .flags = F_SECRET | F_TEMPLATE | F_OMIT_EMPTY,
	    .doc = "Where to POST to."),
	STRING_FIELD(struct webhook_settings, url_file, .flags = F_PATH_CWD, .doc = "File that holds the URL."),
	UINT_FIELD(struct webhook_settings, max_alerts, .fallback = "0",
	    .doc = "How many alerts one message holds at most; 0: any number."),
	GO_DURATION_FIELD(struct webhook_settings, timeout, .fallback = "0s",
	    .doc = "How long one request may take; 0: as long as the notification."),
	ANY_FIELD(struct webhook_settings, payload, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .doc = "What to send instead of the usual body: any structure, its strings are templates."),
	{ 0 },
};

static bool
webhook_check(void *settings, struct arena *a, struct err *e)
{
	const struct webhook_settings *s = settings;

	(void)a;
	return settings_exactly_one(s->url, s->url_file, "url", "url_file", e);
}

static bool
render_payload(struct attempt *a, const struct yaml_node *payload, struct str *out, struct err *e)
{
	struct render r = { .a = a, .e = e };
	const struct json *tree = payload_render(&r, payload);
	struct http_json j;

	if (tree == NULL)
		return err_ctx(e, "failed to render custom payload");
	http_json_begin(&j);
	payload_write(&j.w, tree);
	return http_json_end(&j, a, out, e);
}

static bool
webhook_url(struct attempt *a, struct str *out, struct err *e)
{
	const struct webhook_settings *s = a->settings;
	struct str source;

	if (!render_secret(a, s->url, s->url_file, &source, e))
		return err_ctx(e, "read url_file");
	if (!notify_text(a, source, out, e))
		return err_ctx(e, "failed to template webhook URL");
	if (out->n == 0)
		return err_set(e, ERR_INVALID, "webhook URL is empty after templating");
	return true;
}

static enum step
webhook_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct webhook_settings *s = a->settings;
	struct str url, body;

	a->max_alerts = s->max_alerts;
	if (s->payload != NULL ? !render_payload(a, s->payload, &body, e) : !message_json(a, "4", &body, e))
		return STEP_FAIL;
	if (!webhook_url(a, &url, e))
		return STEP_FAIL;
	http_request(a, out, "POST", url, "application/json", body);
	http_idempotency_key(a, out);
	out->http.timeout = s->timeout;
	out->http.timeout_name = "webhook";
	out->http.secret_url = true;
	return STEP_SEND;
}

const struct notifier notify_webhook = {
	.kind = {
		.name = "webhook",
		.has_http_config = true,
		.settings_size = sizeof(struct webhook_settings),
		.fields = webhook_fields,
		.check = webhook_check,
	},
	.start = webhook_start,
};
