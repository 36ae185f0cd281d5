/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/wal_frames.h (private) - the frames of a write-ahead log in memory: wal.h.
 */
#ifndef STORE_WAL_FRAMES_H
#define STORE_WAL_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum frame_kind {
	FRAME_WHOLE,
	FRAME_MENDED,		/* a bit was wrong and is right again */
	FRAME_DOUBTFUL,		/* more than that is wrong */
	FRAME_LEFT_OUT,		/* it cannot even be a page of the database */
};

struct wal {
	unsigned char *p;	/* the file; heap blocks, as is kinds */
	size_t n;
	/* What wal_walk finds. */
	size_t page;		/* bytes of one */
	size_t frames;		/* that are there, whole or not */
	size_t keep;		/* … that belong to transactions that are over */
	bool big_endian;	/* how checksums read words */
	uint8_t *kinds;		/* enum frame_kind of those kept */
	size_t damaged;		/* frames (and the header): 0: SQLite gets all by itself, and nothing was touched */
	uint32_t pages;		/* the database has no more than these */
	struct err what;
};

/*
 * Finds out what is damaged, and sets right what can be. salts (8 bytes, or NULL) and frames: what was
 * confirmed of the log with these salts; pages: those of the database file.
 */
void wal_walk(struct wal *w, const unsigned char *salts, uint64_t frames, uint32_t pages);
/* Makes the file one that SQLite takes to its end: after a walk that found damage. */
void wal_rewrite(struct wal *w);

#endif
