/* SPDX-License-Identifier: Apache-2.0 */
/* Notifiers that work in other threads: what is theirs, what comes home, and what happens when nobody waits any more. */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "core/delivery.h"
#include "core/engine.h"
#include "deliver/outbox.h"
#include "fetch/http_client.h"
#include "loop/clock_real.h"
#include "loop/drive.h"
#include "mail/mail.h"
#include "serve/http_server.h"
#include "suite.h"

static struct {
	struct event_base *base;
	struct http_server *server;
	struct http_client *http;
	struct mail_pool *mail;
	struct outbox *outbox;
	struct log log;
	struct sbuf logged;
	struct notification n;
	struct notification_life life;
	struct integration integration;
	struct recipient to[2];
	char url[100];
	bool later;		/* the notifier renders in resume, too */
	bool again;		/* it is to be tried again */
	bool try_first;		/* too much is known only once it was tried */
	atomic_bool gate;	/* a start waits until it is open */
	atomic_int here, away, entered;	/* calls on the loop, in other threads, begun there */
	int asked, progressed, over, delivered;
	struct outcome last;
	char last_error[200];
} w;

static const struct http_config plain = { .follow_redirects = true };

static void
note_thread(void)
{
	atomic_fetch_add(gettid() == getpid() ? &w.here : &w.away, 1);
}

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)r;
	(void)now;
	w.asked++;
	out->status = 200;
	sbuf_puts(&out->body, "ok");
}

static void
fill(struct request *out)
{
	*out = (struct request){ .kind = REQUEST_HTTP,
		.http = { .method = STR("POST"), .url = str_from(w.url), .body = STR("{}"), .http = &plain } };
}

enum step
notify_start(struct attempt *a, struct request *out, struct err *e)
{
	note_thread();
	ck_assert(a->env->cache_get != NULL && a->arena != NULL && a->rand != NULL);
	if (gettid() == getpid()) {
		ck_assert_uint_gt(a->max_steps, 0);
		a->too_much = w.try_first;
		a->env->truncated(a->env->arg, a->n, "tried", 1);
		err_set(e, ERR_LIMIT, "too much for the loop");
		return STEP_FAIL;
	}
	ck_assert_uint_eq(a->max_steps, 0);
	ck_assert(!a->too_much);
	ck_assert_int_eq(a->failure, FAILURE_OTHER);
	/* The engine may read all it has meanwhile. */
	ck_assert_ptr_ne(a->n, &w.n);
	ck_assert_ptr_ne(a->n->recipients.v, w.n.recipients.v);
	if (a->kept->first == NULL)
		kept_put(a->kept, &(struct kept_key){ .source = STR("t") },
		    (struct str){ arena_alloc(a->arena, (size_t)2 << 20), (size_t)2 << 20 }, 1);
	/* More than is freed on the loop. */
	ck_assert_ptr_nonnull(arena_alloc(a->arena, (size_t)2 << 20));
	atomic_fetch_add(&w.entered, 1);
	while (!atomic_load(&w.gate))
		sched_yield();
	a->env->truncated(a->env->arg, a->n, "title", 7);
	a->env->cache_put(a->env->arg, STR("token"), STR("x"), SPAN_HOUR, a->now);
	a->n->recipients.v[0].tries++;
	fill(out);
	return STEP_SEND;
}

enum step
notify_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	struct str token;

	note_thread();
	(void)out;
	(void)e;
	if (w.again) {
		err_set(e, ERR_IO, "once more");
		return STEP_RETRY;
	}
	ck_assert_int_eq(r->status, 200);
	ck_assert(str_is(r->body, "ok"));
	ck_assert(a->env->cache_get(a->env->arg, STR("token"), a->now, a->arena, &token));
	for (size_t i = 0; i < a->n->recipients.n; i++)
		if (a->n->recipients.v[i].state == RECIPIENT_PENDING) {
			a->n->recipients.v[i].state = RECIPIENT_DONE;
			a->n->recipients.v[i].provider_id = arena_printf(a->arena, "id-%zu", i);
			fill(out);
			return i + 1 < a->n->recipients.n ? STEP_SEND : STEP_DONE;
		}
	return STEP_FAIL;
}

enum step
notify_more(struct attempt *a, struct request *out)
{
	(void)a;
	(void)out;
	return STEP_WAIT;
}

void
notify_take_templates(struct attempt *a)
{
	(void)a;
}

void
notify_return_templates(struct attempt *a)
{
	(void)a;
}

bool
notify_renders_at_start(const struct notification *n)
{
	ck_assert_ptr_eq(n, &w.n);
	return !w.later;
}

void
notification_hold(struct notification *n)
{
	n->life->holds++;
}

void
notification_let_go(struct notification *n)
{
	if (--n->life->holds == 0 && n->life->over != NULL)
		n->life->over(n->life);
}

void
engine_progressed(struct engine *e, uint64_t attempt, struct moment now)
{
	(void)e;
	(void)attempt;
	(void)now;
	w.progressed++;
}

bool
engine_needs_lease(const struct engine *e, uint64_t attempt)
{
	(void)e;
	(void)attempt;
	return false;
}

enum admission
engine_admit(struct engine *e, uint64_t attempt, struct str gateway, struct str recipient, struct moment now, struct mono *at)
{
	(void)e;
	(void)attempt;
	(void)gateway;
	(void)recipient;
	(void)now;
	(void)at;
	return ADMIT_GO;
}

bool
engine_leaves(struct engine *e, uint64_t attempt, struct str recipient, struct moment now)
{
	(void)e;
	(void)attempt;
	(void)recipient;
	(void)now;
	return false;
}

void
engine_left(struct engine *e, uint64_t attempt, struct str recipient, struct moment now)
{
	(void)e;
	(void)attempt;
	(void)recipient;
	(void)now;
}

bool
engine_may_leave(const struct engine *e, uint64_t attempt, struct moment now)
{
	(void)e;
	(void)attempt;
	(void)now;
	return true;
}

void
engine_delivered(struct engine *e, uint64_t attempt, const struct outcome *o, struct moment now)
{
	(void)e;
	(void)attempt;
	(void)now;
	w.delivered++;
	w.last = *o;
	snprintf(w.last_error, sizeof(w.last_error), "%.*s", STR_ARG(o->error));
}

void
drive_rearm(struct drive *d)
{
	(void)d;
}

static void
on_log(void *arg, const char *line, size_t n)
{
	sbuf_put(arg, line, n);
}

static void
begin(void)
{
	struct http_server_options so = { .clock = clock_real(), .handle = handle, .get_concurrency = 100 };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.gate = true;
	w.base = so.base = event_base_new();
	w.server = http_server_new(&so, &e);
	ck_assert(http_server_listen(w.server, STR("127.0.0.1:0"), &e));
	http_server_serve(w.server);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u/", http_server_port(w.server, 0));
	w.http = http_client_new(&(struct http_client_options){ .base = w.base, .clock = clock_real() }, &e);
	w.mail = mail_pool_new(&(struct mail_pool_options){ .base = w.base, .clock = clock_real() });
	w.logged = (struct sbuf)SBUF_INIT(1 << 20);
	w.log = (struct log){ .level = LOG_DEBUG, .clock = clock_real(), .write = on_log, .arg = &w.logged };
	w.outbox = outbox_new(&(struct outbox_options){ .base = w.base, .clock = clock_real(), .http = w.http, .log = &w.log,
	    .mail = w.mail, .external_url = STR("http://am"), .user_agent = STR("ua"), .hostname = STR("h") });
	outbox_attach(w.outbox, NULL, NULL);
	static const struct integration_kind kind = { .name = "test" };
	static const struct receiver receiver = { .name = { "r", 1 } };
	w.integration.kind = &kind;
	w.n.integration = &w.integration;
	w.n.receiver = &receiver;
	w.n.alerts_n = 20000;
	w.n.arena = arena_new();
	w.n.life = &w.life;
	w.to[0].to = STR("a");
	w.to[1].to = STR("b");
	w.n.recipients = (struct recipients){ .v = w.to, .n = 2, .known = true };
}

static void
end(void)
{
	outbox_free(&w.outbox);
	ck_assert_uint_eq(w.life.holds, 0);
	mail_pool_free(&w.mail);
	http_client_free(&w.http);
	http_server_free(&w.server);
	event_base_free(w.base);
	arena_free(&w.n.arena);
	sbuf_fini(&w.logged);
}

static void
send_attempt(uint64_t number)
{
	struct moment now = clock_real()->now(clock_real());

	outbox_send(w.outbox, number, &w.n, mono_add(now.mono, 20 * SPAN_S));
}

static bool
was_logged(const char *text)
{
	return strstr(sbuf_cstr(&w.logged), text) != NULL;
}

static void
expect_whole(void)
{
	while (w.delivered == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert(w.last.ok);
	ck_assert_int_eq(w.away, 3);
	ck_assert_int_eq(w.asked, 2);
	/* A recipient that was reached is the engine's knowledge at once. */
	ck_assert_int_eq(w.progressed, 1);
	ck_assert_int_eq(w.to[0].state, RECIPIENT_DONE);
	ck_assert_int_eq(w.to[1].state, RECIPIENT_DONE);
	ck_assert_uint_eq(w.to[0].tries, 1);
	ck_assert(str_is(w.to[1].provider_id, "id-1"));
	ck_assert(was_logged("field=title"));
	ck_assert(!was_logged("tried"));
	ck_assert_uint_eq(w.life.holds, 0);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
}

START_TEST(many_alerts)
{
	begin();
	send_attempt(1);
	expect_whole();
	ck_assert_int_eq(w.here, 0);
	end();
}
END_TEST

START_TEST(templates_behind_the_start)
{
	begin();
	w.n.alerts_n = 0;
	w.later = true;
	send_attempt(1);
	expect_whole();
	ck_assert_int_eq(w.here, 0);
	end();
}
END_TEST

/* The loop tries, within bounds, and what it tried is as if it had not. */
START_TEST(more_than_it_seemed)
{
	begin();
	w.n.alerts_n = 0;
	w.try_first = true;
	send_attempt(1);
	expect_whole();
	ck_assert_int_eq(w.here, 1);
	end();
}
END_TEST

/* It was too much once. */
START_TEST(the_loop_does_not_try_again)
{
	begin();
	w.n.alerts_n = 0;
	w.try_first = w.again = true;
	send_attempt(1);
	while (w.delivered == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert(w.last.retry && w.n.kept != NULL);
	ck_assert_int_eq(w.here, 1);
	send_attempt(2);
	while (w.delivered == 1)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert(w.last.retry && w.n.kept != NULL);
	ck_assert_int_eq(w.here, 1);
	outbox_forget(w.outbox, &w.n);
	ck_assert_ptr_null(w.n.kept);
	end();
}
END_TEST

START_TEST(the_loop_goes_on)
{
	begin();
	w.gate = false;
	send_attempt(1);
	while (w.entered == 0)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	/* Small ones do not wait for it. */
	w.n.alerts_n = 0;
	send_attempt(2);
	while (w.delivered == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.here, 1);
	ck_assert(was_logged("field=tried"));
	ck_assert_str_eq(w.last_error, "too much for the loop");
	w.delivered = 0;
	w.gate = true;
	while (w.delivered == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert(w.last.ok);
	end();
}
END_TEST

static void
on_over(struct notification_life *life)
{
	ck_assert_ptr_eq(life, &w.life);
	w.over++;
}

/* As a flight does that ends: all it points to stays until the thread is out of it. */
START_TEST(canceled_while_it_works)
{
	begin();
	w.gate = false;
	for (uint64_t i = 1; i <= 4; i++)
		send_attempt(i);
	while (w.entered < 2)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	for (uint64_t i = 1; i <= 4; i++)
		outbox_cancel(w.outbox, i);
	ck_assert_uint_eq(outbox_pending(w.outbox), 0);
	ck_assert_uint_eq(w.life.holds, 4);
	w.life.over = on_over;
	w.gate = true;
	while (w.over == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	/* Those that had not begun are not begun any more. */
	ck_assert_int_eq(w.entered, 2);
	ck_assert_int_eq(w.delivered, 0);
	ck_assert_int_eq(w.asked, 0);
	ck_assert_uint_eq(w.to[0].tries, 0);
	ck_assert(!was_logged("title"));
	end();
}
END_TEST

START_TEST(the_end_while_it_works)
{
	begin();
	w.gate = false;
	for (uint64_t i = 1; i <= 4; i++)
		send_attempt(i);
	while (w.entered < 2)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
	w.gate = true;
	end();
	ck_assert_int_le(w.entered, 3);
	ck_assert_int_eq(w.delivered, 0);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, many_alerts);
	tcase_add_test(tc, templates_behind_the_start);
	tcase_add_test(tc, more_than_it_seemed);
	tcase_add_test(tc, the_loop_does_not_try_again);
	tcase_add_test(tc, the_loop_goes_on);
	tcase_add_test(tc, canceled_while_it_works);
	tcase_add_test(tc, the_end_while_it_works);
}

int
main(void)
{
	return run_suite("away", add);
}
