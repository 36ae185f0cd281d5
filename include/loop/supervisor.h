/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/supervisor.h - tells systemd how the service is, and that its loop turns.
 *
 * By sd_notify's protocol, datagrams to $NOTIFY_SOCKET; without it nothing is told. With $WATCHDOG_USEC the loop says twice in that time
 * that it turns: systemd ends a service that does not. Loop thread only.
 */
#ifndef LOOP_SUPERVISOR_H
#define LOOP_SUPERVISOR_H

#include "base/compiler.h"
#include "base/time.h"

struct event_base;
struct supervisor;

/* Reads the environment. Borrows base. */
struct supervisor *supervisor_new(struct event_base *base) MUST_CHECK;
/* Sets *s to NULL, which it may be already; so may s be below. */
void supervisor_free(struct supervisor **s);
/* It serves, or serves again with a configuration that was loaded; from now on the watchdog is told. */
void supervisor_ready(struct supervisor *s);
void supervisor_reloading(struct supervisor *s, struct mono now);
void supervisor_stopping(struct supervisor *s);

#endif
