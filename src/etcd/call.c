/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a session, and the endpoint that they go to.
 */
#include "http/fetch.h"
#include "state.h"

#define PAUSE_FIRST (100 * SPAN_MS)
#define PAUSE_MOST (5 * SPAN_S)
/* Some requests are answered while others fail: trouble is over when what failed is answered, or nothing has failed for so long. */
#define QUIET (10 * SPAN_S)
#define TOLD_EVERY SPAN_MIN

const double etcd_latency_bounds[ETCD_LATENCY_N] = { 0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 5 };

/* The lease is kept after a third of it: when two endpoints are silent, there is time for another one. */
span
patience(const struct etcd *e)
{
	span part = e->o.lease_ttl / 5;

	return part < 5 * SPAN_S ? part : 5 * SPAN_S;
}

static bool
is_long(const struct call *c)
{
	return c->kind == ETCD_CALL_RANGE || c->kind == ETCD_CALL_WATCH;
}

static void
on_piece(void *arg, enum cutter_piece what, struct str json, bool cut)
{
	struct call *c = arg;
	struct sbuf *b = what == CUTTER_OBJECT ? &c->object : &c->element;

	if (is_long(c)) {
		watch_piece(c, what, json, cut);
		return;
	}
	/* The first of each; an answer to one question has no more. */
	if (b->n == 0)
		sbuf_str(b, json);
	c->cut |= cut;
}

struct call *
call_begin(struct etcd *e, enum etcd_call kind, const char *path, struct mono now)
{
	struct call *c = NEW(struct call);

	c->e = e;
	c->id = ++e->last_id;
	c->kind = kind;
	c->sent = now;
	c->known = e->revision;
	c->url.max = c->body.max = SBUF_UNLIMITED;
	c->object.max = CUTTER_OBJECT_MAX;
	c->element.max = CUTTER_ELEMENT_MAX;
	c->cutter.piece = on_piece;
	c->cutter.arg = c;
	sbuf_str(&c->url, e->o.endpoints[e->endpoint]);
	sbuf_puts(&c->url, path);
	list_append(&e->calls, &c->place);
	return c;
}

void
call_ask(struct call *c, span wait, struct mono now)
{
	struct etcd *e = c->e;
	struct etcd_request r = { .id = c->id, .url = sbuf_get(&c->url), .body = sbuf_get(&c->body) };

	c->until = wait > 0 ? mono_add(now, wait) : NEVER;
	if (c->kind != ETCD_CALL_AUTHENTICATE)
		r.token = sbuf_get(&e->token);
	/* Without it a watch at a member that is cut off from the others is silent for ever. */
	r.needs_leader = c->kind == ETCD_CALL_WATCH || c->kind == ETCD_CALL_KEEP_ALIVE;
	e->figures.requests[c->kind]++;
	e->port->ask(e->port->arg, &r);
}

struct call *
call_of_kind(const struct etcd *e, enum etcd_call kind)
{
	LIST_EACH(&e->calls, node) {
		struct call *c = CONTAINER_OF(node, struct call, place);

		if (c->kind == kind)
			return c;
	}
	return NULL;
}

void
call_free(struct call *c)
{
	list_remove(&c->e->calls, &c->place);
	if (c->kind == ETCD_CALL_TXN)
		c->e->in_flight--;
	cutter_fini(&c->cutter);
	sbuf_fini(&c->url);
	sbuf_fini(&c->body);
	sbuf_fini(&c->object);
	sbuf_fini(&c->element);
	mem_free(c);
}

void
call_give_up(struct call *c)
{
	c->e->port->give_up(c->e->port->arg, c->id);
	call_free(c);
}

void
wait_a_while(struct etcd *e, struct mono now)
{
	unsigned rounds = e->failures / (unsigned)e->o.endpoints_n;
	span wait = backoff_doubled(PAUSE_FIRST, rounds > 0 ? rounds - 1 : 0, PAUSE_MOST);

	/* Members that lost one etcd together do not come back together. */
	wait += (span)rand_below(&e->rand, (uint64_t)wait / 2 + 1);
	e->retry_at = mono_add(now, wait);
}

enum log_level
seldom(struct told *t, struct mono now)
{
	if (t->once && mono_sub(now, t->at) < TOLD_EVERY)
		return LOG_DEBUG;
	*t = (struct told){ true, now };
	return LOG_WARN;
}

void
endpoint_failed(struct etcd *e, enum etcd_call of, const struct err *why, struct mono now)
{
	if (!e->told_trouble)
		LOG(e->o.log, LOG_WARN, "An etcd cannot be asked", F_STR("endpoint", e->o.endpoints[e->endpoint]), F_ERR(why));
	e->told_trouble = true;
	e->trouble = *why;
	e->trouble_of = of;
	e->trouble_at = now;
	e->answers = false;
	LIST_EACH(&e->calls, node) {
		struct call *c = CONTAINER_OF(node, struct call, place);

		call_give_up(c);
	}
	ops_again(e, 0);
	watch_forget_unread(e);
	if (e->sync == SYNC_RANGING)
		e->sync = SYNC_NONE;
	/* A token is one of the etcd that gave it, but for signed ones. */
	forget_token(e);
	e->endpoint = (e->endpoint + 1) % e->o.endpoints_n;
	if (++e->failures % e->o.endpoints_n == 0)
		wait_a_while(e, now);
	e->port->changed(e->port->arg);
}

void
endpoint_answered(struct etcd *e, enum etcd_call of, struct mono now)
{
	e->answers = true;
	if (e->failures > 0 && of != e->trouble_of && mono_sub(now, e->trouble_at) < QUIET)
		return;
	e->failures = 0;
	if (!e->told_trouble || !e->joined)
		return;
	e->told_trouble = false;
	err_clear(&e->trouble);
	LOG(e->o.log, LOG_INFO, "etcd answers again", F_STR("endpoint", e->o.endpoints[e->endpoint]));
}

void
calls_expire(struct etcd *e, struct mono now)
{
	struct err why = { 0 };

	LIST_EACH(&e->calls, node) {
		struct call *c = CONTAINER_OF(node, struct call, place);

		if (c->until.ns > now.ns)
			continue;
		e->figures.failures[c->kind]++;
		err_set(&why, ERR_TIMEOUT, "%s: no answer in time", etcd_call_name(c->kind));
		endpoint_failed(e, c->kind, &why, now);
		return;
	}
}

static struct call *
find(const struct etcd *e, uint64_t id)
{
	LIST_EACH(&e->calls, node) {
		struct call *c = CONTAINER_OF(node, struct call, place);

		if (c->id == id)
			return c;
	}
	return NULL;
}

bool
etcd_bytes(struct etcd *e, uint64_t request, struct str piece, struct mono now)
{
	struct call *c = find(e, request);

	if (c == NULL || c->bad)
		return false;
	if (c->kind == ETCD_CALL_WATCH)
		e->watch_moved = now;
	c->heard += piece.n;
	if (!cutter_put(&c->cutter, piece, &c->why))
		c->bad = true;
	else if (c->heard > ANSWER_MAX && !is_long(c))
		c->bad = !err_set(&c->why, ERR_LIMIT, "an answer has more than %zu bytes", ANSWER_MAX);
	else if (e->unread_bytes > ETCD_UNREAD_MAX)
		c->bad = !err_set(&c->why, ERR_LIMIT, "more than %zu bytes wait to be read", ETCD_UNREAD_MAX);
	return !c->bad;
}

static void
count_latency(struct etcd *e, const struct call *c, struct mono now)
{
	double took = (double)mono_sub(now, c->sent) / SPAN_S;
	size_t i = 0;

	while (i < ETCD_LATENCY_N && took > etcd_latency_bounds[i])
		i++;
	e->figures.latency[i]++;
	e->figures.latency_sum += took;
}

/*
 * A page that is too large may be taken in smaller ones. More changes than can wait may be more than can wait once more: what
 * they have led to is read in pages.
 */
static bool
too_much(struct call *c, struct mono now)
{
	struct etcd *e = c->e;

	if (c->why.kind != ERR_LIMIT || e->unread_bytes <= ETCD_UNREAD_MAX)
		return false;
	if (c->kind == ETCD_CALL_RANGE) {
		if (e->page == 1)
			return false;
		e->page /= 2;
	} else {
		enum log_level level = seldom(&e->told_much, now);

		LOG(e->o.log, level, "More changes come from etcd than can wait: all is read anew", F_ERR(&c->why));
		wait_a_while(e, now);
	}
	e->sync = SYNC_NONE;
	watch_forget_unread(e);
	call_free(c);
	return true;
}

static void
failed(struct call *c, struct str why, struct mono now)
{
	struct etcd *e = c->e;
	enum etcd_call kind = c->kind;
	struct err err = { 0 };

	if (kind == ETCD_CALL_WATCH && !c->bad && watch_may_end(e, now)) {
		call_free(c);
		return;
	}
	e->figures.failures[kind]++;
	if (c->bad && too_much(c, now))
		return;
	if (c->bad)
		err = c->why;
	else
		err_set(&err, ERR_IO, "%.*s", STR_ARG(why));
	err_ctx(&err, "%s", etcd_call_name(kind));
	call_free(c);
	endpoint_failed(e, kind, &err, now);
}

/* Refusals that are none of the question, but of who was asked, or of when. */
static bool
is_trouble(const struct heard *h)
{
	return h->code == GRPC_UNAVAILABLE || h->code < GRPC_INVALID_ARGUMENT || h->code == GRPC_DEADLINE_EXCEEDED ||
	    h->code == GRPC_INTERNAL || h->code > GRPC_UNAUTHENTICATED;
}

static bool
says(const struct heard *h, struct str what)
{
	return str_find(str_from(h->error.text), what) < strlen(h->error.text);
}

static bool
wants_token(const struct heard *h)
{
	return h->code == GRPC_UNAUTHENTICATED ||
	    (h->code == GRPC_INVALID_ARGUMENT && (says(h, STR("user name is empty")) || says(h, STR("auth store is old"))));
}

static void
refused(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;
	enum etcd_call kind = c->kind;

	e->figures.failures[kind]++;
	if (is_trouble(h)) {
		struct err why = h->error;

		err_ctx(&why, "%s", etcd_call_name(kind));
		call_free(c);
		endpoint_failed(e, kind, &why, now);
		return;
	}
	if (wants_token(h) && e->o.username.n > 0 && !lacks_token(e)) {
		/* One that is as good as new is of no use either. */
		if (mono_sub(now, e->token_at) < SPAN_S)
			wait_a_while(e, now);
		forget_token(e);
		ops_again(e, c->id);
		call_free(c);
		if (e->sync == SYNC_RANGING)
			e->sync = SYNC_NONE;
		return;
	}
	if (c->kind == ETCD_CALL_TXN)
		op_refused(c, h, now);
	else
		session_refused(c, h, now);
	call_free(c);
}

/* An answer to one question is there. */
static void
heard(struct call *c, struct mono now)
{
	struct etcd *e = c->e;
	struct heard h;
	struct err why = { 0 };

	if (!cutter_is_between(&c->cutter) || c->object.n == 0) {
		failed(c, STR("the answer is not complete"), now);
		return;
	}
	if (!hear_object(sbuf_get(&c->object), &h, &why)) {
		failed(c, str_from(why.text), now);
		return;
	}
	if (h.code != 0) {
		refused(c, &h, now);
		return;
	}
	count_latency(e, c, now);
	/* Leases may be answered by an etcd that is behind the others; changes are not. */
	if ((c->kind == ETCD_CALL_TXN || c->kind == ETCD_CALL_JOIN) && h.revision > 0 && h.revision < c->known) {
		enum etcd_call kind = c->kind;

		history_lost(e, h.revision, &why);
		call_free(c);
		endpoint_failed(e, kind, &why, now);
		return;
	}
	if (c->kind == ETCD_CALL_TXN)
		op_heard(c, &h, now);
	else
		session_heard(c, &h, now);
	call_free(c);
}

void
etcd_answered(struct etcd *e, uint64_t request, const struct fetch_response *r, struct mono now)
{
	struct call *c = find(e, request);
	struct heard h;

	if (c == NULL)
		return;
	if (c->bad || r->transport_error) {
		failed(c, r->error, now);
	} else if (r->status / 100 != 2) {
		hear_refusal(r->body, r->status, &h);
		refused(c, &h, now);
	} else if (is_long(c)) {
		if (c->kind == ETCD_CALL_RANGE)
			count_latency(e, c, now);
		watch_ended(c);
	} else {
		heard(c, now);
	}
	step(e, now);
}

const char *
etcd_call_name(enum etcd_call c)
{
	static const char *const names[ETCD_CALL_N] = {
#define X(kind, name) [ETCD_CALL_##kind] = name,
		ETCD_CALLS(X)
#undef X
	};

	return names[c];
}
