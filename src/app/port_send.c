/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No byte of a notification leaves before the intent to send it is on disk, so
 * that after a crash it is known what may have been told; requests that are not
 * to be repeated wait for a note of their own. When the disk cannot
 * be written they leave at once, and when it is slow after five seconds: to be told matters more.
 */
#include "base/mem.h"
#include "base/slab.h"
#include "server_private.h"

struct held_send {
	struct hmap_node node;		/* server.held, by attempt */
	struct store_wait wait;
	struct server *server;
	uint64_t attempt;
	struct notification *n;
	struct mono deadline;
};

static void
let_go(struct store_wait *w, bool durable)
{
	struct held_send *h = CONTAINER_OF(w, struct held_send, wait);
	struct server *s = h->server;

	(void)durable;
	hmap_remove(&s->held, &h->node);
	outbox_send(s->outbox, h->attempt, h->n, h->deadline);
	slab_free(h);
}

void
port_send(struct port *self, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct server *s = CONTAINER_OF(self, struct server, port);
	struct held_send *h = SLAB_NEW(struct held_send);

	(void)now;
	h->wait.over = let_go;
	h->server = s;
	h->attempt = attempt;
	h->n = n;
	h->deadline = deadline;
	if (store_when_durable(s->store, &h->wait)) {
		hmap_insert(&s->held, &h->node, attempt);
		return;
	}
	slab_free(h);
	outbox_send(s->outbox, attempt, n, deadline);
}

struct held_request {
	struct store_wait wait;
	struct outbox_wait *of;
};

static void
let_request_go(struct store_wait *w, bool durable)
{
	struct held_request *h = CONTAINER_OF(w, struct held_request, wait);
	struct outbox_wait *of = h->of;

	(void)durable;
	mem_free(h);
	of->waiting = NULL;
	of->over(of);
}

bool
server_wait(void *server, struct outbox_wait *w)
{
	struct server *s = server;
	struct held_request *h = NEW(struct held_request);

	h->wait.over = let_request_go;
	h->of = w;
	if (!store_when_durable(s->store, &h->wait)) {
		mem_free(h);
		return false;
	}
	w->waiting = h;
	return true;
}

void
server_wait_cancel(void *server, struct outbox_wait *w)
{
	struct server *s = server;
	struct held_request *h = w->waiting;

	store_wait_cancel(s->store, &h->wait);
	w->waiting = NULL;
	mem_free(h);
}

void
port_forget(struct port *self, struct notification *n)
{
	outbox_forget(CONTAINER_OF(self, struct server, port)->outbox, n);
}

void
port_cancel(struct port *self, uint64_t attempt)
{
	struct server *s = CONTAINER_OF(self, struct server, port);
	struct hmap_node *node = hmap_first(&s->held, attempt);
	struct held_send *h;

	if (node == NULL) {
		outbox_cancel(s->outbox, attempt);
		return;
	}
	h = CONTAINER_OF(node, struct held_send, node);
	store_wait_cancel(s->store, &h->wait);
	hmap_remove(&s->held, &h->node);
	slab_free(h);
}
