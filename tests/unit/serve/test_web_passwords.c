/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which passwords are looked at, and the memory of verdicts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "base/mem.h"
#include "suite.h"
#include "web_passwords.h"

/* bcrypt of "secret", of cost 4. */
#define HASH "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
/* The hash of something. */
#define DEAR "$2y$10$abcdefghijklmnopqrstuuAQ41bZmyB0eV5QMU2h9rvPak6XsZD62"

static const struct web_user users[] = { { STR("ann"), STR(HASH) }, { STR("bob"), STR(HASH) } };
static const struct web_user dear[] = { { STR("ann"), STR(DEAR) }, { STR("bob"), STR(DEAR) } };

static struct {
	struct event_base *base;
	struct passwords *p;
	size_t answers;
	struct asked *order[1000];	/* in which they were answered */
} t;

struct asked {
	enum password verdict;
	void *pending;
};

static void
begin(const struct web_user *who, size_t n)
{
	struct err e = { 0 };

	memset(&t, 0, sizeof(t));
	t.base = event_base_new();
	t.p = passwords_new(t.base, &e);
	ck_assert_ptr_nonnull(t.p);
	passwords_users(t.p, who, n);
}

static void
end(void)
{
	passwords_free(&t.p);
	event_base_free(t.base);
}

static void
on_done(void *arg, enum password verdict)
{
	struct asked *a = arg;

	a->verdict = verdict;
	a->pending = NULL;
	t.order[t.answers++] = a;
}

static void
ask(struct asked *a, const char *user, const char *password, uint64_t address)
{
	a->verdict = passwords_judge(t.p, str_from(user), str_from(password), address, on_done, a, &a->pending);
}

static void
settle(size_t answers)
{
	while (t.answers < answers)
		event_base_loop(t.base, EVLOOP_ONCE);
}

static enum password
judge(const char *user, const char *password, uint64_t address)
{
	struct asked a = { 0 };

	ask(&a, user, password, address);
	while (a.verdict == PASSWORD_LATER)
		event_base_loop(t.base, EVLOOP_ONCE);
	t.answers = 0;
	return a.verdict;
}

/* However many wrong ones come, the right one of each user stays known. */
START_TEST(wrong_ones_push_nobody_out)
{
	struct asked a = { 0 };
	char wrong[32];

	begin(users, 2);
	ck_assert_int_eq(judge("ann", "secret", 1), PASSWORD_RIGHT);
	ck_assert_int_eq(judge("bob", "secret", 2), PASSWORD_RIGHT);
	for (int i = 0; i < 300; i++) {
		snprintf(wrong, sizeof(wrong), "guess%d", i);
		ck_assert_int_eq(judge(i % 3 == 0 ? "ann" : i % 3 == 1 ? "bob" : "eve", wrong, 1), PASSWORD_WRONG);
	}
	ck_assert_uint_eq(passwords_looks(t.p), 302);
	ask(&a, "ann", "secret", 3);
	ck_assert_int_eq(a.verdict, PASSWORD_RIGHT);
	ask(&a, "bob", "secret", 1);
	ck_assert_int_eq(a.verdict, PASSWORD_RIGHT);
	/* A wrong one that comes again is not looked at again. */
	ask(&a, "ann", "guess297", 1);
	ck_assert_int_eq(a.verdict, PASSWORD_WRONG);
	ask(&a, "bob", "secret", 1);
	ck_assert_int_eq(a.verdict, PASSWORD_RIGHT);
	ck_assert_uint_eq(passwords_looks(t.p), 302);
	end();
}
END_TEST

START_TEST(one_look_for_all_who_bring_the_same)
{
	struct asked a[6] = { 0 };

	begin(users, 2);
	for (int i = 0; i < 6; i++) {
		ask(&a[i], "ann", "secret", (uint64_t)i + 1);
		ck_assert_int_eq(a[i].verdict, PASSWORD_LATER);
	}
	passwords_abandon(&a[2].pending);
	ck_assert_ptr_null(a[2].pending);
	settle(5);
	ck_assert_uint_eq(passwords_looks(t.p), 1);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(a[i].verdict, i == 2 ? PASSWORD_LATER : PASSWORD_RIGHT);
	end();
}
END_TEST

/* One address, or many guesses at one user, hold up no other. */
START_TEST(everybody_in_turn)
{
	struct asked flood[300] = { 0 }, good = { 0 }, neighbour = { 0 };
	size_t refused = 0, before = 0;
	char text[32];

	begin(users, 2);
	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "guess%d", i);
		ask(&flood[i], "ann", text, 1);
		refused += flood[i].verdict == PASSWORD_TOO_MANY;
	}
	/* One is looked at, sixteen wait. */
	ck_assert_uint_eq(refused, 300 - 17);
	ask(&neighbour, "bob", "secret", 1);
	ask(&good, "ann", "secret", 2);
	ck_assert_int_eq(good.verdict, PASSWORD_LATER);
	ck_assert_int_eq(neighbour.verdict, PASSWORD_LATER);
	settle(19);
	for (size_t i = 0; i < t.answers && t.order[i] != &good; i++)
		before += t.order[i]->verdict == PASSWORD_WRONG;
	ck_assert_uint_le(before, 1);
	for (size_t i = before = 0; i < t.answers && t.order[i] != &neighbour; i++)
		before += t.order[i]->verdict == PASSWORD_WRONG;
	ck_assert_uint_le(before, 2);
	ck_assert_int_eq(good.verdict, PASSWORD_RIGHT);
	ck_assert_int_eq(neighbour.verdict, PASSWORD_RIGHT);
	end();
}
END_TEST

/* All places are taken by a few: who has the most gives way. */
START_TEST(many_addresses)
{
	struct asked flood[4][20] = { 0 }, good = { 0 };
	char text[32];

	begin(users, 2);
	for (int i = 0; i < 80; i++) {
		snprintf(text, sizeof(text), "guess%d", i);
		ask(&flood[i / 20][i % 20], text, text, (uint64_t)i / 20 + 1);
	}
	ask(&good, "ann", "secret", 9);
	ck_assert_int_eq(good.verdict, PASSWORD_LATER);
	settle(66);
	ck_assert_int_eq(good.verdict, PASSWORD_RIGHT);
	end();
}
END_TEST

/* A user that was right once comes before strangers, however many addresses they have. */
START_TEST(who_was_right_comes_first)
{
	struct asked flood[40] = { 0 }, good = { 0 };
	char text[32];
	size_t before = 0;

	begin(users, 2);
	ck_assert_int_eq(judge("ann", "secret", 7), PASSWORD_RIGHT);
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "guess%d", i);
		ask(&flood[i], "ann", text, 100 + (uint64_t)i);
	}
	ask(&good, "bob", "secret", 7);
	settle(41);
	while (t.order[before] != &good)
		before++;
	ck_assert_uint_le(before, 1);
	end();
}
END_TEST

/* And an address that was right once keeps no stranger waiting, however many guesses come from it later. */
START_TEST(who_was_right_is_not_always_first)
{
	struct asked flood[10] = { 0 }, good = { 0 };
	char text[32];
	size_t before = 0;

	begin(users, 2);
	ck_assert_int_eq(judge("ann", "secret", 7), PASSWORD_RIGHT);
	for (int i = 0; i < 10; i++) {
		snprintf(text, sizeof(text), "guess%d", i);
		ask(&flood[i], "ann", text, 7);
	}
	ask(&good, "bob", "secret", 8);
	settle(11);
	while (t.order[before] != &good)
		before++;
	ck_assert_uint_le(before, 1);
	end();
}
END_TEST

START_TEST(who_leaves_is_not_looked_at)
{
	struct asked a[5] = { 0 };
	char text[32];

	begin(users, 2);
	for (int i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "guess%d", i);
		ask(&a[i], "ann", text, 1);
	}
	for (int i = 1; i < 4; i++)
		passwords_abandon(&a[i].pending);
	settle(2);
	ck_assert_uint_eq(passwords_looks(t.p), 2);
	ck_assert_int_eq(a[4].verdict, PASSWORD_WRONG);
	/* The end comes while one is looked at. */
	ask(&a[0], "ann", "another", 1);
	passwords_abandon(&a[0].pending);
	end();
}
END_TEST

START_TEST(users_change)
{
	static const struct web_user changed[] = { { STR("ann"), STR(HASH) }, { STR("bob"), STR(DEAR) } };
	struct asked a = { 0 };

	begin(users, 2);
	ck_assert_int_eq(judge("ann", "secret", 1), PASSWORD_RIGHT);
	ck_assert_int_eq(judge("bob", "secret", 1), PASSWORD_RIGHT);
	passwords_users(t.p, changed, 2);
	ask(&a, "ann", "secret", 1);
	ck_assert_int_eq(a.verdict, PASSWORD_RIGHT);
	ck_assert_int_eq(judge("bob", "secret", 1), PASSWORD_WRONG);
	/* They go while one is looked at. */
	ask(&a, "ann", "other", 1);
	passwords_users(t.p, changed + 1, 1);
	settle(1);
	ck_assert_int_eq(judge("ann", "secret", 1), PASSWORD_WRONG);
	end();
}
END_TEST

static double
cost_of(const char *user)
{
	clock_t began = clock();
	char text[32];

	for (int i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "%s%d", user, i);
		ck_assert_int_eq(judge(user, text, 1), PASSWORD_WRONG);
	}
	return (double)(clock() - began);
}

/* That there is no such user does not show in the time. */
START_TEST(nobody_takes_as_long_as_somebody)
{
	double somebody, nobody, cheap;

	begin(dear, 2);
	somebody = cost_of("ann");
	nobody = cost_of("eve");
	end();
	ck_assert_double_gt(nobody, somebody / 2);
	ck_assert_double_lt(nobody, somebody * 2);
	begin(users, 2);
	cheap = cost_of("eve");
	end();
	ck_assert_double_lt(cheap, nobody / 4);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, wrong_ones_push_nobody_out);
	tcase_add_test(tc, one_look_for_all_who_bring_the_same);
	tcase_add_test(tc, everybody_in_turn);
	tcase_add_test(tc, many_addresses);
	tcase_add_test(tc, who_was_right_comes_first);
	tcase_add_test(tc, who_was_right_is_not_always_first);
	tcase_add_test(tc, who_leaves_is_not_looked_at);
	tcase_add_test(tc, users_change);
	tcase_add_test(tc, nobody_takes_as_long_as_somebody);
}

int
main(void)
{
	return run_suite("web_passwords", add);
}
