/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Go's fmt over template values: Sprintf, Sprint, Sprintln.
 * Source: Go fmt print.go.
 */
#include "base/utf8.h"
#include "format.h"
#include "funcs.h"

/* Lists in lists deeper than this are not printed: the buffer is marked as overflown. */
#define MAX_DEPTH 200

struct printer {
	struct format f;
	bool erroring;		/* inside a %!verb(type=value) */
	bool reordered;		/* the format used %[n] */
	bool good_index;
};

static void print_arg(struct printer *p, struct value v, uint32_t verb);
static void print_value(struct printer *p, struct value v, uint32_t verb, int depth);

static void
put_rune(struct sbuf *b, uint32_t r)
{
	char bytes[4];

	sbuf_put(b, bytes, utf8_encode(r, bytes));
}

static bool
is_nil(struct value v)
{
	return v.type == NULL || v.type->kind == V_ANY;
}

static void
bad_verb(struct printer *p, struct value v, uint32_t verb)
{
	struct sbuf *b = p->f.b;
	bool erroring = p->erroring;

	p->erroring = true;
	sbuf_puts(b, "%!");
	put_rune(b, verb);
	sbuf_putc(b, '(');
	if (is_nil(v)) {
		sbuf_puts(b, "<nil>");
	} else {
		sbuf_puts(b, v.type->name);
		sbuf_putc(b, '=');
		print_arg(p, v, 'v');
	}
	sbuf_putc(b, ')');
	p->erroring = erroring;
}

static void
print_integer(struct printer *p, struct value v, bool is_signed, uint32_t verb)
{
	uint64_t u = is_signed ? (uint64_t)v.u.i : v.u.u;
	struct format *f = &p->f;
	bool sharp = f->sharp;

	switch (verb) {
	case 'v':
		if (f->sharp_v && !is_signed) {
			f->sharp = true;
			format_integer(f, u, 16, false, 'x');
			f->sharp = sharp;
			break;
		}
		format_integer(f, u, 10, is_signed, 'd');
		break;
	case 'd':
		format_integer(f, u, 10, is_signed, 'd');
		break;
	case 'b':
		format_integer(f, u, 2, is_signed, 'b');
		break;
	case 'o':
	case 'O':
		format_integer(f, u, 8, is_signed, (char)verb);
		break;
	case 'x':
	case 'X':
		format_integer(f, u, 16, is_signed, (char)verb);
		break;
	case 'c':
		format_char(f, u);
		break;
	case 'q':
		format_quoted_char(f, u);
		break;
	case 'U':
		format_unicode(f, u);
		break;
	default:
		bad_verb(p, v, verb);
	}
}

static bool
float_verb(uint32_t verb, char *c, int *precision)
{
	switch (verb) {
	case 'v':
		*c = 'g';
		*precision = -1;
		return true;
	case 'b':
	case 'g':
	case 'G':
	case 'x':
	case 'X':
		*c = (char)verb;
		*precision = -1;
		return true;
	case 'f':
	case 'F':
	case 'e':
	case 'E':
		*c = verb == 'F' ? 'f' : (char)verb;
		*precision = 6;
		return true;
	default:
		return false;
	}
}

static void
print_string(struct printer *p, struct value v, struct str s, uint32_t verb)
{
	if (verb == 'v' && p->f.sharp_v)
		format_quoted(&p->f, s);
	else if (verb == 'v' || verb == 's')
		format_string(&p->f, s);
	else if (verb == 'x' || verb == 'X')
		format_hex(&p->f, s, verb == 'X');
	else if (verb == 'q')
		format_quoted(&p->f, s);
	else
		bad_verb(p, v, verb);
}

/* The String or GoString method of the value, where the verb takes one. */
static bool
handle_methods(struct printer *p, struct value v, uint32_t verb)
{
	void (*method)(struct sbuf *, struct value) = NULL;

	if (p->erroring || is_nil(v))
		return false;
	if (verb == 'w') {
		bad_verb(p, v, verb);
		return true;
	}
	if (p->f.sharp_v)
		method = v.type->gostring;
	else if (verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q')
		method = v.type->string;
	if (method == NULL)
		return false;
	struct sbuf b = SBUF_INIT(p->f.b->max);
	method(&b, v);
	p->f.b->overflow = p->f.b->overflow || b.overflow;
	if (p->f.sharp_v)
		format_string(&p->f, sbuf_get(&b));
	else
		print_string(p, v, sbuf_get(&b), verb);
	sbuf_fini(&b);
	return true;
}

static void
print_pointer(struct printer *p, struct value v, uint32_t verb)
{
	bool nil = v.type->kind == V_PTR && v.u.object == NULL;

	/* COMPAT: an address says nothing and tells too much: one for all. */
	if (verb != 'v' && verb != 'p') {
		bad_verb(p, v, verb);
	} else if (p->f.sharp_v) {
		sbuf_printf(p->f.b, "(%s)(%s)", v.type->name, nil ? "nil" : "0xc000000000");
	} else {
		format_pad(&p->f, verb == 'v' && nil ? STR("<nil>") : nil ? STR("0x0") : STR("0xc000000000"));
	}
}

static void
separator(struct printer *p, size_t i)
{
	if (i > 0)
		sbuf_puts(p->f.b, p->f.sharp_v ? ", " : " ");
}

static void
print_map(struct printer *p, struct value v, uint32_t verb, int depth)
{
	struct sbuf *b = p->f.b;

	if (p->f.sharp_v) {
		sbuf_puts(b, v.type->name);
		if (v.u.map.entries == NULL) {
			sbuf_puts(b, "(nil)");
			return;
		}
	}
	sbuf_puts(b, p->f.sharp_v ? "{" : "map[");
	for (size_t i = 0; i < v.u.map.n && !b->overflow; i++) {
		separator(p, i);
		print_value(p, value_str(v.u.map.entries[i].key), verb, depth + 1);
		sbuf_putc(b, ':');
		print_value(p, v.u.map.entries[i].value, verb, depth + 1);
	}
	sbuf_putc(b, p->f.sharp_v ? '}' : ']');
}

static void
print_list(struct printer *p, struct value v, uint32_t verb, int depth)
{
	struct sbuf *b = p->f.b;

	if (p->f.sharp_v) {
		sbuf_puts(b, v.type->name);
		if (v.u.list.items == NULL) {
			sbuf_puts(b, "(nil)");
			return;
		}
	}
	sbuf_putc(b, p->f.sharp_v ? '{' : '[');
	for (size_t i = 0; i < v.u.list.n && !b->overflow; i++) {
		separator(p, i);
		print_value(p, v.u.list.items[i], verb, depth + 1);
	}
	sbuf_putc(b, p->f.sharp_v ? '}' : ']');
}

static void
print_struct(struct printer *p, struct value v, uint32_t verb, int depth)
{
	struct arena *a = arena_new();
	struct sbuf *b = p->f.b;

	if (p->f.sharp_v)
		sbuf_puts(b, v.type->name);
	sbuf_putc(b, '{');
	for (size_t i = 0; i < v.type->fields_n && !b->overflow; i++) {
		struct value field = VALUE_NIL;
		separator(p, i);
		if (p->f.plus_v || p->f.sharp_v) {
			sbuf_puts(b, v.type->fields[i].name);
			sbuf_putc(b, ':');
		}
		(void)value_field(v, v.type->fields[i].name, a, &field);
		print_value(p, field, verb, depth + 1);
	}
	sbuf_putc(b, '}');
	arena_free(&a);
}

static void
print_value(struct printer *p, struct value v, uint32_t verb, int depth)
{
	enum value_kind kind = value_kind(v);
	int precision;
	char c;

	if (depth > MAX_DEPTH) {
		p->f.b->overflow = true;
		return;
	}
	if (depth > 0 && handle_methods(p, v, verb))
		return;
	switch (kind) {
	case V_INVALID:
	case V_ANY:
		if (p->f.sharp_v)
			sbuf_puts(p->f.b, "interface {}(nil)");
		else
			sbuf_puts(p->f.b, "<nil>");
		break;
	case V_BOOL:
		if (verb == 't' || verb == 'v')
			format_bool(&p->f, v.u.b);
		else
			bad_verb(p, v, verb);
		break;
	case V_INT:
	case V_UINT:
		print_integer(p, v, kind == V_INT, verb);
		break;
	case V_FLOAT:
		if (float_verb(verb, &c, &precision))
			format_float(&p->f, v.u.f, c, precision);
		else
			bad_verb(p, v, verb);
		break;
	case V_COMPLEX:
		if (float_verb(verb, &c, &precision))
			format_complex(&p->f, v.u.c, c, precision);
		else
			bad_verb(p, v, verb);
		break;
	case V_STRING:
		print_string(p, v, v.u.s, verb);
		break;
	case V_LIST:
		print_list(p, v, verb, depth);
		break;
	case V_MAP:
		print_map(p, v, verb, depth);
		break;
	case V_STRUCT:
		print_struct(p, v, verb, depth);
		break;
	case V_PTR:
		if (depth == 0 && v.u.object != NULL) {
			sbuf_putc(p->f.b, '&');
			print_value(p, value_object(v.type->elem, v.u.object), verb, depth + 1);
			break;
		}
		print_pointer(p, v, verb);
		break;
	case V_FUNC:
		print_pointer(p, v, verb);
		break;
	}
}

static void
print_arg(struct printer *p, struct value v, uint32_t verb)
{
	if (is_nil(v)) {
		if (verb == 'T' || verb == 'v')
			format_pad(&p->f, STR("<nil>"));
		else
			bad_verb(p, v, verb);
	} else if (verb == 'T') {
		format_string(&p->f, str_from(v.type->name));
	} else if (verb == 'p') {
		enum value_kind k = v.type->kind;
		if (k == V_PTR || k == V_FUNC || k == V_LIST || k == V_MAP)
			print_pointer(p, v, verb);
		else
			bad_verb(p, v, verb);
	} else if (!handle_methods(p, v, verb)) {
		print_value(p, v, verb, 0);
	}
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
	print_arg(p, args[(*arg)++], verb);
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
		if (!is_nil(args[i])) {
			sbuf_puts(b, args[i].type->name);
			sbuf_putc(b, '=');
		}
		print_arg(p, args[i], 'v');
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
		print_arg(&p, args[i], 'v');
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
		print_arg(&p, args[i], 'v');
	}
	sbuf_putc(b, '\n');
}
