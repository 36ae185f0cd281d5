/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plivo.c - Plivo's Message API. Source: plivo-go 7.60, docs.plivo.com. `log` is off: texts and numbers are nobody else's.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
plivo_check(const struct gateway *g, struct err *e)
{
	return (g->from.n > 0) + (g->service.n > 0) < 2 ||
	    err_set(e, ERR_INVALID, "at most one of from & service must be configured");
}

static bool
plivo_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	int64_t expiry = gateway_validity(g, SPAN_S, 5, 10800);
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	if (g->service.n > 0)
		json_put_str(&j.w, "powerpack_uuid", g->service);
	else
		json_put_opt(&j.w, "src", m->from);
	json_put_str(&j.w, "dst", m->to);
	json_put_str(&j.w, "text", m->text);
	json_put_str(&j.w, "type", STR("sms"));
	json_key(&j.w, STR("log"));
	json_bool(&j.w, false);
	if (expiry > 0) {
		json_key(&j.w, STR("message_expiry"));
		json_int(&j.w, expiry);
	}
	if (m->report_url.n > 0) {
		json_put_str(&j.w, "url", m->report_url);
		json_put_str(&j.w, "method", STR("POST"));
	}
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, m->url, "/v1/Account/%.*s/Message/", STR_ARG(g->username)), out,
	    e))
		return false;
	gateway_basic(a, out, g->username, m->password);
	return true;
}

static enum gateway_word
plivo_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	struct str id = json_small_text(json_small_at(json_small_get(doc, "message_uuid"), 0), STR_NONE);
	bool ok = r->status / 100 == 2 && id.n > 0;

	(void)g;
	if (ok)
		out->id = arena_str(a, id);
	out->why = arena_str(a, json_small_str(doc, "error", STR_NONE));
	/* 202: it is queued, unless the number was none. */
	ok |= r->status == 202 && out->why.n == 0 && json_small_get(doc, "invalid_number") == NULL;
	json_small_free(&doc);
	return ok ? GATEWAY_ACCEPTED : gateway_by_status(r);
}

static const struct gateway_tells plivo_tells = {
	.id = "MessageUUID",
	.status = "Status",
	.error = "ErrorCode",
	.delivered = "delivered",
	.failed = "failed undelivered rejected",
	.from = "From",
	.text = "Text",
	.back = BACK_PLIVO,
	/* The signature is of that, and not of the body. */
	.once = "X-Plivo-Signature-V2-Nonce",
};

const struct gateway_preset gateway_plivo = {
	.name = "plivo",
	.wants = G_USERNAME | G_PASSWORD,
	.takes = G_URL | G_SERVICE | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.url = "https://api.plivo.com",
	.numbers = NUMBER_PLAIN,
	.signs = SIGNS_BY_PASSWORD,
	.check = plivo_check,
	.request = plivo_request,
	.judge = plivo_judge,
	.tells = &plivo_tells,
	.proven = told_by_plivo,
};
