/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/log_out.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define WAIT_MS 200
/* So much a pipe takes without blocking when poll() calls it writable. */
#define PIECE ((size_t)4096)

static bool
has_room(const struct log_out *o, int wait_ms)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };
	int n;

	do
		n = poll(&p, 1, wait_ms);
	while (n < 0 && errno == EINTR);
	/* A reader that is gone counts as room: the write says so. */
	return n > 0;
}

/* Bytes written; fewer than n when there is no room, all when nobody is left to tell. */
static size_t
put(struct log_out *o, const char *p, size_t n)
{
	size_t at = 0;

	while (at < n && has_room(o, o->stuck ? 0 : WAIT_MS)) {
		ssize_t done = write(o->fd, p + at, n - at < PIECE ? n - at : PIECE);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN)
			break;
		if (done <= 0)
			return n;
		at += (size_t)done;
	}
	return at;
}

static void
put_line(struct log_out *o, const char *line, size_t n)
{
	size_t done;

	if (o->cut && put(o, "\n", 1) == 0) {
		o->lost++;
		return;
	}
	o->cut = false;
	done = put(o, line, n);
	o->stuck = done < n;
	o->cut = done > 0 && done < n;
	o->lost += done < n;
}

void
log_out_write(void *arg, const char *line, size_t n)
{
	struct log_out *o = arg;
	uint64_t lost = o->lost;

	if (lost > 0 && has_room(o, 0)) {
		o->lost = 0;
		LOG(o->log, LOG_WARN, "Lines of the log were lost because nobody read them", F_UINT("lines", lost));
	}
	put_line(o, line, n);
}
