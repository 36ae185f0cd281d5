/* SPDX-License-Identifier: Apache-2.0 */
/*
 * setup/options.h - the command line of the server.
 *
 * Flags, defaults and errors are Alertmanager's (cmd/alertmanager, kingpin):
 * --name=value or --name value, booleans without a value (--no-name negates),
 * @FILE is replaced by the lines of FILE, no abbreviations.
 */
#ifndef SETUP_OPTIONS_H
#define SETUP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "setup/flags.h"

/* Where an instance listens for its cluster unless it is told. */
#define CLUSTER_LISTEN_DEFAULT "0.0.0.0:9094"

struct options {
	struct str config_file, storage_path;
	struct str config_extra_file;	/* extension */
	bool config_expand_env;		/* extension */
	span data_retention, data_maintenance_interval;
	int64_t silences_max, silences_max_bytes;
	bool log_silences;
	bool history_enabled;		/* extension, as are the next */
	span history_retention;
	struct str history_max_size_text;
	uint64_t history_max_size;	/* bytes */
	span alerts_gc_interval;
	int64_t alerts_per_name;
	span dispatch_maintenance_interval, dispatch_start_delay;
	bool web_systemd_socket;
	struct words web_listen_addresses;
	struct str web_config_file, web_external_url, web_route_prefix;
	int64_t web_get_concurrency;
	span web_timeout;
	double gomemlimit_ratio;	/* accepted, without effect */
	struct str cluster_listen_address, cluster_advertise_address, cluster_peer_name, cluster_tls_config, cluster_label;
	bool cluster_listen_given;	/* the address is not the default */
	struct words cluster_peers;
	span cluster_peer_timeout, cluster_peers_resolve_timeout, cluster_gossip_interval, cluster_pushpull_interval;
	span cluster_tcp_timeout, cluster_probe_timeout, cluster_probe_interval, cluster_settle_timeout;
	span cluster_reconnect_interval, cluster_reconnect_timeout;
	bool cluster_insecure_discovery;
	/* extension */
	struct str etcd_endpoints_text, etcd_prefix, etcd_username, etcd_password_file, etcd_ca_file, etcd_cert_file, etcd_key_file;
	struct words etcd_endpoints;	/* without a slash at their end; none: there is no etcd */
	span etcd_lease_ttl;
	bool sandbox;
	struct str features;
	struct str log_level_text, log_format_text;
	enum log_level log_level;
	enum log_format log_format;
	bool help, version;

	/* From --enable-feature. */
	bool feature_receiver_name, feature_group_key, feature_alert_names, feature_event_recorder;
	bool feature_gomemlimit, feature_reload_resets_timers;
	bool feature_memory_only;	/* nothing is written to disk: for measuring what that costs */
	enum matcher_mode matcher_mode;
	enum naming naming;
};

/*
 * Parses argv[1..]. Everything lives in the arena. Errors are what kingpin
 * prints behind "PROG: error: " (without ", try --help").
 */
bool options_parse(int argc, char *const *argv, struct arena *a, struct options *out, struct err *e) MUST_CHECK;
/* --enable-feature: sets the feature_… members, naming and matcher_mode. */
bool options_features(struct options *o, struct err *e) MUST_CHECK;
/* Intervals that must be positive; the error names the option. */
bool options_check(const struct options *o, struct err *e) MUST_CHECK;
/* The table of the flags; ends with a NULL name. */
const struct flag *options_flags(void);
/* The text of --help; `commands` is the list of them that stands in it. */
void options_help(const char *program, struct str commands, struct sbuf *out);

#endif
