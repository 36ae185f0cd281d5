/* SPDX-License-Identifier: Apache-2.0 */
/* How handlers answer. */
#include "handlers.h"

static void
content_type(struct call *c, struct str type)
{
	http_response_header(c->resp, "Content-Type", type);
}

void
reply_text(struct call *c, int status, const char *text)
{
	http_response_text(c->resp, status, str_from(text));
}

void
reply_error(struct call *c, int status, struct str message)
{
	content_type(c, STR("application/json"));
	c->resp->status = status;
	json_quote(&c->resp->body, message, JSON_HTML_ESCAPED);
	sbuf_putc(&c->resp->body, '\n');
}

void
reply_framework(struct call *c, int status, int code, struct str message)
{
	struct json_writer w;

	c->resp->status = status;
	content_type(c, STR("application/json"));
	json_writer_init(&w, &c->resp->body, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_put_int(&w, "code", code);
	json_put_str(&w, "message", message);
	json_object_end(&w);
}

void
reply_json_begin(struct call *c, struct json_writer *w)
{
	c->resp->status = 200;
	content_type(c, STR("application/json"));
	json_writer_init(w, &c->resp->body, JSON_HTML_ESCAPED);
}

void
reply_json_end(struct call *c)
{
	sbuf_putc(&c->resp->body, '\n');
}

void
reply_empty(struct call *c, int status)
{
	c->resp->status = status;
}
