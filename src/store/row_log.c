/* SPDX-License-Identifier: Apache-2.0 */
#include "row_log.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"
#include "row_log_private.h"

void
row_log_init(struct row_log *k)
{
	*k = (struct row_log){ .body = SBUF_INIT(SBUF_UNLIMITED) };
	alert_row_init(&k->row);
}

struct kept_row *
row_log_find_row(const struct row_log *k, uint32_t number)
{
	uint32_t first = k->rows.v[0]->number;
	size_t from = 0, to = k->rows.n;

	/* By how far they are behind the first one, as numbers may begin anew. */
	while (to - from > 1) {
		size_t middle = from + (to - from) / 2;

		if (k->rows.v[middle]->number - first <= number - first)
			from = middle;
		else
			to = middle;
	}
	assert(k->rows.v[from]->number == number);
	return k->rows.v[from];
}

void
row_log_leave_row(struct row_log *k, struct kept_item *i)
{
	struct kept_row *row = row_of(k, i);

	if (row == NULL)
		return;
	if (i->news == NEWS_NONE)
		list_remove(&row->items, &i->place);
	k->live_bytes -= i->bytes;
	row->items_n--;
	i->has_row = false;
	i->bytes = 0;
}

void
row_log_enter_row(struct row_log *k, struct kept_item *i, struct kept_row *row, size_t bytes)
{
	row->items_n += !i->has_row;
	i->has_row = true;
	i->row = row->number;
	i->bytes = bytes < BYTES_MOST ? (uint32_t)bytes & BYTES_MOST : BYTES_MOST;
	k->live_bytes += i->bytes;
}

struct kept_row *
row_log_add_row(struct row_log *k, enum db_table t, uint64_t key)
{
	struct kept_row *row = NEW(struct kept_row);

	row->key = key;
	row->table = t;
	row->number = k->rows.n > 0 ? k->rows.v[k->rows.n - 1]->number + 1 : 0;
	VEC_PUSH(&k->rows, row);
	return row;
}

static void
free_alert(struct row_log *k, struct kept_alert *ka)
{
	k->alerts_n--;
	alert_unref(ka->alert);
	slab_free(ka);
}

static void
forget_state(struct kept_group *kg)
{
	istr_unref(kg->g.route_id);
	istr_unref(kg->g.receiver);
	labels_unref(kg->g.labels);
	if (kg->g.alerts != &kg->one)
		mem_free((uint64_t *)(uintptr_t)kg->g.alerts);
}

static void
free_group(struct row_log *k, struct kept_group *kg)
{
	k->groups_n--;
	forget_state(kg);
	slab_free(kg);
}

void
row_log_remove(struct row_log *k, struct kept_item *i)
{
	if (i->news != NEWS_NONE) {
		list_remove(news_list(k, i), &i->place);
		k->news_n--;
	}
	row_log_leave_row(k, i);
	if (is_record(i))
		row_log_free_record(k, record_of(i));
	else if (i->kind == KEPT_GROUP)
		free_group(k, group_of(i));
	else
		free_alert(k, alert_of(i));
}

void
row_log_row_free(struct row_log *k, struct kept_row *row)
{
	k->bytes -= row->bytes;
	mem_free(row);
}

static void
each_upto(struct row_log *k, const struct list *l, const struct list_node *last,
    void (*visit)(struct row_log *k, struct kept_item *i, void *arg), void *arg)
{
	bool ended = last == NULL;

	LIST_EACH(l, n) {
		if (ended)
			break;
		ended = n == last;
		visit(k, item_of(n), arg);
	}
}

void
row_log_each(struct row_log *k, void (*visit)(struct row_log *k, struct kept_item *i, void *arg), void *arg)
{
	/* Those that a visit makes news are not visited again. */
	const struct list_node *last = k->news.last, *last_record = k->records.last;

	each_upto(k, &k->news, last, visit, arg);
	each_upto(k, &k->records, last_record, visit, arg);
	for (size_t r = 0; r < k->rows.n; r++)
		LIST_EACH(&k->rows.v[r]->items, n)
			visit(k, item_of(n), arg);
}

static void
visit_remove(struct row_log *k, struct kept_item *i, void *arg)
{
	(void)arg;
	row_log_remove(k, i);
}

void
row_log_fini(struct row_log *k)
{
	row_log_loaded(k);
	row_log_each(k, visit_remove, NULL);
	for (size_t i = 0; i < k->rows.n; i++)
		row_log_row_free(k, k->rows.v[i]);
	VEC_FINI(&k->rows);
	VEC_FINI(&k->drops);
	VEC_FINI(&k->writing_drops);
	hmap_fini(&k->intents);
	sbuf_fini(&k->body);
	alert_row_fini(&k->row);
}

void
row_log_news(struct row_log *k, struct kept_item *i, enum news news, uint64_t no)
{
	struct kept_row *row;

	if (i->news == NEWS_NONE) {
		row = row_of(k, i);
		if (row != NULL)
			list_remove(&row->items, &i->place);
		list_append(news_list(k, i), &i->place);
		k->news_n++;
		row_log_set_no(k, i, no);
	}
	if (i->news < news)
		i->news = news & 3;
}

/* As long as it is news, at most four billion other changes come. */
void
row_log_set_no(struct row_log *k, struct kept_item *i, uint64_t no)
{
	if (no > k->last_no)
		k->last_no = no;
	i->no = (uint32_t)no;
}

uint64_t
row_log_no(const struct row_log *k, const struct kept_item *i)
{
	return k->last_no - ((uint32_t)k->last_no - i->no);
}

struct kept_alert *
row_log_add_alert(struct row_log *k, struct alert *a)
{
	struct kept_alert *ka = SLAB_NEW(struct kept_alert);

	ka->alert = alert_ref(a);
	k->alerts_n++;
	return ka;
}

/* Does the disk have to know of these times at once? `ends` is what it knows. */
static bool
times_matter(const struct alert *old, const struct alert *fresh, int64_t ends)
{
	int64_t now = wall_to_ns(alert_updated(fresh)), given = wall_to_ns(alert_ends(fresh));

	if (wall_cmp(alert_starts(old), alert_starts(fresh)) != 0 || old->timeout != fresh->timeout)
		return true;
	if (given <= now || given < ends)
		return given != ends;
	return ends <= now || ends - now < (given - now) / 2;
}

static enum news
news_of(const struct kept_alert *ka, const struct alert *a)
{
	const struct alert *old = ka->alert;

	if (old->annotations != a->annotations || old->generator_url != a->generator_url)
		return NEWS_ALL;
	return times_matter(old, a, ka->disk_ends) ? NEWS_TIMES : NEWS_NONE;
}

bool
row_log_set(struct row_log *k, struct alert *a, uint64_t no, void **place)
{
	struct kept_item *i = *place;
	struct kept_alert *ka;
	enum news news;

	if (i == NULL) {
		i = &row_log_add_alert(k, a)->item;
		row_log_news(k, i, NEWS_ALL, no);
		*place = i;
		return true;
	}
	ka = alert_of(i);
	assert(i->kind == KEPT_ALERT && labels_eq(ka->alert->labels, a->labels));
	news = news_of(ka, a);
	alert_ref(a);
	alert_unref(ka->alert);
	ka->alert = a;
	if (news == NEWS_NONE)
		return false;
	row_log_news(k, i, news, no);
	return true;
}

/* Takes the members over. */
static void
set_members(struct kept_group *kg, const uint64_t *alerts, size_t n)
{
	uint64_t *v = &kg->one;

	if (n > 1)
		v = mem_calloc(n, sizeof(*v));
	if (n > 0)
		memcpy(v, alerts, n * sizeof(*v));
	kg->g.alerts = v;
	kg->g.alerts_n = n;
}

struct kept_group *
row_log_add_group(struct row_log *k, const struct stored_group *g)
{
	struct kept_group *kg = SLAB_NEW(struct kept_group);

	kg->item.kind = KEPT_GROUP;
	kg->g = *g;
	istr_ref(g->route_id);
	istr_ref(g->receiver);
	labels_ref(g->labels);
	set_members(kg, g->alerts, g->alerts_n);
	k->groups_n++;
	return kg;
}

void
row_log_set_state(struct kept_group *kg, const struct stored_group *g)
{
	if (kg->g.alerts != &kg->one)
		mem_free((uint64_t *)(uintptr_t)kg->g.alerts);
	set_members(kg, g->alerts, g->alerts_n);
	kg->g.next_flush = g->next_flush;
	kg->g.group_wait = g->group_wait;
	kg->g.group_interval = g->group_interval;
	kg->g.flushed = g->flushed;
}

static struct kept_group *
new_group(struct row_log *k, const struct group_state *g)
{
	struct stored_group fresh = {
		.number = ++k->last_group,
		.route_id = istr_get(g->route_id),
		.receiver = istr_get(g->receiver),
		.labels = (struct labels *)(uintptr_t)g->labels,
	};
	struct kept_group *kg = row_log_add_group(k, &fresh);

	istr_unref(fresh.route_id);
	istr_unref(fresh.receiver);
	return kg;
}

void
row_log_set_group(struct row_log *k, const struct group_state *g, uint64_t no, void **place)
{
	const struct stored_group state = { .next_flush = g->next_flush, .flushed = g->flushed, .group_wait = g->group_wait,
		.group_interval = g->group_interval, .alerts = g->alerts, .alerts_n = g->alerts_n };
	struct kept_item *i = *place;
	struct kept_group *kg;

	if (i == NULL)
		*place = i = &new_group(k, g)->item;
	kg = group_of(i);
	assert(i->kind == KEPT_GROUP && kg->g.labels == g->labels && str_eq(istr_str(kg->g.route_id), g->route_id) &&
	    str_eq(istr_str(kg->g.receiver), g->receiver));
	row_log_set_state(kg, &state);
	row_log_news(k, i, NEWS_TIMES, no);
}

bool
row_log_forget(struct row_log *k, struct kept_item *i)
{
	struct kept_drop drop = { .kind = (enum kept_kind)i->kind };
	bool known = is_known(k, i);

	if (is_record(i))
		drop.number = record_of(i)->number;
	else if (i->kind == KEPT_GROUP)
		drop.number = group_of(i)->g.number;
	else
		drop.id = alert_id_of(alert_of(i)->alert->labels);
	row_log_remove(k, i);
	if (known)
		VEC_PUSH(&k->drops, drop);
	return known;
}

bool
row_log_drop(struct row_log *k, void **place)
{
	struct kept_item *i = *place;

	*place = NULL;
	return i != NULL && row_log_forget(k, i);
}

static void
visit_settle(struct row_log *k, struct kept_item *i, void *arg)
{
	const uint64_t *no = arg;

	if (i->kind == KEPT_ALERT && i->news == NEWS_NONE && alert_of(i)->disk_ends != wall_to_ns(alert_ends(alert_of(i)->alert)))
		row_log_news(k, i, NEWS_TIMES, *no);
}

void
row_log_settle(struct row_log *k, uint64_t no)
{
	row_log_each(k, visit_settle, &no);
}

struct alert *
row_log_alert(const struct kept_alert *ka)
{
	return ka->alert;
}
