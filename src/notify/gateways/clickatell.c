/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clickatell.c - Clickatell's platform, which says for each message whether it was accepted. Source: clickatell-php.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
clickatell_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	int64_t minutes = gateway_validity(m->gateway, SPAN_MIN, 1, 4320);
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_key(&j.w, STR("to"));
	json_array_begin(&j.w);
	json_str(&j.w, m->to);
	json_array_end(&j.w);
	json_put_str(&j.w, "content", m->text);
	json_put_opt(&j.w, "from", m->from);
	json_put_str(&j.w, "charset", STR("UTF-8"));
	json_put_str(&j.w, "clientMessageId", m->reference);
	if (minutes > 0) {
		json_key(&j.w, STR("validityPeriod"));
		json_int(&j.w, minutes);
	}
	json_object_end(&j.w);
	if (!gateway_post_json(a, &j, gateway_url(a->arena, m->url, "/messages"), out, e))
		return false;
	gateway_authorization(a, out, "", m->token);
	return true;
}

/* The first that is a text. */
static struct str
error_text(struct json_t *message, struct json_t *doc)
{
	static const char *const names[] = { "errorDescription", "error" };
	struct json_t *const from[] = { message, doc };
	struct str text = STR_NONE;

	for (size_t i = 0; i < ARRAY_LEN(from); i++)
		for (size_t k = 0; k < ARRAY_LEN(names) && text.n == 0; k++)
			text = json_small_str(from[i], names[k], STR_NONE);
	return text;
}

static enum gateway_word
clickatell_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	struct json_t *message = json_small_at(json_small_get(doc, "messages"), 0);
	bool ok = r->status / 100 == 2 && json_small_bool(message, "accepted", false);

	(void)g;
	if (ok)
		out->id = arena_str(a, json_small_str(message, "apiMessageId", STR_NONE));
	else
		out->why = arena_str(a, error_text(message, doc));
	json_small_free(&doc);
	return ok ? GATEWAY_ACCEPTED : gateway_by_status(r);
}

static const struct gateway_tells clickatell_tells = {
	.id = "messageId",
	.status = "status",
	.error = "statusDescription",
	.delivered = "RECEIVED_BY_RECIPIENT",
	.failed = "DELIVERY_FAILURE ERROR_DELIVERING_MESSAGE MESSAGE_EXPIRED EXPIRED ROUTING_ERROR USER_CANCELLED_MESSAGE REJECTED",
	.from = "fromNumber",
	.text = "text",
};

const struct gateway_preset gateway_clickatell = {
	.name = "clickatell",
	.wants = G_TOKEN,
	.takes = G_URL | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.url = "https://platform.clickatell.com",
	.numbers = NUMBER_PLAIN,
	.request = clickatell_request,
	.judge = clickatell_judge,
	.tells = &clickatell_tells,
};
