/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bird.c - Bird's channels API. Source: docs.bird.com. The sender is the channel's.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
bird_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_key(&j.w, STR("receiver"));
	json_object_begin(&j.w);
	json_key(&j.w, STR("contacts"));
	json_array_begin(&j.w);
	json_object_begin(&j.w);
	json_put_str(&j.w, "identifierValue", m->to);
	json_put_str(&j.w, "identifierKey", STR("phonenumber"));
	json_object_end(&j.w);
	json_array_end(&j.w);
	json_object_end(&j.w);
	json_key(&j.w, STR("body"));
	json_object_begin(&j.w);
	json_put_str(&j.w, "type", STR("text"));
	json_key(&j.w, STR("text"));
	json_object_begin(&j.w);
	json_put_str(&j.w, "text", m->text);
	json_object_end(&j.w);
	json_object_end(&j.w);
	json_put_str(&j.w, "reference", m->reference);
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, m->url, "/workspaces/%.*s/channels/%.*s/messages",
	    STR_ARG(g->account), STR_ARG(g->service)), out, e))
		return false;
	gateway_authorization(a, out, "AccessKey", m->token);
	return true;
}

static enum gateway_word
bird_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	bool ok = r->status / 100 == 2;

	(void)g;
	out->id = ok ? arena_str(a, json_small_str(doc, "id", STR_NONE)) : STR_NONE;
	out->why = arena_str(a, json_small_str(doc, "message", STR_NONE));
	json_small_free(&doc);
	/* 202: it is accepted. */
	return ok && (out->id.n > 0 || r->status == 202) ? GATEWAY_ACCEPTED : gateway_by_status(r);
}

static const struct gateway_tells bird_tells = {
	.id = "payload.id id",
	.status = "payload.status status",
	.error = "payload.failure.description payload.reason",
	.delivered = "delivered",
	.failed = "delivery_failed sending_failed rejected failed expired",
	.from = "payload.sender.contact.identifierValue",
	.text = "payload.body.text.text",
};

const struct gateway_preset gateway_bird = {
	.name = "bird",
	.wants = G_TOKEN | G_ACCOUNT | G_SERVICE,
	.takes = G_URL | G_REPORTS | G_REPLIES,
	.url = "https://api.bird.com",
	.numbers = NUMBER_PLUS,
	.signs = SIGNS_BY_SECRET,
	.request = bird_request,
	.judge = bird_judge,
	.tells = &bird_tells,
	.proven = told_by_bird,
};
