/* SPDX-License-Identifier: Apache-2.0 */
/*
 * humanizeDuration. Source: Prometheus common helpers/templates.
 */
#include <math.h>

#include "base/quote.h"
#include "exec.h"
#include "format.h"
#include "funcs.h"
#include "text/float.h"

static bool
not_a_number(struct value_call *c, struct str s)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&b, s);
	value_fail(c, "strconv.ParseFloat: parsing %s: invalid syntax", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

static bool
to_seconds(struct value_call *c, struct value v, double *out)
{
	if (v.type == &type_duration)
		*out = (double)(v.u.i / SPAN_S) + (double)(v.u.i % SPAN_S) / 1e9;
	else if (v.type == &type_float64)
		*out = v.u.f;
	else if (v.type == &type_int || v.type == &type_int64)
		*out = (double)v.u.i;
	else if (v.type == &type_uint)
		*out = (double)v.u.u;
	else if (v.type != &type_string)
		return value_fail(c, "can't convert %s to float", value_kind(v) == V_ANY ? "<nil>" : value_type_name(v));
	else if (!float_parse(v.u.s, out))
		return not_a_number(c, v.u.s);
	return true;
}

static void
put_4g(struct sbuf *b, double v)
{
	float_format(b, v, 'g', 4);
}

static void
put_long(struct sbuf *b, double v)
{
	/* COMPAT: what is no int64 becomes the least one, as Go converts it on amd64. */
	int64_t total = v < 0x1p63 ? (int64_t)v : INT64_MIN;
	long long days = total / 86400, hours = total / 3600 % 24, minutes = total / 60 % 60;
	long long seconds = total % 60;

	if (days != 0)
		sbuf_printf(b, "%lldd ", days);
	if (days != 0 || hours != 0)
		sbuf_printf(b, "%lldh ", hours);
	if (days != 0 || hours != 0 || minutes != 0) {
		sbuf_printf(b, "%lldm %llds", minutes, seconds);
		return;
	}
	put_4g(b, v);
	sbuf_putc(b, 's');
}

bool
humanize_duration(struct value_call *c, struct value v, struct value *out)
{
	static const char prefixes[] = "munpfazy";
	struct sbuf b = SBUF_INIT(256);
	double d;

	if (!to_seconds(c, v, &d))
		return false;
	if (!isfinite(d)) {
		put_4g(&b, d);
	} else if (d == 0) {
		put_4g(&b, d);
		sbuf_putc(&b, 's');
	} else if (fabs(d) >= 1) {
		if (d < 0)
			sbuf_putc(&b, '-');
		put_long(&b, fabs(d));
	} else {
		char prefix = '\0';
		for (size_t i = 0; prefixes[i] != '\0' && fabs(d) < 1; i++) {
			prefix = prefixes[i];
			d *= 1000;
		}
		put_4g(&b, d);
		sbuf_putc(&b, prefix);
		sbuf_putc(&b, 's');
	}
	return func_take(c, &b, out);
}
