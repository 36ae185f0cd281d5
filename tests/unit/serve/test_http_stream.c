/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that come out of the handler piece by piece. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "lib_peer.h"
#include "lib_rig.h"
#include "loop/clock_real.h"

#define LARGE ((uint64_t)64 << 20)

/* The byte at each offset is the offset's lowest, so that what is lost or twice there shows. */
struct source {
	struct http_stream stream;
	uint64_t at, size, fails_at;
	bool opens, late;
	int parts;		/* that it is dismantled into */
};

static struct {
	struct rig rig;
	uint64_t asked;		/* bytes read from all sources */
	int alive;		/* sources */
	bool dropped;
	bool go;		/* what is late comes */
	uint64_t asked_times;
	uint64_t observed;	/* the size of the last answer */
} w;

static bool
open_source(struct http_stream *stream, struct err *e)
{
	struct source *s = CONTAINER_OF(stream, struct source, stream);

	return s->opens || err_set(e, ERR_IO, "there is no copy");
}

static enum http_more
next_of_source(struct http_stream *stream, struct sbuf *out, struct work *work, struct moment now, struct err *e)
{
	struct source *s = CONTAINER_OF(stream, struct source, stream);
	uint64_t n = s->size - s->at < HTTP_PIECE ? s->size - s->at : HTTP_PIECE;

	(void)now;
	ck_assert(!work_used_up(work));
	w.asked_times++;
	if (s->late && !w.go)
		return HTTP_LATER;
	if (s->fails_at > 0 && s->at + n > s->fails_at) {
		err_set(e, ERR_IO, "the disk is gone");
		return HTTP_FAILED;
	}
	for (uint64_t i = 0; i < n; i++)
		sbuf_putc(out, (char)(s->at + i));
	s->at += n;
	w.asked += n;
	return s->at == s->size ? HTTP_END : HTTP_MORE;
}

static bool
dismantle_source(struct http_stream *stream, struct work *work)
{
	struct source *s = CONTAINER_OF(stream, struct source, stream);

	while (s->parts > 0 && !work_used_up(work)) {
		work_spend(work, WORK_TURN);
		s->parts--;
		w.asked_times++;
	}
	return s->parts == 0;
}

static void
drop_source(struct http_stream *stream)
{
	ck_assert_int_eq(CONTAINER_OF(stream, struct source, stream)->parts, 0);
	mem_free(CONTAINER_OF(stream, struct source, stream));
	w.alive--;
	w.dropped = true;
}

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
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
	s->stream = (struct http_stream){ .open = open_source, .next = next_of_source, .drop = drop_source };
	s->opens = !str_is(r->path, "/closed");
	s->late = str_is(r->path, "/late");
	s->size = str_starts(r->path, STR("/large")) ? LARGE : str_is(r->path, "/empty") ? 0 :
	    str_is(r->path, "/little") || s->late ? 1000 : 1000000;
	s->stream.size = str_is(r->query, "unknown") ? HTTP_STREAM_UNKNOWN : s->size;
	if (str_is(r->query, "parts")) {
		s->parts = 50;
		s->stream.dismantle = dismantle_source;
	}
	if (str_is(r->path, "/fails"))
		s->fails_at = 600000;
	if (str_is(r->path, "/fails-first"))
		s->fails_at = 1;
	if (str_is(r->path, "/hold"))
		out->wait_durable = true;
	out->stream = &s->stream;
	w.alive++;
}

static void
observe(void *arg, const struct http_request *r, const struct http_response *resp, span took)
{
	(void)arg;
	(void)r;
	(void)took;
	w.observed = resp->stream != NULL ? resp->stream->size : resp->body.n;
}

static uint64_t
ticket(void *arg)
{
	(void)arg;
	return 1;
}

static void
begin(struct http_server_options o)
{
	memset(&w, 0, sizeof(w));
	o.handle = handle;
	o.ticket = ticket;
	o.observe = observe;
	rig_start(&w.rig, o);
}

#define BEGIN(...) begin((struct http_server_options){ __VA_ARGS__ })

static void
end(void)
{
	rig_stop(&w.rig);
	ck_assert_int_eq(w.alive, 0);
}

static void
on_stopped(void *arg)
{
	*(bool *)arg = true;
}

/* Runs the loop until `n` bytes came after offset `from`, and looks at each. */
static void
expect_source(struct peer *p, size_t from, size_t n)
{
	peer_expect_bytes(p, from + n);
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
	p = peer_new(w.rig.base, w.rig.port);
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
	slow = peer_new(w.rig.base, w.rig.port);
	peer_send(slow, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(slow, 0, "\r\n\r\n");
	peer_reading(slow, false);
	other = peer_new(w.rig.base, w.rig.port);
	/* Until the kernel takes no more. */
	do {
		before = w.asked;
		for (int i = 0; i < 100; i++) {
			peer_send(other, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
			peer_expect(other, other->got.n, "plain");
		}
	} while (w.asked != before);
	ck_assert_uint_lt(w.asked, LARGE / 2);
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
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "\r\n\r\n");
	ck_assert_int_eq(w.alive, 1);
	peer_free(p);
	loop_until(w.rig.base, &w.dropped);
	ck_assert_int_eq(w.alive, 0);
	end();
}
END_TEST

/* The real one, which stands still when it is told to. */
static struct halting {
	struct clock clock;
	bool stands;
	struct moment at;
} halting;

static struct moment
halting_now(struct clock *self)
{
	struct halting *h = CONTAINER_OF(self, struct halting, clock);

	if (!h->stands)
		h->at = clock_real()->now(clock_real());
	return h->at;
}

/*
 * A stop waits for who takes its answer, not for who does not, however long it might wait. Time stands still until the one has its
 * answer: on a busy machine both may seem to take nothing for a while.
 */
START_TEST(a_stop_does_not_wait_for_a_client_that_takes_nothing)
{
	struct peer *slow[3], *q;
	size_t at;
	bool stopped = false;

	halting = (struct halting){ .clock.now = halting_now };
	BEGIN(.clock = &halting.clock);
	for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
		slow[i] = peer_new(w.rig.base, w.rig.port);
		peer_send(slow[i], "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
		peer_expect(slow[i], 0, "\r\n\r\n");
		peer_reading(slow[i], false);
	}
	q = peer_new(w.rig.base, w.rig.port);
	peer_send(q, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(q, 0, "\r\n\r\n");
	halting.stands = true;
	http_server_stop(w.rig.server, 600 * SPAN_S, on_stopped, &stopped);
	expect_source(q, at, LARGE);
	ck_assert(!stopped);
	halting.stands = false;
	loop_until(w.rig.base, &stopped);
	ck_assert_int_eq(w.alive, 0);
	for (size_t i = 0; i < ARRAY_LEN(slow); i++)
		peer_free(slow[i]);
	peer_free(q);
	end();
}
END_TEST

START_TEST(ends_with_a_client_that_takes_nothing)
{
	struct peer *p;

	BEGIN(.read_window = 100 * SPAN_MS);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "\r\n\r\n");
	peer_reading(p, false);
	loop_until(w.rig.base, &w.dropped);
	ck_assert_uint_eq(http_server_connections(w.rig.server), 0);
	peer_free(p);
	end();
}
END_TEST

/* Others have their answers while it is taken apart, and the server may end before it is. */
START_TEST(is_dismantled_in_slices)
{
	struct peer *p;

	for (int ends = 0; ends < 2; ends++) {
		uint64_t asked;

		BEGIN(0);
		p = peer_new(w.rig.base, w.rig.port);
		peer_send(p, "GET /large?parts HTTP/1.1\r\nHost: x\r\n\r\n");
		peer_expect(p, 0, "\r\n\r\n");
		asked = w.asked_times;
		peer_free(p);
		while (w.asked_times <= asked + 1)
			event_base_loop(w.rig.base, EVLOOP_ONCE);
		ck_assert_int_eq(w.alive, 1);
		ck_assert_uint_lt(w.asked_times, asked + 50);
		if (ends == 0) {
			p = peer_new(w.rig.base, w.rig.port);
			peer_send(p, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
			peer_expect(p, 0, "plain");
			peer_free(p);
			loop_until(w.rig.base, &w.dropped);
		} else {
			http_server_free(&w.rig.server);
		}
		ck_assert_int_eq(w.alive, 0);
		end();
	}
}
END_TEST

START_TEST(ends_with_the_server)
{
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "\r\n\r\n");
	http_server_free(&w.rig.server);
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
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /fails HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "\r\n\r\n");
	peer_expect_eof(p);
	ck_assert_uint_le(p->got.n - at, 600000);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.rig.logged), "the disk is gone"));
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
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /closed HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 500 ");
	at = peer_expect(p, at, "\r\n\r\nthere is no copy\n");
	peer_send(p, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	while (w.alive == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	ck_assert_uint_eq(w.asked, 0);
	http_server_release(w.rig.server, 1);
	at = peer_expect(p, at, "\r\n\r\n");
	expect_source(p, at, 1000000);
	refused = peer_new(w.rig.base, w.rig.port);
	peer_send(refused, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
	while (w.alive == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	http_server_refuse(w.rig.server, 1, STR("no space"));
	ck_assert_int_eq(w.alive, 0);
	peer_expect(refused, 0, "HTTP/1.1 500 ");
	peer_free(refused);
	peer_free(p);
	end();
}
END_TEST

/* Takes the chunks of a body apart, in place; the length of what they held. */
static size_t
unchunk(struct peer *p, size_t from)
{
	size_t at = from, to = from, n;
	char *end;

	do {
		n = strtoul(p->got.p + at, &end, 16);
		ck_assert_uint_eq(strncmp(end, "\r\n", 2), 0);
		at = (size_t)(end - p->got.p) + 2;
		ck_assert_uint_le(at + n + 2, p->got.n);
		memmove(p->got.p + to, p->got.p + at, n);
		to += n;
		at += n + 2;
	} while (n > 0);
	return to - from;
}

static void
expect_pattern(const char *got, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)got[i] != (unsigned char)i)
			ck_abort_msg("byte %zu is another one", i);
}

START_TEST(of_unknown_length_comes_in_chunks)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /some?unknown HTTP/1.1\r\nHost: x\r\n\r\nGET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "Transfer-Encoding: chunked");
	at = peer_expect(p, at, "\r\n\r\n");
	ck_assert_ptr_null(strstr(p->got.p, "Content-Length"));
	peer_expect(p, at, "\r\n0\r\n\r\nHTTP/1.1 200 OK");
	peer_expect(p, at, "\r\n\r\nplain");
	ck_assert_uint_eq(unchunk(p, at), 1000000);
	expect_pattern(p->got.p + at, 1000000);
	ck_assert_int_eq(w.alive, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(of_unknown_length_but_little_is_like_any_other)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /little?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "Content-Length: 1000");
	at = peer_expect(p, at, "\r\n\r\n");
	expect_source(p, at, 1000);
	ck_assert_uint_eq(w.observed, 1000);
	peer_send(p, "GET /empty?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, at, "Content-Length: 0");
	/* Nobody knows, and nobody is asked. */
	w.asked_times = 0;
	p->got.n = 0;
	peer_send(p, "HEAD /some?unknown HTTP/1.1\r\nHost: x\r\n\r\nGET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "plain");
	ck_assert_ptr_null(strstr(p->got.p, "Content-Length: 1000000"));
	ck_assert_uint_eq(w.asked_times, 0);
	ck_assert_int_eq(w.alive, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(of_unknown_length_ends_with_the_connection_of_an_old_client)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /some?unknown HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	at = peer_expect(p, 0, "\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(p->got.p, "Connection: close"));
	ck_assert_ptr_null(strstr(p->got.p, "chunked"));
	ck_assert_ptr_null(strstr(p->got.p, "Content-Length"));
	peer_expect_eof(p);
	ck_assert_uint_eq(p->got.n - at, 1000000);
	expect_pattern(p->got.p + at, 1000000);
	ck_assert_uint_eq(w.observed, 1000000);
	peer_free(p);
	end();
}
END_TEST

START_TEST(comes_later_and_others_meanwhile)
{
	struct peer *p, *other;
	uint64_t before;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	other = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /late?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.asked_times == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	before = w.asked_times;
	peer_send(other, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(other, 0, "plain");
	ck_assert_uint_gt(w.asked_times, before);
	ck_assert_uint_eq(p->got.n, 0);
	w.go = true;
	at = peer_expect(p, 0, "Content-Length: 1000");
	at = peer_expect(p, at, "\r\n\r\n");
	expect_source(p, at, 1000);
	/* Nothing to do, nothing done. */
	ck_assert_int_eq(event_base_loop(w.rig.base, EVLOOP_NONBLOCK), 0);
	before = w.asked_times;
	event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	ck_assert_uint_eq(w.asked_times, before);
	peer_free(other);
	peer_free(p);
	end();
}
END_TEST

START_TEST(that_is_late_has_a_time)
{
	struct peer *p;

	BEGIN(.timeout = 100 * SPAN_MS);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /late?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "HTTP/1.1 503 ");
	ck_assert_int_eq(w.alive, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(is_not_made_for_a_client_that_is_gone)
{
	struct peer *p;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /late?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.asked_times == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_free(p);
	loop_until(w.rig.base, &w.dropped);
	end();
}
END_TEST

START_TEST(reaches_a_client_that_has_ended_its_side)
{
	struct peer *p;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /late?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.asked_times == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	shutdown(bufferevent_getfd(p->bev), SHUT_WR);
	/* The head of it goes, to find out whether somebody is there. */
	at = peer_expect(p, 0, "\r\n\r\n");
	w.go = true;
	peer_expect(p, at, "\r\n0\r\n\r\n");
	ck_assert_uint_eq(unchunk(p, at), 1000);
	peer_expect_eof(p);
	peer_free(p);
	end();
}
END_TEST

START_TEST(that_fails_is_never_taken_for_whole)
{
	struct peer *p, *old;
	size_t at;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, "GET /fails-first?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 500 ");
	at = peer_expect(p, at, "\r\n\r\nthe disk is gone\n");
	peer_send(p, "GET /fails?unknown HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(p, at, "chunked");
	peer_expect_eof(p);
	ck_assert_ptr_null(strstr(p->got.p + at, "\r\n0\r\n"));
	peer_free(p);
	/* One that would take the end of the connection for the end of the answer sees it reset. */
	old = peer_new(w.rig.base, w.rig.port);
	peer_send(old, "GET /fails?unknown HTTP/1.0\r\n\r\n");
	peer_expect_eof(old);
	ck_assert(old->broken);
	peer_free(old);
	ck_assert_int_eq(w.alive, 0);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, comes_whole_and_the_connection_stays);
	tcase_add_test(tc, is_asked_for_as_the_client_takes_it);
	tcase_add_test(tc, ends_with_a_client_that_hangs_up);
	tcase_add_test(tc, ends_with_a_client_that_takes_nothing);
	tcase_add_test(tc, a_stop_does_not_wait_for_a_client_that_takes_nothing);
	tcase_add_test(tc, ends_with_the_server);
	tcase_add_test(tc, is_dismantled_in_slices);
	tcase_add_test(tc, what_cannot_be_read_on_ends_the_connection);
	tcase_add_test(tc, is_opened_when_the_answer_may_go);
	tcase_add_test(tc, of_unknown_length_comes_in_chunks);
	tcase_add_test(tc, of_unknown_length_but_little_is_like_any_other);
	tcase_add_test(tc, of_unknown_length_ends_with_the_connection_of_an_old_client);
	tcase_add_test(tc, comes_later_and_others_meanwhile);
	tcase_add_test(tc, that_is_late_has_a_time);
	tcase_add_test(tc, is_not_made_for_a_client_that_is_gone);
	tcase_add_test(tc, reaches_a_client_that_has_ended_its_side);
	tcase_add_test(tc, that_fails_is_never_taken_for_whole);
}

int
main(void)
{
	return run_suite("http_stream", add);
}
