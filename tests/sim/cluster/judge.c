/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cluster.h"

/* The longest way of a change to the receiver: a wait of the group, two flushes, all turns, all delays. */
#define LONG_ENOUGH (10 * SPAN_S + 2 * 30 * SPAN_S + MEMBERS_MAX * PEER_TIMEOUT + 60 * SPAN_S)
#define COVERED_ENOUGH (60 * SPAN_S)

static bool
mentions(const char *text, int alert, const char *from, const char *to)
{
	const char *begin = strstr(text, from), *end;
	char name[32];
	const char *at;

	if (begin == NULL)
		return false;
	end = strstr(begin, to);
	snprintf(name, sizeof(name), "A%d{i=%d}", alert / 2, alert % 2);
	at = strstr(begin, name);
	return at != NULL && (end == NULL || at < end);
}

static int
group_of(const char *text)
{
	const char *at = strchr(text, 'A');

	return at != NULL ? at[1] - '0' : 0;
}

static void
judge_muted(struct day *d, struct member *m, const struct fake_sent *sent)
{
	for (int a = 0; a < ALERTS; a++)
		if (m->covered_since[a] >= 0 && d->now - m->covered_since[a] > COVERED_ENOUGH + d->members_n * PEER_TIMEOUT &&
		    mentions(sent->text, a, " firing [", "]"))
			fail(d, "muted: member %d tells%s though a silence covers A%d{i=%d} there", m->number, sent->text, a / 2,
			    a % 2);
}

/* When whoever told the last end of x looked at its alerts, as m's entry of the log says. */
static span
looked_at(const struct day *d, const struct alert_state *x, const struct log_entry *entry)
{
	return wall_sub(wall_add(entry->timestamp, -entry->age), true_time(d, d->members[x->ended_by].clock));
}

static void
note_mentions(void *arg, const struct change *c)
{
	struct member *m = arg;
	struct told t;

	if (c->kind != CHANGE_LOG_ENTRY)
		return;
	t = told_of(c->entry);
	for (int a = 0; a < ALERTS; a++) {
		const struct alert_state *x = &m->day->alerts[a];

		/* Not of other groups; what m has told itself says nothing new; and who looked before told of an end before that one. */
		if (group_of_key(c->entry->key.group_key) != a / 2)
			continue;
		/* Its own word that does not mention it has taken the place of what it had heard. */
		if (!c->entry->by_peer && !set_has(&t.firing, x->hash) && !set_has(&t.resolved, x->hash))
			m->heard_end[a] = 0;
		if (c->entry->by_peer)
			m->heard_end[a] = set_has(&t.resolved, x->hash) && x->ended_told >= x->ended ? looked_at(m->day, x, c->entry) : 0;
	}
}

void
judge_heard(struct member *m)
{
	struct share_cursor at = { 0 };
	struct work all = { INT64_MAX };

	(void)view_shared_some(m->world.engine, &at, &all, note_mentions, m);
}

/*
 * The receiver knows of its last end, by somebody who was posted it; m has heard what that one told, and was not posted it, or was and
 * its clock is behind. Clocks that differ may hide the first, and what is told next both, as the log has the last word only.
 */
static void
judge_stale(struct day *d, struct member *m, const struct fake_sent *sent, int a)
{
	const struct alert_state *x = &d->alerts[a];
	bool knows = m->posted[a] >= x->ended && (!x->fires || m->posted[a] < x->changed);

	if (x->believed || x->ended_by == m->number || x->ended_told < x->ended || m->heard_end[a] < x->ended || d->now - x->ended_told > RETENTION - 30 * SPAN_S - clocks_apart(d))
		return;
	if (knows || m->posted[a] + clocks_apart(d) + STEP < m->heard_end[a])
		fail(d, "stale: member %d tells%s, but A%d{i=%d} was told to have ended %.1f s ago, and was posted there %.1f s ago", m->number,
		    sent->text, a / 2, a % 2, (double)(d->now - x->ended_told) / 1e9, (double)(d->now - m->posted[a]) / 1e9);
}

void
judge_sent(struct day *d, struct member *m, const struct fake_sent *sent)
{
	int g = group_of(sent->text);
	bool taken = sent->taken, rivals;
	span late = mono_sub(m->world.now.mono, sent->at.mono);

	d->sends++;
	say(d, "member %d tells%s%s%s", m->number, sent->text, taken ? "" : " (in vain)",
	    sent->unsure != 0 ? unsure_text((enum unsure_cause)(sent->unsure - 1)) : "");
	/* A member that went down or stood still right then has sent it before others told what is known already. */
	if (late > 2 * STEP && d->now - late < d->last_at[g])
		return;
	judge_muted(d, m, sent);
	if (d->claims)
		judge_claimed(d, m, sent, taken);
	if (!taken)
		return;
	/* News of a moment ago may not have come round yet; and what two tell together is told once more. */
	rivals = d->now - d->last_at[g] < 2 * SPAN_S && (d->rivals[g] || strcmp(d->last_text[g], sent->text) != 0);
	if (d->calm && sent->unsure == 0 && !d->rivals[g] && d->now - d->last_at[g] > 2 * SPAN_S + 2 * STEP && strcmp(d->last_text[g], sent->text) == 0 && d->now - d->last_at[g] < 28 * SPAN_S &&
	    strstr(sent->text, "repeat") == NULL)
		fail(d, "once: member %d tells again:%s", m->number, sent->text);
	snprintf(d->last_text[g], sizeof(d->last_text[g]), "%s", sent->text);
	d->last_at[g] = d->now;
	d->rivals[g] = rivals;
	for (int a = 0; a < ALERTS; a++) {
		struct alert_state *x = &d->alerts[a];

		if (mentions(sent->text, a, " firing [", "]")) {
			judge_stale(d, m, sent, a);
			/* Its log has its own word now. */
			m->heard_end[a] = 0;
			x->believed = true;
			x->told = d->now;
		} else if (mentions(sent->text, a, " resolved [", "]")) {
			x->believed = false;
			x->ended_told = d->now;
			x->ended_by = m->number;
		}
	}
}

/* Again only when they have changed: to find each in each step was half of all that a day costs. */
static void
find_silences(const struct day *d, struct member *m)
{
	struct view_revision is;

	view_revision(m->world.engine, &is);
	if (m->silences_at == is.silences + 1 && m->silences_n == d->silences_n)
		return;
	for (int i = 0; i < d->silences_n; i++)
		m->silences[i] = view_silence(m->world.engine, str_from(d->silences[i].id));
	m->silences_n = d->silences_n;
	m->silences_at = is.silences + 1;
}

/* Members forget it; one that was away for as long, and has not heard of it, then brings the silence back, as in Alertmanager. */
static bool
end_is_forgotten(const struct day *d, const struct known_silence *x)
{
	return d->gossip && d->now - x->changed > RETENTION - clocks_apart(d);
}

void
judge_silences(struct day *d, struct member *m)
{
	bool covered[ALERTS] = { false };

	find_silences(d, m);
	for (int i = 0; i < d->silences_n; i++) {
		struct known_silence *x = &d->silences[i];
		const struct silence *s = m->silences[i];
		enum silence_state state = s != NULL ? silence_state_at(s, m->world.now.wall) : SILENCE_EXPIRED;

		/* An older version, one that ends by itself, may be followed by one that lasts longer. */
		if (x->ended && s != NULL && state == SILENCE_EXPIRED && !wall_after(s->ends, s->updated))
			m->ended_seen[i] = true;
		else if (state != SILENCE_EXPIRED && m->ended_seen[i] && !end_is_forgotten(d, x))
			fail(d, "ended: silence %d is back at member %d", i, m->number);
		if (d->calm && x->ended && state != SILENCE_EXPIRED && d->now - x->changed > 5 * SPAN_S && d->now - m->up_at > 60 * SPAN_S)
			fail(d, "converge: member %d has not heard of the end of silence %d", m->number, i);
		if (s != NULL && wall_sub(m->world.now.wall, s->ends) > RETENTION + 3 * SPAN_MIN)
			fail(d, "forgotten: member %d still has silence %d", m->number, i);
		/* Not one that ends in this step. */
		if (state == SILENCE_ACTIVE && wall_after(s->ends, wall_add(m->world.now.wall, STEP)))
			covered[2 * x->alert_group] = covered[2 * x->alert_group + 1] = true;
	}
	for (int a = 0; a < ALERTS; a++) {
		if (!covered[a])
			m->covered_since[a] = -1;
		else if (m->covered_since[a] < 0)
			m->covered_since[a] = d->now;
		/* Somebody may not tell. */
		if (covered[a])
			d->alerts[a].trouble = d->now;
	}
}

/* It was told to fire so long ago, and then held back, that the log had forgotten it when it ended. */
static bool
is_forgotten(const struct alert_state *x)
{
	return x->trouble > x->told && x->changed > x->told + RETENTION;
}

void
judge_told(struct day *d)
{
	for (int a = 0; a < ALERTS && !d->failed; a++) {
		struct alert_state *x = &d->alerts[a];
		span since = x->changed > x->trouble ? x->changed : x->trouble;

		if (d->now - since < LONG_ENOUGH + clocks_apart(d))
			continue;
		/* An end while it was muted is not told; nor, always, one that not all have heard of, as in Alertmanager. */
		if (x->fires && !x->believed)
			fail(d, "told: A%d{i=%d} fires for %.0f s, and the receiver does not know", a / 2, a % 2,
			    (double)(d->now - since) / 1e9);
		else if (!x->fires && x->believed && x->trouble < x->changed && !is_forgotten(x))
			fail(d, "told: A%d{i=%d} ended %.0f s ago, and the receiver does not know", a / 2, a % 2,
			    (double)(d->now - since) / 1e9);
	}
}

void
judge_converged(struct day *d)
{
	for (int i = 0; i < d->silences_n; i++) {
		const struct silence *first = view_silence(d->members[0].world.engine, str_from(d->silences[i].id));

		for (int m = 1; m < d->members_n; m++) {
			const struct silence *s = view_silence(d->members[m].world.engine, str_from(d->silences[i].id));

			/* About to be forgotten by one earlier than by another. */
			if ((s == NULL) != (first == NULL) &&
			    wall_sub(d->members[m].world.now.wall, s != NULL ? s->ends : first->ends) > RETENTION - 3 * SPAN_MIN)
				continue;
			if ((s == NULL) != (first == NULL) || (s != NULL && (wall_cmp(s->updated, first->updated) != 0 ||
			    wall_cmp(s->ends, first->ends) != 0)))
				fail(d, "converge: members 0 and %d have silence %d differently", m, i);
		}
	}
}
