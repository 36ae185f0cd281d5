/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_child.h - where worker processes come from.
 *
 * A worker that is this program started anew costs tens of milliseconds of
 * processor time, for fifty of them seconds in which healthy receivers wait. So
 * one small helper is started, with the first mail, and forks a worker for each
 * socket that it is handed. It kills a worker whose socket is closed here, and a
 * worker that is dead shows here as the end of its socket. Neither has any other
 * descriptor of ours. When we die, so does the helper, and with it its workers.
 */
#ifndef MAIL_MAIL_CHILD_H
#define MAIL_MAIL_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/err.h"

struct event_base;

struct mail_children {
	struct event_base *base;
	const char *program;
	pid_t helper;		/* 0: none */
	int fd;			/* to it */
	struct event *gone;	/* when it takes no more requests */
	struct graveyard *graveyard;
};

/* program is borrowed, and started with the first worker. */
void mail_children_begin(struct mail_children *c, struct event_base *base, const char *program);
/*
 * Asks for a worker; *fd_out is our end of its socketpair, non-blocking and closed on exec. With tls it has the
 * system's certificate authorities at hand, and need not parse them for its first mail.
 */
bool mail_children_start(struct mail_children *c, bool tls, int *fd_out, struct err *e) MUST_CHECK;

/* A request to the helper: one byte and the worker's end of a socketpair. */
enum mail_ask { MAIL_ASK_PLAIN = 'w', MAIL_ASK_TLS = 't' };
/* All are killed. */
void mail_children_end(struct mail_children *c);

/* mail_worker.c: the main of a worker. Serves jobs until the other end of fd is closed; the exit status. */
int mail_worker_main(int fd);

#endif
