/* SPDX-License-Identifier: Apache-2.0 */
#include "text/expo.h"

#include <assert.h>
#include <math.h>
#include <string.h>

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
	*x = (struct expo){ .b = b, .format = format, .labels = SBUF_INIT(SBUF_UNLIMITED), .les = SBUF_INIT(SBUF_UNLIMITED) };
}

void
expo_fini(struct expo *x)
{
	sbuf_fini(&x->labels);
	sbuf_fini(&x->les);
}

void
expo_end(struct expo *x)
{
	assert(x->labels.n == 0);
	if (x->format == EXPO_OPENMETRICS)
		sbuf_puts(x->b, "# EOF\n");
	expo_fini(x);
}

static bool
has(struct str s, char c)
{
	return s.n > 0 && memchr(s.p, c, s.n) != NULL;
}

static void
put_escaped(struct sbuf *b, struct str s, bool quotes)
{
	size_t run = 0;

	/* Most have nothing to be escaped. */
	if (!has(s, '\\') && !has(s, '\n') && !(quotes && has(s, '"'))) {
		sbuf_str(b, s);
		return;
	}
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

/* OpenMetrics writes floats as floats: 1.0. */
static void
put_float(const struct expo *x, struct sbuf *b, double v)
{
	size_t from = b->n;

	if (v >= 0 && v < EXPONENT_FROM && v == (double)(uint32_t)v && !signbit(v))
		sbuf_uint(b, (uint32_t)v);
	else
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

void
expo_family(struct expo *x, const char *name, const char *help, enum expo_type type)
{
	struct str shown;

	assert(x->labels.n == 0);
	x->family = str_from(name);
	x->type = type;
	shown = family_name(x);
	sbuf_puts(x->b, "# HELP ");
	sbuf_str(x->b, shown);
	sbuf_putc(x->b, ' ');
	put_escaped(x->b, str_from(help), x->format == EXPO_OPENMETRICS);
	sbuf_puts(x->b, "\n# TYPE ");
	sbuf_str(x->b, shown);
	sbuf_puts(x->b, type_name(x));
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

/* Nothing in it has to be escaped or repaired. */
static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80 || s.p[i] == '\\' || s.p[i] == '\n' || s.p[i] == '"')
			return false;
	return true;
}

void
expo_label(struct expo *x, const char *name, struct str value)
{
	if (x->labels.n > 0)
		sbuf_putc(&x->labels, ',');
	sbuf_puts(&x->labels, name);
	sbuf_put(&x->labels, "=\"", 2);
	if (is_plain(value))
		sbuf_str(&x->labels, value);
	else if (utf8_valid(value))
		put_escaped(&x->labels, value, true);
	else
		put_repaired(&x->labels, value);
	sbuf_putc(&x->labels, '"');
}

void
expo_keep_labels(struct expo *x)
{
	x->kept = x->labels.n;
}

void
expo_drop_labels(struct expo *x)
{
	x->kept = 0;
	sbuf_reset(&x->labels);
}

/* After a sample. */
static void
forget_labels(struct expo *x)
{
	if (x->kept > 0)
		sbuf_cut(&x->labels, x->kept);
	else
		sbuf_reset(&x->labels);
}

/* The family's name, with what stands behind it in this line. */
static void
put_family(struct expo *x, struct str suffix)
{
	sbuf_str(x->b, x->family);
	if (x->format == EXPO_OPENMETRICS && x->type == EXPO_COUNTER && !str_ends(x->family, STR("_total")))
		sbuf_puts(x->b, "_total");
	sbuf_str(x->b, suffix);
}

/* name{labels} and a blank. */
static void
put_name(struct expo *x, struct str suffix)
{
	put_family(x, suffix);
	if (x->labels.n > 0) {
		sbuf_putc(x->b, '{');
		sbuf_str(x->b, sbuf_get(&x->labels));
		sbuf_putc(x->b, '}');
	}
	sbuf_putc(x->b, ' ');
}

static void
put_count(struct expo *x, struct str suffix, uint64_t n)
{
	put_name(x, suffix);
	sbuf_uint(x->b, n);
	sbuf_putc(x->b, '\n');
}

static void
put_value(struct expo *x, struct str suffix, double v)
{
	put_name(x, suffix);
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
	size_t from = x->b->n, head, le = 0;

	put_family(x, STR("_bucket{"));
	if (x->labels.n > 0) {
		sbuf_str(x->b, sbuf_get(&x->labels));
		sbuf_putc(x->b, ',');
	}
	head = x->b->n - from;
	for (size_t i = 0; i <= x->bounds_n; le = x->les_end[i++]) {
		/* From the first line, which moves with the buffer. */
		if (i > 0 && sbuf_reserve(x->b, head))
			sbuf_put(x->b, x->b->p + from, head);
		sbuf_put(x->b, x->les.p + le, x->les_end[i] - le);
		*total += counts[i];
		sbuf_uint(x->b, *total);
		sbuf_putc(x->b, '\n');
	}
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
