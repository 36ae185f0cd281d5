/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway.h"

#include <inttypes.h>
#include <stdarg.h>

#include "settings.h"
#include "text/base64.h"
#include "text/digest.h"
#include "text/url.h"

static const struct gateway_preset *const presets[] = {
#define GATEWAY(symbol) &gateway_##symbol,
#include "gateways.def"
#undef GATEWAY
};

const struct gateway_preset *
gateway_preset(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(presets); i++)
		if (str_is(name, presets[i]->name))
			return presets[i];
	return NULL;
}

static bool
unknown_preset(struct str name, struct err *e)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	const char *end;

	for (size_t i = 0; i < ARRAY_LEN(presets); i++) {
		end = i == 0 ? "" : i + 1 < ARRAY_LEN(presets) ? ", " : " or ";
		sbuf_printf(&all, "%s%s", end, presets[i]->name);
	}
	if (name.n == 0)
		err_set(e, ERR_INVALID, "missing preset of the gateway: one of %s", sbuf_cstr(&all));
	else
		err_set(e, ERR_INVALID, "unknown provider \"%.*s\" in sms_config, must be %s", STR_ARG(name),
		    sbuf_cstr(&all));
	sbuf_fini(&all);
	return false;
}

struct wish {
	unsigned bit;
	bool set;
	const char *keys;
};

static bool
check_settings(const struct gateway_preset *p, const struct gateway *g, struct err *e)
{
	const struct wish wishes[] = {
		{ G_URL, g->url.n > 0 || g->url_file.n > 0, "url or url_file" },
		{ G_USERNAME, g->username.n > 0, "username" },
		{ G_PASSWORD, g->password.n > 0 || g->password_file.n > 0, "password or password_file" },
		{ G_TOKEN, g->token.n > 0 || g->token_file.n > 0, "token or token_file" },
		{ G_ACCOUNT, g->account.n > 0, "account" },
		{ G_SERVICE, g->service.n > 0, "service" },
		{ G_REGION, g->region.n > 0, "region" },
		{ G_SPOOL, g->spool.n > 0, "spool" },
		{ G_QUERY, g->query.n > 0, "query" },
		{ G_VALIDITY, g->validity > 0, "validity" },
		{ G_REPORTS, g->hear.reports, "hear.reports" },
		{ G_REPLIES, g->hear.replies.n > 0, "hear.replies" },
	};
	bool http = g->method.n > 0 || g->headers.n > 0 || g->form.n > 0 || g->body.n > 0 || g->success_statuses.n > 0 ||
	    g->success_body.n > 0 || g->retry_statuses.n > 0 || g->retry_body.n > 0 || g->sign.hmac.n > 0;
	bool names = g->hear.id.n + g->hear.status.n + g->hear.error.n + g->hear.from.n + g->hear.text.n + g->hear.delivered.n +
	    g->hear.failed.n > 0;

	for (size_t i = 0; i < ARRAY_LEN(wishes); i++) {
		if (wishes[i].set && ((p->wants | p->takes) & wishes[i].bit) == 0)
			return err_set(e, ERR_INVALID, "%s has no meaning for a gateway of preset %s", wishes[i].keys, p->name);
		if (!wishes[i].set && (p->wants & wishes[i].bit) != 0)
			return wishes[i].bit == G_URL ?
			    settings_exactly_one(g->url, g->url_file, "url", "url_file", e) :
			    err_set(e, ERR_INVALID, "missing %s in sms_config, for preset %s", wishes[i].keys, p->name);
	}
	if (names && (p->takes & G_HTTP) == 0)
		return err_set(e, ERR_INVALID, "id, status, delivered, failed, error, from and text of hear are for preset http");
	if (http && (p->takes & G_HTTP) == 0)
		return err_set(e, ERR_INVALID, "method, headers, form, body, sign and the rules for answers "
		    "are for provider http in sms_config");
	return true;
}

bool
gateway_check(struct gateway *g, struct err *e)
{
	const struct gateway_preset *p = gateway_preset(g->preset);

	if (p == NULL)
		return unknown_preset(g->preset, e);
	if (!settings_at_most_one(g->url, g->url_file, "url", "url_file", e) ||
	    !settings_at_most_one(g->password, g->password_file, "password", "password_file", e) ||
	    !settings_at_most_one(g->token, g->token_file, "token", "token_file", e) ||
	    !settings_at_most_one(g->hear.secret, g->hear.secret_file, "secret", "secret_file", e))
		return false;
	if ((g->hear.reports || g->hear.replies.n > 0) && p->signs != SIGNS_BY_PASSWORD && g->hear.secret.n == 0 &&
	    g->hear.secret_file.n == 0)
		return err_set(e, ERR_INVALID, "missing secret or secret_file in hear, for preset %s", p->name);
	return check_settings(p, g, e) && (p->check == NULL || p->check(g, e));
}

struct str
gateway_number(struct arena *a, enum number_form form, struct str to)
{
	struct str digits = str_starts(to, STR("+")) ? str_sub(to, 1, to.n) : str_starts(to, STR("00")) ? str_sub(to, 2, to.n)
												       : STR_NONE;

	if (digits.n == 0)
		return to;
	switch (form) {
	case NUMBER_PLUS:
		return arena_printf(a, "+%.*s", STR_ARG(digits));
	case NUMBER_ZEROS:
		return arena_printf(a, "00%.*s", STR_ARG(digits));
	case NUMBER_PLAIN:
		return digits;
	case NUMBER_AS_IT_IS:
	default:
		return to;
	}
}

struct str
gateway_reference(struct attempt *a, struct str to)
{
	const struct notification *n = a->n;
	char hex[SHA256_HEX];

	digest_sha256_hex(arena_printf(a->arena, "%.*s\n%.*s\n%zu\n%" PRId64 "\n%.*s", STR_ARG(n->group_key),
	    STR_ARG(n->receiver->name), n->integration->ordinal, wall_to_ns(n->flushed), STR_ARG(to)), hex);
	return arena_str(a->arena, str_sub(str_from(hex), 0, 32));
}

/* Where this router is reached for reports; who does not sign them shows a token. */
static bool
report_url(struct attempt *a, const struct gateway *g, const struct gateway_preset *p, struct str *out, struct err *e)
{
	struct str base = g->hear.url.n > 0 ? g->hear.url : a->env->external_url, secret;
	struct sbuf b = SBUF_INIT(1 << 16);

	if (!render_secret(a, g->hear.secret, g->hear.secret_file, &secret, e))
		return err_ctx(e, "read secret_file");
	while (str_ends(base, STR("/")))
		base.n--;
	sbuf_str(&b, base);
	sbuf_puts(&b, GATEWAY_PATH);
	url_path_escape(&b, g->name);
	sbuf_puts(&b, "/report");
	if (p->signs == SIGNS_NOTHING) {
		bool first = true;

		sbuf_putc(&b, '?');
		url_query_add(&b, &first, STR("token"), secret);
	}
	return render_take(a, &b, out, e);
}

bool
gateway_prepare(struct attempt *a, const struct gateway *g, struct gateway_message *out, struct err *e)
{
	const struct gateway_preset *p = gateway_preset(g->preset);

	*out = (struct gateway_message){ .gateway = g };
	if (!render_secret(a, g->url, g->url_file, &out->url, e) ||
	    !render_secret(a, g->password, g->password_file, &out->password, e) ||
	    !render_secret(a, g->token, g->token_file, &out->token, e))
		return false;
	if (out->url.n == 0 && p->url != NULL)
		out->url = str_from(p->url);
	return !g->hear.reports || report_url(a, g, p, &out->report_url, e);
}

enum gateway_word
gateway_by_status(const struct response *r)
{
	return r->status / 100 == 5 || r->status == 429 || r->status == 408 ? GATEWAY_LATER : GATEWAY_REFUSED;
}

enum gateway_word
gateway_spooled(struct arena *a, const struct gateway *g, const struct response *r, struct gateway_answer *out)
{
	(void)g;
	out->id = arena_str(a, r->body);
	return GATEWAY_ACCEPTED;
}

struct str
gateway_url(struct arena *a, struct str base, const char *fmt, ...)
{
	struct str path;
	va_list ap;

	va_start(ap, fmt);
	path = arena_vprintf(a, fmt, ap);
	va_end(ap);
	while (str_ends(base, STR("/")))
		base.n--;
	return arena_printf(a, "%.*s%.*s", STR_ARG(base), STR_ARG(path));
}

void
gateway_authorization(struct attempt *a, struct request *out, const char *scheme, struct str token)
{
	http_header(a, out, "Authorization",
	    arena_printf(a->arena, "%s%s%.*s", scheme, scheme[0] != '\0' ? " " : "", STR_ARG(token)));
}

void
gateway_basic(struct attempt *a, struct request *out, struct str user, struct str password)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str both = arena_printf(a->arena, "%.*s:%.*s", STR_ARG(user), STR_ARG(password));

	base64_encode(&b, both, BASE64_STD);
	gateway_authorization(a, out, "Basic", sbuf_get(&b));
	sbuf_fini(&b);
}

bool
gateway_query(struct attempt *a, struct str url, struct str query, struct str *out, struct err *e)
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

int64_t
gateway_validity(const struct gateway *g, span unit, int64_t min, int64_t max)
{
	int64_t n = g->validity / unit;

	if (g->validity == 0)
		return 0;
	return n < min ? min : n > max ? max : n;
}

void
gateway_form_add(struct gateway_form *f, const char *key, struct str value)
{
	bool first = !f->rest;

	if (f->b.max == 0)
		f->b = (struct sbuf)SBUF_INIT(RENDER_MAX);
	url_query_add(&f->b, &first, str_from(key), value);
	f->rest = true;
}

void
gateway_form_add_opt(struct gateway_form *f, const char *key, struct str value)
{
	if (value.n > 0)
		gateway_form_add(f, key, value);
}

bool
gateway_post_form(struct attempt *a, struct gateway_form *f, struct str url, struct request *out, struct err *e)
{
	struct str body;

	if (!render_take(a, &f->b, &body, e))
		return false;
	http_request(a, out, "POST", url, "application/x-www-form-urlencoded", body);
	return true;
}

bool
gateway_post_json(struct attempt *a, struct http_json *j, struct str url, struct request *out, struct err *e)
{
	struct str body;

	if (!http_json_end(j, a, &body, e))
		return false;
	http_request(a, out, "POST", url, "application/json", body);
	return true;
}
