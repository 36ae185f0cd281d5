/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sbuf.h"
#include "loop/errno_text.h"

static bool
read_all(int fd, const char *path, struct sbuf *b, struct err *e)
{
	struct stat st;
	char buf[16384];
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return err_set(e, ERR_IO, "stat %s: %s", path, errno_text(errno).s);
	if (S_ISDIR(st.st_mode))
		return err_set(e, ERR_IO, "read %s: is a directory", path);
	/* A pipe or a device could keep the loop waiting. */
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "read %s: not a regular file", path);
	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ERR_IO, "read %s: %s", path, errno_text(errno).s);
		sbuf_put(b, buf, (size_t)n);
		if (b->overflow)
			return err_set(e, ERR_LIMIT, "read %s: file too large", path);
	}
	return true;
}

bool
file_read(const char *path, struct arena *a, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(FILE_SMALL_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok;

	if (fd < 0)
		return err_set(e, ERR_IO, "open %s: %s", path, errno_text(errno).s);
	ok = read_all(fd, path, &b, e);
	close(fd);
	if (ok)
		*out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return ok;
}

bool
file_read_str(struct str path, struct arena *a, struct str *out, struct err *e)
{
	return file_read(arena_str(a, path).p, a, out, e);
}
