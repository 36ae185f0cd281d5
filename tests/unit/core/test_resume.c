/* SPDX-License-Identifier: Apache-2.0 */
/* Notifications that a restart cut short: however many they are, and of however much, no tick does more than a turn's work for them. */
#include <stdlib.h>

#include "config/gateways.h"
#include "core/delivery.h"
#include "engine_state.h"
#include "fake_store.h"
#include "lib_core.h"

#define TURN 2000
/* The last step of a tick: an attempt begins. */
#define STEP 8000

static const char each[] = "receiver ops hook hook\nroute receiver=ops by=[i] wait=10s interval=1m repeat=1h\n";
static const char together[] = "receiver ops hook\nroute receiver=ops by=[job] wait=10s interval=1m repeat=1h\n";

static struct fake_world w;

static void
begin(const char *text)
{
	static const struct fake_answer hangs = { .hang = true };
	struct config *c = must_config(text);

	world_init(&w);
	w.durable = true;
	w.options.turn_work = TURN;
	world_start(&w, c);
	world_script(&w, "*", &hangs, 1);
	config_unref(c);
}

static void
post(int i, span ends)
{
	char alert[64];

	snprintf(alert, sizeof(alert), "A{i=%d,job=x}", i);
	world_post(&w, alert, w.now.wall, wall_add(w.now.wall, ends));
}

/* Ticks until nothing is to be done now; each keeps within its turn, and `alerts` that are told at once. */
static size_t
ticks(int64_t alerts)
{
	struct mono next;
	size_t n = 0;

	for (; engine_next(w.engine, &next) && next.ns <= w.now.mono.ns; n++) {
		engine_tick(w.engine, w.now);
		ck_assert_int_ge(w.engine->work.left, -STEP - 150 * alerts);
	}
	return n;
}

static size_t
index_of(const char *text)
{
	return strtoul(strstr(text, "i=") + 2, NULL, 10);
}

/* Groups are found by what their intents say, each once: the work is as much as they are. */
START_TEST(many_are_taken_up)
{
	enum { GROUPS = 1000 };
	size_t before, n, again[GROUPS] = { 0 };

	begin(each);
	for (int i = 0; i < GROUPS; i++)
		post(i, SPAN_HOUR);
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 2 * GROUPS);
	ck_assert_uint_eq(w.stored_intents.n, 2 * GROUPS);
	before = w.sent.n;
	world_restart(&w);
	n = ticks(0);
	ck_assert_uint_gt(n, GROUPS);
	ck_assert_uint_lt(n, 20 * GROUPS);
	ck_assert_uint_eq(w.sent.n, before + 2 * GROUPS);
	for (size_t i = before; i < w.sent.n; i++)
		again[index_of(w.sent.v[i].text)]++;
	for (size_t i = 0; i < GROUPS; i++)
		ck_assert_uint_eq(again[i], 2);
	ck_assert_ptr_null(w.engine->restored_arena);
	world_fini(&w);
}
END_TEST

/* One about many alerts, some of which have ended, in the order that it was told in. */
START_TEST(a_great_one_is_taken_up)
{
	enum { ALERTS = 3000 };
	const char *before, *after;

	begin(together);
	for (int i = 0; i < ALERTS; i++)
		post(i, i % 3 == 0 ? 5 * SPAN_S : SPAN_HOUR);
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	world_restart(&w);
	ck_assert_uint_gt(ticks(ALERTS), ALERTS * 100 / TURN);
	ck_assert_uint_eq(w.sent.n, 2);
	before = w.sent.v[0].text;
	after = w.sent.v[1].text;
	ck_assert_str_eq(after, before);
	world_fini(&w);
}
END_TEST

static void
forget_stored(struct alert *a)
{
	fake_store_change(&w, &(struct change){ .kind = CHANGE_ALERT_DROPPED, .alert = a });
}

/* One of its alerts is no more, and is posted while it is taken up: that is another story, told by another flush. */
START_TEST(one_comes_back_meanwhile)
{
	enum { ALERTS = 400, GONE = ALERTS / 2 };
	struct labels *gone = world_labels("A{i=200,job=x}");
	bool posted = false;
	struct mono next;

	begin(together);
	for (int i = 0; i < ALERTS; i++)
		post(i, SPAN_HOUR);
	world_run(&w, 11 * SPAN_S);
	ck_assert_uint_eq(w.sent.n, 1);
	forget_stored(alerts_find(&w.engine->alerts, gone)->alert);
	world_restart(&w);
	while (engine_next(w.engine, &next) && next.ns <= w.now.mono.ns) {
		if (!posted && w.engine->settle.stage == SETTLE_RESUMED && w.engine->resuming.phase == RESUME_NOTES) {
			post(GONE, SPAN_HOUR);
			posted = true;
		}
		engine_tick(w.engine, w.now);
	}
	ck_assert(posted);
	ck_assert_uint_eq(w.sent.n, 2);
	ck_assert_ptr_nonnull(strstr(w.sent.v[1].text, "A{i=201,job=x}"));
	ck_assert_ptr_null(strstr(w.sent.v[1].text, "A{i=200,job=x}"));
	labels_unref(gone);
	world_fini(&w);
}
END_TEST

/* Too old to go on: the log has to know who may have been told. */
START_TEST(old_ones_are_given_up)
{
	enum { GROUPS = 500 };

	begin(each);
	for (int i = 0; i < GROUPS; i++)
		post(i, SPAN_HOUR);
	world_run(&w, 11 * SPAN_S);
	w.now = world_at(&w, 10 * SPAN_MIN);
	world_restart(&w);
	ck_assert_uint_gt(ticks(0), GROUPS);
	ck_assert_uint_eq(nflog_count(w.engine->nflog), 2 * GROUPS);
	world_fini(&w);
}
END_TEST

#define LEFT 3000

static void
restore(struct fake_world *world, struct delivery *d)
{
	d->id++;
	d->notification = d->id;
	ck_assert_int_eq(engine_restore_delivery(world->engine, &(struct change){ .delivery = d }, world->now), RESTORED);
}

/* Suppressed ones, the digest of those, which had left, and others that had. */
static void
restore_left(struct fake_world *world)
{
	struct delivery d = { .group_key = STR("{}"), .receiver = STR("ops"), .integration = STR("hook"), .recipient = STR("+1"),
		.gateway = STR("g"), .state = DELIVERY_SUPPRESSED, .created = world->now.wall, .changed = world->now.wall,
		.expires = wall_add(world->now.wall, SPAN_HOUR), .charged = WALL_ZERO };

	d.labels = labels_new(NULL, 0);
	while (d.id < LEFT)
		restore(world, &d);
	d.state = DELIVERY_PENDING;
	d.left = d.digest = true;
	d.covers = STR("g");
	restore(world, &d);
	d.digest = false;
	d.covers = STR_NONE;
	while (d.id < 2 * LEFT + 1)
		restore(world, &d);
	labels_unref(d.labels);
}

static bool
count_states(void *arg, const struct delivery *d)
{
	size_t *n = arg;

	n[d->state]++;
	return true;
}

START_TEST(what_had_left_is_given_up)
{
	struct gateway gateway = { .name = STR("g"), .on_unknown = UNKNOWN_GIVE_UP };
	struct config *c = must_config(each);
	size_t states[DELIVERY_STATES] = { 0 }, owed;
	uint64_t told;

	c->gateways = &gateway;
	c->gateways_n = 1;
	ck_assert(names_add(&c->gateway_names, c->arena, STR("g"), 0));
	world_init(&w);
	w.durable = true;
	w.options.turn_work = TURN;
	w.on_engine = restore_left;
	world_start(&w, c);
	config_unref(c);
	w.on_engine = NULL;
	/* Each that is written down is 400 units. */
	ck_assert_uint_gt(ticks(0), 2 * LEFT * 400 / TURN);
	view_digests(w.engine, &owed, &told);
	ck_assert_uint_eq(owed, 0);
	view_deliveries(w.engine, UINT64_MAX, count_states, states);
	ck_assert_uint_eq(states[DELIVERY_UNKNOWN], LEFT + 1);
	ck_assert_uint_eq(states[DELIVERY_SUPPRESSED], LEFT);
	world_fini(&w);
}
END_TEST

int
main(void)
{
	return RUN("resume", many_are_taken_up, a_great_one_is_taken_up, one_comes_back_meanwhile, old_ones_are_given_up, what_had_left_is_given_up);
}
