/* SPDX-License-Identifier: Apache-2.0 */
#include "http_parse.h"

#include <string.h>

/* RFC 9110 5.6.2 */
static bool
is_token_char(unsigned char c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    (c != 0 && strchr(others, c) != NULL);
}

static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_token_char((unsigned char)s.p[i]))
			return false;
	return s.n > 0;
}

static bool
is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

static bool
is_value(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

static struct str
trim_blanks(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Blank lines before a request are skipped (RFC 9112 2.2). */
static size_t
leading_blank(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == '\n' || (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')))
		i += p[i] == '\n' ? 1 : 2;
	return i;
}

size_t
http_head_end(const char *p, size_t n, size_t *scanned)
{
	size_t begin = leading_blank(p, n);
	size_t i = *scanned > begin ? *scanned : begin;

	while (i < n) {
		const char *lf = memchr(p + i, '\n', n - i);
		size_t at;

		if (lf == NULL) {
			i = n;
			break;
		}
		at = (size_t)(lf - p);
		/* The end is this LF when nothing, or a CR alone, is between it and the LF before. */
		if (at > begin && (p[at - 1] == '\n' || (p[at - 1] == '\r' && at - 1 > begin && p[at - 2] == '\n')))
			return at + 1;
		i = at + 1;
	}
	*scanned = i;
	return 0;
}

/* Takes one line, without its end. */
static struct str
next_line(struct str *rest)
{
	size_t n = str_chr(*rest, '\n');
	struct str line = str_sub(*rest, 0, n);

	*rest = str_sub(*rest, n + 1, rest->n);
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static bool
split_target(struct str target, struct http_head *h)
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
		h->path = STR("/");
		h->query = str_sub(target, 1, target.n);
		return true;
	}
	if (target.p[0] != '/' && !str_is(h->method, "CONNECT") &&
	    !(str_is(h->method, "OPTIONS") && str_is(target, "*")))
		return false;
	h->path = str_sub(target, 0, str_chr(target, '?'));
	h->query = str_sub(target, h->path.n + 1, target.n);
	return true;
}

static int
parse_request_line(struct str line, struct http_head *h, const char **why)
{
	size_t a = str_chr(line, ' ');
	struct str rest = str_sub(line, a + 1, line.n);
	size_t b = str_chr(rest, ' ');
	struct str target = str_sub(rest, 0, b);
	struct str version = str_sub(rest, b + 1, rest.n);

	h->method = str_sub(line, 0, a);
	if (!is_token(h->method) || !is_target(target))
		return 400;
	if (version.n != 8 || memcmp(version.p, "HTTP/", 5) != 0 || version.p[6] != '.' ||
	    version.p[5] < '0' || version.p[5] > '9' || version.p[7] < '0' || version.p[7] > '9')
		return 400;
	if (version.p[5] != '1') {
		*why = "unsupported protocol version";
		return 505;
	}
	h->minor = version.p[7] - '0';
	return split_target(target, h) ? 0 : 400;
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
	while (list.n > 0) {
		size_t n = str_chr(list, ',');

		if (str_caseeq(trim_blanks(str_sub(list, 0, n)), str_from(word)))
			return true;
		list = str_sub(list, n + 1, list.n);
	}
	return false;
}

/* What the headers say of the message itself. */
static int
judge_headers(struct http_head *h, const char **why)
{
	bool length = false, close = false, keep = false;
	size_t hosts = 0;

	for (size_t i = 0; i < h->headers_n; i++) {
		struct str name = h->headers[i].name, value = h->headers[i].value;

		if (str_caseeq(name, STR("Content-Length"))) {
			uint64_t n;

			if (!parse_length(value, &n) || (length && n != h->length))
				return 400;
			h->length = n;
			length = true;
		} else if (str_caseeq(name, STR("Transfer-Encoding"))) {
			if (!str_caseeq(value, STR("chunked")) || h->chunked) {
				*why = "unsupported transfer encoding";
				return 501;
			}
			h->chunked = true;
		} else if (str_caseeq(name, STR("Connection"))) {
			close = close || list_has(value, "close");
			keep = keep || list_has(value, "keep-alive");
		} else if (str_caseeq(name, STR("Host"))) {
			hosts++;
		} else if (str_caseeq(name, STR("Expect")) && h->minor >= 1) {
			if (!str_caseeq(value, STR("100-continue")))
				return 417;
			h->expect_continue = true;
		}
	}
	if (h->chunked && (length || h->minor == 0)) {
		*why = "conflicting message lengths";
		return 400;
	}
	if (hosts == 0 && h->minor >= 1) {
		*why = "missing required Host header";
		return 400;
	}
	if (hosts > 1) {
		*why = "too many Host headers";
		return 400;
	}
	h->keep_alive = !close && (h->minor >= 1 || keep);
	return 0;
}

int
http_head_parse(struct arena *a, struct str block, struct http_head *out, const char **why)
{
	struct http_head h = { 0 };
	size_t cap = 0;
	struct str line;
	int status;

	*why = "";
	block = str_sub(block, leading_blank(block.p, block.n), block.n);
	status = parse_request_line(next_line(&block), &h, why);
	if (status != 0)
		return status;
	while (block.n > 0 && (line = next_line(&block)).n > 0) {
		size_t colon = str_chr(line, ':');
		struct api_header *header;

		if (h.headers_n == HTTP_HEADERS_MAX)
			return 431;
		if (h.headers_n == cap) {
			h.headers = arena_grow(a, h.headers, cap, cap + 16, sizeof(*h.headers));
			cap += 16;
		}
		header = &h.headers[h.headers_n++];
		header->name = str_sub(line, 0, colon);
		header->value = trim_blanks(str_sub(line, colon + 1, line.n));
		/* A folded line begins with a blank, which no name may contain. */
		if (colon == line.n || !is_token(header->name) || !is_value(header->value))
			return 400;
	}
	status = judge_headers(&h, why);
	if (status == 0)
		*out = h;
	return status;
}

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_END, TRAILER, DONE };

#define CHUNK_LINE_MAX 4096
#define TRAILERS_MAX 65536

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static void
size_is_known(struct chunk_reader *c)
{
	c->state = c->left > 0 ? DATA : TRAILER;
	c->line = 0;
	c->digits = 0;
	c->blank = true;
	c->cr = false;
}

/* One byte outside of a chunk's data. */
static enum chunk_result
framing_byte(struct chunk_reader *c, char b)
{
	int digit;

	if (++c->line > (c->state == TRAILER ? TRAILERS_MAX : CHUNK_LINE_MAX))
		return CHUNK_BAD;
	switch (c->state) {
	case SIZE:
		digit = hex_value(b);
		if (digit >= 0) {
			if (++c->digits > 15)
				return CHUNK_BAD;
			c->left = c->left * 16 + (uint64_t)digit;
			return CHUNK_MORE;
		}
		if (c->digits == 0)
			return CHUNK_BAD;
		c->state = EXTENSION;
		if (b != ';' && b != ' ' && b != '\t' && b != '\r' && b != '\n')
			return CHUNK_BAD;
		/* fall through */
	case EXTENSION:
		if (b == '\n')
			size_is_known(c);
		else if (b == '\r')
			c->state = SIZE_LF;
		else if ((unsigned char)b < ' ' && b != '\t')
			return CHUNK_BAD;
		return CHUNK_MORE;
	case SIZE_LF:
		if (b != '\n')
			return CHUNK_BAD;
		size_is_known(c);
		return CHUNK_MORE;
	case DATA_END:
		if (b == '\r' && !c->cr) {
			c->cr = true;
			return CHUNK_MORE;
		}
		if (b != '\n')
			return CHUNK_BAD;
		*c = (struct chunk_reader){ .state = SIZE };
		return CHUNK_MORE;
	case TRAILER:
		if (c->cr && b != '\n')
			return CHUNK_BAD;
		if (b == '\n' && c->blank) {
			c->state = DONE;
			return CHUNK_DONE;
		}
		c->blank = b == '\n' || (b == '\r' && c->blank);
		c->cr = b == '\r';
		return CHUNK_MORE;
	default:
		return CHUNK_DONE;
	}
}

enum chunk_result
chunk_read(struct chunk_reader *c, struct str in, size_t *used, struct sbuf *body)
{
	enum chunk_result r = CHUNK_MORE;
	size_t i = 0;

	while (r == CHUNK_MORE && i < in.n) {
		size_t n;

		if (c->state != DATA) {
			r = framing_byte(c, in.p[i++]);
			/* Refused as soon as it is announced. */
			if (c->state == DATA && c->left > body->max - body->n)
				r = CHUNK_TOO_LONG;
			continue;
		}
		n = in.n - i < c->left ? in.n - i : (size_t)c->left;
		sbuf_put(body, in.p + i, n);
		if (body->overflow)
			r = CHUNK_TOO_LONG;
		i += n;
		c->left -= n;
		if (c->left == 0) {
			c->state = DATA_END;
			c->line = 0;
			c->cr = false;
		}
	}
	*used = i;
	return r;
}
