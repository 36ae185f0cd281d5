/* SPDX-License-Identifier: Apache-2.0 */
#include "turns.h"

#include "base/hash.h"
#include "base/mem.h"

struct turn_taker {
	struct hmap_node node;
	struct list_node place;		/* in the order, while `in_order` */
	bool in_order;
	const void *who;
	struct list waiting;
	unsigned under_way;
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
	return k;
}

static void
leave_order(struct turns *s, struct turn_taker *k)
{
	if (k->in_order)
		list_remove(&s->order, &k->place);
	k->in_order = false;
}

static void
taker_free(struct turns *s, struct turn_taker *k)
{
	leave_order(s, k);
	hmap_remove(&s->takers, &k->node);
	mem_free(k);
}

/* It stands in the order if its next one may begin, and goes when it has none. */
static void
settle(struct turns *s, struct turn_taker *k)
{
	bool may = k->waiting.first != NULL && k->under_way < TURNS_UNDER_WAY_MAX;

	if (k->waiting.first == NULL && k->under_way == 0) {
		taker_free(s, k);
		return;
	}
	if (!may)
		leave_order(s, k);
	else if (!k->in_order)
		list_append(&s->order, &k->place);
	k->in_order = may;
}

void
turns_wait(struct turns *s, struct turn *t, const void *who)
{
	t->taker = taker_of(s, who);
	list_append(&t->taker->waiting, &t->place);
	settle(s, t->taker);
}

void
turns_leave(struct turns *s, struct turn *t)
{
	struct turn_taker *k = t->taker;

	if (k == NULL)
		return;
	if (t->under_way)
		k->under_way--;
	else
		list_remove(&k->waiting, &t->place);
	t->taker = NULL;
	t->under_way = false;
	settle(s, k);
}

struct turn *
turns_next(struct turns *s)
{
	struct turn_taker *k = LIST_ITEM(s->order.first, struct turn_taker, place);
	struct turn *t;

	if (k == NULL)
		return NULL;
	t = CONTAINER_OF(k->waiting.first, struct turn, place);
	list_remove(&k->waiting, &t->place);
	t->under_way = true;
	k->under_way++;
	/* Its next one waits until all others had their turn. */
	leave_order(s, k);
	settle(s, k);
	return t;
}

void
turns_fini(struct turns *s)
{
	HMAP_EACH(&s->takers, node)
		taker_free(s, CONTAINER_OF(node, struct turn_taker, node));
	hmap_fini(&s->takers);
}
