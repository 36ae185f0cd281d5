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

/* Per integration kind; an array indexed like config_env.kinds is kept by the engine's owner of names. */
struct integration_counters {
	const char *name;	/* kind name, static */
	uint64_t notifications, requests, requests_failed;
	uint64_t failed[FAILURE_N];
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
	uint64_t regex_limit;
	uint64_t processed;		/* alerts handed to groups */
	struct integration_counters *integrations;	/* kinds met so far, in order of name */
	size_t integrations_n;
};

#endif
