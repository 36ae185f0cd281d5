/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: blocks that are too old, or too many for the size, go; after many of them have gone, so do the label
 * sets that no event refers to any more. Everything in steps of a few milliseconds, each a transaction of its own.
 */
#include <stdio.h>

#include "base/mem.h"
#include "past_writer.h"
#include "varint.h"

/* Blocks that go in one step; pages that are given back to the file system. */
#define STEP_BLOCKS 32
#define STEP_PAGES 512
/* Blocks, and label sets, that a sweep looks at in one step; label sets that it deletes. */
#define STEP_LOOK 256
#define STEP_SETS 4096
#define STEP_DELETE 128
/* A sweep is worth it when one of so many blocks has gone. */
#define SWEEP_AFTER 64
/* How long steps follow upon each other; and how long while the file is larger than it may be. */
#define STEP_TIME (50 * SPAN_MS)
#define FULL_TIME (5 * SPAN_S)
/* From so much of the bound on, in percent, blocks go: what a step or two adds then still has room. */
#define FULL_PERCENT 95

static bool
used_pages(struct past_writer *w, uint64_t *used, uint64_t *spare, struct err *e)
{
	int64_t pages = 0, unused = 0;

	if (!past_db_number(&w->db, "PRAGMA page_count", &pages, e) ||
	    !past_db_number(&w->db, "PRAGMA freelist_count", &unused, e))
		return false;
	*used = (uint64_t)(pages - unused);
	*spare = (uint64_t)unused;
	return true;
}

/* In ms since 1970. */
static int64_t
oldest_kept(const struct past_writer *w)
{
	return wall_to_ns(w->clock->now(w->clock).wall) / SPAN_MS - w->retention / SPAN_MS;
}

/* The oldest sealed blocks, as far as they are too old, or whatever their age. */
static bool
delete_blocks(struct past_writer *w, bool all, struct err *e)
{
	sqlite3_stmt *find = past_db_prepare(
	    &w->db, "SELECT first, n, newest, sealed FROM blocks ORDER BY first LIMIT ?", e);
	char sql[256];
	int64_t firsts[STEP_BLOCKS], events = 0, until = oldest_kept(w);
	int n = 0;
	bool ok = find != NULL;

	if (ok) {
		sqlite3_bind_int(find, 1, all ? STEP_BLOCKS / 4 : STEP_BLOCKS);
		while (n < STEP_BLOCKS && sqlite3_step(find) == SQLITE_ROW && sqlite3_column_int(find, 3) != 0 &&
		    (all || sqlite3_column_int64(find, 2) < until)) {
			firsts[n++] = sqlite3_column_int64(find, 0);
			events += sqlite3_column_int64(find, 1);
		}
		sqlite3_reset(find);
	}
	sqlite3_finalize(find);
	for (int i = 0; ok && i < n; i++) {
		snprintf(sql, sizeof(sql),
		    "DELETE FROM blocks WHERE first = %1$lld; DELETE FROM block_sets WHERE first = %1$lld;"
		    "DELETE FROM bodies WHERE first = %1$lld",
		    (long long)firsts[i]);
		ok = past_db_run(&w->db, sql, e);
	}
	if (!ok)
		return false;
	w->events -= (uint64_t)events;
	w->deleted += (uint64_t)events;
	w->sweep.deleted += (uint64_t)n;
	w->more |= n == STEP_BLOCKS || (all && n > 0);
	return true;
}

/* Gives back pages that a smaller bound leaves over, or a burst. */
static bool
give_back(struct past_writer *w, uint64_t used, uint64_t spare, struct err *e)
{
	uint64_t bound = w->max_bytes / DB_PAGE;
	char sql[64];

	if (used + spare <= bound || spare == 0)
		return true;
	snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%d)", STEP_PAGES);
	w->more |= spare > STEP_PAGES && used + spare - STEP_PAGES > bound;
	return past_db_run(&w->db, sql, e);
}

static void
begin_sweep(struct past_writer *w)
{
	struct sets *s = &w->sets;

	s->live_n = s->next;
	s->live = mem_calloc(s->live_n / 8 + 1, 1);
	w->sweep = (struct sweep){ .stage = SWEEP_LOOKING };
}

static void
end_sweep(struct past_writer *w)
{
	mem_free(w->sets.live);
	w->sets.live = NULL;
	w->sweep = (struct sweep){ 0 };
}

static void
mark(struct sets *s, uint64_t set)
{
	if (set < s->live_n)
		s->live[set / 8] |= (unsigned char)(1 << set % 8);
}

/* Marks the sets that blocks refer to, those that are not sealed yet included. */
static bool
look(struct past_writer *w, struct err *e)
{
	sqlite3_stmt *s = past_db_prepare(
	    &w->db, "SELECT first, sets FROM block_sets WHERE first >= ? ORDER BY first LIMIT ?", e);
	int n = 0, code = SQLITE_DONE;

	if (s == NULL)
		return false;
	sqlite3_bind_int64(s, 1, (int64_t)w->sweep.at);
	sqlite3_bind_int(s, 2, STEP_LOOK);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		struct set_reader r = { 0 };
		struct str sets = past_db_column(s, 1);

		while (block_next_set(sets, &r))
			mark(&w->sets, r.set);
		w->sweep.at = (uint64_t)sqlite3_column_int64(s, 0) + 1;
		n++;
	}
	if (code != SQLITE_DONE)
		past_db_failed(&w->db, e);
	sqlite3_finalize(s);
	if (code == SQLITE_DONE && n < STEP_LOOK) {
		w->sweep.stage = SWEEP_DELETING;
		w->sweep.at = 1;
	}
	return code == SQLITE_DONE;
}

struct deleting {
	sqlite3_stmt *get_set, *drop_set, *get_postings, *put_postings, *drop_postings, *any_postings, *drop_pair;
	struct sbuf kept;
};

/* Takes the set out of the postings of one of its pairs, and the pair away with its last set. */
static bool
unpost(struct past_writer *w, struct deleting *d, uint64_t pair, uint64_t set, struct err *e)
{
	int64_t key = postings_key(pair, set);
	uint64_t offset = set % POSTINGS_SETS;
	struct str had;
	bool ok = true;

	sbuf_reset(&d->kept);
	sqlite3_bind_int64(d->get_postings, 1, key);
	if (sqlite3_step(d->get_postings) == SQLITE_ROW) {
		had = past_db_column(d->get_postings, 0);
		for (size_t i = 0; i + 1 < had.n; i += 2)
			if (((unsigned char)had.p[i] | (uint64_t)(unsigned char)had.p[i + 1] << 8) != offset)
				sbuf_put(&d->kept, had.p + i, 2);
	}
	sqlite3_reset(d->get_postings);
	if (d->kept.n > 0) {
		sqlite3_bind_int64(d->put_postings, 1, key);
		past_db_bind_blob(d->put_postings, 2, sbuf_get(&d->kept));
		return past_db_step(&w->db, d->put_postings, e);
	}
	sqlite3_bind_int64(d->drop_postings, 1, key);
	if (!past_db_step(&w->db, d->drop_postings, e))
		return false;
	sqlite3_bind_int64(d->any_postings, 1, postings_key(pair, 0));
	sqlite3_bind_int64(d->any_postings, 2, postings_key(pair + 1, 0));
	if (sqlite3_step(d->any_postings) != SQLITE_ROW) {
		sqlite3_bind_int64(d->drop_pair, 1, (int64_t)pair);
		ok = past_db_step(&w->db, d->drop_pair, e);
	}
	sqlite3_reset(d->any_postings);
	return ok;
}

/* 1: it is gone; 0: there was none. -1: e. */
static int
delete_set(struct past_writer *w, struct deleting *d, uint64_t set, struct err *e)
{
	struct sbuf pairs = SBUF_INIT(SBUF_UNLIMITED);
	bool found, ok = true;
	size_t at = 0;
	uint64_t pair;

	sqlite3_bind_int64(d->get_set, 1, (int64_t)set);
	found = sqlite3_step(d->get_set) == SQLITE_ROW;
	if (found)
		sbuf_str(&pairs, past_db_column(d->get_set, 0));
	sqlite3_reset(d->get_set);
	while (ok && varint_get(sbuf_get(&pairs), &at, &pair))
		ok = unpost(w, d, pair, set, e);
	sbuf_fini(&pairs);
	if (found && ok) {
		sqlite3_bind_int64(d->drop_set, 1, (int64_t)set);
		ok = past_db_step(&w->db, d->drop_set, e);
	}
	return !ok ? -1 : found;
}

static bool
deleting_open(struct past_writer *w, struct deleting *d, struct err *e)
{
	struct past_db *db = &w->db;

	*d = (struct deleting){ .kept = SBUF_INIT(SBUF_UNLIMITED) };
	return (d->get_set = past_db_prepare(db, "SELECT pairs FROM sets WHERE id = ?", e)) != NULL &&
	    (d->drop_set = past_db_prepare(db, "DELETE FROM sets WHERE id = ?", e)) != NULL &&
	    (d->get_postings = past_db_prepare(db, "SELECT sets FROM postings WHERE id = ?", e)) != NULL &&
	    (d->put_postings = past_db_prepare(db, "REPLACE INTO postings VALUES(?, ?)", e)) != NULL &&
	    (d->drop_postings = past_db_prepare(db, "DELETE FROM postings WHERE id = ?", e)) != NULL &&
	    (d->any_postings = past_db_prepare(db, "SELECT 1 FROM postings WHERE id >= ? AND id < ? LIMIT 1", e)) !=
	    NULL &&
	    (d->drop_pair = past_db_prepare(db, "DELETE FROM pairs WHERE id = ?", e)) != NULL;
}

static void
deleting_close(struct deleting *d)
{
	sqlite3_finalize(d->get_set);
	sqlite3_finalize(d->drop_set);
	sqlite3_finalize(d->get_postings);
	sqlite3_finalize(d->put_postings);
	sqlite3_finalize(d->drop_postings);
	sqlite3_finalize(d->any_postings);
	sqlite3_finalize(d->drop_pair);
	sbuf_fini(&d->kept);
}

static bool
delete_sets(struct past_writer *w, struct err *e)
{
	struct sets *s = &w->sets;
	struct deleting d;
	int looked = 0, gone = 0, one = 0;
	bool ok = deleting_open(w, &d, e);

	for (; ok && w->sweep.at < s->live_n && looked < STEP_SETS && gone < STEP_DELETE; looked++, w->sweep.at++) {
		if ((s->live[w->sweep.at / 8] >> w->sweep.at % 8 & 1) != 0)
			continue;
		one = delete_set(w, &d, w->sweep.at, e);
		ok = one >= 0;
		gone += one > 0;
	}
	deleting_close(&d);
	/* They may come again, under other numbers. */
	if (gone > 0)
		sets_forget(s);
	if (ok && w->sweep.at >= s->live_n)
		end_sweep(w);
	return ok;
}

static bool
sweep_is_due(const struct past_writer *w)
{
	return w->sweep.deleted > w->events / BLOCK_EVENTS / SWEEP_AFTER;
}

static bool
sweep_some(struct past_writer *w, struct err *e)
{
	switch (w->sweep.stage) {
	case SWEEP_IDLE:
		if (!sweep_is_due(w))
			return true;
		begin_sweep(w);
		break;
	case SWEEP_LOOKING:
		if (!look(w, e))
			return false;
		break;
	case SWEEP_DELETING:
		if (!delete_sets(w, e))
			return false;
		break;
	}
	w->more |= w->sweep.stage != SWEEP_IDLE;
	return true;
}

/* One transaction. *full_out: so much is used that more has to go before the next batch. */
static bool
step(struct past_writer *w, bool *full_out, struct err *e)
{
	uint64_t used, spare, bound = w->max_bytes / DB_PAGE;
	bool full, old = w->first_newest != 0 && w->first_newest < oldest_kept(w);

	w->more = false;
	if (!used_pages(w, &used, &spare, e))
		return false;
	full = used > bound / 100 * FULL_PERCENT;
	*full_out = used > bound;
	if (!full && !old && w->sweep.stage == SWEEP_IDLE && !sweep_is_due(w))
		return give_back(w, used, spare, e);
	return past_db_run(&w->db, "BEGIN IMMEDIATE", e) && ((!full && !old) || delete_blocks(w, full, e)) &&
	    sweep_some(w, e) && past_db_run(&w->db, "COMMIT", e) && give_back(w, used, spare, e);
}

bool
retain_some(struct past_writer *w, struct err *e)
{
	struct mono began = w->clock->now(w->clock).mono;
	bool full;

	do {
		if (!step(w, &full, e))
			return false;
	} while (w->more && mono_sub(w->clock->now(w->clock).mono, began) < (full ? FULL_TIME : STEP_TIME));
	return true;
}
