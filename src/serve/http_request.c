/* SPDX-License-Identifier: Apache-2.0 */
#include "http_request.h"

#include <assert.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>

#include "base/arena_fast.h"
#include "base/ascii.h"
#include "http/header.h"
#include "known_head.h"

#define COPY_STEP ((size_t)256 << 10)

static bool
is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

static struct str
method_name(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET:
		return STR("GET");
	case EVHTTP_REQ_POST:
		return STR("POST");
	case EVHTTP_REQ_HEAD:
		return STR("HEAD");
	case EVHTTP_REQ_PUT:
		return STR("PUT");
	case EVHTTP_REQ_DELETE:
		return STR("DELETE");
	case EVHTTP_REQ_OPTIONS:
		return STR("OPTIONS");
	case EVHTTP_REQ_TRACE:
		return STR("TRACE");
	case EVHTTP_REQ_CONNECT:
		return STR("CONNECT");
	case EVHTTP_REQ_PATCH:
		return STR("PATCH");
	}
	return STR(HTTP_METHOD_UNKNOWN);
}

/* Whether evhttp looks for a body after the head of such a request. */
static bool
body_is_read(enum evhttp_cmd_type type)
{
	switch (type) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_POST:
	case EVHTTP_REQ_PUT:
	case EVHTTP_REQ_DELETE:
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		return true;
	case EVHTTP_REQ_HEAD:
	case EVHTTP_REQ_TRACE:
		break;
	}
	return false;
}

/* The target as it was sent; evhttp's own parts of it have lost the difference between no query and an empty one. */
static bool
split_target(struct str target, struct http_request *out)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct str scheme = str_from(schemes[i]);
		size_t end;

		if (target.n < scheme.n || !str_caseeq(str_sub(target, 0, scheme.n), scheme))
			continue;
		target = str_sub(target, scheme.n, target.n);
		for (end = 0; end < target.n && target.p[end] != '/' && target.p[end] != '?'; end++)
			;
		if (end == 0)
			return false;
		target = str_sub(target, end, target.n);
		if (target.n == 0)
			target = STR("/");
		break;
	}
	if (target.p[0] == '?') {
		out->path = STR("/");
		out->query = str_sub(target, 1, target.n);
		return true;
	}
	if (target.p[0] != '/' && !str_is(out->method, "CONNECT") &&
	    !(str_is(out->method, "OPTIONS") && str_is(target, "*")))
		return false;
	out->path = str_sub(target, 0, str_chr(target, '?'));
	out->query = str_sub(target, out->path.n + 1, target.n);
	return true;
}

static bool
parse_length(struct str s, uint64_t *out)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = n;
	return true;
}

/* Whether `word` is an element of a comma-separated list. */
static bool
list_has(struct str list, const char *word)
{
	struct str element;

	while (http_list_next(&list, &element))
		if (str_caseeq(element, str_from(word)))
			return true;
	return false;
}

static bool
fail(struct http_verdict *v, int status, const char *why)
{
	v->status = status;
	v->why = why;
	v->close = true;
	v->unread = true;
	return false;
}

static bool
read_headers(struct evhttp_request *req, struct arena *a, struct http_request *out, struct http_verdict *v)
{
	const struct evkeyvalq *all = evhttp_request_get_input_headers(req);
	struct http_header *headers = NULL;
	size_t n = 0, cap = 0;

	for (const struct evkeyval *kv = all->tqh_first; kv != NULL; kv = kv->next.tqe_next) {
		if (n == HTTP_HEADERS_MAX)
			return fail(v, 431, "");
		if (n == cap) {
			headers = arena_grow(a, headers, cap, cap + 16, sizeof(*headers));
			cap += 16;
		}
		headers[n] = (struct http_header){ str_from(kv->key), http_trim(str_from(kv->value)) };
		if (!http_is_token(headers[n].name) || !http_is_header_value(headers[n].value))
			return fail(v, 400, "");
		n++;
	}
	out->headers = headers;
	out->headers_n = n;
	return true;
}

/* The headers that describe the message itself. */
static bool
judge_headers(const struct http_request *r, int minor, bool body_read, struct http_verdict *v)
{
	bool chunked = false, close = false, keep = false;
	size_t hosts = 0;

	for (size_t i = 0; i < r->headers_n; i++) {
		struct str name = r->headers[i].name, value = r->headers[i].value;

		if (str_caseeq(name, STR("Content-Length"))) {
			uint64_t n;

			if (!parse_length(value, &n) || (v->has_length && n != v->length))
				return fail(v, 400, "");
			v->length = n;
			v->has_length = true;
		} else if (str_caseeq(name, STR("Transfer-Encoding"))) {
			if (!str_caseeq(value, STR("chunked")) || chunked)
				return fail(v, 501, "unsupported transfer encoding");
			chunked = true;
		} else if (str_caseeq(name, STR("Connection"))) {
			close = close || list_has(value, "close");
			keep = keep || list_has(value, "keep-alive");
		} else if (str_caseeq(name, STR("Host"))) {
			hosts++;
		}
	}
	if (chunked && (v->has_length || minor == 0))
		return fail(v, 400, "conflicting message lengths");
	if (hosts == 0 && minor >= 1)
		return fail(v, 400, "missing required Host header");
	if (hosts > 1)
		return fail(v, 400, "too many Host headers");
	v->unread = !body_read && (chunked || v->length > 0);
	v->close = close || (minor == 0 && !keep) || v->unread;
	return true;
}

/* The address of the peer, as the connection knows it. */
static struct str
client_address(struct evhttp_connection *c)
{
	char *address = NULL;
	ev_uint16_t port;

	if (c != NULL)
		evhttp_connection_get_peer(c, &address, &port);
	return address != NULL ? str_from(address) : STR("");
}

void
http_request_read(struct evhttp_request *req, struct arena *a, struct http_request *out, struct http_verdict *v)
{
	enum evhttp_cmd_type type = evhttp_request_get_command(req);
	struct str target = str_from(evhttp_request_get_uri(req));

	*out = (struct http_request){ .method = method_name(type), 
		.client = client_address(evhttp_request_get_connection(req)), .arena = a,
		.principal = { .name = STR(""), .scopes = SCOPE_ALL } };
	*v = (struct http_verdict){ .why = "" };
	/* A request that names us as a proxy is for us all the same. */
	req->flags &= ~EVHTTP_PROXY_REQUEST;
	/* How the body came: evhttp would take it for the way in which the answer goes out. */
	req->chunked = 0;
	if (req->major != 1 || req->minor < 0) {
		req->major = 1;
		req->minor = 1;
		fail(v, 505, "unsupported protocol version");
		return;
	}
	if (req->minor > 1)
		req->minor = 1;
	/* Never to become a tunnel, whose answer would have no end of its own. */
	if (type == EVHTTP_REQ_CONNECT)
		req->type = EVHTTP_REQ_OPTIONS;
	if (!is_target(target) || !split_target(target, out)) {
		fail(v, 400, "");
		return;
	}
	if (read_headers(req, a, out, v))
		judge_headers(out, req->minor, body_is_read(type), v);
}

/* A target that begins with a path, and in which no character may be taken for anything else. */
static bool
is_plain_target(struct str s)
{
	if (s.n == 0 || s.p[0] != '/' || (s.n > 1 && s.p[1] == '/'))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '/' && !ascii_in(s.p[i], "-._~?=&"))
			return false;
	return true;
}

/* Takes the next line, which ends with CRLF. */
static bool
next_line(struct str *text, struct str *line)
{
	const char *end = memchr(text->p, '\n', text->n);

	if (end == NULL || end == text->p || end[-1] != '\r')
		return false;
	*line = (struct str){ text->p, (size_t)(end - 1 - text->p) };
	*text = (struct str){ end + 1, text->n - (size_t)(end + 1 - text->p) };
	return true;
}

static bool
read_plain_headers(struct str *text, struct http_header *headers, struct http_request *out)
{
	struct str line;

	out->headers = headers;
	while (next_line(text, &line)) {
		struct http_header *h = &headers[out->headers_n];
		size_t colon = str_chr(line, ':');

		if (line.n == 0)
			return true;
		if (out->headers_n == KNOWN_HEADERS || colon == line.n)
			return false;
		h->name = (struct str){ line.p, colon };
		h->value = http_trim((struct str){ line.p + colon + 1, line.n - colon - 1 });
		if (!http_is_token(h->name) || !http_is_header_value(h->value) || str_caseeq(h->name, STR("Expect")) ||
		    str_caseeq(h->name, STR("Transfer-Encoding")))
			return false;
		out->headers_n++;
	}
	return false;
}

static bool
read_plain_line(struct str *text, struct http_request *out)
{
	const struct str method = STR("POST"), version = STR(" HTTP/1.1");
	struct str line;

	out->method = method;
	if (!next_line(text, &line) || !str_starts(line, STR("POST ")) || !str_ends(line, version) || line.n < 5 + version.n)
		return false;
	line = (struct str){ line.p + 5, line.n - 5 - version.n };
	return is_plain_target(line) && split_target(line, out);
}

bool
http_request_looks_plain(struct str text)
{
	return str_starts(text, STR("POST /"));
}

/* s, a part of `from`, in the copy. */
static void
move(struct str *s, const char *from, const char *copy)
{
	s->p = copy + (s->p - from);
}

/* The head is read again by others after the memory that it came in. Returns the copy. */
static struct str
keep_head(struct str head, struct http_header *headers, struct http_request *out)
{
	struct str copy = arena_str(out->arena, head);

	move(&out->path, head.p, copy.p);
	move(&out->query, head.p, copy.p);
	for (size_t i = 0; i < out->headers_n; i++) {
		move(&headers[i].name, head.p, copy.p);
		move(&headers[i].value, head.p, copy.p);
	}
	return copy;
}

/* Returns how long the head is; 0: it is not plain. */
static size_t
take_apart(struct str text, struct known_head *known, struct http_request *out, uint64_t *length)
{
	struct http_header *headers = arena_raw(out->arena, KNOWN_HEADERS * sizeof(*headers));
	struct http_verdict v = { 0 };
	struct str head, rest = text;

	if (!read_plain_line(&rest, out) || !read_plain_headers(&rest, headers, out) || !judge_headers(out, 1, true, &v) || v.close ||
	    !v.has_length)
		return 0;
	head = keep_head(str_sub(text, 0, text.n - rest.n), headers, out);
	known_head_set(known, head, out);
	*length = v.length;
	return head.n;
}

bool
http_request_plain(struct str text, struct evhttp_connection *evcon, struct known_head *known, struct arena *a, struct http_request *out,
    uint64_t *missing)
{
	uint64_t length;
	size_t head;

	*out = (struct http_request){ .client = client_address(evcon), .arena = a,
		.principal = { .name = STR(""), .scopes = SCOPE_ALL } };
	head = known_head_read(known, text, out, &length);
	if (head == 0)
		head = take_apart(text, known, out, &length);
	if (head == 0 || length < text.n - head)
		return false;
	out->body = str_sub(text, head, text.n);
	*missing = length - out->body.n;
	return true;
}

struct http_request
http_request_copy(struct arena *a, const struct http_request *r)
{
	struct http_request out = *r;
	struct http_header *headers = ARENA_ARRAY(a, r->headers_n, struct http_header);

	for (size_t i = 0; i < r->headers_n; i++)
		headers[i] = (struct http_header){ arena_str(a, r->headers[i].name), arena_str(a, r->headers[i].value) };
	out.method = arena_str(a, r->method);
	out.path = arena_str(a, r->path);
	out.query = arena_str(a, r->query);
	out.client = arena_str(a, r->client);
	out.principal.name = arena_str(a, r->principal.name);
	out.headers = headers;
	out.body = STR_NONE;
	out.arena = a;
	return out;
}

bool
http_request_is_old(const struct evhttp_request *req)
{
	return req->minor == 0;
}

size_t
http_request_body_left(struct evhttp_request *req)
{
	return evbuffer_get_length(evhttp_request_get_input_buffer(req));
}

bool
http_request_collect(struct evhttp_request *req, struct sbuf *room)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t n = evbuffer_get_length(in);
	int got;

	if (!sbuf_reserve(room, n))
		return false;
	/* Memory that was copied from is given back early. */
	got = evbuffer_remove(in, room->p + room->n, n < COPY_STEP ? n : COPY_STEP);
	assert(got > 0);
	room->n += (size_t)got;
	return true;
}

struct str
http_request_body(struct evhttp_request *req, struct sbuf *room)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t n = evbuffer_get_length(in);

	if (n > 0 && room->n == 0 && evbuffer_get_contiguous_space(in) == n)
		return (struct str){ (const char *)evbuffer_pullup(in, (ev_ssize_t)n), n };
	while (http_request_body_left(req) > 0)
		if (!http_request_collect(req, room))
			return STR_NONE;
	return sbuf_get(room);
}
