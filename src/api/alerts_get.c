/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v2/alerts and /api/v2/alerts/groups. */
#include <stdlib.h>

#include "base/vec.h"
#include "handlers.h"


struct listing {
	VEC(struct alert *) alerts;
};

static bool
collect(void *arg, struct alert *a)
{
	struct listing *l = arg;

	VEC_PUSH(&l->alerts, a);
	return true;
}

static int
by_fingerprint(const void *x, const void *y)
{
	const struct alert *a = *(struct alert *const *)x, *b = *(struct alert *const *)y;

	if (a->labels->fingerprint == b->labels->fingerprint)
		return 0;
	return a->labels->fingerprint < b->labels->fingerprint ? -1 : 1;
}

/* Names of the receivers that the routes give a; false when the receiver filters refuse all of them. */
static bool
receivers_of(struct call *c, const struct alert_filter *f, const struct alert *a, struct str **names_out,
    size_t *n_out)
{
	const struct route **routes;
	struct str *names;
	size_t n;
	bool by_name = f->receiver == NULL, by_labels = f->receiver_matchers.n == 0;

	view_match_routes(c->api->env.engine, a->labels, c->arena, &routes, &n);
	names = ARENA_ARRAY(c->arena, n, struct str);
	for (size_t i = 0; i < n; i++) {
		const struct receiver *r = routes[i]->receiver;

		names[i] = r->name;
		by_name = by_name || regex_match(f->receiver, r->name) == REGEX_YES;
		by_labels = by_labels || matchers_match(&f->receiver_matchers, r->labels);
	}
	*names_out = names;
	*n_out = n;
	return by_name && by_labels;
}

void
api_alerts_get(struct call *c)
{
	struct alert_filter f;
	struct listing l = { 0 };
	struct json_writer w;

	if (!alert_filter_init(&f, c))
		return;
	view_alerts(c->api->env.engine, collect, &l);
	if (l.alerts.n > 1)
		qsort(l.alerts.v, l.alerts.n, sizeof(l.alerts.v[0]), by_fingerprint);
	reply_json_begin(c, &w);
	json_array_begin(&w);
	for (size_t i = 0; i < l.alerts.n; i++) {
		struct alert_status status = { 0 };
		struct str *names;
		size_t n;

		if (alert_passes(&f, c, l.alerts.v[i], &status) && receivers_of(c, &f, l.alerts.v[i], &names, &n))
			write_alert(&w, l.alerts.v[i], &status, names, n, NULL, 0);
	}
	json_array_end(&w);
	reply_json_end(c);
	(void)alert_filter_affordable(&f, c);
	VEC_FINI(&l.alerts);
	alert_filter_fini(&f);
}

/* An alert that passed, in one group. */
struct member {
	uint64_t fingerprint;
	struct str receiver;
};

static int
by_member(const void *x, const void *y)
{
	const struct member *a = x, *b = y;

	if (a->fingerprint != b->fingerprint)
		return a->fingerprint < b->fingerprint ? -1 : 1;
	return str_cmp(a->receiver, b->receiver);
}

struct passed_group {
	const struct group_view *group;
	struct alert **alerts;
	struct alert_status *statuses;
	size_t n;
};

struct group_listing {
	VEC(struct passed_group) groups;
	VEC(struct member) members;
};

/* The sorted receivers of all groups that hold an alert. */
static void
member_receivers(const struct group_listing *l, struct arena *a, uint64_t fingerprint, struct str **out, size_t *n_out)
{
	size_t lo = 0, hi = l->members.n, n = 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->members.v[mid].fingerprint < fingerprint)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo + n < l->members.n && l->members.v[lo + n].fingerprint == fingerprint)
		n++;
	*out = ARENA_ARRAY(a, n, struct str);
	for (size_t i = 0; i < n; i++)
		(*out)[i] = l->members.v[lo + i].receiver;
	*n_out = n;
}

static void
filter_groups(struct call *c, const struct alert_filter *f, struct group_listing *l)
{
	struct group_view *groups;
	size_t n;

	view_groups(c->api->env.engine, c->now, c->arena, &groups, &n);
	for (size_t i = 0; i < n; i++) {
		struct passed_group p = { .group = &groups[i] };

		if (!receiver_passes(f, groups[i].receiver))
			continue;
		p.alerts = ARENA_ARRAY(c->arena, groups[i].alerts_n, struct alert *);
		p.statuses = ARENA_ARRAY(c->arena, groups[i].alerts_n, struct alert_status);
		for (size_t j = 0; j < groups[i].alerts_n; j++) {
			struct alert *a = groups[i].alerts[j];
			struct member m = { a->labels->fingerprint, groups[i].receiver->name };

			if (!alert_passes(f, c, a, &p.statuses[p.n]))
				continue;
			p.alerts[p.n++] = a;
			VEC_PUSH(&l->members, m);
		}
		if (p.n > 0)
			VEC_PUSH(&l->groups, p);
	}
	if (l->members.n > 1)
		qsort(l->members.v, l->members.n, sizeof(l->members.v[0]), by_member);
}

static void
write_group(struct call *c, struct json_writer *w, const struct group_listing *l, const struct passed_group *p)
{
	const struct group_view *g = p->group;

	json_object_begin(w);
	json_key(w, STR("alerts"));
	json_array_begin(w);
	for (size_t i = 0; i < p->n; i++) {
		struct str *receivers;
		size_t n;

		member_receivers(l, c->arena, p->alerts[i]->labels->fingerprint, &receivers, &n);
		write_alert(w, p->alerts[i], &p->statuses[i], receivers, n, g->muted_by, g->muted_by_n);
	}
	json_array_end(w);
	json_key(w, STR("labels"));
	write_labels(w, g->labels);
	json_key(w, STR("receiver"));
	json_object_begin(w);
	json_put_str(w, "name", g->receiver->name);
	json_object_end(w);
	json_key(w, STR("routeLabels"));
	write_labels(w, g->route_labels);
	json_object_end(w);
}

void
api_groups(struct call *c)
{
	struct alert_filter f;
	struct group_listing l = { 0 };
	struct json_writer w;

	if (!alert_filter_init(&f, c))
		return;
	filter_groups(c, &f, &l);
	reply_json_begin(c, &w);
	json_array_begin(&w);
	for (size_t i = 0; i < l.groups.n; i++)
		if (f.muted || l.groups.v[i].group->muted_by_n == 0)
			write_group(c, &w, &l, &l.groups.v[i]);
	json_array_end(&w);
	reply_json_end(c);
	(void)alert_filter_affordable(&f, c);
	VEC_FINI(&l.groups);
	VEC_FINI(&l.members);
	alert_filter_fini(&f);
}
