/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/external_url.h"

#include "base/sbuf.h"
#include "text/url.h"

bool
external_url(struct str configured, struct str hostname, unsigned port, struct arena *a, struct str *out, struct err *e)
{
	struct url u;
	struct sbuf b = SBUF_INIT(1 << 16);

	if (configured.n == 0)
		configured = arena_printf(a, "http://%.*s:%u/", STR_ARG(hostname), port);
	if (!url_parse(a, configured, &u, e))
		return false;
	if (!str_is(u.scheme, "http") && !str_is(u.scheme, "https"))
		return err_set(e, ERR_INVALID, "\"%.*s\": invalid \"%.*s\" scheme, only 'http' and 'https' are supported",
		    STR_ARG(configured), STR_ARG(u.scheme));
	while (u.path.n > 0 && u.path.p[u.path.n - 1] == '/')
		u.path.n--;
	u.raw_path = STR_NONE;
	if (u.path.n > 0 && u.path.p[0] != '/')
		u.path = arena_printf(a, "/%.*s", STR_ARG(u.path));
	url_format(&b, &u);
	*out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return true;
}

struct str
route_prefix(struct str configured, struct str external, struct arena *a)
{
	struct url u;
	struct err e;

	if (configured.n == 0 && url_parse(a, external, &u, &e))
		configured = u.path;
	while (configured.n > 0 && configured.p[0] == '/')
		configured = str_sub(configured, 1, configured.n);
	while (configured.n > 0 && configured.p[configured.n - 1] == '/')
		configured.n--;
	return arena_printf(a, "/%.*s", STR_ARG(configured));
}
