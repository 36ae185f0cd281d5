/* SPDX-License-Identifier: Apache-2.0 */
#include "http_answer.h"

#include <string.h>

#include "base/ascii.h"
#include "http/header.h"

#define HEAD_MAX ((size_t)300 << 10)	/* as libcurl has it; of sizes of chunks and trailers as well */
#define SIZE_DIGITS 15
#define INFORMED_MAX 5	/* answers of 1xx, as Go has it */
#define TOO_LONG 4	/* times what is wanted: a body that says so is not waited for */

/* The length of the head with the empty line behind it, which is not looked for before `from`; 0: it is not all there. */
static size_t
head_end(struct str s, size_t from)
{
	const char *nl;

	for (size_t at = from; at < s.n && (nl = memchr(s.p + at, '\n', s.n - at)) != NULL; at = (size_t)(nl - s.p) + 1) {
		size_t next = (size_t)(nl - s.p) + 1;

		if (next < s.n && s.p[next] == '\r')
			next++;
		if (next < s.n && s.p[next] == '\n')
			return next + 1;
	}
	return 0;
}

/* HTTP/1.1 200 OK */
static bool
read_status(struct str line, int *status, bool *old)
{
	static const char *const form = "HTTP/1.# ### ";	/* the last space may be missing */

	if (line.n < 12)
		return false;
	for (size_t i = 0; i < 13 && i < line.n; i++)
		if (form[i] == '#' ? !ascii_digit(line.p[i]) : line.p[i] != form[i])
			return false;
	*old = line.p[7] == '0';
	*status = (line.p[9] - '0') * 100 + (line.p[10] - '0') * 10 + (line.p[11] - '0');
	return *status >= 100;
}

static bool
read_length(struct str s, uint64_t *out)
{
	if (s.n == 0 || s.n > 18)
		return false;
	*out = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (!ascii_digit(s.p[i]))
			return false;
		*out = *out * 10 + (uint64_t)(s.p[i] - '0');
	}
	return true;
}

static bool
has_close(struct str value)
{
	struct str element;

	while (http_list_next(&value, &element))
		if (str_caseeq(element, STR("close")))
			return true;
	return false;
}

/* All that its headers say of the body. */
struct framing {
	bool counted, chunked, close;
	uint64_t length;
};

static bool
frame(struct framing *f, const struct http_header *h)
{
	uint64_t length;

	if (str_caseeq(h->name, STR("Content-Length"))) {
		if (!read_length(h->value, &length) || (f->counted && length != f->length))
			return false;
		f->counted = true;
		f->length = length;
	} else if (str_caseeq(h->name, STR("Transfer-Encoding")) && !str_caseeq(h->value, STR("identity"))) {
		f->chunked = str_caseeq(h->value, STR("chunked"));
		return f->chunked;
	} else if (str_caseeq(h->name, STR("Connection"))) {
		f->close = f->close || has_close(h->value);
	}
	return true;
}

static enum answer_got
begin_body(struct answer *a, const struct http_hop *hop, const struct framing *f, bool old)
{
	bool bodiless = hop->status == 204 || hop->status == 304 || (f->counted && !f->chunked && f->length == 0);

	a->keep = !old && !f->close && !(f->chunked && f->counted);
	a->left = f->chunked ? 0 : f->length;
	a->part = bodiless ? ANSWER_OVER : f->chunked ? ANSWER_CHUNK_SIZE : f->counted ? ANSWER_COUNTED : ANSWER_TO_END;
	if (a->part == ANSWER_COUNTED && a->left / TOO_LONG > hop->body.max)
		return ANSWER_CUT;
	return bodiless ? ANSWER_COMPLETE : ANSWER_MORE;
}

static enum answer_got
read_head(struct answer *a, struct http_hop *hop, struct str head)
{
	struct framing f = { 0 };
	struct http_header h;
	struct str line = str_split(&head, '\n');
	bool old;
	int status;

	if (str_ends(line, STR("\r")))
		line.n--;
	/* Nobody asked for another protocol. */
	if (!read_status(line, &status, &old) || status == 101)
		return ANSWER_MALFORMED;
	/* Something to pass the time with; the answer follows (RFC 9110 15.2). */
	if (status < 200)
		return ++a->informed > INFORMED_MAX ? ANSWER_MALFORMED : ANSWER_MORE;
	for (;;) {
		/* A line that goes on with the one before (RFC 9112 5.2). */
		bool folded = head.n > 0 && (head.p[0] == ' ' || head.p[0] == '\t');

		if (!http_header_next(&head, &h) || (h.name.n == 0 && head.n == 0))
			break;
		if (folded)
			continue;
		/* The value begins behind a colon, if there is one. */
		if (!http_is_token(h.name) || h.name.p[h.name.n] != ':' || !frame(&f, &h))
			return ANSWER_MALFORMED;
		http_hop_take_header(hop, h.name, h.value);
	}
	hop->status = status;
	return begin_body(a, hop, &f, old);
}

/* All of it at once, mostly. Takes it from the piece. */
static enum answer_got
take_head(struct answer *a, struct http_hop *hop, struct str *piece)
{
	static const struct str begins = STR("HTTP/");
	size_t had = a->head.n, n;
	struct str all = *piece;
	enum answer_got got;

	if (had > 0) {
		sbuf_str(&a->head, *piece);
		all = sbuf_get(&a->head);
	}
	if (memcmp(all.p, begins.p, all.n < begins.n ? all.n : begins.n) != 0)
		return ANSWER_MALFORMED;
	n = head_end(all, had < 2 ? 0 : had - 2);
	if (n > HEAD_MAX || (n == 0 && all.n > HEAD_MAX))
		return ANSWER_MALFORMED;
	if (n == 0) {
		if (had == 0) {
			a->head.max = SBUF_UNLIMITED;
			sbuf_str(&a->head, *piece);
		}
		*piece = STR_NONE;
		return ANSWER_MORE;
	}
	got = read_head(a, hop, str_sub(all, 0, n));
	*piece = str_sub(*piece, n - had, piece->n);
	/* Where another head follows it begins anew. */
	sbuf_reset(&a->head);
	return got;
}

static enum answer_got
take_body(struct http_hop *hop, struct str s)
{
	size_t room = hop->body.max - hop->body.n;

	if (s.n > 0 && room > 0)
		sbuf_put(&hop->body, s.p, s.n < room ? s.n : room);
	return s.n > room ? ANSWER_CUT : ANSWER_MORE;
}

/* Takes as much of the body, or of the chunk, as the piece has. */
static enum answer_got
take_counted(struct answer *a, struct http_hop *hop, struct str *piece, enum answer_part then)
{
	struct str s = str_sub(*piece, 0, a->left < piece->n ? (size_t)a->left : piece->n);

	*piece = str_sub(*piece, s.n, piece->n);
	a->left -= s.n;
	if (a->left == 0)
		a->part = then;
	return take_body(hop, s);
}

static bool
take_size(struct answer *a, char c)
{
	int digit = ascii_hex(c);

	if (digit >= 0) {
		a->left = a->left * 16 + (uint64_t)digit;
		return ++a->line <= SIZE_DIGITS;
	}
	if (a->line == 0 || !ascii_in(c, "\r\n; \t"))
		return false;
	a->line = 0;
	a->part = ANSWER_CHUNK_REST;
	return true;
}

/* A character of what stands around chunks. False: it may not stand there. */
static bool
take_aside(struct answer *a, char c)
{
	if (++a->aside > HEAD_MAX || (a->part == ANSWER_CHUNK_SIZE && !take_size(a, c)))
		return false;
	if (a->part == ANSWER_CHUNK_REST && c == '\n') {
		a->part = a->left > 0 ? ANSWER_CHUNK : ANSWER_TRAILER;
	} else if (a->part == ANSWER_CHUNK_END) {
		if (c == '\n')
			a->part = ANSWER_CHUNK_SIZE;
		return c == '\n' || c == '\r';
	} else if (a->part == ANSWER_TRAILER) {
		if (c == '\n' && a->line == 0)
			a->part = ANSWER_OVER;
		a->line = c == '\n' ? 0 : a->line + (c != '\r');
	}
	return true;
}

enum answer_got
answer_take(struct answer *a, struct http_hop *hop, struct str piece)
{
	enum answer_got got = ANSWER_MORE;

	while (piece.n > 0 && got == ANSWER_MORE && a->part != ANSWER_OVER) {
		switch (a->part) {
		case ANSWER_HEAD:
			got = take_head(a, hop, &piece);
			break;
		case ANSWER_COUNTED:
			got = take_counted(a, hop, &piece, ANSWER_OVER);
			break;
		case ANSWER_TO_END:
			got = take_body(hop, piece);
			piece = STR_NONE;
			break;
		case ANSWER_CHUNK:
			got = take_counted(a, hop, &piece, ANSWER_CHUNK_END);
			break;
		case ANSWER_CHUNK_SIZE:
		case ANSWER_CHUNK_REST:
		case ANSWER_CHUNK_END:
		case ANSWER_TRAILER:
		case ANSWER_OVER:
			got = take_aside(a, piece.p[0]) ? ANSWER_MORE : ANSWER_CUT;
			piece = str_sub(piece, 1, piece.n);
		}
	}
	a->rest = piece.n;
	return got == ANSWER_MORE && a->part == ANSWER_OVER ? ANSWER_COMPLETE : got;
}

bool
answer_ends(const struct answer *a)
{
	return a->part == ANSWER_TO_END;
}

void
answer_fini(struct answer *a)
{
	sbuf_fini(&a->head);
}
