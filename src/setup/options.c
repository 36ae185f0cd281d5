/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/options.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/vec.h"
#include "setup/files.h"
#include "text/float.h"

enum flag_type {
	FLAG_STRING,
	FLAG_BOOL,
	FLAG_SPAN,
	FLAG_SECONDS,	/* a span; a bare number is one of seconds */
	FLAG_INT,
	FLAG_DOUBLE,
	FLAG_WORDS,
};

struct flag {
	const char *name;
	enum flag_type type;
	size_t offset;
	const char *fallback;
	const char *help;
	char letter;
};

#define O(member) offsetof(struct options, member)

static const struct flag flags[] = {
	{ "help", FLAG_BOOL, O(help), "false", "Show this help.", 'h' },
	{ "version", FLAG_BOOL, O(version), "false", "Show the version.", 0 },
	{ "config.file", FLAG_STRING, O(config_file), "alertmanager.yml",
	    "Configuration file, or a directory whose *.yml and *.yaml files together are the configuration.", 0 },
	{ "config.expand-env", FLAG_BOOL, O(config_expand_env), "false",
	    "Replace ${NAME} and ${NAME:-default} in the configuration file by environment variables.", 0 },
	{ "storage.path", FLAG_STRING, O(storage_path), "data/", "Directory of durable state.", 0 },
	{ "data.retention", FLAG_SPAN, O(data_retention), "120h", "How long to keep ended silences and log entries.", 0 },
	{ "data.maintenance-interval", FLAG_SPAN, O(data_maintenance_interval), "15m",
	    "How often to drop what is past its retention.", 0 },
	{ "silences.max-silences", FLAG_INT, O(silences_max), "0",
	    "Most silences to hold, ended ones included; 0: no limit.", 0 },
	{ "silences.max-silence-size-bytes", FLAG_INT, O(silences_max_bytes), "0",
	    "Largest silence to take; 0: no limit.", 0 },
	{ "log.silences", FLAG_BOOL, O(log_silences), "false", "Log changes of silences.", 0 },
	{ "alerts.gc-interval", FLAG_SPAN, O(alerts_gc_interval), "30m", "How often to drop resolved alerts.", 0 },
	{ "alerts.per-alertname-limit", FLAG_INT, O(alerts_per_name), "0",
	    "Most alerts to hold per alertname; 0: no limit.", 0 },
	{ "dispatch.maintenance-interval", FLAG_SPAN, O(dispatch_maintenance_interval), "30s",
	    "How often to drop empty groups.", 0 },
	{ "dispatch.start-delay", FLAG_SPAN, O(dispatch_start_delay), "0s",
	    "No group is flushed before the start plus this.", 0 },
	{ "web.systemd-socket", FLAG_BOOL, O(web_systemd_socket), "false",
	    "Listen on the sockets that systemd passes.", 0 },
	{ "web.listen-address", FLAG_WORDS, O(web_listen_addresses), ":9093", "Address to listen on. Repeatable.", 0 },
	{ "web.config.file", FLAG_STRING, O(web_config_file), "", "File with TLS and authentication settings.", 0 },
	{ "web.external-url", FLAG_STRING, O(web_external_url), "", "URL under which users reach this server.", 0 },
	{ "web.route-prefix", FLAG_STRING, O(web_route_prefix), "",
	    "Prefix of all paths; by default the path of the external URL.", 0 },
	{ "web.get-concurrency", FLAG_INT, O(web_get_concurrency), "0",
	    "Most GET requests at a time; 0: the number of processors, at least 8.", 0 },
	{ "web.timeout", FLAG_SECONDS, O(web_timeout), "0",
	    "Longest time to handle a request; a bare number is one of seconds, 0: no limit.", 0 },
	{ "auto-gomemlimit.ratio", FLAG_DOUBLE, O(gomemlimit_ratio), "0.9", "Accepted, without effect.", 0 },
	{ "cluster.listen-address", FLAG_STRING, O(cluster_listen_address), "0.0.0.0:9094",
	    "Address for cluster traffic; empty: no cluster. Not used yet.", 0 },
	{ "cluster.advertise-address", FLAG_STRING, O(cluster_advertise_address), "", "Address to tell the peers.", 0 },
	{ "cluster.peer-name", FLAG_STRING, O(cluster_peer_name), "", "Name in the cluster; random by default.", 0 },
	{ "cluster.peer", FLAG_WORDS, O(cluster_peers), NULL, "Initial peer. Repeatable. Not joined yet.", 0 },
	{ "cluster.peer-timeout", FLAG_SPAN, O(cluster_peer_timeout), "15s", "Wait between peers to notify.", 0 },
	{ "cluster.peers-resolve-timeout", FLAG_SPAN, O(cluster_peers_resolve_timeout), "15s",
	    "Longest time to resolve peers.", 0 },
	{ "cluster.gossip-interval", FLAG_SPAN, O(cluster_gossip_interval), "200ms", "Interval of gossip.", 0 },
	{ "cluster.pushpull-interval", FLAG_SPAN, O(cluster_pushpull_interval), "1m", "Interval of full syncs.", 0 },
	{ "cluster.tcp-timeout", FLAG_SPAN, O(cluster_tcp_timeout), "10s", "Timeout of connections to peers.", 0 },
	{ "cluster.probe-timeout", FLAG_SPAN, O(cluster_probe_timeout), "500ms", "Wait for the answer of a probe.", 0 },
	{ "cluster.probe-interval", FLAG_SPAN, O(cluster_probe_interval), "1s", "Interval of probes.", 0 },
	{ "cluster.settle-timeout", FLAG_SPAN, O(cluster_settle_timeout), "1m",
	    "Longest wait for the cluster to settle before the first notification.", 0 },
	{ "cluster.reconnect-interval", FLAG_SPAN, O(cluster_reconnect_interval), "10s",
	    "Interval of attempts to reach lost peers.", 0 },
	{ "cluster.reconnect-timeout", FLAG_SPAN, O(cluster_reconnect_timeout), "6h", "When lost peers are forgotten.", 0 },
	{ "cluster.tls-config", FLAG_STRING, O(cluster_tls_config), "", "File with TLS settings for cluster traffic.", 0 },
	{ "cluster.allow-insecure-public-advertise-address-discovery", FLAG_BOOL, O(cluster_insecure_discovery), "false",
	    "Allow a public address to be chosen by itself.", 0 },
	{ "cluster.label", FLAG_STRING, O(cluster_label), "", "Label of cluster packets.", 0 },
	{ "enable-feature", FLAG_STRING, O(features), "",
	    "Comma-separated: alert-names-in-metrics, receiver-name-in-metrics, group-key-in-metrics, classic-mode, "
	    "utf8-strict-mode, auto-gomemlimit, event-recorder, reload-resets-timers, memory-only.",
	    0 },
	{ "log.level", FLAG_STRING, O(log_level_text), "info", "debug, info, warn or error.", 0 },
	{ "log.format", FLAG_STRING, O(log_format_text), "logfmt", "logfmt or json.", 0 },
};

struct parsing {
	struct options *o;
	struct arena *arena;
	VEC(struct str) args;
	VEC(struct str) words[ARRAY_LEN(flags)];
	bool given[ARRAY_LEN(flags)];
};

static bool
set_number(const struct flag *f, struct str value, void *at, struct err *e)
{
	double v;

	if (!float_parse(value, &v) || isnan(v))
		return err_set(e, ERR_INVALID, "strconv.ParseFloat: parsing \"%.*s\": invalid syntax", STR_ARG(value));
	if (f->type == FLAG_DOUBLE)
		*(double *)at = v;
	else
		/* COMPAT: whole numbers may be written as 1e3; what is behind the point goes. */
		*(int64_t *)at = v >= 0x1p63 ? INT64_MAX : v <= -0x1p63 ? INT64_MIN : (int64_t)v;
	return true;
}

/* COMPAT: 30 is 30s. The Prometheus operator passes it so, and Alertmanager does not start. */
static bool
set_seconds(struct str value, span *at, struct err *e)
{
	char text[24];
	size_t digits = 0;

	while (digits < value.n && value.p[digits] >= '0' && value.p[digits] <= '9')
		digits++;
	if (digits == 0 || digits < value.n || digits + 2 > sizeof(text))
		return duration_parse_flag(value, at, e);
	snprintf(text, sizeof(text), "%.*ss", STR_ARG(value));
	return duration_parse_flag(str_from(text), at, e);
}

/* value is NUL-terminated. */
static bool
set_flag(struct parsing *p, size_t i, struct str value, struct err *e)
{
	const struct flag *f = &flags[i];
	void *at = (char *)p->o + f->offset;

	switch (f->type) {
	case FLAG_STRING:
		*(struct str *)at = value;
		return true;
	case FLAG_BOOL:
		*(bool *)at = str_is(value, "true");
		return true;
	case FLAG_SPAN:
		return duration_parse_flag(value, at, e);
	case FLAG_SECONDS:
		return set_seconds(value, at, e);
	case FLAG_INT:
	case FLAG_DOUBLE:
		return set_number(f, value, at, e);
	case FLAG_WORDS:
		VEC_PUSH(&p->words[i], value);
		return true;
	}
	return true;
}

static bool
find_flag(struct str name, size_t *out, bool *negated)
{
	*negated = false;
	/* COMPAT: its name before Alertmanager released it, which the Prometheus operator still uses. */
	if (str_is(name, "silences.max-per-silence-bytes"))
		name = STR("silences.max-silence-size-bytes");
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_LEN(flags); i++)
			if (str_is(name, flags[i].name) && (round == 0 || flags[i].type == FLAG_BOOL)) {
				*out = i;
				*negated = round == 1;
				return true;
			}
		if (!str_starts(name, STR("no-")))
			return false;
		name = str_sub(name, 3, name.n);
	}
	return false;
}

static bool
is_flag(struct str arg)
{
	return arg.n > 1 && arg.p[0] == '-';
}

/* One "--…" argument; may take the next one too. */
static bool
parse_long(struct parsing *p, size_t *at, struct err *e)
{
	struct str arg = p->args.v[*at], name = str_sub(arg, 2, arg.n), value = STR_NONE;
	size_t equals = str_chr(name, '='), i;
	bool negated, has_value = equals < name.n;

	if (has_value) {
		value = str_sub(name, equals + 1, name.n);
		name = str_sub(name, 0, equals);
	}
	if (!find_flag(name, &i, &negated))
		return err_set(e, ERR_INVALID, "unknown long flag '--%.*s'", STR_ARG(name));
	if (p->given[i] && flags[i].type != FLAG_WORDS)
		return err_set(e, ERR_INVALID, "flag '%s' cannot be repeated", flags[i].name);
	p->given[i] = true;
	if (flags[i].type == FLAG_BOOL) {
		if (has_value)
			return err_set(e, ERR_INVALID, "unexpected %.*s", STR_ARG(value));
		return set_flag(p, i, negated ? STR("false") : STR("true"), e);
	}
	if (!has_value) {
		/* A flag is nobody's value: the one before it lacks its own. */
		if (*at + 1 >= p->args.n || is_flag(p->args.v[*at + 1]))
			return err_set(e, ERR_INVALID, "expected argument for flag '--%s'", flags[i].name);
		value = p->args.v[++*at];
	}
	return set_flag(p, i, value, e);
}

/* Adds an argument, or the lines of FILE for @FILE. */
static bool
add_argument(struct parsing *p, const char *arg, struct err *e)
{
	struct str text;

	if (arg[0] != '@' || arg[1] == '\0') {
		VEC_PUSH(&p->args, str_from(arg));
		return true;
	}
	if (!files_read(arg + 1, (size_t)1 << 20, p->arena, &text, e))
		return err_ctx(e, "failed to open arguments file \"%s\"", arg + 1);
	while (text.n > 0) {
		size_t end = str_chr(text, '\n');
		struct str line = str_sub(text, 0, end);

		text = str_sub(text, end + 1, text.n);
		if (line.n > 0)
			VEC_PUSH(&p->args, arena_str(p->arena, line));
	}
	return true;
}

/* Sets a flag without the words of the command line. */
static void
give(struct parsing *p, const char *name, const char *value)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		struct err e = { 0 };
		bool ok = true;

		if (strcmp(flags[i].name, name) != 0)
			continue;
		ok = set_flag(p, i, str_from(value), &e);
		assert(ok);
		(void)ok;
		p->given[i] = true;
	}
}

static bool
parse_arguments(struct parsing *p, struct err *e)
{
	for (size_t i = 0; i < p->args.n; i++) {
		struct str arg = p->args.v[i];

		if (str_is(arg, "--") && i + 1 < p->args.n)
			return err_set(e, ERR_INVALID, "unexpected %.*s", STR_ARG(p->args.v[i + 1]));
		if (str_is(arg, "--"))
			return true;
		if (str_is(arg, "-h") || str_is(arg, "--help-long")) {
			give(p, "help", "true");
		} else if (str_starts(arg, STR("--")) && arg.n > 2) {
			if (!parse_long(p, &i, e))
				return false;
		} else if (is_flag(arg)) {
			return err_set(e, ERR_INVALID, "unknown short flag '%.*s'", STR_ARG(arg));
		} else {
			return err_set(e, ERR_INVALID, "unexpected %.*s", STR_ARG(arg));
		}
	}
	return true;
}

static bool
set_defaults(struct parsing *p, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (!p->given[i] && flags[i].fallback != NULL && !set_flag(p, i, str_from(flags[i].fallback), e))
			return false;
	return true;
}

static void
take_words(struct parsing *p)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		struct words *w = (struct words *)(void *)((char *)p->o + flags[i].offset);

		if (flags[i].type != FLAG_WORDS)
			continue;
		w->n = p->words[i].n;
		w->v = ARENA_ARRAY(p->arena, w->n, struct str);
		for (size_t j = 0; j < w->n; j++)
			w->v[j] = p->words[i].v[j];
		VEC_FINI(&p->words[i]);
	}
}

bool
options_parse(int argc, char *const *argv, struct arena *a, struct options *out, struct err *e)
{
	struct parsing p = { .o = out, .arena = a };
	bool ok = true;

	*out = (struct options){ 0 };
	for (int i = 1; ok && i < argc; i++)
		ok = add_argument(&p, argv[i], e);
	ok = ok && parse_arguments(&p, e);
	/* Whoever asks for help gets it, whatever else stands there. */
	ok = ok && set_defaults(&p, e);
	take_words(&p);
	VEC_FINI(&p.args);
	if (!ok)
		return false;
	if (!log_level_parse(out->log_level_text, &out->log_level))
		return err_set(e, ERR_INVALID, "unrecognized log level %.*s", STR_ARG(out->log_level_text));
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
		{ "Retention", o->data_retention, false },
		{ "MaintenanceInterval", o->data_maintenance_interval, false },
		{ "AlertGCInterval", o->alerts_gc_interval, false },
		{ "DispatchMaintenanceInterval", o->dispatch_maintenance_interval, false },
		{ "PeerTimeout", o->cluster_peer_timeout, true },
		{ "PeersResolveTimeout", o->cluster_peers_resolve_timeout, true },
		{ "GossipInterval", o->cluster_gossip_interval, true },
		{ "PushPullInterval", o->cluster_pushpull_interval, true },
		{ "TCPTimeout", o->cluster_tcp_timeout, true },
		{ "ProbeTimeout", o->cluster_probe_timeout, true },
		{ "ProbeInterval", o->cluster_probe_interval, true },
		{ "ReconnectInterval", o->cluster_reconnect_interval, true },
		{ "ReconnectTimeout", o->cluster_reconnect_timeout, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(positive); i++) {
		if (positive[i].value > 0 || (positive[i].cluster && o->cluster_listen_address.n == 0))
			continue;
		return err_set(e, ERR_INVALID, "alertmanager/app: Options.%s must be positive%s", positive[i].name,
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
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		const struct flag *f = &flags[i];
		size_t start = out->n;

		sbuf_printf(out, f->letter != 0 ? "  -%c, " : "      ", f->letter);
		if (f->type == FLAG_BOOL)
			sbuf_printf(out, "--%s%s", f->letter != 0 || strcmp(f->name, "version") == 0 ? "" : "[no-]",
			    f->name);
		else
			sbuf_printf(out, "--%s=%s%s", f->name, f->fallback == NULL ? "VALUE" : f->fallback,
			    f->type == FLAG_WORDS ? " ..." : "");
		while (out->n - start < 46)
			sbuf_putc(out, ' ');
		sbuf_printf(out, "  %s\n", f->help);
	}
}
