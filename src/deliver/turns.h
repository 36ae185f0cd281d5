/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver/turns.h - whose attempt begins next: integrations take turns.
 *
 * The attempts of one integration begin in the order in which they came, and one of thousands waits no
 * longer for those of another than for one of each. A message is written when its attempt begins, and tens of
 * thousands may be due together: so only some of each integration are under way at a time.
 * Pure; loop thread only.
 */
#ifndef DELIVER_TURNS_H
#define DELIVER_TURNS_H

#include <stdbool.h>

#include "base/hmap.h"
#include "base/list.h"

/* Several times as many as have connections to one host (fetch/http_client.h). */
#define TURNS_UNDER_WAY_MAX 512

/* An attempt's place; embedded by the owner. Zeroed: it neither waits nor is under way. */
struct turn {
	struct turn_taker *taker;
	bool under_way;
	struct list_node place;		/* in its queue, while it waits */
};

/* Zeroed, nobody waits. */
struct turns {
	struct hmap takers;	/* those that have something waiting or under way */
	struct list order;	/* of those whose next one may begin */
};

/* Behind all others of `who`, of which only the address counts. */
void turns_wait(struct turns *s, struct turn *t, const void *who);
/* Waits no more, or is over; nothing if it is neither. */
void turns_leave(struct turns *s, struct turn *t);
/* The next one, which is under way until it leaves; NULL: none may begin. */
struct turn *turns_next(struct turns *s);
static inline bool
turns_any(const struct turns *s)
{
	return s->order.first != NULL;
}
void turns_fini(struct turns *s);	/* turns that wait are the owner's */

#endif
