/* SPDX-License-Identifier: Apache-2.0 */
/* Clients that read slowly, what it costs them, and what it does not cost others. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "base/mem.h"
#include "lib_peer.h"
#include "lib_rig.h"
#include "loop/clock_real.h"

#define SMALL ((size_t)16000)	/* of an answer that is written in one go */
#define LARGE ((uint64_t)64 << 20)

struct source {
	struct http_stream stream;
	uint64_t left;
};

static struct {
	struct rig rig;
	int alive;
	bool dropped;
	span work;		/* that a handler does */
	span piece_work;	/* that a piece takes */
	size_t handled, pieces;
} w;

static int64_t
mono(void)
{
	return clock_real_mono().ns;
}

static void
spin(span d)
{
	for (int64_t until = mono() + d; mono() < until;)
		;
}

static enum http_more
next_of_source(struct http_stream *stream, struct sbuf *out, struct work *work, struct moment now, struct err *e)
{
	struct source *s = CONTAINER_OF(stream, struct source, stream);
	size_t n = s->left < HTTP_PIECE ? (size_t)s->left : HTTP_PIECE;

	(void)work;
	(void)now;
	(void)e;
	w.pieces++;
	spin(w.piece_work);
	ck_assert(sbuf_reserve(out, n));
	memset(out->p + out->n, 'x', n);
	out->n += n;
	s->left -= n;
	return s->left == 0 ? HTTP_END : HTTP_MORE;
}

static void
drop_source(struct http_stream *stream)
{
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
	w.handled++;
	spin(w.work);
	if (str_is(r->path, "/body")) {
		char *mega = mem_calloc(1, 1 << 20);

		for (int i = 0; i < 32; i++)
			sbuf_put(&out->body, mega, 1 << 20);
		mem_free(mega);
		return;
	}
	if (str_is(r->path, "/small")) {
		ck_assert(sbuf_reserve(&out->body, SMALL));
		for (size_t i = 0; i < SMALL; i++)
			out->body.p[out->body.n++] = (char)('a' + i % 26);
		return;
	}
	if (!str_is(r->path, "/large") && !str_is(r->path, "/free")) {
		sbuf_str(&out->body, r->path);
		return;
	}
	s = NEW(struct source);
	s->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = next_of_source, .drop = drop_source };
	/* The first of it comes with the head. */
	s->left = str_is(r->path, "/free") ? 100 : LARGE + ((uint64_t)8 << 20);
	out->stream = &s->stream;
	w.alive++;
}

static enum http_places
place(void *arg, const struct http_request *r)
{
	(void)arg;
	return str_is(r->path, "/health") || str_is(r->path, "/free") ? HTTP_NO_PLACE : str_is(r->path, "/page") ? HTTP_PAGE_PLACE : HTTP_PLACE;
}

static void
begin(struct http_server_options o)
{
	memset(&w, 0, sizeof(w));
	o.handle = handle;
	o.place = place;
	rig_start(&w.rig, o);
}

#define BEGIN(...) begin((struct http_server_options){ __VA_ARGS__ })

static void
end(void)
{
	rig_stop(&w.rig);
	ck_assert_int_eq(w.alive, 0);
}

/* A client that has asked, has its head, and reads only what drip() reads. */
static struct peer *
slow_peer(const char *path)
{
	struct peer *p = peer_new(w.rig.base, w.rig.port);
	struct sbuf b = SBUF_INIT(1000);

	sbuf_printf(&b, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	peer_send(p, sbuf_cstr(&b));
	sbuf_fini(&b);
	peer_expect(p, 0, "\r\n\r\n");
	peer_reading(p, false);
	return p;
}

struct drip {
	struct peer *peer;
	struct event *timer;
	size_t n;		/* bytes each time */
	uint64_t total;
	bool ended;
};

static void
on_drip(evutil_socket_t fd, short what, void *arg)
{
	struct drip *d = arg;
	struct timeval soon = { 0, 10000 };
	char *room = mem_alloc(d->n);
	ssize_t got;

	(void)fd;
	(void)what;
	got = recv(bufferevent_getfd(d->peer->bev), room, d->n, MSG_DONTWAIT);
	if (got > 0)
		d->total += (uint64_t)got;
	d->ended = got == 0 || (got < 0 && errno != EAGAIN) || d->total >= LARGE;
	mem_free(room);
	if (!d->ended)
		evtimer_add(d->timer, &soon);
}

static void
drip(struct drip *d)
{
	struct timeval soon = { 0, 10000 };

	d->timer = evtimer_new(w.rig.base, on_drip, d);
	evtimer_add(d->timer, &soon);
}

START_TEST(who_reads_next_to_nothing_is_cut)
{
	struct drip d = { .n = 100 };

	BEGIN(.read_window = 150 * SPAN_MS);
	d.peer = slow_peer("/large");
	drip(&d);
	loop_until(w.rig.base, &w.dropped);
	ck_assert_uint_gt(d.total, 0);
	ck_assert_uint_eq(http_server_connections(w.rig.server), 0);
	event_free(d.timer);
	peer_free(d.peer);
	/* As is one of an answer that was in memory. */
	d = (struct drip){ .n = 100, .peer = slow_peer("/body") };
	drip(&d);
	rig_expect_connections(&w.rig, 0);
	event_free(d.timer);
	peer_free(d.peer);
	end();
}
END_TEST

START_TEST(who_reads_slowly_is_served)
{
	struct drip d = { .n = 1 << 20 };

	BEGIN(.read_window = 300 * SPAN_MS);
	d.peer = slow_peer("/large");
	drip(&d);
	loop_until(w.rig.base, &d.ended);
	ck_assert_uint_ge(d.total, LARGE);
	event_free(d.timer);
	peer_free(d.peer);
	end();
}
END_TEST

START_TEST(slow_readers_keep_no_places)
{
	struct peer *slow[8], *p;
	size_t at;

	BEGIN(.get_concurrency = 2);
	for (int i = 0; i < 8; i++) {
		slow[i] = slow_peer(i % 2 ? "/body" : "/large");
		p = peer_new(w.rig.base, w.rig.port);
		/* Until the kernel takes no more of it. */
		do {
			p->got.n = 0;
			peer_send(p, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
			at = peer_expect(p, 0, "\r\n\r\n");
			peer_expect(p, at, strstr(p->got.p, " 503 ") != NULL ? "later.\n\n" : "/x");
		} while (strstr(p->got.p, " 503 ") != NULL);
		peer_free(p);
	}
	ck_assert_uint_eq(http_server_gets(w.rig.server), 8);
	for (int i = 0; i < 8; i++)
		peer_free(slow[i]);
	while (http_server_gets(w.rig.server) > 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	end();
}
END_TEST

START_TEST(health_and_the_page_have_their_answers_whatever_the_limit)
{
	struct peer *a, *b;
	size_t at;

	BEGIN(.get_concurrency = 1);
	a = peer_new(w.rig.base, w.rig.port);
	b = peer_new(w.rig.base, w.rig.port);
	peer_send(a, "GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.alive == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	peer_send(b, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(b, 0, "HTTP/1.1 200 OK");
	at = peer_expect(b, at, "/health");
	peer_send(b, "GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
	at = peer_expect(b, at, "HTTP/1.1 200 OK");
	at = peer_expect(b, at, "/page");
	ck_assert_uint_eq(http_server_gets_refused(w.rig.server), 0);
	peer_send(b, "GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(b, at, "HTTP/1.1 503 ");
	peer_free(a);
	peer_free(b);
	loop_until(w.rig.base, &w.dropped);
	end();
}
END_TEST

START_TEST(answers_nobody_reads_do_not_take_all_memory)
{
	struct peer *p[4];

	BEGIN(.max_buffered = (size_t)64 << 20);
	for (int i = 0; i < 4; i++) {
		p[i] = peer_new(w.rig.base, w.rig.port);
		peer_reading(p[i], false);
		peer_send(p[i], "GET /body HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	while (w.handled < 4 || http_server_connections(w.rig.server) > 2)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.rig.logged), "requests and answers"));
	for (int i = 0; i < 4; i++)
		peer_free(p[i]);
	rig_expect_connections(&w.rig, 0);
	end();
}
END_TEST

START_TEST(many_requests_at_once_are_answered_in_several_rounds)
{
	struct peer *p[20], *h;
	size_t first;

	BEGIN(.get_concurrency = 100);
	for (int i = 0; i < 20; i++) {
		p[i] = peer_new(w.rig.base, w.rig.port);
		peer_send(p[i], "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		peer_expect(p[i], 0, "/a");
		p[i]->got.n = 0;
	}
	h = peer_new(w.rig.base, w.rig.port);
	peer_send(h, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(h, 0, "/health");
	h->got.n = 0;
	w.work = 2 * SPAN_MS;
	w.handled = 0;
	for (int i = 0; i < 20; i++)
		peer_send(p[i], "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_send(h, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
	/* In the first round all are written, in the next all are there. */
	while (w.handled == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	first = w.handled;
	ck_assert_uint_le(first, 4);
	peer_expect(h, 0, "/health");
	ck_assert_uint_lt(w.handled, 21);
	for (int i = 0; i < 20; i++)
		peer_expect(p[i], 0, "/b");
	ck_assert_uint_eq(w.handled, 21);
	for (int i = 0; i < 20; i++)
		peer_free(p[i]);
	peer_free(h);
	end();
}
END_TEST

/* Answers that need no place, as those of metrics, are made in as many rounds as that takes. */
START_TEST(many_answers_that_need_no_place_are_made_in_several_rounds)
{
	struct peer *p[20];
	size_t first;

	BEGIN(.get_concurrency = 1);
	for (int i = 0; i < 20; i++) {
		p[i] = peer_new(w.rig.base, w.rig.port);
		peer_send(p[i], "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
		peer_expect(p[i], 0, "/a");
		p[i]->got.n = 0;
	}
	w.piece_work = 2 * SPAN_MS;
	for (int i = 0; i < 20; i++)
		peer_send(p[i], "GET /free HTTP/1.1\r\nHost: x\r\n\r\n");
	while (w.pieces == 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	first = w.pieces;
	ck_assert_uint_le(first, 8);
	for (int i = 0; i < 20; i++)
		peer_expect(p[i], 0, "xxx");
	ck_assert_uint_eq(w.pieces, 20);
	for (int i = 0; i < 20; i++)
		peer_free(p[i]);
	loop_until(w.rig.base, &w.dropped);
	while (w.alive > 0)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	end();
}
END_TEST

#define SMALL_REQUESTS 2000	/* so many of those are more than all buffers hold */

/* Each answer to the last byte, whatever part of it the socket took at once. */
START_TEST(a_socket_takes_a_part_of_a_small_answer)
{
	static const char request[] = "POST /small HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
	struct peer *p;
	size_t n;
	char *whole;

	BEGIN(0);
	p = peer_new(w.rig.base, w.rig.port);
	peer_send(p, request);
	n = peer_expect(p, 0, "\r\n\r\n") + SMALL;
	peer_expect_bytes(p, n);
	ck_assert_uint_eq(p->got.n, n);
	whole = mem_strndup(p->got.p, n);
	/* Dates may change meanwhile. */
	peer_reading(p, false);
	for (int i = 0; i < SMALL_REQUESTS; i++)
		peer_send(p, request);
	for (size_t before = 0; w.handled != before;) {
		before = w.handled;
		for (int i = 0; i < 1000; i++)
			event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	}
	ck_assert_uint_lt(w.handled, SMALL_REQUESTS);
	p->got.n = 0;
	peer_reading(p, true);
	peer_expect_bytes(p, n * SMALL_REQUESTS);
	ck_assert_uint_eq(p->got.n, n * SMALL_REQUESTS);
	for (size_t i = 0; i < SMALL_REQUESTS; i++) {
		size_t date = (size_t)(strstr(whole, "Date: ") - whole), behind = date + strlen("Date: Mon, 02 Jan 2006 15:04:05");

		ck_assert(memcmp(p->got.p + i * n, whole, date) == 0);
		ck_assert(memcmp(p->got.p + i * n + behind, whole + behind, n - behind) == 0);
	}
	mem_free(whole);
	peer_free(p);
	end();
}
END_TEST

static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	*(bool *)arg = true;
}

/* Input that comes while an answer waits to be read wakes nobody up. */
START_TEST(what_is_not_read_does_not_turn_the_loop)
{
	struct timeval soon = { 0, 100000 };
	bool over = false;
	struct event *timer;
	struct peer *p;
	int rounds = 0;

	BEGIN(0);
	p = slow_peer("/body");
	timer = evtimer_new(w.rig.base, on_time, &over);
	for (int i = 0; i < 1000; i++)
		event_base_loop(w.rig.base, EVLOOP_NONBLOCK);
	peer_send(p, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
	evtimer_add(timer, &soon);
	for (; !over; rounds++)
		event_base_loop(w.rig.base, EVLOOP_ONCE);
	ck_assert_int_lt(rounds, 20);
	ck_assert_uint_eq(w.handled, 1);
	/* And it is read when its time has come. */
	peer_reading(p, true);
	peer_expect(p, p->got.n, "/next");
	event_free(timer);
	peer_free(p);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, who_reads_next_to_nothing_is_cut);
	tcase_add_test(tc, who_reads_slowly_is_served);
	tcase_add_test(tc, slow_readers_keep_no_places);
	tcase_add_test(tc, health_and_the_page_have_their_answers_whatever_the_limit);
	tcase_add_test(tc, answers_nobody_reads_do_not_take_all_memory);
	tcase_add_test(tc, many_requests_at_once_are_answered_in_several_rounds);
	tcase_add_test(tc, many_answers_that_need_no_place_are_made_in_several_rounds);
	tcase_add_test(tc, a_socket_takes_a_part_of_a_small_answer);
	tcase_add_test(tc, what_is_not_read_does_not_turn_the_loop);
}

int
main(void)
{
	return run_suite("http_pace", add);
}
