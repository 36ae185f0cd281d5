/* SPDX-License-Identifier: Apache-2.0 */
#include "text/expo.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>

#include "base/utf8.h"
#include "text/float.h"

const char *
expo_content_type(enum expo_format format)
{
	return format == EXPO_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
					    "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
}

void
expo_init(struct expo *x, struct sbuf *b, enum expo_format format)
{
	*x = (struct expo){ .b = b, .format = format, .labels = SBUF_INIT(SBUF_UNLIMITED) };
}

void
expo_end(struct expo *x)
{
	assert(x->labels.n == 0);
	if (x->format == EXPO_OPENMETRICS)
		sbuf_puts(x->b, "# EOF\n");
	sbuf_fini(&x->labels);
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

/* OpenMetrics writes floats as floats: 1.0. */
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
	struct str name = str_from(x->family);

	if (x->format == EXPO_OPENMETRICS && x->type == EXPO_COUNTER && str_ends(name, STR("_total")))
		name = str_sub(name, 0, name.n - 6);
	return name;
}

static const char *
type_name(const struct expo *x)
{
	switch (x->type) {
	case EXPO_COUNTER:
		return "counter";
	case EXPO_GAUGE:
		return "gauge";
	case EXPO_HISTOGRAM:
		return "histogram";
	case EXPO_SUMMARY:
		return "summary";
	case EXPO_UNTYPED:
		break;
	}
	return x->format == EXPO_OPENMETRICS ? "unknown" : "untyped";
}

void
expo_family(struct expo *x, const char *name, const char *help, enum expo_type type)
{
	assert(x->labels.n == 0);
	x->family = name;
	x->type = type;
	sbuf_puts(x->b, "# HELP ");
	sbuf_str(x->b, family_name(x));
	sbuf_putc(x->b, ' ');
	put_escaped(x->b, str_from(help), x->format == EXPO_OPENMETRICS);
	sbuf_puts(x->b, "\n# TYPE ");
	sbuf_str(x->b, family_name(x));
	sbuf_printf(x->b, " %s\n", type_name(x));
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
	if (x->labels.n > 0)
		sbuf_putc(&x->labels, ',');
	sbuf_puts(&x->labels, name);
	sbuf_puts(&x->labels, "=\"");
	if (utf8_valid(value))
		put_escaped(&x->labels, value, true);
	else
		put_repaired(&x->labels, value);
	sbuf_putc(&x->labels, '"');
}

/* name{labels,le="…"} and a blank; le may be NULL. */
static void
put_name(struct expo *x, const char *suffix, const struct str *le)
{
	sbuf_puts(x->b, x->family);
	if (x->format == EXPO_OPENMETRICS && x->type == EXPO_COUNTER && !str_ends(str_from(x->family), STR("_total")))
		sbuf_puts(x->b, "_total");
	sbuf_puts(x->b, suffix);
	if (x->labels.n > 0 || le != NULL) {
		sbuf_putc(x->b, '{');
		sbuf_str(x->b, sbuf_get(&x->labels));
		if (le != NULL) {
			sbuf_puts(x->b, x->labels.n > 0 ? ",le=\"" : "le=\"");
			sbuf_str(x->b, *le);
			sbuf_putc(x->b, '"');
		}
		sbuf_putc(x->b, '}');
	}
	sbuf_putc(x->b, ' ');
}

static void
put_count(struct expo *x, const char *suffix, const struct str *le, uint64_t n)
{
	put_name(x, suffix, le);
	sbuf_printf(x->b, "%" PRIu64 "\n", n);
}

static void
put_value(struct expo *x, const char *suffix, double v)
{
	put_name(x, suffix, NULL);
	put_float(x, x->b, v);
	sbuf_putc(x->b, '\n');
}

void
expo_value(struct expo *x, double v)
{
	assert(x->family != NULL && x->type != EXPO_HISTOGRAM && x->type != EXPO_SUMMARY);
	put_value(x, "", v);
	sbuf_reset(&x->labels);
}

void
expo_histogram(struct expo *x, const double *bounds, const uint64_t *counts, size_t n, double sum)
{
	struct sbuf le = SBUF_INIT(SBUF_UNLIMITED);
	uint64_t total = 0;

	assert(x->family != NULL && x->type == EXPO_HISTOGRAM);
	for (size_t i = 0; i <= n; i++) {
		sbuf_reset(&le);
		if (i < n)
			put_float(x, &le, bounds[i]);
		else
			sbuf_puts(&le, "+Inf");
		struct str bound = sbuf_get(&le);
		total += counts[i];
		put_count(x, "_bucket", &bound, total);
	}
	put_value(x, "_sum", sum);
	put_count(x, "_count", NULL, total);
	sbuf_reset(&x->labels);
	sbuf_fini(&le);
}

void
expo_summary(struct expo *x, uint64_t count, double sum)
{
	assert(x->family != NULL && x->type == EXPO_SUMMARY);
	put_value(x, "_sum", sum);
	put_count(x, "_count", NULL, count);
	sbuf_reset(&x->labels);
}
