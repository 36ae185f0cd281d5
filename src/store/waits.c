/* SPDX-License-Identifier: Apache-2.0 */
/* Those who wait until what they wrote is on disk, in the order in which they began to. */
#include "store_private.h"

/* A turn has this much for those who waited: each of them may begin a request. */
#define END_WAITS_TIME (2 * SPAN_MS)
/*
 * Nobody waits longer: a notification has ten seconds at least until it is given up. With a disk whose transactions take five and
 * more none of them would leave, and while a large database is copied they would wait for minutes.
 */
#define WAIT_MAX (5 * SPAN_S)

static struct mono
mono_of(const struct store *s)
{
	return s->o.clock->now(s->o.clock).mono;
}

/* The first one, which there is, has waited long enough. */
static bool
is_late(const struct store *s, struct mono now)
{
	return mono_sub(now, s->waits->since) >= WAIT_MAX;
}

static void
note_slow(struct store *s, bool slow)
{
	if (slow && !s->slow)
		LOG(&s->log, LOG_WARN, "The disk is slow: what waited for it goes on before it is written",
		    F_UINT("seconds", (uint64_t)(WAIT_MAX / SPAN_S)));
	s->slow = slow;
}

/* A part in each turn. At the end nobody goes on: it is left for the next start. */
static void
end_waits(void *arg)
{
	struct store *s = arg;
	struct mono begin = mono_of(s);

	while (!s->ending && s->waits != NULL && (s->waits->ticket <= s->waited || is_late(s, begin))) {
		struct store_wait *w = s->waits;

		if (mono_sub(mono_of(s), begin) > END_WAITS_TIME) {
			timer_in(&s->waits_rest, 0);
			return;
		}
		note_slow(s, w->ticket > s->waited);
		store_wait_cancel(s, w);
		w->over(w, w->ticket <= s->durable);
	}
}

static void
on_late(void *arg)
{
	struct store *s = arg;

	end_waits(s);
	if (!s->ending && s->waits != NULL)
		timer_in(&s->waits_late, WAIT_MAX - mono_sub(mono_of(s), s->waits->since));
}

void
store_end_waits(struct store *s, uint64_t upto)
{
	if (upto > s->waited)
		s->waited = upto;
	end_waits(s);
}

void
store_init_waits(struct store *s)
{
	s->waits_end = &s->waits;
	timer_init(&s->waits_rest, s->o.base, "store", end_waits, s);
	timer_init(&s->waits_late, s->o.base, "store", on_late, s);
}

void
store_end_wait_timers(struct store *s)
{
	timer_fini(&s->waits_rest);
	timer_fini(&s->waits_late);
}

bool
store_when_durable(struct store *s, struct store_wait *w)
{
	if (!s->ok || s->durable == s->taken)
		return false;
	w->ticket = s->taken;
	w->since = mono_of(s);
	w->next = NULL;
	w->at = s->waits_end;
	*s->waits_end = w;
	s->waits_end = &w->next;
	if (!timer_is_set(&s->waits_late))
		timer_in(&s->waits_late, WAIT_MAX);
	return true;
}

void
store_wait_cancel(struct store *s, struct store_wait *w)
{
	*w->at = w->next;
	if (w->next != NULL)
		w->next->at = w->at;
	else
		s->waits_end = w->at;
	w->next = NULL;
	w->at = NULL;
}
