/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_timeline.h"

#include "base/rfc3339.h"

/* In the order in which the first that holds is what the alert is shown as; that it fires comes last. */
enum condition { ACKED, SILENCED, INHIBITED, FIRES, CONDITIONS };

static const struct {
	const char *begins, *ends, *state;
} conditions[CONDITIONS] = {
	[ACKED] = { "acked", "unacked", "acked" },
	[SILENCED] = { "silenced", "unsilenced", "silenced" },
	[INHIBITED] = { "inhibited", "uninhibited", "inhibited" },
	[FIRES] = { "firing", "resolved", "active" },
};

const char *const timeline_kinds[] = { "firing", "resolved", "silenced", "unsilenced", "inhibited", "uninhibited", "acked",
	"unacked", NULL };

struct wall
event_time(const struct json *event, const char *key)
{
	struct str text = json_get_str(event, key, STR(""));
	struct wall t = WALL_ZERO;
	struct err e = { 0 };

	return text.n > 0 && rfc3339_parse(text, &t, &e) ? wall_utc(t) : WALL_ZERO;
}

/* The condition that the event is about; CONDITIONS: none of these. */
static enum condition
condition_of(const struct json *event, bool *on)
{
	struct str kind = json_get_str(event, "kind", STR(""));

	for (int c = 0; c < CONDITIONS; c++) {
		*on = str_is(kind, conditions[c].begins);
		if (*on || str_is(kind, conditions[c].ends))
			return (enum condition)c;
	}
	return CONDITIONS;
}

struct drawing {
	struct json_writer *w;
	const struct timeline *t;
	bool on[CONDITIONS];
	struct wall since;	/* when the state of `on` began */
};

static const char *
state_of(const struct drawing *d)
{
	if (!d->on[FIRES])
		return NULL;
	for (int c = 0; c < FIRES; c++)
		if (d->on[c])
			return conditions[c].state;
	return conditions[FIRES].state;
}

static void
write_piece(struct drawing *d, const char *state, struct wall end, bool goes_on)
{
	struct wall begin = wall_before(d->since, d->t->from) ? d->t->from : d->since;

	if (state == NULL || (!goes_on && !wall_after(end, begin)))
		return;
	json_object_begin(d->w);
	ext_put_time(d->w, "from", begin);
	if (goes_on)
		json_put_null(d->w, "to");
	else
		ext_put_time(d->w, "to", end);
	json_put_str(d->w, "state", str_from(state));
	json_object_end(d->w);
}

/* Sets the state before the oldest event: of a condition that ended first it is known that it held. */
static void
set_first(struct drawing *d)
{
	const struct json *events = d->t->events;
	bool known[CONDITIONS] = { false }, on;

	for (size_t i = events->n; i-- > 0;) {
		enum condition c = condition_of(&events->v[i], &on);

		if (c == CONDITIONS || known[c])
			continue;
		known[c] = true;
		d->on[c] = !on;
		/* A beginning or an end of firing ends the others. */
		if (c == FIRES)
			break;
	}
	d->since = d->t->from;
	/* One that holds it back holds back what fires. */
	for (int c = 0; c < FIRES && !known[FIRES]; c++)
		d->on[FIRES] |= known[c];
	if (!known[FIRES] && !wall_is_zero(d->t->fires_since)) {
		d->on[FIRES] = true;
		d->since = d->t->fires_since;
	}
}

static void
take(struct drawing *d, const struct json *event)
{
	const char *before = state_of(d), *after;
	struct wall at = event_time(event, "at"), starts = event_time(event, "starts");
	bool on;
	enum condition c = condition_of(event, &on);

	if (c == CONDITIONS)
		return;
	if (c == FIRES)
		for (int other = 0; other < FIRES; other++)
			d->on[other] = false;
	d->on[c] = on;
	after = state_of(d);
	if (before == after)
		return;
	/* It may have begun before it was heard of. */
	if (c == FIRES && on && !wall_is_zero(starts) && wall_before(starts, at))
		at = wall_before(starts, d->since) ? d->since : starts;
	write_piece(d, before, at, false);
	d->since = at;
}

void
write_timeline(struct json_writer *w, const struct timeline *t)
{
	struct drawing d = { .w = w, .t = t };

	set_first(&d);
	json_key(w, STR("timeline"));
	json_array_begin(w);
	for (size_t i = t->events->n; i-- > 0;)
		take(&d, &t->events->v[i]);
	write_piece(&d, state_of(&d), t->to, !t->over);
	json_array_end(w);
}
