/* SPDX-License-Identifier: Apache-2.0 */
#include "log_room.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define STEP ((size_t)512 << 10)
#define NEAR ((uint64_t)64 << 10)	/* what a commit writes, mostly */
#define PIECE ((size_t)64 << 10)

void
log_room_init(struct log_room *r)
{
	*r = (struct log_room){ .fd = -1 };
}

void
log_room_fini(struct log_room *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/* SQLite locks the database, not the log: that we open and close it takes no lock away. */
static bool
open_log(struct log_room *r, const char *path, ino_t wal)
{
	struct stat st;

	if (r->fd >= 0 && r->wal == wal)
		return true;
	log_room_fini(r);
	r->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (r->fd < 0)
		return false;
	if (fstat(r->fd, &st) != 0 || st.st_ino != wal) {
		log_room_fini(r);
		return false;
	}
	r->wal = wal;
	r->size = (uint64_t)st.st_size;
	return true;
}

void
log_room_make(struct log_room *r, const char *path, ino_t wal, uint64_t used, uint64_t enough)
{
	static const char zeros[PIECE];
	uint64_t end;
	struct stat st;

	if (used + NEAR >= enough || !open_log(r, path, wal) || used + NEAR <= r->size)
		return;
	/* SQLite may have made it longer, or shorter. */
	if (fstat(r->fd, &st) != 0)
		return;
	r->size = (uint64_t)st.st_size;
	end = used + NEAR <= r->size ? r->size : used + STEP;
	for (ssize_t n; r->size < end; r->size += (uint64_t)n) {
		n = pwrite(r->fd, zeros, end - r->size < PIECE ? (size_t)(end - r->size) : PIECE, (off_t)r->size);
		if (n <= 0)
			return;
	}
}
