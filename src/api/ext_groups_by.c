/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All alerts are walked through once, to sum them up, and a second time to find those that are shown of the groups on
 * the page, and what they have in common.
 */
#include "ext_groups_by.h"

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ext_alerts.h"
#include "ext_csv.h"

#define NAMES_MAX 10
/* Groups that are told apart; what is in further ones is left out, and the answer says so. */
#define GROUPS_MAX 50000
/* Choosing the labels of an alert and finding its group; going to the next group. */
#define FIND_UNITS 60
#define OFFER_UNITS 30
#define FREE_UNITS 20
/* As for the groups of routes: nobody reads more. */
#define SHARED_ALERTS_MAX 1000

struct by_group {
	struct hmap_node node;
	struct labels *labels;		/* owned reference */
	struct sums sums;
	bool on_page;
	struct shared shared;
	VEC(struct labels *) alerts;	/* that are shown; owned references */
};

struct by_page {
	struct page page;
	struct look look;
	enum groups_sort sort;
	size_t alerts;
	struct str names[NAMES_MAX];	/* in the arena of the request */
	size_t names_n;
	struct hmap groups;
	VEC(struct by_group *) order;	/* in which they were found; owned */
	struct labels *at;		/* alerts up to here; owned reference */
	bool summed, found;		/* the walks are over */
	size_t offered, total_alerts, counts[SEEN_STATES];
	bool cut;
	size_t shown;			/* of the group that is written */
	bool inside;			/* it */
};

static struct by_group *
group_of(struct by_page *p, const struct alert *a, struct work *w)
{
	struct labels *labels = labels_select(a->labels, p->names, p->names_n);
	/* Equal sets are the same set. */
	uint64_t hash = hash_seeded(&labels, sizeof(labels));
	struct by_group *g = NULL;

	work_spend(w, FIND_UNITS);
	for (struct hmap_node *n = hmap_first(&p->groups, hash); n != NULL && g == NULL; n = hmap_next(n)) {
		struct by_group *x = CONTAINER_OF(n, struct by_group, node);

		if (labels_eq(x->labels, labels))
			g = x;
	}
	if (g != NULL || p->summed || p->order.n == GROUPS_MAX) {
		p->cut |= g == NULL && !p->summed;
		labels_unref(labels);
		return g;
	}
	g = NEW(struct by_group);
	g->labels = labels;
	sums_reset(&g->sums);
	hmap_insert(&p->groups, &g->node, hash);
	VEC_PUSH(&p->order, g);
	return g;
}

struct visit {
	struct by_page *p;
	struct work *w;
	struct moment now;
};

/* The group of an alert that passes; NULL: it does not, or there is none. MATCH_LATER: w is used up. */
static enum match
look_at_alert(struct visit *v, const struct alert_entry *entry, const struct alert *a, struct seen *seen, struct by_group **out)
{
	struct by_page *p = v->p;
	enum match m = look_at(&p->look, p->page.api->env.engine, entry, a, v->now, v->w, p->page.scratch, seen);

	*out = m == MATCH_YES ? group_of(p, a, v->w) : NULL;
	return m;
}

static bool
sum_up(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct by_group *g;
	struct seen seen;
	enum match m = look_at_alert(v, entry, a, &seen, &g);

	if (g != NULL)
		sums_add(&g->sums, v->p->page.api, &seen);
	return m != MATCH_LATER;
}

static bool
find_shown(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct by_group *g;
	struct seen seen;
	enum match m = look_at_alert(v, entry, a, &seen, &g);

	if (g == NULL || !g->on_page)
		return m != MATCH_LATER;
	if (g->shared.alerts < SHARED_ALERTS_MAX)
		shared_add(&g->shared, &seen, v->w);
	if (g->alerts.n < v->p->alerts)
		VEC_PUSH(&g->alerts, labels_ref(a->labels));
	return true;
}

/* One walk through all alerts; false: w is used up. */
static bool
walk(struct by_page *p, view_visit *visit, struct work *w, struct moment now)
{
	struct visit v = { p, w, now };

	if (!alert_filter_walk(&p->look.f, p->page.api->env.engine, &p->at, w, visit, &v))
		return false;
	labels_unref(p->at);
	p->at = NULL;
	return true;
}

static bool
look(struct page *page, struct work *w, struct moment now)
{
	struct by_page *p = CONTAINER_OF(page, struct by_page, page);

	if (!p->summed && !walk(p, sum_up, w, now))
		return false;
	p->summed = true;
	p->look.counts = NULL;
	for (; p->offered < p->order.n; p->offered++) {
		struct by_group *g = p->order.v[p->offered];
		struct page_key key = { .id = labels_fingerprint(g->labels), .id2 = labels_hash(g->labels) };

		if (work_used_up(w))
			return false;
		p->total_alerts += g->sums.all;
		sums_key(p->sort, &g->sums, g->labels, &key);
		(void)page_offer(page, &key, g);
		work_spend(w, OFFER_UNITS);
	}
	return true;
}

static void
keep(void *what)
{
	((struct by_group *)what)->on_page = true;
}

static void
write_head(struct by_page *p, const struct by_group *g)
{
	struct json_writer *w = &p->page.w;

	json_object_begin(w);
	ext_put_fingerprint(w, "id", labels_fingerprint(g->labels));
	json_put_null(w, "receiver");
	ext_put_labels(w, "labels", g->labels);
	json_put_raw(w, "route_labels", STR("{}"));
	write_shared(w, &g->shared, g->labels);
	write_sums(w, &g->sums);
	json_put_null(w, "next_flush");
	json_put_null(w, "next_repeat");
	write_strings(w, "muted_by", NULL, 0);
	write_ack(w, g->sums.counts[SEEN_ACKED] == g->sums.all ? g->shared.ack : NULL);
	json_put_null(w, "last");
	json_key(w, STR("alerts"));
	json_array_begin(w);
}

/* Writes the next alert; false: w is used up. */
static bool
write_alert_of(struct by_page *p, const struct by_group *g, struct work *w, struct moment now)
{
	struct engine *e = p->page.api->env.engine;
	struct labels *labels = g->alerts.v[p->shown];
	const struct alert_entry *entry = view_entry(e, labels);
	struct seen seen;

	if (entry == NULL) {
		p->shown++;
		return true;
	}
	if (!look_only(&p->look, e, entry, view_alert_of(e, labels), now, w, p->page.scratch, &seen))
		return false;
	json_object_begin(&p->page.w);
	write_member_seen(&p->page.w, &seen, &g->shared);
	json_object_end(&p->page.w);
	p->shown++;
	return true;
}

static void
write_csv(struct sbuf *line, const struct by_group *g)
{
	csv_fingerprint(line, labels_fingerprint(g->labels));
	csv_cell(line, STR(""));
	csv_labels(line, g->labels);
	write_sums_csv(line, &g->sums);
	for (int i = 0; i < 3; i++)
		csv_cell(line, STR(""));
	csv_end(line);
}

static bool
write(struct page *page, void *what, struct work *w, struct moment now)
{
	struct by_page *p = CONTAINER_OF(page, struct by_page, page);
	const struct by_group *g = what;

	if (page->format == PAGE_CSV) {
		write_csv(&page->body.plain, g);
		return true;
	}
	if (!p->found && !walk(p, find_shown, w, now))
		return false;
	p->found = true;
	if (!p->inside) {
		write_head(p, g);
		p->inside = true;
		p->shown = 0;
	}
	while (p->shown < g->alerts.n)
		if (work_used_up(w) || !write_alert_of(p, g, w, now))
			return false;
	json_array_end(&page->w);
	json_put_bool(&page->w, "more", g->sums.all > g->alerts.n);
	json_object_end(&page->w);
	p->inside = false;
	return true;
}

static void
more(struct page *page)
{
	const struct by_page *p = CONTAINER_OF(page, struct by_page, page);

	json_put_uint(&page->w, "total_alerts", p->total_alerts);
	write_counts(&page->w, p->counts);
	json_put_bool(&page->w, "cut", p->cut);
}

/* Sums stay; what is shown is found anew. */
static void
rewind_walk(struct page *page)
{
	struct by_page *p = CONTAINER_OF(page, struct by_page, page);

	p->offered = p->total_alerts = 0;
	p->found = false;
}

/* The sums stay, as of all groups. */
static void
drop(void *what)
{
	struct by_group *g = what;

	g->on_page = false;
	shared_reset(&g->shared);
	for (size_t i = 0; i < g->alerts.n; i++)
		labels_unref(g->alerts.v[i]);
	VEC_FINI(&g->alerts);
}

/* There may be many of them: in slices. */
static bool
dismantle(struct packed *body, struct work *w)
{
	struct by_page *p = CONTAINER_OF(body, struct by_page, page.body);

	/* The items of the page are some of these. */
	p->page.n = 0;
	while (p->order.n > 0) {
		struct by_group *g = p->order.v[p->order.n - 1];

		if (work_used_up(w))
			return false;
		work_spend(w, FREE_UNITS + (int64_t)g->alerts.n);
		drop(g);
		sums_reset(&g->sums);
		labels_unref(g->labels);
		mem_free(g);
		p->order.n--;
	}
	return true;
}

static void
fini(struct page *page)
{
	struct by_page *p = CONTAINER_OF(page, struct by_page, page);
	struct work all = { INT64_MAX };

	(void)dismantle(&page->body, &all);
	VEC_FINI(&p->order);
	hmap_fini(&p->groups);
	labels_unref(p->at);
	look_fini(&p->look);
}

static const struct page_kind by_kind = {
	.look = look, .keep = keep, .write = write, .more = more, .drop = drop, .fini = fini, .rewind = rewind_walk, .file = "groups",
	.columns = "id,receiver,labels," SUMS_COLUMNS ",next_flush,last,outcome"
};

static bool
read_names(struct by_page *p, struct call *c, struct str list)
{
	while (list.n > 0) {
		struct str name = str_trim(str_split(&list, ','));

		if (p->names_n == NAMES_MAX || !label_name_valid(name, NAMING_UTF8)) {
			ext_error_at(c, 400, "bad_parameter", STR("group_by is \"route\", or up to 10 names of labels with commas between"),
			    "group_by", -1);
			return false;
		}
		p->names[p->names_n++] = name;
	}
	return true;
}

bool
groups_by_labels(struct call *c, enum groups_sort sort, size_t alerts)
{
	struct str list = ext_query_str(c, "group_by");
	struct by_page *p;

	if (list.n == 0 || str_is(list, "route"))
		return false;
	p = NEW(struct by_page);
	p->sort = sort;
	p->alerts = alerts;
	if (!read_names(p, c, list) || !page_init(&p->page, c, &by_kind) || !look_init(&p->look, c))
		mem_free(p);
	else {
		p->look.counts = p->counts;
		p->page.body.dismantle = dismantle;
		page_reply(&p->page, c);
	}
	return true;
}
