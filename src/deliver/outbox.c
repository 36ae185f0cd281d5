/* SPDX-License-Identifier: Apache-2.0 */
#include "deliver/outbox.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/slab.h"
#include "core/delivery.h"
#include "core/engine.h"
#include "fetch/http_client.h"
#include "loop/drive.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "mail/mail.h"
#include "outbox_private.h"

/* How long attempts may be begun, which is when templates are rendered, before others have their turn. */
#define TURN_MAX (3 * SPAN_MS)
/* After a turn that was much longer, with templates that are dear: long enough for a request and its answer, which take several turns. */
#define DEAR (20 * SPAN_MS)
#define PAUSE (5 * SPAN_MS)
/*
 * The loop itself renders so much: the usual mail of 50 alerts takes 38,000 steps and two milliseconds. Larger ones
 * are begun anew by other threads.
 */
#define TRIAL_STEPS 50000
#define TRIAL_OUTPUT ((size_t)256 << 10)

void
delivery_free(struct sending *d)
{
	arena_free(&d->attempt.arena);
	kept_fini(&d->kept);
	slab_free(d);
}

static void
begin_after(struct outbox *o, span wait)
{
	/* A timer, so that all that is ready is looked at before it fires. */
	if (!timer_is_set(&o->begin))
		timer_in(&o->begin, wait);
}

/* Not in the table any more. */
static void
drop(struct sending *d)
{
	if (d->arrived)
		list_remove(&d->outbox->arrived, &d->place);
	turns_leave(&d->outbox->turns, &d->turn);
	/* It may have kept another one of its integration from beginning. */
	if (turns_any(&d->outbox->turns))
		begin_after(d->outbox, 0);
	for (struct exchange *x = d->under_way; x != NULL; x = x->next) {
		timer_fini(&x->pace);
		if (x->noted.waiting != NULL)
			d->outbox->o.wait_cancel(d->outbox->o.arg, &x->noted);
		http_client_cancel(&x->http);
		mail_pool_cancel(&x->mail);
		spool_cancel(&x->spool);
	}
	rehearsing_free(&d->rehearsing);
	if (d->away != NULL)
		away_drop(d);
	else
		delivery_free(d);
}

void
delivery_finish(struct sending *d, enum step step, const struct err *e)
{
	struct outbox *o = d->outbox;
	struct attempt *a = &d->attempt;
	uint64_t number = d->number;
	struct outcome outcome = {
		.ok = step == STEP_DONE,
		.retry = step == STEP_RETRY,
		.unanswered = d->unanswered,
		.failure = a->failure,
		.error = str_from(e->text),
		.data = a->data,
		.data_set = a->data_set,
		.retry_after = a->retry_after,
	};

	if (outcome.retry)
		parked_put(d);
	/* The engine must not find it any more, but borrows what the outcome points to. */
	hmap_remove(&o->deliveries, &d->node);
	if (d->rehearsing != NULL) {
		rehearsing_over(d, step, e);
	} else {
		engine_delivered(o->engine, number, &outcome, o->o.clock->now(o->o.clock));
		drive_rearm(o->drive);
	}
	drop(d);
}

static void on_response(void *arg, const struct response *r);
static void on_fetched(void *arg, const struct fetch_response *f);

static void
trace(const struct sending *d, struct request *r)
{
	struct outbox *o = d->outbox;
	char header[TRACEPARENT_MAX];

	if (d->rehearsing == NULL && o->o.traceparent != NULL && o->o.traceparent(o->o.arg, d->n, d->number, header))
		r->http.traceparent = arena_str(d->attempt.arena, str_from(header));
}

void
delivery_look_at_clock(struct sending *d)
{
	d->attempt.now = d->outbox->o.clock->now(d->outbox->o.clock);
	d->attempt.left = mono_sub(d->deadline, d->attempt.now.mono);
}

static const char lease_ended[] = "the lease of etcd has ended";

/* Where members claim, it may have waited until the claim is nobody's any more. */
static bool
may_leave(const struct sending *d, struct err *e)
{
	const struct outbox *o = d->outbox;

	return d->rehearsing != NULL || !engine_needs_lease(o->engine, d->number) ||
	    engine_may_leave(o->engine, d->number, o->o.clock->now(o->o.clock)) ||
	    err_set(e, ERR_TIMEOUT, "%s", lease_ended);
}

static bool
open_mail(struct fetch_gate *g, struct err *e)
{
	return may_leave(CONTAINER_OF(g, struct sending, gate), e);
}

static bool
by_gateway(const struct exchange *x)
{
	return x->request.gateway.n > 0 && x->delivery->rehearsing == NULL;
}

static void
tell_left(struct exchange *x)
{
	struct outbox *o = x->delivery->outbox;

	if (by_gateway(x))
		engine_left(o->engine, x->delivery->number, x->request.recipient, o->o.clock->now(o->o.clock));
}

static bool
open_request(struct fetch_gate *g, struct err *e)
{
	struct exchange *x = CONTAINER_OF(g, struct exchange, gate);

	if (!may_leave(x->delivery, e))
		return false;
	tell_left(x);
	return true;
}

static void on_turn(void *arg);

static void
start_pace(struct exchange *x, span wait)
{
	timer_init(&x->pace, x->delivery->outbox->o.base, "paced messages", on_turn, x);
	timer_in(&x->pace, wait);
}

static void
start_http(struct exchange *x)
{
	struct sending *d = x->delivery;

	x->http = http_client_start(d->outbox->o.http, &x->request.http, d->deadline, on_fetched, x);
}

static void
on_noted(struct outbox_wait *w)
{
	start_http(CONTAINER_OF(w, struct exchange, noted));
}

/* Where that decides who is asked again after a crash, not before it is on disk that it leaves. */
static void
leave_by_http(struct exchange *x)
{
	struct outbox *o = x->delivery->outbox;

	x->noted = (struct outbox_wait){ .over = on_noted };
	if (!by_gateway(x) || !engine_leaves(o->engine, x->delivery->number, x->request.recipient, o->o.clock->now(o->o.clock)) ||
	    o->o.wait == NULL || !o->o.wait(o->o.arg, &x->noted))
		start_http(x);
}

static void
leave(struct exchange *x)
{
	struct sending *d = x->delivery;
	struct outbox *o = d->outbox;
	struct err e UNSET;

	if (x->request.kind == REQUEST_HTTP) {
		leave_by_http(x);
		return;
	}
	err_clear(&e);
	/* It may have waited for its pace. */
	if (!may_leave(d, &e))
		x->unbegun = lease_ended;
	else if ((x->spool = spool_start(o->o.base, &o->spoolers, &x->request.spool, on_response, x, &e)) == NULL)
		x->unbegun = "there is no thread to write the file";
	if (x->unbegun != NULL)
		start_pace(x, 0);
	else
		tell_left(x);
}

static void
on_turn(void *arg)
{
	struct exchange *x = arg;
	struct response r = { .kind = x->request.kind, .suppressed = x->suppressed, .transport_error = x->unbegun != NULL };

	timer_fini(&x->pace);
	if (x->unbegun != NULL)
		r.error = str_from(x->unbegun);
	if (x->suppressed || x->unbegun != NULL)
		on_response(x, &r);
	else
		leave(x);
}

/* Asks the budgets of its gateway, and goes now, later or not at all: never is it answered from here. */
static void
start_admitted(struct exchange *x)
{
	struct sending *d = x->delivery;
	struct outbox *o = d->outbox;
	enum admission admission;
	struct moment now;
	struct mono at;

	if (!by_gateway(x)) {
		leave(x);
		return;
	}
	now = o->o.clock->now(o->o.clock);
	at = now.mono;
	admission = engine_admit(o->engine, d->number, x->request.gateway, x->request.recipient, now, &at);
	if (admission == ADMIT_GO) {
		leave(x);
		return;
	}
	x->suppressed = admission == ADMIT_SUPPRESS;
	start_pace(x, x->suppressed ? 0 : mono_sub(at, now.mono));
	if (x->suppressed)
		drive_rearm(o->drive);
}

void
delivery_dispatch(struct sending *d, const struct request *r)
{
	struct outbox *o = d->outbox;
	struct exchange *x = d->unused;

	if (x != NULL)
		d->unused = x->next;
	else
		x = ARENA_NEW(d->attempt.arena, struct exchange);
	*x = (struct exchange){ .delivery = d, .next = d->under_way, .request = *r };
	d->under_way = x;
	d->under_way_n++;
	switch (r->kind) {
	case REQUEST_HTTP:
		trace(d, &x->request);
		x->gate.open = open_request;
		x->request.http.gate = &x->gate;
		start_admitted(x);
		break;
	case REQUEST_SPOOL:
		start_admitted(x);
		break;
	case REQUEST_MAIL:
		/* It costs a question to the worker's process. */
		if (d->rehearsing == NULL && engine_needs_lease(o->engine, d->number))
			x->request.mail.gate = &d->gate;
		x->mail = mail_pool_start(o->o.mail, &x->request.mail, d->deadline, on_response, x);
		break;
	}
}

static void
put_away(struct exchange *x)
{
	struct sending *d = x->delivery;
	struct exchange **at = &d->under_way;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->next = d->unused;
	d->unused = x;
	d->under_way_n--;
}

void
delivery_progressed(struct sending *d)
{
	/* The recipients served so far have to be known even if we end before the others are. */
	if (d->n->recipients.known && d->rehearsing == NULL)
		engine_progressed(d->outbox->engine, d->number, d->attempt.now);
}

/* The notifier has spoken: send what it wants sent, or report how it ended. */
static void
act(struct sending *d, enum step step, struct request *r, const struct err *e)
{
	if (step != STEP_SEND && step != STEP_WAIT) {
		delivery_finish(d, step, e);
		return;
	}
	while (step == STEP_SEND) {
		delivery_dispatch(d, r);
		step = d->under_way_n < ATTEMPT_REQUESTS_MAX ? notify_more(&d->attempt, r) : STEP_WAIT;
	}
	assert(d->under_way_n > 0);
}

static void
on_response(void *arg, const struct response *response)
{
	struct exchange *x = arg;
	struct sending *d = x->delivery;
	struct response r = *response;
	struct request next;
	struct err e UNSET;
	enum step step;
	bool asks;

	r.about = x->request.about;
	asks = x->request.asks;
	x->http = NULL;
	x->mail = NULL;
	x->spool = NULL;
	if (d->rehearsing != NULL)
		rehearsing_answer(d, &x->request, &r);
	put_away(x);
	/* A gateway that waited in vain does not know either. */
	d->unanswered |= !asks && (r.unanswered || r.status == 504);
	if (d->away != NULL) {
		away_answer(d, &r, x->request.mail.to_n);
		return;
	}
	delivery_look_at_clock(d);
	err_clear(&e);
	step = notify_resume(&d->attempt, &r, &next, &e);
	if (step == STEP_SEND || step == STEP_WAIT)
		delivery_progressed(d);
	act(d, step, &next, &e);
}

/* As if nothing had been tried. */
static void
begin_attempt(struct sending *d, const struct notify_env *env, uint64_t max_steps, size_t max_output)
{
	struct outbox *o = d->outbox;

	d->attempt = (struct attempt){
		.env = env,
		.n = d->n,
		.settings = d->n->integration->settings,
		.arena = d->attempt.arena,
		.rand = &o->rand,
		.failure = FAILURE_OTHER,
		.kept = parked_room(d),
		.max_steps = max_steps,
		.max_output = max_output,
	};
	delivery_look_at_clock(d);
}

static void
on_fetched(void *arg, const struct fetch_response *f)
{
	struct response r = {
		.kind = REQUEST_HTTP,
		.transport_error = f->transport_error,
		.timed_out = f->timed_out,
		.unanswered = f->unanswered,
		.error = f->error,
		.status = f->status,
		.body = f->body,
		.content_type = f->content_type,
		.retry_after = f->retry_after,
	};

	on_response(arg, &r);
}

static void
start(struct sending *d)
{
	struct outbox *o = d->outbox;
	bool away = parked_take(d);
	struct request first;
	struct err e UNSET;
	enum step step;

	/* Not before: thousands may wait for their turn. */
	d->attempt.arena = arena_new();
	if ((away || away_is_wanted(d->n)) && away_start(d))
		return;
	err_clear(&e);
	begin_attempt(d, &o->trial, TRIAL_STEPS, TRIAL_OUTPUT);
	notes_init(&o->notes, o, d->attempt.arena);
	step = notify_start(&d->attempt, &first, &e);
	if (d->attempt.too_much) {
		arena_reset(d->attempt.arena);
		begin_attempt(d, &o->env, 0, 0);
		if (away_start(d))
			return;
		err_clear(&e);
		step = notify_start(&d->attempt, &first, &e);
	} else {
		notes_tell(&o->notes, d->n);
	}
	d->attempt.env = &o->env;
	d->attempt.max_steps = 0;
	d->attempt.max_output = 0;
	act(d, step, &first, &e);
}

static void
start_if_it_may(struct sending *d)
{
	struct err e UNSET;

	err_clear(&e);
	if (may_leave(d, &e))
		start(d);
	else
		delivery_finish(d, STEP_RETRY, &e);
}

/* Attempts that came before now may have a turn. */
static void
admit(struct outbox *o)
{
	LIST_EACH(&o->arrived, node) {
		struct sending *d = CONTAINER_OF(node, struct sending, place);

		list_remove(&o->arrived, &d->place);
		d->arrived = false;
		turns_wait(&o->turns, &d->turn, d->n->integration);
	}
}

/* Begins what waited before now: at least one, and as many as there is time for. */
static void
on_begin(void *arg)
{
	struct outbox *o = arg;
	struct mono since = o->o.clock->now(o->o.clock).mono;
	struct turn *t;
	span spent = 0;

	admit(o);
	while (spent < TURN_MAX && (t = turns_next(&o->turns)) != NULL) {
		start_if_it_may(CONTAINER_OF(t, struct sending, turn));
		spent = mono_sub(o->o.clock->now(o->o.clock).mono, since);
	}
	/* libevent reckons from when this turn began. */
	if (spent >= TURN_MAX)
		event_base_update_cache_time(o->o.base);
	/* An attempt that failed at once may have called for the next turn already. */
	timer_stop(&o->begin);
	if (o->arrived.first != NULL || turns_any(&o->turns))
		begin_after(o, spent >= DEAR ? PAUSE : 0);
}

static struct sending *
find(struct outbox *o, uint64_t number)
{
	struct hmap_node *n = hmap_first(&o->deliveries, number);

	return n != NULL ? CONTAINER_OF(n, struct sending, node) : NULL;
}

void
delivery_begin(struct outbox *o, uint64_t number, struct notification *n, struct mono deadline, struct rehearsing *r)
{
	struct sending *d = SLAB_NEW(struct sending);

	d->outbox = o;
	d->rehearsing = r;
	d->number = number;
	d->deadline = deadline;
	d->n = n;
	d->gate.open = open_mail;
	d->attempt.failure = FAILURE_OTHER;
	hmap_insert(&o->deliveries, &d->node, number);
	d->arrived = true;
	list_append(&o->arrived, &d->place);
	begin_after(o, 0);
}

void
outbox_send(struct outbox *o, uint64_t number, struct notification *n, struct mono deadline)
{
	delivery_begin(o, number, n, deadline, NULL);
}

void
outbox_cancel(struct outbox *o, uint64_t number)
{
	struct sending *d = find(o, number);

	if (d == NULL)
		return;
	hmap_remove(&o->deliveries, &d->node);
	drop(d);
}

size_t
outbox_pending(const struct outbox *o)
{
	return o->deliveries.n;
}

const struct notify_env *
outbox_env(const struct outbox *o)
{
	return &o->env;
}

struct outbox *
outbox_new(const struct outbox_options *options)
{
	struct outbox *o = NEW(struct outbox);
	uint64_t seed = 0;

	o->o = *options;
	timer_init(&o->begin, o->o.base, "notifications", on_begin, o);
	outbox_env_init(o);
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)o->o.clock->now(o->o.clock).wall.ns;
	rand_seed(&o->rand, seed);
	return o;
}

void
outbox_attach(struct outbox *o, struct engine *engine, struct drive *drive)
{
	o->engine = engine;
	o->drive = drive;
}

void
outbox_free(struct outbox **o)
{
	if (*o == NULL)
		return;
	HMAP_EACH(&(*o)->deliveries, node)
		drop(CONTAINER_OF(node, struct sending, node));
	hmap_fini(&(*o)->deliveries);
	turns_fini(&(*o)->turns);
	/* Work in a thread is waited for: no longer than the bounds of a template allow. */
	workers_stop(&(*o)->workers);
	workers_stop(&(*o)->previewers);
	workers_stop(&(*o)->spoolers);
	timer_fini(&(*o)->begin);
	outbox_env_fini(*o);
	mem_free(*o);
	*o = NULL;
}
