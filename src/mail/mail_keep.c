/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions that are kept after a message, for the next one to the same server as the same user: greetings, handshakes and
 * passwords are most of what a mail costs. They are kept for a moment only, and not while others are in need of a worker.
 */
#include "mail_pool.h"

#define LOOK_MAX 16	/* of a server's mails that wait: who mixes users has sessions of all of them */

void
mail_keep(struct mail_worker *w)
{
	w->kept = w->server;
	w->server = NULL;
	mail_servers_keep(&w->pool->servers, w->kept);
	timer_in(&w->timer, w->pool->o.keep);
}

void
mail_keep_end(struct mail_worker *w)
{
	struct mail_server *server = w->kept;

	if (server == NULL)
		return;
	w->kept = NULL;
	mail_servers_let_go(&w->pool->servers, server);
}

void
mail_keep_leave(struct mail_worker *w)
{
	struct mail_server *server = w->kept;

	mail_servers_busy(&w->pool->servers, server);
	mail_keep_end(w);
	w->server = server;
	mail_say(w, FRAME_LEAVE);
	timer_in(&w->timer, MAIL_QUIT_MAX);
}

/* One that waits for the server and could be sent in this very session. */
static struct mail_turn *
find_turn(const struct mail_worker *w)
{
	unsigned looked = 0;

	LIST_EACH(&w->kept->waiting, node) {
		struct mail_turn *t = CONTAINER_OF(node, struct mail_turn, place);

		if (str_eq(CONTAINER_OF(t, struct mail_call, turn)->session, sbuf_get(&w->session)))
			return t;
		if (++looked == LOOK_MAX)
			break;
	}
	return NULL;
}

struct mail_call *
mail_keep_next(struct mail_pool *p, struct mail_worker **out)
{
	bool all_busy = p->workers_n >= p->o.workers_max && mail_next_idle(p) == NULL;

	LIST_EACH(&p->workers, node) {
		struct mail_worker *w = CONTAINER_OF(node, struct mail_worker, place);
		struct mail_turn *t;

		if (w->kept == NULL || w->kept->waiting.first == NULL)
			continue;
		t = find_turn(w);
		if (t == NULL || (all_busy && mail_servers_others_wait(&p->servers, w->kept))) {
			mail_keep_leave(w);
		} else if (mail_servers_take(&p->servers, t)) {
			mail_keep_end(w);
			*out = w;
			return CONTAINER_OF(t, struct mail_call, turn);
		}
	}
	return NULL;
}

bool
mail_keep_give_way(struct mail_pool *p)
{
	LIST_EACH(&p->workers, node) {
		struct mail_worker *w = CONTAINER_OF(node, struct mail_worker, place);

		if (w->kept != NULL) {
			mail_keep_leave(w);
			return true;
		}
	}
	return false;
}
