/* SPDX-License-Identifier: Apache-2.0 */
#include "net/outbox.h"

#include <assert.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/rand.h"
#include "core/engine.h"
#include "file.h"
#include "loop/drive.h"
#include "loop/turn.h"
#include "net/http_client.h"
#include "net/mail.h"
#include "value_cache.h"

/* How long attempts may be begun, which is when templates are rendered, before others have their turn. */
#define TURN_MAX (3 * SPAN_MS)
/* After a turn that was much longer, with templates that are dear: long enough for a request and its answer, which take several turns. */
#define DEAR (20 * SPAN_MS)
#define PAUSE (5 * SPAN_MS)

/* A request and where it is. */
struct exchange {
	struct delivery *delivery;
	struct exchange *next;
	struct request request;		/* what the transport works on; in the attempt's arena */
	struct http_call *http;
	struct mail_call *mail;
};

/* One attempt: a conversation between its notifier and the transports. */
struct delivery {
	struct hmap_node node;		/* by number, while under way */
	struct outbox *outbox;
	uint64_t number;
	struct attempt attempt;
	struct mono deadline;
	struct exchange *under_way, *unused;	/* in the attempt's arena */
	unsigned under_way_n;
	struct list_node place;		/* in the queue, while `waiting` */
	uint64_t turn;			/* … since when */
	bool waiting;			/* has not begun: nothing happens inside outbox_send */
	bool unanswered;		/* some request of it had no answer and may have been taken */
};

struct outbox {
	struct outbox_options o;
	struct notify_env env;
	struct rand rand;
	struct engine *engine;
	struct drive *drive;
	struct hmap deliveries;
	struct list queue;		/* those that wait, in order */
	struct event *begin;		/* begins them */
	uint64_t turn;			/* how often it did */
	struct value_cache *cache;
};

static void
enqueue(struct delivery *d)
{
	struct outbox *o = d->outbox;

	d->waiting = true;
	d->turn = o->turn;
	list_append(&o->queue, &d->place);
}

static void
dequeue(struct delivery *d)
{
	list_remove(&d->outbox->queue, &d->place);
	d->waiting = false;
}

/* Not in the table any more. */
static void
delivery_free(struct delivery *d)
{
	if (d->waiting)
		dequeue(d);
	for (struct exchange *x = d->under_way; x != NULL; x = x->next) {
		http_client_cancel(&x->http);
		mail_pool_cancel(&x->mail);
	}
	arena_free(&d->attempt.arena);
	mem_free(d);
}

static void
finish(struct delivery *d, enum step step, const struct err *e)
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

	/* The engine must not find it any more, but borrows what the outcome points to. */
	hmap_remove(&o->deliveries, &d->node);
	engine_delivered(o->engine, number, &outcome, o->o.clock->now(o->o.clock));
	drive_rearm(o->drive);
	delivery_free(d);
}

static void on_response(void *arg, const struct response *r);

static void
trace(const struct delivery *d, struct request *r)
{
	struct outbox *o = d->outbox;
	char header[TRACEPARENT_MAX];

	if (o->o.traceparent != NULL && o->o.traceparent(o->o.arg, d->attempt.n, d->number, header))
		r->http.traceparent = arena_str(d->attempt.arena, str_from(header));
}

static void
look_at_clock(struct delivery *d)
{
	d->attempt.now = d->outbox->o.clock->now(d->outbox->o.clock);
	d->attempt.left = mono_sub(d->deadline, d->attempt.now.mono);
}

static void
dispatch(struct delivery *d, const struct request *r)
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
		x->http = http_client_start(o->o.http, &x->request.http, d->deadline, on_response, x);
		break;
	case REQUEST_MAIL:
		x->mail = mail_pool_start(o->o.mail, &x->request.mail, d->deadline, on_response, x);
		break;
	}
}

static void
put_away(struct exchange *x)
{
	struct delivery *d = x->delivery;
	struct exchange **at = &d->under_way;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->next = d->unused;
	d->unused = x;
	d->under_way_n--;
}

/* The notifier has spoken: send what it wants sent, or report how it ended. */
static void
act(struct delivery *d, enum step step, struct request *r, const struct err *e)
{
	if (step != STEP_SEND && step != STEP_WAIT) {
		finish(d, step, e);
		return;
	}
	while (step == STEP_SEND) {
		dispatch(d, r);
		step = d->under_way_n < ATTEMPT_REQUESTS_MAX ? notify_more(&d->attempt, r) : STEP_WAIT;
	}
	assert(d->under_way_n > 0);
}

static void
on_response(void *arg, const struct response *response)
{
	struct exchange *x = arg;
	struct delivery *d = x->delivery;
	struct response r = *response;
	struct request next;
	struct err e = { 0 };
	enum step step;

	r.about = x->request.about;
	x->http = NULL;
	x->mail = NULL;
	put_away(x);
	look_at_clock(d);
	/* A gateway that waited in vain does not know either. */
	d->unanswered |= r.unanswered || r.status == 504;
	step = notify_resume(&d->attempt, &r, &next, &e);
	/* Who was served has to be known even if we end before the others are. */
	if ((step == STEP_SEND || step == STEP_WAIT) && d->attempt.n->recipients.known)
		engine_progressed(d->outbox->engine, d->number, d->attempt.now);
	act(d, step, &next, &e);
}

static void
start(struct delivery *d)
{
	struct request first;
	struct err e = { 0 };
	enum step step;

	look_at_clock(d);
	step = notify_start(&d->attempt, &first, &e);
	act(d, step, &first, &e);
}

static void
begin_after(struct outbox *o, span wait)
{
	struct timeval tv = { .tv_usec = wait / SPAN_US };

	/* A timer, so that all that is ready is looked at before it fires. */
	if (!evtimer_pending(o->begin, NULL))
		evtimer_add(o->begin, &tv);
}

static struct delivery *
first_waiting(const struct outbox *o)
{
	return o->queue.first != NULL ? CONTAINER_OF(o->queue.first, struct delivery, place) : NULL;
}

/* Begins what waited before now: at least one, and as many as there is time for. */
static void
on_begin(evutil_socket_t fd, short what, void *arg)
{
	TURN("notifications");
	struct outbox *o = arg;
	struct mono since = o->o.clock->now(o->o.clock).mono;
	struct delivery *d;
	span spent = 0;

	(void)fd;
	(void)what;
	o->turn++;
	while ((d = first_waiting(o)) != NULL && d->turn < o->turn) {
		dequeue(d);
		start(d);
		spent = mono_sub(o->o.clock->now(o->o.clock).mono, since);
		if (spent >= TURN_MAX)
			break;
	}
	/* libevent reckons from when this turn began. */
	if (spent >= TURN_MAX)
		event_base_update_cache_time(o->o.base);
	/* An attempt that failed at once may have called for the next turn already. */
	evtimer_del(o->begin);
	if (o->queue.first != NULL)
		begin_after(o, spent >= DEAR ? PAUSE : 0);
}

static struct delivery *
find(struct outbox *o, uint64_t number)
{
	struct hmap_node *n = hmap_first(&o->deliveries, number);

	return n != NULL ? CONTAINER_OF(n, struct delivery, node) : NULL;
}

void
outbox_send(struct outbox *o, uint64_t number, struct notification *n, struct mono deadline, struct moment now)
{
	struct delivery *d = NEW(struct delivery);

	d->outbox = o;
	d->number = number;
	d->deadline = deadline;
	d->attempt = (struct attempt){
		.env = &o->env,
		.n = n,
		.settings = n->integration->settings,
		.arena = arena_new(),
		.now = now,
		.rand = &o->rand,
		.failure = FAILURE_OTHER,
	};
	hmap_insert(&o->deliveries, &d->node, number);
	enqueue(d);
	begin_after(o, 0);
}

void
outbox_cancel(struct outbox *o, uint64_t number)
{
	struct delivery *d = find(o, number);

	if (d == NULL)
		return;
	hmap_remove(&o->deliveries, &d->node);
	delivery_free(d);
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

static bool
read_secret(void *arg, const char *path, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	return file_read(path, a, out, e);
}

static const char *
env_get(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static void
note_truncated(void *arg, const struct notification *n, const char *field, size_t limit)
{
	struct outbox *o = arg;

	LOG(o->o.log, LOG_WARN, "Truncated a text that is longer than the receiver takes", F_CSTR("field", field),
	    F_UINT("limit", limit), F_STR("receiver", n->receiver->name), F_STR("group_key", n->group_key));
}

static void
note_recipient_failed(void *arg, const struct notification *n, struct str to, struct str why)
{
	struct outbox *o = arg;

	(void)to;	/* whose number it is does not belong into a log */
	LOG(o->o.log, LOG_ERROR, "Notification of one of several recipients was given up",
	    F_STR("receiver", n->receiver->name), F_CSTR("integration", n->integration->kind->name), F_STR("err", why));
}

static void
note_incomplete(void *arg, const struct notification *n, struct str why)
{
	struct outbox *o = arg;

	LOG(o->o.log, LOG_ERROR, "A template failed; what was rendered before it is sent",
	    F_STR("receiver", n->receiver->name), F_CSTR("integration", n->integration->kind->name),
	    F_STR("group_key", n->group_key), F_STR("err", why));
}

static void
note_route_label_failed(void *arg, const struct notification *n, struct str label, struct str why)
{
	struct outbox *o = arg;

	LOG(o->o.log, LOG_ERROR, "failed to render route label", F_CSTR("component", "dispatcher"),
	    F_STR("route", n->route->key), F_STR("label", label), F_STR("err", why));
}

static bool
cached_get(void *arg, struct str key, struct moment now, struct arena *a, struct str *out)
{
	struct outbox *o = arg;

	return value_cache_get(o->cache, key, now.mono, a, out);
}

static void
cached_put(void *arg, struct str key, struct str value, span ttl, struct moment now)
{
	struct outbox *o = arg;

	value_cache_put(o->cache, key, value, now.mono, mono_add(now.mono, ttl));
}

static void
cached_drop(void *arg, struct str key)
{
	struct outbox *o = arg;

	value_cache_drop(o->cache, key);
}

struct outbox *
outbox_new(const struct outbox_options *options)
{
	struct outbox *o = NEW(struct outbox);
	uint64_t seed = 0;

	o->o = *options;
	o->begin = evtimer_new(o->o.base, on_begin, o);
	if (o->begin == NULL)
		abort();	/* out of memory */
	o->cache = value_cache_new();
	if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		seed = (uint64_t)o->o.clock->now(o->o.clock).wall.ns;
	rand_seed(&o->rand, seed);
	o->env = (struct notify_env){
		.external_url = o->o.external_url,
		.user_agent = o->o.user_agent,
		.hostname = o->o.hostname,
		.read_file = read_secret,
		.truncated = note_truncated,
		.recipient_failed = note_recipient_failed,
		.incomplete = note_incomplete,
		.route_label_failed = note_route_label_failed,
		.env_get = env_get,
		.cache_get = cached_get,
		.cache_put = cached_put,
		.cache_drop = cached_drop,
		.arg = o,
	};
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
		delivery_free(CONTAINER_OF(node, struct delivery, node));
	hmap_fini(&(*o)->deliveries);
	event_free((*o)->begin);
	value_cache_free(&(*o)->cache);
	mem_free(*o);
	*o = NULL;
}
