/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A leg among the peers of a cluster: it waits for its turn, and leaves to them what they have told.
 */
#include "engine_state.h"

const struct log_entry *
leg_logged(const struct engine *e, const struct leg *leg)
{
	struct log_key key = log_key_of(leg->flight->key, leg->flight->route->receiver, leg->integration);

	return nflog_find(e->nflog, &key);
}

bool
leg_told_meanwhile(const struct log_entry *entry, const struct flight *f)
{
	return entry != NULL && entry->by_peer && entry->merge > f->merges;
}

bool
leg_is_overtaken(struct engine *e, const struct leg *leg, const struct log_entry *entry, struct moment now)
{
	const struct flight *f = leg->flight;

	if (entry == NULL || !entry->by_peer)
		return false;
	if ((f->resumed || leg_told_meanwhile(entry, f)) && (wall_after(entry->timestamp, flight_tick(f, now)) || outdated_fires(f, entry)))
		return true;
	/* It has waited since, and alerts were posted again. */
	return wall_cmp(f->seen, now.wall) != 0 && outdated_meanwhile(e, f, now);
}

/* Both sorted. */
static bool
have_common(const uint64_t *a, size_t a_n, const uint64_t *b, size_t b_n)
{
	for (size_t i = 0, k = 0; i < a_n && k < b_n;) {
		if (a[i] == b[k])
			return true;
		a[i] < b[k] ? i++ : k++;
	}
	return false;
}

bool
log_entries_contradict(const struct log_entry *a, const struct log_entry *b)
{
	return have_common(a->firing, a->firing_n, b->resolved, b->resolved_n) ||
	    have_common(a->resolved, a->resolved_n, b->firing, b->firing_n);
}

bool
leg_should_yield(const struct leg *leg, const struct log_entry *entry)
{
	const struct flight *f = leg->flight;

	return !f->group->overtaken || outdated_fires(f, entry) || have_common(f->firing, f->firing_n, entry->resolved, entry->resolved_n) ||
	    have_common(f->resolved, f->resolved_n, entry->firing, entry->firing_n);
}

void
leg_overtaken(struct engine *e, struct leg *leg, const struct log_entry *entry, bool again, struct moment now)
{
	struct event ev = { EVENT_NOTIFY_OVERTAKEN, now, .notify_overtaken = { leg_event(leg), entry->timestamp, again } };

	if (again)
		e->counters.overtaken++;
	else
		e->counters.told_by_peer++;
	if (event_heard(e, EVENT_NOTIFY_OVERTAKEN))
		emit(e, &ev);
	leg->flight->overtaken |= again;
	leg_succeeded(e, leg, now);
}

/*
 * COMPAT: the log is read again before every retry (prometheus/alertmanager#3865, #4108, #4179), as peers have the same
 * to tell, and their receiver is back when ours is.
 */
bool
leg_still_to_be_told(struct engine *e, struct leg *leg, struct moment now)
{
	uint64_t merges = leg->merges;
	const struct log_entry *entry;
	struct reason_facts facts;
	struct leg_verdict v;

	leg->merges = e->merges;
	if (merges == e->merges && !leg->flight->resumed)
		return true;
	entry = leg_logged(e, leg);
	if (entry == NULL)
		return true;
	/* Where members claim, what was news may have been so on account of a claim that has come to nothing. */
	if (leg->claim == NULL && (!entry->by_peer || (entry->merge <= merges && !leg->flight->resumed)))
		return true;
	facts = leg_facts(leg->flight, leg->integration);
	v = leg_judge(entry, &facts);
	if (v.told && !leg_is_overtaken(e, leg, entry, now))
		return true;
	leg_overtaken(e, leg, entry, v.logged, now);
	return false;
}

static void
tell_waits(struct engine *e, const struct leg *leg, span wait, struct moment now)
{
	const struct claims_state *c = &e->claims;
	bool ranked = c->on && wait == claims_wait(c, leg->flight->key);
	struct event ev;

	if (!event_heard(e, EVENT_NOTIFY_WAITS))
		return;
	ev = (struct event){ EVENT_NOTIFY_WAITS, now,
		.notify_waits = { leg_event(leg), wait, ranked ? claims_rank(c, leg->flight->key) : e->cluster.position,
			ranked ? (unsigned)c->members_n : e->cluster.members } };
	emit(e, &ev);
}

bool
leg_wait_for_turn(struct engine *e, struct leg *leg, struct moment now)
{
	span wait = cluster_turn(e, leg->flight->key, now);

	leg->state = LEG_WAITING;
	if (e->claims.on)
		leg_claim_enter(e, leg, now);
	if (wait == 0)
		return false;
	tell_waits(e, leg, wait, now);
	leg_arm(e, leg, mono_add(now.mono, wait));
	return true;
}
