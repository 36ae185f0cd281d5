/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

void
http_json_begin(struct http_json *j)
{
	*j = (struct http_json){ .buf = SBUF_INIT(RENDER_MAX) };
	json_writer_init(&j->w, &j->buf, JSON_HTML_ESCAPED);
}

bool
http_json_end(struct http_json *j, struct attempt *a, struct str *out, struct err *e)
{
	sbuf_putc(&j->buf, '\n');
	return render_take(a, &j->buf, out, e);
}

void
json_put_opt(struct json_writer *w, const char *key, struct str v)
{
	if (v.n > 0)
		json_put_str(w, key, v);
}

void
http_header(struct attempt *a, struct request *out, const char *name, struct str value)
{
	struct fetch_request *h = &out->http;

	h->headers = arena_grow(a->arena, h->headers, h->headers_n, h->headers_n + 1, sizeof(*h->headers));
	h->headers[h->headers_n++] = (struct http_header){ str_from(name), value };
}

void
http_request(struct attempt *a, struct request *out, const char *method, struct str url, const char *content_type,
    struct str body)
{
	*out = (struct request){ .kind = REQUEST_HTTP };
	out->http.method = str_from(method);
	out->http.url = url;
	out->http.body = body;
	http_header(a, out, "User-Agent", a->env->user_agent);
	if (content_type != NULL)
		http_header(a, out, "Content-Type", str_from(content_type));
}

void
http_idempotency_key(struct attempt *a, struct request *out)
{
	struct decision d = a->n->decision;

	if (d.hi == 0 && d.lo == 0)
		return;
	http_header(a, out, "Idempotency-Key",
	    arena_printf(a->arena, "%016llx%016llx", (unsigned long long)d.hi, (unsigned long long)d.lo));
}

enum step
http_post_json(struct attempt *a, struct request *out, struct str url, struct http_json *j, struct err *e)
{
	struct str body;

	if (!http_json_end(j, a, &body, e))
		return STEP_FAIL;
	http_request(a, out, "POST", url, "application/json", body);
	http_idempotency_key(a, out);
	return STEP_SEND;
}
