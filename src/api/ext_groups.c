/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/groups: a page of aggregation groups with the alerts that are asked for. */
#include "ext_groups.h"

#include <string.h>

#include "base/mem.h"
#include "ext_alerts.h"
#include "ext_csv.h"
#include "ext_groups_by.h"
#include "ext_sums.h"
#include "model/group_name.h"

uint64_t
group_id(const struct group_item *g)
{
	return group_name(g->route->receiver->name, g->key);
}

/* A digest; going to the next group, and a look at it. */
#define ID_UNITS 60
#define GROUP_UNITS 30

enum match
group_search_some(struct group_search *s, struct engine *e, struct work *w, struct group_item *out)
{
	if (view_groups_settle(e))
		return MATCH_LATER;
	while (!work_used_up(w)) {
		if (!view_group_after(e, &s->at, out))
			return MATCH_NO;
		group_place_set(&s->at, out->route, out->labels);
		work_spend(w, ID_UNITS + GROUP_UNITS + view_group_units(out));
		if (group_id(out) == s->id)
			return MATCH_YES;
	}
	return MATCH_LATER;
}

/* One group on the page. */
struct group_on_page {
	struct group_place place;
	struct sums sums;
};

struct groups_page {
	struct page page;
	struct look look;
	enum groups_sort sort;
	size_t alerts;			/* shown of each group */
	size_t total_alerts;
	size_t counts[SEEN_STATES];
	struct group_place only;	/* the group that is asked for; zeroed: all are */
	bool looked;			/* at that */
	/* The group that is looked at or written: */
	struct group_place at;
	bool inside;
	struct labels *member;		/* up to here; owned reference */
	struct sums sums;
	/* The one that is written: */
	struct shared shared;
	size_t shown;
	enum { WRITE_SHARED, WRITE_HEAD, WRITE_ALERTS } phase;
};

static void
leave_group(struct groups_page *p)
{
	labels_unref(p->member);
	p->member = NULL;
	p->inside = false;
}

struct visit {
	struct groups_page *p;
	struct work *w;
	struct moment now;
};

static bool
sum_member(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct groups_page *p = v->p;
	struct seen seen;
	enum match m;

	m = look_at_member(&p->look, p->page.api->env.engine, entry, a, v->now, v->w, p->page.scratch, &seen);
	if (m == MATCH_YES)
		sums_add(&p->sums, p->page.api, &seen);
	return m != MATCH_LATER;
}

static void
drop(void *what)
{
	struct group_on_page *g = what;

	group_place_fini(&g->place);
	sums_reset(&g->sums);
	mem_free(g);
}

static void
offer(struct groups_page *p, const struct group_item *g, struct work *w)
{
	struct group_on_page *kept;
	struct page_key key;

	/* One that is asked for by name is shown empty, too. */
	if (p->sums.all == 0 && p->only.labels == NULL)
		return;
	p->total_alerts += p->sums.all;
	key = (struct page_key){ .id = group_id(g) };
	sums_key(p->sort, &p->sums, g->labels, &key);
	kept = NEW(struct group_on_page);
	group_place_set(&kept->place, g->route, g->labels);
	kept->sums = p->sums;
	p->sums.word = NULL;
	if (!page_offer(&p->page, &key, kept))
		drop(kept);
	work_spend(w, ID_UNITS);
}

/* Does its receiver pass? MATCH_LATER: w is used up. */
static enum match
receiver_passes(struct groups_page *p, const struct group_item *g, struct work *w)
{
	bool by_name, by_labels;

	if (!receiver_verdict(&p->look.f, view_config(p->page.api->env.engine), g->route->receiver, w, &by_name, &by_labels))
		return MATCH_LATER;
	return by_name ? MATCH_YES : MATCH_NO;
}

/* The group at p->at, or the next one; false: that was the last. */
static bool
next_group(struct groups_page *p, struct group_item *g)
{
	const struct engine *e = p->page.api->env.engine;

	if (p->inside && view_group_at(e, &p->at, g))
		return true;
	leave_group(p);
	sums_reset(&p->sums);
	if (p->only.labels != NULL ? p->looked || !view_group_at(e, &p->only, g) : !view_group_after(e, &p->at, g))
		return false;
	p->looked = true;
	group_place_set(&p->at, g->route, g->labels);
	p->inside = true;
	return true;
}

static bool
look(struct page *page, struct work *w, struct moment now)
{
	struct groups_page *p = CONTAINER_OF(page, struct groups_page, page);
	struct visit v = { p, w, now };
	struct group_item g;

	if (view_groups_settle(page->api->env.engine))
		return false;
	while (!work_used_up(w)) {
		enum match m;

		if (!next_group(p, &g)) {
			group_place_fini(&p->at);
			p->look.counts = NULL;
			return true;
		}
		m = receiver_passes(p, &g, w);
		if (m == MATCH_YES)
			m = alert_filter_group(&p->look.f, &g, w);
		if (m == MATCH_LATER || (m == MATCH_YES && !view_members_some(g.group, &p->member, w, sum_member, &v)))
			return false;
		if (m == MATCH_YES)
			offer(p, &g, w);
		leave_group(p);
		work_spend(w, GROUP_UNITS + view_group_units(&g));
	}
	return false;
}

/* Labels that all of them share are looked for in the first ones of a big group: nobody reads more. */
#define SHARED_ALERTS_MAX 1000

static bool
share_member(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct groups_page *p = v->p;
	struct seen seen;
	enum match m;

	if (p->shared.alerts >= SHARED_ALERTS_MAX)
		return false;
	m = look_at_member(&p->look, p->page.api->env.engine, entry, a, v->now, v->w, p->page.scratch, &seen);
	if (m == MATCH_YES)
		shared_add(&p->shared, &seen, v->w);
	return m != MATCH_LATER;
}

static bool
write_member(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct groups_page *p = v->p;
	struct engine *e = p->page.api->env.engine;
	struct json_writer *w = &p->page.w;
	size_t before = p->page.body.plain.n;
	struct seen seen;
	enum match m;

	if (p->shown == p->alerts)
		return false;
	m = look_at_member(&p->look, e, entry, a, v->now, v->w, p->page.scratch, &seen);
	if (m != MATCH_YES)
		return m == MATCH_NO;
	p->shown++;
	json_object_begin(w);
	write_member_seen(w, &seen, &p->shared);
	json_object_end(w);
	work_spend(v->w, (int64_t)(p->page.body.plain.n - before) / 2);
	return true;
}

static void
write_last(struct json_writer *w, const struct group_facts *facts)
{
	if (wall_is_zero(facts->told_at)) {
		json_put_null(w, "last");
		return;
	}
	json_key(w, STR("last"));
	json_object_begin(w);
	ext_put_time(w, "at", facts->told_at);
	json_put_str(w, "outcome", facts->told ? STR("sent") : STR("failed"));
	json_put_int(w, "ms", facts->took / SPAN_MS);
	if (facts->told)
		json_put_null(w, "error");
	else
		json_put_str(w, "error", facts->error);
	json_object_end(w);
}

static void
write_head(struct groups_page *p, const struct group_item *g, const struct sums *sums, struct moment now)
{
	const struct engine *e = p->page.api->env.engine;
	struct json_writer *w = &p->page.w;
	struct labels *route_labels = view_route_labels(e, g->group, now, p->page.scratch);
	struct group_facts facts;
	const struct str *muted;
	size_t muted_n;

	view_group_facts(e, g->group, now, &facts);
	view_group_muted(g->group, p->page.scratch, &muted, &muted_n);
	json_object_begin(w);
	ext_put_fingerprint(w, "id", group_id(g));
	json_put_str(w, "receiver", g->route->receiver->name);
	ext_put_labels(w, "labels", g->labels);
	ext_put_labels(w, "route_labels", route_labels);
	labels_unref(route_labels);
	write_shared(w, &p->shared, g->labels);
	write_sums(w, sums);
	ext_put_time(w, "next_flush", facts.next_flush);
	ext_put_time(w, "next_repeat", facts.next_repeat);
	write_strings(w, "muted_by", muted, muted_n);
	write_ack(w, sums->counts[SEEN_ACKED] == sums->all ? p->shared.ack : NULL);
	write_last(w, &facts);
	json_key(w, STR("alerts"));
	json_array_begin(w);
}

static void
write_csv(struct groups_page *p, const struct group_item *g, const struct sums *s, struct moment now)
{
	struct sbuf *line = &p->page.body.plain;
	struct group_facts facts;

	view_group_facts(p->page.api->env.engine, g->group, now, &facts);
	csv_fingerprint(line, group_id(g));
	csv_cell(line, g->route->receiver->name);
	csv_labels(line, g->labels);
	write_sums_csv(line, s);
	csv_time(line, facts.next_flush);
	csv_time(line, facts.told_at);
	csv_cell(line, wall_is_zero(facts.told_at) ? STR("") : facts.told ? STR("sent") : facts.error);
	csv_end(line);
}

static void
begin_group(struct groups_page *p, const struct group_on_page *on)
{
	p->inside = true;
	p->shown = 0;
	p->phase = WRITE_SHARED;
	shared_reset(&p->shared);
	group_place_fini(&p->at);
	p->at = (struct group_place){ labels_ref(on->place.labels), istr_get(istr_str(on->place.receiver)), on->place.route };
}

static void
end_group(struct groups_page *p, const struct group_on_page *on)
{
	json_array_end(&p->page.w);
	json_put_bool(&p->page.w, "more", on->sums.all > p->shown);
	json_object_end(&p->page.w);
	leave_group(p);
}

static bool
write(struct page *page, void *what, struct work *w, struct moment now)
{
	struct groups_page *p = CONTAINER_OF(page, struct groups_page, page);
	const struct group_on_page *on = what;
	struct visit v = { p, w, now };
	struct group_item g;

	if (view_groups_settle(page->api->env.engine))
		return false;
	if (!p->inside)
		begin_group(p, on);
	if (!view_group_at(page->api->env.engine, &p->at, &g)) {
		if (p->phase == WRITE_ALERTS)
			end_group(p, on);
		leave_group(p);
		return true;
	}
	if (page->format == PAGE_CSV) {
		write_csv(p, &g, &on->sums, now);
		leave_group(p);
		return true;
	}
	if (p->phase == WRITE_SHARED) {
		if (!view_members_some(g.group, &p->member, w, share_member, &v) && p->shared.alerts < SHARED_ALERTS_MAX)
			return false;
		labels_unref(p->member);
		p->member = NULL;
		write_head(p, &g, &on->sums, now);
		p->phase = WRITE_ALERTS;
	}
	if (!view_members_some(g.group, &p->member, w, write_member, &v) && p->shown < p->alerts)
		return false;
	end_group(p, on);
	return true;
}

static void
more(struct page *page)
{
	struct groups_page *p = CONTAINER_OF(page, struct groups_page, page);

	json_put_uint(&page->w, "total_alerts", p->total_alerts);
	write_counts(&page->w, p->counts);
}

static void
fini(struct page *page)
{
	struct groups_page *p = CONTAINER_OF(page, struct groups_page, page);

	leave_group(p);
	group_place_fini(&p->at);
	group_place_fini(&p->only);
	sums_reset(&p->sums);
	shared_reset(&p->shared);
	look_fini(&p->look);
}

static void
rewind_walk(struct page *page)
{
	struct groups_page *p = CONTAINER_OF(page, struct groups_page, page);

	leave_group(p);
	group_place_fini(&p->at);
	p->total_alerts = 0;
	memset(p->counts, 0, sizeof(p->counts));
	p->look.counts = p->counts;
}

static const struct page_kind groups_kind = {
	.look = look, .write = write, .more = more, .drop = drop, .fini = fini, .rewind = rewind_walk, .file = "groups",
	.columns = "id,receiver,labels," SUMS_COLUMNS ",next_flush,last,outcome"
};

static const struct page_kind group_kind = {
	.look = look, .write = write, .drop = drop, .fini = fini, .single = true
};

/* The page, of `kind`, with the alerts that c asks for; NULL: answered. */
static struct groups_page *
begin(struct call *c, const struct page_kind *kind, size_t alerts)
{
	struct groups_page *p = NEW(struct groups_page);

	p->alerts = alerts;
	if (!page_init(&p->page, c, kind) || !look_init(&p->look, c)) {
		mem_free(p);
		return NULL;
	}
	p->look.counts = p->counts;
	return p;
}

static void
answer_one(struct call *c, const struct group_item *g, void *arg)
{
	uint64_t alerts = GROUP_ALERTS_SHOWN;
	struct groups_page *p;

	(void)arg;
	if (!ext_query_uint(c, "alerts", GROUP_ALERTS_MAX, &alerts) || (p = begin(c, &group_kind, (size_t)alerts)) == NULL)
		return;
	group_place_set(&p->only, g->route, g->labels);
	page_reply(&p->page, c);
}

void
api_ext_group(struct call *c)
{
	static const char *const known[] = { "alerts", LOOK_PARAMETERS };
	uint64_t id;

	if (fingerprint_parse(c->params[0], &id) && ext_query_known(c, known, ARRAY_LEN(known)))
		group_find_later(c, id, answer_one, NULL);
}

void
api_ext_groups(struct call *c)
{
	static const char *const known[] = { "sort", "group_by", "alerts", "format", PAGE_PARAMETERS, LOOK_PARAMETERS };
	struct groups_page *p;
	size_t sort = GROUPS_BY_SEVERITY;
	uint64_t alerts = GROUP_ALERTS_SHOWN;

	if (!ext_query_known(c, known, ARRAY_LEN(known)))
		return;
	if (!ext_query_word(c, "sort", groups_sorts, &sort) || !ext_query_uint(c, "alerts", GROUP_ALERTS_MAX, &alerts))
		return;
	if (groups_by_labels(c, (enum groups_sort)sort, (size_t)alerts))
		return;
	p = begin(c, &groups_kind, (size_t)alerts);
	if (p == NULL)
		return;
	p->sort = (enum groups_sort)sort;
	page_reply(&p->page, c);
}
