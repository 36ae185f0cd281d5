/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts of which another member knows more: it has told that they ended after they were posted here last.
 *
 * A member that was away, stood still, is cut off from whoever posts, or whose clock is behind, holds for firing what has ended.
 * COMPAT: Alertmanager's members tell it again then, after another one told its end, until they hear of that end themselves. Here it is
 * left out until it is posted again: what still fires is, and whoever has told the end is not told the contrary. An alert that is
 * left out stays in its group, and its end is owed to those who were told that it fires.
 *
 * Times of two clocks are compared. An end counts from when whoever told it looked at its alerts (Alertmanager's members only say when
 * they had told it), but from when this member heard of it if that clock is ahead: a post after that is news whatever clocks say. A clock
 * that is behind lets pass what could have been left out.
 *
 * And a member whose own clock is behind, or was set back, is posted an end that has not come yet, so that the alert fires until then. The
 * member that told that it ended had the same end, and saw that it was over: the end as it was posted last is compared with that one's clock, and
 * this member's is not asked. Alerts that truly fire again are posted with a later end.
 */
#include "engine_state.h"
#include "hashes.h"

/* An alert that is looked for in what one integration was told; and one of which nothing is in the cache. */
#define LOOK_UNITS 20
#define ALERT_UNITS 60

/* All that was told of a group: the log's entries of its integrations, borrowed. */
struct words {
	const struct log_entry **v;
	size_t n;
};

/* The newest word of the log on one alert. */
struct mention {
	struct wall at;		/* WALL_ZERO: nothing */
	bool ended, by_peer;
	struct wall looked;	/* by the clock of whoever told it */
	struct wall known;	/* here since then, or later */
};

static struct wall
known_at(const struct log_entry *entry, struct wall looked)
{
	/* Since when a restored one is known is not known any more. */
	return entry->merge > 0 && wall_before(entry->heard, looked) ? entry->heard : looked;
}

static void
look_into(const struct log_entry *entry, uint64_t hash, struct mention *newest)
{
	struct wall looked = wall_add(entry->timestamp, -entry->age);
	bool ended;

	if (!wall_is_zero(newest->at) && wall_before(entry->timestamp, newest->at))
		return;
	ended = hashes_have(entry->resolved, entry->resolved_n, hash);
	/* This member's own word is none of another that fires. */
	if (ended || (entry->by_peer && hashes_have(entry->firing, entry->firing_n, hash)))
		*newest = (struct mention){ entry->timestamp, ended, entry->by_peer, looked, known_at(entry, looked) };
}

static struct mention
mention_of(const struct words *words, uint64_t hash)
{
	struct mention newest = { .at = WALL_ZERO };

	for (size_t i = 0; i < words->n; i++)
		look_into(words->v[i], hash, &newest);
	return newest;
}

/* Has r ended, as whoever told its end saw it? */
static bool
is_over(const struct alert_entry *r, const struct mention *end, struct wall now)
{
	/* One that is in the future is of a clock that was set since. And what has ended here fires because it was posted since, whatever
	 * this member's clock says. */
	if (end->by_peer && !wall_after(end->known, now) && wall_after(end->known, alert_posted(r->alert)))
		return true;
	return !wall_after(alert_stated_end(r->alert), end->looked) && wall_sub(end->looked, now) <= CLOCKS_DIFFER_MOST;
}

/* In f's arena. */
static struct words
words_of(const struct engine *e, const struct flight *f)
{
	const struct receiver *to = f->route->receiver;
	struct words words = { ARENA_ARRAY(f->arena, to->n, const struct log_entry *), 0 };

	for (size_t i = 0; i < to->n; i++) {
		struct log_key key = log_key_of(f->key, to, &to->integrations[i]);
		const struct log_entry *entry = nflog_find(e->nflog, &key);

		if (entry != NULL)
			words.v[words.n++] = entry;
	}
	return words;
}

static bool
is_outdated(struct engine *e, const struct words *words, struct alert_entry *r, struct wall now)
{
	struct mention newest = mention_of(words, labels_hash(r->alert->labels));

	work_spend(&e->work, LOOK_UNITS * (int64_t)words->n);
	if (newest.ended)
		r->outdated |= is_over(r, &newest, now);
	else if (!wall_is_zero(newest.at))
		r->outdated = false;
	return r->outdated;
}

/* Their ends are owed as those of silenced ones may be. Both lists are sorted, and no alert is in both. */
static void
promise(struct flight *f, const uint64_t *hashes, size_t n)
{
	uint64_t *all = ARENA_ARRAY(f->arena, f->promised_n + n, uint64_t);
	size_t at = 0, i = 0, k = 0;

	while (i < f->promised_n || k < n)
		all[at++] = k == n || (i < f->promised_n && f->promised[i] < hashes[k]) ? f->promised[i++] : hashes[k++];
	f->promised = all;
	f->promised_n = at;
}

bool
outdated_leave_out(struct engine *e, struct flight *f, struct moment now)
{
	struct passage *p = &f->passage;
	struct words words;

	if (!clustered(e))
		return true;
	/* The log may have got on since the last slice. */
	words = words_of(e, f);
	if (f->outdated == NULL)
		f->outdated = ARENA_ARRAY(f->arena, p->left_n, uint64_t);
	for (; p->at < p->left_n; p->at++) {
		uint32_t place = p->left[p->at];

		if (work_used_up(&e->work))
			return false;
		work_spend(&e->work, ALERT_UNITS);
		if (f->all[place].resolved || !is_outdated(e, &words, f->entries[place], now.wall))
			p->left[p->kept++] = place;
		else
			f->outdated[f->outdated_n++] = f->ids[place].hash;
	}
	p->left_n = p->kept;
	if (!hashes_sort_some(&f->lists.sorting, f->outdated, f->outdated_n, &e->work))
		return false;
	if (f->outdated_n > 0)
		promise(f, f->outdated, f->outdated_n);
	return true;
}

bool
outdated_meanwhile(struct engine *e, const struct flight *f, struct moment now)
{
	struct words words = words_of(e, f);

	for (size_t i = 0; i < f->passed_n; i++) {
		const struct labels *labels = f->passed[i].alert->labels;
		struct alert_entry *r;

		if (f->passed[i].resolved)
			continue;
		r = alerts_find(&e->alerts, labels);
		/* It has ended here since, too. */
		if (r == NULL || alert_resolved_at(r->alert, now.wall) ? mention_of(&words, labels_hash(labels)).ended : is_outdated(e, &words, r, now.wall))
			return true;
	}
	return false;
}

/* *v, sorted, with those of more that are in `in`. */
static void
keep(struct arena *a, const uint64_t **v, size_t *v_n, const uint64_t *more, size_t more_n, const uint64_t *in, size_t in_n)
{
	uint64_t *all = ARENA_ARRAY(a, *v_n + more_n, uint64_t);
	size_t n = 0;

	for (size_t i = 0; i < *v_n; i++)
		all[n++] = (*v)[i];
	for (size_t i = 0; i < more_n; i++)
		if (hashes_have(in, in_n, more[i]))
			all[n++] = more[i];
	hashes_sort(all, n);
	*v = all;
	*v_n = n;
}

void
outdated_stay_told(const struct flight *f, struct log_entry *entry, const struct log_entry *held)
{
	if (held == NULL || f->outdated_n == 0)
		return;
	keep(f->arena, &entry->firing, &entry->firing_n, f->outdated, f->outdated_n, held->firing, held->firing_n);
	keep(f->arena, &entry->resolved, &entry->resolved_n, f->outdated, f->outdated_n, held->resolved, held->resolved_n);
}

bool
outdated_fires(const struct flight *f, const struct log_entry *entry)
{
	for (size_t i = 0; i < f->outdated_n; i++)
		if (hashes_have(entry->firing, entry->firing_n, f->outdated[i]))
			return true;
	return false;
}
