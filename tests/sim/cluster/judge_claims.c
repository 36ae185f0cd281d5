/* SPDX-License-Identifier: Apache-2.0 */
/* One live sender, and no duplicate that is not among those that were counted as possible. */
#include <stdio.h>
#include <string.h>

#include "cluster.h"

static int
group_of(const char *text)
{
	const char *at = strchr(text, 'A');

	return at != NULL ? at[1] - '0' : 0;
}

static const struct fake_sent *
sent_of(const struct member *m, uint64_t attempt)
{
	for (size_t i = m->world.sent.n; i-- > 0;)
		if (m->world.sent.v[i].attempt == attempt)
			return &m->world.sent.v[i];
	return NULL;
}

static bool
is_claimed(const struct fake_sent *sent)
{
	return sent->unsure != 1 + UNSURE_UNCLAIMED;
}

/* Those that stand still have sent what they have sent: whoever takes over counts it. */
static void
judge_sender(struct day *d, const struct member *m, const struct fake_sent *sent)
{
	for (int i = 0; i < d->members_n; i++) {
		const struct member *o = &d->members[i];

		if (o == m || !o->up || o->stalled_until != 0)
			continue;
		for (size_t k = 0; k < o->world.pending.n; k++) {
			const struct fake_sent *other = sent_of(o, fake_pending_attempt(&o->world, k));

			if (other != NULL && is_claimed(other) && group_of(other->text) == group_of(sent->text))
				fail(d, "sender: members %d and %d both send of A%d", i, m->number, group_of(sent->text));
		}
	}
}

/* Without the reason. */
static size_t
content(const char *text)
{
	const char *end = strrchr(text, ']');

	return end != NULL ? (size_t)(end - text) : strlen(text);
}

static bool
same_content(const char *a, const char *b)
{
	return content(a) == content(b) && strncmp(a, b, content(a)) == 0;
}

void
judge_claimed(struct day *d, struct member *m, const struct fake_sent *sent, bool taken)
{
	int g = group_of(sent->text);
	bool unsure = sent->unsure != 0, known;

	d->unsure += unsure;
	if (is_claimed(sent) && mono_sub(m->world.now.mono, sent->at.mono) <= 2 * STEP)
		judge_sender(d, m, sent);
	if (chance(d, 12))
		d->struck = m;
	if (!taken)
		return;
	/*
	 * Messages without a claim are put in order by the clocks. Where these differ, what comes after one may be told twice on
	 * its account.
	 */
	if (unsure)
		d->unsure_at[g] = d->now;
	known = unsure || d->last_unsure[g] || (d->skewed && d->unsure_at[g] != 0 && d->now - d->unsure_at[g] < RETENTION);
	for (size_t i = 0; i < d->told.n; i++) {
		const struct told_decision *t = &d->told.v[i];

		if (t->decision.hi != sent->decision.hi || t->decision.lo != sent->decision.lo)
			continue;
		d->twice++;
		if (!known && !t->unsure)
			fail(d, "twice: member %d tells again what was decided before:%s", m->number, sent->text);
	}
	if (same_content(d->last_text[g], sent->text) && strstr(sent->text, "repeat") == NULL && !known &&
	    d->now - d->last_at[g] < RETENTION - 30 * SPAN_S - clocks_apart(d))
		fail(d, "twice: member %d tells again:%s", m->number, sent->text);
	VEC_PUSH(&d->told, ((struct told_decision){ sent->decision, unsure }));
	/* One that comes together with another that has no claim may be the older one by the clocks, which the log goes by. */
	d->last_unsure[g] = unsure || (d->unsure_at[g] != 0 && d->now - d->unsure_at[g] < 2 * SPAN_S);
}
