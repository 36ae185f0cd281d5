/* SPDX-License-Identifier: Apache-2.0 */
/* The store. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "cluster.h"

int
group_of_key(struct str key)
{
	/* {}:{alertname="A0"} */
	return key.p[key.n - 3] - '0';
}

static struct hash_set
set_of(const uint64_t *v, size_t n)
{
	struct hash_set s = { .n = n };

	assert(n <= SET_MAX);
	if (n > 0)
		memcpy(s.v, v, n * sizeof(v[0]));
	return s;
}

struct told
told_of(const struct log_entry *entry)
{
	return (struct told){
		.at = entry->timestamp,
		.age = entry->age,
		.expires = entry->expires,
		.doubted = entry->doubted,
		.firing = set_of(entry->firing, entry->firing_n),
		.resolved = set_of(entry->resolved, entry->resolved_n),
		.doubtful = set_of(entry->doubtful, entry->doubtful_n),
		.doubtful_ends = set_of(entry->doubtful_ends, entry->doubtful_ends_n),
	};
}

struct log_entry
told_entry(const struct told *t, int group)
{
	static const char *const keys[GROUPS] = { "{}:{alertname=\"A0\"}", "{}:{alertname=\"A1\"}", "{}:{alertname=\"A2\"}",
		"{}:{alertname=\"A3\"}" };

	return (struct log_entry){
		.key = { str_from(keys[group]), STR("ops"), STR("hook"), 0 },
		.timestamp = t->at,
		.age = t->age,
		.expires = t->expires,
		.doubted = t->doubted,
		.firing = t->firing.v,
		.firing_n = t->firing.n,
		.resolved = t->resolved.v,
		.resolved_n = t->resolved.n,
		.doubtful = t->doubtful.v,
		.doubtful_n = t->doubtful.n,
		.doubtful_ends = t->doubtful_ends.v,
		.doubtful_ends_n = t->doubtful_ends.n,
	};
}

bool
set_has(const struct hash_set *s, uint64_t hash)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i] == hash)
			return true;
	return false;
}

void
doubt(const struct told *t, struct hash_set *to, const struct hash_set *more, struct wall then)
{
	bool later = !wall_after(then, t->at);

	for (size_t i = 0; i < more->n; i++) {
		size_t at = to->n;

		if (set_has(to, more->v[i]) || (later && (set_has(&t->firing, more->v[i]) || set_has(&t->resolved, more->v[i]))))
			continue;
		assert(at < SET_MAX);
		for (; at > 0 && to->v[at - 1] > more->v[i]; at--)
			to->v[at] = to->v[at - 1];
		to->v[at] = more->v[i];
		to->n++;
	}
}

bool
etcd_reaches(const struct day *d, int member)
{
	return d->now >= d->etcd.away_until && d->now >= d->members[member].edge.cut_until;
}

static void
tell_members(struct day *d)
{
	struct news n = { .at = d->now, .kind = NEWS_MEMBERS };

	for (int i = 0; i < d->members_n; i++)
		n.leases[i] = d->etcd.leases[i].id;
	VEC_PUSH(&d->etcd.news, n);
}

static void
put(struct day *d, int group, struct record *r)
{
	r->revision = ++d->etcd.revision;
	d->etcd.records[group] = *r;
	say(d, "record of A%d: revision %d, %s, owner %d, told %d and %d at %lld, doubts %d and %d", group, (int)r->revision,
	    claim_result_text(r->state), r->owner, (int)r->told.firing.n, (int)r->told.resolved.n, (long long)r->told.at.s,
	    (int)r->told.doubtful.n, (int)r->told.doubtful_ends.n);
	VEC_PUSH(&d->etcd.news, ((struct news){ .at = d->now, .kind = NEWS_RECORD, .group = group, .record = *r }));
}

static bool
alive(const struct day *d, int owner, uint64_t lease)
{
	return d->etcd.leases[owner].id == lease && lease != 0;
}

/* Processes begin to count anew. */
static uint64_t
claim_of(const struct op *op)
{
	return (uint64_t)op->life << 32 | op->id;
}

/* The meaning of a record for whoever asks. */
static enum claim_verdict
verdict_of(const struct day *d, const struct record *r, const struct op *op)
{
	if (r->revision == 0 || r->state == CLAIM_SENT || r->state == CLAIM_FAILED)
		return CLAIM_MOVED;
	if (r->state == CLAIM_UNKNOWN || !alive(d, r->owner, r->lease) || r->owner == op->from)
		return CLAIM_ABANDONED;
	return CLAIM_HELD;
}

/* Left by a leg that is over, or by a question that got no answer; not by a later one, as this one is over then. */
static bool
is_own(const struct record *r, const struct op *op)
{
	return r->revision != 0 && r->state == CLAIM_OPEN && r->owner == op->from && r->lease == op->lease && r->claim < claim_of(op);
}

static void
do_claim(struct day *d, struct op *op)
{
	struct record r = d->etcd.records[op->group];
	bool own = is_own(&r, op) && !r.in_doubt;

	if (!alive(d, op->from, op->lease)) {
		op->answered = false;
		return;
	}
	if (r.revision != op->revision && !own) {
		op->verdict = verdict_of(d, &r, op);
		op->record = r;
		d->etcd.lost++;
		d->etcd.held += op->verdict == CLAIM_HELD;
		d->etcd.taken_over += op->verdict == CLAIM_ABANDONED;
		return;
	}
	r = (struct record){ .state = CLAIM_OPEN, .owner = op->from, .lease = op->lease, .claim = claim_of(op), .told = op->told,
		.telling = op->telling, .decision = op->decision, .in_doubt = op->in_doubt };
	put(d, op->group, &r);
	op->verdict = CLAIM_WON;
	op->record = r;
	d->etcd.claims_won++;
}

static void
doubt_told(struct told *t, const struct hash_set *firing, const struct hash_set *ends, struct wall then, struct wall expires)
{
	doubt(t, &t->doubtful, firing, then);
	doubt(t, &t->doubtful_ends, ends, then);
	if (t->doubtful.n + t->doubtful_ends.n == 0)
		return;
	if (wall_after(then, t->doubted))
		t->doubted = then;
	if (wall_after(expires, t->expires))
		t->expires = expires;
}

/* Told without a claim, or by somebody whose claim another one has taken over: the newer one stays. */
static void
put_told(struct day *d, const struct op *op)
{
	struct record r = d->etcd.records[op->group];
	bool open = r.revision != 0 && r.state == CLAIM_OPEN && alive(d, r.owner, r.lease);
	struct told told = op->told;

	if (r.revision != 0 && wall_cmp(told.at, r.told.at) <= 0)
		return;
	if (r.revision != 0)
		doubt_told(&told, &r.told.doubtful, &r.told.doubtful_ends, r.told.doubted, r.told.expires);
	if (r.revision != 0 && (r.state == CLAIM_OPEN || r.state == CLAIM_UNKNOWN) && !open)
		doubt_told(&told, &r.telling.firing, &r.telling.resolved, r.telling.at, r.telling.expires);
	r.told = told;
	if (!open)
		r = (struct record){ .state = CLAIM_SENT, .owner = op->from, .told = told };
	put(d, op->group, &r);
}

static void
do_result(struct day *d, const struct op *op)
{
	struct record r = d->etcd.records[op->group];
	bool own = op->id != 0 && r.revision != 0 && r.state == CLAIM_OPEN && r.owner == op->from && r.claim == claim_of(op);

	if (!own) {
		if (op->result == CLAIM_SENT)
			put_told(d, op);
		return;
	}
	r.state = op->result;
	if (wall_cmp(op->told.at, r.told.at) >= 0)
		r.told = op->told;
	if (op->result != CLAIM_UNKNOWN)
		r.telling = (struct told){ 0 };
	put(d, op->group, &r);
}

static void
do_silence(struct day *d, const struct op *op)
{
	struct etcd *s = &d->etcd;

	for (size_t i = s->news.n; i-- > 0;) {
		const struct news *n = &s->news.v[i];

		if (n->kind != NEWS_SILENCE || strcmp(n->silence->id, op->silence->id) != 0)
			continue;
		if (!wall_after(op->silence->updated, n->silence->updated))
			return;
		break;
	}
	VEC_PUSH(&s->news, ((struct news){ .at = d->now, .kind = NEWS_SILENCE, .silence = silence_ref(op->silence),
		.expires = op->expires }));
}

/* Grants another lease when the old one is gone. */
static void
do_keepalive(struct day *d, struct op *op)
{
	struct lease *l = &d->etcd.leases[op->from];

	if (op->lease == 0 || l->id != op->lease) {
		l->id = op->lease = ++d->etcd.last_lease;
		tell_members(d);
	}
	l->until = d->now + LEASE_TTL;
}

static void
serve(struct day *d, struct op *op)
{
	op->answered = true;
	switch (op->kind) {
	case OP_CLAIM:
		do_claim(d, op);
		break;
	case OP_READ:
		op->record = d->etcd.records[op->group];
		op->verdict = verdict_of(d, &op->record, op);
		break;
	case OP_RESULT:
		do_result(d, op);
		break;
	case OP_SILENCE:
		do_silence(d, op);
		break;
	case OP_KEEPALIVE:
		do_keepalive(d, op);
		break;
	}
}

static span
latency(struct day *d)
{
	return d->calm ? below(d, 50 * SPAN_MS) : below(d, 20) == 0 ? below(d, 3 * SPAN_S) : below(d, 200 * SPAN_MS);
}

void
etcd_send(struct day *d, struct op *op)
{
	op->sent = d->now;
	op->due = d->now + latency(d);
	op->back = op->answered = false;
	VEC_PUSH(&d->etcd.ops, *op);
}

static bool
result_waits(const struct day *d, const struct op *op)
{
	for (size_t i = 0; i < d->etcd.ops.n; i++) {
		const struct op *o = &d->etcd.ops.v[i];

		if (o->kind == OP_RESULT && o->from == op->from && o->life == op->life && o->group == op->group && !o->answered)
			return true;
	}
	return false;
}

/* It has come to the store, or its answer to whoever asked. */
static void
arrive(struct day *d, struct op *op)
{
	struct member *m = &d->members[op->from];

	if (op->back && m->up && m->edge.life == op->life && d->now < m->stalled_until) {
		op->due = m->stalled_until;
		VEC_PUSH(&d->etcd.ops, *op);
		return;
	}
	if (op->back) {
		if (m->up && m->edge.life == op->life)
			edge_answer(d, m, op);
		silence_unref(op->silence);
		return;
	}
	/* A member's requests about a record keep their order. */
	if (op->kind == OP_CLAIM && result_waits(d, op) && d->now < op->sent + REQUEST_TIMEOUT) {
		op->due = d->now + STEP;
		VEC_PUSH(&d->etcd.ops, *op);
		return;
	}
	if (etcd_reaches(d, op->from) && d->now < op->sent + REQUEST_TIMEOUT)
		serve(d, op);
	op->back = true;
	op->due = d->now + latency(d);
	if (op->answered && (!etcd_reaches(d, op->from) || (d->now < d->etcd.shaky_until && chance(d, 2))))
		op->answered = false;
	if (!op->answered || op->due > op->sent + REQUEST_TIMEOUT) {
		op->answered = false;
		op->due = op->sent + REQUEST_TIMEOUT > d->now ? op->sent + REQUEST_TIMEOUT : d->now;
	}
	VEC_PUSH(&d->etcd.ops, *op);
}

void
etcd_step(struct day *d)
{
	struct etcd *s = &d->etcd;
	bool gone = false;

	for (int i = 0; i < d->members_n; i++) {
		/* A new leader, or one that is back, begins to count anew. */
		if (d->now < s->away_until)
			s->leases[i].until = s->away_until + LEASE_TTL;
		if (s->leases[i].id == 0 || d->now < s->leases[i].until)
			continue;
		s->leases[i].id = 0;
		gone = true;
		say(d, "the lease of member %d has ended", i);
	}
	if (gone)
		tell_members(d);
	for (size_t i = 0; i < s->ops.n;) {
		struct op op = s->ops.v[i];

		if (op.due > d->now) {
			i++;
			continue;
		}
		memmove(s->ops.v + i, s->ops.v + i + 1, (s->ops.n - i - 1) * sizeof(s->ops.v[0]));
		s->ops.n--;
		arrive(d, &op);
	}
}

void
etcd_fini(struct day *d)
{
	for (size_t i = 0; i < d->etcd.ops.n; i++)
		silence_unref(d->etcd.ops.v[i].silence);
	for (size_t i = 0; i < d->etcd.news.n; i++)
		silence_unref(d->etcd.news.v[i].silence);
	VEC_FINI(&d->etcd.ops);
	VEC_FINI(&d->etcd.news);
}
