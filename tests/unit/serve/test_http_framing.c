/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and things that are none, and how answers look on the wire. */
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "lib_peer.h"
#include "lib_rig.h"

static struct {
	struct rig rig;
} w;

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	rig_saw(&w.rig, r);
	out->status = str_is(r->path, "/none") ? 204 : 200;
	if (str_is(r->path, "/header")) {
		out->headers[0] = (struct http_header){ STR("X-Evil"), STR("a\r\nSet-Cookie: b") };
		out->headers_n = 1;
	}
	sbuf_printf(&out->body, "<%.*s>", STR_ARG(r->path));
}

static void
begin(struct http_server_options o)
{
	memset(&w, 0, sizeof(w));
	o.handle = handle;
	rig_start(&w.rig, o);
}

static void
end(void)
{
	rig_stop(&w.rig);
}

#define BEGIN(...) begin((struct http_server_options){ __VA_ARGS__ })

static const struct {
	const char *request, *answer;
} bad[] = {
	{ "GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request: too many Host headers" },
	{ "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "505 HTTP Version Not Supported" },
	{ "GET /\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ " /none HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ "GET x HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tfolded\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n", "400 Bad Request" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "413 Request Entity Too Large" },
	{ "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "501 Not Implemented" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501 Not Implemented" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\nContent-Length: 1\r\n\r\nx", "400 Bad Request" },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 Bad Request" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n 2\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2 3\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2   3\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2  \nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2  \rab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n2\r\nab\r\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\n0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0x0\r\n\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\nabc", "413 Request Entity Too Large" },
	{ "POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 1\r\n\r\n", "417 Expectation Failed" },
};

START_TEST(bad_requests_are_refused)
{
	struct peer *p;
	char line[200];

	BEGIN(.max_body = 1024);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, bad[_i].request);
	snprintf(line, sizeof(line), "HTTP/1.%c %.3s ", strstr(bad[_i].request, "/1.0\r\n") != NULL ? '0' : '1',
	    bad[_i].answer);
	peer_expect(p, 0, line);
	peer_expect(p, 0, "\r\nConnection: close\r\n");
	peer_expect(p, 0, bad[_i].answer);
	peer_expect_eof(p);
	ck_assert_uint_eq(w.rig.seen.n, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(what_evhttp_leaves_unread_ends_the_connection)
{
	static const char *const requests[] = {
		"HEAD /h HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
		"BREW /b HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
		"TRACE /t HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
	};
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, requests[_i]);
	peer_expect(p, 0, "HTTP/1.1 200 OK\r\n");
	peer_expect(p, 0, "\r\nConnection: close\r\n");
	peer_expect_eof(p);
	ck_assert_ptr_null(strstr(w.rig.seen.p, "smuggled"));
	peer_free(p);
	end();
}
END_TEST

START_TEST(a_nul_hides_nothing)
{
	static const char request[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\0000\r\n\r\nabcdefghij";
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send_n(p, request, sizeof(request) - 1);
	peer_expect(p, 0, "HTTP/1.1 400 Bad Request\r\n");
	peer_expect_eof(p);
	ck_assert_uint_eq(w.rig.seen.n, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(odd_methods_reach_the_handler)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nCONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\nDELETE /d HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "</pot>");
	at = peer_expect(p, at, "<*>");
	at = peer_expect(p, at, "<a:1>");
	at = peer_expect(p, at, "</d>");
	peer_send(p, "ABCDEFGHIJKLMNOPQRSTUVW /23 HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, at, "</23>");
	peer_send(p, "ABCDEFGHIJKLMNOPQRSTUVWX /24 HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, at, "</24>");
	ck_assert_str_eq(w.rig.seen.p, "BREW /pot? \nOPTIONS *? \nCONNECT a:1? \nDELETE /d? \n"
				   "ABCDEFGHIJKLMNOPQRSTUVW /23? \nUNKNOWN /24? \n");
	peer_free(p);
	end();
}
END_TEST

/* For Alertmanager they are the same. */
START_TEST(verbs_of_api_v2_in_any_case)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "post /api/v2/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nabgEt /am/api/v2/b HTTP/1.1\r\nHost: x\r\n\r\n"
		     "get /c?/api/v2/ HTTP/1.1\r\nHost: x\r\n\r\nput /api/v2/d HTTP/1.1\r\nHost: x\r\n\r\nDelete /api/v2/e HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "</api/v2/a>");
	at = peer_expect(p, at, "</am/api/v2/b>");
	at = peer_expect(p, at, "</c>");
	at = peer_expect(p, at, "</api/v2/d>");
	peer_expect(p, at, "</api/v2/e>");
	ck_assert_str_eq(w.rig.seen.p, "POST /api/v2/a? ab\nGET /am/api/v2/b? \nget /c?/api/v2/ \nput /api/v2/d? \nDELETE /api/v2/e? \n");
	peer_free(p);
	end();
}
END_TEST

START_TEST(large_heads_are_refused)
{
	struct peer *p;
	char junk[5001];

	BEGIN(.max_header = 4096);
	memset(junk, 'x', 5000);
	junk[5000] = '\0';
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
	peer_send(p, junk);
	peer_expect(p, 0, "HTTP/1.1 400 Bad Request\r\n");
	peer_expect_eof(p);
	peer_free(p);
	end();
}
END_TEST

START_TEST(no_header_can_be_split_and_none_has_no_length)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /header HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "X-Evil: a  Set-Cookie: b\r\n");
	at = peer_expect(p, at, "204 No Content");
	ck_assert_ptr_null(strstr(p->got.p + at, "Content-Length"));
	peer_free(p);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, bad_requests_are_refused, 0, ARRAY_LEN(bad));
	tcase_add_loop_test(tc, what_evhttp_leaves_unread_ends_the_connection, 0, 3);
	tcase_add_test(tc, a_nul_hides_nothing);
	tcase_add_test(tc, odd_methods_reach_the_handler);
	tcase_add_test(tc, verbs_of_api_v2_in_any_case);
	tcase_add_test(tc, large_heads_are_refused);
	tcase_add_test(tc, no_header_can_be_split_and_none_has_no_length);
}

int
main(void)
{
	return run_suite("http_framing", add);
}
