/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "cluster.h"

/* To one that stands still, what is sent waits there. */
static bool
reaches(const struct day *d, int from, int to)
{
	return d->gossip && d->members[from].up && d->members[to].up && d->side[from] == d->side[to] && d->now >= d->members[from].stalled_until;
}

static bool
connected(const struct day *d, int a, int b)
{
	return reaches(d, a, b) && d->now >= d->members[b].stalled_until;
}

static void
post(struct day *d, int from, int to, enum share_kind kind, struct str bytes, span delay)
{
	struct packet p = { .due = d->now + delay, .from = from, .to = to, .kind = kind, .n = bytes.n };

	p.bytes = mem_alloc(bytes.n);
	memcpy(p.bytes, bytes.p, bytes.n);
	VEC_PUSH(&d->packets, p);
}

/* As by gossip: soon to most, to some twice, to some never. */
void
net_share(struct member *m, enum share_kind kind, struct str bytes)
{
	struct day *d = m->day;
	span most = d->calm ? 2 * SPAN_S : 10 * SPAN_S;

	for (int to = 0; to < d->members_n; to++) {
		if (to == m->number || !reaches(d, m->number, to))
			continue;
		if ((double)below(d, 1000) >= d->loss * 1000)
			post(d, m->number, to, kind, bytes, below(d, most));
		if (!d->calm && chance(d, 10))
			post(d, m->number, to, kind, bytes, below(d, 30 * SPAN_S));
	}
}

static void
take(struct day *d, const struct packet *p)
{
	struct member *to = &d->members[p->to];
	struct work all = { INT64_MAX };

	/* A split stops what is on its way. */
	if (d->side[p->from] != d->side[p->to] || !to->up)
		return;
	d->merges++;
	(void)!share_receive(to->share, p->kind, (struct str){ p->bytes, p->n });
	share_merge_some(to->share, &all, to->world.now);
	judge_heard(to);
	world_settle(&to->world);
}

void
net_deliver(struct day *d)
{
	for (size_t i = 0; i < d->packets.n;) {
		struct packet p = d->packets.v[i];

		if (p.due > d->now || d->now < d->members[p.to].stalled_until) {
			i++;
			continue;
		}
		d->packets.v[i] = d->packets.v[--d->packets.n];
		take(d, &p);
		mem_free(p.bytes);
	}
}

static void
send_state(struct day *d, struct member *from, int to)
{
	struct share_state s = { .bytes = { SBUF_INIT(SBUF_UNLIMITED), SBUF_INIT(SBUF_UNLIMITED) } };
	struct work slice;

	do
		slice.left = 1000;
	while (!share_state_some(from->world.engine, &s, &slice));
	for (int k = 0; k < SHARE_KINDS; k++) {
		if (s.bytes[k].n > 0)
			post(d, from->number, to, (enum share_kind)k, sbuf_get(&s.bytes[k]), STEP);
		sbuf_fini(&s.bytes[k]);
	}
}

/* Both tell all they have. */
void
net_exchange(struct day *d, struct member *m)
{
	int other = (int)below(d, d->members_n);

	m->exchange_at = d->now + EXCHANGE;
	if (other == m->number || !connected(d, m->number, other))
		return;
	send_state(d, m, other);
	send_state(d, &d->members[other], m->number);
}

void
net_split(struct day *d)
{
	for (int i = 0; i < d->members_n; i++) {
		d->side[i] = (int)below(d, 2);
		say(d, "member %d is on side %d", i, d->side[i]);
	}
	d->whole_at = d->now + (20 + below(d, 200)) * SPAN_S;
}

void
net_believe(struct day *d, struct member *m)
{
	struct cluster_state c = { .on = d->gossip, .settled = d->now >= m->up_at + 10 * SPAN_S, .peer_timeout = PEER_TIMEOUT };

	for (int i = 0; i < d->members_n; i++) {
		bool is = i == m->number || connected(d, m->number, i);

		if (is == m->alive[i])
			m->believe_at[i] = d->now + (1 + below(d, 8)) * SPAN_S;
		else if (d->now >= m->believe_at[i])
			m->alive[i] = is;
		c.members += m->alive[i];
		c.position += i < m->number && m->alive[i];
	}
	engine_cluster(m->world.engine, &c, m->world.now);
}

void
net_fini(struct day *d)
{
	for (size_t i = 0; i < d->packets.n; i++)
		mem_free(d->packets.v[i].bytes);
	VEC_FINI(&d->packets);
}
