/* SPDX-License-Identifier: Apache-2.0 */
#include "peers.h"

#include "base/mem.h"
#include "pushpull.h"

/* Joins under way at once. */
#define JOINS_AT_ONCE 4
#define JOINS_MAX (2 * GOSSIP_MEMBERS_MAX)
#define FORGET_INTERVAL (5 * SPAN_MIN)

struct join {
	struct list_node place;
	struct gossip_address address;
	enum pushpull_why why;
};

static void
drop(struct gossip *g, struct join *j)
{
	list_remove(&g->joins, &j->place);
	g->joins_n--;
	mem_free(j);
}

void
peers_fini(struct gossip *g)
{
	LIST_EACH(&g->joins, node)
	drop(g, CONTAINER_OF(node, struct join, place));
}

static bool
is_wanted(const struct gossip *g, const struct gossip_address *a)
{
	LIST_EACH(&g->joins, node)
	{
		if (gossip_address_eq(&CONTAINER_OF(node, struct join, place)->address, a))
			return true;
	}
	return pushpull_is_with(g, a);
}

static void
want(struct gossip *g, const struct gossip_address *a, enum pushpull_why why)
{
	struct join *j;

	if (gossip_address_eq(a, &g->o.advertised) || g->joins_n == JOINS_MAX || is_wanted(g, a))
		return;
	j = NEW(struct join);
	j->address = *a;
	j->why = why;
	list_append(&g->joins, &j->place);
	g->joins_n++;
}

void
gossip_join(struct gossip *g, const struct gossip_address *peers, size_t n, struct mono now)
{
	for (size_t i = 0; i < n; i++) {
		if (gossip_address_eq(&peers[i], &g->o.advertised))
			continue;
		failed_add(&g->failed, &peers[i], now);
		want(g, &peers[i], PUSHPULL_JOIN);
	}
	g->next_reconnect = mono_add(now, g->o.reconnect_interval);
	g->next_forget = mono_add(now, FORGET_INTERVAL);
}

static bool
is_member(struct gossip *g, const struct gossip_address *a)
{
	struct member *const *there;
	size_t n;

	there = members_there(&g->members, &n);
	for (size_t i = 0; i < n; i++) {
		if (gossip_address_eq(&there[i]->address, a))
			return true;
	}
	return false;
}

void
gossip_refresh(struct gossip *g, const struct gossip_address *peers, size_t n, struct mono now)
{
	(void)now;
	for (size_t i = 0; i < n; i++) {
		if (!is_member(g, &peers[i]))
			want(g, &peers[i], PUSHPULL_REFRESH);
	}
}

static bool
may_join(const struct gossip *g)
{
	return g->joins.first != NULL && !g->leaving && g->pushpulls_out < JOINS_AT_ONCE;
}

void
peers_tick(struct gossip *g, struct mono now)
{
	if (g->leaving)
		return;
	if (g->o.reconnect_interval > 0 && g->failed.n > 0 && g->next_reconnect.ns <= now.ns) {
		g->next_reconnect = mono_add(now, g->o.reconnect_interval);
		for (size_t i = 0; i < g->failed.n; i++)
			want(g, &g->failed.v[i].address, PUSHPULL_RECONNECT);
	}
	if (g->o.reconnect_timeout > 0 && g->failed.n > 0 && g->next_forget.ns <= now.ns) {
		g->next_forget = mono_add(now, FORGET_INTERVAL);
		failed_forget(&g->failed, g->o.reconnect_timeout, now);
	}
	while (may_join(g)) {
		struct join *j = CONTAINER_OF(g->joins.first, struct join, place);
		struct gossip_address a = j->address;
		enum pushpull_why why = j->why;

		drop(g, j);
		pushpull_begin(g, &a, why, now);
	}
}

struct mono
peers_next(const struct gossip *g)
{
	struct mono next = { INT64_MAX };

	if (g->leaving)
		return next;
	if (may_join(g))
		return (struct mono){ 0 };
	if (g->failed.n == 0)
		return next;
	if (g->o.reconnect_interval > 0)
		next = g->next_reconnect;
	if (g->o.reconnect_timeout > 0 && g->next_forget.ns < next.ns)
		next = g->next_forget;
	return next;
}
