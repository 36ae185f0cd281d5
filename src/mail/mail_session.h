/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_session.h - one job inside a mail worker; both transports fill the
 * dialog, from which the result is made.
 */
#ifndef MAIL_MAIL_SESSION_H
#define MAIL_MAIL_SESSION_H

#include "base/arena.h"
#include "base/compiler.h"
#include "mail_wire.h"
#include "smtp_dialog.h"

struct mail_session {
	int fd;			/* to the parent */
	struct arena *arena;	/* of the session */
	struct mail_job *job;
	char *payload;		/* it is made of slices of this */
	size_t payload_n;
	struct smtp_dialog d;	/* rewrite, stop, arg and arena set; not begun */
	bool heard;		/* the parent knows that the server answers */
	bool told;		/* … has the result */
	bool asked;		/* … was asked whether the message may be ended, and said yes */
	bool may_keep;		/* the transport can send another message */
	unsigned taken;		/* messages */
	bool reused;		/* the job came to a session that stood already */
};

/* Tells the parent, once for each job, that the server answers. */
void mail_session_connected(struct mail_session *s);
/*
 * All of the message has been handed on but its end, after which it is the server's: asks the parent, once, if the job is
 * gated. Does not return when it may not be ended.
 */
void mail_session_ends_message(struct mail_session *s);
/*
 * The server has taken the message: tells the parent, once, before the session
 * ends. The mail is the server's own now, whatever becomes of our QUIT.
 */
void mail_session_accepted(struct mail_session *s);
/*
 * Waits until the parent knows what is to become of a session that may be kept. True: s->job is another one, and the
 * dialog is ready for it; false: the session is to end. For as long as the parent likes.
 */
bool mail_session_next(struct mail_session *s) MUST_CHECK;
/*
 * Run the session; what happened is in s->d, the first error in s->d.err. True
 * when the transport itself found nothing wrong with the transfer.
 */
bool smtp_by_esmtp(struct mail_session *s) MUST_CHECK;
bool smtp_by_curl(struct mail_session *s) MUST_CHECK;

#endif
