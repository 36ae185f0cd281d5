/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sinch.c - Sinch's SMS API (XMS). Source: sinch-sdk-python, developers.sinch.com.
 */
#include "base/rfc3339.h"
#include "gateway.h"
#include "text/json_small.h"

static struct str
expiry(struct attempt *a, span validity)
{
	struct wall at = wall_add(wall_utc(a->now.wall), validity);
	char text[RFC3339_MAX];

	rfc3339_format(at, text);
	return arena_str(a->arena, str_from(text));
}

static bool
sinch_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	struct str base = m->url;
	struct http_json j;

	if (base.n == 0)
		base = arena_printf(a->arena, "https://%.*s.sms.api.sinch.com", STR_ARG(g->region.n > 0 ? g->region : STR("us")));
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_opt(&j.w, "from", m->from);
	json_key(&j.w, STR("to"));
	json_array_begin(&j.w);
	json_str(&j.w, m->to);
	json_array_end(&j.w);
	json_put_str(&j.w, "body", m->text);
	json_put_str(&j.w, "type", STR("mt_text"));
	json_put_str(&j.w, "client_reference", m->reference);
	if (g->validity > 0)
		json_put_str(&j.w, "expire_at", expiry(a, g->validity));
	json_put_str(&j.w, "delivery_report", m->report_url.n > 0 ? STR("per_recipient") : STR("none"));
	json_put_opt(&j.w, "callback_url", m->report_url);
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, base, "/xms/v1/%.*s/batches", STR_ARG(g->account)), out, e))
		return false;
	gateway_authorization(a, out, "Bearer", m->token);
	return true;
}

static enum gateway_word
sinch_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	bool ok = r->status / 100 == 2;

	(void)g;
	out->id = ok ? arena_str(a, json_small_str(doc, "id", STR_NONE)) : STR_NONE;
	out->why = arena_str(a, json_small_str(doc, "text", STR_NONE));
	json_small_free(&doc);
	/* 201: the batch was made. */
	return ok && (out->id.n > 0 || r->status == 201) ? GATEWAY_ACCEPTED : gateway_by_status(r);
}

static const struct gateway_tells sinch_tells = {
	.id = "batch_id",
	.status = "status statuses.0.status",
	.error = "code statuses.0.code",
	.delivered = "Delivered",
	.failed = "Aborted Cancelled Rejected Deleted Failed Expired",
	.from = "from",
	.text = "body",
};

const struct gateway_preset gateway_sinch = {
	.name = "sinch",
	.wants = G_ACCOUNT | G_TOKEN,
	.takes = G_URL | G_REGION | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.numbers = NUMBER_PLAIN,
	.request = sinch_request,
	.judge = sinch_judge,
	.tells = &sinch_tells,
};
