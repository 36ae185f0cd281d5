/* SPDX-License-Identifier: Apache-2.0 */
#include "tracer_export.h"

#include <stdio.h>

#include "base/backoff.h"
#include "base/mem.h"
#include "config/outputs.h"
#include "text/expo.h"
#include "text/gzip.h"

/* As the OpenTelemetry SDK's batch processor. */
#define QUEUE_MAX 2048
#define BATCH_MAX 512
#define BATCH_WAIT (5 * SPAN_S)
#define TIMEOUT (10 * SPAN_S)
#define ATTEMPTS 4
#define FIRST_PAUSE (2 * SPAN_S)
#define MAX_PAUSE (30 * SPAN_S)

/* The same failure again is not told again. */
static void
tell(struct exporter *x, struct str why)
{
	if (str_is(why, x->last_error))
		return;
	snprintf(x->last_error, sizeof(x->last_error), "%.*s", STR_ARG(why));
	LOG(&x->log, LOG_ERROR, "OpenTelemetry handler returned an error", F_STR("err", why));
}

static bool
worth_a_retry(const struct fetch_response *r)
{
	return r->transport_error || r->status == 429 || r->status == 502 || r->status == 503 || r->status == 504;
}

static span
judge(void *arg, const struct post *p, const struct fetch_response *r)
{
	struct exporter *x = arg;
	struct str body = str_sub(r->body, 0, r->body.n < 80 ? r->body.n : 80);
	char why[160];

	if (!r->transport_error && r->status / 100 == 2) {
		x->last_error[0] = '\0';
		return POST_DONE;
	}
	snprintf(why, sizeof(why), "traces export: failed to send to collector: HTTP %d %.*s", r->status, STR_ARG(body));
	tell(x, r->transport_error ? r->error : str_from(why));
	if (!worth_a_retry(r) || p->attempts >= ATTEMPTS)
		return POST_LOST;
	return r->retry_after > 0 ? r->retry_after : backoff_doubled(FIRST_PAUSE, p->attempts - 1, MAX_PAUSE);
}

/* host:port, or with a scheme; the path is the protocol's unless one is given. */
static void
make_url(struct sbuf *url, const struct tracing *conf)
{
	struct str to = conf->endpoint;
	bool whole = str_starts(to, STR("http://")) || str_starts(to, STR("https://"));
	size_t authority;

	if (!whole)
		sbuf_puts(url, conf->insecure ? "http://" : "https://");
	sbuf_str(url, to);
	authority = whole ? str_chr(to, ':') + 3 : 0;
	if (str_chr(str_sub(to, authority, to.n), '/') == to.n - authority)
		sbuf_puts(url, "/v1/traces");
}

static void
fill(void *arg, struct post *p, const struct str *spans)
{
	struct exporter *x = arg;
	struct sbuf plain = SBUF_INIT(SBUF_UNLIMITED);

	make_url(&p->url, x->conf);
	p->http = (struct http_config){
		.follow_redirects = true,
		.enable_http2 = true,
		.tls_config = x->conf->tls_config,
		.http_headers = x->conf->headers,
	};
	p->timeout = x->conf->timeout > 0 ? x->conf->timeout : TIMEOUT;
	p->timeout_name = "tracing";
	spans_json_begin(&plain, STR("alertmanager"), x->version, x->instance);
	for (size_t i = 0; i < p->items; i++) {
		if (i > 0)
			sbuf_putc(&plain, ',');
		sbuf_str(&plain, spans[i]);
	}
	spans_json_end(&plain);
	p->gzipped = x->conf->compression.n > 0;
	if (p->gzipped)
		gzip_compress(&p->body, sbuf_get(&plain));
	else
		sbuf_str(&p->body, sbuf_get(&plain));
	sbuf_fini(&plain);
}

struct exporter *
exporter_new(const struct tracer_options *o)
{
	struct exporter *x = NEW(struct exporter);

	x->version = o->version;
	x->instance = o->instance;
	x->log = log_with(o->log, F_CSTR("component", "tracing"));
	x->span = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	x->poster = poster_new(&(struct poster_options){
	    .base = o->base,
	    .clock = o->clock,
	    .http = o->http,
	    .user_agent = o->user_agent,
	    .name = "traces",
	    .queue_max = QUEUE_MAX,
	    .requests = 1,
	    .end_retries = true,
	    .fill = fill,
	    .judge = judge,
	    .arg = x,
	});
	return x;
}

void
exporter_set(struct exporter *x, struct config *c, const struct tracing *conf)
{
	x->conf = conf;
	poster_aim(x->poster, c, (struct poster_batch){ .items = BATCH_MAX, .bytes = SIZE_MAX, .wait = BATCH_WAIT });
}

void
exporter_push(struct exporter *x, const struct span_record *s)
{
	sbuf_reset(&x->span);
	span_json(&x->span, s);
	(void)poster_push(x->poster, sbuf_get(&x->span));
}

void
exporter_free(struct exporter **xp)
{
	struct exporter *x = *xp;

	poster_free(&x->poster);
	sbuf_fini(&x->span);
	mem_free(x);
	*xp = NULL;
}

void
exporter_expose(const struct exporter *e, struct expo *x)
{
	struct poster_counts n = poster_counts(e->poster);

	expo_family(x, "tocsin_spans_exported_total", "Spans that the collector took.", EXPO_COUNTER);
	expo_value(x, (double)n.sent);
	expo_family(x, "tocsin_spans_failed_total", "Spans that could not be sent.", EXPO_COUNTER);
	expo_value(x, (double)n.failed);
	expo_family(x, "tocsin_spans_dropped_total", "Spans dropped because the queue was full.", EXPO_COUNTER);
	expo_value(x, (double)n.dropped);
}
