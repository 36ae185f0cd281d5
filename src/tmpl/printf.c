/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sprintf, Sprint and Sprintln. Source: Go fmt print.go.
 */
#include "base/utf8.h"
#include "funcs.h"
#include "printer.h"

static void
put_rune(struct sbuf *b, uint32_t r)
{
	char bytes[4];

	sbuf_put(b, bytes, utf8_encode(r, bytes));
}

/* A decimal number at *i; false when there is none or it is too large. */
static bool
parse_number_at(struct str s, size_t *i, size_t end, int *out)
{
	bool found = false;

	*out = 0;
	for (; *i < end && s.p[*i] >= '0' && s.p[*i] <= '9'; (*i)++) {
		if (*out > FORMAT_MAX_NUMBER) {
			*i = end;
			*out = 0;
			return false;
		}
		*out = *out * 10 + (s.p[*i] - '0');
		found = true;
	}
	return found;
}

/* An explicit index [n] at *i moves *arg. Says whether there is one. */
static bool
arg_number(struct printer *p, struct str s, size_t *i, size_t *arg, size_t args)
{
	if (*i >= s.n || s.p[*i] != '[')
		return false;
	p->reordered = true;
	size_t close = *i + 1 + str_chr(str_sub(s, *i + 1, s.n), ']');
	if (s.n - *i < 3 || close >= s.n) {
		p->good_index = false;
		(*i)++;
		return false;
	}
	size_t at = *i + 1;
	int n;
	bool ok = parse_number_at(s, &at, close, &n) && at == close;
	*i = close + 1;
	if (ok && n >= 1 && (size_t)n <= args) {
		*arg = (size_t)n - 1;
		return true;
	}
	p->good_index = false;
	return ok;
}

/* The value of a '*'. */
static bool
star(const struct value *args, size_t n, size_t *arg, int *out)
{
	*out = 0;
	if (*arg >= n)
		return false;
	struct value v = args[(*arg)++];
	if (value_kind(v) == V_INT && v.u.i >= -FORMAT_MAX_NUMBER && v.u.i <= FORMAT_MAX_NUMBER)
		*out = (int)v.u.i;
	else if (value_kind(v) == V_UINT && v.u.u <= FORMAT_MAX_NUMBER)
		*out = (int)v.u.u;
	else
		return false;
	return true;
}

static void
parse_flags(struct format *f, struct str s, size_t *i)
{
	for (; *i < s.n; (*i)++) {
		char c = s.p[*i];
		if (c == '#')
			f->sharp = true;
		else if (c == '0')
			f->zero = true;
		else if (c == '+')
			f->plus = true;
		else if (c == '-')
			f->minus = true;
		else if (c == ' ')
			f->space = true;
		else
			return;
	}
}

static void
parse_width(struct printer *p, struct str s, size_t *i, const struct value *args, size_t n, size_t *arg,
    bool *after_index)
{
	struct format *f = &p->f;

	if (*i < s.n && s.p[*i] == '*') {
		(*i)++;
		f->has_width = star(args, n, arg, &f->width);
		if (!f->has_width)
			sbuf_puts(f->b, "%!(BADWIDTH)");
		if (f->width < 0) {
			f->width = -f->width;
			f->minus = true;
			f->zero = false;
		}
		*after_index = false;
		return;
	}
	f->has_width = parse_number_at(s, i, s.n, &f->width);
	if (*after_index && f->has_width)
		p->good_index = false;
}

static void
parse_precision(struct printer *p, struct str s, size_t *i, const struct value *args, size_t n, size_t *arg,
    bool *after_index)
{
	struct format *f = &p->f;

	if (*i >= s.n || s.p[*i] != '.')
		return;
	(*i)++;
	if (*after_index)
		p->good_index = false;
	*after_index = arg_number(p, s, i, arg, n);
	if (*i < s.n && s.p[*i] == '*') {
		(*i)++;
		f->has_precision = star(args, n, arg, &f->precision);
		if (f->precision < 0) {
			f->precision = 0;
			f->has_precision = false;
		}
		if (!f->has_precision)
			sbuf_puts(f->b, "%!(BADPREC)");
		*after_index = false;
		return;
	}
	if (!parse_number_at(s, i, s.n, &f->precision))
		f->precision = 0;
	f->has_precision = true;
}

/* The verb with its argument. */
static void
print_verb(struct printer *p, uint32_t verb, const struct value *args, size_t n, size_t *arg)
{
	struct format *f = &p->f;

	if (verb == '%') {
		sbuf_putc(f->b, '%');
		return;
	}
	if (!p->good_index || *arg >= n) {
		sbuf_puts(f->b, "%!");
		put_rune(f->b, verb);
		sbuf_puts(f->b, !p->good_index ? "(BADINDEX)" : "(MISSING)");
		return;
	}
	if (verb == 'v') {
		f->sharp_v = f->sharp;
		f->sharp = false;
		f->plus_v = f->plus;
		f->plus = false;
	}
	printer_arg(p, args[(*arg)++], verb);
}

static void
print_extra(struct printer *p, const struct value *args, size_t n)
{
	struct sbuf *b = p->f.b;

	format_clear(&p->f);
	sbuf_puts(b, "%!(EXTRA ");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sbuf_puts(b, ", ");
		if (value_kind(args[i]) != V_INVALID && value_kind(args[i]) != V_ANY) {
			sbuf_puts(b, args[i].type->name);
			sbuf_putc(b, '=');
		}
		printer_arg(p, args[i], 'v');
	}
	sbuf_putc(b, ')');
}

void
print_sprintf(struct sbuf *b, struct str s, const struct value *args, size_t n)
{
	struct printer p = { .f.b = b };
	bool after_index = false;
	size_t arg = 0;

	for (size_t i = 0; i < s.n && !b->overflow;) {
		size_t literal = str_chr(str_sub(s, i, s.n), '%');
		sbuf_str(b, str_sub(s, i, i + literal));
		i += literal;
		if (i >= s.n)
			break;
		i++;
		format_clear(&p.f);
		p.good_index = true;
		parse_flags(&p.f, s, &i);
		after_index = arg_number(&p, s, &i, &arg, n);
		parse_width(&p, s, &i, args, n, &arg, &after_index);
		parse_precision(&p, s, &i, args, n, &arg, &after_index);
		if (!after_index)
			after_index = arg_number(&p, s, &i, &arg, n);
		if (i >= s.n) {
			sbuf_puts(b, "%!(NOVERB)");
			break;
		}
		uint32_t verb;
		i += utf8_decode(str_sub(s, i, s.n), &verb);
		print_verb(&p, verb, args, n, &arg);
	}
	if (!p.reordered && arg < n)
		print_extra(&p, args + arg, n - arg);
}

void
print_sprint(struct sbuf *b, const struct value *args, size_t n)
{
	struct printer p = { .f.b = b };
	bool before = false;

	for (size_t i = 0; i < n && !b->overflow; i++) {
		bool string = value_kind(args[i]) == V_STRING;
		if (i > 0 && !string && !before)
			sbuf_putc(b, ' ');
		printer_arg(&p, args[i], 'v');
		before = string;
	}
}

void
print_sprintln(struct sbuf *b, const struct value *args, size_t n)
{
	struct printer p = { .f.b = b };

	for (size_t i = 0; i < n && !b->overflow; i++) {
		if (i > 0)
			sbuf_putc(b, ' ');
		printer_arg(&p, args[i], 'v');
	}
	sbuf_putc(b, '\n');
}
