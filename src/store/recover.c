/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to what the engine knows. */
#include "base/mem.h"
#include "core/view.h"
#include "store_private.h"
#include "wire/codec_state.h"
#include "wire/records.h"

/* A sender comes back well within this time. */
#define ENOUGH (5 * SPAN_MIN)

/* So many alerts or records are under way from memory. */
#define RESTORE_AHEAD 16

struct recovery {
	struct store *s;
	struct engine *engine;
	struct moment now;
	struct arena *arena;		/* of one row */
	bool late;			/* the engine runs already */
	struct wall alive;		/* when the last process last wrote; WALL_ZERO: unknown */
	size_t counts[CHANGE_N];	/* restored, by kind */
	size_t skipped;
	struct kept_alert *turns[RESTORE_AHEAD];	/* the last ones that were visited */
	size_t turn;
};

static void
skip(struct recovery *r, const char *what, const struct err *e)
{
	r->skipped++;
	LOG(&r->s->log, LOG_ERROR, "A stored record cannot be used and was skipped", F_CSTR("kind", what), F_ERR(e));
}

static void
drop(struct store *s, enum db_table t, const struct loaded_row *row)
{
	batch_drop(&s->current, t, row->key);
	disk_keys_remove(&s->present, batch_hash(t, row->key));
}

static void
note_alive(struct recovery *r, struct wall t)
{
	/* A clock that was ahead is no witness. */
	if (wall_after(t, r->alive) && !wall_after(t, r->now.wall))
		r->alive = wall_utc(t);
}

/*
 * Nor does what was told get forgotten while we were down: an entry of the log
 * that lost more than half of its time, or all, has as much as it had then. So
 * whoever was told of an alert hears of its end after any downtime.
 */
static bool
give_entry_time(const struct recovery *r, struct log_entry *entry)
{
	span then = wall_sub(entry->expires, r->alive), left = wall_sub(entry->expires, r->now.wall);

	if (wall_is_zero(r->alive) || then <= 0 || left >= then / 2)
		return false;
	entry->expires = wall_add(wall_utc(r->now.wall), then);
	return true;
}

/* The effects on a record of the time that the program was down. True: it is news now. */
static bool
after_downtime(struct recovery *r, const struct change *c)
{
	if (c->kind != CHANGE_LOG_ENTRY)
		return false;
	note_alive(r, c->entry->timestamp);
	return !r->late && give_entry_time(r, (struct log_entry *)(uintptr_t)c->entry);
}

/* How records of one kind come back: a row of core/changes.def. */
struct way_back {
	const char *name;
	enum db_table table;
	bool logged;
	bool (*get)(struct str body, struct arena *a, struct change *out, struct err *e);
	enum restored (*restore)(struct engine *e, struct change *c, struct moment now);
};

static const struct way_back ways_back[] = {
#define RECORD(KIND, name, table, number) { #name, TABLE_##KIND, false, record_get_##name, engine_restore_##name },
#define LOGGED_RECORD(KIND, name, table, number) { #name, TABLE_##KIND, true, record_get_##name, engine_restore_##name },
#include "core/changes.def"
};

/* As schema 3 had it: it moves to the log of rows, with all others, in one transaction. */
static void
move_record(struct recovery *r, const struct way_back *way, const struct loaded_row *row, struct change *c, enum restored done)
{
	struct store *s = r->s;

	drop(s, way->table, row);
	if (done == RESTORED && c->kind == CHANGE_LOG_ENTRY)
		row_log_set_entry(&s->kept, (struct log_entry *)(uintptr_t)c->entry, s->taken + 1,
		    &((struct log_entry *)(uintptr_t)c->entry)->stored_as);
	else if (done == RESTORED)
		row_log_set_intent(&s->kept, c, s->taken + 1);
	s->kept.at_once = true;
	store_take(s);
}

static void
recover_record(struct recovery *r, const struct way_back *way, const struct loaded_row *row)
{
	struct err e UNSET;
	enum restored done;
	struct change c;

	err_clear(&e);
	arena_reset(r->arena);
	if (!way->get(row->body, r->arena, &c, &e)) {
		skip(r, way->name, &e);
		return;
	}
	(void)after_downtime(r, &c);
	done = way->restore(r->engine, &c, r->now);
	if (way->logged && !r->late)
		move_record(r, way, row, &c, done);
	else if (done == RESTORED_EXPIRED)
		drop(r->s, way->table, row);
	r->counts[c.kind] += done == RESTORED;
	record_release(&c);
}

struct logged_recovery {
	struct recovery *r;
	const struct way_back *way;
};

static void
recover_logged(void *arg, struct row_log *k, struct kept_record *rec, struct str body)
{
	const struct logged_recovery *in = arg;
	struct recovery *r = in->r;
	struct err e UNSET;
	enum restored done;
	struct change c;
	bool renewed;

	err_clear(&e);
	arena_reset(r->arena);
	if (!in->way->get(body, r->arena, &c, &e)) {
		skip(r, in->way->name, &e);
		return;
	}
	renewed = after_downtime(r, &c);
	done = in->way->restore(r->engine, &c, r->now);
	r->counts[c.kind] += done == RESTORED;
	if (!r->late && done == RESTORED)
		row_log_restored(k, rec, &c, renewed ? r->s->taken + 1 : 0);
	else if (!r->late)
		row_log_restored_not(k, rec);
	if (!r->late && (renewed || done != RESTORED))
		store_take(r->s);
	record_release(&c);
}

static void
recover_group(void *arg, const struct stored_group *g, void *place)
{
	struct recovery *r = arg;
	struct group_state state = {
		.route_id = istr_str(g->route_id),
		.receiver = istr_str(g->receiver),
		.labels = g->labels,
		.next_flush = g->next_flush,
		.flushed = g->flushed,
		.group_wait = g->group_wait,
		.group_interval = g->group_interval,
		.alerts = g->alerts,
		.alerts_n = g->alerts_n,
	};

	engine_restore_group(r->engine, &state, place, r->now);
	r->counts[CHANGE_GROUP]++;
}

/* As schema 1 had it: all of them move to the alerts, in one transaction. */
static void
move_group(struct recovery *r, const struct loaded_row *row)
{
	struct store *s = r->s;
	struct err e = { 0 };
	struct group_state g;
	void *place = NULL;

	arena_reset(r->arena);
	drop(s, TABLE_GROUPS, row);
	if (!codec_get_group(row->body, r->arena, &g, &e)) {
		skip(r, "group", &e);
		return;
	}
	row_log_set_group(&s->kept, &g, s->taken + 1, &place);
	s->kept.at_once = true;
	store_take(s);
	labels_unref((struct labels *)(uintptr_t)g.labels);
}

/*
 * An alert's end is mostly a promise to come back before it. While we were
 * down nobody could: an alert that had not ended when we were last seen alive
 * has as much time left as it had then, so that no sender's alerts are
 * declared ended for our fault. One that has enough time anyway keeps its end.
 */
static bool
give_time(const struct recovery *r, const struct alert *a, struct wall *ends)
{
	struct wall had = alert_ends(a);
	span down = wall_sub(r->now.wall, r->alive), left = wall_sub(had, r->now.wall);

	if (wall_is_zero(r->alive) || wall_is_zero(had) || down <= 0 || left >= ENOUGH)
		return false;
	if (!wall_after(had, r->alive) || !wall_after(had, alert_updated(a)))
		return false;
	*ends = wall_add(had, down);
	if (wall_sub(*ends, r->now.wall) > ENOUGH)
		*ends = wall_add(r->now.wall, ENOUGH);
	ends->offset = had.offset;
	return true;
}

static void
restore_alert(struct recovery *r, struct kept_alert *ka)
{
	engine_restore_alert(r->engine, row_log_alert(ka), row_log_alert_place(ka), r->now);
	r->counts[CHANGE_ALERT]++;
}

/* Its turn comes when what the engine needs for it has come from memory. */
static void
recover_alert(void *arg, struct row_log *k, struct kept_alert *ka)
{
	struct recovery *r = arg;
	struct kept_alert **turn = &r->turns[r->turn++ % RESTORE_AHEAD];
	struct wall ends;

	if (give_time(r, row_log_alert(ka), &ends)) {
		row_log_restored_end(k, ka, ends, r->s->taken + 1);
		store_take(r->s);
	}
	engine_restore_ahead(r->engine, row_log_alert(ka));
	if (*turn != NULL)
		restore_alert(r, *turn);
	*turn = ka;
}

static void
recover_alerts(struct recovery *r)
{
	engine_restore_begin_alerts(r->engine, r->s->kept.alerts_n);
	row_log_each_alert(&r->s->kept, recover_alert, r);
	for (size_t i = 0; i < RESTORE_AHEAD; i++) {
		const size_t at = r->turn++ % RESTORE_AHEAD;

		if (r->turns[at] != NULL)
			restore_alert(r, r->turns[at]);
	}
	engine_restore_end_alerts(r->engine);
}

/* The disk has this row, whatever becomes of it. */
static void
note_present(struct recovery *r, enum db_table t, const struct loaded_row *row)
{
	if (!r->late)
		disk_keys_add(&r->s->present, batch_hash(t, row->key));
}

/* Asks for the memory that a row to come will need. */
static void
fetch_ahead(const struct recovery *r, enum db_table t, const struct loaded_row *row)
{
	if (r->late)
		return;
	disk_keys_fetch(&r->s->present, batch_hash(t, row->key));
	if (t == TABLE_SILENCE)
		engine_restore_silence_ahead(r->engine, row->key);
}

static void
recover_records(struct recovery *r, const struct db_rows *l, struct row_log *kept)
{
	for (size_t k = 0; k < ARRAY_LEN(ways_back); k++) {
		enum db_table t = ways_back[k].table;

		for (size_t i = 0; i < l->rows[t].n; i++) {
			if (i + RESTORE_AHEAD < l->rows[t].n)
				fetch_ahead(r, t, &l->rows[t].v[i + RESTORE_AHEAD]);
			note_present(r, t, &l->rows[t].v[i]);
			recover_record(r, &ways_back[k], &l->rows[t].v[i]);
		}
		if (ways_back[k].logged)
			row_log_each_record(kept, t, recover_logged, &(struct logged_recovery){ r, &ways_back[k] });
	}
}

static void
move_groups(struct recovery *r, const struct db_rows *l)
{
	for (size_t i = 0; i < l->rows[TABLE_GROUPS].n; i++) {
		note_present(r, TABLE_GROUPS, &l->rows[TABLE_GROUPS].v[i]);
		move_group(r, &l->rows[TABLE_GROUPS].v[i]);
	}
}

static void
note_alive_alert(void *arg, struct row_log *k, struct kept_alert *ka)
{
	(void)k;
	note_alive(arg, alert_updated(row_log_alert(ka)));
}

/* Notifications and alerts that were written say when; when there is nothing to write, a note is left now and then. */
static void
find_alive(struct recovery *r, const struct db_rows *l)
{
	struct wall t;

	for (size_t i = 0; i < l->rows[TABLE_META].n; i++)
		if (str_is(l->rows[TABLE_META].v[i].key, "alive") && codec_get_time(l->rows[TABLE_META].v[i].body, &t))
			note_alive(r, t);
	row_log_each_alert(&r->s->kept, note_alive_alert, r);
}

static void
skip_row(void *arg, const struct err *e)
{
	skip(arg, "alerts", e);
}

static void
tell(const struct recovery *r, struct moment began)
{
	const struct log_field fields[] = {
#define RECORD(KIND, name, table, number) F_UINT(#table, r->counts[CHANGE_##KIND]),
#include "core/changes.def"
		F_UINT("alerts", r->counts[CHANGE_ALERT]),
		F_UINT("groups", r->counts[CHANGE_GROUP]),
		F_UINT("skipped", r->skipped),
		F_SPAN("took", mono_sub(r->s->o.clock->now(r->s->o.clock).mono, began.mono)),
	};

	if (log_enabled(&r->s->log, LOG_INFO))
		log_write(&r->s->log, LOG_INFO, __FILE__, __LINE__, "Durable state was read", fields, ARRAY_LEN(fields));
}

void
recover_rows(struct store *s, const struct db_rows *l, struct engine *engine, struct moment now)
{
	struct recovery r = { .s = s, .engine = engine, .now = now, .arena = arena_new(), .alive = WALL_ZERO };
	struct moment began = s->o.clock->now(s->o.clock);
	/* Texts that are empty at first are not made anew for each record. */
	struct istr *empty = istr_get(STR_NONE);

	row_log_load(&s->kept, l, skip_row, &r);
	find_alive(&r, l);
	engine_restore_begin_silences(engine, l->rows[TABLE_SILENCE].n);
	recover_records(&r, l, &s->kept);
	engine_restore_end_silences(engine);
	recover_alerts(&r);
	move_groups(&r, l);
	row_log_each_group(&s->kept, recover_group, &r);
	istr_unref(empty);
	arena_free(&r.arena);
	tell(&r, began);
}

static void
ingest_late(void *arg, struct row_log *k, struct kept_alert *ka)
{
	struct recovery *r = arg;
	struct alert *a = row_log_alert(ka);

	(void)k;
	/* The alert in memory is newer. One that ended meanwhile may have been told of, so its end has to be told. */
	if (view_alert(r->engine, labels_fingerprint(a->labels)) != NULL)
		return;
	engine_ingest(r->engine, &a, 1, r->now);
	r->counts[CHANGE_ALERT]++;
}

void
recover_rows_late(struct store *s, const struct db_rows *l, struct moment now)
{
	struct recovery r = { .s = s, .engine = s->engine, .now = now, .arena = arena_new(), .late = true };
	struct moment began = s->o.clock->now(s->o.clock);
	struct row_log k;

	row_log_init(&k);
	row_log_load(&k, l, skip_row, &r);
	recover_records(&r, l, &k);
	row_log_each_alert(&k, ingest_late, &r);
	row_log_fini(&k);
	arena_free(&r.arena);
	tell(&r, began);
}
