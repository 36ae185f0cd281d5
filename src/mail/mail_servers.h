/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_servers.h - which mail server gets the next worker.
 *
 * Mails wait in a queue per server (host and port), servers take turns. A
 * server that answers gets many workers, one that keeps us waiting gets one,
 * and all slow ones together get half: so that however many of them hang,
 * others find a worker. One that has not answered yet gets a few, of what is
 * left of that half, and so does one that answers late. Pure: no processes,
 * no clock. Loop thread only.
 */
#ifndef MAIL_MAIL_SERVERS_H
#define MAIL_MAIL_SERVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/hmap.h"
#include "base/list.h"
#include "config/config.h"

enum mail_pace {
	PACE_UNKNOWN,	/* has not answered yet */
	PACE_GOOD,	/* answered in time when last asked */
	PACE_SLOW,	/* keeps a session waiting, or did when last asked */
	PACE_LATE,	/* answered when last asked, long after that */
};

struct mail_server {
	struct hmap_node node;
	struct host_port at;		/* owned */
	enum mail_pace pace;
	unsigned busy;			/* workers it has */
	unsigned kept;			/* others that keep a session with it */
	struct list waiting;		/* mails, of struct mail_turn */
	size_t waiting_n;
	struct list_node in_turn;	/* while some wait: in the order of their turns */
};

/* A mail's place in its server's queue; embedded by the owner. */
struct mail_turn {
	struct mail_server *server;
	struct list_node place;		/* in its queue, while `waiting` */
	bool waiting;
};

struct mail_servers {
	struct hmap all;
	struct list turns;			/* of servers with mails that wait */
	size_t waiting;				/* mails */
	unsigned slow_busy, few_busy;		/* workers of slow servers, and of those that may have a few */
	size_t good;				/* servers */
	unsigned per_server, slow_max;		/* bounds */
};

void mail_servers_fini(struct mail_servers *s);
/* At the end of the server's queue; the server is made when it is new. */
void mail_servers_wait(struct mail_servers *s, struct mail_turn *t, const struct host_port *at);
/* Mails for it that wait. */
size_t mail_servers_waiting(const struct mail_servers *s, const struct host_port *at);
/* Out of the queue again; nothing if it does not wait. */
void mail_servers_leave(struct mail_servers *s, struct mail_turn *t);
/* The mail whose turn it is, out of its queue, its server one worker busier; NULL: none may have a worker now. */
struct mail_turn *mail_servers_next(struct mail_servers *s);
/* The same of those for servers that are known to be good. */
struct mail_turn *mail_servers_next_good(struct mail_servers *s);
/* Could a mail that is not for a slow server use a worker, if there were one? */
bool mail_servers_good_waits(const struct mail_servers *s);
/* Does a slow server without a worker wait because others have all that are for slow ones? */
bool mail_servers_slow_waits(const struct mail_servers *s);
/* The one that waits, as mail_servers_next; false: its server may not have another worker. */
bool mail_servers_take(struct mail_servers *s, struct mail_turn *t) MUST_CHECK;
/* Does a server besides this one wait for a worker that it may have? */
bool mail_servers_others_wait(const struct mail_servers *s, const struct mail_server *server);
/* A worker of it is done, and keeps a session with it; and does not any more, after which it may be gone. */
void mail_servers_keep(struct mail_servers *s, struct mail_server *server);
void mail_servers_let_go(struct mail_servers *s, struct mail_server *server);
/* One more worker is busy with it. */
void mail_servers_busy(struct mail_servers *s, struct mail_server *server);
/* A worker of it is free again. The server may be gone after this. */
void mail_servers_release(struct mail_servers *s, struct mail_server *server);
void mail_servers_set_pace(struct mail_servers *s, struct mail_server *server, enum mail_pace pace);

#endif
