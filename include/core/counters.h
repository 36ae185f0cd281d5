/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/counters.h - what the engine counts: the rows of core/counters.def.
 */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "core/cluster.h"
#include "core/notification.h"
#include "core/ports.h"

/* Upper bounds of the buckets below, in seconds. */
#define COUNTER_LATENCY_BUCKETS 5
#define COUNTER_DURATION_BUCKETS 11
extern const double counter_latency_bounds[COUNTER_LATENCY_BUCKETS];
extern const double counter_duration_bounds[COUNTER_DURATION_BUCKETS];

/*
 * How long something took, in seconds. Buckets are not cumulative; the last is of what is above all bounds.
 * Latencies are in the engine's time, durations on the port's stopwatch: without one they are 0.
 */
struct latency_histogram {
	uint64_t buckets[COUNTER_LATENCY_BUCKETS + 1];
	double sum;
};
struct duration_histogram {
	uint64_t buckets[COUNTER_DURATION_BUCKETS + 1];
	double sum;
};
/* Counts one duration. */
void duration_observe(struct duration_histogram *h, double seconds);
struct duration_summary {
	uint64_t n;
	double sum;
};

/* Per integration kind, or per kind and receiver (engine_options.count_receivers). */
struct integration_counters {
	const char *name;	/* kind name, static */
	char *receiver;		/* owned; "" unless counted by receiver */
#define INTEGRATION_COUNTER(member, name, help) uint64_t member;
#define INTEGRATION_FAILURES(member, name, help) uint64_t member[FAILURE_N];
#define INTEGRATION_LATENCY(member, name, help) struct latency_histogram member;
#include "core/counters.def"
};

/* Per receiver: notifications that may have been told twice, and those that were held back for that. */
struct unsure_counters {
	char *receiver;		/* owned */
	uint64_t possibly_duplicated[UNSURE_N], held;
};

struct counters {
#define COUNTER(section, member, name, help) uint64_t member;
#define SUMMARY(section, member, name, help) struct duration_summary member;
#define HISTOGRAM(section, member, name, help) struct duration_histogram member;
#define LABELLED(member, dim, name, help) uint64_t member dim;
#include "core/counters.def"
	struct integration_counters *integrations;	/* those met so far, in order of name and receiver */
	size_t integrations_n;
	struct unsure_counters *unsure;	/* those met so far */
	size_t unsure_n;
};

#endif
