/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twilio.c - Programmable Messaging. Source: twilio-oai, twilio_api_v2010.json.
 */
#include "gateway.h"
#include "text/json_small.h"

static bool
twilio_check(const struct gateway *g, struct err *e)
{
	if (g->from.n > 0 && g->service.n > 0)
		return err_set(e, ERR_INVALID, "at most one of from & service must be configured");
	/* An API key's secret is none that Twilio signs with. */
	return g->username.n == 0 || (!g->hear.reports && g->hear.replies.n == 0) || g->hear.secret.n > 0 ||
	    g->hear.secret_file.n > 0 || err_set(e, ERR_INVALID, "missing secret in hear: the account's auth token");
}

static bool
twilio_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	struct gateway_form f = { 0 };
	struct str url = gateway_url(a->arena, m->url, "/2010-04-01/Accounts/%.*s/Messages.json", STR_ARG(g->account));
	int64_t validity = gateway_validity(g, SPAN_S, 1, 36000);

	if (g->service.n == 0 && m->from.n == 0)
		return err_set(e, ERR_INVALID, "twilio: neither from nor service is set");
	gateway_form_add(&f, "To", m->to);
	if (g->service.n > 0)
		gateway_form_add(&f, "MessagingServiceSid", g->service);
	else
		gateway_form_add(&f, "From", m->from);
	gateway_form_add(&f, "Body", m->text);
	if (validity > 0)
		gateway_form_add(&f, "ValidityPeriod", arena_printf(a->arena, "%lld", (long long)validity));
	gateway_form_add_opt(&f, "StatusCallback", m->report_url);
	if (!gateway_post_form(a, &f, url, out, e))
		return false;
	gateway_basic(a, out, g->username.n > 0 ? g->username : g->account, m->password);
	return true;
}

/* Too many requests, queues that are full. */
static bool
is_passing(int64_t code)
{
	return code == 20429 || code == 14107 || code == 30001;
}

static enum gateway_word
twilio_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct json_t *doc = json_small_parse(r->body, JSON_FIRST_VALUE, NULL);
	bool ok = r->status == 201 || r->status == 200;
	int64_t code = json_small_int(doc, ok ? "error_code" : "code", 0);
	enum gateway_word word = is_passing(code) ? GATEWAY_LATER : gateway_by_status(r);

	(void)g;
	out->id = arena_str(a, json_small_str(doc, "sid", STR_NONE));
	/* 201 is an answer of its own: the message was made. */
	if (code == 0 && (r->status == 201 || (ok && out->id.n > 0)))
		word = GATEWAY_ACCEPTED;
	else if (code != 0)
		out->why = arena_printf(a, "%lld %.*s", (long long)code,
		    STR_ARG(json_small_str(doc, ok ? "error_message" : "message", STR_NONE)));
	json_small_free(&doc);
	return word;
}

static const struct gateway_tells twilio_tells = {
	.id = "MessageSid SmsSid",
	.status = "MessageStatus",
	.error = "ErrorCode",
	.delivered = "delivered read",
	.failed = "undelivered failed canceled",
	.from = "From",
	.text = "Body",
	.back = BACK_TWILIO,
};

const struct gateway_preset gateway_twilio = {
	.name = "twilio",
	.wants = G_ACCOUNT | G_PASSWORD,
	.takes = G_URL | G_USERNAME | G_SERVICE | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.url = "https://api.twilio.com",
	.numbers = NUMBER_PLUS,
	.signs = SIGNS_BY_PASSWORD,
	.check = twilio_check,
	.request = twilio_request,
	.judge = twilio_judge,
	.tells = &twilio_tells,
	.proven = told_by_twilio,
};
