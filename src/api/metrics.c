/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics: names, types and labels as Alertmanager's dashboards and alerts expect them. */
#include "delivery_metrics.h"
#include "scrape.h"

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

/* The engine's counters by section of core/counters.def. */
#define SECTION(section, write) if (at == SECTION_##section) write;
#define COUNTER(section, member, name, help) SECTION(section, counter(x, name, help, n->member))
#define SUMMARY(section, member, name, help) SECTION(section, summary(x, name, help, &n->member))
#define HISTOGRAM(section, member, name, help) SECTION(section, durations(x, name, help, &n->member))
#define ABSENT(section, name, help) SECTION(section, counter(x, name, help, 0))
enum section { SECTION_dispatcher, SECTION_silences, SECTION_nflog, SECTION_cluster };

static void
expose_section(const struct counters *n, enum section at, struct expo *x)
{
#include "core/counters.def"
}
#undef SECTION

/* Heads of those that have labels. */
#define LABELLED(member, dim, name, help) LABELLED_##member,
enum labelled_counter {
#include "core/counters.def"
};

static void
labelled_family(struct expo *x, enum labelled_counter which)
{
#define LABELLED(member, dim, name, help) { name, help },
	static const struct {
		const char *name, *help;
	} heads[] = {
#include "core/counters.def"
	};

	expo_family(x, heads[which].name, heads[which].help, EXPO_COUNTER);
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
	gauge(x, "alertmanager_cluster_enabled", "Whether this instance may be one of a cluster.", a->env.cluster != NULL);
	gauge(x, "alertmanager_receivers", "Receivers that some route names.", (double)receivers);
	gauge(x, "alertmanager_integrations", "Integrations of those receivers.", (double)integrations);
	gauge(x, "alertmanager_inhibition_rules", "Inhibition rules in force.", (double)c->inhibit_rules_n);
}

static void
expose_http(const struct api *a, struct expo *x, struct moment now)
{
	const struct metrics_source *server = &a->env.server_metrics;

	http_metrics_expose(a->http, x);
	if (server->expose != NULL)
		server->expose(server->arg, x, now);
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

/* To find the next group and to write its lines. */
#define GROUP_UNITS 150

/* One group each time, or a part of one. False: that was the last, or w is used up. */
static bool
expose_next_group(struct scrape *s, struct work *w, struct moment now)
{
	const struct engine *e = s->api->env.engine;
	struct group_item g;

	if (view_groups_settle(e))
		w->left = 0;
	if (work_used_up(w))
		return false;
	if (!s->inside) {
		if (!view_group_after(e, &s->group, &g)) {
			group_place_fini(&s->group);
			return false;
		}
		group_place_set(&s->group, g.route, g.labels);
		s->marks = (struct group_marks){ 0 };
		s->inside = true;
	} else if (!view_group_at(e, &s->group, &g)) {
		/* It ended meanwhile. */
		labels_unref(s->member);
		s->member = NULL;
		s->inside = false;
		return true;
	}
	if (!view_group_marks_some(g.group, now, &s->member, w, &s->marks))
		return false;
	s->inside = false;
	work_spend(w, GROUP_UNITS + view_group_units(&g));
	alert_states(&s->x, &g.key, s->marks.active, s->marks.suppressed, s->marks.unprocessed);
	return true;
}

static bool
count_all(struct scrape *s, struct work *w, struct moment now)
{
	return view_gauges_some(s->api->env.engine, now, w, &s->gauges);
}

static bool
expose_alert_states(struct scrape *s, struct work *w, struct moment now)
{
	const struct view_gauges *g = &s->gauges;

	if (!s->begun)
		expo_family(&s->x, "alertmanager_alerts", "Unresolved alerts by state.", EXPO_GAUGE);
	s->begun = true;
	if (!s->api->env.group_key_in_metrics) {
		alert_states(&s->x, NULL, g->alerts_active, g->alerts_suppressed, g->alerts_unprocessed);
		return true;
	}
	while (expose_next_group(s, w, now))
		;
	return !s->inside && s->group.labels == NULL;
}

static void
expose_limited(const struct api *a, const struct counters *n, struct expo *x)
{
	labelled_family(x, LABELLED_alerts_limited);
	if (a->env.alert_names_in_metrics)
		limited_names_expose(a->limited_names, x);
	else
		expo_value(x, (double)n->alerts_limited);
}

static void
expose_alerts(const struct api *a, const struct counters *n, struct expo *x)
{
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
	labelled_family(x, LABELLED_processed);
	labelled(x, "subscriber", "dispatcher", (double)n->processed);
	labelled(x, "subscriber", "inhibitor", (double)n->processed);
}

static void
expose_dispatcher(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	gauge(x, "alertmanager_dispatcher_aggregation_groups", "Live aggregation groups.", (double)g->groups);
	expose_section(n, SECTION_dispatcher, x);
}

/* The owner of a series of notifications: a kind, or a kind in a receiver. */
struct integration_series {
	const char *kind;
	struct str receiver;
	const struct integration_counters *counts;
};

static const struct integration_counters *
counters_of(const struct counters *n, const char *kind, struct str receiver)
{
	static const struct integration_counters none;
	size_t low = 0, high = n->integrations_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int d = strcmp(kind, n->integrations[mid].name);

		if (d == 0)
			d = str_cmp(receiver, str_from(n->integrations[mid].receiver));
		if (d == 0)
			return &n->integrations[mid];
		if (d < 0)
			high = mid;
		else
			low = mid + 1;
	}
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

static void
series_labels(struct expo *x, const struct integration_series *s)
{
	expo_label(x, "integration", str_from(s->kind));
	if (s->receiver.n > 0)
		expo_label(x, "receiver_name", s->receiver);
}

/* A family with the same series as the others. */
struct series_family {
	const char *name, *help;
	enum expo_type type;
	void (*write)(struct expo *x, const struct series_family *f, const struct integration_series *s);
	size_t offset;	/* of the member */
};

static const void *
member_of(const struct series_family *f, const struct integration_series *s)
{
	return (const char *)s->counts + f->offset;
}

static void
write_counter(struct expo *x, const struct series_family *f, const struct integration_series *s)
{
	const uint64_t *v = member_of(f, s);

	series_labels(x, s);
	expo_value(x, (double)*v);
}

static void
write_failures(struct expo *x, const struct series_family *f, const struct integration_series *s)
{
	const uint64_t *v = member_of(f, s);

	series_labels(x, s);
	expo_keep_labels(x);
	for (int i = 0; i < FAILURE_N; i++)
		labelled(x, "reason", failure_text((enum failure)i), (double)v[i]);
	expo_drop_labels(x);
}

static void
write_latency(struct expo *x, const struct series_family *f, const struct integration_series *s)
{
	const struct latency_histogram *h = member_of(f, s);

	series_labels(x, s);
	expo_histogram(x, counter_latency_bounds, h->buckets, COUNTER_LATENCY_BUCKETS, h->sum);
}

#define SERIES(member, name, help, type, write) \
	{ name, help, type, write, offsetof(struct integration_counters, member) },
#define INTEGRATION_COUNTER(member, name, help) SERIES(member, name, help, EXPO_COUNTER, write_counter)
#define INTEGRATION_FAILURES(member, name, help) SERIES(member, name, help, EXPO_COUNTER, write_failures)
#define INTEGRATION_LATENCY(member, name, help) SERIES(member, name, help, EXPO_HISTOGRAM, write_latency)
static const struct series_family series_families[] = {
#include "core/counters.def"
};
#undef SERIES

/* To write one series of any of them. */
#define SERIES_UNITS 150

static void
write_kinds(struct scrape *s, const struct series_family *f)
{
	for (const struct integration_kind *const *kind = s->api->env.kinds; *kind != NULL; kind++) {
		const char *name = (*kind)->name;
		struct integration_series one = { name, STR(""), counters_of(s->counters, name, STR("")) };

		f->write(&s->x, f, &one);
	}
}

static void
write_receiver(struct scrape *s, const struct series_family *f, const struct receiver *r, struct work *w)
{
	struct integration_series *all = ARENA_ARRAY(s->scratch, r->n, struct integration_series);
	size_t n = series_of_receiver(s->counters, r, all);

	for (size_t i = 0; i < n; i++)
		f->write(&s->x, f, &all[i]);
	work_spend(w, (int64_t)n * SERIES_UNITS);
}

static bool
expose_series(struct scrape *s, const struct series_family *f, struct work *w)
{
	if (!s->begun)
		expo_family(&s->x, f->name, f->help, f->type);
	s->begun = true;
	if (!s->api->env.receiver_name_in_metrics) {
		write_kinds(s, f);
		return true;
	}
	for (; s->receiver < s->config->receivers_n; s->receiver++) {
		const struct receiver *r = &s->config->receivers[s->receiver];

		if (work_used_up(w))
			return false;
		work_spend(w, 1);
		if (r->used)
			write_receiver(s, f, r, w);
	}
	return true;
}

static void
expose_suppressed(const struct counters *n, struct expo *x)
{
	for (int v = MUTE_NONE + 1, first = 1; v < MUTE_N; v++) {
		if (n->suppressed[v] == 0)
			continue;
		if (first)
			labelled_family(x, LABELLED_suppressed);
		first = 0;
		labelled(x, "reason", mute_cause_text((enum mute_cause)v), (double)n->suppressed[v]);
	}
}

static void
expose_merged(const uint64_t n[MERGED_N], enum labelled_counter family, struct expo *x)
{
	labelled_family(x, family);
	for (int m = 0; m < MERGED_N; m++)
		labelled(x, "result", merged_text((enum merged)m), (double)n[m]);
}

static void
expose_unsure(const struct api *a, const struct counters *n, struct expo *x)
{
	if (a->env.cluster == NULL && n->unsure_n == 0)
		return;
	labelled_family(x, LABELLED_possibly_duplicated);
	for (size_t i = 0; i < n->unsure_n; i++)
		for (int c = 0; c < UNSURE_N; c++) {
			expo_label(x, "receiver", str_from(n->unsure[i].receiver));
			labelled(x, "cause", unsure_text((enum unsure_cause)c), (double)n->unsure[i].possibly_duplicated[c]);
		}
	labelled_family(x, LABELLED_held_back);
	for (size_t i = 0; i < n->unsure_n; i++)
		labelled(x, "receiver", n->unsure[i].receiver, (double)n->unsure[i].held);
}

/* Without a cluster only what Alertmanager has then too; else whoever shares tells of it. */
static void
expose_merging(const struct api *a, const struct counters *n, struct expo *x)
{
	if (a->env.cluster == NULL) {
		counter(x, "alertmanager_silences_gossip_messages_propagated_total", "Messages of peers handed on.", 0);
		counter(x, "alertmanager_nflog_gossip_messages_propagated_total", "Messages of peers handed on.", 0);
		return;
	}
	expose_merged(n->merged_silences, LABELLED_merged_silences, x);
	expose_merged(n->merged_log_entries, LABELLED_merged_log_entries, x);
	expose_section(n, SECTION_cluster, x);
}

static void
expose_silences(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	size_t all = g->silences_active + g->silences_expired + g->silences_pending;

	expo_family(x, "alertmanager_silences", "Silences by state.", EXPO_GAUGE);
	labelled(x, "state", "active", (double)g->silences_active);
	labelled(x, "state", "expired", (double)g->silences_expired);
	labelled(x, "state", "pending", (double)g->silences_pending);
	expose_section(n, SECTION_silences, x);
	gauge(x, "alertmanager_silences_snapshot_size_bytes", "Encoded size of all silences.", (double)g->silences_bytes);
	gauge(x, "alertmanager_silences_state_size", "Silences held.", (double)all);
	gauge(x, "alertmanager_silences_matcher_index_size", "Keys of the index by matcher.", (double)g->silence_keys);
	gauge(x, "alertmanager_silences_version_index_size", "Silences in the index by age.", (double)all);
	/* Patterns are compiled before a silence is taken or loaded: one that cannot be is no silence. */
	expo_family(x, "alertmanager_silences_matcher_compile_errors_total", "Matchers that could not be compiled.",
	    EXPO_COUNTER);
	labelled(x, "stage", "index", 0);
	labelled(x, "stage", "load_snapshot", 0);
}

static void
expose_nflog(const struct counters *n, const struct view_gauges *g, struct expo *x)
{
	expose_section(n, SECTION_nflog, x);
	gauge(x, "alertmanager_nflog_snapshot_size_bytes", "Encoded size of all entries, about.", (double)g->log_bytes);
	gauge(x, "tocsin_nflog_entries", "Entries of the notification log.", (double)g->log_entries);
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
expose_begin(struct scrape *s, struct moment now)
{
	expose_build(s->api, &s->x);
	expose_config(s->api, s->config, &s->x);
	expose_http(s->api, &s->x, now);
}

static void
expose_middle(struct scrape *s)
{
	expose_alerts(s->api, s->counters, &s->x);
	expose_dispatcher(s->counters, &s->gauges, &s->x);
}

static void
expose_end(struct scrape *s)
{
	expose_suppressed(s->counters, &s->x);
	expose_silences(s->counters, &s->gauges, &s->x);
	expose_nflog(s->counters, &s->gauges, &s->x);
	expose_merging(s->api, s->counters, &s->x);
	expose_unsure(s->api, s->counters, &s->x);
	expose_deliveries(s->api->env.engine, s->scratch, &s->x);
	expose_handler(s->api, &s->x);
}

/* The fixed steps in their order; between MIDDLE and END are the families by integration, behind END those of others. */
enum { STEP_COUNT, STEP_BEGIN, STEP_STATES, STEP_MIDDLE, STEP_SERIES };
#define STEP_END (STEP_SERIES + ARRAY_LEN(series_families))
#define STEP_OTHERS (STEP_END + 1)

static bool
run_step(struct scrape *s, struct work *w, struct moment now)
{
	const struct api_env *env = &s->api->env;

	if (s->step == STEP_COUNT)
		return count_all(s, w, now);
	if (s->step == STEP_STATES)
		return expose_alert_states(s, w, now);
	if (s->step >= STEP_SERIES && s->step < STEP_END)
		return expose_series(s, &series_families[s->step - STEP_SERIES], w);
	if (s->step == STEP_BEGIN)
		expose_begin(s, now);
	else if (s->step == STEP_MIDDLE)
		expose_middle(s);
	else if (s->step == STEP_END)
		expose_end(s);
	else if (s->step < STEP_OTHERS + env->metrics_n)
		env->metrics[s->step - STEP_OTHERS].expose(env->metrics[s->step - STEP_OTHERS].arg, &s->x, now);
	else
		s->written = true;
	return true;
}

bool
scrape_write(struct scrape *s, struct work *w, struct moment now)
{
	size_t before = s->x.b->n;
	bool done;

	if (work_used_up(w))
		return false;
	arena_reset(s->scratch);
	done = run_step(s, w, now);
	work_spend(w, (int64_t)(s->x.b->n - before) / 2);
	if (!done)
		return false;
	s->step++;
	s->begun = false;
	s->receiver = 0;
	if (s->written)
		expo_end(&s->x);
	return true;
}

void
scrape_fini(struct scrape *s)
{
	group_place_fini(&s->group);
	labels_unref(s->member);
	expo_fini(&s->x);
}
