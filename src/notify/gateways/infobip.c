/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infobip.c - Infobip's SMS API v3, where the message's id may be ours. Source: infobip-api-python-client, infobip.com/docs.
 */
#include "gateway.h"
#include "text/json_small.h"

static void
put_validity(struct json_writer *w, int64_t minutes)
{
	json_key(w, STR("options"));
	json_object_begin(w);
	json_key(w, STR("validityPeriod"));
	json_object_begin(w);
	json_key(w, STR("amount"));
	json_int(w, minutes);
	json_put_str(w, "timeUnit", STR("MINUTES"));
	json_object_end(w);
	json_object_end(w);
}

static void
put_webhook(struct json_writer *w, struct str url)
{
	json_key(w, STR("webhooks"));
	json_object_begin(w);
	json_key(w, STR("delivery"));
	json_object_begin(w);
	json_put_str(w, "url", url);
	json_key(w, STR("notify"));
	json_bool(w, true);
	json_object_end(w);
	json_put_str(w, "contentType", STR("application/json"));
	json_object_end(w);
}

static bool
infobip_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	int64_t minutes = gateway_validity(m->gateway, SPAN_MIN, 1, 2880);
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_key(&j.w, STR("messages"));
	json_array_begin(&j.w);
	json_object_begin(&j.w);
	json_put_opt(&j.w, "sender", m->from);
	json_key(&j.w, STR("destinations"));
	json_array_begin(&j.w);
	json_object_begin(&j.w);
	json_put_str(&j.w, "to", m->to);
	json_put_str(&j.w, "messageId", m->reference);
	json_object_end(&j.w);
	json_array_end(&j.w);
	json_key(&j.w, STR("content"));
	json_object_begin(&j.w);
	json_put_str(&j.w, "text", m->text);
	json_object_end(&j.w);
	if (minutes > 0)
		put_validity(&j.w, minutes);
	if (m->report_url.n > 0)
		put_webhook(&j.w, m->report_url);
	json_object_end(&j.w);
	json_array_end(&j.w);
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, m->url, "/sms/3/messages"), out, e))
		return false;
	gateway_authorization(a, out, "App", m->token);
	return true;
}

/* As version 3 writes it, or version 2. */
static struct str
error_text(struct json_t *doc)
{
	struct json_t *old = json_small_get(json_small_get(doc, "requestError"), "serviceException");
	struct str text = json_small_str(doc, "description", STR_NONE);

	return text.n > 0 ? text : json_small_str(old, "text", STR_NONE);
}

static enum gateway_word
infobip_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	struct json_t *message = json_small_at(json_small_get(doc, "messages"), 0), *status = json_small_get(message, "status");
	struct str group = json_small_str(status, "groupName", STR_NONE);
	enum gateway_word word = gateway_by_status(r);

	(void)g;
	if (r->status != 200) {
		out->why = arena_str(a, error_text(doc));
	} else if (str_is(group, "PENDING") || str_is(group, "ACCEPTED") || str_is(group, "DELIVERED") || str_is(group, "OK")) {
		out->id = arena_str(a, json_small_str(message, "messageId", STR_NONE));
		word = GATEWAY_ACCEPTED;
	} else {
		out->why = arena_printf(a, "%.*s: %.*s", STR_ARG(group),
		    STR_ARG(json_small_str(status, "description", STR_NONE)));
	}
	json_small_free(&doc);
	return word;
}

static const struct gateway_tells infobip_tells = {
	.list = "results",
	.id = "messageId",
	.status = "status.groupName",
	.error = "error.description",
	.delivered = "DELIVERED",
	.failed = "UNDELIVERABLE EXPIRED REJECTED",
	.from = "from",
	.text = "text cleanText",
};

const struct gateway_preset gateway_infobip = {
	.name = "infobip",
	.wants = G_URL | G_TOKEN,
	.takes = G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.numbers = NUMBER_PLAIN,
	.request = infobip_request,
	.judge = infobip_judge,
	.tells = &infobip_tells,
};
