/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the database: asked for, opened, and closed away from the loop. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/errno_text.h"
#include "store_private.h"

/* With the last descriptor the system frees all that the copy had on disk and in memory: tens of milliseconds. */
struct closing {
	struct job job;
	struct store *store;
	int fd;
};

static void
run_closing(struct job *j)
{
	close(CONTAINER_OF(j, struct closing, job)->fd);
}

static void
closing_done(struct job *j)
{
	struct closing *c = CONTAINER_OF(j, struct closing, job);

	c->store->closings--;
	mem_free(c);
}

void
store_backup_close(struct store *s, int fd)
{
	struct closing *c;

	/* At the end nobody waits for the loop any more. */
	if (s->work == NULL || s->closings >= STORE_CLOSINGS_MAX) {
		close(fd);
		return;
	}
	c = NEW(struct closing);
	c->job = (struct job){ .run = run_closing, .done = closing_done };
	c->store = s;
	c->fd = fd;
	s->closings++;
	if (!workers_submit(s->work, &c->job)) {
		run_closing(&c->job);
		closing_done(&c->job);
	}
}

void
backup_drop(struct store *s)
{
	if (s->writer.copy_fd < 0)
		return;
	store_backup_close(s, s->writer.copy_fd);
	s->writer.copy_fd = -1;
}

bool
store_backup(struct store *s, struct err *e)
{
	if (!s->ok)
		return err_set(e, ERR_IO, "durable state cannot be written: %s", s->problem.text);
	/* One copy serves all who asked before it began. */
	store_take(s);
	s->backup_no = s->taken;
	return true;
}

int
store_backup_open(struct store *s, uint64_t *size_out, struct err *e)
{
	struct stat st;
	int fd;

	if (s->busy || s->writer.copy_fd < 0) {
		err_set(e, ERR_NOT_FOUND, "there is no copy");
		return -1;
	}
	fd = fcntl(s->writer.copy_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || fstat(fd, &st) != 0) {
		err_set(e, ERR_IO, "open a copy: %s", errno_text(errno).s);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*size_out = (uint64_t)st.st_size;
	return fd;
}
