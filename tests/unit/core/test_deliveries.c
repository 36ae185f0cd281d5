/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries: the fate of messages to single recipients, budgets and digests; tests/sim/messages has random days of them. */
#include "config/gateways.h"
#include "core/delivery.h"
#include "lib_core.h"

static const char text[] = "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=5m repeat=12h\n";

static struct fake_world w;
static struct gateway gateway;
/* The attempt that is out. */
static uint64_t out;
static struct notification *note;
static size_t sent;
/* Called with the engine of a world that begins; NULL: nothing is. */
static void (*on_engine)(struct fake_world *world);

static void
on_send(struct fake_world *world, uint64_t attempt, struct notification *n, struct mono deadline)
{
	(void)world;
	(void)deadline;
	out = attempt;
	note = n;
	sent++;
}

static void
on_cancel(struct fake_world *world, uint64_t attempt)
{
	(void)world;
	(void)attempt;
	out = 0;
}

/* `gateway` is in it. */
static struct config *
config_of(const char *source)
{
	struct config *c = must_config(source);

	c->gateways = &gateway;
	c->gateways_n = 1;
	ck_assert(names_add(&c->gateway_names, c->arena, STR("g"), 0));
	return c;
}

static struct config *
config_with_gateway(uint64_t per_second, uint64_t per_person_hour, uint64_t per_day)
{
	gateway = (struct gateway){ .name = STR("g"), .budget = { per_second, per_person_hour, per_day, NULL, 0 } };
	return config_of(text);
}

static void
begin(uint64_t per_second, uint64_t per_person_hour, uint64_t per_day)
{
	struct config *c = config_with_gateway(per_second, per_person_hour, per_day);

	out = 0;
	sent = 0;
	world_init(&w);
	w.durable = true;
	w.on_send = on_send;
	w.on_cancel = on_cancel;
	w.on_engine = on_engine;
	world_start(&w, c);
	config_unref(c);
}

static void
post(const char *alert)
{
	world_post(&w, alert, WALL_ZERO, wall_add(w.now.wall, 100 * 60 * SPAN_MIN));
}

/* The notifier names its one recipient and asks whether its request may leave. */
static enum admission
ask(const char *to, struct mono *at)
{
	struct recipients *r = &note->recipients;

	if (!r->known) {
		r->v = ARENA_NEW(note->arena, struct recipient);
		*r->v = (struct recipient){ .to = str_from(to) };
		r->n = 1;
		r->known = true;
	}
	r->v->tries++;
	r->v->asked = true;
	r->v->gateway = STR("g");
	return engine_admit(w.engine, out, STR("g"), r->v->to, w.now, at);
}

static void
answer_only(enum recipient_state state, const char *id)
{
	struct recipient *r = note->recipients.v;
	struct outcome o = { .ok = state == RECIPIENT_DONE || state == RECIPIENT_SUPPRESSED };
	uint64_t attempt = out;

	r->asked = false;
	r->tries -= state == RECIPIENT_SUPPRESSED;
	r->state = state;
	r->provider_id = str_from(id);
	out = 0;
	engine_delivered(w.engine, attempt, &o, w.now);
}

static void
answer(enum recipient_state state, const char *id)
{
	answer_only(state, id);
	world_settle(&w);
}

/* Its request has its turn, and leaves. */
static void
leave(bool noted)
{
	ck_assert_int_eq(engine_leaves(w.engine, out, note->recipients.v->to, w.now), noted);
	engine_left(w.engine, out, note->recipients.v->to, w.now);
}

static bool
take_first(void *arg, const struct delivery *d)
{
	*(struct delivery *)arg = *d;
	return false;
}

static struct delivery
newest(void)
{
	struct delivery d = { 0 };

	view_deliveries(w.engine, UINT64_MAX, take_first, &d);
	ck_assert_uint_ne(d.id, 0);
	return d;
}

static void
expect(enum delivery_state state)
{
	ck_assert_str_eq(delivery_state_text(newest().state), delivery_state_text(state));
}

static void
tell(span at, const char *alert)
{
	struct mono later;

	post(alert);
	world_run(&w, at);
	ck_assert_uint_ne(out, 0);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
}

START_TEST(follows_its_notification)
{
	begin(0, 0, 0);
	tell(10 * SPAN_S, "A");
	expect(DELIVERY_PENDING);
	answer(RECIPIENT_DONE, "id-1");
	expect(DELIVERY_ACCEPTED);
	ck_assert(str_is(newest().provider_id, "id-1"));
	ck_assert_uint_eq(newest().tries, 1);
	ck_assert_int_eq(engine_report(w.engine, STR("g"), STR("id-1"), DELIVERY_DELIVERED, STR_NONE, w.now), REPORT_FOUND);
	expect(DELIVERY_DELIVERED);
	/* It never goes back. */
	ck_assert_int_eq(engine_report(w.engine, STR("g"), STR("id-1"), DELIVERY_FAILED, STR("x"), w.now), REPORT_FOUND);
	expect(DELIVERY_DELIVERED);
	world_restart(&w);
	expect(DELIVERY_DELIVERED);
	world_fini(&w);
}
END_TEST

START_TEST(a_report_may_come_first)
{
	begin(0, 0, 0);
	tell(10 * SPAN_S, "A");
	ck_assert_int_eq(engine_report(w.engine, STR("g"), STR("id-1"), DELIVERY_FAILED, STR("absent"), w.now), REPORT_EARLY);
	ck_assert_int_eq(engine_report(w.engine, STR("other"), STR("id-1"), DELIVERY_DELIVERED, STR_NONE, w.now), REPORT_EARLY);
	answer(RECIPIENT_DONE, "id-1");
	expect(DELIVERY_FAILED);
	ck_assert(str_is(newest().error, "absent"));
	world_fini(&w);
}
END_TEST

/* Strangers do not fill the memory with them. */
START_TEST(a_report_with_a_long_id_is_not_kept)
{
	static char id[PROVIDER_ID_MAX + 2];

	memset(id, 'x', PROVIDER_ID_MAX + 1);
	begin(0, 0, 0);
	tell(10 * SPAN_S, "A");
	ck_assert_int_eq(engine_report(w.engine, STR("g"), str_from(id), DELIVERY_FAILED, STR_NONE, w.now), REPORT_EARLY);
	answer(RECIPIENT_DONE, id);
	expect(DELIVERY_ACCEPTED);
	world_fini(&w);
}
END_TEST

START_TEST(doubt_is_unknown)
{
	struct outcome o = { .ok = false, .unanswered = true };

	begin(0, 0, 0);
	tell(10 * SPAN_S, "A");
	note->recipients.v->doubt = true;
	engine_delivered(w.engine, out, &o, w.now);
	expect(DELIVERY_UNKNOWN);
	world_fini(&w);
}
END_TEST

START_TEST(pending_goes_on_after_a_restart)
{
	struct mono later;

	begin(0, 1, 0);
	tell(10 * SPAN_S, "A");
	world_restart(&w);
	world_settle(&w);
	expect(DELIVERY_PENDING);
	ck_assert_uint_ne(out, 0);
	/* It was counted before. */
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_DONE, "id-1");
	expect(DELIVERY_ACCEPTED);
	ck_assert_uint_eq(newest().id, 1);
	world_fini(&w);
}
END_TEST

/* Cut by a reload: what was still waiting for its turn was never sent, what had left may have been taken. */
static void
cut_off(int which)
{
	const char *other = "receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=6m repeat=12h\n";
	struct config *c;

	begin(0, 0, 0);
	gateway.on_unknown = which == 2 ? UNKNOWN_GIVE_UP : UNKNOWN_RETRY;
	tell(10 * SPAN_S, "A");
	if (which > 0)
		leave(which == 2);
	c = config_of(other);
	engine_apply(w.engine, c, w.now);
	config_unref(w.config);
	w.config = c;
	world_settle(&w);
	expect(which > 0 ? DELIVERY_UNKNOWN : DELIVERY_FAILED);
	/* The next notification tells the same, and not to those who may know it and are not to be told twice. */
	world_run(&w, 20 * SPAN_S);
	ck_assert_uint_ne(out, 0);
	ck_assert_uint_eq(note->served_n, which == 2 ? 1 : 0);
	world_fini(&w);
}

START_TEST(what_is_cut_is_in_doubt_if_it_has_left)
{
	for (int i = 0; i < 3; i++)
		cut_off(i);
}
END_TEST

/* After a crash: what was noted as leaving is not asked again, what was not is. */
static void
crash(int which)
{
	struct outcome over = { .ok = false, .error = STR("nobody") };
	struct mono later;

	begin(0, 0, 0);
	gateway.on_unknown = UNKNOWN_GIVE_UP;
	tell(10 * SPAN_S, "A");
	if (which == 0) {
		world_restart(&w);
		world_settle(&w);
		ck_assert_uint_eq(note->recipients.n, 0);
		ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
		leave(true);
		answer(RECIPIENT_DONE, "id-1");
		expect(DELIVERY_ACCEPTED);
		world_fini(&w);
		return;
	}
	leave(true);
	/* Also when it is the second one. */
	for (int i = 0; i < 2; i++) {
		world_restart(&w);
		world_settle(&w);
		expect(DELIVERY_UNKNOWN);
		ck_assert_uint_eq(note->recipients.n, 1);
		ck_assert(!note->recipients.known);
		ck_assert(str_is(note->recipients.v->to, "+1"));
		ck_assert_int_eq(note->recipients.v->state, RECIPIENT_UNKNOWN);
		ck_assert(str_is(note->recipients.v->gateway, "g"));
	}
	engine_delivered(w.engine, out, &over, w.now);
	out = 0;
	/* The group's next turn. */
	world_run(&w, 6 * SPAN_MIN);
	ck_assert_uint_ne(out, 0);
	ck_assert_uint_eq(note->served_n, 1);
	world_fini(&w);
}

START_TEST(what_left_before_a_crash_is_given_up)
{
	for (int i = 0; i < 2; i++)
		crash(i);
}
END_TEST

/* An answer ends it: what was put off is asked again. */
START_TEST(what_was_answered_has_not_left)
{
	struct outcome later_again = { .retry = true, .error = STR("away") };

	begin(0, 0, 0);
	gateway.on_unknown = UNKNOWN_GIVE_UP;
	tell(10 * SPAN_S, "A");
	leave(true);
	ck_assert(newest().left);
	note->recipients.v->asked = false;
	engine_delivered(w.engine, out, &later_again, w.now);
	ck_assert(!newest().left);
	world_restart(&w);
	world_settle(&w);
	expect(DELIVERY_PENDING);
	ck_assert_int_eq(note->recipients.v->state, RECIPIENT_PENDING);
	/* Attempts that nobody knows may go, and leave no trace. */
	ck_assert(!engine_leaves(w.engine, 12345, STR("+1"), w.now));
	engine_left(w.engine, 12345, STR("+1"), w.now);
	world_fini(&w);
}
END_TEST

/* A digest that had left when the process was killed counts as told. */
static void
digest_left(int which)
{
	struct mono later;
	size_t owed;
	uint64_t told;

	begin(0, 1, 0);
	gateway.on_unknown = UNKNOWN_GIVE_UP;
	tell(10 * SPAN_S, "A");
	answer(RECIPIENT_DONE, "id-1");
	post("B");
	world_run(&w, 20 * SPAN_S);
	ck_assert_int_eq(ask("+1", &later), ADMIT_SUPPRESS);
	answer(RECIPIENT_SUPPRESSED, "");
	world_run(&w, 61 * SPAN_MIN);
	ck_assert_ptr_nonnull(note->digest);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	leave(true);
	if (which == 0)
		world_restart(&w);
	/* Or its attempt is cut. */
	world_run(&w, 63 * SPAN_MIN);
	expect(DELIVERY_UNKNOWN);
	view_digests(w.engine, &owed, &told);
	ck_assert_uint_eq(owed, 0);
	world_fini(&w);
}

START_TEST(a_digest_that_left_is_not_told_again)
{
	for (int i = 0; i < 2; i++)
		digest_left(i);
}
END_TEST

START_TEST(a_gateway_has_its_pace)
{
	struct mono later = { 0 };

	begin(2, 0, 0);
	tell(10 * SPAN_S, "A");
	ck_assert_int_eq(ask("+1", &later), ADMIT_LATER);
	ck_assert_int_eq(mono_sub(later, w.now.mono), 500 * SPAN_MS);
	ck_assert_int_eq(ask("+1", &later), ADMIT_LATER);
	ck_assert_int_eq(mono_sub(later, w.now.mono), SPAN_S);
	answer(RECIPIENT_DONE, "");
	world_fini(&w);
}
END_TEST

/* The second of two in an hour is kept, and told of when the hour is over, by a process that has started since. */
START_TEST(a_budget_becomes_a_digest)
{
	struct mono later;
	size_t owed;
	uint64_t told;

	begin(0, 1, 0);
	tell(10 * SPAN_S, "A");
	answer(RECIPIENT_DONE, "id-1");
	post("B{severity=warning}");
	post("B{severity=critical,x=1}");
	world_run(&w, 20 * SPAN_S);
	ck_assert_int_eq(ask("+1", &later), ADMIT_SUPPRESS);
	answer(RECIPIENT_SUPPRESSED, "");
	expect(DELIVERY_SUPPRESSED);
	view_digests(w.engine, &owed, &told);
	ck_assert_uint_eq(owed, 1);
	world_restart(&w);
	sent = 0;
	world_run(&w, 60 * SPAN_MIN + 9 * SPAN_S);
	ck_assert_uint_eq(sent, 0);
	world_run(&w, 60 * SPAN_MIN + 11 * SPAN_S);
	ck_assert_uint_eq(sent, 1);
	ck_assert_ptr_nonnull(note->digest);
	ck_assert_uint_eq(note->digest->alerts, 2);
	ck_assert_uint_eq(note->digest->messages, 1);
	ck_assert(str_is(note->digest->severity, "critical"));
	ck_assert(str_is(note->digest->worst, "B"));
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_DONE, "id-2");
	ck_assert(newest().digest);
	expect(DELIVERY_ACCEPTED);
	view_digests(w.engine, &owed, &told);
	ck_assert_uint_eq(owed, 0);
	ck_assert_uint_eq(told, 1);
	world_fini(&w);
}
END_TEST

/* One that is refused for good is told again by another one. */
START_TEST(a_digest_is_told_in_the_end)
{
	struct mono later;

	begin(0, 1, 0);
	tell(10 * SPAN_S, "A");
	answer(RECIPIENT_DONE, "id-1");
	post("B");
	world_run(&w, 20 * SPAN_S);
	ck_assert_int_eq(ask("+1", &later), ADMIT_SUPPRESS);
	answer(RECIPIENT_SUPPRESSED, "");
	world_run(&w, 61 * SPAN_MIN);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_FAILED, "");
	sent = 0;
	/* The refused one counts. */
	world_run(&w, 121 * SPAN_MIN + 5 * SPAN_S);
	ck_assert_uint_eq(sent, 1);
	ck_assert_ptr_nonnull(note->digest);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_DONE, "id-2");
	expect(DELIVERY_ACCEPTED);
	world_fini(&w);
}
END_TEST

/* One that is tried again goes by the configuration as it is then. */
START_TEST(a_digest_hears_of_a_reload)
{
	struct outcome later_again = { .retry = true, .error = STR("away") };
	struct config *c;
	struct mono later;

	begin(0, 1, 0);
	tell(10 * SPAN_S, "A");
	answer(RECIPIENT_DONE, "id-1");
	post("B");
	world_run(&w, 20 * SPAN_S);
	ck_assert_int_eq(ask("+1", &later), ADMIT_SUPPRESS);
	answer(RECIPIENT_SUPPRESSED, "");
	world_run(&w, 60 * SPAN_MIN + 11 * SPAN_S);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	note->recipients.v->asked = false;
	engine_delivered(w.engine, out, &later_again, w.now);
	c = config_with_gateway(0, 1, 0);
	engine_apply(w.engine, c, w.now);
	sent = 0;
	world_run(&w, 60 * SPAN_MIN + 45 * SPAN_S);
	ck_assert_uint_eq(sent, 1);
	ck_assert_ptr_nonnull(note->digest);
	ck_assert_ptr_eq(note->config, c);
	ck_assert_ptr_eq(note->receiver, config_receiver(c, STR("ops")));
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_DONE, "id-2");
	expect(DELIVERY_ACCEPTED);
	config_unref(w.config);
	w.config = c;
	world_fini(&w);
}
END_TEST

static size_t many;

static void
suppress_many(struct fake_world *world)
{
	struct delivery d = { .group_key = STR("{}"), .receiver = STR("ops"), .integration = STR("hook"), .recipient = STR("+1"),
		.gateway = STR("g"), .state = DELIVERY_SUPPRESSED, .created = world->now.wall, .changed = world->now.wall,
		.expires = wall_add(world->now.wall, SPAN_HOUR), .charged = WALL_ZERO };

	d.labels = labels_new(NULL, 0);
	for (d.id = 1; d.id <= many; d.id++) {
		d.notification = d.id;
		ck_assert_int_eq(engine_restore_delivery(world->engine, &(struct change){ .delivery = &d }, world->now), RESTORED);
	}
	labels_unref(d.labels);
}

static void
restore_one(struct fake_world *world)
{
	static char long_text[2 * RECIPIENT_ERROR_MAX + 1];
	struct delivery d = { .id = 1, .notification = 1, .group_key = STR("{}"), .receiver = STR("ops"), .integration = STR("hook"),
		.recipient = STR("+1"), .gateway = STR("g"), .state = DELIVERY_FAILED, .created = world->now.wall,
		.changed = world->now.wall, .expires = wall_add(world->now.wall, SPAN_HOUR), .charged = WALL_ZERO };

	memset(long_text, 'x', sizeof(long_text) - 1);
	d.error = str_from(long_text);
	d.labels = labels_new(NULL, 0);
	ck_assert_int_eq(engine_restore_delivery(world->engine, &(struct change){ .delivery = &d }, world->now), RESTORED);
	labels_unref(d.labels);
}

START_TEST(restored_errors_have_a_bound)
{
	on_engine = restore_one;
	begin(0, 0, 0);
	on_engine = NULL;
	ck_assert_uint_eq(newest().error.n, RECIPIENT_ERROR_MAX);
	world_fini(&w);
}
END_TEST

/* Where all deliveries wait for their digest, its own takes the place of one that it tells of. */
START_TEST(a_digest_needs_room)
{
	struct mono later;
	size_t owed;
	uint64_t told;

	many = DELIVERIES_MAX;
	on_engine = suppress_many;
	begin(0, 1, 0);
	on_engine = NULL;
	w.on_engine = NULL;
	world_run(&w, SPAN_S);
	ck_assert_uint_eq(sent, 1);
	ck_assert_uint_eq(note->digest->messages, DELIVERIES_MAX);
	view_digests(w.engine, &owed, &told);
	ck_assert_uint_eq(owed, DELIVERIES_MAX - 1);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_DONE, "id-1");
	expect(DELIVERY_ACCEPTED);
	view_digests(w.engine, &owed, &told);
	ck_assert_uint_eq(owed, 0);
	world_fini(&w);
}
END_TEST

static size_t
owed(void)
{
	size_t n;
	uint64_t told;

	view_digests(w.engine, &n, &told);
	return n;
}

/* However many it covers, no tick does more than a turn's work; a restart in the midst of it leaves the rest to the next digest. */
START_TEST(a_large_digest_goes_in_slices)
{
	struct mono later, next;
	size_t ticks = 0, before, left;

	many = 3000;
	on_engine = suppress_many;
	begin(0, 1, 0);
	on_engine = NULL;
	w.on_engine = NULL;
	world_run(&w, SPAN_S);
	ck_assert_uint_eq(note->digest->messages, many);
	engine_save_all(w.engine, w.now);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer_only(RECIPIENT_DONE, "id-1");
	for (before = owed(); ticks < 5; ticks++, before = left) {
		ck_assert(engine_next(w.engine, &next) && next.ns <= w.now.mono.ns);
		engine_tick(w.engine, w.now);
		left = owed();
		/* A delivery that is written down costs hundreds of units. */
		ck_assert_uint_lt(left, before);
		ck_assert_uint_le(before - left, WORK_TURN / 300);
	}
	ck_assert_uint_gt(left, 0);
	world_restart(&w);
	ck_assert_uint_eq(owed(), left);
	world_run(&w, SPAN_HOUR + 2 * SPAN_S);
	ck_assert_ptr_nonnull(note->digest);
	ck_assert_uint_eq(note->digest->messages, left);
	ck_assert_int_eq(ask("+1", &later), ADMIT_GO);
	answer(RECIPIENT_DONE, "id-2");
	ck_assert_uint_eq(owed(), 0);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("deliveries", a_large_digest_goes_in_slices, follows_its_notification, a_report_may_come_first, a_report_with_a_long_id_is_not_kept,
	    doubt_is_unknown, pending_goes_on_after_a_restart, what_is_cut_is_in_doubt_if_it_has_left,
	    what_left_before_a_crash_is_given_up, what_was_answered_has_not_left, a_digest_that_left_is_not_told_again, a_gateway_has_its_pace, a_budget_becomes_a_digest, a_digest_is_told_in_the_end,
	    a_digest_hears_of_a_reload, a_digest_needs_room, restored_errors_have_a_bound);
}
