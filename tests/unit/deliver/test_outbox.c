/* SPDX-License-Identifier: Apache-2.0 */
/* Attempts: how they begin, go on and end. */
#include "lib_outbox.h"
#include "suite.h"

START_TEST(attempts_are_conversations)
{
	begin();
	w.legs = 3;
	w.verdict = STEP_DONE;
	send_attempt(7);
	ck_assert_int_eq(w.starts, 0);
	ck_assert_uint_eq(outbox_pending(w.outbox), 1);
	await(1);
	ck_assert_uint_eq(w.delivered[0], 7);
	ck_assert(w.last.ok && !w.last.retry);
	ck_assert_int_eq(w.requests, 3);
	ck_assert_int_eq(w.resumes, 3);
	ck_assert_int_eq(w.rearms, 1);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	end();
}
END_TEST

static const struct {
	int legs;
	enum step verdict;
	bool ok, retry;
	const char *error;
} verdicts[] = {
	{ 0, STEP_DONE, true, false, "" },
	{ 0, STEP_FAIL, false, false, "did not start" },
	{ 0, STEP_RETRY, false, true, "did not start" },
	{ 1, STEP_DONE, true, false, "" },
	{ 1, STEP_FAIL, false, false, "no luck" },
	{ 1, STEP_RETRY, false, true, "no luck" },
};

START_TEST(verdicts_reach_the_engine)
{
	begin();
	w.legs = verdicts[_i].legs;
	w.verdict = verdicts[_i].verdict;
	send_attempt(1);
	await(1);
	ck_assert_int_eq(w.last.ok, verdicts[_i].ok);
	ck_assert_int_eq(w.last.retry, verdicts[_i].retry);
	ck_assert_str_eq(w.last_error, verdicts[_i].error);
	if (w.legs > 0) {
		ck_assert_int_eq(w.last.failure, FAILURE_CLIENT_ERROR);
		ck_assert_int_eq(w.last.retry_after, 3);
	}
	end();
}
END_TEST

START_TEST(what_has_waited_too_long_does_not_begin)
{
	begin();
	w.legs = 1;
	w.verdict = STEP_DONE;
	send_attempt(1);
	send_attempt(2);
	w.late = 1;
	await(2);
	ck_assert_uint_eq(w.delivered[0], 1);
	ck_assert_uint_eq(w.delivered[1], 2);
	ck_assert_int_eq(w.starts, 1);
	ck_assert_int_eq(w.requests, 1);
	w.late = 3;
	send_attempt(3);
	await(3);
	ck_assert(w.last.retry && !w.last.ok && !w.last.unanswered);
	ck_assert_str_eq(w.last_error, "the lease of etcd has ended");
	end();
}
END_TEST

/* A gateway that waited in vain, for an answer to a message or to a question. */
START_TEST(a_question_without_an_answer_has_told_nobody)
{
	begin();
	w.legs = 1;
	w.status = 504;
	w.asks = _i == 1;
	send_attempt(1);
	await(1);
	ck_assert(w.last.retry && w.last.unanswered == !w.asks);
	end();
}
END_TEST

START_TEST(an_attempt_has_several_requests_under_way)
{
	struct recipient r = { .to = STR("a") };

	begin();
	w.legs = 30;
	w.beside = 29;
	w.verdict = STEP_DONE;
	w.n.recipients = (struct recipients){ .v = &r, .n = 1, .known = true };
	send_attempt(7);
	await(1);
	ck_assert(w.last.ok);
	ck_assert_int_eq(w.requests, 30);
	ck_assert_int_eq(w.resumes, 30);
	ck_assert_int_eq(w.most, ATTEMPT_REQUESTS_MAX);
	/* Each answer but the last may have to be remembered. */
	ck_assert_int_eq(w.progressed, 29);
	/* Canceled with all of them under way. */
	w.beside = 29;
	send_attempt(8);
	while (w.requests == 30)
		event_base_loop(w.base, EVLOOP_ONCE);
	outbox_cancel(w.outbox, 8);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	end();
	ck_assert_int_eq(w.delivered_n, 1);
}
END_TEST

START_TEST(canceled_attempts_are_silent)
{
	begin();
	w.legs = 1;
	w.verdict = STEP_DONE;
	/* Before it starts, while it is under way, and one nobody knows. */
	send_attempt(1);
	outbox_cancel(w.outbox, 1);
	send_attempt(2);
	while (w.requests == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	outbox_cancel(w.outbox, 2);
	outbox_cancel(w.outbox, 99);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	/* One that goes while the engine hears of another. */
	w.legs = 0;
	w.cancel_too = 4;
	send_attempt(3);
	w.legs = 0;
	send_attempt(4);
	await(1);
	for (int i = 0; i < 5; i++)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(w.delivered_n, 1);
	end();
}
END_TEST

START_TEST(one_turn_begins_only_so_many)
{
	begin();
	w.verdict = STEP_DONE;
	/* Quick ones do not wait for each other. */
	for (uint64_t i = 1; i <= 5; i++)
		send_attempt(i);
	event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.delivered_n, 5);
	/* Slow ones leave room, and keep their order; who is canceled meanwhile is not begun. */
	w.slow = 1200 * SPAN_US;
	for (uint64_t i = 6; i <= 12; i++)
		send_attempt(i);
	event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.starts, 8);
	outbox_cancel(w.outbox, 10);
	event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.starts, 11);
	/* One that takes all of a turn is begun all the same. */
	w.slow = SPAN_S;
	send_attempt(13);
	send_attempt(14);
	event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.starts, 12);
	event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.starts, 13);
	for (int i = 0; i < 13; i++)
		ck_assert_uint_eq(w.delivered[i], (uint64_t)(i < 9 ? i + 1 : i + 2));
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	end();
}
END_TEST

/* Thousands for one receiver are no reason for another one's to wait. */
START_TEST(integrations_take_turns)
{
	begin();
	w.verdict = STEP_DONE;
	w.slow = SPAN_S;
	w.other = w.integration;
	w.other_n = w.n;
	w.other_n.integration = &w.other;
	for (uint64_t i = 1; i <= 6; i++)
		send_attempt(i);
	send_notification(7, &w.other_n);
	send_notification(8, &w.other_n);
	outbox_cancel(w.outbox, 8);
	send_notification(9, &w.other_n);
	await(8);
	ck_assert_uint_eq(w.delivered[0], 1);
	ck_assert_uint_eq(w.delivered[1], 7);
	ck_assert_uint_eq(w.delivered[2], 2);
	ck_assert_uint_eq(w.delivered[3], 9);
	for (int i = 4; i < 8; i++)
		ck_assert_uint_eq(w.delivered[i], (uint64_t)i - 1);
	send_attempt(10);
	send_notification(11, &w.other_n);
	end();
}
END_TEST

START_TEST(what_is_under_way_at_the_end_is_dropped)
{
	begin();
	w.legs = 1;
	send_attempt(1);
	while (w.starts == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	send_attempt(2);
	end();
	ck_assert_int_eq(w.delivered_n, 0);
}
END_TEST

START_TEST(receivers_that_are_away_are_a_reason_to_retry)
{
	begin();
	w.legs = 1;
	http_server_stop(w.server, 0, NULL, NULL);
	send_attempt(1);
	await(1);
	ck_assert(w.last.retry);
	ck_assert_ptr_nonnull(strstr(w.last_error, "connect: connection refused"));
	end();
}
END_TEST

static struct {
	struct rehearsal r;
	int over;
	struct rehearsal_result last;
	char answer[100];
} tried;

static void
on_tried(struct rehearsal *r, const struct rehearsal_result *result)
{
	ck_assert_ptr_eq(r, &tried.r);
	tried.over++;
	tried.last = *result;
	snprintf(tried.answer, sizeof(tried.answer), "%.*s|%.*s", STR_ARG(result->answer), STR_ARG(result->error));
}

static void
rehearse(int until)
{
	tried.r.over = on_tried;
	outbox_rehearse(w.outbox, &tried.r, &w.n, mono_add(clock_now(&w.clock).mono, 20 * SPAN_S));
	while (tried.over < until)
		event_base_loop(w.base, EVLOOP_ONCE);
}

START_TEST(the_engine_hears_nothing_of_a_rehearsal)
{
	struct recipient r[2] = { { .to = STR("a"), .state = RECIPIENT_DONE }, { .to = STR("b"), .state = RECIPIENT_FAILED } };

	begin();
	memset(&tried, 0, sizeof(tried));
	w.legs = 2;
	w.verdict = STEP_DONE;
	rehearse(1);
	ck_assert(tried.last.ok);
	ck_assert_int_eq(tried.last.status, 200);
	ck_assert_str_eq(tried.answer, "ok|");
	/* An answer that is no error may be a token's. */
	w.verdict = STEP_FAIL;
	rehearse(2);
	ck_assert(!tried.last.ok && !tried.last.retry);
	ck_assert_str_eq(tried.answer, "|no luck");
	w.verdict = STEP_DONE;
	w.n.recipients = (struct recipients){ .v = r, .n = 2, .known = true };
	rehearse(3);
	ck_assert(!tried.last.ok);
	ck_assert_uint_eq(tried.last.recipients_n, 2);
	ck_assert_str_eq(tried.answer, "ok|not all recipients were served");
	/* Called off before it starts, and under way. */
	rehearse(3);
	outbox_call_off(w.outbox, &tried.r);
	w.requests = 0;
	rehearse(3);
	while (w.requests == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	outbox_call_off(w.outbox, &tried.r);
	outbox_call_off(w.outbox, &tried.r);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	/* One is under way at the end. */
	rehearse(3);
	end();
	ck_assert_int_eq(tried.over, 3);
	ck_assert_int_eq(w.delivered_n + w.progressed + w.rearms, 0);
}
END_TEST

/* For all of them together there is a bound. */
START_TEST(texts_wait_for_the_next_attempt)
{
	begin();
	w.verdict = STEP_RETRY;
	w.keep = 100;
	send_attempt(1);
	await(1);
	ck_assert_ptr_nonnull(w.n.kept);
	send_attempt(2);
	await(2);
	ck_assert_int_eq(w.found, 1);
	/* One that never began leaves them where they are. */
	w.late = 3;
	send_attempt(3);
	await(3);
	ck_assert_ptr_nonnull(w.n.kept);
	w.verdict = STEP_DONE;
	send_attempt(5);
	await(4);
	ck_assert_int_eq(w.found, 2);
	ck_assert_ptr_null(w.n.kept);
	/* Those of two are too much together. */
	w.verdict = STEP_RETRY;
	w.keep = OUTBOX_PARKED_MAX / 3 * 2;
	w.other_n.integration = &w.other;
	send_notification(6, &w.n);
	await(5);
	send_notification(7, &w.other_n);
	await(6);
	ck_assert_ptr_nonnull(w.n.kept);
	ck_assert_ptr_null(w.other_n.kept);
	outbox_forget(w.outbox, &w.n);
	ck_assert_ptr_null(w.n.kept);
	send_notification(8, &w.other_n);
	await(7);
	ck_assert_ptr_nonnull(w.other_n.kept);
	ck_assert_int_eq(w.found, 2);
	/* A digest is made anew. */
	w.keep = 0;
	w.n.digest = &(struct digest){ .messages = 1 };
	send_notification(9, &w.n);
	await(8);
	ck_assert_ptr_null(w.n.kept);
	outbox_forget(w.outbox, &w.other_n);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, attempts_are_conversations);
	tcase_add_loop_test(tc, verdicts_reach_the_engine, 0, ARRAY_LEN(verdicts));
	tcase_add_test(tc, what_has_waited_too_long_does_not_begin);
	tcase_add_loop_test(tc, a_question_without_an_answer_has_told_nobody, 0, 2);
	tcase_add_test(tc, an_attempt_has_several_requests_under_way);
	tcase_add_test(tc, canceled_attempts_are_silent);
	tcase_add_test(tc, one_turn_begins_only_so_many);
	tcase_add_test(tc, integrations_take_turns);
	tcase_add_test(tc, what_is_under_way_at_the_end_is_dropped);
	tcase_add_test(tc, texts_wait_for_the_next_attempt);
	tcase_add_test(tc, the_engine_hears_nothing_of_a_rehearsal);
	tcase_add_test(tc, receivers_that_are_away_are_a_reason_to_retry);
}

int
main(void)
{
	return run_suite("outbox", add);
}
