/* SPDX-License-Identifier: Apache-2.0 */
#include "list.h"

#include "base/mem.h"

#define BYTES_PER_UNIT 2
/* A step that begins within a piece may end so far behind it. */
#define ROOM_BEHIND ((size_t)20 << 10)

void
list_spend(struct work *w, size_t bytes)
{
	work_spend(w, (int64_t)(bytes / BYTES_PER_UNIT));
}

static void
begin_array(struct list *l, struct sbuf *out)
{
	if (l->begun) {
		l->w.b = out;
		return;
	}
	l->begun = true;
	json_writer_init(&l->w, out, JSON_HTML_ESCAPED);
	json_array_begin(&l->w);
}

static enum http_more
next(struct http_stream *s, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	struct list *l = CONTAINER_OF(s, struct list, stream);
	size_t start = out->n;
	enum http_more more = HTTP_MORE;

	engine_see(l->api->env.engine, now);
	/* A list of more than one piece is a long one: its pieces are not moved while they grow. */
	if (l->begun)
		(void)sbuf_reserve(out, HTTP_PIECE + ROOM_BEHIND - out->n);
	begin_array(l, out);
	while (more == HTTP_MORE && out->n - start < HTTP_PIECE) {
		if (work_used_up(w))
			return HTTP_LATER;
		arena_reset(l->scratch);
		more = l->step(l, w, now, e);
	}
	if (more == HTTP_END) {
		json_array_end(&l->w);
		sbuf_putc(out, '\n');
	}
	return more;
}

static void
drop(struct http_stream *s)
{
	struct list *l = CONTAINER_OF(s, struct list, stream);

	l->fini(l);
	arena_free(&l->scratch);
	mem_free(l);
}

void
list_reply(struct call *c, struct list *l)
{
	l->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next, .drop = drop };
	l->api = c->api;
	l->scratch = arena_new();
	c->resp->status = 200;
	http_response_header(c->resp, "Content-Type", STR("application/json"));
	c->resp->stream = &l->stream;
}
