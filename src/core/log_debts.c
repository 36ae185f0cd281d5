/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The traces that a notification leaves in the log when it is given up.
 *
 * Alertmanager's log knows of successes only. COMPAT: so a receiver that took
 * a message, but whose answer was lost, never hears that the alerts ended;
 * here the log remembers which alerts may have been told of, so that their end
 * is told too. COMPAT: and when one of several recipients could not be served,
 * the next flush tells all of them again; here the log remembers who has been
 * served, so that only the others are told the same again.
 *
 * And what keeps it from forgetting: a silence with notify_resolved promises
 * that ends are told, however long it lasts and whatever the rest of the group
 * does. So what it holds back stays in doubt as long as it fires.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine_state.h"
#include "hashes.h"

/* The alerts that one integration was to be told of, as sorted label hashes; ended ones only if it wants to hear of them. */
struct content {
	const uint64_t *firing, *resolved;
	size_t firing_n, resolved_n;
};

static struct content
content_of(const struct leg *leg)
{
	const struct flight *f = leg->flight;
	bool all = leg_sends_resolved(leg);

	return (struct content){ f->firing, all ? f->resolved : NULL, f->firing_n, all ? f->resolved_n : 0 };
}

/* Those who know that much need not be told again. It is stored: it never changes. */
static uint64_t
hash_content(const struct content *c)
{
	uint64_t h = fnv64(FNV64_INIT, c->firing, c->firing_n * sizeof(uint64_t));

	return fnv64(fnv64_byte(h, ' '), c->resolved, c->resolved_n * sizeof(uint64_t));
}

/* Do those who were served still count as told, or is it time to repeat? */
static bool
still_told(const struct partly_told *partly, const struct content *c, span repeat_interval, struct wall now)
{
	span age = wall_sub(now, partly->at);

	return partly->n > 0 && partly->content == hash_content(c) && age >= 0 && age < repeat_interval;
}

/* The log may have forgotten it when the notification is given up. */
static void
find_owed(const struct log_entry *entry, struct leg *leg)
{
	const struct flight *f = leg->flight;
	const uint64_t *lists[] = { f->firing, f->resolved };
	size_t sizes[] = { f->firing_n, f->resolved_n }, fired = 0;

	leg->owed = ARENA_ARRAY(f->arena, f->firing_n + f->resolved_n, uint64_t);
	for (size_t k = 0; k < 2; k++) {
		size_t firing = 0, doubtful = 0;

		for (size_t i = 0; i < sizes[k]; i++)
			if (hashes_meet(entry->firing, entry->firing_n, &firing, lists[k][i]) ||
			    hashes_meet(entry->doubtful, entry->doubtful_n, &doubtful, lists[k][i]))
				leg->owed[leg->owed_n++] = lists[k][i];
		if (k == 0)
			fired = leg->owed_n;
	}
	if (fired > 0 && fired < leg->owed_n)
		hashes_sort(leg->owed, leg->owed_n);
}

static void
find_served(const struct log_entry *entry, struct leg *leg, struct wall now)
{
	const struct partly_told *partly = &entry->partly;
	struct arena *a = leg->flight->arena;
	struct content c = content_of(leg);
	struct str *to;

	if (!still_told(partly, &c, leg->flight->route->repeat_interval, now))
		return;
	to = ARENA_ARRAY(a, partly->n, struct str);
	for (size_t i = 0; i < partly->n; i++)
		to[i] = arena_str(a, partly->to[i]);
	leg->note.served = to;
	leg->note.served_n = partly->n;
}

/* Where a walk through ascending hashes has come to in the lists of a flight. */
struct in_flight {
	size_t firing, resolved, muted;
};

static bool
is_told(const struct flight *f, struct in_flight *at, uint64_t hash)
{
	bool fires = hashes_meet(f->firing, f->firing_n, &at->firing, hash);

	return hashes_meet(f->resolved, f->resolved_n, &at->resolved, hash) || fires;
}

/*
 * A flight that goes on after a restart knows nothing of promises: it keeps all that it does not tell of. And a peer that waited long for
 * its turn may have told to fire what had ended, and was told of, and forgotten, here: when it is posted again its end is told.
 */
static void
find_kept(const struct log_entry *entry, struct leg *leg)
{
	const struct flight *f = leg->flight;
	size_t theirs = entry->by_peer ? entry->firing_n : 0, promised = 0, doubtful = 0;
	struct in_flight at = { 0 }, theirs_at = { 0 };

	leg->kept = ARENA_ARRAY(f->arena, entry->doubtful_n + theirs, uint64_t);
	for (size_t i = 0; i < entry->doubtful_n; i++) {
		uint64_t hash = entry->doubtful[i];

		if (f->resumed ? !is_told(f, &at, hash) : hashes_meet(f->promised, f->promised_n, &promised, hash))
			leg->kept[leg->kept_n++] = hash;
	}
	for (size_t i = 0; i < theirs; i++) {
		uint64_t hash = entry->firing[i];
		bool held_back = hashes_meet(f->muted, f->muted_n, &theirs_at.muted, hash);
		bool in_doubt = hashes_meet(entry->doubtful, entry->doubtful_n, &doubtful, hash);

		if (!is_told(f, &theirs_at, hash) && !held_back && !in_doubt)
			leg->kept[leg->kept_n++] = hash;
	}
	hashes_sort(leg->kept, leg->kept_n);
}

void
log_debts_find(const struct log_entry *entry, struct leg *leg, struct moment now)
{
	if (entry == NULL)
		return;
	find_served(entry, leg, now.wall);
	if (!leg_sends_resolved(leg))
		return;
	find_owed(entry, leg);
	find_kept(entry, leg);
}

/* *v with more, sorted, without repetitions; both are sorted. It may be `more` itself. */
static void
add_hashes(const uint64_t **v, size_t *v_n, const uint64_t *more, size_t n, struct arena *a)
{
	uint64_t *all;
	size_t i = 0, k = 0, at = 0;

	if (n == 0)
		return;
	if (*v_n == 0) {
		*v = more;
		*v_n = n;
		return;
	}
	all = ARENA_ARRAY(a, *v_n + n, uint64_t);
	while (i < *v_n || k < n) {
		uint64_t next = k == n || (i < *v_n && (*v)[i] < more[k]) ? (*v)[i] : more[k];

		i += i < *v_n && (*v)[i] == next;
		k += k < n && more[k] == next;
		all[at++] = next;
	}
	*v = all;
	*v_n = at;
}

static void
set_doubtful(struct log_entry *entry, const uint64_t *more, size_t n, struct arena *a)
{
	add_hashes(&entry->doubtful, &entry->doubtful_n, more, n, a);
}

/* How many were served. */
static size_t
set_partly(struct log_entry *entry, const struct recipients *all, const struct content *c, span repeat_interval,
    struct arena *a, struct wall now)
{
	struct str *to = ARENA_ARRAY(a, all->n, struct str);
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].state == RECIPIENT_DONE || all->v[i].state == RECIPIENT_UNKNOWN ||
		    all->v[i].state == RECIPIENT_SUPPRESSED)
			to[n++] = all->v[i].to;
	if (n == 0)
		return 0;
	/* The recipient that was served first waits longest: nobody is to wait for more than a repeat_interval. */
	if (!still_told(&entry->partly, c, repeat_interval, now))
		entry->partly.at = now;
	entry->partly.content = hash_content(c);
	entry->partly.to = to;
	entry->partly.n = n;
	return n;
}

/* Returns what the log holds then. */
static const struct log_entry *
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
	return held;
}

/* The log's entry, or an empty one. */
static struct log_entry
entry_to_change(struct engine *e, struct str group_key, const struct route *route, const struct integration *integration,
    struct wall tick, bool *held_out)
{
	struct log_key key = log_key_of(group_key, route->receiver, integration);
	const struct log_entry *held = nflog_find(e->nflog, &key);

	*held_out = held != NULL;
	if (held != NULL)
		return *held;
	/* Nothing was told: among peers any word is newer, whatever clocks say. */
	return (struct log_entry){
		.key = key,
		.timestamp = clustered(e) ? WALL_ZERO : tick,
		.doubted = WALL_ZERO,
		.expires = tick,
	};
}

/* An alert among many hashes of an entry. */
#define KEEP_UNITS 2

/* Those of f->promised that the entry says were, or may have been, told to fire; *news_out: how many are not doubtful yet. */
static size_t
told_of(const struct flight *f, const struct log_entry *entry, uint64_t *out, size_t *news_out)
{
	size_t n = 0, firing = 0, doubtful = 0;

	*news_out = 0;
	for (size_t i = 0; i < f->promised_n; i++) {
		uint64_t hash = f->promised[i];
		bool in_doubt = hashes_meet(entry->doubtful, entry->doubtful_n, &doubtful, hash);

		if (!in_doubt && !hashes_meet(entry->firing, entry->firing_n, &firing, hash))
			continue;
		out[n++] = hash;
		*news_out += !in_doubt;
	}
	return n;
}

const struct log_entry *
log_debts_keep(struct engine *e, const struct flight *f, const struct integration *i, const struct log_entry *entry,
    struct moment now)
{
	const struct integration_common *common = i->settings;
	span keep = leg_log_time(e, f->route);
	struct log_entry changed;
	uint64_t *told;
	size_t n, news;

	if (f->promised_n == 0 || entry == NULL || !common->send_resolved)
		return entry;
	work_spend(&e->work, KEEP_UNITS * (int64_t)(f->promised_n + entry->firing_n + entry->doubtful_n));
	told = ARENA_ARRAY(f->arena, f->promised_n, uint64_t);
	n = told_of(f, entry, told, &news);
	/* Not with each flush, but well before it is forgotten: three quarters of the time are more than a group_interval. */
	if (n == 0 || (news == 0 && wall_sub(entry->expires, now.wall) >= keep - keep / 4))
		return entry;
	changed = *entry;
	set_doubtful(&changed, told, n, f->arena);
	return put(e, &changed, f->route, now);
}

/* A receiver that may have been told that alerts fire has to hear of their end. */
static void
leave(struct engine *e, struct log_entry *entry, bool held, const struct route *route, struct moment now)
{
	if (held || entry->doubtful_n > 0 || entry->partly.n > 0)
		(void)put(e, entry, route, now);
}

/* When the last attempt was sent: it came to the receiver then or later, if at all. One of before a restart was sent after its tick. */
static struct wall
attempted(const struct leg *leg, struct moment now)
{
	if (leg->attempt == 0)
		return flight_tick(leg->flight, now);
	return wall_add(now.wall, -mono_sub(now.mono, leg->attempt_began));
}

/* Those of leg->owed whose end no peer has told meanwhile come first; how many they are. */
static size_t
still_owed(const struct log_entry *entry, const struct leg *leg)
{
	size_t n = 0;

	if (!entry->by_peer || entry->merge <= leg->flight->merges)
		return leg->owed_n;
	for (size_t i = 0; i < leg->owed_n; i++)
		if (!hashes_have(entry->resolved, entry->resolved_n, leg->owed[i]))
			leg->owed[n++] = leg->owed[i];
	return n;
}

/* A hash among those that the log has to remember: it is compared, copied and written to disk, into memory that is new. */
#define REMEMBER_UNITS 5

void
log_debts_by_leg(struct engine *e, const struct leg *leg, struct moment now)
{
	const struct flight *f = leg->flight;
	struct content c = content_of(leg);
	bool held;
	struct log_entry entry = entry_to_change(e, f->key, f->route, leg->integration, flight_tick(f, now), &held);
	size_t served = set_partly(&entry, &leg->note.recipients, &c, f->route->repeat_interval, f->arena,
	    wall_utc(now.wall));

	if ((leg->in_doubt || served > 0) && leg_sends_resolved(leg)) {
		set_doubtful(&entry, f->firing, f->firing_n, f->arena);
		if (clustered(e) && (leg->attempts > 0 || f->resumed))
			log_entry_doubted(&entry, attempted(leg, now));
	}
	set_doubtful(&entry, leg->owed, still_owed(&entry, leg), f->arena);
	work_spend(&e->work, REMEMBER_UNITS * (int64_t)(entry.firing_n + entry.resolved_n + entry.doubtful_n));
	leave(e, &entry, held, f->route, now);
}

/* Ends that the log says were told later are known. */
static const uint64_t *
not_ended(const struct log_entry *entry, const struct log_entry *telling, struct arena *a, size_t *n_out)
{
	bool newer = wall_after(telling->timestamp, entry->timestamp);

	uint64_t *v = ARENA_ARRAY(a, telling->firing_n, uint64_t);

	*n_out = 0;
	for (size_t i = 0; i < telling->firing_n; i++)
		if (newer || !hashes_have(entry->resolved, entry->resolved_n, telling->firing[i]))
			v[(*n_out)++] = telling->firing[i];
	return v;
}

void
log_debts_by_claim(struct engine *e, const struct leg *leg, const struct log_entry *telling, struct moment now)
{
	const struct flight *f = leg->flight;
	bool held;
	size_t n;
	struct log_entry entry = entry_to_change(e, f->key, f->route, leg->integration, WALL_ZERO, &held);

	if (leg_sends_resolved(leg)) {
		set_doubtful(&entry, entry.claimed, entry.claimed_n, f->arena);
		if (telling != NULL) {
			const uint64_t *v = not_ended(&entry, telling, f->arena, &n);

			set_doubtful(&entry, v, n, f->arena);
			add_hashes(&entry.doubtful_ends, &entry.doubtful_ends_n, telling->resolved, telling->resolved_n, f->arena);
			log_entry_doubted(&entry, telling->timestamp);
		}
	}
	entry.claimed = NULL;
	entry.claimed_n = 0;
	leave(e, &entry, held, f->route, now);
}

/* Those of v that are in w. */
static const uint64_t *
common(const uint64_t *v, size_t v_n, const uint64_t *w, size_t w_n, struct arena *a, size_t *n_out)
{
	uint64_t *both = ARENA_ARRAY(a, v_n, uint64_t);

	*n_out = 0;
	for (size_t i = 0; i < v_n; i++)
		if (hashes_have(w, w_n, v[i]))
			both[(*n_out)++] = v[i];
	return both;
}

void
log_debts_by_rival(const struct log_entry *rival, struct log_entry *entry, struct arena *a)
{
	size_t fire, ended;
	const uint64_t *v = common(rival->firing, rival->firing_n, entry->resolved, entry->resolved_n, a, &fire);
	const uint64_t *w = common(rival->resolved, rival->resolved_n, entry->firing, entry->firing_n, a, &ended);

	set_doubtful(entry, v, fire, a);
	add_hashes(&entry->doubtful_ends, &entry->doubtful_ends_n, w, ended, a);
}

void
log_debts_by_intent(struct engine *e, const struct restored_intent *r, const struct group *g,
    const struct integration *integration, struct moment now)
{
	const struct integration_common *common = integration->settings;
	const struct intent_state *i = &r->state;
	struct arena *a = arena_new();
	struct content c = { .firing = r->hashes, .firing_n = r->firing_n };
	bool held;
	struct wall tick = wall_after(i->flushed, now.wall) ? now.wall : i->flushed;
	struct log_entry entry = entry_to_change(e, istr_str(g->key), g->route, integration, wall_utc(tick), &held);

	hashes_sort(r->hashes, r->firing_n);
	/* As the integration is now; it may have wanted to hear of ends before. */
	if (common->send_resolved) {
		c.resolved = r->hashes + r->firing_n;
		c.resolved_n = r->resolved_n;
		hashes_sort(r->hashes + r->firing_n, r->resolved_n);
	}
	set_partly(&entry, &i->recipients, &c, g->route->repeat_interval, a, wall_utc(now.wall));
	if (common->send_resolved) {
		set_doubtful(&entry, c.firing, c.firing_n, a);
		if (clustered(e))
			log_entry_doubted(&entry, tick);
	}
	leave(e, &entry, held, g->route, now);
	arena_free(&a);
}
