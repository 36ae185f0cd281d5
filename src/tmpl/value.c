/* SPDX-License-Identifier: Apache-2.0 */
#include "tmpl/value.h"

#include <stdlib.h>

#include "funcs.h"
#include "value_private.h"

const struct value_type type_bool = { .name = "bool", .kind = V_BOOL };
const struct value_type type_int = { .name = "int", .kind = V_INT };
const struct value_type type_int64 = { .name = "int64", .kind = V_INT };
const struct value_type type_int32 = { .name = "int32", .kind = V_INT, .bits = 32 };
const struct value_type type_uint8 = { .name = "uint8", .kind = V_UINT, .bits = 8 };
const struct value_type type_uint = { .name = "uint", .kind = V_UINT };
const struct value_type type_float64 = { .name = "float64", .kind = V_FLOAT };
const struct value_type type_complex128 = { .name = "complex128", .kind = V_COMPLEX };
const struct value_type type_string = { .name = "string", .kind = V_STRING };
const struct value_type type_any = { .name = "interface {}", .kind = V_ANY };
const struct value_type type_reflect = { .name = "reflect.Value", .kind = V_ANY };
const struct value_type type_list = { .name = "[]interface {}", .kind = V_LIST, .elem = &type_any };
const struct value_type type_map = { .name = "map[string]interface {}", .kind = V_MAP, .elem = &type_any };
const struct value_type type_string_list = { .name = "[]string", .kind = V_LIST, .elem = &type_string };
const struct value_type type_html = { .name = "template.HTML", .kind = V_STRING, .trust = TRUST_HTML };
const struct value_type type_url = { .name = "template.URL", .kind = V_STRING, .trust = TRUST_URL };
const struct value_type type_css = { .name = "template.CSS", .kind = V_STRING, .trust = TRUST_CSS };
const struct value_type type_js = { .name = "template.JS", .kind = V_STRING, .trust = TRUST_JS };
const struct value_type type_js_str = { .name = "template.JSStr", .kind = V_STRING, .trust = TRUST_JSSTR };
const struct value_type type_html_attr = { .name = "template.HTMLAttr", .kind = V_STRING, .trust = TRUST_ATTR };
const struct value_type type_srcset = { .name = "template.Srcset", .kind = V_STRING, .trust = TRUST_SRCSET };
const struct value_type type_func = { .name = "func()", .kind = V_FUNC };

struct value
value_bool(bool b)
{
	return (struct value){ .type = &type_bool, .u.b = b };
}

struct value
value_int(int64_t i)
{
	return (struct value){ .type = &type_int, .u.i = i };
}

struct value
value_float(double f)
{
	return (struct value){ .type = &type_float64, .u.f = f };
}

struct value
value_typed_str(const struct value_type *type, struct str s)
{
	return (struct value){ .type = type, .u.s = s };
}

struct value
value_str(struct str s)
{
	return value_typed_str(&type_string, s);
}

struct value
value_cstr(const char *s)
{
	return value_str(str_from(s));
}

/* A value that is empty but not nil points here. */
static const struct value no_items;
static const struct value_entry no_entries;

struct value
value_list(const struct value_type *type, const struct value *items, size_t n)
{
	return (struct value){ .type = type, .u.list = { n == 0 ? &no_items : items, n } };
}

struct value
value_object(const struct value_type *type, const void *object)
{
	return (struct value){ .type = type, .u.object = object };
}

struct ordered {
	struct value_entry entry;
	size_t at;
};

static int
compare_ordered(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;
	int d = str_cmp(x->entry.key, y->entry.key);

	return d != 0 ? d : x->at < y->at ? -1 : x->at > y->at;
}

static bool
is_sorted(const struct value_entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (str_cmp(e[i - 1].key, e[i].key) >= 0)
			return false;
	return true;
}

/* Sorts the entries, which are the map's own, and drops all but the last of equal keys. */
static struct value
make_map(struct arena *a, const struct value_type *type, struct value_entry *e, size_t n)
{
	size_t kept = 0;

	if (n == 0)
		return (struct value){ .type = type, .u.map = { &no_entries, 0 } };
	if (is_sorted(e, n))
		return (struct value){ .type = type, .u.map = { e, n } };
	struct ordered *o = ARENA_ARRAY(a, n, struct ordered);
	for (size_t i = 0; i < n; i++)
		o[i] = (struct ordered){ e[i], i };
	qsort(o, n, sizeof o[0], compare_ordered);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && str_eq(e[kept - 1].key, o[i].entry.key))
			kept--;
		e[kept++] = o[i].entry;
	}
	return (struct value){ .type = type, .u.map = { e, kept } };
}

struct value
value_kv(struct arena *a, const struct str *names, const struct str *values, size_t n)
{
	struct value_entry *e = ARENA_ARRAY(a, n, struct value_entry);

	for (size_t i = 0; i < n; i++)
		e[i] = (struct value_entry){ names[i], value_str(values[i]) };
	return make_map(a, &type_kv, e, n);
}

struct value
value_map(struct arena *a, const struct value_entry *entries, size_t n)
{
	struct value_entry *e = ARENA_ARRAY(a, n, struct value_entry);

	if (n > 0)
		memcpy(e, entries, n * sizeof e[0]);
	return make_map(a, &type_map, e, n);
}

const struct value *
value_map_find(struct value map, struct str key)
{
	size_t low = 0, high = map.u.map.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int d = str_cmp(key, map.u.map.entries[middle].key);
		if (d == 0)
			return &map.u.map.entries[middle].value;
		if (d < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
value_field(struct value object, const char *name, struct arena *a, struct value *out)
{
	const struct value_type *t = object.type;

	if (t != NULL && t->kind == V_PTR)
		t = t->elem;
	if (t == NULL || t->kind != V_STRUCT || object.u.object == NULL)
		return false;
	for (size_t i = 0; i < t->fields_n; i++) {
		const struct value_field *f = &t->fields[i];
		if (strcmp(f->name, name) != 0)
			continue;
		if (f->get != NULL)
			*out = f->get(object.u.object, a);
		else
			*out = *(const struct value *)(const void *)((const char *)object.u.object + f->offset);
		return true;
	}
	return false;
}

bool
value_truth(struct value v)
{
	switch (value_kind(v)) {
	case V_INVALID:
	case V_ANY:
		return false;
	case V_BOOL:
		return v.u.b;
	case V_INT:
		return v.u.i != 0;
	case V_UINT:
		return v.u.u != 0;
	case V_FLOAT:
		return v.u.f != 0;
	case V_COMPLEX:
		return v.u.c[0] != 0 || v.u.c[1] != 0;
	case V_STRING:
		return v.u.s.n > 0;
	case V_LIST:
		return v.u.list.n > 0;
	case V_MAP:
		return v.u.map.n > 0;
	case V_STRUCT:
		return true;
	case V_PTR:
		return v.u.object != NULL;
	case V_FUNC:
		return v.u.func != NULL;
	}
	return false;
}

struct value
value_zero(const struct value_type *t)
{
	static const struct zoned_time no_time = { WALL_ZERO, NULL, { NULL, 0 } };

	if (t == &type_time)
		return (struct value){ .type = t, .u.time = &no_time };
	if (t == &type_reflect)
		return VALUE_NIL;
	return (struct value){ .type = t };
}

const char *
value_type_name(struct value v)
{
	return v.type != NULL ? v.type->name : "<nil>";
}

/* A type that was declared under a name of its own, as opposed to []T and map[K]V. */
static bool
is_named(const struct value_type *t)
{
	return t->name[0] != '[' && t->name[0] != '*' && strncmp(t->name, "map[", 4) != 0;
}

bool
value_assignable(const struct value_type *from, const struct value_type *to)
{
	if (from == to || to->kind == V_ANY)
		return true;
	if (from->kind != to->kind || (from->kind != V_LIST && from->kind != V_MAP))
		return false;
	return from->elem == to->elem && (!is_named(from) || !is_named(to));
}

void
value_print(struct sbuf *b, struct value v)
{
	print_sprint(b, &v, 1);
}

struct str
value_text(struct arena *a, struct value v)
{
	struct sbuf b = SBUF_INIT(1 << 16);

	value_print(&b, v);
	struct str s = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

struct sbuf
func_buffer(struct value_call *c)
{
	return (struct sbuf)SBUF_INIT(c->max_output);
}

bool
func_take(struct value_call *c, struct sbuf *b, struct value *out)
{
	bool ok = value_charge(c, b->n / 8);

	if (ok && b->overflow)
		ok = value_fail(c, "result is too large or nested too deeply");
	if (ok)
		*out = value_str(arena_str(c->arena, sbuf_get(b)));
	sbuf_fini(b);
	return ok;
}
