/* SPDX-License-Identifier: Apache-2.0 */
#include "reload.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/mem.h"
#include "cluster.h"
#include "loop/supervisor.h"
#include "loop/tasks.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "server_private.h"
#include "setup/load.h"
#include "text/expo.h"

/* How often it is asked whether a configuration that is not in force any more is still in use. */
#define LOOK SPAN_S

/* One that was in force: groups and attempts may hold it for a while. */
struct past {
	struct list_node place;	/* in reload->past */
	struct reload *reload;
	struct job job;
	struct config *config;
};

/* A client that waits for the end of a reload. */
struct waiter {
	struct http_stream stream;
	struct reload *reload;
	struct list *list;	/* that it is in; NULL once the end is known */
	struct list_node place;
	bool failed;
	struct err e;
};

struct reload {
	struct server *s;
	struct log log;
	struct workers *workers;
	struct tasks *tasks;
	struct task adopt, release;
	struct job job;
	struct load load;
	struct moment began;
	enum { RELOAD_IDLE, RELOAD_LOADING, RELOAD_ADOPTING, RELOAD_APPLYING } state;
	bool again, stopped;
	char *by, *next_by;		/* who asked for the one under way, and for the one after it; owned, NULL: a signal */
	struct list now, next;		/* waiters of the one under way, and of the one after it */
	struct config *current;		/* in force, or on its way there: a reference */
	struct list past;
	size_t past_n;
	bool freeing;			/* one that was past: the next one has to wait */
	struct timer look;
};

static void begin(struct reload *r);

static void
unlink_waiter(struct waiter *w)
{
	if (w->list != NULL)
		list_remove(w->list, &w->place);
	w->list = NULL;
}

/* e is NULL when all is well. */
static void
answer(struct list *list, const struct err *e)
{
	while (list->first != NULL) {
		struct waiter *w = CONTAINER_OF(list->first, struct waiter, place);

		unlink_waiter(w);
		w->failed = e != NULL;
		if (e != NULL) {
			w->e = *e;
			err_ctx(&w->e, "failed to reload config");
		}
		if (w->stream.ready != NULL)
			w->stream.ready(w->stream.ready_arg);
	}
}

static enum http_more
next_of_waiter(struct http_stream *stream, struct sbuf *out, struct work *work, struct moment now, struct err *e)
{
	struct waiter *w = CONTAINER_OF(stream, struct waiter, stream);

	(void)out;
	(void)work;
	(void)now;
	if (w->list != NULL)
		return HTTP_WAIT;
	if (!w->failed)
		return HTTP_END;
	*e = w->e;
	return HTTP_FAILED;
}

static void
drop_waiter(struct http_stream *stream)
{
	struct waiter *w = CONTAINER_OF(stream, struct waiter, stream);

	unlink_waiter(w);
	mem_free(w);
}

struct http_stream *
reload_stream(struct reload *r, struct api_actor actor)
{
	struct str by = actor.name.n > 0 ? actor.name : actor.from;
	struct waiter *w = NEW(struct waiter);

	w->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next_of_waiter, .drop = drop_waiter };
	w->reload = r;
	w->list = &r->next;
	list_append(&r->next, &w->place);
	/* The last of several who ask for one and the same. */
	if (by.n > 0) {
		mem_free(r->next_by);
		r->next_by = mem_strndup(by.p, by.n);
	}
	reload_request(r);
	return &w->stream;
}

/* It is over, one way or the other: those that came meanwhile have theirs. */
static void
end(struct reload *r, const struct err *e)
{
	r->state = RELOAD_IDLE;
	supervisor_ready(r->s->supervisor);
	answer(&r->now, e);
	if (r->again)
		begin(r);
}

static void
fail(struct reload *r, const struct err *e)
{
	LOG(&r->log, LOG_ERROR, "Loading configuration file failed", F_STR("file", r->s->o->config_file), F_ERR(e));
	api_note_reload(r->s->api, r->began.wall, NULL, e);
	history_reloaded(r->s->history, NULL, r->began.wall, e, str_from(r->by));
	end(r, e);
}

static void
run_load(struct job *j)
{
	struct reload *r = CONTAINER_OF(j, struct reload, job);

	/* This thread uses only those members of r that the loop leaves alone until the job is home. */
	load_run(&r->load, r->s->o, r->began.wall);
	interned_leave();
}

static void
load_done(struct job *j)
{
	struct reload *r = CONTAINER_OF(j, struct reload, job);
	struct err e = r->load.e;

	if (!r->stopped)
		load_log(&r->load, &r->log);
	load_fini(&r->load);
	if (r->load.config != NULL) {
		r->state = RELOAD_ADOPTING;
		task_ready(r->tasks, &r->adopt);
	} else if (r->stopped) {
		r->state = RELOAD_IDLE;
	} else {
		/* From here on r->load may be the next one's. */
		fail(r, &e);
	}
}

static void
begin(struct reload *r)
{
	struct err e = { 0 };

	r->again = false;
	if (r->stopped)
		return;
	mem_free(r->by);
	r->by = r->next_by;
	r->next_by = NULL;
	r->now = r->next;
	r->next = (struct list){ 0 };
	LIST_EACH(&r->now, node)
		CONTAINER_OF(node, struct waiter, place)->list = &r->now;
	if (r->s->web != NULL)
		http_server_refresh(r->s->web);
	LOG(&r->log, LOG_INFO, "Loading configuration file", F_STR("file", r->s->o->config_file));
	r->began = r->s->clock->now(r->s->clock);
	supervisor_reloading(r->s->supervisor, r->began.mono);
	r->state = RELOAD_LOADING;
	r->job = (struct job){ .run = run_load, .done = load_done };
	if (!workers_submit(r->workers, &r->job)) {
		err_set(&e, ERR_LIMIT, "there is no thread to load it");
		fail(r, &e);
	}
}

void
reload_request(struct reload *r)
{
	static const struct err stopping = { .kind = ERR_CANCELED, .text = "the server is stopping" };

	if (r->stopped)
		answer(&r->next, &stopping);
	else if (r->state == RELOAD_IDLE)
		begin(r);
	else
		r->again = true;
}

/* However many reloads come meanwhile. */
static void
look_later(struct reload *r)
{
	if (!r->stopped && !timer_is_set(&r->look))
		timer_in(&r->look, LOOK);
}

static void
retire(struct reload *r, struct config *c)
{
	struct past *p = NEW(struct past);

	p->config = c;
	p->reload = r;
	list_prepend(&r->past, &p->place);
	r->past_n++;
	look_later(r);
}

static void
on_look(void *arg)
{
	struct reload *r = arg;

	task_ready(r->tasks, &r->release);
}

static void
run_free(struct job *j)
{
	struct past *p = CONTAINER_OF(j, struct past, job);

	config_unref(p->config);
}

static void
free_done(struct job *j)
{
	struct past *p = CONTAINER_OF(j, struct past, job);
	struct reload *r = p->reload;

	mem_free(p);
	r->past_n--;
	r->freeing = false;
	/* There may be more: reloads can come faster than it is looked for them. */
	task_ready(r->tasks, &r->release);
}

/* The first that nobody else holds. */
static struct past *
find_unused(struct reload *r)
{
	LIST_EACH(&r->past, node) {
		struct past *p = CONTAINER_OF(node, struct past, place);

		if (p->config->refs == 1)
			return p;
	}
	return NULL;
}

static void
run_release(struct task *t, struct work *w, struct moment now)
{
	struct reload *r = CONTAINER_OF(t, struct reload, release);
	struct past *p = r->freeing ? NULL : find_unused(r);

	(void)now;
	if (p == NULL) {
		if (r->past.first != NULL)
			look_later(r);
		return;
	}
	if (!config_release(p->config, w)) {
		task_ready(r->tasks, &r->release);
		return;
	}
	list_remove(&r->past, &p->place);
	r->freeing = true;
	p->job = (struct job){ .run = run_free, .done = free_done };
	if (!workers_submit(r->workers, &p->job)) {
		run_free(&p->job);
		free_done(&p->job);
	}
}

static void
put_in_force(struct reload *r, struct config *c, struct moment now)
{
	struct server *s = r->s;

	/* The engine holds the one before until this one is in force. */
	r->state = RELOAD_APPLYING;
	retire(r, r->current);
	r->current = c;
	server_apply(s, c, now);
}

static void
run_adopt(struct task *t, struct work *w, struct moment now)
{
	struct reload *r = CONTAINER_OF(t, struct reload, adopt);

	if (r->stopped)
		return;
	if (!config_adopt(r->load.config, w))
		task_ready(r->tasks, &r->adopt);
	else
		put_in_force(r, r->load.config, now);
}

void
reload_applied(struct reload *r, struct config *c)
{
	struct server *s;

	/* The first one is no reload. */
	if (r == NULL || r->state != RELOAD_APPLYING || c != r->current)
		return;
	s = r->s;
	recorder_apply(s->recorder, c);
	tracer_apply(s->tracer, c);
	api_note_reload(s->api, s->clock->now(s->clock).wall, c, NULL);
	cluster_configured(s, c);
	history_reloaded(s->history, c, s->clock->now(s->clock).wall, NULL, str_from(r->by));
	/* That before it is mostly used by nobody any more. */
	task_ready(r->tasks, &r->release);
	LOG(&r->log, LOG_INFO, "Completed loading of configuration file", F_STR("file", s->o->config_file));
	end(r, NULL);
}

struct reload *
reload_new(struct server *s, struct config *c, struct err *e)
{
	struct reload *r = NEW(struct reload);

	r->s = s;
	r->log = log_with(&s->log, F_CSTR("component", "configuration"));
	r->current = config_ref(c);
	r->adopt.run = run_adopt;
	r->release.run = run_release;
	r->tasks = tasks_new(s->base, s->clock, "reload");
	timer_init(&r->look, s->base, "reload", on_look, r);
	/* One that loads and, behind it, what is freed. */
	r->workers = workers_new(s->base, 1, 64, "reload", e);
	if (r->workers != NULL)
		return r;
	if (!reload_free(&r))
		abort();
	return NULL;
}

void
reload_stop(struct reload *r)
{
	static const struct err stopping = { .kind = ERR_CANCELED, .text = "the server is stopping" };

	if (r == NULL)
		return;
	r->stopped = true;
	r->again = false;
	answer(&r->now, &stopping);
	answer(&r->next, &stopping);
}

static void
free_whole(struct config *c)
{
	struct work all = { INT64_MAX };

	if (c != NULL && c->holdings != NULL && !config_adopt(c, &all))
		return;
	config_unref(c);
}

bool
reload_free(struct reload **rp)
{
	struct reload *r = *rp;

	if (r == NULL)
		return true;
	reload_stop(r);
	if (r->state == RELOAD_LOADING && r->workers != NULL && workers_pending(r->workers) > 0) {
		LOG(&r->log, LOG_INFO, "The configuration that is being loaded is not waited for");
		return false;
	}
	*rp = NULL;
	workers_stop(&r->workers);
	task_cancel(r->tasks, &r->adopt);
	task_cancel(r->tasks, &r->release);
	if (r->state == RELOAD_ADOPTING)
		free_whole(r->load.config);
	LIST_EACH(&r->past, node) {
		struct past *p = CONTAINER_OF(node, struct past, place);

		config_unref(p->config);
		mem_free(p);
	}
	config_unref(r->current);
	tasks_free(&r->tasks);
	timer_fini(&r->look);
	mem_free(r->by);
	mem_free(r->next_by);
	mem_free(r);
	return true;
}

void
reload_expose(void *arg, struct expo *x, struct moment now)
{
	const struct server *s = arg;

	(void)now;
	expo_family(x, "tocsin_configurations_held", "Configurations in memory: the one in force, and those before it until nothing uses them.",
	    EXPO_GAUGE);
	expo_value(x, 1 + (s->reload != NULL ? (double)s->reload->past_n : 0));
}
