/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"

#include "base/mem.h"

/* Messages of one tier that are looked at for one that is short enough. */
#define LOOKED_AT 64

struct told {
	struct list_node place;
	uint64_t about;
	size_t tier;
	size_t n;
	char bytes[];
};

static void
drop(struct queue *q, struct told *t)
{
	q->n--;
	q->bytes -= t->n;
	mem_free(t);
}

static void
remove_from_tier(struct queue *q, struct told *t)
{
	list_remove(&q->tiers[t->tier], &t->place);
}

void
queue_fini(struct queue *q)
{
	LIST_EACH(&q->taken, node)
	drop(q, CONTAINER_OF(node, struct told, place));
	(void)queue_prune(q, 0, 0);
	mem_free(q->tiers);
	*q = (struct queue){ 0 };
}

static void
add_to_tier(struct queue *q, struct told *t)
{
	if (t->tier >= q->tiers_n) {
		q->tiers = mem_realloc(q->tiers, t->tier + 1, sizeof(q->tiers[0]));
		while (q->tiers_n <= t->tier)
			q->tiers[q->tiers_n++] = (struct list){ 0 };
	}
	list_prepend(&q->tiers[t->tier], &t->place);
}

static struct told *
find(const struct queue *q, uint64_t about)
{
	for (size_t i = 0; i < q->tiers_n; i++) {
		LIST_EACH(&q->tiers[i], node)
		{
			struct told *t = CONTAINER_OF(node, struct told, place);

			if (t->about == about)
				return t;
		}
	}
	return NULL;
}

bool
queue_has(const struct queue *q, uint64_t about)
{
	return find(q, about) != NULL;
}

void
queue_put(struct queue *q, uint64_t about, struct str head, struct str body)
{
	struct told *t = mem_alloc(sizeof(*t) + head.n + body.n), *before = about != 0 ? find(q, about) : NULL;

	if (before != NULL) {
		remove_from_tier(q, before);
		drop(q, before);
	}
	t->about = about;
	t->tier = 0;
	t->n = head.n + body.n;
	if (head.n > 0)
		memcpy(t->bytes, head.p, head.n);
	if (body.n > 0)
		memcpy(t->bytes + head.n, body.p, body.n);
	q->n++;
	q->bytes += t->n;
	add_to_tier(q, t);
}

/* The first of a tier that is no longer than n. */
static struct told *
fitting(const struct queue *q, size_t tier, size_t n)
{
	unsigned looked = 0;

	LIST_EACH(&q->tiers[tier], node)
	{
		struct told *t = CONTAINER_OF(node, struct told, place);

		if (t->n <= n)
			return t;
		if (++looked == LOOKED_AT)
			break;
	}
	return NULL;
}

size_t
queue_take(struct queue *q, size_t *room, size_t each, struct str *out, size_t max)
{
	size_t n = 0;

	for (size_t tier = 0; tier < q->tiers_n && n<max && * room> each;) {
		struct told *t = fitting(q, tier, *room - each);

		if (t == NULL) {
			tier++;
			continue;
		}
		remove_from_tier(q, t);
		list_append(&q->taken, &t->place);
		out[n++] = (struct str){ t->bytes, t->n };
		*room -= each + t->n;
	}
	return n;
}

void
queue_put_back(struct queue *q, size_t limit)
{
	LIST_EACH(&q->taken, node)
	{
		struct told *t = CONTAINER_OF(node, struct told, place);

		list_remove(&q->taken, &t->place);
		if (++t->tier >= limit)
			drop(q, t);
		else
			add_to_tier(q, t);
	}
}

size_t
queue_prune(struct queue *q, size_t n, size_t bytes)
{
	size_t dropped = 0;

	for (size_t tier = q->tiers_n; tier-- > 0;) {
		while (q->tiers[tier].last != NULL && (q->n > n || q->bytes > bytes)) {
			struct told *t = CONTAINER_OF(q->tiers[tier].last, struct told, place);

			remove_from_tier(q, t);
			drop(q, t);
			dropped++;
		}
	}
	return dropped;
}

size_t
queue_limit(size_t mult, size_t n)
{
	size_t scale = 0;

	/* The logarithm of n + 1 to the base of ten, rounded up. */
	for (size_t power = 1; power < n + 1; power *= 10)
		scale++;
	return mult * scale;
}
