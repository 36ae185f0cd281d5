/* SPDX-License-Identifier: Apache-2.0 */
#include "route.h"

#include <assert.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compiler.h"
#include "handlers.h"

#define LIMIT_LIMITED HTTP_PLACE
#define LIMIT_PAGE HTTP_PAGE_PLACE
#define LIMIT_FREE HTTP_NO_PLACE

#define HAS(path, c) (__builtin_strchr(path, c) != NULL)
#define HAS_PARAMS(path) (HAS(path, '{') || HAS(path, ':') || HAS(path, '*'))

static const struct route_entry routes[] = {
#define ROUTE(surface, method, path, handle, scope, limit) \
	{ ROUTE_##surface, #method, path, sizeof(path) - 1, HAS_PARAMS(path), handle, SCOPE_##scope, LIMIT_##limit },
#include "routes.def"
#undef ROUTE
};

/* strfmt "uuid": canonical, 32 digits, urn:uuid:… or {…}, in any case. */
static bool
is_uuid(struct str s)
{
	size_t digits = 0;

	if (str_starts(s, STR("urn:uuid:")) || str_starts(s, STR("URN:UUID:")))
		s = str_sub(s, 9, s.n);
	else if (s.n == 38 && s.p[0] == '{' && s.p[37] == '}')
		s = str_sub(s, 1, 37);
	if (s.n != 36 && s.n != 32)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dash = s.n == 36 && (i == 8 || i == 13 || i == 18 || i == 23);

		if (dash ? s.p[i] != '-' : ascii_hex(s.p[i]) < 0)
			return false;
		digits += !dash;
	}
	return digits == 32;
}

static const struct route_type type_uuid = { "uuid", is_uuid };

/* 1 to 16 hexadecimal digits. */
static bool
is_fingerprint(struct str s)
{
	uint64_t ignored;

	return fingerprint_parse(s, &ignored);
}

static const struct route_type type_fingerprint = { "fingerprint", is_fingerprint };
static const struct route_type type_group = { "id of a group", is_fingerprint };

/* All parameters that routes.def may name. */
static const struct {
	const char *name;
	const struct route_type *type;
} route_params[] = {
	{ "silenceID", &type_uuid },
	{ "sid", NULL },
	{ "fingerprint", &type_fingerprint },
	{ "group", &type_group },
	{ "label", NULL },
	{ "receiver", NULL },
	{ "gateway", NULL },
	{ "hash", NULL },
	{ "asset", NULL },
	{ "view", NULL },
};

static const char *
param_name(struct str segment)
{
	struct str name;

	if (segment.n > 1 && (segment.p[0] == ':' || segment.p[0] == '*'))
		name = str_sub(segment, 1, segment.n);
	else if (segment.n > 2 && segment.p[0] == '{')
		name = str_sub(segment, 1, segment.n - 1);
	else
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(route_params); i++)
		if (str_is(name, route_params[i].name))
			return route_params[i].name;
	assert(!"a parameter in routes.def that route_params lacks");
	return NULL;
}

const struct route_type *
route_param_type(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(route_params); i++)
		if (strcmp(name, route_params[i].name) == 0)
			return route_params[i].type;
	return NULL;
}

static bool
is_param(char c)
{
	return c == '{' || c == ':' || c == '*';
}

/* The path up to its next slash; what follows stays in *path. */
static struct str
take_segment(struct str *path)
{
	struct str segment = str_sub(*path, 0, str_chr(*path, '/'));

	*path = str_sub(*path, segment.n, path->n);
	return segment;
}

/* Fills m->params when it fits. */
static bool
pattern_fits(const struct route_entry *r, struct str path, struct route_match *m)
{
	struct str pattern = str_from(r->path);
	size_t n = 0;

	/* Character by character, but for parameters, which take one segment that is not empty, or all the rest. */
	while (pattern.n > 0) {
		if (is_param(pattern.p[0])) {
			bool rest = pattern.p[0] == '*';
			const char *name = param_name(take_segment(&pattern));
			struct str value = rest ? path : take_segment(&path);

			if (rest)
				path = STR("");
			else if (value.n == 0)
				return false;
			assert(n < ROUTE_PARAMS_MAX);
			m->params[n++] = (struct route_param){ name, value };
			continue;
		}
		if (path.n == 0 || path.p[0] != pattern.p[0])
			return false;
		path = (struct str){ path.p + 1, path.n - 1 };
		pattern = (struct str){ pattern.p + 1, pattern.n - 1 };
	}
	m->params_n = n;
	return path.n == 0;
}

static bool
path_fits(const struct route_entry *r, struct str path, struct route_match *m)
{
	if (r->has_params)
		return pattern_fits(r, path, m);
	m->params_n = 0;
	return r->path_n == path.n && memcmp(r->path, path.p, path.n) == 0;
}

struct route_match
route_find(enum route_surface surface, struct str method, struct str path)
{
	struct route_match m = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(routes) && m.entry == NULL; i++) {
		if (routes[i].surface != surface || !path_fits(&routes[i], path, &m))
			continue;
		m.any = &routes[i];
		if (str_is(method, routes[i].method))
			m.entry = &routes[i];
	}
	return m;
}
