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
 * When the disk fails, notifications go on from memory: changes are kept (the
 * newest of each record) and tried again, the condition is logged and shown by
 * store_health and the metrics.
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
	const char *path;		/* directory; made (with parents) if missing */
	/* All changes up to this number are on disk. */
	void (*durable)(void *arg, uint64_t upto);
	/* Changes up to this number could not be stored, for now; those who wait may be told. */
	void (*failed)(void *arg, uint64_t upto, struct str why);
	void *arg;
};

/* Opens or makes the database; a corrupt one is set aside (renamed) and a new one begun. */
struct store *store_open(const struct store_options *o, struct err *e) MUST_CHECK;
/*
 * Feeds what the disk holds to engine_restore_…, before the first
 * engine_apply. An Alertmanager data directory (files nflog and silences) is
 * imported when there is no database yet.
 */
bool store_recover(struct store *s, struct engine *engine, struct moment now, struct err *e) MUST_CHECK;
/* Takes note of a change (copies what it needs) and starts writing soon. */
void store_persist(struct store *s, const struct change *c);
/* The number of the last change taken; 0 when all is durable already. */
uint64_t store_ticket(const struct store *s);
/* Back-pressure: false when so much waits for the disk that clients should be slowed down. */
bool store_has_room(const struct store *s);

struct store_health {
	bool ok;
	struct str problem;	/* borrowed until the next call; empty when ok */
};
struct store_health store_health(const struct store *s);
void store_expose(void *arg, struct expo *x, struct moment now);	/* a metrics source; arg is the store */

/* Writes what is left (waiting for it), closes, sets *s to NULL; *s may be NULL already. */
void store_close(struct store **s);

#endif
