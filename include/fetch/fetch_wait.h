/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch/fetch_wait.h - an HTTP request that is waited for.
 *
 * The client of fetch/http_client.h on a loop of its own, for programs that have
 * nothing else to do meanwhile: one request at a time, with all that http_config
 * knows. Not for the server, whose loop it would hold. One thread.
 */
#ifndef FETCH_FETCH_WAIT_H
#define FETCH_FETCH_WAIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "http/fetch.h"

struct fetch_waiter;

struct fetch_waiter *fetch_waiter_new(struct err *e) MUST_CHECK;
/* Closes the connections, which are kept between requests. Sets *w to NULL; it may be NULL already. */
void fetch_waiter_free(struct fetch_waiter **w);
/*
 * Sends r, and returns when there is an answer, whatever its status; what *out
 * refers to is in `a`. False, with e set in Go's words, when there is none:
 * ERR_TIMEOUT when r->timeout or r->idle passed (without either it may take for
 * ever), ERR_CANCELED as soon as `stop_fd` can be read (-1: nothing stops it).
 */
bool fetch_wait(struct fetch_waiter *w, const struct fetch_request *r, int stop_fd, struct arena *a,
    struct fetch_response *out, struct err *e) MUST_CHECK;

#endif
