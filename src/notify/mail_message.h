/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_message.h - the text of a mail (RFC 5322, RFC 2046) from what was rendered.
 */
#ifndef NOTIFY_MAIL_MESSAGE_H
#define NOTIFY_MAIL_MESSAGE_H

#include "base/arena.h"
#include "base/rand.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"

/*
 * One header field. Text that is not ASCII becomes encoded words; in fields
 * that hold addresses only the names do. No value can begin another field. A
 * name that cannot be one is left out with its value (COMPAT: Alertmanager
 * writes such a line, which ends the header for many readers).
 */
void mail_put_header(struct sbuf *b, struct str name, struct str value);
/* Thu, 01 Jan 1970 00:00:00 +0000, in the local zone. */
void mail_put_date(struct sbuf *b, struct wall now);
/*
 * The fields by which readers know what a program sent, and sort it: nobody answers that they are away, and what one receiver
 * gets is one list. Its name is the same from all members of a cluster: the receiver's, under the domain of the sender `from`.
 * Source: RFC 3834, RFC 2919, [MS-OXCMAIL].
 */
void mail_put_automatic(struct sbuf *b);
void mail_put_list_id(struct sbuf *b, struct str receiver, struct str from);
/* Ends the header: what follows are alternatives between boundaries. */
#define MAIL_BOUNDARY 61
void mail_begin_body(struct sbuf *b, struct rand *rand, char boundary[MAIL_BOUNDARY]);
/* text and html as alternatives, to the end of the message; one that is NULL is left out. */
void mail_put_parts(struct sbuf *b, const char *boundary, struct str text, struct str html);

#endif
