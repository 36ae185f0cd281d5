/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of decisions (core/notification.h), for those that claim. */
#include "base/hash.h"
#include "engine_state.h"

static uint64_t
mix_str(uint64_t h, struct str s)
{
	return hash_mix(hash_mix(h, fnv64(FNV64_INIT, s.p, s.n)), s.n);
}

static uint64_t
mix_hashes(uint64_t h, const uint64_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		h = hash_mix(h, v[i]);
	return hash_mix(h, n);
}

static uint64_t
mix_time(uint64_t h, struct wall t)
{
	return hash_mix(hash_mix(h, (uint64_t)t.s), (uint64_t)t.ns);
}

static struct wall
newest_start(const struct flight *f)
{
	struct wall newest = WALL_ZERO;

	for (size_t i = 0; i < f->passed_n; i++)
		if (wall_after(alert_starts(f->passed[i].alert), newest))
			newest = alert_starts(f->passed[i].alert);
	return newest;
}

/*
 * From what was told last and what is to be told now: members that cannot ask the store come to the same. The beginnings of alerts, and
 * revision, that of the record for which it was made or 0, tell one episode from another when nothing is known of what was told.
 */
static uint64_t
half_decision(uint64_t h, const struct leg *leg, const struct log_entry *told, uint64_t revision)
{
	const struct flight *f = leg->flight;
	struct log_key key = log_key_of(f->key, f->route->receiver, leg->integration);

	h = mix_str(mix_str(mix_str(hash_mix(h, key.index), key.group_key), key.receiver), key.integration);
	h = mix_time(hash_mix(h, revision), newest_start(f));
	if (told != NULL && told->firing_n + told->resolved_n > 0)
		h = mix_time(h, told->timestamp);
	return mix_hashes(mix_hashes(h, f->firing, f->firing_n), f->resolved, f->resolved_n);
}

static bool
is_decided(const struct leg *leg)
{
	return leg->note.decision.hi != 0 || leg->note.decision.lo != 0;
}

/* It stays for all attempts of the leg. */
void
decision_find(struct leg *leg, const struct log_entry *told, uint64_t revision)
{
	if (!is_decided(leg))
		leg->note.decision = (struct decision){ half_decision(1, leg, told, revision),
			half_decision(2, leg, told, revision) };
}
