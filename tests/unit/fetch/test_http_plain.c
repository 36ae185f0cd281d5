/* SPDX-License-Identifier: Apache-2.0 */
/* Requests on plain connections that are kept: which of them they take, and what comes of connections that end. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "base/mem.h"
#include "fetch/http_client.h"
#include "lib_got.h"
#include "lib_peer.h"
#include "lib_suite.h"
#include "loop/clock_real.h"

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define LATE "HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n"
#define GUESTS_MAX 16

/* A connection to the receiver. */
struct guest {
	struct bufferevent *bev;
	int requests;
	bool gone;
};

static struct {
	struct event_base *base;
	struct evconnlistener *listener;
	struct http_client *client;
	char url[64];
	struct guest guests[GUESTS_MAX];
	int guests_n, requests;
	const char *answer;	/* to the next request, and then OK; NULL: none */
	bool hang_up;		/* after that answer */
	bool reset;		/* … not in peace */
	struct got got;
	struct sbuf seen;	/* the last request */
} w;

static void
leave(struct guest *g)
{
	struct linger at_once = { 1, 0 };

	if (w.reset)
		ck_assert_int_eq(setsockopt(bufferevent_getfd(g->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), 0);
	bufferevent_free(g->bev);
	g->gone = true;
}

static void
on_sent(struct bufferevent *b, void *arg)
{
	(void)b;
	leave(arg);
}

static void
on_request(struct bufferevent *b, void *arg)
{
	struct guest *g = arg;
	struct evbuffer *in = bufferevent_get_input(b);
	const char *answer = w.answer;

	/* All bodies are {}. */
	if (evbuffer_search(in, "\r\n\r\n{}", 6, NULL).pos < 0)
		return;
	sbuf_reset(&w.seen);
	sbuf_put(&w.seen, evbuffer_pullup(in, -1), evbuffer_get_length(in));
	evbuffer_drain(in, evbuffer_get_length(in));
	g->requests++;
	w.requests++;
	w.answer = OK;
	if (w.hang_up && (answer == NULL || *answer == '\0')) {
		w.hang_up = false;
		leave(g);
		return;
	}
	if (w.hang_up)
		bufferevent_setcb(b, NULL, on_sent, NULL, g);
	w.hang_up = false;
	if (answer != NULL)
		bufferevent_write(b, answer, strlen(answer));
}

static void
on_gone(struct bufferevent *b, short what, void *arg)
{
	struct guest *g = arg;

	(void)b;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		leave(g);
}

static void
on_guest(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int n, void *arg)
{
	struct guest *g = &w.guests[w.guests_n++];

	(void)l;
	(void)sa;
	(void)n;
	(void)arg;
	ck_assert_int_le(w.guests_n, GUESTS_MAX);
	g->bev = bufferevent_socket_new(w.base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(g->bev, on_request, NULL, on_gone, g);
	bufferevent_enable(g->bev, EV_READ | EV_WRITE);
}

static const struct http_config config = { .follow_redirects = true };

static struct fetch_request
post(void)
{
	return (struct fetch_request){ .method = STR("POST"), .url = str_from(w.url), .body = STR("{}"), .http = &config };
}

static struct http_call *
start(const struct fetch_request *r)
{
	struct clock *c = clock_real();
	struct http_call *call = http_client_start(w.client, r, mono_add(c->now(c).mono, 60 * SPAN_S), got_answer, &w.got);

	ck_assert_ptr_nonnull(call);
	w.got.answered = false;
	return call;
}

static void
run(const struct fetch_request *r)
{
	(void)start(r);
	loop_until(w.base, &w.got.answered);
}

/* With a host that has answered `warm` times. */
static void
begin(int warm)
{
	struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct http_client_options o = { .clock = clock_real() };
	socklen_t n = sizeof(sa);
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = o.base = event_base_new();
	w.seen.max = SBUF_UNLIMITED;
	got_init(&w.got);
	w.answer = OK;
	w.listener = evconnlistener_new_bind(w.base, on_guest, NULL, LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sa, sizeof(sa));
	ck_assert_ptr_nonnull(w.listener);
	ck_assert_int_eq(getsockname(evconnlistener_get_fd(w.listener), (struct sockaddr *)&sa, &n), 0);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u/x?y", ntohs(sa.sin_port));
	w.client = http_client_new(&o, &e);
	ck_assert_ptr_nonnull(w.client);
	for (int i = 0; i < warm; i++) {
		struct fetch_request r = post();

		run(&r);
		ck_assert_msg(w.got.resp.status == 200, "%s", sbuf_cstr(&w.got.error));
	}
}

static void
end(void)
{
	http_client_free(&w.client);
	for (int i = 0; i < w.guests_n; i++)
		if (!w.guests[i].gone)
			bufferevent_free(w.guests[i].bev);
	evconnlistener_free(w.listener);
	got_fini(&w.got);
	sbuf_fini(&w.seen);
	event_base_free(w.base);
}

/* The first is libcurl's, and so is its connection; another one is for all that follow. */
START_TEST(one_connection_is_for_all)
{
	begin(5);
	ck_assert_int_eq(w.guests_n, 2);
	ck_assert_int_eq(w.guests[0].requests, 1);
	ck_assert_int_eq(w.guests[1].requests, 4);
	end();
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

	begin(ends[_i].warm);
	r = post();
	w.requests = 0;
	w.answer = ends[_i].answer;
	w.hang_up = ends[_i].hang_up;
	w.reset = ends[_i].reset;
	run(&r);
	ck_assert_int_eq(w.requests, ends[_i].requests);
	ck_assert(w.got.resp.transport_error == (ends[_i].status == 0));
	ck_assert(w.got.resp.unanswered == (ends[_i].status == 0));
	ck_assert_int_eq(w.got.resp.status, ends[_i].status);
	ck_assert_str_eq(sbuf_cstr(&w.got.body), ends[_i].body);
	if (ends[_i].error != NULL) {
		n = strlen(ends[_i].error);
		ck_assert_msg(w.got.error.n > n && strcmp(w.got.error.p + w.got.error.n - n, ends[_i].error) == 0, "%s", sbuf_cstr(&w.got.error));
		ck_assert_msg(str_starts(sbuf_get(&w.got.error), STR("Post \"http://127.0.0.1:")), "%s", w.got.error.p);
	}
	/* The next one is served all the same. */
	w.reset = false;
	run(&r);
	ck_assert_msg(w.got.resp.status == 200, "%s", sbuf_cstr(&w.got.error));
	end();
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

		begin(_i);
		r = post();
		r.status_decides = true;
		/* Some never come to their end by themselves. */
		if (!table[i].hang_up)
			r.timeout = 50 * SPAN_MS;
		w.requests = 0;
		w.answer = table[i].answer;
		w.hang_up = table[i].hang_up;
		w.reset = table[i].reset;
		run(&r);
		ck_assert_msg(w.got.resp.status == table[i].status, "%zu: %d %s", i, w.got.resp.status, sbuf_cstr(&w.got.error));
		ck_assert_int_eq(w.requests, table[i].requests);
		ck_assert(w.got.resp.unanswered == (table[i].status == 0));
		ck_assert_int_eq(w.got.resp.retry_after, table[i].status == 503 ? 7 * SPAN_S : 0);
		w.reset = false;
		r.timeout = 0;
		run(&r);
		ck_assert_msg(w.got.resp.status == 200, "%zu: %s", i, sbuf_cstr(&w.got.error));
		end();
	}
}
END_TEST

/* It was written to a connection that then ended, and there is no other one: nobody knows who has it. */
START_TEST(what_may_have_been_taken_is_not_said_to_be_lost)
{
	struct fetch_request r;

	begin(2);
	r = post();
	/* libcurl has none that it kept. */
	leave(&w.guests[0]);
	for (int i = 0; i < 10; i++)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	evconnlistener_disable(w.listener);
	ck_assert_int_eq(shutdown(evconnlistener_get_fd(w.listener), SHUT_RDWR), 0);
	w.answer = "";
	w.hang_up = true;
	run(&r);
	ck_assert(w.got.resp.transport_error && w.got.resp.unanswered);
	ck_assert_msg(strstr(w.got.error.p, ": connect: connection refused") != NULL, "%s", w.got.error.p);
	end();
}
END_TEST

/* On a connection that was kept a request that ends with it goes to another one, as the other side may just have closed it. */
START_TEST(some_are_never_sent_again)
{
	for (int once = 0; once < 2; once++)
		for (int warm = 0; warm < 3; warm++) {
			bool again = once == 0 && warm == 2;
			struct fetch_request r;

			begin(warm);
			r = post();
			r.once = once == 1;
			w.requests = 0;
			w.answer = "";
			w.hang_up = true;
			run(&r);
			ck_assert_int_eq(w.requests, again ? 2 : 1);
			ck_assert_int_eq(w.got.resp.unanswered, !again);
			run(&r);
			ck_assert_int_eq(w.got.resp.status, 200);
			end();
		}
}
END_TEST

#define LONG 60000

/* The socket at the other end of the guest's. */
static int
own_end_of(const struct guest *g)
{
	struct sockaddr_in theirs, own;
	socklen_t n = sizeof(theirs);

	ck_assert_int_eq(getpeername(bufferevent_getfd(g->bev), (struct sockaddr *)&theirs, &n), 0);
	for (int fd = 3; fd < 1024; fd++)
		if (getsockname(fd, (struct sockaddr *)&own, &n) == 0 && own.sin_family == AF_INET && own.sin_port == theirs.sin_port)
			return fd;
	ck_abort_msg("there is none");
}

/* A kept connection to a guest that reads nothing, and for whom little is kept. */
static struct guest *
begin_deaf(void)
{
	struct guest *g = &w.guests[1];
	int few = 4096;
	struct fetch_request r;

	begin(1);
	ck_assert_int_eq(setsockopt(evconnlistener_get_fd(w.listener), SOL_SOCKET, SO_RCVBUF, &few, sizeof(few)), 0);
	r = post();
	run(&r);
	ck_assert_int_eq(g->requests, 1);
	ck_assert_int_eq(setsockopt(own_end_of(g), SOL_SOCKET, SO_SNDBUF, &few, sizeof(few)), 0);
	bufferevent_disable(g->bev, EV_READ);
	return g;
}

static void
on_long_request(struct bufferevent *b, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(b);
	struct guest *g = arg;
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);

	if (end.pos < 0 || evbuffer_get_length(in) < (size_t)end.pos + 4 + LONG)
		return;
	ck_assert_uint_eq(evbuffer_get_length(in), (size_t)end.pos + 4 + LONG);
	evbuffer_drain(in, (size_t)end.pos + 4);
	for (size_t i = 0; i < LONG; i++)
		ck_assert_int_eq(evbuffer_pullup(in, -1)[i], 'a' + (int)(i % 26));
	evbuffer_drain(in, LONG);
	g->requests++;
	bufferevent_setcb(b, on_request, NULL, on_gone, g);
	bufferevent_write(b, OK, strlen(OK));
}

static struct fetch_request
long_post(void)
{
	static char body[LONG];
	struct fetch_request r = post();

	for (size_t i = 0; i < LONG; i++)
		body[i] = (char)('a' + i % 26);
	r.body = (struct str){ body, LONG };
	return r;
}

START_TEST(a_long_request_leaves_as_it_is_taken)
{
	struct fetch_request r;
	struct guest *g = begin_deaf();

	r = long_post();
	(void)start(&r);
	for (int i = 0; i < 10; i++)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	ck_assert(!w.got.answered);
	bufferevent_setcb(g->bev, on_long_request, NULL, on_gone, g);
	bufferevent_enable(g->bev, EV_READ);
	loop_until(w.base, &w.got.answered);
	ck_assert_int_eq(w.got.resp.status, 200);
	/* The connection is as good as it was. */
	r = post();
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_int_eq(w.guests_n, 2);
	ck_assert_int_eq(g->requests, 3);
	end();
}
END_TEST

/* … and closes the connection, or waits for the rest of the request. */
START_TEST(a_receiver_may_answer_before_it_has_heard_all)
{
	static const char early[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nlong";
	struct fetch_request r;
	struct guest *g = begin_deaf();

	r = long_post();
	(void)start(&r);
	ck_assert_int_eq(send(bufferevent_getfd(g->bev), early, sizeof(early) - 1, MSG_NOSIGNAL), sizeof(early) - 1);
	if (_i > 0)
		leave(g);
	loop_until(w.base, &w.got.answered);
	ck_assert_msg(w.got.resp.status == 413, "%s", sbuf_cstr(&w.got.error));
	ck_assert_str_eq(sbuf_cstr(&w.got.body), "long");
	r = post();
	run(&r);
	ck_assert_msg(w.got.resp.status == 200, "%s", sbuf_cstr(&w.got.error));
	ck_assert_int_eq(w.guests_n, 3);
	end();
}
END_TEST

/* To the byte. */
START_TEST(what_leaves_is_what_libcurl_sends)
{
	struct http_header headers[] = { { STR("User-Agent"), STR("us/1") }, { STR("Content-Type"), STR("application/json") },
		{ STR("x-blank"), STR(" a b ") } };
	struct http_config with = { .authorization = { .present = true, .credentials = STR("secret") } };
	struct fetch_request r;
	struct sbuf first = SBUF_INIT(SBUF_UNLIMITED);

	begin(0);
	r = post();
	r.headers = headers;
	r.headers_n = ARRAY_LEN(headers);
	r.traceparent = STR("00-1-1-00");
	r.http = &with;
	run(&r);
	sbuf_str(&first, sbuf_get(&w.seen));
	run(&r);
	ck_assert_int_eq(w.guests[1].requests, 1);
	ck_assert_str_eq(sbuf_cstr(&w.seen), sbuf_cstr(&first));
	ck_assert_msg(strstr(first.p, "Authorization: Bearer secret\r\n") != NULL, "%s", first.p);
	sbuf_fini(&first);
	end();
}
END_TEST

/* All kinds of endings of a URL. */
static const char *const targets[] = {
	"", "/", "?", "?a=b", "/?", "/a?", "/a?b?c", "/a#b", "/a?b#c", "/a//b/./../c", "//a", "/a;b=c", "/a+b~c", "/a%20b", "/a%2fb", "/a%2Fb",
	"/a%41b", "/a b", "/a'(b)*!$&,@:", "/\"<>^`{|}", "/[a]", "/\xc3\xa4", "/\xff", "/a?%20", "/a?\"<>^`{|}", "/a?[b]", "/a?\xc3\xa4",
	"/a?b=c&d=e;f", "/a\\b", "/a?b\\c",
};

START_TEST(targets_are_what_libcurl_makes_of_them)
{
	struct sbuf url = SBUF_INIT(SBUF_UNLIMITED), first = SBUF_INIT(SBUF_UNLIMITED);
	struct fetch_request r;

	begin(0);
	r = post();
	sbuf_put(&url, w.url, strlen(w.url) - strlen("/x?y"));
	sbuf_puts(&url, targets[_i]);
	r.url = sbuf_get(&url);
	run(&r);
	ck_assert_msg(w.got.resp.status == 200, "%s", sbuf_cstr(&w.got.error));
	sbuf_str(&first, sbuf_get(&w.seen));
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_str_eq(sbuf_cstr(&w.seen), sbuf_cstr(&first));
	sbuf_fini(&first);
	sbuf_fini(&url);
	end();
}
END_TEST

START_TEST(redirects_are_followed)
{
	struct fetch_request r;

	begin(2);
	r = post();
	w.requests = 0;
	w.answer = "HTTP/1.1 307 There\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_int_eq(w.requests, 2);
	ck_assert_msg(strncmp(w.seen.p, "POST /there HTTP/1.1\r\n", 22) == 0, "%s", w.seen.p);
	ck_assert_msg(strstr(w.seen.p, "\r\nReferer: http://127.0.0.1:") != NULL, "%s", w.seen.p);
	w.answer = "HTTP/1.1 429 No\r\nRetry-After: 7\r\nContent-Type: a/b\r\nContent-Length: 0\r\n\r\n";
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 429);
	ck_assert_int_eq(w.got.resp.retry_after, 7 * SPAN_S);
	end();
}
END_TEST

START_TEST(a_connection_that_was_closed_is_not_used)
{
	struct fetch_request r;

	begin(2);
	r = post();
	leave(&w.guests[1]);
	for (int i = 0; i < 10; i++)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_int_eq(w.requests, 3);
	end();
}
END_TEST

/* libcurl tries the host anew, and says why there is none. */
START_TEST(a_host_that_is_gone_is_told_of)
{
	struct fetch_request r;

	begin(1);
	r = post();
	leave(&w.guests[0]);
	evconnlistener_disable(w.listener);
	ck_assert_int_eq(shutdown(evconnlistener_get_fd(w.listener), SHUT_RDWR), 0);
	run(&r);
	ck_assert(w.got.resp.transport_error && !w.got.resp.unanswered);
	ck_assert_msg(strstr(w.got.error.p, ": connect: connection refused") != NULL, "%s", w.got.error.p);
	end();
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

	begin(_i);
	r = post();
	r.gate = &g.gate;
	w.requests = 0;
	run(&r);
	ck_assert(w.got.resp.transport_error && !w.got.resp.unanswered);
	ck_assert_str_eq(w.got.error.p, "it is too late");
	ck_assert_int_eq(w.requests, 0);
	ck_assert_int_eq(g.left, -1);
	g.left = 1;
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	end();
}
END_TEST

/* After so many turns of the loop; what others have under way is not touched. */
START_TEST(calls_may_be_called_off_at_any_moment)
{
	struct fetch_request r;

	for (int turns = 0; turns < 8; turns++) {
		struct http_call *call;

		begin(1 + _i);
		r = post();
		w.answer = NULL;
		call = start(&r);
		for (int i = 0; i < turns; i++)
			event_base_loop(w.base, EVLOOP_NONBLOCK);
		ck_assert(!w.got.answered);
		http_client_cancel(&call);
		w.answer = OK;
		run(&r);
		ck_assert_int_eq(w.got.resp.status, 200);
		/* One is left under way. */
		w.answer = NULL;
		call = start(&r);
		for (int i = 0; i < turns; i++)
			event_base_loop(w.base, EVLOOP_NONBLOCK);
		http_client_cancel(&call);
		end();
	}
}
END_TEST

START_TEST(a_deadline_ends_it)
{
	struct fetch_request r;

	begin(1 + _i);
	r = post();
	r.timeout = 30 * SPAN_MS;
	w.answer = NULL;
	run(&r);
	ck_assert(w.got.resp.transport_error && w.got.resp.timed_out && w.got.resp.unanswered);
	ck_assert_msg(strstr(w.got.error.p, "context deadline exceeded: request timeout reached (30ms)") != NULL, "%s", w.got.error.p);
	end();
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
	tcase_add_test(tc, a_long_request_leaves_as_it_is_taken);
	tcase_add_loop_test(tc, a_receiver_may_answer_before_it_has_heard_all, 0, 2);
	tcase_add_test(tc, what_leaves_is_what_libcurl_sends);
	tcase_add_loop_test(tc, targets_are_what_libcurl_makes_of_them, 0, ARRAY_LEN(targets));
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
