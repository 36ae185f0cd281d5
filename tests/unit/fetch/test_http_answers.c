/* SPDX-License-Identifier: Apache-2.0 */
/* Long answers, slow ones, and redirects that are not wanted. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "fetch/http_client.h"
#include "lib_got.h"
#include "loop/clock_real.h"
#include "serve/http_server.h"
#include "suite.h"

#define LARGE 3000000
#define PIECES 5

/* A body of several pieces, each of which is made after a pause when the one before has arrived. */
struct drip {
	struct http_stream stream;
	size_t given;
	bool held;
};

/* A client and, on the same loop, a server. */
static struct {
	struct event_base *base;
	struct http_server *server;
	struct http_client *client;
	struct sbuf seen;		/* methods and paths in lines */
	struct arena *arena;
	struct drip *drip;		/* the stream of /drip, while it lasts */
	struct mono still;		/* what the client's clock shows; 0: the time */
	struct got got;
} w;

static struct moment
client_now(struct clock *c)
{
	struct moment m = clock_real()->now(clock_real());

	(void)c;
	if (w.still.ns != 0)
		m.mono = w.still;
	return m;
}

static struct clock client_clock = { client_now };

static enum http_more
drip_next(struct http_stream *s, struct sbuf *out, struct work *work, struct moment now, struct err *e)
{
	struct drip *d = CONTAINER_OF(s, struct drip, stream);

	(void)work;
	(void)now;
	(void)e;
	/* The server asks also when the client has taken something. */
	if (d->held)
		return HTTP_WAIT;
	d->held = true;
	for (size_t i = 0; i < HTTP_PIECE; i++)
		sbuf_putc(out, (char)('1' + d->given));
	w.still = mono_add(w.still, 40 * SPAN_MS);
	return ++d->given < PIECES ? HTTP_WAIT : HTTP_END;
}

static void
drip_drop(struct http_stream *s)
{
	w.drip = NULL;
	mem_free(CONTAINER_OF(s, struct drip, stream));
}

static void
on_pause_over(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	w.drip->held = false;
	w.drip->stream.ready(w.drip->stream.ready_arg);
}

/* Keeps what comes, and lets the next piece come. */
struct bucket {
	struct fetch_sink sink;
	struct sbuf got;
	bool full;
};

static bool
bucket_put(struct fetch_sink *s, struct str piece, struct err *e)
{
	struct bucket *b = CONTAINER_OF(s, struct bucket, sink);

	if (b->full)
		return err_set(e, ERR_IO, "the bucket is full");
	sbuf_str(&b->got, piece);
	if (w.drip != NULL && w.drip->given < PIECES && b->got.n == w.drip->given * HTTP_PIECE)
		event_base_once(w.base, -1, EV_TIMEOUT, on_pause_over, NULL, &(struct timeval){ 0, 60000 });
	return true;
}

/* /302/x redirects with 302 to /x. */
static void
receiver(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	sbuf_printf(&w.seen, "%.*s %.*s\n", STR_ARG(r->method), STR_ARG(r->path));
	out->status = 200;
	if (str_starts(r->path, STR("/30"))) {
		out->status = (int)strtol(r->path.p + 1, NULL, 10);
		http_response_header(out, "Location", str_sub(r->path, 4, r->path.n));
	} else if (str_is(r->path, "/busy")) {
		out->status = 429;
		sbuf_puts(&out->body, "slow");
	} else if (str_is(r->path, "/hang")) {
		out->wait_durable = true;
	} else if (str_is(r->path, "/large")) {
		for (int i = 0; i < LARGE; i++)
			sbuf_putc(&out->body, 'x');
	} else if (str_is(r->path, "/drip")) {
		w.drip = NEW(struct drip);
		w.drip->stream = (struct http_stream){ .size = HTTP_STREAM_UNKNOWN, .next = drip_next, .drop = drip_drop };
		out->stream = &w.drip->stream;
	}
}

static uint64_t
ticket(void *arg)
{
	(void)arg;
	return 1;
}

/* The host is one that has answered: what can, goes by the kept connections of http_plain.h. */
static bool warm;
static void warm_up(void);

static void
set_warm(void)
{
	warm = true;
}

static void
begin(void)
{
	struct http_server_options so = { .clock = clock_real(), .handle = receiver, .ticket = ticket,
		.get_concurrency = 1000 };
	struct http_client_options o = { .clock = &client_clock };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = so.base = o.base = event_base_new();
	w.arena = arena_new();
	w.seen.max = SBUF_UNLIMITED;
	got_init(&w.got);
	w.server = http_server_new(&so, &e);
	ck_assert_msg(http_server_listen(w.server, STR("127.0.0.1:0"), &e), "%s", e.text);
	http_server_serve(w.server);
	w.client = http_client_new(&o, &e);
	ck_assert_ptr_nonnull(w.client);
	if (warm)
		warm_up();
}

static void
end(void)
{
	http_client_free(&w.client);
	http_server_free(&w.server);
	sbuf_fini(&w.seen);
	got_fini(&w.got);
	arena_free(&w.arena);
	event_base_free(w.base);
}

static struct fetch_request
request(const char *method, const char *path)
{
	static const struct http_config plain = { .follow_redirects = true };

	return (struct fetch_request){ .method = str_from(method), .http = &plain,
		.url = arena_printf(w.arena, "http://127.0.0.1:%u%s", http_server_port(w.server, 0), path),
		.body = method[0] == 'P' ? STR("{}") : STR_NONE };
}

static void
run(const struct fetch_request *r)
{
	struct http_call *call;

	w.got.answered = false;
	call = http_client_start(w.client, r, mono_add(client_now(NULL).mono, 60 * SPAN_S), got_answer, &w.got);
	ck_assert_ptr_nonnull(call);
	while (!w.got.answered)
		event_base_loop(w.base, EVLOOP_ONCE);
}

static void
warm_up(void)
{
	struct fetch_request r = request("POST", "/warm");

	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	sbuf_reset(&w.seen);
}

START_TEST(as_much_is_kept_as_is_wanted)
{
	static const struct {
		size_t max, kept;
		bool cut;
	} table[] = { { 0, 1 << 20, true }, { LARGE, LARGE, false }, { LARGE - 1, LARGE - 1, true } };

	begin();
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fetch_request r = request(warm ? "POST" : "GET", "/large");

		r.body_max = table[i].max;
		run(&r);
		ck_assert_int_eq(w.got.resp.status, 200);
		ck_assert_uint_eq(w.got.body.n, table[i].kept);
		ck_assert(w.got.resp.cut == table[i].cut);
	}
	end();
}
END_TEST

START_TEST(a_sink_takes_what_was_asked_for)
{
	struct bucket b = { { bucket_put }, { .max = SBUF_UNLIMITED }, false };
	struct fetch_request r;

	begin();
	r = request("POST", "/307/large");
	r.sink = &b.sink;
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_uint_eq(b.got.n, LARGE);
	ck_assert_uint_eq(w.got.body.n, 0);
	sbuf_reset(&b.got);
	r = request("POST", "/busy");
	r.sink = &b.sink;
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 429);
	ck_assert_str_eq(w.got.body.p, "slow");
	ck_assert_uint_eq(b.got.n, 0);
	b.full = true;
	r = request("POST", "/large");
	r.sink = &b.sink;
	run(&r);
	ck_assert(w.got.resp.transport_error);
	ck_assert_str_eq(w.got.error.p, "the bucket is full");
	sbuf_fini(&b.got);
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
	struct counted_gate g = { { counted_open }, 2 };
	struct fetch_request r;

	begin();
	r = request("POST", "/307/busy");
	r.gate = &g.gate;
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 429);
	ck_assert_int_eq(g.left, 0);
	sbuf_reset(&w.seen);
	run(&r);
	ck_assert(w.got.resp.transport_error && !w.got.resp.unanswered);
	ck_assert_str_eq(w.got.error.p, "it is too late");
	ck_assert_uint_eq(w.seen.n, 0);
	g.left = 1;
	run(&r);
	ck_assert(w.got.resp.transport_error);
	ck_assert_str_eq(sbuf_cstr(&w.seen), "POST /307/busy\n");
	end();
}
END_TEST

/* However long it takes: but no pause may be longer than said. */
START_TEST(idle_time_is_not_a_deadline)
{
	struct bucket b = { { bucket_put }, { .max = SBUF_UNLIMITED }, false };
	struct fetch_request r;
	struct mono begun;

	begin();
	r = request("POST", "/drip");
	r.sink = &b.sink;
	r.idle = 50 * SPAN_MS;
	w.still = begun = client_now(NULL).mono;
	run(&r);
	ck_assert_msg(!w.got.resp.transport_error, "%s", w.got.error.p);
	ck_assert_uint_eq(b.got.n, PIECES * HTTP_PIECE);
	ck_assert_int_eq(mono_sub(w.still, begun), PIECES * 40 * SPAN_MS);
	w.still.ns = 0;
	r = request("POST", "/hang");
	r.idle = 40 * SPAN_MS;
	run(&r);
	ck_assert(w.got.resp.transport_error && w.got.resp.timed_out);
	ck_assert_msg(strstr(w.got.error.p, "/hang\": context deadline exceeded: nothing came or went for 40ms") != NULL, "%s",
	    w.got.error.p);
	sbuf_fini(&b.got);
	end();
}
END_TEST

START_TEST(a_method_may_be_kept)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *seen;
	} table[] = {
		{ "POST", "/302/x", 302, "POST /302/x\n" },
		{ "DELETE", "/303/x", 303, "DELETE /303/x\n" },
		{ "POST", "/308/x", 200, "POST /308/x\nPOST /x\n" },
		{ "GET", "/302/x", 200, "GET /302/x\nGET /x\n" },
	};

	begin();
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fetch_request r = request(table[i].method, table[i].path);

		r.keep_method = true;
		sbuf_reset(&w.seen);
		run(&r);
		ck_assert_int_eq(w.got.resp.status, table[i].status);
		ck_assert_str_eq(w.seen.p, table[i].seen);
	}
	end();
}
END_TEST

static void
add_tests(TCase *tc)
{
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, as_much_is_kept_as_is_wanted);
	tcase_add_test(tc, a_sink_takes_what_was_asked_for);
	tcase_add_test(tc, nothing_leaves_by_a_closed_gate);
	tcase_add_test(tc, idle_time_is_not_a_deadline);
	tcase_add_test(tc, a_method_may_be_kept);
}

static void
add_kept(TCase *tc)
{
	add_tests(tc);
	tcase_add_unchecked_fixture(tc, set_warm, NULL);
}

int
main(void)
{
	int cold = run_suite("http_answers", add_tests), kept = run_suite("http_answers, kept connections", add_kept);

	return cold != EXIT_SUCCESS ? cold : kept;
}
