/* SPDX-License-Identifier: Apache-2.0 */
#include "pushpull.h"

#include <assert.h>

#include "base/mem.h"
#include "rumours.h"
#include "tell.h"
#include "user.h"

struct pushpull {
	struct list_node place;
	uint64_t number; /* also of the call */
	enum pushpull_why why;
	struct gossip_address with;
	uint64_t stream; /* ASKED */
	bool join; /* ASKED: what the other says */
	bool called;
};

static struct pushpull *
find(const struct gossip *g, uint64_t number)
{
	LIST_EACH(&g->pushpulls, node)
	{
		struct pushpull *x = CONTAINER_OF(node, struct pushpull, place);

		if (x->number == number)
			return x;
	}
	return NULL;
}

static struct pushpull *
add(struct gossip *g, enum pushpull_why why)
{
	struct pushpull *x = NEW(struct pushpull);

	x->number = ++g->numbers;
	x->why = why;
	list_append(&g->pushpulls, &x->place);
	if (why == PUSHPULL_ASKED)
		g->pushpulls_in++;
	else
		g->pushpulls_out++;
	return x;
}

static void
drop(struct gossip *g, struct pushpull *x)
{
	list_remove(&g->pushpulls, &x->place);
	if (x->why == PUSHPULL_ASKED)
		g->pushpulls_in--;
	else
		g->pushpulls_out--;
	mem_free(x);
}

void
pushpulls_fini(struct gossip *g)
{
	LIST_EACH(&g->pushpulls, node)
	drop(g, CONTAINER_OF(node, struct pushpull, place));
}

bool
pushpull_is_with(const struct gossip *g, const struct gossip_address *a)
{
	LIST_EACH(&g->pushpulls, node)
	{
		const struct pushpull *x = CONTAINER_OF(node, struct pushpull, place);

		if (x->why != PUSHPULL_ASKED && gossip_address_eq(&x->with, a))
			return true;
	}
	return false;
}

void
pushpull_begin(struct gossip *g, const struct gossip_address *with, enum pushpull_why why, struct mono now)
{
	struct pushpull *x = add(g, why);

	x->with = *with;
	if (g->port->dial != NULL)
		g->port->dial(g->port, x->number, with, mono_add(now, g->o.tcp_timeout));
	else
		g->port->full_state(g->port, x->number);
}

void
pushpull_dialled(struct gossip *g, uint64_t call)
{
	const struct pushpull *x = find(g, call);

	if (x != NULL)
		g->port->full_state(g->port, x->number);
}

static void
put_nodes(struct sbuf *b, const struct gossip *g)
{
	for (size_t i = 0; i < g->members.n; i++) {
		const struct member *one = g->members.v[i];
		struct message m = { .type = MESSAGE_NODE,
			.node = one->name,
			.port = one->address.port,
			.address = { (const char *)one->address.ip, one->address.n },
			.meta = one->meta,
			.incarnation = one->incarnation,
			.state = one->state,
			.versions = { (const char *)one->versions, MESSAGE_VERSIONS } };

		message_put(b, &m);
	}
}

/* Puts all but the bytes of the parts into b, and says where what goes. */
static void
put_state(struct gossip *g, struct sbuf *b, bool join, const struct gossip_part *parts, size_t n, struct gossip_pieces *out)
{
	size_t size = user_state_size(parts, n), at = 0, ends[GOSSIP_PARTS_MAX];
	struct message head = { .type = MESSAGE_PUSH_PULL, .nodes = g->members.n, .user_state_n = size, .join = join };

	if (size > GOSSIP_STATE_MAX) {
		tell_bad(g, NULL, "our state is larger than other members take, and is not sent");
		head.user_state_n = n = 0;
	}
	message_put(b, &head);
	put_nodes(b, g);
	for (size_t i = 0; i < n; i++) {
		user_part_head_put(b, &parts[i]);
		ends[i] = b->n;
	}
	out->n = 0;
	for (size_t i = 0; i < n; at = ends[i++]) {
		out->v[out->n++] = str_sub(sbuf_get(b), at, ends[i]);
		out->v[out->n++] = parts[i].bytes;
	}
	if (n == 0)
		out->v[out->n++] = sbuf_get(b);
	g->figures.sent_full += n > 0;
	g->figures.sent_full_bytes += n > 0 ? size : 0;
}

void
pushpull_state(struct gossip *g, uint64_t number, const struct gossip_part *parts, size_t n, struct mono now)
{
	struct pushpull *x = find(g, number);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct gossip_pieces pieces;

	assert(n <= GOSSIP_PARTS_MAX);
	if (x == NULL || x->called)
		return;
	x->called = true;
	put_state(g, &b, x->why == PUSHPULL_ASKED ? x->join : x->why != PUSHPULL_ROUND, parts, n, &pieces);
	if (x->why == PUSHPULL_ASKED) {
		uint64_t stream = x->stream;

		drop(g, x);
		g->port->reply(g->port, stream, &pieces);
	} else {
		g->port->call(g->port, number, &x->with, &pieces, true, mono_add(now, g->o.tcp_timeout));
	}
	sbuf_fini(&b);
}

/* All nodes of a message are read before anything is believed. */
struct remote {
	struct message head;
	struct message *nodes;
	struct str user;
};

static bool
node_is_good(const struct message *m, struct err *e)
{
	const unsigned char *v = (const unsigned char *)m->versions.p;

	if (m->versions.n < MESSAGE_VERSIONS)
		return err_set(e, ERR_INVALID, "member %.*s does not say its versions", STR_ARG(m->node));
	/* We speak 2, and nothing of a version on top of it. */
	if (v[0] > 2 || v[1] < 2 || v[2] < 1 || v[2] > 5 || v[3] > 0)
		return err_set(e, ERR_INVALID, "member %.*s has protocol version %u, which is incompatible",
		    STR_ARG(m->node), v[2]);
	return true;
}

static bool
read_remote(struct str in, struct remote *r, struct err *e)
{
	size_t used;

	*r = (struct remote){ .nodes = NULL };
	if (!message_get(str_sub(in, 1, in.n), MESSAGE_PUSH_PULL, &r->head, &used, e))
		return false;
	in = str_sub(in, 1 + used, in.n);
	if (r->head.nodes > 2 * GOSSIP_MEMBERS_MAX)
		return err_set(e, ERR_LIMIT, "a state of %llu members", (unsigned long long)r->head.nodes);
	r->nodes = mem_calloc((size_t)r->head.nodes + 1, sizeof(r->nodes[0]));
	for (size_t i = 0; i < r->head.nodes; i++) {
		if (!message_get(in, MESSAGE_NODE, &r->nodes[i], &used, e) || !node_is_good(&r->nodes[i], e))
			return false;
		in = str_sub(in, used, in.n);
	}
	if (in.n < r->head.user_state_n)
		return err_set(e, ERR_INVALID, "a state that ends early");
	r->user = str_sub(in, 0, (size_t)r->head.user_state_n);
	return true;
}

/* Others' dead are only suspected: they may yet refute. */
static void
merge_node(struct gossip *g, const struct message *node, const struct gossip_address *from, struct mono now)
{
	struct message m = *node;

	m.from = g->o.name;
	switch ((enum node_state)node->state) {
	case NODE_ALIVE:
		m.type = MESSAGE_ALIVE;
		rumour_alive(g, &m, from, now);
		break;
	case NODE_LEFT:
		m.type = MESSAGE_DEAD;
		m.from = node->node;
		rumour_dead(g, &m, now);
		break;
	case NODE_SUSPECT:
	case NODE_DEAD:
		m.type = MESSAGE_SUSPECT;
		rumour_suspect(g, &m, now);
		break;
	}
}

static bool
merge(
    struct gossip *g, struct str message, const struct gossip_address *from, bool *join, struct mono now, struct err *e)
{
	struct remote r;
	bool ok = read_remote(message, &r, e);

	if (ok) {
		*join = r.head.join;
		for (size_t i = 0; i < r.head.nodes; i++)
			merge_node(g, &r.nodes[i], from, now);
		if (r.user.n > 0)
			user_on_state(g, r.user, from, now);
	}
	mem_free(r.nodes);
	return ok;
}

void
pushpull_on_request(struct gossip *g, uint64_t stream, struct str message, struct mono now)
{
	struct err e = { 0 };
	struct pushpull *x;
	bool join = false;

	if (g->pushpulls_in >= PUSHPULLS_IN_MAX)
		err_set(&e, ERR_LIMIT, "too many pushpulls at once");
	else if (merge(g, message, NULL, &join, now, &e)) {
		x = add(g, PUSHPULL_ASKED);
		x->stream = stream;
		x->join = join;
		g->port->full_state(g->port, x->number);
		return;
	}
	tell_bad(g, NULL, e.text);
	tell_reply(g, stream, STR_NONE);
}

void
pushpull_request_gone(struct gossip *g, uint64_t stream)
{
	LIST_EACH(&g->pushpulls, node)
	{
		struct pushpull *x = CONTAINER_OF(node, struct pushpull, place);

		if (x->why == PUSHPULL_ASKED && x->stream == stream) {
			drop(g, x);
			return;
		}
	}
}

static void
count(struct gossip *g, const struct pushpull *x, bool ok)
{
	if (x->why == PUSHPULL_RECONNECT)
		*(ok ? &g->figures.reconnected : &g->figures.reconnects_failed) += 1;
	else if (x->why == PUSHPULL_REFRESH)
		*(ok ? &g->figures.refreshed : &g->figures.refreshes_failed) += 1;
}

static void
fail(struct gossip *g, struct pushpull *x, struct str why)
{
	count(g, x, false);
	tell_note(g, x->why == PUSHPULL_JOIN && gossip_size(g) == 1 ? GOSSIP_NOTE_JOIN_FAILED : GOSSIP_NOTE_UNREACHED, STR_NONE,
	    &x->with, why);
	drop(g, x);
}

bool
pushpull_answer(struct gossip *g, uint64_t call, struct str message, struct mono now)
{
	struct pushpull *x = find(g, call);
	struct err e = { 0 };
	struct message m;
	size_t used;
	bool join;

	if (x == NULL)
		return false;
	if (message.n > 0 && message.p[0] == MESSAGE_PUSH_PULL) {
		if (merge(g, message, &x->with, &join, now, &e)) {
			count(g, x, true);
			drop(g, x);
			return true;
		}
	} else if (message.n > 0 && message.p[0] == MESSAGE_ERROR &&
	    message_get(str_sub(message, 1, message.n), MESSAGE_ERROR, &m, &used, &e)) {
		err_set(&e, ERR_IO, "remote error: %.*s", STR_ARG(m.error));
	} else if (e.kind == ERR_NONE) {
		err_set(&e, ERR_INVALID, "another answer than a state");
	}
	fail(g, x, str_from(e.text));
	return true;
}

bool
pushpull_gone(struct gossip *g, uint64_t call, struct str why)
{
	struct pushpull *x = find(g, call);

	if (x == NULL)
		return false;
	fail(g, x, why);
	return true;
}
