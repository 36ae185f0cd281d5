/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "batch.h"
#include "codec.h"
#include "import.h"
#include "loop/work.h"
#include "text/expo.h"

#define DATABASE_NAME "tocsin.db"
/* More than this waiting for the disk: clients are asked to slow down. */
#define ROOM_BYTES ((size_t)256 << 20)
#define RETRY_SECONDS 1

struct store {
	struct store_options o;
	struct log log;
	char *dir;
	struct db *db;
	bool fresh;
	struct work *work;
	struct batch current;		/* taken, not yet handed to the writer */
	struct batch writing;		/* the writer's while `busy` */
	struct job job;
	struct err write_err;		/* the writer's, as above */
	span write_took;
	bool wrote;			/* likewise */
	bool busy, ok;
	uint64_t taken, durable;	/* numbers of changes */
	struct event *soon;		/* end of this loop turn, or the next try */
	uint64_t commits, commit_errors;
	double commit_seconds;
	struct err problem;
};

static void start_writing(struct store *s);

static void
run_job(struct job *j)
{
	struct store *s = CONTAINER_OF(j, struct store, job);
	struct moment begin = s->o.clock->now(s->o.clock);

	s->write_err = (struct err){ 0 };
	s->wrote = batch_write(&s->writing, s->db, &s->write_err);
	s->write_took = mono_sub(s->o.clock->now(s->o.clock).mono, begin.mono);
}

static void
wrote(struct store *s)
{
	uint64_t upto = s->writing.upto;

	batch_clear(&s->writing);
	if (!s->ok)
		LOG(&s->log, LOG_INFO, "Durable state is written again");
	s->ok = true;
	s->durable = upto;
	s->commits++;
	if (s->o.durable != NULL)
		s->o.durable(s->o.arg, upto);
	if (s->current.ops.n > 0)
		start_writing(s);
}

static void
could_not_write(struct store *s)
{
	uint64_t upto = s->writing.upto;
	struct timeval later = { .tv_sec = RETRY_SECONDS };

	s->commit_errors++;
	if (s->ok || strcmp(s->problem.text, s->write_err.text) != 0)
		LOG(&s->log, LOG_ERROR, "Durable state cannot be written; going on from memory", F_ERR(&s->write_err));
	s->ok = false;
	s->problem = s->write_err;
	batch_keep(&s->current, &s->writing);
	if (s->o.failed != NULL)
		s->o.failed(s->o.arg, upto, str_from(s->problem.text));
	event_add(s->soon, &later);
}

static void
job_done(struct job *j)
{
	struct store *s = CONTAINER_OF(j, struct store, job);

	s->busy = false;
	s->commit_seconds += (double)s->write_took / (double)SPAN_S;
	if (s->wrote)
		wrote(s);
	else
		could_not_write(s);
}

static void
start_writing(struct store *s)
{
	if (s->busy || s->current.ops.n == 0 || s->work == NULL)
		return;
	s->writing = s->current;
	s->current = (struct batch){ 0 };
	s->job = (struct job){ .run = run_job, .done = job_done };
	s->busy = work_submit(s->work, &s->job);
	if (!s->busy)
		batch_keep(&s->current, &s->writing);
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	start_writing(arg);
}

static bool
make_directory(const char *path, struct err *e)
{
	char *copy = mem_strdup(path);
	bool ok = true;

	for (char *p = copy + 1; ok; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
			char text[128];

			ok = err_set(e, ERR_IO, "unable to create data directory: mkdir %s: %s", copy,
			    strerror_r(errno, text, sizeof(text)));
		}
		*p = c;
		if (c == '\0')
			break;
	}
	mem_free(copy);
	return ok;
}

/* Renames the database and its log out of the way: never deletes what may yet be read. */
static bool
set_aside(struct store *s, const char *path, const struct err *why, struct err *e)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	long long stamp = (long long)s->o.clock->now(s->o.clock).wall.s;

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		struct sbuf from = SBUF_INIT(SBUF_UNLIMITED), to = SBUF_INIT(SBUF_UNLIMITED);
		bool ok;

		sbuf_printf(&from, "%s%s", path, suffixes[i]);
		sbuf_printf(&to, "%s.damaged-%lld%s", path, stamp, suffixes[i]);
		ok = rename(sbuf_cstr(&from), sbuf_cstr(&to)) == 0 || errno == ENOENT ||
		    err_set(e, ERR_IO, "cannot set the damaged database %s aside: %s", sbuf_cstr(&from), why->text);
		sbuf_fini(&from);
		sbuf_fini(&to);
		if (!ok)
			return false;
	}
	LOG(&s->log, LOG_ERROR, "The database is damaged; it was set aside and a new one begun", F_CSTR("file", path),
	    F_INT("suffix", stamp), F_ERR(why));
	return true;
}

static bool
open_database(struct store *s, struct err *e)
{
	char path[4096];
	struct err why = { 0 };

	if (snprintf(path, sizeof(path), "%s/%s", s->dir, DATABASE_NAME) >= (int)sizeof(path))
		return err_set(e, ERR_INVALID, "storage path is too long: %s", s->dir);
	s->db = db_open(path, &s->fresh, &why);
	if (s->db == NULL && db_error_is_damage(&why)) {
		if (!set_aside(s, path, &why, e))
			return false;
		s->db = db_open(path, &s->fresh, &why);
	}
	if (s->db == NULL) {
		*e = why;
		return false;
	}
	return true;
}

struct store *
store_open(const struct store_options *o, struct err *e)
{
	struct store *s = NEW(struct store);

	s->o = *o;
	s->ok = true;
	s->log = log_with(o->log, F_CSTR("component", "store"));
	s->dir = mem_strdup(o->path[0] != '\0' ? o->path : ".");
	s->soon = evtimer_new(o->base, on_soon, s);
	if (s->soon == NULL)
		err_set(e, ERR_IO, "cannot make a timer");
	else if (make_directory(s->dir, e) && open_database(s, e))
		return s;
	store_close(&s);
	return NULL;
}

struct recovery {
	struct store *s;
	struct engine *engine;
	struct moment now;
	struct arena *arena;
	size_t silences, entries;
};

static bool
recover_silence(void *arg, struct str body, struct err *e)
{
	struct recovery *r = arg;
	struct wall expires;
	struct silence *s = codec_get_silence(body, r->arena, &expires, e);

	if (s == NULL && e->kind != ERR_NOT_FOUND)
		return false;
	if (s == NULL) {
		LOG(&r->s->log, LOG_ERROR, "A stored silence was skipped: its matcher does not compile", F_ERR(e));
		return true;
	}
	engine_restore_silence(r->engine, s, expires, r->now);
	silence_unref(s);
	r->silences++;
	return true;
}

static bool
recover_entry(void *arg, struct str body, struct err *e)
{
	struct recovery *r = arg;
	struct log_entry entry;

	arena_reset(r->arena);
	if (!codec_get_log_entry(body, r->arena, &entry, e))
		return false;
	engine_restore_log_entry(r->engine, &entry, r->now);
	r->entries++;
	return true;
}

bool
store_recover(struct store *s, struct engine *engine, struct moment now, struct err *e)
{
	struct recovery r = { .s = s, .engine = engine, .now = now, .arena = arena_new() };
	bool ok;

	ok = (!s->fresh || import_directory(s->dir, s->db, &s->log, e)) &&
	    db_each(s->db, TABLE_SILENCES, recover_silence, &r, e) &&
	    db_each(s->db, TABLE_LOG_ENTRIES, recover_entry, &r, e);
	arena_free(&r.arena);
	if (!ok)
		return false;
	LOG(&s->log, LOG_DEBUG, "Durable state was read", F_UINT("silences", r.silences), F_UINT("entries", r.entries));
	s->work = work_new(s->o.base, 1, 2, "store", e);
	return s->work != NULL;
}

static void
entry_key(struct sbuf *b, const struct log_entry *entry)
{
	sbuf_printf(b, "%.*s:%.*s/%.*s/%u", STR_ARG(entry->group_key), STR_ARG(entry->receiver),
	    STR_ARG(entry->integration), entry->index);
}

void
store_persist(struct store *s, const struct change *c)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED), body = SBUF_INIT(SBUF_UNLIMITED);
	struct timeval now = { 0 };

	switch (c->kind) {
	case CHANGE_SILENCE:
		codec_put_silence(&body, c->silence, c->expires);
		batch_put(&s->current, TABLE_SILENCES, str_from(c->silence->id), sbuf_get(&body), c->expires.s);
		break;
	case CHANGE_SILENCE_DROPPED:
		batch_drop(&s->current, TABLE_SILENCES, str_from(c->silence->id));
		break;
	case CHANGE_LOG_ENTRY:
		entry_key(&key, c->entry);
		codec_put_log_entry(&body, c->entry);
		batch_put(&s->current, TABLE_LOG_ENTRIES, sbuf_get(&key), sbuf_get(&body), c->entry->expires.s);
		break;
	case CHANGE_LOG_ENTRY_DROPPED:
		entry_key(&key, c->entry);
		batch_drop(&s->current, TABLE_LOG_ENTRIES, sbuf_get(&key));
		break;
	case CHANGE_ALERT:
	case CHANGE_ALERT_DROPPED:
	case CHANGE_GROUP:
	case CHANGE_GROUP_DROPPED:
	case CHANGE_INTENT:
	case CHANGE_INTENT_DROPPED:
		/* Clients post alerts again after a restart, as they do with Alertmanager. */
		return;
	}
	s->current.upto = ++s->taken;
	sbuf_fini(&key);
	sbuf_fini(&body);
	/* At the end of the loop turn, so that all changes of the turn share a transaction; a failing disk has its own pace. */
	if (s->ok && !s->busy && !evtimer_pending(s->soon, NULL))
		event_add(s->soon, &now);
}

uint64_t
store_ticket(const struct store *s)
{
	return s->durable == s->taken ? 0 : s->taken;
}

bool
store_has_room(const struct store *s)
{
	return s->current.bytes < ROOM_BYTES;
}

struct store_health
store_health(const struct store *s)
{
	return (struct store_health){ s->ok, s->ok ? STR("") : str_from(s->problem.text) };
}

void
store_expose(void *arg, struct expo *x, struct moment now)
{
	const struct store *s = arg;

	(void)now;
	expo_family(x, "tocsin_store_healthy", "Whether durable state can be written.", EXPO_GAUGE);
	expo_value(x, s->ok);
	expo_family(x, "tocsin_store_commits_total", "Transactions written.", EXPO_COUNTER);
	expo_value(x, (double)s->commits);
	expo_family(x, "tocsin_store_commit_errors_total", "Transactions that could not be written.", EXPO_COUNTER);
	expo_value(x, (double)s->commit_errors);
	expo_family(x, "tocsin_store_commit_duration_seconds", "How long transactions took.", EXPO_SUMMARY);
	expo_summary(x, s->commits + s->commit_errors, s->commit_seconds);
	expo_family(x, "tocsin_store_waiting_changes", "Records that wait to be written.", EXPO_GAUGE);
	expo_value(x, (double)s->current.ops.n);
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;
	struct err e = { 0 };

	if (s == NULL)
		return;
	if (s->soon != NULL)
		event_free(s->soon);
	s->o.durable = NULL;
	s->o.failed = NULL;
	if (s->work != NULL) {
		s->soon = evtimer_new(s->o.base, on_soon, s);
		work_stop(&s->work);
		event_free(s->soon);
	}
	if (s->db != NULL && s->current.ops.n > 0 && !batch_write(&s->current, s->db, &e))
		LOG(&s->log, LOG_ERROR, "The last changes could not be written", F_UINT("records", s->current.ops.n),
		    F_ERR(&e));
	batch_clear(&s->current);
	db_close(&s->db);
	mem_free(s->dir);
	mem_free(s);
	*sp = NULL;
}
