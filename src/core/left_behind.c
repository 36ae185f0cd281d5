/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a notification that was given up leaves behind in the log.
 *
 * COMPAT: Alertmanager's log knows of successes only. So a receiver that took
 * a message, but whose answer was lost, never hears that the alerts ended; and
 * when one of several recipients could not be served, the next flush tells all
 * of them again. Here the log remembers which alerts may have been told of,
 * so that their end is told too, and who has been served, so that only the
 * others are told the same again.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine_state.h"

/* Which alerts, in which state: those who know that much need not be told again. Never changes, as it is stored. */
static uint64_t
told_content(const struct leg *leg)
{
	const struct flight *f = leg->flight;
	uint64_t h = fnv64(FNV64_INIT, f->firing, f->firing_n * sizeof(uint64_t));

	h = fnv64_byte(h, ' ');
	return leg_sends_resolved(leg) ? fnv64(h, f->resolved, f->resolved_n * sizeof(uint64_t)) : h;
}

static int
cmp_hashes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
is_in(uint64_t hash, const uint64_t *v, size_t n)
{
	return n > 0 && bsearch(&hash, v, n, sizeof(hash), cmp_hashes) != NULL;
}

/* The log may have forgotten it when the notification is given up. */
static void
find_owed(const struct log_entry *entry, struct leg *leg)
{
	const struct flight *f = leg->flight;
	const uint64_t *lists[] = { f->firing, f->resolved };
	size_t sizes[] = { f->firing_n, f->resolved_n };

	leg->owed = ARENA_ARRAY(f->arena, f->firing_n + f->resolved_n, uint64_t);
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sizes[k]; i++)
			if (is_in(lists[k][i], entry->firing, entry->firing_n) ||
			    is_in(lists[k][i], entry->doubtful, entry->doubtful_n))
				leg->owed[leg->owed_n++] = lists[k][i];
}

static void
find_served(const struct log_entry *entry, struct leg *leg, struct wall now)
{
	const struct flight *f = leg->flight;
	const struct partly_told *partly = &entry->partly;
	struct str *to;
	span age;

	if (partly->n == 0 || partly->content != told_content(leg))
		return;
	age = wall_sub(now, partly->at);
	if (age < 0 || age >= f->route->repeat_interval)
		return;
	to = ARENA_ARRAY(f->arena, partly->n, struct str);
	for (size_t i = 0; i < partly->n; i++)
		to[i] = arena_str(f->arena, partly->to[i]);
	leg->note.served = to;
	leg->note.served_n = partly->n;
}

void
left_behind_find(const struct log_entry *entry, struct leg *leg, struct moment now)
{
	if (entry == NULL)
		return;
	find_served(entry, leg, now.wall);
	if (leg_sends_resolved(leg))
		find_owed(entry, leg);
}

/* The two lists as one, sorted, without repetitions. */
static void
set_doubtful(struct log_entry *entry, const uint64_t *more, size_t n, struct arena *a)
{
	uint64_t *all = ARENA_ARRAY(a, entry->doubtful_n + n, uint64_t);
	size_t at = 0, kept = 0;

	for (size_t i = 0; i < entry->doubtful_n; i++)
		all[at++] = entry->doubtful[i];
	for (size_t i = 0; i < n; i++)
		all[at++] = more[i];
	qsort(all, at, sizeof(all[0]), cmp_hashes);
	for (size_t i = 0; i < at; i++)
		if (kept == 0 || all[kept - 1] != all[i])
			all[kept++] = all[i];
	entry->doubtful = all;
	entry->doubtful_n = kept;
}

static void
set_partly(struct log_entry *entry, const struct leg *leg, struct wall now)
{
	const struct recipients *all = &leg->note.recipients;
	struct str *to = ARENA_ARRAY(leg->flight->arena, all->n, struct str);
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].state == RECIPIENT_DONE)
			to[n++] = all->v[i].to;
	if (n == 0)
		return;
	/* Who was served first waits longest: nobody is to wait for more than a repeat_interval. */
	if (leg->note.served_n == 0)
		entry->partly.at = now;
	entry->partly.content = told_content(leg);
	entry->partly.to = to;
	entry->partly.n = n;
}

static void
put(struct engine *e, struct log_entry *entry, const struct route *route, struct moment now)
{
	struct wall keep = wall_add(wall_utc(now.wall), leg_log_time(e, route));
	const struct log_entry *held;

	/* As long as nothing gets through, nothing is forgotten: not even what was told long ago. */
	if (wall_after(keep, entry->expires))
		entry->expires = keep;
	held = nflog_set(e->nflog, entry);

	if (held != NULL)
		save_log_entry(e, held, CHANGE_LOG_ENTRY);
}

/* What the log holds, or an entry that knows of nothing told. */
static struct log_entry
entry_to_change(struct engine *e, struct str key, const struct route *route, const struct integration *integration,
    struct moment now, bool *held_out)
{
	struct str receiver = route->receiver->name, kind = str_from(integration->kind->name);
	const struct log_entry *held = nflog_find(e->nflog, key, receiver, kind, (uint32_t)integration->index);

	*held_out = held != NULL;
	if (held != NULL)
		return *held;
	return (struct log_entry){
		.group_key = key,
		.receiver = receiver,
		.integration = kind,
		.index = (uint32_t)integration->index,
		.timestamp = wall_utc(now.wall),
		.expires = wall_utc(now.wall),
	};
}

void
left_behind_by_leg(struct engine *e, const struct leg *leg, struct moment now)
{
	const struct flight *f = leg->flight;
	bool held;
	struct log_entry entry = entry_to_change(e, f->key, f->route, leg->integration, now, &held);

	if (leg->in_doubt && leg_sends_resolved(leg))
		set_doubtful(&entry, f->firing, f->firing_n, f->arena);
	if (leg->owed_n > 0)
		set_doubtful(&entry, leg->owed, leg->owed_n, f->arena);
	set_partly(&entry, leg, wall_utc(now.wall));
	if (held || entry.doubtful_n > 0 || entry.partly.n > 0)
		put(e, &entry, f->route, now);
}

void
left_behind_by_intent(struct engine *e, const struct intent_state *i, const struct group *g,
    const struct integration *integration, struct moment now)
{
	bool held;
	struct log_entry entry = entry_to_change(e, g->key, g->route, integration, now, &held);
	const struct integration_common *common = integration->settings;
	struct arena *a = arena_new();
	uint64_t *firing = ARENA_ARRAY(a, i->firing_n, uint64_t);
	size_t n = 0;

	for (size_t k = 0; k < i->firing_n; k++) {
		const struct record *r = alerts_find_fingerprint(&e->alerts, i->firing[k]);

		if (r != NULL)
			firing[n++] = r->alert->labels->hash;
	}
	if (common->send_resolved && n > 0) {
		set_doubtful(&entry, firing, n, a);
		put(e, &entry, g->route, now);
	}
	arena_free(&a);
}
