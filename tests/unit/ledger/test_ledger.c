/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger between an engine and an etcd that refuses, forgets, or begins anew. */
#include "ledger/ledger.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../etcd/lib_etcd.h"
#include "../etcd/lib_kv.h"
#include "core/engine.h"
#include "core/nflog.h"
#include "fake_config.h"
#include "fake_world.h"
#include "record.h"
#include "suite.h"

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
on_record(void *arg, const struct etcd_kv *kv, struct work *some, struct mono at)
{
	(void)arg;
	(void)at;
	ledger_record(l, kv, some, now());
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

#define SLICE 33333

static struct log_key
key_of(struct sbuf *b, uint64_t id)
{
	sbuf_reset(b);
	sbuf_printf(b, "{}:{alertname=\"%llu\"}", (unsigned long long)id);
	return (struct log_key){ sbuf_get(b), STR("ops"), STR("hook"), 0 };
}

/* The engine knows none of these, and so takes no notice of what it is answered; the ledger counts. */
static void
question(uint64_t id)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct log_key key = key_of(&b, id);
	uint64_t hash = id;
	struct claim c = { .id = id, .key = key, .told = { .key = key, .timestamp = WALL_ZERO, .expires = WALL_ZERO },
		.telling = { .key = key, .timestamp = now().wall, .expires = wall_add(now().wall, SPAN_HOUR), .firing = &hash, .firing_n = 1 } };

	ledger_port_claim(l, &c);
	ledger_ask(l, id, now());
	sbuf_fini(&b);
}

/* Until it is done: so many slices, none of which is much longer than it may be. */
static size_t
slices(void)
{
	size_t n = 0;

	for (bool done = false; !done; n++) {
		struct work some = { SLICE };

		done = ledger_work(l, &some, now());
		ck_assert_int_ge(some.left, -SLICE / 4);
	}
	return n;
}

/* So many groups are due while nobody answers. Seconds of CPU time that it takes to say so. */
static double
outage(size_t n)
{
	clock_t from;
	double took;

	begin();
	f.endpoint[0] = SILENT;
	run(15 * SPAN_S);
	ck_assert(!etcd_is_up(f.e, f.now));
	from = clock();
	for (size_t i = 1; i <= n; i++)
		question(i);
	ck_assert_uint_ge(slices(), n / 50);
	took = (double)(clock() - from) / CLOCKS_PER_SEC;
	ck_assert_uint_eq(ledger_figures(l)->claims[CLAIM_UNANSWERED], n);
	end();
	return took;
}

START_TEST(an_outage_costs_as_much_as_it_has_groups)
{
	double few = outage(2000), many = outage(20000);

	/* Ten times as many: a hundred times would be each of them for all others. */
	ck_assert_double_le(many, 30 * few + 0.1);
}
END_TEST

/* They are under way when the etcd falls silent: what came of them is not known, and is written when it is back. */
START_TEST(what_was_asked_before_an_outage_is_withdrawn_after_it)
{
	const size_t n = 2000;

	begin();
	f.endpoint[0] = SILENT;
	for (size_t i = 1; i <= n; i++)
		question(i);
	run(5 * SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->claims[CLAIM_UNANSWERED], n);
	ck_assert_uint_eq(ledger_figures(l)->waiting, n);
	ck_assert(etcd_is_up(f.e, f.now) == !ledger_rests(l, f.now));
	f.endpoint[0] = WELL;
	run(30 * SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->waiting, 0);
	ck_assert_uint_eq(records(), n);
	end();
}
END_TEST

/* A member that goes lets its claims come to their end, and makes no more: an open claim is told again by others. */
START_TEST(a_member_that_goes_claims_no_more)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct log_key key = key_of(&b, 1);
	struct claim c = { .id = 1, .key = key, .told = { .key = key, .timestamp = now().wall, .expires = wall_add(now().wall, SPAN_HOUR) } };
	struct log_record r;
	struct arena *a = arena_new();

	begin();
	question(1);
	ck_assert(!ledger_rests(l, f.now));
	question(2);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->claims[CLAIM_WON], 1);
	ck_assert_uint_eq(records(), 1);
	/* Those that are won are for the outbox to end. */
	ck_assert(ledger_rests(l, f.now));
	c.told.timestamp = now().wall;
	ledger_port_claim_result(l, &c, CLAIM_SENT);
	ck_assert(!ledger_rests(l, f.now));
	run(SPAN_S);
	ck_assert(ledger_rests(l, f.now));
	ck_assert(record_get_log(f.kvs.v[0].value, a, &r, NULL) || record_get_log(f.kvs.v[1].value, a, &r, NULL));
	ck_assert_int_eq(r.state, CLAIM_SENT);
	ledger_port_claim_over(l, 2);
	arena_free(&a);
	sbuf_fini(&b);
	end();
}
END_TEST

/* Another member's record of that group. */
static void
put_theirs(uint64_t id, enum claim_result state)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);
	struct log_record r = { .told = { .key = key_of(&b, id), .timestamp = now().wall, .expires = wall_add(now().wall, SPAN_HOUR) },
		.owner = STR("you"), .lease = 77, .claim = id, .state = state };
	struct str bytes;

	if (state != CLAIM_SENT)
		r.telling = r.told;
	sbuf_puts(&key, "/tocsin/");
	record_log_key(&key, &r.told.key);
	record_put_log(&value, &r);
	bytes = sbuf_get(&value);
	fake_set(&f, sbuf_get(&key), &bytes, 0);
	sbuf_fini(&b);
	sbuf_fini(&key);
	sbuf_fini(&value);
}

START_TEST(those_that_wait_for_others_look_when_their_own_record_moves)
{
	const size_t n = 300;
	const struct ledger_figures *figures;

	begin();
	fake_put(&f, "/tocsin/members/you", "{\"version\":1,\"name\":\"you\"}", 77);
	for (size_t i = 1; i <= n; i++)
		put_theirs(i, CLAIM_OPEN);
	run(SPAN_S);
	for (size_t i = 1; i <= n; i++)
		question(i);
	run(3 * SPAN_S);
	figures = ledger_figures(l);
	ck_assert_uint_eq(figures->claims[CLAIM_HELD], n);
	put_theirs(7, CLAIM_SENT);
	put_theirs(8, CLAIM_UNKNOWN);
	run(SPAN_S);
	ck_assert_uint_eq(figures->claims[CLAIM_MOVED], 1);
	ck_assert_uint_eq(figures->claims[CLAIM_ABANDONED], 1);
	/* Its member goes: the rest is abandoned. */
	fake_set(&f, STR("/tocsin/members/you"), NULL, 0);
	run(2 * SPAN_S);
	ck_assert_uint_eq(figures->claims[CLAIM_ABANDONED], n - 1);
	end();
}
END_TEST

static struct str
log_bytes(void)
{
	for (size_t i = 0; i < f.kvs.n; i++)
		if (str_starts(f.kvs.v[i].key, STR("/tocsin/log/")))
			return f.kvs.v[i].value;
	return STR_NONE;
}

/* A later version: its records are neither claimed, written over nor dropped, and are counted. */
START_TEST(records_of_a_later_version_are_left_alone)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED), b = SBUF_INIT(SBUF_UNLIMITED);
	struct log_key of;
	struct str newer = STR("\x08\x02what nobody knows");

	begin();
	of = key_of(&b, 1);
	sbuf_puts(&key, "/tocsin/");
	record_log_key(&key, &of);
	fake_set(&f, sbuf_get(&key), &newer, 0);
	fake_put(&f, "/tocsin/silences/later", "\x08\x03what nobody knows", 0);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->newer, 2);
	ck_assert_uint_eq(ledger_figures(l)->refused, 0);
	question(1);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->claims[CLAIM_UNANSWERED], 1);
	log_entry(of.group_key.p, true);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->waiting, 0);
	ck_assert(str_eq(log_bytes(), newer));
	/* Nor when all is compared, or it is old. */
	f.endpoint[0] = REFUSING_CONNECTIONS;
	run(15 * SPAN_S);
	f.endpoint[0] = WELL;
	run(15 * SPAN_S);
	f.now = mono_add(f.now, 4 * SPAN_HOUR);
	run(30 * SPAN_S);
	ck_assert(str_eq(log_bytes(), newer));
	ck_assert_uint_eq(ledger_figures(l)->newer, 2);
	/* Somebody takes it away: it is none any more. */
	fake_set(&f, sbuf_get(&key), NULL, 0);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->newer, 1);
	sbuf_fini(&key);
	sbuf_fini(&b);
	end();
}
END_TEST

/* Fields that a later version adds to the state of a log entry are handed on when something newer is told. */
START_TEST(fields_of_a_later_version_are_kept)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);
	struct log_record r = { .told = { .timestamp = WALL_ZERO }, .unknown = STR("\xa2\x06\x05later") }, got;
	struct arena *a = arena_new();
	struct str bytes;

	begin();
	r.told = (struct log_entry){ .key = key_of(&b, 1), .timestamp = wall_add(now().wall, -SPAN_HOUR), .expires = wall_add(now().wall, SPAN_HOUR) };
	r.state = CLAIM_SENT;
	sbuf_puts(&key, "/tocsin/");
	record_log_key(&key, &r.told.key);
	record_put_log(&value, &r);
	bytes = sbuf_get(&value);
	ck_assert(record_get_log(bytes, a, &got, NULL) && str_eq(got.unknown, r.unknown));
	/* It is there, and not yet heard of, when this member writes what it has told. */
	log_entry(r.told.key.group_key.p, true);
	fake_set(&f, sbuf_get(&key), &bytes, 0);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->lost, 1);
	ck_assert(record_get_log(log_bytes(), a, &got, NULL));
	ck_assert(str_eq(got.unknown, r.unknown) && got.told.firing_n == 1);
	arena_free(&a);
	sbuf_fini(&b);
	sbuf_fini(&key);
	sbuf_fini(&value);
	end();
}
END_TEST

/* Another member has left doubts, of which this one does not know when it writes what it has told: 7, and not the others. */
START_TEST(doubts_that_were_not_known_are_kept)
{
	static const uint64_t doubtful[] = { 7, 9 }, ends[] = { 7, 11 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);
	struct log_record r = { .told = { .timestamp = WALL_ZERO }, .state = CLAIM_SENT }, got;
	struct arena *a = arena_new();
	struct str bytes;

	begin();
	r.told = (struct log_entry){ .key = key_of(&b, 1), .timestamp = wall_add(now().wall, -SPAN_HOUR), .expires = wall_add(now().wall, SPAN_HOUR),
		.doubtful = doubtful, .doubtful_n = 2, .doubtful_ends = ends, .doubtful_ends_n = 2 };
	sbuf_puts(&key, "/tocsin/");
	record_log_key(&key, &r.told.key);
	record_put_log(&value, &r);
	bytes = sbuf_get(&value);
	log_entry(r.told.key.group_key.p, true);
	fake_set(&f, sbuf_get(&key), &bytes, 0);
	run(SPAN_S);
	ck_assert_uint_eq(ledger_figures(l)->lost, 1);
	ck_assert(record_get_log(log_bytes(), a, &got, NULL));
	ck_assert_uint_eq(got.told.firing_n, 1);
	ck_assert_uint_eq(got.told.doubtful_n, 1);
	ck_assert_uint_eq(got.told.doubtful[0], 9);
	ck_assert_uint_eq(got.told.doubtful_ends_n, 1);
	ck_assert_uint_eq(got.told.doubtful_ends[0], 11);
	arena_free(&a);
	sbuf_fini(&b);
	sbuf_fini(&key);
	sbuf_fini(&value);
	end();
}
END_TEST

/* Another member has left a claim; this one writes that 7 fires, which it told so long before. */
static void
leave_a_claim(span before, struct arena *a, struct log_record *got)
{
	static const uint64_t firing = 9, ended = 7;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);
	struct log_record r = { .state = CLAIM_UNKNOWN, .owner = STR("other") };
	struct str bytes;

	begin();
	r.told = (struct log_entry){ .key = key_of(&b, 1), .timestamp = WALL_ZERO, .expires = wall_add(now().wall, SPAN_HOUR) };
	r.telling = (struct log_entry){ .key = r.told.key, .timestamp = wall_add(now().wall, before), .expires = wall_add(now().wall, 2 * SPAN_HOUR),
		.firing = &firing, .firing_n = 1, .resolved = &ended, .resolved_n = 1 };
	sbuf_puts(&key, "/tocsin/");
	record_log_key(&key, &r.told.key);
	record_put_log(&value, &r);
	bytes = sbuf_get(&value);
	log_entry(r.told.key.group_key.p, true);
	fake_set(&f, sbuf_get(&key), &bytes, 0);
	run(SPAN_S);
	ck_assert(record_get_log(log_bytes(), a, got, NULL));
	ck_assert_int_eq(got->state, CLAIM_SENT);
	ck_assert_uint_eq(got->told.firing_n, 1);
	ck_assert_uint_eq(got->told.doubtful_n, 1);
	ck_assert_uint_eq(got->told.doubtful[0], firing);
	sbuf_fini(&b);
	sbuf_fini(&key);
	sbuf_fini(&value);
}

START_TEST(a_claim_that_is_newer_than_what_was_told_leaves_all_its_doubts)
{
	struct arena *a = arena_new();
	struct log_record got;

	leave_a_claim(SPAN_S, a, &got);
	ck_assert_uint_eq(got.told.doubtful_ends_n, 1);
	ck_assert_int_eq(wall_sub(got.told.doubted, got.told.timestamp), SPAN_S);
	/* Nor are they forgotten with what was told. */
	ck_assert_int_ge(wall_sub(got.told.expires, got.told.timestamp), 2 * SPAN_HOUR);
	end();
	leave_a_claim(-SPAN_S, a, &got);
	ck_assert_uint_eq(got.told.doubtful_ends_n, 0);
	end();
	arena_free(&a);
}
END_TEST

/* The engine's work on a record is spent from the slice in which it was heard. */
START_TEST(a_merge_is_charged_to_its_slice)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(SBUF_UNLIMITED);
	struct log_record r = { .told = { .timestamp = now().wall }, .state = CLAIM_SENT };
	struct work some = { SLICE };
	uint64_t hashes[1000];

	begin();
	for (size_t i = 0; i < 1000; i++)
		hashes[i] = i + 1;
	r.told = (struct log_entry){ .key = key_of(&b, 1), .timestamp = now().wall, .expires = wall_add(now().wall, SPAN_HOUR),
		.firing = hashes, .firing_n = 1000 };
	record_log_key(&key, &r.told.key);
	record_put_log(&value, &r);
	ledger_record(l, &(struct etcd_kv){ .key = sbuf_get(&key), .value = sbuf_get(&value), .revision = 1000 }, &some, now());
	ck_assert_int_le(some.left, SLICE - 2 * 1000);
	sbuf_fini(&b);
	sbuf_fini(&key);
	sbuf_fini(&value);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, what_is_refused_is_tried_again_seldom);
	tcase_add_test(tc, what_an_etcd_has_lost_is_written_again);
	tcase_add_test(tc, what_a_whole_reading_does_not_find_is_not_there);
	tcase_add_test(tc, an_outage_costs_as_much_as_it_has_groups);
	tcase_add_test(tc, what_was_asked_before_an_outage_is_withdrawn_after_it);
	tcase_add_test(tc, a_member_that_goes_claims_no_more);
	tcase_add_test(tc, those_that_wait_for_others_look_when_their_own_record_moves);
	tcase_add_test(tc, records_of_a_later_version_are_left_alone);
	tcase_add_test(tc, fields_of_a_later_version_are_kept);
	tcase_add_test(tc, doubts_that_were_not_known_are_kept);
	tcase_add_test(tc, a_claim_that_is_newer_than_what_was_told_leaves_all_its_doubts);
	tcase_add_test(tc, a_merge_is_charged_to_its_slice);
}

int
main(void)
{
	return run_suite("ledger", add);
}
