/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_pool.h - the pool's own: workers, mails on their way, and who has whom.
 *
 * A worker is idle, in a session for a call, keeps a session whose call is done,
 * or is taking leave of its server. A call waits in its server's queue, has a worker, or has ended
 * and is about to be reported.
 */
#ifndef MAIL_MAIL_POOL_H
#define MAIL_MAIL_POOL_H

#include "base/list.h"
#include "loop/timer.h"
#include "mail/mail.h"
#include "mail_child.h"
#include "mail_servers.h"
#include "mail_wire.h"

struct bufferevent;

#define MAIL_QUIT_MAX (2 * SPAN_S)	/* for a server to answer our QUIT */

struct mail_worker {
	struct mail_pool *pool;
	struct list_node place;		/* in pool->workers */
	struct bufferevent *bev;
	struct mail_server *server;	/* whose session it is in; NULL: idle, or `kept` */
	struct mail_call *call;		/* NULL: idle, or the mail is sent and QUIT not answered yet */
	struct mail_server *kept;	/* whose session it keeps without a mail; NULL: none */
	struct sbuf session;		/* the last one, as mail_wire_session writes it */
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
	struct str session;		/* as mail_wire_session writes it */
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

/* mail_say.c */
/* A word that has nothing to say but its kind. */
void mail_say(struct mail_worker *w, enum frame_kind word);
/* The message stays where it is: it is the call's owner's. */
void mail_say_job(struct mail_worker *w, const struct mail_request *r, span time);
/* Nothing more goes out to it, which is about to end. */
void mail_unsay(struct mail_worker *w);

/* mail_keep.c */
/* The worker keeps the session it is in, whose call is done. */
void mail_keep(struct mail_worker *w);
/* It does not any more; nothing if it did not. The server may be gone after this. */
void mail_keep_end(struct mail_worker *w);
/* It takes leave of the server. */
void mail_keep_leave(struct mail_worker *w);
/* A mail that one of the kept sessions can carry, taken from its queue, and the worker; NULL: none. */
struct mail_call *mail_keep_next(struct mail_pool *p, struct mail_worker **out);
/* One of those who keep a session takes leave, for others to have a worker; false: there is none. */
bool mail_keep_give_way(struct mail_pool *p);

/* mail_next.c: who gets which worker. */

/* A worker that stands idle, a ready one if there is; NULL: none. */
struct mail_worker *mail_next_idle(const struct mail_pool *p);
/* Another worker cannot be started in this turn. */
bool mail_next_must_wait(const struct mail_pool *p);
/* The mail whose turn it is (NULL: none); *idle becomes NULL when another worker is to be started for it. */
struct mail_turn *mail_next_turn(struct mail_pool *p, struct mail_worker **idle);

#endif
