/* SPDX-License-Identifier: Apache-2.0 */
#include "text/expo.h"

#include <inttypes.h>
#include <math.h>

#include "text/float.h"

void
expo_init(struct expo *x, struct sbuf *b, enum expo_format format)
{
	*x = (struct expo){ .b = b, .format = format, .labels.max = SBUF_UNLIMITED };
}

void
expo_end(struct expo *x)
{
	if (x->format == EXPO_OPENMETRICS)
		sbuf_puts(x->b, "# EOF\n");
	sbuf_fini(&x->labels);
}

const char *
expo_content_type(enum expo_format format)
{
	if (format == EXPO_OPENMETRICS)
		return "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores";
	return "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
}

/* Backslash and newline; in label values (and OpenMetrics help) quotes too. */
static void
put_escaped(struct sbuf *b, struct str s, bool quotes)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\')
			sbuf_puts(b, "\\\\");
		else if (s.p[i] == '\n')
			sbuf_puts(b, "\\n");
		else if (s.p[i] == '"' && quotes)
			sbuf_puts(b, "\\\"");
		else
			sbuf_putc(b, s.p[i]);
	}
}

static void
put_value(struct sbuf *b, double v)
{
	if (isnan(v))
		sbuf_puts(b, "NaN");
	else if (isinf(v))
		sbuf_puts(b, v > 0 ? "+Inf" : "-Inf");
	else
		float_format(b, v, 'g', -1);
}

static const char *
type_name(const struct expo *x)
{
	switch (x->type) {
	case EXPO_COUNTER: return "counter";
	case EXPO_GAUGE: return "gauge";
	case EXPO_HISTOGRAM: return "histogram";
	case EXPO_SUMMARY: return "summary";
	case EXPO_UNTYPED: return x->format == EXPO_OPENMETRICS ? "unknown" : "untyped";
	}
	return "untyped";
}

/* OpenMetrics names the family of a counter without the suffix of its samples. */
static struct str
family_name(const struct expo *x)
{
	struct str name = str_from(x->family);

	if (x->format == EXPO_OPENMETRICS && x->type == EXPO_COUNTER && str_ends(name, STR("_total")))
		name.n -= sizeof("_total") - 1;
	return name;
}

void
expo_family(struct expo *x, const char *name, const char *help, enum expo_type type)
{
	struct str family;

	x->family = name;
	x->type = type;
	family = family_name(x);
	sbuf_printf(x->b, "# HELP %.*s ", STR_ARG(family));
	put_escaped(x->b, str_from(help), x->format == EXPO_OPENMETRICS);
	sbuf_printf(x->b, "\n# TYPE %.*s %s\n", STR_ARG(family), type_name(x));
}

void
expo_label(struct expo *x, const char *name, struct str value)
{
	sbuf_printf(&x->labels, "%s%s=\"", x->labels.n > 0 ? "," : "", name);
	put_escaped(&x->labels, value, true);
	sbuf_putc(&x->labels, '"');
}

/* One line up to its value; `le` is the bound of a bucket, or NULL. */
static void
put_sample(struct expo *x, const char *suffix, const double *le)
{
	sbuf_printf(x->b, "%s%s", x->family, suffix);
	if (x->labels.n > 0 || le != NULL) {
		sbuf_putc(x->b, '{');
		sbuf_str(x->b, sbuf_get(&x->labels));
		if (le != NULL) {
			sbuf_puts(x->b, x->labels.n > 0 ? ",le=\"" : "le=\"");
			put_value(x->b, *le);
			/* OpenMetrics wants bounds to look like floats. */
			if (x->format == EXPO_OPENMETRICS && isfinite(*le) && *le == floor(*le) && fabs(*le) < 1e6)
				sbuf_puts(x->b, ".0");
			sbuf_putc(x->b, '"');
		}
		sbuf_putc(x->b, '}');
	}
	sbuf_putc(x->b, ' ');
}

static void
put_count(struct expo *x, const char *suffix, const double *le, uint64_t count)
{
	put_sample(x, suffix, le);
	sbuf_printf(x->b, "%" PRIu64 "\n", count);
}

static void
put_sum(struct expo *x, double sum)
{
	put_sample(x, "_sum", NULL);
	put_value(x->b, sum);
	sbuf_putc(x->b, '\n');
}

void
expo_value(struct expo *x, double v)
{
	put_sample(x, "", NULL);
	put_value(x->b, v);
	sbuf_putc(x->b, '\n');
	sbuf_reset(&x->labels);
}

void
expo_histogram(struct expo *x, const double *bounds, const uint64_t *counts, size_t n, double sum)
{
	double infinite = INFINITY;
	uint64_t seen = 0;

	for (size_t i = 0; i < n; i++) {
		seen += counts[i];
		put_count(x, "_bucket", &bounds[i], seen);
	}
	seen += counts[n];
	put_count(x, "_bucket", &infinite, seen);
	put_sum(x, sum);
	put_count(x, "_count", NULL, seen);
	sbuf_reset(&x->labels);
}

void
expo_summary(struct expo *x, uint64_t count, double sum)
{
	put_sum(x, sum);
	put_count(x, "_count", NULL, count);
	sbuf_reset(&x->labels);
}
