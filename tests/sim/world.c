/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The world around the engine: its port, receivers, and time.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define START_MONO (1000 * SPAN_S)
#define START_WALL INT64_C(1767571200)	/* 2026-01-05T00:00:00Z, a Monday */
#define MAX_TICKS 100000		/* at one moment; more make no progress */

static struct day *
day_of(struct port *p)
{
	return CONTAINER_OF(p, struct day, port);
}

/* The answer that this receiver will give, and when. */
static void
choose_answer(struct day *d, struct out *o)
{
	static const struct outcome ok = { .ok = true };
	static const struct outcome retry = { .retry = true, .failure = FAILURE_SERVER_ERROR, .error = STR("busy") };
	static const struct outcome final = { .failure = FAILURE_CLIENT_ERROR, .error = STR("no") };
	enum mode mode = d->modes[o->receiver][o->part];
	span delay = (span)below(d, 200) * SPAN_MS;

	if (mode == MODE_FLAKY)
		mode = (enum mode)below(d, MODES);
	o->outcome = ok;
	switch (mode) {
	case MODE_OK:
	case MODE_LIE:		/* says ok and forgets: nobody can tell */
	case MODE_FLAKY:
	case MODES:
		break;
	case MODE_SLOW:
		delay = (span)below(d, 30000) * SPAN_MS;
		break;
	case MODE_RETRY:
	case MODE_DENY:		/* has it, and says no */
		o->outcome = retry;
		o->outcome.unanswered = chance(d, 1, 4);
		if (chance(d, 1, 8))
			o->outcome.retry_after = (span)below(d, 120) * SPAN_S;
		break;
	case MODE_FINAL:
		o->outcome = final;
		break;
	case MODE_HANG:
		o->answer_at = INT64_MAX;
		return;
	case MODE_LATE:
		delay = o->deadline - mono_now(d) + (span)below(d, 60) * SPAN_S;
		break;
	}
	if (mode != MODE_OK || delay > SPAN_S)
		watch_disturbed(d, o->receiver);
	o->answer_at = mono_now(d) + delay;
	if (o->outcome.ok && chance(d, 1, 3)) {
		o->value = (struct receiver_value){ .key = STR("t"), .type = RECEIVER_INT,
			.i = 1 + (int64_t)rand_below(&d->r, 1000) };
		o->outcome.data_set = true;
	}
}

/* A chat has two recipients, known from the first attempt on. */
static void
name_recipients(struct day *d, struct out *o)
{
	struct recipients *r = &o->note->recipients;

	if (strcmp(o->note->integration->kind->name, "chat") != 0)
		return;
	if (!r->known) {
		r->v = ARENA_ARRAY(o->note->arena, 2, struct recipient);
		r->v[0].to = STR("a");
		r->v[1].to = STR("b");
		r->n = 2;
		r->known = true;
		for (size_t i = 0; i < 2; i++)
			if ((served_value(o->note->served, o->note->served_n) >> i & 1) != 0)
				r->v[i].state = RECIPIENT_DONE;
	}
	model_progress(d, o, recipients_value(r));
	if (o->answer_at != INT64_MAX && chance(d, 1, 3))
		o->progress_at = mono_now(d) + (int64_t)rand_below(&d->r, (uint64_t)(o->answer_at - mono_now(d)) + 1);
}

/* One more is served; what is written knows. */
static void
progress(struct day *d, struct out *o)
{
	struct recipients *r = &o->note->recipients;
	const struct intent *in;
	int done;

	o->progress_at = 0;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].state == RECIPIENT_PENDING) {
			r->v[i].state = RECIPIENT_DONE;
			break;
		}
	done = recipients_value(r);
	sim_say(d, "progress %" PRIu64 ": %d", o->attempt, done);
	model_progress(d, o, done);
	watch_served(d, o);
	d->call++;
	engine_progressed(d->engine, o->attempt, d->now);
	in = image_intent(&d->in_memory, o->note->id);
	if (in == NULL || in->done != done)
		sim_fail(d, "5 durable", "%s: who was served is not written", o->key);
}

/* Changes that have to be durable before, are. */
static void
perform(struct day *d, struct out *o)
{
	if (d->durable < o->need) {
		o->held = true;
		o->answer_at = INT64_MAX;
		return;
	}
	if (image_intent(&d->on_disk, o->note->id) == NULL)
		sim_fail(d, "5 durable", "%s is sent and its intent is not on disk", o->key);
	o->held = false;
	d->performed++;
	choose_answer(d, o);
	name_recipients(d, o);
}

/* The number of the change that noted this intent. */
static uint64_t
intent_number(const struct day *d, uint64_t id)
{
	for (size_t i = d->queue.n; i > 0; i--)
		if (d->queue.v[i - 1].kind == CHANGE_INTENT && d->queue.v[i - 1].u.intent.id == id)
			return d->queue.v[i - 1].number;
	return 0;
}

static void
on_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct day *d = day_of(p);
	struct out o = {
		.attempt = attempt,
		.note = n,
		.key = intern(d, n->group_key.p, n->group_key.n),
		.receiver = receiver_of(n->receiver->name),
		.part = (int)n->integration->ordinal,
		.firing = noted_mask(d, n->alerts, n->alerts_n, false),
		.resolved = noted_mask(d, n->alerts, n->alerts_n, true),
		.reason = n->reason,
		.need = intent_number(d, n->id),
		.deadline = deadline.ns,
	};

	(void)now;
	d->sent++;
	d->activity++;
	sim_say(d, "send %" PRIu64 " #%" PRIu64 " %s part %d firing %s resolved %s '%s'", attempt, n->id, o.key, o.part,
	    mask_text(d, o.firing), mask_text(d, o.resolved), reason_text(n->reason));
	if (image_intent(&d->in_memory, n->id) == NULL)
		sim_fail(d, "5 durable", "%s is sent without an intent", o.key);
	model_sent(d, &o, deadline);
	foretell_sent(d, &o);
	VEC_PUSH(&d->outs, o);
	perform(d, &d->outs.v[d->outs.n - 1]);
}

static void
on_cancel(struct port *p, uint64_t attempt)
{
	struct day *d = day_of(p);

	sim_say(d, "cancel %" PRIu64, attempt);
	d->activity++;
	for (size_t i = 0; i < d->outs.n; i++) {
		struct out *o = &d->outs.v[i];

		if (o->attempt != attempt || o->dead)
			continue;
		if (!d->crashing && !d->stopping)
			model_canceled(d, o);
		watch_disturbed(d, o->receiver);
		watch_unheard(d, o);
		/* Some answer all the same. */
		o->dead = true;
		o->progress_at = 0;
		o->note = NULL;
		o->answer_at = mono_now(d) + (span)below(d, 60) * SPAN_S;
		return;
	}
	sim_fail(d, "3 reasons", "canceled what was never sent");
}

static void
on_persist(struct port *p, const struct change *c)
{
	struct day *d = day_of(p);

	d->activity++;
	if (!d->crashing)
		disk_persist(d, c);
}

static void
on_event(void *arg, const struct event *ev)
{
	struct day *d = arg;

	d->events++;
	d->activity++;
	if (d->failed || d->crashing || d->stopping)
		return;
	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_GROUP_FLUSHED:
		sim_say(d, "flush %.*s: %zu", STR_ARG(ev->group_flushed.group.key), ev->group_flushed.alerts_n);
		model_flushed(d, &ev->group_flushed);
		break;
	case EVENT_MUTED:
		model_muted(d, &ev->muted);
		break;
	case EVENT_NOTIFY_DECIDED:
		sim_say(d, "decided %.*s part %zu: %s", STR_ARG(ev->notify_decided.leg.group.key),
		    ev->notify_decided.leg.integration->ordinal, reason_text(ev->notify_decided.leg.reason));
		model_decided(d, &ev->notify_decided);
		break;
	case EVENT_NOTIFY_FAILED:
		sim_say(d, "failed %.*s: %.*s", STR_ARG(ev->notify_failed.leg.group.key),
		    STR_ARG(ev->notify_failed.error));
		model_notify_failed(d, &ev->notify_failed);
		break;
	case EVENT_FLUSH_FAILED:
		sim_say(d, "flush failed %.*s: %.*s", STR_ARG(ev->flush_failed.group.key),
		    STR_ARG(ev->flush_failed.error));
		model_flush_failed(d, &ev->flush_failed);
		break;
	case EVENT_SILENCE_UPDATED:
		if (ev->silence_updated.by == SILENCE_BY_ITSELF)
			model_quiet_goes_on(d, ev->silence_updated.silence);
		break;
	default:
		/* Only counted. */
		break;
	}
	foretell_hear(d, ev);
}

static void
on_applied(struct port *p, struct config *c)
{
	struct day *d = day_of(p);
	struct plan *fresh = d->next_plan;

	if (fresh == NULL)
		return;
	if (c != fresh->config)
		sim_fail(d, "6 groups", "another configuration comes into force");
	d->next_plan = NULL;
	model_reload(d, fresh);
	d->reloading = true;
}

void
world_turned(struct day *d)
{
	if (!d->reloading)
		return;
	/* The model does it in one piece; nobody but the store sees it half done. */
	while (engine_applying(d->engine))
		engine_tick(d->engine, d->now);
	d->reloading = false;
	d->upset++;
	watch_turned(d);
}

/* Second of two, as long as there is a wait. */
static void
tell_cluster(struct day *d)
{
	struct cluster_state c = { .on = d->wait != 0, .settled = d->wait >= 0, .position = d->wait > 0, .members = 2,
		.peer_timeout = d->wait > 0 ? d->wait : 0 };

	engine_cluster(d->engine, &c, d->now);
}

/* From a unit, which stops everything everywhere, to a whole turn, in which all is done at once. */
static int64_t
turn_work(struct day *d)
{
	static const int most[] = { 1, 5, 50, 500, 5000, 300000 };
	int64_t drawn = 1 + below(d, most[below(d, (int)ARRAY_LEN(most))]);

	return d->options.turn > 0 ? d->options.turn : drawn;
}

void
world_make(struct day *d)
{
	d->port = (struct port){ .send = on_send, .cancel = on_cancel, .persist = on_persist, .applied = on_applied };
	d->listener = (struct event_listener){ EVENTS_ALL, on_event, d };
	port_listen(&d->port, &d->listener);
	rand_seed(&d->port.rand, rand_u64(&d->r));
	rand_seed(&d->foretelling, d->options.seed);
	d->now = (struct moment){ { START_MONO }, { START_WALL + below(d, 86400), 0, 0 } };
	d->end = mono_now(d) + d->options.length;
	d->lag_max = chance(d, 1, 6) ? 5 * SPAN_S : 2 * SPAN_MS;
	d->eo = (struct engine_options){
		.retention = chance(d, 1, 5) ? 2 * SPAN_HOUR : 120 * SPAN_HOUR,
		.alert_gc_interval = chance(d, 1, 4) ? 2 * SPAN_MIN : 30 * SPAN_MIN,
		/* Never due in the same nanosecond as a flush: which is first is nobody's business. */
		.maintenance_interval = 15 * SPAN_MIN + 123456789,
		.start_delay = chance(d, 1, 5) ? (span)below(d, 120) * SPAN_S : 0,
		.reload_resets_timers = chance(d, 1, 5),
		.turn_work = turn_work(d),
	};
	d->steps_clock = chance(d, 1, 4);
	d->wait = chance(d, 1, 8) ? 15 * SPAN_S : 0;
}

/* A new process, on what the disk holds. */
void
world_start(struct day *d)
{
	d->next_gc = mono_now(d) + d->eo.alert_gc_interval;
	d->next_maintenance = mono_now(d) + d->eo.maintenance_interval;
	d->first_flush = mono_now(d) + d->eo.start_delay;
	d->restarts++;
	d->fresh = true;
	model_restart(d);
	d->call++;
	d->engine = engine_new(&d->eo, &d->port, d->now);
	tell_cluster(d);
	disk_restore(d);
	engine_apply(d->engine, d->plan->config, d->now);
	while (engine_applying(d->engine))
		engine_tick(d->engine, d->now);
	watch_disturbed(d, -1);
	watch_turned(d);
}

void
world_stop(struct day *d, bool crash)
{
	sim_say(d, "%s", crash ? "crash" : "stop");
	foretell_fini(d);
	if (crash) {
		for (size_t i = 0; i < d->outs.n; i++)
			if (!d->outs.v[i].dead)
				watch_unheard(d, &d->outs.v[i]);
		disk_crash(d);
		d->crashes++;
		d->crashing = true;
		engine_free(&d->engine);
		d->crashing = false;
	} else {
		/* An orderly end: all that is noted gets to the disk. */
		d->stopping = true;
		engine_free(&d->engine);
		d->stopping = false;
		disk_commit(d);
	}
	d->outs.n = 0;
	watch_crashed(d);
}

static void
answer(struct day *d, size_t i)
{
	struct out o = d->outs.v[i];

	d->outs.v[i] = d->outs.v[--d->outs.n];
	if (o.outcome.data_set)
		o.outcome.data = (struct receiver_data){ &o.value, 1 };
	sim_say(d, "answer %" PRIu64 " %s%s", o.attempt, o.outcome.ok ? "ok" : o.outcome.retry ? "retry" : "no",
	    o.dead ? " (nobody listens)" : "");
	if (!o.dead && o.outcome.unanswered)
		watch_unheard(d, &o);
	if (!o.dead)
		model_answer(d, &o);
	d->call++;
	engine_delivered(d->engine, o.attempt, &o.outcome, d->now);
}

static void
release_held(struct day *d)
{
	for (size_t i = 0; i < d->outs.n; i++)
		if (d->outs.v[i].held && !d->outs.v[i].dead)
			perform(d, &d->outs.v[i]);
}

/* A batch gets to the disk now and then; at times the disk stands still. */
static void
write_out(struct day *d)
{
	span delay = (span)(1 + below(d, 100)) * SPAN_MS;

	if (mono_now(d) >= d->disk_fails_until) {
		disk_commit(d);
		release_held(d);
	} else {
		watch_disturbed(d, -1);
	}
	d->commit_at = mono_now(d) + (chance(d, 1, 50) ? 20 * delay : delay);
}

void
world_settle(struct day *d)
{
	struct mono next;
	int ticks = 0;

	for (;;) {
		bool any = false;

		for (size_t i = 0; i < d->outs.n && !d->failed; i++)
			if (d->outs.v[i].progress_at != 0 && d->outs.v[i].progress_at <= mono_now(d))
				progress(d, &d->outs.v[i]);
		for (size_t i = 0; i < d->outs.n && !d->failed; i++)
			if (d->outs.v[i].answer_at <= mono_now(d)) {
				answer(d, i);
				any = true;
				break;
			}
		if (d->failed)
			return;
		if (any)
			continue;
		if (!engine_next(d->engine, &next) || next.ns > mono_now(d))
			break;
		model_gc(d);
		model_polls(d);
		d->call++;
		engine_tick(d->engine, d->now);
		world_turned(d);
		d->wakeups++;
		if (++ticks > MAX_TICKS) {
			sim_fail(d, "7 wake-ups", "the engine is busy with nothing");
			return;
		}
	}
	d->fresh = false;
	model_quiets(d);
	model_settled(d);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When something happens next, and how late the engine wakes up for its part. */
static int64_t
next_moment(struct day *d, int64_t until)
{
	struct mono next;
	int64_t at = least(until, least(d->next_action, d->next_look));

	/* Deeds before the end of the last moment are looked at in it. */
	if (model_busy(d))
		return mono_now(d);
	for (size_t i = 0; i < d->outs.n; i++) {
		at = least(at, d->outs.v[i].answer_at);
		if (d->outs.v[i].progress_at != 0)
			at = least(at, d->outs.v[i].progress_at);
	}
	if (d->queue.n > 0 && d->commit_at < at)
		at = d->commit_at > mono_now(d) ? d->commit_at : mono_now(d) + SPAN_MS;
	if (engine_next(d->engine, &next)) {
		/* A member that is later than that has stood still (core/awake.c): of those are the simulator's of clusters. */
		span most = d->wait != 0 ? least(d->lag_max, SPAN_S) : d->lag_max;

		at = least(at, next.ns + (int64_t)rand_below(&d->r, (uint64_t)most));
	}
	/* Work that is due before the log is swept is done before: the model does not know the order. */
	if (d->next_maintenance - 1 > mono_now(d))
		at = least(at, d->next_maintenance - 1);
	/* And nothing is due with it: the engine sweeps in slices, while it does other things. */
	else if (d->next_maintenance > mono_now(d))
		at = d->next_maintenance;
	return at > mono_now(d) ? at : mono_now(d);
}

static void
advance(struct day *d, int64_t to)
{
	if (d->wait != 0)
		d->clustered += to - mono_now(d);
	d->now.wall = wall_add(d->now.wall, to - mono_now(d));
	d->now.mono.ns = to;
}

void
world_live(struct day *d, int64_t until)
{
	while (!d->failed && mono_now(d) < until) {
		advance(d, next_moment(d, until));
		if (d->wait < 0 && mono_now(d) >= d->settled_at) {
			d->wait = d->wait_then;
			tell_cluster(d);
			d->upset++;
		}
		foretell_due(d);
		if (d->queue.n > 0 && d->commit_at <= mono_now(d))
			write_out(d);
		if (d->next_action <= mono_now(d))
			act(d);
		if (!d->failed)
			world_settle(d);
		foretell_check(d);
		if (!d->failed)
			foretell_ahead(d);
		if (!d->failed && d->next_look <= mono_now(d)) {
			watch_look(d);
			d->next_look = mono_now(d) + SPAN_MIN;
		}
		if (!d->failed && d->next_deep <= mono_now(d)) {
			watch_deep(d);
			d->next_deep = mono_now(d) + 45 * SPAN_MIN;
		}
	}
}

void
world_fini(struct day *d)
{
	d->crashing = true;
	foretell_fini(d);
	engine_free(&d->engine);
}
