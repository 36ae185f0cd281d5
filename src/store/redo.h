/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/redo.h (private) - small changes on disk before they are in the database.
 *
 * A transaction of SQLite costs a thread, pages of 8 KB, and several writes. A few requests change
 * some hundred bytes: they go into this file first, as a record that one write makes durable (direct_write.h), and are
 * then as good as stored. The writer's next transaction brings the database what many records hold. A process that
 * died before that leaves them to the next one (redo_read).
 *
 * The file has two halves; one is filled while the other's records are on their way into the database. Its blocks were
 * all written once, so that a record changes nothing but what it is made of. A record is a head and changes
 * (redo_record.h), and zeros up to a whole block. Numbers go up by one. With each transaction, the table of meta data says
 * whose records are valid (`id`: drawn by each process, so that no other file is taken for this one), and up to which number
 * they are in the database: later ones belong on top of it.
 */
#ifndef STORE_REDO_H
#define STORE_REDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "batch.h"
#include "db_rows.h"
#include "direct_write.h"
#include "wal.h"

#define REDO_HALF ((size_t)2 << 20)
/* The record of so many bytes of changes finds room, or a half that is free. */
#define REDO_RECORD ((size_t)64 << 10)

struct redo {
	int fd;			/* -1: there is no file */
	bool paused;		/* the database says nothing of records: what is next goes there */
	uint64_t id;
	uint64_t last;		/* number of the newest record, on disk or not */
	uint64_t landed;	/* of the newest on disk */
	uint64_t stored;	/* of the newest that is in the database */
	unsigned half;		/* that is being filled */
	size_t used;		/* bytes of it */
	size_t since;		/* bytes written since the last redo_collect */
	uint64_t ends[2];	/* number of the last record in each half */
	unsigned char *record;	/* the one being written; aligned, heap */
	size_t cap;
	size_t dirty;			/* bytes of it behind which all is zero */
};

void redo_init(struct redo *r);
void redo_fini(struct redo *r);
/* The file is ready: takes the descriptor over. */
void redo_open(struct redo *r, int fd);
void redo_close(struct redo *r);
/* Has it room for a record of REDO_RECORD bytes? */
bool redo_has_room(struct redo *r);
/* Much has been written since the last redo_collect. */
bool redo_is_filling(const struct redo *r);
/* Begins to write the batch as a record. False: there is no room, or it is refused. */
bool redo_write(struct redo *r, const struct batch *b, struct direct_write *d) MUST_CHECK;
/* It is on disk. */
void redo_landed(struct redo *r);
/* The database is about to have all that is on disk: up to which number that is. */
uint64_t redo_collect(struct redo *r);
/* All records up to this number are in the database: their room is free. */
void redo_stored(struct redo *r, uint64_t no);

/* Each transaction says whose records are valid, and up to which it has them: the row belongs into TABLE_META. */
#define REDO_KEY STR("redo")
#define REDO_ROW 16
void redo_put_row(uint64_t id, uint64_t no, char out[REDO_ROW]);

/*
 * Makes the file beside the database at `path`, or finds it there, and opens it. -1 when it cannot be written as is needed.
 * Waits for the disk. Any thread.
 */
int redo_make(const char *path);
/* Is that still the file of this name? Any thread. */
bool redo_is_there(const char *path, int fd);

/*
 * Puts the records that belong on top of these rows there, and into `also`, which may be NULL. The rows are those of the database at
 * `path`. A single wrong bit is set right, and told in *damage, as are records that are lost, a file that cannot be read, and
 * records which cannot be placed, as the row that says whose they are was lost with others.
 */
void redo_read(const char *path, struct db_rows *l, struct batch *also, struct wal_damage *damage);

#endif
