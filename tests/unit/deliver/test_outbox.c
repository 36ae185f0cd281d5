/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox between an engine and notifiers of this test's own making, with real transports. */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/delivery.h"
#include "core/engine.h"
#include "deliver/outbox.h"
#include "fetch/http_client.h"
#include "lib_peer.h"
#include "loop/clock_real.h"
#include "loop/drive.h"
#include "mail/mail.h"
#include "serve/http_server.h"

static struct {
	struct event_base *base;
	struct http_server *server;
	struct http_client *http;
	struct mail_pool *mail;
	struct outbox *outbox;
	struct notification n, other_n;
	struct integration integration, other;
	char url[100];
	int requests;		/* seen by the server */
	int starts, resumes, rearms;
	int legs;		/* requests that an attempt makes */
	int status;		/* of answers; 0: 200 */
	bool asks;		/* no request tells anybody */
	int beside;		/* … of these, not yet made, some beside others */
	int under_way, most;
	int progressed;
	enum step verdict;	/* of an attempt */
	bool inside;		/* outbox_send has not returned */
	uint64_t delivered[16];
	int delivered_n;
	struct outcome last;
	char last_error[200];
	struct clock clock;	/* stands still but for: */
	struct moment begun;
	span slow;		/* what the clock says a start takes */
	span passed;		/* … all of them */
	uint64_t cancel_too;
	struct str gateway;	/* of requests */
	bool spools;		/* they are files */
	enum admission admission;	/* to it; LATER is by 20 ms */
	int admitted, suppressed;	/* asked for; told the notifier */
	uint64_t late;	/* it may not leave any more */	/* attempt that the engine cancels while it is told of another */
} w;

static const struct http_config plain = { .follow_redirects = true };

static struct moment
clock_now(struct clock *c)
{
	struct moment m = w.begun;

	(void)c;
	m.mono = mono_add(m.mono, w.passed);
	return m;
}

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	(void)r;
	w.requests++;
	out->status = w.status != 0 ? w.status : 200;
	sbuf_puts(&out->body, "ok");
}

static void
fill(struct request *out)
{
	*out = (struct request){ .kind = REQUEST_HTTP, .asks = w.asks, .gateway = w.gateway, .recipient = w.gateway.n > 0 ? STR("+1") : STR_NONE,
		.http = { .method = STR("POST"), .url = str_from(w.url), .body = STR("{}"), .http = &plain } };
	if (!w.spools)
		return;
	out->kind = REQUEST_SPOOL;
	out->spool = (struct spool_request){ STR("/nonexistent"), STR("in"), STR("sent"), STR("failed"), STR("checked"), STR("m"), STR("text") };
}

enum step
notify_start(struct attempt *a, struct request *out, struct err *e)
{
	ck_assert(!w.inside);
	ck_assert(a->n == &w.n || a->n == &w.other_n);
	ck_assert_ptr_nonnull(a->arena);
	ck_assert_ptr_nonnull(a->rand);
	w.starts++;
	w.passed += w.slow;
	if (w.legs > 0) {
		fill(out);
		out->about = &w.starts;
		w.most = w.under_way = 1;
		return STEP_SEND;
	}
	if (w.verdict != STEP_DONE)
		err_set(e, ERR_INVALID, "did not start");
	return w.verdict;
}

enum step
notify_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	int *done = a->state != NULL ? a->state : (a->state = ARENA_NEW(a->arena, int));

	w.resumes++;
	w.under_way--;
	ck_assert_ptr_eq(r->about, &w.starts);
	ck_assert(a->left > 0 && a->left <= 20 * SPAN_S);
	if (r->transport_error || r->status == 504) {
		err_set(e, ERR_IO, "%.*s", STR_ARG(r->error));
		return STEP_RETRY;
	}
	w.suppressed += r->suppressed;
	ck_assert(r->suppressed || (r->status == 200 && str_is(r->body, "ok")));
	++*done;
	if (w.beside > 0)
		return notify_more(a, out);
	if (w.under_way > 0)
		return STEP_WAIT;
	if (*done < w.legs) {
		fill(out);
		out->about = &w.starts;
		w.under_way++;
		return STEP_SEND;
	}
	a->failure = FAILURE_CLIENT_ERROR;
	a->retry_after = 3;
	if (w.verdict != STEP_DONE)
		err_set(e, ERR_INVALID, "no luck");
	return w.verdict;
}

void
notify_take_templates(struct attempt *a)
{
	(void)a;
}

void
notify_return_templates(struct attempt *a)
{
	(void)a;
}

bool
notify_renders_at_start(const struct notification *n)
{
	(void)n;
	return true;
}

enum step
notify_more(struct attempt *a, struct request *out)
{
	(void)a;
	if (w.beside == 0)
		return STEP_WAIT;
	w.beside--;
	fill(out);
	out->about = &w.starts;
	if (++w.under_way > w.most)
		w.most = w.under_way;
	return STEP_SEND;
}

void
engine_progressed(struct engine *e, uint64_t attempt, struct moment now)
{
	(void)e;
	(void)attempt;
	(void)now;
	w.progressed++;
}

bool
engine_needs_lease(const struct engine *e, uint64_t attempt)
{
	(void)e;
	(void)attempt;
	return false;
}

bool
engine_may_leave(const struct engine *e, uint64_t attempt, struct moment now)
{
	ck_assert_ptr_null(e);
	ck_assert(now.mono.ns > 0);
	return attempt != w.late;
}

enum admission
engine_admit(struct engine *e, uint64_t attempt, struct str gateway, struct str recipient, struct moment now, struct mono *at)
{
	ck_assert_ptr_null(e);
	ck_assert_uint_eq(attempt, 7);
	ck_assert(str_eq(gateway, w.gateway));
	ck_assert(str_is(recipient, "+1"));
	w.admitted++;
	*at = mono_add(now.mono, 20 * SPAN_MS);
	return w.admission;
}

void
engine_delivered(struct engine *e, uint64_t attempt, const struct outcome *o, struct moment now)
{
	ck_assert(!w.inside);
	ck_assert_ptr_null(e);
	ck_assert(now.mono.ns > 0);
	w.delivered[w.delivered_n++] = attempt;
	w.last = *o;
	snprintf(w.last_error, sizeof(w.last_error), "%.*s", STR_ARG(o->error));
	if (w.cancel_too != 0)
		outbox_cancel(w.outbox, w.cancel_too);
	outbox_cancel(w.outbox, attempt);	/* over already: nothing happens */
}

void
drive_rearm(struct drive *d)
{
	ck_assert_ptr_null(d);
	w.rearms++;
}

static void
begin(void)
{
	struct http_server_options so = { .clock = clock_real(), .handle = handle, .get_concurrency = 100 };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = so.base = event_base_new();
	w.server = http_server_new(&so, &e);
	ck_assert(http_server_listen(w.server, STR("127.0.0.1:0"), &e));
	http_server_serve(w.server);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u/", http_server_port(w.server, 0));
	w.http = http_client_new(&(struct http_client_options){ .base = w.base, .clock = clock_real() }, &e);
	w.mail = mail_pool_new(&(struct mail_pool_options){ .base = w.base, .clock = clock_real() });
	w.clock.now = clock_now;
	w.begun = clock_real()->now(clock_real());
	w.outbox = outbox_new(&(struct outbox_options){ .base = w.base, .clock = &w.clock, .http = w.http,
	    .mail = w.mail, .external_url = STR("http://am"), .user_agent = STR("ua"), .hostname = STR("h") });
	outbox_attach(w.outbox, NULL, NULL);
	w.n.integration = &w.integration;
}

static void
end(void)
{
	outbox_free(&w.outbox);
	ck_assert_ptr_null(w.outbox);
	mail_pool_free(&w.mail);
	http_client_free(&w.http);
	http_server_free(&w.server);
	event_base_free(w.base);
}

static void
send_notification(uint64_t number, struct notification *n)
{
	struct moment now = clock_now(&w.clock);

	w.inside = true;
	outbox_send(w.outbox, number, n, mono_add(now.mono, 20 * SPAN_S), now);
	w.inside = false;
}

static void
send_attempt(uint64_t number)
{
	send_notification(number, &w.n);
}

static void
await(int delivered)
{
	while (w.delivered_n < delivered)
		event_base_loop(w.base, EVLOOP_ONCE);
}

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
	w.n.recipients = (struct recipients){ &r, 1, true };
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
	w.n.recipients = (struct recipients){ r, 2, true };
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

int
main(void)
{
	Suite *s = suite_create("outbox");
	TCase *tc = tcase_create("outbox");
	SRunner *sr;
	int failed;

	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, attempts_are_conversations);
	tcase_add_loop_test(tc, verdicts_reach_the_engine, 0, ARRAY_LEN(verdicts));
	tcase_add_test(tc, what_has_waited_too_long_does_not_begin);
	tcase_add_loop_test(tc, a_question_without_an_answer_has_told_nobody, 0, 2);
	tcase_add_test(tc, an_attempt_has_several_requests_under_way);
	tcase_add_loop_test(tc, gateways_have_budgets, 0, 3);
	tcase_add_test(tc, files_leave_while_the_lease_lasts);
	tcase_add_test(tc, canceled_attempts_are_silent);
	tcase_add_test(tc, one_turn_begins_only_so_many);
	tcase_add_test(tc, integrations_take_turns);
	tcase_add_test(tc, what_is_under_way_at_the_end_is_dropped);
	tcase_add_test(tc, the_engine_hears_nothing_of_a_rehearsal);
	tcase_add_test(tc, receivers_that_are_away_are_a_reason_to_retry);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
