/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that take several turns of the loop, and what others and their own clients do meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "lib_peer.h"
#include "loop/clock_real.h"
#include "serve/http_server.h"
#include "suite.h"

#define LARGE ((size_t)9 << 20)

/* Goes over its body again and again, so that one that is gone shows. */
struct labour {
	struct http_later later;
	struct str body;
	struct arena *arena;
	struct str note;
	unsigned steps;
	bool held;
};

static struct {
	struct event_base *base;
	struct http_server *server;
	unsigned port;
	struct log log;
	unsigned alive, steps, worked;
	size_t size;		/* of the last body */
	bool go, done, dropped, stopped;
	int status;		/* of the last answer */
} w;

static bool
step(struct http_later *later, struct http_response *out, struct work *work, struct moment now)
{
	struct labour *l = CONTAINER_OF(later, struct labour, later);

	(void)now;
	ck_assert(!work_used_up(work));
	w.steps++;
	for (size_t i = 0; i < l->body.n; i += 1000)
		ck_assert_int_eq(l->body.p[i], 'x');
	ck_assert(str_is(l->note, "of the arena"));
	if (!w.go || ++l->steps < 3)
		return false;
	ck_assert_int_eq(out->status, 0);
	out->status = 200;
	out->wait_durable = l->held;
	sbuf_printf(&out->body, "done with %zu", l->body.n);
	w.done = true;
	return true;
}

static void
drop(struct http_later *later)
{
	w.alive--;
	w.dropped = true;
	mem_free(CONTAINER_OF(later, struct labour, later));
}

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	struct labour *l;

	(void)arg;
	(void)now;
	out->handler = STR("/test");
	w.size = r->body.n;
	if (!str_starts(r->path, STR("/long"))) {
		out->status = 200;
		sbuf_puts(&out->body, "plain");
		return;
	}
	l = NEW(struct labour);
	l->later = (struct http_later){ .step = step, .drop = drop };
	l->body = r->body;
	l->note = arena_str(r->arena, STR("of the arena"));
	l->held = str_is(r->path, "/long/held");
	out->later = &l->later;
	w.alive++;
}

static void
worked(void *arg)
{
	(void)arg;
	w.worked++;
}

static uint64_t
ticket(void *arg)
{
	(void)arg;
	return 1;
}

static void
observe(void *arg, const struct http_request *r, const struct http_response *resp, span took)
{
	(void)arg;
	(void)took;
	ck_assert(str_is(r->method, "POST") || str_is(r->method, "GET"));
	ck_assert(str_is(resp->handler, "/test"));
	w.status = resp->status;
}

static void
begin(span timeout)
{
	struct http_server_options o = { .timeout = timeout, .handle = handle, .worked = worked, .ticket = ticket, .observe = observe };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = o.base = event_base_new();
	w.log.clock = clock_real();
	o.log = &w.log;
	o.clock = clock_real();
	w.server = http_server_new(&o, &e);
	ck_assert_msg(w.server != NULL, "%s", e.text);
	ck_assert_msg(http_server_listen(w.server, STR("127.0.0.1:0"), &e), "%s", e.text);
	w.port = http_server_port(w.server, 0);
	http_server_serve(w.server);
}

static void
end(void)
{
	http_server_free(&w.server);
	ck_assert_uint_eq(w.alive, 0);
	event_base_free(w.base);
}

static void
post(struct peer *p, const char *path, size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	sbuf_printf(&b, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", path, n);
	for (size_t i = 0; i < n; i++)
		sbuf_putc(&b, 'x');
	peer_send_n(p, b.p, b.n);
	sbuf_fini(&b);
}

/* Until the handler has left something for later. */
static void
wait_begun(void)
{
	while (w.steps == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
}

START_TEST(is_answered_when_it_is_done)
{
	static const size_t sizes[] = { 1, 10000, 300000, LARGE };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct peer *p, *other;
		char wanted[64];
		size_t at;

		begin(0);
		p = peer_new(w.base, w.port);
		post(p, "/long", sizes[i]);
		peer_send(p, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
		wait_begun();
		/* Others go on, and the next request of the same connection waits. */
		other = peer_new(w.base, w.port);
		peer_send(other, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
		peer_expect(other, 0, "plain");
		ck_assert_uint_eq(p->got.n, 0);
		w.go = true;
		snprintf(wanted, sizeof(wanted), "\r\n\r\ndone with %zu", sizes[i]);
		at = peer_expect(p, 0, wanted);
		peer_expect(p, at, "plain");
		ck_assert_uint_eq(w.worked, w.steps);
		peer_free(other);
		peer_free(p);
		end();
	}
}
END_TEST

START_TEST(its_answer_waits_for_the_disk)
{
	struct peer *p;

	begin(0);
	p = peer_new(w.base, w.port);
	post(p, "/long/held", 10);
	w.go = true;
	loop_until(w.base, &w.dropped);
	ck_assert_uint_eq(p->got.n, 0);
	http_server_release(w.server, 1);
	peer_expect(p, 0, "done with 10");
	peer_free(p);
	end();
}
END_TEST

START_TEST(goes_on_without_its_client)
{
	static const size_t sizes[] = { 1, 10000, 300000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct peer *p;

		begin(500 * SPAN_MS);
		p = peer_new(w.base, w.port);
		post(p, "/long", sizes[i]);
		/* It is told that this takes too long, and then it hangs up. */
		peer_expect(p, 0, "Exceeded configured timeout of 500ms.");
		ck_assert_int_eq(w.status, 503);
		peer_send(p, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n");
		peer_expect(p, 0, "plain");
		peer_free(p);
		while (http_server_connections(w.server) > 0)
			event_base_loop(w.base, EVLOOP_ONCE);
		ck_assert_uint_eq(w.alive, 1);
		w.go = true;
		loop_until(w.base, &w.dropped);
		ck_assert(w.done);
		end();
	}
}
END_TEST

START_TEST(a_client_that_hangs_up_is_not_noticed)
{
	struct peer *p;

	begin(0);
	p = peer_new(w.base, w.port);
	post(p, "/long", 10000);
	wait_begun();
	peer_free(p);
	for (int i = 0; i < 50; i++)
		event_base_loop(w.base, EVLOOP_ONCE);
	w.go = true;
	loop_until(w.base, &w.dropped);
	ck_assert(w.done);
	end();
}
END_TEST

static void
on_stopped(void *arg)
{
	(void)arg;
	w.stopped = true;
}

START_TEST(a_stop_waits_for_it)
{
	for (int kind = 0; kind < 3; kind++) {
		struct peer *p;

		begin(kind == 1 ? 500 * SPAN_MS : 0);
		p = peer_new(w.base, w.port);
		post(p, "/long", 10000);
		wait_begun();
		/* Without its client, too. */
		if (kind == 1) {
			peer_expect(p, 0, "Exceeded configured timeout");
			peer_free(p);
			while (http_server_connections(w.server) > 0)
				event_base_loop(w.base, EVLOOP_ONCE);
		}
		http_server_stop(w.server, kind == 2 ? 50 * SPAN_MS : 20 * SPAN_S, on_stopped, NULL);
		for (int i = 0; i < 10; i++)
			event_base_loop(w.base, EVLOOP_ONCE);
		ck_assert(!w.stopped);
		/* But not for ever. */
		w.go = kind != 2;
		loop_until(w.base, &w.stopped);
		ck_assert_int_eq(w.done, kind != 2);
		if (kind == 0)
			peer_expect(p, 0, "done with 10000");
		if (kind != 1)
			peer_free(p);
		end();
	}
}
END_TEST

/* Freed in slices as well. */
START_TEST(a_large_body_of_a_quick_request)
{
	struct peer *p;

	begin(0);
	p = peer_new(w.base, w.port);
	for (int i = 0; i < 2; i++) {
		post(p, "/plain", LARGE);
		peer_expect(p, p->got.n, "plain");
		ck_assert_uint_eq(w.size, LARGE);
	}
	peer_free(p);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, is_answered_when_it_is_done);
	tcase_add_test(tc, its_answer_waits_for_the_disk);
	tcase_add_test(tc, goes_on_without_its_client);
	tcase_add_test(tc, a_client_that_hangs_up_is_not_noticed);
	tcase_add_test(tc, a_stop_waits_for_it);
	tcase_add_test(tc, a_large_body_of_a_quick_request);
}

int
main(void)
{
	return run_suite("http_later", add);
}
