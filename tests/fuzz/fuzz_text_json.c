/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that jansson reads we read, and alike; values that we read can be written and read again. */
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
#include <stdint.h>
#include <stdlib.h>

#include "text/float.h"
#include "text/json_tree.h"
#include "text/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Equal but for the writing of numbers; with `merged`, b has only the last of equal keys. */
static bool
same(const struct json *a, const struct json *b, bool merged)
{
	double x, y;

	if (a->kind != b->kind)
		return false;
	if (a->kind == JSON_NUMBER)
		return float_parse(a->s, &x) == float_parse(b->s, &y) && (!float_parse(a->s, &x) || x == y);
	if (a->kind == JSON_STRING)
		return str_eq(a->s, b->s);
	if (a->kind == JSON_BOOL)
		return a->b == b->b;
	if (a->kind == JSON_OBJECT && merged)
		return a->n >= b->n;
	for (size_t i = 0; i < a->n && i < b->n; i++) {
		if (!same(&a->v[i], &b->v[i], merged) || (a->keys != NULL && !str_eq(a->keys[i], b->keys[i])))
			return false;
	}
	return a->n == b->n;
}

static void
put(struct json_writer *w, const struct json *j, int depth)
{
	if (depth > 200 || j->kind == JSON_NULL) {
		json_nil(w);
	} else if (j->kind == JSON_BOOL) {
		json_bool(w, j->b);
	} else if (j->kind == JSON_NUMBER) {
		json_raw(w, j->s);
	} else if (j->kind == JSON_STRING) {
		json_str(w, j->s);
	} else if (j->kind == JSON_ARRAY) {
		json_array_begin(w);
		for (size_t i = 0; i < j->n; i++)
			put(w, &j->v[i], depth + 1);
		json_array_end(w);
	} else {
		json_object_begin(w);
		for (size_t i = 0; i < j->n; i++) {
			json_key(w, j->keys[i]);
			put(w, &j->v[i], depth + 1);
		}
		json_object_end(w);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = { (const char *)data, size };
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct json *ours = json_parse(a, in, JSON_DOCUMENT, &e);

	assert((ours != NULL) == json_valid(in));
	assert((ours == NULL) == (e.kind != ERR_NONE));
	if (ours != NULL)
		assert(json_parse(a, in, JSON_FIRST_VALUE, &e) != NULL);

	/* A NUL at the end is no mistake to jansson. */
	json_t *theirs = NULL;
	if (str_chr(in, '\0') == in.n)
		theirs = json_loadb(in.p, in.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (theirs != NULL) {
		char *text = json_dumps(theirs, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(17));
		assert(ours != NULL);
		if (text != NULL) {
			struct json *again = json_parse(a, str_from(text), JSON_DOCUMENT, NULL);
			assert(again != NULL && same(ours, again, true));
		}
		free(text);
		json_decref(theirs);
	}

	if (ours != NULL) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), c = SBUF_INIT(SBUF_UNLIMITED);
		struct json_writer w;
		json_writer_init(&w, &b, size % 2 == 0 ? JSON_HTML_ESCAPED : JSON_HTML_PLAIN);
		put(&w, ours, 0);
		struct json *again = json_parse(a, sbuf_get(&b), JSON_DOCUMENT, NULL);
		assert(again != NULL);
		json_writer_init(&w, &c, size % 2 == 0 ? JSON_HTML_ESCAPED : JSON_HTML_PLAIN);
		put(&w, again, 0);
		assert(str_eq(sbuf_get(&b), sbuf_get(&c)));
		sbuf_fini(&b);
		sbuf_fini(&c);
	}
	arena_free(&a);
	return 0;
}
