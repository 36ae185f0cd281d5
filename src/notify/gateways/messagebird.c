/* SPDX-License-Identifier: Apache-2.0 */
/*
 * messagebird.c - MessageBird's REST API. Source: messagebird/go-rest-api v9. Reports come only where `reference` is set.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
messagebird_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	int64_t validity = gateway_validity(m->gateway, SPAN_S, 1, 604800);
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "originator", m->from);
	json_key(&j.w, STR("recipients"));
	json_array_begin(&j.w);
	json_str(&j.w, m->to);
	json_array_end(&j.w);
	json_put_str(&j.w, "body", m->text);
	json_put_str(&j.w, "datacoding", m->unicode ? STR("unicode") : STR("plain"));
	json_put_str(&j.w, "reference", m->reference);
	if (validity > 0) {
		json_key(&j.w, STR("validity"));
		json_int(&j.w, validity);
	}
	json_put_opt(&j.w, "reportUrl", m->report_url);
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, m->url, "/messages"), out, e))
		return false;
	gateway_authorization(a, out, "AccessKey", m->token);
	return true;
}

static struct str
state_of(struct json_t *doc)
{
	struct json_t *items = json_small_get(json_small_get(doc, "recipients"), "items");

	return json_small_str(json_small_at(items, 0), "status", STR_NONE);
}

static bool
is_under_way(struct str status)
{
	return str_is(status, "sent") || str_is(status, "buffered") || str_is(status, "scheduled") ||
	    str_is(status, "delivered");
}

static enum gateway_word
messagebird_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	struct json_t *error = json_small_at(json_small_get(doc, "errors"), 0);
	struct str state = state_of(doc);
	enum gateway_word word = gateway_by_status(r);

	(void)g;
	out->id = arena_str(a, json_small_str(doc, "id", STR_NONE));
	out->why = arena_str(a, json_small_str(error, "description", STR_NONE));
	/* 201 and 202: the message was made, unless it says otherwise. */
	if ((r->status / 100 == 2 && out->id.n > 0 && is_under_way(state)) ||
	    ((r->status == 201 || r->status == 202) && state.n == 0 && error == NULL))
		word = GATEWAY_ACCEPTED;
	json_small_free(&doc);
	return word;
}

static const struct gateway_tells messagebird_tells = {
	.id = "id",
	.status = "status",
	.error = "statusReason",
	.delivered = "delivered",
	.failed = "expired delivery_failed",
	.from = "originator",
	.text = "body payload",
};

const struct gateway_preset gateway_messagebird = {
	.name = "messagebird",
	.wants = G_TOKEN,
	.takes = G_URL | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.url = "https://rest.messagebird.com",
	.numbers = NUMBER_PLAIN,
	.signs = SIGNS_BY_SECRET,
	.segments_max = 9,	/* 1377 characters */
	.request = messagebird_request,
	.judge = messagebird_judge,
	.tells = &messagebird_tells,
	.proven = told_by_messagebird,
};
