/* SPDX-License-Identifier: Apache-2.0 */
/* Those who wait until what they wrote is on disk, and disks that let them wait. */
#include "lib_store.h"

#include <sqlite3.h>
#include <string.h>

#include "lib_fault.h"
#include "store_private.h"

static const char plain[] = "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

static unsigned waits_over, waits_durable;

static void
on_over(struct store_wait *w, bool durable)
{
	(void)w;
	waits_over++;
	waits_durable += durable;
}

START_TEST(waiting)
{
	struct store_wait w[4] = { { .over = on_over }, { .over = on_over }, { .over = on_over }, { .over = on_over } };
	struct rig r;
	char id[SILENCE_ID_MAX];

	waits_over = waits_durable = 0;
	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	ck_assert(!store_when_durable(r.store, &w[0]));
	rig_silence(&r, "a=\"1\"", id);
	for (int i = 0; i < 4; i++)
		ck_assert(store_when_durable(r.store, &w[i]));
	store_wait_cancel(r.store, &w[1]);
	store_wait_cancel(r.store, &w[3]);
	ck_assert_uint_eq(waits_over, 0);
	rig_settle(&r);
	ck_assert_uint_eq(waits_over, 2);
	ck_assert_uint_eq(waits_durable, 2);
	fault.write = SQLITE_FULL;
	rig_silence(&r, "a=\"2\"", id);
	ck_assert(store_when_durable(r.store, &w[0]));
	rig_until(&r, false);
	ck_assert_uint_eq(waits_over, 3);
	ck_assert_uint_eq(waits_durable, 2);
	fault_clear();
	rig_fini(&r);
}
END_TEST

static struct rig *slow_rig;

static void
on_slow_over(struct store_wait *w, bool durable)
{
	on_over(w, durable);
	slow_rig->now.mono = mono_add(slow_rig->now.mono, SPAN_MS);
}

/* Many who wait for the same transaction do not hold the loop: those for whom there is no time are next turn's. */
START_TEST(waiting_ends_in_turns)
{
	enum { WAITS = 10 };
	struct store_wait w[WAITS] = { { 0 } };
	struct rig r;
	char id[SILENCE_ID_MAX];
	unsigned before;

	waits_over = waits_durable = 0;
	slow_rig = &r;
	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	rig_silence(&r, "a=\"1\"", id);
	for (int i = 0; i < WAITS; i++) {
		w[i].over = on_slow_over;
		ck_assert(store_when_durable(r.store, &w[i]));
	}
	while (waits_over < WAITS) {
		before = waits_over;
		event_base_loop(r.base, EVLOOP_ONCE);
		ck_assert_uint_le(waits_over, before + 3);
	}
	ck_assert_uint_eq(waits_durable, WAITS);
	rig_fini(&r);
}
END_TEST

/* At the end nobody goes on with what he waited for, although it is written. */
START_TEST(waiting_at_the_end)
{
	struct store_wait w = { .over = on_over };
	struct rig r;
	char id[SILENCE_ID_MAX];

	waits_over = 0;
	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	rig_silence(&r, "a=\"1\"", id);
	ck_assert(store_when_durable(r.store, &w));
	while (!r.store->busy)
		event_base_loop(r.base, EVLOOP_ONCE);
	store_finish(r.store);
	ck_assert_uint_eq(waits_over, 0);
	store_wait_cancel(r.store, &w);
	rig_stop(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 1);
	rig_fini(&r);
}
END_TEST

/* A disk that hangs is not waited for. */
START_TEST(a_stuck_disk)
{
	struct store_wait w = { .over = on_over };
	struct rig r;
	char id[SILENCE_ID_MAX];

	waits_over = waits_durable = 0;
	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	fault.hold = 1;
	rig_silence(&r, "a=\"1\"", id);
	ck_assert(store_when_durable(r.store, &w));
	while (!r.store->busy)
		event_base_loop(r.base, EVLOOP_ONCE);
	r.now.mono = mono_add(r.now.mono, 11 * SPAN_S);
	timer_in(&r.store->pulse, 0);
	rig_until(&r, false);
	ck_assert_uint_eq(waits_over, 1);
	ck_assert(strstr(r.why, "not answered") != NULL);
	fault_clear();
	rig_until(&r, true);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 1);
	rig_fini(&r);
}
END_TEST

/* A disk that is slow has nobody wait longer than a notification can: it goes on, and all is written all the same. */
START_TEST(a_slow_disk)
{
	struct store_wait w[2] = { { .over = on_over }, { .over = on_over } };
	struct rig r;
	char id[SILENCE_ID_MAX];

	waits_over = waits_durable = 0;
	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	fault.hold = 1;
	rig_silence(&r, "a=\"1\"", id);
	ck_assert(store_when_durable(r.store, &w[0]));
	while (!r.store->busy)
		event_base_loop(r.base, EVLOOP_ONCE);
	r.now.mono = mono_add(r.now.mono, 2 * SPAN_S);
	rig_silence(&r, "a=\"2\"", id);
	ck_assert(store_when_durable(r.store, &w[1]));
	r.now.mono = mono_add(r.now.mono, 3 * SPAN_S);
	timer_in(&r.store->waits_late, 0);
	while (waits_over < 1)
		event_base_loop(r.base, EVLOOP_ONCE);
	ck_assert_uint_eq(waits_durable, 0);
	ck_assert(r.store->ok && timer_is_set(&r.store->waits_late));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.logged), "The disk is slow"));
	fault_clear();
	rig_settle(&r);
	ck_assert_uint_eq(waits_over, 2);
	ck_assert_uint_eq(waits_durable, 1);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 2);
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	fault_install();
	return RUN("waits", waiting, waiting_ends_in_turns, waiting_at_the_end, a_stuck_disk, a_slow_disk);
}
