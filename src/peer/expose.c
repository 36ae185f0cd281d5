/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics as Alertmanager's, cluster/cluster.go, delegate.go and channel.go. */
#include "door.h"
#include "lines.h"
#include "peer_private.h"
#include "secure.h"
#include "text/expo.h"

static void
one(struct expo *x, const char *name, const char *help, enum expo_type type, double v)
{
	expo_family(x, name, help, type);
	expo_value(x, v);
}

static void
pair(struct expo *x, const char *name, const char *help, uint64_t full, uint64_t updates)
{
	expo_family(x, name, help, EXPO_COUNTER);
	expo_label(x, "msg_type", STR("full_state"));
	expo_value(x, (double)full);
	expo_label(x, "msg_type", STR("update"));
	expo_value(x, (double)updates);
}

static void
by_key(struct expo *x, const char *name, const char *help, uint64_t log, uint64_t silences)
{
	expo_family(x, name, help, EXPO_COUNTER);
	expo_label(x, "key", STR(GOSSIP_KEY_LOG));
	expo_value(x, (double)log);
	expo_label(x, "key", STR(GOSSIP_KEY_SILENCES));
	expo_value(x, (double)silences);
}

static void
expose_durations(struct expo *x, const struct gossip_figures *f)
{
	static const double bounds[] = GOSSIP_LARGE_BOUNDS;

	expo_family(x, "alertmanager_oversize_gossip_message_duration_seconds", "How long large messages took to be sent.",
	    EXPO_HISTOGRAM);
	expo_label(x, "key", STR(GOSSIP_KEY_LOG));
	expo_histogram(x, bounds, f->large_log.counts, ARRAY_LEN(bounds), f->large_log.sum);
	expo_label(x, "key", STR(GOSSIP_KEY_SILENCES));
	expo_histogram(x, bounds, f->large_silences.counts, ARRAY_LEN(bounds), f->large_silences.sum);
}

static void
expose_messages(struct expo *x, const struct gossip_figures *f)
{
	pair(x, "alertmanager_cluster_messages_received_total", "Messages of other members.", f->received_full,
	    f->received_updates);
	pair(x, "alertmanager_cluster_messages_received_size_total", "Their bytes.", f->received_full_bytes,
	    f->received_update_bytes);
	pair(
	    x, "alertmanager_cluster_messages_sent_total", "Messages to other members.", f->sent_full, f->sent_updates);
	pair(x, "alertmanager_cluster_messages_sent_size_total", "Their bytes.", f->sent_full_bytes,
	    f->sent_update_bytes);
	one(x, "alertmanager_cluster_messages_pruned_total", "Messages that were dropped, as too many waited.",
	    EXPO_COUNTER, (double)f->pruned);
	one(x, "alertmanager_cluster_messages_queued", "Messages that wait to be told.", EXPO_GAUGE, (double)f->queued);
	by_key(x, "alertmanager_oversized_gossip_message_sent_total", "Large messages, each sent by a stream.",
	    f->large_log.sent, f->large_silences.sent);
	by_key(x, "alertmanager_oversized_gossip_message_failure_total", "Large messages that could not be sent.",
	    f->large_log.failed, f->large_silences.failed);
	by_key(x, "alertmanager_oversized_gossip_message_dropped_total",
	    "Large messages that were dropped, as too many waited.", f->large_log.dropped, f->large_silences.dropped);
	expose_durations(x, f);
	one(x, "tocsin_cluster_messages_refused_total", "Messages that are malformed, foreign or too large.",
	    EXPO_COUNTER, (double)f->bad);
}

static void
expose_members(struct expo *x, const struct gossip *g, const struct gossip_figures *f)
{
	one(x, "alertmanager_cluster_failed_peers", "Peers that are not there at the moment.", EXPO_GAUGE,
	    (double)f->failed_peers);
	one(x, "alertmanager_cluster_members", "Members of the cluster that are there.", EXPO_GAUGE,
	    (double)gossip_size(g));
	one(x, "tocsin_cluster_members_expected", "The most members that were there at a time, but for those that left.",
	    EXPO_GAUGE, (double)f->expected);
	one(x, "alertmanager_peer_position", "The place of this instance among them, by name.", EXPO_GAUGE,
	    (double)gossip_position(g));
	one(x, "alertmanager_cluster_health_score", "How well this instance hears the others; 0 is well.", EXPO_GAUGE,
	    f->health);
	one(x, "alertmanager_cluster_peers_joined_total", "Members that came.", EXPO_COUNTER, (double)f->joined);
	one(x, "alertmanager_cluster_peers_left_total", "Members that left or failed.", EXPO_COUNTER, (double)f->left);
	one(x, "alertmanager_cluster_peers_update_total", "Members that told other metadata.", EXPO_COUNTER,
	    (double)f->updated);
	one(x, "alertmanager_cluster_peer_name_conflicts_total", "Names that two members had.", EXPO_COUNTER,
	    (double)f->conflicts);
	one(x, "alertmanager_cluster_reconnections_total", "Peers that were reached again.", EXPO_COUNTER,
	    (double)f->reconnected);
	one(x, "alertmanager_cluster_reconnections_failed_total", "Attempts to do so that failed.", EXPO_COUNTER,
	    (double)f->reconnects_failed);
	one(x, "alertmanager_cluster_refresh_join_total", "Peers that were joined after their name was resolved again.",
	    EXPO_COUNTER, (double)f->refreshed);
	one(x, "alertmanager_cluster_refresh_join_failed_total", "Attempts to do so that failed.", EXPO_COUNTER,
	    (double)f->refreshes_failed);
}

static void
expose_each(struct expo *x, const struct gossip *g)
{
	static const double bounds[] = { .005, .01, .025, .05, .1, .25, .5 };
	size_t n = gossip_size(g);

	expo_family(
	    x, "alertmanager_cluster_alive_messages_total", "Times that a member was said to be alive.", EXPO_COUNTER);
	for (size_t i = 0; i < n; i++) {
		struct gossip_member m = gossip_member_at(g, i);

		expo_label(x, "peer", m.name);
		expo_value(x, (double)m.alive_messages);
	}
	if (n < 2)
		return;
	expo_family(x, "alertmanager_cluster_pings_seconds", "How long members took to answer a ping.", EXPO_HISTOGRAM);
	for (size_t i = 0; i < n; i++) {
		struct gossip_member m = gossip_member_at(g, i);

		if (m.self)
			continue;
		expo_label(x, "peer", m.name);
		expo_histogram(x, bounds, m.pings.counts, ARRAY_LEN(bounds), m.pings.sum);
	}
}

static void
by_connection(struct expo *x, const char *name, const char *help, uint64_t packet, uint64_t stream)
{
	expo_family(x, name, help, EXPO_COUNTER);
	expo_label(x, "connection_type", STR("packet"));
	expo_value(x, (double)packet);
	expo_label(x, "connection_type", STR("stream"));
	expo_value(x, (double)stream);
}

static void
expose_tls(struct expo *x, const struct peer *p)
{
	struct door_figures in = door_figures(p->door);
	struct lines_figures out = lines_figures(p->lines);

	one(x, "alertmanager_tls_transport_packet_bytes_received_total", "Bytes of datagrams that came over TLS.", EXPO_COUNTER,
	    (double)in.packet_bytes);
	one(x, "alertmanager_tls_transport_packet_bytes_sent_total", "Bytes of datagrams that went over TLS.", EXPO_COUNTER,
	    (double)out.bytes);
	one(x, "alertmanager_tls_transport_stream_connections_received_total", "Streams that came over TLS.", EXPO_COUNTER,
	    (double)in.streams);
	one(x, "alertmanager_tls_transport_stream_connections_sent_total", "Streams that went over TLS.", EXPO_COUNTER,
	    (double)p->streams_sent);
	one(x, "alertmanager_tls_transport_read_errors_total", "Connections that came and were refused or broke.", EXPO_COUNTER,
	    (double)in.errors);
	one(x, "tocsin_cluster_certificate_expiry_timestamp_seconds", "When the certificate that members are shown ends.", EXPO_GAUGE,
	    (double)secure_certificate_ends(p->secure));
	by_connection(x, "alertmanager_tls_transport_write_errors_total", "Connections to members that failed.", out.errors,
	    p->streams_failed);
}

void
peer_expose(void *arg, struct expo *x, struct moment now)
{
	const struct peer *p = arg;
	struct gossip_figures f = gossip_figures(p->gossip);

	(void)now;
	expo_family(x, "alertmanager_cluster_peer_info", "The name of this instance in the cluster.", EXPO_GAUGE);
	expo_label(x, "peer", p->o.gossip.name);
	expo_value(x, 1);
	expose_members(x, p->gossip, &f);
	expose_messages(x, &f);
	expose_each(x, p->gossip);
	if (p->secure != NULL)
		expose_tls(x, p);
}
