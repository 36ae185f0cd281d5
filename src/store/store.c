/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <assert.h>
#include <string.h>

#include "base/backoff.h"
#include "base/mem.h"
#include "loop/timer.h"
#include "owner.h"
#include "store_private.h"

/* More than this waiting for the disk: clients are asked to slow down. */
#define ROOM_BYTES ((size_t)64 << 20)
#define ALERT_BYTES 512			/* one that waits, roughly */
#define FIRST_PAUSE (500 * SPAN_MS)	/* before what failed is tried again; doubles */
#define MAX_PAUSE (30 * SPAN_S)
#define PULSE (5 * SPAN_S)
/* A turn has this much for making ready what is written: a transaction of alerts as they mostly come, or a part of a greater one. */
#define PREPARE_UNITS (2 * WORK_TURN)
#define STUCK (10 * SPAN_S)
#define STUCK_COPYING (10 * SPAN_MIN)	/* a backup takes as long as the database is large */
/* How far back the note of our last sign of life may lie. */
#define ALIVE (30 * SPAN_S)

static struct moment
now_of(const struct store *s)
{
	return s->o.clock->now(s->o.clock);
}

void
store_take(struct store *s)
{
	s->taken++;
	/* At the end of the loop turn, so that all changes of the turn share a transaction. */
	if (!timer_is_set(&s->soon))
		timer_in_round(&s->soon);
}

/* Those who wait are not kept waiting for a disk that fails. */
static void
refuse(struct store *s)
{
	uint64_t upto = s->taken;

	if (s->o.failed != NULL && upto > s->durable)
		s->o.failed(s->o.arg, upto, str_from(s->problem.text));
	store_end_waits(s, upto);
}

void
store_failing(struct store *s, const char *message)
{
	if (s->ok || strcmp(s->problem.text, s->writer.err.text) != 0)
		LOG(&s->log, LOG_ERROR, message, F_ERR(&s->writer.err));
	s->ok = false;
	s->problem = s->writer.err;
}

void
store_damaged(struct store *s, size_t n, const struct err *what)
{
	LOG(&s->log, LOG_ERROR, "Durable state was damaged; what is whole of it is kept", F_UINT("places", n), F_ERR(what));
	s->damage += n;
	if (s->doubt.text[0] == '\0')
		s->doubt = *what;
}

static void
retry_later(struct store *s)
{
	timer_in(&s->retry, backoff_doubled(FIRST_PAUSE, s->failures++, MAX_PAUSE));
}

/* Changes before the copy are durable whatever became of it. */
static void
copy_failed(struct store *s)
{
	uint64_t no = s->backup_running;

	LOG(&s->log, LOG_ERROR, "The database could not be copied", F_ERR(&s->writer.copy_err));
	if (s->o.durable != NULL)
		s->o.durable(s->o.arg, no - 1);
	if (s->o.failed != NULL)
		s->o.failed(s->o.arg, no, str_from(s->writer.copy_err.text));
}

static void
written(struct store *s)
{
	struct moment now = now_of(s);

	row_log_written(&s->kept);
	if (!s->ok)
		LOG(&s->log, LOG_INFO, "Durable state is written again");
	s->ok = true;
	s->failures = 0;
	s->commits++;
	s->committed = now.mono;
	s->committed_wall = now.wall;
	s->durable = s->upto;
}

/* The disk is busy with what came meanwhile while those are answered who waited for what is written. */
void
store_next_written(struct store *s)
{
	uint64_t upto;

	written(s);
	upto = s->durable;

	store_start_writing(s, false);
	if (s->o.durable != NULL)
		s->o.durable(s->o.arg, upto);
	store_end_waits(s, upto);
}

/* A copy is the writer's until all who asked for it have had it. */
static void
hand_out_copy(struct store *s)
{
	written(s);
	if (s->writer.copy_fd < 0)
		copy_failed(s);
	if (s->o.durable != NULL)
		s->o.durable(s->o.arg, s->durable);
	backup_drop(s);
	store_end_waits(s, s->durable);
	store_start_writing(s, false);
}

static void
take_back(struct store *s)
{
	struct batch *lost = s->preparing != PREPARE_NOTHING ? &s->current : s->held ? &s->next : &s->writer.batch;

	if (s->writer.backup && s->backup_no == 0)
		s->backup_no = s->backup_running;
	/* One that is being made ready beside a writer that caught up begins anew. */
	if (s->preparing != PREPARE_NOTHING) {
		s->preparing = PREPARE_NOTHING;
		s->want_all |= s->next_all;
		s->retold = 0;
		timer_stop(&s->prepare_more);
	}
	row_log_lost(&s->kept, lost, s->durable + 1);
	if (lost != &s->current)
		batch_keep(&s->current, lost);
	batch_keep(&s->pending, &s->writer.before);
	if (s->held ? s->next_all : s->writer.all)
		s->want_all = true;
	s->held = false;
}

static void
could_not_write(struct store *s)
{
	s->commit_errors++;
	take_back(s);
	s->backup_no = 0;
	store_failing(s, "Durable state cannot be written; going on from memory");
	refuse(s);
	retry_later(s);
}

static void
write_all(struct store *s)
{
	s->want_all = true;
	store_start_writing(s, true);
}

/* The database has what records hold. */
static void
caught_up(struct store *s)
{
	bool held = s->held;

	s->held = false;
	if (held)
		store_submit(s);
	else
		store_start_writing(s, false);
}

void
store_writer_done(struct store *s)
{
	bool catching_up = s->catching_up;

	s->busy = s->catching_up = false;
	s->bytes = s->writer.bytes;
	if (!catching_up)
		s->commit_seconds += (double)s->writer.took / (double)SPAN_S;
	if (s->writer.set_aside) {
		s->set_aside++;
		LOG(&s->log, LOG_ERROR, "The database is damaged; it was set aside and a new one is begun",
		    F_CSTR("file", s->writer.aside_path), F_ERR(&s->writer.aside_why));
	}
	if (s->writer.damage.n > 0)
		store_damaged(s, s->writer.damage.n, &s->writer.damage.what);
	s->writer.damage.n = 0;
	switch (s->writer.result) {
	case WRITTEN:
		quick_stored(s);
		if (catching_up)
			caught_up(s);
		else if (s->writer.backup)
			hand_out_copy(s);
		else
			store_next_written(s);
		break;
	case WRITE_FAILED:
		could_not_write(s);
		break;
	case WRITE_FOUND_ROWS:
		take_back(s);
		if (s->writer.loaded.damaged)
			store_damaged(s, s->writer.loaded.bad, &s->writer.loaded.why);
		if (s->engine != NULL)
			recover_rows_late(s, &s->writer.loaded, now_of(s));
		db_rows_fini(&s->writer.loaded);
		write_all(s);
		break;
	case WRITE_NEEDS_ALL:
		take_back(s);
		LOG(&s->log, LOG_WARN, "The database is a new one: all state in memory goes to it");
		write_all(s);
		break;
	}
}

static void
job_done(struct job *j)
{
	struct store *s = CONTAINER_OF(j, struct store, job);

	/* A record under way is part of what has to be put right. */
	s->done_waits = s->direct.busy && s->writer.result != WRITTEN;
	if (!s->done_waits)
		store_writer_done(s);
}

static void
run_job(struct job *j)
{
	writer_run(&CONTAINER_OF(j, struct store, job)->writer);
}

static void
give_orders(struct store *s)
{
	struct writer *w = &s->writer;

	w->batch = (struct batch){ 0 };
	w->all = w->backup = false;
	if (!s->catching_up) {
		w->batch = s->next;
		w->all = s->next_all;
		w->backup = s->backup_no != 0 && s->backup_no <= s->upto;
		s->next = (struct batch){ 0 };
	}
	if (w->backup) {
		s->backup_running = s->backup_no;
		s->backup_no = 0;
	}
	quick_order(s);
}

void
store_submit(struct store *s)
{
	give_orders(s);
	s->submitted = now_of(s).mono;
	s->job = (struct job){ .run = run_job, .done = job_done };
	s->busy = s->work != NULL && workers_submit(s->work, &s->job);
	if (s->busy)
		return;
	s->catching_up = false;
	take_back(s);
}

static bool
has_news(const struct store *s)
{
	return s->current.ops.n > 0 || row_log_waiting(&s->kept) > 0 || s->backup_no != 0;
}

/* Something is on its way that must not be overtaken. */
static bool
is_under_way(const struct store *s)
{
	return s->preparing != PREPARE_NOTHING || s->direct.busy || s->held || s->done_waits || (s->busy && !s->catching_up);
}

/* Small changes are made ready at once. */
static void
prepare_more(struct store *s, bool quick)
{
	struct work w = { PREPARE_UNITS };

	if (!store_prepare_some(s, &w)) {
		timer_in(&s->prepare_more, 0);
		return;
	}
	if (quick && quick_begin(s))
		return;
	s->held = s->busy;
	if (!s->held)
		store_submit(s);
}

void
store_start_writing(struct store *s, bool anyway)
{
	bool quick;

	if (s->work == NULL || s->ending || is_under_way(s) || (!anyway && !has_news(s)))
		return;
	quick = !anyway && quick_is_wanted(s);
	if (!quick && s->busy)
		return;
	prepare_more(s, quick);
}

static void
on_prepare_more(void *arg)
{
	prepare_more(arg, false);
}

static void
on_soon(void *arg)
{
	struct store *s = arg;

	if (s->ok)
		store_start_writing(s, false);
	else
		refuse(s);
}

static void
on_retry(void *arg)
{
	store_start_writing(arg, true);
}

/* A disk that hangs is as good as one that fails. */
static void
on_pulse(void *arg)
{
	struct store *s = arg;
	struct mono now = now_of(s).mono;
	span stuck = s->writer.backup ? STUCK_COPYING : STUCK;

	timer_in(&s->pulse, PULSE);
	if ((s->busy || s->direct.busy) && s->ok && mono_sub(now, s->submitted) > stuck) {
		err_set(&s->problem, ERR_TIMEOUT, "the disk has not answered for %d seconds", (int)(stuck / SPAN_S));
		LOG(&s->log, LOG_ERROR, "Durable state is not being written; going on from memory", F_ERR(&s->problem));
		s->ok = false;
		refuse(s);
	} else if (!s->busy && s->ok && (s->kept.alerts_n + s->kept.records_n > 0 || s->present.map.n > 0) &&
	    mono_sub(now, s->committed) > ALIVE) {
		/* Which also shows whether the database is still there. */
		store_start_writing(s, true);
	}
}

bool
store_make_directory(struct str path, struct err *e)
{
	char *dir = path.n > 0 ? mem_strndup(path.p, path.n) : mem_strdup(".");
	bool ok = owner_make_directory(dir, e);

	mem_free(dir);
	return ok;
}

struct store *
store_open(const struct store_options *o, struct err *e)
{
	struct store *s = NEW(struct store);

	s->o = *o;
	s->ok = true;
	s->log = log_with(o->log, F_CSTR("component", "store"));
	s->dir = mem_strdup(o->path[0] != '\0' ? o->path : ".");
	writer_init(&s->writer, s->dir, o->clock);
	row_log_init(&s->kept);
	timer_init(&s->soon, o->base, "store", on_soon, s);
	timer_init(&s->prepare_more, o->base, "store", on_prepare_more, s);
	store_init_waits(s);
	timer_init(&s->retry, o->base, "store", on_retry, s);
	timer_init(&s->pulse, o->base, "store", on_pulse, s);
	timer_in(&s->pulse, PULSE);
	quick_init(s);
	if (owner_make_directory(s->dir, e))
		return s;
	store_close(&s);
	return NULL;
}

bool
store_recover(struct store *s, struct engine *engine, struct moment now, struct err *e)
{
	struct db_rows l = { 0 };
	bool ok = store_load(s, &l, e);

	s->engine = engine;
	if (ok)
		recover_rows(s, &l, engine, now);
	db_rows_fini(&l);
	if (!ok)
		return false;
	s->committed = now.mono;
	s->work = workers_new(s->o.base, 1, 2 + STORE_CLOSINGS_MAX, "store", e);
	if (s->work == NULL)
		return false;
	if (!s->ok)
		retry_later(s);
	else
		quick_resume(s);
	return true;
}

void
store_detach(struct store *s)
{
	if (s != NULL)
		s->engine = NULL;
}

uint64_t
store_ticket(const struct store *s)
{
	return s->durable == s->taken ? 0 : s->taken;
}

static size_t
without(size_t n, size_t part)
{
	return n > part ? n - part : 0;
}

bool
store_has_room(const struct store *s)
{
	/* A database that begins anew is told much again, which nobody has to wait for. */
	return !s->ok || without(s->current.bytes, s->retold) + without(s->kept.news_n, s->kept.budget) * ALERT_BYTES < ROOM_BYTES;
}

/* One transaction, from here: nobody else is left. False when there is no use in another one. */
static bool
write_some(struct store *s)
{
	enum written result;

	store_prepare(s);
	give_orders(s);
	writer_run(&s->writer);
	result = s->writer.result;
	if (result == WRITTEN) {
		row_log_written(&s->kept);
		return true;
	}
	take_back(s);
	if (result == WRITE_FOUND_ROWS && s->engine != NULL)
		recover_rows_late(s, &s->writer.loaded, now_of(s));
	db_rows_fini(&s->writer.loaded);
	s->want_all = result != WRITE_FAILED && s->engine != NULL;
	if (!s->want_all)
		LOG(&s->log, LOG_ERROR, "The last changes could not be written",
		    F_UINT("records", s->current.ops.n + row_log_waiting(&s->kept)), F_ERR(&s->writer.err));
	return s->want_all;
}

static void
write_rest(struct store *s)
{
	s->backup_no = 0;
	row_log_settle(&s->kept, ++s->taken);
	while (write_some(s) && (has_news(s) || s->want_all))
		;
}

static void
end_timers(struct store *s)
{
	timer_fini(&s->soon);
	timer_fini(&s->prepare_more);
	store_end_wait_timers(s);
	timer_fini(&s->retry);
	timer_fini(&s->pulse);
}

void
store_finish(struct store *s)
{
	if (s == NULL || s->work == NULL)
		return;
	s->o.durable = NULL;
	s->o.failed = NULL;
	quick_end(s);
	end_timers(s);
	workers_stop(&s->work);
	s->finished = true;
	write_rest(s);
}

void
store_end(struct store *s)
{
	if (s == NULL || s->ended)
		return;
	store_finish(s);
	assert(s->waits == NULL);
	end_timers(s);
	/* Writes the last changes of the engine. */
	if (s->finished && has_news(s))
		write_rest(s);
	batch_clear(&s->current);
	quick_fini(s);
	writer_fini(&s->writer);
	s->ended = true;
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;

	if (s == NULL)
		return;
	store_end(s);
	row_log_fini(&s->kept);
	disk_keys_fini(&s->present);
	for (size_t i = 0; i < ARRAY_LEN(s->scratch); i++)
		sbuf_fini(&s->scratch[i]);
	mem_free(s->dir);
	mem_free(s);
	*sp = NULL;
}
