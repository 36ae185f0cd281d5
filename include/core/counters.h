/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/counters.h - what the engine counts; api/metrics.c puts names to it.
 */
#ifndef CORE_COUNTERS_H
#define CORE_COUNTERS_H

#include <stdint.h>

#include "core/notification.h"
#include "core/ports.h"

#define COUNTER_LATENCY_BUCKETS 5	/* 1 5 10 15 20 seconds */
#define COUNTER_DURATION_BUCKETS 11	/* .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10 seconds, as counter_duration_bounds */

/* How long something took, in seconds; measured only when the port has a stopwatch. */
struct duration_histogram {
	uint64_t buckets[COUNTER_DURATION_BUCKETS + 1];	/* not cumulative; the last is what is above all bounds */
	double sum;
};
struct duration_summary {
	uint64_t n;
	double sum;
};
extern const double counter_duration_bounds[COUNTER_DURATION_BUCKETS];

/* Per integration kind, or per kind and receiver (engine_options.count_receivers). */
struct integration_counters {
	const char *name;	/* kind name, static */
	char *receiver;		/* owned; "" unless counted by receiver */
	uint64_t notifications, requests, requests_failed;
	uint64_t failed[FAILURE_N];
	uint64_t recipients_given_up;	/* of notifications that have several, served or not as a whole */
	uint64_t latency_buckets[COUNTER_LATENCY_BUCKETS], latency_count;
	double latency_sum;	/* seconds */
};

struct counters {
	uint64_t alerts_received_firing, alerts_received_resolved;	/* filled by the API, which sees invalid ones too */
	uint64_t alerts_invalid;
	uint64_t alerts_limited;
	uint64_t suppressed[MUTE_N];
	uint64_t groups_created;
	uint64_t flushes;
	uint64_t nflog_queries, nflog_query_errors;
	uint64_t silences_queries;
	uint64_t processed;		/* alerts handed to groups */
	uint64_t silences_scanned, silences_skipped;	/* candidates looked at; silences that were not */
	uint64_t maintenances;
	struct duration_summary nflog_gc, silences_gc, processing;	/* processing: of one alert by the dispatcher */
	struct duration_histogram nflog_query, silences_query;
	struct integration_counters *integrations;	/* those met so far, in order of name and receiver */
	size_t integrations_n;
};

#endif
