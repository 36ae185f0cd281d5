/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/compiler.h"
#include "http/msg.h"

void
http_stream_free(struct http_stream *s)
{
	struct work w = { INT64_MAX };

	while (s->dismantle != NULL && !s->dismantle(s, &w))
		w.left = INT64_MAX;
	s->drop(s);
}

struct str
http_request_header(const struct http_request *r, const char *name)
{
	struct str wanted = str_from(name);

	for (size_t i = 0; i < r->headers_n; i++)
		if (str_caseeq(r->headers[i].name, wanted))
			return r->headers[i].value;
	return STR_NONE;
}

void
http_response_header(struct http_response *r, const char *name, struct str value)
{
	assert(r->headers_n < ARRAY_LEN(r->headers));
	r->headers[r->headers_n++] = (struct http_header){ str_from(name), value };
}

void
http_response_text(struct http_response *r, int status, struct str text)
{
	r->status = status;
	http_response_header(r, "Content-Type", STR("text/plain; charset=utf-8"));
	http_response_header(r, "X-Content-Type-Options", STR("nosniff"));
	sbuf_str(&r->body, text);
	sbuf_putc(&r->body, '\n');
}
