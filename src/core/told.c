/* SPDX-License-Identifier: Apache-2.0 */
#include "told.h"

#include "engine_state.h"

#define BIT(condition) (1U << (condition))

static void
tell(struct engine *e, struct alert_entry *r, enum alert_condition condition, bool on, const struct verdict *v,
    struct moment now)
{
	struct event ev UNSET;

	r->told = (uint8_t)(on ? r->told | BIT(condition) : r->told & ~BIT(condition));
	if (!event_heard(e, EVENT_ALERT_CONDITION))
		return;
	ev = (struct event){ EVENT_ALERT_CONDITION, now,
		.alert_condition = { r->alert, condition, on, v != NULL && v->cause != MUTE_NONE ? v : NULL } };
	emit(e, &ev);
}

void
told_fires(struct engine *e, struct alert_entry *r, bool fires, struct moment now)
{
	if (((r->told & BIT(ALERT_FIRES)) != 0) == fires)
		return;
	r->told = 0;
	tell(e, r, ALERT_FIRES, fires, NULL, now);
}

void
told_restored(struct alert_entry *r, struct moment now)
{
	r->told = alert_resolved_at(r->alert, now.wall) ? 0 : BIT(ALERT_FIRES);
}

static void
tell_change(struct engine *e, struct alert_entry *r, enum alert_condition condition, bool on, const struct verdict *v,
    struct moment now)
{
	if (((r->told & BIT(condition)) != 0) != on)
		tell(e, r, condition, on, v, now);
}

void
told_verdict(struct engine *e, struct alert_entry *r, const struct verdict *v, struct moment now)
{
	bool silenced = false, acked = false;

	/* It may have ended since the flush began. */
	if ((r->told & BIT(ALERT_FIRES)) == 0)
		return;
	if (v->stage == STAGE_INHIBITION) {
		tell_change(e, r, ALERT_INHIBITED, v->cause != MUTE_NONE, v, now);
		return;
	}
	for (size_t i = 0; v->cause == MUTE_SILENCE && i < v->by.silences.n; i++) {
		bool ack = silence_is_ack(v->by.silences.v[i]);

		acked |= ack;
		silenced |= !ack;
	}
	tell_change(e, r, ALERT_SILENCED, silenced, v, now);
	tell_change(e, r, ALERT_ACKED, acked, v, now);
}
