/* SPDX-License-Identifier: Apache-2.0 */
/* Which spans there are. Names and attributes are Alertmanager's where it has the same span. */
#include "observe/tracer.h"

#include <stdio.h>
#include <string.h>

#include "base/hmap.h"
#include "base/mem.h"
#include "base/rand.h"
#include "config/outputs.h"
#include "text/digest.h"
#include "observe/span_json.h"
#include "tracer_export.h"

/* Flushes that are followed at a time. */
#define FLUSHES_MAX 10000

/* One that is being traced. */
struct traced_flush {
	struct hmap_node node;	/* by serial of its group */
	uint64_t serial;
	struct trace_place place;
	struct moment began;
	size_t alerts;
};

#define HEARD \
	(EVENT_BIT(EVENT_GROUP_FLUSHED) | EVENT_BIT(EVENT_FLUSH_ENDED) | EVENT_BIT(EVENT_NOTIFIED) | \
	    EVENT_BIT(EVENT_ATTEMPT_FAILED) | EVENT_BIT(EVENT_NOTIFY_FAILED))

struct tracer {
	struct tracer_options o;
	struct log log;
	struct rand rand;
	struct exporter *exporter;
	double fraction;
	bool on;
	char *told;		/* where to, as last logged; owned */
	struct hmap flushes;
	struct event_listener listener;
};

static void hear(void *arg, const struct event *ev);

struct tracer *
tracer_new(const struct tracer_options *o)
{
	struct tracer *t = NEW(struct tracer);

	t->o = *o;
	t->log = log_with(o->log, F_CSTR("component", "tracing"));
	rand_seed(&t->rand, o->seed);
	t->exporter = exporter_new(o);
	t->listener = (struct event_listener){ .hear = hear, .arg = t };
	port_listen(o->port, &t->listener);
	return t;
}

static void
forget_flushes(struct tracer *t)
{
	HMAP_EACH(&t->flushes, node) {
		hmap_remove(&t->flushes, node);
		mem_free(CONTAINER_OF(node, struct traced_flush, node));
	}
}

/* Once for each collector, not with every reload. */
static void
tell_installed(struct tracer *t, const struct tracing *conf)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	size_t n;

	sbuf_printf(&b, "%.*s %g %d %.*s", STR_ARG(conf->endpoint), conf->sampling_fraction, conf->insecure,
	    STR_ARG(conf->compression));
	if (t->told == NULL || !str_is(sbuf_get(&b), t->told))
		LOG(&t->log, LOG_INFO, "Successfully installed a new tracer provider.");
	mem_free(t->told);
	t->told = sbuf_take(&b, &n);
}

void
tracer_apply(struct tracer *t, struct config *c)
{
	const struct tracing *conf = c->tracing;
	bool was_on = t->on;

	/* COMPAT: valid for Alertmanager, so it starts; but gRPC is not spoken here. */
	if (conf != NULL && !str_is(conf->client_type, "http")) {
		LOG(&t->log, LOG_WARN,
		    "Tracing is off: spans are not sent over gRPC. Set client_type: http in the tracing section (OTLP over HTTP, "
		    "usually port 4318)",
		    F_STR("client_type", conf->client_type), F_STR("endpoint", conf->endpoint));
		conf = NULL;
	}
	t->on = conf != NULL;
	port_listen_for(t->o.port, &t->listener, t->on ? HEARD : 0);
	t->fraction = conf != NULL ? conf->sampling_fraction : 0;
	exporter_set(t->exporter, conf != NULL ? c : NULL, conf);
	if (!t->on) {
		forget_flushes(t);
		mem_free(t->told);
		t->told = NULL;
		if (was_on)
			LOG(&t->log, LOG_INFO, "Tracing provider uninstalled.");
	} else {
		tell_installed(t, conf);
	}
}

static void
fill_random(struct tracer *t, unsigned char *out, size_t n)
{
	for (size_t i = 0; i < n; i += 8) {
		uint64_t v = rand_u64(&t->rand);

		v = v != 0 ? v : 1;
		memcpy(out + i, &v, 8);
	}
}

/* A new trace: sampled by its id, as TraceIDRatioBased does. */
static struct trace_place
new_trace(struct tracer *t)
{
	struct trace_place p;
	uint64_t id = 0;

	fill_random(t, p.trace, sizeof(p.trace));
	fill_random(t, p.span, sizeof(p.span));
	for (size_t i = 8; i < 16; i++)
		id = id << 8 | p.trace[i];
	p.sampled = (double)(id >> 1) < t->fraction * 9223372036854775808.0;
	return p;
}

static void
add_text(struct span_record *s, const char *key, struct str v)
{
	s->attributes[s->attributes_n++] = (struct span_attribute){ key, v.p != NULL ? v : STR(""), 0 };
}

static void
add_number(struct span_record *s, const char *key, int64_t v)
{
	s->attributes[s->attributes_n++] = (struct span_attribute){ key, STR_NONE, v };
}

void
tracer_request(struct tracer *t, const struct http_request *r, const struct http_response *resp, span took)
{
	struct trace_place parent;
	struct span_record s = { .kind = SPAN_SERVER, .took = took };
	bool has_parent;

	if (t == NULL || !t->on)
		return;
	has_parent = traceparent_parse(http_request_header(r, "traceparent"), &parent);
	s.place = new_trace(t);
	if (has_parent) {
		memcpy(s.place.trace, parent.trace, sizeof(parent.trace));
		s.place.sampled = parent.sampled;
		s.parent = parent.span;
	}
	if (!s.place.sampled)
		return;
	s.name = arena_printf(r->arena, "%.*s %.*s", STR_ARG(r->method), STR_ARG(r->path));
	s.began = wall_add(t->o.clock->now(t->o.clock).wall, -took);
	add_text(&s, "http.request.method", r->method);
	add_text(&s, "url.path", r->path);
	if (resp->handler.n > 0)
		add_text(&s, "http.route", resp->handler);
	add_number(&s, "http.response.status_code", resp->status);
	add_number(&s, "http.request.body.size", (int64_t)r->body.n);
	add_number(&s, "http.response.body.size", (int64_t)resp->body.n);
	s.failed = resp->status >= 500;
	exporter_push(t->exporter, &s);
}

static struct traced_flush *
find(const struct tracer *t, uint64_t serial)
{
	for (struct hmap_node *n = hmap_first(&t->flushes, serial); n != NULL; n = hmap_next(n)) {
		struct traced_flush *f = CONTAINER_OF(n, struct traced_flush, node);

		if (f->serial == serial)
			return f;
	}
	return NULL;
}

static void
flush_began(struct tracer *t, const struct event_flushed *begun, struct moment now)
{
	struct trace_place p = new_trace(t);
	uint64_t serial = begun->group.serial;
	struct traced_flush *f;

	if (!p.sampled || t->flushes.n >= FLUSHES_MAX || find(t, serial) != NULL)
		return;
	f = NEW(struct traced_flush);
	f->serial = serial;
	f->place = p;
	f->began = now;
	f->alerts = begun->alerts_n;
	hmap_insert(&t->flushes, &f->node, f->serial);
}

static void
flush_ended(struct tracer *t, const struct event_flush_ended *ended, struct moment now)
{
	struct traced_flush *f = find(t, ended->group.serial);
	struct span_record s;

	if (f == NULL)
		return;
	s = (struct span_record){
		.kind = SPAN_INTERNAL,
		.place = f->place,
		.name = STR("dispatch.AggregationGroup.flush"),
		.began = f->began.wall,
		.took = mono_sub(now.mono, f->began.mono),
		.failed = ended->failed,
		.error = ended->failed ? STR("notification failed") : STR(""),
	};
	add_text(&s, "alerting.aggregation_group.key", ended->group.key);
	add_text(&s, "alerting.route.receiver.name", ended->group.receiver);
	add_number(&s, "alerting.alerts.count", (int64_t)f->alerts);
	add_number(&s, "alerting.flush.id", (int64_t)ended->group.flush);
	exporter_push(t->exporter, &s);
	hmap_remove(&t->flushes, &f->node);
	mem_free(f);
}

/* The span of an attempt has the same id when it is sent and when it ended. */
static struct trace_place
place_of_attempt(const struct traced_flush *f, uint64_t attempt)
{
	struct trace_place p = f->place;
	unsigned char parts[16 + sizeof(attempt)], d[SHA256_SIZE];

	memcpy(parts, f->place.trace, 16);
	memcpy(parts + 16, &attempt, sizeof(attempt));
	digest_sha256((struct str){ (const char *)parts, sizeof(parts) }, d);
	memcpy(p.span, d, sizeof(p.span));
	return p;
}

/* error: NULL if it was told. */
static void
attempt_ended(struct tracer *t, const struct event_leg *leg, const struct event_attempt *attempt,
    const struct str *error, struct wall now)
{
	const struct traced_flush *f = attempt->number != 0 ? find(t, leg->group.serial) : NULL;
	struct span_record s;

	if (f == NULL)
		return;
	s = (struct span_record){
		.kind = SPAN_CLIENT,
		.place = place_of_attempt(f, attempt->number),
		.parent = f->place.span,
		.name = STR("notify.Attempt"),
		.began = wall_add(now, -attempt->took),
		.took = attempt->took,
		.failed = error != NULL,
		.error = error != NULL ? *error : STR_NONE,
	};
	add_text(&s, "alerting.aggregation_group.key", leg->group.key);
	add_text(&s, "alerting.notify.receiver.name", leg->group.receiver);
	add_text(&s, "alerting.notify.integration.name", str_from(leg->integration->kind->name));
	add_number(&s, "alerting.notify.integration.index", (int64_t)leg->integration->index);
	add_text(&s, "alerting.notify.reason", str_from(reason_text(leg->reason)));
	add_number(&s, "alerting.notify.attempt", leg->attempts);
	add_number(&s, "alerting.alerts.count", (int64_t)leg->alerts_n);
	exporter_push(t->exporter, &s);
}

static void
hear(void *arg, const struct event *ev)
{
	struct tracer *t = arg;

	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_GROUP_FLUSHED:
		flush_began(t, &ev->group_flushed, ev->now);
		break;
	case EVENT_FLUSH_ENDED:
		flush_ended(t, &ev->flush_ended, ev->now);
		break;
	case EVENT_NOTIFIED:
		attempt_ended(t, &ev->notified.leg, &ev->notified.attempt, NULL, ev->now.wall);
		break;
	case EVENT_ATTEMPT_FAILED:
		attempt_ended(t, &ev->attempt_failed.leg, &ev->attempt_failed.attempt, &ev->attempt_failed.error,
		    ev->now.wall);
		break;
	case EVENT_NOTIFY_FAILED:
		attempt_ended(t, &ev->notify_failed.leg, &ev->notify_failed.attempt, &ev->notify_failed.error,
		    ev->now.wall);
		break;
	default:
		/* Not in HEARD. */
		break;
	}
}

bool
tracer_traceparent(struct tracer *t, const struct notification *n, uint64_t attempt, char out[TRACEPARENT_MAX])
{
	const struct traced_flush *f = t != NULL && t->on ? find(t, n->group_serial) : NULL;
	struct trace_place p;

	if (f == NULL)
		return false;
	p = place_of_attempt(f, attempt);
	traceparent_format(&p, out);
	return true;
}

void
tracer_close(struct tracer *t)
{
	if (t != NULL)
		poster_close(t->exporter->poster);
}

size_t
tracer_pending(const struct tracer *t)
{
	return t != NULL ? poster_pending(t->exporter->poster) : 0;
}

void
tracer_free(struct tracer **tp)
{
	struct tracer *t = *tp;

	if (t == NULL)
		return;
	port_unlisten(t->o.port, &t->listener);
	forget_flushes(t);
	hmap_fini(&t->flushes);
	exporter_free(&t->exporter);
	mem_free(t->told);
	mem_free(t);
	*tp = NULL;
}

void
tracer_expose(void *arg, struct expo *x, struct moment now)
{
	const struct tracer *t = arg;

	(void)now;
	exporter_expose(t->exporter, x);
}
