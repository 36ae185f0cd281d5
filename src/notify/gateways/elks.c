/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elks.c - 46elks. Source: 46elks.com/docs. Errors are lines of text.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
elks_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	struct gateway_form f = { 0 };

	gateway_form_add(&f, "from", m->from);
	gateway_form_add(&f, "to", m->to);
	gateway_form_add(&f, "message", m->text);
	gateway_form_add_opt(&f, "whendelivered", m->report_url);
	if (!gateway_post_form(a, &f, gateway_url(a->arena, m->url, "/a1/sms"), out, e))
		return false;
	gateway_basic(a, out, m->gateway->username, m->password);
	return true;
}

static enum gateway_word
elks_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc;

	(void)g;
	if (r->status != 200)
		return gateway_by_status(r);
	doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	out->id = arena_str(a, json_small_str(doc, "id", STR_NONE));
	json_small_free(&doc);
	return out->id.n > 0 ? GATEWAY_ACCEPTED : GATEWAY_REFUSED;
}

static const struct gateway_tells elks_tells = {
	.id = "id",
	.status = "status",
	.delivered = "delivered",
	.failed = "failed",
	.from = "from",
	.text = "message",
	.back = BACK_TEXT,
};

const struct gateway_preset gateway_elks = {
	.name = "46elks",
	.wants = G_USERNAME | G_PASSWORD,
	.takes = G_URL | G_FROM | G_REPORTS | G_REPLIES,
	.url = "https://api.46elks.com",
	.numbers = NUMBER_PLUS,
	.request = elks_request,
	.judge = elks_judge,
	.tells = &elks_tells,
};
