/* SPDX-License-Identifier: Apache-2.0 */
#include "common_metrics.h"

#include "etcd/etcd.h"
#include "ledger/ledger.h"
#include "text/expo.h"

static void
one(struct expo *x, const char *name, const char *help, enum expo_type type, double v)
{
	expo_family(x, name, help, type);
	expo_value(x, v);
}

static void
by_request(struct expo *x, const uint64_t *counts)
{
	for (int i = 0; i < ETCD_CALL_N; i++) {
		expo_label(x, "request", str_from(etcd_call_name((enum etcd_call)i)));
		expo_value(x, (double)counts[i]);
	}
}

static void
session(const struct etcd *e, const struct etcd_figures *f, struct expo *x, struct moment now)
{
	span left = etcd_lease(e) != 0 ? mono_sub(etcd_lease_until(e), now.mono) : 0;

	one(x, "tocsin_etcd_up", "Whether there is a session with etcd: a lease, and all records were read.", EXPO_GAUGE,
	    etcd_is_up(e, now.mono));
	one(x, "tocsin_etcd_lease_remaining_seconds", "Until when the lease lasts if nobody keeps it.", EXPO_GAUGE,
	    left > 0 ? (double)left / SPAN_S : 0);
	one(x, "tocsin_etcd_leases_lost_total", "Leases that ended, or that etcd did not know any more.", EXPO_COUNTER,
	    (double)f->leases_lost);
	one(x, "tocsin_etcd_members", "Instances with a lease.", EXPO_GAUGE, (double)etcd_members(e));
	one(x, "tocsin_etcd_revision", "Revision of etcd up to which records are known.", EXPO_GAUGE, (double)f->revision);
	one(x, "tocsin_etcd_watch_lag_seconds", "How long a change of this instance has not come back by the watch.", EXPO_GAUGE,
	    (double)etcd_watch_lag(e, now.mono) / SPAN_S);
	one(x, "tocsin_etcd_syncs_total", "Whole readings of all records.", EXPO_COUNTER, (double)f->syncs);
	one(x, "tocsin_etcd_events_total", "Records heard of, by readings and the watch.", EXPO_COUNTER, (double)f->events);
	expo_family(x, "tocsin_etcd_requests_total", "Requests to etcd.", EXPO_COUNTER);
	by_request(x, f->requests);
	expo_family(x, "tocsin_etcd_requests_failed_total", "Requests to etcd without an answer, or refused.", EXPO_COUNTER);
	by_request(x, f->failures);
	expo_family(x, "tocsin_etcd_request_duration_seconds", "Time to the answer of requests to etcd, but for watches.",
	    EXPO_HISTOGRAM);
	expo_histogram(x, etcd_latency_bounds, f->latency, ETCD_LATENCY_N, f->latency_sum);
}

void
common_metrics(const struct etcd *e, struct ledger *l, struct expo *x, struct moment now)
{
	struct etcd_figures f = etcd_figures(e);
	const struct ledger_figures *figures = ledger_figures(l);

	session(e, &f, x, now);
	one(x, "tocsin_etcd_records", "Records in etcd that are known.", EXPO_GAUGE, (double)figures->records);
	one(x, "tocsin_etcd_records_newer", "Records that a newer version of tocsin has written; they are left alone.", EXPO_GAUGE,
	    (double)figures->newer);
	one(x, "tocsin_etcd_records_waiting", "Records that are to be written.", EXPO_GAUGE, (double)figures->waiting);
	one(x, "tocsin_etcd_records_written_total", "Records written.", EXPO_COUNTER, (double)figures->written);
	one(x, "tocsin_etcd_records_refused_total", "Records of others that make no sense.", EXPO_COUNTER, (double)figures->refused);
	expo_family(x, "tocsin_etcd_claims_total", "Claims, by the answer.", EXPO_COUNTER);
	for (size_t i = 0; i < ARRAY_LEN(figures->claims); i++) {
		expo_label(x, "answer", str_from(ledger_verdict_name((enum claim_verdict)i)));
		expo_value(x, (double)figures->claims[i]);
	}
}
