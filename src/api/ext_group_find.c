/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_groups.h"

struct finding {
	struct http_later later;
	struct call call;
	struct group_search search;
	void (*then)(struct call *c, const struct group_item *g, void *arg);
	void *arg;
};

static bool
step(struct http_later *l, struct http_response *out, struct work *w, struct moment now)
{
	struct finding *f = CONTAINER_OF(l, struct finding, later);
	struct group_item g;

	f->call.resp = out;
	f->call.now = now;
	engine_see(f->call.api->env.engine, now);
	switch (group_search_some(&f->search, f->call.api->env.engine, w, &g)) {
	case MATCH_LATER:
		return false;
	case MATCH_YES:
		f->then(&f->call, &g, f->arg);
		break;
	case MATCH_NO:
		ext_error(&f->call, 404, "not_found", STR("there is no such group; its alerts may have resolved"));
		break;
	}
	return true;
}

static void
drop(struct http_later *l)
{
	struct finding *f = CONTAINER_OF(l, struct finding, later);

	group_place_fini(&f->search.at);
}

void
group_find_later(struct call *c, uint64_t id, void (*then)(struct call *c, const struct group_item *g, void *arg), void *arg)
{
	struct finding *f = ARENA_NEW(c->arena, struct finding);

	*f = (struct finding){ .later = { step, drop }, .call = ext_kept(c), .search = { .id = id }, .then = then, .arg = arg };
	c->resp->later = &f->later;
}
