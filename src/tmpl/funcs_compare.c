/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eq, ne, lt, le, gt, ge. Source: Go text/template funcs.go.
 */
#include "exec.h"
#include "funcs.h"

#define FUNC(name) static bool name(struct value_call *c, const struct value *args, size_t n, struct value *out)

static bool
is_nil(struct value v)
{
	switch (value_kind(v)) {
	case V_INVALID:
	case V_ANY:
		return true;
	case V_LIST:
		return v.u.list.items == NULL;
	case V_MAP:
		return v.u.map.entries == NULL;
	case V_PTR:
		return v.u.object == NULL;
	case V_FUNC:
		return v.u.func == NULL;
	case V_BOOL:
	case V_INT:
	case V_UINT:
	case V_FLOAT:
	case V_COMPLEX:
	case V_STRING:
	case V_STRUCT:
	default:
		return false;
	}
}

/* The kinds that have an order or an equality of their own. */
static bool
is_basic(enum value_kind k)
{
	return k == V_BOOL || k == V_INT || k == V_UINT || k == V_FLOAT || k == V_COMPLEX || k == V_STRING;
}

static enum value_kind
basic_kind(struct value v)
{
	enum value_kind k = value_kind(v);

	return is_basic(k) ? k : V_INVALID;
}

static bool
same_basic(struct value a, struct value b)
{
	switch (value_kind(a)) {
	case V_BOOL:
		return a.u.b == b.u.b;
	case V_INT:
		return a.u.i == b.u.i;
	case V_UINT:
		return a.u.u == b.u.u;
	case V_FLOAT:
		return a.u.f == b.u.f;
	case V_COMPLEX:
		return a.u.c[0] == b.u.c[0] && a.u.c[1] == b.u.c[1];
	case V_STRING:
		return str_eq(a.u.s, b.u.s);
	case V_INVALID:
	case V_LIST:
	case V_MAP:
	case V_STRUCT:
	case V_PTR:
	case V_FUNC:
	case V_ANY:
	default:
		return false;
	}
}

/* Go's == on structs and pointers. *comparable is cleared where it has none. */
static bool
same(struct value_call *c, struct value a, struct value b, bool *comparable)
{
	if (a.type == &type_time && b.type == &type_time) {
		const struct zoned_time *x = a.u.time, *y = b.u.time;
		return wall_cmp(x->at, y->at) == 0 && x->zone == y->zone && x->at.offset == y->at.offset;
	}
	enum value_kind k = value_kind(b);
	if (k == V_LIST || k == V_MAP || k == V_FUNC)
		*comparable = false;
	if (k == V_STRUCT) {
		bool equal = a.type == b.type;
		for (size_t i = 0; i < b.type->fields_n; i++) {
			struct value x = VALUE_NIL, y = VALUE_NIL;
			(void)value_field(a, b.type->fields[i].name, c->arena, &x);
			(void)value_field(b, b.type->fields[i].name, c->arena, &y);
			equal = same(c, x, y, comparable) && equal;
		}
		return equal;
	}
	if (k == V_PTR)
		return a.type == b.type && a.u.object == b.u.object;
	return a.type == b.type && same_basic(a, b);
}

/* An int and a uint may be compared: their order. */
static int
compare_mixed(struct value i, struct value u)
{
	if (i.u.i < 0 || (uint64_t)i.u.i < u.u.u)
		return -1;
	return (uint64_t)i.u.i > u.u.u;
}

static bool
is_value(struct value v)
{
	return value_kind(v) != V_INVALID && value_kind(v) != V_ANY;
}

static bool
incompatible(struct value_call *c, struct value a, struct value b)
{
	return value_fail(c, "incompatible types for comparison: %s and %s", a.type->name, b.type->name);
}

/* As fmt's %s, which is how the messages below show a value. */
static struct str
text_s(struct value_call *c, struct value v)
{
	struct sbuf b = SBUF_INIT(1 << 16);

	print_sprintf(&b, STR("%s"), &v, 1);
	struct str s = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

static bool
equal_other(struct value_call *c, struct value a, struct value b, bool *equal)
{
	if (is_value(a) && is_value(b) && value_kind(a) != value_kind(b)) {
		struct str x = text_s(c, a), y = value_text(c->arena, b);
		return value_fail(c, "non-comparable types %.*s: %s, %s: %.*s", STR_ARG(x), a.type->name,
		    b.type->name, STR_ARG(y));
	}
	if (is_nil(a) || is_nil(b)) {
		*equal = is_nil(a) == is_nil(b);
		return true;
	}
	bool comparable = true;
	*equal = same(c, a, b, &comparable);
	if (!comparable) {
		struct str s = text_s(c, b);
		return value_fail(c, "non-comparable type %.*s: %s", STR_ARG(s), b.type->name);
	}
	return true;
}

static bool
equal(struct value_call *c, struct value a, struct value b, bool *out)
{
	enum value_kind x = basic_kind(a), y = basic_kind(b);

	*out = false;
	if (x == V_INT && y == V_UINT) {
		*out = compare_mixed(a, b) == 0;
		return true;
	}
	if (x == V_UINT && y == V_INT) {
		*out = compare_mixed(b, a) == 0;
		return true;
	}
	if (x != y)
		return is_value(a) && is_value(b) ? incompatible(c, a, b) : true;
	if (x == V_INVALID)
		return equal_other(c, a, b, out);
	*out = same_basic(a, b);
	return true;
}

static bool
less(struct value_call *c, struct value a, struct value b, bool *out)
{
	enum value_kind x = basic_kind(a), y = basic_kind(b);

	if (x == V_INVALID || y == V_INVALID)
		return value_fail(c, "invalid type for comparison");
	if (x == V_INT && y == V_UINT) {
		*out = compare_mixed(a, b) < 0;
		return true;
	}
	if (x == V_UINT && y == V_INT) {
		*out = compare_mixed(b, a) > 0;
		return true;
	}
	if (x != y)
		return incompatible(c, a, b);
	if (x == V_BOOL || x == V_COMPLEX)
		return value_fail(c, "invalid type for comparison");
	if (x == V_INT)
		*out = a.u.i < b.u.i;
	else if (x == V_UINT)
		*out = a.u.u < b.u.u;
	else if (x == V_FLOAT)
		*out = a.u.f < b.u.f;
	else
		*out = str_cmp(a.u.s, b.u.s) < 0;
	return true;
}

FUNC(call_eq)
{
	bool found = false;

	if (n < 2)
		return value_fail(c, "missing argument for comparison");
	for (size_t i = 1; i < n && !found; i++)
		if (!value_charge(c, 1) || !equal(c, args[0], args[i], &found))
			return false;
	*out = value_bool(found);
	return true;
}

FUNC(call_ne)
{
	bool same_value;

	(void)n;
	if (!equal(c, args[0], args[1], &same_value))
		return false;
	*out = value_bool(!same_value);
	return true;
}

FUNC(call_lt)
{
	bool yes;

	(void)n;
	if (!less(c, args[0], args[1], &yes))
		return false;
	*out = value_bool(yes);
	return true;
}

static bool
less_or_equal(struct value_call *c, const struct value *args, bool *out)
{
	return less(c, args[0], args[1], out) && (*out || equal(c, args[0], args[1], out));
}

FUNC(call_le)
{
	bool yes;

	(void)n;
	if (!less_or_equal(c, args, &yes))
		return false;
	*out = value_bool(yes);
	return true;
}

FUNC(call_gt)
{
	bool yes;

	(void)n;
	if (!less_or_equal(c, args, &yes))
		return false;
	*out = value_bool(!yes);
	return true;
}

FUNC(call_ge)
{
	bool yes;

	(void)n;
	if (!less(c, args[0], args[1], &yes))
		return false;
	*out = value_bool(!yes);
	return true;
}

#define COMPARE(nm, fn) { .func = { .name = (nm), .params = { &type_reflect, &type_reflect }, \
	.result = &type_bool, .call = (fn) } }

const struct builtin builtins_compare[] = {
	{ .func = { .name = "eq", .params = { &type_reflect, &type_reflect }, .variadic = true,
	    .result = &type_bool, .call = call_eq } },
	COMPARE("ne", call_ne),
	COMPARE("lt", call_lt),
	COMPARE("le", call_le),
	COMPARE("gt", call_gt),
	COMPARE("ge", call_ge),
	{ .func = { .name = NULL } },
};
