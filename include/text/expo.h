/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/expo.h - Prometheus text exposition, format 0.0.4, and OpenMetrics 1.0.
 *
 *	expo_init(&x, &body, EXPO_TEXT);
 *	expo_family(&x, "alertmanager_alerts", "How many …", EXPO_GAUGE);
 *	expo_label(&x, "state", STR("active"));
 *	expo_value(&x, 3);
 *	...
 *	expo_end(&x);
 *
 * Labels are set before a sample and are gone after it. In OpenMetrics the
 * family name of a counter loses its _total; callers always pass names with it.
 */
#ifndef TEXT_EXPO_H
#define TEXT_EXPO_H

#include <stddef.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

enum expo_format { EXPO_TEXT, EXPO_OPENMETRICS };
enum expo_type { EXPO_COUNTER, EXPO_GAUGE, EXPO_HISTOGRAM, EXPO_SUMMARY, EXPO_UNTYPED };

#define EXPO_BUCKETS_MAX 32

struct expo {
	struct sbuf *b;		/* borrowed */
	enum expo_format format;
	enum expo_type type;
	struct str family;
	struct sbuf head;	/* of the next sample: the family's name, and behind a brace the labels so far */
	size_t name;		/* bytes of the name in it */
	size_t kept;		/* of it what stays for the sample behind the next, too; at least the name */
	/* As the last histogram had them: */
	const double *bounds;
	size_t bounds_n;
	struct sbuf les;	/* their texts, one behind the other */
	uint16_t les_end[EXPO_BUCKETS_MAX];
};

void expo_init(struct expo *x, struct sbuf *b, enum expo_format format);
/* Writes what has to stand at the end and frees the writer's memory (not b). */
void expo_end(struct expo *x);
/* Frees the writer's memory before the end. */
void expo_fini(struct expo *x);
/* The Content-Type of the format. */
const char *expo_content_type(enum expo_format format);

/* Opens a family. name is borrowed until the next one. */
void expo_family(struct expo *x, const char *name, const char *help, enum expo_type type);
void expo_label(struct expo *x, const char *name, struct str value);
/* The labels set so far are those of all samples until expo_drop_labels, each with what is set besides. */
void expo_keep_labels(struct expo *x);
void expo_drop_labels(struct expo *x);
/* A counter's, gauge's or untyped sample with the labels set before. */
void expo_value(struct expo *x, double v);
/*
 * A histogram: n bounds (ascending, without +Inf, fewer than EXPO_BUCKETS_MAX, the same whenever they lie in the same place) and n + 1 counts per bucket
 * (not cumulative; the last is of what is above all bounds).
 */
void expo_histogram(struct expo *x, const double *bounds, const uint64_t *counts, size_t n, double sum);
/* A summary without quantiles: _sum and _count. */
void expo_summary(struct expo *x, uint64_t count, double sum);

#endif
