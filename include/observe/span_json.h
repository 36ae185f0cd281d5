/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/span_json.h - spans of traces as OTLP wants them in JSON.
 *
 * Sources: OpenTelemetry protocol 1.x (opentelemetry/proto/trace/v1), JSON
 * mapping: ids in hexadecimal, 64-bit numbers as strings.
 */
#ifndef OBSERVE_SPAN_JSON_H
#define OBSERVE_SPAN_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"
#include "base/time.h"
#include "text/traceparent.h"

enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER = 2, SPAN_CLIENT = 3 };

struct span_attribute {
	const char *key;
	struct str text;	/* used when p is not NULL */
	int64_t number;
};

#define SPAN_ATTRIBUTES_MAX 8

/* All borrowed. */
struct span_record {
	struct trace_place place;
	const unsigned char *parent;	/* 8 bytes; NULL: the first of its trace */
	enum span_kind kind;
	struct str name;
	struct wall began;
	span took;
	struct span_attribute attributes[SPAN_ATTRIBUTES_MAX];
	size_t attributes_n;
	bool failed;
	struct str error;	/* with failed; may be empty */
};

/* Appends one span object. */
void span_json(struct sbuf *out, const struct span_record *s);
/* The text before and behind the spans of one request (commas between them are the caller's). */
void spans_json_begin(struct sbuf *out, struct str service, struct str version, struct str instance);
void spans_json_end(struct sbuf *out);

#endif
