/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "lib_peer.h"
#include "lib_rig.h"
#include "loop/clock_real.h"
#include "text/expo.h"

/* A server whose handler tells back what it saw; some paths do more. */
static struct {
	struct rig rig;
	bool stopped;
} w;

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	ck_assert(now.wall.s > 0);
	rig_saw(&w.rig, r);
	out->status = 200;
	out->handler = STR("/test");
	if (str_is(r->path, "/hold"))
		out->wait_durable = true;
	if (str_is(r->path, "/large")) {
		ck_assert(sbuf_reserve(&out->body, 48 << 20));
		memset(out->body.p, 'x', 48 << 20);
		out->body.n = 48 << 20;
		return;
	}
	if (str_is(r->path, "/length")) {
		sbuf_printf(&out->body, "%zu bytes", r->body.n);
		return;
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

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

#define BEGIN(...) begin((struct http_server_options){ __VA_ARGS__ })

START_TEST(answers_and_keeps_alive)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /a%20b?c=d&e HTTP/1.1\r\nHost: x\r\nX-A:  1 \r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 200 OK\r\n");
	peer_expect(p, at, "Date: ");
	peer_expect(p, at, " GMT\r\nContent-Length: 8\r\n");
	at = peer_expect(p, at, "\r\n\r\n</a%20b>");
	ck_assert_str_eq(w.rig.seen.p, "GET /a%20b?c=d&e \n");
	ck_assert_ptr_null(strstr(p->got.p, "Connection:"));
	peer_send(p, "POST /p HTTP/1.1\nHost: x\nContent-Length: 5\n\nhello");
	at = peer_expect(p, at, "</p>");
	peer_send(p, "GET http://some.host:80/abs?q HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, at, "</abs>");
	peer_send(p, "GET /bye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	at = peer_expect(p, at, "Connection: close\r\n\r\n</bye>");
	peer_expect_eof(p);
	ck_assert_str_eq(w.rig.seen.p, "GET /a%20b?c=d&e \nPOST /p? hello\nGET /abs?q \nGET /bye? \n");
	ck_assert_int_eq(w.rig.observed, 4);
	peer_free(p);
	end();
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
		     "3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n\r\nHEAD /3 HTTP/1.1\r\nHost: x\r\n\r\nGET /4 HTTP/1.0\r\n\r\n");
	at = peer_expect(p, 0, "</1>");
	at = peer_expect(p, at, "</2>HTTP/1.1 200 OK\r\n");
	at = peer_expect(p, at, "Content-Length: 4\r\n\r\nHTTP/1.0 200 OK\r\n");
	peer_expect(p, at, "</4>");
	peer_expect_eof(p);
	ck_assert_str_eq(w.rig.seen.p, "GET /1? \nPOST /2? abcde\nHEAD /3? \nGET /4? \n");
	peer_free(p);
	end();
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
	static const char request[] = "\r\nPOST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
				      "a\r\n0123456789\r\n1 \r\nz\r\n0\r\n\r\n";
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	for (size_t i = 0; request[i] != '\0'; i++) {
		peer_send_n(p, &request[i], 1);
		for (int k = 0; k < 3; k++)
			event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	}
	peer_expect(p, 0, "</x>");
	ck_assert_str_eq(w.rig.seen.p, "POST /x? 0123456789z\n");
	peer_free(p);
	end();
}
END_TEST

START_TEST(a_slow_body_is_not_a_slow_head)
{
	struct peer *p;
	bool over = false;

	BEGIN(.header_timeout = 20 * SPAN_MS);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na");
	event_base_once(w.rig.base, -1, EV_TIMEOUT, on_time, &over, &(struct timeval){ 0, 80000 });
	loop_until(w.rig.base, &over);
	ck_assert(!p->eof);
	peer_send(p, "b");
	peer_expect(p, 0, "</slow>");
	peer_free(p);
	end();
}
END_TEST

/* An answer to what is not read to its end still arrives. */
START_TEST(who_is_refused_while_sending_gets_to_see_it)
{
	struct peer *p;
	char *much = mem_calloc(1, 8 << 20);

	BEGIN(.max_body = 1024);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8388608\r\n\r\n");
	peer_send_n(p, much, 8 << 20);
	peer_expect(p, 0, "HTTP/1.1 413 Request Entity Too Large\r\n");
	peer_expect_eof(p);
	mem_free(much);
	peer_free(p);
	end();
}
END_TEST

START_TEST(half_closed_peers_get_their_answers)
{
	struct peer *p;

	BEGIN(0);
	w.rig.ticket = 1;
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: a\r\n\r\n");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	ck_assert_int_eq(shutdown(bufferevent_getfd(p->bev), SHUT_WR), 0);
	for (int i = 0; i < 5; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	http_server_release(w.rig.server, 1);
	peer_expect(p, 0, "</hold>");
	peer_expect_eof(p);
	peer_free(p);
	end();
}
END_TEST

static span passed;

static struct moment
slow_clock(struct clock *c)
{
	(void)c;
	return (struct moment){ .wall.s = 1000000000, .mono.ns = passed };
}

START_TEST(slow_clients_are_dropped)
{
	struct clock clock = { .now = slow_clock };
	struct peer *slow, *idle;
	size_t at;

	passed = 0;
	BEGIN(.clock = &clock, .header_timeout = 20 * SPAN_MS, .idle_timeout = 40 * SPAN_MS);
	slow = peer_new(w.rig.base, w.rig.port);
	idle = peer_new(w.rig.base, w.rig.port);
	/* A whole one and the beginning of another: when it is answered, that has come. */
	peer_send(slow, "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n");
	at = peer_expect(slow, 0, "</a>");
	rig_expect_connections(&w.rig, 2);
	passed = 30 * SPAN_MS;
	peer_expect_eof(slow);
	ck_assert(!idle->eof);
	passed = 60 * SPAN_MS;
	peer_expect_eof(idle);
	ck_assert_uint_eq(slow->got.n, at);
	ck_assert_uint_eq(idle->got.n, 0);
	ck_assert_uint_eq(http_server_connections(w.rig.server), 0);
	peer_free(slow);
	peer_free(idle);
	end();
}
END_TEST

START_TEST(continue_is_said_when_asked)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 100 Continue\r\n\r\n");
	peer_send(p, "hi");
	at = peer_expect(p, at, "HTTP/1.1 200 OK\r\n");
	peer_expect(p, at, "</e>");
	ck_assert_str_eq(w.rig.seen.p, "POST /e? hi\n");
	peer_free(p);
	end();
}
END_TEST

START_TEST(a_slow_reader_delays_nobody)
{
	struct peer *slow, *other;
	size_t at;

	BEGIN(0);
	slow = peer_new(w.rig.base, w.rig.port);
	peer_reading(slow, false);
	peer_send(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	other = peer_new(w.rig.base, w.rig.port);
	for (int i = 0; i < 5; i++) {
		peer_send(other, "GET /quick HTTP/1.1\r\nHost: x\r\n\r\n");
		other->got.n = 0;
		peer_expect(other, 0, "</quick>");
	}
	ck_assert_uint_eq(http_server_gets(w.rig.server), 1);
	ck_assert_uint_eq(slow->got.n, 0);
	peer_reading(slow, true);
	at = peer_expect(slow, 0, "Content-Length: 50331648\r\n\r\n");
	peer_expect_bytes(slow, at + (48 << 20));
	ck_assert_uint_eq(slow->got.n, at + (48 << 20));
	peer_send(slow, "GET /more HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(slow, at + (48 << 20), "</more>");
	peer_free(slow);
	peer_free(other);
	end();
}
END_TEST

START_TEST(a_large_body_comes_in)
{
	struct peer *p;
	char *mega = mem_calloc(1, 20 << 20);

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 20971520\r\n\r\n");
	peer_send_n(p, mega, 20 << 20);
	peer_expect(p, 0, "20971520 bytes");
	mem_free(mega);
	peer_free(p);
	end();
}
END_TEST

START_TEST(answers_wait_for_their_tickets)
{
	struct peer *a, *b, *c, *gone;

	BEGIN(0);
	a = peer_new(w.rig.base, w.rig.port);
	b = peer_new(w.rig.base, w.rig.port);
	c = peer_new(w.rig.base, w.rig.port);
	gone = peer_new(w.rig.base, w.rig.port);
	w.rig.ticket = 5;
	peer_send(a, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_send(gone, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.rig.seen.n < 2 * strlen("POST /hold? \n"))
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_free(gone);
	w.rig.ticket = 6;
	peer_send(b, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.rig.seen.n < 3 * strlen("POST /hold? \n"))
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	w.rig.ticket = 0;
	peer_send(c, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(c, 0, "</hold>");
	ck_assert_uint_eq(a->got.n + b->got.n, 0);
	http_server_release(w.rig.server, 4);
	event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(a->got.n + b->got.n, 0);
	http_server_release(w.rig.server, 5);
	peer_expect(a, 0, "200 OK");
	ck_assert_uint_eq(b->got.n, 0);
	http_server_refuse(w.rig.server, 6, STR("disk full"));
	peer_expect(b, 0, "500 Internal Server Error");
	peer_expect(b, 0, "disk full\n");
	peer_free(a);
	peer_free(b);
	peer_free(c);
	end();
}
END_TEST

static void
expect_metric(const char *line)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct expo x;

	expo_init(&x, &b, EXPO_TEXT);
	http_server_expose(w.rig.server, &x, clock_real()->now(clock_real()));
	expo_end(&x);
	ck_assert_ptr_nonnull(strstr(b.p, line));
	sbuf_fini(&b);
}

START_TEST(gets_are_limited_and_posts_are_not)
{
	struct peer *a, *b;
	size_t at;

	BEGIN(.get_concurrency = 1);
	w.rig.ticket = 1;
	a = peer_new(w.rig.base, w.rig.port);
	b = peer_new(w.rig.base, w.rig.port);
	peer_send(a, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_send(b, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(b, 0, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n");
	at = peer_expect(b, at, "\r\n\r\nLimit of concurrent GET requests reached (1), try again later.\n\n");
	ck_assert_uint_eq(http_server_gets_refused(w.rig.server), 1);
	expect_metric("alertmanager_http_requests_in_flight{method=\"get\"} 1\n");
	expect_metric("alertmanager_http_concurrency_limit_exceeded_total{method=\"get\"} 1\n");
	peer_send(b, "POST /y HTTP/1.1\r\nHost: x\r\n\r\nHEAD /z HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(b, at, "</y>");
	at = peer_expect(b, at, "200 OK");
	http_server_release(w.rig.server, 1);
	peer_expect(a, 0, "</hold>");
	peer_send(b, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(b, at, "</x>");
	peer_free(a);
	peer_free(b);
	end();
}
END_TEST

START_TEST(handlers_may_time_out)
{
	struct peer *p;
	size_t at;

	BEGIN(.timeout = 1);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 503 Service Unavailable\r\n");
	peer_expect(p, at, "\r\n\r\nExceeded configured timeout of 1ns.\n");
	peer_free(p);
	end();
	BEGIN(.timeout = 50 * SPAN_MS);
	w.rig.ticket = 1;
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "Exceeded configured timeout of 50ms.\n");
	http_server_release(w.rig.server, 1);
	peer_free(p);
	end();
}
END_TEST

static void
on_stopped(void *arg)
{
	*(bool *)arg = true;
}

START_TEST(stop_lets_requests_end)
{
	struct peer *idle, *busy;

	BEGIN(0);
	w.rig.ticket = 1;
	idle = peer_new(w.rig.base, w.rig.port);
	busy = peer_new(w.rig.base, w.rig.port);
	peer_send(busy, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	http_server_stop(w.rig.server, 5 * SPAN_S, on_stopped, &w.stopped);
	peer_expect_eof(idle);
	ck_assert(!w.stopped);
	http_server_release(w.rig.server, 1);
	peer_expect(busy, 0, "Connection: close\r\n\r\n</hold>");
	loop_until(w.rig.base, &w.stopped);
	peer_expect_eof(busy);
	peer_free(idle);
	peer_free(busy);
	end();
}
END_TEST

START_TEST(stop_does_not_wait_for_ever)
{
	struct peer *busy;

	BEGIN(0);
	w.rig.ticket = 1;
	busy = peer_new(w.rig.base, w.rig.port);
	peer_send(busy, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	http_server_stop(w.rig.server, 30 * SPAN_MS, on_stopped, &w.stopped);
	loop_until(w.rig.base, &w.stopped);
	peer_free(busy);
	end();
}
END_TEST

START_TEST(idle_connections_make_room)
{
	struct peer *many[40];
	int closed = 0;

	BEGIN(.max_connections = 20);
	for (int i = 0; i < 40; i++) {
		many[i] = peer_new(w.rig.base, w.rig.port);
		peer_send(many[i], "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
		peer_expect(many[i], 0, "</x>");
	}
	ck_assert_uint_le(http_server_connections(w.rig.server), 20);
	for (int i = 0; i < 20; i++)
		peer_expect_eof(many[i]);
	for (int i = 0; i < 40; i++) {
		closed += many[i]->eof;
		peer_free(many[i]);
	}
	ck_assert_int_eq(closed, 20);
	end();
}
END_TEST

START_TEST(busy_connections_make_others_wait)
{
	struct peer *a, *b, *c;

	BEGIN(.max_connections = 2);
	w.rig.ticket = 1;
	a = peer_new(w.rig.base, w.rig.port);
	b = peer_new(w.rig.base, w.rig.port);
	peer_send(a, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_send(b, "POST /hold HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.rig.seen.n < 2 * strlen("POST /hold? \n"))
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	c = peer_new(w.rig.base, w.rig.port);
	peer_send(c, "GET /c HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 20; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	ck_assert_uint_le(http_server_connections(w.rig.server), 3);
	http_server_release(w.rig.server, 1);
	peer_expect(c, 0, "</c>");
	peer_expect(a, 0, "</hold>");
	peer_expect(b, 0, "</hold>");
	peer_free(a);
	peer_free(b);
	peer_free(c);
	end();
}
END_TEST

START_TEST(no_descriptors_left_is_no_end)
{
	struct rlimit limit, low;
	struct peer *p;
	int next;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	next = dup(0);
	ck_assert_int_ge(next, 0);
	close(next);
	low = (struct rlimit){ (rlim_t)next, limit.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	for (int i = 0; i < 20; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(http_server_connections(w.rig.server), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	peer_expect(p, 0, "</x>");
	peer_free(p);
	end();
}
END_TEST

static const struct {
	const char *address;
	bool ok;
	const char *prefix;
} addresses[] = {
	{ "127.0.0.1:0", true, "127.0.0.1:" },
	{ ":0", true, "" },
	{ "localhost:0", true, "" },
	{ "[::1]:0", true, "[::1]:" },
	{ "127.0.0.1", false, "listen tcp: address 127.0.0.1: missing port in address" },
	{ "::1:0", false, "listen tcp: address ::1:0: too many colons in address" },
	{ "[::1:0", false, "listen tcp: address [::1:0: missing ']' in address" },
	{ "127.0.0.1:99999", false, "listen tcp: address 99999: invalid port" },
	{ "vsock://:9093", false, "listen vsock: vsock://:9093: not supported" },
};

START_TEST(addresses_are_understood)
{
	struct err e = { 0 };
	bool ok;

	BEGIN(0);
	http_server_free(&w.rig.server);
	w.rig.server = http_server_new(&(struct http_server_options){ .base = w.rig.base, .clock = clock_real(), .handle = handle }, &e);
	ok = http_server_listen(w.rig.server, str_from(addresses[_i].address), &e);
	if (!ok && addresses[_i].address[0] == '[' && addresses[_i].ok) {
		/* No IPv6 here. */
		end();
		return;
	}
	ck_assert_msg(ok == addresses[_i].ok, "%s: %s", addresses[_i].address, e.text);
	ck_assert(str_starts(ok ? http_server_address(w.rig.server, 0) : str_from(e.text), str_from(addresses[_i].prefix)));
	if (ok)
		ck_assert_uint_gt(http_server_port(w.rig.server, 0), 0);
	ck_assert_uint_eq(http_server_address(w.rig.server, 1).n, 0);
	end();
}
END_TEST

/* Bodies that nobody vouched for do not add up without bound. */
START_TEST(the_largest_request_makes_room)
{
	static const char head[] = "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n";
	static char half[700000];
	struct peer *greedy, *modest;

	begin((struct http_server_options){ .max_body = 1 << 20, .max_buffered = 950000 });
	greedy = peer_new(w.rig.base, w.rig.port);
	peer_send(greedy, head);
	peer_send_n(greedy, half, sizeof(half));
	modest = peer_new(w.rig.base, w.rig.port);
	peer_send(modest, head);
	peer_send_n(modest, half, 300000);
	peer_expect_eof(greedy);
	ck_assert_uint_eq(greedy->got.n, 0);
	peer_send_n(modest, half, 600000);
	peer_expect(modest, 0, "900000 bytes");
	peer_free(greedy);
	peer_free(modest);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, answers_and_keeps_alive);
	tcase_add_test(tc, pipelined_requests_are_answered_in_order);
	tcase_add_test(tc, bytes_may_come_one_by_one);
	tcase_add_test(tc, a_slow_body_is_not_a_slow_head);
	tcase_add_test(tc, who_is_refused_while_sending_gets_to_see_it);
	tcase_add_test(tc, half_closed_peers_get_their_answers);
	tcase_add_test(tc, slow_clients_are_dropped);
	tcase_add_test(tc, continue_is_said_when_asked);
	tcase_add_test(tc, a_slow_reader_delays_nobody);
	tcase_add_test(tc, a_large_body_comes_in);
	tcase_add_test(tc, answers_wait_for_their_tickets);
	tcase_add_test(tc, gets_are_limited_and_posts_are_not);
	tcase_add_test(tc, handlers_may_time_out);
	tcase_add_test(tc, stop_lets_requests_end);
	tcase_add_test(tc, stop_does_not_wait_for_ever);
	tcase_add_test(tc, idle_connections_make_room);
	tcase_add_test(tc, busy_connections_make_others_wait);
	tcase_add_test(tc, no_descriptors_left_is_no_end);
	tcase_add_test(tc, the_largest_request_makes_room);
	tcase_add_loop_test(tc, addresses_are_understood, 0, ARRAY_LEN(addresses));
}

int
main(void)
{
	return run_suite("http_server", add);
}
