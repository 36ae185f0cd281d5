/* SPDX-License-Identifier: Apache-2.0 */
#include "silence_edit.h"

#include <string.h>

#include "base/mem.h"
#include "model/schedule.h"

static bool
same_names(const struct silence_extra *a, const struct silence_extra *b)
{
	size_t n = a != NULL ? a->fingerprints_n : 0;

	return n == (b != NULL ? b->fingerprints_n : 0) &&
	    (n == 0 || memcmp(a->fingerprints, b->fingerprints, n * sizeof(a->fingerprints[0])) == 0);
}

bool
silence_same_cover(const struct silence *a, const struct silence *b)
{
	if (a->sets_n != b->sets_n || !same_names(a->extra, b->extra))
		return false;
	for (size_t i = 0; i < a->sets_n; i++)
		if (!matchers_eq(&a->sets[i], &b->sets[i]))
			return false;
	return true;
}

void
silence_end_schedule(struct silence *s, struct wall now)
{
	struct silence_extra *x;

	if (silence_schedule(s) == NULL)
		return;
	x = silence_extra_copy(s->extra);
	x->schedule->until = now;
	silence_extra_unref(s->extra);
	s->extra = x;
}

static bool
has_window(const struct silence_extra *x, struct wall now)
{
	struct wall start, end;

	return x->schedule != NULL && schedule_at(x->schedule, now, &start, &end);
}

/*
 * An editor through API v2 knows nothing of it, and it stays; but new matchers are not bound to
 * certain alerts, and a silence that does not come again is an ordinary one then.
 */
static void
inherit_extra(struct silence *s, const struct silence *prev, struct wall now)
{
	struct silence_extra *x;

	if (prev->extra == NULL)
		return;
	s->extra = silence_extra_ref(prev->extra);
	if (silence_same_cover(s, prev) && (x = prev->extra, x->schedule == NULL || has_window(x, now)))
		return;
	x = silence_extra_copy(prev->extra);
	silence_extra_set_fingerprints(x, NULL, 0);
	if (x->schedule != NULL && !has_window(x, now)) {
		mem_free(x->schedule);
		x->schedule = NULL;
	}
	silence_extra_unref(s->extra);
	s->extra = x;
}

/* The present or next window of a schedule is when s is. */
static bool
take_window(struct silence *s, const struct silence *prev, struct wall now, struct err *e)
{
	struct wall from = wall_after(s->starts, now) ? s->starts : now;

	if (!schedule_at(s->extra->schedule, from, &s->starts, &s->ends) || s->ends.s > WALL_LAST_S)
		return err_set(e, ERR_INVALID, "the schedule has no window any more");
	if (wall_before(s->starts, from))
		s->starts = from;
	/* In the same window still: no reason for another id. */
	if (prev != NULL && !wall_after(s->starts, now) && silence_state_at(prev, now) == SILENCE_ACTIVE)
		s->starts = prev->starts;
	return true;
}

bool
silence_settle_extra(struct silence *s, const struct silence *prev, struct wall now, struct err *e)
{
	const struct silence_extra *x = s->extra;

	if (x == NULL && prev != NULL)
		inherit_extra(s, prev, now);
	else if (x != NULL && x->schedule != NULL && x->schedule->n > 0 && !take_window(s, prev, now, e))
		return err_ctx(e, "invalid silence");
	x = s->extra;
	if (x != NULL && !x->ack && !x->ends_with_alert && !x->notify_resolved && x->fingerprints_n == 0 &&
	    x->schedule == NULL) {
		silence_extra_unref(s->extra);
		s->extra = NULL;
	}
	return true;
}
