/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_write.h"

#include <math.h>

#include "base/copy.h"
#include "base/rfc3339.h"
#include "base/utf8.h"
#include "json_scan.h"
#include "text/float.h"

static const char hex_digits[] = "0123456789abcdef";

/* Writes what c (ASCII) looks like inside of a string. */
static void
put_escaped(struct sbuf *b, unsigned char c)
{
	char out[6] = { '\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15] };

	switch (c) {
	case '"':
	case '\\':
		out[1] = (char)c;
		break;
	case '\n':
		out[1] = 'n';
		break;
	case '\r':
		out[1] = 'r';
		break;
	case '\t':
		out[1] = 't';
		break;
	case '\b':
		out[1] = 'b';
		break;
	case '\f':
		out[1] = 'f';
		break;
	default:
		sbuf_put(b, out, 6);
		return;
	}
	sbuf_put(b, out, 2);
}

const uint8_t json_special[256] = {
	[0 ... 0x1f] = JSON_SPECIAL,
	['"'] = JSON_SPECIAL,
	['\\'] = JSON_SPECIAL,
	['<'] = JSON_SPECIAL_HTML,
	['>'] = JSON_SPECIAL_HTML,
	['&'] = JSON_SPECIAL_HTML,
	[0x80 ... 0xff] = JSON_SPECIAL,
};

static inline const char *
next_special(const char *p, const char *end, enum json_html html)
{
	return html == JSON_HTML_PLAIN ? json_scan_string(p, end) : json_scan_html(p, end);
}

/* Writes the special character at p; returns the bytes taken. */
static size_t
put_special(struct sbuf *b, const char *p, const char *end)
{
	uint32_t rune;

	if ((unsigned char)*p < 0x80) {
		put_escaped(b, (unsigned char)*p);
		return 1;
	}
	size_t n = utf8_decode((struct str){ p, (size_t)(end - p) }, &rune);
	if (rune == RUNE_ERROR && n == 1)
		sbuf_put(b, "\\ufffd", 6);
	else if (rune == 0x2028 || rune == 0x2029)
		sbuf_put(b, rune == 0x2028 ? "\\u2028" : "\\u2029", 6);
	else
		sbuf_put(b, p, n);
	return n;
}

/* A run of plain bytes and what stands behind it, when that is one of the two that are often many: as in a list of matchers. */
static ALWAYS_INLINE bool
put_run(struct sbuf *b, const char *p, size_t n, char c)
{
	char *out;

	if ((c != '"' && c != '\\') || n > 64 || n + 2 > b->max - b->n)
		return false;
	if ((b->overflow || n + 2 >= b->cap - b->n) && !sbuf_reserve(b, n + 2))
		return false;
	out = copy_short(b->p + b->n, p, n);
	out[0] = '\\';
	out[1] = c;
	out[2] = '\0';
	b->n += n + 2;
	return true;
}

void
json_quote_part(struct sbuf *b, struct str s, enum json_html html)
{
	const char *p = s.n > 0 ? s.p : "", *end = p + s.n;

	while (p < end) {
		const char *stop = next_special(p, end, html);

		if (stop < end && put_run(b, p, (size_t)(stop - p), *stop)) {
			p = stop + 1;
			continue;
		}
		sbuf_put(b, p, (size_t)(stop - p));
		p = stop;
		if (p < end)
			p += put_special(b, p, end);
	}
}

bool
json_is_plain(struct str s)
{
	const char *p = s.n > 0 ? s.p : "";

	return json_scan_html(p, p + s.n) == p + s.n;
}

/* Puts s and its quotes to p; NULL: something in it is to be escaped. JSON_SCAN_PADDING bytes behind have to be there. */
static ALWAYS_INLINE char *
copy_plain(char *p, struct str s)
{
	/* It is looked at where it was copied to, as bytes may be read there that are behind it. */
	copy_short(p + 1, s.n > 0 ? s.p : "", s.n);
	if (!json_scan_padded(p + 1, s.n))
		return NULL;
	p[0] = '"';
	p[s.n + 1] = '"';
	return p + s.n + 2;
}

/* Room for n bytes at the end, and the padding, if the buffer may be that large; else NULL. */
static ALWAYS_INLINE char *
plain_room(struct sbuf *b, size_t n)
{
	n += JSON_SCAN_PADDING;
	if (n > b->max - b->n || !sbuf_reserve(b, n))
		return NULL;
	return b->p + b->n;
}

/* The end of what was put there; NULL: nothing was, after all. */
static ALWAYS_INLINE bool
plain_end(struct sbuf *b, char *end)
{
	if (end != NULL)
		b->n = (size_t)(end - b->p);
	if (b->p != NULL)
		b->p[b->n] = '\0';
	return end != NULL;
}

/* Most strings are copied whole; false: this one is not, and nothing was written. */
static ALWAYS_INLINE bool
quote_plain(struct sbuf *b, struct str s)
{
	char *p = plain_room(b, s.n + 2);

	return p != NULL && plain_end(b, copy_plain(p, s));
}

void
json_quote_repaired(struct sbuf *b, struct str s)
{
	struct sbuf valid = SBUF_INIT(b->max);

	if (quote_plain(b, s))
		return;
	if (utf8_valid(s)) {
		json_quote(b, s, JSON_HTML_ESCAPED);
		return;
	}
	for (size_t i = 0; i < s.n;) {
		char bytes[4];
		uint32_t r;

		i += utf8_decode(str_sub(s, i, s.n), &r);
		sbuf_put(&valid, bytes, utf8_encode(r, bytes));
	}
	json_quote(b, sbuf_get(&valid), JSON_HTML_ESCAPED);
	b->overflow = b->overflow || valid.overflow;
	sbuf_fini(&valid);
}

void
json_quote(struct sbuf *b, struct str s, enum json_html html)
{
	if (quote_plain(b, s))
		return;
	sbuf_putc(b, '"');
	json_quote_part(b, s, html);
	sbuf_putc(b, '"');
}

void
json_writer_init(struct json_writer *w, struct sbuf *b, enum json_html html)
{
	*w = (struct json_writer){ .b = b, .html = html };
}

/* The first thing in an object, or behind a comma. Puts the key and a colon to p, of which the room is there; NULL: something in it is to be escaped. */
static ALWAYS_INLINE char *
put_plain_key(const struct json_writer *w, char *p, struct str key)
{
	if (w->comma)
		*p++ = ',';
	p = copy_plain(p, key);
	if (p != NULL)
		*p++ = ':';
	return p;
}

static void
before_value(struct json_writer *w)
{
	if (w->comma)
		sbuf_putc(w->b, ',');
	w->comma = true;
}

static void
begin(struct json_writer *w, char c)
{
	before_value(w);
	sbuf_putc(w->b, c);
	w->comma = false;
}

static void
finish(struct json_writer *w, char c)
{
	sbuf_putc(w->b, c);
	w->comma = true;
}

void
json_object_begin(struct json_writer *w)
{
	begin(w, '{');
}

void
json_object_end(struct json_writer *w)
{
	finish(w, '}');
}

void
json_array_begin(struct json_writer *w)
{
	begin(w, '[');
}

void
json_array_end(struct json_writer *w)
{
	finish(w, ']');
}

void
json_key(struct json_writer *w, struct str key)
{
	char *p = plain_room(w->b, key.n + strlen(",\"\":"));

	if (p != NULL && plain_end(w->b, put_plain_key(w, p, key))) {
		w->comma = false;
		return;
	}
	before_value(w);
	json_quote(w->b, key, w->html);
	sbuf_putc(w->b, ':');
	w->comma = false;
}

void
json_str(struct json_writer *w, struct str s)
{
	before_value(w);
	json_quote(w->b, s, w->html);
}

void
json_str_repaired(struct json_writer *w, struct str s)
{
	before_value(w);
	json_quote_repaired(w->b, s);
}

void
json_int(struct json_writer *w, int64_t v)
{
	before_value(w);
	if (v < 0)
		sbuf_putc(w->b, '-');
	sbuf_uint(w->b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void
json_uint(struct json_writer *w, uint64_t v)
{
	before_value(w);
	sbuf_uint(w->b, v);
}

void
json_double(struct json_writer *w, double v)
{
	if (!isfinite(v)) {
		json_nil(w);
		return;
	}
	before_value(w);
	float_format_json(w->b, v);
}

void
json_bool(struct json_writer *w, bool v)
{
	before_value(w);
	sbuf_puts(w->b, v ? "true" : "false");
}

void
json_nil(struct json_writer *w)
{
	before_value(w);
	sbuf_puts(w->b, "null");
}

void
json_raw(struct json_writer *w, struct str json)
{
	before_value(w);
	sbuf_str(w->b, json);
}

void
json_wall(struct json_writer *w, struct wall t)
{
	char text[RFC3339_MAX];
	size_t n = rfc3339_format(t, text);

	before_value(w);
	sbuf_putc(w->b, '"');
	sbuf_put(w->b, text, n);
	sbuf_putc(w->b, '"');
}

/* A key and a string, as most are; false: nothing was written. */
static bool
put_plain_pair(struct json_writer *w, struct str key, struct str v)
{
	char *p = plain_room(w->b, key.n + v.n + strlen(",\"\":\"\""));

	if (p == NULL)
		return false;
	p = put_plain_key(w, p, key);
	if (p != NULL)
		p = copy_plain(p, v);
	if (!plain_end(w->b, p))
		return false;
	w->comma = true;
	return true;
}

void
json_pair(struct json_writer *w, struct str key, struct str v)
{
	if (put_plain_pair(w, key, v))
		return;
	json_key(w, key);
	json_str(w, v);
}

void
json_pair_repaired(struct json_writer *w, struct str key, struct str v)
{
	if (put_plain_pair(w, key, v))
		return;
	json_key(w, key);
	json_str_repaired(w, v);
}

void
json_put_str(struct json_writer *w, const char *key, struct str v)
{
	json_pair(w, str_from(key), v);
}

void
json_put_int(struct json_writer *w, const char *key, int64_t v)
{
	json_key(w, str_from(key));
	json_int(w, v);
}

void
json_put_uint(struct json_writer *w, const char *key, uint64_t v)
{
	json_key(w, str_from(key));
	json_uint(w, v);
}

void
json_put_bool(struct json_writer *w, const char *key, bool v)
{
	json_key(w, str_from(key));
	json_bool(w, v);
}

void
json_put_null(struct json_writer *w, const char *key)
{
	json_key(w, str_from(key));
	json_nil(w);
}

void
json_put_raw(struct json_writer *w, const char *key, struct str json)
{
	json_key(w, str_from(key));
	json_raw(w, json);
}

void
json_put_wall(struct json_writer *w, const char *key, struct wall t)
{
	json_key(w, str_from(key));
	json_wall(w, t);
}
