/* SPDX-License-Identifier: Apache-2.0 */
#include "reason.h"

#include "hashes.h"

/* Both sorted. */
static bool
subset(const uint64_t *part, size_t part_n, const uint64_t *whole, size_t whole_n)
{
	size_t w = 0;

	for (size_t i = 0; i < part_n; i++) {
		while (w < whole_n && whole[w] < part[i])
			w++;
		if (w == whole_n || whole[w] != part[i])
			return false;
	}
	return true;
}

/* Both sorted. */
static bool
any_in(const uint64_t *v, size_t n, const uint64_t *among, size_t among_n)
{
	for (size_t i = 0, k = 0; i < n && k < among_n;) {
		if (v[i] == among[k])
			return true;
		v[i] < among[k] ? i++ : k++;
	}
	return false;
}

/*
 * COMPAT: a tick against the tick that was told last, so that it is time again
 * after exactly repeat_interval when that is a multiple of group_interval.
 * Alertmanager compares with the time of the receiver's answer, and is nearly
 * always an interval late. The little that is missing at most is what the wall
 * clock may have been corrected by since.
 */
static span
repeats_after(const struct reason_facts *f)
{
	span missing = f->group_interval / 100 < SPAN_S ? f->group_interval / 100 : SPAN_S;

	return f->repeat_interval - missing;
}

struct wall
reason_repeat_tick(struct wall told, const struct reason_facts *f)
{
	struct wall from = wall_add(told, repeats_after(f));
	span wait = wall_sub(from, f->tick);

	if (wait <= 0)
		return f->tick;
	return wall_add(f->tick, (wait - 1) / f->group_interval * f->group_interval + f->group_interval);
}

enum reason
reason_to_notify(const struct log_entry *entry, const struct reason_facts *f)
{
	bool doubtful;

	if (entry == NULL)
		return f->firing_n > 0 ? REASON_FIRST : REASON_NONE;
	if (!subset(f->firing, f->firing_n, entry->firing, entry->firing_n))
		return entry->firing_n == 0 ? REASON_FIRST : REASON_NEW_ALERTS;
	/* The receiver may take what fires for ended. */
	if (f->send_resolved && any_in(f->firing, f->firing_n, entry->doubtful_ends, entry->doubtful_ends_n))
		return REASON_NEW_ALERTS;
	doubtful = any_in(f->resolved, f->resolved_n, entry->doubtful, entry->doubtful_n) ||
	    any_in(f->resolved, f->resolved_n, entry->claimed, entry->claimed_n);
	/* Whether or not resolved alerts are sent: the log has to forget what fired. */
	if (f->firing_n == 0)
		return entry->firing_n > 0 || doubtful ? REASON_ALL_RESOLVED : REASON_NONE;
	if (f->send_resolved && (doubtful || !subset(f->resolved, f->resolved_n, entry->resolved, entry->resolved_n)))
		return REASON_SOME_RESOLVED;
	if (wall_sub(f->tick, entry->timestamp) >= repeats_after(f))
		return REASON_REPEAT;
	return REASON_NONE;
}

/* One alert that fires: told, or perhaps told to; and perhaps told to have ended. */
static bool
perhaps_fires(const struct log_entry *entry, uint64_t hash, bool *doubts)
{
	bool perhaps = hashes_have(entry->doubtful, entry->doubtful_n, hash) || hashes_have(entry->claimed, entry->claimed_n, hash);

	*doubts |= perhaps || hashes_have(entry->doubtful_ends, entry->doubtful_ends_n, hash);
	return perhaps || hashes_have(entry->firing, entry->firing_n, hash);
}

static bool
perhaps_ended(const struct log_entry *entry, uint64_t hash, bool *doubts)
{
	bool perhaps = hashes_have(entry->doubtful_ends, entry->doubtful_ends_n, hash);

	*doubts |= perhaps || hashes_have(entry->doubtful, entry->doubtful_n, hash) || hashes_have(entry->claimed, entry->claimed_n, hash);
	return perhaps || hashes_have(entry->resolved, entry->resolved_n, hash);
}

bool
reason_perhaps_known(const struct log_entry *entry, const struct reason_facts *f)
{
	bool doubts = false;

	if (entry == NULL || entry->doubtful_n + entry->claimed_n + entry->doubtful_ends_n == 0)
		return false;
	for (size_t i = 0; i < f->firing_n; i++)
		if (!perhaps_fires(entry, f->firing[i], &doubts))
			return false;
	for (size_t i = 0; i < f->resolved_n; i++)
		if (!perhaps_ended(entry, f->resolved[i], &doubts))
			return false;
	return doubts;
}
