/* SPDX-License-Identifier: Apache-2.0 */
#include "negotiate.h"

#include "handlers.h"
#include "http/header.h"

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
	return str_is(method, "GET") || str_is(method, "POST") || str_is(method, "HEAD") || str_is(method, "OPTIONS");
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
cors_answered(struct call *c)
{
	if (cors_preflight(c))
		return true;
	http_response_header(c->resp, "Vary", STR("Origin"));
	if (http_request_header(c->req, "Origin").n > 0 && cors_method_allowed(c->req->method))
		http_response_header(c->resp, "Access-Control-Allow-Origin", STR("*"));
	return false;
}

/* Without parameters. */
static struct str
content_type(const struct call *c)
{
	struct str type = http_request_header(c->req, "Content-Type");

	return str_trim(str_sub(type, 0, str_chr(type, ';')));
}

static bool
is_json(struct str type)
{
	return str_caseeq(type, STR("application/json"));
}

bool
names_json_content(const struct call *c)
{
	return is_json(content_type(c));
}

bool
has_json_content(struct call *c)
{
	struct str type = content_type(c);

	if (type.n == 0 && http_request_header(c->req, "Content-Type").n == 0) {
		if (c->req->body.n == 0)
			return true;
		type = STR("application/octet-stream");
	}
	if (is_json(type))
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

bool
header_names(struct str header, const char *what)
{
	struct str one;

	while (http_list_next(&header, &one)) {
		size_t semicolon = str_chr(one, ';');

		if (str_caseeq(str_trim(str_sub(one, 0, semicolon)), str_from(what)))
			return !is_refused(str_sub(one, semicolon + 1, one.n));
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

/* A request with a body is taken, whatever the client wants to hear; else a header that is there has to name JSON. */
bool
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

bool
has_entity(const struct call *c, struct str tag)
{
	struct str list = http_request_header(c->req, "If-None-Match"), one;

	while (tag.n > 0 && http_list_next(&list, &one)) {
		if (str_starts(one, STR("W/")))
			one = str_sub(one, 2, one.n);
		if (str_eq(one, tag))
			return true;
	}
	return false;
}
