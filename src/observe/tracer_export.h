/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/tracer_export.h (private) - spans on their way to the collector.
 */
#ifndef OBSERVE_TRACER_EXPORT_H
#define OBSERVE_TRACER_EXPORT_H

#include "observe/span_json.h"
#include "observe/tracer_options.h"
#include "poster.h"

struct expo;

struct exporter {
	struct poster *poster;
	struct str version, instance;
	struct log log;
	const struct tracing *conf;	/* NULL: nowhere */
	struct sbuf span;		/* one, for the moment */
	char last_error[200];		/* told already */
};

struct exporter *exporter_new(const struct tracer_options *o);
/* Where to, from now on: conf is part of c, of which a reference is taken. NULL: nowhere. */
void exporter_set(struct exporter *x, struct config *c, const struct tracing *conf);
/* Queues a span, or drops it when there are too many. */
void exporter_push(struct exporter *x, const struct span_record *s);
void exporter_free(struct exporter **x);
void exporter_expose(const struct exporter *e, struct expo *x);

#endif
