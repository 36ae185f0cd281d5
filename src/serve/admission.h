/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/admission.h - who may ask: rate limit and users of a web configuration. Loop thread only.
 */
#ifndef SERVE_ADMISSION_H
#define SERVE_ADMISSION_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "config/web_conf.h"
#include "http/msg.h"

struct event_base;
struct admission;

/* base and clock are borrowed. Nobody may ask before there are rules. NULL and e: no thread can be had. */
struct admission *admission_new(struct event_base *base, struct clock *clock, struct err *e) MUST_CHECK;
/* Nobody may be waiting. Sets *a to NULL; *a may be NULL already. */
void admission_free(struct admission **a);
/* The rules from now on; borrowed until the next call is over. Requests that wait are judged as before. */
void admission_rules(struct admission *a, const struct web_conf *rules);

/* `user` is who asks, by the name of a password that was right; empty: there are no users. Borrowed for the call. */
typedef void admission_done(void *arg, bool granted, struct str user);
/*
 * Judges a request by rate limit (`metered`, or when its credentials are not known to be right) and credentials; `done` is called at once or, when a password has to be
 * verified, later and from the loop: then *pending is set until the call. When not granted, `denial` was
 * filled in. `fd` is the client's socket, or -1.
 */
void admission_ask(struct admission *a, const struct http_request *r, bool metered, int fd, struct http_response *denial,
    admission_done *done, void *arg, void **pending);
/* `done` will not be called. Sets *pending to NULL, which it may be already. */
void admission_abandon(void **pending);

#endif
