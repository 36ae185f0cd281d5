/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_tree.h"

#include "base/vec.h"

/* An array or object whose members are still being read. */
struct open_value {
	struct str key;		/* in its parent */
	size_t first;		/* of its members among the finished values */
	bool object;
};

struct member {
	struct str key;
	struct json value;
};

struct tree {
	struct arena *arena;
	struct json_reader *reader;
	VEC(struct open_value) open;
	VEC(struct member) done;
	struct str key;
	size_t values, values_max;	/* made so far; no more than */
};

static void
add_value(struct tree *t, struct json value)
{
	struct member m = { t->key, value };

	VEC_PUSH(&t->done, m);
	t->values++;
}

static void
open_container(struct tree *t, bool object)
{
	struct open_value o = { t->key, t->done.n, object };

	VEC_PUSH(&t->open, o);
}

/* Moves the members out of the common stack. */
static void
close_container(struct tree *t)
{
	struct open_value o = t->open.v[--t->open.n];
	struct json j = { .kind = o.object ? JSON_OBJECT : JSON_ARRAY, .n = t->done.n - o.first };

	j.v = ARENA_ARRAY(t->arena, j.n, struct json);
	if (o.object)
		j.keys = ARENA_ARRAY(t->arena, j.n, struct str);
	for (size_t i = 0; i < j.n; i++) {
		j.v[i] = t->done.v[o.first + i].value;
		if (o.object)
			j.keys[i] = t->done.v[o.first + i].key;
	}
	t->done.n = o.first;
	t->key = o.key;
	add_value(t, j);
}

static bool
read_tree(struct tree *t)
{
	for (;;) {
		enum json_token token = json_next(t->reader);
		if (t->values == t->values_max && token != JSON_T_ERROR && token != JSON_T_END)
			return false;
		switch (token) {
		case JSON_T_ERROR:
			return false;
		case JSON_T_END:
			return true;
		case JSON_T_OBJECT_BEGIN:
		case JSON_T_ARRAY_BEGIN:
			open_container(t, token == JSON_T_OBJECT_BEGIN);
			break;
		case JSON_T_OBJECT_END:
		case JSON_T_ARRAY_END:
			close_container(t);
			break;
		case JSON_T_KEY:
			t->key = json_text(t->reader, t->arena);
			break;
		case JSON_T_STRING:
			add_value(t, (struct json){ .kind = JSON_STRING, .s = json_text(t->reader, t->arena) });
			break;
		case JSON_T_NUMBER:
			add_value(t, (struct json){ .kind = JSON_NUMBER, .s = t->reader->text });
			break;
		case JSON_T_TRUE:
		case JSON_T_FALSE:
			add_value(t, (struct json){ .kind = JSON_BOOL, .b = token == JSON_T_TRUE });
			break;
		case JSON_T_NULL:
			add_value(t, (struct json){ .kind = JSON_NULL });
			break;
		}
	}
}

struct json *
json_parse_some(struct arena *a, struct str in, enum json_mode mode, size_t values_max, struct err *e)
{
	struct json_reader reader;
	struct tree t = { .arena = a, .reader = &reader, .values_max = values_max };
	struct json *root = NULL;

	json_reader_init(&reader, in, mode);
	if (read_tree(&t)) {
		root = ARENA_NEW(a, struct json);
		*root = t.done.v[0].value;
	} else if (t.values == values_max) {
		err_set(e, ERR_LIMIT, "more than %zu values", values_max);
	} else {
		json_reader_err(&reader, e);
	}
	VEC_FINI(&t.open);
	VEC_FINI(&t.done);
	return root;
}

struct json *
json_parse(struct arena *a, struct str in, enum json_mode mode, struct err *e)
{
	return json_parse_some(a, in, mode, JSON_VALUES_MAX, e);
}

const struct json *
json_get(const struct json *j, const char *key)
{
	if (j == NULL || j->kind != JSON_OBJECT)
		return NULL;
	for (size_t i = j->n; i > 0; i--) {
		if (str_is(j->keys[i - 1], key))
			return &j->v[i - 1];
	}
	return NULL;
}

const struct json *
json_get_fold(const struct json *j, const char *key)
{
	if (j == NULL || j->kind != JSON_OBJECT)
		return NULL;
	for (size_t i = j->n; i > 0; i--) {
		if (str_caseeq(j->keys[i - 1], str_from(key)))
			return &j->v[i - 1];
	}
	return NULL;
}

struct str
json_get_str(const struct json *j, const char *key, struct str otherwise)
{
	const struct json *v = json_get(j, key);

	return v != NULL && v->kind == JSON_STRING ? v->s : otherwise;
}

int64_t
json_get_int(const struct json *j, const char *key, int64_t otherwise)
{
	const struct json *v = json_get(j, key);
	int64_t i;

	return v != NULL && v->kind == JSON_NUMBER && json_number_int(v->s, &i) ? i : otherwise;
}

bool
json_get_bool(const struct json *j, const char *key, bool otherwise)
{
	const struct json *v = json_get(j, key);

	return v != NULL && v->kind == JSON_BOOL ? v->b : otherwise;
}

const char *
json_kind_name(enum json_kind k)
{
	static const char *const names[] = { "null", "bool", "number", "string", "array", "object" };

	return names[k];
}
