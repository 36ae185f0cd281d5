/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver/spool.h - files for programs that send what lies in a directory, written by a thread of their own: disks may be slow.
 */
#ifndef DELIVER_SPOOL_H
#define DELIVER_SPOOL_H

#include "notify/notifier.h"

struct event_base;
struct spool_call;
struct workers;

typedef void spool_done(void *arg, const struct response *r);

/*
 * Writes r, which is copied; `done` hears of it from a later turn: the file's name as the body, or a transport error. *workers is
 * made when it is NULL. NULL and e: not now.
 */
struct spool_call *spool_start(struct event_base *base, struct workers **workers, const struct spool_request *r, spool_done *done,
    void *arg, struct err *e) MUST_CHECK;
/* `done` is not called any more; the file may be there. Sets *c to NULL; it may be NULL already. */
void spool_cancel(struct spool_call **c);

/* The work itself, in any thread. */
bool spool_write(const struct spool_request *r, struct err *e) MUST_CHECK;

#endif
