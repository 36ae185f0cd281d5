/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as they come back from the disk. */
#include <assert.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "row_log_private.h"
#include "wire/codec_state.h"

/* While rows are read, alerts are found by their id and all else by its number. */
struct kept_index {
	struct arena *arena;		/* of all that is found in them: it goes at once */
	struct hmap alerts, groups, records;
};
struct found {
	struct hmap_node node;
	struct kept_item *item;
};

static uint64_t
hash_id(struct alert_id id)
{
	return hash_seeded(&id, sizeof(id));
}

static struct found *
find_alert(const struct row_log *k, struct alert_id id)
{
	for (struct hmap_node *n = hmap_first(&k->index->alerts, hash_id(id)); n != NULL; n = hmap_next(n)) {
		struct found *f = CONTAINER_OF(n, struct found, node);
		struct alert_id its = alert_id_of(alert_of(f->item)->alert->labels);

		if (its.fingerprint == id.fingerprint && its.hash == id.hash)
			return f;
	}
	return NULL;
}

static struct found *
find_number(const struct hmap *m, uint64_t number)
{
	struct hmap_node *n = hmap_first(m, number);

	return n != NULL ? CONTAINER_OF(n, struct found, node) : NULL;
}

static void
add_found(const struct row_log *k, struct hmap *m, struct kept_item *item, uint64_t hash)
{
	struct found *f = ARENA_NEW(k->index->arena, struct found);

	f->item = item;
	hmap_insert(m, &f->node, hash);
}

static void
remove_found(struct row_log *k, struct hmap *m, struct found *f)
{
	if (f == NULL)
		return;
	row_log_remove(k, f->item);
	hmap_remove(m, &f->node);
}

struct loading {
	struct row_log *k;
	struct kept_row *row;
};

/* It is spelled out in this row. */
static void
put_item(struct loading *in, struct kept_item *i)
{
	row_log_enter_row(in->k, i, in->row, 0);
	i->known = true;
	list_append(&in->row->items, &i->place);
}

static void
load_alert(void *arg, struct alert *take)
{
	struct loading *in = arg;
	struct row_log *k = in->k;
	struct alert_id id = alert_id_of(take->labels);
	struct kept_alert *ka;

	remove_found(k, &k->index->alerts, find_alert(k, id));
	ka = row_log_add_alert(k, take);
	alert_unref(take);
	ka->disk_ends = wall_to_ns(alert_ends(ka->alert));
	put_item(in, &ka->item);
	add_found(k, &k->index->alerts, &ka->item, hash_id(id));
}

static void
load_alert_ahead(void *arg, struct alert_id id)
{
	const struct loading *in = arg;

	hmap_fetch(&in->k->index->alerts, hash_id(id));
}

static void
load_times(void *arg, struct alert_id id, const struct alert_times *t)
{
	struct loading *in = arg;
	const struct found *f = find_alert(in->k, id);
	struct kept_alert *ka;

	if (f == NULL)
		return;
	ka = alert_of(f->item);
	alert_set_starts(ka->alert, t->starts);
	alert_set_ends(ka->alert, t->ends);
	alert_set_updated(ka->alert, t->updated);
	ka->alert->timeout = t->timeout;
	ka->disk_ends = wall_to_ns(t->ends);
}

static void
load_drop(void *arg, struct alert_id id)
{
	struct loading *in = arg;

	remove_found(in->k, &in->k->index->alerts, find_alert(in->k, id));
}

static void
load_group(void *arg, const struct stored_group *g)
{
	struct loading *in = arg;
	struct row_log *k = in->k;
	struct kept_group *kg;

	remove_found(k, &k->index->groups, find_number(&k->index->groups, g->number));
	kg = row_log_add_group(k, g);
	put_item(in, &kg->item);
	add_found(k, &k->index->groups, &kg->item, g->number);
	if (g->number > k->last_group)
		k->last_group = g->number;
}

static void
load_group_state(void *arg, const struct stored_group *g)
{
	struct loading *in = arg;
	const struct found *f = find_number(&in->k->index->groups, g->number);

	if (f != NULL)
		row_log_set_state(group_of(f->item), g);
}

static void
load_group_drop(void *arg, uint64_t number)
{
	struct loading *in = arg;

	remove_found(in->k, &in->k->index->groups, find_number(&in->k->index->groups, number));
	if (number > in->k->last_group)
		in->k->last_group = number;
}

static void
load_record(void *arg, unsigned table, uint64_t number, struct str body)
{
	struct loading *in = arg;
	struct row_log *k = in->k;
	struct kept_record *r;

	remove_found(k, &k->index->records, find_number(&k->index->records, number));
	r = row_log_add_record(k, table == TABLE_INTENT ? KEPT_INTENT : KEPT_LOG_ENTRY, number, body);
	put_item(in, &r->item);
	add_found(k, &k->index->records, &r->item, number);
}

static void
load_record_drop(void *arg, uint64_t number)
{
	struct loading *in = arg;

	remove_found(in->k, &in->k->index->records, find_number(&in->k->index->records, number));
	if (number > in->k->last_record)
		in->k->last_record = number;
}

/* From so many bytes on, when a so many'th of all has been read, the tables get room for what the rest promises, at once. */
#define FORETOLD_FROM (64 << 10)
#define FORETOLD_TIMES 32

static void
expect_rest(struct row_log *k)
{
	size_t times;

	if (k->foretold || k->bytes < FORETOLD_FROM || k->bytes < k->expected / FORETOLD_TIMES)
		return;
	k->foretold = true;
	times = k->expected / k->bytes + 1;
	if (times < 2)
		return;
	hmap_reserve(&k->index->alerts, times * k->index->alerts.n);
	hmap_reserve(&k->index->groups, times * k->index->groups.n);
	interned_expect(times);
}

bool
row_log_load_row(struct row_log *k, enum db_table t, struct str key, struct str body, struct err *e)
{
	struct loading in = { .k = k };
	struct alert_row_reader reader = { load_alert, load_times, load_drop, load_group, load_group_state, load_group_drop, load_record, load_record_drop, &in, load_alert_ahead };
	uint64_t number = codec_get_number_key(key);
	size_t n = 0;
	bool ok;

	if (number == 0)
		return err_set(e, ERR_INVALID, "malformed key of a row of alerts");
	if (k->index == NULL) {
		k->index = NEW(struct kept_index);
		k->index->arena = arena_new();
	}
	in.row = row_log_add_row(k, t, number);
	in.row->bytes = (uint32_t)body.n;
	k->bytes += body.n;
	if (number > k->last_row)
		k->last_row = number;
	ok = alert_row_read(body, &reader, e);
	expect_rest(k);
	LIST_EACH(&in.row->items, node)
		n++;
	/* How much each takes is only known on average. */
	LIST_EACH(&in.row->items, node)
		row_log_enter_row(k, item_of(node), in.row, body.n / n);
	return ok;
}

void
row_log_loaded(struct row_log *k)
{
	if (k->index == NULL)
		return;
	hmap_fini(&k->index->alerts);
	hmap_fini(&k->index->groups);
	hmap_fini(&k->index->records);
	arena_free(&k->index->arena);
	mem_free(k->index);
	k->index = NULL;
}

/* Those that an older version wrote come first, as their numbers do. */
static const enum db_table log_tables[] = { TABLE_ALERTS, TABLE_LOG_ROWS };

void
row_log_load(struct row_log *k, const struct db_rows *l, void (*bad)(void *arg, const struct err *e), void *arg)
{
	struct err e;

	for (size_t t = 0; t < ARRAY_LEN(log_tables); t++)
		for (size_t i = 0; i < l->rows[log_tables[t]].n; i++)
			k->expected += l->rows[log_tables[t]].v[i].body.n;
	for (size_t t = 0; t < ARRAY_LEN(log_tables); t++)
		for (size_t i = 0; i < l->rows[log_tables[t]].n; i++) {
			const struct loaded_row *row = &l->rows[log_tables[t]].v[i];

			e = (struct err){ 0 };
			if (!row_log_load_row(k, log_tables[t], row->key, row->body, &e) && bad != NULL)
				bad(arg, &e);
		}
	row_log_loaded(k);
}

struct alert_visit {
	void (*visit)(void *arg, struct row_log *k, struct kept_alert *ka);
	void *arg;
};

static void
visit_alert(struct row_log *k, struct kept_item *i, void *arg)
{
	const struct alert_visit *v = arg;

	if (i->kind == KEPT_ALERT)
		v->visit(v->arg, k, alert_of(i));
}

void
row_log_each_alert(struct row_log *k, void (*visit)(void *arg, struct row_log *k, struct kept_alert *ka), void *arg)
{
	row_log_each(k, visit_alert, &(struct alert_visit){ visit, arg });
}

struct group_visit {
	void (*visit)(void *arg, const struct stored_group *g, void *place);
	void *arg;
};

static void
visit_group(struct row_log *k, struct kept_item *i, void *arg)
{
	const struct group_visit *v = arg;

	(void)k;
	if (i->kind == KEPT_GROUP)
		v->visit(v->arg, &group_of(i)->g, i);
}

void
row_log_each_group(struct row_log *k, void (*visit)(void *arg, const struct stored_group *g, void *place), void *arg)
{
	row_log_each(k, visit_group, &(struct group_visit){ visit, arg });
}

void *
row_log_alert_place(struct kept_alert *ka)
{
	return &ka->item;
}

void
row_log_restored_end(struct row_log *k, struct kept_alert *ka, struct wall ends, uint64_t no)
{
	assert(ka->alert->refs == 1);
	alert_set_ends(ka->alert, ends);
	row_log_news(k, &ka->item, NEWS_TIMES, no);
}
