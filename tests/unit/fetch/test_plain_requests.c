/* SPDX-License-Identifier: Apache-2.0 */
/* How requests leave on plain connections: byte by byte as libcurl writes them, and as slowly as they are taken. */
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "config/http_config.h"
#include "lib_peer.h"
#include "lib_receiver.h"
#include "suite.h"

START_TEST(idle_connections_are_asked_for)
{
	int on = 0, after = 0, own;
	socklen_t n = sizeof(int);

	receiver_begin(2);
	own = guest_other_end(&receiver.guests[1]);
	ck_assert_int_eq(getsockopt(own, SOL_SOCKET, SO_KEEPALIVE, &on, &n), 0);
	ck_assert_int_eq(on, 1);
	ck_assert_int_eq(getsockopt(own, IPPROTO_TCP, TCP_KEEPIDLE, &after, &n), 0);
	ck_assert_int_eq(after, 15);
	receiver_end();
}
END_TEST

#define LONG 60000

/* A kept connection to a guest that reads nothing, and for whom little is kept. */
static struct guest *
begin_deaf(void)
{
	struct guest *g = &receiver.guests[1];
	int few = 4096;
	struct fetch_request r;

	receiver_begin(1);
	ck_assert_int_eq(setsockopt(evconnlistener_get_fd(receiver.listener), SOL_SOCKET, SO_RCVBUF, &few, sizeof(few)), 0);
	r = receiver_post();
	receiver_run(&r);
	ck_assert_int_eq(g->requests, 1);
	ck_assert_int_eq(setsockopt(guest_other_end(g), SOL_SOCKET, SO_SNDBUF, &few, sizeof(few)), 0);
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
	bufferevent_setcb(b, guest_on_request, NULL, guest_on_gone, g);
	bufferevent_write(b, OK, strlen(OK));
}

static struct fetch_request
long_post(void)
{
	static char body[LONG];
	struct fetch_request r = receiver_post();

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
	(void)receiver_start(&r);
	for (int i = 0; i < 10; i++)
		event_base_loop(receiver.base, EVLOOP_NONBLOCK);
	ck_assert(!receiver.got.answered);
	bufferevent_setcb(g->bev, on_long_request, NULL, guest_on_gone, g);
	bufferevent_enable(g->bev, EV_READ);
	loop_until(receiver.base, &receiver.got.answered);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	/* The connection is as good as it was. */
	r = receiver_post();
	receiver_run(&r);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	ck_assert_int_eq(receiver.guests_n, 2);
	ck_assert_int_eq(g->requests, 3);
	receiver_end();
}
END_TEST

/* … and closes the connection, or waits for the rest of the request. */
START_TEST(a_receiver_may_answer_before_it_has_heard_all)
{
	static const char early[] = "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nlong";
	struct fetch_request r;
	struct guest *g = begin_deaf();

	r = long_post();
	(void)receiver_start(&r);
	ck_assert_int_eq(send(bufferevent_getfd(g->bev), early, sizeof(early) - 1, MSG_NOSIGNAL), sizeof(early) - 1);
	if (_i > 0)
		guest_leave(g);
	loop_until(receiver.base, &receiver.got.answered);
	ck_assert_msg(receiver.got.resp.status == 413, "%s", sbuf_cstr(&receiver.got.error));
	ck_assert_str_eq(sbuf_cstr(&receiver.got.body), "long");
	r = receiver_post();
	receiver_run(&r);
	ck_assert_msg(receiver.got.resp.status == 200, "%s", sbuf_cstr(&receiver.got.error));
	ck_assert_int_eq(receiver.guests_n, 3);
	receiver_end();
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

	receiver_begin(0);
	r = receiver_post();
	r.headers = headers;
	r.headers_n = ARRAY_LEN(headers);
	r.traceparent = STR("00-1-1-00");
	r.http = &with;
	receiver_run(&r);
	sbuf_str(&first, sbuf_get(&receiver.seen));
	receiver_run(&r);
	ck_assert_int_eq(receiver.guests[1].requests, 1);
	ck_assert_str_eq(sbuf_cstr(&receiver.seen), sbuf_cstr(&first));
	ck_assert_msg(strstr(first.p, "Authorization: Bearer secret\r\n") != NULL, "%s", first.p);
	sbuf_fini(&first);
	receiver_end();
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

	receiver_begin(0);
	r = receiver_post();
	sbuf_put(&url, receiver.url, strlen(receiver.url) - strlen("/x?y"));
	sbuf_puts(&url, targets[_i]);
	r.url = sbuf_get(&url);
	receiver_run(&r);
	ck_assert_msg(receiver.got.resp.status == 200, "%s", sbuf_cstr(&receiver.got.error));
	sbuf_str(&first, sbuf_get(&receiver.seen));
	receiver_run(&r);
	ck_assert_int_eq(receiver.got.resp.status, 200);
	ck_assert_str_eq(sbuf_cstr(&receiver.seen), sbuf_cstr(&first));
	sbuf_fini(&first);
	sbuf_fini(&url);
	receiver_end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_set_timeout(tc, 600);
	tcase_add_test(tc, idle_connections_are_asked_for);
	tcase_add_test(tc, a_long_request_leaves_as_it_is_taken);
	tcase_add_loop_test(tc, a_receiver_may_answer_before_it_has_heard_all, 0, 2);
	tcase_add_test(tc, what_leaves_is_what_libcurl_sends);
	tcase_add_loop_test(tc, targets_are_what_libcurl_makes_of_them, 0, ARRAY_LEN(targets));
}

int
main(void)
{
	return run_suite("plain_requests", add);
}
