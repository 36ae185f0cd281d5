/* SPDX-License-Identifier: Apache-2.0 */
#include "text/mime.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "mime_word.h"
#include "text/base64.h"

#define QP_LINE 76
#define HEADER_LINE 78
#define HEADER_LINE_MAX 998

static const char upper_hex[] = "0123456789ABCDEF";

/* A line of quoted-printable under construction; the break is not counted. */
struct qp {
	struct sbuf *b;
	size_t column;
};

static void
qp_soft_break(struct qp *q)
{
	sbuf_puts(q->b, "=\r\n");
	q->column = 0;
}

static void
qp_escape(struct qp *q, unsigned char c)
{
	char out[3] = { '=', upper_hex[c >> 4], upper_hex[c & 15] };

	/* One column stays free for the = of a soft break. */
	if (q->column + 3 > QP_LINE - 1)
		qp_soft_break(q);
	sbuf_put(q->b, out, 3);
	q->column += 3;
}

static void
qp_plain(struct qp *q, char c)
{
	if (q->column == QP_LINE - 1)
		qp_soft_break(q);
	sbuf_putc(q->b, c);
	q->column++;
}

void
mime_qp_encode(struct sbuf *b, struct str s)
{
	struct qp q = { .b = b };

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i], next = i + 1 < s.n ? s.p[i + 1] : '\n';
		if (c == '\r' || c == '\n') {
			if (c == '\r' && i + 1 < s.n && next == '\n')
				i++;
			sbuf_puts(b, "\r\n");
			q.column = 0;
		} else if (c == ' ' || c == '\t') {
			if (next == '\r' || next == '\n')
				qp_escape(&q, (unsigned char)c);
			else
				qp_plain(&q, c);
		} else if (c >= '!' && c <= '~' && c != '=') {
			qp_plain(&q, c);
		} else {
			qp_escape(&q, (unsigned char)c);
		}
	}
}

static bool
needs_encoding(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((s.p[i] < ' ' || s.p[i] > '~') && s.p[i] != '\t')
			return true;
	}
	return false;
}

static void
open_word(struct sbuf *b, const char *charset, char kind)
{
	sbuf_printf(b, "=?%s?%c?", charset, kind);
}

static void
split_word(struct sbuf *b, const char *charset, char kind)
{
	sbuf_puts(b, "?= ");
	open_word(b, charset, kind);
}

static bool
q_plain(char c)
{
	return c > ' ' && c <= '~' && c != '=' && c != '?' && c != '_';
}

static void
put_q(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char out[3] = { '=', upper_hex[c >> 4], upper_hex[c & 15] };
		if (c == ' ')
			sbuf_putc(b, '_');
		else if (q_plain((char)c))
			sbuf_putc(b, (char)c);
		else
			sbuf_put(b, out, 3);
	}
}

/* Content of one encoded word of 75 columns: without =?utf-8?q? and ?= */
#define WORD_CONTENT 63

void
mime_q_encode(struct sbuf *b, const char *charset, struct str s)
{
	size_t column = 0;

	if (!needs_encoding(s)) {
		sbuf_str(b, s);
		return;
	}
	open_word(b, charset, 'q');
	if (!str_caseeq(str_from(charset), STR("utf-8"))) {
		put_q(b, s);
		s = STR_NONE;
	}
	while (s.n > 0) {
		uint32_t rune;
		size_t n = 1, width = 1;
		if (!q_plain(s.p[0]) && s.p[0] != ' ') {
			n = utf8_decode(s, &rune);
			width = 3 * n;
		}
		if (column + width > WORD_CONTENT) {
			split_word(b, charset, 'q');
			column = 0;
		}
		put_q(b, str_sub(s, 0, n));
		column += width;
		s = str_sub(s, n, s.n);
	}
	sbuf_puts(b, "?=");
}

void
mime_b_encode(struct sbuf *b, struct str s)
{
	const size_t most = WORD_CONTENT / 4 * 3;

	open_word(b, "utf-8", 'b');
	while (s.n > most) {
		size_t cut = 0;
		for (;;) {
			uint32_t rune;
			size_t n = utf8_decode(str_sub(s, cut, s.n), &rune);
			if (cut + n > most)
				break;
			cut += n;
		}
		base64_encode(b, str_sub(s, 0, cut), BASE64_STD);
		split_word(b, "utf-8", 'b');
		s = str_sub(s, cut, s.n);
	}
	base64_encode(b, s, BASE64_STD);
	sbuf_puts(b, "?=");
}

static bool
q_decode(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '_') {
			sbuf_putc(b, ' ');
		} else if (c == '=') {
			if (i + 2 >= s.n || ascii_hex(s.p[i + 1]) < 0 || ascii_hex(s.p[i + 2]) < 0)
				return false;
			sbuf_putc(b, (char)(ascii_hex(s.p[i + 1]) << 4 | ascii_hex(s.p[i + 2])));
			i += 2;
		} else if ((c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t') {
			sbuf_putc(b, c);
		} else {
			return false;
		}
	}
	return true;
}

/* Latin-1 and ASCII to UTF-8. */
static void
put_single_bytes(struct sbuf *b, struct str s, unsigned char last)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char out[4];
		sbuf_put(b, out, utf8_encode(c <= last ? c : RUNE_ERROR, out));
	}
}

enum mime_word
mime_word_decode(struct sbuf *b, struct str word, struct str *charset)
{
	if (word.n < 8 || !str_starts(word, STR("=?")) || !str_ends(word, STR("?=")))
		return MIME_WORD_PLAIN;
	struct str s = str_sub(word, 2, word.n - 2);
	size_t first = str_chr(s, '?');
	struct str text = str_sub(s, first + 3, s.n);
	if (first + 2 >= s.n || s.p[first + 2] != '?' || str_chr(text, '?') < text.n)
		return MIME_WORD_PLAIN;
	struct sbuf bytes = SBUF_INIT(SBUF_UNLIMITED);
	char kind = (char)(s.p[first + 1] | 0x20);
	enum mime_word result = MIME_WORD_PLAIN;
	*charset = str_sub(s, 0, first);
	if ((kind == 'q' && q_decode(&bytes, text)) || (kind == 'b' && base64_decode(&bytes, text, BASE64_STD))) {
		result = MIME_WORD_DECODED;
		if (str_caseeq(*charset, STR("utf-8")))
			sbuf_str(b, sbuf_get(&bytes));
		else if (str_caseeq(*charset, STR("iso-8859-1")))
			put_single_bytes(b, sbuf_get(&bytes), 0xFF);
		else if (str_caseeq(*charset, STR("us-ascii")))
			put_single_bytes(b, sbuf_get(&bytes), 0x7F);
		else
			result = MIME_WORD_CHARSET;
	}
	sbuf_fini(&bytes);
	return result;
}

bool
mime_header_name_valid(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] <= ' ' || name.p[i] > '~' || name.p[i] == ':')
			return false;
	}
	return name.n > 0;
}

static bool
is_blank(char c)
{
	/* Line breaks and NULs are no more than blanks here. */
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0';
}

/* Writes a word, in pieces if no line could hold it; the column behind it. */
static size_t
put_word(struct sbuf *b, struct str word, size_t column)
{
	while (column + word.n > HEADER_LINE_MAX) {
		/* A name may be longer than any line. */
		size_t cut = column < HEADER_LINE_MAX ? HEADER_LINE_MAX - column : 0;
		while (cut > 0 && ((unsigned char)word.p[cut] & 0xC0) == 0x80)
			cut--;
		if (cut == 0 && column < HEADER_LINE_MAX)
			cut = HEADER_LINE_MAX - column;
		sbuf_str(b, str_sub(word, 0, cut));
		sbuf_puts(b, "\r\n ");
		word = str_sub(word, cut, word.n);
		column = 1;
	}
	sbuf_str(b, word);
	return column + word.n;
}

void
mime_header(struct sbuf *b, struct str name, struct str value)
{
	size_t column = name.n + 2;
	bool first = true;

	sbuf_str(b, name);
	sbuf_puts(b, ": ");
	while (value.n > 0) {
		size_t blanks = 0, end;
		while (blanks < value.n && is_blank(value.p[blanks]))
			blanks++;
		for (end = blanks; end < value.n && !is_blank(value.p[end]); end++)
			;
		if (end == blanks) {
			/* Blanks at the end are kept, but never alone on a line. */
			for (size_t i = 0; !first && i < blanks && column + i < HEADER_LINE_MAX; i++)
				sbuf_putc(b, ' ');
			break;
		}
		struct str word = str_sub(value, blanks, end);
		if (!first && blanks > HEADER_LINE)
			blanks = 1;
		if (!first) {
			if (column + blanks + word.n > HEADER_LINE) {
				sbuf_puts(b, "\r\n");
				column = 0;
			}
			for (size_t i = 0; i < blanks; i++)
				sbuf_putc(b, value.p[i] == '\t' ? '\t' : ' ');
			column += blanks;
		}
		column = put_word(b, word, column);
		value = str_sub(value, (size_t)(word.p - value.p) + word.n, value.n);
		first = false;
	}
	sbuf_puts(b, "\r\n");
}
