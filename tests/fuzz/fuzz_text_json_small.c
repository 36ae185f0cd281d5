/* SPDX-License-Identifier: Apache-2.0 */
/* Small JSON by jansson is what our own reader makes of it: the same is taken, in the same words refused. */
#define JSON_OBJECT JANSSON_OBJECT
#define JSON_ARRAY JANSSON_ARRAY
#define JSON_STRING JANSSON_STRING
#define JSON_NULL JANSSON_NULL
#include <jansson.h>
#undef JSON_OBJECT
#undef JSON_ARRAY
#undef JSON_STRING
#undef JSON_NULL

#include <assert.h>

#include "text/float.h"
#include "text/json_small.h"
#include "text/json_tree.h"

#define JANSSON_DEPTH 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
depth_of(const struct json *j)
{
	size_t deepest = 0;

	for (size_t i = 0; i < j->n; i++) {
		size_t d = depth_of(&j->v[i]);
		deepest = d > deepest ? d : deepest;
	}
	return deepest + 1;
}

/* The spelling of a name that begins last, and its last value. */
static const struct json *
member(const struct json *o, struct str name)
{
	struct str spelling = name;

	for (size_t i = 0; i < o->n; i++) {
		size_t first = 0;
		while (!str_eq(o->keys[first], o->keys[i]))
			first++;
		if (first == i && str_caseeq(o->keys[i], name))
			spelling = o->keys[i];
	}
	for (size_t i = o->n; i > 0; i--)
		if (str_eq(o->keys[i - 1], spelling))
			return &o->v[i - 1];
	return NULL;
}

static void
agree_number(struct str literal, const json_t *theirs)
{
	int64_t i;
	double d;

	if (json_number_int(literal, &i)) {
		assert(json_typeof(theirs) == JSON_INTEGER && json_integer_value(theirs) == i);
		return;
	}
	assert(json_typeof(theirs) == JSON_REAL);
	if (float_parse(literal, &d))
		assert(json_real_value(theirs) == d);
}

static void agree(const struct json *ours, json_t *theirs, struct arena *a);

static void
agree_members(const struct json *ours, json_t *theirs, struct arena *a)
{
	assert(json_typeof(theirs) == JANSSON_OBJECT && json_small_is_object(theirs));
	/* A NUL became U+FFFD, which may be another one's name. */
	for (size_t i = 0; i < ours->n; i++)
		if (str_chr(ours->keys[i], '\0') < ours->keys[i].n)
			return;
	for (size_t i = 0; i < ours->n; i++) {
		json_t *v = json_small_get(theirs, arena_str(a, ours->keys[i]).p);
		assert(v != NULL);
		agree(member(ours, ours->keys[i]), v, a);
	}
}

static void
agree(const struct json *ours, json_t *theirs, struct arena *a)
{
	switch (ours->kind) {
	case JSON_NULL:
		assert(json_typeof(theirs) == JANSSON_NULL);
		break;
	case JSON_BOOL:
		assert(json_typeof(theirs) == (ours->b ? JSON_TRUE : JSON_FALSE));
		break;
	case JSON_NUMBER:
		agree_number(ours->s, theirs);
		break;
	case JSON_STRING:
		assert(json_typeof(theirs) == JANSSON_STRING && str_eq(json_small_text(theirs, STR("?")), ours->s));
		break;
	case JSON_ARRAY:
		assert(json_typeof(theirs) == JANSSON_ARRAY && json_small_count(theirs) == ours->n);
		for (size_t i = 0; i < ours->n; i++)
			agree(&ours->v[i], json_small_at(theirs, i), a);
		break;
	case JSON_OBJECT:
		agree_members(ours, theirs, a);
		break;
	}
}

static void
compare(struct str in, enum json_mode mode)
{
	struct arena *a = arena_new();
	struct err our_e = { 0 }, their_e = { 0 };
	struct json *ours = json_parse(a, in, mode, &our_e);
	struct json_t *theirs = json_small_parse(in, mode, &their_e);

	if (theirs != NULL) {
		assert(ours != NULL && their_e.kind == ERR_NONE);
		agree(ours, theirs, a);
	} else if (ours != NULL) {
		assert(their_e.kind == ERR_LIMIT && depth_of(ours) > JANSSON_DEPTH);
	} else {
		assert(str_is(str_from(our_e.text), their_e.text));
		assert(our_e.kind == their_e.kind && our_e.line == their_e.line && our_e.col == their_e.col);
	}
	json_small_free(&theirs);
	arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };

	compare(in, JSON_DOCUMENT);
	compare(in, JSON_FIRST_VALUE);
	return 0;
}
