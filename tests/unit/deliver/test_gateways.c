/* SPDX-License-Identifier: Apache-2.0 */
/* Requests by gateways: they ask for leave, wait for their pace and for a note of theirs, and tell when they leave. */
#include "lib_outbox.h"
#include "suite.h"

/* The engine is asked once for each request that a gateway is to carry. */
START_TEST(gateways_have_budgets)
{
	const enum admission admissions[] = { ADMIT_GO, ADMIT_LATER, ADMIT_SUPPRESS };

	begin();
	w.legs = 2;
	w.verdict = STEP_DONE;
	w.gateway = STR("g");
	w.admission = admissions[_i];
	send_attempt(7);
	await(1);
	ck_assert(w.last.ok);
	ck_assert_int_eq(w.admitted, 2);
	ck_assert_int_eq(w.suppressed, w.admission == ADMIT_SUPPRESS ? 2 : 0);
	ck_assert_int_eq(w.requests, 2 - w.suppressed);
	ck_assert_int_eq(w.left, w.requests);
	ck_assert_int_eq(w.rearms, 1 + w.suppressed);
	/* One that waits for its pace is dropped with its attempt. */
	send_attempt(7);
	while (w.admitted < 3)
		event_base_loop(w.base, EVLOOP_ONCE);
	outbox_cancel(w.outbox, 7);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	end();
}
END_TEST

/* Requests that are not to be sent twice leave when that is on disk. */
START_TEST(a_note_comes_first)
{
	struct outbox_wait *over;

	begin();
	w.legs = 1;
	w.verdict = STEP_DONE;
	w.gateway = STR("g");
	w.noted = true;
	send_attempt(7);
	while (w.wait == NULL)
		event_base_loop(w.base, EVLOOP_ONCE);
	for (int i = 0; i < 5; i++)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	ck_assert_int_eq(w.requests, 0);
	ck_assert_int_eq(w.left, 0);
	outbox_cancel(w.outbox, 7);
	ck_assert_int_eq(w.waits_ended, 1);
	send_attempt(7);
	while (w.wait == NULL)
		event_base_loop(w.base, EVLOOP_ONCE);
	over = w.wait;
	over->waiting = NULL;
	w.wait = NULL;
	over->over(over);
	await(1);
	ck_assert(w.last.ok);
	ck_assert_int_eq(w.requests, 1);
	ck_assert_int_eq(w.left, 1);
	ck_assert_int_eq(w.waits_ended, 1);
	end();
}
END_TEST

/* Another member may have told it while the file waited for its gateway's pace. */
START_TEST(files_leave_while_the_lease_lasts)
{
	begin();
	w.legs = 1;
	w.gateway = STR("g");
	w.admission = ADMIT_LATER;
	w.spools = true;
	send_attempt(7);
	while (w.admitted < 1)
		event_base_loop(w.base, EVLOOP_ONCE);
	w.late = 7;
	await(1);
	ck_assert(w.last.retry && !w.last.unanswered);
	ck_assert_str_eq(w.last_error, "the lease of etcd has ended");
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, gateways_have_budgets, 0, 3);
	tcase_add_test(tc, a_note_comes_first);
	tcase_add_test(tc, files_leave_while_the_lease_lasts);
}

int
main(void)
{
	return run_suite("gateways", add);
}
