/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "messages.h"

static size_t
place_of(uint64_t note, int to)
{
	return (note * PEOPLE + (uint64_t)to) % JUDGE_HEADS;
}

struct fate *
judge_find(struct day *d, uint64_t note, int to)
{
	/* Chained by note and recipient: places in `fates`, counted from 1. */
	for (size_t i = d->heads[place_of(note, to)]; i > 0; i = d->fates.v[i - 1].next)
		if (d->fates.v[i - 1].note == note && d->fates.v[i - 1].to == to)
			return &d->fates.v[i - 1];
	return NULL;
}

static const struct budget *
budget_of(const struct day *d, int gate)
{
	return &d->gateways[gate].budget;
}

static size_t
charged(const struct day *d, int gate, int to, int64_t window)
{
	size_t n = 0;

	for (size_t i = 0; i < d->fates.n; i++) {
		const struct fate *f = &d->fates.v[i];

		n += f->gate == gate && (to < 0 || f->to == to) && f->charged > 0 && day_now(d) - f->charged < window;
	}
	return n;
}

static bool
used_up(const struct day *d, int gate, int to)
{
	const struct budget *b = budget_of(d, gate);

	return (b->per_person_hour > 0 && charged(d, gate, to, HOUR) >= b->per_person_hour) ||
	    (b->per_day > 0 && charged(d, gate, -1, 24 * HOUR) >= b->per_day);
}

static bool
gives_up(const struct day *d, int gate)
{
	return d->gateways[gate].on_unknown == UNKNOWN_GIVE_UP;
}

static bool
is_exempt(const struct day *d, const struct notification *n)
{
	for (size_t i = 0; i < n->alerts_n; i++)
		if (d->exempt.n > 0 && !n->alerts[i].resolved && matchers_match(&d->exempt, n->alerts[i].alert->labels))
			return true;
	return false;
}

void
judge_state(struct day *d, struct fate *f, enum delivery_state state)
{
	if (f->state == DELIVERY_DELIVERED || f->state == DELIVERY_FAILED || f->state == state)
		return;
	f->state = state;
	d->counted[state]++;
	d->unknown += state == DELIVERY_UNKNOWN;
}

static struct fate *
make(struct day *d, const struct notification *n, int to, int gate)
{
	struct fate *f = judge_find(d, n->id, to);

	if (f != NULL)
		return f;
	VEC_PUSH(&d->fates, ((struct fate){ .note = n->id, .to = to, .gate = gate, .digest = n->digest != NULL }));
	f = &d->fates.v[d->fates.n - 1];
	f->next = d->heads[place_of(n->id, to)];
	d->heads[place_of(n->id, to)] = d->fates.n;
	d->counted[DELIVERY_PENDING]++;
	for (size_t i = 0; i < n->alerts_n; i++)
		f->alerts += !n->alerts[i].resolved;
	return f;
}

struct fate *
judge_asks(struct day *d, const struct notification *n, int to, int gate, bool *suppressed)
{
	struct fate *f = make(d, n, to, gate);

	*suppressed = f->digested || f->covered != 0;
	f->may_be_unknown = false;
	if (*suppressed)
		return f;
	f->exempt = is_exempt(d, n);
	if (f->gate != gate && !f->owed) {
		f->gate = gate;
		f->charged = 0;
	}
	if (f->charged == 0) {
		*suppressed = n->digest == NULL && !f->exempt && used_up(d, f->owed ? f->gate : gate, to);
		if (*suppressed) {
			if (!f->owed)
				judge_state(d, f, DELIVERY_SUPPRESSED);
			d->suppressed += !f->owed;
			f->owed = true;
			return f;
		}
		if (f->state == DELIVERY_SUPPRESSED)
			judge_state(d, f, DELIVERY_PENDING);
		f->owed = false;
		f->gate = gate;
		f->charged = day_now(d);
	}
	return f;
}

void
judge_turn(struct day *d, int gate)
{
	uint64_t pace = budget_of(d, gate)->per_second;

	if (day_now(d) < d->next_leave[gate])
		day_fail(d, "2 pace: gateway %d is asked %.3f s early", gate, (double)(d->next_leave[gate] - day_now(d)) / 1e9);
	if (pace > 0)
		d->next_leave[gate] = day_now(d) + SPAN_S / (int64_t)pace;
}

void
judge_leaves(struct day *d, struct fate *f, int gate)
{
	d->messages++;
	if (f->told)
		day_fail(d, "1 once: notification %" PRIu64 " leaves for +%d again, and it was accepted", f->note, f->to);
	if (f->out)
		day_fail(d, "1 once: notification %" PRIu64 " leaves for +%d twice at once", f->note, f->to);
	if (f->unsure)
		day_fail(d, "1 once: notification %" PRIu64 " leaves for +%d again, and it may have been taken", f->note, f->to);
	f->out = true;
	f->unsure = gives_up(d, gate);
}

void
judge_noted(struct day *d, struct fate *f)
{
	(void)d;
	f->noted = true;
}

void
judge_answered(struct day *d, struct fate *f, bool heard)
{
	(void)d;
	f->out = f->noted = false;
	if (heard)
		f->unsure = false;
	else
		f->cut = true;
}

/* One of a digest is over with that. */
void
judge_cut(struct day *d, const struct notification *n)
{
	for (size_t i = 0; i < n->recipients.n; i++) {
		struct fate *f = judge_find(d, n->id, n->recipients.v[i].to.p[1] - '0');

		if (f == NULL)
			continue;
		f->cut |= f->out;
		f->noted = false;
		if (!f->out || !f->unsure || n->digest == NULL)
			continue;
		judge_state(d, f, DELIVERY_UNKNOWN);
		judge_digest_over(d, n, true);
	}
}

static void
report(struct day *d, struct fate *f, enum delivery_state state)
{
	if (state != DELIVERY_DELIVERED && state != DELIVERY_FAILED)
		return;
	if (f->state == DELIVERY_PENDING || f->state == DELIVERY_ACCEPTED || f->state == DELIVERY_UNKNOWN)
		judge_state(d, f, state);
}

void
judge_named(struct day *d, struct fate *f, const char *id)
{
	snprintf(f->id, sizeof(f->id), "%s", id);
	f->told = true;
	judge_state(d, f, DELIVERY_ACCEPTED);
}

void
judge_report(struct day *d, int gate, const char *id, enum delivery_state state)
{
	for (size_t i = 0; i < d->fates.n; i++)
		if (d->fates.v[i].gate == gate && strcmp(d->fates.v[i].id, id) == 0)
			report(d, &d->fates.v[i], state);
}

static void
count_owed(const struct day *d, int gate, int to, size_t *messages, size_t *alerts)
{
	*messages = *alerts = 0;
	for (size_t i = 0; i < d->fates.n; i++) {
		const struct fate *f = &d->fates.v[i];

		if (!f->owed || f->covered != 0 || f->gate != gate || f->to != to)
			continue;
		*messages += 1;
		*alerts += f->alerts;
	}
}

void
judge_digest(struct day *d, const struct notification *n)
{
	int to = n->recipients.v[0].to.p[1] - '0';

	if (judge_find(d, n->id, to) != NULL)
		return;
	for (int gate = 0; gate < GATEWAYS; gate++) {
		size_t messages, alerts;

		count_owed(d, gate, to, &messages, &alerts);
		if (messages == 0 || messages != n->digest->messages || alerts != n->digest->alerts || used_up(d, gate, to))
			continue;
		d->digests++;
		make(d, n, to, gate)->charged = day_now(d);
		d->open_since[gate][to] = 0;
		for (size_t i = 0; i < d->fates.n; i++)
			if (d->fates.v[i].owed && d->fates.v[i].covered == 0 && d->fates.v[i].gate == gate && d->fates.v[i].to == to)
				d->fates.v[i].covered = n->id;
		return;
	}
	day_fail(d, "3 digest: one of %zu messages with %zu alerts to +%d is none that is owed and may be told", n->digest->messages,
	    n->digest->alerts, to);
}

static void
digest_over(struct day *d, uint64_t note, bool told)
{
	for (size_t i = 0; i < d->fates.n; i++) {
		struct fate *f = &d->fates.v[i];

		if (f->covered != note)
			continue;
		f->covered = 0;
		f->owed = !told;
		f->digested = told;
		d->counted[DELIVERY_SUPPRESSED] += told;
	}
}

void
judge_digest_over(struct day *d, const struct notification *n, bool told)
{
	digest_over(d, n->id, told);
}

void
judge_given_up(struct day *d, const struct notification *n)
{
	for (size_t i = 0; i < n->recipients.n; i++) {
		const struct recipient *r = &n->recipients.v[i];
		struct fate *f = judge_find(d, n->id, r->to.p[1] - '0');

		if (f == NULL || f->state != DELIVERY_PENDING)
			continue;
		if (f->cut && f->unsure && r->state != RECIPIENT_UNKNOWN)
			day_fail(d, "1 once: notification %" PRIu64 " to +%d was cut, and its next one would tell it again", f->note, f->to);
		judge_state(d, f, f->cut || f->doubt ? DELIVERY_UNKNOWN : DELIVERY_FAILED);
	}
}

void
judge_killed(struct day *d)
{
	memset(d->counted, 0, sizeof(d->counted));
	memset(d->next_leave, 0, sizeof(d->next_leave));
	for (size_t i = 0; i < d->fates.n; i++) {
		struct fate *f = &d->fates.v[i];

		f->out = false;
		f->unsure |= f->noted;
		f->doubt |= f->state == DELIVERY_PENDING;
		f->may_be_unknown = f->state == DELIVERY_PENDING;
	}
	/* By the first configuration, in the order of notifications. */
	for (size_t i = 0; i < d->fates.n; i++) {
		struct fate *f = &d->fates.v[i];

		if (f->noted && f->state == DELIVERY_PENDING) {
			judge_state(d, f, DELIVERY_UNKNOWN);
			digest_over(d, f->note, f->digest);
		}
		f->noted = false;
	}
	for (size_t i = 0; i < d->fates.n; i++)
		d->fates.v[i].covered = 0;
}

struct seen {
	struct day *d;
	size_t n;
};

static bool
see(void *arg, const struct delivery *x)
{
	struct seen *s = arg;
	struct day *d = s->d;
	int to = x->recipient.p[1] - '0';
	struct fate *f = judge_find(d, x->notification, to);

	s->n++;
	if (f == NULL) {
		day_fail(d, "4 records: there is one of notification %" PRIu64 " to +%d, which was not asked for", x->notification, to);
		return false;
	}
	if (f->may_be_unknown && x->state == DELIVERY_UNKNOWN && f->state == DELIVERY_PENDING) {
		judge_state(d, f, DELIVERY_UNKNOWN);
		f->may_be_unknown = false;
	}
	if (x->state != f->state || x->digested != f->digested || x->digest != f->digest)
		day_fail(d, "4 records: notification %" PRIu64 " to +%d is %s%s, should be %s%s", f->note, to,
		    delivery_state_text(x->state), x->digested ? " and digested" : "", delivery_state_text(f->state),
		    f->digested ? " and digested" : "");
	if (f->gate >= 0 && !str_eq(x->gateway, d->gateways[f->gate].name))
		day_fail(d, "4 records: notification %" PRIu64 " to +%d went by %.*s", f->note, to, STR_ARG(x->gateway));
	return !d->failed;
}

static void
judge_counters(struct day *d)
{
	const struct delivery_counters *all;
	uint64_t counted[DELIVERY_STATES] = { 0 };
	size_t n;

	view_delivery_counters(d->w.engine, &all, &n);
	for (size_t i = 0; i < n; i++)
		for (int s = 0; s < DELIVERY_STATES; s++)
			counted[s] += all[i].n[s];
	for (int s = DELIVERY_ACCEPTED; s < DELIVERY_STATES; s++)
		if (counted[s] != d->counted[s])
			day_fail(d, "5 counters: %" PRIu64 " %s, should be %" PRIu64, counted[s],
			    delivery_state_text((enum delivery_state)s), d->counted[s]);
}

static bool
is_bad(const struct fate *f)
{
	return f->state == DELIVERY_FAILED || f->state == DELIVERY_UNKNOWN;
}

static bool
name_failing(void *arg, const struct delivery *x)
{
	struct day *d = arg;
	const struct fate *f = judge_find(d, x->notification, x->recipient.p[1] - '0');

	if (f == NULL || !is_bad(f))
		day_fail(d, "5 counters: %.*s is shown as failing", STR_ARG(x->recipient));
	return true;
}

static void
see_failing(void *arg, const struct delivery *x)
{
	(void)name_failing(arg, x);
}

static void
judge_owed(struct day *d)
{
	size_t owed = 0, shown;
	uint64_t told;

	for (size_t i = 0; i < d->fates.n; i++)
		owed += d->fates.v[i].owed;
	view_digests(d->w.engine, &shown, &told);
	if (shown != owed)
		day_fail(d, "3 digest: %zu messages are owed, should be %zu", shown, owed);
	for (int gate = 0; gate < GATEWAYS; gate++)
		for (int to = 0; to < PEOPLE; to++) {
			size_t messages, alerts;

			count_owed(d, gate, to, &messages, &alerts);
			if (messages == 0 || used_up(d, gate, to))
				d->open_since[gate][to] = 0;
			else if (d->open_since[gate][to] == 0)
				d->open_since[gate][to] = day_now(d);
			/* One that was refused waits for an hour. */
			else if (day_now(d) - d->open_since[gate][to] > 62 * MINUTE)
				day_fail(d, "3 digest: +%d has not been told of %zu messages for an hour", to, messages);
		}
}

void
judge_all(struct day *d)
{
	struct seen s = { .d = d };

	if (d->failed)
		return;
	view_deliveries(d->w.engine, UINT64_MAX, see, &s);
	if (!d->failed && s.n != d->fates.n)
		day_fail(d, "4 records: there are %zu, should be %zu", s.n, d->fates.n);
	if (d->failed)
		return;
	judge_counters(d);
	view_failing_recipients(d->w.engine, SIZE_MAX, see_failing, d);
	judge_owed(d);
}

void
judge_end(struct day *d)
{
	for (size_t i = 0; i < d->fates.n && !d->failed; i++) {
		const struct fate *f = &d->fates.v[i];

		if (f->owed || (f->state == DELIVERY_SUPPRESSED && !f->digested))
			day_fail(d, "3 digest: notification %" PRIu64 " to +%d was suppressed, and nobody was told", f->note, f->to);
		if (f->state == DELIVERY_PENDING)
			day_fail(d, "4 records: notification %" PRIu64 " to +%d is pending for ever", f->note, f->to);
	}
}
