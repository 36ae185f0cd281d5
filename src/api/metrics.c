/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: names, types and labels as Alertmanager's dashboards and alerts expect them. */
#include "handlers.h"
#include "text/expo.h"

static void
gauge(struct expo *x, const char *name, const char *help, double v)
{
	expo_family(x, name, help, EXPO_GAUGE);
	expo_value(x, v);
}

static void
counter(struct expo *x, const char *name, const char *help, uint64_t v)
{
	expo_family(x, name, help, EXPO_COUNTER);
	expo_value(x, (double)v);
}

static void
labelled(struct expo *x, const char *label, const char *value, double v)
{
	expo_label(x, label, str_from(value));
	expo_value(x, v);
}

static void
expose_build(const struct api *a, struct expo *x)
{
	const struct build_info *b = a->env.build;

	expo_family(x, "alertmanager_build_info", "What this program was built from.", EXPO_GAUGE);
	expo_label(x, "branch", str_from(b->branch));
	expo_label(x, "goarch", STR("amd64"));
	expo_label(x, "goos", STR("linux"));
	expo_label(x, "goversion", str_from(b->go_version));
	expo_label(x, "revision", str_from(b->revision));
	expo_label(x, "tags", STR("unknown"));
	expo_label(x, "version", str_from(b->version));
	expo_value(x, 1);
}

static void
expose_config(const struct api *a, const struct config *c, struct expo *x)
{
	size_t receivers = 0, integrations = 0;

	for (size_t i = 0; i < c->receivers_n; i++)
		if (c->receivers[i].used) {
			receivers++;
			integrations += c->receivers[i].n;
		}
	gauge(x, "alertmanager_config_hash", "Hash of the configuration in force.", (double)a->config_hash);
	gauge(x, "alertmanager_config_last_reload_successful", "Whether the last (re)load of the configuration worked.",
	    a->reload_ok);
	gauge(x, "alertmanager_config_last_reload_success_timestamp_seconds", "When the configuration was last loaded.",
	    wall_is_zero(a->reload_success) ? 0
					    : (double)a->reload_success.s + (double)a->reload_success.ns / 1e9);
	gauge(x, "alertmanager_receivers", "Receivers that some route names.", (double)receivers);
	gauge(x, "alertmanager_integrations", "Integrations of those receivers.", (double)integrations);
	gauge(x, "alertmanager_inhibition_rules", "Inhibition rules in force.", (double)c->inhibit_rules_n);
}

static void
expose_http(const struct api *a, struct expo *x)
{
	http_metrics_expose(a->http, x);
	expo_family(x, "alertmanager_http_requests_in_flight", "HTTP requests being answered.", EXPO_GAUGE);
	labelled(x, "method", "get", (double)a->in_flight);
	expo_family(x, "alertmanager_http_concurrency_limit_exceeded_total", "GET requests refused by the limit.",
	    EXPO_COUNTER);
	labelled(x, "method", "get", (double)a->limited);
}

static void
expose_alerts(const struct api *a, const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	expo_family(x, "alertmanager_alerts", "Unresolved alerts by state.", EXPO_GAUGE);
	labelled(x, "state", "active", (double)g->alerts_active);
	labelled(x, "state", "suppressed", (double)g->alerts_suppressed);
	labelled(x, "state", "unprocessed", (double)g->alerts_unprocessed);
	expo_family(x, "alertmanager_alerts_received_total", "Alerts received.", EXPO_COUNTER);
	expo_label(x, "status", STR("firing"));
	labelled(x, "version", "v2", (double)a->received_firing);
	expo_label(x, "status", STR("resolved"));
	labelled(x, "version", "v2", (double)a->received_resolved);
	expo_family(x, "alertmanager_alerts_invalid_total", "Alerts refused as invalid.", EXPO_COUNTER);
	labelled(x, "version", "v2", (double)a->invalid);
	gauge(x, "alertmanager_alerts_per_alert_limit", "Limit of alerts per alertname.",
	    (double)(a->env.alerts_per_name_limit > 0 ? a->env.alerts_per_name_limit : 0));
	counter(x, "alertmanager_alerts_limited_total", "Alerts refused by that limit.", n->alerts_limited);
	expo_family(x, "alertmanager_alerts_subscriber_channel_writes_total", "Alerts handed on inside.", EXPO_COUNTER);
	labelled(x, "subscriber", "dispatcher", (double)n->processed);
	labelled(x, "subscriber", "inhibitor", (double)n->processed);
	gauge(x, "alertmanager_dispatcher_aggregation_groups", "Live aggregation groups.", (double)g->groups);
	counter(x, "alertmanager_dispatcher_aggregation_group_limit_reached_total", "Groups refused by a limit.", 0);
}

static const struct integration_counters *
counters_of(const struct counters *n, const char *kind)
{
	static const struct integration_counters none;

	for (size_t i = 0; i < n->integrations_n; i++)
		if (strcmp(n->integrations[i].name, kind) == 0)
			return &n->integrations[i];
	return &none;
}

static void
each_kind(const struct api *a, const struct counters *n, struct expo *x, const char *name, const char *help,
    size_t offset)
{
	expo_family(x, name, help, EXPO_COUNTER);
	for (size_t i = 0; a->env.kinds[i] != NULL; i++) {
		const struct integration_counters *k = counters_of(n, a->env.kinds[i]->name);

		labelled(x, "integration", a->env.kinds[i]->name,
		    (double)*(const uint64_t *)(const void *)((const char *)k + offset));
	}
}

static void
expose_failures(const struct api *a, const struct counters *n, struct expo *x)
{
	expo_family(x, "alertmanager_notifications_failed_total", "Notifications given up, by reason.", EXPO_COUNTER);
	for (size_t i = 0; a->env.kinds[i] != NULL; i++)
		for (int f = 0; f < FAILURE_N; f++) {
			expo_label(x, "integration", str_from(a->env.kinds[i]->name));
			labelled(x, "reason", failure_text((enum failure)f),
			    (double)counters_of(n, a->env.kinds[i]->name)->failed[f]);
		}
}

static void
expose_latency(const struct api *a, const struct counters *n, struct expo *x)
{
	static const double bounds[COUNTER_LATENCY_BUCKETS] = { 1, 5, 10, 15, 20 };

	expo_family(x, "alertmanager_notification_latency_seconds", "How long attempts to notify took.", EXPO_HISTOGRAM);
	for (size_t i = 0; a->env.kinds[i] != NULL; i++) {
		const struct integration_counters *k = counters_of(n, a->env.kinds[i]->name);
		uint64_t counts[COUNTER_LATENCY_BUCKETS + 1];
		uint64_t below = 0;

		/* Theirs are cumulative, the exposition makes its own. */
		for (size_t b = 0; b < COUNTER_LATENCY_BUCKETS; b++) {
			counts[b] = k->latency_buckets[b] - below;
			below = k->latency_buckets[b];
		}
		counts[COUNTER_LATENCY_BUCKETS] = k->latency_count - below;
		expo_label(x, "integration", str_from(a->env.kinds[i]->name));
		expo_histogram(x, bounds, counts, COUNTER_LATENCY_BUCKETS, k->latency_sum);
	}
}

static void
expose_notifications(const struct api *a, const struct counters *n, struct expo *x)
{
	each_kind(a, n, x, "alertmanager_notifications_total", "Notifications that reached the sending stage.",
	    offsetof(struct integration_counters, notifications));
	expose_failures(a, n, x);
	each_kind(a, n, x, "alertmanager_notification_requests_total", "Attempts to notify.",
	    offsetof(struct integration_counters, requests));
	each_kind(a, n, x, "alertmanager_notification_requests_failed_total", "Attempts to notify that failed.",
	    offsetof(struct integration_counters, requests_failed));
	expose_latency(a, n, x);
	expo_family(x, "alertmanager_notifications_suppressed_total", "Alerts held back, by reason.", EXPO_COUNTER);
	for (int v = MUTE_NONE + 1; v < MUTE_N; v++)
		if (n->suppressed[v] > 0)
			labelled(x, "reason", mute_verdict_text((enum mute_verdict)v), (double)n->suppressed[v]);
}

static void
expose_state(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	expo_family(x, "alertmanager_silences", "Silences by state.", EXPO_GAUGE);
	labelled(x, "state", "active", (double)g->silences_active);
	labelled(x, "state", "expired", (double)g->silences_expired);
	labelled(x, "state", "pending", (double)g->silences_pending);
	counter(x, "alertmanager_silences_queries_total", "Queries of silences.", n->silences_queries);
	counter(x, "alertmanager_silences_query_errors_total", "Queries of silences that failed.", 0);
	counter(x, "alertmanager_nflog_queries_total", "Queries of the notification log.", n->nflog_queries);
	counter(x, "alertmanager_nflog_query_errors_total", "Queries of the notification log without an entry.",
	    n->nflog_query_errors);
	gauge(x, "tocsin_nflog_entries", "Entries of the notification log.", (double)g->log_entries);
	counter(x, "tocsin_regex_limit_total", "Matches of regular expressions given up as too expensive.",
	    n->regex_limit);
}

void
api_metrics(struct call *c)
{
	struct api *a = c->api;
	const struct counters *n = view_counters(a->env.engine);
	struct view_gauges g = { 0 };
	struct expo x;
	bool open = str_find(api_request_header(c->req, "Accept"), STR("application/openmetrics-text")) <
	    api_request_header(c->req, "Accept").n;
	enum expo_format format = open ? EXPO_OPENMETRICS : EXPO_TEXT;

	view_gauges(a->env.engine, c->now, &g);
	c->resp->status = 200;
	api_response_header(c->resp, "Content-Type", str_from(expo_content_type(format)));
	expo_init(&x, &c->resp->body, format);
	expose_build(a, &x);
	expose_config(a, view_config(a->env.engine), &x);
	expose_http(a, &x);
	expose_alerts(a, n, &g, &x);
	expose_notifications(a, n, &x);
	expose_state(n, &g, &x);
	for (size_t i = 0; i < a->env.metrics_n; i++)
		a->env.metrics[i].expose(a->env.metrics[i].arg, &x, c->now);
	expo_end(&x);
}
