/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/wal_walk.h (private) - what is damaged in a write-ahead log in memory, and what can be set right.
 */
#ifndef STORE_WAL_WALK_H
#define STORE_WAL_WALK_H

#include "wal_frames.h"

/*
 * Finds out what is damaged, and sets right what can be. salts (8 bytes, or NULL) and frames: what was
 * confirmed of the log with these salts; pages: those of the database file.
 */
void wal_walk(struct wal *w, const unsigned char *salts, uint64_t frames, uint32_t pages);
/* Makes the file one that SQLite takes to its end: after a walk that found damage. */
void wal_rewrite(struct wal *w);

#endif
