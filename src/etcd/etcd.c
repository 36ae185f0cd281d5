/* SPDX-License-Identifier: Apache-2.0 */
#include "etcd/etcd.h"

#include "base/arena.h"
#include "state.h"

struct etcd *
etcd_new(const struct etcd_options *o, const struct etcd_port *port)
{
	struct etcd *e = NEW(struct etcd);
	struct str *endpoints;

	e->arena = arena_new();
	e->o = *o;
	endpoints = ARENA_ARRAY(e->arena, o->endpoints_n, struct str);
	for (size_t i = 0; i < o->endpoints_n; i++)
		endpoints[i] = arena_str(e->arena, o->endpoints[i]);
	e->o.endpoints = endpoints;
	e->o.username = arena_str(e->arena, o->username);
	e->o.password = arena_str(e->arena, o->password);
	e->o.member = arena_str(e->arena, o->member);
	e->o.name = arena_str(e->arena, o->name);
	e->o.prefix = arena_str(e->arena, o->prefix);
	/* '0' is the character behind '/'. */
	e->from = arena_printf(e->arena, "%.*s/", STR_ARG(o->prefix));
	e->end = arena_printf(e->arena, "%.*s0", STR_ARG(o->prefix));
	e->members_prefix = arena_printf(e->arena, "%.*s/members/", STR_ARG(o->prefix));
	e->port = port;
	e->page = PAGE_MAX;
	e->token.max = ETCD_TOKEN_MAX;
	e->page_from.max = e->buffer.max = SBUF_UNLIMITED;
	rand_seed(&e->rand, o->seed);
	return e;
}

static void
give_up_all(struct etcd *e)
{
	LIST_EACH(&e->calls, node)
		call_give_up(CONTAINER_OF(node, struct call, place));
}

void
etcd_free(struct etcd **ep)
{
	struct etcd *e = *ep;

	if (e == NULL)
		return;
	*ep = NULL;
	give_up_all(e);
	ops_drop_all(e);
	watch_forget_unread(e);
	members_forget(e, false);
	VEC_FINI(&e->members);
	VEC_FINI(&e->found);
	sbuf_fini(&e->token);
	sbuf_fini(&e->page_from);
	sbuf_fini(&e->buffer);
	arena_free(&e->arena);
	mem_free(e);
}

void
step(struct etcd *e, struct mono now)
{
	if (!e->started)
		return;
	session_step(e, now);
	watch_step(e, now);
	ops_step(e, now);
}

void
etcd_start(struct etcd *e, struct mono now)
{
	e->started = true;
	step(e, now);
}

void
etcd_tick(struct etcd *e, struct mono now)
{
	calls_expire(e, now);
	ops_expire(e, now);
	step(e, now);
}

static void
sooner(struct mono *next, struct mono at)
{
	if (at.ns < next->ns)
		*next = at;
}

/* Something of the session is to be asked for and is not: it waits for the end of a pause. */
static bool
session_waits(const struct etcd *e)
{
	if (lacks_token(e))
		return call_of_kind(e, ETCD_CALL_AUTHENTICATE) == NULL;
	if (e->leaving)
		return ops_n(e) == 0 && call_of_kind(e, ETCD_CALL_REVOKE) == NULL;
	return call_of_kind(e, e->lease == 0 ? ETCD_CALL_GRANT : ETCD_CALL_JOIN) == NULL && (e->lease == 0 || !e->joined);
}

struct mono
etcd_next(const struct etcd *e)
{
	struct mono next = NEVER;

	if (!e->started || e->left)
		return next;
	LIST_EACH(&e->calls, node)
		sooner(&next, CONTAINER_OF(node, struct call, place)->until);
	sooner(&next, ops_next(e));
	/* Pauses end before anything is asked for; then calls tell when to look. */
	if (session_waits(e) || (e->calls.first == NULL && e->unread.first == NULL))
		sooner(&next, e->retry_at);
	if (e->lease != 0) {
		sooner(&next, e->lease_until);
		if (call_of_kind(e, ETCD_CALL_KEEP_ALIVE) == NULL && !lacks_token(e))
			sooner(&next, e->keep_at.ns < e->retry_at.ns ? e->retry_at : e->keep_at);
	}
	sooner(&next, watch_stuck_at(e));
	if (e->lease != 0 && !lacks_token(e))
		sooner(&next, watch_doubtful_at(e));
	return next;
}

void
etcd_leave(struct etcd *e, struct mono now)
{
	e->leaving = true;
	step(e, now);
}

bool
etcd_left(const struct etcd *e)
{
	return e->left || (e->leaving && e->failures > 0 && !e->answers);
}

bool
etcd_is_up(const struct etcd *e, struct mono now)
{
	return has_lease(e, now) && e->joined && e->synced_once;
}

unsigned
etcd_reading(const struct etcd *e)
{
	return e->readings;
}

unsigned
etcd_histories(const struct etcd *e)
{
	return e->histories;
}

struct mono
etcd_lease_until(const struct etcd *e)
{
	return e->lease != 0 ? e->lease_until : (struct mono){ INT64_MIN };
}

int64_t
etcd_lease(const struct etcd *e)
{
	return e->lease;
}

struct etcd_figures
etcd_figures(const struct etcd *e)
{
	struct etcd_figures f = e->figures;

	f.revision = e->revision;
	f.unread_bytes = e->unread_bytes;
	f.ops = ops_n(e);
	f.endpoint = e->o.endpoints[e->endpoint];
	f.error = str_from(e->trouble.text);
	return f;
}
