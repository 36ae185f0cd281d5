/* SPDX-License-Identifier: Apache-2.0 */
/* The entry of the notification log that a leg goes by, and the one that it writes. */
#include "engine_state.h"

struct log_key
log_key_of(struct str group_key, const struct receiver *r, const struct integration *i)
{
	return (struct log_key){ group_key, r->name, str_from(i->kind->name), (uint32_t)i->index };
}

static struct log_key
leg_log_key(const struct leg *leg)
{
	return log_key_of(leg->flight->key, leg->flight->route->receiver, leg->integration);
}

const struct log_entry *
leg_log_entry(struct engine *e, const struct leg *leg, struct moment now)
{
	const struct flight *f = leg->flight;
	const struct log_entry *entry = leg_logged(e, leg);
	/* Among peers what was told counts from when it was told, and that may be after a tick that had to wait for its turn. */
	struct wall latest = clustered(e) ? wall_utc(now.wall) : flight_tick(f, now);
	/* Peers hold it with that time, and would not take what seems to be older: it stays, unless a repeat would wait for long. */
	span ahead = clustered(e) ? f->route->repeat_interval : 0;

	if (entry != NULL && wall_sub(entry->timestamp, latest) > ahead && !(entry->by_peer && clustered(e))) {
		nflog_retime(e->nflog, entry, latest);
		save_log_entry(e, entry, CHANGE_LOG_ENTRY);
	}
	return entry;
}

span
leg_log_time(const struct engine *e, const struct route *route)
{
	/*
	 * COMPAT: Alertmanager forgets after twice the repeat_interval even when
	 * the next flush comes later than that, and then tells of no end.
	 */
	span longest = route->repeat_interval > flush_time(route) ? route->repeat_interval : flush_time(route);

	return longest < SPAN_MAX / 2 && 2 * longest < e->options.retention ? 2 * longest : e->options.retention;
}

static struct wall
told_at(const struct engine *e, const struct leg *leg, struct moment now)
{
	const struct flight *f = leg->flight;
	struct wall at = wall_utc(now.wall);
	span back;

	if (!clustered(e))
		return flight_tick(f, now);
	/* Among peers the last word to the receiver counts: where members claim, that which was sent last. */
	if (leg->claim != NULL && leg->note.id != 0)
		at = wall_add(at, -mono_sub(now.mono, leg->attempt_began));
	/* The clock may have been set back since the flush looked at its alerts. It does not tell what was so before that. */
	back = f->resumed ? 0 : wall_sub(f->seen, at);
	return back > 0 && back <= CLOCKS_DIFFER_MOST ? wall_utc(f->seen) : at;
}

static span
age_of(const struct flight *f, struct wall told)
{
	span age = wall_sub(told, f->seen);

	return f->resumed || age > LOG_AGE_MAX ? LOG_AGE_MAX : age > 0 ? age : 0;
}

struct wall
leg_after(const struct engine *e, const struct leg *leg, const struct log_entry *held, struct wall at)
{
	if (held == NULL)
		return at;
	if (wall_after(held->timestamp, at))
		at = wall_add(held->timestamp, 1);
	/* Claims of others that are open may be told yet. */
	if (clustered(e) && (leg->claim == NULL || leg->claim->won) && wall_after(held->doubted, at) &&
	    wall_sub(held->doubted, at) <= CLOCKS_DIFFER_MOST)
		at = held->doubted;
	return at;
}

void
leg_log_told(struct engine *e, struct leg *leg, const struct receiver_data *data, struct moment now)
{
	const struct flight *f = leg->flight;
	struct log_entry entry = {
		.key = leg_log_key(leg),
		.timestamp = told_at(e, leg, now),
		.expires = wall_add(wall_utc(now.wall), leg_log_time(e, f->route)),
		.firing = f->firing,
		.firing_n = f->firing_n,
		.resolved = f->resolved,
		.resolved_n = f->resolved_n,
		.doubtful = leg->kept,
		.doubtful_n = leg->kept_n,
		.data = *data,
	};
	const struct log_entry *held = leg_log_entry(e, leg, now);

	outdated_stay_told(f, &entry, held);
	if (leg->claim != NULL && leg_claim_told_late(e, leg, &entry, held, now))
		return;
	entry.timestamp = leg_after(e, leg, held, entry.timestamp);
	if (clustered(e))
		entry.age = age_of(f, entry.timestamp);
	leg_log_set(e, leg, &entry, held, now);
}
