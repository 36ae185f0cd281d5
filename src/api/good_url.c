/* SPDX-License-Identifier: Apache-2.0 */
#include "good_url.h"

#include "model/istr.h"
#include "text/url.h"

void
good_url_init(struct good_url *g)
{
	*g = (struct good_url){ .room = SBUF_INIT(SBUF_UNLIMITED) };
}

void
good_url_fini(struct good_url *g)
{
	sbuf_fini(&g->room);
}

static bool
is_uri(struct str s, struct arena *a)
{
	struct url u;
	struct err e;

	return s.n == 0 || url_parse_request(a, s, &u, &e);
}

/* An alert had it, and it was looked at. */
static bool
is_known(struct str s)
{
	const struct istr *known = istr_find(s);

	return known != NULL && (known->found & ISTR_URI) != 0;
}

bool
good_url(struct good_url *g, struct str s, struct arena *a, bool passing)
{
	if ((s.p == g->last.p && s.n == g->last.n) || str_eq(s, g->last))
		return true;
	if (!is_known(s) && !is_uri(s, a))
		return false;
	g->last = s;
	if (passing) {
		sbuf_reset(&g->room);
		sbuf_str(&g->room, s);
		g->last = sbuf_get(&g->room);
	}
	return true;
}
