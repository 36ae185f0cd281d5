/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: as many at a time as are useful, the rest in the order of their coming. One that has no answer by its
 * endpoint is asked for at the next one; what it finds there may be its own work.
 */
#include <assert.h>

#include "state.h"

/* Transactions that end in one tick. */
#define EXPIRED_AT_ONCE 64

static uint64_t
hash_of(uint64_t id)
{
	return hash_mix(0, id);
}

static struct op *
find(const struct etcd *e, uint64_t id)
{
	for (struct hmap_node *n = hmap_first(&e->ops_by_id, hash_of(id)); n != NULL; n = hmap_next(n)) {
		struct op *o = CONTAINER_OF(n, struct op, node);

		if (o->id == id)
			return o;
	}
	return NULL;
}

static struct list *
list_of(struct etcd *e, const struct op *o)
{
	return o->call != 0 ? &e->ops_asked : &e->ops_waiting[o->fenced];
}

static void
op_free(struct etcd *e, struct op *o)
{
	list_remove(list_of(e, o), &o->place);
	hmap_remove(&e->ops_by_id, &o->node);
	min_heap_remove(&e->ops_end, &o->end);
	mem_free(o);
}

bool
etcd_submit(struct etcd *e, const struct etcd_op *op, struct mono now)
{
	struct op *o;
	size_t key_n = e->from.n + op->key.n;

	assert(op->id != 0);
	if (ops_n(e) >= ETCD_OPS_MAX || e->left || !etcd_is_up(e, now))
		return false;
	o = mem_alloc(sizeof(*o) + key_n + op->value.n);
	*o = (struct op){ .id = op->id, .drop = op->drop, .fenced = op->fenced, .revision = op->revision, .until = op->until,
		.number = ++e->last_op };
	memcpy(o->bytes, e->from.p, e->from.n);
	memcpy(o->bytes + e->from.n, op->key.p, op->key.n);
	if (op->value.n > 0)
		memcpy(o->bytes + key_n, op->value.p, op->value.n);
	o->key = (struct str){ o->bytes, key_n };
	o->value = (struct str){ o->bytes + key_n, op->value.n };
	list_append(list_of(e, o), &o->place);
	hmap_insert(&e->ops_by_id, &o->node, hash_of(o->id));
	min_heap_set(&e->ops_end, &o->end, o->until.ns);
	if (e->in_flight < IN_FLIGHT_MAX)
		ops_step(e, now);
	return true;
}

size_t
ops_n(const struct etcd *e)
{
	return e->ops_by_id.n;
}

struct mono
ops_next(const struct etcd *e)
{
	return e->ops_end.n > 0 ? (struct mono){ e->ops_end.v[0]->key } : NEVER;
}

void
etcd_forget(struct etcd *e, uint64_t id)
{
	struct op *o = find(e, id);

	if (o != NULL)
		op_free(e, o);
}

static void
ask(struct etcd *e, struct op *o, struct mono now)
{
	struct call *c = call_begin(e, ETCD_CALL_TXN, "/v3/kv/txn", now);
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	struct say_fence fence = { .lease = o->fenced ? e->lease : 0 };

	if (o->fenced)
		fence.key = member_key(e, &key);
	if (o->drop)
		say_drop(&c->body, o->key, o->revision, &fence);
	else
		say_put(&c->body, o->key, o->value, o->revision, &fence);
	list_remove(list_of(e, o), &o->place);
	o->call = c->id;
	list_append(list_of(e, o), &o->place);
	c->op = o->id;
	e->in_flight++;
	call_ask(c, patience(e), now);
	sbuf_fini(&key);
}

/* The first of those that wait, but for those whose time is over: the next tick ends them. */
static struct op *
first(const struct list *waiting, struct mono now)
{
	LIST_EACH(waiting, node) {
		struct op *o = CONTAINER_OF(node, struct op, place);

		if (o->until.ns > now.ns)
			return o;
	}
	return NULL;
}

void
ops_step(struct etcd *e, struct mono now)
{
	if (now.ns < e->retry_at.ns || lacks_token(e))
		return;
	while (e->in_flight < IN_FLIGHT_MAX) {
		/* Without a lease those that are fenced wait for the next one. */
		bool leased = has_lease(e, now) && e->joined;
		struct op *fenced = leased ? first(&e->ops_waiting[true], now) : NULL;
		struct op *o = first(&e->ops_waiting[false], now);

		if (fenced != NULL && (o == NULL || fenced->number < o->number))
			o = fenced;
		if (o == NULL)
			return;
		ask(e, o, now);
	}
}

void
ops_again(struct etcd *e, uint64_t call)
{
	/* Backwards, as each goes before those that wait. */
	for (struct list_node *node = e->ops_asked.last, *before; node != NULL; node = before) {
		struct op *o = CONTAINER_OF(node, struct op, place);

		before = node->prev;
		if (call != 0 && o->call != call)
			continue;
		list_remove(&e->ops_asked, node);
		o->call = 0;
		list_prepend(list_of(e, o), node);
	}
}

static void
finish(struct etcd *e, struct op *o, const struct etcd_outcome *outcome, struct mono now)
{
	uint64_t id = o->id;

	op_free(e, o);
	e->port->done(e->port->arg, id, outcome, now);
}

/* The one who hears of it may forget another, or bring a new one, whose time has not come. The next tick goes on with what is left. */
void
ops_expire(struct etcd *e, struct mono now)
{
	struct etcd_outcome unheard = { .fate = ETCD_UNHEARD, .why = STR("etcd did not answer in time") };

	for (unsigned n = 0; n < EXPIRED_AT_ONCE && ops_next(e).ns <= now.ns; n++)
		finish(e, CONTAINER_OF(e->ops_end.v[0], struct op, end), &unheard, now);
}

void
op_heard(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;
	struct op *o = find(e, c->op);
	struct etcd_outcome outcome = { .fate = h->succeeded ? ETCD_DONE : ETCD_MOVED, .revision = h->revision };
	struct err why = { 0 };
	struct etcd_kv kv;
	bool there = false;

	endpoint_answered(e, ETCD_CALL_TXN, now);
	if (h->succeeded)
		watch_expects(e, h->revision, now);
	if (o == NULL)
		return;
	if (!h->succeeded && !hear_element(HEARD_RESPONSE, sbuf_get(&c->element), c->cut, &e->buffer, &kv, &there, &why)) {
		outcome = (struct etcd_outcome){ .fate = ETCD_REFUSED, .why = str_from(why.text) };
	} else if (there) {
		kv.key = str_sub(kv.key, e->from.n, kv.key.n);
		outcome.now = &kv;
	}
	finish(e, o, &outcome, now);
}

void
op_refused(struct call *c, const struct heard *h, struct mono now)
{
	struct etcd *e = c->e;
	struct op *o = find(e, c->op);
	struct etcd_outcome outcome = { .fate = ETCD_REFUSED, .why = str_from(h->error.text) };

	if (!e->told_refusal)
		LOG(e->o.log, LOG_ERROR, "etcd refuses", F_CSTR("request", "txn"), F_ERR(&h->error));
	e->told_refusal = true;
	e->refused_at = now;
	if (o != NULL)
		finish(e, o, &outcome, now);
}

void
ops_drop_all(struct etcd *e)
{
	HMAP_EACH(&e->ops_by_id, node)
		op_free(e, CONTAINER_OF(node, struct op, node));
	hmap_fini(&e->ops_by_id);
	min_heap_fini(&e->ops_end);
}
