/* SPDX-License-Identifier: Apache-2.0 */
/* Method and path to handler, and the answers when there is none. */
#include <ctype.h>

#include "ext.h"
#include "negotiate.h"
#include "route.h"
#include "text/html.h"

void
api_gone_v1(struct call *c)
{
	c->resp->status = 410;
	http_response_header(c->resp, "Content-Type", STR("application/json"));
	sbuf_puts(&c->resp->body,
	    "{\"status\":\"deprecated\",\"error\":\"The Alertmanager v1 API was deprecated in version 0.16.0 and is "
	    "removed as of version 0.27.0 - please use the equivalent route in the v2 API\"}\n");
}

/* "GET, OPTIONS": the methods of a path, sorted, with `extra` among them. */
static struct str
allowed_methods(struct call *c, enum route_surface surface, struct str path, const char *extra, const char *separator)
{
	static const char *const order[] = { "DELETE", "GET", "HEAD", "OPTIONS", "POST" };
	struct str list = STR("");

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if ((extra != NULL && strcmp(order[i], extra) == 0) ||
		    route_find(surface, str_from(order[i]), path).entry != NULL)
			list = arena_printf(c->arena, "%.*s%s%s", STR_ARG(list), list.n > 0 ? separator : "", order[i]);
	return list;
}

void
reply_redirect(struct call *c, int status, struct str to)
{
	struct str q = c->req->query;

	if (q.n > 0)
		to = arena_printf(c->arena, "%.*s?%.*s", STR_ARG(to), STR_ARG(q));
	c->resp->status = status;
	http_response_header(c->resp, "Location", to);
	if (str_is(c->req->method, "GET") || str_is(c->req->method, "HEAD"))
		http_response_header(c->resp, "Content-Type", STR("text/html; charset=utf-8"));
	if (!str_is(c->req->method, "GET"))
		return;
	sbuf_puts(&c->resp->body, "<a href=\"");
	html_escape(&c->resp->body, to);
	sbuf_printf(&c->resp->body, "\">%s</a>.\n\n", status == 302 ? "Found" : "Moved Permanently");
}

/* Below the route prefix; false when the path lies outside it. */
static bool
strip_prefix(const struct api *a, struct str path, struct str *out)
{
	struct str prefix = a->env.route_prefix;

	*out = path;
	if (prefix.n <= 1)
		return true;
	if (!str_starts(path, prefix))
		return false;
	*out = str_sub(path, prefix.n, path.n);
	return out->n == 0 || out->p[0] == '/';
}

/* Cleaned of double slashes and dots; a slash at the end goes too. */
static struct str
clean_path(struct arena *a, struct str path)
{
	char *out = arena_alloc(a, path.n + 2);
	size_t n = 0;

	for (size_t i = 0; i < path.n;) {
		size_t end = i;

		while (end < path.n && path.p[end] != '/')
			end++;
		if (end - i == 2 && memcmp(path.p + i, "..", 2) == 0) {
			while (n > 0 && out[--n] != '/')
				;
		} else if (end > i && !(end - i == 1 && path.p[i] == '.')) {
			out[n++] = '/';
			for (; i < end; i++)
				out[n++] = path.p[i];
		}
		i = end + 1;
	}
	if (n == 0)
		out[n++] = '/';
	return (struct str){ out, n };
}

/* Cleaned, and in lower case. */
static struct str
canonical_path(struct arena *a, struct str path)
{
	struct str clean = clean_path(a, path);
	char *out = arena_alloc(a, clean.n);

	for (size_t i = 0; i < clean.n; i++)
		out[i] = (char)tolower((unsigned char)clean.p[i]);
	return (struct str){ out, clean.n };
}

/* No slash is followed by another one, or by a dot: there is nothing to be cleaned of. */
static bool
is_clean(struct str path)
{
	bool slash = false;

	for (size_t i = 0; i < path.n; i++) {
		if (slash && (path.p[i] == '/' || path.p[i] == '.'))
			return false;
		slash = path.p[i] == '/';
	}
	return path.n > 0 && path.p[0] == '/';
}

/* Sends the client to the clean path, as Go's ServeMux does; false when the path is clean already. */
static bool
redirect_unclean(struct call *c)
{
	struct str path = c->req->path, clean;

	if (is_clean(path))
		return false;
	clean = clean_path(c->arena, path);
	if (path.n > 1 && path.p[path.n - 1] == '/' && clean.n > 1)
		clean = arena_printf(c->arena, "%.*s/", STR_ARG(clean));
	if (path.n == 0 || path.p[0] != '/' || str_eq(clean, path))
		return false;
	reply_redirect(c, 301, clean);
	return true;
}

/* The parameters of the path, decoded, where they are of their types; false: answered 422, or 404 as one of no resource. */
static bool
read_params(struct call *c, const struct route_match *m)
{
	for (size_t i = 0; i < m->params_n; i++) {
		const struct route_type *type = route_param_type(m->params[i].name);
		struct sbuf decoded = SBUF_INIT(1 << 16);
		bool ok = url_path_unescape(&decoded, m->params[i].value, NULL);

		c->params[i] = arena_str(c->arena, ok ? sbuf_get(&decoded) : m->params[i].value);
		sbuf_fini(&decoded);
		if (type != NULL && !type->fits(c->params[i])) {
			if (m->entry->surface == ROUTE_EXT) {
				ext_error_at(c, 404, "not_found",
				    arena_printf(c->arena, "\"%.*s\" is no %s", STR_ARG(str_sub(c->params[i], 0, 100)), type->name),
				    m->params[i].name, -1);
				return false;
			}
			reply_framework(c, 422, 601,
			    arena_printf(c->arena, "%s in path must be of type %s: \"%.*s\"", m->params[i].name,
				type->name, STR_ARG(c->params[i])));
			return false;
		}
	}
	return true;
}

static const char *
scope_name(enum scope s)
{
	switch (s) {
	case SCOPE_READ:
		return "read";
	case SCOPE_WRITE:
		return "write";
	case SCOPE_ADMIN:
		break;
	}
	return "admin";
}

/* The one place where it is decided what a principal may; false: answered 403. */
static bool
is_permitted(struct call *c, const struct route_entry *r)
{
	const char *why;

	if (principal_may(&c->req->principal, r->scope))
		return true;
	why = arena_printf(c->arena, "\"%.*s\" lacks the scope \"%s\"", STR_ARG(c->req->principal.name),
	    scope_name(r->scope)).p;
	switch (r->surface) {
	case ROUTE_V2:
		reply_framework(c, 403, 403, str_from(why));
		break;
	case ROUTE_EXT:
		ext_error(c, 403, "forbidden", str_from(why));
		break;
	case ROUTE_PLAIN:
		reply_text(c, 403, why);
		break;
	}
	return false;
}

static void
serve_plain(struct call *c, struct str path)
{
	struct route_match m = route_find(ROUTE_PLAIN, c->req->method, path);
	struct str tidy, prefix = c->api->env.route_prefix;

	if (m.entry != NULL) {
		c->resp->handler = str_from(m.entry->path);
		if (is_permitted(c, m.entry) && read_params(c, &m))
			m.entry->handle(c);
		return;
	}
	if (m.any != NULL) {
		c->resp->handler = m.any->has_params ? STR("") : str_from(m.any->path);
		http_response_header(c->resp, "Allow", allowed_methods(c, ROUTE_PLAIN, path, "OPTIONS", ", "));
		if (str_is(c->req->method, "OPTIONS"))
			reply_empty(c, 200);
		else
			reply_text(c, 405, "Method Not Allowed");
		return;
	}
	c->resp->handler = STR("");
	tidy = canonical_path(c->arena, path);
	if (!str_eq(tidy, path) && route_find(ROUTE_PLAIN, c->req->method, tidy).entry != NULL)
		reply_redirect(c, str_is(c->req->method, "GET") ? 301 : 307,
		    prefix.n <= 1 ? tidy : arena_printf(c->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(tidy)));
	else
		reply_text(c, 404, "404 page not found");
}

static void
serve_v2(struct call *c, struct str path)
{
	struct str method = c->req->method, whole = path;
	struct route_match m;

	c->resp->is_api = true;
	http_response_header(c->resp, "Cache-Control", STR("no-store"));
	c->resp->handler = arena_str(c->arena, path);
	if (cors_answered(c))
		return;
	if (path.n > strlen("/api/v2/") && path.p[path.n - 1] == '/')
		path.n--;
	m = route_find(ROUTE_V2, method, path);
	if (m.any == NULL) {
		reply_framework(c, 404, 404, arena_printf(c->arena, "path %.*s was not found", STR_ARG(whole)));
		return;
	}
	if (m.entry == NULL) {
		struct str allow = allowed_methods(c, ROUTE_V2, path, NULL, ",");

		http_response_header(c->resp, "Allow", allow);
		reply_framework(c, 405, 405,
		    arena_printf(c->arena, "method %.*s is not allowed, but [%.*s] are", STR_ARG(method),
			STR_ARG(allow)));
		return;
	}
	c->resp->handler = str_from(m.entry->path);
	if (!is_permitted(c, m.entry) || (str_is(method, "POST") && !has_json_content(c)) || !accepts_json(c) ||
	    !read_params(c, &m))
		return;
	m.entry->handle(c);
}

/* host[:port] of an address; what is no address is itself. Without a port that goes without saying. */
static struct str
authority(struct str url)
{
	static const char *const usual[] = { ":80", ":443" };

	for (size_t i = 0; i + 3 <= url.n; i++)
		if (memcmp(url.p + i, "://", 3) == 0) {
			url = str_sub(url, i + 3, url.n);
			break;
		}
	url = str_sub(url, 0, str_chr(url, '/'));
	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		if (str_ends(url, str_from(usual[i])))
			return str_sub(url, 0, url.n - strlen(usual[i]));
	return url;
}

/*
 * Does a page of another site send it, from the browser of somebody who may do it? False: answered 403. Programs send no
 * Origin; a page has that of where it came from, which the proxy before us may know by another name.
 */
static bool
is_from_here(struct call *c)
{
	struct str origin = http_request_header(c->req, "Origin");
	struct str from = authority(origin);

	if (str_caseeq(http_request_header(c->req, "Sec-Fetch-Site"), STR("cross-site"))) {
		ext_error(c, 403, "cross_origin", STR("a page of another site may not change anything here (Sec-Fetch-Site: cross-site)"));
		return false;
	}
	if (origin.n == 0 || str_caseeq(from, authority(http_request_header(c->req, "Host"))) ||
	    str_caseeq(from, authority(c->api->env.external_url)))
		return true;
	ext_error(c, 403, "cross_origin",
	    arena_printf(c->arena, "a page of \"%.*s\" may not change anything here: neither Host nor --web.external-url is that",
		STR_ARG(str_sub(origin, 0, 200))));
	return false;
}

/* A page of another site can send forms and texts, but no JSON without being allowed to. False: answered 415. */
static bool
is_json(struct call *c)
{
	bool needed = str_is(c->req->method, "POST") || c->req->body.n > 0;

	if (!needed || names_json_content(c))
		return true;
	ext_error(c, 415, "bad_content_type", STR("the body must be of type application/json"));
	return false;
}

#define EXT "/api/ext/v1/"

static void
serve_ext(struct call *c, struct str path)
{
	struct str method = c->req->method;
	struct route_match m = route_find(ROUTE_EXT, method, path);

	c->resp->handler = m.any != NULL ? str_from(m.any->path) : STR("");
	/* Answers may name people and hosts: only the client keeps them, and asks whether they have changed. */
	http_response_header(c->resp, "Cache-Control", STR("private, no-cache"));
	if (m.any == NULL) {
		ext_error(c, 404, "not_found", STR("there is no such path"));
		return;
	}
	if (m.entry == NULL) {
		http_response_header(c->resp, "Allow", allowed_methods(c, ROUTE_EXT, path, NULL, ", "));
		ext_error(c, 405, "bad_method", arena_printf(c->arena, "%.*s is not allowed here", STR_ARG(method)));
		return;
	}
	if (!is_permitted(c, m.entry) || !read_params(c, &m))
		return;
	if (c->query_is_bad) {
		ext_error(c, 400, "bad_parameter", STR("the query is not encoded as one: a % without two hexadecimal digits, or a ;"));
		return;
	}
	if (!str_is(method, "GET") && (!is_from_here(c) || !is_json(c)))
		return;
	m.entry->handle(c);
}

static void
dispatch(struct call *c, struct str path)
{
	if (str_is(path, "/api/v2"))
		reply_redirect(c, 301, arena_printf(c->arena, "%.*s/", STR_ARG(c->req->path)));
	else if (str_starts(path, STR("/api/v2/")))
		serve_v2(c, path);
	else if (str_starts(path, STR(EXT)) && route_find(ROUTE_PLAIN, c->req->method, path).any == NULL)
		serve_ext(c, path);
	else
		serve_plain(c, path);
}

/* The rest of a request, which is still done by who asked for it. */
struct acting {
	struct http_later later;
	struct http_later *inner;
	struct api *api;
	struct api_actor actor;		/* in the arena of the request */
};

static bool
act(struct http_later *l, struct http_response *out, struct work *w, struct moment now)
{
	struct acting *x = CONTAINER_OF(l, struct acting, later);
	bool over;

	x->api->actor = x->actor;
	over = x->inner->step(x->inner, out, w, now);
	x->api->actor = (struct api_actor){ 0 };
	return over;
}

static void
stop_acting(struct http_later *l)
{
	struct acting *x = CONTAINER_OF(l, struct acting, later);

	x->inner->drop(x->inner);
}

static void
act_later(struct call *c)
{
	struct acting *x;

	if (c->resp->later == NULL)
		return;
	x = ARENA_NEW(c->arena, struct acting);
	*x = (struct acting){ { act, stop_acting }, c->resp->later, c->api,
		{ arena_str(c->arena, c->req->principal.name), arena_str(c->arena, c->req->client) } };
	c->resp->later = &x->later;
}

void
api_handle(struct api *a, const struct http_request *r, struct moment now, struct http_response *out)
{
	struct call c = { .api = a, .req = r, .resp = out, .arena = r->arena, .now = now };
	struct str path;

	if (out->body.max == 0)
		out->body.max = SBUF_UNLIMITED;
	c.query_is_bad = !url_query_parse(r->arena, r->query, &c.query, NULL);
	if (redirect_unclean(&c))
		return;
	if (!strip_prefix(a, r->path, &path)) {
		if (str_is(r->path, "/") && str_is(r->method, "GET"))
			reply_redirect(&c, 302, a->env.route_prefix);
		else
			reply_text(&c, 404, "404 page not found");
	} else if (path.n == 0) {
		reply_redirect(&c, 301, arena_printf(r->arena, "%.*s/", STR_ARG(r->path)));
	} else {
		c.path = path;
		a->actor = (struct api_actor){ r->principal.name, r->client };
		dispatch(&c, path);
		a->actor = (struct api_actor){ 0 };
		act_later(&c);
	}
}

bool
api_is_asset(const struct api *a, struct str path)
{
	return strip_prefix(a, path, &path) && str_starts(path, STR("/assets/"));
}

enum http_places
api_place(const struct api *a, const struct http_request *r)
{
	struct route_match m;
	struct str path;

	if (!strip_prefix(a, r->path, &path))
		return HTTP_PLACE;
	m = route_find(ROUTE_PLAIN, r->method, path);
	if (m.any == NULL)
		m = route_find(ROUTE_EXT, r->method, path);
	return m.entry == NULL ? HTTP_PLACE : m.entry->place;
}
