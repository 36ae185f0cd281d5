/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that come out of the handler piece by piece. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "lib_peer.h"
#include "loop/clock_real.h"
#include "net/http_server.h"

#define LARGE ((uint64_t)64 << 20)

/* The byte at each offset is the offset's lowest, so that what is lost or twice there shows. */
struct source {
	struct api_stream stream;
	uint64_t at, size, fails_at;
	bool opens;
};

static struct {
	struct event_base *base;
	struct http_server *server;
	unsigned port;
	struct sbuf logged;
	struct log log;
	uint64_t asked;		/* bytes read from all sources */
	size_t largest;		/* … at once */
	int alive;		/* sources */
	bool dropped;
} w;

static bool
open_source(struct api_stream *stream, struct err *e)
{
	struct source *s = CONTAINER_OF(stream, struct source, stream);

	stream->size = s->size;
	return s->opens || err_set(e, ERR_IO, "there is no copy");
}

static bool
read_source(struct api_stream *stream, void *to, size_t n, struct err *e)
{
	struct source *s = CONTAINER_OF(stream, struct source, stream);
	unsigned char *p = to;

	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(s->at + n, s->size);
	if (s->fails_at > 0 && s->at + n > s->fails_at)
		return err_set(e, ERR_IO, "the disk is gone");
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(s->at + i);
	s->at += n;
	w.asked += n;
	if (n > w.largest)
		w.largest = n;
	return true;
}

static void
drop_source(struct api_stream *stream)
{
	mem_free(CONTAINER_OF(stream, struct source, stream));
	w.alive--;
	w.dropped = true;
}

static void
handle(void *arg, const struct api_request *r, struct moment now, struct api_response *out)
{
	struct source *s;

	(void)arg;
	(void)now;
	out->status = 200;
	out->handler = STR("/test");
	if (str_is(r->path, "/plain")) {
		sbuf_puts(&out->body, "plain");
		return;
	}
	s = NEW(struct source);
	s->stream = (struct api_stream){ .open = open_source, .read = read_source, .drop = drop_source };
	s->opens = !str_is(r->path, "/closed");
	s->size = str_is(r->path, "/large") ? LARGE : str_is(r->path, "/empty") ? 0 : 1000000;
	if (str_is(r->path, "/fails"))
		s->fails_at = 600000;
	if (str_is(r->path, "/hold"))
		out->wait_durable = true;
	out->stream = &s->stream;
	w.alive++;
}

static uint64_t
ticket(void *arg)
{
	(void)arg;
	return 1;
}

static void
on_log(void *arg, const char *line, size_t n)
{
	(void)arg;
	sbuf_put(&w.logged, line, n);
}

static void
begin(struct http_server_options o)
{
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = o.base = event_base_new();
	w.logged.max = SBUF_UNLIMITED;
	w.log = (struct log){ .clock = clock_real(), .write = on_log };
	o.log = &w.log;
	o.clock = clock_real();
	o.handle = handle;
	o.ticket = ticket;
	w.server = http_server_new(&o, &e);
	ck_assert_msg(w.server != NULL, "%s", e.text);
	ck_assert_msg(http_server_listen(w.server, STR("127.0.0.1:0"), &e), "%s", e.text);
	w.port = http_server_port(w.server, 0);
	http_server_serve(w.server);
}

#define BEGIN(...) begin((struct http_server_options){ __VA_ARGS__ })

static void
end(void)
{
	http_server_free(&w.server);
	ck_assert_int_eq(w.alive, 0);
	sbuf_fini(&w.logged);
	event_base_free(w.base);
}

/* Runs the loop until `n` bytes came after offset `from`, and looks at each. */
static void
expect_source(struct peer *p, size_t from, size_t n)
{
	while (p->got.n < from + n && !p->eof)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_uint_ge(p->got.n, from + n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p->got.p[from + i] != (unsigned char)i)
			ck_abort_msg("byte %zu is another one", i);
}

START_TEST(comes_whole_and_the_connection_stays)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.base, w.port);
	peer_send(p, "GET /some HTTP/1.1\r\nHost: x\r\n\r\nGET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "Content-Length: 1000000");
	ck_assert_ptr_null(strstr(p->got.p, "chunked"));
	at = peer_expect(p, at, "\r\n\r\n");
	expect_source(p, at, 1000000);
	at = peer_expect(p, at + 1000000, "plain");
	ck_assert_int_eq(w.alive, 0);
	peer_send(p, "GET /empty HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, at, "Content-Length: 0");
	at = peer_expect(p, at, "\r\n\r\n");
	/* Its length is told, its bytes are not asked for. */
	w.asked = 0;
	peer_send(p, "HEAD /some HTTP/1.1\r\nHost: x\r\n\r\nGET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, at, "Content-Length: 1000000");
	peer_expect(p, at, "plain");
	ck_assert_uint_eq(w.asked, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(is_asked_for_as_the_client_takes_it)
{
	struct peer *slow, *other;
	uint64_t before;
	size_t at;

	BEGIN(0);
	slow = peer_new(w.base, w.port);
	peer_send(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(slow, 0, "\r\n\r\n");
	peer_reading(slow, false);
	other = peer_new(w.base, w.port);
	/* Until the kernel takes no more. */
	do {
		before = w.asked;
		for (int i = 0; i < 100; i++) {
			peer_send(other, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
			peer_expect(other, other->got.n, "plain");
		}
	} while (w.asked != before);
	ck_assert_uint_lt(w.asked, LARGE / 2);
	ck_assert_uint_le(w.largest, 256 << 10);
	peer_free(other);
	peer_reading(slow, true);
	expect_source(slow, at, LARGE);
	peer_free(slow);
	end();
}
END_TEST

START_TEST(ends_with_a_client_that_hangs_up)
{
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.base, w.port);
	peer_send(p, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "\r\n\r\n");
	ck_assert_int_eq(w.alive, 1);
	peer_free(p);
	loop_until(w.base, &w.dropped);
	ck_assert_int_eq(w.alive, 0);
	end();
}
END_TEST

START_TEST(ends_with_a_client_that_takes_nothing)
{
	struct peer *p;

	BEGIN(.idle_timeout = 200 * SPAN_MS);
	p = peer_new(w.base, w.port);
	peer_send(p, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "\r\n\r\n");
	peer_reading(p, false);
	loop_until(w.base, &w.dropped);
	ck_assert_uint_eq(http_server_connections(w.server), 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(ends_with_the_server)
{
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.base, w.port);
	peer_send(p, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "\r\n\r\n");
	http_server_free(&w.server);
	ck_assert_int_eq(w.alive, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(what_cannot_be_read_on_ends_the_connection)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.base, w.port);
	peer_send(p, "GET /fails HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "\r\n\r\n");
	peer_expect_eof(p);
	ck_assert_uint_lt(p->got.n - at, 600000);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.logged), "the disk is gone"));
	ck_assert_int_eq(w.alive, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(is_opened_when_the_answer_may_go)
{
	struct peer *p, *refused;
	size_t at;

	BEGIN(0);
	p = peer_new(w.base, w.port);
	peer_send(p, "GET /closed HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 500 ");
	at = peer_expect(p, at, "\r\n\r\nthere is no copy\n");
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	while (w.alive == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_uint_eq(w.asked, 0);
	http_server_release(w.server, 1);
	at = peer_expect(p, at, "\r\n\r\n");
	expect_source(p, at, 1000000);
	refused = peer_new(w.base, w.port);
	peer_send(refused, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	while (w.alive == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	http_server_refuse(w.server, 1, STR("no space"));
	ck_assert_int_eq(w.alive, 0);
	peer_expect(refused, 0, "HTTP/1.1 500 ");
	peer_free(refused);
	peer_free(p);
	end();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("http_stream");
	TCase *tc = tcase_create("all");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, comes_whole_and_the_connection_stays);
	tcase_add_test(tc, is_asked_for_as_the_client_takes_it);
	tcase_add_test(tc, ends_with_a_client_that_hangs_up);
	tcase_add_test(tc, ends_with_a_client_that_takes_nothing);
	tcase_add_test(tc, ends_with_the_server);
	tcase_add_test(tc, what_cannot_be_read_on_ends_the_connection);
	tcase_add_test(tc, is_opened_when_the_answer_may_go);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
