/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipients.h - how far a notification with several recipients got.
 *
 * Kept in the notification, so that a later attempt serves only those who have
 * not been served. Somebody served and the rest given up is a success, else
 * the next flush would tell those again who know already; who was given up is
 * told to env->recipient_failed.
 */
#ifndef RECIPIENTS_H
#define RECIPIENTS_H

#include "judge.h"

/* Recipients may come out of labels: an alert that a stranger posts must not cost more than a thousand messages. */
#define RECIPIENTS_MAX 1000

/*
 * Adds a recipient unless it is there, pending unless served by an earlier
 * flush (n->served); copies. False when there are too many.
 */
bool recipients_add(struct notification *n, struct str to, struct err *e) MUST_CHECK;
/* The next one that is pending, from index `from` on; NULL: none. */
struct recipient *recipients_pending(struct notification *n, size_t from);
/* The gateway that is asked for it now; counted. Copies. */
void recipients_tried(struct notification *n, struct recipient *r, struct str gateway);
/* Its request is over; `unanswered`: it may have been taken. */
void recipients_answered(struct recipient *r, bool unanswered);
/* The last word about it, which does not end it. Copies up to RECIPIENT_ERROR_MAX. */
void recipients_note(struct notification *n, struct recipient *r, struct str why);
/* Served; provider_id may be empty and is copied. */
void recipients_done(struct notification *n, struct recipient *r, struct str provider_id);
/* By a budget (struct response suppressed): a digest follows. */
void recipients_suppressed(struct recipient *r);
/* Given up, though it may have been served. */
void recipients_unknown(struct attempt *a, struct recipient *r, struct str why);
/* Given up. */
void recipients_failed(struct attempt *a, struct recipient *r, struct str why);
/*
 * The verdict when all have been tried: RETRY while some are pending, FAIL when
 * nobody was served or is to have a digest, else DONE. `why` is the last error, for e.
 */
enum step recipients_verdict(struct attempt *a, struct str why, struct err *e);

#endif
