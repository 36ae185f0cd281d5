/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of Go's log/slog TextHandler and JSONHandler, as prometheus/common promslog sets them up. */
#include "base/log.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/copy.h"
#include "base/duration.h"
#include "base/quote.h"
#include "base/rfc3339.h"
#include "base/sbuf.h"
#include "base/utf8.h"

/* Far more than any line that is of use; the rest of a longer one is dropped. */
#define VALUE_MAX ((size_t)64 * 1024)
/* Most are shorter. */
#define USUAL_LINE ((size_t)500)

struct log
log_with(const struct log *parent, struct log_field field)
{
	struct log child = { 0 };

	if (parent == NULL)
		return child;
	child = *parent;
	assert(child.fields_n < ARRAY_LEN(child.fields));
	child.fields[child.fields_n++] = field;
	return child;
}

bool
log_enabled(const struct log *l, enum log_level level)
{
	return l != NULL && l->write != NULL && level >= l->level;
}

static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LOG_DEBUG:
		return "DEBUG";
	case LOG_INFO:
		return "INFO";
	case LOG_WARN:
		return "WARN";
	case LOG_ERROR:
		break;
	}
	return "ERROR";
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* Sets the high bit of each byte of v that is 0, and maybe of one behind such a byte. */
static inline uint64_t
zero_bytes(uint64_t v)
{
	return (v - EACH_BYTE) & ~v;
}

/* Eight bytes that stand as they are in a line; false is only a suspicion. */
static inline bool
are_plain(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	v |= (v - EACH_BYTE * (' ' + 1)) | zero_bytes(v ^ EACH_BYTE * '"') | zero_bytes(v ^ EACH_BYTE * '=');
	return (v & EACH_BYTE << 7) == 0;
}

static bool
needs_quotes(struct str s)
{
	size_t plain = 0;

	if (s.n == 0)
		return true;
	while (plain + 8 <= s.n && are_plain(s.p + plain))
		plain += 8;
	for (size_t i = plain, n; i < s.n; i += n) {
		unsigned char c = (unsigned char)s.p[i];
		uint32_t r;

		n = 1;
		if (c < 0x80) {
			if (c <= ' ' || c == '=' || c == '"')
				return true;
			continue;
		}
		n = utf8_decode(str_sub(s, i, s.n), &r);
		if (r == RUNE_ERROR || rune_is_space(r) || !rune_is_print(r))
			return true;
	}
	return false;
}

static void
put_logfmt(struct sbuf *b, struct str s)
{
	if (needs_quotes(s))
		quote_go(b, s);
	else
		sbuf_str(b, s);
}

static inline bool
is_plain_json(unsigned char c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

static void
put_json(struct sbuf *b, struct str s)
{
	sbuf_putc(b, '"');
	for (size_t i = 0, n; i < s.n; i += n) {
		unsigned char c = (unsigned char)s.p[i];
		uint32_t r;

		for (n = 0; i + n < s.n && is_plain_json((unsigned char)s.p[i + n]);)
			n++;
		if (n > 0) {
			sbuf_put(b, s.p + i, n);
			continue;
		}
		n = utf8_decode(str_sub(s, i, s.n), &r);
		if (c == '"' || c == '\\')
			sbuf_put(b, (char[]){ '\\', (char)c }, 2);
		else if (c == '\n')
			sbuf_puts(b, "\\n");
		else if (c == '\r')
			sbuf_puts(b, "\\r");
		else if (c == '\t')
			sbuf_puts(b, "\\t");
		else if (c < ' ' || (r == RUNE_ERROR && n == 1) || r == 0x2028 || r == 0x2029)
			sbuf_printf(b, "\\u%04x", r);
		else
			sbuf_put(b, s.p + i, n);
	}
	sbuf_putc(b, '"');
}

/*
 * The shortest digits that read back as d, with an exponent where Go's
 * strconv 'g' and encoding/json have one.
 */
static void
put_double(struct sbuf *b, enum log_format format, double d)
{
	int least = format == LOG_JSON ? -6 : -4, beyond = format == LOG_JSON ? 21 : 6;
	char text[40], *e;
	int digits = 0;
	long exponent;

	do
		snprintf(text, sizeof(text), "%.*e", digits, d);
	while (strtod(text, NULL) != d && ++digits < 17);
	e = strchr(text, 'e');
	exponent = strtol(e + 1, NULL, 10);
	if (exponent >= least && exponent < beyond)
		snprintf(text, sizeof(text), "%.*f", digits > exponent ? digits - (int)exponent : 0, d);
	else if (format == LOG_JSON && exponent < 0)
		snprintf(e, sizeof(text) - (size_t)(e - text), "e%ld", exponent);
	sbuf_puts(b, text);
}

static void
put_text(struct sbuf *b, enum log_format format, struct str s)
{
	if (format == LOG_JSON)
		put_json(b, s);
	else
		put_logfmt(b, s);
}

static void
put_wall(struct sbuf *b, enum log_format format, struct wall w)
{
	char text[RFC3339_MAX];

	if (format == LOG_JSON)
		rfc3339_format(w, text);
	else
		strfmt_time_format(w, text);
	put_text(b, format, str_from(text));
}

static void
put_value(struct sbuf *b, enum log_format format, const struct log_field *f)
{
	char text[DURATION_MAX];

	switch (f->type) {
	case LOG_F_STR:
		put_text(b, format, f->v.str);
		break;
	case LOG_F_INT:
		if (f->v.i < 0)
			sbuf_putc(b, '-');
		sbuf_uint(b, f->v.i < 0 ? 0 - (uint64_t)f->v.i : (uint64_t)f->v.i);
		break;
	case LOG_F_UINT:
		sbuf_uint(b, f->v.u);
		break;
	case LOG_F_DOUBLE:
		if (isfinite(f->v.d))
			put_double(b, format, f->v.d);
		else	/* no number in JSON */
			put_text(b, format,
			    str_from(isnan(f->v.d) ? "NaN" : f->v.d > 0 ? "+Inf" : "-Inf"));
		break;
	case LOG_F_BOOL:
		sbuf_puts(b, f->v.b ? "true" : "false");
		break;
	case LOG_F_SPAN:
		duration_format_go(f->v.span, text);
		put_text(b, format, str_from(text));
		break;
	case LOG_F_WALL:
		put_wall(b, format, f->v.wall);
		break;
	}
}

/* It is a word of the code, and needs no quotes. */
static void
put_logfmt_key(struct sbuf *b, const char *key, size_t n)
{
	char *p;

	if (!sbuf_reserve(b, n + 2))
		return;
	p = b->p + b->n;
	if (b->n > 0)
		*p++ = ' ';
	p = copy_short(p, key, n);
	*p++ = '=';
	*p = '\0';
	b->n = (size_t)(p - b->p);
}

static void
put_key(struct sbuf *b, enum log_format format, const char *key)
{
	if (format == LOG_JSON) {
		sbuf_putc(b, b->n == 0 ? '{' : ',');
		put_json(b, str_from(key));
		sbuf_putc(b, ':');
		return;
	}
	put_logfmt_key(b, key, strlen(key));
}

static void
put_field(struct sbuf *b, enum log_format format, const struct log_field *f)
{
	struct log_field cut = *f;

	if (cut.type == LOG_F_STR && cut.v.str.n > VALUE_MAX)
		cut.v.str.n = VALUE_MAX;
	put_key(b, format, cut.key);
	put_value(b, format, &cut);
}

static void
put_source(struct sbuf *b, enum log_format format, const char *file, int line)
{
	const char *base = strrchr(file, '/'), *quote = format == LOG_JSON ? "\"" : "";

	/* The name of a source has nothing to be quoted in it. */
	put_key(b, format, "source");
	sbuf_puts(b, quote);
	sbuf_puts(b, base != NULL ? base + 1 : file);
	sbuf_putc(b, ':');
	sbuf_uint(b, (uint64_t)line);
	sbuf_puts(b, quote);
}

void
log_write(const struct log *l, enum log_level level, const char *file, int line,
    const char *message, const struct log_field *fields, size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (!log_enabled(l, level))
		return;
	(void)sbuf_reserve(&b, USUAL_LINE);
	put_field(&b, l->format, &F_WALL("time", l->clock->now(l->clock).wall));
	put_field(&b, l->format, &F_CSTR("level", level_name(level)));
	put_source(&b, l->format, file, line);
	put_field(&b, l->format, &F_CSTR("msg", message));
	for (size_t i = 0; i < l->fields_n; i++)
		put_field(&b, l->format, &l->fields[i]);
	for (size_t i = 0; i < n; i++)
		put_field(&b, l->format, &fields[i]);
	sbuf_puts(&b, l->format == LOG_JSON ? "}\n" : "\n");
	l->write(l->arg, b.p, b.n);
	sbuf_fini(&b);
}

bool
log_level_parse(struct str s, enum log_level *out)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (str_caseeq(s, str_from(names[i]))) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}

bool
log_format_parse(struct str s, enum log_format *out)
{
	if (!str_is(s, "logfmt") && !str_is(s, "json"))
		return false;
	*out = str_is(s, "json") ? LOG_JSON : LOG_LOGFMT;
	return true;
}
