/* SPDX-License-Identifier: Apache-2.0 */
/* A member's way to the store. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cluster.h"

#define SETTLE_MOST (10 * SPAN_S)

static struct member *
member_of(struct fake_world *w)
{
	return CONTAINER_OF(w, struct member, world);
}

/* Asked for at each step. */
static uint64_t
name_of(int member)
{
	static uint64_t names[MEMBERS_MAX];
	char name[32];

	if (names[member] != 0)
		return names[member];
	snprintf(name, sizeof(name), "member-%d", member);
	names[member] = claim_member(str_from(name));
	return names[member];
}

static struct op
op_of(struct member *m, enum op_kind kind)
{
	return (struct op){ .kind = kind, .from = m->number, .life = m->edge.life, .lease = m->edge.lease };
}

static void
on_claim(struct fake_world *w, const struct claim *c)
{
	struct member *m = member_of(w);
	struct op op = op_of(m, OP_CLAIM);

	op.id = c->id;
	op.group = group_of_key(c->key.group_key);
	op.revision = c->revision;
	op.told = told_of(&c->told);
	op.telling = told_of(&c->telling);
	op.decision = c->decision;
	op.in_doubt = c->in_doubt;
	VEC_PUSH(&m->edge.asked, op);
	etcd_send(m->day, &op);
}

static void
send_result(struct member *m, uint64_t id, int group, enum claim_result r, const struct told *told)
{
	struct op op = op_of(m, OP_RESULT);

	op.id = id;
	op.group = group;
	op.result = r;
	op.told = *told;
	etcd_send(m->day, &op);
}

static void
on_result(struct fake_world *w, const struct claim *c, enum claim_result r)
{
	struct told told = told_of(&c->told);

	send_result(member_of(w), c->id, group_of_key(c->key.group_key), r, &told);
}

static void
wait_no_more(struct edge *x, uint64_t id)
{
	for (size_t i = 0; i < x->waits.n; i++)
		if (x->waits.v[i].id == id) {
			x->waits.v[i] = x->waits.v[--x->waits.n];
			return;
		}
}

/* Nothing was sent for it; if it is won nobody knows. */
static void
withdraw(struct member *m, uint64_t id)
{
	for (size_t i = m->edge.asked.n; i-- > 0;)
		if (m->edge.asked.v[i].id == id) {
			send_result(m, id, m->edge.asked.v[i].group, m->edge.asked.v[i].in_doubt ? CLAIM_UNKNOWN : CLAIM_FAILED,
			    &(struct told){ .at = WALL_ZERO });
			return;
		}
}

static void
on_over(struct fake_world *w, uint64_t id)
{
	struct member *m = member_of(w);

	wait_no_more(&m->edge, id);
	withdraw(m, id);
}

static bool
settled(const struct day *d, const struct edge *x)
{
	return x->settled || d->now >= x->started + SETTLE_MOST;
}

static void
tell_engine(struct day *d, struct member *m)
{
	struct edge *x = &m->edge;
	span left = x->lease != 0 ? x->leased_at + LEASE_TTL - LEASE_MARGIN - d->now : -1;
	struct claims_state c = { .on = true, .settled = settled(d, x), .peer_timeout = PEER_TIMEOUT,
		.self = name_of(m->number), .lease = x->lease };

	c.lease_until = mono_add(m->world.now.mono, left);
	for (int i = 0; i < d->members_n; i++)
		if (i == m->number || x->alive[i] != 0)
			c.members[c.members_n++] = name_of(i);
	engine_claims(m->world.engine, &c, m->world.now);
}

static void
on_engine(struct fake_world *w)
{
	struct member *m = member_of(w);

	tell_engine(m->day, m);
}

void
edge_init(struct member *m)
{
	m->world.on_claim = on_claim;
	m->world.on_claim_over = on_over;
	m->world.on_claim_result = on_result;
	m->world.on_engine = on_engine;
}

/* A new process. */
void
edge_begin(struct day *d, struct member *m)
{
	struct edge *x = &m->edge;
	unsigned life = x->life + 1;
	span cut_until = x->cut_until;

	VEC_FINI(&x->waits);
	VEC_FINI(&x->asked);
	*x = (struct edge){ .life = life, .cut_until = cut_until, .started = d->now, .watch_lag = below(d, 50 * SPAN_MS) };
}

void
edge_fini(struct member *m)
{
	VEC_FINI(&m->edge.waits);
	VEC_FINI(&m->edge.asked);
}

static void
merge_record(struct member *m, int group, const struct record *r)
{
	struct edge *x = &m->edge;
	bool mine = r->owner == m->number && r->state == CLAIM_OPEN && r->lease == x->lease;
	struct hash_set ends = r->told.doubtful_ends;
	struct log_entry entry = told_entry(&r->told, group);
	struct work all = { INT64_MAX };
	struct err e = { 0 };

	/* Watches do not bring back what an answer has brought. */
	if (r->revision <= x->seen[group])
		return;
	x->seen[group] = r->revision;
	if (mine)
		return;
	if (r->state == CLAIM_SENT || r->state == CLAIM_FAILED)
		entry.revision = r->revision;
	else {
		entry.claimed = r->telling.firing.v;
		entry.claimed_n = r->telling.firing.n;
		doubt(&(struct told){ 0 }, &ends, &r->telling.resolved, r->telling.at);
		if (wall_after(r->telling.at, entry.doubted))
			entry.doubted = r->telling.at;
		entry.doubtful_ends = ends.v;
		entry.doubtful_ends_n = ends.n;
	}
	if (engine_merge_log_entry(m->world.engine, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = &entry }, &all, m->world.now,
		&e) == MERGED_REFUSED)
		fail(m->day, "world: %s", e.text);
	judge_heard(m);
}

static void
merge_silence(struct member *m, const struct news *n)
{
	struct work all = { INT64_MAX };
	struct err e = { 0 };

	if (engine_merge_silence(m->world.engine,
		&(struct change){ .kind = CHANGE_SILENCE, .silence = n->silence, .expires = n->expires }, &all, m->world.now,
		&e) == MERGED_REFUSED)
		fail(m->day, "world: %s", e.text);
}

/* Questions that others hold are asked again. */
static void
ask_again(struct day *d, struct member *m, int group)
{
	struct edge *x = &m->edge;

	for (size_t i = 0; i < x->waits.n; i++)
		if (group < 0 || x->waits.v[i].group == group) {
			struct op op = op_of(m, OP_READ);

			op.id = x->waits.v[i].id;
			op.group = x->waits.v[i].group;
			etcd_send(d, &op);
		}
}

static void
take_news(struct day *d, struct member *m, const struct news *n)
{
	switch (n->kind) {
	case NEWS_RECORD:
		merge_record(m, n->group, &n->record);
		ask_again(d, m, n->group);
		break;
	case NEWS_SILENCE:
		merge_silence(m, n);
		break;
	case NEWS_MEMBERS:
		memcpy(m->edge.alive, n->leases, sizeof(m->edge.alive));
		ask_again(d, m, -1);
		break;
	}
}

static bool
is_last(const struct etcd *s, size_t at)
{
	const struct news *n = &s->news.v[at];

	for (size_t i = at + 1; i < s->news.n; i++)
		if (s->news.v[i].kind == n->kind &&
		    (n->kind != NEWS_SILENCE || strcmp(s->news.v[i].silence->id, n->silence->id) == 0))
			return false;
	return true;
}

/* All there is, at the start or when the watch has been away for too long. */
static void
read_all(struct day *d, struct member *m)
{
	struct edge *x = &m->edge;

	for (size_t i = 0; i < d->etcd.news.n; i++)
		if (d->etcd.news.v[i].kind != NEWS_RECORD && is_last(&d->etcd, i))
			take_news(d, m, &d->etcd.news.v[i]);
	for (int g = 0; g < GROUPS; g++)
		if (d->etcd.records[g].revision != 0)
			merge_record(m, g, &d->etcd.records[g]);
	x->watch_at = d->etcd.news.n;
	x->watches = x->settled = true;
	ask_again(d, m, -1);
}

static void
watch(struct day *d, struct member *m)
{
	struct edge *x = &m->edge;

	if (!etcd_reaches(d, m->number)) {
		if (x->watches && chance(d, 100))
			x->watches = false;	/* too long */
		return;
	}
	if (!x->watches) {
		if (d->now >= x->started + 200 * SPAN_MS)
			read_all(d, m);
		return;
	}
	if (!d->calm && chance(d, 200))
		x->watch_lag = chance(d, 3) ? below(d, 5 * SPAN_S) : below(d, 50 * SPAN_MS);
	while (x->watch_at < d->etcd.news.n && d->etcd.news.v[x->watch_at].at + x->watch_lag <= d->now) {
		struct news n = d->etcd.news.v[x->watch_at++];

		take_news(d, m, &n);
	}
}

void
edge_share(struct member *m, const struct change *c)
{
	struct op op = op_of(m, OP_SILENCE);
	struct told told;

	if (c->kind == CHANGE_LOG_ENTRY && c->claimed)
		return;
	if (c->kind == CHANGE_LOG_ENTRY) {
		told = told_of(c->entry);
		send_result(m, 0, group_of_key(c->entry->key.group_key), CLAIM_SENT, &told);
		return;
	}
	op.silence = silence_ref((struct silence *)(uintptr_t)c->silence);
	op.expires = c->expires;
	etcd_send(m->day, &op);
}

static void
share_again(void *arg, const struct change *c)
{
	edge_share(arg, c);
}

/* Once it is there again: what it may not know. */
static void
compare_all(struct member *m)
{
	struct share_cursor at = { 0 };
	struct work all = { INT64_MAX };

	m->edge.was_cut = false;
	(void)view_shared_some(m->world.engine, &at, &all, share_again, m);
}

void
edge_step(struct day *d, struct member *m)
{
	struct edge *x = &m->edge;

	if (d->now >= x->keepalive_at) {
		struct op op = op_of(m, OP_KEEPALIVE);

		x->keepalive_at = d->now + (x->lease != 0 && !x->was_cut ? LEASE_TTL / 3 : SPAN_S);
		etcd_send(d, &op);
	}
	watch(d, m);
	tell_engine(d, m);
	world_settle(&m->world);
}

static void
answer_claim(struct day *d, struct member *m, struct op *op)
{
	char owner[32];
	struct log_entry telling = told_entry(&op->record.telling, op->group);
	struct claim_answer a = { .id = op->id, .verdict = op->answered ? op->verdict : CLAIM_UNANSWERED,
		.revision = op->record.revision, .owner = str_from(owner), .telling = &telling, .decision = op->record.decision };

	snprintf(owner, sizeof(owner), "member-%d", op->record.owner);
	a.owner = str_from(owner);
	if (a.verdict == CLAIM_UNANSWERED && op->kind == OP_CLAIM)
		withdraw(m, op->id);
	if (a.verdict == CLAIM_HELD && op->kind == OP_CLAIM)
		VEC_PUSH(&m->edge.waits, *op);
	if (a.verdict == CLAIM_HELD && op->kind == OP_READ)
		return;
	if (a.verdict != CLAIM_HELD)
		wait_no_more(&m->edge, op->id);
	if (op->answered && op->record.revision != 0)
		merge_record(m, op->group, &op->record);
	say(d, "member %d hears of its claim %d of A%d: %d, revision %d", m->number, (int)op->id, op->group, (int)a.verdict,
	    (int)a.revision);
	engine_claimed(m->world.engine, &a, m->world.now);
	world_settle(&m->world);
}

static void
answer_keepalive(struct day *d, struct member *m, const struct op *op)
{
	struct edge *x = &m->edge;

	if (!op->answered)
		return;
	if (op->lease != x->lease)
		say(d, "member %d has a lease", m->number);
	if (op->lease != x->lease || op->sent > x->leased_at)
		x->leased_at = op->sent;
	x->lease = op->lease;
	tell_engine(d, m);
	world_settle(&m->world);
}

void
edge_answer(struct day *d, struct member *m, struct op *op)
{
	struct op again = *op;

	if (!op->answered)
		m->edge.was_cut = true;
	else if (m->edge.was_cut)
		compare_all(m);
	switch (op->kind) {
	case OP_CLAIM:
	case OP_READ:
		answer_claim(d, m, op);
		break;
	case OP_KEEPALIVE:
		answer_keepalive(d, m, op);
		break;
	case OP_RESULT:
	case OP_SILENCE:
		if (op->answered)
			break;
		again.silence = op->silence != NULL ? silence_ref(op->silence) : NULL;
		etcd_send(d, &again);
		break;
	}
}
