/* SPDX-License-Identifier: Apache-2.0 */
#include "packing.h"

#include <assert.h>

#include "base/list.h"
#include "base/mem.h"
#include "gossip/stream.h"
#include "loop/turn.h"

#define JOBS_MAX 512

struct packer {
	struct event_base *base;
	void (*done)(void *owner, struct packing *p);
	void *owner;
	struct workers *workers; /* NULL until a message is large */
	struct list kept;
};

struct kept {
	struct job job; /* to be freed by */
	struct packer *packer; /* NULL: gone */
	struct list_node place;
	unsigned users;
	struct sbuf bytes;
};

/* The thread does this. */

static void
put_together(struct packing *p, struct sbuf *whole)
{
	size_t size = 0;

	for (size_t i = 0; i < p->pieces.n; i++)
		size += p->pieces.v[i].n;
	if (!sbuf_reserve(whole, size))
		return;
	for (size_t i = 0; i < p->pieces.n; i++)
		sbuf_str(whole, p->pieces.v[i]);
}

static void
run(struct job *j)
{
	struct packing *p = CONTAINER_OF(j, struct packing, job);
	struct sbuf whole = SBUF_INIT(SBUF_UNLIMITED);

	p->ok = true;
	if (p->pack) {
		put_together(p, &whole);
		gossip_stream_put(&p->out, p->label, sbuf_get(&whole));
		sbuf_fini(&whole);
	} else {
		p->ok = gossip_stream_get(&p->out, inflow_get(&p->came), p->label, &p->e);
	}
	/* Freeing much takes long, too. */
	inflow_fini(&p->came);
	sbuf_fini(&p->in);
}

struct discarded {
	struct job job;
	struct inflow came;
	struct sbuf bytes;
};

static void
discard(struct job *j)
{
	struct discarded *d = CONTAINER_OF(j, struct discarded, job);

	inflow_fini(&d->came);
	sbuf_fini(&d->bytes);
}

static void
kept_run(struct job *j)
{
	sbuf_fini(&CONTAINER_OF(j, struct kept, job)->bytes);
}

/* The loop does this. */

static void
packing_free(struct packing *p)
{
	for (size_t i = 0; i < p->lent_n; i++)
		kept_drop(p->lent[i]);
	mem_free((void *)(uintptr_t)p->label.p);
	inflow_fini(&p->came);
	sbuf_fini(&p->in);
	sbuf_fini(&p->out);
	mem_free(p);
}

static void
done(struct job *j)
{
	TURN("cluster large messages");
	struct packing *p = CONTAINER_OF(j, struct packing, job);

	p->packer->done(p->packer->owner, p);
	packing_free(p);
}

struct packer *
packer_new(struct event_base *base, void (*on_done)(void *owner, struct packing *p), void *owner)
{
	struct packer *p = NEW(struct packer);

	p->base = base;
	p->done = on_done;
	p->owner = owner;
	return p;
}

void
packer_free(struct packer **packer)
{
	struct packer *p = *packer;

	if (p == NULL)
		return;
	workers_stop(&p->workers);
	LIST_EACH(&p->kept, node)
	CONTAINER_OF(node, struct kept, place)->packer = NULL;
	mem_free(p);
	*packer = NULL;
}

static struct packing *
packing_new(struct packer *packer, void *arg, struct str label)
{
	struct packing *p = NEW(struct packing);

	p->job = (struct job){ .run = run, .done = done };
	p->packer = packer;
	p->arg = arg;
	p->label = (struct str){ mem_strndup(label.n > 0 ? label.p : "", label.n), label.n };
	return p;
}

static bool
begin(struct packer *p, struct err *e)
{
	if (p->workers == NULL)
		p->workers = workers_new(p->base, 1, JOBS_MAX, "cluster", e);
	return p->workers != NULL;
}

static bool
submit(struct packing *p, struct err *e)
{
	if (!begin(p->packer, e))
		return false;
	return workers_submit(p->packer->workers, &p->job) || err_set(e, ERR_LIMIT, "too many large messages at once");
}

static bool
is_lent(struct str piece, struct kept *const *lent, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str all = kept_bytes(lent[i]);

		if (all.n > 0 && piece.p >= all.p && piece.p < all.p + all.n)
			return true;
	}
	return false;
}

/* Copies what is not lent, and points there. */
static void
take_pieces(struct packing *p, const struct gossip_pieces *message, struct kept *const *lent, size_t n)
{
	size_t at = 0;

	p->in.max = SBUF_UNLIMITED;
	for (size_t i = 0; i < message->n; i++)
		if (!is_lent(message->v[i], lent, n))
			sbuf_str(&p->in, message->v[i]);
	p->pieces.n = message->n;
	for (size_t i = 0; i < message->n; i++) {
		p->pieces.v[i] = message->v[i];
		if (is_lent(message->v[i], lent, n))
			continue;
		p->pieces.v[i] = str_sub(sbuf_get(&p->in), at, at + message->v[i].n);
		at += message->v[i].n;
	}
	for (size_t i = 0; i < n; i++) {
		p->lent[p->lent_n++] = lent[i];
		kept_use(lent[i]);
	}
}

struct packing *
packer_pack(struct packer *packer, void *arg, struct str label, const struct gossip_pieces *message, struct kept *const *lent,
    size_t lent_n, struct err *e)
{
	struct packing *p = packing_new(packer, arg, label);

	assert(lent_n <= ARRAY_LEN(p->lent));
	p->pack = true;
	p->out.max = SBUF_UNLIMITED;
	take_pieces(p, message, lent, lent_n);
	if (submit(p, e))
		return p;
	packing_free(p);
	return NULL;
}

struct packing *
packer_unpack(struct packer *packer, void *arg, struct str label, struct inflow *came, struct err *e)
{
	struct packing *p = packing_new(packer, arg, label);

	p->out.max = GOSSIP_STREAM_MAX;
	p->came = *came;
	p->held = came->n;
	if (submit(p, e)) {
		*came = (struct inflow){ 0 };
		return p;
	}
	p->came = (struct inflow){ 0 };
	packing_free(p);
	return NULL;
}

static void
discarded(struct job *j)
{
	struct discarded *d = CONTAINER_OF(j, struct discarded, job);

	discard(j);
	mem_free(d);
}

void
packer_discard(struct packer *p, struct inflow *came, struct sbuf *bytes)
{
	struct discarded *d;
	struct err e;

	if (came->n + bytes->n <= INFLOW_SMALL || !begin(p, &e)) {
		inflow_fini(came);
		sbuf_fini(bytes);
		return;
	}
	d = NEW(struct discarded);
	d->job = (struct job){ .run = discard, .done = discarded };
	d->came = *came;
	d->bytes = *bytes;
	*came = (struct inflow){ 0 };
	*bytes = (struct sbuf)SBUF_INIT(0);
	if (!workers_submit(p->workers, &d->job))
		discarded(&d->job);
}

struct kept *
packer_keep(struct packer *p, struct sbuf *bytes)
{
	struct kept *k = NEW(struct kept);

	k->packer = p;
	k->users = 1;
	list_append(&p->kept, &k->place);
	/* The bytes stay where they are. */
	k->bytes = *bytes;
	*bytes = (struct sbuf)SBUF_INIT(bytes->max);
	return k;
}

void
kept_use(struct kept *k)
{
	k->users++;
}

struct str
kept_bytes(const struct kept *k)
{
	return sbuf_get(&k->bytes);
}

static void
kept_free(struct kept *k)
{
	sbuf_fini(&k->bytes);
	mem_free(k);
}

static void
kept_done(struct job *j)
{
	kept_free(CONTAINER_OF(j, struct kept, job));
}

void
kept_drop(struct kept *k)
{
	struct packer *p = k->packer;

	if (--k->users > 0)
		return;
	if (p != NULL)
		list_remove(&p->kept, &k->place);
	k->job = (struct job){ .run = kept_run, .done = kept_done };
	if (p == NULL || p->workers == NULL || !workers_submit(p->workers, &k->job))
		kept_free(k);
}
