/* SPDX-License-Identifier: Apache-2.0 */
#include "http_redirect.h"

#include "config/http_config.h"

static bool
is_subdomain_of(struct str sub, struct str parent)
{
	if (str_caseeq(sub, parent))
		return true;
	/* No address is below another. */
	if (str_chr(sub, ':') < sub.n || parent.n == 0 || sub.n <= parent.n + 1)
		return false;
	return sub.p[sub.n - parent.n - 1] == '.' && str_caseeq(str_sub(sub, sub.n - parent.n, sub.n), parent);
}

/* The URL that a Location header means, seen from `from`. */
static bool
resolve(struct arena *a, const struct url *from, struct str location, struct url *out, struct err *e)
{
	CURLU *cu = curl_url();
	struct sbuf base = SBUF_INIT(SBUF_UNLIMITED);
	char *text = NULL;
	bool ok;

	url_format(&base, from);
	ok = curl_url_set(cu, CURLUPART_URL, sbuf_cstr(&base), CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_set(cu, CURLUPART_URL, arena_str(a, location).p, CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(cu, CURLUPART_URL, &text, 0) == CURLUE_OK;
	if (ok)
		ok = url_parse(a, arena_str(a, str_from(text)), out, e);
	else
		err_set(e, ERR_INVALID, "failed to parse Location header \"%.*s\"", STR_ARG(location));
	if (ok && !str_is(out->scheme, "http") && !str_is(out->scheme, "https"))
		ok = err_set(e, ERR_INVALID, "unsupported protocol scheme \"%.*s\"", STR_ARG(out->scheme));
	curl_free(text);
	curl_url_cleanup(cu);
	sbuf_fini(&base);
	return ok;
}

static bool
has_method(const struct http_hop *hop, const char *method)
{
	return str_is(hop->method, method);
}

static bool
keeps_method(int status)
{
	return status == 307 || status == 308;
}

bool
http_redirect_wanted(const struct http_hop *hop, int status)
{
	if (!hop->r->http->follow_redirects || hop->location.n == 0)
		return false;
	if (keeps_method(status))
		return true;
	if (status != 301 && status != 302 && status != 303)
		return false;
	return !hop->r->keep_method || has_method(hop, "GET") || has_method(hop, "HEAD");
}

bool
http_redirect_follow(struct http_hop *hop, int status, struct err *e)
{
	struct url from = hop->url, to, first;
	struct sbuf referer = SBUF_INIT(SBUF_UNLIMITED);
	struct err ignored;

	if (!resolve(hop->arena, &from, hop->location, &to, e))
		return false;
	http_hop_end(hop);
	if (!keeps_method(status) && !has_method(hop, "HEAD")) {
		hop->no_body = hop->no_body || !has_method(hop, "GET");
		hop->method = STR("GET");
	}
	/* Once among strangers, no credentials are shown any more. */
	if (!url_parse(hop->arena, hop->r->url, &first, &ignored) ||
	    !is_subdomain_of(url_hostname(&to), url_hostname(&first)))
		hop->strange_host = true;
	from.has_user = from.has_password = false;
	from.fragment = from.raw_fragment = STR_NONE;
	url_format(&referer, &from);
	hop->referer = str_is(from.scheme, "https") && str_is(to.scheme, "http") ? STR_NONE :
	    arena_str(hop->arena, sbuf_get(&referer));
	sbuf_fini(&referer);
	hop->url = to;
	return true;
}
