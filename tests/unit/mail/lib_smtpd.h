/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_smtpd.h - a mail server for tests, on the loop of the test. It says what
 * it is told to say and writes down what it hears.
 */
#ifndef LIB_SMTPD_H
#define LIB_SMTPD_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/sbuf.h"

struct event_base;
struct evconnlistener;

struct smtpd_rule {
	const char *prefix;	/* of a command; "" is the greeting, "." the end of the message */
	const char *reply;	/* whole lines with CRLF; NULL: close the connection; "": say nothing */
};

struct smtpd {
	struct event_base *base;
	struct evconnlistener *listener;
	unsigned port;
	const struct smtpd_rule *rules;	/* ends with a NULL prefix; the first that fits; then the usual answers */
	const char *ehlo;		/* lines of the answer after the first, "250-AUTH PLAIN\r\n250 X\r\n" */
	const char *ehlo_tls;		/* … after STARTTLS */
	SSL_CTX *tls;			/* for STARTTLS or, with tls_first, at once */
	bool tls_first;
	bool drips;			/* answers leave one byte at a time */
	int limit;			/* of messages in a session, whose next MAIL is the end of it; 0: none */
	struct sbuf heard;		/* commands, with \n */
	struct sbuf message;
	int sessions, open;
	int ended;			/* messages whose end has come */
	bool encrypted;
	char sni[100];			/* of the last handshake */
	void *sessions_list;
};

void smtpd_begin(struct smtpd *s, struct event_base *base);
void smtpd_end(struct smtpd *s);

#endif
