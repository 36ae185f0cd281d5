/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include <stdio.h>

#include "base/mem.h"
#include "config/config.h"

/* Bytes of a text that somebody else wrote. */
#define TEXT_MAX 1000
#define MATCHERS_TEXT_MAX 4000
/* Silences and intervals that are named. */
#define NAMES_MAX 8
/* About what a label takes that only we still hold. */
#define LABEL_BYTES 32

struct batch *
batch_new(struct mono now)
{
	struct batch *b = NEW(struct batch);

	b->arena = arena_new();
	b->since = now;
	return b;
}

static void
release(struct record *r)
{
	labels_unref(r->labels);
	if (r->rest == NULL)
		return;
	labels_unref(r->rest->source);
	for (size_t i = 0; i < r->rest->row.sets_n; i++)
		labels_unref(r->rest->sets[i]);
}

bool
batch_release_some(struct batch *b, size_t refs)
{
	size_t done = 0;

	while (b->released < b->records.n && done < refs) {
		struct record *r = &b->records.v[b->released++];

		done += 1 + (r->rest != NULL ? r->rest->row.sets_n : 0);
		release(r);
	}
	return b->released == b->records.n;
}

void
batch_free(struct batch *b)
{
	if (b == NULL)
		return;
	while (!batch_release_some(b, SIZE_MAX))
		;
	VEC_FINI(&b->records);
	arena_free(&b->arena);
	mem_free(b);
}

bool
batch_is_full(const struct batch *b)
{
	return b->refs >= BATCH_REFS;
}

event_mask
batch_mask(void)
{
	return EVENT_BIT(EVENT_ALERT_CONDITION) | EVENT_BIT(EVENT_GROUP_MUTED) | EVENT_BIT(EVENT_NOTIFIED) |
	    EVENT_BIT(EVENT_NOTIFY_FAILED) | EVENT_BIT(EVENT_NOTIFY_OVERTAKEN) | EVENT_BIT(EVENT_NOTIFY_UNSURE) |
	    EVENT_BIT(EVENT_SILENCE_CREATED) | EVENT_BIT(EVENT_SILENCE_UPDATED) |
	    EVENT_BIT(EVENT_SILENCE_EXPIRED) | EVENT_BIT(EVENT_DELIVERY);
}

static int64_t
ms_of(struct wall t)
{
	return t.s * 1000 + t.ns / 1000000;
}

static struct record *
begin(struct batch *b, enum kind kind, struct wall now)
{
	VEC_PUSH(&b->records, ((struct record){ .kind = kind, .at = ms_of(now) }));
	b->bytes += sizeof(struct record);
	b->refs++;
	return &b->records.v[b->records.n - 1];
}

/* … and more is to be said of it. */
static struct record_rest *
begin_more(struct batch *b, enum kind kind, struct wall now)
{
	struct record *r = begin(b, kind, now);

	r->rest = ARENA_NEW(b->arena, struct record_rest);
	b->bytes += sizeof(struct record_rest);
	return r->rest;
}

/* A copy, cut where it is too long. */
static struct str
keep(struct batch *b, struct str s, size_t max)
{
	if (s.n == 0)
		return STR_NONE;
	if (s.n > max) {
		/* On the edge of a rune. */
		while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
			max--;
		s.n = max;
	}
	b->bytes += s.n;
	return arena_str(b->arena, s);
}

static struct labels *
hold(struct batch *b, const struct labels *l)
{
	b->bytes += sizeof(*l) + labels_n(l) * LABEL_BYTES;
	/* Alerts are const to listeners, who may take references all the same. */
	return labels_ref((struct labels *)(uintptr_t)l);
}

/* The ids of those that are acknowledgements, or that are not. */
static struct str
join_ids(struct batch *b, const struct verdict *v, bool acks)
{
	struct sbuf ids = SBUF_INIT(SBUF_UNLIMITED);
	struct str kept;
	size_t n = 0;

	for (size_t i = 0; i < v->by.silences.n && n < NAMES_MAX; i++)
		if (silence_is_ack(v->by.silences.v[i]) == acks)
			sbuf_printf(&ids, "%s%s", n++ > 0 ? " " : "", v->by.silences.v[i]->id);
	kept = keep(b, sbuf_get(&ids), TEXT_MAX);
	sbuf_fini(&ids);
	return kept;
}

static struct str
join_names(struct batch *b, const struct verdict *v)
{
	struct sbuf names = SBUF_INIT(SBUF_UNLIMITED);
	struct str kept;

	for (size_t i = 0; i < v->by.intervals.n && i < NAMES_MAX; i++)
		sbuf_printf(&names, "%s%.*s", i > 0 ? " " : "", STR_ARG(v->by.intervals.names[i]));
	kept = keep(b, sbuf_get(&names), TEXT_MAX);
	sbuf_fini(&names);
	return kept;
}

/* When the first acknowledgement was made: it is seen at the next flush only. */
static struct wall
ack_began(const struct verdict *v, struct wall now)
{
	struct wall began = now;

	for (size_t i = 0; i < v->by.silences.n; i++) {
		const struct silence *s = v->by.silences.v[i];

		if (silence_is_ack(s) && wall_before(s->starts, began))
			began = s->starts;
	}
	return began;
}

static void
take_condition(struct batch *b, const struct event_condition *c, struct wall now)
{
	static const enum kind kinds[][2] = {
		[ALERT_FIRES] = { KIND_RESOLVED, KIND_FIRING },
		[ALERT_INHIBITED] = { KIND_UNINHIBITED, KIND_INHIBITED },
		[ALERT_SILENCED] = { KIND_UNSILENCED, KIND_SILENCED },
		[ALERT_ACKED] = { KIND_UNACKED, KIND_ACKED },
	};
	enum kind kind = kinds[c->condition][c->on];
	struct record_rest *rest;
	struct record *r;

	if (!c->on || c->verdict == NULL) {
		r = begin(b, kind, now);
		r->labels = hold(b, c->alert->labels);
		if (c->condition == ALERT_FIRES && c->on && wall_before(alert_starts(c->alert), now))
			r->starts = (uint64_t)ms_of(wall_utc(alert_starts(c->alert)));
		return;
	}
	rest = begin_more(b, kind, now);
	r = &b->records.v[b->records.n - 1];
	r->labels = hold(b, c->alert->labels);
	if (c->condition == ALERT_INHIBITED) {
		rest->source = hold(b, c->verdict->by.inhibition.source->labels);
		rest->row.ref = keep(b, c->verdict->by.inhibition.rule->title, TEXT_MAX);
	} else {
		rest->row.ref = join_ids(b, c->verdict, c->condition == ALERT_ACKED);
		if (c->condition == ALERT_ACKED)
			r->starts = (uint64_t)ms_of(ack_began(c->verdict, now));
	}
}

static void
put_group(struct batch *b, struct record_rest *r, const struct event_group *g)
{
	r->row.receiver = keep(b, g->receiver, TEXT_MAX);
	r->group_key = keep(b, g->key, MATCHERS_TEXT_MAX);
}

static void
take_group_muted(struct batch *b, const struct event_group_muted *m, struct wall now)
{
	bool on = m->verdict->cause != MUTE_NONE;
	struct record_rest *r = begin_more(b, on ? KIND_MUTED : KIND_UNMUTED, now);

	put_group(b, r, &m->group);
	r->row.firing = m->alerts_n;
	if (on)
		r->row.ref = join_names(b, m->verdict);
}

static void
put_alerts(struct batch *b, struct record_rest *r, const struct event_leg *leg)
{
	size_t n = leg->alerts_n < ROW_SETS_MAX ? leg->alerts_n : ROW_SETS_MAX;

	for (size_t i = 0; i < leg->alerts_n; i++)
		r->row.firing += !leg->alerts[i].resolved;
	r->row.resolved = leg->alerts_n - r->row.firing;
	r->sets = ARENA_ARRAY(b->arena, n, struct labels *);
	for (size_t i = 0; i < n; i++)
		r->sets[i] = hold(b, leg->alerts[i].alert->labels);
	r->row.sets_n = n;
	b->refs += n;
	b->bytes += n * sizeof(r->sets[0]);
}

static void
put_recipients(struct batch *b, struct record_rest *r, const struct recipients *all)
{
	size_t n = all->n < ROW_RECIPIENTS_MAX ? all->n : ROW_RECIPIENTS_MAX;
	struct row_recipient *to;

	if (!all->known || n == 0)
		return;
	to = ARENA_ARRAY(b->arena, n, struct row_recipient);
	for (size_t i = 0; i < n; i++)
		to[i] = (struct row_recipient){ keep(b, all->v[i].to, TEXT_MAX), all->v[i].state };
	r->row.to = to;
	r->row.to_n = n;
	b->bytes += n * sizeof(to[0]);
}

static void
take_notification(struct batch *b, const struct event_leg *leg, const struct event_attempt *attempt, struct wall now,
    unsigned outcome, enum failure failure, struct str error)
{
	char name[INTEGRATION_TEXT_MAX];
	struct record_rest *r;

	/* Given up before anything was tried: nobody was told anything. */
	if (leg->attempts == 0)
		return;
	r = begin_more(b, KIND_NOTIFICATION, now);
	put_group(b, r, &leg->group);
	r->row.outcome = outcome;
	r->row.integration = arena_str(b->arena, integration_text(leg->integration, name));
	r->row.reason = leg->reason;
	r->row.attempts = leg->attempts;
	r->row.ms = attempt->took > 0 ? (uint64_t)(attempt->took / SPAN_MS) : 0;
	if (outcome != OUTCOME_SENT) {
		r->row.failure = failure + 1;
		r->row.text = keep(b, error, TEXT_MAX);
	}
	put_alerts(b, r, leg);
	put_recipients(b, r, leg->recipients);
}

/* The error of such a row says why it cannot be known whether the receiver was told before. */
static void
take_unsure(struct batch *b, const struct event_unsure *ev, struct wall now)
{
	const struct event_leg *leg = &ev->leg;
	struct record_rest *r = begin_more(b, ev->held ? KIND_HELD_BACK : KIND_UNSURE, now);
	char name[INTEGRATION_TEXT_MAX];

	put_group(b, r, &leg->group);
	r->row.integration = arena_str(b->arena, integration_text(leg->integration, name));
	r->row.reason = leg->reason;
	r->row.attempts = leg->attempts;
	r->row.outcome = OUTCOME_CANCELED;
	r->row.text = ev->owner.n == 0 ? arena_printf(b->arena, "%s", unsure_text(ev->cause))
				       : arena_printf(b->arena, "%s by %.*s", unsure_text(ev->cause), STR_ARG(ev->owner));
	put_alerts(b, r, leg);
}

/* A gateway's report; the rest stands in the entry of the notification. */
static void
take_delivery(struct batch *b, const struct event_delivery *ev, struct wall now)
{
	const struct delivery *d = ev->delivery;
	struct row_recipient *to;
	struct record_rest *r;

	if (!ev->reported)
		return;
	r = begin_more(b, KIND_DELIVERY, now);
	r->row.receiver = keep(b, d->receiver, TEXT_MAX);
	r->group_key = keep(b, d->group_key, MATCHERS_TEXT_MAX);
	r->row.integration = arena_printf(b->arena, "%.*s[%u]", STR_ARG(d->integration), d->index);
	r->row.actor = keep(b, d->gateway, TEXT_MAX);
	r->row.ref = keep(b, d->provider_id, TEXT_MAX);
	r->row.text = keep(b, d->error, TEXT_MAX);
	to = ARENA_NEW(b->arena, struct row_recipient);
	*to = (struct row_recipient){ keep(b, d->recipient, TEXT_MAX), d->state };
	r->row.to = to;
	r->row.to_n = 1;
	b->bytes += sizeof(*to);
}

static struct str
matchers_text(struct batch *b, const struct silence *s)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct str kept;

	for (size_t i = 0; i < s->sets_n && text.n < MATCHERS_TEXT_MAX; i++) {
		sbuf_puts(&text, i > 0 ? " or " : "");
		matchers_format(&s->sets[i], &text);
	}
	kept = keep(b, sbuf_get(&text), MATCHERS_TEXT_MAX);
	sbuf_fini(&text);
	return kept;
}

static void
put_silence(struct batch *b, const struct silence *s, enum kind kind, struct wall now, struct str actor)
{
	struct record_rest *r = begin_more(b, kind, now);

	r->row.ref = keep(b, str_from(s->id), TEXT_MAX);
	r->row.actor = keep(b, actor, TEXT_MAX);
	r->row.text = keep(b, istr_str(s->comment), TEXT_MAX);
	r->row.matchers = matchers_text(b, s);
	b->records.v[b->records.n - 1].starts = (uint64_t)ms_of(s->starts);
	r->row.ends = (uint64_t)ms_of(s->ends);
}

void
batch_ended(struct batch *b, const struct silence *s, struct wall now)
{
	put_silence(b, s, silence_is_ack(s) ? KIND_ACK_ENDED : KIND_SILENCE_ENDED, wall_utc(now), STR_NONE);
}

/*
 * A silence that is made says by whom; an end is the doing of who asked for it, and else nobody's. An end at
 * another one of the cluster does not say who asked for it.
 */
static void
take_silence(struct batch *b, const struct event_silence *ev, enum kind kind, struct wall now, struct str name, struct str from)
{
	const struct silence *s = ev->silence;
	bool ended = kind == KIND_SILENCE_EXPIRED;
	struct str actor = name;

	if (ev->by == SILENCE_BY_ITSELF && ended) {
		batch_ended(b, s, now);
		return;
	}
	if (ev->by == SILENCE_BY_ITSELF || (ev->by == SILENCE_BY_PEER && ended))
		actor = STR_NONE;
	else if (ev->by == SILENCE_BY_PEER)
		actor = istr_str(s->created_by);
	else if (actor.n == 0)
		actor = ended ? from : istr_str(s->created_by);
	/* Kinds of acknowledgements stand in the order of those of silences. */
	put_silence(b, s, silence_is_ack(s) ? kind + (KIND_ACK_CREATED - KIND_SILENCE_CREATED) : kind, now, actor);
	b->records.v[b->records.n - 1].rest->row.by_peer = ev->by == SILENCE_BY_PEER;
}

void
batch_take(struct batch *b, const struct event *ev, struct str name, struct str from)
{
	struct wall now = wall_utc(ev->now.wall);
	const struct event_notify_failed *failed = &ev->notify_failed;

	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_ALERT_CONDITION:
		take_condition(b, &ev->alert_condition, now);
		break;
	case EVENT_GROUP_MUTED:
		take_group_muted(b, &ev->group_muted, now);
		break;
	case EVENT_NOTIFIED:
		take_notification(
		    b, &ev->notified.leg, &ev->notified.attempt, now, OUTCOME_SENT, FAILURE_OTHER, STR_NONE);
		break;
	case EVENT_NOTIFY_FAILED:
		take_notification(b, &failed->leg, &failed->attempt, now,
		    failed->canceled ? OUTCOME_CANCELED : OUTCOME_FAILED, failed->failure, failed->error);
		break;
	case EVENT_NOTIFY_OVERTAKEN:
		take_notification(b, &ev->notify_overtaken.leg, &(struct event_attempt){ 0 }, now, OUTCOME_CANCELED, FAILURE_OTHER,
		    ev->notify_overtaken.again ? STR("another member of the cluster has told a newer state")
					       : STR("another member of the cluster has told it"));
		break;
	case EVENT_NOTIFY_UNSURE:
		take_unsure(b, &ev->notify_unsure, now);
		break;
	case EVENT_SILENCE_CREATED:
		take_silence(b, &ev->silence_created, KIND_SILENCE_CREATED, now, name, from);
		break;
	case EVENT_SILENCE_UPDATED:
		take_silence(b, &ev->silence_updated, KIND_SILENCE_UPDATED, now, name, from);
		break;
	case EVENT_SILENCE_EXPIRED:
		take_silence(b, &ev->silence_expired, KIND_SILENCE_EXPIRED, now, name, from);
		break;
	case EVENT_DELIVERY:
		take_delivery(b, &ev->delivery, now);
		break;
	default:
		/* The mask names no others. */
		break;
	}
}

void
batch_note(struct batch *b, enum kind kind, struct wall now, struct str text, uint64_t n, struct str actor)
{
	struct record_rest *r = begin_more(b, kind, wall_utc(now));

	r->row.text = keep(b, text, TEXT_MAX);
	r->row.firing = n;
	r->row.actor = keep(b, actor, TEXT_MAX);
}
