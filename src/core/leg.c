/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One integration's part of a flight (Alertmanager notify: dedup, retry and set-notifies stages): wait for one's turn,
 * decide, send with exponential back-off until the flight's deadline, log what was told.
 */
#include <assert.h>
#include <string.h>

#include "base/backoff.h"
#include "base/hash.h"
#include "base/mem.h"
#include "engine_state.h"

#define FIRST_PAUSE (500 * SPAN_MS)
#define MAX_PAUSE (60 * SPAN_S)

static const char deadline_exceeded[] = "context deadline exceeded", context_canceled[] = "context canceled";

static struct integration_counters *
counters(struct engine *e, const struct leg *leg)
{
	return counters_of(e, leg->integration, leg->flight->route->receiver->name);
}

struct event_leg
leg_event(const struct leg *leg)
{
	return (struct event_leg){
		.group = flight_event_group(leg->flight),
		.integration = leg->integration,
		.reason = leg->reason,
		.attempts = leg->attempts,
		.alerts = leg->note.alerts,
		.alerts_n = leg->note.alerts_n,
		.recipients = &leg->note.recipients,
	};
}

/* The attempt that ends now. */
static struct event_attempt
event_attempt(const struct leg *leg, struct moment now)
{
	return (struct event_attempt){ leg->attempt, mono_sub(now.mono, leg->attempt_began) };
}

void
leg_arm(struct engine *e, struct leg *leg, struct mono at)
{
	struct mono deadline = leg->flight->deadline;

	sched_arm(&e->sched, &leg->timer, at.ns < deadline.ns ? at : deadline);
}

static uint64_t
attempt_hash(uint64_t attempt)
{
	return hash_mix(0, attempt);
}

struct leg *
leg_find(const struct engine *e, uint64_t attempt)
{
	for (struct hmap_node *n = hmap_first(&e->attempts, attempt_hash(attempt)); n != NULL; n = hmap_next(n)) {
		struct leg *leg = CONTAINER_OF(n, struct leg, node);

		if (leg->attempt == attempt)
			return leg;
	}
	return NULL;
}

/* The intent is over, whatever became of it. */
static void
leg_end(struct engine *e, struct leg *leg)
{
	leg->state = LEG_DONE;
	leg_forget_note(e, leg);
	sched_disarm(&e->sched, &leg->timer);
	if (leg->note.id != 0)
		save_intent_dropped(e, leg->note.id);
	if (leg->claim != NULL)
		leg_claim_end(e, leg);
}

void
leg_succeeded(struct engine *e, struct leg *leg, struct moment now)
{
	leg_end(e, leg);
	pipeline_leg_done(e, leg->flight, now);
}

/* The cost of starting a notification, whose message is written at once, and of each alert in it. */
#define SEND_UNITS 4000
#define SEND_ALERT_UNITS 100

void
leg_attempt_begin(struct engine *e, struct leg *leg, struct moment now)
{
	leg->state = LEG_SENDING;
	leg->attempt = ++e->last_attempt;
	leg->attempts++;
	leg->attempt_began = now.mono;
	hmap_insert(&e->attempts, &leg->node, attempt_hash(leg->attempt));
	leg_arm(e, leg, leg->flight->deadline);
	counters(e, leg)->requests++;
	work_spend(&e->work, SEND_UNITS + SEND_ALERT_UNITS * (int64_t)leg->note.alerts_n);
	e->port->send(e->port, leg->attempt, &leg->note, leg->flight->deadline, now);
}

/* Where members claim, not before this one has. */
static void
attempt(struct engine *e, struct leg *leg, struct moment now)
{
	if (leg->claim != NULL)
		leg_claim_attempt(e, leg, now);
	else
		leg_attempt_begin(e, leg, now);
}

/* The attempt that is out ended, or is given up. */
static void
attempt_over(struct engine *e, struct leg *leg, struct moment now)
{
	hmap_remove(&e->attempts, &leg->node);
	count_latency(&counters(e, leg)->latency, mono_sub(now.mono, leg->attempt_began));
}

/* Those whom the notification, now over, has not reached. */
static void
count_given_up(struct engine *e, const struct leg *leg)
{
	const struct recipients *all = &leg->note.recipients;

	for (size_t i = 0; i < all->n; i++)
		counters(e, leg)->recipients_given_up += all->v[i].state != RECIPIENT_DONE &&
		    all->v[i].state != RECIPIENT_SUPPRESSED;
}

static void
tell_given_up(struct engine *e, const struct leg *leg, struct str error, enum failure failure, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_NOTIFY_FAILED))
		return;
	ev = (struct event){ EVENT_NOTIFY_FAILED, now,
		.notify_failed = {
			.leg = leg_event(leg),
			.error = error,
			.failure = failure,
			.canceled = leg->flight->canceled,
		} };
	if (leg->state == LEG_SENDING)
		ev.notify_failed.attempt = event_attempt(leg, now);
	emit(e, &ev);
}

/* Gives the leg up for this flight. `how` is "after" or "due to unrecoverable error after". */
static void
leg_failed(struct engine *e, struct leg *leg, const char *how, const char *error, enum failure failure,
    struct moment now)
{
	struct flight *f = leg->flight;
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&text, "%.*s/%s[%zu]: notify retry canceled %s %u attempts: %s",
	    STR_ARG(f->route->receiver->name), leg->integration->kind->name, leg->integration->index, how,
	    leg->attempts, error);
	counters(e, leg)->failed[failure]++;
	count_given_up(e, leg);
	deliveries_follow(e, &leg->note, true, leg->in_doubt, str_from(error), now);
	group_note_outcome(e, f->group, now.wall, mono_sub(now.mono, leg->attempt_began), str_from(error));
	tell_given_up(e, leg, sbuf_get(&text), failure, now);
	flight_failed(f, sbuf_get(&text));
	sbuf_fini(&text);
	log_debts_by_leg(e, leg, now);
	leg_end(e, leg);
}

/* The flight's time is over, by its deadline or by a reload. */
static void
leg_out_of_time(struct engine *e, struct leg *leg, const char *why, enum failure failure, struct moment now)
{
	enum leg_state state = leg->state;

	if ((state == LEG_WAITING && !leg->flight->resumed) || leg_claim_waits(leg)) {
		flight_failed(leg->flight, str_from(why));
		leg_end(e, leg);
		return;
	}
	if (state == LEG_SENDING) {
		attempt_over(e, leg, now);
		counters(e, leg)->requests_failed++;
		e->port->cancel(e->port, leg->attempt);
		deliveries_cut(e, &leg->note);
		leg->in_doubt = true;
	}
	leg_failed(e, leg, "after", leg->error != NULL ? leg->error : why, leg->error != NULL ? leg->failure : failure, now);
}

struct reason_facts
leg_facts(const struct flight *f, const struct integration *i)
{
	const struct integration_common *common = i->settings;

	return (struct reason_facts){
		.firing = f->firing,
		.firing_n = f->firing_n,
		.resolved = f->resolved,
		.resolved_n = f->resolved_n,
		.send_resolved = common->send_resolved,
		.repeat_interval = f->route->repeat_interval,
		.group_interval = f->route->group_interval,
		.tick = f->tick,
	};
}

struct leg_verdict
leg_judge(const struct log_entry *entry, const struct reason_facts *facts)
{
	struct leg_verdict v = { .reason = reason_to_notify(entry, facts) };

	v.logged = v.reason != REASON_NONE;
	/* The log has to forget what fired, though nobody wants to hear of its end. */
	v.told = v.logged && (facts->send_resolved || facts->firing_n > 0);
	return v;
}

/* Looks the entry up in the log, counted and timed. */
static const struct log_entry *
query_log(struct engine *e, const struct leg *leg, struct moment now)
{
	struct mono began = stopwatch(e->port);
	const struct log_entry *entry = leg_log_entry(e, leg, now);

	count_duration(&e->counters.nflog_query, e->port, began);
	e->counters.nflog_queries++;
	if (entry == NULL)
		e->counters.nflog_query_errors++;
	return entry;
}

static void
tell_decided(struct engine *e, const struct leg *leg, bool by_peer, struct moment now)
{
	const struct flight *f = leg->flight;
	struct event ev;

	if (!event_heard(e, EVENT_NOTIFY_DECIDED))
		return;
	ev = (struct event){ EVENT_NOTIFY_DECIDED, now,
		.notify_decided = { leg_event(leg), f->firing_n, f->resolved_n, by_peer } };
	emit(e, &ev);
}

/* Does what v says; entry, which may be NULL, is what v goes by. */
static void
leg_act(struct engine *e, struct leg *leg, const struct leg_verdict *v, const struct log_entry *entry, struct moment now)
{
	leg->reason = v->reason;
	tell_decided(e, leg, entry != NULL && entry->by_peer, now);
	if (!v->logged) {
		e->counters.told_by_peer += leg_told_meanwhile(entry, leg->flight);
		leg_succeeded(e, leg, now);
		return;
	}
	/* A first notification begins an episode: nothing is remembered of the last one. */
	if (entry != NULL && leg->reason != REASON_FIRST)
		leg_copy_data(leg->flight->arena, &entry->data, &leg->data);
	counters(e, leg)->notifications++;
	if (!v->told) {
		leg_log_told(e, leg, &leg->data, now);
		leg_succeeded(e, leg, now);
		return;
	}
	leg_make_note(e, leg);
	log_debts_find(entry, leg, now);
	leg->pause = FIRST_PAUSE;
	save_intent(e, leg);
	attempt(e, leg, now);
}

static void
leg_decide(struct engine *e, struct leg *leg, struct moment now)
{
	const struct log_entry *entry = log_debts_keep(e, leg->flight, leg->integration, query_log(e, leg, now), now);
	struct reason_facts facts = leg_facts(leg->flight, leg->integration);
	struct leg_verdict v = leg_judge(entry, &facts);

	leg->merges = e->merges;
	if (v.logged && leg_is_overtaken(e, leg, entry, now) && leg_should_yield(leg, entry))
		leg_overtaken(e, leg, entry, true, now);
	else
		leg_act(e, leg, &v, entry, now);
}

/* A leg that was under way before a restart waits until the cluster has settled, and then for its turn: others may have told it. */
static void
resumed_due(struct engine *e, struct leg *leg, struct moment now)
{
	leg->state = LEG_WAITING;
	if (!cluster_has_settled(e)) {
		leg_arm(e, leg, mono_add(now.mono, SETTLE_POLL));
		return;
	}
	if (!leg->in_turn) {
		leg->in_turn = true;
		if (leg_wait_for_turn(e, leg, now))
			return;
	}
	if (leg_still_to_be_told(e, leg, now))
		attempt(e, leg, now);
}

void
leg_resume(struct engine *e, struct leg *leg, const struct intent_state *from, struct moment now)
{
	struct recipients *to = &leg->note.recipients;

	leg->reason = from->reason;
	leg_copy_data(leg->flight->arena, &from->data, &leg->data);
	leg_make_note(e, leg);
	leg->note.id = from->id;
	leg_copy_recipients(leg->flight->arena, &from->recipients, to);
	log_debts_find(leg_log_entry(e, leg, now), leg, now);
	/* An attempt may have been out. */
	leg->in_doubt = true;
	counters(e, leg)->notifications++;
	leg->attempts = from->attempts;
	leg->pause = FIRST_PAUSE;
	if (leg->note.alerts_n == 0)
		leg_succeeded(e, leg, now);
	else if (clustered(e))
		resumed_due(e, leg, now);
	else
		leg_attempt_begin(e, leg, now);
}

void
leg_begin(struct engine *e, struct leg *leg, struct moment now)
{
	leg->state = LEG_WAITING;
	if (now.mono.ns >= leg->flight->deadline.ns) {
		leg_out_of_time(e, leg, deadline_exceeded, FAILURE_CONTEXT_DEADLINE, now);
		pipeline_leg_done(e, leg->flight, now);
		return;
	}
	if (!leg_wait_for_turn(e, leg, now))
		leg_decide(e, leg, now);
}

void
leg_due(struct engine *e, struct leg *leg, struct moment now)
{
	if (leg->state == LEG_PAUSING && !awake_hears(e, now) && !leg_still_to_be_told(e, leg, now))
		return;
	if (now.mono.ns >= leg->flight->deadline.ns) {
		leg_out_of_time(e, leg, deadline_exceeded, FAILURE_CONTEXT_DEADLINE, now);
		pipeline_leg_done(e, leg->flight, now);
		return;
	}
	if (awake_hears(e, now) && (leg->state == LEG_WAITING || leg->state == LEG_PAUSING))
		leg_arm(e, leg, e->awake.hears_until);
	else if (leg->state == LEG_WAITING && leg->flight->resumed)
		resumed_due(e, leg, now);
	else if (leg->state == LEG_WAITING)
		leg_decide(e, leg, now);
	else if (leg->state == LEG_CLAIMING)
		leg_claim_due(e, leg, now);
	else
		attempt(e, leg, now);
}

/* The next attempt: counted from the last one's begin, as Alertmanager's ticker does. */
static void
schedule_next(struct engine *e, struct leg *leg, const struct outcome *o, struct moment now)
{
	struct mono at = mono_add(leg->attempt_began, backoff_jittered(&leg->pause, MAX_PAUSE, &e->port->rand));
	struct mono asked = mono_add(now.mono, o->retry_after > 0 ? o->retry_after : 0);

	leg->state = LEG_PAUSING;
	save_intent(e, leg);
	leg_arm(e, leg, at.ns > asked.ns ? at : asked);
}

static void
tell_retry(struct engine *e, struct leg *leg, const struct outcome *o, struct moment now)
{
	struct event ev;

	if (!event_heard(e, EVENT_ATTEMPT_FAILED))
		return;
	ev = (struct event){ EVENT_ATTEMPT_FAILED, now,
		.attempt_failed = {
			.leg = leg_event(leg),
			.attempt = event_attempt(leg, now),
			.error = o->error,
			.failure = o->failure,
			.first = leg->error == NULL || !str_is(o->error, leg->error),
		} };
	emit(e, &ev);
}

static void
tell_notified(struct engine *e, const struct leg *leg, struct moment now)
{
	const struct flight *f = leg->flight;
	struct event ev;

	if (!event_heard(e, EVENT_NOTIFIED))
		return;
	ev = (struct event){ EVENT_NOTIFIED, now,
		.notified = {
			.leg = leg_event(leg),
			.attempt = event_attempt(leg, now),
			.firing = f->firing,
			.firing_n = f->firing_n,
			.resolved = f->resolved,
			.resolved_n = f->resolved_n,
			.muted = f->muted,
			.muted_n = f->muted_n,
		} };
	emit(e, &ev);
}

static void
delivered_ok(struct engine *e, struct leg *leg, const struct outcome *o, struct moment now)
{
	leg_log_told(e, leg, o->data_set ? &o->data : &leg->data, now);
	group_note_outcome(e, leg->flight->group, now.wall, mono_sub(now.mono, leg->attempt_began), STR(""));
	count_given_up(e, leg);
	deliveries_follow(e, &leg->note, true, leg->in_doubt, STR_NONE, now);
	tell_notified(e, leg, now);
	leg_succeeded(e, leg, now);
}

void
leg_delivered(struct engine *e, struct leg *leg, const struct outcome *o, struct moment now)
{
	assert(leg->state == LEG_SENDING);
	attempt_over(e, leg, now);
	if (o->ok) {
		delivered_ok(e, leg, o, now);
		return;
	}
	counters(e, leg)->requests_failed++;
	leg->in_doubt |= o->unanswered;
	if (leg->claim != NULL)
		leg_claim_failed(e, leg, now);
	if (o->retry) {
		deliveries_follow(e, &leg->note, false, false, STR_NONE, now);
		tell_retry(e, leg, o, now);
		mem_free(leg->error);
		leg->error = mem_strndup(o->error.p != NULL ? o->error.p : "", o->error.n);
		leg->failure = o->failure;
		schedule_next(e, leg, o, now);
		return;
	}
	mem_free(leg->error);
	leg->error = mem_strndup(o->error.p != NULL ? o->error.p : "", o->error.n);
	leg_failed(e, leg, "due to unrecoverable error after", leg->error, o->failure, now);
	pipeline_leg_done(e, leg->flight, now);
}

void
leg_progressed(struct engine *e, struct leg *leg, struct moment now)
{
	save_intent(e, leg);
	deliveries_follow(e, &leg->note, false, false, STR_NONE, now);
}

void
leg_cancel(struct engine *e, struct leg *leg, struct moment now)
{
	if (leg->state != LEG_DONE)
		leg_out_of_time(e, leg, context_canceled, FAILURE_CONTEXT_CANCELED, now);
}

void
leg_fini(struct engine *e, struct leg *leg)
{
	sched_disarm(&e->sched, &leg->timer);
	if (leg->state == LEG_SENDING) {
		hmap_remove(&e->attempts, &leg->node);
		e->port->cancel(e->port, leg->attempt);
	}
	if (leg->claim != NULL)
		leg_claim_fini(e, leg);
	leg_forget_note(e, leg);
	mem_free(leg->error);
}
