/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: names, types and labels as Alertmanager's dashboards and alerts expect them. */
#include "handlers.h"
#include "text/expo.h"
#include "text/gzip.h"

/* Go's names of processors, which dashboards know. */
#if defined(__x86_64__)
#define GOARCH "amd64"
#elif defined(__aarch64__)
#define GOARCH "arm64"
#elif defined(__i386__)
#define GOARCH "386"
#elif defined(__arm__)
#define GOARCH "arm"
#elif defined(__riscv) && __riscv_xlen == 64
#define GOARCH "riscv64"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define GOARCH "ppc64le"
#elif defined(__s390x__)
#define GOARCH "s390x"
#else
#define GOARCH "unknown"
#endif

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
	expo_label(x, "goarch", STR(GOARCH));
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
	gauge(x, "alertmanager_cluster_enabled", "Whether instances form a cluster: not yet.", 0);
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
alert_state(struct expo *x, const struct str *group, const char *state, size_t n)
{
	if (group != NULL)
		expo_label(x, "group_key", *group);
	labelled(x, "state", state, (double)n);
}

static void
alert_states(struct expo *x, const struct str *group, size_t active, size_t suppressed, size_t unprocessed)
{
	alert_state(x, group, "active", active);
	alert_state(x, group, "suppressed", suppressed);
	alert_state(x, group, "unprocessed", unprocessed);
}

static void
expose_alert_states(struct call *c, const struct view_gauges *g, struct expo *x)
{
	struct group_marks *marks;
	size_t n;

	expo_family(x, "alertmanager_alerts", "Unresolved alerts by state.", EXPO_GAUGE);
	if (!c->api->env.group_key_in_metrics) {
		alert_states(x, NULL, g->alerts_active, g->alerts_suppressed, g->alerts_unprocessed);
		return;
	}
	view_group_marks(c->api->env.engine, c->now, c->arena, &marks, &n);
	for (size_t i = 0; i < n; i++)
		alert_states(x, &marks[i].key, marks[i].active, marks[i].suppressed, marks[i].unprocessed);
}

static void
expose_limited(const struct api *a, const struct counters *n, struct expo *x)
{
	expo_family(x, "alertmanager_alerts_limited_total", "Alerts refused by that limit.", EXPO_COUNTER);
	if (a->env.alert_names_in_metrics)
		limited_names_expose(a->limited_names, x);
	else
		expo_value(x, (double)n->alerts_limited);
}

static void
expose_alerts(struct call *c, const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	const struct api *a = c->api;

	expose_alert_states(c, g, x);
	expo_family(x, "alertmanager_alerts_received_total", "Alerts received.", EXPO_COUNTER);
	expo_label(x, "status", STR("firing"));
	labelled(x, "version", "v2", (double)a->received_firing);
	expo_label(x, "status", STR("resolved"));
	labelled(x, "version", "v2", (double)a->received_resolved);
	expo_family(x, "alertmanager_alerts_invalid_total", "Alerts refused as invalid.", EXPO_COUNTER);
	labelled(x, "version", "v2", (double)a->invalid);
	gauge(x, "alertmanager_alerts_per_alert_limit", "Limit of alerts per alertname.",
	    (double)(a->env.alerts_per_name_limit > 0 ? a->env.alerts_per_name_limit : 0));
	expose_limited(a, n, x);
	expo_family(x, "alertmanager_alerts_subscriber_channel_writes_total", "Alerts handed on inside.", EXPO_COUNTER);
	labelled(x, "subscriber", "dispatcher", (double)n->processed);
	labelled(x, "subscriber", "inhibitor", (double)n->processed);
}

static void
expose_dispatcher(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	gauge(x, "alertmanager_dispatcher_aggregation_groups", "Live aggregation groups.", (double)g->groups);
	expo_family(x, "alertmanager_dispatcher_alert_processing_duration_seconds",
	    "How long putting an alert into its groups took.", EXPO_SUMMARY);
	expo_summary(x, n->processing.n, n->processing.sum);
	counter(x, "alertmanager_dispatcher_aggregation_group_limit_reached_total", "Groups refused by a limit.", 0);
	/* Groups are made by one thread alone: making one never fails. */
	counter(x, "alertmanager_dispatcher_aggregation_group_creation_retries_total",
	    "Groups whose making was tried again.", 0);
	counter(x, "alertmanager_dispatcher_aggregation_group_creation_given_up_total",
	    "Alerts for which no group could be made.", 0);
}

/* What the series of notifications are of: a kind, or a kind in a receiver. */
struct integration_series {
	const char *kind;
	struct str receiver;
	const struct integration_counters *counts;
};

static const struct integration_counters *
counters_of(const struct counters *n, const char *kind, struct str receiver)
{
	static const struct integration_counters none;

	for (size_t i = 0; i < n->integrations_n; i++)
		if (strcmp(n->integrations[i].name, kind) == 0 && str_is(receiver, n->integrations[i].receiver))
			return &n->integrations[i];
	return &none;
}

/* The kinds of one receiver, each once. */
static size_t
series_of_receiver(const struct counters *n, const struct receiver *r, struct integration_series *out)
{
	size_t k = 0;

	for (size_t i = 0; i < r->n; i++) {
		const char *kind = r->integrations[i].kind->name;
		bool seen = false;

		for (size_t j = 0; j < k; j++)
			seen = seen || strcmp(out[j].kind, kind) == 0;
		if (!seen)
			out[k++] = (struct integration_series){ kind, r->name, counters_of(n, kind, r->name) };
	}
	return k;
}

static size_t
list_series(struct call *c, const struct counters *n, struct integration_series **out)
{
	const struct config *config = view_config(c->api->env.engine);
	const struct integration_kind *const *kinds = c->api->env.kinds;
	size_t k = 0, room = 0;

	if (!c->api->env.receiver_name_in_metrics) {
		while (kinds[room] != NULL)
			room++;
		*out = ARENA_ARRAY(c->arena, room, struct integration_series);
		for (; k < room; k++)
			(*out)[k] = (struct integration_series){ kinds[k]->name, STR(""),
				counters_of(n, kinds[k]->name, STR("")) };
		return k;
	}
	for (size_t i = 0; i < config->receivers_n; i++)
		room += config->receivers[i].n;
	*out = ARENA_ARRAY(c->arena, room, struct integration_series);
	for (size_t i = 0; i < config->receivers_n; i++)
		if (config->receivers[i].used)
			k += series_of_receiver(n, &config->receivers[i], *out + k);
	return k;
}

static void
series_labels(struct expo *x, const struct integration_series *s)
{
	expo_label(x, "integration", str_from(s->kind));
	if (s->receiver.n > 0)
		expo_label(x, "receiver_name", s->receiver);
}

static void
each_series(const struct integration_series *s, size_t n, struct expo *x, const char *name, const char *help,
    size_t offset)
{
	expo_family(x, name, help, EXPO_COUNTER);
	for (size_t i = 0; i < n; i++) {
		series_labels(x, &s[i]);
		expo_value(x, (double)*(const uint64_t *)(const void *)((const char *)s[i].counts + offset));
	}
}

static void
expose_failures(const struct integration_series *s, size_t n, struct expo *x)
{
	expo_family(x, "alertmanager_notifications_failed_total", "Notifications given up, by reason.", EXPO_COUNTER);
	for (size_t i = 0; i < n; i++)
		for (int f = 0; f < FAILURE_N; f++) {
			series_labels(x, &s[i]);
			labelled(x, "reason", failure_text((enum failure)f), (double)s[i].counts->failed[f]);
		}
}

static void
expose_latency(const struct integration_series *s, size_t n, struct expo *x)
{
	static const double bounds[COUNTER_LATENCY_BUCKETS] = { 1, 5, 10, 15, 20 };

	expo_family(x, "alertmanager_notification_latency_seconds", "How long attempts to notify took.", EXPO_HISTOGRAM);
	for (size_t i = 0; i < n; i++) {
		const struct integration_counters *k = s[i].counts;
		uint64_t counts[COUNTER_LATENCY_BUCKETS + 1];
		uint64_t below = 0;

		/* Theirs are cumulative, the exposition makes its own. */
		for (size_t b = 0; b < COUNTER_LATENCY_BUCKETS; b++) {
			counts[b] = k->latency_buckets[b] - below;
			below = k->latency_buckets[b];
		}
		counts[COUNTER_LATENCY_BUCKETS] = k->latency_count - below;
		series_labels(x, &s[i]);
		expo_histogram(x, bounds, counts, COUNTER_LATENCY_BUCKETS, k->latency_sum);
	}
}

static void
expose_notifications(struct call *c, const struct counters *n, struct expo *x)
{
	struct integration_series *s;
	size_t k = list_series(c, n, &s);

	each_series(s, k, x, "alertmanager_notifications_total", "Notifications that reached the sending stage.",
	    offsetof(struct integration_counters, notifications));
	expose_failures(s, k, x);
	each_series(s, k, x, "alertmanager_notification_requests_total", "Attempts to notify.",
	    offsetof(struct integration_counters, requests));
	each_series(s, k, x, "alertmanager_notification_requests_failed_total", "Attempts to notify that failed.",
	    offsetof(struct integration_counters, requests_failed));
	expose_latency(s, k, x);
	for (int v = MUTE_NONE + 1, first = 1; v < MUTE_N; v++) {
		if (n->suppressed[v] == 0)
			continue;
		if (first)
			expo_family(x, "alertmanager_notifications_suppressed_total", "Alerts held back, by reason.",
			    EXPO_COUNTER);
		first = 0;
		labelled(x, "reason", mute_verdict_text((enum mute_verdict)v), (double)n->suppressed[v]);
	}
}

static void
durations(struct expo *x, const char *name, const char *help, const struct duration_histogram *h)
{
	expo_family(x, name, help, EXPO_HISTOGRAM);
	expo_histogram(x, counter_duration_bounds, h->buckets, COUNTER_DURATION_BUCKETS, h->sum);
}

static void
summary(struct expo *x, const char *name, const char *help, const struct duration_summary *s)
{
	expo_family(x, name, help, EXPO_SUMMARY);
	expo_summary(x, s->n, s->sum);
}

/* Maintenance here is forgetting what is old; the disk is written at every change, see the store's metrics. */
static void
expose_silences(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	size_t all = g->silences_active + g->silences_expired + g->silences_pending;

	expo_family(x, "alertmanager_silences", "Silences by state.", EXPO_GAUGE);
	labelled(x, "state", "active", (double)g->silences_active);
	labelled(x, "state", "expired", (double)g->silences_expired);
	labelled(x, "state", "pending", (double)g->silences_pending);
	summary(x, "alertmanager_silences_gc_duration_seconds", "How long forgetting old silences took.", &n->silences_gc);
	counter(x, "alertmanager_silences_gc_errors_total", "Failures to forget old silences.", 0);
	counter(x, "alertmanager_silences_maintenance_total", "Times that old silences were forgotten.", n->maintenances);
	counter(x, "alertmanager_silences_queries_total", "Queries of silences.", n->silences_queries);
	counter(x, "alertmanager_silences_query_errors_total", "Queries of silences that failed.", 0);
	durations(x, "alertmanager_silences_query_duration_seconds", "How long queries of silences took.",
	    &n->silences_query);
	counter(x, "alertmanager_silences_query_silences_scanned_total", "Silences looked at by queries.",
	    n->silences_scanned);
	counter(x, "alertmanager_silences_query_silences_skipped_total", "Silences that queries had not to look at.",
	    n->silences_skipped);
	gauge(x, "alertmanager_silences_snapshot_size_bytes", "Encoded size of all silences.", (double)g->silences_bytes);
	gauge(x, "alertmanager_silences_state_size", "Silences held.", (double)all);
	gauge(x, "alertmanager_silences_matcher_index_size", "Keys of the index by matcher.", (double)g->silence_keys);
	gauge(x, "alertmanager_silences_version_index_size", "Silences in the index by age.", (double)all);
	/* Patterns are compiled before a silence is taken or loaded: one that cannot be is no silence. */
	expo_family(x, "alertmanager_silences_matcher_compile_errors_total", "Matchers that could not be compiled.",
	    EXPO_COUNTER);
	labelled(x, "stage", "index", 0);
	labelled(x, "stage", "load_snapshot", 0);
	counter(x, "alertmanager_silences_gossip_messages_propagated_total", "Messages of peers handed on.", 0);
}

static void
expose_nflog(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	summary(x, "alertmanager_nflog_gc_duration_seconds", "How long forgetting old entries of the log took.",
	    &n->nflog_gc);
	counter(x, "alertmanager_nflog_maintenance_total", "Times that old entries were forgotten.", n->maintenances);
	counter(x, "alertmanager_nflog_queries_total", "Queries of the notification log.", n->nflog_queries);
	counter(x, "alertmanager_nflog_query_errors_total", "Queries of the notification log without an entry.",
	    n->nflog_query_errors);
	durations(x, "alertmanager_nflog_query_duration_seconds", "How long queries of the notification log took.",
	    &n->nflog_query);
	gauge(x, "alertmanager_nflog_snapshot_size_bytes", "Encoded size of all entries, about.", (double)g->log_bytes);
	counter(x, "alertmanager_nflog_gossip_messages_propagated_total", "Messages of peers handed on.", 0);
	gauge(x, "tocsin_nflog_entries", "Entries of the notification log.", (double)g->log_entries);
	counter(x, "tocsin_regex_limit_total", "Matches of regular expressions given up as too expensive.",
	    n->regex_limit);
}

static void
expose_handler(struct api *a, struct expo *x)
{
	gauge(x, "promhttp_metric_handler_requests_in_flight", "Scrapes being answered.", 1);
	expo_family(x, "promhttp_metric_handler_requests_total", "Scrapes answered, by status.", EXPO_COUNTER);
	labelled(x, "code", "200", (double)a->scrapes++);
	labelled(x, "code", "500", 0);
	labelled(x, "code", "503", 0);
}

static void
expose_all(struct call *c, struct sbuf *out, enum expo_format format)
{
	struct api *a = c->api;
	const struct counters *n = view_counters(a->env.engine);
	struct view_gauges g = { 0 };
	struct expo x;

	view_gauges(a->env.engine, c->now, &g);
	expo_init(&x, out, format);
	expose_build(a, &x);
	expose_config(a, view_config(a->env.engine), &x);
	expose_http(a, &x);
	expose_alerts(c, n, &g, &x);
	expose_dispatcher(n, &g, &x);
	expose_notifications(c, n, &x);
	expose_silences(n, &g, &x);
	expose_nflog(n, &g, &x);
	expose_handler(a, &x);
	for (size_t i = 0; i < a->env.metrics_n; i++)
		a->env.metrics[i].expose(a->env.metrics[i].arg, &x, c->now);
	expo_end(&x);
}

/* Does one element of a comma-separated header name `what`, and not with q=0? */
static bool
accepts(struct str header, const char *what)
{
	while (header.n > 0) {
		size_t comma = str_chr(header, ',');
		struct str one = str_sub(header, 0, comma);
		struct str name = str_trim(str_sub(one, 0, str_chr(one, ';')));
		struct str q = str_trim(str_sub(one, str_chr(one, ';') + 1, one.n));

		header = str_sub(header, comma + 1, header.n);
		if (str_caseeq(name, str_from(what)))
			return !str_is(q, "q=0") && !str_is(q, "q=0.0");
	}
	return false;
}

void
api_metrics(struct call *c)
{
	struct sbuf plain = SBUF_INIT(SBUF_UNLIMITED);
	bool open = accepts(api_request_header(c->req, "Accept"), "application/openmetrics-text");
	enum expo_format format = open ? EXPO_OPENMETRICS : EXPO_TEXT;

	c->resp->status = 200;
	api_response_header(c->resp, "Content-Type", str_from(expo_content_type(format)));
	if (!accepts(api_request_header(c->req, "Accept-Encoding"), "gzip")) {
		expose_all(c, &c->resp->body, format);
		return;
	}
	api_response_header(c->resp, "Content-Encoding", STR("gzip"));
	expose_all(c, &plain, format);
	gzip_compress(&c->resp->body, sbuf_get(&plain));
	sbuf_fini(&plain);
}
