/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smseagle.c - SMSEagle's hardware by JSON-RPC, which answers 200 to all it understands. Source: smseagle.eu. An old one
 * wants `url: https://box/index.php`.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
smseagle_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "method", STR("sms.send_sms"));
	json_key(&j.w, STR("params"));
	json_object_begin(&j.w);
	json_put_str(&j.w, "access_token", m->token);
	json_put_str(&j.w, "to", m->to);
	json_put_str(&j.w, "message", m->text);
	json_put_str(&j.w, "highpriority", STR("1"));
	json_put_str(&j.w, "unicode", m->unicode ? STR("1") : STR("0"));
	json_put_str(&j.w, "responsetype", STR("extended"));
	json_object_end(&j.w);
	json_object_end(&j.w);
	return gateway_post_json(a, &j, gateway_url(a->arena, m->url, "/jsonrpc/sms"), out, e);
}

static enum gateway_word
smseagle_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc, *result, *one;
	bool ok;

	(void)g;
	if (r->status != 200)
		return gateway_by_status(r);
	doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	result = json_small_get(doc, "result");
	one = json_small_is_object(result) ? result : json_small_at(result, 0);
	ok = str_is(json_small_str(one, "status", STR_NONE), "ok");
	if (ok)
		out->id = arena_str(a, json_small_str(one, "message_id", STR_NONE));
	else
		out->why = arena_str(a, json_small_str(one, "error_text", json_small_text(result, STR_NONE)));
	json_small_free(&doc);
	return ok ? GATEWAY_ACCEPTED : GATEWAY_REFUSED;
}

static const struct gateway_tells smseagle_tells = {
	.from = "sender",
	.text = "text",
};

const struct gateway_preset gateway_smseagle = {
	.name = "smseagle",
	.wants = G_URL | G_TOKEN,
	.takes = G_REPLIES,
	.numbers = NUMBER_AS_IT_IS,
	.segments_max = 7,	/* 1200 characters */
	.request = smseagle_request,
	.judge = smseagle_judge,
	.tells = &smseagle_tells,
};
