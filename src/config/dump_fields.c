/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structs back to YAML by way of their tables, secrets hidden.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "fields.h"

static const void *
member(const void *s, const struct field *f)
{
	return (const char *)s + f->offset;
}

/* Values that yaml.v2 leaves out under omitempty. */
static bool
field_empty(const struct field *f, const void *s)
{
	const void *p = member(s, f);
	const struct yaml_node *node;

	if ((f->flags & F_WRITTEN) != 0)
		return f->type == FIELD_HEADERS ? ((const struct struct_list *)p)->v == NULL :
		    ((const struct str *)p)->p == NULL;
	switch (f->type) {
	case FIELD_STRING:
	case FIELD_URL:
		return ((const struct str *)p)->n == 0;
	case FIELD_BOOL:
		return !*(const bool *)p;
	case FIELD_TRISTATE:
		return *(const enum tristate *)p == TRI_UNSET;
	case FIELD_INT:
	case FIELD_DURATION:
	case FIELD_GO_DURATION:
		return *(const int64_t *)p == 0;
	case FIELD_UINT:
		return *(const uint64_t *)p == 0;
	case FIELD_DOUBLE:
		return !(*(const double *)p < 0) && !(*(const double *)p > 0);
	case FIELD_HOST_PORT:
		return ((const struct host_port *)p)->host.n == 0 && ((const struct host_port *)p)->port.n == 0;
	case FIELD_STRINGS:
		return ((const struct str_list *)p)->n == 0;
	case FIELD_PAIRS:
		return ((const struct str_pairs *)p)->n == 0;
	case FIELD_STRUCT:
		if (f->present > 0)
			return !*(const bool *)((const char *)s + f->present - 1);
		return fields_empty(f->fields, p);
	case FIELD_STRUCTS:
	case FIELD_HEADERS:
		return ((const struct struct_list *)p)->n == 0;
	case FIELD_ANY:
		node = *(const struct yaml_node *const *)p;
		return node == NULL || ((f->flags & F_MAP) != 0 && node->n == 0);
	case FIELD_HTTP:
	case FIELD_TLS:
	default:
		return *(const void *const *)p == NULL;
	}
}

bool
fields_empty(const struct field *table, const void *s)
{
	for (const struct field *f = table; f->key != NULL; f++) {
		if (!field_empty(f, s))
			return false;
	}
	return true;
}

static void
dump_text(struct yaml_writer *w, struct str s, bool secret, bool pointer)
{
	if (s.n == 0 && (secret || pointer))
		yaml_null(w);
	else
		yaml_str(w, secret ? STR("<secret>") : s);
}

static void
dump_duration(struct yaml_writer *w, span d, bool go)
{
	char text[DURATION_MAX];
	size_t n = go ? duration_format_go(d, text) : duration_format(d, text);

	yaml_str(w, (struct str){ text, n });
}

static void
dump_host_port(struct yaml_writer *w, struct host_port hp)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	/* Go net.JoinHostPort */
	if (str_chr(hp.host, ':') < hp.host.n)
		sbuf_printf(&b, "[%.*s]:%.*s", STR_ARG(hp.host), STR_ARG(hp.port));
	else if (hp.host.n > 0 || hp.port.n > 0)
		sbuf_printf(&b, "%.*s:%.*s", STR_ARG(hp.host), STR_ARG(hp.port));
	yaml_str(w, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
dump_pairs(struct yaml_writer *w, const struct str_pairs *pairs, bool secret)
{
	yaml_map_begin(w);
	for (size_t i = 0; i < pairs->n; i++) {
		yaml_key(w, pairs->v[i].key);
		dump_text(w, pairs->v[i].value, secret, false);
	}
	yaml_map_end(w);
}

static void
dump_list(struct yaml_writer *w, const struct field *f, const void *p)
{
	const struct str_list *strings = p;
	const struct struct_list *structs = p;

	yaml_seq_begin(w);
	if (f->type == FIELD_STRINGS) {
		for (size_t i = 0; i < strings->n; i++)
			dump_text(w, strings->v[i], (f->flags & F_SECRET) != 0, false);
	} else {
		for (size_t i = 0; i < structs->n; i++)
			fields_dump(w, f->fields, (const char *)structs->v + i * f->size);
	}
	yaml_seq_end(w);
}

static void
dump_value(struct yaml_writer *w, const struct field *f, const void *p)
{
	bool secret = (f->flags & F_SECRET) != 0;

	switch (f->type) {
	case FIELD_STRING:
	case FIELD_URL:
		dump_text(w, *(const struct str *)p, secret, f->type == FIELD_URL);
		break;
	case FIELD_BOOL:
		yaml_bool(w, *(const bool *)p);
		break;
	case FIELD_TRISTATE:
		if (*(const enum tristate *)p == TRI_UNSET)
			yaml_null(w);
		else
			yaml_bool(w, *(const enum tristate *)p == TRI_TRUE);
		break;
	case FIELD_INT:
		yaml_int(w, *(const int64_t *)p);
		break;
	case FIELD_UINT: {
		char text[24];

		snprintf(text, sizeof(text), "%llu", (unsigned long long)*(const uint64_t *)p);
		yaml_raw(w, str_from(text));
		break;
	}
	case FIELD_DOUBLE:
		yaml_double(w, *(const double *)p);
		break;
	case FIELD_DURATION:
	case FIELD_GO_DURATION:
		dump_duration(w, *(const span *)p, f->type == FIELD_GO_DURATION);
		break;
	case FIELD_HOST_PORT:
		dump_host_port(w, *(const struct host_port *)p);
		break;
	case FIELD_STRINGS:
	case FIELD_STRUCTS:
		dump_list(w, f, p);
		break;
	case FIELD_PAIRS:
		dump_pairs(w, p, secret);
		break;
	case FIELD_STRUCT:
		fields_dump(w, f->fields, p);
		break;
	case FIELD_HEADERS:
		headers_dump(w, p, secret);
		break;
	case FIELD_ANY:
		node_dump(w, *(const struct yaml_node *const *)p, (f->flags & F_MAP) != 0);
		break;
	case FIELD_HTTP:
		if (*(struct http_config *const *)p == NULL)
			yaml_null(w);
		else
			http_config_dump(w, *(struct http_config *const *)p);
		break;
	case FIELD_TLS:
	default:
		if (*(struct tls_config *const *)p == NULL)
			yaml_null(w);
		else
			tls_config_dump(w, *(struct tls_config *const *)p);
		break;
	}
}

void
fields_dump(struct yaml_writer *w, const struct field *table, const void *s)
{
	yaml_map_begin(w);
	for (const struct field *f = table; f->key != NULL; f++) {
		/* Alertmanager's tools read the dump: they must not meet what they do not know. */
		if ((f->flags & F_EXTENSION) != 0 || ((f->flags & F_OMIT_EMPTY) != 0 && field_empty(f, s)))
			continue;
		yaml_key(w, str_from(f->key));
		dump_value(w, f, member(s, f));
	}
	yaml_map_end(w);
}

static int
node_pair_cmp(const void *a, const void *b)
{
	const struct yaml_pair *const *x = a, *const *y = b;

	return str_cmp((*x)->key->text, (*y)->key->text);
}

static void
scalar_dump(struct yaml_writer *w, const struct yaml_node *n)
{
	struct yaml_value v;

	if (!yaml_resolve(n, &v, NULL)) {
		yaml_str(w, n->text);
		return;
	}
	switch (v.type) {
	case YAML_T_NULL:
		yaml_null(w);
		break;
	case YAML_T_BOOL:
		yaml_bool(w, v.b);
		break;
	case YAML_T_INT:
		yaml_int(w, v.i);
		break;
	case YAML_T_UINT:
		yaml_raw(w, n->text);
		break;
	case YAML_T_FLOAT:
		yaml_double(w, v.f);
		break;
	case YAML_T_STRING:
	case YAML_T_TIMESTAMP:
	case YAML_T_BINARY:
	case YAML_T_MERGE:
	default:
		yaml_str(w, v.s);
		break;
	}
}

void
node_dump(struct yaml_writer *w, const struct yaml_node *n, bool string_keys)
{
	const struct yaml_pair **sorted;

	if (n == NULL) {
		yaml_null(w);
		return;
	}
	switch (n->kind) {
	case YAML_SEQ:
		yaml_seq_begin(w);
		for (size_t i = 0; i < n->n; i++)
			node_dump(w, n->items[i], false);
		yaml_seq_end(w);
		break;
	case YAML_MAP:
		sorted = mem_calloc(n->n, sizeof(*sorted));
		for (size_t i = 0; i < n->n; i++)
			sorted[i] = &n->pairs[i];
		if (n->n > 1)
			qsort(sorted, n->n, sizeof(*sorted), node_pair_cmp);
		yaml_map_begin(w);
		for (size_t i = 0; i < n->n; i++) {
			if (string_keys)
				yaml_str(w, sorted[i]->key->text);
			else
				scalar_dump(w, sorted[i]->key);
			node_dump(w, sorted[i]->value, false);
		}
		yaml_map_end(w);
		mem_free(sorted);
		break;
	case YAML_SCALAR:
	default:
		scalar_dump(w, n);
		break;
	}
}
