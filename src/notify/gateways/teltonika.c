/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teltonika.c - routers of Teltonika (RUT, TRB) with their Post/Get interface, which answers one word. Source: manuals.
 */
#include "gateway.h"
#include "text/url.h"

static bool
teltonika_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str query, url;
	bool first = true;

	url_query_add(&b, &first, STR("username"), g->username);
	url_query_add(&b, &first, STR("password"), m->password);
	url_query_add(&b, &first, STR("number"), m->to);
	url_query_add(&b, &first, STR("text"), m->text);
	if (!gateway_pairs(a, m, &g->query, &b, &first, e)) {
		sbuf_fini(&b);
		return false;
	}
	if (!render_take(a, &b, &query, e) ||
	    !gateway_query(a, gateway_url(a->arena, m->url, "/cgi-bin/sms_send"), query, &url, e))
		return false;
	http_request(a, out, "GET", url, NULL, STR_NONE);
	return true;
}

static enum gateway_word
teltonika_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	struct str word = str_trim(r->body);

	(void)g;
	if (r->status != 200)
		return gateway_by_status(r);
	if (str_starts(word, STR("OK")))
		return GATEWAY_ACCEPTED;
	out->why = arena_str(a, str_sub(word, 0, 200));
	return str_starts(word, STR("TIMEOUT")) ? GATEWAY_LATER : GATEWAY_REFUSED;
}

static const struct gateway_tells teltonika_tells = {
	.from = "sender from number",
	.text = "text message",
};

const struct gateway_preset gateway_teltonika = {
	.name = "teltonika",
	.wants = G_URL | G_USERNAME | G_PASSWORD,
	.takes = G_QUERY | G_REPLIES,
	.numbers = NUMBER_ZEROS,
	.segments_max = 1,
	.request = teltonika_request,
	.judge = teltonika_judge,
	.tells = &teltonika_tells,
};
