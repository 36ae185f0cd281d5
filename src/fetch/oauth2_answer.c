/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth2_answer.h"

#include "text/json_small.h"
#include "text/url.h"

#define LASTS_MAX (86400 * 365)	/* seconds */

static const char *
proper_type(struct arena *a, struct str type)
{
	if (type.n == 0 || str_caseeq(type, STR("bearer")))
		return "Bearer";
	if (str_caseeq(type, STR("mac")))
		return "MAC";
	if (str_caseeq(type, STR("basic")))
		return "Basic";
	return arena_str(a, type).p;
}

/* As it stands there. */
struct grant {
	struct str access, type;
	int64_t expires_in;	/* seconds; not positive: never */
};

static int64_t
to_int(struct str s)
{
	int64_t i;

	return json_number_int(s, &i) ? i : 0;
}

static void
read_form(struct arena *a, struct str body, struct grant *g)
{
	struct url_query q;
	const struct str *s;

	url_query_parse(a, body, &q, NULL);
	g->access = (s = url_query_get(&q, "access_token")) != NULL ? *s : STR_NONE;
	g->type = (s = url_query_get(&q, "token_type")) != NULL ? *s : STR_NONE;
	g->expires_in = (s = url_query_get(&q, "expires_in")) != NULL ? to_int(*s) : 0;
}

static bool
read_json(struct arena *a, struct str body, struct grant *g, struct err *e)
{
	struct json_t *j = json_small_parse(body, JSON_DOCUMENT, e);

	if (j == NULL)
		return err_ctx(e, "oauth2: cannot parse json");
	g->access = arena_str(a, json_small_str(j, "access_token", STR_NONE));
	g->type = arena_str(a, json_small_str(j, "token_type", STR_NONE));
	/* Some servers write numbers as strings. */
	g->expires_in = json_small_int(j, "expires_in", to_int(json_small_str(j, "expires_in", STR_NONE)));
	json_small_free(&j);
	return true;
}

/* Else the answer could add headers of its own to our requests. */
static bool
is_header_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
			return false;
	return true;
}

/* RFC 6749 5.1; some servers answer with a form. */
bool
oauth2_answer_read(const struct fetch_response *r, struct arena *a, struct oauth2_grant *out, struct err *e)
{
	struct grant g = { 0 };

	if (str_starts(r->content_type, STR("application/x-www-form-urlencoded")) ||
	    str_starts(r->content_type, STR("text/plain")))
		read_form(a, r->body, &g);
	else if (!read_json(a, r->body, &g, e))
		return false;
	if (g.access.n == 0)
		return err_set(e, ERR_AUTH, "oauth2: server response missing access_token");
	if (!is_header_value(g.access) || !is_header_value(g.type))
		return err_set(e, ERR_AUTH, "oauth2: access_token or token_type of the server response has control characters");
	if (g.expires_in > LASTS_MAX)
		g.expires_in = LASTS_MAX;
	out->authorization = arena_printf(a, "%s %.*s", proper_type(a, g.type), STR_ARG(g.access));
	out->lasts = g.expires_in > 0 ? g.expires_in * SPAN_S : 0;
	return true;
}

/* golang.org/x/oauth2 RetrieveError. */
void
oauth2_answer_refusal(const struct fetch_response *r, struct err *e)
{
	struct json_t *j = json_small_parse(r->body, JSON_DOCUMENT, NULL);
	struct str code = json_small_str(j, "error", STR_NONE), text = json_small_str(j, "error_description", STR_NONE);

	if (code.n > 0 && text.n > 0)
		err_set(e, ERR_AUTH, "oauth2: \"%.*s\" \"%.*s\"", STR_ARG(code), STR_ARG(text));
	else if (code.n > 0)
		err_set(e, ERR_AUTH, "oauth2: \"%.*s\"", STR_ARG(code));
	else
		err_set(e, ERR_AUTH, "oauth2: cannot fetch token: %d\nResponse: %.*s", r->status,
		    STR_ARG(str_sub(r->body, 0, 512)));
	json_small_free(&j);
}
