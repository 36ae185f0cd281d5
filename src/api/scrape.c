/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics as a body that is made piece by piece. */
#include "scrape.h"

#include "base/mem.h"
#include "http/header.h"

/* So much is packed at a time, in a millisecond or less. */
#define PACK_BYTES ((size_t)32 << 10)
/* To pack a byte. */
#define PACK_UNITS 3

static enum http_more
next_plain(struct scrape *s, struct sbuf *out, struct work *w, struct moment now)
{
	size_t start = out->n;

	s->x.b = out;
	while (!s->written && out->n - start < HTTP_PIECE)
		if (!scrape_write(s, w, now))
			return HTTP_LATER;
	return s->written ? HTTP_END : HTTP_MORE;
}

static enum http_more
next_packed(struct scrape *s, struct sbuf *out, struct work *w, struct moment now)
{
	struct str some;

	s->x.b = &s->plain;
	while (!s->written && s->plain.n - s->packed < PACK_BYTES)
		if (!scrape_write(s, w, now))
			return HTTP_LATER;
	if (work_used_up(w))
		return HTTP_LATER;
	some = str_sub(sbuf_get(&s->plain), s->packed, s->packed + PACK_BYTES);
	s->packed += some.n;
	gzip_put(s->gzip, out, some, s->written && s->packed == s->plain.n);
	work_spend(w, (int64_t)some.n * PACK_UNITS);
	if (s->packed < s->plain.n)
		return HTTP_MORE;
	sbuf_reset(&s->plain);
	s->packed = 0;
	return s->written ? HTTP_END : HTTP_MORE;
}

static enum http_more
next(struct http_stream *stream, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	struct scrape *s = CONTAINER_OF(stream, struct scrape, stream);

	(void)e;
	return s->gzip != NULL ? next_packed(s, out, w, now) : next_plain(s, out, w, now);
}

static void
drop(struct http_stream *stream)
{
	struct scrape *s = CONTAINER_OF(stream, struct scrape, stream);

	scrape_fini(s);
	gzip_free(&s->gzip);
	sbuf_fini(&s->plain);
	config_unref(s->config);
	arena_free(&s->scratch);
	mem_free(s);
}

/* Does one element of a comma-separated header name `what`, and not with q=0? */
static bool
accepts(struct str header, const char *what)
{
	struct str one;

	while (http_list_next(&header, &one)) {
		struct str name = str_trim(str_sub(one, 0, str_chr(one, ';')));
		struct str q = str_trim(str_sub(one, str_chr(one, ';') + 1, one.n));

		if (str_caseeq(name, str_from(what)))
			return !str_is(q, "q=0") && !str_is(q, "q=0.0");
	}
	return false;
}

void
api_metrics(struct call *c)
{
	struct scrape *s = NEW(struct scrape);
	bool open = accepts(http_request_header(c->req, "Accept"), "application/openmetrics-text");
	enum expo_format format = open ? EXPO_OPENMETRICS : EXPO_TEXT;

	s->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next, .drop = drop };
	s->api = c->api;
	s->scratch = arena_new();
	s->config = config_ref(view_config(c->api->env.engine));
	s->counters = view_counters(c->api->env.engine);
	s->plain.max = SBUF_UNLIMITED;
	expo_init(&s->x, &s->plain, format);
	c->resp->status = 200;
	c->resp->stream = &s->stream;
	http_response_header(c->resp, "Content-Type", str_from(expo_content_type(format)));
	if (!accepts(http_request_header(c->req, "Accept-Encoding"), "gzip"))
		return;
	http_response_header(c->resp, "Content-Encoding", STR("gzip"));
	s->gzip = gzip_new();
}
