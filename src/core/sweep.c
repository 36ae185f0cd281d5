/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweeps through all there is, a slice at a time: ended things leave.
 */
#include <assert.h>

#include "engine_state.h"
#include "told.h"

/* Looking at one thing, and taking it out. */
#define LOOK_UNITS 5
#define DROP_UNITS 100

void
alert_gc_due(struct engine *e, struct moment now)
{
	sched_arm(&e->sched, &e->alert_gc, mono_add(now.mono, e->options.alert_gc_interval));
	if (e->alert_gc_chore.waits)
		return;
	alerts_begin(&e->alerts, &e->alert_gc_at);
	alert_columns_sweep(&e->columns, &e->alerts);
	chore_begin(e, &e->alert_gc_chore, now);
}

static void
collect(struct engine *e, struct alert_entry *r, struct moment now)
{
	told_fires(e, r, false, now);
	entry_set_stored(&e->alerts, r, false);
	limits_release(&e->limits, r->alert);
	rules_look_again(e, r);
	entry_release(e, r);
}

bool
alert_gc_step(struct engine *e, struct moment now)
{
	struct alerts_cursor *at = &e->alert_gc_at;

	for (struct alert_entry *r; (r = at->entry) != NULL;) {
		if (work_used_up(&e->work))
			return false;
		alerts_advance(at);
		work_spend(&e->work, LOOK_UNITS);
		/* An alert that waits to be looked at was posted since. */
		if (!r->stored || r->waits || !alert_resolved_at(r->alert, now.wall))
			continue;
		work_spend(&e->work, DROP_UNITS + alert_columns_units(&e->columns));
		collect(e, r, now);
	}
	alerts_end(&e->alerts, at);
	/* Gives back the memory that a burst has left. */
	return alert_columns_free_some(&e->columns, &e->work) && nmap_shrink_some(&e->alerts.entries, &e->work) &&
	    interned_shrink_some(&e->work);
}

void
maintenance_due(struct engine *e, struct moment now)
{
	sched_arm(&e->sched, &e->maintenance, mono_add(now.mono, e->options.maintenance_interval));
	if (e->maintenance_chore.waits)
		return;
	e->maintenance_at = (struct maintenance){ 0 };
	deliveries_sweep_begin(e);
	chore_begin(e, &e->maintenance_chore, now);
}

static void
silence_dropped(void *arg, const struct silence_entry *entry)
{
	save_silence(arg, entry, CHANGE_SILENCE_DROPPED);
}

static void
log_entry_dropped(void *arg, const struct log_entry *entry)
{
	save_log_entry(arg, entry, CHANGE_LOG_ENTRY_DROPPED);
}

/* The times of all slices together are one measurement. */
static void
add_time(struct engine *e, struct duration_summary *s, struct mono began, bool over)
{
	uint64_t n = s->n;

	count_summary(s, e->port, began);
	if (!over)
		s->n = n;
}

bool
maintenance_step(struct engine *e, struct moment now)
{
	struct maintenance *m = &e->maintenance_at;
	struct mono began = stopwatch(e->port);
	bool over;

	if (!m->silences_over) {
		m->silences_over = silences_gc_some(&e->silences, now.wall, &m->silences, &e->work, silence_dropped, e);
		add_time(e, &e->counters.silences_gc, began, m->silences_over);
		if (!m->silences_over || work_used_up(&e->work))
			return false;
	}
	if (!deliveries_sweep_some(e, now))
		return false;
	began = stopwatch(e->port);
	over = nflog_gc_some(e->nflog, now.wall, &m->log, &e->work, log_entry_dropped, e);
	add_time(e, &e->counters.nflog_gc, began, over);
	if (over) {
		e->counters.silences_maintenances++;
		e->counters.nflog_maintenances++;
	}
	return over;
}
