/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics as a body that is made piece by piece. */
#include "scrape.h"

#include "base/mem.h"
#include "negotiate.h"

/* As much as one has without receivers' names or groups, about. */
#define FIRST_ROOM ((size_t)96 << 10)

static enum http_more
make(struct packed *p, struct work *w, struct moment now, struct err *e)
{
	struct scrape *s = CONTAINER_OF(p, struct scrape, body);

	(void)e;
	if (!scrape_write(s, w, now))
		return HTTP_LATER;
	return s->written ? HTTP_END : HTTP_MORE;
}

static void
fini(struct packed *p)
{
	struct scrape *s = CONTAINER_OF(p, struct scrape, body);

	scrape_fini(s);
	config_unref(s->config);
	arena_free(&s->scratch);
}

void
api_metrics(struct call *c)
{
	struct scrape *s = NEW(struct scrape);
	bool open = header_names(http_request_header(c->req, "Accept"), "application/openmetrics-text");
	enum expo_format format = open ? EXPO_OPENMETRICS : EXPO_TEXT;

	s->body.make = make;
	s->body.fini = fini;
	s->api = c->api;
	s->scratch = arena_new();
	s->config = config_ref(view_config(c->api->env.engine));
	s->counters = view_counters(c->api->env.engine);
	s->body.plain.max = SBUF_UNLIMITED;
	(void)sbuf_reserve(&s->body.plain, FIRST_ROOM);
	expo_init(&s->x, &s->body.plain, format);
	c->resp->status = 200;
	http_response_header(c->resp, "Content-Type", str_from(expo_content_type(format)));
	packed_reply(c, &s->body);
}
