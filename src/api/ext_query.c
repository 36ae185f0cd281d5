/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters of /api/ext/v1: what is not understood is refused. */
#include "base/rfc3339.h"
#include "ext.h"

struct str
ext_query_str(const struct call *c, const char *name)
{
	const struct str *v = url_query_last(&c->query, name);

	return v != NULL ? *v : STR_NONE;
}

static bool
refuse(struct call *c, const char *name, struct str value, const char *allowed)
{
	ext_error_at(c, 400, "bad_parameter",
	    arena_printf(c->arena, "\"%.*s\" is not allowed for %s: %s", STR_ARG(str_sub(value, 0, 100)), name, allowed), name,
	    -1);
	return false;
}

bool
ext_query_known(struct call *c, const char *const *known, size_t n)
{
	for (size_t i = 0; i < c->query.n; i++) {
		struct str key = c->query.v[i].key;
		bool found = false;

		for (size_t k = 0; k < n && !found; k++)
			found = str_is(key, known[k]);
		if (found)
			continue;
		key = arena_str(c->arena, str_sub(key, 0, 100));
		ext_error_at(c, 400, "bad_parameter", arena_printf(c->arena, "there is no parameter \"%.*s\"", STR_ARG(key)), key.p,
		    -1);
		return false;
	}
	return true;
}

/* An empty text leaves *out alone. */
static bool
str_uint(struct str v, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	if (v.n == 0)
		return true;
	for (size_t i = 0; i < v.n; i++) {
		unsigned digit = (unsigned)v.p[i] - '0';

		if (digit > 9 || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

bool
ext_query_uint(struct call *c, const char *name, uint64_t max, uint64_t *value)
{
	struct str v = ext_query_str(c, name);

	return str_uint(v, max, value) ||
	    refuse(c, name, v, arena_printf(c->arena, "a number from 0 to %llu", (unsigned long long)max).p);
}

bool
ext_query_bool(struct call *c, const char *name, bool *value)
{
	struct str v = ext_query_str(c, name);

	if (v.n == 0)
		return true;
	if (!str_is(v, "true") && !str_is(v, "false"))
		return refuse(c, name, v, "true or false");
	*value = str_is(v, "true");
	return true;
}

bool
ext_query_time(struct call *c, const char *name, struct wall *value)
{
	struct str v = ext_query_str(c, name);
	struct err e = { 0 };

	if (v.n == 0)
		return true;
	if (!rfc3339_parse(v, value, &e))
		return refuse(c, name, v, "a time like 2006-01-02T15:04:05Z");
	*value = wall_utc(*value);
	return true;
}

bool
ext_query_limit(struct call *c, size_t *limit)
{
	struct str v = ext_query_str(c, "limit");
	uint64_t n = 100;

	if (!str_uint(v, EXT_LIMIT_MAX, &n) || n == 0)
		return refuse(c, "limit", v, "a number from 1 to 1000");
	*limit = (size_t)n;
	return true;
}

bool
ext_query_word(struct call *c, const char *name, const char *const *words, size_t *index)
{
	struct str v = ext_query_str(c, name), list = STR("");

	if (v.n == 0)
		return true;
	for (size_t i = 0; words[i] != NULL; i++) {
		if (str_is(v, words[i])) {
			*index = i;
			return true;
		}
		list = arena_printf(c->arena, "%.*s%s%s", STR_ARG(list), i > 0 ? ", " : "", words[i]);
	}
	return refuse(c, name, v, arena_printf(c->arena, "one of %.*s", STR_ARG(list)).p);
}

bool
ext_query_matchers(struct call *c, const char *name, struct matchers *out)
{
	const struct str *v;
	size_t pos = 0, reading = 0;
	struct err e = { 0 };

	*out = (struct matchers){ 0 };
	while ((v = url_query_each(&c->query, name, &pos)) != NULL) {
		struct matcher m;
		int index = (int)out->n;

		if (out->n == MATCHERS_MAX) {
			err_set(&e, ERR_LIMIT, "more than %d matchers", MATCHERS_MAX);
		} else if (matcher_parse(*v, c->api->env.matcher_mode, NULL, &m, &e) &&
		    matchers_append_bounded(out, &m, &reading, &e)) {
			continue;
		}
		matchers_fini(out);
		ext_error_at(c, 400, "bad_matcher", str_from(e.text), name, index);
		return false;
	}
	return true;
}
