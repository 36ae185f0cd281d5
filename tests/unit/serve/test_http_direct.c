/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that evhttp never sees: nobody can tell them from those that it does. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "http_private.h"
#include "lib_peer.h"
#include "lib_rig.h"

/* A request that is looked at once more, later: does it still say the same? */
struct labour {
	struct http_later later;
	struct str body, path;		/* borrowed */
};

#define LARGE (1 << 20)
#define SOME 10000	/* so much is written at once, if the socket takes it */

static struct {
	struct rig rig;
	struct labour *labour;
	bool may_end;		/* labours */
	bool stopped;
	span passed;		/* by the clock of these tests */
} w;

static bool
step(struct http_later *later, struct http_response *out, struct work *work, struct moment now)
{
	struct labour *l = CONTAINER_OF(later, struct labour, later);

	(void)now;
	work_spend(work, 1);
	if (!w.may_end)
		return false;
	out->status = 200;
	sbuf_printf(&out->body, "%.*s %.*s", STR_ARG(l->path), STR_ARG(l->body));
	return true;
}

static void
drop(struct http_later *later)
{
	w.labour = NULL;
	mem_free(CONTAINER_OF(later, struct labour, later));
}

static struct moment
slow_clock(struct clock *c)
{
	(void)c;
	return (struct moment){ .wall.s = 1000000000, .mono.ns = w.passed };
}

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	w.passed += SPAN_S;
	(void)arg;
	(void)now;
	sbuf_printf(&w.rig.seen, "%.*s %.*s?%.*s [", STR_ARG(r->method), STR_ARG(r->path), STR_ARG(r->query));
	for (size_t i = 0; i < r->headers_n; i++)
		sbuf_printf(&w.rig.seen, "%.*s=%.*s;", STR_ARG(r->headers[i].name), STR_ARG(r->headers[i].value));
	sbuf_printf(&w.rig.seen, "] %.*s\n", r->body.n > 100 ? 0 : (int)r->body.n, r->body.n > 0 ? r->body.p : "");
	ck_assert_str_eq(arena_str(r->arena, r->client).p, "127.0.0.1");
	out->status = 200;
	out->handler = r->path;
	out->wait_durable = str_starts(r->path, STR("/hold"));
	if (str_is(r->path, "/large") || str_ends(r->path, STR("some"))) {
		size_t n = str_is(r->path, "/large") ? LARGE : SOME;

		ck_assert(sbuf_reserve(&out->body, n));
		memset(out->body.p, 'x', n);
		out->body.n = n;
	} else if (str_is(r->path, "/later")) {
		w.labour = NEW(struct labour);
		*w.labour = (struct labour){ { .step = step, .drop = drop }, r->body, r->path };
		out->later = &w.labour->later;
	} else {
		sbuf_printf(&out->body, "<%.*s>", STR_ARG(r->path));
	}
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

static const char *const requests[] = {
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
	"POST /a/b-c.d_e~f?g=h&i=?/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
	"POST /a? HTTP/1.1\r\nhost:x\r\nCONTENT-LENGTH:\t5 \r\n\r\nhello",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nX-Empty:\r\nX-Two: a\r\nX-Two: b : c\r\nContent-Length: 1\r\n\r\n\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: Close\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: x, close\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: more\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"POST /a HTTP/1.1\r\nHost: x\r\n\r\n",
	"POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nX: a\x01\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nX: a\rb\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nX : a\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nX\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n: a\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1,1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\nx",
	"POST /a HTTP/1.1\nHost: x\nContent-Length: 1\n\nx",
	"POST /a HTTP/1.1\r\nHost: x\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.0\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.2\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/2.0\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST  /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a  HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.1 \r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST //a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a%2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a#b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a\xc3\xa4 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST http://x/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"post /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
	"POST /a HTTP/1.1\r\nHost: x\r\n1: x\r\n2: x\r\n3: x\r\n4: x\r\n5: x\r\n6: x\r\n7: x\r\n8: x\r\n9: x\r\n10: x\r\n11: x\r\n12: x\r\n"
	"13: x\r\n14: x\r\n15: x\r\n16: x\r\n17: x\r\nContent-Length: 1\r\n\r\nx",
};

/* Without the values of Date. */
static void
take_answers(struct sbuf *out, const struct peer *p)
{
	const char *s = sbuf_cstr(&p->got), *date;

	while ((date = strstr(s, "\r\nDate: ")) != NULL) {
		sbuf_put(out, s, (size_t)(date - s));
		s = strstr(date + 2, "\r\n");
	}
	sbuf_puts(out, s);
}

/* At once, and the server sees it before more can come, as far as that is ours to say. */
static void
send_now(const struct peer *p, const char *bytes, size_t n)
{
	ck_assert_int_eq(send(bufferevent_getfd(p->bev), bytes, n, MSG_NOSIGNAL), (ssize_t)n);
	for (int i = 0; i < 3; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
}

/* Sends it, the first bytes by themselves, and behind it a request that ends the connection: all that comes, and all that the handler saw. */
static void
ask(const char *before, const char *request, size_t first, struct sbuf *answers, struct sbuf *seen)
{
	struct peer *p;

	BEGIN(.max_body = 4096);
	p = peer_new(w.rig.base, w.rig.port);
	if (before[0] != '\0')
		send_now(p, before, strlen(before));
	if (first > 0)
		send_now(p, request, first);
	peer_send(p, request + first);
	peer_expect(p, 0, "HTTP/1.1 ");
	peer_send(p, "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	peer_expect_eof(p);
	take_answers(answers, p);
	sbuf_str(seen, sbuf_get(&w.rig.seen));
	peer_free(p);
	end();
}

START_TEST(nobody_can_tell)
{
	const char *request = requests[_i], *end = strstr(request, "\r\n\r\n");
	size_t all = strlen(request), head = end != NULL ? (size_t)(end + 4 - request) : all / 2;
	/* Cut behind the head, in it, before its end, and before the last byte. */
	const size_t firsts[] = { 0, head, head / 2, head - 1, all - 1 };
	struct sbuf answers[2] = { SBUF_INIT(SBUF_UNLIMITED), SBUF_INIT(SBUF_UNLIMITED) };
	struct sbuf seen[2] = { SBUF_INIT(SBUF_UNLIMITED), SBUF_INIT(SBUF_UNLIMITED) };

	if (strstr(request, " HTTP/1.0") != NULL)
		return;	/* see old_requests_end_the_connection */
	for (size_t i = 0; i < ARRAY_LEN(firsts); i++) {
		for (int k = 0; k < 2; k++) {
			sbuf_reset(&answers[k]);
			sbuf_reset(&seen[k]);
			/* A blank line in front makes it one for evhttp. */
			ask(k == 0 ? "" : "\r\n", request, firsts[i], &answers[k], &seen[k]);
		}
		ck_assert_str_eq(sbuf_cstr(&answers[0]), sbuf_cstr(&answers[1]));
		ck_assert_str_eq(sbuf_cstr(&seen[0]), sbuf_cstr(&seen[1]));
	}
	for (int i = 0; i < 2; i++) {
		sbuf_fini(&answers[i]);
		sbuf_fini(&seen[i]);
	}
}
END_TEST

/* A body that comes in many pieces is whole, also for who looks at it later; and the next request is as good. */
START_TEST(bodies_are_put_together)
{
	static const size_t sizes[] = { 20, 17000, 100000, 300000, 2000000 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	BEGIN(0);
	w.may_end = true;
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct peer *p = peer_new(w.rig.base, w.rig.port);

		sbuf_reset(&b);
		sbuf_printf(&b, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", sizes[i]);
		send_now(p, b.p, b.n);
		sbuf_reset(&b);
		for (size_t k = 0; b.n < sizes[i]; k++)
			sbuf_printf(&b, "%zu ", k);
		b.n = sizes[i];
		for (size_t at = 0, n = 1; at < b.n; at += n, n = 2 * n < b.n - at ? 2 * n : b.n - at)
			peer_send_n(p, b.p + at, n);
		peer_expect(p, 0, "\r\n\r\n");
		peer_send(p, "POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		peer_expect(p, 0, "</next>");
		ck_assert(str_find(sbuf_get(&p->got), sbuf_get(&b)) < p->got.n);
		peer_free(p);
	}
	sbuf_fini(&b);
	end();
}
END_TEST

/* A client that goes before the body is there leaves nothing behind, and nobody was asked. */
START_TEST(half_a_body_is_no_request)
{
	static const char half[] = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf";
	struct peer *p;

	for (int i = 0; i < 2; i++) {
		BEGIN(0);
		p = peer_new(w.rig.base, w.rig.port);
		send_now(p, half, strlen(half));
		if (i > 0) {
			shutdown(bufferevent_getfd(p->bev), SHUT_WR);
			peer_expect_eof(p);
		}
		peer_free(p);
		while (i == 0 && http_server_connections(w.rig.server) > 0)
			event_base_loop(w.rig.base, EVLOOP_ONCE);
		ck_assert_uint_eq(w.rig.seen.n, 0);
		end();
	}
}
END_TEST

START_TEST(no_byte_hides_behind_a_nul)
{
	static const char bad[] = "POST /a\0b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx";
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send_n(p, bad, sizeof(bad) - 1);
	peer_expect(p, 0, "HTTP/1.1 400 Bad Request\r\n");
	peer_expect_eof(p);
	ck_assert_uint_eq(w.rig.seen.n, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(old_requests_end_the_connection)
{
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /a HTTP/1.0\r\nHost: x\r\nContent-Length: 1\r\n\r\nx");
	peer_expect(p, 0, "HTTP/1.0 200 OK\r\n");
	peer_expect_eof(p);
	peer_free(p);
	end();
}
END_TEST

START_TEST(requests_of_all_kinds_follow_each_other)
{
	static const char plain[] = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1";
	static const char get[] = "GET /g HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sbuf many = SBUF_INIT(SBUF_UNLIMITED);
	struct peer *p;
	size_t at = 0;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	sbuf_puts(&many, "POST /m HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
	while (many.n < 200000 + strlen("POST /m HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n"))
		sbuf_putc(&many, 'x');
	for (int i = 0; i < 3; i++) {
		peer_send(p, plain);
		at = peer_expect(p, at, "</p>");
		peer_send(p, get);
		at = peer_expect(p, at, "</g>");
		peer_send(p, plain);
		at = peer_expect(p, at, "</p>");
		peer_send_n(p, many.p, many.n);
		at = peer_expect(p, at, "</m>");
		peer_send(p, "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1POST /q HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2");
		at = peer_expect(p, at, "</p>");
		at = peer_expect(p, at, "</q>");
		peer_send(p, "POST /large HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		at = peer_expect(p, at, "Content-Length: 1048576\r\n\r\n");
		peer_expect_bytes(p, at + LARGE);
		at += LARGE;
	}
	ck_assert_uint_eq(p->got.n, at);
	ck_assert(!p->eof);
	/* The end of a client that asks for nothing more is seen. */
	peer_free(p);
	rig_expect_connections(&w.rig, 0);
	sbuf_fini(&many);
	end();
}
END_TEST

START_TEST(who_waits_keeps_the_order)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	w.rig.ticket = 1;
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_send(p, "POST /next HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n2");
	for (int i = 0; i < 10; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	ck_assert_ptr_null(strstr(w.rig.seen.p, "/next"));
	ck_assert_uint_eq(p->got.n, 0);
	http_server_release(w.rig.server, 1);
	at = peer_expect(p, 0, "</hold>");
	peer_expect(p, at, "</next>");
	/* Nobody waits any more when the client has gone. */
	w.rig.seen.n = 0;
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_free(p);
	http_server_refuse(w.rig.server, 1, STR("no"));
	rig_expect_connections(&w.rig, 0);
	end();
}
END_TEST

static int
heard(void)
{
	int n = 0;

	for (const char *at = w.rig.seen.p; at != NULL && (at = strstr(at, "POST ")) != NULL; at++)
		n++;
	return n;
}

/* Runs the loop until the server has so many requests; false: it seems to take no more. */
static bool
hears(int n)
{
	for (int i = 0; i < 50 && heard() < n; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	return heard() == n;
}

/* Another large one is likely, and evhttp puts those together; whether the answer waited makes no difference. */
START_TEST(who_sent_much_is_read_by_evhttp)
{
	static const char *const paths[] = { "/a", "/hold" };
	struct sbuf much = SBUF_INIT(SBUF_UNLIMITED);
	struct peer *p;
	size_t at = 0;

	BEGIN(0);
	w.rig.ticket = 1;
	p = peer_new(w.rig.base, w.rig.port);
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		sbuf_reset(&much);
		sbuf_printf(&much, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", paths[i], 2 * LARGE);
		peer_send_n(p, much.p, much.n);
		ck_assert(sbuf_reserve(&much, 2 * LARGE));
		peer_send_n(p, memset(much.p, 'x', 2 * LARGE), 2 * LARGE);
		while (heard() < (int)i + 1)
			event_base_loop(w.rig.base, EVLOOP_ONCE);
		http_server_release(w.rig.server, 1);
		at = peer_expect(p, at, ">");
		ck_assert(!hears((int)i + 2));
		ck_assert(!direct_reads(conn_first(&w.rig.server->lists[CONN_IDLE])));
	}
	peer_free(p);
	sbuf_fini(&much);
	end();
}
END_TEST

static bool
is_other_end(int fd, const struct sockaddr_in *own)
{
	struct sockaddr_in other;
	socklen_t n = sizeof(other);

	return getpeername(fd, (struct sockaddr *)&other, &n) == 0 && other.sin_family == AF_INET && other.sin_port == own->sin_port;
}

/* Little is kept for the client, who reads nothing as yet. */
static void
narrow(struct peer *p)
{
	struct sockaddr_in own;
	socklen_t n = sizeof(own);
	int few = 4096, fd = bufferevent_getfd(p->bev), theirs = 3;

	peer_reading(p, false);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&own, &n), 0);
	while (!is_other_end(theirs, &own))
		ck_assert_int_lt(++theirs, 1024);
	ck_assert_int_eq(setsockopt(theirs, SOL_SOCKET, SO_SNDBUF, &few, sizeof(few)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &few, sizeof(few)), 0);
}

START_TEST(a_slow_client_gets_all)
{
	struct peer *p;
	size_t at;
	int asked = 0;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	at = peer_expect(p, 0, "</a>");
	narrow(p);
	/* Until the socket takes no more. */
	while (w.rig.observed == ++asked) {
		ck_assert_int_lt(asked, 1000);
		peer_send(p, "POST /some HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
		for (int i = 0; i < 20 && w.rig.observed == asked; i++)
			event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	}
	peer_reading(p, true);
	for (int i = 1; i < asked; i++) {
		at = peer_expect(p, at, "Content-Length: 10000\r\n\r\n");
		peer_expect_bytes(p, at + SOME);
		for (size_t k = 0; k < SOME; k++)
			ck_assert_int_eq(p->got.p[at + k], 'x');
		at += SOME;
	}
	peer_send(p, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	at = peer_expect(p, at, "</b>");
	ck_assert_uint_eq(p->got.n, at);
	peer_free(p);
	end();
}
END_TEST

/* Its socket takes a part of an answer, while that of another takes all. */
START_TEST(a_slow_client_among_others_gets_all)
{
	struct peer *slow, *other;
	size_t at, other_at = 0;
	int asked = 0;

	BEGIN(0);
	w.rig.ticket = 1;
	slow = peer_new(w.rig.base, w.rig.port);
	other = peer_new(w.rig.base, w.rig.port);
	peer_send(slow, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	at = peer_expect(slow, 0, "</a>");
	narrow(slow);
	sbuf_reset(&w.rig.seen);
	/* Until the socket takes no more. */
	while (true) {
		ck_assert_int_lt(++asked, 1000);
		peer_send(slow, "POST /hold/some HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
		peer_send(other, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
		if (!hears(2 * asked))
			break;
		http_server_release(w.rig.server, 1);
		other_at = peer_expect(other, other_at, "</hold>");
	}
	peer_reading(slow, true);
	while (heard() < 2 * asked)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	http_server_release(w.rig.server, 1);
	peer_expect(other, other_at, "</hold>");
	for (int i = 0; i < asked; i++) {
		at = peer_expect(slow, at, "Content-Length: 10000\r\n\r\n");
		peer_expect_bytes(slow, at + SOME);
		for (size_t k = 0; k < SOME; k++)
			ck_assert_int_eq(slow->got.p[at + k], 'x');
		at += SOME;
	}
	ck_assert_uint_eq(slow->got.n, at);
	peer_free(slow);
	peer_free(other);
	end();
}
END_TEST

static void
on_stopped(void *arg)
{
	(void)arg;
	w.stopped = true;
}

START_TEST(the_end_is_told)
{
	struct peer *p;

	BEGIN(0);
	w.rig.ticket = 1;
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1");
	while (w.rig.seen.n == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	http_server_stop(w.rig.server, 20 * SPAN_S, on_stopped, NULL);
	http_server_release(w.rig.server, 1);
	peer_expect(p, 0, "\r\nConnection: close\r\n");
	peer_expect(p, 0, "</hold>");
	peer_expect_eof(p);
	loop_until(w.rig.base, &w.stopped);
	peer_free(p);
	end();
}
END_TEST

START_TEST(what_goes_on_later_keeps_its_text)
{
	struct peer *p, *other;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	other = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst");
	while (w.labour == NULL)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_send(other, "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nother");
	peer_expect(other, 0, "</other>");
	w.may_end = true;
	peer_expect(p, 0, "/later first");
	peer_free(p);
	peer_free(other);
	end();
}
END_TEST

/* Requests that are there in one round, and the first of which takes all of its time. */
START_TEST(who_waits_for_a_round_keeps_the_text)
{
	struct clock clock = { .now = slow_clock };
	struct peer *peers[5];
	char request[100], body[120], seen[40], *bodies[ARRAY_LEN(peers)];

	BEGIN(.clock = &clock);
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		peers[i] = peer_new(w.rig.base, w.rig.port);
		peer_send(peers[i], "POST /first HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		peer_expect(peers[i], 0, "</first>");
	}
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		snprintf(request, sizeof(request), "POST /p%zu HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", i);
		/* With the body or before it. */
		if (_i > 0)
			send_now(peers[i], request, strlen(request));
		snprintf(body, sizeof(body), "%sbod%zu", _i > 0 ? "" : request, i);
		bodies[i] = mem_strdup(body);
	}
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		ck_assert_int_eq(send(bufferevent_getfd(peers[i]->bev), bodies[i], strlen(bodies[i]), MSG_NOSIGNAL), (int)strlen(bodies[i]));
		mem_free(bodies[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(peers); i++) {
		snprintf(seen, sizeof(seen), "</p%zu>", i);
		peer_expect(peers[i], 0, seen);
		snprintf(seen, sizeof(seen), "[Host=x;Content-Length=4;] bod%zu\n", i);
		ck_assert_msg(strstr(w.rig.seen.p, seen) != NULL, "%s", w.rig.seen.p);
		peer_free(peers[i]);
	}
	end();
}
END_TEST

START_TEST(what_takes_too_long_is_told_so)
{
	struct peer *p;
	int observed;

	BEGIN(.timeout = 50 * SPAN_MS);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "POST /later HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nfirst");
	peer_expect(p, 0, "HTTP/1.1 503 ");
	peer_expect(p, 0, "Exceeded configured timeout");
	ck_assert_ptr_nonnull(w.labour);
	observed = w.rig.observed;
	ck_assert_int_eq(observed, 1);
	w.may_end = true;
	while (w.labour != NULL)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_free(p);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, nobody_can_tell, 0, ARRAY_LEN(requests));
	tcase_add_test(tc, bodies_are_put_together);
	tcase_add_test(tc, half_a_body_is_no_request);
	tcase_add_test(tc, no_byte_hides_behind_a_nul);
	tcase_add_test(tc, old_requests_end_the_connection);
	tcase_add_test(tc, requests_of_all_kinds_follow_each_other);
	tcase_add_test(tc, who_waits_keeps_the_order);
	tcase_add_test(tc, who_sent_much_is_read_by_evhttp);
	tcase_add_test(tc, a_slow_client_gets_all);
	tcase_add_test(tc, a_slow_client_among_others_gets_all);
	tcase_add_test(tc, the_end_is_told);
	tcase_add_test(tc, what_goes_on_later_keeps_its_text);
	tcase_add_loop_test(tc, who_waits_for_a_round_keeps_the_text, 0, 2);
	tcase_add_test(tc, what_takes_too_long_is_told_so);
}

int
main(void)
{
	return run_suite("http_direct", add);
}
