/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of the API, with their parameters. */
#include "cli.h"
#include "text/url.h"

#define PATH_MAX_BYTES ((size_t)1 << 24)

struct str
cli_path_with(struct cli *c, const char *before, struct str part, const char *behind)
{
	struct sbuf escaped = SBUF_INIT(PATH_MAX_BYTES);
	struct str out;

	url_path_escape(&escaped, part);
	out = arena_printf(c->arena, "%s%s%s", before, sbuf_cstr(&escaped), behind);
	sbuf_fini(&escaped);
	return out;
}

static bool
add_filters(struct cli *c, struct sbuf *b, bool *first)
{
	struct sbuf one = SBUF_INIT(PATH_MAX_BYTES);
	struct matchers ms;

	if (!cli_matchers(c, &ms))
		return false;
	for (size_t i = 0; i < ms.n; i++) {
		sbuf_reset(&one);
		matcher_format(&ms.m[i], &one);
		url_query_add(b, first, STR("filter"), sbuf_get(&one));
	}
	sbuf_fini(&one);
	matchers_fini(&ms);
	return true;
}

bool
cli_path(struct cli *c, const char *path, bool filters, const struct cli_param *params, size_t n, struct str *out)
{
	struct sbuf b = SBUF_INIT(PATH_MAX_BYTES);
	bool first = true, ok = !filters || add_filters(c, &b, &first);

	for (size_t i = 0; i < n; i++)
		if (params[i].value.n > 0)
			url_query_add(&b, &first, str_from(params[i].name), params[i].value);
	if (b.overflow)
		ok = err_set(&c->e, ERR_LIMIT, "the query is longer than %zu bytes", PATH_MAX_BYTES);
	*out = arena_printf(c->arena, "%s%s%s", path, b.n > 0 ? "?" : "", sbuf_cstr(&b));
	sbuf_fini(&b);
	return ok;
}
