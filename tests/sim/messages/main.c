/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_messages [--seeds A..B] [--seed N] [--hours H] [--max-failures N] [--verbose]: exit status 1 when a day failed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "messages.h"

#define REQUEST_TIMEOUT (20 * SPAN_S)

static const struct str people[PEOPLE] = { { "+0", 2 }, { "+1", 2 }, { "+2", 2 } };

int64_t
day_now(const struct day *d)
{
	return d->w.now.mono.ns;
}

bool
chance(struct day *d, unsigned of)
{
	return rand_below(&d->r, of) == 0;
}

void
day_fail(struct day *d, const char *fmt, ...)
{
	va_list ap;

	if (d->failed)
		return;
	d->failed = true;
	printf("seed %" PRIu64 " at %.3f s: ", d->seed, (double)day_now(d) / 1e9);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static void
say(const struct day *d, const char *fmt, ...) PRINTF(2, 3);
static void
say(const struct day *d, const char *fmt, ...)
{
	va_list ap;

	if (!d->verbose)
		return;
	printf("%10.3f ", (double)day_now(d) / 1e9);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

static struct attempt_out *
attempt_of(struct day *d, uint64_t number)
{
	for (size_t i = 0; i < d->attempts.n; i++)
		if (d->attempts.v[i].number == number)
			return &d->attempts.v[i];
	return NULL;
}

static void
forget_attempt(struct day *d, uint64_t number)
{
	struct attempt_out *a = attempt_of(d, number);

	*a = d->attempts.v[--d->attempts.n];
	/* Gateways go on with what has left; nobody hears of it. */
	for (size_t i = 0; i < d->requests.n;) {
		struct request_out *q = &d->requests.v[i];
		struct fate *f = q->attempt == number ? judge_find(d, q->note, q->to) : NULL;

		if (f != NULL) {
			f->out = f->noted = false;
			*q = d->requests.v[--d->requests.n];
		} else {
			i++;
		}
	}
}

static void
on_send(struct fake_world *w, uint64_t attempt, struct notification *n, struct mono deadline)
{
	struct day *d = CONTAINER_OF(w, struct day, w);
	size_t i = 0;

	(void)deadline;
	VEC_PUSH(&d->attempts, ((struct attempt_out){ .number = attempt, .n = n }));
	while (i < d->notes.n && d->notes.v[i].id != n->id)
		i++;
	if (i == d->notes.n)
		VEC_PUSH(&d->notes, ((struct note_alive){ .id = n->id }));
	d->notes.v[i].recipients = &n->recipients;
	d->notes.v[i].n = n;
	if (n->digest != NULL)
		judge_digest(d, n);
}

static void
on_cancel(struct fake_world *w, uint64_t attempt)
{
	struct day *d = CONTAINER_OF(w, struct day, w);

	if (!d->dying) {
		say(d, "attempt %" PRIu64 " is canceled", attempt);
		judge_cut(d, attempt_of(d, attempt)->n);
	}
	forget_attempt(d, attempt);
}

/* The leg is given up, whether or not an attempt was out. */
static void
hear(void *arg, const struct event *ev)
{
	struct day *d = arg;

	for (size_t i = 0; i < d->notes.n; i++)
		if (d->notes.v[i].recipients == ev->notify_failed.leg.recipients) {
			say(d, "notification %" PRIu64 " is given up", d->notes.v[i].id);
			judge_given_up(d, d->notes.v[i].n);
			d->notes.v[i] = d->notes.v[--d->notes.n];
			return;
		}
}

static void
ask(struct day *d, struct attempt_out *a, struct recipient *r, int gate)
{
	int to = r->to.p[1] - '0';
	uint64_t number = a->number;
	struct mono at = d->w.now.mono;
	enum admission admission;
	struct fate *f;
	bool suppressed;

	r->tries++;
	r->asked = true;
	r->gateway = d->gateways[gate].name;
	f = judge_asks(d, a->n, to, gate, &suppressed);
	admission = engine_admit(d->w.engine, number, d->gateways[gate].name, r->to, d->w.now, &at);
	say(d, "attempt %" PRIu64 " asks gateway %d for +%d: %s", number, gate, to,
	    admission == ADMIT_GO ? "go" : admission == ADMIT_LATER ? "later" : "suppressed");
	if ((admission == ADMIT_SUPPRESS) != suppressed) {
		day_fail(d, "6 budget: notification %" PRIu64 " to +%d by gateway %d is %s", f->note, to, gate,
		    suppressed ? "let through" : "suppressed");
		return;
	}
	if (suppressed) {
		r->tries--;
		r->asked = false;
		r->state = RECIPIENT_SUPPRESSED;
		return;
	}
	a->under_way++;
	VEC_PUSH(&d->requests, ((struct request_out){ .attempt = number, .note = a->n->id, .to = to, .gate = gate, .leaves = at.ns }));
}

static bool
knows(const struct notification *n, struct str to)
{
	for (size_t i = 0; i < n->served_n; i++)
		if (str_eq(n->served[i], to))
			return true;
	return false;
}

/* All that is under way has been answered. */
static void
finish(struct day *d, struct attempt_out *a)
{
	struct outcome o = { 0 };
	struct notification *n = a->n;
	uint64_t number = a->number, id = n->id;
	bool digest = n->digest != NULL;
	size_t served = 0, pending = 0;

	for (size_t i = 0; i < n->recipients.n; i++) {
		served += n->recipients.v[i].state == RECIPIENT_DONE || n->recipients.v[i].state == RECIPIENT_SUPPRESSED;
		pending += n->recipients.v[i].state == RECIPIENT_PENDING;
		o.unanswered |= n->recipients.v[i].doubt;
	}
	o.ok = pending == 0 && served > 0;
	o.retry = pending > 0;
	o.error = STR("no luck");
	say(d, "attempt %" PRIu64 " of %" PRIu64 " ends: %s", number, id, o.ok ? "ok" : o.retry ? "retry" : "failed");
	if (digest && !o.retry)
		judge_digest_over(d, n, o.ok || n->recipients.v[0].state == RECIPIENT_UNKNOWN);
	forget_attempt(d, number);
	if (o.ok || digest)
		for (size_t i = 0; i < d->notes.n; i++)
			if (d->notes.v[i].id == id)
				d->notes.v[i].recipients = NULL;
	engine_delivered(d->w.engine, number, &o, d->w.now);
}

static struct recipient *
recipient_of(struct notification *n, int to)
{
	for (size_t i = 0; i < n->recipients.n; i++)
		if (n->recipients.v[i].to.p[1] - '0' == to)
			return &n->recipients.v[i];
	return NULL;
}

static void
begin_attempt(struct day *d, struct attempt_out *a)
{
	struct notification *n = a->n;
	struct recipients *all = &n->recipients;
	uint64_t number = a->number;

	a->begun = true;
	say(d, "attempt %" PRIu64 " of notification %" PRIu64 "%s", number, n->id, n->digest != NULL ? ", a digest" : "");
	for (int i = 0; i < PEOPLE && !all->known; i++) {
		/* Some may be known since before a restart. */
		if (recipient_of(n, i) != NULL)
			continue;
		all->v = arena_grow(n->arena, all->v, all->n, all->n + 1, sizeof(*all->v));
		all->v[all->n++] = (struct recipient){ .to = people[i], .state = knows(n, people[i]) ? RECIPIENT_DONE : RECIPIENT_PENDING };
	}
	all->known = true;
	for (size_t i = 0; i < all->n && !d->failed; i++)
		if (all->v[i].state == RECIPIENT_PENDING)
			ask(d, attempt_of(d, number), &all->v[i], 0);
	a = attempt_of(d, number);
	if (!d->failed && a->under_way == 0)
		finish(d, a);
}

static void
leave(struct day *d, struct request_out *q)
{
	static const enum answer wild[] = { ACCEPT, ACCEPT, ACCEPT, ACCEPT, ACCEPT, REFUSE, REFUSE_FOR_GOOD, HANG_TAKEN, HANG_LOST };
	struct fate *f = judge_find(d, q->note, q->to);
	bool waits = !q->noted && engine_leaves(d->w.engine, q->attempt, people[q->to], d->w.now);

	/* Messages that are not to be sent again are noted first, and may be lost before they leave. */
	if (!q->noted && waits != (d->gateways[q->gate].on_unknown == UNKNOWN_GIVE_UP))
		day_fail(d, "1 once: notification %" PRIu64 " to +%d by gateway %d is %s", q->note, q->to, q->gate,
		    waits ? "noted" : "not noted");
	if (!q->noted)
		judge_turn(d, q->gate);
	if (waits) {
		judge_noted(d, f);
		q->noted = true;
		q->leaves += (int64_t)rand_below(&d->r, 50 * SPAN_MS);
		return;
	}
	judge_leaves(d, f, q->gate);
	engine_left(d->w.engine, q->attempt, people[q->to], d->w.now);
	q->answer = d->calm ? ACCEPT : wild[rand_below(&d->r, ARRAY_LEN(wild))];
	q->answers = day_now(d) + 1 +
	    (q->answer >= HANG_TAKEN ? REQUEST_TIMEOUT : (int64_t)rand_below(&d->r, chance(d, 4) ? 10 * SPAN_S : 200 * SPAN_MS));
	snprintf(q->id, sizeof(q->id), "m%" PRIu64, ++d->ids);
	/* Reports come when they like: early, late, twice, not at all. */
	for (int i = 0; (q->answer == ACCEPT || q->answer == HANG_TAKEN) && i < 2 && !chance(d, 3); i++) {
		struct report_out r = { .at = day_now(d) + (int64_t)rand_below(&d->r, chance(d, 3) ? 5 * SPAN_S : 20 * MINUTE), .gate = q->gate,
			.state = chance(d, 4) ? DELIVERY_FAILED : chance(d, 6) ? DELIVERY_ACCEPTED : DELIVERY_DELIVERED };

		memcpy(r.id, q->id, sizeof(r.id));
		VEC_PUSH(&d->reports, r);
	}
}

/* The first report that came before the answer counts, if that was not long ago. */
struct early {
	int64_t at;
	int gate;
	char id[24];
	enum delivery_state state;
};
static VEC(struct early) early;

static void
report(struct day *d, const struct report_out *r)
{
	enum reported found;
	bool known = false;

	for (size_t i = 0; i < d->fates.n; i++)
		known |= d->fates.v[i].gate == r->gate && strcmp(d->fates.v[i].id, r->id) == 0;
	say(d, "gateway %d reports %s of %s", r->gate, delivery_state_text(r->state), r->id);
	judge_report(d, r->gate, r->id, r->state);
	found = engine_report(d->w.engine, d->gateways[r->gate].name, str_from(r->id), r->state, STR("so it says"), d->w.now);
	if ((found == REPORT_FOUND) != known)
		day_fail(d, "7 reports: %s of gateway %d is %s", r->id, r->gate, known ? "not known" : "known");
	if (!known && (r->state == DELIVERY_DELIVERED || r->state == DELIVERY_FAILED)) {
		struct early e = { day_now(d), r->gate, "", r->state };

		memcpy(e.id, r->id, sizeof(e.id));
		VEC_PUSH(&early, e);
	}
}

static void
hear_early(struct day *d, const struct request_out *q)
{
	for (size_t i = 0; i < early.n; i++)
		if (early.v[i].gate == q->gate && strcmp(early.v[i].id, q->id) == 0 && day_now(d) - early.v[i].at < 10 * MINUTE) {
			judge_report(d, q->gate, q->id, early.v[i].state);
			return;
		}
}

static void
answer(struct day *d, const struct request_out *q)
{
	static const char *const words[] = { "accepts", "refuses", "refuses for good", "takes in silence", "hangs" };
	struct attempt_out *a = attempt_of(d, q->attempt);
	struct fate *f = judge_find(d, q->note, q->to);
	struct recipient *r = recipient_of(a->n, q->to);
	enum unknown_policy policy = d->gateways[q->gate].on_unknown;
	bool next = false;

	say(d, "gateway %d %s for +%d of %" PRIu64, q->gate, words[q->answer], q->to, q->note);
	a->under_way--;
	judge_answered(d, f, q->answer < HANG_TAKEN);
	r->asked = false;
	switch (q->answer) {
	case ACCEPT:
		r->state = RECIPIENT_DONE;
		r->provider_id = arena_str(a->n->arena, str_from(q->id));
		judge_named(d, f, q->id);
		hear_early(d, q);
		break;
	case REFUSE:
		r->error = STR("later");
		break;
	case REFUSE_FOR_GOOD:
		next = q->gate + 1 < GATEWAYS;
		r->error = STR("never");
		if (!next) {
			r->state = RECIPIENT_FAILED;
			judge_state(d, f, DELIVERY_FAILED);
		}
		break;
	case HANG_TAKEN:
	case HANG_LOST:
		r->doubt = true;
		next = policy == UNKNOWN_NEXT_GATEWAY && q->gate + 1 < GATEWAYS;
		if (policy == UNKNOWN_GIVE_UP) {
			r->state = RECIPIENT_UNKNOWN;
			judge_state(d, f, DELIVERY_UNKNOWN);
		}
		break;
	}
	if (next)
		ask(d, a, r, q->gate + 1);
	if (d->failed)
		return;
	a = attempt_of(d, q->attempt);
	if (a->under_way > 0)
		engine_progressed(d->w.engine, a->number, d->w.now);
	else
		finish(d, a);
}

static void
post(struct day *d)
{
	static const char *const severities[] = { "critical", "warning", "info" };
	char text[80];
	bool ends = chance(d, 5);

	snprintf(text, sizeof(text), "A%d{severity=%s,x=%d}", (int)rand_below(&d->r, 12), severities[rand_below(&d->r, 3)],
	    (int)rand_below(&d->r, 3));
	world_post(&d->w, text, WALL_ZERO, ends ? d->w.now.wall : wall_add(d->w.now.wall, 30 * MINUTE));
}

static void
kill_it(struct day *d)
{
	say(d, "kill");
	d->kills++;
	d->dying = true;
	judge_killed(d);
	d->requests.n = d->notes.n = 0;
	early.n = 0;
	world_restart(&d->w);
	d->dying = false;
}

/* One thing that is due after the other. */
static void
do_due(struct day *d)
{
	bool more = true;

	while (more && !d->failed) {
		more = false;
		world_settle(&d->w);
		for (size_t i = 0; i < d->attempts.n && !more; i++)
			if ((more = !d->attempts.v[i].begun))
				begin_attempt(d, &d->attempts.v[i]);
		for (size_t i = 0; i < d->requests.n && !more; i++) {
			struct request_out q = d->requests.v[i];

			if (q.answers == 0 && q.leaves <= day_now(d)) {
				more = true;
				leave(d, &d->requests.v[i]);
			} else if (q.answers != 0 && q.answers <= day_now(d)) {
				more = true;
				d->requests.v[i] = d->requests.v[--d->requests.n];
				answer(d, &q);
			}
		}
		for (size_t i = 0; i < d->reports.n && !more; i++)
			if ((more = d->reports.v[i].at <= day_now(d))) {
				struct report_out r = d->reports.v[i];

				d->reports.v[i] = d->reports.v[--d->reports.n];
				report(d, &r);
			}
		/* The whole of it now and then, or a day would take minutes. */
		if (more && d->steps++ % 8 == 0) {
			/* A digest that was told comes to an end in slices. */
			world_settle(&d->w);
			judge_all(d);
		}
	}
}

static int64_t
next_event(const struct day *d, int64_t end)
{
	struct mono at;

	if (engine_next(d->w.engine, &at) && at.ns < end)
		end = at.ns;
	for (size_t i = 0; i < d->requests.n; i++) {
		const struct request_out *q = &d->requests.v[i];
		int64_t t = q->answers != 0 ? q->answers : q->leaves;

		end = t < end ? t : end;
	}
	for (size_t i = 0; i < d->reports.n; i++)
		end = d->reports.v[i].at < end ? d->reports.v[i].at : end;
	return end;
}

static void
run(struct day *d, span time)
{
	int64_t end = day_now(d) + time;

	do_due(d);
	while (!d->failed && day_now(d) < end) {
		int64_t t = next_event(d, end);
		span by = t > day_now(d) ? t - day_now(d) : 0;

		d->w.now.wall = wall_add(d->w.now.wall, by);
		d->w.now.mono.ns += by;
		do_due(d);
	}
}

static struct config *
configure(struct day *d)
{
	char text[200];
	struct err e = { 0 };
	struct config *c;

	snprintf(text, sizeof(text), "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=%dm repeat=%dh\n",
	    1 + (int)rand_below(&d->r, 5), 1 + (int)rand_below(&d->r, 4));
	c = fake_config(str_from(text), d->w.now.wall, &e);
	if (c == NULL)
		abort();
	c->gateways = d->gateways;
	c->gateways_n = GATEWAYS;
	for (size_t i = 0; i < GATEWAYS; i++)
		if (!names_add(&c->gateway_names, c->arena, d->gateways[i].name, i))
			abort();
	return c;
}

/* A changed route cuts what is under way. */
static void
reload(struct day *d)
{
	struct config *c = configure(d);

	say(d, "reload");
	d->reloads++;
	config_unref(d->w.config);
	d->w.config = config_ref(c);
	engine_apply(d->w.engine, c, d->w.now);
	config_unref(c);
}

static void
plan(struct day *d)
{
	static const uint64_t paces[] = { 0, 1, 3, 10 }, hours[] = { 0, 1, 2, 5 }, days[] = { 0, 0, 15, 60 };
	static const char *const names[GATEWAYS] = { "g0", "g1" };
	struct err e = { 0 };

	if (chance(d, 2) && !matchers_parse(STR("severity=\"critical\""), MATCHER_UTF8, NULL, &d->exempt, &e))
		abort();
	for (size_t i = 0; i < GATEWAYS; i++)
		d->gateways[i] = (struct gateway){
			.name = str_from(names[i]),
			.budget = { paces[rand_below(&d->r, 4)], hours[rand_below(&d->r, 4)], days[rand_below(&d->r, 4)],
				&d->exempt, d->exempt.n > 0 ? 1 : 0 },
			.on_unknown = (enum unknown_policy)rand_below(&d->r, 3),
		};
}

struct sums {
	size_t messages, digests, suppressed, kills, reloads, unknown;
};

static bool
live(uint64_t seed, int hours, bool verbose, struct sums *sums)
{
	struct day *d = NEW(struct day);
	struct event_listener ear = { EVENT_BIT(EVENT_NOTIFY_FAILED), hear, d };
	struct config *c;
	bool failed;

	d->seed = seed;
	d->verbose = verbose;
	rand_seed(&d->r, seed);
	world_init(&d->w);
	d->w.durable = true;
	d->w.on_send = on_send;
	d->w.on_cancel = on_cancel;
	port_listen(&d->w.port, &ear);
	plan(d);
	c = configure(d);
	world_start(&d->w, c);
	config_unref(c);
	for (int64_t end = day_now(d) + hours * HOUR; day_now(d) < end && !d->failed;) {
		if (chance(d, 12))
			kill_it(d);
		else if (chance(d, 12))
			reload(d);
		else
			for (unsigned n = chance(d, 6) ? 10 : 1; n > 0; n--)
				post(d);
		run(d, (span)rand_below(&d->r, chance(d, 3) ? 20 * MINUTE : MINUTE));
		judge_all(d);
	}
	d->calm = true;
	run(d, 30 * HOUR);
	judge_end(d);
	failed = d->failed;
	*sums = (struct sums){ sums->messages + d->messages, sums->digests + d->digests, sums->suppressed + d->suppressed,
		sums->kills + d->kills, sums->reloads + d->reloads, sums->unknown + d->unknown };
	d->dying = true;
	world_fini(&d->w);
	matchers_fini(&d->exempt);
	VEC_FINI(&d->fates);
	VEC_FINI(&d->attempts);
	VEC_FINI(&d->requests);
	VEC_FINI(&d->reports);
	VEC_FINI(&d->notes);
	VEC_FINI(&early);
	mem_free(d);
	return !failed;
}

int
main(int argc, char **argv)
{
	uint64_t from = 1, to = 100;
	int hours = 12, failures = 0, most = 20;
	bool verbose = false;
	struct sums sums = { 0 };

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			verbose = true;
		else if (i + 1 == argc)
			return 2;
		else if (strcmp(argv[i], "--seeds") == 0 && sscanf(argv[++i], "%" SCNu64 "..%" SCNu64, &from, &to) == 2)
			continue;
		else if (strcmp(argv[i], "--seed") == 0)
			from = to = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--hours") == 0)
			hours = atoi(argv[++i]);
		else if (strcmp(argv[i], "--max-failures") == 0)
			most = atoi(argv[++i]);
		else
			return 2;
	}
	for (uint64_t seed = from; seed <= to && failures < most; seed++)
		failures += !live(seed, hours, verbose, &sums);
	printf("%" PRIu64 " days, %d failed; %zu messages left, %zu suppressed, %zu digests, %zu unknown, %zu kills, %zu reloads\n", to - from + 1,
	    failures, sums.messages, sums.suppressed, sums.digests, sums.unknown, sums.kills, sums.reloads);
	return failures > 0;
}
