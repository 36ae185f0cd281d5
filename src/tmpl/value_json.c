/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values as JSON. Source: Go encoding/json.
 */
#include <math.h>

#include "text/float.h"
#include "text/json_write.h"
#include "tmpl/value.h"

#define MAX_DEPTH 200

static bool put(struct sbuf *b, struct value v, int depth, struct arena *a, struct err *e);

static bool
unsupported_float(struct err *e, double f)
{
	return err_set(e, ERR_INVALID, "json: unsupported value: %s", isnan(f) ? "NaN" : f > 0 ? "+Inf" : "-Inf");
}

static bool
put_list(struct sbuf *b, struct value v, int depth, struct arena *a, struct err *e)
{
	if (v.u.list.items == NULL) {
		sbuf_puts(b, "null");
		return true;
	}
	sbuf_putc(b, '[');
	for (size_t i = 0; i < v.u.list.n && !b->overflow; i++) {
		if (i > 0)
			sbuf_putc(b, ',');
		if (!put(b, v.u.list.items[i], depth + 1, a, e))
			return false;
	}
	sbuf_putc(b, ']');
	return true;
}

static bool
put_map(struct sbuf *b, struct value v, int depth, struct arena *a, struct err *e)
{
	if (v.u.map.entries == NULL) {
		sbuf_puts(b, "null");
		return true;
	}
	sbuf_putc(b, '{');
	for (size_t i = 0; i < v.u.map.n && !b->overflow; i++) {
		if (i > 0)
			sbuf_putc(b, ',');
		json_quote_repaired(b, v.u.map.entries[i].key);
		sbuf_putc(b, ':');
		if (!put(b, v.u.map.entries[i].value, depth + 1, a, e))
			return false;
	}
	sbuf_putc(b, '}');
	return true;
}

static bool
put_struct(struct sbuf *b, struct value v, int depth, struct arena *a, struct err *e)
{
	sbuf_putc(b, '{');
	for (size_t i = 0; i < v.type->fields_n && !b->overflow; i++) {
		const struct value_field *f = &v.type->fields[i];
		struct value field = VALUE_NIL;
		if (i > 0)
			sbuf_putc(b, ',');
		json_quote(b, str_from(f->json != NULL ? f->json : f->name), JSON_HTML_ESCAPED);
		sbuf_putc(b, ':');
		(void)value_field(v, f->name, a, &field);
		if (!put(b, field, depth + 1, a, e))
			return false;
	}
	sbuf_putc(b, '}');
	return true;
}

static bool
put(struct sbuf *b, struct value v, int depth, struct arena *a, struct err *e)
{
	if (depth > MAX_DEPTH)
		return err_set(e, ERR_LIMIT, "json: value nested too deeply");
	if (v.type != NULL && v.type->json != NULL) {
		v.type->json(b, v);
		return true;
	}
	switch (value_kind(v)) {
	case V_INVALID:
	case V_ANY:
		sbuf_puts(b, "null");
		return true;
	case V_BOOL:
		sbuf_puts(b, v.u.b ? "true" : "false");
		return true;
	case V_INT:
		sbuf_printf(b, "%lld", (long long)v.u.i);
		return true;
	case V_UINT:
		sbuf_printf(b, "%llu", (unsigned long long)v.u.u);
		return true;
	case V_FLOAT:
		if (!isfinite(v.u.f))
			return unsupported_float(e, v.u.f);
		float_format_json(b, v.u.f);
		return true;
	case V_STRING:
		json_quote_repaired(b, v.u.s);
		return true;
	case V_LIST:
		return put_list(b, v, depth, a, e);
	case V_MAP:
		return put_map(b, v, depth, a, e);
	case V_STRUCT:
		return put_struct(b, v, depth, a, e);
	case V_PTR:
		if (v.u.object == NULL) {
			sbuf_puts(b, "null");
			return true;
		}
		return put(b, value_object(v.type->elem, v.u.object), depth + 1, a, e);
	case V_COMPLEX:
	case V_FUNC:
	default:
		return err_set(e, ERR_INVALID, "json: unsupported type: %s", v.type->name);
	}
}

bool
value_json(struct sbuf *b, struct value v, struct err *e)
{
	struct arena *a = arena_new();
	bool ok = put(b, v, 0, a, e);

	arena_free(&a);
	return ok;
}
