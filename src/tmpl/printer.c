/* SPDX-License-Identifier: Apache-2.0 */
#include "printer.h"

#include "base/utf8.h"

/* Lists in lists deeper than this are not printed: the buffer is marked as overflown. */
#define MAX_DEPTH 200

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
		printer_arg(p, v, 'v');
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
	if (verb == 'b' || verb == 'o' || verb == 'd' || verb == 'x' || verb == 'X') {
		unsigned base = verb == 'b' ? 2 : verb == 'o' ? 8 : verb == 'd' ? 10 : 16;
		format_integer(&p->f, nil ? 0 : UINT64_C(0xc000000000), base, false, (char)verb);
	} else if (verb != 'v' && verb != 'p') {
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
print_time(struct printer *p, struct value v, uint32_t verb, int depth)
{
	static const char *const names[TIME_FIELDS] = { "wall:", "ext:", "loc:" };
	struct value fields[TIME_FIELDS];

	time_fields(v, fields);
	sbuf_putc(p->f.b, '{');
	for (size_t i = 0; i < TIME_FIELDS; i++) {
		separator(p, i);
		if (p->f.plus_v || p->f.sharp_v)
			sbuf_puts(p->f.b, names[i]);
		print_value(p, fields[i], verb, depth + 1);
	}
	sbuf_putc(p->f.b, '}');
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
		if (v.type == &type_time)
			print_time(p, v, verb, depth);
		else
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

void
printer_arg(struct printer *p, struct value v, uint32_t verb)
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
