/* SPDX-License-Identifier: Apache-2.0 */
#include "flight_lists.h"

#include "engine_state.h"
#include "hashes.h"

/* An alert that is told, or held back; and one that is counted. */
#define LIST_UNITS 3
#define COUNT_UNITS 1

void
flight_lists_begin(struct flight *f, const uint32_t *left, size_t left_n)
{
	f->lists = (struct flight_lists){ .left = left, .left_n = left_n };
}

void
flight_lists_fini(struct flight *f)
{
	hashes_run_free(&f->lists.sorting);
}

static bool
count_some(struct flight *f, struct work *w)
{
	struct flight_lists *l = &f->lists;

	for (; l->at < l->left_n; l->at++) {
		if (work_used_up(w))
			return false;
		work_spend(w, COUNT_UNITS);
		l->resolved += f->all[l->left != NULL ? l->left[l->at] : l->at].resolved;
	}
	return true;
}

static void
make(struct flight *f)
{
	const struct flight_lists *l = &f->lists;
	size_t muted = f->all_n - l->left_n, firing = l->left_n - l->resolved;

	f->passed_n = l->left_n;
	f->passed = muted == 0 ? f->all : arena_raw_array(f->arena, l->left_n, sizeof(f->passed[0]));
	f->muted = muted == 0 ? NULL : arena_raw_array(f->arena, muted, sizeof(f->muted[0]));
	f->firing = arena_raw_array(f->arena, 2 * l->left_n, sizeof(f->firing[0]));
	f->firing_ids = f->firing + firing;
	f->resolved = f->firing_ids + firing;
	f->resolved_ids = f->resolved + l->resolved;
}

static void
note_alert(struct flight *f, const struct noted_alert *a, const struct alert_ids *ids)
{
	if (a->resolved) {
		f->resolved_ids[f->resolved_n] = ids->fingerprint;
		f->resolved[f->resolved_n++] = ids->hash;
	} else {
		f->firing_ids[f->firing_n] = ids->fingerprint;
		f->firing[f->firing_n++] = ids->hash;
	}
}

static bool
fill_some(struct flight *f, struct work *w)
{
	struct flight_lists *l = &f->lists;
	bool muted = f->all_n > l->left_n;

	for (; l->at < f->all_n; l->at++) {
		size_t i = l->at;

		if (work_used_up(w))
			return false;
		work_spend(w, LIST_UNITS);
		if (muted && (l->told == l->left_n || l->left[l->told] != i)) {
			f->muted[f->muted_n++] = f->ids[i].hash;
			continue;
		}
		note_alert(f, &f->all[i], &f->ids[i]);
		if (muted)
			f->passed[l->told++] = f->all[i];
	}
	return true;
}

static bool
do_step(struct engine *e, struct flight *f)
{
	struct flight_lists *l = &f->lists;

	switch (l->step) {
	case LISTS_COUNT:
		if (!count_some(f, &e->work))
			return false;
		make(f);
		l->at = 0;
		return true;
	case LISTS_FILL:
		return fill_some(f, &e->work);
	case LISTS_FIRING:
		return hashes_sort_some(&l->sorting, f->firing, f->firing_n, &e->work);
	case LISTS_RESOLVED:
		return hashes_sort_some(&l->sorting, f->resolved, f->resolved_n, &e->work);
	case LISTS_MUTED:
		return !clustered(e) || hashes_sort_some(&l->sorting, f->muted, f->muted_n, &e->work);
	case LISTS_MADE:
		break;
	}
	return true;
}

bool
flight_lists_some(struct engine *e, struct flight *f)
{
	for (; f->lists.step != LISTS_MADE; f->lists.step++)
		if (!do_step(e, f))
			return false;
	return true;
}
