/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can be seen of the engine and of what it wrote, compared with
 * the model; after a restart that is to say: with what the disk held.
 */
#include <string.h>

#include "sim.h"

static void
compare_group(struct day *d, const struct group_view *v)
{
	const char *key = intern(d, v->key.p, v->key.n);
	const struct m_group *g = group_by_key(d, key);
	alerts_mask members = 0;

	if (g == NULL) {
		sim_fail(d, "6 groups", "the group %s should not be", key);
		return;
	}
	for (size_t i = 0; i < v->alerts_n; i++)
		members |= bit(alert_of_labels(d, v->alerts[i]->labels));
	if (members != g->members)
		sim_fail(d, "6 groups", "%s holds %s, should hold %s", key, mask_text(d, members),
		    mask_text(d, g->members));
	if (v->flushed != g->flushed || (v->muted_by_n > 0) != g->time_muted)
		sim_fail(d, "6 groups", "%s is %sflushed and %smuted", key, v->flushed ? "" : "not ",
		    v->muted_by_n > 0 ? "" : "not ");
	if (wall_to_ns(v->next_flush) - wall_now(d) != g->due - mono_now(d))
		sim_fail(d, "7 wake-ups", "%s is due in %.3f s, should be in %.3f s", key,
		    (double)(wall_to_ns(v->next_flush) - wall_now(d)) / 1e9, (double)(g->due - mono_now(d)) / 1e9);
	if (receiver_of(v->receiver->name) != d->plan->routes[g->route].receiver)
		sim_fail(d, "6 groups", "%s has a wrong receiver", key);
}

static void
compare_groups(struct day *d, struct arena *a)
{
	struct group_view *v;
	size_t n;

	view_groups(d->engine, d->now, a, &v, &n);
	for (size_t i = 0; i < n && !d->failed; i++)
		compare_group(d, &v[i]);
	if (n != d->groups.n && !d->failed)
		sim_fail(d, "6 groups", "there are %zu groups, should be %zu", n, d->groups.n);
}

static void
compare_alert(struct day *d, int i, struct arena *arena)
{
	const struct m_alert *m = &d->alerts[i];
	struct alert *a = view_alert(d->engine, labels_fingerprint(m->labels));
	struct alert_status st;

	if ((a != NULL) != m->stored) {
		sim_fail(d, "5 durable", "alert %d is %sstored", i, a != NULL ? "" : "not ");
		return;
	}
	if (a == NULL)
		return;
	if (wall_to_ns(alert_starts(a)) != m->starts || wall_to_ns(alert_ends(a)) != m->ends)
		sim_fail(d, "5 durable", "alert %d has other times than it should: ends %+.3f s instead of %+.3f s", i,
		    (double)(wall_to_ns(alert_ends(a)) - wall_now(d)) / 1e9, (double)(m->ends - wall_now(d)) / 1e9);
	engine_see(d->engine, d->now);
	view_alert_status(d->engine, a, d->now, arena, &st);
	if ((st.silenced_by_n > 0) != (silenced_among(d, bit(i), wall_now(d), wall_now(d)) != 0))
		sim_fail(d, "2 muted", "alert %d is %ssilenced", i, st.silenced_by_n > 0 ? "" : "not ");
	if (st.inhibited != (inhibited_among(d, bit(i), wall_now(d)) != 0))
		sim_fail(d, "2 muted", "alert %d is %sinhibited", i, st.inhibited ? "" : "not ");
}

static void
compare_silences(struct day *d, struct arena *a)
{
	struct silence **v;
	size_t n;

	view_silences(d->engine, a, &v, &n);
	if (n != d->quiets.n)
		sim_fail(d, "5 durable", "there are %zu silences, should be %zu", n, d->quiets.n);
	for (size_t i = 0; i < d->quiets.n && !d->failed; i++) {
		const struct quiet *q = &d->quiets.v[i];
		const struct silence *s = view_silence(d->engine, str_from(q->id));

		/* The next tick does what its time down asks for. */
		if (d->fresh && (q->x.ends_with || q->x.recurs))
			continue;
		if (s == NULL || wall_to_ns(s->starts) != q->starts || wall_to_ns(s->ends) != q->ends)
			sim_fail(d, "5 durable", "silence %s is not as it should be: %.3f s, %.3f s", q->id,
			    s == NULL ? 0 : (double)(wall_to_ns(s->starts) - q->starts) / 1e9,
			    s == NULL ? 0 : (double)(wall_to_ns(s->ends) - q->ends) / 1e9);
		else if (silence_is_ack(s) != q->x.ack || (q->x.ends_with && s->covered != q->covered) ||
		    silence_ends_with_alert(s) != q->x.ends_with || (silence_schedule(s) != NULL) != q->x.recurs)
			sim_fail(d, "5 durable", "silence %s is another than it should be: ack %d for %d, covered %d for %d, "
			    "ends with its alerts %d for %d, comes again %d for %d", q->id, silence_is_ack(s), q->x.ack, s->covered,
			    q->covered, silence_ends_with_alert(s), q->x.ends_with, silence_schedule(s) != NULL, q->x.recurs);
	}
}

static int64_t
doubted_since(const struct entry *e)
{
	return e->doubted > e->timestamp ? e->doubted : 0;
}

static bool
same_entry(const struct entry *a, const struct entry *b)
{
	return a->timestamp == b->timestamp && a->expires == b->expires && a->firing == b->firing &&
	    a->resolved == b->resolved && a->data == b->data && a->doubtful == b->doubtful &&
	    doubted_since(a) == doubted_since(b) && a->served == b->served && (a->served == 0 || a->served_at == b->served_at);
}

/* All that was written, durable or not yet, is what the model knows. */
static void
compare_written(struct day *d)
{
	const struct image *im = &d->in_memory;
	alerts_mask known = known_alerts(d);

	for (int i = 0; i < d->alerts_n && !d->failed; i++) {
		const struct alert *a = im->alerts[i];

		if ((a != NULL) != ((known & bit(i)) != 0))
			sim_fail(d, "5 durable", "alert %d is %swritten", i, a != NULL ? "" : "not ");
		else if (a != NULL && wall_to_ns(alert_ends(a)) != d->alerts[i].ends)
			sim_fail(d, "5 durable", "alert %d is written with a wrong end", i);
	}
	if (im->quiets.n + d->plan->quiet.present != d->quiets.n && !d->failed)
		sim_fail(d, "5 durable", "%zu silences are written, should be %zu", im->quiets.n, d->quiets.n);
	for (size_t i = 0; i < im->entries.n && !d->failed; i++) {
		const struct entry *e = &im->entries.v[i], *m = entry_find(d, e->key, e->receiver, e->kind, e->index);

		if (m == NULL || !same_entry(e, m))
			sim_fail(d, "5 durable", "what is written of %s is not what was told: %+.3f s, expires %+.3f s, "
			    "firing %s resolved %s data %d %d", e->key, m == NULL ? 0 : (double)(e->timestamp - m->timestamp) / 1e9,
			    m == NULL ? 0 : (double)(e->expires - m->expires) / 1e9, mask_text(d, e->firing),
			    mask_text(d, e->resolved), (int)e->data, m == NULL ? 0 : (int)m->data);
	}
	if (im->entries.n != d->entries.n && !d->failed)
		sim_fail(d, "5 durable", "%zu log entries are written, should be %zu", im->entries.n, d->entries.n);
}

static const struct row *
row_of(const struct day *d, const struct m_group *g)
{
	const struct plan_route *r = &d->plan->routes[g->route];

	for (size_t i = 0; i < d->in_memory.rows.n; i++) {
		const struct row *row = &d->in_memory.rows.v[i];
		size_t n = strlen(g->key), m = strlen(row->labels_text);

		if (strcmp(row->route_id, r->id) == 0 && n >= m && strcmp(g->key + n - m, row->labels_text) == 0 &&
		    row->receiver == r->receiver)
			return row;
	}
	return NULL;
}

static void
compare_rows(struct day *d)
{
	if (d->in_memory.rows.n != d->groups.n) {
		sim_fail(d, "5 durable", "%zu groups are written, should be %zu", d->in_memory.rows.n, d->groups.n);
		return;
	}
	for (size_t i = 0; i < d->groups.n && !d->failed; i++) {
		const struct m_group *g = d->groups.v[i];
		const struct row *row = row_of(d, g);

		if (row == NULL)
			sim_fail(d, "5 durable", "the group %s is not written", g->key);
		/* Those who joined are written within a second, when the engine wakes up in time. */
		else if ((g->members & ~row->alerts) != 0 && mono_now(d) - g->changed > 2 * SPAN_S + 2 * d->lag_max)
			sim_fail(d, "5 durable", "%s is written with %s, holds %s", g->key, mask_text(d, row->alerts),
			    mask_text(d, g->members));
		/* Things written before the clock was set count by the old time. */
		else if (!g->flying && mono_now(d) - d->stepped > SPAN_HOUR &&
		    mono_now(d) - (d->first_flush - d->eo.start_delay) > 2 * SPAN_S + 2 * d->lag_max &&
		    row->next_flush - wall_now(d) != g->due - mono_now(d))
			sim_fail(d, "5 durable", "%s is written as due in %.3f s, is in %.3f s", g->key,
			    (double)(row->next_flush - wall_now(d)) / 1e9, (double)(g->due - mono_now(d)) / 1e9);
	}
}

/* A store that begins anew is told all there is. */
static void
compare_saved_anew(struct day *d)
{
	struct image *im = &d->in_memory;
	size_t intents = im->intents.n;

	memset(im->alerts, 0, sizeof(im->alerts));
	im->quiets.n = im->entries.n = im->rows.n = im->intents.n = 0;
	d->call++;
	engine_save_all(d->engine, d->now);
	if (im->intents.n != intents)
		sim_fail(d, "5 durable", "%zu intents are saved anew, should be %zu", im->intents.n, intents);
	if (!d->failed) {
		compare_written(d);
		compare_rows(d);
	}
}

/* Alerts in groups that have not ended at that time. */
static size_t
unresolved(struct day *d, struct arena *a, int64_t at)
{
	struct group_view *v;
	alerts_mask mask = 0;
	size_t n;

	view_groups(d->engine, d->now, a, &v, &n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v[i].alerts_n; k++)
			if (wall_to_ns(alert_ends(v[i].alerts[k])) > at)
				mask |= bit(alert_of_labels(d, v[i].alerts[k]->labels));
	return (size_t)__builtin_popcountll(mask);
}

/* Ends of alerts are counted to a sixteenth of a second. */
static void
compare_gauges(struct day *d, struct arena *a)
{
	struct view_gauges g;
	size_t n, least, most, silences[3] = { 0 };
	struct silence **v;

	view_gauges(d->engine, d->now, &g);
	if (g.log_entries != d->entries.n)
		sim_fail(d, "5 durable", "there are %zu log entries, should be %zu", g.log_entries, d->entries.n);
	view_silences(d->engine, a, &v, &n);
	for (size_t i = 0; i < n; i++)
		silences[silence_state_at(v[i], d->now.wall)]++;
	if (g.silences_active != silences[SILENCE_ACTIVE] || g.silences_pending != silences[SILENCE_PENDING] ||
	    g.silences_expired != silences[SILENCE_EXPIRED])
		sim_fail(d, "2 muted", "%zu active, %zu pending, %zu expired silences are counted, should be %zu, %zu, %zu",
		    g.silences_active, g.silences_pending, g.silences_expired, silences[SILENCE_ACTIVE],
		    silences[SILENCE_PENDING], silences[SILENCE_EXPIRED]);
	n = g.alerts_active + g.alerts_suppressed + g.alerts_unprocessed;
	least = unresolved(d, a, wall_now(d) + SPAN_S / 16);
	most = unresolved(d, a, wall_now(d) - SPAN_S / 16);
	if (n < least || n > most)
		sim_fail(d, "6 groups", "%zu unresolved alerts are counted, should be %zu to %zu", n, least, most);
}

void
watch_deep(struct day *d)
{
	struct arena *a = arena_new();

	compare_groups(d, a);
	for (int i = 0; i < d->alerts_n && !d->failed; i++)
		compare_alert(d, i, a);
	compare_silences(d, a);
	if (!d->failed)
		compare_gauges(d, a);
	if (!d->failed) {
		compare_written(d);
		compare_rows(d);
	}
	if (!d->failed && chance(d, 1, 8))
		compare_saved_anew(d);
	arena_free(&a);
}

/* All is over: nothing may stay behind. */
void
watch_end(struct day *d)
{
	if (d->groups.n != 0)
		sim_fail(d, "6 groups", "%s stays behind", d->groups.v[0]->key);
	disk_commit(d);
	for (int i = 0; i < d->alerts_n && !d->failed; i++)
		if (d->on_disk.alerts[i] != NULL)
			sim_fail(d, "5 durable", "alert %d stays behind on disk", i);
	if (!d->failed && (d->on_disk.rows.n != 0 || d->on_disk.intents.n != 0))
		sim_fail(d, "5 durable", "groups or intents stay behind on disk");
	for (size_t i = 0; i < d->outs.n && !d->failed; i++)
		if (!d->outs.v[i].dead)
			sim_fail(d, "3 reasons", "an attempt stays behind");
}
