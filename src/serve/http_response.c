/* SPDX-License-Identifier: Apache-2.0 */
#include "http_response.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/http.h>

#include "base/copy.h"
#include "base/layout.h"
#include "base/mem.h"
#include "http_private.h"
#include "http_request.h"

/* An answer of no more bytes is written in one go, without evhttp. */
#define AT_ONCE ((size_t)16 << 10)

static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 200, "OK" }, { 201, "Created" }, { 202, "Accepted" }, { 204, "No Content" },
	{ 301, "Moved Permanently" }, { 302, "Found" }, { 303, "See Other" }, { 304, "Not Modified" },
	{ 307, "Temporary Redirect" }, { 308, "Permanent Redirect" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
	{ 405, "Method Not Allowed" }, { 406, "Not Acceptable" }, { 408, "Request Timeout" }, { 409, "Conflict" },
	{ 410, "Gone" }, { 412, "Precondition Failed" }, { 413, "Request Entity Too Large" },
	{ 415, "Unsupported Media Type" }, { 417, "Expectation Failed" }, { 422, "Unprocessable Entity" },
	{ 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" }, { 507, "Insufficient Storage" },
};

const char *
http_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "status code";
}

/* A value cannot begin another header, whatever it holds. */
static void
put_clean(struct sbuf *b, struct str s)
{
	size_t i = 0;

	while (i < s.n && ((unsigned char)s.p[i] >= ' ' || s.p[i] == '\t'))
		i++;
	sbuf_put(b, s.p, i);
	for (; i < s.n; i++)
		sbuf_putc(b, (unsigned char)s.p[i] < ' ' && s.p[i] != '\t' ? ' ' : s.p[i]);
}

/* RFC 9110 5.6.7, always in English. */
static const char *
http_date(struct http_server *s, struct wall now)
{
	struct wall w = wall_utc(now);

	if (w.s != s->date_s || s->date[0] == '\0') {
		struct sbuf b = SBUF_INIT(sizeof(s->date) - 1);

		layout_format(&b, STR("Mon, 02 Jan 2006 15:04:05 GMT"), &(struct zoned_time){ .at = w });
		snprintf(s->date, sizeof(s->date), "%s", sbuf_cstr(&b));
		sbuf_fini(&b);
		s->date_s = w.s;
	}
	return s->date;
}

static void
free_body(const void *data, size_t n, void *arg)
{
	(void)data;
	(void)n;
	mem_free(arg);
}

static void
put_headers(struct http_server *s, struct exchange *x, bool has_length, uint64_t length)
{
	struct evkeyvalq *out = evhttp_request_get_output_headers(x->evreq);
	const struct http_response *r = &x->resp;
	struct sbuf name = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < r->headers_n; i++) {
		sbuf_reset(&name);
		sbuf_reset(&value);
		put_clean(&name, r->headers[i].name);
		put_clean(&value, r->headers[i].value);
		evhttp_add_header(out, sbuf_cstr(&name), sbuf_cstr(&value));
	}
	evhttp_add_header(out, "Date", http_date(s, x->answered.wall));
	if (has_length) {
		sbuf_reset(&value);
		sbuf_printf(&value, "%llu", (unsigned long long)length);
		evhttp_add_header(out, "Content-Length", sbuf_cstr(&value));
	}
	if (x->close) {
		/* Otherwise evhttp might promise to keep a connection of HTTP/1.0. */
		while (evhttp_remove_header(evhttp_request_get_input_headers(x->evreq), "Connection") == 0)
			;
		evhttp_add_header(out, "Connection", "close");
	}
	sbuf_fini(&name);
	sbuf_fini(&value);
}

static bool
status_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

bool
http_response_has_body(const struct exchange *x)
{
	return status_has_body(x->resp.status) && evhttp_request_get_command(x->evreq) != EVHTTP_REQ_HEAD;
}

/*
 * evhttp copies each header thrice, prints it anew and waits for the socket to be
 * writable: more than all else that a small answer costs. An answer behind which the connection
 * stays needs none of it.
 */
static bool
is_plain(const struct http_conn *c)
{
	const struct exchange *x = c->x;

	if (x->resp.stream != NULL || x->close || x->resp.body.n > AT_ONCE)
		return false;
	return x->evreq == NULL ||
	    (!http_request_is_old(x->evreq) && evhttp_request_get_command(x->evreq) != EVHTTP_REQ_HEAD &&
		evhttp_request_get_connection(x->evreq) != NULL && bufferevent_openssl_get_ssl(c->bev) == NULL &&
		evbuffer_get_length(bufferevent_get_output(c->bev)) == 0);
}

static char *
copy(char *p, struct str s)
{
	return s.n > 0 ? copy_short(p, s.p, s.n) : p;
}

/* One of eight bytes is below ' '; or may be, which those above 0x7f are not taken for. */
static uint64_t
controls(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return (word - UINT64_C(0x2020202020202020)) & ~word & UINT64_C(0x8080808080808080);
}

static bool
may_have_controls(struct str s)
{
	uint64_t found = 0;

	if (s.n < 8)
		return true;
	for (size_t i = 0; i + 8 < s.n; i += 8)
		found |= controls(s.p + i);
	return (found | controls(s.p + s.n - 8)) != 0;
}

/* As put_clean. */
static char *
copy_clean(char *p, struct str s)
{
	if (!may_have_controls(s))
		return copy_short(p, s.p, s.n);
	for (size_t i = 0; i < s.n; i++)
		*p++ = (unsigned char)s.p[i] < ' ' && s.p[i] != '\t' ? ' ' : s.p[i];
	return p;
}

/* So many bytes are in the first line, in Date and in Content-Length. */
#define FIXED_MAX 256

/* Appends it; room for all of it is made at once. */
static void
put_plain(struct http_server *s, struct exchange *x, struct sbuf *out)
{
	const struct http_response *r = &x->resp;
	struct str body = status_has_body(r->status) ? sbuf_get(&r->body) : STR_NONE;
	size_t n = FIXED_MAX + body.n;
	char *p;

	for (size_t i = 0; i < r->headers_n; i++)
		n += r->headers[i].name.n + r->headers[i].value.n + strlen(": \r\n");
	if (!sbuf_reserve(out, n))
		return;
	p = copy_uint(copy(out->p + out->n, STR("HTTP/1.1 ")), (uint64_t)r->status);
	*p++ = ' ';
	p = copy(copy(p, str_from(http_reason(r->status))), STR("\r\n"));
	for (size_t i = 0; i < r->headers_n; i++) {
		p = copy(copy_clean(p, r->headers[i].name), STR(": "));
		p = copy(copy_clean(p, r->headers[i].value), STR("\r\n"));
	}
	p = copy(copy(p, STR("Date: ")), str_from(http_date(s, x->answered.wall)));
	if (status_has_body(r->status))
		p = copy_uint(copy(p, STR("\r\nContent-Length: ")), body.n);
	p = copy(copy(p, STR("\r\n\r\n")), body);
	*p = '\0';
	out->n = (size_t)(p - out->p);
}

bool
http_response_sent(struct http_conn *c, struct str text, ssize_t n)
{
	struct exchange *x = c->x;
	size_t taken = n > 0 ? (size_t)n : 0;
	struct evbuffer *rest;

	c->sent += taken;
	x->sent = true;
	if (taken < text.n) {
		if (x->evreq == NULL)
			direct_lend(c);
		rest = evbuffer_new();
		assert(rest != NULL);
		evbuffer_add(rest, text.p + taken, text.n - taken);
		evhttp_send_reply_chunk(x->evreq, rest);
		evbuffer_free(rest);
		evhttp_send_reply_end(x->evreq);
		return false;
	}
	if (x->evreq != NULL)
		evhttp_send_reply_end(x->evreq);
	else
		exchange_complete(c, x->answered.mono);
	return true;
}

static bool
send_plain(struct http_conn *c)
{
	struct http_server *s = c->server;
	struct sbuf *out = gather_text(s);
	ssize_t n;

	if (out != NULL) {
		put_plain(s, c->x, out);
		gather_add(c);
		return true;
	}
	out = &s->plain;
	sbuf_reset(out);
	put_plain(s, c->x, out);
	n = send(bufferevent_getfd(c->bev), out->p, out->n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return http_response_sent(c, sbuf_get(out), n);
}

bool
http_response_send(struct http_conn *c)
{
	struct exchange *x = c->x;
	struct http_response *r = &x->resp;
	uint64_t length = r->stream != NULL ? r->stream->size : r->body.n;
	bool known = length != HTTP_STREAM_UNKNOWN, head, has_body;
	size_t n;
	char *p;

	assert(r->status >= 200 && r->status <= 999);
	if (is_plain(c))
		return send_plain(c);
	if (x->evreq == NULL)
		direct_lend(c);
	head = evhttp_request_get_command(x->evreq) == EVHTTP_REQ_HEAD;
	has_body = http_response_has_body(x);
	/* A handler may leave out the body of HEAD, but then nobody knows its length. */
	put_headers(c->server, x, status_has_body(r->status) && known && (!head || length > 0), length);
	if (r->stream != NULL && has_body) {
		/* Without a length it comes in chunks, or (HTTP/1.0) until the connection ends: evhttp sees to that. */
		evhttp_send_reply_start(x->evreq, r->status, http_reason(r->status));
		return false;
	}
	if (has_body && r->body.n > 0) {
		p = sbuf_take(&r->body, &n);
		if (evbuffer_add_reference(evhttp_request_get_output_buffer(x->evreq), p, n, free_body, p) < 0)
			mem_free(p);	/* out of memory: the peer waits for more than comes and is cut */
	}
	x->sent = true;
	evhttp_send_reply(x->evreq, r->status, http_reason(r->status), NULL);
	return false;
}
