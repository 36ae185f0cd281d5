/* SPDX-License-Identifier: Apache-2.0 */
/* How the routes of /api/ext/v1 answer. */
#include "base/rfc3339.h"
#include "base/hash.h"
#include "ext.h"
#include "negotiate.h"
#include "watch.h"

/* Below the first an answer is not worth packing; up to the second it is packed within the handler. */
#define PACK_MIN ((size_t)1 << 10)
#define PACK_AT_ONCE ((size_t)64 << 10)

void
ext_error_begin(struct call *c, int status, const char *code, struct str message, struct json_writer *w)
{
	sbuf_reset(&c->resp->body);
	c->resp->status = status;
	http_response_header(c->resp, "Content-Type", STR("application/json"));
	json_writer_init(w, &c->resp->body, JSON_HTML_ESCAPED);
	json_object_begin(w);
	json_key(w, STR("error"));
	json_object_begin(w);
	json_put_str(w, "code", str_from(code));
	json_put_str(w, "message", message);
}

void
ext_error_end(struct call *c, struct json_writer *w)
{
	json_object_end(w);
	json_object_end(w);
	sbuf_putc(&c->resp->body, '\n');
}

void
ext_error(struct call *c, int status, const char *code, struct str message)
{
	struct json_writer w;

	ext_error_begin(c, status, code, message, &w);
	ext_error_end(c, &w);
}

void
ext_error_at(struct call *c, int status, const char *code, struct str message, const char *field, int index)
{
	struct json_writer w;

	ext_error_begin(c, status, code, message, &w);
	json_put_str(&w, "field", str_from(field));
	if (index >= 0)
		json_put_int(&w, "index", index);
	ext_error_end(c, &w);
}

void
ext_refused(struct call *c, const struct err *e)
{
	struct str text = arena_str(c->arena, str_from(e->text));

	if (e->kind == ERR_NOT_FOUND)
		ext_error(c, 404, "not_found", text);
	else if (e->kind == ERR_CONFLICT)
		ext_error(c, 409, "conflict", text);
	else
		ext_error(c, 400, e->kind == ERR_LIMIT ? "limit" : "invalid", text);
}

bool
ext_has_room(struct call *c)
{
	const struct api_env *env = &c->api->env;

	if (env->has_room == NULL || env->has_room(env->arg))
		return true;
	http_response_header(c->resp, "Retry-After", STR("1"));
	ext_error(c, 503, "busy", STR("the disk is slower than what arrives; try again"));
	return false;
}

void
ext_reply_begin(struct call *c, struct json_writer *w)
{
	ext_reply_later(c);
	json_writer_init(w, &c->resp->body, JSON_HTML_ESCAPED);
}

static uint64_t
hash_of(struct str s)
{
	return hash_seeded(s.p != NULL ? s.p : "", s.n);
}

bool
ext_unchanged(struct call *c)
{
	struct str instance = instance_name(), tag;
	struct revision r;

	/* Nothing is known of what the clock may have changed while nobody asks for an overview. */
	if (ext_query_str(c, "age_min").n > 0 || !watch_is_current(c->api->watch, c->now, &r))
		return false;
	tag = arena_printf(c->arena, "\"%.*s-%llu-%016llx\"", STR_ARG(instance), (unsigned long long)r.alerts,
	    (unsigned long long)(hash_of(c->req->path) ^ hash_of(c->req->query)));
	http_response_header(c->resp, "ETag", tag);
	if (!has_entity(c, tag))
		return false;
	c->resp->status = 304;
	return true;
}

static struct str
keep(struct arena *a, struct str s)
{
	return s.n > 0 ? arena_str(a, s) : s;
}

struct call
ext_kept(const struct call *c)
{
	struct http_request *r = ARENA_NEW(c->arena, struct http_request);
	struct http_header *headers = ARENA_ARRAY(c->arena, c->req->headers_n, struct http_header);
	struct call kept = *c;

	*r = *c->req;
	r->method = keep(c->arena, r->method);
	r->path = keep(c->arena, r->path);
	r->query = keep(c->arena, r->query);
	r->client = keep(c->arena, r->client);
	for (size_t i = 0; i < r->headers_n; i++)
		headers[i] = (struct http_header){ keep(c->arena, r->headers[i].name), keep(c->arena, r->headers[i].value) };
	r->headers = headers;
	kept.req = r;
	return kept;
}

void
ext_reply_later(struct call *c)
{
	c->resp->status = 200;
	http_response_header(c->resp, "Content-Type", STR("application/json"));
}

void
ext_reply_end(struct call *c)
{
	struct sbuf *body = &c->resp->body;
	struct sbuf packed = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_putc(body, '\n');
	if (body->n < PACK_MIN || body->n > PACK_AT_ONCE || !takes_gzip(c))
		return;
	gzip_compress(&packed, sbuf_get(body));
	sbuf_fini(body);
	*body = packed;
	http_response_header(c->resp, "Content-Encoding", STR("gzip"));
}

void
ext_put_time(struct json_writer *w, const char *key, struct wall t)
{
	char text[RFC3339_MAX];

	if (wall_is_zero(t))
		json_put_null(w, key);
	else
		json_put_str(w, key, (struct str){ text, strfmt_time_format(wall_utc(t), text) });
}

void
ext_put_seconds(struct json_writer *w, const char *key, span s)
{
	json_key(w, str_from(key));
	json_double(w, (double)s / (double)SPAN_S);
}

void
ext_put_fingerprint(struct json_writer *w, const char *key, uint64_t fingerprint)
{
	json_put_str(w, key, str_from(fingerprint_text(fingerprint).s));
}

void
ext_put_matchers(struct json_writer *w, const char *key, const struct matchers *ms)
{
	json_key(w, str_from(key));
	write_matchers(w, ms);
}

void
ext_put_labels(struct json_writer *w, const char *key, const struct labels *l)
{
	json_key(w, str_from(key));
	write_labels(w, l);
}
