/* SPDX-License-Identifier: Apache-2.0 */
#include "reply_marks.h"

#include "base/hash.h"
#include "base/mem.h"
#include "core/replies.h"
#include "engine_state.h"

struct held_mark {
	struct reply_mark m;	/* strings are owned */
	struct hmap_node node;
	struct list_node place;
};

static uint64_t
hash_of(struct str gateway, struct str id)
{
	return hash_mix(hash_seeded(gateway.p, gateway.n), hash_seeded(id.p, id.n));
}

static struct held_mark *
find(const struct reply_marks *all, struct str gateway, struct str id)
{
	for (struct hmap_node *n = hmap_first(&all->by_id, hash_of(gateway, id)); n != NULL; n = hmap_next(n)) {
		struct held_mark *h = CONTAINER_OF(n, struct held_mark, node);

		if (str_eq(h->m.gateway, gateway) && str_eq(h->m.id, id))
			return h;
	}
	return NULL;
}

static void
save(struct engine *e, const struct reply_mark *m, enum change_kind kind)
{
	if (e->port->persist != NULL && !e->closing)
		e->port->persist(e->port, &(struct change){ .kind = kind, .reply = m });
}

static void
free_mark(struct reply_marks *all, struct held_mark *h)
{
	hmap_remove(&all->by_id, &h->node);
	list_remove(&all->all, &h->place);
	mem_free((char *)(uintptr_t)h->m.gateway.p);
	mem_free((char *)(uintptr_t)h->m.id.p);
	mem_free(h);
}

/* Behind those with lower numbers: it is the last one, but for a store that has them in another order. */
static struct held_mark *
hold(struct reply_marks *all, const struct reply_mark *m)
{
	struct held_mark *h = NEW(struct held_mark);
	struct list_node *at = all->all.last;

	h->m = (struct reply_mark){ m->number, { mem_strndup(m->gateway.p, m->gateway.n), m->gateway.n },
		{ mem_strndup(m->id.p, m->id.n), m->id.n } };
	hmap_insert(&all->by_id, &h->node, hash_of(m->gateway, m->id));
	while (at != NULL && CONTAINER_OF(at, struct held_mark, place)->m.number > m->number)
		at = at->prev;
	list_insert_behind(&all->all, at, &h->place);
	return h;
}

static bool
is_one(struct str id)
{
	return id.n > 0 && id.n <= REPLY_ID_MAX;
}

bool
view_reply_heard(const struct engine *e, struct str gateway, struct str id)
{
	return is_one(id) && find(&e->reply_marks, gateway, id) != NULL;
}

void
engine_hear_reply(struct engine *e, struct str gateway, struct str id, struct moment now)
{
	struct reply_marks *all = &e->reply_marks;
	struct held_mark *h;

	if (!is_one(id) || find(all, gateway, id) != NULL)
		return;
	engine_enter(e, now);
	if (all->by_id.n >= REPLIES_KEPT) {
		h = CONTAINER_OF(all->all.first, struct held_mark, place);
		save(e, &h->m, CHANGE_REPLY_DROPPED);
		free_mark(all, h);
	}
	h = hold(all, &(struct reply_mark){ ++all->last, gateway, id });
	save(e, &h->m, CHANGE_REPLY);
	engine_leave(e, now);
}

enum restored
engine_restore_reply(struct engine *e, struct change *c, struct moment now)
{
	struct reply_marks *all = &e->reply_marks;
	const struct reply_mark *m = c->reply;

	if (e->routing != NULL)
		return RESTORED_NOT;
	if (!is_one(m->id) || all->by_id.n >= REPLIES_KEPT || find(all, m->gateway, m->id) != NULL)
		return RESTORED_EXPIRED;
	engine_enter(e, now);
	(void)hold(all, m);
	if (m->number > all->last)
		all->last = m->number;
	engine_leave(e, now);
	return RESTORED;
}

void
reply_mark_save(struct engine *e, struct hmap_node *node)
{
	save(e, &CONTAINER_OF(node, struct held_mark, node)->m, CHANGE_REPLY);
}

void
reply_marks_fini(struct engine *e)
{
	struct reply_marks *all = &e->reply_marks;

	LIST_EACH(&all->all, node)
		free_mark(all, CONTAINER_OF(node, struct held_mark, place));
	hmap_fini(&all->by_id);
}
