/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.h (private) - names of peers to addresses, by a thread of its own.
 *
 * The resolver of the system may take as long as it likes: nobody waits for it, not even the end of the process.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "gossip/address.h"

struct event_base;
struct lookup;

/* Addresses of one lookup; more are left out. */
#define LOOKUP_ADDRESSES_MAX 1000

/*
 * Resolves n "host:port", which are copied; `done` is called once, from the loop, with all that was found. `missing`: the first
 * that was not, and why; or empty. NULL and e: a thread or descriptor was refused.
 */
struct lookup *lookup_new(struct event_base *base, const struct str *peers, size_t n,
    void (*done)(void *arg, const struct gossip_address *found, size_t n, struct str missing), void *arg,
    struct err *e) MUST_CHECK;
/* `done` is not called any more. Sets *l to NULL; it may be NULL already. Also to be called from `done`, or after it. */
void lookup_free(struct lookup **l);

#endif
