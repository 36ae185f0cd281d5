/* SPDX-License-Identifier: Apache-2.0 */
#include "tracer_export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/mem.h"
#include "base/vec.h"
#include "config/outputs.h"
#include "fetch/http_client.h"
#include "loop/timer.h"
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

/* One request, and its retries. */
struct export {
	struct config *config;		/* reference */
	struct http_config http;
	struct fetch_request request;
	struct http_header headers[3];
	struct sbuf url, body;
	size_t spans;
	unsigned attempts;
	struct http_call *call;
};

struct exporter {
	struct tracer_options o;
	struct log log;
	struct config *config;		/* reference; NULL: nowhere */
	const struct tracing *conf;
	VEC(struct str) queue;		/* owned JSON */
	struct export *out;		/* NULL: none */
	struct timer due;		/* of the next batch, or of a retry */
	bool closed;
	char last_error[200];		/* told already */
	uint64_t sent, dropped, failed;
};

static void
export_free(struct exporter *x)
{
	struct export *e = x->out;

	if (e == NULL)
		return;
	http_client_cancel(&e->call);
	config_unref(e->config);
	sbuf_fini(&e->url);
	sbuf_fini(&e->body);
	mem_free(e);
	x->out = NULL;
}

static void
schedule(struct exporter *x)
{
	if (x->out != NULL || x->queue.n == 0 || x->conf == NULL)
		return;
	if (x->queue.n >= BATCH_MAX || x->closed)
		timer_in(&x->due, 0);
	else if (!timer_is_set(&x->due))
		timer_in(&x->due, BATCH_WAIT);
}

/* The same failure again is not told again. */
static void
tell(struct exporter *x, struct str why)
{
	if (str_is(why, x->last_error))
		return;
	snprintf(x->last_error, sizeof(x->last_error), "%.*s", STR_ARG(why));
	LOG(&x->log, LOG_ERROR, "OpenTelemetry handler returned an error", F_STR("err", why));
}

static void attempt(struct exporter *x);

static bool
worth_a_retry(const struct fetch_response *r)
{
	return r->transport_error || r->status == 429 || r->status == 502 || r->status == 503 || r->status == 504;
}

static void
on_answer(void *arg, const struct fetch_response *r)
{
	struct exporter *x = arg;
	struct export *e = x->out;
	char why[160];

	e->call = NULL;
	if (!r->transport_error && r->status / 100 == 2) {
		x->sent += e->spans;
		x->last_error[0] = '\0';
	} else {
		struct str body = str_sub(r->body, 0, r->body.n < 80 ? r->body.n : 80);

		snprintf(why, sizeof(why), "traces export: failed to send to collector: HTTP %d %.*s", r->status,
		    STR_ARG(body));
		tell(x, r->transport_error ? r->error : str_from(why));
		if (worth_a_retry(r) && e->attempts < ATTEMPTS && !x->closed) {
			timer_in(&x->due, r->retry_after > 0 ? r->retry_after : backoff_doubled(FIRST_PAUSE, e->attempts - 1, MAX_PAUSE));
			return;
		}
		x->failed += e->spans;
	}
	export_free(x);
	schedule(x);
}

static void
attempt(struct exporter *x)
{
	struct export *e = x->out;

	e->attempts++;
	e->call = http_client_start(x->o.http, &e->request,
	    mono_add(x->o.clock->now(x->o.clock).mono, e->request.timeout + SPAN_S), on_answer, x);
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
make_body(struct exporter *x, struct export *e)
{
	struct sbuf plain = SBUF_INIT(SBUF_UNLIMITED);

	e->spans = x->queue.n < BATCH_MAX ? x->queue.n : BATCH_MAX;
	spans_json_begin(&plain, STR("alertmanager"), x->o.version, x->o.instance);
	for (size_t i = 0; i < e->spans; i++) {
		if (i > 0)
			sbuf_putc(&plain, ',');
		sbuf_str(&plain, x->queue.v[i]);
		mem_free((char *)(uintptr_t)x->queue.v[i].p);
	}
	spans_json_end(&plain);
	x->queue.n -= e->spans;
	memmove(x->queue.v, x->queue.v + e->spans, x->queue.n * sizeof(x->queue.v[0]));
	e->body = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	if (x->conf->compression.n > 0)
		gzip_compress(&e->body, sbuf_get(&plain));
	else
		sbuf_str(&e->body, sbuf_get(&plain));
	sbuf_fini(&plain);
}

static void
start(struct exporter *x)
{
	struct export *e = NEW(struct export);

	x->out = e;
	e->config = config_ref(x->config);
	e->url = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	e->http = (struct http_config){
		.follow_redirects = true,
		.enable_http2 = true,
		.tls_config = x->conf->tls_config,
		.http_headers = x->conf->headers,
	};
	make_url(&e->url, x->conf);
	make_body(x, e);
	e->headers[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	e->headers[1] = (struct http_header){ STR("User-Agent"), x->o.user_agent };
	e->headers[2] = (struct http_header){ STR("Content-Encoding"), STR("gzip") };
	e->request = (struct fetch_request){
		.method = STR("POST"),
		.url = sbuf_get(&e->url),
		.body = sbuf_get(&e->body),
		.headers = e->headers,
		.headers_n = x->conf->compression.n > 0 ? 3 : 2,
		.http = &e->http,
		.timeout = x->conf->timeout > 0 ? x->conf->timeout : TIMEOUT,
		.timeout_name = "tracing",
	};
	attempt(x);
}

static void
on_due(void *arg)
{
	struct exporter *x = arg;

	if (x->out != NULL && x->out->call == NULL)
		attempt(x);
	else if (x->out == NULL && x->conf != NULL && x->queue.n > 0)
		start(x);
}

struct exporter *
exporter_new(const struct tracer_options *o)
{
	struct exporter *x = NEW(struct exporter);

	x->o = *o;
	x->log = log_with(o->log, F_CSTR("component", "tracing"));
	timer_init(&x->due, o->base, "traces", on_due, x);
	return x;
}

void
exporter_set(struct exporter *x, struct config *c, const struct tracing *conf)
{
	if (c != NULL)
		config_ref(c);
	config_unref(x->config);
	x->config = c;
	x->conf = conf;
	schedule(x);
}

void
exporter_push(struct exporter *x, const struct span_record *s)
{
	struct sbuf json = SBUF_INIT(SBUF_UNLIMITED);
	struct str text;

	if (x->queue.n >= QUEUE_MAX) {
		x->dropped++;
		return;
	}
	span_json(&json, s);
	text.p = sbuf_take(&json, &text.n);
	VEC_PUSH(&x->queue, text);
	schedule(x);
}

void
exporter_close(struct exporter *x)
{
	x->closed = true;
	if (x->out != NULL && x->out->call == NULL) {
		/* It waited for a retry: there is no time for that. */
		x->failed += x->out->spans;
		export_free(x);
	}
	schedule(x);
}

size_t
exporter_pending(const struct exporter *x)
{
	return (x->conf != NULL ? x->queue.n : 0) + (x->out != NULL ? x->out->spans : 0);
}

void
exporter_free(struct exporter **xp)
{
	struct exporter *x = *xp;

	export_free(x);
	timer_fini(&x->due);
	for (size_t i = 0; i < x->queue.n; i++)
		mem_free((char *)(uintptr_t)x->queue.v[i].p);
	VEC_FINI(&x->queue);
	config_unref(x->config);
	mem_free(x);
	*xp = NULL;
}

void
exporter_expose(const struct exporter *e, struct expo *x)
{
	expo_family(x, "tocsin_spans_exported_total", "Spans that the collector took.", EXPO_COUNTER);
	expo_value(x, (double)e->sent);
	expo_family(x, "tocsin_spans_failed_total", "Spans that could not be sent.", EXPO_COUNTER);
	expo_value(x, (double)e->failed);
	expo_family(x, "tocsin_spans_dropped_total", "Spans dropped because the queue was full.", EXPO_COUNTER);
	expo_value(x, (double)e->dropped);
}
