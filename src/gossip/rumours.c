/* SPDX-License-Identifier: Apache-2.0 */
#include "rumours.h"

#include <math.h>
#include <string.h>

#include "tell.h"

void
rumour_health(struct gossip *g, int delta)
{
	g->health += delta;
	if (g->health < 0)
		g->health = 0;
	if (g->health > HEALTH_MAX - 1)
		g->health = HEALTH_MAX - 1;
}

static struct str
versions_of(const struct member *one)
{
	return (struct str){ (const char *)one->versions, MESSAGE_VERSIONS };
}

static struct str
address_bytes(const struct gossip_address *a)
{
	return (struct str){ (const char *)a->ip, a->n };
}

/*
 * Incarnations go round, so that there is one above any that somebody names: what is more than half the way ahead is behind. Go's
 * memberlist compares them as they are, and could not be refuted after UINT32_MAX.
 */
static bool
is_newer(uint64_t a, uint64_t b)
{
	return (int32_t)((uint32_t)a - (uint32_t)b) > 0;
}

/* Says that this member is alive, more loudly than what was said of it. */
static void
refute(struct gossip *g, uint64_t accused)
{
	struct member *me = g->self;
	struct message m = { .type = MESSAGE_ALIVE,
		.node = me->name,
		.address = address_bytes(&me->address),
		.port = me->address.port,
		.meta = me->meta,
		.versions = versions_of(me) };

	g->incarnation++;
	if (!is_newer(g->incarnation, accused))
		g->incarnation = (uint32_t)accused + 1;
	me->incarnation = g->incarnation;
	m.incarnation = g->incarnation;
	rumour_health(g, 1);
	tell_rumour(g, me->hash, &m);
	tell_note(g, GOSSIP_NOTE_REFUTED, me->name, &me->address, STR_NONE);
}

static void
joined(struct gossip *g, const struct member *one)
{
	size_t n;

	(void)members_there(&g->members, &n);
	if (n > g->expected)
		g->expected = n;
	g->figures.joined++;
	failed_remove(&g->failed, &one->address);
	if (one != g->self)
		tell_note(g, GOSSIP_NOTE_JOINED, one->name, &one->address, STR_NONE);
}

/* False: the message is not what an alive message should be, which was noted. */
static bool
alive_is_good(struct gossip *g, const struct message *m, const struct gossip_address *from, struct gossip_address *at)
{
	uint16_t port = m->port != 0 ? (uint16_t)m->port : g->o.advertised.port;
	const char *why = NULL;

	if (m->node.n == 0 || m->node.n > GOSSIP_NAME_MAX)
		why = "a member's name is empty or too long";
	else if (!gossip_address_set(at, m->address, port))
		why = "a member's address is malformed";
	else if (m->versions.n < MESSAGE_VERSIONS)
		why = "a member does not say its versions";
	else if (m->versions.p[0] == 0 || m->versions.p[1] == 0 || m->versions.p[0] > m->versions.p[1])
		why = "a member's protocol versions are wrong";
	if (why != NULL)
		tell_bad(g, from, why);
	return why == NULL;
}

/* The member that an alive message is about, made if need be; NULL: it is not to be believed. */
static struct member *
alive_subject(struct gossip *g, const struct message *m, const struct gossip_address *at, bool *moved)
{
	struct member *one = members_find(&g->members, m->node);

	*moved = false;
	if (one == NULL) {
		if (g->members.n == GOSSIP_MEMBERS_MAX) {
			tell_bad(g, at, "there are too many members");
			return NULL;
		}
		one = members_add(&g->members, m->node, &g->port->rand);
		one->address = *at;
		memcpy(one->versions, m->versions.p, MESSAGE_VERSIONS);
		return one;
	}
	if (gossip_address_eq(&one->address, at))
		return one;
	if (one->state == NODE_LEFT) {
		*moved = true;
		return one;
	}
	g->figures.conflicts++;
	tell_note(g, GOSSIP_NOTE_CONFLICT, one->name, at, str_from(gossip_address_text(&one->address).s));
	return NULL;
}

static void
hear_of_self(struct gossip *g, const struct message *m)
{
	const struct member *me = g->self;
	struct str versions = str_sub(m->versions, 0, MESSAGE_VERSIONS);

	if (is_newer(me->incarnation, m->incarnation))
		return;
	if (m->incarnation == me->incarnation && str_eq(m->meta, me->meta) && str_eq(versions, versions_of(me)))
		return;
	refute(g, m->incarnation);
}

static void
take_as_alive(
    struct gossip *g, struct member *one, const struct message *m, const struct gossip_address *at, struct mono now)
{
	bool was_gone = !member_is_there(one), other_meta = !str_eq(one->meta, m->meta);

	one->suspicion.on = false;
	tell_rumour(g, one->hash, m);
	memcpy(one->versions, m->versions.p, MESSAGE_VERSIONS);
	one->incarnation = (uint32_t)m->incarnation;
	one->address = *at;
	if (other_meta)
		member_set_meta(one, m->meta);
	if (one->state != NODE_ALIVE)
		members_set_state(&g->members, one, NODE_ALIVE, now);
	if (was_gone)
		joined(g, one);
	else if (other_meta)
		g->figures.updated++;
}

void
rumour_alive(struct gossip *g, const struct message *m, const struct gossip_address *from, struct mono now)
{
	struct gossip_address at;
	struct member *one;
	bool moved;

	if (g->leaving && str_eq(m->node, g->self->name))
		return;
	if (!alive_is_good(g, m, from, &at))
		return;
	one = alive_subject(g, m, &at, &moved);
	if (one == NULL)
		return;
	one->alive_messages++;
	if (one == g->self)
		hear_of_self(g, m);
	else if (is_newer(m->incarnation, one->incarnation) || moved)
		take_as_alive(g, one, m, &at, now);
}

void
rumour_meta(struct gossip *g, struct str meta)
{
	struct member *me = g->self;
	struct message m = { .type = MESSAGE_ALIVE,
		.node = me->name,
		.address = address_bytes(&me->address),
		.port = me->address.port,
		.versions = versions_of(me) };

	member_set_meta(me, meta);
	me->incarnation = ++g->incarnation;
	m.meta = me->meta;
	m.incarnation = g->incarnation;
	tell_rumour(g, me->hash, &m);
}

void
rumour_begin(struct gossip *g, struct mono now)
{
	struct message m = { .type = MESSAGE_ALIVE,
		.node = g->o.name,
		.address = address_bytes(&g->o.advertised),
		.port = g->o.advertised.port,
		.versions = VERSIONS,
		.incarnation = ++g->incarnation };

	g->self = members_add(&g->members, g->o.name, &g->port->rand);
	g->self->address = g->o.advertised;
	take_as_alive(g, g->self, &m, &g->o.advertised, now);
}

static bool
confirm(struct suspicion *s, uint64_t voice)
{
	double part, span_ms;

	if (s->confirmed >= s->wanted)
		return false;
	for (unsigned i = 0; i < s->voices_n; i++) {
		if (s->voices[i] == voice)
			return false;
	}
	if (s->voices_n < SUSPICION_VOICES)
		s->voices[s->voices_n++] = voice;
	s->confirmed++;
	part = log((double)s->confirmed + 1) / log((double)s->wanted + 1);
	span_ms = floor(((double)s->most - part * (double)(s->most - s->least)) / (double)SPAN_MS);
	s->ends = mono_add(s->began, span_ms * (double)SPAN_MS < (double)s->least ? s->least : (span)span_ms * SPAN_MS);
	return true;
}

static void
begin_suspicion(struct gossip *g, struct member *one, uint64_t voice, struct mono now)
{
	struct suspicion *s = &one->suspicion;
	double scale = fmax(1, log10((double)g->members.n));

	*s = (struct suspicion){ .on = true, .began = now, .voices = { voice }, .voices_n = 1 };
	/* Without enough others to confirm it, it lasts the shorter time. */
	s->wanted = g->members.n >= SUSPICION_MULT ? SUSPICION_MULT - 2 : 0;
	s->least = (span)((double)SUSPICION_MULT * floor(scale * 1000) / 1000 * (double)g->o.probe_interval);
	s->most = SUSPICION_MOST_MULT * s->least;
	s->ends = mono_add(now, s->wanted == 0 ? s->least : s->most);
}

void
rumour_suspect(struct gossip *g, const struct message *m, struct mono now)
{
	struct member *one = members_find(&g->members, m->node);
	uint64_t voice = members_hash(m->from);

	if (one == NULL || is_newer(one->incarnation, m->incarnation))
		return;
	if (one->suspicion.on) {
		if (confirm(&one->suspicion, voice))
			tell_rumour(g, one->hash, m);
		return;
	}
	if (one->state != NODE_ALIVE)
		return;
	if (one == g->self) {
		refute(g, m->incarnation);
		return;
	}
	tell_rumour(g, one->hash, m);
	one->incarnation = (uint32_t)m->incarnation;
	members_set_state(&g->members, one, NODE_SUSPECT, now);
	begin_suspicion(g, one, voice, now);
}

void
rumour_dead(struct gossip *g, const struct message *m, struct mono now)
{
	struct member *one = members_find(&g->members, m->node);
	bool left = str_eq(m->node, m->from);

	if (one == NULL || is_newer(one->incarnation, m->incarnation))
		return;
	one->suspicion.on = false;
	if (!member_is_there(one))
		return;
	if (one == g->self && !g->leaving) {
		refute(g, m->incarnation);
		return;
	}
	tell_rumour(g, one->hash, m);
	one->incarnation = (uint32_t)m->incarnation;
	members_set_state(&g->members, one, left ? NODE_LEFT : NODE_DEAD, now);
	if (one == g->self)
		return;
	if (left && g->expected > 1)
		g->expected--;
	g->figures.left++;
	failed_add(&g->failed, &one->address, now);
	tell_note(g, left ? GOSSIP_NOTE_LEFT : GOSSIP_NOTE_FAILED, one->name, &one->address, STR_NONE);
}

void
rumours_tick(struct gossip *g, struct mono now)
{
	for (size_t i = 0; i < g->members.n; i++) {
		struct member *one = g->members.v[i];
		struct message m = {
			.type = MESSAGE_DEAD, .node = one->name, .from = g->self->name, .incarnation = one->incarnation
		};

		if (one->suspicion.on && one->suspicion.ends.ns <= now.ns)
			rumour_dead(g, &m, now);
	}
}

struct mono
rumours_next(const struct gossip *g)
{
	struct mono next = { INT64_MAX };

	for (size_t i = 0; i < g->members.n; i++) {
		const struct suspicion *s = &g->members.v[i]->suspicion;

		if (s->on && s->ends.ns < next.ns)
			next = s->ends;
	}
	return next;
}
