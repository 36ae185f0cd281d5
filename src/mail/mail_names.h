/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail/mail_names.h - names that are not ASCII, as mail servers know them.
 */
#ifndef MAIL_MAIL_NAMES_H
#define MAIL_MAIL_NAMES_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "notify/notifier.h"

/*
 * Domains of addresses and the server's name become A-labels (RFC 5891), in the arena or where they were. *utf8: what is
 * before the @ of some address is not ASCII, which is for servers with SMTPUTF8 alone (RFC 6531).
 */
bool mail_names_to_ascii(struct arena *a, struct mail_request *r, bool *utf8, struct err *e) MUST_CHECK;

#endif
