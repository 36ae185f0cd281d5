/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that are counted when asked, piece by piece (core/view.h). */
#include "core/view.h"
#include "engine_state.h"

/* To find the next alert and to look at it: memory that nobody has touched for long. */
#define COUNT_UNITS 40
/* The same of one that was got ahead of time. */
#define AHEAD_UNITS 6

static void
move_to(struct labels **at, struct labels *l)
{
	if (l != NULL)
		labels_ref(l);
	labels_unref(*at);
	*at = l;
}

static void
count_alert(const struct alert_entry *r, struct view_gauges *out)
{
	enum mark worst = MARK_UNPROCESSED;

	for (const struct member *m = r->members; m != NULL; m = m->next)
		if (m->mark > worst)
			worst = m->mark;
	switch (worst) {
	case MARK_UNPROCESSED:
		out->alerts_unprocessed++;
		break;
	case MARK_ACTIVE:
		out->alerts_active++;
		break;
	case MARK_SUPPRESSED:
		out->alerts_suppressed++;
		break;
	}
}

/* False: w is used up. */
static bool
count_alerts(const struct engine *e, struct wall now, struct gauges_run *run, struct work *w)
{
	struct order_cursor c;
	const struct alert_entry *last = NULL, *r = alerts_after_at(&e->alerts, run->at, &c);

	for (; r != NULL && !work_used_up(w); r = order_next(&e->alerts.order, &c)) {
		alerts_fetch_ahead(&e->alerts.order, &c);
		if (r->members != NULL && !alert_resolved_at(r->alert, now))
			count_alert(r, &run->so_far);
		last = r;
		work_spend(w, AHEAD_UNITS);
	}
	if (r == NULL)
		move_to(&run->at, NULL);
	else if (last != NULL)
		move_to(&run->at, last->alert->labels);
	return r == NULL;
}

static void
count_silence(const struct silence *s, struct wall now, struct view_gauges *out)
{
	switch (silence_state_at(s, now)) {
	case SILENCE_ACTIVE:
		out->silences_active++;
		break;
	case SILENCE_PENDING:
		out->silences_pending++;
		break;
	case SILENCE_EXPIRED:
		out->silences_expired++;
		break;
	}
}

static bool
count_silences(const struct engine *e, struct moment now, struct gauges_run *run, struct work *w)
{
	static const bool all[3] = { true, true, true };
	const struct silence *s;

	if (run->silences == NULL)
		run->silences = view_silence_list(e, all, now);
	while ((s = view_silence_next(run->silences, w)) != NULL)
		count_silence(s, now.wall, &run->so_far);
	return !work_used_up(w);
}

bool
view_gauges_some(const struct engine *e, struct moment now, struct gauges_run *run, struct work *w, struct view_gauges *out)
{
	run->alerts_done = run->alerts_done || count_alerts(e, now.wall, run, w);
	if (!run->alerts_done || !count_silences(e, now, run, w))
		return false;
	*out = run->so_far;
	out->groups = e->groups.n + e->settle.left + groups_count_ended(e, now);
	out->log_entries = nflog_count(e->nflog);
	out->log_bytes = nflog_bytes(e->nflog);
	out->silences_bytes = e->silences.lists.bytes;
	out->silence_keys = e->silences.index.keys.n;
	gauges_run_reset(run);
	return true;
}

void
gauges_run_reset(struct gauges_run *run)
{
	labels_unref(run->at);
	view_silence_list_end(&run->silences);
	*run = (struct gauges_run){ 0 };
}

void
view_gauges(const struct engine *e, struct moment now, struct view_gauges *out)
{
	struct gauges_run run = { 0 };
	struct work w;

	do
		w.left = WORK_TURN;
	while (!view_gauges_some(e, now, &run, &w, out));
}

bool
view_group_marks_some(const struct group *g, struct moment now, struct labels **at, struct work *w,
    struct group_marks *sum)
{
	while (!work_used_up(w)) {
		const struct member *m = group_after(g, *at);

		work_spend(w, COUNT_UNITS);
		move_to(at, m != NULL ? m->entry->alert->labels : NULL);
		if (m == NULL)
			return true;
		if (alert_resolved_at(m->entry->alert, now.wall))
			continue;
		switch ((enum mark)m->mark) {
		case MARK_UNPROCESSED:
			sum->unprocessed++;
			break;
		case MARK_ACTIVE:
			sum->active++;
			break;
		case MARK_SUPPRESSED:
			sum->suppressed++;
			break;
		}
	}
	return false;
}
