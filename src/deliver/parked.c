/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "outbox_private.h"

struct parked {
	struct job job;		/* that frees it */
	struct kept kept;
	bool away;
};

struct kept *
parked_room(struct sending *d)
{
	/* A rehearsal is one attempt; a digest is short. */
	return d->rehearsing == NULL && d->n->digest == NULL ? &d->kept : NULL;
}

static struct parked *
take(struct outbox *o, struct notification *n)
{
	struct parked *p = n->kept;

	n->kept = NULL;
	o->parked -= p->kept.bytes;
	return p;
}

bool
parked_take(struct sending *d)
{
	struct parked *p;
	bool away;

	if (d->n->kept == NULL)
		return false;
	p = take(d->outbox, d->n);
	d->kept = p->kept;
	away = p->away;
	mem_free(p);
	return away;
}

void
parked_put(struct sending *d)
{
	struct outbox *o = d->outbox;
	struct parked *p;

	if (d->kept.first == NULL || d->kept.bytes > OUTBOX_PARKED_MAX - o->parked)
		return;
	p = NEW(struct parked);
	p->kept = d->kept;
	p->away = d->away != NULL;
	d->kept = (struct kept){ 0 };
	d->n->kept = p;
	o->parked += p->kept.bytes;
}

static void
free_kept(struct job *j)
{
	kept_fini(&CONTAINER_OF(j, struct parked, job)->kept);
}

static void
freed(struct job *j)
{
	mem_free(CONTAINER_OF(j, struct parked, job));
}

void
outbox_forget(struct outbox *o, struct notification *n)
{
	struct parked *p = take(o, n);

	p->job = (struct job){ .run = free_kept, .done = freed };
	if (away_frees(o, p->kept.bytes, &p->job))
		return;
	free_kept(&p->job);
	freed(&p->job);
}
