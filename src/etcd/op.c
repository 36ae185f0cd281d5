/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions: as many at a time as are useful, the rest in the order of their coming. One that has no answer by its
 * endpoint is asked for at the next one; what it finds there may be its own work.
 */
#include <assert.h>

#include "state.h"

/* Transactions that end in one tick, each of which is looked for among all. */
#define EXPIRED_AT_ONCE 64

static struct op *
find(const struct etcd *e, uint64_t id)
{
	LIST_EACH(&e->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, place);

		if (o->id == id)
			return o;
	}
	return NULL;
}

static void
op_free(struct etcd *e, struct op *o)
{
	list_remove(&e->ops, &o->place);
	e->ops_n--;
	mem_free(o);
}

bool
etcd_submit(struct etcd *e, const struct etcd_op *op, struct mono now)
{
	struct op *o;
	size_t key_n = e->from.n + op->key.n;

	assert(op->id != 0);
	if (e->ops_n >= ETCD_OPS_MAX || e->left || !etcd_is_up(e, now))
		return false;
	o = mem_alloc(sizeof(*o) + key_n + op->value.n);
	*o = (struct op){ .id = op->id, .drop = op->drop, .fenced = op->fenced, .revision = op->revision, .until = op->until };
	memcpy(o->bytes, e->from.p, e->from.n);
	memcpy(o->bytes + e->from.n, op->key.p, op->key.n);
	if (op->value.n > 0)
		memcpy(o->bytes + key_n, op->value.p, op->value.n);
	o->key = (struct str){ o->bytes, key_n };
	o->value = (struct str){ o->bytes + key_n, op->value.n };
	list_append(&e->ops, &o->place);
	e->ops_n++;
	if (e->in_flight < IN_FLIGHT_MAX)
		ops_step(e, now);
	return true;
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
	o->call = c->id;
	c->op = o->id;
	e->in_flight++;
	call_ask(c, patience(e), now);
	sbuf_fini(&key);
}

void
ops_step(struct etcd *e, struct mono now)
{
	if (now.ns < e->retry_at.ns || lacks_token(e))
		return;
	LIST_EACH(&e->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, place);

		if (e->in_flight >= IN_FLIGHT_MAX)
			return;
		/* Without a lease it waits for the next one. */
		if (o->call == 0 && o->until.ns > now.ns && (!o->fenced || (has_lease(e, now) && e->joined)))
			ask(e, o, now);
	}
}

void
ops_again(struct etcd *e, uint64_t call)
{
	LIST_EACH(&e->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, place);

		if (call == 0 || o->call == call)
			o->call = 0;
	}
}

static void
finish(struct etcd *e, struct op *o, const struct etcd_outcome *outcome, struct mono now)
{
	uint64_t id = o->id;

	op_free(e, o);
	e->port->done(e->port->arg, id, outcome, now);
}

static struct op *
expired(const struct etcd *e, struct mono now)
{
	LIST_EACH(&e->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, place);

		if (o->until.ns <= now.ns)
			return o;
	}
	return NULL;
}

/* The one who hears of it may forget another, or bring a new one, whose time has not come. The next tick goes on with what is left. */
void
ops_expire(struct etcd *e, struct mono now)
{
	struct etcd_outcome unheard = { .fate = ETCD_UNHEARD, .why = STR("etcd did not answer in time") };
	struct op *o;

	for (unsigned n = 0; n < EXPIRED_AT_ONCE && (o = expired(e, now)) != NULL; n++)
		finish(e, o, &unheard, now);
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
	LIST_EACH(&e->ops, node)
		op_free(e, CONTAINER_OF(node, struct op, place));
}
