/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/mail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "loop/timer.h"
#include "loop/turn.h"
#include "mail_pool.h"

#define CONNECT_MAX (30 * SPAN_S)	/* for a name to be resolved and the server to answer */
#define IDLE_MAX (60 * SPAN_S)		/* before a worker above the usual number is let go */

static void dispatch(struct mail_pool *p);

static struct mono
mono_now(const struct mail_pool *p)
{
	return p->o.clock->now(p->o.clock).mono;
}

/* Workers. */

static void
worker_end(struct mail_worker *w)
{
	struct mail_pool *p = w->pool;

	assert(w->call == NULL);
	if (w->server != NULL)
		mail_servers_release(&p->servers, w->server);
	list_remove(&p->workers, &w->place);
	p->workers_n--;
	p->starting -= !w->ready;
	mail_keep_end(w);
	mail_unsay(w);
	if (w->session.p != NULL)
		explicit_bzero(w->session.p, w->session.n);
	sbuf_fini(&w->session);
	bufferevent_free(w->bev);
	timer_fini(&w->timer);
	mem_free(w);
}

static void
worker_free(struct mail_worker *w)
{
	mail_servers_release(&w->pool->servers, w->server);
	w->server = NULL;
	timer_in(&w->timer, IDLE_MAX);
}

/* Takes the call out of its queue or away from its worker. */
static void
detach(struct mail_call *c, enum worker_next next)
{
	struct mail_worker *w = c->worker;

	if (c->state == MAIL_WAITING)
		mail_servers_leave(&c->pool->servers, &c->turn);
	c->state = MAIL_ENDED;
	c->worker = NULL;
	if (w == NULL)
		return;
	w->call = NULL;
	switch (next) {
	case WORKER_FREE:
		worker_free(w);
		break;
	case WORKER_QUITS:
		timer_in(&w->timer, MAIL_QUIT_MAX);
		break;
	case WORKER_KEEPS:
		mail_keep(w);
		break;
	case WORKER_ENDS:
		worker_end(w);
		break;
	}
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
	timer_fini(&c->timer);
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

/* How long the session has lasted. */
static span
age(const struct mail_worker *w)
{
	return mono_sub(mono_now(w->pool), w->since);
}

/* An answer, be it a refusal, is what we may hope for. */
static void
note_pace(struct mail_worker *w, const struct mail_result *r)
{
	bool late = age(w) >= w->pool->o.slow_after;

	if (r->code != 0 || (w->call->connected && !late))
		mail_servers_set_pace(&w->pool->servers, w->server, late ? PACE_LATE : PACE_GOOD);
}

static void
on_result(struct mail_worker *w, struct str payload)
{
	struct mail_call *c = w->call;
	struct response r = { .kind = REQUEST_MAIL };
	struct mail_result result;

	if (c == NULL)
		return;
	/* Nobody can be done with what has not gone out to him yet. */
	if (evbuffer_get_length(bufferevent_get_output(w->bev)) > 0 || !mail_wire_read_result(payload, c->arena, &result) ||
	    (result.codes_n != 0 && result.codes_n != c->r.to_n)) {
		err_set(&c->err, ERR_IO, "mail worker: malformed result");
		detach(c, WORKER_ENDS);
		fail(c);
		return;
	}
	note_pace(w, &result);
	r.transport_error = !result.ok && result.code == 0;
	r.error = arena_str(c->arena, result.error);
	r.smtp_code = result.code;
	r.smtp_auth_refused = result.auth_refused;
	r.smtp_recipient_codes = result.codes_n > 0 ? result.codes : NULL;
	/* A result that contradicts itself must not pass for a delivery. */
	if (!result.ok && r.smtp_code / 100 == 2) {
		r.smtp_code = 0;
		r.transport_error = true;
	}
	/* A session that came to its end knows how far it went. */
	r.unanswered = r.transport_error && result.begun;
	detach(c, result.next);
	report(c, &r);
}

/* The message is ended if it may be: what is cut before that no server takes. */
static void
on_may(struct mail_worker *w)
{
	struct mail_call *c = w->call;

	if (c == NULL)
		return;
	if (c->r.gate != NULL && !c->r.gate->open(c->r.gate, &c->err)) {
		c->connected = false;
		detach(c, WORKER_ENDS);
		fail(c);
		return;
	}
	mail_say(w, FRAME_GO);
}

/* The session begins: from now on it is the server that keeps us waiting. */
static void
session_begin(struct mail_worker *w)
{
	w->since = mono_now(w->pool);
	timer_in(&w->timer, w->pool->o.slow_after);
}

static void
on_free(struct mail_worker *w)
{
	bool first = !w->ready;

	w->ready = true;
	if (first) {
		w->pool->starting--;
		if (w->call != NULL)
			session_begin(w);
		dispatch(w->pool);
	} else if (w->server != NULL && w->call == NULL) {
		worker_free(w);
		dispatch(w->pool);
	}
}

static bool
is_worker(const struct mail_pool *p, const struct mail_worker *w, const struct bufferevent *bev)
{
	LIST_EACH(&p->workers, node)
		if (CONTAINER_OF(node, const struct mail_worker, place) == w && w->bev == bev)
			return true;
	return false;
}

static void
hear(struct mail_worker *w, enum frame_kind kind, struct str payload)
{
	if (kind == FRAME_FREE)
		on_free(w);
	else if (kind == FRAME_MAY)
		on_may(w);
	else if (kind != FRAME_CONNECTED)
		on_result(w, payload);
	else if (w->call != NULL)
		w->call->connected = true;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	TURN("mail");
	struct mail_worker *w = arg;
	struct mail_pool *p = w->pool;
	struct evbuffer *in = bufferevent_get_input(bev);
	char head[FRAME_HEAD];
	enum frame_kind kind;
	size_t n;
	bool bad;

	while (evbuffer_copyout(in, head, sizeof(head)) == (ev_ssize_t)sizeof(head)) {
		struct str payload;

		if (!mail_wire_head((struct str){ head, sizeof(head) }, &kind, &n, &bad))
			break;
		if (evbuffer_get_length(in) < FRAME_HEAD + n)
			return;
		evbuffer_drain(in, FRAME_HEAD);
		payload = (struct str){ n > 0 ? (const char *)evbuffer_pullup(in, (ev_ssize_t)n) : NULL, n };
		/* Slices of a result are copied before `done`, which may end this very worker. */
		hear(w, kind, payload);
		/* A new worker may stand where this one was, but not with its bufferevent, which lives until we return. */
		if (!is_worker(p, w, bev))
			return;
		evbuffer_drain(in, n);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	TURN("mail");
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
	detach(c, WORKER_ENDS);
	fail(c);
}

static void
on_session_timer(struct mail_worker *w)
{
	struct mail_call *c = w->call;
	span old = age(w), left = CONNECT_MAX - old;

	if (old < w->pool->o.slow_after) {
		/* Early: timers count from when the round of the loop began. */
		timer_in(&w->timer, w->pool->o.slow_after - old);
		return;
	}
	mail_servers_set_pace(&w->pool->servers, w->server, PACE_SLOW);
	if (c->connected || left > 0) {
		if (left > 0)
			timer_in(&w->timer, left);
		dispatch(w->pool);
		return;
	}
	err_set(&c->err, ERR_TIMEOUT, "%s: dial tcp %.*s:%.*s: i/o timeout",
	    c->r.implicit_tls ? "establish TLS connection to server" : "establish connection to server",
	    STR_ARG(c->r.smarthost.host), STR_ARG(c->r.smarthost.port));
	detach(c, WORKER_ENDS);
	fail(c);
}

static void
on_worker_timer(void *arg)
{
	struct mail_worker *w = arg;
	struct mail_pool *p = w->pool;

	if (w->call != NULL) {
		on_session_timer(w);
	} else if (w->kept != NULL) {
		mail_keep_leave(w);
	} else if (w->server != NULL) {
		/* The mail is delivered; the server does not let us go. */
		worker_end(w);
		dispatch(p);
	} else if (p->workers_n > p->o.workers) {
		worker_end(w);
	}
}

static struct mail_worker *
worker_new(struct mail_pool *p, struct err *e)
{
	struct mail_worker *w;
	int fd;

	if (!mail_children_start(&p->children, p->tls, &fd, e))
		return NULL;
	p->starts++;
	p->starting++;
	w = NEW(struct mail_worker);
	w->pool = p;
	w->session.max = FRAME_MAX;
	w->bev = bufferevent_socket_new(p->o.base, fd, BEV_OPT_CLOSE_ON_FREE);
	assert(w->bev != NULL);
	timer_init(&w->timer, p->o.base, "mail", on_worker_timer, w);
	bufferevent_setcb(w->bev, on_read, NULL, on_event, w);
	bufferevent_enable(w->bev, EV_READ | EV_WRITE);
	list_prepend(&p->workers, &w->place);
	p->workers_n++;
	return w;
}

static void
run(struct mail_call *c, struct mail_worker *w)
{
	c->state = MAIL_RUNNING;
	c->worker = w;
	w->call = c;
	w->server = c->turn.server;
	sbuf_reset(&w->session);
	sbuf_str(&w->session, c->session);
	mail_say_job(w, &c->r, mono_sub(c->deadline, mono_now(c->pool)));
	timer_stop(&w->timer);
	if (w->ready)
		session_begin(w);
}

/* Ends from the loop, with the text in c->err. */
static void
fail_later(struct mail_call *c)
{
	c->state = MAIL_ENDED;
	timer_in(&c->timer, 0);
}

/*
 * With more servers that hang than workers, the session that has hung longest
 * gives way: soon to a mail for a server of which nothing bad is known, and
 * after as long as a server has to greet us to one for another slow server, which
 * may have come to its senses. False: there is none.
 */
static bool
make_room(struct mail_pool *p)
{
	bool good = p->workers_n >= p->o.workers_max && mail_next_idle(p) == NULL && mail_servers_good_waits(&p->servers);
	struct mail_worker *oldest = NULL;
	struct mail_call *c;

	if (!good && !mail_servers_slow_waits(&p->servers))
		return false;
	LIST_EACH(&p->workers, node) {
		struct mail_worker *w = CONTAINER_OF(node, struct mail_worker, place);

		if (w->call != NULL && w->ready && w->server->pace == PACE_SLOW &&
		    (oldest == NULL || w->since.ns < oldest->since.ns))
			oldest = w;
	}
	if (oldest == NULL || age(oldest) < (good ? p->o.slow_after : CONNECT_MAX))
		return false;
	c = oldest->call;
	err_set(&c->err, ERR_TIMEOUT, "no answer in %.1f s, gave way to mails for other servers", (double)age(oldest) / SPAN_S);
	detach(c, WORKER_ENDS);
	fail_later(c);
	return true;
}

static void
dispatch(struct mail_pool *p)
{
	for (;;) {
		struct mail_worker *w;
		struct mail_turn *t;
		struct mail_call *c = mail_keep_next(p, &w);

		if (c != NULL) {
			run(c, w);
			continue;
		}
		w = mail_next_idle(p);
		if (w == NULL && mail_next_must_wait(p))
			break;
		if (w == NULL && p->workers_n >= p->o.workers_max &&
		    ((mail_servers_others_wait(&p->servers, NULL) && mail_keep_give_way(p)) || !make_room(p)))
			break;
		t = mail_next_turn(p, &w);
		if (t == NULL && make_room(p))
			t = mail_next_turn(p, &w);
		if (t == NULL)
			break;
		c = CONTAINER_OF(t, struct mail_call, turn);
		if (w == NULL && (w = worker_new(p, &c->err)) == NULL) {
			/* Those behind it wait for the next turn of events. */
			mail_servers_release(&p->servers, t->server);
			fail_later(c);
			return;
		}
		run(c, w);
		p->want_spare = true;
	}
	/* A worker takes a while to start: the next mail is not to wait for that. */
	if ((p->starts > 0 || (p->want_spare && !mail_next_must_wait(p))) && !timer_is_set(&p->next_turn))
		timer_in(&p->next_turn, 0);
}

static void
on_next_turn(void *arg)
{
	struct mail_pool *p = arg;
	struct mail_worker *w;
	struct err e = { 0 };

	p->starts = 0;
	/* First: the next mail for a good server is not to wait until all others have theirs. */
	if (p->want_spare && !mail_next_must_wait(p)) {
		p->want_spare = false;
		if (mail_next_idle(p) == NULL && p->workers_n < p->o.workers_max && (w = worker_new(p, &e)) != NULL)
			timer_in(&w->timer, IDLE_MAX);
	}
	dispatch(p);
}

static void
on_call_timer(void *arg)
{
	struct mail_call *c = arg;
	span left = mono_sub(c->deadline, mono_now(c->pool));

	if (c->state != MAIL_ENDED) {
		if (left > 0) {
			timer_in(&c->timer, left);
			return;
		}
		err_set(&c->err, ERR_TIMEOUT, "context deadline exceeded");
		detach(c, WORKER_ENDS);
	}
	fail(c);
}

struct mail_call *
mail_pool_start(struct mail_pool *p, const struct mail_request *r, struct mono deadline,
    void (*done)(void *arg, const struct response *resp), void *arg)
{
	struct arena *a = arena_new();
	struct mail_call *c = ARENA_NEW(a, struct mail_call);
	struct sbuf copy = SBUF_INIT(FRAME_MAX), session = SBUF_INIT(FRAME_MAX);
	struct mail_request small = *r;
	struct mail_job job;
	struct str bytes;
	bool large;

	*c = (struct mail_call){ .pool = p, .arena = a, .done = done, .arg = arg, .deadline = deadline };
	timer_init(&c->timer, p->o.base, "mail", on_call_timer, c);
	c->all_next = p->all;
	if (p->all != NULL)
		p->all->all_prev = c;
	p->all = c;
	/* There and back through the wire's form is a copy of all of it. */
	small.message = STR_NONE;
	mail_wire_job(&copy, &small, 0);
	sbuf_putc(&copy, '\0');
	bytes = sbuf_get(&copy);
	large = copy.overflow || r->message.n > FRAME_MAX - copy.n;
	if (large || mail_servers_waiting(&p->servers, &r->smarthost) >= p->o.queue_max) {
		err_set(&c->err, ERR_LIMIT, large ? "mail is too large" : "too many mails wait for this server");
		fail_later(c);
	} else {
		bytes = arena_str(a, bytes);
		if (!mail_wire_read_job(str_sub(bytes, FRAME_HEAD, bytes.n), a, &job))
			assert(!"a job we wrote ourselves can be read");
		c->r = job.r;
		c->r.message = r->message;
		c->r.gate = r->gate;
		mail_wire_session(&session, r);
		c->session = arena_str(a, sbuf_get(&session));
		c->state = MAIL_WAITING;
		p->tls |= r->require_tls || r->implicit_tls;
		mail_servers_wait(&p->servers, &c->turn, &c->r.smarthost);
		timer_in(&c->timer, mono_sub(deadline, mono_now(p)));
		dispatch(p);
	}
	if (copy.p != NULL)
		explicit_bzero(copy.p, copy.n);
	if (session.p != NULL)
		explicit_bzero(session.p, session.n);
	sbuf_fini(&copy);
	sbuf_fini(&session);
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
	detach(c, WORKER_ENDS);
	call_free(c);
	dispatch(p);
}

struct mail_pool *
mail_pool_new(const struct mail_pool_options *o)
{
	struct mail_pool *p = NEW(struct mail_pool);
	unsigned most;

	p->o = *o;
	p->o.program = o->program != NULL ? o->program : "/proc/self/exe";
	p->o.workers = o->workers != 0 ? o->workers : 4;
	p->o.workers_max = o->workers_max != 0 ? o->workers_max : 64;
	most = p->o.workers_max - p->o.workers_max / 4;
	p->o.per_server = o->per_server != 0 ? o->per_server : most < 12 ? most : 12;
	p->o.slow_after = o->slow_after != 0 ? o->slow_after : 5 * SPAN_S;
	p->o.keep = o->keep != 0 ? o->keep : 2 * SPAN_S;
	p->o.queue_max = o->queue_max != 0 ? o->queue_max : 10000;
	p->servers.per_server = p->o.per_server;
	p->servers.slow_max = (p->o.workers_max + 1) / 2;
	timer_init(&p->next_turn, o->base, "mail", on_next_turn, p);
	mail_children_begin(&p->children, o->base, p->o.program);
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

		detach(c, WORKER_ENDS);
		call_free(c);
	}
	LIST_EACH(&p->workers, node)
		worker_end(CONTAINER_OF(node, struct mail_worker, place));
	mail_servers_fini(&p->servers);
	timer_fini(&p->next_turn);
	mail_children_end(&p->children);
	mem_free(p);
}
