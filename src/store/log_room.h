/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/log_room.h (private) - room in the write-ahead log before it is needed.
 *
 * A write that makes a file longer has the file system write down its new
 * length, too, which costs as much again as what was written. So zeros
 * are put behind the end many frames at a time, and are durable with the commit that comes
 * first. SQLite takes what is no frame for the end of the log, as it takes the
 * frames of an earlier round, which it writes over.
 */
#ifndef STORE_LOG_ROOM_H
#define STORE_LOG_ROOM_H

#include <stdint.h>
#include <sys/types.h>

struct log_room {
	int fd;			/* -1: not open */
	ino_t wal;		/* which file it is */
	uint64_t size;		/* of that file */
};

void log_room_init(struct log_room *r);
void log_room_fini(struct log_room *r);
/*
 * The log at `path`, whose file is `wal`, is about to go on behind its first `used` bytes and
 * will hardly need more than `enough`. Room that cannot be had will have to do without.
 */
void log_room_make(struct log_room *r, const char *path, ino_t wal, uint64_t used, uint64_t enough);

#endif
