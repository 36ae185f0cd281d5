/* SPDX-License-Identifier: Apache-2.0 */
#include "turns.h"

#include "base/hash.h"
#include "base/mem.h"

struct turn_taker {
	struct hmap_node node;
	struct list_node place;		/* in the order */
	const void *who;
	struct list waiting;
};

static struct turn_taker *
taker_of(struct turns *s, const void *who)
{
	uint64_t hash = hash_seeded(&who, sizeof(who));
	struct turn_taker *k;

	for (struct hmap_node *n = hmap_first(&s->takers, hash); n != NULL; n = hmap_next(n)) {
		k = CONTAINER_OF(n, struct turn_taker, node);
		if (k->who == who)
			return k;
	}
	k = NEW(struct turn_taker);
	k->who = who;
	hmap_insert(&s->takers, &k->node, hash);
	list_append(&s->order, &k->place);
	return k;
}

static void
taker_free(struct turns *s, struct turn_taker *k)
{
	hmap_remove(&s->takers, &k->node);
	list_remove(&s->order, &k->place);
	mem_free(k);
}

void
turns_wait(struct turns *s, struct turn *t, const void *who)
{
	t->taker = taker_of(s, who);
	list_append(&t->taker->waiting, &t->place);
	s->waiting++;
}

void
turns_leave(struct turns *s, struct turn *t)
{
	struct turn_taker *k = t->taker;

	if (k == NULL)
		return;
	list_remove(&k->waiting, &t->place);
	t->taker = NULL;
	s->waiting--;
	if (k->waiting.first == NULL)
		taker_free(s, k);
}

struct turn *
turns_next(struct turns *s)
{
	struct turn_taker *k = LIST_ITEM(s->order.first, struct turn_taker, place);
	struct turn *t;

	if (k == NULL)
		return NULL;
	t = CONTAINER_OF(k->waiting.first, struct turn, place);
	/* Its next one waits until all others had their turn. */
	list_remove(&s->order, &k->place);
	list_append(&s->order, &k->place);
	turns_leave(s, t);
	return t;
}

void
turns_fini(struct turns *s)
{
	LIST_EACH(&s->order, node)
		taker_free(s, CONTAINER_OF(node, struct turn_taker, place));
	hmap_fini(&s->takers);
}
