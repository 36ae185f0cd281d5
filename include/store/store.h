/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/store.h - what has to survive, on disk.
 *
 * One SQLite database below --storage.path, one connection on one writer
 * thread, many changes per transaction. The loop only hands changes over and
 * never waits: each change gets a number, and `durable` is called when all
 * numbers up to one are on disk (fsync). Memory answers all reads; the disk is
 * read once, at start. Loop thread only.
 *
 * When the disk fails or does not answer, everything goes on from memory:
 * the newest of each record is kept and written when the disk is back. Until
 * then who waits for a change is told that it could not be stored, and the
 * condition is logged and shown by store_health and the metrics.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "core/engine.h"
#include "core/ports.h"

struct event_base;
struct expo;
struct store;

struct store_options {
	struct event_base *base;	/* borrowed, as are clock and log */
	struct clock *clock;
	const struct log *log;
	bool records;			/* small changes may go to disk as records first (store/redo.h) */
	const char *path;		/* directory; made (with parents) if missing */
	/* All changes up to this number are on disk. */
	void (*durable)(void *arg, uint64_t upto);
	/* Changes up to this number could not be stored, for now; those who wait may be told. */
	void (*failed)(void *arg, uint64_t upto, struct str why);
	void *arg;
};

/* Makes the directory for us alone if it is missing, its parents as is usual; empty: this one. One that is there stays as it is. */
bool store_make_directory(struct str path, struct err *e) MUST_CHECK;
#define STORE_COPY_PLACES 4
/* Directories, one of which a database that cannot be written is copied to, in order to be read; empty: none. */
void store_copy_places(const char *places[STORE_COPY_PLACES]);
/* Makes the directory, too. NULL when that is impossible. */
struct store *store_open(const struct store_options *o, struct err *e) MUST_CHECK;
/*
 * Feeds what the disk holds to engine_restore_…, before the first
 * engine_apply; the engine is borrowed until it is freed or the store closed.
 * An Alertmanager data directory (files nflog and silences) is imported when
 * there is no database yet. A damaged database is set aside (renamed) and what
 * can be read of it goes into a new one. One that cannot be opened, or that a
 * newer version wrote, is left alone: the store goes on from memory and tries
 * again. False: another process uses the database, or what was to be imported
 * is damaged.
 */
bool store_recover(struct store *s, struct engine *engine, struct moment now, struct err *e) MUST_CHECK;
/*
 * The process ends: writes what there is (waiting for it) while the engine can still
 * tell all, should the database be gone. Callers that wait for changes are not told
 * any more, and cancel before store_close.
 */
void store_finish(struct store *s);
/* The engine is about to be freed: it is not asked for anything any more. */
void store_detach(struct store *s);
/* Takes note of a change (copies what it needs) and starts writing soon. */
void store_persist(struct store *s, const struct change *c);
/* The number of the last change taken; 0 when all is durable already. */
uint64_t store_ticket(const struct store *s);
/* Back-pressure: false when so much waits for a slow disk that clients should be slowed down. */
bool store_has_room(const struct store *s);

/* Waits for all changes taken so far; embed in a struct of one's own. */
struct store_wait {
	struct store_wait *next, **at;	/* private to the store */
	uint64_t ticket;
	struct mono since;
	/* Not in the list any more. durable: they are on disk; else they could not be stored, for now, or not within 5 seconds. */
	void (*over)(struct store_wait *w, bool durable);
};
/*
 * False when there is nothing to wait for: all is durable, or the disk fails
 * and will not be waited for. Else `over` is called once, from the loop.
 */
bool store_when_durable(struct store *s, struct store_wait *w) MUST_CHECK;
/* `over` will not be called. Only while waiting. */
void store_wait_cancel(struct store *s, struct store_wait *w);

/*
 * Copies the database. Counts as a change: its ticket (store_ticket) is durable
 * when the copy is complete, and can be opened while `durable` is being called for it.
 * False while the disk fails.
 */
bool store_backup(struct store *s, struct err *e) MUST_CHECK;
/*
 * A descriptor of that copy, to be read with pread: others may read the same. It has no
 * name: it leaves the disk with its last descriptor, which takes its time; therefore
 * store_backup_close is who closes it, at once or, while the loop runs, in the writer's thread. -1 and e.
 */
int store_backup_open(struct store *s, uint64_t *size_out, struct err *e) MUST_CHECK;
void store_backup_close(struct store *s, int fd);

struct store_health {
	bool ok;
	struct str problem;	/* borrowed until the next call; empty when ok */
	struct str doubt;	/* as well; what damage was found since the start; empty: none */
	uint64_t bytes;		/* of the database and its log, when it was last written; 0: not yet */
	size_t backlog;		/* records that wait to be written */
};
struct store_health store_health(const struct store *s);
void store_expose(void *arg, struct expo *x, struct moment now);	/* a metrics source; arg is the store */

/* Writes what is left (waiting for it) and closes the database. Only store_close may follow. s may be NULL. */
void store_end(struct store *s);
/* As store_end, if that was not called; frees. Sets *s to NULL; *s may be NULL already. */
void store_close(struct store **s);

/*
 * Writes the silences and the notification log of the database below `path` (or
 * the database `path` itself, say a backup), which no process may use, as the files `silences` and `nflog` of
 * Alertmanager into the directory `to`. Replaces files that are there.
 */
struct store_export {
	size_t silences, log_entries;
};
bool store_export(const char *path, const char *to, struct store_export *out, struct err *e) MUST_CHECK;

#endif
