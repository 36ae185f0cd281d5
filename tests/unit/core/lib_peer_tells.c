/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_peer_tells.h"

uint64_t
world_hash(const char *alert)
{
	struct labels *l = world_labels(alert);
	uint64_t hash = labels_hash(l);

	labels_unref(l);
	return hash;
}

void
world_member_start(struct fake_world *w, span wait)
{
	struct config *c = must_config("receiver ops hook\nroute receiver=ops by=[alertname] wait=10s interval=1m repeat=1h\n");

	world_init(w);
	w->wait = wait;
	world_start(w, c);
	config_unref(c);
}

enum merged
world_peer_tells(struct fake_world *w, const struct peer_tells *t, struct work *spent)
{
	uint64_t firing = t->firing != NULL ? world_hash(t->firing) : 0, resolved = t->resolved != NULL ? world_hash(t->resolved) : 0;
	struct log_entry entry = {
		.key = { STR("{}:{alertname=\"A\"}"), STR("ops"), STR("hook"), (uint32_t)t->integration },
		.timestamp = t->at,
		.age = t->age,
		.expires = wall_add(t->at, t->lasts),
		.firing = &firing,
		.firing_n = t->firing != NULL,
		.resolved = &resolved,
		.resolved_n = t->resolved != NULL,
	};
	struct err e = { 0 };

	return engine_merge_log_entry(w->engine, &(struct change){ .kind = CHANGE_LOG_ENTRY, .entry = &entry }, spent, w->now, &e);
}
