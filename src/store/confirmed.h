/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/confirmed.h (private) - how far the log was when the last transaction was confirmed.
 *
 * SQLite takes the write-ahead log to end at the first frame whose checksum is
 * wrong: after a crash that is where an unfinished transaction begins. A
 * damaged frame looks the same, and all that was confirmed behind it would be gone
 * without a word. So after each transaction that is on disk, a note says how many
 * frames the log has, in a file beside it that nobody waits for: it outlives the
 * process, and what a power failure leaves of it never claims too much.
 */
#ifndef STORE_CONFIRMED_H
#define STORE_CONFIRMED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct confirmed {
	char *path, *wal_path;
	int fd, wal_fd;		/* -1: not open */
	ino_t wal;		/* which file wal_fd is */
	bool salted;		/* `salts` are those of the log */
	unsigned char salts[8];
};

/* Which log (its salts, as they stand in its header), and how many frames of it. */
struct confirmed_note {
	unsigned char salts[8];
	uint64_t frames;
};

/* The note of the database at this path. */
void confirmed_init(struct confirmed *c, const char *path);
void confirmed_fini(struct confirmed *c);
/*
 * The log, whose file is `wal`, holds so many frames, all of them on disk. `begun_anew`: it may have been since the last
 * call, which changes its salts. A note that cannot be made stays as it was.
 */
void confirmed_write(struct confirmed *c, ino_t wal, uint64_t frames, bool begun_anew);
/* The note of the database at this path. */
void confirmed_forget(const char *path);
/* False when there is no note, or none that is whole. */
bool confirmed_read(const char *path, struct confirmed_note *out);

#endif
