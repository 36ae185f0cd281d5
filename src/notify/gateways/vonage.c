/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vonage.c - Vonage's (Nexmo's) SMS API, which answers 200 whatever happened. Source: vonage-python-sdk, developer.vonage.com.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
vonage_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	struct gateway_form f = { 0 };
	int64_t ttl = gateway_validity(g, SPAN_MS, 20000, 604800000);

	gateway_form_add_opt(&f, "from", m->from);
	gateway_form_add(&f, "to", m->to);
	gateway_form_add(&f, "text", m->text);
	gateway_form_add(&f, "type", m->unicode ? STR("unicode") : STR("text"));
	gateway_form_add(&f, "client-ref", m->reference);
	if (ttl > 0)
		gateway_form_add(&f, "ttl", arena_printf(a->arena, "%lld", (long long)ttl));
	if (m->report_url.n > 0) {
		gateway_form_add(&f, "status-report-req", STR("1"));
		gateway_form_add(&f, "callback", m->report_url);
	}
	if (!gateway_post_form(a, &f, gateway_url(a->arena, m->url, "/sms/json"), out, e))
		return false;
	gateway_basic(a, out, g->username, m->password);
	return true;
}

/* Throttled, an error of theirs, too many binds. */
static bool
is_passing(struct str status)
{
	return str_is(status, "1") || str_is(status, "5") || str_is(status, "10");
}

/* An entry for each part; when some went, the whole is not sent again. */
static enum gateway_word
judge_parts(struct arena *a, struct json_t *parts, struct gateway_answer *out)
{
	size_t n = json_small_count(parts), sent = 0;
	bool passing = n > 0;

	for (size_t i = 0; i < n; i++) {
		struct json_t *part = json_small_at(parts, i);
		struct str status = json_small_str(part, "status", STR_NONE);

		if (str_is(status, "0")) {
			sent++;
			if (out->id.n == 0)
				out->id = arena_str(a, json_small_str(part, "message-id", STR_NONE));
			continue;
		}
		passing = passing && is_passing(status);
		out->why = arena_printf(a, "status %.*s: %.*s", STR_ARG(status),
		    STR_ARG(json_small_str(part, "error-text", STR_NONE)));
	}
	if (n > 0 && sent == n)
		return GATEWAY_ACCEPTED;
	return passing && sent == 0 ? GATEWAY_LATER : GATEWAY_REFUSED;
}

static enum gateway_word
vonage_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc;
	enum gateway_word word;

	(void)g;
	if (r->status != 200)
		return gateway_by_status(r);
	doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	word = judge_parts(a, json_small_get(doc, "messages"), out);
	json_small_free(&doc);
	return word;
}

static const struct gateway_tells vonage_tells = {
	.id = "messageId",
	.status = "status",
	.error = "err-code",
	.delivered = "delivered",
	.failed = "expired failed rejected",
	.from = "msisdn",
	.text = "text",
};

const struct gateway_preset gateway_vonage = {
	.name = "vonage",
	.wants = G_USERNAME | G_PASSWORD,
	.takes = G_URL | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.url = "https://rest.nexmo.com",
	.numbers = NUMBER_PLAIN,
	.signs = SIGNS_BY_SECRET,
	.request = vonage_request,
	.judge = vonage_judge,
	.tells = &vonage_tells,
	.proven = told_by_vonage,
};
