/* SPDX-License-Identifier: Apache-2.0 */
#include "sched.h"

#include <assert.h>

#include "base/mem.h"

static bool
before(const struct deadline *a, const struct deadline *b)
{
	if (a->at.ns != b->at.ns)
		return a->at.ns < b->at.ns;
	return a->order < b->order;
}

static void
put(struct sched *s, size_t i, struct deadline *d)
{
	s->heap[i] = d;
	d->place = (uint32_t)(i + 1);
}

static void
sift_up(struct sched *s, size_t i)
{
	struct deadline *d = s->heap[i];

	while (i > 0) {
		size_t parent = (i - 1) / 2;

		if (!before(d, s->heap[parent]))
			break;
		put(s, i, s->heap[parent]);
		i = parent;
	}
	put(s, i, d);
}

static void
sift_down(struct sched *s, size_t i)
{
	struct deadline *d = s->heap[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= s->n)
			break;
		if (child + 1 < s->n && before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s->heap[child], d))
			break;
		put(s, i, s->heap[child]);
		i = child;
	}
	put(s, i, d);
}

void
sched_fini(struct sched *s)
{
	mem_free(s->heap);
	*s = (struct sched){ 0 };
}

void
sched_arm(struct sched *s, struct deadline *d, struct mono at)
{
	sched_disarm(s, d);
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 64 : 2 * s->cap;
		assert(s->cap < UINT32_MAX);
		s->heap = mem_realloc(s->heap, s->cap, sizeof(s->heap[0]));
	}
	d->at = at;
	d->order = s->armed++;
	put(s, s->n, d);
	s->n++;
	sift_up(s, s->n - 1);
}

void
sched_disarm(struct sched *s, struct deadline *d)
{
	size_t i;

	if (d->place == 0)
		return;
	i = d->place - 1;
	assert(i < s->n && s->heap[i] == d);
	d->place = 0;
	s->n--;
	if (i == s->n)
		return;
	put(s, i, s->heap[s->n]);
	if (i > 0 && before(s->heap[i], s->heap[(i - 1) / 2]))
		sift_up(s, i);
	else
		sift_down(s, i);
}

struct deadline *
sched_pop_due(struct sched *s, struct mono now)
{
	struct deadline *d;

	if (s->n == 0 || s->heap[0]->at.ns > now.ns)
		return NULL;
	d = s->heap[0];
	sched_disarm(s, d);
	return d;
}

bool
sched_next(const struct sched *s, struct mono *at_out)
{
	if (s->n == 0)
		return false;
	*at_out = s->heap[0]->at;
	return true;
}
