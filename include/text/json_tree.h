/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/json_tree.h - JSON from bytes as a tree that keeps what was written.
 *
 * Numbers stay literals and members stay in their order, so that a tree can be
 * written again; mistakes are told in Go's words. For requests to the API,
 * templates' data and lists. Answers of other programs: text/json_small.h.
 *
 * Names of kinds are jansson's too: no file can include both headers.
 */
#ifndef TEXT_JSON_TREE_H
#define TEXT_JSON_TREE_H

#include "text/json_read.h"

/* Immutable, all of it in one arena. */
enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_kind kind;
	bool b;			/* BOOL */
	struct str s;		/* STRING: the value; NUMBER: the literal */
	size_t n;		/* ARRAY, OBJECT: children */
	struct json *v;		/* ARRAY, OBJECT: values in input order */
	struct str *keys;	/* OBJECT: keys, v[i] belongs to keys[i]; duplicates kept */
};

/* In a tree: "[0,0,…" takes a hundred times its size in memory. */
#define JSON_VALUES_MAX 1000000

/*
 * NULL and e on a mistake, or when there are more than JSON_VALUES_MAX values.
 * Strings without escapes are slices of `in`, which therefore has to live as
 * long as the tree.
 */
struct json *json_parse(struct arena *a, struct str in, enum json_mode mode, struct err *e) MUST_CHECK;
/* The same with another bound. */
struct json *json_parse_some(struct arena *a, struct str in, enum json_mode mode, size_t values_max, struct err *e) MUST_CHECK;
/* The last member of that very name; NULL when there is none or j is no object (or NULL). */
const struct json *json_get(const struct json *j, const char *key);
/* As Go fills a struct's field: ASCII case is ignored, the last member wins. */
const struct json *json_get_fold(const struct json *j, const char *key);
/* Conveniences with a default for absence, null and other kinds. */
struct str json_get_str(const struct json *j, const char *key, struct str otherwise);
int64_t json_get_int(const struct json *j, const char *key, int64_t otherwise);
bool json_get_bool(const struct json *j, const char *key, bool otherwise);
/* "null", "bool", "number", "string", "array", "object" (Go's words in type errors). */
const char *json_kind_name(enum json_kind k);

#endif
