/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/value.h - the values that templates compute with.
 *
 * A template sees Go's types: what an operation does, what an error says and
 * how a value prints depend on the Go type. So a value is a pointer to its
 * type and a payload; it is small and passed by value. Payloads live in the
 * arena of the execution, or wherever the caller keeps them for at least as
 * long; nothing is freed singly, and nothing is changed once it is a value.
 *
 * Callers add types of their own (struct value_type) for what they want to
 * show to templates: a struct is a table of fields, each a struct value inside
 * a C struct (by offset) or computed by a function, and a table of methods.
 *
 *	struct alert_view { struct value status, labels; };
 *	static const struct value_field fields[] = {
 *		{ .name = "Status", .json = "status", .offset = offsetof(struct alert_view, status) },
 *		{ .name = "Labels", .json = "labels", .offset = offsetof(struct alert_view, labels) },
 *	};
 *	const struct value_type alert_type = {
 *		.name = "template.Alert", .kind = V_STRUCT, .fields = fields, .fields_n = 2,
 *	};
 *	… value_object(&alert_type, view) …
 *
 * Source: Go's reflect, fmt and encoding/json as text/template uses them;
 * Alertmanager template.go for KV, Pairs and Strings.
 */
#ifndef TMPL_VALUE_H
#define TMPL_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "base/tz.h"

enum value_kind {
	V_INVALID,	/* no value at all: untyped nil */
	V_BOOL,
	V_INT,
	V_UINT,
	V_FLOAT,
	V_COMPLEX,
	V_STRING,
	V_LIST,
	V_MAP,		/* keys are strings */
	V_STRUCT,
	V_PTR,		/* to a struct */
	V_FUNC,
	V_ANY,		/* as a value: a nil interface; as a parameter: anything */
};

/* The kinds of text that the html engine may trust a typed string to be (html/template's typed strings). */
enum value_trust { TRUST_NONE, TRUST_HTML, TRUST_URL, TRUST_CSS, TRUST_JS, TRUST_JSSTR, TRUST_ATTR, TRUST_SRCSET };

struct value_call;
struct value;
struct value_entry;
struct zoned_time;

/* A function or method as templates call it. */
struct value_func {
	const char *name;
	/* Declared parameters, without the receiver of a method; NULL ends the list. */
	const struct value_type *params[6];
	/* The last of params takes any number of arguments, none too. */
	bool variadic;
	/* Declared result; &type_any when it depends on the arguments. */
	const struct value_type *result;
	/*
	 * args are as many and of the types declared (for a method args[0] is the
	 * receiver). Returns false after value_fail() or a refused value_charge().
	 */
	bool (*call)(struct value_call *c, const struct value *args, size_t n, struct value *out);
	/* With call == NULL: why Go refuses to call it (a method with several results). */
	const char *refusal;
};

struct value_field {
	const char *name;
	const char *json;	/* key in JSON; NULL: the name */
	/* Computes the field; NULL: it is the struct value at `offset` in the object. */
	struct value (*get)(const void *object, struct arena *a);
	size_t offset;
};

struct value_type {
	const char *name;	/* as Go prints %T */
	enum value_kind kind;
	uint8_t bits;		/* of V_INT, V_UINT, V_FLOAT; 0 is 64 */
	enum value_trust trust;	/* of V_STRING */
	const struct value_type *elem;	/* of V_LIST, V_MAP, V_PTR */
	const struct value_field *fields;	/* of V_STRUCT */
	size_t fields_n;
	const struct value_func *methods;
	size_t methods_n;
	/* The String method of the type, if it has one: how %v and %s print it. */
	void (*string)(struct sbuf *b, struct value v);
	/* Its MarshalJSON, if it has one. */
	void (*json)(struct sbuf *b, struct value v);
	/* How %#v prints it, if not by kind (GoString). */
	void (*gostring)(struct sbuf *b, struct value v);
};

struct value {
	const struct value_type *type;	/* NULL: V_INVALID */
	union {
		bool b;
		int64_t i;
		uint64_t u;
		double f;
		double c[2];
		struct str s;
		struct {
			const struct value *items;	/* NULL: a nil slice */
			size_t n;
		} list;
		struct {
			const struct value_entry *entries;	/* by key, ascending; NULL: a nil map */
			size_t n;
		} map;
		const void *object;	/* V_STRUCT, V_PTR; NULL in a V_PTR: nil */
		const struct zoned_time *time;	/* type_time; shown in its zone */
		const struct value_func *func;
	} u;
};

struct value_entry {
	struct str key;
	struct value value;
};

extern const struct value_type type_bool, type_int, type_int64, type_int32, type_uint8, type_uint, type_float64,
    type_complex128, type_string;
extern const struct value_type type_any;	/* interface {} */
extern const struct value_type type_list;	/* []interface {} */
extern const struct value_type type_map;	/* map[string]interface {} */
extern const struct value_type type_string_list;	/* []string */
extern const struct value_type type_strings;	/* template.Strings, with Join */
extern const struct value_type type_kv;		/* template.KV: SortedPairs Names Values Remove String */
extern const struct value_type type_pair, type_pairs;	/* template.Pair, template.Pairs: Names Values String */
extern const struct value_type type_time, type_duration, type_month, type_weekday, type_location;
extern const struct value_type type_html, type_url;	/* html/template's HTML and URL */
extern const struct value_type type_css, type_js, type_js_str, type_html_attr, type_srcset;
extern const struct value_type type_func;

static inline enum value_kind
value_kind(struct value v)
{
	return v.type != NULL ? v.type->kind : V_INVALID;
}

/* nil, as in {{ template "x" nil }} */
#define VALUE_NIL ((struct value){ 0 })

struct value value_bool(bool b);
struct value value_int(int64_t i);	/* Go int */
struct value value_float(double f);
struct value value_str(struct str s);	/* borrows */
struct value value_cstr(const char *s);	/* borrows */
/* A string of another string type (type_html …); borrows. */
struct value value_typed_str(const struct value_type *type, struct str s);
struct value value_duration(span d);
/* w shown in z; z == NULL: in its own fixed offset (0 is UTC). */
struct value value_time_in(struct arena *a, struct wall w, const struct zone *z);
/* Borrows items; `type` says which list: type_list, type_strings, a caller's list of objects … */
struct value value_list(const struct value_type *type, const struct value *items, size_t n);
/* A KV of n names and values in any order (a later duplicate wins); copies the table, borrows the bytes. */
struct value value_kv(struct arena *a, const struct str *names, const struct str *values, size_t n);
/* A map[string]interface {} of n entries in any order (a later duplicate wins); copies the table. */
struct value value_map(struct arena *a, const struct value_entry *entries, size_t n);
/* A struct (V_STRUCT) or a pointer to one (V_PTR); borrows the object. */
struct value value_object(const struct value_type *type, const void *object);

/* The entry of a map, NULL when it has none. */
const struct value *value_map_find(struct value map, struct str key);
/* The field of a struct, or of what a pointer points to; false when it has no such field. */
bool value_field(struct value object, const char *name, struct arena *a, struct value *out);
/* Go's truth (text/template IsTrue): false, 0, "", nil and what is empty are false. */
bool value_truth(struct value v);
/* The pairs of a KV, alertname first, then by name, as a type_pairs value. */
struct value value_sorted_pairs(struct arena *a, struct value kv);

/* As Go's %v. Scratch memory is taken from the heap and freed. */
void value_print(struct sbuf *b, struct value v);
/* As encoding/json Marshal. False when Go would fail (NaN, infinity, a function). */
bool value_json(struct sbuf *b, struct value v, struct err *e) MUST_CHECK;

/* --- for value_func.call --- */

/* Where to allocate results: the arena of the execution. */
struct arena *value_call_arena(struct value_call *c);
/* Says why the call failed ("error calling NAME: TEXT"). Returns false. */
bool value_fail(struct value_call *c, const char *fmt, ...) PRINTF(2, 3);
/*
 * Counts work that depends on the input: about one unit for 16 bytes touched or
 * made. False when the budget of the execution is used up: return false then.
 */
bool value_charge(struct value_call *c, size_t units) MUST_CHECK;

#endif
