/* SPDX-License-Identifier: Apache-2.0 */
/* The API's questions to the store. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/errno_text.h"
#include "server_private.h"

/* Each may hold a copy of the database on disk, as long as its client takes. */
#define BACKUPS_MAX 4

static bool
healthy(void *arg, struct str *why)
{
	struct server *s = arg;
	struct store_health h = store_health(s->store);

	*why = h.ok ? h.doubt : h.problem;
	return h.ok;
}

static bool
has_room(void *arg)
{
	return store_has_room(((struct server *)arg)->store);
}

static void
figures(void *arg, struct api_figures *out)
{
	const struct server *s = arg;
	struct store_health h = store_health(s->store);

	*out = (struct api_figures){ h.bytes, h.backlog, http_server_connections(s->web), http_server_gets(s->web),
		http_server_gets_refused(s->web) };
}

struct backup {
	struct http_stream stream;
	struct server *server;
	int fd;			/* -1 until it is open */
	off_t at;
};

static bool
open_backup(struct http_stream *stream, struct err *e)
{
	struct backup *b = CONTAINER_OF(stream, struct backup, stream);

	b->fd = store_backup_open(b->server->store, &stream->size, e);
	return b->fd >= 0;
}

/* From the page cache, as a rule: a piece takes well below a millisecond. */
static enum http_more
next_of_backup(struct http_stream *stream, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	struct backup *b = CONTAINER_OF(stream, struct backup, stream);
	uint64_t left = stream->size - (uint64_t)b->at;
	size_t n = left < HTTP_PIECE ? (size_t)left : HTTP_PIECE;
	ssize_t got;

	(void)now;
	if (left == 0)
		return HTTP_END;
	if (!sbuf_reserve(out, n)) {
		err_set(e, ERR_LIMIT, "out of memory");
		return HTTP_FAILED;
	}
	do
		got = pread(b->fd, out->p + out->n, n, b->at);
	while (got < 0 && errno == EINTR);
	if (got <= 0) {
		err_set(e, ERR_IO, "read a copy of the database: %s",
		    got < 0 ? errno_text(errno).s : "it is shorter than it was");
		return HTTP_FAILED;
	}
	out->n += (size_t)got;
	out->p[out->n] = '\0';
	b->at += got;
	work_spend(w, (int64_t)got);
	return HTTP_MORE;
}

static void
drop_backup(struct http_stream *stream)
{
	struct backup *b = CONTAINER_OF(stream, struct backup, stream);

	if (b->fd >= 0)
		store_backup_close(b->server->store, b->fd);
	b->server->backups--;
	mem_free(b);
}

static struct http_stream *
begin_backup(void *arg, struct err *e)
{
	struct server *s = arg;
	struct backup *b;

	if (s->backups >= BACKUPS_MAX) {
		err_set(e, ERR_LIMIT, "%d backups are under way already", BACKUPS_MAX);
		return NULL;
	}
	if (!store_backup(s->store, e))
		return NULL;
	b = NEW(struct backup);
	b->stream = (struct http_stream){ .open = open_backup, .next = next_of_backup, .drop = drop_backup };
	b->server = s;
	b->fd = -1;
	s->backups++;
	return &b->stream;
}

void
server_durable_env(struct api_env *env)
{
	env->healthy = healthy;
	env->has_room = has_room;
	env->figures = figures;
	env->backup = begin_backup;
}
