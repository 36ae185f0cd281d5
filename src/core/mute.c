/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "engine_state.h"

bool
mute_inhibited(struct engine *e, struct alert_entry *r, struct wall now, struct mute_run *run, struct work *w,
    struct mute *out)
{
	struct inhibition by;

	*out = (struct mute){ 0 };
	if (!inhibit_source_some(e->inhibitor, r, now, &run->inhibit, w, &by))
		return false;
	if (by.source == NULL)
		return true;
	snprintf(out->hex, sizeof(out->hex), "%016llx", (unsigned long long)by.source->alert->labels->fingerprint);
	out->by = (struct str){ out->hex, 16 };
	out->rule = by.rule;
	out->verdict = MUTE_INHIBITION;
	return true;
}

bool
mute_silenced(struct engine *e, struct alert_entry *r, struct wall now, struct mute_run *run, struct work *w,
    struct mute *out)
{
	size_t active;

	*out = (struct mute){ 0 };
	if (!silences_match_some(&e->silences, r, now, &run->silences, w, &active))
		return false;
	if (active == 0)
		return true;
	out->verdict = MUTE_SILENCE;
	for (uint32_t i = 0; i < r->silences_n; i++) {
		const struct silence *s = r->silences[i]->silence;

		if (silence_state_at(s, now) != SILENCE_ACTIVE)
			continue;
		out->by = str_from(s->id);
		break;
	}
	return true;
}

void
mute_run_reset(struct mute_run *run)
{
	inhibit_run_reset(&run->inhibit);
	silences_run_reset(&run->silences);
}

/* Appends the name once for each of its intervals that t lies in. */
static size_t
names_containing(const struct time_interval *ti, struct wall t, struct str *names, size_t n)
{
	for (size_t i = 0; i < ti->n; i++) {
		struct time_interval one = { .name = ti->name, .intervals = &ti->intervals[i], .n = 1 };

		if (!time_interval_contains(&one, t))
			continue;
		if (names != NULL)
			names[n] = ti->name;
		n++;
	}
	return n;
}

static size_t
matching(const struct time_interval *const *list, size_t list_n, struct wall t, struct str *names)
{
	size_t n = 0;

	for (size_t i = 0; i < list_n; i++)
		n = names_containing(list[i], t, names, n);
	return n;
}

enum mute_verdict
mute_by_time(const struct flight *f, struct str **names_out, size_t *n_out)
{
	const struct route *r = f->route;

	*names_out = NULL;
	*n_out = 0;
	if (r->active_n > 0 && matching(r->active, r->active_n, f->tick, NULL) == 0) {
		*names_out = ARENA_ARRAY(f->arena, r->active_n, struct str);
		for (size_t i = 0; i < r->active_n; i++)
			(*names_out)[i] = r->active[i]->name;
		*n_out = r->active_n;
		return MUTE_ACTIVE_TIME_INTERVAL;
	}
	*n_out = matching(r->mute, r->mute_n, f->tick, NULL);
	if (*n_out == 0)
		return MUTE_NONE;
	*names_out = ARENA_ARRAY(f->arena, *n_out, struct str);
	matching(r->mute, r->mute_n, f->tick, *names_out);
	return MUTE_TIME_INTERVAL;
}
