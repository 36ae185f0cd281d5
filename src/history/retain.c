/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Retention: blocks that are too old, or too many for the size, go, and with the last events of an epoch its label sets.
 * And small segments of those become large ones. Everything in steps of a few milliseconds, each a transaction of its own.
 */
#include <stdio.h>

#include "past_writer.h"

/* Blocks that go in one step; pages that are given back to the file system. */
#define STEP_BLOCKS 32
#define STEP_PAGES 512
/* Segments that go in one step. */
#define STEP_SEGMENTS 4
/* How long steps follow upon each other; and how long while the file is larger than it may be. */
#define STEP_TIME (50 * SPAN_MS)
#define FULL_TIME (5 * SPAN_S)
/* From so much of the bound on, in percent, blocks go: what a step or two adds then still has room. */
#define FULL_PERCENT 95

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
	w->gone += (uint64_t)events;
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

/* One transaction. *full_out: so much is used that more has to go before the next batch. */
static bool
step(struct past_writer *w, bool *full_out, struct err *e)
{
	uint64_t spare = past_writer_spare_pages(w), used = past_writer_pages(w) - spare;
	uint64_t bound = w->max_bytes / DB_PAGE;
	bool full, old = w->first_newest != 0 && w->first_newest < oldest_kept(w);

	w->more = false;
	full = used > bound / 100 * FULL_PERCENT;
	*full_out = used > bound;
	if (!full && !old && !sets_are_over(&w->sets, w->first) && !sets_merge_is_due(&w->sets))
		return give_back(w, used, spare, e);
	if (!past_db_step(&w->db, w->begin, e) || ((full || old) && !delete_blocks(w, full, e)))
		return false;
	past_writer_measure(w);
	if (!sets_drop_over(&w->sets, w->first, STEP_SEGMENTS, e) || !sets_merge(&w->sets, e) ||
	    !past_db_step(&w->db, w->commit, e))
		return false;
	w->more |= sets_are_over(&w->sets, w->first) || sets_merge_is_due(&w->sets);
	return give_back(w, used, spare, e);
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
