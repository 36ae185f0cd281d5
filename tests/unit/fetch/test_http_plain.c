/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on plain connections that are kept: which of them they take, and what comes of connections that end. */
#include <check.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "lib_peer.h"
#include "lib_receiver.h"
#include "suite.h"

#define LATE "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n"

/* The first is libcurl's, and so is its connection; another one is for all that follow. */
START_TEST(one_connection_is_for_all)
{
	receiver_begin(5);
	ck_assert_int_eq(receiver.guests_n, 2);
	ck_assert_int_eq(receiver.guests[0].requests, 1);
	ck_assert_int_eq(receiver.guests[1].requests, 4);
	receiver_end();
}
END_TEST

/* A new connection (1) or one that was used (2), what the receiver does with a request on it, and the verdict. */
static const struct {
	int warm;
	const char *answer;
	bool hang_up, reset;
	int status, requests;
	const char *body;
	const char *error;	/* its end */
} ends[] = {
	{ 1, OK, false, false, 200, 1, "ok", NULL },
	{ 2, OK, false, false, 200, 1, "ok", NULL },
	{ 2, OK, true, false, 200, 1, "ok", NULL },
	{ 2, OK "HTTP/1.1 500 Unasked\r\nContent-Length: 0\r\n\r\n", false, false, 200, 1, "ok", NULL },
	{ 2, "HTTP/1.1 204 No Content\r\n\r\n", false, false, 204, 1, "", NULL },
	{ 2, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall", true, false, 200, 1, "all", NULL },
	{ 2, "HTTP/1.0 200 OK\r\n\r\nold", true, false, 200, 1, "old", NULL },
	{ 2, "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", false, false, 500, 1, "abc", NULL },
	{ 2, "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", false, false, 429, 1, "", NULL },
	/* A connection that ends unread was closed before the request came: on another one it is sent anew. */
	{ 2, "", true, false, 200, 2, "ok", NULL },
	{ 2, "", true, true, 200, 2, "ok", NULL },
	{ 1, "", true, false, 0, 1, "", "EOF" },
	/* So was one whose end is told, but for the first request on it. */
	{ 2, LATE "Connection: close\r\nContent-Type: a/b\r\n\r\nlate", true, false, 200, 2, "ok", NULL },
	{ 2, "HTTP/1.0 408 Request Time-out\r\n\r\nlate", true, false, 200, 2, "ok", NULL },
	{ 1, LATE "Connection: close\r\n\r\nlate", true, false, 408, 1, "late", NULL },
	{ 2, LATE "\r\nlate", false, false, 408, 1, "late", NULL },
	/* A part of an answer: it has come. */
	{ 2, "H", true, false, 0, 1, "", "EOF" },
	{ 2, "HTTP/1.1 200 OK\r\nContent-Le", true, false, 0, 1, "", "EOF" },
	{ 1, "", true, true, 0, 1, "", "read: connection reset by peer" },
	{ 0, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true, false, 0, 1, "", "unexpected EOF" },
	{ 2, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true, false, 0, 1, "", "unexpected EOF" },
	{ 2, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", true, false, 0, 1, "", "unexpected EOF" },
	{ 1, "SSH-2.0\r\n\r\n", false, false, 0, 1, "", "malformed HTTP response" },
	{ 2, "HTTP/1.1 102 Processing\r\n\r\n" OK, false, false, 200, 1, "ok", NULL },
	{ 2, "HTTP/1.1 102 Processing\r\n\r\n", true, false, 0, 1, "", "EOF" },
	/* Its verdict is known, whatever else is wrong. */
	{ 2, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false, false, 200, 1, "", NULL },
	{ 2, "HTTP/1.1 400 No\r\nContent-Length: 99999999\r\n\r\nlong", false, false, 400, 1, "", NULL },
};

START_TEST(ends_have_their_verdicts)
{
	struct fetch_request r;
	size_t n;

	receiver_begin(ends[_i].warm);
	r = receiver_post();
	receiver.requests = 0;
	receiver.answer = ends[_i].answer;
	receiver.hang_up = ends[_i].hang_up;
	receiver.reset = ends[_i].reset;
	receiver_run(&r);
	ck_assert_int_eq(receiver.requests, ends[_i].requests);
	ck_assert(receiver.got.resp.transport_error == (ends[_i].status == 0));
	ck_assert(receiver.got.resp.unanswered == (ends[_i].status == 0));
	ck_assert_int_eq(receiver.got.resp.status, ends[_i].status);
	ck_assert_str_eq(sbuf_cstr(&receiver.got.body), ends[_i].body);
	if (ends[_i].error != NULL) {
		n = strlen(ends[_i].error);
		ck_assert_msg(receiver.got.error.n > n && strcmp(receiver.got.error.p + receiver.got.error.n - n, ends[_i].error) == 0, "%s", sbuf_cstr(&receiver.got.error));
		ck_assert_msg(str_starts(sbuf_get(&receiver.got.error), STR("Post \"http://127.0.0.1:")), "%s", receiver.got.error.p);
	}
	/* The next one is served all the same. */
	receiver.reset = false;
	receiver_run(&r);
	ck_assert_msg(receiver.got.resp.status == 200, "%s", sbuf_cstr(&receiver.got.error));
	receiver_end();
}
END_TEST

/* Its body breaks off, or never ends: where the status is all that matters, that is an answer. With the three ways of a request. */
START_TEST(a_status_may_be_enough)
{
	static const struct {
		const char *answer;
		bool hang_up, reset;
		int status, requests;
	} table[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true, false, 200, 1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", true, true, 200, 1 },
		{ "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", true, false, 500, 1 },
		{ "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", false, false, 204, 1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", false, false, 200, 1 },
		{ "HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nok", false, false, 503, 1 },
		{ "HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 9\r\n\r\nok", true, false, 200, 2 },
		/* There is no time left for the other one. */
		{ "HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 9\r\n\r\nok", false, false, 0, 1 },
		/* No status at all. */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", true, false, 0, 1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", false, false, 0, 1 },
		{ "HTTP/1.1 100 Continue\r\n\r\n", false, false, 0, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fetch_request r;

		receiver_begin(_i);
		r = receiver_post();
		r.status_decides = true;
		receiver.requests = 0;
		receiver.answer = table[i].answer;
		receiver.hang_up = table[i].hang_up;
		receiver.reset = table[i].reset;
		/* Some never come to their end by themselves. */
		if (!table[i].hang_up) {
			r.timeout = 50 * SPAN_MS;
			receiver_run_out(&r);
		} else {
			receiver_run(&r);
		}
		ck_assert_msg(receiver.got.resp.status == table[i].status, "%zu: %d %s", i, receiver.got.resp.status, sbuf_cstr(&receiver.got.error));
		ck_assert_int_eq(receiver.requests, table[i].requests);
		ck_assert(receiver.got.resp.unanswered == (table[i].status == 0));
		ck_assert_int_eq(receiver.got.resp.retry_after, table[i].status == 503 ? 7 * SPAN_S : 0);
		receiver.reset = false;
		r.timeout = 0;
		receiver_run(&r);
		ck_assert_msg(receiver.got.resp.status == 200, "%zu: %s", i, sbuf_cstr(&receiver.got.error));
		receiver_end();
	}
}
END_TEST

/* It was written to a connection that then ended, and there is no other one: nobody knows who has it. */
START_TEST(what_may_have_been_taken_is_not_said_to_be_lost)
{
	struct fetch_request r;

	receiver_begin(2);
	r = receiver_post();
	/* libcurl has none that it kept. */
	guest_leave(&receiver.guests[0]);
	for (int i = 0; i < 10; i++)
		event_base_loop(receiver.base, EVLOOP_NONBLOCK);
	evconnlistener_disable(receiver.listener);
	ck_assert_int_eq(shutdown(evconnlistener_get_fd(receiver.listener), SHUT_RDWR), 0);
	receiver.answer = "";
	receiver.hang_up = true;
	receiver_run(&r);
	ck_assert(receiver.got.resp.transport_error && receiver.got.resp.unanswered);
	ck_assert_msg(strstr(receiver.got.error.p, ": connect: connection refused") != NULL, "%s", receiver.got.error.p);
	receiver_end();
}
END_TEST

/* On a connection that was kept a request that ends with it goes to another one, as the other side may just have closed it. */
START_TEST(some_are_never_sent_again)
{
	for (int once = 0; once < 2; once++)
		for (int warm = 0; warm < 3; warm++) {
			bool again = once == 0 && warm == 2;
			struct fetch_request r;

			receiver_begin(warm);
			r = receiver_post();
			r.once = once == 1;
			receiver.requests = 0;
			receiver.answer = "";
			receiver.hang_up = true;
			receiver_run(&r);
			ck_assert_int_eq(receiver.requests, again ? 2 : 1);
			ck_assert_int_eq(receiver.got.resp.unanswered, !again);
			receiver_run(&r);
			ck_assert_int_eq(receiver.got.resp.status, 200);
			receiver_end();
		}
}
END_TEST

START_TEST(redirects_are_followed)
{
	struct fetch_request r;

	receiver_begin(2);
	r = receiver_post();
	receiver.requests = 0;
	receiver.answer = "HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
	receiver_run(&r);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	ck_assert_int_eq(receiver.requests, 2);
	ck_assert_msg(strncmp(receiver.seen.p, "POST /there HTTP/1.1\r\n", 22) == 0, "%s", receiver.seen.p);
	ck_assert_msg(strstr(receiver.seen.p, "\r\nReferer: http://127.0.0.1:") != NULL, "%s", receiver.seen.p);
	receiver.answer = "HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n";
	receiver_run(&r);
	ck_assert_int_eq(receiver.got.resp.status, 429);
	ck_assert_int_eq(receiver.got.resp.retry_after, 7 * SPAN_S);
	receiver_end();
}
END_TEST

START_TEST(a_connection_that_was_closed_is_not_used)
{
	struct fetch_request r;

	receiver_begin(2);
	r = receiver_post();
	guest_leave(&receiver.guests[1]);
	for (int i = 0; i < 10; i++)
		event_base_loop(receiver.base, EVLOOP_NONBLOCK);
	receiver_run(&r);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	ck_assert_int_eq(receiver.requests, 3);
	receiver_end();
}
END_TEST

/* libcurl tries the host anew, and says why there is none. */
START_TEST(a_host_that_is_gone_is_told_of)
{
	struct fetch_request r;

	receiver_begin(1);
	r = receiver_post();
	guest_leave(&receiver.guests[0]);
	evconnlistener_disable(receiver.listener);
	ck_assert_int_eq(shutdown(evconnlistener_get_fd(receiver.listener), SHUT_RDWR), 0);
	receiver_run(&r);
	ck_assert(receiver.got.resp.transport_error && !receiver.got.resp.unanswered);
	ck_assert_msg(strstr(receiver.got.error.p, ": connect: connection refused") != NULL, "%s", receiver.got.error.p);
	receiver_end();
}
END_TEST

struct counted_gate {
	struct fetch_gate gate;
	int left;	/* how often it opens */
};

static bool
counted_open(struct fetch_gate *g, struct err *e)
{
	return CONTAINER_OF(g, struct counted_gate, gate)->left-- > 0 || err_set(e, ERR_TIMEOUT, "it is too late");
}

START_TEST(nothing_leaves_by_a_closed_gate)
{
	struct counted_gate g = { { counted_open }, 0 };
	struct fetch_request r;

	receiver_begin(_i);
	r = receiver_post();
	r.gate = &g.gate;
	receiver.requests = 0;
	receiver_run(&r);
	ck_assert(receiver.got.resp.transport_error && !receiver.got.resp.unanswered);
	ck_assert_str_eq(receiver.got.error.p, "it is too late");
	ck_assert_int_eq(receiver.requests, 0);
	ck_assert_int_eq(g.left, -1);
	g.left = 1;
	receiver_run(&r);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	receiver_end();
}
END_TEST

/* After so many turns of the loop; what others have under way is not touched. */
START_TEST(calls_may_be_called_off_at_any_moment)
{
	struct fetch_request r;

	for (int turns = 0; turns < 8; turns++) {
		struct http_call *call;

		receiver_begin(1 + _i);
		r = receiver_post();
		receiver.answer = NULL;
		call = receiver_start(&r);
		for (int i = 0; i < turns; i++)
			event_base_loop(receiver.base, EVLOOP_NONBLOCK);
		ck_assert(!receiver.got.answered);
		http_client_cancel(&call);
		receiver.answer = OK;
		receiver_run(&r);
		ck_assert_int_eq(receiver.got.resp.status, 200);
		/* One is left under way. */
		receiver.answer = NULL;
		call = receiver_start(&r);
		for (int i = 0; i < turns; i++)
			event_base_loop(receiver.base, EVLOOP_NONBLOCK);
		http_client_cancel(&call);
		receiver_end();
	}
}
END_TEST

START_TEST(a_deadline_ends_it)
{
	struct fetch_request r;

	receiver_begin(1 + _i);
	r = receiver_post();
	r.timeout = 30 * SPAN_MS;
	receiver.answer = NULL;
	receiver_run_out(&r);
	ck_assert(receiver.got.resp.transport_error && receiver.got.resp.timed_out && receiver.got.resp.unanswered);
	ck_assert_msg(strstr(receiver.got.error.p, "context deadline exceeded: request timeout reached (30ms)") != NULL, "%s", receiver.got.error.p);
	receiver_end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, one_connection_is_for_all);
	tcase_add_loop_test(tc, ends_have_their_verdicts, 0, ARRAY_LEN(ends));
	tcase_add_loop_test(tc, a_status_may_be_enough, 0, 3);
	tcase_add_test(tc, what_may_have_been_taken_is_not_said_to_be_lost);
	tcase_add_test(tc, some_are_never_sent_again);
	tcase_add_test(tc, redirects_are_followed);
	tcase_add_test(tc, a_connection_that_was_closed_is_not_used);
	tcase_add_test(tc, a_host_that_is_gone_is_told_of);
	tcase_add_loop_test(tc, nothing_leaves_by_a_closed_gate, 0, 3);
	tcase_add_loop_test(tc, calls_may_be_called_off_at_any_moment, 0, 2);
	tcase_add_loop_test(tc, a_deadline_ends_it, 0, 2);
}

int
main(void)
{
	return run_suite("http_plain", add);
}
