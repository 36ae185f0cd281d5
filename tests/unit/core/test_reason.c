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
} rows[] = {
	{ "nothing told yet", false, NO, NO, 0, SET(one), NO, true, REASON_FIRST },
	{ "nothing told, all over", false, NO, NO, 0, NO, SET(one), true, REASON_NONE },
	{ "new one", true, SET(one), NO, 1, SET(both), NO, true, REASON_NEW_ALERTS },
	{ "another one", true, SET(one), NO, 1, SET(two), NO, true, REASON_NEW_ALERTS },
	{ "after all were resolved", true, NO, SET(one), 1, SET(one), NO, true, REASON_FIRST },
	{ "all over", true, SET(one), NO, 1, NO, SET(one), true, REASON_ALL_RESOLVED },
	{ "all over, nobody cares", true, SET(one), NO, 1, NO, SET(one), false, REASON_ALL_RESOLVED },
	{ "still all over", true, NO, SET(one), 1, NO, SET(both), true, REASON_NONE },
	{ "some over", true, SET(both), NO, 1, SET(one), SET(two), true, REASON_SOME_RESOLVED },
	{ "some over, nobody cares", true, SET(both), NO, 1, SET(one), SET(two), false, REASON_NONE },
	{ "some over, told", true, SET(one), SET(two), 1, SET(one), SET(two), true, REASON_NONE },
	{ "never heard of, over", true, SET(one), NO, 1, SET(one), SET(three), true, REASON_SOME_RESOLVED },
	{ "not yet", true, SET(one), NO, SPAN_HOUR, SET(one), NO, true, REASON_NONE },
	{ "time to repeat", true, SET(one), NO, SPAN_HOUR + 1, SET(one), NO, true, REASON_REPEAT },
	{ "fewer than told", true, SET(both), NO, 1, SET(two), NO, true, REASON_NONE },
};

START_TEST(decisions)
{
	struct wall tick = wall_from_ns(5000 * SPAN_HOUR);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct log_entry entry = {
			.timestamp = wall_add(tick, -rows[i].age),
			.firing = rows[i].e_firing, .firing_n = rows[i].e_firing_n,
			.resolved = rows[i].e_resolved, .resolved_n = rows[i].e_resolved_n,
		};
		struct reason_facts f = {
			.firing = rows[i].firing, .firing_n = rows[i].firing_n,
			.resolved = rows[i].resolved, .resolved_n = rows[i].resolved_n,
			.send_resolved = rows[i].send_resolved, .repeat_interval = SPAN_HOUR, .tick = tick,
		};
		enum reason got = reason_to_notify(rows[i].entry ? &entry : NULL, &f);

		ck_assert_msg(got == rows[i].want, "%s: %s", rows[i].name, reason_text(got));
	}
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
	ck_assert_str_eq(mute_verdict_text(MUTE_SILENCE), "silence");
	ck_assert_str_eq(mute_verdict_text(MUTE_INHIBITION), "inhibition");
	ck_assert_str_eq(mute_verdict_text(MUTE_TIME_INTERVAL), "mute_time_interval");
	ck_assert_str_eq(mute_verdict_text(MUTE_ACTIVE_TIME_INTERVAL), "active_time_interval");
}
END_TEST

int
main(void)
{
	return RUN("reason", decisions, texts);
}
