/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/ledger.h"

#include "model/silence.h"
#include "state.h"

/* Nothing is told before all records were read, but no longer than this. */
#define SETTLE_MOST (10 * SPAN_S)

struct ledger *
ledger_new(const struct ledger_options *o, struct mono now)
{
	struct ledger *l = NEW(struct ledger);

	l->o = *o;
	l->log = log_with(o->log, F_CSTR("component", "etcd"));
	l->arena = arena_new();
	l->began = now;
	l->changed = true;
	l->sweep_at = mono_add(now, SPAN_MIN);
	return l;
}

void
ledger_free(struct ledger **lp)
{
	struct ledger *l = *lp;

	if (l == NULL)
		return;
	*lp = NULL;
	claims_free_all(l);
	writes_free_all(l);
	known_free_all(l);
	hmap_fini(&l->pending);
	arena_free(&l->arena);
	mem_free(l);
}

void
make_ready(struct ledger *l)
{
	l->o.ready(l->o.arg);
}

bool
is_up(const struct ledger *l, struct moment now)
{
	return etcd_is_up(l->o.etcd, now.mono);
}

bool
copy_log_record(struct arena *a, const struct log_record *r, struct log_record *out)
{
	struct sbuf b = SBUF_INIT(RECORD_MAX);
	bool ok;

	record_put_log(&b, r);
	ok = !b.overflow && record_get_log(arena_str(a, sbuf_get(&b)), a, out, NULL);
	sbuf_fini(&b);
	return ok;
}

bool
submit(struct ledger *l, struct pending *p, const struct etcd_op *op, struct moment now)
{
	struct etcd_op named = *op;

	named.id = ++l->last_op;
	if (!etcd_submit(l->o.etcd, &named, now.mono))
		return false;
	p->op = named.id;
	hmap_insert(&l->pending, &p->node, hash_mix(0, p->op));
	return true;
}

static void
unpend(struct ledger *l, struct pending *p)
{
	hmap_remove(&l->pending, &p->node);
	p->op = 0;
}

void
forget(struct ledger *l, struct pending *p)
{
	if (p->op == 0)
		return;
	etcd_forget(l->o.etcd, p->op);
	unpend(l, p);
}

void
ledger_port_share(struct ledger *l, const struct change *c)
{
	struct log_record r = { .state = CLAIM_SENT };

	if (c->kind == CHANGE_SILENCE) {
		write_a_silence(l, c);
	} else if (c->kind == CHANGE_LOG_ENTRY && !c->claimed) {
		r.told = *c->entry;
		write_log(l, &r, 0);
	}
}

void
ledger_record(struct ledger *l, const struct etcd_kv *kv, struct work *w, struct moment now)
{
	claims_record(l, kv);
	take_record(l, kv, w, now);
}

void
ledger_synced(struct ledger *l)
{
	l->changed = true;
	/* Those that this reading has not found are not there. */
	l->reading = etcd_reading(l->o.etcd);
	l->sweeping = true;
	l->swept = (struct hmap_cursor){ 0 };
	l->missed = true;
	make_ready(l);
}

static struct pending *
find(const struct ledger *l, uint64_t op)
{
	for (struct hmap_node *n = hmap_first(&l->pending, hash_mix(0, op)); n != NULL; n = hmap_next(n)) {
		struct pending *p = CONTAINER_OF(n, struct pending, node);

		if (p->op == op)
			return p;
	}
	return NULL;
}

void
ledger_done(struct ledger *l, uint64_t op, const struct etcd_outcome *o, struct moment now)
{
	struct pending *p = find(l, op);

	if (p == NULL)
		return;
	unpend(l, p);
	if (p->is_write)
		write_done(l, CONTAINER_OF(p, struct write, pending), o, now);
	else
		claim_done(l, CONTAINER_OF(p, struct asked, pending), o, now);
}

/* The etcd has lost what it said: revisions from before mean nothing, and claims of others are as good as unheard of. */
static void
forget_history(struct ledger *l)
{
	l->histories = etcd_histories(l->o.etcd);
	known_free_all(l);
	l->swept = (struct hmap_cursor){ 0 };
	claims_held_unanswered(l);
}

void
ledger_changed(struct ledger *l)
{
	if (etcd_histories(l->o.etcd) != l->histories)
		forget_history(l);
	l->changed = true;
	claims_look_at_all(l);
	make_ready(l);
}

/* Clocks of two machines do not run alike, and a request takes its time. */
static span
margin(span ttl)
{
	span part = ttl / 10;

	return part < SPAN_S ? part : SPAN_S;
}

static bool
has_settled(const struct ledger *l, struct moment now)
{
	return etcd_figures(l->o.etcd).syncs > 0 || mono_sub(now.mono, l->began) >= SETTLE_MOST;
}

static void
tell_members(struct ledger *l, struct moment now)
{
	const struct etcd *e = l->o.etcd;
	struct claims_state c = { .on = true, .settled = has_settled(l, now), .peer_timeout = l->o.peer_timeout,
		.lease_until = { INT64_MIN }, .self = claim_member(l->o.member) };

	if (is_up(l, now)) {
		c.lease = (uint64_t)etcd_lease(e);
		c.lease_until = mono_add(etcd_lease_until(e), -margin(l->o.lease_ttl));
	}
	c.members[c.members_n++] = c.self;
	for (size_t i = 0; i < etcd_members(e) && c.members_n < CLAIM_MEMBERS_MAX; i++) {
		struct etcd_member m = etcd_member_at(e, i);

		if (!str_eq(m.id, l->o.member))
			c.members[c.members_n++] = claim_member(m.id);
	}
	l->changed = false;
	l->told = c;
	engine_claims(l->o.engine, &c, now);
}

/* A record of this member that may be newer than that of the etcd. */
static void
compare(void *arg, const struct change *c)
{
	struct ledger *l = arg;
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	struct wall updated = c->kind == CHANGE_SILENCE ? c->silence->updated : c->entry->timestamp;
	const struct known *k;

	if (c->kind == CHANGE_SILENCE)
		record_silence_key(&key, c->silence->id);
	else
		record_log_key(&key, &c->entry->key);
	k = known_find(l, sbuf_get(&key));
	if (k == NULL || k->gone || (!k->newer && wall_before(k->updated, updated)))
		ledger_port_share(l, c);
	sbuf_fini(&key);
}

/* False: there is more to compare. */
static bool
compare_some(struct ledger *l, struct work *w)
{
	if (!l->comparing) {
		l->comparing = true;
		l->missed = false;
		l->compared = (struct share_cursor){ 0 };
	}
	if (!view_shared_some(l->o.engine, &l->compared, w, compare, l))
		return false;
	l->comparing = false;
	return true;
}

static bool
may_compare(struct ledger *l, struct moment now)
{
	if (now.mono.ns >= l->compare_at.ns)
		l->compare_at.ns = 0;
	return (l->missed || l->comparing) && l->writes_n < WRITES_FEW && l->compare_at.ns == 0;
}

bool
ledger_work(struct ledger *l, struct work *w, struct moment now)
{
	bool up = is_up(l, now), done = true;

	if (l->changed || up != l->was_up || has_settled(l, now) != l->told.settled)
		tell_members(l, now);
	l->missed |= up && !l->was_up;
	l->was_up = up;
	done = claims_work(l, w, now);
	if (!l->sweeping && now.mono.ns >= l->sweep_at.ns)
		l->sweeping = true;
	if (done && l->sweeping)
		done = known_sweep(l, w, now);
	/* By what is known once that is done. */
	if (done && up && may_compare(l, now))
		done = compare_some(l, w);
	return writes_go(l, w, now) && done;
}

struct mono
ledger_next(const struct ledger *l)
{
	struct mono settles = mono_add(l->began, SETTLE_MOST), next = l->sweep_at;

	if (!l->told.settled && settles.ns < next.ns)
		next = settles;
	if (l->compare_at.ns != 0 && l->compare_at.ns < next.ns)
		next = l->compare_at;
	return next;
}

bool
ledger_rests(struct ledger *l, struct mono now)
{
	l->resting = true;
	return (l->writes_n == 0 && !claims_are_asked(l)) || !etcd_is_up(l->o.etcd, now);
}

const struct ledger_figures *
ledger_figures(struct ledger *l)
{
	l->figures.records = l->known.n;
	l->figures.waiting = l->writes_n;
	return &l->figures;
}

const char *
ledger_verdict_name(enum claim_verdict v)
{
	static const char *const names[] = { "won", "moved", "held", "abandoned", "unanswered" };

	return names[v];
}
