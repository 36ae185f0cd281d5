/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sms_gateway.c - the two kinds of gateways.
 *
 * Kannel: its sendsms interface (smsbox). Generic HTTP: method, headers, query
 * and body are templates; `.` there is the message: .To .From .Text .Unicode
 * .Username .Password and .Notification, the usual data.
 */
#include "http.h"
#include "sms.h"
#include "text/gsm7.h"
#include "text/regex.h"
#include "text/url.h"
#include "tmpl/tmpl.h"

struct message_view {
	struct value to, from, text, unicode, username, password, notification;
};

#define FIELD(m, go) { .name = go, .offset = offsetof(struct message_view, m) }

static const struct value_field message_fields[] = {
	FIELD(to, "To"), FIELD(from, "From"), FIELD(text, "Text"), FIELD(unicode, "Unicode"),
	FIELD(username, "Username"), FIELD(password, "Password"), FIELD(notification, "Notification"),
};

static const struct value_type message_type = {
	.name = "sms.Message",
	.kind = V_STRUCT,
	.fields = message_fields,
	.fields_n = ARRAY_LEN(message_fields),
};

static bool
is_unicode(struct str text)
{
	return sms_measure(text).encoding == SMS_UCS2;
}

/* Adds the query to the URL, which may have one already. */
static bool
add_query(struct attempt *a, struct str url, struct str query, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(1 << 20);
	struct url u;

	/* The parser's words quote the URL, which is secret. */
	if (!url_parse(a->arena, url, &u, NULL))
		return err_set(e, ERR_INVALID, "sms gateway: parse \"<redacted>\": not a URL");
	u.query = arena_printf(a->arena, "%.*s%s%.*s", STR_ARG(u.query), u.query.n > 0 && query.n > 0 ? "&" : "",
	    STR_ARG(query));
	u.force_query = false;
	url_format(&b, &u);
	return render_take(a, &b, out, e);
}

static struct value
message_value(struct attempt *a)
{
	const struct sms_settings *s = a->settings;
	const struct sms_state *state = a->state;
	struct message_view *m = ARENA_NEW(a->arena, struct message_view);

	m->to = value_str(state->current->to);
	m->from = value_str(state->from);
	m->text = value_str(state->text);
	m->unicode = value_bool(is_unicode(state->text));
	m->username = value_str(s->username);
	m->password = value_str(state->password);
	m->notification = render_data(a);
	return value_object(&message_type, m);
}

struct value
sms_sample(struct value data, struct arena *a)
{
	struct message_view *m = ARENA_NEW(a, struct message_view);

	m->to = value_cstr("+15550100");
	m->from = value_cstr("tocsin");
	m->text = value_cstr("[FIRING:1] DiskFull");
	m->unicode = value_bool(false);
	m->username = m->password = value_cstr("sample");
	m->notification = data;
	return value_object(&message_type, m);
}

static bool
render_message(struct attempt *a, struct str source, struct str *out, struct err *e)
{
	struct tmpl_env env = render_env(a);

	*out = STR_NONE;
	if (source.n == 0 || tmpl_text(render_set(a), source, message_value(a), a->arena, &env, out, e))
		return true;
	a->too_much |= e->kind == ERR_LIMIT;
	return false;
}

/* Renders pairs as key=value&… */
static bool
render_pairs(struct attempt *a, const struct str_pairs *pairs, struct sbuf *b, bool *first, struct err *e)
{
	for (size_t i = 0; i < pairs->n; i++) {
		struct str value;

		if (!render_message(a, pairs->v[i].value, &value, e))
			return err_ctx(e, "execute template of \"%.*s\"", STR_ARG(pairs->v[i].key));
		url_query_add(b, first, pairs->v[i].key, value);
	}
	return true;
}

bool
sms_kannel_request(struct attempt *a, struct request *out, struct err *e)
{
	const struct sms_settings *s = a->settings;
	const struct sms_state *state = a->state;
	struct sbuf b = SBUF_INIT(1 << 20);
	struct str query, url;
	bool first = true, ok;

	url_query_add(&b, &first, STR("username"), s->username);
	url_query_add(&b, &first, STR("password"), state->password);
	if (state->from.n > 0)
		url_query_add(&b, &first, STR("from"), state->from);
	url_query_add(&b, &first, STR("to"), state->current->to);
	url_query_add(&b, &first, STR("text"), state->text);
	url_query_add(&b, &first, STR("charset"), STR("utf-8"));
	url_query_add(&b, &first, STR("coding"), is_unicode(state->text) ? STR("2") : STR("0"));
	ok = render_pairs(a, &s->query, &b, &first, e);
	if (!ok)
		sbuf_fini(&b);
	if (!ok || !render_take(a, &b, &query, e) || !add_query(a, state->url, query, &url, e))
		return false;
	http_request(a, out, "GET", url, NULL, STR_NONE);
	return true;
}

/* 202 and "0: Accepted for delivery" or "3: Queued for later delivery", then perhaps ": ID". */
enum step
sms_kannel_judge(const struct response *r, struct str *id)
{
	struct str body = str_trim(r->body);

	if (r->status == 202 && (str_starts(body, STR("0:")) || str_starts(body, STR("3:")))) {
		struct str words = str_trim(str_sub(body, 2, body.n));
		size_t colon = str_chr(words, ':');

		*id = str_trim(str_sub(words, colon + 1, words.n));
		return STEP_DONE;
	}
	return r->status / 100 == 5 || r->status == 429 ? STEP_RETRY : STEP_FAIL;
}

static bool
has_header(const struct str_pairs *headers, const char *name)
{
	for (size_t i = 0; i < headers->n; i++)
		if (str_caseeq(headers->v[i].key, str_from(name)))
			return true;
	return false;
}

/* In the place of ours of the same name, which is User-Agent. */
static void
put_header(struct attempt *a, struct request *out, struct str name, struct str value)
{
	struct http_header *h = out->http.headers;

	for (size_t i = 0; i < out->http.headers_n; i++) {
		if (str_caseeq(h[i].name, name)) {
			h[i].value = value;
			return;
		}
	}
	http_header(a, out, arena_str(a->arena, name).p, value);
}

static bool
put_headers(struct attempt *a, struct request *out, const struct str_pairs *headers, struct err *e)
{
	for (size_t i = 0; i < headers->n; i++) {
		struct str value;

		if (!render_message(a, headers->v[i].value, &value, e))
			return err_ctx(e, "execute template of header \"%.*s\"", STR_ARG(headers->v[i].key));
		put_header(a, out, headers->v[i].key, value);
	}
	return true;
}

static bool
render_body(struct attempt *a, struct str *out, struct err *e)
{
	const struct sms_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	bool first = true;

	if (s->form.n == 0) {
		sbuf_fini(&b);
		return render_message(a, s->body, out, e) || err_ctx(e, "execute body template");
	}
	if (!render_pairs(a, &s->form, &b, &first, e)) {
		sbuf_fini(&b);
		return false;
	}
	return render_take(a, &b, out, e);
}

bool
sms_http_request(struct attempt *a, struct request *out, struct err *e)
{
	const struct sms_settings *s = a->settings;
	const struct sms_state *state = a->state;
	struct sbuf b = SBUF_INIT(1 << 20);
	const char *type = s->form.n > 0 ? "application/x-www-form-urlencoded" : s->body.n > 0 ? "application/json" : NULL;
	struct str query, url, body;
	bool first = true;

	if (!render_pairs(a, &s->query, &b, &first, e)) {
		sbuf_fini(&b);
		return false;
	}
	if (!render_take(a, &b, &query, e) || !add_query(a, state->url, query, &url, e) || !render_body(a, &body, e))
		return false;
	if (has_header(&s->headers, "Content-Type"))
		type = NULL;
	http_request(a, out, "POST", url, type, body);
	if (s->method.n > 0)
		out->http.method = s->method;
	out->http.status_decides = s->success_body.n == 0 && s->retry_body.n == 0;
	return put_headers(a, out, &s->headers, e);
}

static bool
lists_status(const struct str_list *list, int status)
{
	for (size_t i = 0; i < list->n; i++) {
		struct str s = list->v[i];

		if (s.n == 3 && (s.p[0] - '0') * 100 + (s.p[1] - '0') * 10 + (s.p[2] - '0') == status)
			return true;
	}
	return false;
}

static bool
body_matches(struct str pattern, struct str body)
{
	struct regex *re = regex_compile(pattern, REGEX_SEARCH, NULL);
	bool yes = re != NULL && regex_match(re, body);

	regex_free(&re);
	return yes;
}

enum step
sms_http_judge(const struct sms_settings *s, const struct response *r)
{
	bool ok = s->success_statuses.n > 0 ? lists_status(&s->success_statuses, r->status) : r->status / 100 == 2;

	if (ok && (s->success_body.n == 0 || body_matches(s->success_body, r->body)))
		return STEP_DONE;
	if (s->retry_body.n > 0 && body_matches(s->retry_body, r->body))
		return STEP_RETRY;
	if (r->status / 100 == 5 || r->status == 429 || r->status == 408 || lists_status(&s->retry_statuses, r->status))
		return STEP_RETRY;
	return STEP_FAIL;
}
