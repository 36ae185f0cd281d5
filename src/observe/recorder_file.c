/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/errno_text.h"

/* The reader of standard output or of a pipe may have stopped reading. */
#define STUCK_MS 5000
#define SLICE 4096	/* PIPE_BUF: so much goes into a pipe that poll calls writable */

/* On failure f is as it was. */
static bool
open_path(struct line_file *f, const char *path, struct err *e)
{
	struct stat st;
	/* Not blocking: a pipe without a reader is an error. */
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);

	if (fd < 0)
		return io_error(e, "open", path, errno);
	if (fstat(fd, &st) != 0) {
		io_error(e, "stat", path, errno);
		close(fd);
		return false;
	}
	f->fd = fd;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return true;
}

bool
line_file_open(struct line_file *f, struct str path, struct err *e)
{
	*f = (struct line_file){ .fd = STDOUT_FILENO };
	if (path.n == 0)
		return true;
	f->path = mem_strndup(path.p, path.n);
	if (open_path(f, f->path, e))
		return true;
	mem_free(f->path);
	f->path = NULL;
	return false;
}

void
line_file_close(struct line_file *f)
{
	if (f->path != NULL)
		close(f->fd);
	mem_free(f->path);
	f->path = NULL;
}

static bool
follow(struct line_file *f, struct err *e)
{
	struct stat st;
	int old = f->fd;

	if (f->path == NULL || (stat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino))
		return true;
	if (!open_path(f, f->path, e))
		return false;
	close(old);
	return true;
}

size_t
line_file_write(struct line_file *f, struct str bytes, struct err *e)
{
	size_t done = 0;

	if (!follow(f, e))
		return 0;
	/* The line behind a half one is to be whole again. */
	if (f->torn && write(f->fd, "\n", 1) == 1)
		f->torn = false;
	while (done < bytes.n) {
		struct pollfd p = { .fd = f->fd, .events = POLLOUT };
		size_t some = bytes.n - done < SLICE ? bytes.n - done : SLICE;
		int ready = poll(&p, 1, f->stuck ? 0 : STUCK_MS);
		ssize_t n;

		f->stuck = ready == 0;
		if (f->stuck) {
			err_set(e, ERR_IO, "nobody reads %s", f->path != NULL ? f->path : "standard output");
			break;
		}
		n = ready > 0 ? write(f->fd, bytes.p + done, some) : -1;
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			io_error(e, "write", f->path != NULL ? f->path : "standard output", errno);
			break;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	f->torn = f->torn || (done > 0 && bytes.p[done - 1] != '\n');
	return done;
}
