/* SPDX-License-Identifier: Apache-2.0 */
#include "packed.h"

#include <string.h>

#include "base/mem.h"
#include "negotiate.h"
#include "text/json_write.h"

/* So much is packed at a time, in a millisecond or less. */
#define PACK_BYTES ((size_t)32 << 10)
/* Plain text goes so much at a time, without a copy; a body of no more, as /metrics mostly is, goes whole and with its length. */
#define PLAIN_BYTES (HTTP_PIECE + HTTP_PIECE / 2)
/* To pack a byte. */
#define PACK_UNITS 3

/* Until there is a piece to send, or all was made. */
static enum http_more
make(struct packed *p, struct work *w, struct moment now, struct err *e)
{
	size_t enough = p->gzip != NULL ? PACK_BYTES : PLAIN_BYTES;

	while (!p->made && p->plain.n - p->gone < enough) {
		enum http_more more;

		if (work_used_up(w))
			return HTTP_LATER;
		more = p->make(p, w, now, e);
		p->made = more == HTTP_END;
		if (more != HTTP_MORE && more != HTTP_END)
			return more;
	}
	return HTTP_END;
}

/* The part that has gone leaves `plain`: at once, or when it is more than what would have to be moved. */
static void
forget_gone(struct packed *p)
{
	size_t left = p->plain.n - p->gone;

	if (left > p->gone)
		return;
	if (left > 0)
		memmove(p->plain.p, p->plain.p + p->gone, left);
	if (left > 0)
		sbuf_cut(&p->plain, left);
	else
		sbuf_reset(&p->plain);
	p->gone = 0;
}

/* All of `plain` is the piece. */
static void
hand_over(struct packed *p, struct sbuf *out)
{
	struct sbuf piece = p->plain;

	sbuf_fini(out);
	piece.max = out->max;
	p->plain = (struct sbuf){ .max = p->plain.max };
	*out = piece;
}

static enum http_more
next(struct http_stream *stream, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	struct packed *p = CONTAINER_OF(stream, struct packed, stream);
	enum http_more more = make(p, w, now, e);
	struct str some;

	if (more != HTTP_END)
		return more;
	if (p->gzip != NULL && work_used_up(w))
		return HTTP_LATER;
	if (p->gzip == NULL && p->gone == 0 && out->n == 0 && p->plain.n <= PLAIN_BYTES) {
		hand_over(p, out);
		return p->made ? HTTP_END : HTTP_MORE;
	}
	some = str_sub(sbuf_get(&p->plain), p->gone, p->gone + (p->gzip != NULL ? PACK_BYTES : HTTP_PIECE));
	p->gone += some.n;
	if (p->gzip != NULL) {
		gzip_put(p->gzip, out, some, p->made && p->gone == p->plain.n);
		work_spend(w, (int64_t)some.n * PACK_UNITS);
	} else {
		sbuf_str(out, some);
	}
	forget_gone(p);
	return p->made && p->plain.n == 0 ? HTTP_END : HTTP_MORE;
}

static void
drop(struct http_stream *stream)
{
	struct packed *p = CONTAINER_OF(stream, struct packed, stream);

	if (p->fini != NULL)
		p->fini(p);
	gzip_free(&p->gzip);
	sbuf_fini(&p->plain);
	mem_free(p);
}

static bool
dismantle(struct http_stream *stream, struct work *w)
{
	struct packed *p = CONTAINER_OF(stream, struct packed, stream);

	return p->dismantle(p, w);
}

bool
takes_gzip(const struct call *c)
{
	return header_names(http_request_header(c->req, "Accept-Encoding"), "gzip");
}

void
packed_error(struct packed *p, int status, const char *code, struct str message)
{
	struct json_writer w;

	p->stream.status = status;
	json_writer_init(&w, &p->plain, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_key(&w, STR("error"));
	json_object_begin(&w);
	json_put_str(&w, "code", str_from(code));
	json_put_str(&w, "message", message);
	json_object_end(&w);
	json_object_end(&w);
	sbuf_putc(&p->plain, '\n');
}

void
packed_reply(struct call *c, struct packed *p)
{
	p->stream.size = HTTP_STREAM_UNKNOWN;
	p->stream.next = next;
	p->stream.drop = drop;
	if (p->dismantle != NULL)
		p->stream.dismantle = dismantle;
	if (p->plain.max == 0)
		p->plain.max = SBUF_UNLIMITED;
	c->resp->stream = &p->stream;
	http_response_header(c->resp, "Vary", STR("Accept-Encoding"));
	if (!takes_gzip(c))
		return;
	http_response_header(c->resp, "Content-Encoding", STR("gzip"));
	p->gzip = gzip_new();
}
