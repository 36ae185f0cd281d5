/* SPDX-License-Identifier: Apache-2.0 */
#include "net/mail.h"

#include <assert.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "mail_child.h"
#include "mail_wire.h"

#define CONNECT_MAX (30 * SPAN_S)	/* for a name to be resolved and the server to answer */
#define IDLE_MAX (60 * SPAN_S)		/* before a worker above the usual number is let go */

struct mail_worker {
	struct mail_pool *pool;
	struct mail_worker *next;
	pid_t pid;
	struct bufferevent *bev;
	struct mail_call *call;		/* NULL: idle */
	struct event *timer;		/* connection and idleness */
};

enum mail_state { MAIL_QUEUED, MAIL_RUNNING, MAIL_ENDED };

struct mail_call {
	struct mail_pool *pool;
	struct arena *arena;
	void (*done)(void *arg, const struct response *resp);
	void *arg;
	struct mail_request r;		/* host_port and to_n are used after the copy; strings are in the arena */
	struct sbuf frame;		/* the job, until a worker has it */
	struct mono deadline;
	struct event *timer;		/* deadline, or report of what ended at once */
	enum mail_state state;
	struct mail_worker *worker;
	bool connected;			/* the server has the mail, or may have it */
	struct mail_call *prev, *next;	/* in the queue */
	struct mail_call *all_prev, *all_next;
	struct err err;
};

struct mail_pool {
	struct mail_pool_options o;
	struct mail_worker *workers;
	size_t workers_n;
	struct mail_call *first, *last;
	size_t queued;
	struct mail_call *all;		/* calls not yet reported */
	struct graveyard *graveyard;
};

static void dispatch(struct mail_pool *p);

static struct mono
mono_now(const struct mail_pool *p)
{
	return p->o.clock->now(p->o.clock).mono;
}

static void
arm(struct event *timer, span wait)
{
	struct timeval tv;

	if (wait < 0)
		wait = 0;
	tv.tv_sec = wait / SPAN_S;
	tv.tv_usec = wait % SPAN_S / SPAN_US;
	evtimer_add(timer, &tv);
}

/* Workers. */

static void
worker_end(struct mail_worker *w)
{
	struct mail_pool *p = w->pool;
	struct mail_worker **at = &p->workers;

	assert(w->call == NULL);
	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	p->workers_n--;
	bufferevent_free(w->bev);
	event_free(w->timer);
	graveyard_bury(p->graveyard, w->pid);
	mem_free(w);
}

static void
queue_remove(struct mail_call *c)
{
	struct mail_pool *p = c->pool;

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		p->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		p->last = c->prev;
	c->prev = c->next = NULL;
	p->queued--;
}

/* Takes the call out of the queue or away from its worker, which is ended unless it is done with it. */
static void
detach(struct mail_call *c, bool worker_is_idle)
{
	struct mail_worker *w = c->worker;

	if (c->state == MAIL_QUEUED)
		queue_remove(c);
	c->state = MAIL_ENDED;
	c->worker = NULL;
	if (w == NULL)
		return;
	w->call = NULL;
	if (!worker_is_idle)
		worker_end(w);
	else
		arm(w->timer, IDLE_MAX);
}

static void
call_free(struct mail_call *c)
{
	struct arena *a = c->arena;

	if (c->all_prev != NULL)
		c->all_prev->all_next = c->all_next;
	else
		c->pool->all = c->all_next;
	if (c->all_next != NULL)
		c->all_next->all_prev = c->all_prev;
	event_free(c->timer);
	if (c->frame.p != NULL)
		explicit_bzero(c->frame.p, c->frame.n);
	sbuf_fini(&c->frame);
	arena_free(&a);		/* the call is in it */
}

static void
report(struct mail_call *c, const struct response *r)
{
	struct mail_pool *p = c->pool;

	c->done(c->arg, r);
	call_free(c);
	dispatch(p);
}

static void
fail(struct mail_call *c)
{
	struct response r = { .kind = REQUEST_MAIL, .transport_error = true, .error = str_from(c->err.text),
		.unanswered = c->connected };

	report(c, &r);
}

static void
on_result(struct mail_worker *w, struct str payload)
{
	struct mail_call *c = w->call;
	struct response r = { .kind = REQUEST_MAIL };
	struct mail_result result;

	if (c == NULL)
		return;
	if (!mail_wire_read_result(payload, c->arena, &result) ||
	    (result.codes_n != 0 && result.codes_n != c->r.to_n)) {
		err_set(&c->err, ERR_IO, "mail worker: malformed result");
		detach(c, false);
		fail(c);
		return;
	}
	r.transport_error = !result.ok && result.code == 0;
	r.error = arena_str(c->arena, result.error);
	r.smtp_code = result.code;
	r.smtp_recipient_codes = result.codes_n > 0 ? result.codes : NULL;
	/* A result that contradicts itself must not pass for a delivery. */
	if (!result.ok && r.smtp_code / 100 == 2) {
		r.smtp_code = 0;
		r.transport_error = true;
	}
	r.unanswered = r.transport_error && c->connected;
	detach(c, !result.last);
	report(c, &r);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct mail_worker *w = arg;
	struct mail_pool *p = w->pool;
	struct evbuffer *in = bufferevent_get_input(bev);
	char head[FRAME_HEAD];
	enum frame_kind kind;
	size_t n;
	bool bad;

	while (evbuffer_copyout(in, head, sizeof(head)) == (ev_ssize_t)sizeof(head)) {
		struct str payload;
		struct mail_worker *still;

		if (!mail_wire_head((struct str){ head, sizeof(head) }, &kind, &n, &bad))
			break;
		if (evbuffer_get_length(in) < FRAME_HEAD + n)
			return;
		evbuffer_drain(in, FRAME_HEAD);
		payload = (struct str){ n > 0 ? (const char *)evbuffer_pullup(in, (ev_ssize_t)n) : NULL, n };
		if (kind == FRAME_CONNECTED) {
			if (w->call != NULL)
				w->call->connected = true;
			evtimer_del(w->timer);
			evbuffer_drain(in, n);
			continue;
		}
		/* The slices are copied before `done`, which may end this very worker. */
		on_result(w, payload);
		/* A new worker may stand where this one was, but not with its bufferevent, which lives until we return. */
		for (still = p->workers; still != NULL && !(still == w && still->bev == bev); still = still->next)
			;
		if (still == NULL)
			return;
		evbuffer_drain(in, n);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct mail_worker *w = arg;
	struct mail_pool *p = w->pool;
	struct mail_call *c = w->call;

	(void)bev;
	if (!(what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)))
		return;
	if (c == NULL) {
		worker_end(w);
		dispatch(p);
		return;
	}
	LOG(p->o.log, LOG_ERROR, "Mail worker died, will start another one");
	err_set(&c->err, ERR_IO, "mail worker died");
	detach(c, false);
	fail(c);
}

static void
on_worker_timer(evutil_socket_t fd, short what, void *arg)
{
	struct mail_worker *w = arg;
	struct mail_call *c = w->call;

	(void)fd;
	(void)what;
	if (c == NULL) {
		if (w->pool->workers_n > w->pool->o.workers)
			worker_end(w);
		return;
	}
	err_set(&c->err, ERR_TIMEOUT, "%s: dial tcp %.*s:%.*s: i/o timeout",
	    c->r.implicit_tls ? "establish TLS connection to server" : "establish connection to server",
	    STR_ARG(c->r.smarthost.host), STR_ARG(c->r.smarthost.port));
	detach(c, false);
	fail(c);
}

static struct mail_worker *
worker_new(struct mail_pool *p, struct err *e)
{
	struct mail_worker *w;
	pid_t pid;
	int fd;

	if (!mail_child_start(p->o.program, &pid, &fd, e))
		return NULL;
	w = NEW(struct mail_worker);
	w->pool = p;
	w->pid = pid;
	w->bev = bufferevent_socket_new(p->o.base, fd, BEV_OPT_CLOSE_ON_FREE);
	w->timer = evtimer_new(p->o.base, on_worker_timer, w);
	assert(w->bev != NULL && w->timer != NULL);
	bufferevent_setcb(w->bev, on_read, NULL, on_event, w);
	bufferevent_enable(w->bev, EV_READ | EV_WRITE);
	w->next = p->workers;
	p->workers = w;
	p->workers_n++;
	return w;
}

/* The queue. */

/* A smarthost that hangs must not have all the workers. */
static bool
may_run(const struct mail_pool *p, const struct mail_call *c)
{
	unsigned same = 0, most = p->o.workers_max - p->o.workers_max / 4;

	for (const struct mail_worker *w = p->workers; w != NULL; w = w->next)
		same += w->call != NULL && str_eq(w->call->r.smarthost.host, c->r.smarthost.host) &&
		    str_eq(w->call->r.smarthost.port, c->r.smarthost.port);
	return same < most;
}

static void
run(struct mail_call *c, struct mail_worker *w)
{
	queue_remove(c);
	c->state = MAIL_RUNNING;
	c->worker = w;
	w->call = c;
	mail_wire_job(&c->frame, &c->r, mono_sub(c->deadline, mono_now(c->pool)));
	bufferevent_write(w->bev, c->frame.p, c->frame.n);
	explicit_bzero(c->frame.p, c->frame.n);
	sbuf_fini(&c->frame);
	arm(w->timer, CONNECT_MAX);
}

/* Ends from the loop, with the text in c->err. */
static void
fail_later(struct mail_call *c)
{
	c->state = MAIL_ENDED;
	arm(c->timer, 0);
}

static void
dispatch(struct mail_pool *p)
{
	struct mail_call *c, *next;

	for (c = p->first; c != NULL; c = next) {
		struct mail_worker *w = p->workers;

		next = c->next;
		while (w != NULL && w->call != NULL)
			w = w->next;
		if (w == NULL && p->workers_n >= p->o.workers_max)
			return;
		if (!may_run(p, c))
			continue;
		if (w == NULL && (w = worker_new(p, &c->err)) == NULL) {
			/* Those behind it wait for the next turn of events. */
			queue_remove(c);
			fail_later(c);
			return;
		}
		run(c, w);
	}
}

static void
on_call_timer(evutil_socket_t fd, short what, void *arg)
{
	struct mail_call *c = arg;
	span left = mono_sub(c->deadline, mono_now(c->pool));

	(void)fd;
	(void)what;
	if (c->state != MAIL_ENDED) {
		if (left > 0) {
			arm(c->timer, left + SPAN_US);
			return;
		}
		err_set(&c->err, ERR_TIMEOUT, "context deadline exceeded");
		detach(c, false);
	}
	fail(c);
}

struct mail_call *
mail_pool_start(struct mail_pool *p, const struct mail_request *r, struct mono deadline,
    void (*done)(void *arg, const struct response *resp), void *arg)
{
	struct arena *a = arena_new();
	struct mail_call *c = ARENA_NEW(a, struct mail_call);
	struct sbuf copy = SBUF_INIT(FRAME_MAX);
	struct mail_job job;
	struct str bytes;

	*c = (struct mail_call){ .pool = p, .arena = a, .done = done, .arg = arg, .deadline = deadline };
	c->frame = (struct sbuf)SBUF_INIT(FRAME_MAX);
	c->timer = evtimer_new(p->o.base, on_call_timer, c);
	assert(c->timer != NULL);
	c->all_next = p->all;
	if (p->all != NULL)
		p->all->all_prev = c;
	p->all = c;
	/* There and back through the wire's form is a copy of all of it. */
	mail_wire_job(&copy, r, 0);
	bytes = sbuf_get(&copy);
	if (copy.overflow || p->queued >= p->o.queue_max) {
		err_set(&c->err, ERR_LIMIT, copy.overflow ? "mail is too large" : "too many mails wait to be sent");
		fail_later(c);
	} else {
		bytes = arena_str(a, bytes);
		if (!mail_wire_read_job(str_sub(bytes, FRAME_HEAD, bytes.n), a, &job))
			assert(!"a job we wrote ourselves can be read");
		c->r = job.r;
		c->state = MAIL_QUEUED;
		c->prev = p->last;
		if (p->last != NULL)
			p->last->next = c;
		else
			p->first = c;
		p->last = c;
		p->queued++;
		arm(c->timer, mono_sub(deadline, mono_now(p)));
		dispatch(p);
	}
	if (copy.p != NULL)
		explicit_bzero(copy.p, copy.n);
	sbuf_fini(&copy);
	return c;
}

void
mail_pool_cancel(struct mail_call **cp)
{
	struct mail_call *c = *cp;
	struct mail_pool *p;

	if (c == NULL)
		return;
	*cp = NULL;
	p = c->pool;
	detach(c, false);
	call_free(c);
	dispatch(p);
}

struct mail_pool *
mail_pool_new(const struct mail_pool_options *o)
{
	struct mail_pool *p = NEW(struct mail_pool);

	p->o = *o;
	if (p->o.program == NULL)
		p->o.program = "/proc/self/exe";
	if (p->o.workers == 0)
		p->o.workers = 4;
	if (p->o.workers_max == 0)
		p->o.workers_max = 16;
	if (p->o.queue_max == 0)
		p->o.queue_max = 10000;
	p->graveyard = graveyard_new(o->base);
	return p;
}

void
mail_pool_free(struct mail_pool **pp)
{
	struct mail_pool *p = *pp;

	if (p == NULL)
		return;
	*pp = NULL;
	while (p->all != NULL) {
		struct mail_call *c = p->all;

		detach(c, false);
		call_free(c);
	}
	while (p->workers != NULL)
		worker_end(p->workers);
	graveyard_free(&p->graveyard);
	mem_free(p);
}
