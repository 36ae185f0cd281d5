/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_pool.h - the pool's own: workers, mails on their way, and who has whom.
 *
 * A worker is idle, in a session for a call, or taking leave of a server whose
 * call is done. A call waits in its server's queue, has a worker, or has ended
 * and is about to be reported.
 */
#ifndef MAIL_MAIL_POOL_H
#define MAIL_MAIL_POOL_H

#include "base/list.h"
#include "loop/timer.h"
#include "mail/mail.h"
#include "mail_child.h"
#include "mail_servers.h"

struct bufferevent;

struct mail_worker {
	struct mail_pool *pool;
	struct list_node place;		/* in pool->workers */
	struct bufferevent *bev;
	struct mail_server *server;	/* whose session it is in; NULL: idle */
	struct mail_call *call;		/* NULL: idle, or the mail is sent and QUIT not answered yet */
	bool ready;			/* it has started */
	struct mono since;		/* when the session began */
	struct timer timer;		/* slowness, connection, QUIT, idleness */
};

enum mail_state { MAIL_WAITING, MAIL_RUNNING, MAIL_ENDED };

struct mail_call {
	struct mail_pool *pool;
	struct arena *arena;
	void (*done)(void *arg, const struct response *resp);
	void *arg;
	struct mail_request r;		/* all but its message is in the arena */
	struct mono deadline;
	struct timer timer;		/* deadline, or report of what ended at once */
	enum mail_state state;
	struct mail_worker *worker;
	bool connected;			/* the server has the mail, or may have it */
	struct mail_turn turn;		/* for a worker */
	struct mail_call *all_prev, *all_next;
	struct err err;
};

struct mail_pool {
	struct mail_pool_options o;
	struct list workers;
	size_t workers_n;
	struct timer next_turn;	/* starts those workers that one turn did not, and one to spare */
	unsigned starts;		/* in this turn */
	unsigned starting;		/* workers that are not ready yet */
	bool want_spare;
	bool tls;			/* some mail went by TLS */
	struct mail_servers servers;
	struct mail_call *all;		/* calls not yet reported */
	struct mail_children children;
};

/* mail_next.c: who gets which worker. */

/* A worker that stands idle, a ready one if there is; NULL: none. */
struct mail_worker *mail_next_idle(const struct mail_pool *p);
/* Another worker cannot be started in this turn. */
bool mail_next_must_wait(const struct mail_pool *p);
/* The mail whose turn it is (NULL: none); *idle becomes NULL when another worker is to be started for it. */
struct mail_turn *mail_next_turn(struct mail_pool *p, struct mail_worker **idle);

#endif
