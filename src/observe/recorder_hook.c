/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder_hook.h"

#include <stdio.h>

#include "base/backoff.h"
#include "base/mem.h"
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

static int64_t
or_default(int64_t v, int64_t otherwise)
{
	return v > 0 ? v : otherwise;
}

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
fill(void *arg, struct post *p, const struct str *events)
{
	struct hook *h = arg;
	static const struct http_config defaults = { .follow_redirects = true, .enable_http2 = true };

	sbuf_str(&p->url, h->conf->url);
	p->http = h->conf->http_config != NULL ? *h->conf->http_config : defaults;
	p->timeout = or_default(h->conf->timeout, TIMEOUT);
	p->timeout_name = "event recorder webhook";
	p->secret_url = true;
	if (h->conf->batch)
		sbuf_putc(&p->body, '[');
	for (size_t i = 0; i < p->items; i++) {
		if (i > 0)
			sbuf_putc(&p->body, ',');
		sbuf_str(&p->body, events[i]);
	}
	if (h->conf->batch)
		sbuf_putc(&p->body, ']');
}

static span
judge(void *arg, const struct post *p, const struct fetch_response *r)
{
	struct hook *h = arg;
	unsigned most = (unsigned)or_default(h->conf->max_retries, ATTEMPTS);
	span pause = or_default(h->conf->retry_backoff, FIRST_PAUSE);
	char why[64];

	if (!r->transport_error && r->status / 100 == 2)
		return POST_DONE;
	snprintf(why, sizeof(why), "event recorder webhook returned HTTP %d", r->status);
	LOG(h->log, LOG_WARN, "Event recorder HTTP output POST failed", F_CSTR("output", h->name),
	    F_UINT("attempt", p->attempts), F_STR("err", r->transport_error ? r->error : str_from(why)));
	if (p->attempts < most)
		return backoff_doubled(pause, p->attempts - 1, MAX_PAUSE);
	LOG(h->log, LOG_ERROR, "Event recorder HTTP output POST failed after retries, dropping event",
	    F_CSTR("output", h->name), F_UINT("retries", most), F_UINT("events", p->items));
	return POST_LOST;
}

struct hook *
hook_new(const struct hook_options *o)
{
	struct hook *h = NEW(struct hook);
	const struct webhook_output *conf = o->conf;
	int64_t workers = or_default(conf->workers, WORKERS);

	h->log = o->log;
	h->conf = conf;
	h->name = make_name(conf->url);
	h->poster = poster_new(&(struct poster_options){
	    .base = o->base,
	    .clock = o->clock,
	    .http = o->http,
	    .user_agent = o->user_agent,
	    .name = "event recorder",
	    .queue_max = QUEUE_MAX,
	    .requests = (size_t)(workers < WORKERS_MAX ? workers : WORKERS_MAX),
	    .fill = fill,
	    .judge = judge,
	    .arg = h,
	});
	poster_aim(h->poster, o->config, (struct poster_batch){
	    .items = conf->batch ? (size_t)or_default(conf->batch_max_events, BATCH_EVENTS) : 1,
	    .bytes = (size_t)or_default(conf->batch_max_bytes, BATCH_BYTES),
	    .wait = or_default(conf->batch_flush_interval, BATCH_WAIT),
	});
	return h;
}

void
hook_free(struct hook **hp)
{
	struct hook *h = *hp;

	if (h == NULL)
		return;
	poster_free(&h->poster);
	mem_free(h->name);
	mem_free(h);
	*hp = NULL;
}
