/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_read.h"

#include <ctype.h>

#include "base/ascii.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "json_scan.h"
#include "json_state.h"

/* Nobody looks for a place that is further behind the start, and to count the lines takes long. */
#define PLACE_MAX ((ptrdiff_t)1 << 20)

void
json_reader_init(struct json_reader *r, struct str in, enum json_mode mode)
{
	/* The levels' kinds are set as they open: no need to clear them. */
	r->text = STR_NONE;
	r->escaped = false;
	r->start = r->p = in.n > 0 ? in.p : "";
	r->end = r->limit = r->start + in.n;
	r->mode = mode;
	r->state = JSON_STATE_VALUE;
	r->depth = 0;
	r->what = NULL;
	r->at = NULL;
}

/* `what` goes on "invalid character 'x' "; NULL where the input ends too early. */
static enum json_token
fail(struct json_reader *r, const char *at, const char *what)
{
	r->state = JSON_STATE_ERROR;
	r->at = at;
	r->what = at < r->end ? what : NULL;
	return JSON_T_ERROR;
}

static enum json_token
open_level(struct json_reader *r, bool object)
{
	unsigned level = r->depth;
	uint64_t bit = UINT64_C(1) << (level % 64);

	if (level == JSON_DEPTH_MAX) {
		r->state = JSON_STATE_ERROR;
		r->at = r->p;
		r->what = "";
		return JSON_T_ERROR;
	}
	if (object)
		r->objects[level / 64] |= bit;
	else
		r->objects[level / 64] &= ~bit;
	r->depth++;
	r->p++;
	r->state = object ? JSON_STATE_KEY_OR_END : JSON_STATE_VALUE_OR_END;
	return object ? JSON_T_OBJECT_BEGIN : JSON_T_ARRAY_BEGIN;
}

static enum json_token
close_level(struct json_reader *r)
{
	bool object = json_in_object(r);

	r->p++;
	json_leave_level(r);
	return object ? JSON_T_OBJECT_END : JSON_T_ARRAY_END;
}

/* p is behind a backslash; behind the escape, or NULL after an error. */
static const char *
check_escape(struct json_reader *r, const char *p)
{
	if (p < r->end && ascii_in(*p, "\"\\/bfnrt"))
		return p + 1;
	if (p >= r->end || *p != 'u') {
		fail(r, p, "in string escape code");
		return NULL;
	}
	p++;
	for (int i = 0; i < 4; i++, p++) {
		if (p >= r->end || !isxdigit((unsigned char)*p)) {
			fail(r, p, "in \\u hexadecimal character escape");
			return NULL;
		}
	}
	return p;
}

/* r->p is at the opening quote. Sets text and escaped, moves behind the closing quote. */
static bool
take_string(struct json_reader *r)
{
	const char *p = r->p + 1;

	r->escaped = false;
	for (;;) {
		p = json_scan_string(p, r->end);
		if (p == r->end) {
			fail(r, p, NULL);
			return false;
		}
		unsigned char c = (unsigned char)*p;
		if (c == '"')
			break;
		if (c == '\\') {
			r->escaped = true;
			p = check_escape(r, p + 1);
			if (p == NULL)
				return false;
		} else if (c >= 0x80) {
			uint32_t rune;
			size_t n = utf8_decode((struct str){ p, (size_t)(r->end - p) }, &rune);
			if (rune == RUNE_ERROR && n == 1)
				r->escaped = true;
			p += n;
		} else {
			fail(r, p, "in string literal");
			return false;
		}
	}
	r->text = (struct str){ r->p + 1, (size_t)(p - r->p - 1) };
	r->p = p + 1;
	return true;
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static bool
take_number(struct json_reader *r)
{
	const char *p = r->p, *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = p < r->end && *p == '0' ? p + 1 : skip_digits(p, r->end);
	if (p == digits) {
		fail(r, p, "in numeric literal");
		return false;
	}
	if (p < r->end && *p == '.') {
		digits = ++p;
		p = skip_digits(p, r->end);
		if (p == digits) {
			fail(r, p, "after decimal point in numeric literal");
			return false;
		}
	}
	if (p < r->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < r->end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(p, r->end);
		if (p == digits) {
			fail(r, p, "in exponent of numeric literal");
			return false;
		}
	}
	if (p == r->end && r->end < r->limit) {
		fail(r, p, NULL);
		return false;
	}
	r->text = (struct str){ r->p, (size_t)(p - r->p) };
	r->p = p;
	return true;
}

static enum json_token
take_word(struct json_reader *r, const char *word, const char *const *what, enum json_token t)
{
	const char *p = r->p + 1;

	for (size_t i = 1; word[i] != '\0'; i++, p++) {
		if (p == r->end || *p != word[i])
			return fail(r, p, what[i - 1]);
	}
	r->p = p;
	return t;
}

static enum json_token
take_value(struct json_reader *r)
{
	static const char *const in_true[] = { "in literal true (expecting 'r')", "in literal true (expecting 'u')",
		"in literal true (expecting 'e')" };
	static const char *const in_false[] = { "in literal false (expecting 'a')", "in literal false (expecting 'l')",
		"in literal false (expecting 's')", "in literal false (expecting 'e')" };
	static const char *const in_null[] = { "in literal null (expecting 'u')", "in literal null (expecting 'l')",
		"in literal null (expecting 'l')" };
	enum json_token t;

	switch (r->p < r->end ? *r->p : '\0') {
	case '{':
		return open_level(r, true);
	case '[':
		return open_level(r, false);
	case '"':
		t = take_string(r) ? JSON_T_STRING : JSON_T_ERROR;
		break;
	case 't':
		t = take_word(r, "true", in_true, JSON_T_TRUE);
		break;
	case 'f':
		t = take_word(r, "false", in_false, JSON_T_FALSE);
		break;
	case 'n':
		t = take_word(r, "null", in_null, JSON_T_NULL);
		break;
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		t = take_number(r) ? JSON_T_NUMBER : JSON_T_ERROR;
		break;
	default:
		return fail(r, r->p, "looking for beginning of value");
	}
	if (t != JSON_T_ERROR)
		r->state = r->depth == 0 ? JSON_STATE_DONE : JSON_STATE_AFTER;
	return t;
}

/* A key and its colon. */
static enum json_token
take_key(struct json_reader *r)
{
	if (r->p == r->end || *r->p != '"')
		return fail(r, r->p, "looking for beginning of object key string");
	if (!take_string(r))
		return JSON_T_ERROR;
	r->p = json_skip_blanks(r->p, r->end);
	if (r->p == r->end || *r->p != ':')
		return fail(r, r->p, "after object key");
	r->p++;
	r->state = JSON_STATE_VALUE;
	return JSON_T_KEY;
}

static enum json_token
take_after(struct json_reader *r)
{
	bool object = json_in_object(r);

	if (r->p < r->end && *r->p == (object ? '}' : ']'))
		return close_level(r);
	if (r->p == r->end || *r->p != ',')
		return fail(r, r->p, object ? "after object key:value pair" : "after array element");
	r->p = json_skip_blanks(r->p + 1, r->end);
	return object ? take_key(r) : take_value(r);
}

enum json_token
json_next(struct json_reader *r)
{
	if (r->state == JSON_STATE_ERROR)
		return JSON_T_ERROR;
	if (r->state == JSON_STATE_DONE && r->mode == JSON_FIRST_VALUE)
		return JSON_T_END;
	r->p = json_skip_blanks(r->p, r->end);
	switch ((enum json_state)r->state) {
	case JSON_STATE_VALUE_OR_END:
		if (r->p < r->end && *r->p == ']')
			return close_level(r);
		return take_value(r);
	case JSON_STATE_VALUE:
		return take_value(r);
	case JSON_STATE_KEY_OR_END:
		if (r->p < r->end && *r->p == '}')
			return close_level(r);
		return take_key(r);
	case JSON_STATE_KEY:
		return take_key(r);
	case JSON_STATE_AFTER:
		return take_after(r);
	case JSON_STATE_DONE:
		if (r->p < r->end)
			return fail(r, r->p, "after top-level value");
		return r->end == r->limit ? JSON_T_END : fail(r, r->p, NULL);
	case JSON_STATE_ERROR:
		break;
	}
	return JSON_T_ERROR;
}

bool
json_enter_object(struct json_reader *r)
{
	return r->state == JSON_STATE_VALUE && r->p < r->end && *r->p == '{' && open_level(r, true) == JSON_T_OBJECT_BEGIN;
}

bool
json_pass_blanks(struct json_reader *r, size_t n)
{
	const char *end = (size_t)(r->limit - r->p) > n ? r->p + n : r->limit;

	if (r->state == JSON_STATE_ERROR || r->state == JSON_STATE_DONE)
		return false;
	r->p = json_skip_blanks(r->p, end);
	if (r->state == JSON_STATE_AFTER && r->p < end && *r->p == ',' && !json_in_object(r)) {
		r->state = JSON_STATE_VALUE;
		r->p = json_skip_blanks(r->p + 1, end);
	}
	return r->p == end && end < r->limit;
}

void
json_reader_window(struct json_reader *r, size_t n)
{
	r->end = (size_t)(r->limit - r->p) > n ? r->p + n : r->limit;
}

bool
json_reader_is_cut(const struct json_reader *r)
{
	return r->state == JSON_STATE_ERROR && r->what == NULL && r->end < r->limit;
}

bool
json_skip(struct json_reader *r, enum json_token t)
{
	if (t == JSON_T_KEY)
		t = json_next(r);
	if (t == JSON_T_OBJECT_BEGIN || t == JSON_T_ARRAY_BEGIN) {
		unsigned outside = r->depth - 1;
		while (r->depth > outside && t != JSON_T_ERROR)
			t = json_next(r);
	}
	return t != JSON_T_ERROR;
}

size_t
json_offset(const struct json_reader *r)
{
	return (size_t)(r->p - r->start);
}

/* A byte as Go names it in errors: 'x', '\'', '\n', 'Ã'. */
static void
quote_byte(struct sbuf *b, unsigned char c)
{
	char rune[4];

	if (c == '\'') {
		sbuf_puts(b, "'\\''");
	} else if (c == '"') {
		sbuf_puts(b, "'\"'");
	} else {
		struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);
		quote_go(&quoted, (struct str){ rune, utf8_encode(c, rune) });
		sbuf_putc(b, '\'');
		sbuf_str(b, str_sub(sbuf_get(&quoted), 1, quoted.n - 1));
		sbuf_putc(b, '\'');
		sbuf_fini(&quoted);
	}
}

bool
json_reader_err(const struct json_reader *r, struct err *e)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);
	int line = 1;
	const char *line_start = r->start;

	if (r->state != JSON_STATE_ERROR)
		return err_set(e, ERR_INVALID, "no error");
	for (const char *p = r->start; p < r->at && r->at - r->start <= PLACE_MAX; p++) {
		if (*p == '\n') {
			line++;
			line_start = p + 1;
		}
	}
	int col = (int)(r->at - line_start) + 1;
	if (r->at - r->start > PLACE_MAX)
		line = col = 0;
	if (r->what == NULL) {
		bool blank = json_skip_blanks(r->start, r->end) == r->end;
		const char *text = "unexpected end of JSON input";
		if (r->mode == JSON_FIRST_VALUE)
			text = blank ? "EOF" : "unexpected EOF";
		return err_at(e, line, col, "%s", text);
	}
	if (r->what[0] == '\0')
		return err_at(e, line, col, "exceeded max depth");
	quote_byte(&quoted, (unsigned char)*r->at);
	err_at(e, line, col, "invalid character %s %s", sbuf_cstr(&quoted), r->what);
	sbuf_fini(&quoted);
	return false;
}

static uint32_t
hex4(const char *p)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		v = v << 4 | (uint32_t)ascii_hex(p[i]);
	}
	return v;
}

/* s begins with \uXXXX; bytes taken. Halves of pairs that lack the other half become U+FFFD. */
static size_t
unescape_unicode(struct str s, uint32_t *rune)
{
	uint32_t r = hex4(s.p + 2);

	*rune = r;
	if (r < 0xD800 || r > 0xDFFF)
		return 6;
	*rune = RUNE_ERROR;
	if (r <= 0xDBFF && s.n >= 12 && s.p[6] == '\\' && s.p[7] == 'u') {
		uint32_t low = hex4(s.p + 8);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			*rune = 0x10000 + ((r - 0xD800) << 10) + (low - 0xDC00);
			return 12;
		}
	}
	return 6;
}

void
json_unescape(struct sbuf *b, struct str s)
{
	while (s.n > 0) {
		const char *stop = json_scan_string(s.p, s.p + s.n);
		size_t run = (size_t)(stop - s.p), taken = 1;
		uint32_t rune;
		sbuf_put(b, s.p, run);
		s = str_sub(s, run, s.n);
		if (s.n == 0)
			break;
		if (s.p[0] != '\\') {
			taken = utf8_decode(s, &rune);
		} else if (s.p[1] == 'u') {
			taken = unescape_unicode(s, &rune);
		} else {
			static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
			const char *letter = strchr(from, s.p[1]);
			rune = (unsigned char)(letter != NULL ? to[letter - from] : s.p[1]);
			taken = 2;
		}
		char out[4];
		sbuf_put(b, out, utf8_encode(rune, out));
		s = str_sub(s, taken, s.n);
	}
}

struct str
json_text(const struct json_reader *r, struct arena *a)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (!r->escaped)
		return r->text;
	json_unescape(&b, r->text);
	struct str s = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

bool
json_valid(struct str in)
{
	struct json_reader r;
	enum json_token t;

	json_reader_init(&r, in, JSON_DOCUMENT);
	do
		t = json_next(&r);
	while (t != JSON_T_ERROR && t != JSON_T_END);
	return t == JSON_T_END;
}

bool
json_number_int(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	uint64_t v = 0, limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);

	if (negative)
		s = str_sub(s, 1, s.n);
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		unsigned digit = (unsigned)(s.p[i] - '0');
		if (v > (limit - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = negative ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}
