/* SPDX-License-Identifier: Apache-2.0 */
#include "receiver_stats.h"

#include <string.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/list.h"
#include "base/mem.h"
#include "config/config.h"
#include "core/event.h"

#define HOURS 24
#define HOUR_S 3600
/* Integrations that are remembered: configurations come and go. Beyond that all is forgotten once. */
#define STATS_MAX 20000
/* The part of an error's text that is kept. */
#define ERROR_MAX 500

struct stat {
	struct hmap_node node;
	struct istr *receiver;		/* owned references */
	const char *kind;		/* static */
	size_t index;
	struct wall last_success, last_error;
	char *error;			/* owned; NULL: none */
	unsigned attempts;
	size_t retrying;
	struct list_node place;		/* in `failing` … */
	bool fails;			/* … if this */
	bool gave_up;			/* a notification, since then */
	uint64_t failures;		/* in a row */
	struct wall failing_since;
	int64_t hour;			/* of the newest slot, since the epoch */
	uint32_t sent[HOURS], failed[HOURS];
};

struct receiver_stats {
	struct port *port;
	struct event_listener listener;
	struct hmap stats;
	struct list failing;
};

static uint64_t
hash_of(struct str receiver, const char *kind, size_t index)
{
	return hash_seeded(receiver.p, receiver.n) ^ hash_seeded(kind, strlen(kind)) ^ (index * UINT64_C(0x9E3779B97F4A7C15));
}

static struct stat *
find(const struct receiver_stats *s, struct str receiver, const char *kind, size_t index)
{
	for (struct hmap_node *n = hmap_first(&s->stats, hash_of(receiver, kind, index)); n != NULL; n = hmap_next(n)) {
		struct stat *x = CONTAINER_OF(n, struct stat, node);

		if (x->index == index && strcmp(x->kind, kind) == 0 && str_eq(istr_str(x->receiver), receiver))
			return x;
	}
	return NULL;
}

/* It does not fail any more. */
static void
note_success(struct receiver_stats *s, struct stat *x)
{
	if (x->fails)
		list_remove(&s->failing, &x->place);
	x->fails = x->gave_up = false;
	x->failures = 0;
}

static void
forget_all(struct receiver_stats *s)
{
	HMAP_EACH(&s->stats, node) {
		struct stat *x = CONTAINER_OF(node, struct stat, node);

		hmap_remove(&s->stats, node);
		note_success(s, x);
		istr_unref(x->receiver);
		mem_free(x->error);
		mem_free(x);
	}
}

static struct stat *
stat_of(struct receiver_stats *s, const struct event_leg *leg)
{
	const char *kind = leg->integration->kind->name;
	size_t index = leg->integration->index;
	struct stat *x = find(s, leg->group.receiver, kind, index);

	if (x != NULL)
		return x;
	if (s->stats.n >= STATS_MAX)
		forget_all(s);
	x = NEW(struct stat);
	x->receiver = istr_get(leg->group.receiver);
	x->kind = kind;
	x->index = index;
	x->last_success = x->last_error = WALL_ZERO;
	hmap_insert(&s->stats, &x->node, hash_of(leg->group.receiver, kind, index));
	return x;
}

/* Hours that went by count nothing. */
static void
turn_to(struct stat *x, struct wall now)
{
	int64_t hour = now.s / HOUR_S;

	if (hour - x->hour >= HOURS || hour < x->hour) {
		memset(x->sent, 0, sizeof(x->sent));
		memset(x->failed, 0, sizeof(x->failed));
		x->hour = hour;
	}
	while (x->hour < hour) {
		x->hour++;
		x->sent[x->hour % HOURS] = x->failed[x->hour % HOURS] = 0;
	}
}

static void
note_error(struct receiver_stats *s, struct stat *x, struct str error, unsigned attempts, struct wall now)
{
	mem_free(x->error);
	x->error = mem_strndup(error.p != NULL ? error.p : "", error.n < ERROR_MAX ? error.n : ERROR_MAX);
	x->attempts = attempts;
	x->last_error = wall_utc(now);
	x->failures++;
	if (x->fails)
		return;
	x->fails = true;
	x->failing_since = x->last_error;
	list_append(&s->failing, &x->place);
}

/* A notification that had failed before does not go on. */
static void
end_retrying(struct stat *x, unsigned failed)
{
	if (failed > 0 && x->retrying > 0)
		x->retrying--;
}

static void
hear(void *arg, const struct event *ev)
{
	struct receiver_stats *s = arg;
	struct wall now = ev->now.wall;
	struct stat *x;

	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_NOTIFIED:
		x = stat_of(s, &ev->notified.leg);
		turn_to(x, now);
		x->sent[x->hour % HOURS]++;
		x->last_success = wall_utc(now);
		note_success(s, x);
		end_retrying(x, ev->notified.leg.attempts - 1);
		break;
	case EVENT_ATTEMPT_FAILED:
		x = stat_of(s, &ev->attempt_failed.leg);
		note_error(s, x, ev->attempt_failed.error, ev->attempt_failed.leg.attempts, now);
		x->retrying += ev->attempt_failed.leg.attempts == 1;
		break;
	case EVENT_NOTIFY_FAILED:
		x = stat_of(s, &ev->notify_failed.leg);
		turn_to(x, now);
		/* With an attempt out, those before it had failed; else all had. */
		end_retrying(x, ev->notify_failed.leg.attempts - (ev->notify_failed.attempt.number != 0));
		if (ev->notify_failed.canceled)
			break;
		x->failed[x->hour % HOURS]++;
		note_error(s, x, ev->notify_failed.error, ev->notify_failed.leg.attempts, now);
		x->gave_up = true;
		break;
	default:
		/* The mask names no others. */
		break;
	}
}

struct receiver_stats *
receiver_stats_new(struct port *p)
{
	struct receiver_stats *s = NEW(struct receiver_stats);

	s->port = p;
	s->listener = (struct event_listener){
		EVENT_BIT(EVENT_NOTIFIED) | EVENT_BIT(EVENT_ATTEMPT_FAILED) | EVENT_BIT(EVENT_NOTIFY_FAILED), hear, s
	};
	if (p != NULL)
		port_listen(p, &s->listener);
	return s;
}

void
receiver_stats_free(struct receiver_stats **s)
{
	if (*s == NULL)
		return;
	if ((*s)->port != NULL)
		port_unlisten((*s)->port, &(*s)->listener);
	forget_all(*s);
	hmap_fini(&(*s)->stats);
	mem_free(*s);
	*s = NULL;
}

void
receiver_stats_get(const struct receiver_stats *s, struct str receiver, const struct integration *i, struct wall now,
    struct integration_stat *out)
{
	const struct stat *x = find(s, receiver, i->kind->name, i->index);

	*out = (struct integration_stat){ .last_success = WALL_ZERO, .last_error = WALL_ZERO };
	if (x == NULL)
		return;
	out->last_success = x->last_success;
	out->last_error = x->last_error;
	out->error = x->error != NULL ? str_from(x->error) : STR("");
	out->attempts = x->attempts;
	out->retrying = x->retrying;
	for (int64_t hour = now.s / HOUR_S - HOURS + 1; hour <= x->hour; hour++) {
		if (hour < 0 || x->hour - hour >= HOURS)
			continue;
		out->sent += x->sent[hour % HOURS];
		out->failed += x->failed[hour % HOURS];
	}
}

/* One failure may be nobody's fault. */
#define FAILURES_MIN 3

bool
receiver_stats_failing(const struct receiver_stats *s, struct failing *f)
{
	struct list_node *n = f->place == NULL ? s->failing.first : f->place->next;

	for (; n != NULL; n = n->next) {
		const struct stat *x = CONTAINER_OF(n, struct stat, place);

		if (!x->gave_up && x->failures < FAILURES_MIN)
			continue;
		*f = (struct failing){ istr_str(x->receiver), x->kind, x->index, str_from(x->error), x->failures,
			x->failing_since, n };
		return true;
	}
	return false;
}
