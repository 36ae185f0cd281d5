/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder_hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/mem.h"
#include "base/vec.h"
#include "fetch/http_client.h"
#include "loop/timer.h"
#include "text/url.h"

#define QUEUE_MAX 8192
#define WORKERS 4
#define WORKERS_MAX 64
#define TIMEOUT (10 * SPAN_S)
#define ATTEMPTS 3
#define FIRST_PAUSE (500 * SPAN_MS)
#define MAX_PAUSE (30 * SPAN_S)
#define BATCH_EVENTS 100
#define BATCH_BYTES (1 << 20)
#define BATCH_WAIT (100 * SPAN_MS)

/* One request and its retries. */
struct hook_call {
	struct hook *hook;
	struct sbuf body;
	size_t events;		/* in it; 0: idle */
	unsigned attempts;	/* begun */
	struct fetch_request request;
	struct http_header headers[2];
	struct http_call *call;
	struct timer pause;
};

struct hook {
	struct hook_options o;
	char *name;
	VEC(struct str) queue;	/* owned texts, from `head` on */
	size_t head;
	struct hook_call *calls;
	size_t calls_n;
	struct timer flush;	/* when a batch has waited long enough */
	bool flush_now, closed;
};

static const struct http_config default_http = { .follow_redirects = true, .enable_http2 = true };

static int64_t
or_default(int64_t v, int64_t otherwise)
{
	return v > 0 ? v : otherwise;
}

static void pump(struct hook *h);

static char *
make_name(struct str url)
{
	struct arena *a = arena_new();
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	struct url u;
	char *name;
	size_t n;

	sbuf_puts(&b, "webhook:");
	if (url_parse(a, url, &u, &e)) {
		u.has_user = false;
		u.query = u.fragment = u.raw_fragment = STR("");
		u.force_query = false;
		url_format(&b, &u);
	} else {
		sbuf_puts(&b, "<invalid>");
	}
	name = sbuf_take(&b, &n);
	arena_free(&a);
	return name;
}

static void
call_over(struct hook_call *c)
{
	c->events = 0;
	c->attempts = 0;
	sbuf_reset(&c->body);
	pump(c->hook);
}

static void
on_answer(void *arg, const struct fetch_response *r)
{
	struct hook_call *c = arg;
	struct hook *h = c->hook;
	unsigned most = (unsigned)or_default(h->o.conf->max_retries, ATTEMPTS);
	span pause = or_default(h->o.conf->retry_backoff, FIRST_PAUSE);
	char why[64];

	c->call = NULL;
	if (!r->transport_error && r->status / 100 == 2) {
		call_over(c);
		return;
	}
	snprintf(why, sizeof(why), "event recorder webhook returned HTTP %d", r->status);
	LOG(h->o.log, LOG_WARN, "Event recorder HTTP output POST failed", F_CSTR("output", h->name),
	    F_UINT("attempt", c->attempts), F_STR("err", r->transport_error ? r->error : str_from(why)));
	if (c->attempts >= most) {
		LOG(h->o.log, LOG_ERROR, "Event recorder HTTP output POST failed after retries, dropping event",
		    F_CSTR("output", h->name), F_UINT("retries", most), F_UINT("events", c->events));
		call_over(c);
		return;
	}
	timer_in(&c->pause, backoff_doubled(pause, c->attempts - 1, MAX_PAUSE));
}

static void
attempt(struct hook_call *c)
{
	struct hook *h = c->hook;
	span timeout = or_default(h->o.conf->timeout, TIMEOUT);

	c->attempts++;
	c->headers[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	c->headers[1] = (struct http_header){ STR("User-Agent"), h->o.user_agent };
	c->request = (struct fetch_request){
		.method = STR("POST"),
		.url = h->o.conf->url,
		.body = sbuf_get(&c->body),
		.headers = c->headers,
		.headers_n = 2,
		.http = h->o.conf->http_config != NULL ? h->o.conf->http_config : &default_http,
		.timeout = timeout,
		.timeout_name = "event recorder webhook",
		.secret_url = true,
	};
	c->call = http_client_start(h->o.http, &c->request, mono_add(h->o.clock->now(h->o.clock).mono, timeout + SPAN_S),
	    on_answer, c);
}

static void
on_pause(void *arg)
{
	attempt(arg);
}

static void
on_flush(void *arg)
{
	struct hook *h = arg;

	h->flush_now = true;
	pump(h);
}

static size_t
waiting(const struct hook *h)
{
	return h->queue.n - h->head;
}

/* How many events the next request takes: at most a batch; 0: it is not full, and may wait. */
static size_t
next_batch(const struct hook *h)
{
	size_t most = (size_t)or_default(h->o.conf->batch_max_events, BATCH_EVENTS);
	size_t bytes_max = (size_t)or_default(h->o.conf->batch_max_bytes, BATCH_BYTES);
	size_t bytes = 2, n = 0;

	for (; n < waiting(h); n++) {
		size_t more = h->queue.v[h->head + n].n + (n > 0);

		if (n == most || (n > 0 && bytes + more > bytes_max))
			return n;
		bytes += more;
	}
	return n == most || bytes >= bytes_max || h->flush_now || h->closed ? n : 0;
}

static void
fill(struct hook *h, struct hook_call *c, size_t n)
{
	if (h->o.conf->batch)
		sbuf_putc(&c->body, '[');
	for (size_t i = 0; i < n; i++) {
		struct str *s = &h->queue.v[h->head++];

		if (i > 0)
			sbuf_putc(&c->body, ',');
		sbuf_str(&c->body, *s);
		mem_free((char *)(uintptr_t)s->p);
	}
	if (h->o.conf->batch)
		sbuf_putc(&c->body, ']');
	c->events = n;
	if (h->head == h->queue.n)
		h->head = h->queue.n = 0;
}

/* Gives work to the idle. */
static void
pump(struct hook *h)
{
	for (size_t i = 0; i < h->calls_n && waiting(h) > 0; i++) {
		struct hook_call *c = &h->calls[i];
		size_t n = h->o.conf->batch ? next_batch(h) : 1;

		if (c->events > 0)
			continue;
		if (n == 0) {
			if (!timer_is_set(&h->flush))
				timer_in(&h->flush, or_default(h->o.conf->batch_flush_interval, BATCH_WAIT));
			return;
		}
		fill(h, c, n);
		attempt(c);
	}
	if (waiting(h) == 0)
		h->flush_now = false;
}

struct hook *
hook_new(const struct hook_options *o)
{
	struct hook *h = NEW(struct hook);
	int64_t workers = or_default(o->conf->workers, WORKERS);

	h->o = *o;
	config_ref(h->o.config);
	h->name = make_name(o->conf->url);
	timer_init(&h->flush, o->base, "event recorder", on_flush, h);
	h->calls_n = (size_t)(workers < WORKERS_MAX ? workers : WORKERS_MAX);
	h->calls = mem_calloc(h->calls_n, sizeof(h->calls[0]));
	for (size_t i = 0; i < h->calls_n; i++) {
		h->calls[i].hook = h;
		h->calls[i].body = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
		timer_init(&h->calls[i].pause, o->base, "event recorder", on_pause, &h->calls[i]);
	}
	return h;
}

const char *
hook_name(const struct hook *h)
{
	return h->name;
}

bool
hook_push(struct hook *h, struct str json)
{
	if (waiting(h) >= QUEUE_MAX)
		return false;
	/* What was taken makes room before the list grows. */
	if (h->head > QUEUE_MAX) {
		memmove(h->queue.v, h->queue.v + h->head, waiting(h) * sizeof(h->queue.v[0]));
		h->queue.n -= h->head;
		h->head = 0;
	}
	VEC_PUSH(&h->queue, ((struct str){ mem_strndup(json.p, json.n), json.n }));
	pump(h);
	return true;
}

size_t
hook_pending(const struct hook *h)
{
	size_t n = waiting(h);

	for (size_t i = 0; i < h->calls_n; i++)
		n += h->calls[i].events;
	return n;
}

void
hook_close(struct hook *h)
{
	h->closed = true;
	pump(h);
}

void
hook_free(struct hook **hp)
{
	struct hook *h = *hp;

	if (h == NULL)
		return;
	for (size_t i = 0; i < h->calls_n; i++) {
		http_client_cancel(&h->calls[i].call);
		timer_fini(&h->calls[i].pause);
		sbuf_fini(&h->calls[i].body);
	}
	mem_free(h->calls);
	timer_fini(&h->flush);
	for (size_t i = h->head; i < h->queue.n; i++)
		mem_free((char *)(uintptr_t)h->queue.v[i].p);
	VEC_FINI(&h->queue);
	config_unref(h->o.config);
	mem_free(h->name);
	mem_free(h);
	*hp = NULL;
}
