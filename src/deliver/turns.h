/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver/turns.h - whose attempt begins next: integrations take turns.
 *
 * The attempts of one integration begin in the order in which they came, and one of thousands waits no
 * longer for those of another than for one of each. Pure; loop thread only.
 */
#ifndef DELIVER_TURNS_H
#define DELIVER_TURNS_H

#include <stdbool.h>

#include "base/hmap.h"
#include "base/list.h"

/* An attempt's place; embedded by the owner. Zeroed: it does not wait. */
struct turn {
	struct turn_taker *taker;
	struct list_node place;		/* in its queue, while it waits */
};

/* Zeroed, nobody waits. */
struct turns {
	struct hmap takers;	/* those that have something waiting */
	struct list order;	/* of them */
	size_t waiting;		/* turns */
};

/* Behind all others of `who`, of which only the address counts. */
void turns_wait(struct turns *s, struct turn *t, const void *who);
/* Waits no more; nothing if it does not. */
void turns_leave(struct turns *s, struct turn *t);
/* The next one, which waits no more; NULL: none waits. */
struct turn *turns_next(struct turns *s);
void turns_fini(struct turns *s);	/* turns that wait are the owner's */

#endif
