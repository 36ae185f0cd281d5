/* SPDX-License-Identifier: Apache-2.0 */
#include "history/history.h"

#include "base/mem.h"
#include "history_private.h"
#include "text/expo.h"

#define QUEUE_BYTES ((size_t)64 << 20)
/* An event is on disk after this, and what writing takes. */
#define COMMIT_AFTER (500 * SPAN_MS)
/* Between steps of tidying, and between looks whether something has become too old. */
#define TIDY_AFTER (20 * SPAN_MS)
#define LOOK_AFTER SPAN_MIN
#define FIRST_PAUSE SPAN_S
#define LONGEST_PAUSE (30 * SPAN_S)
/* Events that somebody may have asked for. */
#define ASKED_FOR \
	(EVENT_BIT(EVENT_SILENCE_CREATED) | EVENT_BIT(EVENT_SILENCE_UPDATED) | EVENT_BIT(EVENT_SILENCE_EXPIRED))
/* References are given back in the course of several turns. */
#define RELEASE_REFS 2048

static void
kick(struct history *h, span wait)
{
	if (!h->under_way && !timer_is_set(&h->soon))
		timer_in(&h->soon, wait);
}

/* Sooner than it was to be. */
static void
hurry(struct history *h)
{
	if (h->under_way || h->pause > 0)
		return;
	timer_stop(&h->soon);
	timer_in(&h->soon, 0);
}

static void
enqueue(struct history *h)
{
	if (h->filling == NULL)
		return;
	if (h->last != NULL)
		h->last->next = h->filling;
	else
		h->first = h->filling;
	h->last = h->filling;
	h->filling = NULL;
}

static struct batch *
take_first(struct history *h)
{
	struct batch *b = h->first;

	h->first = b->next;
	if (h->first == NULL)
		h->last = NULL;
	b->next = NULL;
	return b;
}

static void
on_free(void *arg)
{
	struct history *h = arg;
	struct batch *b = h->written, *next = b->next;

	if (batch_release_some(b, RELEASE_REFS)) {
		h->written = next;
		b->next = h->emptied;
		h->emptied = b;
	}
	if (h->written != NULL)
		timer_in(&h->freeing, 0);
}

static void
written(struct history *h)
{
	struct batch *b = take_first(h);

	h->bytes -= b->bytes;
	h->records -= b->records.n;
	b->next = h->written;
	h->written = b;
	if (!timer_is_set(&h->freeing))
		timer_in(&h->freeing, 0);
}

static void
note_failure(struct history *h, const struct past_writer *w)
{
	h->failures++;
	if (h->problem.kind == ERR_NONE)
		LOG(&h->log, LOG_ERROR,
		    w->full ? "The disk is full: no history is written until there is room"
			    : "History cannot be written",
		    F_ERR(&w->err));
	h->problem = w->err;
	h->pause = h->pause == 0 ? FIRST_PAUSE : h->pause < LONGEST_PAUSE / 2 ? h->pause * 2 : LONGEST_PAUSE;
}

static void
note_success(struct history *h, const struct past_writer *w)
{
	if (h->problem.kind != ERR_NONE)
		LOG(&h->log, LOG_INFO, "History is written again", F_UINT("missing", h->missing));
	h->problem = (struct err){ 0 };
	h->pause = 0;
	if (w->upgrading && !h->upgrading)
		LOG(&h->log, LOG_INFO, "The history database of an earlier version is being upgraded");
	if (!w->upgrading && h->upgrading)
		LOG(&h->log, LOG_INFO, "The history database has been upgraded");
	h->upgrading = w->upgrading;
	if (w->upgrading)
		return;
	h->opened = true;
	h->commits += w->batch != NULL;
	h->key[0] = w->db.key[0];
	h->key[1] = w->db.key[1];
	if (w->batch != NULL)
		written(h);
}

static void
free_batches(struct batch *b)
{
	while (b != NULL) {
		struct batch *next = b->next;

		batch_free(b);
		b = next;
	}
}

static void
run_write(struct job *j)
{
	struct history *h = CONTAINER_OF(j, struct history, job);

	past_writer_run(&h->writer);
	free_batches(h->freed);
	h->freed = NULL;
}

static void
on_written(struct job *j)
{
	struct history *h = CONTAINER_OF(j, struct history, job);
	const struct past_writer *w = &h->writer;

	h->under_way = false;
	h->seconds += (double)w->took / (double)SPAN_S;
	h->generation = w->generation;
	h->events = w->events;
	h->revision = w->next > 0 ? w->next - 1 : 0;
	h->file_bytes = w->bytes;
	h->deleted = w->deleted;
	h->oldest = w->oldest;
	h->before = w->before;
	h->bad = w->bad;
	if (w->aside_why.kind != ERR_NONE) {
		h->set_aside++;
		LOG(&h->log, LOG_WARN, "The history database could not be used and was set aside; a new one begins",
		    F_CSTR("path", w->aside_path), F_ERR(&w->aside_why));
	}
	if (w->ok)
		note_success(h, w);
	else
		note_failure(h, w);
	if (h->stopping)
		return;
	if (h->pause > 0)
		kick(h, h->pause);
	else if (h->upgrading || h->first != NULL)
		kick(h, 0);
	else if (h->filling != NULL)
		kick(h, COMMIT_AFTER);
	else
		kick(h, w->more ? TIDY_AFTER : LOOK_AFTER);
}

static void
on_soon(void *arg)
{
	struct history *h = arg;

	if (h->under_way)
		return;
	if (h->first == NULL)
		enqueue(h);
	h->writer.batch = h->first;
	h->job = (struct job){ .run = run_write, .done = on_written };
	if (h->freed == NULL) {
		h->freed = h->emptied;
		h->emptied = NULL;
	}
	h->under_way = workers_submit(h->writing, &h->job);
}

/* Where the next event goes; NULL: there is no room for it. */
static struct batch *
batch_for(struct history *h, struct moment now)
{
	struct str nobody = STR_NONE;

	if (h->bytes >= h->o.queue_bytes) {
		h->dropped++;
		h->missing++;
		return NULL;
	}
	if (h->filling == NULL)
		h->filling = batch_new(now.mono);
	if (h->missing > 0) {
		batch_note(h->filling, KIND_GAP, now.wall, nobody, h->missing, nobody);
		h->missing = 0;
	}
	return h->filling;
}

/* Something was added to the batch that had so many bytes and records. */
static void
added(struct history *h, size_t bytes, size_t records)
{
	struct batch *b = h->filling;

	h->bytes += b->bytes - bytes;
	h->records += b->records.n - records;
	h->taken += b->records.n - records;
	if (batch_is_full(b)) {
		enqueue(h);
		hurry(h);
	} else {
		/* Looking for what is too old can be put off until then. */
		if (!h->under_way && h->pause == 0 && h->records == b->records.n && b->records.n == 1)
			timer_stop(&h->soon);
		kick(h, COMMIT_AFTER);
	}
}

static void
hear(void *arg, const struct event *ev)
{
	struct history *h = arg;
	size_t bytes = h->filling != NULL ? h->filling->bytes : 0;
	size_t records = h->filling != NULL ? h->filling->records.n : 0;
	struct batch *b = batch_for(h, ev->now);
	struct str name = STR_NONE, from = STR_NONE;

	if (b == NULL)
		return;
	if (h->o.actor != NULL && (EVENT_BIT(ev->kind) & ASKED_FOR) != 0)
		h->o.actor(h->o.arg, &name, &from);
	batch_take(b, ev, name, from);
	added(h, bytes, records);
}

static void
note(struct history *h, enum kind kind, struct wall now, struct str text, struct str by)
{
	struct moment at = { h->o.clock->now(h->o.clock).mono, now };
	size_t bytes = h->filling != NULL ? h->filling->bytes : 0;
	size_t records = h->filling != NULL ? h->filling->records.n : 0;
	struct batch *b = batch_for(h, at);

	if (b == NULL)
		return;
	batch_note(b, kind, now, text, 0, by);
	added(h, bytes, records);
}

static void
keep_config(struct history *h, struct config *c)
{
	if (h->config != NULL)
		config_unref(h->config);
	h->config = c != NULL ? config_ref(c) : NULL;
}

void
history_started(struct history *h, struct config *c, struct wall now, struct str version)
{
	if (h == NULL)
		return;
	keep_config(h, c);
	note(h, KIND_STARTED, now, version, STR_NONE);
}

void
history_stopped(struct history *h, struct wall now)
{
	if (h != NULL)
		note(h, KIND_STOPPED, now, STR(""), STR_NONE);
}

void
history_reloaded(struct history *h, struct config *c, struct wall now, const struct err *e, struct str by)
{
	if (h == NULL)
		return;
	if (e == NULL)
		keep_config(h, c);
	note(h, e == NULL ? KIND_RELOADED : KIND_REFUSED, now, e != NULL ? str_from(e->text) : STR(""), by);
}

void
history_silence_ended(struct history *h, const struct silence *s, struct moment now)
{
	size_t bytes = h->filling != NULL ? h->filling->bytes : 0;
	size_t records = h->filling != NULL ? h->filling->records.n : 0;
	struct batch *b = batch_for(h, now);

	if (b == NULL)
		return;
	batch_ended(b, s, now.wall);
	added(h, bytes, records);
}

struct history *
history_new(const struct history_options *o, struct err *e)
{
	struct history *h = NEW(struct history);

	h->o = *o;
	if (h->o.queue_bytes == 0)
		h->o.queue_bytes = QUEUE_BYTES;
	h->log = log_with(o->log, F_CSTR("component", "history"));
	past_writer_init(&h->writer, o->path, o->clock, o->retention, o->max_bytes);
	timer_init(&h->soon, o->base, "history", on_soon, h);
	timer_init(&h->freeing, o->base, "history", on_free, h);
	h->writing = workers_new(o->base, 1, 1, "history", e);
	for (unsigned i = 0; i < READERS && h->writing != NULL; i++) {
		h->reading[i] = workers_new(o->base, 1, QUESTIONS_MAX, "history-read", e);
		if (h->reading[i] == NULL)
			break;
	}
	h->listener = (struct event_listener){ batch_mask(), hear, h };
	port_listen(o->port, &h->listener);
	if (h->reading[READERS - 1] == NULL) {
		history_free(&h);
		return NULL;
	}
	on_soon(h);
	return h;
}

/* Writes the rest on this thread: the others have ended. */
static void
write_rest(struct history *h)
{
	enqueue(h);
	while (h->first != NULL) {
		h->writer.batch = h->first;
		past_writer_run(&h->writer);
		if (!h->writer.ok) {
			LOG(&h->log, LOG_ERROR, "The end of the history could not be written",
			    F_UINT("events", h->records), F_ERR(&h->writer.err));
			break;
		}
		if (!h->writer.upgrading)
			batch_free(take_first(h));
	}
}

void
history_free(struct history **hp)
{
	struct history *h = *hp;

	if (h == NULL)
		return;
	*hp = NULL;
	h->stopping = true;
	port_unlisten(h->o.port, &h->listener);
	workers_stop(&h->writing);
	for (unsigned i = 0; i < READERS; i++) {
		workers_stop(&h->reading[i]);
		reader_close(&h->readers[i]);
	}
	write_rest(h);
	keep_config(h, NULL);
	free_batches(h->first);
	free_batches(h->filling);
	free_batches(h->written);
	free_batches(h->emptied);
	free_batches(h->freed);
	timer_fini(&h->soon);
	timer_fini(&h->freeing);
	past_writer_fini(&h->writer);
	mem_free(h);
}

bool
history_before(const struct history *h, struct wall *at_out)
{
	*at_out = h->before != 0 ? wall_from_ns(h->before * SPAN_MS) : WALL_ZERO;
	return h->opened;
}

uint64_t
history_revision(const struct history *h)
{
	return h->revision;
}

static span
lag(const struct history *h, struct moment now)
{
	const struct batch *b = h->first != NULL ? h->first : h->filling;
	span waits = b != NULL ? mono_sub(now.mono, b->since) : 0;

	return waits > 2 * COMMIT_AFTER ? waits : 0;
}

struct past_health
history_health(const struct history *h, struct moment now)
{
	return (struct past_health){
		.ok = h->problem.kind == ERR_NONE,
		.problem = str_from(h->problem.text),
		.events = h->events,
		.bytes = h->file_bytes,
		.oldest = h->oldest != 0 ? wall_from_ns(h->oldest * SPAN_MS) : WALL_ZERO,
		.lag = lag(h, now),
	};
}

static void
one(struct expo *x, const char *name, const char *help, enum expo_type type, double v)
{
	expo_family(x, name, help, type);
	expo_value(x, v);
}

void
history_expose(void *arg, struct expo *x, struct moment now)
{
	const struct history *h = arg;

	one(x, "tocsin_history_healthy", "Whether history can be written.", EXPO_GAUGE, h->problem.kind == ERR_NONE);
	one(x, "tocsin_history_events_total", "Events that were taken into history.", EXPO_COUNTER, (double)h->taken);
	one(x, "tocsin_history_dropped_total", "Events that are missing in history, as the disk was behind.",
	    EXPO_COUNTER, (double)h->dropped);
	one(x, "tocsin_history_expired_total", "Events that were deleted by age or size.", EXPO_COUNTER,
	    (double)h->deleted);
	one(x, "tocsin_history_lag_seconds",
	    "How long the oldest event has waited to be written; 0 while it is as usual.", EXPO_GAUGE,
	    (double)lag(h, now) / (double)SPAN_S);
	one(x, "tocsin_history_waiting_events", "Events that wait to be written.", EXPO_GAUGE, (double)h->records);
	one(x, "tocsin_history_waiting_bytes", "Memory that these take.", EXPO_GAUGE, (double)h->bytes);
	one(x, "tocsin_history_events", "Events in the database.", EXPO_GAUGE, (double)h->events);
	one(x, "tocsin_history_bytes", "Size of the database, without its log.", EXPO_GAUGE, (double)h->file_bytes);
	one(x, "tocsin_history_oldest_timestamp_seconds", "When the oldest event happened; 0: there is none.",
	    EXPO_GAUGE, (double)h->oldest / 1000);
	expo_family(x, "tocsin_history_commit_duration_seconds", "How long writing took.", EXPO_SUMMARY);
	expo_summary(x, h->commits, h->seconds);
	one(x, "tocsin_history_commit_errors_total", "Times that history could not be written.", EXPO_COUNTER,
	    (double)h->failures);
	one(x, "tocsin_history_databases_set_aside_total", "Databases that could not be used and were set aside.",
	    EXPO_COUNTER, (double)h->set_aside);
	one(x, "tocsin_history_queries_total", "Pages of history that were asked for.", EXPO_COUNTER, (double)h->asked);
	one(x, "tocsin_history_query_errors_total", "Pages that could not be made.", EXPO_COUNTER,
	    (double)h->asked_failed);
}
