/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_silence.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "model/schedule.h"

static const char plain[] = "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=1m repeat=5m\n";

void
world_begin_plain_turns(struct fake_world *w, int64_t turn_work)
{
	struct config *c = must_config(plain);

	world_init(w);
	if (turn_work > 0)
		w->options.turn_work = turn_work;
	world_start(w, c);
	config_unref(c);
}

void
world_begin_plain(struct fake_world *w)
{
	world_begin_plain_turns(w, 0);
}

struct wall
world_in(const struct fake_world *w, span d)
{
	return wall_add(w->now.wall, d);
}

uint64_t
world_fingerprint(const char *alert)
{
	struct labels *l = world_labels(alert);
	uint64_t f = labels_fingerprint(l);

	labels_unref(l);
	return f;
}

const struct silence *
world_get(const struct fake_world *w, const char *id)
{
	return view_silence(w->engine, str_from(id));
}

bool
world_is_active(const struct fake_world *w, const char *id)
{
	return silence_state_at(world_get(w, id), wall_add(w->now.wall, 1)) == SILENCE_ACTIVE;
}

bool
world_set(struct fake_world *w, const char *id, const char *matchers, struct silence_extra *x, span lasts,
    char id_out[SILENCE_ID_MAX], struct err *e)
{
	struct silence *s = silence_new();
	bool ok;

	snprintf(s->id, sizeof(s->id), "%s", id);
	silence_add_set(s);
	s->sets[0] = must_matchers(matchers);
	s->ends = world_in(w, lasts);
	s->extra = x;
	ok = engine_silence_set(w->engine, s, w->now, id_out, e);
	silence_unref(s);
	world_settle(w);
	return ok;
}

struct silence_extra *
extra_with_alert(bool notify)
{
	struct silence_extra *x = silence_extra_new();

	x->ends_with_alert = true;
	x->notify_resolved = notify;
	return x;
}

struct silence_extra *
extra_daily(int from, int to)
{
	struct silence_extra *x = silence_extra_new();
	struct err e = { 0 };

	x->schedule = NEW(struct schedule);
	x->schedule->until = WALL_ZERO;
	ck_assert(schedule_set_location(x->schedule, STR("UTC"), &e));
	ck_assert(schedule_add(x->schedule, (struct schedule_window){ 127, (uint16_t)from, (uint16_t)to }, &e));
	return x;
}
