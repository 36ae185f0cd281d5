/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gateways/http.c - any gateway that speaks HTTP: method, headers, query and body are templates, and rules say which
 * answers are good. Requests may be signed (Naver SENS, Solapi).
 *
 * `.` in the templates is the message: .To .From .Text .Unicode .Segments .Validity (seconds) .Username .Password .Token .Reference
 * .ReportURL and .Notification, the usual data; with `sign` .Timestamp .Date .Nonce and .Signature.
 */
#include <inttypes.h>

#include "base/hex.h"
#include "base/rand.h"
#include "base/rfc3339.h"
#include "gateway.h"
#include "settings.h"
#include "text/base64.h"
#include "text/digest.h"
#include "text/gsm7.h"
#include "text/regex.h"
#include "text/url.h"
#include "tmpl/tmpl.h"

struct message_view {
	struct value to, from, text, unicode, segments, validity, username, password, token, reference, report_url, notification;
	struct value timestamp, date, nonce, signature;
};

#define FIELD(m, go) { .name = go, .offset = offsetof(struct message_view, m) }

static const struct value_field message_fields[] = {
	FIELD(to, "To"), FIELD(from, "From"), FIELD(text, "Text"), FIELD(unicode, "Unicode"), FIELD(segments, "Segments"),
	FIELD(validity, "Validity"),
	FIELD(username, "Username"), FIELD(password, "Password"), FIELD(token, "Token"), FIELD(reference, "Reference"),
	FIELD(report_url, "ReportURL"), FIELD(notification, "Notification"), FIELD(timestamp, "Timestamp"), FIELD(date, "Date"),
	FIELD(nonce, "Nonce"), FIELD(signature, "Signature"),
};

static const struct value_type message_type = {
	.name = "sms.Message",
	.kind = V_STRUCT,
	.fields = message_fields,
	.fields_n = ARRAY_LEN(message_fields),
};

static struct message_view *
view_of(struct attempt *a, const struct gateway_message *m)
{
	struct message_view *v = ARENA_NEW(a->arena, struct message_view);

	v->to = value_str(m->to);
	v->from = value_str(m->from);
	v->text = value_str(m->text);
	v->unicode = value_bool(m->unicode);
	v->segments = value_int((int64_t)sms_measure(m->text).segments);
	v->validity = value_int(m->gateway->validity / SPAN_S);
	v->username = value_str(m->gateway->username);
	v->password = value_str(m->password);
	v->token = value_str(m->token);
	v->reference = value_str(m->reference);
	v->report_url = value_str(m->report_url);
	v->notification = render_data(a);
	v->timestamp = v->date = v->nonce = v->signature = value_cstr("");
	return v;
}

struct value
gateway_http_sample(struct value data, struct arena *a)
{
	struct message_view *v = ARENA_NEW(a, struct message_view);

	v->to = value_cstr("+15550100");
	v->from = value_cstr("tocsin");
	v->text = value_cstr("[FIRING:1] DiskFull");
	v->unicode = value_bool(false);
	v->segments = value_int(1);
	v->validity = value_int(1800);
	v->username = v->password = v->token = value_cstr("sample");
	v->reference = v->nonce = v->signature = value_cstr("0123456789abcdef0123456789abcdef");
	v->report_url = value_cstr("http://tocsin/api/ext/v1/sms/sample/report");
	v->timestamp = value_cstr("1795320000000");
	v->date = value_cstr("2026-11-22T04:00:00Z");
	v->notification = data;
	return value_object(&message_type, v);
}

static bool
render_message(struct attempt *a, struct str source, struct message_view *v, struct str *out, struct err *e)
{
	struct tmpl_env env = render_env(a);

	*out = STR_NONE;
	if (source.n == 0 || tmpl_text(render_set(a), source, value_object(&message_type, v), a->arena, &env, out, e))
		return true;
	a->too_much |= e->kind == ERR_LIMIT;
	return false;
}

static bool
put_pairs(struct attempt *a, struct message_view *v, const struct str_pairs *pairs, struct sbuf *b, bool *first,
    struct err *e)
{
	for (size_t i = 0; i < pairs->n; i++) {
		struct str value;

		if (!render_message(a, pairs->v[i].value, v, &value, e))
			return err_ctx(e, "execute template of \"%.*s\"", STR_ARG(pairs->v[i].key));
		url_query_add(b, first, pairs->v[i].key, value);
	}
	return true;
}

bool
gateway_pairs(struct attempt *a, const struct gateway_message *m, const struct str_pairs *pairs, struct sbuf *b,
    bool *first, struct err *e)
{
	return pairs->n == 0 || put_pairs(a, view_of(a, m), pairs, b, first, e);
}

static bool
render_pairs(struct attempt *a, struct message_view *v, const struct str_pairs *pairs, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	bool first = true;

	if (!put_pairs(a, v, pairs, &b, &first, e)) {
		sbuf_fini(&b);
		return false;
	}
	return render_take(a, &b, out, e);
}

static struct str
encoded(struct arena *a, const unsigned char *sum, size_t n, bool base64)
{
	char hex[2 * DIGEST_MAX + 1];
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	if (!base64) {
		hex_encode(sum, n, hex);
		return arena_str(a, str_from(hex));
	}
	base64_encode(&b, (struct str){ (const char *)sum, n }, BASE64_STD);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static bool
sign(struct attempt *a, const struct signing *s, struct message_view *v, struct err *e)
{
	uint64_t nonce[2] = { rand_u64(a->rand), rand_u64(a->rand) };
	unsigned char sum[DIGEST_MAX];
	char date[RFC3339_MAX];
	struct str key, text;
	size_t n;

	if (s->hmac.n == 0)
		return true;
	rfc3339_format(wall_utc(a->now.wall), date);
	v->date = value_str(arena_str(a->arena, str_from(date)));
	v->timestamp = value_str(arena_printf(a->arena, "%" PRId64, wall_to_ns(a->now.wall) / SPAN_MS));
	v->nonce = value_str(arena_printf(a->arena, "%016" PRIx64 "%016" PRIx64, nonce[0], nonce[1]));
	if (!render_secret(a, s->key, s->key_file, &key, e))
		return false;
	if (!render_message(a, s->template, v, &text, e))
		return err_ctx(e, "execute template of sign");
	n = digest_hmac(arena_str(a->arena, s->hmac).p, key, text, sum);
	if (n == 0)
		return err_set(e, ERR_INVALID, "sign: no %.*s to be had", STR_ARG(s->hmac));
	v->signature = value_str(encoded(a->arena, sum, n, str_is(s->encoding, "base64")));
	return true;
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
put_headers(struct attempt *a, struct request *out, const struct str_pairs *headers, struct message_view *v, struct err *e)
{
	for (size_t i = 0; i < headers->n; i++) {
		struct str value;

		if (!render_message(a, headers->v[i].value, v, &value, e))
			return err_ctx(e, "execute template of header \"%.*s\"", STR_ARG(headers->v[i].key));
		put_header(a, out, headers->v[i].key, value);
	}
	return true;
}

static bool
http_message(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	const struct gateway *g = m->gateway;
	const char *type = g->form.n > 0 ? "application/x-www-form-urlencoded" : g->body.n > 0 ? "application/json" : NULL;
	struct message_view *v = view_of(a, m);
	struct str query, url, body;

	if (!sign(a, &g->sign, v, e) || !render_pairs(a, v, &g->query, &query, e) || !gateway_query(a, m->url, query, &url, e))
		return false;
	if (g->form.n > 0) {
		if (!render_pairs(a, v, &g->form, &body, e))
			return false;
	} else if (!render_message(a, g->body, v, &body, e)) {
		return err_ctx(e, "execute body template");
	}
	if (has_header(&g->headers, "Content-Type"))
		type = NULL;
	http_request(a, out, "POST", url, type, body);
	if (g->method.n > 0)
		out->http.method = g->method;
	out->http.status_decides = g->success_body.n == 0 && g->retry_body.n == 0 && g->hear.id.n == 0;
	return put_headers(a, out, &g->headers, v, e);
}

static bool
parse_status(struct str s, int *out)
{
	if (s.n != 3)
		return false;
	*out = 0;
	for (size_t i = 0; i < 3; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (s.p[i] - '0');
	}
	return *out >= 100;
}

static bool
check_answer_rules(const struct gateway *g, struct err *e)
{
	const struct str_list *lists[] = { &g->success_statuses, &g->retry_statuses };
	struct str patterns[] = { g->success_body, g->retry_body };
	int status;

	for (size_t k = 0; k < ARRAY_LEN(lists); k++)
		for (size_t i = 0; i < lists[k]->n; i++)
			if (!parse_status(lists[k]->v[i], &status))
				return err_set(e, ERR_INVALID, "\"%.*s\" is no HTTP status in sms_config",
				    STR_ARG(lists[k]->v[i]));
	for (size_t k = 0; k < ARRAY_LEN(patterns); k++) {
		struct regex *re = regex_compile(patterns[k], REGEX_SEARCH, e);

		if (re == NULL)
			return false;
		regex_free(&re);
	}
	return true;
}

static bool
check_sign(const struct signing *s, struct err *e)
{
	if (s->hmac.n == 0)
		return s->key.n + s->key_file.n + s->template.n + s->encoding.n == 0 ||
		    err_set(e, ERR_INVALID, "missing hmac in sign: sha256 or sha1");
	if (!str_is(s->hmac, "sha256") && !str_is(s->hmac, "sha1"))
		return err_set(e, ERR_INVALID, "unknown hmac \"%.*s\" in sign, must be sha256 or sha1", STR_ARG(s->hmac));
	if (s->encoding.n > 0 && !str_is(s->encoding, "hex") && !str_is(s->encoding, "base64"))
		return err_set(e, ERR_INVALID, "unknown encoding \"%.*s\" in sign, must be hex or base64", STR_ARG(s->encoding));
	if (s->template.n == 0)
		return err_set(e, ERR_INVALID, "missing template in sign");
	return settings_exactly_one(s->key, s->key_file, "key", "key_file", e);
}

static bool
http_check(const struct gateway *g, struct err *e)
{
	static const char *const methods[] = { "", "GET", "POST", "PUT", "PATCH" };
	bool method = false;

	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		method |= str_is(g->method, methods[i]);
	if (!method)
		return err_set(e, ERR_INVALID, "unknown method \"%.*s\" in sms_config", STR_ARG(g->method));
	if (g->form.n > 0 && g->body.n > 0)
		return err_set(e, ERR_INVALID, "at most one of form & body must be configured");
	if (str_is(g->method, "GET") && g->form.n + g->body.n > 0)
		return err_set(e, ERR_INVALID, "a GET has no form or body in sms_config");
	if (g->hear.reports && (g->hear.id.n == 0 || g->hear.status.n == 0 || g->hear.delivered.n == 0))
		return err_set(e, ERR_INVALID, "missing id, status or delivered in hear: the words of reports are the gateway's own");
	return check_answer_rules(g, e) && check_sign(&g->sign, e);
}

static bool
lists_status(const struct str_list *list, int status)
{
	int listed;

	for (size_t i = 0; i < list->n; i++)
		if (parse_status(list->v[i], &listed) && listed == status)
			return true;
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

static enum gateway_word
http_judge(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	bool ok = g->success_statuses.n > 0 ? lists_status(&g->success_statuses, r->status) : r->status / 100 == 2;

	if (ok && (g->success_body.n == 0 || body_matches(g->success_body, r->body))) {
		if (g->hear.id.n > 0)
			out->id = gateway_member(a, r->body, g->hear.id);
		return GATEWAY_ACCEPTED;
	}
	if (g->retry_body.n > 0 && body_matches(g->retry_body, r->body))
		return GATEWAY_LATER;
	return lists_status(&g->retry_statuses, r->status) ? GATEWAY_LATER : gateway_by_status(r);
}

static const struct gateway_tells http_tells = {
	.from = "from",
	.text = "text",
	.back = BACK_TEXT,
};

const struct gateway_preset gateway_http = {
	.name = "http",
	.wants = G_URL,
	.takes = G_USERNAME | G_PASSWORD | G_TOKEN | G_FROM | G_QUERY | G_HTTP | G_VALIDITY | G_REPORTS | G_REPLIES,
	.numbers = NUMBER_AS_IT_IS,
	.check = http_check,
	.request = http_message,
	.judge = http_judge,
	.tells = &http_tells,
};
