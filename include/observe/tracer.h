/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/tracer.h - traces of requests, flushes and notifications.
 *
 * Spans wait in a bounded queue and go out in batches as OTLP over HTTP, in
 * JSON, to the collector that `tracing` names. Requests that carry a
 * traceparent go on with that trace, and receivers get one. Loop thread only.
 */
#ifndef OBSERVE_TRACER_H
#define OBSERVE_TRACER_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "core/ports.h"
#include "http/msg.h"
#include "observe/tracer_options.h"
#include "text/traceparent.h"

struct expo;
struct tracer;

/* Off until tracer_apply says otherwise. */
struct tracer *tracer_new(const struct tracer_options *o);
/*
 * As c says. client_type grpc is valid, but spans are not sent over gRPC: a
 * warning says so, and nothing is traced.
 */
void tracer_apply(struct tracer *t, struct config *c);
/* t may be NULL, here and below. A request was answered after `took`. */
void tracer_request(struct tracer *t, const struct http_request *r, const struct http_response *resp, span took);
/* The header for an attempt; false: it is not traced. */
bool tracer_traceparent(struct tracer *t, const struct notification *n, uint64_t attempt, char out[TRACEPARENT_MAX]);
/* Nothing more comes: what waits goes out now. */
void tracer_close(struct tracer *t);
/* Spans that wait or are under way. */
size_t tracer_pending(const struct tracer *t);
/* Drops them. Sets *t to NULL. */
void tracer_free(struct tracer **t);
/* A metrics source; arg is the tracer. */
void tracer_expose(void *arg, struct expo *x, struct moment now);

#endif
