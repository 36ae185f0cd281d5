/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail.h - e-mail over SMTP, sent by worker processes.
 *
 * Sessions run in a small pool of workers, one at a time each: a worker that
 * overruns its deadline is killed, one that dies is replaced, and the loop never
 * waits. Workers are forked by a helper, this same program started with the first
 * mail; from then on one more than is needed stands ready. Servers share the
 * workers such that those that hang keep none from the others. A session carries
 * one mail after the other, as long as there are such of the same user.
 * Loop thread only, but for mail_helper_main, which is the helper's main.
 */
#ifndef MAIL_MAIL_H
#define MAIL_MAIL_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/time.h"
#include "notify/notifier.h"

struct event_base;
struct mail_pool;
struct mail_call;

struct mail_pool_options {
	struct event_base *base;	/* borrowed, as are clock and log */
	struct clock *clock;
	const struct log *log;
	/* Program to start, called with MAIL_HELPER_FLAG alone; NULL: /proc/self/exe. Borrowed. */
	const char *program;
	unsigned workers;		/* kept; 0: 4 */
	unsigned workers_max;		/* at a time under load; 0: 64 */
	unsigned per_server;		/* of these for one server, once it has answered; 0: 12, or three quarters if that is less */
	span slow_after;		/* from when on a session is one that hangs; 0: 5 s */
	span keep;			/* how long a session is kept for the next mail of its kind; 0: 2 s */
	unsigned queue_max;		/* mails waiting for one server; 0: 10000 */
};

/* main() calls mail_helper_main(MAIL_HELPER_FD) when its only argument is the flag. */
#define MAIL_HELPER_FLAG "--internal-mail-helper"
#define MAIL_HELPER_FD 3
/* Makes workers until the parent closes its end; the exit status. */
int mail_helper_main(int fd);

struct mail_pool *mail_pool_new(const struct mail_pool_options *o);
/* Ends the children; calls under way are dropped without `done`. Sets *p to NULL; *p may be NULL already. */
void mail_pool_free(struct mail_pool **p);

/*
 * Sends one mail; `done` is called once, later and from the loop, as soon as the
 * server has taken the message or the session has failed. r is copied, but for
 * the text of its message, which is borrowed until then, or until the call is
 * canceled.
 * At `deadline` the worker is killed and the call fails with "context deadline
 * exceeded".
 */
struct mail_call *mail_pool_start(struct mail_pool *p, const struct mail_request *r, struct mono deadline,
    void (*done)(void *arg, const struct response *resp), void *arg) MUST_CHECK;
/* `done` will not be called; a session under way is cut. Sets *call to NULL; *call may be NULL already. */
void mail_pool_cancel(struct mail_call **call);

#endif
