/* SPDX-License-Identifier: Apache-2.0 */
#include "payload.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "text/float.h"

/* Nesting and size of what a rendered string may be read as. */
#define PAYLOAD_DEPTH 200
#define PAYLOAD_NODES 200000

struct walk {
	struct render *r;
	bool templates;		/* strings and keys are templates (not so inside of what was rendered) */
	size_t nodes;
};

static const struct json *convert(struct walk *w, const struct yaml_node *n, unsigned depth);

static struct json *
make(struct walk *w, enum json_kind kind)
{
	struct json *j = ARENA_NEW(w->r->a->arena, struct json);

	j->kind = kind;
	return j;
}

static const struct json *
fail(struct walk *w, const char *why)
{
	if (!w->r->failed)
		err_set(w->r->e, ERR_INVALID, "%s", why);
	w->r->failed = true;
	return NULL;
}

static const struct json *
make_string(struct walk *w, struct str s)
{
	struct json *j = make(w, JSON_STRING);

	j->s = s;
	return j;
}

/* Numbers as encoding/json writes them; infinities have no form there. */
static const struct json *
number(struct walk *w, const struct yaml_value *v)
{
	struct sbuf b = SBUF_INIT(512);
	struct json *j = make(w, JSON_NUMBER);

	if (v->type == YAML_T_INT) {
		sbuf_printf(&b, "%lld", (long long)v->i);
	} else if (v->type == YAML_T_UINT) {
		sbuf_printf(&b, "%llu", (unsigned long long)v->u);
	} else if (isfinite(v->f)) {
		float_format_json(&b, v->f);
	} else {
		sbuf_fini(&b);
		return fail(w, isnan(v->f) ? "json: unsupported value: NaN" :
		    v->f > 0 ? "json: unsupported value: +Inf" : "json: unsupported value: -Inf");
	}
	j->s = arena_str(w->r->a->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return j;
}

/* A rendered string, read as YAML unless that gives but a string. */
static const struct json *
reread(struct walk *outer, struct str text)
{
	struct walk inner = { .r = outer->r };
	const struct yaml_node *root;
	struct yaml_value v;

	if (!yaml_parse(inner.r->a->arena, text, &root, NULL))
		return make_string(outer, text);
	if (root == NULL)
		return make(outer, JSON_NULL);
	if (root->kind == YAML_SCALAR) {
		if (!yaml_resolve(root, &v, NULL) || v.type == YAML_T_STRING || v.type == YAML_T_TIMESTAMP ||
		    v.type == YAML_T_BINARY || v.type == YAML_T_MERGE)
			return make_string(outer, text);
	}
	return convert(&inner, root, 0);
}

static const struct json *
scalar(struct walk *w, const struct yaml_node *n)
{
	struct yaml_value v;
	struct json *j;

	if (!yaml_resolve(n, &v, NULL))
		v = (struct yaml_value){ .type = YAML_T_STRING, .s = n->text };
	switch (v.type) {
	case YAML_T_NULL:
		return make(w, JSON_NULL);
	case YAML_T_BOOL:
		j = make(w, JSON_BOOL);
		j->b = v.b;
		return j;
	case YAML_T_INT:
	case YAML_T_UINT:
	case YAML_T_FLOAT:
		return number(w, &v);
	case YAML_T_STRING:
	case YAML_T_TIMESTAMP:
	case YAML_T_BINARY:
	case YAML_T_MERGE:
		break;
	}
	if (!w->templates)
		return make_string(w, n->text);
	return payload_string(w->r, n->text);
}

static bool
is_string(const struct yaml_node *n)
{
	struct yaml_value v;

	if (n->kind != YAML_SCALAR || !yaml_resolve(n, &v, NULL))
		return false;
	return v.type == YAML_T_STRING || v.type == YAML_T_TIMESTAMP || v.type == YAML_T_BINARY;
}

static const struct json *
object(struct walk *w, const struct yaml_node *n, unsigned depth)
{
	struct arena *a = w->r->a->arena;
	struct json *j = make(w, JSON_OBJECT);

	j->keys = ARENA_ARRAY(a, n->n + 1, struct str);
	j->v = ARENA_ARRAY(a, n->n + 1, struct json);
	for (size_t i = 0; i < n->n && !w->r->failed; i++) {
		const struct json *child;

		if (!is_string(n->pairs[i].key))
			continue;
		j->keys[j->n] = w->templates ? render_text(w->r, n->pairs[i].key->text) : n->pairs[i].key->text;
		child = convert(w, n->pairs[i].value, depth + 1);
		if (child != NULL)
			j->v[j->n++] = *child;
	}
	return w->r->failed ? NULL : j;
}

static const struct json *
convert(struct walk *w, const struct yaml_node *n, unsigned depth)
{
	struct json *j;

	if (w->r->failed)
		return NULL;
	/* Aliases make small texts into large trees: count what they unfold to. */
	if (depth > PAYLOAD_DEPTH || ++w->nodes > PAYLOAD_NODES)
		return fail(w, "rendered payload is too large");
	if (n == NULL)
		return make(w, JSON_NULL);
	if (n->kind == YAML_SCALAR)
		return scalar(w, n);
	if (n->kind == YAML_MAP)
		return object(w, n, depth);
	j = make(w, JSON_ARRAY);
	j->v = ARENA_ARRAY(w->r->a->arena, n->n + 1, struct json);
	for (size_t i = 0; i < n->n; i++) {
		const struct json *child = convert(w, n->items[i], depth + 1);

		if (child == NULL)
			return NULL;
		j->v[j->n++] = *child;
	}
	return j;
}

const struct json *
payload_render(struct render *r, const struct yaml_node *value)
{
	struct walk w = { .r = r, .templates = true };

	return convert(&w, value, 0);
}

const struct json *
payload_string(struct render *r, struct str source)
{
	struct walk w = { .r = r };
	struct str text = render_text(r, source);

	return r->failed ? NULL : reread(&w, text);
}

static int
member_cmp(const void *a, const void *b, void *arg)
{
	const struct str *keys = arg;
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	int c = str_cmp(keys[i], keys[k]);

	return c != 0 ? c : (i > k) - (i < k);
}

static void
write_object(struct json_writer *w, const struct json *j)
{
	size_t *order = mem_calloc(j->n + 1, sizeof(*order));

	for (size_t i = 0; i < j->n; i++)
		order[i] = i;
	qsort_r(order, j->n, sizeof(*order), member_cmp, j->keys);
	json_object_begin(w);
	for (size_t i = 0; i < j->n; i++) {
		if (i + 1 < j->n && str_eq(j->keys[order[i]], j->keys[order[i + 1]]))
			continue;
		json_key(w, j->keys[order[i]]);
		payload_write(w, &j->v[order[i]]);
	}
	json_object_end(w);
	mem_free(order);
}

void
payload_write(struct json_writer *w, const struct json *j)
{
	switch (j->kind) {
	case JSON_NULL:
		json_nil(w);
		break;
	case JSON_BOOL:
		json_bool(w, j->b);
		break;
	case JSON_NUMBER:
		json_raw(w, j->s);
		break;
	case JSON_STRING:
		json_str(w, j->s);
		break;
	case JSON_ARRAY:
		json_array_begin(w);
		for (size_t i = 0; i < j->n; i++)
			payload_write(w, &j->v[i]);
		json_array_end(w);
		break;
	case JSON_OBJECT:
		write_object(w, j);
		break;
	}
}
