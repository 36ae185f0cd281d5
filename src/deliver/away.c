/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "loop/workers.h"
#include "outbox_private.h"

/* One that hangs on a template for as long as its bounds allow leaves the other to the rest. */
#define THREADS 2
/* Alerts, and bytes of their labels and annotations, that are worth a try on the loop. */
#define TRIAL_ALERTS 64
#define TRIAL_BYTES ((size_t)64 << 10)
/* Blocks of more than this go back to the system away from the loop. */
#define FREE_BYTES ((size_t)1 << 20)

/* An answer that waits for its notifier. */
struct answer {
	struct answer *next;
	struct response response;	/* with all it points to in the inbox */
};

struct away {
	struct job job;
	struct sending *delivery;
	bool busy;			/* with a thread, as all of the attempt is */
	atomic_bool dropped;		/* nobody wants to know any more */
	struct notification note;	/* what the notifier sees: with recipients of its own */
	struct notify_env env;
	struct notes notes;
	struct rand rand;
	struct arena *inbox;
	struct answer *first, **end;
	/* For the call that is under way: */
	const struct answer *answer;	/* NULL: the start */
	unsigned room;			/* for so many requests */
	struct request requests[ATTEMPT_REQUESTS_MAX];
	unsigned requests_n;
	enum step step;			/* behind them */
	struct err e;
};

static size_t
bytes_of(const struct labels *l)
{
	size_t n = 0;

	for (size_t i = 0; i < labels_n(l); i++)
		n += labels_name(l, i)->n + labels_value(l, i)->n;
	return n;
}

bool
away_is_wanted(const struct notification *n)
{
	size_t bytes = 0;

	if (n->alerts_n > TRIAL_ALERTS || !notify_renders_at_start(n))
		return true;
	for (size_t i = 0; i < n->alerts_n; i++)
		bytes += bytes_of(n->alerts[i].alert->labels) + bytes_of(n->alerts[i].alert->annotations);
	return bytes > TRIAL_BYTES;
}

/* In a thread. */
static void
run(struct job *j)
{
	struct away *w = CONTAINER_OF(j, struct away, job);
	struct attempt *a = &w->delivery->attempt;
	struct request r;

	w->requests_n = 0;
	if (atomic_load(&w->dropped))
		return;
	w->step = w->answer == NULL ? notify_start(a, &r, &w->e) : notify_resume(a, &w->answer->response, &r, &w->e);
	while (w->step == STEP_SEND) {
		w->requests[w->requests_n++] = r;
		w->step = w->requests_n < w->room ? notify_more(a, &r) : STEP_WAIT;
	}
}

static void
copy_str(struct arena *a, struct str *to, struct str from)
{
	if (!str_eq(*to, from))
		*to = arena_str(a, from);
}

/* All of them, or what is new of each. */
static void
copy_recipients(struct notification *to, const struct notification *from)
{
	const struct recipients *of = &from->recipients;
	bool all = to->recipients.n != of->n;

	if (all)
		to->recipients = (struct recipients){ .v = ARENA_ARRAY(to->arena, of->n, struct recipient), .n = of->n };
	to->recipients.known = of->known;
	for (size_t i = 0; i < of->n; i++) {
		struct recipient *r = &to->recipients.v[i];

		if (all)
			r->to = arena_str(to->arena, of->v[i].to);
		copy_str(to->arena, &r->provider_id, of->v[i].provider_id);
		copy_str(to->arena, &r->gateway, of->v[i].gateway);
		copy_str(to->arena, &r->error, of->v[i].error);
		r->state = of->v[i].state;
		r->tries = of->v[i].tries;
		r->refused = of->v[i].refused;
		r->passing = of->v[i].passing;
		r->segments = of->v[i].segments;
		r->asked = of->v[i].asked;
		r->doubt = of->v[i].doubt;
	}
}

static void
free_now(struct job *j)
{
	struct away *w = CONTAINER_OF(j, struct away, job);

	arena_free(&w->delivery->attempt.arena);
	kept_fini(&w->delivery->kept);
	arena_free(&w->inbox);
}

static void
freed(struct job *j)
{
	struct away *w = CONTAINER_OF(j, struct away, job);

	delivery_free(w->delivery);
	mem_free(w);
}

bool
away_frees(struct outbox *o, size_t bytes, struct job *j)
{
	/* There are no workers at the end. */
	return bytes > FREE_BYTES && o->workers != NULL && workers_submit(o->workers, j);
}

static void
away_free(struct away *w)
{
	struct sending *d = w->delivery;

	w->job = (struct job){ .run = free_now, .done = freed };
	if (away_frees(d->outbox, arena_used(d->attempt.arena) + d->kept.bytes, &w->job))
		return;
	free_now(&w->job);
	freed(&w->job);
}

static void done(struct job *j);

static void
let_go(struct away *w)
{
	notify_return_templates(&w->delivery->attempt);
	notification_let_go(w->delivery->n);
}

/* The next call of the notifier; what it is about is in w->answer. */
static bool
submit(struct away *w)
{
	struct sending *d = w->delivery;

	w->room = ATTEMPT_REQUESTS_MAX - d->under_way_n;
	w->step = STEP_FAIL;
	w->e = (struct err){ 0 };
	w->job = (struct job){ .run = run, .done = done };
	delivery_look_at_clock(d);
	notify_take_templates(&d->attempt);
	notification_hold(d->n);
	w->busy = workers_submit(d->outbox->workers, &w->job);
	if (!w->busy)
		let_go(w);
	return w->busy;
}

static void
next_answer(struct away *w)
{
	w->answer = w->first;
	w->first = w->first->next;
	if (w->first == NULL)
		w->end = &w->first;
	/* Only once the queue is closed, at the end, when nothing is awaited any more. */
	if (!submit(w))
		w->answer = NULL;
}

/* The notifier has spoken. */
static void
act(struct away *w)
{
	struct sending *d = w->delivery;

	if (w->requests_n == 0 && w->step != STEP_WAIT) {
		delivery_finish(d, w->step, &w->e);
		return;
	}
	if (w->answer != NULL)
		delivery_progressed(d);
	for (unsigned i = 0; i < w->requests_n; i++)
		delivery_dispatch(d, &w->requests[i]);
	if (w->first != NULL)
		next_answer(w);
	else
		assert(d->under_way_n > 0);
}

static void
done(struct job *j)
{
	struct away *w = CONTAINER_OF(j, struct away, job);
	struct sending *d = w->delivery;

	w->busy = false;
	if (!atomic_load(&w->dropped)) {
		copy_recipients(d->n, &w->note);
		notes_tell(&w->notes, d->n);
		let_go(w);
		act(w);
	} else {
		let_go(w);
		away_free(w);
	}
}

static bool
have_workers(struct outbox *o)
{
	struct err e = { 0 };

	if (o->workers != NULL || o->alone)
		return o->workers != NULL;
	/* As many as there are attempts: the engine bounds these. */
	o->workers = workers_new(o->o.base, THREADS, SIZE_MAX, "render", &e);
	o->alone = o->workers == NULL;
	if (o->alone)
		LOG(o->o.log, LOG_ERROR, "Large notifications are rendered while all else waits", F_ERR(&e));
	return !o->alone;
}

bool
away_start(struct sending *d)
{
	struct outbox *o = d->outbox;
	struct away *w;

	if (!have_workers(o))
		return false;
	w = NEW(struct away);
	w->delivery = d;
	w->inbox = arena_new();
	w->end = &w->first;
	w->note = *d->n;
	w->note.arena = d->attempt.arena;
	w->note.recipients = (struct recipients){ 0 };
	copy_recipients(&w->note, d->n);
	notes_init(&w->notes, o, d->attempt.arena);
	notes_env(&w->env, &w->notes);
	rand_seed(&w->rand, rand_u64(&o->rand));
	d->attempt = (struct attempt){
		.env = &w->env,
		.n = &w->note,
		.settings = d->n->integration->settings,
		.arena = d->attempt.arena,
		.rand = &w->rand,
		.failure = FAILURE_OTHER,
		.kept = parked_room(d),
	};
	d->away = w;
	if (submit(w))
		return true;
	d->away = NULL;
	arena_free(&w->inbox);
	mem_free(w);
	return false;
}

/* The thread that answered goes on with something else. */
static struct answer *
keep(struct arena *a, const struct response *r, size_t codes_n)
{
	struct answer *answer = ARENA_NEW(a, struct answer);
	struct response *kept = &answer->response;

	*kept = *r;
	kept->error = arena_str(a, r->error);
	kept->body = arena_str(a, r->body);
	kept->content_type = arena_str(a, r->content_type);
	if (r->smtp_recipient_codes != NULL) {
		int *codes = ARENA_ARRAY(a, codes_n, int);

		for (size_t i = 0; i < codes_n; i++)
			codes[i] = r->smtp_recipient_codes[i];
		kept->smtp_recipient_codes = codes;
	}
	return answer;
}

void
away_answer(struct sending *d, const struct response *r, size_t codes_n)
{
	struct away *w = d->away;
	struct answer *answer = keep(w->inbox, r, codes_n);

	*w->end = answer;
	w->end = &answer->next;
	if (!w->busy)
		next_answer(w);
}

void
away_drop(struct sending *d)
{
	struct away *w = d->away;

	atomic_store(&w->dropped, true);
	if (!w->busy)
		away_free(w);
}
