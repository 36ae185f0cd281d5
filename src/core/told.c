/* SPDX-License-Identifier: Apache-2.0 */
#include "told.h"

#include "engine_state.h"

#define BIT(condition) (1U << (condition))

static void
tell(struct engine *e, struct alert_entry *r, enum alert_condition condition, bool on, const struct verdict *v,
    struct moment now)
{
	struct event ev;

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

void
told_verdict(struct engine *e, struct alert_entry *r, const struct verdict *v, struct moment now)
{
	enum alert_condition condition = v->stage == STAGE_INHIBITION ? ALERT_INHIBITED : ALERT_SILENCED;
	bool on = v->cause != MUTE_NONE;

	/* It may have ended since the flush began. */
	if ((r->told & BIT(ALERT_FIRES)) == 0 || ((r->told & BIT(condition)) != 0) == on)
		return;
	tell(e, r, condition, on, v, now);
}
