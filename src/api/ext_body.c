/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests to /api/ext/v1: JSON objects of known members. */
#include "base/rfc3339.h"
#include "ext.h"
#include "text/float.h"

/* Values in one body. */
#define VALUES_MAX ((size_t)20000)
#define SECONDS_MAX (10 * 366 * 24 * 3600.0)

static bool
is_known(struct str key, const char *const *known)
{
	for (size_t i = 0; known[i] != NULL; i++)
		if (str_is(key, known[i]))
			return true;
	return false;
}

static struct str
list_names(struct arena *a, const char *const *known)
{
	struct str list = STR("");

	for (size_t i = 0; known[i] != NULL; i++)
		list = arena_printf(a, "%.*s%s%s", STR_ARG(list), i > 0 ? ", " : "", known[i]);
	return list;
}

bool
ext_known(struct call *c, const struct json *o, const char *const *known)
{
	for (size_t i = 0; i < o->n; i++) {
		struct str key = o->keys[i], shown = str_sub(key, 0, 64);

		if (is_known(key, known))
			continue;
		ext_error_at(c, 400, "unknown_member",
		    arena_printf(c->arena, "unknown member \"%.*s\"; known are %.*s", STR_ARG(shown),
			STR_ARG(list_names(c->arena, known))), arena_str(c->arena, shown).p, -1);
		return false;
	}
	return true;
}

const struct json *
ext_body(struct call *c, const char *const *known)
{
	struct err e = { 0 };
	struct json *o;

	if (c->req->body.n > EXT_BODY_MAX) {
		ext_error(c, 413, "too_large", arena_printf(c->arena, "the body is longer than %zu bytes", EXT_BODY_MAX));
		return NULL;
	}
	o = json_parse_some(c->arena, c->req->body, JSON_DOCUMENT, VALUES_MAX, &e);
	if (o == NULL) {
		ext_error(c, 400, "bad_json", str_from(e.text));
		return NULL;
	}
	if (o->kind != JSON_OBJECT) {
		ext_error(c, 400, "bad_json",
		    arena_printf(c->arena, "the body must be an object, not of type %s", json_kind_name(o->kind)));
		return NULL;
	}
	return ext_known(c, o, known) ? o : NULL;
}

static bool
refuse(struct call *c, const char *name, const char *allowed)
{
	ext_error_at(c, 400, "bad_member", arena_printf(c->arena, "%s must be %s", name, allowed), name, -1);
	return false;
}

/* *out is NULL when the member is absent or null. */
static bool
member(struct call *c, const struct json *o, const char *name, enum json_kind kind, const char *allowed,
    const struct json **out)
{
	const struct json *v = json_get(o, name);

	*out = v != NULL && v->kind != JSON_NULL ? v : NULL;
	return *out == NULL || v->kind == kind || refuse(c, name, allowed);
}

bool
ext_member_str(struct call *c, const struct json *o, const char *name, struct str *out)
{
	const struct json *v;

	if (!member(c, o, name, JSON_STRING, "a string", &v))
		return false;
	if (v != NULL)
		*out = v->s;
	return true;
}

bool
ext_member_bool(struct call *c, const struct json *o, const char *name, bool *out)
{
	const struct json *v;

	if (!member(c, o, name, JSON_BOOL, "true or false", &v))
		return false;
	if (v != NULL)
		*out = v->b;
	return true;
}

bool
ext_member_uint(struct call *c, const struct json *o, const char *name, uint64_t max, uint64_t *out)
{
	const char *allowed = arena_printf(c->arena, "a whole number from 0 to %llu", (unsigned long long)max).p;
	const struct json *v;
	int64_t n;

	if (!member(c, o, name, JSON_NUMBER, allowed, &v))
		return false;
	if (v == NULL)
		return true;
	if (!json_number_int(v->s, &n) || n < 0 || (uint64_t)n > max)
		return refuse(c, name, allowed);
	*out = (uint64_t)n;
	return true;
}

bool
ext_member_seconds(struct call *c, const struct json *o, const char *name, span *out)
{
	const struct json *v;
	double s;

	if (!member(c, o, name, JSON_NUMBER, "a number of seconds", &v))
		return false;
	if (v == NULL)
		return true;
	if (!float_parse(v->s, &s) || !(s > 0) || s > SECONDS_MAX)
		return refuse(c, name, "a number of seconds above 0 and below ten years");
	*out = (span)(s * (double)SPAN_S);
	return true;
}

bool
ext_member_time(struct call *c, const struct json *o, const char *name, struct wall *out)
{
	const struct json *v;
	struct err e = { 0 };

	if (!member(c, o, name, JSON_STRING, "a time like 2006-01-02T15:04:05Z", &v))
		return false;
	if (v == NULL)
		return true;
	if (!rfc3339_parse(v->s, out, &e))
		return refuse(c, name, "a time like 2006-01-02T15:04:05Z");
	*out = wall_utc(*out);
	return true;
}

bool
ext_member_array(struct call *c, const struct json *o, const char *name, const struct json **out)
{
	return member(c, o, name, JSON_ARRAY, "a list", out);
}

bool
ext_member_object(struct call *c, const struct json *o, const char *name, const struct json **out)
{
	return member(c, o, name, JSON_OBJECT, "an object", out);
}

bool
ext_member_labels(struct call *c, const struct json *o, const char *name, struct labels **out)
{
	struct label_pair *pairs;
	const struct json *v;
	struct err e = { 0 };
	size_t n = 0;

	*out = NULL;
	if (!ext_member_object(c, o, name, &v))
		return false;
	if (v == NULL)
		return true;
	pairs = ARENA_ARRAY(c->arena, v->n, struct label_pair);
	for (size_t i = 0; i < v->n; i++) {
		if (v->v[i].kind != JSON_STRING)
			return refuse(c, name, "an object of strings");
		/* As of an alert: an empty value is none. */
		if (v->v[i].s.n > 0)
			pairs[n++] = (struct label_pair){ v->keys[i], v->v[i].s };
	}
	*out = labels_new(pairs, label_pairs_tidy(pairs, n));
	if (labels_check(*out, c->api->env.naming, false, &e))
		return true;
	labels_unref(*out);
	*out = NULL;
	ext_error_at(c, 400, "bad_labels", str_from(e.text), name, -1);
	return false;
}

/* A misspelt flag would make another matcher. */
static bool
check_flags(const struct json *o, struct err *e)
{
	for (size_t i = 0; i < o->n; i++) {
		bool flag = str_is(o->keys[i], "isRegex") || str_is(o->keys[i], "isEqual");

		if (flag && o->v[i].kind != JSON_BOOL && o->v[i].kind != JSON_NULL)
			return err_set(e, ERR_INVALID, "%.*s must be true or false", STR_ARG(o->keys[i]));
		if (!flag && !str_is(o->keys[i], "name") && !str_is(o->keys[i], "value"))
			return err_set(e, ERR_INVALID, "unknown member \"%.*s\" of a matcher; known are name, value, isRegex, isEqual",
			    STR_ARG(str_sub(o->keys[i], 0, 64)));
	}
	return true;
}

/* One matcher as an object of API v2's form. */
static bool
matcher_of_object(struct call *c, const struct json *o, struct matcher *out, struct err *e)
{
	bool regex = json_get_bool(o, "isRegex", false), equal = json_get_bool(o, "isEqual", true);
	enum matcher_op op = regex ? (equal ? MATCH_RE : MATCH_NRE) : (equal ? MATCH_EQ : MATCH_NE);
	const struct json *name = json_get(o, "name"), *value = json_get(o, "value");

	if (!check_flags(o, e))
		return false;
	if (name == NULL || name->kind != JSON_STRING || value == NULL || value->kind != JSON_STRING)
		return err_set(e, ERR_INVALID, "a matcher needs the strings name and value");
	return silence_matcher_init(out, op, name->s, value->s, c->api->env.naming, e);
}

bool
ext_matcher(struct call *c, const struct json *v, struct matcher *out, struct err *e)
{
	if (v->kind == JSON_STRING)
		return matcher_parse(v->s, c->api->env.matcher_mode, NULL, out, e);
	if (v->kind == JSON_OBJECT)
		return matcher_of_object(c, v, out, e);
	return err_set(e, ERR_INVALID, "a matcher is an object or a string like name=\"value\", not a %s",
	    json_kind_name(v->kind));
}

bool
ext_member_matchers(struct call *c, const struct json *o, const char *name, struct matchers *out)
{
	const struct json *list;
	struct err e = { 0 };
	size_t reading = 0;

	*out = (struct matchers){ 0 };
	if (!ext_member_array(c, o, name, &list))
		return false;
	for (size_t i = 0; list != NULL && i < list->n; i++) {
		struct matcher m;

		if (i == MATCHERS_MAX) {
			err_set(&e, ERR_LIMIT, "more than %d matchers", MATCHERS_MAX);
		} else if (ext_matcher(c, &list->v[i], &m, &e) &&
		    matchers_append_bounded(out, &m, &reading, &e)) {
			continue;
		}
		matchers_fini(out);
		ext_error_at(c, 400, "bad_matcher", str_from(e.text), name, (int)i);
		return false;
	}
	return true;
}

bool
ext_member_author(struct call *c, const struct json *o, const char *name, struct str *out)
{
	if (!ext_member_str(c, o, name, out))
		return false;
	if (c->req->principal.name.n > 0)
		*out = c->req->principal.name;
	return out->n > 0 || refuse(c, name, "given: nobody was asked who they are");
}
