/* SPDX-License-Identifier: Apache-2.0 */
/* All there is, for a store that begins anew: from table to table, bucket by bucket, so that it may go in slices. */
#include <assert.h>

#include "base/compiler.h"
#include "engine_state.h"

/* A bucket; saving what lies in it. Records cost most, as they are spelled out at once. */
#define BUCKET_UNITS 1
#define RECORD_UNITS 400
#define ALERT_UNITS 60
#define GROUP_UNITS 20

static void
save_one_silence(struct engine *e, struct hmap_node *node, struct moment now)
{
	const struct silence_entry *entry = CONTAINER_OF(node, struct silence_entry, node);

	(void)now;
	/* Those of rule files come with the configuration. */
	if (entry->silence->source == NULL)
		save_silence(e, entry, CHANGE_SILENCE);
}

static void
save_one_entry(struct engine *e, struct hmap_node *node, struct moment now)
{
	(void)now;
	save_log_entry(e, CONTAINER_OF(node, struct log_entry, node), CHANGE_LOG_ENTRY);
}

static void
save_one_delivery(struct engine *e, struct hmap_node *node, struct moment now)
{
	(void)now;
	delivery_save(e, CONTAINER_OF(node, struct held, by_note));
}

static void
save_one_mark(struct engine *e, struct hmap_node *node, struct moment now)
{
	(void)now;
	reply_mark_save(e, node);
}

static void
save_one_alert(void *arg, void *entry)
{
	struct alert_entry *r = entry;
	struct engine *e = arg;

	work_spend(&e->work, ALERT_UNITS);
	if (!entry_is_over(r))
		save_alert(e, r, CHANGE_ALERT);
}

static void
save_one_group(struct engine *e, struct hmap_node *node, struct moment now)
{
	struct group *g = CONTAINER_OF(node, struct group, node);
	const struct flight *f = g->flight;

	save_group_anew(e, g, now);
	for (size_t i = 0; f != NULL && i < f->legs_n; i++)
		if (f->legs[i].note.id != 0 && f->legs[i].state != LEG_DONE) {
			work_spend(&e->work, RECORD_UNITS + f->firing_n + f->resolved_n);
			save_intent(e, &f->legs[i]);
		}
}

static bool
next_silence(const struct engine *e, struct hmap_cursor *at, struct hmap_node **node)
{
	return hmap_next_bucket(&e->silences.by_id, at, node);
}

static bool
next_entry(const struct engine *e, struct hmap_cursor *at, struct hmap_node **node)
{
	return nflog_next_bucket(e->nflog, at, node);
}

static bool
next_delivery(const struct engine *e, struct hmap_cursor *at, struct hmap_node **node)
{
	return hmap_next_bucket(&e->deliveries.by_note, at, node);
}

static bool
next_mark(const struct engine *e, struct hmap_cursor *at, struct hmap_node **node)
{
	return hmap_next_bucket(&e->reply_marks.by_id, at, node);
}

static bool
next_group(const struct engine *e, struct hmap_cursor *at, struct hmap_node **node)
{
	return hmap_next_bucket(&e->groups, at, node);
}

/* The tables after that of alerts, in the order that they are gone through; groups last, for as of then they are on their list. */
static const struct table {
	bool (*next)(const struct engine *e, struct hmap_cursor *at, struct hmap_node **node);
	void (*save)(struct engine *e, struct hmap_node *node, struct moment now);
	int64_t units;
} tables[] = {
	{ next_silence, save_one_silence, RECORD_UNITS },
	{ next_entry, save_one_entry, ALERT_UNITS },
	{ next_delivery, save_one_delivery, RECORD_UNITS },
	{ next_mark, save_one_mark, RECORD_UNITS },
	{ next_group, save_one_group, GROUP_UNITS },
};

static bool
save_table(struct engine *e, const struct table *t, struct hmap_cursor *at, struct moment now)
{
	struct hmap_node *node;

	while (!work_used_up(&e->work)) {
		work_spend(&e->work, BUCKET_UNITS);
		if (!t->next(e, at, &node))
			return true;
		for (; node != NULL; node = node->next) {
			work_spend(&e->work, t->units);
			t->save(e, node, now);
		}
	}
	return false;
}

static bool
save_alerts(struct engine *e, uint64_t *from)
{
	while (!work_used_up(&e->work)) {
		work_spend(&e->work, BUCKET_UNITS);
		if (!nmap_next_some(&e->alerts.entries, from, save_one_alert, e))
			return true;
	}
	return false;
}

static bool
save_some(struct engine *e, struct engine_saving *s, struct moment now)
{
	/* In the midst of that, groups are not whole. */
	if (settling(e))
		return false;
	if (!save_alerts(e, &s->alerts))
		return false;
	for (; s->table < ARRAY_LEN(tables); s->table++) {
		if (!save_table(e, &tables[s->table], &s->at, now))
			return false;
		s->at = (struct hmap_cursor){ 0 };
	}
	return save_anew_step(e, now);
}

bool
engine_save_some(struct engine *e, struct engine_saving *s, struct work *w, struct moment now)
{
	int64_t left;
	bool all;

	engine_enter(e, now);
	left = e->work.left;
	e->work.left = w->left;
	all = save_some(e, s, now);
	w->left = e->work.left;
	e->work.left = left;
	engine_leave(e, now);
	return all;
}

void
engine_save_all(struct engine *e, struct moment now)
{
	struct engine_saving s = { 0 };
	struct work all = { INT64_MAX };
	bool done;

	engine_enter(e, now);
	settle_whole(e, now);
	engine_leave(e, now);
	done = engine_save_some(e, &s, &all, now);
	assert(done);
	(void)done;
}
