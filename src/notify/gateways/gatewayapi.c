/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gatewayapi.c - GatewayAPI's REST interface. Source: gatewayapi.com/docs. `region: eu` is its European system.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
gatewayapi_check(const struct gateway *g, struct err *e)
{
	return g->region.n == 0 || str_is(g->region, "eu") ||
	    err_set(e, ERR_INVALID, "unknown region \"%.*s\" of preset gatewayapi, must be eu", STR_ARG(g->region));
}

static bool
gatewayapi_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	int64_t validity = gateway_validity(g, SPAN_S, 60, 5 * 86400);
	struct str base = m->url;
	struct http_json j;

	if (base.n == 0)
		base = g->region.n > 0 ? STR("https://gatewayapi.eu") : STR("https://gatewayapi.com");
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_opt(&j.w, "sender", m->from);
	json_put_str(&j.w, "message", m->text);
	json_key(&j.w, STR("recipients"));
	json_array_begin(&j.w);
	json_object_begin(&j.w);
	json_put_str(&j.w, "msisdn", m->to);
	json_object_end(&j.w);
	json_array_end(&j.w);
	json_put_str(&j.w, "encoding", m->unicode ? STR("UCS2") : STR("GSM7"));
	json_put_str(&j.w, "userref", m->reference);
	if (validity > 0) {
		json_key(&j.w, STR("validity_period"));
		json_int(&j.w, validity);
	}
	json_put_opt(&j.w, "callback_url", m->report_url);
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, base, "/rest/mtsms"), out, e))
		return false;
	gateway_authorization(a, out, "Token", m->token);
	return true;
}

static enum gateway_word
gatewayapi_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL), *ids = json_small_get(doc, "ids");
	bool ok = r->status == 200 && json_small_count(ids) > 0;
	int64_t id = json_small_whole(json_small_at(ids, 0), 0);

	(void)g;
	if (ok && id > 0)
		out->id = arena_printf(a, "%lld", (long long)id);
	if (!ok)
		out->why = arena_str(a, json_small_str(doc, "message", STR_NONE));
	json_small_free(&doc);
	return ok ? GATEWAY_ACCEPTED : gateway_by_status(r);
}

static const struct gateway_tells gatewayapi_tells = {
	.id = "id event.msg_id",
	.status = "status event.status",
	.error = "error event.error",
	.delivered = "DELIVERED",
	.failed = "EXPIRED DELETED UNDELIVERABLE REJECTED SKIPPED",
	.from = "msisdn",
	.text = "message",
};

const struct gateway_preset gateway_gatewayapi = {
	.name = "gatewayapi",
	.wants = G_TOKEN,
	.takes = G_URL | G_REGION | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.numbers = NUMBER_PLAIN,
	.check = gatewayapi_check,
	.request = gatewayapi_request,
	.judge = gatewayapi_judge,
	.tells = &gatewayapi_tells,
};
