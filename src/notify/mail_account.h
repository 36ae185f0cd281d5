/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_account.h - accounts at mail servers whose password was refused.
 *
 * Servers lock accounts whose password is said wrong again and again. So it is not said again for a minute, whatever
 * notifications there are, and for five where that was no better.
 * COMPAT: Alertmanager tries at every attempt.
 */
#ifndef NOTIFY_MAIL_ACCOUNT_H
#define NOTIFY_MAIL_ACCOUNT_H

#include "notify/notifier.h"

/* The server, the user and the password, as one word that tells nothing; empty: there is no user. In the arena. */
struct str mail_account_key(struct attempt *a, const struct mail_request *m);
/* False: not now; a->retry_after says when. */
bool mail_account_may_be_tried(struct attempt *a, const struct mail_request *m, struct err *e) MUST_CHECK;
/* The server did not take the password. Sets a->failure and a->retry_after. */
void mail_account_refused(struct attempt *a, struct str key);

#endif
