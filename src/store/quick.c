/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small changes go to disk as records (redo.h), begun by the loop and ended by an event of it. The writer brings the
 * database what they hold while others are written; what it is given beside that comes after all records, so nothing
 * may overtake it.
 */
#include <sys/random.h>

#include "store_private.h"

/* One transaction takes many records to the database: it costs as much as several of them. */
#define CATCH_UP_AFTER SPAN_S
#define REFUSALS_MAX 4	/* in a row */
#define AGAIN_AFTER (10 * SPAN_S)
#define CATCH_UP_BYTES ((size_t)1 << 20)
/* More are rather a transaction of their own. */
#define ITEMS_MAX 200
#define BYTES_MAX (REDO_RECORD / 2)

static void
catch_up(struct store *s)
{
	if (s->busy || s->ending || s->work == NULL || s->pending.ops.n == 0)
		return;
	timer_stop(&s->catch_up);
	s->catching_up = true;
	store_submit(s);
}

static void
on_catch_up(void *arg)
{
	struct store *s = arg;

	/* Else another transaction is tried before long, which takes them along. */
	if (s->ok)
		catch_up(s);
}

static void
landed(struct store *s)
{
	s->commit_seconds += (double)mono_sub(s->o.clock->now(s->o.clock).mono, s->submitted) / (double)SPAN_S;
	redo_landed(&s->redo);
	s->refused = 0;
	batch_add(&s->pending, &s->next);
	store_next_written(s);
	if (redo_is_filling(&s->redo) || s->pending.bytes > CATCH_UP_BYTES)
		catch_up(s);
	else if (!timer_is_set(&s->catch_up) && !s->busy && s->pending.ops.n > 0)
		timer_in(&s->catch_up, CATCH_UP_AFTER);
}

/*
 * A record that may be there or not: the next transaction has its changes, and says that it is stored. A disk that has much to do
 * refuses one now and then. Somebody who reads the file leaves it in the page cache, and then all are refused: it is opened anew
 * after a while.
 */
static void
give_up(struct store *s)
{
	if (++s->refused >= REFUSALS_MAX) {
		redo_close(&s->redo);
		s->redo_wanted = true;
		s->redo_again = mono_add(s->o.clock->now(s->o.clock).mono, AGAIN_AFTER);
	}
	s->held = s->busy;
	if (!s->held)
		store_submit(s);
}

static void
on_written(void *arg, bool ok)
{
	struct store *s = arg;

	if (ok)
		landed(s);
	else
		give_up(s);
	if (!s->done_waits)
		return;
	s->done_waits = false;
	store_writer_done(s);
}

void
quick_init(struct store *s)
{
	redo_init(&s->redo);
	timer_init(&s->catch_up, s->o.base, "store", on_catch_up, s);
	if (getrandom(&s->redo.id, sizeof(s->redo.id), 0) != (ssize_t)sizeof(s->redo.id) ||
	    !direct_write_init(&s->direct, s->o.base, on_written, s))
		return;
	s->redo_wanted = s->o.records;
}

void
quick_fini(struct store *s)
{
	timer_fini(&s->catch_up);
	direct_write_fini(&s->direct);
	redo_fini(&s->redo);
	batch_clear(&s->pending);
	batch_clear(&s->next);
}

void
quick_resume(struct store *s)
{
	if (s->pending.ops.n > 0)
		timer_in(&s->catch_up, 0);
}

bool
quick_is_wanted(struct store *s)
{
	return s->ok && !s->want_all && s->backup_no == 0 && s->current.bytes <= BYTES_MAX &&
	    row_log_waiting(&s->kept) <= ITEMS_MAX && redo_has_room(&s->redo);
}

bool
quick_begin(struct store *s)
{
	return redo_write(&s->redo, &s->next, &s->direct);
}

void
quick_end(struct store *s)
{
	s->ending = true;
	s->redo_wanted = false;
	timer_stop(&s->catch_up);
	direct_write_wait(&s->direct);
}

void
quick_order(struct store *s)
{
	struct writer *w = &s->writer;

	w->before = s->pending;
	s->pending = (struct batch){ 0 };
	w->redo_id = s->redo.id;
	w->redo_no = redo_collect(&s->redo);
	/* Its own changes come after all records, those that did not get there included. */
	if (!s->catching_up)
		w->redo_no = s->redo.last;
	w->redo_fd = s->redo.fd;
	w->redo_made = -1;
	w->redo_wanted = s->redo_wanted && !s->catching_up && !w->backup &&
	    s->o.clock->now(s->o.clock).mono.ns >= s->redo_again.ns;
}

void
quick_stored(struct store *s)
{
	struct writer *w = &s->writer;

	redo_stored(&s->redo, w->redo_no);
	s->redo.paused = w->backup;
	if (w->redo_lost) {
		redo_close(&s->redo);
		s->redo_wanted = true;
	}
	if (w->redo_made >= 0)
		redo_open(&s->redo, w->redo_made);
	if (w->redo_wanted)
		s->redo_wanted = false;
	w->redo_made = -1;
}
