/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/store_private.h - what the store is made of.
 */
#ifndef STORE_STORE_PRIVATE_H
#define STORE_STORE_PRIVATE_H

#include "batch.h"
#include "direct_write.h"
#include "disk_keys.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "redo.h"
#include "row_log.h"
#include "store/store.h"
#include "writer.h"

/* Beside them there is always room for what is to be written. */
#define STORE_CLOSINGS_MAX 64

/* The step that has been reached. */
enum prepare {
	PREPARE_NOTHING,
	PREPARE_KEPT,		/* what the disk had becomes news */
	PREPARE_STATE,		/* all there is in the engine */
	PREPARE_ROWS,		/* of alerts, groups and what was told */
};

struct store {
	struct store_options o;
	struct log log;
	char *dir;
	struct engine *engine;		/* borrowed; NULL before recovery */
	struct workers *work;		/* the writer's thread */
	struct job job;
	struct writer writer;		/* the thread's while `busy` */
	bool busy;
	bool catching_up;		/* … with records: nobody waits for it (quick.c) */

	struct redo redo;		/* NULL file: all goes by way of the writer */
	struct direct_write direct;	/* of the record under way */
	struct batch pending;		/* what records hold and the database does not, yet */
	struct timer catch_up;
	bool redo_wanted;		/* its file is to be made, or found */
	unsigned refused;		/* records, in a row */
	struct mono redo_again;		/* … not before */
	bool held;			/* `next` waits for the writer, who is catching up */
	bool done_waits;		/* the writer's news wait for the record under way */
	struct batch next;		/* made ready for the record under way, or for the writer */
	bool next_all;

	enum prepare preparing;		/* `next` is being made */
	struct engine_saving saving;	/* … out of all there is */
	size_t retold;			/* bytes of `current` that come from there, and those of rows */
	struct timer prepare_more;

	struct batch current;		/* changes not yet handed to the writer */
	struct sbuf scratch[2];		/* the key and the body of the one that is being taken */
	struct row_log kept;
	struct disk_keys present;		/* records of tables of their own that the disk has or is to get */
	uint64_t taken, durable;	/* numbers of changes */
	uint64_t upto;			/* of what is being written */
	bool want_all;			/* the disk has to get all there is */
	uint64_t backup_no;		/* a copy of the database is wanted: its number; else 0 */
	uint64_t backup_running;	/* of the copy that the writer makes */
	size_t closings;		/* descriptors of copies that its thread is to close */
	struct store_wait *waits, **waits_end;
	uint64_t waited;		/* up to this change nobody has to wait any more */
	bool slow;			/* the last one to go on did so before what it waited for was written */

	bool ending;			/* nothing more is begun */
	bool ended;			/* the database is closed */
	bool finished;			/* the writer's thread has ended: the rest is written from the loop */

	struct timer soon;		/* end of this loop turn */
	struct timer waits_rest;	/* those who waited and had no time in the turn before */
	struct timer waits_late;	/* set while there are any: the first of them has waited for long */
	struct timer retry;		/* after a failure */
	struct timer pulse;		/* is the writer stuck? has nothing been written for long? */
	bool ok;
	struct err problem;
	unsigned failures;		/* in a row */
	struct mono submitted, committed, alive;
	uint64_t commits, commit_errors, set_aside;
	uint64_t damage;		/* rows, frames, pages that were not what was written */
	struct err doubt;		/* the first of them since the start; text empty: none */
	double commit_seconds;
	struct wall committed_wall;
	uint64_t bytes;
};

/* recover.c: tells the engine what the rows say. Bad rows are logged and skipped. */
void recover_rows(struct store *s, const struct db_rows *l, struct engine *engine, struct moment now);
/* The same for a database that could only be read when the engine was running already. */
void recover_rows_late(struct store *s, const struct db_rows *l, struct moment now);

/* load.c: opens the database and reads it, or what can be read of it. As store_recover. */
bool store_load(struct store *s, struct db_rows *l, struct err *e) MUST_CHECK;

/* backup.c: whoever wanted the copy has a descriptor of their own by now. */
void backup_drop(struct store *s);

/* prepare.c: a slice of making `next` out of what is new; true: it is made. */
bool store_prepare_some(struct store *s, struct work *w);
/* All of it at once: the process ends. */
void store_prepare(struct store *s);

/* quick.c: small changes go to disk as records, and from there to the database later. */
void quick_init(struct store *s);
void quick_fini(struct store *s);
/* The process begins: what the last one left goes to the database soon. */
void quick_resume(struct store *s);
/* Is what is new so little that a record may hold it? */
bool quick_is_wanted(struct store *s);
/* Begins to write `next`. False: it has to go to the writer. */
bool quick_begin(struct store *s) MUST_CHECK;
/* No more records; waits for the one under way. */
void quick_end(struct store *s);
/* The writer's orders about records, and what came of them when all was written. */
void quick_order(struct store *s);
void quick_stored(struct store *s);

/* waits.c: those who wait for changes up to this one go on. */
void store_end_waits(struct store *s, uint64_t upto);
void store_init_waits(struct store *s);
void store_end_wait_timers(struct store *s);

/* store.c: what is new goes to disk, unless something is on its way; `anyway`: even if there is nothing. */
void store_start_writing(struct store *s, bool anyway);
/* The writer is given `next`, and all that records hold. */
void store_submit(struct store *s);
/* `next` is on disk: all it holds is durable, and those who waited go on. */
void store_next_written(struct store *s);
/* The writer's news, which waited for a record. */
void store_writer_done(struct store *s);
/* writer.err is why nothing is durable for now. */
void store_failing(struct store *s, const char *message);
/* Reports damage at so many places. */
void store_damaged(struct store *s, size_t n, const struct err *what);
/* One more change. */
void store_take(struct store *s);

#endif
