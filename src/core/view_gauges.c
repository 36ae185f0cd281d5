/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers for metrics (core/view.h). */
#include <assert.h>

#include "core/view.h"
#include "engine_state.h"

/* To find the next alert and to look at it: memory that nobody has touched for long. */
#define COUNT_UNITS 40

static void
move_to(struct labels **at, struct labels *l)
{
	if (l != NULL)
		labels_ref(l);
	labels_unref(*at);
	*at = l;
}

bool
view_gauges_some(struct engine *e, struct moment now, struct work *w, struct view_gauges *out)
{
	size_t alerts[ALERT_COUNTS], silences[3];

	if (!alert_counts_some(&e->counts, now.wall, w, alerts))
		return false;
	silence_lists_count(&e->silences.lists, now.wall, silences);
	*out = (struct view_gauges){
		.alerts_active = alerts[MARK_ACTIVE],
		.alerts_suppressed = alerts[MARK_SUPPRESSED],
		.alerts_unprocessed = alerts[MARK_UNPROCESSED],
		.groups = e->groups.n + e->settle.left + groups_count_ended(e, now),
		.silences_active = silences[SILENCE_ACTIVE],
		.silences_pending = silences[SILENCE_PENDING],
		.silences_expired = silences[SILENCE_EXPIRED],
		.log_entries = nflog_count(e->nflog),
		.log_bytes = nflog_bytes(e->nflog),
		.silences_bytes = e->silences.lists.bytes,
		.silence_keys = e->silences.index.keys.n,
	};
	return true;
}

void
view_gauges(struct engine *e, struct moment now, struct view_gauges *out)
{
	struct work all = { INT64_MAX };
	bool done = view_gauges_some(e, now, &all, out);

	assert(done);
	(void)done;
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
		switch ((enum mark)member_notes(m)->mark) {
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
