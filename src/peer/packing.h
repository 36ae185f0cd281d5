/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packing.h (private) - large messages of streams, packed, unpacked and freed by a thread.
 *
 * The thread begins with the first of them. Loop thread only.
 */
#ifndef PACKING_H
#define PACKING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "gossip/port.h"
#include "inflow.h"
#include "loop/workers.h"
#include "peer/kept.h"

struct event_base;
struct packer;

/* A message on its way through the thread. */
struct packing {
	struct job job;
	struct packer *packer;
	void *arg; /* who waits for it; NULL: nobody any more */
	size_t held; /* bytes of what came in */
	bool pack;
	struct str label; /* owned */
	struct gossip_pieces pieces; /* to be packed: the first and each other one of them in `in`, the rest in what is lent */
	struct kept *lent[GOSSIP_PARTS_MAX];
	size_t lent_n;
	struct inflow came; /* to be unpacked */
	struct sbuf in, out;
	bool ok;
	struct err e;
};

/* `done` is called from the loop for each packing that was begun, whoever waits for it or does not; it may take `out`. */
struct packer *packer_new(struct event_base *base, void (*done)(void *owner, struct packing *p), void *owner) MUST_CHECK;
/* Calls `done` for all that is under way. Sets *p to NULL; it may be NULL already. */
void packer_free(struct packer **p);

/* Copies the pieces, but for those that are in what is lent. NULL and e: there is no thread, or too much to do. */
struct packing *packer_pack(struct packer *p, void *arg, struct str label, const struct gossip_pieces *message,
    struct kept *const *lent, size_t lent_n, struct err *e) MUST_CHECK;
/* Takes what came. NULL and e: as above, and it is as it was. */
struct packing *packer_unpack(struct packer *p, void *arg, struct str label, struct inflow *came, struct err *e) MUST_CHECK;
/* Frees what is not wanted any more, in the thread if that takes long. */
void packer_discard(struct packer *p, struct inflow *came, struct sbuf *bytes);

/* Takes the bytes, for one user; see peer/kept.h for their end. */
struct kept *packer_keep(struct packer *p, struct sbuf *bytes) MUST_CHECK;
void kept_use(struct kept *k);
struct str kept_bytes(const struct kept *k);

#endif
