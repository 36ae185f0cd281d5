/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/smtp_dialog.h - follows an SMTP session from the side of the line.
 *
 * The libraries that speak SMTP tell too little of what happened and carry on
 * where one must not (RFC 3207: unauthenticated, unencrypted, with answers
 * injected before TLS). This reads along with both directions, keeps the
 * replies that matter, and says stop. Pure: no sockets, no library.
 */
#ifndef MAIL_SMTP_DIALOG_H
#define MAIL_SMTP_DIALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "notify/notifier.h"

enum smtp_step {
	SMTP_CONNECT,
	SMTP_GREETING,
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_END,	/* of the message */
	SMTP_OTHER,
};

enum smtp_mechanism { MECH_NONE, MECH_CRAM_MD5, MECH_PLAIN, MECH_LOGIN };

#define SMTP_PENDING_MAX 64

struct smtp_dialog {
	const struct mail_request *r;
	/*
	 * Make of EHLO's answer what libESMTP should see: no extension that it
	 * handles badly, no mechanism but the one to use, and of refusals one after
	 * which it tries HELO. Extensions that are not wanted are spelt
	 * differently, within the buffer.
	 */
	bool rewrite;
	/* The session must not go on: report d->err and end the process. Does not return. */
	void (*stop)(struct smtp_dialog *d);
	void *arg;

	/* Facts. */
	bool tls;			/* encrypted from here on */
	bool connected;
	bool offers_starttls, offers_auth, offers_8bitmime, offers_smtputf8;
	bool needs_smtputf8;		/* an address is not ASCII; set before the session */
	enum smtp_mechanism mechanism;	/* to use */
	bool authenticated;
	bool auth_refused;		/* for good: 5xx */
	int *rcpt_codes;		/* one per r->to, in the arena */
	size_t rcpt_n;			/* answered so far */
	size_t accepted;
	bool begun;			/* the server has asked for the message, and may have taken it */
	int final_code;
	struct err err;			/* the first thing that went wrong; kind ERR_NONE: nothing */

	/* Its own. */
	struct arena *arena;
	enum smtp_step pending[SMTP_PENDING_MAX];	/* commands not yet answered */
	size_t pending_n;
	bool continuing;		/* a 334 awaits its answer */
	struct sbuf line;		/* of the server, so far */
	struct sbuf reply;		/* lines before, without codes */
	size_t reply_lines;
	char *word;			/* where the current word begins, if in this chunk */
	size_t word_at;			/* … and in the line */
	size_t words;			/* of this line, before the current one */
	bool auth_line;
	struct sbuf mech_errors;
};

/* d->r, rewrite, stop, arg and arena are set; the rest is zeroed. */
void smtp_dialog_begin(struct smtp_dialog *d);
void smtp_dialog_end(struct smtp_dialog *d);
/* Another message in the same session, after one was taken: d->r has become its. */
void smtp_dialog_next(struct smtp_dialog *d);
/* Bytes that we send, commands only (not the message). */
void smtp_dialog_sent(struct smtp_dialog *d, const char *p, size_t n);
/* Bytes that the server sends. */
void smtp_dialog_got(struct smtp_dialog *d, char *p, size_t n);
/* The reply that the session waits for; SMTP_OTHER: none. */
enum smtp_step smtp_dialog_waiting(const struct smtp_dialog *d);
/* "send MAIL command", as Alertmanager notify/email puts it in front of errors. */
const char *smtp_step_name(const struct smtp_dialog *d, enum smtp_step s);

#endif
