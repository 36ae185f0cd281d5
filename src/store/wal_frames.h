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
	FRAME_DOUBTFUL,		/* more than that is wrong, or which bit cannot be told */
	FRAME_LEFT_OUT,		/* it cannot even be a page of the database */
};

struct wal {
	unsigned char *p;	/* the file; heap blocks, as is kinds */
	size_t n;
	int database;		/* the file it is the log of, for what pages held before: borrowed; -1: none */
	/* The findings of wal_walk. */
	size_t page;		/* bytes of one */
	size_t frames;		/* that are there, whole or not */
	size_t keep;		/* … that belong to transactions that are over */
	bool big_endian;	/* how checksums read words */
	uint8_t *kinds;		/* enum frame_kind of those kept */
	size_t damaged;		/* frames (and the header): 0: SQLite gets all by itself, and nothing was touched */
	uint32_t pages;		/* the database has no more than these */
	struct err what;
};

struct wal_sum {
	uint32_t a, b;
};

#define WAL_HEADER 32
#define WAL_SALTS_AT 16		/* in the header of the log */
#define WAL_SUM_AT 24		/* … as well */
#define WAL_FRAME_HEAD 24	/* page, size of the database if it ends a transaction, salts, sum */

/* Four bytes as a number: as SQLite writes its own, and as checksums read them. */
uint32_t wal_get(const unsigned char *p);
void wal_put(unsigned char *p, uint32_t v);
uint32_t wal_word(const unsigned char *p, bool big_endian);
/* The head of a frame, then its page. */
unsigned char *wal_frame(const struct wal *w, size_t i);

/* s goes on over n bytes, which are a multiple of 8. */
struct wal_sum wal_sum_add(struct wal_sum s, const unsigned char *p, size_t n, bool big_endian);
bool wal_sum_eq(struct wal_sum x, struct wal_sum y);
struct wal_sum wal_sum_at(const unsigned char *p);
void wal_sum_put(unsigned char *p, struct wal_sum s);
/* The sum that a frame says it has. */
struct wal_sum wal_sum_said(const struct wal *w, size_t i);
/* … that it has, when the sum before it is this; and are both the same, and the salts right? */
struct wal_sum wal_sum_of(const struct wal *w, size_t i, struct wal_sum before);
bool wal_is_whole(const struct wal *w, size_t i, struct wal_sum before);

#endif
