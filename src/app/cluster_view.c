/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cluster_view.c - what is told of the cluster: by API, metrics and log.
 *
 * Members of ours announce their version and a hash of their configuration in memberlist's metadata, which Alertmanager's
 * members keep and do not look at: "tocsin/0.1 config=0123456789abcdef".
 */
#include <stdio.h>

#include "base/mem.h"
#include "cluster_private.h"
#include "text/expo.h"

#define NAME "tocsin/"
#define CONFIG " config="
/* Names in a line of the log. */
#define NAMES_MAX 300

static struct str
version_of(struct str meta)
{
	if (!str_starts(meta, STR(NAME)))
		return STR_NONE;
	meta = str_sub(meta, sizeof(NAME) - 1, meta.n);
	return str_sub(meta, 0, str_chr(meta, ' '));
}

static struct str
config_of(struct str meta)
{
	size_t at = str_find(meta, STR(CONFIG));

	if (!str_starts(meta, STR(NAME)) || at == meta.n)
		return STR_NONE;
	meta = str_sub(meta, at + sizeof(CONFIG) - 1, meta.n);
	return str_sub(meta, 0, str_chr(meta, ' '));
}

void
cluster_configured(struct server *s, const struct config *config)
{
	struct cluster *c = s->cluster;
	char meta[GOSSIP_META_MAX];
	int n;

	if (c == NULL || c->peer == NULL)
		return;
	n = snprintf(meta, sizeof(meta), NAME TOCSIN_VERSION CONFIG "%016llx", (unsigned long long)config->hash);
	c->seen = 0;
	peer_set_meta(c->peer, (struct str){ meta, (size_t)n });
}

/* Members whose configuration is another than ours, and who they are. */
static size_t
differing(const struct gossip *g, struct sbuf *names)
{
	size_t n = gossip_size(g), differ = 0;
	struct str ours = STR_NONE;

	for (size_t i = 0; i < n; i++) {
		struct gossip_member m = gossip_member_at(g, i);

		if (m.self)
			ours = config_of(m.meta);
	}
	for (size_t i = 0; i < n; i++) {
		struct gossip_member m = gossip_member_at(g, i);
		struct str theirs = config_of(m.meta);

		if (theirs.n == 0 || str_eq(theirs, ours))
			continue;
		differ++;
		if (names != NULL && names->n < NAMES_MAX)
			sbuf_printf(names, "%s%.*s", names->n > 0 ? ", " : "", STR_ARG(m.name));
	}
	return differ;
}

/*
 * Most of the members are not there, so that a larger part may be elsewhere and tell the same; or none ever was. One that
 * said that it goes is not missed.
 */
static bool
is_split(const struct gossip *g)
{
	struct gossip_figures f = gossip_figures(g);
	size_t there = gossip_size(g);

	if (!gossip_settled(g))
		return false;
	return 2 * there <= f.expected || (there == 1 && f.expected <= 1 && f.failed_peers > 0 && f.left == 0);
}

static void
look_at_split(struct cluster *c, const struct gossip *g)
{
	bool split = is_split(g);

	if (split == c->split)
		return;
	c->split = split;
	if (split)
		LOG(&c->log, LOG_WARN, "The cluster may be split: most of its members are not there, and they may notify of the same alerts",
		    F_UINT("there", gossip_size(g)), F_UINT("expected", gossip_figures(g).expected));
	else
		LOG(&c->log, LOG_INFO, "The cluster is not split any more", F_UINT("there", gossip_size(g)));
}

static void
look_at_configurations(struct cluster *c, const struct gossip *g)
{
	struct sbuf names = SBUF_INIT(SBUF_UNLIMITED);
	struct str before = str_from(c->differing_names != NULL ? c->differing_names : "");

	c->differing = differing(g, &names);
	if (!str_eq(before, sbuf_get(&names))) {
		if (names.n > 0)
			LOG(&c->log, LOG_WARN, "Members of the cluster have another configuration than this one",
			    F_STR("members", sbuf_get(&names)));
		else
			LOG(&c->log, LOG_INFO, "No member of the cluster has another configuration any more");
		mem_free(c->differing_names);
		c->differing_names = mem_strndup(names.p != NULL ? names.p : "", names.n);
	}
	sbuf_fini(&names);
}

void
cluster_look(struct cluster *c)
{
	const struct gossip *g = peer_gossip(c->peer);
	struct gossip_figures f = gossip_figures(g);
	uint64_t seen = 1 + f.joined + f.left + f.updated + gossip_settled(g);

	if (seen == c->seen)
		return;
	c->seen = seen;
	look_at_split(c, g);
	look_at_configurations(c, g);
}

static span
mean_ping(const struct gossip_pings *p)
{
	uint64_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(p->counts); i++)
		n += p->counts[i];
	return n > 0 ? (span)(p->sum / (double)n * (double)SPAN_S) : -1;
}

static struct str
address_text(struct arena *a, const struct gossip_address *address)
{
	return arena_str(a, str_from(gossip_address_text(address).s));
}

static void
view_members(const struct cluster *c, struct arena *a, struct api_cluster *out)
{
	const struct gossip *g = peer_gossip(c->peer);
	struct mono now = c->s->clock->now(c->s->clock).mono;
	struct api_member *all;

	out->members_n = gossip_size(g);
	out->members = all = ARENA_ARRAY(a, out->members_n, struct api_member);
	for (size_t i = 0; i < out->members_n; i++) {
		struct gossip_member m = gossip_member_at(g, i);

		all[i] = (struct api_member){ .name = arena_str(a, m.name),
			.address = address_text(a, &m.address),
			.version = arena_str(a, version_of(m.meta)),
			.config = arena_str(a, config_of(m.meta)),
			.self = m.self,
			.suspected = m.suspected,
			.ping = mean_ping(&m.pings),
			.heard = m.heard.ns != 0 ? mono_sub(now, m.heard) : -1 };
	}
}

void
cluster_view(void *arg, struct arena *a, struct api_cluster *out)
{
	const struct cluster *c = ((struct server *)arg)->cluster;
	const struct gossip *g = peer_gossip(c->peer);
	struct gossip_figures f = gossip_figures(g);
	struct str *missing = ARENA_ARRAY(a, f.failed_peers, struct str);

	for (size_t i = 0; i < f.failed_peers; i++) {
		struct gossip_address address = gossip_failed_at(g, i);

		missing[i] = address_text(a, &address);
	}
	*out = (struct api_cluster){ .name = arena_str(a, peer_name(c->peer)),
		.settled = gossip_settled(g),
		.missing = missing,
		.missing_n = f.failed_peers,
		.expected = f.expected,
		.differing = differing(g, NULL),
		.split = is_split(g),
		.position = gossip_position(g),
		.wait = cluster_wait(&c->told),
		.queued = f.queued,
		.merging = share_waiting(c->share) };
	view_members(c, a, out);
}

void
cluster_expose_view(const struct cluster *c, struct expo *x)
{
	const struct gossip *g = peer_gossip(c->peer);

	expo_family(x, "tocsin_cluster_split", "1 when most of the members that should be there are not.", EXPO_GAUGE);
	expo_value(x, is_split(g));
	expo_family(x, "tocsin_cluster_members_differing", "Members with another configuration than this one.", EXPO_GAUGE);
	expo_value(x, (double)differing(g, NULL));
}
