/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV, Pairs and Strings: the label sets of Alertmanager's templates.
 * Source: Alertmanager template.go.
 */
#include "funcs.h"
#include "value_private.h"

/* The payload of a template.Pair. */
struct pair {
	struct value name, value;
};

static const struct value_field pair_fields[] = {
	{ .name = "Name", .offset = offsetof(struct pair, name) },
	{ .name = "Value", .offset = offsetof(struct pair, value) },
};

const struct value_type type_pair = {
	.name = "template.Pair", .kind = V_STRUCT, .fields = pair_fields, .fields_n = ARRAY_LEN(pair_fields),
};

/* Visits the entries of a KV in the order of SortedPairs. */
static const struct value_entry *
sorted_entry(struct value kv, size_t i)
{
	const struct value *alertname = value_map_find(kv, STR("alertname"));
	const struct value_entry *e = kv.u.map.entries;

	if (alertname == NULL)
		return &e[i];
	size_t at = (size_t)((const char *)alertname - (const char *)&e[0].value) / sizeof e[0];
	return &e[i == 0 ? at : i <= at ? i - 1 : i];
}

struct value
value_sorted_pairs(struct arena *a, struct value kv)
{
	size_t n = kv.u.map.n;
	struct pair *pairs = ARENA_ARRAY(a, n, struct pair);
	struct value *items = ARENA_ARRAY(a, n, struct value);

	for (size_t i = 0; i < n; i++) {
		const struct value_entry *e = sorted_entry(kv, i);
		pairs[i] = (struct pair){ value_str(e->key), e->value };
		items[i] = value_object(&type_pair, &pairs[i]);
	}
	return value_list(&type_pairs, items, n);
}

static bool
call_sorted_pairs(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	*out = value_sorted_pairs(c->arena, args[0]);
	return value_charge(c, args[0].u.map.n);
}

static bool
kv_strings(struct value_call *c, struct value kv, bool names, struct value *out)
{
	size_t n = kv.u.map.n;
	struct value *items = ARENA_ARRAY(c->arena, n, struct value);

	for (size_t i = 0; i < n; i++) {
		const struct value_entry *e = sorted_entry(kv, i);
		items[i] = names ? value_str(e->key) : e->value;
	}
	*out = value_list(&type_strings, items, n);
	return value_charge(c, n);
}

static bool
call_kv_names(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	return kv_strings(c, args[0], true, out);
}

static bool
call_kv_values(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	return kv_strings(c, args[0], false, out);
}

static bool
list_has(struct value list, struct str s)
{
	for (size_t i = 0; i < list.u.list.n; i++)
		if (str_eq(list.u.list.items[i].u.s, s))
			return true;
	return false;
}

static bool
call_kv_remove(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	struct value kv = args[0], keys = args[1];
	struct value_entry *kept = ARENA_ARRAY(c->arena, kv.u.map.n + 1, struct value_entry);
	size_t kept_n = 0;

	if (!value_charge(c, (kv.u.map.n + 1) * (keys.u.list.n + 1) / 4))
		return false;
	for (size_t i = 0; i < kv.u.map.n; i++)
		if (!list_has(keys, kv.u.map.entries[i].key))
			kept[kept_n++] = kv.u.map.entries[i];
	*out = (struct value){ .type = &type_kv, .u.map = { kept, kept_n } };
	return true;
}

static bool
call_pairs_names(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	size_t count = args[0].u.list.n;
	struct value *items = ARENA_ARRAY(c->arena, count, struct value);

	for (size_t i = 0; i < count; i++)
		items[i] = ((const struct pair *)args[0].u.list.items[i].u.object)->name;
	*out = value_list(&type_strings, items, count);
	return value_charge(c, count);
}

static bool
call_pairs_values(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	size_t count = args[0].u.list.n;
	struct value *items = ARENA_ARRAY(c->arena, count, struct value);

	for (size_t i = 0; i < count; i++)
		items[i] = ((const struct pair *)args[0].u.list.items[i].u.object)->value;
	*out = value_list(&type_strings, items, count);
	return value_charge(c, count);
}

static bool
call_join(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	struct sbuf b = func_buffer(c);

	for (size_t i = 0; i < args[0].u.list.n; i++) {
		if (i > 0)
			sbuf_str(&b, args[1].u.s);
		sbuf_str(&b, args[0].u.list.items[i].u.s);
	}
	(void)!value_charge(c, args[0].u.list.n / 4);
	return func_take(c, &b, out);
}

static void
put_pair(struct sbuf *b, size_t i, struct str name, struct str value)
{
	if (i > 0)
		sbuf_puts(b, ", ");
	sbuf_str(b, name);
	sbuf_putc(b, '=');
	sbuf_str(b, value);
}

static void
kv_string(struct sbuf *b, struct value kv)
{
	for (size_t i = 0; i < kv.u.map.n; i++) {
		const struct value_entry *e = sorted_entry(kv, i);
		put_pair(b, i, e->key, e->value.u.s);
	}
}

static void
pairs_string(struct sbuf *b, struct value pairs)
{
	for (size_t i = 0; i < pairs.u.list.n; i++) {
		const struct pair *p = pairs.u.list.items[i].u.object;
		put_pair(b, i, p->name.u.s, p->value.u.s);
	}
}

static const struct value_func strings_methods[] = {
	{ .name = "Join", .params = { &type_string }, .result = &type_string, .call = call_join },
};

const struct value_type type_strings = {
	.name = "template.Strings", .kind = V_LIST, .elem = &type_string,
	.methods = strings_methods, .methods_n = ARRAY_LEN(strings_methods),
};

static bool
call_string(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	struct sbuf b = func_buffer(c);

	args[0].type->string(&b, args[0]);
	return func_take(c, &b, out);
}

static const struct value_func pairs_methods[] = {
	{ .name = "String", .result = &type_string, .call = call_string },
	{ .name = "Names", .result = &type_strings, .call = call_pairs_names },
	{ .name = "Values", .result = &type_strings, .call = call_pairs_values },
};

const struct value_type type_pairs = {
	.name = "template.Pairs", .kind = V_LIST, .elem = &type_pair, .string = pairs_string,
	.methods = pairs_methods, .methods_n = ARRAY_LEN(pairs_methods),
};

static const struct value_func kv_methods[] = {
	{ .name = "String", .result = &type_string, .call = call_string },
	{ .name = "SortedPairs", .result = &type_pairs, .call = call_sorted_pairs },
	{ .name = "Remove", .params = { &type_string_list }, .result = &type_kv, .call = call_kv_remove },
	{ .name = "Names", .result = &type_strings, .call = call_kv_names },
	{ .name = "Values", .result = &type_strings, .call = call_kv_values },
};

const struct value_type type_kv = {
	.name = "template.KV", .kind = V_MAP, .elem = &type_string, .string = kv_string,
	.methods = kv_methods, .methods_n = ARRAY_LEN(kv_methods),
};
