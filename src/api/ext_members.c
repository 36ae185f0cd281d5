/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/groups/ID/alerts: the alerts of one group, the oldest first. */
#include <string.h>

#include "base/mem.h"
#include "ext_alerts.h"
#include "ext_groups.h"
#include "ext_page.h"
#include "ext_sums.h"

struct members_page {
	struct page page;
	struct look look;
	struct group_place place;	/* of the group */
	struct labels *at;		/* looked at so far; owned reference */
	size_t counts[SEEN_STATES];
};

struct visit {
	struct members_page *p;
	struct work *w;
	struct moment now;
};

/* An alert that passes and is shown on another page. */
#define PASS_UNITS 10

static bool
visit(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct members_page *p = v->p;
	struct page_key key = { .n = page_time(alert_starts(a)), .id = labels_fingerprint(a->labels), .id2 = labels_hash(a->labels) };
	struct seen seen;
	enum match m;

	m = look_at_member(&p->look, p->page.api->env.engine, entry, a, v->now, v->w, p->page.scratch, &seen);
	if (m == MATCH_LATER)
		return false;
	work_spend(v->w, PASS_UNITS);
	if (m == MATCH_YES && page_offer(&p->page, &key, a->labels))
		labels_ref(a->labels);
	return true;
}

static bool
look(struct page *page, struct work *w, struct moment now)
{
	struct members_page *p = CONTAINER_OF(page, struct members_page, page);
	struct visit v = { p, w, now };
	struct group_item g;

	if (view_groups_settle(page->api->env.engine))
		return false;
	if (!view_group_at(page->api->env.engine, &p->place, &g))
		return true;
	return view_members_some(g.group, &p->at, w, visit, &v);
}

static bool
write(struct page *page, void *what, struct work *w, struct moment now)
{
	struct members_page *p = CONTAINER_OF(page, struct members_page, page);

	return write_listed(&p->look, page, what, w, now);
}

static void
drop(void *what)
{
	labels_unref(what);
}

static void
fini(struct page *page)
{
	struct members_page *p = CONTAINER_OF(page, struct members_page, page);

	group_place_fini(&p->place);
	labels_unref(p->at);
	look_fini(&p->look);
}

static void
rewind_walk(struct page *page)
{
	struct members_page *p = CONTAINER_OF(page, struct members_page, page);

	labels_unref(p->at);
	p->at = NULL;
	memset(p->counts, 0, sizeof(p->counts));
}

static void
more(struct page *page)
{
	write_counts(&page->w, CONTAINER_OF(page, struct members_page, page)->counts);
}

static const struct page_kind members_kind = {
	.look = look, .write = write, .more = more, .drop = drop, .fini = fini, .rewind = rewind_walk, .file = "alerts", .columns = SEEN_COLUMNS
};

static void
answer(struct call *c, const struct group_item *g, void *arg)
{
	struct members_page *p = NEW(struct members_page);

	(void)arg;
	if (!page_init(&p->page, c, &members_kind) || !look_init(&p->look, c)) {
		mem_free(p);
		return;
	}
	p->look.counts = p->counts;
	group_place_set(&p->place, g->route, g->labels);
	page_reply(&p->page, c);
}

void
api_ext_group_alerts(struct call *c)
{
	static const char *const known[] = { "format", PAGE_PARAMETERS, LOOK_PARAMETERS };
	uint64_t id;

	if (fingerprint_parse(c->params[0], &id) && ext_query_known(c, known, ARRAY_LEN(known)))
		group_find_later(c, id, answer, NULL);
}
