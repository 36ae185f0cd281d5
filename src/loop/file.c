/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "loop/clock_real.h"
#include "loop/errno_text.h"

/* In all. */
#define PIPE_WAIT (10 * SPAN_S)

static struct mono
mono_now(void)
{
	struct clock *clock = clock_real();

	return clock->now(clock).mono;
}

/* A pipe (which the shell's <(…) is) may have to be waited for, but not for ever; regular files are never. */
static bool
wait_for_more(int fd, struct mono deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		span left = mono_sub(deadline, mono_now());

		n = poll(&p, 1, left > 0 ? (int)(left / SPAN_MS) : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		errno = ETIMEDOUT;
	return n > 0;
}

const char *
file_special(mode_t mode)
{
	if (S_ISREG(mode) || S_ISDIR(mode))
		return NULL;
	return S_ISFIFO(mode) ? "a pipe" : S_ISSOCK(mode) ? "a socket" : "a device";
}

static bool
check_regular(int fd, const char *path, struct err *e)
{
	struct stat st;
	const char *what;

	if (fstat(fd, &st) != 0)
		return io_error(e, "stat", path, errno);
	/* A directory passes here: reading it says what it is. */
	what = file_special(st.st_mode);
	return what == NULL || err_set(e, ERR_IO, "read %s: it is %s (wanted: a regular file)", path, what);
}

static bool
read_all(int fd, const char *path, struct sbuf *b, struct err *e)
{
	struct mono deadline = mono_add(mono_now(), PIPE_WAIT);
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_more(fd, deadline))))
			continue;
		if (n < 0)
			return io_error(e, "read", path, errno);
		sbuf_put(b, piece, (size_t)n);
		if (b->overflow)
			return err_set(e, ERR_LIMIT, "read %s: file is larger than %zu bytes", path, b->max);
	}
	return true;
}

/* O_NONBLOCK: a pipe without a writer, or a device, opens at once. */
static bool
append(const char *path, bool regular, struct sbuf *b, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return io_error(e, "open", path, errno);
	ok = (!regular || check_regular(fd, path, e)) && read_all(fd, path, b, e);
	close(fd);
	return ok;
}

static bool
read_path(const char *path, bool regular, size_t max, struct arena *a, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(max);
	bool ok = append(path, regular, &b, e);

	if (ok)
		*out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return ok;
}

bool
file_read(const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	return read_path(path, true, max, a, out, e);
}

bool
file_read_small(struct str path, struct arena *a, struct str *out, struct err *e)
{
	return read_path(arena_str(a, path).p, true, FILE_SMALL_MAX, a, out, e);
}

bool
file_read_input(const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	return read_path(path, false, max, a, out, e);
}

bool
file_append(const char *path, struct sbuf *b, struct err *e)
{
	return append(path, true, b, e);
}

bool
file_write(int fd, struct str bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return false;
		bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
	return true;
}

struct file_stamp
file_stamp(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return (struct file_stamp){ 0 };
	return (struct file_stamp){ st.st_dev, st.st_ino, st.st_size, st.st_mtim };
}

bool
file_stamp_same_file(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

bool
file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return file_stamp_same_file(a, b) && a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}
