/* SPDX-License-Identifier: Apache-2.0 */
#include "mail_servers.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"

/* Servers that nobody uses are remembered, for their pace, up to so many. */
#define REMEMBERED_MAX 1000
/* Sessions with a server that has not answered yet, or late. */
#define FEW_MAX 4

static struct str
copy(struct str s)
{
	return (struct str){ mem_strndup(s.p, s.n), s.n };
}

static void
forget(struct mail_servers *s, struct mail_server *server)
{
	struct str parts[] = { server->at.host, server->at.port };

	hmap_remove(&s->all, &server->node);
	s->good -= server->pace == PACE_GOOD;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		char *p;

		memcpy(&p, &parts[i].p, sizeof(p));
		mem_free(p);
	}
	mem_free(server);
}

static void
forget_unused(struct mail_servers *s, struct mail_server *server)
{
	if (server->busy > 0 || server->kept > 0 || server->waiting.first != NULL)
		return;
	if (server->pace == PACE_UNKNOWN || s->all.n > REMEMBERED_MAX)
		forget(s, server);
}

void
mail_servers_fini(struct mail_servers *s)
{
	HMAP_EACH(&s->all, node)
		forget(s, CONTAINER_OF(node, struct mail_server, node));
	hmap_fini(&s->all);
}

static uint64_t
hash_of(const struct host_port *at)
{
	return hash_mix(hash_seeded(at->host.p, at->host.n), hash_seeded(at->port.p, at->port.n));
}

static struct mail_server *
find(const struct mail_servers *s, const struct host_port *at)
{
	for (struct hmap_node *n = hmap_first(&s->all, hash_of(at)); n != NULL; n = hmap_next(n)) {
		struct mail_server *server = CONTAINER_OF(n, struct mail_server, node);

		if (str_eq(server->at.host, at->host) && str_eq(server->at.port, at->port))
			return server;
	}
	return NULL;
}

static struct mail_server *
server_of(struct mail_servers *s, const struct host_port *at)
{
	struct mail_server *server = find(s, at);

	if (server != NULL)
		return server;
	server = NEW(struct mail_server);
	server->at = (struct host_port){ copy(at->host), copy(at->port) };
	hmap_insert(&s->all, &server->node, hash_of(at));
	return server;
}

size_t
mail_servers_waiting(const struct mail_servers *s, const struct host_port *at)
{
	const struct mail_server *server = find(s, at);

	return server != NULL ? server->waiting_n : 0;
}

/* The order of turns. */

void
mail_servers_wait(struct mail_servers *s, struct mail_turn *t, const struct host_port *at)
{
	struct mail_server *server = server_of(s, at);

	if (server->waiting.first == NULL)
		list_append(&s->turns, &server->in_turn);
	*t = (struct mail_turn){ .server = server, .waiting = true };
	list_append(&server->waiting, &t->place);
	server->waiting_n++;
	s->waiting++;
}

/* Its server stays, whatever else it is used for. */
static void
unlink_turn(struct mail_servers *s, struct mail_turn *t)
{
	struct mail_server *server = t->server;

	list_remove(&server->waiting, &t->place);
	t->waiting = false;
	server->waiting_n--;
	s->waiting--;
	if (server->waiting.first == NULL)
		list_remove(&s->turns, &server->in_turn);
}

void
mail_servers_leave(struct mail_servers *s, struct mail_turn *t)
{
	struct mail_server *server = t->server;

	if (!t->waiting)
		return;
	unlink_turn(s, t);
	t->server = NULL;
	forget_unused(s, server);
}

static bool
may_have_another(const struct mail_servers *s, const struct mail_server *server)
{
	switch (server->pace) {
	case PACE_GOOD:
		return server->busy + server->kept < s->per_server;
	case PACE_SLOW:
		return server->busy == 0 && s->slow_busy < s->slow_max;
	case PACE_LATE:
	case PACE_UNKNOWN:
		break;
	}
	return server->busy == 0 || (server->busy < FEW_MAX && s->few_busy + s->slow_busy < s->slow_max);
}

/* n more workers of the server, which may be fewer. */
static void
count_busy(struct mail_servers *s, const struct mail_server *server, int n)
{
	if (server->pace == PACE_SLOW)
		s->slow_busy += (unsigned)n;
	else if (server->pace != PACE_GOOD)
		s->few_busy += (unsigned)n;
}

/* Its next mail waits until all others had their turn. */
static void
take(struct mail_servers *s, struct mail_turn *t)
{
	struct mail_server *server = t->server;

	unlink_turn(s, t);
	mail_servers_busy(s, server);
	if (server->waiting.first != NULL) {
		list_remove(&s->turns, &server->in_turn);
		list_append(&s->turns, &server->in_turn);
	}
}

static struct mail_turn *
next_of(struct mail_servers *s, bool good_only)
{
	LIST_EACH(&s->turns, node) {
		struct mail_server *server = CONTAINER_OF(node, struct mail_server, in_turn);
		struct mail_turn *t;

		if ((good_only && server->pace != PACE_GOOD) || !may_have_another(s, server))
			continue;
		t = CONTAINER_OF(server->waiting.first, struct mail_turn, place);
		take(s, t);
		return t;
	}
	return NULL;
}

struct mail_turn *
mail_servers_next(struct mail_servers *s)
{
	return next_of(s, false);
}

struct mail_turn *
mail_servers_next_good(struct mail_servers *s)
{
	return next_of(s, true);
}

bool
mail_servers_take(struct mail_servers *s, struct mail_turn *t)
{
	struct mail_server *server = t->server;
	bool may;

	/* The worker that keeps a session is the one it will have. */
	server->kept--;
	may = may_have_another(s, server);
	server->kept++;
	if (may)
		take(s, t);
	return may;
}

bool
mail_servers_others_wait(const struct mail_servers *s, const struct mail_server *than)
{
	LIST_EACH(&s->turns, node) {
		const struct mail_server *server = CONTAINER_OF(node, struct mail_server, in_turn);

		if (server != than && may_have_another(s, server))
			return true;
	}
	return false;
}

bool
mail_servers_good_waits(const struct mail_servers *s)
{
	LIST_EACH(&s->turns, node) {
		const struct mail_server *server = CONTAINER_OF(node, struct mail_server, in_turn);

		if (server->pace != PACE_SLOW && may_have_another(s, server))
			return true;
	}
	return false;
}

bool
mail_servers_slow_waits(const struct mail_servers *s)
{
	if (s->slow_busy < s->slow_max)
		return false;
	LIST_EACH(&s->turns, node) {
		const struct mail_server *server = CONTAINER_OF(node, struct mail_server, in_turn);

		if (server->pace == PACE_SLOW && server->busy == 0)
			return true;
	}
	return false;
}

void
mail_servers_busy(struct mail_servers *s, struct mail_server *server)
{
	server->busy++;
	count_busy(s, server, 1);
}

void
mail_servers_keep(struct mail_servers *s, struct mail_server *server)
{
	server->kept++;
	mail_servers_release(s, server);
}

void
mail_servers_let_go(struct mail_servers *s, struct mail_server *server)
{
	assert(server->kept > 0);
	server->kept--;
	forget_unused(s, server);
}

void
mail_servers_release(struct mail_servers *s, struct mail_server *server)
{
	assert(server->busy > 0);
	server->busy--;
	count_busy(s, server, -1);
	forget_unused(s, server);
}

void
mail_servers_set_pace(struct mail_servers *s, struct mail_server *server, enum mail_pace pace)
{
	count_busy(s, server, -(int)server->busy);
	s->good -= server->pace == PACE_GOOD;
	server->pace = pace;
	s->good += pace == PACE_GOOD;
	count_busy(s, server, (int)server->busy);
}
