/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/wal.h (private) - a damaged write-ahead log, before SQLite takes it to end there.
 *
 * That it is damaged is known when frames that were confirmed (confirmed.h) are not
 * what their checksums say, or when there are frames of a later transaction behind a
 * wrong one: each is on disk before the next begins. A wrong frame at the very end is
 * what a crash leaves. One wrong bit is found and set right, as the checksums say
 * which it is, or nearly (wal_bit.h); a frame with more is left as it is when it can be a page of the database, else left
 * out: what is wrong in it is then found by the checksums of rows. The format is that of
 * sqlite.org/fileformat2.html#the_write_ahead_log.
 */
#ifndef STORE_WAL_H
#define STORE_WAL_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"

struct wal_damage {
	size_t n;		/* damaged frames; 0: none is */
	struct err what;
};

/* Looks only. False: it could not be read. Nobody may be writing it, which is not checked. */
bool wal_examine(const char *path, struct wal_damage *out, struct err *e) MUST_CHECK;
/*
 * Mends it, if it has to be and no other process uses the database at `path`; as it was it stays
 * beside it as `aside` (a path that does not exist). False: it could not be done.
 */
bool wal_mend(const char *path, const char *aside, struct wal_damage *out, struct err *e) MUST_CHECK;

#endif
