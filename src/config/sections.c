/* SPDX-License-Identifier: Apache-2.0 */
/* sections.c - the tables of fields with what they are about. */
#include "config/sections.h"

#include "config/gateway_fields.h"
#include "fields.h"

static const struct config_section sections[] = {
	{ "configuration", "The keys at the top of the file.", part_fields },
	{ "global", "What receivers inherit, and defaults of the router.", global_fields },
	{ "route", "A node of the tree of routes; the root takes every alert.", route_fields },
	{ "inhibit_rules", "Each element mutes alerts while others are firing.", inhibit_fields },
	{ "time_intervals", "Each element names a set of times, for routes to mute or to be active in.",
	    time_interval_fields },
	{ "time interval", "The elements of a named set; a time is in one when all that is written holds.",
	    interval_fields },
	{ "times", "The elements of times.", times_fields },
	{ "receivers", "Each element is whom to notify. Beside these keys it has lists of integrations, "
	    "NAME_configs for each kind below.", receiver_fields },
	{ "http_config", "How to reach something over HTTP.", http_fields },
	{ "http_headers", "The value of each header in http_headers and proxy_connect_header.", http_header_fields },
	{ "tls_config", "How to encrypt a connection, and whom to trust.", tls_fields },
	{ "tracing", "Where to send traces, by OTLP.", tracing_fields },
	{ "event_recorder", "Where to record what happens to alerts and notifications.", recorder_fields },
	{ "ui", "What a site wants of the web page (an extension; Alertmanager does not start with it).", ui_fields },
	{ "links", "Each element of links in ui.", ui_link_fields },
	{ "silence templates", "Each element of templates in the silence of ui.", ui_template_fields },
	{ "heartbeats", "Each element of heartbeats in ui.", ui_heartbeat_fields },
	{ "gateways", "Each element is a way to telephones (an extension). Which of these keys it has is its preset's to say.",
	    gateway_fields },
	{ "rule file", "The keys at the top of a file that rule_files names.", rule_file_fields },
	{ "silences", "Each element of silences in a rule file.", rule_silence_fields },
	{ "web configuration", "The file that --web.config.file names.", web_file_fields },
	{ "cluster TLS", "The file that --cluster.tls-config names.", cluster_file_fields },
	{ NULL, NULL, NULL },
};

const struct config_section *
config_sections(void)
{
	return sections;
}
