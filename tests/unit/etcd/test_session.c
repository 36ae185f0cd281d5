/* SPDX-License-Identifier: Apache-2.0 */
/* A session with an etcd that answers, and with one that does not, hangs, talks nonsense, or has forgotten. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib_etcd.h"
#include "lib_kv.h"
#include "suite.h"

static struct fake_etcd f;

/* A test that failed leaves it as it is. */
static void
forget(void)
{
	f = (struct fake_etcd){ 0 };
}

static void
begin(size_t n)
{
	fake_begin(&f, n, "", "");
}

static void
end(void)
{
	fake_end(&f);
}

START_TEST(a_session_begins)
{
	struct etcd_figures figures;

	fake_put(&f, "/tocsin/silences/a", "one", 0);
	fake_put(&f, "/tocsin0", "behind", 0);
	fake_put(&f, "/tocsi", "before", 0);
	begin(1);
	fake_run(&f, SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_uint_eq(f.synced, 1);
	ck_assert_uint_eq(f.records, 1);
	ck_assert(str_is(fake_seen(&f, "silences/a")->value, "one"));
	ck_assert_uint_eq(etcd_members(f.e), 1);
	ck_assert(str_is(etcd_member_at(f.e, 0).id, "me") && str_is(etcd_member_at(f.e, 0).name, "my name"));
	ck_assert(etcd_is_alive(f.e, STR("me"), etcd_lease(f.e)));
	ck_assert(!etcd_is_alive(f.e, STR("me"), etcd_lease(f.e) + 1));

	/* Later ones are watched. */
	fake_put(&f, "/tocsin/silences/b", "two", 0);
	fake_put(&f, "/tocsin/silences/a", NULL, 0);
	fake_put(&f, "/tocsin/members/you", "{\"version\":1,\"name\":\"your name\"}", 55);
	fake_run(&f, SPAN_MS);
	ck_assert(str_is(fake_seen(&f, "silences/b")->value, "two"));
	ck_assert_ptr_null(fake_seen(&f, "silences/a"));
	ck_assert_uint_eq(etcd_members(f.e), 2);
	ck_assert(etcd_is_alive(f.e, STR("you"), 55));
	fake_put(&f, "/tocsin/members/you", NULL, 0);
	fake_run(&f, SPAN_MS);
	ck_assert_uint_eq(etcd_members(f.e), 1);
	figures = etcd_figures(f.e);
	ck_assert_int_eq(figures.revision, f.revision);
	ck_assert_uint_eq(figures.requests[ETCD_CALL_WATCH], 1);
	ck_assert_int_eq(etcd_watch_lag(f.e, f.now), 0);
	end();
}
END_TEST

START_TEST(the_lease_is_kept)
{
	begin(1);
	fake_run(&f, SPAN_S);
	for (int i = 0; i < 100; i++) {
		fake_run(&f, SPAN_S);
		ck_assert(etcd_is_up(f.e, f.now));
		/* Never longer than etcd has it. */
		ck_assert_int_le(etcd_lease_until(f.e).ns, f.lease_until.ns);
		ck_assert_int_gt(mono_sub(etcd_lease_until(f.e), f.now), 6 * SPAN_S);
	}
	ck_assert_int_eq(f.leases, 1);
	/* A keep-alive each third of it, and nothing else. */
	ck_assert_uint_le(etcd_figures(f.e).requests[ETCD_CALL_KEEP_ALIVE], 32);
	ck_assert_uint_eq(etcd_figures(f.e).requests[ETCD_CALL_TXN] + etcd_figures(f.e).requests[ETCD_CALL_RANGE], 1);
	end();
}
END_TEST

START_TEST(the_lease_counts_from_the_question)
{
	f.delay = 900 * SPAN_MS;
	begin(1);
	fake_run(&f, 10 * SPAN_S);
	for (int i = 0; i < 300; i++) {
		fake_run(&f, 100 * SPAN_MS);
		ck_assert(etcd_is_up(f.e, f.now));
		ck_assert_int_le(etcd_lease_until(f.e).ns, f.lease_until.ns - f.delay);
	}
	end();
}
END_TEST

START_TEST(a_lease_that_etcd_forgot_is_asked_for_anew)
{
	begin(1);
	fake_run(&f, SPAN_S);
	f.lease = 0;
	fake_put(&f, "/tocsin/members/me", NULL, 0);
	fake_run(&f, 4 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_int_eq(f.leases, 2);
	ck_assert_uint_eq(etcd_figures(f.e).leases_lost, 1);
	ck_assert(etcd_is_alive(f.e, STR("me"), etcd_lease(f.e)));
	/* Nothing had to be read anew. */
	ck_assert_uint_eq(f.synced, 1);
	end();
}
END_TEST

START_TEST(endpoints_are_tried_in_turn)
{
	static const enum behaviour bad[] = { SILENT, REFUSING_CONNECTIONS, GARBAGE, ENDLESS, LEADERLESS };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		begin(3);
		fake_run(&f, 10 * SPAN_S);
		ck_assert(etcd_is_up(f.e, f.now));
		ck_assert_uint_eq(f.asked_at[1] + f.asked_at[2], 0);
		f.endpoint[0] = f.endpoint[1] = bad[i];
		fake_put(&f, "/tocsin/silences/a", "one", 0);
		/* The lease outlives two of them. */
		fake_run(&f, 8 * SPAN_S);
		ck_assert_msg(etcd_is_up(f.e, f.now), "%d", (int)bad[i]);
		ck_assert_uint_gt(f.asked_at[2], 0);
		ck_assert_int_eq(f.leases, 1);
		fake_put(&f, "/tocsin/silences/b", "two", 0);
		fake_run(&f, SPAN_S);
		ck_assert(fake_seen(&f, "silences/a") != NULL && fake_seen(&f, "silences/b") != NULL);
		/* The watch went on behind what was known. */
		ck_assert_uint_eq(f.synced, 1);
		end();
	}
}
END_TEST

START_TEST(an_etcd_that_is_away_is_asked_seldom)
{
	static const enum behaviour bad[] = { SILENT, REFUSING_CONNECTIONS, GARBAGE, ENDLESS, LEADERLESS, ENDS_WATCHES };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		f.endpoint[0] = bad[i];
		begin(1);
		fake_run(&f, 60 * SPAN_S);
		ck_assert(bad[i] == ENDS_WATCHES || !etcd_is_up(f.e, f.now));
		if (bad[i] != ENDS_WATCHES)
			ck_assert_uint_le(f.asked_at[0], 60);
		ck_assert_uint_le(f.asked_at[0], 1500);
		ck_assert_uint_gt(etcd_figures(f.e).error.n, 0);
		f.endpoint[0] = WELL;
		fake_run(&f, 20 * SPAN_S);
		ck_assert(etcd_is_up(f.e, f.now));
		end();
	}
}
END_TEST

START_TEST(a_lease_ends_when_nobody_answers)
{
	struct mono until;

	begin(1);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = SILENT;
	until = etcd_lease_until(f.e);
	fake_run(&f, mono_sub(until, f.now) - 1);
	ck_assert(etcd_is_up(f.e, f.now));
	f.changed = 0;
	fake_run(&f, 1);
	ck_assert(!etcd_is_up(f.e, f.now));
	ck_assert_uint_gt(f.changed, 0);
	fake_run(&f, SPAN_MIN);
	f.endpoint[0] = WELL;
	fake_run(&f, 10 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_uint_eq(etcd_members(f.e), 1);
	end();
}
END_TEST

/* The watch goes on, and says nothing. */
START_TEST(a_lease_that_is_refused_is_asked_for_again)
{
	begin(1);
	fake_run(&f, SPAN_S);
	f.full = true;
	fake_end_lease(&f);
	fake_run(&f, SPAN_MIN);
	ck_assert(!etcd_is_up(f.e, f.now));
	ck_assert_uint_eq(etcd_figures(f.e).watches_begun, 1);
	ck_assert_uint_le(f.asked_at[0], 60);
	f.full = false;
	fake_run(&f, 10 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	end();
}
END_TEST

/* Restored from a backup, or set up anew: it counts from the beginning, and a watch from where it was hears nothing for long. */
START_TEST(an_etcd_that_has_lost_its_data_is_read_anew)
{
	begin(1);
	for (int i = 0; i < 50; i++)
		fake_put(&f, "/tocsin/silences/a", "one", 0);
	fake_run(&f, SPAN_S);
	ck_assert_uint_eq(etcd_histories(f.e), 0);
	fake_lose_all(&f);
	fake_put(&f, "/tocsin/silences/b", "two", 0);
	fake_run(&f, 10 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_uint_eq(etcd_histories(f.e), 1);
	ck_assert_int_eq(etcd_figures(f.e).revision, f.revision);
	ck_assert(fake_seen(&f, "silences/b") != NULL);
	fake_put(&f, "/tocsin/silences/c", "three", 0);
	fake_run(&f, SPAN_S);
	ck_assert(fake_seen(&f, "silences/c") != NULL);
	ck_assert_uint_eq(etcd_members(f.e), 1);
	/* It was away meanwhile: whatever answers first tells. */
	f.endpoint[0] = REFUSING_CONNECTIONS;
	for (int i = 0; i < 50; i++)
		fake_put(&f, "/tocsin/silences/c", "four", 0);
	fake_run(&f, SPAN_S);
	fake_lose_all(&f);
	f.endpoint[0] = WELL;
	/* Asked again, it finds its own work. */
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, false), ETCD_MOVED);
	ck_assert_str_eq(f.moved.p, "one");
	fake_run(&f, 20 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_uint_eq(etcd_histories(f.e), 2);
	end();
}
END_TEST

START_TEST(what_was_compacted_is_read_anew)
{
	begin(1);
	fake_run(&f, SPAN_S);
	fake_put(&f, "/tocsin/silences/a", "one", 0);
	fake_put(&f, "/tocsin/members/you", "x", 55);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = REFUSING_CONNECTIONS;
	fake_run(&f, 20 * SPAN_S);
	fake_put(&f, "/tocsin/members/you", NULL, 0);
	fake_put(&f, "/tocsin/silences/b", "two", 0);
	f.compacted = f.revision;
	f.endpoint[0] = WELL;
	fake_run(&f, 10 * SPAN_S);
	ck_assert_uint_eq(f.synced, 2);
	ck_assert(fake_seen(&f, "silences/b") != NULL);
	ck_assert_uint_eq(etcd_members(f.e), 1);
	fake_put(&f, "/tocsin/silences/c", "three", 0);
	fake_run(&f, SPAN_S);
	ck_assert(fake_seen(&f, "silences/c") != NULL);
	end();
}
END_TEST

START_TEST(many_records_are_read_page_by_page)
{
	char key[64], value[300];

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "/tocsin/silences/%d", i);
		fake_put(&f, key, value, 0);
	}
	f.piece = 1000;
	begin(1);
	fake_run(&f, 2 * SPAN_S);
	ck_assert_uint_eq(f.synced, 1);
	ck_assert_uint_eq(f.records, 1000);
	ck_assert_uint_gt(etcd_figures(f.e).requests[ETCD_CALL_RANGE], 4);
	end();
}
END_TEST

/* A page of records as long as etcd has them is more than may wait. */
START_TEST(large_records_are_read_in_small_pages)
{
	size_t n = (size_t)1 << 20;
	char *much = mem_alloc(n + 1), key[64];

	memset(much, 'x', n);
	much[n] = '\0';
	for (int i = 0; i < 26; i++) {
		snprintf(key, sizeof(key), "/tocsin/silences/%02d", i);
		fake_put(&f, key, much, 0);
	}
	fake_put(&f, "/tocsin/silences/small", "small", 0);
	begin(1);
	fake_run(&f, 5 * SPAN_S);
	ck_assert_uint_eq(f.synced, 1);
	ck_assert_uint_eq(f.cut, 26);
	ck_assert(str_is(fake_seen(&f, "silences/small")->value, "small"));
	ck_assert_uint_eq(fake_seen(&f, "silences/25")->value.n, ETCD_VALUE_MAX);
	mem_free(much);
	end();
}
END_TEST

START_TEST(transactions)
{
	int64_t first;

	begin(1);
	fake_run(&f, SPAN_S);
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_DONE);
	first = f.outcome.revision;
	ck_assert_int_eq(first, fake_get(&f, STR("/tocsin/log/x"))->revision);
	ck_assert_int_eq(fake_txn(&f, "log/x", "two", 0, true), ETCD_MOVED);
	ck_assert_str_eq(sbuf_cstr(&f.moved), "one");
	ck_assert_int_eq(fake_txn(&f, "log/x", "two", first, false), ETCD_DONE);
	ck_assert_int_eq(fake_txn(&f, "log/x", NULL, first, false), ETCD_MOVED);
	ck_assert_int_eq(fake_txn(&f, "log/x", NULL, f.outcome.now == NULL ? 0 : fake_get(&f, STR("/tocsin/log/x"))->revision, false), ETCD_DONE);
	ck_assert_ptr_null(fake_get(&f, STR("/tocsin/log/x")));
	/* Somebody took our key away: there is nothing to claim with. */
	fake_put(&f, "/tocsin/members/me", NULL, 0);
	ck_assert_int_eq(fake_txn(&f, "log/y", "one", 0, true), ETCD_MOVED);
	ck_assert_uint_eq(f.moved.n, 0);
	ck_assert_ptr_null(fake_get(&f, STR("/tocsin/log/y")));
	end();
}
END_TEST

START_TEST(a_transaction_goes_on_at_the_next_endpoint)
{
	begin(2);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = SILENT;
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_DONE);
	ck_assert_str_eq(fake_get(&f, STR("/tocsin/log/x"))->value.p, "one");
	end();
}
END_TEST

START_TEST(a_transaction_without_an_answer)
{
	struct etcd_op op = { .id = 1000, .key = STR("log/x") };

	begin(1);
	ck_assert(!etcd_submit(f.e, &op, f.now));
	fake_run(&f, SPAN_S);
	f.endpoint[0] = SILENT;
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_UNHEARD);
	ck_assert_uint_gt(strlen(f.why), 0);
	/* One that nobody waits for. */
	op.until = mono_add(f.now, 20 * SPAN_S);
	op.id = 1001;
	ck_assert(etcd_submit(f.e, &op, f.now));
	etcd_forget(f.e, op.id);
	f.outcomes = 0;
	fake_run(&f, 30 * SPAN_S);
	ck_assert_uint_eq(f.outcomes, 0);
	ck_assert(!etcd_submit(f.e, &op, f.now));
	end();
}
END_TEST

START_TEST(names_and_tokens)
{
	f.auth = true;
	fake_begin(&f, 2, "root", "secret");
	fake_run(&f, SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_int_eq(f.tokens, 1);
	ck_assert_str_eq(f.last_token, "token.1");
	/* It does not count any more. */
	f.tokens++;
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_DONE);
	ck_assert_int_eq(f.tokens, 3);
	fake_run(&f, SPAN_MIN);
	ck_assert_int_eq(f.tokens, 3);
	ck_assert(etcd_is_up(f.e, f.now));
	/* Each endpoint gives its own. */
	f.endpoint[0] = REFUSING_CONNECTIONS;
	fake_run(&f, 5 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_int_eq(f.tokens, 4);
	end();
}
END_TEST

START_TEST(who_is_not_let_in_asks_seldom)
{
	f.auth = true;
	fake_begin(&f, 1, "root", "wrong");
	fake_run(&f, SPAN_MIN);
	ck_assert(!etcd_is_up(f.e, f.now));
	ck_assert_uint_le(f.asked_at[0], 40);
	ck_assert_str_eq(etcd_figures(f.e).error.p, "authenticate: etcdserver: authentication failed, invalid user ID or password");
	end();
	/* Nor does who has no name. */
	f.auth = true;
	begin(1);
	fake_run(&f, SPAN_MIN);
	ck_assert(!etcd_is_up(f.e, f.now));
	ck_assert_uint_le(f.asked_at[0], 40);
	end();
}
END_TEST

START_TEST(an_etcd_that_asks_nobody_for_names)
{
	fake_begin(&f, 1, "root", "secret");
	fake_run(&f, SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	/* And then does. */
	f.auth = true;
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_DONE);
	end();
}
END_TEST

START_TEST(leaving)
{
	begin(1);
	fake_run(&f, SPAN_S);
	ck_assert_ptr_nonnull(fake_get(&f, STR("/tocsin/members/me")));
	etcd_leave(f.e, f.now);
	ck_assert(!etcd_left(f.e));
	fake_run(&f, SPAN_S);
	ck_assert(etcd_left(f.e));
	ck_assert_ptr_null(fake_get(&f, STR("/tocsin/members/me")));
	end();
	/* Nobody answers. */
	begin(1);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = SILENT;
	etcd_leave(f.e, f.now);
	fake_run(&f, 4 * SPAN_S);
	ck_assert(etcd_left(f.e));
	end();
}
END_TEST

/* All that is heard is split anywhere. */
START_TEST(byte_by_byte)
{
	f.piece = 1;
	fake_put(&f, "/tocsin/silences/a", "one", 0);
	begin(1);
	fake_run(&f, SPAN_S);
	fake_put(&f, "/tocsin/silences/b", "two", 0);
	fake_run(&f, SPAN_S);
	ck_assert(fake_seen(&f, "silences/a") != NULL && fake_seen(&f, "silences/b") != NULL);
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 5, true), ETCD_MOVED);
	end();
}
END_TEST

/* Keys that others write among ours are nobody's. */
START_TEST(strange_members)
{
	char key[200];

	begin(1);
	fake_run(&f, SPAN_S);
	fake_put(&f, "/tocsin/members/without-lease", "x", 0);
	fake_put(&f, "/tocsin/members/", "x", 5);
	fake_put(&f, "/tocsin/members/a/b", "x", 5);
	fake_put(&f, "/tocsin/members/a\nb", "x", 5);
	memset(key, 'k', sizeof(key));
	memcpy(key, "/tocsin/members/", 16);
	key[sizeof(key) - 1] = '\0';
	fake_put(&f, key, "x", 5);
	fake_put(&f, "/tocsin/members/fine", "garbage", 5);
	fake_run(&f, SPAN_S);
	ck_assert_uint_eq(etcd_members(f.e), 2);
	ck_assert(str_is(etcd_member_at(f.e, 0).name, "fine"));
	end();
}
END_TEST

/* A watch that is silent for ever, while all else is answered. */
START_TEST(a_watch_that_is_stuck_is_begun_anew)
{
	begin(1);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = ENDS_WATCHES;	/* but it began before that, and so hears nothing */
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_DONE);
	fake_run(&f, SPAN_S);
	ck_assert_int_ge(etcd_watch_lag(f.e, f.now), SPAN_S);
	ck_assert_ptr_null(fake_seen(&f, "log/x"));
	fake_run(&f, 8 * SPAN_S);
	f.endpoint[0] = WELL;
	fake_run(&f, 6 * SPAN_S);
	ck_assert_ptr_nonnull(fake_seen(&f, "log/x"));
	ck_assert_int_eq(etcd_watch_lag(f.e, f.now), 0);
	end();
}
END_TEST

/* A proxy ends a watch that brought nothing for a while. */
START_TEST(a_watch_that_ends_goes_on)
{
	begin(1);
	fake_run(&f, 20 * SPAN_S);
	fake_end_watches(&f, _i == 1);
	fake_put(&f, "/tocsin/silences/a", "one", 0);
	fake_run(&f, SPAN_S);
	ck_assert_ptr_nonnull(fake_seen(&f, "silences/a"));
	ck_assert_uint_eq(etcd_figures(f.e).watches_begun, 2);
	ck_assert_uint_eq(etcd_figures(f.e).failures[ETCD_CALL_WATCH], 0);
	ck_assert_uint_eq(f.synced, 1);
	ck_assert_uint_eq(f.warnings, 0);
	/* One that ends at once is a failure. */
	f.endpoint[0] = ENDS_WATCHES;
	fake_end_watches(&f, _i == 1);
	fake_run(&f, SPAN_MIN);
	ck_assert_uint_eq(f.warnings, 1);
	ck_assert_uint_lt(etcd_figures(f.e).watches_begun, 40);
	f.endpoint[0] = WELL;
	fake_put(&f, "/tocsin/silences/b", "two", 0);
	fake_run(&f, 10 * SPAN_S);
	ck_assert_ptr_nonnull(fake_seen(&f, "silences/b"));
	end();
}
END_TEST

/* … which nobody would notice, as this member changes nothing. */
START_TEST(a_watch_that_is_silent_is_looked_at)
{
	begin(1);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = ENDS_WATCHES;	/* the one that there is is silent */
	fake_put(&f, "/tocsin/silences/a", "one", 0);
	fake_run(&f, 30 * SPAN_S);
	ck_assert_ptr_null(fake_seen(&f, "silences/a"));
	f.endpoint[0] = CANNOT_RANGE;	/* all else is served well */
	fake_run(&f, 7 * SPAN_S);
	f.endpoint[0] = WELL;
	fake_run(&f, 5 * SPAN_S);
	ck_assert_ptr_nonnull(fake_seen(&f, "silences/a"));
	ck_assert_uint_eq(f.warnings, 1);
	end();
}
END_TEST

START_TEST(a_watch_that_is_idle_costs_little)
{
	begin(1);
	fake_run(&f, 100 * SPAN_S);
	ck_assert_uint_eq(etcd_figures(f.e).watches_begun, 1);
	ck_assert_uint_eq(etcd_figures(f.e).requests[ETCD_CALL_JOIN], 4);
	ck_assert_uint_eq(f.warnings, 0);
	end();
}
END_TEST

START_TEST(a_member_whose_key_is_dropped_sets_it_again)
{
	begin(1);
	fake_run(&f, SPAN_S);
	fake_put(&f, "/tocsin/members/me", NULL, 0);
	fake_run(&f, SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert(etcd_is_alive(f.e, STR("me"), etcd_lease(f.e)));
	ck_assert_int_eq(fake_txn(&f, "log/x", "one", 0, true), ETCD_DONE);
	ck_assert_uint_eq(etcd_figures(f.e).requests[ETCD_CALL_JOIN], 2);
	/* While it was not heard. */
	f.endpoint[0] = REFUSING_CONNECTIONS;
	fake_end_watches(&f, true);
	fake_run(&f, SPAN_S);
	fake_put(&f, "/tocsin/members/me", "mine", 4711);
	f.compacted = f.revision;
	f.endpoint[0] = WELL;
	fake_run(&f, 10 * SPAN_S);
	ck_assert(etcd_is_alive(f.e, STR("me"), etcd_lease(f.e)));
	ck_assert_int_eq(fake_txn(&f, "log/y", "one", 0, true), ETCD_DONE);
	end();
}
END_TEST

/* More at once than may wait: it is read in pages, and not begun over and over. */
START_TEST(a_burst_of_changes)
{
	size_t n = (size_t)512 << 10;
	char *much = mem_alloc(n + 1), key[64];

	memset(much, 'x', n);
	much[n] = '\0';
	f.piece = 256 << 10;
	begin(1);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = ENDS_WATCHES;
	for (int i = 0; i < 36; i++) {
		snprintf(key, sizeof(key), "/tocsin/silences/%02d", i);
		fake_put(&f, key, much, 0);
	}
	f.endpoint[0] = WELL;
	fake_run(&f, 5 * SPAN_S);
	ck_assert_uint_eq(f.synced, 2);
	ck_assert_uint_eq(etcd_figures(f.e).watches_begun, 2);
	ck_assert_ptr_nonnull(fake_seen(&f, "silences/35"));
	ck_assert_uint_eq(f.warnings, 1);
	mem_free(much);
	end();
}
END_TEST

/* All else is answered: what fails is asked seldom all the same, and told of once. */
START_TEST(one_kind_of_request_fails)
{
	begin(1);
	f.endpoint[0] = CANNOT_RANGE;
	fake_run(&f, SPAN_MIN);
	ck_assert_uint_eq(f.warnings, 1);
	ck_assert_uint_lt(etcd_figures(f.e).requests[ETCD_CALL_RANGE], 25);
	f.endpoint[0] = WELL;
	fake_run(&f, 20 * SPAN_S);
	ck_assert(etcd_is_up(f.e, f.now));
	ck_assert_uint_eq(etcd_figures(f.e).error.n, 0);
	end();
}
END_TEST

/* None of the turns is for all of them. */
START_TEST(many_transactions_without_an_answer)
{
	struct etcd_op op = { .key = STR("silences/x"), .value = STR("x"), .until = { INT64_MAX } };
	size_t before;

	begin(1);
	fake_run(&f, SPAN_S);
	f.endpoint[0] = SILENT;
	op.until = mono_add(f.now, SPAN_S);
	for (op.id = 1; op.id <= 300; op.id++)
		ck_assert(etcd_submit(f.e, &op, f.now));
	f.now = op.until;
	before = f.outcomes;
	etcd_tick(f.e, f.now);
	ck_assert_uint_gt(f.outcomes, before);
	ck_assert_uint_lt(f.outcomes, before + 100);
	ck_assert_int_le(etcd_next(f.e).ns, f.now.ns);
	fake_run(&f, SPAN_S);
	ck_assert_uint_eq(f.outcomes, 300);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, forget, NULL);
	tcase_add_test(tc, a_session_begins);
	tcase_add_test(tc, the_lease_is_kept);
	tcase_add_test(tc, the_lease_counts_from_the_question);
	tcase_add_test(tc, a_lease_that_etcd_forgot_is_asked_for_anew);
	tcase_add_test(tc, endpoints_are_tried_in_turn);
	tcase_add_test(tc, an_etcd_that_is_away_is_asked_seldom);
	tcase_add_test(tc, a_lease_ends_when_nobody_answers);
	tcase_add_test(tc, a_lease_that_is_refused_is_asked_for_again);
	tcase_add_test(tc, an_etcd_that_has_lost_its_data_is_read_anew);
	tcase_add_test(tc, what_was_compacted_is_read_anew);
	tcase_add_test(tc, many_records_are_read_page_by_page);
	tcase_add_test(tc, large_records_are_read_in_small_pages);
	tcase_add_test(tc, transactions);
	tcase_add_test(tc, a_transaction_goes_on_at_the_next_endpoint);
	tcase_add_test(tc, a_transaction_without_an_answer);
	tcase_add_test(tc, names_and_tokens);
	tcase_add_test(tc, who_is_not_let_in_asks_seldom);
	tcase_add_test(tc, an_etcd_that_asks_nobody_for_names);
	tcase_add_test(tc, leaving);
	tcase_add_test(tc, byte_by_byte);
	tcase_add_test(tc, strange_members);
	tcase_add_test(tc, a_watch_that_is_stuck_is_begun_anew);
	tcase_add_loop_test(tc, a_watch_that_ends_goes_on, 0, 2);
	tcase_add_test(tc, a_watch_that_is_silent_is_looked_at);
	tcase_add_test(tc, a_watch_that_is_idle_costs_little);
	tcase_add_test(tc, a_member_whose_key_is_dropped_sets_it_again);
	tcase_add_test(tc, a_burst_of_changes);
	tcase_add_test(tc, one_kind_of_request_fails);
	tcase_add_test(tc, many_transactions_without_an_answer);
}

int
main(void)
{
	return run_suite("session", add);
}
