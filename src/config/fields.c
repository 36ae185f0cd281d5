/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mappings into structs by way of their tables.
 */
#include "fields.h"

#include <assert.h>

#include "base/sbuf.h"
#include "config/names.h"

static void *
member(void *s, size_t offset)
{
	return (char *)s + offset;
}

static const size_t sizes[] = {
	[FIELD_STRING] = sizeof(struct str),
	[FIELD_BOOL] = sizeof(bool),
	[FIELD_TRISTATE] = sizeof(enum tristate),
	[FIELD_INT] = sizeof(int64_t),
	[FIELD_UINT] = sizeof(uint64_t),
	[FIELD_DOUBLE] = sizeof(double),
	[FIELD_DURATION] = sizeof(span),
	[FIELD_GO_DURATION] = sizeof(span),
	[FIELD_URL] = sizeof(struct str),
	[FIELD_HOST_PORT] = sizeof(struct host_port),
	[FIELD_STRINGS] = sizeof(struct str_list),
	[FIELD_PAIRS] = sizeof(struct str_pairs),
	[FIELD_STRUCTS] = sizeof(struct struct_list),
	[FIELD_ANY] = sizeof(const struct yaml_node *),
	[FIELD_HTTP] = sizeof(struct http_config *),
	[FIELD_TLS] = sizeof(struct tls_config *),
	[FIELD_HEADERS] = sizeof(struct struct_list),
};

static size_t
field_size(const struct field *f)
{
	return f->type == FIELD_STRUCT ? f->size : sizes[f->type];
}

static bool
scalar_type(enum field_type type)
{
	return type <= FIELD_HOST_PORT;
}

/* `out` is the struct that holds the field. */
static bool field_read(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at,
    void *out);

void
fields_defaults(struct reading *r, const struct field *table, void *out)
{
	for (const struct field *f = table; f->key != NULL; f++) {
		const struct yaml_node *node;
		size_t before = r->problems_n;
		struct err e;

		if (f->type == FIELD_STRUCT)
			fields_defaults(r, f->fields, member(out, f->offset));
		if (f->fallback == NULL)
			continue;
		if (f->type == FIELD_STRING) {
			*(struct str *)member(out, f->offset) = str_from(f->fallback);
			continue;
		}
		if (f->type == FIELD_STRINGS || f->type == FIELD_PAIRS || f->type == FIELD_STRUCTS ||
		    f->type == FIELD_ANY || f->type == FIELD_HTTP || f->type == FIELD_TLS ||
		    f->type == FIELD_HEADERS) {
			bool parsed = yaml_parse(r->arena, str_from(f->fallback), &node, &e);

			assert(parsed && node != NULL);
		} else {
			struct yaml_node *scalar = ARENA_NEW(r->arena, struct yaml_node);

			*scalar = (struct yaml_node){ .kind = YAML_SCALAR, .text = str_from(f->fallback),
				.style = YAML_PLAIN };
			node = scalar;
		}
		field_read(r, f, node, AT_KEY(NULL, str_from(f->key)), out);
		assert(r->problems_n == before);
	}
}

/* How many edits make a of b, roughly; more than 2 is as good as any. */
static unsigned
distance(struct str a, struct str b)
{
	unsigned row[65];

	if (a.n > 64 || b.n > 64)
		return 99;
	for (size_t j = 0; j <= b.n; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a.n; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b.n; j++) {
			unsigned best = diagonal + (a.p[i - 1] != b.p[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

static bool
unknown_key(struct reading *r, const struct yaml_node *key, struct str name, const struct at *at,
    const struct field *table, const char *type)
{
	const char *nearest = NULL;
	unsigned least = name.n > 4 ? 3 : 2;

	for (const struct field *f = table; f->key != NULL && !r->go_words; f++) {
		unsigned d = distance(name, str_from(f->key));

		if (d < least) {
			least = d;
			nearest = f->key;
		}
	}
	return reading_problem(r, key, AT_KEY(at, name), "field %.*s not found in type %s%s%s%s",
	    STR_ARG(name), type, nearest != NULL ? ": did you mean " : "", nearest != NULL ? nearest : "",
	    nearest != NULL ? "?" : "");
}

bool
key_text(struct reading *r, const struct yaml_node *key, const struct at *at, struct str *out)
{
	if (node_is_null(key)) {
		*out = STR("");
		return true;
	}
	return node_string(r, key, at, false, out);
}

bool
fields_read(struct reading *r, const struct yaml_node *map, const struct at *at, const struct field *table, void *out,
    struct field_presence *written)
{
	return fields_read_as(r, map, at, table, "config.plain", out, written);
}

bool
fields_read_as(struct reading *r, const struct yaml_node *map, const struct at *at, const struct field *table,
    const char *type, void *out, struct field_presence *written)
{
	struct field_presence seen = { 0 }, not_null = { 0 };
	size_t before = r->problems_n;

	if (map->kind != YAML_MAP)
		return reading_type_problem(r, map, at, false, type, "a mapping is wanted here");
	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		struct str name;
		size_t row = 0;

		if (!key_text(r, pair->key, at, &name))
			continue;
		while (table[row].key != NULL && !str_is(name, table[row].key))
			row++;
		if (table[row].key == NULL) {
			unknown_key(r, pair->key, name, at, table, type);
			continue;
		}
		assert(row < 64);
		if (!pair->merged) {
			if (field_written(seen, row)) {
				reading_problem(r, pair->key, AT_KEY(at, name),
				    "field %.*s already set in type %s", STR_ARG(name), type);
				continue;
			}
			seen.bits |= UINT64_C(1) << row;
		}
		field_read(r, &table[row], pair->value, AT_KEY(at, name), out);
		if (node_is_null(pair->value))
			not_null.bits &= ~(UINT64_C(1) << row);
		else
			not_null.bits |= UINT64_C(1) << row;
	}
	if (written != NULL)
		*written = not_null;
	return r->problems_n == before;
}

/* A struct in place, from a mapping or, where the table allows it, from a scalar. */
static bool
struct_read(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at, void *to)
{
	struct err e = { 0 };

	if (f->scalar != NULL && n->kind == YAML_SCALAR) {
		for (const struct field *inner = f->fields; inner->key != NULL; inner++) {
			if (strcmp(inner->key, f->scalar) == 0)
				return field_read(r, inner, n, at, to);
		}
		assert(false);
	}
	if (!fields_read_as(r, n, at, f->fields, f->go_type != NULL ? f->go_type : "config.plain", to, NULL))
		return false;
	if (f->check != NULL && !f->check(to, r->arena, &e))
		return reading_problem(r, n, at, "%s", e.text);
	return true;
}

static bool
structs_read(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at,
    struct struct_list *out)
{
	size_t before = r->problems_n;
	char *v;

	if (n->kind != YAML_SEQ)
		return reading_type_problem(r, n, at, false, "[]config.plain", "a list is wanted here");
	v = arena_array(r->arena, n->n, f->size);
	for (size_t i = 0; i < n->n; i++) {
		void *element = v + i * f->size;
		const struct at *here = AT_INDEX(at, i);

		if (node_is_null(n->items[i])) {
			if ((f->flags & F_PRESENCE) != 0)
				reading_problem(r, n->items[i], here, "the element is null: a mapping is wanted here");
			continue;
		}
		fields_defaults(r, f->fields, element);
		struct_read(r, f, n->items[i], here, element);
	}
	*out = (struct struct_list){ v, n->n };
	return r->problems_n == before;
}

static bool
field_read(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at, void *out)
{
	void *to = member(out, f->offset);
	bool secret = (f->flags & F_SECRET) != 0;
	bool null = node_is_null(n) || (!scalar_type(f->type) && node_is_null_word(n));

	if (f->type == FIELD_STRUCT && f->present > 0)
		*(bool *)member(out, f->present - 1) = !null;
	if (null) {
		memset(to, 0, field_size(f));
		return true;
	}
	switch (f->type) {
	case FIELD_STRINGS:
		return strings_read(r, n, at, secret, "[]string", to);
	case FIELD_PAIRS:
		return pairs_read(r, n, at, secret, f->go_type != NULL ? f->go_type : "map[string]string", to);
	case FIELD_STRUCT:
		return struct_read(r, f, n, at, to);
	case FIELD_STRUCTS:
		return structs_read(r, f, n, at, to);
	case FIELD_ANY:
		if ((f->flags & F_MAP) != 0 && n->kind != YAML_MAP)
			return reading_type_problem(r, n, at, secret, "map[string]interface {}",
			    "a mapping is wanted here");
		*(const struct yaml_node **)to = n;
		return (f->flags & F_RAW) != 0 || any_check(r, n, at);
	case FIELD_HTTP:
		return http_config_read(r, n, at, (f->flags & F_PATH_CWD) == 0, to);
	case FIELD_TLS:
		return tls_config_read(r, n, at, (f->flags & F_PATH_CONFIG) != 0, to);
	case FIELD_HEADERS:
		return headers_read(r, n, at, secret, to);
	case FIELD_STRING:
	case FIELD_BOOL:
	case FIELD_TRISTATE:
	case FIELD_INT:
	case FIELD_UINT:
	case FIELD_DOUBLE:
	case FIELD_DURATION:
	case FIELD_GO_DURATION:
	case FIELD_URL:
	case FIELD_HOST_PORT:
	default:
		return field_read_scalar(r, f, n, at, to);
	}
}

/* 1 and "1" are two keys. */
static struct str
typed_key(struct arena *a, const struct yaml_node *key)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	sbuf_puts(&b, yaml_short_tag(key));
	sbuf_putc(&b, ' ');
	sbuf_str(&b, key->text);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

bool
map_keys_check(struct reading *r, const struct yaml_node *map, const struct at *at)
{
	size_t before = r->problems_n;
	struct arena *scratch = arena_new();
	struct names seen = { 0 };

	for (size_t i = 0; i < map->n; i++) {
		const struct yaml_node *key = map->pairs[i].key;

		if (key->kind != YAML_SCALAR) {
			reading_problem(r, key, at, "invalid map key: a scalar is wanted here");
			continue;
		}
		if (!map->pairs[i].merged && !names_add(&seen, scratch, typed_key(scratch, key), i))
			reading_problem(r, key, AT_KEY(at, key->text), "key \"%.*s\" already set in map",
			    STR_ARG(key->text));
	}
	names_fini(&seen);
	arena_free(&scratch);
	return r->problems_n == before;
}

bool
any_check(struct reading *r, const struct yaml_node *n, const struct at *at)
{
	size_t before = r->problems_n;
	struct yaml_value v;
	struct err e = { 0 };

	switch (n->kind) {
	case YAML_SEQ:
		for (size_t i = 0; i < n->n; i++)
			any_check(r, n->items[i], AT_INDEX(at, i));
		break;
	case YAML_MAP:
		map_keys_check(r, n, at);
		for (size_t i = 0; i < n->n; i++) {
			const struct yaml_node *key = n->pairs[i].key;

			any_check(r, n->pairs[i].value, AT_KEY(at, key->kind == YAML_SCALAR ? key->text : STR("?")));
		}
		break;
	case YAML_SCALAR:
	default:
		if (!yaml_resolve(n, &v, &e))
			reading_problem(r, n, at, "%s", e.text);
		break;
	}
	return r->problems_n == before;
}

static const void *
global_value(const struct global *g, const char *key, enum field_type *type)
{
	for (const struct field *f = global_fields; f->key != NULL; f++) {
		if (strcmp(f->key, key) == 0) {
			*type = f->type;
			return (const char *)g + f->offset;
		}
	}
	assert(false);
	return NULL;
}

void
fields_inherit(const struct field *table, void *out, const struct global *global)
{
	for (const struct field *f = table; f->key != NULL; f++) {
		enum field_type type;
		const void *from;
		void *to = member(out, f->offset);

		if (f->inherit == NULL)
			continue;
		from = global_value(global, f->inherit, &type);
		if (f->type == FIELD_TRISTATE) {
			enum tristate *t = to;

			if (*t == TRI_UNSET && type == FIELD_BOOL)
				*t = *(const bool *)from ? TRI_TRUE : TRI_FALSE;
			else if (*t == TRI_UNSET)
				*t = *(const enum tristate *)from;
			continue;
		}
		assert(type == f->type || (type == FIELD_STRING && f->type == FIELD_URL) ||
		    (type == FIELD_URL && f->type == FIELD_STRING));
		if (f->type == FIELD_STRING || f->type == FIELD_URL) {
			const struct str *own = to;

			/* "" counts as unset, but for what is a pointer in Alertmanager. */
			if ((f->flags & F_WRITTEN) != 0 ? own->p == NULL : own->n == 0)
				*(struct str *)to = *(const struct str *)from;
		} else if (f->type == FIELD_HOST_PORT) {
			if (((struct host_port *)to)->host.n == 0 && ((struct host_port *)to)->port.n == 0)
				memcpy(to, from, sizeof(struct host_port));
		} else {
			static const char zeros[sizeof(struct str_list)];

			assert(field_size(f) <= sizeof(zeros));
			if (memcmp(to, zeros, field_size(f)) == 0)
				memcpy(to, from, field_size(f));
		}
	}
}
