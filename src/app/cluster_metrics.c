/* SPDX-License-Identifier: Apache-2.0 */
/* The cluster's metrics as an instance without peers shows them. */
#include "server_private.h"
#include "text/expo.h"

#define OVERSIZE_BUCKETS 10

static void
one(struct expo *x, const char *name, const char *help, enum expo_type type, double v)
{
	expo_family(x, name, help, type);
	expo_value(x, v);
}

/* A counter at 0 for each value of a label; values end with NULL. */
static void
none_by(struct expo *x, const char *name, const char *help, const char *label, const char *const *values)
{
	expo_family(x, name, help, EXPO_COUNTER);
	for (; *values != NULL; values++) {
		expo_label(x, label, str_from(*values));
		expo_value(x, 0);
	}
}

static void
expose_messages(struct expo *x)
{
	static const char *const types[] = { "full_state", "update", NULL };

	one(x, "alertmanager_cluster_messages_queued", "Messages that wait to be sent to peers.", EXPO_GAUGE, 0);
	one(x, "alertmanager_cluster_messages_pruned_total", "Messages dropped from a full queue.", EXPO_COUNTER, 0);
	none_by(x, "alertmanager_cluster_messages_received_total", "Messages received.", "msg_type", types);
	none_by(x, "alertmanager_cluster_messages_received_size_total", "Bytes of messages received.", "msg_type", types);
	none_by(x, "alertmanager_cluster_messages_sent_total", "Messages sent.", "msg_type", types);
	none_by(x, "alertmanager_cluster_messages_sent_size_total", "Bytes of messages sent.", "msg_type", types);
}

static void
expose_oversized(struct expo *x)
{
	static const char *const keys[] = { "nfl", "sil", NULL };
	static const double bounds[OVERSIZE_BUCKETS] = { .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10 };
	static const uint64_t nothing[OVERSIZE_BUCKETS + 1];

	none_by(x, "alertmanager_oversized_gossip_message_sent_total", "Large messages sent.", "key", keys);
	none_by(x, "alertmanager_oversized_gossip_message_failure_total", "Large messages not sent.", "key", keys);
	none_by(x, "alertmanager_oversized_gossip_message_dropped_total", "Large messages dropped from a full queue.",
	    "key", keys);
	expo_family(x, "alertmanager_oversize_gossip_message_duration_seconds", "How long sending large messages took.",
	    EXPO_HISTOGRAM);
	for (const char *const *key = keys; *key != NULL; key++) {
		expo_label(x, "key", str_from(*key));
		expo_histogram(x, bounds, nothing, OVERSIZE_BUCKETS, 0);
	}
}

static void
expose_peers(const struct server *s, struct expo *x)
{
	one(x, "alertmanager_cluster_members", "Members of the cluster.", EXPO_GAUGE, 1);
	one(x, "alertmanager_cluster_failed_peers", "Peers that failed.", EXPO_GAUGE, 0);
	one(x, "alertmanager_cluster_health_score", "0 is healthy.", EXPO_GAUGE, 0);
	expo_family(x, "alertmanager_cluster_peer_info", "The name of this instance.", EXPO_GAUGE);
	expo_label(x, "peer", s->peer_name);
	expo_value(x, 1);
	expo_family(x, "alertmanager_cluster_alive_messages_total", "Signs of life received.", EXPO_COUNTER);
	expo_label(x, "peer", s->peer_name);
	expo_value(x, 1);
	one(x, "alertmanager_cluster_peers_joined_total", "Peers that joined.", EXPO_COUNTER, 1);
	one(x, "alertmanager_cluster_peers_left_total", "Peers that left.", EXPO_COUNTER, 0);
	one(x, "alertmanager_cluster_peers_update_total", "Updates of peers.", EXPO_COUNTER, 0);
	one(x, "alertmanager_cluster_peer_name_conflicts_total", "Peers that had this name too.", EXPO_COUNTER, 0);
	one(x, "alertmanager_cluster_reconnections_total", "Peers that were connected again.", EXPO_COUNTER, 0);
	one(x, "alertmanager_cluster_reconnections_failed_total", "Failures to connect to peers again.", EXPO_COUNTER, 0);
	one(x, "alertmanager_cluster_refresh_join_total", "Peers found by looking up names again.", EXPO_COUNTER, 0);
	one(x, "alertmanager_cluster_refresh_join_failed_total", "Failures to join those.", EXPO_COUNTER, 0);
}

void
server_cluster_expose(void *arg, struct expo *x, struct moment now)
{
	const struct server *s = arg;

	(void)now;
	one(x, "alertmanager_cluster_enabled", "Whether clustering is enabled.", EXPO_GAUGE, s->peer_name.n > 0);
	if (s->peer_name.n == 0)
		return;
	one(x, "alertmanager_peer_position", "Position of this instance in the cluster.", EXPO_GAUGE, 0);
	expose_peers(s, x);
	expose_messages(x);
	expose_oversized(x);
}
