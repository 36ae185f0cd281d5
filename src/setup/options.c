/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/options.h"

#include "base/mem.h"
#include "setup/flags.h"
#include "text/url.h"

#define O struct options

static const struct flag flags[] = {
	BOOL_FLAG(O, help, "help", .letter = 'h', .help = "Show this help."),
	BOOL_FLAG(O, help, "help-long"),
	BOOL_FLAG(O, version, "version", .help = "Show the version."),
	STRING_FLAG(O, config_file, "config.file", .fallback = "alertmanager.yml",
	    .help = "Configuration file, or a directory whose *.yml and *.yaml files together are the configuration."),
	STRING_FLAG(O, config_extra_file, "config.extra-file", .fallback = "",
	    .help = "A further file of the configuration, which adds to its receivers by their names; empty: none."),
	BOOL_FLAG(O, config_expand_env, "config.expand-env", .fallback = "false",
	    .help = "Replace ${NAME} and ${NAME:-default} in the configuration file by environment variables."),
	STRING_FLAG(O, storage_path, "storage.path", .fallback = "data/", .help = "Directory of durable state."),
	GO_SPAN_FLAG(O, data_retention, "data.retention", .fallback = "120h",
	    .help = "How long to keep ended silences and log entries."),
	GO_SPAN_FLAG(O, data_maintenance_interval, "data.maintenance-interval", .fallback = "15m",
	    .help = "How often to drop what is past its retention."),
	INT_FLAG(O, silences_max, "silences.max-silences", .fallback = "0",
	    .help = "Most silences to hold, ended ones included; 0: no limit."),
	/* COMPAT: the alias is its name before Alertmanager released it, which the Prometheus operator still uses. */
	INT_FLAG(O, silences_max_bytes, "silences.max-silence-size-bytes", .fallback = "0", .alias = "silences.max-per-silence-bytes",
	    .help = "Largest silence to take; 0: no limit."),
	BOOL_FLAG(O, log_silences, "log.silences", .fallback = "false", .help = "Log changes of silences."),
	BOOL_FLAG(O, history_enabled, "history.enabled", .fallback = "true",
	    .help = "Keep a history of alerts, notifications, silences and reloads."),
	SPAN_FLAG(O, history_retention, "history.retention", .fallback = "30d", .help = "How long to keep history."),
	STRING_FLAG(O, history_max_size_text, "history.max-size", .fallback = "1GB",
	    .help = "Largest size of the history's file: a number and KB, MB, GB or TB, at least 16MB."),
	GO_SPAN_FLAG(O, alerts_gc_interval, "alerts.gc-interval", .fallback = "30m",
	    .help = "How often to drop resolved alerts."),
	INT_FLAG(O, alerts_per_name, "alerts.per-alertname-limit", .fallback = "0",
	    .help = "Most alerts to hold per alertname; 0: no limit."),
	GO_SPAN_FLAG(O, dispatch_maintenance_interval, "dispatch.maintenance-interval", .fallback = "30s",
	    .help = "How often to drop empty groups."),
	GO_SPAN_FLAG(O, dispatch_start_delay, "dispatch.start-delay", .fallback = "0s",
	    .help = "No group is flushed before the start plus this."),
	BOOL_FLAG(O, web_systemd_socket, "web.systemd-socket", .fallback = "false",
	    .help = "Listen on the sockets that systemd passes."),
	STRINGS_FLAG(O, web_listen_addresses, "web.listen-address", .fallback = ":9093",
	    .help = "Address to listen on. Repeatable."),
	STRING_FLAG(O, web_config_file, "web.config.file", .fallback = "",
	    .help = "File with TLS and authentication settings."),
	STRING_FLAG(O, web_external_url, "web.external-url", .fallback = "",
	    .help = "URL under which users reach this server."),
	STRING_FLAG(O, web_route_prefix, "web.route-prefix", .fallback = "",
	    .help = "Prefix of all paths; by default the path of the external URL."),
	INT_FLAG(O, web_get_concurrency, "web.get-concurrency", .fallback = "0",
	    .help = "Most GET requests at a time; 0: the number of processors, at least 8."),
	SECONDS_FLAG(O, web_timeout, "web.timeout", .fallback = "0",
	    .help = "Longest time to handle a request; a bare number is one of seconds, 0: no limit."),
	DOUBLE_FLAG(O, gomemlimit_ratio, "auto-gomemlimit.ratio", .fallback = "0.9",
	    .help = "Accepted, without effect."),
	STRING_FLAG(O, cluster_listen_address, "cluster.listen-address", .fallback = CLUSTER_LISTEN_DEFAULT,
	    .help = "Address for cluster traffic, of an IP address and a port; empty: no cluster."),
	STRING_FLAG(O, cluster_advertise_address, "cluster.advertise-address", .fallback = "",
	    .help = "IP:port to tell the peers; by default that of --cluster.listen-address, or the first private one of the host."),
	STRING_FLAG(O, cluster_peer_name, "cluster.peer-name", .fallback = "",
	    .help = "Name in the cluster; random by default."),
	STRINGS_FLAG(O, cluster_peers, "cluster.peer",
	    .help = "Initial peer, host:port; its name is looked up again every 15 seconds. Repeatable."),
	GO_SPAN_FLAG(O, cluster_peer_timeout, "cluster.peer-timeout", .fallback = "15s",
	    .help = "Wait between peers to notify."),
	GO_SPAN_FLAG(O, cluster_peers_resolve_timeout, "cluster.peers-resolve-timeout", .fallback = "15s",
	    .help = "Longest time to resolve peers."),
	GO_SPAN_FLAG(O, cluster_gossip_interval, "cluster.gossip-interval", .fallback = "200ms",
	    .help = "Interval of gossip."),
	GO_SPAN_FLAG(O, cluster_pushpull_interval, "cluster.pushpull-interval", .fallback = "1m",
	    .help = "Interval of full syncs."),
	GO_SPAN_FLAG(O, cluster_tcp_timeout, "cluster.tcp-timeout", .fallback = "10s",
	    .help = "Timeout of connections to peers."),
	GO_SPAN_FLAG(O, cluster_probe_timeout, "cluster.probe-timeout", .fallback = "500ms",
	    .help = "Wait for the answer of a probe."),
	GO_SPAN_FLAG(O, cluster_probe_interval, "cluster.probe-interval", .fallback = "1s",
	    .help = "Interval of probes."),
	GO_SPAN_FLAG(O, cluster_settle_timeout, "cluster.settle-timeout", .fallback = "1m",
	    .help = "Longest wait for the cluster to settle before the first notification."),
	GO_SPAN_FLAG(O, cluster_reconnect_interval, "cluster.reconnect-interval", .fallback = "10s",
	    .help = "Interval of attempts to reach lost peers."),
	GO_SPAN_FLAG(O, cluster_reconnect_timeout, "cluster.reconnect-timeout", .fallback = "6h",
	    .help = "When lost peers are forgotten."),
	STRING_FLAG(O, cluster_tls_config, "cluster.tls-config", .fallback = "",
	    .help = "File with TLS settings for cluster traffic; all of it goes over TLS and TCP then."),
	BOOL_FLAG(O, cluster_insecure_discovery, "cluster.allow-insecure-public-advertise-address-discovery", .fallback = "false",
	    .help = "Allow a public address to be chosen by itself."),
	STRING_FLAG(O, cluster_label, "cluster.label", .fallback = "", .help = "Label of cluster packets."),
	STRING_FLAG(O, etcd_endpoints_text, "etcd.endpoints", .fallback = "", .value = "URL,...",
	    .help = "Endpoints of the etcd that instances have in common, for silences and the notification log; empty: none."),
	STRING_FLAG(O, etcd_prefix, "etcd.prefix", .fallback = "/tocsin", .help = "Where the keys in etcd begin."),
	GO_SPAN_FLAG(O, etcd_lease_ttl, "etcd.lease-ttl", .fallback = "10s",
	    .help = "How long the others wait for an instance that does not answer; whole seconds from 2s to 1h."),
	STRING_FLAG(O, etcd_username, "etcd.username", .fallback = "", .help = "User of the etcd; empty: none."),
	STRING_FLAG(O, etcd_password_file, "etcd.password-file", .fallback = "", .help = "File with that user's password."),
	STRING_FLAG(O, etcd_ca_file, "etcd.ca-file", .fallback = "",
	    .help = "Certificates that sign those of the etcd; by default the host's."),
	STRING_FLAG(O, etcd_cert_file, "etcd.cert-file", .fallback = "", .help = "Certificate to show to the etcd."),
	STRING_FLAG(O, etcd_key_file, "etcd.key-file", .fallback = "", .help = "Its key."),
	BOOL_FLAG(O, sandbox, "sandbox", .fallback = "false",
	    .help = "Give up to write anywhere but in the directory of state, in places for temporary files and, as configured at the start, where the "
		    "event recorder writes and in gateways' spools, to start other programs, and system calls that are of no use here."),
	STRING_FLAG(O, features, "enable-feature", .fallback = "",
	    .help = "Comma-separated: alert-names-in-metrics, receiver-name-in-metrics, group-key-in-metrics, classic-mode, "
		    "utf8-strict-mode, auto-gomemlimit, event-recorder, reload-resets-timers, memory-only."),
	STRING_FLAG(O, log_level_text, "log.level", .fallback = "info", .help = "debug, info, warn or error."),
	STRING_FLAG(O, log_format_text, "log.format", .fallback = "logfmt", .help = "logfmt or json."),
	FLAGS_END,
};

#undef O

/* Alertmanager's, which kingpin reads. */
static const struct flag_grammar grammar = { .files = true };

const struct flag *
options_flags(void)
{
	return flags;
}

#define HISTORY_SIZE_MIN (UINT64_C(16) << 20)

/* As Prometheus has sizes: powers of 1024. */
static bool
parse_size(struct str text, uint64_t *out)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB" };
	uint64_t n = 0;
	size_t at = 0;

	for (; at < text.n && text.p[at] >= '0' && text.p[at] <= '9'; at++) {
		n = n * 10 + (uint64_t)(text.p[at] - '0');
		if (n > UINT64_C(1) << 40)
			return false;
	}
	for (unsigned i = 0; at > 0 && i < ARRAY_LEN(units); i++)
		if (str_caseeq(str_sub(text, at, text.n), str_from(units[i]))) {
			*out = n << 10 * i;
			return *out >> 10 * i == n && *out <= INT64_MAX;
		}
	return false;
}

#define ENDPOINTS_MAX 16
#define PREFIX_MAX 256
#define PREFIX_SHOWN 100
#define TTL_MIN (2 * SPAN_S)
#define TTL_MAX SPAN_HOUR

static bool
read_endpoint(struct str text, struct arena *a, struct str *out, struct err *e)
{
	struct url u;
	struct err why = { 0 };

	while (text.n > 0 && text.p[text.n - 1] == '/')
		text.n--;
	if (!url_parse(a, text, &u, &why) || (!str_is(u.scheme, "http") && !str_is(u.scheme, "https")) ||
	    url_hostname(&u).n == 0 || u.path.n > 0 || u.query.n > 0 || u.fragment.n > 0 || u.has_user)
		return err_set(e, ERR_INVALID,
		    "--etcd.endpoints: \"%.*s\" is not an endpoint: URLs of a scheme and a host are wanted, like http://etcd-1:2379,https://etcd-2:2379",
		    STR_ARG(text));
	*out = arena_str(a, text);
	return true;
}

static bool
read_endpoints(struct options *o, struct arena *a, struct err *e)
{
	struct str rest = o->etcd_endpoints_text;

	o->etcd_endpoints.v = ARENA_ARRAY(a, ENDPOINTS_MAX, struct str);
	while (rest.n > 0) {
		if (o->etcd_endpoints.n == ENDPOINTS_MAX)
			return err_set(e, ERR_INVALID, "--etcd.endpoints: more than %d endpoints", ENDPOINTS_MAX);
		if (!read_endpoint(str_trim(str_split(&rest, ',')), a, &o->etcd_endpoints.v[o->etcd_endpoints.n++], e))
			return false;
	}
	return true;
}

static bool
is_prefix(struct str s)
{
	if (s.n < 2 || s.n > PREFIX_MAX || s.p[0] != '/' || s.p[s.n - 1] == '/')
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return true;
}

/* Fills o->etcd_endpoints; errors name the flag, the value and what is allowed. */
static bool
read_etcd(struct options *o, struct arena *a, struct err *e)
{
	if (!read_endpoints(o, a, e))
		return false;
	if (!is_prefix(o->etcd_prefix))
		return err_set(e, ERR_INVALID,
		    "--etcd.prefix=%.*s: up to %d printable ASCII characters without blanks are wanted, with a slash in front and none at the end",
		    STR_ARG(str_sub(o->etcd_prefix, 0, PREFIX_SHOWN)), PREFIX_MAX);
	if (o->etcd_lease_ttl < TTL_MIN || o->etcd_lease_ttl > TTL_MAX || o->etcd_lease_ttl % SPAN_S != 0)
		return err_set(e, ERR_INVALID, "--etcd.lease-ttl must be whole seconds from 2s to 1h");
	if ((o->etcd_username.n > 0) != (o->etcd_password_file.n > 0))
		return err_set(e, ERR_INVALID, "--etcd.username and --etcd.password-file: one is given without the other");
	if ((o->etcd_cert_file.n > 0) != (o->etcd_key_file.n > 0))
		return err_set(e, ERR_INVALID, "--etcd.cert-file and --etcd.key-file: one is given without the other");
	return true;
}

bool
options_parse(int argc, char *const *argv, struct arena *a, struct options *out, struct err *e)
{
	struct flag_parser p = { .grammar = &grammar, .tables = { { flags, out } }, .arena = a };

	struct flag_at listen = flags_find(&p, STR("cluster.listen-address"), 0);

	*out = (struct options){ 0 };
	flags_defaults(&p);
	if (!flags_parse(&p, argc - 1, argv + 1, e))
		return false;
	out->cluster_listen_given = p.given[listen.table][listen.row];
	if (!log_level_parse(out->log_level_text, &out->log_level))
		return err_set(e, ERR_INVALID, "unrecognized log level %.*s", STR_ARG(out->log_level_text));
	if (!parse_size(out->history_max_size_text, &out->history_max_size) || out->history_max_size < HISTORY_SIZE_MIN)
		return err_set(e, ERR_INVALID, "--history.max-size must be a size like 1GB or 500MB, at least 16MB, is \"%.*s\"",
		    STR_ARG(out->history_max_size_text));
	if (out->history_retention <= 0)
		return err_set(e, ERR_INVALID, "--history.retention must be positive");
	if (!read_etcd(out, a, e))
		return false;
	if (!log_format_parse(out->log_format_text, &out->log_format))
		return err_set(e, ERR_INVALID, "unrecognized log format %.*s", STR_ARG(out->log_format_text));
	return true;
}

bool
options_features(struct options *o, struct err *e)
{
	struct str list = o->features;
	bool classic = false, utf8 = false;

	while (list.n > 0) {
		size_t comma = str_chr(list, ',');
		struct str name = str_sub(list, 0, comma);

		if (str_is(name, "alert-names-in-metrics"))
			o->feature_alert_names = true;
		else if (str_is(name, "receiver-name-in-metrics"))
			o->feature_receiver_name = true;
		else if (str_is(name, "group-key-in-metrics"))
			o->feature_group_key = true;
		else if (str_is(name, "classic-mode"))
			classic = true;
		else if (str_is(name, "utf8-strict-mode"))
			utf8 = true;
		else if (str_is(name, "auto-gomemlimit"))
			o->feature_gomemlimit = true;
		else if (str_is(name, "event-recorder"))
			o->feature_event_recorder = true;
		else if (str_is(name, "reload-resets-timers"))
			o->feature_reload_resets_timers = true;
		else if (str_is(name, "memory-only"))
			o->feature_memory_only = true;
		else
			return err_set(e, ERR_INVALID, "unknown option '%.*s' for --enable-feature", STR_ARG(name));
		if (comma < list.n && comma + 1 == list.n)
			return err_set(e, ERR_INVALID, "unknown option '' for --enable-feature");
		list = str_sub(list, comma + 1, list.n);
	}
	if (classic && utf8)
		return err_set(e, ERR_INVALID, "cannot have both classic and UTF-8 modes enabled");
	o->matcher_mode = classic ? MATCHER_CLASSIC : utf8 ? MATCHER_UTF8 : MATCHER_FALLBACK;
	o->naming = classic ? NAMING_CLASSIC : NAMING_UTF8;
	return true;
}

bool
options_check(const struct options *o, struct err *e)
{
	const struct {
		const char *name;
		span value;
		bool cluster;
	} positive[] = {
		{ "data.retention", o->data_retention, false },
		{ "data.maintenance-interval", o->data_maintenance_interval, false },
		{ "alerts.gc-interval", o->alerts_gc_interval, false },
		{ "dispatch.maintenance-interval", o->dispatch_maintenance_interval, false },
		{ "cluster.peer-timeout", o->cluster_peer_timeout, true },
		{ "cluster.peers-resolve-timeout", o->cluster_peers_resolve_timeout, true },
		{ "cluster.gossip-interval", o->cluster_gossip_interval, true },
		{ "cluster.pushpull-interval", o->cluster_pushpull_interval, true },
		{ "cluster.tcp-timeout", o->cluster_tcp_timeout, true },
		{ "cluster.probe-timeout", o->cluster_probe_timeout, true },
		{ "cluster.probe-interval", o->cluster_probe_interval, true },
		{ "cluster.reconnect-interval", o->cluster_reconnect_interval, true },
		{ "cluster.reconnect-timeout", o->cluster_reconnect_timeout, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(positive); i++) {
		if (positive[i].value > 0 || (positive[i].cluster && o->cluster_listen_address.n == 0))
			continue;
		return err_set(e, ERR_INVALID, "--%s must be positive%s", positive[i].name,
		    positive[i].cluster ? " when clustering is enabled" : "");
	}
	if (o->feature_gomemlimit && !(o->gomemlimit_ratio > 0 && o->gomemlimit_ratio <= 1))
		return err_set(e, ERR_INVALID, "--auto-gomemlimit.ratio must be greater than 0 and less than or equal to 1.");
	return true;
}

void
options_help(const char *program, struct str commands, struct sbuf *out)
{
	sbuf_printf(out,
	    "usage: %s [<flags>]\n"
	    "       %s COMMAND [<flags>] [ARG...]\n\n"
	    "Routes alerts to the people who have to know.\n\n"
	    "Commands (COMMAND --help tells more; without one the server is started):\n",
	    program, program);
	sbuf_str(out, commands);
	sbuf_puts(out, "\nFlags:\n");
	flags_help(flags, 48, out);
}
