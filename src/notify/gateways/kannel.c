/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kannel.c - the sendsms interface of Kannel's smsbox. Source: Kannel 1.4.5 User's Guide.
 */
#include "gateway.h"
#include "text/url.h"

/* The dlr-mask: arrived, or not, or not taken by the network. */
#define REPORT_MASK "19"

/* Kannel gives no id that its reports would name: they name ours. */
static void
put_report(struct attempt *a, const struct gateway_message *m, struct sbuf *b, bool *first)
{
	bool query = str_chr(m->report_url, '?') < m->report_url.n;

	url_query_add(b, first, STR("dlr-mask"), STR(REPORT_MASK));
	url_query_add(b, first, STR("dlr-url"), arena_printf(a->arena, "%.*s%sid=%.*s&status=%%d&error=%%A",
	    STR_ARG(m->report_url), query ? "&" : "?", STR_ARG(m->reference)));
}

static bool
kannel_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	int64_t minutes = gateway_validity(g, SPAN_MIN, 1, 10080);
	struct sbuf b = SBUF_INIT(1 << 20);
	struct str query, url;
	bool first = true;

	url_query_add(&b, &first, STR("username"), g->username);
	url_query_add(&b, &first, STR("password"), m->password);
	if (m->from.n > 0)
		url_query_add(&b, &first, STR("from"), m->from);
	url_query_add(&b, &first, STR("to"), m->to);
	url_query_add(&b, &first, STR("text"), m->text);
	url_query_add(&b, &first, STR("charset"), STR("utf-8"));
	url_query_add(&b, &first, STR("coding"), m->unicode ? STR("2") : STR("0"));
	if (minutes > 0)
		url_query_add(&b, &first, STR("validity"), arena_printf(a->arena, "%lld", (long long)minutes));
	if (m->report_url.n > 0)
		put_report(a, m, &b, &first);
	if (!gateway_pairs(a, m, &g->query, &b, &first, e)) {
		sbuf_fini(&b);
		return false;
	}
	if (!render_take(a, &b, &query, e) || !gateway_query(a, m->url, query, &url, e))
		return false;
	http_request(a, out, "GET", url, NULL, STR_NONE);
	return true;
}

/* 202 and "0: Accepted for delivery" or "3: Queued for later delivery", then perhaps ": ID". */
static enum gateway_word
kannel_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct str body = str_trim(r->body);

	(void)a;
	(void)g;
	if (r->status == 202 && (str_starts(body, STR("0:")) || str_starts(body, STR("3:")))) {
		struct str words = str_trim(str_sub(body, 2, body.n));
		size_t colon = str_chr(words, ':');

		out->id = str_trim(str_sub(words, colon + 1, words.n));
		return GATEWAY_ACCEPTED;
	}
	return r->status / 100 == 5 || r->status == 429 ? GATEWAY_LATER : GATEWAY_REFUSED;
}

static const struct gateway_tells kannel_tells = {
	.id = "id",
	.status = "status",
	.error = "error",
	.delivered = "1",
	.failed = "2 16",
	.from = "from",
	.text = "text",
	.back = BACK_TEXT,
};

const struct gateway_preset gateway_kannel = {
	.name = "kannel",
	.wants = G_URL | G_USERNAME | G_PASSWORD,
	.takes = G_QUERY | G_FROM | G_VALIDITY | G_REPORTS | G_REPLIES,
	.numbers = NUMBER_AS_IT_IS,
	.own_ids = true,
	.request = kannel_request,
	.judge = kannel_judge,
	.tells = &kannel_tells,
};
