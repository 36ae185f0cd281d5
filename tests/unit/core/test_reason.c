/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ports.h"
#include "lib_core.h"
#include "reason.h"

static const uint64_t one[] = { 1 }, two[] = { 2 }, both[] = { 1, 2 }, three[] = { 3 };

#define SET(a) a, ARRAY_LEN(a)
#define NO NULL, 0

static const struct {
	const char *name;
	bool entry;
	const uint64_t *e_firing;
	size_t e_firing_n;
	const uint64_t *e_resolved;
	size_t e_resolved_n;
	span age;	/* of the entry at the tick */
	const uint64_t *firing;
	size_t firing_n;
	const uint64_t *resolved;
	size_t resolved_n;
	bool send_resolved;
	enum reason want;
	const uint64_t *doubtful;
	size_t doubtful_n;
} rows[] = {
	{ "nothing told yet", false, NO, NO, 0, SET(one), NO, true, REASON_FIRST, NO },
	{ "nothing told, all over", false, NO, NO, 0, NO, SET(one), true, REASON_NONE, NO },
	{ "new one", true, SET(one), NO, 1, SET(both), NO, true, REASON_NEW_ALERTS, NO },
	{ "another one", true, SET(one), NO, 1, SET(two), NO, true, REASON_NEW_ALERTS, NO },
	{ "after all were resolved", true, NO, SET(one), 1, SET(one), NO, true, REASON_FIRST, NO },
	{ "all over", true, SET(one), NO, 1, NO, SET(one), true, REASON_ALL_RESOLVED, NO },
	{ "all over, nobody cares", true, SET(one), NO, 1, NO, SET(one), false, REASON_ALL_RESOLVED, NO },
	{ "still all over", true, NO, SET(one), 1, NO, SET(both), true, REASON_NONE, NO },
	{ "some over", true, SET(both), NO, 1, SET(one), SET(two), true, REASON_SOME_RESOLVED, NO },
	{ "some over, nobody cares", true, SET(both), NO, 1, SET(one), SET(two), false, REASON_NONE, NO },
	{ "some over, told", true, SET(one), SET(two), 1, SET(one), SET(two), true, REASON_NONE, NO },
	{ "never heard of, over", true, SET(one), NO, 1, SET(one), SET(three), true, REASON_SOME_RESOLVED, NO },
	{ "not yet", true, SET(one), NO, SPAN_HOUR - SPAN_S - 1, SET(one), NO, true, REASON_NONE, NO },
	{ "the wall clock was corrected", true, SET(one), NO, SPAN_HOUR - SPAN_S, SET(one), NO, true, REASON_REPEAT, NO },
	{ "time to repeat", true, SET(one), NO, SPAN_HOUR, SET(one), NO, true, REASON_REPEAT, NO },
	{ "fewer than told", true, SET(both), NO, 1, SET(two), NO, true, REASON_NONE, NO },
	{ "perhaps told, all over", true, NO, NO, 1, NO, SET(two), true, REASON_ALL_RESOLVED, SET(both) },
	{ "perhaps told again, all over", true, NO, SET(two), 1, NO, SET(two), true, REASON_ALL_RESOLVED, SET(two) },
	{ "another perhaps told, all over", true, NO, NO, 1, NO, SET(three), true, REASON_NONE, SET(both) },
	{ "perhaps told", true, NO, NO, 1, SET(one), NO, true, REASON_FIRST, SET(one) },
	{ "perhaps told again, over", true, SET(one), SET(two), 1, SET(one), SET(two), true, REASON_SOME_RESOLVED, SET(two) },
};

START_TEST(decisions)
{
	struct wall tick = wall_from_ns(5000 * SPAN_HOUR);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct log_entry entry = {
			.timestamp = wall_add(tick, -rows[i].age),
			.firing = rows[i].e_firing, .firing_n = rows[i].e_firing_n,
			.resolved = rows[i].e_resolved, .resolved_n = rows[i].e_resolved_n,
			.doubtful = rows[i].doubtful, .doubtful_n = rows[i].doubtful_n,
		};
		struct reason_facts f = {
			.firing = rows[i].firing, .firing_n = rows[i].firing_n,
			.resolved = rows[i].resolved, .resolved_n = rows[i].resolved_n,
			.send_resolved = rows[i].send_resolved, .repeat_interval = SPAN_HOUR,
			.group_interval = 5 * SPAN_MIN, .tick = tick,
		};
		enum reason got = reason_to_notify(rows[i].entry ? &entry : NULL, &f);

		ck_assert_msg(got == rows[i].want, "%s: %s", rows[i].name, reason_text(got));
	}
}
END_TEST

/* Doubts are why something is told that may be known already. */
START_TEST(perhaps_known)
{
	struct log_entry entry = { .firing = one, .firing_n = 1, .resolved = two, .resolved_n = 1 };
	struct reason_facts f = { .firing = one, .firing_n = 1, .send_resolved = true, .repeat_interval = SPAN_HOUR,
		.group_interval = SPAN_MIN };

	ck_assert(!reason_perhaps_known(NULL, &f));
	/* Nothing is in doubt. */
	ck_assert(!reason_perhaps_known(&entry, &f));
	/* The end of the one that fires is. */
	entry.doubtful_ends = one;
	entry.doubtful_ends_n = 1;
	ck_assert(reason_perhaps_known(&entry, &f));
	/* Another one is news. */
	f.firing = both;
	f.firing_n = 2;
	ck_assert(!reason_perhaps_known(&entry, &f));
	/* Unless somebody may have told of that. */
	entry.doubtful = two;
	entry.doubtful_n = 1;
	ck_assert(reason_perhaps_known(&entry, &f));
	/* The end of what may have been told to have ended. */
	f.firing_n = 0;
	f.resolved = one;
	f.resolved_n = 1;
	ck_assert(reason_perhaps_known(&entry, &f));
	f.resolved = three;
	ck_assert(!reason_perhaps_known(&entry, &f));
}
END_TEST

START_TEST(texts)
{
	ck_assert_str_eq(reason_text(REASON_FIRST), "first notification");
	ck_assert_str_eq(reason_text(REASON_NEW_ALERTS), "new alerts added");
	ck_assert_str_eq(reason_text(REASON_SOME_RESOLVED), "some alerts resolved");
	ck_assert_str_eq(reason_text(REASON_ALL_RESOLVED), "all alerts resolved");
	ck_assert_str_eq(reason_text(REASON_REPEAT), "repeat interval elapsed");
	ck_assert_str_eq(reason_text(REASON_NONE), "none");
	ck_assert_str_eq(reason_text(REASON_UNKNOWN), "unknown");
	ck_assert_str_eq(failure_text(FAILURE_OTHER), "other");
	ck_assert_str_eq(failure_text(FAILURE_CLIENT_ERROR), "clientError");
	ck_assert_str_eq(failure_text(FAILURE_SERVER_ERROR), "serverError");
	ck_assert_str_eq(failure_text(FAILURE_CONTEXT_CANCELED), "contextCanceled");
	ck_assert_str_eq(failure_text(FAILURE_CONTEXT_DEADLINE), "contextDeadlineExceeded");
	ck_assert_str_eq(failure_text(FAILURE_AUTH), "authError");
	ck_assert_str_eq(failure_text(FAILURE_RATE_LIMITED), "rateLimited");
	ck_assert_str_eq(mute_cause_text(MUTE_SILENCE), "silence");
	ck_assert_str_eq(mute_cause_text(MUTE_INHIBITION), "inhibition");
	ck_assert_str_eq(mute_cause_text(MUTE_TIME_INTERVAL), "mute_time_interval");
	ck_assert_str_eq(mute_cause_text(MUTE_ACTIVE_TIME_INTERVAL), "active_time_interval");
}
END_TEST

int
main(void)
{
	return RUN("reason", decisions, perhaps_known, texts);
}
