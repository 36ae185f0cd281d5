/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spools.h (private) - looks whether messages in spools (notify/gateways: smstools, gammu) could not be sent, and reports them.
 *
 * Their daemons move what failed into a directory: a thread looks there now and then for messages that were accepted within a
 * day. Loop thread only.
 */
#ifndef APP_SPOOLS_H
#define APP_SPOOLS_H

struct server;
struct spools;

/* s has an engine and a drive. */
struct spools *spools_new(struct server *s);
/* Before the engine goes. Sets *x to NULL, which it may be already. */
void spools_free(struct spools **x);

#endif
