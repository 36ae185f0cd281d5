/* SPDX-License-Identifier: Apache-2.0 */
#include "text/expo.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/copy.h"
#include "base/utf8.h"
#include "text/float.h"

/* Integers from here on are written with exponents. */
#define EXPONENT_FROM 1e6

const char *
expo_content_type(enum expo_format format)
{
	return format == EXPO_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
					    "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
}

void
expo_init(struct expo *x, struct sbuf *b, enum expo_format format)
{
	*x = (struct expo){ .b = b, .format = format, .head = SBUF_INIT(SBUF_UNLIMITED), .les = SBUF_INIT(SBUF_UNLIMITED) };
}

void
expo_fini(struct expo *x)
{
	sbuf_fini(&x->head);
	sbuf_fini(&x->les);
}

void
expo_end(struct expo *x)
{
	assert(x->head.n == x->name);
	if (x->format == EXPO_OPENMETRICS)
		sbuf_puts(x->b, "# EOF\n");
	expo_fini(x);
}

/*
 * A page has a thousand lines of a few short texts each: what a line needs is made room for once, and what is
 * known to fit is only copied.
 */
static inline char *
room(struct sbuf *b, size_t n)
{
	return sbuf_reserve(b, n) ? b->p + b->n : NULL;
}

static inline char *
copy(char *p, const char *from, size_t n)
{
	memcpy(p, from, n);
	return p + n;
}

static inline char *
copy_str(char *p, struct str s)
{
	return s.n > 0 ? copy(p, s.p, s.n) : p;
}

/* p is behind what was written from room() on. */
static inline void
written(struct sbuf *b, char *p)
{
	b->n = (size_t)(p - b->p);
	*p = '\0';
}

/* Eight bytes at a time: has one of them the high bit, or is one of the three that are escaped? */
#define EACH(c) (UINT64_C(0x0101010101010101) * (c))
#define HAS_ZERO(w) (((w) - EACH(1)) & ~(w) & EACH(0x80))

static inline bool
are_plain(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return ((w & EACH(0x80)) | HAS_ZERO(w ^ EACH('"')) | HAS_ZERO(w ^ EACH('\\')) | HAS_ZERO(w ^ EACH('\n'))) == 0;
}

/* Nothing in it has to be escaped or repaired. */
static bool
is_plain(struct str s)
{
	size_t i = 0;

	for (; i + 8 <= s.n; i += 8)
		if (!are_plain(s.p + i))
			return false;
	if (i < s.n && s.n >= 8)
		return are_plain(s.p + s.n - 8);
	for (; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || s.p[i] == '\\' || s.p[i] == '\n' || s.p[i] == '"')
			return false;
	return true;
}

static void
put_escaped(struct sbuf *b, struct str s, bool quotes)
{
	size_t run = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c != '\\' && c != '\n' && !(quotes && c == '"'))
			continue;
		sbuf_put(b, s.p + run, i - run);
		sbuf_putc(b, '\\');
		sbuf_putc(b, c == '\n' ? 'n' : c);
		run = i + 1;
	}
	if (s.n > run)
		sbuf_put(b, s.p + run, s.n - run);
}

/* An integer that is written without an exponent, as most are. */
static inline bool
is_small(double v)
{
	return v >= 0 && v < EXPONENT_FROM && v == (double)(uint32_t)v && !signbit(v);
}

/* OpenMetrics writes floats as floats: 1.0. At most 8 bytes. */
static inline char *
copy_small(char *p, enum expo_format format, double v)
{
	p = copy_uint(p, (uint32_t)v);
	return format == EXPO_OPENMETRICS ? copy(p, ".0", 2) : p;
}

static void
put_float(const struct expo *x, struct sbuf *b, double v)
{
	size_t from = b->n;

	float_format(b, v, 'g', -1);
	if (x->format != EXPO_OPENMETRICS || !isfinite(v) || b->overflow)
		return;
	for (size_t i = from; i < b->n; i++) {
		if (b->p[i] == '.' || b->p[i] == 'e')
			return;
	}
	sbuf_puts(b, ".0");
}

/* The name that HELP and TYPE speak of. */
static struct str
family_name(const struct expo *x)
{
	struct str name = x->family;

	if (x->format == EXPO_OPENMETRICS && x->type == EXPO_COUNTER && str_ends(name, STR("_total")))
		name = str_sub(name, 0, name.n - 6);
	return name;
}

static const char *
type_name(const struct expo *x)
{
	switch (x->type) {
	case EXPO_COUNTER:
		return " counter\n";
	case EXPO_GAUGE:
		return " gauge\n";
	case EXPO_HISTOGRAM:
		return " histogram\n";
	case EXPO_SUMMARY:
		return " summary\n";
	case EXPO_UNTYPED:
		break;
	}
	return x->format == EXPO_OPENMETRICS ? " unknown\n" : " untyped\n";
}

/* The name in front of samples. */
static void
begin_head(struct expo *x)
{
	sbuf_reset(&x->head);
	sbuf_str(&x->head, x->family);
	if (x->format == EXPO_OPENMETRICS && x->type == EXPO_COUNTER && !str_ends(x->family, STR("_total")))
		sbuf_puts(&x->head, "_total");
	x->name = x->kept = x->head.n;
}

static void
put_help(struct expo *x, struct str shown, struct str help)
{
	char *p = room(x->b, shown.n + help.n + 16);

	if (p == NULL)
		return;
	p = copy(p, "# HELP ", 7);
	p = copy_str(p, shown);
	*p++ = ' ';
	if (is_plain(help)) {
		written(x->b, copy_str(p, help));
		return;
	}
	written(x->b, p);
	put_escaped(x->b, help, x->format == EXPO_OPENMETRICS);
}

static void
put_type(struct expo *x, struct str shown, struct str type)
{
	char *p = room(x->b, shown.n + type.n + 16);

	if (p == NULL)
		return;
	p = copy(p, "\n# TYPE ", 8);
	p = copy_str(p, shown);
	written(x->b, copy_str(p, type));
}

void
expo_family(struct expo *x, const char *name, const char *help, enum expo_type type)
{
	struct str shown;

	assert(x->head.n == x->name);
	x->family = str_from(name);
	x->type = type;
	shown = family_name(x);
	put_help(x, shown, str_from(help));
	put_type(x, shown, str_from(type_name(x)));
	begin_head(x);
}

/* One label that is no UTF-8 would make readers refuse all of the page. */
static void
put_repaired(struct sbuf *b, struct str s)
{
	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_decode(s, &rune);

		if (rune == RUNE_ERROR)
			sbuf_puts(b, "\xEF\xBF\xBD");
		else
			put_escaped(b, str_sub(s, 0, n), true);
		s = str_sub(s, n, s.n);
	}
}

void
expo_label(struct expo *x, const char *name, struct str value)
{
	struct str n = str_from(name);
	char *p = room(&x->head, n.n + value.n + 4);

	if (p == NULL)
		return;
	*p++ = x->head.n > x->name ? ',' : '{';
	p = copy_str(p, n);
	p = copy(p, "=\"", 2);
	if (is_plain(value)) {
		p = copy_str(p, value);
		*p++ = '"';
		written(&x->head, p);
		return;
	}
	written(&x->head, p);
	if (utf8_valid(value))
		put_escaped(&x->head, value, true);
	else
		put_repaired(&x->head, value);
	sbuf_putc(&x->head, '"');
}

void
expo_keep_labels(struct expo *x)
{
	x->kept = x->head.n;
}

/* After a sample. */
static void
forget_labels(struct expo *x)
{
	sbuf_cut(&x->head, x->kept);
}

void
expo_drop_labels(struct expo *x)
{
	x->kept = x->name;
	forget_labels(x);
}

/* name{labels} and a blank: head.n + suffix.n + 2 bytes at most. */
static char *
copy_name(char *p, const struct expo *x, struct str suffix)
{
	p = copy(p, x->head.p, x->name);
	p = copy_str(p, suffix);
	if (x->head.n > x->name) {
		p = copy(p, x->head.p + x->name, x->head.n - x->name);
		*p++ = '}';
	}
	*p++ = ' ';
	return p;
}

/* Behind the blank. */
#define VALUE_ROOM 32

static void
put_count(struct expo *x, struct str suffix, uint64_t n)
{
	char *p = room(x->b, x->head.n + suffix.n + VALUE_ROOM);

	if (p == NULL)
		return;
	p = copy_uint(copy_name(p, x, suffix), n);
	*p++ = '\n';
	written(x->b, p);
}

static void
put_value(struct expo *x, struct str suffix, double v)
{
	char *p = room(x->b, x->head.n + suffix.n + VALUE_ROOM);

	if (p == NULL)
		return;
	p = copy_name(p, x, suffix);
	if (is_small(v)) {
		p = copy_small(p, x->format, v);
		*p++ = '\n';
		written(x->b, p);
		return;
	}
	written(x->b, p);
	put_float(x, x->b, v);
	sbuf_putc(x->b, '\n');
}

void
expo_value(struct expo *x, double v)
{
	assert(x->family.p != NULL && x->type != EXPO_HISTOGRAM && x->type != EXPO_SUMMARY);
	put_value(x, STR(""), v);
	forget_labels(x);
}

/* The ends of the lines' names, le="…"} and a blank: one histogram after the other has the same bounds. */
static void
prepare_les(struct expo *x, const double *bounds, size_t n)
{
	assert(n < EXPO_BUCKETS_MAX);
	if (x->bounds == bounds && x->bounds_n == n)
		return;
	x->bounds = bounds;
	x->bounds_n = n;
	sbuf_reset(&x->les);
	for (size_t i = 0; i <= n; i++) {
		sbuf_puts(&x->les, "le=\"");
		if (i < n)
			put_float(x, &x->les, bounds[i]);
		else
			sbuf_puts(&x->les, "+Inf");
		sbuf_puts(&x->les, "\"} ");
		x->les_end[i] = (uint16_t)x->les.n;
	}
}

static void
put_buckets(struct expo *x, const uint64_t *counts, uint64_t *total)
{
	static const char suffix[] = "_bucket";
	size_t head = x->head.n + strlen(suffix) + 1, le = 0;
	char *p = room(x->b, (x->bounds_n + 1) * (head + 21) + x->les.n), *first = p;

	if (p == NULL)
		return;
	p = copy(p, x->head.p, x->name);
	p = copy(p, suffix, strlen(suffix));
	p = copy(p, x->head.p + x->name, x->head.n - x->name);
	*p++ = x->head.n > x->name ? ',' : '{';
	for (size_t i = 0; i <= x->bounds_n; le = x->les_end[i++]) {
		if (i > 0)
			p = copy(p, first, head);
		p = copy(p, x->les.p + le, x->les_end[i] - le);
		*total += counts[i];
		p = copy_uint(p, *total);
		*p++ = '\n';
	}
	written(x->b, p);
}

void
expo_histogram(struct expo *x, const double *bounds, const uint64_t *counts, size_t n, double sum)
{
	uint64_t total = 0;

	assert(x->family.p != NULL && x->type == EXPO_HISTOGRAM);
	prepare_les(x, bounds, n);
	put_buckets(x, counts, &total);
	put_value(x, STR("_sum"), sum);
	put_count(x, STR("_count"), total);
	forget_labels(x);
}

void
expo_summary(struct expo *x, uint64_t count, double sum)
{
	assert(x->family.p != NULL && x->type == EXPO_SUMMARY);
	put_value(x, STR("_sum"), sum);
	put_count(x, STR("_count"), count);
	forget_labels(x);
}
