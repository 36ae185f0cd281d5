/* SPDX-License-Identifier: Apache-2.0 */
/* Method and path to handler, and the answers when there is none. */
#include <ctype.h>

#include "handlers.h"
#include "http/header.h"
#include "text/html.h"

struct route_entry {
	const char *method, *path;	/* path below the prefix; '*' at its end takes one more segment */
	void (*handle)(struct call *c);
	const char *handler;		/* as metrics name it; NULL: path */
};

static void
gone_v1(struct call *c)
{
	c->resp->status = 410;
	http_response_header(c->resp, "Content-Type", STR("application/json"));
	sbuf_puts(&c->resp->body,
	    "{\"status\":\"deprecated\",\"error\":\"The Alertmanager v1 API was deprecated in version 0.16.0 and is "
	    "removed as of version 0.27.0 - please use the equivalent route in the v2 API\"}\n");
}

static const struct route_entry plain_routes[] = {
	{ "GET", "/", api_index, NULL },
	{ "GET", "/metrics", api_metrics, NULL },
	{ "GET", "/-/healthy", api_healthy, NULL },
	{ "HEAD", "/-/healthy", api_healthy, NULL },
	{ "GET", "/-/ready", api_ready, NULL },
	{ "HEAD", "/-/ready", api_ready, NULL },
	{ "POST", "/-/reload", api_reload, NULL },
	{ "GET", "/api/v1/status", gone_v1, NULL },
	{ "GET", "/api/v1/receivers", gone_v1, NULL },
	{ "GET", "/api/v1/alerts", gone_v1, NULL },
	{ "POST", "/api/v1/alerts", gone_v1, NULL },
	{ "GET", "/api/v1/silences", gone_v1, NULL },
	{ "POST", "/api/v1/silences", gone_v1, NULL },
	{ "GET", "/api/v1/silence/*", gone_v1, "/api/v1/silence/:sid" },
	{ "DELETE", "/api/v1/silence/*", gone_v1, "/api/v1/silence/:sid" },
	/* Extensions. */
	{ "POST", "/api/ext/v1/backup", api_backup, NULL },
	{ "GET", "/api/ext/v1/backup", api_backup, NULL },
	{ "POST", "/api/ext/v1/webhook", api_webhook_post, NULL },
};

static const struct route_entry v2_routes[] = {
	{ "GET", "/alerts", api_alerts_get, "/api/v2/alerts" },
	{ "POST", "/alerts", api_alerts_post, "/api/v2/alerts" },
	{ "GET", "/alerts/groups", api_groups, "/api/v2/alerts/groups" },
	{ "GET", "/receivers", api_receivers, "/api/v2/receivers" },
	{ "GET", "/status", api_status, "/api/v2/status" },
	{ "GET", "/silences", api_silences_get, "/api/v2/silences" },
	{ "POST", "/silences", api_silences_post, "/api/v2/silences" },
	{ "GET", "/silence/*", api_silence_get, "/api/v2/silence/{silenceID}" },
	{ "DELETE", "/silence/*", api_silence_delete, "/api/v2/silence/{silenceID}" },
};

static bool
path_fits(const char *pattern, struct str path, struct str *param)
{
	struct str p = str_from(pattern);

	if (p.p[p.n - 1] != '*')
		return str_eq(p, path);
	p.n--;
	if (!str_starts(path, p) || path.n == p.n)
		return false;
	*param = str_sub(path, p.n, path.n);
	return str_chr(*param, '/') == param->n;
}

/* The entry for method and path; *known tells whether the path exists at all. */
static const struct route_entry *
find_route(const struct route_entry *routes, size_t n, struct str method, struct str path, struct str *param, bool *known)
{
	*known = false;
	for (size_t i = 0; i < n; i++) {
		if (!path_fits(routes[i].path, path, param))
			continue;
		*known = true;
		if (str_is(method, routes[i].method))
			return &routes[i];
	}
	return NULL;
}

/* "GET, OPTIONS": the methods of a path, sorted, with `extra` among them. */
static struct str
allowed_methods(struct call *c, const struct route_entry *routes, size_t n, struct str path, const char *extra,
    const char *separator)
{
	static const char *const order[] = { "DELETE", "GET", "HEAD", "OPTIONS", "POST" };
	struct str list = STR(""), param;
	bool known;

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if ((extra != NULL && strcmp(order[i], extra) == 0) ||
		    find_route(routes, n, str_from(order[i]), path, &param, &known) != NULL)
			list = arena_printf(c->arena, "%.*s%s%s", STR_ARG(list), list.n > 0 ? separator : "", order[i]);
	return list;
}

static void
redirect(struct call *c, int status, struct str to)
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
strip_prefix(const struct call *c, struct str path, struct str *out)
{
	struct str prefix = c->api->env.route_prefix;

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

/* Sends the client to the clean path, as Go's ServeMux does; false when the path is clean already. */
static bool
redirect_unclean(struct call *c)
{
	struct str path = c->req->path, clean = clean_path(c->arena, path);

	if (path.n > 1 && path.p[path.n - 1] == '/' && clean.n > 1)
		clean = arena_printf(c->arena, "%.*s/", STR_ARG(clean));
	if (path.n == 0 || path.p[0] != '/' || str_eq(clean, path))
		return false;
	redirect(c, 301, clean);
	return true;
}

static void
serve_plain(struct call *c, struct str path)
{
	struct str param, tidy;
	bool known;
	const struct route_entry *r =
	    find_route(plain_routes, ARRAY_LEN(plain_routes), c->req->method, path, &param, &known);

	c->resp->handler = known && !str_starts(path, STR("/api/v1/silence/")) ? arena_str(c->arena, path) : STR("");
	if (r != NULL) {
		if (r->handler != NULL)
			c->resp->handler = str_from(r->handler);
		r->handle(c);
		return;
	}
	if (known) {
		struct str allow =
		    allowed_methods(c, plain_routes, ARRAY_LEN(plain_routes), path, "OPTIONS", ", ");

		http_response_header(c->resp, "Allow", allow);
		if (str_is(c->req->method, "OPTIONS"))
			reply_empty(c, 200);
		else
			reply_text(c, 405, "Method Not Allowed");
		return;
	}
	tidy = canonical_path(c->arena, path);
	r = find_route(plain_routes, ARRAY_LEN(plain_routes), c->req->method, tidy, &param, &known);
	if (r != NULL && !str_eq(tidy, path)) {
		struct str prefix = c->api->env.route_prefix;

		redirect(c, str_is(c->req->method, "GET") ? 301 : 307,
		    prefix.n <= 1 ? tidy : arena_printf(c->arena, "%.*s%.*s", STR_ARG(prefix), STR_ARG(tidy)));
		return;
	}
	reply_text(c, 404, "404 page not found");
}

/* github.com/rs/cors with its default options. */
static bool
cors_headers_allowed(struct str wanted)
{
	static const char *const simple[] = { "accept", "content-type", "x-requested-with", "origin" };

	struct str one;

	while (http_list_next(&wanted, &one)) {
		bool ok = one.n == 0;

		for (size_t i = 0; i < ARRAY_LEN(simple); i++)
			ok = ok || str_caseeq(one, str_from(simple[i]));
		if (!ok)
			return false;
	}
	return true;
}

static bool
cors_method_allowed(struct str method)
{
	return str_is(method, "GET") || str_is(method, "POST") || str_is(method, "HEAD");
}

static bool
cors_preflight(struct call *c)
{
	struct str method = http_request_header(c->req, "Access-Control-Request-Method");
	struct str headers = http_request_header(c->req, "Access-Control-Request-Headers");

	if (!str_is(c->req->method, "OPTIONS") || method.n == 0)
		return false;
	http_response_header(c->resp, "Vary",
	    STR("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
	reply_empty(c, 204);
	if (http_request_header(c->req, "Origin").n == 0 || !cors_method_allowed(method) ||
	    !cors_headers_allowed(headers))
		return true;
	http_response_header(c->resp, "Access-Control-Allow-Origin", STR("*"));
	http_response_header(c->resp, "Access-Control-Allow-Methods", method);
	if (headers.n > 0)
		http_response_header(c->resp, "Access-Control-Allow-Headers", headers);
	return true;
}

bool
has_json_content(struct call *c)
{
	struct str type = http_request_header(c->req, "Content-Type");

	if (type.n == 0) {
		if (c->req->body.n == 0)
			return true;
		type = STR("application/octet-stream");
	}
	type = str_trim(str_sub(type, 0, str_chr(type, ';')));
	if (str_caseeq(type, STR("application/json")))
		return true;
	reply_framework(c, 415, 415,
	    arena_printf(c->arena, "unsupported media type \"%.*s\", only [application/json] are allowed",
		STR_ARG(type)));
	return false;
}

/* q=0, q=0.0, …: not this one. */
static bool
is_refused(struct str parameters)
{
	while (parameters.n > 0) {
		size_t end = str_chr(parameters, ';');
		struct str one = str_trim(str_sub(parameters, 0, end));
		size_t i = 2;

		parameters = str_sub(parameters, end + 1, parameters.n);
		if (!str_starts(one, STR("q=0")))
			continue;
		while (i < one.n && (one.p[i] == '0' || one.p[i] == '.'))
			i++;
		return i == one.n;
	}
	return false;
}

static bool
names_json(struct str accept)
{
	struct str one;

	while (http_list_next(&accept, &one)) {
		size_t semicolon = str_chr(one, ';');
		struct str type = str_trim(str_sub(one, 0, semicolon));

		if ((str_is(type, "*/*") || str_is(type, "application/*") || str_caseeq(type, STR("application/json"))) &&
		    !is_refused(str_sub(one, semicolon + 1, one.n)))
			return true;
	}
	return false;
}

/* What comes with a body is taken, whatever the client wants to hear; else a header that is there has to name JSON. */
static bool
accepts_json(struct call *c)
{
	bool any = false, ok = c->req->body.n > 0;

	for (size_t i = 0; i < c->req->headers_n; i++) {
		if (!str_caseeq(c->req->headers[i].name, STR("Accept")))
			continue;
		any = true;
		ok = ok || names_json(c->req->headers[i].value);
	}
	if (!any || ok)
		return true;
	reply_framework(c, 406, 406, STR("unsupported media type requested, only [application/json] are available"));
	return false;
}

/* strfmt "uuid": canonical, 32 digits, urn:uuid:… or {…}, in any case. */
static bool
is_uuid(struct str s)
{
	size_t digits = 0;

	if (str_starts(s, STR("urn:uuid:")) || str_starts(s, STR("URN:UUID:")))
		s = str_sub(s, 9, s.n);
	else if (s.n == 38 && s.p[0] == '{' && s.p[37] == '}')
		s = str_sub(s, 1, 37);
	if (s.n != 36 && s.n != 32)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dash = s.n == 36 && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? s.p[i] != '-' : !isxdigit((unsigned char)s.p[i]))
			return false;
		digits += !dash;
	}
	return digits == 32;
}

static bool
has_silence_id(struct call *c, struct str param)
{
	struct sbuf decoded = SBUF_INIT(1 << 16);
	bool ok = url_path_unescape(&decoded, param, NULL);

	c->param = arena_str(c->arena, ok ? sbuf_get(&decoded) : param);
	sbuf_fini(&decoded);
	if (is_uuid(c->param))
		return true;
	reply_framework(c, 422, 601,
	    arena_printf(c->arena, "silenceID in path must be of type uuid: \"%.*s\"", STR_ARG(c->param)));
	return false;
}

static void
serve_v2(struct call *c, struct str path)
{
	struct str method = c->req->method, whole = path, param = STR_NONE;
	const struct route_entry *r;
	bool known;

	c->resp->is_api = true;
	http_response_header(c->resp, "Cache-Control", STR("no-store"));
	c->resp->handler = arena_printf(c->arena, "/api/v2%.*s", STR_ARG(path));
	if (cors_preflight(c))
		return;
	http_response_header(c->resp, "Vary", STR("Origin"));
	if (http_request_header(c->req, "Origin").n > 0 && cors_method_allowed(method))
		http_response_header(c->resp, "Access-Control-Allow-Origin", STR("*"));
	if (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	r = find_route(v2_routes, ARRAY_LEN(v2_routes), method, path, &param, &known);
	if (!known) {
		reply_framework(c, 404, 404,
		    arena_printf(c->arena, "path /api/v2%.*s was not found", STR_ARG(whole)));
		return;
	}
	if (r == NULL) {
		struct str allow = allowed_methods(c, v2_routes, ARRAY_LEN(v2_routes), path, NULL, ",");

		http_response_header(c->resp, "Allow", allow);
		reply_framework(c, 405, 405,
		    arena_printf(c->arena, "method %.*s is not allowed, but [%.*s] are", STR_ARG(method),
			STR_ARG(allow)));
		return;
	}
	c->resp->handler = str_from(r->handler);
	if (str_is(method, "POST") && !has_json_content(c))
		return;
	if (!accepts_json(c))
		return;
	if (param.n > 0 && !has_silence_id(c, param))
		return;
	r->handle(c);
}

static void
dispatch(struct call *c, struct str path)
{
	if (str_is(path, "/api/v2"))
		redirect(c, 301, arena_printf(c->arena, "%.*s/", STR_ARG(c->req->path)));
	else if (str_starts(path, STR("/api/v2/")))
		serve_v2(c, str_sub(path, 7, path.n));
	else
		serve_plain(c, path);
}

void
api_handle(struct api *a, const struct http_request *r, struct moment now, struct http_response *out)
{
	struct call c = { .api = a, .req = r, .resp = out, .arena = r->arena, .now = now };
	struct str path;

	if (out->body.max == 0)
		out->body.max = SBUF_UNLIMITED;
	url_query_parse(r->arena, r->query, &c.query, NULL);
	if (redirect_unclean(&c))
		return;
	if (!strip_prefix(&c, r->path, &path)) {
		if (str_is(r->path, "/") && str_is(r->method, "GET"))
			redirect(&c, 302, a->env.route_prefix);
		else
			reply_text(&c, 404, "404 page not found");
	} else if (path.n == 0) {
		redirect(&c, 301, arena_printf(r->arena, "%.*s/", STR_ARG(r->path)));
	} else {
		dispatch(&c, path);
	}
}
