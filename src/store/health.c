/* SPDX-License-Identifier: Apache-2.0 */
/* How the store is doing. */
#include "store_private.h"
#include "text/expo.h"

static size_t
backlog(const struct store *s)
{
	return s->current.ops.n + row_log_waiting(&s->kept);
}

struct store_health
store_health(const struct store *s)
{
	return (struct store_health){ s->ok, s->ok ? STR("") : str_from(s->problem.text), str_from(s->doubt.text), s->bytes,
		backlog(s) };
}

static void
one(struct expo *x, const char *name, const char *help, enum expo_type type, double v)
{
	expo_family(x, name, help, type);
	expo_value(x, v);
}

/* Alertmanager's metrics of snapshots: both kinds of records go to disk in the same transactions. */
static void
expose_as_snapshots(const struct store *s, struct expo *x)
{
	expo_family(x, "alertmanager_nflog_snapshot_duration_seconds", "How long writing to the disk took.", EXPO_SUMMARY);
	expo_summary(x, s->commits + s->commit_errors, s->commit_seconds);
	expo_family(x, "alertmanager_silences_snapshot_duration_seconds", "How long writing to the disk took.",
	    EXPO_SUMMARY);
	expo_summary(x, s->commits + s->commit_errors, s->commit_seconds);
	expo_family(x, "alertmanager_nflog_maintenance_errors_total", "Failures to write to the disk.", EXPO_COUNTER);
	expo_value(x, (double)s->commit_errors);
	expo_family(x, "alertmanager_silences_maintenance_errors_total", "Failures to write to the disk.", EXPO_COUNTER);
	expo_value(x, (double)s->commit_errors);
}

void
store_expose(void *arg, struct expo *x, struct moment now)
{
	const struct store *s = arg;

	(void)now;
	one(x, "tocsin_store_healthy", "Whether durable state can be written.", EXPO_GAUGE, s->ok);
	one(x, "tocsin_store_doubt", "Whether damage was found in durable state since the start.", EXPO_GAUGE, s->damage > 0);
	one(x, "tocsin_store_damage_total", "Places in durable state that were not what was written.", EXPO_COUNTER,
	    (double)s->damage);
	one(x, "tocsin_store_commits_total", "Transactions written.", EXPO_COUNTER, (double)s->commits);
	one(x, "tocsin_store_commit_errors_total", "Transactions that could not be written.", EXPO_COUNTER,
	    (double)s->commit_errors);
	expo_family(x, "tocsin_store_commit_duration_seconds", "How long transactions took.", EXPO_SUMMARY);
	expo_summary(x, s->commits + s->commit_errors, s->commit_seconds);
	one(x, "tocsin_store_last_commit_timestamp_seconds", "When a transaction was last written.", EXPO_GAUGE,
	    s->commits > 0 ? (double)s->committed_wall.s : 0);
	one(x, "tocsin_store_waiting_changes", "Records that wait to be written.", EXPO_GAUGE,
	    (double)backlog(s));
	one(x, "tocsin_store_waiting_bytes", "Memory that records take which wait to be written, alerts not counted.",
	    EXPO_GAUGE, (double)s->current.bytes);
	one(x, "tocsin_store_alerts", "Alerts that are kept durable.", EXPO_GAUGE, (double)s->kept.alerts_n);
	one(x, "tocsin_store_alert_rows_bytes", "Size of the rows that hold alerts.", EXPO_GAUGE, (double)s->kept.bytes);
	one(x, "tocsin_store_alert_rows_folded_total", "Rows of alerts rewritten because most of them was out of date.",
	    EXPO_COUNTER, (double)s->kept.folded);
	one(x, "tocsin_store_databases_set_aside_total", "Damaged databases that were set aside.", EXPO_COUNTER,
	    (double)s->set_aside);
	expose_as_snapshots(s, x);
}
