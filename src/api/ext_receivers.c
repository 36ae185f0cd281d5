/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/receivers and /api/ext/v1/routes: the configuration in force, and how it fares. */
#include "base/mem.h"
#include "ext_page.h"
#include "receiver_stats.h"

/* Both lists: items of one configuration, by their index; `what` is the index and 1. */
struct config_page {
	struct page page;
	struct config *config;	/* owned reference: a reload meanwhile does not show */
	size_t at;
	const struct route **routes;	/* by index; owned */
	size_t *places;			/* of them among their siblings; owned */
	size_t *counts;			/* routes that name each receiver, by its index; owned */
	/* Figures of routes: groups and alerts of each, by index. */
	struct group_place group;	/* counted so far */
	uint32_t *groups, *alerts;	/* owned */
};

#define ITEM_UNITS 5
#define GROUP_UNITS 40

static void *
item_of(size_t index)
{
	return (void *)(uintptr_t)(index + 1);
}

static size_t
index_of(void *what)
{
	return (uintptr_t)what - 1;
}

static void
drop(void *what)
{
	(void)what;
}

/* The tree in the order in which alerts are tried against it, and the place of each among its siblings. */
static void
list_routes(struct config_page *p)
{
	const struct config *c = p->config;

	p->routes = mem_calloc(c->routes_n, sizeof(p->routes[0]));
	p->places = mem_calloc(c->routes_n, sizeof(p->places[0]));
	p->routes[c->route->index] = c->route;
	/* Parents come before their children. */
	for (size_t i = 0; i < c->routes_n; i++)
		for (size_t k = 0; k < p->routes[i]->routes_n; k++) {
			const struct route *child = p->routes[i]->routes[k];

			p->routes[child->index] = child;
			p->places[child->index] = k;
		}
}

static bool
look(struct page *page, size_t n, struct work *w)
{
	struct config_page *p = CONTAINER_OF(page, struct config_page, page);

	for (; p->at < n; p->at++) {
		struct page_key key = { .n = (int64_t)p->at };

		if (work_used_up(w))
			return false;
		(void)page_offer(page, &key, item_of(p->at));
		work_spend(w, ITEM_UNITS);
	}
	return true;
}

static void
fini(struct page *page)
{
	struct config_page *p = CONTAINER_OF(page, struct config_page, page);

	group_place_fini(&p->group);
	config_unref(p->config);
	mem_free(p->routes);
	mem_free(p->places);
	mem_free(p->counts);
	mem_free(p->groups);
	mem_free(p->alerts);
}

static bool
look_receivers(struct page *page, struct work *w, struct moment now)
{
	struct config_page *p = CONTAINER_OF(page, struct config_page, page);

	(void)now;
	return look(page, p->config->receivers_n, w);
}

static void
write_integration(const struct api *a, struct json_writer *w, const struct receiver *r, const struct integration *i,
    struct wall now)
{
	struct integration_stat stat;
	char id[INTEGRATION_TEXT_MAX];

	receiver_stats_get(a->receiver_stats, r->name, i, now, &stat);
	json_object_begin(w);
	json_put_str(w, "id", integration_text(i, id));
	json_put_str(w, "type", str_from(i->kind->name));
	ext_put_time(w, "last_success", stat.last_success);
	if (wall_is_zero(stat.last_error)) {
		json_put_null(w, "last_error");
	} else {
		json_key(w, STR("last_error"));
		json_object_begin(w);
		ext_put_time(w, "at", stat.last_error);
		json_put_str(w, "text", stat.error);
		json_put_uint(w, "attempts", stat.attempts);
		json_object_end(w);
	}
	json_put_uint(w, "retrying", stat.retrying);
	json_key(w, STR("day"));
	json_object_begin(w);
	json_put_uint(w, "sent", stat.sent);
	json_put_uint(w, "failed", stat.failed);
	json_object_end(w);
	json_object_end(w);
}

static bool
write_receiver(struct page *page, void *what, struct work *w, struct moment now)
{
	struct config_page *p = CONTAINER_OF(page, struct config_page, page);
	const struct receiver *r = &p->config->receivers[index_of(what)];

	json_object_begin(&page->w);
	json_put_str(&page->w, "name", r->name);
	ext_put_labels(&page->w, "labels", r->labels);
	json_put_uint(&page->w, "routes", p->counts[r->index]);
	json_key(&page->w, STR("integrations"));
	json_array_begin(&page->w);
	for (size_t i = 0; i < r->n; i++)
		write_integration(page->api, &page->w, r, &r->integrations[i], now.wall);
	json_array_end(&page->w);
	json_object_end(&page->w);
	work_spend(w, ITEM_UNITS * (int64_t)r->n);
	return true;
}

/* Groups and alerts of each route; false: w is used up. */
static bool
count_groups(struct config_page *p, struct work *w)
{
	const struct engine *e = p->page.api->env.engine;
	struct group_item g;

	if (view_groups_settle(e))
		return false;
	while (!work_used_up(w)) {
		if (!view_group_after(e, &p->group, &g))
			return true;
		group_place_set(&p->group, g.route, g.labels);
		work_spend(w, GROUP_UNITS + view_group_units(&g));
		/* After a reload meanwhile they are of others. */
		if (view_config(e) != p->config)
			continue;
		p->groups[g.route->index]++;
		p->alerts[g.route->index] += (uint32_t)g.alerts_n;
	}
	return false;
}

static bool
look_routes(struct page *page, struct work *w, struct moment now)
{
	struct config_page *p = CONTAINER_OF(page, struct config_page, page);

	(void)now;
	return count_groups(p, w) && look(page, p->config->routes_n, w);
}

/* "0/2/1": the second child of the third child of the root. */
static void
write_path(struct config_page *p, const struct route *r)
{
	struct arena *a = p->page.scratch;
	struct str path = STR("");

	for (; r->parent != NULL; r = r->parent)
		path = arena_printf(a, "/%zu%.*s", p->places[r->index], STR_ARG(path));
	json_put_str(&p->page.w, "path", arena_printf(a, "0%.*s", STR_ARG(path)));
}

static void
write_intervals(struct json_writer *w, const char *key, const struct time_interval *const *v, size_t n)
{
	json_key(w, str_from(key));
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		json_str(w, v[i]->name);
	json_array_end(w);
}

static bool
same_names(const struct route *a, const struct route *b)
{
	if (a->group_by_all != b->group_by_all || a->group_by_n != b->group_by_n)
		return false;
	for (size_t i = 0; i < a->group_by_n; i++)
		if (!str_eq(a->group_by[i], b->group_by[i]))
			return false;
	return true;
}

/* The settings that a route has from its parent, or as its parent has them. */
static void
write_inherited(struct json_writer *w, const struct route *r)
{
	const struct route *p = r->parent;

	json_key(w, STR("inherited"));
	json_array_begin(w);
	if (p != NULL) {
		if (r->receiver == p->receiver)
			json_str(w, STR("receiver"));
		if (same_names(r, p))
			json_str(w, STR("group_by"));
		if (r->group_wait == p->group_wait)
			json_str(w, STR("wait"));
		if (r->group_interval == p->group_interval)
			json_str(w, STR("interval"));
		if (r->repeat_interval == p->repeat_interval)
			json_str(w, STR("repeat"));
	}
	json_array_end(w);
}

static bool
write_route(struct page *page, void *what, struct work *w, struct moment now)
{
	struct config_page *p = CONTAINER_OF(page, struct config_page, page);
	const struct route *r = p->routes[index_of(what)];
	struct json_writer *out = &page->w;

	(void)now;
	(void)w;
	json_object_begin(out);
	write_path(p, r);
	json_put_str(out, "receiver", r->receiver->name);
	ext_put_matchers(out, "matchers", &r->matchers);
	json_put_bool(out, "continue", r->continue_);
	if (r->group_by_all) {
		json_put_raw(out, "group_by", STR("[\"...\"]"));
	} else {
		write_strings(out, "group_by", r->group_by, r->group_by_n);
	}
	ext_put_seconds(out, "wait", r->group_wait);
	ext_put_seconds(out, "interval", r->group_interval);
	ext_put_seconds(out, "repeat", r->repeat_interval);
	write_intervals(out, "mute", r->mute, r->mute_n);
	write_intervals(out, "active", r->active, r->active_n);
	write_inherited(out, r);
	json_put_uint(out, "groups", p->groups[r->index]);
	json_put_uint(out, "alerts", p->alerts[r->index]);
	json_put_str(out, "file", r->file);
	json_put_int(out, "line", r->line);
	json_object_end(out);
	return true;
}

static const struct page_kind receivers_kind = {
	.look = look_receivers, .write = write_receiver, .drop = drop, .fini = fini, .unsteady = true, .of = PAGE_OF_CONFIG
};
static const struct page_kind routes_kind = {
	.look = look_routes, .write = write_route, .drop = drop, .fini = fini, .of = PAGE_OF_CONFIG
};

static struct config_page *
begin(struct call *c, const struct page_kind *kind)
{
	static const char *const known[] = { PAGE_PARAMETERS };
	struct config_page *p;

	if (!ext_query_known(c, known, ARRAY_LEN(known)))
		return NULL;
	p = NEW(struct config_page);
	if (!page_init(&p->page, c, kind)) {
		mem_free(p);
		return NULL;
	}
	p->config = config_ref(view_config(c->api->env.engine));
	list_routes(p);
	return p;
}

void
api_ext_receivers(struct call *c)
{
	struct config_page *p = begin(c, &receivers_kind);

	if (p == NULL)
		return;
	p->counts = mem_calloc(p->config->receivers_n, sizeof(p->counts[0]));
	for (size_t i = 0; i < p->config->routes_n; i++)
		p->counts[p->routes[i]->receiver->index]++;
	page_reply(&p->page, c);
}

void
api_ext_routes(struct call *c)
{
	struct config_page *p = begin(c, &routes_kind);

	if (p == NULL)
		return;
	p->groups = mem_calloc(p->config->routes_n, sizeof(p->groups[0]));
	p->alerts = mem_calloc(p->config->routes_n, sizeof(p->alerts[0]));
	page_reply(&p->page, c);
}
