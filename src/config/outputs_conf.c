/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `tracing` and `event_recorder`: read and judged as Alertmanager does, so that
 * its configurations load, and mistakes in them show.
 */
#include "conf.h"
#include "config/outputs.h"

#define OMIT .flags = F_OMIT_EMPTY
#define T struct tracing

const struct field tracing_fields[] = {
	STRING_FIELD(T, client_type, OMIT, .fallback = "grpc", .doc = "grpc or http."),
	STRING_FIELD(T, endpoint, OMIT, .doc = "host:port of the collector."),
	DOUBLE_FIELD(T, sampling_fraction, OMIT, .doc = "Which part of all traces to send."),
	BOOL_FIELD(T, insecure, OMIT, .doc = "Without TLS."),
	TLS_FIELD(T, tls_config, OMIT, .doc = "TLS."),
	HEADERS_FIELD(T, headers, OMIT, .doc = "Further headers."),
	STRING_FIELD(T, compression, OMIT, .doc = "gzip, or none."),
	DURATION_FIELD(T, timeout, OMIT, .doc = "How long one export may take."),
	{ 0 },
};

static const struct field file_table[] = {
	STRING_FIELD(struct file_output, path, .flags = F_PATH_CONFIG, .doc = "File to append to."),
	{ 0 },
};

#define W struct webhook_output

static const struct field webhook_table[] = {
	URL_FIELD(W, url, .flags = F_SECRET, .doc = "Where to POST events to."),
	HTTP_FIELD(W, http_config, OMIT, .doc = "How to get there."),
	DURATION_FIELD(W, timeout, OMIT, .doc = "How long a request may take."),
	INT_FIELD(W, workers, OMIT, .doc = "Requests at a time."),
	INT_FIELD(W, max_retries, OMIT, .doc = "Attempts an event."),
	DURATION_FIELD(W, retry_backoff, OMIT, .doc = "Wait before the first retry; doubled for each further one."),
	BOOL_FIELD(W, batch, OMIT, .doc = "Several events a request."),
	INT_FIELD(W, batch_max_events, OMIT, .doc = "Events a request."),
	INT_FIELD(W, batch_max_bytes, OMIT, .doc = "Bytes a request."),
	DURATION_FIELD(W, batch_flush_interval, OMIT, .doc = "How long a batch may wait to be filled."),
	{ 0 },
};

#define Q struct kafka_output

static const struct field kafka_table[] = {
	STRINGS_FIELD(Q, brokers, .doc = "Where to start, host:port."),
	STRING_FIELD(Q, topic, .doc = "Topic."),
	STRING_FIELD(Q, client_id, OMIT, .doc = "Name given to the brokers."),
	STRING_FIELD(Q, format, OMIT, .doc = "json or protobuf."),
	STRING_FIELD(Q, acks, OMIT, .doc = "none, leader or all."),
	STRING_FIELD(Q, compression, OMIT, .doc = "none, gzip, snappy, lz4 or zstd."),
	INT_FIELD(Q, buffer_size, OMIT, .doc = "Events that may wait."),
	TLS_FIELD(Q, tls_config, .flags = F_OMIT_EMPTY | F_PATH_CONFIG, .doc = "TLS."),
	{ 0 },
};

static const struct field stdout_table[] = {
	{ 0 },
};

static bool
file_check(void *s, struct arena *a, struct err *e)
{
	const struct file_output *o = s;

	(void)a;
	return o->path.n > 0 || err_set(e, ERR_INVALID, "event_recorder file output requires a path");
}

static bool
webhook_check(void *s, struct arena *a, struct err *e)
{
	const struct webhook_output *o = s;

	(void)a;
	if (o->url.n == 0)
		return err_set(e, ERR_INVALID, "event_recorder webhook output requires a url");
	if (str_is(o->url, "<secret>"))
		return err_set(e, ERR_INVALID, "event_recorder webhook output requires an absolute http(s) url");
	if (o->batch_max_events < 0 || o->batch_max_bytes < 0 || o->batch_flush_interval < 0)
		return err_set(e, ERR_INVALID, "event_recorder webhook batch settings cannot be negative");
	if (!o->batch && (o->batch_max_events != 0 || o->batch_max_bytes != 0 || o->batch_flush_interval != 0))
		return err_set(e, ERR_INVALID, "event_recorder webhook batch settings require batch: true");
	return true;
}

static bool
one_of(struct str s, const char *const *allowed)
{
	for (; *allowed != NULL; allowed++) {
		if (str_is(s, *allowed))
			return true;
	}
	return false;
}

static bool
kafka_check(void *s, struct arena *a, struct err *e)
{
	static const char *const acks[] = { "", "none", "leader", "all", NULL };
	static const char *const codecs[] = { "", "none", "gzip", "snappy", "lz4", "zstd", NULL };
	static const char *const formats[] = { "json", "protobuf", NULL };
	struct kafka_output *o = s;

	(void)a;
	if (o->brokers.n == 0)
		return err_set(e, ERR_INVALID, "event_recorder kafka: at least one broker is required");
	for (size_t i = 0; i < o->brokers.n; i++) {
		if (o->brokers.v[i].n == 0)
			return err_set(e, ERR_INVALID, "event_recorder kafka: broker entries must be non-empty");
	}
	if (!one_of(o->acks, acks))
		return err_set(e, ERR_INVALID,
		    "event_recorder kafka: unknown acks \"%.*s\", must be \"none\", \"leader\", or \"all\"",
		    STR_ARG(o->acks));
	if (!one_of(o->compression, codecs))
		return err_set(e, ERR_INVALID, "event_recorder kafka: unknown compression \"%.*s\" "
		    "(allowed: none, gzip, snappy, lz4, zstd)", STR_ARG(o->compression));
	if (o->topic.n == 0)
		return err_set(e, ERR_INVALID, "event_recorder kafka output requires a topic");
	if (o->format.n == 0)
		o->format = STR("json");
	if (!one_of(o->format, formats))
		return err_set(e, ERR_INVALID,
		    "event_recorder kafka: unknown format \"%.*s\", must be \"json\" or \"protobuf\"",
		    STR_ARG(o->format));
	return true;
}

#define R struct event_recorder

const struct field recorder_fields[] = {
	STRUCTS_FIELD(R, file_outputs, struct file_output, file_table, OMIT, .check = file_check, .doc = "Files."),
	STRUCTS_FIELD(R, webhook_outputs, struct webhook_output, webhook_table, OMIT, .check = webhook_check,
	    .doc = "Web hooks."),
	STRUCTS_FIELD(R, kafka_outputs, struct kafka_output, kafka_table, OMIT, .check = kafka_check,
	    .doc = "Kafka topics."),
	STRUCTS_FIELD(R, stdout_outputs, struct stdout_output, stdout_table, OMIT, .doc = "Standard output."),
	{ 0 },
};

bool
tracing_read(struct loading *l, const struct yaml_node *n, const struct at *at)
{
	struct tracing *t = ARENA_NEW(l->r.arena, struct tracing);
	struct reading *r = &l->r;

	fields_defaults(r, tracing_fields, t);
	if (!fields_read(r, n, at, tracing_fields, t, NULL))
		return false;
	if (t->client_type.p != NULL && !str_is(t->client_type, "grpc") && !str_is(t->client_type, "http"))
		return reading_problem(r, yaml_get(n, "client_type"), AT_KEY(at, STR("client_type")),
		    "expected tracing client type to be to be http or grpc, but got %.*s", STR_ARG(t->client_type));
	if (t->endpoint.n == 0)
		return reading_problem(r, n, at, "tracing endpoint must be set");
	if (t->compression.n > 0 && !str_is(t->compression, "gzip"))
		return reading_problem(r, yaml_get(n, "compression"), AT_KEY(at, STR("compression")),
		    "invalid compression type %.*s provided, valid options: gzip", STR_ARG(t->compression));
	l->tracing = t;
	return true;
}

bool
event_recorder_read(struct loading *l, const struct yaml_node *n, const struct at *at)
{
	struct event_recorder *er = ARENA_NEW(l->r.arena, struct event_recorder);

	if (!fields_read(&l->r, n, at, recorder_fields, er, NULL))
		return false;
	l->event_recorder = er;
	return true;
}

void
tracing_dump(struct yaml_writer *w, const void *tracing)
{
	fields_dump(w, tracing_fields, tracing);
}

void
event_recorder_dump(struct yaml_writer *w, const void *event_recorder)
{
	fields_dump(w, recorder_fields, event_recorder);
}
