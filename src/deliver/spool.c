/* SPDX-License-Identifier: Apache-2.0 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/errno_text.h"
#include "loop/file.h"
#include "loop/workers.h"

/* Files on their way at once. */
#define QUEUE_MAX 1000

struct spool_call {
	struct job job;
	struct arena *arena;
	struct spool_request request;
	spool_done *done;	/* NULL: nobody wants to know */
	void *arg;
	struct err e;
	bool ok;
};

static struct str
path_of(struct arena *a, const struct spool_request *r, struct str folder)
{
	return arena_printf(a, "%.*s/%.*s/%.*s", STR_ARG(r->root), STR_ARG(folder), STR_ARG(r->name));
}

/* Whether the message was there in an earlier attempt: it is not to be sent twice. */
static bool
is_there(struct arena *a, const struct spool_request *r)
{
	/* In the order of its way: it goes on while we look. */
	const struct str folders[] = { r->in, r->taken, r->sent, r->failed };

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (folders[i].n > 0 && access(path_of(a, r, folders[i]).p, F_OK) == 0)
			return true;
	return false;
}

/* The daemon, of another user, has to be able to read it; whether it may take it away is its directory's to say. */
static bool
write_whole(const char *path, struct str content, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	bool ok;

	if (fd < 0)
		return io_error(e, "open", path, errno);
	ok = (file_write(fd, content) && fchmod(fd, 0664) == 0 && fsync(fd) == 0) || io_error(e, "write", path, errno);
	if (close(fd) != 0 && ok)
		ok = io_error(e, "close", path, errno);
	if (!ok)
		unlink(path);
	return ok;
}

/* Else the message could be lost with the power, although it counts as taken. It is there in any case: others must not send it. */
static void
settle(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

bool
spool_write(const struct spool_request *r, struct err *e)
{
	struct arena *a = arena_new();
	struct str beside = arena_printf(a, "%.*s/.%.*s.tmp", STR_ARG(r->root), STR_ARG(r->name)), to = path_of(a, r, r->in);
	bool ok = is_there(a, r);

	if (!ok) {
		ok = write_whole(beside.p, r->content, e);
		if (ok && rename(beside.p, to.p) != 0) {
			ok = io_error(e, "rename", to.p, errno);
			unlink(beside.p);
		}
		if (ok)
			settle(arena_printf(a, "%.*s/%.*s", STR_ARG(r->root), STR_ARG(r->in)).p);
	}
	arena_free(&a);
	return ok;
}

static void
run(struct job *j)
{
	struct spool_call *c = CONTAINER_OF(j, struct spool_call, job);

	c->ok = spool_write(&c->request, &c->e);
}

static void
call_free(struct spool_call *c)
{
	arena_free(&c->arena);
	mem_free(c);
}

static void
done(struct job *j)
{
	struct spool_call *c = CONTAINER_OF(j, struct spool_call, job);
	struct response r = { .kind = REQUEST_SPOOL, .transport_error = !c->ok };

	if (c->ok)
		r.body = c->request.name;
	else
		r.error = str_from(c->e.text);
	if (c->done != NULL)
		c->done(c->arg, &r);
	call_free(c);
}

struct spool_call *
spool_start(struct event_base *base, struct workers **workers, const struct spool_request *r, spool_done *then, void *arg,
    struct err *e)
{
	struct spool_call *c;

	if (*workers == NULL)
		*workers = workers_new(base, 1, QUEUE_MAX, "spool", e);
	if (*workers == NULL)
		return NULL;
	c = NEW(struct spool_call);
	c->arena = arena_new();
	c->job = (struct job){ .run = run, .done = done };
	c->done = then;
	c->arg = arg;
	c->request = (struct spool_request){ arena_str(c->arena, r->root), arena_str(c->arena, r->in), arena_str(c->arena, r->sent),
		arena_str(c->arena, r->failed), arena_str(c->arena, r->taken), arena_str(c->arena, r->name), arena_str(c->arena, r->content) };
	if (workers_submit(*workers, &c->job))
		return c;
	call_free(c);
	err_set(e, ERR_LIMIT, "too many files are on their way to the spool");
	return NULL;
}

void
spool_cancel(struct spool_call **c)
{
	if (*c != NULL)
		(*c)->done = NULL;
	*c = NULL;
}
