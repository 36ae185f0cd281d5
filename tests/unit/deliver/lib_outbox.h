/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_outbox.h - an outbox between an engine and notifiers of this test's own making, with real transports. A program's one source
 * includes it: it puts functions of its own in the place of the engine's and the notifiers'.
 */
#ifndef LIB_OUTBOX_H
#define LIB_OUTBOX_H

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "core/delivery.h"
#include "core/engine.h"
#include "deliver/outbox.h"
#include "fetch/http_client.h"
#include "lib_peer.h"
#include "loop/clock_real.h"
#include "loop/drive.h"
#include "mail/mail.h"
#include "serve/http_server.h"

static struct {
	struct event_base *base;
	struct http_server *server;
	struct http_client *http;
	struct mail_pool *mail;
	struct outbox *outbox;
	struct notification n, other_n;
	struct integration integration, other;
	char url[100];
	int requests;		/* seen by the server */
	int starts, resumes, rearms;
	int legs;		/* requests that an attempt makes */
	int status;		/* of answers; 0: 200 */
	bool asks;		/* no request tells anybody */
	int beside;		/* … of these, not yet made, some beside others */
	int under_way, most;
	int progressed;
	enum step verdict;	/* of an attempt */
	bool inside;		/* outbox_send has not returned */
	uint64_t delivered[16];
	int delivered_n;
	struct outcome last;
	char last_error[200];
	struct clock clock;	/* stands still but for: */
	struct moment begun;
	span slow;		/* what the clock says a start takes */
	span passed;		/* … all of them */
	uint64_t cancel_too;
	struct str gateway;	/* of requests */
	bool spools;		/* they are files */
	enum admission admission;	/* to it; LATER is by 20 ms */
	int admitted, suppressed;	/* asked for; told the notifier */
	bool noted;		/* requests are, before they leave */
	struct outbox_wait *wait;	/* … and this one waits for it */
	int left, waits_ended;
	size_t keep;	/* so many bytes of an attempt's texts are kept */
	int found;	/* … of the one before */
	uint64_t late;	/* it may not leave any more */	/* attempt that the engine cancels while it is told of another */
} w;

static const struct http_config plain = { .follow_redirects = true };

static inline struct moment
clock_now(struct clock *c)
{
	struct moment m = w.begun;

	(void)c;
	m.mono = mono_add(m.mono, w.passed);
	return m;
}

static inline void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	(void)r;
	w.requests++;
	out->status = w.status != 0 ? w.status : 200;
	sbuf_puts(&out->body, "ok");
}

static inline void
fill(struct request *out)
{
	*out = (struct request){ .kind = REQUEST_HTTP, .asks = w.asks, .gateway = w.gateway, .recipient = w.gateway.n > 0 ? STR("+1") : STR_NONE,
		.http = { .method = STR("POST"), .url = str_from(w.url), .body = STR("{}"), .http = &plain } };
	if (!w.spools)
		return;
	out->kind = REQUEST_SPOOL;
	out->spool = (struct spool_request){ STR("/nonexistent"), STR("in"), STR("sent"), STR("failed"), STR("checked"), STR("m"), STR("text") };
}

static inline void
keep_some(struct attempt *a)
{
	struct kept_key key = { .source = STR("t") };
	struct str text;
	uint64_t steps;

	ck_assert_ptr_nonnull(a->kept);
	if (kept_get(a->kept, &key, &text, &steps)) {
		w.found++;
	} else {
		char *bytes = mem_alloc(w.keep);

		memset(bytes, 'x', w.keep);
		kept_put(a->kept, &key, (struct str){ bytes, w.keep }, 1);
		mem_free(bytes);
	}
}

enum step
notify_start(struct attempt *a, struct request *out, struct err *e)
{
	ck_assert(!w.inside);
	ck_assert(a->n == &w.n || a->n == &w.other_n);
	ck_assert_ptr_nonnull(a->arena);
	ck_assert_ptr_nonnull(a->rand);
	w.starts++;
	w.passed += w.slow;
	if (w.keep > 0)
		keep_some(a);
	if (w.legs > 0) {
		fill(out);
		out->about = &w.starts;
		w.most = w.under_way = 1;
		return STEP_SEND;
	}
	if (w.verdict != STEP_DONE)
		err_set(e, ERR_INVALID, "did not start");
	return w.verdict;
}

enum step
notify_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	int *done = a->state != NULL ? a->state : (a->state = ARENA_NEW(a->arena, int));

	w.resumes++;
	w.under_way--;
	ck_assert_ptr_eq(r->about, &w.starts);
	ck_assert(a->left > 0 && a->left <= 20 * SPAN_S);
	if (r->transport_error || r->status == 504) {
		err_set(e, ERR_IO, "%.*s", STR_ARG(r->error));
		return STEP_RETRY;
	}
	w.suppressed += r->suppressed;
	ck_assert(r->suppressed || (r->status == 200 && str_is(r->body, "ok")));
	++*done;
	if (w.beside > 0)
		return notify_more(a, out);
	if (w.under_way > 0)
		return STEP_WAIT;
	if (*done < w.legs) {
		fill(out);
		out->about = &w.starts;
		w.under_way++;
		return STEP_SEND;
	}
	a->failure = FAILURE_CLIENT_ERROR;
	a->retry_after = 3;
	if (w.verdict != STEP_DONE)
		err_set(e, ERR_INVALID, "no luck");
	return w.verdict;
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
	(void)n;
	return true;
}

enum step
notify_more(struct attempt *a, struct request *out)
{
	(void)a;
	if (w.beside == 0)
		return STEP_WAIT;
	w.beside--;
	fill(out);
	out->about = &w.starts;
	if (++w.under_way > w.most)
		w.most = w.under_way;
	return STEP_SEND;
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
	return attempt == w.late;
}

bool
engine_may_leave(const struct engine *e, uint64_t attempt, struct moment now)
{
	ck_assert_ptr_null(e);
	ck_assert(now.mono.ns > 0);
	return attempt != w.late;
}

enum admission
engine_admit(struct engine *e, uint64_t attempt, struct str gateway, struct str recipient, struct moment now, struct mono *at)
{
	ck_assert_ptr_null(e);
	ck_assert_uint_eq(attempt, 7);
	ck_assert(str_eq(gateway, w.gateway));
	ck_assert(str_is(recipient, "+1"));
	w.admitted++;
	*at = mono_add(now.mono, 20 * SPAN_MS);
	return w.admission;
}

bool
engine_leaves(struct engine *e, uint64_t attempt, struct str recipient, struct moment now)
{
	ck_assert_ptr_null(e);
	ck_assert_uint_eq(attempt, 7);
	ck_assert(str_is(recipient, "+1") && now.mono.ns > 0);
	return w.noted;
}

void
engine_left(struct engine *e, uint64_t attempt, struct str recipient, struct moment now)
{
	ck_assert_ptr_null(e);
	ck_assert_uint_eq(attempt, 7);
	ck_assert(str_is(recipient, "+1") && now.mono.ns > 0);
	ck_assert(w.wait == NULL);
	w.left++;
}

static inline bool
wait_for_store(void *arg, struct outbox_wait *wait)
{
	ck_assert_ptr_null(arg);
	ck_assert_ptr_null(w.wait);
	wait->waiting = &w;
	w.wait = wait;
	return true;
}

static inline void
wait_no_more(void *arg, struct outbox_wait *wait)
{
	ck_assert_ptr_null(arg);
	ck_assert_ptr_eq(wait, w.wait);
	wait->waiting = NULL;
	w.wait = NULL;
	w.waits_ended++;
}

void
engine_delivered(struct engine *e, uint64_t attempt, const struct outcome *o, struct moment now)
{
	ck_assert(!w.inside);
	ck_assert_ptr_null(e);
	ck_assert(now.mono.ns > 0);
	w.delivered[w.delivered_n++] = attempt;
	w.last = *o;
	snprintf(w.last_error, sizeof(w.last_error), "%.*s", STR_ARG(o->error));
	if (w.cancel_too != 0)
		outbox_cancel(w.outbox, w.cancel_too);
	outbox_cancel(w.outbox, attempt);	/* over already: nothing happens */
}

void
drive_rearm(struct drive *d)
{
	ck_assert_ptr_null(d);
	w.rearms++;
}

static inline void
begin(void)
{
	struct http_server_options so = { .clock = clock_real(), .handle = handle, .get_concurrency = 100 };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = so.base = event_base_new();
	w.server = http_server_new(&so, &e);
	ck_assert(http_server_listen(w.server, STR("127.0.0.1:0"), &e));
	http_server_serve(w.server);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u/", http_server_port(w.server, 0));
	w.http = http_client_new(&(struct http_client_options){ .base = w.base, .clock = clock_real() }, &e);
	w.mail = mail_pool_new(&(struct mail_pool_options){ .base = w.base, .clock = clock_real() });
	w.clock.now = clock_now;
	w.begun = clock_real()->now(clock_real());
	w.outbox = outbox_new(&(struct outbox_options){ .base = w.base, .clock = &w.clock, .http = w.http,
	    .mail = w.mail, .wait = wait_for_store, .wait_cancel = wait_no_more, .external_url = STR("http://am"), .user_agent = STR("ua"), .hostname = STR("h") });
	outbox_attach(w.outbox, NULL, NULL);
	w.n.integration = &w.integration;
}

static inline void
end(void)
{
	outbox_free(&w.outbox);
	ck_assert_ptr_null(w.outbox);
	mail_pool_free(&w.mail);
	http_client_free(&w.http);
	http_server_free(&w.server);
	event_base_free(w.base);
}

static inline void
send_notification(uint64_t number, struct notification *n)
{
	struct moment now = clock_now(&w.clock);

	w.inside = true;
	outbox_send(w.outbox, number, n, mono_add(now.mono, 20 * SPAN_S));
	w.inside = false;
}

static inline void
send_attempt(uint64_t number)
{
	send_notification(number, &w.n);
}

static inline void
await(int delivered)
{
	while (w.delivered_n < delivered)
		event_base_loop(w.base, EVLOOP_ONCE);
}

#endif
