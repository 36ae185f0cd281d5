/* SPDX-License-Identifier: Apache-2.0 */
#include "poster.h"

#include <string.h>

#include "base/mem.h"
#include "base/vec.h"
#include "fetch/http_client.h"
#include "loop/timer.h"

/* A post, and what carries it out. */
struct carrier {
	struct post post;
	struct poster *poster;
	struct config *config;		/* reference, while busy */
	struct fetch_request request;
	struct http_header headers[3];
	struct http_call *call;
	struct timer pause;		/* before the next try */
};

struct poster {
	struct poster_options o;
	struct config *config;		/* reference; NULL: paused */
	struct poster_batch batch;
	VEC(struct str) queue;		/* owned texts, from `head` on */
	size_t head;
	struct carrier *carriers;
	struct timer flush;		/* when a batch has waited long enough */
	bool flush_now, closed;
	struct poster_counts counts;
};

static void pump(struct poster *p);

static size_t
waiting(const struct poster *p)
{
	return p->queue.n - p->head;
}

/* Idle again. */
static void
clear(struct carrier *c)
{
	sbuf_fini(&c->post.url);
	sbuf_fini(&c->post.body);
	c->post = (struct post){ .url = SBUF_INIT(SBUF_UNLIMITED), .body = SBUF_INIT(SBUF_UNLIMITED) };
	config_unref(c->config);
	c->config = NULL;
}

static void
lose(struct carrier *c)
{
	c->poster->counts.failed += c->post.items;
	clear(c);
}

static void
on_answer(void *arg, const struct fetch_response *r)
{
	struct carrier *c = arg;
	struct poster *p = c->poster;
	span next = p->o.judge(p->o.arg, &c->post, r);

	c->call = NULL;
	if (next > 0 && !(p->closed && p->o.end_retries)) {
		timer_in(&c->pause, next);
		return;
	}
	if (next == POST_DONE) {
		p->counts.sent += c->post.items;
		clear(c);
	} else {
		lose(c);
	}
	pump(p);
}

static void
attempt(void *arg)
{
	struct carrier *c = arg;
	struct poster *p = c->poster;
	struct mono now = p->o.clock->now(p->o.clock).mono;

	c->post.attempts++;
	c->call = http_client_start(p->o.http, &c->request, mono_add(now, c->post.timeout + SPAN_S), on_answer, c);
}

/* How many texts the next request takes: at most a batch; 0: it is not full, and may wait. */
static size_t
next_batch(const struct poster *p)
{
	size_t bytes = 2, n = 0;

	for (; n < waiting(p); n++) {
		size_t more = p->queue.v[p->head + n].n + (n > 0);

		if (n == p->batch.items || (n > 0 && bytes + more > p->batch.bytes))
			return n;
		bytes += more;
	}
	return n == p->batch.items || bytes >= p->batch.bytes || p->flush_now || p->closed ? n : 0;
}

static void
fill(struct carrier *c, size_t n)
{
	struct poster *p = c->poster;
	struct str *texts = p->queue.v + p->head;

	c->config = config_ref(p->config);
	c->post.items = n;
	p->o.fill(p->o.arg, &c->post, texts);
	for (size_t i = 0; i < n; i++)
		mem_free((char *)(uintptr_t)texts[i].p);
	p->head += n;
	if (p->head == p->queue.n)
		p->head = p->queue.n = 0;
	c->headers[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	c->headers[1] = (struct http_header){ STR("User-Agent"), p->o.user_agent };
	c->headers[2] = (struct http_header){ STR("Content-Encoding"), STR("gzip") };
	c->request = (struct fetch_request){
		.method = STR("POST"),
		.url = sbuf_get(&c->post.url),
		.body = sbuf_get(&c->post.body),
		.headers = c->headers,
		.headers_n = c->post.gzipped ? 3 : 2,
		.http = &c->post.http,
		.timeout = c->post.timeout,
		.timeout_name = c->post.timeout_name,
		.secret_url = c->post.secret_url,
	};
}

/* Gives work to the idle. */
static void
pump(struct poster *p)
{
	for (size_t i = 0; p->config != NULL && i < p->o.requests && waiting(p) > 0; i++) {
		struct carrier *c = &p->carriers[i];
		size_t n;

		if (c->post.items > 0)
			continue;
		n = next_batch(p);
		if (n == 0) {
			if (!timer_is_set(&p->flush))
				timer_in(&p->flush, p->batch.wait);
			return;
		}
		fill(c, n);
		attempt(c);
	}
	if (waiting(p) == 0)
		p->flush_now = false;
}

static void
on_flush(void *arg)
{
	struct poster *p = arg;

	p->flush_now = true;
	pump(p);
}

struct poster *
poster_new(const struct poster_options *o)
{
	struct poster *p = NEW(struct poster);

	p->o = *o;
	timer_init(&p->flush, o->base, o->name, on_flush, p);
	p->carriers = mem_calloc(o->requests, sizeof(p->carriers[0]));
	for (size_t i = 0; i < o->requests; i++) {
		struct carrier *c = &p->carriers[i];

		c->poster = p;
		clear(c);
		timer_init(&c->pause, o->base, o->name, attempt, c);
	}
	return p;
}

void
poster_aim(struct poster *p, struct config *c, struct poster_batch batch)
{
	if (c != NULL)
		config_ref(c);
	config_unref(p->config);
	p->config = c;
	p->batch = batch;
	pump(p);
}

bool
poster_push(struct poster *p, struct str text)
{
	if (waiting(p) >= p->o.queue_max) {
		p->counts.dropped++;
		return false;
	}
	/* Texts that were taken make room before the list grows. */
	if (p->head > p->o.queue_max) {
		memmove(p->queue.v, p->queue.v + p->head, waiting(p) * sizeof(p->queue.v[0]));
		p->queue.n -= p->head;
		p->head = 0;
	}
	VEC_PUSH(&p->queue, ((struct str){ mem_strndup(text.p, text.n), text.n }));
	pump(p);
	return true;
}

void
poster_close(struct poster *p)
{
	p->closed = true;
	for (size_t i = 0; p->o.end_retries && i < p->o.requests; i++) {
		if (timer_is_set(&p->carriers[i].pause)) {
			timer_stop(&p->carriers[i].pause);
			lose(&p->carriers[i]);
		}
	}
	pump(p);
}

size_t
poster_pending(const struct poster *p)
{
	size_t n = p->config != NULL ? waiting(p) : 0;

	for (size_t i = 0; i < p->o.requests; i++)
		n += p->carriers[i].post.items;
	return n;
}

struct poster_counts
poster_counts(const struct poster *p)
{
	return p->counts;
}

void
poster_free(struct poster **pp)
{
	struct poster *p = *pp;

	if (p == NULL)
		return;
	for (size_t i = 0; i < p->o.requests; i++) {
		http_client_cancel(&p->carriers[i].call);
		timer_fini(&p->carriers[i].pause);
		clear(&p->carriers[i]);
	}
	mem_free(p->carriers);
	timer_fini(&p->flush);
	for (size_t i = p->head; i < p->queue.n; i++)
		mem_free((char *)(uintptr_t)p->queue.v[i].p);
	VEC_FINI(&p->queue);
	config_unref(p->config);
	mem_free(p);
	*pp = NULL;
}
