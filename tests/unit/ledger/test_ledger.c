/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger between an engine and an etcd that refuses, forgets, or begins anew. */
#include "ledger/ledger.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "../etcd/lib_etcd.h"
#include "../etcd/lib_kv.h"
#include "core/engine.h"
#include "core/nflog.h"
#include "fake_config.h"
#include "fake_world.h"

static struct fake_etcd f;
static struct fake_world w;
static struct ledger *l;
static bool ready;

static struct moment
now(void)
{
	return (struct moment){ f.now, wall_add(w.now.wall, mono_sub(f.now, w.now.mono)) };
}

static void
on_ready(void *arg)
{
	(void)arg;
	ready = true;
}

static void
on_record(void *arg, const struct etcd_kv *kv, struct mono at)
{
	(void)arg;
	(void)at;
	ledger_record(l, kv, now());
}

static void
on_synced(void *arg, struct mono at)
{
	(void)arg;
	(void)at;
	ledger_synced(l);
}

static void
on_done(void *arg, uint64_t op, const struct etcd_outcome *o, struct mono at)
{
	(void)arg;
	(void)at;
	ledger_done(l, op, o, now());
}

static void
on_changed(void *arg)
{
	(void)arg;
	if (l != NULL)
		ledger_changed(l);
}

/* A turn of the loop for each millisecond in which there is something to do. */
static void
run(span time)
{
	struct mono end = mono_add(f.now, time);

	while (f.now.ns < end.ns) {
		struct work all = { INT64_MAX };
		struct mono next = ledger_next(l);

		if (ready || next.ns <= f.now.ns) {
			ready = false;
			if (!ledger_work(l, &all, now()))
				ready = true;
		}
		fake_run(&f, SPAN_MS);
	}
}

static void
begin(void)
{
	struct err e = { 0 };
	struct config *c = fake_config(STR("receiver ops hook\nroute receiver=ops\n"), WALL_ZERO, &e);
	struct ledger_options o = { .member = STR("me"), .lease_ttl = 10 * SPAN_S, .ready = on_ready };

	ck_assert_msg(c != NULL, "%s", e.text);
	world_init(&w);
	world_start(&w, c);
	config_unref(c);
	fake_begin(&f, 1, "", "");
	f.port.record = on_record;
	f.port.synced = on_synced;
	f.port.done = on_done;
	f.port.changed = on_changed;
	o.engine = w.engine;
	o.etcd = f.e;
	l = ledger_new(&o, f.now);
	run(2 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
}

static void
end(void)
{
	ledger_free(&l);
	fake_end(&f);
	world_fini(&w);
}

/* The engine has it from elsewhere, and the ledger hears of it or not. */
static void
log_entry(const char *group, bool shared)
{
	uint64_t hash = 7;
	struct log_entry entry = {
		.key = { str_from(group), STR("ops"), STR("hook"), 0 },
		.timestamp = now().wall,
		.expires = wall_add(now().wall, SPAN_HOUR),
		.firing = &hash,
		.firing_n = 1,
	};
	struct change c = { .kind = CHANGE_LOG_ENTRY, .entry = &entry };
	struct work all = { INT64_MAX };
	struct err e = { 0 };

	ck_assert_int_eq(engine_merge_log_entry(w.engine, &c, &all, now(), &e), MERGED_TAKEN);
	if (shared)
		ledger_port_share(l, &c);
}

static size_t
records(void)
{
	size_t n = 0;

	for (size_t i = 0; i < f.kvs.n; i++)
		n += str_starts(f.kvs.v[i].key, STR("/tocsin/log/"));
	return n;
}

START_TEST(what_is_refused_is_tried_again_seldom)
{
	size_t asked;

	begin();
	f.full = true;
	log_entry("a", true);
	log_entry("b", true);
	asked = f.asked_at[0];
	run(60 * SPAN_S);
	ck_assert_uint_le(f.asked_at[0] - asked, 60);
	ck_assert_uint_eq(records(), 0);
	f.full = false;
	run(60 * SPAN_S);
	ck_assert_uint_eq(records(), 2);
	ck_assert_uint_eq(ledger_figures(l)->waiting, 0);
	end();
}
END_TEST

START_TEST(what_an_etcd_has_lost_is_written_again)
{
	begin();
	log_entry("a", true);
	log_entry("b", true);
	run(SPAN_S);
	ck_assert_uint_eq(records(), 2);
	fake_lose_all(&f);
	run(20 * SPAN_S);
	ck_assert_uint_eq(etcd_histories(f.e), 1);
	ck_assert_uint_eq(records(), 2);
	end();
}
END_TEST

/* Deleted while this member was cut off, and etcd has forgotten that. */
START_TEST(what_a_whole_reading_does_not_find_is_not_there)
{
	begin();
	log_entry("a", true);
	log_entry("b", true);
	run(SPAN_S);
	f.endpoint[0] = REFUSING_CONNECTIONS;
	run(SPAN_S);
	for (size_t i = f.kvs.n; i-- > 0;) {
		struct str key = dup_str(f.kvs.v[i].key);

		if (str_starts(key, STR("/tocsin/log/")))
			fake_set(&f, key, NULL, 0);
		undup_str(key);
	}
	f.compacted = f.revision;
	f.endpoint[0] = WELL;
	run(20 * SPAN_S);
	ck_assert_uint_eq(records(), 2);
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("ledger");
	SRunner *r;
	int failed;

	tcase_add_test(t, what_is_refused_is_tried_again_seldom);
	tcase_add_test(t, what_an_etcd_has_lost_is_written_again);
	tcase_add_test(t, what_a_whole_reading_does_not_find_is_not_there);
	tcase_set_timeout(t, 120);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
