/* SPDX-License-Identifier: Apache-2.0 */
#include "text/json_small.h"

#include <float.h>
#include <jansson.h>

#include "base/mem.h"
#include "text/float.h"
#include "text/json_write.h"

void
json_small_init(void)
{
	json_set_alloc_funcs(mem_alloc, mem_free);
	json_object_seed(0);
}

static json_t *
load(struct str in, enum json_mode mode)
{
	size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | (mode == JSON_FIRST_VALUE ? JSON_DISABLE_EOF_CHECK : 0);

	/* jansson overlooks a NUL behind numbers and values. */
	if (str_chr(in, '\0') < in.n)
		return NULL;
	return json_loadb(in.n > 0 ? in.p : "", in.n, flags, NULL);
}

/* Go reads the literals of members it has no field for and forgets them; jansson needs each to have a value. */
static void
put_number(struct json_writer *w, struct str literal, struct sbuf *scratch)
{
	int64_t i;
	double d;

	if (json_number_int(literal, &i)) {
		json_int(w, i);
		return;
	}
	if (!float_parse(literal, &d))
		d = literal.p[0] == '-' ? -DBL_MAX : DBL_MAX;
	/* With an exponent it is a real, however long. */
	float_format(scratch, d, 'e', -1);
	json_raw(w, sbuf_get(scratch));
}

/* jansson has no NUL in keys: it becomes U+FFFD, as what is no UTF-8. */
static void
put_key(struct json_writer *w, struct str text, struct sbuf *scratch)
{
	json_unescape(scratch, text);
	for (size_t i = 0; i < scratch->n; i++)
		if (scratch->p[i] == '\0')
			scratch->p[i] = '\xff';
	json_key(w, sbuf_get(scratch));
}

static void
put_token(struct json_writer *w, const struct json_reader *r, enum json_token t, struct sbuf *scratch)
{
	sbuf_reset(scratch);
	switch (t) {
	case JSON_T_OBJECT_BEGIN:
		json_object_begin(w);
		break;
	case JSON_T_OBJECT_END:
		json_object_end(w);
		break;
	case JSON_T_ARRAY_BEGIN:
		json_array_begin(w);
		break;
	case JSON_T_ARRAY_END:
		json_array_end(w);
		break;
	case JSON_T_KEY:
		put_key(w, r->text, scratch);
		break;
	case JSON_T_STRING:
		json_unescape(scratch, r->text);
		json_str(w, sbuf_get(scratch));
		break;
	case JSON_T_NUMBER:
		put_number(w, r->text, scratch);
		break;
	case JSON_T_TRUE:
	case JSON_T_FALSE:
		json_bool(w, t == JSON_T_TRUE);
		break;
	case JSON_T_NULL:
		json_nil(w);
		break;
	case JSON_T_ERROR:
	case JSON_T_END:
		break;
	}
}

/* The value as jansson takes it, at most six times as long; false when it is none, which e then says as Go does. */
static bool
tidy(struct str in, enum json_mode mode, struct sbuf *out, struct err *e)
{
	struct sbuf scratch = SBUF_INIT(SBUF_UNLIMITED);
	struct json_reader r;
	struct json_writer w;
	enum json_token t;

	json_reader_init(&r, in, mode);
	json_writer_init(&w, out, JSON_HTML_PLAIN);
	while ((t = json_next(&r)) != JSON_T_END && t != JSON_T_ERROR)
		put_token(&w, &r, t, &scratch);
	sbuf_fini(&scratch);
	return t == JSON_T_END || json_reader_err(&r, e);
}

/* jansson is stricter than Go: what it refuses gets a second look. */
static json_t *
load_refused(struct str in, enum json_mode mode, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	json_t *j = NULL;

	if (tidy(in, mode, &b, e)) {
		j = load(sbuf_get(&b), JSON_DOCUMENT);
		if (j == NULL)
			err_set(e, ERR_LIMIT, "exceeded max depth");
	}
	sbuf_fini(&b);
	return j;
}

struct json_t *
json_small_parse(struct str in, enum json_mode mode, struct err *e)
{
	json_t *j;

	if (in.n > JSON_SMALL_MAX) {
		err_set(e, ERR_LIMIT, "more than %zu bytes", JSON_SMALL_MAX);
		return NULL;
	}
	j = load(in, mode);
	return j != NULL ? j : load_refused(in, mode, e);
}

void
json_small_free(struct json_t **doc)
{
	json_decref(*doc);
	*doc = NULL;
}

struct json_t *
json_small_get(struct json_t *j, const char *name)
{
	json_t *found = NULL, *value;
	const char *key;
	size_t n;

	json_object_keylen_foreach(j, key, n, value)
		if (str_caseeq((struct str){ key, n }, str_from(name)))
			found = value;
	return found;
}

struct str
json_small_str(struct json_t *j, const char *name, struct str otherwise)
{
	return json_small_text(json_small_get(j, name), otherwise);
}

int64_t
json_small_whole(const struct json_t *j, int64_t otherwise)
{
	return json_is_integer(j) ? json_integer_value(j) : otherwise;
}

int64_t
json_small_int(struct json_t *j, const char *name, int64_t otherwise)
{
	return json_small_whole(json_small_get(j, name), otherwise);
}

bool
json_small_bool(struct json_t *j, const char *name, bool otherwise)
{
	const json_t *v = json_small_get(j, name);

	return json_is_boolean(v) ? json_is_true(v) : otherwise;
}

bool
json_small_is_object(const struct json_t *j)
{
	return json_is_object(j);
}

struct str
json_small_text(const struct json_t *j, struct str otherwise)
{
	return json_is_string(j) ? (struct str){ json_string_value(j), json_string_length(j) } : otherwise;
}

size_t
json_small_count(const struct json_t *j)
{
	return json_array_size(j);
}

struct json_t *
json_small_at(const struct json_t *j, size_t i)
{
	return json_array_get(j, i);
}
